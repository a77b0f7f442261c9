//! First guesses of reciprocals and reciprocal square roots, bit by bit as the ARM ARM has them (FPRecipEstimate,
//! FPRSqrtEstimate, FPRecpX, UnsignedRecipEstimate, UnsignedRSqrtEstimate; Armv8.0, eight bits).

use super::{
    Class, DIVISION_BY_ZERO, Environment, Format, INEXACT, OVERFLOW, Rounding, UNDERFLOW, Unpacked, unpack,
};

/// 256 to 511 as halves to one: the reciprocal, 256 to 511 as one to two.
fn reciprocal(value: u32) -> u32 {
    ((1 << 19) / (2 * value + 1)).div_ceil(2)
}

/// 128 to 511 as a quarter to one: the reciprocal root, 256 to 511 as one to two.
fn reciprocal_root(value: u32) -> u32 {
    let middle = if value < 256 { 2 * value + 1 } else { (value | 1) * 2 };
    // The largest `root` with `middle * root^2 < 2^28`.
    let root = ((1u32 << 28) - 1) / middle;
    root.isqrt().div_ceil(2)
}

/// The estimate of `1 / a`.
pub fn reciprocal_estimate(format: Format, environment: &mut Environment, a: u64) -> u64 {
    let x = unpack(format, environment, a);
    match x.class {
        Class::QuietNan | Class::SignalingNan => return environment.propagate(format, &[&x]),
        Class::Infinity => return format.signed(x.sign, 0),
        Class::Zero => {
            environment.raise(DIVISION_BY_ZERO);
            return format.infinity(x.sign);
        }
        Class::Finite => {}
    }
    if x.exponent < -format.bias() - 1 {
        return overflow(format, environment, &x);
    }
    if environment.flushing && x.exponent >= format.bias() - 1 {
        environment.raise(UNDERFLOW);
        return format.signed(x.sign, 0);
    }
    let fraction = u64::from(reciprocal((x.significand >> 55) as u32)) & 255;
    let fraction = fraction << (format.fraction_bits - 8);
    // 2^-(exponent + 1) times one to two.
    let field = format.bias() - x.exponent - 1;
    let implicit = 1 << format.fraction_bits;
    let magnitude = match field {
        1.. => (field as u64) << format.fraction_bits | fraction,
        0 => (implicit | fraction) >> 1,
        _ => (implicit | fraction) >> 2,
    };
    format.signed(x.sign, magnitude)
}

/// The reciprocal of a number too near to zero.
fn overflow(format: Format, environment: &mut Environment, x: &Unpacked) -> u64 {
    environment.raise(OVERFLOW | INEXACT);
    let infinite = match environment.rounding {
        Rounding::NearestEven | Rounding::NearestAway => true,
        Rounding::Zero | Rounding::Odd => false,
        Rounding::Up => !x.sign,
        Rounding::Down => x.sign,
    };
    if infinite { format.infinity(x.sign) } else { format.largest(x.sign) }
}

/// The estimate of `1 / sqrt(a)`.
pub fn reciprocal_root_estimate(format: Format, environment: &mut Environment, a: u64) -> u64 {
    let x = unpack(format, environment, a);
    match x.class {
        Class::QuietNan | Class::SignalingNan => environment.propagate(format, &[&x]),
        Class::Zero => {
            environment.raise(DIVISION_BY_ZERO);
            format.infinity(x.sign)
        }
        _ if x.sign => environment.invalid(format),
        Class::Infinity => 0,
        Class::Finite => {
            // An odd power of two is halves to one, an even one a quarter to a half.
            let odd = x.exponent & 1 != 0;
            let value = (x.significand >> if odd { 55 } else { 56 }) as u32;
            let fraction = u64::from(reciprocal_root(value)) & 255;
            let field = (3 * format.bias() - 1 - (x.exponent + format.bias())) >> 1;
            (field as u64) << format.fraction_bits | fraction << (format.fraction_bits - 8)
        }
    }
}

/// The power of two with the exponent field inverted.
pub fn reciprocal_exponent(format: Format, environment: &mut Environment, a: u64) -> u64 {
    let x = unpack(format, environment, a);
    if x.is_nan() {
        return environment.propagate(format, &[&x]);
    }
    let field = a >> format.fraction_bits & format.exponent_mask();
    let inverted = if field == 0 { format.exponent_mask() - 1 } else { !field & format.exponent_mask() };
    format.signed(x.sign, inverted << format.fraction_bits)
}

/// The estimate of the reciprocal of a number from a half to one with 32 bits.
#[must_use]
pub fn unsigned_reciprocal_estimate(a: u32) -> u32 {
    if a >> 31 == 0 { u32::MAX } else { reciprocal(a >> 23) << 23 }
}

/// The estimate of the reciprocal root of a number from a quarter to one with 32 bits.
#[must_use]
pub fn unsigned_reciprocal_root_estimate(a: u32) -> u32 {
    if a >> 30 == 0 { u32::MAX } else { reciprocal_root(a >> 23) << 23 }
}
