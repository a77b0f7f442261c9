//! Packed integers. Intel SDM volume 2: P*. One type per instruction; what SSE4.1 added is at the end.

use super::works;

/// Lanes of one type, two vectors to one.
macro_rules! lanes {
    ($name:ident, $type:ty, $count:literal) => {
        #[inline(always)]
        fn $name(a: u128, b: u128, work: impl Fn($type, $type) -> $type) -> u128 {
            const SIZE: usize = 16 / $count;
            let (a, b) = (a.to_le_bytes(), b.to_le_bytes());
            let mut result = [0; 16];
            let lanes = a.as_chunks::<SIZE>().0.iter().zip(b.as_chunks::<SIZE>().0);
            for (to, (a, b)) in result.as_chunks_mut::<SIZE>().0.iter_mut().zip(lanes) {
                *to = work(<$type>::from_le_bytes(*a), <$type>::from_le_bytes(*b)).to_le_bytes();
            }
            u128::from_le_bytes(result)
        }
    };
}

lanes!(u8s, u8, 16);
lanes!(i8s, i8, 16);
lanes!(u16s, u16, 8);
lanes!(i16s, i16, 8);
lanes!(u32s, u32, 4);
lanes!(i32s, i32, 4);
lanes!(u64s, u64, 2);

/// All bits of each byte that is the same in both. Without lanes, of which the compiler makes sixteen moves: string
/// functions do little else.
#[inline(always)]
pub(super) fn equal_bytes(a: u128, b: u128) -> u128 {
    const LOW: u128 = u128::from_ne_bytes([0x7f; 16]);
    let differs = a ^ b;
    // No carry leaves a byte.
    let equal = !(((differs & LOW) + LOW) | differs | LOW);
    equal | (equal - (equal >> 7))
}

fn i16_if(holds: bool) -> i16 {
    -i16::from(holds)
}
fn i32_if(holds: bool) -> i32 {
    -i32::from(holds)
}
fn u64_if(holds: bool) -> u64 {
    if holds { u64::MAX } else { 0 }
}

/// A lane of `size` bytes by number, sign extended.
#[inline(always)]
pub(super) fn signed(value: u128, size: usize, lane: usize) -> i64 {
    let unused = 64 - 8 * size as u32;
    ((value >> (8 * size * lane)) as u64 as i64) << unused >> unused
}

/// Bytes `from` to `from + BYTES / 2` of both, alternating in pieces of `size` bytes.
#[inline(always)]
fn interleave<const BYTES: usize>(a: u128, b: u128, size: usize, from: usize) -> u128 {
    let (a, b) = (a >> (8 * from), b >> (8 * from));
    let mask = u128::MAX >> (128 - 8 * size);
    (0..BYTES / 2 / size).fold(0, |result, lane| {
        let pick = |vector: u128| vector >> (8 * size * lane) & mask;
        result | (pick(a) | pick(b) << (8 * size)) << (16 * size * lane)
    })
}

/// Lanes of `size` bytes of both, saturated to half of that and put together.
#[inline(always)]
fn pack<const BYTES: usize>(a: u128, b: u128, size: usize, (low, high): (i64, i64)) -> u128 {
    let (count, half) = (BYTES / size, size / 2);
    let mask = (1u128 << (8 * half)) - 1;
    (0..2 * count).fold(0, |result, lane| {
        let from = if lane < count { a } else { b };
        let value = signed(from, size, lane % count).clamp(low, high);
        result | (value as u128 & mask) << (8 * half * lane)
    })
}

