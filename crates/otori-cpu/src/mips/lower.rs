//! Gives every operation its function and fields: [`lower`].

use super::cpu::Endian;
use super::execute::{branch, memory, plain, rare};
use super::op::{Comparison, Op};
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
        Op::Addu { d, s, t } => three(plain::addu, d, s, t),
        Op::Subu { d, s, t } => three(plain::subu, d, s, t),
        Op::And { d, s, t } => three(plain::and, d, s, t),
        Op::Or { d, s, t } => three(plain::or, d, s, t),
        Op::Xor { d, s, t } => three(plain::xor, d, s, t),
        Op::Nor { d, s, t } => three(plain::nor, d, s, t),
        Op::Slt { d, s, t } => three(plain::slt, d, s, t),
        Op::Sltu { d, s, t } => three(plain::sltu, d, s, t),
        Op::Movz { d, s, t } => three(plain::movz, d, s, t),
        Op::Movn { d, s, t } => three(plain::movn, d, s, t),
        Op::Mul { d, s, t } => three(plain::mul, d, s, t),
        Op::Move { d, s } => three(plain::copy, d, s, ZERO),
        Op::Const { d, value: constant } => value(plain::constant, d, ZERO, constant),
        Op::Addiu { t, s, value: v } => value(plain::addiu, t, s, v),
        Op::Slti { t, s, value: v } => value(plain::slti, t, s, v),
        Op::Sltiu { t, s, value: v } => value(plain::sltiu, t, s, v),
        Op::Andi { t, s, value: v } => value(plain::andi, t, s, v),
        Op::Ori { t, s, value: v } => value(plain::ori, t, s, v),
        Op::Xori { t, s, value: v } => value(plain::xori, t, s, v),
        Op::Sll { d, t, amount: n } => amount(plain::sll, d, t, n),
        Op::Srl { d, t, amount: n } => amount(plain::srl, d, t, n),
        Op::Sra { d, t, amount: n } => amount(plain::sra, d, t, n),
        Op::Rotr { d, t, amount: n } => amount(plain::rotr, d, t, n),
        Op::Sllv { d, t, s } => three(plain::sllv, d, t, s),
        Op::Srlv { d, t, s } => three(plain::srlv, d, t, s),
        Op::Srav { d, t, s } => three(plain::srav, d, t, s),
        Op::Rotrv { d, t, s } => three(plain::rotrv, d, t, s),
        Op::Ext { t, s, lsb, mask } => Threaded { d: lsb, ..value(plain::ext, t, s, mask) },
        Op::Ins { t, s, lsb, mask } => Threaded { d: lsb, ..value(plain::ins, t, s, mask) },
        Op::Seb { d, t } => three(plain::seb, d, t, ZERO),
        Op::Seh { d, t } => three(plain::seh, d, t, ZERO),
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
        Op::Lb { t, s, at: n, displacement } => at(memory::lb::<true>, (t, s), displacement, n),
        Op::Lbu { t, s, at: n, displacement } => at(memory::lbu::<true>, (t, s), displacement, n),
        Op::Lh { t, s, at: n, displacement } => at(ordered!(endian, lh::<true>), (t, s), displacement, n),
        Op::Lhu { t, s, at: n, displacement } => at(ordered!(endian, lhu::<true>), (t, s), displacement, n),
        Op::Lw { t, s, at: n, displacement } => at(ordered!(endian, lw::<true>), (t, s), displacement, n),
        Op::Lwl { t, s, at: n, displacement } => at(ordered!(endian, lwl), (t, s), displacement, n),
        Op::Lwr { t, s, at: n, displacement } => at(ordered!(endian, lwr), (t, s), displacement, n),
        Op::Ll { t, s, at: n, displacement } => at(ordered!(endian, ll), (t, s), displacement, n),
        Op::Sb { t, s, at: n, displacement } => at(memory::sb::<true>, (t, s), displacement, n),
        Op::Sh { t, s, at: n, displacement } => at(ordered!(endian, sh::<true>), (t, s), displacement, n),
        Op::Sw { t, s, at: n, displacement } => at(ordered!(endian, sw::<true>), (t, s), displacement, n),
        Op::Swl { t, s, at: n, displacement } => at(ordered!(endian, swl), (t, s), displacement, n),
        Op::Swr { t, s, at: n, displacement } => at(ordered!(endian, swr), (t, s), displacement, n),
        Op::Sc { t, s, at: n, displacement } => at(ordered!(endian, sc), (t, s), displacement, n),
        Op::LoadPair { t, u, s, at: n, step, displacement } =>
            pair(ordered!(endian, load_pair::<true>), (t, u, s), step, displacement, n),
        Op::StorePair { t, u, s, at: n, step, displacement } =>
            pair(ordered!(endian, store_pair::<true>), (t, u, s), step, displacement, n),
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
        Op::BranchEqual { s, t, rest, offset } => leave(branch::equal, s, t, rest, offset),
        Op::BranchNotEqual { s, t, rest, offset } => leave(branch::not_equal, s, t, rest, offset),
        Op::BranchLess { s, rest, offset } => leave(branch::less, s, ZERO, rest, offset),
        Op::BranchGreaterEqual { s, rest, offset } => leave(branch::greater_equal, s, ZERO, rest, offset),
        Op::BranchLessEqual { s, rest, offset } => leave(branch::less_equal, s, ZERO, rest, offset),
        Op::BranchGreater { s, rest, offset } => leave(branch::greater, s, ZERO, rest, offset),
        Op::Remember { comparison, s, t } => three(remember(comparison), ZERO, s, t),
        Op::RememberFloat { code, when } =>
            Threaded { e: u8::from(when), ..amount(branch::remember_float, ZERO, ZERO, code) },
        Op::BranchRemembered { rest, offset } => leave(branch::remembered, ZERO, ZERO, rest, offset),
        Op::BranchForgotten { rest, offset } => leave(branch::forgotten, ZERO, ZERO, rest, offset),
        Op::Goto { offset } => value(branch::goto, ZERO, ZERO, offset),
        Op::Jump { target } => value(branch::jump, ZERO, ZERO, target),
        Op::JumpRegister { s } => three(branch::jump_register, ZERO, s, ZERO),
        Op::RememberTarget { s } => three(branch::remember_target, ZERO, s, ZERO),
        Op::JumpRemembered => Threaded::new(branch::jump_remembered),
        Op::Link { d, distance } => value(plain::link, d, ZERO, distance),
        Op::Syscall { next } => value(branch::syscall, ZERO, ZERO, next),
        Op::SyscallInSlot => Threaded::new(branch::syscall_in_slot),
        Op::Break { at: n, code } => at(branch::breakpoint, (ZERO, ZERO), code, n),
        Op::Illegal { at: n } => at(branch::illegal, (ZERO, ZERO), 0, n),
    }
}

/// A pair of loads or stores of `t` and `u` at `s`.
fn pair(run: Run<Cpu>, (t, u, s): (Slot, Slot, Slot), step: i8, displacement: i16, at: u8) -> Threaded<Cpu> {
    let imm = u64::from(i32::from(displacement) as u32);
    Threaded { at, d: step as u8, imm, ..three(run, t, s, u) }
}

fn remember(comparison: Comparison) -> Run<Cpu> {
    match comparison {
        Comparison::Equal => branch::remember_equal,
        Comparison::NotEqual => branch::remember_not_equal,
        Comparison::Less | Comparison::LessUnsigned => branch::remember_less,
        Comparison::GreaterEqual | Comparison::GreaterEqualUnsigned => branch::remember_greater_equal,
        Comparison::LessEqual => branch::remember_less_equal,
        Comparison::Greater => branch::remember_greater,
    }
}
