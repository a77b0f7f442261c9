//! Datagrams of UDP, with broadcasts and multicasts. Neighbours: datagram.rs reads them, icmp.rs says what found no
//! receiver. Specification: udp(7), ip(7), RFC 768, RFC 1122 (4.1.3.3).
use super::address::needs_scope;
use super::queue::{Arrival, Datagram};
use super::segment::{HOPS, udp};
use super::socket::{Domain, Socket, State, Switches};
use super::{Address, Outside, SocketId, Sockets};
use crate::errno::Errno;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr, SocketAddrV6};

/// Bytes of the headers of IPv4 and UDP.
const HEADERS: u64 = 28;

impl Sockets {
    pub(super) fn send_udp(
        &mut self,
        id: SocketId,
        bytes: &[u8],
        to: SocketAddr,
        outside: &mut dyn Outside,
    ) -> Result<usize, Errno> {
        if to.port() == 0 {
            return Err(Errno::EINVAL);
        }
        let to = self.socket(id)?.reachable(to)?;
        let target = to.ip();
        let broadcast = self.network.is_broadcast(target);
        let (from, way) = self.bind_towards(id, to)?;
        if broadcast && !self.socket(id)?.switches.has(Switches::BROADCAST) {
            return Err(Errno::EACCES);
        }
        let socket = self.socket_mut(id)?;
        if socket.local.is_none() {
            let any = super::address::any(socket.domain);
            socket.local = Some(Address::Inet(SocketAddr::new(any.ip(), from.port())));
        }
        let loops = !socket.switches.has(Switches::NO_LOOP);
        self.counters.datagrams_sent += 1;
        self.network.count(way.interface, bytes.len() as u64 + HEADERS, 0);
        if self.taps > 0 {
            self.show_packet(&udp(from, to, bytes));
        }
        if target.is_multicast() || broadcast {
            if loops || broadcast {
                self.deliver_group(from, to, bytes, way.interface);
            }
            return if way.interface == 1 { Ok(bytes.len()) } else { outside.udp_send(from, to, bytes) };
        }
        if !self.network.is_local(target) {
            return outside.udp_send(from, to, bytes);
        }
        self.network.count(1, 0, bytes.len() as u64 + HEADERS);
        if !self.deliver_udp(from, to, bytes, 1) {
            self.say_unreachable(&udp(from, to, bytes));
            let domain = self.socket(id)?.domain;
            self.tell_fault(id, Sockets::unreachable(domain, to, bytes));
        }
        Ok(bytes.len())
    }

    /// Gives a datagram to the socket that it is for; false when there is none. One that does not fit is dropped, as
    /// on the wire.
    pub(super) fn deliver_udp(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
        interface: u32,
    ) -> bool {
        let Some(receiver) = self.find_udp(to, from, interface) else {
            self.counters.datagrams_lost += 1;
            return false;
        };
        self.counters.datagrams_received += 1;
        if let Ok(socket) = self.socket_mut(receiver) {
            socket.put_udp(from, to.ip(), bytes, interface);
        }
        true
    }

