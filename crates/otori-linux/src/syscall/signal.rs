//! Signal calls: kill, sigaction, masks, waiting for signals, returning from handlers.
//!
//! Neighbours: `signal/` keeps and delivers them, `arch` has the frames. kill(2), sigaction(2), sigreturn(2) …
use super::call::{Call, CallError, CallResult};
use crate::{
    abi::Numbering,
    arch::mips_signal::{self, Return},
    errno::Errno,
    signal::{Action, ActionFlags, AlternateStack, Handler, Information, Signal, SignalSet, code},
    task::{Ending, Tid, waiting::Restart, waiting::WaitKey},
};
use alloc::vec::Vec;

/// SA_* bits per numbering: information, restart, no-defer, reset, on-stack, no-child-stop, no-child-wait.
fn action_flags(bits: u32, numbering: Numbering) -> ActionFlags {
    let (information, no_child_wait) = match numbering {
        Numbering::Mips => (0x8, 0x1_0000),
        Numbering::Generic => (0x4, 0x2),
    };
    let has = |bit: u32| bits & bit != 0;
    ActionFlags {
        information: has(information),
        restart: has(0x1000_0000),
        no_defer: has(0x4000_0000),
        reset: has(0x8000_0000),
        alternate_stack: has(0x0800_0000),
        no_child_stop: has(1),
        no_child_wait: has(no_child_wait),
    }
}

/// A set of `bytes` bytes at an address.
fn read_set(call: &mut Call<'_>, address: u64, bytes: usize) -> Result<SignalSet, Errno> {
    let raw = call.read_bytes(address, bytes)?;
    let view = crate::record::View::new(call.abi(), &raw);
    let mut bits = 0u128;
    for (place, offset) in (0..bytes).step_by(4).enumerate() {
        bits |= u128::from(view.u32(offset).ok_or(Errno::EFAULT)?) << (32 * place);
    }
    Ok(call.abi().set_from_guest(bits))
}
fn set_bytes(call: &Call<'_>, set: SignalSet, bytes: usize) -> Vec<u8> {
    let bits = call.abi().set_to_guest(set);
    let mut record = call.record();
    for place in 0..bytes / 4 {
        record.u32((bits >> (32 * place)) as u32);
    }
    record.finish()
}
/// The size that a real-time call names must be that of the architecture.
fn check_size(call: &Call<'_>, index: usize) -> Result<usize, Errno> {
    let size = call.abi().signal_set_bytes;
    if call.word(index) == size as u64 { Ok(size) } else { Err(Errno::EINVAL) }
}

pub(super) fn sigaction(call: &mut Call<'_>) -> CallResult {
    change_action(call, 16)
}
pub(super) fn rt_sigaction(call: &mut Call<'_>) -> CallResult {
    let size = check_size(call, 3)?;
    change_action(call, size)
}

/// `struct sigaction` of MIPS: flags, handler, mask.
fn change_action(call: &mut Call<'_>, set_size: usize) -> CallResult {
    let signal = call.abi().signal_from_guest(call.word(0)).ok_or(Errno::EINVAL)?;
    let (new, old) = (call.word(1), call.word(2));
    let numbering = call.abi().numbering;
    let before = call.process()?.actions.get(signal);
    if new != 0 {
        if signal.is_unblockable() {
            return Err(Errno::EINVAL.into());
        }
        let head = call.read_bytes(new, 8)?;
        let view = crate::record::View::new(call.abi(), &head);
        let guest_flags = view.u32(0).ok_or(Errno::EFAULT)?;
        let handler = match view.u32(4).ok_or(Errno::EFAULT)? {
            0 => Handler::Default,
            1 => Handler::Ignore,
            address => Handler::Function(u64::from(address)),
        };
        let mask = read_set(call, new + 8, set_size)?.blockable();
        let action = Action { handler, guest_flags, flags: action_flags(guest_flags, numbering), mask };
        call.process()?.actions.set(signal, action);
        if call.process()?.actions.ignores(signal) {
            discard(call, signal)?;
        }
    }
    if old != 0 {
        let handler = match before.handler {
            Handler::Default => 0,
            Handler::Ignore => 1,
            Handler::Function(address) => address as u32,
        };
        let mask = set_bytes(call, before.mask, set_size);
        let mut record = call.record();
        record.u32(before.guest_flags).u32(handler).bytes(&mask);
        call.write(old, record.as_bytes())?;
    }
    Ok(0)
}

