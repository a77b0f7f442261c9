//! AArch64 signal frames, and the page with the return.
//!
//! Key functions: [`push`], [`pop`], [`trampoline_page`]. Layout: arch/arm64/kernel/signal.c and
//! asm/{sigcontext,ucontext}.h of Linux: siginfo, ucontext with the general registers, then records that name
//! themselves; above all that a frame record, so that a debugger finds the way on.
use super::{Abi, PAGE_BYTES};
use crate::{
    errno::Errno,
    mm::AddressSpace,
    record::{Record, View},
    signal::{Frame, SignalSet},
};
use alloc::{vec, vec::Vec};
use otori_cpu::aarch64::Cpu;

const INFO_BYTES: usize = 128;
/// Offsets inside `struct rt_sigframe`.
const MASK: usize = INFO_BYTES + 40;
const CONTEXT: usize = INFO_BYTES + 176;
const RECORDS: usize = CONTEXT + 288;
const FRAME_BYTES: usize = RECORDS + 4096;
/// x29 and x30 of the interrupted function.
const FRAME_RECORD_BYTES: u64 = 16;

/// General registers in the context: x0 to x30.
const REGISTERS: usize = 31;
const FPSIMD_MAGIC: u32 = 0x4650_8001;
const FPSIMD_BYTES: usize = 528;
/// Records that are looked at when a frame is taken down; real ones have three.
const RECORDS_MAX: usize = 64;

/// `mov x8, #139; svc #0`: what a handler returns to.
pub(crate) fn trampoline_page(abi: &Abi) -> Vec<u8> {
    let mut record = Record::new(abi);
    record.u32(0xd280_1168).u32(0xd400_0001).pad_to(PAGE_BYTES as usize);
    record.finish()
}

/// `struct sigcontext` up to its records.
fn context(record: &mut Record, cpu: &Cpu) {
    // The address of a fault; siginfo has it too.
    record.u64(0);
    for register in cpu.x.into_iter().take(REGISTERS) {
        record.u64(register);
    }
    record.u64(cpu.stack_pointer()).u64(cpu.pc).u64(u64::from(cpu.nzcv()) << 28);
    record.zeros(8);
    record.u32(FPSIMD_MAGIC).u32(FPSIMD_BYTES as u32).u32(cpu.fpsr()).u32(cpu.fpcr());
    for vector in cpu.v {
        record.u64(vector as u64).u64((vector >> 64) as u64);
    }
    // The record that ends them.
    record.u64(0);
}

/// Makes `cpu` enter the handler.
///
/// # Errors
/// EFAULT when the stack cannot be written: the process gets SIGSEGV.
pub(crate) fn push(abi: &Abi, cpu: &mut Cpu, memory: &mut AddressSpace, frame: &Frame) -> Result<(), Errno> {
    let top = frame.stack.unwrap_or(cpu.stack_pointer());
    let chain = top.wrapping_sub(FRAME_RECORD_BYTES) & !15;
    let base = chain.wrapping_sub(FRAME_BYTES as u64);
    let mut record = Record::new(abi);
    record.bytes(&frame.information.layout(abi, frame.signal)).pad_to(INFO_BYTES);
    // uc_flags, uc_link, uc_stack
    record.u64(0).u64(0);
    record.u64(frame.alternate.base).u32(frame.alternate.flags).u32(0).u64(frame.alternate.bytes);
    record.u64(abi.set_to_guest(frame.mask) as u64).pad_to(CONTEXT);
    context(&mut record, cpu);
    record.pad_to(FRAME_BYTES);
    record.u64(cpu.x[29]).u64(cpu.x[30]);
    memory.write(base, &record.finish()).map_err(|_| Errno::EFAULT)?;
    cpu.x[0] = u64::from(abi.signal_to_guest(frame.signal));
    if frame.with_information {
        cpu.x[1] = base;
        cpu.x[2] = base.wrapping_add(INFO_BYTES as u64);
    }
    cpu.x[29] = chain;
    cpu.x[30] = frame.restorer.unwrap_or(abi.trampoline);
    cpu.set_stack_pointer(base);
    cpu.pc = frame.handler;
    Ok(())
}

