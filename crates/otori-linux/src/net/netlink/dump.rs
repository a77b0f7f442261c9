//! What the route family tells: links, addresses, routes, neighbours; as lists and one at a time. Key functions:
//! [`Sockets::dump`], [`Sockets::find`]. Specification: rtnetlink(7), `linux/rtnetlink.h`, `linux/if_link.h`.
use super::super::interface::{Address6, Interface, Route, Route6};
use super::super::link::Role;
use super::super::{Network, Sockets};
use super::message::{Body, Request};
use crate::abi::Endian;
use crate::errno::Errno;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// AF_INET, AF_INET6, AF_PACKET
pub(super) const FOUR: u8 = 2;
pub(super) const SIX: u8 = 10;
const PACKET: u8 = 17;
/// Requests and answers of each kind of thing: the first number of its four.
pub(super) const LINK: u16 = 16;
pub(super) const ADDRESS: u16 = 20;
pub(super) const ROUTE: u16 = 24;
pub(super) const NEIGHBOUR: u16 = 28;
const RULE: u16 = 32;
const QUEUE: u16 = 36;
/// RT_TABLE_LOCAL, RT_TABLE_MAIN
const LOCAL: u32 = 255;
pub(super) const MAIN: u32 = 254;
/// RTPROT_KERNEL, RTPROT_BOOT
const KERNEL: u8 = 2;
const BOOT: u8 = 3;
/// RT_SCOPE_LINK, RT_SCOPE_HOST
const SCOPE_LINK: u8 = 253;
const SCOPE_HOST: u8 = 254;
/// RTN_UNICAST, RTN_LOCAL, RTN_BROADCAST
const UNICAST: u8 = 1;
const OWN: u8 = 2;
const BROADCAST: u8 = 3;
/// RTM_F_CLONED: the answer to who asked for a way
const CLONED: u32 = 0x200;
/// IFF_LOWER_UP, which the kernel adds for a carrier
const CARRIER: u32 = 0x1_0000;

/// A route as it is told.
struct Told {
    table: u32,
    protocol: u8,
    scope: u8,
    kind: u8,
    to: (IpAddr, u8),
    gateway: Option<IpAddr>,
    source: Option<IpAddr>,
    interface: u32,
    metric: u32,
}

impl Sockets {
    /// The datagrams of a list.
    pub(super) fn dump(&self, request: &Request<'_>) -> Vec<Vec<u8>> {
        let (endian, network, family) = (request.endian, &self.network, request.byte(0));
        let (four, six) = (matches!(family, 0 | FOUR), matches!(family, 0 | SIX));
        let kind = request.kind & !3;
        let bodies: Vec<Vec<u8>> = match kind {
            LINK if matches!(family, 0 | FOUR | SIX | PACKET) => {
                links(network).map(|(number, interface)| link(endian, number, interface)).collect()
            }
            ADDRESS => addresses(network, endian, four, six),
            ROUTE => {
                let routes = told4(network).into_iter().filter(|_| four);
                let routes = routes.chain(told6(network).into_iter().filter(|_| six));
                routes.map(|told| route(endian, &told)).collect()
            }
            NEIGHBOUR => neighbours(network, endian, four, six),
            RULE => rules(endian, four, six, network),
            _ => Vec::new(),
        };
        if kind > QUEUE + 11 {
            return Vec::from([request.error(Errno::EOPNOTSUPP, self.numbering)]);
        }
        request.series(bodies.into_iter().map(|body| (kind, body)).collect())
    }

    /// The one that is asked for.
    pub(super) fn find(&self, request: &Request<'_>) -> Result<Vec<Vec<u8>>, Errno> {
        let (endian, network) = (request.endian, &self.network);
        match request.kind & !3 {
            LINK => {
                let number = match request.word(4) {
                    0 => {
                        let name = request.attribute(16, 3).ok_or(Errno::EINVAL)?;
                        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
                        let name = core::str::from_utf8(name).map_err(|_| Errno::ENODEV)?;
                        network.number_of(name).ok_or(Errno::ENODEV)?
                    }
                    number => number,
                };
                let interface = network.numbered(number).ok_or(Errno::ENODEV)?;
                Ok(Vec::from([request.single(LINK, &link(endian, number, interface))]))
            }
            ROUTE => {
                let to = address(request.attribute(12, 1).unwrap_or_default(), request.byte(0));
                let to = to.ok_or(Errno::EINVAL)?;
                let told = way(network, to).ok_or(Errno::ENETUNREACH)?;
                Ok(Vec::from([request.single(ROUTE, &route(endian, &told))]))
            }
            _ => Err(Errno::EOPNOTSUPP),
        }
    }
}

