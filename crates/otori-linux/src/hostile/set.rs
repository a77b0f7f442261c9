//! The sets that hostile guests are made for: each instruction set with its byte orders and encodings.
//! Key items: [`SETS`], [`Set::executable`]. System V gABI; `e_flags` of the processor supplements.
use alloc::vec::Vec;
use otori_cpu::Isa;

/// Where the segment of an [`Set::executable`] starts.
pub(super) const BASE: u64 = 0x1_0000;
/// Where code stands in it.
pub(super) const CODE: u64 = BASE + 0x100;

/// Order of the bytes in an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

/// One kind of guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Set {
    /// name, for messages and for `OTORI_HOSTILE_SET`
    pub name: &'static str,
    /// instruction set
    pub isa: Isa,
    /// `e_flags`
    pub(super) flags: u32,
    /// instructions are halves: T32 or MIPS16e
    pub(super) halves: bool,
    pub(super) order: Order,
    /// instructions that jump to themselves
    pub(super) spin: &'static [u8],
}

const fn set(name: &'static str, isa: Isa, flags: u32, order: Order, spin: &'static [u8]) -> Set {
    Set { name, isa, flags, halves: false, order, spin }
}

/// EABI 5, and its code little endian while data is big endian.
const ARM: u32 = 0x0500_0000;
const ARM_BE8: u32 = ARM | 0x0080_0000;
/// o32, MIPS32 release 2.
const MIPS: u32 = 0x7000_1000;
/// And says that there is MIPS16e in it.
const MIPS16: u32 = MIPS | 0x0400_0000;

/// Every set.
pub static SETS: [Set; 12] = [
    set("mipsel", Isa::Mips32El, MIPS, Order::Little, &[0xff, 0xff, 0, 0x10, 0, 0, 0, 0]),
    set("mips", Isa::Mips32Eb, MIPS, Order::Big, &[0x10, 0, 0xff, 0xff, 0, 0, 0, 0]),
    Set { halves: true, ..set("mips16el", Isa::Mips32El, MIPS16, Order::Little, &[0xff, 0x17]) },
    Set { halves: true, ..set("mips16", Isa::Mips32Eb, MIPS16, Order::Big, &[0x17, 0xff]) },
    set("arm", Isa::ArmEl, ARM, Order::Little, &[0xfe, 0xff, 0xff, 0xea]),
    Set { halves: true, ..set("thumb", Isa::ArmEl, ARM, Order::Little, &[0xfe, 0xe7]) },
    set("arm-be8", Isa::ArmEb, ARM_BE8, Order::Little, &[0xfe, 0xff, 0xff, 0xea]),
    Set { halves: true, ..set("thumb-be8", Isa::ArmEb, ARM_BE8, Order::Little, &[0xfe, 0xe7]) },
    set("arm-be32", Isa::ArmEb, ARM, Order::Big, &[0xea, 0xff, 0xff, 0xfe]),
    set("aarch64", Isa::Aarch64, 0, Order::Little, &[0, 0, 0, 0x14]),
    set("i386", Isa::I386, 0, Order::Little, &[0xeb, 0xfe]),
    set("x86_64", Isa::X86_64, 0, Order::Little, &[0xeb, 0xfe]),
];

impl Set {
    /// The address that makes the processor run `at` in this set's encoding.
    pub(super) fn entry(&self, at: u64) -> u64 {
        at | u64::from(self.halves)
    }

    /// A static executable with one segment that may be read, written and executed: `code` at [`CODE`], entered
    /// there, and `room` bytes of zeros behind it.
    #[must_use]
    pub fn executable(&self, code: &[u8], room: u64) -> Vec<u8> {
        let row = self.isa.row();
        let wide = row.elf_class == 2;
        let mut image = alloc::vec![0x7f, b'E', b'L', b'F', row.elf_class, row.elf_data, 1];
        image.resize(16, 0);
        let put = |image: &mut Vec<u8>, value: u64, bytes: usize| match row.elf_data {
            2 => image.extend(&value.to_be_bytes()[8 - bytes..]),
            _ => image.extend(&value.to_le_bytes()[..bytes]),
        };
        let (word, header, program_header) = if wide { (8, 64, 56) } else { (4, 52, 32) };
        for (value, bytes) in [(2, 2), (u64::from(row.elf_machine), 2), (1, 4), (self.entry(CODE), word)] {
            put(&mut image, value, bytes);
        }
        let flags = u64::from(self.flags);
        for (value, bytes) in
            [(header, word), (0, word), (flags, 4), (header, 2), (program_header, 2), (1, 2)]
        {
            put(&mut image, value, bytes);
        }
        image.resize(header as usize, 0);
        let bytes = CODE - BASE + code.len() as u64;
        put(&mut image, 1, 4);
        if wide {
            put(&mut image, 7, 4);
        }
        for value in [0, BASE, BASE, bytes, bytes + room] {
            put(&mut image, value, word);
        }
        if !wide {
            put(&mut image, 7, 4);
        }
        put(&mut image, 0x1000, word);
        image.resize((CODE - BASE) as usize, 0);
        image.extend(code);
        image
    }
}
