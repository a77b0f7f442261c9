//! Jumps, calls, returns, conditional branches alone and together with the comparison before them, system calls.

use super::super::cpu::{CX, Cpu, SP};
use super::super::flags::{cut, extend};
use super::arithmetic::CMP;
use super::{get, handlers, key, leavers, read, set, write};
use crate::op::{go, leave, step, stop, stop_behind};
use crate::stop::Stop;

/// Compares as CMP or TEST do, and says whether condition `C` holds then.
#[inline(always)]
fn compare<const K: u8, const W: u32, const C: u8>(cpu: &mut Cpu, a: u64, b: u64) -> bool {
    let (a, b) = (cut::<W>(a), cut::<W>(b));
    let (x, y) = (extend::<W>(a) as i64, extend::<W>(b) as i64);
    let plain = if K == CMP {
        cpu.flags.subtract::<W>(a, b, false);
        match C >> 1 {
            1 => a < b,
            2 => a == b,
            3 => a <= b,
            6 => x < y,
            7 => x <= y,
            _ => return cpu.flags.holds::<C>(),
        }
    } else {
        cpu.flags.logic::<W>(a & b);
        match C >> 1 {
            0 | 1 => false,
            2 | 3 => x & y == 0,
            4 | 6 => x & y < 0,
            7 => x & y <= 0,
            _ => return cpu.flags.holds::<C>(),
        }
    };
    plain != (C & 1 != 0)
}

leavers! {
    /// Goes on at a distance.
    fn jump(cpu, maps, blocks, ops, op) {
        let target = key(cpu, op.imm);
        go(cpu, maps, blocks, op, target)
    }

    /// Goes on at the address in a.
    fn jump_register(cpu, maps, blocks, ops, op) {
        let target = get(cpu, op.a) & cpu.mask;
        go(cpu, maps, blocks, op, target)
    }

    /// Pushes the distance in the upper half of imm, goes on at the one in the lower half. `W` is the stack's.
    fn call<const W: u32>(cpu, maps, blocks, ops, op) {
        let (back, target) = (key(cpu, super::immediate(op)), key(cpu, op.imm as i32 as u64));
        let top = get(cpu, SP).wrapping_sub((W / 8).into()) & cpu.mask;
        write!(cpu, maps, blocks, ops, W, top, back);
        set::<64>(cpu, SP, top);
        go(cpu, maps, blocks, op, target)
    }

    /// Pushes the distance imm, goes on at the address in a.
    fn call_register<const W: u32>(cpu, maps, blocks, ops, op) {
        let (back, target) = (key(cpu, op.imm), get(cpu, op.a) & cpu.mask);
        let top = get(cpu, SP).wrapping_sub((W / 8).into()) & cpu.mask;
        write!(cpu, maps, blocks, ops, W, top, back);
        set::<64>(cpu, SP, top);
        go(cpu, maps, blocks, op, target)
    }

    /// Pops the address to go on at, and imm bytes more.
    fn return_near<const W: u32>(cpu, maps, blocks, ops, op) {
        let top = get(cpu, SP);
        let target = read!(cpu, maps, blocks, ops, W, top);
        let below = top.wrapping_add(u64::from(W / 8)).wrapping_add(op.imm) & cpu.mask;
        set::<64>(cpu, SP, below);
        go(cpu, maps, blocks, op, target)
    }

    /// INT 80 of 32-bit mode; imm is the distance behind it.
    fn system_call(cpu, maps, blocks, ops, op) {
        let behind = key(cpu, op.imm);
        stop_behind(cpu, Stop::Syscall, behind)
    }

    /// SYSCALL of 64-bit mode; imm is the distance behind it.
    fn fast_system_call(cpu, maps, blocks, ops, op) {
        let behind = key(cpu, op.imm);
        let flags = cpu.eflags();
        set::<64>(cpu, CX, behind);
        set::<64>(cpu, crate::slot::Slot::R11, flags.into());
        stop_behind(cpu, Stop::Syscall, behind)
    }

    /// INT3 and INT1: like other traps it reports the instruction behind it.
    fn breakpoint(cpu, maps, blocks, ops, op) {
        let behind = key(cpu, op.imm);
        stop_behind(cpu, Stop::Breakpoint(0), behind)
    }

    /// INTO: a trap if overflow is set.
    fn trap_on_overflow(cpu, maps, blocks, ops, op) {
        if !cpu.flags.overflow() {
            return step(cpu, maps, blocks, ops);
        }
        let behind = key(cpu, op.imm);
        stop_behind(cpu, Stop::Privileged, behind)
    }

    /// No instruction.
    fn illegal(cpu, maps, blocks, ops, op) {
        stop(cpu, ops, Stop::Illegal)
    }

    /// Not for user code.
    fn privileged(cpu, maps, blocks, ops, op) {
        stop(cpu, ops, Stop::Privileged)
    }
}

/// The bits of a register that addresses of so many bits use.
#[inline(always)]
pub(in super::super) fn address_mask(bits: u8) -> u64 {
    match bits {
        16 => 0xffff,
        32 => 0xffff_ffff,
        _ => u64::MAX,
    }
}

handlers! {
    /// Leaves if condition `C` holds.
    fn branch_if<const C: u8>(cpu, maps, blocks, ops, op) {
        let holds = cpu.flags.holds::<C>();
        if holds {
            let target = key(cpu, op.imm);
            return leave(cpu, maps, blocks, op, target);
        }
    }

    /// Compares b with c, then leaves if condition `C` holds.
    fn compare_registers<const K: u8, const W: u32, const C: u8>(cpu, maps, blocks, ops, op) {
        let (b, c) = (get(cpu, op.b), get(cpu, op.c));
        let holds = compare::<K, W, C>(cpu, b, c);
        if holds {
            let target = key(cpu, op.imm);
            return leave(cpu, maps, blocks, op, target);
        }
    }

    /// Compares b with the upper half of imm, then leaves for its lower half if condition `C` holds.
    fn compare_constant<const K: u8, const W: u32, const C: u8>(cpu, maps, blocks, ops, op) {
        let (b, constant) = (get(cpu, op.b), super::immediate(op));
        let holds = compare::<K, W, C>(cpu, b, constant);
        if holds {
            let target = key(cpu, op.imm as i32 as u64);
            return leave(cpu, maps, blocks, op, target);
        }
    }

    /// LOOPNE, LOOPE, LOOP, JCXZ by the low bits of the opcode in d, with a counter of e bits.
    fn count_down(cpu, maps, blocks, ops, op) {
        let mask = address_mask(op.e);
        let old = get(cpu, CX);
        let counter = if op.d == 3 { old & mask } else { old.wrapping_sub(1) & mask };
        let kept = if op.e == 16 { old & !mask } else { 0 };
        if op.d != 3 {
            set::<64>(cpu, CX, kept | counter);
        }
        let holds = match op.d {
            0 => counter != 0 && !cpu.flags.zero(),
            1 => counter != 0 && cpu.flags.zero(),
            2 => counter != 0,
            _ => counter == 0,
        };
        if holds {
            let target = key(cpu, op.imm);
            return leave(cpu, maps, blocks, op, target);
        }
    }

    /// Nothing: keeps a place for an instruction without effect.
    fn idle(cpu, maps, blocks, ops, op) {}
}
