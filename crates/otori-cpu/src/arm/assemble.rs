//! Instructions to blocks: fetching, IT blocks, what is followed, where a block ends. Key type: [`Assembly`]; entrance
//! [`assemble`]. What an instruction becomes is [`super::lower`]'s.
//!
//! A block goes on behind a conditional instruction, and at the target of an unconditional branch within the page. One
//! that ends inside an IT block leaves to a key with the ITSTATE.

use super::cpu::{BIG_DATA, Cpu, IT_SHIFT, THUMB, place};
use super::decode;
use super::execute::data::{Op, Run};
use super::execute::flow;
use super::flags::Flagged;
use super::instruction::{ALWAYS, Instruction};
use super::thumb::{self, Decoded, Site};
use crate::block::Block;
use crate::chain::one;
use crate::run::Source;
use alloc::vec;
use alloc::vec::Vec;

/// A block under construction.
pub(super) struct Assembly<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) ops: Vec<Op>,
    /// See [`place`].
    places: Vec<i32>,
    key: u64,
    pub(super) big_code: bool,
    /// Distance in bytes from the start of the block to the current instruction.
    pub(super) here: i32,
    /// Bytes of the current instruction.
    pub(super) bytes: i32,
    /// ITSTATE of the current instruction.
    it: u8,
    /// Distances of the instructions that stand in the block already, from and to, run by run.
    runs: Vec<(i32, i32)>,
    /// Operations before this index are not to be changed: something may skip to behind them.
    pub(super) fence: usize,
    pub(super) flagged: Option<Flagged>,
    pub(super) finished: bool,
}

/// ITSTATE of the next instruction.
fn advance(it: u8) -> u8 {
    if it & 7 == 0 { 0 } else { it & 0xe0 | it << 1 & 0x1f }
}

/// Decodes a block of at most `limit` instructions.
pub(super) fn assemble(key: u64, big_code: bool, limit: u32, source: &Source) -> Block<Cpu> {
    let mut block = Assembly {
        source,
        ops: Vec::new(),
        places: Vec::new(),
        key,
        big_code,
        here: 0,
        bytes: 0,
        it: (key >> IT_SHIFT) as u8,
        runs: vec![(0, 0)],
        fence: 0,
        flagged: None,
        finished: false,
    };
    if key & 3 == 2 {
        block.places.push(0);
        block.push(flow::unaligned_fetch);
        block.finished = true;
    }
    while !block.finished {
        let decoded = if block.places.len() < limit as usize { block.fetch() } else { None };
        match decoded {
            Some(decoded) => block.instruction(decoded),
            None if block.places.is_empty() => break,
            None => block.leave(),
        }
    }
    Block::new(block.places.len() as u32, block.ops, block.places)
}

