//! Starting processes from outside: programs with their first descriptors, and residents that only stand in the table.
//!
//! Key functions: [`Kernel::spawn`], [`Kernel::add_resident`]. Neighbour: `exec/` loads the program.
use crate::{
    config::{Pid, Resident, Spawn, Stdio},
    errno::Errno,
    exec::{ExecError, Program},
    file::{FileKind, OpenFile, flag, host::HostStream, table::Descriptor, table::FileTable},
    kernel::Kernel,
    mm::AddressSpace,
    signal::{Actions, AlternateStack, Pending, Signal, SignalSet},
    task::{self, Identity, Life, Place, Process, RealTimer, Space, Task, limit::ResourceLimits},
    tty::TtyId,
    vfs::{Follow, Kind},
};
use alloc::vec::Vec;

impl Kernel {
    pub(crate) fn add_resident(&mut self, resident: Resident) {
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
            identity: Identity::of_user(uid, gid, Vec::from([gid])),
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
            traces: false,
            ended_tracees: Vec::new(),
            personality: 0,
            out_of_memory_adjust: 0,
            io: [0; 4],
            resident: None,
            last_comm: Vec::new(),
            spawned: true,
        }
    }

    pub(crate) fn spawn(&mut self, spawn: Spawn) -> Result<Pid, ExecError> {
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
            tracee: None,
            ending: None,
            seccomp: task::seccomp::Seccomp::Off,
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
        if self.core.files.len() + kinds.len() > self.core.config.limits.open_files {
            return Err(Errno::ENFILE);
        }
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
}
