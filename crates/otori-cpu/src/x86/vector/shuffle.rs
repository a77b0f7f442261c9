//! Moving lanes about. Intel SDM volume 2: PSHUF*, SHUFP*, UNPCK*, PALIGNR, blends, insertions.

use super::works;

/// Lane of `size` bytes by number.
#[inline(always)]
fn lane(value: u128, size: u32, number: u32) -> u128 {
    value >> (8 * size * number) & (u128::MAX >> (128 - 8 * size))
}

/// Four lanes of `size` bytes by the four pairs of bits of the immediate.
#[inline(always)]
fn four(value: u128, size: u32, order: u8) -> u128 {
    (0..4)
        .fold(0, |result, at| result | lane(value, size, u32::from(order >> (2 * at) & 3)) << (8 * size * at))
}

/// Lanes of `size` bytes: of `b` where the bit of the lane is set, else of `a`.
#[inline(always)]
fn blend(a: u128, b: u128, size: u32, chosen: impl Fn(u32) -> bool) -> u128 {
    (0..16 / size).fold(0, |result, at| {
        let from = if chosen(at) { b } else { a };
        result | lane(from, size, at) << (8 * size * at)
    })
}

const LOW: u128 = u64::MAX as u128;

works! {
    Pshufd<B>(a, b, i) { four(b, 4, i) }
    Pshuflw<B>(a, b, i) { b & !LOW | four(b, 2, i) }
    Pshufhw<B>(a, b, i) { b & LOW | four(b >> 64, 2, i) << 64 }
    Pshufw<B>(a, b, i) { four(b, 2, i) }
    Shufps<B>(a, b, i) {
        let pick = |from: u128, at: u32| lane(from, 4, u32::from(i >> (2 * at) & 3)) << (32 * at);
        pick(a, 0) | pick(a, 1) | pick(b, 2) | pick(b, 3)
    }
    Shufpd<B>(a, b, i) { lane(a, 8, u32::from(i & 1)) | lane(b, 8, u32::from(i >> 1 & 1)) << 64 }
    Pshufb<B>(a, b, i) {
        let mask = B as u32 - 1;
        (0..B as u32).fold(0, |result, at| {
            let index = lane(b, 1, at) as u32;
            let byte = if index & 0x80 != 0 { 0 } else { lane(a, 1, index & mask) };
            result | byte << (8 * at)
        })
    }
    Palignr<B>(a, b, i) {
        let (shift, bits) = (8 * u32::from(i), 8 * B as u32);
        let from_low = if shift < bits { b >> shift } else { 0 };
        let from_high = match shift {
            0 => 0,
            _ if shift < bits => a << (bits - shift),
            _ if shift < 2 * bits => a >> (shift - bits),
            _ => 0,
        };
        from_low | from_high
    }
    /// The low lane of the second, the rest of the first.
    Movss<B>(a, b, i) { a & !0xffff_ffff | b & 0xffff_ffff }
    Movsd<B>(a, b, i) { a & !LOW | b & LOW }
    Movlhps<B>(a, b, i) { a & LOW | b << 64 }
    Movhlps<B>(a, b, i) { a & !LOW | b >> 64 }
    Copy<B>(a, b, i) { b }
    /// The low half, the other half zero.
    CopyLow<B>(a, b, i) { b & LOW }
    Movddup<B>(a, b, i) { b & LOW | b << 64 }
    Movsldup<B>(a, b, i) { four(b, 4, 0b1010_0000) }
    Movshdup<B>(a, b, i) { four(b, 4, 0b1111_0101) }
    Pblendw<B>(a, b, i) { blend(a, b, 2, |at| i >> at & 1 != 0) }
    Blendps<B>(a, b, i) { blend(a, b, 4, |at| i >> at & 1 != 0) }
    Blendpd<B>(a, b, i) { blend(a, b, 8, |at| i >> at & 1 != 0) }
    Insertps<B>(a, b, i) {
        let from = lane(b, 4, u32::from(i >> 6));
        let at = u32::from(i >> 4 & 3);
        let result = a & !(0xffff_ffff << (32 * at)) | from << (32 * at);
        blend(result, 0, 4, |at| i >> at & 1 != 0)
    }
    InsertpsOfMemory<B>(a, b, i) {
        let at = u32::from(i >> 4 & 3);
        let result = a & !(0xffff_ffff << (32 * at)) | (b & 0xffff_ffff) << (32 * at);
        blend(result, 0, 4, |at| i >> at & 1 != 0)
    }
}

/// Blends by the sign bits of a mask.
#[inline(always)]
pub(super) fn blend_by_signs(a: u128, b: u128, mask: u128, size: u32) -> u128 {
    blend(a, b, size, |at| lane(mask, size, at) >> (8 * size - 1) != 0)
}
