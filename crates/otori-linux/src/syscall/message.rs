//! System V message queues: msgget, msgsnd, msgrcv, msgctl.
//!
//! Neighbour: `ipc/message.rs` keeps the messages; here is waiting. msgget(2), msgop(2), msgctl(2).
use super::{
    call::{Call, CallError, CallResult},
    ipc::{asked, command},
    layout::ipc::{self, QueueState},
};
use crate::{
    errno::Errno,
    ipc::{
        NO_WAIT,
        message::{MESSAGE_MAX, QUEUE_BYTES, Queue, Wanted},
    },
    record::View,
    task::waiting::{Restart, WaitKey},
};
use alloc::vec;

/// MSG_NOERROR, MSG_EXCEPT
const CUT: u32 = 0o10000;
const EXCEPT: u32 = 0o20000;
/// msgctl's own commands
const STAT_BY_SLOT: u32 = 11;
const INFO: u32 = 12;

pub(super) fn msgget(call: &mut Call<'_>) -> CallResult {
    let (credentials, now) = (call.ipc_credentials()?, call.wall_seconds());
    let asked = asked(call, 1, &credentials);
    Ok(u64::from(call.core().ipc.queues.get_or_make(asked, |_| Ok(()), || Ok(Queue::new(now)))?))
}

/// What is said of a queue that is not there: it may have been removed while the caller slept.
fn missing(call: &Call<'_>) -> Errno {
    if call.resumed { Errno::EIDRM } else { Errno::EINVAL }
}
/// Waits for a change of any queue, unless IPC_NOWAIT gives `otherwise`.
fn wait(call: &Call<'_>, flags: u32, otherwise: Errno) -> CallError {
    match flags & NO_WAIT {
        0 => call.wait(vec![WaitKey::Messages], Restart::Never),
        _ => otherwise.into(),
    }
}

pub(super) fn msgsnd(call: &mut Call<'_>) -> CallResult {
    let (id, address, flags, pid) = (call.unsigned(0), call.word(1), call.unsigned(3), call.pid);
    let word = call.abi().word_bytes;
    let length = usize::try_from(call.word(2)).ok().filter(|length| *length <= MESSAGE_MAX);
    let length = length.ok_or(Errno::EINVAL)?;
    let bytes = call.read_bytes(address, word + length)?;
    let kind = View::new(call.abi(), &bytes).signed_word(0).filter(|kind| *kind > 0).ok_or(Errno::EINVAL)?;
    let text = bytes.get(word..).unwrap_or_default().to_vec();
    let (credentials, now, missing) = (call.ipc_credentials()?, call.wall_seconds(), missing(call));
    let (permission, queue) = call.core().ipc.queues.get_mut(id).map_err(|_| missing)?;
    permission.check(&credentials, 0o2)?;
    match queue.send(kind, text) {
        Ok(()) => {
            (queue.send_time, queue.sender) = (now, pid);
            call.core().wake(WaitKey::Messages);
            Ok(0)
        }
        Err(error) => Err(wait(call, flags, error)),
    }
}

pub(super) fn msgrcv(call: &mut Call<'_>) -> CallResult {
    let (id, address, kind, flags) = (call.unsigned(0), call.word(1), call.long(3), call.unsigned(4));
    let room = usize::try_from(call.long(2)).map_err(|_| Errno::EINVAL)?;
    let wanted = Wanted::from_type(kind, flags & EXCEPT != 0);
    let (credentials, now, pid) = (call.ipc_credentials()?, call.wall_seconds(), call.pid);
    let missing = missing(call);
    let (permission, queue) = call.core().ipc.queues.get_mut(id).map_err(|_| missing)?;
    permission.check(&credentials, 0o4)?;
    match queue.receive(wanted, room, flags & CUT != 0) {
        Ok((kind, text)) => {
            (queue.receive_time, queue.receiver) = (now, pid);
            call.core().wake(WaitKey::Messages);
            let mut record = call.record();
            record.word(kind as u64).bytes(&text);
            call.write(address, record.as_bytes())?;
            Ok(text.len() as u64)
        }
        Err(Errno::ENOMSG) => Err(wait(call, flags, Errno::ENOMSG)),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn msgctl(call: &mut Call<'_>) -> CallResult {
    let (id, address) = (call.unsigned(0), call.word(2));
    let credentials = call.ipc_credentials()?;
    match call.ipc_command(1) {
        command::INFO | INFO => give_limits(call, address),
        STAT_BY_SLOT => {
            let id = call.kernel.core.ipc.queues.at(id)?;
            give_state(call, id, address)?;
            Ok(u64::from(id))
        }
        command::STAT => give_state(call, id, address),
        command::REMOVE => {
            let core = call.core();
            core.ipc.queues.get(id)?.0.check_owner(&credentials)?;
            core.ipc.queues.remove(id)?;
            core.wake(WaitKey::Messages);
            Ok(0)
        }
        command::SET => {
            let before = call.kernel.core.ipc.queues.get(id)?.0;
            before.check_owner(&credentials)?;
            let (after, now) = (call.ipc_change(address, before)?, call.wall_seconds());
            let bytes_max = call.read_word(address + ipc::queue_bytes_offset(call.abi()) as u64)?;
            let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
            if bytes_max > QUEUE_BYTES {
                return Err(Errno::EPERM.into());
            }
            let (permission, queue) = call.core().ipc.queues.get_mut(id)?;
            (*permission, queue.change_time, queue.bytes_max) = (after, now, bytes_max);
            call.core().wake(WaitKey::Messages);
            Ok(0)
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

fn give_state(call: &mut Call<'_>, id: u32, address: u64) -> CallResult {
    let credentials = call.ipc_credentials()?;
    let (permission, queue) = call.kernel.core.ipc.queues.get(id)?;
    permission.check(&credentials, 0o4)?;
    let state = QueueState {
        times: [queue.send_time, queue.receive_time, queue.change_time],
        bytes: queue.bytes as u64,
        messages: queue.len() as u64,
        bytes_max: queue.bytes_max as u64,
        sender: queue.sender,
        receiver: queue.receiver,
    };
    let record = ipc::queue(call.abi(), permission, &state);
    call.write(address, record.as_bytes())?;
    Ok(0)
}
/// `struct msginfo`.
fn give_limits(call: &mut Call<'_>, address: u64) -> CallResult {
    let queues = &call.kernel.core.ipc.queues;
    let (used, messages, bytes) =
        queues.iter().fold((0u32, 0u32, 0u32), |(used, messages, bytes), (_, queue)| {
            (used + 1, messages + queue.len() as u32, bytes + queue.bytes as u32)
        });
    let most = crate::ipc::OBJECTS_MAX as u32;
    let mut record = call.record();
    for value in [used, messages, MESSAGE_MAX as u32, QUEUE_BYTES as u32, most, 16, bytes] {
        record.u32(value);
    }
    record.u16(u16::MAX).u16(0);
    call.write(address, record.as_bytes())?;
    Ok(u64::from(call.kernel.core.ipc.queues.highest()))
}
