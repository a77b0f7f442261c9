//! A thread that another process traces: its stops, and how it goes on from each.
//!
//! Key types: [`Tracee`], [`Stop`]. Neighbours: `syscall/ptrace.rs` makes the requests, `signal/deliver.rs` and
//! `syscall/mod.rs` stop here, `task/exit.rs` tells the tracer. ptrace(2) "Stopped states".
use super::{Ending, Tid, waiting::WaitKey};
use crate::{
    config::Pid,
    kernel::{Core, Kernel},
    signal::{Information, Signal, code},
};
use alloc::{collections::VecDeque, vec::Vec};

/// Stops that one thread has before it at most: an event, the end of its call, and the first of a new thread.
const QUEUED_MAX: usize = 4;
/// Ends that one tracer has not heard of yet, beside those of its own children.
const ENDED_MAX: usize = 4_096;

/// PTRACE_O_* bits that the kernel acts on.
pub(crate) mod option {
    pub(crate) const GOOD_CALLS: u32 = 0x1;
    pub(crate) const FORK: u32 = 0x2;
    pub(crate) const VFORK: u32 = 0x4;
    pub(crate) const CLONE: u32 = 0x8;
    pub(crate) const EXEC: u32 = 0x10;
    pub(crate) const EXIT: u32 = 0x40;
    pub(crate) const EXIT_KILL: u32 = 0x10_0000;
    /// every bit that Linux 4.4 takes
    pub(crate) const KNOWN: u32 = 0x30_00ff;
}

/// PTRACE_EVENT_*
pub(crate) mod event {
    pub(crate) const FORK: u32 = 1;
    pub(crate) const VFORK: u32 = 2;
    pub(crate) const CLONE: u32 = 3;
    pub(crate) const EXEC: u32 = 4;
    pub(crate) const EXIT: u32 = 6;
    pub(crate) const STOP: u32 = 128;
}

/// Why a traced thread stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StopKind {
    /// a signal is about to act
    Signal,
    /// a call is about to be made
    Entry,
    /// a call has its result
    Exit,
    /// PTRACE_EVENT_*
    Event,
    /// a stop signal acted
    Group,
}

/// A stop that the tracer hears of by wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stop {
    pub(crate) kind: StopKind,
    /// the guest's number of a signal, with an event in the bits from 8 on
    pub(crate) code: u32,
    /// what PTRACE_GETEVENTMSG gives
    pub(crate) message: u64,
    /// what PTRACE_GETSIGINFO gives
    pub(crate) signal: Signal,
    pub(crate) information: Information,
    pub(crate) reported: bool,
}

/// How far a thread goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Until {
    /// the next signal or event
    Signal,
    /// the next call, too
    Call,
    /// one instruction
    Step,
}

/// A call between its two stops: its number and its first argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TracedCall {
    pub(crate) number: u64,
    pub(crate) first: u64,
}

/// What is kept of a traced thread.
#[derive(Clone, Debug)]
pub(crate) struct Tracee {
    pub(crate) tracer: Pid,
    pub(crate) options: u32,
    /// PTRACE_SEIZE
    pub(crate) seized: bool,
    pub(crate) stop: Option<Stop>,
    queue: VecDeque<Stop>,
    pub(crate) until: Until,
    pub(crate) message: u64,
    /// the signal that the tracer lets act
    inject: Option<(Signal, Information)>,
    pub(crate) call: Option<TracedCall>,
    /// the stop at the entry is over: the call is to be made now
    goes_into_call: bool,
    /// PTRACE_LISTEN: it tells the end of its group's stop
    listens: bool,
    /// that end came before
    group_went_on: bool,
}

impl Tracee {
    pub(crate) fn new(tracer: Pid, options: u32, seized: bool) -> Self {
        Tracee {
            tracer,
            options,
            seized,
            stop: None,
            queue: VecDeque::new(),
            until: Until::Signal,
            message: 0,
            inject: None,
            call: None,
            goes_into_call: false,
            listens: false,
            group_went_on: false,
        }
    }
}

/// A traced thread that ended, for the wait of its tracer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EndedTracee {
    pub(crate) tid: Tid,
    pub(crate) uid: u32,
    pub(crate) ending: Ending,
}

