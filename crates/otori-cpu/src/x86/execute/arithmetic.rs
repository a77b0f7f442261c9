//! The two-operand integer operations and the one-operand ones that are like them, in all their forms.
//! Intel SDM volume 2: ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST, INC, DEC, NOT, NEG, XADD.

use super::super::flags::{Flags, cut, extend};
use super::{address, get, handlers, immediate, read, set, write};

/// Numbers as in opcodes; [`TEST`] is our own.
pub(in super::super) const ADD: u8 = 0;
pub(in super::super) const OR: u8 = 1;
pub(in super::super) const ADC: u8 = 2;
pub(in super::super) const SBB: u8 = 3;
pub(in super::super) const SUB: u8 = 5;
pub(in super::super) const XOR: u8 = 6;
pub(in super::super) const CMP: u8 = 7;
pub(in super::super) const TEST: u8 = 8;

/// Does the operation only set flags?
const fn compares(kind: u8) -> bool {
    kind == CMP || kind == TEST
}

/// `a` operation `b`; sets the flags if `F`.
#[inline(always)]
fn compute<const K: u8, const W: u32, const F: bool>(flags: &mut Flags, a: u64, b: u64) -> u64 {
    let (a, b) = (cut::<W>(a), cut::<W>(b));
    let logic = |flags: &mut Flags, result: u64| {
        if F {
            flags.logic::<W>(result);
        }
        result
    };
    match K {
        ADD if F => flags.add::<W>(a, b, false),
        ADD => a.wrapping_add(b),
        ADC if F => flags.add::<W>(a, b, flags.carry()),
        ADC => a.wrapping_add(b).wrapping_add(flags.carry().into()),
        SBB if F => flags.subtract::<W>(a, b, flags.carry()),
        SBB => a.wrapping_sub(b).wrapping_sub(flags.carry().into()),
        SUB | CMP if F => flags.subtract::<W>(a, b, false),
        SUB | CMP => a.wrapping_sub(b),
        OR => logic(flags, a | b),
        XOR => logic(flags, a ^ b),
        // AND, which has number 4, and TEST.
        _ => logic(flags, a & b),
    }
}

handlers! {
    /// a = b operation c.
    fn with_register<const K: u8, const W: u32, const F: bool>(cpu, maps, blocks, ops, op) {
        let (b, c) = (get(cpu, op.b), get(cpu, op.c));
        let result = compute::<K, W, F>(&mut cpu.flags, b, c);
        if !compares(K) {
            set::<W>(cpu, op.a, result);
        }
    }

    /// a = b operation imm.
    fn with_constant<const K: u8, const W: u32, const F: bool>(cpu, maps, blocks, ops, op) {
        let b = get(cpu, op.b);
        let result = compute::<K, W, F>(&mut cpu.flags, b, op.imm);
        if !compares(K) {
            set::<W>(cpu, op.a, result);
        }
    }

    /// a = a operation memory.
    fn with_memory<const K: u8, const W: u32, const A: u8, const F: bool>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        let b = read!(cpu, maps, blocks, ops, W, address);
        let a = get(cpu, op.a);
        let result = compute::<K, W, F>(&mut cpu.flags, a, b);
        if !compares(K) {
            set::<W>(cpu, op.a, result);
        }
    }

    /// memory = memory operation a.
    fn to_memory<const K: u8, const W: u32, const A: u8>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        let b = get(cpu, op.a);
        let a = read!(cpu, maps, blocks, ops, W, address);
        let mut flags = cpu.flags;
        let result = compute::<K, W, true>(&mut flags, a, b);
        if !compares(K) {
            write!(cpu, maps, blocks, ops, W, address, result);
        }
        cpu.flags = flags;
    }

    /// memory = memory operation immediate.
    fn constant_to_memory<const K: u8, const W: u32, const A: u8>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        let a = read!(cpu, maps, blocks, ops, W, address);
        let mut flags = cpu.flags;
        let result = compute::<K, W, true>(&mut flags, a, immediate(op));
        if !compares(K) {
            write!(cpu, maps, blocks, ops, W, address, result);
        }
        cpu.flags = flags;
    }

    /// a = b + 1; carry stays.
    fn increment<const W: u32, const F: bool>(cpu, maps, blocks, ops, op) {
        let b = cut::<W>(get(cpu, op.b));
        let result = b.wrapping_add(1);
        set::<W>(cpu, op.a, result);
        if F {
            let overflow = cut::<W>(result) == 1 << (W - 1);
            let carry = cpu.flags.carry();
            cpu.flags.result = extend::<W>(result);
            cpu.flags.adjust = b ^ 1 ^ result;
            cpu.flags.put_carry(carry, overflow);
        }
    }

    /// a = b - 1; carry stays.
    fn decrement<const W: u32, const F: bool>(cpu, maps, blocks, ops, op) {
        let b = cut::<W>(get(cpu, op.b));
        let result = b.wrapping_sub(1);
        set::<W>(cpu, op.a, result);
        if F {
            let overflow = b == 1 << (W - 1);
            let carry = cpu.flags.carry();
            cpu.flags.result = extend::<W>(result);
            cpu.flags.adjust = b ^ 1 ^ result;
            cpu.flags.put_carry(carry, overflow);
        }
    }

    /// a = !b; no flags.
    fn complement<const W: u32>(cpu, maps, blocks, ops, op) {
        let b = get(cpu, op.b);
        set::<W>(cpu, op.a, !b);
    }

    /// a = -b.
    fn negate<const W: u32, const F: bool>(cpu, maps, blocks, ops, op) {
        let b = cut::<W>(get(cpu, op.b));
        let result = compute::<SUB, W, F>(&mut cpu.flags, 0, b);
        set::<W>(cpu, op.a, result);
    }

    /// a = a + b, b = the old a.
    fn exchange_add<const W: u32>(cpu, maps, blocks, ops, op) {
        let (a, b) = (get(cpu, op.a), get(cpu, op.b));
        let sum = cpu.flags.add::<W>(cut::<W>(a), cut::<W>(b), false);
        set::<W>(cpu, op.b, a);
        set::<W>(cpu, op.a, sum);
    }
}
