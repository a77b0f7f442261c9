//! Processes: fork, exec, exit, wait, groups, sessions, limits, prctl.
//!
//! Neighbours: `task/clone.rs`, `task/exit.rs`, `exec/`. fork(2), wait(2), setpgid(2), prctl(2) …
use super::call::{Call, CallError, CallResult};
use crate::{
    arch::Column,
    errno::Errno,
    exec::Program,
    notice::NoticeKind,
    sched::NS_PER_INSTRUCTION,
    signal::{Information, Signal, code},
    task::{
        Ending, Process,
        clone::{CloneRequest, flag},
        exit::{News, WaitFor, WaitOptions, Waited},
        limit::Resource,
        waiting::{Restart, WaitKey},
    },
    vfs::Follow,
};
use alloc::{vec, vec::Vec};

/// Strings of one execve, before their bytes are counted.
const STRINGS_MAX: usize = 16_384;

fn clone_with(call: &mut Call<'_>, request: CloneRequest) -> CallResult {
    if call.resumed {
        return vfork_wait(call);
    }
    let tid = call.tid;
    let child = call.kernel.clone_task(tid, request)?;
    if request.flags & flag::VFORK != 0 {
        call.progress = u64::from(child);
        return vfork_wait(call);
    }
    Ok(u64::from(child))
}

/// The parent of a vfork sleeps until the child has a memory of its own or is gone.
fn vfork_wait(call: &mut Call<'_>) -> CallResult {
    let child = call.progress as u32;
    let borrowed = call.kernel.core.task(child).is_ok_and(|task| task.borrows_memory);
    if borrowed {
        Err(call.wait(vec![WaitKey::Memory(child)], Restart::Uninterruptible))
    } else {
        Ok(call.progress)
    }
}

pub(super) fn fork(call: &mut Call<'_>) -> CallResult {
    let number = u64::from(call.abi().signal_to_guest(Signal::CHLD));
    clone_with(call, CloneRequest { flags: number, ..CloneRequest::default() })
}
pub(super) fn vfork(call: &mut Call<'_>) -> CallResult {
    let number = u64::from(call.abi().signal_to_guest(Signal::CHLD));
    clone_with(call, CloneRequest { flags: number | flag::VM | flag::VFORK, ..CloneRequest::default() })
}
/// flags, stack, parent's tid, thread pointer, child's tid: the order of CONFIG_CLONE_BACKWARDS; x86-64 has the last
/// two the other way round.
pub(super) fn clone(call: &mut Call<'_>) -> CallResult {
    if call.abi().column == Column::X86_64 {
        call.arguments.swap(3, 4);
    }
    let request = CloneRequest {
        flags: call.word(0),
        stack: call.word(1),
        parent_tid: call.word(2),
        thread_pointer: call.word(3),
        child_tid: call.word(4),
    };
    clone_with(call, request)
}
/// unshare(2) of what a thread can have alone; namespaces are refused.
pub(super) fn unshare(call: &mut Call<'_>) -> CallResult {
    match call.word(0) & !(flag::FS | flag::FILES) {
        0 => Ok(0),
        _ => Err(Errno::EPERM.into()),
    }
}

pub(super) fn exit(call: &mut Call<'_>) -> CallResult {
    let tid = call.tid;
    call.kernel.end_task(tid, Ending::Exited(call.unsigned(0) as u8));
    Err(CallError::Settled)
}
pub(super) fn exit_group(call: &mut Call<'_>) -> CallResult {
    let pid = call.pid;
    call.kernel.end_process(pid, Ending::Exited(call.unsigned(0) as u8));
    Err(CallError::Settled)
}

/// A NULL-ended array of strings; NULL itself is an empty one.
fn strings(call: &mut Call<'_>, address: u64, room: &mut usize) -> Result<Vec<Vec<u8>>, Errno> {
    let mut found = Vec::new();
    if address == 0 {
        return Ok(found);
    }
    let word = call.abi().word_bytes as u64;
    for index in 0..=STRINGS_MAX as u64 {
        let entry = call.read_word(address.wrapping_add(index * word))?;
        if entry == 0 {
            return Ok(found);
        }
        let text = call.string(entry, *room).map_err(|error| match error {
            Errno::ENAMETOOLONG => Errno::E2BIG,
            other => other,
        })?;
        *room = room.checked_sub(text.len() + 1).ok_or(Errno::E2BIG)?;
        found.push(text);
    }
    Err(Errno::E2BIG)
}

