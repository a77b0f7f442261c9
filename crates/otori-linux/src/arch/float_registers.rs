//! Floating point registers as ptrace shows them, by set and kind.
//!
//! Key type: [`FloatSet`]. Neighbours: `registers.rs` has the general ones, `syscall/ptrace.rs` the requests. The
//! structures: asm/ptrace.h and sys/user.h of each architecture; linux/elf.h for the numbers of the notes.
use super::{Abi, Column, x86::image};
use crate::record::{Record, View};
use alloc::{vec, vec::Vec};
use otori_cpu::{
    aarch64::Cpu as Aarch64,
    arm::Cpu as Arm,
    mips::{Cpu as Mips, FloatRegisters},
    x86::{Cpu as X86, Extended},
};

/// Which structure is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FloatSet {
    /// NT_PRFPREG, PTRACE_GETFPREGS
    Usual,
    /// NT_ARM_VFP, PTRACE_GETVFPREGS; NT_PRXFPREG, PTRACE_GETFPXREGS on i386
    Extended,
}

/// NT_PRFPREG, NT_ARM_VFP, NT_PRXFPREG
const NOTES: [u64; 3] = [2, 0x400, 0x46e6_2b7f];
/// Bytes of `struct user_fp` of ARM, for a coprocessor that nobody has.
const FPA_BYTES: usize = 116;
/// Bytes of the image of FSAVE, and of FXSAVE.
const FSAVE_BYTES: usize = 108;
const FXSAVE_WORDS: usize = 64;

impl FloatSet {
    /// The structure that a note's number means on that architecture.
    pub(crate) fn of_note(column: Column, note: u64) -> Option<FloatSet> {
        let place = NOTES.iter().position(|known| *known == note)?;
        match (place, column) {
            (0, _) => Some(FloatSet::Usual),
            (1, Column::Arm) | (2, Column::I386) => Some(FloatSet::Extended),
            _ => None,
        }
    }
    /// The structure that a request means, and whether it is set: PTRACE_GETFPREGS and SETFPREGS, GETFPXREGS and
    /// SETFPXREGS on i386, GETVFPREGS and SETVFPREGS on ARM.
    pub(crate) fn of_request(column: Column, request: u32) -> Option<(FloatSet, bool)> {
        match (request, column) {
            (14 | 15, Column::Aarch64) => None,
            (14 | 15, _) => Some((FloatSet::Usual, request == 15)),
            (18 | 19, Column::I386) => Some((FloatSet::Extended, request == 19)),
            (27 | 28, Column::Arm) => Some((FloatSet::Extended, request == 28)),
            _ => None,
        }
    }
}

/// `elf_fpregset_t` of MIPS: 32 registers of 64 bits, FCSR, FIR. Of pairs the even place has the double.
pub(super) fn of_mips(abi: &Abi, cpu: &Mips) -> Vec<u8> {
    let mut record = Record::new(abi);
    let pairs = cpu.float_registers == FloatRegisters::Pairs;
    for [even, odd] in cpu.fpr.as_chunks::<2>().0.iter().take(16) {
        match pairs {
            true => record.u64(even & 0xffff_ffff | odd << 32).u64(0),
            false => record.u64(*even).u64(*odd),
        };
    }
    record.u32(cpu.fcsr).u32(0);
    record.finish()
}
pub(super) fn set_mips(abi: &Abi, cpu: &mut Mips, bytes: &[u8]) -> Option<()> {
    let view = View::new(abi, bytes);
    let pairs = cpu.float_registers == FloatRegisters::Pairs;
    for (place, [even, odd]) in cpu.fpr.as_chunks_mut::<2>().0.iter_mut().enumerate().take(16) {
        let (first, second) = (view.u64(place * 16)?, view.u64(place * 16 + 8)?);
        (*even, *odd) = if pairs { (first & 0xffff_ffff, first >> 32) } else { (first, second) };
    }
    cpu.set_fcsr(view.u32(256)?);
    Some(())
}

