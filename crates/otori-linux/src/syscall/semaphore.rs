//! System V semaphores: semget, semop, semtimedop, semctl.
//!
//! Neighbour: `ipc/semaphore.rs` does the sums; here is waiting. semget(2), semop(2), semctl(2).
use super::{
    call::{Call, CallError, CallResult},
    ipc::{asked, command},
    layout::ipc,
    time::timespec,
};
use crate::{
    arch::{Abi, Members},
    errno::Errno,
    ipc::{
        NO_WAIT,
        semaphore::{For, OPERATIONS_MAX, Operation, Refusal, SET_MAX, Set, VALUE_MAX},
    },
    record::View,
    task::waiting::{Restart, WaitKey},
};
use alloc::{vec, vec::Vec};

/// semctl's own commands
const GET_PID: u32 = 11;
const GET_VALUE: u32 = 12;
const GET_ALL: u32 = 13;
const GET_INCREASE_WAITERS: u32 = 14;
const GET_ZERO_WAITERS: u32 = 15;
const SET_VALUE: u32 = 16;
const SET_ALL: u32 = 17;
const STAT_BY_SLOT: u32 = 18;
const INFO: u32 = 19;

/// Bytes of `struct sembuf`.
fn operation_bytes(abi: &Abi) -> usize {
    if abi.members == Members::WholeWords { 8 } else { 6 }
}

pub(super) fn semget(call: &mut Call<'_>) -> CallResult {
    let count = usize::try_from(call.int(1)).ok().filter(|count| *count <= SET_MAX).ok_or(Errno::EINVAL)?;
    let (credentials, now) = (call.ipc_credentials()?, call.wall_seconds());
    let asked = asked(call, 2, &credentials);
    let check = |set: &Set| if set.semaphores.len() < count { Err(Errno::EINVAL) } else { Ok(()) };
    let make = || if count == 0 { Err(Errno::EINVAL) } else { Ok(Set::new(count, now)) };
    Ok(u64::from(call.core().ipc.sets.get_or_make(asked, check, make)?))
}

pub(super) fn semop(call: &mut Call<'_>) -> CallResult {
    operate(call, None)
}
pub(super) fn semtimedop(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    let timeout = timespec(call, call.word(3), width)?;
    operate(call, timeout)
}
pub(super) fn semtimedop_time64(call: &mut Call<'_>) -> CallResult {
    let timeout = timespec(call, call.word(3), 8)?;
    operate(call, timeout)
}

fn operations(call: &mut Call<'_>) -> Result<Vec<Operation>, Errno> {
    let count = usize::try_from(call.unsigned(2)).unwrap_or(usize::MAX);
    if count == 0 {
        return Err(Errno::EINVAL);
    }
    if count > OPERATIONS_MAX {
        return Err(Errno::E2BIG);
    }
    let width = operation_bytes(call.abi());
    let bytes = call.read_bytes(call.word(1), count * width)?;
    let view = View::new(call.abi(), &bytes);
    let field = |offset: usize| view.u16(offset).unwrap_or(0);
    let operation =
        |at: usize| Operation { number: field(at), change: field(at + 2) as i16, flags: field(at + 4) };
    Ok((0..bytes.len()).step_by(width).map(operation).collect())
}

fn operate(call: &mut Call<'_>, timeout_ns: Option<u64>) -> CallResult {
    let (id, tid, pid) = (call.unsigned(0), call.tid, call.pid);
    let operations = operations(call)?;
    call.give_up_after(timeout_ns);
    let (credentials, now) = (call.ipc_credentials()?, call.wall_seconds());
    let (resumed, late) = (call.resumed, call.timed_out());
    let sets = &mut call.kernel.core.ipc.sets;
    // removed while the caller slept
    let missing = if resumed { Errno::EIDRM } else { Errno::EINVAL };
    let (permission, set) = sets.get_mut(id).map_err(|_| missing)?;
    let changes = operations.iter().any(|operation| operation.change != 0);
    permission.check(&credentials, if changes { 0o2 } else { 0o4 })?;
    set.end_wait(tid);
    let before = set.semaphores.clone();
    match set.operate(&operations, pid) {
        Ok(()) => {
            set.operation_time = now;
            if let Err(error) = call.core().ipc.undo.note(pid, id, &operations) {
                // what could not be undone is not done
                call.core().ipc.sets.get_mut(id)?.1.semaphores = before;
                return Err(error.into());
            }
            call.core().wake(WaitKey::Semaphores);
            Ok(0)
        }
        Err(Refusal::Errno(error)) => Err(error.into()),
        Err(Refusal::Wait(operation)) if u32::from(operation.flags) & NO_WAIT != 0 || late => {
            Err(Errno::EAGAIN.into())
        }
        Err(Refusal::Wait(operation)) => {
            set.begin_wait(tid, operation);
            Err(call.wait(vec![WaitKey::Semaphores], Restart::Never))
        }
    }
}