pub(super) fn execve(call: &mut Call<'_>) -> CallResult {
    let path = call.path(0)?;
    let cwd = call.cwd()?;
    execute(call, cwd, path, 1)
}
pub(super) fn execveat(call: &mut Call<'_>) -> CallResult {
    let path = call.path(1)?;
    let at = call.folder(0, &path)?;
    execute(call, at, path, 2)
}
fn execute(call: &mut Call<'_>, at: crate::vfs::Node, path: Vec<u8>, vectors: usize) -> CallResult {
    let mut room = call.kernel.core.config.limits.argument_bytes;
    let arguments = strings(call, call.word(vectors), &mut room)?;
    let environment = strings(call, call.word(vectors + 1), &mut room)?;
    let arguments = if arguments.is_empty() { vec![Vec::new()] } else { arguments };
    let (tid, pid) = (call.tid, call.pid);
    let found = call.kernel.with_files(tid, |vfs, context| vfs.lookup(context, at, &path, Follow::Yes));
    let program =
        found.map(|node| Program { node, name: path.clone(), arguments, environment }).map_err(Into::into);
    let result = program.and_then(|program| call.kernel.execute_program(tid, program));
    match result {
        Ok(()) => Err(CallError::Settled),
        Err(error) => {
            let error = error.errno();
            call.kernel.core.notify(pid, NoticeKind::ExecFailed { path, error });
            Err(error.into())
        }
    }
}

/// The status word that wait writes.
fn status_word(call: &Call<'_>, news: News) -> u32 {
    let number = |signal| u32::from(call.abi().signal_to_guest(signal));
    match news {
        News::Ended(Ending::Exited(status)) => u32::from(status) << 8,
        News::Ended(Ending::Killed(signal)) => number(signal),
        News::Stopped(signal) => (number(signal) << 8) | 0x7f,
        News::Continued => 0xffff,
    }
}

const WNOHANG: u32 = 1;
const WUNTRACED: u32 = 2;
const WEXITED: u32 = 4;
const WCONTINUED: u32 = 8;
const WNOWAIT: u32 = 0x100_0000;

fn wait_for(
    call: &mut Call<'_>,
    which: WaitFor,
    options: WaitOptions,
    flags: u32,
) -> Result<Option<Waited>, CallError> {
    let pid = call.pid;
    match call.kernel.core.find_child(pid, which, options)? {
        Some(waited) => Ok(Some(waited)),
        None if flags & WNOHANG != 0 => Ok(None),
        None => Err(call.wait(vec![WaitKey::Child(pid)], Restart::WithFlag)),
    }
}

fn which_child(call: &mut Call<'_>, pid: i32) -> Result<WaitFor, Errno> {
    Ok(match pid {
        -1 => WaitFor::Any,
        0 => WaitFor::Group(call.process()?.group),
        1.. => WaitFor::Process(pid as u32),
        _ => WaitFor::Group(pid.unsigned_abs()),
    })
}

pub(super) fn wait4(call: &mut Call<'_>) -> CallResult {
    let (flags, usage) = (call.unsigned(2), call.word(3));
    let result = wait_status(call, flags)?;
    if let (Some(waited), true) = (result, usage != 0) {
        let bytes = usage_record(call, waited.cpu_ns);
        call.write(usage, &bytes)?;
    }
    Ok(result.map_or(0, |waited| u64::from(waited.pid)))
}
pub(super) fn waitpid(call: &mut Call<'_>) -> CallResult {
    let flags = call.unsigned(2);
    Ok(wait_status(call, flags)?.map_or(0, |waited| u64::from(waited.pid)))
}
fn wait_status(call: &mut Call<'_>, flags: u32) -> Result<Option<Waited>, CallError> {
    if flags & !(WNOHANG | WUNTRACED | WCONTINUED | 0xe000_0000) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let which = which_child(call, call.int(0))?;
    let options = WaitOptions {
        ended: true,
        stopped: flags & WUNTRACED != 0,
        continued: flags & WCONTINUED != 0,
        keep: false,
    };
    let waited = wait_for(call, which, options, flags)?;
    if let (Some(waited), true) = (waited, call.word(1) != 0) {
        let word = status_word(call, waited.news);
        call.write_u32(call.word(1), word)?;
    }
    Ok(waited)
}
pub(super) fn waitid(call: &mut Call<'_>) -> CallResult {
    let (kind, id, flags) = (call.unsigned(0), call.unsigned(1), call.unsigned(3));
    let which = match kind {
        0 => WaitFor::Any,
        1 => WaitFor::Process(id),
        2 if id == 0 => WaitFor::Group(call.process()?.group),
        2 => WaitFor::Group(id),
        _ => return Err(Errno::EINVAL.into()),
    };
    let options = WaitOptions {
        ended: flags & WEXITED != 0,
        stopped: flags & WUNTRACED != 0,
        continued: flags & WCONTINUED != 0,
        keep: flags & WNOWAIT != 0,
    };
    if !(options.ended || options.stopped || options.continued) {
        return Err(Errno::EINVAL.into());
    }
    let waited = wait_for(call, which, options, flags)?;
    let information = waited.map(|waited| {
        let number = |signal| u32::from(call.abi().signal_to_guest(signal));
        let (code, status) = match waited.news {
            News::Ended(Ending::Exited(status)) => (code::CLD_EXITED, u32::from(status)),
            News::Ended(Ending::Killed(signal)) => (code::CLD_KILLED, number(signal)),
            News::Stopped(signal) => (code::CLD_STOPPED, number(signal)),
            News::Continued => (code::CLD_CONTINUED, number(Signal::CONT)),
        };
        Information::child(code, waited.pid, waited.uid, status).layout(call.abi(), Signal::CHLD)
    });
    call.write_if(call.word(2), &information.unwrap_or(vec![0; 128]))?;
    if let (Some(waited), true) = (waited, call.word(4) != 0) {
        let bytes = usage_record(call, waited.cpu_ns);
        call.write(call.word(4), &bytes)?;
    }
    Ok(0)
}

