//! Running a CPU: blocks are found, entered, and what comes back is settled. Key items: [`run`], [`Set`], [`Frame`].
//!
//! Counting: a block's instructions are paid for on entering it; whoever leaves early gets the rest back. So the count
//! is exact, and budgets are: a block longer than what is left of the budget is decoded again, as far as it goes.

use crate::block::{Block, BlockCache, BlockTable, Code, Table};
use crate::maps::Maps;
use crate::memory::{Access, Fault, FaultKind, Memory, Miss};
use crate::op::{Next, Op, Reason};
use crate::page::{PAGE_MASK, PAGE_SIZE, Page};
use crate::stop::Stop;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;

/// Instructions in a block at most. Positions in a block are bytes: 255 at most.
pub const BLOCK_INSTRUCTIONS_MAX: u32 = 64;

/// Instructions that may be executed before the chain of operations comes back: bounds the stack where the compiler
/// makes calls of it.
const CHAIN: i64 = 4096;

/// Instructions in a CPU's life after which the operations of its blocks are joined: a program that only says a line
/// is over before. Joining costs about as much as running a block two hundred times.
const LONG: u64 = 100_000;

/// An instruction set with the registers of one CPU.
pub trait Set: Sized + Send + Sync + 'static {
    /// log2 of the distance between keys, mostly: neighbours at less share their places in the cache.
    const UNIT: u32;

    /// Does a store into the code that runs take effect at the next instruction (x86), or only when the program asks
    /// for it? If so, every operation has its instruction's `at`.
    const SEES_OWN_STORES: bool = false;

    /// The engine's part of the CPU.
    fn frame(&mut self) -> &mut Frame<Self>;

    /// The key of the next instruction: its address, with mode bits where the set has them.
    fn key(&self) -> u64;

    /// Sets where to go on.
    fn set_key(&mut self, key: u64);

    /// The address of a key.
    #[inline(always)]
    fn address(key: u64) -> u64 {
        key
    }

    /// The key of the instruction at a distance in bytes from the one at `key`, in the same mode.
    #[inline(always)]
    fn key_at(key: u64, distance: i32) -> u64 {
        key.wrapping_add_signed(i64::from(distance))
    }

    /// log2 of the distance between instructions in the mode of `key`.
    fn unit(_key: u64) -> u32 {
        Self::UNIT
    }

    /// May an instruction begin at this key?
    fn is_aligned(key: u64) -> bool {
        Self::address(key) & ((1 << Self::unit(key)) - 1) == 0
    }

    /// The table for blocks of this set in the mode of `key`.
    fn table<'a>(&self, key: u64, code: &'a Code) -> &'a Table<Self>;

    /// Is the block at `key` the one that all find at its address in its mode? Else it is kept in no table.
    fn is_common(_key: u64) -> bool {
        true
    }

    /// Decodes a block of at most `limit` instructions, never more than [`BLOCK_INSTRUCTIONS_MAX`]. It ends before an
    /// instruction that [`Source`] does not have all bytes of; if that is the first one, the block is empty.
    fn assemble(&self, key: u64, limit: u32, source: &Source) -> Block<Self>;

    /// Gives neighbours among the operations of a block one function, where the set has it: the first one's.
    fn join(&self, ops: &mut [Op<Self>]);
}

/// The bytes that a block is decoded from, by distance from its start: the rest of its page before it and behind it,
/// and the next page if the first instruction does not fit the page.
#[derive(Debug)]
pub struct Source<'a> {
    first: &'a Page,
    /// Where in the page the block begins.
    offset: i64,
    second: Option<&'a Page>,
}

impl Source<'_> {
    /// One byte; `None` outside the pages.
    #[must_use]
    pub fn u8(&self, distance: i32) -> Option<u8> {
        let at = self.offset + i64::from(distance);
        match at >> PAGE_SIZE.trailing_zeros() {
            0 => Some(self.first.load_u8(at as u64)),
            1 => Some(self.second?.load_u8(at as u64 & PAGE_MASK)),
            _ => None,
        }
    }

    /// Two bytes, the first one least significant.
    #[must_use]
    pub fn u16(&self, distance: i32) -> Option<u16> {
        Some(u16::from_le_bytes([self.u8(distance)?, self.u8(distance.checked_add(1)?)?]))
    }

    /// Four bytes, the first one least significant.
    #[must_use]
    pub fn u32(&self, distance: i32) -> Option<u32> {
        let at = self.offset + i64::from(distance);
        if at & 3 == 0 && at >> PAGE_SIZE.trailing_zeros() == 0 {
            return Some(self.first.load_u32(at as u64));
        }
        let (low, high) = (self.u16(distance)?, self.u16(distance.checked_add(2)?)?);
        Some(u32::from(low) | u32::from(high) << 16)
    }
}

