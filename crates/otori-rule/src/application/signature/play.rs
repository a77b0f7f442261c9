//! Games, peers, mines. Specifications are named at the rows; the others were seen on the wire.
use super::{
    super::Category::{Game, Mining, PeerToPeer},
    BOTH,
    Mark::*,
    Signature, TCP, UDP, be16, has, le32, row, u8_at,
};

/// RakNet's offline messages have it.
const RAKNET: &[u8] =
    &[0, 0xff, 0xff, 0, 0xfe, 0xfe, 0xfe, 0xfe, 0xfd, 0xfd, 0xfd, 0xfd, 0x12, 0x34, 0x56, 0x78];

pub(super) static ROWS: &[Signature] = &[
    // BEP 3, 5, 29
    row("bittorrent", PeerToPeer, TCP, &[], Starts(b"\x13BitTorrent protocol")),
    row(
        "bittorrent",
        PeerToPeer,
        UDP,
        &[],
        Is(|bytes| {
            [b"d1:ad2:id20:".as_slice(), b"d1:rd2:id20:", b"d1:el", b"d2:ip"]
                .iter()
                .any(|start| bytes.starts_with(start))
        }),
    ),
    row(
        "bittorrent",
        PeerToPeer,
        UDP,
        &[],
        Is(|bytes| {
            matches!(u8_at(bytes, 0), 0x01 | 0x11 | 0x21 | 0x31 | 0x41)
                && u8_at(bytes, 1) <= 3
                && bytes.len() >= 20
                && be16(bytes, 2) != 0
                && le32(bytes, 12) != 0
        }),
    ),
    // Gnutella 0.6 and its UDP extensions
    row("gnutella", PeerToPeer, TCP, &[], Starts(b"GNUTELLA")),
    row("gnutella", PeerToPeer, UDP, &[], Starts(b"GND")),
    row(
        "gnutella",
        PeerToPeer,
        UDP,
        &[],
        Is(|bytes| {
            bytes.len() >= 23 && bytes[17] <= 16 && bytes[18] <= 16 && le32(bytes, 19) + 23 == bytes.len()
        }),
    ),
    // KCP: conversation, command 81 to 84, length at 20
    row(
        "kcp",
        Game,
        UDP,
        &[],
        Is(|bytes| {
            matches!(u8_at(bytes, 4), 81..=84) && bytes.len() >= 24 && le32(bytes, 20) + 24 <= bytes.len()
        }),
    ),
    row("raknet", Game, UDP, &[], Is(|bytes| has(bytes, RAKNET, 48))),
    row("world-of-warcraft", Game, TCP, &[], Is(|bytes| bytes.get(2..20) == Some(b"WORLD OF WARCRAFT "))),
    row("starcraft", Game, TCP, &[1119], Starts(&[0x4a, 0, 0, 10, 0x66])),
    row(
        "genshin-impact",
        Game,
        UDP,
        &[22_101, 22_102],
        Is(|bytes| bytes.len() == 20 && bytes.starts_with(&[0, 0, 0, 0xff])),
    ),
    row("cryengine", Game, UDP, &[], Starts(&[0x3c, 0, 0, 8, 0xed, 0])),
    row("source-engine", Game, UDP, &[], Starts(&[0xff; 4])),
    row("teamspeak", Game, UDP, &[], Is(|bytes| bytes.starts_with(b"TS3INIT1"))),
    row("riot-games", Game, UDP, &[15_004, 15_005, 15_006, 15_007], Is(|bytes| bytes.len() >= 16)),
    row("gaijin", Game, UDP, &[20_011, 20_021], Is(|bytes| bytes.len() >= 16)),
    // RFC-like documents of devp2p: discovery v4 (hash, signature, kind, RLP list), RLPx (EIP-8)
    row(
        "ethereum",
        Mining,
        UDP,
        &[],
        Is(|bytes| {
            bytes.len() >= 100 && matches!(bytes[97], 1..=6) && bytes[98] >= 0xc0 && bytes.len() <= 1280
        }),
    ),
    row(
        "ethereum",
        Mining,
        TCP,
        &[30_303, 30_304],
        Is(|bytes| be16(bytes, 0) + 2 == bytes.len() && bytes.len() >= 200),
    ),
    row("bitcoin", Mining, TCP, &[], Starts(&[0xf9, 0xbe, 0xb4, 0xd9])),
    // Levin, Monero's protocol
    row("monero", Mining, TCP, &[], Starts(&[1, 0x21, 1, 1, 1, 1, 1, 1])),
    row(
        "stratum",
        Mining,
        BOTH,
        &[],
        Is(|bytes| {
            let words: [&[u8]; 5] = [
                b"\"mining.",
                b"\"method\":\"login\"",
                b"\"method\": \"login\"",
                b"\"eth_submit",
                b"\"worker\"",
            ];
            bytes.starts_with(b"{") && words.iter().any(|word| has(bytes, word, 256))
        }),
    ),
];
