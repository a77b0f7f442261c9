//! Instructions to blocks: delay slots, branches that stay inside, where a block ends. Entrance: [`assemble`].
//!
//! A delay slot is done before its branch where that makes no difference; else the branch's condition or target is
//! remembered first. A block goes on behind a forward conditional branch (such are mostly not taken).

use super::decode::{Condition, Instruction, decode};
use super::op::{Comparison, Op};
use super::register::Reg;
use crate::block::Block;
use alloc::vec::Vec;

/// Instructions in a block at most (one more if the last is in a delay slot).
pub(super) const BLOCK_INSTRUCTIONS_MAX: u32 = 64;

/// What the next instruction is, to a block under construction.
enum Step {
    On(u32),
    Done(u32),
}

/// Decodes a block of at most `limit` instructions (the last one's delay slot not counted). `fetch` gives the word
/// at a distance in bytes from the block's start, `None` where the page ends. The block is empty if it would begin
/// with a branch whose delay slot cannot be fetched.
pub(super) fn assemble(limit: u32, fetch: impl Fn(u32) -> Option<u32>) -> Block<Op> {
    let mut operations = Vec::new();
    let mut count = 0;
    loop {
        let word = if count < limit.min(BLOCK_INSTRUCTIONS_MAX) { fetch(4 * count) } else { None };
        let Some(word) = word else {
            operations.push(Op::End);
            break;
        };
        let at = count as u8;
        match decode(word, at) {
            Instruction::Nothing => count += 1,
            Instruction::Plain(op) => {
                push_plain(&mut operations, op);
                count += 1;
            }
            Instruction::Syscall => {
                operations.push(Op::Syscall);
                count += 1;
                break;
            }
            Instruction::Stop(op) => {
                operations.push(op);
                break;
            }
            branch => {
                let Some(slot) = fetch(4 * count + 4) else {
                    if count > 0 {
                        operations.push(Op::End);
                    }
                    break;
                };
                match push_branch(&mut operations, branch, slot, count) {
                    Step::On(next) => count = next,
                    Step::Done(next) => {
                        count = next;
                        break;
                    }
                }
            }
        }
    }
    settle_rests(&mut operations, count);
    Block { instructions: count, operations: operations.into_boxed_slice() }
}

/// Branches were given the count of instructions done when they leave; what they need is how many are left out.
fn settle_rests(operations: &mut [Op], count: u32) {
    for op in operations {
        match op {
            Op::BranchEqual { rest, .. }
            | Op::BranchNotEqual { rest, .. }
            | Op::BranchLess { rest, .. }
            | Op::BranchGreaterEqual { rest, .. }
            | Op::BranchLessEqual { rest, .. }
            | Op::BranchGreater { rest, .. }
            | Op::BranchRemembered { rest, .. }
            | Op::BranchForgotten { rest, .. } => *rest = (count as u8).wrapping_sub(*rest),
            _ => {}
        }
    }
}

fn push_plain(operations: &mut Vec<Op>, op: Op) {
    // `lui` and the `addiu` or `ori` behind it are one constant.
    if let Some(Op::Const { d, value: high }) = operations.last_mut() {
        match op {
            Op::Addiu { t, s, value } if t == *d && s == *d => return *high = high.wrapping_add(value),
            Op::Ori { t, s, value } if t == *d && s == *d => return *high |= value,
            _ => {}
        }
    }
    operations.push(op);
    if op.destination() == Some(Reg::R0) {
        operations.push(Op::ClearZero);
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

/// Appends a branch at position `count` with its delay slot.
fn push_branch(operations: &mut Vec<Op>, branch: Instruction, slot: u32, count: u32) -> Step {
    let at = count as u8;
    let slot = Slot { instruction: decode(slot, at) };
    let behind = 4 * count + 8;
    match branch {
        Instruction::Jump { target, link } => {
            if link {
                operations.push(Op::Link { d: Reg::R31, distance: behind });
            }
            slot.push(operations, at);
            operations.push(Op::Jump { at, target });
        }
        Instruction::JumpRegister { s, link } => {
            let remember = slot.changes(s) || (link == s && link != Reg::R0);
            if remember {
                operations.push(Op::RememberTarget { s });
            }
            if link != Reg::R0 {
                operations.push(Op::Link { d: link, distance: behind });
            }
            slot.push(operations, at);
            operations.push(if remember { Op::JumpRemembered } else { Op::JumpRegister { s } });
        }
        Instruction::Branch { condition, link, likely, offset } => {
            let offset = (behind - 4).wrapping_add(offset);
            return push_conditional(operations, condition, (link, likely), offset, &slot, count);
        }
        _ => operations.push(Op::Illegal { at }),
    }
    Step::Done(count + 2)
}

fn push_conditional(
    operations: &mut Vec<Op>,
    condition: Condition,
    (link, likely): (bool, bool),
    offset: u32,
    slot: &Slot,
    count: u32,
) -> Step {
    let (at, behind, done) = (count as u8, 4 * count + 8, count as u8 + 2);
    let link_op = Op::Link { d: Reg::R31, distance: behind };
    let remembered = match condition {
        Condition::Always => {
            operations.extend(link.then_some(link_op));
            slot.push(operations, at);
            operations.push(Op::Goto { offset });
            return Step::Done(count + 2);
        }
        Condition::Compare { comparison, s, t } => {
            let hazard = slot.changes(s) || slot.changes(t) || link && s == Reg::R31;
            (hazard || likely).then_some(Op::Remember { comparison, s, t })
        }
        Condition::Float { code, when } => Some(Op::RememberFloat { code, when }),
    };
    operations.extend(remembered);
    operations.extend(link.then_some(link_op));
    if likely {
        // Not taken, the delay slot is skipped and not counted.
        operations.push(Op::BranchForgotten { rest: done - 1, offset: behind });
        slot.push(operations, at);
        operations.push(Op::Goto { offset });
        return Step::Done(count + 2);
    }
    slot.push(operations, at);
    operations.push(match (remembered, condition) {
        (None, Condition::Compare { comparison, s, t }) => compare_and_leave(comparison, s, t, done, offset),
        _ => Op::BranchRemembered { rest: done, offset },
    });
    let backward = offset < i32::MAX as u32 && offset <= 4 * count || offset > i32::MAX as u32;
    if backward || slot.instruction == Instruction::Syscall {
        operations.push(Op::End);
        return Step::Done(count + 2);
    }
    Step::On(count + 2)
}

fn compare_and_leave(comparison: Comparison, s: Reg, t: Reg, rest: u8, offset: u32) -> Op {
    match comparison {
        Comparison::Equal => Op::BranchEqual { s, t, rest, offset },
        Comparison::NotEqual => Op::BranchNotEqual { s, t, rest, offset },
        Comparison::Less | Comparison::LessUnsigned => Op::BranchLess { s, rest, offset },
        Comparison::GreaterEqual | Comparison::GreaterEqualUnsigned => {
            Op::BranchGreaterEqual { s, rest, offset }
        }
        Comparison::LessEqual => Op::BranchLessEqual { s, rest, offset },
        Comparison::Greater => Op::BranchGreater { s, rest, offset },
    }
}
