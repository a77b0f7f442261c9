//! Joins the fragments of a datagram. The first copy of a byte wins.
//!
//! Key type: [`Defragmenter`]. RFC 791 3.2, RFC 8200 4.5. Bounded in datagrams, pieces, bytes and time.
use crate::{
    decode::Packet,
    limits::{
        DATAGRAM_BYTES, FRAGMENT_BYTES, FRAGMENT_TIMEOUT_NS, FRAGMENTED_DATAGRAMS, FRAGMENTS_PER_DATAGRAM,
    },
};
use core::net::IpAddr;
use otori_event::Timestamp;
use std::collections::HashMap;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    protocol: u8,
    vlan: u16,
}

struct Datagram {
    started_at: Timestamp,
    /// pieces by offset, not overlapping
    pieces: Vec<(usize, Vec<u8>)>,
    /// length, known once the last piece is there
    total: Option<usize>,
    bytes: usize,
}

/// Datagrams whose fragments are still coming.
#[derive(Default)]
pub struct Defragmenter {
    datagrams: HashMap<Key, Datagram>,
    bytes: usize,
}

impl Defragmenter {
    /// Nothing kept.
    pub fn new() -> Self {
        Self::default()
    }
    /// Takes a fragment; gives the whole body when this was the missing piece.
    /// What is wrong with it is noted with the packet.
    pub fn push(&mut self, packet: &mut Packet<'_>) -> Option<Vec<u8>> {
        let v6 = packet.ip.as_ref().is_some_and(|ip| ip.source.is_ipv6());
        let mut anomalies = packet.anomalies;
        let body = self.join(packet, |too_large| {
            anomalies.note(match (v6, too_large) {
                (true, true) => "ipv6.frag_pkt_too_large",
                (true, false) => "ipv6.frag_overlap",
                (false, true) => "ipv4.frag_pkt_too_large",
                (false, false) => "ipv4.frag_overlap",
            });
        });
        packet.anomalies = anomalies;
        body
    }
    /// `wrong` is told of a datagram that is too large (`true`) or of fragments that overlap (`false`).
    fn join(&mut self, packet: &Packet<'_>, mut wrong: impl FnMut(bool)) -> Option<Vec<u8>> {
        let ip = packet.ip.as_ref()?;
        let fragment = ip.fragment?;
        let end = fragment.offset.checked_add(ip.body.len())?;
        if end > DATAGRAM_BYTES {
            wrong(true);
            return None;
        }
        if ip.body.is_empty() {
            return None;
        }
        let vlan = packet.vlans.ids().first().copied().unwrap_or(0);
        let key = Key {
            source: ip.source,
            destination: ip.destination,
            identification: ip.identification,
            protocol: ip.protocol,
            vlan,
        };
        if !self.datagrams.contains_key(&key)
            && (self.datagrams.len() >= FRAGMENTED_DATAGRAMS || self.bytes >= FRAGMENT_BYTES)
        {
            self.make_room(packet.at);
        }
        let datagram = self.datagrams.entry(key).or_insert_with(|| Datagram {
            started_at: packet.at,
            pieces: Vec::new(),
            total: None,
            bytes: 0,
        });
        if packet.at.since_ns(datagram.started_at) > FRAGMENT_TIMEOUT_NS {
            self.bytes = self.bytes.saturating_sub(datagram.bytes);
            *datagram = Datagram { started_at: packet.at, pieces: Vec::new(), total: None, bytes: 0 };
        }
        if datagram.pieces.len() >= FRAGMENTS_PER_DATAGRAM {
            return None;
        }
        if !fragment.more && datagram.total.is_none() {
            datagram.total = Some(end);
        }
        let added = datagram.insert(fragment.offset, ip.body);
        if added < ip.body.len() {
            wrong(false);
        }
        self.bytes = self.bytes.saturating_add(added);
        let body = datagram.whole()?;
        if let Some(done) = self.datagrams.remove(&key) {
            self.bytes = self.bytes.saturating_sub(done.bytes);
        }
        Some(body)
    }
    /// Forgets what has timed out; if that is nothing, everything: a flood of fragments costs only fragments.
    fn make_room(&mut self, now: Timestamp) {
        let before = self.datagrams.len();
        self.datagrams.retain(|_, datagram| now.since_ns(datagram.started_at) <= FRAGMENT_TIMEOUT_NS);
        if self.datagrams.len() == before {
            self.datagrams.clear();
        }
        self.bytes = self.datagrams.values().map(|datagram| datagram.bytes).sum();
    }
}

impl Datagram {
    /// Keeps what of `body` at `offset` is not there yet; returns the bytes kept.
    fn insert(&mut self, offset: usize, body: &[u8]) -> usize {
        let mut start = offset;
        let end = offset + body.len();
        let mut added = 0;
        let mut place = 0;
        while start < end {
            let (until, resume) = match self.pieces.get(place) {
                Some((at, bytes)) if at + bytes.len() <= start => {
                    place += 1;
                    continue;
                }
                Some((at, bytes)) => ((*at).min(end), at + bytes.len()),
                None => (end, end),
            };
            if start < until {
                let piece = body.get(start - offset..until - offset).unwrap_or(&[]).to_vec();
                added += piece.len();
                self.pieces.insert(place, (start, piece));
            }
            start = resume.max(until);
        }
        self.bytes += added;
        added
    }
    fn whole(&self) -> Option<Vec<u8>> {
        let total = self.total?;
        let mut next = 0;
        for (at, bytes) in &self.pieces {
            if *at != next {
                return None;
            }
            next += bytes.len();
        }
        if next < total {
            return None;
        }
        let mut body = Vec::with_capacity(next);
        self.pieces.iter().for_each(|(_, bytes)| body.extend_from_slice(bytes));
        body.truncate(total);
        Some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pieces: &[(usize, &[u8])], total: usize, expect: Option<&[u8]>) {
        let mut datagram =
            Datagram { started_at: Timestamp(0), pieces: Vec::new(), total: Some(total), bytes: 0 };
        for (offset, body) in pieces {
            datagram.insert(*offset, body);
        }
        assert_eq!(datagram.whole().as_deref(), expect);
    }

    #[test]
    fn pieces_join_in_any_order_and_the_first_copy_wins() {
        check(&[(0, b"abcd"), (4, b"ef")], 6, Some(b"abcdef"));
        check(&[(4, b"ef"), (0, b"abcd")], 6, Some(b"abcdef"));
        check(&[(2, b"cd"), (0, b"XXXXXX")], 6, Some(b"XXcdXX"));
        check(&[(0, b"ab"), (0, b"XY"), (1, b"Zc")], 3, Some(b"abc"));
        check(&[(0, b"ab"), (4, b"e")], 5, None);
    }
}
