//! Which neighbours are joined to one operation: [`join_neighbours`]. Chosen from recorded runs of shells, hashes,
//! compressors and text tools of busybox: what follows each other most, longest rows first.
//!
//! Operations are told apart by their functions. Two that the compiler made one do the same, and one that it made twice
//! is at worst not joined.

use super::super::cpu::Cpu;
use super::super::execute::{
    LONG, LONG_BASE, RELATIVE, WORD, WORD_BASE, arithmetic::*, branch::*, moves::*, shift::*, stack::*,
};
use crate::chain::{Dispatch, Known, joined};
use crate::op::{Op, Run};

/// Number 4 in opcodes.
const AND: u8 = 4;

/// Operations that are joined at most.
const LONGEST: usize = 4;

fn is(run: Run<Cpu>, known: Run<Cpu>) -> bool {
    core::ptr::fn_addr_eq(run, known)
}

/// What comes behind the first operation, as a type.
macro_rules! behind {
    () => { Dispatch };
    ($next:path $(, $rest:path)*) => { Known<$next, behind!($($rest),*)> };
}

/// Rows of operations that are joined, by the first one.
macro_rules! joins {
    ($($first:path { $($($next:path),+;)+ })+) => {
        /// The function for the first of these operations and some behind it, and how many it does.
        fn join(runs: &[Run<Cpu>]) -> Option<(Run<Cpu>, usize)> {
            let (first, rest) = runs.split_first()?;
            $(if is(*first, $first) {
                $({
                    let row: &[Run<Cpu>] = &[$($next),+];
                    if rest.len() >= row.len() && rest.iter().zip(row).all(|(run, known)| is(*run, *known)) {
                        return Some((joined::<Cpu, $first, behind!($($next),+)>, 1 + row.len()));
                    }
                })+
                return None;
            })+
            None
        }

        /// The function of a joined operation's first one alone.
        pub(in super::super) fn alone(run: Run<Cpu>) -> Run<Cpu> {
            $($(if is(run, joined::<Cpu, $first, behind!($($next),+)>) {
                return $first;
            })+)+
            run
        }
    };
}

