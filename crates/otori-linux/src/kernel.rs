//! The tables of one machine and the clock over them.
//!
//! Key types: [`Kernel`] = files ([`Vfs`]) beside everything else ([`Core`]), because rendering /proc looks at the
//! tables while the files change. Neighbours: `machine.rs` is the driver's side, `sched.rs` runs tasks.
use crate::{
    arch::Abi,
    arena::{Arena, Index},
    config::{MachineConfig, Pid, Stats},
    errno::Errno,
    file::{OpenFile, host::Host, lock::RecordLocks, mapped::MappedFiles, passed::Passed, table::FileTable},
    flash::Flash,
    ipc::Ipc,
    mm::{ImageCache, SharedBudget},
    net::{Sockets, outside::Outside},
    notice::{Notice, NoticeKind},
    pipe::Pipes,
    random::Random,
    sched::{Deadline, Turn},
    syscall::{Futexes, Numbers},
    task::{Ending, Process, Space, Task, Tid, blocks::KeptBlocks, waiting::WaitKey},
    tty::Ttys,
    vfs::{Context, Credentials, Node, Vfs},
    watchdog::Watchdog,
};
use alloc::{
    boxed::Box,
    collections::{BTreeMap, BTreeSet, VecDeque},
    string::String,
    sync::Arc,
    vec::Vec,
};

/// Process ids wrap round here, as on small devices.
pub(crate) const PID_MAX: Pid = 32_768;

/// Ends of spawned processes that are kept for the driver.
const EXITS_MAX: usize = 4_096;

/// Bytes that the kernel copies in the time of one instruction.
const BYTES_PER_INSTRUCTION: u64 = 16;

/// Files and everything else.
pub(crate) struct Kernel {
    pub(crate) vfs: Vfs,
    pub(crate) core: Core,
    pub(crate) outside: Box<dyn Outside>,
}

/// Everything of a machine that is not a file.
#[derive(Clone)]
pub(crate) struct Core {
    pub(crate) config: MachineConfig,
    pub(crate) abi: &'static Abi,
    pub(crate) numbers: Arc<Numbers>,
    /// major and minor number of the kernel that is shown: what came later is ENOSYS
    pub(crate) kernel: (u8, u8),
    pub(crate) tasks: BTreeMap<Tid, Task>,
    pub(crate) processes: BTreeMap<Pid, Process>,
    pub(crate) spaces: Arena<Space>,
    pub(crate) blocks: KeptBlocks,
    pub(crate) tables: Arena<FileTable>,
    pub(crate) files: Arena<OpenFile>,
    pub(crate) pipes: Pipes,
    pub(crate) ttys: Ttys,
    pub(crate) sockets: Sockets,
    pub(crate) images: ImageCache,
    pub(crate) host: Host,
    pub(crate) locks: RecordLocks,
    pub(crate) flash: Flash,
    pub(crate) watchdog: Watchdog,
    pub(crate) futexes: Futexes,
    pub(crate) passed: Passed,
    pub(crate) ipc: Ipc,
    pub(crate) mapped: MappedFiles,
    pub(crate) shared: SharedBudget,
    pub(crate) random: Random,
    /// tasks that can go on, in their order
    pub(crate) queue: VecDeque<Tid>,
    /// the turn that the last call of [`Kernel::run`] left unfinished
    pub(crate) turn: Option<Turn>,
    /// when tasks that wait for sockets ask again
    pub(crate) next_look_ns: u64,
    pub(crate) waits: BTreeSet<(WaitKey, Tid)>,
    pub(crate) deadlines: BTreeSet<(u64, Deadline)>,
    /// the task whose call is made
    pub(crate) current: Tid,
    /// virtual nanoseconds since the start
    pub(crate) now_ns: u64,
    /// what settimeofday moved the wall clock by
    pub(crate) wall_shift_ns: i64,
    /// what RTC_SET_TIME moved the real time clock by
    pub(crate) clock_shift_ns: i64,
    pub(crate) notices: Vec<Notice>,
    pub(crate) notices_omitted: u64,
    /// bytes of removed files that notices may carry until they are taken, and how many that still are
    pub(crate) keep_removed: (usize, usize),
    /// instructions that calls cost beyond [`crate::sched::CALL_COST`], not yet paid for
    pub(crate) owed: u64,
    pub(crate) instructions: u64,
    pub(crate) calls: u64,
    pub(crate) started: u64,
    pub(crate) forks: u64,
    pub(crate) switches: u64,
    pub(crate) total_pages: u64,
    pub(crate) pages_peak: u64,
    pub(crate) last_pid: Pid,
    pub(crate) exits: BTreeMap<Pid, Ending>,
    /// a file is watched edge-triggered
    pub(crate) has_edges: bool,
    /// mounts below this one are of the machine's start
    pub(crate) first_mount: usize,
    pub(crate) hostname: String,
    pub(crate) domainname: String,
}

