//! Loads and stores of register lists as operations. Entrances: [`load`], [`store`]. ARMv7-A reference manual, A4.7.
//!
//! Of an operation the constant is the list, with the distance of the lowest address from the base above it and the
//! change of the base in the upper half.

use super::cpu::Cpu;
use super::data::{NOTHING, Op, Run};
use crate::block::BlockCache;
use crate::maps::Maps;
use crate::memory::Access;
use crate::op::{Next, miss, step};
use crate::slot::Slot;

/// The constant of a list.
pub(super) fn constant(list: u16, up: bool, before: bool, writeback: bool) -> u64 {
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

/// Lowest address and length of the access, and the base afterwards.
#[inline(always)]
fn extent(cpu: &Cpu, op: &Op) -> (u32, u32, u32) {
    let base = cpu.registers[op.b as usize];
    let lowest = base.wrapping_add(i32::from((op.imm >> 16) as i16) as u32);
    (lowest, 4 * (op.imm as u16).count_ones(), base.wrapping_add((op.imm >> 32) as u32))
}

fn load_list<'a, const BIG: bool>(
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
    // A base that is in the list is loaded.
    cpu.registers[op.b as usize] = base;
    let (mut list, mut address) = (op.imm as u16, lowest);
    while list != 0 {
        let value = maps.load_u32(u64::from(address)).unwrap_or(0);
        cpu.registers[Slot::of(list.trailing_zeros()) as usize] =
            if BIG { value.swap_bytes() } else { value };
        list &= list - 1;
        address = address.wrapping_add(4);
    }
    step(cpu, maps, blocks, ops)
}

fn store_list<'a, const BIG: bool>(
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
    let (mut list, mut address) = (op.imm as u16, lowest);
    while list != 0 {
        let value = cpu.registers[Slot::of(list.trailing_zeros()) as usize];
        // Both pages are at hand.
        let _ = maps.store_u32(u64::from(address), if BIG { value.swap_bytes() } else { value });
        list &= list - 1;
        address = address.wrapping_add(4);
    }
    cpu.registers[op.b as usize] = base;
    step(cpu, maps, blocks, ops)
}

/// The function of a load.
pub(super) fn load(big: bool) -> Run {
    if big { load_list::<true> } else { load_list::<false> }
}

/// The function of a store.
pub(super) fn store(big: bool) -> Run {
    if big { store_list::<true> } else { store_list::<false> }
}
