//! Advanced SIMD: three registers of the same length. Called by [`crate::arm::neon`]. ARMv7-A reference manual, A7.4.1.

use crate::arm::cpu::Cpu;
use crate::arm::decode::{bit, field};
use crate::arm::neon::Vectors;
use crate::arm::whole::{Done, ILLEGAL};
use crate::soft::{self, Environment, Relation, SINGLE};
use crate::vector::{self, Element, Rounding, Shape, Sign, map2, map3, ones_if};

/// By opcode (bits 11 to 8), bit 4, U (bit 24) and size.
pub(in crate::arm) fn execute(cpu: &mut Cpu, word: u32) -> Done {
    let vectors = Vectors::of(word);
    let (opcode, b) = (field(word, 8, 4), bit(word, 4));
    if vectors.is_odd(vectors.d | vectors.n | vectors.m) {
        return ILLEGAL;
    }
    match (opcode, b) {
        (1, true) => logic(cpu, word, vectors),
        (12.., _) => float(cpu, word, vectors),
        _ => integer(cpu, word, vectors),
    }
}

fn logic(cpu: &mut Cpu, word: u32, vectors: Vectors) -> Done {
    let (n, m) = (vectors.get(cpu, vectors.n), vectors.get(cpu, vectors.m));
    let d = vectors.get(cpu, vectors.d);
    let result = match (bit(word, 24), field(word, 20, 2)) {
        (false, 0) => n & m,
        (false, 1) => n & !m,
        (false, 2) => n | m,
        (false, _) => n | !m,
        (true, 0) => n ^ m,
        (true, 1) => n & d | m & !d,
        (true, 2) => n & m | d & !m,
        (true, _) => n & !m | d & m,
    };
    vectors.set(cpu, result);
    Ok(())
}

fn integer(cpu: &mut Cpu, word: u32, vectors: Vectors) -> Done {
    let (opcode, b, size) = (field(word, 8, 4), bit(word, 4), field(word, 20, 2));
    let sign = Sign::unsigned_if(bit(word, 24));
    let allows_64 = matches!((opcode, b), (0 | 2, true) | (4 | 5, _) | (8, false));
    if size == 3 && !allows_64 {
        return ILLEGAL;
    }
    let shape = vectors.shape(size);
    let mut element = Element::new(shape.bits, sign);
    let (n, m) = (vectors.get(cpu, vectors.n), vectors.get(cpu, vectors.m));
    let d = vectors.get(cpu, vectors.d);
    let e = &mut element;
    let result = match (opcode, b) {
        (0, false) => map2(shape, n, m, |a, b| e.halving_add(a, b)),
        (0, true) => map2(shape, n, m, |a, b| e.saturating_add(a, b)),
        (1, false) => map2(shape, n, m, |a, b| e.rounding_halving_add(a, b)),
        (2, false) => map2(shape, n, m, |a, b| e.halving_subtract(a, b)),
        (2, true) => map2(shape, n, m, |a, b| e.saturating_subtract(a, b)),
        (3, false) => map2(shape, n, m, |a, b| ones_if(e.value(a) > e.value(b))),
        (3, true) => map2(shape, n, m, |a, b| ones_if(e.value(a) >= e.value(b))),
        // The amounts are in the first operand.
        (4, false) => map2(shape, m, n, |a, by| e.shift(a, by)),
        (4, true) => map2(shape, m, n, |a, by| e.saturating_shift(a, by)),
        (5, false) => map2(shape, m, n, |a, by| e.rounding_shift(a, by)),
        (5, true) => map2(shape, m, n, |a, by| e.saturating_rounding_shift(a, by)),
        (6, false) => map2(shape, n, m, |a, b| e.maximum(a, b)),
        (6, true) => map2(shape, n, m, |a, b| e.minimum(a, b)),
        (7, false) => map2(shape, n, m, |a, b| e.absolute_difference(a, b)),
        (7, true) => map3(shape, d, n, m, |d, a, b| d.wrapping_add(e.absolute_difference(a, b))),
        _ => match others(e, shape, word, (d, n, m)) {
            Some(result) => result,
            None => return ILLEGAL,
        },
    };
    let saturated = element.saturated;
    cpu.note_saturation(saturated);
    vectors.set(cpu, result);
    Ok(())
}

