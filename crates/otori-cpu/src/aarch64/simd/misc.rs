//! Two registers, miscellaneous. ARM ARM C4.1.69 "Advanced SIMD two-register miscellaneous", C7.2.

use super::arithmetic::{computing, equal, format_of, greater, greater_equal};
use super::conversion::{RoundingMode, convert_format, narrow_to_odd};
use super::different::{half, set_half};
use super::{Done, Form, ILLEGAL, require};
use crate::aarch64::Cpu;
use crate::aarch64::word::Word;
use crate::op::Interrupt;
use crate::soft::{
    Environment, Exactness, Fixed, Format, from_fixed, reciprocal_estimate, reciprocal_exponent,
    reciprocal_root_estimate, round_to_integral, square_root, to_fixed, unsigned_reciprocal_estimate,
    unsigned_reciprocal_root_estimate,
};
use crate::vector::{Element, Shape, Sign, build, lane, map, map2, ones_if};

pub(super) fn execute(cpu: &mut Cpu, word: Word) -> Done {
    match word.bits(12, 5) {
        0..=7 if matches!(word.bits(12, 5), 3 | 7) => integer(cpu, word),
        0 | 1 => reverse(cpu, word),
        2 | 6 => add_long_pairs(cpu, word),
        4 | 5 => bits(cpu, word),
        8..=11 => integer(cpu, word),
        18 | 20 => narrow(cpu, word),
        19 => shift_long(cpu, word),
        22 => narrow_float(cpu, word),
        23 => lengthen_float(cpu, word),
        28 if word.bit(23) => integer_estimate(cpu, word),
        12..=15 | 24..=31 => float(cpu, word),
        _ => Err(ILLEGAL),
    }
}

/// `rev64`, `rev32`, `rev16`: lanes turned round in containers of 8, 4, 2 bytes.
fn reverse(cpu: &mut Cpu, word: Word) -> Done {
    let size = word.bits(22, 2);
    let container = match (word.bits(12, 5), word.bit(29)) {
        (0, false) => 3,
        (0, true) => 2,
        (1, false) => 1,
        _ => return Err(ILLEGAL),
    };
    require(Form::of(word) == Form::Vector && size < container)?;
    let shape = Form::Vector.shape(word, size)?;
    let (n, last) = (cpu.vector(word.n()), (1 << (container - size)) - 1);
    cpu.set_vector(word.d(), build(shape, |index| lane(n, shape.bits, index ^ last)));
    Ok(())
}

/// `saddlp`, `sadalp` and the unsigned ones.
fn add_long_pairs(cpu: &mut Cpu, word: Word) -> Done {
    let size = word.bits(22, 2);
    require(Form::of(word) == Form::Vector && size != 3)?;
    let shape = Form::Vector.shape(word, size)?;
    let wide = Shape { bits: shape.bits * 2, count: shape.count / 2 };
    let element = Element::new(shape.bits, Sign::unsigned_if(word.bit(29)));
    let (n, d) = (cpu.vector(word.n()), cpu.vector(word.d()));
    let result = build(wide, |index| {
        let value = |half| element.value(lane(n, shape.bits, 2 * index + half)) as u64;
        let sum = value(0).wrapping_add(value(1));
        if word.bits(12, 5) == 6 { sum.wrapping_add(lane(d, wide.bits, index)) } else { sum }
    });
    cpu.set_vector(word.d(), result);
    Ok(())
}

/// `cls`, `clz`, `cnt`, `not`, `rbit`.
fn bits(cpu: &mut Cpu, word: Word) -> Done {
    let (size, u) = (word.bits(22, 2), word.bit(29));
    require(Form::of(word) == Form::Vector && size != 3)?;
    let shape = match (word.bits(12, 5), u) {
        // RBIT has size 1, but is of bytes.
        (5, true) if size < 2 => Form::Vector.shape(word, 0)?,
        (5, _) if size != 0 => return Err(ILLEGAL),
        _ => Form::Vector.shape(word, size)?,
    };
    let n = cpu.vector(word.n());
    let unused = 64 - shape.bits;
    let result = match (word.bits(12, 5), u) {
        (4, false) => map(shape, n, |a| {
            let value = (a << unused) as i64;
            let differing = (value ^ value >> 63) as u64 | 1 << unused >> 1;
            u64::from(differing.leading_zeros().min(shape.bits)) - 1
        }),
        (4, true) => map(shape, n, |a| u64::from(a.leading_zeros() - unused)),
        (5, false) => map(shape, n, |a| u64::from(a.count_ones())),
        (_, _) if size == 0 => map(shape, n, |a| !a),
        _ => map(shape, n, |a| a.reverse_bits() >> 56),
    };
    cpu.set_vector(word.d(), result);
    Ok(())
}

