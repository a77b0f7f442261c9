//! MIPS o32 signal frames, old and real-time, and the page with the two returns.
//!
//! Key functions: [`push`], [`pop`], [`trampoline_page`]. Layout: arch/mips/kernel/signal.c and
//! asm/{sigcontext,ucontext,siginfo}.h of Linux: both frames start with 16 bytes for arguments and 8 that
//! old kernels filled with code.
use super::{Abi, PAGE_BYTES, Return, mips};
use crate::{
    errno::Errno,
    mm::AddressSpace,
    record::{Record, View},
    signal::{Frame, SignalSet},
};
use alloc::{vec, vec::Vec};
use otori_cpu::mips::{Cpu, FloatRegisters};

const HEADER_BYTES: usize = 24;
const CONTEXT_BYTES: usize = 592;
const INFO_BYTES: usize = 128;
const SET_BYTES: usize = 16;
/// uc_flags, uc_link, uc_stack (12), then padding to 8
const UCONTEXT_HEAD_BYTES: usize = 24;

/// General registers, and floating point ones.
const REGISTERS: usize = 32;

/// `sc_used_math`: there are floating point registers, and they are 64 bits wide.
const USED_FP: u32 = 1;
const USED_FR1: u32 = 2;

/// Offsets inside `struct sigcontext`.
const CONTEXT_REGISTERS: usize = 16;
const CONTEXT_FPU: usize = 272;

const OLD_FRAME_BYTES: usize = HEADER_BYTES + CONTEXT_BYTES + SET_BYTES;
const FRAME_BYTES: usize = HEADER_BYTES + INFO_BYTES + UCONTEXT_HEAD_BYTES + CONTEXT_BYTES + SET_BYTES;

const SYS_SIGRETURN: u32 = 4119;
const SYS_RT_SIGRETURN: u32 = 4193;
/// where the second return starts in the page
const RT_RETURN_OFFSET: u64 = 16;

/// `li v0, number; syscall`, twice: what a handler returns to.
pub(crate) fn trampoline_page(abi: &Abi) -> Vec<u8> {
    let mut page = vec![0u8; PAGE_BYTES as usize];
    for (offset, number) in [(0usize, SYS_SIGRETURN), (RT_RETURN_OFFSET as usize, SYS_RT_SIGRETURN)] {
        let code = [abi.endian.u32(0x2402_0000 | number), abi.endian.u32(0x0000_000c)];
        for (target, byte) in page.iter_mut().skip(offset).zip(code.as_flattened()) {
            *target = *byte;
        }
    }
    page
}

fn context(abi: &Abi, cpu: &Cpu) -> Vec<u8> {
    let mut record = Record::new(abi);
    record.u32(0).u32(0).u64(u64::from(cpu.pc));
    for register in cpu.gpr.into_iter().take(REGISTERS) {
        record.u64(sign_extend(register));
    }
    // FR=0: a double lies in an even-odd pair, and has the even one's place.
    let pairs = cpu.float_registers == FloatRegisters::Pairs;
    for [even, odd] in cpu.fpr.as_chunks::<2>().0.iter().take(REGISTERS / 2) {
        match pairs {
            true => record.u64(even & 0xffff_ffff | odd << 32).u64(0),
            false => record.u64(*even).u64(*odd),
        };
    }
    let used = if pairs { USED_FP } else { USED_FP | USED_FR1 };
    record.u32(0).u32(cpu.fcsr).u32(0).u32(used).u32(0).u32(0);
    record.u64(sign_extend(cpu.hi)).u64(sign_extend(cpu.lo)).zeros(24);
    record.finish()
}

/// A 32-bit register as the kernel keeps it in 64-bit slots.
fn sign_extend(value: u32) -> u64 {
    i64::from(value as i32) as u64
}

fn restore(abi: &Abi, cpu: &mut Cpu, bytes: &[u8]) -> Option<()> {
    let view = View::new(abi, bytes);
    cpu.pc = view.u64(8)? as u32;
    for (index, register) in cpu.gpr.iter_mut().enumerate().take(REGISTERS) {
        *register = view.u64(CONTEXT_REGISTERS + index * 8)? as u32;
    }
    cpu.gpr[0] = 0;
    let pairs = cpu.float_registers == FloatRegisters::Pairs;
    for (index, [even, odd]) in cpu.fpr.as_chunks_mut::<2>().0.iter_mut().enumerate().take(REGISTERS / 2) {
        let first = view.u64(CONTEXT_FPU + index * 16)?;
        (*even, *odd) = match pairs {
            true => (first & 0xffff_ffff, first >> 32),
            false => (first, view.u64(CONTEXT_FPU + index * 16 + 8)?),
        };
    }
    cpu.set_fcsr(view.u32(532)?);
    cpu.hi = view.u64(552)? as u32;
    cpu.lo = view.u64(560)? as u32;
    Some(())
}

