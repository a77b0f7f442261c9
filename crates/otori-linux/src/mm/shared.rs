//! Pages of a shared mapping (`MAP_SHARED`, SysV shared memory): every address space that maps them sees every store.
//! Key types: [`SharedPages`], [`SharedBudget`] (how many a machine may have), [`SharedCopies`] (for snapshots).

use super::image::FileImage;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};
use once_cell::race::OnceBox;
use otori_cpu::{PAGE_SIZE, Page};

/// Shared pages that one machine may reserve, touched or not.
#[derive(Clone, Debug)]
pub struct SharedBudget {
    used: Arc<AtomicUsize>,
    /// the identity of the next pages
    next: Arc<AtomicUsize>,
    limit: usize,
}

impl SharedBudget {
    /// Room for that many pages.
    #[must_use]
    pub fn new(limit: usize) -> SharedBudget {
        SharedBudget { used: Arc::default(), next: Arc::default(), limit }
    }

    /// The same limit for another machine, nothing of it used.
    #[must_use]
    pub fn fresh(&self) -> SharedBudget {
        // identities are kept in copies: new ones go on from there
        let next = Arc::new(AtomicUsize::new(self.next.load(Ordering::Relaxed)));
        SharedBudget { next, ..SharedBudget::new(self.limit) }
    }

    fn reserve(&self, count: usize) -> bool {
        let fits = |used: usize| used.checked_add(count).filter(|sum| *sum <= self.limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }
}

/// Pages shared between address spaces of one machine, made when first touched.
#[derive(Debug)]
pub struct SharedPages {
    initial: Option<Arc<FileImage>>,
    /// pages that the file has now; what is behind them faults
    valid: AtomicUsize,
    pages: Box<[OnceBox<Arc<Page>>]>,
    identity: u64,
    budget: SharedBudget,
}

impl Drop for SharedPages {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.pages.len(), Ordering::Relaxed);
    }
}

impl SharedPages {
    /// `count` pages that begin as the pages of a file, or as zeros; `None` when the machine has no room for them.
    #[must_use]
    pub fn new(count: usize, initial: Option<Arc<FileImage>>, budget: &SharedBudget) -> Option<SharedPages> {
        let pages = || (0..count).map(|_| OnceBox::new()).collect();
        budget.reserve(count).then(|| {
            let identity = budget.next.fetch_add(1, Ordering::Relaxed) as u64;
            let valid = AtomicUsize::new(count);
            SharedPages { initial, valid, pages: pages(), identity, budget: budget.clone() }
        })
    }

    /// These pages and more behind them, which begin as the pages of a file: for a file that grew after it was mapped.
    #[must_use]
    pub fn extended(&self, count: usize, initial: Arc<FileImage>) -> Option<SharedPages> {
        let mut more = SharedPages::new(count, Some(initial), &self.budget)?;
        more.identity = self.identity;
        for (number, slot) in (0..).zip(&more.pages).take(self.pages.len()) {
            // the same page behind both, whichever of them is touched later
            if let Some(page) = self.page(number) {
                let _ = slot.set(Box::new(Arc::clone(page)));
            }
        }
        Some(more)
    }

    /// What names these pages in one machine and its copies.
    #[must_use]
    pub fn identity(&self) -> u64 {
        self.identity
    }

    /// The file has that many pages now: a mapping of more faults behind them.
    pub fn set_valid(&self, count: usize) {
        self.valid.store(count.min(self.pages.len()), Ordering::Relaxed);
    }

    /// How many pages the file has, as far as there are pages.
    #[must_use]
    pub fn valid(&self) -> usize {
        self.valid.load(Ordering::Relaxed)
    }

    /// How many pages there are, touched or not.
    #[must_use]
    pub fn count(&self) -> usize {
        self.pages.len()
    }

    /// The page with number `number` (from 0).
    #[must_use]
    pub fn page(&self, number: u64) -> Option<&Arc<Page>> {
        let number_here = usize::try_from(number).ok()?;
        let slot =
            self.pages.get(number_here).filter(|_| number_here < self.valid.load(Ordering::Relaxed))?;
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

    /// Puts bytes in from an offset on, as far as there are pages: what write(2) does to a mapped file.
    pub fn write(&self, offset: u64, bytes: &[u8]) {
        let mut rest = bytes;
        let mut at = offset;
        while !rest.is_empty() {
            let inside = (at % PAGE_SIZE as u64) as usize;
            let (now, later) = rest.split_at(rest.len().min(PAGE_SIZE - inside));
            let Some(page) = self.page(at / PAGE_SIZE as u64) else { return };
            page.write(inside, now);
            at += now.len() as u64;
            rest = later;
        }
    }

    /// A deep copy for another machine: the same bytes on pages of its own, each page copied once.
    fn duplicate(&self, budget: &SharedBudget, done: &mut BTreeMap<usize, Arc<Page>>) -> SharedPages {
        let mut copy = |slot: &OnceBox<Arc<Page>>| match slot.get() {
            Some(page) => {
                let made = || Arc::new(page.duplicate());
                let copied = done.entry(Arc::as_ptr(page) as usize).or_insert_with(made);
                OnceBox::with_value(Box::new(Arc::clone(copied)))
            }
            None => OnceBox::new(),
        };
        let pages: Box<[_]> = self.pages.iter().map(&mut copy).collect();
        // what fitted into the first machine fits into its copy, which has the same limit
        budget.used.fetch_add(pages.len(), Ordering::Relaxed);
        let valid = AtomicUsize::new(self.valid());
        SharedPages {
            initial: self.initial.clone(),
            valid,
            pages,
            identity: self.identity,
            budget: budget.clone(),
        }
    }
}

/// Old identity to new pages, while one machine's address spaces are moved off the pages of another.
#[derive(Debug)]
pub struct SharedCopies {
    copies: BTreeMap<usize, (Arc<SharedPages>, Arc<SharedPages>)>,
    pages: BTreeMap<usize, Arc<Page>>,
    budget: SharedBudget,
}

impl SharedCopies {
    /// No copies yet; they will count for that budget.
    #[must_use]
    pub fn new(budget: SharedBudget) -> SharedCopies {
        SharedCopies { copies: BTreeMap::new(), pages: BTreeMap::new(), budget }
    }

    /// The copy that stands for these pages, made when first asked for.
    #[must_use]
    pub fn of(&mut self, pages: &Arc<SharedPages>) -> Arc<SharedPages> {
        let (budget, done) = (&self.budget, &mut self.pages);
        // the originals are kept with their copies, so that no address is used twice meanwhile
        let made = || (Arc::clone(pages), Arc::new(pages.duplicate(budget, done)));
        Arc::clone(&self.copies.entry(Arc::as_ptr(pages) as usize).or_insert_with(made).1)
    }
}
