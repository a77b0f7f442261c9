//! Interface and route requests of ioctl(2); key type [`InterfaceRequest`]. Specification: netdevice(7),
//! `linux/sockios.h`, `struct ifreq`.
use super::Sockets;
use super::address::AF_INET;
use super::interface::{BROADCAST, INTERFACES_MAX, Interface, LOOPBACK, ROUTES_MAX, RUNNING, Route, UP};
use crate::abi::Endian;
use crate::errno::Errno;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv4Addr;

/// Bytes of an interface name.
const NAME_BYTES: usize = 16;
/// `ARPHRD_ETHER`, `ARPHRD_LOOPBACK`
const HARDWARE_TYPES: (u16, u16) = (1, 772);

/// What is asked of an interface; the numbers are the same on every architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterfaceRequest {
    /// SIOCADDRT: the argument is a `struct rtentry`
    AddRoute,
    /// SIOCDELRT: the argument is a `struct rtentry`
    DeleteRoute,
    /// SIOCGIFNAME
    Name,
    /// SIOCGIFCONF: see [`Sockets::interface_list`]
    List,
    /// SIOCGIFFLAGS
    Flags,
    /// SIOCSIFFLAGS
    SetFlags,
    /// SIOCGIFADDR
    Address,
    /// SIOCSIFADDR
    SetAddress,
    /// SIOCGIFDSTADDR
    PeerAddress,
    /// SIOCGIFBRDADDR
    Broadcast,
    /// SIOCSIFBRDADDR
    SetBroadcast,
    /// SIOCGIFNETMASK
    Netmask,
    /// SIOCSIFNETMASK
    SetNetmask,
    /// SIOCGIFMETRIC
    Metric,
    /// SIOCGIFMTU
    Mtu,
    /// SIOCSIFMTU
    SetMtu,
    /// SIOCGIFHWADDR
    Hardware,
    /// SIOCSIFHWADDR
    SetHardware,
    /// SIOCGIFINDEX
    Index,
    /// SIOCGIFTXQLEN
    QueueLength,
    /// SIOCGIFMAP
    Map,
}

const TABLE: &[(InterfaceRequest, u32)] = &[
    (InterfaceRequest::AddRoute, 0x890b),
    (InterfaceRequest::DeleteRoute, 0x890c),
    (InterfaceRequest::Name, 0x8910),
    (InterfaceRequest::List, 0x8912),
    (InterfaceRequest::Flags, 0x8913),
    (InterfaceRequest::SetFlags, 0x8914),
    (InterfaceRequest::Address, 0x8915),
    (InterfaceRequest::SetAddress, 0x8916),
    (InterfaceRequest::PeerAddress, 0x8917),
    (InterfaceRequest::Broadcast, 0x8919),
    (InterfaceRequest::SetBroadcast, 0x891a),
    (InterfaceRequest::Netmask, 0x891b),
    (InterfaceRequest::SetNetmask, 0x891c),
    (InterfaceRequest::Metric, 0x891d),
    (InterfaceRequest::Mtu, 0x8921),
    (InterfaceRequest::SetMtu, 0x8922),
    (InterfaceRequest::SetHardware, 0x8924),
    (InterfaceRequest::Hardware, 0x8927),
    (InterfaceRequest::Index, 0x8933),
    (InterfaceRequest::QueueLength, 0x8942),
    (InterfaceRequest::Map, 0x8970),
];

impl InterfaceRequest {
    /// The request with that ioctl number.
    pub fn from_number(number: u32) -> Option<InterfaceRequest> {
        TABLE.iter().find(|row| row.1 == number).map(|row| row.0)
    }

    /// Whether only root may ask it.
    pub fn changes(self) -> bool {
        use InterfaceRequest as R;
        matches!(
            self,
            R::AddRoute
                | R::DeleteRoute
                | R::SetFlags
                | R::SetAddress
                | R::SetBroadcast
                | R::SetNetmask
                | R::SetMtu
                | R::SetHardware
        )
    }

    /// Bytes of the structure that the kernel copies in and out; `word_bytes` is 4 or 8.
    pub fn size(self, word_bytes: usize) -> usize {
        match self {
            InterfaceRequest::AddRoute | InterfaceRequest::DeleteRoute if word_bytes == 8 => 120,
            InterfaceRequest::AddRoute | InterfaceRequest::DeleteRoute => 76,
            InterfaceRequest::List => 2 * word_bytes,
            _ if word_bytes == 8 => 40,
            _ => 32,
        }
    }
}

