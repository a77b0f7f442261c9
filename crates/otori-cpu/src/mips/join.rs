//! Which neighbours are joined to one operation: [`join`]. Pairs of what is frequent everywhere here, longer rows in
//! [`super::recorded`].

use super::cpu::{Cpu, Endian};
use super::execute::branch::*;
use super::execute::memory::*;
use super::execute::plain::*;
use super::recorded::recorded;
use crate::chain::{Joins, joins};
use crate::op::Op;
use alloc::boxed::Box;
use alloc::vec::Vec;
use once_cell::race::OnceBox;

/// The rows of one byte order.
macro_rules! rows {
    ($ordered:ident) => {{
        use super::execute::memory::$ordered::*;
        let mut rows = Vec::new();
        recorded!(rows);
        joins! { Cpu, rows;
            {
                [Addiu, Addu, Subu, Copy, Constant, Andi, And, Or, Xor, Sll, Srl, Rotr, Nor, Sltu, Slti, Sltiu, Lw, Lbu,
                    Lhu, Sw, Sb, Link, Equal, NotEqual, RememberEqual, RememberNotEqual]
                [Addiu, Addu, Subu, Copy, Constant, Andi, And, Or, Xor, Sll, Srl, Rotr, Nor, Sltu, Sltiu, Lw, Lbu, Lhu, Sw,
                    Sb, Equal, NotEqual, LessEqual, RememberEqual, RememberNotEqual, Remembered, Goto, Jump, JumpRegister]
            }
        }
        Box::new(Joins::new(rows))
    }};
}

/// Gives neighbours that can be joined one function.
pub(super) fn join(ops: &mut [Op<Cpu>], endian: Endian) {
    static LITTLE: OnceBox<Joins<Cpu>> = OnceBox::new();
    static BIG: OnceBox<Joins<Cpu>> = OnceBox::new();
    match endian {
        Endian::Little => LITTLE.get_or_init(|| rows!(little)),
        Endian::Big => BIG.get_or_init(|| rows!(big)),
    }
    .join(ops);
}
