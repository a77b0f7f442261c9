//! Between formats of numbers, and between numbers and integers. Intel SDM volume 2: CVT*.

use super::super::cpu::Cpu;
use super::super::execute::{get, nothing, set};
use super::arithmetic::format;
use super::{environment, narrow_vector, operand, raise, set_vector, vector};
use crate::block::BlockCache;
use crate::maps::Maps;
use crate::op::{Next, Op, step, stop};
use crate::soft::{self, DOUBLE, Environment, Rounding, SINGLE};
use crate::stop::Stop;

/// A number as an integer of `bits` bits; what does not fit is the smallest one.
fn to_integer(environment: &mut Environment, from: u32, bits: u32, truncate: bool, value: u64) -> u64 {
    let rounding = if truncate { Rounding::Zero } else { environment.rounding };
    let flags = environment.flags & soft::SUBNORMAL_OPERAND;
    let result = soft::to_integer(format(from), environment, rounding, bits, value);
    // Conversions to integers do not tell subnormal operands.
    environment.flags = environment.flags & !soft::SUBNORMAL_OPERAND | flags;
    let smallest = 1u64 << (bits - 1);
    result.map_or(smallest, |value| value as u64) & (u64::MAX >> (64 - bits))
}

/// What a conversion of a whole vector does: source, environment, to result.
pub(in super::super) trait Conversion {
    /// Bits of the source's numbers, for MXCSR's zeros; 0 if they are integers.
    const SOURCE: u32;
    /// Does it.
    fn convert(environment: &mut Environment, value: u128) -> u128;
}

fn lanes(count: u32, from: u32, to: u32, value: u128, mut work: impl FnMut(u64) -> u64) -> u128 {
    (0..count).fold(0, |result, lane| {
        let x = (value >> (from * lane)) as u64 & (u64::MAX >> (64 - from));
        result | u128::from(work(x)) << (to * lane)
    })
}

macro_rules! conversions {
    ($($name:ident, $source:literal, $count:literal, $from:literal => $to:literal, |$e:ident, $x:ident| $body:expr;)*) => {$(
        pub(in super::super) struct $name;
        impl Conversion for $name {
            const SOURCE: u32 = $source;
            fn convert($e: &mut Environment, value: u128) -> u128 {
                lanes($count, $from, $to, value, |$x| $body)
            }
        }
    )*};
}

conversions! {
    WordsToSingles, 0, 4, 32 => 32, |e, x| soft::from_integer(SINGLE, e, (x as i32).into());
    SinglesToWords, 32, 4, 32 => 32, |e, x| to_integer(e, 32, 32, false, x);
    SinglesToWordsTruncated, 32, 4, 32 => 32, |e, x| to_integer(e, 32, 32, true, x);
    WordsToDoubles, 0, 2, 32 => 64, |e, x| soft::from_integer(DOUBLE, e, (x as i32).into());
    DoublesToWords, 64, 2, 64 => 32, |e, x| to_integer(e, 64, 32, false, x);
    DoublesToWordsTruncated, 64, 2, 64 => 32, |e, x| to_integer(e, 64, 32, true, x);
    SinglesToDoubles, 32, 2, 32 => 64, |e, x| soft::convert(SINGLE, DOUBLE, e, x);
    DoublesToSingles, 64, 2, 64 => 32, |e, x| soft::convert(DOUBLE, SINGLE, e, x);
    TwoWordsToSingles, 0, 2, 32 => 32, |e, x| soft::from_integer(SINGLE, e, (x as i32).into());
    TwoSinglesToWords, 32, 2, 32 => 32, |e, x| to_integer(e, 32, 32, false, x);
    TwoSinglesToWordsTruncated, 32, 2, 32 => 32, |e, x| to_integer(e, 32, 32, true, x);
    SingleToDouble, 32, 1, 32 => 64, |e, x| soft::convert(SINGLE, DOUBLE, e, x);
    DoubleToSingle, 64, 1, 64 => 32, |e, x| soft::convert(DOUBLE, SINGLE, e, x);
}

/// Where operand and result are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    /// Vector to vector.
    Vectors,
    /// MMX register to the low half of a vector.
    FromMmx,
    /// Vector to MMX register.
    ToMmx,
}

/// d = e converted; `KEPT` upper bits of d stay: 0, 64 or 96. `PLACE` 1: from MMX, 2: to MMX.
pub(in super::super) fn convert<'a, T: Conversion, const KEPT: u32, const PLACE: u8>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op<Cpu>],
) -> Next {
    let [op, ..] = ops else { return nothing() };
    let place = match PLACE {
        0 => Where::Vectors,
        1 => Where::FromMmx,
        _ => Where::ToMmx,
    };
    let source = if place == Where::FromMmx { narrow_vector(cpu, op.e).into() } else { vector(cpu, op.e) };
    let source = if T::SOURCE == 0 { source } else { operand(cpu, source, T::SOURCE) };
    let mut environment = environment(cpu);
    let result = T::convert(&mut environment, source);
    let unmasked = raise(cpu, environment.flags);
    if unmasked != 0 {
        return stop(cpu, ops, Stop::FloatingPoint(unmasked));
    }
    if place != Where::Vectors && (place == Where::ToMmx || usize::from(op.e) < super::SPARE) {
        cpu.float.enter_mmx();
    }
    if place == Where::ToMmx {
        cpu.float.set_significand(op.d, result as u64);
    } else {
        let kept = if KEPT == 0 { 0 } else { vector(cpu, op.d) >> (128 - KEPT) << (128 - KEPT) };
        set_vector(cpu, op.d, kept | result);
    }
    step(cpu, maps, blocks, ops)
}

/// CVTSI2SS, CVTSI2SD: number of `TO` bits in d = integer of `W` bits in slot a.
pub(in super::super) fn from_register<'a, const W: u32, const TO: u32>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op<Cpu>],
) -> Next {
    let [op, ..] = ops else { return nothing() };
    let value = get(cpu, op.a);
    let value = if W == 32 { i64::from(value as i32) } else { value as i64 };
    let mut environment = environment(cpu);
    let result = soft::from_integer(format(TO), &mut environment, value);
    let unmasked = raise(cpu, environment.flags);
    if unmasked != 0 {
        return stop(cpu, ops, Stop::FloatingPoint(unmasked));
    }
    let old = vector(cpu, op.d);
    set_vector(cpu, op.d, old >> TO << TO | u128::from(result));
    step(cpu, maps, blocks, ops)
}

/// CVTSS2SI and the others: slot a = integer of `W` bits of the number of `FROM` bits in e; truncated if imm is set.
pub(in super::super) fn to_register<'a, const FROM: u32, const W: u32>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op<Cpu>],
) -> Next {
    let [op, ..] = ops else { return nothing() };
    let value = operand(cpu, vector(cpu, op.e), FROM) as u64 & (u64::MAX >> (64 - FROM));
    let mut environment = environment(cpu);
    let result = to_integer(&mut environment, FROM, W, op.imm != 0, value);
    let unmasked = raise(cpu, environment.flags);
    if unmasked != 0 {
        return stop(cpu, ops, Stop::FloatingPoint(unmasked));
    }
    set::<64>(cpu, op.a, result);
    step(cpu, maps, blocks, ops)
}
