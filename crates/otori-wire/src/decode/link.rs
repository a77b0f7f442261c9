//! The link layer: Ethernet with VLAN tags, PPP and PPPoE, MPLS, NSH, bare IP, BSD loopback, Linux cooked captures.
//!
//! Key types: [`LinkType`], [`Vlans`]. IEEE 802.3, 802.1Q, 802.1ad; RFC 1661, RFC 2516, RFC 3032, RFC 8300; link types
//! as tcpdump.org numbers them.
use super::Packet;
use crate::{
    anomaly::Anomalies,
    cursor::Cursor,
    limits::{LINK_LAYERS, VLAN_TAGS},
};

pub(super) const IPV4: u16 = 0x0800;
pub(super) const IPV6: u16 = 0x86dd;
pub(super) const ARP: u16 = 0x0806;
const TRANSPARENT_ETHERNET: u16 = 0x6558;

/// What a frame starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkType {
    /// DLT_EN10MB, 1
    Ethernet,
    /// DLT_RAW, 12, 14, 101: an IP header
    Ip,
    /// DLT_IPV4, 228
    Ipv4,
    /// DLT_IPV6, 229
    Ipv6,
    /// DLT_NULL, 0, 108: the address family in the capturing host's byte order
    Null,
    /// DLT_PPP, 9, 50: PPP, perhaps in HDLC-like framing
    Ppp,
    /// DLT_C_HDLC, 104: Cisco's HDLC
    CiscoHdlc,
    /// DLT_LINUX_SLL, 113
    Cooked,
    /// DLT_LINUX_SLL2, 276
    Cooked2,
    /// no link layer: what follows has this Ethernet type (inside tunnels)
    Payload(u16),
    /// any other; its frames are only counted
    Other(u32),
}

/// Number, name as libpcap has it.
const NAMES: &[(LinkType, &str)] = &[
    (LinkType::Ethernet, "EN10MB"),
    (LinkType::Ip, "RAW"),
    (LinkType::Ipv4, "IPv4"),
    (LinkType::Ipv6, "IPv6"),
    (LinkType::Null, "NULL"),
    (LinkType::Ppp, "PPP"),
    (LinkType::CiscoHdlc, "C_HDLC"),
    (LinkType::Cooked, "LINUX_SLL"),
    (LinkType::Cooked2, "LINUX_SLL2"),
];

impl LinkType {
    /// From the number in a capture file's header.
    pub const fn from_number(number: u32) -> Self {
        match number {
            1 => LinkType::Ethernet,
            12 | 14 | 101 => LinkType::Ip,
            228 => LinkType::Ipv4,
            229 => LinkType::Ipv6,
            0 | 108 => LinkType::Null,
            9 | 50 => LinkType::Ppp,
            104 => LinkType::CiscoHdlc,
            113 => LinkType::Cooked,
            276 => LinkType::Cooked2,
            other => LinkType::Other(other),
        }
    }
    /// The number that capture files use (tcpdump.org); bare payloads count as bare IP.
    pub const fn number(self) -> u32 {
        match self {
            LinkType::Ethernet => 1,
            LinkType::Ip | LinkType::Payload(_) => 12,
            LinkType::Ipv4 => 228,
            LinkType::Ipv6 => 229,
            LinkType::Null => 0,
            LinkType::Ppp => 9,
            LinkType::CiscoHdlc => 104,
            LinkType::Cooked => 113,
            LinkType::Cooked2 => 276,
            LinkType::Other(number) => number,
        }
    }
    /// libpcap's name.
    pub fn name(self) -> &'static str {
        let link = if matches!(self, LinkType::Payload(_)) { LinkType::Ip } else { self };
        NAMES.iter().find(|(have, _)| *have == link).map_or("UNKNOWN", |(_, name)| name)
    }
}

/// VLAN identifiers, outermost first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Vlans {
    tags: [u16; VLAN_TAGS],
    count: u8,
}

impl Vlans {
    pub(super) const fn none() -> Self {
        Vlans { tags: [0; VLAN_TAGS], count: 0 }
    }
    fn push(&mut self, tag: u16) -> bool {
        let Some(place) = self.tags.get_mut(usize::from(self.count)) else { return false };
        *place = tag & 0x0fff;
        self.count += 1;
        true
    }
    /// The identifiers.
    pub fn ids(&self) -> &[u16] {
        self.tags.get(..usize::from(self.count)).unwrap_or(&[])
    }
}