    /// Gives a datagram to every socket that listens to its group, or to a broadcast.
    pub(super) fn deliver_group(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8], interface: u32) {
        let group = to.ip();
        let joined = |socket: &Socket| {
            let all = group.is_ipv4();
            !group.is_multicast()
                || socket.memberships.iter().any(|own| own.group == group && own.takes(interface))
                || (all && socket.local_inet().is_some_and(|local| local.ip() == group))
        };
        let anyone = self.sockets.values().any(&joined);
        for socket in self.sockets.values_mut() {
            let port = socket.local_inet().map(|local| local.port());
            let named = socket.takes_address(group) || socket.local_inet().is_some_and(|l| l.ip() == group);
            let all_groups = socket.domain == Domain::Inet && socket.stored.takes_all_groups();
            let wanted = joined(socket) || (anyone && all_groups);
            let remote = socket.remote_inet().filter(|_| socket.state == State::Directed);
            if socket.is_udp()
                && port == Some(to.port())
                && named
                && wanted
                && remote.is_none_or(|remote| remote == from)
            {
                socket.put_udp(from, group, bytes, interface);
            }
        }
    }

    /// The UDP socket for a datagram: the one that says most about it.
    fn find_udp(&self, to: SocketAddr, from: SocketAddr, interface: u32) -> Option<SocketId> {
        let score = |socket: &Socket| -> Option<(u32, u32, u32, u32)> {
            let local = socket.local_inet().filter(|_| socket.is_udp())?;
            let device = socket.device == 0 || socket.device == interface;
            if local.port() != to.port() || !socket.takes_address(to.ip()) || !device {
                return None;
            }
            let directed = match (&socket.state, socket.remote_inet()) {
                (State::Directed, Some(remote)) if same_end(remote, from) => 1,
                (State::Directed, _) => return None,
                _ => 0,
            };
            let exact = u32::from(local.ip() == to.ip());
            let family = u32::from((socket.domain == Domain::Inet6) == to.is_ipv6());
            Some((directed, exact, u32::from(socket.device != 0), family))
        };
        let scored: Vec<_> =
            self.sockets.iter().filter_map(|(id, socket)| score(socket).map(|score| (score, *id))).collect();
        let best = scored.iter().map(|(score, _)| *score).max()?;
        let equal: Vec<SocketId> =
            scored.into_iter().filter(|(score, _)| *score == best).map(|(_, id)| id).collect();
        let shared =
            |id: &&SocketId| self.socket(**id).is_ok_and(|socket| socket.switches.has(Switches::REUSE_PORT));
        // a group of SO_REUSEPORT shares by the sender's port; otherwise the last one to bind gets it
        if equal.iter().all(|id| shared(&id)) {
            return equal.get(usize::from(from.port()) % equal.len().max(1)).copied();
        }
        equal.last().copied()
    }

    /// Takes datagrams of the outside into the socket's own queue.
    pub(super) fn fetch_udp(&mut self, id: SocketId, outside: &mut dyn Outside) {
        let Ok(socket) = self.socket(id) else { return };
        let Some(local) = socket.local_inet().filter(|_| socket.is_udp()) else { return };
        let only = if socket.state == State::Directed { socket.remote_inet() } else { None };
        for (address, interface) in self.own_addresses(socket, local.ip()) {
            let local = SocketAddr::new(address, local.port());
            while let Some((from, bytes)) = outside.udp_receive(local) {
                self.network.count(interface, 0, bytes.len() as u64 + HEADERS);
                self.counters.datagrams_received += 1;
                if self.taps > 0 {
                    self.show_packet(&udp(from, local, &bytes));
                }
                let wanted = only.is_none_or(|only| only == from);
                let Ok(socket) = self.socket_mut(id) else { return };
                if wanted && !socket.put_udp(from, address, &bytes, interface) {
                    return;
                }
                if wanted {
                    break;
                }
            }
        }
    }

    /// The addresses that a socket asks the outside for: its own, or those of every interface.
    fn own_addresses(&self, socket: &Socket, local: IpAddr) -> Vec<(IpAddr, u32)> {
        if !local.is_unspecified() {
            return Vec::from([(local, self.network.interface_of(local))]);
        }
        let ethernet = self.network.interfaces.iter().filter(|interface| !interface.is_loopback());
        let addresses = ethernet.flat_map(|interface| {
            let number = self.network.parent_number(interface.number);
            let four = IpAddr::V4(interface.address);
            let six = interface.addresses6.iter().map(|own| IpAddr::V6(own.address));
            core::iter::once(four).chain(six).map(move |address| (address, number))
        });
        addresses.filter(|(address, _)| socket.takes_address(*address)).collect()
    }
}

impl Socket {
    fn put_udp(&mut self, from: SocketAddr, to: IpAddr, bytes: &[u8], interface: u32) -> bool {
        let from = match from {
            SocketAddr::V6(six) if needs_scope(*six.ip()) => {
                SocketAddr::V6(SocketAddrV6::new(*six.ip(), six.port(), 0, interface))
            }
            other => other,
        };
        let arrival = Arrival {
            to: Some(to),
            interface,
            hops: if to.is_multicast() { 1 } else { HOPS },
            service: 0,
            sender: None,
            whole: bytes.len(),
        };
        self.put_datagram(Datagram { from: Address::Inet(from), bytes: bytes.to_vec(), arrival })
    }
}

/// Whether two addresses are one end, scopes aside.
fn same_end(one: SocketAddr, other: SocketAddr) -> bool {
    one.ip() == other.ip() && one.port() == other.port()
}