pub(super) fn getpid(call: &mut Call<'_>) -> CallResult {
    Ok(u64::from(call.pid))
}
/// MIPS, as Alpha, gives the parent in a second register too; programs do not look at it.
pub(super) fn getppid(call: &mut Call<'_>) -> CallResult {
    Ok(u64::from(call.process()?.parent))
}
pub(super) fn gettid(call: &mut Call<'_>) -> CallResult {
    Ok(u64::from(call.tid))
}

/// The process that an id argument means; 0 is the caller.
fn target(call: &Call<'_>, index: usize) -> Result<u32, Errno> {
    match call.int(index) {
        0 => Ok(call.pid),
        pid @ 1.. => call.kernel.core.process(pid as u32).map(|process| process.pid),
        _ => Err(Errno::ESRCH),
    }
}

pub(super) fn getpgid(call: &mut Call<'_>) -> CallResult {
    let pid = target(call, 0)?;
    Ok(u64::from(call.kernel.core.process(pid)?.group))
}
pub(super) fn getpgrp(call: &mut Call<'_>) -> CallResult {
    Ok(u64::from(call.process()?.group))
}
pub(super) fn getsid(call: &mut Call<'_>) -> CallResult {
    let pid = target(call, 0)?;
    Ok(u64::from(call.kernel.core.process(pid)?.session))
}
pub(super) fn setsid(call: &mut Call<'_>) -> CallResult {
    let pid = call.pid;
    if call.kernel.core.processes.values().any(|process| process.group == pid) {
        return Err(Errno::EPERM.into());
    }
    let process = call.process()?;
    (process.group, process.session, process.terminal) = (pid, pid, None);
    Ok(u64::from(pid))
}
pub(super) fn setpgid(call: &mut Call<'_>) -> CallResult {
    if call.int(1) < 0 {
        return Err(Errno::EINVAL.into());
    }
    let (own, pid) = (call.pid, target(call, 0)?);
    let group = if call.int(1) == 0 { pid } else { call.unsigned(1) };
    let core = &mut call.kernel.core;
    let (process, caller) = (core.process(pid)?, core.process(own)?);
    if pid != own && process.parent != own {
        return Err(Errno::ESRCH.into());
    }
    if pid != own && process.executed {
        return Err(Errno::EACCES.into());
    }
    let exists = |member: &Process| member.group == group && member.session == caller.session;
    if process.leads_session()
        || process.session != caller.session
        || (group != pid && !core.processes.values().any(exists))
    {
        return Err(Errno::EPERM.into());
    }
    core.process_mut(pid)?.group = group;
    Ok(0)
}

/// prctl options.
mod option {
    pub(super) const SET_PDEATHSIG: u32 = 1;
    pub(super) const GET_PDEATHSIG: u32 = 2;
    pub(super) const GET_DUMPABLE: u32 = 3;
    pub(super) const SET_DUMPABLE: u32 = 4;
    pub(super) const SET_NAME: u32 = 15;
    pub(super) const GET_NAME: u32 = 16;
    pub(super) const GET_SECCOMP: u32 = 21;
    pub(super) const CAPBSET_READ: u32 = 23;
    pub(super) const SET_NO_NEW_PRIVS: u32 = 38;
    pub(super) const GET_NO_NEW_PRIVS: u32 = 39;
    pub(super) const SET_VMA: u32 = 0x5356_4d41;
}

