//! Transport headers: TCP, UDP, ICMP, IGMP; SCTP has its own file.
//!
//! Key type: [`Transport`]. RFC 9293, RFC 768, RFC 792, RFC 4443, RFC 3376.
use super::{Ip, options, protocol, sctp};
use crate::anomaly::Anomalies;

/// Bits of the TCP flags field.
pub mod tcp_flag {
    /// no more data from the sender
    pub const FIN: u8 = 0x01;
    /// synchronise sequence numbers
    pub const SYN: u8 = 0x02;
    /// reset the connection
    pub const RST: u8 = 0x04;
    /// push
    pub const PSH: u8 = 0x08;
    /// the acknowledgement field counts
    pub const ACK: u8 = 0x10;
    /// the urgent field counts
    pub const URG: u8 = 0x20;
}

/// Encapsulating security payload.
const ESP: u8 = 50;

/// What the IP body starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// none that is known, or broken
    None,
    /// TCP
    Tcp {
        /// sender's port
        source: u16,
        /// receiver's port
        destination: u16,
        /// first byte's number
        sequence: u32,
        /// next byte that the sender expects
        acknowledgement: u32,
        /// see [`tcp_flag`]
        flags: u8,
        /// window as sent, not scaled
        window: u16,
        /// urgent pointer
        urgent: u16,
        /// options
        options: options::TcpOptions,
    },
    /// UDP
    Udp {
        /// sender's port
        source: u16,
        /// receiver's port
        destination: u16,
    },
    /// ICMP and ICMPv6
    Icmp {
        /// type
        kind: u8,
        /// code
        code: u8,
        /// identifier of echo messages
        identifier: u16,
        /// sequence number of echo messages
        sequence: u16,
    },
    /// SCTP
    Sctp {
        /// sender's port
        source: u16,
        /// receiver's port
        destination: u16,
        /// verification tag
        tag: u32,
        /// chunks
        chunks: u16,
        /// kinds of chunks, a bit each for the first 32
        kinds: u32,
    },
}

impl Transport {
    /// Source and destination port, 0 where there are none.
    pub const fn ports(&self) -> (u16, u16) {
        match *self {
            Transport::Tcp { source, destination, .. }
            | Transport::Udp { source, destination }
            | Transport::Sctp { source, destination, .. } => (source, destination),
            Transport::None | Transport::Icmp { .. } => (0, 0),
        }
    }
}

pub(super) fn decode<'a>(ip: &Ip<'a>, anomalies: &mut Anomalies) -> (Transport, &'a [u8]) {
    let body = ip.body;
    let found = match ip.protocol {
        protocol::TCP => tcp(body, anomalies),
        protocol::UDP => udp(body, anomalies),
        protocol::ICMP if ip.source.is_ipv4() => icmp4(body, anomalies),
        protocol::ICMPV6 if ip.source.is_ipv6() => icmp6(ip.ttl, body, anomalies),
        protocol::SCTP => sctp::decode(body, anomalies),
        protocol::IGMP => {
            igmp(body, anomalies);
            None
        }
        // RFC 4303 2: an index and a sequence number.
        ESP if body.len() < 8 => {
            anomalies.note("esp.pkt_too_small");
            None
        }
        _ => None,
    };
    found.unwrap_or((Transport::None, body))
}

const fn word(high: u8, low: u8) -> u16 {
    u16::from_be_bytes([high, low])
}

fn tcp<'a>(body: &'a [u8], anomalies: &mut Anomalies) -> Option<(Transport, &'a [u8])> {
    let Some(h) = body.first_chunk::<20>() else {
        anomalies.note("tcp.pkt_too_small");
        return None;
    };
    let header_len = usize::from(h[12] >> 4) * 4;
    if header_len < 20 {
        anomalies.note("tcp.hlen_too_small");
        return None;
    }
    let (Some(options), Some(payload)) = (body.get(20..header_len), body.get(header_len..)) else {
        anomalies.note("tcp.invalid_optlen");
        return None;
    };
    let transport = Transport::Tcp {
        source: word(h[0], h[1]),
        destination: word(h[2], h[3]),
        sequence: u32::from_be_bytes([h[4], h[5], h[6], h[7]]),
        acknowledgement: u32::from_be_bytes([h[8], h[9], h[10], h[11]]),
        flags: h[13],
        window: word(h[14], h[15]),
        urgent: word(h[18], h[19]),
        options: if options.is_empty() {
            options::TcpOptions::default()
        } else {
            options::tcp(options, anomalies)
        },
    };
    Some((transport, payload))
}

