//! Operations that stand for several that differ in little: the families of [`super::super::family_of`]. Fields: `a`
//! destination; `b` and `c` sources, slot 0 where there is none; `imm` what is added to the second source; `d` as each
//! says.

use super::Cpu;
use crate::chain::{branches, links, load};
use crate::op::Op;

/// The second source: a register, a constant, or the sum of both.
#[inline(always)]
fn second(cpu: &Cpu, op: &Op<Cpu>) -> u32 {
    cpu.get(op.c).wrapping_add(op.imm as u32)
}

links! { Cpu;
    /// `addu`, `addiu`, a copy, a constant.
    Sum(cpu, op) { cpu.set(op.a, cpu.get(op.b).wrapping_add(second(cpu, op))); }
    /// `and`, `andi`.
    Mask(cpu, op) { cpu.set(op.a, cpu.get(op.b) & second(cpu, op)); }
    /// `or`, `ori`.
    Union(cpu, op) { cpu.set(op.a, cpu.get(op.b) | second(cpu, op)); }
    /// `xor`, `xori`.
    Difference(cpu, op) { cpu.set(op.a, cpu.get(op.b) ^ second(cpu, op)); }
    /// `slt`, `slti`; with `d` 0 `sltu`, `sltiu`.
    Compare(cpu, op) {
        let sign = u32::from(op.d) << 31;
        cpu.set(op.a, u32::from(cpu.get(op.b) ^ sign < second(cpu, op) ^ sign));
    }
    /// By `d` to the left; to the right with `e` 1, with the sign with `e` 2.
    Shift(cpu, op) {
        let (value, amount) = (cpu.get(op.b), op.d & 31);
        let right = if op.e == 1 { value >> amount } else { (value as i32 >> amount) as u32 };
        cpu.set(op.a, if op.e == 0 { value << amount } else { right });
    }
    /// `lb`; with `d` 24 `lbu`.
    Byte(cpu, op, maps, blocks, ops) {
        let value = load!(load_u8, 1, cpu.address(op.b, op.imm), (cpu, maps, blocks, ops));
        cpu.set(op.a, i32::from(value as i8) as u32 & u32::MAX >> (op.d & 31));
    }
    /// Equal; with `d` 1 not equal.
    Remember(cpu, op) { cpu.remembered = (cpu.get(op.b) == cpu.get(op.c)) != (op.d != 0); }
}

branches! { Cpu;
    /// Equal; with `d` 1 not equal.
    Branch(cpu, op, op.imm as i32) {} (cpu.get(op.b) == cpu.get(op.c)) != (op.d != 0);
}
