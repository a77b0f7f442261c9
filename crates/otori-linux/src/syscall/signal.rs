//! Signal calls: kill, masks, waiting for signals, returning from handlers.
//!
//! Neighbours: `action.rs` has sigaction, `signal/` keeps and delivers them, `arch` has the frames. kill(2), sigprocmask(2), sigreturn(2) …
use super::call::{Call, CallError, CallResult};
use crate::{
    abi::Numbering,
    arch::Return,
    errno::Errno,
    signal::{Information, Signal, SignalSet, code},
    task::{Ending, Tid, waiting::Restart, waiting::WaitKey},
};
use alloc::vec::Vec;

/// Bytes of `old_sigset_t`, which the calls without rt_ have.
const OLD_SET_BYTES: usize = 4;

/// A set of `bytes` bytes at an address.
pub(super) fn read_set(call: &mut Call<'_>, address: u64, bytes: usize) -> Result<SignalSet, Errno> {
    let raw = call.read_bytes(address, bytes)?;
    let view = crate::record::View::new(call.abi(), &raw);
    let mut bits = 0u128;
    for (place, offset) in (0..bytes).step_by(4).enumerate() {
        bits |= u128::from(view.u32(offset).ok_or(Errno::EFAULT)?) << (32 * place);
    }
    Ok(call.abi().set_from_guest(bits))
}
pub(super) fn set_bytes(call: &Call<'_>, set: SignalSet, bytes: usize) -> Vec<u8> {
    let bits = call.abi().set_to_guest(set);
    let mut record = call.record();
    for place in 0..bytes / 4 {
        record.u32((bits >> (32 * place)) as u32);
    }
    record.finish()
}
/// The size that a real-time call names must be that of the architecture.
pub(super) fn check_size(call: &Call<'_>, index: usize) -> Result<usize, Errno> {
    let size = call.abi().signal_set_bytes;
    if call.word(index) == size as u64 { Ok(size) } else { Err(Errno::EINVAL) }
}

pub(super) fn sigprocmask(call: &mut Call<'_>) -> CallResult {
    change_mask(call, OLD_SET_BYTES)
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
/// The first word of the mask, as sgetmask(2) and ssetmask(2) know it.
pub(super) fn sgetmask(call: &mut Call<'_>) -> CallResult {
    let blocked = call.task()?.blocked;
    Ok(u64::from(call.abi().set_to_guest(blocked) as u32))
}
pub(super) fn ssetmask(call: &mut Call<'_>) -> CallResult {
    let before = sgetmask(call)?;
    let set = call.abi().set_from_guest(u128::from(call.unsigned(0))).blockable();
    call.task()?.blocked = set;
    Ok(before)
}
pub(super) fn sigpending(call: &mut Call<'_>) -> CallResult {
    give_pending(call, OLD_SET_BYTES)
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
        self.replace_mask(set)
    }
    fn replace_mask(&mut self, set: SignalSet) -> Result<(), Errno> {
        let task = self.task()?;
        task.restore_mask = Some(task.blocked);
        task.blocked = set;
        Ok(())
    }
}

/// MIPS gives the address of a whole set; the others give the first word of one as the third argument.
pub(super) fn sigsuspend(call: &mut Call<'_>) -> CallResult {
    if call.abi().numbering == Numbering::Mips {
        call.mask_for_now(call.word(0), call.abi().signal_set_bytes)?;
    } else if !call.resumed {
        let set = call.abi().set_from_guest(u128::from(call.unsigned(2))).blockable();
        call.replace_mask(set)?;
    }
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
    if let Some((signal, information)) = call.core().take_signal(tid, set) {
        let bytes = information.layout(call.abi(), signal);
        call.write_if(call.word(1), &bytes)?;
        return Ok(u64::from(call.abi().signal_to_guest(signal)));
    }
    if call.timed_out() {
        return Err(Errno::EAGAIN.into());
    }
    Err(call.wait(Vec::from([WaitKey::Signals(pid)]), Restart::Never))
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
    match task.cpu.pop_frame(abi, &mut space.memory, kind) {
        Ok(mask) => task.blocked = mask.blockable(),
        Err(_) => call.kernel.end_process(pid, Ending::Killed(Signal::SEGV)),
    }
    Err(CallError::Settled)
}

/// A signal argument; 0 only asks whether the target is there.
pub(super) fn signal_argument(call: &Call<'_>, index: usize) -> Result<Option<Signal>, Errno> {
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
/// Only the kernel itself restarts a call in this way.
pub(super) fn restart_syscall(_: &mut Call<'_>) -> CallResult {
    Err(Errno::EINTR.into())
}
/// The same for one thread of a process.
pub(super) fn rt_tgsigqueueinfo(call: &mut Call<'_>) -> CallResult {
    let signal = signal_argument(call, 2)?;
    let (own, group, tid) = (call.pid, call.unsigned(0), call.unsigned(1));
    if call.kernel.core.task(tid)?.pid != group {
        return Err(Errno::ESRCH.into());
    }
    let bytes = call.read_bytes(call.word(3), 32)?;
    let information = Information::parse(call.abi(), &bytes).ok_or(Errno::EFAULT)?;
    let forged = information.code >= 0 || information.code == code::TKILL;
    if !call.kernel.core.may_signal(own, group, signal) || (forged && group != own) {
        return Err(Errno::EPERM.into());
    }
    if let Some(signal) = signal {
        call.core().send_to_task(tid, signal, information);
    }
    Ok(0)
}
pub(super) fn rt_sigqueueinfo(call: &mut Call<'_>) -> CallResult {
    let signal = signal_argument(call, 1)?;
    let (own, target) = (call.pid, call.unsigned(0));
    call.kernel.core.process(target)?;
    let bytes = call.read_bytes(call.word(2), 32)?;
    let information = Information::parse(call.abi(), &bytes).ok_or(Errno::EFAULT)?;
    let code = information.code;
    if !call.kernel.core.may_signal(own, target, signal) || (code >= 0 && target != own) {
        return Err(Errno::EPERM.into());
    }
    if let Some(signal) = signal {
        if signal.number() >= 32 && call.kernel.core.process(target)?.pending.is_full() {
            return Err(Errno::EAGAIN.into());
        }
        call.core().send_to_process(target, signal, information);
    }
    Ok(0)
}
