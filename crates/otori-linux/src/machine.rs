//! A machine as its driver sees it: start programs, let them run, move the clock, type and read, hear what happened.
//!
//! Key types: [`Machine`], [`Snapshot`]. Neighbours: `config.rs` (what goes in and comes out), `sched.rs` (running).
//! Nothing here touches the host: time, randomness, input and the network come in through these methods.
use crate::{
    arch::Abi,
    arena::Arena,
    config::{MachineConfig, Pid, Resident, Run, Spawn, SpawnError, Stats, Stdio},
    errno::Errno,
    exec::{ExecError, Program},
    file::{
        FileKind, OpenFile, flag, host::Host, host::HostStream, lock::RecordLocks, mapped::MappedFiles,
        passed::Passed, table::Descriptor, table::FileTable,
    },
    ipc::Ipc,
    kernel::{Core, Kernel},
    mm::{AddressSpace, ImageCache, SharedBudget, SharedCopies},
    net::{Address, RecordService, Sockets, UNIX_PATH_MAX, outside::NoOutside, outside::Outside},
    notice::Notice,
    pipe::Pipes,
    random::Random,
    signal::{Actions, AlternateStack, Pending, Signal, SignalSet},
    syscall::{Futexes, Numbers},
    task::{
        self, Identity, Life, Place, Process, RealTimer, Space, Task, limit::ResourceLimits, waiting::WaitKey,
    },
    tty::{TtyId, Ttys, WindowSize},
    vfs::{Credentials, DeviceNumber, Follow, Kind, Vfs},
};
use alloc::{
    boxed::Box,
    collections::{BTreeMap, BTreeSet, VecDeque},
    string::String,
    sync::Arc,
    vec::Vec,
};

/// One guest with everything that runs in it. Give it to any thread, but to one at a time.
pub struct Machine {
    pub(crate) kernel: Kernel,
}

/// A machine at rest, to start others from: memory and files are shared until they change.
#[derive(Clone)]
pub struct Snapshot {
    vfs: Vfs,
    core: Core,
}

impl Machine {
    /// A machine with these files and no process.
    #[must_use]
    pub fn new(mut config: MachineConfig, vfs: Vfs, sockets: Sockets, outside: Box<dyn Outside>) -> Machine {
        let abi = Abi::of(config.isa);
        if config.identity.cpuinfo.is_empty() {
            config.identity.cpuinfo = String::from(crate::arch::cpuinfo(config.isa));
        }
        let core = Core {
            abi,
            numbers: Arc::new(Numbers::of(abi.column)),
            tasks: BTreeMap::new(),
            processes: BTreeMap::new(),
            spaces: Arena::default(),
            tables: Arena::default(),
            files: Arena::default(),
            pipes: Pipes::default(),
            ttys: Ttys::default(),
            sockets,
            images: ImageCache::default(),
            host: Host::new(config.limits.output_bytes),
            locks: RecordLocks::default(),
            futexes: Futexes::default(),
            passed: Passed::default(),
            ipc: Ipc::default(),
            mapped: MappedFiles::default(),
            shared: SharedBudget::new(config.limits.total_pages),
            random: Random::new(config.seed),
            queue: VecDeque::new(),
            waits: BTreeSet::new(),
            deadlines: BTreeSet::new(),
            current: 0,
            now_ns: 0,
            wall_shift_ns: 0,
            notices: Vec::new(),
            notices_omitted: 0,
            keep_removed: (0, 0),
            instructions: 0,
            calls: 0,
            started: 0,
            forks: 0,
            switches: 0,
            total_pages: 0,
            pages_peak: 0,
            last_pid: config.first_pid,
            exits: BTreeMap::new(),
            hostname: config.hostname.clone(),
            domainname: String::from("(none)"),
            config,
        };
        Machine { kernel: Kernel { vfs, core, outside } }
    }

    /// Starts a process; its parent is process 1. With a terminal it leads a new session that the terminal controls.
    ///
    /// # Errors
    /// [`SpawnError`] when the program cannot be executed or a limit is reached.
    pub fn spawn(&mut self, spawn: Spawn) -> Result<Pid, SpawnError> {
        let path = spawn.path.clone();
        self.kernel.spawn(spawn).map_err(|error| match error {
            ExecError::Format(format) => SpawnError::Format(format),
            ExecError::Errno(error) => SpawnError::Call { path, error },
        })
    }

