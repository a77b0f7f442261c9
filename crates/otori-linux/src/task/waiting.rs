//! A call that cannot go on yet: what it waits for, until when, how a signal ends it.
//!
//! Key types: [`Waiting`], [`WaitKey`]. A woken task makes the same call again with its [`Waiting::progress`]; the
//! call either finishes or waits again. Neighbour: `sched.rs`.
use crate::{
    arena::Index, config::Pid, file::OpenFile, ipc::posix::QueueNumber, pipe::PipeId, syscall::Entry,
    task::Space, task::Tid, tty::TtyId,
};
use alloc::vec::Vec;

/// Something that changes; a task waits for one or more of these.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum WaitKey {
    /// bytes, room or ends of a pipe
    Pipe(PipeId),
    /// a terminal
    Tty(TtyId),
    /// any socket
    Sockets,
    /// a child of that process changed
    Child(Pid),
    /// that process ended
    End(Pid),
    /// a signal for that process, blocked or not
    Signals(Pid),
    /// a futex word
    Futex(Index<Space>, u64),
    /// a futex word in shared pages: their identity and the place in them
    SharedFutex(u64, u64),
    /// that task gave the memory back that it borrowed by vfork
    Memory(Tid),
    /// an eventfd, timerfd, epoll …
    File(Index<OpenFile>),
    /// a lock on a file
    Lock,
    /// any semaphore of System V
    Semaphores,
    /// any message queue of System V
    Messages,
    /// a POSIX message queue
    PosixMessages(QueueNumber),
    /// bytes from the driver
    HostInput,
    /// room for the driver
    HostOutput,
}

/// What a signal does to a call that waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Restart {
    /// a handler with SA_RESTART lets the call be made again, another one ends it with EINTR (read, wait4 …)
    WithFlag,
    /// the same, whatever the call has noted as its progress (futex)
    FromStart,
    /// any handler ends it with EINTR (poll, nanosleep, pause …)
    Never,
    /// only SIGKILL ends it (vfork)
    Uninterruptible,
}

/// A call in waiting.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// row of the call table
    pub(crate) row: u16,
    pub(crate) arguments: [u64; 8],
    pub(crate) keys: Vec<WaitKey>,
    /// virtual time at which the call gives up
    pub(crate) deadline_ns: Option<u64>,
    /// what the call has done so far, in its own meaning
    pub(crate) progress: u64,
    /// a moment of its own, see `Call::moment_ns`
    pub(crate) moment_ns: u64,
    pub(crate) restart: Restart,
    /// its line of the trace so far
    pub(crate) entry: Option<Entry>,
}

/// What a call asks for when it cannot go on.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) keys: Vec<WaitKey>,
    pub(crate) deadline_ns: Option<u64>,
    pub(crate) restart: Restart,
}
