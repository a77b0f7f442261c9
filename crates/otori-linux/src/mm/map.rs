//! Changing what is mapped: map, unmap, protect, move, find room. Extends [`AddressSpace`]; rules: `mmap(2)`,
//! `munmap(2)`, `mprotect(2)`, `mremap(2)`.

use super::region::{Backing, Prot, Region};
use super::space::AddressSpace;
use alloc::sync::Arc;
use alloc::vec::Vec;
use otori_cpu::{PAGE_MASK, PAGE_SHIFT, PAGE_SIZE};

/// Regions per address space, as Linux's `vm.max_map_count`.
const REGIONS_MAX: usize = 65_530;

/// Addresses below this are never handed out nor mapped (Linux's `vm.mmap_min_addr`).
const LOWEST: u64 = 0x1000;

/// Why a mapping was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// The address is not a multiple of the page size, the length is zero, or the range leaves user space (EINVAL).
    #[error("the range is not one of whole pages in user space")]
    Range,
    /// Part of the range is not mapped (ENOMEM for mprotect, EFAULT for mremap).
    #[error("part of the range is not mapped")]
    Unmapped,
    /// There is no room, or there are too many regions (ENOMEM).
    #[error("no room for the mapping")]
    Full,
}

/// `length` rounded up to whole pages, `None` on overflow.
fn whole_pages(length: u64) -> Option<u64> {
    Some(length.checked_add(PAGE_MASK)? & !PAGE_MASK)
}

impl AddressSpace {
    /// The end of a range of whole pages inside user space.
    fn range_end(&self, start: u64, length: u64) -> Result<u64, MapError> {
        let end = whole_pages(length).and_then(|length| start.checked_add(length)).ok_or(MapError::Range)?;
        if start & PAGE_MASK != 0 || length == 0 || end > self.end {
            return Err(MapError::Range);
        }
        Ok(end)
    }

    /// Maps a range, in place of what was there. `start` and the backing's offset are multiples of the page size,
    /// `length` (in bytes) is rounded up to one.
    ///
    /// # Errors
    /// [`MapError::Range`], [`MapError::Full`].
    pub fn map(
        &mut self,
        start: u64,
        length: u64,
        prot: Prot,
        backing: Backing,
        name: &str,
    ) -> Result<(), MapError> {
        let end = self.range_end(start, length)?;
        if start < LOWEST || backing.offset() & PAGE_MASK != 0 {
            return Err(MapError::Range);
        }
        if self.regions.len() >= REGIONS_MAX {
            return Err(MapError::Full);
        }
        self.clear(start, end)?;
        if prot.execute {
            self.leave_kin();
        }
        self.regions.insert(start, Region { start, end, prot, backing, name: Arc::from(name) });
        self.join(start);
        self.join(end);
        Ok(())
    }

    /// Maps a page of the kernel's for reading and executing, in fresh memory; it may stand beyond the end of user space,
    /// where nothing that the guest asks for reaches.
    pub(crate) fn map_kernel_page(&mut self, start: u64, name: &str) {
        let end = start.saturating_add(PAGE_SIZE as u64);
        let region =
            Region { start, end, prot: Prot::READ_EXECUTE, backing: Backing::Zero, name: Arc::from(name) };
        self.regions.insert(start, region);
        self.renew_generation();
    }

    /// Unmaps a range; holes in it are allowed.
    ///
    /// # Errors
    /// [`MapError::Range`], [`MapError::Full`] if a region would have to be split and there are too many.
    pub fn unmap(&mut self, start: u64, length: u64) -> Result<(), MapError> {
        let end = self.range_end(start, length)?;
        self.clear(start, end)
    }

