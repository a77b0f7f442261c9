//! Halves and bytes side by side, saturation, extension, bit fields. Called by [`crate::arm::whole`]. ARMv7-A reference
//! manual, A4.4.4, A4.4.5 and A5.4.1 to A5.4.3.

use crate::arm::cpu::Cpu;
use crate::arm::decode::{bit, field};
use crate::arm::whole::status::{get, set};
use crate::arm::whole::{Done, ILLEGAL};

/// Media instructions but for multiplies.
pub(in crate::arm) fn execute(cpu: &mut Cpu, word: u32) -> Done {
    let (op1, op2) = (field(word, 20, 5), field(word, 5, 3));
    match op1 {
        0..=7 => parallel(cpu, word),
        0b11000 => absolute_differences(cpu, word),
        0b11010 | 0b11011 | 0b11110 | 0b11111 => extract(cpu, word),
        0b11100 | 0b11101 => insert(cpu, word),
        0b01000 if op2 & 1 == 0 => pack(cpu, word),
        0b01000 if op2 == 5 => select(cpu, word),
        0b01010 | 0b01011 | 0b01110 | 0b01111 if op2 & 1 == 0 => saturate(cpu, word),
        0b01010 | 0b01110 if op2 == 1 => saturate_halves(cpu, word),
        0b01000 | 0b01010..=0b01100 | 0b01110 | 0b01111 if op2 == 3 => extend(cpu, word),
        0b01011 | 0b01111 => reverse(cpu, word),
        _ => ILLEGAL,
    }
}

/// One lane of a sum or difference, as a number of any size.
struct Lanes {
    /// Bits of a lane.
    bits: u32,
    signed: bool,
}

impl Lanes {
    fn get(&self, value: u32, lane: u32) -> i32 {
        let shifted = value >> (lane * self.bits);
        match (self.bits, self.signed) {
            (8, true) => i32::from(shifted as i8),
            (8, false) => i32::from(shifted as u8),
            (_, true) => i32::from(shifted as i16),
            (_, false) => i32::from(shifted as u16),
        }
    }

    fn range(&self) -> (i32, i32) {
        if self.signed {
            (-1 << (self.bits - 1), (1 << (self.bits - 1)) - 1)
        } else {
            (0, (1 << self.bits) - 1)
        }
    }
}

fn parallel(cpu: &mut Cpu, word: u32) -> Done {
    let (kind, op2) = (field(word, 20, 2), field(word, 5, 3));
    let (n, m) = (get(cpu, word, 16), get(cpu, word, 0));
    let signed = !bit(word, 22);
    let bits = if matches!(op2, 4 | 7) { 8 } else { 16 };
    let lanes = Lanes { bits, signed };
    // With exchange: the other half of the second operand.
    let exchanges = matches!(op2, 1 | 2);
    let m = if exchanges { m.rotate_left(16) } else { m };
    let (mut result, mut greater) = (0u32, 0u32);
    for lane in 0..32 / bits {
        let (a, b) = (lanes.get(n, lane), lanes.get(m, lane));
        let subtracts = match op2 {
            0 | 4 => false,
            1 => lane == 0,
            2 => lane == 1,
            _ => true,
        };
        let value = if subtracts { a - b } else { a + b };
        let holds = match (signed, subtracts) {
            (true, _) | (false, true) => value >= 0,
            (false, false) => value >> bits != 0,
        };
        if holds {
            let ones = if bits == 8 { 1 } else { 3 };
            greater |= ones << (lane * bits / 8);
        }
        let (low, high) = lanes.range();
        let value = match kind {
            1 => value,
            2 => value.clamp(low, high),
            _ => value >> 1,
        };
        let mask = ((1u64 << bits) - 1) as u32;
        result |= (value as u32 & mask) << (lane * bits);
    }
    if kind == 1 {
        cpu.greater = greater;
    }
    set(cpu, word, 12, result);
    Ok(())
}

fn absolute_differences(cpu: &mut Cpu, word: u32) -> Done {
    let (n, m) = (get(cpu, word, 0).to_le_bytes(), get(cpu, word, 8).to_le_bytes());
    let sum: u32 = n.iter().zip(m).map(|(a, b)| u32::from(a.abs_diff(b))).sum();
    let base = if field(word, 12, 4) == 15 { 0 } else { get(cpu, word, 12) };
    set(cpu, word, 16, base.wrapping_add(sum));
    Ok(())
}