fn restore(view: &View<'_>, cpu: &mut Cpu) -> Option<()> {
    for (index, register) in cpu.x.iter_mut().enumerate().take(REGISTERS) {
        *register = view.u64(CONTEXT + 8 + index * 8)?;
    }
    let behind = CONTEXT + 8 + REGISTERS * 8;
    cpu.set_stack_pointer(view.u64(behind)?);
    cpu.pc = view.u64(behind + 8)?;
    cpu.set_nzcv((view.u64(behind + 16)? >> 28) as u32);
    let mut at = RECORDS;
    for _ in 0..RECORDS_MAX {
        let (magic, bytes) = (view.u32(at)?, view.u32(at + 4)? as usize);
        match magic {
            0 => return Some(()),
            FPSIMD_MAGIC => restore_vectors(view, at, cpu)?,
            _ => {}
        }
        if bytes < 8 {
            return None;
        }
        at = at.checked_add(bytes)?;
    }
    None
}

fn restore_vectors(view: &View<'_>, at: usize, cpu: &mut Cpu) -> Option<()> {
    cpu.set_fpsr(view.u32(at + 8)?);
    cpu.set_fpcr(view.u32(at + 12)?);
    for (index, vector) in cpu.v.iter_mut().enumerate() {
        let place = at + 16 + index * 16;
        *vector = u128::from(view.u64(place)?) | u128::from(view.u64(place + 8)?) << 64;
    }
    Some(())
}

/// Takes the frame down that `cpu`'s stack pointer points at; gives the signal mask to go back to.
///
/// # Errors
/// EFAULT when the frame cannot be read: the process gets SIGSEGV.
pub(crate) fn pop(abi: &Abi, cpu: &mut Cpu, memory: &mut AddressSpace) -> Result<SignalSet, Errno> {
    let mut bytes = vec![0u8; FRAME_BYTES];
    memory.read(cpu.stack_pointer(), &mut bytes).map_err(|_| Errno::EFAULT)?;
    let view = View::new(abi, &bytes);
    restore(&view, cpu).ok_or(Errno::EFAULT)?;
    Ok(abi.set_from_guest(u128::from(view.u64(MASK).ok_or(Errno::EFAULT)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use otori_cpu::Isa;

    #[test]
    fn a_context_goes_there_and_back() {
        let abi = Abi::of(Isa::Aarch64);
        let mut cpu = Cpu::new();
        for (index, register) in cpu.x.iter_mut().enumerate().take(32) {
            *register = 0x8000_0000_0000_0000 | index as u64;
        }
        for (index, vector) in cpu.v.iter_mut().enumerate() {
            *vector = u128::MAX - index as u128;
        }
        cpu.pc = 0x40_0100;
        cpu.set_nzcv(0b1010);
        cpu.set_fpcr(1 << 24);
        cpu.set_fpsr(1 << 27);
        let mut record = Record::new(abi);
        record.zeros(CONTEXT);
        context(&mut record, &cpu);
        record.pad_to(FRAME_BYTES);
        let bytes = record.finish();
        let mut other = Cpu::new();
        restore(&View::new(abi, &bytes), &mut other).unwrap();
        assert_eq!((other.x[..32].to_vec(), other.v, other.pc), (cpu.x[..32].to_vec(), cpu.v, cpu.pc));
        assert_eq!((other.nzcv(), other.fpcr(), other.fpsr()), (0b1010, 1 << 24, 1 << 27));
    }

    #[test]
    fn records_that_do_not_end_are_refused() {
        let abi = Abi::of(Isa::Aarch64);
        let mut bytes = vec![0u8; FRAME_BYTES];
        bytes[RECORDS] = 1;
        assert_eq!(restore(&View::new(abi, &bytes), &mut Cpu::new()), None);
        bytes[RECORDS + 4] = 16;
        assert_eq!(restore(&View::new(abi, &bytes), &mut Cpu::new()), Some(()));
    }
}
