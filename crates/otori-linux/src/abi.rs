//! What differs between the binary interfaces of Linux: numbers and byte order; key types [`Numbering`]
//! and [`Endian`]. Neighbours: errno.rs, tty/ and net/ lay out guest structures with them.

/// Which column of the tables applies: constants that MIPS numbers in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Numbering {
    /// `asm-generic`: ARM, AArch64, x86, RISC-V
    #[default]
    Generic,
    /// `arch/mips/include/uapi/asm`
    Mips,
}

/// Byte order of the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Endian {
    /// least significant byte first
    #[default]
    Little,
    /// most significant byte first
    Big,
}

impl Endian {
    /// Two bytes in the guest's order.
    pub fn u16(self, value: u16) -> [u8; 2] {
        match self {
            Endian::Little => value.to_le_bytes(),
            Endian::Big => value.to_be_bytes(),
        }
    }

    /// Four bytes in the guest's order.
    pub fn u32(self, value: u32) -> [u8; 4] {
        match self {
            Endian::Little => value.to_le_bytes(),
            Endian::Big => value.to_be_bytes(),
        }
    }

    /// The value of two guest bytes.
    pub fn read_u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Endian::Little => u16::from_le_bytes(bytes),
            Endian::Big => u16::from_be_bytes(bytes),
        }
    }

    /// The value of four guest bytes.
    pub fn read_u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Endian::Little => u32::from_le_bytes(bytes),
            Endian::Big => u32::from_be_bytes(bytes),
        }
    }
}
