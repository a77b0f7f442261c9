//! Interface and route requests of ioctl(2) by number; key type [`InterfaceRequest`]. Neighbour: ioctl.rs answers them.
//! Specification: netdevice(7), `linux/sockios.h`.
use super::Domain;

/// Bytes of `struct arpreq`.
pub(super) const NEIGHBOUR_BYTES: usize = 68;

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
    /// SIOCSIFMETRIC
    SetMetric,
    /// SIOCSIFDSTADDR
    SetPeerAddress,
    /// SIOCSIFNAME
    SetName,
    /// SIOCSIFTXQLEN
    SetQueueLength,
    /// SIOCADDMULTI and SIOCDELMULTI
    SetGroup,
    /// SIOCSARP
    SetNeighbour,
    /// SIOCGARP
    Neighbour,
    /// SIOCDARP
    DeleteNeighbour,
    /// SIOCDIFADDR, of IPv6
    DeleteAddress,
    /// SIOCGIFSLAVE, which nothing answers
    Slave,
    /// SIOCGMIIPHY, SIOCGIFMEM, SIOCBOND*, SIOCWANDEV and wireless requests: the drivers have none
    Driver,
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
    (InterfaceRequest::SetPeerAddress, 0x8918),
    (InterfaceRequest::SetMetric, 0x891e),
    (InterfaceRequest::Driver, 0x891f),
    (InterfaceRequest::SetName, 0x8923),
    (InterfaceRequest::Slave, 0x8929),
    (InterfaceRequest::SetGroup, 0x8931),
    (InterfaceRequest::SetGroup, 0x8932),
    (InterfaceRequest::DeleteAddress, 0x8936),
    (InterfaceRequest::SetQueueLength, 0x8943),
    (InterfaceRequest::Driver, 0x8947),
    (InterfaceRequest::Driver, 0x8948),
    (InterfaceRequest::Driver, 0x894a),
    (InterfaceRequest::DeleteNeighbour, 0x8953),
    (InterfaceRequest::Neighbour, 0x8954),
    (InterfaceRequest::SetNeighbour, 0x8955),
    (InterfaceRequest::Driver, 0x8990),
    (InterfaceRequest::Driver, 0x8991),
    (InterfaceRequest::Driver, 0x8993),
    (InterfaceRequest::Driver, 0x8994),
];

/// Numbers of requests to wireless drivers.
const WIRELESS: core::ops::RangeInclusive<u32> = 0x8b00..=0x8bff;
/// Numbers that drivers define for themselves.
const PRIVATE: core::ops::RangeInclusive<u32> = 0x89f0..=0x89ff;

impl InterfaceRequest {
    /// The request with that ioctl number.
    pub fn from_number(number: u32) -> Option<InterfaceRequest> {
        match TABLE.iter().find(|row| row.1 == number) {
            Some(row) => Some(row.0),
            None if WIRELESS.contains(&number) || PRIVATE.contains(&number) => Some(InterfaceRequest::Driver),
            None => None,
        }
    }

    /// Whether sockets of that family take it: addresses and routes are asked of IPv4 sockets, packet sockets pass
    /// them on.
    pub fn is_for(self, domain: Domain) -> bool {
        use InterfaceRequest as R;
        match self {
            R::Address
            | R::PeerAddress
            | R::Broadcast
            | R::SetBroadcast
            | R::Netmask
            | R::SetNetmask
            | R::Neighbour
            | R::SetNeighbour
            | R::DeleteNeighbour => matches!(domain, Domain::Inet | Domain::Packet),
            R::AddRoute | R::DeleteRoute | R::SetAddress | R::SetPeerAddress => {
                matches!(domain, Domain::Inet | Domain::Inet6 | Domain::Packet)
            }
            R::DeleteAddress => domain == Domain::Inet6,
            _ => true,
        }
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
                | R::SetMetric
                | R::SetPeerAddress
                | R::SetName
                | R::SetQueueLength
                | R::SetGroup
                | R::SetNeighbour
                | R::DeleteNeighbour
                | R::DeleteAddress
        )
    }

    /// Bytes of the structure that the kernel copies in and out; `word_bytes` is 4 or 8.
    pub fn size(self, word_bytes: usize) -> usize {
        match self {
            InterfaceRequest::AddRoute | InterfaceRequest::DeleteRoute if word_bytes == 8 => 120,
            InterfaceRequest::AddRoute | InterfaceRequest::DeleteRoute => 76,
            InterfaceRequest::Neighbour
            | InterfaceRequest::SetNeighbour
            | InterfaceRequest::DeleteNeighbour => NEIGHBOUR_BYTES,
            InterfaceRequest::List => 2 * word_bytes,
            _ if word_bytes == 8 => 40,
            _ => 32,
        }
    }
}
