//! What leaves a block, always or if a condition holds. Fields: `b`, `c` what is compared, `imm` the distance from the
//! start of the block to the target, `at` the instructions left out when leaving early.

use super::Cpu;
use crate::block::BlockCache;
use crate::chain::{branches, last_links, links};
use crate::maps::Maps;
use crate::op::{Next, Op, end, go, stop, stop_behind};
use crate::run::Set;
use crate::stop::Stop;

branches! { Cpu;
    Equal(cpu, op, op.imm as i32) {} cpu.get(op.b) == cpu.get(op.c);
    NotEqual(cpu, op, op.imm as i32) {} cpu.get(op.b) != cpu.get(op.c);
    Less(cpu, op, op.imm as i32) {} (cpu.get(op.b) as i32) < 0;
    GreaterEqual(cpu, op, op.imm as i32) {} cpu.get(op.b) as i32 >= 0;
    LessEqual(cpu, op, op.imm as i32) {} cpu.get(op.b) as i32 <= 0;
    Greater(cpu, op, op.imm as i32) {} cpu.get(op.b) as i32 > 0;
    /// If what was remembered held.
    Remembered(cpu, op, op.imm as i32) {} cpu.remembered;
    /// If not: a branch-likely that is not taken skips its delay slot.
    Forgotten(cpu, op, op.imm as i32) {} !cpu.remembered;
}

last_links! { Cpu;
    Goto(cpu, op, maps, blocks, ops) {
        let key = Cpu::key_at(cpu.frame.start, op.imm as i32);
        go(cpu, maps, blocks, op, key)
    }
    /// Within the 256 MB region of the delay slot. All of the block is on one page, or it is nothing but the jump and
    /// its slot; so the second instruction tells the region.
    Jump(cpu, op, maps, blocks, ops) {
        let region = (cpu.frame.start as u32).wrapping_add(4) & 0xf000_0000;
        go(cpu, maps, blocks, op, u64::from(region | op.imm as u32))
    }
    JumpRegister(cpu, op, maps, blocks, ops) {
        let key = u64::from(cpu.get(op.b));
        go(cpu, maps, blocks, op, key)
    }
}

last_links! { Cpu;
    JumpRemembered(cpu, op, maps, blocks, _ops) {
        let key = u64::from(cpu.target);
        go(cpu, maps, blocks, op, key)
    }
    /// `imm`: distance of the instruction behind.
    Syscall(cpu, op, _maps, _blocks, ops) {
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

links! { Cpu;
    RememberEqual(cpu, op) { cpu.remembered = cpu.get(op.b) == cpu.get(op.c); }
    RememberNotEqual(cpu, op) { cpu.remembered = cpu.get(op.b) != cpu.get(op.c); }
    RememberLess(cpu, op) { cpu.remembered = (cpu.get(op.b) as i32) < 0; }
    RememberGreaterEqual(cpu, op) { cpu.remembered = cpu.get(op.b) as i32 >= 0; }
    RememberLessEqual(cpu, op) { cpu.remembered = cpu.get(op.b) as i32 <= 0; }
    RememberGreater(cpu, op) { cpu.remembered = cpu.get(op.b) as i32 > 0; }
}

links! { Cpu;
    /// Remembers where to jump because the delay slot or the link changes the register.
    RememberTarget(cpu, op) { cpu.target = cpu.get(op.b); }
    /// Condition code `d` against `e`.
    RememberFloat(cpu, op) { cpu.remembered = cpu.condition(op.d) == (op.e != 0); }
}
