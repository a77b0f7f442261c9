//! Data bases, queues, other machines' screens. Specifications are those of the products.
use super::{
    super::Category::{Chat, Database, RemoteAccess, Web},
    Mark::*,
    Signature, TCP, be16, be32, has, le32, row, u8_at,
};

pub(super) static ROWS: &[Signature] = &[
    row("amqp", Database, TCP, &[], Starts(b"AMQP")),
    row("amqp", Database, TCP, &[5672], Is(|bytes| matches!(u8_at(bytes, 0), 1..=3 | 8) && bytes.len() >= 8)),
    row(
        "kafka",
        Database,
        TCP,
        &[9092, 9093],
        Is(|bytes| be32(bytes, 0) + 4 == bytes.len() && be16(bytes, 4) < 100),
    ),
    row(
        "postgresql",
        Database,
        TCP,
        &[],
        Is(|bytes| {
            be32(bytes, 0) == bytes.len() && matches!(be32(bytes, 4), 0x0003_0000 | 0x04d2_162e..=0x04d2_1630)
        }),
    ),
    row(
        "mysql",
        Database,
        TCP,
        &[],
        Is(|bytes| {
            le32(bytes, 0) + 4 == bytes.len() && u8_at(bytes, 4) == 10 && u8_at(bytes, 5).is_ascii_digit()
        }),
    ),
    row(
        "mongodb",
        Database,
        TCP,
        &[],
        Is(|bytes| le32(bytes, 0) == bytes.len() && matches!(le32(bytes, 12), 1 | 1000 | 2001..=2013)),
    ),
    row("redis", Database, TCP, &[], Is(redis)),
    row(
        "memcached",
        Database,
        TCP,
        &[11_211],
        Is(|bytes| {
            [b"get ".as_slice(), b"set ", b"stats", b"add ", b"delete ", b"version", b"\x80"]
                .iter()
                .any(|word| bytes.starts_with(word))
        }),
    ),
    row(
        "cassandra",
        Database,
        TCP,
        &[9042],
        Is(|bytes| matches!(u8_at(bytes, 0) & 0x7f, 1..=5) && bytes.len() >= 9 && u8_at(bytes, 4) <= 16),
    ),
    row("cassandra", Database, TCP, &[7000], Starts(&[0xca, 0x55, 0x2d, 0xfa])),
    row(
        "elasticsearch",
        Database,
        TCP,
        &[],
        Is(|bytes| bytes.starts_with(b"ES") && be32(bytes, 2) + 6 >= bytes.len() && bytes.len() >= 19),
    ),
    row(
        "mssql",
        Database,
        TCP,
        &[1433],
        Is(|bytes| matches!(u8_at(bytes, 0), 1..=18) && be16(bytes, 2) == bytes.len()),
    ),
    row(
        "nats",
        Database,
        TCP,
        &[],
        Is(|bytes| bytes.starts_with(b"INFO {") || bytes.starts_with(b"CONNECT {")),
    ),
    row(
        "stomp",
        Database,
        TCP,
        &[],
        Is(|bytes| {
            [b"STOMP\n".as_slice(), b"CONNECT\n", b"CONNECTED\n"].iter().any(|word| bytes.starts_with(word))
        }),
    ),
    row("ajp", Web, TCP, &[8009], Is(|bytes| matches!(be16(bytes, 0), 0x1234 | 0x4142))),
    row("fix", Database, TCP, &[], Starts(b"8=FIX")),
    row("json-rpc", Web, TCP, &[], Is(|bytes| bytes.starts_with(b"{") && has(bytes, b"\"jsonrpc\"", 64))),
    row("vnc", RemoteAccess, TCP, &[], Starts(b"RFB ")),
    row(
        "rdp",
        RemoteAccess,
        TCP,
        &[],
        Is(|bytes| {
            bytes.starts_with(&[3, 0])
                && be16(bytes, 2) == bytes.len()
                && u8_at(bytes, 5) == 0xe0
                && (bytes.get(11..14) == Some(&[1, 0, 8]) || has(bytes, b"Cookie: mstshash", 32))
        }),
    ),
    row("rdp", RemoteAccess, TCP, &[3389], Starts(&[3, 0])),
    row("nomachine", RemoteAccess, TCP, &[], Starts(b"NXSH-")),
    row("teamviewer", RemoteAccess, TCP, &[], Starts(&[0x17, 0x24])),
    row(
        "smpp",
        Chat,
        TCP,
        &[],
        Is(|bytes| {
            be32(bytes, 0) == bytes.len()
                && bytes.len() >= 16
                && matches!(be32(bytes, 4) & 0x7fff_ffff, 1..=9 | 0x15)
                && be32(bytes, 8) == 0
        }),
    ),
];

/// An array of strings, or a simple answer.
fn redis(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"*") else { return bytes == b"+PONG\r\n" || bytes == b"+OK\r\n" };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=4).contains(&digits) && rest.get(digits..digits + 3) == Some(b"\r\n$")
}