/// The bytes of an address of a family.
pub(super) fn address(bytes: &[u8], family: u8) -> Option<IpAddr> {
    match family {
        FOUR => <[u8; 4]>::try_from(bytes.get(..4)?).ok().map(|octets| Ipv4Addr::from(octets).into()),
        SIX => <[u8; 16]>::try_from(bytes.get(..16)?).ok().map(|octets| Ipv6Addr::from(octets).into()),
        _ => None,
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(four) => four.octets().to_vec(),
        IpAddr::V6(six) => six.octets().to_vec(),
    }
}

fn numbered(network: &Network) -> impl Iterator<Item = (u32, &Interface)> {
    network.interfaces.iter().map(|interface| (interface.number, interface))
}
/// Interfaces with their numbers; an alias such as `eth0:1` is an address of its parent.
fn links(network: &Network) -> impl Iterator<Item = (u32, &Interface)> {
    numbered(network).filter(|(_, interface)| !interface.is_alias())
}

/// `struct ifinfomsg` and its attributes.
pub(super) fn link(endian: Endian, number: u32, interface: &Interface) -> Vec<u8> {
    let (hardware, loops, up) = (interface.hardware_type(), interface.is_loopback(), interface.is_up());
    let flags = u32::from(interface.flags) | if up { CARRIER } else { 0 };
    let (received, sent) = (interface.received, interface.sent);
    let counters = [received.1, sent.1, received.0, sent.0];
    let short: Vec<u8> = (0..24)
        .flat_map(|place: usize| endian.u32(counters.get(place).copied().unwrap_or(0) as u32))
        .collect();
    let state = match (loops, up) {
        (true, _) => 0,
        (false, true) => 6,
        (false, false) => 2,
    };
    Body::new(endian, &[0, 0])
        .half(hardware)
        .word(number)
        .word(flags)
        .word(0)
        .text(3, &interface.name)
        .number(13, 1_000)
        .attribute(16, &[state])
        .attribute(17, &[0])
        .number(4, interface.mtu)
        .number(27, 0)
        .number(30, 0)
        .number(31, 1)
        .number(32, 1)
        .attribute(33, &[u8::from(up)])
        .text(6, if loops { "noqueue" } else { "pfifo_fast" })
        .attribute(1, &interface.mac)
        .attribute(2, &if loops { [0; 6] } else { [0xff; 6] })
        .attribute(7, &short)
        .bytes(&kind_of_link(endian, interface))
        .finish()
}

/// IFLA_MASTER, IFLA_LINK and IFLA_LINKINFO of what is made of other interfaces.
fn kind_of_link(endian: Endian, interface: &Interface) -> Vec<u8> {
    let mut body = Body::new(endian, &[]);
    if let Some((bridge, _)) = interface.master {
        body = body.number(10, bridge);
    }
    let inner = |kind: &str| Body::new(endian, &[]).text(1, kind);
    match &interface.role {
        Role::Plain => {}
        Role::Bridge(bridge) => {
            // IFLA_BR_FORWARD_DELAY, HELLO_TIME, MAX_AGE, AGEING_TIME, STP_STATE, PRIORITY
            let data = Body::new(endian, &[]).number(1, bridge.forward_delay).number(2, bridge.hello_time);
            let data = data.number(3, bridge.max_age).number(4, bridge.ageing_time);
            let data = data.number(5, u32::from(bridge.spanning_tree));
            let data = data.attribute(6, &endian.u16(bridge.priority)).finish();
            body = body.attribute(18, &inner("bridge").attribute(2, &data).finish());
        }
        Role::Vlan(vlan) => {
            // IFLA_VLAN_ID
            let data = Body::new(endian, &[]).attribute(1, &endian.u16(vlan.id)).finish();
            body = body.number(5, vlan.parent);
            body = body.attribute(18, &inner("vlan").attribute(2, &data).finish());
        }
    }
    body.finish()
}

fn addresses(network: &Network, endian: Endian, four: bool, six: bool) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    for (number, interface) in numbered(network) {
        let parent = network.parent_number(number);
        if four && !interface.address.is_unspecified() {
            bodies.push(address4(endian, parent, interface));
        }
    }
    for (number, interface) in numbered(network) {
        if six {
            bodies.extend(interface.addresses6.iter().map(|own| address6(endian, number, *own)));
        }
    }
    bodies
}

