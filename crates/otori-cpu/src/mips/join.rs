//! Which neighbours are joined to one operation: [`join`]. Chosen by how often they follow each other in busybox.

use super::cpu::{Cpu, Endian};
use super::execute::{branch, memory, plain};
use super::op::Op;
use crate::chain::two;
use crate::op::Run;

/// The function for `$first` (a link) and one of the operations that often come second.
macro_rules! second {
    ($first:ty, $second:expr, $ordered:ident) => {
        match $second {
            Op::Addiu { .. } => Some(two::<Cpu, $first, plain::Addiu>()),
            Op::Addu { .. } => Some(two::<Cpu, $first, plain::Addu>()),
            Op::Subu { .. } => Some(two::<Cpu, $first, plain::Subu>()),
            Op::Move { .. } => Some(two::<Cpu, $first, plain::Copy>()),
            Op::Const { .. } => Some(two::<Cpu, $first, plain::Constant>()),
            Op::Andi { .. } => Some(two::<Cpu, $first, plain::Andi>()),
            Op::And { .. } => Some(two::<Cpu, $first, plain::And>()),
            Op::Or { .. } => Some(two::<Cpu, $first, plain::Or>()),
            Op::Xor { .. } => Some(two::<Cpu, $first, plain::Xor>()),
            Op::Sll { .. } => Some(two::<Cpu, $first, plain::Sll>()),
            Op::Srl { .. } => Some(two::<Cpu, $first, plain::Srl>()),
            Op::Sltu { .. } => Some(two::<Cpu, $first, plain::Sltu>()),
            Op::Lw { .. } => Some(two::<Cpu, $first, memory::$ordered::Lw>()),
            Op::Lbu { .. } => Some(two::<Cpu, $first, memory::Lbu>()),
            Op::Sw { .. } => Some(two::<Cpu, $first, memory::$ordered::Sw>()),
            Op::Sb { .. } => Some(two::<Cpu, $first, memory::Sb>()),
            Op::BranchEqual { .. } => Some(two::<Cpu, $first, branch::Equal>()),
            Op::BranchNotEqual { .. } => Some(two::<Cpu, $first, branch::NotEqual>()),
            Op::BranchRemembered { .. } => Some(two::<Cpu, $first, branch::Remembered>()),
            Op::Goto { .. } => Some(two::<Cpu, $first, branch::Goto>()),
            Op::Jump { .. } => Some(two::<Cpu, $first, branch::Jump>()),
            Op::JumpRegister { .. } => Some(two::<Cpu, $first, branch::JumpRegister>()),
            _ => None,
        }
    };
}

macro_rules! first {
    ($name:ident, $ordered:ident) => {
        fn $name(first: Op, second: Op) -> Option<Run<Cpu>> {
            match first {
                Op::Addiu { .. } => second!(plain::Addiu, second, $ordered),
                Op::Addu { .. } => second!(plain::Addu, second, $ordered),
                Op::Subu { .. } => second!(plain::Subu, second, $ordered),
                Op::Move { .. } => second!(plain::Copy, second, $ordered),
                Op::Const { .. } => second!(plain::Constant, second, $ordered),
                Op::Andi { .. } => second!(plain::Andi, second, $ordered),
                Op::And { .. } => second!(plain::And, second, $ordered),
                Op::Or { .. } => second!(plain::Or, second, $ordered),
                Op::Xor { .. } => second!(plain::Xor, second, $ordered),
                Op::Sll { .. } => second!(plain::Sll, second, $ordered),
                Op::Srl { .. } => second!(plain::Srl, second, $ordered),
                Op::Sltu { .. } => second!(plain::Sltu, second, $ordered),
                Op::Slti { .. } => second!(plain::Slti, second, $ordered),
                Op::Sltiu { .. } => second!(plain::Sltiu, second, $ordered),
                Op::Lw { .. } => second!(memory::$ordered::Lw, second, $ordered),
                Op::Lbu { .. } => second!(memory::Lbu, second, $ordered),
                Op::Sw { .. } => second!(memory::$ordered::Sw, second, $ordered),
                Op::Sb { .. } => second!(memory::Sb, second, $ordered),
                Op::Link { .. } => second!(plain::Link, second, $ordered),
                Op::BranchEqual { .. } => second!(branch::Equal, second, $ordered),
                Op::BranchNotEqual { .. } => second!(branch::NotEqual, second, $ordered),
                _ => None,
            }
        }
    };
}

first!(join_little, little);
first!(join_big, big);

/// The function that does both operations, if there is one.
pub(super) fn join(first: Op, second: Op, endian: Endian) -> Option<Run<Cpu>> {
    match endian {
        Endian::Little => join_little(first, second),
        Endian::Big => join_big(first, second),
    }
}
