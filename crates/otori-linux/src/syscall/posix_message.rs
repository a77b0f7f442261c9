//! POSIX message queues: mq_open, mq_unlink, mq_timedsend, mq_timedreceive, mq_notify, mq_getsetattr.
//!
//! Neighbour: `ipc/posix.rs` keeps the messages; here is waiting. mq_overview(7); names come without their slash.
use super::{
    call::{Call, CallError, CallResult},
    time::timespec,
};
use crate::{
    errno::Errno,
    file::{FileKind, flag},
    ipc::posix::{
        MESSAGE_BYTES_HARD_MAX, MESSAGE_BYTES_MAX, MESSAGES_HARD_MAX, MESSAGES_MAX, NewQueue, Notify,
        PRIORITIES, QueueNumber,
    },
    record::View,
    signal::{Detail, Information, code},
    task::waiting::{Restart, WaitKey},
    vfs::{Capability, NAME_MAX, Want},
};
use alloc::{vec, vec::Vec};

/// Longs of `struct mq_attr`.
const ATTRIBUTE_WORDS: usize = 8;
/// SIGEV_SIGNAL, SIGEV_NONE
const BY_SIGNAL: u32 = 0;
const BY_NOTHING: u32 = 1;

fn name(call: &mut Call<'_>) -> Result<Vec<u8>, Errno> {
    let address = call.word(0);
    let name = call.string(address, NAME_MAX)?;
    match name.as_slice() {
        b"" => Err(Errno::ENOENT),
        b"." | b".." => Err(Errno::EACCES),
        _ if name.contains(&b'/') => Err(Errno::EACCES),
        _ => Ok(name),
    }
}

/// What a new queue holds: as asked, or 10 messages of 8 KiB.
fn attributes(call: &mut Call<'_>, address: u64) -> Result<(usize, usize), Errno> {
    if address == 0 {
        return Ok((MESSAGES_MAX, MESSAGE_BYTES_MAX));
    }
    let word = call.abi().word_bytes;
    let bytes = call.read_bytes(address, ATTRIBUTE_WORDS * word)?;
    let view = View::new(call.abi(), &bytes);
    let positive = |place: usize| {
        view.signed_word(place * word)
            .and_then(|value| usize::try_from(value).ok())
            .filter(|value| *value > 0)
    };
    let (messages, length) = positive(1).zip(positive(2)).ok_or(Errno::EINVAL)?;
    let (most, longest) = match call.process()?.identity.can(Capability::SYS_RESOURCE) {
        true => (MESSAGES_HARD_MAX, MESSAGE_BYTES_HARD_MAX),
        false => (MESSAGES_MAX, MESSAGE_BYTES_MAX),
    };
    if messages > most || length > longest { Err(Errno::EINVAL) } else { Ok((messages, length)) }
}

pub(super) fn mq_open(call: &mut Call<'_>) -> CallResult {
    let name = name(call)?;
    let flags = call.abi().open_from_guest(call.unsigned(1));
    let found = call.kernel.core.ipc.posix.find(&name);
    let number = match found {
        Some(_) if flags & (flag::CREATE | flag::EXCLUSIVE) == flag::CREATE | flag::EXCLUSIVE => {
            return Err(Errno::EEXIST.into());
        }
        Some(number) => {
            let queue = call.kernel.core.ipc.posix.get(number)?;
            let (mode, uid, gid) = (queue.mode, queue.uid, queue.gid);
            let want = match flags & flag::ACCESS {
                0 => Want::READ,
                flag::WRITE_ONLY => Want::WRITE,
                _ => Want(Want::READ.0 | Want::WRITE.0),
            };
            call.process()?.identity.effective.check_mode(mode, uid, gid, false, want)?;
            number
        }
        None if flags & flag::CREATE == 0 => return Err(Errno::ENOENT.into()),
        None => {
            let (messages_max, message_bytes) = attributes(call, call.word(3))?;
            let mode = call.unsigned(2) as u16 & 0o777;
            let process = call.process()?;
            let mode = mode & !process.place.umask;
            let (uid, gid) = (process.identity.effective.uid, process.identity.effective.gid);
            let new = NewQueue { mode, uid, gid, messages_max, message_bytes };
            call.core().ipc.posix.make(&name, new)?
        }
    };
    call.core().ipc.posix.hold(number);
    let kept = flags & (flag::ACCESS | flag::NON_BLOCKING) | flag::CLOSE_ON_EXEC;
    let tid = call.tid;
    Ok(call.kernel.install_new(tid, FileKind::Messages(number), kept)?)
}

pub(super) fn mq_unlink(call: &mut Call<'_>) -> CallResult {
    let name = name(call)?;
    let number = call.kernel.core.ipc.posix.find(&name).ok_or(Errno::ENOENT)?;
    let owner = call.kernel.core.ipc.posix.get(number)?.uid;
    let identity = &call.process()?.identity;
    // the folder of queues is sticky
    if identity.effective.uid != owner && !identity.can(Capability::FOWNER) {
        return Err(Errno::EPERM.into());
    }
    call.core().ipc.posix.unlink(&name)?;
    Ok(0)
}

/// The queue behind the first argument, with whether it may be waited for.
fn queue(call: &Call<'_>, access: fn(&crate::file::OpenFile) -> bool) -> Result<(QueueNumber, bool), Errno> {
    let file = call.file(0)?;
    match file.kind {
        FileKind::Messages(number) if access(file) => Ok((number, !file.non_blocking())),
        _ => Err(Errno::EBADF),
    }
}

