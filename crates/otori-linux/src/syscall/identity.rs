//! Users and groups: get and set real, effective and saved ids.
//!
//! credentials(7), setuid(2), setresuid(2), setgroups(2).
use super::call::{Call, CallResult};
use crate::{errno::Errno, task::Identity, vfs::Capability};
use alloc::vec::Vec;

/// Groups that one process can be in (NGROUPS_MAX is 65536 on Linux; devices have a handful).
const GROUPS_MAX: usize = 1024;
/// "Leave as it is".
const KEEP: u32 = u32::MAX;

pub(super) fn getuid(call: &mut Call<'_>) -> CallResult {
    Ok(u64::from(call.process()?.identity.uid))
}
pub(super) fn geteuid(call: &mut Call<'_>) -> CallResult {
    Ok(u64::from(call.process()?.identity.effective.uid))
}
pub(super) fn getgid(call: &mut Call<'_>) -> CallResult {
    Ok(u64::from(call.process()?.identity.gid))
}
pub(super) fn getegid(call: &mut Call<'_>) -> CallResult {
    Ok(u64::from(call.process()?.identity.effective.gid))
}

/// May an unprivileged process take this user id?
fn owns_user(identity: &Identity, uid: u32) -> bool {
    uid == KEEP || [identity.uid, identity.saved_uid, identity.effective.uid].contains(&uid)
}
fn owns_group(identity: &Identity, gid: u32) -> bool {
    gid == KEEP || [identity.gid, identity.saved_gid, identity.effective.gid].contains(&gid)
}
fn set(slot: &mut u32, value: u32) {
    if value != KEEP {
        *slot = value;
    }
}

pub(super) fn setuid(call: &mut Call<'_>) -> CallResult {
    let uid = call.unsigned(0);
    let identity = &mut call.process()?.identity;
    let all = identity.can(Capability::SETUID);
    if !all && ![identity.uid, identity.saved_uid].contains(&uid) {
        return Err(Errno::EPERM.into());
    }
    identity.change_users(|ids| {
        if all {
            (ids.uid, ids.saved_uid) = (uid, uid);
        }
        ids.effective.uid = uid;
    });
    Ok(0)
}
pub(super) fn setgid(call: &mut Call<'_>) -> CallResult {
    let gid = call.unsigned(0);
    let identity = &mut call.process()?.identity;
    if identity.can(Capability::SETGID) {
        (identity.gid, identity.saved_gid) = (gid, gid);
    } else if ![identity.gid, identity.saved_gid].contains(&gid) {
        return Err(Errno::EPERM.into());
    }
    identity.effective.gid = gid;
    Ok(0)
}
pub(super) fn setreuid(call: &mut Call<'_>) -> CallResult {
    let (real, effective) = (call.unsigned(0), call.unsigned(1));
    let saved = if real != KEEP || effective != KEEP { effective } else { KEEP };
    set_users(call, [real, effective, saved])
}
pub(super) fn setregid(call: &mut Call<'_>) -> CallResult {
    let (real, effective) = (call.unsigned(0), call.unsigned(1));
    let saved = if real != KEEP || effective != KEEP { effective } else { KEEP };
    set_groups_ids(call, [real, effective, saved])
}
pub(super) fn setresuid(call: &mut Call<'_>) -> CallResult {
    let wanted = [0, 1, 2].map(|index| call.unsigned(index));
    set_users(call, wanted)
}
pub(super) fn setresgid(call: &mut Call<'_>) -> CallResult {
    let wanted = [0, 1, 2].map(|index| call.unsigned(index));
    set_groups_ids(call, wanted)
}
fn set_users(call: &mut Call<'_>, wanted: [u32; 3]) -> CallResult {
    let identity = &mut call.process()?.identity;
    if !identity.can(Capability::SETUID) && !wanted.iter().all(|&uid| owns_user(identity, uid)) {
        return Err(Errno::EPERM.into());
    }
    let [real, effective, saved] = wanted;
    identity.change_users(|ids| {
        set(&mut ids.uid, real);
        set(&mut ids.effective.uid, effective);
        set(&mut ids.saved_uid, saved);
    });
    Ok(0)
}
fn set_groups_ids(call: &mut Call<'_>, wanted: [u32; 3]) -> CallResult {
    let identity = &mut call.process()?.identity;
    if !identity.can(Capability::SETGID) && !wanted.iter().all(|&gid| owns_group(identity, gid)) {
        return Err(Errno::EPERM.into());
    }
    let [real, effective, saved] = wanted;
    set(&mut identity.gid, real);
    set(&mut identity.effective.gid, effective);
    set(&mut identity.saved_gid, saved);
    Ok(0)
}
pub(super) fn getresuid(call: &mut Call<'_>) -> CallResult {
    let identity = &call.process()?.identity;
    let ids = [identity.uid, identity.effective.uid, identity.saved_uid];
    give_ids(call, ids)
}
pub(super) fn getresgid(call: &mut Call<'_>) -> CallResult {
    let identity = &call.process()?.identity;
    let ids = [identity.gid, identity.effective.gid, identity.saved_gid];
    give_ids(call, ids)
}
fn give_ids(call: &mut Call<'_>, ids: [u32; 3]) -> CallResult {
    for (index, id) in ids.into_iter().enumerate() {
        call.write_u32(call.word(index), id)?;
    }
    Ok(0)
}
/// The file-system ids follow the effective ones; the call says what they are.
pub(super) fn setfsuid(call: &mut Call<'_>) -> CallResult {
    geteuid(call)
}
pub(super) fn setfsgid(call: &mut Call<'_>) -> CallResult {
    getegid(call)
}

pub(super) fn getgroups(call: &mut Call<'_>) -> CallResult {
    let groups = call.process()?.identity.effective.groups.clone();
    let room = usize::try_from(call.int(0)).map_err(|_| Errno::EINVAL)?;
    if room == 0 {
        return Ok(groups.len() as u64);
    }
    if room < groups.len() {
        return Err(Errno::EINVAL.into());
    }
    let mut record = call.record();
    groups.iter().for_each(|gid| _ = record.u32(*gid));
    call.write(call.word(1), record.as_bytes())?;
    Ok(groups.len() as u64)
}
pub(super) fn setgroups(call: &mut Call<'_>) -> CallResult {
    let count =
        usize::try_from(call.int(0)).ok().filter(|count| *count <= GROUPS_MAX).ok_or(Errno::EINVAL)?;
    call.require(Capability::SETGID)?;
    let mut groups = Vec::new();
    for index in 0..count as u64 {
        groups.push(call.read_u32(call.word(1).wrapping_add(index * 4))?);
    }
    call.process()?.identity.effective.groups = groups;
    Ok(0)
}
