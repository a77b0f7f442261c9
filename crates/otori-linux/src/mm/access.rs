//! How the kernel reads and writes the guest's memory: all the region allows, or an error where it stops. Extends
//! [`AddressSpace`].

use super::region::Backing;
use super::space::AddressSpace;
use alloc::vec::Vec;
use otori_cpu::{Access, Fault, PAGE_MASK, PAGE_SHIFT, PAGE_SIZE};

/// Why the kernel could not read or write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// The range is not all mapped for this access (EFAULT).
    #[error("bad address {:#x}", .0.address)]
    Fault(Fault),
    /// There is no NUL within the allowed length (ENAMETOOLONG or E2BIG).
    #[error("the string is longer than allowed")]
    TooLong,
}

impl From<Fault> for MemoryError {
    fn from(fault: Fault) -> Self {
        MemoryError::Fault(fault)
    }
}

/// Bytes from `address` to the end of its page.
fn to_page_end(address: u64) -> usize {
    PAGE_SIZE - (address & PAGE_MASK) as usize
}

impl AddressSpace {
    /// Reads `into.len()` bytes.
    ///
    /// # Errors
    /// [`MemoryError::Fault`]; bytes before the fault have been read.
    pub fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), MemoryError> {
        let (mut at, mut rest) = (address, into);
        while !rest.is_empty() {
            let (now, later) = rest.split_at_mut(to_page_end(at).min(rest.len()));
            let Some(page) = self.readable(at, 0) else { return Err(self.fault().into()) };
            page.read((at & PAGE_MASK) as usize, now);
            at = at.wrapping_add(now.len() as u64);
            rest = later;
        }
        Ok(())
    }

    /// Reads without touching anything, for a look from outside (/proc/PID/cmdline): what is mapped of the range
    /// from its start on, whatever its protection.
    #[must_use]
    pub fn peek(&self, address: u64, length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let at = address.wrapping_add(bytes.len() as u64);
            let mut part = alloc::vec![0; to_page_end(at).min(length - bytes.len())];
            if !self.peek_page(at, &mut part) {
                break;
            }
            bytes.append(&mut part);
        }
        bytes
    }

    /// One page's part of [`AddressSpace::peek`]; says whether it is mapped.
    fn peek_page(&self, address: u64, into: &mut [u8]) -> bool {
        let offset = (address & PAGE_MASK) as usize;
        if let Some(entry) = self.table.get(address >> PAGE_SHIFT) {
            entry.page.read(offset, into);
            return true;
        }
        let Some(region) = self.region_at(address) else { return false };
        let number = |start: u64| start.saturating_add((address & !PAGE_MASK) - region.start) >> PAGE_SHIFT;
        let page = match &region.backing {
            Backing::Zero => return true,
            Backing::File { image, offset } => image.page(number(*offset)),
            Backing::Shared { pages, offset } => pages.page(number(*offset)),
        };
        page.map(|page| page.read(offset, into)).is_some()
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// [`MemoryError::Fault`]; bytes before the fault have been written.
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), MemoryError> {
        let (mut at, mut rest) = (address, bytes);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(to_page_end(at).min(rest.len()));
            let Some(page) = self.writable(at, 0) else { return Err(self.fault().into()) };
            page.write((at & PAGE_MASK) as usize, now);
            at = at.wrapping_add(now.len() as u64);
            rest = later;
        }
        Ok(())
    }

    /// Writes whatever the region's protection says: for the loader, before it protects what it filled.
    ///
    /// # Errors
    /// [`MemoryError::Fault`].
    pub fn write_anyway(&mut self, address: u64, bytes: &[u8]) -> Result<(), MemoryError> {
        let (mut at, mut rest) = (address, bytes);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(to_page_end(at).min(rest.len()));
            self.own(at)?.write((at & PAGE_MASK) as usize, now);
            at = at.wrapping_add(now.len() as u64);
            rest = later;
        }
        Ok(())
    }

    /// How many of `length` bytes from `address` on can be accessed: what a partial read(2) or write(2) may use.
    #[must_use]
    pub fn accessible(&self, address: u64, length: usize, access: Access) -> usize {
        let end = address.saturating_add(length as u64);
        let mut at = address;
        while at < end {
            let allowed = self.region_at(at).filter(|region| match access {
                Access::Read => region.prot.read,
                Access::Write => region.prot.write,
                Access::Execute => region.prot.execute,
            });
            let Some(region) = allowed else { break };
            at = region.end.min(end);
        }
        usize::try_from(at - address).unwrap_or(length)
    }

    /// Reads a string up to its NUL, which is not returned.
    ///
    /// # Errors
    /// [`MemoryError::TooLong`] if there are more than `limit` bytes before the NUL, [`MemoryError::Fault`].
    pub fn read_c_string(&mut self, address: u64, limit: usize) -> Result<Vec<u8>, MemoryError> {
        let (mut string, mut at) = (Vec::new(), address);
        loop {
            let Some(page) = self.readable(at, 0) else { return Err(self.fault().into()) };
            for offset in at..=(at | PAGE_MASK) {
                match page.load_u8(offset) {
                    0 => return Ok(string),
                    _ if string.len() >= limit => return Err(MemoryError::TooLong),
                    byte => string.push(byte),
                }
            }
            at = ((at >> PAGE_SHIFT) + 1) << PAGE_SHIFT;
        }
    }
}