/// Reads the link layer; gives what follows it, or `None` when nothing is understood.
pub(super) fn decode<'a>(packet: &mut Packet<'a>) -> Option<&'a [u8]> {
    let mut cursor = Cursor::new(packet.frame);
    let mut note = |name| {
        packet.anomalies.note(name);
        None
    };
    let ether_type = match packet.link {
        LinkType::Ethernet => match cursor.skip(12).and_then(|()| cursor.u16()) {
            Some(ether_type) => ether_type,
            None => return note("ethernet.pkt_too_small"),
        },
        LinkType::Ip => return bare_ip(packet, cursor),
        LinkType::Ipv4 => IPV4,
        LinkType::Ipv6 => IPV6,
        LinkType::Payload(ether_type) => ether_type,
        LinkType::Null => {
            let Some(family) = cursor.u32() else { return note("ltnull.pkt_too_small") };
            // Small in one of the two byte orders, 30 and above for the IPv6 of the BSDs.
            if family.min(family.swap_bytes()) > 64 {
                return note("ltnull.unsupported_type");
            }
            return bare_ip(packet, cursor);
        }
        LinkType::Ppp => {
            let start = cursor;
            if (cursor.u8(), cursor.u8()) != (Some(0xff), Some(3)) {
                cursor = start;
            }
            return layers(packet, cursor, Next::Ppp);
        }
        LinkType::CiscoHdlc => match cursor.skip(2).and_then(|()| cursor.u16()) {
            Some(ether_type) => ether_type,
            None => return note("chdlc.pkt_too_small"),
        },
        LinkType::Cooked => match cursor.skip(14).and_then(|()| cursor.u16()) {
            Some(ether_type) => ether_type,
            None => return note("sll.pkt_too_small"),
        },
        LinkType::Cooked2 => match (cursor.u16(), cursor.skip(18)) {
            (Some(ether_type), Some(())) => ether_type,
            _ => return note("sll2.pkt_too_small"),
        },
        LinkType::Other(_) => return None,
    };
    layers(packet, cursor, Next::Type(ether_type))
}

fn bare_ip<'a>(packet: &mut Packet<'a>, cursor: Cursor<'a>) -> Option<&'a [u8]> {
    packet.ether_type = match cursor.rest().first()? >> 4 {
        4 => IPV4,
        6 => IPV6,
        _ => {
            packet.anomalies.note("ipraw.invalid_ip_version");
            return None;
        }
    };
    Some(cursor.rest())
}

/// What the next bytes are.
#[derive(Clone, Copy)]
enum Next {
    Type(u16),
    Ppp,
    Label,
    Ethernet,
    /// nothing that is known
    Stop,
}

/// Walks tags, labels and session headers up to a network layer.
fn layers<'a>(packet: &mut Packet<'a>, mut cursor: Cursor<'a>, first: Next) -> Option<&'a [u8]> {
    let mut next = first;
    for _ in 0..LINK_LAYERS {
        next = match next {
            Next::Type(0x8100 | 0x88a8 | 0x9100) => tag(packet, &mut cursor)?,
            Next::Type(0x8864) => pppoe_session(packet, &mut cursor)?,
            Next::Type(0x8863) => {
                pppoe_discovery(cursor.rest(), &mut packet.anomalies);
                return None;
            }
            Next::Type(0x8847 | 0x8848) | Next::Label => label(packet, &mut cursor)?,
            Next::Type(0x894f) => service_header(packet, &mut cursor)?,
            Next::Type(0x8926) => outer_tag(packet, &mut cursor, 4, "vntag.header_too_small")?,
            Next::Type(0x893f) => outer_tag(packet, &mut cursor, 6, "etag.header_too_small")?,
            // IEEE 802.1ah: flags and service, then addresses of the customer.
            Next::Type(0x88e7) => outer_tag(packet, &mut cursor, 16, "ieee8021ah.header_too_small")?,
            Next::Type(0x8903) => match cursor.skip(2) {
                Some(()) => Next::Ethernet,
                None => {
                    packet.anomalies.note("dce.pkt_too_small");
                    return None;
                }
            },
            Next::Type(TRANSPARENT_ETHERNET) | Next::Ethernet => {
                Next::Type(cursor.skip(12).and_then(|()| cursor.u16())?)
            }
            Next::Type(0x880b) => {
                let start = cursor;
                if (cursor.u8(), cursor.u8()) != (Some(0xff), Some(3)) {
                    cursor = start;
                }
                Next::Ppp
            }
            Next::Ppp => point_to_point(packet, &mut cursor)?,
            Next::Type(ether_type) => {
                packet.ether_type = ether_type;
                if !packet.vlans.ids().is_empty() && !matches!(ether_type, IPV4 | IPV6 | ARP) {
                    packet.anomalies.note("vlan.unknown_type");
                }
                return Some(cursor.rest());
            }
            Next::Stop => return None,
        };
    }
    packet.anomalies.note("too_many_layers");
    None
}

