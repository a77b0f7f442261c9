//! Floating point lanes: the four operations, root, comparison, extremes, and what SSE3 and SSE4.1 add.
//! Intel SDM volume 2: ADDPS to MAXSD, CMPPS, COMISS, HADDPS, ADDSUBPS, ROUNDPS, DPPS, RCPPS, RSQRTPS.

use super::super::cpu::Cpu;
use super::super::execute::nothing;
use super::super::flags::{CARRY, PARITY, ZERO};
use super::{environment, operand, raise, set_vector, vector};
use crate::block::BlockCache;
use crate::maps::Maps;
use crate::op::{Next, Op, step, stop};
use crate::soft::{self, DOUBLE, Environment, Exactness, Format, INEXACT, Relation, Rounding, SINGLE};
use crate::stop::Stop;

/// One lane: first operand, second operand, immediate.
pub(in super::super) trait Lane {
    /// Does it.
    fn lane(format: Format, environment: &mut Environment, a: u64, b: u64, immediate: u8) -> u64;
}

/// Makes types that implement [`Lane`].
macro_rules! lanes {
    ($($(#[$doc:meta])* $name:ident($format:ident, $environment:ident, $a:ident, $b:ident, $immediate:ident) $body:block)*) => {$(
        $(#[$doc])*
        pub(in super::super) struct $name;
        #[allow(unused_variables, reason = "not every operation has two operands and an immediate")]
        impl Lane for $name {
            #[inline(always)]
            fn lane($format: Format, $environment: &mut Environment, $a: u64, $b: u64, $immediate: u8) -> u64 $body
        }
    )*};
}

/// Of two the first if it is as wanted, else the second: also of two zeros, and if one is not a number.
fn extreme(format: Format, environment: &mut Environment, (a, b): (u64, u64), wanted: Relation) -> u64 {
    if soft::compare(format, environment, a, b, true) == wanted { a } else { b }
}

/// Does predicate `number` of CMPPS hold?
fn predicate(format: Format, environment: &mut Environment, (a, b): (u64, u64), number: u8) -> bool {
    let quiet_is_invalid = matches!(number & 3, 1 | 2);
    let relation = soft::compare(format, environment, a, b, quiet_is_invalid);
    let holds = match number & 3 {
        0 => relation == Relation::Equal,
        1 => relation == Relation::Less,
        2 => matches!(relation, Relation::Less | Relation::Equal),
        _ => relation == Relation::Unordered,
    };
    holds != (number & 4 != 0)
}

/// The rounding mode of an immediate of ROUNDPS.
fn rounding(environment: &Environment, immediate: u8) -> Rounding {
    match immediate & 7 {
        0 => Rounding::NearestEven,
        1 => Rounding::Down,
        2 => Rounding::Up,
        3 => Rounding::Zero,
        _ => environment.rounding,
    }
}

lanes! {
    Add(format, e, a, b, i) { soft::add(format, e, a, b) }
    Subtract(format, e, a, b, i) { soft::subtract(format, e, a, b) }
    Multiply(format, e, a, b, i) { soft::multiply(format, e, a, b) }
    Divide(format, e, a, b, i) { soft::divide(format, e, a, b) }
    Root(format, e, a, b, i) { soft::square_root(format, e, b) }
    Minimum(format, e, a, b, i) { extreme(format, e, (a, b), Relation::Less) }
    Maximum(format, e, a, b, i) { extreme(format, e, (a, b), Relation::Greater) }
    Compare(format, e, a, b, i) {
        let ones = u64::MAX >> (63 - format.fraction_bits - format.exponent_bits);
        if predicate(format, e, (a, b), i) { ones } else { 0 }
    }
    Round(format, e, a, b, i) {
        let exactness = if i & 8 != 0 { Exactness::Untold } else { Exactness::Told };
        let flags = e.flags & soft::SUBNORMAL_OPERAND;
        let result = soft::round_to_integral(format, e, rounding(e, i), exactness, b);
        // No subnormal operand is told here.
        e.flags = e.flags & !soft::SUBNORMAL_OPERAND | flags;
        result
    }
    /// 1 / b; processors compute 12 bits of it, we all. Raises nothing.
    Reciprocal(format, e, a, b, i) {
        let mut quiet = *e;
        soft::divide(format, &mut quiet, format.one(), b)
    }
    /// 1 / root of b, likewise.
    ReciprocalRoot(format, e, a, b, i) {
        let mut quiet = *e;
        let root = soft::square_root(format, &mut quiet, b);
        soft::divide(format, &mut quiet, format.one(), root)
    }
}

/// The format of numbers of so many bits.
pub(super) fn format(bits: u32) -> Format {
    if bits == 32 { SINGLE } else { DOUBLE }
}

/// Lane by number, and a vector with a lane replaced.
fn lane_of(value: u128, bits: u32, number: u32) -> u64 {
    (value >> (bits * number)) as u64 & (u64::MAX >> (64 - bits))
}
fn with_lane(value: u128, bits: u32, number: u32, lane: u64) -> u128 {
    let mask = u128::from(u64::MAX >> (64 - bits)) << (bits * number);
    value & !mask | u128::from(lane) << (bits * number) & mask
}

/// Flags of one lane added to those of the others; each lane decides for itself what a NaN hides.
fn each(environment: &mut Environment, work: impl FnOnce(&mut Environment) -> u64) -> u64 {
    let mut own = Environment { flags: environment.flags & INEXACT, ..*environment };
    let result = work(&mut own);
    environment.flags |= own.flags;
    result
}

/// The lowest `LANES` lanes of `BITS` bits: d = d operation e.
pub(in super::super) fn numbers<'a, T: Lane, const BITS: u32, const LANES: u32>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op<Cpu>],
) -> Next {
    let [op, ..] = ops else { return nothing() };
    let mut environment = environment(cpu);
    let old = vector(cpu, op.d);
    let (a, b) = (operand(cpu, old, BITS), operand(cpu, vector(cpu, op.e), BITS));
    let mut result = old;
    for number in 0..LANES {
        let (x, y) = (lane_of(a, BITS, number), lane_of(b, BITS, number));
        let lane = each(&mut environment, |e| T::lane(format(BITS), e, x, y, op.imm as u8));
        result = with_lane(result, BITS, number, lane);
    }
    let unmasked = raise(cpu, environment.flags);
    if unmasked != 0 {
        return stop(cpu, ops, Stop::FloatingPoint(unmasked));
    }
    set_vector(cpu, op.d, result);
    step(cpu, maps, blocks, ops)
}

/// HADD, HSUB (`KIND` 0, 1): neighbours of both; ADDSUB (2): differences and sums in turn; DP (3): products summed.
pub(in super::super) fn across<'a, const BITS: u32, const KIND: u8>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op<Cpu>],
) -> Next {
    let [op, ..] = ops else { return nothing() };
    let mut environment = environment(cpu);
    let (a, b) = (operand(cpu, vector(cpu, op.d), BITS), operand(cpu, vector(cpu, op.e), BITS));
    let count = 128 / BITS;
    let mut result = 0;
    for number in 0..if KIND == 3 { 0 } else { count } {
        let (x, y, subtract) = match KIND {
            2 => (lane_of(a, BITS, number), lane_of(b, BITS, number), number & 1 == 0),
            _ => {
                let (from, pair) = if number < count / 2 { (a, number) } else { (b, number - count / 2) };
                (lane_of(from, BITS, 2 * pair), lane_of(from, BITS, 2 * pair + 1), KIND == 1)
            }
        };
        let work = if subtract { soft::subtract } else { soft::add };
        let lane = each(&mut environment, |e| work(format(BITS), e, x, y));
        result = with_lane(result, BITS, number, lane);
    }
    if KIND == 3 {
        let sum = dot_product(&mut environment, (a, b), BITS, op.imm as u8);
        for number in (0..count).filter(|number| op.imm >> number & 1 != 0) {
            result = with_lane(result, BITS, number, sum);
        }
    }
    let unmasked = raise(cpu, environment.flags);
    if unmasked != 0 {
        return stop(cpu, ops, Stop::FloatingPoint(unmasked));
    }
    set_vector(cpu, op.d, result);
    step(cpu, maps, blocks, ops)
}

