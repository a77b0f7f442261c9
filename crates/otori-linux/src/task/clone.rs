//! Making processes and threads: fork, vfork, clone.
//!
//! Key function: [`Kernel::clone_task`]. clone(2); what is shared is counted in arenas, what is copied is cloned.
use super::{
    Life, Process, RealTimer, Space, Task, Tid,
    limit::Resource,
    timer::{CpuTimers, Timers},
};
use crate::{
    arena::Index,
    config::Pid,
    errno::Errno,
    kernel::{Core, Kernel},
    notice::NoticeKind,
    signal::{AlternateStack, Pending, Signal},
    vfs::Capability,
};
use alloc::vec;

/// CLONE_* bits that the kernel acts on.
pub(crate) mod flag {
    pub(crate) const EXIT_SIGNAL: u64 = 0xff;
    pub(crate) const VM: u64 = 0x100;
    pub(crate) const FS: u64 = 0x200;
    pub(crate) const FILES: u64 = 0x400;
    pub(crate) const SIGHAND: u64 = 0x800;
    pub(crate) const VFORK: u64 = 0x4000;
    pub(crate) const PIDFD: u64 = 0x1000;
    pub(crate) const PARENT: u64 = 0x8000;
    /// CLONE_DETACHED: means nothing any more, and clone3 refuses it
    pub(crate) const DETACHED: u64 = 0x40_0000;
    /// CLONE_CLEAR_SIGHAND of clone3
    pub(crate) const CLEAR_HANDLERS: u64 = 0x1_0000_0000;
    pub(crate) const THREAD: u64 = 0x1_0000;
    pub(crate) const NEW_MOUNTS: u64 = 0x2_0000;
    /// cgroup, UTS, IPC, user, PID and network name spaces: not built into such kernels
    pub(crate) const OTHER_SPACES: u64 = 0x7e00_0000;
    pub(crate) const SETTLS: u64 = 0x8_0000;
    pub(crate) const PARENT_SETTID: u64 = 0x10_0000;
    pub(crate) const CHILD_CLEARTID: u64 = 0x20_0000;
    pub(crate) const CHILD_SETTID: u64 = 0x100_0000;
}

/// What a clone asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CloneRequest {
    pub(crate) flags: u64,
    /// stack pointer of the child; 0 keeps the parent's
    pub(crate) stack: u64,
    pub(crate) parent_tid: u64,
    pub(crate) child_tid: u64,
    pub(crate) thread_pointer: u64,
    /// where the descriptor of the child goes (CLONE_PIDFD)
    pub(crate) pidfd: u64,
    /// the number that the child is to have (set_tid of clone3)
    pub(crate) number: Option<Tid>,
}

impl CloneRequest {
    fn has(&self, bits: u64) -> bool {
        self.flags & bits != 0
    }
    /// EINVAL for combinations that make no sense.
    fn check(&self) -> Result<(), Errno> {
        let thread_without_handlers = self.has(flag::THREAD) && !self.has(flag::SIGHAND);
        let handlers_without_memory = self.has(flag::SIGHAND) && !self.has(flag::VM);
        let other_mounts_with_one_place = self.has(flag::FS) && self.has(flag::NEW_MOUNTS);
        let refused = thread_without_handlers
            || handlers_without_memory
            || other_mounts_with_one_place
            || self.has(flag::OTHER_SPACES);
        if refused { Err(Errno::EINVAL) } else { Ok(()) }
    }
}

/// Instructions that copying one page's entry costs, and one task's place in the tables.
const PAGE_COST: u64 = 4;
const TASK_COST: u64 = 4;

