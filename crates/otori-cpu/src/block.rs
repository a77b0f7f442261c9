//! Decoded basic blocks and where they are kept. Key types: [`Block`], [`BlockTable`] (per physical page),
//! [`BlockCache`] (per CPU, by key). Generic over the instruction set.
//!
//! A *key* is the address of an instruction, with the bits that say how to decode it where a set has such (Thumb, MIPS16e).

use crate::maps::Maps;
use crate::op::{Next, Op};
use crate::run::Set;
use crate::{aarch64, arm, mips, x86};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU8, Ordering};
use once_cell::race::OnceBox;

/// A run of decoded instructions with one entrance. Position independent: operations hold distances, not addresses.
///
/// What is run a few times only runs as it was decoded: neighbours are joined ([`Set::join`]) for those who run for
/// long, or where many have been.
#[derive(Debug)]
pub struct Block<S> {
    /// Guest instructions in the block when it runs to its end.
    pub instructions: u32,
    /// The operations; fewer than instructions where nothing is to be done, more where one needs several. Empty if
    /// the first instruction did not fit the bytes that could be fetched.
    pub ops: Arc<[Op<S>]>,
    /// Distance in bytes from the start of the block to each of its instructions. Only looked at when one stops.
    pub places: Box<[i32]>,
    /// The operations once neighbours among them are joined.
    joined: OnceBox<Arc<[Op<S>]>>,
    /// How often it was put into a cache, as far as it is counted.
    visits: AtomicU8,
}

/// A number of an instruction, counted from the other end of so many. One behind the last wraps, and comes back.
fn from_other_end(instructions: u32, at: u8) -> u8 {
    (instructions as u8).wrapping_sub(at).wrapping_sub(1)
}

/// Visits after which a block is joined, whoever runs it.
const VISITS: u8 = 8;

impl<S: Set> Block<S> {
    /// A block of that many instructions, with nothing joined. The operations' `at` counts from its start still.
    #[must_use]
    pub fn new(instructions: u32, ops: Vec<Op<S>>, places: Vec<i32>) -> Self {
        let turned = |op: Op<S>| Op { at: from_other_end(instructions, op.at), ..op };
        let ops = ops.into_iter().map(turned).collect();
        Block { instructions, ops, places: places.into(), joined: OnceBox::new(), visits: AtomicU8::new(0) }
    }

    /// Number in the block of an operation's instruction.
    #[must_use]
    pub fn number(&self, op: &Op<S>) -> u8 {
        from_other_end(self.instructions, op.at)
    }

    /// The operations to run, for somebody who is here for long or not.
    fn to_run(&self, cpu: &S, is_long: bool) -> &Arc<[Op<S>]> {
        if let Some(joined) = self.joined.get() {
            return joined;
        }
        let visits = self.visits.load(Ordering::Relaxed);
        if !is_long && visits < VISITS {
            self.visits.store(visits + 1, Ordering::Relaxed);
            return &self.ops;
        }
        self.joined.get_or_init(|| {
            let mut ops: Arc<[Op<S>]> = self.ops.iter().cloned().collect();
            Arc::get_mut(&mut ops).into_iter().for_each(|ops| cpu.join(ops));
            Box::new(ops)
        })
    }
}

/// Positions of a chunk of a [`BlockTable`].
const CHUNK: usize = 64;

type BlockSlot<S> = OnceBox<Arc<Block<S>>>;

/// The blocks that begin in one physical page, by position. Filled by whoever runs there first, for all.
#[derive(Debug)]
pub struct BlockTable<S> {
    chunks: Box<[OnceBox<[BlockSlot<S>; CHUNK]>]>,
}

impl<S> BlockTable<S> {
    /// An empty table for `positions` possible beginnings.
    #[must_use]
    pub fn new(positions: usize) -> Self {
        BlockTable { chunks: (0..positions.div_ceil(CHUNK)).map(|_| OnceBox::new()).collect() }
    }

    /// The block beginning at `position`, made by `decode` if nobody has been here before.
    pub fn block(&self, position: usize, decode: impl FnOnce() -> Block<S>) -> Option<&Arc<Block<S>>> {
        let chunk = self.chunks.get(position / CHUNK)?;
        let slots = chunk.get_or_init(|| Box::new([const { OnceBox::new() }; CHUNK]));
        Some(slots[position % CHUNK].get_or_init(|| Box::new(Arc::new(decode()))))
    }
}

/// A lazily made table of the blocks of one set in one of its modes.
pub type Table<S> = OnceBox<BlockTable<S>>;

/// Everything decoded from one physical page: one table per instruction set, byte order and mode.
#[derive(Debug, Default)]
pub struct Code {
    /// AArch64.
    pub aarch64: Table<aarch64::Cpu>,
    /// ARM: A32 and T32, by order of data and of code.
    pub arm: [Table<arm::Cpu>; 6],
    /// MIPS32 and MIPS16e, little endian.
    pub mips_little: [Table<mips::Cpu>; 2],
    /// MIPS32 and MIPS16e, big endian.
    pub mips_big: [Table<mips::Cpu>; 2],
    /// i386.
    pub i386: Table<x86::Cpu>,
    /// x86-64.
    pub x86_64: Table<x86::Cpu>,
    fetched: OnceBox<()>,
}

