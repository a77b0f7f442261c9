//! Socket addresses in guest memory; key type [`Address`]. Specification: ip(7), ipv6(7),
//! unix(7), netlink(7), packet(7).
use crate::abi::Endian;
use crate::errno::Errno;
use crate::vfs::Node;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// `AF_UNSPEC`
pub const AF_UNSPEC: u16 = 0;
/// `AF_UNIX`
pub const AF_UNIX: u16 = 1;
/// `AF_INET`
pub const AF_INET: u16 = 2;
/// `AF_INET6`
pub const AF_INET6: u16 = 10;
/// `AF_NETLINK`
pub const AF_NETLINK: u16 = 16;
/// `AF_PACKET`
pub const AF_PACKET: u16 = 17;
/// Bytes of a `struct sockaddr_in6` without its scope, as RFC 2133 had it: the least that is taken.
const INET6_BYTES_MIN: usize = 24;
/// Longest path of a UNIX socket, bytes.
pub const UNIX_PATH_MAX: usize = 108;

/// What `struct sockaddr_ll` says of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkAddress {
    /// EtherType in host order
    pub protocol: u16,
    /// interface number; 0 for any
    pub interface: u32,
    /// `ARPHRD_*`
    pub hardware: u16,
    /// `PACKET_*`: to us 0, broadcast 1, multicast 2, to another host 3, outgoing 4
    pub direction: u8,
    /// hardware address
    pub mac: [u8; 6],
    /// bytes of it that count
    pub mac_bytes: u8,
}

/// An address of a socket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// `AF_UNSPEC`: connect with it takes a datagram socket's peer away
    Unspecified,
    /// IPv4 or IPv6
    Inet(SocketAddr),
    /// a UNIX socket without a name
    UnixUnnamed,
    /// a UNIX socket in the abstract name space
    UnixAbstract(Vec<u8>),
    /// a UNIX socket in the file system; the kernel finds or makes the node before bind and connect
    UnixPath {
        /// path as the program gave it
        path: Vec<u8>,
        /// the socket's file
        node: Option<Node>,
    },
    /// netlink: port and groups
    Netlink(u32, u32),
    /// packet
    Packet(LinkAddress),
}

