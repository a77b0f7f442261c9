//! Timers: timer_create and its family, setitimer, alarm.
//!
//! Neighbours: `task/timer.rs` lets them go off, `time.rs` has the clocks and timerfd. timer_create(2),
//! timer_settime(2), setitimer(2), alarm(2).
use super::{
    call::{Call, CallResult},
    time::{BILLION, TIMER_ABSTIME, give, timespec, timeval},
};
use crate::{
    errno::Errno,
    record::View,
    signal::Signal,
    task::timer::{Notify, PosixTimer},
};

/// sigev_notify
const SIGEV_SIGNAL: u32 = 0;
const SIGEV_NONE: u32 = 1;
const SIGEV_THREAD: u32 = 2;
const SIGEV_THREAD_ID: u32 = 4;

/// `struct sigevent`: value, signal, how, thread. NULL is SIGALRM with the timer's id as its value.
fn event(call: &mut Call<'_>, address: u64) -> Result<(Notify, Option<u64>), Errno> {
    if address == 0 {
        return Ok((Notify::Process(Signal::ALRM), None));
    }
    let word = call.abi().word_bytes;
    let bytes = call.read_bytes(address, word + 12)?;
    let view = View::new(call.abi(), &bytes);
    let field = |place: usize| view.u32(word + place * 4).ok_or(Errno::EFAULT);
    let (number, how, tid) = (field(0)?, field(1)?, field(2)?);
    let value = view.word(0).ok_or(Errno::EFAULT)?;
    let signal = call.abi().signal_from_guest(u64::from(number)).ok_or(Errno::EINVAL);
    let notify = match how {
        SIGEV_SIGNAL | SIGEV_THREAD => Notify::Process(signal?),
        SIGEV_NONE => Notify::Nothing,
        SIGEV_THREAD_ID if call.kernel.core.task(tid).is_ok_and(|task| task.pid == call.pid) => {
            Notify::Thread(signal?, tid)
        }
        _ => return Err(Errno::EINVAL),
    };
    Ok((notify, Some(value)))
}

pub(super) fn timer_create(call: &mut Call<'_>) -> CallResult {
    let clock = call.int(0);
    if !matches!(clock, 0 | 1 | 4 | 5 | 6 | 7 | 8 | 9 | 11) {
        return Err(Errno::EINVAL.into());
    }
    let (notify, value) = event(call, call.word(1))?;
    let timer = PosixTimer {
        notify,
        value: value.unwrap_or(0),
        wall: matches!(clock, 0 | 5 | 8 | 11),
        next_ns: None,
        interval_ns: 0,
        overrun: 0,
    };
    let id = call.process()?.timers.add(timer)?;
    let pid = call.pid;
    if let Err(error) = call.write_u32(call.word(2), id) {
        call.core().delete_timer(pid, id)?;
        return Err(error.into());
    }
    Ok(0)
}
pub(super) fn timer_delete(call: &mut Call<'_>) -> CallResult {
    let (pid, id) = (call.pid, call.unsigned(0));
    call.core().delete_timer(pid, id)?;
    Ok(0)
}
pub(super) fn timer_getoverrun(call: &mut Call<'_>) -> CallResult {
    let id = call.unsigned(0);
    Ok(u64::from(call.process()?.timers.get(id)?.overrun.min(i32::MAX as u32)))
}

