//! Packets inside packets: GRE, ERSPAN, IP-in-IP, Teredo, VXLAN, Geneve, GTP-U.
//!
//! Key type: [`Inner`]. RFC 2784 and 2890 (GRE), draft-foschiano-erspan, RFC 2003, RFC 4213, RFC 4380, RFC 7348,
//! RFC 8926, 3GPP TS 29.281. The caller nests to a limit.
use super::{Ip, LinkType, Transport, link, protocol};
use crate::{anomaly::Anomalies, cursor::Cursor};

/// How a packet is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TunnelKind {
    /// GRE with an IP or Ethernet packet
    Gre,
    /// mirrored frames, types II and III
    Erspan,
    /// any IP in IPv4
    Ipv4,
    /// any IP in IPv6
    Ipv6,
    /// IPv6 in UDP
    Teredo,
    /// Ethernet in UDP 4789
    Vxlan,
    /// Ethernet or IP in UDP 6081
    Geneve,
    /// IP of a mobile subscriber in UDP 2152
    Gtp,
}

impl TunnelKind {
    /// EVE's `pkt_src`.
    pub const fn as_str(self) -> &'static str {
        match self {
            TunnelKind::Gre | TunnelKind::Erspan => "gre tunnel",
            TunnelKind::Ipv4 => "ipv4 tunnel",
            TunnelKind::Ipv6 => "ipv6 tunnel",
            TunnelKind::Teredo => "teredo tunnel",
            TunnelKind::Vxlan => "vxlan encapsulation",
            TunnelKind::Geneve => "geneve encapsulation",
            TunnelKind::Gtp => "gtp tunnel",
        }
    }
}

/// A packet inside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inner<'a> {
    /// how it is carried
    pub kind: TunnelKind,
    /// what its bytes start with
    pub link: LinkType,
    /// its bytes
    pub bytes: &'a [u8],
    /// who is behind it, where the tunnel says so: TEID, VNI, GRE key, ERSPAN session
    pub id: Option<u32>,
}

const IPV4: LinkType = LinkType::Payload(link::IPV4);
const IPV6: LinkType = LinkType::Payload(link::IPV6);
const VXLAN_PORT: u16 = 4789;
const GENEVE_PORT: u16 = 6081;
const GTP_PORT: u16 = 2152;
const GENEVE_ETHERNET: u16 = 0x6558;

/// What the packet carries, if it is a tunnel's.
pub(super) fn find<'a>(
    ip: &Ip<'a>,
    transport: &Transport,
    payload: &'a [u8],
    anomalies: &mut Anomalies,
) -> Option<Inner<'a>> {
    let kind = if ip.source.is_ipv4() { TunnelKind::Ipv4 } else { TunnelKind::Ipv6 };
    match (ip.protocol, *transport) {
        (protocol::GRE, _) => gre(ip.body, anomalies),
        (4, _) => ip_in_ip(kind, ip.body, 4, anomalies),
        (41, _) => ip_in_ip(kind, ip.body, 6, anomalies),
        (protocol::UDP, Transport::Udp { source, destination }) => match destination {
            VXLAN_PORT => vxlan(payload, anomalies),
            GENEVE_PORT => geneve(payload, anomalies),
            GTP_PORT => gtp(payload),
            // Two ends of one tunnel may answer from their port.
            _ if source == VXLAN_PORT => vxlan(payload, anomalies),
            _ if source == GENEVE_PORT => geneve(payload, anomalies),
            _ if ip.source.is_ipv4() => teredo(payload),
            _ => None,
        },
        _ => None,
    }
}

fn ip_in_ip<'a>(
    kind: TunnelKind,
    bytes: &'a [u8],
    version: u8,
    anomalies: &mut Anomalies,
) -> Option<Inner<'a>> {
    let (least, small, wrong) = match (kind, version) {
        (TunnelKind::Ipv6, 4) => (20, "ipv6.ipv4_in_ipv6_too_small", "ipv6.ipv4_in_ipv6_wrong_version"),
        (TunnelKind::Ipv6, _) => (40, "ipv6.ipv6_in_ipv6_too_small", "ipv6.ipv6_in_ipv6_wrong_version"),
        (_, 4) => (20, "ipv4.pkt_too_small", "ipv4.wrong_ip_version"),
        _ => (40, "ipv6.pkt_too_small", "ipv6.wrong_ip_version"),
    };
    if bytes.len() < least {
        anomalies.note(small);
        return None;
    }
    if bytes.first().map(|b| b >> 4) != Some(version) {
        anomalies.note(wrong);
        return None;
    }
    Some(Inner { kind, link: if version == 4 { IPV4 } else { IPV6 }, bytes, id: None })
}

