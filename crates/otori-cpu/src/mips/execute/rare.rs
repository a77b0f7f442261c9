//! Traps, hardware registers, floating point. Fields as in `lower`.

use super::super::cpu::Link;
use super::super::op::Comparison;
use super::{Cpu, aligned, order_u32};
use crate::chain::links;
use crate::maps::Maps;
use crate::memory::Access;
use crate::op::{Interrupt, stop};
use crate::slot::Slot;
use crate::stop::Stop;

/// Instructions per tick of the counter that `rdhwr $2` reads.
const CYCLE_RESOLUTION: u32 = 2;
/// Bytes between `synci` instructions that reach every line of the instruction cache.
const SYNCI_STEP: u32 = 32;

links! { Cpu;
    Add(cpu, op, _maps, _blocks, ops) {
        match (cpu.get(op.b) as i32).checked_add(cpu.get(op.c) as i32) {
            Some(sum) => cpu.set(op.a, sum as u32),
            None => return stop(cpu, ops, Stop::Overflow),
        }
    }
    Addi(cpu, op, _maps, _blocks, ops) {
        match (cpu.get(op.b) as i32).checked_add(op.imm as i32) {
            Some(sum) => cpu.set(op.a, sum as u32),
            None => return stop(cpu, ops, Stop::Overflow),
        }
    }
    Sub(cpu, op, _maps, _blocks, ops) {
        match (cpu.get(op.b) as i32).checked_sub(cpu.get(op.c) as i32) {
            Some(difference) => cpu.set(op.a, difference as u32),
            None => return stop(cpu, ops, Stop::Overflow),
        }
    }
    /// Comparison `d` of registers; the code is in `imm`.
    Trap(cpu, op, _maps, _blocks, ops) {
        if Comparison::from_number(op.d).holds(cpu.get(op.b), cpu.get(op.c)) {
            return stop(cpu, ops, Stop::Trap(op.imm as u32));
        }
    }
    /// Comparison `d` with `imm`.
    TrapImmediate(cpu, op, _maps, _blocks, ops) {
        if Comparison::from_number(op.d).holds(cpu.get(op.b), op.imm as u32) {
            return stop(cpu, ops, Stop::Trap(0));
        }
    }
    /// Hardware register `d`.
    Rdhwr(cpu, op, _maps, _blocks, ops) {
        let value = match op.d {
            0 => 0,
            1 => SYNCI_STEP,
            2 => (cpu.frame.clock() / u64::from(CYCLE_RESOLUTION)) as u32,
            3 => CYCLE_RESOLUTION,
            29 => cpu.user_local,
            _ => return stop(cpu, ops, Stop::Illegal),
        };
        cpu.set(op.a, value);
    }
    Mfc1(cpu, op) { cpu.set(op.a, cpu.single(op.b)); }
    Mtc1(cpu, op) { cpu.set_single(op.b, cpu.get(op.a)); }
    Mfhc1(cpu, op) { cpu.set(op.a, cpu.high_half(op.b)); }
    Mthc1(cpu, op) { cpu.set_high_half(op.b, cpu.get(op.a)); }
    Cfc1(cpu, op) { cpu.set(op.a, cpu.float_control(op.d)); }
    Ctc1(cpu, op, _maps, _blocks, ops) {
        if let Err(reason) = cpu.set_float_control(op.d, cpu.get(op.a)) {
            return stop(cpu, ops, reason);
        }
    }
    /// Condition code `d` against `e`.
    Movci(cpu, op) {
        if cpu.condition(op.d) == (op.e != 0) {
            cpu.set(op.a, cpu.get(op.b));
        }
    }
    /// COP1 arithmetic; the word is in `imm`.
    Float(cpu, op, _maps, _blocks, ops) {
        if let Err((_, reason)) = cpu.compute(op.imm as u32, 0) {
            return stop(cpu, ops, reason);
        }
    }
}

impl Cpu {
    pub(super) fn load_linked<const BIG: bool>(
        &mut self,
        t: Slot,
        address: u64,
        maps: &Maps,
    ) -> Result<(), Interrupt> {
        // `ll` and `sc` always mind the alignment.
        aligned(address, 4, Access::Read)?;
        let value = order_u32::<BIG>(maps.get_u32(address)?);
        self.link = Some(Link { address: address as u32, value });
        self.set(t, value);
        Ok(())
    }

    pub(super) fn store_conditional<const BIG: bool>(
        &mut self,
        t: Slot,
        address: u64,
        maps: &Maps,
    ) -> Result<(), Interrupt> {
        aligned(address, 4, Access::Write)?;
        maps.reach(address, 4, Access::Write)?;
        // What can be stored to can be loaded from, but perhaps not without a look at the other cache.
        let value = order_u32::<BIG>(maps.get_u32(address)?);
        let linked = self.link.take() == Some(Link { address: address as u32, value });
        if linked {
            maps.set_u32(address, order_u32::<BIG>(self.get(t)))?;
        }
        self.set(t, u32::from(linked));
        Ok(())
    }
}
