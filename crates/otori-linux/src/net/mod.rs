//! Sockets on a virtual network; key type [`Sockets`], the only way out is [`outside::Outside`].
//!
//! A pure data structure: a call that would block returns `EAGAIN` (or `EINPROGRESS` for a connection) and
//! [`Sockets::poll`] says when to try again. Connections between processes of the machine stay in here.
//! Specification: socket(7), ip(7), ipv6(7), tcp(7), udp(7), unix(7), raw(7), packet(7).
mod address;
mod checksum;
mod close;
mod connect;
mod datagram;
mod fault;
mod filter;
mod host;
mod icmp;
mod interface;
mod ioctl;
mod ioctl6;
mod link;
mod listen;
mod multicast;
mod name;
mod netlink;
mod network;
mod option;
mod option_value;
pub mod outside;
mod packet;
mod port;
mod queue;
mod raw;
mod ready;
mod record;
mod request;
mod segment;
mod show;
mod socket;
mod stream;
mod tap;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests6;
mod udp;

pub use address::{Address, LinkAddress, UNIX_PATH_MAX};
pub use close::Shutdown;
pub use fault::{Fault, Origin};
pub use host::HostConnection;
pub use interface::{Address6, Interface, Route, Route6};
pub(crate) use interface::{LOOPBACK, RUNNING, UP};
pub use link::{Bridge, BridgeSetting, Role, Vlan, VlanNames};
pub use network::{Ipv6, Network};
pub use option::{Level, SocketOption, Stored};
pub use outside::{Connect, NoOutside, Outside};
pub use queue::Arrival;
pub use record::{
    CHANGED_BYTES_MAX, Command, Deed, Field, LayoutError, RECORD_MAX, RecordLayout, RecordService,
};
pub use request::InterfaceRequest;
pub use show::{SocketRow, Transport};
pub use socket::{DATAGRAM_MAX, Domain, Kind, STREAM_MAX, Switches};
pub use stream::{Peek, Received};

use crate::abi::{Endian, Numbering};
use crate::errno::Errno;
use alloc::collections::BTreeMap;
use socket::{Peer, Socket, State};

/// Most sockets of a machine.
pub const SOCKETS_MAX: usize = 1_024;
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
    /// sockets that see packets of others: packet and raw ones
    taps: usize,
    /// number of the last packet that was made by hand without one
    packets: u16,
    counters: Counters,
    /// numbers of errors in messages
    numbering: Numbering,
    endian: Endian,
}

/// What `/proc/net/snmp` counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// TCP connections that were asked for
    pub active_opens: u64,
    /// TCP connections that came in
    pub passive_opens: u64,
    /// TCP connections that were refused
    pub failed_opens: u64,
    /// TCP connections that were reset
    pub resets: u64,
    /// UDP datagrams that were sent
    pub datagrams_sent: u64,
    /// UDP datagrams that found a socket
    pub datagrams_received: u64,
    /// UDP datagrams that found none
    pub datagrams_lost: u64,
    /// ICMP packets that came in
    pub icmp_received: u64,
    /// ICMP packets that were sent
    pub icmp_sent: u64,
}

impl Default for Sockets {
    fn default() -> Sockets {
        Sockets::new(Network::default())
    }
}

impl Sockets {
    /// No sockets yet on that network.
    pub fn new(network: Network) -> Sockets {
        Sockets {
            network,
            sockets: BTreeMap::new(),
            services: BTreeMap::new(),
            next: 0,
            next_port: *port::EPHEMERAL.start(),
            next_connection: 1,
            taps: 0,
            packets: 0,
            counters: Counters::default(),
            numbering: Numbering::Generic,
            endian: Endian::Little,
        }
    }

    /// How the guest numbers errors and orders bytes.
    pub(crate) fn set_numbers(&mut self, numbering: Numbering, endian: Endian) {
        (self.numbering, self.endian) = (numbering, endian);
    }

