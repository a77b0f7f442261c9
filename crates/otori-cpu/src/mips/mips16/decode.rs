//! Halves to operations: [`decode`]. Encodings: tables 3.3 to 3.20 of the manual, of the MIPS32 part: what works on
//! doublewords is illegal.

use super::super::decode::Condition;
use super::super::op::{Comparison, Op};
use super::frame::Frame;
use super::{MODE, Short, Width};
use crate::slot::Slot as Reg;

/// The registers that three bits name.
const NAMED: [Reg; 8] = [Reg::R16, Reg::R17, Reg::R2, Reg::R3, Reg::R4, Reg::R5, Reg::R6, Reg::R7];
/// Where comparisons leave their result.
const T8: Reg = Reg::R24;
const SP: Reg = Reg::R29;
const RA: Reg = Reg::R31;
const ZERO: Reg = Reg::R0;

/// Opcode of the halves that begin an instruction of 32 bits.
const EXTEND: u32 = 30;
const JAL: u32 = 3;

/// A half with the EXTEND before it.
#[derive(Clone, Copy)]
struct Half {
    bits: u32,
    width: Width,
}

fn sign_extend(value: u32, bits: u32) -> u32 {
    ((value << (32 - bits)) as i32 >> (32 - bits)) as u32
}

impl Half {
    fn opcode(self) -> u32 {
        self.bits >> 11
    }
    fn x(self) -> Reg {
        named(self.bits >> 8)
    }
    fn y(self) -> Reg {
        named(self.bits >> 5)
    }
    fn z(self) -> Reg {
        named(self.bits >> 2)
    }
    fn is_extended(self) -> bool {
        self.width != Width::Narrow
    }

    /// The 16 bits of an extended immediate; else the low `bits` of the half.
    fn immediate(self, bits: u32) -> u32 {
        match self.width {
            Width::Narrow => self.bits & ((1 << bits) - 1),
            Width::Extended(extension) => (extension & 0x1f) << 11 | extension & 0x7e0 | self.bits & 0x1f,
        }
    }

    /// Signed if extended; else unsigned, times `1 << scale`.
    fn offset(self, bits: u32, scale: u32) -> u32 {
        match self.width {
            Width::Narrow => self.immediate(bits) << scale,
            Width::Extended(_) => sign_extend(self.immediate(bits), 16),
        }
    }

    /// Signed; times `1 << scale` unless extended.
    fn signed(self, bits: u32, scale: u32) -> u32 {
        match self.width {
            Width::Narrow => sign_extend(self.immediate(bits), bits) << scale,
            Width::Extended(_) => sign_extend(self.immediate(bits), 16),
        }
    }

    /// Of a branch, in bytes.
    fn distance(self, bits: u32) -> u32 {
        self.signed(bits, 0) << 1
    }
}

fn named(field: u32) -> Reg {
    NAMED[(field & 7) as usize]
}

/// Decodes the instruction that begins with `first`, at position `at` of its block; `second` gives the half behind, `None`
/// outside the page. Returns it with its bytes, or `None` if it cannot be fetched.
pub(super) fn decode(first: u16, second: impl FnOnce() -> Option<u16>, at: u8) -> Option<(Short, u32)> {
    let first = u32::from(first);
    match first >> 11 {
        EXTEND => {
            let half = Half { bits: u32::from(second()?), width: Width::Extended(first & 0x7ff) };
            Some((settle(classify(half, at)), 4))
        }
        JAL => Some((jump(first, u32::from(second()?)), 4)),
        _ => Some((settle(classify(Half { bits: first, width: Width::Narrow }, at)), 2)),
    }
}

/// What only writes register 0 does nothing.
fn settle(instruction: Short) -> Short {
    match instruction {
        Short::Plain(op) if op.destination() == Some(ZERO) && !op.has_effects() => Short::Nothing,
        _ => instruction,
    }
}

fn illegal(at: u8) -> Short {
    Short::Stop(Op::Illegal { at })
}

/// JAL and JALX.
fn jump(first: u32, second: u32) -> Short {
    let target = (first & 0x1f) << 23 | (first >> 5 & 0x1f) << 18 | second << 2;
    let exchanges = first >> 10 & 1 == 1;
    Short::Jump { target: if exchanges { target } else { target | MODE } }
}

/// A branch if the register is zero, or is not.
fn branch(comparison: Comparison, s: Reg, offset: u32) -> Short {
    Short::Branch { condition: Condition::Compare { comparison, s, t: ZERO }, offset }
}