/// `struct ifaddrmsg` of IPv4.
pub(super) fn address4(endian: Endian, number: u32, interface: &Interface) -> Vec<u8> {
    let scope = if interface.address.is_loopback() { SCOPE_HOST } else { 0 };
    let own = interface.address.octets();
    let mut body = Body::new(endian, &[FOUR, interface.prefix(), 0x80, scope]).word(number);
    body = body.attribute(1, &own).attribute(2, &own);
    if !interface.is_loopback() {
        body = body.attribute(4, &interface.broadcast().octets());
    }
    body.text(3, interface.label()).number(8, 0x80).attribute(6, &lifetime(endian)).finish()
}

/// `struct ifaddrmsg` of IPv6.
pub(super) fn address6(endian: Endian, number: u32, own: Address6) -> Vec<u8> {
    let scope = match own.scope() {
        0x10 => SCOPE_HOST,
        0x20 => SCOPE_LINK,
        _ => 0,
    };
    let body = Body::new(endian, &[SIX, own.prefix, 0x80, scope]).word(number);
    body.attribute(1, &own.address.octets()).attribute(6, &lifetime(endian)).number(8, 0x80).finish()
}

/// `struct ifa_cacheinfo`: preferred and valid for ever.
fn lifetime(endian: Endian) -> Vec<u8> {
    [u32::MAX, u32::MAX, 100, 100].into_iter().flat_map(|word| endian.u32(word)).collect()
}

/// The routes of IPv4: the main table, then what the kernel keeps of its own addresses.
fn told4(network: &Network) -> Vec<Told> {
    let mut told: Vec<Told> = network.routes.iter().map(|row| main4(network, row)).collect();
    for (number, interface) in numbered(network) {
        if interface.address.is_unspecified() || !interface.is_up() {
            continue;
        }
        let own = IpAddr::V4(interface.address);
        let number = network.parent_number(number);
        let local = |to: (IpAddr, u8), kind: u8| Told {
            table: LOCAL,
            protocol: KERNEL,
            scope: if kind == OWN { SCOPE_HOST } else { SCOPE_LINK },
            kind,
            to,
            gateway: None,
            source: Some(own),
            interface: number,
            metric: 0,
        };
        if interface.is_loopback() {
            let subnet = Ipv4Addr::from_bits(interface.address.to_bits() & interface.netmask.to_bits());
            told.push(local((subnet.into(), interface.prefix()), OWN));
        }
        told.push(local((own, 32), OWN));
        if interface.prefix() < 31 {
            told.push(local((interface.broadcast().into(), 32), BROADCAST));
        }
    }
    told
}

fn main4(network: &Network, row: &Route) -> Told {
    let number = network.number_of(&row.interface).unwrap_or(0);
    let near = row.gateway.is_unspecified();
    let mask = row.netmask.to_bits();
    let mut named = numbered(network).filter(|(other, _)| network.parent_number(*other) == number);
    let within = |own: &Ipv4Addr| own.to_bits() & mask == row.destination.to_bits();
    let own = named.find_map(|(_, interface)| Some(interface.address).filter(within));
    let kernel = near && own.is_some();
    Told {
        table: MAIN,
        protocol: if kernel { KERNEL } else { BOOT },
        scope: if near { SCOPE_LINK } else { 0 },
        kind: UNICAST,
        to: (row.destination.into(), mask.leading_ones() as u8),
        gateway: (!near).then_some(row.gateway.into()),
        source: own.filter(|_| kernel).map(IpAddr::V4),
        interface: number,
        metric: row.metric,
    }
}

fn told6(network: &Network) -> Vec<Told> {
    let mut told: Vec<Told> = network.routes6.iter().map(|row| main6(network, row)).collect();
    for (number, interface) in numbered(network) {
        told.extend(interface.addresses6.iter().map(|own| Told {
            table: LOCAL,
            protocol: KERNEL,
            scope: 0,
            kind: OWN,
            to: (own.address.into(), 128),
            gateway: None,
            source: None,
            interface: number,
            metric: 0,
        }));
    }
    told
}

