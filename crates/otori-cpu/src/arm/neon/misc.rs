//! Advanced SIMD: two registers, the rest is opcode. Called by [`crate::arm::neon`]. ARMv7-A reference manual, A7.4.5.

use crate::arm::cpu::Cpu;
use crate::arm::decode::{bit, field};
use crate::arm::neon::Vectors;
use crate::arm::neon::same::{equal, greater, greater_or_equal};
use crate::arm::whole::{Done, ILLEGAL};
use crate::soft::{self, Fixed, HALF, SINGLE};
use crate::vector::{Element, Shape, Sign, build, lane, map, ones_if, with_lane};

/// By A (bits 17 and 16) and opcode (bits 10 to 7).
pub(in crate::arm) fn execute(cpu: &mut Cpu, word: u32) -> Done {
    let vectors = Vectors::of(word);
    let (opcode, size) = (field(word, 7, 4), field(word, 18, 2));
    let odd = vectors.is_odd(vectors.d | vectors.m);
    match field(word, 16, 2) {
        2 if opcode >= 4 => narrow_or_widen(cpu, word, vectors, size),
        _ if odd => ILLEGAL,
        0 => lanes(cpu, vectors, opcode, size),
        1 if opcode >= 8 && size == 2 => float_against_zero(cpu, vectors, opcode & 7),
        1 if opcode < 8 && size < 3 => against_zero(cpu, vectors, opcode, size),
        2 => permute(cpu, vectors, opcode, size),
        3 if size == 2 => convert(cpu, vectors, opcode),
        _ => ILLEGAL,
    }
}

fn lanes(cpu: &mut Cpu, vectors: Vectors, opcode: u32, size: u32) -> Done {
    let allowed = match opcode {
        1 => size < 2,
        2 | 10 | 11 => size == 0,
        _ => size < 3,
    };
    if !allowed {
        return ILLEGAL;
    }
    let shape = vectors.shape(size);
    let bits = shape.bits;
    let (m, d) = (vectors.get(cpu, vectors.m), vectors.get(cpu, vectors.d));
    let mut element = Element::new(bits, Sign::Signed);
    let result = match opcode {
        0..=2 => {
            // Lanes change places within 64, 32 or 16 bits.
            let group = (64 >> opcode) / bits;
            build(shape, |index| lane(m, bits, index ^ (group - 1)))
        }
        4 | 5 | 12 | 13 => {
            element.sign = Sign::unsigned_if(opcode & 1 != 0);
            let wide = Shape { bits: 2 * bits, count: shape.count / 2 };
            build(wide, |index| {
                let pair = |which| element.value(lane(m, bits, 2 * index + which));
                let sum = (pair(0) + pair(1)) as u64;
                if opcode >= 12 { sum.wrapping_add(lane(d, wide.bits, index)) } else { sum }
            })
        }
        8 => map(shape, m, |a| {
            let value = element.value(a);
            let same = if value < 0 { !value } else { value };
            u64::from((same as u64).leading_zeros() - (64 - bits) - 1)
        }),
        9 => map(shape, m, |a| u64::from(a.leading_zeros() - (64 - bits))),
        10 => map(shape, m, |a| u64::from(a.count_ones())),
        11 => map(shape, m, |a| !a),
        14 => map(shape, m, |a| element.saturate(element.value(a).abs())),
        15 => map(shape, m, |a| element.saturate(-element.value(a))),
        _ => return ILLEGAL,
    };
    cpu.note_saturation(element.saturated);
    vectors.set(cpu, result);
    Ok(())
}

fn against_zero(cpu: &mut Cpu, vectors: Vectors, opcode: u32, size: u32) -> Done {
    let shape = vectors.shape(size);
    let element = Element::new(shape.bits, Sign::Signed);
    let m = vectors.get(cpu, vectors.m);
    let result = match opcode {
        0 => map(shape, m, |a| ones_if(element.value(a) > 0)),
        1 => map(shape, m, |a| ones_if(element.value(a) >= 0)),
        2 => map(shape, m, |a| ones_if(a == 0)),
        3 => map(shape, m, |a| ones_if(element.value(a) <= 0)),
        4 => map(shape, m, |a| ones_if(element.value(a) < 0)),
        6 => map(shape, m, |a| element.value(a).unsigned_abs() as u64),
        7 => map(shape, m, u64::wrapping_neg),
        _ => return ILLEGAL,
    };
    vectors.set(cpu, result);
    Ok(())
}

fn float_against_zero(cpu: &mut Cpu, vectors: Vectors, opcode: u32) -> Done {
    let mut environment = cpu.standard_environment();
    let e = &mut environment;
    let (shape, sign) = (vectors.shape(2), SINGLE.sign_mask());
    let m = vectors.get(cpu, vectors.m);
    let result = match opcode {
        0 => map(shape, m, |a| greater(e, a, 0)),
        1 => map(shape, m, |a| greater_or_equal(e, a, 0)),
        2 => map(shape, m, |a| equal(e, a, 0)),
        3 => map(shape, m, |a| greater_or_equal(e, 0, a)),
        4 => map(shape, m, |a| greater(e, 0, a)),
        6 => map(shape, m, |a| a & !sign),
        7 => map(shape, m, |a| a ^ sign),
        _ => return ILLEGAL,
    };
    cpu.keep_flags(&environment);
    vectors.set(cpu, result);
    Ok(())
}

