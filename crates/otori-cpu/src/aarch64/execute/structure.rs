//! `ld1` to `ld4`, `st1` to `st4`: interleaved structures of several registers, one lane of them, one value to all
//! lanes. ARM ARM C4.1.66, C7.2 (LD1 to ST4).

use super::{Done, ILLEGAL};
use crate::aarch64::Cpu;
use crate::aarch64::access::{load_anywhere, store_anywhere};
use crate::aarch64::word::{Word, source, with_sp};
use crate::maps::Maps;
use crate::memory::{Access, Miss};
use crate::op::Interrupt;
use crate::vector::{Shape, lane, splat, with_lane};

pub(super) fn execute(cpu: &mut Cpu, maps: &Maps, word: Word) -> Done {
    if word.bit(31) || word.bits(27, 3) != 1 {
        return Err(ILLEGAL);
    }
    // Without a post-index the register field is zero.
    if !word.bit(23) && word.m() != 0 {
        return Err(ILLEGAL);
    }
    let bytes = match (word.bit(24), word.bit(23)) {
        (false, _) if word.bit(21) => return Err(ILLEGAL),
        (false, _) => several(cpu, maps, word)?,
        (true, _) => single(cpu, maps, word)?,
    };
    if word.bit(23) {
        let by = if word.m() == 31 { bytes } else { cpu.get(source(word.m())) };
        let base = with_sp(word.n());
        cpu.set(base, cpu.get(base).wrapping_add(by));
    }
    Ok(())
}

fn reach(maps: &Maps, address: u64, bytes: u64, word: Word) -> Done {
    let access = if word.bit(22) { Access::Read } else { Access::Write };
    maps.reach(address, bytes as u32, access)
}

fn load(maps: &Maps, address: u64, size: u64) -> Result<u64, Interrupt> {
    let missing = Interrupt::Miss(Miss { address, size: size as u32, access: Access::Read, step: 0 });
    load_anywhere(maps, address, size).map(|value| value as u64).ok_or(missing)
}

fn store(maps: &Maps, address: u64, size: u64, value: u64) -> Done {
    let missing = Interrupt::Miss(Miss { address, size: size as u32, access: Access::Write, step: 0 });
    store_anywhere(maps, address, size, value.into()).ok_or(missing)
}

/// Whole registers; returns how many bytes. What is `selem` in the manual is `elements` here.
fn several(cpu: &mut Cpu, maps: &Maps, word: Word) -> Result<u64, Interrupt> {
    let (repeats, elements) = match word.bits(12, 4) {
        0 => (1, 4),
        2 => (4, 1),
        4 => (1, 3),
        6 => (3, 1),
        7 => (1, 1),
        8 => (1, 2),
        10 => (2, 1),
        _ => return Err(ILLEGAL),
    };
    let (size, whole) = (word.bits(10, 2), if word.bit(30) { 16 } else { 8 });
    if size == 3 && whole == 8 && elements != 1 {
        return Err(ILLEGAL);
    }
    let shape = Shape::of(size, whole);
    let total = u64::from(whole * repeats * elements);
    let mut address = cpu.get(with_sp(word.n()));
    reach(maps, address, total, word)?;
    if elements == 1 {
        for register in word.d()..word.d() + repeats {
            consecutive(cpu, maps, word, register, address)?;
            address = address.wrapping_add(whole.into());
        }
        return Ok(total);
    }
    let bytes = u64::from(shape.bits / 8);
    for index in 0..shape.count {
        for register in word.d()..word.d() + elements {
            let old = cpu.vector(register);
            if word.bit(22) {
                let value = load(maps, address, bytes)?;
                let kept = if index == 0 { 0 } else { old };
                cpu.set_vector(register, with_lane(kept, shape.bits, index, value));
            } else {
                store(maps, address, bytes, lane(old, shape.bits, index))?;
            }
            address = address.wrapping_add(bytes);
        }
    }
    Ok(total)
}

/// One register of `ld1` or `st1`.
fn consecutive(cpu: &mut Cpu, maps: &Maps, word: Word, register: u32, address: u64) -> Done {
    let whole = if word.bit(30) { 16 } else { 8 };
    let (access, load) = if word.bit(22) { (Access::Read, true) } else { (Access::Write, false) };
    let missing = Interrupt::Miss(Miss { address, size: whole, access, step: 0 });
    if load {
        cpu.set_vector(register, load_anywhere(maps, address, whole.into()).ok_or(missing)?);
        return Ok(());
    }
    store_anywhere(maps, address, whole.into(), cpu.vector(register)).ok_or(missing)
}

/// One lane, or one value to all lanes; returns how many bytes.
fn single(cpu: &mut Cpu, maps: &Maps, word: Word) -> Result<u64, Interrupt> {
    let elements = (word.bits(13, 1) << 1 | word.bits(21, 1)) + 1;
    let (whole, size) = (word.bits(30, 1), word.bits(10, 2));
    let s = word.bits(12, 1);
    // The lane's number lies in the bits that its width leaves free.
    let place = whole << 3 | s << 2 | size;
    let (log, index) = match word.bits(14, 2) {
        0 => (0, place),
        1 if size & 1 == 0 => (1, place >> 1),
        2 if size & 2 == 0 && size & 1 == 0 => (2, place >> 2),
        2 if size == 1 && s == 0 => (3, place >> 3),
        3 if word.bit(22) && s == 0 => return replicate(cpu, maps, word, elements),
        _ => return Err(ILLEGAL),
    };
    let (bits, bytes) = (8 << log, 1u64 << log);
    let mut address = cpu.get(with_sp(word.n()));
    reach(maps, address, bytes * u64::from(elements), word)?;
    for register in word.d()..word.d() + elements {
        let old = cpu.vector(register);
        if word.bit(22) {
            let value = load(maps, address, bytes)?;
            cpu.set_vector(register, with_lane(old, bits, index, value));
        } else {
            store(maps, address, bytes, lane(old, bits, index))?;
        }
        address = address.wrapping_add(bytes);
    }
    Ok(bytes * u64::from(elements))
}

/// `ld1r` to `ld4r`.
fn replicate(cpu: &mut Cpu, maps: &Maps, word: Word, elements: u32) -> Result<u64, Interrupt> {
    let shape = Shape::of(word.bits(10, 2), if word.bit(30) { 16 } else { 8 });
    let bytes = u64::from(shape.bits / 8);
    let mut address = cpu.get(with_sp(word.n()));
    reach(maps, address, bytes * u64::from(elements), word)?;
    for register in word.d()..word.d() + elements {
        cpu.set_vector(register, splat(shape, load(maps, address, bytes)?));
        address = address.wrapping_add(bytes);
    }
    Ok(bytes * u64::from(elements))
}
