//! The tables as /proc shows them.
//!
//! Key type: [`View`], which implements [`ProcView`] for one asking task. proc(5).
use crate::{
    config::Pid,
    file::{
        FileKind, OpenFile,
        lock::{Holder, Range, Strength},
    },
    kernel::Core,
    mm::Resident,
    net::Sockets,
    proc::{
        DescriptorTarget, DescriptorView, DeviceIdentity, IpcKind, LockView, Magic, MapView, ProcView,
        ProcessState, ProcessView, SystemView,
    },
    random::Random,
    sched::NS_PER_INSTRUCTION,
    signal::Handler,
    task::{Ending, Life, Process, Task, Tid},
    vfs::{Node, Vfs},
};
use alloc::{string::String, vec::Vec};

/// Bytes of a command line or an environment that /proc shows.
const STRINGS_MAX: usize = 4096;

/// The machine as one task sees it; task 0 is the driver.
pub(crate) struct View<'a> {
    pub(crate) core: &'a Core,
    pub(crate) pid: Pid,
    pub(crate) tid: Tid,
}

impl View<'_> {
    /// The process of a process or thread id, with the thread.
    fn find(&self, id: u32) -> Option<(&Process, Option<&Task>)> {
        if let Ok(process) = self.core.process(id) {
            let first = process.threads.first().and_then(|tid| self.core.task(*tid).ok());
            return Some((process, first));
        }
        let task = self.core.task(id).ok()?;
        Some((self.core.process(task.pid).ok()?, Some(task)))
    }

    fn strings(&self, task: Option<&Task>, range: (u64, u64)) -> Vec<u8> {
        let Some(space) = task.and_then(|task| self.core.spaces.get(task.space)) else { return Vec::new() };
        let length = usize::try_from(range.1.saturating_sub(range.0)).unwrap_or(0).min(STRINGS_MAX);
        space.memory.peek(range.0, length)
    }

    fn state(&self, process: &Process, task: Option<&Task>) -> ProcessState {
        match (process.life, task) {
            (Life::Zombie(_), _) => ProcessState::Zombie,
            (Life::Alive, Some(task)) if self.core.is_held(task.tid) => ProcessState::Traced,
            (Life::Stopped(_), _) => ProcessState::Stopped,
            (Life::Alive, Some(task)) if task.waiting.is_none() => ProcessState::Running,
            _ => ProcessState::Sleeping,
        }
    }

    fn fill_memory(&self, view: &mut ProcessView, task: &Task) {
        let Some(space) = self.core.spaces.get(task.space) else { return };
        let layout = &space.layout;
        view.virtual_bytes = space.memory.regions().map(|region| region.length()).sum();
        view.virtual_peak_bytes = view.virtual_bytes;
        view.resident_bytes =
            (space.memory.pages() as u64 * 4096).max(view.virtual_bytes / 3).min(view.virtual_bytes);
        view.code = layout.code;
        view.data = layout.data;
        view.heap_start = layout.heap_start;
        view.stack_start = layout.stack_start;
        let stack = space.memory.regions().find(|region| &*region.name == "[stack]");
        view.stack_bytes = stack.map_or(0, |region| region.length());
        view.arguments = layout.arguments;
        view.environment = layout.environment;
        view.auxv = layout.auxiliary.clone();
        view.maps = space
            .memory
            .regions()
            .map(|region| MapView {
                start: region.start,
                end: region.end,
                read: region.prot.read,
                write: region.prot.write,
                execute: region.prot.execute,
                shared: region.is_shared(),
                offset: region.backing.offset(),
                node: None,
                name: String::from(&*region.name),
            })
            .collect();
    }

    fn fill_restrictions(&self, view: &mut ProcessView, process: &Process, task: Option<&Task>) {
        let (sets, effective) = (process.identity.capabilities, process.identity.effective.capabilities);
        view.capabilities = [sets.inheritable, sets.permitted, effective, sets.bounding].map(|set| set.0);
        view.no_new_privileges = process.no_new_privileges;
        view.seccomp = task.map_or(0, |task| task.seccomp.mode());
        view.tracer = task.and_then(|task| task.tracee.as_ref()).map_or(0, |tracee| tracee.tracer);
    }

    fn fill_signals(&self, view: &mut ProcessView, process: &Process, task: Option<&Task>) {
        let guest = |set| self.core.abi.set_to_guest(set) as u64;
        view.shared_pending = guest(process.pending.set());
        view.ignored = guest(process.actions.with(|handler| handler == Handler::Ignore));
        view.caught = guest(process.actions.with(|handler| matches!(handler, Handler::Function(_))));
        if let Some(task) = task {
            view.pending = guest(task.pending.set());
            view.blocked = guest(task.blocked);
        }
    }
}