/// Opcodes 8 to 11.
fn others(e: &mut Element, shape: Shape, word: u32, (d, n, m): (u128, u128, u128)) -> Option<u128> {
    let (unsigned, quad) = (bit(word, 24), bit(word, 6));
    Some(match (field(word, 8, 4), bit(word, 4), unsigned) {
        (8, false, false) => map2(shape, n, m, u64::wrapping_add),
        (8, false, true) => map2(shape, n, m, u64::wrapping_sub),
        (8, true, false) => map2(shape, n, m, |a, b| ones_if(a & b != 0)),
        (8, true, true) => map2(shape, n, m, |a, b| ones_if(a == b)),
        (9, false, false) => map3(shape, d, n, m, |d, a, b| d.wrapping_add(a.wrapping_mul(b))),
        (9, false, true) => map3(shape, d, n, m, |d, a, b| d.wrapping_sub(a.wrapping_mul(b))),
        (9, true, false) => map2(shape, n, m, u64::wrapping_mul),
        (9, true, true) if shape.bits == 8 => {
            map2(shape, n, m, |a, b| vector::polynomial_multiply(a, b) as u64)
        }
        (10, false, _) if !quad => vector::pairwise(shape, n, m, |a, b| e.maximum(a, b)),
        (10, true, _) if !quad => vector::pairwise(shape, n, m, |a, b| e.minimum(a, b)),
        (11, false, rounds) if matches!(shape.bits, 16 | 32) => {
            e.sign = Sign::Signed;
            map2(shape, n, m, |a, b| e.doubling_multiply_high(a, b, Rounding::half_if(rounds)))
        }
        (11, true, false) if !quad => vector::pairwise(shape, n, m, u64::wrapping_add),
        _ => return None,
    })
}

/// One lane of singles.
type Work = fn(&mut Environment, u64, u64) -> u64;

pub(in crate::arm) fn add(environment: &mut Environment, a: u64, b: u64) -> u64 {
    soft::add(SINGLE, environment, a, b)
}
fn subtract(environment: &mut Environment, a: u64, b: u64) -> u64 {
    soft::subtract(SINGLE, environment, a, b)
}
pub(in crate::arm) fn multiply(environment: &mut Environment, a: u64, b: u64) -> u64 {
    soft::multiply(SINGLE, environment, a, b)
}
fn difference(environment: &mut Environment, a: u64, b: u64) -> u64 {
    subtract(environment, a, b) & !SINGLE.sign_mask()
}
fn maximum(environment: &mut Environment, a: u64, b: u64) -> u64 {
    soft::maximum(SINGLE, environment, a, b)
}
fn minimum(environment: &mut Environment, a: u64, b: u64) -> u64 {
    soft::minimum(SINGLE, environment, a, b)
}
pub(in crate::arm) fn equal(environment: &mut Environment, a: u64, b: u64) -> u64 {
    ones_if(soft::compare(SINGLE, environment, a, b, false) == Relation::Equal)
}
pub(in crate::arm) fn greater(environment: &mut Environment, a: u64, b: u64) -> u64 {
    ones_if(soft::compare(SINGLE, environment, a, b, true) == Relation::Greater)
}
pub(in crate::arm) fn greater_or_equal(environment: &mut Environment, a: u64, b: u64) -> u64 {
    let relation = soft::compare(SINGLE, environment, a, b, true);
    ones_if(matches!(relation, Relation::Greater | Relation::Equal))
}
fn absolute_greater(environment: &mut Environment, a: u64, b: u64) -> u64 {
    greater(environment, a & !SINGLE.sign_mask(), b & !SINGLE.sign_mask())
}
fn absolute_greater_or_equal(environment: &mut Environment, a: u64, b: u64) -> u64 {
    greater_or_equal(environment, a & !SINGLE.sign_mask(), b & !SINGLE.sign_mask())
}

const TWO: u64 = 0x4000_0000;
const THREE: u64 = 0x4040_0000;
const THREE_HALVES: u64 = 0x3fc0_0000;
const INFINITY: u64 = 0x7f80_0000;

