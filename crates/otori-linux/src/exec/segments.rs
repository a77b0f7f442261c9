//! Puts the segments of an ELF file into memory, odd ones as Linux does. Key type: [`Mapper`].
//!
//! Segments are mapped in file order, later ones over earlier ones; behind the end of a file pages are mapped but cannot
//! be touched; what a segment has beyond its part of the file is zeros. Rules: fs/binfmt_elf.c of Linux (elf_map,
//! set_brk, padzero, total_mapping_size). Neighbour: `exec/load.rs`.
use super::elf::{ElfError, Image, Segment, SegmentProblem};
use super::load::mapping_top;
use crate::{
    arch::{Abi, PAGE_BYTES},
    mm::{AddressSpace, Backing, FileImage, Prot},
};
use alloc::sync::Arc;

/// Where a file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// where it was linked (ET_EXEC)
    Linked,
    /// its first segment to that address, which must be free
    At(u64),
    /// its first segment to that address if that is free
    Wish(u64),
    /// where there is room
    Anywhere,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mapped {
    /// to be added to addresses as linked, modulo the size of an address
    pub(super) bias: u64,
    /// first address behind it, a whole page: where the heap begins
    pub(super) end: u64,
}

/// Maps one file.
pub(super) struct Mapper<'a> {
    pub(super) memory: &'a mut AddressSpace,
    pub(super) abi: &'a Abi,
    pub(super) image: &'a Arc<FileImage>,
    pub(super) path: &'a str,
    /// READ_IMPLIES_EXEC
    pub(super) reads_execute: bool,
}

/// Highest ends seen so far, as linked.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    file: u64,
    memory: u64,
    /// protection of the segment that ends last
    prot: Prot,
}

fn page_down(address: u64) -> u64 {
    address & !(PAGE_BYTES - 1)
}
fn page_up(address: u64) -> u64 {
    page_down(address.wrapping_add(PAGE_BYTES - 1))
}
fn in_page(address: u64) -> u64 {
    address & (PAGE_BYTES - 1)
}
/// Bytes from there to the end of the page; none at its beginning.
fn rest_of_page(address: u64) -> u64 {
    in_page(address.wrapping_neg())
}

fn refused(segment: &Segment, problem: SegmentProblem) -> ElfError {
    ElfError::Segment { address: segment.address, problem }
}

