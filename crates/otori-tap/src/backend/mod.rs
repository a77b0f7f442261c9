//! Where packets come from: one file each, one row here.
//!
//! Key types: [`Backend`], [`BackendRow`], [`Incoming`]. To add one: a file and a row.
mod inject;
mod inline;
mod mirror;
mod queue;
mod ring;
mod socket;
mod spread;
#[cfg(test)]
mod stuck;

pub(crate) use inline::{Pair, open_pairs, wait_for_pairs};
pub(crate) use socket::wait_alone;

use crate::{engine::Decision, reject::Sinkhole};
use otori_event::Timestamp;
use otori_wire::LinkType;
use std::{
    io,
    os::fd::BorrowedFd,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Packets handled in one turn, so that rule changes never wait long.
pub const PACKETS_PER_TURN: usize = 64;

/// Pairs of sockets between the same two interfaces.
pub const PAIRS_MAX: usize = 32;

/// Why a back-end cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// the argument makes no sense
    #[error("{0}")]
    Argument(String),
    /// no such interface
    #[error("no interface {0:?}")]
    Interface(String),
    /// not allowed
    #[error("{what}: not permitted; run as root or with CAP_NET_RAW and CAP_NET_ADMIN")]
    Permission {
        /// what was tried
        what: &'static str,
    },
    /// the system refused
    #[error("{what}: {error}")]
    Io {
        /// what was tried
        what: &'static str,
        /// its answer
        error: io::Error,
    },
}

impl BackendError {
    pub(crate) fn of(what: &'static str, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::PermissionDenied => BackendError::Permission { what },
            _ => BackendError::Io { what, error },
        }
    }
}

/// What happens to packets when the guard cannot decide: it is overrun, or gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// they pass
    Open,
    /// they do not
    Closed,
}

/// One packet for a decision.
pub struct Incoming<'a> {
    /// now
    pub at: Timestamp,
    /// what the frame starts with
    pub link: LinkType,
    /// the frame
    pub frame: &'a [u8],
}

/// Counters of a back-end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// packets handed over by the system
    pub received: u64,
    /// packets sent on
    pub forwarded: u64,
    /// packets held back
    pub dropped: u64,
    /// packets that the system lost before or after us
    pub lost: u64,
}

impl Counters {
    /// Adds what came between two readings of another one.
    pub const fn add(&mut self, now: Counters, before: Counters) {
        self.received += now.received - before.received;
        self.forwarded += now.forwarded - before.forwarded;
        self.dropped += now.dropped - before.dropped;
        self.lost += now.lost - before.lost;
    }
}

/// Decides a packet; may leave frames to be sent back to its sender and on to its receiver (resets).
pub type Decide<'a> = dyn FnMut(&Incoming<'_>) -> Decision + 'a;

/// A source of packets that obeys decisions, if it can.
pub trait Backend: Send {
    /// Waits until packets come, `wake` becomes readable or `wait` is over; decides at most
    /// [`PACKETS_PER_TURN`] packets and returns how many those were.
    fn turn(
        &mut self,
        wait: Duration,
        wake: BorrowedFd<'_>,
        decide: &mut Decide<'_>,
    ) -> Result<usize, BackendError>;
    /// What questions are answered with that are decided so; a back-end that answers nothing does not need it.
    fn set_sinkhole(&mut self, _sinkhole: Option<Sinkhole>) {}
    /// Counters so far.
    fn counters(&mut self) -> Counters;
}

/// Opens a back-end with its argument.
pub type Open = fn(&str, Failure) -> Result<Box<dyn Backend>, BackendError>;

/// One way to get packets.
pub struct BackendRow {
    /// option of the command line
    pub name: &'static str,
    /// shape of its argument
    pub argument: &'static str,
    /// drops are real
    pub inline: bool,
    /// one line for the manual
    pub note: &'static str,
    /// opens it
    pub open: Open,
}

/// All, sorted by name.
pub static BACKENDS: &[BackendRow] = &[
    BackendRow {
        name: "inline",
        argument: "IF:IF",
        inline: true,
        note: "two interfaces joined like a bridge by AF_PACKET",
        open: inline::open,
    },
    BackendRow {
        name: "mirror",
        argument: "IF",
        inline: false,
        note: "a copy of an interface's packets in a ring of AF_PACKET; nothing is held back",
        open: mirror::open,
    },
    BackendRow {
        name: "queue",
        argument: "N",
        inline: true,
        note: "an NFQUEUE of nftables or iptables",
        open: queue::open,
    },
];

/// The row of that name.
pub fn by_name(name: &str) -> Option<&'static BackendRow> {
    BACKENDS.binary_search_by(|row| row.name.cmp(name)).ok().and_then(|place| BACKENDS.get(place))
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_refuse_nonsense() {
        assert!(BACKENDS.is_sorted_by(|a, b| a.name < b.name));
        assert!(matches!(
            (by_name("inline").unwrap().open)("lo", Failure::Closed),
            Err(BackendError::Argument(_))
        ));
        assert!(matches!(
            (by_name("queue").unwrap().open)("x", Failure::Closed),
            Err(BackendError::Argument(_))
        ));
        let missing = (by_name("mirror").unwrap().open)("no-such-if0", Failure::Closed);
        assert!(matches!(missing, Err(BackendError::Interface(_))));
    }
}
