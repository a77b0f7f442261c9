//! T32 of 32 bits: data processing and multiplies. Called by [`crate::arm::thumb::wide`]. ARMv7-A reference manual, A6.3.1,
//! A6.3.2, A6.3.3, A6.3.11 to A6.3.17.

use crate::arm::decode::{bit, field, register};
use crate::arm::instruction::{Instruction, Operand, Shift, code, whole};
use crate::arm::thumb::Site;

/// The opcodes of both forms; `None` is PKH, or nothing.
fn opcode(word: u32) -> Option<u8> {
    Some(match field(word, 21, 4) {
        0 => code::AND,
        1 => code::BIC,
        2 => code::ORR,
        3 => code::ORN,
        4 => code::EOR,
        8 => code::ADD,
        10 => code::ADC,
        11 => code::SBC,
        13 => code::SUB,
        14 => code::RSB,
        _ => return None,
    })
}

/// Data processing with T32's special cases: a destination 15 compares, a first operand 15 moves.
fn process(word: u32, operand: Operand) -> Instruction {
    let Some(code) = opcode(word) else { return Instruction::Illegal };
    let (d, n, flags) = (register(word, 8), register(word, 16), bit(word, 20));
    let code = match code {
        code::AND if d == 15 && flags => code::TST,
        code::EOR if d == 15 && flags => code::TEQ,
        code::ADD if d == 15 && flags => code::CMN,
        code::SUB if d == 15 && flags => code::CMP,
        code::ORR if n == 15 => code::MOV,
        code::ORN if n == 15 => code::MVN,
        code => code,
    };
    Instruction::Data { code, flags, d, n, operand }
}

pub(in crate::arm) fn shifted_register(word: u32) -> Instruction {
    let amount = field(word, 12, 3) << 2 | field(word, 6, 2);
    let m = register(word, 0);
    if field(word, 21, 4) == 6 {
        let (d, n, kind) = (field(word, 8, 4), field(word, 16, 4), field(word, 5, 1));
        return whole(0xe680_0010 | n << 16 | d << 12 | amount << 7 | kind << 6 | u32::from(m));
    }
    let (shift, amount) = Shift::immediate(field(word, 4, 2), amount);
    process(word, Operand::Register { m, shift, amount })
}

fn immediate12(word: u32) -> u32 {
    field(word, 26, 1) << 11 | field(word, 12, 3) << 8 | field(word, 0, 8)
}

pub(in crate::arm) fn modified_immediate(word: u32) -> Instruction {
    let (control, byte) = (immediate12(word) >> 8, field(word, 0, 8));
    let (value, carry) = match control {
        0 => (byte, None),
        1 => (byte * 0x0001_0001, None),
        2 => (byte * 0x0100_0100, None),
        3 => (byte * 0x0101_0101, None),
        _ => {
            let value = (0x80 | byte).rotate_right(immediate12(word) >> 7);
            (value, Some(value >> 31 != 0))
        }
    };
    process(word, Operand::Immediate { value, carry })
}

pub(in crate::arm) fn plain_immediate(word: u32, site: Site) -> Instruction {
    let (n, d) = (field(word, 16, 4), field(word, 8, 4));
    let wide = immediate12(word);
    let low = field(word, 12, 3) << 2 | field(word, 6, 2);
    let size = field(word, 0, 5);
    let add = |value| Instruction::Data {
        code: code::ADD,
        flags: false,
        d: d as u8,
        n: n as u8,
        operand: Operand::Immediate { value, carry: None },
    };
    let move_wide = n << 12 | wide;
    match field(word, 20, 5) {
        0b00000 if n == 15 => Instruction::Address { d: d as u8, distance: site.aligned(wide) },
        0b00000 => add(wide),
        0b01010 if n == 15 => {
            Instruction::Address { d: d as u8, distance: site.aligned(wide.wrapping_neg()) }
        }
        0b01010 => add(wide.wrapping_neg()),
        0b00100 => Instruction::Data {
            code: code::MOV,
            flags: false,
            d: d as u8,
            n: 0,
            operand: Operand::Immediate { value: move_wide, carry: None },
        },
        0b01100 => Instruction::Top { d: d as u8, value: move_wide << 16 },
        0b10010 if low == 0 => whole(0xe6a0_0f30 | (size & 15) << 16 | d << 12 | n),
        0b10000 | 0b10010 => {
            whole(0xe6a0_0010 | size << 16 | d << 12 | low << 7 | field(word, 21, 1) << 6 | n)
        }
        0b11010 if low == 0 => whole(0xe6e0_0f30 | (size & 15) << 16 | d << 12 | n),
        0b11000 | 0b11010 => {
            whole(0xe6e0_0010 | size << 16 | d << 12 | low << 7 | field(word, 21, 1) << 6 | n)
        }
        0b10100 => whole(0xe7a0_0050 | size << 16 | d << 12 | low << 7 | n),
        0b10110 => whole(0xe7c0_0010 | size << 16 | d << 12 | low << 7 | n),
        0b11100 => whole(0xe7e0_0050 | size << 16 | d << 12 | low << 7 | n),
        _ => Instruction::Illegal,
    }
}

