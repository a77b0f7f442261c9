//! What networks need themselves: routing, names, keys, logs. Specifications are named at the rows.
use super::{
    super::Category::{FileTransfer, Mail, Network, RemoteAccess, Update, Web},
    BOTH,
    Mark::*,
    Signature, TCP, UDP, be16, be32, has, row, u8_at,
};

pub(super) static ROWS: &[Signature] = &[
    row("icmp", Network, &[1], &[], Nothing),
    row("icmpv6", Network, &[58], &[], Nothing),
    row("igmp", Network, &[2], &[], Nothing),
    row("eigrp", Network, &[88], &[], Nothing),
    row("ospf", Network, &[89], &[], Nothing),
    row("pim", Network, &[103], &[], Nothing),
    row("vrrp", Network, &[112], &[], Nothing),
    row("sctp", Network, &[132], &[], Nothing),
    // RFC 2608 and 2165
    row("slp", Network, BOTH, &[427], Is(slp)),
    // RFC 2865
    row("radius", Network, UDP, &[], Is(radius)),
    row(
        "radius",
        Network,
        UDP,
        &[1645, 1646, 1812, 1813],
        Is(|bytes| bytes.len() >= 20 && be16(bytes, 2) == bytes.len()),
    ),
    // RFC 1002
    row("netbios", Network, UDP, &[137], Is(|bytes| bytes.len() >= 12 && be16(bytes, 4) <= 2)),
    row("netbios", Network, UDP, &[138], Is(|bytes| bytes.len() >= 10 && matches!(bytes[0], 0x10..=0x16))),
    row("netbios", Network, TCP, &[139], Is(|bytes| bytes.len() >= 4 && matches!(bytes[0], 0 | 0x81..=0x85))),
    // RFC 5424 and 3164
    row("syslog", Network, BOTH, &[], Is(syslog)),
    // RFC 8489, and 3489 without the cookie
    row("stun", Network, BOTH, &[], Is(stun)),
    // RFC 5531: 100003 and 100005 are files
    row("nfs", FileTransfer, BOTH, &[], Is(|bytes| rpc(bytes, &[100_003, 100_005, 100_021, 100_227]))),
    row("portmap", Network, BOTH, &[], Is(|bytes| rpc(bytes, &[100_000]))),
    // RFC 4271
    row("bgp", Network, TCP, &[], Starts(&[0xff; 16])),
    // RFC 5036
    row("ldp", Network, BOTH, &[646], Is(|bytes| be16(bytes, 0) == 1 && be16(bytes, 2) >= 6)),
    // RFC 5880
    row("bfd", Network, UDP, &[3784, 3785, 4784], Is(|bytes| u8_at(bytes, 0) >> 5 == 1 && bytes.len() >= 24)),
    // RFC 2281
    row("hsrp", Network, UDP, &[1985, 2029], Is(|bytes| bytes.len() >= 20)),
    // RFC 9300, 9301
    row("lisp", Network, BOTH, &[4341, 4342], Is(|bytes| bytes.len() >= 8)),
    // RFC 5415
    row("capwap", Network, UDP, &[5246, 5247], Is(|bytes| bytes.len() >= 8 && matches!(bytes[0], 0 | 1))),
    // RFC 3954, 7011
    row("netflow", Network, UDP, &[], Is(netflow)),
    row("sflow", Network, UDP, &[6343], Is(|bytes| matches!(be32(bytes, 0), 2 | 4 | 5) && bytes.len() >= 28)),
    // collectd's network protocol: a host part first
    row(
        "collectd",
        Network,
        UDP,
        &[25_826],
        Is(|bytes| be16(bytes, 0) == 0 && (5..bytes.len()).contains(&be16(bytes, 2))),
    ),
    // RFC 6886 and 6887
    row("nat-pmp", Network, UDP, &[5350, 5351], Is(|bytes| bytes.len() >= 2 && matches!(bytes[0], 0 | 2))),
    // RFC 8415
    row("dhcpv6", Network, UDP, &[546, 547], Is(|bytes| bytes.len() >= 4 && matches!(bytes[0], 1..=36))),
    // X Display Manager Control Protocol
    row(
        "xdmcp",
        RemoteAccess,
        UDP,
        &[177],
        Is(|bytes| be16(bytes, 0) == 1 && be16(bytes, 4) + 6 == bytes.len()),
    ),
    // IPMI 2.0, 13.1
    row("rmcp", Network, UDP, &[623, 664], Is(|bytes| bytes.starts_with(&[6, 0]) && bytes.len() >= 8)),
    // RFC 4120
    row("kerberos", Network, BOTH, &[88, 464], Is(kerberos)),
    // RFC 4511
    row("ldap", Network, BOTH, &[], Is(ldap)),
    // RFC 8175
    row("dlep", Network, UDP, &[854], Starts(b"DLEP")),
    row("dlep", Network, TCP, &[854], Is(|bytes| be16(bytes, 0) == 1 && be16(bytes, 2) + 4 == bytes.len())),
    // RFC 1939, 9051, 3977
    row("pop3", Mail, TCP, &[110], Starts(b"+OK")),
    row("pop3", Mail, TCP, &[110], Is(|bytes| has(bytes, b"USER ", 5) || has(bytes, b"CAPA", 4))),
    row("imap", Mail, TCP, &[], Starts(b"* OK")),
    row("nntp", Mail, TCP, &[119], Is(|bytes| bytes.starts_with(b"200 ") || bytes.starts_with(b"201 "))),
    // rsync's daemon, git's daemon
    row("rsync", FileTransfer, TCP, &[], Starts(b"@RSYNCD:")),
    row("git", FileTransfer, TCP, &[], Is(|bytes| bytes.get(4..8) == Some(b"git-"))),
    // RFC 5740 is another; this is UFTP 4 and 5
    row("uftp", FileTransfer, UDP, &[1044], Is(|bytes| bytes.len() >= 16 && matches!(bytes[0], 0x40 | 0x50))),
    row("lustre", FileTransfer, TCP, &[988], Is(|bytes| bytes.len() >= 16)),
    // DCE 1.1: RPC
    row(
        "dce-rpc",
        Network,
        TCP,
        &[],
        Is(|bytes| {
            bytes.starts_with(&[5, 0]) && u8_at(bytes, 2) < 20 && bytes.get(4..8) == Some(&[0x10, 0, 0, 0])
        }),
    ),
    row("zabbix", Network, TCP, &[], Starts(b"ZBXD")),
    row("ookla", Network, TCP, &[8080, 5060], Is(|bytes| bytes.starts_with(b"HI ") || bytes == b"HI\n")),
    row("avast", Update, TCP, &[], Starts(b"NOSA")),
    // RFC 9000: versions of drafts and of their makers, which the wire does not decrypt
    row("quic", Web, UDP, &[], Is(quic)),
    // RFC 8446 and 9112, taken up in the middle
    row("tls", Web, TCP, &[], Is(tls)),
    row("http", Web, TCP, &[], Is(http)),
];

