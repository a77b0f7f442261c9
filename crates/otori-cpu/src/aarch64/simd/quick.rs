//! Instructions that string functions are made of, moves, and scalar arithmetic: each a function of its own. Entrance:
//! [`lower`]. Fields: `a` destination, `b` and `c` sources, numbers of SIMD registers (or slots of general ones), `imm`
//! a constant, `d` a shift.

use super::arithmetic::format;
use super::constant::expanded;
use super::scalar::expand;
use crate::aarch64::Cpu;
use crate::aarch64::word::{Word, destination, source};
use crate::chain::{links, one};
use crate::op::{Op, Run};
use crate::soft::{add, divide, multiply, subtract};
use core::array::from_fn;

const LOW: u128 = u64::MAX as u128;

/// A result, of which perhaps only the lower half is one.
#[inline(always)]
fn whole<const WHOLE: bool>(value: u128) -> u128 {
    if WHOLE { value } else { value & LOW }
}

#[inline(always)]
fn bytes(a: u128, b: u128, work: impl Fn(u8, u8) -> u8) -> u128 {
    let (a, b) = (a.to_le_bytes(), b.to_le_bytes());
    u128::from_le_bytes(from_fn(|index| work(a[index], b[index])))
}

#[inline(always)]
fn words(a: u128, b: u128, work: impl Fn(u32, u32) -> u32) -> u128 {
    let lane = |value: u128, index: usize| (value >> (32 * index)) as u32;
    (0..4).map(|index| u128::from(work(lane(a, index), lane(b, index))) << (32 * index)).sum()
}

#[inline(always)]
fn longs(a: u128, b: u128, work: impl Fn(u64, u64) -> u64) -> u128 {
    u128::from(work(a as u64, b as u64)) | u128::from(work((a >> 64) as u64, (b >> 64) as u64)) << 64
}

#[inline(always)]
fn byte_if(holds: bool) -> u8 {
    if holds { u8::MAX } else { 0 }
}

/// What a function of bytes does.
mod byte_work {
    pub(super) const EQUAL: u8 = 0;
    pub(super) const HIGHER: u8 = 1;
    pub(super) const HIGHER_OR_SAME: u8 = 2;
    pub(super) const ADD: u8 = 3;
    pub(super) const SUBTRACT: u8 = 4;
    pub(super) const MINIMUM: u8 = 5;
    pub(super) const MAXIMUM: u8 = 6;
}
use byte_work::*;

