//! Datagrams: UDP and UNIX. Neighbour: raw.rs has raw, packet and netlink sockets. Specification: udp(7), unix(7).
use super::address::ipv4;
use super::socket::{DATAGRAM_MAX, Domain, Kind, Peer, Socket, State};
use super::stream::{Peek, Received};
use super::{Address, Outside, SocketId, Sockets};
use crate::errno::Errno;
use crate::poll::PollMask;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

impl Sockets {
    /// Gives a datagram socket a default peer, or takes it away with [`Address::Unspecified`].
    pub(super) fn direct(&mut self, id: SocketId, to: Address) -> Result<(), Errno> {
        let domain = self.socket(id)?.domain;
        match (domain, to) {
            (_, Address::Unspecified) => {
                let socket = self.socket_mut(id)?;
                (socket.state, socket.remote) = (State::Idle, None);
            }
            (Domain::Inet, Address::Inet(to)) => {
                let mut target = ipv4(&to);
                if target.is_unspecified() {
                    target = Ipv4Addr::LOCALHOST;
                }
                if self.network.is_broadcast(target) && !self.socket(id)?.broadcast {
                    return Err(Errno::EACCES);
                }
                let from = self.bind_towards(id, target)?;
                let socket = self.socket_mut(id)?;
                socket.local = Some(Address::Inet(from));
                socket.remote = Some(Address::Inet(SocketAddr::new(IpAddr::V4(target), to.port())));
                socket.state = State::Directed;
            }
            (Domain::Unix, to @ (Address::UnixAbstract(_) | Address::UnixPath { .. })) => {
                let peer = self.find_unix(&to).ok_or(Errno::ECONNREFUSED)?;
                if self.socket(peer)?.kind != self.socket(id)?.kind {
                    return Err(Errno::EPROTOTYPE);
                }
                let socket = self.socket_mut(id)?;
                socket.remote = Some(to);
                socket.state = State::Directed;
            }
            (Domain::Netlink, to @ Address::Netlink(..)) | (Domain::Packet, to @ Address::Packet(..)) => {
                let socket = self.socket_mut(id)?;
                socket.remote = Some(to);
                socket.state = State::Directed;
            }
            _ => return Err(Errno::EAFNOSUPPORT),
        }
        Ok(())
    }

    /// Sends one datagram, to the default peer when `to` is `None`. On a stream the address is ignored.
    pub fn send_to(
        &mut self,
        id: SocketId,
        bytes: &[u8],
        to: Option<Address>,
        outside: &mut dyn Outside,
    ) -> Result<usize, Errno> {
        let socket = self.socket_mut(id)?;
        if socket.is_connection() {
            return self.send(id, bytes, outside);
        }
        if let Some(error) = socket.error.take() {
            return Err(error);
        }
        if socket.finished {
            return Err(Errno::EPIPE);
        }
        if bytes.len() > DATAGRAM_MAX {
            return Err(Errno::EMSGSIZE);
        }
        let to = to.filter(|to| *to != Address::Unspecified);
        match (socket.domain, socket.kind) {
            (Domain::Inet, Kind::Datagram) => {
                let Address::Inet(to) = to.or(socket.remote.clone()).ok_or(Errno::EDESTADDRREQ)? else {
                    return Err(Errno::EAFNOSUPPORT);
                };
                self.send_udp(id, bytes, to, outside)
            }
            (Domain::Inet, _) => {
                let to = to.or(socket.remote.clone()).ok_or(Errno::EDESTADDRREQ)?;
                let Address::Inet(to) = to else { return Err(Errno::EAFNOSUPPORT) };
                self.send_raw(id, bytes, to, outside)
            }
            (Domain::Unix, _) => self.send_unix(id, bytes, to),
            (Domain::Netlink, _) => self.send_netlink(id, bytes),
            (Domain::Packet, _) => {
                self.network
                    .interfaces
                    .iter_mut()
                    .filter(|interface| !interface.is_loopback())
                    .take(1)
                    .for_each(|interface| {
                        interface.sent.0 += bytes.len() as u64;
                        interface.sent.1 += 1;
                    });
                Ok(bytes.len())
            }
        }
    }

