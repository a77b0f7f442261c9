//! Name spaces: unshare and setns. A device's kernel has those of mounts; UTS, IPC, user, PID, network, cgroup and time
//! name spaces are not built in, so their flags are EINVAL and `/proc/self/ns` has no entry for them.
//!
//! Neighbours: `mount.rs` copies the mounts, `task/clone.rs` has the flags of clone. unshare(2), setns(2),
//! mount_namespaces(7).
use super::call::{Call, CallResult};
use crate::{
    errno::Errno,
    file::FileKind,
    task::clone::flag,
    vfs::{Capability, Node},
};

/// Kernel whose setns takes a descriptor for a process.
const PROCESSES_SINCE: (u8, u8) = (5, 8);

/// What a thread can have alone, and the mounts.
pub(super) fn unshare(call: &mut Call<'_>) -> CallResult {
    let flags = call.word(0);
    if flags & !(flag::FS | flag::FILES | flag::NEW_MOUNTS) != 0 {
        return Err(Errno::EINVAL.into());
    }
    if flags & flag::NEW_MOUNTS != 0 {
        call.require(Capability::SYS_ADMIN)?;
        call.kernel.copy_mounts_for(call.pid)?;
    }
    if flags & flag::FILES != 0 {
        let tid = call.tid;
        call.kernel.unshare_descriptors(tid)?;
    }
    Ok(0)
}

/// The name space of mounts that a descriptor stands for: by `/proc/PID/ns/mnt`, or by a process.
fn mounts_of(call: &mut Call<'_>) -> Result<Node, Errno> {
    let kinds = u64::from(call.unsigned(1));
    let process = match &call.file(0)?.kind {
        FileKind::Mounts(top) if kinds == 0 || kinds == flag::NEW_MOUNTS => return Ok(*top),
        FileKind::Process(process) => *process,
        _ => return Err(Errno::EINVAL),
    };
    if call.kernel.core.kernel < PROCESSES_SINCE || kinds != flag::NEW_MOUNTS {
        return Err(Errno::EINVAL);
    }
    let pid = call.kernel.core.process_of(process)?;
    let root = call.kernel.core.process(pid)?.place.root;
    Ok(call.kernel.vfs.top_of(root))
}

/// The caller stands at the root of the other name space then.
pub(super) fn setns(call: &mut Call<'_>) -> CallResult {
    let top = mounts_of(call)?;
    call.require(Capability::SYS_ADMIN)?;
    call.require(Capability::SYS_CHROOT)?;
    if call.process()?.threads.len() > 1 {
        return Err(Errno::EINVAL.into());
    }
    [top, top].into_iter().for_each(|node| call.kernel.vfs.hold(node));
    let place = &mut call.process()?.place;
    let before = [place.root, place.cwd];
    (place.root, place.cwd) = (top, top);
    before.into_iter().for_each(|node| call.kernel.vfs.release(node));
    call.kernel.drop_space(before[0]);
    Ok(0)
}
