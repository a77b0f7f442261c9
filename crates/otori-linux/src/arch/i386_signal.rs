//! i386 signal frames, old and real-time, and the page with the two returns. Key functions: [`push`], [`pop`],
//! [`trampoline_page`]. Layout: arch/x86/include/asm/{sigframe,fpu/types}.h and ia32.h of Linux.
use super::{Abi, PAGE_BYTES, Return, x86, x86_64_signal::restore_image};
use crate::{
    errno::Errno,
    mm::AddressSpace,
    record::{Record, View},
    signal::{Frame, SignalSet},
};
use alloc::{vec, vec::Vec};
use otori_cpu::x86::{Cpu, Extended};

/// `struct _fpstate_32`: what FSAVE stores, status and magic, and the image of FXSAVE.
const STATE_BYTES: u32 = 624;
/// Where in it the image is.
const STATE_IMAGE: u32 = 112;
const CONTEXT_BYTES: usize = 88;
const INFO_BYTES: usize = 128;
const RETURN_CODE_BYTES: usize = 8;
/// Return address, signal.
const OLD_HEAD_BYTES: usize = 8;
/// Return address, signal, two pointers.
const HEAD_BYTES: usize = 16;
/// uc_flags, uc_link, uc_stack
const UCONTEXT_HEAD_BYTES: usize = 20;

/// Registers in the order of `struct sigcontext`: edi, esi, ebp, esp, ebx, edx, ecx, eax.
const ORDER: [usize; 8] = [7, 6, 5, 4, 3, 2, 1, 0];

/// `pop eax; mov eax, 119; int 80`
const OLD_RETURN: [u8; RETURN_CODE_BYTES] = [0x58, 0xb8, 119, 0, 0, 0, 0xcd, 0x80];
/// `mov eax, 173; int 80`
const RETURN: [u8; RETURN_CODE_BYTES] = [0xb8, 173, 0, 0, 0, 0xcd, 0x80, 0];
/// Where the second return starts in the page.
const RETURN_OFFSET: u64 = 16;

/// The two returns, for programs that bring none (as the vDSO has them).
pub(crate) fn trampoline_page(_abi: &Abi) -> Vec<u8> {
    let mut page = vec![0u8; PAGE_BYTES as usize];
    for (offset, code) in [(0, OLD_RETURN), (RETURN_OFFSET as usize, RETURN)] {
        for (target, byte) in page.iter_mut().skip(offset).zip(code) {
            *target = byte;
        }
    }
    page
}

/// `struct _fpstate_32`
fn state(abi: &Abi, cpu: &Cpu) -> Vec<u8> {
    let (control, status) = cpu.float.words();
    let mut record = Record::new(abi);
    let upper = 0xffff_0000;
    record
        .u32(upper | u32::from(control))
        .u32(upper | u32::from(status))
        .u32(upper | u32::from(cpu.float.tags()));
    record.u32(0).u32(0).u32(0).u32(upper);
    for number in 0..8 {
        let value = cpu.float.stack(number);
        record.u64(value.significand).u16(value.head);
    }
    // The magic that says that the image follows.
    record.u16(status).u16(0);
    x86::image(cpu).iter().for_each(|word| _ = record.u64(*word));
    record.pad_to(STATE_BYTES as usize);
    record.finish()
}

fn context(abi: &Abi, cpu: &Cpu, frame: &Frame, state_at: u32) -> Vec<u8> {
    let mut record = Record::new(abi);
    let [extra, code, stack, data, fs, gs] = cpu.selectors.map(u32::from);
    record.u32(gs).u32(fs).u32(extra).u32(data);
    for register in ORDER {
        record.u32(cpu.registers[register] as u32);
    }
    record.u32(x86::trap_number(frame.signal) as u32).u32(0);
    record.u32(cpu.ip as u32).u32(code).u32(cpu.eflags());
    record.u32(cpu.registers[x86::SP] as u32).u32(stack).u32(state_at);
    record.u32(abi.set_to_guest(frame.mask) as u32).u32(0);
    record.finish()
}

