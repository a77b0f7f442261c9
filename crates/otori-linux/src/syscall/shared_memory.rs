//! System V shared memory: shmget, shmat, shmdt, shmctl.
//!
//! A segment is a set of shared pages, attached as any shared mapping is. Neighbours: `ipc/memory.rs`, `memory.rs`.
//! shmget(2), shmop(2), shmctl(2).
use super::{
    call::{Call, CallResult},
    ipc::{asked, command},
    layout::ipc::{self, SegmentState},
    memory::{map_errno, place},
};
use crate::{
    arch::{Abi, Column, PAGE_BYTES},
    errno::Errno,
    ipc::memory::Segment,
    mm::{Backing, Prot, SharedPages},
};
use alloc::sync::Arc;

/// SHM_RDONLY, SHM_RND, SHM_REMAP, SHM_EXEC
const READ_ONLY: u32 = 0o10000;
const ROUND: u32 = 0o20000;
const REMAP: u32 = 0o40000;
const EXECUTE: u32 = 0o100000;
/// shmctl's own commands
const LOCK: u32 = 11;
const UNLOCK: u32 = 12;
const STAT_BY_SLOT: u32 = 13;
const INFO: u32 = 14;
/// set in the mode of a segment that goes with its last mapping
const DESTROYED: u16 = 0o1000;

pub(super) fn shmget(call: &mut Call<'_>) -> CallResult {
    let (bytes, credentials) = (call.word(1), call.ipc_credentials()?);
    let (now, creator) = (call.wall_seconds(), call.pid);
    let asked = asked(call, 2, &credentials);
    let core = call.core();
    let (budget, most) = (&core.shared, core.config.limits.pages as u64);
    let check = |segment: &Segment| if segment.bytes < bytes { Err(Errno::EINVAL) } else { Ok(()) };
    let make = || {
        let count = bytes.div_ceil(PAGE_BYTES);
        if bytes == 0 || count > most {
            return Err(Errno::EINVAL);
        }
        let pages = SharedPages::new(count as usize, None, budget).ok_or(Errno::ENOMEM)?;
        Ok(Segment {
            pages: Arc::new(pages),
            bytes,
            creator,
            last: 0,
            attach_time: 0,
            detach_time: 0,
            change_time: now,
            removed: false,
        })
    };
    Ok(u64::from(core.ipc.segments.get_or_make(asked, check, make)?))
}

/// SHMLBA: attachments begin at multiples of it where the cache asks for that.
fn alignment(abi: &Abi) -> u64 {
    match abi.column {
        Column::MipsO32 => 0x4_0000,
        Column::Arm => 4 * PAGE_BYTES,
        _ => PAGE_BYTES,
    }
}

pub(super) fn shmat(call: &mut Call<'_>) -> CallResult {
    let (id, wanted, flags) = (call.unsigned(0), call.word(1), call.unsigned(2));
    let (credentials, now, pid) = (call.ipc_credentials()?, call.wall_seconds(), call.pid);
    let (permission, segment) = call.kernel.core.ipc.segments.get(id)?;
    permission.check(&credentials, if flags & READ_ONLY != 0 { 0o4 } else { 0o6 })?;
    let pages = Arc::clone(&segment.pages);
    let length = segment.pages.count() as u64 * PAGE_BYTES;
    let unit = alignment(call.abi());
    let address = match wanted {
        0 => place(call, 0, length, 0)?,
        _ => {
            let start = if flags & ROUND != 0 { wanted / unit * unit } else { wanted };
            let end = start.checked_add(length).ok_or(Errno::EINVAL)?;
            let space = call.kernel.core.space_of(call.tid)?;
            if !start.is_multiple_of(PAGE_BYTES) || start == 0 {
                return Err(Errno::EINVAL.into());
            }
            if flags & REMAP == 0 && !space.memory.is_free(start, end) {
                return Err(Errno::EINVAL.into());
            }
            start
        }
    };
    let prot = Prot { read: true, write: flags & READ_ONLY == 0, execute: flags & EXECUTE != 0 };
    let name = alloc::format!("/SYSV{:08x}", permission_key(call, id)?);
    let backing = Backing::Shared { pages, offset: 0 };
    let space = call.kernel.core.space_of_mut(call.tid)?;
    space.memory.map(address, length, prot, backing, &name).map_err(map_errno)?;
    let (_, segment) = call.core().ipc.segments.get_mut(id)?;
    (segment.attach_time, segment.last) = (now, pid);
    Ok(address)
}
fn permission_key(call: &Call<'_>, id: u32) -> Result<i32, Errno> {
    Ok(call.kernel.core.ipc.segments.get(id)?.0.key)
}

