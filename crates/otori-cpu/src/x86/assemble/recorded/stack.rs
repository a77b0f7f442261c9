//! Rows that begin with a push or a pop.

/// Calls `$row!($rows; (OPERATION, …) …)` with the rows, with the names as they are where this is called.
macro_rules! stack {
    ($row:ident, $rows:ident) => {
        $row! { $rows;
            (pop::<32>, pop::<32>)
            (pop::<32>, pop::<32>, pop::<32>, pop::<32>, return_near::<32>)
            (pop::<32>, pop::<32>, pop::<32>, return_near::<32>)
            (pop::<32>, pop::<32>, return_near::<32>)
            (pop::<32>, return_near::<32>)
            (pop::<64>, load_sign_64::<64, RELATIVE>, load_to_change::<32, LONG_BASE>, decrement::<32, true>,
                store_register::<32, LONG_BASE>, branch_if::<5>)
            (pop::<64>, pop::<64>)
            (pop::<64>, pop::<64>, pop::<64>, load_sign_64::<64, RELATIVE>, load_to_change::<32, LONG_BASE>,
                decrement::<32, true>, store_register::<32, LONG_BASE>, branch_if::<5>)
            (pop::<64>, pop::<64>, pop::<64>, pop::<64>)
            (pop::<64>, pop::<64>, pop::<64>, pop::<64>, pop::<64>, pop::<64>, return_near::<64>)
            (pop::<64>, pop::<64>, pop::<64>, pop::<64>, pop::<64>, return_near::<64>)
            (pop::<64>, pop::<64>, pop::<64>, return_near::<64>)
            (pop::<64>, pop::<64>, return_near::<64>)
            (pop::<64>, return_near::<64>)
            (push::<32>, call::<32>)
            (push::<32>, load_zero::<32, WORD_BASE>)
            (push::<32>, load_zero::<32, WORD_BASE>, call::<32>)
            (push::<32>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (push::<32>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, constant_to_memory::<CMP, 8, WORD>,
                branch_if::<4>, with_constant::<AND, 32, true>, branch_if::<4>, copy::<32>)
            (push::<32>, load_zero::<32, WORD_BASE>, push::<32>)
            (push::<32>, load_zero::<32, WORD_BASE>, push::<32>, call::<32>)
            (push::<32>, load_zero::<32, WORD_BASE>, push::<32>, load_zero::<32, WORD_BASE>, push::<32>, call::<32>)
            (push::<32>, push::<32>)
            (push::<32>, push::<32>, call::<32>)
            (push::<32>, push::<32>, load_zero::<32, WORD_BASE>, push::<32>, load_zero::<32, WORD_BASE>,
                with_register::<ADD, 32, true>, push::<32>, call::<32>)
            (push::<32>, push::<32>, load_zero::<32, WORD_BASE>, push::<32>, push::<32>, call::<32>)
            (push::<32>, push::<32>, push::<32>)
            (push::<32>, push::<32>, push::<32>, call::<32>)
            (push::<32>, push::<32>, push::<32>, load_zero::<32, WORD_BASE>, push::<32>, load_zero::<32, WORD_BASE>,
                call::<32>)
            (push::<32>, push::<32>, push::<32>, push::<32>)
            (push::<32>, push::<32>, push::<32>, push::<32>, with_constant::<SUB, 32, true>)
            (push::<32>, push::<32>, push::<32>, push::<32>, with_constant::<SUB, 32, true>, call::<32>)
            (push::<32>, push::<32>, push::<32>, with_constant::<SUB, 32, true>, load_zero::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (push::<32>, push::<32>, with_constant::<SUB, 32, true>, call::<32>)
            (push::<32>, with_constant::<SUB, 32, true>, call::<32>)
            (push::<32>, with_constant::<SUB, 32, true>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                constant_to_memory::<CMP, 8, WORD>, branch_if::<4>, with_constant::<AND, 32, true>, branch_if::<5>)
            (push::<64>, copy::<32>)
            (push::<64>, copy::<32>, push::<64>)
            (push::<64>, copy::<32>, push::<64>, by_constant::<SHR, 32, true>, push::<64>,
                with_constant::<AND, 32, true>, push::<64>)
            (push::<64>, copy::<64>)
            (push::<64>, copy::<64>, push::<64>, copy::<64>, push::<64>, copy::<64>)
            (push::<64>, effective::<64, LONG_BASE>)
            (push::<64>, load_sign_64::<64, RELATIVE>, load_part::<8, LONG_BASE>, compare_registers::<TEST, 8, 4>,
                load_zero::<32, LONG_BASE>, copy::<32>, compare_registers::<TEST, 32, 9>, load_zero::<8, LONG_BASE>)
            (push::<64>, load_sign_64::<64, RELATIVE>, to_memory::<CMP, 64, LONG_BASE>, branch_if::<3>, call::<64>)
            (push::<64>, push::<64>)
            (push::<64>, push::<64>, copy::<64>)
            (push::<64>, push::<64>, copy::<64>, push::<64>, load_sign_64::<64, RELATIVE>,
                load_zero::<32, LONG_BASE>, increment::<32, true>, store_register::<32, LONG_BASE>)
            (push::<64>, push::<64>, copy::<64>, with_constant::<SUB, 64, true>)
            (push::<64>, push::<64>, copy::<64>, with_constant::<SUB, 64, true>, store_register::<32, LONG_BASE>,
                load_sign_64::<64, LONG_BASE>, store_register::<64, LONG_BASE>, copy::<32>)
            (push::<64>, push::<64>, load_sign_64::<64, RELATIVE>, push::<64>, effective::<64, LONG_BASE>,
                with_constant::<AND, 64, true>)
            (push::<64>, push::<64>, push::<64>)
            (push::<64>, push::<64>, push::<64>, copy::<32>)
            (push::<64>, push::<64>, push::<64>, copy::<64>, with_constant::<SUB, 64, true>)
            (push::<64>, push::<64>, push::<64>, copy::<64>, with_constant::<SUB, 64, true>,
                store_register::<32, LONG_BASE>)
            (push::<64>, push::<64>, push::<64>, push::<64>)
            (push::<64>, push::<64>, push::<64>, push::<64>, copy::<64>)
            (push::<64>, push::<64>, push::<64>, push::<64>, push::<64>, with_constant::<SUB, 64, true>,
                load_sign_64::<64, LONG_BASE>, store_register::<64, LONG_BASE>)
            (push::<64>, push::<64>, push::<64>, push::<64>, with_constant::<SUB, 64, true>)
            (push::<64>, push::<64>, push::<64>, with_constant::<SUB, 64, true>)
            (push::<64>, push::<64>, with_constant::<SUB, 64, true>)
            (push::<64>, push::<64>, with_constant::<SUB, 64, true>, load_sign_64::<64, LONG_BASE>,
                store_register::<64, LONG_BASE>)
            (push::<64>, with_constant::<SUB, 64, true>)
            (push::<64>, with_register::<TEST, 64, true>, push::<64>, push::<64>, copy::<64>, push::<64>, copy::<32>)
        }
    };
}
pub(in super::super) use stack;
