//! Rows that begin with a move between registers.

/// Calls `$row!($rows; (OPERATION, …) …)` with the rows, with the names as they are where this is called.
macro_rules! moves {
    ($row:ident, $rows:ident) => {
        $row! { $rows;
            (constant::<32>, conditional_set::<4>, conditional_set::<2>, zero_extend::<8>,
                compare_registers::<TEST, 32, 4>, jump)
            (constant::<32>, constant::<32>)
            (constant::<32>, with_register::<XOR, 32, false>)
            (constant::<64>, add_segment, load_zero::<32, LONG>)
            (constant::<64>, add_segment, load_zero::<32, LONG>, store_register::<32, WORD_BASE>,
                with_register::<XOR, 32, true>)
            (constant::<64>, with_register::<SUB, 64, false>, with_register::<SUB, 64, false>,
                compare_registers::<CMP, 64, 3>, constant::<32>, copy::<64>, load_sign_64::<64, LONG_BASE>,
                call_register::<64>)
            (copy::<32>, by_constant::<ROR, 32, false>, by_constant::<ROR, 32, false>,
                with_register::<XOR, 32, false>, by_constant::<ROL, 32, false>, with_register::<XOR, 32, true>,
                load_zero::<32, WORD_BASE>, with_memory::<ADD, 32, WORD, true>)
            (copy::<32>, call::<32>)
            (copy::<32>, call::<64>)
            (copy::<32>, compare_constant::<CMP, 32, 4>)
            (copy::<32>, compare_registers::<CMP, 32, 2>, jump)
            (copy::<32>, compare_registers::<TEST, 32, 4>, load_part::<8, WORD_BASE>, compare_constant::<CMP, 8, 4>,
                branch_if::<7>, compare_constant::<CMP, 8, 5>, constant_to_memory::<CMP, 8, WORD>, branch_if::<4>)
            (copy::<32>, compare_registers::<TEST, 32, 5>, effective::<64, LONG>, compare_constant::<CMP, 8, 7>, jump)
            (copy::<32>, constant::<32>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                increment::<32, true>)
            (copy::<32>, constant::<32>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                increment::<32, true>, store_register::<32, WORD_BASE>, copy::<32>, call::<32>)
            (copy::<32>, constant::<32>, with_register::<SUB, 32, false>, compare_registers::<CMP, 32, 2>,
                effective::<32, WORD_BASE>)
            (copy::<32>, copy::<32>)
            (copy::<32>, copy::<32>, by_constant::<SHR, 32, false>)
            (copy::<32>, copy::<32>, copy::<32>, copy::<32>)
            (copy::<32>, copy::<32>, jump)
            (copy::<32>, jump)
            (copy::<32>, load_part::<8, WORD_BASE>, with_memory::<CMP, 8, WORD, true>, branch_if::<5>,
                compare_registers::<TEST, 8, 4>, increment::<32, false>, increment::<32, true>, jump)
            (copy::<32>, load_zero::<32, WORD_BASE>)
            (copy::<32>, load_zero::<32, WORD_BASE>, with_register::<XOR, 32, true>, copy::<32>,
                load_zero::<32, WORD_BASE>, with_register::<ADD, 32, true>, load_zero::<32, WORD_BASE>,
                with_register::<ADD, 32, false>)
            (copy::<32>, pop::<32>, pop::<32>, pop::<32>, return_near::<32>)
            (copy::<32>, pop::<64>, pop::<64>, pop::<64>, pop::<64>, pop::<64>, pop::<64>, return_near::<64>)
            (copy::<32>, push::<64>, push::<64>, push::<64>, push::<64>, copy::<32>, with_constant::<SUB, 64, true>,
                load_sign_64::<64, RELATIVE>)
            (copy::<32>, with_constant::<ADD, 32, true>, pop::<32>, pop::<32>, pop::<32>, pop::<32>,
                return_near::<32>)
            (copy::<32>, with_register::<ADD, 32, false>, copy::<32>, with_register::<ADD, 32, false>)
            (copy::<32>, with_register::<XOR, 32, true>)
            (copy::<64>, call::<64>)
            (copy::<64>, compare_registers::<CMP, 64, 3>, jump)
            (copy::<64>, compare_registers::<TEST, 64, 4>, load_part::<8, LONG_BASE>, compare_constant::<CMP, 8, 4>,
                branch_if::<7>, compare_constant::<CMP, 8, 5>)
            (copy::<64>, copy::<64>)
            (copy::<64>, copy::<64>, call::<64>)
            (copy::<64>, copy::<64>, copy::<64>)
            (copy::<64>, effective::<64, LONG_BASE>, load_zero::<8, LONG_BASE>, compare_registers::<CMP, 64, 4>,
                compare_registers::<TEST, 8, 4>, effective::<32, LONG_BASE>, compare_constant::<CMP, 8, 6>,
                compare_registers::<TEST, 64, 5>)
            (copy::<64>, load_part::<8, LONG_BASE>, effective::<32, LONG_BASE>, compare_constant::<CMP, 8, 7>,
                increment::<64, true>, jump)
            (copy::<64>, load_sign_64::<64, LONG_BASE>, call_register::<64>)
            (copy::<64>, load_sign_64::<64, LONG_BASE>, compare_registers::<TEST, 64, 4>,
                load_sign_64::<64, LONG_BASE>, call::<64>)
            (copy::<64>, load_zero::<8, LONG_BASE>, effective::<64, LONG_BASE>, compare_registers::<TEST, 8, 4>,
                compare_registers::<CMP, 64, 4>, effective::<32, LONG_BASE>, compare_constant::<CMP, 8, 6>,
                compare_registers::<TEST, 64, 5>)
            (copy::<64>, pop::<64>, pop::<64>, pop::<64>, pop::<64>, pop::<64>, pop::<64>, return_near::<64>)
            (copy::<64>, store_register::<64, RELATIVE>, load_sign_64::<64, LONG_BASE>,
                compare_registers::<TEST, 64, 4>, constant_to_memory::<CMP, 8, LONG>, load_sign_64::<64, LONG_BASE>,
                effective::<64, RELATIVE>)
            (copy::<64>, with_constant::<SUB, 64, true>, load_zero::<32, LONG_BASE>, with_constant::<AND, 32, true>,
                branch_if::<5>, load_sign_64::<64, LONG_BASE>, load_sign_64::<64, LONG_BASE>,
                to_memory::<CMP, 64, LONG_BASE>)
            (effective::<32, LONG_BASE>, compare_constant::<CMP, 8, 7>)
            (effective::<32, WORD>, store_register::<32, WORD_BASE>, to_memory::<SUB, 32, WORD_BASE>, copy::<32>,
                pop::<32>, pop::<32>, pop::<32>, return_near::<32>)
            (effective::<32, WORD_BASE>, constant_to_memory::<CMP, 8, WORD>, branch_if::<4>, copy::<32>, copy::<32>,
                load_part::<8, WORD_BASE>, compare_registers::<TEST, 8, 5>)
            (effective::<32, WORD_BASE>, copy::<32>)
            (effective::<32, WORD_BASE>, push::<32>)
            (effective::<32, WORD_BASE>, store_register::<32, WORD>)
            (effective::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (effective::<32, WORD_BASE>, store_register::<32, WORD_BASE>, constant_to_memory::<TEST, 8, WORD>,
                branch_if::<5>, load_zero::<32, WORD_BASE>, with_constant::<ADD, 32, true>,
                store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (effective::<32, WORD_BASE>, store_register::<32, WORD_BASE>, load_zero::<8, WORD_BASE>)
            (effective::<64, LONG>, load_to_change::<32, LONG_BASE>, compare_exchange::<32>,
                store_register::<32, LONG_BASE>, branch_if::<5>, load_sign_64::<64, LONG_BASE>,
                store_register::<64, LONG_BASE>, constant_to_memory::<ADD, 32, LONG_BASE>)
            (effective::<64, LONG_BASE>, compare_registers::<TEST, 32, 4>)
            (effective::<64, LONG_BASE>, copy::<32>)
            (effective::<64, LONG_BASE>, copy::<64>, call::<64>)
            (effective::<64, LONG_BASE>, effective::<64, LONG_BASE>)
            (effective::<64, LONG_BASE>, load_zero::<32, LONG_BASE>)
            (effective::<64, LONG_BASE>, store_register::<64, LONG_BASE>)
            (effective::<64, LONG_BASE>, store_register::<64, LONG_BASE>, load_zero::<8, LONG_BASE>,
                return_near::<64>)
            (effective::<64, RELATIVE>, branch_if::<4>, load_sign_64::<64, RELATIVE>, load_sign_64::<64, LONG_BASE>,
                with_register::<XOR, 32, false>, with_register::<XOR, 32, true>, store_register::<64, LONG_BASE>,
                call::<64>)
            (effective::<64, RELATIVE>, push::<64>, effective::<64, LONG_BASE>, copy::<64>, push::<64>,
                conditional_copy::<5, 64>, push::<64>, call::<64>)
            (zero_extend::<8>, compare_registers::<CMP, 32, 13>, compare_registers::<CMP, 64, 3>, jump)
            (zero_extend::<8>, decrement::<32, false>, by_constant::<SHR, 32, false>, with_constant::<AND, 32, true>,
                increment::<64, true>, branch_if::<4>, load_zero::<32, LONG_BASE>)
            (zero_extend::<8>, with_register::<ADD, 64, true>)
            (zero_extend::<8>, with_register::<ADD, 64, true>, store_register::<64, LONG_BASE>, pop::<64>,
                copy::<32>, pop::<64>, pop::<64>, return_near::<64>)
        }
    };
}
pub(in super::super) use moves;
