//! What rules remember: bits and numbers of flows, bits of hosts, counters of thresholds.
//!
//! Key types: [`FlowMarks`] (kept with each flow), [`Globals`] (one per engine). Time comes from packets.
use crate::{
    classification::Classification,
    country::Countries,
    dataset::{Datasets, Kind},
    limits::{BIT_NAMES, DECLARED, FLOW_BITS, HOST_BITS, STREAM_WINDOW, THRESHOLDS},
    reputation::Reputations,
    rule::{Action, Memory, NumberTest, Rule, Threshold, ThresholdKind, Track, Unique},
    set::View,
    suppress::Suppressions,
};
use core::net::IpAddr;
use otori_event::Timestamp;
use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Numbers for the names of bits and variables.
#[derive(Clone, Debug, Default)]
pub struct BitNames {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

/// What is remembered with a flow, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// bits that are set, in the order in which they were
    pub bits: Vec<String>,
    /// numbers
    pub numbers: Vec<(String, u64)>,
}

impl Remembered {
    /// Nothing is.
    pub const fn is_empty(&self) -> bool {
        self.bits.is_empty() && self.numbers.is_empty()
    }
}

impl BitNames {
    /// The number of that name.
    pub fn number(&mut self, name: &str) -> Result<u32, String> {
        let name = name.trim();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(format!("{name:?} is not a name"));
        }
        if let Some(number) = self.numbers.get(name) {
            return Ok(*number);
        }
        if self.numbers.len() >= BIT_NAMES {
            return Err(format!("more than {BIT_NAMES} names"));
        }
        let number = self.numbers.len() as u32;
        self.numbers.insert(name.into(), number);
        self.names.push(name.into());
        Ok(number)
    }
    /// What a flow has, by name.
    pub fn remembered(&self, marks: &FlowMarks) -> Remembered {
        let name = |number: u32| self.names.get(number as usize).cloned();
        Remembered {
            bits: marks.bits().iter().filter_map(|bit| name(*bit)).collect(),
            numbers: marks.numbers().iter().filter_map(|(id, value)| Some((name(*id)?, *value))).collect(),
        }
    }
}

/// What rules share while they are read: names, lists, and how a file is got.
#[derive(Default)]
pub struct Tables {
    /// bits and variables
    pub names: BitNames,
    /// lists of values
    pub datasets: Datasets,
    /// what a configuration says of lists, by name: kind and file
    pub declared: HashMap<String, Declared>,
    /// what classes mean
    pub classification: Classification,
    /// countries of addresses
    pub countries: Countries,
    /// reputations of addresses
    pub reputations: Reputations,
    /// reads a file that a rule names; the crate itself does no I/O
    pub read: Option<ReadFile>,
    /// things that `requires` may ask for (`ja4`)
    pub features: Vec<String>,
}

/// A list that rules may name without saying more.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// of what
    pub kind: Option<Kind>,
    /// where its first entries are
    pub file: Option<String>,
}

/// Reads a file that a rule names.
pub type ReadFile = Box<dyn Fn(&str) -> Result<Vec<u8>, String> + Send + Sync>;

impl Tables {
    /// What a configuration says below `datasets.NAME`.
    pub fn declare(&mut self, name: &str, option: &str, value: &str) -> Result<(), String> {
        if !self.declared.contains_key(name) && self.declared.len() >= DECLARED {
            return Err(format!("more than {DECLARED} lists"));
        }
        let declared = self.declared.entry(name.into()).or_default();
        match option {
            "type" => declared.kind = Some(Kind::by_name(value)?),
            "load" | "state" => declared.file = Some(value.into()),
            _ => {}
        }
        Ok(())
    }
    /// The bytes of a file.
    pub(crate) fn file(&self, name: &str) -> Result<Vec<u8>, String> {
        match &self.read {
            Some(read) => read(name).map_err(|reason| format!("cannot read {name}: {reason}")),
            None => Err(format!("{name} is a file, and there is no way to read files here")),
        }
    }
}

/// The bytes before a gap, and a word of that; for people.
#[derive(Debug, Default)]
struct Before {
    bytes: Vec<u8>,
}

/// What the matcher keeps of one direction of a stream.
#[derive(Debug, Default)]
pub struct StreamMarks {
    /// the last bytes
    pub(crate) tail: Vec<u8>,
    /// what was there before bytes got lost; seldom
    before: Option<Box<Before>>,
    /// offset of the first of them in the stream
    pub(crate) offset: u64,
    /// rules; of most streams none
    pub(crate) rules: Option<Box<StreamRules>>,
}