impl Core {
    pub(crate) fn tracee(&self, tid: Tid) -> Option<&Tracee> {
        self.tasks.get(&tid)?.tracee.as_deref()
    }
    pub(crate) fn tracee_mut(&mut self, tid: Tid) -> Option<&mut Tracee> {
        self.tasks.get_mut(&tid)?.tracee.as_deref_mut()
    }
    /// Does it stand still for its tracer?
    pub(crate) fn is_held(&self, tid: Tid) -> bool {
        self.tracee(tid).is_some_and(|tracee| tracee.stop.is_some())
    }
    /// Threads that this process traces.
    pub(crate) fn tracees_of(&self, tracer: Pid) -> Vec<Tid> {
        let traced = |task: &&super::Task| task.tracee.as_ref().is_some_and(|found| found.tracer == tracer);
        self.tasks.values().filter(traced).map(|task| task.tid).collect()
    }

    /// Begins to trace a thread.
    pub(crate) fn attach(&mut self, tid: Tid, tracee: Tracee) {
        if let Some(process) = self.processes.get_mut(&tracee.tracer) {
            process.traces = true;
        }
        if let Some(task) = self.tasks.get_mut(&tid) {
            task.tracee = Some(tracee.into());
        }
    }

    /// Ends the tracing of a thread, which goes on.
    pub(crate) fn detach(&mut self, tid: Tid, signal: Option<Signal>) {
        self.resume(tid, Until::Signal, signal);
        let Some(tracee) = self.tasks.get_mut(&tid).and_then(|task| task.tracee.take()) else { return };
        if let (Some((signal, information)), Some(task)) = (tracee.inject, self.tasks.get_mut(&tid)) {
            task.pending.add(signal, information);
        }
        if tracee.goes_into_call
            && let Some(task) = self.tasks.get_mut(&tid)
        {
            // the call has not been made yet
            task.cpu.restart();
        }
        self.enqueue(tid);
    }

    /// Stops a thread, or notes the stop while it stands still already. Says whether it is traced by anyone who can
    /// let it go on: a process that only stands in the table cannot.
    pub(crate) fn stop_traced(&mut self, tid: Tid, stop: Stop) -> bool {
        let Some(tracee) = self.tracee_mut(tid) else { return false };
        let tracer = tracee.tracer;
        if tracee.stop.is_some() {
            if tracee.queue.len() < QUEUED_MAX {
                tracee.queue.push_back(stop);
            }
            return true;
        }
        let lives = self.process(tracer).is_ok_and(|process| !process.threads.is_empty());
        if !lives {
            return false;
        }
        if let Some(tracee) = self.tracee_mut(tid) {
            tracee.stop = Some(stop);
            tracee.message = stop.message;
        }
        self.tell_tracer(tid, tracer, code::CLD_TRAPPED, stop.code & 0xff);
        true
    }

    fn tell_tracer(&mut self, tid: Tid, tracer: Pid, code: i32, status: u32) {
        let owner = self.task(tid).and_then(|task| self.process(task.pid));
        let uid = owner.map_or(0, |process| process.identity.uid);
        self.send_to_process(tracer, Signal::CHLD, Information::child(code, tid, uid, status));
        self.wake(WaitKey::Child(tracer));
    }

    /// Stops for an event, if the thread is traced.
    pub(crate) fn trace_event(&mut self, tid: Tid, event: u32, message: u64) -> bool {
        let trap = u32::from(self.abi.signal_to_guest(Signal::TRAP));
        let code = trap | (event << 8);
        let information = Information { code: code as i32, ..Information::from_process(0, tid, 0) };
        self.stop_traced(
            tid,
            Stop { kind: StopKind::Event, code, message, signal: Signal::TRAP, information, reported: false },
        )
    }

    /// Does a tracer want to know of a thread's end before it comes?
    pub(crate) fn wants_exit(&self, tid: Tid) -> bool {
        self.tracee(tid).is_some_and(|tracee| tracee.options & option::EXIT != 0)
    }
    /// A traced thread is about to end: says whether it stops before. What it stood still for is over.
    pub(crate) fn stop_before_end(&mut self, tid: Tid, ending: Ending) -> bool {
        let status = match ending {
            Ending::Exited(status) => u32::from(status) << 8,
            Ending::Killed(signal) => u32::from(self.abi.signal_to_guest(signal)),
        };
        if let Some(tracee) = self.tracee_mut(tid) {
            (tracee.stop, tracee.inject, tracee.goes_into_call) = (None, None, false);
            tracee.queue.clear();
        }
        let stops = self.trace_event(tid, event::EXIT, u64::from(status));
        if let (true, Ok(task)) = (stops, self.task_mut(tid)) {
            task.ending = Some(ending);
        }
        stops
    }

