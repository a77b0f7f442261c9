//! Answers to interface, route and neighbour requests of ioctl(2). Key function: [`Sockets::interface_request`].
//! Neighbours: request.rs knows the numbers, ioctl6.rs answers for IPv6. Specification: netdevice(7), arp(7).
use super::address::AF_INET;
use super::interface::{BROADCAST, Interface, LOOPBACK, RUNNING, Route, UP};
use super::network::{INTERFACES_MAX, NEIGHBOURS_MAX, Power, ROUTES_MAX};
use super::request::NEIGHBOUR_BYTES;
use super::{Domain, InterfaceRequest, SocketId, Sockets};
use crate::abi::Endian;
use crate::errno::Errno;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv4Addr;

/// Bytes of an interface name.
const NAME_BYTES: usize = 16;
/// Where the flags and the device of a `struct arpreq` stand.
const NEIGHBOUR_FLAGS: usize = 32;
const NEIGHBOUR_DEVICE: usize = 52;
/// `ATF_COM`: the entry is complete.
const COMPLETE: u32 = 2;

impl Sockets {
    /// Answers a request on a `struct ifreq` (or `rtentry`, `arpreq`), in place. `id` is the socket that is asked.
    pub fn interface_request(
        &mut self,
        id: SocketId,
        request: InterfaceRequest,
        memory: &mut [u8],
        uid: u32,
        endian: Endian,
    ) -> Result<(), Errno> {
        let domain = self.description(id)?.0;
        check(request, domain, memory.len(), uid)?;
        match request {
            InterfaceRequest::AddRoute
            | InterfaceRequest::DeleteRoute
            | InterfaceRequest::SetAddress
            | InterfaceRequest::SetPeerAddress
            | InterfaceRequest::DeleteAddress
                if domain == Domain::Inet6 =>
            {
                return self.change_6(request, memory, endian);
            }
            InterfaceRequest::AddRoute | InterfaceRequest::DeleteRoute => {
                return self.change_route(request, memory, endian);
            }
            InterfaceRequest::Neighbour
            | InterfaceRequest::SetNeighbour
            | InterfaceRequest::DeleteNeighbour => return self.neighbour(request, memory, endian),
            InterfaceRequest::Name => {
                let number = word(memory, NAME_BYTES, endian);
                let interface = self.network.numbered(number).ok_or(Errno::ENODEV)?;
                put(memory, 0, &name_field(&interface.name));
                return Ok(());
            }
            InterfaceRequest::List => return Err(Errno::EINVAL),
            _ => {}
        }
        let field = memory.get(..NAME_BYTES).unwrap_or_default();
        let name: Vec<u8> = field.iter().copied().take_while(|byte| *byte != 0).collect();
        let found = self.network.interfaces.iter().find(|interface| interface.name.as_bytes() == name);
        let number = match found {
            Some(interface) => interface.number,
            None if request == InterfaceRequest::SetAddress => self.add_alias(&name)?,
            None => return Err(Errno::ENODEV),
        };
        if request == InterfaceRequest::SetFlags {
            let flags = memory.get(NAME_BYTES..NAME_BYTES + 2).and_then(|part| part.try_into().ok());
            return self.set_flags(number, endian.read_u16(flags.unwrap_or_default()));
        }
        let clash = request == InterfaceRequest::SetName && {
            let wanted = memory.get(NAME_BYTES..NAME_BYTES * 2).unwrap_or_default();
            let wanted = wanted.split(|byte| *byte == 0).next().unwrap_or_default();
            self.network.interfaces.iter().any(|other| other.name.as_bytes() == wanted)
        };
        let parent = self.network.parent_number(number);
        let interface = self.network.numbered_mut(number).ok_or(Errno::ENODEV)?;
        if clash {
            return Err(Errno::EEXIST);
        }
        if request.changes() {
            let before = (interface.address, interface.netmask);
            change(interface, request, memory, endian)?;
            let (name, address, netmask) = (interface.name.clone(), interface.address, interface.netmask);
            if matches!(request, InterfaceRequest::SetAddress | InterfaceRequest::SetNetmask) {
                let parent = name.split(':').next().unwrap_or_default();
                self.network.drop_subnet(parent, before);
                self.network.add_subnet(parent, address, netmask);
            }
            Ok(())
        } else {
            answer(interface, parent, request, memory, endian)
        }
    }

