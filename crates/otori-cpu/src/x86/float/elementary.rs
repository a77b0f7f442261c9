//! Elementary functions: F2XM1, FYL2X, FYL2XP1, FPATAN, FSIN, FCOS, FPTAN, and the constants. Intel SDM volume 1, 8.3.
//!
//! By series in 128 bits, rounded once. Angles are reduced by a pi of 66 bits, as processors do.

use super::extended::{Class, propagate};
use super::wide::Wide;
use super::{Extended, INVALID, Rules, ZERO_DIVIDE};
use crate::soft::Rounding;

const L2T: Wide = Wide::constant(1, 0xd49a_784b_cd1b_8afe_492b_f6ff_4daf_db4d);
const L2E: Wide = Wide::constant(0, 0xb8aa_3b29_5c17_f0bb_be87_fed0_691d_3e89);
const PI: Wide = Wide::constant(1, 0xc90f_daa2_2168_c234_c4c6_628b_80dc_1cd1);
const LG2: Wide = Wide::constant(-2, 0x9a20_9a84_fbcf_f798_8f89_59ac_0b7c_9178);
const LN2: Wide = Wide::constant(-1, 0xb172_17f7_d1cf_79ab_c9e3_b398_03f2_f6af);
const HALF_PI: Wide = Wide::constant(0, 0xc90f_daa2_2168_c234_c4c6_628b_80dc_1cd1);
const QUARTER: Wide = Wide::constant(-1, 0xc90f_daa2_2168_c234_c4c6_628b_80dc_1cd1);

/// Arc tangents of 1/16 to 16/16.
const ARC_TANGENTS: [Wide; 16] = [
    Wide::constant(-5, 0xffaa_ddb9_67ef_4e36_cb27_92dc_0e2e_0d51),
    Wide::constant(-4, 0xfead_d4d5_617b_6e32_c897_989f_3e88_8ef8),
    Wide::constant(-3, 0xbdcb_da5e_72d8_1134_7b0b_4f88_1c9c_7488),
    Wide::constant(-3, 0xfadb_afc9_6406_eb15_6dc7_9ef5_f7a2_17e6),
    Wide::constant(-2, 0x9b13_b9b8_3f5e_5e69_c5ab_b498_d27a_f328),
    Wide::constant(-2, 0xb7b0_ca0f_26f7_8473_8aa3_2122_dcfe_4483),
    Wide::constant(-2, 0xd327_761e_611f_e5b6_427c_95e9_001e_7136),
    Wide::constant(-2, 0xed63_382b_0dda_7b45_6fe4_45ec_bc3a_8d03),
    Wide::constant(-1, 0x832b_f4a6_d986_7e2a_4b6a_09cb_61a5_15c1),
    Wide::constant(-1, 0x8f00_5d5e_f7f5_9f9b_5c83_5e16_65c4_3748),
    Wide::constant(-1, 0x9a2f_80e6_71bd_da20_4226_f8e2_204f_f3bd),
    Wide::constant(-1, 0xa4bc_7d19_34f7_0924_19a8_7f2a_457d_ac9f),
    Wide::constant(-1, 0xaeac_4c38_b4d8_c080_1472_5e2f_3e52_070a),
    Wide::constant(-1, 0xb805_3e2b_c231_9e73_cb2d_a552_10a4_443d),
    Wide::constant(-1, 0xc0ce_85b8_ac52_6640_89dd_62c4_6e92_fa25),
    Wide::constant(-1, 0xc90f_daa2_2168_c234_c4c6_628b_80dc_1cd1),
];

/// Terms of a series at most: each gives some bits.
const TERMS_MAX: u32 = 64;
/// A term that is so many powers of two below the sum adds nothing.
const NEGLIGIBLE: i32 = 130;

/// FLD1 to FLDZ by number, rounded as asked.
pub(super) fn constant(number: u8, rounding: Rounding) -> Extended {
    let mut rules = Rules { rounding, precision: 64, flags: 0, underflow_masked: true };
    match number {
        0 => Extended::ONE,
        1 => L2T.round(&mut rules),
        2 => L2E.round(&mut rules),
        3 => PI.round(&mut rules),
        4 => LG2.round(&mut rules),
        5 => LN2.round(&mut rules),
        _ => Extended::zero(false),
    }
}

