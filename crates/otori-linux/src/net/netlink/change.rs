//! What the route family changes: links, addresses, routes, neighbours. Key function: [`Sockets::change`]. Neighbour:
//! dump.rs tells what there is. Specification: rtnetlink(7).
use super::super::Sockets;
use super::super::interface::{Address6, Interface, Route, Route6, UNLABELLED, UP, mask6};
use super::super::network::{ADDRESSES6_MAX, INTERFACES_MAX, NEIGHBOURS_MAX, Power, ROUTES_MAX, subnet6};
use super::dump::{ADDRESS, FOUR, LINK, NEIGHBOUR, ROUTE, SIX, address, address4, address6, link};
use super::message::Request;
use crate::errno::Errno;
use alloc::string::String;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE
const REPLACE: u16 = 0x100;
const EXCLUSIVE: u16 = 0x200;
const CREATE: u16 = 0x400;
/// Groups: links, addresses of IPv4 and of IPv6.
const LINK_GROUP: u32 = 0x1;
const ADDRESS_GROUP: u32 = 0x10;
const ADDRESS6_GROUP: u32 = 0x100;
/// IFLA_MASTER
const MASTER: u16 = 10;
/// Bytes of the fixed part of each message.
const LINK_BYTES: usize = 16;
const ADDRESS_BYTES: usize = 8;
const ROUTE_BYTES: usize = 12;
const NEIGHBOUR_BYTES: usize = 12;
/// Longest name of an interface, with its NUL.
const NAME_BYTES: usize = 16;

impl Sockets {
    /// Does what a request of root asks for.
    pub(super) fn change(&mut self, request: &Request<'_>) -> Result<(), Errno> {
        let deletes = request.kind & 3 == 1;
        match (request.kind & !3, request.byte(0)) {
            (LINK, _) if deletes => self.delete_link(request),
            (LINK, _) => self.change_link(request),
            (ADDRESS, FOUR) if deletes => self.delete_address4(request),
            (ADDRESS, FOUR) => self.add_address4(request),
            (ADDRESS, SIX) => self.change_address6(request, deletes),
            (ROUTE, FOUR) => self.change_route4(request, deletes),
            (ROUTE, SIX) => self.change_route6(request, deletes),
            (NEIGHBOUR, FOUR | SIX) => self.change_neighbour(request, deletes),
            _ => Err(Errno::EOPNOTSUPP),
        }
    }

    fn numbered_mut(&mut self, number: u32) -> Result<&mut Interface, Errno> {
        self.network.numbered_mut(number).ok_or(Errno::ENODEV)
    }

    /// RTM_NEWLINK and RTM_SETLINK: flags, name, MTU, hardware address, bridge; bridges and VLANs can be made.
    fn change_link(&mut self, request: &Request<'_>) -> Result<(), Errno> {
        let name = request.attribute(LINK_BYTES, 3).map(text).transpose()?;
        let number = match (request.word(4), &name) {
            (0, Some(name)) => match self.network.number_of(name) {
                Some(_) if request.flags & EXCLUSIVE != 0 => return Err(Errno::EEXIST),
                Some(number) => number,
                None if request.flags & CREATE != 0 => self.create_link(request, name)?,
                None => return Err(Errno::ENODEV),
            },
            (0, None) if request.flags & CREATE != 0 => self.create_link(request, "")?,
            (0, None) => return Err(Errno::EINVAL),
            (number, _) => number,
        };
        let (flags, mask) = (request.word(8), request.word(12));
        let clash = name.as_ref().and_then(|name| self.network.number_of(name));
        let before = self.numbered_mut(number)?.name.clone();
        let interface = self.numbered_mut(number)?;
        if let Some(mtu) = request.number(LINK_BYTES, 4) {
            let allowed = 68..=65_536;
            interface.mtu = if allowed.contains(&mtu) { mtu } else { return Err(Errno::EINVAL) };
        }
        if let Some(mac) = request.attribute(LINK_BYTES, 1) {
            if interface.is_loopback() {
                return Err(Errno::EOPNOTSUPP);
            }
            interface.mac = mac.try_into().map_err(|_| Errno::EINVAL)?;
        }
        match name {
            Some(name) if name != before => {
                if clash.is_some() {
                    return Err(Errno::EEXIST);
                }
                if interface.is_up() {
                    return Err(Errno::EBUSY);
                }
                interface.name = name;
            }
            _ => {}
        }
        if let Some(master) = request.number(LINK_BYTES, MASTER) {
            self.change_master(number, master)?;
        }
        // no mask stands for every flag
        let mask = if mask == 0 { flags } else { mask };
        if mask & u32::from(UP) != 0 {
            let power = if flags & u32::from(UP) != 0 { Power::Up } else { Power::Down };
            if power == Power::Up {
                self.network.check_power_on(number)?;
            }
            self.network.set_power(number, power);
        }
        let body = link(request.endian, number, self.numbered_mut(number)?);
        self.tell_group(LINK_GROUP, request.endian, LINK, &body);
        Ok(())
    }

