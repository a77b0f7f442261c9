//! The status register, leading zeros, saturating addition, and the coprocessor registers that user mode may reach.
//! Called by [`crate::arm::whole`]. ARMv7-A reference manual, A8.8 (MRS, MSR, CLZ, QADD), B3.17.

use crate::arm::cpu::Cpu;
use crate::arm::decode::{bit, field};
use crate::arm::whole::{Done, ILLEGAL};
use crate::slot::Slot;

/// The register in a field of the word.
#[inline(always)]
pub(in crate::arm) fn get(cpu: &Cpu, word: u32, low: u32) -> u32 {
    cpu.registers[Slot::of(field(word, low, 4)) as usize]
}

/// Sets the register in a field of the word.
#[inline(always)]
pub(in crate::arm) fn set(cpu: &mut Cpu, word: u32, low: u32, value: u32) {
    cpu.registers[Slot::of(field(word, low, 4)) as usize] = value;
}

/// mrs, msr, clz, qadd and its like.
pub(in crate::arm) fn execute(cpu: &mut Cpu, word: u32) -> Done {
    match (field(word, 4, 4), field(word, 21, 2)) {
        (0, 0) => {
            let value = cpu.apsr();
            set(cpu, word, 12, value);
        }
        (0, 1) => {
            let value = get(cpu, word, 0);
            move_to_status(cpu, field(word, 16, 4), value);
        }
        (1, 3) => {
            let value = get(cpu, word, 0).leading_zeros();
            set(cpu, word, 12, value);
        }
        (5, kind) => {
            let (m, mut n) = (get(cpu, word, 0) as i32, get(cpu, word, 16) as i32);
            if kind & 2 != 0 {
                n = saturate(cpu, 2 * i64::from(n));
            }
            let sum = if kind & 1 == 0 { i64::from(m) + i64::from(n) } else { i64::from(m) - i64::from(n) };
            let value = saturate(cpu, sum);
            set(cpu, word, 12, value as u32);
        }
        _ => return ILLEGAL,
    }
    Ok(())
}

/// The nearest word; sets Q if that is another number.
fn saturate(cpu: &mut Cpu, value: i64) -> i32 {
    let nearest = value.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
    cpu.saturated |= nearest != value;
    nearest as i32
}

/// `mask` says which bytes: of those user mode has flags and Q in the highest, GE in the one below.
fn move_to_status(cpu: &mut Cpu, mask: u32, value: u32) {
    if mask & 8 != 0 {
        cpu.set_flags(value);
        cpu.saturated = value >> 27 & 1 != 0;
    }
    if mask & 4 != 0 {
        cpu.greater = value >> 16 & 15;
    }
}

/// msr of a constant.
pub(in crate::arm) fn move_immediate(cpu: &mut Cpu, word: u32) -> Done {
    let value = field(word, 0, 8).rotate_right(2 * field(word, 8, 4));
    move_to_status(cpu, field(word, 16, 4), value);
    Ok(())
}

/// Coprocessor 15: the thread registers, and barriers as ARMv6 had them.
pub(in crate::arm) fn coprocessor(cpu: &mut Cpu, word: u32) -> Done {
    let name = (field(word, 21, 3), field(word, 16, 4), field(word, 0, 4), field(word, 5, 3));
    let value = get(cpu, word, 12);
    match (bit(word, 20), name) {
        (true, (0, 13, 0, 2)) => {
            let value = cpu.thread_word;
            set(cpu, word, 12, value);
        }
        (true, (0, 13, 0, 3)) => {
            let value = cpu.thread_pointer;
            set(cpu, word, 12, value);
        }
        (false, (0, 13, 0, 2)) => cpu.thread_word = value,
        (false, (0, 7, 5, 4) | (0, 7, 10, 4 | 5)) => {}
        _ => return ILLEGAL,
    }
    Ok(())
}
