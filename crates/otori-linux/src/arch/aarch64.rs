//! AArch64: registers of a call, first registers of a program, the numbers that it has for itself.
//!
//! Key items: [`ROW`], [`CPUINFO`], and [`Processor`] for its CPU. Neighbour: `aarch64_signal.rs` lays out signal frames. Procedure Call
//! Standard for the Arm 64-bit Architecture; arch/arm64/include/uapi/asm of Linux for the numbers.
use super::{
    Abi, Column, Cpu, Members, Pairs, Processor, Return, aarch64_signal,
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
use otori_cpu::{Blocks, Stop, aarch64::Cpu as Aarch64};

/// The register with the number of the call.
const CALL: usize = 8;
/// Registers of arguments.
const ARGUMENTS: usize = 8;

/// The `svc` instruction is this long: restarting a call steps back over it.
const SYSCALL_BYTES: u64 = 4;

/// asm/fcntl.h against asm-generic/fcntl.h
const OPEN_FLAGS: Pairs = &[
    (0o40000, 0o200000),  // O_DIRECTORY
    (0o100000, 0o400000), // O_NOFOLLOW
    (0o200000, 0o40000),  // O_DIRECT
    (0o400000, 0o100000), // O_LARGEFILE
];

/// Signals 0 to 31 are numbered as everywhere.
const SIGNALS: [u8; 32] = {
    let mut signals = [0; 32];
    let mut number = 0;
    while number < 32 {
        signals[number] = number as u8;
        number += 1;
    }
    signals
};

/// HWCAP_FP, HWCAP_ASIMD, HWCAP_CRC32, HWCAP_CPUID: what a Cortex-A53 without cryptography has, and that identification
/// registers can be read.
const HWCAP: u64 = 1 | 1 << 1 | 1 << 7 | 1 << 11;

/// The binary interface. Addresses as with 39 bits of them, which is what devices are built with.
pub(crate) static ROW: Abi = Abi {
    column: Column::Aarch64,
    numbering: Numbering::Generic,
    endian: Endian::Little,
    word_bytes: 8,
    machine: "aarch64",
    platform: "aarch64",
    elf: Expected { machine: 183, wide: true, big_endian: false },
    hwcap: HWCAP,
    task_end: 0x80_0000_0000,
    stack_top: 0x7f_ffff_d000,
    dynamic_base: 0x55_5555_5000,
    trampoline: 0x7f_ffff_e000,
    signal_set_bytes: 8,
    open_flags: OPEN_FLAGS,
    map_flags: &[],
    signals: &SIGNALS,
    signal_how_base: 0,
    pairs_aligned: false,
    members: Members::Natural,
    start,
    trampoline_page: aarch64_signal::trampoline_page,
};

/// `/proc/cpuinfo` of the processor that [`HWCAP`] tells of.
pub(crate) const CPUINFO: &str = "processor\t: 0\nBogoMIPS\t: 125.00\nFeatures\t: fp asimd crc32 cpuid\n\
    CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: 0xd03\nCPU revision\t: 4\n\n";

/// A fresh program: registers zero, stack set.
fn start(entry: u64, stack: u64) -> Cpu {
    let mut cpu = Aarch64::new();
    cpu.pc = entry;
    cpu.set_stack_pointer(stack);
    Box::new(cpu)
}

impl Processor for Aarch64 {
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
        self.pc
    }
    fn stack_pointer(&self) -> u64 {
        Aarch64::stack_pointer(self)
    }
    fn call_number(&self) -> u64 {
        self.x[CALL]
    }
    fn arguments(&self, _abi: &Abi, _memory: &mut AddressSpace, _count: usize) -> [u64; 8] {
        let mut arguments = [0; ARGUMENTS];
        arguments.iter_mut().zip(self.x).for_each(|(slot, register)| *slot = register);
        arguments
    }

    /// x0: the value, or the error number negated.
    fn finish(&mut self, result: Result<u64, Errno>) {
        self.x[0] = match result {
            Ok(value) => value,
            Err(error) => u64::from(error.number(Numbering::Generic)).wrapping_neg(),
        };
    }
    fn restart(&mut self) {
        self.pc = self.pc.wrapping_sub(SYSCALL_BYTES);
    }
    fn become_child(&mut self, stack: Option<u64>) {
        self.x[0] = 0;
        if let Some(stack) = stack {
            self.set_stack_pointer(stack);
        }
    }
    fn thread_pointer(&self) -> Option<u64> {
        Some(self.thread_pointer)
    }
    fn set_thread_pointer(&mut self, _memory: &mut AddressSpace, value: u64) -> Result<(), Errno> {
        self.thread_pointer = value;
        Ok(())
    }
    fn registers(&self) -> Vec<u64> {
        registers::of_aarch64(self)
    }
    fn set_registers(&mut self, values: &[u64]) {
        registers::set_aarch64(self, values);
    }
    fn float_bytes(&self, abi: &Abi, which: FloatSet) -> Option<Vec<u8>> {
        (which == FloatSet::Usual).then(|| float_registers::of_aarch64(abi, self))
    }
    fn set_float_bytes(&mut self, abi: &Abi, which: FloatSet, bytes: &[u8]) -> Option<()> {
        if which == FloatSet::Usual { float_registers::set_aarch64(abi, self, bytes) } else { None }
    }
    fn push_frame(&mut self, abi: &Abi, memory: &mut AddressSpace, frame: &Frame) -> Result<(), Errno> {
        aarch64_signal::push(abi, self, memory, frame)
    }
    fn pop_frame(&mut self, abi: &Abi, memory: &mut AddressSpace, _kind: Return) -> Result<SignalSet, Errno> {
        aarch64_signal::pop(abi, self, memory)
    }

    #[cfg(any(test, feature = "hostile"))]
    fn set_call(&mut self, arguments: [u64; 6], stack: u64) {
        self.x[..6].copy_from_slice(&arguments);
        self.set_stack_pointer(stack);
    }
}
