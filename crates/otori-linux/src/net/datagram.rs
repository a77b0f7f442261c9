//! Datagram sockets of every family: default peers, sending and reading. Neighbours: udp.rs, raw.rs, packet.rs and
//! netlink/ do what is theirs. Specification: udp(7), unix(7), recv(2).
use super::name::shown;
use super::queue::{Arrival, Datagram};
use super::socket::{DATAGRAM_MAX, Domain, Kind, Peer, State, Switches};
use super::stream::{Peek, Received};
use super::{Address, Outside, SocketId, Sockets};
use crate::errno::Errno;

impl Sockets {
    /// Gives a datagram socket a default peer, or takes it away with [`Address::Unspecified`].
    pub(super) fn direct(&mut self, id: SocketId, to: Address) -> Result<(), Errno> {
        let domain = self.socket(id)?.domain;
        match (domain, to) {
            (_, Address::Unspecified) => self.undirect(id),
            (Domain::Inet | Domain::Inet6, Address::Inet(to)) => {
                let target = self.socket(id)?.reachable(to)?;
                let (from, _) = self.bind_towards(id, target)?;
                let socket = self.socket(id)?;
                if self.network.is_broadcast(target.ip()) && !socket.switches.has(Switches::BROADCAST) {
                    return Err(Errno::EACCES);
                }
                let socket = self.socket_mut(id)?;
                socket.local = Some(Address::Inet(from));
                socket.remote = Some(Address::Inet(target));
                socket.state = State::Directed;
                Ok(())
            }
            (Domain::Unix, to @ (Address::UnixAbstract(_) | Address::UnixPath { .. })) => {
                let kind = self.socket(id)?.kind;
                let same = self.find_unix_of(&to, Some(kind));
                let peer = same.or_else(|| self.find_unix(&to)).ok_or(Errno::ECONNREFUSED)?;
                if self.socket(peer)?.kind != kind {
                    let file = matches!(to, Address::UnixPath { .. });
                    return Err(if file { Errno::EPROTOTYPE } else { Errno::ECONNREFUSED });
                }
                self.check_unix_peer(id, peer)?;
                self.name_sender(id)?;
                let socket = self.socket_mut(id)?;
                socket.remote = Some(to);
                socket.state = State::Directed;
                Ok(())
            }
            (Domain::Netlink, to @ Address::Netlink(..)) => {
                let socket = self.socket_mut(id)?;
                socket.remote = Some(to);
                socket.state = State::Directed;
                Ok(())
            }
            (Domain::Packet, _) => Err(Errno::EOPNOTSUPP),
            (Domain::Unix | Domain::Netlink, _) => Err(Errno::EINVAL),
            _ => Err(Errno::EAFNOSUPPORT),
        }
    }

    fn undirect(&mut self, id: SocketId) -> Result<(), Errno> {
        let socket = self.socket_mut(id)?;
        (socket.state, socket.remote) = (State::Idle, None);
        if socket.domain.is_inet() && !socket.bound {
            socket.local = None;
        }
        Ok(())
    }

    /// A UNIX datagram socket with a peer takes from that peer alone.
    fn check_unix_peer(&self, id: SocketId, peer: SocketId) -> Result<(), Errno> {
        let (mine, theirs) = (self.socket(id)?, self.socket(peer)?);
        let theirs_is_other = match (&theirs.state, &theirs.remote) {
            (State::Directed, remote) => *remote != mine.local || mine.local.is_none(),
            (State::Connected(Peer::Local(other)), _) => *other != id,
            _ => false,
        };
        if theirs_is_other { Err(Errno::EPERM) } else { Ok(()) }
    }

    /// Sends one datagram, to the default peer when `to` is `None`. On a TCP stream the address is ignored.
    pub fn send_to(
        &mut self,
        id: SocketId,
        bytes: &[u8],
        to: Option<Address>,
        outside: &mut dyn Outside,
    ) -> Result<usize, Errno> {
        let socket = self.socket_mut(id)?;
        if socket.is_connection() {
            let connected = matches!(socket.state, State::Connected(_));
            if socket.domain == Domain::Unix && socket.kind == Kind::Stream && to.is_some() {
                return Err(if connected { Errno::EISCONN } else { Errno::EOPNOTSUPP });
            }
            return self.send(id, bytes, outside);
        }
        let is_inet = socket.domain.is_inet();
        if is_inet && bytes.len() > DATAGRAM_MAX && socket.kind == Kind::Datagram {
            return Err(Errno::EMSGSIZE);
        }
        if let Some(error) = socket.error.take() {
            return Err(error);
        }
        if socket.finished {
            return Err(Errno::EPIPE);
        }
        let to = to.filter(|to| *to != Address::Unspecified);
        match (socket.domain, socket.kind) {
            (Domain::Inet | Domain::Inet6, kind) => {
                let to = to.or(socket.remote.clone()).ok_or(Errno::EDESTADDRREQ)?;
                let Address::Inet(to) = to else { return Err(Errno::EAFNOSUPPORT) };
                match kind {
                    Kind::Datagram if socket.is_ping() => self.send_ping(id, bytes, to, outside),
                    Kind::Datagram => self.send_udp(id, bytes, to, outside),
                    _ => self.send_raw(id, bytes, to, outside),
                }
            }
            (Domain::Unix, _) => self.send_unix(id, bytes, to),
            (Domain::Netlink, _) => self.send_netlink(id, bytes),
            (Domain::Packet, _) => self.send_packet(id, bytes, to, outside),
        }
    }

