//! Timers of a process: those of timer_create, the CPU time ones of setitimer, and the limit of CPU time.
//!
//! Key types: [`Timers`], [`PosixTimer`], [`CpuTimers`]. All moments are virtual nanoseconds. timer_create(2),
//! setitimer(2), getrlimit(2) RLIMIT_CPU.
use super::{Process, Tid, limit::Resource};
use crate::{
    config::Pid,
    errno::Errno,
    kernel::Core,
    sched::{Deadline, NS_PER_INSTRUCTION},
    signal::{Detail, Information, Signal, code},
};
use alloc::collections::BTreeMap;

/// Timers of one process; then EAGAIN.
const TIMERS_MAX: usize = 64;

const NS_PER_SECOND: u64 = 1_000_000_000;

/// What a timer does when its time has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Notify {
    /// SIGEV_NONE
    Nothing,
    /// SIGEV_SIGNAL
    Process(Signal),
    /// SIGEV_THREAD_ID
    Thread(Signal, Tid),
}

/// One timer of timer_create.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PosixTimer {
    pub(crate) notify: Notify,
    /// sigev_value
    pub(crate) value: u64,
    /// CLOCK_REALTIME: absolute times are on the wall clock
    pub(crate) wall: bool,
    pub(crate) next_ns: Option<u64>,
    pub(crate) interval_ns: u64,
    /// how often it went off while its signal still waited
    pub(crate) overrun: u32,
}

/// Timers by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    timers: BTreeMap<u32, PosixTimer>,
}

impl Timers {
    /// Adds a timer under the lowest free id.
    pub(crate) fn add(&mut self, timer: PosixTimer) -> Result<u32, Errno> {
        let id = (0..TIMERS_MAX as u32).find(|id| !self.timers.contains_key(id)).ok_or(Errno::EAGAIN)?;
        self.timers.insert(id, timer);
        Ok(id)
    }
    pub(crate) fn get(&self, id: u32) -> Result<PosixTimer, Errno> {
        self.timers.get(&id).copied().ok_or(Errno::EINVAL)
    }
    fn get_mut(&mut self, id: u32) -> Option<&mut PosixTimer> {
        self.timers.get_mut(&id)
    }
}

/// ITIMER_VIRTUAL and ITIMER_PROF: CPU time at which the next signal comes, and the interval. The engine spends no
/// time in its kernel, so the two differ in their signal only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CpuTimers {
    pub(crate) each: [(Option<u64>, u64); 2],
    /// seconds of CPU time that the process was told of by SIGXCPU
    told_seconds: u64,
}

impl Core {
    /// CPU time of a process in its own threads.
    pub(crate) fn cpu_ns(&self, process: &Process) -> u64 {
        let of = |tid: &Tid| self.task(*tid).map_or(0, |task| task.instructions * NS_PER_INSTRUCTION);
        process.ended_threads_ns + process.threads.iter().map(of).sum::<u64>()
    }

    /// Sets a timer off from nothing, or again.
    pub(crate) fn arm_timer(&mut self, pid: Pid, id: u32, next_ns: Option<u64>, interval_ns: u64) {
        let Some(timer) = self.processes.get_mut(&pid).and_then(|process| process.timers.get_mut(id)) else {
            return;
        };
        let before = core::mem::replace(&mut timer.next_ns, next_ns);
        (timer.interval_ns, timer.overrun) = (interval_ns, 0);
        if let Some(at_ns) = before {
            self.deadlines.remove(&(at_ns, Deadline::Timer(pid, id)));
        }
        if let Some(at_ns) = next_ns {
            self.deadlines.insert((at_ns, Deadline::Timer(pid, id)));
        }
    }