impl Assembly<'_> {
    pub(super) fn is_thumb(&self) -> bool {
        self.key & THUMB != 0
    }

    pub(super) fn is_big(&self) -> bool {
        self.key & BIG_DATA != 0
    }

    /// Bit 1 of the current instruction's address.
    fn odd(&self) -> u32 {
        (self.key as u32).wrapping_add(self.here as u32) & 2
    }

    /// ITSTATE behind the current instruction.
    pub(super) fn it_behind(&self) -> u8 {
        advance(self.it)
    }

    /// Sets ITSTATE for the instruction behind an `it`.
    pub(super) fn begin_it(&mut self, state: u8) {
        self.it = state;
    }

    /// A distance to add to [`crate::run::Frame::start`] for an address, from one relative to the instruction.
    pub(super) fn flat(&self, distance: u32) -> u32 {
        self.target(distance).wrapping_sub((self.key & THUMB) as u32)
    }

    /// A distance to add to [`crate::run::Frame::start`] for a key, from one relative to the instruction.
    pub(super) fn target(&self, distance: u32) -> u32 {
        (self.here as u32).wrapping_add(distance)
    }

    /// The distance of what is read as pc, from the instruction; of loads and stores rounded down to a word.
    pub(super) fn pc(&self, rounded: bool) -> u32 {
        match (self.is_thumb(), rounded) {
            (false, _) => 8,
            (true, false) => 4,
            (true, true) => 4 - self.odd(),
        }
    }

    fn fetch(&mut self) -> Option<Decoded> {
        if !self.is_thumb() {
            let word = self.source.u32(self.here)?;
            let word = if self.big_code { word.swap_bytes() } else { word };
            self.bytes = 4;
            return Some(if word >> 28 == 15 {
                decode::decode_unconditional(word).into()
            } else {
                Decoded { condition: (word >> 28) as u8, instruction: decode::decode(word) }
            });
        }
        let order = |half: u16| u32::from(if self.big_code { half.swap_bytes() } else { half });
        let first = order(self.source.u16(self.here)?);
        let site = Site { in_it: self.it != 0, odd: self.odd() };
        let mut decoded = if first < 0xe800 {
            self.bytes = 2;
            thumb::decode(first, site)
        } else {
            let second = order(self.source.u16(self.here.checked_add(2)?)?);
            self.bytes = 4;
            thumb::wide::decode(first << 16 | second, site)
        };
        // A breakpoint stops whatever the condition of its block says.
        let is_breakpoint = matches!(decoded.instruction, Instruction::Breakpoint { .. });
        if self.it != 0 && decoded.condition == ALWAYS && !is_breakpoint {
            decoded.condition = (self.it >> 4).min(ALWAYS);
        }
        Some(decoded)
    }

    /// Appends an instruction, with what makes it conditional.
    fn instruction(&mut self, decoded: Decoded) {
        let (it, count) = (self.it, self.places.len());
        self.places.push(place(self.here, it));
        let begin = self.ops.len();
        let is_branch = self.branch(decoded);
        let goes_on = if is_branch {
            true
        } else if decoded.condition == ALWAYS {
            !self.lower(decoded.instruction)
        } else {
            self.push(flow::skip_unless(decoded.condition));
            self.lower(decoded.instruction);
            self.settle_skip(begin);
            true
        };
        if self.finished {
            return;
        }
        if !goes_on {
            self.finished = true;
            return;
        }
        debug_assert!(self.places.len() == count + 1);
        if self.it == it {
            self.it = advance(it);
        }
        if !is_branch || decoded.condition != ALWAYS {
            self.here += self.bytes;
            if let Some((_, end)) = self.runs.last_mut() {
                *end = self.here;
            }
        }
    }

    /// The operation at `begin` skips all behind it.
    fn settle_skip(&mut self, begin: usize) {
        let count = self.ops.len() - begin - 1;
        if count == 0 {
            self.ops.truncate(begin);
        } else if let Some(op) = self.ops.get_mut(begin) {
            op.d = count as u8;
            self.fence = self.ops.len();
        }
    }

    /// Goes on at the target of an unconditional branch if that is near and new; else leaves to it.
    pub(super) fn follow(&mut self, distance: u32) {
        let target = self.here.wrapping_add_unsigned(distance);
        if let Some((_, end)) = self.runs.last_mut() {
            *end = self.here + self.bytes;
        }
        let known = self.runs.iter().any(|&(from, to)| from <= target && target < to);
        let near = self.source.u16(target).is_some();
        if known || !near || target == self.here {
            self.push(one::<Cpu, flow::Jump>()).imm = u64::from(self.target(distance));
            self.finished = true;
            return;
        }
        self.runs.push((target, target));
        self.here = target;
    }

    /// Leaves to the current instruction.
    fn leave(&mut self) {
        let imm = u64::from(self.target(0)) | u64::from(self.it) << IT_SHIFT;
        let op = self.push(one::<Cpu, flow::Jump>());
        op.imm = imm;
        self.finished = true;
    }

    /// Number of the current instruction.
    pub(super) fn current(&self) -> u8 {
        (self.places.len() as u8).wrapping_sub(1)
    }

    /// Appends an operation of the current instruction.
    pub(super) fn push(&mut self, run: Run) -> &mut Op {
        let mut op = Op::new(run);
        op.at = self.current();
        let index = self.ops.len();
        self.ops.push(op);
        &mut self.ops[index]
    }
}
