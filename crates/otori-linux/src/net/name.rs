//! Names of sockets: bind(2), getsockname(2), getpeername(2). Neighbour: port.rs knows which ports are free.
//! Specification: ip(7), ipv6(7), unix(7), netlink(7), packet(7).
use super::address::{any, mapped, needs_scope, plain};
use super::network::Way;
use super::socket::{Domain, Kind, State, Switches};
use super::{Address, LinkAddress, SocketId, Sockets};
use crate::errno::Errno;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr, SocketAddrV6};

/// Names that autobind tries, and its digits (five, as unix(7) says).
const AUTOBIND: u32 = 0x10_0000;

impl Sockets {
    /// Gives a socket a name. Ports below 1024 are root's.
    pub fn bind(&mut self, id: SocketId, address: Address) -> Result<(), Errno> {
        let domain = self.socket(id)?.domain;
        match (domain, address) {
            (Domain::Inet, Address::Inet(wanted @ SocketAddr::V4(_))) => self.bind_inet(id, wanted),
            (Domain::Inet6, Address::Inet(wanted @ SocketAddr::V6(_))) => self.bind_inet6(id, wanted),
            (Domain::Inet, Address::Unspecified) => self.bind_inet(id, any(Domain::Inet)),
            (Domain::Inet6, Address::Inet(SocketAddr::V4(_))) => Err(Errno::EINVAL),
            (Domain::Inet | Domain::Inet6, _) => Err(Errno::EAFNOSUPPORT),
            (Domain::Unix, address) => self.bind_unix(id, address),
            (Domain::Netlink, Address::Netlink(port, groups)) => self.bind_netlink(id, port, groups),
            (Domain::Packet, Address::Packet(link)) => self.bind_packet(id, link),
            _ => Err(Errno::EINVAL),
        }
    }

    fn bind_inet6(&mut self, id: SocketId, wanted: SocketAddr) -> Result<(), Errno> {
        let local = plain(wanted);
        let socket = self.socket(id)?;
        if local.is_ipv4() && socket.switches.has(Switches::ONLY_6) {
            return Err(Errno::EINVAL);
        }
        if let SocketAddr::V6(six) = local
            && needs_scope(*six.ip())
            && six.scope_id() == 0
            && socket.device == 0
        {
            return Err(Errno::EINVAL);
        }
        self.bind_inet(id, local)
    }

    fn bind_inet(&mut self, id: SocketId, wanted: SocketAddr) -> Result<(), Errno> {
        let socket = self.socket(id)?;
        let (kind, ping) = (socket.kind, socket.is_ping());
        let named = socket.bound || (socket.is_tcp() && socket.state != State::Idle);
        if named && kind != Kind::Raw {
            return Err(Errno::EINVAL);
        }
        let local = wanted.ip();
        let known = self.network.is_local(local) || local.is_multicast() || self.network.is_broadcast(local);
        let everywhere = socket.stored.is_transparent();
        if !known && !everywhere || (local.is_multicast() && kind == Kind::Stream) {
            return Err(Errno::EADDRNOTAVAIL);
        }
        if (1..1024).contains(&wanted.port()) && socket.uid != 0 && !ping {
            return Err(Errno::EACCES);
        }
        let mut local = wanted;
        match wanted.port() {
            _ if kind == Kind::Raw => {}
            0 => local.set_port(self.free_port(kind)?),
            _ => self.check_port(id, wanted)?,
        }
        if kind == Kind::Raw {
            local.set_port(0);
        }
        let socket = self.socket_mut(id)?;
        socket.local = Some(Address::Inet(local));
        socket.bound = true;
        Ok(())
    }

