//! Sockets as ss(8) asks for them. Key function: [`Sockets::diagnose`]. Neighbours: `net/show.rs` has the rows that
//! `/proc/net` prints too. Specification: sock_diag(7), `linux/inet_diag.h`, `linux/unix_diag.h`,
//! `linux/packet_diag.h`, `linux/netlink_diag.h`.
use super::super::socket::{Domain, Kind, Peer, State};
use super::super::{Address, SocketId, SocketRow, Sockets, Transport};
use super::message::{Body, Request};
use crate::errno::Errno;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

/// TCPDIAG_GETSOCK, which only TCP has, and SOCK_DIAG_BY_FAMILY
const OLD: u16 = 18;
const BY_FAMILY: u16 = 20;
/// AF_*
const UNIX: u8 = 1;
const INET: u8 = 2;
const INET6: u8 = 10;
const NETLINK: u8 = 16;
const PACKET: u8 = 17;
/// UDIAG_SHOW_*
const SHOW_NAME: u32 = 0x1;
const SHOW_FILE: u32 = 0x2;
const SHOW_PEER: u32 = 0x4;
const SHOW_WAITING: u32 = 0x8;
const SHOW_QUEUE: u32 = 0x10;
/// TCP_ESTABLISHED, TCP_CLOSE, TCP_LISTEN: what other families use of them
const ESTABLISHED: u8 = 1;
const CLOSED: u8 = 7;
const LISTENING: u8 = 10;
/// Every state: what a request leaves out is not asked for.
const ALL_STATES: u32 = u32::MAX;

impl Sockets {
    /// The datagrams that answer a request for sockets.
    pub(super) fn diagnose(&self, request: &Request<'_>) -> Result<Vec<Vec<u8>>, Errno> {
        let family = request.byte(0);
        let messages: Vec<Vec<u8>> = match (request.kind, family) {
            (OLD, INET | INET6) => {
                // the old request has no protocol; the states stand behind its addresses
                self.inet(request, family, Transport::Tcp, request.word(4 + ID_BYTES))
            }
            (BY_FAMILY, INET | INET6) => {
                let transport = match request.byte(1) {
                    6 => Transport::Tcp,
                    17 => Transport::Udp,
                    255 => Transport::Raw,
                    1 | 58 => Transport::Icmp,
                    _ => return Err(Errno::ENOENT),
                };
                self.inet(request, family, transport, request.word(4))
            }
            (BY_FAMILY, UNIX) => self.unix(request, request.word(4), request.word(12)),
            (BY_FAMILY, PACKET) => self.packets(request),
            (BY_FAMILY, NETLINK) => self.netlinks(request),
            (BY_FAMILY, _) => return Err(Errno::ENOENT),
            _ => return Err(Errno::EINVAL),
        };
        match request.is_dump() {
            true => Ok(request.series(messages.into_iter().map(|body| (request.kind, body)).collect())),
            false => Err(Errno::ENOENT),
        }
    }

    fn of(&self, transport: Transport) -> impl Iterator<Item = SocketRow> {
        self.rows().into_iter().filter(move |row| row.transport == transport)
    }

    /// `struct inet_diag_msg`
    fn inet(&self, request: &Request<'_>, family: u8, transport: Transport, states: u32) -> Vec<Vec<u8>> {
        /// INET_DIAG_SHUTDOWN
        const SHUTDOWN: u16 = 8;
        let domain = if family == INET6 { Domain::Inet6 } else { Domain::Inet };
        let wanted = |row: &SocketRow| row.domain == domain && is_wanted(states, row.state);
        let endian = request.endian;
        let told = |row: SocketRow| {
            let (mut local, remote) = (row.local, row.remote);
            if transport == Transport::Raw {
                local.set_port(row.protocol);
            }
            let shut = self.sockets.get(&SocketId(row.number));
            let shut = shut.map_or(0, |socket| u8::from(socket.deaf) | u8::from(socket.finished) << 1);
            let waiting = if row.listening { row.backlog } else { 0 };
            Body::new(endian, &[family, row.state, 0, 0])
                .bytes(&local.port().to_be_bytes())
                .bytes(&remote.port().to_be_bytes())
                .bytes(&address(local))
                .bytes(&address(remote))
                .word(0)
                .word(row.number + 1)
                .word(0)
                .word(0)
                .word(row.receive_queue as u32)
                .word(waiting as u32)
                .word(row.uid)
                .word(row.inode as u32)
                .attribute(SHUTDOWN, &[shut])
                .finish()
        };
        self.of(transport).filter(wanted).map(told).collect()
    }

    /// The inode of a socket; one that nobody has accepted has none.
    fn told_inode(&self, id: SocketId) -> u32 {
        if self.is_waiting(id) { 0 } else { self.inode(id) as u32 }
    }