impl Core {
    /// The process of that id, zombies included.
    pub(crate) fn process(&self, pid: Pid) -> Result<&Process, Errno> {
        self.processes.get(&pid).ok_or(Errno::ESRCH)
    }
    pub(crate) fn process_mut(&mut self, pid: Pid) -> Result<&mut Process, Errno> {
        self.processes.get_mut(&pid).ok_or(Errno::ESRCH)
    }
    pub(crate) fn task(&self, tid: Tid) -> Result<&Task, Errno> {
        self.tasks.get(&tid).ok_or(Errno::ESRCH)
    }
    pub(crate) fn task_mut(&mut self, tid: Tid) -> Result<&mut Task, Errno> {
        self.tasks.get_mut(&tid).ok_or(Errno::ESRCH)
    }
    pub(crate) fn space_of(&self, tid: Tid) -> Result<&Space, Errno> {
        self.spaces.get(self.task(tid)?.space).ok_or(Errno::ESRCH)
    }
    pub(crate) fn space_of_mut(&mut self, tid: Tid) -> Result<&mut Space, Errno> {
        let space = self.task(tid)?.space;
        self.spaces.get_mut(space).ok_or(Errno::ESRCH)
    }
    pub(crate) fn table_of(&self, tid: Tid) -> Result<&FileTable, Errno> {
        self.tables.get(self.task(tid)?.files).ok_or(Errno::ESRCH)
    }
    pub(crate) fn table_of_mut(&mut self, tid: Tid) -> Result<&mut FileTable, Errno> {
        let table = self.task(tid)?.files;
        self.tables.get_mut(table).ok_or(Errno::ESRCH)
    }

    /// Guest's CLOCK_REALTIME, nanoseconds since 1970.
    pub(crate) fn wall_ns(&self) -> i64 {
        let elapsed = i64::try_from(self.now_ns).unwrap_or(i64::MAX);
        self.config.wall_ns.saturating_add(elapsed).saturating_add(self.wall_shift_ns)
    }
    /// Guest's CLOCK_MONOTONIC and CLOCK_BOOTTIME.
    pub(crate) fn uptime_ns(&self) -> u64 {
        self.config.uptime_ns.saturating_add(self.now_ns)
    }

    /// Tells the driver, unless too much waits for it already.
    pub(crate) fn notify(&mut self, pid: Pid, kind: NoticeKind) {
        if self.notices.len() >= self.config.limits.notices {
            self.notices_omitted = self.notices_omitted.saturating_add(1);
            return;
        }
        self.notices.push(Notice { at_ns: self.now_ns, pid, kind });
    }

    /// A call did work that grows with what it was given: it is paid for like instructions.
    pub(crate) fn charge(&mut self, instructions: u64) {
        self.owed = self.owed.saturating_add(instructions);
    }
    /// The same for bytes that were moved.
    pub(crate) fn charge_bytes(&mut self, bytes: usize) {
        self.charge(bytes as u64 / BYTES_PER_INSTRUCTION);
    }