/// Tags that only carry: so many bytes, then a type.
fn outer_tag(
    packet: &mut Packet<'_>,
    cursor: &mut Cursor<'_>,
    bytes: usize,
    too_small: &'static str,
) -> Option<Next> {
    match cursor.skip(bytes).and_then(|()| cursor.u16()) {
        Some(ether_type) => Some(Next::Type(ether_type)),
        None => {
            packet.anomalies.note(too_small);
            None
        }
    }
}

fn tag(packet: &mut Packet<'_>, cursor: &mut Cursor<'_>) -> Option<Next> {
    let (Some(tag), Some(next)) = (cursor.u16(), cursor.u16()) else {
        packet.anomalies.note("vlan.header_too_small");
        return None;
    };
    if !packet.vlans.push(tag) {
        packet.anomalies.note("vlan.too_many_layers");
        return None;
    }
    Some(Next::Type(next))
}

/// RFC 2516 4: version and type, code, session, length, then PPP.
fn pppoe_session(packet: &mut Packet<'_>, cursor: &mut Cursor<'_>) -> Option<Next> {
    let (Some(version), Some(code), Some(_), Some(_)) =
        (cursor.u8(), cursor.u8(), cursor.u16(), cursor.u16())
    else {
        packet.anomalies.note("pppoe.pkt_too_small");
        return None;
    };
    if version != 0x11 {
        packet.anomalies.note("pppoe.wrong_version");
    }
    if code != 0 {
        packet.anomalies.note("pppoe.wrong_code");
    }
    Some(Next::Ppp)
}

/// RFC 2516 5: known codes, and tags that fill the length.
fn pppoe_discovery(bytes: &[u8], anomalies: &mut Anomalies) {
    let mut cursor = Cursor::new(bytes);
    let (Some(_), Some(code), Some(_), Some(length)) = (cursor.u8(), cursor.u8(), cursor.u16(), cursor.u16())
    else {
        return anomalies.note("pppoe.pkt_too_small");
    };
    if !matches!(code, 0x09 | 0x07 | 0x19 | 0x65 | 0xa7) {
        return anomalies.note("pppoe.wrong_code");
    }
    let Some(tags) = cursor.take(usize::from(length)) else { return anomalies.note("pppoe.malformed_tags") };
    let mut tags = Cursor::new(tags);
    while tags.left() > 0 {
        let whole = tags.u16().zip(tags.u16()).and_then(|(_, length)| tags.skip(usize::from(length)));
        if whole.is_none() {
            return anomalies.note("pppoe.malformed_tags");
        }
    }
}

/// RFC 1661: a protocol number of one byte when compressed (odd), else of two.
fn point_to_point(packet: &mut Packet<'_>, cursor: &mut Cursor<'_>) -> Option<Next> {
    let mut note = |name| {
        packet.anomalies.note(name);
        Some(Next::Stop)
    };
    let Some(first) = cursor.u8() else { return note("ppp.pkt_too_small") };
    let number = match first & 1 {
        1 => u16::from(first),
        _ => match cursor.u8() {
            Some(second) => u16::from(first) << 8 | u16::from(second),
            None => return note("ppp.pkt_too_small"),
        },
    };
    match number {
        0x0021 if cursor.left() < 20 => note("ppp.ip4_pkt_too_small"),
        0x0057 if cursor.left() < 40 => note("ppp.ip6_pkt_too_small"),
        0x002f if cursor.left() < 20 => note("ppp.vju_pkt_too_small"),
        // Van Jacobson, uncompressed: the IP header with another protocol number.
        0x0021 | 0x002f => Some(Next::Type(IPV4)),
        0x0057 => Some(Next::Type(IPV6)),
        0x0281 | 0x0283 => Some(Next::Label),
        // Link and network control protocols are a part of every session.
        0x8000..=0xffff => Some(Next::Stop),
        // Network protocols that are not looked into.
        0x002d | 0x00fd | 0x00fb | 0x0023 | 0x0025 | 0x0027 | 0x0029 | 0x002b | 0x0031 | 0x003d | 0x003f
        | 0x0049 | 0x004f | 0x0055 | 0x0059 => note("ppp.unsup_proto"),
        _ => note("ppp.wrong_type"),
    }
}

