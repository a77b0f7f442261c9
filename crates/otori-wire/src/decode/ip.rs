//! IPv4 and IPv6 headers.
//!
//! Key type: [`Ip`]. RFC 791, RFC 8200. Names of anomalies are Suricata's decode events.
use super::{options, protocol};
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
    /// IPv4 options that are there, a bit per option number (copy and class left out)
    pub options: u32,
    /// IPv4's three flag bits: reserved, do not fragment, more fragments
    pub flag_bits: u8,
    /// a piece of a datagram
    pub fragment: Option<Fragment>,
    /// bytes of the header, extensions included
    pub header: &'a [u8],
    /// what the datagram carries, without link-layer padding
    pub body: &'a [u8],
}

/// Protocol numbers that IANA has given to somebody: 0 to 146, without the experimental ones.
const fn is_known(number: u8) -> bool {
    number <= 146
}

pub(super) fn decode_v4<'a>(bytes: &'a [u8], anomalies: &mut Anomalies) -> Option<Ip<'a>> {
    let mut note = |name| {
        anomalies.note(name);
        None
    };
    let Some(fixed) = bytes.first_chunk::<20>() else { return note("ipv4.pkt_too_small") };
    if fixed[0] >> 4 != 4 {
        return note("ipv4.wrong_ip_version");
    }
    let header_len = usize::from(fixed[0] & 0x0f) * 4;
    let total = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
    if header_len < 20 {
        return note("ipv4.hlen_too_small");
    }
    // Length 0 stands for a frame that a network card will cut (segmentation offload): take all there is.
    let total = if total == 0 { bytes.len() } else { total };
    if total < header_len {
        return note("ipv4.iplen_smaller_than_hlen");
    }
    if total > bytes.len() {
        return note("ipv4.trunc_pkt");
    }
    let header = bytes.get(..header_len)?;
    let body = bytes.get(header_len..total)?;
    let field = u16::from_be_bytes([fixed[6], fixed[7]]);
    let fragment = Fragment { offset: usize::from(field & 0x1fff) * 8, more: field & 0x2000 != 0 };
    match fixed[9] {
        protocol::ICMPV6 => anomalies.note("ipv4.icmpv6"),
        number if !is_known(number) => anomalies.note("ipv4.unknown_protocol"),
        _ => {}
    }
    Some(Ip {
        source: IpAddr::V4(Ipv4Addr::new(fixed[12], fixed[13], fixed[14], fixed[15])),
        destination: IpAddr::V4(Ipv4Addr::new(fixed[16], fixed[17], fixed[18], fixed[19])),
        protocol: fixed[9],
        ttl: fixed[8],
        identification: u32::from(u16::from_be_bytes([fixed[4], fixed[5]])),
        tos: fixed[1],
        options: options::ipv4(header.get(20..).unwrap_or(&[]), anomalies),
        flag_bits: (field >> 13) as u8,
        fragment: (fragment.offset > 0 || fragment.more).then_some(fragment),
        header,
        body,
    })
}

pub(super) fn decode_v6<'a>(bytes: &'a [u8], anomalies: &mut Anomalies) -> Option<Ip<'a>> {
    let mut note = |name| {
        anomalies.note(name);
        None
    };
    let Some(fixed) = bytes.first_chunk::<40>() else { return note("ipv6.pkt_too_small") };
    if fixed[0] >> 4 != 6 {
        return note("ipv6.wrong_ip_version");
    }
    let length = usize::from(u16::from_be_bytes([fixed[4], fixed[5]]));
    let end = if length == 0 { bytes.len() } else { 40 + length };
    if end > bytes.len() {
        return note("ipv6.trunc_pkt");
    }
    let datagram = bytes.get(..end)?;
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
        options: 0,
        flag_bits: 0,
        fragment: None,
        header: bytes.get(..40)?,
        body: datagram.get(40..)?,
    };
    extensions(&mut ip, datagram, anomalies);
    Some(ip)
}

/// Link header, IP header without the marks of a fragment, body.
pub(super) fn rebuilt(link_header: &[u8], ip: &Ip<'_>) -> Vec<u8> {
    let mut header = ip.header.to_vec();
    if ip.source.is_ipv4() {
        let total = (header.len() + ip.body.len()).min(usize::from(u16::MAX)) as u16;
        for (place, bytes) in [(2, total.to_be_bytes()), (6, [0; 2]), (10, [0; 2])] {
            if let Some(target) = header.get_mut(place..place + 2) {
                target.copy_from_slice(&bytes);
            }
        }
        let sum = checksum(&header);
        if let Some(target) = header.get_mut(10..12) {
            target.copy_from_slice(&sum.to_be_bytes());
        }
    } else {
        // Extension headers before the fragment header stay away with it: the body is what they led to.
        header.truncate(40);
        let length = (ip.body.len().min(usize::from(u16::MAX)) as u16).to_be_bytes();
        if let Some([high, low, next]) = header.get_mut(4..7) {
            (*high, *low, *next) = (length[0], length[1], ip.protocol);
        }
    }
    [link_header, &header, ip.body].concat()
}

