//! A tolerant reader of ELF headers (System V gABI, chapter 4).
//!
//! Key type: [`Elf`]. Only `e_ident`, `e_machine`, `e_entry`, `e_flags` and the program headers are trusted;
//! section tables of malware lie. Neighbour: [`super::program`] draws the conclusions.
use super::bytes::Bytes;

/// Program and section headers that are looked at.
const HEADERS_MAX: u64 = 256;

pub(crate) const PT_LOAD: u32 = 1;
pub(crate) const PT_DYNAMIC: u32 = 2;
pub(crate) const PT_INTERP: u32 = 3;
pub(crate) const PT_NOTE: u32 = 4;
pub(crate) const PT_MIPS_ABIFLAGS: u32 = 0x7000_0003;
pub(crate) const ET_DYN: u16 = 3;
const SHT_SYMTAB: u32 = 2;
pub(crate) const SHT_ARM_ATTRIBUTES: u32 = 0x7000_0003;

/// One program header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) kind: u32,
    pub(crate) flags: u32,
    pub(crate) offset: u64,
    pub(crate) file_size: u64,
}

/// One section header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section {
    pub(crate) kind: u32,
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

/// What the headers say.
#[derive(Clone, Debug)]
pub(crate) struct Elf<'a> {
    pub(crate) file: Bytes<'a>,
    pub(crate) is_64: bool,
    pub(crate) os_abi: u8,
    pub(crate) kind: u16,
    pub(crate) machine: u16,
    pub(crate) entry: u64,
    pub(crate) flags: u32,
    pub(crate) segments: Vec<Segment>,
    pub(crate) sections: Vec<Section>,
    /// section table and string index stand in the file
    pub(crate) sections_credible: bool,
    /// end of the program header table in the file
    pub(crate) headers_end: u64,
    /// what is odd about the headers
    pub(crate) notes: Vec<String>,
}

