//! T32 of 32 bits: loads, stores, exclusives, table branches. Called by [`crate::arm::thumb::wide`]. ARMv7-A reference
//! manual, A6.3.6 to A6.3.10.

use crate::arm::decode::{bit, exclusive, field, register};
use crate::arm::instruction::{Index, Instruction, Offset, Shift, Width};
use crate::arm::thumb::Site;

/// What exclusive instructions neither load nor store.
const STACK_AND_PC: [u32; 2] = [13, 15];

fn directed(value: u32, up: bool) -> u32 {
    if up { value } else { value.wrapping_neg() }
}

/// Loads and stores of one register.
pub(in crate::arm) fn single(word: u32, site: Site) -> Instruction {
    let (n, t, load) = (register(word, 16), register(word, 12), bit(word, 20));
    let width = match (field(word, 21, 2), bit(word, 24)) {
        (0, false) => Width::Byte,
        (0, true) => Width::SignedByte,
        (1, false) => Width::Half,
        (1, true) => Width::SignedHalf,
        (2, false) => Width::Word,
        _ => return Instruction::Illegal,
    };
    if !load && (bit(word, 24) || n == 15) {
        return Instruction::Illegal;
    }
    // Loads of parts of a word into pc are preloads.
    let is_hint = load && t == 15 && width != Width::Word;
    let (offset, index) = if n == 15 {
        let distance = site.aligned(directed(field(word, 0, 12), bit(word, 23)));
        return if is_hint { Instruction::Nop } else { Instruction::Literal { width, t, distance } };
    } else if bit(word, 23) {
        (Offset::Immediate(field(word, 0, 12)), Index::Offset)
    } else if bit(word, 11) {
        let value = directed(field(word, 0, 8), bit(word, 9));
        match (bit(word, 10), bit(word, 8)) {
            (false, false) => return Instruction::Illegal,
            (before, writeback) => (Offset::Immediate(value), Index::of(before, writeback)),
        }
    } else if field(word, 6, 5) == 0 {
        let amount = field(word, 4, 2) as u8;
        let m = register(word, 0);
        (Offset::Register { m, shift: Shift::Left, amount, subtract: false }, Index::Offset)
    } else {
        return Instruction::Illegal;
    };
    match (load, is_hint && index == Index::Offset) {
        (_, true) => Instruction::Nop,
        (true, _) => Instruction::Load { width, t, n, offset, index },
        (false, _) => Instruction::Store { width, t, n, offset, index },
    }
}

/// ldrd, strd, the exclusive ones, tbb, tbh.
pub(in crate::arm) fn double_or_exclusive(word: u32) -> Instruction {
    let (n, t, u, load) = (register(word, 16), register(word, 12), register(word, 8), bit(word, 20));
    if bit(word, 24) || bit(word, 21) {
        let offset = Offset::Immediate(directed(4 * field(word, 0, 8), bit(word, 23)));
        let index = Index::of(bit(word, 24), bit(word, 21));
        return match load {
            true => Instruction::LoadDouble { t, u, n, offset, index },
            false => Instruction::StoreDouble { t, u, n, offset, index },
        };
    }
    let (base, m) = (u32::from(n) << 16, register(word, 0));
    let (target, second) = (u32::from(t), u32::from(u));
    if !bit(word, 23) {
        let extra = 4 * field(word, 0, 8);
        return match load {
            true => exclusive(0xe190_0f9f | base | target << 12, extra, &STACK_AND_PC),
            false => exclusive(0xe180_0f90 | base | second << 12 | target, extra, &STACK_AND_PC),
        };
    }
    let status = u32::from(m);
    match (field(word, 4, 4), load) {
        (0, true) => Instruction::BranchTable { n, m, half: false },
        (1, true) => Instruction::BranchTable { n, m, half: true },
        (4, true) => exclusive(0xe1d0_0f9f | base | target << 12, 0, &STACK_AND_PC),
        (5, true) => exclusive(0xe1f0_0f9f | base | target << 12, 0, &STACK_AND_PC),
        (7, true) => exclusive(0xe1b0_0f9f | base | target << 12, second, &STACK_AND_PC),
        (4, false) => exclusive(0xe1c0_0f90 | base | status << 12 | target, 0, &STACK_AND_PC),
        (5, false) => exclusive(0xe1e0_0f90 | base | status << 12 | target, 0, &STACK_AND_PC),
        (7, false) => exclusive(0xe1a0_0f90 | base | status << 12 | target, second, &STACK_AND_PC),
        _ => Instruction::Illegal,
    }
}
