//! Instructions to blocks: branches, system calls, where a block ends. Entrance: [`assemble`].
//!
//! A block goes on behind a forward conditional branch (such are mostly not taken), and at the target of an
//! unconditional one within the page. A branch back into the block leaves it: the loop is a block of its own.

use super::cpu::ZERO;
use super::lower::Lowering;
use super::word::{Word, source};
use super::{Cpu, branch};
use crate::block::Block;
use crate::chain::one;
use crate::op::{Op, Run};
use crate::run::{BLOCK_INSTRUCTIONS_MAX, Source};
use alloc::vec;
use alloc::vec::Vec;

/// Bytes of a page: an unconditional branch is followed only within it.
const REACH: i32 = 4096;

/// What an instruction means for the block.
enum Kind {
    Plain,
    /// One that must be the last of its block, though it goes on behind.
    PlainLast,
    /// `b`, at this distance.
    Jump(i32),
    /// `bl`.
    Call(i32),
    /// `br`, `ret`.
    JumpRegister,
    /// `blr`.
    CallRegister,
    /// A conditional branch, by this distance.
    Conditional(i32),
    SystemCall,
    Breakpoint,
    Illegal,
}

fn classify(word: Word) -> Kind {
    let near = |low, count| (word.signed(low, count) * 4) as i32;
    match word.0 >> 26 {
        0b000101 => return Kind::Jump(near(0, 26)),
        0b100101 => return Kind::Call(near(0, 26)),
        _ => {}
    }
    match word.0 >> 24 & 0x7f {
        0x54 if word.is(0xff00_0010, 0x5400_0000) => Kind::Conditional(near(5, 19)),
        0x34 | 0x35 => Kind::Conditional(near(5, 19)),
        0x36 | 0x37 => Kind::Conditional(near(5, 14)),
        0x54 if !word.is(0xff00_0000, 0xd400_0000) => Kind::Illegal,
        0x54 if word.is(0xffe0_001f, 0xd400_0001) => Kind::SystemCall,
        0x54 if word.is(0xffe0_001f, 0xd420_0000) => Kind::Breakpoint,
        0x54 => Kind::Illegal,
        // The counters: CNTPCT_EL0, CNTVCT_EL0.
        0x55 if word.is(0xffff_ffc0, 0xd53b_e020) || word.is(0xffff_ffe0, 0xd53b_e040) => Kind::PlainLast,
        0x56 if word.is(0xffff_fc1f, 0xd61f_0000) || word.is(0xffff_fc1f, 0xd65f_0000) => Kind::JumpRegister,
        0x56 if word.is(0xffff_fc1f, 0xd63f_0000) => Kind::CallRegister,
        0x56 | 0x57 => Kind::Illegal,
        _ => Kind::Plain,
    }
}

/// A block under construction.
struct Assembly {
    lowering: Lowering,
    /// See [`Block::places`].
    places: Vec<i32>,
    /// Distances of the instructions that stand in the block already, from and to, run by run.
    runs: Vec<(i32, i32)>,
    /// The instruction before, if it was the one before in memory and its operation is the last so far.
    previous: Option<Word>,
    finished: bool,
}

/// Decodes a block of at most `limit` instructions.
pub(super) fn assemble(key: u64, limit: u32, source: &Source) -> Block<Cpu> {
    let limit = limit.min(BLOCK_INSTRUCTIONS_MAX) as usize;
    let offset = (key & 0xfff) as i32;
    let mut block = Assembly {
        lowering: Lowering { ops: Vec::new(), at: 0, here: 0 },
        places: Vec::new(),
        runs: vec![(0, 0)],
        previous: None,
        finished: false,
    };
    while !block.finished {
        let here = block.lowering.here;
        let word = if block.places.len() < limit { source.u32(here) } else { None };
        match word {
            None => block.leave_to(here),
            Some(word) => block.add(Word(word), offset),
        }
    }
    block.done()
}

