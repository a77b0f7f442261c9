//! N, Z, C, V: how results set them and what conditions they make. ARM ARM C1.2.4, ConditionHolds.

use super::Cpu;

/// A value as a register of that width holds it: the upper half of `x` registers is zeroed by 32-bit instructions.
#[inline(always)]
pub(super) fn narrow<const WIDE: bool>(value: u64) -> u64 {
    if WIDE { value } else { value & 0xffff_ffff }
}

/// A value of that width, sign-extended.
#[inline(always)]
pub(super) fn signed<const WIDE: bool>(value: u64) -> i64 {
    if WIDE { value as i64 } else { i64::from(value as i32) }
}

/// Would a comparison of both make the condition hold?
#[inline(always)]
pub(super) fn compares<const CONDITION: u8, const WIDE: bool>(a: u64, b: u64) -> bool {
    let (x, y) = (signed::<WIDE>(a), signed::<WIDE>(b));
    let (a, b) = (narrow::<WIDE>(a), narrow::<WIDE>(b));
    let difference = signed::<WIDE>(a.wrapping_sub(b));
    let holds = match CONDITION >> 1 {
        0 => a == b,
        1 => a >= b,
        2 => difference < 0,
        3 => (x ^ y) & (x ^ difference) < 0,
        4 => a > b,
        5 => x >= y,
        6 => x > y,
        _ => true,
    };
    holds != (CONDITION & 1 == 1 && CONDITION != 15)
}

impl Cpu {
    /// Does the condition hold now?
    #[inline(always)]
    pub(super) fn holds<const CONDITION: u8>(&self) -> bool {
        let signs_differ = (self.negative ^ self.overflow) as i64 >= 0;
        let holds = match CONDITION >> 1 {
            0 => self.zero == 0,
            1 => self.carry,
            2 => (self.negative as i64) < 0,
            3 => (self.overflow as i64) < 0,
            4 => self.carry && self.zero != 0,
            5 => signs_differ,
            6 => signs_differ && self.zero != 0,
            _ => true,
        };
        holds != (CONDITION & 1 == 1 && CONDITION != 15)
    }

    /// As [`Cpu::holds`], for a condition known only now.
    pub(super) fn condition(&self, number: u32) -> bool {
        let holds = match number >> 1 & 7 {
            0 => self.holds::<0>(),
            1 => self.holds::<2>(),
            2 => self.holds::<4>(),
            3 => self.holds::<6>(),
            4 => self.holds::<8>(),
            5 => self.holds::<10>(),
            6 => self.holds::<12>(),
            _ => true,
        };
        holds != (number & 1 == 1 && number & 15 != 15)
    }

    /// N, Z, C, V as bits 3 to 0.
    #[must_use]
    pub fn nzcv(&self) -> u32 {
        let (n, v) = ((self.negative >> 63) as u32, (self.overflow >> 63) as u32);
        n << 3 | u32::from(self.zero == 0) << 2 | u32::from(self.carry) << 1 | v
    }

    /// Sets N, Z, C, V from bits 3 to 0.
    pub fn set_nzcv(&mut self, bits: u32) {
        self.negative = u64::from(bits >> 3 & 1) << 63;
        self.zero = u64::from(bits >> 2 & 1 ^ 1);
        self.carry = bits >> 1 & 1 == 1;
        self.overflow = u64::from(bits & 1) << 63;
    }

    /// Flags of a logical result: N and Z from it, C and V clear.
    #[inline(always)]
    pub(super) fn set_logical<const WIDE: bool>(&mut self, result: u64) -> u64 {
        let extended = signed::<WIDE>(result) as u64;
        self.negative = extended;
        self.zero = extended;
        self.carry = false;
        self.overflow = 0;
        narrow::<WIDE>(result)
    }

    /// `a + b` with flags.
    #[inline(always)]
    pub(super) fn add_with_flags<const WIDE: bool>(&mut self, a: u64, b: u64) -> u64 {
        let (x, y) = (signed::<WIDE>(a), signed::<WIDE>(b));
        let sum = narrow::<WIDE>(a.wrapping_add(b));
        let extended = signed::<WIDE>(sum);
        self.negative = extended as u64;
        self.zero = extended as u64;
        self.carry = sum < narrow::<WIDE>(a);
        self.overflow = ((x ^ extended) & (y ^ extended)) as u64;
        sum
    }

    /// `a - b` with flags.
    #[inline(always)]
    pub(super) fn subtract_with_flags<const WIDE: bool>(&mut self, a: u64, b: u64) -> u64 {
        let (x, y) = (signed::<WIDE>(a), signed::<WIDE>(b));
        let difference = narrow::<WIDE>(a.wrapping_sub(b));
        let extended = signed::<WIDE>(difference);
        self.negative = extended as u64;
        self.zero = extended as u64;
        self.carry = narrow::<WIDE>(a) >= narrow::<WIDE>(b);
        self.overflow = ((x ^ y) & (x ^ extended)) as u64;
        difference
    }

    /// `a + b + C`, with flags.
    #[inline(always)]
    pub(super) fn add_carry_with_flags<const WIDE: bool>(&mut self, a: u64, b: u64) -> u64 {
        let carry = u64::from(self.carry);
        let (x, y) = (signed::<WIDE>(a), signed::<WIDE>(b));
        let wide = u128::from(narrow::<WIDE>(a)) + u128::from(narrow::<WIDE>(b)) + u128::from(carry);
        let sum = narrow::<WIDE>(wide as u64);
        let extended = signed::<WIDE>(sum);
        self.negative = extended as u64;
        self.zero = extended as u64;
        self.carry = wide >> if WIDE { 64 } else { 32 } != 0;
        self.overflow = ((x ^ extended) & (y ^ extended)) as u64;
        sum
    }
}