impl Core {
    /// A child's pages count like those of the parent, though most are shared for a while: ENOMEM when they would not
    /// fit. Copying the tables is paid for.
    fn check_memory_for_copy(&mut self, space: Index<Space>, pid: Pid) -> Result<(), Errno> {
        self.count_pages(space);
        let held = self.spaces.get(space).map_or(0, |space| space.counted_pages);
        self.charge(held * PAGE_COST + self.tasks.len() as u64 * TASK_COST);
        if self.total_pages.saturating_add(held) > self.config.limits.total_pages as u64 {
            self.notify(pid, NoticeKind::Limit { limit: "total_pages" });
            return Err(Errno::ENOMEM);
        }
        Ok(())
    }

    /// RLIMIT_NPROC counts the threads of a user; root may have more.
    fn check_process_count(&self, parent: Tid) -> Result<(), Errno> {
        let process = self.process(self.task(parent)?.pid)?;
        let (most, _) = process.limits.get(Resource::PROCESSES);
        if process.identity.can(Capability::SYS_RESOURCE)
            || self.tasks.len() < usize::try_from(most).unwrap_or(usize::MAX)
        {
            return Ok(());
        }
        let uid = process.identity.uid;
        let of_user = self.processes.values().filter(|process| process.identity.uid == uid);
        let count: u64 = of_user.map(|process| process.threads.len() as u64).sum();
        if count >= most { Err(Errno::EAGAIN) } else { Ok(()) }
    }
}

impl Kernel {
    /// Gives a thread a table of descriptors of its own, if it shares one.
    pub(crate) fn unshare_descriptors(&mut self, tid: Tid) -> Result<(), Errno> {
        let core = &mut self.core;
        let shared = core.task(tid)?.files;
        if core.tables.users(shared) < 2 {
            return Ok(());
        }
        let copy = core.tables.get(shared).ok_or(Errno::ENOMEM)?.clone();
        copy.iter().for_each(|(_, descriptor)| core.files.hold(descriptor.file));
        let copy = core.tables.insert(copy);
        core.task_mut(tid)?.files = copy;
        core.tables.release(shared);
        Ok(())
    }

    /// Makes a child of `parent`; gives its thread id.
    ///
    /// # Errors
    /// EAGAIN at the limit of tasks, EINVAL and EPERM for flags.
    pub(crate) fn clone_task(&mut self, parent: Tid, request: CloneRequest) -> Result<Tid, Errno> {
        request.check()?;
        let owner = self.core.process(self.core.task(parent)?.pid)?;
        if request.has(flag::NEW_MOUNTS) && !owner.identity.can(Capability::SYS_ADMIN) {
            return Err(Errno::EPERM);
        }
        self.core.check_process_count(parent)?;
        let chosen = match request.number {
            Some(number) => self.core.chosen_pid(number),
            None => self.core.new_pid(),
        };
        let tid = chosen.inspect_err(|error| {
            let pid = self.core.task(parent).map_or(0, |task| task.pid);
            if *error == Errno::EAGAIN {
                self.core.notify(pid, NoticeKind::Limit { limit: "processes" });
            }
        })?;
        let task = self.child_task(parent, tid, request)?;
        let pid = self.core.task(parent)?.pid;
        if request.has(flag::THREAD) {
            self.core.process_mut(pid)?.threads.push(tid);
        } else {
            self.child_process(pid, tid, request)?;
            if request.has(flag::NEW_MOUNTS) {
                // without room for them the child sees those of its parent
                let _ = self.copy_mounts_for(tid);
            }
        }
        self.core.tasks.insert(tid, task);
        let number = self.core.abi.endian.u32(tid);
        if request.has(flag::PARENT_SETTID) {
            let _ = self.core.space_of_mut(parent)?.memory.write(request.parent_tid, &number);
        }
        if request.has(flag::CHILD_SETTID) {
            let _ = self.core.space_of_mut(tid)?.memory.write(request.child_tid, &number);
        }
        self.core.enqueue(tid);
        Ok(tid)
    }

