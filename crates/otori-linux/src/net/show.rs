//! Sockets as rows, for `/proc/net`; key type [`SocketRow`]. Neighbour: proc/socket_table.rs prints them.
use super::name::shown;
use super::socket::{Domain, Kind, Peer, Socket, State};
use super::{Address, SocketId, Sockets, address};
use alloc::vec::Vec;
use core::net::SocketAddr;

/// Which file of `/proc/net` lists a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// tcp and tcp6
    Tcp,
    /// udp and udp6
    Udp,
    /// raw and raw6
    Raw,
    /// icmp and icmp6
    Icmp,
    /// unix
    Unix,
    /// netlink
    Netlink,
    /// packet
    Packet,
}

/// One socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketRow {
    /// which file lists it
    pub transport: Transport,
    /// family: IPv6 sockets have files of their own
    pub domain: Domain,
    /// position in the table
    pub number: u32,
    /// local address, Internet sockets
    pub local: SocketAddr,
    /// peer's address, Internet sockets
    pub remote: SocketAddr,
    /// name, UNIX sockets; empty without one, `@` first for abstract ones
    pub name: Vec<u8>,
    /// port and groups, netlink sockets
    pub netlink: (u32, u32),
    /// number of the interface, packet sockets
    pub interface: u32,
    /// state as the kernel numbers it: TCP 1 established, 2 SYN sent, 8 close wait, 10 listen; UDP 7, 1
    pub state: u8,
    /// accepts connections
    pub listening: bool,
    /// connections that wait, or bytes that wait to be read
    pub receive_queue: usize,
    /// most connections that may wait, of a listener
    pub backlog: usize,
    /// kind of socket
    pub kind: Kind,
    /// protocol number
    pub protocol: u16,
    /// datagrams that did not fit
    pub dropped: u64,
    /// owner
    pub uid: u32,
    /// inode number; 0 for one that nobody has accepted yet
    pub inode: u64,
}

impl Socket {
    /// The state of a TCP socket as the kernel numbers it.
    pub(super) fn tcp_state(&self) -> u8 {
        match &self.state {
            State::Listening { .. } => 10,
            State::Connecting(_) | State::Knocking(_) => 2,
            State::Connected(_) if self.reset => 7,
            State::Connected(_) if self.host => 1,
            State::Connected(_) => match (self.ended, self.finished) {
                (false, false) => 1,
                (true, false) => 8,
                (false, true) => 5,
                (true, true) => 7,
            },
            _ => 7,
        }
    }
}

impl Sockets {
    /// Every socket, in the order of creation.
    pub fn rows(&self) -> Vec<SocketRow> {
        self.sockets.keys().filter_map(|id| self.row(*id)).collect()
    }

    /// One socket.
    pub fn row(&self, id: SocketId) -> Option<SocketRow> {
        let socket = self.sockets.get(&id)?;
        let transport = match (socket.domain, socket.kind) {
            (Domain::Inet | Domain::Inet6, Kind::Datagram) if socket.is_ping() => Transport::Icmp,
            (Domain::Inet | Domain::Inet6, Kind::Datagram) => Transport::Udp,
            (Domain::Inet | Domain::Inet6, Kind::Raw) => Transport::Raw,
            (Domain::Inet | Domain::Inet6, _) => Transport::Tcp,
            (Domain::Unix, _) => Transport::Unix,
            (Domain::Netlink, _) => Transport::Netlink,
            (Domain::Packet, _) => Transport::Packet,
        };
        // the host's end of a guest's connection stands for a machine elsewhere
        if socket.host && matches!(socket.state, State::Connected(Peer::Local(_))) {
            return None;
        }
        // sockets that were never bound are in no table, but UNIX and raw ones are; nor is a closed connection
        let never = socket.domain.is_inet() && socket.local.is_none() && socket.kind != Kind::Raw;
        let idle = socket.is_tcp() && (matches!(socket.state, State::Idle) || socket.reset);
        if never || idle {
            return None;
        }
        let any = address::any(socket.domain);
        let inet =
            |address: Option<SocketAddr>| match address.map(|at| shown(socket.domain, Address::Inet(at))) {
                Some(Address::Inet(address)) => address,
                _ => any,
            };
        let state = match (&socket.state, transport) {
            (_, Transport::Tcp) => socket.tcp_state(),
            (State::Directed, Transport::Unix | Transport::Udp | Transport::Raw | Transport::Icmp) => 1,
            (State::Connected(_), Transport::Unix) => 3,
            (_, Transport::Unix) => 1,
            _ => 7,
        };
        let (backlog, queued) = match &socket.state {
            State::Listening { backlog, queue } => (backlog.saturating_sub(1), queue.len()),
            // the end of a stream counts as a byte
            _ => (
                0,
                socket.stream.len() + socket.datagrams.bytes() + usize::from(socket.is_tcp() && socket.ended),
            ),
        };
        let name = match &socket.local {
            Some(Address::UnixPath { path, .. }) => path.clone(),
            Some(Address::UnixAbstract(name)) => [&b"@"[..], name].concat(),
            _ => Vec::new(),
        };
        let netlink = match &socket.local {
            Some(Address::Netlink(port, groups)) => (*port, *groups),
            _ => (0, 0),
        };
        let interface = match &socket.local {
            Some(Address::Packet(link)) => link.interface,
            _ => 0,
        };
        Some(SocketRow {
            transport,
            domain: socket.domain,
            number: id.0,
            local: inet(socket.local_inet()),
            remote: inet(socket.remote_inet()),
            name,
            netlink,
            interface,
            state,
            listening: matches!(socket.state, State::Listening { .. }),
            receive_queue: queued,
            backlog,
            kind: socket.kind,
            protocol: socket.protocol,
            dropped: socket.datagrams.dropped(),
            uid: socket.uid,
            inode: if self.is_waiting(id) { 0 } else { self.inode(id) },
        })
    }

    /// Whether a connection still waits to be accepted.
    pub(super) fn is_waiting(&self, id: SocketId) -> bool {
        self.sockets.values().any(|socket| match &socket.state {
            State::Listening { queue, .. } => queue.contains(&id),
            _ => false,
        })
    }
}
