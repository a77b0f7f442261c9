//! Threaded code: what blocks are decoded to. Key types: [`Op`], [`Run`], [`Next`].
//!
//! An operation carries the function that does it. That function ends by calling the next operation's, in tail
//! position: an optimising compiler makes this a jump, and the host's branch predictor sees one jump per kind of
//! operation instead of one for all. Nothing depends on it: [`crate::run`] bounds the chain, so calls that stay
//! calls cost stack, not correctness.

use crate::block::{BlockCache, pay};
use crate::maps::Maps;
use crate::memory::{Access, Miss};
use crate::run::Set;
use crate::slot::Slot;
use crate::stop::Stop;
use core::sync::atomic::{AtomicU16, Ordering};

/// What does an operation: the first of `ops`, the others are the rest of its block.
pub type Run<S> = for<'a> fn(&mut S, &'a Maps, &'a BlockCache<S>, &'a [Op<S>]) -> Next;

/// One operation of set `S`. What the fields mean is between decoder and function.
#[derive(Debug)]
pub struct Op<S> {
    /// Does it.
    pub run: Run<S>,
    /// Constants, displacements, distances from the start of the block.
    pub imm: u64,
    /// Mostly the destination.
    pub a: Slot,
    /// Mostly the first source.
    pub b: Slot,
    /// Mostly the second source.
    pub c: Slot,
    /// A small number or one more register.
    pub d: u8,
    /// Number in the block of the instruction (in a delay slot: of its branch, unless it leaves early), in a
    /// [`crate::block::Block`] counted from its end: so many are left out by one that leaves early, and so far from the
    /// end `pc` stands if it fails.
    pub at: u8,
    /// One more small number.
    pub e: u8,
    /// Where it led when it last left its block.
    pub link: Link,
}

/// Where in a [`BlockCache`] the head is that an operation led to; only a hint, the head's key decides. It lies in the
/// operation, which is at hand when it is asked.
#[derive(Debug, Default)]
pub struct Link(AtomicU16);

impl Link {
    /// Where the head is.
    #[inline(always)]
    #[must_use]
    pub fn place(&self) -> u32 {
        self.0.load(Ordering::Relaxed).into()
    }

    /// Notes where it leads.
    #[inline(always)]
    fn lead(&self, place: u32) {
        self.0.store(place as u16, Ordering::Relaxed);
    }
}

/// A copy leads nowhere yet.
impl<S> Clone for Op<S> {
    fn clone(&self) -> Self {
        let Op { run, imm, a, b, c, d, at, e, link: _ } = *self;
        Op { run, imm, a, b, c, d, at, e, link: Link::default() }
    }
}

impl<S> Op<S> {
    /// An operation with all fields zero.
    #[must_use]
    pub fn new(run: Run<S>) -> Self {
        Op { run, imm: 0, a: Slot::R0, b: Slot::R0, c: Slot::R0, d: 0, at: 0, e: 0, link: Link::default() }
    }
}

/// Why a chain of operations came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// To look up the block at `frame.start`.
    Go,
    /// The operation needs a page that is not in the [`Maps`]: `frame.miss`.
    Miss,
    /// The operation did not complete: `frame.stop`.
    StopHere,
    /// The block is done and `pc` set: `frame.stop`.
    StopBehind,
}

/// How a chain of operations came back, and how many operations of the block were left, the current one included. One
/// machine word, so that passing it on is a jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next(u64);

impl Next {
    /// To look up the block at `frame.start`.
    pub const GO: Next = Next(Reason::Go as u64);

    /// Comes back with so many operations left.
    #[must_use]
    pub fn new(reason: Reason, left: usize) -> Next {
        Next((left as u64) << 8 | reason as u64)
    }

    /// Why.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self.0 as u8 {
            0 => Reason::Go,
            1 => Reason::Miss,
            2 => Reason::StopHere,
            _ => Reason::StopBehind,
        }
    }

    /// Operations left.
    #[must_use]
    pub fn left(self) -> usize {
        (self.0 >> 8) as usize
    }
}

/// Comes back where a block has no further operation: every block ends with one that leaves, so this is for the
/// compiler only.
#[cold]
#[inline(never)]
#[must_use]
pub fn end() -> Next {
    Next::GO
}

/// The next operation of the block.
#[inline(always)]
pub fn step<'a, S>(cpu: &mut S, maps: &'a Maps, blocks: &'a BlockCache<S>, ops: &'a [Op<S>]) -> Next {
    match ops {
        [_, rest @ ..] if !rest.is_empty() => (rest[0].run)(cpu, maps, blocks, rest),
        _ => end(),
    }
}

/// The operation `count` behind the next one.
#[inline(always)]
pub fn skip<'a, S>(
    cpu: &mut S,
    maps: &'a Maps,
    blocks: &'a BlockCache<S>,
    ops: &'a [Op<S>],
    count: usize,
) -> Next {
    match ops.get(count + 1..) {
        Some(rest) if !rest.is_empty() => (rest[0].run)(cpu, maps, blocks, rest),
        _ => end(),
    }
}

