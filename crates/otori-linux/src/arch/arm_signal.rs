//! ARM signal frames, old and real-time, with the VFP registers.
//!
//! Key functions: [`push`], [`pop`]. Layout: arch/arm/kernel/signal.c and asm/{sigcontext,ucontext}.h of Linux: both
//! frames have a `ucontext` and room for code, the real-time one a `siginfo` in front.
use super::{
    Abi, Return,
    arm::{LR, SP},
    arm_helpers,
};
use crate::{
    errno::Errno,
    mm::AddressSpace,
    record::{Record, View},
    signal::{Frame, SignalSet},
};
use alloc::{vec, vec::Vec};
use otori_cpu::arm::Cpu;

/// `struct ucontext`: flags, link, stack; the sigcontext; the mask and its room; coprocessors.
const UCONTEXT_BYTES: usize = 744;
const INFORMATION_BYTES: usize = 128;
/// Offsets in it.
const CONTEXT: usize = 20;
const CONTEXT_REGISTERS: usize = CONTEXT + 12;
const CONTEXT_STATUS: usize = CONTEXT + 76;
const MASK: usize = 104;
const COPROCESSORS: usize = 232;
/// Four words of code that gdb looks for.
const RETURN_BYTES: usize = 16;

/// `uc_flags` of the old frame: what `trap_no` never is.
const OLD_FLAGS: u32 = 0x5ac3_c35a;

/// `struct vfp_sigframe`: magic, size, registers, FPSCR, exceptions.
const VFP_MAGIC: u32 = 0x5646_5001;
const VFP_BYTES: usize = 288;
const VFP_REGISTERS: usize = COPROCESSORS + 8;
const VFP_STATUS: usize = VFP_REGISTERS + 256;
/// FPEXC with VFP on.
const VFP_ENABLED: u32 = 0x4000_0000;

/// General registers without pc.
const REGISTERS: usize = 15;

fn ucontext(abi: &Abi, cpu: &Cpu, frame: &Frame) -> Vec<u8> {
    let mask = abi.set_to_guest(frame.mask);
    let (low, high) = (mask as u32, (mask >> 32) as u32);
    let mut record = Record::new(abi);
    record.u32(if frame.with_information { 0 } else { OLD_FLAGS }).u32(0);
    if frame.with_information {
        let alternate = &frame.alternate;
        record.u32(alternate.base as u32).u32(alternate.flags).u32(alternate.bytes as u32);
    }
    record.pad_to(CONTEXT);
    record.u32(0).u32(0).u32(low);
    for register in cpu.registers.iter().take(REGISTERS) {
        record.u32(*register);
    }
    record.u32(cpu.pc()).u32(cpu.cpsr()).u32(0);
    record.u32(low).u32(high);
    record.pad_to(COPROCESSORS);
    record.u32(VFP_MAGIC).u32(VFP_BYTES as u32);
    for double in cpu.doubles {
        record.u64(double);
    }
    record.u32(cpu.fpscr).u32(0).u32(VFP_ENABLED);
    record.pad_to(UCONTEXT_BYTES);
    record.finish()
}

/// Sets registers and status; gives the mask.
fn restore(abi: &Abi, cpu: &mut Cpu, bytes: &[u8]) -> Option<SignalSet> {
    let view = View::new(abi, bytes);
    for (index, register) in cpu.registers.iter_mut().enumerate().take(REGISTERS) {
        *register = view.u32(CONTEXT_REGISTERS + index * 4)?;
    }
    cpu.set_pc(view.u32(CONTEXT_REGISTERS + REGISTERS * 4)?);
    cpu.set_cpsr(view.u32(CONTEXT_STATUS)?);
    cpu.clear_exclusive();
    if view.u32(COPROCESSORS)? == VFP_MAGIC && view.u32(COPROCESSORS + 4)? == VFP_BYTES as u32 {
        for (index, double) in cpu.doubles.iter_mut().enumerate() {
            *double = view.u64(VFP_REGISTERS + index * 8)?;
        }
        cpu.set_fpscr(view.u32(VFP_STATUS)?);
    }
    let mask = u128::from(view.u32(MASK)?) | u128::from(view.u32(MASK + 4)?) << 32;
    Some(abi.set_from_guest(mask))
}