const GRE_CHECKSUM: u16 = 0x8000;
const GRE_ROUTING: u16 = 0x4000;
const GRE_KEY: u16 = 0x2000;
const GRE_SEQUENCE: u16 = 0x1000;
const GRE_STRICT: u16 = 0x0800;
const GRE_RECURSION: u16 = 0x0700;

/// Version 0, RFC 1701 and RFC 2890: what its flags say is there; the error is the anomaly.
fn original(flags: u16, cursor: &mut Cursor<'_>, id: &mut Option<u32>) -> Result<(), &'static str> {
    const TOO_BIG: &str = "gre.version0_hdr_too_big";
    if flags & GRE_RECURSION != 0 {
        return Err("gre.version0_recur");
    }
    if flags & 0xf8 != 0 {
        return Err("gre.version0_flags");
    }
    if flags & (GRE_CHECKSUM | GRE_ROUTING) != 0 {
        cursor.skip(4).ok_or(TOO_BIG)?;
    }
    if flags & GRE_KEY != 0 {
        *id = Some(cursor.u32().ok_or(TOO_BIG)?);
    }
    if flags & GRE_SEQUENCE != 0 {
        cursor.skip(4).ok_or(TOO_BIG)?;
    }
    if flags & GRE_ROUTING != 0 {
        source_routes(cursor).ok_or("gre.version0_malformed_sre_hdr")?;
    }
    Ok(())
}

/// A family, an offset and a length each; the last has neither family nor length.
fn source_routes(cursor: &mut Cursor<'_>) -> Option<()> {
    loop {
        let entry = cursor.u32()?;
        if entry & 0xffff_00ff == 0 {
            return Some(());
        }
        cursor.skip((entry & 0xff) as usize)?;
    }
}

/// Version 1, RFC 2637 4.1: only PPP, with a key, and neither checksum nor routes.
fn enhanced(flags: u16, carried: u16, cursor: &mut Cursor<'_>) -> Result<(), &'static str> {
    for (bits, name) in [
        (GRE_CHECKSUM, "gre.version1_chksum"),
        (GRE_ROUTING, "gre.version1_route"),
        (GRE_STRICT, "gre.version1_ssr"),
        (GRE_RECURSION, "gre.version1_recur"),
        (0x78, "gre.version1_flags"),
    ] {
        if flags & bits != 0 {
            return Err(name);
        }
    }
    if carried != 0x880b {
        return Err("gre.version1_wrong_protocol");
    }
    if flags & GRE_KEY == 0 {
        return Err("gre.version1_no_key");
    }
    let words = 4 + if flags & GRE_SEQUENCE != 0 { 4 } else { 0 } + if flags & 0x80 != 0 { 4 } else { 0 };
    cursor.skip(words).ok_or("gre.version1_hdr_too_big")
}

/// RFC 2784, RFC 2890, RFC 2637: the flags say which words follow.
fn gre<'a>(bytes: &'a [u8], anomalies: &mut Anomalies) -> Option<Inner<'a>> {
    let mut cursor = Cursor::new(bytes);
    let (Some(flags), Some(carried)) = (cursor.u16(), cursor.u16()) else {
        anomalies.note("gre.pkt_too_small");
        return None;
    };
    let version = flags & 7;
    let mut id = None;
    let wrong = match version {
        0 => original(flags, &mut cursor, &mut id).err(),
        1 => enhanced(flags, carried, &mut cursor).err(),
        _ => Some("gre.wrong_version"),
    };
    if let Some(name) = wrong {
        anomalies.note(name);
        return None;
    }
    let sequence = flags & GRE_SEQUENCE != 0;
    let rest = cursor.rest();
    let kind = TunnelKind::Gre;
    match carried {
        0x88be if sequence => erspan2(rest, anomalies),
        // Type I has no header of its own.
        0x88be => Some(Inner { kind: TunnelKind::Erspan, link: LinkType::Ethernet, bytes: rest, id }),
        0x22eb => erspan3(rest, anomalies),
        0x6558 => Some(Inner { kind, link: LinkType::Ethernet, bytes: rest, id }),
        0x0800 | 0x86dd | 0x8100 | 0x88a8 | 0x8847 | 0x8848 | 0x880b | 0x0806 => {
            Some(Inner { kind, link: LinkType::Payload(carried), bytes: rest, id })
        }
        _ => None,
    }
}

