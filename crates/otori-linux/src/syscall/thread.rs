//! Threads: futex, robust lists, thread pointer, affinity, scheduling parameters.
//!
//! A futex wait reads the word and sleeps in one step: nothing else runs in between. futex(2).
use super::call::{Call, CallResult};
use crate::{
    arena::Index,
    errno::Errno,
    kernel::Core,
    task::{
        Space,
        waiting::{Restart, WaitKey},
    },
};
use alloc::vec;

const PRIVATE_AND_CLOCK: u32 = 0x180;
const CLOCK_REALTIME: u32 = 0x100;

/// Progress of a futex wait: it sleeps, or somebody woke it.
const ASLEEP: u64 = 1;
const WOKEN: u64 = 2;

pub(super) fn futex(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    operate(call, width)
}
pub(super) fn futex_time64(call: &mut Call<'_>) -> CallResult {
    operate(call, 8)
}

fn operate(call: &mut Call<'_>, width: usize) -> CallResult {
    let (address, operation, value) = (call.word(0), call.unsigned(1), call.unsigned(2));
    if address & 3 != 0 {
        return Err(Errno::EINVAL.into());
    }
    match operation & !PRIVATE_AND_CLOCK {
        0 | 9 => wait(call, address, value, operation, width),
        1 | 10 => wake(call, address, value),
        // REQUEUE and CMP_REQUEUE: those who would be moved are woken and look again
        3 => wake(call, address, value.saturating_add(call.unsigned(3))),
        4 if call.read_u32(address)? != call.unsigned(5) => Err(Errno::EAGAIN.into()),
        4 => wake(call, address, value.saturating_add(call.unsigned(3))),
        5 => {
            let woken = wake(call, address, value)?;
            Ok(woken + wake(call, call.word(4), call.unsigned(3))?)
        }
        _ => Err(Errno::ENOSYS.into()),
    }
}

fn wait(call: &mut Call<'_>, address: u64, value: u32, operation: u32, width: usize) -> CallResult {
    match call.progress {
        WOKEN => return Ok(0),
        ASLEEP if call.timed_out() => return Err(Errno::ETIMEDOUT.into()),
        ASLEEP => {}
        _ => {
            if call.read_u32(address)? != value {
                return Err(Errno::EAGAIN.into());
            }
            let timeout = super::time::timespec(call, call.word(3), width)?;
            let absolute = operation & !PRIVATE_AND_CLOCK == 9;
            let relative = timeout.map(|ns| match (absolute, operation & CLOCK_REALTIME != 0) {
                (false, _) => ns,
                (true, true) => ns.saturating_sub(u64::try_from(call.kernel.core.wall_ns()).unwrap_or(0)),
                (true, false) => ns.saturating_sub(call.kernel.core.uptime_ns()),
            });
            call.give_up_after(relative);
            call.progress = ASLEEP;
        }
    }
    let space = call.task()?.space;
    Err(call.wait(vec![WaitKey::Futex(space, address)], Restart::WithFlag))
}

fn wake(call: &mut Call<'_>, address: u64, count: u32) -> CallResult {
    let space = call.task()?.space;
    Ok(call.core().wake_futex(space, address, count as usize))
}

impl Core {
    /// Wakes at most `count` tasks that sleep on a futex; gives how many.
    pub(crate) fn wake_futex(&mut self, space: Index<Space>, address: u64, count: usize) -> u64 {
        let mut woken = 0;
        for tid in self.waiters(WaitKey::Futex(space, address), count) {
            let waiting = self.tasks.get_mut(&tid).and_then(|task| task.waiting.as_mut());
            if let Some(waiting) = waiting.filter(|waiting| waiting.progress == ASLEEP) {
                waiting.progress = WOKEN;
                woken += 1;
                self.enqueue(tid);
            }
        }
        woken
    }
}

pub(super) fn set_tid_address(call: &mut Call<'_>) -> CallResult {
    call.task()?.clear_child_tid = call.word(0);
    Ok(u64::from(call.tid))
}
pub(super) fn set_robust_list(call: &mut Call<'_>) -> CallResult {
    if call.word(1) == 3 * call.abi().word_bytes as u64 { Ok(0) } else { Err(Errno::EINVAL.into()) }
}
pub(super) fn get_robust_list(call: &mut Call<'_>) -> CallResult {
    let mut record = call.record();
    record.word(0);
    call.write(call.word(1), record.as_bytes())?;
    record.pad_to(0).word(3 * call.abi().word_bytes as u64);
    call.write(call.word(2), record.as_bytes())?;
    Ok(0)
}
/// The thread pointer: what `rdhwr $29` reads on MIPS, CP15 c13 on ARM; a `struct user_desc` on i386.
pub(super) fn set_thread_area(call: &mut Call<'_>) -> CallResult {
    let (tid, value) = (call.tid, call.word(0));
    let core = &mut call.kernel.core;
    let task = core.tasks.get_mut(&tid).ok_or(Errno::ESRCH)?;
    let space = core.spaces.get_mut(task.space).ok_or(Errno::ESRCH)?;
    task.cpu.set_thread_pointer(&mut space.memory, value)?;
    Ok(0)
}

pub(super) fn sched_yield(_: &mut Call<'_>) -> CallResult {
    Ok(0)
}
/// One processor.
pub(super) fn sched_getaffinity(call: &mut Call<'_>) -> CallResult {
    let word = call.abi().word_bytes as u64;
    if call.word(1) < word {
        return Err(Errno::EINVAL.into());
    }
    let mut record = call.record();
    record.word(1);
    call.write(call.word(2), record.as_bytes())?;
    Ok(word)
}
pub(super) fn sched_setaffinity(call: &mut Call<'_>) -> CallResult {
    let mask = call.read_u32(call.word(2))?;
    if mask & 1 != 0 { Ok(0) } else { Err(Errno::EINVAL.into()) }
}
pub(super) fn sched_getparam(call: &mut Call<'_>) -> CallResult {
    call.write_u32(call.word(1), 0)?;
    Ok(0)
}
/// SCHED_OTHER, whatever is asked for.
pub(super) fn sched_accept(_: &mut Call<'_>) -> CallResult {
    Ok(0)
}
pub(super) fn sched_get_priority_max(call: &mut Call<'_>) -> CallResult {
    Ok(if matches!(call.unsigned(0), 1 | 2) { 99 } else { 0 })
}
pub(super) fn sched_get_priority_min(call: &mut Call<'_>) -> CallResult {
    Ok(u64::from(matches!(call.unsigned(0), 1 | 2)))
}
pub(super) fn getcpu(call: &mut Call<'_>) -> CallResult {
    for index in [0, 1] {
        if call.word(index) != 0 {
            call.write_u32(call.word(index), 0)?;
        }
    }
    Ok(0)
}