/// Makes `cpu` enter the handler.
///
/// # Errors
/// EFAULT when the stack cannot be written: the process gets SIGSEGV.
pub(crate) fn push(abi: &Abi, cpu: &mut Cpu, memory: &mut AddressSpace, frame: &Frame) -> Result<(), Errno> {
    let top = frame.stack.unwrap_or(cpu.registers[x86::SP]) as u32;
    let state_at = top.wrapping_sub(STATE_BYTES) & !63;
    let set = abi.set_to_guest(frame.mask) as u64;
    let signal = u32::from(abi.signal_to_guest(frame.signal));
    let mut record = Record::new(abi);
    let size = match frame.with_information {
        true => HEAD_BYTES + INFO_BYTES + UCONTEXT_HEAD_BYTES + CONTEXT_BYTES + 8 + RETURN_CODE_BYTES,
        false => OLD_HEAD_BYTES + CONTEXT_BYTES + STATE_BYTES as usize + 4 + RETURN_CODE_BYTES,
    };
    // Behind the return address the stack is at a multiple of 16.
    let base = (state_at.wrapping_sub(size as u32).wrapping_add(4) & !15).wrapping_sub(4);
    let offset = if frame.with_information { RETURN_OFFSET } else { 0 };
    record.u32(frame.restorer.unwrap_or(abi.trampoline.wrapping_add(offset)) as u32).u32(signal);
    let (mut second, mut third) = (0, 0);
    if frame.with_information {
        second = base.wrapping_add(HEAD_BYTES as u32);
        third = second.wrapping_add(INFO_BYTES as u32);
        record.u32(second).u32(third);
        record.bytes(&frame.information.layout(abi, frame.signal)).pad_to(HEAD_BYTES + INFO_BYTES);
        record.u32(0).u32(0);
        record.u32(frame.alternate.base as u32).u32(frame.alternate.flags).u32(frame.alternate.bytes as u32);
        record.bytes(&context(abi, cpu, frame, state_at)).u64(set).bytes(&RETURN);
    } else {
        record.bytes(&context(abi, cpu, frame, state_at)).zeros(STATE_BYTES as usize);
        record.u32((set >> 32) as u32).bytes(&OLD_RETURN);
    }
    memory.write(state_at.into(), &state(abi, cpu)).map_err(|_| Errno::EFAULT)?;
    memory.write(base.into(), &record.finish()).map_err(|_| Errno::EFAULT)?;
    // For handlers that take their arguments in registers.
    cpu.registers[x86::AX] = signal.into();
    cpu.registers[2] = second.into();
    cpu.registers[1] = third.into();
    x86::enter(cpu, frame.handler, base.into());
    // Handlers run with the flat segments.
    Ok(())
}

/// Takes the frame down that was pushed last; gives the signal mask to go back to.
///
/// # Errors
/// EFAULT when the frame cannot be read: the process gets SIGSEGV.
pub(crate) fn pop(
    abi: &Abi,
    cpu: &mut Cpu,
    memory: &mut AddressSpace,
    kind: Return,
) -> Result<SignalSet, Errno> {
    // Of the old frame the return took the signal too.
    let (popped, skipped) = match kind {
        Return::Old => (8, OLD_HEAD_BYTES),
        Return::RealTime => (4, HEAD_BYTES + INFO_BYTES + UCONTEXT_HEAD_BYTES),
    };
    let base = (cpu.registers[x86::SP] as u32).wrapping_sub(popped);
    let start = base.wrapping_add(skipped as u32);
    let mut bytes = vec![0u8; CONTEXT_BYTES + 8];
    memory.read(start.into(), &mut bytes).map_err(|_| Errno::EFAULT)?;
    let view = View::new(abi, &bytes);
    let word = |index: usize| view.u32(4 * index).ok_or(Errno::EFAULT);
    for (number, index) in [(5, 0), (4, 1), (0, 2), (3, 3)] {
        cpu.load_segment(number, word(index)? as u16);
    }
    for (index, register) in ORDER.into_iter().enumerate() {
        cpu.registers[register] = word(4 + index)?.into();
    }
    cpu.ip = word(14)?.into();
    cpu.set_eflags(word(16)?);
    let state_at = word(19)?;
    restore_state(abi, cpu, memory, state_at)?;
    let low = word(20)?;
    let high = match kind {
        Return::Old => {
            let mut extra = [0u8; 4];
            let at = start.wrapping_add(CONTEXT_BYTES as u32 + STATE_BYTES);
            memory.read(at.into(), &mut extra).map_err(|_| Errno::EFAULT)?;
            u32::from_le_bytes(extra)
        }
        Return::RealTime => {
            return Ok(abi.set_from_guest(view.u64(CONTEXT_BYTES).ok_or(Errno::EFAULT)?.into()));
        }
    };
    Ok(abi.set_from_guest(u128::from(low) | u128::from(high) << 32))
}

/// The image gives SSE; x87 comes from what FSAVE stores, which handlers may have changed.
fn restore_state(abi: &Abi, cpu: &mut Cpu, memory: &mut AddressSpace, state_at: u32) -> Result<(), Errno> {
    if state_at == 0 {
        return restore_image(abi, cpu, memory, 0);
    }
    restore_image(abi, cpu, memory, state_at.wrapping_add(STATE_IMAGE).into())?;
    let mut bytes = vec![0u8; STATE_IMAGE as usize];
    memory.read(state_at.into(), &mut bytes).map_err(|_| Errno::EFAULT)?;
    let view = View::new(abi, &bytes);
    let half = |at: usize| view.u16(at).ok_or(Errno::EFAULT);
    cpu.float.set_words(half(0)?, half(4)?, half(8)?);
    for number in 0..8u8 {
        let at = 28 + 10 * usize::from(number);
        let significand = view.u64(at).ok_or(Errno::EFAULT)?;
        cpu.float.set_stack(number, Extended { significand, head: half(at + 8)? });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::{AlternateStack, Information, Signal};
    use otori_cpu::Isa;
    use otori_cpu::x86::Mode;

    #[test]
    fn contexts_have_the_lengths_of_linux() {
        let abi = Abi::of(Isa::I386);
        let cpu = x86::start(Mode::I386, 0, 0);
        let frame = Frame {
            signal: Signal::USR1,
            handler: 0,
            with_information: false,
            information: Information::kernel(),
            restorer: None,
            mask: SignalSet::default(),
            stack: None,
            alternate: AlternateStack::default(),
        };
        assert_eq!(context(abi, &cpu, &frame, 0).len(), CONTEXT_BYTES);
        assert_eq!(state(abi, &cpu).len(), STATE_BYTES as usize);
    }
}
