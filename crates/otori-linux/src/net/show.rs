//! Sockets as rows, for `/proc/net`; key type [`SocketRow`]. Neighbour: proc/network.rs prints them.
use super::socket::{Domain, Kind, Peer, State};
use super::{Address, SocketId, Sockets};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Which file of `/proc/net` lists a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// tcp
    Tcp,
    /// udp
    Udp,
    /// raw
    Raw,
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
    /// position in the table
    pub number: u32,
    /// local address, Internet sockets
    pub local: SocketAddr,
    /// peer's address, Internet sockets
    pub remote: SocketAddr,
    /// name, UNIX sockets; empty without one, `@` first for abstract ones
    pub name: Vec<u8>,
    /// state as the kernel numbers it: TCP 1 established, 2 SYN sent, 8 close wait, 10 listen; UDP 7, 1
    pub state: u8,
    /// accepts connections
    pub listening: bool,
    /// kind of socket
    pub kind: Kind,
    /// protocol number
    pub protocol: u16,
    /// bytes that wait to be read
    pub receive_queue: usize,
    /// owner
    pub uid: u32,
    /// inode number
    pub inode: u64,
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
            (Domain::Inet, Kind::Datagram) => Transport::Udp,
            (Domain::Inet, Kind::Raw) => Transport::Raw,
            (Domain::Inet, _) => Transport::Tcp,
            (Domain::Unix, _) => Transport::Unix,
            (Domain::Netlink, _) => Transport::Netlink,
            (Domain::Packet, _) => Transport::Packet,
        };
        // the host's end of a guest's connection stands for a machine elsewhere
        if socket.host && matches!(socket.state, State::Connected(Peer::Local(_))) {
            return None;
        }
        // sockets that were never bound are in no table, but UNIX ones are
        if socket.domain == Domain::Inet && socket.local.is_none() && socket.kind != Kind::Raw {
            return None;
        }
        let nowhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
        let state = match (&socket.state, transport) {
            (State::Listening { .. }, Transport::Tcp) => 10,
            (State::Connecting(_), _) => 2,
            (State::Connected(_), Transport::Tcp) if socket.ended && !socket.host => 8,
            (State::Connected(_), Transport::Tcp) => 1,
            (State::Directed, _) => 1,
            (State::Connected(_), Transport::Unix) => 3,
            (_, Transport::Unix) => 1,
            _ => 7,
        };
        let name = match &socket.local {
            Some(Address::UnixPath { path, .. }) => path.clone(),
            Some(Address::UnixAbstract(name)) => [&b"@"[..], name].concat(),
            _ => Vec::new(),
        };
        Some(SocketRow {
            transport,
            number: id.0,
            local: socket.local_inet().unwrap_or(nowhere),
            remote: socket.remote_inet().unwrap_or(nowhere),
            name,
            state,
            listening: matches!(socket.state, State::Listening { .. }),
            kind: socket.kind,
            protocol: socket.protocol,
            receive_queue: socket.stream.len() + socket.datagram_bytes,
            uid: socket.uid,
            inode: self.inode(id),
        })
    }
}
