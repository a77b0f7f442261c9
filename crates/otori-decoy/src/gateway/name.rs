//! Names for a guest: every name has an address, and the address leads back to the name (RFC 1035).
//!
//! Key type: [`Names`]; pure. No query ever leaves: addresses come from a reserved range, the fetcher resolves
//! the name itself when fetching is on.
use crate::address::pick_v4;
use otori_event::id::fnv1a;
use otori_event::network::Network;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

/// Names that one session may resolve.
pub const NAMES_MAX: usize = 256;
/// Seconds that an answer holds.
const TIME_TO_LIVE_SECONDS: u32 = 300;
const TYPE_A: u16 = 1;
const TYPE_PTR: u16 = 12;
const CLASS_IN: u16 = 1;

/// The names of one session.
pub struct Names {
    range: Network,
    by_address: BTreeMap<Ipv4Addr, String>,
}

/// A query that was understood.
pub struct Answered {
    /// the name asked for, lower case, without the last dot
    pub name: String,
    /// the packet to give back
    pub packet: Vec<u8>,
}

impl Names {
    /// Addresses come from `range` (IPv4).
    pub fn new(range: Network) -> Self {
        Names { range, by_address: BTreeMap::new() }
    }
    /// The name that an address stands for.
    pub fn name_of(&self, address: IpAddr) -> Option<&str> {
        match address {
            IpAddr::V4(v4) => self.by_address.get(&v4).map(String::as_str),
            IpAddr::V6(_) => None,
        }
    }
    /// The address of a name: the same for the same name, in every session as a rule.
    pub fn address_of(&mut self, name: &str) -> Option<Ipv4Addr> {
        if let Some((address, _)) = self.by_address.iter().find(|(_, known)| *known == name) {
            return Some(*address);
        }
        if self.by_address.len() >= NAMES_MAX {
            return None;
        }
        let start = fnv1a(name.as_bytes());
        let free = (0..NAMES_MAX as u64)
            .filter_map(|step| pick_v4(&self.range, start.wrapping_add(step)))
            .find(|address| !self.by_address.contains_key(address))?;
        self.by_address.insert(free, name.to_string());
        Some(free)
    }
    /// Answers a query packet; `None` when it is no query.
    pub fn answer(&mut self, query: &[u8]) -> Option<Answered> {
        let word = |at: usize| Some(u16::from_be_bytes([*query.get(at)?, *query.get(at + 1)?]));
        let flags = word(2)?;
        if flags & 0x8000 != 0 || word(4)? == 0 {
            return None;
        }
        let (name, end) = question_name(query)?;
        let (kind, class) = (word(end)?, word(end + 2)?);
        let address = (kind == TYPE_A && class == CLASS_IN).then(|| self.address_of(&name)).flatten();
        // No such name for reverse lookups, no data for other types, an address otherwise.
        let code = if kind == TYPE_PTR { 3 } else { 0 };
        let mut packet = query[..2].to_vec();
        packet.extend((0x8080 | (flags & 0x7900) | code).to_be_bytes());
        packet.extend([0, 1, 0, u8::from(address.is_some()), 0, 0, 0, 0]);
        packet.extend_from_slice(&query[12..end + 4]);
        if let Some(address) = address {
            packet.extend([0xc0, 12]);
            packet.extend(TYPE_A.to_be_bytes());
            packet.extend(CLASS_IN.to_be_bytes());
            packet.extend(TIME_TO_LIVE_SECONDS.to_be_bytes());
            packet.extend([0, 4]);
            packet.extend(address.octets());
        }
        Some(Answered { name, packet })
    }
}

/// The first question's name and where its type stands.
fn question_name(query: &[u8]) -> Option<(String, usize)> {
    let mut at = 12;
    let mut name = String::new();
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        let label = query.get(at..at + length).filter(|_| length < 64)?;
        let fits = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if !label.iter().all(fits) || name.len() + length > 253 {
            return None;
        }
        if !name.is_empty() {
            name.push('.');
        }
        name.extend(label.iter().map(|b| char::from(b.to_ascii_lowercase())));
        at += length;
    }
    (!name.is_empty()).then_some((name, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::new("198.18.0.0/15".parse().unwrap())
    }
    fn query(labels: &[&str], kind: u16) -> Vec<u8> {
        let mut packet = vec![0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in labels {
            packet.push(label.len() as u8);
            packet.extend(label.as_bytes());
        }
        packet.push(0);
        packet.extend(kind.to_be_bytes());
        packet.extend([0, 1]);
        packet
    }

    #[test]
    fn a_name_gets_a_stable_address_that_leads_back() {
        let mut n = names();
        let answered = n.answer(&query(&["CNC", "example", "com"], 1)).unwrap();
        assert_eq!(answered.name, "cnc.example.com");
        let tail: [u8; 4] = answered.packet[answered.packet.len() - 4..].try_into().unwrap();
        let address = Ipv4Addr::from(tail);
        assert!("198.18.0.0/15".parse::<Network>().unwrap().contains(address.into()));
        assert_eq!(n.name_of(address.into()), Some("cnc.example.com"));
        assert_eq!(names().address_of("cnc.example.com"), Some(address));
        assert_eq!(&answered.packet[..8], [0xab, 0xcd, 0x81, 0x80, 0, 1, 0, 1]);
    }

    #[test]
    fn other_types_and_nonsense() {
        let mut n = names();
        let empty = n.answer(&query(&["a"], 28)).unwrap().packet;
        assert_eq!((empty[3] & 15, empty[7]), (0, 0), "no IPv6 address, but no error");
        assert_eq!(n.answer(&query(&["1", "in-addr", "arpa"], 12)).unwrap().packet[3] & 15, 3);
        let whole = query(&["a", "b"], 1);
        for cut in 0..whole.len() {
            assert!(n.answer(&whole[..cut]).is_none(), "{cut}");
        }
        assert!(n.answer(&query(&["a b"], 1)).is_none());
        assert!(n.answer(&[0xff; 512]).is_none());
        assert!(
            n.answer(&[vec![0; 4], vec![0, 1], vec![0; 6], vec![0xc0, 12, 0, 1, 0, 1]].concat()).is_none()
        );
    }

    #[test]
    fn names_are_bounded() {
        let mut n = names();
        let given = (0..1000).filter(|i| n.address_of(&format!("h{i}.example")).is_some()).count();
        assert_eq!(given, NAMES_MAX);
    }
}
