//! Arithmetic on one lane. Key type: [`Element`]: the width, how it is read, and whether anything was saturated (QC of
//! ARM). Values go in and out as `u64`; between, they are exact.

use super::mask;

/// How the bits of a lane are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Two's complement.
    Signed,
    /// As they are.
    Unsigned,
}

impl Sign {
    /// Unsigned if a bit of an instruction (its U bit) is set.
    #[inline]
    #[must_use]
    pub fn unsigned_if(unsigned: bool) -> Sign {
        if unsigned { Sign::Unsigned } else { Sign::Signed }
    }
}

/// What arithmetic is done in, and whether it saturated.
#[derive(Clone, Copy, Debug)]
pub struct Element {
    /// Bits of the lane, 8 to 64.
    pub bits: u32,
    /// How it is read.
    pub sign: Sign,
    /// Was a result cut to what the lane can hold?
    pub saturated: bool,
}

impl Element {
    /// Lanes of so many bits.
    #[must_use]
    pub fn new(bits: u32, sign: Sign) -> Element {
        Element { bits, sign, saturated: false }
    }

    /// The value of a lane.
    #[inline(always)]
    #[must_use]
    pub fn value(&self, raw: u64) -> i128 {
        match self.sign {
            Sign::Signed => i128::from(super::sign_extend(raw, self.bits)),
            Sign::Unsigned => i128::from(raw & mask(self.bits)),
        }
    }

    /// The nearest value that a lane of `bits` bits, read as `sign`, can hold.
    #[inline]
    pub fn saturate_to(&mut self, bits: u32, sign: Sign, value: i128) -> u64 {
        let (least, greatest) = match sign {
            Sign::Signed => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
            Sign::Unsigned => (0, (1i128 << bits) - 1),
        };
        let within = value.clamp(least, greatest);
        self.saturated |= within != value;
        within as u64 & mask(bits)
    }

    /// The nearest value that the lane can hold.
    #[inline]
    pub fn saturate(&mut self, value: i128) -> u64 {
        self.saturate_to(self.bits, self.sign, value)
    }

    /// `(a + b) / 2`, toward minus infinity.
    #[must_use]
    pub fn halving_add(&self, a: u64, b: u64) -> u64 {
        ((self.value(a) + self.value(b)) >> 1) as u64
    }

    /// `(a + b + 1) / 2`, toward minus infinity.
    #[must_use]
    pub fn rounding_halving_add(&self, a: u64, b: u64) -> u64 {
        ((self.value(a) + self.value(b) + 1) >> 1) as u64
    }

    /// `(a - b) / 2`, toward minus infinity.
    #[must_use]
    pub fn halving_subtract(&self, a: u64, b: u64) -> u64 {
        ((self.value(a) - self.value(b)) >> 1) as u64
    }

    /// `a + b`, saturated.
    pub fn saturating_add(&mut self, a: u64, b: u64) -> u64 {
        self.saturate(self.value(a) + self.value(b))
    }

    /// `a - b`, saturated.
    pub fn saturating_subtract(&mut self, a: u64, b: u64) -> u64 {
        self.saturate(self.value(a) - self.value(b))
    }

    /// `a + b` where `b` is read with the other sign, saturated (`suqadd`, `usqadd`).
    pub fn saturating_add_other(&mut self, a: u64, b: u64) -> u64 {
        let other = match self.sign {
            Sign::Signed => Sign::Unsigned,
            Sign::Unsigned => Sign::Signed,
        };
        let b = Element { sign: other, ..*self }.value(b);
        self.saturate(self.value(a) + b)
    }

    /// The greater.
    #[must_use]
    pub fn maximum(&self, a: u64, b: u64) -> u64 {
        if self.value(a) >= self.value(b) { a } else { b }
    }

    /// The lesser.
    #[must_use]
    pub fn minimum(&self, a: u64, b: u64) -> u64 {
        if self.value(a) <= self.value(b) { a } else { b }
    }

