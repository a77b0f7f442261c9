//! What the engine asks of a computer: the few deeds it needs of `otori_linux`'s machine.
//!
//! Key trait: [`Guest`]. [`super::machine`] is the real one; tests script one to meet limits exactly.

use super::line::{Line, Reach};

/// How a slice ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slice {
    /// instructions used up, more to do
    Budget,
    /// everyone waits; the guest's own time of the next thing that happens by itself
    Idle {
        /// nanoseconds on the guest's clock
        wake_ns: Option<u64>,
    },
    /// no process is left
    Finished,
}

/// Something a guest did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// started a program
    Executed {
        /// absolute path of the file that was asked for
        path: Vec<u8>,
        /// argument vector
        arguments: Vec<Vec<u8>>,
    },
    /// closed a file that it had written
    Written {
        /// absolute path
        path: Vec<u8>,
    },
    /// changed permission bits
    ModeChanged {
        /// absolute path
        path: Vec<u8>,
        /// new bits
        mode: u32,
    },
    /// gave a file another name
    Renamed {
        /// absolute path before
        from: Vec<u8>,
        /// absolute path after
        to: Vec<u8>,
    },
    /// removed a file
    Removed {
        /// absolute path
        path: Vec<u8>,
        /// what was in it, if its last name went
        content: Option<Content>,
    },
    /// asked for a call that is not there
    Unsupported {
        /// its name
        call: String,
    },
    /// met a limit of its machine
    Limit {
        /// its name
        name: String,
    },
}

/// A file at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// all of it
    pub bytes: Vec<u8>,
    /// permission bits
    pub mode: u32,
}

/// A computer with one terminal (or one pair of pipes) that leads to the peer.
pub trait Guest: Send {
    /// Bytes from the peer; how many were taken.
    fn input(&mut self, bytes: &[u8]) -> usize;
    /// Takes bytes for the peer.
    fn output(&mut self, into: &mut Vec<u8>);
    /// The peer's window changed.
    fn resize(&mut self, columns: u16, rows: u16);
    /// The peer is gone.
    fn hang_up(&mut self);
    /// Runs at most that many instructions.
    fn run(&mut self, instructions: u64) -> Slice;
    /// Instructions so far.
    fn instructions(&self) -> u64;
    /// The guest's clock: nanoseconds since it started.
    fn now_ns(&self) -> u64;
    /// Moves the guest's clock on.
    fn advance_to(&mut self, now_ns: u64);
    /// Moves bytes between an inbound connection and a server that listens in the guest; says whether any moved, or
    /// whether the line came further. A guest without servers closes it.
    fn serve_line(&mut self, id: u64, line: &mut Line) -> bool {
        let _ = id;
        std::mem::replace(&mut line.reach, Reach::Closed) != Reach::Closed
    }
    /// What happened since the last call.
    fn signs(&mut self) -> Vec<Sign>;
    /// A regular file's content, up to `max_bytes` and one more.
    fn file(&mut self, path: &[u8], max_bytes: u64) -> Option<Content>;
}