    /// Takes a timer away; EINVAL when there is none.
    pub(crate) fn delete_timer(&mut self, pid: Pid, id: u32) -> Result<(), Errno> {
        self.process(pid)?.timers.get(id)?;
        self.arm_timer(pid, id, None, 0);
        self.process_mut(pid)?.timers.timers.remove(&id);
        Ok(())
    }
    /// execve and the end of a process: no timer is left.
    pub(crate) fn delete_timers(&mut self, pid: Pid) {
        let ids: alloc::vec::Vec<u32> = self
            .process(pid)
            .map_or_else(|_| alloc::vec![], |process| process.timers.timers.keys().copied().collect());
        for id in ids {
            let _ = self.delete_timer(pid, id);
        }
    }

    /// The time of a timer has come.
    pub(crate) fn timer_due(&mut self, pid: Pid, id: u32) {
        let now_ns = self.now_ns;
        let Some(process) = self.processes.get_mut(&pid) else { return };
        let Some(timer) = process.timers.timers.get_mut(&id) else { return };
        let Some(due_ns) = timer.next_ns else { return };
        let missed = match timer.interval_ns {
            0 => 0,
            interval => now_ns.saturating_sub(due_ns) / interval,
        };
        timer.next_ns = (timer.interval_ns > 0)
            .then(|| due_ns.saturating_add((missed + 1).saturating_mul(timer.interval_ns)));
        if let Some(next_ns) = timer.next_ns {
            self.deadlines.insert((next_ns, Deadline::Timer(pid, id)));
        }
        let times = u32::try_from(missed).unwrap_or(u32::MAX);
        let (signal, thread) = match timer.notify {
            Notify::Nothing => return,
            Notify::Process(signal) => (signal, None),
            Notify::Thread(signal, tid) => (signal, Some(tid)),
        };
        let waiting = match thread {
            None => process.pending.set().contains(signal),
            Some(tid) => self.tasks.get(&tid).is_some_and(|task| task.pending.set().contains(signal)),
        };
        timer.overrun = if waiting { timer.overrun.saturating_add(times).saturating_add(1) } else { times };
        if waiting {
            return;
        }
        let detail = Detail::Timer { timer: id, overrun: timer.overrun, value: timer.value };
        let information = Information { code: code::TIMER, detail };
        match thread {
            None => self.send_to_process(pid, signal, information),
            Some(tid) => self.send_to_task(tid, signal, information),
        }
    }

    /// After a turn: CPU time timers and the limit of CPU time.
    pub(crate) fn check_cpu_time(&mut self, tid: Tid) {
        let Ok(pid) = self.task(tid).map(|task| task.pid) else { return };
        let Ok(process) = self.process(pid) else { return };
        let (soft, hard) = process.limits.get(Resource::CPU_SECONDS);
        if soft == u64::MAX && process.cpu_timers.each.iter().all(|(next, _)| next.is_none()) {
            return;
        }
        let used_ns = self.cpu_ns(process);
        let mut timers = process.cpu_timers;
        let mut raised = alloc::vec::Vec::new();
        for ((next, interval), signal) in timers.each.iter_mut().zip([Signal::VTALRM, Signal::PROF]) {
            if next.is_some_and(|next| next <= used_ns) {
                *next = (*interval > 0).then(|| used_ns.saturating_add(*interval));
                raised.push(signal);
            }
        }
        let seconds = used_ns / NS_PER_SECOND;
        if seconds >= hard {
            raised.push(Signal::KILL);
        } else if seconds >= soft && seconds > timers.told_seconds {
            timers.told_seconds = seconds;
            raised.push(Signal::XCPU);
        }
        if let Ok(process) = self.process_mut(pid) {
            process.cpu_timers = timers;
        }
        for signal in raised {
            self.send_to_process(pid, signal, Information::kernel());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_are_bounded_and_ids_are_used_again() {
        let timer = PosixTimer {
            notify: Notify::Nothing,
            value: 0,
            wall: false,
            next_ns: None,
            interval_ns: 0,
            overrun: 0,
        };
        let mut timers = Timers::default();
        for id in 0..TIMERS_MAX as u32 {
            assert_eq!(timers.add(timer), Ok(id));
        }
        assert_eq!(timers.add(timer), Err(Errno::EAGAIN));
        timers.timers.remove(&5);
        assert_eq!(timers.add(timer), Ok(5));
    }
}
