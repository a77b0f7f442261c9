//! Between vectors, memory and general registers. Intel SDM volume 2: MOV* of MMX and SSE, PEXTR*, PINSR*, masks.

use super::super::cpu::ADDRESS;
use super::super::execute::{address, get, handlers, pieces, read, set, write};
use super::shuffle::blend_by_signs;
use super::{set_vector, vector};
use crate::memory::Access;
use crate::op::{miss, stop};
use crate::stop::Stop;

handlers! {
    /// d = 16 bytes of memory; an address that is no multiple of 16 is an error if imm's upper half says so.
    fn load_16<const A: u8>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        if op.imm >> 32 != 0 && address & 15 != 0 {
            return stop(cpu, ops, Stop::Privileged);
        }
        let value = match maps.readable(address, 7) {
            Some(page) if address & 0xfff <= 0xff0 => {
                u128::from(page.load_u64(address)) | u128::from(page.load_u64(address.wrapping_add(8))) << 64
            }
            _ => match maps.get_u128(address) {
                Ok(value) => value,
                Err(_) => return miss(cpu, ops, address, 16, Access::Read),
            },
        };
        set_vector(cpu, op.d, value);
    }

    /// Memory = 16 bytes of d, likewise.
    fn store_16<const A: u8>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        if op.imm >> 32 != 0 && address & 15 != 0 {
            return stop(cpu, ops, Stop::Privileged);
        }
        let value = vector(cpu, op.d);
        match maps.writable(address, 7) {
            Some(page) if address & 0xfff <= 0xff0 => {
                page.store_u64(address, value as u64);
                page.store_u64(address.wrapping_add(8), (value >> 64) as u64);
            }
            _ => {
                if maps.set_u128(address, value).is_err() {
                    return miss(cpu, ops, address, 16, Access::Write);
                }
            }
        }
    }

    /// d = `W` bits of memory, the rest zero.
    fn load_part<const W: u32, const A: u8>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        let value = read!(cpu, maps, blocks, ops, W, address);
        set_vector(cpu, op.d, value.into());
    }

    /// MMX register d = 8 bytes of memory.
    fn load_narrow<const A: u8>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        let value = read!(cpu, maps, blocks, ops, 64, address);
        cpu.float.enter_mmx();
        cpu.float.set_significand(op.d, value);
    }

    /// Memory = low `W` bits of d.
    fn store_part<const W: u32, const A: u8>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        let value = vector(cpu, op.d) as u64;
        write!(cpu, maps, blocks, ops, W, address, value);
    }

    /// Memory = upper half of d.
    fn store_high<const A: u8>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        let value = (vector(cpu, op.d) >> 64) as u64;
        write!(cpu, maps, blocks, ops, 64, address, value);
    }

    /// Memory = low `W` bits of MMX register d.
    fn store_narrow<const W: u32, const A: u8>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        let value = cpu.float.significand(op.d);
        write!(cpu, maps, blocks, ops, W, address, value);
        cpu.float.enter_mmx();
    }

    /// Slot a = low `W` bits of d.
    fn to_register<const W: u32>(cpu, maps, blocks, ops, op) {
        let value = vector(cpu, op.d) as u64;
        set::<W>(cpu, op.a, value);
    }

    /// d = `W` bits of slot a, the rest zero.
    fn from_register<const W: u32>(cpu, maps, blocks, ops, op) {
        let value = get(cpu, op.a) & (u64::MAX >> (64 - W));
        set_vector(cpu, op.d, value.into());
    }

    /// Slot a = low `W` bits of MMX register d.
    fn narrow_to_register<const W: u32>(cpu, maps, blocks, ops, op) {
        cpu.float.enter_mmx();
        let value = cpu.float.significand(op.d);
        set::<W>(cpu, op.a, value);
    }

    /// MMX register d = `W` bits of slot a.
    fn narrow_from_register<const W: u32>(cpu, maps, blocks, ops, op) {
        let value = get(cpu, op.a) & (u64::MAX >> (64 - W));
        cpu.float.enter_mmx();
        cpu.float.set_significand(op.d, value);
    }

    /// MOVQ2DQ and MOVDQ2Q: imm tells the direction.
    fn between(cpu, maps, blocks, ops, op) {
        cpu.float.enter_mmx();
        if op.imm != 0 {
            let value = vector(cpu, op.e) as u64;
            cpu.float.set_significand(op.d, value);
        } else {
            let value = cpu.float.significand(op.e);
            set_vector(cpu, op.d, value.into());
        }
    }

    /// Slot a = the top bits of the lanes of `SIZE` bytes of e.
    fn mask<const SIZE: u32>(cpu, maps, blocks, ops, op) {
        let value = vector(cpu, op.e);
        let bits = match SIZE {
            1 => gather_tops(value as u64) | gather_tops((value >> 64) as u64) << 8,
            _ => (0..16 / SIZE).fold(0, |bits, lane| {
                bits | ((value >> (8 * SIZE * (lane + 1) - 1)) as u64 & 1) << lane
            }),
        };
        set::<64>(cpu, op.a, bits);
    }

    /// The same of the bytes of an MMX register.
    fn mask_narrow(cpu, maps, blocks, ops, op) {
        let bits = gather_tops(cpu.float.significand(op.e));
        cpu.float.enter_mmx();
        set::<64>(cpu, op.a, bits);
    }

    /// Slot a = lane imm of `W` bits of e.
    fn extract<const W: u32>(cpu, maps, blocks, ops, op) {
        let lane = op.imm as u32 % (128 / W);
        let value = (vector(cpu, op.e) >> (W * lane)) as u64 & (u64::MAX >> (64 - W));
        set::<64>(cpu, op.a, value);
    }

    /// Lane imm of `W` bits of d = slot a.
    fn insert<const W: u32>(cpu, maps, blocks, ops, op) {
        let shift = W * (op.imm as u32 % (128 / W));
        let lane = u128::from(u64::MAX >> (64 - W));
        let value = vector(cpu, op.d) & !(lane << shift) | (u128::from(get(cpu, op.a)) & lane) << shift;
        set_vector(cpu, op.d, value);
    }

    /// PEXTRW of an MMX register.
    fn extract_narrow(cpu, maps, blocks, ops, op) {
        cpu.float.enter_mmx();
        let value = cpu.float.significand(op.e) >> (16 * (op.imm & 3)) & 0xffff;
        set::<64>(cpu, op.a, value);
    }

    /// PINSRW of an MMX register.
    fn insert_narrow(cpu, maps, blocks, ops, op) {
        cpu.float.enter_mmx();
        let shift = 16 * (op.imm & 3);
        let value = cpu.float.significand(op.d) & !(0xffff << shift) | (get(cpu, op.a) & 0xffff) << shift;
        cpu.float.set_significand(op.d, value);
    }

    /// Half of d = low half of e: the upper one if imm is set.
    fn set_half(cpu, maps, blocks, ops, op) {
        let (old, half) = (vector(cpu, op.d), vector(cpu, op.e) & u128::from(u64::MAX));
        let value = match op.imm {
            0 => old >> 64 << 64 | half,
            _ => old & u128::from(u64::MAX) | half << 64,
        };
        set_vector(cpu, op.d, value);
    }

    /// PBLENDVB, BLENDVPS, BLENDVPD: lanes of imm bytes, chosen by the signs of register 0.
    fn blend_by_first(cpu, maps, blocks, ops, op) {
        let (a, b, mask) = (vector(cpu, op.d), vector(cpu, op.e), vector(cpu, 0));
        set_vector(cpu, op.d, blend_by_signs(a, b, mask, op.imm as u32));
    }

    /// PTEST.
    fn test(cpu, maps, blocks, ops, op) {
        use super::super::flags::{CARRY, ZERO};
        let (a, b) = (vector(cpu, op.d), vector(cpu, op.e));
        let zero = if a & b == 0 { ZERO } else { 0 };
        let carry = if !a & b == 0 { CARRY } else { 0 };
        cpu.flags.set_bits(zero | carry);
    }

    /// EMMS.
    fn leave_mmx(cpu, maps, blocks, ops, op) {
        cpu.float.leave_mmx();
    }
}

/// Top bits of eight bytes, gathered in the lowest byte.
#[inline(always)]
fn gather_tops(value: u64) -> u64 {
    (value & 0x8080_8080_8080_8080).wrapping_mul(0x0002_0408_1020_4081) >> 56
}

pieces! {
    /// MASKMOVQ (imm 8) and MASKMOVDQU (imm 16): bytes of d where e has its top bit, to where DI points.
    fn store_masked(cpu, maps, op) {
        let (value, mask) = match op.imm {
            8 => (cpu.float.significand(op.d).into(), cpu.float.significand(op.e).into()),
            _ => (vector(cpu, op.d), vector(cpu, op.e)),
        };
        let address = get(cpu, ADDRESS);
        let count = op.imm.min(16);
        let chosen = |at: &u64| mask >> (8 * at + 7) & 1 != 0;
        if (0..count).any(|at| chosen(&at)) {
            maps.reach(address, count as u32, Access::Write)?;
        }
        for at in (0..count).filter(chosen) {
            maps.set_u8(address.wrapping_add(at), (value >> (8 * at)) as u8)?;
        }
        Ok(())
    }
}
