//! Transport headers: TCP, UDP, ICMP, SCTP ports.
//!
//! Key type: [`Transport`]. RFC 9293, RFC 768, RFC 792, RFC 4443, RFC 9260.
use super::protocol;
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
    },
}

impl Transport {
    /// Source and destination port, 0 where there are none.
    pub const fn ports(&self) -> (u16, u16) {
        match *self {
            Transport::Tcp { source, destination, .. }
            | Transport::Udp { source, destination }
            | Transport::Sctp { source, destination } => (source, destination),
            Transport::None | Transport::Icmp { .. } => (0, 0),
        }
    }
}

pub(super) fn decode<'a>(number: u8, body: &'a [u8], anomalies: &mut Anomalies) -> (Transport, &'a [u8]) {
    let found = match number {
        protocol::TCP => tcp(body, anomalies),
        protocol::UDP => udp(body, anomalies),
        protocol::ICMP | protocol::ICMPV6 => icmp(number, body, anomalies),
        protocol::SCTP => sctp(body, anomalies),
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
    let Some(payload) = body.get(header_len..) else {
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
    };
    Some((transport, payload))
}

fn udp<'a>(body: &'a [u8], anomalies: &mut Anomalies) -> Option<(Transport, &'a [u8])> {
    let Some(h) = body.first_chunk::<8>() else {
        anomalies.note("udp.pkt_too_small");
        return None;
    };
    let length = usize::from(word(h[4], h[5]));
    // Length 0 is a jumbogram or an offloaded frame: take all there is.
    let end = if length == 0 { body.len() } else { length.min(body.len()) };
    if length != 0 && length < 8 {
        anomalies.note("udp.hlen_too_small");
        return None;
    }
    if length > body.len() {
        anomalies.note("udp.hlen_invalid");
    }
    Some((
        Transport::Udp { source: word(h[0], h[1]), destination: word(h[2], h[3]) },
        body.get(8..end).unwrap_or(&[]),
    ))
}

fn icmp<'a>(number: u8, body: &'a [u8], anomalies: &mut Anomalies) -> Option<(Transport, &'a [u8])> {
    let Some(h) = body.first_chunk::<8>() else {
        anomalies.note(if number == protocol::ICMP {
            "icmpv4.pkt_too_small"
        } else {
            "icmpv6.pkt_too_small"
        });
        let (kind, code) = (body.first().copied()?, body.get(1).copied()?);
        return Some((
            Transport::Icmp { kind, code, identifier: 0, sequence: 0 },
            body.get(4..).unwrap_or(&[]),
        ));
    };
    let transport =
        Transport::Icmp { kind: h[0], code: h[1], identifier: word(h[4], h[5]), sequence: word(h[6], h[7]) };
    Some((transport, body.get(8..).unwrap_or(&[])))
}

fn sctp<'a>(body: &'a [u8], anomalies: &mut Anomalies) -> Option<(Transport, &'a [u8])> {
    let Some(h) = body.first_chunk::<12>() else {
        anomalies.note("sctp.pkt_too_small");
        return None;
    };
    Some((
        Transport::Sctp { source: word(h[0], h[1]), destination: word(h[2], h[3]) },
        body.get(12..).unwrap_or(&[]),
    ))
}
