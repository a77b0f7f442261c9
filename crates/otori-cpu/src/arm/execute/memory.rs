//! Loads and stores of one or two registers as operations. Entrances: [`load`], [`store`], [`load_double`],
//! [`store_double`]. ARMv7-A reference manual, A3.2.1 and A8.5.
//!
//! Words and halves need no alignment. Doubles need that of a word on the processor, but Linux makes up for it
//! (arch/arm/mm/alignment.c), so here they do not.

use crate::arm::cpu::Cpu;
use crate::arm::execute::data::{NOTHING, Op, Run};
use crate::arm::instruction::{Index, Width};
use crate::block::BlockCache;
use crate::chain::{links, load, one, store};
use crate::maps::Maps;
use crate::memory::Access;
use crate::op::{Next, miss, step};
use crate::slot::Slot;

/// The constant is the offset, added before; the base stays.
pub(in crate::arm) const OFFSET: u8 = 0;
pub(in crate::arm) const PRE: u8 = 1;
pub(in crate::arm) const POST: u8 = 2;
/// As these, with slot `c` shifted left by `d` as the offset.
pub(in crate::arm) const OFFSET_REGISTER: u8 = 4;
pub(in crate::arm) const PRE_REGISTER: u8 = 5;
pub(in crate::arm) const POST_REGISTER: u8 = 6;

pub(in crate::arm) const WORD: u8 = Width::Word as u8;
pub(in crate::arm) const BYTE: u8 = Width::Byte as u8;
pub(in crate::arm) const HALF: u8 = Width::Half as u8;
pub(in crate::arm) const SIGNED_BYTE: u8 = Width::SignedByte as u8;
pub(in crate::arm) const SIGNED_HALF: u8 = Width::SignedHalf as u8;

/// Where the access goes, and what the base becomes.
#[inline(always)]
fn place<const MODE: u8>(cpu: &Cpu, op: &Op) -> (u32, u32) {
    let base = cpu.registers[op.b as usize];
    let offset = if MODE & 4 == 0 { op.imm as u32 } else { cpu.registers[op.c as usize] << (op.d & 31) };
    let moved = base.wrapping_add(offset);
    (if MODE & 3 == POST { base } else { moved }, moved)
}

#[inline(always)]
fn size(width: u8) -> u32 {
    match width {
        WORD => 4,
        HALF | SIGNED_HALF => 2,
        _ => 1,
    }
}

/// Extends a value of a width to a word, in the order of data.
#[inline(always)]
fn extend<const WIDTH: u8, const BIG: bool>(value: u32) -> u32 {
    let half = if BIG { (value as u16).swap_bytes() } else { value as u16 };
    match WIDTH {
        WORD if BIG => value.swap_bytes(),
        WORD | BYTE => value,
        SIGNED_BYTE => i32::from(value as i8) as u32,
        HALF => u32::from(half),
        _ => i32::from(half as i16) as u32,
    }
}

/// A value of a width, extended to a word.
#[inline(always)]
fn read<const WIDTH: u8, const BIG: bool>(maps: &Maps, address: u32) -> Option<u32> {
    let at = u64::from(address);
    let value = match size(WIDTH) {
        4 => maps.load_u32(at),
        2 => maps.load_u16(at).map(u32::from),
        _ => maps.load_u8(at).map(u32::from),
    };
    value.map(extend::<WIDTH, BIG>)
}

links! { Cpu;
    /// One look into the cache; what is not there, or crosses a page or a word, is done by the slow version. So this one
    /// has no calls but jumps, and saves no registers.
    Load<const WIDTH: u8, const MODE: u8, const BIG: bool>(cpu, op, maps, blocks, ops) {
        let (address, moved) = place::<MODE>(cpu, op);
        let at = u64::from(address);
        let value = match size(WIDTH) {
            4 => load!(load_u32, 4, at, (cpu, maps, blocks, ops)),
            2 => load!(load_u16, 2, at, (cpu, maps, blocks, ops)).into(),
            _ => load!(load_u8, 1, at, (cpu, maps, blocks, ops)).into(),
        };
        if MODE & 3 != OFFSET {
            cpu.registers[op.b as usize] = moved;
        }
        cpu.registers[op.a as usize] = extend::<WIDTH, BIG>(value);
    }

    /// As [`Load`].
    Store<const WIDTH: u8, const MODE: u8, const BIG: bool>(cpu, op, maps, blocks, ops) {
        let (address, moved) = place::<MODE>(cpu, op);
        let (at, value) = (u64::from(address), cpu.registers[op.a as usize]);
        match size(WIDTH) {
            4 => {
                let value = if BIG { value.swap_bytes() } else { value };
                store!(store_u32, 4, at, value, (cpu, maps, blocks, ops));
            }
            2 => {
                let value = if BIG { (value as u16).swap_bytes() } else { value as u16 };
                store!(store_u16, 2, at, value, (cpu, maps, blocks, ops));
            }
            _ => store!(store_u8, 1, at, value as u8, (cpu, maps, blocks, ops)),
        }
        if MODE & 3 != OFFSET {
            cpu.registers[op.b as usize] = moved;
        }
    }
}

/// A load from a distance in the constant.
pub(in crate::arm) fn literal<'a, const WIDTH: u8, const BIG: bool>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op],
) -> Next {
    let [op, ..] = ops else { return NOTHING };
    let address = (cpu.frame.start as u32).wrapping_add(op.imm as u32);
    let Some(value) = read::<WIDTH, BIG>(maps, address) else {
        return miss(cpu, ops, u64::from(address), size(WIDTH), Access::Read);
    };
    cpu.registers[op.a as usize] = value;
    step(cpu, maps, blocks, ops)
}

