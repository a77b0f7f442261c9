//! Page number to physical page, sparse. Key type: [`PageTable`]. Chunks of 64 pages exist where pages were touched.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use otori_cpu::Page;

const CHUNK_SHIFT: u32 = 6;
const CHUNK: usize = 1 << CHUNK_SHIFT;

/// A page that has been touched.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The physical page.
    pub(super) page: Arc<Page>,
    /// Who may store to it.
    pub(super) owner: Owner,
}

/// Who holds a page, and so whether a store may go to it directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Only this address space: store in place.
    Me,
    /// This address space and others since a fork: copy before storing. Counted as a page stored to, like [`Owner::Me`].
    Forked,
    /// A file or the zero page: copy before storing.
    Others,
    /// A shared mapping: store in place, all see it.
    All,
}

impl Owner {
    /// The address space has stored to the page: it counts against its limit.
    pub(super) fn is_counted(self) -> bool {
        matches!(self, Owner::Me | Owner::Forked)
    }
}

#[derive(Clone, Debug)]
struct Chunk {
    entries: [Option<Entry>; CHUNK],
    used: usize,
}

/// The touched pages of an address space.
#[derive(Clone, Debug, Default)]
pub(super) struct PageTable {
    chunks: BTreeMap<u64, Box<Chunk>>,
}

fn position(number: u64) -> usize {
    number as usize & (CHUNK - 1)
}

impl PageTable {
    pub(super) fn get(&self, number: u64) -> Option<&Entry> {
        self.chunks.get(&(number >> CHUNK_SHIFT))?.entries[position(number)].as_ref()
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Entry> {
        self.chunks.get_mut(&(number >> CHUNK_SHIFT))?.entries[position(number)].as_mut()
    }

    /// Sets a page; returns what was there.
    pub(super) fn set(&mut self, number: u64, entry: Entry) -> Option<Entry> {
        let chunk = self
            .chunks
            .entry(number >> CHUNK_SHIFT)
            .or_insert_with(|| Box::new(Chunk { entries: [const { None }; CHUNK], used: 0 }));
        let old = chunk.entries[position(number)].replace(entry);
        chunk.used += usize::from(old.is_none());
        old
    }

    /// Removes and visits every page with a number in `first..end`.
    pub(super) fn remove(&mut self, first: u64, end: u64, mut visit: impl FnMut(u64, Entry)) {
        if first >= end {
            return;
        }
        let range = first >> CHUNK_SHIFT..=(end - 1) >> CHUNK_SHIFT;
        let mut empty = alloc::vec::Vec::new();
        for (key, chunk) in self.chunks.range_mut(range) {
            let base = key << CHUNK_SHIFT;
            for (number, slot) in (base..).zip(&mut chunk.entries) {
                if (first..end).contains(&number)
                    && let Some(entry) = slot.take()
                {
                    chunk.used -= 1;
                    visit(number, entry);
                }
            }
            if chunk.used == 0 {
                empty.push(*key);
            }
        }
        for key in empty {
            self.chunks.remove(&key);
        }
    }

    /// Every touched page with a number in `first..end`.
    pub(super) fn range(&self, first: u64, end: u64) -> impl Iterator<Item = &Entry> {
        let chunks = first >> CHUNK_SHIFT..(end >> CHUNK_SHIFT) + 1;
        self.chunks.range(chunks).flat_map(move |(key, chunk)| {
            let base = key << CHUNK_SHIFT;
            let touched =
                (base..).zip(&chunk.entries).filter(move |(number, _)| (first..end).contains(number));
            touched.filter_map(|(_, slot)| slot.as_ref())
        })
    }

    /// Chunks of memory that the table itself takes.
    pub(super) fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// Every touched page.
    pub(super) fn entries_mut(&mut self) -> impl Iterator<Item = (u64, &mut Entry)> {
        self.chunks.iter_mut().flat_map(|(key, chunk)| {
            let base = key << CHUNK_SHIFT;
            (base..).zip(&mut chunk.entries).filter_map(|(number, slot)| Some((number, slot.as_mut()?)))
        })
    }
}