    fn send_unix(&mut self, id: SocketId, bytes: &[u8], to: Option<Address>) -> Result<usize, Errno> {
        self.name_sender(id)?;
        let socket = self.socket(id)?;
        let kind = socket.kind;
        let find = |sockets: &Sockets, to: &Address| {
            let same = sockets.find_unix_of(to, Some(kind));
            same.or_else(|| sockets.find_unix(to)).ok_or(Errno::ECONNREFUSED)
        };
        let receiver = match (&socket.state, to) {
            (_, Some(to @ (Address::UnixAbstract(_) | Address::UnixPath { .. }))) => find(self, &to)?,
            (_, Some(_)) => return Err(Errno::EINVAL),
            (State::Connected(Peer::Local(other)), None) => *other,
            (State::Connected(_), None) => return Err(Errno::ECONNREFUSED),
            (State::Directed, None) => {
                let remote = socket.remote.clone().ok_or(Errno::ENOTCONN)?;
                find(self, &remote)?
            }
            _ => return Err(Errno::ENOTCONN),
        };
        let socket = self.socket(id)?;
        if bytes.len() > (socket.buffer_bytes.0 as usize).saturating_sub(32) {
            return Err(Errno::EMSGSIZE);
        }
        let arrival = Arrival { sender: Some(socket.credentials), whole: bytes.len(), ..Arrival::default() };
        let from = socket.local.clone().unwrap_or(Address::UnixUnnamed);
        let theirs = self.socket(receiver).map_err(|_| Errno::ECONNREFUSED)?;
        if theirs.kind != kind {
            return Err(Errno::EPROTOTYPE);
        }
        self.check_unix_peer(id, receiver)?;
        let theirs = self.socket_mut(receiver)?;
        if theirs.deaf {
            return Err(Errno::EPIPE);
        }
        let datagram = Datagram { from, bytes: bytes.to_vec(), arrival };
        if !theirs.datagrams.push(datagram, usize::MAX) {
            return Err(Errno::EAGAIN);
        }
        theirs.arrived += 1;
        theirs.stir_in();
        Ok(bytes.len())
    }

    pub(super) fn receive_datagram(
        &mut self,
        id: SocketId,
        into: &mut [u8],
        peek: Peek,
        outside: &mut dyn Outside,
    ) -> Result<Received, Errno> {
        self.fetch_datagram(id, outside);
        let socket = self.socket_mut(id)?;
        let is_unix = socket.domain == Domain::Unix;
        let first = socket.datagrams.is_empty() || !is_unix;
        if first && let Some(error) = socket.error.take() {
            return Err(error);
        }
        if socket.datagrams.is_empty() {
            let ended = socket.deaf || (socket.kind == Kind::Sequenced && socket.ended);
            return if ended { Ok(Received::stream(0)) } else { Err(Errno::EAGAIN) };
        }
        let front = match peek {
            Peek::Yes => socket.datagrams.front().cloned(),
            Peek::No => socket.datagrams.pop(),
        };
        let Some(Datagram { from, bytes, arrival }) = front else { return Err(Errno::EAGAIN) };
        let domain = socket.domain;
        if peek == Peek::No {
            socket.taken += 1;
            if is_unix {
                self.stir_writers(id);
            }
        }
        let count = into.len().min(bytes.len());
        for (to, from) in into.iter_mut().zip(bytes.iter()) {
            *to = *from;
        }
        let whole = bytes.len();
        let from = match from {
            Address::UnixUnnamed => None,
            other => Some(shown(domain, other)),
        };
        Ok(Received { count, whole, from, arrival })
    }

    /// Whoever sends to that UNIX socket has room again.
    fn stir_writers(&mut self, id: SocketId) {
        if let Ok(State::Connected(Peer::Local(other))) = self.socket(id).map(|socket| socket.state.clone())
            && let Ok(other) = self.socket_mut(other)
        {
            other.stir_out();
        }
    }

    /// Takes datagrams of the outside into the socket's own queue.
    pub(super) fn fetch_datagram(&mut self, id: SocketId, outside: &mut dyn Outside) {
        let Ok(socket) = self.socket(id) else { return };
        if !socket.domain.is_inet() || !socket.datagrams.is_empty() {
            return;
        }
        if socket.is_raw() { self.fetch_raw(id, outside) } else { self.fetch_udp(id, outside) }
    }
}