/// What is ignored now does not wait any more.
fn discard(call: &mut Call<'_>, signal: Signal) -> Result<(), Errno> {
    let process = call.process()?;
    process.pending.discard(SignalSet::of(signal));
    let threads = process.threads.clone();
    for tid in threads {
        call.core().task_mut(tid)?.pending.discard(SignalSet::of(signal));
    }
    Ok(())
}

pub(super) fn sigprocmask(call: &mut Call<'_>) -> CallResult {
    change_mask(call, 16)
}
pub(super) fn rt_sigprocmask(call: &mut Call<'_>) -> CallResult {
    let size = check_size(call, 3)?;
    change_mask(call, size)
}
fn change_mask(call: &mut Call<'_>, size: usize) -> CallResult {
    let (how, new, old) = (call.unsigned(0), call.word(1), call.word(2));
    let before = call.task()?.blocked;
    if new != 0 {
        let set = read_set(call, new, size)?;
        let after = match how.wrapping_sub(call.abi().signal_how_base) {
            0 => before.union(set),
            1 => before.without(set),
            2 => set,
            _ => return Err(Errno::EINVAL.into()),
        };
        call.task()?.blocked = after.blockable();
    }
    let bytes = set_bytes(call, before, size);
    call.write_if(old, &bytes)?;
    Ok(0)
}
pub(super) fn sigpending(call: &mut Call<'_>) -> CallResult {
    give_pending(call, 16)
}
pub(super) fn rt_sigpending(call: &mut Call<'_>) -> CallResult {
    let size = usize::try_from(call.word(1)).unwrap_or(usize::MAX);
    if size > call.abi().signal_set_bytes {
        return Err(Errno::EINVAL.into());
    }
    give_pending(call, size & !3)
}
fn give_pending(call: &mut Call<'_>, size: usize) -> CallResult {
    let shared = call.process()?.pending.set();
    let task = call.task()?;
    let waiting = shared.union(task.pending.set()).intersection(task.blocked);
    let bytes = set_bytes(call, waiting, size);
    call.write(call.word(0), &bytes)?;
    Ok(0)
}

impl Call<'_> {
    /// Blocks other signals for the time of this call; the mask comes back when it ends or a handler returns.
    pub(super) fn mask_for_now(&mut self, address: u64, size: usize) -> Result<(), Errno> {
        if self.resumed {
            return Ok(());
        }
        let set = read_set(self, address, size)?.blockable();
        let task = self.task()?;
        task.restore_mask = Some(task.blocked);
        task.blocked = set;
        Ok(())
    }
}

pub(super) fn sigsuspend(call: &mut Call<'_>) -> CallResult {
    call.mask_for_now(call.word(0), 16)?;
    Err(call.wait(Vec::new(), Restart::Never))
}
pub(super) fn rt_sigsuspend(call: &mut Call<'_>) -> CallResult {
    let size = check_size(call, 1)?;
    call.mask_for_now(call.word(0), size)?;
    Err(call.wait(Vec::new(), Restart::Never))
}
pub(super) fn pause(call: &mut Call<'_>) -> CallResult {
    Err(call.wait(Vec::new(), Restart::Never))
}

