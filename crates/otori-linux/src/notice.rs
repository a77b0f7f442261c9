//! What a driver is told about the guest: processes, files, contacts, calls that are not there.
//!
//! Key type: [`Notice`]. Filled by the call handlers, drained by [`crate::Machine::take_notices`]; bounded by
//! [`crate::Limits::notices`]. A lab builds its report from them, a decoy its events.
use crate::errno::Errno;
use alloc::{string::String, sync::Arc, vec::Vec};
use core::net::SocketAddr;
use otori_event::Transport;

/// One thing that happened in the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// virtual nanoseconds since the machine started
    pub at_ns: u64,
    /// process (thread group) that did it
    pub pid: u32,
    /// what it did
    pub kind: NoticeKind,
}

/// The closed set of things that are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// made a child process (not a thread)
    Fork {
        /// the child's process id
        child: u32,
    },
    /// became another program
    Exec {
        /// absolute path of the file that runs (the script's interpreter when it is a script)
        path: Vec<u8>,
        /// absolute path that was asked for (the script)
        script: Option<Vec<u8>>,
        /// argument vector as given, at most 64 entries
        argv: Vec<Vec<u8>>,
    },
    /// a program was asked for and did not start
    ExecFailed {
        /// path as given
        path: Vec<u8>,
        /// why
        error: Errno,
    },
    /// changed its name (PR_SET_NAME)
    Renamed {
        /// new `comm`, at most 15 bytes
        comm: Vec<u8>,
    },
    /// ended
    Exit {
        /// exit status 0-255, or 128 + signal
        status: u32,
        /// the signal that killed it, in the generic Linux numbering
        signal: Option<u8>,
    },
    /// a file was opened, or was tried to be
    Open {
        /// absolute path
        path: Vec<u8>,
        /// asked to write
        write: bool,
        /// why it did not work
        error: Option<Errno>,
    },
    /// the last descriptor of a file that had been written was closed
    FileClosedAfterWrite {
        /// absolute path at the time it was opened
        path: Vec<u8>,
        /// inode number
        inode: u64,
    },
    /// the last name of a file is about to go; told before [`NoticeKind::Unlink`] when the driver asked for it with
    /// [`crate::Machine::keep_removed`]
    LastContent {
        /// absolute path
        path: Vec<u8>,
        /// what is in it
        content: Arc<[u8]>,
        /// permission bits
        mode: u32,
    },
    /// a name was removed
    Unlink {
        /// absolute path
        path: Vec<u8>,
    },
    /// a name was changed
    Rename {
        /// absolute path before
        from: Vec<u8>,
        /// absolute path after
        to: Vec<u8>,
    },
    /// permission bits were changed
    Chmod {
        /// absolute path
        path: Vec<u8>,
        /// new permission bits (0o7777 at most)
        mode: u32,
    },
    /// a connection was asked for
    Connect {
        /// where to
        remote: SocketAddr,
        /// TCP or UDP
        transport: Transport,
        /// how it went; EINPROGRESS is a start
        error: Option<Errno>,
    },
    /// bytes went out to a peer
    SendTo {
        /// where to, if it is known
        remote: Option<SocketAddr>,
        /// how
        transport: Transport,
        /// the first bytes, at most 256
        first_bytes: Vec<u8>,
        /// how many bytes
        length: usize,
    },
    /// bytes came in from a peer
    Received {
        /// from where, if it is known
        remote: Option<SocketAddr>,
        /// how
        transport: Transport,
        /// how many bytes
        length: usize,
    },
    /// started to listen
    Listen {
        /// own address
        local: SocketAddr,
    },
    /// a system call that this engine does not have; answered ENOSYS
    Unsupported {
        /// its name, or `syscall_4123` when the architecture has none by this number
        call: String,
    },
    /// something that harms a device was tried: refused quietly (reboot, a module), or done to this copy of the machine
    /// alone (watchdog switched off, flash erased)
    Refused {
        /// what was tried
        what: String,
    },
    /// one line of the trace, as strace prints it
    Call {
        /// `open("/etc/passwd", O_RDONLY) = 3`
        line: String,
    },
    /// a named limit ended a call
    Limit {
        /// which one (`processes`, `pages` …)
        limit: &'static str,
    },
}
