//! Instructions to blocks: delay slots, branches that stay inside, where a block ends. Entrance: [`assemble`].
//!
//! A delay slot is done before its branch where that makes no difference; else the branch's condition or target is
//! remembered first. A block goes on behind a forward conditional branch (such are mostly not taken), and at the target of an
//! unconditional one within the page. A branch back to the start is a loop that the interpreter does not leave.

use super::cpu::{Cpu, Endian};
use super::decode::{Condition, Instruction, decode};
use super::lower::lower;
use super::op::{Comparison, Op};
use crate::block::Block;
use crate::run::BLOCK_INSTRUCTIONS_MAX;
use crate::slot::Slot as Reg;
use alloc::vec;
use alloc::vec::Vec;

/// Bytes of an instruction.
const WORD: u32 = 4;
/// Bytes in a block's reach; an unconditional branch is followed only within it.
const REACH: u32 = 4096;

/// A block under construction.
pub(super) struct Assembly {
    operations: Vec<Op>,
    /// Instructions so far.
    count: u32,
    /// Distance in bytes from the start of the block to the next instruction.
    here: u32,
    /// See [`Block::places`].
    places: Vec<i32>,
    /// Distances of the instructions that stand in the block already, from and to, run by run.
    runs: Vec<(u32, u32)>,
    finished: bool,
}

/// Decodes a block of at most `limit` instructions (the last one's delay slot not counted). `fetch` gives the word
/// at a distance in bytes from the block's start, `None` outside its page. The block is empty if it would begin with
/// a branch whose delay slot cannot be fetched.
pub(super) fn assemble(endian: Endian, limit: u32, fetch: impl Fn(u32) -> Option<u32>) -> Block<Cpu> {
    let limit = limit.min(BLOCK_INSTRUCTIONS_MAX);
    let mut block = Assembly::new();
    while !block.finished {
        let word = if block.count < limit { fetch(block.here) } else { None };
        match word.map(|word| decode(word, block.at())) {
            None => block.leave_to(block.here),
            Some(Instruction::Nothing) => block.advance(WORD),
            Some(Instruction::Plain(op)) => {
                push_plain(&mut block.operations, op);
                block.advance(WORD);
                if matches!(op, Op::Rdhwr { .. }) {
                    // The counter is exact for the last instruction of a block.
                    block.leave_to(block.here);
                }
            }
            Some(Instruction::Syscall) => {
                block.advance(WORD);
                block.finish(Op::Syscall { next: block.here });
            }
            Some(Instruction::Stop(op)) => block.finish(op),
            Some(branch) => match fetch(block.here.wrapping_add(4)) {
                Some(slot) => block.branch(branch, slot),
                None if block.count > 0 => block.leave_to(block.here),
                None => block.stop_empty(),
            },
        }
    }
    block.into_block(endian)
}

