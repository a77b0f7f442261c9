//! Comparisons of strings: PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM. Key type: [`Text`]. Intel SDM volume 2, 4.1.

use super::super::cpu::{AX, CX, Cpu, DX};
use super::super::execute::{get, handlers, set};
use super::super::flags::{CARRY, OVERFLOW, SIGN, ZERO};
use super::integer::equal_bytes;
use super::{set_vector, vector};

/// Elements are words instead of bytes.
const WORDS: u8 = 1;
/// Elements have a sign.
const SIGNED: u8 = 2;
/// Of the result the last element counts, or the mask has whole elements.
const LAST: u8 = 0x40;

/// One operand: its elements, and how many of them are text.
struct Text {
    elements: [i32; 16],
    /// Elements in a register.
    places: usize,
    length: usize,
}

impl Text {
    /// The elements of a register; as long as `length` says, or up to the first zero.
    fn new(value: u128, control: u8, length: Option<u64>) -> Text {
        let places = if control & WORDS == 0 { 16 } else { 8 };
        let element = |at: usize| match control & (WORDS | SIGNED) {
            0 => i32::from((value >> (8 * at)) as u8),
            WORDS => i32::from((value >> (16 * (at & 7))) as u16),
            SIGNED => i32::from((value >> (8 * at)) as i8),
            _ => i32::from((value >> (16 * (at & 7))) as i16),
        };
        let elements = core::array::from_fn(element);
        let text = elements.iter().take(places);
        let length = match length {
            Some(length) => (length as usize).min(places),
            None => text.take_while(|element| **element != 0).count(),
        };
        Text { elements, places, length }
    }

    fn get(&self, at: usize) -> Option<i32> {
        self.elements.get(at).copied().filter(|_| at < self.length)
    }
}

/// Is there something of the set, of the ranges, the same, or the beginning of the pattern, at place `at` of the text?
fn matches(pattern: &Text, text: &Text, control: u8, at: usize) -> bool {
    match (control >> 2 & 3, text.get(at)) {
        (0, Some(element)) => (0..pattern.length).any(|other| pattern.elements[other] == element),
        (1, Some(element)) => pattern
            .elements
            .chunks_exact(2)
            .take(pattern.length / 2)
            .any(|range| (range[0]..=range[1]).contains(&element)),
        (2, element) => pattern.get(at) == element,
        (3, _) => (0..pattern.length.min(text.places - at)).all(|by| pattern.get(by) == text.get(at + by)),
        _ => false,
    }
}

/// The result as a bit for each place.
fn compare(pattern: &Text, text: &Text, control: u8) -> u32 {
    let bits = (0..text.places).filter(|at| matches(pattern, text, control, *at));
    let found = bits.fold(0, |found, at| found | 1 << at);
    let turned = match control >> 4 & 3 {
        1 => text.places,
        3 => text.length,
        _ => 0,
    };
    found ^ ((1 << turned) - 1)
}

/// A bit for each byte that is not zero, of bytes that are 0 or 0xff.
fn bits(bytes: u128) -> u32 {
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let half = |half: u64| ((half & 0x0101_0101_0101_0101).wrapping_mul(GATHER) >> 56) as u32;
    half(bytes as u64) | half((bytes >> 64) as u64) << 8
}

/// As [`Text::new`] and [`compare`], for bytes that end at their zeros, of a set (`0`) or in two texts (`8`): what C
/// libraries do for most strings. The result, and the lengths of both.
fn compare_bytes(first: u128, second: u128, control: u8) -> Option<(u32, usize, usize)> {
    if control & (WORDS | 4) != 0 {
        return None;
    }
    let length = |value| (bits(equal_bytes(value, 0)) | 1 << 16).trailing_zeros();
    let (pattern, text) = (length(first), length(second));
    let within = |length: u32| (1u32 << length) - 1;
    let found = if control & 8 == 0 {
        let set = (0..pattern).map(|at| (first >> (8 * at)) as u8);
        let places = set.map(|byte| equal_bytes(second, u128::from_ne_bytes([byte; 16])));
        bits(places.fold(0, |found, places| found | places)) & within(text)
    } else {
        bits(equal_bytes(first, second)) & within(pattern.min(text)) | 0xffff & !within(pattern.max(text))
    };
    let turned = match control >> 4 & 3 {
        1 => 16,
        3 => text,
        _ => 0,
    };
    Some((found ^ within(turned), pattern as usize, text as usize))
}

/// A mask of whole elements from one of bits.
fn spread(found: u32, places: usize) -> u128 {
    let bits = 128 / places as u32;
    let element = u128::MAX >> (128 - bits);
    (0..places as u32).filter(|at| found >> at & 1 != 0).fold(0, |mask, at| mask | element << (at * bits))
}

/// A length that a register holds: without its sign.
fn given(cpu: &Cpu, register: crate::slot::Slot, is_long: bool) -> u64 {
    let value = get(cpu, register);
    if is_long { (value as i64).unsigned_abs() } else { (value as i32).unsigned_abs().into() }
}

handlers! {
    /// All four, by what is above the control byte in imm: bit 8 says that an index is wanted (else a mask), bit 9 that
    /// texts end at their zeros (else registers have their lengths), bit 10 that lengths have 64 bits.
    fn compare_texts(cpu, maps, blocks, ops, op) {
        let (control, kind) = (op.imm as u8, op.imm >> 8);
        let (first, second) = (vector(cpu, op.d), vector(cpu, op.e));
        let explicit = |register| (kind & 2 == 0).then(|| given(cpu, register, kind & 4 != 0));
        let places = if control & WORDS == 0 { 16 } else { 8 };
        let quickly = if kind & 2 != 0 { compare_bytes(first, second, control) } else { None };
        let (found, pattern, text) = quickly.unwrap_or_else(|| {
            let pattern = Text::new(first, control, explicit(AX));
            let text = Text::new(second, control, explicit(DX));
            (compare(&pattern, &text, control), pattern.length, text.length)
        });
        let flag = |set: bool, bit: u32| if set { bit } else { 0 };
        cpu.flags.set_bits(
            flag(found != 0, CARRY)
                | flag(text < places, ZERO)
                | flag(pattern < places, SIGN)
                | flag(found & 1 != 0, OVERFLOW),
        );
        match (kind & 1, control & LAST) {
            (0, 0) => set_vector(cpu, 0, found.into()),
            (0, _) => set_vector(cpu, 0, spread(found, places)),
            (_, _) if found == 0 => set::<64>(cpu, CX, places as u64),
            (_, 0) => set::<64>(cpu, CX, found.trailing_zeros().into()),
            (_, _) => set::<64>(cpu, CX, (31 - found.leading_zeros()).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_compared_quickly_as_they_are_slowly() {
        let mut state = 1u64;
        let mut random = || {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            state >> 33
        };
        for _ in 0..20_000 {
            // Few values, so that many are the same and some are zero.
            let mut operand = || u128::from_le_bytes(core::array::from_fn(|_| (random() % 5 * 63) as u8));
            let (first, second) = (operand(), operand());
            for control in (0..=u8::MAX).filter(|control| control & (WORDS | 4) == 0) {
                let pattern = Text::new(first, control, None);
                let text = Text::new(second, control, None);
                let slowly = (compare(&pattern, &text, control), pattern.length, text.length);
                assert_eq!(
                    compare_bytes(first, second, control),
                    Some(slowly),
                    "{first:x} {second:x} {control:x}"
                );
            }
        }
    }
}