    fn send_udp(
        &mut self,
        id: SocketId,
        bytes: &[u8],
        to: SocketAddr,
        outside: &mut dyn Outside,
    ) -> Result<usize, Errno> {
        if to.port() == 0 {
            return Err(Errno::EINVAL);
        }
        let mut target = ipv4(&to);
        if target.is_unspecified() {
            target = Ipv4Addr::LOCALHOST;
        }
        let broadcast = self.network.is_broadcast(target);
        if broadcast && !self.socket(id)?.broadcast {
            return Err(Errno::EACCES);
        }
        let from = self.bind_towards(id, target)?;
        let socket = self.socket_mut(id)?;
        if socket.local.is_none() {
            let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), from.port());
            socket.local = Some(Address::Inet(any));
        }
        let to = SocketAddr::new(IpAddr::V4(target), to.port());
        self.network.count(ipv4(&from), bytes.len() as u64 + 28, 0);
        if !self.network.is_local(target) && !broadcast {
            return outside.udp_send(from, to, bytes);
        }
        match self.find_udp(to, from) {
            Some(receiver) => {
                self.network.count(target, 0, bytes.len() as u64 + 28);
                // a full queue drops the datagram, as the wire does
                self.socket_mut(receiver)?.push_datagram(Address::Inet(from), bytes);
            }
            None if broadcast => {
                outside.udp_send(from, to, bytes)?;
            }
            None => {
                // port unreachable: a directed socket hears of it
                let socket = self.socket_mut(id)?;
                if socket.state == State::Directed {
                    socket.error = Some(Errno::ECONNREFUSED);
                }
            }
        }
        Ok(bytes.len())
    }

    /// The UDP socket for a datagram: a directed one before one that takes all.
    fn find_udp(&self, to: SocketAddr, from: SocketAddr) -> Option<SocketId> {
        let fits = |socket: &Socket| {
            socket.domain == Domain::Inet
                && socket.kind == Kind::Datagram
                && socket.local_inet().is_some_and(|local| {
                    local.port() == to.port() && (ipv4(&local).is_unspecified() || local.ip() == to.ip())
                })
        };
        let of = |directed: bool| {
            self.sockets.iter().find(|(_, socket)| {
                let is_directed = socket.state == State::Directed;
                fits(socket) && is_directed == directed && (!directed || socket.remote_inet() == Some(from))
            })
        };
        of(true).or_else(|| of(false)).map(|(id, _)| *id)
    }

    fn send_unix(&mut self, id: SocketId, bytes: &[u8], to: Option<Address>) -> Result<usize, Errno> {
        let socket = self.socket(id)?;
        let from = socket.local.clone().unwrap_or(Address::UnixUnnamed);
        let receiver = match (&socket.state, to) {
            (_, Some(to)) => self.find_unix(&to).ok_or(Errno::ECONNREFUSED)?,
            (State::Connected(Peer::Local(other)), None) => *other,
            (State::Directed, None) => {
                let remote = socket.remote.clone().ok_or(Errno::ENOTCONN)?;
                self.find_unix(&remote).ok_or(Errno::ECONNREFUSED)?
            }
            _ => return Err(Errno::ENOTCONN),
        };
        let kind = self.socket(id)?.kind;
        let theirs = self.socket_mut(receiver).map_err(|_| Errno::ECONNREFUSED)?;
        if theirs.kind != kind {
            return Err(Errno::EPROTOTYPE);
        }
        if theirs.deaf {
            return Err(Errno::EPIPE);
        }
        if theirs.push_datagram(from, bytes) { Ok(bytes.len()) } else { Err(Errno::EAGAIN) }
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
        if let Some(error) = socket.error.take() {
            return Err(error);
        }
        if socket.datagrams.is_empty() {
            let ended = socket.deaf || (socket.kind == Kind::Sequenced && socket.ended);
            return if ended { Ok(Received { count: 0, whole: 0, from: None }) } else { Err(Errno::EAGAIN) };
        }
        let front: Option<(Address, Vec<u8>)> = match peek {
            Peek::Yes => socket.datagrams.front().cloned(),
            Peek::No => socket.datagrams.pop_front(),
        };
        let Some((from, bytes)) = front else { return Err(Errno::EAGAIN) };
        if peek == Peek::No {
            socket.datagram_bytes = socket.datagram_bytes.saturating_sub(bytes.len() + 64);
            socket.taken += 1;
        }
        let count = into.len().min(bytes.len());
        for (to, from) in into.iter_mut().zip(bytes.iter()) {
            *to = *from;
        }
        Ok(Received { count, whole: bytes.len(), from: Some(from) })
    }

    /// Takes datagrams of the outside into the socket's own queue.
    fn fetch_datagram(&mut self, id: SocketId, outside: &mut dyn Outside) {
        let Ok(socket) = self.socket(id) else { return };
        if socket.domain != Domain::Inet || !socket.datagrams.is_empty() {
            return;
        }
        if socket.kind == Kind::Raw {
            self.fetch_raw(id, outside);
            return;
        }
        let Some(local) = socket.local_inet().filter(|_| socket.kind == Kind::Datagram) else { return };
        let only = if socket.state == State::Directed { socket.remote_inet() } else { None };
        // a socket bound to every address asks for its own on each interface
        let addresses: Vec<Ipv4Addr> = if ipv4(&local).is_unspecified() {
            let ethernet = self.network.interfaces.iter().filter(|interface| !interface.is_loopback());
            ethernet.map(|interface| interface.address).collect()
        } else {
            Vec::from([ipv4(&local)])
        };
        for address in addresses {
            let local = SocketAddr::new(IpAddr::V4(address), local.port());
            while let Some((from, bytes)) = outside.udp_receive(local) {
                self.network.count(address, 0, bytes.len() as u64 + 28);
                let wanted = only.is_none_or(|only| only == from);
                let Ok(socket) = self.socket_mut(id) else { return };
                if wanted && !socket.push_datagram(Address::Inet(from), &bytes) {
                    return;
                }
                if wanted {
                    break;
                }
            }
        }
    }

    pub(super) fn poll_datagram(&mut self, id: SocketId, outside: &mut dyn Outside) -> PollMask {
        self.fetch_datagram(id, outside);
        let Ok(socket) = self.socket(id) else { return PollMask::NVAL };
        let failed = socket.error.is_some();
        PollMask::OUT
            .with(PollMask::IN, !socket.datagrams.is_empty() || failed || socket.deaf)
            .with(PollMask::ERR, failed)
    }
}
