//! Loads and stores of register lists as operations. Entrances: [`load`], [`store`]. ARMv7-A reference manual, A4.7.
//!
//! Of an operation the constant is the list, with the distance of the lowest address from the base above it and the
//! change of the base in the upper half.

use crate::arm::cpu::Cpu;
use crate::arm::execute::data::{NOTHING, Op, Run};
use crate::block::BlockCache;
use crate::maps::Maps;
use crate::memory::Access;
use crate::op::{Next, miss, step};
use crate::page::{PAGE_MASK, PAGE_SIZE};

/// The constant of a list.
pub(in crate::arm) fn constant(list: u16, up: bool, before: bool, writeback: bool) -> u64 {
    let bytes = 4 * list.count_ones() as i16;
    let lowest = match (up, before) {
        (true, false) => 0,
        (true, true) => 4,
        (false, true) => -bytes,
        (false, false) => 4 - bytes,
    };
    let change = match (writeback, up) {
        (false, _) => 0,
        (true, true) => i32::from(bytes),
        (true, false) => -i32::from(bytes),
    };
    u64::from(list) | u64::from(lowest as u16) << 16 | u64::from(change as u32) << 32
}

/// Lowest address and length of the access (`d` is the number of registers), and the base afterwards.
#[inline(always)]
fn extent(cpu: &Cpu, op: &Op) -> (u32, u32, u32) {
    let base = cpu.registers[op.b as usize];
    let lowest = base.wrapping_add(i32::from((op.imm >> 16) as i16) as u32);
    (lowest, 4 * u32::from(op.d), base.wrapping_add((op.imm >> 32) as u32))
}

/// Number of the lowest register of a list, in the array's range.
#[inline(always)]
fn first(list: u32) -> usize {
    list.trailing_zeros() as usize & 31
}

/// Whole words of one page?
#[inline(always)]
fn is_simple(lowest: u32, bytes: u32) -> bool {
    lowest & 3 == 0 && (lowest & PAGE_MASK as u32) + bytes <= PAGE_SIZE as u32
}

/// One look into the cache; what is not simple is [`load_slowly`]'s.
fn load_list<'a, const BIG: bool>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op],
) -> Next {
    let [op, ..] = ops else { return NOTHING };
    let (lowest, bytes, base) = extent(cpu, op);
    let page = maps.readable(u64::from(lowest), 0);
    let Some(page) = page.filter(|_| is_simple(lowest, bytes)) else {
        return load_slowly::<BIG>(cpu, maps, blocks, ops);
    };
    // A base that is in the list is loaded.
    cpu.registers[op.b as usize] = base;
    let (mut list, mut offset) = (op.imm as u32 & 0xffff, u64::from(lowest));
    while list != 0 {
        let value = page.load_u32(offset);
        cpu.registers[first(list)] = if BIG { value.swap_bytes() } else { value };
        list &= list - 1;
        offset += 4;
    }
    step(cpu, maps, blocks, ops)
}

#[inline(never)]
fn load_slowly<'a, const BIG: bool>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op],
) -> Next {
    let [op, ..] = ops else { return NOTHING };
    let (lowest, bytes, base) = extent(cpu, op);
    if maps.reach(u64::from(lowest), bytes, Access::Read).is_err() {
        return miss(cpu, ops, u64::from(lowest), bytes, Access::Read);
    }
    cpu.registers[op.b as usize] = base;
    let (mut list, mut address) = (op.imm as u32 & 0xffff, lowest);
    while list != 0 {
        let value = maps.load_u32(u64::from(address)).unwrap_or(0);
        cpu.registers[first(list)] = if BIG { value.swap_bytes() } else { value };
        list &= list - 1;
        address = address.wrapping_add(4);
    }
    step(cpu, maps, blocks, ops)
}

/// As [`load_list`].
fn store_list<'a, const BIG: bool>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op],
) -> Next {
    let [op, ..] = ops else { return NOTHING };
    let (lowest, bytes, base) = extent(cpu, op);
    let page = maps.writable(u64::from(lowest), 0);
    let Some(page) = page.filter(|_| is_simple(lowest, bytes)) else {
        return store_slowly::<BIG>(cpu, maps, blocks, ops);
    };
    let (mut list, mut offset) = (op.imm as u32 & 0xffff, u64::from(lowest));
    while list != 0 {
        let value = cpu.registers[first(list)];
        page.store_u32(offset, if BIG { value.swap_bytes() } else { value });
        list &= list - 1;
        offset += 4;
    }
    cpu.registers[op.b as usize] = base;
    step(cpu, maps, blocks, ops)
}

#[inline(never)]
fn store_slowly<'a, const BIG: bool>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op],
) -> Next {
    let [op, ..] = ops else { return NOTHING };
    let (lowest, bytes, base) = extent(cpu, op);
    if maps.reach(u64::from(lowest), bytes, Access::Write).is_err() {
        return miss(cpu, ops, u64::from(lowest), bytes, Access::Write);
    }
    let (mut list, mut address) = (op.imm as u32 & 0xffff, lowest);
    while list != 0 {
        let value = cpu.registers[first(list)];
        // Both pages are at hand.
        let _ = maps.store_u32(u64::from(address), if BIG { value.swap_bytes() } else { value });
        list &= list - 1;
        address = address.wrapping_add(4);
    }
    cpu.registers[op.b as usize] = base;
    step(cpu, maps, blocks, ops)
}

/// The function of a load.
pub(in crate::arm) fn load(big: bool) -> Run {
    if big { load_list::<true> } else { load_list::<false> }
}

/// The function of a store.
pub(in crate::arm) fn store(big: bool) -> Run {
    if big { store_list::<true> } else { store_list::<false> }
}