pub(super) fn rt_sigtimedwait(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    wait_for_signal(call, width)
}
pub(super) fn rt_sigtimedwait_time64(call: &mut Call<'_>) -> CallResult {
    wait_for_signal(call, 8)
}
/// Takes a blocked signal that waits, or waits for one.
fn wait_for_signal(call: &mut Call<'_>, width: usize) -> CallResult {
    let size = check_size(call, 3)?;
    let set = read_set(call, call.word(0), size)?;
    let timeout = super::time::timespec(call, call.word(2), width)?;
    call.give_up_after(timeout);
    let (tid, pid) = (call.tid, call.pid);
    let core_pending = |core: &mut crate::kernel::Core| -> Option<(Signal, Information)> {
        let task = core.tasks.get_mut(&tid)?;
        if let Some(signal) = task.pending.set().intersection(set).next() {
            return task.pending.take(signal).map(|information| (signal, information));
        }
        let process = core.processes.get_mut(&pid)?;
        let signal = process.pending.set().intersection(set).next()?;
        process.pending.take(signal).map(|information| (signal, information))
    };
    if let Some((signal, information)) = core_pending(&mut call.kernel.core) {
        let number = u32::from(call.abi().signal_to_guest(signal));
        let mut record = call.record();
        record.u32(number);
        match call.abi().numbering {
            Numbering::Mips => record.u32(information.code as u32).u32(0),
            Numbering::Generic => record.u32(0).u32(information.code as u32),
        };
        information.fields.iter().for_each(|field| _ = record.u32(*field));
        record.pad_to(128);
        call.write_if(call.word(1), record.as_bytes())?;
        return Ok(u64::from(number));
    }
    if call.timed_out() {
        return Err(Errno::EAGAIN.into());
    }
    Err(call.wait(Vec::from([WaitKey::Signals(pid)]), Restart::Never))
}

pub(super) fn sigaltstack(call: &mut Call<'_>) -> CallResult {
    let (new, old) = (call.word(0), call.word(1));
    let task = call.task()?;
    let before = task.alternate_stack;
    let on_it = before.holds(crate::sched::stack_pointer(&task.cpu));
    if new != 0 {
        let bytes = call.read_bytes(new, 12)?;
        let view = crate::record::View::new(call.abi(), &bytes);
        let field = |offset| view.u32(offset).ok_or(Errno::EFAULT);
        let (base, length, flags) = (field(0)?, field(4)?, field(8)?);
        if on_it {
            return Err(Errno::EPERM.into());
        }
        if flags & !2 != 0 {
            return Err(Errno::EINVAL.into());
        }
        if flags & 2 == 0 && length < 2048 {
            return Err(Errno::ENOMEM.into());
        }
        call.task()?.alternate_stack =
            AlternateStack { base: u64::from(base), bytes: u64::from(length), flags };
    }
    let mut record = call.record();
    record.u32(before.base as u32).u32(before.bytes as u32).u32(if on_it { 1 } else { before.flags });
    call.write_if(old, record.as_bytes())?;
    Ok(0)
}

pub(super) fn sigreturn(call: &mut Call<'_>) -> CallResult {
    leave_handler(call, Return::Old)
}
pub(super) fn rt_sigreturn(call: &mut Call<'_>) -> CallResult {
    leave_handler(call, Return::RealTime)
}
fn leave_handler(call: &mut Call<'_>, kind: Return) -> CallResult {
    let (tid, pid, abi) = (call.tid, call.pid, call.abi());
    let core = &mut call.kernel.core;
    let task = core.tasks.get_mut(&tid).ok_or(Errno::ESRCH)?;
    let space = core.spaces.get_mut(task.space).ok_or(Errno::ESRCH)?;
    match mips_signal::pop(abi, &mut task.cpu, &mut space.memory, kind) {
        Ok(mask) => task.blocked = mask.blockable(),
        Err(_) => call.kernel.end_process(pid, Ending::Killed(Signal::SEGV)),
    }
    Err(CallError::Settled)
}

/// A signal argument; 0 only asks whether the target is there.
fn signal_argument(call: &Call<'_>, index: usize) -> Result<Option<Signal>, Errno> {
    match call.word(index) {
        0 => Ok(None),
        number => call.abi().signal_from_guest(number).map(Some).ok_or(Errno::EINVAL),
    }
}

