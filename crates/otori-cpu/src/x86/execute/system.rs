//! Flags as values, segment registers, and the control registers of SSE. Intel SDM volume 2.

use super::super::cpu::{ADDRESS, AX, Cpu};
use super::super::flags::{ADJUST, CARRY, PARITY, SIGN, ZERO};
use super::{get, handlers, pieces, set};
use crate::memory::Access;
use crate::op::Interrupt;
use crate::stop::Stop;

/// The flags that LAHF and SAHF know.
const LOW_FLAGS: u32 = CARRY | PARITY | ADJUST | ZERO | SIGN;
/// Bits that MXCSR has.
const MXCSR_BITS: u32 = 0xffff;

handlers! {
    /// AH = flags.
    fn flags_to_register(cpu, maps, blocks, ops, op) {
        let flags = u64::from(cpu.eflags() & 0xff);
        let value = get(cpu, AX) & !0xff00 | flags << 8;
        set::<64>(cpu, AX, value);
    }

    /// Flags = AH.
    fn register_to_flags(cpu, maps, blocks, ops, op) {
        let bits = (get(cpu, AX) >> 8) as u32;
        cpu.flags.change(LOW_FLAGS, bits);
    }

    /// CMC (d 2), CLC (d 0), STC (d 1).
    fn change_carry(cpu, maps, blocks, ops, op) {
        let carry = if op.d == 2 { !cpu.flags.carry() } else { op.d == 1 };
        cpu.flags.change_only_carry(carry);
    }

    /// CLD, STD: d says which way.
    fn change_direction(cpu, maps, blocks, ops, op) {
        cpu.down = op.d != 0;
    }

    /// SALC: AL = carry in every bit.
    fn carry_to_register(cpu, maps, blocks, ops, op) {
        let value = if cpu.flags.carry() { 0xff } else { 0 };
        set::<8>(cpu, AX, value);
    }

    /// a = selector of segment register d.
    fn read_segment<const W: u32>(cpu, maps, blocks, ops, op) {
        let selector = cpu.selectors.get(usize::from(op.d)).copied().unwrap_or(0);
        set::<W>(cpu, op.a, selector.into());
    }
}

pieces! {
    /// Segment register d = a.
    fn write_segment(cpu, maps, op) {
        let selector = get(cpu, op.a) as u16;
        match cpu.load_segment(usize::from(op.d), selector) {
            true => Ok(()),
            false => Err(Interrupt::Stop(Stop::Privileged)),
        }
    }

    /// LDMXCSR.
    fn load_control(cpu, maps, op) {
        let value = maps.get_u32(get(cpu, ADDRESS))?;
        if value & !MXCSR_BITS != 0 {
            return Err(Interrupt::Stop(Stop::Privileged));
        }
        cpu.mxcsr = value;
        Ok(())
    }

    /// STMXCSR.
    fn store_control(cpu, maps, op) {
        maps.set_u32(get(cpu, ADDRESS), cpu.mxcsr)
    }

    /// FXSAVE.
    fn save_all(cpu, maps, op) {
        let address = get(cpu, ADDRESS);
        if address & 15 != 0 {
            return Err(Interrupt::Stop(Stop::Privileged));
        }
        maps.reach(address, 512, Access::Write)?;
        let image = cpu.float_image();
        for (at, word) in (0..).step_by(8).zip(image.iter().take(cpu.float_image_words())) {
            maps.set_u64(address.wrapping_add(at), *word)?;
        }
        Ok(())
    }

    /// FXRSTOR.
    fn restore_all(cpu, maps, op) {
        let address = get(cpu, ADDRESS);
        if address & 15 != 0 {
            return Err(Interrupt::Stop(Stop::Privileged));
        }
        maps.reach(address, 512, Access::Read)?;
        let mut image = [0; super::super::image::WORDS];
        for (at, word) in (0..).step_by(8).zip(image.iter_mut()) {
            *word = maps.get_u64(address.wrapping_add(at))?;
        }
        match cpu.set_float_image(&image) {
            true => Ok(()),
            false => Err(Interrupt::Stop(Stop::Privileged)),
        }
    }
}

impl Cpu {
    /// Does this value fit MXCSR?
    #[must_use]
    pub fn is_mxcsr(value: u32) -> bool {
        value & !MXCSR_BITS == 0
    }
}
