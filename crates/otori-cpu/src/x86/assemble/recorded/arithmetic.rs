//! Rows that begin with arithmetic, a shift or a branch.

/// Calls `$row!($rows; (OPERATION, …) …)` with the rows, with the names as they are where this is called.
macro_rules! arithmetic {
    ($row:ident, $rows:ident) => {
        $row! { $rows;
            (branch_if::<2>, constant::<32>)
            (branch_if::<3>, with_register::<XOR, 32, false>, with_constant::<AND, 32, true>, branch_if::<5>,
                load_zero::<32, WORD_BASE>, with_constant::<ADD, 32, false>, with_register::<SUB, 32, false>,
                with_constant::<ADD, 32, true>)
            (branch_if::<3>, with_register::<XOR, 32, false>, with_constant::<OR, 32, true>, increment::<32, true>)
            (branch_if::<3>, with_register::<XOR, 32, false>, with_constant::<OR, 32, true>, increment::<32, true>,
                branch_if::<5>, with_register::<XOR, 32, false>, constant::<32>, with_register::<ADD, 32, true>)
            (branch_if::<4>, call::<32>)
            (branch_if::<4>, call::<64>)
            (branch_if::<4>, constant::<32>)
            (branch_if::<4>, constant::<32>, effective::<64, LONG>, load_to_change::<32, LONG_BASE>,
                compare_exchange::<32>, store_register::<32, LONG_BASE>, branch_if::<5>,
                load_sign_64::<64, LONG_BASE>)
            (branch_if::<4>, jump)
            (branch_if::<4>, load_sign_64::<64, RELATIVE>, load_sign_64::<64, LONG_BASE>,
                with_register::<XOR, 32, false>, with_register::<XOR, 32, true>, store_register::<64, LONG_BASE>,
                call::<64>)
            (branch_if::<4>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                with_register::<XOR, 32, false>, with_register::<XOR, 32, true>, call::<32>)
            (branch_if::<4>, with_constant::<ADD, 32, true>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, jump)
            (branch_if::<4>, with_register::<XOR, 32, true>, load_part::<8, LONG>, with_memory::<CMP, 8, LONG, true>,
                branch_if::<5>, increment::<64, false>, compare_registers::<TEST, 8, 4>, jump)
            (branch_if::<5>, effective::<64, LONG_BASE>, load_zero::<8, LONG_BASE>, load_sign_64::<64, LONG_BASE>,
                store_register::<64, LONG_BASE>, store_register::<64, LONG_BASE>, store_register::<32, LONG_BASE>,
                call::<64>)
            (branch_if::<5>, jump)
            (branch_if::<5>, load_sign_64::<64, LONG_BASE>)
            (branch_if::<5>, load_sign_64::<64, LONG_BASE>, with_constant::<ADD, 64, true>,
                store_register::<64, LONG_BASE>, copy::<64>, with_register::<XOR, 32, true>,
                effective::<64, RELATIVE>)
            (branch_if::<5>, load_zero::<32, WORD_BASE>)
            (branch_if::<5>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (branch_if::<5>, load_zero::<32, WORD_BASE>, with_register::<XOR, 32, false>, constant::<32>,
                with_register::<ADD, 32, true>, branch_if::<3>, with_register::<XOR, 32, false>,
                with_constant::<OR, 32, true>)
            (branch_if::<5>, with_constant::<ADD, 32, true>, copy::<32>, pop::<32>, pop::<32>, pop::<32>, pop::<32>,
                return_near::<32>)
            (branch_if::<5>, with_register::<XOR, 32, false>, constant::<32>, with_register::<ADD, 32, true>,
                branch_if::<3>, with_register::<XOR, 32, false>, with_constant::<OR, 32, true>, increment::<32, true>)
            (by_constant::<ROL, 32, false>, with_register::<XOR, 32, false>)
            (by_constant::<ROL, 32, false>, with_register::<XOR, 32, true>)
            (by_constant::<ROL, 32, false>, with_register::<XOR, 32, true>, copy::<32>)
            (by_constant::<ROL, 32, false>, with_register::<XOR, 32, true>, store_register::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, with_register::<XOR, 32, false>,
                with_register::<AND, 32, true>, store_register::<32, WORD_BASE>)
            (by_constant::<ROR, 32, false>, by_constant::<ROR, 32, false>, with_register::<AND, 32, false>,
                with_register::<XOR, 32, false>)
            (by_constant::<ROR, 32, false>, by_constant::<ROR, 32, false>, with_register::<AND, 32, false>,
                with_register::<XOR, 32, false>, by_constant::<ROL, 32, false>)
            (by_constant::<ROR, 32, false>, by_constant::<ROR, 32, false>, with_register::<XOR, 32, false>)
            (by_constant::<ROR, 32, false>, by_constant::<ROR, 32, false>, with_register::<XOR, 32, false>,
                by_constant::<ROL, 32, false>, with_register::<XOR, 32, true>, load_zero::<32, WORD_BASE>,
                with_memory::<ADD, 32, WORD, true>)
            (by_constant::<ROR, 32, false>, by_constant::<ROR, 32, false>, with_register::<XOR, 32, false>,
                by_constant::<ROL, 32, false>, with_register::<XOR, 32, true>, load_zero::<32, WORD_BASE>,
                with_memory::<ADD, 32, WORD, true>, with_memory::<ADD, 32, WORD, true>)
            (by_constant::<ROR, 32, false>, with_register::<XOR, 32, false>, by_constant::<ROL, 32, false>,
                with_register::<XOR, 32, true>, store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, with_register::<XOR, 32, false>)
            (by_constant::<SHR, 32, false>, by_constant::<ROR, 32, false>, with_register::<XOR, 32, false>,
                with_register::<XOR, 32, false>, with_register::<ADD, 32, true>, store_register::<32, LONG_BASE>,
                compare_registers::<CMP, 64, 5>, jump)
            (by_constant::<SHR, 32, false>, with_register::<XOR, 32, false>, with_register::<ADD, 32, true>)
            (by_register::<SAR, 32, false>, compare_registers::<TEST, 32, 4>)
            (by_register::<SAR, 32, false>, compare_registers::<TEST, 32, 4>, copy::<32>, effective::<64, RELATIVE>,
                copy::<32>)
            (compare_constant::<CMP, 32, 4>, copy::<32>)
            (compare_constant::<CMP, 32, 4>, jump)
            (compare_constant::<CMP, 32, 4>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>, copy::<32>, load_zero::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (compare_constant::<CMP, 32, 5>, jump)
            (compare_constant::<CMP, 64, 4>, copy::<32>, copy::<32>, copy::<32>, copy::<32>, copy::<32>, copy::<32>,
                jump)
            (compare_constant::<CMP, 8, 4>, constant_to_memory::<CMP, 8, WORD>, branch_if::<9>,
                compare_registers::<TEST, 32, 4>, load_zero::<32, WORD_BASE>, with_constant::<AND, 32, true>)
            (compare_constant::<CMP, 8, 6>, copy::<32>, compare_constant::<CMP, 8, 4>,
                store_register::<8, WORD_BASE>, increment::<32, true>, store_register::<8, WORD_BASE>,
                load_zero::<32, WORD_BASE>, call::<32>)
            (compare_constant::<TEST, 8, 4>, load_part::<8, WORD_BASE>, compare_registers::<CMP, 8, 4>,
                compare_registers::<TEST, 8, 4>, increment::<32, false>, compare_constant::<TEST, 8, 4>)
            (compare_registers::<CMP, 32, 5>, jump)
            (compare_registers::<CMP, 64, 3>, jump)
            (compare_registers::<CMP, 64, 4>, jump)
            (compare_registers::<TEST, 32, 14>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                to_memory::<CMP, 32, WORD_BASE>, branch_if::<3>, load_zero::<32, WORD_BASE>, constant::<32>,
                constant::<32>)
            (compare_registers::<TEST, 32, 4>, compare_registers::<TEST, 32, 4>)
            (compare_registers::<TEST, 32, 4>, constant::<32>, load_zero::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, increment::<32, true>, store_register::<32, WORD_BASE>, copy::<32>,
                load_zero::<32, WORD_BASE>)
            (compare_registers::<TEST, 32, 4>, copy::<64>, load_sign_64::<64, LONG_BASE>,
                compare_registers::<TEST, 64, 4>, load_sign_64::<64, LONG_BASE>, call::<64>)
            (compare_registers::<TEST, 32, 4>, jump)
            (compare_registers::<TEST, 32, 4>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (compare_registers::<TEST, 32, 4>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, constant_to_memory::<CMP, 8, WORD>)
            (compare_registers::<TEST, 32, 5>, constant_to_memory::<CMP, 8, LONG>, branch_if::<5>,
                with_constant::<AND, 32, true>, branch_if::<4>, effective::<64, RELATIVE>, copy::<32>,
                with_constant::<AND, 64, true>)
            (compare_registers::<TEST, 32, 5>, constant_to_memory::<CMP, 8, WORD>, branch_if::<5>,
                with_constant::<AND, 32, true>)
            (compare_registers::<TEST, 32, 5>, constant_to_memory::<CMP, 8, WORD>, branch_if::<5>,
                with_constant::<AND, 32, true>, copy::<32>, branch_if::<4>)
            (compare_registers::<TEST, 32, 5>, store_constant::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                compare_registers::<TEST, 32, 4>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                compare_registers::<TEST, 32, 15>, jump)
            (compare_registers::<TEST, 32, 5>, store_constant::<64, RELATIVE>, load_sign_64::<64, LONG_BASE>,
                compare_registers::<TEST, 64, 4>, load_zero::<32, LONG_BASE>, store_register::<64, RELATIVE>,
                compare_registers::<TEST, 32, 15>, jump)
            (compare_registers::<TEST, 64, 4>, copy::<64>, copy::<64>, with_constant::<AND, 32, false>, copy::<64>,
                compare_constant::<TEST, 8, 4>, call::<64>)
            (compare_registers::<TEST, 64, 4>, load_sign_64::<64, LONG_BASE>, with_constant::<ADD, 64, true>,
                load_sign_64::<64, LONG_BASE>, store_register::<64, LONG_BASE>, jump)
            (compare_registers::<TEST, 64, 4>, load_sign_64::<64, RELATIVE>, load_zero::<32, LONG_BASE>,
                increment::<32, true>, store_register::<32, LONG_BASE>, copy::<64>, load_sign_64::<64, LONG_BASE>,
                call::<64>)
            (compare_registers::<TEST, 64, 4>, load_to_change::<32, LONG_BASE>, increment::<32, true>,
                store_register::<32, LONG_BASE>, load_sign_64::<64, LONG_BASE>, jump)
            (compare_registers::<TEST, 64, 4>, push::<64>, effective::<64, LONG_BASE>, push::<64>,
                with_constant::<SUB, 64, true>, constant::<64>, load_sign_64::<64, LONG_BASE>)
            (compare_registers::<TEST, 64, 4>, with_register::<XOR, 32, true>, constant::<32>, effective::<64, LONG>,
                load_to_change::<32, LONG_BASE>, compare_exchange::<32>, store_register::<32, LONG_BASE>,
                branch_if::<5>)
            (compare_registers::<TEST, 8, 4>, increment::<32, false>)
            (compare_registers::<TEST, 8, 4>, increment::<32, false>, increment::<32, true>, jump)
            (compare_registers::<TEST, 8, 4>, jump)
            (compare_registers::<TEST, 8, 5>, jump)
            (compare_registers::<TEST, 8, 5>, load_part::<8, LONG_BASE>, copy::<32>, store_register::<64, LONG_BASE>,
                with_constant::<AND, 32, false>, compare_constant::<CMP, 8, 4>, compare_constant::<CMP, 8, 5>, jump)
            (compare_registers::<TEST, 8, 9>, compare_registers::<TEST, 64, 4>, load_zero::<32, LONG_BASE>,
                with_constant::<AND, 32, true>, branch_if::<4>, effective::<64, LONG>, compare_constant::<CMP, 8, 7>,
                jump)
            (complement::<32>, load_zero::<32, WORD_BASE>, with_register::<AND, 32, true>,
                load_zero::<32, WORD_BASE>, with_register::<AND, 32, false>, with_register::<XOR, 32, false>,
                with_register::<ADD, 32, true>, load_zero::<32, WORD_BASE>)
            (conditional_set::<4>, compare_registers::<TEST, 8, 4>, to_memory::<CMP, 32, WORD_BASE>, branch_if::<13>,
                with_register::<XOR, 32, true>, copy::<32>, load_zero::<32, WORD_BASE>, call::<32>)
            (conditional_set::<4>, conditional_set::<2>, zero_extend::<8>, compare_registers::<TEST, 32, 4>, jump)
            (conditional_set::<4>, to_memory::<TEST, 8, LONG>, branch_if::<4>, compare_registers::<CMP, 32, 13>,
                with_register::<XOR, 32, true>, copy::<32>, copy::<32>, call::<64>)
            (constant_to_memory::<CMP, 32, WORD_BASE>, branch_if::<4>)
            (constant_to_memory::<CMP, 32, WORD_BASE>, branch_if::<5>)
            (constant_to_memory::<CMP, 64, LONG_BASE>, branch_if::<4>)
            (constant_to_memory::<CMP, 64, LONG_BASE>, branch_if::<5>)
            (constant_to_memory::<CMP, 64, RELATIVE>, branch_if::<4>, load_sign_64::<64, RELATIVE>,
                effective::<64, RELATIVE>, store_register::<64, LONG_BASE>, constant_to_memory::<TEST, 8, LONG>)
            (constant_to_memory::<CMP, 8, LONG>, branch_if::<4>)
            (constant_to_memory::<CMP, 8, LONG>, branch_if::<4>, increment::<64, true>, effective::<64, LONG_BASE>,
                copy::<64>, call::<64>)
            (constant_to_memory::<CMP, 8, LONG>, branch_if::<4>, with_constant::<AND, 32, true>, branch_if::<4>,
                copy::<64>)
            (constant_to_memory::<CMP, 8, LONG>, branch_if::<4>, with_constant::<AND, 32, true>, branch_if::<5>)
            (constant_to_memory::<CMP, 8, LONG>, branch_if::<5>)
            (constant_to_memory::<CMP, 8, LONG>, branch_if::<5>, jump)
            (constant_to_memory::<CMP, 8, LONG>, copy::<64>, branch_if::<5>, compare_registers::<CMP, 64, 5>,
                with_register::<XOR, 32, true>, store_register::<64, LONG_BASE>, with_register::<XOR, 32, true>, jump)
            (constant_to_memory::<CMP, 8, LONG>, effective::<64, LONG_BASE>, branch_if::<4>, copy::<64>, copy::<64>,
                load_part::<8, LONG_BASE>)
            (constant_to_memory::<CMP, 8, RELATIVE>, branch_if::<4>, with_constant::<OR, 32, true>,
                store_constant::<8, LONG_BASE>, effective::<64, LONG_BASE>, copy::<32>,
                with_constant::<OR, 32, true>, call::<64>)
            (constant_to_memory::<CMP, 8, WORD>, branch_if::<4>)
            (constant_to_memory::<CMP, 8, WORD>, branch_if::<5>)
            (constant_to_memory::<CMP, 8, WORD>, branch_if::<5>, jump)
            (constant_to_memory::<TEST, 32, LONG_BASE>, branch_if::<5>, load_sign_64::<64, LONG_BASE>,
                load_zero::<32, LONG_BASE>, with_constant::<SUB, 32, true>)
            (constant_to_memory::<TEST, 32, WORD_BASE>, branch_if::<5>, load_zero::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, with_constant::<SUB, 32, true>, store_register::<32, WORD_BASE>,
                branch_if::<5>)
            (constant_to_memory::<TEST, 8, LONG>, branch_if::<4>, load_zero::<32, LONG>,
                with_constant::<SUB, 32, false>, zero_extend::<8>, compare_registers::<CMP, 32, 13>,
                compare_registers::<CMP, 64, 3>, jump)
            (decrement::<32, true>, branch_if::<3>, with_register::<XOR, 32, false>, with_constant::<AND, 32, true>,
                branch_if::<5>, load_zero::<32, WORD_BASE>, with_constant::<ADD, 32, false>,
                with_register::<SUB, 32, false>)
            (decrement::<32, true>, to_memory::<AND, 8, WORD>, with_register::<XOR, 32, true>,
                constant_to_memory::<TEST, 8, WORD>, branch_if::<4>, load_zero::<32, WORD_BASE>, negate::<32, false>,
                with_register::<ADD, 32, true>)
            (increment::<32, false>, increment::<32, true>)
            (increment::<32, false>, increment::<32, true>, push::<32>, push::<32>, load_zero::<32, WORD_BASE>,
                push::<32>, push::<32>, call::<32>)
            (increment::<32, true>, branch_if::<5>, load_zero::<32, WORD_BASE>, with_register::<XOR, 32, false>,
                constant::<32>, with_register::<ADD, 32, true>, branch_if::<3>, with_register::<XOR, 32, false>)
            (increment::<32, true>, branch_if::<5>, with_register::<XOR, 32, false>, constant::<32>,
                with_register::<ADD, 32, true>, branch_if::<3>, with_register::<XOR, 32, false>,
                with_constant::<OR, 32, true>)
            (increment::<32, true>, constant_to_memory::<CMP, 8, LONG>)
            (increment::<32, true>, constant_to_memory::<CMP, 8, WORD>, branch_if::<4>)
            (increment::<32, true>, constant_to_memory::<CMP, 8, WORD>, branch_if::<5>, jump)
            (increment::<32, true>, jump)
            (increment::<32, true>, load_part::<8, WORD_BASE>, compare_registers::<TEST, 8, 4>,
                compare_constant::<TEST, 32, 4>, zero_extend::<8>, store_register::<8, WORD_BASE>,
                load_zero::<32, WORD_BASE>, call::<32>)
            (increment::<32, true>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, compare_constant::<CMP, 32, 4>,
                load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (increment::<32, true>, store_register::<32, LONG_BASE>)
            (increment::<32, true>, store_register::<32, WORD_BASE>)
            (increment::<64, true>, constant_to_memory::<CMP, 8, LONG>, branch_if::<5>, jump)
            (negate::<64, false>, with_register::<ADD, 64, true>, store_register::<64, RELATIVE>,
                load_sign_64::<64, RELATIVE>, with_memory::<SUB, 64, LONG_BASE, false>,
                with_register::<SUB, 32, true>, constant_to_memory::<CMP, 32, LONG_BASE>)
            (negate::<64, false>, with_register::<TEST, 64, true>, constant::<64>, conditional_copy::<4, 64>,
                with_register::<AND, 64, true>, load_sign_64::<64, LONG_BASE>, with_register::<XOR, 32, true>,
                call::<64>)
            (to_memory::<AND, 8, LONG>, with_register::<XOR, 32, true>, constant_to_memory::<TEST, 8, LONG>,
                branch_if::<4>, sign_extend::<32, 64>)
            (to_memory::<CMP, 32, WORD_BASE>, branch_if::<4>, constant::<32>, effective::<32, WORD>,
                load_to_change::<32, LONG_BASE>, compare_exchange::<32>, store_register::<32, LONG_BASE>,
                branch_if::<5>)
            (to_memory::<CMP, 64, LONG_BASE>, branch_if::<3>, compare_constant::<CMP, 64, 6>,
                with_constant::<ADD, 64, true>, branch_if::<3>, effective::<64, RELATIVE>,
                with_register::<XOR, 32, true>, call::<64>)
            (with_constant::<ADD, 32, false>, effective::<32, WORD_BASE>, with_constant::<AND, 32, true>,
                constant::<32>)
            (with_constant::<ADD, 32, false>, with_constant::<SUB, 32, true>)
            (with_constant::<ADD, 32, false>, with_register::<ADD, 32, true>, load_zero::<32, WORD_BASE>,
                load_part::<8, WORD>, store_register::<8, WORD_BASE>, with_constant::<AND, 32, false>)
            (with_constant::<ADD, 32, true>, constant::<32>, load_zero::<32, WORD_BASE>)
            (with_constant::<ADD, 32, true>, constant::<32>, load_zero::<32, WORD_BASE>,
                to_memory::<CMP, 32, WORD_BASE>, branch_if::<3>, call::<32>)
            (with_constant::<ADD, 32, true>, constant::<32>, load_zero::<32, WORD_BASE>,
                with_memory::<SUB, 32, WORD_BASE, false>, copy::<32>, with_register::<ADD, 32, true>, call::<32>)
            (with_constant::<ADD, 32, true>, copy::<32>)
            (with_constant::<ADD, 32, true>, decrement::<32, true>)
            (with_constant::<ADD, 32, true>, decrement::<32, true>, branch_if::<3>, with_register::<XOR, 32, false>,
                with_constant::<AND, 32, true>, branch_if::<5>, load_zero::<32, WORD_BASE>,
                with_constant::<ADD, 32, false>)
            (with_constant::<ADD, 32, true>, load_zero::<32, WORD_BASE>, compare_registers::<CMP, 32, 4>,
                load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, compare_registers::<TEST, 32, 4>,
                constant_to_memory::<CMP, 8, WORD>, branch_if::<4>)
            (with_constant::<ADD, 32, true>, pop::<32>, pop::<32>)
            (with_constant::<ADD, 32, true>, pop::<32>, pop::<32>, pop::<32>, pop::<32>)
            (with_constant::<ADD, 32, true>, pop::<32>, pop::<32>, pop::<32>, pop::<32>, return_near::<32>)
            (with_constant::<ADD, 32, true>, pop::<32>, return_near::<32>)
            (with_constant::<ADD, 32, true>, push::<32>)
            (with_constant::<ADD, 32, true>, push::<32>, push::<32>, with_constant::<SUB, 32, true>)
            (with_constant::<ADD, 32, true>, store_register::<32, WORD_BASE>, copy::<32>, load_zero::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                constant::<32>)
            (with_constant::<ADD, 32, true>, store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                constant::<64>, add_segment, load_zero::<32, LONG>)
            (with_constant::<ADD, 64, false>, with_constant::<ADD, 64, false>)
            (with_constant::<ADD, 64, false>, with_constant::<AND, 64, false>, with_register::<SUB, 64, true>,
                load_sign_64::<64, LONG_BASE>, effective::<64, LONG_BASE>, with_constant::<AND, 64, true>,
                store_register::<64, LONG_BASE>, call::<64>)
            (with_constant::<ADD, 64, false>, with_register::<SUB, 32, false>, compare_registers::<CMP, 32, 3>,
                sign_extend::<32, 64>, return_near::<64>)
            (with_constant::<ADD, 64, true>, copy::<32>, pop::<64>, pop::<64>)
            (with_constant::<ADD, 64, true>, load_sign_64::<64, LONG_BASE>, compare_registers::<CMP, 64, 4>)
            (with_constant::<ADD, 64, true>, pop::<64>, pop::<64>, pop::<64>, pop::<64>, pop::<64>, pop::<64>, jump)
            (with_constant::<ADD, 64, true>, pop::<64>, pop::<64>, pop::<64>, pop::<64>, pop::<64>, pop::<64>,
                return_near::<64>)
            (with_constant::<ADD, 64, true>, pop::<64>, pop::<64>, pop::<64>, pop::<64>, return_near::<64>)
            (with_constant::<ADD, 64, true>, pop::<64>, pop::<64>, return_near::<64>)
            (with_constant::<AND, 32, false>, compare_constant::<CMP, 32, 7>)
            (with_constant::<AND, 32, true>, branch_if::<4>)
            (with_constant::<AND, 32, true>, branch_if::<4>, effective::<64, RELATIVE>, copy::<32>,
                with_constant::<AND, 64, true>)
            (with_constant::<AND, 32, true>, branch_if::<5>)
            (with_constant::<AND, 32, true>, copy::<32>, branch_if::<4>)
            (with_constant::<AND, 32, true>, copy::<64>, effective::<64, RELATIVE>, store_register::<32, LONG_BASE>,
                store_register::<64, RELATIVE>, branch_if::<4>)
            (with_constant::<AND, 32, true>, store_register::<32, WORD_BASE>)
            (with_constant::<OR, 32, false>, with_constant::<SUB, 32, false>, compare_constant::<CMP, 8, 7>,
                increment::<32, true>, load_part::<8, WORD_BASE>, compare_registers::<TEST, 8, 4>,
                compare_constant::<CMP, 8, 4>, jump)
            (with_constant::<OR, 32, false>, with_constant::<SUB, 32, false>, compare_constant::<CMP, 8, 7>,
                load_part::<8, LONG_BASE>, increment::<64, false>, compare_registers::<TEST, 8, 4>,
                compare_constant::<CMP, 8, 4>, jump)
            (with_constant::<OR, 32, true>, increment::<32, true>, branch_if::<5>, load_zero::<32, WORD_BASE>,
                with_register::<XOR, 32, false>, constant::<32>, with_register::<ADD, 32, true>, branch_if::<3>)
            (with_constant::<OR, 32, true>, increment::<32, true>, branch_if::<5>, with_register::<XOR, 32, false>,
                constant::<32>, with_register::<ADD, 32, true>, branch_if::<3>, with_register::<XOR, 32, false>)
            (with_constant::<SUB, 32, true>, call::<32>)
            (with_constant::<SUB, 32, true>, load_zero::<32, WORD_BASE>)
            (with_constant::<SUB, 32, true>, load_zero::<32, WORD_BASE>, push::<32>, call::<32>)
            (with_constant::<SUB, 32, true>, push::<32>, call::<32>)
            (with_constant::<SUB, 64, true>, load_sign_64::<64, RELATIVE>, load_sign_64::<64, LONG_BASE>,
                store_register::<64, LONG_BASE>)
            (with_memory::<ADD, 32, LONG, false>, complement::<32>)
            (with_memory::<ADD, 32, WORD, true>, complement::<32>, load_zero::<32, WORD_BASE>,
                with_register::<AND, 32, true>, load_zero::<32, WORD_BASE>, with_register::<AND, 32, false>,
                with_register::<XOR, 32, false>, with_register::<ADD, 32, true>)
            (with_memory::<ADD, 32, WORD, true>, with_memory::<ADD, 32, WORD, true>, complement::<32>,
                load_zero::<32, WORD_BASE>, with_register::<AND, 32, true>, load_zero::<32, WORD_BASE>,
                with_register::<AND, 32, false>, with_register::<XOR, 32, false>)
            (with_memory::<CMP, 32, WORD_BASE, true>, branch_if::<3>)
            (with_memory::<CMP, 32, WORD_BASE, true>, branch_if::<5>, store_register::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>, with_constant::<SUB, 32, true>, load_zero::<32, WORD_BASE>,
                push::<32>, call::<32>)
            (with_memory::<CMP, 8, LONG, true>, branch_if::<5>, increment::<64, false>, increment::<64, true>,
                load_part::<8, LONG_BASE>)
            (with_memory::<CMP, 8, WORD, true>, branch_if::<5>, increment::<32, false>, increment::<32, true>,
                load_part::<8, WORD_BASE>, compare_registers::<TEST, 8, 5>)
            (with_register::<ADD, 32, false>, by_constant::<ROR, 32, false>)
            (with_register::<ADD, 32, false>, by_constant::<ROR, 32, false>, by_constant::<ROR, 32, false>,
                with_register::<XOR, 32, false>)
            (with_register::<ADD, 32, false>, by_constant::<ROR, 32, false>, by_constant::<ROR, 32, false>,
                with_register::<XOR, 32, false>, by_constant::<ROL, 32, false>, with_register::<XOR, 32, true>,
                store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (with_register::<ADD, 32, false>, with_register::<ADD, 32, true>)
            (with_register::<ADD, 32, false>, with_register::<AND, 32, false>, with_register::<ADD, 32, false>,
                by_constant::<ROR, 32, false>, by_constant::<ROR, 32, false>, with_register::<XOR, 32, false>,
                by_constant::<ROL, 32, false>, with_register::<XOR, 32, false>)
            (with_register::<ADD, 32, true>, copy::<32>, load_zero::<8, WORD_BASE>, effective::<32, WORD_BASE>,
                compare_registers::<TEST, 8, 4>)
            (with_register::<ADD, 32, true>, effective::<32, WORD>, store_register::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>, with_constant::<AND, 32, true>,
                store_register::<32, WORD_BASE>, branch_if::<4>)
            (with_register::<ADD, 32, true>, increment::<32, true>, load_zero::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                compare_constant::<CMP, 32, 4>, load_zero::<32, WORD_BASE>)
            (with_register::<ADD, 32, true>, load_zero::<32, WORD>)
            (with_register::<ADD, 32, true>, load_zero::<32, WORD_BASE>)
            (with_register::<ADD, 32, true>, load_zero::<32, WORD_BASE>, with_register::<ADD, 32, false>,
                by_constant::<ROR, 32, false>, by_constant::<ROR, 32, false>, with_register::<XOR, 32, false>,
                by_constant::<ROL, 32, false>, with_register::<XOR, 32, true>)
            (with_register::<ADD, 32, true>, load_zero::<32, WORD_BASE>, with_register::<ADD, 32, false>,
                with_register::<ADD, 32, true>, increment::<32, true>, load_zero::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (with_register::<ADD, 32, true>, store_register::<32, LONG_BASE>, load_zero::<32, LONG_BASE>,
                with_register::<ADD, 32, true>, store_register::<32, LONG_BASE>, load_zero::<32, LONG_BASE>,
                with_register::<ADD, 32, true>, store_register::<32, LONG_BASE>)
            (with_register::<ADD, 32, true>, store_register::<32, WORD_BASE>)
            (with_register::<ADD, 64, true>, increment::<64, true>, constant_to_memory::<CMP, 8, LONG>,
                branch_if::<5>, jump)
            (with_register::<ADD, 64, true>, load_part::<8, LONG>, with_constant::<AND, 32, false>,
                compare_constant::<CMP, 8, 4>)
            (with_register::<ADD, 64, true>, store_register::<64, RELATIVE>, load_sign_64::<64, RELATIVE>,
                with_memory::<SUB, 64, LONG_BASE, false>, with_register::<SUB, 32, true>,
                constant_to_memory::<CMP, 32, LONG_BASE>)
            (with_register::<AND, 32, false>, with_register::<XOR, 32, false>, with_register::<ADD, 32, true>,
                load_zero::<32, WORD_BASE>, with_register::<ADD, 32, false>, by_constant::<ROR, 32, false>,
                by_constant::<ROR, 32, false>, with_register::<XOR, 32, false>)
            (with_register::<AND, 32, false>, with_register::<XOR, 32, true>)
            (with_register::<AND, 32, true>, copy::<32>, load_zero::<32, WORD_BASE>, with_register::<XOR, 32, true>,
                copy::<32>, load_zero::<32, WORD_BASE>, with_register::<ADD, 32, true>, load_zero::<32, WORD_BASE>)
            (with_register::<AND, 32, true>, load_zero::<32, WORD_BASE>, with_register::<AND, 32, false>,
                with_register::<XOR, 32, false>, with_register::<ADD, 32, true>, load_zero::<32, WORD_BASE>,
                with_register::<ADD, 32, false>, by_constant::<ROR, 32, false>)
            (with_register::<AND, 32, true>, store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, with_register::<AND, 32, true>, copy::<32>, load_zero::<32, WORD_BASE>,
                with_register::<XOR, 32, true>)
            (with_register::<SUB, 32, false>, compare_registers::<CMP, 32, 2>, effective::<32, WORD_BASE>)
            (with_register::<SUB, 32, false>, compare_registers::<CMP, 32, 2>, effective::<64, LONG_BASE>)
            (with_register::<SUB, 32, false>, with_constant::<ADD, 32, true>, decrement::<32, true>, branch_if::<3>,
                with_register::<XOR, 32, false>, with_constant::<AND, 32, true>, branch_if::<4>, jump)
            (with_register::<SUB, 32, false>, with_register::<SUB, 32, false>, compare_registers::<CMP, 32, 3>,
                with_constant::<SUB, 32, true>, push_constant::<32>, push::<32>, load_zero::<32, WORD_BASE>,
                call_register::<32>)
            (with_register::<XOR, 32, false>, by_constant::<ROL, 32, false>, with_register::<XOR, 32, true>,
                load_zero::<32, WORD_BASE>, with_memory::<ADD, 32, WORD, true>, with_memory::<ADD, 32, WORD, true>,
                complement::<32>, load_zero::<32, WORD_BASE>)
            (with_register::<XOR, 32, false>, by_constant::<SHR, 32, false>, with_register::<XOR, 32, false>,
                with_register::<ADD, 32, true>, store_register::<32, WORD_BASE>, with_constant::<ADD, 32, false>,
                compare_registers::<CMP, 32, 5>, jump)
            (with_register::<XOR, 32, false>, by_constant::<SHR, 32, false>, with_register::<XOR, 32, true>,
                load_zero::<32, WORD_BASE>, with_memory::<ADD, 32, WORD_BASE, false>,
                with_register::<ADD, 32, false>, by_constant::<ROR, 32, false>, by_constant::<ROL, 32, false>)
            (with_register::<XOR, 32, false>, copy::<32>, with_register::<XOR, 32, true>, load_zero::<32, LONG_BASE>,
                with_memory::<ADD, 32, LONG_BASE, false>, by_constant::<ROL, 32, false>,
                with_register::<ADD, 32, false>, copy::<32>)
            (with_register::<XOR, 32, false>, with_constant::<OR, 32, true>, increment::<32, true>, branch_if::<5>,
                load_zero::<32, WORD_BASE>, with_register::<XOR, 32, false>, constant::<32>,
                with_register::<ADD, 32, true>)
            (with_register::<XOR, 32, false>, with_constant::<OR, 32, true>, increment::<32, true>, branch_if::<5>,
                with_register::<XOR, 32, false>, constant::<32>, with_register::<ADD, 32, true>, branch_if::<3>)
            (with_register::<XOR, 32, false>, with_register::<ADD, 32, true>)
            (with_register::<XOR, 32, false>, with_register::<ADD, 32, true>, load_zero::<32, WORD_BASE>,
                with_register::<ADD, 32, false>, by_constant::<ROR, 32, false>, by_constant::<ROR, 32, false>,
                with_register::<XOR, 32, false>, by_constant::<ROL, 32, false>)
            (with_register::<XOR, 32, false>, with_register::<AND, 32, false>, with_register::<XOR, 32, false>)
            (with_register::<XOR, 32, false>, with_register::<AND, 32, false>, with_register::<XOR, 32, false>,
                effective::<32, LONG>, copy::<32>, with_register::<ADD, 32, false>, copy::<32>,
                with_register::<ADD, 32, false>)
            (with_register::<XOR, 32, false>, with_register::<XOR, 32, false>, with_register::<ADD, 32, true>)
            (with_register::<XOR, 32, false>, with_register::<XOR, 32, true>)
            (with_register::<XOR, 32, true>, call::<64>)
            (with_register::<XOR, 32, true>, constant::<32>, effective::<32, WORD>, load_to_change::<32, LONG_BASE>,
                compare_exchange::<32>, store_register::<32, LONG_BASE>, branch_if::<5>)
            (with_register::<XOR, 32, true>, copy::<32>, copy::<32>)
            (with_register::<XOR, 32, true>, copy::<32>, load_zero::<32, WORD_BASE>)
            (with_register::<XOR, 32, true>, copy::<32>, with_memory::<ADD, 32, LONG, true>,
                with_memory::<ADD, 32, LONG, false>, complement::<32>, increment::<64, false>,
                with_register::<AND, 32, false>, with_register::<XOR, 32, false>)
            (with_register::<XOR, 32, true>, copy::<64>, store_register::<64, LONG_BASE>,
                store_register::<64, LONG_BASE>, store_register::<32, LONG_BASE>, effective::<64, LONG_BASE>,
                call::<64>)
            (with_register::<XOR, 32, true>, load_zero::<32, WORD>)
            (with_register::<XOR, 32, true>, load_zero::<32, WORD_BASE>)
            (with_register::<XOR, 32, true>, load_zero::<32, WORD_BASE>, with_memory::<ADD, 32, WORD, true>,
                with_memory::<ADD, 32, WORD, true>, complement::<32>, load_zero::<32, WORD_BASE>,
                with_register::<AND, 32, true>, load_zero::<32, WORD_BASE>)
            (with_register::<XOR, 32, true>, load_zero::<32, WORD_BASE>, with_memory::<ADD, 32, WORD_BASE, false>)
            (with_register::<XOR, 32, true>, load_zero::<8, LONG>, load_zero::<8, LONG>,
                compare_registers::<CMP, 32, 5>, increment::<64, false>, compare_registers::<TEST, 32, 4>,
                compare_constant::<CMP, 32, 4>, jump)
            (with_register::<XOR, 32, true>, store_register::<32, WORD_BASE>)
            (with_register::<XOR, 32, true>, store_register::<32, WORD_BASE>, effective::<32, WORD_BASE>,
                constant::<32>, store_register::<32, WORD_BASE>, effective::<32, WORD_BASE>,
                store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (with_register::<XOR, 32, true>, store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>,
                load_zero::<32, WORD_BASE>, with_register::<XOR, 32, false>, with_register::<AND, 32, true>,
                store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>)
            (with_register::<XOR, 32, true>, store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>,
                with_register::<XOR, 32, true>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>)
            (with_register::<XOR, 32, true>, store_register::<64, LONG_BASE>, store_register::<64, LONG_BASE>,
                load_sign_64::<64, LONG_BASE>, with_memory::<SUB, 64, LONG_BASE, true>, branch_if::<4>, call::<64>)
        }
    };
}
pub(in super::super) use arithmetic;