    fn stop_at_call(&mut self, tid: Tid, kind: StopKind) -> bool {
        let Some(tracee) = self.tracee(tid) else { return false };
        let good = if tracee.options & option::GOOD_CALLS != 0 { 0x80 } else { 0 };
        let code = u32::from(self.abi.signal_to_guest(Signal::TRAP)) | good;
        let information = Information { code: code as i32, ..Information::kernel() };
        self.stop_traced(
            tid,
            Stop { kind, code, message: 0, signal: Signal::TRAP, information, reported: false },
        )
    }

    /// A traced thread is at a call: says whether it stops before it.
    pub(crate) fn stops_before_call(&mut self, tid: Tid, call: TracedCall) -> bool {
        let Some(tracee) = self.tracee_mut(tid) else { return false };
        if core::mem::take(&mut tracee.goes_into_call) || tracee.until != Until::Call {
            return false;
        }
        tracee.call = Some(call);
        let stops = self.stop_at_call(tid, StopKind::Entry);
        if !stops && let Some(tracee) = self.tracee_mut(tid) {
            tracee.call = None;
        }
        stops
    }

    /// A call of a traced thread has its result.
    pub(crate) fn stop_after_call(&mut self, tid: Tid) {
        if self.task(tid).is_ok_and(|task| task.ending.is_some()) {
            return;
        }
        let Some(tracee) = self.tracee(tid) else { return };
        if tracee.call.is_some() && (tracee.until == Until::Call || tracee.stop.is_some()) {
            self.stop_at_call(tid, StopKind::Exit);
        } else if let Some(tracee) = self.tracee_mut(tid) {
            tracee.call = None;
        }
    }
    /// Does the end of its call interest the tracer?
    pub(crate) fn is_in_traced_call(&self, tid: Tid) -> bool {
        self.tracee(tid).is_some_and(|tracee| tracee.call.is_some() && tracee.until == Until::Call)
    }

    /// A signal is about to act on a traced thread: says whether it stops instead.
    pub(crate) fn stops_for_signal(&mut self, tid: Tid, signal: Signal, information: Information) -> bool {
        if signal == Signal::KILL {
            return false;
        }
        let code = u32::from(self.abi.signal_to_guest(signal));
        let kind = StopKind::Signal;
        self.stop_traced(tid, Stop { kind, code, message: 0, signal, information, reported: false })
    }

    /// A stop signal acts on a traced thread: says whether its tracer is told instead of its parent.
    pub(crate) fn stops_with_group(&mut self, tid: Tid, signal: Signal) -> bool {
        let Some(tracee) = self.tracee(tid) else { return false };
        let event = if tracee.seized { event::STOP << 8 } else { 0 };
        let code = u32::from(self.abi.signal_to_guest(signal)) | event;
        let information = Information::kernel();
        let kind = StopKind::Group;
        self.stop_traced(tid, Stop { kind, code, message: 0, signal, information, reported: false })
    }

    /// SIGCONT came: who stopped with its group tells its tracer, if that one listens.
    pub(crate) fn end_group_stop(&mut self, tid: Tid) {
        let Some(tracee) = self.tracee_mut(tid).filter(|tracee| tracee.seized) else { return };
        if tracee.stop.is_some_and(|stop| stop.kind == StopKind::Group) {
            tracee.group_went_on = true;
            self.tell_end_of_group_stop(tid);
        }
    }
    /// PTRACE_LISTEN
    pub(crate) fn listen(&mut self, tid: Tid) {
        if let Some(tracee) = self.tracee_mut(tid) {
            tracee.listens = true;
            self.tell_end_of_group_stop(tid);
        }
    }
    fn tell_end_of_group_stop(&mut self, tid: Tid) {
        let Some(tracee) = self.tracee_mut(tid) else { return };
        if tracee.listens && tracee.group_went_on {
            (tracee.listens, tracee.group_went_on, tracee.stop) = (false, false, None);
            self.trace_event(tid, event::STOP, 0);
        }
    }

    /// The signal that the tracer lets act now.
    pub(crate) fn take_injected(&mut self, tid: Tid) -> Option<(Signal, Information)> {
        self.tracee_mut(tid)?.inject.take()
    }
    /// The signal acts at the next turn.
    pub(crate) fn inject(&mut self, tid: Tid, signal: Signal, information: Information) {
        if let Some(tracee) = self.tracee_mut(tid) {
            tracee.inject = Some((signal, information));
        }
    }

