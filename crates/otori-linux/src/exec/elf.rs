//! Reads the headers of an ELF executable: what is mapped where, the entry, the interpreter.
//!
//! Key type: [`Image`]. Only the identification, the type, the entry and the program headers are trusted; section
//! tables lie in hostile files and are never read. Neighbour: `exec/load.rs` maps it. System V gABI, elf(5).
use alloc::vec::Vec;

/// Most program headers that are read (Linux takes 64 kB of them; real programs have about ten).
pub const PROGRAM_HEADERS_MAX: usize = 128;

const PT_LOAD: u32 = 1;
const PT_INTERP: u32 = 3;
const PT_PHDR: u32 = 6;
const PT_GNU_STACK: u32 = 0x6474_e551;
const PT_MIPS_ABIFLAGS: u32 = 0x7000_0003;

/// `e_machine` of MIPS, bytes of its ABI flags, and where in them `fp_abi` is.
const MIPS: u16 = 8;
const MIPS_ABIFLAGS_BYTES: u64 = 24;
const MIPS_FLOAT_ABI: u64 = 7;

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
    /// PF_R
    pub read: bool,
    /// PF_W
    pub write: bool,
    /// PF_X
    pub execute: bool,
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
    /// address of the program headers in memory, for AT_PHDR
    pub headers_address: u64,
    /// size of one, for AT_PHENT
    pub header_bytes: u16,
    /// how many, for AT_PHNUM
    pub header_count: u16,
    /// PT_GNU_STACK asks for an executable stack, or is missing
    pub executable_stack: bool,
}

/// Why it cannot be loaded. Linux answers ENOEXEC to all of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ElfError {
    /// no `\x7fELF`
    #[error("not an ELF file")]
    Magic,
    /// EI_CLASS, EI_DATA or e_machine is another one
    #[error("made for another architecture (e_machine {machine}, EI_CLASS {class}, EI_DATA {data})")]
    Architecture {
        /// e_machine
        machine: u16,
        /// EI_CLASS
        class: u8,
        /// EI_DATA
        data: u8,
    },
    /// neither ET_EXEC nor ET_DYN
    #[error("neither an executable nor a shared object (e_type {0})")]
    Type(u16),
    /// headers point outside the file
    #[error("headers point outside the file: it is truncated or corrupt")]
    Truncated,
    /// more than [`PROGRAM_HEADERS_MAX`]
    #[error("too many program headers")]
    TooMany,
    /// nothing to map
    #[error("no loadable segment")]
    Empty,
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

struct Reader<'a> {
    bytes: &'a [u8],
    expected: Expected,
}

impl Reader<'_> {
    fn number(&self, offset: u64, length: usize) -> Option<u64> {
        let start = usize::try_from(offset).ok()?;
        let field = self.bytes.get(start..start.checked_add(length)?)?;
        let fold = |value: u64, byte: &u8| (value << 8) | u64::from(*byte);
        Some(if self.expected.big_endian {
            field.iter().fold(0, fold)
        } else {
            field.iter().rev().fold(0, fold)
        })
    }
    fn half(&self, offset: u64) -> Option<u16> {
        self.number(offset, 2).map(|value| value as u16)
    }
    fn word(&self, offset: u64) -> Option<u32> {
        self.number(offset, 4).map(|value| value as u32)
    }
    /// An address-sized field: `narrow` is its offset in class 32, `wide` in class 64.
    fn address(&self, base: u64, narrow: u64, wide: u64) -> Option<u64> {
        match self.expected.wide {
            true => self.number(base.checked_add(wide)?, 8),
            false => self.number(base.checked_add(narrow)?, 4),
        }
    }
}

/// Identification only: is this an ELF file at all?
pub fn is_elf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x7fELF")
}

