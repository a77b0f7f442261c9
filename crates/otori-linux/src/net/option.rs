//! Socket options by number; key types [`SocketOption`], [`Stored`]. Neighbour: option_value.rs sets and gives them.
//! Specification: socket(7), ip(7), ipv6(7), tcp(7), packet(7), netlink(7), `asm/socket.h` of each architecture.
use super::socket::Switches;
use crate::abi::Numbering;
use crate::errno::Errno;
use alloc::collections::BTreeMap;
use core::net::Ipv4Addr;

/// Which protocol an option is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// SOL_SOCKET
    Socket,
    /// IPPROTO_IP
    Ip,
    /// IPPROTO_TCP
    Tcp,
    /// IPPROTO_UDP
    Udp,
    /// IPPROTO_IPV6
    Ipv6,
    /// IPPROTO_ICMPV6
    Icmp6,
    /// IPPROTO_RAW
    Raw,
    /// SOL_PACKET
    Packet,
    /// SOL_NETLINK
    Netlink,
}

impl Level {
    /// The level of that number.
    pub fn from_number(number: u32, numbering: Numbering) -> Option<Level> {
        Some(match (number, numbering) {
            (1, Numbering::Generic) | (0xffff, Numbering::Mips) => Level::Socket,
            (0, _) => Level::Ip,
            (6, _) => Level::Tcp,
            (17, _) => Level::Udp,
            (41, _) => Level::Ipv6,
            (58, _) => Level::Icmp6,
            (255, _) => Level::Raw,
            (263, _) => Level::Packet,
            (270, _) => Level::Netlink,
            _ => return None,
        })
    }
}

/// An option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketOption {
    /// on or off
    Switch(Switches),
    /// SO_TYPE
    Type,
    /// SO_ERROR
    Error,
    /// SO_RCVTIMEO
    ReceiveTimeout,
    /// SO_SNDTIMEO
    SendTimeout,
    /// SO_ACCEPTCONN
    Accepting,
    /// SO_DOMAIN
    Domain,
    /// SO_PROTOCOL
    Protocol,
    /// SO_PEERCRED
    PeerCredentials,
    /// SO_SNDBUF
    SendBuffer,
    /// SO_RCVBUF
    ReceiveBuffer,
    /// SO_LINGER
    Linger,
    /// SO_BINDTODEVICE
    BindToDevice,
    /// SO_ATTACH_FILTER; as a question SO_GET_FILTER
    AttachFilter,
    /// SO_DETACH_FILTER
    DetachFilter,
    /// SO_PEERNAME
    PeerName,
    /// ICMP_FILTER
    IcmpFilter,
    /// ICMP6_FILTER
    Icmp6Filter,
    /// IP_MULTICAST_IF
    MulticastInterface,
    /// IP_ADD_MEMBERSHIP
    Join,
    /// IP_DROP_MEMBERSHIP
    Leave,
    /// IPV6_ADD_MEMBERSHIP
    Join6,
    /// IPV6_DROP_MEMBERSHIP
    Leave6,
    /// MCAST_JOIN_GROUP, of either family
    JoinGroup,
    /// MCAST_LEAVE_GROUP
    LeaveGroup,
    /// IP_MTU and IPV6_MTU
    PathMtu,
    /// IP_OPTIONS, kept empty
    IpOptions,
    /// TCP_INFO
    TcpInfo,
    /// TCP_MAXSEG
    SegmentBytes,
    /// TCP_CONGESTION
    Congestion,
    /// PACKET_ADD_MEMBERSHIP and PACKET_DROP_MEMBERSHIP: frames of others do not come by a virtual wire
    Promiscuous,
    /// PACKET_STATISTICS
    PacketStatistics,
    /// NETLINK_ADD_MEMBERSHIP and NETLINK_DROP_MEMBERSHIP: whether it joins
    NetlinkGroup(Joining),
    /// one that is kept and given back: its row of [`KEPT`]
    Kept(u16),
}

