//! The instruction sets we run, one row each. Key types: [`Isa`], [`IsaRow`]. Machine numbers: ELF gABI, `e_machine`.

/// An instruction set together with its byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Isa {
    /// AArch64: Armv8.0-A with CRC32, little endian.
    Aarch64,
    /// ARMv7-A, little endian.
    ArmEl,
    /// ARMv7-A, data big endian; code as the ELF header's flags say (BE8), else big endian too (BE32).
    ArmEb,
    /// i386 and its successors in 32-bit mode.
    I386,
    /// MIPS32 release 2, little endian.
    Mips32El,
    /// MIPS32 release 2, big endian.
    Mips32Eb,
    /// x86-64.
    X86_64,
}

/// What the rest of the product needs to know of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IsaRow {
    /// The set.
    pub isa: Isa,
    /// Name as reports and `--stats` print it.
    pub name: &'static str,
    /// ELF `e_machine`.
    pub elf_machine: u16,
    /// ELF `EI_CLASS`: 1 = 32 bit, 2 = 64 bit.
    pub elf_class: u8,
    /// ELF `EI_DATA`: 1 = little endian, 2 = big endian.
    pub elf_data: u8,
    /// Lowest address above user space.
    pub user_end: u64,
}

/// Every set, sorted by name.
pub static ISAS: [IsaRow; 7] = [
    IsaRow {
        isa: Isa::Aarch64,
        name: "aarch64",
        elf_machine: 183,
        elf_class: 2,
        elf_data: 1,
        user_end: 0x80_0000_0000,
    },
    IsaRow {
        isa: Isa::ArmEl,
        name: "arm",
        elf_machine: 40,
        elf_class: 1,
        elf_data: 1,
        user_end: 0xbf00_0000,
    },
    IsaRow {
        isa: Isa::ArmEb,
        name: "armeb",
        elf_machine: 40,
        elf_class: 1,
        elf_data: 2,
        user_end: 0xbf00_0000,
    },
    IsaRow { isa: Isa::I386, name: "i386", elf_machine: 3, elf_class: 1, elf_data: 1, user_end: 0xffff_e000 },
    IsaRow {
        isa: Isa::Mips32Eb,
        name: "mips",
        elf_machine: 8,
        elf_class: 1,
        elf_data: 2,
        user_end: 0x7fff_8000,
    },
    IsaRow {
        isa: Isa::Mips32El,
        name: "mipsel",
        elf_machine: 8,
        elf_class: 1,
        elf_data: 1,
        user_end: 0x7fff_8000,
    },
    IsaRow {
        isa: Isa::X86_64,
        name: "x86_64",
        elf_machine: 62,
        elf_class: 2,
        elf_data: 1,
        user_end: 0x7fff_ffff_f000,
    },
];

impl Isa {
    /// The row of this set.
    #[must_use]
    pub fn row(self) -> &'static IsaRow {
        match self {
            Isa::Aarch64 => &ISAS[0],
            Isa::ArmEl => &ISAS[1],
            Isa::ArmEb => &ISAS[2],
            Isa::I386 => &ISAS[3],
            Isa::Mips32Eb => &ISAS[4],
            Isa::Mips32El => &ISAS[5],
            Isa::X86_64 => &ISAS[6],
        }
    }

    /// The set of an ELF header, if we run it.
    #[must_use]
    pub fn of_elf(machine: u16, class: u8, data: u8) -> Option<Isa> {
        ISAS.iter()
            .find(|row| row.elf_machine == machine && row.elf_class == class && row.elf_data == data)
            .map(|row| row.isa)
    }

    /// Are multi-byte values stored most significant byte first?
    #[must_use]
    pub fn is_big_endian(self) -> bool {
        self.row().elf_data == 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_each_set_finds_its_own() {
        assert!(ISAS.windows(2).all(|pair| pair[0].name < pair[1].name));
        for row in &ISAS {
            assert_eq!(row.isa.row(), row);
            assert_eq!(Isa::of_elf(row.elf_machine, row.elf_class, row.elf_data), Some(row.isa));
        }
        assert_eq!(Isa::of_elf(62, 2, 2), None);
    }
}
