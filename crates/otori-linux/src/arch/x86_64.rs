//! x86-64: the System V ABI's registers of a call, and the row of its numbers. AMD64 ABI, appendix A.
use super::{Abi, Column, Cpu, Members, x86, x86_64_signal};
use crate::{
    abi::{Endian, Numbering},
    errno::Errno,
    exec::elf::Expected,
};
use alloc::boxed::Box;
use otori_cpu::x86::{Cpu as X86, FS, FS_BASE, GS, GS_BASE, Mode};

/// rdi, rsi, rdx, r10, r8, r9
const ARGUMENTS: [usize; 6] = [7, 6, 2, 10, 8, 9];

/// First address that user space may not use.
const TASK_END: u64 = 0x7fff_ffff_f000;

/// x86-64.
pub(crate) static ABI: Abi = Abi {
    column: Column::X86_64,
    numbering: Numbering::Generic,
    endian: Endian::Little,
    word_bytes: 8,
    machine: "x86_64",
    platform: "x86_64",
    elf: Expected { machine: 62, wide: true, big_endian: false },
    hwcap: otori_cpu::x86::FEATURES as u64,
    task_end: TASK_END,
    stack_top: 0x7fff_ffff_d000,
    dynamic_base: 0x5555_5555_4000,
    trampoline: 0x7fff_ffff_e000,
    signal_set_bytes: 8,
    open_flags: &[],
    map_flags: &[],
    signals: &x86::SIGNALS,
    signal_how_base: 0,
    pairs_aligned: false,
    members: Members::Natural,
    start,
    trampoline_page: x86_64_signal::trampoline_page,
};

/// `/proc/cpuinfo`: what CPUID says (`otori_cpu::x86`).
pub(crate) const CPUINFO: &str = "\
processor\t: 0\n\
    vendor_id\t: GenuineIntel\n\
    cpu family\t: 6\n\
    model\t\t: 30\n\
    model name\t: Intel(R) Celeron(R) CPU        P1053  @ 1.33GHz\n\
    stepping\t: 4\n\
    microcode\t: 0x9\n\
    cpu MHz\t\t: 1333.000\n\
    cache size\t: 2048 KB\n\
    physical id\t: 0\n\
    siblings\t: 1\n\
    core id\t\t: 0\n\
    cpu cores\t: 1\n\
    apicid\t\t: 0\n\
    initial apicid\t: 0\n\
    fpu\t\t: yes\n\
    fpu_exception\t: yes\n\
    cpuid level\t: 11\n\
    wp\t\t: yes\n\
    flags\t\t: fpu de pse tsc msr pae mce cx8 apic mtrr pge mca cmov pat clflush mmx fxsr sse sse2 syscall nx rdtscp lm rep_good nopl cpuid pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm\n\
    bugs\t\t:\n\
    bogomips\t: 2666.00\n\
    clflush size\t: 64\n\
    cache_alignment\t: 64\n\
    address sizes: 36 bits physical, 48 bits virtual\n\
    power management:\n\
    \n";

fn start(entry: u64, stack: u64) -> Cpu {
    Box::new(x86::start(Mode::X86_64, entry, stack))
}

pub(super) fn arguments(cpu: &X86) -> [u64; 8] {
    let mut arguments = [0; 8];
    for (argument, register) in arguments.iter_mut().zip(ARGUMENTS) {
        *argument = cpu.registers[register];
    }
    arguments
}

/// Sets the base of FS or GS.
pub(super) fn set_segment_base(cpu: &mut X86, number: usize, value: u64) -> Result<(), Errno> {
    if value >= TASK_END {
        return Err(Errno::EPERM);
    }
    let slot = if number == GS { GS_BASE } else { FS_BASE };
    cpu.registers[slot as usize] = value;
    if let Some(selector) = cpu.selectors.get_mut(number) {
        *selector = 0;
    }
    Ok(())
}

pub(super) fn segment_base(cpu: &X86, number: usize) -> u64 {
    cpu.registers[if number == FS { FS_BASE } else { GS_BASE } as usize]
}
