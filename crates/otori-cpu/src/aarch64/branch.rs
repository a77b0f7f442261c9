//! What leaves a block, always or if a condition holds. Fields: `b`, `c` what is tested, `imm` the distance from the
//! start of the block to the target (with [`compare_constant`]: in its upper half), `rest` the instructions left out
//! when leaving early.

use super::Cpu;
use super::flags::{compares, narrow};
use super::handler::by_condition;
use crate::block::BlockCache;
use crate::handler::leavers;
use crate::maps::Maps;
use crate::op::{Next, Op, Run, end, go, leave, stop, stop_behind};
use crate::run::Set;
use crate::stop::Stop;

/// Handlers that leave the block if something is true.
macro_rules! branches {
    ($($(#[$doc:meta])* $name:ident $(<$(const $generic:ident: $type:ty),+>)?
        ($cpu:ident, $op:ident, $target:expr) $before:block $taken:expr;)*) => {$(
        $(#[$doc])*
        pub(super) fn $name<'a $($(, const $generic: $type)+)?>(
            $cpu: &mut Cpu,
            maps: &'a Maps,
            blocks: &'a BlockCache<Cpu>,
            ops: &'a [Op<Cpu>],
        ) -> Next {
            let [$op, next, ..] = ops else { return end() };
            let taken = $taken;
            $before
            if taken {
                let key = Cpu::key_at($cpu.frame.start, $target);
                return leave($cpu, maps, blocks, $op, key);
            }
            (next.run)($cpu, maps, blocks, &ops[1..])
        }
    )*};
}

branches! {
    conditional<const CONDITION: u8>(cpu, op, op.imm as i32) {} cpu.holds::<CONDITION>();
    compare_register<const CONDITION: u8, const WIDE: bool>(cpu, op, op.imm as i32) {
        cpu.subtract_with_flags::<WIDE>(cpu.get(op.b), cpu.get(op.c));
    } compares::<CONDITION, WIDE>(cpu.get(op.b), cpu.get(op.c));
    /// The constant is the lower half of `imm`.
    compare_constant<const CONDITION: u8, const WIDE: bool>(cpu, op, (op.imm >> 32) as i32) {
        cpu.subtract_with_flags::<WIDE>(cpu.get(op.b), op.imm & 0xffff_ffff);
    } compares::<CONDITION, WIDE>(cpu.get(op.b), op.imm & 0xffff_ffff);
    zero<const WIDE: bool>(cpu, op, op.imm as i32) {} narrow::<WIDE>(cpu.get(op.b)) == 0;
    not_zero<const WIDE: bool>(cpu, op, op.imm as i32) {} narrow::<WIDE>(cpu.get(op.b)) != 0;
    /// Bit `d`.
    bit_clear(cpu, op, op.imm as i32) {} cpu.get(op.b) >> (op.d & 63) & 1 == 0;
    bit_set(cpu, op, op.imm as i32) {} cpu.get(op.b) >> (op.d & 63) & 1 != 0;
}

/// `b.cond`.
pub(super) fn on_condition(condition: u32) -> Run<Cpu> {
    static ALL: [Run<Cpu>; 16] = by_condition!(conditional);
    ALL[(condition & 15) as usize]
}

/// `cmp` of registers and `b.cond` behind it.
pub(super) fn on_registers(condition: u32, wide: bool) -> Run<Cpu> {
    static NARROW: [Run<Cpu>; 16] = by_condition!(compare_register, false);
    static WIDE: [Run<Cpu>; 16] = by_condition!(compare_register, true);
    if wide { WIDE[(condition & 15) as usize] } else { NARROW[(condition & 15) as usize] }
}

/// `cmp` with a constant and `b.cond` behind it.
pub(super) fn on_constant(condition: u32, wide: bool) -> Run<Cpu> {
    static NARROW: [Run<Cpu>; 16] = by_condition!(compare_constant, false);
    static WIDE: [Run<Cpu>; 16] = by_condition!(compare_constant, true);
    if wide { WIDE[(condition & 15) as usize] } else { NARROW[(condition & 15) as usize] }
}

// The low bits of a register that is jumped to must be zero; the engine tells if they are not.
leavers! { Cpu;
    goto(cpu, op, maps, blocks, ops) {
        let key = Cpu::key_at(cpu.frame.start, op.imm as i32);
        go(cpu, maps, blocks, key)
    }
    /// The distance of the instruction behind is in the upper half of `imm`.
    call(cpu, op, maps, blocks, ops) {
        let start = cpu.frame.start;
        cpu.x[30] = start.wrapping_add((op.imm as i64 >> 32) as u64);
        go(cpu, maps, blocks, Cpu::key_at(start, op.imm as i32))
    }
    jump_register(cpu, op, maps, blocks, ops) {
        let key = cpu.get(op.b);
        go(cpu, maps, blocks, key)
    }
    /// `imm`: distance of the instruction behind.
    call_register(cpu, op, maps, blocks, ops) {
        let key = cpu.get(op.b);
        cpu.x[30] = cpu.frame.start.wrapping_add(op.imm);
        go(cpu, maps, blocks, key)
    }
    /// `imm`: distance of the instruction behind.
    system_call(cpu, op, _maps, _blocks, ops) {
        let key = Cpu::key_at(cpu.frame.start, op.imm as i32);
        stop_behind(cpu, Stop::Syscall, key)
    }
    /// `imm`: the code.
    breakpoint(cpu, op, _maps, _blocks, ops) {
        stop(cpu, ops, Stop::Breakpoint(op.imm as u32))
    }
    illegal(cpu, _op, _maps, _blocks, ops) {
        stop(cpu, ops, Stop::Illegal)
    }
}
