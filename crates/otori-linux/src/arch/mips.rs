//! MIPS o32: registers of a call, first registers of a program, the numbers that MIPS has for itself.
//!
//! Key items: [`LITTLE`], [`BIG`], the [`Processor`]. Neighbour: `mips_signal.rs` lays out signal frames.
//! System V ABI MIPS supplement; arch/mips/include/uapi/asm of Linux for the numbers.
use super::{
    Abi, Column, Cpu, Members, Pairs, Processor, Return, Unaligned,
    float_registers::{self, FloatSet},
    mips_mode, mips_signal, registers,
};
use crate::{
    abi::{Endian, Numbering},
    errno::Errno,
    exec::elf::Expected,
    mm::AddressSpace,
    signal::{Frame, Signal, SignalSet, code},
};
use alloc::{boxed::Box, vec::Vec};
use otori_cpu::{
    Blocks, Fault, FaultKind, Stop,
    mips::{Cpu as Mips, Endian as CpuEndian},
};

/// General registers by their o32 names.
pub(crate) const V0: usize = 2;
const V1: usize = 3;
pub(crate) const A0: usize = 4;
const A3: usize = 7;
pub(crate) const T9: usize = 25;
pub(crate) const SP: usize = 29;
pub(crate) const RA: usize = 31;

/// Where the kernel's addresses begin: below, up to `task_end`, there is just nothing.
const KERNEL_BEGIN: u64 = 0x8000_0000;

/// HWCAP_MIPS_MIPS16 (uapi/asm/hwcap.h).
const HWCAP: u64 = 1 << 3;
/// `/proc/cpuinfo` of a 24Kf, as [`HWCAP`] and FIR say.
pub(crate) const CPUINFO: &str = "system type\t\t: MIPS Malta\nmachine\t\t\t: Unknown\nprocessor\t\t: 0\n\
    cpu model\t\t: MIPS 24Kc V0.0  FPU V0.0\nBogoMIPS\t\t: 332.59\nwait instruction\t: yes\n\
    microsecond timers\t: yes\ntlb_entries\t\t: 16\nextra interrupt vector\t: yes\n\
    hardware watchpoint\t: no\nisa\t\t\t: mips1 mips2 mips32r1 mips32r2\nASEs implemented\t: mips16\n\
    shadow register sets\t: 1\nkscratch registers\t: 0\ncore\t\t\t: 0\nVCED exceptions\t\t: not available\n\
    VCEI exceptions\t\t: not available\n\n";

/// The call `syscall`.
const INDIRECT: u32 = 4000;

/// The `syscall` instruction is this long: restarting a call steps back over it.
const SYSCALL_BYTES: u32 = 4;

/// asm/fcntl.h against asm-generic/fcntl.h
const OPEN_FLAGS: Pairs = &[
    (0x0008, 0o2000),    // O_APPEND
    (0x0010, 0o10000),   // O_DSYNC
    (0x0080, 0o4000),    // O_NONBLOCK
    (0x0100, 0o100),     // O_CREAT
    (0x0200, 0o1000),    // O_TRUNC
    (0x0400, 0o200),     // O_EXCL
    (0x0800, 0o400),     // O_NOCTTY
    (0x1000, 0o20000),   // FASYNC
    (0x2000, 0o100000),  // O_LARGEFILE
    (0x4000, 0o4000000), // __O_SYNC
    (0x8000, 0o40000),   // O_DIRECT
];

/// asm/mman.h against asm-generic/mman.h
const MAP_FLAGS: Pairs = &[
    (0x0800, 0x20),     // MAP_ANONYMOUS
    (0x0400, 0x4000),   // MAP_NORESERVE
    (0x1000, 0x100),    // MAP_GROWSDOWN
    (0x2000, 0x800),    // MAP_DENYWRITE
    (0x4000, 0x1000),   // MAP_EXECUTABLE
    (0x8000, 0x2000),   // MAP_LOCKED
    (0x10000, 0x8000),  // MAP_POPULATE
    (0x20000, 0x10000), // MAP_NONBLOCK
    (0x40000, 0x20000), // MAP_STACK
    (0x80000, 0x40000), // MAP_HUGETLB
];

/// asm/signal.h: generic number of MIPS signals 0 to 31 (7 is SIGEMT; the generic 16 has no other use).
const SIGNALS: [u8; 32] = [
    0, 1, 2, 3, 4, 5, 6, 16, 8, 9, 7, 11, 31, 13, 14, 15, 10, 12, 17, 30, 28, 23, 29, 19, 20, 18, 21, 22, 26,
    27, 24, 25,
];

