//! What i386 and x86-64 share: numbers, exceptions, how far from a call to its instruction. Neighbours: `i386.rs` and
//! `x86_64.rs` have an [`Abi`] row each, `i386_signal.rs` and `x86_64_signal.rs` lay out signal frames.
use super::{Abi, Cpu, Processor, Return, i386, i386_signal, registers, x86_64, x86_64_signal};
use crate::{
    errno::Errno,
    mm::AddressSpace,
    signal::{Frame, Signal, SignalSet, code},
};
use alloc::{boxed::Box, vec::Vec};
use otori_cpu::{
    Stop,
    x86::{self, Cpu as X86, Mode},
};

/// INT 80 and SYSCALL are this long: restarting a call steps back over it.
const CALL_BYTES: u64 = 2;

/// The accumulator: number of a call and its result.
pub(super) const AX: usize = x86::AX as usize;
/// The stack pointer.
pub(super) const SP: usize = x86::SP as usize;

/// No signal has another number than the generic ones.
#[rustfmt::skip]
pub(super) const SIGNALS: [u8; 32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
];

/// A fresh program: registers zero, stack set.
pub(super) fn start(mode: Mode, entry: u64, stack: u64) -> X86 {
    let mut cpu = X86::new(mode);
    cpu.ip = entry;
    cpu.registers[SP] = stack;
    cpu
}

/// The direction, trap and resume flags are clear when a handler begins.
const CLEARED_FLAGS: u32 = 0x1_0500;

/// Enters a handler.
pub(super) fn enter(cpu: &mut X86, handler: u64, stack: u64) {
    cpu.ip = handler;
    cpu.registers[SP] = stack;
    cpu.set_eflags(cpu.eflags() & !CLEARED_FLAGS);
}

/// `trapno` of the processor for a signal: what debuggers and crash handlers look at.
pub(super) fn trap_number(signal: Signal) -> u64 {
    match signal {
        Signal::FPE => 0,
        Signal::TRAP => 3,
        Signal::ILL => 6,
        Signal::BUS => 17,
        _ => 14,
    }
}

/// Words of the floating point image that signal frames hold.
pub(super) const IMAGE_WORDS: usize = 64;

/// The image of FXSAVE, as long as its area.
pub(super) fn image(cpu: &X86) -> [u64; IMAGE_WORDS] {
    let mut words = [0; IMAGE_WORDS];
    for (to, from) in words.iter_mut().zip(cpu.float_image()) {
        *to = from;
    }
    words
}

impl Processor for X86 {
    fn duplicate(&self) -> Cpu {
        Box::new(self.clone())
    }
    fn run(&mut self, memory: &mut AddressSpace, budget: u64) -> (Stop, u64) {
        memory.run(self, budget)
    }
    fn set_clock(&mut self, instructions: u64) {
        X86::set_clock(self, instructions);
    }
    fn trim(&mut self) {
        X86::trim(self);
    }
    fn program_counter(&self) -> u64 {
        self.ip
    }
    fn stack_pointer(&self) -> u64 {
        self.registers[SP]
    }
    fn call_number(&self) -> u64 {
        self.registers[AX]
    }
    fn arguments(&self, _abi: &Abi, _memory: &mut AddressSpace, _count: usize) -> [u64; 8] {
        match self.mode() {
            Mode::I386 => i386::arguments(self),
            Mode::X86_64 => x86_64::arguments(self),
        }
    }
    /// A negative error number tells a failure.
    fn finish(&mut self, result: Result<u64, Errno>) {
        let value = match result {
            Ok(value) => value,
            Err(error) => i64::from(error.number(crate::abi::Numbering::Generic)).wrapping_neg() as u64,
        };
        self.registers[AX] = if self.mode() == Mode::I386 { value & 0xffff_ffff } else { value };
    }
    fn restart(&mut self) {
        self.ip = self.ip.wrapping_sub(CALL_BYTES);
    }
    fn become_child(&mut self, stack: Option<u64>) {
        self.finish(Ok(0));
        if let Some(stack) = stack {
            self.registers[SP] = stack;
        }
    }
    fn set_thread_pointer(&mut self, memory: &mut AddressSpace, value: u64) -> Result<(), Errno> {
        match self.mode() {
            Mode::I386 => i386::set_thread_area(self, memory, value),
            Mode::X86_64 => x86_64::set_segment_base(self, x86::FS, value),
        }
    }
    fn describe_thread_area(&self, memory: &mut AddressSpace, address: u64) -> Result<(), Errno> {
        match self.mode() {
            Mode::I386 => i386::describe_thread_area(self, memory, address),
            Mode::X86_64 => Err(Errno::ENOSYS),
        }
    }
    fn segment_base(&mut self, number: usize, value: Option<u64>) -> Result<u64, Errno> {
        if self.mode() == Mode::I386 {
            return Err(Errno::ENOSYS);
        }
        if let Some(value) = value {
            x86_64::set_segment_base(self, number, value)?;
        }
        Ok(x86_64::segment_base(self, number))
    }
    fn registers(&self) -> Vec<u64> {
        match self.mode() {
            Mode::I386 => registers::of_i386(self),
            Mode::X86_64 => registers::of_x86_64(self),
        }
    }
    fn set_registers(&mut self, values: &[u64]) {
        match self.mode() {
            Mode::I386 => registers::set_i386(self, values),
            Mode::X86_64 => registers::set_x86_64(self, values),
        }
    }
    fn push_frame(&mut self, abi: &Abi, memory: &mut AddressSpace, frame: &Frame) -> Result<(), Errno> {
        match self.mode() {
            Mode::I386 => i386_signal::push(abi, self, memory, frame),
            Mode::X86_64 => x86_64_signal::push(abi, self, memory, frame),
        }
    }
    fn pop_frame(&mut self, abi: &Abi, memory: &mut AddressSpace, kind: Return) -> Result<SignalSet, Errno> {
        match self.mode() {
            Mode::I386 => i386_signal::pop(abi, self, memory, kind),
            Mode::X86_64 => x86_64_signal::pop(abi, self, memory),
        }
    }
    fn exception(&mut self, stop: Stop) -> (Signal, i32) {
        match stop {
            Stop::Breakpoint(_) => (Signal::TRAP, code::KERNEL),
            Stop::DivideError => (Signal::FPE, code::FPE_INTDIV),
            Stop::FloatingPoint(_) => (Signal::FPE, code::FPE_FLTINV),
            Stop::Privileged => (Signal::SEGV, code::KERNEL),
            _ => (Signal::ILL, code::ILL_ILLOPN),
        }
    }
    #[cfg(test)]
    fn set_call(&mut self, arguments: [u64; 4], stack: u64) {
        let registers = if self.mode() == Mode::I386 { [3, 1, 2, 6] } else { [7, 6, 2, 10] };
        for (register, value) in registers.into_iter().zip(arguments) {
            self.registers[register] = value;
        }
        self.registers[SP] = stack;
    }
}
