//! Scheduling policies and affinity: they are kept and told, and change nothing on a machine with one processor that
//! takes turns.
//!
//! sched(7), sched_setscheduler(2), sched_setattr(2), sched_setaffinity(2), getcpu(2).
use super::{
    call::{Call, CallResult},
    time::give,
};
use crate::{
    errno::Errno,
    record::View,
    task::{Policy, Tid},
    vfs::Capability,
};

const SCHED_OTHER: u32 = 0;
const SCHED_FIFO: u32 = 1;
const SCHED_ROUND_ROBIN: u32 = 2;
const SCHED_BATCH: u32 = 3;
const SCHED_IDLE: u32 = 5;
/// SCHED_RESET_ON_FORK, taken off the policy
const RESET_ON_FORK: u32 = 0x4000_0000;
/// A turn of SCHED_RR, nanoseconds.
const ROUND_ROBIN_NS: u64 = 100_000_000;
/// Bytes of the first `struct sched_attr`.
const ATTRIBUTES_BYTES: u32 = 48;

/// The thread that an id argument means; 0 is the caller.
fn target(call: &Call<'_>, index: usize) -> Result<Tid, Errno> {
    match call.int(index) {
        0 => Ok(call.tid),
        tid @ 1.. => call.kernel.core.task(tid as u32).map(|task| task.tid),
        _ => Err(Errno::EINVAL),
    }
}

fn is_real_time(policy: u32) -> bool {
    matches!(policy, SCHED_FIFO | SCHED_ROUND_ROBIN)
}
fn check(policy: u32, priority: u32) -> Result<(), Errno> {
    let known = matches!(policy, SCHED_OTHER..=SCHED_BATCH | SCHED_IDLE);
    let fits = if is_real_time(policy) { (1..=99).contains(&priority) } else { priority == 0 };
    if known && fits { Ok(()) } else { Err(Errno::EINVAL) }
}
fn set(call: &mut Call<'_>, tid: Tid, policy: u32, priority: u32) -> CallResult {
    let policy = policy & !RESET_ON_FORK;
    check(policy, priority)?;
    if is_real_time(policy) && !call.process()?.identity.can(Capability::SYS_NICE) {
        return Err(Errno::EPERM.into());
    }
    call.core().task_mut(tid)?.policy = Policy { number: policy, priority };
    Ok(0)
}

pub(super) fn sched_setscheduler(call: &mut Call<'_>) -> CallResult {
    let tid = target(call, 0)?;
    let priority = call.read_u32(call.word(2))?;
    set(call, tid, call.unsigned(1), priority)
}
pub(super) fn sched_getscheduler(call: &mut Call<'_>) -> CallResult {
    let tid = target(call, 0)?;
    Ok(u64::from(call.kernel.core.task(tid)?.policy.number))
}
pub(super) fn sched_setparam(call: &mut Call<'_>) -> CallResult {
    let tid = target(call, 0)?;
    let priority = call.read_u32(call.word(1))?;
    let policy = call.kernel.core.task(tid)?.policy.number;
    set(call, tid, policy, priority)
}
pub(super) fn sched_getparam(call: &mut Call<'_>) -> CallResult {
    let tid = target(call, 0)?;
    let priority = call.kernel.core.task(tid)?.policy.priority;
    call.write_u32(call.word(1), priority)?;
    Ok(0)
}

/// `struct sched_attr`: size, policy, flags, nice, priority, three times of deadline scheduling.
pub(super) fn sched_setattr(call: &mut Call<'_>) -> CallResult {
    let tid = target(call, 0)?;
    let bytes = call.read_bytes(call.word(1), ATTRIBUTES_BYTES as usize)?;
    let view = View::new(call.abi(), &bytes);
    let (policy, priority) = view.u32(4).zip(view.u32(20)).ok_or(Errno::EFAULT)?;
    set(call, tid, policy, priority)
}
pub(super) fn sched_getattr(call: &mut Call<'_>) -> CallResult {
    let tid = target(call, 0)?;
    if call.unsigned(2) < ATTRIBUTES_BYTES || call.unsigned(3) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let task = call.kernel.core.task(tid)?;
    let (policy, nice) = (task.policy, call.kernel.core.process(task.pid)?.nice);
    let mut record = call.record();
    record.u32(ATTRIBUTES_BYTES).u32(policy.number).u64(0).u32(nice as u32).u32(policy.priority);
    record.pad_to(ATTRIBUTES_BYTES as usize);
    call.write(call.word(1), record.as_bytes())?;
    Ok(0)
}

fn round_robin_interval(call: &mut Call<'_>, width: usize) -> CallResult {
    let tid = target(call, 0)?;
    let policy = call.kernel.core.task(tid)?.policy.number;
    let ns = if policy == SCHED_ROUND_ROBIN { ROUND_ROBIN_NS } else { 0 };
    give(call, call.word(1), ns, width)?;
    Ok(0)
}
pub(super) fn sched_rr_get_interval(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    round_robin_interval(call, width)
}
pub(super) fn sched_rr_get_interval_time64(call: &mut Call<'_>) -> CallResult {
    round_robin_interval(call, 8)
}

pub(super) fn sched_get_priority_max(call: &mut Call<'_>) -> CallResult {
    match call.unsigned(0) {
        policy if is_real_time(policy) => Ok(99),
        SCHED_OTHER | SCHED_BATCH | SCHED_IDLE => Ok(0),
        _ => Err(Errno::EINVAL.into()),
    }
}
pub(super) fn sched_get_priority_min(call: &mut Call<'_>) -> CallResult {
    Ok(sched_get_priority_max(call)?.min(1))
}
pub(super) fn sched_yield(_: &mut Call<'_>) -> CallResult {
    Ok(0)
}
/// ioprio_get, ioprio_set: no queue to order.
pub(super) fn accept(_: &mut Call<'_>) -> CallResult {
    Ok(0)
}

/// One processor.
pub(super) fn sched_getaffinity(call: &mut Call<'_>) -> CallResult {
    target(call, 0)?;
    let word = call.abi().word_bytes as u64;
    if call.word(1) < word || !call.word(1).is_multiple_of(word) {
        return Err(Errno::EINVAL.into());
    }
    let mut record = call.record();
    record.word(1);
    call.write(call.word(2), record.as_bytes())?;
    Ok(word)
}
pub(super) fn sched_setaffinity(call: &mut Call<'_>) -> CallResult {
    target(call, 0)?;
    if call.word(1) == 0 {
        return Err(Errno::EINVAL.into());
    }
    // the first processor is the lowest bit of the first long
    let mask = call.read_word(call.word(2))?;
    if mask & 1 != 0 { Ok(0) } else { Err(Errno::EINVAL.into()) }
}
pub(super) fn getcpu(call: &mut Call<'_>) -> CallResult {
    for index in [0, 1] {
        if call.word(index) != 0 {
            call.write_u32(call.word(index), 0)?;
        }
    }
    Ok(0)
}
