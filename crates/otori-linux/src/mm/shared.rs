//! Pages of a shared mapping (`MAP_SHARED`): every address space that maps them sees every store.
//! Key type: [`SharedPages`].

use super::image::FileImage;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use once_cell::race::OnceBox;
use otori_cpu::{PAGE_SIZE, Page};

/// Pages shared between address spaces of one machine, made when first touched.
#[derive(Debug)]
pub struct SharedPages {
    initial: Option<Arc<FileImage>>,
    pages: Box<[OnceBox<Arc<Page>>]>,
}

/// Old identity to new pages, while one machine's address spaces are moved off the pages of another.
pub type SharedCopies = BTreeMap<usize, Arc<SharedPages>>;

impl SharedPages {
    /// `count` pages that begin as the pages of a file, or as zeros.
    #[must_use]
    pub fn new(count: usize, initial: Option<Arc<FileImage>>) -> SharedPages {
        SharedPages { initial, pages: (0..count).map(|_| OnceBox::new()).collect() }
    }

    /// How many pages there are, touched or not.
    #[must_use]
    pub fn count(&self) -> usize {
        self.pages.len()
    }

    /// The page with number `number` (from 0).
    #[must_use]
    pub fn page(&self, number: u64) -> Option<&Arc<Page>> {
        let slot = self.pages.get(usize::try_from(number).ok()?)?;
        Some(slot.get_or_init(|| {
            let file = self.initial.as_ref().and_then(|image| image.page(number));
            Box::new(Arc::new(file.map_or_else(Page::zeroed, |page| page.duplicate())))
        }))
    }

    /// The bytes as they are now, `length` of them at most: what a shared file mapping has made of its file.
    #[must_use]
    pub fn bytes(&self, length: usize) -> Box<[u8]> {
        let mut bytes = alloc::vec![0; length.min(self.pages.len() * PAGE_SIZE)];
        for (number, chunk) in bytes.chunks_mut(PAGE_SIZE).enumerate() {
            if let Some(page) = self.page(number as u64) {
                page.read(0, chunk);
            }
        }
        bytes.into_boxed_slice()
    }

    /// A deep copy: the same bytes on pages of its own.
    pub(super) fn duplicate(&self) -> SharedPages {
        let copy = |slot: &OnceBox<Arc<Page>>| match slot.get() {
            Some(page) => OnceBox::with_value(Box::new(Arc::new(page.duplicate()))),
            None => OnceBox::new(),
        };
        SharedPages { initial: self.initial.clone(), pages: self.pages.iter().map(copy).collect() }
    }
}
