//! Networks inside of networks. Specifications are named at the rows.
use super::{super::Category::Tunnel, Mark::*, Signature, TCP, UDP, be16, be32, row, u8_at};

pub(super) static ROWS: &[Signature] = &[
    row("ip-in-ip", Tunnel, &[4, 41], &[], Nothing),
    row("gre", Tunnel, &[47], &[], Nothing),
    row("ipsec", Tunnel, &[50, 51], &[], Nothing),
    // RFC 7296 and 2409; RFC 3948 puts four zeros before it
    row("ipsec", Tunnel, UDP, &[], Is(ike)),
    row("ipsec", Tunnel, UDP, &[4500], Is(|bytes| bytes == [0xff] || bytes.len() >= 20)),
    row("wireguard", Tunnel, UDP, &[], Is(wireguard)),
    row("openvpn", Tunnel, UDP, &[], Is(openvpn)),
    row(
        "openvpn",
        Tunnel,
        TCP,
        &[],
        Is(|bytes| be16(bytes, 0) + 2 == bytes.len() && openvpn(bytes.get(2..).unwrap_or_default())),
    ),
    row("tailscale", Tunnel, UDP, &[], Starts(b"TS\xf0\x9f\x92\xac")),
    row("cloudflare-warp", Tunnel, UDP, &[2408], Is(|bytes| bytes.len() >= 32)),
    // RFC 2637
    row("pptp", Tunnel, TCP, &[1723], Is(|bytes| be32(bytes, 4) == 0x1a2b_3c4d)),
    // RFC 2661
    row("l2tp", Tunnel, UDP, &[1701], Is(|bytes| u8_at(bytes, 1) & 15 == 2 && bytes.len() >= 6)),
    // 3GPP TS 29.060, 29.274, 29.281
    row(
        "gtp",
        Tunnel,
        UDP,
        &[2123, 2152, 3386],
        Is(|bytes| matches!(u8_at(bytes, 0) >> 5, 0..=2) && bytes.len() >= 8),
    ),
    row("teredo", Tunnel, UDP, &[3544], Is(|bytes| bytes.len() >= 21)),
    row("vxlan", Tunnel, UDP, &[4789], Is(|bytes| u8_at(bytes, 0) & 8 != 0 && bytes.len() >= 22)),
    // RFC 1928
    row("socks", Tunnel, TCP, &[], Is(socks)),
    // RFC 9147
    row(
        "dtls",
        Tunnel,
        UDP,
        &[],
        Is(|bytes| {
            matches!(u8_at(bytes, 0), 20..=26)
                && matches!(be16(bytes, 1), 0xfeff | 0xfefd | 0xfefc | 0x0100)
                && bytes.len() >= 13
        }),
    ),
];

fn ike(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(&[0; 4]).filter(|rest| rest.len() >= 28).unwrap_or(bytes);
    matches!(u8_at(bytes, 17), 0x10 | 0x20) && bytes.len() >= 28 && be32(bytes, 24) == bytes.len()
}

fn wireguard(bytes: &[u8]) -> bool {
    let length = bytes.len();
    bytes.get(1..4) == Some(&[0; 3])
        && match bytes[0] {
            1 => length == 148,
            2 => length == 92,
            3 => length == 64,
            4 => length >= 32 && length.is_multiple_of(16),
            _ => false,
        }
}

/// A hard reset that opens a session (OpenVPN protocol, `P_CONTROL_HARD_RESET_*`): key 0, a session, then no or few
/// acknowledgements.
fn openvpn(bytes: &[u8]) -> bool {
    let opens = matches!(u8_at(bytes, 0), 0x38 | 0x40 | 0x50);
    let plain = bytes.len() >= 14 && bytes.get(1..9) != Some(&[0; 8]) && u8_at(bytes, 9) <= 4;
    let packet_id = matches!(be32(bytes, 10), 0) || u8_at(bytes, 9) > 0;
    let authenticated = bytes.len() >= 42;
    opens && (plain && (packet_id || bytes.len() > 30) || authenticated && bytes[0] == 0x50)
}

fn socks(bytes: &[u8]) -> bool {
    match bytes {
        [5, count @ 1..=9, methods @ ..] => {
            methods.len() == usize::from(*count) && methods.iter().all(|m| *m < 10)
        }
        [4, 1 | 2, _, _, _, _, _, _, .., 0] => bytes.len() < 128,
        _ => false,
    }
}
