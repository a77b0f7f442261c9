//! Multiplication. Intel SDM volume 2: MUL, IMUL. The flags that are undefined are those of the low half.

use super::super::cpu::{AX, Cpu, DX};
use super::super::flags::{cut, extend};
use super::{get, handlers, set};

/// Puts a product of `W` by `W` bits into the accumulator and, except for bytes, the data register.
#[inline(always)]
fn put_wide<const W: u32>(cpu: &mut Cpu, product: u128, overflow: bool) {
    if W == 8 {
        set::<16>(cpu, AX, product as u64);
    } else {
        set::<W>(cpu, AX, product as u64);
        set::<W>(cpu, DX, (product >> W) as u64);
    }
    cpu.flags.logic::<W>(product as u64);
    cpu.flags.put_carry(overflow, overflow);
}

/// The signed product cut to `W` bits, and whether that lost anything.
#[inline(always)]
fn signed<const W: u32>(a: u64, b: u64) -> (u64, bool) {
    let (a, b) = (extend::<W>(a) as i64, extend::<W>(b) as i64);
    match W {
        64 => {
            let (product, overflow) = a.overflowing_mul(b);
            (product as u64, overflow)
        }
        _ => {
            let product = a.wrapping_mul(b) as u64;
            (cut::<W>(product), extend::<W>(product) != product)
        }
    }
}

/// The signed product; sets the flags if `F`.
#[inline(always)]
fn multiply<const W: u32, const F: bool>(cpu: &mut Cpu, a: u64, b: u64) -> u64 {
    let (product, overflow) = signed::<W>(a, b);
    if F {
        cpu.flags.logic::<W>(product);
        cpu.flags.put_carry(overflow, overflow);
    }
    product
}

handlers! {
    /// Accumulator by a, unsigned.
    fn unsigned_wide<const W: u32>(cpu, maps, blocks, ops, op) {
        let (a, b) = (cut::<W>(get(cpu, AX)), cut::<W>(get(cpu, op.a)));
        let product = u128::from(a) * u128::from(b);
        put_wide::<W>(cpu, product, product >> W != 0);
    }

    /// Accumulator by a, signed.
    fn signed_wide<const W: u32>(cpu, maps, blocks, ops, op) {
        let (a, b) = (extend::<W>(get(cpu, AX)) as i64, extend::<W>(get(cpu, op.a)) as i64);
        let product = i128::from(a) * i128::from(b);
        let low = extend::<W>(product as u64) as i64;
        put_wide::<W>(cpu, product as u128, i128::from(low) != product);
    }

    /// a = b * c.
    fn by_register<const W: u32, const F: bool>(cpu, maps, blocks, ops, op) {
        let (b, c) = (get(cpu, op.b), get(cpu, op.c));
        let product = multiply::<W, F>(cpu, b, c);
        set::<W>(cpu, op.a, product);
    }

    /// a = b * imm.
    fn by_constant<const W: u32, const F: bool>(cpu, maps, blocks, ops, op) {
        let b = get(cpu, op.b);
        let product = multiply::<W, F>(cpu, b, op.imm);
        set::<W>(cpu, op.a, product);
    }
}
