//! What leaves a block, always or if a condition holds. Fields: `b`, `c` what is tested, `imm` the distance from the
//! start of the block to the target (with [`CompareConstant`]: in its upper half), `at` the instructions left out
//! when leaving early.

use super::Cpu;
use super::flags::{compares, narrow};
use super::handler::by_condition;
use crate::chain::{branches, last_links, one};
use crate::op::{Run, go, stop, stop_behind};
use crate::run::Set;
use crate::stop::Stop;

branches! { Cpu;
    Conditional<const CONDITION: u8>(cpu, op, op.imm as i32) {} cpu.holds::<CONDITION>();
    CompareRegister<const CONDITION: u8, const WIDE: bool>(cpu, op, op.imm as i32) {
        cpu.subtract_with_flags::<WIDE>(cpu.get(op.b), cpu.get(op.c));
    } compares::<CONDITION, WIDE>(cpu.get(op.b), cpu.get(op.c));
    /// The constant is the lower half of `imm`.
    CompareConstant<const CONDITION: u8, const WIDE: bool>(cpu, op, (op.imm >> 32) as i32) {
        cpu.subtract_with_flags::<WIDE>(cpu.get(op.b), op.imm & 0xffff_ffff);
    } compares::<CONDITION, WIDE>(cpu.get(op.b), op.imm & 0xffff_ffff);
    Zero<const WIDE: bool>(cpu, op, op.imm as i32) {} narrow::<WIDE>(cpu.get(op.b)) == 0;
    NotZero<const WIDE: bool>(cpu, op, op.imm as i32) {} narrow::<WIDE>(cpu.get(op.b)) != 0;
    /// Bit `d`.
    BitClear(cpu, op, op.imm as i32) {} cpu.get(op.b) >> (op.d & 63) & 1 == 0;
    BitSet(cpu, op, op.imm as i32) {} cpu.get(op.b) >> (op.d & 63) & 1 != 0;
}

/// `b.cond`.
pub(super) fn on_condition(condition: u32) -> Run<Cpu> {
    static ALL: [Run<Cpu>; 16] = by_condition!(Conditional);
    ALL[(condition & 15) as usize]
}

/// `cmp` of registers and `b.cond` behind it.
pub(super) fn on_registers(condition: u32, wide: bool) -> Run<Cpu> {
    static NARROW: [Run<Cpu>; 16] = by_condition!(CompareRegister, false);
    static WIDE: [Run<Cpu>; 16] = by_condition!(CompareRegister, true);
    if wide { WIDE[(condition & 15) as usize] } else { NARROW[(condition & 15) as usize] }
}

/// `cmp` with a constant and `b.cond` behind it.
pub(super) fn on_constant(condition: u32, wide: bool) -> Run<Cpu> {
    static NARROW: [Run<Cpu>; 16] = by_condition!(CompareConstant, false);
    static WIDE: [Run<Cpu>; 16] = by_condition!(CompareConstant, true);
    if wide { WIDE[(condition & 15) as usize] } else { NARROW[(condition & 15) as usize] }
}

// The low bits of a register that is jumped to must be zero; the engine tells if they are not.
last_links! { Cpu;
    Goto(cpu, op, maps, blocks, ops) {
        let key = Cpu::key_at(cpu.frame.start, op.imm as i32);
        go(cpu, maps, blocks, op, key)
    }
    /// The distance of the instruction behind is in the upper half of `imm`.
    Call(cpu, op, maps, blocks, ops) {
        let start = cpu.frame.start;
        cpu.x[30] = start.wrapping_add((op.imm as i64 >> 32) as u64);
        go(cpu, maps, blocks, op, Cpu::key_at(start, op.imm as i32))
    }
    JumpRegister(cpu, op, maps, blocks, ops) {
        let key = cpu.get(op.b);
        go(cpu, maps, blocks, op, key)
    }
    /// `imm`: distance of the instruction behind.
    CallRegister(cpu, op, maps, blocks, ops) {
        let key = cpu.get(op.b);
        cpu.x[30] = cpu.frame.start.wrapping_add(op.imm);
        go(cpu, maps, blocks, op, key)
    }
    /// `imm`: distance of the instruction behind.
    SystemCall(cpu, op, _maps, _blocks, ops) {
        let key = Cpu::key_at(cpu.frame.start, op.imm as i32);
        stop_behind(cpu, Stop::Syscall, key)
    }
    /// `imm`: the code.
    Breakpoint(cpu, op, _maps, _blocks, ops) {
        stop(cpu, ops, Stop::Breakpoint(op.imm as u32))
    }
    Illegal(cpu, _op, _maps, _blocks, ops) {
        stop(cpu, ops, Stop::Illegal)
    }
}