impl ProcView for View<'_> {
    fn caller(&self) -> u32 {
        self.pid
    }
    fn caller_thread(&self) -> u32 {
        self.tid
    }
    fn pids(&self) -> Vec<u32> {
        self.core.processes.keys().copied().collect()
    }
    fn threads(&self, pid: u32) -> Vec<u32> {
        let Ok(process) = self.core.process(pid) else { return Vec::new() };
        if process.threads.is_empty() {
            return Vec::from([pid]);
        }
        let mut threads = process.threads.clone();
        threads.sort_unstable();
        threads
    }
    fn owner(&self, pid: u32) -> Option<(u32, u32)> {
        let (process, _) = self.find(pid)?;
        Some((process.identity.effective.uid, process.identity.effective.gid))
    }
    fn process(&self, pid: u32) -> Option<ProcessView> {
        let (process, task) = self.find(pid)?;
        let identity = &process.identity;
        let effective = &identity.effective;
        let terminal = process.terminal;
        let cpu_ns =
            |tid: &Tid| self.core.task(*tid).map_or(0, |task| task.instructions * NS_PER_INSTRUCTION);
        let layout = task.and_then(|task| self.core.spaces.get(task.space)).map(|space| &space.layout);
        let resident = process.resident.as_ref();
        let mut view = ProcessView {
            pid: if self.core.processes.contains_key(&pid) { pid } else { task.map_or(pid, |task| task.tid) },
            group: process.pid,
            parent: process.parent,
            process_group: process.group,
            session: process.session,
            terminal: terminal.map_or(0, |id| (136 << 8) | (id.0 & 0xff) | ((id.0 & !0xff) << 12)),
            terminal_group: terminal
                .and_then(|id| self.core.ttys.foreground(id))
                .map_or(-1, |group| group as i32),
            state: self.state(process, task),
            comm: task.map_or_else(|| process.last_comm.clone(), |task| task.comm.clone()),
            cmdline: match resident {
                Some(resident) => resident.cmdline.clone(),
                None => self.strings(task, layout.map_or((0, 0), |layout| layout.arguments)),
            },
            environ: self.strings(task, layout.map_or((0, 0), |layout| layout.environment)),
            uids: [identity.uid, effective.uid, identity.saved_uid, effective.uid],
            gids: [identity.gid, effective.gid, identity.saved_gid, effective.gid],
            groups: effective.groups.clone(),
            umask: process.place.umask,
            user_ns: process.ended_threads_ns + process.threads.iter().map(cpu_ns).sum::<u64>(),
            children_ns: process.children_ns,
            start_ns: match resident {
                Some(resident) => resident.start_ns,
                None => self.core.config.uptime_ns + process.start_ns,
            },
            nice: process.nice,
            threads: process.threads.len().max(1) as u32,
            exit_signal: process
                .exit_signal
                .map_or(0, |signal| u32::from(self.core.abi.signal_to_guest(signal))),
            exit_code: match process.life {
                Life::Zombie(Ending::Exited(status)) => u32::from(status) << 8,
                Life::Zombie(Ending::Killed(signal)) => u32::from(self.core.abi.signal_to_guest(signal)),
                _ => 0,
            },
            descriptor_slots: task
                .and_then(|task| self.core.tables.get(task.files))
                .map_or(0, |table| table.size()),
            limits: process.limits.0,
            oom_score_adjust: process.out_of_memory_adjust,
            io: process.io,
            personality: process.personality,
            timer_slack_ns: process.attributes.timer_slack_ns.unwrap_or(50_000),
            wait_channel: "0",
            switches: task.map_or(1, |task| task.switches),
            ..ProcessView::default()
        };
        self.fill_restrictions(&mut view, process, task);
        self.fill_signals(&mut view, process, task);
        match (task, resident) {
            (Some(task), _) => self.fill_memory(&mut view, task),
            (None, Some(resident)) => {
                view.virtual_bytes = resident.virtual_bytes;
                view.virtual_peak_bytes = resident.virtual_bytes;
                view.resident_bytes = resident.virtual_bytes / 3;
            }
            _ => {}
        }
        Some(view)
    }
    fn resident(&self, pid: u32, start: u64) -> Resident {
        let task = self.find(pid).and_then(|(_, task)| task);
        let memory = task.and_then(|task| self.core.spaces.get(task.space)).map(|space| &space.memory);
        let found = memory.and_then(|memory| Some((memory, memory.region_at(start)?)));
        found.map_or_else(Resident::default, |(memory, region)| memory.resident(region))
    }
    fn magic(&self, pid: u32, which: Magic) -> Option<Node> {
        let (process, _) = self.find(pid)?;
        if process.is_zombie() || process.threads.is_empty() {
            return None;
        }
        match which {
            Magic::Exe => process.executable.as_ref().map(|executable| executable.node),
            Magic::Cwd => Some(process.place.cwd),
            Magic::Root => Some(process.place.root),
        }
    }
    fn descriptors(&self, pid: u32) -> Vec<u32> {
        let table = self.find(pid).and_then(|(_, task)| self.core.tables.get(task?.files));
        table.map_or_else(Vec::new, |table| table.iter().map(|(number, _)| number).collect())
    }
    fn descriptor(&self, pid: u32, number: u32) -> Option<DescriptorView> {
        let (_, task) = self.find(pid)?;
        let descriptor = self.core.tables.get(task?.files)?.get(i32::try_from(number).ok()?).ok()?;
        let file = self.core.files.get(descriptor.file)?;
        Some(DescriptorView {
            target: self.target(file, descriptor.file.number()),
            readable: file.reads(),
            writable: file.writes(),
            offset: file.offset,
            flags: self.core.abi.open_to_guest(file.flags),
        })
    }
    fn identity(&self) -> &DeviceIdentity {
        &self.core.config.identity
    }
    fn system(&self) -> SystemView {
        let core = self.core;
        let mut random = Random::new(core.config.seed ^ 0xb007);
        let wide = |random: &mut Random| (u128::from(random.next()) << 64) | u128::from(random.next());
        let boot_id = wide(&mut random);
        let mut fresh = Random::new(core.config.seed ^ core.now_ns);
        let uptime_ns = core.uptime_ns();
        let runnable = |task: &&Task| task.waiting.is_none();
        SystemView {
            uptime_ns,
            idle_ns: uptime_ns.saturating_sub(core.instructions * NS_PER_INSTRUCTION) / 10 * 9,
            boot_seconds: core.wall_ns().saturating_sub(i64::try_from(uptime_ns).unwrap_or(0))
                / 1_000_000_000,
            used_bytes: core.total_pages * 4096,
            hostname: core.hostname.clone(),
            domainname: core.domainname.clone(),
            release: core.config.kernel_release.clone(),
            version: core.config.kernel_version.clone(),
            switches: core.switches + uptime_ns / 40_000_000,
            interrupts: core.calls + uptime_ns / 10_000_000,
            forks: u64::from(core.config.first_pid) + core.forks,
            running: core.tasks.values().filter(runnable).count().max(1) as u32,
            threads: core.processes.len() as u32,
            last_pid: core.last_pid,
            boot_id,
            random_id: wide(&mut fresh),
        }
    }
    fn sockets(&self) -> &Sockets {
        &self.core.sockets
    }
    fn locks(&self, vfs: &Vfs) -> Vec<LockView> {
        let core = self.core;
        let mut found = Vec::new();
        for lock in core.locks.iter() {
            let (kind, pid) = match lock.holder {
                Holder::Process(pid) => ("POSIX", i64::from(pid)),
                Holder::Description(_) => ("OFDLCK", -1),
            };
            let last = (lock.range.end < Range::TO_THE_END).then(|| lock.range.end.saturating_sub(1));
            let exclusive = lock.strength == Strength::Exclusive;
            found.push(LockView { kind, exclusive, pid, file: lock.node, start: lock.range.start, last });
        }
        for (index, file) in core.files.iter() {
            let (Some(strength), Some(node)) = (file.flock, file.node) else { continue };
            let has = |task: &&Task| {
                let table = core.tables.get(task.files);
                table.is_some_and(|table| table.iter().any(|(_, open)| open.file == index))
            };
            let pid = core.tasks.values().find(has).map_or(-1, |task| i64::from(task.pid));
            let (exclusive, file) = (strength == Strength::Exclusive, vfs.identity(node));
            found.push(LockView { kind: "FLOCK", exclusive, pid, file, start: 0, last: None });
        }
        found
    }
    fn ipc(&self, kind: IpcKind) -> Vec<u8> {
        self.core.ipc.show(kind, &self.core.spaces, self.core.abi.word_bytes)
    }
}