links! { Cpu;
    /// `and`, `bic`, `orr`, `orn`, `eor`, `bsl`, `bit`, `bif`.
    Logical<const KIND: u8, const WHOLE: bool>(cpu, op) {
        let (n, m) = (cpu.vector(op.b as u32), cpu.vector(op.c as u32));
        let d = cpu.vector(op.a as u32);
        let result = match KIND {
            0 => n & m,
            1 => n & !m,
            2 => n | m,
            3 => n | !m,
            4 => n ^ m,
            5 => n & d | m & !d,
            6 => n & m | d & !m,
            _ => n & !m | d & m,
        };
        cpu.set_vector(op.a as u32, whole::<WHOLE>(result));
    }
    OfBytes<const WORK: u8, const WHOLE: bool>(cpu, op) {
        let (n, m) = (cpu.vector(op.b as u32), cpu.vector(op.c as u32));
        let result = bytes(n, m, |a, b| match WORK {
            EQUAL => byte_if(a == b),
            HIGHER => byte_if(a > b),
            HIGHER_OR_SAME => byte_if(a >= b),
            ADD => a.wrapping_add(b),
            SUBTRACT => a.wrapping_sub(b),
            MINIMUM => a.min(b),
            _ => a.max(b),
        });
        cpu.set_vector(op.a as u32, whole::<WHOLE>(result));
    }
    /// `addp`, `uminp`, `umaxp` of 16 bytes.
    BytePairs<const WORK: u8, const WHOLE: bool>(cpu, op) {
        let (n, m) = (cpu.vector(op.b as u32).to_le_bytes(), cpu.vector(op.c as u32).to_le_bytes());
        let result = from_fn(|index| {
            let from = if index < 8 { &n } else { &m };
            let (a, b) = (from[index % 8 * 2], from[index % 8 * 2 + 1]);
            match WORK {
                ADD => a.wrapping_add(b),
                MINIMUM => a.min(b),
                _ => a.max(b),
            }
        });
        cpu.set_vector(op.a as u32, whole::<WHOLE>(u128::from_le_bytes(result)));
    }
    /// `add` and `sub` of words.
    OfWords<const MINUS: bool, const WHOLE: bool>(cpu, op) {
        let (n, m) = (cpu.vector(op.b as u32), cpu.vector(op.c as u32));
        let result = words(n, m, |a, b| if MINUS { a.wrapping_sub(b) } else { a.wrapping_add(b) });
        cpu.set_vector(op.a as u32, whole::<WHOLE>(result));
    }
    /// `add` and `sub` of longs: two, or a scalar.
    OfLongs<const MINUS: bool, const WHOLE: bool>(cpu, op) {
        let (n, m) = (cpu.vector(op.b as u32), cpu.vector(op.c as u32));
        let result = longs(n, m, |a, b| if MINUS { a.wrapping_sub(b) } else { a.wrapping_add(b) });
        cpu.set_vector(op.a as u32, whole::<WHOLE>(result));
    }
    /// `fmul`, `fdiv`, `fadd`, `fsub`.
    Arithmetic<const WORK: u8, const DOUBLE: bool>(cpu, op) {
        let mask = if DOUBLE { u64::MAX } else { 0xffff_ffff };
        let (a, b) = (cpu.vector(op.b as u32) as u64 & mask, cpu.vector(op.c as u32) as u64 & mask);
        let mut environment = cpu.environment();
        let format = const { format(DOUBLE) };
        let result = match WORK {
            0 => multiply(format, &mut environment, a, b),
            1 => divide(format, &mut environment, a, b),
            2 => add(format, &mut environment, a, b),
            _ => subtract(format, &mut environment, a, b),
        };
        cpu.settle(&environment);
        cpu.set_vector(op.a as u32, result.into());
    }
    /// A 64-bit pattern, in both halves if `WHOLE`.
    Pattern<const WHOLE: bool>(cpu, op) {
        cpu.set_vector(op.a as u32, whole::<WHOLE>(u128::from(op.imm) | u128::from(op.imm) << 64));
    }
    /// `dup` of a general register, multiplied by `imm` to fill 64 bits; `e` is the unused bits of a lane.
    Duplicate<const WHOLE: bool>(cpu, op) {
        let lane = cpu.get(op.b) << (op.e & 63) >> (op.e & 63);
        let pattern = u128::from(lane.wrapping_mul(op.imm));
        cpu.set_vector(op.a as u32, whole::<WHOLE>(pattern | pattern << 64));
    }
}

links! { Cpu;
    /// `cmeq` of bytes with zero.
    BytesZero<const WHOLE: bool>(cpu, op) {
        let result = bytes(cpu.vector(op.b as u32), 0, |a, b| byte_if(a == b));
        cpu.set_vector(op.a as u32, whole::<WHOLE>(result));
    }
    /// `shrn` of eight halves to bytes.
    NarrowHalves(cpu, op) {
        let n = cpu.vector(op.b as u32).to_le_bytes();
        let half = |index: usize| u16::from_le_bytes([n[2 * index], n[2 * index + 1]]);
        let result: [u8; 8] = from_fn(|index| (half(index) >> (op.d & 15)) as u8);
        cpu.set_vector(op.a as u32, u64::from_le_bytes(result).into());
    }
    /// To a general register: bits from `d` on, of the mask.
    ToGeneral(cpu, op) {
        cpu.set(op.a, (cpu.vector(op.b as u32) >> (op.d & 127)) as u64 & op.imm);
    }
    /// From a general register.
    FromGeneral(cpu, op) { cpu.set_vector(op.a as u32, u128::from(cpu.get(op.b) & op.imm)); }
    /// `fmov` between registers.
    CopyNumber(cpu, op) { cpu.set_vector(op.a as u32, cpu.vector(op.b as u32) & u128::from(op.imm)); }
}