impl Mapper<'_> {
    /// Maps a program.
    ///
    /// # Errors
    /// [`ElfError::Segment`].
    pub(super) fn program(&mut self, image: &Image, base: Base) -> Result<Mapped, ElfError> {
        let (mut bias, mut ends) = (0, Ends::default());
        for (number, segment) in image.segments.iter().enumerate() {
            if number == 0 {
                bias = self.place(image, segment, base)?;
            } else if ends.memory > ends.file {
                // zeros of the segments before; that they cannot be stored is not looked at here
                self.map_zeros(segment, bias, ends)?;
                let rest = rest_of_page(ends.file).min(ends.memory - ends.file);
                let _ = self.clear(self.abi.address(bias, ends.file), rest);
            }
            self.check(segment, segment.address)?;
            self.map_file(segment, bias)?;
            self.note(segment, 0, &mut ends);
        }
        let Some(last) = image.segments.last() else { return Ok(Mapped { bias, end: 0 }) };
        self.map_zeros(last, bias, ends)?;
        if ends.memory != ends.file {
            self.clear_page(last, self.abi.address(bias, ends.file))?;
        }
        Ok(Mapped { bias, end: page_up(self.abi.address(bias, ends.memory)) })
    }

    /// Maps a dynamic loader.
    ///
    /// # Errors
    /// [`ElfError::Segment`].
    pub(super) fn interpreter(&mut self, image: &Image, base: Base) -> Result<Mapped, ElfError> {
        let (mut bias, mut ends) = (0, Ends::default());
        for (number, segment) in image.segments.iter().enumerate() {
            if number == 0 {
                bias = self.place(image, segment, base)?;
            }
            self.check(segment, self.abi.address(bias, segment.address))?;
            self.map_file(segment, bias)?;
            self.note(segment, bias, &mut ends);
        }
        let Some(last) = image.segments.last() else {
            return Err(ElfError::Segment { address: 0, problem: SegmentProblem::NoRoom });
        };
        self.clear_page(last, ends.file)?;
        self.map_zeros(last, 0, ends)?;
        Ok(Mapped { bias, end: page_up(ends.memory) })
    }

    /// Decides on the bias; the whole extent must be free for it.
    fn place(&mut self, image: &Image, first: &Segment, base: Base) -> Result<u64, ElfError> {
        let low = image.segments.iter().map(|segment| page_down(segment.address)).min().unwrap_or(0);
        let ends = image.segments.iter().map(|segment| segment.address.wrapping_add(segment.memory_bytes));
        let extent = ends.map(|end| self.abi.address(0, end)).max().unwrap_or(0).wrapping_sub(low);
        let extent = extent.checked_add(PAGE_BYTES - 1).map(page_down);
        let no_room = refused(first, SegmentProblem::NoRoom);
        let top = mapping_top(self.abi);
        let found = |wish: Option<u64>| {
            let length = extent.filter(|extent| *extent > 0).ok_or(no_room)?;
            self.memory.find_free(length, wish, top).ok_or(no_room)
        };
        let start = match base {
            Base::Linked => return Ok(0),
            Base::Anywhere => found(None)?,
            Base::Wish(address) => found(Some(page_down(address)))?,
            Base::At(address) => {
                let aligned = address & !(largest_alignment(image) - 1);
                let length = extent.filter(|extent| *extent > 0).ok_or(no_room)?;
                aligned.checked_add(length).filter(|end| *end <= self.abi.task_end).ok_or(no_room)?;
                aligned
            }
        };
        Ok(self.abi.address(start.wrapping_sub(page_down(first.address)), 0))
    }

    /// A segment that begins at `start` must lie in user space.
    fn check(&self, segment: &Segment, start: u64) -> Result<(), ElfError> {
        if segment.file_bytes > segment.memory_bytes {
            return Err(refused(segment, SegmentProblem::MoreInFile));
        }
        let end = start.checked_add(segment.memory_bytes).filter(|end| *end <= self.abi.task_end);
        if start >= self.abi.task_end || end.is_none() {
            return Err(refused(segment, SegmentProblem::Outside));
        }
        Ok(())
    }

    fn prot(&self, segment: &Segment) -> Prot {
        let read = segment.read || segment.execute || segment.write;
        let execute = segment.execute || (segment.read && self.reads_execute);
        Prot { read, write: segment.write, execute }
    }

    /// Maps the pages that come from the file.
    fn map_file(&mut self, segment: &Segment, bias: u64) -> Result<(), ElfError> {
        let inside = in_page(segment.address);
        let length = segment.file_bytes.checked_add(inside).map(page_up);
        let length = length.ok_or(refused(segment, SegmentProblem::Outside))?;
        if length == 0 {
            return Ok(());
        }
        let offset = segment.offset.checked_sub(inside).filter(|offset| in_page(*offset) == 0);
        // as a position in a file it must not be negative
        let inside = |offset: &u64| offset.checked_add(length).is_some_and(|end| end <= i64::MAX as u64);
        let offset = offset.filter(inside).ok_or(refused(segment, SegmentProblem::Offset))?;
        if segment.write && self.memory.overcommits(length) {
            return Err(refused(segment, SegmentProblem::NoRoom));
        }
        let start = page_down(self.abi.address(bias, segment.address));
        let backing = Backing::File { image: Arc::clone(self.image), offset };
        let prot = self.prot(segment);
        let mapped = self.memory.map(start, length, prot, backing, self.path);
        mapped.map_err(|_| refused(segment, SegmentProblem::NoRoom))
    }

    fn note(&self, segment: &Segment, bias: u64, ends: &mut Ends) {
        let end = |bytes: u64| self.abi.address(bias, segment.address.wrapping_add(bytes));
        ends.file = ends.file.max(end(segment.file_bytes));
        if end(segment.memory_bytes) > ends.memory {
            ends.memory = end(segment.memory_bytes);
            ends.prot = self.prot(segment);
        }
    }

    /// Whole pages of zeros from the end of the file's part to the end of memory; they can always be stored to.
    fn map_zeros(&mut self, segment: &Segment, bias: u64, ends: Ends) -> Result<(), ElfError> {
        let start = page_up(self.abi.address(bias, ends.file));
        let end = page_up(self.abi.address(bias, ends.memory));
        if end <= start {
            return Ok(());
        }
        if self.memory.overcommits(end - start) {
            return Err(refused(segment, SegmentProblem::NoRoom));
        }
        let execute = ends.prot.execute || self.reads_execute;
        let prot = Prot { execute, ..Prot::READ_WRITE };
        let mapped = self.memory.map(start, end - start, prot, Backing::Zero, "");
        mapped.map_err(|_| refused(segment, SegmentProblem::NoRoom))
    }

    /// Zeros to the end of a page.
    fn clear_page(&mut self, segment: &Segment, address: u64) -> Result<(), ElfError> {
        let cleared = self.clear(address, rest_of_page(address));
        cleared.ok_or(refused(segment, SegmentProblem::NotZeroed))
    }

    /// `None` when the zeros cannot be stored.
    fn clear(&mut self, address: u64, length: u64) -> Option<()> {
        let zeros = [0; PAGE_BYTES as usize];
        self.memory.write(address, zeros.get(..length as usize)?).ok()
    }
}

/// The largest `p_align` of a segment that is a power of two, a page at least.
fn largest_alignment(image: &Image) -> u64 {
    let alignments = image.segments.iter().map(|segment| segment.alignment);
    alignments.filter(|alignment| alignment.is_power_of_two()).max().unwrap_or(0).max(PAGE_BYTES)
}
