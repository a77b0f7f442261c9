//! Pointers with a segment: LDS and its kin, far jumps, calls and returns, IRET; BOUND, which reads two numbers side by
//! side as well. Intel SDM volume 2.
//!
//! A program stays in the code segment that it has: a change to the other mode is refused like a wrong selector.

use super::super::cpu::{ADDRESS, CODE, Cpu, SP, STACK, VALUE};
use super::super::flags::{cut, extend};
use super::{get, load_or, pieces, set, store_or};
use crate::memory::Access;
use crate::op::Interrupt;
use crate::slot::Slot;
use crate::stop::Stop;

const REFUSED: Interrupt = Interrupt::Stop(Stop::Privileged);

/// Is this the selector of the code segment that runs?
fn stay(cpu: &Cpu, selector: u64) -> Result<(), Interrupt> {
    if selector as u16 == cpu.selectors[CODE] { Ok(()) } else { Err(REFUSED) }
}

/// An address moved by so many elements of `W` bits.
fn beyond<const W: u32>(cpu: &Cpu, address: u64, elements: i64) -> u64 {
    address.wrapping_add_signed(elements * i64::from(W / 8)) & cpu.mask
}

/// The offset and the selector at [`ADDRESS`].
fn pointer<const W: u32>(cpu: &Cpu, maps: &crate::Maps) -> Result<(u64, u64), Interrupt> {
    let address = get(cpu, ADDRESS);
    Ok((load_or::<W>(maps, address)?, load_or::<16>(maps, beyond::<W>(cpu, address, 1))?))
}

pieces! {
    /// a and segment register d = the pointer at [`ADDRESS`].
    fn load_pointer<const W: u32>(cpu, maps, op) {
        let (offset, selector) = pointer::<W>(cpu, maps)?;
        if !cpu.load_segment(usize::from(op.d), selector as u16) {
            return Err(REFUSED);
        }
        set::<W>(cpu, op.a, offset);
        Ok(())
    }

    /// [`VALUE`] = the offset of the pointer at [`ADDRESS`], whose segment is that of the code.
    fn read_pointer<const W: u32>(cpu, maps, op) {
        let (offset, selector) = pointer::<W>(cpu, maps)?;
        stay(cpu, selector)?;
        set::<64>(cpu, VALUE, offset);
        Ok(())
    }

    /// Checks the selector imm.
    fn check_selector(cpu, maps, op) {
        stay(cpu, op.imm)
    }

    /// Pushes the code segment and the distance imm.
    fn push_return<const W: u32>(cpu, maps, op) {
        let top = beyond::<W>(cpu, get(cpu, SP), -2);
        maps.reach(top, W / 4, Access::Write)?;
        store_or::<W>(maps, beyond::<W>(cpu, top, 1), cpu.selectors[CODE].into())?;
        store_or::<W>(maps, top, super::key(cpu, op.imm))?;
        set::<64>(cpu, SP, top);
        Ok(())
    }

    /// [`VALUE`] = the offset of the pointer that is popped, and imm bytes more.
    fn pop_return<const W: u32>(cpu, maps, op) {
        let top = get(cpu, SP);
        let offset = load_or::<W>(maps, top)?;
        stay(cpu, load_or::<W>(maps, beyond::<W>(cpu, top, 1))?)?;
        set::<64>(cpu, VALUE, offset);
        let below = beyond::<W>(cpu, top, 2).wrapping_add(op.imm) & cpu.mask;
        set::<64>(cpu, SP, below);
        Ok(())
    }

    /// IRET: [`VALUE`] = the popped offset; pops the flags, and if d is set (64-bit mode) the stack pointer and its segment.
    fn pop_interrupt<const W: u32>(cpu, maps, op) {
        let top = get(cpu, SP);
        let word = |cpu: &Cpu, at| load_or::<W>(maps, beyond::<W>(cpu, top, at));
        let (offset, selector, flags) = (word(cpu, 0)?, word(cpu, 1)?, word(cpu, 2)? as u32);
        stay(cpu, selector)?;
        let mut below = beyond::<W>(cpu, top, 3);
        if op.d != 0 {
            let selector = word(cpu, 4)? as u16;
            below = word(cpu, 3)?;
            if !cpu.load_segment(STACK, selector) {
                return Err(REFUSED);
            }
        }
        let old = cpu.eflags();
        cpu.set_eflags(if W == 16 { old & 0xffff_0000 | flags } else { flags });
        set::<64>(cpu, VALUE, offset);
        set::<64>(cpu, SP, below);
        Ok(())
    }

    /// BOUND: stops if a is not between the two numbers at [`ADDRESS`].
    fn check_bounds<const W: u32>(cpu, maps, op) {
        let address = get(cpu, ADDRESS);
        let signed = |value: u64| extend::<W>(cut::<W>(value)) as i64;
        let low = signed(load_or::<W>(maps, address)?);
        let high = signed(load_or::<W>(maps, beyond::<W>(cpu, address, 1))?);
        if (low..=high).contains(&signed(get(cpu, op.a))) { Ok(()) } else { Err(REFUSED) }
    }

    /// SGDT, SIDT: the limit imm and the base of table d, as a 64-bit kernel has them.
    fn store_table(cpu, maps, op) {
        const BASES: [u64; 2] = [0xffff_fe00_0000_1000, 0xffff_fe00_0000_0000];
        let address = get(cpu, ADDRESS);
        let bytes = if cpu.mask == u64::MAX { 10 } else { 6 };
        maps.reach(address, bytes, Access::Write)?;
        let base = BASES[usize::from(op.d & 1)];
        maps.set_u16(address, op.imm as u16)?;
        maps.set_u32(address.wrapping_add(2), base as u32)?;
        match bytes {
            10 => maps.set_u32(address.wrapping_add(6), (base >> 32) as u32),
            _ => Ok(()),
        }
    }
}

/// The slot that [`read_pointer`] and its kin leave an offset in.
pub(in super::super) const TARGET: Slot = VALUE;