    fn bind_unix(&mut self, id: SocketId, address: Address) -> Result<(), Errno> {
        let socket = self.socket(id)?;
        let named = socket.local.is_some();
        match address {
            // asked for a second time, autobind has nothing to do
            Address::UnixUnnamed if named => return Ok(()),
            Address::UnixUnnamed => {
                let name = self.free_unix_name(id.0)?;
                let socket = self.socket_mut(id)?;
                (socket.local, socket.bound) = (Some(name), true);
            }
            Address::UnixAbstract(_) | Address::UnixPath { node: Some(_), .. } if named => {
                return Err(Errno::EINVAL);
            }
            Address::UnixAbstract(_) | Address::UnixPath { node: Some(_), .. } => {
                let kind = socket.kind;
                if self.find_unix_of(&address, Some(kind)).is_some() {
                    return Err(Errno::EADDRINUSE);
                }
                let socket = self.socket_mut(id)?;
                (socket.local, socket.bound) = (Some(address), true);
            }
            _ => return Err(Errno::EINVAL),
        }
        Ok(())
    }

    /// A name that the kernel gives out: five digits in the abstract name space.
    fn free_unix_name(&self, first: u32) -> Result<Address, Errno> {
        for number in 0..super::SOCKETS_MAX as u32 + 1 {
            let digits = first.wrapping_add(number) % AUTOBIND;
            let name = Address::UnixAbstract(alloc::format!("{digits:05x}").into_bytes());
            if self.find_unix(&name).is_none() {
                return Ok(name);
            }
        }
        Err(Errno::ENOSPC)
    }

    /// What autobind gives a UNIX socket that asked for the credentials of its peers and sends without a name.
    pub(super) fn name_sender(&mut self, id: SocketId) -> Result<(), Errno> {
        let socket = self.socket(id)?;
        let asked = socket.switches.has(Switches::PASS_CREDENTIALS);
        if socket.domain == Domain::Unix && asked && socket.local.is_none() {
            return self.bind_unix(id, Address::UnixUnnamed);
        }
        Ok(())
    }

    fn bind_packet(&mut self, id: SocketId, link: LinkAddress) -> Result<(), Errno> {
        if link.interface != 0 && self.network.numbered(link.interface).is_none() {
            return Err(Errno::ENODEV);
        }
        let socket = self.socket_mut(id)?;
        let protocol = if link.protocol == 0 { socket.protocol } else { link.protocol };
        socket.protocol = protocol;
        socket.local = Some(Address::Packet(LinkAddress { protocol, ..link }));
        Ok(())
    }

    /// The name of a socket (getsockname).
    pub fn local_address(&self, id: SocketId) -> Result<Address, Errno> {
        let socket = self.socket(id)?;
        let local = socket.local.clone().unwrap_or(match socket.domain {
            Domain::Inet | Domain::Inet6 => Address::Inet(any(socket.domain)),
            Domain::Unix => Address::UnixUnnamed,
            Domain::Netlink => Address::Netlink(0, 0),
            Domain::Packet => Address::Packet(LinkAddress::default()),
        });
        Ok(match local {
            Address::Packet(link) => Address::Packet(self.link_of(link)),
            other => shown(socket.domain, other),
        })
    }

    /// The name of the peer (getpeername).
    pub fn remote_address(&self, id: SocketId) -> Result<Address, Errno> {
        let socket = self.socket(id)?;
        match (&socket.state, &socket.remote) {
            (State::Connected(_), _) if socket.reset && socket.domain.is_inet() => Err(Errno::ENOTCONN),
            (State::Connected(_) | State::Directed, Some(remote)) => Ok(shown(socket.domain, remote.clone())),
            _ => Err(Errno::ENOTCONN),
        }
    }

    /// The UNIX socket of that name.
    pub(super) fn find_unix(&self, address: &Address) -> Option<SocketId> {
        self.find_unix_of(address, None)
    }