/// Products of the lanes that the upper half of the immediate chooses; neighbours are added first.
fn dot_product(environment: &mut Environment, (a, b): (u128, u128), bits: u32, immediate: u8) -> u64 {
    let format = format(bits);
    let mut product = |number: u32| match immediate >> (4 + number) & 1 {
        0 => 0,
        _ => {
            let (x, y) = (lane_of(a, bits, number), lane_of(b, bits, number));
            each(environment, |e| soft::multiply(format, e, x, y))
        }
    };
    let (first, second) = (product(0), product(1));
    let others = if bits == 32 { Some((product(2), product(3))) } else { None };
    let low = each(environment, |e| soft::add(format, e, first, second));
    match others {
        None => low,
        Some((third, fourth)) => {
            let high = each(environment, |e| soft::add(format, e, third, fourth));
            each(environment, |e| soft::add(format, e, low, high))
        }
    }
}

/// COMISS, UCOMISS (`QUIET`) and those for doubles: zero, parity and carry tell the relation of d and e.
pub(in super::super) fn compare<'a, const BITS: u32, const QUIET: bool>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op<Cpu>],
) -> Next {
    let [op, ..] = ops else { return nothing() };
    let mut environment = environment(cpu);
    let (a, b) = (operand(cpu, vector(cpu, op.d), BITS), operand(cpu, vector(cpu, op.e), BITS));
    let (a, b) = (lane_of(a, BITS, 0), lane_of(b, BITS, 0));
    let mut relation = soft::compare(format(BITS), &mut environment, a, b, !QUIET);
    if relation == Relation::Unordered {
        environment.flags &= !soft::SUBNORMAL_OPERAND;
    }
    let unmasked = raise(cpu, environment.flags);
    if unmasked != 0 {
        return stop(cpu, ops, Stop::FloatingPoint(unmasked));
    }
    cpu.flags.set_bits(match &mut relation {
        Relation::Less => CARRY,
        Relation::Equal => ZERO,
        Relation::Greater => 0,
        Relation::Unordered => ZERO | PARITY | CARRY,
    });
    step(cpu, maps, blocks, ops)
}
