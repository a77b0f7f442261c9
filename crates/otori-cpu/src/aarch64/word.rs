//! The fields of an instruction word. Key type: [`Word`].

use super::cpu::{SINK, SP, ZERO};
use crate::slot::Slot;

/// An instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(pub u32);

impl Word {
    /// `count` bits from bit `low` up.
    #[inline(always)]
    pub fn bits(self, low: u32, count: u32) -> u32 {
        self.0 >> low & ((1 << count) - 1)
    }

    /// One bit.
    #[inline(always)]
    pub fn bit(self, number: u32) -> bool {
        self.0 >> number & 1 == 1
    }

    /// Are the bits of `mask` as in `value`?
    #[inline(always)]
    pub fn is(self, mask: u32, value: u32) -> bool {
        self.0 & mask == value
    }

    /// `count` bits from bit `low` up, as a signed number.
    #[inline(always)]
    pub fn signed(self, low: u32, count: u32) -> i64 {
        i64::from((self.0 << (32 - low - count)) as i32 >> (32 - count))
    }

    /// Rd, also Rt.
    #[inline(always)]
    pub fn d(self) -> u32 {
        self.bits(0, 5)
    }

    /// Rn.
    #[inline(always)]
    pub fn n(self) -> u32 {
        self.bits(5, 5)
    }

    /// Rm.
    #[inline(always)]
    pub fn m(self) -> u32 {
        self.bits(16, 5)
    }

    /// Rt2, also Ra.
    #[inline(always)]
    pub fn a(self) -> u32 {
        self.bits(10, 5)
    }
}

/// The slot of a register that is read; 31 is zero.
#[inline]
pub(super) fn source(number: u32) -> Slot {
    if number & 31 == 31 { ZERO } else { Slot::of(number & 31) }
}

/// The slot of a register that is written; 31 is nowhere.
#[inline]
pub(super) fn destination(number: u32) -> Slot {
    if number & 31 == 31 { SINK } else { Slot::of(number & 31) }
}

/// The slot of a register; 31 is the stack pointer.
#[inline]
pub(super) fn with_sp(number: u32) -> Slot {
    if number & 31 == 31 { SP } else { Slot::of(number & 31) }
}

/// The mask of a logical immediate (DecodeBitMasks), 64 bits; `None` if the encoding is reserved.
pub(super) fn logical_mask(n: u32, rotation: u32, ones: u32) -> Option<u64> {
    // Elements of 2^1 to 2^6 bits.
    let size = match (n << 6 | (!ones & 63)).checked_ilog2() {
        None | Some(0) => return None,
        Some(length) => 1u32 << length,
    };
    let (ones, rotation) = (ones & (size - 1), rotation & (size - 1));
    if ones == size - 1 {
        return None;
    }
    let element = u64::MAX >> (63 - ones);
    // Rotated within the element, then repeated.
    let mask = u64::MAX >> (64 - size);
    let element = match rotation {
        0 => element,
        _ => (element >> rotation | element << (size - rotation)) & mask,
    };
    let mut result = element;
    let mut filled = size;
    while filled < 64 {
        result |= result << filled;
        filled *= 2;
    }
    Some(result)
}
