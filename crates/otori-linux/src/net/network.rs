//! The network as the guest sees it: interfaces, routes, neighbours, what is the machine's own; key type [`Network`].
//! Neighbours: interface.rs has its parts, ioctl.rs and netlink/ change it. Specification: netdevice(7), proc_net(5).
use super::interface::{Address6, BROADCAST, Interface, RUNNING, Route, Route6, UP, link_local, mask6};
use super::link::VlanNames;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Most interfaces, aliases counted.
pub const INTERFACES_MAX: usize = 32;
/// Most routes of each family.
pub const ROUTES_MAX: usize = 64;
/// Most neighbours of each family.
pub const NEIGHBOURS_MAX: usize = 128;
/// Number of the loopback interface.
pub(super) const LOOPBACK_NUMBER: u32 = 1;
/// Number of the first alias; those of interfaces are below.
const FIRST_ALIAS: u32 = 1 << 24;
/// Most IPv6 addresses of an interface.
pub const ADDRESSES6_MAX: usize = 16;

/// Whether the kernel knows IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ipv6 {
    /// left out of the kernel: AF_INET6 is `EAFNOSUPPORT`, /proc/net has no files for it
    Absent,
    /// there
    Present,
}

/// Whether an interface is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Power {
    /// IFF_UP is set
    Up,
    /// it is not
    Down,
}

/// A neighbour of IPv4: address, hardware address, interface.
pub type Neighbour = (Ipv4Addr, [u8; 6], String);

/// Interfaces, routes and neighbours of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// interfaces and, with numbers of their own that nobody sees, aliases such as `eth0:1`
    pub interfaces: Vec<Interface>,
    /// numbers of the next interface and of the next alias
    next: (u32, u32),
    /// routes
    pub routes: Vec<Route>,
    /// neighbours
    pub neighbours: Vec<Neighbour>,
    /// routes of IPv6
    pub routes6: Vec<Route6>,
    /// neighbours of IPv6
    pub neighbours6: Vec<(Ipv6Addr, [u8; 6], String)>,
    ipv6: Ipv6,
    /// how VLANs are named
    pub(crate) vlan_names: VlanNames,
    /// net.ipv4.ping_group_range: the groups that may make sockets of echo requests
    pub(crate) ping_groups: (u32, u32),
    /// net.ipv6.bindv6only
    pub(crate) bind_only_6: bool,
}

/// How a packet leaves: with which source, by which interface (its number).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) source: IpAddr,
    pub(super) interface: u32,
}

impl Default for Network {
    /// Nothing but loopback.
    fn default() -> Network {
        Network {
            interfaces: vec![Interface { number: LOOPBACK_NUMBER, ..Interface::loopback() }],
            next: (LOOPBACK_NUMBER + 1, FIRST_ALIAS),
            routes: Vec::new(),
            neighbours: Vec::new(),
            routes6: Vec::new(),
            neighbours6: Vec::new(),
            ipv6: Ipv6::Present,
            vlan_names: VlanNames::default(),
            ping_groups: (1, 0),
            bind_only_6: false,
        }
    }
}