/// Whether a group is joined or left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joining {
    /// joined
    In,
    /// left
    Out,
}

use SocketOption as O;

/// Options with an effect: level, number, number on MIPS.
const TABLE: &[(SocketOption, Level, u32, u32)] = &[
    (O::Switch(Switches::REUSE_ADDRESS), Level::Socket, 2, 0x4),
    (O::Type, Level::Socket, 3, 0x1008),
    (O::Error, Level::Socket, 4, 0x1007),
    (O::Switch(Switches::BROADCAST), Level::Socket, 6, 0x20),
    (O::SendBuffer, Level::Socket, 7, 0x1001),
    (O::ReceiveBuffer, Level::Socket, 8, 0x1002),
    (O::Switch(Switches::URGENT_INLINE), Level::Socket, 10, 0x100),
    (O::Linger, Level::Socket, 13, 0x80),
    (O::Switch(Switches::REUSE_PORT), Level::Socket, 15, 0x200),
    (O::Switch(Switches::PASS_CREDENTIALS), Level::Socket, 16, 17),
    (O::PeerCredentials, Level::Socket, 17, 18),
    (O::ReceiveTimeout, Level::Socket, 20, 0x1006),
    (O::SendTimeout, Level::Socket, 21, 0x1005),
    (O::BindToDevice, Level::Socket, 25, 25),
    (O::AttachFilter, Level::Socket, 26, 26),
    (O::DetachFilter, Level::Socket, 27, 27),
    (O::PeerName, Level::Socket, 28, 28),
    (O::Accepting, Level::Socket, 30, 0x1009),
    (O::SendBuffer, Level::Socket, 32, 31),
    (O::ReceiveBuffer, Level::Socket, 33, 33),
    (O::Protocol, Level::Socket, 38, 0x1028),
    (O::Domain, Level::Socket, 39, 0x1029),
    (O::Switch(Switches::FILTER_LOCKED), Level::Socket, 44, 44),
    (O::Switch(Switches::HEADER_INCLUDED), Level::Ip, 3, 3),
    (O::IpOptions, Level::Ip, 4, 4),
    (O::Switch(Switches::TELL_FAULTS), Level::Ip, 11, 11),
    (O::PathMtu, Level::Ip, 14, 14),
    (O::MulticastInterface, Level::Ip, 32, 32),
    (O::Switch(Switches::NO_LOOP), Level::Ip, 34, 34),
    (O::Join, Level::Ip, 35, 35),
    (O::Leave, Level::Ip, 36, 36),
    (O::JoinGroup, Level::Ip, 42, 42),
    (O::LeaveGroup, Level::Ip, 45, 45),
    (O::SegmentBytes, Level::Tcp, 2, 2),
    (O::TcpInfo, Level::Tcp, 11, 11),
    (O::Congestion, Level::Tcp, 13, 13),
    (O::Switch(Switches::NO_LOOP), Level::Ipv6, 19, 19),
    (O::Join6, Level::Ipv6, 20, 20),
    (O::Leave6, Level::Ipv6, 21, 21),
    (O::PathMtu, Level::Ipv6, 24, 24),
    (O::Switch(Switches::TELL_FAULTS), Level::Ipv6, 25, 25),
    (O::Switch(Switches::ONLY_6), Level::Ipv6, 26, 26),
    (O::Switch(Switches::HEADER_INCLUDED), Level::Ipv6, 36, 36),
    (O::JoinGroup, Level::Ipv6, 42, 42),
    (O::LeaveGroup, Level::Ipv6, 45, 45),
    (O::IcmpFilter, Level::Raw, 1, 1),
    (O::Icmp6Filter, Level::Icmp6, 1, 1),
    (O::Promiscuous, Level::Packet, 1, 1),
    (O::Promiscuous, Level::Packet, 2, 2),
    (O::PacketStatistics, Level::Packet, 6, 6),
    (O::Switch(Switches::IGNORE_OUTGOING), Level::Packet, 23, 23),
    (O::NetlinkGroup(Joining::In), Level::Netlink, 1, 1),
    (O::NetlinkGroup(Joining::Out), Level::Netlink, 2, 2),
];

