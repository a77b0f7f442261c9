//! The arithmetic flags, kept as what they are computed from. Key type: [`Flags`]. Intel SDM volume 1, 3.4.3.1.
//!
//! No kind of operation is remembered: whoever sets flags leaves the result and the carries into each bit, so that
//! every flag is a few operations away, whatever set it.

/// Bit of the carry flag in EFLAGS.
pub const CARRY: u32 = 1;
/// Bit of the parity flag.
pub const PARITY: u32 = 4;
/// Bit of the adjust (auxiliary carry) flag.
pub const ADJUST: u32 = 0x10;
/// Bit of the zero flag.
pub const ZERO: u32 = 0x40;
/// Bit of the sign flag.
pub const SIGN: u32 = 0x80;
/// Bit of the direction flag.
pub const DIRECTION: u32 = 0x400;
/// Bit of the overflow flag.
pub const OVERFLOW: u32 = 0x800;
/// All six arithmetic flags.
pub const ARITHMETIC: u32 = CARRY | PARITY | ADJUST | ZERO | SIGN | OVERFLOW;

/// In [`Flags::carry`]: the sign flag is not the sign of the result.
const SIGN_FLIPPED: u64 = 1;
/// In [`Flags::carry`]: the parity flag is not the parity of the result.
const PARITY_FLIPPED: u64 = 2;
/// In [`Flags::carry`]: the carry flag.
const CARRY_OUT: u64 = 1 << 63;

/// The six arithmetic flags.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flags {
    /// The result, sign extended: zero, sign and parity.
    pub(super) result: u64,
    /// Bit 63: carry out of the top bit; bit 62: carry into it; the lowest two bits flip sign and parity.
    pub(super) carry: u64,
    /// Bit 4: adjust.
    pub(super) adjust: u64,
}

/// A value cut to `W` bits.
#[inline(always)]
pub(super) fn cut<const W: u32>(value: u64) -> u64 {
    match W {
        8 => value & 0xff,
        16 => value & 0xffff,
        32 => value & 0xffff_ffff,
        _ => value,
    }
}

/// A value of `W` bits with its sign, in 64.
#[inline(always)]
pub(super) fn extend<const W: u32>(value: u64) -> u64 {
    match W {
        8 => value as i8 as u64,
        16 => value as i16 as u64,
        32 => value as i32 as u64,
        _ => value,
    }
}

impl Flags {
    #[inline(always)]
    pub(super) fn carry(&self) -> bool {
        self.carry >> 63 != 0
    }

    #[inline(always)]
    pub(super) fn overflow(&self) -> bool {
        (self.carry ^ self.carry << 1) >> 63 != 0
    }

    #[inline(always)]
    pub(super) fn zero(&self) -> bool {
        self.result == 0
    }

    #[inline(always)]
    pub(super) fn sign(&self) -> bool {
        (self.result ^ self.carry << 63) >> 63 != 0
    }

    #[inline(always)]
    pub(super) fn parity(&self) -> bool {
        let ones = u64::from((self.result as u8).count_ones());
        (ones ^ self.carry >> 1) & 1 == 0
    }

    pub(super) fn adjust(&self) -> bool {
        self.adjust & 0x10 != 0
    }

    /// Does condition `C` (the low four bits of a conditional jump's opcode) hold?
    #[inline(always)]
    pub(super) fn holds<const C: u8>(&self) -> bool {
        let plain = match C >> 1 {
            0 => self.overflow(),
            1 => self.carry(),
            2 => self.zero(),
            3 => self.carry() || self.zero(),
            4 => self.sign(),
            5 => self.parity(),
            6 => self.sign() != self.overflow(),
            _ => self.zero() || self.sign() != self.overflow(),
        };
        plain != (C & 1 != 0)
    }

    /// The flags that condition `code` looks at.
    pub(super) fn of_condition(code: u8) -> u32 {
        match code >> 1 & 7 {
            0 => OVERFLOW,
            1 => CARRY,
            2 => ZERO,
            3 => CARRY | ZERO,
            4 => SIGN,
            5 => PARITY,
            6 => SIGN | OVERFLOW,
            _ => ZERO | SIGN | OVERFLOW,
        }
    }

    /// The flags as bits of EFLAGS.
    #[must_use]
    pub fn bits(&self) -> u32 {
        let flag = |set: bool, bit: u32| if set { bit } else { 0 };
        flag(self.carry(), CARRY)
            | flag(self.parity(), PARITY)
            | flag(self.adjust(), ADJUST)
            | flag(self.zero(), ZERO)
            | flag(self.sign(), SIGN)
            | flag(self.overflow(), OVERFLOW)
    }