/// The sum of a series: `next` makes the next term of the last one.
fn sum(first: Wide, mut next: impl FnMut(Wide, u32) -> (Wide, Wide)) -> Wide {
    let (mut total, mut carried) = (first, first);
    for number in 1..TERMS_MAX {
        let (kept, term) = next(carried, number);
        if term.is_zero() || total.exponent() - term.exponent() > NEGLIGIBLE {
            break;
        }
        (total, carried) = (total.add(term), kept);
    }
    total
}

/// 2^x - 1 for x between -1 and 1.
pub(super) fn power_minus_one(rules: &mut Rules, a: Extended) -> Extended {
    *rules = rules.exact();
    if let Some(nan) = propagate(rules, &[a]) {
        return nan;
    }
    let x = a.unpack();
    match x.class {
        Class::Infinity if x.sign => return Extended::ONE.with_sign(true),
        Class::Zero | Class::Infinity => return a,
        // Outside the range the result is undefined.
        _ if x.exponent > 0 || x.exponent == 0 && x.significand << 1 != 0 => return a,
        _ => {}
    }
    if x.exponent == 0 {
        // Exactly 1 and -1/2.
        let head = if x.sign { 0xbffe } else { 0x3fff };
        return Extended { significand: 1 << 63, head };
    }
    let y = Wide::of(a).multiply(LN2);
    let result = sum(y, |term, number| {
        let term = term.multiply(y).divide_small(number + 1);
        (term, term)
    });
    result.round(rules)
}

/// z + z^3/3 + z^5/5 and so on: half the logarithm of (1 + z) / (1 - z); with alternating signs the arc tangent.
fn odd_series(z: Wide, alternating: bool) -> Wide {
    let square = z.multiply(z);
    let square = if alternating { square.negated() } else { square };
    sum(z, |power, number| {
        let power = power.multiply(square);
        (power, power.divide_small(2 * number + 1))
    })
}

/// y * log2(x).
pub(super) fn logarithm(rules: &mut Rules, y: Extended, x: Extended) -> Extended {
    *rules = rules.exact();
    if let Some(nan) = propagate(rules, &[y, x]) {
        return nan;
    }
    let (b, a) = (y.unpack(), x.unpack());
    let invalid = |rules: &mut Rules| {
        rules.flags = rules.flags & !super::SUBNORMAL | INVALID;
        Extended::INDEFINITE
    };
    let below_one = a.class == Class::Zero || a.class == Class::Finite && a.exponent < 0;
    let is_one = x == Extended::ONE;
    match (a.class, b.class) {
        (Class::Zero | Class::Infinity, Class::Zero) => return invalid(rules),
        _ if a.sign && a.class != Class::Zero => return invalid(rules),
        (Class::Zero, Class::Infinity) => return Extended::infinity(!b.sign),
        (Class::Zero, _) => {
            rules.flags |= ZERO_DIVIDE;
            return Extended::infinity(!b.sign);
        }
        (_, Class::Infinity) if is_one => return invalid(rules),
        (Class::Infinity, _) | (_, Class::Infinity) => return Extended::infinity(b.sign != below_one),
        (_, Class::Zero) => return Extended::zero(b.sign != below_one),
        _ if is_one => return Extended::zero(b.sign),
        _ => {}
    }
    let wide = Wide::of(x);
    let (mut whole, mut part) = (i64::from(wide.exponent()), wide.significand());
    // 1.0110101: the root of two, about.
    if Wide::constant(0, 0xb5 << 120).is_less(part) {
        (whole, part) = (whole + 1, part.shifted(-1));
    }
    let z = part.subtract(Wide::ONE).divide(part.add(Wide::ONE));
    let fraction = if z.is_zero() { Wide::ZERO } else { odd_series(z, false).shifted(1).multiply(L2E) };
    let log = Wide::integer(whole).add(fraction);
    if fraction.is_zero() {
        // A power of two: exact, or rounded as a product is.
        let factor = super::convert::from_integer(whole);
        return super::arithmetic::multiply(rules, y, factor);
    }
    log.multiply(Wide::of(y)).round(rules)
}