    /// The `struct ifreq` array of SIOCGIFCONF, at most `room` bytes; `entry_bytes` is 32, or 40 with 64-bit words.
    pub fn interface_list(&self, entry_bytes: usize, room: usize, endian: Endian) -> Vec<u8> {
        let mut list = Vec::new();
        for interface in
            self.network.interfaces.iter().filter(|interface| !interface.address.is_unspecified())
        {
            if list.len() + entry_bytes > room {
                break;
            }
            let mut entry = alloc::vec![0; entry_bytes];
            put(&mut entry, 0, &name_field(interface.label()));
            put(&mut entry, NAME_BYTES, &socket_address(interface.address, endian));
            list.extend_from_slice(&entry);
        }
        list
    }

    /// An alias such as `eth0:1` appears when it gets an address.
    fn add_alias(&mut self, name: &[u8]) -> Result<u32, Errno> {
        let name = core::str::from_utf8(name).map_err(|_| Errno::ENODEV)?;
        let (parent, _) = name.split_once(':').ok_or(Errno::ENODEV)?;
        let mut alias = self.network.interface(parent).ok_or(Errno::ENODEV)?.clone();
        if self.network.interfaces.len() >= INTERFACES_MAX {
            return Err(Errno::ENOBUFS);
        }
        alias.name = name.into();
        (alias.received, alias.sent) = ((0, 0), (0, 0));
        alias.addresses6.clear();
        Ok(self.network.add_interface(alias))
    }

    /// What a driver decides stays; what is switched on or off takes its routes with it.
    fn set_flags(&mut self, number: u32, wanted: u16) -> Result<(), Errno> {
        let power = if wanted & UP != 0 { Power::Up } else { Power::Down };
        let alias = self.network.numbered(number).is_some_and(Interface::is_alias);
        if alias && power == Power::Down {
            // an address that is switched off is gone
            self.network.interfaces.retain(|interface| interface.number != number);
            return Ok(());
        }
        if power == Power::Up {
            self.network.check_power_on(number)?;
        }
        self.network.set_power(number, power);
        let interface = self.network.numbered_mut(number).ok_or(Errno::ENODEV)?;
        let fixed = LOOPBACK | BROADCAST | RUNNING | UP;
        interface.flags = (interface.flags & fixed) | (wanted & !fixed);
        Ok(())
    }

    /// `struct arpreq`: asks for, sets or deletes a neighbour.
    fn neighbour(
        &mut self,
        request: InterfaceRequest,
        memory: &mut [u8],
        endian: Endian,
    ) -> Result<(), Errno> {
        if memory.get(..2) != Some(&endian.u16(AF_INET)[..]) {
            return Err(Errno::EPFNOSUPPORT);
        }
        let wanted = address_at(memory, 0);
        let device = memory.get(NEIGHBOUR_DEVICE..NEIGHBOUR_BYTES).unwrap_or_default();
        let device = device.split(|byte| *byte == 0).next().unwrap_or_default();
        let device = core::str::from_utf8(device).map_err(|_| Errno::ENODEV)?;
        if !device.is_empty() && self.network.interface(device).is_none() {
            return Err(Errno::ENODEV);
        }
        if device.is_empty() && request == InterfaceRequest::Neighbour {
            return Err(Errno::ENODEV);
        }
        let way = self.network.way_to(wanted.into(), 0).ok_or(Errno::ENETUNREACH);
        let name: String = match device {
            "" => self.network.numbered(way?.interface).map(|found| found.name.clone()).unwrap_or_default(),
            device => device.into(),
        };
        let neighbours = &mut self.network.neighbours;
        let count = neighbours.len();
        match (request, neighbours.iter_mut().find(|row| row.0 == wanted && row.2 == name)) {
            (InterfaceRequest::Neighbour, Some(row)) => {
                put(memory, 16, &endian.u16(1));
                put(memory, 18, &row.1);
                put(memory, NEIGHBOUR_FLAGS, &endian.u32(COMPLETE));
                Ok(())
            }
            (InterfaceRequest::Neighbour | InterfaceRequest::DeleteNeighbour, None) => Err(Errno::ENXIO),
            (InterfaceRequest::DeleteNeighbour, Some(_)) => {
                neighbours.retain(|row| row.0 != wanted || row.2 != name);
                Ok(())
            }
            (_, found) => {
                let mac = memory.get(18..24).and_then(|part| part.try_into().ok()).ok_or(Errno::EFAULT)?;
                match found {
                    Some(row) => row.1 = mac,
                    None if count >= NEIGHBOURS_MAX => return Err(Errno::ENOBUFS),
                    None => neighbours.push((wanted, mac, name)),
                }
                Ok(())
            }
        }
    }

