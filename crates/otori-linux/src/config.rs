//! What a driver says to a machine and hears from it: set-up, limits, what to start, how a run ended.
//!
//! Key types: [`MachineConfig`], [`Limits`], [`Spawn`], [`Run`], [`Stats`]. Neighbour: [`crate::Machine`].
use crate::{errno::Errno, exec::elf::ElfError, proc::DeviceIdentity, tty::TtyId};
use alloc::{string::String, vec::Vec};
use otori_cpu::Isa;

/// A process id in the guest.
pub type Pid = u32;

/// Bounds of one machine. Reaching one fails the call that asked for more, as a small device would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// tasks (processes and threads) at a time; then EAGAIN
    pub processes: usize,
    /// pages of 4 KiB that one address space may map to memory; then ENOMEM or SIGSEGV
    pub pages: usize,
    /// pages of 4 KiB that all processes may have written together; then the largest process is killed
    pub total_pages: usize,
    /// descriptors per process (RLIMIT_NOFILE), unless it asks for more, see [`Limits::descriptors_max`]; then EMFILE
    pub descriptors: usize,
    /// open file descriptions in the machine; then ENFILE
    pub open_files: usize,
    /// bytes of arguments and environment; then E2BIG
    pub argument_bytes: usize,
    /// notices that wait for the driver; the others are counted and left out
    pub notices: usize,
    /// bytes that wait for the driver on [`Stdio::Host`] output; then the writer waits
    pub output_bytes: usize,
    /// bytes one call moves at most; Linux moves the rest at the next call
    pub transfer_bytes: usize,
    /// watched descriptors per epoll instance; then ENOSPC
    pub watches: usize,
}

impl Limits {
    /// Descriptors that a process may ask for: the hard limit of a device's init.
    #[must_use]
    pub fn descriptors_max(&self) -> usize {
        self.descriptors.max(4096)
    }
}

impl Default for Limits {
    /// A device with 128 MiB of memory.
    fn default() -> Self {
        Limits {
            processes: 2_100,
            pages: 24_576,
            total_pages: 32_768,
            descriptors: 1_024,
            open_files: 16_384,
            argument_bytes: 128 * 1024,
            notices: 65_536,
            output_bytes: 1024 * 1024,
            transfer_bytes: 256 * 1024,
            watches: 1_024,
        }
    }
}

/// What uname(2) and the clock say, and how much may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineConfig {
    /// instruction set and byte order
    pub isa: Isa,
    /// seed of every random byte the guest sees (AT_RANDOM, getrandom, /dev/urandom)
    pub seed: u64,
    /// guest's CLOCK_REALTIME at the start, nanoseconds since 1970
    pub wall_ns: i64,
    /// how long the device is up already at the start, nanoseconds (CLOCK_MONOTONIC, /proc/uptime)
    pub uptime_ns: u64,
    /// uname -n
    pub hostname: String,
    /// uname -r
    pub kernel_release: String,
    /// uname -v
    pub kernel_version: String,
    /// what the product is, as /proc and the devices show it
    pub identity: DeviceIdentity,
    /// process id of the first spawned process is above this one
    pub first_pid: Pid,
    /// bounds
    pub limits: Limits,
    /// write a [`crate::NoticeKind::Call`] line for every system call
    pub trace: bool,
}

impl MachineConfig {
    /// A plain device of that instruction set, at the time of its first day.
    pub fn new(isa: Isa) -> Self {
        MachineConfig {
            isa,
            seed: 1,
            wall_ns: 1_700_000_000_000_000_000,
            uptime_ns: 273_000_000_000,
            hostname: String::from("device"),
            kernel_release: String::from("6.1.119"),
            kernel_version: String::from("#1 SMP Fri Nov 22 14:38:41 UTC 2024"),
            identity: DeviceIdentity::default(),
            first_pid: 1_200,
            limits: Limits::default(),
            trace: false,
        }
    }
}

/// Where descriptors 0, 1 and 2 of a spawned process lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdio {
    /// a terminal; it becomes the controlling one of a new session
    Tty(TtyId),
    /// the driver: [`crate::Machine::host_stdin`], [`crate::Machine::take_stdout`], [`crate::Machine::take_stderr`]
    Host,
}

/// A process to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spawn {
    /// absolute path of the program
    pub path: Vec<u8>,
    /// argument vector, argument 0 included
    pub arguments: Vec<Vec<u8>>,
    /// `NAME=value`
    pub environment: Vec<Vec<u8>>,
    /// working folder; `/` when it does not exist
    pub cwd: Vec<u8>,
    /// user id, real and effective
    pub uid: u32,
    /// group id, real and effective
    pub gid: u32,
    /// descriptors 0 to 2
    pub stdio: Stdio,
}

/// A process that only stands in the process table: init, a kernel thread, a daemon of the product. It never runs;
/// a signal that would end it takes it out (except process 1), /proc shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resident {
    /// process id, below [`MachineConfig::first_pid`]
    pub pid: Pid,
    /// parent; 0 for init and kthreadd
    pub parent: Pid,
    /// `comm`, at most 15 bytes
    pub comm: Vec<u8>,
    /// arguments; none for kernel threads
    pub arguments: Vec<Vec<u8>>,
    /// virtual size in bytes; 0 for kernel threads
    pub virtual_bytes: u64,
    /// after boot, nanoseconds
    pub start_ns: u64,
}

/// Why a process was not started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpawnError {
    /// the file cannot be executed on this machine
    #[error("not executable here: {0}")]
    Format(ElfError),
    /// the path, a permission or a limit is in the way
    #[error("{}: {}", String::from_utf8_lossy(path), error.name())]
    Call {
        /// the path that was asked for
        path: Vec<u8>,
        /// what Linux would answer
        error: Errno,
    },
    /// the dynamic loader that the program names cannot be used
    #[error(
        "{}: its dynamic loader {} cannot be used ({}); put it into the root file system, or take a static program",
        String::from_utf8_lossy(path),
        String::from_utf8_lossy(interpreter),
        error.name()
    )]
    Interpreter {
        /// the path that was asked for
        path: Vec<u8>,
        /// the path in PT_INTERP
        interpreter: Vec<u8>,
        /// what Linux would answer
        error: Errno,
    },
}

/// How [`crate::Machine::run`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// the instructions are used up; there is more to do
    Budget,
    /// every process waits
    Idle {
        /// virtual time (as [`crate::Machine::now_ns`]) of the next thing that happens by itself, if any
        wake_ns: Option<u64>,
    },
    /// no process is left
    Finished,
}

/// Figures of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// instruction set
    pub isa: Isa,
    /// guest instructions executed, exact
    pub instructions: u64,
    /// system calls made (a call that waited counts once)
    pub syscalls: u64,
    /// processes started, first one included, threads not
    pub processes: u64,
    /// virtual nanoseconds since the start
    pub virtual_ns: u64,
    /// most pages of 4 KiB that all processes together had at a time
    pub pages_peak: u64,
}
