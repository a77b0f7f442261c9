//! Between formats, and to integral values in the same format. IEEE 754 clauses 5.4.2 and 5.9; ARM ARM FPRoundInt and
//! FPConvert for its alternative half precision.

use super::round::{rounds_up, shift_right_sticky};
use super::{Class, Environment, Format, HALF, INEXACT, INVALID, Rounding, round, unpack};

/// A number in another format.
pub fn convert(from: Format, to: Format, environment: &mut Environment, a: u64) -> u64 {
    let x = unpack(from, environment, a);
    match x.class {
        Class::SignalingNan | Class::QuietNan => environment.propagate(to, &[&x]),
        Class::Infinity => to.infinity(x.sign),
        Class::Zero => to.signed(x.sign, 0),
        Class::Finite => round(to, environment, x.sign, x.exponent, x.significand),
    }
}

/// Half precision without infinities and NaNs: the largest exponent is one like the others. It can be told from a
/// number of this format in the way of its fields only.
const ALTERNATIVE_HALF_WIDE: Format = Format { fraction_bits: 10, exponent_bits: 6 };

/// An alternative half as a number of another format; nothing can go wrong.
pub fn from_alternative_half(to: Format, environment: &mut Environment, a: u64) -> u64 {
    if a & HALF.infinity(false) != HALF.infinity(false) {
        return convert(HALF, to, environment, a);
    }
    let significand = 1 << 63 | (a & HALF.fraction_mask()) << (63 - HALF.fraction_bits);
    round(to, environment, a & HALF.sign_mask() != 0, HALF.bias() + 1, significand)
}

/// A number as an alternative half; what is too large becomes the largest one, what is no number zero: both invalid.
pub fn to_alternative_half(from: Format, environment: &mut Environment, a: u64) -> u64 {
    let x = unpack(from, environment, a);
    let largest = HALF.signed(x.sign, HALF.sign_mask() - 1);
    match x.class {
        Class::SignalingNan | Class::QuietNan => {
            environment.raise(INVALID);
            return HALF.signed(x.sign, 0);
        }
        Class::Zero => return HALF.signed(x.sign, 0),
        Class::Finite if x.exponent <= HALF.bias() + 1 => {}
        Class::Finite | Class::Infinity => {
            environment.raise(INVALID);
            return largest;
        }
    }
    if x.exponent < HALF.bias() {
        return round(HALF, environment, x.sign, x.exponent, x.significand);
    }
    // Rounded with exponents to spare, then with the bias of a half.
    let mut trial = Environment { flags: 0, ..*environment };
    let wide = round(ALTERNATIVE_HALF_WIDE, &mut trial, x.sign, x.exponent, x.significand);
    let magnitude = (wide & !ALTERNATIVE_HALF_WIDE.sign_mask())
        - (((ALTERNATIVE_HALF_WIDE.bias() - HALF.bias()) as u64) << HALF.fraction_bits);
    if magnitude >= HALF.sign_mask() {
        environment.raise(INVALID);
        return largest;
    }
    environment.raise(trial.flags);
    HALF.signed(x.sign, magnitude)
}

/// Is a result that is not the operand flagged as inexact?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// It is.
    Told,
    /// It is not.
    Untold,
}

/// Rounded to an integral value in the same format; it keeps its sign.
pub fn round_to_integral(
    format: Format,
    environment: &mut Environment,
    rounding: Rounding,
    exactness: Exactness,
    a: u64,
) -> u64 {
    let x = unpack(format, environment, a);
    match x.class {
        Class::SignalingNan | Class::QuietNan => return environment.propagate(format, &[&x]),
        Class::Infinity => return a,
        Class::Zero => return format.signed(x.sign, 0),
        Class::Finite if x.exponent >= format.fraction_bits as i32 => return a,
        Class::Finite => {}
    }
    // Two bits of fraction, the lower one sticky.
    let fixed = shift_right_sticky(x.significand, (61 - x.exponent).clamp(0, 64) as u32);
    let (whole, cut) = (fixed >> 2, fixed & 3);
    let whole = whole + u64::from(rounds_up(rounding, x.sign, whole & 1 == 1, cut, 2));
    if cut != 0 && exactness == Exactness::Told {
        environment.raise(INEXACT);
    }
    if whole == 0 {
        return format.signed(x.sign, 0);
    }
    let zeros = whole.leading_zeros();
    round(format, environment, x.sign, 63 - zeros as i32, whole << zeros)
}
