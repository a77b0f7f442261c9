//! The translation caches the CPU hits on every load and store. Key type: [`Translations`]; missed into by
//! [`super::touch`]. Direct mapped, one per access kind; an entry holds its page, so a hit needs no further table.

use alloc::boxed::Box;
use alloc::sync::Arc;
use otori_cpu::{PAGE_MASK, PAGE_SHIFT, Page};

const ENTRIES: usize = 128;

/// Not a page address: its low bits are set.
const NOTHING: u64 = u64::MAX;

#[derive(Debug)]
struct Line {
    /// Address of the page's first byte, or [`NOTHING`].
    tag: u64,
    page: Option<Arc<Page>>,
}

/// A direct-mapped cache from page address to page.
#[derive(Debug)]
pub(super) struct Translations {
    lines: Box<[Line; ENTRIES]>,
}

impl Default for Translations {
    fn default() -> Self {
        Translations { lines: Box::new([const { Line { tag: NOTHING, page: None } }; ENTRIES]) }
    }
}

fn slot(address: u64) -> usize {
    (address >> PAGE_SHIFT) as usize & (ENTRIES - 1)
}

impl Translations {
    /// The page of `address` if cached and if no bit of `alignment` (below the page size) is set in the address.
    #[inline(always)]
    pub(super) fn get(&self, address: u64, alignment: u64) -> Option<&Page> {
        let line = &self.lines[slot(address)];
        if line.tag == address & (!PAGE_MASK | alignment) { line.page.as_deref() } else { None }
    }

    /// Keeps a translation.
    pub(super) fn put(&mut self, address: u64, page: Arc<Page>) -> Option<&Page> {
        let line = &mut self.lines[slot(address)];
        *line = Line { tag: address & !PAGE_MASK, page: Some(page) };
        line.page.as_deref()
    }

    /// Forgets the page of one address.
    pub(super) fn forget(&mut self, address: u64) {
        let line = &mut self.lines[slot(address)];
        if line.tag == address & !PAGE_MASK {
            *line = Line { tag: NOTHING, page: None };
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        for line in self.lines.iter_mut() {
            *line = Line { tag: NOTHING, page: None };
        }
    }
}
