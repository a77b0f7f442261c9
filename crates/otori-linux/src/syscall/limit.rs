//! Limits and what was used of them: getrlimit, setrlimit, prlimit, getrusage, times.
//!
//! Neighbour: `task/limit.rs` keeps the bounds; each is enforced where the thing is made. getrlimit(2), getrusage(2).
use super::{
    call::{Call, CallResult},
    process::target,
};
use crate::{errno::Errno, task::limit::Resource, vfs::Capability};
use alloc::vec::Vec;

/// Reads or writes one limit; 64 bits wide.
pub(super) fn prlimit64(call: &mut Call<'_>) -> CallResult {
    let pid = target(call, 0)?;
    check_owner(call, pid)?;
    let resource = Resource::from_guest(call.word(1), call.abi().numbering).ok_or(Errno::EINVAL)?;
    let new = match call.word(2) {
        0 => None,
        address => {
            let bytes = call.read_bytes(address, 16)?;
            let view = crate::record::View::new(call.abi(), &bytes);
            view.u64(0).zip(view.u64(8))
        }
    };
    let before = call.kernel.core.process(pid)?.limits.get(resource);
    if let Some(bound) = new {
        set_limit(call, pid, resource, bound)?;
    }
    let mut record = call.record();
    record.u64(before.0).u64(before.1);
    call.write_if(call.word(3), record.as_bytes())?;
    Ok(0)
}
/// Limits of another process are for who has all its ids, and for root.
fn check_owner(call: &mut Call<'_>, pid: u32) -> Result<(), Errno> {
    if pid == call.pid {
        return Ok(());
    }
    let other = &call.kernel.core.process(pid)?.identity;
    let users = [other.uid, other.effective.uid, other.saved_uid];
    let groups = [other.gid, other.effective.gid, other.saved_gid];
    let caller = &call.process()?.identity;
    let same = users.iter().all(|uid| *uid == caller.uid) && groups.iter().all(|gid| *gid == caller.gid);
    if same || caller.can(Capability::SYS_RESOURCE) { Ok(()) } else { Err(Errno::EPERM) }
}
fn set_limit(call: &mut Call<'_>, pid: u32, resource: Resource, bound: (u64, u64)) -> Result<(), Errno> {
    let root = call.process()?.identity.can(Capability::SYS_RESOURCE);
    let process = call.kernel.core.process_mut(pid)?;
    if bound.0 > bound.1 {
        return Err(Errno::EINVAL);
    }
    if bound.1 > process.limits.get(resource).1 && !root {
        return Err(Errno::EPERM);
    }
    process.limits.set(resource, bound);
    Ok(())
}
/// "No limit" as a `long`: MIPS o32 has 0x7fffffff.
fn infinity(call: &Call<'_>) -> u64 {
    call.abi().word_max() / if call.abi().numbering == crate::abi::Numbering::Mips { 2 } else { 1 }
}
pub(super) fn getrlimit(call: &mut Call<'_>) -> CallResult {
    let most = infinity(call);
    give_limit(call, most)
}
/// The getrlimit that i386 had first: "no limit" is the largest positive `long`.
pub(super) fn old_getrlimit(call: &mut Call<'_>) -> CallResult {
    let most = call.abi().word_max() / 2;
    give_limit(call, most)
}
fn give_limit(call: &mut Call<'_>, most: u64) -> CallResult {
    let resource = Resource::from_guest(call.word(0), call.abi().numbering).ok_or(Errno::EINVAL)?;
    let (soft, hard) = call.process()?.limits.get(resource);
    let mut record = call.record();
    record.word(soft.min(most)).word(hard.min(most));
    call.write(call.word(1), record.as_bytes())?;
    Ok(0)
}
pub(super) fn setrlimit(call: &mut Call<'_>) -> CallResult {
    let resource = Resource::from_guest(call.word(0), call.abi().numbering).ok_or(Errno::EINVAL)?;
    let (address, most, word) = (call.word(1), infinity(call), call.abi().word_bytes as u64);
    let (soft, hard) = (call.read_word(address)?, call.read_word(address + word)?);
    let wide = |value: u64| if value >= most { u64::MAX } else { value };
    let pid = call.pid;
    set_limit(call, pid, resource, (wide(soft), wide(hard)))?;
    Ok(0)
}

/// `struct rusage` with that much time in user mode.
pub(super) fn usage_record(call: &Call<'_>, cpu_ns: u64) -> Vec<u8> {
    let mut record = call.record();
    record.word(cpu_ns / 1_000_000_000).word(cpu_ns / 1000 % 1_000_000).word(0).word(0).word(1_200);
    record.pad_to(18 * call.abi().word_bytes);
    record.finish()
}
/// CPU time of a process in its own threads.
pub(super) fn cpu_ns(call: &mut Call<'_>) -> Result<u64, Errno> {
    let core = &call.kernel.core;
    Ok(core.cpu_ns(core.process(call.pid)?))
}
pub(super) fn getrusage(call: &mut Call<'_>) -> CallResult {
    let used = match call.int(0) {
        -1 => call.process()?.children_ns,
        0 | 1 => cpu_ns(call)?,
        _ => return Err(Errno::EINVAL.into()),
    };
    let bytes = usage_record(call, used);
    call.write(call.word(1), &bytes)?;
    Ok(0)
}
pub(super) fn times(call: &mut Call<'_>) -> CallResult {
    let own = cpu_ns(call)?;
    let children = call.process()?.children_ns;
    let ticks = |ns: u64| ns / 10_000_000;
    let mut record = call.record();
    record.word(ticks(own)).word(0).word(ticks(children)).word(0);
    call.write_if(call.word(0), record.as_bytes())?;
    Ok(ticks(call.kernel.core.uptime_ns()) & 0x7fff_ffff)
}
