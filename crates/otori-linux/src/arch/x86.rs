//! What i386 and x86-64 share: numbers, exceptions, how far from a call to its instruction. Neighbours: `i386.rs` and
//! `x86_64.rs` have an [`Abi`] row each, `i386_signal.rs` and `x86_64_signal.rs` lay out signal frames.
use super::{
    Abi, Column, Cpu, Processor, Return,
    float_registers::{self, FloatSet},
    i386, i386_signal, registers, x86_64, x86_64_signal,
};
use crate::{
    errno::Errno,
    mm::AddressSpace,
    signal::{Frame, Signal, SignalSet, code},
};
use alloc::{boxed::Box, vec::Vec};
use otori_cpu::{
    Blocks, Stop,
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
    fn give_blocks(&mut self) -> Option<Blocks> {
        X86::give_blocks(self)
    }
    fn take_blocks(&mut self, blocks: Blocks) {
        X86::take_blocks(self, blocks);
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
    fn float_bytes(&self, abi: &Abi, which: FloatSet) -> Option<Vec<u8>> {
        let there = which == FloatSet::Usual || abi.column == Column::I386;
        there.then(|| float_registers::of_x86(abi, self, which))
    }
    fn set_float_bytes(&mut self, abi: &Abi, which: FloatSet, bytes: &[u8]) -> Option<()> {
        float_registers::set_x86(abi, self, which, bytes)
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
    #[cfg(any(test, feature = "hostile"))]
    fn set_call(&mut self, arguments: [u64; 6], stack: u64) {
        let registers = if self.mode() == Mode::I386 { [3, 1, 2, 6, 7, 5] } else { [7, 6, 2, 10, 8, 9] };
        for (register, value) in registers.into_iter().zip(arguments) {
            self.registers[register] = value;
        }
        self.registers[SP] = stack;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{i386, x86_64};
    use alloc::vec::Vec;
    use otori_cpu::x86::{FEATURES, Mode, cpuid};

    /// Leaf, word (EAX to EDX), and the names that /proc/cpuinfo has for bits; what Linux adds by itself is not here.
    type Names = (u32, usize, &'static [(u32, &'static str)]);

    #[rustfmt::skip]
    const NAMES: [Names; 3] = [
        (1, 3, &[
            (0, "fpu"), (2, "de"), (3, "pse"), (4, "tsc"), (5, "msr"), (6, "pae"), (7, "mce"), (8, "cx8"), (9, "apic"),
            (11, "sep"), (12, "mtrr"), (13, "pge"), (14, "mca"), (15, "cmov"), (16, "pat"), (17, "pse36"),
            (19, "clflush"), (23, "mmx"), (24, "fxsr"), (25, "sse"), (26, "sse2"), (28, "ht"),
        ]),
        (1, 2, &[
            (0, "pni"), (1, "pclmulqdq"), (3, "monitor"), (5, "vmx"), (9, "ssse3"), (12, "fma"), (13, "cx16"),
            (19, "sse4_1"), (20, "sse4_2"), (22, "movbe"), (23, "popcnt"), (25, "aes"), (26, "xsave"), (28, "avx"),
            (29, "f16c"), (30, "rdrand"),
        ]),
        (0x8000_0001, 3, &[
            (11, "syscall"), (20, "nx"), (22, "mmxext"), (26, "pdpe1gb"), (27, "rdtscp"), (29, "lm"), (31, "3dnow"),
        ]),
    ];

    #[test]
    fn cpuinfo_has_the_flags_that_cpuid_has() {
        for (mode, text) in [(Mode::I386, i386::CPUINFO), (Mode::X86_64, x86_64::CPUINFO)] {
            let line = text.lines().find(|line| line.trim_start().starts_with("flags")).unwrap();
            let told: Vec<&str> = line.split_whitespace().collect();
            for (leaf, word, names) in NAMES {
                let bits = cpuid(mode, leaf, 0)[word];
                for (bit, name) in names {
                    assert_eq!(bits >> bit & 1 != 0, told.contains(name), "{mode:?} {name}");
                }
            }
            assert_eq!(cpuid(mode, 0x8000_0001, 0)[2] & 1 != 0, told.contains(&"lahf_lm"));
        }
        assert_eq!(cpuid(Mode::I386, 1, 0)[3], FEATURES);
    }

    #[test]
    fn cpuinfo_names_the_processor_that_cpuid_names() {
        for (mode, text) in [(Mode::I386, i386::CPUINFO), (Mode::X86_64, x86_64::CPUINFO)] {
            let value = |key: &str| {
                let line = text.lines().map(str::trim).find(|line| line.starts_with(key)).unwrap();
                line.split(": ").nth(1).unwrap()
            };
            let words = (0x8000_0002..=0x8000_0004).flat_map(|leaf| cpuid(mode, leaf, 0));
            let name: Vec<u8> = words.flat_map(u32::to_le_bytes).filter(|byte| *byte != 0).collect();
            assert_eq!(value("model name").as_bytes(), name);
            let [signature, ..] = cpuid(mode, 1, 0);
            let model = (signature >> 4 & 15) | (signature >> 12 & 0xf0);
            assert_eq!(value("model\t"), alloc::format!("{model}"));
            assert_eq!(value("stepping"), alloc::format!("{}", signature & 15));
            assert_eq!(value("cpuid level"), alloc::format!("{}", cpuid(mode, 0, 0)[0]));
        }
    }
}
