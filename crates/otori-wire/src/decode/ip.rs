//! IPv4 and IPv6 headers.
//!
//! Key type: [`Ip`]. RFC 791, RFC 8200. Names of anomalies are Suricata's decode events.
use super::protocol;
use crate::{anomaly::Anomalies, cursor::Cursor, limits::IPV6_EXTENSIONS};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where a fragment belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// byte offset in the datagram's body
    pub offset: usize,
    /// more fragments follow
    pub more: bool,
}

/// One IP header.
#[derive(Clone, Debug)]
pub struct Ip<'a> {
    /// sender
    pub source: IpAddr,
    /// receiver
    pub destination: IpAddr,
    /// protocol of the body
    pub protocol: u8,
    /// time to live or hop limit
    pub ttl: u8,
    /// identification, 0 for IPv6 without a fragment header
    pub identification: u32,
    /// differentiated services field
    pub tos: u8,
    /// IPv4 options are there
    pub options: bool,
    /// a piece of a datagram
    pub fragment: Option<Fragment>,
    /// bytes of the header, extensions included
    pub header: &'a [u8],
    /// what the datagram carries, without link-layer padding
    pub body: &'a [u8],
}

pub(super) fn decode_v4<'a>(bytes: &'a [u8], anomalies: &mut Anomalies) -> Option<Ip<'a>> {
    let Some(fixed) = bytes.first_chunk::<20>() else {
        anomalies.note("ipv4.pkt_too_small");
        return None;
    };
    if fixed[0] >> 4 != 4 {
        anomalies.note("ipv4.wrong_ip_version");
        return None;
    }
    let header_len = usize::from(fixed[0] & 0x0f) * 4;
    let total = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
    if header_len < 20 {
        anomalies.note("ipv4.hlen_too_small");
        return None;
    }
    // Length 0 stands for a frame that a network card will cut (segmentation offload): take all there is.
    let total = if total == 0 { bytes.len() } else { total };
    if total < header_len {
        anomalies.note("ipv4.iplen_smaller_than_hlen");
        return None;
    }
    if total > bytes.len() {
        anomalies.note("ipv4.trunc_pkt");
    }
    let header = bytes.get(..header_len)?;
    let body = bytes.get(header_len..total.min(bytes.len()))?;
    let field = u16::from_be_bytes([fixed[6], fixed[7]]);
    let fragment = Fragment { offset: usize::from(field & 0x1fff) * 8, more: field & 0x2000 != 0 };
    Some(Ip {
        source: IpAddr::V4(Ipv4Addr::new(fixed[12], fixed[13], fixed[14], fixed[15])),
        destination: IpAddr::V4(Ipv4Addr::new(fixed[16], fixed[17], fixed[18], fixed[19])),
        protocol: fixed[9],
        ttl: fixed[8],
        identification: u32::from(u16::from_be_bytes([fixed[4], fixed[5]])),
        tos: fixed[1],
        options: header_len > 20,
        fragment: (fragment.offset > 0 || fragment.more).then_some(fragment),
        header,
        body,
    })
}

pub(super) fn decode_v6<'a>(bytes: &'a [u8], anomalies: &mut Anomalies) -> Option<Ip<'a>> {
    let Some(fixed) = bytes.first_chunk::<40>() else {
        anomalies.note("ipv6.pkt_too_small");
        return None;
    };
    if fixed[0] >> 4 != 6 {
        anomalies.note("ipv6.wrong_ip_version");
        return None;
    }
    let length = usize::from(u16::from_be_bytes([fixed[4], fixed[5]]));
    let end = if length == 0 { bytes.len() } else { 40 + length };
    if end > bytes.len() {
        anomalies.note("ipv6.trunc_pkt");
    }
    let datagram = bytes.get(..end.min(bytes.len()))?;
    let address = |at: usize| -> Option<IpAddr> {
        let octets: [u8; 16] = fixed.get(at..at + 16)?.try_into().ok()?;
        Some(IpAddr::V6(Ipv6Addr::from(octets)))
    };
    let mut ip = Ip {
        source: address(8)?,
        destination: address(24)?,
        protocol: fixed[6],
        ttl: fixed[7],
        identification: 0,
        tos: (fixed[0] << 4) | (fixed[1] >> 4),
        options: false,
        fragment: None,
        header: bytes.get(..40)?,
        body: datagram.get(40..)?,
    };
    extensions(&mut ip, datagram, anomalies);
    Some(ip)
}

fn extensions<'a>(ip: &mut Ip<'a>, datagram: &'a [u8], anomalies: &mut Anomalies) {
    let mut cursor = Cursor::at(datagram, 40);
    for _ in 0..IPV6_EXTENSIONS {
        let start = cursor;
        let (next, length) = match ip.protocol {
            // hop-by-hop, routing, destination options
            0 | 43 | 60 => match (cursor.u8(), cursor.u8()) {
                (Some(next), Some(length)) => (next, usize::from(length) * 8 + 6),
                _ => return anomalies.note("ipv6.trunc_exthdr"),
            },
            // authentication header, RFC 4302
            51 => match (cursor.u8(), cursor.u8()) {
                (Some(next), Some(length)) => (next, usize::from(length) * 4 + 6),
                _ => return anomalies.note("ipv6.trunc_exthdr"),
            },
            44 => {
                let (Some(next), Some(_), Some(field), Some(id)) =
                    (cursor.u8(), cursor.u8(), cursor.u16(), cursor.u32())
                else {
                    return anomalies.note("ipv6.trunc_exthdr");
                };
                let fragment = Fragment { offset: usize::from(field & 0xfff8), more: field & 1 != 0 };
                ip.identification = id;
                ip.fragment = (fragment.offset > 0 || fragment.more).then_some(fragment);
                if ip.fragment.is_none() {
                    anomalies.note("ipv6.exthdr_useless_fh");
                }
                (next, 0)
            }
            _ => return,
        };
        if cursor.skip(length).is_none() {
            cursor = start;
            anomalies.note("ipv6.trunc_exthdr");
            ip.body = cursor.rest();
            return;
        }
        ip.protocol = next;
        ip.header = datagram.get(..cursor.position()).unwrap_or(ip.header);
        ip.body = cursor.rest();
        if ip.fragment.is_some() || next == protocol::TCP || next == protocol::UDP {
            return;
        }
    }
    anomalies.note("ipv6.exthdr_too_many");
}