    /// RTM_NEWLINK of one that is not there: of which kind says IFLA_LINKINFO.
    fn create_link(&mut self, request: &Request<'_>, name: &str) -> Result<u32, Errno> {
        /// IFLA_LINKINFO with IFLA_INFO_KIND and IFLA_INFO_DATA; IFLA_LINK; IFLA_VLAN_ID
        const INFORMATION: u16 = 18;
        const KIND: u16 = 1;
        const DATA: u16 = 2;
        const BELOW: u16 = 5;
        const VLAN_ID: u16 = 1;
        let information = request.attribute(LINK_BYTES, INFORMATION).map(|inner| request.nested(inner));
        let kind = information.and_then(|inner| inner.attribute(KIND)).map(text).transpose()?;
        match kind.as_deref() {
            Some("bridge") => self.network.add_bridge(name),
            Some("vlan") => {
                let data = information.and_then(|inner| inner.attribute(DATA)).ok_or(Errno::EINVAL)?;
                let id = request.nested(data).half(VLAN_ID).ok_or(Errno::EINVAL)?;
                let below = request.number(LINK_BYTES, BELOW).ok_or(Errno::EINVAL)?;
                self.network.add_vlan(below, id, Some(name).filter(|name| !name.is_empty()))
            }
            _ => Err(Errno::EOPNOTSUPP),
        }
    }

    /// RTM_DELLINK: what was made can go, hardware cannot.
    fn delete_link(&mut self, request: &Request<'_>) -> Result<(), Errno> {
        let number = match request.word(4) {
            0 => {
                let name = request.attribute(LINK_BYTES, 3).map(text).transpose()?.ok_or(Errno::EINVAL)?;
                self.network.number_of(&name).ok_or(Errno::ENODEV)?
            }
            number => number,
        };
        let body = link(request.endian, number, self.numbered_mut(number)?);
        self.network.remove_link(number)?;
        self.tell_group(LINK_GROUP, request.endian, LINK + 1, &body);
        Ok(())
    }

    /// IFLA_MASTER: the bridge that an interface is a port of, 0 for none.
    fn change_master(&mut self, number: u32, master: u32) -> Result<(), Errno> {
        let before = self.numbered_mut(number)?.master;
        if before.is_some_and(|(bridge, _)| bridge == master) {
            return Ok(());
        }
        if let Some((bridge, _)) = before {
            self.network.remove_port(bridge, number)?;
        }
        match master {
            0 => Ok(()),
            _ if self.network.numbered(master).is_none() => Err(Errno::EINVAL),
            _ => self.network.add_port(master, number),
        }
    }

