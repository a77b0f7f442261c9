//! Descriptors that stand for something else than a file: eventfd, signalfd, inotify, memfd.
//!
//! Neighbour: `file/event.rs`. eventfd(2), signalfd(2), inotify(7), memfd_create(2).
use super::{
    call::{Call, CallResult},
    signal::read_set,
};
use crate::{
    errno::Errno,
    file::{FileKind, event::EventCounter, flag, watch::Watches},
    task::waiting::WaitKey,
    vfs::{Follow, Kind, NAME_MAX, Want, seal},
};
use alloc::boxed::Box;

/// What the name of a memory file begins with.
const MEMORY_PREFIX: &[u8] = b"memfd:";

pub(super) fn eventfd(call: &mut Call<'_>) -> CallResult {
    make_event(call, 0)
}
pub(super) fn eventfd2(call: &mut Call<'_>) -> CallResult {
    make_event(call, call.unsigned(1))
}
fn make_event(call: &mut Call<'_>, guest_flags: u32) -> CallResult {
    let counter = EventCounter { value: u64::from(call.unsigned(0)), semaphore: guest_flags & 1 != 0 };
    let flags = call.abi().open_from_guest(guest_flags & !1);
    if flags & !(flag::CLOSE_ON_EXEC | flag::NON_BLOCKING) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let tid = call.tid;
    Ok(call.kernel.install_new(tid, FileKind::Event(counter), flag::READ_WRITE | flags)?)
}
/// The old call has no flags.
pub(super) fn signalfd(call: &mut Call<'_>) -> CallResult {
    watch_signals(call, 0)
}
pub(super) fn signalfd4(call: &mut Call<'_>) -> CallResult {
    let flags = call.abi().open_from_guest(call.unsigned(3));
    watch_signals(call, flags)
}
/// A new descriptor for -1, or another set for one that is there.
fn watch_signals(call: &mut Call<'_>, flags: u32) -> CallResult {
    let size = usize::try_from(call.word(2)).unwrap_or(usize::MAX);
    if size != call.abi().signal_set_bytes || flags & !(flag::CLOSE_ON_EXEC | flag::NON_BLOCKING) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let set = read_set(call, call.word(1), size)?.blockable();
    if call.int(0) == -1 {
        let tid = call.tid;
        return Ok(call.kernel.install_new(tid, FileKind::Signals(set), flags)?);
    }
    match &mut call.file_mut(0)?.kind {
        FileKind::Signals(watched) => *watched = set,
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(call.word(0))
}

fn make_watches(call: &mut Call<'_>, flags: u32) -> CallResult {
    if flags & !(flag::CLOSE_ON_EXEC | flag::NON_BLOCKING) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let tid = call.tid;
    Ok(call.kernel.install_new(tid, FileKind::Watch(Box::default()), flags)?)
}
pub(super) fn inotify_init(call: &mut Call<'_>) -> CallResult {
    make_watches(call, 0)
}
pub(super) fn inotify_init1(call: &mut Call<'_>) -> CallResult {
    let flags = call.abi().open_from_guest(call.unsigned(0));
    make_watches(call, flags)
}
fn watches<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Watches, Errno> {
    match &mut call.file_mut(0)?.kind {
        FileKind::Watch(watches) => Ok(watches),
        _ => Err(Errno::EINVAL),
    }
}
pub(super) fn inotify_add_watch(call: &mut Call<'_>) -> CallResult {
    /// IN_ONLYDIR, IN_DONT_FOLLOW
    const ONLY_FOLDERS: u32 = 0x0100_0000;
    const DO_NOT_FOLLOW: u32 = 0x0200_0000;
    let mask = call.unsigned(2);
    watches(call)?;
    if mask & 0xfff == 0 {
        return Err(Errno::EINVAL.into());
    }
    let path = call.path(1)?;
    let (tid, cwd) = (call.tid, call.cwd()?);
    let follow = if mask & DO_NOT_FOLLOW != 0 { Follow::No } else { Follow::Yes };
    let node = call.kernel.with_files(tid, |vfs, context| {
        let node = vfs.lookup(context, cwd, &path, follow)?;
        vfs.access(context, node, Want::READ)?;
        if mask & ONLY_FOLDERS != 0 && vfs.kind(node)? != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        Ok(vfs.identity(node))
    })?;
    let limit = call.kernel.core.config.limits.watches;
    let (number, new) = watches(call)?.add(node, mask, limit)?;
    call.kernel.vfs.count_watches(isize::from(new));
    Ok(number as u64)
}
pub(super) fn inotify_rm_watch(call: &mut Call<'_>) -> CallResult {
    let number = call.int(1);
    watches(call)?.remove(number)?;
    call.kernel.vfs.count_watches(-1);
    let index = call.file_index(0)?;
    call.core().wake(WaitKey::File(index));
    Ok(0)
}

/// memfd_create(2): a file without a name, which may be sealed.
pub(super) fn memfd_create(call: &mut Call<'_>) -> CallResult {
    const CLOSE_ON_EXEC: u32 = 1;
    const ALLOW_SEALING: u32 = 2;
    let (name_address, flags) = (call.word(0), call.unsigned(1));
    if flags & !(CLOSE_ON_EXEC | ALLOW_SEALING) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let name = call.string(name_address, NAME_MAX - MEMORY_PREFIX.len()).map_err(|error| match error {
        Errno::ENAMETOOLONG => Errno::EINVAL,
        other => other,
    })?;
    let (tid, pid) = (call.tid, call.pid);
    let name = [MEMORY_PREFIX, &name[..]].concat();
    let seals = if flags & ALLOW_SEALING != 0 { 0 } else { seal::SEAL };
    let node = call.kernel.with_files(tid, |vfs, context| vfs.make_memory_file(context, &name, seals))?;
    let path = call.kernel.path_of(pid, node);
    let opened = call.kernel.open_unnamed(pid, node, flag::READ_WRITE | flag::LARGE, path)?;
    Ok(call.install(opened, flags & CLOSE_ON_EXEC != 0)?)
}
