//! The stack: PUSH, POP, PUSHA, POPA, PUSHF, POPF, ENTER, LEAVE. Intel SDM volume 1, 6.2.

use super::super::cpu::{BP, Cpu, SP};
use super::{get, handlers, load_or, pieces, read, set, store_or, write};
use crate::memory::Access;
use crate::slot::Slot;

/// The stack pointer moved by a number of bytes.
#[inline(always)]
fn moved(cpu: &Cpu, from: u64, by: i64) -> u64 {
    from.wrapping_add_signed(by) & cpu.mask
}

handlers! {
    /// Pushes a.
    fn push<const W: u32>(cpu, maps, blocks, ops, op) {
        let top = moved(cpu, get(cpu, SP), -i64::from(W / 8));
        write!(cpu, maps, blocks, ops, W, top, get(cpu, op.a));
        set::<64>(cpu, SP, top);
    }

    /// Pushes imm.
    fn push_constant<const W: u32>(cpu, maps, blocks, ops, op) {
        let top = moved(cpu, get(cpu, SP), -i64::from(W / 8));
        write!(cpu, maps, blocks, ops, W, top, op.imm);
        set::<64>(cpu, SP, top);
    }

    /// Pops a.
    fn pop<const W: u32>(cpu, maps, blocks, ops, op) {
        let top = get(cpu, SP);
        let value = read!(cpu, maps, blocks, ops, W, top);
        let below = moved(cpu, top, i64::from(W / 8));
        set::<64>(cpu, SP, below);
        set::<W>(cpu, op.a, value);
    }

    /// Reads the top of the stack into a and tells nobody: a pop to memory moves the pointer when it is done.
    fn peek<const W: u32>(cpu, maps, blocks, ops, op) {
        let top = get(cpu, SP);
        let value = read!(cpu, maps, blocks, ops, W, top);
        set::<64>(cpu, op.a, value);
    }

    /// Moves the stack pointer by imm.
    fn move_pointer(cpu, maps, blocks, ops, op) {
        let pointer = moved(cpu, get(cpu, SP), op.imm as i64);
        set::<64>(cpu, SP, pointer);
    }

    /// LEAVE: the frame's own pop.
    fn leave_frame<const W: u32>(cpu, maps, blocks, ops, op) {
        let top = get(cpu, BP);
        let value = read!(cpu, maps, blocks, ops, W, top);
        let below = moved(cpu, top, i64::from(W / 8));
        set::<64>(cpu, SP, below);
        set::<W>(cpu, BP, value);
    }

    /// a = EFLAGS as PUSHF stores them.
    fn read_flags(cpu, maps, blocks, ops, op) {
        let flags = cpu.eflags();
        set::<64>(cpu, op.a, flags.into());
    }

    /// EFLAGS = a; of 16 bits the upper half stays.
    fn write_flags<const W: u32>(cpu, maps, blocks, ops, op) {
        let value = get(cpu, op.a) as u32;
        let old = cpu.eflags();
        cpu.set_eflags(if W == 16 { old & 0xffff_0000 | value & 0xffff } else { value });
    }
}

pieces! {
    /// PUSHA: the eight registers, the stack pointer as it was.
    fn push_all<const W: u32>(cpu, maps, op) {
        let top = get(cpu, SP);
        let size = u64::from(W / 8);
        let lowest = moved(cpu, top, -8 * size as i64);
        maps.reach(lowest, W, Access::Write)?;
        for number in 0..8 {
            let value = get(cpu, Slot::of(number));
            let at = moved(cpu, top, -(i64::from(number) + 1) * size as i64);
            store_or::<W>(maps, at, value)?;
        }
        set::<64>(cpu, SP, lowest);
        Ok(())
    }

    /// POPA: the eight registers but the stack pointer.
    fn pop_all<const W: u32>(cpu, maps, op) {
        let top = get(cpu, SP);
        maps.reach(top, W, Access::Read)?;
        for number in 0..8 {
            let at = moved(cpu, top, i64::from(7 - number) * i64::from(W / 8));
            let value = load_or::<W>(maps, at)?;
            if number != SP as u32 {
                set::<W>(cpu, Slot::of(number), value);
            }
        }
        let below = moved(cpu, top, i64::from(W));
        set::<64>(cpu, SP, below);
        Ok(())
    }

    /// ENTER: imm bytes of room, nesting level d.
    fn enter<const W: u32>(cpu, maps, op) {
        let size = i64::from(W / 8);
        let (top, frame) = (get(cpu, SP), get(cpu, BP));
        let level = i64::from(op.d & 31);
        let bytes = (level + 1) * size;
        maps.reach(moved(cpu, top, -bytes), bytes as u32, Access::Write)?;
        if level > 1 {
            let bytes = (level - 1) * size;
            maps.reach(moved(cpu, frame, -bytes), bytes as u32, Access::Read)?;
        }
        let link = moved(cpu, top, -size);
        store_or::<W>(maps, link, frame)?;
        for step in 1..level {
            let outer = load_or::<W>(maps, moved(cpu, frame, -step * size))?;
            store_or::<W>(maps, moved(cpu, link, -step * size), outer)?;
        }
        let mut lowest = link;
        if level > 0 {
            lowest = moved(cpu, link, -level * size);
            store_or::<W>(maps, lowest, link)?;
        }
        set::<64>(cpu, BP, link);
        let pointer = moved(cpu, lowest, -(op.imm as i64));
        set::<64>(cpu, SP, pointer);
        Ok(())
    }
}