/// The engine's part of a CPU. Has no meaning between runs but for what is executed in all.
#[derive(Debug)]
#[repr(C)]
pub struct Frame<S> {
    /// Key of the block that runs.
    pub start: u64,
    /// Instructions left of what may be executed now, the current block already paid for.
    pub left: i64,
    /// What [`Reason::Miss`] is about.
    pub miss: Miss,
    /// What [`Reason::StopHere`] and [`Reason::StopBehind`] are about.
    pub stop: Stop,
    /// Instructions executed in this CPU's life before what [`Frame::left`] was given for.
    executed: u64,
    /// What [`Frame::left`] began with.
    granted: i64,
    /// What the clock is ahead of the executed instructions.
    ahead: u64,
    /// Made when the CPU first runs, if it was given none.
    blocks: Option<Box<BlockCache<S>>>,
    /// See [`Frame::expect_more`].
    is_long: bool,
}

impl<S> Default for Frame<S> {
    fn default() -> Self {
        Frame {
            start: 0,
            left: 0,
            miss: Miss { address: 0, size: 0, access: Access::Read, step: 0 },
            stop: Stop::Budget,
            executed: 0,
            granted: 0,
            ahead: 0,
            blocks: None,
            is_long: false,
        }
    }
}

impl<S> Clone for Frame<S> {
    /// The same count; the copy finds its blocks again by itself.
    fn clone(&self) -> Self {
        Frame { blocks: None, ..*self }
    }
}

impl<S> Frame<S> {
    /// Instructions executed in this CPU's life, those of the current block included: exact for an operation of the
    /// last instruction of a block.
    #[must_use]
    pub fn executed(&self) -> u64 {
        self.executed.wrapping_add_signed(self.granted - self.left)
    }

    /// The clock that programs read as a counter, in instructions: it goes on with each executed one and jumps where
    /// [`Frame::set_clock`] says. As exact as [`Frame::executed`].
    #[must_use]
    pub fn clock(&self) -> u64 {
        self.executed().wrapping_add(self.ahead)
    }

    /// Sets [`Frame::clock`], before a run.
    pub fn set_clock(&mut self, instructions: u64) {
        self.ahead = instructions.wrapping_sub(self.executed());
    }

    /// The CPU will run for long: neighbouring operations are joined from now on, and not only after a while. Changes
    /// nothing but the time that things take.
    pub fn expect_more(&mut self) {
        self.is_long = true;
    }
}

impl<S: Set> Frame<S> {
    /// Gives away what it keeps of the blocks that it found: to make room, or for another CPU on memory of the same
    /// [`Memory::generation`].
    pub fn give_blocks(&mut self) -> Option<Blocks> {
        self.blocks.take().map(|blocks| blocks as Blocks)
    }

    /// Takes what another CPU of the same set gave. Changes nothing but the time that things take.
    pub fn take_blocks(&mut self, blocks: Blocks) {
        self.blocks = blocks.downcast().ok();
    }
}

/// What a CPU keeps of the blocks that it found, for whoever does not know its set.
pub type Blocks = Box<dyn Any + Send + Sync>;

/// Runs until something stops the CPU or `budget` instructions are executed. Returns why, and the exact number of
/// instructions executed: at most `budget`, plus one if the last would have been in a MIPS delay slot.
pub fn run<S: Set, M: Memory>(cpu: &mut S, memory: &mut M, budget: u64) -> (Stop, u64) {
    let mut blocks = cpu.frame().blocks.take().unwrap_or_default();
    let begin = cpu.frame().executed;
    let mut reserve = i64::try_from(budget).unwrap_or(i64::MAX);
    let mut key = cpu.key();
    let stop = loop {
        cpu.frame().grant(&mut reserve);
        if cpu.frame().is_long || cpu.frame().executed > LONG {
            blocks.expect_more();
        }
        match visit(cpu, &mut blocks, memory, key) {
            Ok(next) => key = next,
            Err((stop, at)) => {
                key = at;
                break stop;
            }
        }
    };
    cpu.set_key(key);
    let frame = cpu.frame();
    frame.fold();
    frame.blocks = Some(blocks);
    (stop, frame.executed.wrapping_sub(begin))
}