/// What values a kept option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// everything but 0 is kept as 1
    Flag,
    /// those, ends included; another is `EINVAL`
    Within(i32, i32),
    /// the same, and -1 stands for the value at first
    OrDefault(i32, i32),
    /// only root may set it
    Root,
    /// it is only asked for
    Fixed,
}

/// An option that is kept and given back.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// its level
    pub level: Level,
    /// number, and number on MIPS
    pub numbers: (u32, u32),
    /// its value at first
    pub first: i32,
    /// what it takes
    pub range: Range,
}

const fn kept(level: Level, number: u32, first: i32, range: Range) -> Kept {
    Kept { level, numbers: (number, number), first, range }
}

const fn socket(generic: u32, mips: u32, first: i32, range: Range) -> Kept {
    Kept { level: Level::Socket, numbers: (generic, mips), first, range }
}

/// Kept options.
pub(super) const KEPT: &[Kept] = &[
    socket(1, 1, 0, Range::Flag),
    socket(5, 0x10, 0, Range::Flag),
    socket(9, 0x8, 0, Range::Flag),
    socket(11, 11, 0, Range::Flag),
    socket(12, 12, 0, Range::Within(0, 6)),
    socket(14, 14, 0, Range::Flag),
    socket(18, 0x1004, 1, Range::Within(0, i32::MAX)),
    socket(19, 0x1003, 1, Range::Fixed),
    socket(29, 29, 0, Range::Flag),
    socket(34, 34, 0, Range::Flag),
    socket(35, 35, 0, Range::Flag),
    socket(36, 36, 0, Range::Root),
    socket(37, 37, 0, Range::Within(0, 0xffff)),
    socket(40, 40, 0, Range::Flag),
    socket(42, 42, -1, Range::Within(-1, i32::MAX)),
    socket(45, 45, 0, Range::Flag),
    socket(46, 46, 0, Range::Within(0, i32::MAX)),
    kept(Level::Ip, 1, 0, Range::Within(0, 255)),
    kept(Level::Ip, 2, 64, Range::OrDefault(1, 255)),
    kept(Level::Ip, 5, 0, Range::Flag),
    kept(Level::Ip, 6, 0, Range::Flag),
    kept(Level::Ip, 7, 0, Range::Flag),
    kept(Level::Ip, 8, 0, Range::Flag),
    kept(Level::Ip, 10, 1, Range::Within(0, 5)),
    kept(Level::Ip, 12, 0, Range::Flag),
    kept(Level::Ip, 13, 0, Range::Flag),
    kept(Level::Ip, 15, 0, Range::Flag),
    kept(Level::Ip, 19, 0, Range::Root),
    kept(Level::Ip, 20, 0, Range::Flag),
    kept(Level::Ip, 21, 0, Range::Within(0, 255)),
    kept(Level::Ip, 24, 0, Range::Flag),
    kept(Level::Ip, 33, 1, Range::OrDefault(0, 255)),
    kept(Level::Ip, 49, 1, Range::Flag),
    kept(Level::Ip, 50, 0, Range::Within(0, i32::MAX)),
    kept(Level::Tcp, 1, 0, Range::Flag),
    kept(Level::Tcp, 3, 0, Range::Flag),
    kept(Level::Tcp, 4, 7_200, Range::Within(1, 32_767)),
    kept(Level::Tcp, 5, 75, Range::Within(1, 32_767)),
    kept(Level::Tcp, 6, 9, Range::Within(1, 127)),
    kept(Level::Tcp, 7, 6, Range::Within(1, 127)),
    kept(Level::Tcp, 8, 60, Range::Within(-1, i32::MAX)),
    kept(Level::Tcp, 9, 0, Range::Within(0, i32::MAX)),
    kept(Level::Tcp, 10, 0, Range::Within(0, i32::MAX)),
    kept(Level::Tcp, 12, 1, Range::Flag),
    kept(Level::Tcp, 18, 0, Range::Within(0, i32::MAX)),
    kept(Level::Tcp, 23, 0, Range::Within(0, i32::MAX)),
    kept(Level::Tcp, 25, 0, Range::Within(0, i32::MAX)),
    kept(Level::Udp, 1, 0, Range::Flag),
    kept(Level::Udp, 101, 0, Range::Flag),
    kept(Level::Udp, 102, 0, Range::Flag),
    kept(Level::Ipv6, 2, 0, Range::Flag),
    kept(Level::Ipv6, 7, -1, Range::Within(-1, 65_534)),
    kept(Level::Ipv6, 8, 0, Range::Flag),
    kept(Level::Ipv6, 16, 64, Range::OrDefault(0, 255)),
    kept(Level::Ipv6, 17, 0, Range::Within(0, i32::MAX)),
    kept(Level::Ipv6, 18, 1, Range::OrDefault(0, 255)),
    kept(Level::Ipv6, 23, 1, Range::Within(0, 5)),
    kept(Level::Ipv6, 49, 0, Range::Flag),
    kept(Level::Ipv6, 51, 0, Range::Flag),
    kept(Level::Ipv6, 53, 0, Range::Flag),
    kept(Level::Ipv6, 56, 0, Range::Flag),
    kept(Level::Ipv6, 58, 0, Range::Flag),
    kept(Level::Ipv6, 60, 0, Range::Flag),
    kept(Level::Ipv6, 62, 0, Range::Flag),
    kept(Level::Ipv6, 66, 0, Range::Flag),
    kept(Level::Ipv6, 67, 0, Range::OrDefault(0, 255)),
    kept(Level::Ipv6, 70, 0, Range::Flag),
    kept(Level::Ipv6, 72, 0, Range::Within(0, 0xffff)),
    kept(Level::Ipv6, 75, 0, Range::Root),
    kept(Level::Packet, 8, 0, Range::Flag),
    kept(Level::Packet, 9, 0, Range::Flag),
    kept(Level::Packet, 10, 0, Range::Within(0, 0)),
    kept(Level::Packet, 14, 0, Range::Flag),
    kept(Level::Packet, 15, 0, Range::Flag),
    kept(Level::Netlink, 3, 0, Range::Flag),
    kept(Level::Netlink, 4, 0, Range::Flag),
    kept(Level::Netlink, 5, 0, Range::Flag),
    kept(Level::Netlink, 10, 0, Range::Flag),
    kept(Level::Netlink, 11, 0, Range::Flag),
    kept(Level::Netlink, 12, 0, Range::Flag),
];