    /// Changes the allowed accesses of a range up to its first hole, as Linux does before it tells of the hole.
    ///
    /// # Errors
    /// [`MapError::Range`], [`MapError::Unmapped`], [`MapError::Full`].
    pub fn protect(&mut self, start: u64, length: u64, prot: Prot) -> Result<(), MapError> {
        let asked = self.range_end(start, length)?;
        let end = self.mapped_until(start, asked);
        if end == start {
            return Err(MapError::Unmapped);
        }
        self.split(start)?;
        self.split(end)?;
        let (mut executable, mut starts) = (prot.execute, Vec::new());
        for region in self.regions.range_mut(start..end).map(|(_, region)| region) {
            executable |= region.prot.execute;
            region.prot = prot;
            starts.push(region.start);
        }
        starts.into_iter().for_each(|start| self.join(start));
        self.join(end);
        self.maps.clear();
        if executable {
            self.renew_generation();
        }
        if end == asked { Ok(()) } else { Err(MapError::Unmapped) }
    }

    /// Gives a mapped range another end where it is; room to grow into must be free.
    fn resize(&mut self, start: u64, end: u64, new_end: u64) -> Result<(), MapError> {
        self.require_mapped(start, end)?;
        if new_end <= end {
            return self.clear(new_end, end);
        }
        if !self.is_free(end, new_end) {
            return Err(MapError::Range);
        }
        let last = self.regions.range_mut(..end).next_back().ok_or(MapError::Unmapped)?.1;
        last.end = new_end;
        if last.prot.execute {
            self.leave_kin();
        }
        self.join(new_end);
        Ok(())
    }

    /// Moves a mapped range to `to`, in place of what is there, and gives it `new_length` bytes: `mremap(2)` with
    /// `MREMAP_MAYMOVE`. Grown room continues the last region's backing.
    ///
    /// # Errors
    /// [`MapError::Range`] also if the ranges overlap without being at the same place, [`MapError::Unmapped`], [`MapError::Full`].
    pub fn remap(&mut self, start: u64, length: u64, to: u64, new_length: u64) -> Result<(), MapError> {
        let end = self.range_end(start, length)?;
        let to_end = self.range_end(to, new_length)?;
        if to == start {
            return self.resize(start, end, to_end);
        }
        if start < to_end && to < end || to < LOWEST {
            return Err(MapError::Range);
        }
        self.require_mapped(start, end)?;
        self.split(start)?;
        self.split(end)?;
        self.clear(to, to_end)?;
        let moved: Vec<Region> = self.regions.range(start..end).map(|(_, region)| region.clone()).collect();
        let mut pages = Vec::new();
        self.table
            .remove(start >> PAGE_SHIFT, end >> PAGE_SHIFT, |number, entry| pages.push((number, entry)));
        let last = moved.len().saturating_sub(1);
        for (position, mut region) in moved.into_iter().enumerate() {
            self.regions.remove(&region.start);
            region.start = region.start - start + to;
            region.end = if position == last { to_end } else { (region.end - start + to).min(to_end) };
            if region.start < region.end {
                self.regions.insert(region.start, region);
            }
        }
        for (number, entry) in pages {
            let number = number - (start >> PAGE_SHIFT) + (to >> PAGE_SHIFT);
            if number < to_end >> PAGE_SHIFT {
                self.table.set(number, entry);
            } else if entry.owner.is_counted() {
                self.pages -= 1;
            }
        }
        self.maps.clear();
        self.renew_generation();
        Ok(())
    }

    /// Room for `length` bytes: at `hint` if that is free, else the highest free range below `top`.
    #[must_use]
    pub fn find_free(&self, length: u64, hint: Option<u64>, top: u64) -> Option<u64> {
        let length = whole_pages(length).filter(|length| *length > 0)?;
        if let Some(hint) = hint.map(|hint| hint & !PAGE_MASK)
            && hint >= LOWEST
            && hint.checked_add(length).is_some_and(|end| end <= self.end && self.is_free(hint, end))
        {
            return Some(hint);
        }
        let mut high = top.min(self.end) & !PAGE_MASK;
        for region in self.regions.values().rev() {
            if region.end <= high && high - region.end >= length {
                break;
            }
            high = high.min(region.start);
        }
        high.checked_sub(length).filter(|start| *start >= LOWEST)
    }

