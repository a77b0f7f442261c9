//! Ends: a thread, a process, what its parent and its children hear, and waiting for it.
//!
//! Key functions: [`Kernel::end_task`], [`Kernel::end_process`], [`Kernel::find_child`]. exit(2), wait(2).
use super::{Ending, Life, Process, Report, Tid, waiting::WaitKey};
use crate::{
    config::Pid,
    errno::Errno,
    kernel::{Core, Kernel},
    notice::NoticeKind,
    sched::NS_PER_INSTRUCTION,
    signal::{Handler, Information, Signal, code},
};
use alloc::vec::Vec;

/// Which children a wait asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WaitFor {
    Any,
    Process(Pid),
    Group(Pid),
}

/// What a wait looks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WaitOptions {
    pub(crate) ended: bool,
    pub(crate) stopped: bool,
    pub(crate) continued: bool,
    /// stops of threads that the caller traces
    pub(crate) traced: bool,
    /// leave the child waitable
    pub(crate) keep: bool,
}

/// News of one child.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum News {
    Ended(Ending),
    Stopped(Signal),
    Continued,
    /// a thread that the caller traces stopped, with that code
    Traced(u32),
}

/// A child with its news.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waited {
    pub(crate) pid: Pid,
    pub(crate) uid: u32,
    pub(crate) news: News,
    pub(crate) cpu_ns: u64,
}

impl Kernel {
    /// Ends every thread of a process.
    pub(crate) fn end_process(&mut self, pid: Pid, ending: Ending) {
        let threads = self.core.process(pid).map_or_else(|_| Vec::new(), |process| process.threads.clone());
        for tid in threads {
            self.leave(tid, ending);
        }
    }

    /// Ends one thread. One whose tracer wants to know before (PTRACE_O_TRACEEXIT) stands still once more, with its
    /// memory and registers, and ends when it is let go on.
    pub(crate) fn leave(&mut self, tid: Tid, ending: Ending) {
        let Ok(task) = self.core.task(tid) else { return };
        if task.ending.is_none() && self.core.wants_exit(tid) {
            self.core.end_waiting(tid);
            if self.core.stop_before_end(tid, ending) {
                return;
            }
        }
        self.end_task(tid, ending);
    }

    /// Ends one thread, and the process with its last one.
    pub(crate) fn end_task(&mut self, tid: Tid, ending: Ending) {
        self.core.end_waiting(tid);
        self.release_robust_list(tid);
        self.clear_child_tid(tid);
        self.core.put_blocks_down(tid);
        let Some(task) = self.core.tasks.remove(&tid) else { return };
        if task.queued {
            self.core.queue.retain(|queued| *queued != tid);
        }
        self.release_space(task.space);
        if task.borrows_memory {
            self.core.wake(WaitKey::Memory(tid));
        }
        if let Some(table) = self.core.tables.release(task.files) {
            for (_, descriptor) in table.iter() {
                self.release_file(task.pid, descriptor.file);
            }
        }
        if let Some(tracee) = &task.tracee {
            self.core.trace_end(tid, task.pid, tracee.tracer, ending);
        }
        let Ok(process) = self.core.process_mut(task.pid) else { return };
        process.threads.retain(|thread| *thread != tid);
        process.last_comm = task.comm;
        process.ended_threads_ns += task.instructions.saturating_mul(NS_PER_INSTRUCTION);
        if process.threads.is_empty() {
            self.become_zombie(task.pid, ending);
        }
    }

    /// One user less of an address space.
    pub(crate) fn release_space(&mut self, space: crate::arena::Index<super::Space>) {
        if let Some(gone) = self.core.spaces.release(space) {
            self.write_back(&gone.shared_files);
            gone.shared_files.iter().for_each(|shared| self.vfs.release(shared.node));
            if !gone.memory.has_kin() {
                self.core.blocks.forget(gone.memory.generation());
            }
            drop(gone.memory);
            self.core.ipc.purge(&self.core.spaces);
            self.core.total_pages = self.core.total_pages.saturating_sub(gone.counted_pages);
        }
    }

    /// CLONE_CHILD_CLEARTID: who joins this thread waits for that word.
    pub(crate) fn clear_child_tid(&mut self, tid: Tid) {
        let Ok(task) = self.core.task_mut(tid) else { return };
        let (address, space) = (core::mem::take(&mut task.clear_child_tid), task.space);
        let shared = self.core.futex_key(tid, address);
        if address == 0 || self.core.spaces.users(space) < 2 {
            return;
        }
        if let Some(space) = self.core.spaces.get_mut(space) {
            let _ = space.memory.write(address, &[0; 4]);
        }
        let private = WaitKey::Futex(space, address);
        if self.core.wake_futex(private, 1, u32::MAX) == 0
            && let Ok(shared) = shared
        {
            self.core.wake_futex(shared, 1, u32::MAX);
        }
    }

