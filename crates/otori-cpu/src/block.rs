//! Decoded basic blocks and where they are kept. Key types: [`Block`], [`BlockTable`] (per physical page),
//! [`BlockCache`] (per CPU, by virtual address). Generic over the operation type of an instruction set.

use crate::mips;
use alloc::boxed::Box;
use alloc::sync::Arc;
use once_cell::race::OnceBox;

/// A run of decoded instructions with one entrance. Position independent: operations hold distances, not addresses.
#[derive(Debug)]
pub struct Block<Operation> {
    /// Guest instructions in the block when it runs to its end.
    pub instructions: u32,
    /// The operations; fewer than instructions where nothing is to be done, more where a delay slot needs care.
    pub operations: Box<[Operation]>,
    /// Where the block goes on behind an unconditional branch: number of the first instruction there, and its
    /// distance in bytes from the start. Only looked at when something stops.
    pub jumps: Box<[(u32, u32)]>,
}

impl<Operation> Block<Operation> {
    /// Distance in bytes from the start of the block to its instruction number `at`; `unit` is log2 of the size.
    #[must_use]
    pub fn distance(&self, at: u32, unit: u32) -> u32 {
        let before = self.jumps.iter().rev().find(|(first, _)| *first <= at);
        let (first, distance) = before.copied().unwrap_or((0, 0));
        distance.wrapping_add((at - first) << unit)
    }
}

/// The blocks that begin in one physical page, by position. Filled by whoever runs there first, for all.
#[derive(Debug)]
pub struct BlockTable<Operation> {
    slots: Box<[OnceBox<Arc<Block<Operation>>>]>,
}

impl<Operation> BlockTable<Operation> {
    /// An empty table for `positions` possible beginnings.
    #[must_use]
    pub fn new(positions: usize) -> Self {
        BlockTable { slots: (0..positions).map(|_| OnceBox::new()).collect() }
    }

    /// The block beginning at `position`, made by `decode` if nobody has been here before.
    pub fn block(
        &self,
        position: usize,
        decode: impl FnOnce() -> Block<Operation>,
    ) -> Option<&Arc<Block<Operation>>> {
        Some(self.slots.get(position)?.get_or_init(|| Box::new(Arc::new(decode()))))
    }
}

/// Everything decoded from one physical page: one lazily made table per instruction set and byte order.
#[derive(Debug, Default)]
pub struct Code {
    /// MIPS32, little endian.
    pub mips_little: OnceBox<BlockTable<mips::Op>>,
    /// MIPS32, big endian.
    pub mips_big: OnceBox<BlockTable<mips::Op>>,
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

/// log2 of the entries of a [`BlockCache`].
const CACHE_SHIFT: u32 = 10;
const CACHE_ENTRIES: usize = 1 << CACHE_SHIFT;

/// No instruction begins here.
const NO_ADDRESS: u64 = u64::MAX;

#[derive(Debug)]
struct CachedBlock<Operation> {
    /// Virtual address of the first instruction, or [`NO_ADDRESS`].
    address: u64,
    block: Option<Arc<Block<Operation>>>,
}

/// A CPU's own cache from virtual address to block, two places for each, valid for one generation of the memory.
#[derive(Debug)]
pub struct BlockCache<Operation> {
    generation: u64,
    entries: Box<[CachedBlock<Operation>; CACHE_ENTRIES]>,
}

impl<Operation> Default for BlockCache<Operation> {
    fn default() -> Self {
        let entries = [const { CachedBlock { address: NO_ADDRESS, block: None } }; CACHE_ENTRIES];
        BlockCache { generation: 0, entries: Box::new(entries) }
    }
}

#[inline(always)]
fn slot(address: u64, unit: u32) -> usize {
    (address >> unit) as usize & (CACHE_ENTRIES - 1)
}

impl<Operation> BlockCache<Operation> {
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
        self.entries.iter_mut().for_each(|entry| entry.address = NO_ADDRESS);
    }

    /// The generation that the entries are valid for.
    #[inline(always)]
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The block at a virtual address, if cached. `unit` is log2 of the instruction size.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, address: u64, unit: u32) -> Option<&Block<Operation>> {
        let entry = &self.entries[slot(address, unit)];
        if entry.address == address { entry.block.as_deref() } else { None }
    }

    /// As [`BlockCache::get`], to keep.
    #[must_use]
    pub fn shared(&self, address: u64, unit: u32) -> Option<Arc<Block<Operation>>> {
        let entry = &self.entries[slot(address, unit)];
        if entry.address == address { entry.block.clone() } else { None }
    }

    /// Brings a block back from where the last one was put that needed its place. Says whether it was there.
    pub fn promote(&mut self, address: u64, unit: u32) -> bool {
        let (home, guest) = (slot(address, unit), slot(address, unit) ^ 1);
        let found = self.entries[guest].address == address;
        if found {
            self.entries.swap(home, guest);
        }
        found
    }

    /// Keeps a block under a virtual address; what was in its place moves next door.
    pub fn put(&mut self, address: u64, unit: u32, block: Arc<Block<Operation>>) {
        let (home, guest) = (slot(address, unit), slot(address, unit) ^ 1);
        self.entries.swap(home, guest);
        self.entries[home] = CachedBlock { address, block: Some(block) };
    }
}
