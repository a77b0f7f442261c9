//! Sending: to a thread, a process, a group; who may; what a stop or a continue undoes.
//!
//! Key items: [`Core::send_to_process`], [`Core::send_to_group`], [`Core::may_signal`]. kill(2), signal(7).
use super::{DefaultAction, Handler, Information, Signal, SignalSet};
use crate::{
    config::Pid,
    kernel::Core,
    task::{Life, Report, Tid, waiting::Restart, waiting::WaitKey},
};
use alloc::vec::Vec;

const STOPS: [Signal; 4] = [Signal::STOP, Signal::TSTP, Signal::TTIN, Signal::TTOU];

impl Core {
    /// May that process send a signal to the other? Root may, the same user may, a session may continue itself.
    pub(crate) fn may_signal(&self, sender: Pid, target: Pid, signal: Option<Signal>) -> bool {
        let (Ok(from), Ok(to)) = (self.process(sender), self.process(target)) else { return false };
        let effective = from.identity.effective.uid;
        let real = from.identity.uid;
        let owners = [to.identity.uid, to.identity.saved_uid];
        effective == 0
            || owners.contains(&effective)
            || owners.contains(&real)
            || (signal == Some(Signal::CONT) && from.session == to.session)
    }

    /// To a process: one of its threads that does not block it acts on it.
    pub(crate) fn send_to_process(&mut self, pid: Pid, signal: Signal, information: Information) {
        if !self.prepare(pid, signal) {
            return;
        }
        let Some(process) = self.processes.get_mut(&pid) else { return };
        process.pending.add(signal, information);
        let threads: Vec<Tid> = process.threads.clone();
        self.wake(WaitKey::Signals(pid));
        let blocks = |core: &Core, tid: Tid| core.task(tid).is_ok_and(|task| task.blocked.contains(signal));
        if signal == Signal::KILL {
            threads.into_iter().for_each(|tid| self.interrupt(tid, signal));
        } else if let Some(tid) = threads.into_iter().find(|&tid| !blocks(self, tid)) {
            self.interrupt(tid, signal);
        }
    }

    /// To one thread.
    pub(crate) fn send_to_task(&mut self, tid: Tid, signal: Signal, information: Information) {
        let Ok(pid) = self.task(tid).map(|task| task.pid) else { return };
        if signal == Signal::KILL {
            self.send_to_process(pid, signal, information);
            return;
        }
        if !self.prepare(pid, signal) {
            return;
        }
        let Ok(task) = self.task_mut(tid) else { return };
        task.pending.add(signal, information);
        let blocked = task.blocked.contains(signal);
        self.wake(WaitKey::Signals(pid));
        if !blocked {
            self.interrupt(tid, signal);
        }
    }

    /// Raised by the task's own instruction: acts now; blocked or ignored means the end of the process.
    pub(crate) fn force_signal(&mut self, tid: Tid, signal: Signal, information: Information) {
        let Ok(task) = self.task_mut(tid) else { return };
        let pid = task.pid;
        let was_blocked = task.blocked.contains(signal);
        task.blocked.remove(signal);
        task.pending.add(signal, information);
        if let Ok(process) = self.process_mut(pid) {
            let mut action = process.actions.get(signal);
            if was_blocked || action.handler == Handler::Ignore {
                action.handler = Handler::Default;
                process.actions.set(signal, action);
            }
        }
    }

    /// To every process of a group, without asking who sends.
    pub(crate) fn send_to_group(&mut self, group: Pid, signal: Signal, information: Information) {
        for pid in self.group_members(group) {
            self.send_to_process(pid, signal, information);
        }
    }

    /// Processes of a group, ascending.
    pub(crate) fn group_members(&self, group: Pid) -> Vec<Pid> {
        let belongs = |process: &&crate::task::Process| process.group == group;
        self.processes.values().filter(belongs).map(|process| process.pid).collect()
    }

