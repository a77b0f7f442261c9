//! Vectors of lanes in a `u128`, for the sets that have them: lane 0 is least significant. Key types: [`Shape`] (how
//! many lanes of how many bits), [`Element`] (arithmetic on one of them: wrapping, halving, rounding, saturating).
//!
//! Nothing here knows an instruction: AArch64's Advanced SIMD and ARM's NEON decode to these functions with a closure
//! per lane. Lanes are passed as `u64`, zero-extended; what a closure gives is cut to the lane.

mod element;
mod table;
#[cfg(test)]
mod tests;

pub use element::{Element, Rounding, Sign};
pub use table::{polynomial_multiply, table_lookup};

/// Lanes of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Bits of a lane: 8, 16, 32 or 64.
    pub bits: u32,
    /// Lanes.
    pub count: u32,
}

impl Shape {
    /// A vector of `bytes` bytes with lanes of `1 << size` bytes; `size` is at most 3.
    #[inline]
    #[must_use]
    pub fn of(size: u32, bytes: u32) -> Shape {
        let size = size & 3;
        Shape { bits: 8 << size, count: bytes >> size }
    }

    /// As many lanes of twice the width.
    #[inline]
    #[must_use]
    pub fn wide(self) -> Shape {
        Shape { bits: self.bits * 2, ..self }
    }
}

/// Ones in the low `bits` bits (1 to 64).
#[inline(always)]
fn mask(bits: u32) -> u64 {
    u64::MAX >> (64 - bits.clamp(1, 64))
}

/// A lane, zero-extended.
#[inline(always)]
#[must_use]
pub fn lane(vector: u128, bits: u32, index: u32) -> u64 {
    (vector >> ((index * bits) & 127)) as u64 & mask(bits)
}

/// A lane, sign-extended.
#[inline(always)]
#[must_use]
pub fn signed_lane(vector: u128, bits: u32, index: u32) -> i64 {
    sign_extend(lane(vector, bits, index), bits)
}

/// The low `bits` bits (1 to 64) as a signed number.
#[inline(always)]
#[must_use]
pub fn sign_extend(value: u64, bits: u32) -> i64 {
    let unused = 64 - bits.clamp(1, 64);
    (value << unused) as i64 >> unused
}

/// The vector with one lane changed.
#[inline(always)]
#[must_use]
pub fn with_lane(vector: u128, bits: u32, index: u32, value: u64) -> u128 {
    let shift = (index * bits) & 127;
    vector & !(u128::from(mask(bits)) << shift) | u128::from(value & mask(bits)) << shift
}

/// A vector whose lanes are given by their number.
#[inline(always)]
#[must_use]
pub fn build(shape: Shape, mut work: impl FnMut(u32) -> u64) -> u128 {
    let mut result = 0;
    for index in 0..shape.count {
        result |= u128::from(work(index) & mask(shape.bits)) << ((index * shape.bits) & 127);
    }
    result
}

/// Lane by lane of one vector.
#[inline(always)]
#[must_use]
pub fn map(shape: Shape, a: u128, mut work: impl FnMut(u64) -> u64) -> u128 {
    build(shape, |index| work(lane(a, shape.bits, index)))
}

/// Lane by lane of two vectors.
#[inline(always)]
#[must_use]
pub fn map2(shape: Shape, a: u128, b: u128, mut work: impl FnMut(u64, u64) -> u64) -> u128 {
    build(shape, |index| work(lane(a, shape.bits, index), lane(b, shape.bits, index)))
}

/// Lane by lane of three vectors.
#[inline(always)]
#[must_use]
pub fn map3(shape: Shape, a: u128, b: u128, c: u128, mut work: impl FnMut(u64, u64, u64) -> u64) -> u128 {
    let bits = shape.bits;
    build(shape, |index| work(lane(a, bits, index), lane(b, bits, index), lane(c, bits, index)))
}

/// Neighbours of `a`, then of `b`, joined to one lane each.
#[inline(always)]
#[must_use]
pub fn pairwise(shape: Shape, a: u128, b: u128, mut work: impl FnMut(u64, u64) -> u64) -> u128 {
    let pairs = shape.count / 2;
    build(shape, |index| {
        let (from, pair) = if index < pairs { (a, index) } else { (b, index - pairs) };
        work(lane(from, shape.bits, 2 * pair), lane(from, shape.bits, 2 * pair + 1))
    })
}

/// All lanes joined to one, from lane 0 up.
#[inline(always)]
#[must_use]
pub fn reduce(shape: Shape, a: u128, mut work: impl FnMut(u64, u64) -> u64) -> u64 {
    let mut result = lane(a, shape.bits, 0);
    for index in 1..shape.count {
        result = work(result, lane(a, shape.bits, index));
    }
    result
}

/// One value in all lanes.
#[inline]
#[must_use]
pub fn splat(shape: Shape, value: u64) -> u128 {
    build(shape, |_| value)
}

/// All ones if it holds: what comparisons of lanes give.
#[inline(always)]
#[must_use]
pub fn ones_if(holds: bool) -> u64 {
    if holds { u64::MAX } else { 0 }
}
