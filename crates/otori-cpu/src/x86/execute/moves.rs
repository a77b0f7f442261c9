//! Moves, extensions, addresses, exchanges; conditional moves and sets. Intel SDM volume 2.

use super::super::cpu::{ADDRESS, AX, BX, CX, DX};
use super::super::flags::{cut, extend};
use super::{address, get, handlers, immediate, pieces, read, set, write};
use crate::memory::Access;
use crate::op::{Interrupt, miss};

handlers! {
    /// a = b.
    fn copy<const W: u32>(cpu, maps, blocks, ops, op) {
        set::<W>(cpu, op.a, get(cpu, op.b));
    }

    /// a = imm.
    fn constant<const W: u32>(cpu, maps, blocks, ops, op) {
        set::<W>(cpu, op.a, op.imm);
    }

    /// a = address of the block + imm.
    fn place(cpu, maps, blocks, ops, op) {
        let place = super::key(cpu, op.imm);
        set::<64>(cpu, op.a, place);
    }

    /// a = the address of a memory operand, cut to `W` bits.
    fn effective<const W: u32, const A: u8>(cpu, maps, blocks, ops, op) {
        let value = address::<A>(cpu, op);
        set::<W>(cpu, op.a, value);
    }

    /// The address of the 8086: 16 bits of base, index and displacement.
    fn effective_half(cpu, maps, blocks, ops, op) {
        let value = address::<{ super::WORD }>(cpu, op) & 0xffff;
        set::<64>(cpu, op.a, value);
    }

    /// Adds the base of segment b to the computed address.
    fn add_segment(cpu, maps, blocks, ops, op) {
        let linear = get(cpu, ADDRESS).wrapping_add(get(cpu, op.b)) & cpu.mask;
        set::<64>(cpu, ADDRESS, linear);
    }

    /// a = memory, zero extended.
    fn load_zero<const W: u32, const A: u8>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        let value = read!(cpu, maps, blocks, ops, W, address);
        set::<64>(cpu, op.a, value);
    }

    /// a = memory, the upper bits of a as they are.
    fn load_part<const W: u32, const A: u8>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        let value = read!(cpu, maps, blocks, ops, W, address);
        set::<W>(cpu, op.a, value);
    }

    /// a = memory, sign extended to 32 bits.
    fn load_sign_32<const W: u32, const A: u8>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        let value = read!(cpu, maps, blocks, ops, W, address);
        set::<32>(cpu, op.a, extend::<W>(value));
    }

    /// a = memory, sign extended to 64 bits.
    fn load_sign_64<const W: u32, const A: u8>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        let value = read!(cpu, maps, blocks, ops, W, address);
        set::<64>(cpu, op.a, extend::<W>(value));
    }

    /// memory = a.
    fn store_register<const W: u32, const A: u8>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        write!(cpu, maps, blocks, ops, W, address, get(cpu, op.a));
    }

    /// memory = immediate.
    fn store_constant<const W: u32, const A: u8>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        write!(cpu, maps, blocks, ops, W, address, immediate(op));
    }

    /// a = memory that will be stored to: both accesses are tried before anything changes.
    fn load_to_change<const W: u32, const A: u8>(cpu, maps, blocks, ops, op) {
        let address = address::<A>(cpu, op);
        let last = address.wrapping_add(u64::from(W / 8) - 1);
        if maps.writable(address, 0).is_none() || maps.writable(last, 0).is_none() {
            return miss(cpu, ops, address, W / 8, Access::Write);
        }
        let value = read!(cpu, maps, blocks, ops, W, address);
        set::<64>(cpu, op.a, value);
    }

    /// a = zero extended b.
    fn zero_extend<const W: u32>(cpu, maps, blocks, ops, op) {
        set::<64>(cpu, op.a, cut::<W>(get(cpu, op.b)));
    }

    /// a = b, sign extended from `W` to `D` bits.
    fn sign_extend<const W: u32, const D: u32>(cpu, maps, blocks, ops, op) {
        set::<D>(cpu, op.a, extend::<W>(get(cpu, op.b)));
    }

    /// a = sign of b, in every bit.
    fn sign_fill<const W: u32>(cpu, maps, blocks, ops, op) {
        set::<W>(cpu, op.a, (extend::<W>(get(cpu, op.b)) as i64 >> 63) as u64);
    }

    /// a = bits 8 to 15 of b.
    fn high_byte(cpu, maps, blocks, ops, op) {
        set::<64>(cpu, op.a, get(cpu, op.b) >> 8 & 0xff);
    }

    /// Bits 8 to 15 of a = b.
    fn put_high_byte(cpu, maps, blocks, ops, op) {
        let value = get(cpu, op.a) & !0xff00 | (get(cpu, op.b) & 0xff) << 8;
        set::<64>(cpu, op.a, value);
    }

    /// Exchanges a and b.
    fn exchange<const W: u32>(cpu, maps, blocks, ops, op) {
        let (a, b) = (get(cpu, op.a), get(cpu, op.b));
        set::<W>(cpu, op.a, b);
        set::<W>(cpu, op.b, a);
    }

    /// a = c if condition `C` holds; else a = b.
    fn conditional_copy<const C: u8, const W: u32>(cpu, maps, blocks, ops, op) {
        let from = if cpu.flags.holds::<C>() { op.c } else { op.b };
        set::<W>(cpu, op.a, get(cpu, from));
    }

    /// Low byte of a = does condition `C` hold?
    fn conditional_set<const C: u8>(cpu, maps, blocks, ops, op) {
        let holds = cpu.flags.holds::<C>();
        set::<8>(cpu, op.a, holds.into());
    }

    /// a = the bytes of b the other way round.
    fn swap_bytes<const W: u32>(cpu, maps, blocks, ops, op) {
        let value = get(cpu, op.b);
        let swapped = match W {
            64 => value.swap_bytes(),
            32 => (value as u32).swap_bytes().into(),
            // Undefined; this is what processors do.
            _ => 0,
        };
        set::<W>(cpu, op.a, swapped);
    }

    /// Compares the accumulator with a; equal: a = b, else the accumulator = a.
    fn compare_exchange<const W: u32>(cpu, maps, blocks, ops, op) {
        let (old, expected) = (cut::<W>(get(cpu, op.a)), cut::<W>(get(cpu, AX)));
        cpu.flags.subtract::<W>(expected, old, false);
        if old == expected {
            set::<W>(cpu, op.a, get(cpu, op.b));
        } else {
            set::<W>(cpu, AX, old);
        }
    }
}

pieces! {
    /// CMPXCHG8B (`W` 32) and CMPXCHG16B (`W` 64, address aligned).
    fn compare_exchange_pair<const W: u32>(cpu, maps, op) {
        let address = get(cpu, ADDRESS);
        maps.reach(address, W / 4, Access::Write)?;
        if W == 64 && address & 15 != 0 {
            return Err(Interrupt::Stop(crate::Stop::Privileged));
        }
        let high = address.wrapping_add(u64::from(W / 8));
        let old = (
            super::load_or::<W>(maps, address)?,
            super::load_or::<W>(maps, high)?,
        );
        let equal = old == (cut::<W>(get(cpu, AX)), cut::<W>(get(cpu, DX)));
        let new = if equal { (get(cpu, BX), get(cpu, CX)) } else { old };
        super::store_or::<W>(maps, address, new.0)?;
        super::store_or::<W>(maps, high, new.1)?;
        if !equal {
            set::<W>(cpu, AX, old.0);
            set::<W>(cpu, DX, old.1);
        }
        let zero = if equal { super::super::flags::ZERO } else { 0 };
        cpu.flags.change(super::super::flags::ZERO, zero);
        Ok(())
    }
}
