//! Users and groups in 16 bits: the first calls of i386 and ARM, before ids had 32.
//!
//! Neighbour: `identity.rs` does the work. An id of -1 is widened, one that does not fit is shown as 65534.
//! Documentation: kernel/uid16.c of Linux.
use super::{
    call::{Call, CallResult},
    identity, path,
};
use crate::{errno::Errno, vfs::Capability};

/// The id that stands for one of more than 16 bits.
const OVERFLOW_ID: u64 = 65_534;
/// Groups of one setgroups.
const GROUPS_MAX: i32 = 1024;

fn shorten(id: u64) -> u64 {
    if id > 0xffff { OVERFLOW_ID } else { id }
}
/// 65535 means "leave as it is".
fn widen(id: u64) -> u64 {
    if id & 0xffff == 0xffff { u64::from(u32::MAX) } else { id & 0xffff }
}
/// Widens those arguments, then makes the call.
fn widened(
    call: &mut Call<'_>,
    ids: core::ops::Range<usize>,
    wide: fn(&mut Call<'_>) -> CallResult,
) -> CallResult {
    if let Some(arguments) = call.arguments.get_mut(ids) {
        arguments.iter_mut().for_each(|id| *id = widen(*id));
    }
    wide(call)
}

pub(super) fn getuid(call: &mut Call<'_>) -> CallResult {
    identity::getuid(call).map(shorten)
}
pub(super) fn geteuid(call: &mut Call<'_>) -> CallResult {
    identity::geteuid(call).map(shorten)
}
pub(super) fn getgid(call: &mut Call<'_>) -> CallResult {
    identity::getgid(call).map(shorten)
}
pub(super) fn getegid(call: &mut Call<'_>) -> CallResult {
    identity::getegid(call).map(shorten)
}
pub(super) fn setuid(call: &mut Call<'_>) -> CallResult {
    widened(call, 0..1, identity::setuid)
}
pub(super) fn setgid(call: &mut Call<'_>) -> CallResult {
    widened(call, 0..1, identity::setgid)
}
pub(super) fn setreuid(call: &mut Call<'_>) -> CallResult {
    widened(call, 0..2, identity::setreuid)
}
pub(super) fn setregid(call: &mut Call<'_>) -> CallResult {
    widened(call, 0..2, identity::setregid)
}
pub(super) fn setresuid(call: &mut Call<'_>) -> CallResult {
    widened(call, 0..3, identity::setresuid)
}
pub(super) fn setresgid(call: &mut Call<'_>) -> CallResult {
    widened(call, 0..3, identity::setresgid)
}
pub(super) fn setfsuid(call: &mut Call<'_>) -> CallResult {
    identity::setfsuid(call).map(shorten)
}
pub(super) fn setfsgid(call: &mut Call<'_>) -> CallResult {
    identity::setfsgid(call).map(shorten)
}
pub(super) fn chown(call: &mut Call<'_>) -> CallResult {
    widened(call, 1..3, path::chown)
}
pub(super) fn lchown(call: &mut Call<'_>) -> CallResult {
    widened(call, 1..3, path::lchown)
}
pub(super) fn fchown(call: &mut Call<'_>) -> CallResult {
    widened(call, 1..3, path::fchown)
}

fn give_ids(call: &mut Call<'_>, ids: [u32; 3]) -> CallResult {
    for (index, id) in ids.into_iter().enumerate() {
        let bytes = call.endian().u16(shorten(u64::from(id)) as u16);
        call.write(call.word(index), &bytes)?;
    }
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
pub(super) fn getgroups(call: &mut Call<'_>) -> CallResult {
    let groups = call.process()?.identity.effective.groups.clone();
    let room = usize::try_from(call.int(0)).map_err(|_| Errno::EINVAL)?;
    if room > 0 && room < groups.len() {
        return Err(Errno::EINVAL.into());
    }
    if room > 0 {
        let mut record = call.record();
        groups.iter().for_each(|gid| _ = record.u16(shorten(u64::from(*gid)) as u16));
        call.write(call.word(1), record.as_bytes())?;
    }
    Ok(groups.len() as u64)
}
pub(super) fn setgroups(call: &mut Call<'_>) -> CallResult {
    let count = call.int(0);
    if !(0..=GROUPS_MAX).contains(&count) {
        return Err(Errno::EINVAL.into());
    }
    call.require(Capability::SETGID)?;
    let bytes = call.read_bytes(call.word(1), count as usize * 2)?;
    let endian = call.endian();
    let number = |pair: &[u8]| pair.try_into().map_or(0, |pair| u32::from(endian.read_u16(pair)));
    call.process()?.identity.effective.groups = bytes.chunks(2).map(number).collect();
    Ok(0)
}
