//! Processes and their threads: plain tables that the scheduler and the calls work on.
//!
//! Key types: [`Process`] (thread group), [`Task`] (thread), [`Space`] (memory and what is where in it).
//! Neighbours: `task/clone.rs` makes them, `task/exit.rs` ends them, `sched.rs` runs them.
pub(crate) mod blocks;
pub(crate) mod capability;
pub(crate) mod clone;
pub(crate) mod exit;
pub(crate) mod limit;
pub(crate) mod seccomp;
pub(crate) mod timer;
pub(crate) mod tracee;
pub(crate) mod waiting;

use crate::{
    arch::Cpu,
    arena::Index,
    config::Pid,
    file::table::FileTable,
    mm::{AddressSpace, SharedPages},
    signal::{Actions, AlternateStack, Pending, Signal, SignalSet},
    tty::TtyId,
    vfs::{Credentials, Node},
};
use alloc::{boxed::Box, sync::Arc, vec, vec::Vec};
use capability::Capabilities;
use limit::ResourceLimits;
use seccomp::Seccomp;
use timer::{CpuTimers, Timers};
use tracee::{EndedTracee, Tracee};
use waiting::Waiting;

/// A thread id; threads and processes share one number space.
pub(crate) type Tid = u32;

/// Longest `comm`, without its NUL.
pub(crate) const COMM_MAX: usize = 15;

/// Memory that one or more tasks run in.
#[derive(Clone)]
pub(crate) struct Space {
    pub(crate) memory: AddressSpace,
    pub(crate) layout: Layout,
    /// files that are mapped shared
    pub(crate) shared_files: Vec<SharedFile>,
    /// pages at the last count, see `Core::count_pages`
    pub(crate) counted_pages: u64,
}

/// A file whose pages a space maps shared.
#[derive(Clone, Debug)]
pub(crate) struct SharedFile {
    pub(crate) node: Node,
    pub(crate) pages: Arc<SharedPages>,
    /// its stores are the file's
    pub(crate) writable: bool,
}

/// What execve put where; /proc/PID/stat and brk(2) need it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    pub(crate) heap_start: u64,
    pub(crate) heap_end: u64,
    pub(crate) code: (u64, u64),
    pub(crate) data: (u64, u64),
    pub(crate) stack_start: u64,
    pub(crate) arguments: (u64, u64),
    pub(crate) environment: (u64, u64),
    pub(crate) auxiliary: Vec<u8>,
}

/// Real, effective and saved ids, and groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) uid: u32,
    pub(crate) saved_uid: u32,
    pub(crate) gid: u32,
    pub(crate) saved_gid: u32,
    /// effective ids and supplementary groups
    pub(crate) effective: Credentials,
    pub(crate) capabilities: Capabilities,
}

impl Identity {
    /// A user as init starts it.
    pub(crate) fn of_user(uid: u32, gid: u32, groups: Vec<u32>) -> Self {
        Identity {
            uid,
            saved_uid: uid,
            gid,
            saved_gid: gid,
            effective: Credentials::of(uid, gid, groups),
            capabilities: Capabilities::of_user(uid),
        }
    }
}

/// Where a process stands in the files.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) root: Node,
    pub(crate) cwd: Node,
    pub(crate) umask: u16,
}

/// Running, stopped by job control, or ended and not waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Life {
    Alive,
    Stopped(Signal),
    Zombie(Ending),
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    Exited(u8),
    Killed(Signal),
}

impl Ending {
    /// 0-255, or 128 + signal in the generic numbering, as a shell says it.
    pub(crate) fn shell_status(self) -> u32 {
        match self {
            Ending::Exited(status) => u32::from(status),
            Ending::Killed(signal) => 128 + u32::from(signal.number()),
        }
    }
}

/// setitimer(2) ITIMER_REAL and alarm(2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RealTimer {
    /// virtual time of the next SIGALRM
    pub(crate) deadline_ns: Option<u64>,
    pub(crate) interval_ns: u64,
}

