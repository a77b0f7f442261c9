//! Raw IP sockets: echo requests and hand-made packets. Specification: raw(7), RFC 791, RFC 792.
use super::address::ipv4;
use super::{Address, Outside, SocketId, Sockets};
use crate::errno::Errno;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

const ICMP: u8 = 1;
/// Bytes of an IPv4 header without options.
const IP_HEADER: usize = 20;

impl Sockets {
    pub(super) fn send_raw(
        &mut self,
        id: SocketId,
        bytes: &[u8],
        to: SocketAddr,
        outside: &mut dyn Outside,
    ) -> Result<usize, Errno> {
        let socket = self.socket(id)?;
        let (included, socket_protocol) = (socket.header_included || socket.protocol == 255, socket.protocol);
        let mut target = ipv4(&to);
        if target.is_unspecified() {
            target = Ipv4Addr::LOCALHOST;
        }
        let source = self.network.source_for(target).ok_or(Errno::ENETUNREACH)?;
        let (protocol, payload) = if included {
            let words = bytes.first().map_or(0, |first| usize::from(first & 0xf));
            let payload = bytes.get(words * 4..).ok_or(Errno::EINVAL)?;
            if words < 5 {
                return Err(Errno::EINVAL);
            }
            (bytes.get(9).copied().ok_or(Errno::EINVAL)?, payload)
        } else {
            (socket_protocol as u8, bytes)
        };
        self.network.count(source, payload.len() as u64 + IP_HEADER as u64, 0);
        if protocol == ICMP && payload.first() == Some(&8) {
            let answers = self.network.is_local(target) || outside.icmp_echo(IpAddr::V4(target));
            if answers {
                let reply = packet(target, source, ICMP, &echo_reply(payload));
                self.deliver_raw(ICMP, target, &reply);
            }
            return Ok(bytes.len());
        }
        if self.network.is_local(target) {
            let whole = packet(source, target, protocol, payload);
            self.deliver_raw(protocol, source, &whole);
            return Ok(bytes.len());
        }
        outside.raw_send(protocol, IpAddr::V4(target), payload)?;
        Ok(bytes.len())
    }

    /// Takes a hand-made packet's answer from the outside.
    pub(super) fn fetch_raw(&mut self, id: SocketId, outside: &mut dyn Outside) {
        let Ok(socket) = self.socket(id) else { return };
        let protocol = socket.protocol as u8;
        let Some((IpAddr::V4(from), payload)) = outside.raw_receive(protocol) else { return };
        let Some(local) = self.network.source_for(from) else { return };
        let whole = packet(from, local, protocol, &payload);
        self.deliver_raw(protocol, from, &whole);
    }

    /// Gives a packet to every raw socket of its protocol.
    fn deliver_raw(&mut self, protocol: u8, from: Ipv4Addr, whole: &[u8]) {
        let from = Address::Inet(SocketAddr::new(IpAddr::V4(from), 0));
        for socket in self.sockets.values_mut() {
            let is_raw = socket.domain == super::Domain::Inet && socket.kind == super::Kind::Raw;
            if is_raw && socket.protocol == u16::from(protocol) {
                socket.push_datagram(from.clone(), whole);
            }
        }
    }
}

/// The answer to an echo request: type 0, the rest as it came, checksum anew.
fn echo_reply(request: &[u8]) -> Vec<u8> {
    let mut reply = request.to_vec();
    for place in reply.iter_mut().take(4) {
        *place = 0;
    }
    let sum = checksum(&reply).to_be_bytes();
    for (place, byte) in reply.iter_mut().skip(2).zip(sum) {
        *place = byte;
    }
    reply
}

/// An IPv4 packet round a payload.
fn packet(from: Ipv4Addr, to: Ipv4Addr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(IP_HEADER + payload.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut header = Vec::from([0x45, 0]);
    header.extend_from_slice(&length);
    header.extend_from_slice(&[0, 0, 0x40, 0, 64, protocol, 0, 0]);
    header.extend_from_slice(&from.octets());
    header.extend_from_slice(&to.octets());
    let sum = checksum(&header).to_be_bytes();
    for (place, byte) in header.iter_mut().skip(10).zip(sum) {
        *place = byte;
    }
    header.extend_from_slice(payload);
    header
}

/// The Internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = 0;
    for pair in bytes.chunks(2) {
        let high = u32::from(pair.first().copied().unwrap_or(0));
        let low = u32::from(pair.get(1).copied().unwrap_or(0));
        sum += high << 8 | low;
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
