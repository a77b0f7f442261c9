//! Gives every operation its function and fields: [`lower`].

use super::cpu::Endian;
use super::execute::{branch, memory, plain, rare};
use super::op::{Comparison, Op};
use crate::chain::one;
use crate::mips::Cpu;
use crate::op::{Op as Threaded, Run};
use crate::slot::Slot;

/// The loads and stores of one byte order.
macro_rules! ordered {
    ($endian:expr, $($name:tt)*) => {
        match $endian {
            Endian::Little => memory::little::$($name)* as Run<Cpu>,
            Endian::Big => memory::big::$($name)* as Run<Cpu>,
        }
    };
}

/// The loads and stores of one byte order that can be joined.
macro_rules! ordered_link {
    ($endian:expr, $name:ident) => {
        match $endian {
            Endian::Little => one::<Cpu, memory::little::$name>(),
            Endian::Big => one::<Cpu, memory::big::$name>(),
        }
    };
}

/// An operation that can be joined with others.
macro_rules! joined {
    ($name:path) => {
        one::<Cpu, $name>()
    };
}

fn three(run: Run<Cpu>, a: Slot, b: Slot, c: Slot) -> Threaded<Cpu> {
    Threaded { a, b, c, ..Threaded::new(run) }
}

fn value(run: Run<Cpu>, a: Slot, b: Slot, value: u32) -> Threaded<Cpu> {
    Threaded { a, b, imm: u64::from(value), ..Threaded::new(run) }
}

fn amount(run: Run<Cpu>, a: Slot, b: Slot, d: u8) -> Threaded<Cpu> {
    Threaded { a, b, d, ..Threaded::new(run) }
}

fn at(run: Run<Cpu>, (a, b): (Slot, Slot), displacement: u32, at: u8) -> Threaded<Cpu> {
    Threaded { at, ..value(run, a, b, displacement) }
}

/// A branch that compares `b` with `c`.
fn leave(run: Run<Cpu>, b: Slot, c: Slot, rest: u8, offset: u32) -> Threaded<Cpu> {
    Threaded { b, c, rest, imm: u64::from(offset), ..Threaded::new(run) }
}