    fn add_address4(&mut self, request: &Request<'_>) -> Result<(), Errno> {
        let (prefix, number) = (request.byte(1), request.word(4));
        let attribute = |kind| request.attribute(ADDRESS_BYTES, kind).and_then(|bytes| address(bytes, FOUR));
        let Some(IpAddr::V4(own)) = attribute(2).or_else(|| attribute(1)) else { return Err(Errno::EINVAL) };
        if prefix > 32 {
            return Err(Errno::EINVAL);
        }
        let label = request.attribute(ADDRESS_BYTES, 3).map(text).transpose()?;
        let netmask = Ipv4Addr::from_bits(u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0));
        let endian = request.endian;
        let interface = self.numbered_mut(number)?;
        let name = interface.name.clone();
        let alias =
            |other: &&Interface| other.name == name || other.name.starts_with(&alloc::format!("{name}:"));
        if self
            .network
            .interfaces
            .iter()
            .filter(alias)
            .any(|other| other.address == own && other.netmask == netmask)
        {
            return if request.flags & REPLACE != 0 { Ok(()) } else { Err(Errno::EEXIST) };
        }
        let interface = self.numbered_mut(number)?;
        let told = if interface.address.is_unspecified() {
            (interface.address, interface.netmask) = (own, netmask);
            interface.clone()
        } else {
            let count = self.network.interfaces.iter().filter(alias).count();
            let name =
                label.filter(|label| *label != name).unwrap_or(alloc::format!("{name}{UNLABELLED}{count}"));
            let mut alias = self.numbered_mut(number)?.clone();
            (alias.name, alias.address, alias.netmask) = (name, own, netmask);
            (alias.received, alias.sent) = ((0, 0), (0, 0));
            alias.addresses6.clear();
            if self.network.interfaces.len() >= INTERFACES_MAX {
                return Err(Errno::ENOBUFS);
            }
            self.network.add_interface(alias.clone());
            alias
        };
        self.network.add_subnet(&name, own, netmask);
        self.tell_group(ADDRESS_GROUP, endian, ADDRESS, &address4(endian, number, &told));
        Ok(())
    }

    fn delete_address4(&mut self, request: &Request<'_>) -> Result<(), Errno> {
        let number = request.word(4);
        let attribute = |kind| request.attribute(ADDRESS_BYTES, kind).and_then(|bytes| address(bytes, FOUR));
        let own = attribute(2).or_else(|| attribute(1));
        let name = self.numbered_mut(number)?.name.clone();
        let alias = alloc::format!("{name}:");
        let fits = |other: &Interface| {
            let named = other.name == name || other.name.starts_with(&alias);
            named && !other.address.is_unspecified() && own.is_none_or(|own| own == IpAddr::V4(other.address))
        };
        let place = self.network.interfaces.iter().position(fits).ok_or(Errno::EADDRNOTAVAIL)?;
        let interface = self.network.interfaces.get_mut(place).ok_or(Errno::EADDRNOTAVAIL)?;
        let told = interface.clone();
        (interface.address, interface.netmask) = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED);
        if interface.name.contains(':') {
            self.network.interfaces.remove(place);
        }
        let subnet = told.address.to_bits() & told.netmask.to_bits();
        self.network.routes.retain(|row| {
            row.interface != name || row.destination.to_bits() != subnet || row.netmask != told.netmask
        });
        let body = address4(request.endian, number, &told);
        self.tell_group(ADDRESS_GROUP, request.endian, ADDRESS + 1, &body);
        Ok(())
    }

    fn change_address6(&mut self, request: &Request<'_>, deletes: bool) -> Result<(), Errno> {
        let (prefix, number) = (request.byte(1), request.word(4));
        let attribute = |kind| request.attribute(ADDRESS_BYTES, kind).and_then(|bytes| address(bytes, SIX));
        let Some(IpAddr::V6(own)) = attribute(2).or_else(|| attribute(1)) else { return Err(Errno::EINVAL) };
        if prefix > 128 || (!deletes && (own.is_multicast() || own.is_unspecified())) {
            return Err(Errno::EINVAL);
        }
        let added = Address6 { address: own, prefix };
        let interface = self.numbered_mut(number)?;
        let place = interface.addresses6.iter().position(|known| known.address == own);
        match (deletes, place) {
            (true, Some(place)) => _ = interface.addresses6.remove(place),
            (true, None) => return Err(Errno::EADDRNOTAVAIL),
            (false, Some(_)) if request.flags & REPLACE != 0 => return Ok(()),
            (false, Some(_)) => return Err(Errno::EEXIST),
            (false, None) if interface.addresses6.len() >= ADDRESSES6_MAX => return Err(Errno::ENOBUFS),
            (false, None) => interface.addresses6.push(added),
        }
        let name = interface.name.clone();
        let row = subnet6(added, &name);
        let routes = &mut self.network.routes6;
        if deletes {
            routes.retain(|known| *known != row);
        } else if prefix < 128 && routes.len() < ROUTES_MAX && !routes.contains(&row) {
            routes.push(row);
        }
        let kind = ADDRESS + u16::from(deletes);
        let body = address6(request.endian, number, added);
        self.tell_group(ADDRESS6_GROUP, request.endian, kind, &body);
        Ok(())
    }

    fn change_route4(&mut self, request: &Request<'_>, deletes: bool) -> Result<(), Errno> {
        let prefix = u32::from(request.byte(1));
        let four = |kind| match request.attribute(ROUTE_BYTES, kind).map(|bytes| address(bytes, FOUR)) {
            Some(Some(IpAddr::V4(found))) => Ok(Some(found)),
            Some(_) => Err(Errno::EINVAL),
            None => Ok(None),
        };
        let destination = four(1)?.unwrap_or(Ipv4Addr::UNSPECIFIED);
        let gateway = four(5)?.unwrap_or(Ipv4Addr::UNSPECIFIED);
        if prefix > 32 {
            return Err(Errno::EINVAL);
        }
        let netmask = Ipv4Addr::from_bits(u32::MAX.checked_shl(32 - prefix).unwrap_or(0));
        if destination.to_bits() & !netmask.to_bits() != 0 {
            return Err(Errno::EINVAL);
        }
        let metric = request.number(ROUTE_BYTES, 6);
        let named = match request.number(ROUTE_BYTES, 4) {
            Some(number) => Some(self.numbered_mut(number)?.name.clone()),
            None => None,
        };
        if deletes {
            let same = |row: &Route| {
                row.destination == destination
                    && row.netmask == netmask
                    && (gateway.is_unspecified() || row.gateway == gateway)
                    && named.as_ref().is_none_or(|name| *name == row.interface)
            };
            let place = self.network.routes.iter().position(same).ok_or(Errno::ESRCH)?;
            self.network.routes.remove(place);
            return Ok(());
        }
        let interface = match named {
            Some(name) => name,
            None => self.interface_towards(gateway.into())?,
        };
        if !self.network.interface(&interface).is_some_and(Interface::is_up) {
            return Err(Errno::ENETDOWN);
        }
        let metric = metric.unwrap_or(0);
        let same =
            |row: &Route| row.destination == destination && row.netmask == netmask && row.metric == metric;
        let place = self.network.routes.iter().position(same);
        let row = Route { destination, netmask, gateway, interface, metric };
        put_route(&mut self.network.routes, place, row, request.flags)
    }

    fn change_route6(&mut self, request: &Request<'_>, deletes: bool) -> Result<(), Errno> {
        let prefix = request.byte(1);
        let six = |kind| match request.attribute(ROUTE_BYTES, kind).map(|bytes| address(bytes, SIX)) {
            Some(Some(IpAddr::V6(found))) => Ok(found),
            Some(_) => Err(Errno::EINVAL),
            None => Ok(Ipv6Addr::UNSPECIFIED),
        };
        let (destination, gateway) = (six(1)?, six(5)?);
        if prefix > 128 {
            return Err(Errno::EINVAL);
        }
        let destination = Ipv6Addr::from_bits(destination.to_bits() & mask6(prefix));
        let named = match request.number(ROUTE_BYTES, 4) {
            Some(number) => Some(self.numbered_mut(number)?.name.clone()),
            None => None,
        };
        if deletes {
            let same = |row: &Route6| {
                row.destination == destination
                    && row.prefix == prefix
                    && (gateway.is_unspecified() || row.gateway == gateway)
                    && named.as_ref().is_none_or(|name| *name == row.interface)
            };
            let place = self.network.routes6.iter().position(same).ok_or(Errno::ESRCH)?;
            self.network.routes6.remove(place);
            return Ok(());
        }
        let interface = match named {
            Some(name) => name,
            None => self.interface_towards(gateway.into())?,
        };
        let metric = request.number(ROUTE_BYTES, 6).unwrap_or(1_024);
        let same =
            |row: &Route6| row.destination == destination && row.prefix == prefix && row.metric == metric;
        let place = self.network.routes6.iter().position(same);
        let row = Route6 { destination, prefix, gateway, interface, metric };
        put_route(&mut self.network.routes6, place, row, request.flags)
    }

    /// The interface by which a gateway is reached.
    fn interface_towards(&self, gateway: IpAddr) -> Result<String, Errno> {
        if gateway.is_unspecified() {
            return Err(Errno::ENODEV);
        }
        let way = self.network.way_to(gateway, 0).ok_or(Errno::ENETUNREACH)?;
        self.network.numbered(way.interface).map(|found| found.name.clone()).ok_or(Errno::ENETUNREACH)
    }

    fn change_neighbour(&mut self, request: &Request<'_>, deletes: bool) -> Result<(), Errno> {
        let family = request.byte(0);
        let name = self.numbered_mut(request.word(4))?.name.clone();
        let bytes = request.attribute(NEIGHBOUR_BYTES, 1).ok_or(Errno::EINVAL)?;
        let wanted = address(bytes, family).ok_or(Errno::EINVAL)?;
        let mac = request.attribute(NEIGHBOUR_BYTES, 2).map(<[u8; 6]>::try_from);
        let mac = mac.transpose().map_err(|_| Errno::EINVAL)?;
        match wanted {
            IpAddr::V4(four) => {
                change_row(&mut self.network.neighbours, four, mac, name, request.flags, deletes)
            }
            IpAddr::V6(six) => {
                change_row(&mut self.network.neighbours6, six, mac, name, request.flags, deletes)
            }
        }
    }
}

