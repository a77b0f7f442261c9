//! Tests of the decoder: one check per shape of frame.
use super::*;
use core::net::IpAddr;

/// Ethernet, the given tags, IPv4 from 192.0.2.1 to 198.51.100.2 with `body`.
fn frame(tags: &[u16], number: u8, fragment: u16, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![2; 12];
    for tag in tags {
        frame.extend_from_slice(&[0x81, 0]);
        frame.extend_from_slice(&tag.to_be_bytes());
    }
    frame.extend_from_slice(&[8, 0, 0x45, 0]);
    frame.extend_from_slice(&(20 + body.len() as u16).to_be_bytes());
    frame.extend_from_slice(&[0, 7]);
    frame.extend_from_slice(&fragment.to_be_bytes());
    frame.extend_from_slice(&[64, number, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]);
    frame.extend_from_slice(body);
    frame
}

const UDP: &[u8] = &[0x30, 0x39, 0, 53, 0, 11, 0, 0, b'a', b'b', b'c'];

fn check(bytes: &[u8], ports: (u16, u16), payload: &[u8], anomalies: &[&str]) {
    let packet = decode(LinkType::Ethernet, Timestamp(0), bytes);
    assert_eq!(packet.transport.ports(), ports);
    assert_eq!(packet.payload, payload);
    assert_eq!(packet.anomalies.names(), anomalies);
}

#[test]
fn tags_are_skipped_and_padding_is_cut() {
    let mut padded = frame(&[], protocol::UDP, 0, UDP);
    padded.extend_from_slice(&[0; 15]);
    check(&padded, (12345, 53), b"abc", &[]);
    check(&frame(&[100, 200], protocol::UDP, 0, UDP), (12345, 53), b"abc", &[]);
    let bytes = frame(&[100, 200], protocol::UDP, 0, UDP);
    let packet = decode(LinkType::Ethernet, Timestamp(0), &bytes);
    assert_eq!(packet.vlans.ids(), [100, 200]);
    assert_eq!(packet.ip.unwrap().source, "192.0.2.1".parse::<IpAddr>().unwrap());
    assert_eq!(
        decode(LinkType::Ethernet, Timestamp(0), &frame(&[1, 2, 3, 4], 17, 0, UDP)).anomalies.names(),
        ["vlan.too_many_layers"]
    );
}

#[test]
fn a_fragment_has_no_ports_until_it_is_joined() {
    let bytes = frame(&[], protocol::UDP, 0x2000, &UDP[..8]);
    let packet = decode(LinkType::Ethernet, Timestamp(0), &bytes);
    assert_eq!(packet.transport, Transport::None);
    assert_eq!(packet.with_body(UDP).payload, b"abc");
}

#[test]
fn broken_headers_are_anomalies() {
    let whole = frame(&[], protocol::TCP, 0, &[0; 12]);
    check(&whole, (0, 0), &[0; 12], &["tcp.pkt_too_small"]);
    check(&[1, 2, 3], (0, 0), &[1, 2, 3], &["ethernet.pkt_too_small"]);
    check(
        &frame(&[], protocol::UDP, 0, UDP)[..30],
        (0, 0),
        &frame(&[], 17, 0, UDP)[14..30],
        &["ipv4.pkt_too_small"],
    );
}

#[test]
fn ipv6_extension_headers_are_walked() {
    let mut bytes = vec![0x60, 0, 0, 0, 0, 19, 0, 64];
    bytes.extend_from_slice(&"2001:db8::1".parse::<core::net::Ipv6Addr>().unwrap().octets());
    bytes.extend_from_slice(&"2001:db8::2".parse::<core::net::Ipv6Addr>().unwrap().octets());
    bytes.extend_from_slice(&[17, 0, 1, 4, 0, 0, 0, 0]);
    bytes.extend_from_slice(UDP);
    let packet = decode(LinkType::Ip, Timestamp(0), &bytes);
    assert_eq!((packet.transport.ports(), packet.payload), ((12345, 53), &b"abc"[..]));
}

#[test]
fn no_prefix_and_no_flipped_byte_panics() {
    let seed = frame(&[5], protocol::TCP, 0, &[0x50; 40]);
    for cut in 0..seed.len() {
        for link in [0, 1, 101, 113, 276, 999] {
            decode(LinkType::from_number(link), Timestamp(0), &seed[..cut]);
        }
        for value in [0, 1, 0x45, 0x7f, 0x80, 0xff] {
            let mut bytes = seed.clone();
            bytes[cut] = value;
            decode(LinkType::Ethernet, Timestamp(0), &bytes);
            decode(LinkType::Ip, Timestamp(0), bytes.get(14..).unwrap());
        }
    }
}