impl Code {
    /// Notes that instructions were fetched from the page: a store must from now on leave the page to its old
    /// readers and go to a fresh copy.
    pub fn mark(&self) {
        self.fetched.get_or_init(|| Box::new(()));
    }

    /// Were instructions fetched from the page?
    #[must_use]
    pub fn is_marked(&self) -> bool {
        self.fetched.get().is_some()
    }
}

/// Entries of a [`BlockCache`] at first, and once blocks drive each other out: a process that lives for a moment, or
/// waits with two thousand others, takes little.
const FEW_ENTRIES: usize = 1 << 9;
const ENTRIES: usize = 1 << 12;
/// Places that a key may have: the first one with its lowest two bits changed.
const PLACES: usize = 4;
/// Operations in a [`BlockCache`] at most, 24 bytes each; then it begins anew. A [`crate::op::Link`] reaches all.
const OPS_MAX: usize = 1 << 16;

/// Where a block begins.
#[derive(Clone, Copy, Debug)]
struct Entrance {
    /// Key of the first instruction; of an empty entrance one that has its places elsewhere.
    key: u64,
    /// Where its head is.
    place: u32,
}

/// A block whose operations are in the cache.
#[derive(Debug)]
struct Placed<S> {
    /// Where its head is.
    place: u32,
    block: Arc<Block<S>>,
}

/// A CPU's own copy of the operations that it runs, one block behind the other in the order of first use, valid for one
/// generation of the memory. Found by key, four places for each; and, faster, by what an operation led to last time.
///
/// A *head* stands before each block: its `imm` is the block's key, its `at` what to pay for it.
#[derive(Debug)]
pub struct BlockCache<S> {
    generation: u64,
    /// Which place the next entrance goes to that has to move, 1 to 3.
    turn: usize,
    /// Blocks that others have driven out.
    driven_out: usize,
    /// Does the CPU run for long, so that joining operations pays?
    is_long: bool,
    /// Heads and operations.
    ops: Vec<Op<S>>,
    /// The blocks in `ops`, by place.
    placed: Vec<Placed<S>>,
    /// [`FEW_ENTRIES`] or [`ENTRIES`].
    entrances: Box<[Entrance]>,
}

/// A key that is never looked for at that place or its neighbours. No constant would do: a program may jump to any.
fn nobody<S: Set>(place: usize) -> u64 {
    ((place ^ PLACES) as u64) << S::UNIT
}

/// The first place of a key.
fn home<S: Set>(key: u64, entries: usize) -> usize {
    (key >> S::UNIT) as usize & entries.wrapping_sub(1)
}

/// Is there a block at that place?
fn is_taken<S: Set>(entrances: &[Entrance], place: usize) -> bool {
    home::<S>(entrances[place].key, entrances.len()) / PLACES == place / PLACES
}

fn empty<S: Set>(entries: usize) -> Box<[Entrance]> {
    (0..entries).map(|place| Entrance { key: nobody::<S>(place), place: 0 }).collect()
}

/// What is left of so many instructions once a block is paid for, and its operations; if `placed` begins with the head
/// of that key, and there is enough.
#[inline(always)]
#[must_use]
pub fn pay<S>(placed: &[Op<S>], key: u64, left: i64) -> Option<(i64, &[Op<S>])> {
    let [head, ops @ ..] = placed else { return None };
    let paid = left.wrapping_sub(i64::from(head.at));
    (head.imm == key && paid >= 0).then_some((paid, ops))
}

/// A head is not for running: comes back, to look up what was to run.
fn head<'a, S>(_: &mut S, _: &'a Maps, _: &'a BlockCache<S>, _: &'a [Op<S>]) -> Next {
    Next::GO
}

impl<S: Set> Default for BlockCache<S> {
    fn default() -> Self {
        let mut blocks = BlockCache {
            generation: 0,
            turn: 0,
            driven_out: 0,
            is_long: false,
            ops: Vec::new(),
            placed: Vec::new(),
            entrances: empty::<S>(FEW_ENTRIES),
        };
        blocks.clear();
        blocks
    }
}

impl<S: Set> BlockCache<S> {
    /// Forgets everything unless the memory is still of the generation that the entries were found in.
    #[inline(always)]
    pub fn follow(&mut self, generation: u64) {
        if self.generation != generation {
            self.forget(generation);
        }
    }

    #[cold]
    #[inline(never)]
    fn forget(&mut self, generation: u64) {
        self.generation = generation;
        for (place, entrance) in self.entrances.iter_mut().enumerate() {
            entrance.key = nobody::<S>(place);
        }
        self.clear();
    }

    /// No operations: where nothing is linked there is a head that leads nowhere, whatever its key.
    fn clear(&mut self) {
        self.placed.clear();
        self.ops.clear();
        self.ops.extend([Op::new(head), Op::new(head)]);
    }