    /// Puts a process into the table that never runs.
    pub fn spawn_resident(&mut self, resident: Resident) {
        self.kernel.add_resident(resident);
    }

    /// Lets the guest run for about that many instructions (a system call counts as a few hundred).
    pub fn run(&mut self, instructions: u64) -> Run {
        self.kernel.run(instructions)
    }

    /// Virtual nanoseconds since the start.
    #[must_use]
    pub fn now_ns(&self) -> u64 {
        self.kernel.core.now_ns
    }
    /// Moves the clock forward; it never goes back.
    pub fn advance_to(&mut self, ns: u64) {
        self.kernel.core.now_ns = self.kernel.core.now_ns.max(ns);
    }
    /// The guest's CLOCK_REALTIME, nanoseconds since 1970.
    #[must_use]
    pub fn wall_ns(&self) -> i64 {
        self.kernel.core.wall_ns()
    }

    /// Opens a terminal whose far side is the driver.
    ///
    /// # Errors
    /// ENOSPC at the limit of terminals.
    pub fn tty_open(&mut self) -> Result<TtyId, Errno> {
        self.kernel.open_terminal()
    }
    /// Types bytes; gives how many were taken (fewer when the input queue is full).
    pub fn tty_write(&mut self, id: TtyId, bytes: &[u8]) -> usize {
        let core = &mut self.kernel.core;
        let count = core.ttys.master_write(id, bytes).unwrap_or(0);
        core.raise_terminal_signals();
        core.wake(WaitKey::Tty(id));
        count
    }
    /// Takes what the terminal shows; appends to `into` and gives how many bytes.
    pub fn tty_read(&mut self, id: TtyId, into: &mut Vec<u8>) -> usize {
        let before = into.len();
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = self.kernel.core.ttys.master_read(id, &mut buffer) {
            into.extend_from_slice(buffer.get(..count).unwrap_or_default());
        }
        if into.len() > before {
            self.kernel.core.wake(WaitKey::Tty(id));
        }
        into.len() - before
    }
    /// Changes the window size; the foreground group gets SIGWINCH.
    pub fn tty_resize(&mut self, id: TtyId, rows: u16, columns: u16) {
        let _ = self.kernel.core.ttys.set_size(id, WindowSize { rows, columns, width: 0, height: 0 });
        self.kernel.core.raise_terminal_signals();
    }
    /// The far side is gone: the session gets SIGHUP.
    pub fn tty_hangup(&mut self, id: TtyId) {
        self.kernel.close_terminal(id);
    }
    /// Is something of the terminal still open in the guest?
    #[must_use]
    pub fn tty_exists(&self, id: TtyId) -> bool {
        self.kernel.core.ttys.exists(id)
    }

    /// Gives bytes to [`Stdio::Host`] input.
    pub fn host_stdin(&mut self, bytes: &[u8]) {
        self.kernel.core.host.give_input(bytes);
        self.kernel.core.wake(WaitKey::HostInput);
    }
    /// Ends [`Stdio::Host`] input.
    pub fn host_stdin_close(&mut self) {
        self.kernel.core.host.close_input();
        self.kernel.core.wake(WaitKey::HostInput);
    }
    /// Bytes of [`Stdio::Host`] input that nobody has read yet.
    #[must_use]
    pub fn host_stdin_waiting(&self) -> usize {
        self.kernel.core.host.waiting_input()
    }
    /// Takes what was written to [`Stdio::Host`] standard output.
    pub fn take_stdout(&mut self) -> Vec<u8> {
        self.kernel.core.wake(WaitKey::HostOutput);
        self.kernel.core.host.take_output()
    }
    /// Takes what was written to [`Stdio::Host`] standard error.
    pub fn take_stderr(&mut self) -> Vec<u8> {
        self.kernel.core.wake(WaitKey::HostOutput);
        self.kernel.core.host.take_error()
    }

