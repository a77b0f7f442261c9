//! Values of socket options: setsockopt(2), getsockopt(2). Neighbour: option.rs knows the numbers. Specification:
//! socket(7), ip(7), ipv6(7), tcp(7).
use super::filter::Filter;
use super::name::interface_name;
use super::option::{KEPT, Level, Range};
use super::socket::{Domain, Kind, Socket, State, Switches};
use super::{Address, SocketId, SocketOption, Sockets};
use crate::abi::{Endian, Numbering};
use crate::errno::Errno;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Least and most of SO_SNDBUF and SO_RCVBUF, before the kernel doubles it.
const BUFFER_RANGE: (u32, u32, u32) = (2_304, 1_152, 163_840);
/// Bytes of `struct tcp_info` of Linux 4.4.
const TCP_INFO_BYTES: usize = 144;

/// The guest's bytes of an option.
struct Value<'a> {
    bytes: &'a [u8],
    endian: Endian,
}

impl Value<'_> {
    fn word(&self, at: usize) -> Result<u32, Errno> {
        let part = self.bytes.get(at..at + 4).and_then(|part| part.try_into().ok()).ok_or(Errno::EINVAL)?;
        Ok(self.endian.read_u32(part))
    }

    /// A number: four bytes, or one where the protocol takes it.
    fn number(&self, level: Level) -> Result<i32, Errno> {
        match (self.word(0), level, self.bytes.first()) {
            (Ok(word), _, _) => Ok(word as i32),
            (Err(_), Level::Ip, Some(byte)) => Ok(i32::from(*byte)),
            (Err(error), _, _) => Err(error),
        }
    }

    fn four(&self, at: usize) -> Result<Ipv4Addr, Errno> {
        let part: [u8; 4] =
            self.bytes.get(at..at + 4).and_then(|part| part.try_into().ok()).ok_or(Errno::EINVAL)?;
        Ok(Ipv4Addr::from(part))
    }

    fn six(&self, at: usize) -> Result<Ipv6Addr, Errno> {
        let part: [u8; 16] =
            self.bytes.get(at..at + 16).and_then(|part| part.try_into().ok()).ok_or(Errno::EINVAL)?;
        Ok(Ipv6Addr::from(part))
    }
}

impl Sockets {
    /// Sets an option from the guest's bytes.
    pub fn set_option(
        &mut self,
        id: SocketId,
        option: SocketOption,
        value: &[u8],
        endian: Endian,
    ) -> Result<(), Errno> {
        let value = Value { bytes: value, endian };
        match option {
            SocketOption::Switch(switch) => self.set_switch(id, switch, &value),
            SocketOption::ReceiveTimeout | SocketOption::SendTimeout => self.set_timeout(id, option, &value),
            SocketOption::SendBuffer | SocketOption::ReceiveBuffer => {
                let socket = self.socket_mut(id)?;
                // the kernel doubles what is asked for
                let wanted = value.word(0)?.min(BUFFER_RANGE.2);
                match option {
                    SocketOption::SendBuffer => socket.buffer_bytes.0 = wanted.max(BUFFER_RANGE.0) * 2,
                    _ => socket.buffer_bytes.1 = wanted.max(BUFFER_RANGE.1) * 2,
                }
                Ok(())
            }
            SocketOption::Linger => {
                let (on, seconds) = (value.word(0)?, value.word(4)?);
                self.socket_mut(id)?.linger_seconds = (on != 0).then_some(seconds);
                Ok(())
            }
            SocketOption::BindToDevice => self.bind_to_device(id, value.bytes),
            SocketOption::DetachFilter => {
                let socket = self.socket_mut(id)?;
                if socket.switches.has(Switches::FILTER_LOCKED) {
                    return Err(Errno::EPERM);
                }
                socket.filter.take().map(|_| ()).ok_or(Errno::ENOENT)
            }
            SocketOption::Kept(row) => self.keep(id, row, &value),
            other => self.set_protocol_option(id, other, &value),
        }
    }

