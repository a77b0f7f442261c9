//! Sockets on a virtual network; key type [`Sockets`], the only way out is [`outside::Outside`].
//!
//! A pure data structure: a call that would block returns `EAGAIN` (or `EINPROGRESS` for a connection) and
//! [`Sockets::poll`] says when to try again. Connections between processes of the machine stay in here.
//! Specification: socket(7), ip(7), tcp(7), udp(7), unix(7), raw(7).
mod address;
mod datagram;
mod host;
mod interface;
mod ioctl;
mod netlink;
mod option;
pub mod outside;
mod raw;
mod record;
mod show;
mod socket;
mod stream;
#[cfg(test)]
mod tests;

pub use address::{Address, UNIX_PATH_MAX};
pub use host::HostConnection;
pub use interface::{Interface, Network, Route};
pub use ioctl::InterfaceRequest;
pub use option::SocketOption;
pub use outside::{Connect, NoOutside, Outside};
pub use record::{
    CHANGED_BYTES_MAX, Command, Deed, Field, LayoutError, RECORD_MAX, RecordLayout, RecordService,
};
pub use show::{SocketRow, Transport};
pub use socket::{DATAGRAM_MAX, Domain, Kind, STREAM_MAX};
pub use stream::{Peek, Received, Shutdown};

use crate::errno::Errno;
use crate::poll::PollMask;
use address::ipv4;
use alloc::collections::BTreeMap;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use socket::{Socket, State};

/// Most sockets of a machine.
pub const SOCKETS_MAX: usize = 1_024;
/// Ports that are given out, as Linux 3.10 does.
const EPHEMERAL: core::ops::RangeInclusive<u16> = 32_768..=61_000;
/// Inode number of the first socket.
const FIRST_INODE: u64 = 1_200;

/// A socket; valid until it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u32);

/// All sockets of a machine, and its network.
#[derive(Clone, Debug)]
pub struct Sockets {
    /// interfaces, routes, neighbours
    pub network: Network,
    sockets: BTreeMap<SocketId, Socket>,
    /// services that the host plays, by their listening socket
    services: BTreeMap<SocketId, RecordService>,
    next: u32,
    next_port: u16,
    next_connection: u32,
}

impl Default for Sockets {
    fn default() -> Sockets {
        Sockets::new(Network::default())
    }
}

impl Sockets {
    /// No sockets yet on that network.
    pub fn new(network: Network) -> Sockets {
        let next_port = *EPHEMERAL.start();
        Sockets {
            network,
            sockets: BTreeMap::new(),
            services: BTreeMap::new(),
            next: 0,
            next_port,
            next_connection: 1,
        }
    }

    /// Chooses where the ports that are given out begin, from the machine's seed.
    pub fn set_first_port(&mut self, seed: u64) {
        let span = u64::from(EPHEMERAL.end() - EPHEMERAL.start());
        self.next_port = EPHEMERAL.start() + (seed % span) as u16;
    }

