//! Threads: the thread pointer, and where the end of a thread is told.
//!
//! Neighbours: `futex.rs`, `schedule.rs`. set_tid_address(2), set_thread_area(2).
use super::call::{Call, CallResult};
use crate::{
    errno::Errno,
    signal::{Information, Signal, code},
};

pub(super) fn set_tid_address(call: &mut Call<'_>) -> CallResult {
    call.task()?.clear_child_tid = call.word(0);
    Ok(u64::from(call.tid))
}
/// Also ARM's set_tls: the pointer itself; i386 gives the address of a structure.
pub(super) fn set_thread_area(call: &mut Call<'_>) -> CallResult {
    set_pointer(call, call.word(0))
}
fn set_pointer(call: &mut Call<'_>, value: u64) -> CallResult {
    let tid = call.tid;
    let core = &mut call.kernel.core;
    let task = core.tasks.get_mut(&tid).ok_or(Errno::ESRCH)?;
    let space = core.spaces.get_mut(task.space).ok_or(Errno::ESRCH)?;
    task.cpu.set_thread_pointer(&mut space.memory, value)?;
    Ok(0)
}

/// i386: the entry that a `struct user_desc` names.
pub(super) fn get_thread_area(call: &mut Call<'_>) -> CallResult {
    let tid = call.tid;
    let core = &mut call.kernel.core;
    let task = core.tasks.get_mut(&tid).ok_or(Errno::ESRCH)?;
    let space = core.spaces.get_mut(task.space).ok_or(Errno::ESRCH)?;
    task.cpu.describe_thread_area(&mut space.memory, call.arguments[0])?;
    Ok(0)
}
/// ARM's get_tls.
pub(super) fn get_tls(call: &mut Call<'_>) -> CallResult {
    Ok(call.task()?.cpu.thread_pointer().ok_or(Errno::ENOSYS)?)
}
/// ARCH_SET_GS, ARCH_SET_FS, ARCH_GET_FS, ARCH_GET_GS: bases of segments on x86-64.
pub(super) fn arch_prctl(call: &mut Call<'_>) -> CallResult {
    const FS: usize = 4;
    const GS: usize = 5;
    let value = call.word(1);
    match call.unsigned(0) {
        0x1001 => _ = call.task()?.cpu.segment_base(GS, Some(value))?,
        0x1002 => _ = call.task()?.cpu.segment_base(FS, Some(value))?,
        code @ (0x1003 | 0x1004) => {
            let base = call.task()?.cpu.segment_base(if code == 0x1003 { FS } else { GS }, None)?;
            call.write(value, &base.to_le_bytes())?;
        }
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(0)
}
/// ARM's breakpoint as a call.
pub(super) fn breakpoint(call: &mut Call<'_>) -> CallResult {
    let tid = call.tid;
    let address = call.task()?.cpu.program_counter();
    call.core().force_signal(tid, Signal::TRAP, Information::fault(code::TRAP_BRKPT, address));
    Ok(0)
}
