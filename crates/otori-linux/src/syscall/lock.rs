//! Locks: the F_*LK* commands of fcntl, and flock.
//!
//! Neighbours: `file/lock.rs` has the table, `layout/lock.rs` the structures, `descriptor.rs` the rest of fcntl.
//! fcntl(2) "Advisory record locking", flock(2).
use super::{
    call::{Call, CallResult},
    layout::lock::{Flock, Width},
};
use crate::{
    arena::Index,
    errno::Errno,
    file::{
        OpenFile,
        lock::{Holder, Range, RecordLock, Strength},
    },
    task::waiting::{Restart, WaitKey},
    vfs::Node,
};
use alloc::vec;

/// What a lock command does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operation {
    /// F_GETLK
    Ask,
    /// F_SETLK
    Try,
    /// F_SETLKW
    Wait,
}

/// Whose locks a command is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scope {
    Process,
    /// F_OFD_*
    Description,
}

const F_RDLCK: u16 = 0;
const F_WRLCK: u16 = 1;
const F_UNLCK: u16 = 2;

/// The bytes that a structure means.
fn range(call: &mut Call<'_>, lock: &Flock) -> Result<Range, Errno> {
    let file = call.file(0)?;
    let base = match lock.whence {
        0 => 0,
        1 => file.offset,
        2 => {
            let (node, tid) = (file.node.ok_or(Errno::EINVAL)?, call.tid);
            call.kernel.with_files(tid, |vfs, context| vfs.stat(context, node))?.size
        }
        _ => return Err(Errno::EINVAL),
    };
    let start = i64::try_from(base).ok().and_then(|base| base.checked_add(lock.start));
    let start = start.ok_or(Errno::EOVERFLOW)?;
    let (first, last) = match lock.length {
        0 => (start, i64::MAX),
        1.. => (start, start.checked_add(lock.length - 1).ok_or(Errno::EOVERFLOW)?),
        _ => (start.checked_add(lock.length).ok_or(Errno::EINVAL)?, start.saturating_sub(1)),
    };
    let first = u64::try_from(first).map_err(|_| Errno::EINVAL)?;
    let last = u64::try_from(last).map_err(|_| Errno::EINVAL)?;
    Ok(Range { start: first, end: last + 1 })
}

pub(super) fn record(call: &mut Call<'_>, operation: Operation, scope: Scope, width: Width) -> CallResult {
    let (abi, address, pid) = (call.abi(), call.word(2), call.pid);
    let bytes = call.read_bytes(address, Flock::size(abi, width))?;
    let asked = Flock::parse(abi, width, &bytes).ok_or(Errno::EFAULT)?;
    if scope == Scope::Description && asked.pid != 0 {
        return Err(Errno::EINVAL.into());
    }
    let range = range(call, &asked)?;
    let index = call.file_index(0)?;
    let file = call.file(0)?;
    let node = file.node.ok_or(Errno::EBADF)?;
    let (reads, writes) = (file.reads(), file.writes());
    let node = call.kernel.vfs.identity(node);
    let holder = if scope == Scope::Process { Holder::Process(pid) } else { Holder::Description(index) };
    let strength = match asked.kind {
        F_RDLCK => Strength::Shared,
        F_WRLCK => Strength::Exclusive,
        F_UNLCK if operation != Operation::Ask => {
            call.core().locks.clear(node, holder, range)?;
            call.core().wake(WaitKey::Lock);
            return Ok(0);
        }
        _ => return Err(Errno::EINVAL.into()),
    };
    let wanted = RecordLock { node, holder, range, strength };
    let conflict = call.core().locks.conflict(&wanted);
    if operation == Operation::Ask {
        let answer = conflict.map_or(Flock { kind: F_UNLCK, ..asked }, |lock| shown(&lock));
        call.write(address, answer.bytes(abi, width).as_bytes())?;
        return Ok(0);
    }
    if (strength == Strength::Shared && !reads) || (strength == Strength::Exclusive && !writes) {
        return Err(Errno::EBADF.into());
    }
    call.core().locks.end_wait(pid);
    match conflict {
        None => {
            call.core().locks.set(wanted)?;
            // a write lock that became a read lock lets readers in
            call.core().wake(WaitKey::Lock);
            Ok(0)
        }
        Some(_) if operation == Operation::Try => Err(Errno::EAGAIN.into()),
        Some(lock) => {
            if let (Holder::Process(other), Holder::Process(_)) = (lock.holder, holder) {
                let core = call.core();
                let waiting: alloc::vec::Vec<u32> = core
                    .waiters(WaitKey::Lock, usize::MAX)
                    .into_iter()
                    .filter_map(|tid| core.task(tid).ok().map(|task| task.pid))
                    .collect();
                core.locks.begin_wait(pid, other, |waiter| waiting.contains(&waiter))?;
            }
            Err(call.wait(vec![WaitKey::Lock], Restart::WithFlag))
        }
    }
}

/// A lock as F_GETLK shows it.
fn shown(lock: &RecordLock) -> Flock {
    let length = if lock.range.end >= Range::TO_THE_END { 0 } else { lock.range.end - lock.range.start };
    Flock {
        kind: if lock.strength == Strength::Shared { F_RDLCK } else { F_WRLCK },
        whence: 0,
        start: lock.range.start as i64,
        length: length as i64,
        pid: match lock.holder {
            Holder::Process(pid) => pid,
            Holder::Description(_) => u32::MAX,
        },
    }
}

/// flock(2): the lock belongs to the open file description.
pub(super) fn flock(call: &mut Call<'_>) -> CallResult {
    const NON_BLOCKING: u32 = 4;
    let (operation, index) = (call.unsigned(1), call.file_index(0)?);
    let wanted = match operation & !NON_BLOCKING {
        8 => {
            call.file_mut(0)?.flock = None;
            call.core().wake(WaitKey::Lock);
            return Ok(0);
        }
        1 => Strength::Shared,
        2 => Strength::Exclusive,
        _ => return Err(Errno::EINVAL.into()),
    };
    let Some(node) = call.file(0)?.node else {
        // pipes and sockets are nobody else's: the lock is always free
        call.file_mut(0)?.flock = Some(wanted);
        return Ok(0);
    };
    if !held_elsewhere(call, index, node, wanted) {
        call.file_mut(0)?.flock = Some(wanted);
        call.core().wake(WaitKey::Lock);
        return Ok(0);
    }
    if operation & NON_BLOCKING != 0 {
        return Err(Errno::EAGAIN.into());
    }
    // changing the strength of a lock is not atomic: the old one is gone first
    call.file_mut(0)?.flock = None;
    Err(call.wait(vec![WaitKey::Lock], Restart::WithFlag))
}

fn held_elsewhere(call: &Call<'_>, own: Index<OpenFile>, node: Node, wanted: Strength) -> bool {
    let vfs = &call.kernel.vfs;
    let wanted_file = vfs.identity(node);
    let same = |node: Node| vfs.identity(node) == wanted_file;
    call.kernel.core.files.iter().any(|(other, file)| {
        other != own && file.node.is_some_and(same) && file.flock.is_some_and(|held| held.conflicts(wanted))
    })
}