    /// Options of the protocols below: filters, groups, what TCP and IP take.
    fn set_protocol_option(
        &mut self,
        id: SocketId,
        option: SocketOption,
        value: &Value<'_>,
    ) -> Result<(), Errno> {
        match option {
            SocketOption::IcmpFilter => {
                let wanted = value.word(0)?;
                let socket = self.socket_mut(id)?;
                if !(socket.is_raw() && socket.protocol == 1) {
                    return Err(Errno::EOPNOTSUPP);
                }
                socket.icmp_filter = wanted;
                Ok(())
            }
            SocketOption::Icmp6Filter => {
                let mut filter = [0; 8];
                for (place, word) in filter.iter_mut().enumerate() {
                    *word = value.word(place * 4).unwrap_or(0);
                }
                self.socket_mut(id)?.icmp6_filter = filter;
                Ok(())
            }
            SocketOption::Join | SocketOption::Leave => {
                // struct ip_mreq, or ip_mreqn with the number behind
                let (group, address) = (value.four(0)?, value.four(4)?);
                let number = value.word(8).unwrap_or(0);
                self.change_group(id, option == SocketOption::Join, IpAddr::V4(group), number, address)
            }
            SocketOption::Join6 | SocketOption::Leave6 => {
                let (group, number) = (value.six(0)?, value.word(16)?);
                let joins = option == SocketOption::Join6;
                self.change_group(id, joins, IpAddr::V6(group), number, Ipv4Addr::UNSPECIFIED)
            }
            SocketOption::JoinGroup | SocketOption::LeaveGroup => {
                // struct group_req: the number, padding where words have 8 bytes, a sockaddr_storage
                let start = value.bytes.len().checked_sub(128).ok_or(Errno::EINVAL)?;
                let address = value.bytes.get(start..).unwrap_or_default();
                let Address::Inet(group) = Address::decode(address, value.endian)? else {
                    return Err(Errno::EADDRNOTAVAIL);
                };
                let number = value.word(0)?;
                let joins = option == SocketOption::JoinGroup;
                self.change_group(id, joins, group.ip(), number, Ipv4Addr::UNSPECIFIED)
            }
            SocketOption::MulticastInterface => self.set_multicast_interface(id, value),
            SocketOption::NetlinkGroup(joining) => self.change_netlink_group(id, joining, value.word(0)?),
            SocketOption::SegmentBytes => {
                if (88..=32_767).contains(&value.word(0)?) {
                    Ok(())
                } else {
                    Err(Errno::EINVAL)
                }
            }
            SocketOption::Congestion => match interface_name(value.bytes).as_slice() {
                b"cubic" | b"reno" => Ok(()),
                _ => Err(Errno::ENOENT),
            },
            SocketOption::IpOptions => {
                if value.bytes.is_empty() {
                    Ok(())
                } else {
                    Err(Errno::EINVAL)
                }
            }
            SocketOption::Promiscuous => value.word(0).map(|_| ()),
            SocketOption::PathMtu => value.word(0).map(|_| ()),
            // what only can be asked for
            _ => Err(Errno::ENOPROTOOPT),
        }
    }

    fn set_switch(&mut self, id: SocketId, switch: Switches, value: &Value<'_>) -> Result<(), Errno> {
        let socket = self.socket_mut(id)?;
        let ip = [Switches::HEADER_INCLUDED, Switches::TELL_FAULTS, Switches::NO_LOOP].contains(&switch);
        let number = value.number(if ip { Level::Ip } else { Level::Socket })?;
        let on = if switch == Switches::NO_LOOP { number == 0 } else { number != 0 };
        match switch {
            Switches::HEADER_INCLUDED if !socket.is_raw() => return Err(Errno::ENOPROTOOPT),
            Switches::ONLY_6 if socket.domain != Domain::Inet6 => return Err(Errno::ENOPROTOOPT),
            Switches::ONLY_6 if socket.local.is_some() => return Err(Errno::EINVAL),
            Switches::PASS_CREDENTIALS if socket.domain.is_inet() || socket.domain == Domain::Packet => {
                // kept, but it means nothing here
            }
            Switches::FILTER_LOCKED if socket.switches.has(switch) && !on => return Err(Errno::EPERM),
            _ => {}
        }
        socket.switches.set(switch, on);
        Ok(())
    }

