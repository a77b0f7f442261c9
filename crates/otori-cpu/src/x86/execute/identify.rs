//! CPUID: what the processor promises. Intel SDM volume 2, CPUID. Every bit here is kept elsewhere in this folder.
//!
//! The model is an Atom of 2010, as small appliances have it; `otori_linux` writes the same into /proc/cpuinfo.

use super::super::cpu::{AX, BX, CX, DX, Mode};
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
/// Leaf 1, ECX: sse3, ssse3, movbe; in 64-bit mode also cx16.
const MORE_FEATURES: u32 = 1 | 1 << 9 | 1 << 22;
const CX16: u32 = 1 << 13;
/// Family 6, model 28, stepping 10.
const SIGNATURE: u32 = 0x0001_06ca;
/// The name that software shows.
const NAME: &[u8; 48] = b"Intel(R) Atom(TM) CPU D525   @ 1.80GHz\0\0\0\0\0\0\0\0\0\0";
const LAST_LEAF: u32 = 4;
const LAST_EXTENDED_LEAF: u32 = 0x8000_0008;
/// EDX of the extended leaf 1: nx, lm; syscall in 64-bit mode.
const EXTENDED: [u32; 2] = [1 << 20, 1 << 20 | 1 << 29 | 1 << 11];

/// EAX, EBX, ECX, EDX of a leaf.
fn leaf(mode: Mode, number: u32, part: u32) -> [u32; 4] {
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
        // Descriptors: 24 KiB L1 data, 32 KiB L1 instructions, 512 KiB L2, translation buffers.
        2 => [0x4fba_5901, 0x0e30_80c0, 0, 0],
        4 => match part {
            // Type and level, ways and line, sets: 24 KiB of 6 ways, 32 KiB of 8, 512 KiB of 8.
            0 => [0x0000_0121, 5 << 22 | 63, 63, 1],
            1 => [0x0000_0122, 7 << 22 | 63, 63, 1],
            2 => [0x0000_0143, 7 << 22 | 63, 1023, 1],
            _ => [0; 4],
        },
        0x8000_0000 => [LAST_EXTENDED_LEAF, 0, 0, 0],
        0x8000_0001 => [0, 0, 1, EXTENDED[usize::from(long)]],
        0x8000_0002..=0x8000_0004 => {
            let at = (number - 0x8000_0002) as usize * 16;
            [word(NAME, at), word(NAME, at + 4), word(NAME, at + 8), word(NAME, at + 12)]
        }
        // 512 KiB of L2, 8 ways, lines of 64 bytes.
        0x8000_0006 => [0, 0, 0x0200_6040, 0],
        0x8000_0008 => [0x3024, 0, 0, 0],
        _ => [0; 4],
    }
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
        let words = leaf(cpu.mode(), number, part);
        for (slot, word) in [AX, BX, CX, DX].into_iter().zip(words) {
            set::<64>(cpu, slot, word.into());
        }
    }

    /// RDTSC: one count for each instruction of virtual time. Ends its block, so that the count is exact.
    fn read_counter(cpu, maps, blocks, ops, op) {
        let count = cpu.frame.clock();
        set::<64>(cpu, AX, count & 0xffff_ffff);
        set::<64>(cpu, DX, count >> 32);
    }
}