impl<'a> Elf<'a> {
    /// Reads what can be read. `None` without the magic number or with less than a header.
    pub(crate) fn read(all: &'a [u8]) -> Option<Elf<'a>> {
        if !all.starts_with(b"\x7fELF") {
            return None;
        }
        let mut notes = Vec::new();
        let big = match all.get(5)? {
            1 => false,
            2 => true,
            other => {
                notes.push(format!("EI_DATA {other} is neither little nor big: guessed from e_machine"));
                // Machine numbers of devices are below 256: the zero byte tells the order.
                all.get(18) == Some(&0)
            }
        };
        let file = Bytes { all, big };
        let machine = file.u16(18)?;
        let is_64 = match all.get(4)? {
            1 => false,
            2 => true,
            other => {
                notes.push(format!("EI_CLASS {other} is neither 32 nor 64 bit: guessed from e_machine"));
                matches!(machine, 21 | 22 | 43 | 62 | 183 | 243 | 258 | 0x9026)
            }
        };
        let mut elf = Elf {
            file,
            is_64,
            os_abi: *all.get(7)?,
            kind: file.u16(16)?,
            machine,
            entry: if is_64 { file.u64(24)? } else { file.u32(24)?.into() },
            flags: file.u32(if is_64 { 48 } else { 36 })?,
            segments: Vec::new(),
            sections: Vec::new(),
            sections_credible: false,
            headers_end: 0,
            notes,
        };
        elf.read_segments();
        elf.read_sections();
        Some(elf)
    }

    fn word(&self, at: u64) -> Option<u64> {
        if self.is_64 { self.file.u64(at) } else { self.file.u32(at).map(u64::from) }
    }

    fn read_segments(&mut self) {
        let (table, size_at, size) = if self.is_64 { (32, 54, 56) } else { (28, 42, 32) };
        let (Some(start), Some(entry_size), Some(count)) =
            (self.word(table), self.file.u16(size_at), self.file.u16(size_at + 2))
        else {
            return;
        };
        if u64::from(entry_size) != size {
            self.notes.push(format!("e_phentsize is {entry_size}, not {size}"));
        }
        let count = u64::from(count).min(HEADERS_MAX);
        for index in 0..count {
            let at = start.saturating_add(index * size);
            let Some(segment) = self.segment(at) else {
                self.notes.push(format!("program header {index} of {count} lies outside the file"));
                break;
            };
            self.segments.push(segment);
        }
        self.headers_end = start.saturating_add(count * size);
    }

    fn segment(&self, at: u64) -> Option<Segment> {
        let field = |narrow: u64, wide: u64| at.checked_add(if self.is_64 { wide } else { narrow });
        Some(Segment {
            kind: self.file.u32(at)?,
            flags: self.file.u32(field(24, 4)?)?,
            offset: self.word(field(4, 8)?)?,
            file_size: self.word(field(16, 32)?)?,
        })
    }

    fn read_sections(&mut self) {
        let (table, size_at, size) = if self.is_64 { (40, 58, 64) } else { (32, 46, 40) };
        let (Some(start), Some(entry_size), Some(count), Some(names)) = (
            self.word(table),
            self.file.u16(size_at),
            self.file.u16(size_at + 2),
            self.file.u16(size_at + 4),
        ) else {
            return;
        };
        if count == 0 || start == 0 {
            return;
        }
        for index in 0..u64::from(count).min(HEADERS_MAX) {
            let at = start.saturating_add(index * size);
            let Some(section) = self.section(at) else { break };
            self.sections.push(section);
        }
        let whole = self.sections.len() as u64 == u64::from(count).min(HEADERS_MAX);
        self.sections_credible = whole && u64::from(entry_size) == size && names < count;
        if !self.sections_credible {
            self.notes
                .push(format!("section table lies: {} of {count} entries in the file", self.sections.len()));
        }
    }

    fn section(&self, at: u64) -> Option<Section> {
        let field = |narrow: u64, wide: u64| at.checked_add(if self.is_64 { wide } else { narrow });
        Some(Section {
            kind: self.file.u32(at.checked_add(4)?)?,
            offset: self.word(field(16, 24)?)?,
            size: self.word(field(20, 32)?)?,
        })
    }

    pub(crate) fn segments_of(&self, kind: u32) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(move |segment| segment.kind == kind)
    }
    /// The bytes of a segment that are in the file.
    pub(crate) fn segment_bytes(&self, segment: &Segment) -> &'a [u8] {
        self.file.clipped(segment.offset, segment.file_size)
    }
    /// Bytes that the file needs for its last PT_LOAD.
    pub(crate) fn needed_bytes(&self) -> u64 {
        self.segments_of(PT_LOAD).map(|load| load.offset.saturating_add(load.file_size)).max().unwrap_or(0)
    }
    /// The program interpreter, if one is asked for.
    pub(crate) fn interpreter(&self) -> Option<String> {
        let segment = self.segments_of(PT_INTERP).next()?;
        let path = self.file.c_string(segment.offset, segment.file_size.min(256));
        Some(String::from_utf8_lossy(path).into_owned())
    }
    /// A symbol table that holds symbols stands in the file.
    pub(crate) fn has_symbols(&self) -> bool {
        let inside = |section: &&Section| self.file.slice(section.offset, section.size).is_some();
        self.sections.iter().filter(inside).any(|section| section.kind == SHT_SYMTAB && section.size > 0)
    }
    /// Owner names and types of the notes, at most 32.
    pub(crate) fn notes_in_file(&self) -> Vec<(String, u32, &'a [u8])> {
        let mut found = Vec::new();
        for segment in self.segments_of(PT_NOTE).take(8) {
            let mut at = segment.offset;
            let end = segment.offset.saturating_add(segment.file_size);
            while at < end && found.len() < 32 {
                let Some((name, kind, body, next)) = self.note(at) else { break };
                found.push((name, kind, body));
                at = next;
            }
        }
        found
    }

    fn note(&self, at: u64) -> Option<(String, u32, &'a [u8], u64)> {
        let name_size = u64::from(self.file.u32(at)?);
        let body_size = u64::from(self.file.u32(at.checked_add(4)?)?);
        let kind = self.file.u32(at.checked_add(8)?)?;
        let name_at = at.checked_add(12)?;
        let body_at = name_at.checked_add(name_size.next_multiple_of(4))?;
        let name = self.file.c_string(name_at, name_size.min(32));
        let body = self.file.slice(body_at, body_size)?;
        let next = body_at.checked_add(body_size.next_multiple_of(4))?;
        Some((String::from_utf8_lossy(name).into_owned(), kind, body, next))
    }
}
