//! Data processing as operations. Entrances: [`process`], [`shift`] and the constants' functions. ARMv7-A reference
//! manual, A2.2.1, A8.4.
//!
//! Flags are four words of the [`Cpu`]: N and V are bit 31 of theirs, Z is set when its word is zero, C is 0 or 1.

use crate::arm::cpu::Cpu;
use crate::arm::instruction::{Shift, code};
use crate::block::BlockCache;
use crate::chain::{links, one};
use crate::maps::Maps;
use crate::op::{Next, Op as AnyOp, Run as AnyRun, step};

/// An operation of this set.
pub(in crate::arm) type Op = AnyOp<Cpu>;
/// What does it.
pub(in crate::arm) type Run = AnyRun<Cpu>;

/// What a function says that was called without an operation: cannot happen.
pub(in crate::arm) const NOTHING: Next = Next::GO;

/// Defines functions of operations from what they do to the registers.
macro_rules! plain {
    ($($(#[$doc:meta])* fn $name:ident $([$(const $p:ident : $t:ty),*])? ($cpu:ident, $op:ident) $body:block)*) => {$(
        $(#[$doc])*
        pub(in crate::arm) fn $name <'a $(, $(const $p: $t),*)?> (
            $cpu: &mut Cpu,
            maps: &'a Maps,
            blocks: &'a BlockCache<Cpu>,
            ops: &'a [Op],
        ) -> Next {
            let [$op, ..] = ops else { return NOTHING };
            $body
            step($cpu, maps, blocks, ops)
        }
    )*};
}
pub(in crate::arm) use plain;

/// Where the second operand comes from: slot `c`.
pub(in crate::arm) const REGISTER: u8 = 0;
/// The constant.
pub(in crate::arm) const IMMEDIATE: u8 = 1;
/// Slot `c` shifted by `d`.
pub(in crate::arm) const LEFT: u8 = 2;
/// See [`LEFT`].
pub(in crate::arm) const RIGHT: u8 = 3;
/// See [`LEFT`].
pub(in crate::arm) const ARITHMETIC: u8 = 4;
/// See [`LEFT`].
pub(in crate::arm) const ROTATE: u8 = 5;

#[inline(always)]
pub(in crate::arm) fn operand<const FORM: u8>(cpu: &Cpu, op: &Op) -> u32 {
    let value = cpu.registers[op.c as usize];
    match FORM {
        IMMEDIATE => op.imm as u32,
        LEFT => value << (op.d & 31),
        RIGHT => value >> (op.d & 31),
        ARITHMETIC => (value as i32 >> (op.d & 31)) as u32,
        ROTATE => value.rotate_right(u32::from(op.d)),
        _ => value,
    }
}

#[inline(always)]
pub(in crate::arm) fn compute<const CODE: u8, const FLAGS: bool>(cpu: &mut Cpu, a: u32, b: u32) -> u32 {
    let result = match CODE {
        code::AND | code::TST => a & b,
        code::EOR | code::TEQ => a ^ b,
        code::SUB | code::CMP => return subtract::<FLAGS>(cpu, a, b),
        code::RSB => return subtract::<FLAGS>(cpu, b, a),
        code::ADD | code::CMN => {
            let result = a.wrapping_add(b);
            if FLAGS {
                cpu.carry = u32::from(result < a);
                cpu.overflow = (a ^ result) & (b ^ result);
            }
            result
        }
        code::ADC => return add_with_carry::<FLAGS>(cpu, a, b),
        code::SBC => return add_with_carry::<FLAGS>(cpu, a, !b),
        code::RSC => return add_with_carry::<FLAGS>(cpu, !a, b),
        code::ORR => a | b,
        code::MOV => b,
        code::BIC => a & !b,
        code::MVN => !b,
        _ => a | !b,
    };
    if FLAGS {
        cpu.negative = result;
        cpu.zero = result;
    }
    result
}

#[inline(always)]
fn subtract<const FLAGS: bool>(cpu: &mut Cpu, a: u32, b: u32) -> u32 {
    let result = a.wrapping_sub(b);
    if FLAGS {
        cpu.carry = u32::from(a >= b);
        cpu.overflow = (a ^ b) & (a ^ result);
        cpu.negative = result;
        cpu.zero = result;
    }
    result
}

#[inline(always)]
fn add_with_carry<const FLAGS: bool>(cpu: &mut Cpu, a: u32, b: u32) -> u32 {
    let sum = u64::from(a) + u64::from(b) + u64::from(cpu.carry);
    let result = sum as u32;
    if FLAGS {
        cpu.carry = (sum >> 32) as u32;
        cpu.overflow = (a ^ result) & (b ^ result);
        cpu.negative = result;
        cpu.zero = result;
    }
    result
}

links! { Cpu;
    /// An opcode of [`code`] on slot `b` and an operand.
    Data<const CODE: u8, const FLAGS: bool, const FORM: u8>(cpu, op) {
        let a = cpu.registers[op.b as usize];
        let b = operand::<FORM>(cpu, op);
        let result = compute::<CODE, FLAGS>(cpu, a, b);
        if !code::is_comparison(CODE) {
            cpu.registers[op.a as usize] = result;
        }
    }

    /// The address at a distance from the block's start, added to slot `b`.
    AddAddress(cpu, op) {
        let address = (cpu.frame.start as u32).wrapping_add(op.imm as u32);
        cpu.registers[op.a as usize] = cpu.registers[op.b as usize].wrapping_add(address);
    }

    /// The carry that a constant makes.
    SetCarry(cpu, op) {
        cpu.carry = u32::from(op.d);
    }

    /// A shift by a constant, 1 to 32, with its carry.
    ShiftConstant<const KIND: u8, const FLAGS: u8>(cpu, op) {
        let (value, amount) = (cpu.registers[op.b as usize], u32::from(op.d));
        let (result, carry) = match KIND {
            0 => ((u64::from(value) << amount) as u32, (u64::from(value) << amount >> 32) as u32 & 1),
            1 => ((u64::from(value) >> amount) as u32, (u64::from(value) << 1 >> amount) as u32 & 1),
            2 => {
                let wide = i64::from(value as i32);
                ((wide >> amount) as u32, (wide << 1 >> amount) as u32 & 1)
            }
            3 => (value.rotate_right(amount), value.rotate_right(amount) >> 31),
            _ => (value >> 1 | cpu.carry << 31, value & 1),
        };
        put_shifted::<FLAGS>(cpu, op, result, carry);
    }
}

plain! {
    /// The upper half of a register.
    fn top(cpu, op) {
        let register = &mut cpu.registers[op.a as usize];
        *register = *register & 0xffff | op.imm as u32;
    }

    /// The address at a distance from the block's start.
    fn address(cpu, op) {
        cpu.registers[op.a as usize] = (cpu.frame.start as u32).wrapping_add(op.imm as u32);
    }

    fn negate(cpu, op) {
        cpu.registers[op.a as usize] = cpu.registers[op.b as usize].wrapping_neg();
    }

    /// A shift by the low byte of a register, with its carry.
    fn shift_register[const KIND: u8, const FLAGS: u8](cpu, op) {
        let value = cpu.registers[op.b as usize];
        let amount = cpu.registers[op.c as usize] & 0xff;
        let (result, carry) = shifted::<KIND>(value, amount, cpu.carry);
        put_shifted::<FLAGS>(cpu, op, result, carry);
    }
}

/// A shift sets no flags.
pub(in crate::arm) const SHIFT_ONLY: u8 = 0;
/// A shift sets C.
pub(in crate::arm) const SHIFT_CARRY: u8 = 1;
/// A shift sets N, Z and C.
pub(in crate::arm) const SHIFT_FLAGS: u8 = 2;

#[inline(always)]
fn put_shifted<const FLAGS: u8>(cpu: &mut Cpu, op: &Op, result: u32, carry: u32) {
    if FLAGS != SHIFT_ONLY {
        cpu.carry = carry;
    }
    if FLAGS == SHIFT_FLAGS {
        cpu.negative = result;
        cpu.zero = result;
    }
    cpu.registers[op.a as usize] = result;
}

/// Shifts by 0 to 255.
#[inline(always)]
fn shifted<const KIND: u8>(value: u32, amount: u32, carry: u32) -> (u32, u32) {
    if amount == 0 {
        return (value, carry);
    }
    let last = amount.min(33);
    let wide = u64::from(value);
    match KIND {
        0 => ((wide << last) as u32, (wide << last >> 32) as u32 & 1),
        1 => ((wide >> last) as u32, (wide << 1 >> last) as u32 & 1),
        2 => {
            let extended = i64::from(value as i32);
            ((extended >> last) as u32, (extended << 1 >> last) as u32 & 1)
        }
        _ => {
            let result = value.rotate_right(amount & 31);
            (result, result >> 31)
        }
    }
}

/// The function of an opcode of data processing.
pub(in crate::arm) fn process(code: u8, flags: bool, form: u8) -> Run {
    macro_rules! row {
        ($s:literal, $f:ident) => {{
            const ROW: [Run; 17] = [
                one::<Cpu, Data<0, $s, $f>>(),
                one::<Cpu, Data<1, $s, $f>>(),
                one::<Cpu, Data<2, $s, $f>>(),
                one::<Cpu, Data<3, $s, $f>>(),
                one::<Cpu, Data<4, $s, $f>>(),
                one::<Cpu, Data<5, $s, $f>>(),
                one::<Cpu, Data<6, $s, $f>>(),
                one::<Cpu, Data<7, $s, $f>>(),
                one::<Cpu, Data<8, $s, $f>>(),
                one::<Cpu, Data<9, $s, $f>>(),
                one::<Cpu, Data<10, $s, $f>>(),
                one::<Cpu, Data<11, $s, $f>>(),
                one::<Cpu, Data<12, $s, $f>>(),
                one::<Cpu, Data<13, $s, $f>>(),
                one::<Cpu, Data<14, $s, $f>>(),
                one::<Cpu, Data<15, $s, $f>>(),
                one::<Cpu, Data<16, $s, $f>>(),
            ];
            &ROW
        }};
    }
    let row: &[Run; 17] = match (flags, form) {
        (false, IMMEDIATE) => row!(false, IMMEDIATE),
        (false, LEFT) => row!(false, LEFT),
        (false, RIGHT) => row!(false, RIGHT),
        (false, ARITHMETIC) => row!(false, ARITHMETIC),
        (false, ROTATE) => row!(false, ROTATE),
        (false, _) => row!(false, REGISTER),
        (true, IMMEDIATE) => row!(true, IMMEDIATE),
        (true, LEFT) => row!(true, LEFT),
        (true, RIGHT) => row!(true, RIGHT),
        (true, ARITHMETIC) => row!(true, ARITHMETIC),
        (true, ROTATE) => row!(true, ROTATE),
        (true, _) => row!(true, REGISTER),
    };
    row[usize::from(code.min(16))]
}

/// The function of a shift, by a constant or by a register; `flags` is one of [`SHIFT_ONLY`] and its like.
pub(in crate::arm) fn shift(shift: Shift, by_register: bool, flags: u8) -> Run {
    macro_rules! constant {
        ($flags:ident) => {
            match shift {
                Shift::Left => one::<Cpu, ShiftConstant<0, $flags>>(),
                Shift::Right => one::<Cpu, ShiftConstant<1, $flags>>(),
                Shift::Arithmetic => one::<Cpu, ShiftConstant<2, $flags>>(),
                Shift::Rotate => one::<Cpu, ShiftConstant<3, $flags>>(),
                Shift::Extend => one::<Cpu, ShiftConstant<4, $flags>>(),
            }
        };
    }
    macro_rules! register {
        ($flags:ident) => {
            match shift {
                Shift::Left => shift_register::<0, $flags> as Run,
                Shift::Right => shift_register::<1, $flags>,
                Shift::Arithmetic => shift_register::<2, $flags>,
                Shift::Rotate | Shift::Extend => shift_register::<3, $flags>,
            }
        };
    }
    match (by_register, flags) {
        (false, SHIFT_ONLY) => constant!(SHIFT_ONLY),
        (false, SHIFT_CARRY) => constant!(SHIFT_CARRY),
        (false, _) => constant!(SHIFT_FLAGS),
        (true, SHIFT_ONLY) => register!(SHIFT_ONLY),
        (true, SHIFT_CARRY) => register!(SHIFT_CARRY),
        (true, _) => register!(SHIFT_FLAGS),
    }
}