    /// The UNIX socket of that name; abstract names are looked for among sockets of one kind first.
    pub(super) fn find_unix_of(&self, address: &Address, kind: Option<Kind>) -> Option<SocketId> {
        let same = |local: &Address| match (local, address) {
            (Address::UnixPath { node: first, .. }, Address::UnixPath { node: second, .. }) => {
                first == second
            }
            _ => local == address,
        };
        let mut named = self.sockets.iter().filter(|(_, socket)| {
            socket.domain == Domain::Unix
                && (socket.bound || !matches!(socket.state, State::Connected(_)))
                && socket.local.as_ref().is_some_and(same)
        });
        let is_path = matches!(address, Address::UnixPath { .. });
        match kind.filter(|_| !is_path) {
            Some(kind) => named.find(|(_, socket)| socket.kind == kind).map(|(id, _)| *id),
            None => named.next().map(|(id, _)| *id),
        }
    }

    /// Binds an Internet socket to a free port, with the address that reaches `to`: `ENETUNREACH` without route.
    pub(super) fn bind_towards(&mut self, id: SocketId, to: SocketAddr) -> Result<(SocketAddr, Way), Errno> {
        let socket = self.socket(id)?;
        let scope = match to {
            SocketAddr::V6(six) if needs_scope(*six.ip()) && six.scope_id() != 0 => six.scope_id(),
            SocketAddr::V6(six) if needs_scope(*six.ip()) && socket.device == 0 => {
                socket.stored.multicast_interface()
            }
            SocketAddr::V4(four) if four.ip().is_multicast() && socket.device == 0 => {
                socket.stored.multicast_interface()
            }
            _ => socket.device,
        };
        if let SocketAddr::V6(six) = to
            && six.ip().is_unicast_link_local()
            && scope == 0
        {
            return Err(Errno::EINVAL);
        }
        let way = self.network.way_to(to.ip(), scope).ok_or(Errno::ENETUNREACH)?;
        let (kind, local) = (socket.kind, socket.local_inet());
        let port = match local {
            Some(local) if local.port() != 0 => local.port(),
            _ if kind == Kind::Raw => 0,
            _ => self.free_port(kind)?,
        };
        let address = match local.map(|local| local.ip()) {
            Some(own) if !own.is_unspecified() && !own.is_multicast() => own,
            _ => way.source,
        };
        if address.is_ipv4() != to.is_ipv4() {
            return Err(Errno::ENETUNREACH);
        }
        let from = match address {
            IpAddr::V6(six) if needs_scope(six) => {
                SocketAddr::V6(SocketAddrV6::new(six, port, 0, way.interface))
            }
            other => SocketAddr::new(other, port),
        };
        Ok((from, Way { source: address, ..way }))
    }
}

/// An address as a socket of that family gives it to its program.
pub(super) fn shown(domain: Domain, address: Address) -> Address {
    match (domain, address) {
        (Domain::Inet6, Address::Inet(inet)) => Address::Inet(mapped(inet)),
        (_, other) => other,
    }
}

/// Where a packet for an address goes: the unspecified one means the machine itself.
pub(super) fn target(to: SocketAddr) -> SocketAddr {
    let ip = match to.ip() {
        IpAddr::V4(four) if four.is_unspecified() => IpAddr::V4(core::net::Ipv4Addr::LOCALHOST),
        IpAddr::V6(six) if six.is_unspecified() => IpAddr::V6(core::net::Ipv6Addr::LOCALHOST),
        _ => return to,
    };
    SocketAddr::new(ip, to.port())
}

impl super::socket::Socket {
    /// An address as the socket may use it: the wrong family is `EAFNOSUPPORT`, IPv4 beside IPV6_V6ONLY
    /// `ENETUNREACH`.
    pub(super) fn reachable(&self, to: SocketAddr) -> Result<SocketAddr, Errno> {
        let plain = plain(to);
        match (self.domain, to, plain) {
            (Domain::Inet, SocketAddr::V6(_), _) => Err(Errno::EAFNOSUPPORT),
            (Domain::Inet6, _, SocketAddr::V4(_)) if self.switches.has(Switches::ONLY_6) => {
                Err(Errno::ENETUNREACH)
            }
            _ => Ok(target(plain)),
        }
    }
}

/// The names of a device's interfaces, as bytes without their NUL.
pub(super) fn interface_name(value: &[u8]) -> Vec<u8> {
    value.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()
}
