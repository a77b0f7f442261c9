//! Headers of rules, told apart once: what does not change while a flow lives.
//!
//! Key types: [`Headers`], [`Header`]. Neighbour: [`crate::class`] asks for each kind of flow which headers fit.
//! Rules of one header share its number; number 0 stands for headers that are not told apart.
use crate::{
    address::AddressSet,
    limits::{HEADER_SETS, HEADERS},
    port::PortSet,
    rule::{Rule, RuleProtocol},
};
use core::hash::Hash;
use otori_event::Endpoint;
use otori_wire::{Direction, decode::protocol};
use std::collections::HashMap;

/// Things of one kind with numbers.
struct Numbered<T> {
    list: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T: Hash + Eq + Clone> Numbered<T> {
    fn number(&mut self, value: &T, limit: usize) -> Option<u32> {
        if let Some(number) = self.numbers.get(value) {
            return Some(*number);
        }
        let number = self.list.len() as u32;
        (self.list.len() < limit).then(|| {
            self.list.push(value.clone());
            self.numbers.insert(value.clone(), number);
            number
        })
    }
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Numbered { list: Vec::new(), numbers: HashMap::new() }
    }
}

/// One header, with sets by number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Header {
    protocol: RuleProtocol,
    source: u32,
    source_ports: u32,
    destination: u32,
    destination_ports: u32,
    both_ways: bool,
    transactional: bool,
    direction: Option<Direction>,
}

/// The headers of a set of rules.
#[derive(Default)]
pub(crate) struct Headers {
    addresses: Numbered<AddressSet>,
    ports: Numbered<PortSet>,
    headers: Numbered<Header>,
}

/// A set of small numbers.
pub(crate) type Bits = Box<[u64]>;

pub(crate) fn has(bits: &[u64], number: u32) -> bool {
    bits.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 != 0)
}

/// The numbers below `count` for which `fits`.
fn bits_of(count: usize, fits: impl Fn(usize) -> bool) -> Bits {
    let word = |word: usize| {
        let numbers = word * 64..count.min(word * 64 + 64);
        numbers.filter(|number| fits(*number)).fold(0, |bits, number| bits | 1 << (number % 64))
    };
    (0..count.div_ceil(64)).map(word).collect()
}

/// What is the same for every packet of one direction of a flow, with the sets that its ends are in.
pub(crate) struct Ends<'a> {
    pub(crate) protocol: u8,
    pub(crate) v4: bool,
    pub(crate) direction: Option<Direction>,
    /// address sets that have the sender, and the receiver
    pub(crate) addresses: [&'a [u64]; 2],
    /// the same of ports
    pub(crate) ports: [&'a [u64]; 2],
}

impl Headers {
    /// The number of a rule's header; 0 when there are too many.
    pub(crate) fn number(&mut self, rule: &Rule) -> u32 {
        self.try_number(rule).map_or(0, |number| number + 1)
    }
    fn try_number(&mut self, rule: &Rule) -> Option<u32> {
        let header = Header {
            protocol: rule.protocol,
            source: self.addresses.number(&rule.source, HEADER_SETS)?,
            source_ports: self.ports.number(&rule.source_ports, HEADER_SETS)?,
            destination: self.addresses.number(&rule.destination, HEADER_SETS)?,
            destination_ports: self.ports.number(&rule.destination_ports, HEADER_SETS)?,
            both_ways: rule.both_ways,
            transactional: rule.transactional,
            direction: rule.flow.direction,
        };
        self.headers.number(&header, HEADERS)
    }
    /// How many there are, number 0 included.
    pub(crate) fn len(&self) -> usize {
        self.headers.list.len() + 1
    }
    /// Where sets of addresses begin and end, of one family: addresses between two such places are in the same sets.
    pub(crate) fn cuts(&self, v6: bool) -> Vec<u128> {
        let mut cuts: Vec<u128> = self.addresses.list.iter().flat_map(|set| set.cuts(v6)).collect();
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    }
    /// Address sets that have the end's address.
    pub(crate) fn address_sets(&self, end: &Endpoint) -> Bits {
        let list = &self.addresses.list;
        bits_of(list.len(), |number| list.get(number).is_some_and(|set| set.has(end.ip)))
    }
    /// Port sets that have the port.
    pub(crate) fn port_sets(&self, port: u16) -> Bits {
        let list = &self.ports.list;
        bits_of(list.len(), |number| list.get(number).is_some_and(|set| set.has(port)))
    }
    /// Headers that fit, by number.
    pub(crate) fn fitting(&self, ends: &Ends<'_>) -> Bits {
        let list = &self.headers.list;
        bits_of(self.len(), |number| {
            number.checked_sub(1).is_none_or(|place| list.get(place).is_some_and(|header| header.fits(ends)))
        })
    }
}

impl Header {
    fn fits(&self, ends: &Ends<'_>) -> bool {
        let protocol = match self.protocol {
            RuleProtocol::Any => true,
            RuleProtocol::IpVersion(version) => ends.v4 == (version == 4),
            RuleProtocol::Tcp | RuleProtocol::TcpPacket | RuleProtocol::TcpStream => {
                ends.protocol == protocol::TCP
            }
            RuleProtocol::Number(protocol::ICMP) => {
                matches!(ends.protocol, protocol::ICMP | protocol::ICMPV6)
            }
            RuleProtocol::Number(number) => ends.protocol == number,
            // Of which type it is, only the frame says.
            RuleProtocol::Frame(_) => ends.protocol == 0,
            // The application may become known later.
            RuleProtocol::Application(_) => matches!(ends.protocol, protocol::TCP | protocol::UDP),
        };
        let way = |from: usize, to: usize| {
            has(ends.ports[from], self.source_ports)
                && has(ends.ports[to], self.destination_ports)
                && has(ends.addresses[from], self.source)
                && has(ends.addresses[to], self.destination)
        };
        let turned = self.both_ways || (self.transactional && ends.direction == Some(Direction::ToClient));
        protocol
            && self.direction.is_none_or(|direction| ends.direction == Some(direction))
            && (way(0, 1) || (turned && way(1, 0)))
    }
}