/// y * log2(1 + x) for small x.
pub(super) fn logarithm_of_one_more(rules: &mut Rules, y: Extended, x: Extended) -> Extended {
    *rules = rules.exact();
    if let Some(nan) = propagate(rules, &[y, x]) {
        return nan;
    }
    let (b, a) = (y.unpack(), x.unpack());
    match (a.class, b.class) {
        (Class::Zero, Class::Infinity) => {
            rules.flags = rules.flags & !super::SUBNORMAL | INVALID;
            return Extended::INDEFINITE;
        }
        (_, Class::Infinity) => return Extended::infinity(a.sign != b.sign),
        (Class::Zero, _) | (_, Class::Zero) => return Extended::zero(a.sign != b.sign),
        // Outside the range the result is undefined.
        (Class::Infinity, _) => return x,
        _ if a.exponent >= 0 => return x,
        _ => {}
    }
    let wide = Wide::of(x);
    let z = wide.divide(wide.add(Wide::integer(2)));
    odd_series(z, false).shifted(1).multiply(L2E).multiply(Wide::of(y)).round(rules)
}

/// The angle of the point (x, y).
pub(super) fn arc_tangent(rules: &mut Rules, y: Extended, x: Extended) -> Extended {
    *rules = rules.exact();
    if let Some(nan) = propagate(rules, &[y, x]) {
        return nan;
    }
    let (b, a) = (y.unpack(), x.unpack());
    let angle = match (b.class, a.class) {
        (Class::Infinity, Class::Infinity) if a.sign => QUARTER.add(HALF_PI),
        (Class::Infinity, Class::Infinity) => QUARTER,
        (Class::Zero, _) | (_, Class::Infinity) if a.sign => PI,
        (Class::Zero, _) | (_, Class::Infinity) => return Extended::zero(b.sign),
        (Class::Infinity, _) | (_, Class::Zero) => HALF_PI,
        _ => {
            let (opposite, adjacent) = (Wide::of(y).with_sign(false), Wide::of(x).with_sign(false));
            let steep = adjacent.is_less(opposite);
            let ratio = if steep { adjacent.divide(opposite) } else { opposite.divide(adjacent) };
            let first = arc_tangent_of(ratio);
            let first = if steep { HALF_PI.subtract(first) } else { first };
            if a.sign { PI.subtract(first) } else { first }
        }
    };
    angle.with_sign(b.sign).round(rules)
}

/// Of a number between 0 and 1.
fn arc_tangent_of(ratio: Wide) -> Wide {
    let near = ratio.sixteenths();
    let Some(known) = near.checked_sub(1).and_then(|index| ARC_TANGENTS.get(index)) else {
        return odd_series(ratio, true);
    };
    let base = Wide::integer(near as i64).shifted(-4);
    let rest = ratio.subtract(base).divide(Wide::ONE.add(ratio.multiply(base)));
    if rest.is_zero() { *known } else { known.add(odd_series(rest, true)) }
}

/// Half of pi as processors have it: times 2^67.
const HALF_PI_BITS: u128 = 0xc_90fd_aa22_168c_234c;
/// log2 of the scale of [`HALF_PI_BITS`].
const HALF_PI_SCALE: i32 = 67;

/// Sine, cosine and tangent of an angle; `None` if it is too large. NaNs come out of all three.
pub(super) fn angle(rules: &mut Rules, a: Extended, modrm: u8) -> Option<(Extended, Extended, Extended)> {
    *rules = rules.exact();
    if let Some(nan) = propagate(rules, &[a]) {
        return Some((nan, nan, nan));
    }
    let x = a.unpack();
    match x.class {
        Class::Infinity => {
            rules.flags |= INVALID;
            return Some((Extended::INDEFINITE, Extended::INDEFINITE, Extended::INDEFINITE));
        }
        Class::Zero => return Some((a, Extended::ONE, a)),
        _ if x.exponent >= 63 => return None,
        _ => {}
    }
    let (quadrant, rest) = reduce(x.exponent, x.significand);
    let (sine, cosine) = (sine_of(rest), cosine_of(rest));
    let (sine, cosine) = match quadrant & 3 {
        0 => (sine, cosine),
        1 => (cosine, sine.negated()),
        2 => (sine.negated(), cosine.negated()),
        _ => (cosine.negated(), sine),
    };
    let sine = if x.sign { sine.negated() } else { sine };
    // Only what comes out may raise flags.
    let mut quiet = *rules;
    Some(match modrm {
        0xf2 => (a, a, sine.divide(cosine).round(rules)),
        0xfb => (sine.round(rules), cosine.round(rules), a),
        0xfe => (sine.round(rules), cosine.round(&mut quiet), a),
        _ => (sine.round(&mut quiet), cosine.round(rules), a),
    })
}