/// Reads the headers.
///
/// # Errors
/// [`ElfError`] when it is not an executable for `expected`.
pub fn parse(bytes: &[u8], expected: Expected) -> Result<Image, ElfError> {
    if !is_elf(bytes) {
        return Err(ElfError::Magic);
    }
    let (class, data) = (at(bytes, 4)?, at(bytes, 5)?);
    let reader = Reader { bytes, expected: Expected { big_endian: data == 2, ..expected } };
    let machine = reader.half(18).ok_or(ElfError::Truncated)?;
    let class_wanted = if expected.wide { 2 } else { 1 };
    let data_wanted = if expected.big_endian { 2 } else { 1 };
    if machine != expected.machine || class != class_wanted || data != data_wanted {
        return Err(ElfError::Architecture { machine, class, data });
    }
    let kind = reader.half(16).ok_or(ElfError::Truncated)?;
    if kind != 2 && kind != 3 {
        return Err(ElfError::Type(kind));
    }
    headers(&reader, kind == 3).ok_or(ElfError::Truncated)?
}

fn at(bytes: &[u8], index: usize) -> Result<u8, ElfError> {
    bytes.get(index).copied().ok_or(ElfError::Truncated)
}

/// `None` when something lies outside the file.
fn headers(reader: &Reader<'_>, relocatable: bool) -> Option<Result<Image, ElfError>> {
    let wide = reader.expected.wide;
    let entry = reader.address(0, 24, 24)?;
    let table = reader.address(0, 28, 32)?;
    let flags = reader.word(if wide { 48 } else { 36 })?;
    let header_bytes = reader.half(if wide { 54 } else { 42 })?;
    let header_count = reader.half(if wide { 56 } else { 44 })?;
    if usize::from(header_count) > PROGRAM_HEADERS_MAX {
        return Some(Err(ElfError::TooMany));
    }
    let mut image = Image {
        relocatable,
        entry,
        flags,
        float_abi: None,
        segments: Vec::new(),
        interpreter: None,
        headers_address: 0,
        header_bytes,
        header_count,
        executable_stack: true,
    };
    for index in 0..u64::from(header_count) {
        let base = table.checked_add(index * u64::from(header_bytes))?;
        header(reader, base, &mut image)?;
    }
    if image.segments.is_empty() {
        return Some(Err(ElfError::Empty));
    }
    if image.headers_address == 0 {
        let holder = image.segments.iter().find(|s| s.offset <= table && table - s.offset < s.file_bytes);
        image.headers_address = holder.map_or(0, |s| s.address.wrapping_add(table - s.offset));
    }
    Some(Ok(image))
}

fn header(reader: &Reader<'_>, base: u64, image: &mut Image) -> Option<()> {
    let kind = reader.word(base)?;
    let offset = reader.address(base, 4, 8)?;
    let address = reader.address(base, 8, 16)?;
    let file_bytes = reader.address(base, 16, 32)?;
    let memory_bytes = reader.address(base, 20, 40)?;
    let flags = reader.word(base.checked_add(if reader.expected.wide { 4 } else { 24 })?)?;
    match kind {
        PT_LOAD if memory_bytes > 0 => {
            let end = offset.checked_add(file_bytes)?;
            if end > reader.bytes.len() as u64 || file_bytes > memory_bytes {
                return None;
            }
            image.segments.push(Segment {
                address,
                memory_bytes,
                offset,
                file_bytes,
                read: flags & 4 != 0,
                write: flags & 2 != 0,
                execute: flags & 1 != 0,
            });
        }
        PT_INTERP => {
            let start = usize::try_from(offset).ok()?;
            let end = start.checked_add(usize::try_from(file_bytes).ok()?)?;
            let path = reader.bytes.get(start..end)?;
            let path = path.split(|&byte| byte == 0).next()?;
            image.interpreter = Some(path.to_vec());
        }
        PT_MIPS_ABIFLAGS if reader.expected.machine == MIPS => {
            let at = (file_bytes >= MIPS_ABIFLAGS_BYTES).then(|| offset.checked_add(MIPS_FLOAT_ABI))??;
            image.float_abi = Some(reader.number(at, 1)? as u8);
        }
        PT_PHDR => image.headers_address = address,
        PT_GNU_STACK => image.executable_stack = flags & 1 != 0,
        _ => {}
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

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
        assert_eq!(error, ElfError::Architecture { machine: 8, class: 1, data: 2 });
    }

    #[test]
    fn every_truncation_is_an_error_and_never_a_panic() {
        let whole = tiny(false);
        for length in 0..whole.len() {
            assert!(parse(&whole[..length], MIPSEL).is_err(), "{length}");
        }
    }
}
