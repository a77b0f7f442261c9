//! VFP: conversions between formats, integers and fixed-point numbers. Called by [`crate::arm::vfp`]. ARMv7-A reference
//! manual, A8.8.305 to A8.8.310.

use crate::arm::cpu::Cpu;
use crate::arm::decode::{bit, field};
use crate::arm::vfp::Operands;
use crate::arm::whole::{Done, ILLEGAL};
use crate::soft::{self, DOUBLE, Fixed, HALF, Rounding, SINGLE};

/// The number of a register of singles in the low fields, whatever the format of the instruction is.
fn single_number(word: u32, low: u32, extra: u32) -> u32 {
    field(word, low, 4) << 1 | field(word, extra, 1)
}

/// By opc2 (bits 19 to 16) and bit 7.
pub(in crate::arm) fn execute(cpu: &mut Cpu, word: u32, operands: Operands) -> Done {
    match (field(word, 16, 4), bit(word, 7)) {
        (2 | 3, _) if !bit(word, 8) => half(cpu, word),
        (7, true) => between(cpu, word, operands),
        (8, signed) => from_integer(cpu, word, operands, signed),
        (12 | 13, _) => to_integer(cpu, word, operands),
        (10 | 11 | 14 | 15, _) => fixed(cpu, word, operands),
        _ => ILLEGAL,
    }
}

/// vcvtb, vcvtt: half precision in one half of a single register.
fn half(cpu: &mut Cpu, word: u32) -> Done {
    let (d, m) = (single_number(word, 12, 22), single_number(word, 0, 5));
    let shift = 16 * field(word, 7, 1);
    let alternative = bit(cpu.fpscr, 26);
    let mut environment = cpu.environment();
    if bit(word, 16) {
        let value = cpu.single(m).into();
        let half = if alternative {
            soft::to_alternative_half(SINGLE, &mut environment, value)
        } else {
            soft::convert(SINGLE, HALF, &mut environment, value)
        };
        let rest = cpu.single(d) & !(0xffff << shift);
        cpu.set_single(d, rest | (half as u32) << shift);
    } else {
        let value = u64::from(cpu.single(m) >> shift & 0xffff);
        let single = if alternative {
            soft::from_alternative_half(SINGLE, &mut environment, value)
        } else {
            soft::convert(HALF, SINGLE, &mut environment, value)
        };
        cpu.set_single(d, single as u32);
    }
    cpu.keep_flags(&environment);
    Ok(())
}

/// Single to double, and back.
fn between(cpu: &mut Cpu, word: u32, operands: Operands) -> Done {
    let mut environment = cpu.environment();
    let value = operands.get(cpu, operands.m);
    if operands.format == DOUBLE {
        let result = soft::convert(DOUBLE, SINGLE, &mut environment, value);
        cpu.set_single(single_number(word, 12, 22), result as u32);
    } else {
        let result = soft::convert(SINGLE, DOUBLE, &mut environment, value);
        cpu.set_double(field(word, 22, 1) << 4 | field(word, 12, 4), result);
    }
    cpu.keep_flags(&environment);
    Ok(())
}

fn from_integer(cpu: &mut Cpu, word: u32, operands: Operands, signed: bool) -> Done {
    let mut environment = cpu.environment();
    let raw = cpu.single(single_number(word, 0, 5));
    let value = if signed { i64::from(raw as i32) } else { i64::from(raw) };
    let result = soft::from_integer(operands.format, &mut environment, value);
    cpu.keep_flags(&environment);
    operands.set(cpu, operands.d, result);
    Ok(())
}

fn to_integer(cpu: &mut Cpu, word: u32, operands: Operands) -> Done {
    let mut environment = cpu.environment();
    let rounding = if bit(word, 7) { Rounding::Zero } else { environment.rounding };
    let target = Fixed { bits: 32, signed: bit(word, 16), fraction_bits: 0 };
    let value = operands.get(cpu, operands.m);
    let result = soft::to_fixed(operands.format, &mut environment, rounding, target, value);
    cpu.keep_flags(&environment);
    cpu.set_single(single_number(word, 12, 22), result as u32);
    Ok(())
}

/// In place, 16 or 32 bits; toward zero to fixed point, to nearest from it.
fn fixed(cpu: &mut Cpu, word: u32, operands: Operands) -> Done {
    let bits = if bit(word, 7) { 32 } else { 16 };
    let constant = field(word, 0, 4) << 1 | field(word, 5, 1);
    let (Some(fraction_bits), signed) = (u32::checked_sub(bits, constant), !bit(word, 16)) else {
        return ILLEGAL;
    };
    let mut environment = cpu.environment();
    let value = operands.get(cpu, operands.d);
    let extend = |value: u64| match (bits, signed) {
        (16, true) => i64::from(value as i16),
        (16, false) => i64::from(value as u16),
        (_, true) => i64::from(value as i32),
        (_, false) => i64::from(value as u32),
    };
    let result = if bit(word, 18) {
        let target = Fixed { bits, signed, fraction_bits };
        let result = soft::to_fixed(operands.format, &mut environment, Rounding::Zero, target, value);
        // Sign or zeros up to the width of the register.
        extend(result) as u64
    } else {
        environment.rounding = Rounding::NearestEven;
        soft::from_fixed(operands.format, &mut environment, extend(value).into(), fraction_bits)
    };
    cpu.keep_flags(&environment);
    operands.set(cpu, operands.d, result);
    Ok(())
}
