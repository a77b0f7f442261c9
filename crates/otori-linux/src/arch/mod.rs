//! What differs from one architecture to the next: how a call is made, numbers, signal frames, limits of addresses.
//!
//! Key types: [`Abi`], one static row per instruction set, and [`Processor`], one implementation. Neighbours: `otori_cpu` executes, `syscall/table.rs` has the
//! call numbers as columns, `abi.rs` the error numbers. To add one: a file here and an arm in [`Abi::of`].
mod aarch64;
mod aarch64_signal;
pub(crate) mod arm;
mod arm_helpers;
mod arm_signal;
pub(crate) mod float_registers;
mod i386;
mod i386_signal;
pub(crate) mod mips;
mod mips_mode;
mod mips_signal;
mod processor;
pub(crate) mod registers;
mod x86;
mod x86_64;
mod x86_64_signal;

pub(crate) use processor::{Cpu, Processor, Return, Unaligned};

use crate::{
    abi::{Endian, Numbering},
    errno::Errno,
    exec::elf::{Expected, Image, StackWish},
    signal::{Signal, SignalSet},
};
use alloc::vec::Vec;
use otori_cpu::Isa;

/// Bytes of one page on every machine that we run.
pub(crate) const PAGE_BYTES: u64 = 4096;

/// Index of a column of `syscall/table.rs`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(dead_code, reason = "one is used per architecture that we run")]
pub(crate) enum Column {
    /// MIPS o32
    MipsO32 = 0,
    /// ARM EABI
    Arm = 1,
    /// AArch64
    Aarch64 = 2,
    /// i386
    I386 = 3,
    /// x86-64
    X86_64 = 4,
}

/// Where the members of a structure that a call reads or writes stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Members {
    /// At multiples of their size.
    Natural,
    /// Those of 64 bits at multiples of four bytes (i386).
    Words,
    /// The same, and a structure ends at a word whatever it has (the old ABI of ARM).
    WholeWords,
}

/// A guest constant and the asm-generic one that the kernel works with.
pub(crate) type Pairs = &'static [(u32, u32)];

/// The binary interface of one instruction set.
#[derive(Debug)]
pub(crate) struct Abi {
    pub(crate) column: Column,
    pub(crate) numbering: Numbering,
    pub(crate) endian: Endian,
    /// bytes of a `long` and of a pointer
    pub(crate) word_bytes: usize,
    /// uname -m
    pub(crate) machine: &'static str,
    /// AT_PLATFORM; empty when the kernel gives none
    pub(crate) platform: &'static str,
    pub(crate) elf: Expected,
    /// AT_HWCAP
    pub(crate) hwcap: u64,
    /// first address that user space may not use
    pub(crate) task_end: u64,
    /// first address above the stack
    pub(crate) stack_top: u64,
    /// where a relocatable executable goes
    pub(crate) dynamic_base: u64,
    /// the page with the instructions that return from a signal handler
    pub(crate) trampoline: u64,
    /// bytes of `sigset_t`
    pub(crate) signal_set_bytes: usize,
    /// O_* where they differ
    pub(crate) open_flags: Pairs,
    /// MAP_* where they differ
    pub(crate) map_flags: Pairs,
    /// guest signal numbers 1 to 31, generic ones as values
    pub(crate) signals: &'static [u8; 32],
    /// how SIG_BLOCK is numbered: 0 generic, 1 MIPS; UNBLOCK and SETMASK follow
    pub(crate) signal_how_base: u32,
    /// 64-bit arguments start at an even argument
    pub(crate) pairs_aligned: bool,
    pub(crate) members: Members,
    /// a processor at the entry of a fresh program: entry, stack pointer
    pub(crate) start: fn(u64, u64) -> Cpu,
    /// bytes of the page at `trampoline`
    pub(crate) trampoline_page: fn(&Abi) -> Vec<u8>,
}

/// `/proc/cpuinfo` of the processor that runs that instruction set here; a profile may show another one.
pub(crate) fn cpuinfo(isa: Isa) -> &'static str {
    match isa {
        Isa::Aarch64 => aarch64::CPUINFO,
        Isa::ArmEl | Isa::ArmEb => arm::CPUINFO,
        Isa::I386 => i386::CPUINFO,
        Isa::X86_64 => x86_64::CPUINFO,
        Isa::Mips32El | Isa::Mips32Eb => mips::CPUINFO,
    }
}