/// Puts a route into its table as the request's flags say.
fn put_route<R>(
    routes: &mut alloc::vec::Vec<R>,
    place: Option<usize>,
    row: R,
    flags: u16,
) -> Result<(), Errno> {
    let count = routes.len();
    match routes.get_mut(place.unwrap_or(usize::MAX)) {
        Some(known) if flags & REPLACE != 0 => *known = row,
        Some(_) => return Err(Errno::EEXIST),
        None if flags & CREATE == 0 => return Err(Errno::ENOENT),
        None if count >= ROUTES_MAX => return Err(Errno::ENOBUFS),
        None => routes.push(row),
    }
    Ok(())
}

/// Changes the row of a neighbour.
fn change_row<A: PartialEq>(
    rows: &mut alloc::vec::Vec<(A, [u8; 6], String)>,
    wanted: A,
    mac: Option<[u8; 6]>,
    name: String,
    flags: u16,
    deletes: bool,
) -> Result<(), Errno> {
    let count = rows.len();
    match (deletes, rows.iter_mut().find(|row| row.0 == wanted && row.2 == name)) {
        (true, Some(_)) => rows.retain(|row| row.0 != wanted || row.2 != name),
        (true, None) => return Err(Errno::ENOENT),
        (false, Some(_)) if flags & EXCLUSIVE != 0 => return Err(Errno::EEXIST),
        (false, Some(row)) => row.1 = mac.unwrap_or(row.1),
        (false, None) if flags & CREATE == 0 => return Err(Errno::ENOENT),
        (false, None) if count >= NEIGHBOURS_MAX => return Err(Errno::ENOBUFS),
        (false, None) => rows.push((wanted, mac.unwrap_or_default(), name)),
    }
    Ok(())
}

fn text(bytes: &[u8]) -> Result<String, Errno> {
    let name = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    match core::str::from_utf8(name) {
        Ok(name) if !name.is_empty() && name.len() < NAME_BYTES && !name.contains('/') => Ok(name.into()),
        _ => Err(Errno::EINVAL),
    }
}
