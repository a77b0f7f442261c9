//! A32 words to [`Instruction`]s. Entrances: [`decode`], [`decode_unconditional`]. ARMv7-A reference manual, chapter A5.

mod extra;
mod fixed;

pub(in crate::arm) use self::extra::exclusive;
use self::extra::{extra_transfer, media, miscellaneous, multiply, synchronization};
pub(in crate::arm) use self::fixed::is_broken_wide;
use self::fixed::{is_broken, is_broken_move};
use crate::arm::instruction::{Index, Instruction, Offset, Operand, Shift, Width, code, whole};

/// Bits of an instruction word.
pub(in crate::arm) fn field(word: u32, low: u32, bits: u32) -> u32 {
    word >> low & ((1 << bits) - 1)
}

/// Is that bit set?
pub(in crate::arm) fn bit(word: u32, number: u32) -> bool {
    word >> number & 1 != 0
}

/// A register field.
pub(in crate::arm) fn register(word: u32, low: u32) -> u8 {
    field(word, low, 4) as u8
}

/// The low bits as a signed number.
pub(in crate::arm) fn signed(value: u32, bits: u32) -> u32 {
    ((value << (32 - bits)) as i32 >> (32 - bits)) as u32
}

/// An instruction whose condition field is not 15.
pub(in crate::arm) fn decode(word: u32) -> Instruction {
    if is_broken(word) {
        return Instruction::Illegal;
    }
    match field(word, 25, 3) {
        0 => registers(word),
        1 => immediate(word),
        2 => transfer(word, Offset::Immediate(field(word, 0, 12))),
        3 if bit(word, 4) => media(word),
        3 => {
            let (shift, amount) = Shift::immediate(field(word, 5, 2), field(word, 7, 5));
            let subtract = !bit(word, 23);
            transfer(word, Offset::Register { m: register(word, 0), shift, amount, subtract })
        }
        4 => multiple(word),
        5 => branch(word),
        6 | 7 if field(word, 24, 4) == 15 => Instruction::Syscall { comment: field(word, 0, 24) },
        _ => coprocessor(word),
    }
}

fn registers(word: u32) -> Instruction {
    let opcode = field(word, 21, 4) as u8;
    if bit(word, 4) && bit(word, 7) {
        return match (field(word, 5, 2), bit(word, 24)) {
            (0, false) => multiply(word),
            (0, true) => synchronization(word),
            _ => extra_transfer(word),
        };
    }
    if code::is_comparison(opcode) && !bit(word, 20) {
        return miscellaneous(word);
    }
    let m = register(word, 0);
    let operand = if bit(word, 4) {
        Operand::Shifted { m, shift: Shift::of(field(word, 5, 2)), s: register(word, 8) }
    } else {
        let (shift, amount) = Shift::immediate(field(word, 5, 2), field(word, 7, 5));
        Operand::Register { m, shift, amount }
    };
    process(word, operand)
}

fn process(word: u32, operand: Operand) -> Instruction {
    Instruction::Data {
        code: field(word, 21, 4) as u8,
        flags: bit(word, 20),
        d: register(word, 12),
        n: register(word, 16),
        operand,
    }
}

fn immediate(word: u32) -> Instruction {
    let wide = field(word, 16, 4) << 12 | field(word, 0, 12);
    match field(word, 20, 5) {
        0b10000 => Instruction::Data {
            code: code::MOV,
            flags: false,
            d: register(word, 12),
            n: 0,
            operand: Operand::Immediate { value: wide, carry: None },
        },
        0b10100 => Instruction::Top { d: register(word, 12), value: wide << 16 },
        // Hints: nop, yield, wfe, wfi, sev, dbg.
        0b10010 if field(word, 16, 4) == 0 => Instruction::Nop,
        0b10010 => whole(word),
        0b10110 => Instruction::Illegal,
        _ => {
            let rotation = 2 * field(word, 8, 4);
            let value = field(word, 0, 8).rotate_right(rotation);
            let carry = (rotation != 0).then_some(value >> 31 != 0);
            process(word, Operand::Immediate { value, carry })
        }
    }
}

