//! i386: registers of a call, the row of its numbers, and the thread's own segments.
//!
//! As a 32-bit program sees a 64-bit kernel: user code up to 4 GiB, thread segments in entries 12 to 14. set_thread_area(2).
use super::{Abi, Column, Cpu, Members, i386_signal, x86};
use crate::{
    abi::{Endian, Numbering},
    errno::Errno,
    exec::elf::Expected,
    mm::AddressSpace,
};
use alloc::boxed::Box;
use otori_cpu::x86::{Cpu as X86, FS, GS, Mode, TLS_ENTRIES, TLS_FIRST};

/// ebx, ecx, edx, esi, edi, ebp
const ARGUMENTS: [usize; 6] = [3, 1, 2, 6, 7, 5];

/// i386.
pub(crate) static ABI: Abi = Abi {
    column: Column::I386,
    numbering: Numbering::Generic,
    endian: Endian::Little,
    word_bytes: 4,
    machine: "i686",
    platform: "i686",
    elf: Expected { machine: 3, wide: false, big_endian: false },
    hwcap: otori_cpu::x86::FEATURES as u64,
    task_end: 0xffff_e000,
    stack_top: 0xffff_c000,
    dynamic_base: 0x5655_5000,
    trampoline: 0xffff_d000,
    signal_set_bytes: 8,
    open_flags: &[],
    map_flags: &[],
    signals: &x86::SIGNALS,
    signal_how_base: 0,
    pairs_aligned: false,
    members: Members::Words,
    start,
    trampoline_page: i386_signal::trampoline_page,
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
    flags\t\t: fpu de pse tsc msr pae mce cx8 apic mtrr pge mca cmov pat clflush mmx fxsr sse sse2 nx rdtscp pni ssse3 sse4_1 sse4_2 popcnt lahf_lm\n\
    bugs\t\t:\n\
    bogomips\t: 2666.00\n\
    clflush size\t: 64\n\
    cache_alignment\t: 64\n\
    address sizes: 36 bits physical, 48 bits virtual\n\
    power management:\n\
    \n";

fn start(entry: u64, stack: u64) -> Cpu {
    Box::new(x86::start(Mode::I386, entry, stack))
}

pub(super) fn arguments(cpu: &X86) -> [u64; 8] {
    let mut arguments = [0; 8];
    for (argument, register) in arguments.iter_mut().zip(ARGUMENTS) {
        *argument = cpu.registers[register];
    }
    arguments
}

/// `struct user_desc`: entry, base, limit, flags. An entry of -1 asks for a free one and is told which.
pub(super) fn set_thread_area(cpu: &mut X86, memory: &mut AddressSpace, address: u64) -> Result<(), Errno> {
    let mut words = [[0u8; 4]; 4];
    memory.read(address, words.as_flattened_mut()).map_err(|_| Errno::EFAULT)?;
    let [entry, base, ..] = words.map(u32::from_le_bytes);
    let index = match entry {
        u32::MAX => {
            let free = cpu.tls.iter().position(|base| *base == 0).ok_or(Errno::ESRCH)?;
            let number = (TLS_FIRST + free) as u32;
            memory.write(address, &number.to_le_bytes()).map_err(|_| Errno::EFAULT)?;
            free
        }
        entry => (entry as usize)
            .checked_sub(TLS_FIRST)
            .filter(|index| *index < TLS_ENTRIES)
            .ok_or(Errno::EINVAL)?,
    };
    if let Some(slot) = cpu.tls.get_mut(index) {
        *slot = base;
    }
    // A segment register that names the entry follows it.
    for number in [FS, GS] {
        let selector = cpu.selectors.get(number).copied().unwrap_or(0);
        cpu.load_segment(number, selector);
    }
    Ok(())
}

/// The entry that the structure names: base, limit, and flags of a whole segment for data, or an empty one.
pub(super) fn describe_thread_area(cpu: &X86, memory: &mut AddressSpace, address: u64) -> Result<(), Errno> {
    /// seg_32bit, limit_in_pages, useable
    const WHOLE: u32 = 0x51;
    /// read_exec_only, seg_not_present
    const EMPTY: u32 = 0x28;
    let mut entry = [0; 4];
    memory.read(address, &mut entry).map_err(|_| Errno::EFAULT)?;
    let entry = u32::from_le_bytes(entry);
    let index = (entry as usize).checked_sub(TLS_FIRST).ok_or(Errno::EINVAL)?;
    let base = *cpu.tls.get(index).ok_or(Errno::EINVAL)?;
    let (limit, flags) = if base == 0 { (0, EMPTY) } else { (0xf_ffff, WHOLE) };
    let bytes = [entry, base, limit, flags].map(u32::to_le_bytes);
    memory.write(address, bytes.as_flattened()).map_err(|_| Errno::EFAULT)
}
