//! T32 of 32 bits to [`Instruction`]s. Entrance: [`decode`], with the first half word on top. ARMv7-A reference
//! manual, A6.3.

use crate::arm::decode::{bit, coprocessor, field, is_broken_wide, register, signed};
use crate::arm::instruction::{Instruction, whole};
use crate::arm::thumb::data::{modified_immediate, multiply, plain_immediate, registers, shifted_register};
use crate::arm::thumb::memory::{double_or_exclusive, single};
use crate::arm::thumb::{Decoded, Site};

/// Both half words of an instruction.
pub(in crate::arm) fn decode(word: u32, site: Site) -> Decoded {
    if is_broken_wide(word) {
        return Instruction::Illegal.into();
    }
    match (field(word, 27, 2), field(word, 20, 7)) {
        (1, op) if op & 0x40 != 0 => simd(word).into(),
        (1, op) if op & 0x20 != 0 => shifted_register(word).into(),
        (1, op) if op & 4 != 0 => double_or_exclusive(word).into(),
        (1, _) => multiple(word).into(),
        (2, _) if bit(word, 15) => branch_or_control(word, site),
        (2, op) if op & 0x20 != 0 => plain_immediate(word, site).into(),
        (2, _) => modified_immediate(word).into(),
        (_, op) if op & 0x40 != 0 => simd(word).into(),
        (_, op) if op & 0x71 == 0x10 => Instruction::Simd { word: 0xf400_0000 | word & 0x00ff_ffff }.into(),
        (_, op) if op & 0x60 == 0 => single(word, site).into(),
        (_, op) if op & 0x70 == 0x20 => registers(word).into(),
        _ => multiply(word).into(),
    }
}

/// Coprocessors and Advanced SIMD: the A32 words but for the bits on top.
fn simd(word: u32) -> Instruction {
    if field(word, 24, 2) == 3 {
        return Instruction::Simd { word: 0xf200_0000 | field(word, 28, 1) << 24 | word & 0x00ff_ffff };
    }
    if bit(word, 28) { Instruction::Illegal } else { coprocessor(word) }
}

fn multiple(word: u32) -> Instruction {
    let (n, list, writeback) = (register(word, 16), field(word, 0, 16) as u16, bit(word, 21));
    // Unpredictable: pc as the base, less than two registers, a base in the list that is written back.
    if n == 15 || list.count_ones() < 2 || writeback && list >> n & 1 != 0 {
        return Instruction::Illegal;
    }
    let (before, up) = match field(word, 23, 2) {
        1 => (false, true),
        2 => (true, false),
        // srs, rfe
        _ => return Instruction::Illegal,
    };
    if bit(word, 20) {
        Instruction::LoadMultiple { n, list, up, before, writeback }
    } else {
        Instruction::StoreMultiple { n, list, up, before, writeback }
    }
}

fn branch_or_control(word: u32, site: Site) -> Decoded {
    let (s, j1, j2) = (field(word, 26, 1), field(word, 13, 1), field(word, 11, 1));
    let far = {
        let (i1, i2) = (1 ^ j1 ^ s, 1 ^ j2 ^ s);
        let value = s << 24 | i1 << 23 | i2 << 22 | field(word, 16, 10) << 12 | field(word, 0, 11) << 1;
        signed(value, 25)
    };
    match (bit(word, 14), bit(word, 12)) {
        (false, false) if field(word, 23, 3) != 7 => {
            let value = s << 20 | j2 << 19 | j1 << 18 | field(word, 16, 6) << 12 | field(word, 0, 11) << 1;
            let distance = signed(value, 21).wrapping_add(4);
            Decoded { condition: field(word, 22, 4) as u8, instruction: Instruction::Branch { distance } }
        }
        (false, false) => control(word).into(),
        (false, true) => Instruction::Branch { distance: far.wrapping_add(4) }.into(),
        (true, false) if bit(word, 0) => Instruction::Illegal.into(),
        (true, false) => Instruction::BranchLink { distance: site.aligned(far), exchange: true }.into(),
        (true, true) => Instruction::BranchLink { distance: far.wrapping_add(4), exchange: false }.into(),
    }
}

fn control(word: u32) -> Instruction {
    match field(word, 20, 7) {
        0b0111000 if !bit(word, 5) => whole(0xe120_f000 | field(word, 8, 4) << 16 | field(word, 16, 4)),
        // Hints; cps is without effect in user mode.
        0b0111010 => Instruction::Nop,
        0b0111011 => match field(word, 4, 4) {
            2 => whole(0xf57f_f01f),
            4..=6 => Instruction::Nop,
            _ => Instruction::Illegal,
        },
        0b0111100 => Instruction::BranchRegister { m: register(word, 16) },
        0b0111110 if !bit(word, 5) => whole(0xe10f_0000 | field(word, 8, 4) << 12),
        _ => Instruction::Illegal,
    }
}