impl<S> Frame<S> {
    /// Books what was executed since the last grant, and takes what is left back.
    fn fold(&mut self) {
        self.executed = self.executed();
        self.granted = 0;
        self.left = 0;
    }

    /// Books what was executed since the last grant, and grants again.
    #[inline]
    fn grant(&mut self, reserve: &mut i64) {
        let more = (CHAIN - self.left).clamp(0, *reserve);
        self.executed = self.executed();
        *reserve -= more;
        self.left += more;
        self.granted = self.left;
    }
}

/// Where to go on, or why not and where that was.
type Visited = Result<u64, (Stop, u64)>;

/// Runs the block at `key` and those that it leads to, until one is not at hand.
#[inline]
fn visit<S: Set, M: Memory>(cpu: &mut S, blocks: &mut BlockCache<S>, memory: &mut M, key: u64) -> Visited {
    blocks.follow(memory.generation());
    let left = cpu.frame().left;
    if left <= 0 {
        return Err((Stop::Budget, key));
    }
    let mut special = None;
    if blocks.enter(key, left).is_none() {
        special = find(cpu, blocks, memory, key, left).map_err(|stop| (stop, key))?.map(|block| (key, block));
    }
    let (left, ops) = match &special {
        Some((_, block)) => (left - i64::from(block.instructions), &*block.ops),
        None => blocks.enter(key, left).ok_or((Stop::Illegal, key))?,
    };
    let frame = cpu.frame();
    frame.start = key;
    frame.left = left;
    let next = resume(cpu, memory.maps(), blocks, ops);
    match next == Next::GO {
        true => Ok(cpu.frame().start),
        false => come_back(cpu, blocks, memory, next, special),
    }
}

/// Runs the first of these operations and what it leads to.
#[inline(always)]
fn resume<S>(cpu: &mut S, maps: &Maps, blocks: &BlockCache<S>, ops: &[Op<S>]) -> Next {
    match ops {
        [first, ..] => (first.run)(cpu, maps, blocks, ops),
        [] => Next::GO,
    }
}

/// Misses of one operation without progress before it is given up: none needs more than a page of each kind.
const MISSES_MAX: u32 = 8;

/// Answers what a chain of operations came back with. `special` is a block that the cache may not hold, with its key;
/// when one of that key runs, it is this one: a shortened block is followed by no whole one, for want of budget.
#[cold]
#[inline(never)]
fn come_back<S: Set, M: Memory>(
    cpu: &mut S,
    blocks: &mut BlockCache<S>,
    memory: &mut M,
    mut next: Next,
    mut special: Option<(u64, Arc<Block<S>>)>,
) -> Visited {
    let (mut misses, mut last) = (0, (0, 0, 0));
    let mut is_stale = false;
    loop {
        let start = cpu.frame().start;
        match next.reason() {
            Reason::Go => return Ok(start),
            Reason::StopBehind => return Err((cpu.frame().stop, start)),
            Reason::Miss | Reason::StopHere => {}
        }
        let is_special = matches!(&special, Some((key, _)) if *key == start);
        let found = match &special {
            Some((_, block)) if is_special => {
                block.ops.len().checked_sub(next.left()).map(|number| (Arc::clone(block), number))
            }
            _ => blocks.block(next.left()).map(|(block, number)| (Arc::clone(block), number)),
        };
        let Some((block, number)) = found else { return Err((Stop::Illegal, start)) };
        let Some(op) = block.ops.get(number) else { return Err((Stop::Illegal, start)) };
        let at = block.number(op);
        if next.reason() == Reason::StopHere {
            return Err((cpu.frame().stop, give_back(cpu, &block, at)));
        }
        let miss = cpu.frame().miss;
        if let Err(fault) = memory.touch(miss) {
            return Err((Stop::Fault(fault), give_back(cpu, &block, at.wrapping_add(miss.step))));
        }
        let now = (start, number, cpu.frame().left);
        misses = if now == last { misses + 1 } else { 0 };
        last = now;
        if misses > MISSES_MAX {
            return Err((Stop::Illegal, give_back(cpu, &block, at)));
        }
        if memory.generation() != blocks.generation() {
            blocks.follow(memory.generation());
            special = Some((start, Arc::clone(&block)));
            is_stale = true;
        }
        let own = block.ops.get(number..).unwrap_or_default();
        next = match &special {
            Some((key, _)) if *key == start => match is_stale && S::SEES_OWN_STORES {
                true => alone(cpu, memory.maps(), blocks, &block, own),
                false => resume(cpu, memory.maps(), blocks, own),
            },
            _ => resume(cpu, memory.maps(), blocks, blocks.last(next.left())),
        };
    }
}

