//! Registers as ptrace shows them: order and width of `struct user_regs_struct` of each set, and how a call that is
//! about to be made is told from one that is over.
//!
//! Key items: [`Shape`], [`shape`]. asm/ptrace.h and sys/user.h of each architecture.
use super::Column;
use alloc::vec::Vec;
use otori_cpu::{aarch64::Cpu as Aarch64, arm::Cpu as Arm, mips::Cpu as Mips, x86, x86::Cpu as X86};

/// What is special about the structure of one set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// bytes of one register
    pub(crate) bytes: usize,
    /// the slot with the number of the call (x86) or its first argument (ARM), and the value outside calls
    pub(crate) original: Option<(usize, u64)>,
    /// the slot that says -ENOSYS before a call (x86)
    pub(crate) result: Option<usize>,
    /// the slot that is 0 before a call and 1 behind it (ARM, AArch64)
    pub(crate) direction: Option<usize>,
    /// the processor can stop after each instruction
    pub(crate) steps: bool,
    /// PTRACE_GETREGS is there
    pub(crate) old_requests: bool,
}

/// The shape of a set's structure.
pub(crate) fn shape(column: Column) -> Shape {
    let plain =
        Shape { bytes: 8, original: None, result: None, direction: None, steps: false, old_requests: true };
    match column {
        Column::MipsO32 => plain,
        Column::Arm => {
            Shape { bytes: 4, original: Some((ARM_ORIGINAL, u64::MAX)), direction: Some(12), ..plain }
        }
        Column::Aarch64 => Shape { direction: Some(7), steps: true, old_requests: false, ..plain },
        Column::I386 => {
            Shape { bytes: 4, original: Some((11, u64::MAX)), result: Some(6), steps: true, ..plain }
        }
        Column::X86_64 => Shape { original: Some((15, u64::MAX)), result: Some(10), steps: true, ..plain },
    }
}

/// ORIG_r0
const ARM_ORIGINAL: usize = 17;
/// r0 to r15, cpsr
const ARM_REGISTERS: usize = 16;
/// The flags and mode bits of user mode that a debugger may change.
const ARM_FLAGS: u32 = 0xf80f_0020;
const MIPS_GENERAL: usize = 32;
/// `SR` of a user program: exceptions on, user mode, floating point usable.
const MIPS_STATUS: u64 = 0x2000_8413;

/// i386 numbers of the general registers in the order of the structure.
const I386_ORDER: [usize; 7] = [3, 1, 2, 6, 7, 5, 0];
/// x86-64: r15 … rbx, r11 … rdi.
const X86_64_ORDER: [usize; 15] = [15, 14, 13, 12, 5, 3, 11, 10, 9, 8, 0, 1, 2, 6, 7];

/// A selector, by the segment register's number: ES, CS, SS, DS, FS, GS.
fn selector(cpu: &X86, number: usize) -> u64 {
    u64::from(cpu.selectors.get(number).copied().unwrap_or(0))
}
const ES: usize = 0;
const CS: usize = 1;
const SS: usize = 2;
const DS: usize = 3;

pub(super) fn of_i386(cpu: &X86) -> Vec<u64> {
    let mut values: Vec<u64> = I386_ORDER.iter().map(|&number| cpu.registers[number]).collect();
    values.extend([DS, ES, x86::FS, x86::GS].map(|number| selector(cpu, number)));
    values.extend([u64::from(u32::MAX), cpu.ip, selector(cpu, CS), u64::from(cpu.eflags())]);
    values.extend([cpu.registers[x86::SP as usize], selector(cpu, SS)]);
    values
}
pub(super) fn set_i386(cpu: &mut X86, values: &[u64]) {
    for (&number, value) in I386_ORDER.iter().zip(values) {
        cpu.registers[number] = value & 0xffff_ffff;
    }
    if let [ip, _, flags, stack, ..] = values.get(12..).unwrap_or_default() {
        cpu.ip = ip & 0xffff_ffff;
        cpu.set_eflags(*flags as u32);
        cpu.registers[x86::SP as usize] = stack & 0xffff_ffff;
    }
}

