//! Which neighbours are joined to one operation: [`join`]. Chosen by how often they follow each other in busybox.
//!
//! Operations are told apart by their functions. Two that the compiler made one do the same, and one that it made twice
//! is at worst not joined. No store comes first: behind a store into the code that runs the block may end early, and the
//! second operation must not be done then.

use super::super::cpu::Cpu;
use super::super::execute::{LONG, WORD, arithmetic::*, branch::*, moves::*, shift::*, stack::*};
use crate::chain::{three, two};
use crate::op::{Op, Run};

/// Number 4 in opcodes.
const AND: u8 = 4;
const EQUAL: u8 = 4;
const NOT_EQUAL: u8 = 5;

fn is(run: Run<Cpu>, known: Run<Cpu>) -> bool {
    core::ptr::fn_addr_eq(run, known)
}

/// The function for `$first` and one of the operations that often come second.
macro_rules! second {
    ($run:expr, $first:ty; $($second:path),* $(,)?) => {{
        $(if is($run, $second) {
            return Some(two::<Cpu, $first, $second>());
        })*
        None
    }};
}

/// The function for an operation that often comes first and the one behind it.
macro_rules! first {
    ($run:expr, $behind:expr; $($first:path),* $(,)?) => {
        $(if is($run, $first) {
            return second!($behind, $first;
                copy::<32>, copy::<64>, constant::<32>,
                with_register::<ADD, 32, false>, with_register::<ADD, 64, false>,
                with_register::<XOR, 32, false>, with_register::<AND, 32, false>,
                with_constant::<ADD, 32, false>, with_constant::<ADD, 64, false>,
                with_constant::<AND, 32, false>, by_constant::<ROR, 32, false>,
                by_constant::<ROL, 32, false>, by_constant::<SHR, 32, false>,
                complement::<32>,
                with_memory::<ADD, 32, LONG, false>,
                with_memory::<ADD, 32, WORD, false>,
                effective::<64, LONG>, effective::<32, LONG>, effective::<32, WORD>,
                load_zero::<32, LONG>, load_zero::<64, LONG>, load_zero::<8, LONG>,
                load_zero::<32, WORD>, load_zero::<8, WORD>,
                store_register::<32, LONG>, store_register::<64, LONG>, store_register::<32, WORD>,
                compare_registers::<CMP, 32, EQUAL>, compare_registers::<CMP, 32, NOT_EQUAL>,
                compare_registers::<TEST, 32, EQUAL>, compare_registers::<TEST, 32, NOT_EQUAL>,
                compare_registers::<TEST, 8, EQUAL>, compare_registers::<TEST, 8, NOT_EQUAL>,
                compare_registers::<TEST, 64, EQUAL>, compare_registers::<TEST, 64, NOT_EQUAL>,
                compare_registers::<CMP, 64, NOT_EQUAL>, compare_constant::<CMP, 8, EQUAL>,
                compare_constant::<CMP, 8, NOT_EQUAL>, compare_constant::<CMP, 32, NOT_EQUAL>,
                jump, jump_register, pop::<64>, pop::<32>, push::<64>, push::<32>, call::<64>, call::<32>,
            );
        })*
    };
}

fn join(run: Run<Cpu>, behind: Run<Cpu>) -> Option<Run<Cpu>> {
    first!(run, behind;
        copy::<32>, copy::<64>, constant::<32>,
        with_register::<ADD, 32, false>, with_register::<ADD, 64, false>,
        with_register::<XOR, 32, false>, with_register::<AND, 32, false>,
        with_constant::<ADD, 32, false>, with_constant::<ADD, 64, false>,
        with_constant::<AND, 32, false>, by_constant::<ROR, 32, false>,
        by_constant::<ROL, 32, false>, by_constant::<SHR, 32, false>,
        complement::<32>,
                with_memory::<ADD, 32, LONG, false>,
                with_memory::<ADD, 32, WORD, false>,
                effective::<64, LONG>, effective::<32, LONG>, effective::<32, WORD>,
        load_zero::<32, LONG>, load_zero::<64, LONG>, load_zero::<8, LONG>,
        load_zero::<32, WORD>, load_zero::<8, WORD>,
        pop::<64>, pop::<32>,
    );
    None
}

/// The function for two operations and one that often comes third.
macro_rules! third {
    ($run:expr, $first:ty, $second:ty; $($third:path),* $(,)?) => {{
        $(if is($run, $third) {
            return Some(three::<Cpu, $first, $second, $third>());
        })*
        return None
    }};
}

macro_rules! second_of_three {
    ($second:expr, $third:expr, $first:ty; $($name:path),* $(,)?) => {
        $(if is($second, $name) {
            third!($third, $first, $name;
                copy::<32>, with_register::<ADD, 32, false>, with_register::<XOR, 32, false>,
                with_register::<AND, 32, false>, by_constant::<ROR, 32, false>,
                load_zero::<32, LONG>, load_zero::<32, WORD>);
        })*
    };
}

macro_rules! first_of_three {
    ($runs:expr; $($name:path),* $(,)?) => {
        $(if is($runs[0], $name) {
            second_of_three!($runs[1], $runs[2], $name;
                copy::<32>, with_register::<ADD, 32, false>, with_register::<XOR, 32, false>,
                with_register::<AND, 32, false>, by_constant::<ROR, 32, false>,
                load_zero::<32, LONG>, load_zero::<32, WORD>);
        })*
    };
}

fn join_three(runs: [Run<Cpu>; 3]) -> Option<Run<Cpu>> {
    first_of_three!(runs;
        copy::<32>, with_register::<ADD, 32, false>, with_register::<XOR, 32, false>,
        with_register::<AND, 32, false>, by_constant::<ROR, 32, false>,
        load_zero::<32, LONG>, load_zero::<32, WORD>);
    None
}

/// Gives the first of neighbours that can be joined the function that does them all.
pub(super) fn join_neighbours(ops: &mut [Op<Cpu>]) {
    let mut at = 0;
    while let Some(rest) = ops.get_mut(at..) {
        let (run, count) = match rest {
            [first, second, third, ..] => match join_three([first.run, second.run, third.run]) {
                Some(run) => (Some(run), 3),
                None => (join(first.run, second.run), 2),
            },
            [first, second] => (join(first.run, second.run), 2),
            _ => return,
        };
        let count = if run.is_some() { count } else { 1 };
        if let (Some(run), Some(first)) = (run, rest.first_mut()) {
            first.run = run;
        }
        at += count;
    }
}
