//! The cold path behind the CPU's caches: first touch, copy on write, faults. Extends [`AddressSpace`].

use super::region::{Backing, Region};
use super::space::AddressSpace;
use super::table::{Entry, Owner};
use alloc::sync::Arc;
use otori_cpu::{
    Access, Fault, FaultKind, Fetched, Maps, Memory, Miss, PAGE_MASK, PAGE_SHIFT, Page, Set, Stop,
};

impl Memory for AddressSpace {
    #[inline(always)]
    fn generation(&self) -> u64 {
        AddressSpace::generation(self)
    }

    fn fetch(&mut self, address: u64) -> Result<Fetched, Fault> {
        let number = address >> PAGE_SHIFT;
        let region = self.check(address, 0, Access::Execute)?;
        let writable = region.prot.write;
        // What a file has is left there, so that it shows in no count who decoded it first: this space or its kin.
        let (page, owner) = match (self.table.get(number), region.code_page(address)) {
            (Some(entry), _) if !writable => (Arc::clone(&entry.page), entry.owner),
            (None, Some(page)) => (Arc::clone(page), Owner::Others),
            _ => {
                self.leave_kin();
                self.present(address, Access::Execute)?
            }
        };
        let keeps_code = owner != Owner::All;
        if keeps_code && !page.code().is_marked() {
            page.code().mark();
            // From now on a store must come through here.
            self.maps.forget_writable(number << PAGE_SHIFT);
        }
        Ok(Fetched { page, keeps_code })
    }

    #[inline(always)]
    fn maps(&self) -> &Maps {
        &self.maps
    }

    fn touch(&mut self, miss: Miss) -> Result<(), Fault> {
        let last = miss.address.wrapping_add(u64::from(miss.size.max(1)) - 1);
        self.touch_page(miss.address, miss.access)?;
        match (miss.address ^ last) >> PAGE_SHIFT {
            0 => Ok(()),
            _ => self.touch_page(last & !PAGE_MASK, miss.access),
        }
    }
}

impl AddressSpace {
    fn touch_page(&mut self, address: u64, access: Access) -> Result<(), Fault> {
        self.check(address, 0, access)?;
        match access {
            Access::Write => {
                let page = self.own(address)?;
                self.maps.put_writable(address, page);
            }
            Access::Read | Access::Execute => {
                let (page, _) = self.present(address, access)?;
                self.maps.put_readable(address, page);
            }
        }
        Ok(())
    }

    /// The page to load from at `address`. `None` if that fails, or if `address & alignment` is not zero; what
    /// failed is then told by [`AddressSpace::fault`].
    #[inline]
    pub fn readable(&mut self, address: u64, alignment: u64) -> Option<&Page> {
        // Asked twice because a page kept over the miss would still borrow the memory there.
        if self.maps.readable(address, alignment).is_some() {
            return self.maps.readable(address, alignment);
        }
        self.touch_for_read(address, alignment)
    }

    /// The page to store to at `address`, private to the guest. `None` if that fails, or if `address & alignment`
    /// is not zero; what failed is then told by [`AddressSpace::fault`].
    #[inline]
    pub fn writable(&mut self, address: u64, alignment: u64) -> Option<&Page> {
        if self.maps.writable(address, alignment).is_some() {
            return self.maps.writable(address, alignment);
        }
        self.touch_for_write(address, alignment)
    }

    /// Why the last [`AddressSpace::readable`] or [`AddressSpace::writable`] failed.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// Runs a CPU on this memory: [`otori_cpu::run`].
    #[inline(never)]
    pub fn run<S: Set>(&mut self, cpu: &mut S, budget: u64) -> (Stop, u64) {
        otori_cpu::run(cpu, self, budget)
    }