const fn row(endian: Endian) -> Abi {
    Abi {
        column: Column::MipsO32,
        numbering: Numbering::Mips,
        endian,
        word_bytes: 4,
        machine: "mips",
        platform: "",
        elf: Expected { machine: 8, wide: false, big_endian: matches!(endian, Endian::Big) },
        hwcap: HWCAP,
        task_end: 0x7fff_8000,
        stack_top: 0x7fff_6000,
        dynamic_base: 0x5555_5000,
        trampoline: 0x7fff_7000,
        signal_set_bytes: 16,
        open_flags: OPEN_FLAGS,
        map_flags: MAP_FLAGS,
        signals: &SIGNALS,
        signal_how_base: 1,
        pairs_aligned: true,
        members: Members::Natural,
        start: match endian {
            Endian::Little => start_little,
            Endian::Big => start_big,
        },
        trampoline_page: mips_signal::trampoline_page,
    }
}

/// MIPS32, little endian.
pub(crate) static LITTLE: Abi = row(Endian::Little);
/// MIPS32, big endian.
pub(crate) static BIG: Abi = row(Endian::Big);

fn start_little(entry: u64, stack: u64) -> Cpu {
    Box::new(start(CpuEndian::Little, entry, stack))
}
fn start_big(entry: u64, stack: u64) -> Cpu {
    Box::new(start(CpuEndian::Big, entry, stack))
}

/// A fresh program: registers zero, t9 the entry (odd for MIPS16e), stack set.
pub(super) fn start(endian: CpuEndian, entry: u64, stack: u64) -> Mips {
    let mut cpu = Mips::new(endian);
    cpu.pc = entry as u32;
    cpu.gpr[T9] = entry as u32;
    cpu.gpr[SP] = stack as u32;
    cpu
}

/// The code of a breakpoint: some assemblers put it into the upper ten bits of the field, others into the lower ones.
fn break_code(field: u32) -> u32 {
    if field < 1 << 10 { field } else { (field & 0x3ff) << 10 | field >> 10 }
}

/// What of a processor the kernel tells a program of an exception.
trait Exceptions {
    /// `si_code` of a floating point exception with those causes. Those that are enabled are cleared, as the kernel does
    /// lest the return from the handler trap again.
    fn float_exception(&mut self, causes: u32) -> i32;
}

impl Exceptions for Mips {
    fn float_exception(&mut self, causes: u32) -> i32 {
        /// The cause bit that is always enabled: unimplemented operation.
        const UNIMPLEMENTED: u32 = 1 << 5;
        let enabled = causes & (self.fcsr >> 7 & 0x1f | UNIMPLEMENTED);
        self.fcsr &= !(enabled << 12);
        match enabled {
            _ if enabled & 16 != 0 => code::FPE_FLTINV,
            _ if enabled & 8 != 0 => code::FPE_FLTDIV,
            _ if enabled & 4 != 0 => code::FPE_FLTOVF,
            _ if enabled & 2 != 0 => code::FPE_FLTUND,
            _ if enabled & 1 != 0 => code::FPE_FLTRES,
            _ => code::FPE_FLTUNK,
        }
    }
}

impl Processor for Mips {
    fn duplicate(&self) -> Cpu {
        Box::new(self.clone())
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
        u64::from(self.pc)
    }
    fn stack_pointer(&self) -> u64 {
        u64::from(self.gpr[SP])
    }

    /// o32 numbers start at 4000, which is `syscall`: the call that the first argument names, with the others.
    fn call_number(&self) -> u64 {
        u64::from(self.gpr[if self.gpr[V0] == INDIRECT { A0 } else { V0 }])
    }

    /// Four in registers, the others at sp+16.
    fn arguments(&self, abi: &Abi, memory: &mut AddressSpace, count: usize) -> [u64; 8] {
        let mut arguments = [0u64; 8];
        let first = usize::from(self.gpr[V0] == INDIRECT);
        for (index, slot) in (first..).zip(arguments.iter_mut().take(count.min(8).max(4 - first))) {
            if let Some(register) = self.gpr[A0..=A3].get(index) {
                *slot = u64::from(*register);
                continue;
            }
            let mut word = [0u8; 4];
            let address = self.gpr[SP].wrapping_add(index as u32 * 4);
            if memory.read(u64::from(address), &mut word).is_ok() {
                *slot = u64::from(abi.endian.read_u32(word));
            }
        }
        arguments
    }