    fn become_zombie(&mut self, pid: Pid, ending: Ending) {
        self.core.set_timer(pid, None, 0);
        self.core.delete_timers(pid);
        if self.core.ipc.undo.act(pid, &mut self.core.ipc.sets) {
            self.core.wake(WaitKey::Semaphores);
        }
        let signal = match ending {
            Ending::Killed(signal) => Some(signal.number()),
            Ending::Exited(_) => None,
        };
        self.core.notify(pid, NoticeKind::Exit { status: ending.shell_status(), signal });
        self.core.release_tracees(pid);
        let Ok(process) = self.core.process_mut(pid) else { return };
        process.life = Life::Zombie(ending);
        process.unreported = None;
        let (place, executable) = (process.place.clone(), process.executable.take());
        let (spawned, terminal, leads) = (process.spawned, process.terminal, process.leads_session());
        self.vfs.release(place.cwd);
        self.vfs.release(place.root);
        self.drop_space(place.root);
        if let Some(executable) = executable {
            self.vfs.release(executable.node);
        }
        if spawned {
            self.core.remember_exit(pid, ending);
        }
        self.give_children_away(pid);
        if let (true, Some(terminal)) = (leads, terminal) {
            self.core.lose_terminal(pid, terminal);
        }
        self.core.orphan_groups(pid);
        self.core.announce_end(pid, ending);
        self.core.wake(WaitKey::End(pid));
    }

    /// The nearest one above that wants the orphans below it (PR_SET_CHILD_SUBREAPER), or init.
    fn reaper_above(&self, pid: Pid) -> Pid {
        let mut at = pid;
        // parents form a chain to init: at most as many steps as there are processes
        for _ in 0..self.core.processes.len() {
            let Ok(parent) = self.core.process(at).map(|process| process.parent) else { break };
            let reaps = |process: &Process| process.attributes.subreaper && !process.is_zombie();
            if self.core.process(parent).is_ok_and(reaps) {
                return parent;
            }
            at = parent;
        }
        1
    }

    /// Children of an ended process belong to init, which waits for them at once, or to a subreaper.
    fn give_children_away(&mut self, pid: Pid) {
        let children = match self.core.process_mut(pid) {
            Ok(process) => core::mem::take(&mut process.children),
            Err(_) => return,
        };
        let above = if children.is_empty() { 1 } else { self.reaper_above(pid) };
        for child in children {
            let Ok(process) = self.core.process_mut(child) else { continue };
            process.parent = above;
            let (ended, death) = (process.is_zombie(), process.death_signal);
            if ended && above == 1 {
                self.core.forget(child);
                continue;
            }
            if let Ok(reaper) = self.core.process_mut(above) {
                reaper.children.push(child);
            }
            if ended {
                self.core.wake(WaitKey::Child(above));
            }
            if let Some(signal) = death {
                self.core.send_to_process(child, signal, Information::from_process(code::USER, pid, 0));
            }
        }
    }
}

impl Core {
    /// The parent hears of the end; nobody to hear it, or nobody who cares, means the process is gone at once.
    fn announce_end(&mut self, pid: Pid, ending: Ending) {
        let Ok(process) = self.process(pid) else { return };
        let (parent, signal, uid) = (process.parent, process.exit_signal, process.identity.uid);
        let Ok(above) = self.process(parent) else { return self.forget(pid) };
        let action = above.actions.get(Signal::CHLD);
        let resident = above.threads.is_empty();
        let careless = action.handler == Handler::Ignore || action.flags.no_child_wait;
        if let Some(signal) = signal {
            let (code, status) = match ending {
                Ending::Exited(status) => (code::CLD_EXITED, u32::from(status)),
                Ending::Killed(by) => (code::CLD_KILLED, u32::from(self.abi.signal_to_guest(by))),
            };
            let information = Information::child(code, pid, uid, status);
            self.send_to_process(parent, signal, information);
        }
        if resident || (careless && signal == Some(Signal::CHLD)) {
            self.forget(pid);
        }
        self.wake(WaitKey::Child(parent));
    }

    /// Takes a process out of the tables.
    pub(crate) fn forget(&mut self, pid: Pid) {
        let Some(process) = self.processes.remove(&pid) else { return };
        if let Ok(parent) = self.process_mut(process.parent) {
            parent.children.retain(|child| *child != pid);
        }
    }

    /// A process without threads (see [`crate::Machine::spawn_resident`]) is killed.
    pub(crate) fn end_resident(&mut self, pid: Pid, signal: Signal) {
        let ending = Ending::Killed(signal);
        self.notify(pid, NoticeKind::Exit { status: ending.shell_status(), signal: Some(signal.number()) });
        self.forget(pid);
    }

