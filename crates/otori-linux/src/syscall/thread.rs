//! Threads: the thread pointer, and where the end of a thread is told.
//!
//! Neighbours: `futex.rs`, `schedule.rs`. set_tid_address(2), set_thread_area(2).
use super::call::{Call, CallResult};
use crate::errno::Errno;

pub(super) fn set_tid_address(call: &mut Call<'_>) -> CallResult {
    call.task()?.clear_child_tid = call.word(0);
    Ok(u64::from(call.tid))
}
pub(super) fn set_thread_area(call: &mut Call<'_>) -> CallResult {
    let (tid, value) = (call.tid, call.word(0));
    let core = &mut call.kernel.core;
    let task = core.tasks.get_mut(&tid).ok_or(Errno::ESRCH)?;
    let space = core.spaces.get_mut(task.space).ok_or(Errno::ESRCH)?;
    task.cpu.set_thread_pointer(&mut space.memory, value)?;
    Ok(0)
}
