//! One interface and one route; key types [`Interface`], [`Route`]. Neighbours: network.rs holds them, ioctl.rs and
//! netlink/ show and change them. Specification: netdevice(7), RFC 4291 for the addresses of IPv6.
use super::link::Role;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `IFF_UP`
pub const UP: u16 = 0x1;
/// `IFF_BROADCAST`
pub const BROADCAST: u16 = 0x2;
/// `IFF_LOOPBACK`
pub const LOOPBACK: u16 = 0x8;
/// `IFF_RUNNING`
pub const RUNNING: u16 = 0x40;
/// `IFF_MULTICAST`
pub const MULTICAST: u16 = 0x1000;

/// In the name of an alias: its address has no label of its own.
pub(super) const UNLABELLED: &str = ":+";

/// An IPv6 address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address6 {
    /// the address
    pub address: Ipv6Addr,
    /// length of the subnet prefix
    pub prefix: u8,
}

impl Address6 {
    /// Whether `to` is in the same subnet.
    pub fn reaches(&self, to: Ipv6Addr) -> bool {
        let mask = mask6(self.prefix);
        self.address.to_bits() & mask == to.to_bits() & mask
    }

    /// Scope as `/proc/net/if_inet6` numbers it: host 0x10, link 0x20, global 0.
    pub fn scope(&self) -> u8 {
        match self.address {
            address if address.is_loopback() => 0x10,
            address if address.is_unicast_link_local() => 0x20,
            _ => 0,
        }
    }
}

/// The mask of a prefix of that length.
pub(super) fn mask6(prefix: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0)
}

/// The link-local address that an interface makes of its hardware address (RFC 4291, appendix A).
pub(super) fn link_local(mac: [u8; 6]) -> Address6 {
    let [a, b, c, d, e, f] = mac;
    let low = u64::from_be_bytes([a ^ 2, b, c, 0xff, 0xfe, d, e, f]);
    let address = Ipv6Addr::from_bits(0xfe80 << 112 | u128::from(low));
    Address6 { address, prefix: 64 }
}

/// One interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// the kernel's number of it, which stays when others go; 0 until a network has it
    pub number: u32,
    /// name, at most 15 bytes
    pub name: String,
    /// hardware address
    pub mac: [u8; 6],
    /// address; unspecified when there is none
    pub address: Ipv4Addr,
    /// mask of the subnet
    pub netmask: Ipv4Addr,
    /// addresses of IPv6
    pub addresses6: Vec<Address6>,
    /// largest packet, bytes
    pub mtu: u32,
    /// `IFF_*` flags
    pub flags: u16,
    /// what it is
    pub role: Role,
    /// the bridge that it is a port of, and its place there
    pub master: Option<(u32, u16)>,
    /// received bytes and packets
    pub received: (u64, u64),
    /// sent bytes and packets
    pub sent: (u64, u64),
}

impl Interface {
    /// The loopback interface.
    pub fn loopback() -> Interface {
        Interface {
            number: 0,
            name: "lo".into(),
            mac: [0; 6],
            address: Ipv4Addr::LOCALHOST,
            netmask: Ipv4Addr::new(255, 0, 0, 0),
            addresses6: vec![Address6 { address: Ipv6Addr::LOCALHOST, prefix: 128 }],
            mtu: 65_536,
            flags: UP | LOOPBACK | RUNNING,
            role: Role::Plain,
            master: None,
            received: (0, 0),
            sent: (0, 0),
        }
    }

    /// An Ethernet interface that is up.
    pub fn ethernet(name: &str, mac: [u8; 6], address: Ipv4Addr, prefix: u8) -> Interface {
        let bits = u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0);
        Interface {
            number: 0,
            name: name.into(),
            mac,
            address,
            netmask: Ipv4Addr::from_bits(bits),
            addresses6: vec![link_local(mac)],
            mtu: 1_500,
            flags: UP | BROADCAST | RUNNING | MULTICAST,
            role: Role::Plain,
            master: None,
            received: (0, 0),
            sent: (0, 0),
        }
    }

    /// The broadcast address of the subnet.
    pub fn broadcast(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.address.to_bits() | !self.netmask.to_bits())
    }

    /// Length of the subnet prefix.
    pub fn prefix(&self) -> u8 {
        self.netmask.to_bits().leading_ones() as u8
    }

    /// `ARPHRD_LOOPBACK` or `ARPHRD_ETHER`.
    pub(super) fn hardware_type(&self) -> u16 {
        if self.is_loopback() { 772 } else { 1 }
    }

    /// Whether this is the loopback interface.
    pub fn is_loopback(&self) -> bool {
        self.flags & LOOPBACK != 0
    }

    /// The label of its IPv4 address: an alias without a label of its own has its parent's name.
    pub(super) fn label(&self) -> &str {
        self.name.split_once(UNLABELLED).map_or(self.name.as_str(), |(parent, _)| parent)
    }

    /// Whether this is another address of an interface, such as `eth0:1`.
    pub fn is_alias(&self) -> bool {
        self.name.contains(':')
    }

    /// Whether it is up.
    pub fn is_up(&self) -> bool {
        self.flags & UP != 0
    }

    /// Whether it is up and `to` is in one of its subnets.
    pub(super) fn reaches(&self, to: IpAddr) -> bool {
        let mask = self.netmask.to_bits();
        self.is_up()
            && match to {
                IpAddr::V4(to) => {
                    !self.address.is_unspecified() && self.address.to_bits() & mask == to.to_bits() & mask
                }
                IpAddr::V6(to) => self.addresses6.iter().any(|own| own.reaches(to)),
            }
    }

    /// The address that packets leaving here carry: for IPv6 one of the destination's scope.
    pub(super) fn source_for(&self, to: IpAddr) -> Option<IpAddr> {
        match to {
            IpAddr::V4(_) => (!self.address.is_unspecified()).then_some(IpAddr::V4(self.address)),
            IpAddr::V6(to) => {
                let own = &self.addresses6;
                let near = to.is_unicast_link_local() || to.is_multicast();
                let same = own.iter().find(|own| own.reaches(to));
                let fits = |own: &&Address6| own.address.is_unicast_link_local() == near;
                let found = same.or_else(|| own.iter().find(fits)).or_else(|| own.first())?;
                Some(IpAddr::V6(found.address))
            }
        }
    }

    /// Whether that address is its own.
    pub(super) fn has(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.address == address,
            IpAddr::V6(address) => self.addresses6.iter().any(|own| own.address == address),
        }
    }
}

/// One route of IPv6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route6 {
    /// destination subnet
    pub destination: Ipv6Addr,
    /// length of its prefix
    pub prefix: u8,
    /// next hop; unspecified for the own subnet
    pub gateway: Ipv6Addr,
    /// interface name
    pub interface: String,
    /// metric
    pub metric: u32,
}

/// One route of IPv4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// destination subnet
    pub destination: Ipv4Addr,
    /// its mask
    pub netmask: Ipv4Addr,
    /// next hop; unspecified for the own subnet
    pub gateway: Ipv4Addr,
    /// interface name
    pub interface: String,
    /// metric
    pub metric: u32,
}