/// The Internet checksum, over bytes whose own field of it is zero (RFC 1071).
pub fn checksum(bytes: &[u8]) -> u16 {
    let words =
        bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// Which extension headers were there already, a bit each.
#[derive(Default)]
struct Seen(u8);

impl Seen {
    fn again(&mut self, bit: u8) -> bool {
        let again = self.0 & bit != 0;
        self.0 |= bit;
        again
    }
}

fn extensions<'a>(ip: &mut Ip<'a>, datagram: &'a [u8], anomalies: &mut Anomalies) {
    let mut cursor = Cursor::at(datagram, 40);
    let mut seen = Seen::default();
    for _ in 0..IPV6_EXTENSIONS {
        let start = cursor;
        let length = match ip.protocol {
            0 | 43 | 60 => match cursor.rest().first_chunk::<2>() {
                Some(head) => 8 + usize::from(head[1]) * 8,
                None => return anomalies.note("ipv6.trunc_exthdr"),
            },
            // authentication header, RFC 4302
            51 => match cursor.rest().first_chunk::<2>() {
                Some(head) => 8 + usize::from(head[1]) * 4,
                None => return anomalies.note("ipv6.trunc_exthdr"),
            },
            44 => 8,
            // encapsulated security payload: only that it repeats
            50 => {
                if seen.again(0x20) {
                    anomalies.note("ipv6.exthdr_dupl_eh");
                }
                return;
            }
            59 => {
                if cursor.left() > 0 {
                    anomalies.note("ipv6.data_after_none_header");
                }
                return;
            }
            protocol::ICMP => return anomalies.note("ipv6.icmpv4"),
            number if !is_known(number) => return anomalies.note("ipv6.unknown_next_header"),
            _ => return,
        };
        let Some(header) = cursor.take(length) else {
            anomalies.note("ipv6.trunc_exthdr");
            ip.body = start.rest();
            return;
        };
        look_at(ip, header, &mut seen, anomalies);
        ip.protocol = header.first().copied().unwrap_or(59);
        ip.header = datagram.get(..cursor.position()).unwrap_or(ip.header);
        ip.body = cursor.rest();
        // What lies behind a fragment header is a piece; only its own next headers can be named.
        if ip.fragment.is_some_and(|fragment| fragment.offset > 0) {
            return;
        }
        let pieces = ip.fragment.is_some_and(|fragment| fragment.more);
        if !pieces && cursor.left() < 2 && ip.protocol != 59 {
            return anomalies.note("ipv6.trunc_exthdr");
        }
        if ip.fragment.is_some() && !matches!(ip.protocol, 44) {
            return;
        }
    }
    anomalies.note("ipv6.exthdr_too_many");
}

fn look_at(ip: &mut Ip<'_>, header: &[u8], seen: &mut Seen, anomalies: &mut Anomalies) {
    match ip.protocol {
        0 => {
            if seen.again(1) {
                anomalies.note("ipv6.exthdr_dupl_hh");
            }
            options::ipv6(header, &options::HOP_BY_HOP, anomalies);
        }
        60 => {
            if seen.again(if seen.0 & 4 != 0 { 2 } else { 0x40 }) {
                anomalies.note("ipv6.exthdr_dupl_dh");
            }
            options::ipv6(header, &options::DESTINATION, anomalies);
        }
        43 => {
            if seen.again(4) {
                anomalies.note("ipv6.exthdr_dupl_rh");
            }
            if header.get(2) == Some(&0) {
                anomalies.note("ipv6.rh_type_0");
            }
        }
        51 => {
            if seen.again(8) {
                anomalies.note("ipv6.exthdr_dupl_ah");
            }
            if header.get(2..4).is_some_and(|reserved| reserved != [0, 0]) {
                anomalies.note("ipv6.exthdr_ah_res_not_null");
            }
        }
        _ => {
            let again = seen.again(16);
            if again {
                anomalies.note("ipv6.exthdr_dupl_fh");
            }
            fragment(ip, header, anomalies, again);
        }
    }
}

fn fragment(ip: &mut Ip<'_>, header: &[u8], anomalies: &mut Anomalies, again: bool) {
    let Some(head) = header.first_chunk::<8>() else { return };
    let field = u16::from_be_bytes([head[2], head[3]]);
    let fragment = Fragment { offset: usize::from(field & 0xfff8), more: field & 1 != 0 };
    let is_piece = fragment.offset > 0 || fragment.more;
    if head[1] != 0 || field & 6 != 0 {
        anomalies.note("ipv6.fh_non_zero_reserved_field");
    }
    if !is_piece && !again {
        anomalies.note("ipv6.exthdr_useless_fh");
    }
    if !again || ip.fragment.is_none() {
        ip.identification = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        ip.fragment = is_piece.then_some(fragment);
    }
}