impl Assembly {
    pub(super) fn new() -> Assembly {
        Assembly {
            operations: Vec::new(),
            count: 0,
            here: 0,
            places: Vec::new(),
            runs: vec![(0, 0)],
            finished: false,
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    /// Distance in bytes from the start of the block to the next instruction.
    pub(super) fn here(&self) -> u32 {
        self.here
    }

    /// Position in the block of the next instruction.
    pub(super) fn at(&self) -> u8 {
        self.count as u8
    }

    pub(super) fn operations(&mut self) -> &mut Vec<Op> {
        &mut self.operations
    }

    /// Goes on behind an instruction of so many bytes.
    pub(super) fn advance(&mut self, bytes: u32) {
        self.places.push(self.here as i32);
        self.count += 1;
        self.here = self.here.wrapping_add(bytes);
        if let Some((_, end)) = self.runs.last_mut() {
            *end = self.here;
        }
    }

    /// Goes on behind a branch and its delay slot.
    fn advance_two(&mut self) {
        self.advance(WORD);
        self.advance(WORD);
    }

    /// Ends a block whose first instruction cannot be fetched.
    pub(super) fn stop_empty(&mut self) {
        self.finished = true;
    }

    /// The block, its operations with their functions.
    pub(super) fn into_block(self, endian: Endian) -> Block<Cpu> {
        let ops = self.operations.iter().map(|op| lower(*op, endian)).collect();
        Block::new(self.count, ops, self.places)
    }

    pub(super) fn finish(&mut self, op: Op) {
        self.operations.push(op);
        if self.places.len() == self.count as usize {
            // For an instruction that stops in place and so is not counted.
            self.places.push(self.here as i32);
        }
        self.finished = true;
    }

    pub(super) fn leave_to(&mut self, offset: u32) {
        self.finish(Op::Goto { offset });
    }

    /// Goes on at the target of an unconditional branch if that is near and new; else leaves to it.
    pub(super) fn follow(&mut self, offset: u32) {
        let near = offset.wrapping_add(REACH) < 2 * REACH;
        let known = self.runs.iter().any(|(start, end)| {
            let length = end.wrapping_sub(*start);
            offset.wrapping_sub(*start) < length
        });
        if !near || known {
            return self.leave_to(offset);
        }
        self.runs.push((offset, offset));
        self.here = offset;
    }
}

pub(super) fn push_plain(operations: &mut Vec<Op>, op: Op) {
    if let Some(last) = operations.last_mut()
        && let Some(both) = fuse(*last, op)
    {
        *last = both;
        return;
    }
    operations.push(op);
    if op.destination() == Some(Reg::R0) {
        operations.push(Op::ClearZero);
    }
}

/// One operation for two neighbours, if there is one.
fn fuse(first: Op, second: Op) -> Option<Op> {
    match (first, second) {
        // `lui` and the `addiu` or `ori` behind it are one constant.
        (Op::Const { d, value: high }, Op::Addiu { t, s, value }) if t == d && s == d => {
            Some(Op::Const { d, value: high.wrapping_add(value) })
        }
        (Op::Const { d, value: high }, Op::Ori { t, s, value }) if t == d && s == d => {
            Some(Op::Const { d, value: high | value })
        }
        // MIPS16e has no `lui`.
        (Op::Const { d, value }, Op::Sll { d: e, t, amount }) if d == e && t == d => {
            Some(Op::Const { d, value: value << (amount & 31) })
        }
        _ => None,
    }
}

/// The delay slot's instruction: what it does, and whether it may change what the branch depends on.
struct Slot {
    instruction: Instruction,
}

impl Slot {
    fn push(&self, operations: &mut Vec<Op>, at: u8) {
        match self.instruction {
            Instruction::Nothing => {}
            Instruction::Plain(op) | Instruction::Stop(op) => push_plain(operations, op),
            Instruction::Syscall => operations.push(Op::SyscallInSlot),
            // A branch in a delay slot is unpredictable; we say it is illegal.
            _ => operations.push(Op::Illegal { at }),
        }
    }

    fn changes(&self, register: Reg) -> bool {
        match self.instruction {
            Instruction::Plain(op) => op.destination() == Some(register) && register != Reg::R0,
            _ => false,
        }
    }
}

impl Assembly {
    /// Appends a branch with its delay slot.
    fn branch(&mut self, branch: Instruction, slot: u32) {
        let at = self.at();
        let slot = Slot { instruction: decode(slot, at) };
        let behind = self.here.wrapping_add(8);
        match branch {
            Instruction::Jump { target, link } => {
                if link {
                    self.operations.push(Op::Link { d: Reg::R31, distance: behind });
                }
                slot.push(&mut self.operations, at);
                self.advance_two();
                self.finish(Op::Jump { target });
            }
            Instruction::JumpRegister { s, link } => {
                let remember = slot.changes(s) || (link == s && link != Reg::R0);
                if remember {
                    self.operations.push(Op::RememberTarget { s });
                }
                if link != Reg::R0 {
                    self.operations.push(Op::Link { d: link, distance: behind });
                }
                slot.push(&mut self.operations, at);
                self.advance_two();
                self.finish(if remember { Op::JumpRemembered } else { Op::JumpRegister { s } });
            }
            Instruction::Branch { condition, link, likely, offset } => {
                let offset = self.here.wrapping_add(4).wrapping_add(offset);
                self.conditional(condition, (link, likely), offset, &slot);
            }
            _ => self.finish(Op::Illegal { at }),
        }
    }

    fn conditional(&mut self, condition: Condition, (link, likely): (bool, bool), offset: u32, slot: &Slot) {
        let (at, here, behind) = (self.at(), self.here, self.here.wrapping_add(8));
        let done = at + 2;
        let is_syscall = slot.instruction == Instruction::Syscall;
        let link_op = link.then_some(Op::Link { d: Reg::R31, distance: behind });
        let remembered = match condition {
            Condition::Always => None,
            Condition::Compare { comparison, s, t } => {
                let hazard = slot.changes(s) || slot.changes(t) || link && s == Reg::R31;
                (hazard || likely).then_some(Op::Remember { comparison, s, t })
            }
            Condition::Float { code, when } => Some(Op::RememberFloat { code, when }),
        };
        self.operations.extend(remembered);
        self.operations.extend(link_op);
        let always = condition == Condition::Always;
        if likely && !always {
            // Not taken, the delay slot is skipped and not counted.
            self.operations.push(Op::BranchForgotten { done: done - 1, offset: behind });
        }
        slot.push(&mut self.operations, at);
        self.advance_two();
        if likely || always {
            return if is_syscall { self.leave_to(offset) } else { self.follow(offset) };
        }
        self.operations.push(match (remembered, condition) {
            (None, Condition::Compare { comparison, s, t }) => {
                compare_and_leave(comparison, s, t, done, offset)
            }
            _ => Op::BranchRemembered { done, offset },
        });
        let backward = offset.wrapping_sub(here) > i32::MAX as u32 || offset == here;
        if backward || is_syscall {
            self.leave_to(behind);
        }
    }
}

pub(super) fn compare_and_leave(comparison: Comparison, s: Reg, t: Reg, done: u8, offset: u32) -> Op {
    match comparison {
        Comparison::Equal => Op::BranchEqual { s, t, done, offset },
        Comparison::NotEqual => Op::BranchNotEqual { s, t, done, offset },
        Comparison::Less | Comparison::LessUnsigned => Op::BranchLess { s, done, offset },
        Comparison::GreaterEqual | Comparison::GreaterEqualUnsigned => {
            Op::BranchGreaterEqual { s, done, offset }
        }
        Comparison::LessEqual => Op::BranchLessEqual { s, done, offset },
        Comparison::Greater => Op::BranchGreater { s, done, offset },
    }
}