    /// How a spawned process ended: 0-255, or 128 + signal; `None` while it runs.
    #[must_use]
    pub fn exit_status(&self, pid: Pid) -> Option<u32> {
        self.kernel.core.exits.get(&pid).map(|ending| ending.shell_status())
    }
    /// Sends SIGKILL to every process.
    pub fn kill_all(&mut self) {
        self.kernel.end_all();
    }
    /// Takes what happened since the last time.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        self.kernel.core.keep_removed.1 = self.kernel.core.keep_removed.0;
        core::mem::take(&mut self.kernel.core.notices)
    }
    /// From now on removed files are told with their content ([`crate::NoticeKind::LastContent`]), up to that many
    /// bytes between two calls of [`Machine::take_notices`].
    pub fn keep_removed(&mut self, bytes: usize) {
        self.kernel.core.keep_removed = (bytes, bytes);
    }
    /// How many notices were left out because too many waited.
    #[must_use]
    pub fn notices_omitted(&self) -> u64 {
        self.kernel.core.notices_omitted
    }
    /// Switches the trace of system calls on or off.
    pub fn set_trace(&mut self, trace: bool) {
        self.kernel.core.config.trace = trace;
    }

    /// Gives back the memory of caches that only make waiting tasks faster: for a machine that will be idle for a
    /// while. Nothing that a guest can see changes.
    pub fn trim(&mut self) {
        for task in self.kernel.core.tasks.values_mut().filter(|task| task.waiting.is_some()) {
            task.cpu.trim();
        }
    }

    /// The bytes of a regular file in the guest.
    ///
    /// # Errors
    /// ENOENT and others as open(2) and read(2) give them.
    pub fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, Errno> {
        let root = self.kernel.vfs.root();
        self.kernel.with_files_as_root(|vfs, context| {
            let node = vfs.lookup(context, root, path, Follow::Yes)?;
            match vfs.is_generated(node) {
                true => vfs.generate(context, node),
                false => vfs.bytes(node).map(<[u8]>::to_vec),
            }
        })
    }
    /// Writes a regular file as root, made with `mode` if it is not there.
    ///
    /// # Errors
    /// As open(2) and write(2) give them.
    pub fn write_file(&mut self, path: &[u8], bytes: &[u8], mode: u16) -> Result<(), Errno> {
        self.kernel.write_file_as_root(path, bytes, mode)
    }
    /// Permission bits of a file in the guest.
    #[must_use]
    pub fn file_mode(&mut self, path: &[u8]) -> Option<u32> {
        let root = self.kernel.vfs.root();
        let stat = self.kernel.with_files_as_root(|vfs, context| {
            let node = vfs.lookup(context, root, path, Follow::Yes)?;
            vfs.stat(context, node)
        });
        stat.ok().map(|stat| u32::from(stat.mode))
    }
    /// The guest's files.
    #[must_use]
    pub fn vfs(&self) -> &Vfs {
        &self.kernel.vfs
    }
    /// The machine's network and sockets: a session's own address, and connections from the host to a guest's daemon.
    pub fn sockets(&mut self) -> &mut Sockets {
        &mut self.kernel.core.sockets
    }
    /// Plays a service of records on a UNIX socket at that path, which is made.
    ///
    /// # Errors
    /// As mknod(2) and bind(2) give them; EINVAL for a path that is longer than a socket's can be.
    pub fn serve_records(&mut self, path: &[u8], mode: u16, service: RecordService) -> Result<(), Errno> {
        if path.len() > UNIX_PATH_MAX {
            return Err(Errno::EINVAL);
        }
        let root = self.kernel.vfs.root();
        let node = self.kernel.with_files_as_root(|vfs, context| {
            vfs.mknod(context, root, path, Kind::Socket, mode, DeviceNumber::default())
        })?;
        let at = Address::UnixPath { path: path.to_vec(), node: Some(node) };
        self.kernel.core.sockets.serve_records(at, service).map(|_| ())
    }
    /// The world outside, to be asked by the driver.
    pub fn outside(&mut self) -> &mut dyn Outside {
        &mut *self.kernel.outside
    }
    /// Figures so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.kernel.core.stats()
    }
    /// Its instruction set, limits and names.
    #[must_use]
    pub fn config(&self) -> &MachineConfig {
        &self.kernel.core.config
    }

    /// The machine as it is now, to start others from.
    #[must_use]
    pub fn snapshot(&mut self) -> Snapshot {
        self.kernel.core.freeze_memory();
        let mut core = self.kernel.core.clone();
        // this machine goes on and stores to its shared pages
        core.detach_memory();
        Snapshot { vfs: self.kernel.vfs.clone(), core }
    }
}

