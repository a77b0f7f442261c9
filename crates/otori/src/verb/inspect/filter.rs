//! Which packets of a capture are looked at: the everyday part of libpcap's filter language.
//!
//! Key type: [`Filter`]. pcap-filter(7): `host`, `net`, `port`, `portrange` with `src`, `dst` and a protocol before them;
//! `ip`, `ip6`, `arp`, `tcp`, `udp`, `icmp`, `icmp6`, `sctp`, `vlan`; `and`, `or`, `not`, brackets.
use otori_event::Endpoint;
use otori_rule::{Variables, address::AddressSet};
use otori_wire::{Packet, decode::protocol};
use std::ops::RangeInclusive;

/// Brackets inside each other.
const DEPTH: usize = 32;

/// Whose address or port is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Source,
    Destination,
    Either,
}

/// A condition on a packet.
#[derive(Debug)]
pub enum Filter {
    /// IP protocols, any of them
    Protocols(&'static [u8]),
    /// IP version
    Version(u8),
    /// ARP
    Arp,
    /// a VLAN, or any
    Vlan(Option<u16>),
    /// addresses
    Addresses(Side, AddressSet),
    /// ports
    Ports(Side, RangeInclusive<u16>),
    /// not that
    Not(Box<Filter>),
    /// all of them
    All(Vec<Filter>),
    /// one of them
    Any(Vec<Filter>),
}

struct Words<'a> {
    list: Vec<&'a str>,
    at: usize,
    depth: usize,
}

impl Filter {
    /// Reads an expression; the error is for a person.
    pub fn parse(text: &str) -> Result<Filter, String> {
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('!', " ! ");
        let mut words = Words { list: spaced.split_whitespace().collect(), at: 0, depth: 0 };
        let filter = words.any()?;
        match words.peek() {
            None => Ok(filter),
            Some(word) => Err(format!("{word:?} is not understood here")),
        }
    }
    /// Whether a packet fits.
    pub fn takes(&self, packet: &Packet<'_>) -> bool {
        let number = packet.ip.as_ref().map(|ip| ip.protocol);
        let ends = || packet.endpoints();
        match self {
            Filter::Protocols(list) => number.is_some_and(|number| list.contains(&number)),
            Filter::Version(4) => packet.ip.as_ref().is_some_and(|ip| ip.source.is_ipv4()),
            Filter::Version(_) => packet.ip.as_ref().is_some_and(|ip| ip.source.is_ipv6()),
            Filter::Arp => packet.ether_type == 0x0806,
            Filter::Vlan(None) => !packet.vlans.ids().is_empty(),
            Filter::Vlan(Some(id)) => packet.vlans.ids().first() == Some(id),
            Filter::Addresses(side, set) => {
                ends().is_some_and(|ends| side.holds(ends, |end| set.has(end.ip)))
            }
            Filter::Ports(side, range) => {
                let ported = number.is_some_and(|number| PORTED.contains(&number));
                ported && ends().is_some_and(|ends| side.holds(ends, |end| range.contains(&end.port)))
            }
            Filter::Not(inner) => !inner.takes(packet),
            Filter::All(list) => list.iter().all(|one| one.takes(packet)),
            Filter::Any(list) => list.iter().any(|one| one.takes(packet)),
        }
    }
}

/// Protocols that have ports.
const PORTED: &[u8] = &[protocol::TCP, protocol::UDP, protocol::SCTP];

impl Side {
    fn holds(self, ends: (Endpoint, Endpoint), fits: impl Fn(Endpoint) -> bool) -> bool {
        match self {
            Side::Source => fits(ends.0),
            Side::Destination => fits(ends.1),
            Side::Either => fits(ends.0) || fits(ends.1),
        }
    }
}