pub(super) fn shmdt(call: &mut Call<'_>) -> CallResult {
    let address = call.word(0);
    let (now, pid) = (call.wall_seconds(), call.pid);
    let core = &mut call.kernel.core;
    let space = core.space_of(call.tid)?;
    let region = space.memory.region_at(address).filter(|region| region.start == address);
    let Some(Backing::Shared { pages, offset: 0 }) = region.map(|region| &region.backing) else {
        return Err(Errno::EINVAL.into());
    };
    let pages = Arc::clone(pages);
    let segment = core.ipc.segment_of(&pages).ok_or(Errno::EINVAL)?;
    (segment.detach_time, segment.last) = (now, pid);
    let length = pages.count() as u64 * PAGE_BYTES;
    drop(pages);
    core.space_of_mut(call.tid)?.memory.unmap(address, length).map_err(map_errno)?;
    let core = &mut call.kernel.core;
    core.ipc.purge(&core.spaces);
    Ok(0)
}

pub(super) fn shmctl(call: &mut Call<'_>) -> CallResult {
    let (id, address) = (call.unsigned(0), call.word(2));
    let credentials = call.ipc_credentials()?;
    match call.ipc_command(1) {
        command::INFO => give_limits(call, address),
        INFO => give_use(call, address),
        STAT_BY_SLOT => {
            let id = call.kernel.core.ipc.segments.at(id)?;
            give_state(call, id, address)?;
            Ok(u64::from(id))
        }
        command::STAT => give_state(call, id, address),
        command::REMOVE => {
            let core = &mut call.kernel.core;
            let (permission, segment) = core.ipc.segments.get_mut(id)?;
            permission.check_owner(&credentials)?;
            segment.removed = true;
            // nobody finds it by its key any more
            permission.key = 0;
            permission.mode |= DESTROYED;
            core.ipc.purge(&core.spaces);
            Ok(0)
        }
        command::SET => {
            let before = call.kernel.core.ipc.segments.get(id)?.0;
            before.check_owner(&credentials)?;
            let (after, now) = (call.ipc_change(address, before)?, call.wall_seconds());
            let (permission, segment) = call.core().ipc.segments.get_mut(id)?;
            (*permission, segment.change_time) = (after, now);
            Ok(0)
        }
        LOCK | UNLOCK => {
            call.kernel.core.ipc.segments.get(id)?.0.check_owner(&credentials)?;
            Ok(0)
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

fn give_state(call: &mut Call<'_>, id: u32, address: u64) -> CallResult {
    let credentials = call.ipc_credentials()?;
    let core = &call.kernel.core;
    let (permission, segment) = core.ipc.segments.get(id)?;
    permission.check(&credentials, 0o4)?;
    let state = SegmentState {
        bytes: segment.bytes,
        times: [segment.attach_time, segment.detach_time, segment.change_time],
        creator: segment.creator,
        last: segment.last,
        attached: segment.attached(&core.spaces),
    };
    let record = ipc::segment(call.abi(), permission, &state);
    call.write(address, record.as_bytes())?;
    Ok(0)
}

/// `struct shminfo64`.
fn give_limits(call: &mut Call<'_>, address: u64) -> CallResult {
    let limits = &call.kernel.core.config.limits;
    let (segment, all) = (limits.pages as u64 * PAGE_BYTES, limits.total_pages as u64);
    let most = crate::ipc::OBJECTS_MAX as u64;
    let mut record = call.record();
    record.word(segment).word(1).word(most).word(most).word(all);
    record.pad_to(9 * call.abi().word_bytes);
    call.write(address, record.as_bytes())?;
    Ok(u64::from(call.kernel.core.ipc.segments.highest()))
}
/// `struct shm_info`.
fn give_use(call: &mut Call<'_>, address: u64) -> CallResult {
    let segments = &call.kernel.core.ipc.segments;
    let pages: u64 = segments.iter().map(|(_, segment)| segment.pages.count() as u64).sum();
    let mut record = call.record();
    record.u32(segments.iter().count() as u32);
    if call.abi().word_bytes == 8 {
        record.u32(0);
    }
    record.word(pages).word(pages).word(0).word(0).word(0);
    call.write(address, record.as_bytes())?;
    Ok(u64::from(call.kernel.core.ipc.segments.highest()))
}
