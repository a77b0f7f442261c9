//! Lanes and their arithmetic, on cases known by heart.

use super::*;

const BYTES: Shape = Shape { bits: 8, count: 8 };

#[test]
fn lanes_are_counted_from_the_least_significant() {
    let vector = 0x0807_0605_0403_0201;
    assert_eq!(lane(vector, 8, 2), 3);
    assert_eq!(signed_lane(0xff00, 8, 1), -1);
    assert_eq!(with_lane(vector, 16, 1, 0xaaaa_bbbb), 0x0807_0605_bbbb_0201);
    assert_eq!(map2(BYTES, vector, vector, |a, b| a + b), 0x100e_0c0a_0806_0402);
    assert_eq!(pairwise(BYTES, vector, 0, |a, b| a + b), 0x0f0b_0703);
    assert_eq!(reduce(BYTES, vector, |a, b| a + b), 36);
    assert_eq!(Shape::of(3, 16), Shape { bits: 64, count: 2 });
}

#[test]
fn saturation_is_told() {
    let mut bytes = Element::new(8, Sign::Signed);
    assert_eq!(bytes.saturating_add(0x70, 0x08), 0x78);
    assert!(!bytes.saturated);
    assert_eq!(bytes.saturating_add(0x7f, 1), 0x7f);
    assert!(bytes.saturated);
    assert_eq!(bytes.saturating_subtract(0x80, 1), 0x80);
    let mut longs = Element::new(64, Sign::Unsigned);
    assert_eq!(longs.saturating_add(u64::MAX, 1), u64::MAX);
    assert_eq!(longs.saturating_add_other(5, u64::MAX), 4);
}

#[test]
fn shifts_go_both_ways_and_any_distance() {
    let mut words = Element::new(32, Sign::Signed);
    assert_eq!(words.shift(1, 31) as u32, 1 << 31);
    assert_eq!(words.shift(1, 32) as u32, 0);
    assert_eq!(words.shift(u64::MAX, 0x80) as u32, u32::MAX);
    assert_eq!(words.rounding_shift(3, 0xff) as u32, 2);
    assert_eq!(words.rounding_shift(u64::MAX, 0x80) as u32, 0);
    assert_eq!(words.saturating_shift(1, 31), 0x7fff_ffff);
    assert_eq!(words.saturating_shift(1, 127), 0x7fff_ffff);
    assert_eq!(words.saturating_shift_unsigned(0xffff_ffff, 1), 0);
    let mut longs = Element::new(64, Sign::Unsigned);
    assert_eq!(longs.saturating_shift(u64::MAX, 63), u64::MAX);
    assert_eq!(longs.rounding_shift(u64::MAX, (-64i64) as u64), 1);
    assert_eq!(longs.rounding_shift_right(u64::MAX, 64), 1);
}

#[test]
fn products_and_tables() {
    let mut halves = Element::new(16, Sign::Signed);
    assert_eq!(halves.doubling_multiply_high(0x8000, 0x8000, Rounding::Down), 0x7fff);
    assert!(halves.saturated);
    assert_eq!(halves.doubling_multiply_high(0x4000, 3, Rounding::Half), 2);
    assert_eq!(polynomial_multiply(3, 3), 5);
    let otherwise = u128::MAX;
    assert_eq!(table_lookup(&[0x0706_0504_0302_0100], 0x0903, otherwise) & 0xffff, 0xff03);
}
