//! What procfs shows of the machine; key trait [`ProcView`], which the kernel implements over its own tables.
//! Neighbours: render.rs turns it into text, vfs/walk.rs follows its links. Specification: proc(5).
use super::identity::DeviceIdentity;
use crate::mm::Resident;
use crate::net::Sockets;
use crate::vfs::{Node, Vfs};
use alloc::string::String;
use alloc::vec::Vec;

/// The machine as a process sees it through /proc. Methods are cheap but for [`ProcView::process`].
pub trait ProcView {
    /// Process (thread group) that asks: `/proc/self`.
    fn caller(&self) -> u32;
    /// Thread that asks: `/proc/thread-self`.
    fn caller_thread(&self) -> u32 {
        self.caller()
    }
    /// All processes, ascending.
    fn pids(&self) -> Vec<u32>;
    /// Threads of a process, ascending; empty when there is no such process.
    fn threads(&self, pid: u32) -> Vec<u32>;
    /// Effective user and group of a process or thread.
    fn owner(&self, pid: u32) -> Option<(u32, u32)>;
    /// Everything the files of `/proc/PID` tell of a process or thread.
    fn process(&self, pid: u32) -> Option<ProcessView>;
    /// What of the mapping that begins at an address is in memory.
    fn resident(&self, _pid: u32, _start: u64) -> Resident {
        Resident::default()
    }
    /// Where `exe`, `cwd` or `root` of a process leads.
    fn magic(&self, pid: u32, which: Magic) -> Option<Node>;
    /// Open descriptors of a process, ascending.
    fn descriptors(&self, pid: u32) -> Vec<u32>;
    /// One open descriptor.
    fn descriptor(&self, pid: u32, number: u32) -> Option<DescriptorView>;
    /// What the product is.
    fn identity(&self) -> &DeviceIdentity;
    /// Counters of the whole machine.
    fn system(&self) -> SystemView;
    /// The sockets, for `/proc/net`.
    fn sockets(&self) -> &Sockets;
    /// Every lock on a file.
    fn locks(&self, _: &Vfs) -> Vec<LockView> {
        Vec::new()
    }
    /// A file of `/proc/sysvipc`.
    fn ipc(&self, kind: IpcKind) -> Vec<u8>;
}

/// The kinds of System V objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpcKind {
    /// shared memory segments
    Memory,
    /// semaphore sets
    Semaphores,
    /// message queues
    Messages,
}

/// The links of a process that lead to a file without naming it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Magic {
    /// the program file
    Exe,
    /// the working directory
    Cwd,
    /// the root directory
    Root,
}

/// How a file of procfs shows the memory of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryFile {
    /// `mem`: its bytes by address
    Bytes,
    /// `pagemap`: eight bytes for each page
    Pages,
}

/// A lock on a file, a line of `/proc/locks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockView {
    /// `POSIX`, `OFDLCK` or `FLOCK`
    pub kind: &'static str,
    /// nobody else may have it, too
    pub exclusive: bool,
    /// who set it; -1 for nobody in particular
    pub pid: i64,
    /// the file, as `Vfs::identity` names it
    pub file: Node,
    /// first byte
    pub start: u64,
    /// last byte; none to the end of the file
    pub last: Option<u64>,
}

/// What a descriptor stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DescriptorTarget {
    /// a file, directory, device or named pipe
    Node(Node),
    /// an unnamed pipe with its inode number
    Pipe(u64),
    /// a socket with its inode number
    Socket(u64),
    /// a name space of mounts, by its topmost mount
    Mounts(Node),
    /// an anonymous inode such as `[eventpoll]`
    Anonymous(&'static str),
}

/// One open descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescriptorView {
    /// what it stands for
    pub target: DescriptorTarget,
    /// open for reading
    pub readable: bool,
    /// open for writing
    pub writable: bool,
    /// position in bytes
    pub offset: u64,
    /// `O_*` flags in the guest's numbers
    pub flags: u32,
}

/// What a process does, as `/proc/PID/stat` letters it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ProcessState {
    /// R
    #[default]
    Running,
    /// S
    Sleeping,
    /// T
    Stopped,
    /// standing still for its tracer
    Traced,
    /// Z
    Zombie,
}

/// One region of memory, a line of `/proc/PID/maps`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MapView {
    /// first address
    pub start: u64,
    /// address behind the last
    pub end: u64,
    /// may be read
    pub read: bool,
    /// may be written
    pub write: bool,
    /// may be executed
    pub execute: bool,
    /// changes are shared
    pub shared: bool,
    /// offset in the file, bytes
    pub offset: u64,
    /// the file that is mapped
    pub node: Option<Node>,
    /// `[heap]`, `[stack]`, or the path when there is no node
    pub name: String,
}

