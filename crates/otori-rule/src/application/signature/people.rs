//! What people talk, look and listen with. Specifications are named at the rows; the others were seen on the wire.
use super::{
    super::Category::{Chat, FileTransfer, Media},
    BOTH,
    Mark::*,
    Signature, TCP, UDP, be16, be32, has, le32, row, u8_at,
};

pub(super) static ROWS: &[Signature] = &[
    row("whatsapp", Chat, TCP, &[], Starts(b"ED\0\x01")),
    row("whatsapp", Chat, TCP, &[], Is(|bytes| bytes.starts_with(b"WA") && matches!(u8_at(bytes, 2), 1..=9))),
    row("telegram", Chat, UDP, &[], Is(|bytes| bytes.get(16..28) == Some(&[0xff; 12]))),
    row("telegram", Chat, TCP, &[], Starts(&[0xee; 4])),
    row("viber", Chat, UDP, &[4244, 5242, 5243, 7985, 7987, 9785], Is(|bytes| bytes.len() >= 12)),
    // RFC 6120
    row("xmpp", Chat, TCP, &[], Starts(b"<stream:stream")),
    row("xmpp", Chat, TCP, &[5222, 5223, 5269], Starts(b"<?xml")),
    // Discord's voice: discovery of the own address
    row("discord", Chat, UDP, &[], Is(|bytes| bytes.len() == 74 && bytes.starts_with(&[0, 1, 0, 0x46]))),
    row("discord", Chat, UDP, &[], Starts(&[0x13, 0x37, 0xca, 0xfe])),
    row("zoom", Chat, UDP, &[8801, 8802, 8803], Is(|bytes| bytes.len() >= 8)),
    row("skinny", Chat, TCP, &[2000], Is(|bytes| le32(bytes, 0) + 8 == bytes.len())),
    // RFC 8855
    row(
        "bfcp",
        Chat,
        BOTH,
        &[],
        Is(|bytes| {
            matches!(u8_at(bytes, 0), 0x20 | 0x30 | 0x40)
                && matches!(u8_at(bytes, 1), 1..=17)
                && be16(bytes, 2) * 4 + 12 == bytes.len()
        }),
    ),
    // RFC 3550, 3551
    row(
        "rtcp",
        Media,
        UDP,
        &[],
        Is(|bytes| {
            u8_at(bytes, 0) >> 6 == 2
                && matches!(u8_at(bytes, 1), 200..=207)
                && bytes.len() >= 8
                && be16(bytes, 2) * 4 + 4 <= bytes.len()
        }),
    ),
    row("rtp", Media, UDP, &[], Is(rtp)),
    // Agora's network
    row("agora", Media, UDP, &[], Is(|bytes| u8_at(bytes, 0) == 0 && bytes.get(12..16) == Some(b"\x04SNI"))),
    row("spotify", Media, UDP, &[], Starts(b"SpotUdp0")),
    row("spotify", Media, TCP, &[4070], Starts(&[0, 4, 0, 0])),
    // Dropbox's search for neighbours
    row("dropbox", FileTransfer, UDP, &[17_500], Is(|bytes| has(bytes, b"{\"", 64))),
];

fn rtp(bytes: &[u8]) -> bool {
    let kind = u8_at(bytes, 1) & 0x7f;
    let fixed = matches!(kind, 0 | 3 | 4 | 8 | 9 | 13 | 18 | 26 | 31 | 33 | 34 | 96..=127);
    u8_at(bytes, 0) >> 6 == 2
        && u8_at(bytes, 0) & 15 == 0
        && fixed
        && bytes.len() >= 20
        && be32(bytes, 8) != 0
}
