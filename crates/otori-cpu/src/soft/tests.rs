//! Against the host's own arithmetic (which rounds to nearest), and the flags of cases known by heart.

use super::*;

fn environment(rounding: Rounding) -> Environment {
    Environment { rounding, flushing: false, nan: NanRules::MipsLegacy, flags: 0 }
}

fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn results_are_those_of_the_host() {
    let mut state = 0x1234_5678_9abc_def1;
    for _ in 0..200_000 {
        let (a, b) = (next(&mut state), next(&mut state));
        // Half of the time exponents close together, so that sums cancel.
        let b = if a & 1 == 0 { b & 0x800f_ffff_ffff_ffff | a & 0x7ff0_0000_0000_0000 } else { b };
        let (x, y) = (f64::from_bits(a), f64::from_bits(b));
        let mut environment = environment(Rounding::NearestEven);
        for (ours, host) in [
            (add(DOUBLE, &mut environment, a, b), x + y),
            (multiply(DOUBLE, &mut environment, a, b), x * y),
            (divide(DOUBLE, &mut environment, a, b), x / y),
        ] {
            assert!(ours == host.to_bits() || host.is_nan(), "{a:#x} {b:#x}: {ours:#x} is not {host:e}");
        }
        let (a, b) = (a as u32, b as u32);
        let (x, y) = (f32::from_bits(a), f32::from_bits(b));
        for (ours, host) in [
            (add(SINGLE, &mut environment, a.into(), b.into()), x + y),
            (multiply(SINGLE, &mut environment, a.into(), b.into()), x * y),
            (divide(SINGLE, &mut environment, a.into(), b.into()), x / y),
        ] {
            assert!(ours == u64::from(host.to_bits()) || host.is_nan(), "{a:#x} {b:#x}: {ours:#x}");
        }
        let narrowed = convert(DOUBLE, SINGLE, &mut environment, f64::from(x).to_bits());
        assert!(narrowed == u64::from(a) || x.is_nan());
    }
}

#[test]
fn roots_square_to_what_they_are_roots_of() {
    for value in [0.0, 1.0, 2.25, 1e300, 1e-300, 144.0, 3.0f64.powi(2)] {
        let mut environment = environment(Rounding::NearestEven);
        let root = f64::from_bits(square_root(DOUBLE, &mut environment, value.to_bits()));
        assert!((root * root - value).abs() <= value * 1e-15);
    }
    let mut environment = environment(Rounding::NearestEven);
    square_root(DOUBLE, &mut environment, (-1.0f64).to_bits());
    assert_eq!(environment.flags, INVALID);
}

#[test]
fn flags_and_directions() {
    let check = |rounding, a: f32, b: f32, expect: f32, flags| {
        let mut environment = environment(rounding);
        let result = multiply(SINGLE, &mut environment, a.to_bits().into(), b.to_bits().into());
        assert_eq!(
            (f32::from_bits(result as u32), environment.flags),
            (expect, flags),
            "{a} * {b} {rounding:?}"
        );
    };
    check(Rounding::NearestEven, 2.0, 3.0, 6.0, 0);
    check(Rounding::NearestEven, f32::MAX, 2.0, f32::INFINITY, OVERFLOW | INEXACT);
    check(Rounding::Zero, f32::MAX, 2.0, f32::MAX, OVERFLOW | INEXACT);
    check(Rounding::Down, f32::MAX, -2.0, f32::NEG_INFINITY, OVERFLOW | INEXACT);
    check(Rounding::Up, f32::MIN_POSITIVE, 0.5, f32::MIN_POSITIVE / 2.0, 0);
    check(Rounding::NearestEven, f32::from_bits(1), 0.5, 0.0, UNDERFLOW | INEXACT);
    check(Rounding::Up, f32::from_bits(1), 0.5, f32::from_bits(1), UNDERFLOW | INEXACT);
}

#[test]
fn integers_saturate_by_being_refused() {
    let to_word = |value: f64, rounding| {
        let mut environment = environment(rounding);
        (to_integer(DOUBLE, &mut environment, rounding, 32, value.to_bits()), environment.flags)
    };
    assert_eq!(to_word(2.5, Rounding::NearestEven), (Some(2), INEXACT));
    assert_eq!(to_word(-2.5, Rounding::Down), (Some(-3), INEXACT));
    assert_eq!(to_word(2_147_483_647.0, Rounding::Zero), (Some(2_147_483_647), 0));
    assert_eq!(to_word(2_147_483_648.0, Rounding::Zero), (None, INVALID));
    assert_eq!(to_word(-2_147_483_648.0, Rounding::Zero), (Some(-2_147_483_648), 0));
    assert_eq!(to_word(f64::NAN, Rounding::Zero), (None, INVALID));
}
