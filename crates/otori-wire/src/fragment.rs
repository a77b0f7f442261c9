//! Joins the fragments of a datagram. Which copy of a byte wins depends on the receiver ([`Policy`]).
//!
//! Key type: [`Defragmenter`]. RFC 791 3.2, RFC 8200 4.5. Bounded in datagrams, pieces, bytes and time.
use crate::{
    decode::Packet,
    flow::{Policy, overlap::Window},
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
    depth: u8,
}

struct Datagram {
    started_at: Timestamp,
    window: Window,
    fragments: usize,
    /// length, known once the last piece is there
    total: Option<usize>,
}

impl Datagram {
    fn new(started_at: Timestamp) -> Self {
        Datagram { started_at, window: Window::default(), fragments: 0, total: None }
    }
    fn whole(&self) -> Option<&[u8]> {
        let total = self.total?;
        let there = self.window.contiguous();
        (there >= total as u64).then(|| self.window.front(total as u64))
    }
}

/// Datagrams whose fragments are still coming.
#[derive(Default)]
pub struct Defragmenter {
    datagrams: HashMap<Key, Datagram>,
    bytes: usize,
}

/// Names of anomalies for IPv4 and IPv6.
const TOO_LARGE: [&str; 2] = ["ipv4.frag_pkt_too_large", "ipv6.frag_pkt_too_large"];
const OVERLAP: [&str; 2] = ["ipv4.frag_overlap", "ipv6.frag_overlap"];
const IGNORED: [&str; 2] = ["ipv4.frag_ignored", "ipv6.frag_ignored"];

impl Defragmenter {
    /// Nothing kept.
    pub fn new() -> Self {
        Self::default()
    }
    /// Takes a fragment; gives the whole body when this was the missing piece. `policy` is the receiver's.
    /// What is wrong is noted with the packet.
    pub fn push(&mut self, packet: &mut Packet<'_>, policy: Policy) -> Option<Vec<u8>> {
        let ip = packet.ip.as_ref()?;
        let fragment = ip.fragment?;
        let family = usize::from(ip.source.is_ipv6());
        let length = ip.body.len();
        let end = fragment.offset.checked_add(length)?;
        if fragment.more && !length.is_multiple_of(8) && family == 1 {
            packet.anomalies.note("ipv6.frag_invalid_length");
        }
        // IPv4 counts its header as part of the datagram's length.
        let header = if family == 0 { ip.header.len() } else { 0 };
        if end + header > DATAGRAM_BYTES {
            packet.anomalies.note(TOO_LARGE[family]);
            return None;
        }
        if length == 0 {
            return None;
        }
        let key = Key {
            source: ip.source,
            destination: ip.destination,
            identification: ip.identification,
            protocol: ip.protocol,
            vlan: packet.vlans.ids().first().copied().unwrap_or(0),
            depth: packet.depth,
        };
        if !self.datagrams.contains_key(&key)
            && (self.datagrams.len() >= FRAGMENTED_DATAGRAMS || self.bytes >= FRAGMENT_BYTES)
        {
            self.make_room(packet.at);
        }
        let datagram = self.datagrams.entry(key).or_insert_with(|| Datagram::new(packet.at));
        if packet.at.since_ns(datagram.started_at) > FRAGMENT_TIMEOUT_NS {
            self.bytes = self.bytes.saturating_sub(datagram.window.size());
            *datagram = Datagram::new(packet.at);
        }
        if datagram.fragments >= FRAGMENTS_PER_DATAGRAM {
            packet.anomalies.note(IGNORED[family]);
            return None;
        }
        datagram.fragments += 1;
        if !fragment.more && datagram.total.is_none() {
            datagram.total = Some(end);
        }
        let size = datagram.window.size();
        let overlaps = datagram.window.overlaps(fragment.offset as u64, end as u64);
        datagram.window.insert(fragment.offset as u64, ip.body, policy);
        let grown = datagram.window.size() - size;
        self.bytes = self.bytes.saturating_add(grown);
        let body = datagram.whole().map(<[u8]>::to_vec);
        if overlaps {
            packet.anomalies.note(OVERLAP[family]);
        }
        if body.is_some()
            && let Some(done) = self.datagrams.remove(&key)
        {
            self.bytes = self.bytes.saturating_sub(done.window.size());
        }
        body
    }
    /// Forgets what has timed out; if that is nothing, everything: a flood of fragments costs only fragments.
    fn make_room(&mut self, now: Timestamp) {
        let before = self.datagrams.len();
        self.datagrams.retain(|_, datagram| now.since_ns(datagram.started_at) <= FRAGMENT_TIMEOUT_NS);
        if self.datagrams.len() == before {
            self.datagrams.clear();
        }
        self.bytes = self.datagrams.values().map(|datagram| datagram.window.size()).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{LinkType, decode};

    fn fragment(offset: u16, more: bool, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x45, 0];
        bytes.extend_from_slice(&(20 + body.len() as u16).to_be_bytes());
        bytes.extend_from_slice(&[0, 9]);
        bytes.extend_from_slice(&((offset / 8) | if more { 0x2000 } else { 0 }).to_be_bytes());
        bytes.extend_from_slice(&[64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
        bytes.extend_from_slice(body);
        bytes
    }
    fn check(policy: Policy, pieces: &[(u16, bool, &[u8])], expect: Option<&[u8]>) -> Vec<&'static str> {
        let mut defragmenter = Defragmenter::new();
        let (mut found, mut wrong) = (None, Vec::new());
        for (offset, more, body) in pieces {
            let bytes = fragment(*offset, *more, body);
            let mut packet = decode(LinkType::Ip, Timestamp(0), &bytes);
            found = defragmenter.push(&mut packet, policy).or(found);
            wrong.extend_from_slice(packet.anomalies.names());
        }
        assert_eq!(found.as_deref(), expect);
        assert!(found.is_none() || defragmenter.bytes == 0);
        wrong
    }

    #[test]
    fn pieces_join_in_any_order_and_the_receiver_decides_about_copies() {
        check(Policy::Bsd, &[(0, true, b"abcdefgh"), (8, false, b"ij")], Some(b"abcdefghij"));
        check(Policy::Bsd, &[(8, false, b"ij"), (0, true, b"abcdefgh")], Some(b"abcdefghij"));
        let twice: &[(u16, bool, &[u8])] =
            &[(0, true, b"abcdefgh"), (0, true, b"ABCDEFGH"), (8, false, b"ij")];
        assert_eq!(check(Policy::First, twice, Some(b"abcdefghij")), ["ipv4.frag_overlap"]);
        let longer: &[(u16, bool, &[u8])] = &[(0, true, b"abcdefghABCDEFGH"), (8, false, b"ijklmnopqr")];
        assert_eq!(check(Policy::First, longer, Some(b"abcdefghABCDEFGHqr")), ["ipv4.frag_overlap"]);
        check(Policy::Last, twice, Some(b"ABCDEFGHij"));
        check(Policy::Bsd, &[(0, true, b"abcdefgh"), (16, false, b"ij")], None);
        assert_eq!(check(Policy::Bsd, &[(65_528, false, b"abcdefgh")], None), ["ipv4.frag_pkt_too_large"]);
    }
}
