//! What is mapped where. Key type: [`Region`], one line of /proc/PID/maps (`proc_pid_maps(5)`).

use super::image::FileImage;
use super::shared::SharedPages;
use alloc::sync::Arc;
use otori_cpu::{PAGE_SHIFT, Page};

/// Which accesses a region allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Prot {
    /// Loads.
    pub read: bool,
    /// Stores.
    pub write: bool,
    /// Instruction fetches.
    pub execute: bool,
}

impl Prot {
    /// No access at all.
    pub const NONE: Prot = Prot { read: false, write: false, execute: false };
    /// Loads.
    pub const READ: Prot = Prot { read: true, write: false, execute: false };
    /// Loads and stores.
    pub const READ_WRITE: Prot = Prot { read: true, write: true, execute: false };
    /// Loads and fetches.
    pub const READ_EXECUTE: Prot = Prot { read: true, write: false, execute: true };
    /// Everything.
    pub const ALL: Prot = Prot { read: true, write: true, execute: true };

    /// From `PROT_READ` 1, `PROT_WRITE` 2, `PROT_EXEC` 4. As on MIPS before release 3 and most 32-bit chips,
    /// what may be written or executed may also be read.
    #[must_use]
    pub fn from_bits(bits: u32) -> Prot {
        Prot { read: bits & 7 != 0, write: bits & 2 != 0, execute: bits & 4 != 0 }
    }
}

/// What stands behind a region before anyone wrote to it.
#[derive(Clone, Debug)]
pub enum Backing {
    /// Zeros, private.
    Zero,
    /// The bytes of a file, private; zeros behind its end within the last page.
    File {
        /// The file's pages.
        image: Arc<FileImage>,
        /// Offset of the region's first byte in the file, a multiple of the page size.
        offset: u64,
    },
    /// Pages that every address space mapping them sees change.
    Shared {
        /// The pages.
        pages: Arc<SharedPages>,
        /// Offset of the region's first byte in them, a multiple of the page size.
        offset: u64,
    },
}

impl Backing {
    /// The same, `distance` bytes further on.
    #[must_use]
    pub fn advanced(&self, distance: u64) -> Backing {
        match self {
            Backing::Zero => Backing::Zero,
            Backing::File { image, offset } => {
                Backing::File { image: Arc::clone(image), offset: offset.saturating_add(distance) }
            }
            Backing::Shared { pages, offset } => {
                Backing::Shared { pages: Arc::clone(pages), offset: offset.saturating_add(distance) }
            }
        }
    }

    /// Offset of the first byte in the file or the shared pages.
    #[must_use]
    pub fn offset(&self) -> u64 {
        match self {
            Backing::Zero => 0,
            Backing::File { offset, .. } | Backing::Shared { offset, .. } => *offset,
        }
    }
}

/// Pages of a region that are in memory, as /proc/PID/smaps tells them apart. What was inherited by fork(2) and not written
/// since is shared, also when the others have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resident {
    /// of files, as the file has them
    pub shared_clean: u64,
    /// written to, of a shared mapping or before a fork
    pub shared_dirty: u64,
    /// written to by this process alone
    pub private_dirty: u64,
}

/// A mapped range of addresses with one protection and one backing.
#[derive(Clone, Debug)]
pub struct Region {
    /// First address, a multiple of the page size.
    pub start: u64,
    /// First address behind it, a multiple of the page size.
    pub end: u64,
    /// Allowed accesses.
    pub prot: Prot,
    /// What stands behind it.
    pub backing: Backing,
    /// Path or `[heap]`, `[stack]` …; empty for anonymous memory.
    pub name: Arc<str>,
}

impl Region {
    /// Bytes mapped.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.end - self.start
    }

    /// Is this a shared mapping (`s` in /proc/PID/maps)?
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self.backing, Backing::Shared { .. })
    }

    /// Of a file's instructions that nobody stores to, the page around an address of the region, as the file has it.
    pub(super) fn code_page(&self, address: u64) -> Option<&Arc<Page>> {
        let (image, first) = self.code_image()?;
        image.page(first + ((address - self.start) >> PAGE_SHIFT))
    }

    /// How many such pages the region has.
    pub(super) fn code_pages(&self) -> u64 {
        let Some((image, first)) = self.code_image() else { return 0 };
        (self.length() >> PAGE_SHIFT).min(image.pages().saturating_sub(first))
    }

    /// Their file, and the number of the first one in it.
    fn code_image(&self) -> Option<(&FileImage, u64)> {
        match &self.backing {
            Backing::File { image, offset } if self.prot.execute && !self.prot.write => {
                Some((image, offset >> PAGE_SHIFT))
            }
            _ => None,
        }
    }

    /// The part of the region between two addresses inside it.
    pub(super) fn part(&self, start: u64, end: u64) -> Region {
        Region {
            start,
            end,
            prot: self.prot,
            backing: self.backing.advanced(start - self.start),
            name: Arc::clone(&self.name),
        }
    }

    /// Does `next`, which begins where this region ends, only continue it?
    pub(super) fn continues_in(&self, next: &Region) -> bool {
        self.end == next.start
            && self.prot == next.prot
            && self.name == next.name
            && match (&self.backing, &next.backing) {
                (Backing::Zero, Backing::Zero) => true,
                (Backing::File { image: a, offset: x }, Backing::File { image: b, offset: y }) => {
                    Arc::ptr_eq(a, b) && x.checked_add(self.length()) == Some(*y)
                }
                (Backing::Shared { pages: a, offset: x }, Backing::Shared { pages: b, offset: y }) => {
                    Arc::ptr_eq(a, b) && x.checked_add(self.length()) == Some(*y)
                }
                _ => false,
            }
    }
}
