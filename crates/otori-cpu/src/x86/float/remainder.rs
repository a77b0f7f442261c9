//! FPREM, FPREM1, FSCALE, FXTRACT, FXAM. Intel SDM volume 2.

use super::extended::{BIAS, Class, propagate, round};
use super::{C0, C1, C2, C3, Extended, INVALID, Rules, ZERO_DIVIDE};

/// Bits of a quotient that one step finds at most.
const STEP_BITS: i32 = 63;

/// A remainder and the condition bits, which stay if there is none: C2 if there is more to do, else the low bits of the quotient in C0, C3, C1.
pub(super) fn remainder(
    rules: &mut Rules,
    a: Extended,
    b: Extended,
    nearest: bool,
) -> (Extended, Option<u16>) {
    if let Some(nan) = propagate(rules, &[a, b]) {
        return (nan, None);
    }
    let (x, y) = (a.unpack(), b.unpack());
    match (x.class, y.class) {
        (Class::Infinity, _) | (_, Class::Zero) => {
            rules.flags = rules.flags & !super::SUBNORMAL | INVALID;
            return (Extended::INDEFINITE, None);
        }
        (Class::Zero, _) | (_, Class::Infinity) => return (a, Some(0)),
        _ => {}
    }
    let distance = x.exponent - y.exponent;
    if distance < -1 || distance < 0 && !nearest {
        return (a, Some(0));
    }
    if distance > STEP_BITS {
        // Part of the way: the quotient's lowest bits are left for another time.
        let step = distance - (32 + distance % 32);
        let (rest, _) = reduce(x.significand, y.significand, distance - step);
        return (pack(rules, x.sign, y.exponent + step, rest), Some(C2));
    }
    let (mut rest, mut quotient) = match distance {
        -1 => (u128::from(x.significand) >> 1, 0),
        _ => reduce(x.significand, y.significand, distance),
    };
    let mut sign = x.sign;
    let mut lost = if distance == -1 { x.significand & 1 } else { 0 };
    if nearest {
        // Beyond the middle between two multiples the remainder is that to the next one. With a bit shifted out
        // everything counts double.
        let (double_rest, divisor) = (rest << 1 | u128::from(lost), u128::from(y.significand) << 1);
        let twice = double_rest << 1;
        if twice > divisor || twice == divisor && quotient & 1 != 0 {
            let left = divisor - double_rest;
            (rest, lost) = (left >> 1, (left & 1) as u64);
            sign = !sign;
            quotient += 1;
        }
    }
    let bit = |number: u32, flag: u16| if quotient >> number & 1 != 0 { flag } else { 0 };
    let conditions = bit(0, C1) | bit(1, C3) | bit(2, C0);
    let doubled = rest << 1 | u128::from(lost);
    (pack(rules, sign, y.exponent - 1, doubled), Some(conditions))
}

/// `x * 2^distance` divided by `y`: the rest, and the low bits of the quotient.
fn reduce(x: u64, y: u64, distance: i32) -> (u128, u64) {
    let (mut rest, divisor, mut quotient) = (u128::from(x), u128::from(y), 0u64);
    for step in 0..=distance {
        if step > 0 {
            rest <<= 1;
            quotient <<= 1;
        }
        if rest >= divisor {
            rest -= divisor;
            quotient |= 1;
        }
    }
    (rest, quotient)
}

/// `significand / 2^63 * 2^exponent`, which fits; a zero keeps the sign.
fn pack(rules: &mut Rules, sign: bool, exponent: i32, significand: u128) -> Extended {
    if significand == 0 {
        return Extended::zero(sign);
    }
    let zeros = significand.leading_zeros();
    round(&mut Rules { flags: 0, ..rules.exact() }, sign, exponent + 64 - zeros as i32, significand << zeros)
}

/// `a` times two to the power of the integer part of `b`.
pub(super) fn scale(rules: &mut Rules, a: Extended, b: Extended) -> Extended {
    if let Some(nan) = propagate(rules, &[a, b]) {
        return nan;
    }
    let (x, y) = (a.unpack(), b.unpack());
    match (x.class, y.class) {
        (Class::Infinity, Class::Infinity) if y.sign => {}
        (Class::Zero, Class::Infinity) if !y.sign => {}
        (Class::Zero | Class::Infinity, _) => return a,
        (_, Class::Infinity) if y.sign => return Extended::zero(x.sign),
        (_, Class::Infinity) => return Extended::infinity(x.sign),
        _ => {
            let magnitude = match y.exponent {
                _ if y.class == Class::Zero => 0,
                ..0 => 0,
                exponent @ 0..=16 => (y.significand >> (63 - exponent)) as i32,
                _ => 0x1_0000,
            };
            let by = if y.sign { -magnitude } else { magnitude };
            return round(whole(rules), x.sign, x.exponent + by, u128::from(x.significand) << 64);
        }
    }
    rules.flags |= INVALID;
    Extended::INDEFINITE
}

/// Scaling does not look at the precision.
fn whole(rules: &mut Rules) -> &mut Rules {
    rules.precision = 64;
    rules
}

/// Exponent and significand of `a`, each as a number.
pub(super) fn extract(rules: &mut Rules, a: Extended) -> (Extended, Extended) {
    if let Some(nan) = propagate(rules, &[a]) {
        return (nan, nan);
    }
    let x = a.unpack();
    match x.class {
        Class::Zero => {
            rules.flags |= ZERO_DIVIDE;
            (Extended::infinity(true), a)
        }
        Class::Infinity => (Extended::infinity(false), a),
        _ => {
            let significand = Extended { significand: x.significand, head: BIAS as u16 };
            (super::convert::from_integer(x.exponent.into()), significand.with_sign(x.sign))
        }
    }
}

/// What FXAM says of a register.
pub(super) fn examine(a: Extended, empty: bool) -> u16 {
    let x = a.unpack();
    let sign = if x.sign { C1 } else { 0 };
    sign | match x.class {
        _ if empty => C3 | C0,
        Class::Unsupported => 0,
        Class::QuietNan | Class::SignalingNan => C0,
        Class::Infinity => C2 | C0,
        Class::Zero => C3,
        Class::Finite if x.subnormal => C3 | C2,
        Class::Finite => C2,
    }
}
