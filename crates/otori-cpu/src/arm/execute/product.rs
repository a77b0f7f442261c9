//! Products, extensions and bit fields that programs are full of, as operations; all others are [`crate::arm::whole`]'s.
//! Entrance: [`of`].

use crate::arm::cpu::Cpu;
use crate::arm::decode::{bit, field};
use crate::arm::execute::data::{NOTHING, Op, Run, plain};
use crate::block::BlockCache;
use crate::chain::{links, one};
use crate::maps::Maps;
use crate::op::{Next, step};
use crate::slot::Slot;

links! { Cpu;
    /// Bits of slot `c`: shifted left by `d`, then right by `e`.
    Bits<const SIGNED: bool>(cpu, op) {
        let value = cpu.registers[op.c as usize] << (op.d & 31);
        let right = op.e & 31;
        cpu.registers[op.a as usize] = if SIGNED { (value as i32 >> right) as u32 } else { value >> right };
    }
}

plain! {
    /// The product of slots `b` and `c`, with N and Z.
    fn product[const FLAGS: bool](cpu, op) {
        let result = cpu.registers[op.b as usize].wrapping_mul(cpu.registers[op.c as usize]);
        if FLAGS {
            cpu.negative = result;
            cpu.zero = result;
        }
        cpu.registers[op.a as usize] = result;
    }

    /// The same, added to what register `e` has.
    fn product_sum(cpu, op) {
        let product = cpu.registers[op.b as usize].wrapping_mul(cpu.registers[op.c as usize]);
        let sum = product.wrapping_add(cpu.registers[op.e as usize & 15]);
        cpu.registers[op.a as usize] = sum;
    }

    /// A product of two words: low to `a`, high to register `e`.
    fn long_product[const SIGNED: bool](cpu, op) {
        let (n, m) = (cpu.registers[op.b as usize], cpu.registers[op.c as usize]);
        let result = if SIGNED {
            i64::from(n as i32).wrapping_mul(i64::from(m as i32)) as u64
        } else {
            u64::from(n) * u64::from(m)
        };
        cpu.registers[op.a as usize] = result as u32;
        cpu.registers[op.e as usize & 15] = (result >> 32) as u32;
    }

    fn leading_zeros(cpu, op) {
        cpu.registers[op.a as usize] = cpu.registers[op.c as usize].leading_zeros();
    }
}

/// The operation for an A32 word, if it is one of these; `at` and `rest` are not set.
pub(in crate::arm) fn of(word: u32) -> Option<Op> {
    let slot = |low| Slot::of(field(word, low, 4));
    let mut op = Op::new(leading_zeros);
    (op.a, op.c) = (slot(12), slot(0));
    let run: Run = match word & 0x0ff0_00f0 {
        0x0000_0090 | 0x0010_0090 | 0x0020_0090 => {
            (op.a, op.b, op.c, op.e) = (slot(16), slot(0), slot(8), field(word, 12, 4) as u8);
            match field(word, 20, 4) {
                0 => product::<false>,
                1 => product::<true>,
                _ => product_sum,
            }
        }
        0x0080_0090 | 0x00c0_0090 => {
            (op.b, op.c, op.e) = (slot(0), slot(8), field(word, 16, 4) as u8);
            if bit(word, 22) { long_product::<true> } else { long_product::<false> }
        }
        0x0160_0010 => leading_zeros,
        0x06a0_0070 | 0x06b0_0070 | 0x06e0_0070 | 0x06f0_0070
            if field(word, 16, 4) == 15 && field(word, 10, 2) == 0 =>
        {
            op.d = if bit(word, 20) { 16 } else { 24 };
            op.e = op.d;
            if bit(word, 22) { one::<Cpu, Bits<false>>() } else { one::<Cpu, Bits<true>>() }
        }
        masked if matches!(masked & 0x0fa0_0070, 0x07a0_0050) => {
            let (lowest, width) = (field(word, 7, 5), field(word, 16, 5) + 1);
            let left = 32u32.checked_sub(lowest + width)?;
            (op.d, op.e) = (left as u8, (32 - width) as u8);
            if bit(word, 22) { one::<Cpu, Bits<false>>() } else { one::<Cpu, Bits<true>>() }
        }
        _ => return None,
    };
    op.run = run;
    Some(op)
}
