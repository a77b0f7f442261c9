//! T32 of 16 bits to [`Instruction`]s. Key type: [`Decoded`]; entrance [`decode`]. ARMv7-A reference manual, A6.2.

mod data;
mod memory;
pub(in crate::arm) mod wide;

use crate::arm::decode::{bit, field, signed};
use crate::arm::instruction::{ALWAYS, Index, Instruction, Offset, Operand, Shift, Width, code, whole};

/// An instruction with its condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::arm) struct Decoded {
    /// Outside IT blocks [`ALWAYS`], but for conditional branches.
    pub condition: u8,
    pub instruction: Instruction,
}

impl From<Instruction> for Decoded {
    fn from(instruction: Instruction) -> Self {
        Decoded { condition: ALWAYS, instruction }
    }
}

/// Where an instruction stands.
#[derive(Clone, Copy, Debug)]
pub(in crate::arm) struct Site {
    /// Inside an IT block?
    pub in_it: bool,
    /// Bit 1 of the address: 0 or 2.
    pub odd: u32,
}

impl Site {
    /// The distance to what is `offset` from pc rounded down to a word.
    pub(in crate::arm) fn aligned(self, offset: u32) -> u32 {
        offset.wrapping_add(4 - self.odd)
    }
}

/// Three low bits of a register field.
fn low(half: u32, at: u32) -> u8 {
    field(half, at, 3) as u8
}

fn plain(m: u8) -> Operand {
    Operand::Register { m, shift: Shift::Left, amount: 0 }
}

fn constant(value: u32) -> Operand {
    Operand::Immediate { value, carry: None }
}

/// One half word that is a whole instruction.
pub(in crate::arm) fn decode(half: u32, site: Site) -> Decoded {
    match field(half, 12, 4) {
        0..=3 => arithmetic(half, site).into(),
        4 => match field(half, 10, 2) {
            0 => two_registers(half, site).into(),
            1 => special(half).into(),
            _ => {
                let distance = site.aligned(4 * field(half, 0, 8));
                Instruction::Literal { width: Width::Word, t: low(half, 8), distance }.into()
            }
        },
        5..=9 => transfer(half).into(),
        10 if !bit(half, 11) => {
            Instruction::Address { d: low(half, 8), distance: site.aligned(4 * field(half, 0, 8)) }.into()
        }
        10 => data(code::ADD, false, low(half, 8), 13, constant(4 * field(half, 0, 8))).into(),
        11 => miscellaneous(half).into(),
        12 => multiple(half).into(),
        13 => match field(half, 8, 4) as u8 {
            14 => Instruction::Illegal.into(),
            15 => Instruction::Syscall { comment: field(half, 0, 8) }.into(),
            condition => {
                let distance = signed(half << 1, 9).wrapping_add(4);
                Decoded { condition, instruction: Instruction::Branch { distance } }
            }
        },
        _ => Instruction::Branch { distance: signed(half << 1, 12).wrapping_add(4) }.into(),
    }
}

fn data(code: u8, flags: bool, d: u8, n: u8, operand: Operand) -> Instruction {
    Instruction::Data { code, flags, d, n, operand }
}

fn arithmetic(half: u32, site: Site) -> Instruction {
    let flags = !site.in_it;
    let (value, wide) = (constant(field(half, 0, 8)), low(half, 8));
    match field(half, 11, 5) {
        kind @ 0..=2 => {
            let (shift, amount) = Shift::immediate(kind, field(half, 6, 5));
            data(code::MOV, flags, low(half, 0), 0, Operand::Register { m: low(half, 3), shift, amount })
        }
        3 => {
            let code = if bit(half, 9) { code::SUB } else { code::ADD };
            let operand = if bit(half, 10) { constant(field(half, 6, 3)) } else { plain(low(half, 6)) };
            data(code, flags, low(half, 0), low(half, 3), operand)
        }
        4 => data(code::MOV, flags, wide, 0, value),
        5 => data(code::CMP, true, 0, wide, value),
        6 => data(code::ADD, flags, wide, wide, value),
        _ => data(code::SUB, flags, wide, wide, value),
    }
}

fn two_registers(half: u32, site: Site) -> Instruction {
    let flags = !site.in_it;
    let (d, m) = (low(half, 0), low(half, 3));
    let by_register = |shift| data(code::MOV, flags, d, 0, Operand::Shifted { m: d, shift, s: m });
    match field(half, 6, 4) {
        0 => data(code::AND, flags, d, d, plain(m)),
        1 => data(code::EOR, flags, d, d, plain(m)),
        2 => by_register(Shift::Left),
        3 => by_register(Shift::Right),
        4 => by_register(Shift::Arithmetic),
        5 => data(code::ADC, flags, d, d, plain(m)),
        6 => data(code::SBC, flags, d, d, plain(m)),
        7 => by_register(Shift::Rotate),
        8 => data(code::TST, true, 0, d, plain(m)),
        9 => data(code::RSB, flags, d, m, constant(0)),
        10 => data(code::CMP, true, 0, d, plain(m)),
        11 => data(code::CMN, true, 0, d, plain(m)),
        12 => data(code::ORR, flags, d, d, plain(m)),
        13 => {
            let (d, m) = (u32::from(d), u32::from(m));
            whole(0xe000_0090 | u32::from(flags) << 20 | d << 16 | d << 8 | m)
        }
        14 => data(code::BIC, flags, d, d, plain(m)),
        _ => data(code::MVN, flags, d, 0, plain(m)),
    }
}

