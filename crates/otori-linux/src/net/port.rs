//! Ports: who has which, and which is free. Neighbour: name.rs binds to them. Specification: ip(7), socket(7)
//! SO_REUSEADDR and SO_REUSEPORT.
use super::socket::{Domain, Kind, Socket, State, Switches};
use super::{SocketId, Sockets};
use crate::errno::Errno;
use core::net::{IpAddr, SocketAddr};

/// Ports that are given out, as Linux 3.10 does.
pub(super) const EPHEMERAL: core::ops::RangeInclusive<u16> = 32_768..=61_000;

impl Sockets {
    /// Chooses where the ports that are given out begin, from the machine's seed.
    pub fn set_first_port(&mut self, seed: u64) {
        let span = u64::from(EPHEMERAL.end() - EPHEMERAL.start());
        self.next_port = EPHEMERAL.start() + (seed % span) as u16;
    }

    /// `EADDRINUSE` when another socket of the kind has that port in a way that cannot be shared.
    pub(super) fn check_port(&self, id: SocketId, local: SocketAddr) -> Result<(), Errno> {
        let me = self.socket(id)?;
        let clash = |(other_id, other): (&SocketId, &Socket)| {
            let Some(theirs) = other.local_inet() else { return false };
            *other_id != id
                && other.kind == me.kind
                && other.is_ping() == me.is_ping()
                && theirs.port() == local.port()
                && (me.device == other.device || me.device == 0 || other.device == 0)
                && overlap(me, local.ip(), other, theirs.ip())
                && !may_share(me, other)
        };
        if self.sockets.iter().any(clash) { Err(Errno::EADDRINUSE) } else { Ok(()) }
    }

    pub(super) fn free_port(&mut self, kind: Kind) -> Result<u16, Errno> {
        for _ in EPHEMERAL {
            let port = self.next_port;
            self.next_port = if port >= *EPHEMERAL.end() { *EPHEMERAL.start() } else { port + 1 };
            let taken = |socket: &Socket| {
                socket.kind == kind && socket.local_inet().is_some_and(|local| local.port() == port)
            };
            if !self.sockets.values().any(taken) {
                return Ok(port);
            }
        }
        Err(Errno::EADDRINUSE)
    }
}

/// Whether there is a packet that both would take.
fn overlap(me: &Socket, mine: IpAddr, other: &Socket, theirs: IpAddr) -> bool {
    let both = |socket: &Socket| socket.domain == Domain::Inet6 && !socket.switches.has(Switches::ONLY_6);
    match (mine, theirs) {
        (IpAddr::V4(mine), IpAddr::V4(theirs)) => {
            mine == theirs || mine.is_unspecified() || theirs.is_unspecified()
        }
        (IpAddr::V6(mine), IpAddr::V6(theirs)) => {
            mine == theirs || mine.is_unspecified() || theirs.is_unspecified()
        }
        (IpAddr::V6(mine), IpAddr::V4(_)) => mine.is_unspecified() && both(me),
        (IpAddr::V4(_), IpAddr::V6(theirs)) => theirs.is_unspecified() && both(other),
    }
}

/// Two sockets share a port when both ask to: listeners of TCP only with SO_REUSEPORT and the same owner.
fn may_share(me: &Socket, other: &Socket) -> bool {
    let both = |wanted| me.switches.has(wanted) && other.switches.has(wanted);
    let listens = matches!(other.state, State::Listening { .. });
    (both(Switches::REUSE_ADDRESS) && !(me.is_tcp() && listens))
        || (both(Switches::REUSE_PORT) && me.uid == other.uid)
}