    /// Lets a thread go on from its stop, into the next one that was noted.
    pub(crate) fn resume(&mut self, tid: Tid, until: Until, signal: Option<Signal>) {
        let Some(tracee) = self.tracee_mut(tid) else { return };
        let tracer = tracee.tracer;
        tracee.until = until;
        (tracee.listens, tracee.group_went_on) = (false, false);
        let Some(stop) = tracee.stop.take() else { return };
        match (stop.kind, signal) {
            (StopKind::Signal, Some(signal)) => {
                let same = signal == stop.signal;
                let information =
                    if same { stop.information } else { Information::from_process(code::USER, tracer, 0) };
                tracee.inject = Some((signal, information));
            }
            (StopKind::Entry, _) => tracee.goes_into_call = true,
            (StopKind::Exit, _) => tracee.call = None,
            _ => {}
        }
        while let Some(next) = self.tracee_mut(tid).and_then(|tracee| tracee.queue.pop_front()) {
            if next.kind == StopKind::Exit && until != Until::Call {
                self.stop_after_call(tid);
                continue;
            }
            if self.stop_traced(tid, next) {
                break;
            }
        }
        if let (StopKind::Exit, Some(signal)) = (stop.kind, signal) {
            self.send_to_task(tid, signal, Information::from_process(code::USER, tracer, 0));
        }
        self.enqueue(tid);
    }

    /// A tracer is gone: its tracees go on by themselves, or end with it.
    pub(crate) fn release_tracees(&mut self, tracer: Pid) {
        if !self.process(tracer).is_ok_and(|process| process.traces) {
            return;
        }
        for tid in self.tracees_of(tracer) {
            let kills = self.tracee(tid).is_some_and(|tracee| tracee.options & option::EXIT_KILL != 0);
            self.detach(tid, None);
            if kills {
                self.send_to_task(tid, Signal::KILL, Information::kernel());
            }
        }
    }

    /// A traced thread ended: who traces it hears of it, unless the usual way tells it.
    pub(crate) fn trace_end(&mut self, tid: Tid, pid: Pid, tracer: Pid, ending: Ending) {
        let Ok(process) = self.process(pid) else { return };
        let (parent, uid) = (process.parent, process.identity.uid);
        if tid == pid && parent == tracer {
            return;
        }
        let Ok(above) = self.process_mut(tracer) else { return };
        if above.ended_tracees.len() < ENDED_MAX {
            above.ended_tracees.push(EndedTracee { tid, uid, ending });
        }
        if tid == pid {
            let (code, status) = match ending {
                Ending::Exited(status) => (code::CLD_EXITED, u32::from(status)),
                Ending::Killed(by) => (code::CLD_KILLED, u32::from(self.abi.signal_to_guest(by))),
            };
            self.tell_tracer(tid, tracer, code, status);
        }
        self.wake(WaitKey::Child(tracer));
    }
}

impl Kernel {
    /// A thread, or a process, was made: its maker's tracer may want it too.
    pub(crate) fn trace_clone(&mut self, parent: Tid, child: Tid, kind: u32) {
        let Some(tracee) = self.core.tracee(parent) else { return };
        let wanted = match kind {
            event::FORK => option::FORK,
            event::VFORK => option::VFORK,
            _ => option::CLONE,
        };
        if tracee.options & wanted == 0 {
            return;
        }
        let (tracer, options, seized) = (tracee.tracer, tracee.options, tracee.seized);
        self.core.attach(child, Tracee::new(tracer, options, seized));
        if seized {
            self.core.trace_event(child, event::STOP, 0);
        } else if let Ok(task) = self.core.task_mut(child) {
            task.pending.add(Signal::STOP, Information::from_process(code::USER, 0, 0));
        }
        self.core.trace_event(parent, kind, u64::from(child));
    }

    /// A traced thread runs a new program.
    pub(crate) fn trace_exec(&mut self, tid: Tid) {
        let Some(tracee) = self.core.tracee(tid) else { return };
        if tracee.options & option::EXEC != 0 {
            self.core.trace_event(tid, event::EXEC, u64::from(tid));
        } else if !tracee.seized
            && let Ok(task) = self.core.task_mut(tid)
        {
            task.pending.add(Signal::TRAP, Information::from_process(code::USER, tid, 0));
        }
    }

    /// What is left of a stop before a call: makes the call now.
    pub(crate) fn go_into_call(&mut self, tid: Tid) {
        if self.core.tracee(tid).is_some_and(|tracee| tracee.goes_into_call) {
            self.system_call(tid);
        }
    }
}
