//! ptrace: what a tracer asks of a thread's pointer and of the debug registers of its processor.
//!
//! Neighbour: `ptrace.rs` has the other requests. PTRACE_GET_THREAD_AREA and PTRACE_ARCH_PRCTL of arch/*/kernel/ptrace.c,
//! the notes NT_ARM_TLS and NT_ARM_HW_BREAK of `linux/elf.h`.
use super::call::{Call, CallResult};
use crate::{arch::Column, errno::Errno, task::Tid};
use alloc::vec::Vec;

/// PTRACE_GET_THREAD_AREA where it is 22 (ARM) and 25 (MIPS, i386), and PTRACE_ARCH_PRCTL
const OF_ARM: u32 = 22;
const OF_OTHERS: u32 = 25;
const ARCH_PRCTL: u32 = 30;
/// NT_ARM_TLS, NT_ARM_HW_BREAK, NT_ARM_HW_WATCH
const NOTE_POINTER: u64 = 0x401;
const NOTE_BREAKPOINTS: u64 = 0x402;
const NOTE_WATCHPOINTS: u64 = 0x403;
/// Numbers of FS and GS, and ARCH_GET_FS, ARCH_GET_GS
const FS: usize = 4;
const GS: usize = 5;
const GET_FS: u64 = 0x1003;
const GET_GS: u64 = 0x1004;

fn pointer(call: &Call<'_>, tid: Tid) -> Result<u64, Errno> {
    call.kernel.core.task(tid)?.cpu.thread_pointer().ok_or(Errno::EIO)
}

/// A request about the pointer; `None` for another request.
pub(super) fn request(call: &mut Call<'_>, tid: Tid, which: u32) -> Option<CallResult> {
    Some(match (call.abi().column, which) {
        (Column::Arm, OF_ARM) | (Column::MipsO32, OF_OTHERS) => give_pointer(call, tid),
        (Column::I386, OF_OTHERS) => describe(call, tid),
        (Column::X86_64, ARCH_PRCTL) => base(call, tid),
        _ => return None,
    })
}

fn give_pointer(call: &mut Call<'_>, tid: Tid) -> CallResult {
    let value = pointer(call, tid)?;
    let mut record = call.record();
    record.word(value);
    call.write(call.word(3), record.as_bytes())?;
    Ok(0)
}

/// i386: the `struct user_desc` of the entry that the address argument numbers.
fn describe(call: &mut Call<'_>, tid: Tid) -> CallResult {
    let (entry, data) = (call.unsigned(2), call.word(3));
    call.write_u32(data, entry)?;
    let cpu = call.kernel.core.task(tid)?.cpu.clone();
    let own = call.tid;
    let space = call.core().space_of_mut(own)?;
    cpu.describe_thread_area(&mut space.memory, data)?;
    Ok(0)
}

/// x86-64: arch_prctl in the name of the thread; the code stands last.
fn base(call: &mut Call<'_>, tid: Tid) -> CallResult {
    let (address, code) = (call.word(2), call.word(3));
    let number = match code {
        GET_FS => FS,
        GET_GS => GS,
        _ => return Err(Errno::EINVAL.into()),
    };
    let base = call.core().task_mut(tid)?.cpu.segment_base(number, None)?;
    call.write(address, &base.to_le_bytes())?;
    Ok(0)
}

/// The bytes of a register set of AArch64 beside the usual ones: the processor has no debug registers.
pub(super) fn note(call: &Call<'_>, tid: Tid, kind: u64) -> Option<Result<Vec<u8>, Errno>> {
    /// ID_AA64DFR0_EL1.DebugVer of ARMv8, above the number of registers
    const DEBUG_ARCHITECTURE: u32 = 6 << 8;
    if call.abi().column != Column::Aarch64 {
        return None;
    }
    let mut record = call.record();
    match kind {
        NOTE_POINTER => match pointer(call, tid) {
            Ok(value) => _ = record.u64(value),
            Err(error) => return Some(Err(error)),
        },
        NOTE_BREAKPOINTS | NOTE_WATCHPOINTS => _ = record.u32(DEBUG_ARCHITECTURE).u32(0),
        _ => return None,
    }
    Some(Ok(record.finish()))
}
