//! A vector and one element of another. ARM ARM C4.1.69 "Advanced SIMD vector x indexed element", C7.2.

use super::arithmetic::format_of;
use super::different::{half, long};
use super::float::fused;
use super::{Done, Form, ILLEGAL, require};
use crate::aarch64::Cpu;
use crate::aarch64::word::Word;
use crate::soft::{multiply, multiply_extended};
use crate::vector::{Element, Rounding, Shape, Sign, lane, map, map2, splat};

pub(super) fn execute(cpu: &mut Cpu, word: Word) -> Done {
    match (word.bit(29), word.bits(12, 4)) {
        (false, 1 | 5 | 9) | (true, 9) => floating(cpu, word),
        (_, 2 | 6 | 10) | (false, 3 | 7 | 11) => lengthening(cpu, word),
        (true, 0 | 4) | (false, 8 | 12 | 13) => plain(cpu, word),
        _ => Err(ILLEGAL),
    }
}

/// The element, for halves and words.
fn indexed(cpu: &Cpu, word: Word, size: u32) -> Result<u64, crate::op::Interrupt> {
    let (h, l, m) = (word.bits(11, 1), word.bits(21, 1), word.bits(20, 1));
    match size {
        1 => Ok(lane(cpu.vector(word.bits(16, 4)), 16, h << 2 | l << 1 | m)),
        2 => Ok(lane(cpu.vector(word.m()), 32, h << 1 | l)),
        3 if l == 0 => Ok(lane(cpu.vector(word.m()), 64, h)),
        _ => Err(ILLEGAL),
    }
}

fn floating(cpu: &mut Cpu, word: Word) -> Done {
    let size = word.bits(22, 2);
    require(size >= 2)?;
    let shape = Form::of(word).shape(word, size)?;
    let (format, element, n) = (format_of(shape), indexed(cpu, word, size)?, cpu.vector(word.n()));
    let mut environment = cpu.environment();
    let result = match (word.bits(12, 4), word.bit(29)) {
        (9, false) => map(shape, n, |a| multiply(format, &mut environment, a, element)),
        (9, true) => map(shape, n, |a| multiply_extended(format, &mut environment, a, element)),
        (opcode, _) => {
            let (d, m) = (cpu.vector(word.d()), splat(shape, element));
            fused(&mut environment, shape, format, (d, n, m), opcode == 5)
        }
    };
    cpu.settle(&environment);
    cpu.set_vector(word.d(), result);
    Ok(())
}

/// `smull`, `smlal`, `sqdmlal` and their like: the opcodes are those of three different registers.
fn lengthening(cpu: &mut Cpu, word: Word) -> Done {
    let (size, form) = (word.bits(22, 2), Form::of(word));
    let opcode = match word.bits(12, 4) {
        2 => 8,
        3 => 9,
        6 => 10,
        7 => 11,
        10 => 12,
        _ => 13,
    };
    require((size == 1 || size == 2) && (form == Form::Vector || opcode & 1 == 1))?;
    let narrow = match form {
        Form::Vector => Shape::of(size, 8),
        Form::Scalar => Shape { bits: 8 << size, count: 1 },
    };
    let element = indexed(cpu, word, size)?;
    let n = half(word, cpu.vector(word.n()));
    long(cpu, word, opcode, narrow, (n, splat(narrow, element)))
}

fn plain(cpu: &mut Cpu, word: Word) -> Done {
    let (size, form, opcode) = (word.bits(22, 2), Form::of(word), word.bits(12, 4));
    require((size == 1 || size == 2) && (form == Form::Vector || opcode >= 12))?;
    let shape = form.shape(word, size)?;
    let element = indexed(cpu, word, size)?;
    let (n, d) = (cpu.vector(word.n()), cpu.vector(word.d()));
    let mut signed = Element::new(shape.bits, Sign::Signed);
    let result = match opcode {
        0 => map2(shape, d, n, |sum, a| sum.wrapping_add(a.wrapping_mul(element))),
        4 => map2(shape, d, n, |sum, a| sum.wrapping_sub(a.wrapping_mul(element))),
        8 => map(shape, n, |a| a.wrapping_mul(element)),
        12 => map(shape, n, |a| signed.doubling_multiply_high(a, element, Rounding::Down)),
        _ => map(shape, n, |a| signed.doubling_multiply_high(a, element, Rounding::Half)),
    };
    let saturated = signed.saturated;
    cpu.note_saturation(saturated);
    cpu.set_vector(word.d(), result);
    Ok(())
}