/// Leaves the block for the one at `key`; what it leaves out was given back already.
#[inline(always)]
pub fn go<'a, S: Set>(
    cpu: &mut S,
    maps: &'a Maps,
    blocks: &'a BlockCache<S>,
    op: &'a Op<S>,
    key: u64,
) -> Next {
    let left = cpu.frame().left;
    go_with(cpu, maps, blocks, &op.link, key, left)
}

/// As [`go`], in the middle of a block: gives back the instructions behind.
#[inline(always)]
pub fn leave<'a, S: Set>(
    cpu: &mut S,
    maps: &'a Maps,
    blocks: &'a BlockCache<S>,
    op: &'a Op<S>,
    key: u64,
) -> Next {
    let left = cpu.frame().left.wrapping_add(i64::from(op.at));
    go_with(cpu, maps, blocks, &op.link, key, left)
}

/// As [`go`], with so many instructions left. There is one of it for each set: what every operation that leaves a block
/// would hold again drives more useful code out of the host's caches than a jump costs.
#[inline(never)]
fn go_with<'a, S: Set>(
    cpu: &mut S,
    maps: &'a Maps,
    blocks: &'a BlockCache<S>,
    link: &'a Link,
    key: u64,
    left: i64,
) -> Next {
    let frame = cpu.frame();
    (frame.start, frame.left) = (key, left);
    if let Some(placed) = blocks.from(link.place())
        && let Some((paid, ops @ [first, ..])) = pay(placed, key, left)
    {
        frame.left = paid;
        return (first.run)(cpu, maps, blocks, ops);
    }
    go_elsewhere(cpu, maps, blocks, link, key)
}

/// As [`go`], to where this operation did not lead before.
#[inline(never)]
fn go_elsewhere<'a, S: Set>(
    cpu: &mut S,
    maps: &'a Maps,
    blocks: &'a BlockCache<S>,
    link: &'a Link,
    key: u64,
) -> Next {
    let Some(place) = blocks.place(key) else { return Next::GO };
    link.lead(place);
    let frame = cpu.frame();
    if let Some(placed) = blocks.from(place)
        && let Some((paid, ops @ [first, ..])) = pay(placed, key, frame.left)
    {
        frame.left = paid;
        return (first.run)(cpu, maps, blocks, ops);
    }
    Next::GO
}

/// Comes back for a page. The operation must have changed nothing yet: it is done again, from its beginning.
#[cold]
#[inline(never)]
pub fn miss<S: Set>(cpu: &mut S, ops: &[Op<S>], address: u64, size: u32, access: Access) -> Next {
    cpu.frame().miss = Miss { address, size, access, step: 0 };
    Next::new(Reason::Miss, ops.len())
}

/// As [`miss`], for the second instruction of an operation that stands for two: a fault is told for that one.
#[cold]
#[inline(never)]
pub fn miss_second<S: Set>(cpu: &mut S, ops: &[Op<S>], address: u64, size: u32, access: Access) -> Next {
    cpu.frame().miss = Miss { address, size, access, step: 1 };
    Next::new(Reason::Miss, ops.len())
}

/// Stops at an instruction that did not complete; `pc` will stand at it.
#[cold]
#[inline(never)]
pub fn stop<S: Set>(cpu: &mut S, ops: &[Op<S>], stop: Stop) -> Next {
    cpu.frame().stop = stop;
    Next::new(Reason::StopHere, ops.len())
}

/// Stops behind the last instruction of a block (a system call): goes on at `key` when run again.
#[inline(never)]
pub fn stop_behind<S: Set>(cpu: &mut S, stop: Stop, key: u64) -> Next {
    let frame = cpu.frame();
    frame.start = key;
    frame.stop = stop;
    Next::new(Reason::StopBehind, 0)
}

/// Why an instruction that is done in one piece (not as threaded code) could not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// It needs a page; nothing has changed yet.
    Miss(Miss),
    /// It stops.
    Stop(Stop),
}

/// Goes on after an instruction that was done in one piece.
#[inline(always)]
pub fn settle<'a, S: Set>(
    cpu: &mut S,
    maps: &'a Maps,
    blocks: &'a BlockCache<S>,
    ops: &'a [Op<S>],
    done: Result<(), Interrupt>,
) -> Next {
    match done {
        Ok(()) => step(cpu, maps, blocks, ops),
        Err(interrupt) => interrupted(cpu, ops, interrupt),
    }
}

/// Comes back for the page that an instruction done in one piece needs, or stops at it.
#[cold]
#[inline(never)]
pub fn interrupted<S: Set>(cpu: &mut S, ops: &[Op<S>], interrupt: Interrupt) -> Next {
    match interrupt {
        Interrupt::Miss(wanted) => miss(cpu, ops, wanted.address, wanted.size, wanted.access),
        Interrupt::Stop(reason) => stop(cpu, ops, reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_takes_twenty_four_bytes() {
        // What a shell runs for a turn of its loop is more than a host's first cache holds, so each byte is time.
        assert_eq!(size_of::<Op<crate::mips::Cpu>>(), 24);
    }
}