fn erspan2<'a>(bytes: &'a [u8], anomalies: &mut Anomalies) -> Option<Inner<'a>> {
    let mut cursor = Cursor::new(bytes);
    let (Some(head), Some(()), Some(session)) = (cursor.u16(), Some(()), cursor.u16()) else {
        anomalies.note("erspan.header_too_small");
        return None;
    };
    if head >> 12 != 1 {
        anomalies.note("erspan.unsupported_version");
        return None;
    }
    cursor.skip(4)?;
    let id = Some(u32::from(session & 0x3ff));
    Some(Inner { kind: TunnelKind::Erspan, link: LinkType::Ethernet, bytes: cursor.rest(), id })
}

/// Type III: 12 bytes, and 8 more when the last bit says so.
fn erspan3<'a>(bytes: &'a [u8], anomalies: &mut Anomalies) -> Option<Inner<'a>> {
    let Some(head) = bytes.first_chunk::<12>() else {
        anomalies.note("erspan.header_too_small");
        return None;
    };
    if head[0] >> 4 != 2 {
        anomalies.note("erspan.unsupported_version");
        return None;
    }
    let start = if head[11] & 1 != 0 { 20 } else { 12 };
    let id = Some(u32::from(u16::from_be_bytes([head[2], head[3]]) & 0x3ff));
    Some(Inner { kind: TunnelKind::Erspan, link: LinkType::Ethernet, bytes: bytes.get(start..)?, id })
}

fn vxlan<'a>(bytes: &'a [u8], anomalies: &mut Anomalies) -> Option<Inner<'a>> {
    let head = bytes.first_chunk::<8>()?;
    let inner = bytes.get(8..)?;
    // The flag says that the network identifier counts, RFC 7348 5; reserved bytes are ignored.
    if head[0] & 0x08 == 0 {
        return None;
    }
    let ether_type = inner.get(12..14).map(|t| u16::from_be_bytes([t[0], t[1]]));
    if !matches!(ether_type, Some(0x0800 | 0x86dd | 0x0806 | 0x8100 | 0x88a8 | 0x8847)) {
        anomalies.note("vxlan.unknown_payload_type");
        return None;
    }
    let id = Some(u32::from_be_bytes([0, head[4], head[5], head[6]]));
    Some(Inner { kind: TunnelKind::Vxlan, link: LinkType::Ethernet, bytes: inner, id })
}

fn geneve<'a>(bytes: &'a [u8], anomalies: &mut Anomalies) -> Option<Inner<'a>> {
    let head = bytes.first_chunk::<8>()?;
    if head[0] >> 6 != 0 {
        return None;
    }
    let inner = bytes.get(8 + usize::from(head[0] & 0x3f) * 4..)?;
    let carried = u16::from_be_bytes([head[2], head[3]]);
    let link = match carried {
        GENEVE_ETHERNET => LinkType::Ethernet,
        0x0800 | 0x86dd | 0x0806 | 0x8847 => LinkType::Payload(carried),
        _ => {
            anomalies.note("geneve.unknown_payload_type");
            return None;
        }
    };
    let id = Some(u32::from_be_bytes([0, head[4], head[5], head[6]]));
    Some(Inner { kind: TunnelKind::Geneve, link, bytes: inner, id })
}

/// GTP version 1, message G-PDU: the TEID names the subscriber's bearer.
fn gtp<'a>(bytes: &'a [u8]) -> Option<Inner<'a>> {
    let mut cursor = Cursor::new(bytes);
    let flags = cursor.u8()?;
    let kind = cursor.u8()?;
    let length = usize::from(cursor.u16()?);
    let teid = cursor.u32()?;
    if flags >> 4 != 3 || kind != 0xff {
        return None;
    }
    if flags & 7 != 0 {
        cursor.skip(3)?;
        let mut next = cursor.u8()?;
        // Extension headers of four-byte units, each ending with the kind of the next.
        for _ in 0..8 {
            if next == 0 || flags & 4 == 0 {
                break;
            }
            let units = usize::from(cursor.u8()?);
            cursor.skip((units * 4).checked_sub(2)?)?;
            next = cursor.u8()?;
        }
    }
    let end = (8 + length).min(bytes.len());
    let inner = bytes.get(cursor.position()..end)?;
    let link = match inner.first()? >> 4 {
        4 => IPV4,
        6 => IPV6,
        _ => return None,
    };
    Some(Inner { kind: TunnelKind::Gtp, link, bytes: inner, id: Some(teid) })
}