/// Those that reach all registers.
fn special(half: u32) -> Instruction {
    let m = field(half, 3, 4) as u8;
    let d = low(half, 0) | (field(half, 7, 1) << 3) as u8;
    match field(half, 8, 2) {
        0 => data(code::ADD, false, d, d, plain(m)),
        1 => data(code::CMP, true, 0, d, plain(m)),
        2 => data(code::MOV, false, d, 0, plain(m)),
        // bits that should be zero
        _ if field(half, 0, 3) != 0 => Instruction::Illegal,
        _ if bit(half, 7) => Instruction::BranchLinkRegister { m },
        _ => Instruction::BranchRegister { m },
    }
}

fn transfer(half: u32) -> Instruction {
    let (t, n) = (low(half, 0), low(half, 3));
    let by_register = Offset::Register { m: low(half, 6), shift: Shift::Left, amount: 0, subtract: false };
    let scaled = |shift: u32| Offset::Immediate(field(half, 6, 5) << shift);
    let index = Index::Offset;
    let load = |width, t, n, offset| Instruction::Load { width, t, n, offset, index };
    let store = |width, t, n, offset| Instruction::Store { width, t, n, offset, index };
    match field(half, 11, 5) {
        10 | 11 => match field(half, 9, 3) {
            0 => store(Width::Word, t, n, by_register),
            1 => store(Width::Half, t, n, by_register),
            2 => store(Width::Byte, t, n, by_register),
            3 => load(Width::SignedByte, t, n, by_register),
            4 => load(Width::Word, t, n, by_register),
            5 => load(Width::Half, t, n, by_register),
            6 => load(Width::Byte, t, n, by_register),
            _ => load(Width::SignedHalf, t, n, by_register),
        },
        12 => store(Width::Word, t, n, scaled(2)),
        13 => load(Width::Word, t, n, scaled(2)),
        14 => store(Width::Byte, t, n, scaled(0)),
        15 => load(Width::Byte, t, n, scaled(0)),
        16 => store(Width::Half, t, n, scaled(1)),
        17 => load(Width::Half, t, n, scaled(1)),
        18 => store(Width::Word, low(half, 8), 13, Offset::Immediate(4 * field(half, 0, 8))),
        _ => load(Width::Word, low(half, 8), 13, Offset::Immediate(4 * field(half, 0, 8))),
    }
}

fn miscellaneous(half: u32) -> Instruction {
    let (d, m) = (field(half, 0, 3), field(half, 3, 3));
    let list = field(half, 0, 8) as u16;
    match field(half, 8, 4) {
        0 => {
            let code = if bit(half, 7) { code::SUB } else { code::ADD };
            data(code, false, 13, 13, constant(4 * field(half, 0, 7)))
        }
        1 | 3 | 9 | 11 => Instruction::BranchZero {
            n: d as u8,
            nonzero: bit(half, 11),
            distance: (field(half, 9, 1) << 6 | field(half, 3, 5) << 1) + 4,
        },
        2 => {
            let base = [0xe6bf_0070, 0xe6af_0070, 0xe6ff_0070, 0xe6ef_0070][field(half, 6, 2) as usize];
            whole(base | d << 12 | m)
        }
        4 | 12 if list == 0 => Instruction::Illegal,
        4 | 5 => Instruction::StoreMultiple {
            n: 13,
            list: list | (field(half, 8, 1) as u16) << 14,
            up: false,
            before: true,
            writeback: true,
        },
        6 if half & 0xfff7 == 0xb650 => Instruction::SetEndian { big: bit(half, 3) },
        // cps: without effect in user mode.
        6 if half & 0xffe8 == 0xb660 => Instruction::Nop,
        10 => match field(half, 6, 2) {
            0 => whole(0xe6bf_0f30 | d << 12 | m),
            1 => whole(0xe6bf_0fb0 | d << 12 | m),
            3 => whole(0xe6ff_0fb0 | d << 12 | m),
            _ => Instruction::Illegal,
        },
        12 | 13 => Instruction::LoadMultiple {
            n: 13,
            list: list | (field(half, 8, 1) as u16) << 15,
            up: true,
            before: false,
            writeback: true,
        },
        14 => Instruction::Breakpoint { comment: field(half, 0, 8) },
        15 if field(half, 0, 4) == 0 => Instruction::Nop,
        15 => Instruction::IfThen { state: field(half, 0, 8) as u8 },
        _ => Instruction::Illegal,
    }
}

fn multiple(half: u32) -> Instruction {
    let (n, list) = (low(half, 8), field(half, 0, 8) as u16);
    if list == 0 {
        return Instruction::Illegal;
    }
    if bit(half, 11) {
        let writeback = list >> n & 1 == 0;
        Instruction::LoadMultiple { n, list, up: true, before: false, writeback }
    } else {
        Instruction::StoreMultiple { n, list, up: true, before: false, writeback: true }
    }
}
