//! Operations on registers that cannot fail. Fields: `a` destination, `b` and `c` sources, `imm` constant or mask,
//! `d` shift amount.

use super::Cpu;
use crate::handler::handlers;

handlers! { Cpu;
    addu(cpu, op) { cpu.set(op.a, cpu.get(op.b).wrapping_add(cpu.get(op.c))); }
    subu(cpu, op) { cpu.set(op.a, cpu.get(op.b).wrapping_sub(cpu.get(op.c))); }
    and(cpu, op) { cpu.set(op.a, cpu.get(op.b) & cpu.get(op.c)); }
    or(cpu, op) { cpu.set(op.a, cpu.get(op.b) | cpu.get(op.c)); }
    xor(cpu, op) { cpu.set(op.a, cpu.get(op.b) ^ cpu.get(op.c)); }
    nor(cpu, op) { cpu.set(op.a, !(cpu.get(op.b) | cpu.get(op.c))); }
    slt(cpu, op) { cpu.set(op.a, u32::from((cpu.get(op.b) as i32) < cpu.get(op.c) as i32)); }
    sltu(cpu, op) { cpu.set(op.a, u32::from(cpu.get(op.b) < cpu.get(op.c))); }
    movz(cpu, op) {
        let value = if cpu.get(op.c) == 0 { cpu.get(op.b) } else { cpu.get(op.a) };
        cpu.set(op.a, value);
    }
    movn(cpu, op) {
        let value = if cpu.get(op.c) != 0 { cpu.get(op.b) } else { cpu.get(op.a) };
        cpu.set(op.a, value);
    }
    mul(cpu, op) { cpu.set(op.a, cpu.get(op.b).wrapping_mul(cpu.get(op.c))); }
    copy(cpu, op) { cpu.set(op.a, cpu.get(op.b)); }
    constant(cpu, op) { cpu.set(op.a, op.imm as u32); }
    addiu(cpu, op) { cpu.set(op.a, cpu.get(op.b).wrapping_add(op.imm as u32)); }
    slti(cpu, op) { cpu.set(op.a, u32::from((cpu.get(op.b) as i32) < op.imm as i32)); }
    sltiu(cpu, op) { cpu.set(op.a, u32::from(cpu.get(op.b) < op.imm as u32)); }
    andi(cpu, op) { cpu.set(op.a, cpu.get(op.b) & op.imm as u32); }
    ori(cpu, op) { cpu.set(op.a, cpu.get(op.b) | op.imm as u32); }
    xori(cpu, op) { cpu.set(op.a, cpu.get(op.b) ^ op.imm as u32); }
    sll(cpu, op) { cpu.set(op.a, cpu.get(op.b) << (op.d & 31)); }
    srl(cpu, op) { cpu.set(op.a, cpu.get(op.b) >> (op.d & 31)); }
    sra(cpu, op) { cpu.set(op.a, (cpu.get(op.b) as i32 >> (op.d & 31)) as u32); }
    rotr(cpu, op) { cpu.set(op.a, cpu.get(op.b).rotate_right(u32::from(op.d))); }
    sllv(cpu, op) { cpu.set(op.a, cpu.get(op.b) << (cpu.get(op.c) & 31)); }
    srlv(cpu, op) { cpu.set(op.a, cpu.get(op.b) >> (cpu.get(op.c) & 31)); }
    srav(cpu, op) { cpu.set(op.a, (cpu.get(op.b) as i32 >> (cpu.get(op.c) & 31)) as u32); }
    rotrv(cpu, op) { cpu.set(op.a, cpu.get(op.b).rotate_right(cpu.get(op.c) & 31)); }
    ext(cpu, op) { cpu.set(op.a, cpu.get(op.b) >> (op.d & 31) & op.imm as u32); }
    ins(cpu, op) {
        let mask = op.imm as u32;
        cpu.set(op.a, cpu.get(op.a) & !mask | cpu.get(op.b) << (op.d & 31) & mask);
    }
    seb(cpu, op) { cpu.set(op.a, i32::from(cpu.get(op.b) as i8) as u32); }
    seh(cpu, op) { cpu.set(op.a, i32::from(cpu.get(op.b) as i16) as u32); }
    wsbh(cpu, op) { cpu.set(op.a, cpu.get(op.b).swap_bytes().rotate_right(16)); }
    clz(cpu, op) { cpu.set(op.a, cpu.get(op.b).leading_zeros()); }
    clo(cpu, op) { cpu.set(op.a, cpu.get(op.b).leading_ones()); }
    mult(cpu, op) {
        let product = i64::from(cpu.get(op.b) as i32) * i64::from(cpu.get(op.c) as i32);
        cpu.set_product(product as u64);
    }
    multu(cpu, op) { cpu.set_product(u64::from(cpu.get(op.b)) * u64::from(cpu.get(op.c))); }
    /// `madd`, `msub`: `d` is 1 to subtract.
    madd(cpu, op) {
        let product = i64::from(cpu.get(op.b) as i32) * i64::from(cpu.get(op.c) as i32);
        cpu.accumulate(product as u64, op.d);
    }
    /// `maddu`, `msubu`: `d` is 1 to subtract.
    maddu(cpu, op) {
        cpu.accumulate(u64::from(cpu.get(op.b)) * u64::from(cpu.get(op.c)), op.d);
    }
    /// `div`. Where the manual says unpredictable, we divide by one, as qemu does.
    div(cpu, op) {
        let (a, b) = (cpu.get(op.b) as i32, cpu.get(op.c) as i32);
        let b = if b == 0 { 1 } else { b };
        cpu.lo = a.wrapping_div(b) as u32;
        cpu.hi = a.wrapping_rem(b) as u32;
    }
    /// `divu`, as `div`.
    divu(cpu, op) {
        let (a, b) = (cpu.get(op.b), cpu.get(op.c).max(1));
        cpu.lo = a / b;
        cpu.hi = a % b;
    }
    mfhi(cpu, op) { cpu.set(op.a, cpu.hi); }
    mflo(cpu, op) { cpu.set(op.a, cpu.lo); }
    mthi(cpu, op) { cpu.hi = cpu.get(op.b); }
    mtlo(cpu, op) { cpu.lo = cpu.get(op.b); }
    /// Register 0 was the destination of the load before.
    clear_zero(cpu, _op) { cpu.gpr[0] = 0; }
    /// The address at distance `imm` from the start of the block.
    link(cpu, op) { cpu.set(op.a, (cpu.frame.start as u32).wrapping_add(op.imm as u32)); }
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
