//! Reads the headers of an ELF executable: what is mapped where, the entry, the interpreter.
//!
//! Key type: [`Image`]. Only what Linux looks at is looked at: the type, the machine, the entry and the program headers.
//! Version, header size and section tables may be anything, and lie in hostile files. Neighbours: `exec/header.rs` has the
//! fields, `exec/load.rs` maps. System V gABI, elf(5); what is refused, and how: fs/binfmt_elf.c of Linux.
use super::header::{Fields, PROGRAM_HEADERS_BYTES_MAX, ProgramHeader};
use crate::{errno::Errno, vfs::Stored};
use alloc::vec::Vec;
use core::fmt;
use otori_cpu::isa::{ISAS, Isa, IsaRow};

/// `e_machine`
pub(crate) mod machine {
    pub(crate) const I386: u16 = 3;
    /// what Linux takes for an i386 too
    pub(crate) const I486: u16 = 6;
    pub(crate) const MIPS: u16 = 8;
    pub(crate) const ARM: u16 = 40;
}

/// `p_type`
mod kind {
    pub(super) const LOAD: u32 = 1;
    pub(super) const INTERP: u32 = 3;
    pub(super) const GNU_STACK: u32 = 0x6474_e551;
    pub(super) const MIPS_ABIFLAGS: u32 = 0x7000_0003;
}

/// `e_flags`
mod flag {
    pub(super) const MIPS_N32: u32 = 0x20;
    pub(super) const MIPS_ABI: u32 = 0xf000;
    pub(super) const MIPS_O32: u32 = 0x1000;
    pub(super) const ARM_EABI: u32 = 0xff00_0000;
    pub(super) const ARM_26_BITS: u32 = 0x08;
}

/// Bytes of PT_MIPS_ABIFLAGS, and where in them `fp_abi` is.
const MIPS_ABIFLAGS_BYTES: usize = 24;
const MIPS_FLOAT_ABI: usize = 7;

/// Bytes of PT_INTERP, its NUL included (PATH_MAX).
const INTERPRETER_BYTES: core::ops::RangeInclusive<u64> = 2..=4096;

/// One PT_LOAD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// address as linked
    pub address: u64,
    /// bytes in memory
    pub memory_bytes: u64,
    /// where in the file
    pub offset: u64,
    /// bytes from the file
    pub file_bytes: u64,
    /// `p_align`
    pub alignment: u64,
    /// PF_R
    pub read: bool,
    /// PF_W
    pub write: bool,
    /// PF_X
    pub execute: bool,
}

/// What PT_GNU_STACK asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackWish {
    /// there is none: what the architecture did before there was one
    Untold,
    /// PF_X
    Executable,
    /// without PF_X
    Plain,
}

/// An executable as its headers describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// ET_DYN: may be put anywhere
    pub relocatable: bool,
    /// address as linked
    pub entry: u64,
    /// `e_flags`
    pub flags: u32,
    /// MIPS: the floating point ABI in PT_MIPS_ABIFLAGS
    pub float_abi: Option<u8>,
    /// PT_LOAD in file order
    pub segments: Vec<Segment>,
    /// path in PT_INTERP, without its NUL
    pub interpreter: Option<Vec<u8>>,
    /// address of the program headers in memory as linked, for AT_PHDR; 0 when no segment holds them
    pub headers_address: u64,
    /// size of one, for AT_PHENT
    pub header_bytes: u16,
    /// how many, for AT_PHNUM
    pub header_count: u16,
    /// PT_GNU_STACK
    pub stack: StackWish,
}

