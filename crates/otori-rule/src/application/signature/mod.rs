//! What the first bytes of a flow tell. Key types: [`Look`], [`Signature`]. One file for each kind of application; to add
//! one: a row there.
//!
//! Rows are asked in order, those that are bound to a port of the flow first, so that a weak mark on its usual port does not
//! lose against a weaker one. A row without a mark tells by port alone and is asked last.

mod data;
mod industry;
mod network;
mod people;
mod play;
mod port;
mod tunnel;

use super::{Application, Category, Evidence};
use std::{collections::HashMap, sync::LazyLock};

/// One payload of a flow.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// IP protocol
    pub transport: u8,
    /// of sender and receiver
    pub ports: [u16; 2],
    /// what was sent
    pub bytes: &'a [u8],
}

/// What is looked for.
#[derive(Clone, Copy)]
pub enum Mark {
    /// the payload begins so
    Starts(&'static [u8]),
    /// the payload is so
    Is(fn(&[u8]) -> bool),
    /// nothing: port or IP protocol tell
    Nothing,
}

/// One way to know an application.
pub struct Signature {
    /// whose it is
    application: Application,
    /// IP protocols
    transports: &'static [u8],
    /// one of these is sender's or receiver's; none: any
    ports: &'static [u16],
    mark: Mark,
}

const TCP: &[u8] = &[6];
const UDP: &[u8] = &[17];
const BOTH: &[u8] = &[6, 17];

const fn row(
    name: &'static str,
    category: Category,
    transports: &'static [u8],
    ports: &'static [u16],
    mark: Mark,
) -> Signature {
    Signature { application: Application { name, category }, transports, ports, mark }
}

/// All rows.
fn rows() -> impl Iterator<Item = &'static Signature> {
    [network::ROWS, tunnel::ROWS, data::ROWS, industry::ROWS, people::ROWS, play::ROWS, port::ROWS]
        .into_iter()
        .flatten()
}

/// Rows as they are asked: by port with their places in the order, those with a mark and no port, those with neither.
struct Index {
    bound: HashMap<u16, Vec<(usize, &'static Signature)>, otori_wire::hash::Folding>,
    free: Vec<&'static Signature>,
    bare: Vec<&'static Signature>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut bound: HashMap<_, Vec<_>, _> = HashMap::default();
    let places = rows().filter(|row| is_marked(row)).enumerate();
    for (place, row) in places {
        row.ports.iter().for_each(|port| bound.entry(*port).or_default().push((place, row)));
    }
    let free = rows().filter(|row| is_marked(row) && row.ports.is_empty()).collect();
    let bare = rows().filter(|row| !is_marked(row)).collect();
    Index { bound, free, bare }
});

/// Every application.
pub(super) fn applications() -> impl Iterator<Item = Application> {
    rows().map(|row| row.application)
}

impl Signature {
    fn fits(&self, look: &Look<'_>) -> bool {
        let port = self.ports.is_empty() || look.ports.iter().any(|port| self.ports.contains(port));
        port && self.transports.contains(&look.transport)
            && match self.mark {
                Mark::Starts(start) => look.bytes.starts_with(start),
                Mark::Is(is) => is(look.bytes),
                Mark::Nothing => true,
            }
    }
}

fn is_marked(row: &Signature) -> bool {
    !matches!(row.mark, Mark::Nothing)
}

/// What the payload tells together with a port that it is usual on.
pub(super) fn on_its_port(look: &Look<'_>) -> Option<Application> {
    let first = |port: &u16| INDEX.bound.get(port)?.iter().find(|(_, row)| row.fits(look));
    let found = look.ports.iter().filter_map(first).min_by_key(|(place, _)| *place);
    found.map(|(_, row)| row.application)
}