/// Rules that are remembered with a stream.
#[derive(Debug, Default)]
pub(crate) struct StreamRules {
    /// whose fast pattern was seen, and the offset behind which it is no longer in the tail
    pub(crate) candidates: Vec<(u32, u64)>,
    /// without a fast pattern that have fired
    pub(crate) fired: Vec<u32>,
}

/// What rules have remembered with a flow; of most flows nothing.
#[derive(Debug, Default)]
struct FlowMemory {
    bits: Vec<u32>,
    numbers: Vec<(u32, u64)>,
}

impl StreamMarks {
    /// Where in the stream the next byte will be.
    pub(crate) const fn end(&self) -> u64 {
        self.offset + self.tail.len() as u64
    }
}

/// What the matcher keeps of one flow.
#[derive(Debug, Default)]
pub struct FlowMarks {
    memory: Option<Box<FlowMemory>>,
    /// state of the address rules when they were last asked, per direction
    pub(crate) addresses_asked: [u32; 2],
    /// state of the lists when they were last asked about the ends
    pub(crate) ends_asked: u32,
    pub(crate) streams: [StreamMarks; 2],
    /// the kind of flow that each direction is, for the matcher
    pub(crate) classes: [crate::class::Mark; 2],
    /// what it carries is encrypted: no rule looks at bytes of its packets and streams
    sealed: bool,
}