/// Shifts of lanes by a common count: left, right, right with sign.
#[inline(always)]
fn shift(a: u128, count: u64, size: usize, how: Shift) -> u128 {
    let bits = 8 * size as u64;
    let mask = u128::MAX >> (128 - bits);
    (0..16 / size).fold(0, |result, lane| {
        let value = a >> (8 * size * lane) & mask;
        let shifted = match how {
            Shift::Left if count < bits => value << count & mask,
            Shift::Right if count < bits => value >> count,
            Shift::Signed => (signed(a, size, lane) >> count.min(bits - 1)) as u128 & mask,
            _ => 0,
        };
        result | shifted << (8 * size * lane)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shift {
    Left,
    Right,
    Signed,
}

works! {
    Paddb<B>(a, b, i) { u8s(a, b, u8::wrapping_add) }
    Paddw<B>(a, b, i) { u16s(a, b, u16::wrapping_add) }
    Paddd<B>(a, b, i) { u32s(a, b, u32::wrapping_add) }
    Paddq<B>(a, b, i) { u64s(a, b, u64::wrapping_add) }
    Psubb<B>(a, b, i) { u8s(a, b, u8::wrapping_sub) }
    Psubw<B>(a, b, i) { u16s(a, b, u16::wrapping_sub) }
    Psubd<B>(a, b, i) { u32s(a, b, u32::wrapping_sub) }
    Psubq<B>(a, b, i) { u64s(a, b, u64::wrapping_sub) }
    Paddsb<B>(a, b, i) { i8s(a, b, i8::saturating_add) }
    Paddsw<B>(a, b, i) { i16s(a, b, i16::saturating_add) }
    Paddusb<B>(a, b, i) { u8s(a, b, u8::saturating_add) }
    Paddusw<B>(a, b, i) { u16s(a, b, u16::saturating_add) }
    Psubsb<B>(a, b, i) { i8s(a, b, i8::saturating_sub) }
    Psubsw<B>(a, b, i) { i16s(a, b, i16::saturating_sub) }
    Psubusb<B>(a, b, i) { u8s(a, b, u8::saturating_sub) }
    Psubusw<B>(a, b, i) { u16s(a, b, u16::saturating_sub) }
    Pcmpeqb<B>(a, b, i) { equal_bytes(a, b) }
    Pcmpeqw<B>(a, b, i) { i16s(a, b, |a, b| i16_if(a == b)) }
    Pcmpeqd<B>(a, b, i) { i32s(a, b, |a, b| i32_if(a == b)) }
    Pcmpeqq<B>(a, b, i) { u64s(a, b, |a, b| u64_if(a == b)) }
    Pcmpgtb<B>(a, b, i) { i8s(a, b, |a, b| -i8::from(a > b)) }
    Pcmpgtw<B>(a, b, i) { i16s(a, b, |a, b| i16_if(a > b)) }
    Pcmpgtd<B>(a, b, i) { i32s(a, b, |a, b| i32_if(a > b)) }
    Pcmpgtq<B>(a, b, i) { u64s(a, b, |a, b| u64_if(a as i64 > b as i64)) }
    Pminub<B>(a, b, i) { u8s(a, b, Ord::min) }
    Pmaxub<B>(a, b, i) { u8s(a, b, Ord::max) }
    Pminsw<B>(a, b, i) { i16s(a, b, Ord::min) }
    Pmaxsw<B>(a, b, i) { i16s(a, b, Ord::max) }
    Pminsb<B>(a, b, i) { i8s(a, b, Ord::min) }
    Pmaxsb<B>(a, b, i) { i8s(a, b, Ord::max) }
    Pminuw<B>(a, b, i) { u16s(a, b, Ord::min) }
    Pmaxuw<B>(a, b, i) { u16s(a, b, Ord::max) }
    Pminsd<B>(a, b, i) { i32s(a, b, Ord::min) }
    Pmaxsd<B>(a, b, i) { i32s(a, b, Ord::max) }
    Pminud<B>(a, b, i) { u32s(a, b, Ord::min) }
    Pmaxud<B>(a, b, i) { u32s(a, b, Ord::max) }
    Pavgb<B>(a, b, i) { u8s(a, b, |a, b| ((u16::from(a) + u16::from(b) + 1) >> 1) as u8) }
    Pavgw<B>(a, b, i) { u16s(a, b, |a, b| ((u32::from(a) + u32::from(b) + 1) >> 1) as u16) }
    Pmullw<B>(a, b, i) { u16s(a, b, u16::wrapping_mul) }
    Pmulhw<B>(a, b, i) { i16s(a, b, |a, b| ((i32::from(a) * i32::from(b)) >> 16) as i16) }
    Pmulhuw<B>(a, b, i) { u16s(a, b, |a, b| ((u32::from(a) * u32::from(b)) >> 16) as u16) }
    Pmulhrsw<B>(a, b, i) { i16s(a, b, |a, b| ((((i32::from(a) * i32::from(b)) >> 14) + 1) >> 1) as i16) }
    Pmulld<B>(a, b, i) { u32s(a, b, u32::wrapping_mul) }
    Pmuludq<B>(a, b, i) { u64s(a, b, |a, b| (a & 0xffff_ffff) * (b & 0xffff_ffff)) }
    Pmuldq<B>(a, b, i) { u64s(a, b, |a, b| (i64::from(a as i32) * i64::from(b as i32)) as u64) }
    Pmaddwd<B>(a, b, i) {
        i32s(a, b, |a, b| {
            let (low, high) = (i32::from(a as i16) * i32::from(b as i16), (a >> 16) * (b >> 16));
            low.wrapping_add(high)
        })
    }
    Pmaddubsw<B>(a, b, i) {
        i16s(a, b, |a, b| {
            let part = |shift: u32| i32::from((a >> shift) as u8) * i32::from((b >> shift) as i8);
            (part(0) + part(8)).clamp(i16::MIN.into(), i16::MAX.into()) as i16
        })
    }
    Psadbw<B>(a, b, i) {
        u64s(a, b, |a, b| {
            a.to_le_bytes().iter().zip(b.to_le_bytes()).map(|(a, b)| u64::from(a.abs_diff(b))).sum()
        })
    }
    Pand<B>(a, b, i) { a & b }
    Pandn<B>(a, b, i) { !a & b }
    Por<B>(a, b, i) { a | b }
    Pxor<B>(a, b, i) { a ^ b }
    Psignb<B>(a, b, i) { i8s(a, b, |a, b| a.wrapping_mul(b.signum())) }
    Psignw<B>(a, b, i) { i16s(a, b, |a, b| a.wrapping_mul(b.signum())) }
    Psignd<B>(a, b, i) { i32s(a, b, |a, b| a.wrapping_mul(b.signum())) }
    Pabsb<B>(a, b, i) { i8s(b, b, |b, _| b.wrapping_abs()) }
    Pabsw<B>(a, b, i) { i16s(b, b, |b, _| b.wrapping_abs()) }
    Pabsd<B>(a, b, i) { i32s(b, b, |b, _| b.wrapping_abs()) }
    Punpcklbw<B>(a, b, i) { interleave::<B>(a, b, 1, 0) }
    Punpcklwd<B>(a, b, i) { interleave::<B>(a, b, 2, 0) }
    Punpckldq<B>(a, b, i) { interleave::<B>(a, b, 4, 0) }
    Punpcklqdq<B>(a, b, i) { interleave::<B>(a, b, 8, 0) }
    Punpckhbw<B>(a, b, i) { interleave::<B>(a, b, 1, B / 2) }
    Punpckhwd<B>(a, b, i) { interleave::<B>(a, b, 2, B / 2) }
    Punpckhdq<B>(a, b, i) { interleave::<B>(a, b, 4, B / 2) }
    Punpckhqdq<B>(a, b, i) { interleave::<B>(a, b, 8, B / 2) }
    Packsswb<B>(a, b, i) { pack::<B>(a, b, 2, (-0x80, 0x7f)) }
    Packuswb<B>(a, b, i) { pack::<B>(a, b, 2, (0, 0xff)) }
    Packssdw<B>(a, b, i) { pack::<B>(a, b, 4, (-0x8000, 0x7fff)) }
    Packusdw<B>(a, b, i) { pack::<B>(a, b, 4, (0, 0xffff)) }
    Psllw<B>(a, b, i) { shift(a, b as u64, 2, Shift::Left) }
    Pslld<B>(a, b, i) { shift(a, b as u64, 4, Shift::Left) }
    Psllq<B>(a, b, i) { shift(a, b as u64, 8, Shift::Left) }
    Psrlw<B>(a, b, i) { shift(a, b as u64, 2, Shift::Right) }
    Psrld<B>(a, b, i) { shift(a, b as u64, 4, Shift::Right) }
    Psrlq<B>(a, b, i) { shift(a, b as u64, 8, Shift::Right) }
    Psraw<B>(a, b, i) { shift(a, b as u64, 2, Shift::Signed) }
    Psrad<B>(a, b, i) { shift(a, b as u64, 4, Shift::Signed) }
    PsllwBy<B>(a, b, i) { shift(a, i.into(), 2, Shift::Left) }
    PslldBy<B>(a, b, i) { shift(a, i.into(), 4, Shift::Left) }
    PsllqBy<B>(a, b, i) { shift(a, i.into(), 8, Shift::Left) }
    PsrlwBy<B>(a, b, i) { shift(a, i.into(), 2, Shift::Right) }
    PsrldBy<B>(a, b, i) { shift(a, i.into(), 4, Shift::Right) }
    PsrlqBy<B>(a, b, i) { shift(a, i.into(), 8, Shift::Right) }
    PsrawBy<B>(a, b, i) { shift(a, i.into(), 2, Shift::Signed) }
    PsradBy<B>(a, b, i) { shift(a, i.into(), 4, Shift::Signed) }
    Pslldq<B>(a, b, i) { if i < 16 { a << (8 * u32::from(i)) } else { 0 } }
    Psrldq<B>(a, b, i) { if i < 16 { a >> (8 * u32::from(i)) } else { 0 } }
}

/// A pair of neighbours of both vectors to each lane: the lower half from the first vector.
#[inline(always)]
fn horizontal<const BYTES: usize>(a: u128, b: u128, size: usize, work: impl Fn(i64, i64) -> i64) -> u128 {
    let count = BYTES / size;
    let mask = (1u128 << (8 * size)) - 1;
    (0..count).fold(0, |result, lane| {
        let (from, pair) = if lane < count / 2 { (a, lane) } else { (b, lane - count / 2) };
        let value = work(signed(from, size, 2 * pair), signed(from, size, 2 * pair + 1));
        result | (value as u128 & mask) << (8 * size * lane)
    })
}

fn saturate(value: i64) -> i64 {
    value.clamp(i16::MIN.into(), i16::MAX.into())
}

/// Lanes of `from` bytes widened to `to` bytes.
#[inline(always)]
fn widen(b: u128, from: usize, to: usize, unsigned: bool) -> u128 {
    let mask = |size: usize| u128::MAX >> (128 - 8 * size);
    (0..16 / to).fold(0, |result, lane| {
        let value = signed(b, from, lane) as u128 & if unsigned { mask(from) } else { mask(to) };
        result | value << (8 * to * lane)
    })
}

works! {
    Phaddw<B>(a, b, i) { horizontal::<B>(a, b, 2, |x, y| x + y) }
    Phaddd<B>(a, b, i) { horizontal::<B>(a, b, 4, |x, y| x + y) }
    Phaddsw<B>(a, b, i) { horizontal::<B>(a, b, 2, |x, y| saturate(x + y)) }
    Phsubw<B>(a, b, i) { horizontal::<B>(a, b, 2, |x, y| x - y) }
    Phsubd<B>(a, b, i) { horizontal::<B>(a, b, 4, |x, y| x - y) }
    Phsubsw<B>(a, b, i) { horizontal::<B>(a, b, 2, |x, y| saturate(x - y)) }
    Pmovsxbw<B>(a, b, i) { widen(b, 1, 2, false) }
    Pmovsxbd<B>(a, b, i) { widen(b, 1, 4, false) }
    Pmovsxbq<B>(a, b, i) { widen(b, 1, 8, false) }
    Pmovsxwd<B>(a, b, i) { widen(b, 2, 4, false) }
    Pmovsxwq<B>(a, b, i) { widen(b, 2, 8, false) }
    Pmovsxdq<B>(a, b, i) { widen(b, 4, 8, false) }
    Pmovzxbw<B>(a, b, i) { widen(b, 1, 2, true) }
    Pmovzxbd<B>(a, b, i) { widen(b, 1, 4, true) }
    Pmovzxbq<B>(a, b, i) { widen(b, 1, 8, true) }
    Pmovzxwd<B>(a, b, i) { widen(b, 2, 4, true) }
    Pmovzxwq<B>(a, b, i) { widen(b, 2, 8, true) }
    Pmovzxdq<B>(a, b, i) { widen(b, 4, 8, true) }
    Phminposuw<B>(a, b, i) {
        let lanes = (0..8u128).map(|lane| ((b >> (16 * lane)) & 0xffff, lane));
        lanes.min().map_or(0, |(value, lane)| value | lane << 16)
    }
    Mpsadbw<B>(a, b, i) {
        let (first, second) = (usize::from(i >> 2 & 1) * 4, usize::from(i & 3) * 4);
        let byte = |vector: u128, at: usize| (vector >> (8 * at)) as u8;
        (0..8).fold(0, |result, lane| {
            let differences = (0..4).map(|at| byte(a, first + lane + at).abs_diff(byte(b, second + at)));
            result | differences.map(u128::from).sum::<u128>() << (16 * lane)
        })
    }
}
