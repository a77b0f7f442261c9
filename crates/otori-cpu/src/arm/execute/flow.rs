//! Conditions, branches, calls as operations. ARMv7-A reference manual, A8.3 and the instructions' own sections.
//!
//! Keys are made of the block's own and a distance; bit 0 of a target is the mode, as `bx` has it.

use crate::arm::cpu::{BIG_DATA, Cpu, near};
use crate::arm::execute::data::{IMMEDIATE, NOTHING, Op, REGISTER, Run, compute, operand, plain};
use crate::arm::instruction::code;
use crate::block::BlockCache;
use crate::chain::{last_links, links, one};
use crate::maps::Maps;
use crate::memory::{Access, Fault, FaultKind};
use crate::op::{Next, go, leave, miss, skip, step, stop, stop_behind};
use crate::stop::Stop;

/// Does the condition hold?
#[inline(always)]
pub(in crate::arm) fn holds<const CONDITION: u8>(cpu: &Cpu) -> bool {
    let positive = match CONDITION >> 1 {
        0 => cpu.zero == 0,
        1 => cpu.carry != 0,
        2 => cpu.negative >> 31 != 0,
        3 => cpu.overflow >> 31 != 0,
        4 => cpu.carry != 0 && cpu.zero != 0,
        5 => (cpu.negative ^ cpu.overflow) >> 31 == 0,
        6 => cpu.zero != 0 && (cpu.negative ^ cpu.overflow) >> 31 == 0,
        _ => return true,
    };
    positive != (CONDITION & 1 == 1)
}

/// A link for each condition but "always".
macro_rules! by_condition {
    ($condition:expr, $name:ident $(, $more:tt)*) => {
        match $condition {
            0 => one::<Cpu, $name<0 $(, $more)*>>(),
            1 => one::<Cpu, $name<1 $(, $more)*>>(),
            2 => one::<Cpu, $name<2 $(, $more)*>>(),
            3 => one::<Cpu, $name<3 $(, $more)*>>(),
            4 => one::<Cpu, $name<4 $(, $more)*>>(),
            5 => one::<Cpu, $name<5 $(, $more)*>>(),
            6 => one::<Cpu, $name<6 $(, $more)*>>(),
            7 => one::<Cpu, $name<7 $(, $more)*>>(),
            8 => one::<Cpu, $name<8 $(, $more)*>>(),
            9 => one::<Cpu, $name<9 $(, $more)*>>(),
            10 => one::<Cpu, $name<10 $(, $more)*>>(),
            11 => one::<Cpu, $name<11 $(, $more)*>>(),
            12 => one::<Cpu, $name<12 $(, $more)*>>(),
            13 => one::<Cpu, $name<13 $(, $more)*>>(),
            _ => one::<Cpu, $name<14 $(, $more)*>>(),
        }
    };
}

links! { Cpu;
    /// Skips `d` operations unless the condition holds.
    Unless<const CONDITION: u8>(cpu, op, maps, blocks, ops) {
        if !holds::<CONDITION>(cpu) {
            return skip(cpu, maps, blocks, ops, usize::from(op.d));
        }
    }

    /// Leaves to a distance if the condition holds.
    Branch<const CONDITION: u8>(cpu, op, maps, blocks) {
        if holds::<CONDITION>(cpu) {
            let key = near(cpu.frame.start, op.imm as u32);
            return leave(cpu, maps, blocks, op, key);
        }
    }

    /// A comparison (SUB and ADD also keep their result) and the branch behind it. The constant is in the upper half.
    CompareBranch<const CONDITION: u8, const CODE: u8, const FORM: u8>(cpu, op, maps, blocks) {
        let a = cpu.registers[op.b as usize];
        let b = if FORM == IMMEDIATE { (op.imm >> 32) as u32 } else { operand::<REGISTER>(cpu, op) };
        let result = compute::<CODE, true>(cpu, a, b);
        if !code::is_comparison(CODE) {
            cpu.registers[op.a as usize] = result;
        }
        if holds::<CONDITION>(cpu) {
            let key = near(cpu.frame.start, op.imm as u32);
            return leave(cpu, maps, blocks, op, key);
        }
    }

    /// Leaves if slot `b` is zero, or not.
    BranchZero<const NONZERO: bool>(cpu, op, maps, blocks) {
        if (cpu.registers[op.b as usize] != 0) == NONZERO {
            let key = near(cpu.frame.start, op.imm as u32);
            return leave(cpu, maps, blocks, op, key);
        }
    }
}

last_links! { Cpu;
    /// Goes to a distance; what is in the upper half of the constant is set in the key (ITSTATE).
    Jump(cpu, op, maps, blocks, _ops) {
        let key = near(cpu.frame.start, op.imm as u32) | op.imm & !0xffff_ffff;
        leave(cpu, maps, blocks, op, key)
    }

    /// Calls at a distance; the upper half of the constant is the distance to return to.
    Call(cpu, op, maps, blocks, _ops) {
        let start = cpu.frame.start;
        cpu.registers[14] = (start as u32).wrapping_add((op.imm >> 32) as u32);
        leave(cpu, maps, blocks, op, near(start, op.imm as u32))
    }

    /// Goes to where slot `b` says, in the mode of its bit 0.
    Exchange(cpu, op, maps, blocks, _ops) {
        let key = cpu.frame.start & BIG_DATA | u64::from(cpu.registers[op.b as usize]);
        leave(cpu, maps, blocks, op, key)
    }

    /// As [`Exchange`], with a link to the distance in the constant.
    ExchangeLink(cpu, op, maps, blocks, _ops) {
        let start = cpu.frame.start;
        let key = start & BIG_DATA | u64::from(cpu.registers[op.b as usize]);
        cpu.registers[14] = (start as u32).wrapping_add(op.imm as u32);
        leave(cpu, maps, blocks, op, key)
    }
}

