//! Letting signals act: default actions, handlers, what becomes of a call that waited.
//!
//! Key function: [`Kernel::deliver_signals`], before a task executes instructions. sigaction(2), signal(7)
//! "Interruption of system calls".
use super::{Action, DefaultAction, Frame, Handler, Information, Signal};
use crate::{
    errno::Errno,
    kernel::Kernel,
    task::{Ending, Life, Tid, waiting::Restart},
};

impl Kernel {
    /// Lets every signal act that waits for this task and is not blocked.
    pub(crate) fn deliver_signals(&mut self, tid: Tid) {
        let mut entered = false;
        while let Some((signal, information, injected)) = self.next_signal(tid) {
            if !injected && self.core.stops_for_signal(tid, signal, information) {
                return;
            }
            let Ok(pid) = self.core.task(tid).map(|task| task.pid) else { return };
            let Ok(process) = self.core.process_mut(pid) else { return };
            let group = process.group;
            let action = process.actions.get(signal);
            match action.handler {
                Handler::Ignore if !signal.is_unblockable() => {}
                Handler::Function(address) if !signal.is_unblockable() => {
                    if action.flags.reset {
                        process.actions.set(signal, Action::default());
                    }
                    if self.core.is_in_traced_call(tid)
                        && self.core.task(tid).is_ok_and(|t| t.waiting.is_some())
                    {
                        // the tracer hears of the call's end first
                        self.interrupt_call(tid, action);
                        self.core.inject(tid, signal, information);
                        self.core.stop_after_call(tid);
                        return;
                    }
                    entered = true;
                    self.enter_handler(tid, signal, address, action, information);
                }
                _ => match signal.default_action() {
                    DefaultAction::Ignore | DefaultAction::Continue => {}
                    DefaultAction::Stop => {
                        if self.core.stops_with_group(tid, signal) {
                            return;
                        }
                        let from_terminal = signal != Signal::STOP;
                        if !(from_terminal && self.core.is_orphaned(group)) {
                            self.core.stop_process(pid, signal);
                            return;
                        }
                    }
                    DefaultAction::Terminate => {
                        self.end_process(pid, Ending::Killed(signal));
                        return;
                    }
                },
            }
        }
        if let Ok(task) = self.core.task_mut(tid)
            && !entered
            && task.waiting.is_none()
            && let Some(mask) = task.restore_mask.take()
        {
            task.blocked = mask;
        }
    }

    /// The next signal that acts, and whether a tracer let it act.
    fn next_signal(&mut self, tid: Tid) -> Option<(Signal, Information, bool)> {
        if self.core.tracee(tid).is_some() && !self.is_killed(tid) {
            if self.core.is_held(tid) {
                return None;
            }
            if let Some((signal, information)) = self.core.take_injected(tid) {
                return Some((signal, information, true));
            }
        }
        self.next_pending(tid).map(|(signal, information)| (signal, information, false))
    }

    fn is_killed(&self, tid: Tid) -> bool {
        let process = self.core.task(tid).and_then(|task| self.core.process(task.pid));
        process.is_ok_and(|process| process.pending.set().contains(Signal::KILL))
    }

    fn next_pending(&mut self, tid: Tid) -> Option<(Signal, Information)> {
        let task = self.core.tasks.get_mut(&tid)?;
        let process = self.core.processes.get_mut(&task.pid)?;
        let killed = process.pending.set().contains(Signal::KILL);
        if matches!(process.life, Life::Stopped(_)) && !killed {
            return None;
        }
        if killed {
            return Some((Signal::KILL, process.pending.take(Signal::KILL).unwrap_or_default()));
        }
        let deaf = task.waiting.as_ref().is_some_and(|waiting| waiting.restart == Restart::Uninterruptible);
        if deaf {
            return None;
        }
        if let Some(signal) = task.pending.set().without(task.blocked).next() {
            return task.pending.take(signal).map(|information| (signal, information));
        }
        let signal = process.pending.set().without(task.blocked).next()?;
        process.pending.take(signal).map(|information| (signal, information))
    }

    fn enter_handler(
        &mut self,
        tid: Tid,
        signal: Signal,
        address: u64,
        action: Action,
        information: Information,
    ) {
        self.interrupt_call(tid, action);
        let abi = self.core.abi;
        let Some(task) = self.core.tasks.get_mut(&tid) else { return };
        let Some(space) = self.core.spaces.get_mut(task.space) else { return };
        let alternate = task.alternate_stack;
        let on_alternate = alternate.holds(task.cpu.stack_pointer());
        let switches = action.flags.alternate_stack && alternate.flags & 2 == 0 && !on_alternate;
        let frame = Frame {
            signal,
            handler: address,
            with_information: action.flags.information,
            information,
            restorer: (action.restorer != 0).then_some(action.restorer),
            mask: task.restore_mask.take().unwrap_or(task.blocked),
            stack: switches.then(|| alternate.base.saturating_add(alternate.bytes)),
            alternate,
        };
        let pushed = task.cpu.push_frame(abi, &mut space.memory, &frame);
        let pushed = pushed.or_else(|error| {
            let pointer = frame.stack.unwrap_or(task.cpu.stack_pointer()).saturating_sub(1024);
            if frame.stack.is_none() && crate::exec::stack::grow(&mut space.memory, &space.layout, pointer) {
                return task.cpu.push_frame(abi, &mut space.memory, &frame);
            }
            Err(error)
        });
        // who is on the alternate stack and would leave it by its lower end is not let out
        let leaves = (on_alternate || switches) && !alternate.holds(task.cpu.stack_pointer());
        if pushed.is_err() || leaves {
            let pid = task.pid;
            self.end_process(pid, Ending::Killed(Signal::SEGV));
            return;
        }
        task.blocked = task.blocked.union(action.mask).blockable();
        if !action.flags.no_defer {
            task.blocked.insert(signal);
        }
    }

    /// A handler runs while a call waits: the call is made again afterwards, or ends with EINTR.
    fn interrupt_call(&mut self, tid: Tid, action: Action) {
        let Some(waiting) = self.core.end_waiting(tid) else { return };
        let again = match waiting.restart {
            Restart::WithFlag => action.flags.restart && waiting.progress == 0,
            Restart::FromStart => action.flags.restart,
            Restart::Never | Restart::Uninterruptible => false,
        };
        if !again {
            self.tell_unslept(tid, &waiting);
        }
        if let Ok(task) = self.core.task_mut(tid) {
            match again {
                true => task.cpu.restart(),
                false if waiting.restart == Restart::WithFlag && waiting.progress > 0 => {
                    task.cpu.finish(Ok(waiting.progress));
                }
                false => task.cpu.finish(Err(Errno::EINTR)),
            }
        }
        self.trace_interrupted(tid, &waiting, again);
    }
}