/// Everything that `/proc/PID/*` shows of one process or thread.
#[derive(Clone, Debug, Default)]
pub struct ProcessView {
    /// thread id, equal to `group` for the first thread
    pub pid: u32,
    /// thread group
    pub group: u32,
    /// parent
    pub parent: u32,
    /// process group
    pub process_group: u32,
    /// session
    pub session: u32,
    /// device of the controlling terminal as `stat` encodes it, 0 for none
    pub terminal: u32,
    /// foreground process group of that terminal, -1 for none
    pub terminal_group: i32,
    /// state
    pub state: ProcessState,
    /// `PR_SET_NAME` name, at most 15 bytes
    pub comm: Vec<u8>,
    /// arguments, each ended by NUL
    pub cmdline: Vec<u8>,
    /// environment, each ended by NUL
    pub environ: Vec<u8>,
    /// auxiliary vector in the guest's layout
    pub auxv: Vec<u8>,
    /// real, effective, saved and file-system user
    pub uids: [u32; 4],
    /// real, effective, saved and file-system group
    pub gids: [u32; 4],
    /// supplementary groups
    pub groups: Vec<u32>,
    /// file mode creation mask
    pub umask: u16,
    /// CPU time in user mode, nanoseconds
    pub user_ns: u64,
    /// CPU time of waited-for children, nanoseconds
    pub children_ns: u64,
    /// start after boot, nanoseconds
    pub start_ns: u64,
    /// nice value
    pub nice: i32,
    /// threads in the group
    pub threads: u32,
    /// address space, bytes
    pub virtual_bytes: u64,
    /// most address space ever, bytes
    pub virtual_peak_bytes: u64,
    /// resident memory, bytes
    pub resident_bytes: u64,
    /// code region
    pub code: (u64, u64),
    /// data region
    pub data: (u64, u64),
    /// heap start
    pub heap_start: u64,
    /// lowest address of the first stack frame
    pub stack_start: u64,
    /// stack size, bytes
    pub stack_bytes: u64,
    /// argument strings
    pub arguments: (u64, u64),
    /// environment strings
    pub environment: (u64, u64),
    /// pending signals, bit n-1 for signal n
    pub pending: u64,
    /// pending signals of the thread group
    pub shared_pending: u64,
    /// blocked signals
    pub blocked: u64,
    /// ignored signals
    pub ignored: u64,
    /// caught signals
    pub caught: u64,
    /// exit signal to the parent
    pub exit_signal: u32,
    /// exit code in wait(2) form, for zombies
    pub exit_code: u32,
    /// `PR_SET_NO_NEW_PRIVS`
    pub no_new_privileges: bool,
    /// inheritable, permitted, effective, bounding capabilities
    pub capabilities: [u64; 4],
    /// 0 none, 1 strict, 2 with a filter
    pub seccomp: u32,
    /// tracer, 0 for none
    pub tracer: u32,
    /// size of the descriptor table
    pub descriptor_slots: u32,
    /// memory regions, ascending
    pub maps: Vec<MapView>,
    /// soft and hard limits by `RLIMIT_*` in the generic order, `u64::MAX` unlimited
    pub limits: [(u64, u64); 16],
    /// oom_score_adj
    pub oom_score_adjust: i32,
    /// personality(2)
    pub personality: u32,
    /// `PR_SET_TIMERSLACK`
    pub timer_slack_ns: u64,
    /// bytes read and written by system calls, and their counts, for `io`
    pub io: [u64; 4],
    /// the system call it sleeps in, as `wchan` names it
    pub wait_channel: &'static str,
    /// voluntary context switches
    pub switches: u64,
}

/// Counters of the whole machine.
#[derive(Clone, Debug, Default)]
pub struct SystemView {
    /// nanoseconds since boot
    pub uptime_ns: u64,
    /// nanoseconds that the CPU idled since boot
    pub idle_ns: u64,
    /// wall clock at boot, seconds since 1970
    pub boot_seconds: i64,
    /// memory used by processes, bytes
    pub used_bytes: u64,
    /// host name
    pub hostname: String,
    /// NIS domain name, `(none)` by default
    pub domainname: String,
    /// `uname -r`
    pub release: String,
    /// `uname -v`
    pub version: String,
    /// context switches since boot
    pub switches: u64,
    /// system calls or interrupts since boot
    pub interrupts: u64,
    /// processes ever created
    pub forks: u64,
    /// runnable threads
    pub running: u32,
    /// all threads
    pub threads: u32,
    /// latest pid given out
    pub last_pid: u32,
    /// random 128 bits of this boot, for `boot_id`
    pub boot_id: u128,
    /// fresh random 128 bits, for `uuid`
    pub random_id: u128,
}