/// The function that skips unless a condition holds.
pub(in crate::arm) fn skip_unless(condition: u8) -> Run {
    by_condition!(condition, Unless)
}

/// The function that branches on a condition.
pub(in crate::arm) fn branch_if(condition: u8) -> Run {
    by_condition!(condition, Branch)
}

/// The function of a comparison with its branch, if there is one.
pub(in crate::arm) fn compare_and_branch(condition: u8, code: u8, form: u8) -> Option<Run> {
    use code::{ADD, CMP, SUB, TST};
    Some(match (code, form) {
        (CMP, IMMEDIATE) => by_condition!(condition, CompareBranch, CMP, IMMEDIATE),
        (CMP, REGISTER) => by_condition!(condition, CompareBranch, CMP, REGISTER),
        (SUB, IMMEDIATE) => by_condition!(condition, CompareBranch, SUB, IMMEDIATE),
        (SUB, REGISTER) => by_condition!(condition, CompareBranch, SUB, REGISTER),
        (ADD, IMMEDIATE) => by_condition!(condition, CompareBranch, ADD, IMMEDIATE),
        (TST, IMMEDIATE) => by_condition!(condition, CompareBranch, TST, IMMEDIATE),
        (TST, REGISTER) => by_condition!(condition, CompareBranch, TST, REGISTER),
        _ => return None,
    })
}

/// Goes to where slot `b` says, in the same mode.
pub(in crate::arm) fn jump_register<'a>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op],
) -> Next {
    let [op, ..] = ops else { return NOTHING };
    let start = cpu.frame.start;
    let target = cpu.registers[op.b as usize];
    let target = if start & 1 != 0 { target | 1 } else { target & !3 };
    leave(cpu, maps, blocks, op, start & BIG_DATA | u64::from(target))
}

/// tbb and tbh: goes forward by what a table says; the constant is the distance to pc.
pub(in crate::arm) fn table<'a, const HALF: bool, const BIG: bool>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op],
) -> Next {
    let [op, ..] = ops else { return NOTHING };
    let shift = u32::from(HALF);
    let at = cpu.registers[op.b as usize].wrapping_add(cpu.registers[op.c as usize] << shift);
    let entry = match HALF {
        false => maps.load_u8(u64::from(at)).map(u32::from),
        true => {
            maps.load_u16(u64::from(at)).map(|half| u32::from(if BIG { half.swap_bytes() } else { half }))
        }
    };
    let Some(entry) = entry else { return miss(cpu, ops, u64::from(at), 1 + shift, Access::Read) };
    let key = near(cpu.frame.start, (op.imm as u32).wrapping_add(2 * entry));
    leave(cpu, maps, blocks, op, key)
}

/// Goes on behind with the other byte order of data.
pub(in crate::arm) fn set_endian<'a>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op],
) -> Next {
    let [op, ..] = ops else { return NOTHING };
    let key = near(cpu.frame.start, op.imm as u32) & !BIG_DATA | if op.d != 0 { BIG_DATA } else { 0 };
    go(cpu, maps, blocks, op, key)
}

/// A system call: the constant is the distance behind it, above that the comment; `d` is ITSTATE behind it.
pub(in crate::arm) fn syscall<'a>(cpu: &mut Cpu, _: &'a Maps, _: &'a BlockCache<Cpu>, ops: &'a [Op]) -> Next {
    let [op, ..] = ops else { return NOTHING };
    cpu.comment = (op.imm >> 32) as u32;
    let key = near(cpu.frame.start, op.imm as u32) | u64::from(op.d) << crate::arm::cpu::IT_SHIFT;
    cpu.frame.left += i64::from(op.at);
    stop_behind(cpu, Stop::Syscall, key)
}

pub(in crate::arm) fn breakpoint<'a>(
    cpu: &mut Cpu,
    _: &'a Maps,
    _: &'a BlockCache<Cpu>,
    ops: &'a [Op],
) -> Next {
    let comment = ops.first().map_or(0, |op| op.imm as u32);
    stop(cpu, ops, Stop::Breakpoint(comment))
}

pub(in crate::arm) fn illegal<'a>(cpu: &mut Cpu, _: &'a Maps, _: &'a BlockCache<Cpu>, ops: &'a [Op]) -> Next {
    stop(cpu, ops, Stop::Illegal)
}

/// An A32 instruction at an address that is no multiple of four.
pub(in crate::arm) fn unaligned_fetch<'a>(
    cpu: &mut Cpu,
    _: &'a Maps,
    _: &'a BlockCache<Cpu>,
    ops: &'a [Op],
) -> Next {
    let address = cpu.frame.start & 0xffff_ffff;
    stop(cpu, ops, Stop::Fault(Fault { address, access: Access::Execute, kind: FaultKind::Unaligned }))
}

plain! {
    /// What an instruction reads as pc: at a distance from the block's start.
    fn set_pc(cpu, op) {
        cpu.registers[15] = (cpu.frame.start as u32).wrapping_add(op.imm as u32);
    }
}