fn main6(network: &Network, row: &Route6) -> Told {
    let near = row.gateway.is_unspecified();
    Told {
        table: MAIN,
        protocol: if near && row.metric == 256 { KERNEL } else { BOOT },
        scope: 0,
        kind: UNICAST,
        to: (row.destination.into(), row.prefix),
        gateway: (!near).then_some(row.gateway.into()),
        source: None,
        interface: network.number_of(&row.interface).unwrap_or(0),
        metric: row.metric,
    }
}

/// How packets to an address go, as `ip route get` asks.
fn way(network: &Network, to: IpAddr) -> Option<Told> {
    let way = network.way_to(to, 0)?;
    let local = network.is_local(to);
    let gateway = match to {
        IpAddr::V4(four) if !local => {
            let near = network.numbered(way.interface).is_some_and(|interface| interface.reaches(to));
            let matches = |row: &&Route| four.to_bits() & row.netmask.to_bits() == row.destination.to_bits();
            let best = network.routes.iter().filter(matches).max_by_key(|row| row.netmask.to_bits());
            best.filter(|row| !near && !row.gateway.is_unspecified()).map(|row| row.gateway.into())
        }
        _ => None,
    };
    Some(Told {
        table: MAIN,
        protocol: 0,
        scope: 0,
        kind: if local { OWN } else { UNICAST },
        to: (to, if to.is_ipv4() { 32 } else { 128 }),
        gateway,
        source: Some(way.source),
        interface: way.interface,
        metric: 0,
    })
}

/// `struct rtmsg` and its attributes.
fn route(endian: Endian, told: &Told) -> Vec<u8> {
    let family = if told.to.0.is_ipv4() { FOUR } else { SIX };
    let (table, protocol, scope, kind) = (told.table as u8, told.protocol, told.scope, told.kind);
    let head = [family, told.to.1, 0, 0, table, protocol, scope, kind];
    let asked = told.protocol == 0;
    let flags = if asked { CLONED } else { 0 };
    let mut body = Body::new(endian, &head).word(flags).number(15, told.table);
    if told.to.1 > 0 {
        body = body.attribute(1, &octets(told.to.0));
    }
    if told.metric > 0 || family == SIX {
        body = body.number(6, told.metric);
    }
    // who asked for a way is told the interface first
    if asked {
        body = body.number(4, told.interface);
    }
    if let Some(source) = told.source {
        body = body.attribute(7, &octets(source));
    }
    if let Some(gateway) = told.gateway {
        body = body.attribute(5, &octets(gateway));
    }
    if !asked {
        body = body.number(4, told.interface);
    }
    if family == SIX {
        // struct rta_cacheinfo, and a preference of medium
        body = body.attribute(12, &[0; 32]).attribute(20, &[0]);
    }
    body.finish()
}

/// `struct ndmsg` of each neighbour that is known.
fn neighbours(network: &Network, endian: Endian, four: bool, six: bool) -> Vec<Vec<u8>> {
    let told = |address: IpAddr, mac: [u8; 6], name: &str| {
        let family = if address.is_ipv4() { FOUR } else { SIX };
        let reachable = 2;
        Body::new(endian, &[family, 0, 0, 0])
            .word(network.number_of(name).unwrap_or(0))
            .half(reachable)
            .bytes(&[0, UNICAST])
            .attribute(1, &octets(address))
            .attribute(2, &mac)
            .finish()
    };
    let fours = network.neighbours.iter().map(|row| told(row.0.into(), row.1, &row.2)).filter(|_| four);
    let sixes = network.neighbours6.iter().map(|row| told(row.0.into(), row.1, &row.2)).filter(|_| six);
    fours.chain(sixes).collect()
}

/// The rules that every kernel begins with: local, main, default (IPv4 only).
fn rules(endian: Endian, four: bool, six: bool, network: &Network) -> Vec<Vec<u8>> {
    let rule = |family: u8, table: u32, priority: u32| {
        let lookup = 1;
        let body = Body::new(endian, &[family, 0, 0, 0, table as u8, 0, 0, lookup]).word(0);
        let body = body.number(15, table);
        let body = if priority > 0 { body.number(6, priority) } else { body };
        body.finish()
    };
    let fours = [(LOCAL, 0), (MAIN, 32_766), (253, 32_767)].into_iter().filter(|_| four);
    let known = network.ipv6() == super::super::Ipv6::Present;
    let sixes = [(LOCAL, 0), (MAIN, 32_766)].into_iter().filter(|_| six && known);
    let fours = fours.map(|(table, priority)| rule(FOUR, table, priority));
    fours.chain(sixes.map(|(table, priority)| rule(SIX, table, priority))).collect()
}
