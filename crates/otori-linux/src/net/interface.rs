//! The network as the guest sees it: interfaces, routes, neighbours; key type [`Network`]. Neighbours: ioctl.rs and
//! netlink.rs show and change it. Specification: netdevice(7), proc_net(5).
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::net::Ipv4Addr;

/// Most interfaces, aliases counted.
pub const INTERFACES_MAX: usize = 16;
/// Most routes.
pub const ROUTES_MAX: usize = 64;

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

/// One interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// name, at most 15 bytes
    pub name: String,
    /// hardware address
    pub mac: [u8; 6],
    /// address; unspecified when there is none
    pub address: Ipv4Addr,
    /// mask of the subnet
    pub netmask: Ipv4Addr,
    /// largest packet, bytes
    pub mtu: u32,
    /// `IFF_*` flags
    pub flags: u16,
    /// received bytes and packets
    pub received: (u64, u64),
    /// sent bytes and packets
    pub sent: (u64, u64),
}

impl Interface {
    /// The loopback interface.
    pub fn loopback() -> Interface {
        Interface {
            name: "lo".into(),
            mac: [0; 6],
            address: Ipv4Addr::LOCALHOST,
            netmask: Ipv4Addr::new(255, 0, 0, 0),
            mtu: 16_436,
            flags: UP | LOOPBACK | RUNNING,
            received: (0, 0),
            sent: (0, 0),
        }
    }

    /// An Ethernet interface that is up.
    pub fn ethernet(name: &str, mac: [u8; 6], address: Ipv4Addr, prefix: u8) -> Interface {
        let bits = u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0);
        Interface {
            name: name.into(),
            mac,
            address,
            netmask: Ipv4Addr::from_bits(bits),
            mtu: 1_500,
            flags: UP | BROADCAST | RUNNING | MULTICAST,
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

    /// Whether this is the loopback interface.
    pub fn is_loopback(&self) -> bool {
        self.flags & LOOPBACK != 0
    }

    fn reaches(&self, to: Ipv4Addr) -> bool {
        let mask = self.netmask.to_bits();
        self.flags & UP != 0
            && !self.address.is_unspecified()
            && self.address.to_bits() & mask == to.to_bits() & mask
    }
}

/// One route.
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

/// Interfaces, routes and neighbours of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// interfaces; the index of the kernel is the position plus one
    pub interfaces: Vec<Interface>,
    /// routes
    pub routes: Vec<Route>,
    /// neighbours: address, hardware address, interface
    pub neighbours: Vec<(Ipv4Addr, [u8; 6], String)>,
}

impl Default for Network {
    /// Nothing but loopback.
    fn default() -> Network {
        Network { interfaces: vec![Interface::loopback()], routes: Vec::new(), neighbours: Vec::new() }
    }
}

impl Network {
    /// Loopback and one Ethernet interface with the subnet's route and, if given, a gateway.
    pub fn with_ethernet(interface: Interface, gateway: Option<(Ipv4Addr, [u8; 6])>) -> Network {
        let name = interface.name.clone();
        let mut routes = Vec::new();
        let mut neighbours = Vec::new();
        if let Some((gateway, mac)) = gateway {
            let (destination, netmask) = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED);
            routes.push(Route { destination, netmask, gateway, interface: name.clone(), metric: 0 });
            neighbours.push((gateway, mac, name.clone()));
        }
        let destination = Ipv4Addr::from_bits(interface.address.to_bits() & interface.netmask.to_bits());
        let (netmask, gateway) = (interface.netmask, Ipv4Addr::UNSPECIFIED);
        routes.push(Route { destination, netmask, gateway, interface: name, metric: 0 });
        Network { interfaces: vec![Interface::loopback(), interface], routes, neighbours }
    }

    /// Whether the machine itself has that address.
    pub fn is_local(&self, address: Ipv4Addr) -> bool {
        address.is_unspecified()
            || address.is_loopback()
            || self
                .interfaces
                .iter()
                .any(|interface| interface.flags & UP != 0 && interface.address == address)
    }

    /// Whether that is a broadcast address of the machine's subnets.
    pub fn is_broadcast(&self, address: Ipv4Addr) -> bool {
        address.is_broadcast()
            || self.interfaces.iter().any(|interface| {
                interface.flags & BROADCAST != 0
                    && !interface.address.is_unspecified()
                    && interface.broadcast() == address
            })
    }

    /// The address that packets to `to` carry as their source; `None` without a route.
    pub fn source_for(&self, to: Ipv4Addr) -> Option<Ipv4Addr> {
        if to.is_loopback() || to.is_unspecified() {
            return Some(Ipv4Addr::LOCALHOST);
        }
        if self.is_local(to) {
            return Some(to);
        }
        if let Some(interface) = self.interfaces.iter().find(|interface| interface.reaches(to)) {
            return Some(interface.address);
        }
        let matches = |route: &&Route| to.to_bits() & route.netmask.to_bits() == route.destination.to_bits();
        let best =
            self.routes.iter().filter(matches).max_by_key(|route| route.netmask.to_bits().count_ones());
        let name = match best {
            Some(route) => &route.interface,
            None if to.is_multicast() || to.is_broadcast() => {
                &self.interfaces.iter().find(|interface| !interface.is_loopback())?.name
            }
            None => return None,
        };
        let interface = self.interface(name)?;
        (interface.flags & UP != 0 && !interface.address.is_unspecified()).then_some(interface.address)
    }

    /// The interface of that name.
    pub fn interface(&self, name: &str) -> Option<&Interface> {
        self.interfaces.iter().find(|interface| interface.name == name)
    }

    /// Counts a packet that left or came by the interface with that address.
    pub(super) fn count(&mut self, local: Ipv4Addr, sent: u64, received: u64) {
        let interface = self
            .interfaces
            .iter_mut()
            .find(|interface| interface.address == local || (interface.is_loopback() && local.is_loopback()));
        if let Some(interface) = interface {
            if sent > 0 {
                interface.sent.0 += sent;
                interface.sent.1 += sent.div_ceil(1_460);
            }
            if received > 0 {
                interface.received.0 += received;
                interface.received.1 += received.div_ceil(1_460);
            }
        }
    }
}
