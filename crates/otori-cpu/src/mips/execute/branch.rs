//! What leaves a block, always or if a condition holds. Fields: `b`, `c` what is compared, `imm` the distance from the
//! start of the block to the target, `rest` the instructions left out when leaving early.

use super::Cpu;
use crate::block::BlockCache;
use crate::handler::{handlers, leavers};
use crate::maps::Maps;
use crate::op::{Next, Op, end, go, leave, stop, stop_behind};
use crate::run::Set;
use crate::stop::Stop;

/// Handlers that leave the block if a condition holds.
macro_rules! branches {
    ($($(#[$doc:meta])* $name:ident ($cpu:ident, $op:ident) $taken:expr;)*) => {$(
        $(#[$doc])*
        pub(in crate::mips) fn $name<'a>(
            $cpu: &mut Cpu,
            maps: &'a Maps,
            blocks: &'a BlockCache<Cpu>,
            ops: &'a [Op<Cpu>],
        ) -> Next {
            let [$op, next, ..] = ops else { return end() };
            if $taken {
                let key = Cpu::key_at($cpu.frame.start, $op.imm as i32);
                return leave($cpu, maps, blocks, $op, key);
            }
            (next.run)($cpu, maps, blocks, &ops[1..])
        }
    )*};
}

branches! {
    equal(cpu, op) cpu.get(op.b) == cpu.get(op.c);
    not_equal(cpu, op) cpu.get(op.b) != cpu.get(op.c);
    less(cpu, op) (cpu.get(op.b) as i32) < 0;
    greater_equal(cpu, op) cpu.get(op.b) as i32 >= 0;
    less_equal(cpu, op) cpu.get(op.b) as i32 <= 0;
    greater(cpu, op) cpu.get(op.b) as i32 > 0;
    /// If what was remembered held.
    remembered(cpu, op) cpu.remembered;
    /// If not: a branch-likely that is not taken skips its delay slot.
    forgotten(cpu, op) !cpu.remembered;
}

leavers! { Cpu;
    goto(cpu, op, maps, blocks, ops) {
        let key = Cpu::key_at(cpu.frame.start, op.imm as i32);
        go(cpu, maps, blocks, key)
    }
    /// Within the 256 MB region of the delay slot. All of the block is on one page, or it is nothing but the jump and
    /// its slot; so the second instruction tells the region.
    jump(cpu, op, maps, blocks, ops) {
        let region = (cpu.frame.start as u32).wrapping_add(4) & 0xf000_0000;
        go(cpu, maps, blocks, u64::from(region | op.imm as u32))
    }
    jump_register(cpu, op, maps, blocks, ops) {
        let key = u64::from(cpu.get(op.b));
        go(cpu, maps, blocks, key)
    }
    jump_remembered(cpu, _op, maps, blocks, ops) {
        let key = u64::from(cpu.target);
        go(cpu, maps, blocks, key)
    }
    /// `imm`: distance of the instruction behind.
    syscall(cpu, op, _maps, _blocks, ops) {
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

/// A system call in the delay slot of the branch that follows as the next operations: they only tell where to go on.
pub(in crate::mips) fn syscall_in_slot<'a>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    _blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op<Cpu>],
) -> Next {
    let [_, next, ..] = ops else { return end() };
    let nowhere = BlockCache::default();
    let _ = (next.run)(cpu, maps, &nowhere, &ops[1..]);
    let key = cpu.frame.start;
    stop_behind(cpu, Stop::Syscall, key)
}

handlers! { Cpu;
    /// Remembers where to jump because the delay slot or the link changes the register.
    remember_target(cpu, op) { cpu.target = cpu.get(op.b); }
    remember_equal(cpu, op) { cpu.remembered = cpu.get(op.b) == cpu.get(op.c); }
    remember_not_equal(cpu, op) { cpu.remembered = cpu.get(op.b) != cpu.get(op.c); }
    remember_less(cpu, op) { cpu.remembered = (cpu.get(op.b) as i32) < 0; }
    remember_greater_equal(cpu, op) { cpu.remembered = cpu.get(op.b) as i32 >= 0; }
    remember_less_equal(cpu, op) { cpu.remembered = cpu.get(op.b) as i32 <= 0; }
    remember_greater(cpu, op) { cpu.remembered = cpu.get(op.b) as i32 > 0; }
    /// Condition code `d` against `e`.
    remember_float(cpu, op) { cpu.remembered = cpu.condition(op.d) == (op.e != 0); }
}