    /// The distance between both.
    #[must_use]
    pub fn absolute_difference(&self, a: u64, b: u64) -> u64 {
        (self.value(a) - self.value(b)).unsigned_abs() as u64
    }

    /// The exact value shifted left by `by`, or right by `-by`, where `rounding` adds half of the last bit kept.
    /// `by` is at most 64 here: more tells nothing new.
    fn shifted(&self, a: u64, by: i32, rounding: Rounding) -> i128 {
        let value = self.value(a);
        match by {
            64.. => value.signum() << 100,
            0.. => value << by,
            _ => {
                let right = by.unsigned_abs().min(66);
                let half = if rounding == Rounding::Half { 1i128 << (right - 1) } else { 0 };
                (value + half) >> right
            }
        }
    }

    /// Shifted left by the signed low byte of `by`; right if it is negative.
    #[must_use]
    pub fn shift(&self, a: u64, by: u64) -> u64 {
        self.shifted(a, i32::from(by as i8), Rounding::Down) as u64
    }

    /// As [`Element::shift`], rounded to the nearest on the way right.
    #[must_use]
    pub fn rounding_shift(&self, a: u64, by: u64) -> u64 {
        self.shifted(a, i32::from(by as i8), Rounding::Half) as u64
    }

    /// As [`Element::shift`], saturated.
    pub fn saturating_shift(&mut self, a: u64, by: u64) -> u64 {
        self.saturate(self.shifted(a, i32::from(by as i8), Rounding::Down))
    }

    /// As [`Element::rounding_shift`], saturated.
    pub fn saturating_rounding_shift(&mut self, a: u64, by: u64) -> u64 {
        self.saturate(self.shifted(a, i32::from(by as i8), Rounding::Half))
    }

    /// As [`Element::saturating_shift`] of a signed lane, to an unsigned one (`sqshlu`).
    pub fn saturating_shift_unsigned(&mut self, a: u64, by: u64) -> u64 {
        let shifted = Element { sign: Sign::Signed, ..*self }.shifted(a, i32::from(by as i8), Rounding::Down);
        self.saturate_to(self.bits, Sign::Unsigned, shifted)
    }

    /// Shifted right by 1 to 64, cut.
    #[must_use]
    pub fn shift_right(&self, a: u64, by: u32) -> u64 {
        self.shifted(a, -(by as i32), Rounding::Down) as u64
    }

    /// Shifted right by 1 to 64, rounded to the nearest.
    #[must_use]
    pub fn rounding_shift_right(&self, a: u64, by: u32) -> u64 {
        self.shifted(a, -(by as i32), Rounding::Half) as u64
    }

    /// Shifted right by 1 to 64 and saturated to half the width, read as `sign`.
    pub fn narrowing_shift(&mut self, a: u64, by: u32, rounding: Rounding, sign: Sign) -> u64 {
        let shifted = self.shifted(a, -(by as i32), rounding);
        self.saturate_to(self.bits / 2, sign, shifted)
    }

    /// `2 * a * b`, saturated to twice the width (`sqdmull`).
    pub fn doubling_multiply_long(&mut self, a: u64, b: u64) -> u64 {
        let product = 2 * self.value(a) * self.value(b);
        self.saturate_to(self.bits * 2, self.sign, product)
    }

    /// The upper half of `2 * a * b`, saturated (`sqdmulh`, `sqrdmulh`).
    pub fn doubling_multiply_high(&mut self, a: u64, b: u64, rounding: Rounding) -> u64 {
        let half = if rounding == Rounding::Half { 1i128 << (self.bits - 1) } else { 0 };
        self.saturate((2 * self.value(a) * self.value(b) + half) >> self.bits)
    }
}

/// What becomes of the bits that are shifted out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// They are lost.
    Down,
    /// Half of the last bit kept is added first.
    Half,
}

impl Rounding {
    /// To the nearest if a bit of an instruction is set.
    #[must_use]
    pub fn half_if(set: bool) -> Rounding {
        if set { Rounding::Half } else { Rounding::Down }
    }
}