/// The operation with its function for that byte order.
#[rustfmt::skip]
#[expect(clippy::too_many_lines, reason = "one arm for each operation")]
pub(super) fn lower(op: Op, endian: Endian) -> Threaded<Cpu> {
    const ZERO: Slot = Slot::R0;
    match op {
        Op::Addu { d, s, t } => three(joined!(plain::Addu), d, s, t),
        Op::Subu { d, s, t } => three(joined!(plain::Subu), d, s, t),
        Op::And { d, s, t } => three(joined!(plain::And), d, s, t),
        Op::Or { d, s, t } => three(joined!(plain::Or), d, s, t),
        Op::Xor { d, s, t } => three(joined!(plain::Xor), d, s, t),
        Op::Nor { d, s, t } => three(joined!(plain::Nor), d, s, t),
        Op::Slt { d, s, t } => three(joined!(plain::Slt), d, s, t),
        Op::Sltu { d, s, t } => three(joined!(plain::Sltu), d, s, t),
        Op::Movz { d, s, t } => three(joined!(plain::Movz), d, s, t),
        Op::Movn { d, s, t } => three(joined!(plain::Movn), d, s, t),
        Op::Mul { d, s, t } => three(joined!(plain::Mul), d, s, t),
        Op::Move { d, s } => three(joined!(plain::Copy), d, s, ZERO),
        Op::Const { d, value: constant } => value(joined!(plain::Constant), d, ZERO, constant),
        Op::Addiu { t, s, value: v } => value(joined!(plain::Addiu), t, s, v),
        Op::Slti { t, s, value: v } => value(joined!(plain::Slti), t, s, v),
        Op::Sltiu { t, s, value: v } => value(joined!(plain::Sltiu), t, s, v),
        Op::Andi { t, s, value: v } => value(joined!(plain::Andi), t, s, v),
        Op::Ori { t, s, value: v } => value(joined!(plain::Ori), t, s, v),
        Op::Xori { t, s, value: v } => value(joined!(plain::Xori), t, s, v),
        Op::Sll { d, t, amount: n } => amount(joined!(plain::Sll), d, t, n),
        Op::Srl { d, t, amount: n } => amount(joined!(plain::Srl), d, t, n),
        Op::Sra { d, t, amount: n } => amount(joined!(plain::Sra), d, t, n),
        Op::Rotr { d, t, amount: n } => amount(joined!(plain::Rotr), d, t, n),
        Op::Sllv { d, t, s } => three(joined!(plain::Sllv), d, t, s),
        Op::Srlv { d, t, s } => three(joined!(plain::Srlv), d, t, s),
        Op::Srav { d, t, s } => three(joined!(plain::Srav), d, t, s),
        Op::Rotrv { d, t, s } => three(plain::rotrv, d, t, s),
        Op::Ext { t, s, lsb, mask } => Threaded { d: lsb, ..value(joined!(plain::Ext), t, s, mask) },
        Op::Ins { t, s, lsb, mask } => Threaded { d: lsb, ..value(joined!(plain::Ins), t, s, mask) },
        Op::Seb { d, t } => three(joined!(plain::Seb), d, t, ZERO),
        Op::Seh { d, t } => three(joined!(plain::Seh), d, t, ZERO),
        Op::Wsbh { d, t } => three(plain::wsbh, d, t, ZERO),
        Op::Clz { d, s } => three(plain::clz, d, s, ZERO),
        Op::Clo { d, s } => three(plain::clo, d, s, ZERO),
        Op::Mult { s, t } => three(plain::mult, ZERO, s, t),
        Op::Multu { s, t } => three(plain::multu, ZERO, s, t),
        Op::Madd { s, t } => three(plain::madd, ZERO, s, t),
        Op::Maddu { s, t } => three(plain::maddu, ZERO, s, t),
        Op::Msub { s, t } => Threaded { d: 1, ..three(plain::madd, ZERO, s, t) },
        Op::Msubu { s, t } => Threaded { d: 1, ..three(plain::maddu, ZERO, s, t) },
        Op::Div { s, t } => three(plain::div, ZERO, s, t),
        Op::Divu { s, t } => three(plain::divu, ZERO, s, t),
        Op::Mfhi { d } => three(plain::mfhi, d, ZERO, ZERO),
        Op::Mflo { d } => three(plain::mflo, d, ZERO, ZERO),
        Op::Mthi { s } => three(plain::mthi, ZERO, s, ZERO),
        Op::Mtlo { s } => three(plain::mtlo, ZERO, s, ZERO),
        Op::Add { d, s, t, at } => Threaded { at, ..three(rare::add, d, s, t) },
        Op::Sub { d, s, t, at } => Threaded { at, ..three(rare::sub, d, s, t) },
        Op::Addi { t, s, at, value: v } => Threaded { at, ..value(rare::addi, t, s, v) },
        Op::Trap { comparison, s, t, at, code } =>
            Threaded { at, d: comparison as u8, imm: u64::from(code), ..three(rare::trap, ZERO, s, t) },
        Op::TrapImmediate { comparison, s, at, value: v } =>
            Threaded { at, d: comparison as u8, ..value(rare::trap_immediate, ZERO, s, v) },
        Op::Lb { t, s, at: n, displacement } => at(joined!(memory::Lb), (t, s), displacement, n),
        Op::Lbu { t, s, at: n, displacement } => at(joined!(memory::Lbu), (t, s), displacement, n),
        Op::Lh { t, s, at: n, displacement } => at(ordered_link!(endian, Lh), (t, s), displacement, n),
        Op::Lhu { t, s, at: n, displacement } => at(ordered_link!(endian, Lhu), (t, s), displacement, n),
        Op::Lw { t, s, at: n, displacement } => at(ordered_link!(endian, Lw), (t, s), displacement, n),
        Op::Lwl { t, s, at: n, displacement } => at(ordered!(endian, lwl), (t, s), displacement, n),
        Op::Lwr { t, s, at: n, displacement } => at(ordered!(endian, lwr), (t, s), displacement, n),
        Op::Ll { t, s, at: n, displacement } => at(ordered!(endian, ll), (t, s), displacement, n),
        Op::Sb { t, s, at: n, displacement } => at(joined!(memory::Sb), (t, s), displacement, n),
        Op::Sh { t, s, at: n, displacement } => at(ordered_link!(endian, Sh), (t, s), displacement, n),
        Op::Sw { t, s, at: n, displacement } => at(ordered_link!(endian, Sw), (t, s), displacement, n),
        Op::Swl { t, s, at: n, displacement } => at(ordered!(endian, swl), (t, s), displacement, n),
        Op::Swr { t, s, at: n, displacement } => at(ordered!(endian, swr), (t, s), displacement, n),
        Op::Sc { t, s, at: n, displacement } => at(ordered!(endian, sc), (t, s), displacement, n),
        Op::ClearZero => Threaded::new(plain::clear_zero),
        Op::Rdhwr { t, number, at } => Threaded { at, ..amount(rare::rdhwr, t, ZERO, number) },
        Op::Lwc1 { f, s, at: n, displacement } => at(ordered!(endian, lwc1), (f, s), displacement, n),
        Op::Ldc1 { f, s, at: n, displacement } => at(ordered!(endian, ldc1), (f, s), displacement, n),
        Op::Swc1 { f, s, at: n, displacement } => at(ordered!(endian, swc1), (f, s), displacement, n),
        Op::Sdc1 { f, s, at: n, displacement } => at(ordered!(endian, sdc1), (f, s), displacement, n),
        Op::Mfc1 { t, f } => three(rare::mfc1, t, f, ZERO),
        Op::Mtc1 { t, f } => three(rare::mtc1, t, f, ZERO),
        Op::Mfhc1 { t, f } => three(rare::mfhc1, t, f, ZERO),
        Op::Mthc1 { t, f } => three(rare::mthc1, t, f, ZERO),
        Op::Cfc1 { t, control } => amount(rare::cfc1, t, ZERO, control),
        Op::Ctc1 { t, control, at } => Threaded { at, ..amount(rare::ctc1, t, ZERO, control) },
        Op::Movci { d, s, code, when } => Threaded { e: u8::from(when), ..amount(rare::movci, d, s, code) },
        Op::Float { at: n, word } => at(rare::float, (ZERO, ZERO), word, n),
        Op::FloatExtended { at: n, word } => at(ordered!(endian, float_extended), (ZERO, ZERO), word, n),
        Op::BranchEqual { s, t, rest, offset } => leave(joined!(branch::Equal), s, t, rest, offset),
        Op::BranchNotEqual { s, t, rest, offset } => leave(joined!(branch::NotEqual), s, t, rest, offset),
        Op::BranchLess { s, rest, offset } => leave(joined!(branch::Less), s, ZERO, rest, offset),
        Op::BranchGreaterEqual { s, rest, offset } => leave(joined!(branch::GreaterEqual), s, ZERO, rest, offset),
        Op::BranchLessEqual { s, rest, offset } => leave(joined!(branch::LessEqual), s, ZERO, rest, offset),
        Op::BranchGreater { s, rest, offset } => leave(joined!(branch::Greater), s, ZERO, rest, offset),
        Op::Remember { comparison, s, t } => three(remember(comparison), ZERO, s, t),
        Op::RememberFloat { code, when } =>
            Threaded { e: u8::from(when), ..amount(branch::remember_float, ZERO, ZERO, code) },
        Op::BranchRemembered { rest, offset } => leave(joined!(branch::Remembered), ZERO, ZERO, rest, offset),
        Op::BranchForgotten { rest, offset } => leave(joined!(branch::Forgotten), ZERO, ZERO, rest, offset),
        Op::Goto { offset } => value(joined!(branch::Goto), ZERO, ZERO, offset),
        Op::Jump { target } => value(joined!(branch::Jump), ZERO, ZERO, target),
        Op::JumpRegister { s } => three(joined!(branch::JumpRegister), ZERO, s, ZERO),
        Op::RememberTarget { s } => three(branch::remember_target, ZERO, s, ZERO),
        Op::JumpRemembered => Threaded::new(branch::jump_remembered),
        Op::Link { d, distance } => value(joined!(plain::Link), d, ZERO, distance),
        Op::Syscall { next } => value(branch::syscall, ZERO, ZERO, next),
        Op::SyscallInSlot => Threaded::new(branch::syscall_in_slot),
        Op::Break { at: n, code } => at(branch::breakpoint, (ZERO, ZERO), code, n),
        Op::Illegal { at: n } => at(branch::illegal, (ZERO, ZERO), 0, n),
    }
}

fn remember(comparison: Comparison) -> Run<Cpu> {
    match comparison {
        Comparison::Equal => joined!(branch::RememberEqual),
        Comparison::NotEqual => joined!(branch::RememberNotEqual),
        Comparison::Less | Comparison::LessUnsigned => joined!(branch::RememberLess),
        Comparison::GreaterEqual | Comparison::GreaterEqualUnsigned => joined!(branch::RememberGreaterEqual),
        Comparison::LessEqual => joined!(branch::RememberLessEqual),
        Comparison::Greater => joined!(branch::RememberGreater),
    }
}
