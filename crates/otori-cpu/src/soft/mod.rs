//! IEEE 754 arithmetic in integers: exact flags and all rounding modes, on any host. Key types: [`Format`],
//! [`Environment`]. Which NaN is quiet and which comes out is the instruction set's: [`NanRules`].
//!
//! A number on its way is an [`Unpacked`]: significand with its top bit at bit 63, so that the value is
//! `significand / 2^63 * 2^exponent`; [`round`] brings it back into a format.

mod arithmetic;
mod convert;
mod round;
#[cfg(test)]
mod tests;

pub use arithmetic::{Relation, add, compare, divide, multiply, square_root};
pub use convert::{convert, from_integer, to_integer};
pub(crate) use round::round;

/// The invalid-operation flag.
pub const INVALID: u32 = 16;
/// The division-by-zero flag.
pub const DIVISION_BY_ZERO: u32 = 8;
/// The overflow flag.
pub const OVERFLOW: u32 = 4;
/// The underflow flag.
pub const UNDERFLOW: u32 = 2;
/// The inexact flag.
pub const INEXACT: u32 = 1;

/// A binary interchange format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Bits of the fraction field.
    pub fraction_bits: u32,
    /// Bits of the exponent field.
    pub exponent_bits: u32,
}

/// binary32.
pub const SINGLE: Format = Format { fraction_bits: 23, exponent_bits: 8 };
/// binary64.
pub const DOUBLE: Format = Format { fraction_bits: 52, exponent_bits: 11 };

impl Format {
    fn bias(self) -> i32 {
        (1 << (self.exponent_bits - 1)) - 1
    }
    fn exponent_mask(self) -> u64 {
        (1 << self.exponent_bits) - 1
    }
    fn fraction_mask(self) -> u64 {
        (1 << self.fraction_bits) - 1
    }
    /// The bit of the sign.
    #[must_use]
    pub fn sign_mask(self) -> u64 {
        1 << (self.fraction_bits + self.exponent_bits)
    }
    fn signed(self, sign: bool, bits: u64) -> u64 {
        if sign { bits | self.sign_mask() } else { bits }
    }
    fn infinity(self, sign: bool) -> u64 {
        self.signed(sign, self.exponent_mask() << self.fraction_bits)
    }
    fn largest(self, sign: bool) -> u64 {
        self.infinity(sign) - 1
    }
    /// One.
    #[must_use]
    pub fn one(self) -> u64 {
        (self.bias() as u64) << self.fraction_bits
    }
}

/// Which way to round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest, ties to even.
    NearestEven,
    /// Toward zero.
    Zero,
    /// Toward plus infinity.
    Up,
    /// Toward minus infinity.
    Down,
}

/// How an instruction set tells NaNs apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NanRules {
    /// Before IEEE 754-2008 on MIPS: a set top fraction bit signals; the default NaN comes out.
    MipsLegacy,
}

/// What operations are done under, and the flags they raise.
#[derive(Clone, Copy, Debug)]
pub struct Environment {
    /// Rounding mode.
    pub rounding: Rounding,
    /// Are subnormal results replaced by zero?
    pub flushing: bool,
    /// NaN conventions.
    pub nan: NanRules,
    /// Flags raised so far: [`INVALID`] and the others.
    pub flags: u32,
}

/// What kind of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Zero,
    Finite,
    Infinity,
    QuietNan,
    SignalingNan,
}

/// A number taken apart.
#[derive(Clone, Copy, Debug)]
struct Unpacked {
    class: Class,
    sign: bool,
    /// Of finite numbers.
    exponent: i32,
    /// Of finite numbers, top bit set.
    significand: u64,
}

fn unpack(format: Format, bits: u64) -> Unpacked {
    let field = (bits >> format.fraction_bits & format.exponent_mask()) as i32;
    let fraction = bits & format.fraction_mask();
    let sign = bits & format.sign_mask() != 0;
    let top = fraction << (63 - format.fraction_bits);
    let (class, exponent, significand) = if field as u64 == format.exponent_mask() {
        let signaling = fraction >> (format.fraction_bits - 1) == 1;
        match (fraction, signaling) {
            (0, _) => (Class::Infinity, 0, 0),
            (_, true) => (Class::SignalingNan, 0, 0),
            (_, false) => (Class::QuietNan, 0, 0),
        }
    } else if field != 0 {
        (Class::Finite, field - format.bias(), 1 << 63 | top)
    } else if fraction != 0 {
        let zeros = top.leading_zeros();
        (Class::Finite, 1 - format.bias() - zeros as i32, top << zeros)
    } else {
        (Class::Zero, 0, 0)
    };
    Unpacked { class, sign, exponent, significand }
}

impl Unpacked {
    fn is_nan(&self) -> bool {
        matches!(self.class, Class::QuietNan | Class::SignalingNan)
    }
}

impl Environment {
    fn raise(&mut self, flags: u32) {
        self.flags |= flags;
    }

    /// The NaN of an invalid operation, flagged.
    fn invalid(&mut self, format: Format) -> u64 {
        self.raise(INVALID);
        self.default_nan(format)
    }

    fn default_nan(&self, format: Format) -> u64 {
        match self.nan {
            // Exponent all ones, fraction all ones but its top bit.
            NanRules::MipsLegacy => {
                format.infinity(false) | format.fraction_mask() & !(1 << (format.fraction_bits - 1))
            }
        }
    }

    /// The NaN that comes of an operation with at least one NaN operand.
    fn propagate(&mut self, format: Format, a: &Unpacked, b: &Unpacked) -> u64 {
        if a.class == Class::SignalingNan || b.class == Class::SignalingNan {
            return self.invalid(format);
        }
        match self.nan {
            NanRules::MipsLegacy => self.default_nan(format),
        }
    }
}