    fn set_timeout(&mut self, id: SocketId, option: SocketOption, value: &Value<'_>) -> Result<(), Errno> {
        let (seconds, micro) = (value.word(0)?, value.word(4)?);
        if micro >= 1_000_000 {
            return Err(Errno::EDOM);
        }
        let nanoseconds = u64::from(seconds) * 1_000_000_000 + u64::from(micro) * 1_000;
        let timeout = (nanoseconds > 0).then_some(nanoseconds);
        let socket = self.socket_mut(id)?;
        match option {
            SocketOption::ReceiveTimeout => socket.receive_timeout_ns = timeout,
            _ => socket.send_timeout_ns = timeout,
        }
        Ok(())
    }

    fn bind_to_device(&mut self, id: SocketId, value: &[u8]) -> Result<(), Errno> {
        let name = interface_name(value);
        if self.socket(id)?.uid != 0 {
            return Err(Errno::EPERM);
        }
        let device = if name.is_empty() {
            0
        } else {
            let name = core::str::from_utf8(&name).map_err(|_| Errno::ENODEV)?;
            self.network.number_of(name).ok_or(Errno::ENODEV)?
        };
        self.socket_mut(id)?.device = device;
        Ok(())
    }

    fn change_group(
        &mut self,
        id: SocketId,
        joins: bool,
        group: IpAddr,
        interface: u32,
        address: Ipv4Addr,
    ) -> Result<(), Errno> {
        match joins {
            _ if self.socket(id)?.is_tcp() && group.is_ipv4() => Err(Errno::EPROTO),
            true => self.join_group(id, group, interface, address),
            false => self.leave_group(id, group, interface, address),
        }
    }

    /// `struct in_addr`, `ip_mreq` (the address second) or `ip_mreqn` (a number third).
    fn set_multicast_interface(&mut self, id: SocketId, value: &Value<'_>) -> Result<(), Errno> {
        let (address, number) = match value.bytes.len() {
            0..=3 => return Err(Errno::EINVAL),
            4..=7 => (value.four(0)?, 0),
            8..=11 => (value.four(4)?, 0),
            _ => (value.four(4)?, value.word(8)?),
        };
        let found = self.network.interfaces.iter().find(|own| own.address == address);
        let chosen = match (number, address.is_unspecified(), found) {
            (0, true, _) => (0, None),
            (0, false, Some(own)) => (self.network.parent_number(own.number), Some(address)),
            (number, _, _) if self.network.numbered(number).is_some() => (number, None),
            _ => return Err(Errno::EADDRNOTAVAIL),
        };
        self.socket_mut(id)?.stored.multicast = chosen;
        Ok(())
    }

    fn keep(&mut self, id: SocketId, row: u16, value: &Value<'_>) -> Result<(), Errno> {
        let kept = KEPT.get(usize::from(row)).ok_or(Errno::ENOPROTOOPT)?;
        let socket = self.socket_mut(id)?;
        if !socket.has_level(kept.level) {
            return Err(Errno::ENOPROTOOPT);
        }
        let number = value.number(kept.level)?;
        let value = match kept.range {
            Range::Flag => i32::from(number != 0),
            Range::OrDefault(..) if number == -1 => kept.first,
            Range::Within(least, most) | Range::OrDefault(least, most) => {
                if !(least..=most).contains(&number) {
                    let priority = kept.level == Level::Socket && kept.numbers.0 == 12;
                    return Err(if priority { Errno::EPERM } else { Errno::EINVAL });
                }
                number
            }
            Range::Root if socket.uid != 0 => return Err(Errno::EPERM),
            Range::Root => number,
            Range::Fixed => return Err(Errno::ENOPROTOOPT),
        };
        socket.stored.set(row, value);
        Ok(())
    }

    /// Attaches a filter, given as its instructions.
    pub fn attach_filter(&mut self, id: SocketId, instructions: &[u8], endian: Endian) -> Result<(), Errno> {
        let filter = Filter::new(instructions, endian)?;
        let socket = self.socket_mut(id)?;
        if socket.switches.has(Switches::FILTER_LOCKED) {
            return Err(Errno::EPERM);
        }
        socket.filter = Some(filter);
        Ok(())
    }

