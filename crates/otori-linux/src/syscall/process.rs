//! Processes: fork, exec, exit, wait, groups, sessions.
//!
//! Neighbours: `task/clone.rs`, `task/exit.rs`, `exec/`, `limit.rs`, `prctl.rs`. fork(2), wait(2), setpgid(2) …
use super::{
    call::{Call, CallError, CallResult},
    limit::usage_record,
};
use crate::{
    arch::Column,
    errno::Errno,
    exec::{ExecError, Program},
    kernel::PID_MAX,
    notice::NoticeKind,
    signal::{Information, Signal, code},
    task::{
        Ending, Process,
        clone::{CloneRequest, flag},
        exit::{News, WaitFor, WaitOptions, Waited},
        tracee::event,
        waiting::{Restart, WaitKey},
    },
    vfs::{Capability, Follow, Kind, Node},
};
use alloc::{vec, vec::Vec};

/// Strings of one execve, before their bytes are counted.
const STRINGS_MAX: usize = 16_384;

fn clone_with(call: &mut Call<'_>, request: CloneRequest) -> CallResult {
    if call.resumed {
        return vfork_wait(call);
    }
    let tid = call.tid;
    let pidfd_clashes = request.flags & (flag::DETACHED | flag::THREAD) != 0;
    if request.flags & flag::PIDFD != 0 && pidfd_clashes {
        return Err(Errno::EINVAL.into());
    }
    let child = call.kernel.clone_task(tid, request)?;
    if request.flags & flag::PIDFD != 0 {
        // a full table leaves the child without a descriptor, where Linux makes no child
        let number = call.install_process(child, 0).unwrap_or(u64::from(u32::MAX)) as u32;
        call.write_u32(request.pidfd, number)?;
    }
    let signals_end =
        request.flags & flag::EXIT_SIGNAL == u64::from(call.abi().signal_to_guest(Signal::CHLD));
    let kind = match request.flags & flag::VFORK {
        0 if signals_end => event::FORK,
        0 => event::CLONE,
        _ => event::VFORK,
    };
    call.kernel.trace_clone(tid, child, kind);
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
        flags: call.word(0) & 0xffff_ffff,
        stack: call.word(1),
        parent_tid: call.word(2),
        thread_pointer: call.word(3),
        child_tid: call.word(4),
        pidfd: call.word(2),
        number: None,
    };
    if request.flags & flag::PIDFD != 0 && request.flags & flag::PARENT_SETTID != 0 {
        return Err(Errno::EINVAL.into());
    }
    clone_with(call, request)
}
/// `struct clone_args`: eleven 64-bit words, of which a caller may leave out the last three.
pub(super) fn clone3(call: &mut Call<'_>) -> CallResult {
    const BYTES_LEAST: usize = 64;
    // set_tid came with Linux 5.5, cgroup with 5.7
    let known = match call.kernel.core.kernel {
        (5, ..5) => BYTES_LEAST,
        (5, 5..7) => 80,
        _ => 88,
    };
    const BYTES_MOST: usize = 4096;
    let size = usize::try_from(call.word(1)).unwrap_or(usize::MAX);
    if size < BYTES_LEAST {
        return Err(Errno::EINVAL.into());
    }
    if size > BYTES_MOST {
        return Err(Errno::E2BIG.into());
    }
    let bytes = call.read_bytes(call.word(0), size)?;
    if bytes.get(known..).unwrap_or_default().iter().any(|byte| *byte != 0) {
        return Err(Errno::E2BIG.into());
    }
    let view = crate::record::View::new(call.abi(), &bytes);
    let field = |place: usize| view.u64(place * 8).unwrap_or(0);
    let (flags, exit_signal, stack, stack_bytes) = (field(0), field(4), field(5), field(6));
    let child_signal_and_handlers = flags & flag::CLEAR_HANDLERS != 0 && flags & flag::SIGHAND != 0;
    let wrong_stack = (stack == 0) != (stack_bytes == 0);
    let number = |signal: u64| call.abi().signal_from_guest(signal).is_some();
    if flags & !(flag::CLEAR_HANDLERS | 0xffff_ff00) != 0
        || flags & (flag::DETACHED | flag::EXIT_SIGNAL) != 0
        || child_signal_and_handlers
        || wrong_stack
        || (exit_signal != 0 && !number(exit_signal))
        || (flags & (flag::THREAD | flag::PARENT) != 0 && exit_signal != 0)
    {
        return Err(Errno::EINVAL.into());
    }
    let number = chosen_number(call, field(8), field(9))?;
    let request = CloneRequest {
        flags: flags | exit_signal,
        stack: stack.wrapping_add(stack_bytes),
        pidfd: field(1),
        child_tid: field(2),
        parent_tid: field(3),
        thread_pointer: field(7),
        number,
    };
    clone_with(call, request)
}
/// set_tid of clone3: a number per name space of processes, of which there is one here.
fn chosen_number(call: &mut Call<'_>, address: u64, count: u64) -> Result<Option<u32>, Errno> {
    match (address, count) {
        (0, 0) => Ok(None),
        (0, _) | (_, 0) | (_, 2..) => Err(Errno::EINVAL),
        _ => {
            let number = call.read_u32(address)?;
            if number == 0 || number >= PID_MAX {
                return Err(Errno::EINVAL);
            }
            call.require(Capability::SYS_ADMIN)?;
            Ok(Some(number))
        }
    }
}
pub(super) fn exit(call: &mut Call<'_>) -> CallResult {
    let tid = call.tid;
    call.kernel.leave(tid, Ending::Exited(call.unsigned(0) as u8));
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
/// With AT_EMPTY_PATH the file that is open; its name is then that of the descriptor.
pub(super) fn execveat(call: &mut Call<'_>) -> CallResult {
    const DO_NOT_FOLLOW: u32 = 0x100;
    const EMPTY_PATH: u32 = 0x1000;
    let (path, flags) = (call.path(1)?, call.unsigned(4));
    if flags & !(DO_NOT_FOLLOW | EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL.into());
    }
    if path.is_empty() && flags & EMPTY_PATH != 0 {
        let node = call.file(0)?.node.ok_or(Errno::EACCES)?;
        let name = alloc::format!("/dev/fd/{}", call.int(0)).into_bytes();
        return execute_node(call, Ok(node), name, 2);
    }
    let at = call.folder(0, &path)?;
    let (tid, follow) = (call.tid, if flags & DO_NOT_FOLLOW != 0 { Follow::No } else { Follow::Yes });
    let found = call.kernel.with_files(tid, |vfs, context| {
        let node = vfs.lookup(context, at, &path, follow)?;
        if vfs.kind(node)? == Kind::Link { Err(Errno::ELOOP) } else { Ok(node) }
    });
    execute_node(call, found, path, 2)
}
fn execute(call: &mut Call<'_>, at: Node, path: Vec<u8>, vectors: usize) -> CallResult {
    let tid = call.tid;
    let found = call.kernel.with_files(tid, |vfs, context| vfs.lookup(context, at, &path, Follow::Yes));
    execute_node(call, found, path, vectors)
}
fn execute_node(
    call: &mut Call<'_>,
    found: Result<Node, Errno>,
    path: Vec<u8>,
    vectors: usize,
) -> CallResult {
    let mut room = call.kernel.core.config.limits.argument_bytes;
    let arguments = strings(call, call.word(vectors), &mut room)?;
    let environment = strings(call, call.word(vectors + 1), &mut room)?;
    let arguments = if arguments.is_empty() { vec![Vec::new()] } else { arguments };
    let (tid, pid) = (call.tid, call.pid);
    let program =
        found.map(|node| Program { node, name: path.clone(), arguments, environment }).map_err(Into::into);
    let result = program.and_then(|program| call.kernel.execute_program(tid, program));
    match result {
        Ok(()) => {
            call.kernel.trace_exec(tid);
            Err(CallError::Settled)
        }
        Err(error) => {
            let number = error.errno();
            call.kernel.core.notify(pid, NoticeKind::ExecFailed { path, error: number });
            if let ExecError::Killed(_) = error {
                call.kernel.end_process(pid, Ending::Killed(Signal::SEGV));
                return Err(CallError::Settled);
            }
            Err(number.into())
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
        News::Traced(code) => (code << 8) | 0x7f,
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
        traced: true,
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
    /// the id is a descriptor for a process
    const P_PIDFD: u32 = 3;
    let (kind, id, flags) = (call.unsigned(0), call.unsigned(1), call.unsigned(3));
    let mut gives_up = false;
    let which = match kind {
        0 => WaitFor::Any,
        1 => WaitFor::Process(id),
        2 if id == 0 => WaitFor::Group(call.process()?.group),
        2 => WaitFor::Group(id),
        P_PIDFD => {
            let (file, non_blocking) = call.process_file(1)?;
            if non_blocking && flags & WNOHANG == 0 {
                gives_up = true;
            }
            WaitFor::Process(call.kernel.core.process_of(file).map_err(|_| Errno::ECHILD)?)
        }
        _ => return Err(Errno::EINVAL.into()),
    };
    let options = WaitOptions {
        ended: flags & WEXITED != 0,
        stopped: flags & WUNTRACED != 0,
        continued: flags & WCONTINUED != 0,
        traced: flags & WUNTRACED != 0,
        keep: flags & WNOWAIT != 0,
    };
    if !(options.ended || options.stopped || options.continued) {
        return Err(Errno::EINVAL.into());
    }
    let waited = match wait_for(call, which, options, flags) {
        Err(CallError::Block(_)) if gives_up => return Err(Errno::EAGAIN.into()),
        other => other?,
    };
    let information = waited.map(|waited| {
        let number = |signal| u32::from(call.abi().signal_to_guest(signal));
        let (code, status) = match waited.news {
            News::Ended(Ending::Exited(status)) => (code::CLD_EXITED, u32::from(status)),
            News::Ended(Ending::Killed(signal)) => (code::CLD_KILLED, number(signal)),
            News::Stopped(signal) => (code::CLD_STOPPED, number(signal)),
            News::Continued => (code::CLD_CONTINUED, number(Signal::CONT)),
            News::Traced(stop) => (code::CLD_TRAPPED, stop),
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
pub(super) fn target(call: &Call<'_>, index: usize) -> Result<u32, Errno> {
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

pub(super) fn personality(call: &mut Call<'_>) -> CallResult {
    let wanted = call.unsigned(0);
    let process = call.process()?;
    let before = process.personality;
    if wanted != u32::MAX {
        process.personality = wanted;
    }
    Ok(u64::from(before))
}