    /// What a signal does on arrival, whatever is installed; says whether it is kept.
    fn prepare(&mut self, pid: Pid, signal: Signal) -> bool {
        let Ok(process) = self.process(pid) else { return false };
        if process.is_zombie() {
            return false;
        }
        let threads = process.threads.clone();
        if signal == Signal::CONT || signal == Signal::KILL {
            self.continue_process(pid);
        }
        if signal == Signal::CONT {
            threads.iter().for_each(|tid| self.end_group_stop(*tid));
            let stops = STOPS.iter().fold(SignalSet::EMPTY, |set, &stop| set.union(SignalSet::of(stop)));
            self.discard(pid, &threads, stops);
        } else if signal.default_action() == DefaultAction::Stop {
            self.discard(pid, &threads, SignalSet::of(Signal::CONT));
        }
        let Ok(process) = self.process(pid) else { return false };
        if threads.is_empty() && process.parent != 0 {
            // a process that only stands in the table (see Machine::spawn_resident): the default happens at once
            let fatal = signal.default_action() == DefaultAction::Terminate;
            if fatal && pid != 1 {
                self.end_resident(pid, signal);
            }
            return false;
        }
        let blocked =
            threads.iter().any(|&tid| self.task(tid).is_ok_and(|task| task.blocked.contains(signal)));
        let traced = threads.iter().any(|&tid| self.tracee(tid).is_some());
        blocked || traced || !self.process(pid).is_ok_and(|process| process.actions.ignores(signal))
    }

    fn discard(&mut self, pid: Pid, threads: &[Tid], set: SignalSet) {
        if let Ok(process) = self.process_mut(pid) {
            process.pending.discard(set);
        }
        for tid in threads {
            if let Ok(task) = self.task_mut(*tid) {
                task.pending.discard(set);
            }
        }
    }

    /// Lets a task look at its signals now.
    fn interrupt(&mut self, tid: Tid, signal: Signal) {
        let Ok(task) = self.task(tid) else { return };
        let deaf = task.waiting.as_ref().is_some_and(|waiting| waiting.restart == Restart::Uninterruptible);
        if !deaf || signal == Signal::KILL {
            self.enqueue(tid);
        }
    }

    /// A stopped process goes on.
    pub(crate) fn continue_process(&mut self, pid: Pid) {
        let Ok(process) = self.process_mut(pid) else { return };
        let Life::Stopped(_) = process.life else { return };
        process.life = Life::Alive;
        process.unreported = Some(Report::Continued);
        let threads = process.threads.clone();
        threads.into_iter().for_each(|tid| self.enqueue(tid));
        self.tell_parent(pid, super::code::CLD_CONTINUED, u32::from(self.abi.signal_to_guest(Signal::CONT)));
    }

    /// A process stops by job control.
    pub(crate) fn stop_process(&mut self, pid: Pid, signal: Signal) {
        let Ok(process) = self.process_mut(pid) else { return };
        process.life = Life::Stopped(signal);
        process.unreported = Some(Report::Stopped(signal));
        self.tell_parent(pid, super::code::CLD_STOPPED, u32::from(self.abi.signal_to_guest(signal)));
    }

    /// SIGCHLD for a stop or a continue, unless the parent does not want to know.
    fn tell_parent(&mut self, pid: Pid, code: i32, status: u32) {
        let Ok(process) = self.process(pid) else { return };
        let (parent, uid) = (process.parent, process.identity.uid);
        let Ok(above) = self.process(parent) else { return };
        if !above.actions.get(Signal::CHLD).flags.no_child_stop {
            let information = Information::child(code, pid, uid, status);
            self.send_to_process(parent, Signal::CHLD, information);
        }
        self.wake(WaitKey::Child(parent));
    }

    /// Is no member of the group a child of a process in the same session but another group? Then stops from the
    /// terminal do not act on it.
    pub(crate) fn is_orphaned(&self, group: Pid) -> bool {
        !self.processes.values().filter(|process| process.group == group && !process.is_zombie()).any(
            |process| {
                let parent = self.process(process.parent);
                parent.is_ok_and(|parent| parent.session == process.session && parent.group != group)
            },
        )
    }
}