/// `struct user_vfp`: 32 doubles and FPSCR.
pub(super) fn of_arm(abi: &Abi, cpu: &Arm, which: FloatSet) -> Vec<u8> {
    if which == FloatSet::Usual {
        return vec![0; FPA_BYTES];
    }
    let mut record = Record::new(abi);
    cpu.doubles.iter().for_each(|double| _ = record.u64(*double));
    record.u32(cpu.fpscr);
    record.finish()
}
pub(super) fn set_arm(abi: &Abi, cpu: &mut Arm, which: FloatSet, bytes: &[u8]) -> Option<()> {
    if which == FloatSet::Usual {
        return Some(());
    }
    let view = View::new(abi, bytes);
    for (place, double) in cpu.doubles.iter_mut().enumerate() {
        *double = view.u64(place * 8)?;
    }
    cpu.set_fpscr(view.u32(256)?);
    Some(())
}

/// `struct user_fpsimd_state`: 32 vectors, FPSR, FPCR, and eight bytes of nothing.
pub(super) fn of_aarch64(abi: &Abi, cpu: &Aarch64) -> Vec<u8> {
    let mut record = Record::new(abi);
    cpu.v.iter().for_each(|vector| _ = record.u64(*vector as u64).u64((vector >> 64) as u64));
    record.u32(cpu.fpsr()).u32(cpu.fpcr()).u64(0);
    record.finish()
}
pub(super) fn set_aarch64(abi: &Abi, cpu: &mut Aarch64, bytes: &[u8]) -> Option<()> {
    let view = View::new(abi, bytes);
    for (place, vector) in cpu.v.iter_mut().enumerate() {
        *vector = u128::from(view.u64(place * 16)?) | u128::from(view.u64(place * 16 + 8)?) << 64;
    }
    cpu.set_fpsr(view.u32(512)?);
    cpu.set_fpcr(view.u32(516)?);
    Some(())
}

/// The image of FXSAVE; on i386 the usual one is that of FSAVE.
pub(super) fn of_x86(abi: &Abi, cpu: &X86, which: FloatSet) -> Vec<u8> {
    let mut record = Record::new(abi);
    if which == FloatSet::Extended || abi.column == Column::X86_64 {
        image(cpu).iter().for_each(|word| _ = record.u64(*word));
        return record.finish();
    }
    let (control, status) = cpu.float.words();
    let upper = 0xffff_0000;
    for word in [control, status, cpu.float.tags()] {
        record.u32(upper | u32::from(word));
    }
    record.u32(0).u32(0).u32(0).u32(upper);
    for number in 0..8 {
        let value = cpu.float.stack(number);
        record.u64(value.significand).u16(value.head);
    }
    record.pad_to(FSAVE_BYTES);
    record.finish()
}
pub(super) fn set_x86(abi: &Abi, cpu: &mut X86, which: FloatSet, bytes: &[u8]) -> Option<()> {
    let view = View::new(abi, bytes);
    if which == FloatSet::Extended || abi.column == Column::X86_64 {
        let mut words = [0; otori_cpu::x86::image::WORDS];
        for (place, word) in words.iter_mut().enumerate().take(FXSAVE_WORDS) {
            *word = view.u64(place * 8)?;
        }
        return cpu.set_float_image(&words).then_some(());
    }
    cpu.float.set_words(view.u16(0)?, view.u16(4)?, view.u16(8)?);
    for number in 0..8u8 {
        let at = 28 + 10 * usize::from(number);
        cpu.float.set_stack(number, Extended { significand: view.u64(at)?, head: view.u16(at + 8)? });
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use otori_cpu::Isa;

    #[test]
    fn every_set_gives_back_what_it_took() {
        for isa in [Isa::Mips32El, Isa::Mips32Eb, Isa::ArmEl, Isa::Aarch64, Isa::I386, Isa::X86_64] {
            let abi = Abi::of(isa);
            for which in [FloatSet::Usual, FloatSet::Extended] {
                let mut cpu = (abi.start)(0x1000, 0x8000);
                let Some(mut bytes) = cpu.float_bytes(abi, which) else { continue };
                // a register behind what says how numbers are rounded
                let place = if abi.column == Column::I386 && which == FloatSet::Usual { 28 } else { 160 };
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 0x5a;
                }
                if abi.column == Column::Arm && which == FloatSet::Usual {
                    bytes = vec![0; FPA_BYTES];
                }
                let taken = cpu.set_float_bytes(abi, which, &bytes);
                assert_eq!(taken, Some(()), "{isa:?} {which:?}");
                assert_eq!(cpu.float_bytes(abi, which).unwrap(), bytes, "{isa:?} {which:?}");
                assert_eq!(cpu.set_float_bytes(abi, which, &[0; 8]).is_none(), bytes.iter().any(|b| *b != 0));
            }
        }
    }
}
