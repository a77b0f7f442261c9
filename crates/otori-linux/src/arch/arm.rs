//! ARM: how EABI and the old ABI make calls, first registers of a program, what the processor promises.
//!
//! Key items: [`LITTLE`], [`BIG`], the [`Processor`]. Neighbours: `arm_signal.rs` lays out signal frames, `arm_helpers.rs`
//! the page with the kernel's user helpers. The processor is a Cortex-A7. arch/arm/kernel/entry-common.S,
//! arch/arm/include/uapi/asm/hwcap.h of Linux.
use super::{
    Abi, Column, Cpu, Members, Pairs, Processor, Return, arm_helpers, arm_signal,
    float_registers::{self, FloatSet},
    registers,
};
use crate::{
    abi::{Endian, Numbering},
    errno::Errno,
    exec::elf::Expected,
    mm::AddressSpace,
    signal::{Frame, SignalSet},
};
use alloc::{boxed::Box, vec::Vec};
use otori_cpu::{
    Blocks, Stop,
    arm::{Cpu as Arm, Order},
};

/// Where EABI has the number of the call.
const NUMBER: usize = 7;
/// Registers with arguments.
const ARGUMENTS: usize = 7;
pub(super) const SP: usize = 13;
pub(super) const LR: usize = 14;

/// The old ABI has the number in the instruction, with this base.
const OLD_BASE: u32 = 0x90_0000;
/// The old call that makes another one: its number in r0, its arguments behind that.
const OLD_SYSCALL: u32 = 113;
/// Calls that EABI no longer has (arch/arm/kernel/calls.S, OBSOLETE): time, umount, stime, alarm, utime, getrlimit,
/// select, readdir, mmap, socketcall, syscall, ipc.
const OLD_ONLY: [u64; 12] = [13, 22, 25, 27, 30, 76, 82, 89, 90, 102, 113, 117];

/// `e_flags`: code is little endian though data is big (EF_ARM_BE8).
pub(super) const FLAG_BE8: u32 = 0x0080_0000;

/// half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae
const HWCAP: u64 = 0x001f_b0d6;

/// /proc/cpuinfo.
pub(super) const CPUINFO: &str = "processor\t: 0
model name\t: ARMv7 Processor rev 5 (v7l)
BogoMIPS\t: 48.00
Features\t: half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae
CPU implementer\t: 0x41
CPU architecture: 7
CPU variant\t: 0x0
CPU part\t: 0xc07
CPU revision\t: 5

Hardware\t: Generic DT based system
Revision\t: 0000
Serial\t\t: 0000000000000000
";

/// asm/fcntl.h against asm-generic/fcntl.h
const OPEN_FLAGS: Pairs = &[
    (0o40000, 0o200000),  // O_DIRECTORY
    (0o100000, 0o400000), // O_NOFOLLOW
    (0o200000, 0o40000),  // O_DIRECT
    (0o400000, 0o100000), // O_LARGEFILE
];

/// Signals are numbered as everywhere.
pub(super) const SIGNALS: [u8; 32] = {
    let mut signals = [0; 32];
    let mut number = 0;
    while number < 32 {
        signals[number] = number as u8;
        number += 1;
    }
    signals
};

const fn row(endian: Endian) -> Abi {
    let big = matches!(endian, Endian::Big);
    Abi {
        column: Column::Arm,
        numbering: Numbering::Generic,
        endian,
        word_bytes: 4,
        machine: if big { "armv7b" } else { "armv7l" },
        platform: if big { "v7b" } else { "v7l" },
        elf: Expected { machine: 40, wide: false, big_endian: big },
        hwcap: HWCAP,
        task_end: 0xbf00_0000,
        stack_top: 0xbeff_f000,
        dynamic_base: 0x0040_0000,
        trampoline: arm_helpers::PAGE,
        signal_set_bytes: 8,
        open_flags: OPEN_FLAGS,
        map_flags: &[],
        signals: &SIGNALS,
        signal_how_base: 0,
        pairs_aligned: true,
        members: Members::Natural,
        start: if big { start_big } else { start_little },
        trampoline_page: arm_helpers::page,
    }
}

/// The row for calls of the old ABI: arch/arm/kernel/sys_oabi-compat.c.
const fn old_row(endian: Endian) -> Abi {
    Abi { pairs_aligned: false, members: Members::WholeWords, ..row(endian) }
}