    /// `struct rtentry`: destination at 4 or 8, then gateway and mask, 16 bytes each, and the flags.
    fn change_route(
        &mut self,
        request: InterfaceRequest,
        memory: &[u8],
        endian: Endian,
    ) -> Result<(), Errno> {
        let start = if memory.len() >= 120 { 8 } else { 4 };
        let destination = address_at(memory, start);
        let gateway = address_at(memory, start + 16);
        let netmask = address_at(memory, start + 32);
        let flags = memory
            .get(start + 48..start + 50)
            .and_then(|part| part.try_into().ok())
            .map_or(0, |part| endian.read_u16(part));
        let netmask = if flags & 0x4 != 0 { Ipv4Addr::BROADCAST } else { netmask };
        let network = &mut self.network;
        let same = |route: &Route| {
            route.destination == destination
                && route.netmask == netmask
                && (gateway.is_unspecified() || route.gateway == gateway)
        };
        if request == InterfaceRequest::DeleteRoute {
            let position = network.routes.iter().position(same).ok_or(Errno::ESRCH)?;
            network.routes.remove(position);
            return Ok(());
        }
        if network.routes.iter().any(same) {
            return Err(Errno::EEXIST);
        }
        if network.routes.len() >= ROUTES_MAX {
            return Err(Errno::ENOBUFS);
        }
        let towards = if gateway.is_unspecified() { destination } else { gateway };
        let way = network.way_to(towards.into(), 0).ok_or(Errno::ENETUNREACH)?;
        let interface = network.numbered(way.interface);
        let interface: String =
            interface.map(|interface| interface.name.clone()).ok_or(Errno::ENETUNREACH)?;
        network.routes.push(Route { destination, netmask, gateway, interface, metric: 0 });
        Ok(())
    }
}

/// Whether that socket takes the request, from that user, with a structure of so many bytes.
fn check(request: InterfaceRequest, domain: Domain, bytes: usize, uid: u32) -> Result<(), Errno> {
    if !request.is_for(domain) {
        return Err(Errno::ENOTTY);
    }
    if request.changes() && uid != 0 {
        return Err(Errno::EPERM);
    }
    if bytes < 32 {
        return Err(Errno::EFAULT);
    }
    Ok(())
}

fn answer(
    interface: &Interface,
    number_of_parent: u32,
    request: InterfaceRequest,
    memory: &mut [u8],
    endian: Endian,
) -> Result<(), Errno> {
    let number = |value: u32| endian.u32(value).to_vec();
    let has_address = !interface.address.is_unspecified();
    let address = |value: Ipv4Addr| {
        if has_address { Ok(socket_address(value, endian).to_vec()) } else { Err(Errno::EADDRNOTAVAIL) }
    };
    let bytes = match request {
        InterfaceRequest::Flags => endian.u16(interface.flags).to_vec(),
        InterfaceRequest::Address | InterfaceRequest::PeerAddress => address(interface.address)?,
        InterfaceRequest::Broadcast if interface.flags & BROADCAST == 0 => address(Ipv4Addr::UNSPECIFIED)?,
        InterfaceRequest::Broadcast => address(interface.broadcast())?,
        InterfaceRequest::Netmask => address(interface.netmask)?,
        InterfaceRequest::Metric => number(0),
        InterfaceRequest::Mtu => number(interface.mtu),
        InterfaceRequest::Index => number(number_of_parent),
        InterfaceRequest::QueueLength => number(1_000),
        InterfaceRequest::Driver => return Err(Errno::EOPNOTSUPP),
        InterfaceRequest::Hardware => {
            let mut bytes = endian.u16(interface.hardware_type()).to_vec();
            bytes.extend_from_slice(&interface.mac);
            bytes.resize(16, 0);
            bytes
        }
        InterfaceRequest::Map => alloc::vec![0; 16],
        _ => return Err(Errno::EINVAL),
    };
    put(memory, NAME_BYTES, &bytes);
    Ok(())
}