impl FlowMarks {
    /// From now on what the flow carries is encrypted: rules no longer look at the bytes of its packets and streams, of
    /// which nothing is kept. All else that they ask about stays.
    pub fn seal(&mut self) {
        self.sealed = true;
        for stream in &mut self.streams {
            *stream = StreamMarks { offset: stream.end(), ..StreamMarks::default() };
        }
    }
    /// Whether that is so.
    pub fn is_sealed(&self) -> bool {
        self.sealed
    }
    /// Who was taken for the client is the server.
    pub fn turn(&mut self) {
        self.addresses_asked.swap(0, 1);
        self.streams.swap(0, 1);
        self.classes = Default::default();
    }
    /// The last bytes of a direction; where some are lost, it says how many.
    pub fn tail(&self, direction: otori_wire::Direction) -> Cow<'_, [u8]> {
        let stream = &self.streams[direction.index()];
        match &stream.before {
            None => Cow::Borrowed(&stream.tail),
            Some(before) => Cow::Owned([&before.bytes[..], &stream.tail[..]].concat()),
        }
    }
    /// The stream lost bytes: what was kept is no longer next to what follows.
    pub fn gap(&mut self, direction: otori_wire::Direction, count: u64) {
        let stream = &mut self.streams[direction.index()];
        stream.offset = stream.offset.saturating_add(stream.tail.len() as u64).saturating_add(count);
        if !stream.tail.is_empty() {
            let before = &mut stream.before.get_or_insert_default().bytes;
            before.append(&mut stream.tail);
            before.extend_from_slice(format!("[{count} bytes missing]").as_bytes());
            let surplus = before.len().saturating_sub(STREAM_WINDOW);
            before.drain(..surplus);
        }
        stream.tail.clear();
        if let Some(rules) = &mut stream.rules {
            rules.candidates.clear();
        }
    }
    fn bits(&self) -> &[u32] {
        self.memory.as_ref().map_or(&[], |memory| &memory.bits)
    }
    fn numbers(&self) -> &[(u32, u64)] {
        self.memory.as_ref().map_or(&[], |memory| &memory.numbers)
    }
    fn set(&mut self, bit: u32) {
        let bits = &mut self.memory.get_or_insert_default().bits;
        if !bits.contains(&bit) && bits.len() < FLOW_BITS {
            bits.push(bit);
        }
    }
    fn unset(&mut self, bit: u32) {
        if let Some(memory) = &mut self.memory {
            memory.bits.retain(|have| *have != bit);
        }
    }
    fn number(&self, id: u32) -> Option<u64> {
        self.numbers().iter().find(|(have, _)| *have == id).map(|(_, value)| *value)
    }
    fn set_number(&mut self, id: u32, value: u64) {
        let numbers = &mut self.memory.get_or_insert_default().numbers;
        if let Some((_, place)) = numbers.iter_mut().find(|(have, _)| *have == id) {
            *place = value;
        } else if numbers.len() < FLOW_BITS {
            numbers.push((id, value));
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Who {
    One(IpAddr),
    Pair(IpAddr, IpAddr),
    Rule,
    Flow(u64),
    /// flow and number in it
    Transaction(u64, u64),
}

impl Who {
    fn of(track: Track, view: &View<'_, '_>) -> Who {
        let (source, destination) = (view.source.ip, view.destination.ip);
        match track {
            Track::Source => Who::One(source),
            Track::Destination => Who::One(destination),
            Track::Pair => Who::Pair(source.min(destination), source.max(destination)),
            Track::Rule => Who::Rule,
            Track::Flow => Who::Flow(view.flow_number),
            Track::Transaction => Who::Transaction(view.flow_number, view.transaction.unwrap_or(u64::MAX)),
        }
    }
}

#[derive(Clone, Debug)]
struct Counter {
    since: Timestamp,
    seconds: u32,
    count: u32,
    /// the next count that is told, for [`ThresholdKind::Backoff`]
    next: u32,
    /// the other action holds until then
    until: Option<Timestamp>,
    /// ports seen, a bit each of a few hashed ones, for `unique_on`
    seen: Vec<u16>,
}

/// Ports remembered of one counter.
const UNIQUE_PORTS: usize = 1024;

/// What rules remember across flows. Clones share it: workers that each have some of the flows.
#[derive(Clone, Debug, Default)]
pub struct Globals {
    /// asked only for rules that have such a condition, and for matches
    across: Arc<Mutex<Across>>,
    /// lines of a threshold file
    pub suppressions: Suppressions,
}

#[derive(Debug, Default)]
struct Across {
    host_bits: HashMap<(u32, Who), Timestamp>,
    counters: HashMap<(u32, u32, u8, Who), Counter>,
}

/// What a threshold says of one more match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// alert
    Alert,
    /// alert, and do this instead of what the rule says
    Instead(Action),
    /// no alert; the verdict stands
    Silent,
    /// as if the rule had not matched
    Ignore,
}

impl Globals {
    /// All conditions of the rule on memory hold.
    pub(crate) fn holds(&self, rule: &Rule, view: &View<'_, '_>, marks: &FlowMarks) -> bool {
        rule.memory.iter().all(|memory| match memory {
            Memory::BitIsSet(bits) => bits.iter().any(|bit| marks.bits().contains(bit)),
            Memory::BitIsNotSet(bits) => !bits.iter().any(|bit| marks.bits().contains(bit)),
            Memory::Number(id, NumberTest::IsSet) => marks.number(*id).is_some(),
            Memory::Number(id, NumberTest::IsNotSet) => marks.number(*id).is_none(),
            Memory::Number(id, NumberTest::Is(compare)) => {
                marks.number(*id).is_some_and(|n| compare.holds(n))
            }
            Memory::NumberIs(id, comparison, other) => match (marks.number(*id), marks.number(*other)) {
                (Some(one), Some(other)) => comparison(other).holds(one),
                _ => false,
            },
            Memory::HostIsSet(bit, track) => self.host_bit(*bit, *track, view),
            Memory::HostIsNotSet(bit, track) => !self.host_bit(*bit, *track, view),
            _ => true,
        })
    }
    fn host_bit(&self, bit: u32, track: Track, view: &View<'_, '_>) -> bool {
        self.across().host_bit(bit, track, view)
    }
    /// A worker that has panicked leaves whole entries behind.
    fn across(&self) -> MutexGuard<'_, Across> {
        self.across.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// The rule has matched: its changes are made.
    pub(crate) fn commit(&self, rule: &Rule, view: &View<'_, '_>, marks: &mut FlowMarks) {
        for memory in &rule.memory {
            match memory {
                Memory::BitSet(bit) => marks.set(*bit),
                Memory::BitUnset(bit) => marks.unset(*bit),
                Memory::BitToggle(bit) if marks.bits().contains(bit) => marks.unset(*bit),
                Memory::BitToggle(bit) => marks.set(*bit),
                Memory::Number(id, NumberTest::Set(value)) => marks.set_number(*id, *value),
                Memory::Number(id, NumberTest::Add(value)) => {
                    marks.set_number(*id, marks.number(*id).unwrap_or(0).saturating_add(*value));
                }
                Memory::Number(id, NumberTest::Subtract(value)) => {
                    marks.set_number(*id, marks.number(*id).unwrap_or(0).saturating_sub(*value));
                }
                Memory::NumberBy(id, change, other) => {
                    let (one, other) = (marks.number(*id).unwrap_or(0), marks.number(*other).unwrap_or(0));
                    marks.set_number(*id, change(one, other));
                }
                Memory::HostSet(..) | Memory::HostUnset(..) | Memory::HostToggle(..) => {
                    self.across().change(memory, view);
                }
                _ => {}
            }
        }
    }
    /// Counts a match against suppressions and thresholds.
    pub fn rate(&self, rule: &Rule, view: &View<'_, '_>) -> Rate {
        if self.suppressions.hides(rule, view) {
            return Rate::Silent;
        }
        let mut rate = Rate::Alert;
        for (place, threshold) in self.suppressions.thresholds(rule).into_iter().enumerate() {
            let Some(threshold) = threshold else { continue };
            match self.across().count(rule, view, threshold, place as u8) {
                Rate::Alert => {}
                other => rate = other,
            }
        }
        rate
    }
}

impl Across {
    fn host_bit(&self, bit: u32, track: Track, view: &View<'_, '_>) -> bool {
        let until = self.host_bits.get(&(bit, Who::of(track, view)));
        until.is_some_and(|until| view.packet.at <= *until)
    }
    fn change(&mut self, memory: &Memory, view: &View<'_, '_>) {
        match memory {
            Memory::HostToggle(bit, track, _) if self.host_bit(*bit, *track, view) => {
                self.host_bits.remove(&(*bit, Who::of(*track, view)));
            }
            Memory::HostSet(bit, track, seconds) | Memory::HostToggle(bit, track, seconds) => {
                if self.host_bits.len() >= HOST_BITS {
                    self.host_bits.retain(|_, until| view.packet.at <= *until);
                }
                if self.host_bits.len() < HOST_BITS {
                    let until = view.packet.at.plus_seconds(i64::from(*seconds));
                    self.host_bits.insert((*bit, Who::of(*track, view)), until);
                }
            }
            Memory::HostUnset(bit, track) => {
                self.host_bits.remove(&(*bit, Who::of(*track, view)));
            }
            _ => {}
        }
    }
    fn count(&mut self, rule: &Rule, view: &View<'_, '_>, threshold: Threshold, place: u8) -> Rate {
        let now = view.packet.at;
        if self.counters.len() >= THRESHOLDS {
            self.counters.retain(|_, counter| !counter.is_over(now));
            if self.counters.len() >= THRESHOLDS {
                return Rate::Alert;
            }
        }
        let fresh = Counter {
            since: now,
            seconds: threshold.seconds,
            count: 0,
            next: threshold.count,
            until: None,
            seen: Vec::new(),
        };
        let key = (rule.gid, rule.sid, place, Who::of(threshold.track, view));
        let counter = self.counters.entry(key).or_insert_with(|| fresh.clone());
        if let (ThresholdKind::Rate { action, .. }, Some(until)) = (threshold.kind, counter.until) {
            if now <= until {
                return Rate::Instead(action);
            }
            *counter = fresh.clone();
        }
        if counter.is_over(now) && !matches!(threshold.kind, ThresholdKind::Backoff { .. }) {
            *counter = fresh;
        }
        if let Some(unique) = threshold.unique
            && !counter.is_new(unique, view)
        {
            return Rate::Ignore;
        }
        counter.count = counter.count.saturating_add(1);
        counter.judge(threshold, now)
    }
}

impl Counter {
    fn is_over(&self, now: Timestamp) -> bool {
        now.since_ns(self.since) > i64::from(self.seconds) * 1_000_000_000
    }
    fn is_new(&mut self, unique: Unique, view: &View<'_, '_>) -> bool {
        let port = match unique {
            Unique::SourcePort => view.source.port,
            Unique::DestinationPort => view.destination.port,
        };
        if self.seen.contains(&port) {
            return false;
        }
        if self.seen.len() < UNIQUE_PORTS {
            self.seen.push(port);
        }
        true
    }
    fn judge(&mut self, threshold: Threshold, now: Timestamp) -> Rate {
        match threshold.kind {
            ThresholdKind::Limit if self.count <= threshold.count => Rate::Alert,
            ThresholdKind::Limit => Rate::Silent,
            ThresholdKind::Every if self.count >= threshold.count => {
                self.count = 0;
                self.since = now;
                Rate::Alert
            }
            ThresholdKind::Every => Rate::Ignore,
            ThresholdKind::Both if self.count == threshold.count => Rate::Alert,
            ThresholdKind::Both if self.count > threshold.count => Rate::Silent,
            ThresholdKind::Both => Rate::Ignore,
            ThresholdKind::Filter if self.count > threshold.count => Rate::Alert,
            ThresholdKind::Filter => Rate::Ignore,
            ThresholdKind::Backoff { multiplier } if self.count >= self.next => {
                self.next = self.next.saturating_mul(multiplier.max(2));
                Rate::Alert
            }
            ThresholdKind::Backoff { .. } => Rate::Silent,
            ThresholdKind::Rate { action, timeout_seconds } if self.count > threshold.count => {
                self.until = Some(now.plus_seconds(i64::from(timeout_seconds)));
                Rate::Instead(action)
            }
            ThresholdKind::Rate { .. } => Rate::Alert,
        }
    }
}