impl Assembly {
    fn add(&mut self, word: Word, offset: i32) {
        let here = self.lowering.here;
        self.lowering.at = self.places.len() as u8;
        self.places.push(here);
        let behind = here.wrapping_add(4);
        let previous = self.previous.take();
        match classify(word) {
            Kind::Plain => {
                self.lowering.push(word);
                self.advance();
                self.previous = Some(word);
            }
            Kind::PlainLast => {
                self.lowering.push(word);
                self.advance();
                self.leave_to(behind);
            }
            Kind::Jump(distance) => {
                self.advance();
                self.follow(here.wrapping_add(distance), offset);
            }
            Kind::Call(distance) => {
                let imm = (behind as u64) << 32 | u64::from(here.wrapping_add(distance) as u32);
                self.finish(Op { imm, ..Op::new(one::<Cpu, branch::Call>()) });
            }
            Kind::JumpRegister => {
                self.finish(Op { b: source(word.n()), ..Op::new(one::<Cpu, branch::JumpRegister>()) });
            }
            Kind::CallRegister => {
                let imm = behind as u64;
                self.finish(Op { b: source(word.n()), imm, ..Op::new(one::<Cpu, branch::CallRegister>()) });
            }
            Kind::Conditional(distance) => {
                self.conditional(word, previous, here.wrapping_add(distance));
                self.advance();
                if distance <= 0 {
                    self.leave_to(behind);
                }
            }
            Kind::SystemCall => {
                self.finish(Op { imm: behind as u64, ..Op::new(one::<Cpu, branch::SystemCall>()) })
            }
            Kind::Breakpoint => {
                let imm = u64::from(word.bits(5, 16));
                self.finish(Op { imm, ..Op::new(one::<Cpu, branch::Breakpoint>()) });
            }
            Kind::Illegal => self.finish(Op::new(one::<Cpu, branch::Illegal>())),
        }
    }

    /// To the next instruction in memory.
    fn advance(&mut self) {
        self.lowering.here = self.lowering.here.wrapping_add(4);
        if let Some((_, end)) = self.runs.last_mut() {
            *end = self.lowering.here;
        }
    }

    /// The last operation, of the instruction that is worked on.
    fn finish(&mut self, op: Op<Cpu>) {
        self.lowering.op(op);
        self.finished = true;
    }

    fn leave_to(&mut self, distance: i32) {
        if !self.places.is_empty() {
            self.finish(Op { imm: distance as u64, ..Op::new(one::<Cpu, branch::Goto>()) });
        }
        self.finished = true;
    }

    /// Goes on at the target of an unconditional branch if that is on this page and new; else leaves to it.
    fn follow(&mut self, target: i32, offset: i32) {
        let near = (0..REACH).contains(&offset.wrapping_add(target));
        let known = self.runs.iter().any(|(start, end)| (*start..*end).contains(&target));
        if !near || known {
            return self.leave_to(target);
        }
        self.runs.push((target, target));
        self.lowering.here = target;
    }

    fn conditional(&mut self, word: Word, previous: Option<Word>, target: i32) {
        let imm = target as u64;
        let op = match word.bits(24, 7) {
            0x54 => self.on_condition(word, previous, target),
            0x34 => Op { b: source(word.d()), imm, ..Op::new(zero(word, true)) },
            0x35 => Op { b: source(word.d()), imm, ..Op::new(zero(word, false)) },
            bit => {
                let number = word.bits(31, 1) << 5 | word.bits(19, 5);
                let run: Run<Cpu> =
                    if bit == 0x36 { one::<Cpu, branch::BitClear>() } else { one::<Cpu, branch::BitSet>() };
                Op { b: source(word.d()), d: number as u8, imm, ..Op::new(run) }
            }
        };
        self.lowering.op(op);
    }

    /// `b.cond`, together with the comparison before it if there is one.
    fn on_condition(&mut self, word: Word, previous: Option<Word>, target: i32) -> Op<Cpu> {
        let (condition, imm) = (word.bits(0, 4), target as u64);
        let alone = Op { b: ZERO, imm, ..Op::new(branch::on_condition(condition)) };
        let Some(compare) = previous else { return alone };
        let wide = compare.bit(31);
        let both = if let Some((b, c)) = Lowering::compared_registers(compare) {
            Op { b, c, imm, ..Op::new(branch::on_registers(condition, wide)) }
        } else if let Some((b, constant)) = Lowering::compared_constant(compare) {
            Op { b, imm: imm << 32 | constant, ..Op::new(branch::on_constant(condition, wide)) }
        } else {
            return alone;
        };
        self.lowering.ops.pop();
        both
    }

    fn done(self) -> Block<Cpu> {
        let count = self.places.len();
        Block::new(count as u32, self.lowering.ops, self.places)
    }
}

/// `cbz` or `cbnz`.
fn zero(word: Word, when_zero: bool) -> Run<Cpu> {
    match (word.bit(31), when_zero) {
        (true, true) => one::<Cpu, branch::Zero<true>>(),
        (false, true) => one::<Cpu, branch::Zero<false>>(),
        (true, false) => one::<Cpu, branch::NotZero<true>>(),
        (false, false) => one::<Cpu, branch::NotZero<false>>(),
    }
}