/// Why a file is not loaded. Linux refuses it ([`ElfError::errno`]), or kills the program that it replaces while it maps
/// ([`ElfError::Segment`], [`ElfError::EntryOutside`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ElfError {
    /// no `\x7fELF`
    #[error("not an ELF file")]
    Magic,
    /// e_machine in this byte order is another one
    #[error("made for another architecture (e_machine {machine}, EI_CLASS {class}, EI_DATA {data})")]
    Architecture {
        /// e_machine
        machine: u16,
        /// EI_CLASS
        class: u8,
        /// EI_DATA
        data: u8,
    },
    /// e_flags name an ABI that the kernel does not run (MIPS n32 and others, ARM with addresses of 26 bits)
    #[error("made for an ABI that is not run here (e_flags {0:#x})")]
    Abi(u32),
    /// ARM: the entry is neither ARM nor Thumb code
    #[error("the entry {0:#x} is not at an instruction")]
    EntryUnaligned(u64),
    /// neither ET_EXEC nor ET_DYN
    #[error("neither an executable nor a shared object (e_type {0})")]
    Type(u16),
    /// e_phentsize
    #[error("program headers of {0} bytes")]
    HeaderSize(u16),
    /// none, or more than 64 KiB
    #[error("{0} program headers")]
    HeaderCount(u16),
    /// program headers point outside the file
    #[error("the program headers lie outside the file: it is truncated or corrupt")]
    Truncated,
    /// PT_INTERP is too short, too long, or without a NUL at its end
    #[error("PT_INTERP of {0} bytes is not a path that ends in NUL")]
    Interpreter(u64),
    /// PT_INTERP or PT_MIPS_ABIFLAGS point outside the file
    #[error("PT_INTERP or PT_MIPS_ABIFLAGS lies outside the file: it is truncated or corrupt")]
    Outside,
    /// p_offset of PT_INTERP or PT_MIPS_ABIFLAGS is negative as a position in a file
    #[error("PT_INTERP or PT_MIPS_ABIFLAGS at the position {0:#x}")]
    Position(u64),
    /// PT_MIPS_ABIFLAGS is shorter than its structure
    #[error("PT_MIPS_ABIFLAGS of {0} bytes")]
    AbiFlags(u64),
    /// a segment cannot be mapped
    #[error("the segment at {address:#x} {problem}")]
    Segment {
        /// p_vaddr
        address: u64,
        /// why
        problem: SegmentProblem,
    },
    /// the entry is beyond user space
    #[error("the entry {0:#x} is beyond user space")]
    EntryOutside(u64),
}

/// Why a segment cannot be mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentProblem {
    /// p_filesz, p_memsz
    MoreInFile,
    /// p_vaddr, p_memsz
    Outside,
    /// p_offset, p_vaddr
    Offset,
    /// no free addresses
    NoRoom,
    /// the rest of the last page
    NotZeroed,
}

impl fmt::Display for SegmentProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            SegmentProblem::MoreInFile => "has more bytes in the file than in memory",
            SegmentProblem::Outside => "does not lie in user space",
            SegmentProblem::Offset => "has p_offset and p_vaddr at different places of a page",
            SegmentProblem::NoRoom => "finds no room, or overlaps the stack",
            SegmentProblem::NotZeroed => {
                "goes on with zeros in a page that cannot be written: it is read-only or beyond the file"
            }
        })
    }
}

impl ElfError {
    /// What execve(2) answers while it still can.
    pub(crate) fn errno(self) -> Errno {
        match self {
            ElfError::Outside => Errno::EIO,
            ElfError::AbiFlags(_) | ElfError::Position(_) => Errno::EINVAL,
            _ => Errno::ENOEXEC,
        }
    }
}

/// What the machine can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// e_machine
    pub machine: u16,
    /// 64-bit class
    pub wide: bool,
    /// EI_DATA 2
    pub big_endian: bool,
}

/// Reads the headers of a program or of its interpreter (whose own PT_INTERP means nothing).
///
/// # Errors
/// [`ElfError`] when it is not an executable for `expected`.
pub(crate) fn read(file: &Stored, expected: Expected) -> Result<Image, ElfError> {
    let fields = Fields::read(file, expected);
    check_machine(&fields, expected)?;
    let wanted = if expected.wide { 56 } else { 32 };
    if fields.header_bytes != wanted {
        return Err(ElfError::HeaderSize(fields.header_bytes));
    }
    let table_bytes = usize::from(fields.header_count) * usize::from(wanted);
    if table_bytes == 0 || table_bytes > PROGRAM_HEADERS_BYTES_MAX {
        return Err(ElfError::HeaderCount(fields.header_count));
    }
    let table = read_exactly(file, fields.table, table_bytes).ok_or(ElfError::Truncated)?;
    let mut image = Image {
        relocatable: fields.kind == 3,
        entry: fields.entry,
        flags: fields.flags,
        float_abi: None,
        segments: Vec::new(),
        interpreter: None,
        headers_address: 0,
        header_bytes: wanted,
        header_count: fields.header_count,
        stack: StackWish::Untold,
    };
    for bytes in table.chunks_exact(usize::from(wanted)) {
        take_header(file, expected, &fields, &ProgramHeader::read(bytes, expected), &mut image)?;
    }
    Ok(image)
}

