//! System registers and instructions that user programs may use. ARM ARM C5, D13; what Linux lets them: SCTLR_EL1.UCT,
//! UCI, DZE and nTWI set.

use super::{Done, ILLEGAL};
use crate::aarch64::Cpu;
use crate::aarch64::word::{Word, destination, source};
use crate::maps::Maps;
use crate::memory::Access;

/// CTR_EL0: cache lines of 64 bytes, as a Cortex-A53 has them.
const CACHE_TYPE: u64 = 0x8444_8004;
/// DCZID_EL0: `dc zva` zeroes 64 bytes (2^4 words).
const ZERO_BLOCK: u64 = 4;
const ZERO_BLOCK_BYTES: u64 = 64;
/// Ticks per second of the counter.
const COUNTER_FREQUENCY: u64 = 62_500_000;
/// Instructions per tick of the counter: one is counted as two nanoseconds of virtual time.
const INSTRUCTIONS_PER_TICK: u64 = 8;

/// op1, CRn, CRm, op2 of a register, as the bits 18 to 5 of the instruction.
const NZCV: u32 = register(3, 4, 2, 0);
const FPCR: u32 = register(3, 4, 4, 0);
const FPSR: u32 = register(3, 4, 4, 1);
const TPIDR: u32 = register(3, 13, 0, 2);
const TPIDRRO: u32 = register(3, 13, 0, 3);
const CTR: u32 = register(3, 0, 0, 1);
const DCZID: u32 = register(3, 0, 0, 7);
const CNTFRQ: u32 = register(3, 14, 0, 0);
const CNTVCT: u32 = register(3, 14, 0, 2);

/// What Linux answers to a program that reads an identification register (HWCAP_CPUID, Documentation/arm64/
/// cpu-feature-registers): what this CPU has, and of fields that are none of a program's business the least. `None`
/// outside their space; there, what has no name reads as zero.
fn identity(number: u32) -> Option<u64> {
    const MIDR: u32 = register(0, 0, 0, 0);
    const MPIDR: u32 = register(0, 0, 0, 5);
    const REVIDR: u32 = register(0, 0, 0, 6);
    const PROCESSOR_FEATURES: u32 = register(0, 0, 4, 0);
    const DEBUG_FEATURES: u32 = register(0, 0, 5, 0);
    const INSTRUCTIONS: u32 = register(0, 0, 6, 0);
    const MEMORY_MODEL: u32 = register(0, 0, 7, 0);
    Some(match number {
        // A Cortex-A53 r0p4.
        MIDR => 0x410f_d034,
        MPIDR => 0x8000_0000,
        REVIDR => 0,
        // Exception levels 0 and 1 in AArch64 state; floating point and Advanced SIMD without half precision.
        PROCESSOR_FEATURES => 0x11,
        DEBUG_FEATURES => 6,
        // CRC32.
        INSTRUCTIONS => 1 << 16,
        // Granules of 4 and 64 KiB: not told.
        MEMORY_MODEL => 0xff00_0000,
        _ if number >> 7 == 0 && matches!(number >> 3, 2..=7) => 0,
        _ => return None,
    })
}

const fn register(op1: u32, n: u32, m: u32, op2: u32) -> u32 {
    op1 << 11 | n << 7 | m << 3 | op2
}

pub(super) fn execute(cpu: &mut Cpu, maps: &Maps, word: Word) -> Done {
    // CLREX.
    if word.is(0xffff_f0ff, 0xd503_305f) {
        cpu.link = None;
        return Ok(());
    }
    match word.bits(19, 13) {
        // MSR, MRS with op0 = 3.
        0b1_1010_1010_0011 => write(cpu, word),
        0b1_1010_1010_0111 => read(cpu, word),
        // SYS.
        0b1_1010_1010_0001 => maintain(cpu, maps, word),
        _ => Err(ILLEGAL),
    }
}

fn read(cpu: &mut Cpu, word: Word) -> Done {
    let value = match word.bits(5, 14) {
        NZCV => u64::from(cpu.nzcv()) << 28,
        FPCR => u64::from(cpu.fpcr()),
        FPSR => u64::from(cpu.fpsr()),
        TPIDR => cpu.thread_pointer,
        TPIDRRO => 0,
        CTR => CACHE_TYPE,
        DCZID => ZERO_BLOCK,
        CNTFRQ => COUNTER_FREQUENCY,
        CNTVCT => cpu.frame.clock() / INSTRUCTIONS_PER_TICK,
        number => identity(number).ok_or(ILLEGAL)?,
    };
    cpu.set(destination(word.d()), value);
    Ok(())
}

fn write(cpu: &mut Cpu, word: Word) -> Done {
    let value = cpu.get(source(word.d()));
    match word.bits(5, 14) {
        NZCV => cpu.set_nzcv((value >> 28) as u32),
        FPCR => cpu.set_fpcr(value as u32),
        FPSR => cpu.set_fpsr(value as u32),
        TPIDR => cpu.thread_pointer = value,
        _ => return Err(ILLEGAL),
    }
    Ok(())
}

const ZERO_BY_ADDRESS: u32 = register(3, 7, 4, 1);
/// `ic ivau`, `dc cvac`, `dc cvau`, `dc civac`: our caches need no telling.
const BY_ADDRESS: [u32; 4] =
    [register(3, 7, 5, 1), register(3, 7, 10, 1), register(3, 7, 11, 1), register(3, 7, 14, 1)];

/// Cache maintenance.
fn maintain(cpu: &mut Cpu, maps: &Maps, word: Word) -> Done {
    let number = word.bits(5, 14);
    let address = cpu.get(source(word.d()));
    if number == ZERO_BY_ADDRESS {
        let start = address & !(ZERO_BLOCK_BYTES - 1);
        maps.reach(start, ZERO_BLOCK_BYTES as u32, Access::Write)?;
        for offset in (0..ZERO_BLOCK_BYTES).step_by(8) {
            maps.set_u64(start.wrapping_add(offset), 0)?;
        }
        return Ok(());
    }
    if BY_ADDRESS.contains(&number) { Ok(()) } else { Err(ILLEGAL) }
}