    /// Sets all from bits of EFLAGS.
    pub fn set_bits(&mut self, bits: u32) {
        let has = |bit: u32| bits & bit != 0;
        self.result = if has(ZERO) { 0 } else { 0x100 };
        self.put_carry(has(CARRY), has(OVERFLOW));
        if has(SIGN) {
            self.carry |= SIGN_FLIPPED;
        }
        if !has(PARITY) {
            self.carry |= PARITY_FLIPPED;
        }
        self.adjust = u64::from(bits & ADJUST);
    }

    /// Changes those flags that `mask` has.
    pub(super) fn change(&mut self, mask: u32, bits: u32) {
        let bits = self.bits() & !mask | bits & mask;
        self.set_bits(bits);
    }

    /// Sets carry and overflow; the others are those of the result.
    #[inline(always)]
    pub(super) fn put_carry(&mut self, carry: bool, overflow: bool) {
        self.carry = u64::from(carry) << 63 | u64::from(carry != overflow) << 62;
    }

    /// Sets carry and overflow, and keeps all others.
    #[inline(always)]
    pub(super) fn change_carry(&mut self, carry: bool, overflow: bool) {
        let flips = self.carry & (SIGN_FLIPPED | PARITY_FLIPPED);
        self.put_carry(carry, overflow);
        self.carry |= flips;
    }

    /// Sets carry, and keeps all others.
    pub(super) fn change_only_carry(&mut self, carry: bool) {
        self.change_carry(carry, self.overflow());
    }

    /// Of a result of `W` bits, with carry, overflow and adjust clear.
    #[inline(always)]
    pub(super) fn logic<const W: u32>(&mut self, result: u64) {
        *self = Flags { result: extend::<W>(result), carry: 0, adjust: 0 };
    }

    /// Of `a + b + carry`, operands cut to `W` bits. Returns the sum, cut.
    #[inline(always)]
    pub(super) fn add<const W: u32>(&mut self, a: u64, b: u64, carry: bool) -> u64 {
        let sum = a.wrapping_add(b).wrapping_add(u64::from(carry));
        let into = a ^ b ^ sum;
        self.carry = match W {
            64 => ((a & b) | (a | b) & !sum) & CARRY_OUT | (into & CARRY_OUT) >> 1,
            _ => into << (63 - W),
        };
        self.result = extend::<W>(sum);
        self.adjust = into;
        cut::<W>(sum)
    }

    /// Of `a - b - borrow`, operands cut to `W` bits. Returns the difference, cut.
    #[inline(always)]
    pub(super) fn subtract<const W: u32>(&mut self, a: u64, b: u64, borrow: bool) -> u64 {
        let difference = a.wrapping_sub(b).wrapping_sub(u64::from(borrow));
        let into = a ^ b ^ difference;
        self.carry = match W {
            64 => ((!a & b) | (!a | b) & difference) & CARRY_OUT | (into & CARRY_OUT) >> 1,
            _ => into << (63 - W),
        };
        self.result = extend::<W>(difference);
        self.adjust = into;
        cut::<W>(difference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_of_bits_comes_back() {
        let mut flags = Flags::default();
        for bits in (0..0x1000).map(|bits| bits & ARITHMETIC) {
            flags.set_bits(bits);
            assert_eq!(flags.bits(), bits);
            for carry in [false, true] {
                let mut other = flags;
                other.change_only_carry(carry);
                assert_eq!(other.bits(), bits & !CARRY | u32::from(carry));
            }
        }
    }

    #[test]
    fn sums_and_differences_set_what_the_manual_says() {
        let mut flags = Flags::default();
        assert_eq!(flags.add::<8>(0x7f, 1, false), 0x80);
        assert_eq!(flags.bits(), OVERFLOW | SIGN | ADJUST);
        assert_eq!(flags.add::<32>(0xffff_ffff, 0, true), 0);
        assert_eq!(flags.bits(), CARRY | ZERO | PARITY | ADJUST);
        assert_eq!(flags.add::<64>(1 << 63, 1 << 63, false), 0);
        assert_eq!(flags.bits(), CARRY | ZERO | PARITY | OVERFLOW);
        assert_eq!(flags.subtract::<64>(0, 1, false), u64::MAX);
        assert_eq!(flags.bits(), CARRY | SIGN | PARITY | ADJUST);
        assert_eq!(flags.subtract::<16>(0x8000, 1, false), 0x7fff);
        assert_eq!(flags.bits(), OVERFLOW | PARITY | ADJUST);
    }
}