    /// The leader of a session is gone: its foreground group hears SIGHUP, nobody has the terminal any more.
    pub(crate) fn lose_terminal(&mut self, leader: Pid, terminal: crate::tty::TtyId) {
        if let Some(group) = self.ttys.foreground(terminal) {
            self.send_to_group(group, Signal::HUP, Information::kernel());
            self.send_to_group(group, Signal::CONT, Information::kernel());
        }
        self.ttys.set_session(terminal, None, None);
        let Ok(session) = self.process(leader).map(|process| process.session) else { return };
        for process in self.processes.values_mut().filter(|process| process.session == session) {
            process.terminal = None;
        }
    }

    /// Stopped groups that nobody could continue any more get SIGHUP and SIGCONT.
    fn orphan_groups(&mut self, ended: Pid) {
        let Ok(process) = self.process(ended) else { return };
        let session = process.session;
        let stopped = |process: &&Process| {
            process.session == session && matches!(process.life, Life::Stopped(_)) && process.pid != ended
        };
        let mut groups: Vec<Pid> =
            self.processes.values().filter(stopped).map(|process| process.group).collect();
        groups.dedup();
        for group in groups {
            if self.is_orphaned(group) {
                self.send_to_group(group, Signal::HUP, Information::kernel());
                self.send_to_group(group, Signal::CONT, Information::kernel());
            }
        }
    }

    /// A child with news, if any.
    ///
    /// # Errors
    /// ECHILD when there is no such child at all.
    pub(crate) fn find_child(
        &mut self,
        parent: Pid,
        which: WaitFor,
        options: WaitOptions,
    ) -> Result<Option<Waited>, Errno> {
        let children = self.process(parent)?.children.clone();
        let mut any = false;
        for pid in children {
            let Ok(child) = self.process_mut(pid) else { continue };
            let wanted = match which {
                WaitFor::Any => true,
                WaitFor::Process(wanted) => pid == wanted,
                WaitFor::Group(group) => child.group == group,
            };
            if !wanted {
                continue;
            }
            any = true;
            let news = match (child.life, child.unreported) {
                (Life::Zombie(ending), _) if options.ended => News::Ended(ending),
                (_, Some(Report::Stopped(signal))) if options.stopped => News::Stopped(signal),
                (_, Some(Report::Continued)) if options.continued => News::Continued,
                _ => continue,
            };
            let cpu_ns = child.ended_threads_ns.saturating_add(child.children_ns);
            let waited = Waited { pid, uid: child.identity.uid, news, cpu_ns };
            if !options.keep {
                self.take_news(parent, waited);
            }
            return Ok(Some(waited));
        }
        if self.process(parent)?.traces {
            let (found, traced) = self.find_tracee(parent, which, options)?;
            if found.is_some() {
                return Ok(found);
            }
            any |= traced;
        }
        if any { Ok(None) } else { Err(Errno::ECHILD) }
    }

    /// A traced thread with news, and whether there is one to wait for.
    fn find_tracee(
        &mut self,
        tracer: Pid,
        which: WaitFor,
        options: WaitOptions,
    ) -> Result<(Option<Waited>, bool), Errno> {
        let wanted = |core: &Core, tid: Tid| match which {
            WaitFor::Any => true,
            WaitFor::Process(wanted) => tid == wanted,
            WaitFor::Group(group) => core
                .task(tid)
                .and_then(|task| core.process(task.pid))
                .is_ok_and(|process| process.group == group),
        };
        let mut any = false;
        for tid in self.tracees_of(tracer) {
            if !wanted(self, tid) {
                continue;
            }
            any = true;
            let uid = self.process(self.task(tid)?.pid).map_or(0, |process| process.identity.uid);
            let stop = self.tracee_mut(tid).and_then(|tracee| tracee.stop.as_mut());
            if let Some(stop) = stop.filter(|stop| !stop.reported && options.traced) {
                stop.reported = !options.keep;
                let news = News::Traced(stop.code);
                return Ok((Some(Waited { pid: tid, uid, news, cpu_ns: 0 }), true));
            }
        }
        let ended = &self.process(tracer)?.ended_tracees;
        let place = ended.iter().position(|ended| wanted(self, ended.tid));
        let Some(place) = place.filter(|_| options.ended) else { return Ok((None, any)) };
        let ended = &mut self.process_mut(tracer)?.ended_tracees;
        let Some(found) = ended.get(place).copied() else { return Ok((None, any)) };
        if !options.keep {
            ended.remove(place);
        }
        let news = News::Ended(found.ending);
        Ok((Some(Waited { pid: found.tid, uid: found.uid, news, cpu_ns: 0 }), true))
    }

    fn take_news(&mut self, parent: Pid, waited: Waited) {
        if let News::Traced(_) = waited.news {
            return;
        }
        if let News::Ended(_) = waited.news {
            self.forget(waited.pid);
            if let Ok(parent) = self.process_mut(parent) {
                parent.children_ns = parent.children_ns.saturating_add(waited.cpu_ns);
            }
        } else if let Ok(child) = self.process_mut(waited.pid) {
            child.unreported = None;
        }
    }
}
