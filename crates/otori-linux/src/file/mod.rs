//! Open file descriptions: what a descriptor stands for, its offset and flags.
//!
//! Key types: [`OpenFile`], [`FileKind`]. Neighbours: `file/table.rs` (descriptors), `file/io.rs` (reading, writing,
//! readiness), `vfs` (what is in the files). open(2), "open file description".
pub(crate) mod epoll;
pub(crate) mod event;
pub(crate) mod host;
pub(crate) mod io;
pub(crate) mod lock;
pub(crate) mod mapped;
mod memory;
pub(crate) mod open;
pub(crate) mod passed;
pub(crate) mod ready;
pub(crate) mod release;
mod signals;
pub(crate) mod table;
pub(crate) mod watch;

use crate::{
    arena::Index,
    dev::Device,
    ipc::posix::QueueNumber,
    net::SocketId,
    pipe::{End, PipeId},
    signal::SignalSet,
    tty::TtyId,
    vfs::Node,
};
use alloc::{boxed::Box, vec::Vec};
use epoll::Epoll;
use event::{EventCounter, TimerFile};
use host::HostStream;
use watch::Watches;

/// O_* in the generic numbering, as far as the kernel looks at them.
pub(crate) mod flag {
    pub(crate) const ACCESS: u32 = 0o3;
    pub(crate) const WRITE_ONLY: u32 = 0o1;
    pub(crate) const READ_WRITE: u32 = 0o2;
    pub(crate) const CREATE: u32 = 0o100;
    pub(crate) const EXCLUSIVE: u32 = 0o200;
    pub(crate) const NO_TERMINAL: u32 = 0o400;
    pub(crate) const TRUNCATE: u32 = 0o1000;
    pub(crate) const APPEND: u32 = 0o2000;
    pub(crate) const NON_BLOCKING: u32 = 0o4000;
    pub(crate) const DIRECT: u32 = 0o40000;
    pub(crate) const LARGE: u32 = 0o100000;
    pub(crate) const DIRECTORY: u32 = 0o200000;
    pub(crate) const NO_FOLLOW: u32 = 0o400000;
    pub(crate) const NO_ATIME: u32 = 0o1000000;
    pub(crate) const CLOSE_ON_EXEC: u32 = 0o2000000;
    pub(crate) const PATH: u32 = 0o10000000;
    /// O_TMPFILE without the O_DIRECTORY that stands beside it
    pub(crate) const UNNAMED: u32 = 0o20000000;
    pub(crate) const ASYNC: u32 = 0o20000;
    /// what F_SETFL changes
    pub(crate) const CHANGEABLE: u32 = APPEND | NON_BLOCKING | DIRECT | NO_ATIME | ASYNC;
}

/// Something that is open, shared by the descriptors that were duplicated from one another.
#[derive(Clone, Debug)]
pub(crate) struct OpenFile {
    pub(crate) kind: FileKind,
    /// generic O_*, without the ones that only open(2) looks at
    pub(crate) flags: u32,
    pub(crate) offset: u64,
    /// the name it was opened by; none for anonymous ones
    pub(crate) node: Option<Node>,
    /// absolute path at the time it was opened
    pub(crate) path: Vec<u8>,
    pub(crate) written: bool,
    /// what flock(2) holds
    pub(crate) flock: Option<lock::Strength>,
    /// text of a procfs file at the last read from offset 0
    pub(crate) generated: Option<Box<[u8]>>,
    /// the epoll instance that watches it edge-triggered
    pub(crate) edge_watcher: Option<Index<OpenFile>>,
    /// process that F_SETOWN named
    pub(crate) owner: i32,
    /// an epoll instance watches it, or did
    pub(crate) watched: bool,
}

/// What it is.
#[derive(Clone, Debug)]
pub(crate) enum FileKind {
    /// regular file, directory, procfs entry: the vfs has it
    Node,
    /// a device without state
    Device(Device),
    /// an end of a pipe
    Pipe(PipeId, End),
    /// a terminal
    Tty(TtyId),
    /// the controlling side of a pseudo terminal
    TtyMaster(TtyId),
    Socket(SocketId),
    Epoll(Box<Epoll>),
    Event(EventCounter),
    Timer(TimerFile),
    /// signalfd: the signals that are read from it
    Signals(SignalSet),
    /// pidfd: a process
    Process(ProcessFile),
    /// a name space of mounts, by its topmost mount
    Mounts(Node),
    /// inotify
    Watch(Box<Watches>),
    /// a POSIX message queue
    Messages(QueueNumber),
    /// the driver
    Host(HostStream),
}

/// A process that a descriptor stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ProcessFile {
    pub(crate) pid: crate::config::Pid,
    /// when it began: another process may get its number later
    pub(crate) start_ns: u64,
}

impl OpenFile {
    /// A description with that access and no offset.
    pub(crate) fn new(kind: FileKind, flags: u32) -> Self {
        OpenFile {
            kind,
            flags,
            offset: 0,
            node: None,
            path: Vec::new(),
            written: false,
            flock: None,
            generated: None,
            edge_watcher: None,
            owner: 0,
            watched: false,
        }
    }
    pub(crate) fn reads(&self) -> bool {
        self.flags & flag::ACCESS != flag::WRITE_ONLY && self.flags & flag::PATH == 0
    }
    pub(crate) fn writes(&self) -> bool {
        matches!(self.flags & flag::ACCESS, flag::WRITE_ONLY | flag::READ_WRITE)
            && self.flags & flag::PATH == 0
    }
    pub(crate) fn non_blocking(&self) -> bool {
        self.flags & flag::NON_BLOCKING != 0
    }
}
