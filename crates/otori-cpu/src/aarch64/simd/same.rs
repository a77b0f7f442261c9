//! Three registers the same. ARM ARM C4.1.69 "Advanced SIMD three same", C7.2.

use super::{Done, Form, ILLEGAL, float, require};
use crate::aarch64::Cpu;
use crate::aarch64::word::Word;
use crate::vector::{Element, Rounding, Shape, Sign, map2, map3, ones_if, pairwise, polynomial_multiply};

pub(super) fn execute(cpu: &mut Cpu, word: Word) -> Done {
    match (word.bits(11, 5), Form::of(word)) {
        (24.., _) => float::execute(cpu, word),
        (3, Form::Vector) => logical(cpu, word),
        _ => integer(cpu, word),
    }
}

fn logical(cpu: &mut Cpu, word: Word) -> Done {
    let (n, m, d) = (cpu.vector(word.n()), cpu.vector(word.m()), cpu.vector(word.d()));
    let result = match (word.bit(29), word.bits(22, 2)) {
        (false, 0) => n & m,
        (false, 1) => n & !m,
        (false, 2) => n | m,
        (false, _) => n | !m,
        (true, 0) => n ^ m,
        // BSL, BIT, BIF.
        (true, 1) => n & d | m & !d,
        (true, 2) => n & m | d & !m,
        (true, _) => n & !m | d & m,
    };
    cpu.set_vector(word.d(), if word.bit(30) { result } else { result & u128::from(u64::MAX) });
    Ok(())
}

/// Is there such a width, and such a scalar?
fn check(word: Word) -> Done {
    let (opcode, size, scalar) = (word.bits(11, 5), word.bits(22, 2), Form::of(word) == Form::Scalar);
    let allowed = match opcode {
        1 | 5 | 9 | 11 => true,
        6 | 7 | 8 | 10 | 16 | 17 => !scalar || size == 3,
        0b10110 => size == 1 || size == 2,
        0b10111 => !scalar && !word.bit(29),
        0b10011 if word.bit(29) => !scalar && size == 0,
        _ => !scalar && size != 3,
    };
    require(allowed)
}

fn integer(cpu: &mut Cpu, word: Word) -> Done {
    check(word)?;
    let shape = Form::of(word).shape(word, word.bits(22, 2))?;
    let u = word.bit(29);
    let (n, m, d) = (cpu.vector(word.n()), cpu.vector(word.m()), cpu.vector(word.d()));
    let mut element = Element::new(shape.bits, Sign::unsigned_if(u));
    let e = &mut element;
    let result = match word.bits(11, 5) {
        0 => map2(shape, n, m, |a, b| e.halving_add(a, b)),
        1 => map2(shape, n, m, |a, b| e.saturating_add(a, b)),
        2 => map2(shape, n, m, |a, b| e.rounding_halving_add(a, b)),
        4 => map2(shape, n, m, |a, b| e.halving_subtract(a, b)),
        5 => map2(shape, n, m, |a, b| e.saturating_subtract(a, b)),
        6 => map2(shape, n, m, |a, b| ones_if(e.value(a) > e.value(b))),
        7 => map2(shape, n, m, |a, b| ones_if(e.value(a) >= e.value(b))),
        8 => map2(shape, n, m, |a, b| e.shift(a, b)),
        9 => map2(shape, n, m, |a, b| e.saturating_shift(a, b)),
        10 => map2(shape, n, m, |a, b| e.rounding_shift(a, b)),
        11 => map2(shape, n, m, |a, b| e.saturating_rounding_shift(a, b)),
        12 => map2(shape, n, m, |a, b| e.maximum(a, b)),
        13 => map2(shape, n, m, |a, b| e.minimum(a, b)),
        14 => map2(shape, n, m, |a, b| e.absolute_difference(a, b)),
        15 => map3(shape, d, n, m, |sum, a, b| sum.wrapping_add(e.absolute_difference(a, b))),
        16 if u => map2(shape, n, m, u64::wrapping_sub),
        16 => map2(shape, n, m, u64::wrapping_add),
        17 if u => map2(shape, n, m, |a, b| ones_if(a == b)),
        17 => map2(shape, n, m, |a, b| ones_if(a & b != 0)),
        20 => pairwise(shape, n, m, |a, b| e.maximum(a, b)),
        21 => pairwise(shape, n, m, |a, b| e.minimum(a, b)),
        23 => pairwise(shape, n, m, u64::wrapping_add),
        _ => product(word, shape, (d, n, m), e)?,
    };
    let saturated = element.saturated;
    cpu.note_saturation(saturated);
    cpu.set_vector(word.d(), result);
    Ok(())
}

fn product(
    word: Word,
    shape: Shape,
    (d, n, m): (u128, u128, u128),
    element: &mut Element,
) -> Result<u128, crate::op::Interrupt> {
    let result = match (word.bits(11, 5), word.bit(29)) {
        (18, false) => map3(shape, d, n, m, |sum, a, b| sum.wrapping_add(a.wrapping_mul(b))),
        (18, true) => map3(shape, d, n, m, |sum, a, b| sum.wrapping_sub(a.wrapping_mul(b))),
        (19, false) => map2(shape, n, m, u64::wrapping_mul),
        (19, true) => map2(shape, n, m, |a, b| polynomial_multiply(a, b) as u64),
        (22, rounds) => {
            element.sign = Sign::Signed;
            let rounding = Rounding::half_if(rounds);
            map2(shape, n, m, |a, b| element.doubling_multiply_high(a, b, rounding))
        }
        _ => return Err(ILLEGAL),
    };
    Ok(result)
}
