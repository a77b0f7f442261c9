//! Scalar floating point. ARM ARM C4.1.69: data processing with one to three sources, compare, select, constants,
//! conversions.

use super::arithmetic::{computing, format, scalar_pair};
use super::conversion::{RoundingMode, convert_format};
use super::{Done, ILLEGAL, require};
use crate::aarch64::Cpu;
use crate::aarch64::word::{Word, destination, source};
use crate::op::Interrupt;
use crate::soft::{
    Exactness, Fixed, Format, Relation, from_fixed, multiply_add, round_to_integral, square_root, to_fixed,
};

/// The format by the type field: single or double.
fn typed(word: Word) -> Result<Format, Interrupt> {
    match word.bits(22, 2) {
        0 => Ok(format(false)),
        1 => Ok(format(true)),
        _ => Err(ILLEGAL),
    }
}

fn mask(format: Format) -> u64 {
    format.sign_mask() | (format.sign_mask() - 1)
}

fn number(cpu: &Cpu, format: Format, register: u32) -> u64 {
    cpu.vector(register) as u64 & mask(format)
}

pub(super) fn two_sources(cpu: &mut Cpu, word: Word) -> Done {
    let format = typed(word)?;
    let work = scalar_pair(word.bits(12, 4)).ok_or(ILLEGAL)?;
    let (a, b) = (number(cpu, format, word.n()), number(cpu, format, word.m()));
    let mut environment = cpu.environment();
    let result = work(format, &mut environment, a, b);
    cpu.settle(&environment);
    cpu.set_vector(word.d(), result.into());
    Ok(())
}

pub(super) fn three_sources(cpu: &mut Cpu, word: Word) -> Done {
    let format = typed(word)?;
    let (mut a, b) = (number(cpu, format, word.n()), number(cpu, format, word.m()));
    let mut addend = number(cpu, format, word.a());
    // FMSUB and FNMADD negate the product, FNMADD and FNMSUB the addend.
    if word.bit(15) != word.bit(21) {
        a ^= format.sign_mask();
    }
    if word.bit(21) {
        addend ^= format.sign_mask();
    }
    let mut environment = cpu.environment();
    let result = multiply_add(format, &mut environment, addend, a, b);
    cpu.settle(&environment);
    cpu.set_vector(word.d(), result.into());
    Ok(())
}

pub(super) fn one_source(cpu: &mut Cpu, word: Word) -> Done {
    let opcode = word.bits(15, 6);
    if matches!(opcode, 4 | 5 | 7) {
        let (from, to) = (word.bits(22, 2), opcode & 3);
        let value = cpu.vector(word.n()) as u64;
        let result = convert_format(cpu, from, to, value)?;
        cpu.set_vector(word.d(), result.into());
        return Ok(());
    }
    let format = typed(word)?;
    let a = number(cpu, format, word.n());
    let result = computing(cpu, |_, environment| {
        let rounding = match opcode {
            0 => return Ok(a),
            1 => return Ok(a & !format.sign_mask()),
            2 => return Ok(a ^ format.sign_mask()),
            3 => return Ok(square_root(format, environment, a)),
            8 => RoundingMode::Nearest,
            9 => RoundingMode::Up,
            10 => RoundingMode::Down,
            11 => RoundingMode::Zero,
            12 => RoundingMode::Away,
            14 | 15 => RoundingMode::Current,
            _ => return Err(ILLEGAL),
        };
        let exactness = if opcode == 14 { Exactness::Told } else { Exactness::Untold };
        let rounding = rounding.under(environment);
        Ok(round_to_integral(format, environment, rounding, exactness, a))
    })?;
    cpu.set_vector(word.d(), result.into());
    Ok(())
}

/// N, Z, C, V for how two numbers relate.
fn flags(relation: Relation) -> u32 {
    match relation {
        Relation::Less => 0b1000,
        Relation::Equal => 0b0110,
        Relation::Greater => 0b0010,
        Relation::Unordered => 0b0011,
    }
}

fn compare_numbers(cpu: &mut Cpu, format: Format, a: u64, b: u64, quiet_is_invalid: bool) {
    let mut environment = cpu.environment();
    let relation = crate::soft::compare(format, &mut environment, a, b, quiet_is_invalid);
    cpu.settle(&environment);
    cpu.set_nzcv(flags(relation));
}

pub(super) fn compare(cpu: &mut Cpu, word: Word) -> Done {
    let format = typed(word)?;
    require(word.bits(14, 2) == 0 && word.bits(0, 3) == 0)?;
    let b = if word.bit(3) { 0 } else { number(cpu, format, word.m()) };
    compare_numbers(cpu, format, number(cpu, format, word.n()), b, word.bit(4));
    Ok(())
}