/// The multiple of half pi nearest to a positive number, and what is left.
fn reduce(exponent: i32, significand: u64) -> (u64, Wide) {
    if exponent < -1 {
        return (0, Wide::scaled(false, exponent, u128::from(significand) << 64));
    }
    // In units of 2^-67: the significand, shifted left by so much.
    let shift = exponent - 63 + HALF_PI_SCALE;
    let (mut rest, mut quotient) = (u128::from(significand), 0u64);
    for step in 0..=shift.max(0) {
        if step > 0 {
            rest <<= 1;
            quotient <<= 1;
        }
        let times = rest / HALF_PI_BITS;
        rest -= times * HALF_PI_BITS;
        quotient = quotient.wrapping_add(times as u64);
    }
    let beyond = rest > HALF_PI_BITS / 2;
    let left = if beyond { HALF_PI_BITS - rest } else { rest };
    (quotient.wrapping_add(beyond.into()), Wide::scaled(beyond, 127 - HALF_PI_SCALE, left))
}

fn sine_of(x: Wide) -> Wide {
    let square = x.multiply(x).negated();
    sum(x, |term, number| {
        let term = term.multiply(square).divide_small(2 * number * (2 * number + 1));
        (term, term)
    })
}

fn cosine_of(x: Wide) -> Wide {
    let square = x.multiply(x).negated();
    sum(Wide::ONE, |term, number| {
        let term = term.multiply(square).divide_small(2 * number * (2 * number - 1));
        (term, term)
    })
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::super::convert::{narrow, widen};
    use super::*;

    fn rules() -> Rules {
        Rules { rounding: Rounding::NearestEven, precision: 64, flags: 0, underflow_masked: true }
    }

    fn of(value: f64) -> Extended {
        widen(&mut rules(), value.to_bits(), 52, 11)
    }

    /// Compares with the host's library, which may be off by one or two in the last place of a double.
    #[track_caller]
    fn check(result: Extended, expected: f64) {
        let bits = narrow(&mut rules(), result, 52, 11);
        assert!(bits.abs_diff(expected.to_bits()) <= 2, "{:e} should be {expected:e}", f64::from_bits(bits));
    }

    #[test]
    fn functions_are_those_of_the_host() {
        for step in 1..400 {
            let x = f64::from(step) * 0.0123 - 2.4;
            if x.abs() < 1.0 {
                check(power_minus_one(&mut rules(), of(x)), (x * std::f64::consts::LN_2).exp_m1());
            }
            let positive = x.exp() * 3.0;
            let log = positive.log2();
            if log.abs() > 0.1 {
                check(logarithm(&mut rules(), Extended::ONE, of(positive)), log);
            }
            if x.abs() < 0.29 {
                let expected = x.ln_1p() / std::f64::consts::LN_2;
                let bits =
                    narrow(&mut rules(), logarithm_of_one_more(&mut rules(), Extended::ONE, of(x)), 52, 11);
                assert!((f64::from_bits(bits) / expected - 1.0).abs() < 1e-15);
            }
            check(arc_tangent(&mut rules(), of(x), of(1.7)), x.atan2(1.7));
            check(arc_tangent(&mut rules(), of(1.7), of(x)), 1.7f64.atan2(x));
            check(arc_tangent(&mut rules(), of(x), of(-0.3)), x.atan2(-0.3));
            let (sine, _, _) = angle(&mut rules(), of(x * 7.0), 0xfe).unwrap();
            check(sine, (x * 7.0).sin());
            let (_, cosine, _) = angle(&mut rules(), of(x), 0xff).unwrap();
            check(cosine, x.cos());
            let (_, _, tangent) = angle(&mut rules(), of(x), 0xf2).unwrap();
            check(tangent, x.tan());
        }
    }

    #[test]
    fn ends_of_ranges_are_exact() {
        assert_eq!(power_minus_one(&mut rules(), of(1.0)), of(1.0));
        assert_eq!(power_minus_one(&mut rules(), of(-1.0)), of(-0.5));
        assert_eq!(logarithm(&mut rules(), of(3.0), of(8.0)), of(9.0));
        assert_eq!(logarithm(&mut rules(), of(2.0), of(0.25)), of(-4.0));
        let mut rules = rules();
        assert_eq!(logarithm(&mut rules, of(1.0), of(0.0)), Extended::infinity(true));
        assert_eq!(rules.flags, ZERO_DIVIDE);
        assert!(angle(&mut rules, of(9.3e18), 0xfe).is_none());
    }
}