    /// The guest's bytes of an option. SO_ERROR takes the error away; the number is in the guest's numbering.
    pub fn option(
        &mut self,
        id: SocketId,
        option: SocketOption,
        numbering: Numbering,
        endian: Endian,
    ) -> Result<Vec<u8>, Errno> {
        let network = &self.network;
        let socket = self.sockets.get_mut(&id).ok_or(Errno::EBADF)?;
        let words: Vec<u32> = match option {
            SocketOption::Switch(Switches::ONLY_6) if socket.domain != Domain::Inet6 => {
                return Err(Errno::ENOPROTOOPT);
            }
            SocketOption::Switch(Switches::NO_LOOP) => {
                Vec::from([u32::from(!socket.switches.has(Switches::NO_LOOP))])
            }
            SocketOption::Switch(switch) => Vec::from([u32::from(socket.switches.has(switch))]),
            SocketOption::Type => Vec::from([socket.kind.number(numbering)]),
            SocketOption::Error => {
                let error = socket.error.take();
                Vec::from([error.map_or(0, |error| u32::from(error.number(numbering)))])
            }
            SocketOption::ReceiveTimeout => timeval(socket.receive_timeout_ns),
            SocketOption::SendTimeout => timeval(socket.send_timeout_ns),
            SocketOption::SendBuffer => Vec::from([socket.buffer_bytes.0]),
            SocketOption::ReceiveBuffer => Vec::from([socket.buffer_bytes.1]),
            SocketOption::Linger => {
                Vec::from([u32::from(socket.linger_seconds.is_some()), socket.linger_seconds.unwrap_or(0)])
            }
            SocketOption::BindToDevice => {
                let Some(bound) = network.numbered(socket.device) else { return Ok(Vec::new()) };
                return Ok([bound.name.as_bytes(), &[0]].concat());
            }
            SocketOption::Accepting => {
                Vec::from([u32::from(matches!(socket.state, State::Listening { .. }))])
            }
            SocketOption::Domain => Vec::from([u32::from(socket.domain.number())]),
            SocketOption::Protocol => Vec::from([protocol(socket, endian)]),
            SocketOption::PeerCredentials if socket.domain == Domain::Unix => {
                let (pid, uid, gid) = socket.peer_credentials;
                Vec::from([pid, uid, gid])
            }
            SocketOption::PeerCredentials => Vec::from([0, u32::MAX, u32::MAX]),
            SocketOption::Kept(row) => {
                let kept = KEPT.get(usize::from(row)).ok_or(Errno::ENOPROTOOPT)?;
                if !socket.has_level(kept.level) {
                    return Err(Errno::ENOPROTOOPT);
                }
                Vec::from([socket.stored.value(row).cast_unsigned()])
            }
            other => return self.protocol_option(id, other, endian),
        };
        Ok(words.into_iter().flat_map(|word| endian.u32(word)).collect())
    }

    /// Options of the protocols below.
    fn protocol_option(&self, id: SocketId, option: SocketOption, endian: Endian) -> Result<Vec<u8>, Errno> {
        let (network, socket) = (&self.network, self.socket(id)?);
        let mtu = |number: u32| network.numbered(number).map_or(1_500, |interface| interface.mtu);
        let own = socket.local_inet().map_or(1, |local| network.interface_of(local.ip()));
        let words: Vec<u32> = match option {
            SocketOption::PeerName => return Ok(self.remote_address(id)?.encode(endian)),
            SocketOption::IcmpFilter => Vec::from([socket.icmp_filter]),
            SocketOption::Icmp6Filter => Vec::from(socket.icmp6_filter),
            SocketOption::MulticastInterface => {
                let shown = socket.stored.multicast.1.unwrap_or(Ipv4Addr::UNSPECIFIED);
                return Ok(shown.octets().to_vec());
            }
            SocketOption::PathMtu if socket.remote.is_none() => return Err(Errno::ENOTCONN),
            SocketOption::PathMtu => Vec::from([mtu(own)]),
            SocketOption::SegmentBytes if matches!(socket.state, State::Connected(_)) => {
                Vec::from([mtu(own).saturating_sub(52)])
            }
            SocketOption::SegmentBytes => Vec::from([536]),
            SocketOption::IpOptions => Vec::new(),
            SocketOption::TcpInfo if !socket.is_tcp() => return Err(Errno::EOPNOTSUPP),
            SocketOption::TcpInfo => return Ok(tcp_info(socket, mtu(own), endian)),
            SocketOption::Congestion => return Ok(b"cubic\0\0\0\0\0\0\0\0\0\0\0".to_vec()),
            SocketOption::PacketStatistics => {
                let dropped = socket.datagrams.dropped() as u32;
                Vec::from([(socket.arrived as u32).wrapping_add(dropped), dropped])
            }
            // what only can be set
            _ => return Err(Errno::ENOPROTOOPT),
        };
        Ok(words.into_iter().flat_map(|word| endian.u32(word)).collect())
    }

