//! Shifts by a constant, and conversions of fixed-point numbers. ARM ARM C4.1.69 "Advanced SIMD shift by immediate",
//! C7.2.

use super::arithmetic::{computing, format_of};
use super::different::{half, set_half};
use super::{Done, Form, ILLEGAL, require};
use crate::aarch64::Cpu;
use crate::aarch64::word::Word;
use crate::soft::{Fixed, Rounding as FloatRounding, from_fixed, to_fixed};
use crate::vector::{Element, Rounding, Shape, Sign, build, lane, map, map2};

pub(super) fn execute(cpu: &mut Cpu, word: Word) -> Done {
    // The highest bit of immh tells the width, what is below it the amount.
    let size = word.bits(19, 4).ilog2();
    let encoded = word.bits(16, 7);
    let (right, left) = ((16 << size) - encoded, encoded - (8 << size));
    match word.bits(11, 5) {
        opcode @ (0 | 2 | 4 | 6 | 8 | 10 | 12 | 14) => same_width(cpu, word, (opcode, size), right, left),
        16..=19 => narrowing(cpu, word, size, right),
        20 => lengthening(cpu, word, size, left),
        28 | 31 => conversion(cpu, word, size, right),
        _ => Err(ILLEGAL),
    }
}

fn same_width(cpu: &mut Cpu, word: Word, (opcode, size): (u32, u32), right: u32, left: u32) -> Done {
    let (form, u) = (Form::of(word), word.bit(29));
    let saturates = opcode >= 12;
    require(form == Form::Vector || size == 3 || saturates)?;
    let shape = form.shape(word, size)?;
    let (n, d) = (cpu.vector(word.n()), cpu.vector(word.d()));
    let mut element = Element::new(shape.bits, Sign::unsigned_if(u));
    let e = &mut element;
    let ones = u64::MAX >> (64 - shape.bits);
    let result = match (opcode, u) {
        (0, _) => map(shape, n, |a| e.shift_right(a, right)),
        (2, _) => map2(shape, d, n, |sum, a| sum.wrapping_add(e.shift_right(a, right))),
        (4, _) => map(shape, n, |a| e.rounding_shift_right(a, right)),
        (6, _) => map2(shape, d, n, |sum, a| sum.wrapping_add(e.rounding_shift_right(a, right))),
        // SRI: the upper bits of the destination stay.
        (8, true) => map2(shape, d, n, |old, a| {
            let moved = ones.checked_shr(right).unwrap_or(0);
            old & !moved | a.checked_shr(right).unwrap_or(0)
        }),
        (10, false) => map(shape, n, |a| a << left),
        // SLI: the lower bits of the destination stay.
        (10, true) => map2(shape, d, n, |old, a| old & !(ones << left) | a << left),
        (12, true) => map(shape, n, |a| e.saturating_shift_unsigned(a, left.into())),
        (14, _) => map(shape, n, |a| e.saturating_shift(a, left.into())),
        _ => return Err(ILLEGAL),
    };
    let saturated = element.saturated;
    cpu.note_saturation(saturated);
    cpu.set_vector(word.d(), result);
    Ok(())
}

/// `shrn` and those that round and saturate.
fn narrowing(cpu: &mut Cpu, word: Word, size: u32, right: u32) -> Done {
    let (form, u, opcode) = (Form::of(word), word.bit(29), word.bits(11, 5));
    let saturates = u || opcode >= 18;
    require(size < 3 && (form == Form::Vector || saturates))?;
    let narrow = match form {
        Form::Vector => Shape::of(size, 8),
        Form::Scalar => Shape { bits: 8 << size, count: 1 },
    };
    // SQSHRUN reads signed lanes and gives unsigned ones.
    let (from, to) = match (opcode >= 18, u) {
        (true, true) => (Sign::Unsigned, Sign::Unsigned),
        (true, false) => (Sign::Signed, Sign::Signed),
        (false, _) => (Sign::Signed, Sign::Unsigned),
    };
    let rounding = Rounding::half_if(opcode & 1 == 1);
    let (n, wide) = (cpu.vector(word.n()), narrow.bits * 2);
    let mut element = Element::new(wide, from);
    let result = build(narrow, |index| {
        let a = lane(n, wide, index);
        match (saturates, rounding) {
            (true, _) => element.narrowing_shift(a, right, rounding, to),
            (false, Rounding::Half) => element.rounding_shift_right(a, right),
            (false, Rounding::Down) => element.shift_right(a, right),
        }
    });
    let saturated = element.saturated;
    cpu.note_saturation(saturated);
    set_half(cpu, word, result);
    Ok(())
}

/// `sshll`, `ushll`.
fn lengthening(cpu: &mut Cpu, word: Word, size: u32, left: u32) -> Done {
    require(size < 3 && Form::of(word) == Form::Vector)?;
    let narrow = Shape::of(size, 8);
    let n = half(word, cpu.vector(word.n()));
    let element = Element::new(narrow.bits, Sign::unsigned_if(word.bit(29)));
    let result = build(narrow.wide(), |index| (element.value(lane(n, narrow.bits, index)) as u64) << left);
    cpu.set_vector(word.d(), result);
    Ok(())
}

/// `scvtf`, `ucvtf`, `fcvtzs`, `fcvtzu` of fixed-point numbers.
fn conversion(cpu: &mut Cpu, word: Word, size: u32, fraction_bits: u32) -> Done {
    require(size >= 2)?;
    let shape = Form::of(word).shape(word, size)?;
    let (format, signed) = (format_of(shape), !word.bit(29));
    let element = Element::new(shape.bits, Sign::unsigned_if(!signed));
    let to_number = word.bits(11, 5) == 28;
    let result = computing(cpu, |cpu, environment| {
        Ok(map(shape, cpu.vector(word.n()), |a| {
            if to_number {
                return from_fixed(format, environment, element.value(a), fraction_bits);
            }
            let target = Fixed { bits: shape.bits, signed, fraction_bits };
            to_fixed(format, environment, FloatRounding::Zero, target, a)
        }))
    })?;
    cpu.set_vector(word.d(), result);
    Ok(())
}