/// ARM, little endian.
pub(crate) static LITTLE: Abi = row(Endian::Little);
/// ARM with big-endian data.
pub(crate) static BIG: Abi = row(Endian::Big);
static OLD_LITTLE: Abi = old_row(Endian::Little);
static OLD_BIG: Abi = old_row(Endian::Big);

fn start_little(entry: u64, stack: u64) -> Cpu {
    Box::new(start(Order::Little, entry, stack))
}
fn start_big(entry: u64, stack: u64) -> Cpu {
    Box::new(start(Order::Big32, entry, stack))
}

/// A fresh program: registers zero, the mode in bit 0 of the entry, stack set.
pub(super) fn start(order: Order, entry: u64, stack: u64) -> Arm {
    let mut cpu = Arm::new(order);
    cpu.branch_exchange(entry as u32);
    cpu.registers[SP] = stack as u32;
    cpu
}

/// The number in the instruction of the last call, if that was one of the old ABI: only A32 has room for it.
fn old_number(cpu: &Arm) -> Option<u32> {
    (cpu.comment != 0 && !cpu.is_thumb()).then(|| cpu.comment.wrapping_sub(OLD_BASE))
}

impl Processor for Arm {
    fn duplicate(&self) -> Cpu {
        let mut copy = self.clone();
        copy.clear_exclusive();
        Box::new(copy)
    }
    fn run(&mut self, memory: &mut AddressSpace, budget: u64) -> (Stop, u64) {
        memory.run(self, budget)
    }
    fn set_clock(&mut self, instructions: u64) {
        self.frame.set_clock(instructions);
    }
    fn give_blocks(&mut self) -> Option<Blocks> {
        self.frame.give_blocks()
    }
    fn take_blocks(&mut self, blocks: Blocks) {
        self.frame.take_blocks(blocks);
    }
    fn program_counter(&self) -> u64 {
        u64::from(self.pc())
    }
    fn stack_pointer(&self) -> u64 {
        u64::from(self.registers[SP])
    }

    /// BE8 is told from BE32 by the header.
    fn take_mode(&mut self, flags: u32) {
        if self.order() == Order::Big32 && flags & FLAG_BE8 != 0 {
            let (pc, thumb) = (self.pc(), u32::from(self.is_thumb()));
            *self = start(Order::Big8, u64::from(pc | thumb), u64::from(self.registers[SP]));
        }
    }

    /// r7, or what the instruction says.
    fn call_number(&self) -> u64 {
        match old_number(self) {
            None => u64::from(self.registers[NUMBER]),
            Some(OLD_SYSCALL) => u64::from(self.registers[0].wrapping_sub(OLD_BASE) & 0x000f_ffff),
            Some(number) => u64::from(number),
        }
    }

