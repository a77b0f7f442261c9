//! CPUID: what the processor promises. Intel SDM volume 2, CPUID. Every bit here is kept elsewhere in this folder.
//!
//! The model is a Celeron of 2010 for storage appliances (Jasper Forest), the smallest of those with SSE4.2 and without
//! AVX, AES and RDRAND; `otori_linux` writes the same into /proc/cpuinfo.

use super::super::cpu::{AX, BX, CX, Cpu, DX, Mode};
use super::{get, handlers, set};

/// Leaf 1, EDX: fpu de pse tsc msr pae mce cx8 apic mtrr pge mca cmov pat clflush mmx fxsr sse sse2.
pub const FEATURES: u32 = 1
    | 1 << 2
    | 1 << 3
    | 1 << 4
    | 1 << 5
    | 1 << 6
    | 1 << 7
    | 1 << 8
    | 1 << 9
    | 1 << 12
    | 1 << 13
    | 1 << 14
    | 1 << 15
    | 1 << 16
    | 1 << 19
    | 1 << 23
    | 1 << 24
    | 1 << 25
    | 1 << 26;
/// Leaf 1, ECX: sse3, ssse3, sse4.1, sse4.2, popcnt; in 64-bit mode also cx16.
const MORE_FEATURES: u32 = 1 | 1 << 9 | 1 << 19 | 1 << 20 | 1 << 23;
const CX16: u32 = 1 << 13;
/// Family 6, model 30, stepping 4.
const SIGNATURE: u32 = 0x0001_06e4;
/// The name that software shows.
const NAME: &[u8; 48] = b"Intel(R) Celeron(R) CPU        P1053  @ 1.33GHz\0";
const LAST_LEAF: u32 = 11;
const LAST_EXTENDED_LEAF: u32 = 0x8000_0008;
/// EDX of the extended leaf 1: nx, rdtscp, lm; syscall in 64-bit mode.
const EXTENDED: [u32; 2] = [1 << 20 | 1 << 27, 1 << 20 | 1 << 27 | 1 << 29 | 1 << 11];

/// EAX, EBX, ECX, EDX that CPUID answers for a leaf and its part.
#[must_use]
pub fn cpuid(mode: Mode, number: u32, part: u32) -> [u32; 4] {
    let long = mode == Mode::X86_64;
    let word = |text: &[u8], at: usize| {
        let bytes = text.get(at..at + 4).unwrap_or_default();
        bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
    };
    match number {
        0 => {
            let vendor = b"GenuineIntel";
            [LAST_LEAF, word(vendor, 0), word(vendor, 8), word(vendor, 4)]
        }
        // EBX: cache lines of 64 bytes, one processor.
        1 => [SIGNATURE, 0x0001_0800, MORE_FEATURES | if long { CX16 } else { 0 }, FEATURES],
        // Descriptors: 32 KiB L1 data, 32 KiB L1 instructions, 256 KiB L2, 2 MiB L3, translation buffers.
        2 => [0x5503_5a01, 0x00f0_b2e2, 0, 0x09ca_212c],
        4 => match part {
            // Type and level, ways and line, sets: 32 KiB of 8 ways, 32 KiB of 4, 256 KiB of 8, 2 MiB of 16.
            0 => [0x0000_0121, 7 << 22 | 63, 63, 0],
            1 => [0x0000_0122, 3 << 22 | 63, 127, 0],
            2 => [0x0000_0143, 7 << 22 | 63, 511, 0],
            3 => [0x0000_0163, 15 << 22 | 63, 2047, 2],
            _ => [0; 4],
        },
        // Topology: one thread, one core.
        11 => match part {
            0 => [0, 1, 0x0100, 0],
            1 => [0, 1, 0x0201, 0],
            _ => [0, 0, part & 0xff, 0],
        },
        0x8000_0000 => [LAST_EXTENDED_LEAF, 0, 0, 0],
        0x8000_0001 => [0, 0, 1, EXTENDED[usize::from(long)]],
        0x8000_0002..=0x8000_0004 => {
            let at = (number - 0x8000_0002) as usize * 16;
            [word(NAME, at), word(NAME, at + 4), word(NAME, at + 8), word(NAME, at + 12)]
        }
        // 256 KiB of L2, 8 ways, lines of 64 bytes.
        0x8000_0006 => [0, 0, 0x0100_6040, 0],
        0x8000_0008 => [0x3024, 0, 0, 0],
        _ => [0; 4],
    }
}

fn put_count(cpu: &mut Cpu) {
    let count = cpu.frame.clock();
    set::<64>(cpu, AX, count & 0xffff_ffff);
    set::<64>(cpu, DX, count >> 32);
}

handlers! {
    /// CPUID.
    fn identify(cpu, maps, blocks, ops, op) {
        let (number, part) = (get(cpu, AX) as u32, get(cpu, CX) as u32);
        // Beyond the last leaf Intel's processors answer with the last one.
        let number = match number {
            0..=LAST_LEAF | 0x8000_0000..=LAST_EXTENDED_LEAF => number,
            _ => LAST_LEAF,
        };
        let words = cpuid(cpu.mode(), number, part);
        for (slot, word) in [AX, BX, CX, DX].into_iter().zip(words) {
            set::<64>(cpu, slot, word.into());
        }
    }

    /// RDTSC: one count for each instruction of virtual time.
    fn read_counter(cpu, maps, blocks, ops, op) {
        put_count(cpu);
    }

    /// RDTSCP: the number of the processor too, which Linux keeps there.
    fn read_counter_and_processor(cpu, maps, blocks, ops, op) {
        put_count(cpu);
        set::<64>(cpu, CX, 0);
    }
}
