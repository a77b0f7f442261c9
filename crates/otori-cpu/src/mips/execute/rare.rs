//! Operations that are not worth a place in the hot loop. Entrance: [`Cpu::run_rare`].

use super::super::cpu::{Cpu, Link};
use super::super::op::Op;
use super::{Frame, jump_target, order_u32, readable, writable};
use crate::block::Block;
use crate::memory::Memory;
use crate::stop::Stop;

/// Instructions per tick of the counter that `rdhwr $2` reads.
const CYCLE_RESOLUTION: u32 = 2;
/// Bytes between `synci` instructions that reach every line of the instruction cache.
const SYNCI_STEP: u32 = 32;

impl Cpu {
    /// Runs one rare operation. `before`: instructions executed in this run before the block. Fails with the position
    /// in the block where to stop.
    #[inline(never)]
    pub(super) fn run_rare<M: Memory, const BIG: bool>(
        &mut self,
        op: Op,
        memory: &mut M,
        before: u64,
    ) -> Result<(), (u8, Stop)> {
        match op {
            Op::Wsbh { d, t } => self.set(d, self.get(t).swap_bytes().rotate_right(16)),
            Op::Clz { d, s } => self.set(d, self.get(s).leading_zeros()),
            Op::Clo { d, s } => self.set(d, self.get(s).leading_ones()),
            Op::Mthi { s } => self.hi = self.get(s),
            Op::Mtlo { s } => self.lo = self.get(s),
            Op::Madd { .. } | Op::Maddu { .. } | Op::Msub { .. } | Op::Msubu { .. } => self.accumulate(op),
            Op::Div { .. } | Op::Divu { .. } => self.divide(op),
            Op::Add { d, s, t, at } => {
                let sum = (self.get(s) as i32).checked_add(self.get(t) as i32);
                self.set(d, sum.ok_or((at, Stop::Overflow))? as u32);
            }
            Op::Addi { t, s, at, value } => {
                let sum = (self.get(s) as i32).checked_add(value as i32);
                self.set(t, sum.ok_or((at, Stop::Overflow))? as u32);
            }
            Op::Sub { d, s, t, at } => {
                let difference = (self.get(s) as i32).checked_sub(self.get(t) as i32);
                self.set(d, difference.ok_or((at, Stop::Overflow))? as u32);
            }
            Op::Trap { comparison, s, t, at, code } if comparison.holds(self.get(s), self.get(t)) => {
                return Err((at, Stop::Trap(u32::from(code))));
            }
            Op::TrapImmediate { comparison, s, at, value } if comparison.holds(self.get(s), value) => {
                return Err((at, Stop::Trap(0)));
            }
            Op::Trap { .. } | Op::TrapImmediate { .. } => {}
            Op::Ll { t, s, at, displacement } => {
                let address = self.get(s).wrapping_add(displacement);
                let page = readable(memory, address, 3, at)?;
                let value = order_u32::<BIG>(page.load_u32(u64::from(address)));
                self.link = Some(Link { address, value });
                self.set(t, value);
            }
            Op::Sc { t, s, at, displacement } => {
                let (address, value) = (self.get(s).wrapping_add(displacement), self.get(t));
                let page = writable(memory, address, 3, at)?;
                let now = order_u32::<BIG>(page.load_u32(u64::from(address)));
                let linked = self.link.take() == Some(Link { address, value: now });
                if linked {
                    page.store_u32(u64::from(address), order_u32::<BIG>(value));
                }
                self.set(t, u32::from(linked));
            }
            Op::Rdhwr { t, number, at } => {
                let count = self.executed.wrapping_add(before).wrapping_add(u64::from(at));
                let value = match number {
                    0 => 0,
                    1 => SYNCI_STEP,
                    2 => (count / u64::from(CYCLE_RESOLUTION)) as u32,
                    3 => CYCLE_RESOLUTION,
                    29 => self.user_local,
                    _ => return Err((at, Stop::Illegal)),
                };
                self.set(t, value);
            }
            Op::Break { at, code } => return Err((at, Stop::Breakpoint(code))),
            Op::Illegal { at } => return Err((at, Stop::Illegal)),
            float => return self.run_float::<M, BIG>(float, memory),
        }
        Ok(())
    }

    /// `madd`, `maddu`, `msub`, `msubu`.
    fn accumulate(&mut self, op: Op) {
        let accumulator = u64::from(self.hi) << 32 | u64::from(self.lo);
        let signed = |cpu: &Cpu, s, t| (i64::from(cpu.get(s) as i32) * i64::from(cpu.get(t) as i32)) as u64;
        let unsigned = |cpu: &Cpu, s, t| u64::from(cpu.get(s)) * u64::from(cpu.get(t));
        self.set_product(match op {
            Op::Madd { s, t } => accumulator.wrapping_add(signed(self, s, t)),
            Op::Maddu { s, t } => accumulator.wrapping_add(unsigned(self, s, t)),
            Op::Msub { s, t } => accumulator.wrapping_sub(signed(self, s, t)),
            Op::Msubu { s, t } => accumulator.wrapping_sub(unsigned(self, s, t)),
            _ => accumulator,
        });
    }

    /// `div`, `divu`. Where the manual says unpredictable, we divide by one, as qemu does.
    fn divide(&mut self, op: Op) {
        match op {
            Op::Div { s, t } => {
                let (a, b) = (self.get(s) as i32, self.get(t) as i32);
                let b = if b == 0 { 1 } else { b };
                self.lo = a.wrapping_div(b) as u32;
                self.hi = a.wrapping_rem(b) as u32;
            }
            Op::Divu { s, t } => {
                let (a, b) = (self.get(s), self.get(t).max(1));
                self.lo = a / b;
                self.hi = a % b;
            }
            _ => {}
        }
    }

    /// Where the branch goes whose operations follow `slot` in the block.
    #[cold]
    pub(super) fn target_behind(&self, slot: &Op, block: &Block<Op>, frame: Frame) -> u32 {
        let mut behind = block.operations.iter().skip_while(|op| !core::ptr::eq(*op, slot)).skip(1).copied();
        let holds = match behind.next() {
            Some(Op::Goto { offset }) => return frame.start.wrapping_add(offset),
            Some(Op::Jump { target }) => return jump_target(frame.start, target),
            Some(Op::JumpRegister { s }) => return self.get(s),
            Some(Op::JumpRemembered) => return frame.target,
            Some(Op::BranchEqual { s, t, offset, .. }) => (self.get(s) == self.get(t), offset),
            Some(Op::BranchNotEqual { s, t, offset, .. }) => (self.get(s) != self.get(t), offset),
            Some(Op::BranchLess { s, offset, .. }) => ((self.get(s) as i32) < 0, offset),
            Some(Op::BranchGreaterEqual { s, offset, .. }) => (self.get(s) as i32 >= 0, offset),
            Some(Op::BranchLessEqual { s, offset, .. }) => (self.get(s) as i32 <= 0, offset),
            Some(Op::BranchGreater { s, offset, .. }) => (self.get(s) as i32 > 0, offset),
            Some(Op::BranchRemembered { offset, .. }) => (frame.remembered, offset),
            _ => (false, 0),
        };
        match (holds, behind.next()) {
            ((true, offset), _) | (_, Some(Op::Goto { offset })) => frame.start.wrapping_add(offset),
            _ => frame.start,
        }
    }
}