    fn call_abi(&self, abi: &'static Abi) -> &'static Abi {
        match (old_number(self), abi.endian) {
            (None, _) => abi,
            (Some(_), Endian::Little) => &OLD_LITTLE,
            (Some(_), Endian::Big) => &OLD_BIG,
        }
    }

    fn offers(&self, number: u64) -> bool {
        old_number(self).is_some() || !OLD_ONLY.contains(&number)
    }

    fn arguments(&self, _: &Abi, _: &mut AddressSpace, count: usize) -> [u64; 8] {
        let mut arguments = [0u64; 8];
        let indirect = usize::from(old_number(self) == Some(OLD_SYSCALL));
        let registers = self.registers.iter().take(ARGUMENTS).skip(indirect);
        for (slot, register) in arguments.iter_mut().zip(registers).take(count) {
            *slot = u64::from(*register);
        }
        arguments
    }

    /// r0; errors are negative.
    fn finish(&mut self, result: Result<u64, Errno>) {
        self.registers[0] = match result {
            Ok(value) => value as u32,
            Err(error) => u32::from(error.number(Numbering::Generic)).wrapping_neg(),
        };
    }

    fn restart(&mut self) {
        let instruction = if self.is_thumb() { 2 } else { 4 };
        self.set_pc(self.pc().wrapping_sub(instruction));
    }
    fn become_child(&mut self, stack: Option<u64>) {
        self.finish(Ok(0));
        if let Some(stack) = stack {
            self.registers[SP] = stack as u32;
        }
    }
    /// arch/arm/kernel/ptrace.c: `arm_break_hook`, `thumb_break_hook`, `thumb2_break_hook`.
    fn is_at_breakpoint(&self, memory: &mut AddressSpace) -> bool {
        let mut bytes = [0; 4];
        let read = memory.read(self.pc().into(), &mut bytes).is_ok();
        let [first, second, third, fourth] = bytes;
        let halves = (u16::from_le_bytes([first, second]), u16::from_le_bytes([third, fourth]));
        match self.is_thumb() {
            true => read && (halves.0 == 0xde01 || halves == (0xf7f0, 0xa000)),
            false => read && u32::from_le_bytes(bytes) & 0x0fff_ffff == 0x07f0_01f0,
        }
    }
    fn thread_pointer(&self) -> Option<u64> {
        Some(self.thread_pointer.into())
    }
    fn set_thread_pointer(&mut self, _memory: &mut AddressSpace, value: u64) -> Result<(), Errno> {
        self.thread_pointer = value as u32;
        Ok(())
    }
    fn registers(&self) -> Vec<u64> {
        registers::of_arm(self)
    }
    fn set_registers(&mut self, values: &[u64]) {
        registers::set_arm(self, values);
    }
    fn float_bytes(&self, abi: &Abi, which: FloatSet) -> Option<Vec<u8>> {
        Some(float_registers::of_arm(abi, self, which))
    }
    fn set_float_bytes(&mut self, abi: &Abi, which: FloatSet, bytes: &[u8]) -> Option<()> {
        float_registers::set_arm(abi, self, which, bytes)
    }
    fn push_frame(&mut self, abi: &Abi, memory: &mut AddressSpace, frame: &Frame) -> Result<(), Errno> {
        arm_signal::push(abi, self, memory, frame)
    }
    fn pop_frame(&mut self, abi: &Abi, memory: &mut AddressSpace, kind: Return) -> Result<SignalSet, Errno> {
        arm_signal::pop(abi, self, memory, kind)
    }

    #[cfg(any(test, feature = "hostile"))]
    fn set_call(&mut self, arguments: [u64; 6], stack: u64) {
        for (register, value) in self.registers.iter_mut().zip(arguments) {
            *register = value as u32;
        }
        self.registers[SP] = stack as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_calls_have_their_number_in_the_instruction() {
        let mut cpu = start(Order::Little, 0x8000, 0x1000);
        cpu.registers[NUMBER] = 4;
        assert_eq!(cpu.call_number(), 4);
        cpu.comment = 0x90_0001;
        assert_eq!(cpu.call_number(), 1);
        cpu.comment = 0x9f_0005;
        assert_eq!(cpu.call_number(), 0xf_0005);
    }

    #[test]
    fn the_old_call_that_makes_another_has_its_number_in_the_first_register() {
        let mut cpu = start(Order::Little, 0x8000, 0x1000);
        cpu.comment = 0x90_0071;
        cpu.registers[..3].copy_from_slice(&[4, 1, 2]);
        let mut memory = AddressSpace::new(LITTLE.task_end, 16);
        assert_eq!(cpu.call_number(), 4);
        assert_eq!(cpu.arguments(&LITTLE, &mut memory, 2)[..2], [1, 2]);
    }

    #[test]
    fn calls_that_only_the_old_abi_has_are_offered_to_it_alone() {
        let mut cpu = start(Order::Little, 0x8000, 0x1000);
        assert!(cpu.offers(4) && !cpu.offers(102));
        assert_eq!(cpu.call_abi(&LITTLE).members, Members::Natural);
        cpu.comment = 0x90_0066;
        assert!(cpu.offers(4) && cpu.offers(102));
        let abi = cpu.call_abi(&LITTLE);
        assert_eq!((abi.members, abi.pairs_aligned), (Members::WholeWords, false));
    }

    #[test]
    fn the_header_chooses_between_both_big_endians() {
        let mut cpu = start(Order::Big32, 0x8001, 0x1000);
        cpu.take_mode(0x0500_0000);
        assert_eq!(cpu.order(), Order::Big32);
        cpu.take_mode(0x0580_0000);
        assert_eq!((cpu.order(), cpu.pc(), cpu.is_thumb()), (Order::Big8, 0x8000, true));
        assert_eq!(cpu.registers[SP], 0x1000);
    }

    #[test]
    fn open_flags_of_arm_change_places() {
        assert_eq!(LITTLE.open_from_guest(0o40000 | 0o400000 | 2), 0o200000 | 0o100000 | 2);
        assert_eq!(LITTLE.open_to_guest(0o400000), 0o100000);
    }
}