impl Words<'_> {
    fn peek(&self) -> Option<&str> {
        self.list.get(self.at).copied()
    }
    fn take(&mut self, any_of: &[&str]) -> bool {
        let is = self.peek().is_some_and(|word| any_of.contains(&word));
        self.at += usize::from(is);
        is
    }
    fn next(&mut self, what: &str) -> Result<String, String> {
        let word = self.peek().map(str::to_owned).ok_or_else(|| format!("{what} is missing"))?;
        self.at += 1;
        Ok(word)
    }
    fn any(&mut self) -> Result<Filter, String> {
        let mut list = vec![self.all()?];
        while self.take(&["or", "||"]) {
            list.push(self.all()?);
        }
        Ok(Filter::Any(list))
    }
    fn all(&mut self) -> Result<Filter, String> {
        let mut list = vec![self.one()?];
        while self.take(&["and", "&&"]) {
            list.push(self.one()?);
        }
        Ok(Filter::All(list))
    }
    fn one(&mut self) -> Result<Filter, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("too many brackets".into());
        }
        let filter = if self.take(&["not", "!"]) {
            Filter::Not(Box::new(self.one()?))
        } else if self.take(&["("]) {
            let inner = self.any()?;
            if !self.take(&[")"]) {
                return Err("a bracket is not closed".into());
            }
            inner
        } else {
            self.primitive()?
        };
        self.depth -= 1;
        Ok(filter)
    }
    fn primitive(&mut self) -> Result<Filter, String> {
        let mut parts = Vec::new();
        if let Some(kind) = self.peek().and_then(kind) {
            self.at += 1;
            if matches!(kind, Filter::Vlan(_)) {
                let id = self.peek().and_then(|word| word.parse().ok());
                self.at += usize::from(id.is_some());
                return Ok(Filter::Vlan(id));
            }
            parts.push(kind);
        }
        let side = match self.peek() {
            Some("src") => Side::Source,
            Some("dst") => Side::Destination,
            _ => Side::Either,
        };
        self.at += usize::from(side != Side::Either);
        match self.peek() {
            Some("port" | "portrange") => {
                self.at += 1;
                parts.push(Filter::Ports(side, range(&self.next("a port")?)?));
            }
            Some("host" | "net") => {
                self.at += 1;
                parts.push(addresses(side, &self.next("an address")?)?);
            }
            Some(word) if side != Side::Either || parts.is_empty() => {
                let filter = addresses(side, word)?;
                self.at += 1;
                parts.push(filter);
            }
            _ if side == Side::Either && !parts.is_empty() => {}
            _ => return Err("the expression ends too early".into()),
        }
        Ok(Filter::All(parts))
    }
}

fn kind(word: &str) -> Option<Filter> {
    Some(match word {
        "ip" => Filter::Version(4),
        "ip6" => Filter::Version(6),
        "arp" => Filter::Arp,
        "vlan" => Filter::Vlan(None),
        "tcp" => Filter::Protocols(&[protocol::TCP]),
        "udp" => Filter::Protocols(&[protocol::UDP]),
        "sctp" => Filter::Protocols(&[protocol::SCTP]),
        "icmp" => Filter::Protocols(&[protocol::ICMP]),
        "icmp6" => Filter::Protocols(&[protocol::ICMPV6]),
        _ => return None,
    })
}

fn range(text: &str) -> Result<RangeInclusive<u16>, String> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    match (low.parse(), high.parse()) {
        (Ok(low), Ok(high)) => Ok(low..=high),
        _ => Err(format!("{text:?} is no port")),
    }
}

fn addresses(side: Side, text: &str) -> Result<Filter, String> {
    let set = AddressSet::parse(text, &Variables::default());
    set.map(|set| Filter::Addresses(side, set)).map_err(|_| format!("{text:?} is no address"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use otori_event::Timestamp;
    use otori_wire::{LinkType, decode};

    fn check(filter: &str, expect: bool) {
        // UDP from 192.0.2.1 port 5353 to 198.51.100.7 port 53.
        let frame = b"E\0\0\x1c\0\0\0\0\x40\x11\0\0\xc0\0\x02\x01\xc6\x33\x64\x07\x14\xe9\0\x35\0\x08\0\0";
        let packet = decode(LinkType::Ip, Timestamp::from_ms(0), frame);
        assert_eq!(Filter::parse(filter).unwrap().takes(&packet), expect, "{filter}");
    }

    #[test]
    fn packets_fit_or_do_not() {
        check("udp", true);
        check("tcp or port 53", true);
        check("src port 53", false);
        check("udp dst port 53 and host 192.0.2.1", true);
        check("not (net 198.51.100.0/24)", false);
        check("!tcp && ip && dst 198.51.100.7", true);
        check("portrange 5000-6000 and not vlan", true);
        check("arp or ip6 or icmp", false);
    }

    #[test]
    fn what_is_not_understood_is_told() {
        for bad in ["", "port", "port x", "(tcp", "tcp udp", "host nowhere", "tcp[13] = 2", "not"] {
            assert!(Filter::parse(bad).is_err(), "{bad}");
        }
        assert!(Filter::parse(&"(".repeat(1000)).is_err());
    }
}
