//! Comparison, minimum and maximum. IEEE 754 clauses 5.3.1 and 5.11; ARM ARM FPMax and FPMaxNum for signs of zeros.

use super::{Class, Environment, Format, INVALID, Unpacked, unpack};
use core::cmp::Ordering;

/// How two numbers relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The first is less.
    Less,
    /// They are equal; zeros are, whatever their signs.
    Equal,
    /// The first is greater.
    Greater,
    /// One is not a number.
    Unordered,
}

/// The order of two that are not NaNs; both zeros are alike.
fn order(x: &Unpacked, y: &Unpacked) -> Ordering {
    let magnitude = |number: &Unpacked| match number.class {
        Class::Zero => (i32::MIN, 0),
        Class::Finite => (number.exponent, number.significand),
        _ => (i32::MAX, 0),
    };
    let (a, b) = (magnitude(x), magnitude(y));
    match (x.sign, y.sign) {
        _ if x.class == Class::Zero && y.class == Class::Zero => Ordering::Equal,
        (false, false) => a.cmp(&b),
        (true, true) => b.cmp(&a),
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
    }
}

/// Compares; invalid for a signaling NaN, and with `quiet_is_invalid` for every NaN.
pub fn compare(
    format: Format,
    environment: &mut Environment,
    a: u64,
    b: u64,
    quiet_is_invalid: bool,
) -> Relation {
    let (x, y) = (unpack(format, environment, a), unpack(format, environment, b));
    if x.is_nan() || y.is_nan() {
        if quiet_is_invalid || x.class == Class::SignalingNan || y.class == Class::SignalingNan {
            environment.raise(INVALID);
        }
        environment.forget_subnormals();
        return Relation::Unordered;
    }
    match order(&x, &y) {
        Ordering::Less => Relation::Less,
        Ordering::Equal => Relation::Equal,
        Ordering::Greater => Relation::Greater,
    }
}

/// The one of two that `wanted` says; of two zeros the negative one if that is the lesser wanted.
fn choose(format: Format, environment: &mut Environment, a: u64, b: u64, wanted: Ordering) -> u64 {
    let (x, y) = (unpack(format, environment, a), unpack(format, environment, b));
    if x.is_nan() || y.is_nan() {
        return environment.propagate(format, &[&x, &y]);
    }
    // A flushed operand comes out as the zero it was taken for.
    let bits = |number: &Unpacked, bits| match number.class {
        Class::Zero => format.signed(number.sign, 0),
        _ => bits,
    };
    match order(&x, &y) {
        Ordering::Equal if x.class == Class::Zero => {
            let negative = if wanted == Ordering::Less { x.sign || y.sign } else { x.sign && y.sign };
            format.signed(negative, 0)
        }
        order if order == wanted => bits(&x, a),
        _ => bits(&y, b),
    }
}

/// The lesser of two; a NaN comes out if there is one.
pub fn minimum(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    choose(format, environment, a, b, Ordering::Less)
}

/// The greater of two; a NaN comes out if there is one.
pub fn maximum(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    choose(format, environment, a, b, Ordering::Greater)
}

/// The two operands with a single quiet NaN replaced by what loses every comparison.
fn numbers_win(
    format: Format,
    environment: &mut Environment,
    a: u64,
    b: u64,
    replacement: u64,
) -> (u64, u64) {
    let (x, y) = (unpack(format, environment, a), unpack(format, environment, b));
    match (x.class == Class::QuietNan, y.class == Class::QuietNan) {
        (true, false) => (replacement, b),
        (false, true) => (a, replacement),
        _ => (a, b),
    }
}

/// The lesser of two; a number rather than a quiet NaN.
pub fn minimum_number(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    let (a, b) = numbers_win(format, environment, a, b, format.infinity(false));
    minimum(format, environment, a, b)
}

/// The greater of two; a number rather than a quiet NaN.
pub fn maximum_number(format: Format, environment: &mut Environment, a: u64, b: u64) -> u64 {
    let (a, b) = numbers_win(format, environment, a, b, format.infinity(true));
    maximum(format, environment, a, b)
}