pub(super) fn of_x86_64(cpu: &X86) -> Vec<u64> {
    let mut values: Vec<u64> = X86_64_ORDER.iter().map(|&number| cpu.registers[number]).collect();
    values.extend([u64::MAX, cpu.ip, selector(cpu, CS), u64::from(cpu.eflags())]);
    values.extend([cpu.registers[x86::SP as usize], selector(cpu, SS)]);
    values.extend([x86::FS_BASE, x86::GS_BASE].map(|slot| cpu.registers[slot as usize]));
    values.extend([DS, ES, x86::FS, x86::GS].map(|number| selector(cpu, number)));
    values
}
pub(super) fn set_x86_64(cpu: &mut X86, values: &[u64]) {
    for (&number, value) in X86_64_ORDER.iter().zip(values) {
        cpu.registers[number] = *value;
    }
    if let [ip, _, flags, stack, _, fs_base, gs_base, ..] = values.get(16..).unwrap_or_default() {
        cpu.ip = *ip;
        cpu.set_eflags(*flags as u32);
        cpu.registers[x86::SP as usize] = *stack;
        cpu.registers[x86::FS_BASE as usize] = *fs_base;
        cpu.registers[x86::GS_BASE as usize] = *gs_base;
    }
}

pub(super) fn of_arm(cpu: &Arm) -> Vec<u64> {
    let mut values: Vec<u64> =
        cpu.registers.iter().take(ARM_REGISTERS).map(|value| u64::from(*value)).collect();
    if let Some(counter) = values.last_mut() {
        *counter = u64::from(cpu.pc());
    }
    values.extend([u64::from(cpu.cpsr()), u64::MAX]);
    values
}
pub(super) fn set_arm(cpu: &mut Arm, values: &[u64]) {
    for (register, value) in cpu.registers.iter_mut().zip(values).take(ARM_REGISTERS - 1) {
        *register = *value as u32;
    }
    if let [counter, flags, ..] = values.get(ARM_REGISTERS - 1..).unwrap_or_default() {
        let kept = cpu.cpsr() & !ARM_FLAGS;
        cpu.set_cpsr(kept | (*flags as u32 & ARM_FLAGS));
        cpu.set_pc(*counter as u32);
    }
}

pub(super) fn of_aarch64(cpu: &Aarch64) -> Vec<u64> {
    let mut values: Vec<u64> = cpu.x.iter().take(31).copied().collect();
    values.extend([cpu.stack_pointer(), cpu.pc, u64::from(cpu.nzcv()) << 28]);
    values
}
pub(super) fn set_aarch64(cpu: &mut Aarch64, values: &[u64]) {
    for (register, value) in cpu.x.iter_mut().zip(values).take(31) {
        *register = *value;
    }
    if let [stack, counter, flags, ..] = values.get(31..).unwrap_or_default() {
        cpu.set_stack_pointer(*stack);
        cpu.pc = *counter;
        cpu.set_nzcv((flags >> 28) as u32);
    }
}

/// Sign-extended, as a kernel of 32 bits copies them: general registers, lo, hi, epc, badvaddr, status, cause.
pub(super) fn of_mips(cpu: &Mips) -> Vec<u64> {
    let wide = |value: u32| value as i32 as i64 as u64;
    let mut values: Vec<u64> = cpu.gpr.iter().take(MIPS_GENERAL).map(|value| wide(*value)).collect();
    values.extend([wide(cpu.lo), wide(cpu.hi), wide(cpu.pc), 0, MIPS_STATUS, 0x20]);
    values
}
pub(super) fn set_mips(cpu: &mut Mips, values: &[u64]) {
    for (register, value) in cpu.gpr.iter_mut().zip(values).take(MIPS_GENERAL).skip(1) {
        *register = *value as u32;
    }
    if let [lo, hi, counter, ..] = values.get(MIPS_GENERAL..).unwrap_or_default() {
        (cpu.lo, cpu.hi, cpu.pc) = (*lo as u32, *hi as u32, *counter as u32);
    }
}
