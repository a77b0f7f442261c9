//! The four operations and the square root. IEEE 754 clause 5.4.1.

use super::{Class, DIVISION_BY_ZERO, Environment, Format, Rounding, host, round, unpack};

/// The top 64 bits of a number with its top bit at `127 - zeros`, sticky, and the zeros in front.
pub(super) fn narrow(wide: u128) -> (u64, i32) {
    let zeros = wide.leading_zeros();
    let wide = wide << zeros;
    ((wide >> 64) as u64 | u64::from(wide as u64 != 0), zeros as i32)
}

/// `a + b`.
pub fn add(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    if let Some(sum) = host::add(format, environment, a, b) {
        return sum;
    }
    let (mut x, mut y) = (unpack(format, environment, a), unpack(format, environment, b));
    if x.is_nan() || y.is_nan() {
        return environment.propagate(format, &[&x, &y]);
    }
    match (x.class, y.class) {
        (Class::Infinity, Class::Infinity) if x.sign != y.sign => return environment.invalid(format),
        (Class::Infinity, _) => return a,
        (_, Class::Infinity) => return b,
        (Class::Zero, Class::Zero) => {
            let sign = if x.sign == y.sign { x.sign } else { environment.rounding == Rounding::Down };
            return format.signed(sign, 0);
        }
        (Class::Zero, _) => return round(format, environment, y.sign, y.exponent, y.significand),
        (_, Class::Zero) => return round(format, environment, x.sign, x.exponent, x.significand),
        _ => {}
    }
    if (x.exponent, x.significand) < (y.exponent, y.significand) {
        core::mem::swap(&mut x, &mut y);
    }
    let distance = (x.exponent - y.exponent) as u32;
    let larger = u128::from(x.significand) << 63;
    let smaller = u128::from(y.significand) << 63;
    let smaller = match distance {
        0 => smaller,
        1..=126 => smaller >> distance | u128::from(smaller << (128 - distance) != 0),
        _ => 1,
    };
    let sum = if x.sign == y.sign { larger + smaller } else { larger - smaller };
    if sum == 0 {
        return format.signed(environment.rounding == Rounding::Down, 0);
    }
    let (significand, zeros) = narrow(sum);
    round(format, environment, x.sign, x.exponent + 1 - zeros, significand)
}

/// `a - b`; a NaN keeps its sign.
pub fn subtract(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    let is_nan = b & !format.sign_mask() > format.infinity(false);
    add(format, environment, a, if is_nan { b } else { b ^ format.sign_mask() })
}

/// `a * b`.
pub fn multiply(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    if let Some(product) = host::multiply(format, environment, a, b) {
        return product;
    }
    let (x, y) = (unpack(format, environment, a), unpack(format, environment, b));
    if x.is_nan() || y.is_nan() {
        return environment.propagate(format, &[&x, &y]);
    }
    let sign = x.sign != y.sign;
    match (x.class, y.class) {
        (Class::Infinity, Class::Zero) | (Class::Zero, Class::Infinity) => environment.invalid(format),
        (Class::Infinity, _) | (_, Class::Infinity) => format.infinity(sign),
        (Class::Zero, _) | (_, Class::Zero) => format.signed(sign, 0),
        _ => {
            let (significand, zeros) = narrow(u128::from(x.significand) * u128::from(y.significand));
            round(format, environment, sign, x.exponent + y.exponent + 1 - zeros, significand)
        }
    }
}

/// `a / b`.
pub fn divide(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    if let Some(quotient) = host::divide(format, environment, a, b) {
        return quotient;
    }
    let (x, y) = (unpack(format, environment, a), unpack(format, environment, b));
    if x.is_nan() || y.is_nan() {
        return environment.propagate(format, &[&x, &y]);
    }
    let sign = x.sign != y.sign;
    match (x.class, y.class) {
        (Class::Infinity, Class::Infinity) | (Class::Zero, Class::Zero) => environment.invalid(format),
        (Class::Infinity, _) => format.infinity(sign),
        (Class::Zero, _) | (_, Class::Infinity) => format.signed(sign, 0),
        (_, Class::Zero) => {
            environment.raise(DIVISION_BY_ZERO);
            environment.forget_subnormals();
            format.infinity(sign)
        }
        _ => {
            let (dividend, divisor) = (u128::from(x.significand) << 63, u128::from(y.significand));
            let quotient = dividend / divisor;
            let inexact = u64::from(dividend % divisor != 0);
            // The quotient has 63 or 64 bits.
            let zeros = (quotient as u64).leading_zeros();
            let significand = (quotient as u64) << zeros | inexact;
            round(format, environment, sign, x.exponent - y.exponent - zeros as i32, significand)
        }
    }
}

/// The square root of `a`.
pub fn square_root(format: Format, environment: &mut Environment, a: u64) -> u64 {
    let x = unpack(format, environment, a);
    match x.class {
        Class::QuietNan | Class::SignalingNan => environment.propagate(format, &[&x]),
        Class::Zero => format.signed(x.sign, 0),
        _ if x.sign => environment.invalid(format),
        Class::Infinity => a,
        Class::Finite => {
            let odd = x.exponent & 1;
            let square = u128::from(x.significand) << (63 + odd);
            let root = square.isqrt();
            let significand = root as u64 | u64::from(root * root != square);
            round(format, environment, false, (x.exponent - odd) / 2, significand)
        }
    }
}
