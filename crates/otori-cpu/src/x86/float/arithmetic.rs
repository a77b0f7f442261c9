//! Sum, product, quotient, root, comparison in 80 bits. IEEE 754 clauses 5.4.1 and 5.11.

use super::extended::{Class, propagate, round, sticky};
use super::{Extended, INVALID, Rules, ZERO_DIVIDE};
use crate::soft::{Relation, Rounding};

/// Rounds what has zeros in front.
fn normalize(rules: &mut Rules, sign: bool, exponent: i32, significand: u128) -> Extended {
    let zeros = significand.leading_zeros();
    round(rules, sign, exponent - zeros as i32, significand << zeros)
}

fn invalid(rules: &mut Rules) -> Extended {
    rules.flags |= INVALID;
    Extended::INDEFINITE
}

/// `a + b`.
pub(super) fn add(rules: &mut Rules, a: Extended, b: Extended) -> Extended {
    if let Some(nan) = propagate(rules, &[a, b]) {
        return nan;
    }
    let (mut x, mut y) = (a.unpack(), b.unpack());
    match (x.class, y.class) {
        (Class::Infinity, Class::Infinity) if x.sign != y.sign => return invalid(rules),
        (Class::Infinity, _) => return a,
        (_, Class::Infinity) => return b,
        (Class::Zero, Class::Zero) => {
            let sign = if x.sign == y.sign { x.sign } else { rules.rounding == Rounding::Down };
            return Extended::zero(sign);
        }
        (Class::Zero, _) => return round(rules, y.sign, y.exponent, u128::from(y.significand) << 64),
        (_, Class::Zero) => return round(rules, x.sign, x.exponent, u128::from(x.significand) << 64),
        _ => {}
    }
    if (x.exponent, x.significand) < (y.exponent, y.significand) {
        core::mem::swap(&mut x, &mut y);
    }
    let larger = u128::from(x.significand) << 63;
    let smaller = sticky(u128::from(y.significand) << 63, (x.exponent - y.exponent) as u32);
    let sum = if x.sign == y.sign { larger + smaller } else { larger - smaller };
    if sum == 0 {
        return Extended::zero(rules.rounding == Rounding::Down);
    }
    normalize(rules, x.sign, x.exponent + 1, sum)
}

/// `a - b`.
pub(super) fn subtract(rules: &mut Rules, a: Extended, b: Extended) -> Extended {
    // The sign of a NaN stays.
    match propagate(rules, &[a, b]) {
        Some(nan) => nan,
        None => add(rules, a, b.with_sign(!b.sign())),
    }
}

/// `a * b`.
pub(super) fn multiply(rules: &mut Rules, a: Extended, b: Extended) -> Extended {
    if let Some(nan) = propagate(rules, &[a, b]) {
        return nan;
    }
    let (x, y) = (a.unpack(), b.unpack());
    let sign = x.sign != y.sign;
    match (x.class, y.class) {
        (Class::Infinity, Class::Zero) | (Class::Zero, Class::Infinity) => invalid(rules),
        (Class::Infinity, _) | (_, Class::Infinity) => Extended::infinity(sign),
        (Class::Zero, _) | (_, Class::Zero) => Extended::zero(sign),
        _ => {
            let product = u128::from(x.significand) * u128::from(y.significand);
            normalize(rules, sign, x.exponent + y.exponent + 1, product)
        }
    }
}

/// `a / b`.
pub(super) fn divide(rules: &mut Rules, a: Extended, b: Extended) -> Extended {
    if let Some(nan) = propagate(rules, &[a, b]) {
        return nan;
    }
    let (x, y) = (a.unpack(), b.unpack());
    let sign = x.sign != y.sign;
    match (x.class, y.class) {
        (Class::Infinity, Class::Infinity) | (Class::Zero, Class::Zero) => invalid(rules),
        (Class::Infinity, _) => Extended::infinity(sign),
        (Class::Zero, _) | (_, Class::Infinity) => Extended::zero(sign),
        (_, Class::Zero) => {
            rules.flags |= ZERO_DIVIDE;
            Extended::infinity(sign)
        }
        _ => {
            let (dividend, divisor) = (u128::from(x.significand) << 63, u128::from(y.significand));
            let rest = (dividend % divisor) << 64;
            let quotient = ((dividend / divisor) << 64) | (rest / divisor);
            let quotient = quotient | u128::from(rest % divisor != 0);
            normalize(rules, sign, x.exponent - y.exponent, quotient)
        }
    }
}

/// The square root of `a`.
pub(super) fn square_root(rules: &mut Rules, a: Extended) -> Extended {
    if let Some(nan) = propagate(rules, &[a]) {
        return nan;
    }
    let x = a.unpack();
    match x.class {
        Class::Zero => a,
        _ if x.sign => {
            rules.flags &= !super::SUBNORMAL;
            invalid(rules)
        }
        Class::Infinity => a,
        _ => {
            let odd = x.exponent & 1;
            let square = u128::from(x.significand) << (63 + odd);
            let root = square.isqrt();
            let rest = square - root * root;
            // Between the root and the next integer it can only be said on which side of the middle.
            let below = u128::from(rest > root) << 63 | u128::from(rest != 0);
            normalize(rules, false, (x.exponent - odd) / 2, root << 64 | below)
        }
    }
}

/// Compares; invalid for a signaling NaN, and if not `quiet` for every NaN.
pub(super) fn compare(rules: &mut Rules, a: Extended, b: Extended, quiet: bool) -> Relation {
    if propagate(rules, &[a, b]).is_some() {
        if !quiet {
            rules.flags |= INVALID;
        }
        return Relation::Unordered;
    }
    let (x, y) = (a.unpack(), b.unpack());
    let magnitude = |class, exponent, significand| match class {
        Class::Zero => (i32::MIN, 0),
        Class::Infinity => (i32::MAX, 0),
        _ => (exponent, significand),
    };
    let (first, second) =
        (magnitude(x.class, x.exponent, x.significand), magnitude(y.class, y.exponent, y.significand));
    let order = match (x.sign, y.sign) {
        _ if x.class == Class::Zero && y.class == Class::Zero => return Relation::Equal,
        (false, false) => first.cmp(&second),
        (true, true) => second.cmp(&first),
        (true, false) => core::cmp::Ordering::Less,
        (false, true) => core::cmp::Ordering::Greater,
    };
    match order {
        core::cmp::Ordering::Less => Relation::Less,
        core::cmp::Ordering::Equal => Relation::Equal,
        core::cmp::Ordering::Greater => Relation::Greater,
    }
}