impl Sockets {
    /// Answers a request on a `struct ifreq` (or `rtentry`), in place.
    pub fn interface_request(
        &mut self,
        request: InterfaceRequest,
        memory: &mut [u8],
        uid: u32,
        endian: Endian,
    ) -> Result<(), Errno> {
        if request.changes() && uid != 0 {
            return Err(Errno::EPERM);
        }
        if memory.len() < 32 {
            return Err(Errno::EFAULT);
        }
        match request {
            InterfaceRequest::AddRoute | InterfaceRequest::DeleteRoute => {
                return self.change_route(request, memory, endian);
            }
            InterfaceRequest::Name => {
                let index = usize::try_from(word(memory, NAME_BYTES, endian)).unwrap_or(0);
                let position = index.checked_sub(1).ok_or(Errno::ENODEV)?;
                let interface = self.network.interfaces.get(position).ok_or(Errno::ENODEV)?;
                put(memory, 0, &name_field(&interface.name));
                return Ok(());
            }
            InterfaceRequest::List => return Err(Errno::EINVAL),
            _ => {}
        }
        let field = memory.get(..NAME_BYTES).unwrap_or_default();
        let name: Vec<u8> = field.iter().copied().take_while(|byte| *byte != 0).collect();
        let found = self.network.interfaces.iter().position(|interface| interface.name.as_bytes() == name);
        let index = match found {
            Some(index) => index,
            None if request == InterfaceRequest::SetAddress => self.add_alias(&name)?,
            None => return Err(Errno::ENODEV),
        };
        let interface = self.network.interfaces.get_mut(index).ok_or(Errno::ENODEV)?;
        if request.changes() {
            change(interface, request, memory, endian)
        } else {
            answer(interface, index, request, memory, endian)
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
            put(&mut entry, 0, &name_field(&interface.name));
            put(&mut entry, NAME_BYTES, &socket_address(interface.address, endian));
            list.extend_from_slice(&entry);
        }
        list
    }

    /// An alias such as `eth0:1` appears when it gets an address.
    fn add_alias(&mut self, name: &[u8]) -> Result<usize, Errno> {
        let name = core::str::from_utf8(name).map_err(|_| Errno::ENODEV)?;
        let (parent, _) = name.split_once(':').ok_or(Errno::ENODEV)?;
        let mut alias = self.network.interface(parent).ok_or(Errno::ENODEV)?.clone();
        if self.network.interfaces.len() >= INTERFACES_MAX {
            return Err(Errno::ENOBUFS);
        }
        alias.name = name.into();
        (alias.received, alias.sent) = ((0, 0), (0, 0));
        self.network.interfaces.push(alias);
        Ok(self.network.interfaces.len() - 1)
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
        let source = network.source_for(towards).ok_or(Errno::ENETUNREACH)?;
        let interface = network.interfaces.iter().find(|interface| interface.address == source);
        let interface: String =
            interface.map(|interface| interface.name.clone()).ok_or(Errno::ENETUNREACH)?;
        network.routes.push(Route { destination, netmask, gateway, interface, metric: 0 });
        Ok(())
    }
}

fn answer(
    interface: &Interface,
    index: usize,
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
        InterfaceRequest::Index => number(index as u32 + 1),
        InterfaceRequest::QueueLength => number(if interface.flags & LOOPBACK != 0 { 0 } else { 1_000 }),
        InterfaceRequest::Hardware => {
            let kind = if interface.flags & LOOPBACK != 0 { HARDWARE_TYPES.1 } else { HARDWARE_TYPES.0 };
            let mut bytes = endian.u16(kind).to_vec();
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
        InterfaceRequest::SetFlags => {
            let flags = word(memory, NAME_BYTES, Endian::Little).to_le_bytes();
            let [first, second, ..] = flags;
            let wanted = endian.read_u16([first, second]);
            // what the driver decides stays
            let fixed = LOOPBACK | BROADCAST | RUNNING;
            interface.flags = (interface.flags & fixed) | (wanted & !fixed);
            if wanted & UP == 0 {
                interface.flags &= !RUNNING;
            } else {
                interface.flags |= RUNNING;
            }
        }
        InterfaceRequest::SetAddress => interface.address = address_at(memory, NAME_BYTES),
        InterfaceRequest::SetNetmask => interface.netmask = address_at(memory, NAME_BYTES),
        InterfaceRequest::SetBroadcast => {}
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

fn word(memory: &[u8], at: usize, endian: Endian) -> u32 {
    let bytes: Option<[u8; 4]> = memory.get(at..at + 4).and_then(|part| part.try_into().ok());
    endian.read_u32(bytes.unwrap_or_default())
}

fn put(memory: &mut [u8], at: usize, bytes: &[u8]) {
    for (to, from) in memory.iter_mut().skip(at).zip(bytes) {
        *to = *from;
    }
}