    /// Is nothing mapped in a range?
    #[must_use]
    pub fn is_free(&self, start: u64, end: u64) -> bool {
        self.regions.range(..end).next_back().is_none_or(|(_, region)| region.end <= start)
    }

    /// Are there no holes in a range?
    ///
    /// # Errors
    /// [`MapError::Unmapped`].
    pub fn require_mapped(&self, start: u64, end: u64) -> Result<(), MapError> {
        if self.mapped_until(start, end) == end { Ok(()) } else { Err(MapError::Unmapped) }
    }

    /// Where the first hole of a range begins; its end without one.
    fn mapped_until(&self, start: u64, end: u64) -> u64 {
        let mut at = start;
        while at < end {
            let Some(region) = self.region_at(at) else { return at };
            at = region.end;
        }
        end.max(start)
    }

    /// Removes regions and pages of a range.
    fn clear(&mut self, start: u64, end: u64) -> Result<(), MapError> {
        self.split(start)?;
        self.split(end)?;
        let starts: Vec<u64> = self.regions.range(start..end).map(|(start, _)| *start).collect();
        let mut executable = false;
        for start in &starts {
            executable |= self.regions.remove(start).is_some_and(|region| region.prot.execute);
        }
        if !starts.is_empty() {
            self.drop_pages(start, end);
        }
        if executable {
            self.renew_generation();
        }
        Ok(())
    }

    /// A shared file has that many pages now: what is mapped of more goes, and faults from then on.
    pub fn cut_shared(&mut self, identity: u64, count: usize) {
        let mut gone = Vec::new();
        for region in self.regions.values() {
            let Backing::Shared { pages, offset } = &region.backing else { continue };
            if pages.identity() != identity {
                continue;
            }
            pages.set_valid(count);
            let kept = ((count as u64) << PAGE_SHIFT).saturating_sub(*offset);
            gone.push((region.start.saturating_add(kept).min(region.end), region.end));
        }
        for (start, end) in gone.into_iter().filter(|(start, end)| start < end) {
            self.drop_pages(start, end);
        }
    }

    /// Forgets the pages of a range; the next touch begins from the backing again (`MADV_DONTNEED`).
    pub fn drop_pages(&mut self, start: u64, end: u64) {
        let (mut owned, mut fetched) = (0, false);
        let maps = &mut self.maps;
        self.table.remove(start >> PAGE_SHIFT, end >> PAGE_SHIFT, |number, entry| {
            owned += usize::from(entry.owner.is_counted());
            fetched |= entry.page.code().is_marked();
            maps.forget(number << PAGE_SHIFT);
        });
        self.pages -= owned;
        if fetched {
            self.renew_generation();
        }
    }

    /// Makes `address` a border between regions if it is inside one.
    fn split(&mut self, address: u64) -> Result<(), MapError> {
        let Some(region) = self.region_at(address).filter(|region| region.start < address) else {
            return Ok(());
        };
        if self.regions.len() >= REGIONS_MAX {
            return Err(MapError::Full);
        }
        let (low, high) = (region.part(region.start, address), region.part(address, region.end));
        self.regions.insert(low.start, low);
        self.regions.insert(high.start, high);
        Ok(())
    }

    /// Joins the region that begins at `address` to the one before it if it only continues that.
    fn join(&mut self, address: u64) {
        let Some(next) = self.regions.get(&address) else { return };
        let Some((_, before)) = self.regions.range(..address).next_back() else { return };
        if !before.continues_in(next) {
            return;
        }
        let (start, end) = (before.start, next.end);
        self.regions.remove(&address);
        if let Some(before) = self.regions.get_mut(&start) {
            before.end = end;
        }
    }
}