pub(in crate::arm) fn registers(word: u32) -> Instruction {
    let (op1, op2) = (field(word, 20, 4), field(word, 4, 4));
    let (n, d, m) = (field(word, 16, 4), field(word, 8, 4), field(word, 0, 4));
    if field(word, 12, 4) != 15 {
        return Instruction::Illegal;
    }
    match (op1, op2) {
        (0..=7, 0) => Instruction::Data {
            code: code::MOV,
            flags: bit(word, 20),
            d: d as u8,
            n: 0,
            operand: Operand::Shifted { m: n as u8, shift: Shift::of(op1 >> 1), s: m as u8 },
        },
        (0..=5, 8..=15) => {
            let base =
                [0xe6b0_0070, 0xe6f0_0070, 0xe680_0070, 0xe6c0_0070, 0xe6a0_0070, 0xe6e0_0070][op1 as usize];
            whole(base | n << 16 | d << 12 | (op2 & 3) << 10 | m)
        }
        (8..=15, 0..=7) => parallel(op1 & 7, op2, n << 16 | d << 12 | m),
        (8, 8..=11) => {
            let base = [0xe100_0050, 0xe140_0050, 0xe120_0050, 0xe160_0050][op2 as usize & 3];
            whole(base | n << 16 | d << 12 | m)
        }
        (9, 8..=11) => {
            let base = [0xe6bf_0f30, 0xe6bf_0fb0, 0xe6ff_0f30, 0xe6ff_0fb0][op2 as usize & 3];
            whole(base | d << 12 | m)
        }
        (10, 8) => whole(0xe680_0fb0 | n << 16 | d << 12 | m),
        (11, 8) => whole(0xe16f_0f10 | d << 12 | m),
        _ => Instruction::Illegal,
    }
}

/// Additions and subtractions of halves and bytes.
fn parallel(op1: u32, op2: u32, operands: u32) -> Instruction {
    let which = match op1 {
        0 => 4,
        1 => 0,
        2 => 1,
        4 => 7,
        5 => 3,
        6 => 2,
        _ => return Instruction::Illegal,
    };
    if op2 & 3 == 3 {
        return Instruction::Illegal;
    }
    let kind = ((op2 & 3) + 1) | op2 & 4;
    whole(0xe600_0f10 | kind << 20 | which << 5 | operands)
}

pub(in crate::arm) fn multiply(word: u32) -> Instruction {
    if bit(word, 23) {
        return multiply_long(word);
    }
    let (n, a, d, m) = (field(word, 16, 4), field(word, 12, 4), field(word, 8, 4), field(word, 0, 4));
    let (op1, op2) = (field(word, 20, 3), field(word, 4, 4));
    let operands = d << 16 | m << 8 | n;
    let accumulator = if a == 15 { 0 } else { a << 12 };
    match (op1, op2, a) {
        (0, 0, 15) => whole(0xe000_0090 | operands),
        (0, 0, _) => whole(0xe020_0090 | operands | a << 12),
        (0, 1, _) => whole(0xe060_0090 | operands | a << 12),
        (1, 0..=3, _) => {
            let base = if a == 15 { 0xe160_0080 } else { 0xe100_0080 };
            whole(base | operands | accumulator | (op2 & 1) << 6 | (op2 >> 1) << 5)
        }
        (3, 0 | 1, _) => {
            let base = if a == 15 { 0xe120_00a0 } else { 0xe120_0080 };
            whole(base | operands | accumulator | (op2 & 1) << 6)
        }
        (2, 0 | 1, _) => whole(0xe700_0010 | operands | a << 12 | op2 << 5),
        (4, 0 | 1, _) => whole(0xe700_0050 | operands | a << 12 | op2 << 5),
        (5, 0 | 1, _) => whole(0xe750_0010 | operands | a << 12 | op2 << 5),
        (6, 0 | 1, _) => whole(0xe750_00d0 | operands | a << 12 | op2 << 5),
        (7, 0, _) => whole(0xe780_0010 | operands | a << 12),
        _ => Instruction::Illegal,
    }
}

fn multiply_long(word: u32) -> Instruction {
    let (n, low, high, m) = (field(word, 16, 4), field(word, 12, 4), field(word, 8, 4), field(word, 0, 4));
    let operands = high << 16 | low << 12 | m << 8 | n;
    match (field(word, 20, 3), field(word, 4, 4)) {
        (0, 0) => whole(0xe0c0_0090 | operands),
        (1, 15) => whole(0xe710_f010 | high << 16 | m << 8 | n),
        (2, 0) => whole(0xe080_0090 | operands),
        (3, 15) => whole(0xe730_f010 | high << 16 | m << 8 | n),
        (4, 0) => whole(0xe0e0_0090 | operands),
        (4, op2 @ 8..=11) => whole(0xe140_0080 | operands | (op2 & 1) << 6 | (op2 >> 1 & 1) << 5),
        (4, op2 @ 12..=13) => whole(0xe740_0010 | operands | (op2 & 1) << 5),
        (5, op2 @ 12..=13) => whole(0xe740_0050 | operands | (op2 & 1) << 5),
        (6, 0) => whole(0xe0a0_0090 | operands),
        (6, 6) => whole(0xe040_0090 | operands),
        _ => Instruction::Illegal,
    }
}
