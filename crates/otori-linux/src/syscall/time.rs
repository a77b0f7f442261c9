//! Time: clocks, sleeping, timerfd. All of it is virtual.
//!
//! Neighbour: `timer.rs` has the other timers. Structures come in two widths: the architecture's `long`, and 64 bits (time64 calls). clock_gettime(2),
//! nanosleep(2), timerfd_create(2).
use super::{
    TABLE,
    call::{Call, CallResult},
    limit,
};
use crate::{
    errno::Errno,
    file::{FileKind, event::TimerFile, flag},
    kernel::Kernel,
    record::{Record, View},
    task::{
        Tid,
        waiting::{Restart, WaitKey, Waiting},
    },
    vfs::Capability,
};
use alloc::vec::Vec;

pub(super) const BILLION: u64 = 1_000_000_000;
pub(super) const TIMER_ABSTIME: u32 = 1;

/// `struct timespec` at an address with fields of that width; `None` is NULL.
pub(super) fn timespec(call: &mut Call<'_>, address: u64, width: usize) -> Result<Option<u64>, Errno> {
    if address == 0 {
        return Ok(None);
    }
    let bytes = call.read_bytes(address, width * 2)?;
    let view = View::new(call.abi(), &bytes);
    parse(&view, 0, width).map(Some)
}

/// Nanoseconds of a timespec inside a structure; EINVAL for negative ones and for too many nanoseconds.
fn parse(view: &View<'_>, offset: usize, width: usize) -> Result<u64, Errno> {
    let seconds =
        if width == 8 { view.u64(offset).map(|value| value as i64) } else { view.signed_word(offset) };
    let fraction = if width == 8 {
        view.u64(offset + 8).map(|value| u64::from(value as u32))
    } else {
        view.word(offset + width)
    };
    let (seconds, fraction) = (seconds.ok_or(Errno::EFAULT)?, fraction.ok_or(Errno::EFAULT)?);
    if seconds < 0 || fraction >= BILLION {
        return Err(Errno::EINVAL);
    }
    Ok((seconds as u64).saturating_mul(BILLION).saturating_add(fraction))
}

pub(super) fn give(call: &mut Call<'_>, address: u64, ns: u64, width: usize) -> Result<(), Errno> {
    let mut record = call.record();
    if width == 8 {
        record.u64(ns / BILLION).u64(ns % BILLION);
    } else {
        record.word(ns / BILLION).word(ns % BILLION);
    }
    call.write(address, record.as_bytes())
}

/// Nanoseconds that a clock shows now.
fn read_clock(call: &mut Call<'_>, clock: i32) -> Result<u64, Errno> {
    match clock {
        0 | 5 | 8 | 11 => Ok(u64::try_from(call.kernel.core.wall_ns()).unwrap_or(0)),
        1 | 4 | 6 | 7 | 9 => Ok(call.kernel.core.uptime_ns()),
        2 => limit::cpu_ns(call),
        3 => Ok(call.task()?.instructions * crate::sched::NS_PER_INSTRUCTION),
        _ => Err(Errno::EINVAL),
    }
}

fn clock_get(call: &mut Call<'_>, width: usize) -> CallResult {
    let ns = read_clock(call, call.int(0))?;
    let ns = if matches!(call.int(0), 5 | 6) { ns / 4_000_000 * 4_000_000 } else { ns };
    give(call, call.word(1), ns, width)?;
    Ok(0)
}
pub(super) fn clock_gettime(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    clock_get(call, width)
}
pub(super) fn clock_gettime64(call: &mut Call<'_>) -> CallResult {
    clock_get(call, 8)
}
fn resolution(call: &mut Call<'_>, width: usize) -> CallResult {
    let clock = call.int(0);
    read_clock(call, clock)?;
    if call.word(1) != 0 {
        give(call, call.word(1), if matches!(clock, 5 | 6) { 4_000_000 } else { 1 }, width)?;
    }
    Ok(0)
}
pub(super) fn clock_getres(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    resolution(call, width)
}
pub(super) fn clock_getres_time64(call: &mut Call<'_>) -> CallResult {
    resolution(call, 8)
}