impl Address {
    /// Reads a `struct sockaddr`. An unknown family is `EAFNOSUPPORT`, a short structure `EINVAL`.
    pub fn decode(bytes: &[u8], endian: Endian) -> Result<Address, Errno> {
        let half = |at: usize| -> Result<[u8; 2], Errno> {
            bytes.get(at..at + 2).and_then(|part| part.try_into().ok()).ok_or(Errno::EINVAL)
        };
        let word = |at: usize| -> Result<[u8; 4], Errno> {
            bytes.get(at..at + 4).and_then(|part| part.try_into().ok()).ok_or(Errno::EINVAL)
        };
        match endian.read_u16(half(0)?) {
            AF_UNSPEC => Ok(Address::Unspecified),
            AF_INET if bytes.len() < 16 => Err(Errno::EINVAL),
            AF_INET => {
                let port = u16::from_be_bytes(half(2)?);
                Ok(Address::Inet(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(word(4)?)), port)))
            }
            AF_INET6 if bytes.len() < INET6_BYTES_MIN => Err(Errno::EINVAL),
            AF_INET6 => {
                let octets: [u8; 16] =
                    bytes.get(8..24).and_then(|part| part.try_into().ok()).ok_or(Errno::EINVAL)?;
                let scope = word(24).map_or(0, |scope| endian.read_u32(scope));
                let port = u16::from_be_bytes(half(2)?);
                Ok(Address::Inet(SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::from(octets), port, 0, scope))))
            }
            AF_UNIX => {
                let path = bytes.get(2..).unwrap_or_default();
                match path.first() {
                    _ if path.len() > UNIX_PATH_MAX => Err(Errno::EINVAL),
                    None => Ok(Address::UnixUnnamed),
                    Some(0) => Ok(Address::UnixAbstract(path.get(1..).unwrap_or_default().to_vec())),
                    Some(_) => {
                        let path = path.iter().copied().take_while(|byte| *byte != 0).collect();
                        Ok(Address::UnixPath { path, node: None })
                    }
                }
            }
            AF_NETLINK => Ok(Address::Netlink(endian.read_u32(word(4)?), endian.read_u32(word(8)?))),
            AF_PACKET => {
                let field = |at: usize| bytes.get(at).copied().ok_or(Errno::EINVAL);
                let mut mac = [0; 6];
                mac.iter_mut().zip(bytes.get(12..18).unwrap_or_default()).for_each(|(to, from)| *to = *from);
                Ok(Address::Packet(LinkAddress {
                    protocol: u16::from_be_bytes(half(2)?),
                    interface: endian.read_u32(word(4)?),
                    hardware: endian.read_u16(half(8)?),
                    direction: field(10)?,
                    mac,
                    mac_bytes: field(11)?,
                }))
            }
            _ => Err(Errno::EAFNOSUPPORT),
        }
    }

    /// The bytes of the guest's `struct sockaddr`.
    pub fn encode(&self, endian: Endian) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Address::Unspecified => bytes.extend_from_slice(&endian.u16(AF_UNSPEC)),
            Address::Inet(SocketAddr::V4(address)) => {
                bytes.extend_from_slice(&endian.u16(AF_INET));
                bytes.extend_from_slice(&address.port().to_be_bytes());
                bytes.extend_from_slice(&address.ip().octets());
                bytes.extend_from_slice(&[0; 8]);
            }
            Address::Inet(SocketAddr::V6(address)) => {
                bytes.extend_from_slice(&endian.u16(AF_INET6));
                bytes.extend_from_slice(&address.port().to_be_bytes());
                bytes.extend_from_slice(&address.flowinfo().to_be_bytes());
                bytes.extend_from_slice(&address.ip().octets());
                bytes.extend_from_slice(&endian.u32(address.scope_id()));
            }
            Address::UnixUnnamed => bytes.extend_from_slice(&endian.u16(AF_UNIX)),
            Address::UnixAbstract(name) => {
                bytes.extend_from_slice(&endian.u16(AF_UNIX));
                bytes.push(0);
                bytes.extend_from_slice(name);
            }
            Address::UnixPath { path, .. } => {
                bytes.extend_from_slice(&endian.u16(AF_UNIX));
                bytes.extend_from_slice(path);
                bytes.push(0);
            }
            Address::Netlink(port, groups) => {
                bytes.extend_from_slice(&endian.u16(AF_NETLINK));
                bytes.extend_from_slice(&[0; 2]);
                bytes.extend_from_slice(&endian.u32(*port));
                bytes.extend_from_slice(&endian.u32(*groups));
            }
            Address::Packet(link) => {
                bytes.extend_from_slice(&endian.u16(AF_PACKET));
                bytes.extend_from_slice(&link.protocol.to_be_bytes());
                bytes.extend_from_slice(&endian.u32(link.interface));
                bytes.extend_from_slice(&endian.u16(link.hardware));
                bytes.extend_from_slice(&[link.direction, link.mac_bytes]);
                bytes.extend_from_slice(&link.mac);
                bytes.extend_from_slice(&[0; 2]);
            }
        }
        bytes
    }
}

/// An address as sockets keep it: a v4-mapped one is IPv4, and only link-local ones have a scope.
pub(super) fn plain(address: SocketAddr) -> SocketAddr {
    let SocketAddr::V6(six) = address else { return address };
    if let Some(four) = six.ip().to_ipv4_mapped() {
        return SocketAddr::new(IpAddr::V4(four), six.port());
    }
    let scope = if needs_scope(*six.ip()) { six.scope_id() } else { 0 };
    SocketAddr::V6(SocketAddrV6::new(*six.ip(), six.port(), 0, scope))
}

/// An address as a socket of IPv6 shows it.
pub(super) fn mapped(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(four) => SocketAddr::new(IpAddr::V6(four.to_ipv6_mapped()), address.port()),
        IpAddr::V6(_) => address,
    }
}

/// Link-local addresses mean something only together with an interface.
pub(super) fn needs_scope(address: Ipv6Addr) -> bool {
    let link = address.octets();
    address.is_unicast_link_local()
        || (link.first() == Some(&0xff) && link.get(1).is_some_and(|b| b & 0xf == 2))
}

/// The unspecified address of a family.
pub(super) fn any(domain: super::Domain) -> SocketAddr {
    match domain {
        super::Domain::Inet6 => SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0),
        _ => SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
    }
}