/// Infinity times zero, where subnormal numbers are zeros (and told).
fn is_infinity_times_zero(environment: &mut Environment, a: u64, b: u64) -> bool {
    let magnitude = |value: u64| value & !SINGLE.sign_mask();
    let (a, b) = (magnitude(a), magnitude(b));
    let is_small = |value: u64| value < 0x0080_0000;
    let holds = a == INFINITY && is_small(b) || b == INFINITY && is_small(a);
    if holds && a != 0 && b != 0 {
        environment.flags |= soft::SUBNORMAL_OPERAND;
    }
    holds
}

/// `2 - a * b`, rounded twice.
fn reciprocal_step(environment: &mut Environment, a: u64, b: u64) -> u64 {
    if is_infinity_times_zero(environment, a, b) {
        return TWO;
    }
    let product = multiply(environment, a, b);
    subtract(environment, TWO, product)
}

/// `(3 - a * b) / 2`, rounded each time.
fn root_step(environment: &mut Environment, a: u64, b: u64) -> u64 {
    if is_infinity_times_zero(environment, a, b) {
        return THREE_HALVES;
    }
    let product = multiply(environment, a, b);
    let sum = subtract(environment, THREE, product);
    soft::divide(SINGLE, environment, sum, TWO)
}

fn float(cpu: &mut Cpu, word: u32, vectors: Vectors) -> Done {
    let (opcode, b, unsigned) = (field(word, 8, 4), bit(word, 4), bit(word, 24));
    let second = bit(word, 21);
    if bit(word, 20) {
        return ILLEGAL;
    }
    let (work, pairs): (Work, bool) = match (opcode, b, unsigned, second) {
        (12, true, false, _) | (13, true, false, _) => {
            accumulate(cpu, vectors, opcode == 12, second);
            return Ok(());
        }
        (13, false, false, false) => (add, false),
        (13, false, false, true) => (subtract, false),
        (13, false, true, false) => (add, true),
        (13, false, true, true) => (difference, false),
        (13, true, true, false) => (multiply, false),
        (14, false, false, false) => (equal, false),
        (14, false, true, false) => (greater_or_equal, false),
        (14, false, true, true) => (greater, false),
        (14, true, true, false) => (absolute_greater_or_equal, false),
        (14, true, true, true) => (absolute_greater, false),
        (15, false, pairs, false) => (maximum, pairs),
        (15, false, pairs, true) => (minimum, pairs),
        (15, true, false, false) => (reciprocal_step, false),
        (15, true, false, true) => (root_step, false),
        _ => return ILLEGAL,
    };
    if pairs && vectors.quad {
        return ILLEGAL;
    }
    let mut environment = cpu.standard_environment();
    let shape = vectors.shape(2);
    let (n, m) = (vectors.get(cpu, vectors.n), vectors.get(cpu, vectors.m));
    let result = if pairs {
        vector::pairwise(shape, n, m, |a, b| work(&mut environment, a, b))
    } else {
        map2(shape, n, m, |a, b| work(&mut environment, a, b))
    };
    cpu.keep_flags(&environment);
    vectors.set(cpu, result);
    Ok(())
}

/// vmla, vmls, and with one rounding vfma, vfms.
fn accumulate(cpu: &mut Cpu, vectors: Vectors, fused: bool, subtracts: bool) {
    let mut environment = cpu.standard_environment();
    let (n, m) = (vectors.get(cpu, vectors.n), vectors.get(cpu, vectors.m));
    let d = vectors.get(cpu, vectors.d);
    let e = &mut environment;
    let result = map3(vectors.shape(2), d, n, m, |d, a, b| match (fused, subtracts) {
        (true, false) => soft::multiply_add(SINGLE, e, d, a, b),
        (true, true) => soft::multiply_add(SINGLE, e, d, a ^ SINGLE.sign_mask(), b),
        (false, _) => {
            let product = multiply(e, a, b);
            if subtracts { subtract(e, d, product) } else { add(e, d, product) }
        }
    });
    cpu.keep_flags(&environment);
    vectors.set(cpu, result);
}