/// vswp, vtrn, vuzp, vzip: both registers change.
fn permute(cpu: &mut Cpu, vectors: Vectors, opcode: u32, size: u32) -> Done {
    let allowed = match opcode {
        0 => size == 0,
        1 | 2 => size < 3,
        _ => size < 3,
    };
    // Two lanes of 32 bits: vtrn does what these would.
    if !allowed || opcode >= 2 && size == 2 && !vectors.quad {
        return ILLEGAL;
    }
    let shape = vectors.shape(size);
    let (bits, count) = (shape.bits, shape.count);
    let (d, m) = (vectors.get(cpu, vectors.d), vectors.get(cpu, vectors.m));
    let both = |index: u32| if index < count { lane(d, bits, index) } else { lane(m, bits, index - count) };
    let (mut first, mut second) = (m, d);
    for index in 0..count {
        let (a, b) = match opcode {
            1 => {
                let even = index & !1;
                let odd = index & 1;
                let from = |base| if odd == 0 { lane(d, bits, base) } else { lane(m, bits, base) };
                (from(even), from(even + 1))
            }
            2 => (both(2 * index), both(2 * index + 1)),
            3 => {
                let pick = |at: u32| if at & 1 == 0 { lane(d, bits, at / 2) } else { lane(m, bits, at / 2) };
                (pick(index), pick(count + index))
            }
            _ => break,
        };
        first = with_lane(first, bits, index, a);
        second = with_lane(second, bits, index, b);
    }
    vectors.set(cpu, first);
    Vectors { d: vectors.m, ..vectors }.set(cpu, second);
    Ok(())
}

/// vmovn, vqmovn, vqmovun, vshll by the width, and half precision.
fn narrow_or_widen(cpu: &mut Cpu, word: u32, vectors: Vectors, size: u32) -> Done {
    let shape = Shape::of(size, 8);
    let bits = shape.bits;
    match field(word, 6, 5) {
        kind @ 8..=11 if size < 3 && vectors.m & 1 == 0 => {
            let (from, to) = match kind {
                9 => (Sign::Signed, Sign::Unsigned),
                10 => (Sign::Signed, Sign::Signed),
                _ => (Sign::Unsigned, Sign::Unsigned),
            };
            let mut element = Element::new(2 * bits, from);
            let m = cpu.quad(vectors.m);
            let result = build(shape, |index| {
                let value = lane(m, 2 * bits, index);
                if kind == 8 { value } else { element.saturate_to(bits, to, element.value(value)) }
            });
            cpu.note_saturation(element.saturated);
            cpu.set_double(vectors.d, result as u64);
        }
        12 if size < 3 && vectors.d & 1 == 0 => {
            let m = cpu.double(vectors.m).into();
            let result = build(shape.wide(), |index| lane(m, bits, index) << bits);
            cpu.set_quad(vectors.d, result);
        }
        24 if size == 1 && vectors.m & 1 == 0 => {
            let mut environment = cpu.standard_environment();
            let m = cpu.quad(vectors.m);
            let alternative = bit(cpu.fpscr, 26);
            let result = build(Shape { bits: 16, count: 4 }, |index| {
                let value = lane(m, 32, index);
                if alternative {
                    soft::to_alternative_half(SINGLE, &mut environment, value)
                } else {
                    soft::convert(SINGLE, HALF, &mut environment, value)
                }
            });
            cpu.keep_flags(&environment);
            cpu.set_double(vectors.d, result as u64);
        }
        28 if size == 1 && vectors.d & 1 == 0 => {
            let mut environment = cpu.standard_environment();
            let m = cpu.double(vectors.m).into();
            let alternative = bit(cpu.fpscr, 26);
            let result = build(Shape { bits: 32, count: 4 }, |index| {
                let value = lane(m, 16, index);
                if alternative {
                    soft::from_alternative_half(SINGLE, &mut environment, value)
                } else {
                    soft::convert(HALF, SINGLE, &mut environment, value)
                }
            });
            cpu.keep_flags(&environment);
            cpu.set_quad(vectors.d, result);
        }
        _ => return ILLEGAL,
    }
    Ok(())
}

/// Estimates, and singles to and from integers.
fn convert(cpu: &mut Cpu, vectors: Vectors, opcode: u32) -> Done {
    let mut environment = cpu.standard_environment();
    let e = &mut environment;
    let shape = vectors.shape(2);
    let m = vectors.get(cpu, vectors.m);
    let target = Fixed { bits: 32, signed: opcode & 1 == 0, fraction_bits: 0 };
    let result = match opcode {
        8 => map(shape, m, |a| soft::unsigned_reciprocal_estimate(a as u32).into()),
        9 => map(shape, m, |a| soft::unsigned_reciprocal_root_estimate(a as u32).into()),
        10 => map(shape, m, |a| soft::reciprocal_estimate(SINGLE, e, a)),
        11 => map(shape, m, |a| soft::reciprocal_root_estimate(SINGLE, e, a)),
        12 => map(shape, m, |a| soft::from_integer(SINGLE, e, i64::from(a as u32 as i32))),
        13 => map(shape, m, |a| soft::from_integer(SINGLE, e, a as i64)),
        14 | 15 => map(shape, m, |a| soft::to_fixed(SINGLE, e, soft::Rounding::Zero, target, a)),
        _ => return ILLEGAL,
    };
    cpu.keep_flags(&environment);
    vectors.set(cpu, result);
    Ok(())
}