    /// Whether a UNIX socket asked whose bytes it reads (SO_PASSCRED).
    pub fn asks_credentials(&self, id: SocketId) -> bool {
        self.sockets.get(&id).is_some_and(|socket| {
            socket.domain == Domain::Unix && socket.switches.has(Switches::PASS_CREDENTIALS)
        })
    }

    /// Options of a socket that are kept, for control messages.
    pub fn stored(&self, id: SocketId) -> Option<&super::Stored> {
        self.sockets.get(&id).map(|socket| &socket.stored)
    }

    /// How long a receive waits at most, nanoseconds.
    pub fn receive_timeout_ns(&self, id: SocketId) -> Option<u64> {
        self.sockets.get(&id)?.receive_timeout_ns
    }

    /// How long a send or connect waits at most, nanoseconds.
    pub fn send_timeout_ns(&self, id: SocketId) -> Option<u64> {
        self.sockets.get(&id)?.send_timeout_ns
    }
}

impl Socket {
    /// Whether its protocols have options of that level.
    fn has_level(&self, level: Level) -> bool {
        match level {
            Level::Socket => true,
            Level::Ip => self.domain.is_inet(),
            Level::Ipv6 => self.domain == Domain::Inet6,
            Level::Tcp => self.is_tcp(),
            Level::Udp => self.is_udp(),
            Level::Icmp6 | Level::Raw => self.is_raw(),
            Level::Packet => self.domain == Domain::Packet,
            Level::Netlink => self.domain == Domain::Netlink,
        }
    }
}

fn timeval(nanoseconds: Option<u64>) -> Vec<u32> {
    let value = nanoseconds.unwrap_or(0);
    Vec::from([(value / 1_000_000_000) as u32, (value / 1_000 % 1_000_000) as u32])
}

fn protocol(socket: &Socket, endian: Endian) -> u32 {
    match (socket.domain, socket.kind) {
        (Domain::Inet | Domain::Inet6, Kind::Stream) => 6,
        (Domain::Inet | Domain::Inet6, Kind::Datagram) if socket.protocol == 0 => 17,
        (Domain::Packet, _) => u32::from(endian.read_u16(socket.protocol.to_be_bytes())),
        _ => u32::from(socket.protocol),
    }
}

/// `struct tcp_info`: the state, and figures of a connection that never lost a segment.
fn tcp_info(socket: &Socket, mtu: u32, endian: Endian) -> Vec<u8> {
    let mut info = Vec::from([socket.tcp_state(), 0, 0, 0, 0, 0, 0, 0]);
    let segment = mtu.saturating_sub(52);
    // rto, ato, snd_mss, rcv_mss … pmtu, rcv_ssthresh, rtt, rttvar, snd_ssthresh, snd_cwnd, advmss, reordering
    let words = [
        204_000,
        0,
        segment,
        536,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        mtu,
        43_690,
        1_000,
        500,
        0x7fff_ffff,
        10,
        segment,
        3,
        0,
        43_690,
        0,
    ];
    info.extend(words.into_iter().flat_map(|word| endian.u32(word)));
    info.resize(TCP_INFO_BYTES, 0);
    info
}
