//! Instructions of MIPS16e to blocks: [`assemble`], as [`super::super::assemble`] does for words. Branches have no delay
//! slots; jumps have, unless they are compact.

use super::super::assemble::{Assembly, compare_and_leave, push_plain};
use super::super::cpu::{Cpu, Endian};
use super::super::decode::Condition;
use super::super::op::Op;
use super::{MODE, Short, decode::decode};
use crate::block::Block;
use crate::slot::Slot as Reg;

const RA: Reg = Reg::R31;

/// Decodes a block of at most `limit` instructions (the last one's delay slot not counted) at `key`. `fetch` gives the half
/// at a distance in bytes from the block's start, `None` outside its page.
pub(in crate::mips) fn assemble(
    endian: Endian,
    (key, limit): (u32, u32),
    fetch: impl Fn(u32) -> Option<u16>,
) -> Block<Cpu> {
    let mut block = Assembly::new();
    while !block.is_finished() {
        let (here, at) = (block.here(), block.at());
        let next = |distance: u32| {
            let first = fetch(here.wrapping_add(distance))?;
            decode(first, || fetch(here.wrapping_add(distance).wrapping_add(2)), at)
        };
        let decoded = if u32::from(at) < limit { next(0) } else { None };
        match decoded {
            None if at > 0 => block.leave_to(here),
            None => block.stop_empty(),
            Some((Short::Stop(op), _)) => block.finish(op),
            Some((Short::Branch { condition, offset }, bytes)) => {
                block.short_branch(condition, offset, bytes)
            }
            Some((Short::JumpRegister { s, link, compact: true }, bytes)) => {
                block.jump((s, link), (bytes, 0), None, key);
            }
            Some((jump @ (Short::Jump { .. } | Short::JumpRegister { .. }), bytes)) => match next(bytes) {
                Some((slot, slot_bytes)) => block.jump_with_slot(jump, (bytes, slot_bytes), slot, key),
                None if at > 0 => block.leave_to(here),
                None => block.stop_empty(),
            },
            Some((plain, bytes)) => {
                block.short(plain, here, key);
                block.advance(bytes);
            }
        }
    }
    block.into_block(endian)
}

impl Assembly {
    /// Appends what goes on; addresses are relative to the instruction at the distance `base`.
    fn short(&mut self, instruction: Short, base: u32, key: u32) {
        let at = self.at();
        // Operations add distances to the key, whose low bit is the mode.
        let near = |displacement: u32| {
            let rounded = key.wrapping_add(base) & !3;
            rounded.wrapping_add(displacement).wrapping_sub(key)
        };
        match instruction {
            Short::Nothing => {}
            Short::Plain(op) | Short::Stop(op) => push_plain(self.operations(), op),
            Short::Frame(frame) => frame.push(self.operations(), at),
            Short::Address { d, displacement } => {
                self.operations().push(Op::Link { d, distance: near(displacement) });
            }
            Short::LoadRelative { t, displacement } => {
                self.operations().push(Op::LwRelative { t, at, distance: near(displacement) });
            }
            // A branch in a delay slot is unpredictable; we say it is illegal.
            Short::Branch { .. } | Short::Jump { .. } | Short::JumpRegister { .. } => {
                self.operations().push(Op::Illegal { at });
            }
        }
    }

    fn short_branch(&mut self, condition: Condition, offset: u32, bytes: u32) {
        let here = self.here();
        let behind = here.wrapping_add(bytes);
        let offset = behind.wrapping_add(offset);
        let done = self.at() + 1;
        self.advance(bytes);
        let Condition::Compare { comparison, s, t } = condition else { return self.follow(offset) };
        self.operations().push(compare_and_leave(comparison, s, t, done, offset));
        let backward = offset.wrapping_sub(here) > i32::MAX as u32 || offset == here;
        if backward {
            self.leave_to(behind);
        }
    }

    fn jump_with_slot(&mut self, jump: Short, bytes: (u32, u32), slot: Short, key: u32) {
        match jump {
            Short::Jump { target } => {
                let here = self.here();
                let behind = here.wrapping_add(bytes.0 + bytes.1);
                self.operations().push(Op::Link { d: RA, distance: behind });
                self.short(slot, here, key);
                self.advance(bytes.0);
                self.advance(bytes.1);
                self.finish(Op::Jump { target });
            }
            Short::JumpRegister { s, link, .. } => self.jump((s, link), bytes, Some(slot), key),
            _ => self.finish(Op::Illegal { at: self.at() }),
        }
    }

    /// A jump to a register, of `bytes`, its own and its slot's.
    fn jump(&mut self, (s, link): (Reg, bool), bytes: (u32, u32), slot: Option<Short>, key: u32) {
        let here = self.here();
        let behind = here.wrapping_add(bytes.0 + bytes.1);
        let remember = slot.is_some_and(|slot| slot.changes(s));
        if remember {
            self.operations().push(Op::RememberTarget { s });
        }
        if link {
            self.operations().push(Op::Link { d: RA, distance: behind });
        }
        if let Some(slot) = slot {
            self.short(slot, here, key);
        }
        self.advance(bytes.0);
        if slot.is_some() {
            self.advance(bytes.1);
        }
        self.finish(if remember { Op::JumpRemembered } else { Op::JumpRegister { s } });
    }
}

impl Short {
    /// Does it write that register?
    fn changes(&self, register: Reg) -> bool {
        match self {
            Short::Plain(op) => op.destination() == Some(register),
            Short::Frame(frame) => frame.changes(register),
            Short::Address { d, .. } => *d == register,
            Short::LoadRelative { t, .. } => *t == register,
            _ => false,
        }
    }
}

// The low bit of distances from the start of a block is the mode's: it is in the key already.
const _: () = assert!(MODE == 1);