/// Two words at an address as a value with the first one low, and back.
#[inline(always)]
fn order<const BIG: bool>(value: u64) -> u64 {
    if BIG { value.swap_bytes().rotate_left(32) } else { value }
}

/// Register `e` is the second one.
fn load_two<'a, const MODE: u8, const BIG: bool>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op],
) -> Next {
    let [op, ..] = ops else { return NOTHING };
    let (address, moved) = place::<MODE>(cpu, op);
    let Some(value) = maps.load_u64(u64::from(address)).map(order::<BIG>) else {
        return miss(cpu, ops, u64::from(address), 8, Access::Read);
    };
    if MODE & 3 != OFFSET {
        cpu.registers[op.b as usize] = moved;
    }
    cpu.registers[op.a as usize] = value as u32;
    cpu.registers[Slot::of(u32::from(op.e)) as usize] = (value >> 32) as u32;
    step(cpu, maps, blocks, ops)
}

fn store_two<'a, const MODE: u8, const BIG: bool>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op],
) -> Next {
    let [op, ..] = ops else { return NOTHING };
    let (address, moved) = place::<MODE>(cpu, op);
    let second = cpu.registers[Slot::of(u32::from(op.e)) as usize];
    let value = u64::from(cpu.registers[op.a as usize]) | u64::from(second) << 32;
    if maps.store_u64(u64::from(address), order::<BIG>(value)).is_none() {
        return miss(cpu, ops, u64::from(address), 8, Access::Write);
    }
    if MODE & 3 != OFFSET {
        cpu.registers[op.b as usize] = moved;
    }
    step(cpu, maps, blocks, ops)
}

/// Picks the function for a mode and a byte order.
macro_rules! by_mode {
    ($index:expr, $by_register:expr, $big:expr, $function:ident $(, $width:ident)?) => {
        match ($index, $by_register, $big) {
            (Index::Offset, false, false) => $function!($($width,)? OFFSET, false),
            (Index::Pre, false, false) => $function!($($width,)? PRE, false),
            (Index::Post, false, false) => $function!($($width,)? POST, false),
            (Index::Offset, true, false) => $function!($($width,)? OFFSET_REGISTER, false),
            (Index::Pre, true, false) => $function!($($width,)? PRE_REGISTER, false),
            (Index::Post, true, false) => $function!($($width,)? POST_REGISTER, false),
            (Index::Offset, false, true) => $function!($($width,)? OFFSET, true),
            (Index::Pre, false, true) => $function!($($width,)? PRE, true),
            (Index::Post, false, true) => $function!($($width,)? POST, true),
            (Index::Offset, true, true) => $function!($($width,)? OFFSET_REGISTER, true),
            (Index::Pre, true, true) => $function!($($width,)? PRE_REGISTER, true),
            (Index::Post, true, true) => $function!($($width,)? POST_REGISTER, true),
        }
    };
}

/// The function of a link, or a function.
macro_rules! load_of {
    ($($parameter:tt),*) => { one::<Cpu, Load<$($parameter),*>>() };
}
macro_rules! store_of {
    ($($parameter:tt),*) => { one::<Cpu, Store<$($parameter),*>>() };
}
macro_rules! load_two_of {
    ($($parameter:tt),*) => { load_two::<$($parameter),*> as Run };
}
macro_rules! store_two_of {
    ($($parameter:tt),*) => { store_two::<$($parameter),*> as Run };
}

/// The function of a load.
pub(in crate::arm) fn load(width: Width, index: Index, by_register: bool, big: bool) -> Run {
    match width {
        Width::Word => by_mode!(index, by_register, big, load_of, WORD),
        Width::Byte => by_mode!(index, by_register, big, load_of, BYTE),
        Width::Half => by_mode!(index, by_register, big, load_of, HALF),
        Width::SignedByte => by_mode!(index, by_register, big, load_of, SIGNED_BYTE),
        Width::SignedHalf => by_mode!(index, by_register, big, load_of, SIGNED_HALF),
    }
}

/// The function of a store.
pub(in crate::arm) fn store(width: Width, index: Index, by_register: bool, big: bool) -> Run {
    match width {
        Width::Word => by_mode!(index, by_register, big, store_of, WORD),
        Width::Byte | Width::SignedByte => by_mode!(index, by_register, big, store_of, BYTE),
        Width::Half | Width::SignedHalf => by_mode!(index, by_register, big, store_of, HALF),
    }
}

/// The function of a load of two registers.
pub(in crate::arm) fn load_double(index: Index, by_register: bool, big: bool) -> Run {
    by_mode!(index, by_register, big, load_two_of)
}

/// The function of a store of two registers.
pub(in crate::arm) fn store_double(index: Index, by_register: bool, big: bool) -> Run {
    by_mode!(index, by_register, big, store_two_of)
}

/// The function of a load from a distance.
pub(in crate::arm) fn load_literal(width: Width, big: bool) -> Run {
    match (width, big) {
        (Width::Word, false) => literal::<WORD, false>,
        (Width::Byte, _) => literal::<BYTE, false>,
        (Width::Half, false) => literal::<HALF, false>,
        (Width::SignedByte, _) => literal::<SIGNED_BYTE, false>,
        (Width::SignedHalf, false) => literal::<SIGNED_HALF, false>,
        (Width::Word, true) => literal::<WORD, true>,
        (Width::Half, true) => literal::<HALF, true>,
        (Width::SignedHalf, true) => literal::<SIGNED_HALF, true>,
    }
}
