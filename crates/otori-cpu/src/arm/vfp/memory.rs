//! VFP: loads, stores, and moves of two core registers. Called by [`crate::arm::vfp`]. ARMv7-A reference manual, A7.6, A7.9.

use crate::arm::cpu::Cpu;
use crate::arm::decode::{bit, field};
use crate::arm::vfp::Operands;
use crate::arm::whole::status::{get, set};
use crate::arm::whole::{Context, Done, ILLEGAL};
use crate::memory::Access;
use crate::soft::DOUBLE;

/// Registers of singles or of doubles.
const REGISTERS: u32 = 32;

/// By P, U and W.
pub(in crate::arm) fn execute(cpu: &mut Cpu, context: &Context, word: u32) -> Done {
    match (bit(word, 24), bit(word, 23), bit(word, 21)) {
        (false, false, false) if bit(word, 22) && word >> 6 & 3 == 0 && bit(word, 4) => two(cpu, word),
        (true, _, false) => one(cpu, context, word),
        (true, false, true) | (false, true, _) => several(cpu, context, word),
        _ => ILLEGAL,
    }
}

/// Two core registers and a double, or two singles.
fn two(cpu: &mut Cpu, word: u32) -> Done {
    let operands = Operands::of(word);
    let to_core = bit(word, 20);
    let (first, second) = if operands.format == DOUBLE {
        (operands.m * 2, operands.m * 2 + 1)
    } else if operands.m == REGISTERS - 1 {
        return ILLEGAL;
    } else {
        (operands.m, operands.m + 1)
    };
    if to_core {
        let (low, high) = (cpu.single(first), cpu.single(second));
        set(cpu, word, 12, low);
        set(cpu, word, 16, high);
    } else {
        let (low, high) = (get(cpu, word, 12), get(cpu, word, 16));
        cpu.set_single(first, low);
        cpu.set_single(second, high);
    }
    Ok(())
}

fn one(cpu: &mut Cpu, context: &Context, word: u32) -> Done {
    let operands = Operands::of(word);
    let offset = 4 * field(word, 0, 8);
    let base = get(cpu, word, 16);
    let address = if bit(word, 23) { base.wrapping_add(offset) } else { base.wrapping_sub(offset) };
    let size = if operands.format == DOUBLE { 8 } else { 4 };
    if bit(word, 20) {
        context.aligned(address, 4, Access::Read)?;
        let value = context.load_float(address, size)?;
        operands.set(cpu, operands.d, value);
        Ok(())
    } else {
        context.aligned(address, 4, Access::Write)?;
        context.store_float(address, size, operands.get(cpu, operands.d))
    }
}

fn several(cpu: &mut Cpu, context: &Context, word: u32) -> Done {
    let operands = Operands::of(word);
    let bytes = 4 * field(word, 0, 8);
    // An odd count of words is the old way to leave a gap: the doubles that fit it are moved.
    let (size, count) = if operands.format == DOUBLE { (8, bytes / 8) } else { (4, bytes / 4) };
    if count == 0 || count > 16 && size == 8 || operands.d + count > REGISTERS {
        return ILLEGAL;
    }
    // pc is no base to write back to.
    if field(word, 16, 4) == 15 && bit(word, 21) {
        return ILLEGAL;
    }
    let base = get(cpu, word, 16);
    let (lowest, moved) = if bit(word, 23) {
        (base, base.wrapping_add(bytes))
    } else {
        (base.wrapping_sub(bytes), base.wrapping_sub(bytes))
    };
    let load = bit(word, 20);
    let access = if load { Access::Read } else { Access::Write };
    context.aligned(lowest, 4, access)?;
    context.maps.reach(lowest.into(), size * count, access)?;
    for index in 0..count {
        let address = lowest.wrapping_add(size * index);
        if load {
            let value = context.load_float(address, size)?;
            operands.set(cpu, operands.d + index, value);
        } else {
            context.store_float(address, size, operands.get(cpu, operands.d + index))?;
        }
    }
    if bit(word, 21) {
        set(cpu, word, 16, moved);
    }
    Ok(())
}

impl Context<'_> {
    /// A single or a double: of big-endian data the most significant byte comes first.
    pub(in crate::arm) fn load_float(&self, address: u32, size: u32) -> Result<u64, crate::op::Interrupt> {
        let value = self.load(address, size)?;
        Ok(if self.big && size == 8 { value.rotate_left(32) } else { value })
    }

    /// See [`Context::load_float`].
    pub(in crate::arm) fn store_float(&self, address: u32, size: u32, value: u64) -> Done {
        let value = if self.big && size == 8 { value.rotate_left(32) } else { value };
        self.store(address, size, value)
    }
}
