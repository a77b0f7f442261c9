//! Advanced SIMD: three registers of different lengths, and two with a lane of a third. Called by [`crate::arm::neon`].
//! ARMv7-A reference manual, A7.4.2 and A7.4.3.

use crate::arm::cpu::Cpu;
use crate::arm::decode::{bit, field};
use crate::arm::neon::Vectors;
use crate::arm::neon::same::{add, multiply};
use crate::arm::whole::{Done, ILLEGAL};
use crate::soft::{self, SINGLE};
use crate::vector::{self, Element, Rounding, Shape, Sign, build, lane, map2, map3};

/// By opcode (bits 11 to 8) and U (bit 24).
pub(in crate::arm) fn execute(cpu: &mut Cpu, word: u32) -> Done {
    let vectors = Vectors::of(word);
    let (opcode, size) = (field(word, 8, 4), field(word, 20, 2));
    match opcode {
        4 | 6 => return high_half(cpu, word, vectors, size),
        1 | 3 if (vectors.d | vectors.n) & 1 != 0 => return ILLEGAL,
        _ if vectors.d & 1 != 0 => return ILLEGAL,
        _ => {}
    }
    let m = cpu.double(vectors.m);
    product(cpu, word, opcode, m, size)
}

/// With a double as second operand, to a quad.
fn product(cpu: &mut Cpu, word: u32, opcode: u32, m: u64, size: u32) -> Done {
    let vectors = Vectors::of(word);
    let shape = Shape::of(size, 8);
    let (bits, wide) = (shape.bits, shape.wide());
    let unsigned = bit(word, 24);
    let mut element = Element::new(bits, Sign::unsigned_if(unsigned));
    let mut sum = Element::new(wide.bits, Sign::Signed);
    let (d, n) = (cpu.quad(vectors.d), cpu.double(vectors.n).into());
    let wide_n = cpu.quad(vectors.n);
    let doubles = matches!(opcode, 9 | 11 | 13);
    if doubles && (unsigned || size == 0) || opcode == 14 && (unsigned || size != 0) {
        return ILLEGAL;
    }
    let result = build(wide, |index| {
        let (a, b) = (lane(n, bits, index), lane(m.into(), bits, index));
        let (x, y) = (element.value(a), element.value(b));
        let (d, w) = (lane(d, wide.bits, index), lane(wide_n, wide.bits, index));
        match opcode {
            0 => (x + y) as u64,
            1 => w.wrapping_add(y as u64),
            2 => (x - y) as u64,
            3 => w.wrapping_sub(y as u64),
            5 => d.wrapping_add((x - y).unsigned_abs() as u64),
            7 => (x - y).unsigned_abs() as u64,
            8 => d.wrapping_add((x * y) as u64),
            10 => d.wrapping_sub((x * y) as u64),
            9 => {
                let product = element.doubling_multiply_long(a, b);
                sum.saturating_add(d, product)
            }
            11 => {
                let product = element.doubling_multiply_long(a, b);
                sum.saturating_subtract(d, product)
            }
            12 => (x * y) as u64,
            13 => element.doubling_multiply_long(a, b),
            _ => vector::polynomial_multiply(a, b) as u64,
        }
    });
    if opcode == 15 {
        return ILLEGAL;
    }
    cpu.note_saturation(element.saturated || sum.saturated);
    cpu.set_quad(vectors.d, result);
    Ok(())
}

/// vaddhn and its like: the upper halves of sums.
fn high_half(cpu: &mut Cpu, word: u32, vectors: Vectors, size: u32) -> Done {
    if (vectors.n | vectors.m) & 1 != 0 {
        return ILLEGAL;
    }
    let shape = Shape::of(size, 8);
    let wide = shape.wide().bits;
    let (n, m) = (cpu.quad(vectors.n), cpu.quad(vectors.m));
    let rounding = if bit(word, 24) { 1 << (shape.bits - 1) } else { 0 };
    let result = build(shape, |index| {
        let (a, b) = (lane(n, wide, index), lane(m, wide, index));
        let sum = if bit(word, 9) { a.wrapping_sub(b) } else { a.wrapping_add(b) };
        sum.wrapping_add(rounding) >> shape.bits
    });
    cpu.set_double(vectors.d, result as u64);
    Ok(())
}

/// With one lane of the second operand for all; U says whether those of the same length are quads.
pub(in crate::arm) fn scalar(cpu: &mut Cpu, word: u32) -> Done {
    let (opcode, size) = (field(word, 8, 4), field(word, 20, 2));
    let (register, index) = match size {
        1 => (field(word, 0, 3), field(word, 5, 1) << 1 | field(word, 3, 1)),
        2 => (field(word, 0, 4), field(word, 5, 1)),
        _ => return ILLEGAL,
    };
    let shape = Shape::of(size, 8);
    let value = lane(cpu.double(register).into(), shape.bits, index);
    let vectors = Vectors { quad: bit(word, 24), ..Vectors::of(word) };
    let m = vector::splat(vectors.shape(size), value);
    match opcode {
        2 | 3 | 6 | 7 | 10 | 11 if vectors.d & 1 != 0 => ILLEGAL,
        2 | 6 | 10 => product(cpu, word, [8, 10, 12][opcode as usize / 4], m as u64, size),
        3 | 7 | 11 => product(cpu, word, [9, 11, 13][opcode as usize / 4], m as u64, size),
        _ if vectors.is_odd(vectors.d | vectors.n) => ILLEGAL,
        1 | 5 | 9 if size == 2 => scalar_float(cpu, opcode, vectors, m),
        0 | 4 | 8 | 12 | 13 => {
            let shape = vectors.shape(size);
            let (d, n) = (vectors.get(cpu, vectors.d), vectors.get(cpu, vectors.n));
            let mut element = Element::new(shape.bits, Sign::Signed);
            let rounding = Rounding::half_if(opcode == 13);
            let result = match opcode {
                0 => map3(shape, d, n, m, |d, a, b| d.wrapping_add(a.wrapping_mul(b))),
                4 => map3(shape, d, n, m, |d, a, b| d.wrapping_sub(a.wrapping_mul(b))),
                8 => map2(shape, n, m, u64::wrapping_mul),
                _ => map2(shape, n, m, |a, b| element.doubling_multiply_high(a, b, rounding)),
            };
            cpu.note_saturation(element.saturated);
            vectors.set(cpu, result);
            Ok(())
        }
        _ => ILLEGAL,
    }
}

fn scalar_float(cpu: &mut Cpu, opcode: u32, vectors: Vectors, m: u128) -> Done {
    let mut environment = cpu.standard_environment();
    let e = &mut environment;
    let (d, n) = (vectors.get(cpu, vectors.d), vectors.get(cpu, vectors.n));
    let result = map3(vectors.shape(2), d, n, m, |d, a, b| {
        let product = multiply(e, a, b);
        match opcode {
            1 => add(e, d, product),
            5 => soft::subtract(SINGLE, e, d, product),
            _ => product,
        }
    });
    cpu.keep_flags(&environment);
    vectors.set(cpu, result);
    Ok(())
}
