//! IEEE 754 arithmetic in integers: exact flags and all rounding modes, on any host. Key types: [`Format`],
//! [`Environment`]. Which NaN is quiet and which comes out, when a result is tiny and what flushing means is the
//! instruction set's: [`NanRules`].
//!
//! A number on its way is an [`Unpacked`]: significand with its top bit at bit 63, so that the value is
//! `significand / 2^63 * 2^exponent`; [`round`] brings it back into a format.

mod arithmetic;
#[cfg(test)]
mod arm_tests;
mod convert;
mod estimate;
mod fixed;
mod fused;
mod host;
mod order;
mod round;
#[cfg(test)]
mod tests;

pub use arithmetic::{add, divide, multiply, square_root, subtract};
pub use convert::{Exactness, convert, from_alternative_half, round_to_integral, to_alternative_half};
pub use estimate::{
    reciprocal_estimate, reciprocal_exponent, reciprocal_root_estimate, unsigned_reciprocal_estimate,
    unsigned_reciprocal_root_estimate,
};
pub use fixed::{Fixed, from_fixed, from_integer, to_fixed, to_integer};
pub use fused::{multiply_add, multiply_extended, reciprocal_root_step, reciprocal_step};
pub use order::{Relation, compare, maximum, maximum_number, minimum, minimum_number};
pub(crate) use round::round;

/// An operand was subnormal (where the rules tell): ARM, and it was taken for zero; x86, and it was not.
pub const SUBNORMAL_OPERAND: u32 = 32;
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

/// binary16. Never flushed.
pub const HALF: Format = Format { fraction_bits: 10, exponent_bits: 5 };
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
    fn quiet_bit(self) -> u64 {
        1 << (self.fraction_bits - 1)
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
    /// To the nearest, ties away from zero (ARM: conversions to integers only).
    NearestAway,
    /// Toward zero, but an inexact result is made odd, so that it can be rounded again (ARM `fcvtxn`).
    Odd,
}

/// How an instruction set tells NaNs apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NanRules {
    /// Before IEEE 754-2008 on MIPS: a set top fraction bit signals; the default NaN comes out.
    MipsLegacy,
    /// IEEE 754-2008 on MIPS: a clear top fraction bit signals; the first signaling NaN comes out, else the first quiet
    /// one.
    Mips2008,
    /// ARM (FPProcessNaNs): a clear top fraction bit signals; the first signaling NaN comes out, else the first quiet
    /// one. A result is tiny before rounding; flushing is of operands too.
    Arm,
    /// ARM in default NaN mode: as [`NanRules::Arm`], but the default NaN comes out.
    ArmDefault,
    /// x86: a clear top fraction bit signals; the first NaN comes out, made quiet. Subnormal operands are told unless
    /// the operation is invalid.
    X86,
}

impl NanRules {
    fn is_arm(self) -> bool {
        matches!(self, NanRules::Arm | NanRules::ArmDefault)
    }
}

/// What operations are done under, and the flags they raise.
#[derive(Clone, Copy, Debug)]
pub struct Environment {
    /// Rounding mode.
    pub rounding: Rounding,
    /// Are subnormal results replaced by zero? By ARM's rules: operands as well.
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
    /// Of finite numbers, top bit set. Of a NaN: its fraction below that bit.
    significand: u64,
}

/// Takes a number apart; a subnormal one may become zero here.
fn unpack(format: Format, environment: &mut Environment, bits: u64) -> Unpacked {
    let field = (bits >> format.fraction_bits & format.exponent_mask()) as i32;
    let fraction = bits & format.fraction_mask();
    let sign = bits & format.sign_mask() != 0;
    let top = fraction << (63 - format.fraction_bits);
    let (class, exponent, significand) = if field as u64 == format.exponent_mask() {
        let set_bit_signals = environment.nan == NanRules::MipsLegacy;
        let signaling = (fraction & format.quiet_bit() != 0) == set_bit_signals;
        match (fraction, signaling) {
            (0, _) => (Class::Infinity, 0, 0),
            (_, true) => (Class::SignalingNan, 0, top),
            (_, false) => (Class::QuietNan, 0, top),
        }
    } else if field != 0 {
        (Class::Finite, field - format.bias(), 1 << 63 | top)
    } else if fraction != 0 && environment.flushes_operand(format) {
        (Class::Zero, 0, 0)
    } else if fraction != 0 {
        if environment.nan == NanRules::X86 {
            environment.raise(SUBNORMAL_OPERAND);
        }
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

    /// Is a subnormal operand, which there is one of, taken for zero? Flagged.
    fn flushes_operand(&mut self, format: Format) -> bool {
        let flushes = self.flushing && self.nan.is_arm() && format != HALF;
        if flushes {
            self.raise(SUBNORMAL_OPERAND);
        }
        flushes
    }

    /// The NaN of an invalid operation, flagged.
    fn invalid(&mut self, format: Format) -> u64 {
        self.raise(INVALID);
        self.forget_subnormals();
        self.default_nan(format)
    }

    /// The NaN that operations make of numbers.
    #[must_use]
    pub fn default_nan(&self, format: Format) -> u64 {
        match self.nan {
            // Exponent all ones, fraction all ones but its top bit.
            NanRules::MipsLegacy => format.infinity(false) | format.fraction_mask() & !format.quiet_bit(),
            NanRules::Mips2008 | NanRules::Arm | NanRules::ArmDefault => {
                format.infinity(false) | format.quiet_bit()
            }
            NanRules::X86 => format.infinity(true) | format.quiet_bit(),
        }
    }

    /// The NaN that comes of an operation of which at least one operand is a NaN, in the order they are looked at.
    fn propagate(&mut self, format: Format, operands: &[&Unpacked]) -> u64 {
        let find = |class| operands.iter().find(|operand| operand.class == class);
        let signaling = find(Class::SignalingNan);
        if signaling.is_some() {
            self.raise(INVALID);
        }
        self.forget_subnormals();
        let chosen = match self.nan {
            NanRules::MipsLegacy | NanRules::ArmDefault => None,
            NanRules::Mips2008 | NanRules::Arm => signaling.or_else(|| find(Class::QuietNan)),
            NanRules::X86 => operands.iter().find(|operand| operand.is_nan()),
        };
        match chosen {
            Some(nan) => {
                let fraction = nan.significand >> (63 - format.fraction_bits);
                format.infinity(nan.sign) | format.quiet_bit() | fraction
            }
            None => self.default_nan(format),
        }
    }

    /// On x86 a NaN or a division by zero hides that the other operand was subnormal.
    fn forget_subnormals(&mut self) {
        if self.nan == NanRules::X86 {
            self.flags &= !SUBNORMAL_OPERAND;
        }
    }
}