fn slp(bytes: &[u8]) -> bool {
    let length = match u8_at(bytes, 0) {
        1 => be16(bytes, 2),
        2 => be32(bytes, 1) & 0xff_ffff,
        _ => return false,
    };
    matches!(u8_at(bytes, 1), 1..=15) && length == bytes.len()
}

fn radius(bytes: &[u8]) -> bool {
    if bytes.len() < 20 || be16(bytes, 2) != bytes.len() || !matches!(bytes[0], 1..=5 | 11..=13 | 40..=45) {
        return false;
    }
    let mut at = 20;
    while let Some(length) = bytes.get(at + 1) {
        if *length < 2 {
            return false;
        }
        at += usize::from(*length);
    }
    at == bytes.len()
}

fn syslog(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"<") else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=3).contains(&digits) && rest.get(digits) == Some(&b'>')
}

fn stun(bytes: &[u8]) -> bool {
    // Over TCP a length may stand before it (RFC 4571).
    let bytes = if be16(bytes, 0) + 2 == bytes.len() { bytes.get(2..).unwrap_or_default() } else { bytes };
    let framed = be16(bytes, 2) + 20 == bytes.len() && be16(bytes, 2).is_multiple_of(4);
    let cookie = be32(bytes, 4) == 0x2112_a442 && u8_at(bytes, 0) < 0x40;
    let classic = matches!(be16(bytes, 0), 0x0001 | 0x0101 | 0x0111 | 0x0003 | 0x0103) && framed;
    bytes.len() >= 20 && (cookie || classic)
}