/// Functions by kind, for the lower half and for whole registers.
macro_rules! both {
    ($name:ident: $($kind:expr),*) => { [$([one::<Cpu, $name<{ $kind }, false>>(), one::<Cpu, $name<{ $kind }, true>>()]),*] };
}

/// The operation of a frequent instruction, but for its registers.
fn function(word: Word) -> Option<Run<Cpu>> {
    let whole = usize::from(word.bit(30));
    if word.is(0x9f20_fc00, 0x0e20_1c00) {
        static LOGICAL: [[Run<Cpu>; 2]; 8] = both!(Logical: 0, 1, 2, 3, 4, 5, 6, 7);
        let kind = word.bits(29, 1) << 2 | word.bits(22, 2);
        return Some(LOGICAL[(kind & 7) as usize][whole]);
    }
    static BYTES: [[Run<Cpu>; 2]; 7] =
        both!(OfBytes: EQUAL, HIGHER, HIGHER_OR_SAME, ADD, SUBTRACT, MINIMUM, MAXIMUM);
    static PAIRS: [Run<Cpu>; 3] = [
        one::<Cpu, BytePairs<ADD, true>>(),
        one::<Cpu, BytePairs<MINIMUM, true>>(),
        one::<Cpu, BytePairs<MAXIMUM, true>>(),
    ];
    static WORDS: [[Run<Cpu>; 2]; 2] = both!(OfWords: false, true);
    static LONGS: [[Run<Cpu>; 2]; 2] = both!(OfLongs: false, true);
    let minus = usize::from(word.bit(29));
    match word.0 & 0xbfe0_fc00 {
        0x2e20_8c00 => return Some(BYTES[0][whole]),
        0x2e20_3400 => return Some(BYTES[1][whole]),
        0x2e20_3c00 => return Some(BYTES[2][whole]),
        0x0e20_8400 => return Some(BYTES[3][whole]),
        0x2e20_8400 => return Some(BYTES[4][whole]),
        0x2e20_6c00 => return Some(BYTES[5][whole]),
        0x2e20_6400 => return Some(BYTES[6][whole]),
        0x0ea0_8400 | 0x2ea0_8400 => return Some(WORDS[minus][whole]),
        0x0ee0_8400 | 0x2ee0_8400 if whole == 1 => return Some(LONGS[minus][1]),
        0x0e20_bc00 if whole == 1 => return Some(PAIRS[0]),
        0x2e20_ac00 if whole == 1 => return Some(PAIRS[1]),
        0x2e20_a400 if whole == 1 => return Some(PAIRS[2]),
        _ => {}
    }
    if word.is(0xdfe0_fc00, 0x5ee0_8400) {
        return Some(LONGS[minus][0]);
    }
    if word.is(0xbfff_fc00, 0x0e20_9800) {
        return Some(if whole == 1 { one::<Cpu, BytesZero<true>>() } else { one::<Cpu, BytesZero<false>>() });
    }
    static ARITHMETIC: [[Run<Cpu>; 2]; 4] = both!(Arithmetic: 0, 1, 2, 3);
    // Single or double; multiply, divide, add, subtract.
    word.is(0xffa0_cc00, 0x1e20_0800)
        .then(|| ARITHMETIC[(word.bits(12, 2) & 3) as usize][usize::from(word.bit(22))])
}