/// What a full or empty queue means: waiting until the time that was given, which is on the wall clock.
fn wait(call: &mut Call<'_>, number: QueueNumber, waits: bool, width: usize) -> CallError {
    if !waits {
        return Errno::EAGAIN.into();
    }
    if !call.resumed {
        let until = match timespec(call, call.word(4), width) {
            Ok(until) => until,
            Err(error) => return error.into(),
        };
        let core = &call.kernel.core;
        let wall_ns = u64::try_from(core.wall_ns()).unwrap_or(0);
        let left = until.map(|until| until.saturating_sub(wall_ns));
        call.give_up_after(left);
    }
    if call.timed_out() {
        return Errno::ETIMEDOUT.into();
    }
    call.wait(vec![WaitKey::PosixMessages(number)], Restart::WithFlag)
}

fn send(call: &mut Call<'_>, width: usize) -> CallResult {
    let (number, waits) = queue(call, crate::file::OpenFile::writes)?;
    let (length, priority) = (call.word(2), call.unsigned(3));
    if priority >= PRIORITIES {
        return Err(Errno::EINVAL.into());
    }
    let queue = call.kernel.core.ipc.posix.get(number)?;
    if length > queue.message_bytes as u64 {
        return Err(Errno::EMSGSIZE.into());
    }
    if queue.is_full() {
        return Err(wait(call, number, waits, width));
    }
    let text = call.read_bytes(call.word(1), length as usize)?;
    let key = WaitKey::PosixMessages(number);
    // who waits to receive takes the message, so that nobody is notified
    let receives = call.kernel.core.waiters(key, 1).len() == 1;
    let queue = call.core().ipc.posix.get_mut(number)?;
    let was_empty = queue.len() == 0;
    queue.send(priority, text)?;
    let notify = if was_empty && !receives { queue.notify.take() } else { None };
    call.core().wake(key);
    if let Some(Notify { pid, signal: Some(signal), value }) = notify {
        let (own, uid) = (call.pid, call.process()?.identity.uid);
        let detail = Detail::Sender { pid: own, uid, value };
        call.core().send_to_process(pid, signal, Information { code: code::MESSAGE, detail });
    }
    Ok(0)
}
fn receive(call: &mut Call<'_>, width: usize) -> CallResult {
    let (number, waits) = queue(call, crate::file::OpenFile::reads)?;
    let (address, room, priority_address) = (call.word(1), call.word(2), call.word(3));
    let queue = call.core().ipc.posix.get_mut(number)?;
    if room < queue.message_bytes as u64 {
        return Err(Errno::EMSGSIZE.into());
    }
    match queue.receive() {
        Ok((priority, text)) => {
            call.core().wake(WaitKey::PosixMessages(number));
            call.write(address, &text)?;
            if priority_address != 0 {
                call.write_u32(priority_address, priority)?;
            }
            Ok(text.len() as u64)
        }
        Err(_) => Err(wait(call, number, waits, width)),
    }
}
pub(super) fn mq_timedsend(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    send(call, width)
}
pub(super) fn mq_timedsend_time64(call: &mut Call<'_>) -> CallResult {
    send(call, 8)
}
pub(super) fn mq_timedreceive(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    receive(call, width)
}
pub(super) fn mq_timedreceive_time64(call: &mut Call<'_>) -> CallResult {
    receive(call, 8)
}

/// `struct sigevent`: value, signal, how. SIGEV_THREAD needs a netlink socket that is not there.
pub(super) fn mq_notify(call: &mut Call<'_>) -> CallResult {
    let (number, _) = queue(call, |_| true)?;
    let (pid, address) = (call.pid, call.word(1));
    if address == 0 {
        let queue = call.core().ipc.posix.get_mut(number)?;
        queue.notify = queue.notify.filter(|notify| notify.pid != pid);
        return Ok(0);
    }
    let word = call.abi().word_bytes;
    let bytes = call.read_bytes(address, word + 8)?;
    let view = View::new(call.abi(), &bytes);
    let value = view.word(0).ok_or(Errno::EFAULT)?;
    let (signal, how) = view.u32(word).zip(view.u32(word + 4)).ok_or(Errno::EFAULT)?;
    let signal = match how {
        BY_SIGNAL => Some(call.abi().signal_from_guest(u64::from(signal)).ok_or(Errno::EINVAL)?),
        BY_NOTHING => None,
        _ => return Err(Errno::EINVAL.into()),
    };
    let queue = call.core().ipc.posix.get_mut(number)?;
    if queue.notify.is_some() {
        return Err(Errno::EBUSY.into());
    }
    queue.notify = Some(Notify { pid, signal, value });
    Ok(0)
}

pub(super) fn mq_getsetattr(call: &mut Call<'_>) -> CallResult {
    let (number, _) = queue(call, |_| true)?;
    let (new, old) = (call.word(1), call.word(2));
    let shown = call.file(0)?.flags & flag::NON_BLOCKING;
    let queue = call.kernel.core.ipc.posix.get(number)?;
    let (most, length, now) = (queue.messages_max, queue.message_bytes, queue.len());
    let non_blocking = call.abi().open_to_guest(flag::NON_BLOCKING);
    if new != 0 {
        let wanted = call.read_word(new)?;
        if wanted & !u64::from(non_blocking) != 0 {
            return Err(Errno::EINVAL.into());
        }
        let file = call.file_mut(0)?;
        let bit = if wanted == 0 { 0 } else { flag::NON_BLOCKING };
        file.flags = file.flags & !flag::NON_BLOCKING | bit;
    }
    if old != 0 {
        let mut record = call.record();
        record.word(u64::from(call.abi().open_to_guest(shown)));
        record.word(most as u64).word(length as u64).word(now as u64);
        record.pad_to(ATTRIBUTE_WORDS * call.abi().word_bytes);
        call.write(old, record.as_bytes())?;
    }
    Ok(0)
}
