//! The rules of ARM: fused operations against the host, NaNs, flushing, estimates, half precision.

use super::*;

fn arm(rounding: Rounding) -> Environment {
    Environment { rounding, flushing: false, nan: NanRules::Arm, flags: 0 }
}

fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn a_fused_sum_in_single_is_the_one_that_double_gives_exactly() {
    let mut state = 0x1234_5678_9abc_def1;
    for _ in 0..100_000 {
        // 12-bit factors and an addend near their product: exact in double.
        let values = [next(&mut state), next(&mut state), next(&mut state)];
        let small = |bits: u64| f32::from_bits((bits as u32 & 0x8000_f000) | 0x3f80_0000);
        let (x, y, z) = (small(values[0]), small(values[1]), small(values[2]) * 0.25);
        let exact = f64::from(x) * f64::from(y) + f64::from(z);
        let mut environment = arm(Rounding::NearestEven);
        let ours = multiply_add(
            SINGLE,
            &mut environment,
            z.to_bits().into(),
            x.to_bits().into(),
            y.to_bits().into(),
        );
        assert_eq!(f32::from_bits(ours as u32), exact as f32, "{x} * {y} + {z}");
    }
}

#[test]
fn a_fused_sum_rounds_once() {
    let mut environment = arm(Rounding::NearestEven);
    // (1 + 2^-52)^2 - (1 + 2^-51) = 2^-104, lost if the product is rounded.
    let x = 0x3ff0_0000_0000_0001;
    let addend = 0xbff0_0000_0000_0002;
    assert_eq!(multiply_add(DOUBLE, &mut environment, addend, x, x), (1023 - 104) << 52);
    assert_eq!(environment.flags, 0);
}

#[test]
fn the_first_signaling_nan_comes_out_quiet() {
    let (quiet, signaling) = (0x7fc0_0001, 0xff80_0002);
    let mut environment = arm(Rounding::NearestEven);
    assert_eq!(add(SINGLE, &mut environment, quiet, 0), quiet);
    assert_eq!(environment.flags, 0);
    assert_eq!(add(SINGLE, &mut environment, quiet, signaling), 0xffc0_0002);
    assert_eq!(environment.flags, INVALID);
    assert_eq!(convert(SINGLE, DOUBLE, &mut environment, signaling), 0xfff8_0000_4000_0000);
    environment.nan = NanRules::ArmDefault;
    assert_eq!(subtract(SINGLE, &mut environment, quiet, signaling), 0x7fc0_0000);
}

#[test]
fn flushing_takes_operands_and_results() {
    let mut environment = Environment { flushing: true, ..arm(Rounding::NearestEven) };
    assert_eq!(add(SINGLE, &mut environment, 1, 0x3f80_0000), 0x3f80_0000);
    assert_eq!(environment.flags, SUBNORMAL_OPERAND);
    environment.flags = 0;
    assert_eq!(multiply(SINGLE, &mut environment, 0x0080_0000, 0x3f00_0000), 0);
    assert_eq!(environment.flags, UNDERFLOW);
}

#[test]
fn integers_saturate() {
    let mut environment = arm(Rounding::NearestEven);
    let mut word = |value: f64, signed| {
        let target = Fixed { bits: 32, signed, fraction_bits: 0 };
        to_fixed(DOUBLE, &mut environment, Rounding::NearestAway, target, value.to_bits())
    };
    assert_eq!(word(2.5, true), 3);
    assert_eq!(word(-2.5, true), 0xffff_fffd);
    assert_eq!(word(1e10, true), 0x7fff_ffff);
    assert_eq!(word(1e10, false), 0xffff_ffff);
    assert_eq!(word(-1.0, false), 0);
    assert_eq!(word(f64::NAN, false), 0);
}

#[test]
fn integral_values() {
    let mut environment = arm(Rounding::NearestEven);
    let mut whole = |value: f64, rounding| {
        f64::from_bits(round_to_integral(
            DOUBLE,
            &mut environment,
            rounding,
            Exactness::Told,
            value.to_bits(),
        ))
    };
    assert_eq!(whole(2.5, Rounding::NearestEven), 2.0);
    assert_eq!(whole(2.5, Rounding::NearestAway), 3.0);
    assert_eq!(whole(-0.25, Rounding::Up).to_bits(), 1 << 63);
    assert_eq!(whole(-0.25, Rounding::Down), -1.0);
    assert_eq!(whole(4_503_599_627_370_495.5, Rounding::Up), 4_503_599_627_370_496.0);
    assert_eq!(environment.flags, INEXACT);
}

#[test]
fn halves_go_there_and_back() {
    for half in 0..=0xffff_u64 {
        let mut environment = arm(Rounding::NearestEven);
        let single = convert(HALF, SINGLE, &mut environment, half);
        let back = convert(SINGLE, HALF, &mut environment, single);
        assert!(back == half || back == half | 0x200, "{half:#x} {back:#x}");
        let single = from_alternative_half(SINGLE, &mut environment, half);
        assert_eq!(to_alternative_half(SINGLE, &mut environment, single), half);
    }
}

#[test]
fn estimates_have_eight_bits() {
    let mut environment = arm(Rounding::NearestEven);
    for value in [1.0f64, 1.5, 3.0, 1e-300, 1e300, 7.25] {
        let estimate = f64::from_bits(reciprocal_estimate(DOUBLE, &mut environment, value.to_bits()));
        assert!((estimate * value - 1.0).abs() < 1.0 / 256.0, "{value}");
        let root = f64::from_bits(reciprocal_root_estimate(DOUBLE, &mut environment, value.to_bits()));
        assert!((root * root * value - 1.0).abs() < 1.0 / 100.0, "{value}");
        let step = reciprocal_step(DOUBLE, &mut environment, value.to_bits(), estimate.to_bits());
        assert!((f64::from_bits(step) - (2.0 - value * estimate)).abs() < 1e-15);
    }
    assert_eq!(unsigned_reciprocal_estimate(0x8000_0000), 0xff80_0000);
    assert_eq!(unsigned_reciprocal_root_estimate(0x4000_0000), 0xff80_0000);
}

#[test]
fn zeros_have_an_order_in_minimum_and_maximum() {
    let mut environment = arm(Rounding::NearestEven);
    let (zero, minus, nan) = (0, 1 << 31, 0x7fc0_0000);
    assert_eq!(maximum(SINGLE, &mut environment, minus, zero), zero);
    assert_eq!(minimum(SINGLE, &mut environment, zero, minus), minus);
    assert_eq!(minimum_number(SINGLE, &mut environment, nan, 0x3f80_0000), 0x3f80_0000);
    assert_eq!(minimum(SINGLE, &mut environment, nan, 0x3f80_0000), nan);
}
