//! A machine as its driver sees it: start programs, let them run, move the clock, type and read, hear what happened.
//!
//! Key type: [`Machine`]. Neighbours: `config.rs` (what goes in and comes out), `spawn.rs`, `snapshot.rs`, `sched.rs` (running).
//! Nothing here touches the host: time, randomness, input and the network come in through these methods.
use crate::{
    arch::Abi,
    arena::Arena,
    config::{MachineConfig, Pid, Resident, Run, Spawn, SpawnError, Stats},
    errno::Errno,
    exec::ExecError,
    file::{host::Host, lock::RecordLocks, mapped::MappedFiles, passed::Passed},
    ipc::Ipc,
    kernel::{Core, Kernel},
    mm::{ImageCache, SharedBudget},
    net::{Address, RecordService, Sockets, UNIX_PATH_MAX, outside::Outside},
    notice::Notice,
    pipe::Pipes,
    random::Random,
    signal::Signal,
    syscall::{Futexes, Numbers, kernel_of_release},
    task::{self, blocks::KeptBlocks, waiting::WaitKey},
    tty::{TtyId, Ttys, WindowSize},
    vfs::{DeviceNumber, Follow, Kind, Vfs},
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

impl Machine {
    /// A machine with these files and no process.
    #[must_use]
    pub fn new(mut config: MachineConfig, vfs: Vfs, sockets: Sockets, outside: Box<dyn Outside>) -> Machine {
        let abi = Abi::of(config.isa);
        let mut sockets = sockets;
        sockets.set_numbers(abi.numbering, abi.endian);
        if config.identity.cpuinfo.is_empty() {
            config.identity.cpuinfo = String::from(crate::arch::cpuinfo(config.isa));
        }
        let core = Core {
            abi,
            numbers: Arc::new(Numbers::of(abi.column)),
            tasks: BTreeMap::new(),
            processes: BTreeMap::new(),
            spaces: Arena::default(),
            blocks: KeptBlocks::default(),
            tables: Arena::default(),
            files: Arena::default(),
            pipes: Pipes::default(),
            ttys: Ttys::default(),
            sockets,
            images: ImageCache::default(),
            kernel: kernel_of_release(&config.kernel_release),
            host: Host::new(config.limits.output_bytes),
            locks: RecordLocks::default(),
            flash: crate::flash::Flash::default(),
            watchdog: crate::watchdog::Watchdog::default(),
            futexes: Futexes::default(),
            passed: Passed::default(),
            ipc: Ipc::default(),
            mapped: MappedFiles::default(),
            shared: SharedBudget::new(config.limits.total_pages),
            random: Random::new(config.seed),
            queue: VecDeque::new(),
            turn: None,
            next_look_ns: 0,
            waits: BTreeSet::new(),
            deadlines: BTreeSet::new(),
            current: 0,
            now_ns: 0,
            wall_shift_ns: 0,
            clock_shift_ns: 0,
            notices: Vec::new(),
            notices_omitted: 0,
            keep_removed: (0, 0),
            owed: 0,
            instructions: 0,
            calls: 0,
            started: 0,
            forks: 0,
            switches: 0,
            total_pages: 0,
            pages_peak: 0,
            last_pid: config.first_pid,
            exits: BTreeMap::new(),
            has_edges: false,
            first_mount: vfs.mount_places(),
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
            ExecError::Format(format) | ExecError::Killed(format) => SpawnError::Format(format),
            ExecError::Interpreter { path: interpreter, error } => {
                SpawnError::Interpreter { path, interpreter, error }
            }
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
        self.kernel.core.drop_blocks();
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
}

impl Kernel {
    fn end_all(&mut self) {
        let pids: Vec<Pid> = self.core.processes.keys().copied().collect();
        for pid in pids {
            let threads =
                self.core.process(pid).map_or_else(|_| Vec::new(), |process| process.threads.clone());
            threads.into_iter().for_each(|tid| self.end_task(tid, task::Ending::Killed(Signal::KILL)));
        }
    }

    fn write_file_as_root(&mut self, path: &[u8], bytes: &[u8], mode: u16) -> Result<(), Errno> {
        use crate::vfs::{Access, Create, OpenRequest, Scope};
        let root = self.vfs.root();
        let request = OpenRequest {
            access: Access::Write,
            create: Create::Mode(mode),
            truncate: true,
            directory: false,
            follow: Follow::Yes,
            scope: Scope::ANY,
        };
        self.with_files_as_root(|vfs, context| {
            let opened = vfs.open(context, root, path, request)?;
            vfs.write_at(context, opened.node, 0, bytes).map(|_| ())
        })
    }
}