impl SocketOption {
    /// The option with those numbers; an unknown one is `ENOPROTOOPT`.
    pub fn from_number(level: u32, name: u32, numbering: Numbering) -> Result<SocketOption, Errno> {
        let level = Level::from_number(level, numbering).ok_or(Errno::ENOPROTOOPT)?;
        // raw sockets of IPv6 take IPV6_CHECKSUM at their own level too
        let level = if (level, name) == (Level::Raw, 7) { Level::Ipv6 } else { level };
        let pick = |numbers: (u32, u32)| match numbering {
            Numbering::Generic => numbers.0 == name,
            Numbering::Mips => numbers.1 == name,
        };
        if let Some(row) = TABLE.iter().find(|row| row.1 == level && pick((row.2, row.3))) {
            return Ok(row.0);
        }
        let row = KEPT.iter().position(|row| row.level == level && pick(row.numbers));
        row.map(|row| SocketOption::Kept(row as u16)).ok_or(Errno::ENOPROTOOPT)
    }
}

/// Values of options that are kept, and what multicasts leave by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    values: BTreeMap<u16, i32>,
    /// IP_MULTICAST_IF: number and address
    pub(super) multicast: (u32, Option<Ipv4Addr>),
}

impl Stored {
    /// The value of a row, as it was set or as it is at first.
    pub(super) fn value(&self, row: u16) -> i32 {
        let first = KEPT.get(usize::from(row)).map_or(0, |row| row.first);
        self.values.get(&row).copied().unwrap_or(first)
    }

