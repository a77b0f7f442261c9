//! Operations on registers that cannot fail. Fields: `a` destination, `b` and `c` sources, `imm` constant or mask,
//! `d` shift amount.

use super::Cpu;
use crate::chain::links;

links! { Cpu;
    Addu(cpu, op) { cpu.set(op.a, cpu.get(op.b).wrapping_add(cpu.get(op.c))); }
    Subu(cpu, op) { cpu.set(op.a, cpu.get(op.b).wrapping_sub(cpu.get(op.c))); }
    And(cpu, op) { cpu.set(op.a, cpu.get(op.b) & cpu.get(op.c)); }
    Or(cpu, op) { cpu.set(op.a, cpu.get(op.b) | cpu.get(op.c)); }
    Xor(cpu, op) { cpu.set(op.a, cpu.get(op.b) ^ cpu.get(op.c)); }
    Nor(cpu, op) { cpu.set(op.a, !(cpu.get(op.b) | cpu.get(op.c))); }
    Slt(cpu, op) { cpu.set(op.a, u32::from((cpu.get(op.b) as i32) < cpu.get(op.c) as i32)); }
    Sltu(cpu, op) { cpu.set(op.a, u32::from(cpu.get(op.b) < cpu.get(op.c))); }
    Movz(cpu, op) {
        let value = if cpu.get(op.c) == 0 { cpu.get(op.b) } else { cpu.get(op.a) };
        cpu.set(op.a, value);
    }
    Movn(cpu, op) {
        let value = if cpu.get(op.c) != 0 { cpu.get(op.b) } else { cpu.get(op.a) };
        cpu.set(op.a, value);
    }
    Mul(cpu, op) { cpu.set(op.a, cpu.get(op.b).wrapping_mul(cpu.get(op.c))); }
    Copy(cpu, op) { cpu.set(op.a, cpu.get(op.b)); }
    Constant(cpu, op) { cpu.set(op.a, op.imm as u32); }
    Addiu(cpu, op) { cpu.set(op.a, cpu.get(op.b).wrapping_add(op.imm as u32)); }
    Slti(cpu, op) { cpu.set(op.a, u32::from((cpu.get(op.b) as i32) < op.imm as i32)); }
    Sltiu(cpu, op) { cpu.set(op.a, u32::from(cpu.get(op.b) < op.imm as u32)); }
    Andi(cpu, op) { cpu.set(op.a, cpu.get(op.b) & op.imm as u32); }
    Ori(cpu, op) { cpu.set(op.a, cpu.get(op.b) | op.imm as u32); }
    Xori(cpu, op) { cpu.set(op.a, cpu.get(op.b) ^ op.imm as u32); }
    Sll(cpu, op) { cpu.set(op.a, cpu.get(op.b) << (op.d & 31)); }
    Srl(cpu, op) { cpu.set(op.a, cpu.get(op.b) >> (op.d & 31)); }
    Sra(cpu, op) { cpu.set(op.a, (cpu.get(op.b) as i32 >> (op.d & 31)) as u32); }
    Rotr(cpu, op) { cpu.set(op.a, cpu.get(op.b).rotate_right(u32::from(op.d))); }
    Sllv(cpu, op) { cpu.set(op.a, cpu.get(op.b) << (cpu.get(op.c) & 31)); }
    Srlv(cpu, op) { cpu.set(op.a, cpu.get(op.b) >> (cpu.get(op.c) & 31)); }
    Srav(cpu, op) { cpu.set(op.a, (cpu.get(op.b) as i32 >> (cpu.get(op.c) & 31)) as u32); }
    Ext(cpu, op) { cpu.set(op.a, cpu.get(op.b) >> (op.d & 31) & op.imm as u32); }
    Ins(cpu, op) {
        let mask = op.imm as u32;
        cpu.set(op.a, cpu.get(op.a) & !mask | cpu.get(op.b) << (op.d & 31) & mask);
    }
    Seb(cpu, op) { cpu.set(op.a, i32::from(cpu.get(op.b) as i8) as u32); }
    Seh(cpu, op) { cpu.set(op.a, i32::from(cpu.get(op.b) as i16) as u32); }
    /// The address at distance `imm` from the start of the block.
    Link(cpu, op) { cpu.set(op.a, (cpu.frame.start as u32).wrapping_add(op.imm as u32)); }
}

links! { Cpu;
    Rotrv(cpu, op) { cpu.set(op.a, cpu.get(op.b).rotate_right(cpu.get(op.c) & 31)); }
    Wsbh(cpu, op) { cpu.set(op.a, cpu.get(op.b).swap_bytes().rotate_right(16)); }
    Clz(cpu, op) { cpu.set(op.a, cpu.get(op.b).leading_zeros()); }
    Clo(cpu, op) { cpu.set(op.a, cpu.get(op.b).leading_ones()); }
    Mult(cpu, op) {
        let product = i64::from(cpu.get(op.b) as i32) * i64::from(cpu.get(op.c) as i32);
        cpu.set_product(product as u64);
    }
    Multu(cpu, op) { cpu.set_product(u64::from(cpu.get(op.b)) * u64::from(cpu.get(op.c))); }
    /// `madd`, `msub`: `d` is 1 to subtract.
    Madd(cpu, op) {
        let product = i64::from(cpu.get(op.b) as i32) * i64::from(cpu.get(op.c) as i32);
        cpu.accumulate(product as u64, op.d);
    }
    /// `maddu`, `msubu`: `d` is 1 to subtract.
    Maddu(cpu, op) {
        cpu.accumulate(u64::from(cpu.get(op.b)) * u64::from(cpu.get(op.c)), op.d);
    }
    /// `div`. Where the manual says unpredictable, we divide by one, as qemu does.
    Div(cpu, op) {
        let (a, b) = (cpu.get(op.b) as i32, cpu.get(op.c) as i32);
        let b = if b == 0 { 1 } else { b };
        cpu.lo = a.wrapping_div(b) as u32;
        cpu.hi = a.wrapping_rem(b) as u32;
    }
    /// `divu`, as `div`.
    Divu(cpu, op) {
        let (a, b) = (cpu.get(op.b), cpu.get(op.c).max(1));
        cpu.lo = a / b;
        cpu.hi = a % b;
    }
    Mfhi(cpu, op) { cpu.set(op.a, cpu.hi); }
    Mflo(cpu, op) { cpu.set(op.a, cpu.lo); }
    Mthi(cpu, op) { cpu.hi = cpu.get(op.b); }
    Mtlo(cpu, op) { cpu.lo = cpu.get(op.b); }
    /// Register 0 was the destination of the load before.
    ClearZero(cpu, _op) { cpu.gpr[0] = 0; }
}

impl Cpu {
    fn accumulate(&mut self, product: u64, subtract: u8) {
        let accumulator = u64::from(self.hi) << 32 | u64::from(self.lo);
        self.set_product(match subtract {
            0 => accumulator.wrapping_add(product),
            _ => accumulator.wrapping_sub(product),
        });
    }
}
