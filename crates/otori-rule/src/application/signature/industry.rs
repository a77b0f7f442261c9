//! Plants, buildings, homes. Specifications are named at the rows.
use super::{
    super::Category::{Chat, Industrial, Iot},
    BOTH,
    Mark::*,
    Signature, TCP, UDP, be16, be32, has, le32, row, u8_at,
};

pub(super) static ROWS: &[Signature] = &[
    // RFC 1006; the first byte behind tells S7comm from its successor
    row("s7comm-plus", Industrial, TCP, &[102], Is(|bytes| tpkt(bytes) && u8_at(bytes, 7) == 0x72)),
    row("s7comm", Industrial, TCP, &[102], Is(|bytes| tpkt(bytes) && u8_at(bytes, 7) == 0x32)),
    row("s7comm-plus", Industrial, TCP, &[102], Is(|bytes| tpkt(bytes) && has(bytes, b"SIMATIC-ROOT", 64))),
    row("iso-tsap", Industrial, TCP, &[102], Is(tpkt)),
    // ITU-T H.225.0: Q.931 over TPKT
    row(
        "h323",
        Chat,
        TCP,
        &[],
        Is(|bytes| tpkt(bytes) && u8_at(bytes, 4) == 8 && matches!(u8_at(bytes, 5), 1 | 2)),
    ),
    // IEC 60870-5-104
    row("iec-104", Industrial, TCP, &[2404], Is(|bytes| u8_at(bytes, 0) == 0x68 && u8_at(bytes, 1) >= 4)),
    // OPC 10000-6, 7.1.2
    row(
        "opc-ua",
        Industrial,
        TCP,
        &[],
        Is(|bytes| {
            let kinds: [&[u8]; 7] = [b"HELF", b"ACKF", b"OPNF", b"MSGF", b"MSGC", b"CLOF", b"ERRF"];
            kinds.iter().any(|kind| bytes.starts_with(kind)) && (8..=1 << 24).contains(&le32(bytes, 4))
        }),
    ),
    // DCE/RPC over datagrams to the context manager
    row(
        "profinet",
        Industrial,
        UDP,
        &[],
        Is(|bytes| {
            bytes.len() >= 80
                && bytes[0] == 4
                && bytes[1] < 12
                && has(bytes.get(8..).unwrap_or_default(), &[0x6c, 0x97, 0x11, 0xd1, 0x82, 0x71], 24)
                || bytes.len() >= 80
                    && bytes[0] == 4
                    && has(
                        bytes.get(8..).unwrap_or_default(),
                        &[0xde, 0xa0, 0, 0, 0x6c, 0x97, 0x11, 0xd1],
                        24,
                    )
                || bytes.len() >= 80
                    && bytes[0] == 4
                    && has(
                        bytes.get(8..).unwrap_or_default(),
                        &[0xde, 0x97, 0x6c, 0xd1, 0x11, 0x82, 0x71],
                        24,
                    )
        }),
    ),
    row(
        "profinet",
        Industrial,
        UDP,
        &[34_962, 34_963, 34_964],
        Is(|bytes| bytes.len() >= 80 && bytes[0] == 4),
    ),
    row(
        "dce-rpc",
        Industrial,
        UDP,
        &[],
        Is(|bytes| {
            bytes.len() >= 80
                && bytes[0] == 4
                && bytes[1] < 12
                && bytes.get(4..7).is_some_and(|form| form[0] & 0xef == 0 && form[1] == 0)
        }),
    ),
    // ISO 22510
    row(
        "knxnet-ip",
        Industrial,
        BOTH,
        &[],
        Is(|bytes| bytes.starts_with(&[6, 0x10]) && be16(bytes, 4) == bytes.len()),
    ),
    // FieldComm Group HCF_SPEC-085
    row(
        "hart-ip",
        Industrial,
        BOTH,
        &[5094],
        Is(|bytes| u8_at(bytes, 0) == 1 && be16(bytes, 6) == bytes.len()),
    ),
    // IEEE C37.118.2
    row(
        "c37.118",
        Industrial,
        BOTH,
        &[],
        Is(|bytes| {
            u8_at(bytes, 0) == 0xaa
                && u8_at(bytes, 1) & 0x80 == 0
                && be16(bytes, 2) == bytes.len()
                && bytes.len() >= 16
        }),
    ),
    // IEC 62056-46
    row(
        "dlms",
        Industrial,
        BOTH,
        &[4059, 4060],
        Is(|bytes| bytes.starts_with(&[0x7e, 0xa0]) && bytes.ends_with(&[0x7e]) || be16(bytes, 0) == 1),
    ),
    // Veeder-Root tank gauges
    row(
        "atg",
        Industrial,
        TCP,
        &[10_001],
        Is(|bytes| u8_at(bytes, 0) == 1 && matches!(u8_at(bytes, 1), b'I' | b'S' | b'i' | b's')),
    ),
    // IVI-6.1
    row("hislip", Industrial, TCP, &[4880], Starts(b"HS")),
    // AUTOSAR SOME/IP
    row(
        "some-ip",
        Industrial,
        BOTH,
        &[],
        Is(|bytes| {
            be32(bytes, 4) + 8 <= bytes.len()
                && be32(bytes, 4) >= 8
                && u8_at(bytes, 12) == 1
                && matches!(u8_at(bytes, 14) & !0x20, 0..=2 | 0x40..=0x42 | 0x80 | 0x81)
                && u8_at(bytes, 15) <= 10
                && be32(bytes, 0) != 0
        }),
    ),
    // OASIS MQTT 3.1.1, 2.2: taken up in the middle of a connection
    row("mqtt", Iot, TCP, &[], Is(mqtt)),
    // Tuya's local protocol
    row("tuya", Iot, BOTH, &[], Starts(&[0, 0, 0x55, 0xaa])),
    row("tuya", Iot, BOTH, &[], Starts(&[0, 0, 0x66, 0x99])),
    // TP-Link's: JSON, each byte changed with the one before
    row("tp-link", Iot, UDP, &[9999], Is(|bytes| matches!(bytes, [0xd0, 0xf2 | 0xad | 0xdf, ..]))),
    row(
        "tp-link",
        Iot,
        TCP,
        &[9999],
        Is(|bytes| be32(bytes, 0) + 4 == bytes.len() && u8_at(bytes, 4) == 0xd0),
    ),
    // Xiaomi's miIO
    row(
        "xiaomi",
        Iot,
        UDP,
        &[],
        Is(|bytes| bytes.starts_with(&[0x21, 0x31]) && be16(bytes, 2) == bytes.len()),
    ),
    // OASIS WS-Discovery
    row("ws-discovery", Iot, UDP, &[3702], Is(|bytes| bytes.starts_with(b"<"))),
    // LIFX LAN protocol
    row("lifx", Iot, UDP, &[56_700], Is(|bytes| bytes.len() >= 36)),
    // Nest's log sink, seen on its port only
    row("nest", Iot, TCP, &[11_095], Is(|bytes| bytes.len() >= 16)),
];

/// RFC 1006, section 6.
fn tpkt(bytes: &[u8]) -> bool {
    bytes.starts_with(&[3, 0]) && (5..=bytes.len()).contains(&be16(bytes, 2))
}

/// A ping, or a publication whose length and topic are right.
fn mqtt(bytes: &[u8]) -> bool {
    let (head, topic) = (u8_at(bytes, 0), be16(bytes, 2));
    let whole = usize::from(u8_at(bytes, 1)) + 2 == bytes.len();
    match head {
        0xc0 | 0xd0 => bytes.len() == 2 && whole,
        0x30..=0x3d => {
            let name = bytes.get(4..4 + topic).unwrap_or_default();
            whole && topic > 0 && name.len() == topic && name.iter().all(u8::is_ascii_graphic)
        }
        _ => false,
    }
}
