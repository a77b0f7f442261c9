//! The host's own arithmetic, where it cannot be told from ours: rounding to nearest, the inexact flag raised already,
//! operands and result neither subnormal nor special. Called first by `arithmetic.rs`.
//!
//! Rust's `f32` and `f64` are binary32 and binary64 with correctly rounded operations on every host, so the bits are
//! those that the slow way would give. An instruction set whose flags stay set until they are cleared passes the flags
//! it has in [`Environment::flags`], and after its first inexact result nearly everything comes here.

use super::{DOUBLE, Environment, Format, INEXACT, Rounding, SINGLE};

/// May the host do it?
#[inline(always)]
fn allowed(environment: &Environment) -> bool {
    environment.flags & INEXACT != 0 && environment.rounding == Rounding::NearestEven
}

/// What a zero as result says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Zero {
    /// It is exact.
    Exact,
    /// It is exact if an operand is zero.
    PerhapsUnderflow,
}

macro_rules! kind {
    ($name:ident, $float:ty, $bits:ty) => {
        #[inline(always)]
        fn $name(a: u64, b: u64, zero: Zero, work: impl Fn($float, $float) -> $float) -> Option<u64> {
            let (x, y) = (<$float>::from_bits(a as $bits), <$float>::from_bits(b as $bits));
            let plain = |value: $float| value.is_normal() || value == 0.0;
            let result = work(x, y);
            // The lowest normal number may have been rounded up from a tiny one.
            let lowest = -<$float>::MIN_POSITIVE..=<$float>::MIN_POSITIVE;
            let normal = result.is_normal() && !lowest.contains(&result);
            let exact_zero = result == 0.0 && (zero == Zero::Exact || x == 0.0 || y == 0.0);
            (plain(x) && plain(y) && (normal || exact_zero)).then(|| u64::from(result.to_bits()))
        }
    };
}

kind!(single, f32, u32);
kind!(double, f64, u64);

macro_rules! operation {
    ($name:ident, $zero:expr, $work:tt) => {
        /// The result, if the host may and can.
        #[inline(always)]
        pub(super) fn $name(format: Format, environment: &Environment, a: u64, b: u64) -> Option<u64> {
            match format {
                _ if !allowed(environment) => None,
                DOUBLE => double(a, b, $zero, |x, y| x $work y),
                SINGLE => single(a, b, $zero, |x, y| x $work y),
                _ => None,
            }
        }
    };
}

operation!(add, Zero::Exact, +);
operation!(multiply, Zero::PerhapsUnderflow, *);
operation!(divide, Zero::PerhapsUnderflow, /);
