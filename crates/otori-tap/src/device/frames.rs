//! Frames made by hand, for tests of devices.
use core::net::Ipv4Addr;

/// Station address that ends with that octet.
pub(crate) const fn mac(last: u8) -> [u8; 6] {
    [2, 0, 0x5e, 0x10, 0, last]
}

/// Puts an IPv4 packet into an Ethernet frame, with a tag if there is one.
pub(crate) fn ethernet(from: u8, vlan: Option<u8>, packet: &[u8]) -> Vec<u8> {
    let mut frame = [mac(254), mac(from)].concat();
    if let Some(vlan) = vlan {
        frame.extend_from_slice(&[0x81, 0, 0, vlan]);
    }
    frame.extend_from_slice(&[8, 0]);
    frame.extend_from_slice(packet);
    frame
}

/// An IPv4 packet.
pub(crate) fn ipv4(protocol: u8, ttl: u8, from: Ipv4Addr, to: Ipv4Addr, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x45, 0];
    bytes.extend_from_slice(&((20 + body.len()) as u16).to_be_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 0, ttl, protocol, 0, 0]);
    bytes.extend_from_slice(&from.octets());
    bytes.extend_from_slice(&to.octets());
    bytes.extend_from_slice(body);
    bytes
}

/// A UDP datagram.
pub(crate) fn udp(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = [from.to_be_bytes(), to.to_be_bytes()].concat();
    bytes.extend_from_slice(&((8 + payload.len()) as u16).to_be_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes.extend_from_slice(payload);
    bytes
}

/// A G-PDU of GTP-U around an IP packet, TS 29.281 5.1.
pub(crate) fn gtp(teid: u32, packet: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x30, 0xff];
    bytes.extend_from_slice(&(packet.len() as u16).to_be_bytes());
    bytes.extend_from_slice(&teid.to_be_bytes());
    bytes.extend_from_slice(packet);
    udp(2152, 2152, &bytes)
}

/// A TCP segment.
pub(crate) fn tcp(ports: (u16, u16), numbers: (u32, u32), flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = [ports.0.to_be_bytes(), ports.1.to_be_bytes()].concat();
    bytes.extend_from_slice(&numbers.0.to_be_bytes());
    bytes.extend_from_slice(&numbers.1.to_be_bytes());
    bytes.extend_from_slice(&[0x50, flags, 0x20, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(payload);
    bytes
}
