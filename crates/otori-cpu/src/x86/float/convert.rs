//! Between 80 bits and the other formats: singles, doubles, integers, packed decimals. Intel SDM volume 1, 8.2 and 4.7.

use super::extended::{BIAS, Class, grows, propagate, round, sticky};
use super::{Extended, INEXACT, INVALID, OVERFLOW, Rules, SUBNORMAL, UNDERFLOW};
use crate::soft::Rounding;

/// A single or double (`fraction` bits of fraction, `exponent` bits of exponent) as an extended number.
pub(super) fn widen(rules: &mut Rules, bits: u64, fraction: u32, exponent: u32) -> Extended {
    let sign = bits >> (fraction + exponent) & 1 != 0;
    let mask = (1u64 << exponent) - 1;
    let field = bits >> fraction & mask;
    let low = bits & ((1 << fraction) - 1);
    let bias = (1 << (exponent - 1)) - 1;
    let top = low << (63 - fraction);
    let value = match (field, low) {
        (0, 0) => Extended::zero(false),
        (0, _) => {
            rules.flags |= SUBNORMAL;
            let zeros = top.leading_zeros();
            let exponent = 1 - bias - zeros as i32;
            Extended { significand: top << zeros, head: (exponent + BIAS) as u16 }
        }
        _ if field == mask => {
            let nan = Extended { significand: 1 << 63 | top, head: 0x7fff };
            if low != 0 && nan.unpack().class == Class::SignalingNan {
                rules.flags |= INVALID;
                nan.quiet()
            } else {
                nan
            }
        }
        _ => Extended { significand: 1 << 63 | top, head: (field as i32 - bias + BIAS) as u16 },
    };
    value.with_sign(sign)
}

/// An extended number as a single or double.
pub(super) fn narrow(rules: &mut Rules, a: Extended, fraction: u32, exponent: u32) -> u64 {
    let mask = (1u64 << exponent) - 1;
    let bias = (1i32 << (exponent - 1)) - 1;
    let x = a.unpack();
    let signed = |bits: u64, sign: bool| bits | u64::from(sign) << (fraction + exponent);
    // What is subnormal here is tiny there: the operand is not told.
    let flags = rules.flags;
    if let Some(nan) = propagate(rules, &[a]) {
        let low = nan.significand << 1 >> (64 - fraction);
        return signed(mask << fraction | low, nan.sign());
    }
    rules.flags = flags;
    match x.class {
        Class::Zero => return signed(0, x.sign),
        Class::Infinity => return signed(mask << fraction, x.sign),
        _ => {}
    }
    let unit = 127 - fraction;
    let (cut_mask, half) = ((1u128 << unit) - 1, 1u128 << (unit - 1));
    let whole = u128::from(x.significand) << 64;
    let lowest = 1 - bias;
    let (mut kept, mut tiny) = (whole, false);
    if x.exponent < lowest {
        let carries =
            whole | cut_mask == u128::MAX && grows(rules.rounding, x.sign, true, whole & cut_mask, half);
        tiny = x.exponent < lowest - 1 || !carries;
        kept = sticky(whole, (lowest - x.exponent).min(128) as u32);
    }
    let cut = kept & cut_mask;
    let odd = kept >> unit & 1 != 0;
    let magnitude = (kept >> unit) as u64 + u64::from(grows(rules.rounding, x.sign, odd, cut, half));
    if cut != 0 {
        rules.flags |= INEXACT;
    }
    if tiny && (cut != 0 || !rules.underflow_masked) {
        rules.flags |= UNDERFLOW;
    }
    let field = if x.exponent < lowest { 0 } else { (x.exponent - lowest) as u64 };
    if field + (magnitude >> fraction) >= mask {
        rules.flags |= OVERFLOW | INEXACT;
        let infinite = match rules.rounding {
            Rounding::Up => !x.sign,
            Rounding::Down => x.sign,
            Rounding::Zero | Rounding::Odd => false,
            Rounding::NearestEven | Rounding::NearestAway => true,
        };
        return signed((mask << fraction) - u64::from(!infinite), x.sign);
    }
    signed((field << fraction) + magnitude, x.sign)
}