fn extract(cpu: &mut Cpu, word: u32) -> Done {
    let (lowest, width) = (field(word, 7, 5), field(word, 16, 5) + 1);
    if lowest + width > 32 {
        return ILLEGAL;
    }
    let value = get(cpu, word, 0) << (32 - lowest - width);
    let shift = 32 - width;
    let result = if bit(word, 22) { value >> shift } else { (value as i32 >> shift) as u32 };
    set(cpu, word, 12, result);
    Ok(())
}

fn insert(cpu: &mut Cpu, word: u32) -> Done {
    let (lowest, highest) = (field(word, 7, 5), field(word, 16, 5));
    if highest < lowest {
        return ILLEGAL;
    }
    let mask = (((1u64 << (highest - lowest + 1)) - 1) << lowest) as u32;
    // bfc has register 15 in place of the source.
    let source = if field(word, 0, 4) == 15 { 0 } else { get(cpu, word, 0) << lowest };
    let result = get(cpu, word, 12) & !mask | source & mask;
    set(cpu, word, 12, result);
    Ok(())
}

fn pack(cpu: &mut Cpu, word: u32) -> Done {
    let (n, m, amount) = (get(cpu, word, 16), get(cpu, word, 0), field(word, 7, 5));
    let result = if bit(word, 6) {
        let shifted = (m as i32 >> if amount == 0 { 31 } else { amount }) as u32;
        n & 0xffff_0000 | shifted & 0xffff
    } else {
        m << amount & 0xffff_0000 | n & 0xffff
    };
    set(cpu, word, 12, result);
    Ok(())
}

fn select(cpu: &mut Cpu, word: u32) -> Done {
    let mask =
        (0..4).filter(|byte| cpu.greater >> byte & 1 != 0).fold(0, |mask, byte| mask | 0xff << (8 * byte));
    let result = get(cpu, word, 16) & mask | get(cpu, word, 0) & !mask;
    set(cpu, word, 12, result);
    Ok(())
}

/// The nearest number of `bits` bits; sets Q if that is another one.
fn nearest(cpu: &mut Cpu, value: i32, bits: u32, unsigned: bool) -> u32 {
    let value = i64::from(value);
    let nearest = if unsigned {
        value.clamp(0, (1 << bits) - 1)
    } else {
        value.clamp(-1 << (bits - 1), (1 << (bits - 1)) - 1)
    };
    cpu.saturated |= nearest != value;
    nearest as u32
}

fn saturate(cpu: &mut Cpu, word: u32) -> Done {
    let (amount, unsigned) = (field(word, 7, 5), bit(word, 22));
    let bits = field(word, 16, 5) + u32::from(!unsigned);
    let value = get(cpu, word, 0);
    let shifted = if bit(word, 6) {
        value as i32 >> if amount == 0 { 31 } else { amount }
    } else {
        (value << amount) as i32
    };
    let result = nearest(cpu, shifted, bits, unsigned);
    set(cpu, word, 12, result);
    Ok(())
}

fn saturate_halves(cpu: &mut Cpu, word: u32) -> Done {
    let unsigned = bit(word, 22);
    let bits = field(word, 16, 4) + u32::from(!unsigned);
    let value = get(cpu, word, 0);
    let low = nearest(cpu, i32::from(value as i16), bits, unsigned);
    let high = nearest(cpu, i32::from((value >> 16) as i16), bits, unsigned);
    set(cpu, word, 12, low & 0xffff | high << 16);
    Ok(())
}

fn extend(cpu: &mut Cpu, word: u32) -> Done {
    let value = get(cpu, word, 0).rotate_right(8 * field(word, 10, 2));
    let unsigned = bit(word, 22);
    let base = if field(word, 16, 4) == 15 { 0 } else { get(cpu, word, 16) };
    let byte = |value: u32| if unsigned { value & 0xff } else { i32::from(value as i8) as u32 };
    let result = match field(word, 20, 2) {
        0 => {
            let low = base.wrapping_add(byte(value)) & 0xffff;
            low | (base >> 16).wrapping_add(byte(value >> 16)) << 16
        }
        2 => base.wrapping_add(byte(value)),
        _ if unsigned => base.wrapping_add(value & 0xffff),
        _ => base.wrapping_add(i32::from(value as i16) as u32),
    };
    set(cpu, word, 12, result);
    Ok(())
}

fn reverse(cpu: &mut Cpu, word: u32) -> Done {
    let value = get(cpu, word, 0);
    let halves = value.swap_bytes().rotate_left(16);
    let result = match (bit(word, 22), bit(word, 7)) {
        (false, false) => value.swap_bytes(),
        (false, true) => halves,
        (true, false) => value.reverse_bits(),
        (true, true) => i32::from(halves as i16) as u32,
    };
    set(cpu, word, 12, result);
    Ok(())
}