fn classify(half: Half, at: u8) -> Short {
    let (x, y) = (half.x(), half.y());
    Short::Plain(match half.opcode() {
        0 => Op::Addiu { t: x, s: SP, value: half.offset(8, 2) },
        1 => return Short::Address { d: x, displacement: half.offset(8, 2) },
        2 => return Short::Branch { condition: Condition::Always, offset: half.distance(11) },
        4 => return branch(Comparison::Equal, x, half.distance(8)),
        5 => return branch(Comparison::NotEqual, x, half.distance(8)),
        6 => return shift(half, at),
        8 if half.bits & 0x10 == 0 => Op::Addiu { t: y, s: x, value: third_immediate(half) },
        9 => Op::Addiu { t: x, s: x, value: half.signed(8, 0) },
        10 => Op::Slti { t: T8, s: x, value: half.offset(8, 0) },
        11 => Op::Sltiu { t: T8, s: x, value: half.offset(8, 0) },
        12 => return special(half, at),
        13 => Op::Const { d: x, value: half.immediate(8) },
        14 => Op::Xori { t: T8, s: x, value: half.immediate(8) },
        16 => Op::Lb { t: y, s: x, at, displacement: half.offset(5, 0) },
        17 => Op::Lh { t: y, s: x, at, displacement: half.offset(5, 1) },
        18 => Op::Lw { t: x, s: SP, at, displacement: half.offset(8, 2) },
        19 => Op::Lw { t: y, s: x, at, displacement: half.offset(5, 2) },
        20 => Op::Lbu { t: y, s: x, at, displacement: half.offset(5, 0) },
        21 => Op::Lhu { t: y, s: x, at, displacement: half.offset(5, 1) },
        22 => return Short::LoadRelative { t: x, displacement: half.offset(8, 2) },
        24 => Op::Sb { t: y, s: x, at, displacement: half.offset(5, 0) },
        25 => Op::Sh { t: y, s: x, at, displacement: half.offset(5, 1) },
        26 => Op::Sw { t: x, s: SP, at, displacement: half.offset(8, 2) },
        27 => Op::Sw { t: y, s: x, at, displacement: half.offset(5, 2) },
        28 if half.is_extended() => return illegal(at),
        28 if half.bits & 3 == 1 => Op::Addu { d: half.z(), s: x, t: y },
        28 if half.bits & 3 == 3 => Op::Subu { d: half.z(), s: x, t: y },
        29 if !half.is_extended() => return registers(half, at),
        _ => return illegal(at),
    })
}

/// The signed immediate of RRI-A: four bits, or fifteen.
fn third_immediate(half: Half) -> u32 {
    match half.width {
        Width::Narrow => sign_extend(half.bits, 4),
        Width::Extended(extension) => {
            sign_extend((extension & 15) << 11 | extension & 0x7f0 | half.bits & 15, 15)
        }
    }
}

/// SHIFT: the amount zero of the narrow form is eight.
fn shift(half: Half, at: u8) -> Short {
    let (d, t) = (half.x(), half.y());
    let amount = match half.width {
        Width::Narrow => match half.bits >> 2 & 7 {
            0 => 8,
            amount => amount as u8,
        },
        Width::Extended(extension) => (extension >> 6 & 31) as u8,
    };
    Short::Plain(match half.bits & 3 {
        0 => Op::Sll { d, t, amount },
        2 => Op::Srl { d, t, amount },
        3 => Op::Sra { d, t, amount },
        _ => return illegal(at),
    })
}

/// I8 and SVRS.
fn special(half: Half, at: u8) -> Short {
    Short::Plain(match half.bits >> 8 & 7 {
        0 => return branch(Comparison::Equal, T8, half.distance(8)),
        1 => return branch(Comparison::NotEqual, T8, half.distance(8)),
        2 => Op::Sw { t: RA, s: SP, at, displacement: half.offset(8, 2) },
        3 => Op::Addiu { t: SP, s: SP, value: half.signed(8, 3) },
        4 => return Frame::of(half.bits, half.width).map_or_else(|| illegal(at), Short::Frame),
        5 if !half.is_extended() => {
            let d = Reg::of(half.bits & 0x18 | half.bits >> 5 & 7);
            Op::Move { d, s: named(half.bits) }
        }
        7 if !half.is_extended() => Op::Move { d: half.y(), s: Reg::of(half.bits & 31) },
        _ => return illegal(at),
    })
}

/// RR: two registers.
fn registers(half: Half, at: u8) -> Short {
    let (x, y) = (half.x(), half.y());
    Short::Plain(match half.bits & 31 {
        0 => return jump_register(half, at),
        2 => Op::Slt { d: T8, s: x, t: y },
        3 => Op::Sltu { d: T8, s: x, t: y },
        4 => Op::Sllv { d: y, t: y, s: x },
        5 => return Short::Stop(Op::Break { at, code: half.bits >> 5 & 0x3f }),
        6 => Op::Srlv { d: y, t: y, s: x },
        7 => Op::Srav { d: y, t: y, s: x },
        10 => Op::Xor { d: T8, s: x, t: y },
        11 => Op::Subu { d: x, s: ZERO, t: y },
        12 => Op::And { d: x, s: x, t: y },
        13 => Op::Or { d: x, s: x, t: y },
        14 => Op::Xor { d: x, s: x, t: y },
        15 => Op::Nor { d: x, s: y, t: ZERO },
        16 => Op::Mfhi { d: x },
        17 => return convert(half, at),
        18 => Op::Mflo { d: x },
        24 => Op::Mult { s: x, t: y },
        25 => Op::Multu { s: x, t: y },
        26 => Op::Div { s: x, t: y },
        27 => Op::Divu { s: x, t: y },
        _ => return illegal(at),
    })
}

/// J(AL)R(C).
fn jump_register(half: Half, at: u8) -> Short {
    let of = |s, link, compact| Short::JumpRegister { s, link, compact };
    match half.bits >> 5 & 7 {
        0 => of(half.x(), false, false),
        1 => of(RA, false, false),
        2 => of(half.x(), true, false),
        4 => of(half.x(), false, true),
        5 => of(RA, false, true),
        6 => of(half.x(), true, true),
        _ => illegal(at),
    }
}

/// CNVT: extension of bytes and halves.
fn convert(half: Half, at: u8) -> Short {
    let d = half.x();
    Short::Plain(match half.bits >> 5 & 7 {
        0 => Op::Andi { t: d, s: d, value: 0xff },
        1 => Op::Andi { t: d, s: d, value: 0xffff },
        4 => Op::Seb { d, t: d },
        5 => Op::Seh { d, t: d },
        _ => return illegal(at),
    })
}