/// Single loads and stores of words and unsigned bytes.
fn transfer(word: u32, offset: Offset) -> Instruction {
    let (t, n) = (register(word, 12), register(word, 16));
    let width = if bit(word, 22) { Width::Byte } else { Width::Word };
    let offset = match offset {
        Offset::Immediate(value) if !bit(word, 23) => Offset::Immediate(value.wrapping_neg()),
        other => other,
    };
    place(bit(word, 20), width, t, n, offset, Index::of(bit(word, 24), bit(word, 21)))
}

/// A load or a store; a load relative to pc becomes a literal.
pub(in crate::arm) fn place(
    load: bool,
    width: Width,
    t: u8,
    n: u8,
    offset: Offset,
    index: Index,
) -> Instruction {
    match (load, n, index, offset) {
        (true, 15, Index::Offset, Offset::Immediate(value)) => {
            Instruction::Literal { width, t, distance: value.wrapping_add(8) }
        }
        (true, ..) => Instruction::Load { width, t, n, offset, index },
        (false, ..) => Instruction::Store { width, t, n, offset, index },
    }
}

fn multiple(word: u32) -> Instruction {
    let (n, list) = (register(word, 16), field(word, 0, 16) as u16);
    let (before, up, writeback) = (bit(word, 24), bit(word, 23), bit(word, 21));
    let loads_base = bit(word, 20) && writeback && list >> n & 1 != 0;
    match (bit(word, 22), bit(word, 20)) {
        // With the S bit: for privileged modes only. Unpredictable: no register, pc as the base, a base that is both loaded
        // and written back.
        (true, _) => Instruction::Illegal,
        _ if list == 0 || n == 15 || loads_base => Instruction::Illegal,
        (false, true) => Instruction::LoadMultiple { n, list, up, before, writeback },
        (false, false) => Instruction::StoreMultiple { n, list, up, before, writeback },
    }
}

fn branch(word: u32) -> Instruction {
    let distance = signed(word << 2, 26).wrapping_add(8);
    if bit(word, 24) {
        Instruction::BranchLink { distance, exchange: false }
    } else {
        Instruction::Branch { distance }
    }
}

/// Coprocessor 10 and 11 are VFP and Advanced SIMD, 15 has the thread pointer; others are not there.
pub(in crate::arm) fn coprocessor(word: u32) -> Instruction {
    match field(word, 8, 4) {
        10 | 11 if is_broken_move(word) => Instruction::Illegal,
        10 | 11 => Instruction::Simd { word },
        15 if field(word, 24, 4) == 14 && bit(word, 4) => whole(word),
        _ => Instruction::Illegal,
    }
}

/// An instruction whose condition field is 15. Section A5.7.
pub(in crate::arm) fn decode_unconditional(word: u32) -> Instruction {
    if is_broken(word) {
        return Instruction::Illegal;
    }
    match field(word, 25, 3) {
        0 if word & 0x0fff_fdff == 0x0101_0000 => Instruction::SetEndian { big: bit(word, 9) },
        // cps: without effect in user mode.
        0 if word & 0x0ff1_0020 == 0x0100_0000 => Instruction::Nop,
        1 => Instruction::Simd { word },
        2 if field(word, 24, 4) == 4 && !bit(word, 20) => Instruction::Simd { word },
        2 | 3 => preload_or_barrier(word),
        5 => {
            let distance = signed(word << 2, 26).wrapping_add(8).wrapping_add(field(word, 24, 1) << 1);
            Instruction::BranchLink { distance, exchange: true }
        }
        _ => Instruction::Illegal,
    }
}

fn preload_or_barrier(word: u32) -> Instruction {
    if word & 0x0fff_ff00 == 0x057f_f000 {
        return match field(word, 4, 4) {
            1 => whole(word),
            // dsb, dmb, isb: one thread runs at a time, and stores to code are seen by themselves.
            4..=6 => Instruction::Nop,
            _ => Instruction::Illegal,
        };
    }
    let is_hint = match field(word, 20, 8) {
        // pli, pldw, pld; and memory hints that are allocated as nothing.
        0x41 | 0x45 | 0x49 | 0x4d | 0x51 | 0x55 | 0x59 | 0x5d => true,
        0x61 | 0x65 | 0x69 | 0x6d | 0x71 | 0x75 | 0x79 | 0x7d => !bit(word, 4),
        _ => false,
    };
    if is_hint { Instruction::Nop } else { Instruction::Illegal }
}