/// An integer as an extended number: always exact.
pub(super) fn from_integer(value: i64) -> Extended {
    let magnitude = value.unsigned_abs();
    if magnitude == 0 {
        return Extended::zero(false);
    }
    let zeros = magnitude.leading_zeros();
    Extended { significand: magnitude << zeros, head: (63 - zeros as i32 + BIAS) as u16 }.with_sign(value < 0)
}

/// An extended number as an integer of magnitude and sign; `None` if it has 65 bits or more, or is no number.
fn integer(rules: &mut Rules, a: Extended, rounding: Rounding) -> Option<(bool, u64)> {
    let x = a.unpack();
    match x.class {
        Class::Zero => return Some((x.sign, 0)),
        Class::Finite if x.exponent < 64 => {}
        _ => return None,
    }
    let fixed = sticky(u128::from(x.significand) << 64, (63 - x.exponent).min(128) as u32);
    let (whole, cut) = ((fixed >> 64) as u64, fixed & u128::from(u64::MAX));
    let magnitude = whole.checked_add(grows(rounding, x.sign, whole & 1 != 0, cut, 1 << 63).into())?;
    if cut != 0 {
        rules.flags |= INEXACT;
    }
    Some((x.sign, magnitude))
}

/// An extended number as an integer of `bits` bits; the smallest one, and invalid, if it does not fit.
pub(super) fn to_integer(rules: &mut Rules, a: Extended, bits: u32, truncate: bool) -> i64 {
    let rounding = if truncate { Rounding::Zero } else { rules.rounding };
    let before = rules.flags;
    let smallest = i64::MIN >> (64 - bits);
    let fitting = integer(rules, a, rounding).and_then(|(sign, magnitude)| {
        let value = if sign { -i128::from(magnitude) } else { i128::from(magnitude) };
        i64::try_from(value).ok().filter(|value| *value >= smallest && *value <= !smallest)
    });
    fitting.unwrap_or_else(|| {
        rules.flags = before | INVALID;
        smallest
    })
}

/// Rounded to an integral value.
pub(super) fn round_to_integral(rules: &mut Rules, a: Extended) -> Extended {
    if let Some(nan) = propagate(rules, &[a]) {
        return nan;
    }
    let x = a.unpack();
    if x.class != Class::Finite || x.exponent >= 63 {
        return a;
    }
    match integer(rules, a, rules.rounding) {
        Some((sign, 0)) => Extended::zero(sign),
        Some((sign, magnitude)) => {
            let zeros = magnitude.leading_zeros();
            round(&mut rules.exact(), sign, 63 - zeros as i32, u128::from(magnitude << zeros) << 64)
        }
        None => a,
    }
}

/// Digits of a packed decimal.
const DIGITS: u32 = 18;
/// What a packed decimal that does not fit looks like.
const DECIMAL_INDEFINITE: u128 = 0xffff_c000_0000_0000_0000;

/// Ten bytes of packed decimal as an extended number.
pub(super) fn from_decimal(bytes: u128) -> Extended {
    let magnitude = (0..DIGITS)
        .rev()
        .fold(0u64, |value, digit| value.wrapping_mul(10).wrapping_add((bytes >> (4 * digit)) as u64 & 0xf));
    from_integer(magnitude as i64).with_sign(bytes >> 79 & 1 != 0)
}

/// An extended number as ten bytes of packed decimal.
pub(super) fn to_decimal(rules: &mut Rules, a: Extended) -> u128 {
    let before = rules.flags;
    match integer(rules, a, rules.rounding) {
        Some((sign, magnitude)) if magnitude < 10u64.pow(DIGITS) => {
            let (mut rest, mut bytes) = (magnitude, u128::from(sign) << 79);
            for digit in 0..DIGITS {
                bytes |= u128::from(rest % 10) << (4 * digit);
                rest /= 10;
            }
            bytes
        }
        _ => {
            rules.flags = before | INVALID;
            DECIMAL_INDEFINITE
        }
    }
}