impl View<'_> {
    fn target(&self, file: &OpenFile, number: u32) -> DescriptorTarget {
        match (&file.kind, file.node) {
            (FileKind::Event(_), _) => DescriptorTarget::Anonymous("[eventfd]"),
            (FileKind::Timer(_), _) => DescriptorTarget::Anonymous("[timerfd]"),
            (FileKind::Epoll(_), _) => DescriptorTarget::Anonymous("[eventpoll]"),
            (FileKind::Signals(_), _) => DescriptorTarget::Anonymous("[signalfd]"),
            (FileKind::Messages(_), _) => DescriptorTarget::Anonymous("[mqueue]"),
            (FileKind::Process(_), _) => DescriptorTarget::Anonymous("[pidfd]"),
            (FileKind::Mounts(top), _) => DescriptorTarget::Mounts(*top),
            (FileKind::Watch(_), _) => DescriptorTarget::Anonymous("inotify"),
            (FileKind::Socket(id), _) => DescriptorTarget::Socket(self.core.sockets.inode(*id)),
            (_, Some(node)) => DescriptorTarget::Node(node),
            (FileKind::Pipe(pipe, _), None) => DescriptorTarget::Pipe(self.core.pipes.inode(*pipe)),
            (_, None) => DescriptorTarget::Pipe(3_000 + u64::from(number)),
        }
    }
}
