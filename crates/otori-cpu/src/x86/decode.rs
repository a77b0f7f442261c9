//! Instruction bytes to fields: prefixes, opcode, ModRM, SIB, displacement, immediate. Key type: [`Instruction`].
//! Intel SDM volume 2, chapter 2 and appendix A. What the fields mean is `assemble`'s business.

use super::cpu::{ADDRESS, FS_BASE, GS_BASE, Mode, NOTHING};
use crate::run::Source;
use crate::slot::Slot;

/// Bytes of an instruction at most.
const LENGTH_MAX: i32 = 15;

/// Which opcode table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Map {
    /// One byte.
    One,
    /// Behind 0F.
    Two,
    /// Behind 0F 38.
    Three38,
    /// Behind 0F 3A.
    Three3A,
}

/// Bits of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AddressBits {
    /// 16.
    Half,
    /// 32.
    Word,
    /// 64.
    Long,
}

/// The last repeat prefix, which is also part of the opcode of vector instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// None.
    None,
    /// F2.
    NotEqual,
    /// F3.
    Equal,
}

/// A memory operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// [`NOTHING`] if there is none.
    pub base: Slot,
    /// [`NOTHING`] if there is none.
    pub index: Slot,
    /// The index is shifted left by this.
    pub shift: u8,
    /// Sign extended.
    pub displacement: i32,
    /// Counts from the next instruction.
    pub relative: bool,
}

/// What the r/m field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// A register, by number.
    Register(u8),
    /// Memory.
    Memory(Place),
}

/// An instruction taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instruction {
    pub mode: Mode,
    pub map: Map,
    pub opcode: u8,
    /// The REX prefix, or 0.
    pub rex: u8,
    /// The prefix 66.
    pub operand_prefix: bool,
    pub repeat: Repeat,
    pub lock: bool,
    /// [`NOTHING`], [`FS_BASE`] or [`GS_BASE`].
    pub segment: Slot,
    pub address: AddressBits,
    pub modrm: u8,
    /// The reg field with its REX bit.
    pub register: u8,
    pub operand: Operand,
    /// Sign extended.
    pub immediate: i64,
    /// The second immediate of `enter` and far pointers.
    pub second: u16,
    pub length: i32,
}

/// Why there is no instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undecoded {
    /// A byte is outside the source.
    Cut,
    /// Too long.
    Long,
}

struct Reader<'a> {
    source: &'a Source<'a>,
    start: i32,
    at: i32,
}

impl Reader<'_> {
    fn u8(&mut self) -> Result<u8, Undecoded> {
        if self.at - self.start >= LENGTH_MAX {
            return Err(Undecoded::Long);
        }
        let byte = self.source.u8(self.at).ok_or(Undecoded::Cut)?;
        self.at += 1;
        Ok(byte)
    }

    /// `bytes` (at most eight), sign extended.
    fn signed(&mut self, bytes: u32) -> Result<i64, Undecoded> {
        if bytes == 0 {
            return Ok(0);
        }
        let mut value = 0u64;
        for byte in 0..bytes {
            value |= u64::from(self.u8()?) << (8 * byte);
        }
        let unused = 64 - 8 * bytes.min(8);
        Ok((value << unused) as i64 >> unused)
    }
}

/// Does the opcode have a ModRM byte?
fn has_modrm(map: Map, opcode: u8, mode: Mode) -> bool {
    match map {
        Map::One => match opcode {
            0x00..=0x3f => opcode & 7 < 4,
            0x62 => mode == Mode::I386,
            0x63 | 0x69 | 0x6b | 0x80..=0x8f | 0xc0 | 0xc1 | 0xc4..=0xc7 => true,
            0xd0..=0xd3 | 0xd8..=0xdf | 0xf6 | 0xf7 | 0xfe | 0xff => true,
            _ => false,
        },
        Map::Two => !matches!(
            opcode,
            0x04..=0x0c | 0x0e | 0x0f | 0x30..=0x3f | 0x77 | 0x80..=0x8f | 0xa0..=0xa2 | 0xa8..=0xaa
                | 0xc8..=0xcf | 0xff
        ),
        Map::Three38 | Map::Three3A => true,
    }
}

