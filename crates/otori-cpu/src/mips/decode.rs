//! Instruction words to operations. Key type: [`Instruction`]; joined to blocks by [`super::assemble`].
//! Encodings: MIPS32 volume II-A revision 2, tables A.2 to A.24. Refused as illegal: coprocessors 0 and 2, DSP,
//! MSA, paired single, release 6.

use super::mips16;
use super::op::{Comparison, Op};
use crate::slot::Slot as Reg;

/// What an instruction is to the block it stands in. Positions (`at`) are as given to [`decode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instruction {
    /// Does its work and goes on.
    Plain(Op),
    /// Has no effect.
    Nothing,
    /// A conditional branch with a delay slot; `offset` counts bytes from the delay slot.
    Branch { condition: Condition, link: bool, likely: bool, offset: u32 },
    /// Jump within the 256 MB region.
    Jump { target: u32, link: bool },
    /// Jump to a register.
    JumpRegister { s: Reg, link: Reg },
    /// A system call.
    Syscall,
    /// Stops in place: breakpoint or illegal.
    Stop(Op),
}

/// When a branch is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Always,
    Compare { comparison: Comparison, s: Reg, t: Reg },
    Float { code: u8, when: bool },
}

/// The general or floating point register in the low five bits.
fn register(field: u32) -> Reg {
    Reg::of(field & 31)
}

/// The fields of an instruction word.
#[derive(Clone, Copy)]
pub(super) struct Word(pub(super) u32);

impl Word {
    pub(super) fn opcode(self) -> u32 {
        self.0 >> 26
    }
    pub(super) fn s(self) -> Reg {
        register(self.0 >> 21)
    }
    pub(super) fn t(self) -> Reg {
        register(self.0 >> 16)
    }
    pub(super) fn d(self) -> Reg {
        register(self.0 >> 11)
    }
    pub(super) fn amount(self) -> u8 {
        (self.0 >> 6) as u8 & 31
    }
    pub(super) fn function(self) -> u32 {
        self.0 & 63
    }
    fn sign_extended(self) -> u32 {
        i32::from(self.0 as i16) as u32
    }
    fn zero_extended(self) -> u32 {
        self.0 & 0xffff
    }
    fn branch_offset(self) -> u32 {
        self.sign_extended() << 2
    }
}

/// Decodes one instruction that stands at position `at` of its block.
pub(super) fn decode(word: u32, at: u8) -> Instruction {
    let instruction = classify(Word(word), at);
    match instruction {
        Instruction::Plain(op) if op.destination() == Some(Reg::R0) && !op.has_effects() => {
            Instruction::Nothing
        }
        _ => instruction,
    }
}

fn classify(word: Word, at: u8) -> Instruction {
    use Instruction::{Branch, Jump, Nothing, Plain};
    let (s, t, value) = (word.s(), word.t(), word.sign_extended());
    let compare = |comparison, likely| Branch {
        condition: match (comparison, s == t) {
            (Comparison::Equal, true) => Condition::Always,
            _ => Condition::Compare { comparison, s, t },
        },
        link: false,
        likely,
        offset: word.branch_offset(),
    };
    let against_zero = |comparison, likely| match t {
        Reg::R0 => compare_zero(word, comparison, NO_LINK, likely),
        _ => illegal(at),
    };
    match word.opcode() {
        0 => special(word, at),
        1 => register_immediate(word, at),
        2 => Jump { target: word.0 << 2 & 0x0fff_ffff, link: false },
        3 => Jump { target: word.0 << 2 & 0x0fff_ffff, link: true },
        4 => compare(Comparison::Equal, false),
        5 => compare(Comparison::NotEqual, false),
        6 => against_zero(Comparison::LessEqual, false),
        7 => against_zero(Comparison::Greater, false),
        8 => Plain(Op::Addi { t, s, at, value }),
        9 if s == Reg::R0 => Plain(Op::Const { d: t, value }),
        9 => Plain(Op::Addiu { t, s, value }),
        10 => Plain(Op::Slti { t, s, value }),
        11 => Plain(Op::Sltiu { t, s, value }),
        12 => Plain(Op::Andi { t, s, value: word.zero_extended() }),
        13 if s == Reg::R0 => Plain(Op::Const { d: t, value: word.zero_extended() }),
        13 => Plain(Op::Ori { t, s, value: word.zero_extended() }),
        14 => Plain(Op::Xori { t, s, value: word.zero_extended() }),
        15 => Plain(Op::Const { d: t, value: word.0 << 16 }),
        20 => compare(Comparison::Equal, true),
        21 => compare(Comparison::NotEqual, true),
        22 => against_zero(Comparison::LessEqual, true),
        23 => against_zero(Comparison::Greater, true),
        28 => special2(word, at),
        // `jalx`
        29 => Jump { target: word.0 << 2 & 0x0fff_ffff | mips16::MODE, link: true },
        31 => special3(word, at),
        51 => Nothing,
        _ => memory(word, at),
    }
}

