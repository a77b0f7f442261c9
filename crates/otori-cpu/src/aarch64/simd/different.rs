//! Registers of different widths: long, wide, narrow. ARM ARM C4.1.69 "Advanced SIMD three different", C7.2.

use super::{Done, Form, ILLEGAL, require};
use crate::aarch64::Cpu;
use crate::aarch64::word::Word;
use crate::vector::{Element, Shape, Sign, build, lane, polynomial_multiply, with_lane};

/// The half of a register that narrow lanes are taken from, moved down.
pub(super) fn half(word: Word, value: u128) -> u128 {
    if word.bit(30) && Form::of(word) == Form::Vector { value >> 64 } else { value }
}

pub(super) fn execute(cpu: &mut Cpu, word: Word) -> Done {
    let (opcode, size, form) = (word.bits(12, 4), word.bits(22, 2), Form::of(word));
    let doubling = matches!(opcode, 9 | 11 | 13);
    require(size != 3 && (form == Form::Vector || doubling) && !(doubling && (size == 0 || word.bit(29))))?;
    let narrow = match form {
        Form::Vector => Shape::of(size, 8),
        Form::Scalar => Shape { bits: 8 << size, count: 1 },
    };
    if opcode == 4 || opcode == 6 {
        return narrowing(cpu, word, narrow);
    }
    if opcode == 14 {
        return polynomial(cpu, word, narrow);
    }
    let wide_first = opcode == 1 || opcode == 3;
    let (n, m) = (cpu.vector(word.n()), half(word, cpu.vector(word.m())));
    let n = if wide_first { n } else { half(word, n) };
    long(cpu, word, opcode, narrow, (n, m))
}

/// Lanes of `narrow` to lanes of twice the width; also for products with one element.
pub(super) fn long(cpu: &mut Cpu, word: Word, opcode: u32, narrow: Shape, (n, m): (u128, u128)) -> Done {
    let (wide, d) = (narrow.wide(), cpu.vector(word.d()));
    let mut element = Element::new(narrow.bits, Sign::unsigned_if(word.bit(29)));
    let mut total = Element::new(wide.bits, Sign::Signed);
    let mut work = |index| -> u64 {
        let (x, y) = (lane(n, narrow.bits, index), lane(m, narrow.bits, index));
        let (a, b) = (element.value(x) as i64, element.value(y) as i64);
        let sum = lane(d, wide.bits, index);
        match opcode {
            0 => (a + b) as u64,
            1 => lane(n, wide.bits, index).wrapping_add(b as u64),
            2 => (a - b) as u64,
            3 => lane(n, wide.bits, index).wrapping_sub(b as u64),
            5 => sum.wrapping_add(a.abs_diff(b)),
            7 => a.abs_diff(b),
            8 => sum.wrapping_add(a.wrapping_mul(b) as u64),
            10 => sum.wrapping_sub(a.wrapping_mul(b) as u64),
            12 => a.wrapping_mul(b) as u64,
            9 => {
                let product = element.doubling_multiply_long(x, y);
                total.saturating_add(sum, product)
            }
            11 => {
                let product = element.doubling_multiply_long(x, y);
                total.saturating_subtract(sum, product)
            }
            _ => element.doubling_multiply_long(x, y),
        }
    };
    require(opcode < 14)?;
    let result = build(wide, &mut work);
    let saturated = element.saturated || total.saturated;
    cpu.note_saturation(saturated);
    cpu.set_vector(word.d(), result);
    Ok(())
}

/// A narrow result goes to the lower half, or to the upper half beside what is there.
pub(super) fn set_half(cpu: &mut Cpu, word: Word, result: u128) {
    if word.bit(30) && Form::of(word) == Form::Vector {
        let low = cpu.vector(word.d()) as u64;
        cpu.set_vector(word.d(), with_lane(u128::from(low), 64, 1, result as u64));
    } else {
        cpu.set_vector(word.d(), result);
    }
}

/// `addhn`, `raddhn`, `subhn`, `rsubhn`.
fn narrowing(cpu: &mut Cpu, word: Word, narrow: Shape) -> Done {
    let (n, m, wide) = (cpu.vector(word.n()), cpu.vector(word.m()), narrow.bits * 2);
    let half = if word.bit(29) { 1u64 << (narrow.bits - 1) } else { 0 };
    let result = build(narrow, |index| {
        let (a, b) = (lane(n, wide, index), lane(m, wide, index));
        let sum = if word.bits(12, 4) == 4 { a.wrapping_add(b) } else { a.wrapping_sub(b) };
        sum.wrapping_add(half) >> narrow.bits
    });
    set_half(cpu, word, result);
    Ok(())
}

/// `pmull` of bytes; that of 64-bit lanes belongs to cryptography, which is not promised.
fn polynomial(cpu: &mut Cpu, word: Word, narrow: Shape) -> Done {
    if narrow.bits != 8 || word.bit(29) {
        return Err(ILLEGAL);
    }
    let (n, m) = (half(word, cpu.vector(word.n())), half(word, cpu.vector(word.m())));
    let product = |index| polynomial_multiply(lane(n, 8, index), lane(m, 8, index)) as u64;
    cpu.set_vector(word.d(), build(narrow.wide(), product));
    Ok(())
}