/// Moves the wall clock of this machine; only root may.
fn set_wall(call: &mut Call<'_>, ns: u64) -> CallResult {
    call.require(Capability::SYS_TIME)?;
    let core = call.core();
    let wanted = i64::try_from(ns).map_err(|_| Errno::EINVAL)?;
    core.wall_shift_ns = core.wall_shift_ns.saturating_add(wanted.saturating_sub(core.wall_ns()));
    Ok(0)
}
fn clock_set(call: &mut Call<'_>, width: usize) -> CallResult {
    if call.int(0) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let ns = timespec(call, call.word(1), width)?.ok_or(Errno::EFAULT)?;
    set_wall(call, ns)
}
pub(super) fn clock_settime(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    clock_set(call, width)
}
pub(super) fn clock_settime64(call: &mut Call<'_>) -> CallResult {
    clock_set(call, 8)
}
pub(super) fn gettimeofday(call: &mut Call<'_>) -> CallResult {
    let ns = u64::try_from(call.kernel.core.wall_ns()).unwrap_or(0);
    let mut record = call.record();
    record.word(ns / BILLION).word(ns % BILLION / 1000);
    call.write_if(call.word(0), record.as_bytes())?;
    call.write_if(call.word(1), &[0; 8])?;
    Ok(0)
}
pub(super) fn settimeofday(call: &mut Call<'_>) -> CallResult {
    match call.word(0) {
        0 => Ok(0),
        address => {
            let ns = timeval(call, address)?;
            set_wall(call, ns)
        }
    }
}
pub(super) fn time(call: &mut Call<'_>) -> CallResult {
    let seconds = u64::try_from(call.kernel.core.wall_ns()).unwrap_or(0) / BILLION;
    let mut record = call.record();
    record.word(seconds);
    call.write_if(call.word(0), record.as_bytes())?;
    Ok(seconds)
}
pub(super) fn stime(call: &mut Call<'_>) -> CallResult {
    let seconds = call.read_word(call.word(0))?;
    set_wall(call, seconds.saturating_mul(BILLION))
}
/// The clock is never adjusted: reading works, root's changes are taken and forgotten.
pub(super) fn adjtimex(call: &mut Call<'_>) -> CallResult {
    let modes = call.read_u32(call.word(0))?;
    if modes != 0 {
        call.require(Capability::SYS_TIME)?;
    }
    Ok(5)
}

/// Sleeps until the deadline that was set.
fn sleep(call: &mut Call<'_>) -> CallResult {
    if call.timed_out() { Ok(0) } else { Err(call.wait(Vec::new(), Restart::Never)) }
}
pub(super) fn nanosleep(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    let length = timespec(call, call.word(0), width)?.ok_or(Errno::EFAULT)?;
    call.give_up_after(Some(length));
    sleep(call)
}
fn clock_sleep(call: &mut Call<'_>, width: usize) -> CallResult {
    let (clock, flags) = (call.int(0), call.unsigned(1));
    let wanted = timespec(call, call.word(2), width)?.ok_or(Errno::EFAULT)?;
    let now = read_clock(call, clock)?;
    let length = if flags & TIMER_ABSTIME != 0 { wanted.saturating_sub(now) } else { wanted };
    call.give_up_after(Some(length));
    sleep(call)
}
pub(super) fn clock_nanosleep(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    clock_sleep(call, width)
}
pub(super) fn clock_nanosleep_time64(call: &mut Call<'_>) -> CallResult {
    clock_sleep(call, 8)
}

impl Kernel {
    /// A sleep that a handler ended says how long it would have gone on, to a caller that asks.
    pub(crate) fn tell_unslept(&mut self, tid: Tid, waiting: &Waiting) {
        let word = self.core.abi.word_bytes;
        let [_, second, _, fourth, ..] = waiting.arguments;
        let relative = second & u64::from(TIMER_ABSTIME) == 0;
        let (address, width) = match TABLE.get(usize::from(waiting.row)).map(|row| row.name) {
            Some("nanosleep") => (second, word),
            Some("clock_nanosleep") if relative => (fourth, word),
            Some("clock_nanosleep_time64") if relative => (fourth, 8),
            _ => return,
        };
        let left_ns = waiting.deadline_ns.unwrap_or(0).saturating_sub(self.core.now_ns);
        let mut record = Record::new(self.core.abi);
        record.number(left_ns / BILLION, width).number(left_ns % BILLION, width);
        if let (true, Ok(space)) = (address != 0, self.core.space_of_mut(tid)) {
            let _ = space.memory.write(address, record.as_bytes());
        }
    }
}