/// Runs the rest of one instruction and leaves the block behind it: its store may have changed what follows.
fn alone<S: Set>(cpu: &mut S, maps: &Maps, blocks: &BlockCache<S>, block: &Block<S>, ops: &[Op<S>]) -> Next {
    let Some(first) = ops.first() else { return Next::GO };
    let at = first.at;
    let mut few: Vec<Op<S>> = ops.iter().take_while(|op| op.at == at).cloned().collect();
    if few.len() == ops.len() {
        return resume(cpu, maps, blocks, ops);
    }
    let behind = block.places.get(usize::from(block.number(first)) + 1).copied().unwrap_or(0);
    few.push(Op { imm: u64::from(behind as u32), at, ..Op::new(leave_early::<S>) });
    let next = resume(cpu, maps, blocks, &few);
    match next.reason() {
        Reason::Go | Reason::StopBehind => next,
        reason => Next::new(reason, (ops.len() + next.left()).saturating_sub(few.len())),
    }
}

fn leave_early<'a, S: Set>(
    cpu: &mut S,
    _maps: &'a Maps,
    _blocks: &'a BlockCache<S>,
    ops: &'a [Op<S>],
) -> Next {
    if let [op, ..] = ops {
        let frame = cpu.frame();
        frame.left += i64::from(op.at);
        frame.start = S::key_at(frame.start, op.imm as u32 as i32);
    }
    Next::GO
}

/// Gives back the instructions of the block from number `at` on. Returns the key of that one.
fn give_back<S: Set>(cpu: &mut S, block: &Block<S>, at: u8) -> u64 {
    let frame = cpu.frame();
    frame.left += i64::from(block.instructions) - i64::from(at);
    let distance = block.places.get(usize::from(at)).copied().unwrap_or(0);
    S::key_at(frame.start, distance)
}

/// Puts the block at `key` into the cache, decoded if need be; gives it back if it cannot be there, or has more than
/// `left` instructions and is cut to as many (more by a delay slot). Or the stop.
#[cold]
#[inline(never)]
fn find<S: Set, M: Memory>(
    cpu: &S,
    blocks: &mut BlockCache<S>,
    memory: &mut M,
    key: u64,
    left: i64,
) -> Result<Option<Arc<Block<S>>>, Stop> {
    let address = S::address(key);
    if !S::is_aligned(key) {
        return Err(Stop::Fault(Fault { address, access: Access::Execute, kind: FaultKind::Unaligned }));
    }
    let fetched = memory.fetch(address).map_err(Stop::Fault)?;
    blocks.follow(memory.generation());
    let offset = address & PAGE_MASK;
    let source = Source { first: &fetched.page, offset: offset as i64, second: None };
    let limit = u32::try_from(left).unwrap_or(u32::MAX).min(BLOCK_INSTRUCTIONS_MAX);
    if fetched.keeps_code && S::is_common(key) {
        let table = cpu.table(key, fetched.page.code());
        let table = table.get_or_init(|| Box::new(BlockTable::new(PAGE_SIZE >> S::unit(key))));
        let decode = || cpu.assemble(key, BLOCK_INSTRUCTIONS_MAX, &source);
        let block = table.block(offset as usize >> S::unit(key), decode);
        if let Some(block) = block.filter(|block| !block.ops.is_empty()) {
            if i64::from(block.instructions) <= left {
                blocks.put(cpu, key, Arc::clone(block));
                return Ok(None);
            }
            return Ok(Some(Arc::new(cpu.assemble(key, limit, &source))));
        }
    }
    let block = cpu.assemble(key, limit, &source);
    if !block.ops.is_empty() {
        return Ok(Some(Arc::new(block)));
    }
    // The first instruction does not fit the page: one block for this address only.
    let behind = (address | PAGE_MASK).wrapping_add(1);
    let second = memory.fetch(behind).map_err(Stop::Fault)?;
    let source = Source { second: Some(&second.page), ..source };
    let block = Arc::new(cpu.assemble(key, 1, &source));
    if block.ops.is_empty() {
        return Err(Stop::Illegal);
    }
    if fetched.keeps_code && second.keeps_code && i64::from(block.instructions) <= left {
        blocks.put(cpu, key, block);
        return Ok(None);
    }
    Ok(Some(block))
}
