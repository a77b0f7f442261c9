//! The 80-bit format: taking apart, rounding. Key types: [`Extended`], [`Unpacked`], [`Rules`]. Intel SDM volume 1, 4.2
//! and 8.2; IEEE 754 clause 4.3.

use super::{INEXACT, INVALID, OVERFLOW, SUBNORMAL, UNDERFLOW};
use crate::soft::Rounding;

/// A number of 80 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extended {
    /// With the integer bit.
    pub significand: u64,
    /// Sign and exponent.
    pub head: u16,
}

/// What is subtracted from the exponent field.
pub(super) const BIAS: i32 = 16383;
const SIGN: u16 = 0x8000;
const EXPONENT: u16 = 0x7fff;
const INTEGER: u64 = 1 << 63;
const QUIET: u64 = 1 << 62;

/// How results are rounded, and the flags so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub rounding: Rounding,
    /// Bits of significands: 24, 53 or 64.
    pub precision: u32,
    pub flags: u16,
    /// The underflow exception is masked: only then a tiny result must also be inexact to be told.
    pub underflow_masked: bool,
}

impl Rules {
    /// Those of a control word.
    pub(super) fn of(control: u16) -> Rules {
        Rules {
            rounding: match control >> 10 & 3 {
                0 => Rounding::NearestEven,
                1 => Rounding::Down,
                2 => Rounding::Up,
                _ => Rounding::Zero,
            },
            precision: match control >> 8 & 3 {
                0 => 24,
                2 => 53,
                _ => 64,
            },
            flags: 0,
            underflow_masked: control & UNDERFLOW != 0,
        }
    }

    /// The same with whole significands.
    pub(super) fn exact(self) -> Rules {
        Rules { precision: 64, ..self }
    }
}

/// What kind of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Zero,
    Finite,
    Infinity,
    QuietNan,
    SignalingNan,
    /// With an integer bit that does not fit its exponent.
    Unsupported,
}

/// A number taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unpacked {
    pub class: Class,
    pub sign: bool,
    /// Of finite numbers: the value is `significand / 2^63 * 2^exponent`.
    pub exponent: i32,
    /// Top bit set.
    pub significand: u64,
    pub subnormal: bool,
}

impl Unpacked {
    pub(super) fn is_nan(&self) -> bool {
        matches!(self.class, Class::QuietNan | Class::SignalingNan)
    }
}

impl Extended {
    /// The answer to invalid operations.
    pub const INDEFINITE: Extended = Extended { significand: 0xc000_0000_0000_0000, head: 0xffff };
    pub(super) const ONE: Extended = Extended { significand: INTEGER, head: BIAS as u16 };

    pub(super) fn zero(sign: bool) -> Extended {
        Extended { significand: 0, head: if sign { SIGN } else { 0 } }
    }

    pub(super) fn infinity(sign: bool) -> Extended {
        Extended { significand: INTEGER, head: EXPONENT | if sign { SIGN } else { 0 } }
    }

    pub(super) fn sign(self) -> bool {
        self.head & SIGN != 0
    }

    pub(super) fn with_sign(self, sign: bool) -> Extended {
        Extended { head: self.head & EXPONENT | if sign { SIGN } else { 0 }, ..self }
    }

    /// A NaN as a quiet one.
    pub(super) fn quiet(self) -> Extended {
        Extended { significand: self.significand | QUIET, ..self }
    }

    pub(super) fn unpack(self) -> Unpacked {
        let field = self.head & EXPONENT;
        let integer = self.significand & INTEGER != 0;
        let class = match field {
            EXPONENT if !integer => Class::Unsupported,
            EXPONENT if self.significand == INTEGER => Class::Infinity,
            EXPONENT if self.significand & QUIET == 0 => Class::SignalingNan,
            EXPONENT => Class::QuietNan,
            0 if self.significand == 0 => Class::Zero,
            0 => Class::Finite,
            _ if !integer => Class::Unsupported,
            _ => Class::Finite,
        };
        let subnormal = field == 0 && class == Class::Finite;
        let zeros = self.significand.leading_zeros().min(63);
        Unpacked {
            class,
            sign: self.sign(),
            exponent: i32::from(field.max(1)) - BIAS - zeros as i32,
            significand: self.significand << zeros,
            subnormal,
        }
    }
}