/// Moves between general and SIMD registers, and constants.
fn moves(word: Word) -> Option<Op<Cpu>> {
    let whole = word.bit(30);
    let vector = |number| crate::slot::Slot::of(number);
    let mask = |wide| if wide { u64::MAX } else { 0xffff_ffff };
    let to_general = |d: u32, imm| Op {
        a: destination(word.d()),
        b: vector(word.n()),
        d: d as u8,
        imm,
        ..Op::new(one::<Cpu, ToGeneral>())
    };
    match word.0 & 0xffff_fc00 {
        0x1e26_0000 => return Some(to_general(0, mask(false))),
        0x9e66_0000 => return Some(to_general(0, mask(true))),
        0x1e27_0000 | 0x9e67_0000 => {
            let (a, b) = (vector(word.d()), source(word.n()));
            return Some(Op { a, b, imm: mask(word.bit(31)), ..Op::new(one::<Cpu, FromGeneral>()) });
        }
        0x1e20_4000 | 0x1e60_4000 => {
            let (a, b) = (vector(word.d()), vector(word.n()));
            return Some(Op { a, b, imm: mask(word.bit(22)), ..Op::new(one::<Cpu, CopyNumber>()) });
        }
        _ => {}
    }
    let lane = word.bits(16, 5);
    let size = lane.trailing_zeros();
    // UMOV.
    if word.is(0xbfe0_fc00, 0x0e00_3c00) && lane & 15 != 0 && whole == (size == 3) {
        return Some(to_general((lane >> (size + 1)) * (8 << size), u64::MAX >> (64 - (8 << size))));
    }
    // DUP.
    if word.is(0xbfe0_fc00, 0x0e00_0c00) && lane & 15 != 0 && (whole || size < 3) {
        let every = [0x0101_0101_0101_0101, 0x0001_0001_0001_0001, 0x1_0000_0001, 1][size as usize & 3];
        let run: Run<Cpu> =
            if whole { one::<Cpu, Duplicate<true>>() } else { one::<Cpu, Duplicate<false>>() };
        let (a, b, e) = (vector(word.d()), source(word.n()), (64 - (8 << size)) as u8);
        return Some(Op { a, b, imm: every, e, ..Op::new(run) });
    }
    constant(word)
}

/// `movi`, `mvni`, `fmov` of a constant.
fn constant(word: Word) -> Option<Op<Cpu>> {
    let (mode, invert, whole) = (word.bits(12, 4), word.bit(29), word.bit(30));
    let a = crate::slot::Slot::of(word.d());
    if word.is(0x9ff8_0c00, 0x0f00_0400) && (mode & 1 == 0 || mode >= 12) && !(mode == 15 && invert && !whole)
    {
        let value = expanded(word) as u64;
        let imm = if invert && mode < 14 { !value } else { value };
        let run: Run<Cpu> = if whole { one::<Cpu, Pattern<true>>() } else { one::<Cpu, Pattern<false>>() };
        return Some(Op { a, imm, ..Op::new(run) });
    }
    word.is(0xffa0_1fe0, 0x1e20_1000).then(|| {
        let imm = expand(format(word.bit(22)), word.bits(13, 8));
        Op { a, imm, ..Op::new(one::<Cpu, Pattern<false>>()) }
    })
}

/// The operation of a frequent instruction.
pub(super) fn lower(word: Word) -> Option<Op<Cpu>> {
    if let Some(op) = moves(word) {
        return Some(op);
    }
    let vector = crate::slot::Slot::of;
    let (a, b, c) = (vector(word.d()), vector(word.n()), vector(word.m()));
    // SHRN of halves.
    if word.is(0xfff8_fc00, 0x0f08_8400) {
        return Some(Op { a, b, d: (8 - word.bits(16, 3)) as u8, ..Op::new(one::<Cpu, NarrowHalves>()) });
    }
    function(word).map(|run| Op { a, b, c, ..Op::new(run) })
}
