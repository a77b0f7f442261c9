//! MIPS o32: registers of a call, first registers of a program, the numbers that MIPS has for itself.
//!
//! Key items: [`LITTLE`], [`BIG`], [`arguments`], [`finish`]. Neighbour: `mips_signal.rs` lays out signal frames.
//! System V ABI MIPS supplement; arch/mips/include/uapi/asm of Linux for the numbers.
use super::{Abi, Column, Cpu, Pairs};
use crate::{
    abi::{Endian, Numbering},
    errno::Errno,
    exec::elf::Expected,
    mm::AddressSpace,
};
use otori_cpu::{Isa, mips::Endian as CpuEndian};

/// General registers by their o32 names.
pub(crate) const V0: usize = 2;
const V1: usize = 3;
pub(crate) const A0: usize = 4;
const A3: usize = 7;
pub(crate) const T9: usize = 25;
pub(crate) const SP: usize = 29;
pub(crate) const RA: usize = 31;

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
        hwcap: 0,
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
    }
}

/// MIPS32, little endian.
pub(crate) static LITTLE: Abi = row(Endian::Little);
/// MIPS32, big endian.
pub(crate) static BIG: Abi = row(Endian::Big);

/// The number of the call that the program makes; o32 numbers start at 4000.
pub(crate) fn number(cpu: &Cpu) -> u64 {
    u64::from(cpu.gpr[V0])
}

/// The first `count` arguments (at most 8): four in registers, the others at sp+16. What cannot be read is 0.
pub(crate) fn arguments(cpu: &Cpu, memory: &mut AddressSpace, endian: Endian, count: usize) -> [u64; 8] {
    let mut arguments = [0u64; 8];
    for (slot, register) in arguments.iter_mut().zip(&cpu.gpr[A0..=A3]) {
        *slot = u64::from(*register);
    }
    for (index, slot) in arguments.iter_mut().enumerate().take(count.min(8)).skip(4) {
        let mut word = [0u8; 4];
        let address = cpu.gpr[SP].wrapping_add(index as u32 * 4);
        if memory.read(u64::from(address), &mut word).is_ok() {
            *slot = u64::from(endian.read_u32(word));
        }
    }
    arguments
}

/// Puts the result where the program looks for it: v0, with a3 as the error flag.
pub(crate) fn finish(cpu: &mut Cpu, result: Result<u64, Errno>) {
    match result {
        Ok(value) => {
            cpu.gpr[V0] = value as u32;
            cpu.gpr[A3] = 0;
        }
        Err(error) => {
            cpu.gpr[V0] = u32::from(error.number(Numbering::Mips));
            cpu.gpr[A3] = 1;
        }
    }
}

/// The second result of `pipe`, in v1.
pub(crate) fn set_second_result(cpu: &mut Cpu, value: u32) {
    cpu.gpr[V1] = value;
}

/// Goes back to the `syscall` instruction, so that the call is made again.
pub(crate) fn restart(cpu: &mut Cpu) {
    cpu.pc = cpu.pc.wrapping_sub(SYSCALL_BYTES);
}

/// A fresh program: registers zero, t9 the entry, stack set.
pub(crate) fn start(isa: Isa, entry: u64, stack: u64) -> Cpu {
    let endian = if isa.is_big_endian() { CpuEndian::Big } else { CpuEndian::Little };
    let mut cpu = Cpu::new(endian);
    cpu.pc = entry as u32;
    cpu.gpr[T9] = entry as u32;
    cpu.gpr[SP] = stack as u32;
    cpu
}

/// What `clone` changes in the child: result 0, and its own stack and thread pointer where asked for.
pub(crate) fn become_child(cpu: &mut Cpu, stack: Option<u64>, thread_pointer: Option<u64>) {
    finish(cpu, Ok(0));
    if let Some(stack) = stack {
        cpu.gpr[SP] = stack as u32;
    }
    if let Some(pointer) = thread_pointer {
        cpu.user_local = pointer as u32;
    }
}
