//! Small ELF files, whole and damaged on purpose. Key types: [`Build`], which describes one, and [`Part`], a program
//! header of it. System V gABI.
use crate::set::{CODE, Set};

/// Bytes of the file of a fresh [`Build`].
pub const FILE_BYTES: u64 = 0x2000;
/// The first byte of the second segment, as the file has it; an exit status of the probe.
pub const DATA_BYTE: u8 = 0x5a;

/// `p_type`
pub mod kind {
    pub const LOAD: u32 = 1;
    pub const INTERP: u32 = 3;
    pub const NOTE: u32 = 4;
    pub const GNU_STACK: u32 = 0x6474_e551;
    pub const MIPS_ABIFLAGS: u32 = 0x7000_0003;
}

/// One program header.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub kind: u32,
    pub flags: u32,
    pub offset: u64,
    pub address: u64,
    pub file_bytes: u64,
    pub memory_bytes: u64,
    pub align: u64,
}

/// A file to be: two segments, the first with the code, the second with data and zeros behind them.
#[derive(Clone, Debug)]
pub struct Build {
    pub set: &'static Set,
    /// e_type
    pub kind: u16,
    pub machine: u16,
    pub class: u8,
    pub data: u8,
    /// e_version
    pub version: u32,
    pub entry: u64,
    /// e_phoff; behind the ELF header when not set
    pub table: Option<u64>,
    /// e_flags
    pub flags: u32,
    /// e_phentsize
    pub header_bytes: Option<u16>,
    /// e_phnum
    pub header_count: Option<u16>,
    pub parts: Vec<Part>,
    /// what the program reads and ends with; without it it ends with [`crate::set::STATUS`]
    pub probe: Option<u64>,
    /// bytes put over the finished file
    pub over: Vec<(usize, Vec<u8>)>,
    /// length that it is cut to, or filled up to with zeros
    pub length: Option<usize>,
}

impl Build {
    /// A file that runs and ends with [`crate::set::STATUS`].
    pub fn new(set: &'static Set) -> Build {
        let part = |flags, offset, address, file_bytes, memory_bytes| Part {
            kind: kind::LOAD,
            flags,
            offset,
            address,
            file_bytes,
            memory_bytes,
            align: 0x1000,
        };
        let stack = Part { kind: kind::GNU_STACK, ..part(6, 0, 0, 0, 0) };
        Build {
            set,
            kind: 2,
            machine: set.machine,
            class: if set.wide { 2 } else { 1 },
            data: if set.big_endian { 2 } else { 1 },
            version: 1,
            entry: set.base + CODE,
            table: None,
            flags: set.flags,
            header_bytes: None,
            header_count: None,
            parts: vec![
                part(5, 0, set.base, 0x1000, 0x1000),
                part(6, 0x1000, set.base + 0x1_0000, 0x800, 0x3000),
                stack,
            ],
            probe: None,
            over: Vec::new(),
            length: None,
        }
    }

    /// The first byte of the second segment.
    pub fn data_address(&self) -> u64 {
        self.set.base + 0x1_0000
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> Vec<u8> {
        let set = self.set;
        let (word, header, one) = if set.wide { (8, 64, 56) } else { (4, 52, 32) };
        let mut file = vec![0x7f, b'E', b'L', b'F', self.class, self.data, 1];
        file.resize(16, 0);
        let put = |file: &mut Vec<u8>, value: u64, length: usize| match set.big_endian {
            true => file.extend(&value.to_be_bytes()[8 - length..]),
            false => file.extend(&value.to_le_bytes()[..length]),
        };
        let table = self.table.unwrap_or(header);
        let fields = [
            (u64::from(self.kind), 2),
            (u64::from(self.machine), 2),
            (u64::from(self.version), 4),
            (self.entry, word),
            (table, word),
            (0, word),
            (u64::from(self.flags), 4),
            (header, 2),
            (u64::from(self.header_bytes.unwrap_or(one)), 2),
            (u64::from(self.header_count.unwrap_or(self.parts.len() as u16)), 2),
            (0, 6),
        ];
        fields.iter().for_each(|(value, length)| put(&mut file, *value, *length));
        let mut headers = Vec::new();
        for part in &self.parts {
            put(&mut headers, u64::from(part.kind), 4);
            if set.wide {
                put(&mut headers, u64::from(part.flags), 4);
            }
            for value in [part.offset, part.address, part.address, part.file_bytes, part.memory_bytes] {
                put(&mut headers, value, word);
            }
            if !set.wide {
                put(&mut headers, u64::from(part.flags), 4);
            }
            put(&mut headers, part.align, word);
        }
        // a table that is far away, or overlaps the header, is written where it is if it fits
        let place = usize::try_from(table).unwrap_or(usize::MAX);
        let end = place.saturating_add(headers.len());
        file.resize((FILE_BYTES as usize).max(if end <= 1 << 20 { end } else { 0 }), 0);
        let code = set.code(self.probe);
        file[CODE as usize..CODE as usize + code.len()].copy_from_slice(&code);
        file[0x1000..0x1800].fill(DATA_BYTE);
        file[0x1800..0x2000].fill(0xee);
        if let Some(room) = file.get_mut(place..end) {
            room.copy_from_slice(&headers);
        }
        for (place, bytes) in &self.over {
            file[*place..*place + bytes.len()].copy_from_slice(bytes);
        }
        if let Some(length) = self.length {
            file.resize(length, 0);
        }
        file
    }
}