impl Snapshot {
    /// Another machine that goes on from here, with its own way out, randomness and wall clock.
    #[must_use]
    pub fn start(&self, outside: Box<dyn Outside>, seed: u64, wall_ns: i64) -> Machine {
        let mut core = self.core.clone();
        core.detach_memory();
        core.random = Random::new(seed);
        core.config.seed = seed;
        core.config.wall_ns = wall_ns.saturating_sub(i64::try_from(core.now_ns).unwrap_or(0));
        core.notices = Vec::new();
        Machine { kernel: Kernel { vfs: self.vfs.clone(), core, outside } }
    }
}

impl Clone for Machine {
    /// A copy that goes on by itself, without a way out.
    fn clone(&self) -> Machine {
        let mut core = self.kernel.core.clone();
        core.detach_memory();
        Machine { kernel: Kernel { vfs: self.kernel.vfs.clone(), core, outside: Box::new(NoOutside) } }
    }
}

impl Core {
    fn freeze_memory(&mut self) {
        self.spaces.iter_mut().for_each(|space| space.memory.freeze());
    }
    fn detach_memory(&mut self) {
        self.shared = self.shared.fresh();
        let mut copies = SharedCopies::new(self.shared.clone());
        for space in self.spaces.iter_mut() {
            space.memory.detach_shared(&mut copies);
            space.shared_files.iter_mut().for_each(|shared| shared.pages = copies.of(&shared.pages));
        }
        self.ipc.detach(&mut copies);
        self.mapped.detach(&mut copies);
    }
}

impl Kernel {
    fn end_all(&mut self) {
        let pids: Vec<Pid> = self.core.processes.keys().copied().collect();
        for pid in pids {
            self.end_process(pid, task::Ending::Killed(Signal::KILL));
        }
    }

    fn add_resident(&mut self, resident: Resident) {
        let mut process = self.new_process(resident.pid, resident.parent, 0, 0);
        let mut cmdline = Vec::new();
        for argument in resident.arguments {
            cmdline.extend(argument);
            cmdline.push(0);
        }
        process.last_comm = resident.comm;
        process.threads = Vec::new();
        process.spawned = false;
        process.resident = Some(task::Resident {
            cmdline,
            start_ns: resident.start_ns,
            virtual_bytes: resident.virtual_bytes,
        });
        self.core.processes.insert(resident.pid, process);
        if let Ok(parent) = self.core.process_mut(resident.parent) {
            parent.children.push(resident.pid);
        }
    }

    fn new_process(&mut self, pid: Pid, parent: Pid, uid: u32, gid: u32) -> Process {
        let root = self.vfs.root();
        self.vfs.hold(root);
        self.vfs.hold(root);
        Process {
            pid,
            parent,
            group: pid,
            session: pid,
            terminal: None,
            life: Life::Alive,
            unreported: None,
            threads: Vec::from([pid]),
            children: Vec::new(),
            exit_signal: Some(Signal::CHLD),
            death_signal: None,
            actions: Actions::default(),
            pending: Pending::default(),
            identity: Identity {
                uid,
                saved_uid: uid,
                gid,
                saved_gid: gid,
                effective: Credentials { uid, gid, groups: Vec::from([gid]) },
            },
            place: Place { root, cwd: root, umask: 0o022 },
            limits: ResourceLimits::of_device(&self.core.config.limits),
            executable: None,
            timer: RealTimer::default(),
            timers: task::timer::Timers::default(),
            cpu_timers: task::timer::CpuTimers::default(),
            start_ns: self.core.now_ns,
            ended_threads_ns: 0,
            children_ns: 0,
            nice: 0,
            executed: false,
            no_new_privileges: false,
            attributes: task::Attributes::default(),
            traced: false,
            personality: 0,
            out_of_memory_adjust: 0,
            io: [0; 4],
            resident: None,
            last_comm: Vec::new(),
            spawned: true,
        }
    }

