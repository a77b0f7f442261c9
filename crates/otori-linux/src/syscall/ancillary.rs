//! Control messages that are made of what came beside a datagram: credentials, times, addresses, hops, faults.
//!
//! Key type: [`Piece`]. Neighbour: `socket_message.rs` writes them and passes descriptors. cmsg(3), unix(7), ip(7),
//! ipv6(7), packet(7).
use super::{
    call::Call,
    socket_message::{header_bytes, socket_level},
};
use crate::{
    net::{Address, Domain, Fault, Level, Origin, Received, SocketId},
    record::Record,
};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

const SCM_CREDENTIALS: u32 = 2;
const LEVEL_IP: u32 = 0;
const LEVEL_IPV6: u32 = 41;
const LEVEL_PACKET: u32 = 263;

/// One control message.
pub(super) struct Piece {
    level: u32,
    kind: u32,
    content: Vec<u8>,
}

impl Piece {
    /// Appends it to the record; false, and as much as fits, when there is not enough room.
    pub(super) fn write(&self, call: &Call<'_>, record: &mut Record, room: usize) -> bool {
        let (header, start) = (header_bytes(call), record.len());
        let Some(free) = room.checked_sub(start + header) else { return false };
        let kept = self.content.get(..free.min(self.content.len())).unwrap_or_default();
        record.word((header + kept.len()) as u64).u32(self.level).u32(self.kind).bytes(kept);
        let end = record.len().next_multiple_of(call.abi().word_bytes);
        record.pad_to(end.min(room));
        kept.len() == self.content.len()
    }
}

/// The messages that a program asked for, in the kernel's order.
pub(super) fn pieces(call: &Call<'_>, id: SocketId, received: &Received) -> Vec<Piece> {
    let core = &call.kernel.core;
    let Ok((domain, ..)) = core.sockets.description(id) else { return Vec::new() };
    let Some(stored) = core.sockets.stored(id) else { return Vec::new() };
    let mut pieces = Vec::new();
    let socket = socket_level(call);
    let now = core.wall_ns().max(0) as u64;
    if received.from.is_some() || domain == Domain::Unix {
        let micro =
            if stored.is_on(Level::Socket, 29) { Some((29, now % 1_000_000_000 / 1_000)) } else { None };
        let nano = if stored.is_on(Level::Socket, 35) { Some((35, now % 1_000_000_000)) } else { None };
        if let Some((kind, fraction)) = nano.or(micro).filter(|_| domain != Domain::Unix) {
            let mut content = call.record();
            content.word(now / 1_000_000_000).word(fraction);
            pieces.push(Piece { level: socket, kind, content: content.finish() });
        }
    }
    match (domain, received.arrival.sender) {
        (Domain::Unix, Some((pid, uid, gid))) if core.sockets.asks_credentials(id) => {
            let mut content = call.record();
            content.u32(pid).u32(uid).u32(gid);
            pieces.push(Piece { level: socket, kind: SCM_CREDENTIALS, content: content.finish() });
        }
        (Domain::Inet | Domain::Inet6, _) if received.arrival.to.is_some() => {
            internet(call, domain, stored, received, &mut pieces);
        }
        (Domain::Packet, _) if stored.is_on(Level::Packet, 8) => {
            // struct tpacket_auxdata: status, length, kept length, places of the headers, no VLAN
            let mut content = call.record();
            content.u32(1).u32(received.arrival.whole as u32).u32(received.whole as u32);
            content.u16(0).u16(if received.whole > 14 { 14 } else { 0 }).u32(0);
            pieces.push(Piece { level: LEVEL_PACKET, kind: 8, content: content.finish() });
        }
        _ => {}
    }
    pieces
}

fn internet(
    call: &Call<'_>,
    domain: Domain,
    stored: &crate::net::Stored,
    received: &Received,
    pieces: &mut Vec<Piece>,
) {
    let arrival = &received.arrival;
    let word = |value: u32| call.endian().u32(value).to_vec();
    let mut add = |level: u32, kind: u32, content: Vec<u8>| pieces.push(Piece { level, kind, content });
    let (hops, service) = (u32::from(arrival.hops), u32::from(arrival.service));
    if domain == Domain::Inet6 {
        let to = match arrival.to {
            Some(IpAddr::V6(six)) => six,
            Some(IpAddr::V4(four)) => four.to_ipv6_mapped(),
            None => Ipv6Addr::UNSPECIFIED,
        };
        let information = [&to.octets()[..], &word(arrival.interface)].concat();
        for (option, kind, content) in [
            (49, 50, information.clone()),
            (2, 2, information),
            (51, 52, word(hops)),
            (8, 8, word(hops)),
            (66, 67, word(service)),
        ] {
            if stored.is_on(Level::Ipv6, option) {
                add(LEVEL_IPV6, kind, content);
            }
        }
    }
    let Some(IpAddr::V4(to)) = arrival.to else { return };
    let own = if to.is_multicast() || to.is_broadcast() {
        let interface = call.kernel.core.sockets.network.numbered(arrival.interface);
        interface.map_or(Ipv4Addr::UNSPECIFIED, |interface| interface.address)
    } else {
        to
    };
    let information = [&word(arrival.interface)[..], &own.octets(), &to.octets()].concat();
    let service = Vec::from([arrival.service]);
    for (option, kind, content) in [(8, 8, information), (12, 2, word(hops)), (13, 1, service)] {
        if stored.is_on(Level::Ip, option) {
            add(LEVEL_IP, kind, content);
        }
    }
}

/// `struct sock_extended_err` with the offender's address, and where the datagram went.
pub(super) fn fault(call: &Call<'_>, id: SocketId, fault: &Fault) -> (Address, Piece) {
    let six = matches!(call.kernel.core.sockets.description(id), Ok((Domain::Inet6, ..)));
    let shown = |address: SocketAddr| match address.ip() {
        IpAddr::V4(four) if six => SocketAddr::new(IpAddr::V6(four.to_ipv6_mapped()), address.port()),
        _ => address,
    };
    let mut content = call.record();
    let origin = match fault.origin {
        Origin::Local => 1,
        Origin::Icmp => 2,
        Origin::Icmp6 => 3,
    };
    content.u32(u32::from(fault.error.number(call.abi().numbering)));
    content.u8(origin).u8(fault.kind).u8(fault.code).u8(0).u32(0).u32(0);
    if let Some(offender) = fault.offender {
        let address = Address::Inet(shown(SocketAddr::new(offender, 0)));
        content.bytes(&address.encode(call.endian()));
    }
    let (level, kind) = if six { (LEVEL_IPV6, 25) } else { (LEVEL_IP, 11) };
    (Address::Inet(shown(fault.to)), Piece { level, kind, content: content.finish() })
}