/// The instruction set that runs a file of which this is the start. Class and byte order in the identification are asked
/// only where Linux asks them, or where two sets share a number: samples lie there.
#[must_use]
pub fn isa_of(start: &[u8]) -> Option<Isa> {
    let [0x7f, b'E', b'L', b'F', class, data, ..] = start else { return None };
    let [first, second] = *start.get(18..20)? else { return None };
    let machine = |row: &IsaRow| match row.elf_data {
        2 => u16::from_be_bytes([first, second]),
        _ => u16::from_le_bytes([first, second]),
    };
    let fits = |row: &&IsaRow| machine(row) == row.elf_machine;
    let told = ISAS.iter().filter(fits).find(|row| (row.elf_class, row.elf_data) == (*class, *data));
    let lies = |row: &&IsaRow| row.elf_machine != machine::MIPS || *class == 1;
    told.or_else(|| ISAS.iter().filter(fits).find(lies)).map(|row| row.isa)
}

fn check_machine(fields: &Fields, expected: Expected) -> Result<(), ElfError> {
    if !fields.is_elf {
        return Err(ElfError::Magic);
    }
    let Fields { machine, class, data, flags, entry, .. } = *fields;
    let is_ours =
        machine == expected.machine || (expected.machine == machine::I386 && machine == machine::I486);
    // the class counts on MIPS alone, EI_DATA nowhere
    if !is_ours || (machine == machine::MIPS && class != 1) {
        return Err(ElfError::Architecture { machine, class, data });
    }
    let abi = flags & flag::MIPS_ABI;
    let is_mips_o32 = flags & flag::MIPS_N32 == 0 && (abi == 0 || abi == flag::MIPS_O32);
    let is_arm_26 = flags & flag::ARM_EABI == 0 && flags & flag::ARM_26_BITS != 0;
    match machine {
        machine::MIPS if !is_mips_o32 => return Err(ElfError::Abi(flags)),
        machine::ARM if is_arm_26 => return Err(ElfError::Abi(flags)),
        machine::ARM if entry & 3 == 2 => return Err(ElfError::EntryUnaligned(entry)),
        _ => {}
    }
    match fields.kind {
        2 | 3 => Ok(()),
        other => Err(ElfError::Type(other)),
    }
}

fn read_exactly(file: &Stored, offset: u64, length: usize) -> Option<Vec<u8>> {
    offset.checked_add(length as u64).filter(|end| *end <= file.size())?;
    let mut bytes = alloc::vec![0; length];
    (file.read(offset, &mut bytes) == length).then_some(bytes)
}

/// What a program header points to, as elf_read of Linux reads it.
fn read_part(file: &Stored, offset: u64, length: usize) -> Result<Vec<u8>, ElfError> {
    if offset > i64::MAX as u64 {
        return Err(ElfError::Position(offset));
    }
    read_exactly(file, offset, length).ok_or(ElfError::Outside)
}

fn take_header(
    file: &Stored,
    expected: Expected,
    fields: &Fields,
    header: &ProgramHeader,
    image: &mut Image,
) -> Result<(), ElfError> {
    let ProgramHeader { offset, address, file_bytes, flags, .. } = *header;
    match header.kind {
        kind::LOAD => {
            let inside = fields.table.checked_sub(offset).filter(|inside| *inside < file_bytes);
            if let Some(inside) = inside {
                image.headers_address = address.wrapping_add(inside);
            }
            image.segments.push(header.segment());
        }
        kind::INTERP if image.interpreter.is_none() => {
            image.interpreter = Some(interpreter(file, offset, file_bytes)?);
        }
        kind::MIPS_ABIFLAGS if expected.machine == machine::MIPS => {
            if file_bytes < MIPS_ABIFLAGS_BYTES as u64 {
                return Err(ElfError::AbiFlags(file_bytes));
            }
            let bytes = read_part(file, offset, MIPS_ABIFLAGS_BYTES)?;
            image.float_abi = bytes.get(MIPS_FLOAT_ABI).copied();
        }
        kind::GNU_STACK => {
            image.stack = if flags & 1 != 0 { StackWish::Executable } else { StackWish::Plain };
        }
        _ => {}
    }
    Ok(())
}