/// Comparisons with zero, absolute values, negation, and what saturates.
fn integer(cpu: &mut Cpu, word: Word) -> Done {
    let (form, size, u, opcode) = (Form::of(word), word.bits(22, 2), word.bit(29), word.bits(12, 5));
    let saturates = matches!(opcode, 3 | 7);
    require(form == Form::Vector || saturates || size == 3)?;
    let shape = form.shape(word, size)?;
    let (n, d) = (cpu.vector(word.n()), cpu.vector(word.d()));
    let sign = Sign::unsigned_if(u && opcode == 3);
    let mut element = Element::new(shape.bits, sign);
    let e = &mut element;
    let result = match (opcode, u) {
        (3, _) => map2(shape, d, n, |sum, a| e.saturating_add_other(sum, a)),
        (7, false) => map(shape, n, |a| e.saturate(e.value(a).abs())),
        (7, true) => map(shape, n, |a| e.saturate(-e.value(a))),
        (8, false) => map(shape, n, |a| ones_if(e.value(a) > 0)),
        (8, true) => map(shape, n, |a| ones_if(e.value(a) >= 0)),
        (9, false) => map(shape, n, |a| ones_if(a == 0)),
        (9, true) => map(shape, n, |a| ones_if(e.value(a) <= 0)),
        (10, false) => map(shape, n, |a| ones_if(e.value(a) < 0)),
        (11, false) => map(shape, n, |a| e.value(a).unsigned_abs() as u64),
        (11, true) => map(shape, n, u64::wrapping_neg),
        _ => return Err(ILLEGAL),
    };
    let saturated = element.saturated;
    cpu.note_saturation(saturated);
    cpu.set_vector(word.d(), result);
    Ok(())
}

/// The lanes of a narrow result.
fn narrow_shape(form: Form, size: u32) -> Shape {
    match form {
        Form::Vector => Shape::of(size, 8),
        Form::Scalar => Shape { bits: 8 << size, count: 1 },
    }
}

/// `xtn`, `sqxtn`, `uqxtn`, `sqxtun`.
fn narrow(cpu: &mut Cpu, word: Word) -> Done {
    let (form, size) = (Form::of(word), word.bits(22, 2));
    let (from, to) = match (word.bits(12, 5), word.bit(29)) {
        (18, false) => (Sign::Unsigned, None),
        (18, true) => (Sign::Signed, Some(Sign::Unsigned)),
        (_, false) => (Sign::Signed, Some(Sign::Signed)),
        (_, true) => (Sign::Unsigned, Some(Sign::Unsigned)),
    };
    require(size != 3 && (form == Form::Vector || to.is_some()))?;
    let (shape, n) = (narrow_shape(form, size), cpu.vector(word.n()));
    let mut element = Element::new(shape.bits * 2, from);
    let result = build(shape, |index| {
        let a = lane(n, shape.bits * 2, index);
        match to {
            Some(sign) => element.saturate_to(shape.bits, sign, element.value(a)),
            None => a,
        }
    });
    let saturated = element.saturated;
    cpu.note_saturation(saturated);
    set_half(cpu, word, result);
    Ok(())
}

/// `shll`: shifted left by the width.
fn shift_long(cpu: &mut Cpu, word: Word) -> Done {
    let size = word.bits(22, 2);
    require(size != 3 && word.bit(29) && Form::of(word) == Form::Vector)?;
    let (shape, n) = (Shape::of(size, 8), half(word, cpu.vector(word.n())));
    cpu.set_vector(word.d(), build(shape.wide(), |index| lane(n, shape.bits, index) << shape.bits));
    Ok(())
}

/// `fcvtn` and `fcvtxn`: to the lower half, or to the upper one.
fn narrow_float(cpu: &mut Cpu, word: Word) -> Done {
    let (form, to_odd, double) = (Form::of(word), word.bit(29), word.bit(22));
    require(!word.bit(23) && (double || !to_odd) && (form == Form::Vector || to_odd))?;
    let (shape, n) = (narrow_shape(form, if double { 2 } else { 1 }), cpu.vector(word.n()));
    let mut result = 0;
    for index in 0..shape.count {
        let a = lane(n, shape.bits * 2, index);
        let value = match (to_odd, double) {
            (true, _) => computing(cpu, |_, environment| Ok(narrow_to_odd(environment, a)))?,
            (false, true) => convert_format(cpu, 1, 0, a)?,
            (false, false) => convert_format(cpu, 0, 3, a)?,
        };
        result |= u128::from(value) << (index * shape.bits);
    }
    set_half(cpu, word, result);
    Ok(())
}