impl Abi {
    /// The row of that instruction set.
    pub(crate) fn of(isa: Isa) -> &'static Abi {
        match isa {
            Isa::Aarch64 => &aarch64::ROW,
            Isa::ArmEl => &arm::LITTLE,
            Isa::ArmEb => &arm::BIG,
            Isa::I386 => &i386::ABI,
            Isa::X86_64 => &x86_64::ABI,
            Isa::Mips32El => &mips::LITTLE,
            Isa::Mips32Eb => &mips::BIG,
        }
    }
    /// The bytes of the page at [`Abi::trampoline`] for a program with these `e_flags`, and the page's name in
    /// /proc/PID/maps.
    pub(crate) fn trampoline_of(&self, flags: u32) -> (Vec<u8>, &'static str) {
        match self.column {
            Column::Arm if self.endian == Endian::Big && flags & arm::FLAG_BE8 != 0 => {
                (arm_helpers::page_be8(), "[vectors]")
            }
            Column::Arm => ((self.trampoline_page)(self), "[vectors]"),
            _ => ((self.trampoline_page)(self), "[vdso]"),
        }
    }
    /// The processor's mode for a program with its interpreter, for [`Processor::take_mode`]: on ARM its `e_flags`.
    ///
    /// # Errors
    /// ENOEXEC, ELIBBAD when they cannot run here, or not together.
    pub(crate) fn mode_of(&self, program: &Image, interpreter: Option<&Image>) -> Result<u32, Errno> {
        match self.column {
            Column::MipsO32 => mips_mode::choose(program, interpreter),
            _ => Ok(program.flags),
        }
    }
    /// A sum as the machine's addresses make it.
    pub(crate) fn address(&self, bias: u64, address: u64) -> u64 {
        bias.wrapping_add(address) & self.word_max()
    }
    /// Whether what a program may read it may also execute (READ_IMPLIES_EXEC): old ones, of before there was
    /// PT_GNU_STACK (elf_read_implies_exec of Linux).
    pub(crate) fn reads_execute(&self, stack: StackWish) -> bool {
        match self.column {
            Column::MipsO32 => stack != StackWish::Plain,
            Column::Arm | Column::I386 => stack == StackWish::Untold,
            Column::Aarch64 | Column::X86_64 => false,
        }
    }
    /// The generic signal of a guest number.
    pub(crate) fn signal_from_guest(&self, number: u64) -> Option<Signal> {
        let number = u8::try_from(number).ok()?;
        if usize::from(number) > self.signal_set_bytes * 8 {
            return None;
        }
        Signal::new(self.signals.get(usize::from(number)).copied().unwrap_or(number))
    }
    /// The guest's number of a signal.
    pub(crate) fn signal_to_guest(&self, signal: Signal) -> u8 {
        let number = signal.number();
        if usize::from(number) >= self.signals.len() {
            return number;
        }
        let found = self.signals.iter().position(|&generic| generic == number);
        found.map_or(number, |position| position as u8)
    }
    /// A guest's set as the kernel keeps it.
    pub(crate) fn set_from_guest(&self, bits: u128) -> SignalSet {
        let mut set = SignalSet(bits & !0x7fff_ffff);
        for number in 1..32u64 {
            if bits & (1 << (number - 1)) != 0
                && let Some(signal) = self.signal_from_guest(number)
            {
                set.insert(signal);
            }
        }
        set
    }
    /// A set as the guest numbers it.
    pub(crate) fn set_to_guest(&self, set: SignalSet) -> u128 {
        let mut bits = set.0 & !0x7fff_ffff;
        for number in 1..32u8 {
            if let Some(signal) = Signal::new(number)
                && set.contains(signal)
            {
                bits |= 1 << (self.signal_to_guest(signal) - 1);
            }
        }
        bits
    }
    /// One 64-bit value from two 32-bit argument registers.
    pub(crate) fn join(&self, first: u64, second: u64) -> u64 {
        let (low, high) = if self.endian == Endian::Little { (first, second) } else { (second, first) };
        (high << 32) | (low & 0xffff_ffff)
    }
    /// The largest unsigned `long`.
    pub(crate) fn word_max(&self) -> u64 {
        if self.word_bytes == 8 { u64::MAX } else { u64::from(u32::MAX) }
    }
    /// Guest O_* to generic ones.
    pub(crate) fn open_from_guest(&self, flags: u32) -> u32 {
        translate(flags, self.open_flags, Direction::ToGeneric)
    }
    /// Generic O_* to the guest's.
    pub(crate) fn open_to_guest(&self, flags: u32) -> u32 {
        translate(flags, self.open_flags, Direction::ToGuest)
    }
    /// Guest MAP_* to generic ones.
    pub(crate) fn map_from_guest(&self, flags: u32) -> u32 {
        translate(flags, self.map_flags, Direction::ToGeneric)
    }
}

#[derive(Clone, Copy)]
enum Direction {
    ToGeneric,
    ToGuest,
}

/// Bits in the table change place, the others stay.
fn translate(flags: u32, pairs: Pairs, direction: Direction) -> u32 {
    let sided = |&(guest, generic): &(u32, u32)| match direction {
        Direction::ToGeneric => (guest, generic),
        Direction::ToGuest => (generic, guest),
    };
    let known = pairs.iter().map(sided).fold(0, |known, (from, _)| known | from);
    let moved = pairs.iter().map(sided).filter(|&(from, _)| flags & from == from);
    moved.fold(flags & !known, |result, (_, to)| result | to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_of_mips_go_there_and_back() {
        let abi = Abi::of(Isa::Mips32El);
        for number in 1..=127u64 {
            let signal = abi.signal_from_guest(number).unwrap();
            assert_eq!(u64::from(abi.signal_to_guest(signal)), number);
        }
        assert_eq!(abi.signal_from_guest(18), Some(Signal::CHLD));
        assert_eq!(abi.signal_from_guest(25), Some(Signal::CONT));
        let set = abi.set_from_guest(1 << 17 | 1 << 8 | 1 << 100);
        assert!(set.contains(Signal::CHLD) && set.contains(Signal::KILL));
        assert_eq!(abi.set_to_guest(set), 1 << 17 | 1 << 8 | 1 << 100);
    }

    #[test]
    fn open_flags_of_mips_change_places() {
        let abi = Abi::of(Isa::Mips32El);
        // O_WRONLY|O_CREAT|O_TRUNC as MIPS and as everyone else numbers them
        assert_eq!(abi.open_from_guest(0x301), 0o1101);
        assert_eq!(abi.open_to_guest(0o1101), 0x301);
        assert_eq!(abi.open_from_guest(0x80 | 0x80000), 0o4000 | 0o2000000);
    }

    #[test]
    fn pairs_follow_the_byte_order() {
        assert_eq!(Abi::of(Isa::Mips32El).join(1, 2), 0x2_0000_0001);
        assert_eq!(Abi::of(Isa::Mips32Eb).join(1, 2), 0x1_0000_0002);
    }
}