const NO_LINK: bool = false;

fn illegal(at: u8) -> Instruction {
    Instruction::Stop(Op::Illegal { at })
}

fn compare_zero(word: Word, comparison: Comparison, link: bool, likely: bool) -> Instruction {
    let holds_for_zero = comparison.holds(0, 0);
    let condition = match word.s() {
        Reg::R0 if holds_for_zero => Condition::Always,
        s => Condition::Compare { comparison, s, t: Reg::R0 },
    };
    Instruction::Branch { condition, link, likely, offset: word.branch_offset() }
}

/// Loads and stores, opcodes 32 to 63.
fn memory(word: Word, at: u8) -> Instruction {
    let (s, t, f, displacement) = (word.s(), word.t(), word.t(), word.sign_extended());
    Instruction::Plain(match word.opcode() {
        32 => Op::Lb { t, s, at, displacement },
        33 => Op::Lh { t, s, at, displacement },
        34 => Op::Lwl { t, s, at, displacement },
        35 => Op::Lw { t, s, at, displacement },
        36 => Op::Lbu { t, s, at, displacement },
        37 => Op::Lhu { t, s, at, displacement },
        38 => Op::Lwr { t, s, at, displacement },
        40 => Op::Sb { t, s, at, displacement },
        41 => Op::Sh { t, s, at, displacement },
        42 => Op::Swl { t, s, at, displacement },
        43 => Op::Sw { t, s, at, displacement },
        46 => Op::Swr { t, s, at, displacement },
        48 => Op::Ll { t, s, at, displacement },
        49 => Op::Lwc1 { f, s, at, displacement },
        53 => Op::Ldc1 { f, s, at, displacement },
        56 => Op::Sc { t, s, at, displacement },
        57 => Op::Swc1 { f, s, at, displacement },
        61 => Op::Sdc1 { f, s, at, displacement },
        17 => return coprocessor1(word, at),
        19 => return coprocessor1_extended(word, at),
        _ => return illegal(at),
    })
}

fn special(word: Word, at: u8) -> Instruction {
    let (s, t, d, amount) = (word.s(), word.t(), word.d(), word.amount());
    let trap = |comparison| Op::Trap { comparison, s, t, at, code: (word.0 >> 6) as u16 & 0x3ff };
    Instruction::Plain(match word.function() {
        0 if amount == 0 => Op::Move { d, s: t },
        0 => Op::Sll { d, t, amount },
        1 if word.0 >> 17 & 1 == 0 => {
            Op::Movci { d, s, code: (word.0 >> 18) as u8 & 7, when: word.0 >> 16 & 1 == 1 }
        }
        2 if s == Reg::R0 => Op::Srl { d, t, amount },
        2 if s == Reg::R1 => Op::Rotr { d, t, amount },
        3 => Op::Sra { d, t, amount },
        4 => Op::Sllv { d, t, s },
        6 if amount == 0 => Op::Srlv { d, t, s },
        6 if amount == 1 => Op::Rotrv { d, t, s },
        7 => Op::Srav { d, t, s },
        8 => return Instruction::JumpRegister { s, link: Reg::R0 },
        9 => return Instruction::JumpRegister { s, link: d },
        10 => Op::Movz { d, s, t },
        11 => Op::Movn { d, s, t },
        12 => return Instruction::Syscall,
        13 => return Instruction::Stop(Op::Break { at, code: word.0 >> 6 & 0xf_ffff }),
        15 => return Instruction::Nothing,
        16..=19 | 24 | 25 if accumulator(word) != 0 => return illegal(at),
        16 => Op::Mfhi { d },
        17 => Op::Mthi { s },
        18 => Op::Mflo { d },
        19 => Op::Mtlo { s },
        24 => Op::Mult { s, t },
        25 => Op::Multu { s, t },
        26 => Op::Div { s, t },
        27 => Op::Divu { s, t },
        32 => Op::Add { d, s, t, at },
        33 | 37 if t == Reg::R0 => Op::Move { d, s },
        33 | 37 if s == Reg::R0 => Op::Move { d, s: t },
        33 => Op::Addu { d, s, t },
        34 => Op::Sub { d, s, t, at },
        35 => Op::Subu { d, s, t },
        36 => Op::And { d, s, t },
        37 => Op::Or { d, s, t },
        38 => Op::Xor { d, s, t },
        39 => Op::Nor { d, s, t },
        42 => Op::Slt { d, s, t },
        43 => Op::Sltu { d, s, t },
        48 => trap(Comparison::GreaterEqual),
        49 => trap(Comparison::GreaterEqualUnsigned),
        50 => trap(Comparison::Less),
        51 => trap(Comparison::LessUnsigned),
        52 => trap(Comparison::Equal),
        54 => trap(Comparison::NotEqual),
        _ => return illegal(at),
    })
}

