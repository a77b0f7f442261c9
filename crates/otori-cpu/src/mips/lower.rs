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
    ($endian:expr, $name:ident) => {
        match $endian {
            Endian::Little => one::<Cpu, memory::little::$name>(),
            Endian::Big => one::<Cpu, memory::big::$name>(),
        }
    };
}

/// The function of one operation.
macro_rules! run {
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

/// A branch that compares `b` with `c`, `done` instructions of the block done when it leaves.
fn leave(run: Run<Cpu>, b: Slot, c: Slot, done: u8, offset: u32) -> Threaded<Cpu> {
    Threaded { b, c, at: done.wrapping_sub(1), imm: u64::from(offset), ..Threaded::new(run) }
}

/// The operation with its function for that byte order.
#[rustfmt::skip]
#[expect(clippy::too_many_lines, reason = "one arm for each operation")]
pub(super) fn lower(op: Op, endian: Endian) -> Threaded<Cpu> {
    const ZERO: Slot = Slot::R0;
    match op {
        Op::Addu { d, s, t } => three(run!(plain::Addu), d, s, t),
        Op::Subu { d, s, t } => three(run!(plain::Subu), d, s, t),
        Op::And { d, s, t } => three(run!(plain::And), d, s, t),
        Op::Or { d, s, t } => three(run!(plain::Or), d, s, t),
        Op::Xor { d, s, t } => three(run!(plain::Xor), d, s, t),
        Op::Nor { d, s, t } => three(run!(plain::Nor), d, s, t),
        Op::Slt { d, s, t } => Threaded { d: 1, ..three(run!(plain::Slt), d, s, t) },
        Op::Sltu { d, s, t } => three(run!(plain::Sltu), d, s, t),
        Op::Movz { d, s, t } => three(run!(plain::Movz), d, s, t),
        Op::Movn { d, s, t } => three(run!(plain::Movn), d, s, t),
        Op::Mul { d, s, t } => three(run!(plain::Mul), d, s, t),
        Op::Move { d, s } => three(run!(plain::Copy), d, s, ZERO),
        Op::Const { d, value: constant } => value(run!(plain::Constant), d, ZERO, constant),
        Op::Addiu { t, s, value: v } => value(run!(plain::Addiu), t, s, v),
        Op::Slti { t, s, value: v } => Threaded { d: 1, ..value(run!(plain::Slti), t, s, v) },
        Op::Sltiu { t, s, value: v } => value(run!(plain::Sltiu), t, s, v),
        Op::Andi { t, s, value: v } => value(run!(plain::Andi), t, s, v),
        Op::Ori { t, s, value: v } => value(run!(plain::Ori), t, s, v),
        Op::Xori { t, s, value: v } => value(run!(plain::Xori), t, s, v),
        Op::Sll { d, t, amount: n } => amount(run!(plain::Sll), d, t, n),
        Op::Srl { d, t, amount: n } => Threaded { e: 1, ..amount(run!(plain::Srl), d, t, n) },
        Op::Sra { d, t, amount: n } => Threaded { e: 2, ..amount(run!(plain::Sra), d, t, n) },
        Op::Rotr { d, t, amount: n } => amount(run!(plain::Rotr), d, t, n),
        Op::Sllv { d, t, s } => three(run!(plain::Sllv), d, t, s),
        Op::Srlv { d, t, s } => three(run!(plain::Srlv), d, t, s),
        Op::Srav { d, t, s } => three(run!(plain::Srav), d, t, s),
        Op::Rotrv { d, t, s } => three(run!(plain::Rotrv), d, t, s),
        Op::Ext { t, s, lsb, mask } => Threaded { d: lsb, ..value(run!(plain::Ext), t, s, mask) },
        Op::Ins { t, s, lsb, mask } => Threaded { d: lsb, ..value(run!(plain::Ins), t, s, mask) },
        Op::Seb { d, t } => three(run!(plain::Seb), d, t, ZERO),
        Op::Seh { d, t } => three(run!(plain::Seh), d, t, ZERO),
        Op::Wsbh { d, t } => three(run!(plain::Wsbh), d, t, ZERO),
        Op::Clz { d, s } => three(run!(plain::Clz), d, s, ZERO),
        Op::Clo { d, s } => three(run!(plain::Clo), d, s, ZERO),
        Op::Mult { s, t } => three(run!(plain::Mult), ZERO, s, t),
        Op::Multu { s, t } => three(run!(plain::Multu), ZERO, s, t),
        Op::Madd { s, t } => three(run!(plain::Madd), ZERO, s, t),
        Op::Maddu { s, t } => three(run!(plain::Maddu), ZERO, s, t),
        Op::Msub { s, t } => Threaded { d: 1, ..three(run!(plain::Madd), ZERO, s, t) },
        Op::Msubu { s, t } => Threaded { d: 1, ..three(run!(plain::Maddu), ZERO, s, t) },
        Op::Div { s, t } => three(run!(plain::Div), ZERO, s, t),
        Op::Divu { s, t } => three(run!(plain::Divu), ZERO, s, t),
        Op::Mfhi { d } => three(run!(plain::Mfhi), d, ZERO, ZERO),
        Op::Mflo { d } => three(run!(plain::Mflo), d, ZERO, ZERO),
        Op::Mthi { s } => three(run!(plain::Mthi), ZERO, s, ZERO),
        Op::Mtlo { s } => three(run!(plain::Mtlo), ZERO, s, ZERO),
        Op::Add { d, s, t, at } => Threaded { at, ..three(run!(rare::Add), d, s, t) },
        Op::Sub { d, s, t, at } => Threaded { at, ..three(run!(rare::Sub), d, s, t) },
        Op::Addi { t, s, at, value: v } => Threaded { at, ..value(run!(rare::Addi), t, s, v) },
        Op::Trap { comparison, s, t, at, code } =>
            Threaded { at, d: comparison as u8, imm: u64::from(code), ..three(run!(rare::Trap), ZERO, s, t) },
        Op::TrapImmediate { comparison, s, at, value: v } =>
            Threaded { at, d: comparison as u8, ..value(run!(rare::TrapImmediate), ZERO, s, v) },
        Op::Lb { t, s, at: n, displacement } => at(run!(memory::Lb), (t, s), displacement, n),
        Op::Lbu { t, s, at: n, displacement } => Threaded { d: 24, ..at(run!(memory::Lbu), (t, s), displacement, n) },
        Op::Lh { t, s, at: n, displacement } => at(ordered!(endian, Lh), (t, s), displacement, n),
        Op::Lhu { t, s, at: n, displacement } => at(ordered!(endian, Lhu), (t, s), displacement, n),
        Op::Lw { t, s, at: n, displacement } => at(ordered!(endian, Lw), (t, s), displacement, n),
        Op::Lwl { t, s, at: n, displacement } => at(ordered!(endian, Lwl), (t, s), displacement, n),
        Op::Lwr { t, s, at: n, displacement } => at(ordered!(endian, Lwr), (t, s), displacement, n),
        Op::Ll { t, s, at: n, displacement } => at(ordered!(endian, Ll), (t, s), displacement, n),
        Op::LwRelative { t, at: n, distance } => at(ordered!(endian, LwRelative), (t, ZERO), distance, n),
        Op::Sb { t, s, at: n, displacement } => at(run!(memory::Sb), (t, s), displacement, n),
        Op::Sh { t, s, at: n, displacement } => at(ordered!(endian, Sh), (t, s), displacement, n),
        Op::Sw { t, s, at: n, displacement } => at(ordered!(endian, Sw), (t, s), displacement, n),
        Op::Swl { t, s, at: n, displacement } => at(ordered!(endian, Swl), (t, s), displacement, n),
        Op::Swr { t, s, at: n, displacement } => at(ordered!(endian, Swr), (t, s), displacement, n),
        Op::Sc { t, s, at: n, displacement } => at(ordered!(endian, Sc), (t, s), displacement, n),
        Op::ClearZero => Threaded::new(run!(plain::ClearZero)),
        Op::Rdhwr { t, number, at } => Threaded { at, ..amount(run!(rare::Rdhwr), t, ZERO, number) },
        Op::Lwc1 { f, s, at: n, displacement } => at(ordered!(endian, Lwc1), (f, s), displacement, n),
        Op::Ldc1 { f, s, at: n, displacement } => at(ordered!(endian, Ldc1), (f, s), displacement, n),
        Op::Swc1 { f, s, at: n, displacement } => at(ordered!(endian, Swc1), (f, s), displacement, n),
        Op::Sdc1 { f, s, at: n, displacement } => at(ordered!(endian, Sdc1), (f, s), displacement, n),
        Op::Mfc1 { t, f } => three(run!(rare::Mfc1), t, f, ZERO),
        Op::Mtc1 { t, f } => three(run!(rare::Mtc1), t, f, ZERO),
        Op::Mfhc1 { t, f } => three(run!(rare::Mfhc1), t, f, ZERO),
        Op::Mthc1 { t, f } => three(run!(rare::Mthc1), t, f, ZERO),
        Op::Cfc1 { t, control } => amount(run!(rare::Cfc1), t, ZERO, control),
        Op::Ctc1 { t, control, at } => Threaded { at, ..amount(run!(rare::Ctc1), t, ZERO, control) },
        Op::Movci { d, s, code, when } => Threaded { e: u8::from(when), ..amount(run!(rare::Movci), d, s, code) },
        Op::Float { at: n, word } => at(run!(rare::Float), (ZERO, ZERO), word, n),
        Op::FloatExtended { at: n, word } => at(ordered!(endian, FloatExtended), (ZERO, ZERO), word, n),
        Op::BranchEqual { s, t, done, offset } => leave(run!(branch::Equal), s, t, done, offset),
        Op::BranchNotEqual { s, t, done, offset } => Threaded { d: 1, ..leave(run!(branch::NotEqual), s, t, done, offset) },
        Op::BranchLess { s, done, offset } => leave(run!(branch::Less), s, ZERO, done, offset),
        Op::BranchGreaterEqual { s, done, offset } => leave(run!(branch::GreaterEqual), s, ZERO, done, offset),
        Op::BranchLessEqual { s, done, offset } => leave(run!(branch::LessEqual), s, ZERO, done, offset),
        Op::BranchGreater { s, done, offset } => leave(run!(branch::Greater), s, ZERO, done, offset),
        Op::Remember { comparison, s, t } => Threaded { d: comparison as u8, ..three(remember(comparison), ZERO, s, t) },
        Op::RememberFloat { code, when } =>
            Threaded { e: u8::from(when), ..amount(run!(branch::RememberFloat), ZERO, ZERO, code) },
        Op::BranchRemembered { done, offset } => leave(run!(branch::Remembered), ZERO, ZERO, done, offset),
        Op::BranchForgotten { done, offset } => leave(run!(branch::Forgotten), ZERO, ZERO, done, offset),
        Op::Goto { offset } => value(run!(branch::Goto), ZERO, ZERO, offset),
        Op::Jump { target } => value(run!(branch::Jump), ZERO, ZERO, target),
        Op::JumpRegister { s } => three(run!(branch::JumpRegister), ZERO, s, ZERO),
        Op::RememberTarget { s } => three(run!(branch::RememberTarget), ZERO, s, ZERO),
        Op::JumpRemembered => Threaded::new(run!(branch::JumpRemembered)),
        Op::Link { d, distance } => value(run!(plain::Link), d, ZERO, distance),
        Op::Syscall { next } => value(run!(branch::Syscall), ZERO, ZERO, next),
        Op::SyscallInSlot => Threaded::new(branch::syscall_in_slot),
        Op::Break { at: n, code } => at(run!(branch::Breakpoint), (ZERO, ZERO), code, n),
        Op::Illegal { at: n } => at(run!(branch::Illegal), (ZERO, ZERO), 0, n),
    }
}

fn remember(comparison: Comparison) -> Run<Cpu> {
    match comparison {
        Comparison::Equal => run!(branch::RememberEqual),
        Comparison::NotEqual => run!(branch::RememberNotEqual),
        Comparison::Less | Comparison::LessUnsigned => run!(branch::RememberLess),
        Comparison::GreaterEqual | Comparison::GreaterEqualUnsigned => run!(branch::RememberGreaterEqual),
        Comparison::LessEqual => run!(branch::RememberLessEqual),
        Comparison::Greater => run!(branch::RememberGreater),
    }
}
