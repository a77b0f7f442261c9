//! Advanced SIMD: loads and stores of structures. Called by [`crate::arm::neon`]. ARMv7-A reference manual, A7.7.
//!
//! One plan for all: which lanes of which registers the elements in memory go to, in order.

use crate::arm::cpu::Cpu;
use crate::arm::decode::{bit, field};
use crate::arm::whole::status::{get, set};
use crate::arm::whole::{Context, Done, ILLEGAL};
use crate::memory::Access;
use crate::slot::Slot;
use crate::vector::{lane, with_lane};

/// Registers that there are.
const REGISTERS: u32 = 32;

/// Elements in memory, one after the other.
struct Plan {
    /// log2 of the bytes of an element.
    size: u32,
    /// Members of a structure; each goes to its own register.
    members: u32,
    /// Distance between the registers of two members.
    step: u32,
    /// Lane of the first structure, and how many structures.
    first_lane: u32,
    structures: u32,
    /// Further registers that the same kind of structures go to.
    repeats: u32,
    /// What the address is a multiple of.
    alignment: u32,
}

/// The element structures of the word.
pub(in crate::arm) fn execute(cpu: &mut Cpu, context: &Context, word: u32) -> Done {
    let load = bit(word, 21);
    if !bit(word, 23) {
        let Some(plan) = multiple(word) else { return ILLEGAL };
        return transfer(cpu, context, word, &plan);
    }
    if field(word, 10, 2) == 3 {
        return if load { to_all_lanes(cpu, context, word) } else { ILLEGAL };
    }
    let Some(plan) = one_lane(word) else { return ILLEGAL };
    transfer(cpu, context, word, &plan)
}

fn multiple(word: u32) -> Option<Plan> {
    let (size, align) = (field(word, 6, 2), field(word, 4, 2));
    let (members, step, repeats) = match field(word, 8, 4) {
        7 => (1, 1, 1),
        10 => (1, 1, 2),
        6 => (1, 1, 3),
        2 => (1, 1, 4),
        8 => (2, 1, 1),
        9 => (2, 2, 1),
        3 => (2, 2, 2),
        4 => (3, 1, 1),
        5 => (3, 2, 1),
        0 => (4, 1, 1),
        1 => (4, 2, 1),
        _ => return None,
    };
    let alignment_max = match (members, repeats) {
        (1, 1 | 3) | (3, _) => 1,
        (1, 2) | (2, 1) => 2,
        _ => 3,
    };
    if size == 3 && members > 1 || align > alignment_max {
        return None;
    }
    let alignment = if align == 0 { 1 } else { 4 << align };
    Some(Plan { size, members, step, first_lane: 0, structures: 8 >> size, repeats, alignment })
}

fn one_lane(word: u32) -> Option<Plan> {
    let (size, members, place) = (field(word, 10, 2), field(word, 8, 2) + 1, field(word, 4, 4));
    let spaced = size > 0 && place >> size & 1 != 0;
    let aligned = match (members, size) {
        (1, 0) if place & 1 != 0 => return None,
        (1, 1) => place & 1,
        (1, 2) => match place & 3 {
            0 => 0,
            3 => 1,
            _ => return None,
        },
        (3, _) if place & ((1 << size.max(1)) - 1) != 0 => return None,
        (2, 2) if place & 2 != 0 => return None,
        (4, 2) if place & 3 == 3 => return None,
        (4, 2) => place & 3,
        _ => place & 1,
    };
    if members == 1 && spaced {
        return None;
    }
    let alignment = match (members, size, aligned) {
        (_, _, 0) => 1,
        (4, 2, by) => 4 << by,
        _ => members << size,
    };
    let step = if spaced { 2 } else { 1 };
    let first_lane = place >> (size + 1);
    Some(Plan { size, members, step, first_lane, structures: 1, repeats: 1, alignment })
}

/// The base afterwards: it may grow by what was moved, or by a register.
fn write_back(cpu: &mut Cpu, word: u32, bytes: u32) {
    let base = get(cpu, word, 16);
    match field(word, 0, 4) {
        15 => {}
        13 => set(cpu, word, 16, base.wrapping_add(bytes)),
        m => {
            let by = cpu.registers[Slot::of(m) as usize];
            set(cpu, word, 16, base.wrapping_add(by));
        }
    }
}

fn transfer(cpu: &mut Cpu, context: &Context, word: u32, plan: &Plan) -> Done {
    let first = field(word, 22, 1) << 4 | field(word, 12, 4);
    let (element, load) = (1 << plan.size, bit(word, 21));
    let bits = 8 * element;
    let bytes = element * plan.members * plan.structures * plan.repeats;
    if first + (plan.members - 1) * plan.step + plan.repeats > REGISTERS {
        return ILLEGAL;
    }
    let address = get(cpu, word, 16);
    let access = if load { Access::Read } else { Access::Write };
    context.aligned(address, plan.alignment, access)?;
    context.maps.reach(address.into(), bytes, access)?;
    let mut at = address;
    for repeat in 0..plan.repeats {
        for structure in 0..plan.structures {
            for member in 0..plan.members {
                let number = first + repeat + member * plan.step;
                let index = plan.first_lane + structure;
                let register = u128::from(cpu.double(number));
                if load {
                    let value = context.load_float(at, element)?;
                    cpu.set_double(number, with_lane(register, bits, index, value) as u64);
                } else {
                    context.store_float(at, element, lane(register, bits, index))?;
                }
                at = at.wrapping_add(element);
            }
        }
    }
    write_back(cpu, word, bytes);
    Ok(())
}

/// vld1 to vld4 of one structure to all lanes.
fn to_all_lanes(cpu: &mut Cpu, context: &Context, word: u32) -> Done {
    let (members, size_field) = (field(word, 8, 2) + 1, field(word, 6, 2));
    let (wide, aligned) = (bit(word, 5), bit(word, 4));
    let size = match (members, size_field, aligned) {
        (4, 3, true) => 2,
        (_, 3, _) | (3, _, true) | (1, 0, true) => return ILLEGAL,
        _ => size_field,
    };
    let element = 1 << size;
    let (step, copies) = match (members, wide) {
        (1, true) => (1, 2),
        (_, true) => (2, 1),
        _ => (1, 1),
    };
    let first = field(word, 22, 1) << 4 | field(word, 12, 4);
    if first + (members - 1) * step + copies > REGISTERS {
        return ILLEGAL;
    }
    let alignment = match (aligned, members, size_field) {
        (false, ..) => 1,
        (true, 4, 3) => 16,
        (true, 4, 2) => 8,
        _ => members * element,
    };
    let address = get(cpu, word, 16);
    context.aligned(address, alignment, Access::Read)?;
    context.maps.reach(address.into(), element * members, Access::Read)?;
    for member in 0..members {
        let value = context.load_float(address.wrapping_add(member * element), element)?;
        let ones = u64::MAX / (u64::MAX >> (64 - 8 * element));
        for copy in 0..copies {
            cpu.set_double(first + member * step + copy, value * ones);
        }
    }
    write_back(cpu, word, element * members);
    Ok(())
}