joins! {
    load_zero::<32, WORD_BASE> {
        effective::<32, WORD_BASE>, add_segment, with_memory::<SUB, 32, WORD_BASE, true>;
        store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>;
        store_register::<32, WORD_BASE>, store_register::<32, WORD_BASE>, copy::<32>;
        to_memory::<CMP, 32, WORD_BASE>, branch_if::<5>, jump;
        load_zero::<32, WORD_BASE>, copy::<32>;
        load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>;
        load_zero::<8, WORD_BASE>, load_zero::<32, WORD_BASE>;
        store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>;
        with_register::<AND, 32, false>, with_register::<XOR, 32, false>;
        call::<32>;
        compare_registers::<TEST, 32, 4>;
        effective::<32, WORD_BASE>;
        load_zero::<32, WORD>;
        load_zero::<32, WORD_BASE>;
        load_zero::<8, WORD_BASE>;
        return_near::<32>;
        store_register::<32, WORD>;
        store_register::<32, WORD_BASE>;
        to_memory::<CMP, 32, WORD_BASE>;
        with_constant::<AND, 32, false>;
        with_constant::<AND, 32, true>;
    }
    copy::<32> {
        copy::<32>, copy::<32>, copy::<32>;
        store_register::<64, LONG_BASE>, with_constant::<AND, 32, false>, compare_constant::<CMP, 32, 4>;
        with_register::<ADD, 32, false>, copy::<32>, with_register::<ADD, 32, false>;
        by_constant::<SHR, 64, false>, by_constant::<ROR, 32, false>;
        by_constant::<SHR, 32, false>, by_constant::<ROR, 32, false>;
        compare_registers::<CMP, 32, 2>, jump;
        copy::<32>, by_constant::<SHR, 64, false>;
        copy::<32>, by_constant::<SHR, 32, false>;
        copy::<32>, jump;
        call::<32>;
        compare_constant::<CMP, 32, 4>;
        copy::<32>;
        jump;
        load_zero::<32, WORD>;
        load_zero::<32, WORD_BASE>;
        with_register::<XOR, 32, true>;
    }
    store_register::<32, WORD_BASE> {
        load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, with_register::<XOR, 32, false>;
        store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>;
        with_constant::<ADD, 32, false>, compare_registers::<CMP, 32, 5>, jump;
        load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>;
        load_zero::<32, WORD_BASE>, store_register::<32, WORD_BASE>;
        copy::<32>;
        load_zero::<32, WORD>;
        load_zero::<32, WORD_BASE>;
        store_register::<32, WORD>;
        store_register::<32, WORD_BASE>;
    }
    effective::<64, LONG_BASE> {
        add_segment, load_zero::<64, LONG_BASE>, store_register::<64, LONG_BASE>;
        by_constant::<SHL, 64, false>, sign_extend::<32, 64>, store_register::<32, LONG_BASE>;
        by_constant::<SHL, 32, false>, sign_extend::<32, 64>, store_register::<32, LONG_BASE>;
        load_zero::<32, LONG_BASE>, store_register::<32, LONG_BASE>, store_register::<32, LONG_BASE>;
        sign_extend::<32, 64>, with_register::<XOR, 32, true>, with_memory::<XOR, 32, LONG_BASE, true>;
        store_register::<64, LONG_BASE>, load_zero::<8, LONG_BASE>, return_near::<64>;
        effective::<64, LONG_BASE>, sign_extend::<32, 64>;
        add_segment;
        compare_registers::<TEST, 32, 4>;
        copy::<32>;
        effective::<64, LONG_BASE>;
        load_zero::<32, LONG_BASE>;
        store_register::<64, LONG_BASE>;
        with_memory::<CMP, 8, LONG_BASE, true>;
    }
    push::<32> {
        push::<32>, push::<32>, call::<32>;
        push::<32>, push::<32>, push::<32>;
        load_zero::<32, WORD_BASE>, call::<32>;
        push::<32>, push::<32>;
        call::<32>;
        load_zero::<32, WORD_BASE>;
        push::<32>;
    }
    with_register::<XOR, 32, false> {
        with_register::<AND, 32, false>, with_register::<XOR, 32, false>, effective::<64, LONG_BASE>;
        with_register::<AND, 32, false>, with_register::<XOR, 32, false>, with_register::<ADD, 32, true>;
        constant::<32>, with_register::<ADD, 32, true>;
        with_register::<AND, 32, false>, with_register::<XOR, 32, false>;
        with_register::<AND, 32, true>, with_memory::<ADD, 32, LONG_BASE, false>;
        with_register::<XOR, 32, false>, with_register::<ADD, 32, true>;
        effective::<64, LONG_BASE>;
        with_register::<ADD, 32, true>;
        with_register::<XOR, 32, true>;
    }
    load_zero::<64, LONG_BASE> {
        effective::<64, LONG_BASE>, add_segment, with_memory::<SUB, 64, LONG_BASE, true>;
        effective::<64, LONG_BASE>, add_segment;
        with_memory::<CMP, 64, LONG_BASE, true>, branch_if::<3>;
        call::<64>;
        compare_registers::<TEST, 64, 4>;
        copy::<32>;
        effective::<64, LONG_BASE>;
        load_zero::<64, LONG>;
        load_zero::<64, LONG_BASE>;
        store_register::<64, LONG>;
        store_register::<64, LONG_BASE>;
    }
    by_constant::<ROL, 32, false> {
        by_constant::<ROL, 32, false>, with_register::<XOR, 32, false>, by_constant::<SHR, 32, false>;
        with_register::<XOR, 32, true>, load_zero::<32, WORD_BASE>, with_memory::<ADD, 32, WORD_BASE, true>;
        by_constant::<ROL, 32, false>, with_register::<XOR, 32, false>;
        with_register::<ADD, 32, false>, with_register::<ADD, 32, false>;
        with_register::<XOR, 32, true>, copy::<32>;
        with_register::<XOR, 32, false>;
        with_register::<XOR, 32, true>;
    }
    load_zero::<32, LONG_BASE> {
        load_zero::<64, LONG_BASE>, effective::<64, LONG_BASE>, load_zero::<8, LONG_BASE>;
        with_memory::<ADD, 32, LONG_BASE, false>, by_constant::<ROL, 32, false>, with_register::<ADD, 32, false>;
        load_zero::<32, LONG_BASE>, with_constant::<ADD, 64, false>;
        with_register::<ADD, 32, true>, load_zero::<8, LONG_BASE>;
        effective::<64, LONG_BASE>;
        load_zero::<32, LONG_BASE>;
        load_zero::<64, LONG>;
        load_zero::<64, LONG_BASE>;
        store_register::<32, LONG_BASE>;
        with_constant::<AND, 32, false>;
        with_memory::<ADD, 32, LONG_BASE, false>;
        with_register::<ADD, 32, true>;
    }
    push::<64> {
        push::<64>, push::<64>, push::<64>;
        push::<64>, copy::<64>;
        copy::<32>;
        copy::<64>;
        effective::<64, LONG_BASE>;
        push::<64>;
        with_constant::<SUB, 64, true>;
    }
    with_register::<ADD, 32, false> {
        by_constant::<ROR, 32, false>, by_constant::<ROL, 32, false>, with_register::<XOR, 32, false>;
        by_constant::<ROR, 32, false>, by_constant::<ROR, 32, false>, with_register::<XOR, 32, false>;
        by_constant::<ROR, 32, false>, copy::<32>, compare_constant::<CMP, 32, 4>;
        by_constant::<ROL, 32, false>, with_register::<ADD, 32, false>;
        with_register::<ADD, 32, true>, increment::<32, true>;
        by_constant::<ROL, 32, false>;
        by_constant::<ROR, 32, false>;
        with_register::<ADD, 32, true>;
    }
    with_register::<XOR, 32, true> {
        copy::<32>, load_zero::<32, WORD_BASE>;
        effective::<64, LONG_BASE>, load_zero::<32, LONG_BASE>;
        load_zero::<32, WORD_BASE>, with_memory::<ADD, 32, WORD_BASE, false>;
        load_zero::<32, WORD_BASE>, with_memory::<ADD, 32, WORD_BASE, true>;
        with_memory::<ADD, 32, LONG_BASE, true>, with_memory::<ADD, 32, LONG_BASE, false>;
        call::<64>;
        load_zero::<32, WORD>;
        load_zero::<32, WORD_BASE>;
        store_register::<32, WORD_BASE>;
    }
    increment::<32, true> {
        constant_to_memory::<CMP, 8, LONG_BASE>, branch_if::<5>, jump;
        constant_to_memory::<CMP, 8, WORD_BASE>, branch_if::<5>, jump;
        jump;
        store_register::<32, LONG>;
        store_register::<32, LONG_BASE>;
        store_register::<32, WORD>;
        store_register::<32, WORD_BASE>;
    }
    with_register::<ADD, 32, true> {
        load_zero::<32, WORD_BASE>, load_zero::<8, WORD_BASE>, load_zero::<32, WORD_BASE>;
        copy::<32>, with_memory::<ADD, 32, LONG_BASE, false>;
        load_zero::<32, WORD_BASE>, load_zero::<8, WORD_BASE>;
        load_zero::<32, WORD>;
        load_zero::<32, WORD_BASE>;
        store_register::<32, WORD_BASE>;
    }
    pop::<64> {
        pop::<64>, pop::<64>, pop::<64>;
        pop::<64>, return_near::<64>;
        pop::<64>;
        return_near::<64>;
    }
    copy::<64> {
        compare_registers::<CMP, 64, 3>, jump;
        copy::<64>, call::<64>;
        call::<64>;
        copy::<64>;
    }
    effective::<32, WORD_BASE> {
        add_segment, load_zero::<32, WORD_BASE>, compare_registers::<TEST, 32, 4>;
        compare_constant::<CMP, 32, 6>, copy::<32>, compare_constant::<CMP, 32, 4>;
        with_memory::<CMP, 8, WORD_BASE, true>, branch_if::<4>, branch_if::<3>;
        store_register::<32, WORD_BASE>, load_zero::<8, WORD_BASE>;
        add_segment;
        copy::<32>;
        store_register::<32, WORD>;
        store_register::<32, WORD_BASE>;
    }
    constant_to_memory::<CMP, 8, WORD_BASE> {
        branch_if::<5>, jump;
        branch_if::<5>, with_constant::<AND, 32, false>;
        branch_if::<4>;
        branch_if::<5>;
    }
    constant_to_memory::<CMP, 8, LONG_BASE> {
        branch_if::<5>, jump;
        effective::<64, LONG_BASE>, branch_if::<4>;
        branch_if::<4>;
        branch_if::<5>;
    }
    pop::<32> {
        pop::<32>, pop::<32>, return_near::<32>;
        pop::<32>, return_near::<32>;
        pop::<32>;
        return_near::<32>;
    }
    by_constant::<ROR, 32, false> {
        by_constant::<ROR, 32, false>, with_register::<AND, 32, false>, with_register::<XOR, 32, false>;
        with_register::<ADD, 32, false>, compare_registers::<CMP, 64, 4>, jump;
        by_constant::<ROR, 32, false>, with_register::<XOR, 32, false>;
    }
    load_zero::<8, LONG_BASE> {
        with_memory::<ADD, 32, LONG_BASE, true>, load_zero::<8, LONG_BASE>, by_constant::<SHL, 64, false>;
        with_memory::<ADD, 32, LONG_BASE, true>, load_zero::<8, LONG_BASE>, by_constant::<SHL, 32, false>;
        with_constant::<ADD, 64, true>, store_constant::<8, LONG_BASE>;
        load_zero::<32, LONG_BASE>;
        load_zero::<8, LONG>;
        load_zero::<8, LONG_BASE>;
    }
    with_constant::<ADD, 32, true> {
        pop::<32>, pop::<32>;
        pop::<32>, return_near::<32>;
        decrement::<32, true>;
    }
    with_memory::<ADD, 32, WORD_BASE, true> {
        complement::<32>, load_zero::<32, WORD_BASE>, with_register::<AND, 32, true>;
        load_zero::<32, WORD_BASE>, with_memory::<ADD, 32, WORD_BASE, false>;
        load_zero::<32, WORD_BASE>;
        with_memory::<ADD, 32, WORD, false>;
        with_memory::<ADD, 32, WORD_BASE, false>;
    }
    with_register::<AND, 32, true> {
        store_register::<32, WORD_BASE>, load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>;
        copy::<32>, load_zero::<32, WORD_BASE>;
    }
    load_part::<8, WORD_BASE> {
        compare_registers::<TEST, 8, 5>, store_register::<32, WORD_BASE>, load_part::<8, WORD_BASE>;
        load_part::<8, WORD_BASE>, compare_registers::<CMP, 8, 5>;
        with_memory::<CMP, 8, WORD_BASE, true>, branch_if::<5>;
        compare_registers::<TEST, 8, 4>;
    }
    with_register::<AND, 32, false> {
        with_register::<XOR, 32, false>, effective::<64, LONG_BASE>, compare_constant::<CMP, 32, 15>;
        with_register::<XOR, 32, false>, with_register::<ADD, 32, false>, with_register::<AND, 32, false>;
        with_register::<XOR, 32, true>;
    }
    load_part::<8, LONG_BASE> {
        with_memory::<CMP, 8, LONG_BASE, true>, branch_if::<5>, increment::<64, false>;
        compare_registers::<TEST, 8, 5>, load_part::<8, LONG_BASE>;
        load_part::<8, LONG_BASE>, compare_registers::<CMP, 8, 5>;
    }
    store_register::<32, LONG_BASE> {
        compare_registers::<CMP, 64, 4>, jump;
        branch_if::<5>;
        call::<64>;
        store_register::<32, LONG_BASE>;
    }
    constant_to_memory::<CMP, 32, WORD_BASE> {
        branch_if::<4>;
        branch_if::<5>;
    }
    branch_if::<4> {
        call::<32>;
        call::<64>;
        jump;
    }
    with_constant::<SUB, 32, true> {
        call::<32>;
        load_zero::<32, WORD>;
        load_zero::<32, WORD_BASE>;
    }
    branch_if::<5> {
        jump;
        load_zero::<32, WORD>;
        load_zero::<32, WORD_BASE>;
    }
    store_register::<8, WORD_BASE> {
        load_part::<8, WORD_BASE>, compare_constant::<TEST, 32, 4>;
        load_zero::<32, WORD_BASE>, call::<32>;
        increment::<32, true>;
    }
    compare_constant::<CMP, 32, 5> {
        jump;
    }
    sign_extend::<32, 64> {
        load_zero::<32, LONG_BASE>, with_register::<XOR, 32, false>, compare_registers::<TEST, 64, 5>;
        store_register::<32, LONG_BASE>, with_register::<ADD, 32, false>, by_constant::<ROL, 32, false>;
        load_zero::<32, LONG_BASE>, with_memory::<XOR, 32, LONG_BASE, false>;
    }
    compare_registers::<TEST, 8, 4> {
        increment::<32, false>, increment::<32, true>, jump;
        increment::<32, false>;
        jump;
    }
    load_zero::<8, WORD_BASE> {
        to_memory::<CMP, 8, WORD_BASE>, branch_if::<5>, compare_constant::<CMP, 32, 4>;
        load_zero::<32, WORD_BASE>;
    }
    by_constant::<SHR, 32, false> {
        with_register::<XOR, 32, false>, with_register::<ADD, 32, true>;
        effective::<32, WORD_BASE>;
    }
    compare_constant::<CMP, 32, 4> {
        copy::<32>;
        jump;
    }
    with_memory::<ADD, 32, LONG_BASE, true> {
        with_memory::<ADD, 32, LONG_BASE, false>, complement::<32>, increment::<64, false>;
    }
    with_constant::<AND, 32, false> {
        with_register::<ADD, 32, false>, copy::<32>, copy::<32>;
        compare_constant::<CMP, 32, 7>;
    }
    constant::<32> {
        add_segment;
        with_register::<XOR, 32, false>;
    }
    compare_registers::<TEST, 8, 5> {
        jump;
    }
    with_constant::<ADD, 64, false> {
        compare_constant::<CMP, 32, 4>, jump;
        with_constant::<ADD, 64, false>;
    }
    increment::<32, false> {
        decrement::<32, false>, with_register::<ADD, 32, false>;
        increment::<32, true>;
    }
    complement::<32> {
        with_register::<OR, 32, false>;
    }
    constant_to_memory::<CMP, 64, LONG_BASE> {
        branch_if::<4>;
        branch_if::<5>;
    }
    to_memory::<CMP, 32, WORD_BASE> {
        branch_if::<5>, jump;
    }
    by_constant::<SHL, 32, false> {
        effective::<32, WORD_BASE>;
    }
    branch_if::<3> {
        with_register::<XOR, 32, false>, with_constant::<OR, 32, true>, increment::<32, true>;
        with_register::<XOR, 32, false>;
    }
    compare_registers::<TEST, 32, 4> {
        load_zero::<32, WORD_BASE>, load_zero::<32, WORD_BASE>;
        compare_registers::<TEST, 32, 4>;
    }
    increment::<64, false> {
        with_constant::<ADD, 64, false>, compare_registers::<CMP, 32, 15>, jump;
    }
    compare_registers::<CMP, 64, 4> {
        jump;
    }
    with_constant::<ADD, 32, false> {
        with_constant::<SUB, 32, true>;
    }
    with_memory::<CMP, 32, WORD_BASE, true> {
        branch_if::<3>;
    }
    load_zero::<64, RELATIVE> {
        jump_register;
    }
    store_register::<64, LONG_BASE> {
        store_register::<64, LONG_BASE>;
    }
    compare_registers::<CMP, 32, 15> {
        jump;
    }
    with_register::<AND, 64, false> {
        with_register::<XOR, 64, false>;
    }
    to_memory::<CMP, 8, WORD_BASE> {
        branch_if::<4>;
    }
    compare_registers::<CMP, 64, 3> {
        jump;
    }
    store_constant::<32, WORD_BASE> {
        store_constant::<32, WORD_BASE>;
    }
    by_constant::<ROR, 64, false> {
        with_register::<XOR, 64, false>;
    }
    with_constant::<AND, 32, true> {
        store_register::<32, WORD_BASE>;
    }
    with_register::<OR, 32, false> {
        with_register::<AND, 32, false>, with_register::<AND, 32, false>, with_register::<OR, 32, true>;
    }
    with_memory::<CMP, 8, LONG_BASE, true> {
        branch_if::<5>, increment::<64, false>, increment::<32, true>;
    }
    with_memory::<CMP, 8, WORD_BASE, true> {
        branch_if::<5>;
    }
    compare_constant::<TEST, 32, 5> {
        compare_constant::<TEST, 32, 5>;
    }
    compare_registers::<CMP, 32, 5> {
        jump;
    }
    load_zero::<32, WORD> {
        call::<32>;
        compare_registers::<TEST, 32, 4>;
        effective::<32, WORD_BASE>;
        load_zero::<32, WORD_BASE>;
        return_near::<32>;
        store_register::<32, WORD_BASE>;
    }
    store_register::<32, WORD> {
        copy::<32>;
        load_zero::<32, WORD_BASE>;
        store_register::<32, WORD_BASE>;
    }
    constant_to_memory::<CMP, 8, WORD> {
        branch_if::<4>;
        branch_if::<5>;
    }
    constant_to_memory::<CMP, 8, LONG> {
        branch_if::<4>;
        branch_if::<5>;
    }
    load_zero::<64, LONG> {
        call::<64>;
        compare_registers::<TEST, 64, 4>;
        load_zero::<64, LONG_BASE>;
        store_register::<64, LONG_BASE>;
    }
    constant_to_memory::<CMP, 32, WORD> {
        branch_if::<4>;
        branch_if::<5>;
    }
    load_zero::<32, LONG> {
        load_zero::<64, LONG_BASE>;
    }
    with_memory::<ADD, 32, WORD, true> {
        with_memory::<ADD, 32, WORD, false>;
        with_memory::<ADD, 32, WORD_BASE, false>;
    }
    load_zero::<8, LONG> {
        load_zero::<8, LONG_BASE>;
    }
    store_register::<8, WORD> {
        increment::<32, true>;
    }
    with_memory::<CMP, 32, WORD, true> {
        branch_if::<3>;
    }
    with_memory::<ADD, 32, LONG, false> {
        complement::<32>;
        increment::<32, false>;
        load_zero::<32, LONG_BASE>;
        with_memory::<ADD, 32, LONG, false>;
        with_memory::<ADD, 32, LONG_BASE, false>;
        with_register::<ADD, 32, false>;
    }
    with_memory::<ADD, 32, LONG, true> {
        with_memory::<ADD, 32, LONG, false>;
    }
    with_memory::<ADD, 32, WORD, false> {
        complement::<32>;
        increment::<32, false>;
        load_zero::<32, WORD_BASE>;
        with_memory::<ADD, 32, WORD, false>;
        with_memory::<ADD, 32, WORD_BASE, false>;
        with_register::<ADD, 32, false>;
    }
}

/// Gives the first of neighbours that can be joined the function that does them all.
pub(super) fn join_neighbours(ops: &mut [Op<Cpu>]) {
    let mut at = 0;
    while let Some(rest @ [_, _, ..]) = ops.get_mut(at..) {
        let mut runs = [rest[0].run; LONGEST];
        let length = rest.len().min(LONGEST);
        runs.iter_mut().zip(rest.iter()).for_each(|(run, op)| *run = op.run);
        at += match join(&runs[..length]) {
            Some((run, count)) => {
                rest[0].run = run;
                count
            }
            None => 1,
        };
    }
}