/// A call of one of these programs.
fn rpc(bytes: &[u8], programs: &[usize]) -> bool {
    let call = |bytes: &[u8]| {
        let start = be32(bytes, 4) == 0 && be32(bytes, 8) == 2;
        bytes.len() >= 40 && start && programs.contains(&be32(bytes, 12))
    };
    // Over TCP a record mark stands before it.
    call(bytes) || (u8_at(bytes, 0) & 0x80 != 0 && call(bytes.get(4..).unwrap_or_default()))
}

fn netflow(bytes: &[u8]) -> bool {
    let (version, count) = (be16(bytes, 0), be16(bytes, 2));
    match version {
        5 => (1..=30).contains(&count) && bytes.len() == 24 + 48 * count,
        9 => {
            bytes.len() >= 24 && (1..=100).contains(&count) && be16(bytes, 20) < 1024 && be16(bytes, 22) >= 4
        }
        10 => count == bytes.len() && bytes.len() >= 20,
        _ => false,
    }
}

fn kerberos(bytes: &[u8]) -> bool {
    let over_tcp = be32(bytes, 0) + 4 >= bytes.len() && u8_at(bytes, 0) == 0;
    let message = if over_tcp { u8_at(bytes, 4) } else { u8_at(bytes, 0) };
    matches!(message, 0x6a..=0x7e)
}

fn ldap(bytes: &[u8]) -> bool {
    let inside = match u8_at(bytes, 1) {
        0..=0x7f => 2,
        0x81 => 3,
        0x82 => 4,
        0x84 => 6,
        _ => return false,
    };
    let number = usize::from(u8_at(bytes, inside + 1));
    u8_at(bytes, 0) == 0x30
        && u8_at(bytes, inside) == 2
        && (1..=4).contains(&number)
        && matches!(u8_at(bytes, inside + 2 + number), 0x42 | 0x4a | 0x50 | 0x60..=0x79)
}

/// A long header of a known family of versions.
fn quic(bytes: &[u8]) -> bool {
    let version = be32(bytes, 1);
    let known = matches!(version, 1 | 0x6b33_43cf | 0x709a_50c4)
        || version >> 8 == 0x00ff_0000
        || version >> 8 == 0x00fa_ceb0
        || version & 0x0f0f_0f0f == 0x0a0a_0a0a
        || matches!(version >> 24, 0x51 | 0x54);
    u8_at(bytes, 0) & 0xc0 == 0xc0 && known && u8_at(bytes, 5) <= 20 && bytes.len() >= 21
}

fn tls(bytes: &[u8]) -> bool {
    matches!(u8_at(bytes, 0), 20..=23)
        && u8_at(bytes, 1) == 3
        && u8_at(bytes, 2) <= 4
        && (1..=16_640).contains(&be16(bytes, 3))
}

fn http(bytes: &[u8]) -> bool {
    let words: [&[u8]; 7] = [b"GET ", b"POST ", b"HEAD ", b"PUT ", b"OPTIONS ", b"CONNECT ", b"HTTP/1."];
    words.iter().any(|word| bytes.starts_with(word))
}