/// `fcvtl`.
fn lengthen_float(cpu: &mut Cpu, word: Word) -> Done {
    require(!word.bit(29) && !word.bit(23) && Form::of(word) == Form::Vector)?;
    let double = word.bit(22);
    let (shape, n) = (Shape::of(if double { 2 } else { 1 }, 8), half(word, cpu.vector(word.n())));
    let mut result = 0;
    for index in 0..shape.count {
        let a = lane(n, shape.bits, index);
        let value = if double { convert_format(cpu, 0, 1, a)? } else { convert_format(cpu, 3, 0, a)? };
        result |= u128::from(value) << (index * 2 * shape.bits);
    }
    cpu.set_vector(word.d(), result);
    Ok(())
}

/// `urecpe`, `ursqrte`.
fn integer_estimate(cpu: &mut Cpu, word: Word) -> Done {
    require(Form::of(word) == Form::Vector && !word.bit(22))?;
    let shape = Form::Vector.shape(word, 2)?;
    let n = cpu.vector(word.n());
    let result = match word.bit(29) {
        false => map(shape, n, |a| unsigned_reciprocal_estimate(a as u32).into()),
        true => map(shape, n, |a| unsigned_reciprocal_root_estimate(a as u32).into()),
    };
    cpu.set_vector(word.d(), result);
    Ok(())
}

/// What becomes of a number.
enum FloatWork {
    Own(fn(Format, &mut Environment, u64) -> u64),
    Integral(RoundingMode, Exactness),
    ToInteger(RoundingMode),
    FromInteger,
}

fn float_work(word: Word) -> Result<(FloatWork, Form), Interrupt> {
    use FloatWork::{FromInteger, Integral, Own, ToInteger};
    use RoundingMode::{Away, Current, Down, Nearest, Up, Zero};
    let vector = |work| Ok((work, Form::Vector));
    let both = |work| Ok((work, Form::Scalar));
    match (word.bit(29), word.bit(23), word.bits(12, 5)) {
        (false, true, 12) => both(Own(|f, e, a| greater(f, e, a, 0))),
        (false, true, 13) => both(Own(|f, e, a| equal(f, e, a, 0))),
        (false, true, 14) => both(Own(|f, e, a| greater(f, e, 0, a))),
        (true, true, 12) => both(Own(|f, e, a| greater_equal(f, e, a, 0))),
        (true, true, 13) => both(Own(|f, e, a| greater_equal(f, e, 0, a))),
        (false, true, 15) => vector(Own(|f, _, a| a & !f.sign_mask())),
        (true, true, 15) => vector(Own(|f, _, a| a ^ f.sign_mask())),
        (false, true, 29) => both(Own(reciprocal_estimate)),
        (true, true, 29) => both(Own(reciprocal_root_estimate)),
        (false, true, 31) if Form::of(word) == Form::Scalar => both(Own(reciprocal_exponent)),
        (true, true, 31) => vector(Own(square_root)),
        (false, false, 24) => vector(Integral(Nearest, Exactness::Untold)),
        (false, false, 25) => vector(Integral(Down, Exactness::Untold)),
        (false, true, 24) => vector(Integral(Up, Exactness::Untold)),
        (false, true, 25) => vector(Integral(Zero, Exactness::Untold)),
        (true, false, 24) => vector(Integral(Away, Exactness::Untold)),
        (true, false, 25) => vector(Integral(Current, Exactness::Told)),
        (true, true, 25) => vector(Integral(Current, Exactness::Untold)),
        (_, false, 26) => both(ToInteger(Nearest)),
        (_, false, 27) => both(ToInteger(Down)),
        (_, false, 28) => both(ToInteger(Away)),
        (_, true, 26) => both(ToInteger(Up)),
        (_, true, 27) => both(ToInteger(Zero)),
        (_, false, 29) => both(FromInteger),
        _ => Err(ILLEGAL),
    }
}

fn float(cpu: &mut Cpu, word: Word) -> Done {
    let (work, forms) = float_work(word)?;
    let form = Form::of(word);
    require(form == Form::Vector || forms == Form::Scalar)?;
    let shape = form.shape(word, 2 + word.bits(22, 1))?;
    let (format, signed) = (format_of(shape), !word.bit(29));
    let element = Element::new(shape.bits, Sign::unsigned_if(!signed));
    let result = computing(cpu, |cpu, environment| {
        Ok(map(shape, cpu.vector(word.n()), |a| match work {
            FloatWork::Own(work) => work(format, environment, a),
            FloatWork::Integral(mode, exactness) => {
                let rounding = mode.under(environment);
                round_to_integral(format, environment, rounding, exactness, a)
            }
            FloatWork::ToInteger(mode) => {
                let target = Fixed { bits: shape.bits, signed, fraction_bits: 0 };
                let rounding = mode.under(environment);
                to_fixed(format, environment, rounding, target, a)
            }
            FloatWork::FromInteger => from_fixed(format, environment, element.value(a), 0),
        }))
    })?;
    cpu.set_vector(word.d(), result);
    Ok(())
}
