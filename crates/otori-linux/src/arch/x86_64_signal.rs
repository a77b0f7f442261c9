//! x86-64 signal frames. Key functions: [`push`], [`pop`]. Layout: arch/x86/include/asm/sigframe.h and
//! asm/{sigcontext,ucontext}.h of Linux. There is one frame, and programs bring their own return.
use super::{Abi, PAGE_BYTES, x86};
use crate::{
    errno::Errno,
    mm::AddressSpace,
    record::{Record, View},
    signal::{Frame, SignalSet},
};
use alloc::{vec, vec::Vec};
use otori_cpu::x86::Cpu;

/// Below the stack pointer functions may keep things.
const RED_ZONE_BYTES: u64 = 128;
const IMAGE_BYTES: u64 = 512;
/// uc_flags, uc_link, uc_stack
const UCONTEXT_HEAD_BYTES: usize = 40;
const CONTEXT_BYTES: usize = 256;
const SET_BYTES: usize = 8;
const INFO_BYTES: usize = 128;
/// The return address in front.
const RETURN_BYTES: usize = 8;
const FRAME_BYTES: usize = RETURN_BYTES + UCONTEXT_HEAD_BYTES + CONTEXT_BYTES + SET_BYTES + INFO_BYTES;
/// UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS
const FLAGS: u64 = 6;

/// Registers in the order of `struct sigcontext`: r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp.
const ORDER: [usize; 16] = [8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 3, 2, 0, 1, 4];

/// Nothing: the page only keeps its place.
pub(crate) fn trampoline_page(_abi: &Abi) -> Vec<u8> {
    vec![0; PAGE_BYTES as usize]
}

/// Makes `cpu` enter the handler.
///
/// # Errors
/// EFAULT when the stack cannot be written or there is no way back: the process gets SIGSEGV.
pub(crate) fn push(abi: &Abi, cpu: &mut Cpu, memory: &mut AddressSpace, frame: &Frame) -> Result<(), Errno> {
    let restorer = frame.restorer.ok_or(Errno::EFAULT)?;
    let top = frame.stack.unwrap_or(cpu.registers[x86::SP].wrapping_sub(RED_ZONE_BYTES));
    let image_at = top.wrapping_sub(IMAGE_BYTES) & !63;
    let base = (image_at.wrapping_sub(FRAME_BYTES as u64) & !15).wrapping_sub(8);
    let mut record = Record::new(abi);
    record.u64(restorer).u64(FLAGS).u64(0);
    record.u64(frame.alternate.base).u32(frame.alternate.flags).u32(0).u64(frame.alternate.bytes);
    for register in ORDER {
        record.u64(cpu.registers[register]);
    }
    record.u64(cpu.ip).u64(cpu.eflags().into());
    let [_, code, stack, _, fs, gs] = cpu.selectors;
    record.u16(code).u16(gs).u16(fs).u16(stack);
    let set = abi.set_to_guest(frame.mask) as u64;
    // Error code, trap number, the old mask, the fault's address, the image, eight words of nothing.
    record.u64(0).u64(x86::trap_number(frame.signal)).u64(set).u64(0).u64(image_at).zeros(64);
    record.u64(set);
    record.bytes(&frame.information.layout(abi, frame.signal)).pad_to(FRAME_BYTES);
    let mut image = Record::new(abi);
    x86::image(cpu).iter().for_each(|word| _ = image.u64(*word));
    memory.write(image_at, image.as_bytes()).map_err(|_| Errno::EFAULT)?;
    memory.write(base, &record.finish()).map_err(|_| Errno::EFAULT)?;
    let context = base.wrapping_add(RETURN_BYTES as u64);
    cpu.registers[7] = abi.signal_to_guest(frame.signal).into();
    cpu.registers[6] = context.wrapping_add((UCONTEXT_HEAD_BYTES + CONTEXT_BYTES + SET_BYTES) as u64);
    cpu.registers[2] = context;
    cpu.registers[x86::AX] = 0;
    x86::enter(cpu, frame.handler, base);
    Ok(())
}

/// Takes the frame down that the stack pointer points behind the return address of; gives the mask to go back to.
///
/// # Errors
/// EFAULT when the frame cannot be read: the process gets SIGSEGV.
pub(crate) fn pop(abi: &Abi, cpu: &mut Cpu, memory: &mut AddressSpace) -> Result<SignalSet, Errno> {
    let start = cpu.registers[x86::SP].wrapping_add(UCONTEXT_HEAD_BYTES as u64);
    let mut bytes = vec![0u8; CONTEXT_BYTES + SET_BYTES];
    memory.read(start, &mut bytes).map_err(|_| Errno::EFAULT)?;
    let view = View::new(abi, &bytes);
    let word = |index: usize| view.u64(8 * index).ok_or(Errno::EFAULT);
    for (index, register) in ORDER.into_iter().enumerate() {
        cpu.registers[register] = word(index)?;
    }
    cpu.ip = word(16)?;
    cpu.set_eflags(word(17)? as u32);
    restore_image(abi, cpu, memory, word(23)?)?;
    Ok(abi.set_from_guest(word(32)?.into()))
}

/// Restores x87, MMX and SSE from the image at an address; without one they are as in a fresh program.
pub(super) fn restore_image(
    abi: &Abi,
    cpu: &mut Cpu,
    memory: &mut AddressSpace,
    address: u64,
) -> Result<(), Errno> {
    if address == 0 {
        cpu.reset_float();
        return Ok(());
    }
    let mut bytes = vec![0u8; IMAGE_BYTES as usize];
    memory.read(address, &mut bytes).map_err(|_| Errno::EFAULT)?;
    let view = View::new(abi, &bytes);
    let mut words = [0; otori_cpu::x86::image::WORDS];
    for (index, word) in words.iter_mut().enumerate() {
        *word = view.u64(8 * index).ok_or(Errno::EFAULT)?;
    }
    if cpu.set_float_image(&words) { Ok(()) } else { Err(Errno::EFAULT) }
}
