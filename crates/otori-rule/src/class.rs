//! Kinds of flow: ends that the same rules are about share a class, with those rules at hand.
//!
//! Key types: [`Classes`] (one per worker), [`Class`]. A flow asks for its class once per direction and keeps the
//! number. When the rules change, everything is forgotten and found again.
use crate::{
    address::number,
    header::{Bits, Ends, Headers, has},
    limits::{CLASS_KEYS, CLASSES},
    prefilter::Filter,
    set::View,
};
use core::cell::OnceCell;
use otori_wire::{Direction, hash::Folding};
use std::collections::HashMap;

/// Numbers of port sets for every port, once they are known.
const PORTS: usize = 65_536;
const UNKNOWN: u16 = u16::MAX;

/// What the rules of a kind of flow are.
pub(crate) struct Class {
    headers: Bits,
    /// rules without a fast pattern that look at packets, in the order in which they act
    pub(crate) packet: Quick,
    /// the same for streams
    pub(crate) stream: Quick,
    /// patterns of packet rules, of stream rules, of both, and of what is both; each searched everywhere, or among the
    /// first bytes
    filters: [OnceCell<Filter>; 8],
}

/// Rules without a fast pattern, by what they need of a packet.
#[derive(Default)]
pub(crate) struct Quick {
    /// an event
    pub(crate) events: Vec<u32>,
    /// a payload
    pub(crate) payload: Vec<u32>,
    /// neither
    pub(crate) plain: Vec<u32>,
}

impl Class {
    /// Rules of that header may be about the flow.
    pub(crate) fn fits(&self, header: u32) -> bool {
        has(&self.headers, header)
    }
    /// What a pass over a payload looks for; made when it is first asked for.
    pub(crate) fn filter(&self, place: usize, make: impl FnOnce() -> Filter) -> &Filter {
        self.filters[place].get_or_init(make)
    }
}

/// The class of a flow's direction, kept with the flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// state of the rules; 0 for never asked
    version: u32,
    number: u32,
    protocol: u8,
}

type Key = (u8, bool, Option<Direction>, [u16; 2], [u16; 2]);

/// Sets of numbers with a number each.
#[derive(Default)]
struct Sets {
    list: Vec<Bits>,
    numbers: HashMap<Bits, u16>,
}

impl Sets {
    fn number(&mut self, bits: Bits) -> Option<u16> {
        if let Some(number) = self.numbers.get(&bits) {
            return Some(*number);
        }
        let number = u16::try_from(self.list.len()).ok().filter(|number| *number != UNKNOWN)?;
        self.list.push(bits.clone());
        self.numbers.insert(bits, number);
        Some(number)
    }
    fn get(&self, number: u16) -> &[u64] {
        self.list.get(usize::from(number)).map_or(&[], |bits| bits)
    }
}

/// The classes that were met.
#[derive(Default)]
pub(crate) struct Classes {
    /// state of the rules that this belongs to
    rules: u32,
    /// changes when numbers of classes lose their meaning; never 0 once something is there
    version: u32,
    list: Vec<Class>,
    by_headers: HashMap<(u8, Bits), u32>,
    by_key: HashMap<Key, u32, Folding>,
    address_sets: Sets,
    port_sets: Sets,
    /// of IPv4 and IPv6: places between which all addresses are in the same sets, and the number of those
    addresses: [(Vec<u128>, Vec<u16>); 2],
    ports: Vec<u16>,
}

impl Classes {
    /// Forgets what belongs to another state of the rules.
    pub(crate) fn follow(&mut self, rules: u32, headers: &Headers) {
        if self.version == 0 || self.rules != rules {
            self.rules = rules;
            self.forget();
            self.addresses = [false, true].map(|v6| {
                let cuts = headers.cuts(v6);
                let between = cuts.len() + 1;
                (cuts, vec![UNKNOWN; between])
            });
        }
    }
    fn forget(&mut self) {
        self.version = self.version.wrapping_add(1).max(1);
        self.list.clear();
        self.by_headers.clear();
        self.by_key.clear();
        self.address_sets = Sets::default();
        self.port_sets = Sets::default();
        self.addresses.iter_mut().for_each(|(_, numbers)| numbers.fill(UNKNOWN));
        self.ports.clear();
        self.ports.resize(PORTS, UNKNOWN);
    }
    /// The class that was found for a flow, if it still counts.
    pub(crate) fn get(&self, mark: Mark) -> Option<&Class> {
        self.list.get(mark.number as usize).filter(|_| mark.version == self.version)
    }
    /// Whether the mark names a class of that protocol.
    pub(crate) fn knows(&self, mark: Mark, protocol: u8) -> bool {
        mark.version == self.version && mark.protocol == protocol
    }
    /// Finds the class of the view's ends; `fill` gives a new one its rules.
    pub(crate) fn find(
        &mut self,
        view: &View<'_, '_>,
        headers: &Headers,
        fill: impl FnOnce(&mut Class),
    ) -> Mark {
        if self.by_key.len() >= CLASS_KEYS || self.list.len() >= CLASSES {
            self.forget();
        }
        let ends = [view.source, view.destination];
        let sets = ends.map(|end| Some((self.address(&end, headers)?, self.port(end.port, headers)?)));
        let [Some(source), Some(destination)] = sets else {
            // More kinds of ends than there are numbers: everything is found anew.
            self.forget();
            return Mark::default();
        };
        let key: Key = (
            view.protocol,
            view.source.ip.is_ipv4(),
            view.direction,
            [source.0, destination.0],
            [source.1, destination.1],
        );
        let number = match self.by_key.get(&key) {
            Some(number) => *number,
            None => {
                let number = self.make(key, headers, fill);
                self.by_key.insert(key, number);
                number
            }
        };
        Mark { version: self.version, number, protocol: view.protocol }
    }
    fn address(&mut self, end: &otori_event::Endpoint, headers: &Headers) -> Option<u16> {
        let (v6, value) = number(end.ip);
        let (cuts, numbers) = &mut self.addresses[usize::from(v6)];
        let place = cuts.partition_point(|cut| *cut <= value);
        let memory = numbers.get_mut(place)?;
        if *memory == UNKNOWN {
            *memory = self.address_sets.number(headers.address_sets(end))?;
        }
        Some(*memory)
    }
    fn port(&mut self, port: u16, headers: &Headers) -> Option<u16> {
        let known = self.ports.get(usize::from(port)).copied().filter(|number| *number != UNKNOWN);
        if known.is_some() {
            return known;
        }
        let number = self.port_sets.number(headers.port_sets(port))?;
        if let Some(memory) = self.ports.get_mut(usize::from(port)) {
            *memory = number;
        }
        Some(number)
    }
    fn make(&mut self, key: Key, headers: &Headers, fill: impl FnOnce(&mut Class)) -> u32 {
        let (protocol, v4, direction, addresses, ports) = key;
        let ends = Ends {
            protocol,
            v4,
            direction,
            addresses: addresses.map(|number| self.address_sets.get(number)),
            ports: ports.map(|number| self.port_sets.get(number)),
        };
        let fitting = headers.fitting(&ends);
        let next = self.list.len() as u32;
        let number = *self.by_headers.entry((protocol, fitting.clone())).or_insert(next);
        if number == next {
            let mut class = Class {
                headers: fitting,
                packet: Quick::default(),
                stream: Quick::default(),
                filters: Default::default(),
            };
            fill(&mut class);
            self.list.push(class);
        }
        number
    }
}
