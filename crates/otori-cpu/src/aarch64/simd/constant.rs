//! Vectors from eight-bit constants: `movi`, `mvni`, `orr`, `bic`, `fmov`. ARM ARM C4.1.69 "Advanced SIMD modified
//! immediate", AdvSIMDExpandImm.

use super::arithmetic::format;
use super::scalar::expand;
use super::{Done, ILLEGAL};
use crate::aarch64::Cpu;
use crate::aarch64::word::Word;
use crate::vector::{Shape, splat};

const WORDS: Shape = Shape { bits: 32, count: 4 };
const HALVES: Shape = Shape { bits: 16, count: 8 };
const BYTES: Shape = Shape { bits: 8, count: 16 };
const LONGS: Shape = Shape { bits: 64, count: 2 };

/// The vector that the constant stands for, before it is inverted.
pub(super) fn expanded(word: Word) -> u128 {
    let imm = word.bits(16, 3) << 5 | word.bits(5, 5);
    let (mode, value) = (word.bits(12, 4), u64::from(imm));
    match (mode, word.bit(29)) {
        (0..=7, _) => splat(WORDS, value << (8 * (mode >> 1))),
        (8..=11, _) => splat(HALVES, value << (8 * (mode >> 1 & 1))),
        (12, _) => splat(WORDS, value << 8 | 0xff),
        (13, _) => splat(WORDS, value << 16 | 0xffff),
        (14, false) => splat(BYTES, value),
        // Each bit to a byte.
        (14, true) => splat(LONGS, (0..8).map(|bit| (0xff * (value >> bit & 1)) << (8 * bit)).sum()),
        (_, false) => splat(WORDS, expand(format(false), imm)),
        (_, true) => splat(LONGS, expand(format(true), imm)),
    }
}

pub(super) fn execute(cpu: &mut Cpu, word: Word) -> Done {
    let (mode, op, whole) = (word.bits(12, 4), word.bit(29), word.bit(30));
    // The bit beside is for half precision arithmetic; a double fills the register.
    if word.bit(11) || mode == 15 && op && !whole {
        return Err(ILLEGAL);
    }
    let (value, d) = (expanded(word), cpu.vector(word.d()));
    let changes = mode < 12 && mode & 1 == 1;
    let result = match (changes, op) {
        (true, false) => d | value,
        (true, true) => d & !value,
        (false, true) if mode < 14 => !value,
        (false, _) => value,
    };
    cpu.set_vector(word.d(), if whole { result } else { result & u128::from(u64::MAX) });
    Ok(())
}
