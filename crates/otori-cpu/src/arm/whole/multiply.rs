//! Products and quotients. Called by [`crate::arm::whole`]. ARMv7-A reference manual, A4.4.3, A5.2.5, A5.2.7, A5.4.4.

use crate::arm::cpu::Cpu;
use crate::arm::decode::{bit, field};
use crate::arm::whole::status::{get, set};
use crate::arm::whole::{Done, ILLEGAL};

/// mul, mla, mls, umaal, and the long ones.
pub(in crate::arm) fn execute(cpu: &mut Cpu, word: u32) -> Done {
    let (n, m) = (get(cpu, word, 0), get(cpu, word, 8));
    let flags = bit(word, 20);
    let product = n.wrapping_mul(m);
    let result = match field(word, 21, 3) {
        0 => product,
        1 => product.wrapping_add(get(cpu, word, 12)),
        3 => get(cpu, word, 12).wrapping_sub(product),
        kind => {
            long(cpu, word, kind, flags);
            return Ok(());
        }
    };
    if flags {
        cpu.negative = result;
        cpu.zero = result;
    }
    set(cpu, word, 16, result);
    Ok(())
}

fn long(cpu: &mut Cpu, word: u32, kind: u32, flags: bool) {
    let (n, m) = (get(cpu, word, 0), get(cpu, word, 8));
    let (high, low) = (u64::from(get(cpu, word, 16)), u64::from(get(cpu, word, 12)));
    let unsigned = u64::from(n) * u64::from(m);
    let signed = (i64::from(n as i32) * i64::from(m as i32)) as u64;
    let sum = high << 32 | low;
    let result = match kind {
        2 => unsigned + high + low,
        4 => unsigned,
        5 => unsigned.wrapping_add(sum),
        6 => signed,
        _ => signed.wrapping_add(sum),
    };
    if flags {
        cpu.negative = (result >> 32) as u32;
        cpu.zero = (result >> 32) as u32 | result as u32;
    }
    set_long(cpu, word, result);
}

fn set_long(cpu: &mut Cpu, word: u32, result: u64) {
    set(cpu, word, 12, result as u32);
    set(cpu, word, 16, (result >> 32) as u32);
}

/// The low or high half of a register, as a signed number.
fn half(value: u32, high: bool) -> i64 {
    i64::from(if high { (value >> 16) as i16 } else { value as i16 })
}

/// The low word of a sum; sets Q if the sum does not fit it.
fn accumulate(cpu: &mut Cpu, sum: i64) -> u32 {
    cpu.saturated |= i64::from(sum as i32) != sum;
    sum as u32
}

/// Products of halves: smlaxy and its like.
pub(in crate::arm) fn halves(cpu: &mut Cpu, word: u32) -> Done {
    let (n, m) = (get(cpu, word, 0), get(cpu, word, 8));
    let accumulator = i64::from(get(cpu, word, 12) as i32);
    let by = half(m, bit(word, 6));
    let product = half(n, bit(word, 5)) * by;
    let wide = (i64::from(n as i32) * by) >> 16;
    let result = match (field(word, 21, 2), bit(word, 5)) {
        (0, _) => accumulate(cpu, product + accumulator),
        (1, false) => accumulate(cpu, wide + accumulator),
        (1, true) => wide as u32,
        (2, _) => {
            let sum = u64::from(get(cpu, word, 16)) << 32 | u64::from(get(cpu, word, 12));
            set_long(cpu, word, sum.wrapping_add(product as u64));
            return Ok(());
        }
        _ => product as u32,
    };
    set(cpu, word, 16, result);
    Ok(())
}

/// The multiplies and divisions among the media instructions.
pub(in crate::arm) fn media(cpu: &mut Cpu, word: u32) -> Done {
    let (n, m) = (get(cpu, word, 0), get(cpu, word, 8));
    let accumulator = if field(word, 12, 4) == 15 { 0 } else { get(cpu, word, 12) };
    let result = match field(word, 20, 3) {
        0 => {
            let sum = dual(n, m, word) + i64::from(accumulator as i32);
            accumulate(cpu, sum)
        }
        // Division by zero gives zero; the one quotient that does not fit wraps.
        1 => match m {
            0 => 0,
            _ => (n as i32).wrapping_div(m as i32) as u32,
        },
        3 => n.checked_div(m).unwrap_or(0),
        4 => {
            let sum = u64::from(get(cpu, word, 16)) << 32 | u64::from(get(cpu, word, 12));
            set_long(cpu, word, sum.wrapping_add(dual(n, m, word) as u64));
            return Ok(());
        }
        5 => {
            let product = i64::from(n as i32).wrapping_mul(i64::from(m as i32)) as u64;
            let base = u64::from(accumulator) << 32;
            let sum = if bit(word, 6) { base.wrapping_sub(product) } else { base.wrapping_add(product) };
            let rounding = u64::from(bit(word, 5)) << 31;
            (sum.wrapping_add(rounding) >> 32) as u32
        }
        _ => return ILLEGAL,
    };
    set(cpu, word, 16, result);
    Ok(())
}

/// The sum or difference of the products of halves; bit 5 swaps the halves of the second operand.
fn dual(n: u32, m: u32, word: u32) -> i64 {
    let m = if bit(word, 5) { m.rotate_left(16) } else { m };
    let (low, high) = (half(n, false) * half(m, false), half(n, true) * half(m, true));
    if bit(word, 6) { low - high } else { low + high }
}
