//! Nice values: getpriority, setpriority, nice.
//!
//! They are kept, inherited and shown; turns are equal. getpriority(2), nice(2).
use super::call::{Call, CallResult};
use crate::{config::Pid, errno::Errno, task::Process, vfs::Capability};
use alloc::vec::Vec;

/// PRIO_PROCESS, PRIO_PGRP, PRIO_USER
const PROCESS: u32 = 0;
const GROUP: u32 = 1;
const USER: u32 = 2;

/// The processes that the first two arguments name; 0 is the caller's own.
fn chosen(call: &mut Call<'_>) -> Result<Vec<Pid>, Errno> {
    let (which, id) = (call.unsigned(0), call.unsigned(1));
    let caller = call.process()?;
    let own = match which {
        PROCESS => caller.pid,
        GROUP => caller.group,
        USER => caller.identity.uid,
        _ => return Err(Errno::EINVAL),
    };
    let wanted = if id == 0 { own } else { id };
    let named = |process: &&Process| match which {
        PROCESS => process.pid == wanted || process.threads.contains(&wanted),
        GROUP => process.group == wanted,
        _ => process.identity.uid == wanted,
    };
    let core = &call.kernel.core;
    let found: Vec<Pid> = match which {
        PROCESS if core.processes.contains_key(&wanted) => Vec::from([wanted]),
        _ => core.processes.values().filter(named).map(|process| process.pid).collect(),
    };
    if found.is_empty() { Err(Errno::ESRCH) } else { Ok(found) }
}

pub(super) fn getpriority(call: &mut Call<'_>) -> CallResult {
    let found = chosen(call)?;
    let nice = |pid: &Pid| call.kernel.core.process(*pid).map_or(19, |process| process.nice);
    let lowest = found.iter().map(nice).min().unwrap_or(0);
    Ok((20 - lowest) as u64)
}
pub(super) fn setpriority(call: &mut Call<'_>) -> CallResult {
    let wanted = call.int(2).clamp(-20, 19);
    let mut result = Ok(0);
    for pid in chosen(call)? {
        result = set_nice(call, pid, wanted).and(result);
    }
    result
}
pub(super) fn nice(call: &mut Call<'_>) -> CallResult {
    let pid = call.pid;
    let wanted = call.process()?.nice.saturating_add(call.int(0).clamp(-40, 40)).clamp(-20, 19);
    match set_nice(call, pid, wanted) {
        Ok(_) => Ok(0),
        Err(_) => Err(Errno::EPERM.into()),
    }
}
fn set_nice(call: &mut Call<'_>, pid: Pid, wanted: i32) -> CallResult {
    let caller = &call.process()?.identity;
    let (may, own, effective) = (caller.can(Capability::SYS_NICE), caller.uid, caller.effective.uid);
    let process = call.kernel.core.process_mut(pid)?;
    let owners = [process.identity.uid, process.identity.effective.uid];
    if !may && !owners.contains(&effective) && process.identity.effective.uid != own {
        return Err(Errno::EPERM.into());
    }
    if wanted < process.nice && !may {
        return Err(Errno::EACCES.into());
    }
    process.nice = wanted;
    Ok(0)
}
