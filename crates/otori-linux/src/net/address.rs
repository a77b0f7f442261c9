//! Socket addresses in guest memory; key type [`Address`]. Specification: ip(7), unix(7), netlink(7), packet(7).
use crate::abi::Endian;
use crate::errno::Errno;
use crate::vfs::Node;
use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

/// `AF_UNSPEC`
pub const AF_UNSPEC: u16 = 0;
/// `AF_UNIX`
pub const AF_UNIX: u16 = 1;
/// `AF_INET`
pub const AF_INET: u16 = 2;
/// `AF_NETLINK`
pub const AF_NETLINK: u16 = 16;
/// `AF_PACKET`
pub const AF_PACKET: u16 = 17;
/// Longest path of a UNIX socket, bytes.
pub const UNIX_PATH_MAX: usize = 108;

/// An address of a socket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// `AF_UNSPEC`: connect with it takes a datagram socket's peer away
    Unspecified,
    /// IPv4 (IPv6 is not configured on our products)
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
    /// packet: protocol and interface index
    Packet(u16, u32),
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
            AF_PACKET => Ok(Address::Packet(u16::from_be_bytes(half(2)?), endian.read_u32(word(4)?))),
            _ => Err(Errno::EAFNOSUPPORT),
        }
    }

    /// The bytes of the guest's `struct sockaddr`.
    pub fn encode(&self, endian: Endian) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Address::Unspecified => bytes.extend_from_slice(&endian.u16(AF_UNSPEC)),
            Address::Inet(address) => {
                bytes.extend_from_slice(&endian.u16(AF_INET));
                bytes.extend_from_slice(&address.port().to_be_bytes());
                bytes.extend_from_slice(&ipv4(address).octets());
                bytes.extend_from_slice(&[0; 8]);
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
            Address::Packet(protocol, index) => {
                bytes = vec![0; 20];
                let head = [endian.u16(AF_PACKET), protocol.to_be_bytes()].concat();
                for (to, from) in bytes.iter_mut().zip(head.into_iter().chain(endian.u32(*index))) {
                    *to = from;
                }
            }
        }
        bytes
    }
}

/// The IPv4 address of a socket address; unspecified for IPv6.
pub(super) fn ipv4(address: &SocketAddr) -> Ipv4Addr {
    match address.ip() {
        IpAddr::V4(address) => address,
        IpAddr::V6(address) => address.to_ipv4_mapped().unwrap_or(Ipv4Addr::UNSPECIFIED),
    }
}