    /// The CPU has run for long, and goes on with joined operations.
    #[inline]
    pub fn expect_more(&mut self) {
        if !self.is_long {
            self.is_long = true;
            self.forget(self.generation);
        }
    }

    /// The generation that the entries are valid for.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    fn home(&self, key: u64) -> usize {
        home::<S>(key, self.entrances.len())
    }

    /// Where the head of the block at a key is.
    #[inline]
    #[must_use]
    pub fn place(&self, key: u64) -> Option<u32> {
        let home = self.home(key);
        (0..PLACES)
            .filter_map(|door| self.entrances.get(home ^ door))
            .find(|entrance| entrance.key == key)
            .map(|entrance| entrance.place)
    }

    /// The block at a key, if it is here and can be paid: see [`pay`].
    #[inline]
    #[must_use]
    pub fn enter(&self, key: u64, left: i64) -> Option<(i64, &[Op<S>])> {
        pay(self.from(self.place(key)?)?, key, left)
    }

    /// So many operations, the last ones.
    #[must_use]
    pub fn last(&self, count: usize) -> &[Op<S>] {
        self.ops.len().checked_sub(count).and_then(|at| self.ops.get(at..)).unwrap_or_default()
    }

    /// The operations from a place on.
    #[inline(always)]
    #[must_use]
    pub fn from(&self, place: u32) -> Option<&[Op<S>]> {
        self.ops.get(place as usize..)
    }

    /// The block that the operation with so many behind it and itself is of, and the operation's number in it.
    #[must_use]
    pub fn block(&self, from: usize) -> Option<(&Arc<Block<S>>, usize)> {
        let at = self.ops.len().checked_sub(from)?;
        let behind = self.placed.partition_point(|placed| (placed.place as usize) < at);
        let placed = self.placed.get(behind.checked_sub(1)?)?;
        Some((&placed.block, at - placed.place as usize - 1))
    }

    /// Keeps a block under a key.
    pub fn put(&mut self, cpu: &S, key: u64, block: Arc<Block<S>>) {
        let ops = block.to_run(cpu, self.is_long);
        if self.ops.len() + ops.len() >= OPS_MAX {
            self.forget(self.generation);
        }
        let place = self.ops.len() as u32;
        let head = Op { imm: key, at: block.instructions as u8, ..Op::new(head) };
        self.ops.push(head);
        self.ops.extend_from_slice(ops);
        self.placed.push(Placed { place, block });
        if self.driven_out > FEW_ENTRIES / 4 && self.entrances.len() < ENTRIES {
            self.grow();
        }
        self.keep(Entrance { key, place });
    }

    /// Keeps an entrance in its first place. What was there moves to one of the others, in turn, so that two
    /// neighbours do not drive each other out for ever.
    fn keep(&mut self, entrance: Entrance) {
        let home = self.home(entrance.key);
        self.turn = self.turn % 3 + 1;
        let other = home ^ self.turn;
        self.driven_out += usize::from(is_taken::<S>(&self.entrances, other));
        self.entrances.swap(home, other);
        self.entrances[home] = entrance;
    }

    /// Takes all entries it may have.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let few = core::mem::replace(&mut self.entrances, empty::<S>(ENTRIES));
        for place in (0..few.len()).filter(|place| is_taken::<S>(&few, *place)) {
            self.keep(few[place]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mips::{Cpu, Endian};
    use alloc::vec::Vec;

    #[test]
    fn an_empty_cache_has_no_key_at_all() {
        let (cpu, mut blocks) = (Cpu::new(Endian::Little), BlockCache::<Cpu>::default());
        for generation in 0..2 {
            for key in (0..1 << 14).chain([u64::MAX, u64::MAX - 3, u64::MAX << 2]) {
                assert!(blocks.place(key).is_none());
            }
            let block = Block::new(1, Vec::new(), Vec::new());
            blocks.put(&cpu, !3, Arc::new(block));
            assert!(blocks.place(!3).is_some());
            blocks.follow(generation + 1);
        }
    }

    #[test]
    fn a_cache_grows_where_blocks_drive_each_other_out_and_keeps_most_of_what_it_has() {
        let (cpu, mut blocks) = (Cpu::new(Endian::Little), BlockCache::<Cpu>::default());
        let block = || Arc::new(Block::new(1, Vec::new(), Vec::new()));
        let keys = |count: usize| (0..count as u64).map(|number| number * 4);
        for key in keys(FEW_ENTRIES) {
            blocks.put(&cpu, key, block());
        }
        let kept: Vec<u64> = keys(FEW_ENTRIES).filter(|key| blocks.place(*key).is_some()).collect();
        blocks.grow();
        let still = kept.iter().filter(|key| blocks.place(**key).is_some()).count();
        assert!(still > kept.len() / 2 && kept.len() > FEW_ENTRIES / 4, "{still} of {}", kept.len());
        for key in keys(4 * ENTRIES) {
            blocks.put(&cpu, key, block());
        }
        assert_eq!(blocks.entrances.len(), ENTRIES);
    }
}
