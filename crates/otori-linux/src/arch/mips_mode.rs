//! In which mode a MIPS program runs: how it sees the floating point registers, and whose NaNs it expects.
//!
//! Key functions: [`choose`], from the ELF headers at execve, and [`change`], for `prctl(PR_SET_FP_MODE)`. Rules:
//! arch/mips/kernel/elf.c and process.c of Linux with CONFIG_MIPS_O32_FP64_SUPPORT; NaNs as booted with
//! `ieee754=emulated`, which runs programs of both kinds but does not mix them. MIPS O32 FPXX and FP64 ABI extensions.
use crate::{errno::Errno, exec::elf::Image};
use otori_cpu::mips::{Cpu, FloatRegisters};

/// Bits of a mode as [`choose`] gives it and [`super::Processor::take_mode`] takes it: PR_FP_MODE_FR, PR_FP_MODE_FRE.
pub(super) const WIDE: u32 = 1;
pub(super) const HYBRID: u32 = 2;
/// IEEE 754-2008 says what a NaN is.
pub(super) const NAN_2008: u32 = 4;

/// `e_flags`
mod flag {
    pub(super) const ABI_N32: u32 = 0x20;
    pub(super) const FP64: u32 = 0x200;
    pub(super) const NAN_2008: u32 = 0x400;
    pub(super) const ABI: u32 = 0xf000;
    pub(super) const ABI_O32: u32 = 0x1000;
}

/// Val_GNU_MIPS_ABI_FP_OLD_64, and the last one that the kernel knows: 64A.
const OLD_64: u8 = 4;
const LAST: u8 = 7;

/// What code of one floating point ABI can do with (`struct mode_req`).
#[derive(Clone, Copy)]
struct Needs {
    single: bool,
    soft: bool,
    wide: bool,
    /// FR=0 does
    pairs: bool,
    hybrid: bool,
}

const fn needs(bits: [u8; 5]) -> Needs {
    let [single, soft, wide, pairs, hybrid] = bits;
    Needs { single: single == 1, soft: soft == 1, wide: wide == 1, pairs: pairs == 1, hybrid: hybrid == 1 }
}

/// By number: any, double, single, soft, old 64, XX, 64, 64A.
const NEEDS: [Needs; 8] = [
    needs([1, 1, 1, 1, 1]),
    needs([0, 0, 0, 1, 1]),
    needs([1, 0, 0, 0, 0]),
    needs([0, 1, 0, 0, 0]),
    needs([0, 0, 0, 0, 0]),
    needs([0, 0, 1, 1, 1]),
    needs([0, 0, 1, 0, 0]),
    needs([0, 0, 1, 0, 1]),
];
/// Of a program that says nothing.
const UNTOLD: Needs = needs([1, 1, 0, 1, 1]);

impl Needs {
    fn of(abi: Option<u8>) -> Result<Needs, Errno> {
        let Some(abi) = abi else { return Ok(UNTOLD) };
        NEEDS.get(usize::from(abi.min(LAST + 1))).copied().ok_or(Errno::ELIBBAD)
    }
    fn and(self, other: Needs) -> Needs {
        Needs {
            single: self.single && other.single,
            soft: self.soft && other.soft,
            wide: self.wide && other.wide,
            pairs: self.pairs && other.pairs,
            hybrid: self.hybrid && other.hybrid,
        }
    }
}

/// The floating point ABI that a file tells of.
fn abi_of(image: &Image) -> Option<u8> {
    image.float_abi.or((image.flags & flag::FP64 != 0).then_some(OLD_64))
}

/// The mode of a program with its interpreter.
///
/// # Errors
/// ENOEXEC when a file is not of the ABI o32 or the two differ in their NaNs, ELIBBAD when no mode of the registers suits
/// both.
pub(super) fn choose(program: &Image, interpreter: Option<&Image>) -> Result<u32, Errno> {
    for image in [Some(program), interpreter].into_iter().flatten() {
        let abi = image.flags & flag::ABI;
        if image.flags & flag::ABI_N32 != 0 || abi != 0 && abi != flag::ABI_O32 {
            return Err(Errno::ENOEXEC);
        }
        if (image.flags ^ program.flags) & flag::NAN_2008 != 0 {
            return Err(Errno::ENOEXEC);
        }
    }
    let mut both = Needs::of(abi_of(program))?;
    if let Some(interpreter) = interpreter {
        both = both.and(Needs::of(abi_of(interpreter))?);
    }
    let registers = match both {
        Needs { hybrid: true, pairs: false, wide: false, .. } => WIDE | HYBRID,
        // This processor has 64-bit registers and prefers them.
        Needs { wide: true, .. } | Needs { single: true, pairs: false, .. } => WIDE,
        Needs { single: false, soft: false, pairs: false, hybrid: false, .. } => return Err(Errno::ELIBBAD),
        _ => 0,
    };
    Ok(if program.flags & flag::NAN_2008 == 0 { registers } else { registers | NAN_2008 })
}