/// `struct itimerspec`: interval, then what is left.
fn give_state(call: &mut Call<'_>, timer: &PosixTimer, address: u64, width: usize) -> Result<(), Errno> {
    if address == 0 {
        return Ok(());
    }
    let now_ns = call.kernel.core.now_ns;
    let left = timer.next_ns.map_or(0, |next| next.saturating_sub(now_ns).max(1));
    give(call, address, timer.interval_ns, width)?;
    give(call, address + 2 * width as u64, left, width)
}
fn get(call: &mut Call<'_>, width: usize) -> CallResult {
    let id = call.unsigned(0);
    let timer = call.process()?.timers.get(id)?;
    if call.word(1) == 0 {
        return Err(Errno::EFAULT.into());
    }
    give_state(call, &timer, call.word(1), width)?;
    Ok(0)
}
pub(super) fn timer_gettime(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    get(call, width)
}
pub(super) fn timer_gettime64(call: &mut Call<'_>) -> CallResult {
    get(call, 8)
}
fn set(call: &mut Call<'_>, width: usize) -> CallResult {
    let (id, flags, new, old) = (call.unsigned(0), call.unsigned(1), call.word(2), call.word(3));
    let timer = call.process()?.timers.get(id)?;
    let interval_ns = timespec(call, new, width)?.ok_or(Errno::EINVAL)?;
    let first = timespec(call, new + 2 * width as u64, width)?.ok_or(Errno::EINVAL)?;
    give_state(call, &timer, old, width)?;
    let core = &mut call.kernel.core;
    let clock = if timer.wall { u64::try_from(core.wall_ns()).unwrap_or(0) } else { core.uptime_ns() };
    let left = if flags & TIMER_ABSTIME != 0 { first.saturating_sub(clock) } else { first };
    let next_ns = (first > 0).then(|| core.now_ns.saturating_add(left));
    core.arm_timer(call.pid, id, next_ns, interval_ns);
    Ok(0)
}
pub(super) fn timer_settime(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    set(call, width)
}
pub(super) fn timer_settime64(call: &mut Call<'_>) -> CallResult {
    set(call, 8)
}

/// What is left of an interval timer, and its interval.
fn interval_left(call: &mut Call<'_>, which: u32) -> Result<(u64, u64), Errno> {
    let now_ns = call.kernel.core.now_ns;
    let process = call.kernel.core.process(call.pid)?;
    let (now, next, interval) = match (which, process.cpu_timers.each) {
        (0, _) => (now_ns, process.timer.deadline_ns, process.timer.interval_ns),
        (1, [(next, interval), _]) | (2, [_, (next, interval)]) => {
            (call.kernel.core.cpu_ns(process), next, interval)
        }
        _ => return Err(Errno::EINVAL),
    };
    Ok((next.map_or(0, |next| next.saturating_sub(now).max(1000)), interval))
}
fn give_interval(call: &mut Call<'_>, address: u64, left: u64, interval: u64) -> Result<(), Errno> {
    let mut record = call.record();
    for ns in [interval, left] {
        record.word(ns / BILLION).word(ns % BILLION / 1000);
    }
    call.write_if(address, record.as_bytes())
}
pub(super) fn setitimer(call: &mut Call<'_>) -> CallResult {
    let (which, new, old) = (call.unsigned(0), call.word(1), call.word(2));
    let (left, interval) = interval_left(call, which)?;
    if new != 0 {
        let half = 2 * call.abi().word_bytes as u64;
        let (every, first) = (timeval(call, new)?, timeval(call, new + half)?);
        let (pid, core) = (call.pid, &mut call.kernel.core);
        let after = |now: u64| (first > 0).then(|| now.saturating_add(first));
        if which == 0 {
            let deadline = after(core.now_ns);
            core.set_timer(pid, deadline, every);
        } else {
            let next = after(core.cpu_ns(core.process(pid)?));
            if let Some(timer) = core.process_mut(pid)?.cpu_timers.each.get_mut(which as usize - 1) {
                *timer = (next, every);
            }
        }
    }
    give_interval(call, old, left, interval)?;
    Ok(0)
}
pub(super) fn getitimer(call: &mut Call<'_>) -> CallResult {
    let (left, interval) = interval_left(call, call.unsigned(0))?;
    give_interval(call, call.word(1), left, interval)?;
    Ok(0)
}
pub(super) fn alarm(call: &mut Call<'_>) -> CallResult {
    let (left, _) = interval_left(call, 0)?;
    let seconds = u64::from(call.unsigned(0));
    let deadline = (seconds > 0).then(|| call.kernel.core.now_ns.saturating_add(seconds * BILLION));
    let pid = call.pid;
    call.core().set_timer(pid, deadline, 0);
    Ok(left.div_ceil(BILLION))
}
