//! Which neighbours are joined to one operation: [`join`]. Chosen by how often they follow each other in busybox.

use super::cpu::{Cpu, Endian};
use super::execute::{branch, memory, plain};
use super::op::Op;
use crate::chain::{three, two};
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
            Op::Rotr { .. } => Some(two::<Cpu, $first, plain::Rotr>()),
            Op::Nor { .. } => Some(two::<Cpu, $first, plain::Nor>()),
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
                Op::Rotr { .. } => second!(plain::Rotr, second, $ordered),
                Op::Nor { .. } => second!(plain::Nor, second, $ordered),
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

/// The function for two links and one of the operations that often come third.
macro_rules! third {
    ($first:ty, $second:ty, $third:expr, $ordered:ident) => {
        match $third {
            Op::Addiu { .. } => Some(three::<Cpu, $first, $second, plain::Addiu>()),
            Op::Addu { .. } => Some(three::<Cpu, $first, $second, plain::Addu>()),
            Op::Move { .. } => Some(three::<Cpu, $first, $second, plain::Copy>()),
            Op::Xor { .. } => Some(three::<Cpu, $first, $second, plain::Xor>()),
            Op::Rotr { .. } => Some(three::<Cpu, $first, $second, plain::Rotr>()),
            Op::Lw { .. } => Some(three::<Cpu, $first, $second, memory::$ordered::Lw>()),
            Op::Sw { .. } => Some(three::<Cpu, $first, $second, memory::$ordered::Sw>()),
            Op::BranchEqual { .. } => Some(three::<Cpu, $first, $second, branch::Equal>()),
            Op::BranchNotEqual { .. } => Some(three::<Cpu, $first, $second, branch::NotEqual>()),
            Op::JumpRegister { .. } => Some(three::<Cpu, $first, $second, branch::JumpRegister>()),
            _ => None,
        }
    };
}

macro_rules! second_of_three {
    ($first:ty, $second:expr, $third:expr, $ordered:ident) => {
        match $second {
            Op::Addiu { .. } => third!($first, plain::Addiu, $third, $ordered),
            Op::Addu { .. } => third!($first, plain::Addu, $third, $ordered),
            Op::Move { .. } => third!($first, plain::Copy, $third, $ordered),
            Op::Xor { .. } => third!($first, plain::Xor, $third, $ordered),
            Op::Rotr { .. } => third!($first, plain::Rotr, $third, $ordered),
            Op::Lw { .. } => third!($first, memory::$ordered::Lw, $third, $ordered),
            Op::Sw { .. } => third!($first, memory::$ordered::Sw, $third, $ordered),
            _ => None,
        }
    };
}

macro_rules! first_of_three {
    ($name:ident, $ordered:ident) => {
        fn $name(first: Op, second: Op, third: Op) -> Option<Run<Cpu>> {
            match first {
                Op::Addiu { .. } => second_of_three!(plain::Addiu, second, third, $ordered),
                Op::Addu { .. } => second_of_three!(plain::Addu, second, third, $ordered),
                Op::Move { .. } => second_of_three!(plain::Copy, second, third, $ordered),
                Op::Xor { .. } => second_of_three!(plain::Xor, second, third, $ordered),
                Op::Rotr { .. } => second_of_three!(plain::Rotr, second, third, $ordered),
                Op::Lw { .. } => second_of_three!(memory::$ordered::Lw, second, third, $ordered),
                Op::Sw { .. } => second_of_three!(memory::$ordered::Sw, second, third, $ordered),
                _ => None,
            }
        }
    };
}

first!(join_little, little);
first!(join_big, big);

first_of_three!(join_three_little, little);
first_of_three!(join_three_big, big);

/// A function that does the first two or three operations, if there is one, and how many it does.
pub(super) fn join(operations: &[Op], endian: Endian) -> Option<(Run<Cpu>, usize)> {
    if let [first, second, third, ..] = *operations {
        let run = match endian {
            Endian::Little => join_three_little(first, second, third),
            Endian::Big => join_three_big(first, second, third),
        };
        if let Some(run) = run {
            return Some((run, 3));
        }
    }
    let [first, second, ..] = *operations else { return None };
    let run = match endian {
        Endian::Little => join_little(first, second),
        Endian::Big => join_big(first, second),
    };
    run.map(|run| (run, 2))
}