    fn spawn(&mut self, spawn: Spawn) -> Result<Pid, ExecError> {
        let pid = self.core.new_pid()?;
        let process = self.new_process(pid, 1, spawn.uid, spawn.gid);
        self.core.processes.insert(pid, process);
        let space = Space {
            memory: AddressSpace::new(self.core.abi.task_end, self.core.config.limits.pages),
            layout: task::Layout::default(),
            shared_files: Vec::new(),
            counted_pages: 0,
        };
        let task = Task {
            tid: pid,
            pid,
            cpu: (self.core.abi.start)(0, 0),
            space: self.core.spaces.insert(space),
            files: self.core.tables.insert(FileTable::default()),
            comm: Vec::new(),
            blocked: SignalSet::EMPTY,
            restore_mask: None,
            pending: Pending::default(),
            alternate_stack: AlternateStack::default(),
            waiting: None,
            queued: false,
            clear_child_tid: 0,
            robust_list: 0,
            policy: task::Policy::default(),
            instructions: 0,
            switches: 0,
            borrows_memory: false,
        };
        self.core.tasks.insert(pid, task);
        let done = self.begin(pid, spawn);
        if done.is_err() {
            self.end_process(pid, task::Ending::Exited(127));
            self.core.forget(pid);
            self.core.exits.remove(&pid);
            return done.map(|()| pid);
        }
        if let Ok(init) = self.core.process_mut(1) {
            init.children.push(pid);
        }
        self.core.started += 1;
        self.core.enqueue(pid);
        Ok(pid)
    }

    fn begin(&mut self, pid: Pid, spawn: Spawn) -> Result<(), ExecError> {
        let root = self.vfs.root();
        let cwd = self.with_files(pid, |vfs, context| {
            let node = vfs.lookup(context, root, &spawn.cwd, Follow::Yes)?;
            if vfs.kind(node)? == Kind::Directory { Ok(node) } else { Err(Errno::ENOTDIR) }
        });
        if let Ok(cwd) = cwd {
            self.vfs.hold(cwd);
            self.vfs.release(root);
            self.core.process_mut(pid)?.place.cwd = cwd;
        }
        self.open_standard(pid, spawn.stdio)?;
        let node =
            self.with_files(pid, |vfs, context| vfs.lookup(context, root, &spawn.path, Follow::Yes))?;
        let program =
            Program { node, name: spawn.path, arguments: spawn.arguments, environment: spawn.environment };
        self.execute_program(pid, program)
    }

    fn open_standard(&mut self, pid: Pid, stdio: Stdio) -> Result<(), Errno> {
        let kinds = match stdio {
            Stdio::Tty(id) => {
                self.core.ttys.open_slave(id)?;
                self.core.adopt_terminal(pid, id);
                let mut file = OpenFile::new(FileKind::Tty(id), flag::READ_WRITE);
                file.node = self.terminal_node(id);
                let file = self.core.files.insert(file);
                for place in 0..3 {
                    if place > 0 {
                        self.core.files.hold(file);
                    }
                    let descriptor = Descriptor { file, close_on_exec: false };
                    self.core.table_of_mut(pid)?.put(place, descriptor);
                }
                return Ok(());
            }
            Stdio::Host => [HostStream::Input, HostStream::Output, HostStream::Error],
        };
        for (place, stream) in kinds.into_iter().enumerate() {
            let flags = if stream == HostStream::Input { 0 } else { flag::WRITE_ONLY };
            let file = self.core.files.insert(OpenFile::new(FileKind::Host(stream), flags));
            self.core.table_of_mut(pid)?.put(place, Descriptor { file, close_on_exec: false });
        }
        Ok(())
    }

    /// `/dev/pts/N`, if the machine has it.
    fn terminal_node(&mut self, id: TtyId) -> Option<crate::vfs::Node> {
        let root = self.vfs.root();
        let path = alloc::format!("/dev/pts/{}", id.0);
        let found =
            self.with_files_as_root(|vfs, context| vfs.lookup(context, root, path.as_bytes(), Follow::Yes));
        let node = found.ok()?;
        self.vfs.hold(node);
        Some(node)
    }

    fn write_file_as_root(&mut self, path: &[u8], bytes: &[u8], mode: u16) -> Result<(), Errno> {
        use crate::vfs::{Access, Create, OpenRequest};
        let root = self.vfs.root();
        let request = OpenRequest {
            access: Access::Write,
            create: Create::Mode(mode),
            truncate: true,
            directory: false,
            follow: Follow::Yes,
        };
        self.with_files_as_root(|vfs, context| {
            let opened = vfs.open(context, root, path, request)?;
            vfs.write_at(context, opened.node, 0, bytes).map(|_| ())
        })
    }
}