    /// How many sockets there are.
    pub fn len(&self) -> usize {
        self.sockets.len()
    }
    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.sockets.is_empty()
    }

    /// A new socket; `credentials` are pid, uid and gid of the caller. Raw and packet sockets are root's.
    pub fn create(
        &mut self,
        domain: Domain,
        kind: Kind,
        protocol: u32,
        credentials: (u32, u32, u32),
    ) -> Result<SocketId, Errno> {
        let protocol = u16::try_from(protocol).map_err(|_| Errno::EINVAL)?;
        let is_root = credentials.1 == 0;
        match (domain, kind, protocol) {
            (Domain::Inet, Kind::Stream, 0 | 6) | (Domain::Inet, Kind::Datagram, 0 | 17) => {}
            (Domain::Inet, Kind::Datagram, 1) => return Err(Errno::EACCES),
            (Domain::Inet, Kind::Stream | Kind::Datagram, _) => return Err(Errno::EPROTONOSUPPORT),
            (Domain::Inet, Kind::Raw, 0) => return Err(Errno::EPROTONOSUPPORT),
            (Domain::Inet, Kind::Raw, _) if is_root => {}
            (Domain::Inet, Kind::Raw, _) => return Err(Errno::EPERM),
            (Domain::Unix, Kind::Stream | Kind::Datagram | Kind::Sequenced, 0 | 1) => {}
            (Domain::Netlink, Kind::Datagram | Kind::Raw, 0 | 15) => {}
            (Domain::Netlink, Kind::Datagram | Kind::Raw, _) => return Err(Errno::EPROTONOSUPPORT),
            (Domain::Packet, Kind::Datagram | Kind::Raw, _) if is_root => {}
            (Domain::Packet, Kind::Datagram | Kind::Raw, _) => return Err(Errno::EPERM),
            _ => return Err(Errno::ESOCKTNOSUPPORT),
        }
        self.insert(Socket::new(domain, kind, protocol, credentials))
    }

    /// Two connected UNIX sockets.
    pub fn pair(&mut self, kind: Kind, credentials: (u32, u32, u32)) -> Result<(SocketId, SocketId), Errno> {
        let first = self.create(Domain::Unix, kind, 0, credentials)?;
        let second = match self.create(Domain::Unix, kind, 0, credentials) {
            Ok(second) => second,
            Err(error) => {
                self.sockets.remove(&first);
                return Err(error);
            }
        };
        for (id, peer) in [(first, second), (second, first)] {
            let socket = self.socket_mut(id)?;
            socket.state = State::Connected(socket::Peer::Local(peer));
            socket.remote = Some(Address::UnixUnnamed);
            socket.peer_credentials = credentials;
        }
        Ok((first, second))
    }

    /// Gives a socket a name. Ports below 1024 are root's.
    pub fn bind(&mut self, id: SocketId, address: Address) -> Result<(), Errno> {
        let socket = self.socket(id)?;
        match (socket.domain, &address) {
            (Domain::Inet, Address::Inet(wanted)) => {
                if socket.local_inet().is_some_and(|local| local.port() != 0) {
                    return Err(Errno::EINVAL);
                }
                let local = ipv4(wanted);
                if !self.network.is_local(local) && !local.is_multicast() && !self.network.is_broadcast(local)
                {
                    return Err(Errno::EADDRNOTAVAIL);
                }
                if (1..1024).contains(&wanted.port()) && socket.uid != 0 {
                    return Err(Errno::EACCES);
                }
                let port = match wanted.port() {
                    0 if socket.kind == Kind::Raw => 0,
                    0 => self.free_port(socket.kind)?,
                    port => {
                        self.check_port(id, local, port)?;
                        port
                    }
                };
                self.socket_mut(id)?.local = Some(Address::Inet(SocketAddr::new(IpAddr::V4(local), port)));
            }
            (Domain::Inet, Address::Unspecified) => {
                return self.bind(id, Address::Inet(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0)));
            }
            (Domain::Unix, Address::UnixAbstract(_) | Address::UnixPath { node: Some(_), .. }) => {
                if socket.local.is_some() {
                    return Err(Errno::EINVAL);
                }
                if self.find_unix(&address).is_some() {
                    return Err(Errno::EADDRINUSE);
                }
                self.socket_mut(id)?.local = Some(address);
            }
            (Domain::Unix, Address::UnixUnnamed) => {
                let name = alloc::format!("{:05x}", id.0).into_bytes();
                self.socket_mut(id)?.local = Some(Address::UnixAbstract(name));
            }
            (Domain::Netlink, Address::Netlink(port, groups)) => {
                let port = if *port == 0 { socket.credentials.0 } else { *port };
                self.socket_mut(id)?.local = Some(Address::Netlink(port, *groups));
            }
            (Domain::Packet, Address::Packet(..)) => self.socket_mut(id)?.local = Some(address),
            _ => return Err(Errno::EINVAL),
        }
        Ok(())
    }

    /// The name of a socket (getsockname).
    pub fn local_address(&self, id: SocketId) -> Result<Address, Errno> {
        let socket = self.socket(id)?;
        Ok(socket.local.clone().unwrap_or(match socket.domain {
            Domain::Inet => Address::Inet(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0)),
            Domain::Unix => Address::UnixUnnamed,
            Domain::Netlink => Address::Netlink(0, 0),
            Domain::Packet => Address::Packet(0, 0),
        }))
    }

    /// The name of the peer (getpeername).
    pub fn remote_address(&self, id: SocketId) -> Result<Address, Errno> {
        let socket = self.socket(id)?;
        match (&socket.state, &socket.remote) {
            (State::Connected(_) | State::Directed, Some(remote)) => Ok(remote.clone()),
            _ => Err(Errno::ENOTCONN),
        }
    }

    /// The inode number of the socket, as `/proc/PID/fd` and `/proc/net` show it.
    pub fn inode(&self, id: SocketId) -> u64 {
        FIRST_INODE + u64::from(id.0)
    }

    /// Domain, kind and protocol of a socket.
    pub fn description(&self, id: SocketId) -> Result<(Domain, Kind, u16), Errno> {
        let socket = self.socket(id)?;
        Ok((socket.domain, socket.kind, socket.protocol))
    }

    /// What a socket is ready for.
    pub fn poll(&mut self, id: SocketId, outside: &mut dyn Outside) -> PollMask {
        let Ok(socket) = self.socket(id) else { return PollMask::NVAL };
        if socket.is_connection() { self.poll_stream(id, outside) } else { self.poll_datagram(id, outside) }
    }

    fn socket(&self, id: SocketId) -> Result<&Socket, Errno> {
        self.sockets.get(&id).ok_or(Errno::EBADF)
    }

    fn socket_mut(&mut self, id: SocketId) -> Result<&mut Socket, Errno> {
        self.sockets.get_mut(&id).ok_or(Errno::EBADF)
    }

    fn insert(&mut self, socket: Socket) -> Result<SocketId, Errno> {
        if self.sockets.len() >= SOCKETS_MAX {
            return Err(Errno::ENFILE);
        }
        let id = SocketId(self.next);
        self.next = self.next.checked_add(1).ok_or(Errno::ENFILE)?;
        self.sockets.insert(id, socket);
        Ok(id)
    }

    fn check_port(&self, id: SocketId, local: Ipv4Addr, port: u16) -> Result<(), Errno> {
        let me = self.socket(id)?;
        let clash = self.sockets.iter().any(|(other_id, other)| {
            let Some(address) = other.local_inet() else { return false };
            let theirs = ipv4(&address);
            let overlaps = theirs == local || theirs.is_unspecified() || local.is_unspecified();
            let listening = matches!(other.state, State::Listening { .. });
            let shared = me.reuse && other.reuse && !listening;
            // a closed server's connections do not keep its port from a new one that asks to reuse it
            let connection = me.reuse && other.is_connection() && matches!(other.state, State::Connected(_));
            *other_id != id
                && other.kind == me.kind
                && address.port() == port
                && overlaps
                && !shared
                && !connection
        });
        if clash { Err(Errno::EADDRINUSE) } else { Ok(()) }
    }

    fn free_port(&mut self, kind: Kind) -> Result<u16, Errno> {
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

    fn find_unix(&self, address: &Address) -> Option<SocketId> {
        let same = |local: &Address| match (local, address) {
            (Address::UnixPath { node: first, .. }, Address::UnixPath { node: second, .. }) => {
                first == second
            }
            _ => local == address,
        };
        self.sockets.iter().find(|(_, socket)| socket.local.as_ref().is_some_and(same)).map(|(id, _)| *id)
    }

    fn new_connection(&mut self) -> u32 {
        let connection = self.next_connection;
        self.next_connection = self.next_connection.wrapping_add(1).max(1);
        connection
    }

    /// Binds an Internet socket to a free port, with the address that reaches `to`: `ENETUNREACH` without route.
    fn bind_towards(&mut self, id: SocketId, to: Ipv4Addr) -> Result<SocketAddr, Errno> {
        let source = self.network.source_for(to).ok_or(Errno::ENETUNREACH)?;
        let socket = self.socket(id)?;
        let (kind, local) = (socket.kind, socket.local_inet());
        let port = match local {
            Some(local) if local.port() != 0 => local.port(),
            _ if kind == Kind::Raw => 0,
            _ => self.free_port(kind)?,
        };
        let address = match local {
            Some(local) if !ipv4(&local).is_unspecified() => ipv4(&local),
            _ => source,
        };
        Ok(SocketAddr::new(IpAddr::V4(address), port))
    }
}
