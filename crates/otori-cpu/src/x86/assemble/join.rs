//! Which neighbours are joined to one operation: [`join_neighbours`]. The rows are in [`super::recorded`].
//!
//! Operations are told apart by their functions. Two that the compiler made one do the same, and one that it made twice
//! is at worst not joined.

use super::super::cpu::Cpu;
use super::super::execute::{
    LONG, LONG_BASE, RELATIVE, WORD, WORD_BASE, arithmetic::*, branch::*, moves::*, shift::*, stack::*,
};
use super::recorded::{
    arithmetic::arithmetic as arithmetic_rows, memory::memory as memory_rows, moves::moves as moves_rows,
    stack::stack as stack_rows,
};
use crate::chain::{Dispatch, Join, Joins, Known, place};
use crate::op::Op;
use alloc::boxed::Box;
use alloc::vec::Vec;
use once_cell::race::OnceBox;

/// Number 4 in opcodes.
const AND: u8 = 4;
/// Number 7 in opcodes of shifts.
const SAR: u8 = 7;

place! { Cpu; joined }

/// What comes behind the first operation, as a type.
macro_rules! behind {
    () => { Dispatch };
    ($next:path $(, $rest:path)*) => { Known<$next, behind!($($rest),*)> };
}

/// Appends rows: each operation is a type and a function of the same name.
macro_rules! rows {
    ($rows:ident; $(($first:path $(, $next:path)+))+) => {$(
        $rows.push(const {
            &Join { parts: &[$first, $($next),+], run: joined::<$first, behind!($($next),+)> }
        });
    )+};
}

fn all() -> &'static Joins<Cpu> {
    static ALL: OnceBox<Joins<Cpu>> = OnceBox::new();
    ALL.get_or_init(|| {
        let mut all: Vec<&'static Join<Cpu>> = Vec::new();
        arithmetic_rows!(rows, all);
        memory_rows!(rows, all);
        moves_rows!(rows, all);
        stack_rows!(rows, all);
        Box::new(Joins::new(all, &[]))
    })
}

/// Gives the first of neighbours that can be joined the function that does them all.
pub(in super::super) fn join_neighbours(ops: &mut [Op<Cpu>]) {
    all().join(ops);
}
