//! How a CPU reaches the guest's memory. Key trait: [`Memory`], implemented by `otori_linux::mm::AddressSpace`.
//!
//! Operations load and store through the memory's [`Maps`]. Slow cases (first touch, copy on write, faults) are the
//! implementor's [`Memory::touch`].

use crate::maps::Maps;
use crate::page::Page;
use alloc::sync::Arc;

/// What kind of access failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// A load.
    Read,
    /// A store.
    Write,
    /// An instruction fetch.
    Execute,
}

/// Why an access failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// Nothing is mapped there (SIGSEGV, SEGV_MAPERR).
    Unmapped,
    /// Mapped, but not for this access (SIGSEGV, SEGV_ACCERR).
    Protection,
    /// The address is not a multiple of the access size, and this instruction minds (SIGBUS, BUS_ADRALN).
    Unaligned,
    /// A file mapping, beyond the end of its file (SIGBUS, BUS_ADRERR).
    BeyondFile,
    /// The page limit of this address space is used up (the process is killed as if out of memory).
    Exhausted,
}

/// A failed access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// The guest address, as the access had it.
    pub address: u64,
    /// What was tried.
    pub access: Access,
    /// Why it failed.
    pub kind: FaultKind,
}

/// An access whose page is not in the [`Maps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Miss {
    /// The guest address.
    pub address: u64,
    /// Bytes from there on, at most one page.
    pub size: u32,
    /// Load or store.
    pub access: Access,
    /// Instructions between the operation's first one and the one that missed.
    pub step: u8,
}

/// A page to fetch instructions from.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The physical page.
    pub page: Arc<Page>,
    /// May decoded blocks be kept? Only if every store to the page makes [`Memory::generation`] change.
    pub keeps_code: bool,
}

/// Guest memory as a CPU sees it.
pub trait Memory {
    /// A number that changes whenever decoded instructions may no longer stand at the address they had: a change
    /// of an executable mapping, or a store into a page that was fetched from. Unique over all memories of the
    /// process, so equality also means "the same instructions".
    fn generation(&self) -> u64;

    /// The page to fetch instructions at `address` from. May change [`Memory::generation`].
    ///
    /// # Errors
    /// A [`Fault`] with [`Access::Execute`].
    fn fetch(&mut self, address: u64) -> Result<Fetched, Fault>;

    /// The translation caches.
    fn maps(&self) -> &Maps;

    /// Brings the pages of an access into the caches; those to store to are then private to the guest.
    ///
    /// # Errors
    /// The [`Fault`] of the first byte that cannot be accessed.
    fn touch(&mut self, miss: Miss) -> Result<(), Fault>;
}
