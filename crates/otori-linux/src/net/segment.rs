//! Packets as bytes: headers of IP, TCP and UDP, made and read. Key type: [`Packet`]. Neighbours: tap.rs shows them,
//! icmp.rs answers them. Specification: RFC 791, RFC 8200, RFC 9293, RFC 768.
use super::checksum::{checksum, put, transport};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Bytes of an IPv4 header without options.
pub(super) const IP_HEADER: usize = 20;
/// Bytes of an IPv6 header.
pub(super) const IP6_HEADER: usize = 40;
/// Hops that packets are given at first.
pub(super) const HOPS: u8 = 64;
/// Extension headers of IPv6 that are skipped at most.
const EXTENSIONS_MAX: usize = 8;

/// Protocol numbers.
pub(super) const ICMP: u8 = 1;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
pub(super) const ICMP6: u8 = 58;

/// Flags of TCP.
pub(super) const FIN: u8 = 0x01;
pub(super) const SYN: u8 = 0x02;
pub(super) const RST: u8 = 0x04;
pub(super) const PSH: u8 = 0x08;
pub(super) const ACK: u8 = 0x10;

/// A packet of IP, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    pub(super) from: IpAddr,
    pub(super) to: IpAddr,
    pub(super) protocol: u8,
    pub(super) hops: u8,
    pub(super) service: u8,
    pub(super) payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads a packet; `None` when its header lies.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Packet<'a>> {
        match bytes.first()? >> 4 {
            4 => Packet::read4(bytes),
            6 => Packet::read6(bytes),
            _ => None,
        }
    }

    fn read4(bytes: &'a [u8]) -> Option<Packet<'a>> {
        let header = usize::from(bytes.first()? & 0xf) * 4;
        let total = usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?));
        if header < IP_HEADER || total < header {
            return None;
        }
        let address = |at: usize| -> Option<Ipv4Addr> {
            Some(Ipv4Addr::from(<[u8; 4]>::try_from(bytes.get(at..at + 4)?).ok()?))
        };
        Some(Packet {
            from: address(12)?.into(),
            to: address(16)?.into(),
            protocol: *bytes.get(9)?,
            hops: *bytes.get(8)?,
            service: *bytes.get(1)?,
            payload: bytes.get(header..total.min(bytes.len()))?,
        })
    }

    fn read6(bytes: &'a [u8]) -> Option<Packet<'a>> {
        let address = |at: usize| -> Option<Ipv6Addr> {
            Some(Ipv6Addr::from(<[u8; 16]>::try_from(bytes.get(at..at + 16)?).ok()?))
        };
        let length = usize::from(u16::from_be_bytes(bytes.get(4..6)?.try_into().ok()?));
        let end = (IP6_HEADER + length).min(bytes.len());
        let (mut protocol, mut at) = (*bytes.get(6)?, IP6_HEADER);
        for _ in 0..EXTENSIONS_MAX {
            // hop-by-hop, routing, destination options
            if !matches!(protocol, 0 | 43 | 60) {
                break;
            }
            protocol = *bytes.get(at)?;
            at += (usize::from(*bytes.get(at + 1)?) + 1) * 8;
        }
        let service = (bytes.first()? & 0xf) << 4 | bytes.get(1)? >> 4;
        Some(Packet {
            from: address(8)?.into(),
            to: address(24)?.into(),
            protocol,
            hops: *bytes.get(7)?,
            service,
            payload: bytes.get(at..end)?,
        })
    }

    /// Source and destination port of TCP and UDP.
    pub(super) fn ports(&self) -> Option<(u16, u16)> {
        let half = |at: usize| -> Option<u16> {
            Some(u16::from_be_bytes(self.payload.get(at..at + 2)?.try_into().ok()?))
        };
        Some((half(0)?, half(2)?))
    }

    /// Its bytes.
    pub(super) fn build(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(IP6_HEADER + self.payload.len());
        match (self.from, self.to) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                let length = u16::try_from(IP_HEADER + self.payload.len()).unwrap_or(u16::MAX);
                bytes.extend_from_slice(&[0x45, self.service]);
                bytes.extend_from_slice(&length.to_be_bytes());
                bytes.extend_from_slice(&[0, 0, 0x40, 0, self.hops, self.protocol, 0, 0]);
                bytes.extend_from_slice(&from.octets());
                bytes.extend_from_slice(&to.octets());
                let sum = checksum(&bytes);
                put(&mut bytes, 10, sum);
            }
            (from, to) => {
                let length = u16::try_from(self.payload.len()).unwrap_or(u16::MAX);
                bytes.extend_from_slice(&[0x60 | self.service >> 4, self.service << 4, 0, 0]);
                bytes.extend_from_slice(&length.to_be_bytes());
                bytes.extend_from_slice(&[self.protocol, self.hops]);
                bytes.extend_from_slice(&six(from).octets());
                bytes.extend_from_slice(&six(to).octets());
            }
        }
        bytes.extend_from_slice(self.payload);
        bytes
    }
}

fn six(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(four) => four.to_ipv6_mapped(),
        IpAddr::V6(six) => six,
    }
}

/// A packet round a payload.
pub(super) fn packet(from: IpAddr, to: IpAddr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    Packet { from, to, protocol, hops: HOPS, service: 0, payload }.build()
}

/// A segment of TCP in its packet.
pub(super) fn tcp(from: SocketAddr, to: SocketAddr, flags: u8, numbers: (u32, u32), bytes: &[u8]) -> Vec<u8> {
    let mut segment = Vec::with_capacity(20 + bytes.len());
    segment.extend_from_slice(&from.port().to_be_bytes());
    segment.extend_from_slice(&to.port().to_be_bytes());
    segment.extend_from_slice(&numbers.0.to_be_bytes());
    segment.extend_from_slice(&numbers.1.to_be_bytes());
    let window: u16 = if flags & RST != 0 { 0 } else { 43_690 };
    let opens = flags & SYN != 0;
    segment.extend_from_slice(&[if opens { 0x60 } else { 0x50 }, flags]);
    segment.extend_from_slice(&window.to_be_bytes());
    segment.extend_from_slice(&[0; 4]);
    if opens {
        let most: u16 = if from.ip() == to.ip() { 65_495 } else { 1_460 };
        segment.extend_from_slice(&[2, 4]);
        segment.extend_from_slice(&most.to_be_bytes());
    }
    segment.extend_from_slice(bytes);
    let sum = transport(from.ip(), to.ip(), TCP, &segment);
    put(&mut segment, 16, sum);
    packet(from.ip(), to.ip(), TCP, &segment)
}

/// A datagram of UDP in its packet.
pub(super) fn udp(from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut datagram = Vec::with_capacity(8 + bytes.len());
    datagram.extend_from_slice(&from.port().to_be_bytes());
    datagram.extend_from_slice(&to.port().to_be_bytes());
    datagram.extend_from_slice(&u16::try_from(bytes.len() + 8).unwrap_or(u16::MAX).to_be_bytes());
    datagram.extend_from_slice(&[0; 2]);
    datagram.extend_from_slice(bytes);
    let sum = match transport(from.ip(), to.ip(), UDP, &datagram) {
        0 => 0xffff,
        sum => sum,
    };
    put(&mut datagram, 6, sum);
    packet(from.ip(), to.ip(), UDP, &datagram)
}
