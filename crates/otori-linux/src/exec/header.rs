//! Fields of the ELF header and of program headers. Key types: [`Fields`], [`ProgramHeader`]. elf(5).
use super::elf::{Expected, Segment};
use crate::vfs::Stored;

/// Bytes that all program headers may have together, as in Linux.
pub(super) const PROGRAM_HEADERS_BYTES_MAX: usize = 65_536;

/// Bytes of the larger of the two ELF headers.
const HEADER_BYTES_MAX: usize = 64;

/// The ELF header, as far as it is looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fields {
    pub(super) is_elf: bool,
    /// EI_CLASS
    pub(super) class: u8,
    /// EI_DATA
    pub(super) data: u8,
    /// e_type
    pub(super) kind: u16,
    pub(super) machine: u16,
    pub(super) entry: u64,
    /// e_phoff
    pub(super) table: u64,
    pub(super) flags: u32,
    /// e_phentsize
    pub(super) header_bytes: u16,
    /// e_phnum
    pub(super) header_count: u16,
}

/// Numbers in bytes, in the machine's order and size of addresses.
struct Reader<'a> {
    bytes: &'a [u8],
    expected: Expected,
}

impl Reader<'_> {
    /// Zero behind the end, as in the kernel's buffer.
    fn number(&self, offset: usize, length: usize) -> u64 {
        let field = self.bytes.get(offset..offset + length).unwrap_or_default();
        let fold = |value: u64, byte: &u8| (value << 8) | u64::from(*byte);
        match self.expected.big_endian {
            true => field.iter().fold(0, fold),
            false => field.iter().rev().fold(0, fold),
        }
    }
    fn half(&self, [narrow, wide]: [usize; 2]) -> u16 {
        self.number(if self.expected.wide { wide } else { narrow }, 2) as u16
    }
    fn word(&self, [narrow, wide]: [usize; 2]) -> u32 {
        self.number(if self.expected.wide { wide } else { narrow }, 4) as u32
    }
    fn address(&self, [narrow, wide]: [usize; 2]) -> u64 {
        match self.expected.wide {
            true => self.number(wide, 8),
            false => self.number(narrow, 4),
        }
    }
}

impl Fields {
    /// Reads them as that machine does, whatever class and order the file says.
    pub(super) fn read(file: &Stored, expected: Expected) -> Fields {
        let mut bytes = [0; HEADER_BYTES_MAX];
        file.read(0, &mut bytes);
        let [_, _, _, _, class, data, ..] = bytes;
        let reader = Reader { bytes: &bytes, expected };
        Fields {
            is_elf: bytes.starts_with(b"\x7fELF"),
            class,
            data,
            kind: reader.half([16, 16]),
            machine: reader.half([18, 18]),
            entry: reader.address([24, 24]),
            table: reader.address([28, 32]),
            flags: reader.word([36, 48]),
            header_bytes: reader.half([42, 54]),
            header_count: reader.half([44, 56]),
        }
    }
}

/// One program header.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProgramHeader {
    /// p_type
    pub(super) kind: u32,
    pub(super) offset: u64,
    /// p_vaddr
    pub(super) address: u64,
    pub(super) file_bytes: u64,
    pub(super) memory_bytes: u64,
    pub(super) flags: u32,
    pub(super) alignment: u64,
}

impl ProgramHeader {
    pub(super) fn read(bytes: &[u8], expected: Expected) -> ProgramHeader {
        let reader = Reader { bytes, expected };
        ProgramHeader {
            kind: reader.word([0, 0]),
            offset: reader.address([4, 8]),
            address: reader.address([8, 16]),
            file_bytes: reader.address([16, 32]),
            memory_bytes: reader.address([20, 40]),
            flags: reader.word([24, 4]),
            alignment: reader.address([28, 48]),
        }
    }

    pub(super) fn segment(&self) -> Segment {
        Segment {
            address: self.address,
            memory_bytes: self.memory_bytes,
            offset: self.offset,
            file_bytes: self.file_bytes,
            alignment: self.alignment,
            read: self.flags & 4 != 0,
            write: self.flags & 2 != 0,
            execute: self.flags & 1 != 0,
        }
    }
}