/// The path in PT_INTERP: up to its first NUL, the last byte is one.
fn interpreter(file: &Stored, offset: u64, length: u64) -> Result<Vec<u8>, ElfError> {
    if !INTERPRETER_BYTES.contains(&length) {
        return Err(ElfError::Interpreter(length));
    }
    let mut path = read_part(file, offset, length as usize)?;
    if path.last() != Some(&0) {
        return Err(ElfError::Interpreter(length));
    }
    let end = path.iter().position(|byte| *byte == 0).unwrap_or(0);
    path.truncate(end);
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{sync::Arc, vec};

    const MIPSEL: Expected = Expected { machine: 8, wide: false, big_endian: false };

    fn tiny(big_endian: bool) -> Vec<u8> {
        let mut file = vec![0u8; 0x60];
        let mut put = |offset: usize, value: u32, length: usize| {
            for index in 0..length {
                let shift = if big_endian { (length - 1 - index) * 8 } else { index * 8 };
                file[offset + index] = (value >> shift) as u8;
            }
        };
        put(16, 2, 2);
        put(18, 8, 2);
        put(24, 0x40_0054, 4);
        put(28, 52, 4);
        put(42, 32, 2);
        put(44, 1, 2);
        for (offset, value) in [(52, 1), (56, 0), (60, 0x40_0000), (68, 0x60), (72, 0x60), (76, 5)] {
            put(offset, value, 4);
        }
        file[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', 1, if big_endian { 2 } else { 1 }, 1]);
        file
    }

    fn parse(bytes: &[u8], expected: Expected) -> Result<Image, ElfError> {
        read(&Stored::Held(Arc::from(bytes)), expected)
    }

    #[test]
    fn both_endians_are_read() {
        for big_endian in [false, true] {
            let image = parse(&tiny(big_endian), Expected { big_endian, ..MIPSEL }).unwrap();
            assert_eq!((image.entry, image.headers_address, image.segments.len()), (0x40_0054, 0x40_0034, 1));
            assert!(image.segments[0].execute && !image.segments[0].write);
        }
    }

    #[test]
    fn another_architecture_is_named() {
        let error = parse(&tiny(true), MIPSEL).unwrap_err();
        assert_eq!(error, ElfError::Architecture { machine: 0x0800, class: 1, data: 2 });
    }

    #[test]
    fn the_set_is_found_whatever_the_identification_says() {
        let check = |big_endian, class, data, expected| {
            let mut file = tiny(big_endian);
            (file[4], file[5]) = (class, data);
            assert_eq!(isa_of(&file), expected, "{class} {data}");
        };
        check(false, 1, 1, Some(Isa::Mips32El));
        check(true, 1, 2, Some(Isa::Mips32Eb));
        check(true, 1, 1, Some(Isa::Mips32Eb));
        check(true, 2, 2, None);
        let mut file = tiny(false);
        (file[4], file[5], file[18]) = (7, 9, 62);
        assert_eq!(isa_of(&file), Some(Isa::X86_64));
        assert_eq!(isa_of(b"\x7fELF\x01\x01"), None);
    }

    #[test]
    fn what_linux_does_not_look_at_may_be_anything() {
        for offset in [5, 6, 7, 15, 20, 32, 33, 40, 46, 48, 50] {
            let mut file = tiny(false);
            file[offset] ^= 0xff;
            assert!(parse(&file, MIPSEL).is_ok(), "{offset}");
        }
    }

    #[test]
    fn a_file_without_its_program_headers_is_an_error_and_never_a_panic() {
        let whole = tiny(false);
        for length in 0..whole.len() {
            // the segment may point beyond the end
            assert_eq!(parse(&whole[..length], MIPSEL).is_ok(), length >= 84, "{length}");
        }
    }
}