/// A thread group.
#[derive(Clone)]
pub(crate) struct Process {
    pub(crate) pid: Pid,
    pub(crate) parent: Pid,
    pub(crate) group: Pid,
    pub(crate) session: Pid,
    pub(crate) terminal: Option<TtyId>,
    pub(crate) life: Life,
    /// stopped or continued, and the parent has not been told by wait yet
    pub(crate) unreported: Option<Report>,
    pub(crate) threads: Vec<Tid>,
    pub(crate) children: Vec<Pid>,
    /// signal for the parent at the end; none for some clones
    pub(crate) exit_signal: Option<Signal>,
    pub(crate) death_signal: Option<Signal>,
    pub(crate) actions: Actions,
    pub(crate) pending: Pending,
    pub(crate) identity: Identity,
    pub(crate) place: Place,
    pub(crate) limits: ResourceLimits,
    pub(crate) executable: Option<Executable>,
    pub(crate) timer: RealTimer,
    pub(crate) timers: Timers,
    pub(crate) cpu_timers: CpuTimers,
    pub(crate) start_ns: u64,
    /// CPU time of threads that ended
    pub(crate) ended_threads_ns: u64,
    pub(crate) children_ns: u64,
    pub(crate) nice: i32,
    pub(crate) executed: bool,
    pub(crate) no_new_privileges: bool,
    pub(crate) attributes: Attributes,
    /// it traced another one at some time
    pub(crate) traces: bool,
    /// threads that it traced and that ended; its own children are not among them
    pub(crate) ended_tracees: Vec<EndedTracee>,
    pub(crate) personality: u32,
    pub(crate) out_of_memory_adjust: i32,
    /// bytes read, bytes written, reads, writes
    pub(crate) io: [u64; 4],
    /// shown in the table only: never runs
    pub(crate) resident: Option<Resident>,
    /// name of its last thread, once that has ended
    pub(crate) last_comm: Vec<u8>,
    /// started by the driver: its end is kept for [`crate::Machine::exit_status`]
    pub(crate) spawned: bool,
}

/// A process that only stands in the table: init, kernel threads, daemons that nobody looks into.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resident {
    /// arguments, each ended by NUL; none for kernel threads
    pub(crate) cmdline: Vec<u8>,
    pub(crate) start_ns: u64,
    pub(crate) virtual_bytes: u64,
}

/// What a stopped or continued child has to say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Report {
    Stopped(Signal),
    Continued,
}

/// The file that a process runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Executable {
    pub(crate) node: Node,
    pub(crate) path: Vec<u8>,
}

/// What prctl keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) undumpable: bool,
    pub(crate) subreaper: bool,
    pub(crate) timer_slack_ns: Option<u64>,
}

/// SCHED_* and the priority of the real-time ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) number: u32,
    pub(crate) priority: u32,
}

/// A thread.
#[derive(Clone)]
pub(crate) struct Task {
    pub(crate) tid: Tid,
    pub(crate) pid: Pid,
    pub(crate) cpu: Cpu,
    pub(crate) space: Index<Space>,
    pub(crate) files: Index<FileTable>,
    pub(crate) comm: Vec<u8>,
    pub(crate) blocked: SignalSet,
    /// mask to go back to after sigsuspend, ppoll or pselect
    pub(crate) restore_mask: Option<SignalSet>,
    pub(crate) pending: Pending,
    pub(crate) alternate_stack: AlternateStack,
    pub(crate) waiting: Option<Waiting>,
    /// in the run queue
    pub(crate) queued: bool,
    /// where to write 0 and wake a futex at the end
    pub(crate) clear_child_tid: u64,
    /// head of the list of locks that it holds
    pub(crate) robust_list: u64,
    pub(crate) policy: Policy,
    pub(crate) instructions: u64,
    pub(crate) switches: u64,
    /// a vfork parent waits until this task gives the memory back
    pub(crate) borrows_memory: bool,
    /// who traces it, and where it stopped for that
    pub(crate) tracee: Option<Box<Tracee>>,
    /// it is over: it ends as soon as its tracer lets it
    pub(crate) ending: Option<Ending>,
    pub(crate) seccomp: Seccomp,
}

impl Process {
    /// Is it the leader of its session?
    pub(crate) fn leads_session(&self) -> bool {
        self.session == self.pid
    }
    pub(crate) fn is_zombie(&self) -> bool {
        matches!(self.life, Life::Zombie(_))
    }
}

impl Task {
    pub(crate) fn set_comm(&mut self, name: &[u8]) {
        let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len()).min(COMM_MAX);
        self.comm = name.get(..end).unwrap_or_default().to_vec();
    }
    /// The name that execve gives: the last component of the path.
    pub(crate) fn comm_of_path(path: &[u8]) -> Vec<u8> {
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        name.get(..name.len().min(COMM_MAX)).map_or(vec![], <[u8]>::to_vec)
    }
}