/// `struct timeval`, in nanoseconds.
pub(super) fn timeval(call: &mut Call<'_>, address: u64) -> Result<u64, Errno> {
    let width = call.abi().word_bytes;
    let bytes = call.read_bytes(address, 2 * width)?;
    let view = View::new(call.abi(), &bytes);
    let (seconds, micros) = view.signed_word(0).zip(view.signed_word(width)).ok_or(Errno::EFAULT)?;
    if seconds < 0 || !(0..1_000_000).contains(&micros) {
        return Err(Errno::EINVAL);
    }
    Ok((seconds as u64).saturating_mul(BILLION).saturating_add(micros as u64 * 1000))
}
pub(super) fn timerfd_create(call: &mut Call<'_>) -> CallResult {
    let (clock, guest_flags) = (call.int(0), call.unsigned(1));
    if !matches!(clock, 0 | 1 | 7 | 8 | 9) {
        return Err(Errno::EINVAL.into());
    }
    let flags = call.abi().open_from_guest(guest_flags) & (flag::CLOSE_ON_EXEC | flag::NON_BLOCKING);
    let timer = TimerFile { wall: matches!(clock, 0 | 8), ..TimerFile::default() };
    let tid = call.tid;
    Ok(call.kernel.install_new(tid, FileKind::Timer(timer), flags)?)
}
fn timer_file<'a>(call: &'a mut Call<'_>) -> Result<&'a mut TimerFile, Errno> {
    match &mut call.file_mut(0)?.kind {
        FileKind::Timer(timer) => Ok(timer),
        _ => Err(Errno::EINVAL),
    }
}
fn give_timer_file(call: &mut Call<'_>, address: u64, width: usize) -> Result<(), Errno> {
    let now_ns = call.kernel.core.now_ns;
    let timer = *timer_file(call)?;
    let left = timer.next_ns.map_or(0, |next| next.saturating_sub(now_ns).max(1));
    if address == 0 {
        return Ok(());
    }
    give(call, address, timer.interval_ns, width)?;
    give(call, address + 2 * width as u64, left, width)
}
fn timer_set(call: &mut Call<'_>, width: usize) -> CallResult {
    /// TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET
    const KNOWN: u32 = 3;
    let (flags, new, old) = (call.unsigned(1), call.word(2), call.word(3));
    if flags & !KNOWN != 0 {
        return Err(Errno::EINVAL.into());
    }
    let interval_ns = timespec(call, new, width)?.ok_or(Errno::EFAULT)?;
    let first = timespec(call, new + 2 * width as u64, width)?.ok_or(Errno::EFAULT)?;
    give_timer_file(call, old, width)?;
    let now_ns = call.kernel.core.now_ns;
    let (wall_ns, uptime_ns) = (call.kernel.core.wall_ns(), call.kernel.core.uptime_ns());
    let index = call.file_index(0)?;
    let timer = timer_file(call)?;
    let clock = if timer.wall { u64::try_from(wall_ns).unwrap_or(0) } else { uptime_ns };
    let left = if flags & TIMER_ABSTIME != 0 { first.saturating_sub(clock) } else { first };
    timer.interval_ns = interval_ns;
    timer.next_ns = (first > 0).then(|| now_ns.saturating_add(left));
    call.core().wake(WaitKey::File(index));
    Ok(0)
}
pub(super) fn timerfd_settime(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    timer_set(call, width)
}
pub(super) fn timerfd_settime64(call: &mut Call<'_>) -> CallResult {
    timer_set(call, 8)
}
pub(super) fn timerfd_gettime(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    give_timer_file(call, call.word(1), width)?;
    Ok(0)
}
pub(super) fn timerfd_gettime64(call: &mut Call<'_>) -> CallResult {
    give_timer_file(call, call.word(1), 8)?;
    Ok(0)
}