    fn child_task(&mut self, parent: Tid, tid: Tid, request: CloneRequest) -> Result<Task, Errno> {
        let core = &mut self.core;
        let source = core.task(parent)?.clone();
        // what can fail comes before anything is counted
        let mut cpu = source.cpu.clone();
        cpu.become_child((request.stack != 0).then_some(request.stack));
        if request.has(flag::SETTLS)
            && let Some(space) = core.spaces.get_mut(source.space)
        {
            cpu.set_thread_pointer(&mut space.memory, request.thread_pointer)?;
        }
        let space = match request.has(flag::VM) {
            true => {
                core.spaces.hold(source.space);
                source.space
            }
            false => {
                core.check_memory_for_copy(source.space, source.pid)?;
                let original = core.spaces.get_mut(source.space).ok_or(Errno::ENOMEM)?;
                let copy = super::Space {
                    memory: original.memory.fork(),
                    layout: original.layout.clone(),
                    shared_files: original.shared_files.clone(),
                    counted_pages: 0,
                };
                copy.shared_files.iter().for_each(|shared| self.vfs.hold(shared.node));
                let copy = core.spaces.insert(copy);
                core.count_pages(copy);
                copy
            }
        };
        let files = match request.has(flag::FILES) {
            true => {
                core.tables.hold(source.files);
                source.files
            }
            false => {
                let copy = core.tables.get(source.files).ok_or(Errno::ENOMEM)?.clone();
                copy.iter().for_each(|(_, descriptor)| core.files.hold(descriptor.file));
                core.tables.insert(copy)
            }
        };
        let shares_stack = request.has(flag::VM) && !request.has(flag::VFORK);
        Ok(Task {
            tid,
            pid: if request.has(flag::THREAD) { source.pid } else { tid },
            cpu,
            space,
            files,
            pending: Pending::default(),
            alternate_stack: if shares_stack { AlternateStack::default() } else { source.alternate_stack },
            waiting: None,
            restore_mask: None,
            queued: false,
            clear_child_tid: if request.has(flag::CHILD_CLEARTID) { request.child_tid } else { 0 },
            robust_list: 0,
            policy: source.policy,
            instructions: 0,
            switches: 0,
            borrows_memory: request.has(flag::VFORK),
            comm: source.comm,
            blocked: source.blocked,
            tracee: None,
            ending: None,
            seccomp: source.seccomp,
        })
    }

    fn child_process(&mut self, parent: Pid, pid: Pid, request: CloneRequest) -> Result<(), Errno> {
        let core = &mut self.core;
        let now_ns = core.now_ns;
        let source = core.process(parent)?.clone();
        let above = if request.has(flag::PARENT) { source.parent } else { parent };
        let number = request.flags & flag::EXIT_SIGNAL;
        let child = Process {
            pid,
            parent: above,
            threads: vec![pid],
            children: vec![],
            life: Life::Alive,
            unreported: None,
            exit_signal: core.abi.signal_from_guest(number).or((number != 0).then_some(Signal::CHLD)),
            death_signal: None,
            pending: Pending::default(),
            timer: RealTimer::default(),
            timers: Timers::default(),
            cpu_timers: CpuTimers::default(),
            start_ns: now_ns,
            ended_threads_ns: 0,
            children_ns: 0,
            executed: false,
            attributes: super::Attributes { subreaper: false, ..source.attributes },
            traces: false,
            ended_tracees: vec![],
            io: [0; 4],
            spawned: false,
            resident: None,
            ..source
        };
        let mut child = child;
        if request.has(flag::CLEAR_HANDLERS) {
            child.actions.reset_functions();
        }
        self.vfs.hold(child.place.root);
        self.vfs.hold(child.place.cwd);
        if let Some(executable) = &child.executable {
            self.vfs.hold(executable.node);
        }
        core.processes.insert(pid, child);
        if let Ok(above) = core.process_mut(above) {
            above.children.push(pid);
        }
        core.started += 1;
        core.forks += 1;
        core.notify(parent, NoticeKind::Fork { child: pid });
        Ok(())
    }
}