pub(super) fn semctl(call: &mut Call<'_>) -> CallResult {
    let (id, number, argument) = (call.unsigned(0), call.unsigned(1), call.word(3));
    let credentials = call.ipc_credentials()?;
    match call.ipc_command(2) {
        command::INFO | INFO => give_limits(call, argument),
        STAT_BY_SLOT => {
            let id = call.kernel.core.ipc.sets.at(id)?;
            give_state(call, id, argument)?;
            Ok(u64::from(id))
        }
        command::STAT => give_state(call, id, argument),
        command::REMOVE => {
            let core = call.core();
            core.ipc.sets.get(id)?.0.check_owner(&credentials)?;
            core.ipc.sets.remove(id)?;
            core.ipc.undo.forget(id, None);
            core.wake(WaitKey::Semaphores);
            Ok(0)
        }
        command::SET => {
            let before = call.kernel.core.ipc.sets.get(id)?.0;
            before.check_owner(&credentials)?;
            let (after, now) = (call.ipc_change(argument, before)?, call.wall_seconds());
            let (permission, set) = call.core().ipc.sets.get_mut(id)?;
            (*permission, set.change_time) = (after, now);
            Ok(0)
        }
        which @ (GET_ALL | GET_PID | GET_VALUE | GET_INCREASE_WAITERS | GET_ZERO_WAITERS) => {
            call.kernel.core.ipc.sets.get(id)?.0.check(&credentials, 0o4)?;
            if which == GET_ALL { give_values(call, id, argument) } else { ask(call, id, number, which) }
        }
        which @ (SET_VALUE | SET_ALL) => {
            call.kernel.core.ipc.sets.get(id)?.0.check(&credentials, 0o2)?;
            let one = (which == SET_VALUE).then_some(number);
            set_values(call, id, one, argument)
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

/// One number of one semaphore.
fn ask(call: &Call<'_>, id: u32, number: u32, which: u32) -> CallResult {
    let core = &call.kernel.core;
    let (_, set) = core.ipc.sets.get(id)?;
    let semaphore = set.semaphores.get(number as usize).ok_or(Errno::EINVAL)?;
    let sleeps = |tid| core.waits.contains(&(WaitKey::Semaphores, tid));
    Ok(match which {
        GET_PID => u64::from(semaphore.pid),
        GET_VALUE => semaphore.value as u64,
        GET_INCREASE_WAITERS => set.waiters(number as u16, For::Increase, sleeps),
        _ => set.waiters(number as u16, For::Zero, sleeps),
    })
}
fn give_values(call: &mut Call<'_>, id: u32, address: u64) -> CallResult {
    let mut record = call.record();
    let (_, set) = call.kernel.core.ipc.sets.get(id)?;
    set.semaphores.iter().for_each(|semaphore| _ = record.u16(semaphore.value as u16));
    call.write(address, record.as_bytes())?;
    Ok(0)
}
/// SETVAL of one, or SETALL.
fn set_values(call: &mut Call<'_>, id: u32, one: Option<u32>, argument: u64) -> CallResult {
    let count = call.kernel.core.ipc.sets.get(id)?.1.semaphores.len();
    let values: Vec<(usize, i32)> = match one {
        Some(number) => vec![(number as usize, argument as i32)],
        None => {
            let bytes = call.read_bytes(argument, count * 2)?;
            let view = View::new(call.abi(), &bytes);
            (0..count).map(|place| (place, i32::from(view.u16(place * 2).unwrap_or(0)))).collect()
        }
    };
    if values.iter().any(|(place, _)| *place >= count) {
        return Err(Errno::EINVAL.into());
    }
    if values.iter().any(|(_, value)| !(0..=VALUE_MAX).contains(value)) {
        return Err(Errno::ERANGE.into());
    }
    let (now, pid) = (call.wall_seconds(), call.pid);
    let core: &mut crate::kernel::Core = call.core();
    let (_, set) = core.ipc.sets.get_mut(id)?;
    set.change_time = now;
    for (place, value) in values {
        if let Some(semaphore) = set.semaphores.get_mut(place) {
            (semaphore.value, semaphore.pid) = (value, pid);
        }
    }
    core.ipc.undo.forget(id, one.map(|number| number as u16));
    core.wake(WaitKey::Semaphores);
    Ok(0)
}
fn give_state(call: &mut Call<'_>, id: u32, address: u64) -> CallResult {
    let credentials = call.ipc_credentials()?;
    let (permission, set) = call.kernel.core.ipc.sets.get(id)?;
    permission.check(&credentials, 0o4)?;
    let times = [set.operation_time, set.change_time];
    let record = ipc::set(call.abi(), permission, times, set.semaphores.len());
    call.write(address, record.as_bytes())?;
    Ok(0)
}
/// `struct seminfo`.
fn give_limits(call: &mut Call<'_>, address: u64) -> Result<u64, CallError> {
    let sets = &call.kernel.core.ipc.sets;
    let most = crate::ipc::OBJECTS_MAX as u32;
    let (used, semaphores) =
        (sets.iter().count() as u32, sets.iter().map(|(_, set)| set.semaphores.len() as u32).sum());
    let mut record = call.record();
    for value in [
        most,
        most,
        most * SET_MAX as u32,
        most,
        SET_MAX as u32,
        OPERATIONS_MAX as u32,
        SET_MAX as u32,
        used,
        VALUE_MAX as u32,
        semaphores,
    ] {
        record.u32(value);
    }
    call.write(address, record.as_bytes())?;
    Ok(u64::from(call.kernel.core.ipc.sets.highest()))
}