/// Makes `cpu` enter the handler.
///
/// # Errors
/// EFAULT when the stack cannot be written: the process gets SIGSEGV.
pub(crate) fn push(abi: &Abi, cpu: &mut Cpu, memory: &mut AddressSpace, frame: &Frame) -> Result<(), Errno> {
    let top = frame.stack.unwrap_or(u64::from(cpu.gpr[mips::SP])) as u32;
    let size = if frame.with_information { FRAME_BYTES } else { OLD_FRAME_BYTES };
    let base = top.wrapping_sub(size as u32) & !7;
    let mut record = Record::new(abi);
    record.zeros(HEADER_BYTES);
    let (second, third, ret);
    if frame.with_information {
        record.bytes(&frame.information.layout(abi, frame.signal)).u32(0).u32(0);
        record
            .u32(frame.alternate.base as u32)
            .u32(frame.alternate.bytes as u32)
            .u32(frame.alternate.flags)
            .u32(0);
        second = base.wrapping_add(HEADER_BYTES as u32);
        third = second.wrapping_add(INFO_BYTES as u32);
        ret = RT_RETURN_OFFSET;
    } else {
        second = 0;
        third = base.wrapping_add(HEADER_BYTES as u32);
        ret = 0;
    }
    record.bytes(&context(abi, cpu)).bytes(&set_bytes(abi, frame.mask));
    memory.write(u64::from(base), &record.finish()).map_err(|_| Errno::EFAULT)?;
    cpu.gpr[mips::A0] = u32::from(abi.signal_to_guest(frame.signal));
    cpu.gpr[mips::A0 + 1] = second;
    cpu.gpr[mips::A0 + 2] = third;
    cpu.gpr[mips::SP] = base;
    cpu.gpr[mips::RA] = abi.trampoline.wrapping_add(ret) as u32;
    cpu.gpr[mips::T9] = frame.handler as u32;
    cpu.pc = frame.handler as u32;
    Ok(())
}

fn set_bytes(abi: &Abi, set: SignalSet) -> Vec<u8> {
    let bits = abi.set_to_guest(set);
    let mut record = Record::new(abi);
    for word in 0..4 {
        record.u32((bits >> (word * 32)) as u32);
    }
    record.finish()
}

/// Takes the frame down that `cpu`'s stack pointer points at; gives the signal mask to go back to.
///
/// # Errors
/// EFAULT when the frame cannot be read: the process gets SIGSEGV.
pub(crate) fn pop(
    abi: &Abi,
    cpu: &mut Cpu,
    memory: &mut AddressSpace,
    kind: Return,
) -> Result<SignalSet, Errno> {
    let before = match kind {
        Return::Old => HEADER_BYTES,
        Return::RealTime => HEADER_BYTES + INFO_BYTES + UCONTEXT_HEAD_BYTES,
    };
    let start = u64::from(cpu.gpr[mips::SP].wrapping_add(before as u32));
    let mut bytes = vec![0u8; CONTEXT_BYTES + SET_BYTES];
    memory.read(start, &mut bytes).map_err(|_| Errno::EFAULT)?;
    restore(abi, cpu, &bytes).ok_or(Errno::EFAULT)?;
    let view = View::new(abi, &bytes);
    let word = |index: usize| view.u32(CONTEXT_BYTES + index * 4).map_or(0, u128::from) << (index * 32);
    Ok(abi.set_from_guest(word(0) | word(1) | word(2) | word(3)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use otori_cpu::{Isa, mips::Endian};

    fn check_context(isa: Isa, endian: Endian, registers: FloatRegisters) {
        let abi = Abi::of(isa);
        let fresh = || {
            let mut cpu = mips::start(endian, 0x40_0100, 0x7fff_0000);
            cpu.set_float_registers(registers);
            cpu
        };
        let mut cpu = fresh();
        for index in 1..32 {
            cpu.gpr[index] = 0x8000_0000 | index as u32;
            cpu.fpr[index] = 0x1234_5678 << 8 | index as u64;
            if registers == FloatRegisters::Pairs {
                cpu.fpr[index] &= 0xffff_ffff;
            }
        }
        (cpu.hi, cpu.lo, cpu.fcsr) = (3, 4, 5);
        let bytes = context(abi, &cpu);
        assert_eq!(bytes.len(), CONTEXT_BYTES);
        let first_double = View::new(abi, &bytes).u64(CONTEXT_FPU + 16).unwrap();
        if registers == FloatRegisters::Pairs {
            assert_eq!(first_double, cpu.fpr[2] | cpu.fpr[3] << 32);
        }
        let mut other = fresh();
        restore(abi, &mut other, &bytes).unwrap();
        assert_eq!((other.gpr, other.fpr, other.pc), (cpu.gpr, cpu.fpr, cpu.pc));
        assert_eq!((other.hi, other.lo, other.fcsr), (3, 4, 5));
    }

    #[test]
    fn a_context_goes_there_and_back() {
        for (isa, endian) in [(Isa::Mips32El, Endian::Little), (Isa::Mips32Eb, Endian::Big)] {
            check_context(isa, endian, FloatRegisters::Pairs);
            check_context(isa, endian, FloatRegisters::Wide);
        }
    }
}
