//! Advanced SIMD: two registers and a shift amount. Called by [`crate::arm::neon`]. ARMv7-A reference manual, A7.4.4.

use crate::arm::cpu::Cpu;
use crate::arm::decode::{bit, field};
use crate::arm::neon::Vectors;
use crate::arm::whole::{Done, ILLEGAL};
use crate::soft::{self, Fixed, SINGLE};
use crate::vector::{Element, Rounding, Shape, Sign, build, lane, map, map2};

/// By opcode (bits 11 to 8) and U (bit 24). The highest bit set of bits 7 and 21 to 16 says how wide a lane is.
pub(in crate::arm) fn execute(cpu: &mut Cpu, word: u32) -> Done {
    let amount = field(word, 7, 1) << 6 | field(word, 16, 6);
    let size = match amount {
        64.. => 3,
        32.. => 2,
        16.. => 1,
        8.. => 0,
        _ => return ILLEGAL,
    };
    match field(word, 8, 4) {
        0..=7 => same(cpu, word, size, amount),
        8 | 9 if size < 3 => narrow(cpu, word, size, amount),
        10 if size < 3 && !bit(word, 6) => widen(cpu, word, size, amount),
        14 | 15 if size == 2 => fixed(cpu, word, amount),
        _ => ILLEGAL,
    }
}

fn same(cpu: &mut Cpu, word: u32, size: u32, amount: u32) -> Done {
    let vectors = Vectors::of(word);
    if vectors.is_odd(vectors.d | vectors.m) {
        return ILLEGAL;
    }
    let (shape, unsigned) = (vectors.shape(size), bit(word, 24));
    let bits = shape.bits;
    let (left, right) = (amount - bits, 2 * bits - amount);
    let mut element = Element::new(bits, Sign::unsigned_if(unsigned));
    let e = &mut element;
    let (m, d) = (vectors.get(cpu, vectors.m), vectors.get(cpu, vectors.d));
    let by = u64::from(left);
    let low = |count: u32| if count >= 64 { u64::MAX } else { (1 << count) - 1 };
    let result = match (field(word, 8, 4), unsigned) {
        (0, _) => map(shape, m, |a| e.shift_right(a, right)),
        (1, _) => map2(shape, d, m, |d, a| d.wrapping_add(e.shift_right(a, right))),
        (2, _) => map(shape, m, |a| e.rounding_shift_right(a, right)),
        (3, _) => map2(shape, d, m, |d, a| d.wrapping_add(e.rounding_shift_right(a, right))),
        (4, true) => {
            let kept = !low(bits - right);
            map2(shape, d, m, |d, a| d & kept | e.shift_right(a, right))
        }
        (5, false) => map(shape, m, |a| a << left),
        (5, true) => map2(shape, d, m, |d, a| d & low(left) | a << left),
        (6, true) => map(shape, m, |a| e.saturating_shift_unsigned(a, by)),
        (7, _) => map(shape, m, |a| e.saturating_shift(a, by)),
        _ => return ILLEGAL,
    };
    let saturated = element.saturated;
    cpu.note_saturation(saturated);
    vectors.set(cpu, result);
    Ok(())
}

/// From lanes of twice the width: vshrn and its like.
fn narrow(cpu: &mut Cpu, word: u32, size: u32, amount: u32) -> Done {
    let vectors = Vectors::of(word);
    if vectors.m & 1 != 0 {
        return ILLEGAL;
    }
    let shape = Shape::of(size, 8);
    let wide = 2 * shape.bits;
    let right = wide - amount;
    let rounding = Rounding::half_if(bit(word, 6));
    let (saturates, unsigned) = (bit(word, 8), bit(word, 24));
    // vqshrun reads signed lanes and writes unsigned ones.
    let (from, to) = match (saturates, unsigned) {
        (true, true) => (Sign::Unsigned, Sign::Unsigned),
        (false, true) => (Sign::Signed, Sign::Unsigned),
        _ => (Sign::Signed, Sign::Signed),
    };
    let mut element = Element::new(wide, from);
    let m = cpu.quad(vectors.m);
    let result = build(shape, |index| {
        let value = lane(m, wide, index);
        match (saturates, unsigned, rounding) {
            (false, false, Rounding::Half) => element.rounding_shift_right(value, right),
            (false, false, _) => element.shift_right(value, right),
            _ => element.narrowing_shift(value, right, rounding, to),
        }
    });
    cpu.note_saturation(element.saturated);
    cpu.set_double(vectors.d, result as u64);
    Ok(())
}

/// To lanes of twice the width: vshll, vmovl.
fn widen(cpu: &mut Cpu, word: u32, size: u32, amount: u32) -> Done {
    let vectors = Vectors::of(word);
    if vectors.d & 1 != 0 {
        return ILLEGAL;
    }
    let shape = Shape::of(size, 8);
    let left = amount - shape.bits;
    let element = Element::new(shape.bits, Sign::unsigned_if(bit(word, 24)));
    let m = cpu.double(vectors.m).into();
    let result = build(shape.wide(), |index| (element.value(lane(m, shape.bits, index)) << left) as u64);
    cpu.set_quad(vectors.d, result);
    Ok(())
}

/// Singles from fixed-point numbers and back.
fn fixed(cpu: &mut Cpu, word: u32, amount: u32) -> Done {
    let vectors = Vectors::of(word);
    if vectors.is_odd(vectors.d | vectors.m) {
        return ILLEGAL;
    }
    let fraction_bits = 64 - amount;
    let signed = !bit(word, 24);
    let mut environment = cpu.standard_environment();
    let element = Element::new(32, Sign::unsigned_if(!signed));
    let m = vectors.get(cpu, vectors.m);
    let result = map(vectors.shape(2), m, |a| {
        if bit(word, 8) {
            let target = Fixed { bits: 32, signed, fraction_bits };
            soft::to_fixed(SINGLE, &mut environment, soft::Rounding::Zero, target, a)
        } else {
            soft::from_fixed(SINGLE, &mut environment, element.value(a), fraction_bits)
        }
    });
    cpu.keep_flags(&environment);
    vectors.set(cpu, result);
    Ok(())
}