    #[cold]
    #[inline(never)]
    fn touch_for_read(&mut self, address: u64, alignment: u64) -> Option<&Page> {
        let checked = self.check(address, alignment, Access::Read).map(|_| ());
        match checked.and_then(|()| self.present(address, Access::Read)) {
            Ok((page, _)) => Some(self.maps.put_readable(address, page)),
            Err(fault) => {
                self.fault = fault;
                None
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn touch_for_write(&mut self, address: u64, alignment: u64) -> Option<&Page> {
        let checked = self.check(address, alignment, Access::Write).map(|_| ());
        match checked.and_then(|()| self.own(address)) {
            Ok(page) => Some(self.maps.put_writable(address, page)),
            Err(fault) => {
                self.fault = fault;
                None
            }
        }
    }

    /// The region of an address if it allows the access.
    fn check(&self, address: u64, alignment: u64, access: Access) -> Result<&Region, Fault> {
        let fault = |kind| Fault { address, access, kind };
        let region = self.region_at(address).ok_or(fault(FaultKind::Unmapped))?;
        let allowed = match access {
            Access::Read => region.prot.read,
            Access::Write => region.prot.write,
            Access::Execute => region.prot.execute,
        };
        if !allowed {
            return Err(fault(FaultKind::Protection));
        }
        if address & alignment != 0 {
            return Err(fault(FaultKind::Unaligned));
        }
        Ok(region)
    }

    /// The page of a mapped address, made present if this is the first touch. Protection is the caller's matter.
    pub(super) fn present(&mut self, address: u64, access: Access) -> Result<(Arc<Page>, Owner), Fault> {
        let number = address >> PAGE_SHIFT;
        if let Some(entry) = self.table.get_mut(number) {
            return Ok((Arc::clone(&entry.page), entry.owner));
        }
        let fault = |kind| Fault { address, access, kind };
        let region = self.region_at(address).ok_or(fault(FaultKind::Unmapped))?;
        let inside = |offset: u64| offset.saturating_add((address & !PAGE_MASK) - region.start) >> PAGE_SHIFT;
        let (page, owner) = match &region.backing {
            Backing::Zero => (&self.zero, Owner::Others),
            Backing::File { image, offset } => {
                (image.page(inside(*offset)).ok_or(fault(FaultKind::BeyondFile))?, Owner::Others)
            }
            Backing::Shared { pages, offset } => {
                (pages.page(inside(*offset)).ok_or(fault(FaultKind::BeyondFile))?, Owner::All)
            }
        };
        if self.held_pages() > self.limit_pages {
            return Err(fault(FaultKind::Exhausted));
        }
        let page = Arc::clone(page);
        self.table.set(number, Entry { page: Arc::clone(&page), owner });
        Ok((page, owner))
    }

    /// The page of a mapped address, private to this space (or shared by agreement) and free of decoded code.
    pub(super) fn own(&mut self, address: u64) -> Result<Arc<Page>, Fault> {
        let (page, owner) = self.present(address, Access::Write)?;
        let decoded = page.code().is_marked();
        if owner == Owner::All || (owner == Owner::Me && !decoded) {
            return Ok(page);
        }
        // A debugger's: the program itself cannot store here. Writable pages are seen to when they are fetched from.
        if self.region_at(address).is_some_and(|region| region.prot.execute && !region.prot.write) {
            self.leave_kin();
        }
        drop(page);
        let (number, base) = (address >> PAGE_SHIFT, address & !PAGE_MASK);
        self.maps.forget(base);
        if owner == Owner::Others && self.held_pages() >= self.limit_pages {
            return Err(Fault { address, access: Access::Write, kind: FaultKind::Exhausted });
        }
        let mut counted = self.pages;
        let Some(entry) = self.table.get_mut(number) else {
            return Err(Fault { address, access: Access::Write, kind: FaultKind::Unmapped });
        };
        // After a fork the last one to store finds the page unshared and keeps it.
        if decoded || Arc::get_mut(&mut entry.page).is_none() {
            entry.page = Arc::new(entry.page.duplicate());
        }
        counted += usize::from(!entry.owner.is_counted());
        entry.owner = Owner::Me;
        let page = Arc::clone(&entry.page);
        self.pages = counted;
        self.pages_peak = self.pages_peak.max(counted);
        if decoded {
            self.renew_generation();
        }
        Ok(page)
    }
}
