//! Names of the general registers. Key type: [`Reg`]; an `enum`, so that indexing the 32 registers needs no check.

/// A general register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[rustfmt::skip]
pub enum Reg {
    R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10, R11, R12, R13, R14, R15,
    R16, R17, R18, R19, R20, R21, R22, R23, R24, R25, R26, R27, R28, R29, R30, R31,
}

#[rustfmt::skip]
static ALL: [Reg; 32] = {
    use Reg::*;
    [
        R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10, R11, R12, R13, R14, R15,
        R16, R17, R18, R19, R20, R21, R22, R23, R24, R25, R26, R27, R28, R29, R30, R31,
    ]
};

impl Reg {
    /// The register in the low five bits of a field.
    #[must_use]
    pub fn from_field(field: u32) -> Reg {
        ALL[(field & 31) as usize]
    }
}
