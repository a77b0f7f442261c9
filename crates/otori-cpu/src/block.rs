//! Decoded basic blocks and where they are kept. Key types: [`Block`], [`BlockTable`] (per physical page),
//! [`BlockCache`] (per CPU, by key). Generic over the instruction set.
//!
//! A *key* is the address of an instruction, with the bits that say how to decode it where a set has such (Thumb, MIPS16e).

use crate::op::Op;
use crate::run::Set;
use crate::{aarch64, arm, mips, x86};
use alloc::boxed::Box;
use alloc::sync::Arc;
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

/// Visits after which a block is joined, whoever runs it.
const VISITS: u8 = 8;

impl<S: Set> Block<S> {
    /// A block of that many instructions, with nothing joined.
    #[must_use]
    pub fn new(instructions: u32, ops: Arc<[Op<S>]>, places: Box<[i32]>) -> Self {
        Block { instructions, ops, places, joined: OnceBox::new(), visits: AtomicU8::new(0) }
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
            let mut ops: Arc<[Op<S>]> = self.ops.iter().copied().collect();
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

/// What entering a block needs.
#[derive(Debug)]
pub struct Entrance<S> {
    /// Key of the first instruction; of an empty entrance one that has its places elsewhere.
    pub key: u64,
    /// Instructions to pay for.
    pub instructions: u32,
    /// The operations; none in an empty entrance.
    pub ops: Option<Arc<[Op<S>]>>,
}

/// A CPU's own cache from key to block, four places for each, valid for one generation of the memory.
#[derive(Debug)]
pub struct BlockCache<S> {
    generation: u64,
    /// Which place the next block goes to that has to move, 1 to 3.
    turn: usize,
    /// Blocks that others have driven out.
    driven_out: usize,
    /// Does the CPU run for long, so that joining operations pays?
    is_long: bool,
    /// [`FEW_ENTRIES`] or [`ENTRIES`].
    entrances: Box<[Entrance<S>]>,
    /// The blocks behind the entrances.
    blocks: Box<[Option<Arc<Block<S>>>]>,
}

/// A key that is never looked for at that place or its neighbours. No constant would do: a program may jump to any.
fn nobody<S: Set>(place: usize) -> u64 {
    ((place ^ PLACES) as u64) << S::UNIT
}

impl<S: Set> Default for BlockCache<S> {
    fn default() -> Self {
        BlockCache::of(FEW_ENTRIES)
    }
}

impl<S: Set> BlockCache<S> {
    fn of(entries: usize) -> Self {
        let empty = |place| Entrance { key: nobody::<S>(place), instructions: 0, ops: None };
        BlockCache {
            generation: 0,
            turn: 0,
            driven_out: 0,
            is_long: false,
            entrances: (0..entries).map(empty).collect(),
            blocks: (0..entries).map(|_| None).collect(),
        }
    }

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

    #[inline(always)]
    fn home(&self, key: u64) -> usize {
        (key >> S::UNIT) as usize & (self.entrances.len().wrapping_sub(1))
    }

    /// The place of a key, perhaps taken by another.
    #[inline(always)]
    #[must_use]
    pub fn entrance(&self, key: u64) -> &Entrance<S> {
        &self.entrances[self.home(key)]
    }

    /// The entrance of a key that is in another place than its first.
    #[inline]
    #[must_use]
    pub fn next_door(&self, key: u64) -> Option<&Entrance<S>> {
        let home = self.home(key);
        [1, 2, 3].into_iter().map(|door| &self.entrances[home ^ door]).find(|entrance| entrance.key == key)
    }

    /// The block at a key, to keep.
    #[must_use]
    pub fn shared(&self, key: u64) -> Option<Arc<Block<S>>> {
        let home = self.home(key);
        let place = [0, 1, 2, 3]
            .into_iter()
            .map(|door| home ^ door)
            .find(|place| self.entrances[*place].key == key)?;
        self.blocks[place].clone()
    }

    /// Keeps a block under a key, in its first place. What was there moves to one of the others, in turn, so that two
    /// neighbours do not drive each other out for ever.
    pub fn put(&mut self, cpu: &S, key: u64, block: Arc<Block<S>>) {
        if self.driven_out > FEW_ENTRIES / 4 && self.entrances.len() < ENTRIES {
            self.grow(cpu);
        }
        let home = self.home(key);
        self.turn = self.turn % 3 + 1;
        let other = home ^ self.turn;
        self.driven_out += usize::from(self.is_taken(other));
        self.entrances.swap(home, other);
        self.blocks.swap(home, other);
        let ops = Some(Arc::clone(block.to_run(cpu, self.is_long)));
        self.entrances[home] = Entrance { key, instructions: block.instructions, ops };
        self.blocks[home] = Some(block);
    }

    /// Is there a block at that place?
    fn is_taken(&self, place: usize) -> bool {
        self.home(self.entrances[place].key) / PLACES == place / PLACES
    }

    /// Takes all entries it may have.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, cpu: &S) {
        let more =
            BlockCache { generation: self.generation, is_long: self.is_long, ..BlockCache::of(ENTRIES) };
        let few = core::mem::replace(self, more);
        for (place, block) in few.blocks.iter().enumerate() {
            if let Some(block) = block.as_ref().filter(|_| few.is_taken(place)) {
                self.put(cpu, few.entrances[place].key, Arc::clone(block));
            }
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
                assert!(blocks.entrance(key).key != key && blocks.next_door(key).is_none());
                assert!(blocks.shared(key).is_none());
            }
            let block = Block::new(1, Arc::default(), Box::new([]));
            blocks.put(&cpu, !3, Arc::new(block));
            assert!(blocks.shared(!3).is_some());
            blocks.follow(generation + 1);
        }
    }

    #[test]
    fn a_cache_grows_where_blocks_drive_each_other_out_and_keeps_most_of_what_it_has() {
        let (cpu, mut blocks) = (Cpu::new(Endian::Little), BlockCache::<Cpu>::default());
        let block = || Arc::new(Block::new(1, Arc::default(), Box::new([])));
        let keys = |count: usize| (0..count as u64).map(|number| number * 4);
        for key in keys(FEW_ENTRIES) {
            blocks.put(&cpu, key, block());
        }
        let kept: Vec<u64> = keys(FEW_ENTRIES).filter(|key| blocks.shared(*key).is_some()).collect();
        blocks.grow(&cpu);
        let still = kept.iter().filter(|key| blocks.shared(**key).is_some()).count();
        assert!(still > kept.len() / 2 && kept.len() > FEW_ENTRIES / 4, "{still} of {}", kept.len());
        for key in keys(4 * ENTRIES) {
            blocks.put(&cpu, key, block());
        }
        assert_eq!(blocks.entrances.len(), ENTRIES);
    }
}