fn udp<'a>(body: &'a [u8], anomalies: &mut Anomalies) -> Option<(Transport, &'a [u8])> {
    let Some(h) = body.first_chunk::<8>() else {
        anomalies.note("udp.hlen_too_small");
        return None;
    };
    let length = usize::from(word(h[4], h[5]));
    if length != 0 && length < 8 {
        anomalies.note("udp.len_invalid");
        return None;
    }
    if length > body.len() {
        anomalies.note("udp.pkt_too_small");
        return None;
    }
    // Length 0 is a jumbogram or an offloaded frame: take all there is.
    let end = if length == 0 { body.len() } else { length };
    Some((
        Transport::Udp { source: word(h[0], h[1]), destination: word(h[2], h[3]) },
        body.get(8..end).unwrap_or(&[]),
    ))
}

fn icmp4<'a>(body: &'a [u8], anomalies: &mut Anomalies) -> Option<(Transport, &'a [u8])> {
    let Some(h) = body.first_chunk::<8>() else {
        anomalies.note("icmpv4.pkt_too_small");
        return None;
    };
    let (kind, code) = (h[0], h[1]);
    let most_code = match kind {
        3 => Some(15),
        5 => Some(3),
        11 | 12 => Some(2),
        0 | 4 | 8 | 10 | 13 | 14 | 15 | 16 | 17 | 18 => Some(0),
        9 => Some(16),
        _ => None,
    };
    match most_code {
        None => anomalies.note("icmpv4.unknown_type"),
        Some(most) if code > most => anomalies.note("icmpv4.unknown_code"),
        Some(_) => {}
    }
    // Error messages carry the header that they are about.
    if matches!(kind, 3 | 4 | 5 | 11 | 12) {
        match body.get(8..28) {
            Some(inner) if inner[0] >> 4 != 4 => anomalies.note("icmpv4.ipv4_unknown_ver"),
            None if body.len() > 8 => anomalies.note("icmpv4.ipv4_trunc_pkt"),
            _ => {}
        }
    }
    Some(icmp(h, body))
}

fn icmp<'a>(h: &[u8; 8], body: &'a [u8]) -> (Transport, &'a [u8]) {
    let transport =
        Transport::Icmp { kind: h[0], code: h[1], identifier: word(h[4], h[5]), sequence: word(h[6], h[7]) };
    (transport, body.get(8..).unwrap_or(&[]))
}

fn icmp6<'a>(hops: u8, body: &'a [u8], anomalies: &mut Anomalies) -> Option<(Transport, &'a [u8])> {
    let Some(h) = body.first_chunk::<8>() else {
        anomalies.note("icmpv6.pkt_too_small");
        return None;
    };
    let (kind, code) = (h[0], h[1]);
    match kind {
        1 if code > 8 => anomalies.note("icmpv6.unknown_code"),
        3 if code > 1 => anomalies.note("icmpv6.unknown_code"),
        4 if code > 10 => anomalies.note("icmpv6.unknown_code"),
        2 | 128 | 129 | 133..=137 if code > 0 => anomalies.note("icmpv6.unknown_code"),
        1..=4 | 128..=161 => {}
        100 | 101 | 200 | 201 => anomalies.note("icmpv6.experimentation_type"),
        5..=99 | 102..=126 => anomalies.note("icmpv6.unassigned_type"),
        162..=199 | 202..=254 => anomalies.note("icmpv6.unassigned_type"),
        _ => anomalies.note("icmpv6.unknown_type"),
    }
    // Listeners are only asked on their own link, RFC 2710 3.
    if matches!(kind, 130..=132) && hops != 1 {
        anomalies.note("icmpv6.mld_message_with_invalid_hl");
    }
    if matches!(kind, 1..=4) {
        match body.get(8..48) {
            Some(inner) if inner[0] >> 4 != 6 => anomalies.note("icmpv6.ipv6_unknown_version"),
            None if body.len() > 8 => anomalies.note("icmpv6.ipv6_trunc_pkt"),
            _ => {}
        }
    }
    Some(icmp(h, body))
}

/// Lengths of version 3's messages, RFC 3376 4.
fn igmp(body: &[u8], anomalies: &mut Anomalies) {
    let Some(head) = body.first_chunk::<8>() else { return anomalies.note("igmp.pkt_too_small") };
    let count = |at: usize| body.get(at..at + 2).map_or(0, |b| usize::from(word(b[0], b[1])));
    match head[0] {
        0x11 if body.len() > 8 => {
            if body.len() < 12 {
                anomalies.note("igmp.v3_pkt_too_small");
            } else if body.len() < 12 + count(10) * 4 {
                anomalies.note("igmp.malformed");
            }
        }
        0x22 => {
            let mut rest = body.get(8..).unwrap_or(&[]);
            for _ in 0..count(6) {
                let Some(record) = rest.first_chunk::<8>() else {
                    return anomalies.note("igmp.malformed");
                };
                let sources = usize::from(word(record[2], record[3]));
                let size = 8 + sources * 4 + usize::from(record[1]) * 4;
                let Some(after) = rest.get(size..) else { return anomalies.note("igmp.malformed") };
                rest = after;
            }
        }
        _ => {}
    }
}
