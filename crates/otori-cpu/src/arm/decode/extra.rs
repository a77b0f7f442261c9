//! A32: multiplies, synchronization, extra loads and stores, miscellaneous, media. Called by [`crate::arm::decode`].
//! ARMv7-A reference manual, A5.2.5 to A5.2.12 and A5.4.

use crate::arm::decode::{bit, field, place, register};
use crate::arm::instruction::{Index, Instruction, Offset, Shift, Width, whole};

pub(in crate::arm) fn multiply(word: u32) -> Instruction {
    match field(word, 20, 4) {
        5 | 7 => Instruction::Illegal,
        _ => whole(word),
    }
}

pub(in crate::arm) fn synchronization(word: u32) -> Instruction {
    let first = if bit(word, 20) { field(word, 12, 4) } else { field(word, 0, 4) };
    match field(word, 20, 4) {
        0 | 4 if field(word, 8, 4) == 0 => whole(word),
        _ if field(word, 8, 4) != 15 => Instruction::Illegal,
        // Of a double, the second register is the next one.
        10 | 11 if first & 1 != 0 => Instruction::Illegal,
        10 | 11 => exclusive(word, first + 1, &[15]),
        8..=15 => exclusive(word, 0, &[15]),
        _ => Instruction::Illegal,
    }
}

/// An exclusive load or store, unless its registers make it unpredictable: `forbidden` are none to be loaded or stored. A
/// status must go to a register of its own. `extra` as [`Instruction::Whole`] has it.
pub(in crate::arm) fn exclusive(word: u32, extra: u32, forbidden: &[u32]) -> Instruction {
    let (load, double) = (bit(word, 20), field(word, 21, 2) == 1);
    let (base, status) = (field(word, 16, 4), field(word, 12, 4));
    let first = if load { status } else { field(word, 0, 4) };
    let moved = [first, if double { extra } else { first }];
    let clashes = forbidden.contains(&status) || status == base || moved.contains(&status);
    if base == 15 || moved.iter().any(|register| forbidden.contains(register)) || !load && clashes {
        return Instruction::Illegal;
    }
    Instruction::Whole { word, extra }
}

/// Halves, signed bytes, doubles.
pub(in crate::arm) fn extra_transfer(word: u32) -> Instruction {
    let (t, n, subtract) = (register(word, 12), register(word, 16), !bit(word, 23));
    let offset = if bit(word, 22) {
        let value = field(word, 8, 4) << 4 | field(word, 0, 4);
        Offset::Immediate(if subtract { value.wrapping_neg() } else { value })
    } else {
        Offset::Register { m: register(word, 0), shift: Shift::Left, amount: 0, subtract }
    };
    let index = Index::of(bit(word, 24), bit(word, 21));
    let u = t.wrapping_add(1) & 15;
    match (field(word, 5, 2), bit(word, 20)) {
        // Doubles have no unprivileged form.
        (2 | 3, false) if t & 1 != 0 || !bit(word, 24) && bit(word, 21) => Instruction::Illegal,
        (2, false) => Instruction::LoadDouble { t, u, n, offset, index },
        (3, false) => Instruction::StoreDouble { t, u, n, offset, index },
        (1, load) => place(load, Width::Half, t, n, offset, index),
        (2, true) => place(true, Width::SignedByte, t, n, offset, index),
        _ => place(true, Width::SignedHalf, t, n, offset, index),
    }
}

pub(in crate::arm) fn miscellaneous(word: u32) -> Instruction {
    let (op, m) = (field(word, 21, 2), register(word, 0));
    match (field(word, 4, 4), op) {
        // mrs and msr of the status register; saved ones are for privileged modes.
        (0, 0 | 1) if field(word, 9, 1) == 0 => whole(word),
        (1, 1) | (2, 1) => Instruction::BranchRegister { m },
        (1, 3) => whole(word),
        (3, 1) => Instruction::BranchLinkRegister { m },
        (5, _) => whole(word),
        (7, 1) => Instruction::Breakpoint { comment: field(word, 8, 12) << 4 | field(word, 0, 4) },
        (8 | 10 | 12 | 14, _) => whole(word),
        _ => Instruction::Illegal,
    }
}

pub(in crate::arm) fn media(word: u32) -> Instruction {
    let (op1, op2) = (field(word, 20, 5), field(word, 5, 3));
    let known = match op1 {
        0b00001..=0b00011 | 0b00101..=0b00111 => !matches!(op2, 5 | 6),
        0b01000 => op2 & 1 == 0 || matches!(op2, 3 | 5),
        0b01010 | 0b01110 => op2 & 1 == 0 || matches!(op2, 1 | 3),
        0b01011 => op2 & 1 == 0 || matches!(op2, 1 | 3 | 5),
        0b01100 => op2 == 3,
        0b01111 => op2 & 1 == 0 || matches!(op2, 1 | 3 | 5),
        0b10000 | 0b10100 => op2 < 4,
        0b10001 | 0b10011 => op2 == 0,
        0b10101 => matches!(op2, 0 | 1 | 6 | 7),
        0b11000 => op2 == 0,
        0b11010 | 0b11011 | 0b11110 | 0b11111 => op2 & 3 == 2,
        0b11100 | 0b11101 => op2 & 3 == 0,
        _ => false,
    };
    if known { whole(word) } else { Instruction::Illegal }
}