/// Does the magnitude grow, given whether the last bit kept is set and what is cut off?
pub(super) fn grows(rounding: Rounding, sign: bool, odd: bool, cut: u128, half: u128) -> bool {
    match rounding {
        Rounding::Up => cut != 0 && !sign,
        Rounding::Down => cut != 0 && sign,
        Rounding::Zero | Rounding::Odd => false,
        Rounding::NearestEven | Rounding::NearestAway => cut > half || cut == half && odd,
    }
}

/// Shifts right, keeping in bit 0 whether anything was lost.
pub(super) fn sticky(value: u128, by: u32) -> u128 {
    match by {
        0 => value,
        1..=127 => value >> by | u128::from(value << (128 - by) != 0),
        _ => u128::from(value != 0),
    }
}

/// Rounds `significand / 2^127 * 2^exponent` (top bit set; bit 0 sticky).
pub(super) fn round(rules: &mut Rules, sign: bool, exponent: i32, significand: u128) -> Extended {
    let unit = 128 - rules.precision;
    let (mask, half) = ((1u128 << unit) - 1, 1u128 << (unit - 1));
    let lowest = 1 - BIAS;
    let mut kept = significand;
    let mut tiny = false;
    if exponent < lowest {
        // Tiny if it would be so even after rounding with an unbounded exponent.
        let carries =
            significand | mask == u128::MAX && grows(rules.rounding, sign, true, significand & mask, half);
        tiny = exponent < lowest - 1 || !carries;
        kept = sticky(significand, (lowest - exponent).min(128) as u32);
    }
    let cut = kept & mask;
    let mut result = kept & !mask;
    let mut field = if exponent < lowest { 0 } else { exponent + BIAS };
    if grows(rules.rounding, sign, kept >> unit & 1 != 0, cut, half) {
        let (sum, carry) = result.overflowing_add(1 << unit);
        result = if carry { 1 << 127 } else { sum };
        field += i32::from(carry);
    }
    if cut != 0 {
        rules.flags |= INEXACT;
    }
    if tiny && (cut != 0 || !rules.underflow_masked) {
        rules.flags |= UNDERFLOW;
    }
    if field >= i32::from(EXPONENT) {
        return overflow(rules, sign);
    }
    let significand = (result >> 64) as u64;
    if field == 0 && significand & INTEGER != 0 {
        field = 1;
    }
    Extended { significand, head: field as u16 }.with_sign(sign)
}

/// What an overflow gives.
fn overflow(rules: &mut Rules, sign: bool) -> Extended {
    rules.flags |= OVERFLOW | INEXACT;
    let infinite = match rules.rounding {
        Rounding::Up => !sign,
        Rounding::Down => sign,
        Rounding::Zero | Rounding::Odd => false,
        Rounding::NearestEven | Rounding::NearestAway => true,
    };
    if infinite {
        return Extended::infinity(sign);
    }
    let significand = u64::MAX << (64 - rules.precision);
    Extended { significand, head: EXPONENT - 1 }.with_sign(sign)
}

/// The answer if an operand is no number: a NaN, or invalid. `None` if all are.
pub(super) fn propagate(rules: &mut Rules, operands: &[Extended]) -> Option<Extended> {
    let unpacked = |operand: &Extended| operand.unpack();
    if operands.iter().any(|operand| unpacked(operand).class == Class::Unsupported) {
        rules.flags |= INVALID;
        return Some(Extended::INDEFINITE);
    }
    if operands.iter().any(|operand| unpacked(operand).class == Class::SignalingNan) {
        rules.flags |= INVALID;
    }
    let nans = operands.iter().filter(|operand| unpacked(operand).is_nan());
    // Of two NaNs a quiet one goes before a signaling one, then the larger significand, then the positive one.
    let best = nans.max_by_key(|operand| {
        let quiet = unpacked(operand).class == Class::QuietNan;
        (quiet, operand.significand, !operand.sign())
    });
    if best.is_none() && operands.iter().any(|operand| unpacked(operand).subnormal) {
        rules.flags |= SUBNORMAL;
    }
    best.map(|nan| nan.quiet())
}
