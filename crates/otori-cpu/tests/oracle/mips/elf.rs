//! Writes a static MIPS executable by hand: one segment for everything, and the ABI flags that tell qemu which
//! floating point register mode to start in. ELF gABI; MIPS o32 ABI flags, version 0.

use super::generate::{BASE, Mode, Program};
use otori_cpu::mips::{Endian, FloatRegisters};

/// Bytes in front of the code: headers and ABI flags.
pub const CODE_OFFSET: u32 = 0x100;
const FLAGS_OFFSET: u32 = 0xc0;
const FLAGS_BYTES: u32 = 24;

struct Bytes {
    bytes: Vec<u8>,
    endian: Endian,
}

impl Bytes {
    fn half(&mut self, value: u16) {
        self.bytes.extend(if self.endian == Endian::Big { value.to_be_bytes() } else { value.to_le_bytes() });
    }
    fn words(&mut self, values: &[u32]) {
        for value in values {
            self.bytes.extend(if self.endian == Endian::Big {
                value.to_be_bytes()
            } else {
                value.to_le_bytes()
            });
        }
    }
}

/// The segment from [`BASE`] on: headers, code, constants, room for data and dump.
pub fn image(program: &Program, endian: Endian, mode: Mode) -> Vec<u8> {
    let mut out = Bytes { bytes: Vec::new(), endian };
    let order = if endian == Endian::Big { 2 } else { 1 };
    out.bytes.extend([0x7f, b'E', b'L', b'F', 1, order, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    out.half(2);
    out.half(8);
    // Version, entry, program headers at 52, no sections; flags: o32, MIPS32 release 2, noreorder, NaNs of 2008.
    let flags = 0x7000_1001 | if mode.nan_2008 { 0x400 } else { 0 };
    out.words(&[1, BASE + CODE_OFFSET, 52, 0, flags]);
    for half in [52, 32, 2, 0, 0, 0] {
        out.half(half);
    }
    let end = program.memory_bytes();
    let file_bytes = CODE_OFFSET + 4 * program.words.len() as u32;
    out.words(&[1, 0, BASE, BASE, file_bytes, end, 7, 0x1000]);
    out.words(&[
        0x7000_0003,
        FLAGS_OFFSET,
        BASE + FLAGS_OFFSET,
        BASE + FLAGS_OFFSET,
        FLAGS_BYTES,
        FLAGS_BYTES,
        4,
        8,
    ]);
    out.bytes.resize(FLAGS_OFFSET as usize, 0);
    let (register_size, float_abi) = match mode.registers {
        FloatRegisters::Pairs => (1, 1),
        FloatRegisters::Wide | FloatRegisters::Hybrid => (2, 6),
    };
    out.half(0);
    out.bytes.extend([32, 2, 1, register_size, 0, float_abi]);
    out.words(&[0, 0, 0, 0]);
    out.bytes.resize(CODE_OFFSET as usize, 0);
    out.words(&program.words);
    out.bytes
}