/// The number of the pair of hi and lo: with DSP there are four.
fn accumulator(word: Word) -> u32 {
    match word.function() {
        16 | 18 => word.0 >> 21 & 3,
        _ => word.0 >> 11 & 3,
    }
}

fn register_immediate(word: Word, at: u8) -> Instruction {
    let branch = |comparison, link, likely| compare_zero(word, comparison, link, likely);
    let trap = |comparison| {
        Instruction::Plain(Op::TrapImmediate { comparison, s: word.s(), at, value: word.sign_extended() })
    };
    match word.0 >> 16 & 31 {
        0 => branch(Comparison::Less, false, false),
        1 => branch(Comparison::GreaterEqual, false, false),
        2 => branch(Comparison::Less, false, true),
        3 => branch(Comparison::GreaterEqual, false, true),
        8 => trap(Comparison::GreaterEqual),
        9 => trap(Comparison::GreaterEqualUnsigned),
        10 => trap(Comparison::Less),
        11 => trap(Comparison::LessUnsigned),
        12 => trap(Comparison::Equal),
        14 => trap(Comparison::NotEqual),
        16 => branch(Comparison::Less, true, false),
        17 => branch(Comparison::GreaterEqual, true, false),
        18 => branch(Comparison::Less, true, true),
        19 => branch(Comparison::GreaterEqual, true, true),
        31 => Instruction::Nothing,
        _ => illegal(at),
    }
}

fn special2(word: Word, at: u8) -> Instruction {
    let (s, t, d) = (word.s(), word.t(), word.d());
    Instruction::Plain(match word.function() {
        0 | 1 | 4 | 5 if accumulator(word) != 0 => return illegal(at),
        0 => Op::Madd { s, t },
        1 => Op::Maddu { s, t },
        2 => Op::Mul { d, s, t },
        4 => Op::Msub { s, t },
        5 => Op::Msubu { s, t },
        32 => Op::Clz { d, s },
        33 => Op::Clo { d, s },
        _ => return illegal(at),
    })
}

/// A mask of the low `width` bits, `width` from 1 to 32.
fn low_mask(width: u32) -> u32 {
    u32::MAX >> (32 - width)
}

fn special3(word: Word, at: u8) -> Instruction {
    let (s, t, d, lsb, high) = (word.s(), word.t(), word.d(), word.amount(), word.0 >> 11 & 31);
    Instruction::Plain(match (word.function(), lsb) {
        (0, _) if u32::from(lsb) + high < 32 => Op::Ext { t, s, lsb, mask: low_mask(high + 1) },
        (4, _) if u32::from(lsb) <= high => {
            Op::Ins { t, s, lsb, mask: low_mask(high - u32::from(lsb) + 1) << lsb }
        }
        (32, 2) => Op::Wsbh { d, t },
        (32, 16) => Op::Seb { d, t },
        (32, 24) => Op::Seh { d, t },
        (59, _) if matches!(high, 0..=3 | 29) => Op::Rdhwr { t, number: high as u8, at },
        _ => return illegal(at),
    })
}

fn coprocessor1(word: Word, at: u8) -> Instruction {
    let (t, f, control) = (word.t(), word.d(), (word.0 >> 11) as u8 & 31);
    Instruction::Plain(match word.0 >> 21 & 31 {
        0 => Op::Mfc1 { t, f },
        2 => Op::Cfc1 { t, control },
        3 => Op::Mfhc1 { t, f },
        4 => Op::Mtc1 { t, f },
        6 => Op::Ctc1 { t, control, at },
        7 => Op::Mthc1 { t, f },
        8 => {
            return Instruction::Branch {
                condition: Condition::Float { code: (word.0 >> 18) as u8 & 7, when: word.0 >> 16 & 1 == 1 },
                link: NO_LINK,
                likely: word.0 >> 17 & 1 == 1,
                offset: word.branch_offset(),
            };
        }
        16 | 17 | 20 | 21 => Op::Float { at, word: word.0 },
        _ => return illegal(at),
    })
}

fn coprocessor1_extended(word: Word, at: u8) -> Instruction {
    match word.function() {
        15 => Instruction::Nothing,
        0 | 1 | 5 | 8 | 9 | 13 | 32 | 33 | 40 | 41 | 48 | 49 | 56 | 57 => {
            Instruction::Plain(Op::FloatExtended { at, word: word.0 })
        }
        _ => illegal(at),
    }
}
