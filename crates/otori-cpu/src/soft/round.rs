//! From an exact number to a format: rounding, overflow, underflow. Entrance: [`round`]. IEEE 754 clauses 4.3, 7.4-7.6.

use super::{Environment, Format, HALF, INEXACT, OVERFLOW, Rounding, UNDERFLOW};

/// Shifts right, keeping in bit 0 whether anything was lost.
pub(super) fn shift_right_sticky(value: u64, by: u32) -> u64 {
    match by {
        0 => value,
        1..=63 => value >> by | u64::from(value << (64 - by) != 0),
        _ => u64::from(value != 0),
    }
}

/// Is the magnitude to be increased, given what is cut off (`half` is worth half of the last bit kept)?
pub(super) fn rounds_up(rounding: Rounding, sign: bool, odd: bool, cut: u64, half: u64) -> bool {
    match rounding {
        Rounding::NearestEven => cut > half || cut == half && odd,
        Rounding::NearestAway => cut >= half,
        Rounding::Zero => false,
        Rounding::Odd => cut != 0 && !odd,
        Rounding::Up => cut != 0 && !sign,
        Rounding::Down => cut != 0 && sign,
    }
}

/// Rounds `significand / 2^63 * 2^exponent` (top bit set; bit 0 sticky) into a format.
pub(crate) fn round(
    format: Format,
    environment: &mut Environment,
    sign: bool,
    exponent: i32,
    significand: u64,
) -> u64 {
    let dropped_bits = 63 - format.fraction_bits;
    let (mask, half) = ((1u64 << dropped_bits) - 1, 1u64 << (dropped_bits - 1));
    let lowest = 1 - format.bias();
    let mut kept = significand;
    let mut tiny = false;
    if exponent < lowest {
        // Tiny if it would be below the lowest normal number even after rounding with unbounded exponent.
        let carries = significand | mask == u64::MAX
            && rounds_up(environment.rounding, sign, true, significand & mask, half);
        tiny = exponent < lowest - 1 || !carries || environment.nan.is_arm();
        if environment.flushing && tiny && format != HALF {
            environment.raise(if environment.nan.is_arm() { UNDERFLOW } else { UNDERFLOW | INEXACT });
            return format.signed(sign, 0);
        }
        kept = shift_right_sticky(significand, (lowest - exponent).min(64) as u32);
    }
    let cut = kept & mask;
    let mut magnitude = kept >> dropped_bits;
    if rounds_up(environment.rounding, sign, magnitude & 1 == 1, cut, half) {
        magnitude += 1;
    }
    if cut != 0 {
        environment.raise(if tiny { INEXACT | UNDERFLOW } else { INEXACT });
    }
    // Adding the exponent above the fraction lets a carry out of the significand raise it by itself.
    let field = if exponent < lowest { 0 } else { (exponent - lowest) as u64 };
    if field + (magnitude >> format.fraction_bits) >= format.exponent_mask() {
        environment.raise(OVERFLOW | INEXACT);
        let infinite = match environment.rounding {
            Rounding::NearestEven | Rounding::NearestAway => true,
            Rounding::Zero | Rounding::Odd => false,
            Rounding::Up => !sign,
            Rounding::Down => sign,
        };
        return if infinite { format.infinity(sign) } else { format.largest(sign) };
    }
    format.signed(sign, (field << format.fraction_bits) + magnitude)
}