    /// A free process id above the last one.
    pub(crate) fn new_pid(&mut self) -> Result<Pid, Errno> {
        self.check_room_for_process()?;
        for _ in 0..PID_MAX {
            self.last_pid = if self.last_pid + 1 >= PID_MAX { 300 } else { self.last_pid + 1 };
            if self.is_free_pid(self.last_pid) {
                return Ok(self.last_pid);
            }
        }
        Err(Errno::EAGAIN)
    }
    /// The process id that somebody wants: EINVAL for one that there cannot be, EEXIST for one that there is.
    pub(crate) fn chosen_pid(&mut self, pid: Pid) -> Result<Pid, Errno> {
        self.check_room_for_process()?;
        match pid {
            0 | PID_MAX.. => Err(Errno::EINVAL),
            _ if self.is_free_pid(pid) => Ok(pid),
            _ => Err(Errno::EEXIST),
        }
    }
    fn check_room_for_process(&self) -> Result<(), Errno> {
        let most = self.config.limits.processes;
        if self.tasks.len() >= most || self.processes.len() >= most { Err(Errno::EAGAIN) } else { Ok(()) }
    }
    fn is_free_pid(&self, pid: Pid) -> bool {
        let group_or_session = |process: &Process| process.group == pid || process.session == pid;
        let used = self.processes.contains_key(&pid) || self.tasks.contains_key(&pid);
        !used && !self.processes.values().any(group_or_session)
    }

    /// Keeps how a spawned process ended, for the driver.
    pub(crate) fn remember_exit(&mut self, pid: Pid, ending: Ending) {
        if self.exits.len() >= EXITS_MAX {
            self.exits.pop_first();
        }
        self.exits.insert(pid, ending);
    }

    /// Counts the pages of a space anew; says whether the machine is over its limit now.
    pub(crate) fn count_pages(&mut self, space: Index<Space>) -> bool {
        let Some(space) = self.spaces.get_mut(space) else { return false };
        let now = space.memory.held_pages() as u64;
        self.total_pages = self.total_pages.saturating_sub(space.counted_pages).saturating_add(now);
        space.counted_pages = now;
        self.pages_peak = self.pages_peak.max(self.total_pages);
        self.total_pages > self.config.limits.total_pages as u64
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats {
            isa: self.config.isa,
            instructions: self.instructions,
            syscalls: self.calls,
            processes: self.started,
            virtual_ns: self.now_ns,
            pages_peak: self.pages_peak,
        }
    }
}

impl Kernel {
    /// Does something with the files in the name of a task: with its identity, its root, its view of /proc.
    pub(crate) fn with_files<T>(
        &mut self,
        tid: Tid,
        body: impl FnOnce(&mut Vfs, &Context<'_>) -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        let pid = self.core.task(tid)?.pid;
        let process = self.core.process(pid)?;
        let view = crate::view::View { core: &self.core, pid, tid };
        let context = Context {
            credentials: &process.identity.effective,
            root: process.place.root,
            now_ns: self.core.wall_ns(),
            view: &view,
        };
        let done = body(&mut self.vfs, &context);
        let steps = self.vfs.take_steps();
        self.core.charge(steps);
        done
    }

    /// The same as root of the whole machine, for the driver.
    pub(crate) fn with_files_as_root<T>(
        &mut self,
        body: impl FnOnce(&mut Vfs, &Context<'_>) -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        let view = crate::view::View { core: &self.core, pid: 0, tid: 0 };
        let root = self.vfs.root();
        let now_ns = self.core.wall_ns();
        let context = Context { credentials: &Credentials::ROOT, root, now_ns, view: &view };
        body(&mut self.vfs, &context)
    }

    /// Absolute path of a file as its process sees it.
    pub(crate) fn path_of(&self, pid: Pid, node: Node) -> Vec<u8> {
        let root = self.core.process(pid).map_or_else(|_| self.vfs.root(), |process| process.place.root);
        let view = crate::view::View { core: &self.core, pid, tid: pid };
        self.vfs.path_from(&view, root, node)
    }
}