impl Network {
    /// Loopback and one Ethernet interface with the subnet's route and, if given, a gateway.
    pub fn with_ethernet(interface: Interface, gateway: Option<(Ipv4Addr, [u8; 6])>) -> Network {
        let name = interface.name.clone();
        let mut network = Network::default();
        if let Some((gateway, mac)) = gateway {
            let (destination, netmask) = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED);
            network.routes.push(Route { destination, netmask, gateway, interface: name.clone(), metric: 0 });
            network.neighbours.push((gateway, mac, name.clone()));
        }
        let destination = Ipv4Addr::from_bits(interface.address.to_bits() & interface.netmask.to_bits());
        let (netmask, gateway) = (interface.netmask, Ipv4Addr::UNSPECIFIED);
        network.routes.push(Route { destination, netmask, gateway, interface: name, metric: 0 });
        network.add_interface(interface);
        network
    }

    /// Adds an interface, with the IPv6 routes of its addresses; gives its number.
    pub fn add_interface(&mut self, mut interface: Interface) -> u32 {
        if self.ipv6 == Ipv6::Absent {
            interface.addresses6.clear();
        }
        for own in &interface.addresses6 {
            let route = subnet6(*own, &interface.name);
            self.routes6.push(route);
        }
        let next = if interface.is_alias() { &mut self.next.1 } else { &mut self.next.0 };
        interface.number = *next;
        *next = next.saturating_add(1);
        let number = interface.number;
        self.interfaces.push(interface);
        number
    }

    /// Whether the kernel knows IPv6.
    pub fn ipv6(&self) -> Ipv6 {
        self.ipv6
    }

    /// Takes IPv6 out of the kernel, or puts it in: without it no interface has an address of it.
    pub fn set_ipv6(&mut self, ipv6: Ipv6) {
        self.ipv6 = ipv6;
        if ipv6 == Ipv6::Absent {
            self.routes6.clear();
            self.neighbours6.clear();
            self.interfaces.iter_mut().for_each(|interface| interface.addresses6.clear());
        }
    }

    /// Whether that group may make sockets of echo requests.
    pub(super) fn may_ping(&self, group: u32) -> bool {
        (self.ping_groups.0..=self.ping_groups.1).contains(&group)
    }

    /// Whether new sockets of IPv6 do not take IPv4.
    pub(super) fn only_6(&self) -> bool {
        self.bind_only_6
    }

    /// Whether the machine itself has that address.
    pub fn is_local(&self, address: impl Into<IpAddr>) -> bool {
        let address = address.into();
        match address {
            IpAddr::V4(four) if four.is_unspecified() || four.is_loopback() => return true,
            IpAddr::V6(six) if six.is_unspecified() => return self.ipv6 == Ipv6::Present,
            _ => {}
        }
        self.interfaces.iter().any(|interface| interface.is_up() && interface.has(address))
    }

    /// Whether that is a broadcast address of the machine's subnets.
    pub fn is_broadcast(&self, address: impl Into<IpAddr>) -> bool {
        let IpAddr::V4(address) = address.into() else { return false };
        address.is_broadcast()
            || self.interfaces.iter().any(|interface| {
                interface.flags & BROADCAST != 0
                    && !interface.address.is_unspecified()
                    && interface.broadcast() == address
            })
    }

    /// The address that packets to `to` carry as their source; `None` without a route.
    pub fn source_for(&self, to: impl Into<IpAddr>) -> Option<IpAddr> {
        self.way_to(to.into(), 0).map(|way| way.source)
    }

    /// How packets to `to` leave; by the interface of that number where it is not 0.
    pub(super) fn way_to(&self, to: IpAddr, interface: u32) -> Option<Way> {
        let loops = match to {
            IpAddr::V4(to) => to.is_loopback() || to.is_unspecified(),
            IpAddr::V6(to) => to.is_loopback() || to.is_unspecified(),
        };
        let first = self.interfaces.first().filter(|first| first.is_loopback() && first.is_up());
        if loops {
            let source: IpAddr = match to {
                IpAddr::V4(to) if !to.is_unspecified() => to.into(),
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            };
            let reached = first.filter(|first| first.reaches(source))?;
            let source = if to.is_ipv4() { IpAddr::V4(reached.address) } else { source };
            return Some(Way { source, interface: LOOPBACK_NUMBER });
        }
        if self.is_local(to) {
            return Some(Way { source: to, interface: LOOPBACK_NUMBER });
        }
        if let Some(named) = self.numbered(interface) {
            return named.source_for(to).map(|source| Way { source, interface });
        }
        let number = self.route_to(to)?;
        let interface = self.numbered(number).filter(|interface| interface.is_up())?;
        let number = self.parent_number(number);
        interface.source_for(to).map(|source| Way { source, interface: number })
    }

    /// The number that the kernel knows an interface by: an alias such as `eth0:1` has its parent's.
    pub(super) fn parent_number(&self, number: u32) -> u32 {
        let parent = self.numbered(number).and_then(|interface| interface.name.split_once(':'));
        parent.and_then(|(parent, _)| self.number_of(parent)).unwrap_or(number)
    }

    /// The number of the interface that packets to `to` leave by.
    fn route_to(&self, to: IpAddr) -> Option<u32> {
        if let Some(near) = self.interfaces.iter().find(|interface| interface.reaches(to)) {
            return Some(near.number);
        }
        let name = match to {
            IpAddr::V4(four) => {
                let matches =
                    |route: &&Route| four.to_bits() & route.netmask.to_bits() == route.destination.to_bits();
                let routes = self.routes.iter().filter(matches);
                routes.max_by_key(|route| route.netmask.to_bits().count_ones()).map(|route| &route.interface)
            }
            IpAddr::V6(six) => {
                let matches = |route: &&Route6| {
                    six.to_bits() & mask6(route.prefix) == route.destination.to_bits() & mask6(route.prefix)
                };
                let routes = self.routes6.iter().filter(matches);
                routes.max_by_key(|route| route.prefix).map(|route| &route.interface)
            }
        };
        let everywhere = to.is_multicast() || self.is_broadcast(to);
        match name {
            Some(name) => self.number_of(name),
            None if everywhere => {
                self.interfaces.iter().find(|interface| !interface.is_loopback()).map(|found| found.number)
            }
            None => None,
        }
    }

    /// The interface of that name.
    pub fn interface(&self, name: &str) -> Option<&Interface> {
        self.interfaces.iter().find(|interface| interface.name == name)
    }

    /// The number of the interface of that name, from 1.
    pub fn number_of(&self, name: &str) -> Option<u32> {
        self.interface(name).map(|interface| interface.number)
    }

    /// The interface of that number.
    pub fn numbered(&self, number: u32) -> Option<&Interface> {
        self.interfaces.iter().find(|interface| interface.number == number)
    }
    /// The same, to change it.
    pub(crate) fn numbered_mut(&mut self, number: u32) -> Option<&mut Interface> {
        self.interfaces.iter_mut().find(|interface| interface.number == number)
    }

    /// The number of the interface with that address of the machine; loopback's for the machine talking to itself.
    pub(super) fn interface_of(&self, address: IpAddr) -> u32 {
        let found = self.interfaces.iter().find(|interface| interface.has(address));
        found.map_or(LOOPBACK_NUMBER, |interface| self.parent_number(interface.number))
    }

    /// Switches an interface on or off. Its routes and its link-local address go with it; the subnet's come back.
    pub(super) fn set_power(&mut self, number: u32, power: Power) {
        let ipv6 = self.ipv6;
        let Some(interface) = self.numbered_mut(number) else { return };
        let was_up = interface.is_up();
        match power {
            Power::Up => interface.flags |= UP | RUNNING,
            Power::Down => interface.flags &= !(UP | RUNNING),
        }
        if was_up == interface.is_up() {
            return;
        }
        if power == Power::Up && ipv6 == Ipv6::Present && interface.addresses6.is_empty() {
            let own = match interface.is_loopback() {
                true => Address6 { address: Ipv6Addr::LOCALHOST, prefix: 128 },
                false => link_local(interface.mac),
            };
            interface.addresses6.push(own);
        }
        let (name, address, netmask) = (interface.name.clone(), interface.address, interface.netmask);
        let loops = interface.is_loopback();
        let own: Vec<Address6> = interface.addresses6.clone();
        if power == Power::Down {
            interface.addresses6.clear();
            self.routes.retain(|row| row.interface != name);
            self.routes6.retain(|row| row.interface != name);
        } else if !loops {
            self.add_subnet(&name, address, netmask);
            self.routes6.extend(own.into_iter().map(|own| subnet6(own, &name)));
        }
        self.power_changed(number);
    }

    /// The route of a subnet that an interface is in.
    pub(super) fn add_subnet(&mut self, name: &str, address: Ipv4Addr, netmask: Ipv4Addr) {
        let destination = Ipv4Addr::from_bits(address.to_bits() & netmask.to_bits());
        let gateway = Ipv4Addr::UNSPECIFIED;
        let row = Route { destination, netmask, gateway, interface: name.into(), metric: 0 };
        let known = self.routes.contains(&row);
        let wanted = !address.is_unspecified() && !address.is_loopback() && !netmask.is_broadcast();
        if wanted && !known && self.routes.len() < ROUTES_MAX {
            self.routes.push(row);
        }
    }

    /// Takes the route of a subnet away that an interface was in; without an address it has no routes at all.
    pub(super) fn drop_subnet(&mut self, name: &str, (address, netmask): (Ipv4Addr, Ipv4Addr)) {
        let of_it = |own: &Interface| own.name == name || own.name.starts_with(&alloc::format!("{name}:"));
        let left = self.interfaces.iter().any(|own| of_it(own) && !own.address.is_unspecified());
        let subnet = address.to_bits() & netmask.to_bits();
        self.routes.retain(|row| {
            let near = row.gateway.is_unspecified() && row.netmask == netmask;
            row.interface != name || (left && !(near && row.destination.to_bits() == subnet))
        });
    }

    /// Counts a packet that left or came by the interface of that number.
    pub(super) fn count(&mut self, interface: u32, sent: u64, received: u64) {
        let Some(interface) = self.numbered_mut(interface) else { return };
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

/// The route that comes with an address.
pub(super) fn subnet6(own: Address6, interface: &str) -> Route6 {
    Route6 {
        destination: Ipv6Addr::from_bits(own.address.to_bits() & mask6(own.prefix)),
        prefix: own.prefix,
        gateway: Ipv6Addr::UNSPECIFIED,
        interface: interface.into(),
        metric: 256,
    }
}