pub(super) fn prctl(call: &mut Call<'_>) -> CallResult {
    let argument = call.word(1);
    match call.unsigned(0) {
        option::SET_PDEATHSIG => {
            let signal = call.abi().signal_from_guest(argument);
            if argument != 0 && signal.is_none() {
                return Err(Errno::EINVAL.into());
            }
            call.process()?.death_signal = signal;
            Ok(0)
        }
        option::GET_PDEATHSIG => {
            let abi = call.abi();
            let number = call.process()?.death_signal.map_or(0, |signal| abi.signal_to_guest(signal));
            call.write_u32(argument, u32::from(number))?;
            Ok(0)
        }
        option::GET_DUMPABLE => Ok(1),
        option::SET_DUMPABLE | option::SET_VMA => Ok(0),
        option::SET_NAME => {
            let mut bytes = call.read_bytes(argument, 16).or_else(|_| call.string(argument, 15))?;
            bytes.truncate(15);
            let task = call.task()?;
            task.set_comm(&bytes);
            let comm = task.comm.clone();
            call.notify(NoticeKind::Renamed { comm });
            Ok(0)
        }
        option::GET_NAME => {
            let mut record = call.record();
            let comm = call.task()?.comm.clone();
            record.text(&comm, 16);
            call.write(argument, record.as_bytes())?;
            Ok(0)
        }
        option::GET_SECCOMP => Ok(0),
        option::CAPBSET_READ if argument < 38 => Ok(1),
        option::SET_NO_NEW_PRIVS if argument == 1 => {
            call.process()?.no_new_privileges = true;
            Ok(0)
        }
        option::GET_NO_NEW_PRIVS => Ok(u64::from(call.process()?.no_new_privileges)),
        _ => Err(Errno::EINVAL.into()),
    }
}

pub(super) fn personality(call: &mut Call<'_>) -> CallResult {
    let wanted = call.unsigned(0);
    let process = call.process()?;
    let before = process.personality;
    if wanted != u32::MAX {
        process.personality = wanted;
    }
    Ok(u64::from(before))
}

/// TRACEME works once, as the check for a debugger expects; nobody can be traced.
pub(super) fn ptrace(call: &mut Call<'_>) -> CallResult {
    match call.unsigned(0) {
        0 if !call.process()?.traced => {
            call.process()?.traced = true;
            Ok(0)
        }
        0 => Err(Errno::EPERM.into()),
        _ => {
            let pid = call.unsigned(1);
            call.kernel.core.process(pid)?;
            Err(Errno::EPERM.into())
        }
    }
}

pub(super) fn getpriority(call: &mut Call<'_>) -> CallResult {
    let pid = if call.unsigned(0) == 0 { target(call, 1)? } else { call.pid };
    Ok((20 - call.kernel.core.process(pid)?.nice) as u64)
}
pub(super) fn setpriority(call: &mut Call<'_>) -> CallResult {
    let pid = if call.unsigned(0) == 0 { target(call, 1)? } else { call.pid };
    let wanted = call.int(2).clamp(-20, 19);
    set_nice(call, pid, wanted)
}
pub(super) fn nice(call: &mut Call<'_>) -> CallResult {
    let pid = call.pid;
    let wanted = call.process()?.nice.saturating_add(call.int(0).clamp(-40, 40)).clamp(-20, 19);
    set_nice(call, pid, wanted)
}
fn set_nice(call: &mut Call<'_>, pid: u32, wanted: i32) -> CallResult {
    let root = call.process()?.identity.effective.is_root();
    let process = call.kernel.core.process_mut(pid)?;
    if wanted < process.nice && !root {
        return Err(Errno::EACCES.into());
    }
    process.nice = wanted;
    Ok(0)
}

/// Reads or writes one limit; 64 bits wide.
pub(super) fn prlimit64(call: &mut Call<'_>) -> CallResult {
    let pid = target(call, 0)?;
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
fn set_limit(call: &mut Call<'_>, pid: u32, resource: Resource, bound: (u64, u64)) -> Result<(), Errno> {
    let root = call.process()?.identity.effective.is_root();
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
fn usage_record(call: &Call<'_>, cpu_ns: u64) -> Vec<u8> {
    let mut record = call.record();
    record.word(cpu_ns / 1_000_000_000).word(cpu_ns / 1000 % 1_000_000).word(0).word(0).word(1_200);
    record.pad_to(18 * call.abi().word_bytes);
    record.finish()
}
/// CPU time of a process in its own threads.
pub(super) fn cpu_ns(call: &mut Call<'_>) -> Result<u64, Errno> {
    let process = call.process()?;
    let (ended, threads) = (process.ended_threads_ns, process.threads.clone());
    let of = |tid: &u32| call.kernel.core.task(*tid).map_or(0, |task| task.instructions * NS_PER_INSTRUCTION);
    Ok(ended + threads.iter().map(of).sum::<u64>())
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
