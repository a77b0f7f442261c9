//! Between formats, and to and from integers. IEEE 754 clauses 5.4.2 and 5.8.

use super::{Class, Environment, Format, INEXACT, INVALID, Rounding, round, unpack};

/// A number in another format.
pub fn convert(from: Format, to: Format, environment: &mut Environment, a: u64) -> u64 {
    let x = unpack(from, a);
    match x.class {
        Class::SignalingNan | Class::QuietNan => environment.propagate(to, &x, &x),
        Class::Infinity => to.infinity(x.sign),
        Class::Zero => to.signed(x.sign, 0),
        Class::Finite => round(to, environment, x.sign, x.exponent, x.significand),
    }
}

/// An integer as a number.
pub fn from_integer(format: Format, environment: &mut Environment, value: i64) -> u64 {
    if value == 0 {
        return 0;
    }
    let magnitude = value.unsigned_abs();
    let zeros = magnitude.leading_zeros();
    round(format, environment, value < 0, 63 - zeros as i32, magnitude << zeros)
}

/// A number as an integer of `bits` bits (at most 64), rounded by `rounding`; `None` and invalid if there is none.
pub fn to_integer(
    format: Format,
    environment: &mut Environment,
    rounding: Rounding,
    bits: u32,
    a: u64,
) -> Option<i64> {
    let x = unpack(format, a);
    match x.class {
        Class::Zero => return Some(0),
        Class::Finite if x.exponent < 64 => {}
        _ => {
            environment.raise(INVALID);
            return None;
        }
    }
    // Whole part above, 64 bits of fraction below (sticky).
    let shift = 63 - x.exponent;
    let fixed = u128::from(x.significand) << 64;
    let fixed = match shift {
        0..=127 => fixed >> shift | u128::from(shift > 0 && fixed << (128 - shift) != 0),
        _ => 1,
    };
    let (whole, fraction) = (fixed >> 64, fixed as u64);
    let up = match rounding {
        Rounding::NearestEven => fraction > 1 << 63 || fraction == 1 << 63 && whole & 1 == 1,
        Rounding::Zero => false,
        Rounding::Up => fraction != 0 && !x.sign,
        Rounding::Down => fraction != 0 && x.sign,
    };
    let magnitude = whole as i128 + i128::from(up);
    let value = if x.sign { -magnitude } else { magnitude };
    let limit = 1i128 << (bits - 1);
    if value < -limit || value >= limit {
        environment.raise(INVALID);
        return None;
    }
    if fraction != 0 {
        environment.raise(INEXACT);
    }
    i64::try_from(value).ok()
}