/// RFC 4380: perhaps authentication and origin indications, then a whole IPv6 packet.
fn teredo<'a>(bytes: &'a [u8]) -> Option<Inner<'a>> {
    let mut rest = bytes;
    if let [0, 1, client, auth, ..] = rest {
        rest = rest.get(4 + usize::from(*client) + usize::from(*auth) + 9..)?;
    }
    if let [0, 0, ..] = rest {
        rest = rest.get(8..)?;
    }
    let head = rest.first_chunk::<40>()?;
    let length = usize::from(u16::from_be_bytes([head[4], head[5]]));
    // Only a packet that fills the datagram: other payloads may start with a 6 as well.
    let fits = head[0] >> 4 == 6 && 40 + length == rest.len() && matches!(head[6], 0 | 6 | 17 | 44 | 58 | 59);
    fits.then_some(Inner { kind: TunnelKind::Teredo, link: IPV6, bytes: rest, id: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
        digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
    }

    fn check(found: Option<Inner<'_>>, kind: TunnelKind, link: LinkType, id: Option<u32>, first: u8) {
        let found = found.expect("a tunnel");
        assert_eq!((found.kind, found.link, found.id, found.bytes[0]), (kind, link, id, first));
    }

    #[test]
    fn headers_are_read_and_cut_off() {
        let none = &mut Anomalies::none();
        let gre_key = hex("20000800 0000002a 45");
        check(gre(&gre_key, none), TunnelKind::Gre, IPV4, Some(42), 0x45);
        let span2 = hex("100088be 00000001 1001 0007 00000000 aa");
        check(gre(&span2, none), TunnelKind::Erspan, LinkType::Ethernet, Some(7), 0xaa);
        let span3 = hex("100022eb 00000001 2001 0007 00000000 00000001 0000000000000000 bb");
        check(gre(&span3, none), TunnelKind::Erspan, LinkType::Ethernet, Some(7), 0xbb);
        let user = hex("30ff0001 01020304 60");
        check(gtp(&user), TunnelKind::Gtp, IPV6, Some(0x0102_0304), 0x60);
        let extended = hex("34ff0009 00000009 00000085 01000000 45");
        check(gtp(&extended), TunnelKind::Gtp, IPV4, Some(9), 0x45);
        let geneve_ip = hex("01000800 00000500 deadbeef 45");
        check(geneve(&geneve_ip, none), TunnelKind::Geneve, IPV4, Some(5), 0x45);
    }

    #[test]
    fn what_the_flags_of_gre_must_not_say_is_named() {
        for (bytes, name) in [
            ("01000800 45", "gre.version0_recur"),
            ("00080800 45", "gre.version0_flags"),
            ("20000800 00", "gre.version0_hdr_too_big"),
            ("40000800 00000000 0800 0004 01", "gre.version0_malformed_sre_hdr"),
            ("a001880b 00000000", "gre.version1_chksum"),
            ("6001880b 00000000", "gre.version1_route"),
            ("2801880b 00000000", "gre.version1_ssr"),
            ("2101880b 00000000", "gre.version1_recur"),
            ("2009880b 00000000", "gre.version1_flags"),
            ("0001880b 00000000", "gre.version1_no_key"),
            ("20010800 00000000", "gre.version1_wrong_protocol"),
            ("3001880b 00000000", "gre.version1_hdr_too_big"),
            ("20020800 00000000", "gre.wrong_version"),
        ] {
            let mut anomalies = Anomalies::none();
            assert!(gre(&hex(bytes), &mut anomalies).is_none());
            assert_eq!(anomalies.names(), [name]);
        }
        let routed = hex("40000800 00000000 08000004 01020304 00000000 45");
        check(gre(&routed, &mut Anomalies::none()), TunnelKind::Gre, IPV4, None, 0x45);
    }

    #[test]
    fn no_cut_panics() {
        let long =
            hex("30ff0001 01020304 60 100088be 00000001 1001 0007 00000000 aa 2001 0007 00000000 00000001");
        for end in 0..long.len() {
            for start in 0..end {
                let bytes = &long[start..end];
                let none = &mut Anomalies::none();
                let _ =
                    (gre(bytes, none), gtp(bytes), teredo(bytes), vxlan(bytes, none), geneve(bytes, none));
            }
        }
    }
}
