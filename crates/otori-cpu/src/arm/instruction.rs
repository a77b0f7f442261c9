//! What A32 and T32 are decoded to. Key type: [`Instruction`]; made by [`super::decode`] and [`super::thumb`], lowered
//! to operations by [`super::lower`].

/// A condition field: 0 (EQ) to 14 (AL).
pub(super) const ALWAYS: u8 = 14;

/// How an operand is shifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shift {
    Left,
    Right,
    Arithmetic,
    Rotate,
    /// By one, through the carry.
    Extend,
}

impl Shift {
    pub(super) fn of(kind: u32) -> Shift {
        match kind & 3 {
            0 => Shift::Left,
            1 => Shift::Right,
            2 => Shift::Arithmetic,
            _ => Shift::Rotate,
        }
    }

    /// A shift by a constant as the instruction has it: 0 may mean 32 or, of a rotation, one through the carry.
    pub(super) fn immediate(kind: u32, amount: u32) -> (Shift, u8) {
        match (Shift::of(kind), amount) {
            (Shift::Rotate, 0) => (Shift::Extend, 1),
            (Shift::Right, 0) => (Shift::Right, 32),
            (Shift::Arithmetic, 0) => (Shift::Arithmetic, 32),
            (shift, amount) => (shift, amount as u8),
        }
    }
}

/// The flexible second operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// A constant, and the carry it makes when it was rotated.
    Immediate { value: u32, carry: Option<bool> },
    /// A register shifted by a constant.
    Register { m: u8, shift: Shift, amount: u8 },
    /// A register shifted by another.
    Shifted { m: u8, shift: Shift, s: u8 },
}

/// What is added to the base of a load or store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offset {
    Immediate(u32),
    Register { m: u8, shift: Shift, amount: u8, subtract: bool },
}

/// When the offset is added, and whether the base keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Index {
    Offset,
    Pre,
    Post,
}

impl Index {
    /// From the bits P and W of A32.
    pub(super) fn of(before: bool, writeback: bool) -> Index {
        match (before, writeback) {
            (true, false) => Index::Offset,
            (true, true) => Index::Pre,
            (false, _) => Index::Post,
        }
    }
}

/// What a load or store moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Width {
    Word = 0,
    Byte = 1,
    Half = 2,
    SignedByte = 3,
    SignedHalf = 4,
}

/// Opcodes of data processing: those of A32, and T32's ORN.
pub(super) mod code {
    pub const AND: u8 = 0;
    pub const EOR: u8 = 1;
    pub const SUB: u8 = 2;
    pub const RSB: u8 = 3;
    pub const ADD: u8 = 4;
    pub const ADC: u8 = 5;
    pub const SBC: u8 = 6;
    pub const RSC: u8 = 7;
    pub const TST: u8 = 8;
    pub const TEQ: u8 = 9;
    pub const CMP: u8 = 10;
    pub const CMN: u8 = 11;
    pub const ORR: u8 = 12;
    pub const MOV: u8 = 13;
    pub const BIC: u8 = 14;
    pub const MVN: u8 = 15;
    pub const ORN: u8 = 16;

    /// Does its carry come from the shifter?
    pub fn is_logical(code: u8) -> bool {
        !matches!(code, SUB | RSB | ADD | ADC | SBC | RSC | CMP | CMN)
    }
    /// Does it only set flags?
    pub fn is_comparison(code: u8) -> bool {
        (TST..=CMN).contains(&code)
    }
}

/// One instruction without its condition. Distances are from the instruction itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instruction {
    Nop,
    Data {
        code: u8,
        flags: bool,
        d: u8,
        n: u8,
        operand: Operand,
    },
    /// d = the address at a distance.
    Address {
        d: u8,
        distance: u32,
    },
    /// The upper half of d.
    Top {
        d: u8,
        value: u32,
    },
    Load {
        width: Width,
        t: u8,
        n: u8,
        offset: Offset,
        index: Index,
    },
    Store {
        width: Width,
        t: u8,
        n: u8,
        offset: Offset,
        index: Index,
    },
    /// A load from a distance.
    Literal {
        width: Width,
        t: u8,
        distance: u32,
    },
    LoadDouble {
        t: u8,
        u: u8,
        n: u8,
        offset: Offset,
        index: Index,
    },
    StoreDouble {
        t: u8,
        u: u8,
        n: u8,
        offset: Offset,
        index: Index,
    },
    LoadMultiple {
        n: u8,
        list: u16,
        up: bool,
        before: bool,
        writeback: bool,
    },
    StoreMultiple {
        n: u8,
        list: u16,
        up: bool,
        before: bool,
        writeback: bool,
    },
    Branch {
        distance: u32,
    },
    BranchLink {
        distance: u32,
        exchange: bool,
    },
    BranchRegister {
        m: u8,
    },
    BranchLinkRegister {
        m: u8,
    },
    /// cbz, cbnz
    BranchZero {
        n: u8,
        nonzero: bool,
        distance: u32,
    },
    /// tbb, tbh
    BranchTable {
        n: u8,
        m: u8,
        half: bool,
    },
    IfThen {
        state: u8,
    },
    /// Done in one piece from its A32 word and what only T32 can say: an offset, a second register.
    Whole {
        word: u32,
        extra: u32,
    },
    /// VFP and Advanced SIMD, in one piece from its A32 word.
    Simd {
        word: u32,
    },
    SetEndian {
        big: bool,
    },
    Syscall {
        comment: u32,
    },
    Breakpoint {
        comment: u32,
    },
    Illegal,
}

/// An instruction that is done in one piece.
pub(super) fn whole(word: u32) -> Instruction {
    Instruction::Whole { word, extra: 0 }
}
