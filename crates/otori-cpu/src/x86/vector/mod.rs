//! MMX and SSE. Key trait: [`Work`], bits to bits; what rounds and raises flags is in `arithmetic`.
//! Intel SDM volume 1, chapters 9 to 12.
//!
//! An operation takes its operands from registers: what has one in memory loads it to a spare register first. `d` is
//! the first operand and the destination, `e` the second one, the immediate is in `imm`.

pub(super) mod arithmetic;
pub(super) mod convert;
pub(super) mod integer;
pub(super) mod moves;
pub(super) mod shuffle;
pub(super) mod text;

use super::cpu::{Cpu, SPARE, VECTORS};
use super::execute::nothing;
use crate::block::BlockCache;
use crate::maps::Maps;
use crate::op::{Next, Op, step};
use crate::soft::{self, Environment, NanRules, Rounding};

/// Bits to bits: first operand, second operand, immediate. `BYTES` is 8 for MMX and 16 for SSE.
pub(super) trait Work {
    /// Does it.
    fn work<const BYTES: usize>(a: u128, b: u128, immediate: u8) -> u128;
}

/// Makes types that implement [`Work`].
macro_rules! works {
    ($($(#[$doc:meta])* $name:ident<$bytes:ident>($a:ident, $b:ident, $immediate:ident) $body:block)*) => {$(
        $(#[$doc])*
        pub(in crate::x86) struct $name;
        #[allow(unused_variables, reason = "not every operation has two operands and an immediate")]
        impl $crate::x86::vector::Work for $name {
            #[inline(always)]
            fn work<const $bytes: usize>($a: u128, $b: u128, $immediate: u8) -> u128 $body
        }
    )*};
}
pub(super) use works;

#[inline(always)]
pub(super) fn vector(cpu: &Cpu, number: u8) -> u128 {
    cpu.vectors[usize::from(number) % VECTORS]
}

#[inline(always)]
pub(super) fn set_vector(cpu: &mut Cpu, number: u8, value: u128) {
    cpu.vectors[usize::from(number) % VECTORS] = value;
}

/// An MMX register, or the low half of the spare one.
#[inline(always)]
pub(super) fn narrow_vector(cpu: &Cpu, number: u8) -> u64 {
    if usize::from(number) >= SPARE { vector(cpu, number) as u64 } else { cpu.float.significand(number) }
}

/// SSE: d = d operation e.
pub(super) fn wide<'a, T: Work>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op<Cpu>],
) -> Next {
    let [op, ..] = ops else { return nothing() };
    let result = T::work::<16>(vector(cpu, op.d), vector(cpu, op.e), op.imm as u8);
    set_vector(cpu, op.d, result);
    step(cpu, maps, blocks, ops)
}

/// MMX: d = d operation e.
pub(super) fn narrow<'a, T: Work>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op<Cpu>],
) -> Next {
    let [op, ..] = ops else { return nothing() };
    let (a, b) = (narrow_vector(cpu, op.d), narrow_vector(cpu, op.e));
    let result = T::work::<8>(a.into(), b.into(), op.imm as u8);
    cpu.float.enter_mmx();
    cpu.float.set_significand(op.d, result as u64);
    step(cpu, maps, blocks, ops)
}

/// Flush to zero.
const FLUSH: u32 = 1 << 15;
/// Denormals are zeros.
const ZEROS: u32 = 1 << 6;

/// The environment that MXCSR describes. An inexact result that was flagged already lets the host compute.
#[inline(always)]
pub(super) fn environment(cpu: &Cpu) -> Environment {
    let rounding = match cpu.mxcsr >> 13 & 3 {
        0 => Rounding::NearestEven,
        1 => Rounding::Down,
        2 => Rounding::Up,
        _ => Rounding::Zero,
    };
    let inexact = if cpu.mxcsr & 0x20 != 0 { soft::INEXACT } else { 0 };
    Environment { rounding, flushing: cpu.mxcsr & FLUSH != 0, nan: NanRules::X86, flags: inexact }
}

/// Flags of soft arithmetic as bits of MXCSR.
fn flag_bits(flags: u32) -> u32 {
    let bit = |flag: u32, bit: u32| if flags & flag != 0 { bit } else { 0 };
    bit(soft::INVALID, 1)
        | bit(soft::SUBNORMAL_OPERAND, 2)
        | bit(soft::DIVISION_BY_ZERO, 4)
        | bit(soft::OVERFLOW, 8)
        | bit(soft::UNDERFLOW, 16)
        | bit(soft::INEXACT, 32)
}

/// Notes flags; gives those that are not masked, which stop the instruction.
#[inline(always)]
pub(super) fn raise(cpu: &mut Cpu, flags: u32) -> u32 {
    if flags & !soft::INEXACT == 0 && cpu.mxcsr & 0x1020 == 0x1020 {
        return 0;
    }
    let bits = flag_bits(flags);
    // The inexact flag may only be the one that was there before.
    let fresh = bits & !(cpu.mxcsr & 0x20);
    cpu.mxcsr |= bits;
    fresh & !(cpu.mxcsr >> 7) & 0x3f
}

/// Subnormal lanes of `bits` bits as zeros, where MXCSR wants that.
#[inline(always)]
pub(super) fn operand(cpu: &Cpu, value: u128, bits: u32) -> u128 {
    if cpu.mxcsr & ZEROS == 0 {
        return value;
    }
    let (exponent, sign) = if bits == 32 { (0x7f80_0000, 1 << 31) } else { (0x7ff << 52, 1 << 63) };
    (0..128 / bits).fold(0, |result, lane| {
        let lane_value = (value >> (lane * bits)) as u64 & (u64::MAX >> (64 - bits));
        let kept = if lane_value & exponent == 0 { lane_value & sign } else { lane_value };
        result | u128::from(kept) << (lane * bits)
    })
}