/// What the payload tells, and how.
pub(super) fn application(look: &Look<'_>) -> Option<(Evidence, Application)> {
    if let Some(application) = on_its_port(look) {
        return Some((Evidence::Signature, application));
    }
    if let Some(row) = INDEX.free.iter().find(|row| row.fits(look)) {
        return Some((Evidence::Signature, row.application));
    }
    let row = INDEX.bare.iter().find(|row| row.fits(look))?;
    let evidence = if row.ports.is_empty() { Evidence::Protocol } else { Evidence::Port };
    Some((evidence, row.application))
}

/// Two bytes, the first one most significant; zero beyond the end.
fn be16(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..at + 2).map_or(0, |two| usize::from(two[0]) << 8 | usize::from(two[1]))
}

/// Four bytes, the first one most significant; zero beyond the end.
fn be32(bytes: &[u8], at: usize) -> usize {
    be16(bytes, at) << 16 | be16(bytes, at + 2)
}

/// Four bytes, the first one least significant; zero beyond the end.
fn le32(bytes: &[u8], at: usize) -> usize {
    (be32(bytes, at) as u32).swap_bytes() as usize
}

/// One byte; zero beyond the end.
fn u8_at(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// Whether these bytes are among the first `within`.
fn has(bytes: &[u8], part: &[u8], within: usize) -> bool {
    bytes.get(..within).unwrap_or(bytes).windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(transport: u8, ports: [u16; 2], bytes: &[u8], expect: Option<&str>) {
        let found = application(&Look { transport, ports, bytes });
        assert_eq!(found.map(|(_, application)| application.name), expect, "{bytes:02x?}");
    }

    #[test]
    fn known_first_bytes_are_named() {
        check(17, [40_000, 427], &[2, 9, 0, 0, 10, 0, 0, 0, 0, 0], Some("slp"));
        check(17, [40_000, 427], &[2, 9, 0, 0, 99, 0, 0, 0, 0, 0], None);
        check(17, [40_000, 514], b"<26>Jan 01 00:01:47 host", Some("syslog"));
        check(6, [40_000, 6000], b"GNUTELLA CONNECT/0.6\r\n", Some("gnutella"));
        check(6, [40_000, 6881], b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0", Some("bittorrent"));
        check(6, [5432, 40_000], &[0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f], Some("postgresql"));
        check(
            17,
            [40_000, 3478],
            &[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            Some("stun"),
        );
        let mut handshake = [0; 148];
        handshake[0] = 1;
        check(17, [40_000, 51_820], &handshake, Some("wireguard"));
        check(
            17,
            [6667, 40_000],
            &[0, 0, 0x55, 0xaa, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0],
            Some("tuya"),
        );
        check(
            6,
            [40_000, 102],
            &[3, 0, 0, 22, 17, 0xe0, 0, 0, 0, 1, 0, 0xc1, 2, 1, 0, 0xc2, 2, 1, 2, 0xc0, 1, 10],
            Some("iso-tsap"),
        );
        let mut exchange = vec![7; 40];
        exchange[17] = 0x20;
        exchange[24..28].copy_from_slice(&[0, 0, 0, 40]);
        check(17, [500, 10_500], &exchange, Some("ipsec"));
        check(1, [0, 0], b"", Some("icmp"));
        check(17, [40_000, 40_001], b"hello", None);
    }

    #[test]
    fn a_port_alone_is_the_last_resort() {
        let look = Look { transport: 17, ports: [40_000, 1194], bytes: &[0x77; 9] };
        assert_eq!(application(&look).unwrap().0, Evidence::Port);
    }

    #[test]
    fn no_bytes_break_a_row() {
        for transport in [6, 17, 132] {
            for length in 0..64 {
                for fill in [0, 1, 2, 3, 4, 5, 0x30, 0x80, 0xff] {
                    let bytes = vec![fill; length];
                    for port in rows().flat_map(|row| row.ports).copied().chain([0]) {
                        application(&Look { transport, ports: [port, 0], bytes: &bytes });
                    }
                }
            }
        }
    }
}
