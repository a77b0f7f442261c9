//! Advanced SIMD: one register and a constant. Called by [`crate::arm::neon`]. ARMv7-A reference manual, A7.4.6.

use crate::arm::cpu::Cpu;
use crate::arm::decode::{bit, field};
use crate::arm::neon::Vectors;
use crate::arm::whole::{Done, ILLEGAL};

/// The 64 bits that eight bits stand for, by cmode and op.
fn expand(mode: u32, op: bool, byte: u64) -> Option<u64> {
    let word = |value: u64| value << 32 | value;
    let half = |value: u64| word(value << 16 | value);
    Some(match (mode, op) {
        (0..=7, _) => word(byte << (8 * (mode >> 1))),
        (8..=11, _) => half(byte << (8 * (mode >> 1 & 1))),
        (12, _) => word(byte << 8 | 0xff),
        (13, _) => word(byte << 16 | 0xffff),
        (14, false) => byte * 0x0101_0101_0101_0101,
        (14, true) => (0..8).filter(|bit| byte >> bit & 1 != 0).fold(0, |mask, bit| mask | 0xff << (8 * bit)),
        (15, false) => {
            let exponent = if byte & 0x40 != 0 { 0x3e00_0000 } else { 0x4000_0000 };
            word((byte >> 7) << 31 | exponent | (byte & 0x3f) << 19)
        }
        _ => return None,
    })
}

/// vmov, vmvn, vorr, vbic.
pub(in crate::arm) fn execute(cpu: &mut Cpu, word: u32) -> Done {
    let vectors = Vectors::of(word);
    let (mode, op) = (field(word, 8, 4), bit(word, 5));
    let byte = field(word, 24, 1) << 7 | field(word, 16, 3) << 4 | field(word, 0, 4);
    let Some(value) = expand(mode, op, byte.into()) else { return ILLEGAL };
    if vectors.is_odd(vectors.d) {
        return ILLEGAL;
    }
    let value = u128::from(value) << 64 | u128::from(value);
    let changes = mode < 12 && mode & 1 != 0;
    let d = vectors.get(cpu, vectors.d);
    let result = match (changes, op) {
        (true, false) => d | value,
        (true, true) => d & !value,
        (false, true) if mode != 14 => !value,
        (false, _) => value,
    };
    vectors.set(cpu, result);
    Ok(())
}
