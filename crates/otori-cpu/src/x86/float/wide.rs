//! Numbers with 128 bits of significand, for the elementary functions. Key type: [`Wide`]. Operations cut, and keep about
//! 125 bits: rounding to 64 is right but for one argument in some quadrillions.

use super::extended::{BIAS, round};
use super::{Extended, Rules};

/// A number: `significand / 2^127 * 2^exponent`; zero if the significand is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wide {
    sign: bool,
    exponent: i32,
    significand: u128,
}

/// High half of a product.
fn multiply_high(a: u128, b: u128) -> u128 {
    let (a1, a0) = (a >> 64, a & u128::from(u64::MAX));
    let (b1, b0) = (b >> 64, b & u128::from(u64::MAX));
    let (middle, carry) = (a1 * b0).overflowing_add(a0 * b1);
    let (_, low_carry) = (middle << 64).overflowing_add(a0 * b0);
    a1 * b1 + (middle >> 64) + (u128::from(carry) << 64) + u128::from(low_carry)
}

impl Wide {
    pub(super) const ZERO: Wide = Wide { sign: false, exponent: 0, significand: 0 };
    pub(super) const ONE: Wide = Wide::constant(0, 1 << 127);

    pub(super) const fn constant(exponent: i32, significand: u128) -> Wide {
        Wide { sign: false, exponent, significand }
    }

    /// A finite number.
    pub(super) fn of(value: Extended) -> Wide {
        let x = value.unpack();
        if x.significand >> 63 == 0 {
            return Wide { sign: x.sign, ..Wide::ZERO };
        }
        Wide { sign: x.sign, exponent: x.exponent, significand: u128::from(x.significand) << 64 }
    }

    pub(super) fn integer(value: i64) -> Wide {
        Wide::ZERO.normalized(value < 0, 127, value.unsigned_abs().into())
    }

    fn normalized(self, sign: bool, exponent: i32, significand: u128) -> Wide {
        if significand == 0 {
            return Wide { sign, ..Wide::ZERO };
        }
        let zeros = significand.leading_zeros();
        Wide { sign, exponent: exponent - zeros as i32, significand: significand << zeros }
    }

    /// `significand / 2^127 * 2^exponent`, zeros in front allowed.
    pub(super) fn scaled(sign: bool, exponent: i32, significand: u128) -> Wide {
        Wide::ZERO.normalized(sign, exponent, significand)
    }

    pub(super) fn is_zero(self) -> bool {
        self.significand == 0
    }

    pub(super) fn exponent(self) -> i32 {
        self.exponent
    }

    /// The significand between one and two.
    pub(super) fn significand(self) -> Wide {
        Wide { sign: false, exponent: 0, ..self }
    }

    pub(super) fn negated(self) -> Wide {
        Wide { sign: !self.sign, ..self }
    }

    pub(super) fn with_sign(self, sign: bool) -> Wide {
        Wide { sign, ..self }
    }

    /// Times a power of two.
    pub(super) fn shifted(self, by: i32) -> Wide {
        Wide { exponent: self.exponent + by, ..self }
    }

    pub(super) fn add(self, other: Wide) -> Wide {
        let (mut x, mut y) = (self, other);
        if x.is_zero() || y.is_zero() {
            return if x.is_zero() { y } else { x };
        }
        if (x.exponent, x.significand) < (y.exponent, y.significand) {
            core::mem::swap(&mut x, &mut y);
        }
        let distance = (x.exponent - y.exponent) as u32;
        let smaller = if distance > 126 { 0 } else { y.significand >> 1 >> distance };
        let larger = x.significand >> 1;
        let sum = if x.sign == y.sign { larger + smaller } else { larger - smaller };
        self.normalized(x.sign, x.exponent + 1, sum)
    }

    pub(super) fn subtract(self, other: Wide) -> Wide {
        self.add(other.negated())
    }

    pub(super) fn multiply(self, other: Wide) -> Wide {
        let product = multiply_high(self.significand, other.significand);
        self.normalized(self.sign != other.sign, self.exponent + other.exponent + 1, product)
    }

    /// Divided by a number that is not zero.
    pub(super) fn divide(self, other: Wide) -> Wide {
        let (mut rest, divisor) = (self.significand >> 1, other.significand >> 1);
        if divisor == 0 {
            return Wide::ZERO;
        }
        let mut quotient = 0u128;
        for _ in 0..128 {
            quotient <<= 1;
            if rest >= divisor {
                rest -= divisor;
                quotient |= 1;
            }
            rest <<= 1;
        }
        self.normalized(self.sign != other.sign, self.exponent - other.exponent, quotient)
    }

    /// Divided by a small number that is not zero.
    pub(super) fn divide_small(self, by: u32) -> Wide {
        self.normalized(self.sign, self.exponent, self.significand / u128::from(by.max(1)))
    }

    /// Is it less than another in magnitude?
    pub(super) fn is_less(self, other: Wide) -> bool {
        let magnitude = |x: Wide| if x.is_zero() { (i32::MIN, 0) } else { (x.exponent, x.significand) };
        magnitude(self) < magnitude(other)
    }

    /// A number between 0 and 1 in sixteenths, rounded.
    pub(super) fn sixteenths(self) -> usize {
        let shift = (127 - self.exponent - 5).clamp(0, 128) as u32;
        let halves = self.significand.checked_shr(shift).unwrap_or(0) as usize;
        halves.div_ceil(2).min(16)
    }

    /// Rounded as results of the unit are; always inexact.
    pub(super) fn round(self, rules: &mut Rules) -> Extended {
        if self.is_zero() {
            return Extended::zero(self.sign);
        }
        debug_assert!(self.exponent.abs() < 4 * BIAS, "far outside what the functions give");
        round(rules, self.sign, self.exponent, self.significand | 1)
    }
}