/// RFC 3032: labels up to the one with the bottom bit; what follows says itself what it is.
fn label(packet: &mut Packet<'_>, cursor: &mut Cursor<'_>) -> Option<Next> {
    let Some(entry) = cursor.u32() else {
        packet.anomalies.note("mpls.header_too_small");
        return None;
    };
    if entry & 0x100 == 0 {
        return Some(Next::Label);
    }
    let note = |packet: &mut Packet<'_>, name| {
        packet.anomalies.note(name);
        Some(Next::Stop)
    };
    match (entry >> 12, cursor.rest().first().map(|b| b >> 4)) {
        (_, None) => note(packet, "mpls.pkt_too_small"),
        (0, _) => Some(Next::Type(IPV4)),
        (1, _) => note(packet, "mpls.bad_label_router_alert"),
        (2, _) => Some(Next::Type(IPV6)),
        (3, _) => note(packet, "mpls.bad_label_implicit_null"),
        (4..=15, _) => note(packet, "mpls.bad_label_reserved"),
        (_, Some(4)) => Some(Next::Type(IPV4)),
        (_, Some(6)) => Some(Next::Type(IPV6)),
        // A pseudo-wire's control word starts with zero bits, RFC 4385.
        (_, Some(0)) => {
            cursor.skip(4)?;
            Some(Next::Ethernet)
        }
        (_, Some(_)) if cursor.left() >= 14 => Some(Next::Ethernet),
        _ => note(packet, "mpls.unknown_payload_type"),
    }
}

/// The network service header, RFC 8300.
fn service_header(packet: &mut Packet<'_>, cursor: &mut Cursor<'_>) -> Option<Next> {
    let start = cursor.rest();
    let Some(base) = start.first_chunk::<8>() else {
        packet.anomalies.note("nsh.header_too_small");
        return None;
    };
    let words = usize::from(u16::from_be_bytes([base[0], base[1]]) & 0x3f);
    let (kind, next) = (base[2] & 0x0f, base[3]);
    if words < 2 || start.len() < words * 4 {
        packet.anomalies.note("nsh.bad_header_length");
        return None;
    }
    if base[0] >> 6 != 0 {
        packet.anomalies.note("nsh.unsupported_version");
        return None;
    }
    match kind {
        0 => packet.anomalies.note("nsh.reserved_type"),
        1 | 2 => {}
        _ => packet.anomalies.note("nsh.unsupported_type"),
    }
    cursor.skip(words * 4)?;
    Some(match next {
        1 => Next::Type(IPV4),
        2 => Next::Type(IPV6),
        3 => Next::Ethernet,
        5 => Next::Label,
        _ => {
            packet.anomalies.note("nsh.unknown_payload");
            Next::Stop
        }
    })
}

/// RFC 826: Ethernet and IPv4, lengths that fit, a known operation.
pub(super) fn check_arp(bytes: &[u8], anomalies: &mut Anomalies) {
    let Some(head) = bytes.first_chunk::<8>() else { return anomalies.note("arp.pkt_too_small") };
    let word = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
    if word(0) != 1 {
        anomalies.note("arp.unsupported_hardware");
    } else if word(2) != IPV4 {
        anomalies.note("arp.unsupported_protocol");
    } else if bytes.len() < 28 {
        anomalies.note("arp.invalid_pkt");
    } else if head[4] != 6 {
        anomalies.note("arp.invalid_hardware_size");
    } else if head[5] != 4 {
        anomalies.note("arp.invalid_protocol_size");
    } else if !matches!(word(6), 1..=10) {
        anomalies.note("arp.unsupported_opcode");
    }
}
