//! Rows that begin with a load or a store.

/// Calls `$row!($rows; (OPERATION, …) …)` with the rows, with the names as they are where this is called.
macro_rules! memory {
    ($row:ident, $rows:ident) => {
        $row! { $rows;
            (load_part::<8, LONG>, with_memory::<CMP, 8, LONG, true>, branch_if::<5>, increment::<64, false>,
                compare_registers::<TEST, 8, 4>, jump)
            (load_part::<8, LONG_BASE>, compare_registers::<TEST, 8, 4>, push::<64>, call::<64>)
            (load_part::<8, LONG_BASE>, effective::<32, LONG_BASE>, compare_constant::<CMP, 8, 7>,
                load_sign_64::<64, LONG_BASE>, load_sign_64::<64, RELATIVE>, with_register::<XOR, 32, false>,
                with_register::<XOR, 32, false>)
            (load_part::<8, LONG_BASE>, increment::<64, false>, compare_registers::<TEST, 8, 4>,
                compare_registers::<TEST, 32, 4>, load_zero::<32, LONG_BASE>, zero_extend::<8>, call::<64>)
            (load_part::<8, WORD_BASE>, compare_registers::<CMP, 8, 4>, compare_registers::<TEST, 8, 4>,
                increment::<32, false>, compare_constant::<TEST, 8, 4>, load_part::<8, WORD_BASE>,
                compare_registers::<CMP, 8, 4>, compare_registers::<TEST, 8, 4>)
            (load_part::<8, WORD_BASE>, compare_registers::<TEST, 8, 4>)
            (load_part::<8, WORD_BASE>, load_part::<8, WORD_BASE>, compare_registers::<CMP, 8, 5>)
            (load_part::<8, WORD_BASE>, with_memory::<CMP, 8, WORD, true>, branch_if::<5>,
                compare_registers::<TEST, 8, 4>, increment::<32, false>, increment::<32, true>, jump)
            (load_sign_64::<32, LONG_BASE>, with_register::<ADD, 64, false>, compare_registers::<CMP, 64, 3>,
                constant_to_memory::<CMP, 8, LONG>, copy::<64>)
            (load_sign_64::<32, LONG_BASE>, with_register::<XOR, 32, false>, with_register::<ADD, 64, true>,
                load_sign_64::<32, LONG_BASE>, with_register::<ADD, 64, false>, compare_registers::<CMP, 64, 3>,
                constant_to_memory::<CMP, 8, LONG>, copy::<64>)
            (load_sign_64::<64, LONG_BASE>, call::<64>)
            (load_sign_64::<64, LONG_BASE>, compare_registers::<TEST, 64, 4>, compare_registers::<TEST, 32, 5>,
                constant::<32>, effective::<64, LONG_BASE>, copy::<64>, call::<64>)
            (load_sign_64::<64, LONG_BASE>, compare_registers::<TEST, 64, 4>, constant_to_memory::<CMP, 8, LONG>,
                branch_if::<4>, with_memory::<CMP, 64, LONG_BASE, true>, branch_if::<5>,
                store_register::<64, LONG_BASE>, call::<64>)
            (load_sign_64::<64, LONG_BASE>, compare_registers::<TEST, 64, 4>, with_memory::<CMP, 64, RELATIVE, true>,
                branch_if::<2>, constant_to_memory::<CMP, 8, RELATIVE>, branch_if::<5>, constant::<64>,
                load_sign_64::<64, LONG>)
            (load_sign_64::<64, LONG_BASE>, constant::<64>, constant::<64>, with_register::<SUB, 64, false>,
                with_register::<SUB, 64, false>, compare_registers::<CMP, 64, 3>)
            (load_sign_64::<64, LONG_BASE>, copy::<64>)
            (load_sign_64::<64, LONG_BASE>, copy::<64>, compare_registers::<CMP, 64, 4>,
                store_register::<64, LONG_BASE>, with_register::<SUB, 64, false>, copy::<64>,
                effective::<64, LONG_BASE>)
            (load_sign_64::<64, LONG_BASE>, effective::<64, LONG>, call::<64>)
            (load_sign_64::<64, LONG_BASE>, effective::<64, LONG_BASE>, copy::<64>, store_register::<8, LONG_BASE>,
                store_register::<8, LONG_BASE>, call::<64>)
            (load_sign_64::<64, LONG_BASE>, load_sign_64::<64, LONG_BASE>)
            (load_sign_64::<64, LONG_BASE>, load_sign_64::<64, LONG_BASE>, store_register::<64, LONG_BASE>)
            (load_sign_64::<64, LONG_BASE>, load_sign_64::<64, LONG_BASE>, to_memory::<CMP, 64, LONG_BASE>,
                branch_if::<4>, constant::<32>)
            (load_sign_64::<64, LONG_BASE>, store_register::<64, LONG_BASE>)
            (load_sign_64::<64, LONG_BASE>, store_register::<64, LONG_BASE>, load_sign_64::<64, LONG_BASE>,
                load_sign_64::<64, LONG_BASE>, store_register::<64, RELATIVE>, load_sign_64::<64, LONG_BASE>,
                store_register::<64, RELATIVE>, call::<64>)
            (load_sign_64::<64, LONG_BASE>, store_register::<64, LONG_BASE>, with_register::<XOR, 32, true>)
            (load_sign_64::<64, LONG_BASE>, to_memory::<SUB, 64, LONG_BASE>, effective::<64, LONG>,
                store_register::<64, LONG_BASE>, pop::<64>, pop::<64>, pop::<64>, return_near::<64>)
            (load_sign_64::<64, LONG_BASE>, with_memory::<SUB, 64, LONG_BASE, true>, branch_if::<4>, call::<64>)
            (load_sign_64::<64, LONG_BASE>, with_memory::<SUB, 64, LONG_BASE, true>, branch_if::<5>,
                with_constant::<ADD, 64, true>)
            (load_sign_64::<64, RELATIVE>, copy::<64>, copy::<64>, load_sign_64::<64, LONG_BASE>,
                store_register::<64, LONG_BASE>, load_sign_64::<64, LONG_BASE>, load_sign_64::<64, LONG_BASE>)
            (load_sign_64::<64, RELATIVE>, copy::<64>, with_register::<XOR, 32, false>,
                with_register::<XOR, 32, false>, sign_extend::<32, 64>, effective::<32, LONG_BASE>,
                compare_constant::<CMP, 8, 6>, compare_registers::<TEST, 64, 5>)
            (load_sign_64::<64, RELATIVE>, jump_register)
            (load_sign_64::<64, RELATIVE>, load_sign_64::<64, LONG_BASE>)
            (load_sign_64::<64, RELATIVE>, load_sign_64::<64, LONG_BASE>, with_register::<XOR, 32, false>,
                with_register::<XOR, 32, true>, store_register::<64, LONG_BASE>, call::<64>)
            (load_sign_64::<64, RELATIVE>, load_sign_64::<64, RELATIVE>, with_register::<XOR, 32, true>,
                with_memory::<SUB, 32, LONG_BASE, true>, load_sign_64::<64, LONG_BASE>, effective::<64, LONG>,
                call::<64>)
            (load_sign_64::<64, RELATIVE>, load_zero::<32, LONG_BASE>, increment::<32, true>,
                store_register::<32, LONG_BASE>)
            (load_sign_64::<64, RELATIVE>, load_zero::<32, LONG_BASE>, store_register::<32, LONG_BASE>,
                load_zero::<32, LONG_BASE>, compare_registers::<TEST, 32, 5>, load_part::<8, LONG_BASE>,
                compare_registers::<TEST, 8, 4>, call::<64>)
            (load_sign_64::<64, RELATIVE>, push::<64>, with_memory::<SUB, 64, LONG_BASE, false>,
                with_register::<ADD, 64, true>, copy::<64>, call::<64>)
            (load_sign_64::<64, RELATIVE>, store_register::<64, LONG_BASE>, effective::<64, RELATIVE>,
                load_sign_64::<64, RELATIVE>, store_register::<64, RELATIVE>, compare_registers::<TEST, 64, 4>,
                constant_to_memory::<CMP, 8, LONG>, load_sign_64::<64, LONG_BASE>)
            (load_sign_64::<64, RELATIVE>, store_register::<64, LONG_BASE>, store_register::<64, LONG_BASE>,
                store_register::<64, RELATIVE>, load_sign_64::<64, RELATIVE>, with_register::<XOR, 32, true>)
            (load_sign_64::<64, RELATIVE>, with_register::<XOR, 32, true>, store_register::<64, LONG_BASE>,
                load_sign_64::<64, RELATIVE>, compare_registers::<TEST, 64, 4>, load_sign_64::<64, LONG_BASE>)
            (load_to_change::<32, LONG_BASE>, compare_exchange::<32>, store_register::<32, LONG_BASE>,
                branch_if::<5>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                constant_to_memory::<ADD, 32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (load_to_change::<32, LONG_BASE>, decrement::<32, true>, store_register::<32, LONG_BASE>, branch_if::<5>,
                load_part::<8, LONG_BASE>, compare_registers::<TEST, 8, 4>, push::<64>, call::<64>)
            (load_to_change::<32, LONG_BASE>, exchange::<32>, store_register::<32, LONG_BASE>,
                compare_constant::<CMP, 32, 15>)
            (load_to_change::<32, WORD_BASE>, decrement::<32, true>, store_register::<32, WORD_BASE>, branch_if::<5>,
                load_part::<8, WORD_BASE>, compare_registers::<TEST, 8, 4>, with_constant::<SUB, 32, true>,
                call::<32>)
            (load_zero::<32, LONG>, compare_constant::<TEST, 8, 5>, constant_to_memory::<CMP, 64, LONG_BASE>,
                branch_if::<4>, effective::<64, RELATIVE>, compare_constant::<TEST, 8, 4>,
                load_sign_64::<64, RELATIVE>, effective::<64, LONG>)
            (load_zero::<32, LONG>, effective::<64, LONG_BASE>, swap_bytes::<32>, store_register::<32, LONG>,
                with_constant::<ADD, 64, false>, compare_constant::<CMP, 64, 5>, jump)
            (load_zero::<32, LONG_BASE>, compare_registers::<TEST, 32, 14>, load_sign_64::<64, LONG_BASE>,
                load_sign_64::<64, LONG_BASE>, to_memory::<CMP, 64, LONG_BASE>, branch_if::<3>,
                load_sign_64::<64, LONG_BASE>, constant::<64>)
            (load_zero::<32, LONG_BASE>, effective::<64, LONG_BASE>)
            (load_zero::<32, LONG_BASE>, increment::<32, true>, store_register::<32, LONG_BASE>)
            (load_zero::<32, LONG_BASE>, load_zero::<32, LONG_BASE>)
            (load_zero::<32, LONG_BASE>, load_zero::<32, LONG_BASE>, with_constant::<ADD, 64, false>, copy::<32>,
                copy::<32>, by_constant::<SHR, 32, false>, by_constant::<ROL, 32, false>,
                by_constant::<ROL, 32, false>)
            (load_zero::<32, LONG_BASE>, store_register::<32, LONG_BASE>)
            (load_zero::<32, LONG_BASE>, with_constant::<AND, 32, false>)
            (load_zero::<32, LONG_BASE>, with_constant::<AND, 32, true>, branch_if::<5>,
                load_sign_64::<64, LONG_BASE>, load_sign_64::<64, LONG_BASE>, to_memory::<CMP, 64, LONG_BASE>,
                branch_if::<4>, constant::<32>)
            (load_zero::<32, LONG_BASE>, with_memory::<ADD, 32, LONG_BASE, false>, by_constant::<ROL, 32, false>,
                with_register::<ADD, 32, false>)
            (load_zero::<32, LONG_BASE>, with_register::<ADD, 32, true>)
            (load_zero::<32, WORD>, compare_registers::<TEST, 32, 4>)
            (load_zero::<32, WORD>, effective::<32, WORD_BASE>)
            (load_zero::<32, WORD>, store_register::<32, WORD_BASE>)
            (load_zero::<32, WORD>, swap_bytes::<32>, effective::<32, WORD_BASE>, store_register::<32, WORD>,
                increment::<32, false>, compare_constant::<CMP, 32, 5>, jump)
            (load_zero::<32, WORD_BASE>, call::<32>)
            (load_zero::<32, WORD_BASE>, compare_registers::<CMP, 32, 4>)
            (load_zero::<32, WORD_BASE>, compare_registers::<CMP, 32, 4>, effective::<32, WORD_BASE>,
                compare_constant::<CMP, 8, 6>, jump)
            (load_zero::<32, WORD_BASE>, compare_registers::<TEST, 32, 4>)
            (load_zero::<32, WORD_BASE>, compare_registers::<TEST, 32, 5>)
            (load_zero::<32, WORD_BASE>, constant::<32>)
            (load_zero::<32, WORD_BASE>, constant::<32>, load_zero::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, constant_to_memory::<CMP, 8, WORD>, branch_if::<4>)
            (load_zero::<32, WORD_BASE>, copy::<32>)
            (load_zero::<32, WORD_BASE>, effective::<32, WORD>)
            (load_zero::<32, WORD_BASE>, effective::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, load_zero::<32, WORD>)
            (load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, by_constant::<ROL, 32, false>,
                by_constant::<ROL, 32, false>)
            (load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, call::<32>)
            (load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, copy::<32>)
            (load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, with_memory::<SUB, 32, WORD_BASE, true>, branch_if::<4>, call::<32>)
            (load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, to_memory::<CMP, 32, WORD_BASE>, branch_if::<4>,
                constant::<32>, effective::<32, WORD>)
            (load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, with_constant::<ADD, 32, true>, pop::<32>,
                pop::<32>, pop::<32>, pop::<32>, return_near::<32>)
            (load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, with_register::<AND, 32, true>, copy::<32>,
                load_zero::<32, WORD_BASE>, with_register::<XOR, 32, true>, copy::<32>, load_zero::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, with_register::<XOR, 32, false>,
                with_register::<AND, 32, true>, store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, with_register::<AND, 32, true>)
            (load_zero::<32, WORD_BASE>, load_zero::<8, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, push::<32>, load_zero::<32, WORD_BASE>, call::<32>)
            (load_zero::<32, WORD_BASE>, return_near::<32>)
            (load_zero::<32, WORD_BASE>, store_register::<32, WORD>)
            (load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, compare_constant::<CMP, 32, 4>,
                load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                copy::<32>, load_zero::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>, copy::<32>)
            (load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                with_register::<XOR, 32, false>, with_register::<XOR, 32, true>, call::<32>)
            (load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>, copy::<32>)
            (load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                copy::<32>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>, copy::<32>)
            (load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, with_constant::<ADD, 32, true>,
                store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                with_memory::<ADD, 32, WORD_BASE, false>, with_register::<XOR, 32, true>,
                store_register::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, to_memory::<CMP, 32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, to_memory::<CMP, 32, WORD_BASE>, branch_if::<3>, constant::<32>,
                constant::<32>, compare_constant::<CMP, 32, 6>, effective::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, to_memory::<CMP, 32, WORD_BASE>, branch_if::<5>, jump)
            (load_zero::<32, WORD_BASE>, with_constant::<ADD, 32, false>, with_register::<SUB, 32, false>,
                with_constant::<ADD, 32, true>, decrement::<32, true>)
            (load_zero::<32, WORD_BASE>, with_constant::<ADD, 32, true>, pop::<32>, pop::<32>, pop::<32>, pop::<32>,
                return_near::<32>)
            (load_zero::<32, WORD_BASE>, with_constant::<AND, 32, false>)
            (load_zero::<32, WORD_BASE>, with_constant::<AND, 32, true>)
            (load_zero::<32, WORD_BASE>, with_constant::<AND, 32, true>, store_register::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, with_register::<XOR, 32, true>, store_register::<32, WORD_BASE>,
                constant_to_memory::<CMP, 8, WORD>, branch_if::<4>)
            (load_zero::<32, WORD_BASE>, with_memory::<ADD, 32, WORD, true>, with_memory::<ADD, 32, WORD, true>,
                complement::<32>, load_zero::<32, WORD_BASE>, with_register::<AND, 32, true>,
                load_zero::<32, WORD_BASE>, with_register::<AND, 32, false>)
            (load_zero::<32, WORD_BASE>, with_memory::<ADD, 32, WORD_BASE, false>, compare_registers::<CMP, 32, 3>,
                copy::<32>, constant_to_memory::<CMP, 8, WORD>, branch_if::<5>, effective::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, with_memory::<SUB, 32, WORD_BASE, true>)
            (load_zero::<32, WORD_BASE>, with_memory::<SUB, 32, WORD_BASE, true>, branch_if::<4>, call::<32>)
            (load_zero::<32, WORD_BASE>, with_register::<ADD, 32, false>, by_constant::<ROR, 32, false>,
                by_constant::<ROR, 32, false>, with_register::<XOR, 32, false>, by_constant::<ROL, 32, false>,
                with_register::<XOR, 32, true>, store_register::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, with_register::<ADD, 32, false>, with_register::<ADD, 32, true>,
                increment::<32, true>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, with_register::<ADD, 32, true>, load_zero::<32, WORD_BASE>,
                with_register::<ADD, 32, false>, with_register::<ADD, 32, true>, increment::<32, true>,
                load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (load_zero::<32, WORD_BASE>, with_register::<AND, 32, false>, with_register::<XOR, 32, false>)
            (load_zero::<32, WORD_BASE>, with_register::<AND, 32, true>, copy::<32>, load_zero::<32, WORD_BASE>,
                with_register::<XOR, 32, true>, copy::<32>, load_zero::<32, WORD_BASE>,
                with_register::<ADD, 32, true>)
            (load_zero::<32, WORD_BASE>, with_register::<XOR, 32, false>, constant::<32>,
                with_register::<ADD, 32, true>, branch_if::<3>, with_register::<XOR, 32, false>,
                with_constant::<OR, 32, true>)
            (load_zero::<32, WORD_BASE>, with_register::<XOR, 32, false>, constant::<32>,
                with_register::<ADD, 32, true>, branch_if::<3>, with_register::<XOR, 32, false>,
                with_constant::<OR, 32, true>, increment::<32, true>)
            (load_zero::<32, WORD_BASE>, with_register::<XOR, 32, false>, with_register::<AND, 32, true>,
                store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                with_register::<AND, 32, true>, copy::<32>)
            (load_zero::<32, WORD_BASE>, with_register::<XOR, 32, true>, copy::<32>, load_zero::<32, WORD_BASE>,
                with_register::<ADD, 32, true>, load_zero::<32, WORD_BASE>, with_register::<ADD, 32, false>,
                with_register::<ADD, 32, true>)
            (load_zero::<32, WORD_BASE>, with_register::<XOR, 32, true>, store_register::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, compare_registers::<TEST, 32, 4>, load_zero::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (load_zero::<8, LONG>, load_zero::<8, LONG>, compare_registers::<CMP, 32, 5>, increment::<64, false>,
                compare_registers::<TEST, 32, 4>, compare_constant::<CMP, 32, 4>, jump)
            (load_zero::<8, LONG_BASE>, compare_registers::<TEST, 8, 4>, compare_constant::<CMP, 8, 4>,
                increment::<64, false>, with_register::<ADD, 32, true>, jump)
            (load_zero::<8, LONG_BASE>, load_sign_64::<64, LONG_BASE>, store_register::<64, LONG_BASE>,
                store_register::<64, LONG_BASE>, store_register::<32, LONG_BASE>, call::<64>)
            (load_zero::<8, WORD>, load_zero::<8, WORD>, compare_registers::<CMP, 32, 5>,
                compare_registers::<TEST, 32, 4>, increment::<32, false>, compare_constant::<CMP, 32, 4>, jump)
            (load_zero::<8, WORD_BASE>, decrement::<32, false>, by_constant::<SHR, 32, false>,
                with_constant::<AND, 32, true>, store_register::<32, WORD_BASE>, increment::<32, true>,
                branch_if::<4>, load_zero::<32, WORD_BASE>)
            (load_zero::<8, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (load_zero::<8, WORD_BASE>, push::<32>, push::<32>, push::<32>, store_register::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, push::<32>, call::<32>)
            (load_zero::<8, WORD_BASE>, to_memory::<CMP, 8, WORD>, branch_if::<5>, compare_constant::<CMP, 32, 4>,
                load_zero::<8, WORD_BASE>, to_memory::<CMP, 8, WORD>, branch_if::<5>, compare_constant::<CMP, 32, 4>)
            (store_constant::<32, LONG_BASE>, load_zero::<32, LONG_BASE>, with_constant::<AND, 32, true>,
                increment::<32, true>, store_register::<32, LONG_BASE>, with_register::<XOR, 32, false>,
                with_constant::<CMP, 32, true>, conditional_set::<5>)
            (store_constant::<32, WORD_BASE>, effective::<32, WORD>, load_to_change::<32, LONG_BASE>, exchange::<32>,
                store_register::<32, LONG_BASE>, compare_constant::<CMP, 32, 15>)
            (store_constant::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, compare_registers::<TEST, 32, 4>,
                store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, with_constant::<AND, 32, true>,
                branch_if::<5>, jump)
            (store_constant::<32, WORD_BASE>, store_constant::<32, WORD_BASE>)
            (store_constant::<64, RELATIVE>, load_sign_64::<64, LONG_BASE>, compare_registers::<TEST, 64, 4>,
                store_register::<64, RELATIVE>, load_zero::<32, LONG_BASE>, with_constant::<AND, 32, true>,
                branch_if::<5>, jump)
            (store_register::<32, LONG_BASE>, branch_if::<5>)
            (store_register::<32, LONG_BASE>, branch_if::<5>, store_constant::<64, LONG_BASE>, effective::<64, LONG>,
                load_to_change::<32, LONG_BASE>, exchange::<32>, store_register::<32, LONG_BASE>,
                compare_constant::<CMP, 32, 15>)
            (store_register::<32, LONG_BASE>, by_constant::<SHR, 32, false>, with_constant::<XOR, 32, false>,
                with_constant::<AND, 32, false>, with_register::<ADD, 64, false>, with_register::<ADD, 64, false>,
                effective::<64, RELATIVE>, with_register::<ADD, 64, true>)
            (store_register::<32, LONG_BASE>, call::<64>)
            (store_register::<32, LONG_BASE>, constant_to_memory::<CMP, 8, LONG>, branch_if::<4>, copy::<64>,
                load_zero::<32, LONG_BASE>, with_constant::<AND, 32, false>, with_constant::<CMP, 32, true>,
                conditional_set::<4>)
            (store_register::<32, LONG_BASE>, load_sign_64::<64, LONG_BASE>, load_zero::<32, LONG_BASE>,
                store_register::<64, LONG_BASE>, compare_registers::<TEST, 32, 4>, load_sign_64::<64, RELATIVE>,
                with_constant::<ADD, 64, true>, store_register::<64, LONG_BASE>)
            (store_register::<32, LONG_BASE>, store_constant::<8, LONG_BASE>, load_sign_64::<64, RELATIVE>,
                constant::<32>, constant_to_memory::<CMP, 8, LONG>, branch_if::<4>,
                constant_to_memory::<CMP, 8, RELATIVE>, branch_if::<4>)
            (store_register::<32, LONG_BASE>, store_register::<32, LONG_BASE>)
            (store_register::<32, WORD>, load_zero::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, branch_if::<4>, load_zero::<32, WORD_BASE>, effective::<32, WORD>,
                constant_to_memory::<CMP, 8, WORD>, branch_if::<7>, jump)
            (store_register::<32, WORD_BASE>, compare_constant::<CMP, 32, 4>, load_zero::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>, copy::<32>,
                load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, constant::<32>)
            (store_register::<32, WORD_BASE>, constant::<32>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, constant_to_memory::<CMP, 32, WORD_BASE>, branch_if::<5>,
                load_zero::<32, WORD_BASE>, effective::<32, WORD>, constant_to_memory::<CMP, 8, WORD>,
                branch_if::<7>, jump)
            (store_register::<32, WORD_BASE>, constant_to_memory::<CMP, 8, WORD>, branch_if::<5>,
                to_memory::<CMP, 32, WORD_BASE>, branch_if::<5>, load_zero::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, copy::<32>)
            (store_register::<32, WORD_BASE>, copy::<32>, by_constant::<ROR, 32, false>,
                by_constant::<ROR, 32, false>, with_register::<XOR, 32, false>, by_constant::<ROL, 32, false>,
                with_register::<XOR, 32, true>, load_zero::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, copy::<32>, call::<32>)
            (store_register::<32, WORD_BASE>, copy::<32>, load_zero::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>, copy::<32>,
                by_constant::<ROR, 32, false>, by_constant::<ROR, 32, false>)
            (store_register::<32, WORD_BASE>, effective::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, effective::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, load_part::<8, WORD_BASE>, constant_to_memory::<CMP, 8, WORD>,
                branch_if::<4>, constant_to_memory::<CMP, 8, WORD>, branch_if::<5>, with_constant::<AND, 32, false>,
                effective::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, load_zero::<32, WORD>)
            (store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, compare_registers::<TEST, 32, 4>,
                load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                with_memory::<SUB, 32, WORD_BASE, true>, store_register::<32, WORD_BASE>,
                with_register::<XOR, 32, true>, effective::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                with_register::<XOR, 32, false>)
            (store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                with_register::<XOR, 32, false>, with_register::<AND, 32, true>, store_register::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                constant_to_memory::<CMP, 32, WORD_BASE>, branch_if::<4>, load_zero::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, with_constant::<AND, 32, true>,
                store_register::<32, WORD_BASE>, constant::<32>, load_zero::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>, constant::<32>)
            (store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, with_memory::<SUB, 32, WORD_BASE, true>,
                load_zero::<32, WORD_BASE>, with_register::<SUB, 32, true>, constant_to_memory::<CMP, 32, WORD_BASE>,
                conditional_set::<4>, constant_to_memory::<CMP, 32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, store_register::<32, WORD>)
            (store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>, copy::<32>,
                by_constant::<ROR, 32, false>, by_constant::<ROR, 32, false>, with_register::<XOR, 32, false>,
                by_constant::<ROL, 32, false>, with_register::<XOR, 32, true>)
            (store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>, copy::<32>,
                load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                copy::<32>, jump)
            (store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                constant::<64>, add_segment, load_zero::<32, LONG>, store_register::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, with_constant::<ADD, 32, false>, compare_registers::<CMP, 32, 5>, jump)
            (store_register::<32, WORD_BASE>, with_constant::<ADD, 32, true>, pop::<32>, pop::<32>, pop::<32>,
                pop::<32>, return_near::<32>)
            (store_register::<32, WORD_BASE>, with_constant::<AND, 32, true>, store_register::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, with_constant::<AND, 32, true>, store_register::<32, WORD_BASE>,
                branch_if::<4>, constant_to_memory::<CMP, 32, WORD_BASE>, branch_if::<4>, constant::<32>,
                load_zero::<32, WORD_BASE>)
            (store_register::<32, WORD_BASE>, with_register::<XOR, 32, false>, with_constant::<TEST, 8, true>,
                conditional_set::<4>, with_register::<ADD, 32, false>, by_constant::<SHR, 32, false>,
                with_constant::<AND, 32, false>)
            (store_register::<32, WORD_BASE>, with_register::<XOR, 32, true>)
            (store_register::<64, LONG_BASE>, call::<64>)
            (store_register::<64, LONG_BASE>, copy::<64>, with_memory::<XOR, 64, LONG_BASE, true>,
                by_constant::<ROL, 64, true>, store_register::<64, LONG_BASE>, store_register::<64, LONG_BASE>,
                store_register::<64, LONG_BASE>, store_register::<64, LONG_BASE>)
            (store_register::<64, LONG_BASE>, effective::<64, LONG_BASE>, with_memory::<XOR, 64, LONG_BASE, true>,
                by_constant::<ROL, 64, true>, store_register::<64, LONG_BASE>, load_sign_64::<64, LONG_BASE>,
                with_memory::<XOR, 64, LONG_BASE, true>, by_constant::<ROL, 64, true>)
            (store_register::<64, LONG_BASE>, load_sign_64::<64, LONG_BASE>, with_memory::<SUB, 64, LONG_BASE, true>,
                branch_if::<4>, call::<64>)
            (store_register::<64, LONG_BASE>, push::<64>, copy::<64>, compare_registers::<TEST, 32, 5>,
                store_register::<32, LONG_BASE>, with_register::<XOR, 32, true>, pop::<64>, return_near::<64>)
            (store_register::<64, LONG_BASE>, store_register::<64, LONG_BASE>)
            (store_register::<64, LONG_BASE>, store_register::<64, LONG_BASE>, load_sign_64::<64, LONG_BASE>,
                with_memory::<SUB, 64, LONG_BASE, true>, branch_if::<4>, call::<64>)
            (store_register::<64, LONG_BASE>, store_register::<64, LONG_BASE>, push::<64>, push::<64>,
                load_sign_64::<64, RELATIVE>, push::<64>, effective::<64, LONG_BASE>, with_constant::<AND, 64, true>)
            (store_register::<64, LONG_BASE>, with_constant::<AND, 32, true>, store_register::<32, LONG_BASE>,
                branch_if::<4>, with_register::<XOR, 32, false>, copy::<64>, with_constant::<AND, 32, true>,
                store_register::<32, LONG_BASE>)
            (store_register::<8, LONG_BASE>, increment::<64, true>, load_sign_64::<64, LONG_BASE>,
                compare_registers::<CMP, 64, 5>, jump)
            (store_register::<8, LONG_BASE>, load_sign_64::<64, RELATIVE>, load_sign_64::<64, RELATIVE>,
                with_register::<XOR, 32, true>, with_memory::<SUB, 32, LONG_BASE, true>,
                load_sign_64::<64, LONG_BASE>, effective::<64, LONG>, call::<64>)
            (store_register::<8, LONG_BASE>, store_register::<32, LONG_BASE>, pop::<64>, pop::<64>, pop::<64>,
                pop::<64>, pop::<64>, return_near::<64>)
            (store_register::<8, WORD_BASE>, increment::<32, true>)
            (store_register::<8, WORD_BASE>, increment::<32, true>, load_zero::<32, WORD_BASE>,
                compare_registers::<CMP, 32, 5>, jump)
            (store_register::<8, WORD_BASE>, load_zero::<32, WORD_BASE>, call::<32>)
        }
    };
}
pub(in super::super) use memory;