    /// The byte order in which `/proc/net` shows addresses.
    pub(crate) fn endian(&self) -> Endian {
        self.endian
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
        if domain == Domain::Inet6 && self.network.ipv6() == Ipv6::Absent {
            return Err(Errno::EAFNOSUPPORT);
        }
        let ping = if domain == Domain::Inet6 { 58 } else { 1 };
        match (domain, kind, protocol) {
            (Domain::Inet | Domain::Inet6, _, 256..) => return Err(Errno::EINVAL),
            (Domain::Inet | Domain::Inet6, Kind::Stream, 0 | 6) => {}
            (Domain::Inet | Domain::Inet6, Kind::Datagram, 0 | 17) => {}
            (Domain::Inet | Domain::Inet6, Kind::Datagram, number) if number == ping => {
                if !self.network.may_ping(credentials.2) {
                    return Err(Errno::EACCES);
                }
            }
            (Domain::Inet | Domain::Inet6, Kind::Stream | Kind::Datagram, _)
            | (Domain::Inet | Domain::Inet6, Kind::Raw, 0) => return Err(Errno::EPROTONOSUPPORT),
            (Domain::Inet | Domain::Inet6, Kind::Raw, _) if is_root => {}
            (Domain::Inet | Domain::Inet6, Kind::Raw, _) => return Err(Errno::EPERM),
            (Domain::Unix, Kind::Stream | Kind::Datagram | Kind::Sequenced | Kind::Raw, 0 | 1) => {}
            (Domain::Unix, Kind::Stream | Kind::Datagram | Kind::Sequenced | Kind::Raw, _) => {
                return Err(Errno::EPROTONOSUPPORT);
            }
            (Domain::Netlink, Kind::Datagram | Kind::Raw, number) if netlink::is_known(number) => {}
            (Domain::Netlink, Kind::Datagram | Kind::Raw, _) => return Err(Errno::EPROTONOSUPPORT),
            (Domain::Packet, Kind::Datagram | Kind::Raw, _) if is_root => {}
            (Domain::Packet, _, _) if !is_root => return Err(Errno::EPERM),
            _ => return Err(Errno::ESOCKTNOSUPPORT),
        }
        // a raw UNIX socket is one of datagrams
        let kind = if domain == Domain::Unix && kind == Kind::Raw { Kind::Datagram } else { kind };
        let mut socket = Socket::new(domain, kind, protocol, credentials);
        if domain == Domain::Packet {
            // the protocol is given in network order
            let ether = u16::from_be_bytes(self.endian.u16(protocol));
            let link = LinkAddress { protocol: ether, ..LinkAddress::default() };
            socket.protocol = link.protocol;
            socket.local = Some(Address::Packet(link));
        }
        if domain == Domain::Inet6 && self.network.only_6() {
            socket.switches.set(Switches::ONLY_6, true);
        }
        if socket.is_raw() && protocol == raw::IPPROTO_RAW {
            socket.switches.set(Switches::HEADER_INCLUDED, true);
        }
        self.insert(socket)
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
            socket.state = State::Connected(Peer::Local(peer));
            socket.remote = Some(Address::UnixUnnamed);
            socket.peer_credentials = credentials;
        }
        Ok((first, second))
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

    /// Who writes to the socket from now on: pid, uid and gid, for SCM_CREDENTIALS.
    pub fn set_sender(&mut self, id: SocketId, credentials: (u32, u32, u32)) {
        if let Some(socket) = self.sockets.get_mut(&id) {
            socket.credentials = credentials;
        }
    }

    /// What the machine's protocols counted.
    pub fn counters(&self) -> Counters {
        self.counters
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
        self.taps += usize::from(is_tap(&socket));
        self.sockets.insert(id, socket);
        Ok(id)
    }

    fn remove(&mut self, id: SocketId) -> Option<Socket> {
        let socket = self.sockets.remove(&id)?;
        self.taps -= usize::from(is_tap(&socket));
        Some(socket)
    }

    fn new_connection(&mut self) -> u32 {
        let connection = self.next_connection;
        self.next_connection = self.next_connection.wrapping_add(1).max(1);
        connection
    }
}

/// Whether packets of others may be for it.
fn is_tap(socket: &Socket) -> bool {
    socket.domain == Domain::Packet || socket.is_raw()
}
