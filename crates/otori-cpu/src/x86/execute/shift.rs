//! Shifts and rotates, single and double. Intel SDM volume 2: RCL/RCR/ROL/ROR, SAL/SAR/SHR, SHLD, SHRD.
//!
//! Overflow after a shift by more than one, and everything after a double shift of 16 bits by more than 16, are
//! undefined: here overflow is always computed as for the last single step, and SHLD/SHRD go round (as Intel's do).

use super::super::cpu::CX;
use super::super::flags::{Flags, cut, extend};
use super::{get, handlers, set};

/// Numbers as in opcodes.
pub(in super::super) const ROL: u8 = 0;
pub(in super::super) const ROR: u8 = 1;
pub(in super::super) const RCL: u8 = 2;
pub(in super::super) const RCR: u8 = 3;
pub(in super::super) const SHL: u8 = 4;
pub(in super::super) const SHR: u8 = 5;

/// Bits of a count that count.
const fn count_mask(bits: u32) -> u32 {
    if bits == 64 { 63 } else { 31 }
}

fn bit(value: u64, number: u32) -> bool {
    number < 64 && value >> number & 1 != 0
}

/// Shifts by `count`, which is masked and not zero.
#[inline(always)]
fn shift<const K: u8, const W: u32>(flags: &mut Flags, value: u64, count: u32) -> u64 {
    let value = cut::<W>(value);
    match K {
        ROL | ROR => {
            let turn = count % W;
            let result = match (K, turn) {
                (_, 0) => value,
                (ROL, _) => cut::<W>(value << turn | value >> (W - turn)),
                _ => cut::<W>(value >> turn | value << (W - turn)),
            };
            let carry = if K == ROL { bit(result, 0) } else { bit(result, W - 1) };
            let other = if K == ROL { bit(result, W - 1) } else { bit(result, W - 2) };
            flags.change_carry(carry, carry != other);
            result
        }
        RCL | RCR => {
            // The carry flag above the value, and the whole turned.
            let (size, turn) = (W + 1, count % (W + 1));
            if turn == 0 {
                return value;
            }
            let whole = u128::from(value) | u128::from(flags.carry()) << W;
            let turned = match K {
                RCL => whole << turn | whole >> (size - turn),
                _ => whole >> turn | whole << (size - turn),
            };
            let result = cut::<W>(turned as u64);
            flags.change_carry(turned >> W & 1 != 0, bit(value ^ result, W - 1));
            result
        }
        SHL => {
            let before = if count > 64 { 0 } else { value << (count - 1) };
            let result = cut::<W>(before << 1);
            after::<W>(flags, result, bit(before, W - 1), before);
            result
        }
        SHR => {
            let before = value >> (count - 1);
            let result = before >> 1;
            after::<W>(flags, result, bit(before, 0), before);
            result
        }
        _ => {
            let before = (extend::<W>(value) as i64) >> (count - 1);
            let result = cut::<W>((before >> 1) as u64);
            after::<W>(flags, result, before & 1 != 0, before as u64);
            result
        }
    }
}

/// The same, without flags for any who may look at them. At most 63 places.
#[inline(always)]
fn shifted<const K: u8, const W: u32>(flags: &Flags, value: u64, count: u32) -> u64 {
    let cut_value = cut::<W>(value);
    match (K, W) {
        (ROL, 8) => (value as u8).rotate_left(count).into(),
        (ROL, 16) => (value as u16).rotate_left(count).into(),
        (ROL, 32) => (value as u32).rotate_left(count).into(),
        (ROL, _) => value.rotate_left(count),
        (ROR, 8) => (value as u8).rotate_right(count).into(),
        (ROR, 16) => (value as u16).rotate_right(count).into(),
        (ROR, 32) => (value as u32).rotate_right(count).into(),
        (ROR, _) => value.rotate_right(count),
        (RCL | RCR, _) => shift::<K, W>(&mut { *flags }, value, count.max(1)),
        (SHL, _) => cut_value << (count & 63),
        (SHR, _) => cut_value >> (count & 63),
        _ => (extend::<W>(value) as i64 >> (count & 63)) as u64,
    }
}

/// Flags after a shift whose last step made `result` of `before`.
#[inline(always)]
fn after<const W: u32>(flags: &mut Flags, result: u64, carry: bool, before: u64) {
    flags.logic::<W>(result);
    flags.put_carry(carry, bit(result ^ before, W - 1));
}

handlers! {
    /// a = b shifted by imm, which is masked and not zero.
    fn by_constant<const K: u8, const W: u32, const F: bool>(cpu, maps, blocks, ops, op) {
        let (value, count) = (get(cpu, op.b), op.imm as u32);
        let result = match F {
            true => shift::<K, W>(&mut cpu.flags, value, count.max(1)),
            false => shifted::<K, W>(&cpu.flags, value, count),
        };
        set::<W>(cpu, op.a, result);
    }

    /// a = b shifted by CL.
    fn by_register<const K: u8, const W: u32, const F: bool>(cpu, maps, blocks, ops, op) {
        let (value, count) = (get(cpu, op.b), get(cpu, CX) as u32 & count_mask(W));
        let result = match F {
            _ if count == 0 => value,
            true => shift::<K, W>(&mut cpu.flags, value, count),
            false => shifted::<K, W>(&cpu.flags, value, count),
        };
        set::<W>(cpu, op.a, result);
    }

    /// a = a shifted left, bits of b coming in; by imm, or by CL if e is set.
    fn double_left<const W: u32>(cpu, maps, blocks, ops, op) {
        let count = if op.e != 0 { get(cpu, CX) as u32 } else { op.imm as u32 } & count_mask(W);
        let (a, b) = (cut::<W>(get(cpu, op.a)), cut::<W>(get(cpu, op.b)));
        let mut result = a;
        if count > 0 {
            let step = |count: u32| match W {
                64 => ((u128::from(a) << 64 | u128::from(b)) << count >> 64) as u64,
                32 => (a << 32 | b) << count >> 32,
                _ => ((u128::from(a) << 32 | u128::from(b) << 16 | u128::from(a)) << count >> 32) as u64,
            };
            let before = step(count - 1);
            result = cut::<W>(step(count));
            after::<W>(&mut cpu.flags, result, bit(before, W - 1), before);
        }
        set::<W>(cpu, op.a, result);
    }

    /// a = a shifted right, bits of b coming in; by imm, or by CL if e is set.
    fn double_right<const W: u32>(cpu, maps, blocks, ops, op) {
        let count = if op.e != 0 { get(cpu, CX) as u32 } else { op.imm as u32 } & count_mask(W);
        let (a, b) = (cut::<W>(get(cpu, op.a)), cut::<W>(get(cpu, op.b)));
        let mut result = a;
        if count > 0 {
            let whole = match W {
                64 => u128::from(b) << 64 | u128::from(a),
                32 => u128::from(b) << 32 | u128::from(a),
                _ => u128::from(a) << 32 | u128::from(b) << 16 | u128::from(a),
            };
            let before = (whole >> (count - 1)) as u64;
            result = cut::<W>((whole >> count) as u64);
            after::<W>(&mut cpu.flags, result, bit(before, 0), before);
        }
        set::<W>(cpu, op.a, result);
    }
}
