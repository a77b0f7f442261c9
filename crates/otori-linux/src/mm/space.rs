//! One process's view of memory. Key type: [`AddressSpace`]; fork and snapshot rules are here, the rest is next door.

use super::region::{Backing, Region, Resident};
use super::shared::SharedCopies;
use super::table::{Owner, PageTable};
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};
use otori_cpu::{Access, Fault, FaultKind, Maps, PAGE_SHIFT, Page};

/// Generations handed out so far, over all address spaces of the host process. Never seen by a guest.
static GENERATIONS: AtomicU64 = AtomicU64::new(1);

/// Mapped regions with the physical pages behind them. See [`otori_cpu::Memory`] for the CPU's side of it.
///
/// [`AddressSpace::fork`] is `fork(2)`: a copy of the page table, both sides copy on write. `Clone` is for
/// snapshots from behind a shared reference: it copies the pages this space owns (after a `fork` or
/// [`AddressSpace::freeze`] it owns none). Both keep shared mappings shared: a snapshot of a whole machine then
/// calls [`AddressSpace::detach_shared`] on every copy.
#[derive(Debug)]
pub struct AddressSpace {
    pub(super) regions: BTreeMap<u64, Region>,
    pub(super) table: PageTable,
    pub(super) maps: Maps,
    pub(super) zero: Arc<Page>,
    generation: u64,
    /// Held by all spaces of the same generation.
    kin: Arc<()>,
    /// Why the last access from the kernel failed.
    pub(super) fault: Fault,
    /// First address behind user space.
    pub(super) end: u64,
    pub(super) limit_pages: usize,
    pub(super) pages: usize,
    pub(super) pages_peak: usize,
}

/// Regions that take as much of the host's memory as a page, and chunks of the page table.
const REGIONS_PER_PAGE: usize = 32;
const CHUNKS_PER_PAGE: usize = 4;

impl AddressSpace {
    /// An empty space of addresses below `end` (see `IsaRow::user_end`) that may own at most `limit_pages` pages.
    #[must_use]
    pub fn new(end: u64, limit_pages: usize) -> AddressSpace {
        let zero = Arc::new(Page::zeroed());
        AddressSpace {
            regions: BTreeMap::new(),
            table: PageTable::default(),
            maps: Maps::new(&zero),
            zero,
            generation: next_generation(),
            kin: Arc::new(()),
            fault: Fault { address: 0, access: Access::Read, kind: FaultKind::Unmapped },
            end,
            limit_pages,
            pages: 0,
            pages_peak: 0,
        }
    }

    /// A copy for a child process; from now on both sides copy a page before they store to it. Both stay of one
    /// generation for as long as their instructions are the same: [`AddressSpace::leave_kin`].
    #[must_use]
    pub fn fork(&mut self) -> AddressSpace {
        self.freeze();
        AddressSpace { generation: self.generation, kin: Arc::clone(&self.kin), ..self.clone() }
    }

    /// Gives up the ownership of all pages, which makes the next `clone` cheap.
    pub fn freeze(&mut self) {
        for (_, entry) in self.table.entries_mut() {
            if entry.owner == Owner::Me {
                entry.owner = Owner::Forked;
            }
        }
        self.maps.clear_writable();
    }

    /// Moves every shared mapping to pages of its own, the same for all spaces that use the same `copies`.
    pub fn detach_shared(&mut self, copies: &mut SharedCopies) {
        let mut moved = alloc::vec::Vec::new();
        for region in self.regions.values_mut() {
            if let Backing::Shared { pages, .. } = &mut region.backing {
                *pages = copies.of(pages);
                moved.push((region.start, region.end));
            }
        }
        for (start, end) in moved {
            self.drop_pages(start, end);
        }
    }

    /// Pages of its own that this space holds now.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// Pages that count against limits: its own, and what its regions and its page table take.
    #[must_use]
    pub fn held_pages(&self) -> usize {
        self.pages + self.regions.len() / REGIONS_PER_PAGE + self.table.chunks() / CHUNKS_PER_PAGE
    }

    /// Whether so many bytes are more than this space may ever own: what Linux calls an obvious overcommit.
    #[must_use]
    pub fn overcommits(&self, bytes: u64) -> bool {
        bytes.div_ceil(otori_cpu::PAGE_SIZE as u64) > self.limit_pages as u64
    }

    /// The most pages of its own this space ever held.
    #[must_use]
    pub fn pages_peak(&self) -> usize {
        self.pages_peak
    }

    /// Every mapped region, by address.
    pub fn regions(&self) -> impl ExactSizeIterator<Item = &Region> {
        self.regions.values()
    }

    /// What of a region is in memory.
    #[must_use]
    pub fn resident(&self, region: &Region) -> Resident {
        let mut resident = Resident::default();
        for entry in self.table.range(region.start >> PAGE_SHIFT, region.end >> PAGE_SHIFT) {
            match (entry.owner, &region.backing) {
                (Owner::Me, _) => resident.private_dirty += 1,
                (Owner::Forked, _) => resident.shared_dirty += 1,
                (Owner::All, _) if region.prot.write => resident.shared_dirty += 1,
                // The page of zeros is nobody's.
                (Owner::Others, Backing::Zero) => {}
                (Owner::All | Owner::Others, _) => resident.shared_clean += 1,
            }
        }
        // What is fetched of a file is not in the table: all of a program's code counts, as read ahead with it.
        let code = region.code_pages();
        if code > 0 {
            resident.shared_clean = code.saturating_sub(resident.private_dirty + resident.shared_dirty);
        }
        resident
    }

    /// The region around an address.
    #[must_use]
    pub fn region_at(&self, address: u64) -> Option<&Region> {
        let (_, region) = self.regions.range(..=address).next_back()?;
        (address < region.end).then_some(region)
    }

    /// Which instructions stand where: see [`otori_cpu::Memory::generation`].
    #[inline(always)]
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Are there other spaces of the same generation?
    #[must_use]
    pub fn has_kin(&self) -> bool {
        Arc::strong_count(&self.kin) > 1
    }

    /// Makes every CPU look its blocks up again.
    pub(super) fn renew_generation(&mut self) {
        self.generation = next_generation();
        self.kin = Arc::new(());
    }

    /// Before something that this space alone will see in an executable region: what its kin decode is no longer so
    /// here, and the other way round.
    pub(super) fn leave_kin(&mut self) {
        if self.has_kin() {
            self.renew_generation();
        }
    }
}

fn next_generation() -> u64 {
    GENERATIONS.fetch_add(1, Ordering::Relaxed)
}

impl Clone for AddressSpace {
    fn clone(&self) -> AddressSpace {
        // A zero page of its own: threads would fight for the count of a common one.
        let zero = Arc::new(Page::zeroed());
        let mut table = self.table.clone();
        for (_, entry) in table.entries_mut() {
            if entry.owner == Owner::Me {
                entry.page = Arc::new(entry.page.duplicate());
            }
        }
        AddressSpace {
            regions: self.regions.clone(),
            table,
            maps: Maps::new(&zero),
            zero,
            generation: next_generation(),
            kin: Arc::new(()),
            ..*self
        }
    }
}