fn change(
    interface: &mut Interface,
    request: InterfaceRequest,
    memory: &[u8],
    endian: Endian,
) -> Result<(), Errno> {
    match request {
        InterfaceRequest::SetAddress => {
            if memory.get(NAME_BYTES..NAME_BYTES + 2) != Some(&endian.u16(AF_INET)[..]) {
                return Err(Errno::EINVAL);
            }
            interface.address = address_at(memory, NAME_BYTES);
            interface.netmask = class_mask(interface.address);
        }
        InterfaceRequest::SetNetmask => interface.netmask = address_at(memory, NAME_BYTES),
        InterfaceRequest::SetBroadcast
        | InterfaceRequest::SetPeerAddress
        | InterfaceRequest::SetQueueLength
        | InterfaceRequest::SetGroup => {}
        InterfaceRequest::SetName if interface.flags & UP != 0 => return Err(Errno::EBUSY),
        InterfaceRequest::SetName => {
            let wanted = memory.get(NAME_BYTES..NAME_BYTES * 2).unwrap_or_default();
            let wanted = wanted.split(|byte| *byte == 0).next().unwrap_or_default();
            let name = core::str::from_utf8(wanted).map_err(|_| Errno::EINVAL)?;
            if !super::link::is_name(name) {
                return Err(Errno::EINVAL);
            }
            interface.name = name.into();
        }
        InterfaceRequest::SetMtu => {
            let mtu = word(memory, NAME_BYTES, endian);
            if !(68..=65_536).contains(&mtu) {
                return Err(Errno::EINVAL);
            }
            interface.mtu = mtu;
        }
        InterfaceRequest::SetHardware => {
            let bytes = memory.get(NAME_BYTES + 2..NAME_BYTES + 8).and_then(|part| part.try_into().ok());
            interface.mac = bytes.ok_or(Errno::EFAULT)?;
        }
        _ => return Err(Errno::EINVAL),
    }
    Ok(())
}

/// The mask of an address's class, which the kernel takes until it is told another.
fn class_mask(address: Ipv4Addr) -> Ipv4Addr {
    match address.octets() {
        [0, 0, 0, 0] => Ipv4Addr::UNSPECIFIED,
        [0..128, ..] => Ipv4Addr::new(255, 0, 0, 0),
        [128..192, ..] => Ipv4Addr::new(255, 255, 0, 0),
        _ => Ipv4Addr::new(255, 255, 255, 0),
    }
}

fn name_field(name: &str) -> [u8; NAME_BYTES] {
    let mut field = [0; NAME_BYTES];
    for (to, from) in field.iter_mut().take(NAME_BYTES - 1).zip(name.bytes()) {
        *to = from;
    }
    field
}

fn socket_address(address: Ipv4Addr, endian: Endian) -> [u8; 16] {
    let mut bytes = [0; 16];
    let head = endian.u16(AF_INET).into_iter().chain([0, 0]).chain(address.octets());
    for (to, from) in bytes.iter_mut().zip(head) {
        *to = from;
    }
    bytes
}

fn address_at(memory: &[u8], at: usize) -> Ipv4Addr {
    let octets: Option<[u8; 4]> = memory.get(at + 4..at + 8).and_then(|part| part.try_into().ok());
    Ipv4Addr::from(octets.unwrap_or_default())
}

pub(super) fn word(memory: &[u8], at: usize, endian: Endian) -> u32 {
    let bytes: Option<[u8; 4]> = memory.get(at..at + 4).and_then(|part| part.try_into().ok());
    endian.read_u32(bytes.unwrap_or_default())
}

fn put(memory: &mut [u8], at: usize, bytes: &[u8]) {
    for (to, from) in memory.iter_mut().skip(at).zip(bytes) {
        *to = *from;
    }
}
