//! To and from integers and fixed-point numbers. IEEE 754 clause 5.4.1; ARM ARM FPToFixed and FixedToFP.

use super::round::rounds_up;
use super::{Class, Environment, Format, INEXACT, INVALID, Rounding, round, unpack};

/// An integer as a number.
pub fn from_integer(format: Format, environment: &mut Environment, value: i64) -> u64 {
    from_fixed(format, environment, i128::from(value), 0)
}

/// `value / 2^fraction_bits` as a number; `value` has at most 64 bits and a sign.
pub fn from_fixed(format: Format, environment: &mut Environment, value: i128, fraction_bits: u32) -> u64 {
    let magnitude = value.unsigned_abs() as u64;
    if magnitude == 0 {
        return 0;
    }
    let zeros = magnitude.leading_zeros();
    let exponent = 63 - zeros as i32 - fraction_bits as i32;
    round(format, environment, value < 0, exponent, magnitude << zeros)
}

/// What kind of fixed-point number is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// All its bits: at most 64.
    pub bits: u32,
    /// Has it a sign?
    pub signed: bool,
    /// The bits behind the point.
    pub fraction_bits: u32,
}

impl Fixed {
    fn least(self) -> i128 {
        if self.signed { -(1 << (self.bits - 1)) } else { 0 }
    }
    fn greatest(self) -> i128 {
        if self.signed { (1 << (self.bits - 1)) - 1 } else { (1 << self.bits) - 1 }
    }
}

/// Why there is no integer.
enum Unfit {
    Nan,
    TooSmall,
    TooLarge,
}

/// `a * 2^fraction_bits` rounded to an integer, and whether that changed it; no flags.
fn integer(
    format: Format,
    environment: &mut Environment,
    rounding: Rounding,
    target: Fixed,
    a: u64,
) -> Result<(i128, bool), Unfit> {
    let x = unpack(format, environment, a);
    let exponent = x.exponent + target.fraction_bits as i32;
    match x.class {
        Class::Zero => return Ok((0, false)),
        Class::Finite if exponent < 64 => {}
        Class::QuietNan | Class::SignalingNan => return Err(Unfit::Nan),
        _ if x.sign => return Err(Unfit::TooSmall),
        _ => return Err(Unfit::TooLarge),
    }
    // Whole part above, 64 bits of fraction below (sticky).
    let wide = u128::from(x.significand) << 64;
    let wide = match 63 - exponent {
        0 => wide,
        shift @ 1..=127 => wide >> shift | u128::from(wide << (128 - shift) != 0),
        _ => 1,
    };
    let (whole, fraction) = (wide >> 64, wide as u64);
    let up = rounds_up(rounding, x.sign, whole & 1 == 1, fraction, 1 << 63);
    let magnitude = whole as i128 + i128::from(up);
    let value = if x.sign { -magnitude } else { magnitude };
    match value {
        _ if value < target.least() => Err(Unfit::TooSmall),
        _ if value > target.greatest() => Err(Unfit::TooLarge),
        _ => Ok((value, fraction != 0)),
    }
}

/// A number as an integer of `bits` bits (at most 64), rounded by `rounding`; `None` and invalid if there is none.
pub fn to_integer(
    format: Format,
    environment: &mut Environment,
    rounding: Rounding,
    bits: u32,
    a: u64,
) -> Option<i64> {
    let target = Fixed { bits, signed: true, fraction_bits: 0 };
    let Ok((value, inexact)) = integer(format, environment, rounding, target, a) else {
        environment.raise(INVALID);
        return None;
    };
    if inexact {
        environment.raise(INEXACT);
    }
    Some(value as i64)
}

/// A number as a fixed-point number, in the low bits of the result; what does not fit becomes the nearest one that
/// there is, a NaN zero: both invalid.
pub fn to_fixed(
    format: Format,
    environment: &mut Environment,
    rounding: Rounding,
    target: Fixed,
    a: u64,
) -> u64 {
    let value = match integer(format, environment, rounding, target, a) {
        Ok((value, inexact)) => {
            environment.raise(if inexact { INEXACT } else { 0 });
            value
        }
        Err(unfit) => {
            environment.raise(INVALID);
            match unfit {
                Unfit::Nan => 0,
                Unfit::TooSmall => target.least(),
                Unfit::TooLarge => target.greatest(),
            }
        }
    };
    value as u64 & (u64::MAX >> (64 - target.bits))
}