/// How long the immediate is, in bytes; `z` is the length of one that goes with the operand size.
fn immediate_bytes(instruction: &Instruction, z: u32) -> u32 {
    let opcode = instruction.opcode;
    match instruction.map {
        Map::Three3A => 1,
        Map::Three38 => 0,
        Map::Two => match opcode {
            0x70..=0x73 | 0xa4 | 0xac | 0xba | 0xc2 | 0xc4..=0xc6 => 1,
            0x80..=0x8f => branch_bytes(instruction),
            _ => 0,
        },
        Map::One => match opcode {
            0x00..=0x3f if opcode & 7 == 4 => 1,
            0x00..=0x3f if opcode & 7 == 5 => z,
            0x6a | 0x6b | 0x70..=0x80 | 0x82 | 0x83 | 0xa8 | 0xb0..=0xb7 | 0xc0 | 0xc1 | 0xc6 => 1,
            0xcd | 0xd4 | 0xd5 | 0xe0..=0xe7 | 0xeb => 1,
            0x68 | 0x69 | 0x81 | 0xa9 | 0xc7 | 0x9a | 0xea => z,
            0xe8 | 0xe9 => branch_bytes(instruction),
            0xb8..=0xbf if instruction.rex & 8 != 0 => 8,
            0xb8..=0xbf => z,
            0xc2 | 0xca | 0xc8 => 2,
            0xa0..=0xa3 => match instruction.address {
                AddressBits::Half => 2,
                AddressBits::Word => 4,
                AddressBits::Long => 8,
            },
            0xf6 if instruction.modrm & 0x30 == 0 => 1,
            0xf7 if instruction.modrm & 0x30 == 0 => z,
            _ => 0,
        },
    }
}

/// In 64-bit mode the operand-size prefix does not shorten a branch (Intel's reading).
fn branch_bytes(instruction: &Instruction) -> u32 {
    if instruction.operand_prefix && instruction.mode == Mode::I386 { 2 } else { 4 }
}

/// Takes the instruction at a distance apart.
pub(super) fn decode(mode: Mode, source: &Source, at: i32) -> Result<Instruction, Undecoded> {
    let mut reader = Reader { source, start: at, at };
    let mut instruction = Instruction {
        mode,
        map: Map::One,
        opcode: 0,
        rex: 0,
        operand_prefix: false,
        repeat: Repeat::None,
        lock: false,
        segment: NOTHING,
        address: if mode == Mode::I386 { AddressBits::Word } else { AddressBits::Long },
        modrm: 0,
        register: 0,
        operand: Operand::Register(0),
        immediate: 0,
        second: 0,
        length: 0,
    };
    prefixes(&mut reader, &mut instruction)?;
    if instruction.opcode == 0x0f {
        instruction.opcode = reader.u8()?;
        instruction.map = match instruction.opcode {
            0x38 => Map::Three38,
            0x3a => Map::Three3A,
            _ => Map::Two,
        };
        if instruction.map != Map::Two {
            instruction.opcode = reader.u8()?;
        }
    }
    if has_modrm(instruction.map, instruction.opcode, mode) {
        modrm(&mut reader, &mut instruction)?;
    }
    let z = if instruction.operand_prefix && instruction.rex & 8 == 0 { 2 } else { 4 };
    instruction.immediate = reader.signed(immediate_bytes(&instruction, z))?;
    if instruction.map == Map::One {
        instruction.second = match instruction.opcode {
            0xc8 => reader.u8()?.into(),
            0x9a | 0xea => reader.signed(2)? as u16,
            _ => 0,
        };
    }
    instruction.length = reader.at - at;
    Ok(instruction)
}

/// Prefixes and the first byte of the opcode.
fn prefixes(reader: &mut Reader, instruction: &mut Instruction) -> Result<(), Undecoded> {
    let long = instruction.mode == Mode::X86_64;
    loop {
        let byte = reader.u8()?;
        match byte {
            0x66 => instruction.operand_prefix = true,
            0x67 => {
                instruction.address = if long { AddressBits::Word } else { AddressBits::Half };
            }
            0xf0 => instruction.lock = true,
            0xf2 => instruction.repeat = Repeat::NotEqual,
            0xf3 => instruction.repeat = Repeat::Equal,
            // In 64-bit mode these segments have no base, and their prefixes no meaning.
            0x26 | 0x2e | 0x36 | 0x3e if long => {}
            0x26 | 0x2e | 0x36 | 0x3e => instruction.segment = NOTHING,
            0x64 => instruction.segment = FS_BASE,
            0x65 => instruction.segment = GS_BASE,
            0x40..=0x4f if long => {
                // Only in front of the opcode: what follows makes it void.
                instruction.rex = byte;
                continue;
            }
            _ => {
                instruction.opcode = byte;
                return Ok(());
            }
        }
        instruction.rex = 0;
    }
}