/// The bits of the mode that `prctl(PR_GET_FP_MODE)` tells.
pub(super) fn current(cpu: &Cpu) -> u32 {
    match cpu.float_registers {
        FloatRegisters::Pairs => 0,
        FloatRegisters::Wide => WIDE,
        FloatRegisters::Hybrid => WIDE | HYBRID,
    }
}

/// Changes how the registers are seen.
///
/// # Errors
/// EOPNOTSUPP for modes that this processor lacks: FRE is there only where a program was started in it.
pub(super) fn change(cpu: &mut Cpu, mode: u32) -> Result<(), Errno> {
    match mode {
        _ if mode == current(cpu) => {}
        0 => cpu.set_float_registers(FloatRegisters::Pairs),
        WIDE => cpu.set_float_registers(FloatRegisters::Wide),
        _ => return Err(Errno::EOPNOTSUPP),
    }
    Ok(())
}

/// Puts a fresh program's processor into a mode that [`choose`] gave.
pub(super) fn enter(cpu: &mut Cpu, mode: u32) {
    cpu.set_float_registers(match mode & (WIDE | HYBRID) {
        0 => FloatRegisters::Pairs,
        WIDE => FloatRegisters::Wide,
        _ => FloatRegisters::Hybrid,
    });
    if mode & NAN_2008 != 0 {
        cpu.set_2008_nans();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn image(flags: u32, float_abi: Option<u8>) -> Image {
        Image {
            relocatable: false,
            entry: 0,
            flags,
            float_abi,
            segments: Vec::new(),
            interpreter: None,
            headers_address: 0,
            header_bytes: 32,
            header_count: 0,
            stack: crate::exec::elf::StackWish::Plain,
        }
    }
    const O32: u32 = 0x7000_1000;

    #[test]
    fn one_file_gets_the_mode_that_it_asks_for() {
        let modes = [None, Some(0), Some(1), Some(2), Some(3), Some(5), Some(6), Some(7)]
            .map(|abi| choose(&image(O32, abi), None));
        assert_eq!(modes, [0, 1, 0, 1, 0, 1, 1, 1].map(Ok));
        assert_eq!(choose(&image(O32, Some(4)), None), Err(Errno::ELIBBAD));
        assert_eq!(choose(&image(O32 | flag::FP64, None), None), Err(Errno::ELIBBAD));
        assert_eq!(choose(&image(O32, Some(8)), None), Err(Errno::ELIBBAD));
        assert_eq!(choose(&image(O32 | flag::NAN_2008, Some(6)), None), Ok(WIDE | NAN_2008));
    }

    #[test]
    fn a_program_and_its_interpreter_must_get_on() {
        let pair = |one, other| choose(&image(O32, Some(one)), Some(&image(O32, Some(other))));
        assert_eq!(pair(1, 5), Ok(0));
        assert_eq!(pair(6, 5), Ok(WIDE));
        assert_eq!(pair(1, 7), Ok(WIDE | HYBRID));
        assert_eq!(pair(1, 6), Err(Errno::ELIBBAD));
        let legacy = image(O32, Some(5));
        assert_eq!(choose(&image(O32 | flag::NAN_2008, Some(5)), Some(&legacy)), Err(Errno::ENOEXEC));
    }

    #[test]
    fn other_abis_are_refused() {
        for flags in [0x20, 0x2000, 0x4000] {
            assert_eq!(choose(&image(0x7000_0000 | flags, None), None), Err(Errno::ENOEXEC));
        }
        assert_eq!(choose(&image(0x7000_0000, None), None), Ok(0));
    }

    #[test]
    fn doubles_stay_when_the_mode_changes() {
        let mut cpu = Cpu::new(otori_cpu::mips::Endian::Little);
        (cpu.fpr[2], cpu.fpr[3]) = (0x1111, 0x2222);
        change(&mut cpu, WIDE).unwrap();
        assert_eq!((cpu.fpr[2], current(&cpu)), (0x2222_0000_1111, WIDE));
        assert_eq!(change(&mut cpu, HYBRID), Err(Errno::EOPNOTSUPP));
        assert_eq!(change(&mut cpu, WIDE | HYBRID), Err(Errno::EOPNOTSUPP));
        change(&mut cpu, 0).unwrap();
        assert_eq!((cpu.fpr[2], cpu.fpr[3]), (0x1111, 0x2222));
    }
}