    /// Keeps a value; there are no more of them than rows.
    pub(super) fn set(&mut self, row: u16, value: i32) {
        self.values.insert(row, value);
    }

    fn named(&self, level: Level, number: u32) -> Option<i32> {
        let row = KEPT.iter().position(|row| row.level == level && row.numbers.0 == number)?;
        self.values.get(&(row as u16)).copied()
    }

    /// Whether an option of that number (the generic one) was switched on.
    pub fn is_on(&self, level: Level, number: u32) -> bool {
        self.named(level, number).is_some_and(|value| value != 0)
    }

    /// IP_FREEBIND and IP_TRANSPARENT: foreign addresses can be bound to.
    pub(super) fn is_transparent(&self) -> bool {
        [(Level::Ip, 15), (Level::Ip, 19), (Level::Ipv6, 75)]
            .into_iter()
            .any(|(level, number)| self.is_on(level, number))
    }

    /// The interface that multicasts leave by; 0 when the routes choose.
    pub(super) fn multicast_interface(&self) -> u32 {
        let six = self.named(Level::Ipv6, 17).and_then(|number| u32::try_from(number).ok());
        six.unwrap_or(self.multicast.0)
    }

    /// Hops that packets are given, if that was set.
    pub(super) fn hops(&self, six: bool) -> Option<u8> {
        let set = if six { self.named(Level::Ipv6, 16) } else { self.named(Level::Ip, 2) };
        set.and_then(|hops| u8::try_from(hops).ok())
    }

    /// Type of service, or traffic class.
    pub(super) fn service(&self, six: bool) -> u8 {
        let set = if six { self.named(Level::Ipv6, 67) } else { self.named(Level::Ip, 1) };
        set.and_then(|service| u8::try_from(service).ok()).unwrap_or(0)
    }

    /// IPV6_CHECKSUM: where the kernel puts a checksum into what a raw socket sends.
    pub(super) fn checksum_at(&self) -> Option<usize> {
        self.named(Level::Ipv6, 7).and_then(|place| usize::try_from(place).ok())
    }

    /// SO_RCVLOWAT.
    pub(super) fn low_water(&self) -> usize {
        self.named(Level::Socket, 18).and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(1)
    }

    /// IP_MULTICAST_ALL: groups that others joined are read too.
    pub(super) fn takes_all_groups(&self) -> bool {
        self.named(Level::Ip, 49) != Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_means_two_options() {
        let own = TABLE.iter().map(|row| (row.1, (row.2, row.3)));
        let all: alloc::vec::Vec<_> = own.chain(KEPT.iter().map(|row| (row.level, row.numbers))).collect();
        for (place, (level, numbers)) in all.iter().enumerate() {
            let others = all.iter().skip(place + 1).filter(|row| row.0 == *level);
            for (_, other) in others {
                assert!(numbers.0 != other.0 && numbers.1 != other.1, "{level:?} {numbers:?} {other:?}");
            }
        }
    }

    #[test]
    fn mips_numbers_its_socket_level_in_its_own_way() {
        let find = |level, name, numbering| SocketOption::from_number(level, name, numbering);
        assert_eq!(find(0xffff, 0x1007, Numbering::Mips), Ok(SocketOption::Error));
        assert_eq!(find(1, 4, Numbering::Generic), Ok(SocketOption::Error));
        assert_eq!(find(1, 4, Numbering::Mips), Err(Errno::ENOPROTOOPT));
        assert_eq!(find(1, 250, Numbering::Generic), Err(Errno::ENOPROTOOPT));
        assert_eq!(find(41, 26, Numbering::Mips), Ok(SocketOption::Switch(Switches::ONLY_6)));
    }
}