pub(super) fn kill(call: &mut Call<'_>) -> CallResult {
    let signal = signal_argument(call, 1)?;
    let own = call.pid;
    let uid = call.process()?.identity.uid;
    let core = &mut call.kernel.core;
    let targets: Vec<u32> = match call.arguments[0] as i32 {
        0 => core.group_members(core.process(own)?.group),
        -1 => core.processes.keys().copied().filter(|&pid| pid > 1 && pid != own).collect(),
        pid @ 1.. => Vec::from([core.process(pid as u32)?.pid]),
        group => core.group_members(group.unsigned_abs()),
    };
    if targets.is_empty() {
        return Err(Errno::ESRCH.into());
    }
    let allowed: Vec<u32> = targets.into_iter().filter(|&pid| core.may_signal(own, pid, signal)).collect();
    if allowed.is_empty() {
        return Err(Errno::EPERM.into());
    }
    if let Some(signal) = signal {
        let information = Information::from_process(code::USER, own, uid);
        allowed.into_iter().for_each(|pid| core.send_to_process(pid, signal, information));
    }
    Ok(0)
}
pub(super) fn tkill(call: &mut Call<'_>) -> CallResult {
    send_to_thread(call, call.unsigned(0), 1)
}
pub(super) fn tgkill(call: &mut Call<'_>) -> CallResult {
    let tid = call.unsigned(1);
    if call.kernel.core.task(tid)?.pid != call.unsigned(0) {
        return Err(Errno::ESRCH.into());
    }
    send_to_thread(call, tid, 2)
}
fn send_to_thread(call: &mut Call<'_>, tid: Tid, signal: usize) -> CallResult {
    let signal = signal_argument(call, signal)?;
    let own = call.pid;
    let uid = call.process()?.identity.uid;
    let target = call.kernel.core.task(tid)?.pid;
    if !call.kernel.core.may_signal(own, target, signal) {
        return Err(Errno::EPERM.into());
    }
    if let Some(signal) = signal {
        let information = Information::from_process(code::TKILL, own, uid);
        call.core().send_to_task(tid, signal, information);
    }
    Ok(0)
}
pub(super) fn rt_sigqueueinfo(call: &mut Call<'_>) -> CallResult {
    let signal = signal_argument(call, 1)?;
    let (own, target) = (call.pid, call.unsigned(0));
    call.kernel.core.process(target)?;
    let bytes = call.read_bytes(call.word(2), 28)?;
    let view = crate::record::View::new(call.abi(), &bytes);
    let code_offset = if call.abi().numbering == Numbering::Mips { 4 } else { 8 };
    let code = view.u32(code_offset).unwrap_or(0) as i32;
    let fields = [12, 16, 20, 24].map(|offset| view.u32(offset).unwrap_or(0));
    if !call.kernel.core.may_signal(own, target, signal) || (code >= 0 && target != own) {
        return Err(Errno::EPERM.into());
    }
    if let Some(signal) = signal {
        call.core().send_to_process(target, signal, Information { code, fields });
    }
    Ok(0)
}

/// signal(2) as a call of its own: the old one-shot way.
pub(super) fn signal(call: &mut Call<'_>) -> CallResult {
    let signal = call.abi().signal_from_guest(call.word(0)).filter(|signal| !signal.is_unblockable());
    let signal = signal.ok_or(Errno::EINVAL)?;
    let handler = match call.word(1) {
        0 => Handler::Default,
        1 => Handler::Ignore,
        address => Handler::Function(address),
    };
    let before = call.process()?.actions.get(signal).handler;
    let flags = ActionFlags { reset: true, no_defer: true, ..ActionFlags::default() };
    call.process()?.actions.set(signal, Action { handler, flags, ..Action::default() });
    Ok(match before {
        Handler::Default => 0,
        Handler::Ignore => 1,
        Handler::Function(address) => address,
    })
}