/// Makes `cpu` enter the handler.
///
/// # Errors
/// EFAULT when the stack cannot be written: the process gets SIGSEGV.
pub(super) fn push(abi: &Abi, cpu: &mut Cpu, memory: &mut AddressSpace, frame: &Frame) -> Result<(), Errno> {
    let top = frame.stack.unwrap_or(u64::from(cpu.registers[SP])) as u32;
    let before = if frame.with_information { INFORMATION_BYTES } else { 0 };
    let base = top.wrapping_sub((before + UCONTEXT_BYTES + RETURN_BYTES) as u32) & !7;
    let handler = frame.handler as u32;
    let thumb = handler & 1;
    let code = arm_helpers::RETURNS as u32 + 12 * u32::from(frame.with_information);
    let mut record = Record::new(abi);
    if frame.with_information {
        record.bytes(&frame.information.layout(abi, frame.signal));
    }
    record.bytes(&ucontext(abi, cpu, frame));
    let mut copy = [0; RETURN_BYTES];
    let from = code + 8 * thumb;
    memory.read(u64::from(from), &mut copy[..8]).map_err(|_| Errno::EFAULT)?;
    record.bytes(&copy);
    memory.write(u64::from(base), &record.finish()).map_err(|_| Errno::EFAULT)?;
    cpu.registers[0] = u32::from(abi.signal_to_guest(frame.signal));
    if frame.with_information {
        cpu.registers[1] = base;
        cpu.registers[2] = base.wrapping_add(INFORMATION_BYTES as u32);
    }
    cpu.registers[SP] = base;
    cpu.registers[LR] = frame.restorer.map_or(from | thumb, |restorer| restorer as u32);
    cpu.clear_exclusive();
    // A handler begins outside any IT block.
    cpu.branch_exchange(handler);
    Ok(())
}

/// Takes the frame down that `cpu`'s stack pointer points at; gives the signal mask to go back to.
///
/// # Errors
/// EFAULT when the frame cannot be read: the process gets SIGSEGV.
pub(super) fn pop(
    abi: &Abi,
    cpu: &mut Cpu,
    memory: &mut AddressSpace,
    kind: Return,
) -> Result<SignalSet, Errno> {
    let before = if kind == Return::RealTime { INFORMATION_BYTES } else { 0 };
    let pointer = cpu.registers[SP];
    // The kernel gives up on a stack that its own frames cannot be on.
    if pointer & 7 != 0 {
        return Err(Errno::EFAULT);
    }
    let mut bytes = vec![0u8; UCONTEXT_BYTES];
    let start = u64::from(pointer.wrapping_add(before as u32));
    memory.read(start, &mut bytes).map_err(|_| Errno::EFAULT)?;
    restore(abi, cpu, &bytes).ok_or(Errno::EFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        arch::arm,
        signal::{AlternateStack, Information, Signal},
    };
    use otori_cpu::{Isa, arm::Order};

    #[test]
    fn a_context_goes_there_and_back() {
        for (isa, order) in [(Isa::ArmEl, Order::Little), (Isa::ArmEb, Order::Big8)] {
            let abi = Abi::of(isa);
            let mut cpu = arm::start(order, 0x8001, 0xbe00_0000);
            for index in 0..15 {
                cpu.registers[index] = 0x8000_0000 | index as u32;
            }
            for (index, double) in cpu.doubles.iter_mut().enumerate() {
                *double = 0x1234_5678_0000_0000 | index as u64;
            }
            cpu.fpscr = 0x0240_0010;
            cpu.set_cpsr(0xf80f_0030 | if order == Order::Big8 { 0x200 } else { 0 });
            let mut mask = SignalSet::default();
            mask.insert(Signal::CHLD);
            let frame = Frame {
                signal: Signal::TERM,
                handler: 0,
                with_information: true,
                information: Information::kernel(),
                restorer: None,
                mask,
                stack: None,
                alternate: AlternateStack::default(),
            };
            let bytes = ucontext(abi, &cpu, &frame);
            assert_eq!(bytes.len(), UCONTEXT_BYTES);
            let mut other = arm::start(order, 0, 0);
            assert_eq!(restore(abi, &mut other, &bytes).unwrap(), mask);
            assert_eq!(other.registers[..15], cpu.registers[..15]);
            assert_eq!((other.doubles, other.fpscr), (cpu.doubles, cpu.fpscr));
            assert_eq!((other.pc(), other.cpsr()), (cpu.pc(), cpu.cpsr()));
        }
    }
}
