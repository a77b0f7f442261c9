//! Descriptors that stand for something else than a file: eventfd, signalfd, inotify, memfd, and splice.
//!
//! Neighbour: `file/event.rs`. eventfd(2), signalfd(2), inotify(7), memfd_create(2), splice(2).
use super::call::{Call, CallResult};
use crate::{
    errno::Errno,
    file::{FileKind, event::EventCounter, flag, open::Opening},
    vfs::Follow,
};

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
/// A descriptor by which nothing arrives: signals act in the usual way.
pub(super) fn signalfd(call: &mut Call<'_>) -> CallResult {
    let flags = call.abi().open_from_guest(call.unsigned(3));
    let tid = call.tid;
    Ok(call.kernel.install_new(tid, FileKind::Signals, flags & (flag::CLOSE_ON_EXEC | flag::NON_BLOCKING))?)
}
pub(super) fn inotify_init(call: &mut Call<'_>) -> CallResult {
    let tid = call.tid;
    Ok(call.kernel.install_new(tid, FileKind::Watch, 0)?)
}
pub(super) fn inotify_init1(call: &mut Call<'_>) -> CallResult {
    let flags = call.abi().open_from_guest(call.unsigned(0));
    let tid = call.tid;
    Ok(call.kernel.install_new(tid, FileKind::Watch, flags & (flag::CLOSE_ON_EXEC | flag::NON_BLOCKING))?)
}
/// A watch that never reports: the path is checked, the descriptor counts.
pub(super) fn inotify_add_watch(call: &mut Call<'_>) -> CallResult {
    if !matches!(call.file(0)?.kind, FileKind::Watch) {
        return Err(Errno::EINVAL.into());
    }
    let path = call.path(1)?;
    let (tid, cwd) = (call.tid, call.cwd()?);
    call.kernel.with_files(tid, |vfs, context| vfs.lookup(context, cwd, &path, Follow::Yes))?;
    let file = call.file_mut(0)?;
    file.offset += 1;
    Ok(file.offset)
}
pub(super) fn inotify_rm_watch(call: &mut Call<'_>) -> CallResult {
    match call.file(0)?.kind {
        FileKind::Watch => Ok(0),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// memfd_create(2): an unlinked file in /tmp.
pub(super) fn memfd_create(call: &mut Call<'_>) -> CallResult {
    let name_address = call.word(0);
    call.string(name_address, 249)?;
    let (tid, root) = (call.tid, call.kernel.vfs.root());
    let path = alloc::format!("/tmp/.memfd-{}-{}", call.pid, call.kernel.core.calls);
    let flags = flag::READ_WRITE | flag::CREATE | flag::EXCLUSIVE;
    let opening = Opening { at: root, path: path.as_bytes(), flags, mode: 0o777 };
    let file = call.kernel.open_path(tid, opening)?;
    call.kernel.with_files(tid, |vfs, context| vfs.unlink(context, root, path.as_bytes()).map(|_| ()))?;
    Ok(call.install(file, call.unsigned(1) & 1 != 0)?)
}

/// splice and tee are not offered; programs fall back to read and write.
pub(super) fn splice(call: &mut Call<'_>) -> CallResult {
    call.file(0)?;
    Err(Errno::EINVAL.into())
}
