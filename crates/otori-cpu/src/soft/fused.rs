//! Multiplication and addition with one rounding, and ARM's steps of Newton's method made of it. IEEE 754 clause 5.4.1;
//! ARM ARM FPMulAdd, FPRecipStepFused, FPRSqrtStepFused, FPMulX.

use super::arithmetic::narrow;
use super::{Class, Environment, Format, Rounding, Unpacked, multiply, round, unpack};

/// `addend + a * b`, rounded once.
pub fn multiply_add(format: Format, environment: &mut Environment, addend: u64, a: u64, b: u64) -> u64 {
    scaled(format, environment, addend, (a, b), 0)
}

/// A product or an addend: value `magnitude / 2^124 * 2^exponent`, magnitude below 2^126, zero bits at its end.
struct Term {
    sign: bool,
    exponent: i32,
    magnitude: u128,
}

/// `(addend + a * b) * 2^scale`, rounded once.
fn scaled(format: Format, environment: &mut Environment, addend: u64, (a, b): (u64, u64), scale: i32) -> u64 {
    let z = unpack(format, environment, addend);
    let (x, y) = (unpack(format, environment, a), unpack(format, environment, b));
    let infinite = x.class == Class::Infinity || y.class == Class::Infinity;
    let zero = x.class == Class::Zero || y.class == Class::Zero;
    if infinite && zero && z.class != Class::SignalingNan {
        return environment.invalid(format);
    }
    if x.is_nan() || y.is_nan() || z.is_nan() {
        return environment.propagate(format, &[&z, &x, &y]);
    }
    let sign = x.sign != y.sign;
    if infinite || z.class == Class::Infinity {
        return match (infinite, z.class == Class::Infinity) {
            (true, true) if sign != z.sign => environment.invalid(format),
            (true, _) => format.infinity(sign),
            _ => format.infinity(z.sign),
        };
    }
    match (zero, z.class == Class::Zero) {
        (true, true) => {
            let sign = if sign == z.sign { sign } else { environment.rounding == Rounding::Down };
            format.signed(sign, 0)
        }
        (true, false) => round(format, environment, z.sign, z.exponent + scale, z.significand),
        _ => sum(format, environment, &product(&x, &y), &term(&z), scale),
    }
}

/// Significands have at most 53 bits, so the low 22 of their product are zero: they make room above.
fn product(x: &Unpacked, y: &Unpacked) -> Term {
    let magnitude = (u128::from(x.significand) * u128::from(y.significand)) >> 2;
    Term { sign: x.sign != y.sign, exponent: x.exponent + y.exponent, magnitude }
}

fn term(z: &Unpacked) -> Term {
    let magnitude = if z.class == Class::Zero { 0 } else { u128::from(z.significand) << 61 };
    Term { sign: z.sign, exponent: z.exponent, magnitude }
}

/// The sum of a product and an addend that is perhaps zero.
fn sum(format: Format, environment: &mut Environment, x: &Term, y: &Term, scale: i32) -> u64 {
    let (x, y) = match (x.magnitude, y.magnitude) {
        (_, 0) => (x, y),
        _ if x.exponent < y.exponent => (y, x),
        _ => (x, y),
    };
    let smaller = match x.exponent - y.exponent {
        _ if y.magnitude == 0 => 0,
        0 => y.magnitude,
        distance @ 1..=127 => y.magnitude >> distance | u128::from(y.magnitude << (128 - distance) != 0),
        _ => 1,
    };
    let (sign, magnitude) = match (x.sign == y.sign, x.magnitude >= smaller) {
        (true, _) => (x.sign, x.magnitude + smaller),
        (false, true) => (x.sign, x.magnitude - smaller),
        (false, false) => (y.sign, smaller - x.magnitude),
    };
    if magnitude == 0 {
        return format.signed(environment.rounding == Rounding::Down, 0);
    }
    let (significand, zeros) = narrow(magnitude);
    round(format, environment, sign, x.exponent + 3 - zeros + scale, significand)
}

/// Is one of them infinite and the other zero?
fn infinity_times_zero(format: Format, environment: &mut Environment, a: u64, b: u64) -> bool {
    let (x, y) = (unpack(format, environment, a), unpack(format, environment, b));
    matches!((x.class, y.class), (Class::Infinity, Class::Zero) | (Class::Zero, Class::Infinity))
}

/// Two.
fn two(format: Format) -> u64 {
    format.one() + (1 << format.fraction_bits)
}

/// `a * b`, but infinity times zero is two: ARM `fmulx`.
pub fn multiply_extended(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    if infinity_times_zero(format, environment, a, b) {
        return format.signed((a ^ b) & format.sign_mask() != 0, two(format));
    }
    multiply(format, environment, a, b)
}

/// `2 - a * b`, rounded once: ARM `frecps`.
pub fn reciprocal_step(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    if infinity_times_zero(format, environment, a, b) {
        return two(format);
    }
    scaled(format, environment, two(format), (a ^ format.sign_mask(), b), 0)
}

/// `(3 - a * b) / 2`, rounded once: ARM `frsqrts`.
pub fn reciprocal_root_step(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    let half_ulp = 1 << (format.fraction_bits - 1);
    if infinity_times_zero(format, environment, a, b) {
        return format.one() + half_ulp;
    }
    scaled(format, environment, two(format) + half_ulp, (a ^ format.sign_mask(), b), -1)
}
