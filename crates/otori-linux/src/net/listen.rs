//! Accepting connections: listen(2), accept(2). Neighbour: connect.rs puts connections into the queue.
use super::address::any;
use super::name::shown;
use super::socket::{Domain, Kind, Socket, State};
use super::{Address, SocketId, Sockets};
use crate::errno::Errno;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::SocketAddr;

/// Longest queue of connections that wait to be accepted (`somaxconn`).
pub(super) const BACKLOG_MAX: usize = 128;

impl Sockets {
    /// Accepts connections from now on.
    pub fn listen(&mut self, id: SocketId, backlog: u32) -> Result<(), Errno> {
        let socket = self.socket(id)?;
        if !socket.is_connection() {
            return Err(Errno::EOPNOTSUPP);
        }
        match (&socket.state, &socket.local) {
            (State::Listening { .. }, _) => {}
            (State::Idle, Some(_)) => {}
            (State::Idle, None) if socket.domain.is_inet() => {
                let name = Address::Inet(any(socket.domain));
                self.bind(id, name)?;
            }
            _ => return Err(Errno::EINVAL),
        }
        // one more than the number waits, as in Linux
        let limit = (backlog as usize).min(BACKLOG_MAX) + 1;
        let socket = self.socket_mut(id)?;
        (socket.error, socket.reset) = (None, false);
        (socket.finished, socket.ended, socket.deaf) = (false, false, false);
        socket.peer_credentials = socket.credentials;
        match &mut socket.state {
            State::Listening { backlog, .. } => *backlog = limit,
            state => *state = State::Listening { backlog: limit, queue: VecDeque::new() },
        }
        Ok(())
    }

    /// Is there still such a socket?
    pub fn is_open(&self, id: SocketId) -> bool {
        self.socket(id).is_ok()
    }

    /// The connections that wait for this socket to accept them.
    pub fn waiting(&self, id: SocketId) -> impl Iterator<Item = SocketId> {
        let queue = match self.socket(id).map(|socket| &socket.state) {
            Ok(State::Listening { queue, .. }) => Some(queue),
            _ => None,
        };
        queue.into_iter().flatten().copied()
    }

    /// Takes the oldest connection that waits.
    pub fn accept(&mut self, id: SocketId) -> Result<(SocketId, Address), Errno> {
        let socket = self.socket_mut(id)?;
        if !socket.is_connection() {
            return Err(Errno::EOPNOTSUPP);
        }
        let domain = socket.domain;
        let State::Listening { queue, .. } = &mut socket.state else { return Err(Errno::EINVAL) };
        let accepted = queue.pop_front().ok_or(Errno::EAGAIN)?;
        let remote = self.socket(accepted)?.remote.clone().unwrap_or(Address::UnixUnnamed);
        Ok((accepted, shown(domain, remote)))
    }

    /// The socket that accepts connections to that address: one bound to it before one that takes every address; of
    /// several that share it (SO_REUSEPORT) the one that the caller's port falls to.
    pub(super) fn find_listener(&self, to: SocketAddr, from_port: u16) -> Option<SocketId> {
        let fits = |socket: &Socket| {
            socket.domain.is_inet()
                && socket.kind == Kind::Stream
                && matches!(socket.state, State::Listening { .. })
                && socket.local_inet().is_some_and(|local| local.port() == to.port())
                && socket.takes_address(to.ip())
        };
        let rank = |socket: &Socket| {
            let exact = socket.local_inet().is_some_and(|local| local.ip() == to.ip());
            let family = (socket.domain == Domain::Inet6) == to.is_ipv6();
            (exact, family)
        };
        let fitting: Vec<(SocketId, (bool, bool))> =
            self.sockets.iter().filter(|(_, s)| fits(s)).map(|(id, s)| (*id, rank(s))).collect();
        let best = fitting.iter().map(|(_, rank)| *rank).max()?;
        let equal: Vec<SocketId> =
            fitting.iter().filter(|(_, rank)| *rank == best).map(|(id, _)| *id).collect();
        equal.get(usize::from(from_port) % equal.len().max(1)).copied()
    }
}