    /// `struct unix_diag_msg`
    fn unix(&self, request: &Request<'_>, states: u32, show: u32) -> Vec<Vec<u8>> {
        let endian = request.endian;
        let mut messages = Vec::new();
        for row in self.of(Transport::Unix) {
            let state = match row.state {
                _ if row.listening => LISTENING,
                3 => ESTABLISHED,
                _ => CLOSED,
            };
            // what nobody has accepted yet has no inode and is not told
            if row.inode == 0 || !is_wanted(states, state) {
                continue;
            }
            let kind = match row.kind {
                Kind::Stream => 1,
                Kind::Datagram => 2,
                Kind::Raw => 3,
                Kind::Sequenced => 5,
            };
            let Some(socket) = self.sockets.get(&SocketId(row.number)) else { continue };
            let mut body = Body::new(endian, &[UNIX, kind, state, 0]);
            body = body.word(row.inode as u32).word(row.number + 1).word(0);
            let name = match &socket.local {
                Some(Address::UnixPath { path, .. }) => Some(path.clone()),
                Some(Address::UnixAbstract(name)) => Some([&[0], &name[..]].concat()),
                _ => None,
            };
            if let (Some(name), true) = (&name, show & SHOW_NAME != 0) {
                body = body.attribute(0, name);
            }
            if show & SHOW_FILE != 0 && matches!(socket.local, Some(Address::UnixPath { .. })) {
                body = body.attribute(1, &[endian.u32(row.inode as u32), endian.u32(0)].concat());
            }
            if let (State::Connected(Peer::Local(peer)), true) = (&socket.state, show & SHOW_PEER != 0) {
                body = body.number(2, self.told_inode(*peer));
            }
            if let (State::Listening { queue, .. }, true) = (&socket.state, show & SHOW_WAITING != 0) {
                let asks = |id: &SocketId| match self.sockets.get(id).map(|socket| &socket.state) {
                    Some(State::Connected(Peer::Local(peer))) => self.told_inode(*peer),
                    _ => 0,
                };
                let waiting: Vec<u8> = queue.iter().flat_map(|id| endian.u32(asks(id))).collect();
                body = body.attribute(3, &waiting);
            }
            if show & SHOW_QUEUE != 0 {
                let queue = [row.receive_queue as u32, row.backlog as u32];
                body = body.attribute(4, &queue.map(|count| endian.u32(count)).concat());
            }
            // a peer that reads no more ends what is sent to it, but only streams say so themselves
            let deaf_peer = match &socket.state {
                State::Connected(Peer::Local(peer)) => self.sockets.get(peer).is_some_and(|peer| peer.deaf),
                _ => false,
            };
            let sends_no_more = socket.finished && !(deaf_peer && socket.kind == Kind::Datagram);
            body = body.attribute(6, &[u8::from(socket.deaf) | u8::from(sends_no_more) << 1]);
            messages.push(body.finish());
        }
        messages
    }

    /// `struct packet_diag_msg`
    fn packets(&self, request: &Request<'_>) -> Vec<Vec<u8>> {
        let told = |row: SocketRow| {
            let kind = if row.kind == Kind::Raw { 3 } else { 2 };
            // PACKET_DIAG_INFO: interface, version, reserve, loss, fanout, timestamp, flags
            let information = [row.interface, 0, 0, 0, 0, 0].map(|word| request.endian.u32(word)).concat();
            Body::new(request.endian, &[PACKET, kind])
                .half(row.protocol)
                .word(row.inode as u32)
                .word(row.number + 1)
                .word(0)
                .attribute(0, &information)
                .number(5, row.uid)
                .finish()
        };
        self.of(Transport::Packet).map(told).collect()
    }

    /// `struct netlink_diag_msg`
    fn netlinks(&self, request: &Request<'_>) -> Vec<Vec<u8>> {
        let wanted = request.byte(1);
        // NDIAG_PROTO_ALL
        let wanted = |row: &SocketRow| wanted == 255 || u16::from(wanted) == row.protocol;
        let told = |row: SocketRow| {
            let kind = if row.kind == Kind::Raw { 3 } else { 2 };
            Body::new(request.endian, &[NETLINK, kind, row.protocol as u8, 0])
                .word(row.netlink.0)
                .word(0)
                .word(0)
                .word(row.inode as u32)
                .word(row.number + 1)
                .word(0)
                .number(1, row.netlink.1)
                .finish()
        };
        self.of(Transport::Netlink).filter(wanted).map(told).collect()
    }
}

/// Bytes of `struct inet_diag_sockid`.
const ID_BYTES: usize = 48;

/// Whether a state is among those that are asked for.
fn is_wanted(states: u32, state: u8) -> bool {
    states == ALL_STATES || states & (1 << u32::from(state.min(31))) != 0
}

/// Four words, of which IPv4 has the first.
fn address(of: SocketAddr) -> [u8; 16] {
    match of.ip() {
        IpAddr::V6(six) => six.octets(),
        IpAddr::V4(four) => {
            let [a, b, c, d] = four.octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
    }
}