    /// v0, with a3 as the error flag.
    fn finish(&mut self, result: Result<u64, Errno>) {
        match result {
            Ok(value) => {
                self.gpr[V0] = value as u32;
                self.gpr[A3] = 0;
            }
            Err(error) => {
                self.gpr[V0] = u32::from(error.number(Numbering::Mips));
                self.gpr[A3] = 1;
            }
        }
    }

    fn set_second_result(&mut self, value: u64) {
        self.gpr[V1] = value as u32;
    }
    fn restart(&mut self) {
        self.pc = self.pc.wrapping_sub(SYSCALL_BYTES);
    }
    fn become_child(&mut self, stack: Option<u64>) {
        self.finish(Ok(0));
        if let Some(stack) = stack {
            self.gpr[SP] = stack as u32;
        }
    }
    fn thread_pointer(&self) -> Option<u64> {
        Some(self.user_local.into())
    }
    fn set_thread_pointer(&mut self, _memory: &mut AddressSpace, value: u64) -> Result<(), Errno> {
        self.user_local = value as u32;
        Ok(())
    }
    fn registers(&self) -> Vec<u64> {
        registers::of_mips(self)
    }
    fn set_registers(&mut self, values: &[u64]) {
        registers::set_mips(self, values);
    }
    fn float_bytes(&self, abi: &Abi, which: FloatSet) -> Option<Vec<u8>> {
        (which == FloatSet::Usual).then(|| float_registers::of_mips(abi, self))
    }
    fn set_float_bytes(&mut self, abi: &Abi, which: FloatSet, bytes: &[u8]) -> Option<()> {
        if which == FloatSet::Usual { float_registers::set_mips(abi, self, bytes) } else { None }
    }
    fn push_frame(&mut self, abi: &Abi, memory: &mut AddressSpace, frame: &Frame) -> Result<(), Errno> {
        mips_signal::push(abi, self, memory, frame)
    }
    fn pop_frame(&mut self, abi: &Abi, memory: &mut AddressSpace, kind: Return) -> Result<SignalSet, Errno> {
        mips_signal::pop(abi, self, memory, kind)
    }

    fn take_mode(&mut self, mode: u32) {
        mips_mode::enter(self, mode);
    }
    fn float_mode(&self) -> Option<u32> {
        Some(mips_mode::current(self))
    }
    fn set_float_mode(&mut self, mode: u32) -> Result<(), Errno> {
        mips_mode::change(self, mode)
    }
    fn set_unaligned(&mut self, unaligned: Unaligned) -> Result<(), Errno> {
        self.fixes_unaligned = unaligned == Unaligned::Mend;
        Ok(())
    }

    /// What is unaligned and not mended, and what is not user space's: the kernel says SIGBUS, and no address.
    fn address_error(&self, fault: &Fault) -> Option<(Signal, i32)> {
        let refused = fault.kind == FaultKind::Unaligned || fault.address >= KERNEL_BEGIN;
        refused.then_some((Signal::BUS, code::KERNEL))
    }

    /// Codes 6 and 7 of breakpoints and traps are overflow and division by zero.
    fn exception(&mut self, stop: Stop) -> (Signal, i32) {
        let stop = match stop {
            Stop::Breakpoint(number) => Stop::Breakpoint(break_code(number)),
            other => other,
        };
        match stop {
            Stop::Breakpoint(6) | Stop::Trap(6) | Stop::Overflow => (Signal::FPE, code::FPE_INTOVF),
            Stop::Breakpoint(7) | Stop::Trap(7) => (Signal::FPE, code::FPE_INTDIV),
            Stop::Breakpoint(_) => (Signal::TRAP, code::TRAP_BRKPT),
            Stop::Trap(_) => (Signal::TRAP, code::KERNEL),
            Stop::FloatingPoint(causes) => (Signal::FPE, self.float_exception(causes)),
            _ => (Signal::ILL, code::KERNEL),
        }
    }

    #[cfg(any(test, feature = "hostile"))]
    fn set_call(&mut self, arguments: [u64; 6], stack: u64) {
        for (register, value) in self.gpr[A0..=A3].iter_mut().zip(arguments) {
            *register = value as u32;
        }
        self.gpr[SP] = stack as u32;
    }
}