fn modrm(reader: &mut Reader, instruction: &mut Instruction) -> Result<(), Undecoded> {
    let byte = reader.u8()?;
    instruction.modrm = byte;
    let rex = instruction.rex;
    instruction.register = byte >> 3 & 7 | (rex & 4) << 1;
    instruction.operand = match byte >> 6 {
        3 => Operand::Register(byte & 7 | (rex & 1) << 3),
        _ if instruction.address == AddressBits::Half => Operand::Memory(half_place(reader, byte)?),
        _ => Operand::Memory(place(reader, instruction, byte)?),
    };
    Ok(())
}

fn place(reader: &mut Reader, instruction: &Instruction, byte: u8) -> Result<Place, Undecoded> {
    let rex = instruction.rex;
    let (kind, low) = (byte >> 6, byte & 7);
    let mut place = Place { base: NOTHING, index: NOTHING, shift: 0, displacement: 0, relative: false };
    let mut base = low;
    if low == 4 {
        let sib = reader.u8()?;
        base = sib & 7;
        let index = sib >> 3 & 7 | (rex & 2) << 2;
        if index != 4 {
            (place.index, place.shift) = (Slot::of(index.into()), sib >> 6);
        }
    }
    let bytes = match kind {
        0 if base == 5 => 4,
        0 => 0,
        1 => 1,
        _ => 4,
    };
    if kind == 0 && base == 5 {
        place.relative = low == 5 && instruction.mode == Mode::X86_64;
    } else {
        place.base = Slot::of((base | (rex & 1) << 3).into());
    }
    if bytes > 0 {
        place.displacement = reader.signed(bytes)? as i32;
    }
    Ok(place)
}

/// The addressing of the 8086.
fn half_place(reader: &mut Reader, byte: u8) -> Result<Place, Undecoded> {
    const BX: Slot = Slot::R3;
    const BP: Slot = Slot::R5;
    const SI: Slot = Slot::R6;
    const DI: Slot = Slot::R7;
    let kind = byte >> 6;
    let (base, index) = match byte & 7 {
        0 => (BX, SI),
        1 => (BX, DI),
        2 => (BP, SI),
        3 => (BP, DI),
        4 => (SI, NOTHING),
        5 => (DI, NOTHING),
        6 if kind == 0 => (NOTHING, NOTHING),
        6 => (BP, NOTHING),
        _ => (BX, NOTHING),
    };
    let bytes = match kind {
        0 if byte & 7 == 6 => 2,
        0 => 0,
        kind => kind,
    };
    let displacement = if bytes > 0 { reader.signed(bytes.into())? as i32 } else { 0 };
    Ok(Place { base, index, shift: 0, displacement, relative: false })
}

impl Place {
    /// What an address that was computed before points at.
    pub(super) const COMPUTED: Place =
        Place { base: ADDRESS, index: NOTHING, shift: 0, displacement: 0, relative: false };
}

impl Instruction {
    /// Bits of an operand whose size the prefixes choose.
    pub(super) fn bits(&self) -> u32 {
        match (self.rex & 8 != 0, self.operand_prefix) {
            (true, _) => 64,
            (_, true) => 16,
            _ => 32,
        }
    }

    /// The same, for instructions that are 64 bits wide in 64-bit mode without being told.
    pub(super) fn stack_bits(&self) -> u32 {
        match (self.operand_prefix, self.mode) {
            (true, _) => 16,
            (_, Mode::X86_64) => 64,
            (_, Mode::I386) => 32,
        }
    }

    /// The reg field alone: a further part of the opcode.
    pub(super) fn group(&self) -> u8 {
        self.modrm >> 3 & 7
    }

    /// Is the r/m operand in memory?
    pub(super) fn in_memory(&self) -> bool {
        matches!(self.operand, Operand::Memory(_))
    }
}
