//! The translation caches the CPU hits on every load and store. Key type: [`Translations`]; missed into by
//! [`super::touch`]. Direct mapped, one per access kind; an entry holds its page, so a hit needs no further table.

use alloc::sync::Arc;
use otori_cpu::{PAGE_MASK, PAGE_SHIFT, Page};

const ENTRIES: usize = 128;

/// Not a page address: its low bits are set.
const NOTHING: u64 = u64::MAX;

#[derive(Debug)]
struct Line {
    /// Address of the page's first byte, or [`NOTHING`].
    tag: u64,
    page: Arc<Page>,
}

/// A direct-mapped cache from page address to page.
#[derive(Debug)]
pub(super) struct Translations {
    lines: [Line; ENTRIES],
    /// Fills the empty lines.
    nothing: Arc<Page>,
}

fn slot(address: u64) -> usize {
    (address >> PAGE_SHIFT) as usize & (ENTRIES - 1)
}

impl Translations {
    /// An empty cache; `nothing` is any page.
    pub(super) fn new(nothing: &Arc<Page>) -> Translations {
        let line = |_| Line { tag: NOTHING, page: Arc::clone(nothing) };
        Translations { lines: core::array::from_fn(line), nothing: Arc::clone(nothing) }
    }

    /// Is the page of `address` cached, and no bit of `alignment` (below the page size) set in the address?
    #[inline(always)]
    pub(super) fn hits(&self, address: u64, alignment: u64) -> bool {
        self.lines[slot(address)].tag == address & (!PAGE_MASK | alignment)
    }

    /// The page of an address that [`Translations::hits`]; else a wrong one.
    #[inline(always)]
    pub(super) fn page(&self, address: u64) -> &Page {
        &self.lines[slot(address)].page
    }

    /// Keeps a translation.
    pub(super) fn put(&mut self, address: u64, page: Arc<Page>) -> &Page {
        let line = &mut self.lines[slot(address)];
        *line = Line { tag: address & !PAGE_MASK, page };
        &line.page
    }

    /// Forgets the page of one address.
    pub(super) fn forget(&mut self, address: u64) {
        let line = &mut self.lines[slot(address)];
        if line.tag == address & !PAGE_MASK {
            *line = Line { tag: NOTHING, page: Arc::clone(&self.nothing) };
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        for line in self.lines.iter_mut().filter(|line| line.tag != NOTHING) {
            *line = Line { tag: NOTHING, page: Arc::clone(&self.nothing) };
        }
    }
}
