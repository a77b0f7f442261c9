//! Exclusive loads and stores, and swaps. Called by [`crate::arm::whole`]. ARMv7-A reference manual, A3.4.
//!
//! The monitor remembers address and value; a store succeeds if the value is still there. So two threads that run one
//! after the other see each other's stores, without anyone telling the monitor.

use crate::arm::cpu::Cpu;
use crate::arm::decode::field;
use crate::arm::whole::status::{get, set};
use crate::arm::whole::{Context, Done, ILLEGAL};
use crate::memory::{Access, Fault, FaultKind};
use crate::op::Interrupt;
use crate::slot::Slot;
use crate::stop::Stop;

impl Context<'_> {
    /// Fails for an address that is no multiple of `size`.
    pub(in crate::arm) fn aligned(&self, address: u32, size: u32, access: Access) -> Done {
        if address & (size - 1) == 0 {
            return Ok(());
        }
        let fault = Fault { address: address.into(), access, kind: FaultKind::Unaligned };
        Err(Interrupt::Stop(Stop::Fault(fault)))
    }

    /// Loads 1, 2, 4 or 8 bytes; of 8 the word at the lower address is low.
    pub(in crate::arm) fn load(&self, address: u32, size: u32) -> Result<u64, Interrupt> {
        let at = u64::from(address);
        Ok(match (size, self.big) {
            (1, _) => self.maps.get_u8(at)?.into(),
            (2, false) => self.maps.get_u16(at)?.into(),
            (2, true) => self.maps.get_u16(at)?.swap_bytes().into(),
            (4, false) => self.maps.get_u32(at)?.into(),
            (4, true) => self.maps.get_u32(at)?.swap_bytes().into(),
            (_, false) => self.maps.get_u64(at)?,
            (_, true) => self.maps.get_u64(at)?.swap_bytes().rotate_left(32),
        })
    }

    /// Stores 1, 2, 4 or 8 bytes; of 8 the low word goes to the lower address.
    pub(in crate::arm) fn store(&self, address: u32, size: u32, value: u64) -> Done {
        let at = u64::from(address);
        match (size, self.big) {
            (1, _) => self.maps.set_u8(at, value as u8),
            (2, false) => self.maps.set_u16(at, value as u16),
            (2, true) => self.maps.set_u16(at, (value as u16).swap_bytes()),
            (4, false) => self.maps.set_u32(at, value as u32),
            (4, true) => self.maps.set_u32(at, (value as u32).swap_bytes()),
            (_, false) => self.maps.set_u64(at, value),
            (_, true) => self.maps.set_u64(at, value.swap_bytes().rotate_left(32)),
        }
    }
}

/// `extra` is an offset, or of doubles the second register.
pub(in crate::arm) fn execute(cpu: &mut Cpu, context: &Context, word: u32, extra: u32) -> Done {
    let opcode = field(word, 20, 4);
    let size = match opcode >> 1 {
        0 | 4 => 4,
        2 | 6 => 1,
        5 => 8,
        7 => 2,
        _ => return ILLEGAL,
    };
    let base = get(cpu, word, 16);
    match (opcode & 8 == 0, opcode & 1 == 0) {
        (true, _) => swap(cpu, context, word, size),
        (false, false) => {
            let address = if size == 8 { base } else { base.wrapping_add(extra) };
            context.aligned(address, size, Access::Read)?;
            let value = context.load(address, size)?;
            cpu.exclusive = Some((address, value));
            set(cpu, word, 12, value as u32);
            if size == 8 {
                cpu.registers[Slot::of(extra & 15) as usize] = (value >> 32) as u32;
            }
            Ok(())
        }
        (false, true) => {
            let address = if size == 8 { base } else { base.wrapping_add(extra) };
            let mut value = u64::from(get(cpu, word, 0));
            if size == 8 {
                value |= u64::from(cpu.registers[Slot::of(extra & 15) as usize]) << 32;
            }
            store(cpu, context, word, (address, size, value))
        }
    }
}

fn store(cpu: &mut Cpu, context: &Context, word: u32, (address, size, value): (u32, u32, u64)) -> Done {
    context.aligned(address, size, Access::Write)?;
    let passes = match cpu.exclusive {
        Some((place, seen)) if place == address => {
            context.maps.reach(address.into(), size, Access::Write)?;
            context.load(address, size)? == seen
        }
        _ => false,
    };
    if passes {
        context.store(address, size, value)?;
    }
    cpu.exclusive = None;
    set(cpu, word, 12, u32::from(!passes));
    Ok(())
}

fn swap(cpu: &mut Cpu, context: &Context, word: u32, size: u32) -> Done {
    let address = get(cpu, word, 16);
    context.aligned(address, size, Access::Write)?;
    context.maps.reach(address.into(), size, Access::Write)?;
    let old = context.load(address, size)?;
    context.store(address, size, get(cpu, word, 0).into())?;
    set(cpu, word, 12, old as u32);
    Ok(())
}