pub(super) fn compare_if(cpu: &mut Cpu, word: Word) -> Done {
    let format = typed(word)?;
    if cpu.condition(word.bits(12, 4)) {
        let (a, b) = (number(cpu, format, word.n()), number(cpu, format, word.m()));
        compare_numbers(cpu, format, a, b, word.bit(4));
    } else {
        cpu.set_nzcv(word.bits(0, 4));
    }
    Ok(())
}

pub(super) fn select(cpu: &mut Cpu, word: Word) -> Done {
    let format = typed(word)?;
    let register = if cpu.condition(word.bits(12, 4)) { word.n() } else { word.m() };
    cpu.set_vector(word.d(), number(cpu, format, register).into());
    Ok(())
}

/// The number of an eight-bit constant (VFPExpandImm).
pub(super) fn expand(format: Format, imm: u32) -> u64 {
    let sign = if imm & 0x80 != 0 { format.sign_mask() } else { 0 };
    let low = 1u64 << (format.fraction_bits - 4);
    let top_exponent = 1 << (format.exponent_bits - 1);
    // The second exponent bit, inverted first and then repeated.
    let exponent = if imm & 0x40 != 0 { top_exponent - 4 } else { top_exponent };
    sign | (exponent + u64::from(imm >> 4 & 3)) << format.fraction_bits | (u64::from(imm & 15) * low)
}

pub(super) fn constant(cpu: &mut Cpu, word: Word) -> Done {
    let format = typed(word)?;
    require(word.n() == 0)?;
    cpu.set_vector(word.d(), expand(format, word.bits(13, 8)).into());
    Ok(())
}

/// Between numbers and integers, and moves of bits.
pub(super) fn integer(cpu: &mut Cpu, word: Word) -> Done {
    let (mode, opcode) = (word.bits(19, 2), word.bits(16, 3));
    if opcode >= 6 {
        return move_bits(cpu, word);
    }
    let rounding = match (opcode, mode) {
        (0 | 1, 0) => RoundingMode::Nearest,
        (0 | 1, 1) => RoundingMode::Up,
        (0 | 1, 2) => RoundingMode::Down,
        (0 | 1, _) => RoundingMode::Zero,
        (2 | 3, 0) => RoundingMode::Current,
        (4 | 5, 0) => RoundingMode::Away,
        _ => return Err(ILLEGAL),
    };
    convert(cpu, word, rounding, 0)
}

/// Between numbers and fixed-point numbers.
pub(super) fn fixed(cpu: &mut Cpu, word: Word) -> Done {
    let fraction_bits = 64 - word.bits(10, 6);
    require(word.bit(31) || fraction_bits <= 32)?;
    match (word.bits(19, 2), word.bits(16, 3)) {
        (0, 2 | 3) | (3, 0 | 1) => convert(cpu, word, RoundingMode::Zero, fraction_bits),
        _ => Err(ILLEGAL),
    }
}

fn convert(cpu: &mut Cpu, word: Word, rounding: RoundingMode, fraction_bits: u32) -> Done {
    let format = typed(word)?;
    let (bits, signed) = (if word.bit(31) { 64 } else { 32 }, !word.bit(16));
    let mut environment = cpu.environment();
    if word.bit(17) {
        let raw = cpu.get(source(word.n()));
        let value = match (bits, signed) {
            (64, true) => i128::from(raw as i64),
            (64, false) => i128::from(raw),
            (_, true) => i128::from(raw as i32),
            (_, false) => i128::from(raw as u32),
        };
        let result = from_fixed(format, &mut environment, value, fraction_bits);
        cpu.settle(&environment);
        cpu.set_vector(word.d(), result.into());
        return Ok(());
    }
    let target = Fixed { bits, signed, fraction_bits };
    let rounding = rounding.under(&environment);
    let result = to_fixed(format, &mut environment, rounding, target, number(cpu, format, word.n()));
    cpu.settle(&environment);
    cpu.set(destination(word.d()), result);
    Ok(())
}

/// `fmov` between a general and a SIMD register.
fn move_bits(cpu: &mut Cpu, word: Word) -> Done {
    let to_vector = word.bit(16);
    let (general, vector) = (cpu.get(source(word.n())), cpu.vector(word.n()));
    match (word.bit(31), word.bits(22, 2), word.bits(19, 2), to_vector) {
        (false, 0, 0, false) => cpu.set(destination(word.d()), u64::from(vector as u32)),
        (true, 1, 0, false) => cpu.set(destination(word.d()), vector as u64),
        (true, 2, 1, false) => cpu.set(destination(word.d()), (vector >> 64) as u64),
        (false, 0, 0, true) => cpu.set_vector(word.d(), u128::from(general as u32)),
        (true, 1, 0, true) => cpu.set_vector(word.d(), u128::from(general)),
        (true, 2, 1, true) => {
            let low = cpu.vector(word.d()) as u64;
            cpu.set_vector(word.d(), u128::from(low) | u128::from(general) << 64);
        }
        _ => return Err(ILLEGAL),
    }
    Ok(())
}
