//! Where rules lie so that packets find them: by header, by fast pattern, by address.
//!
//! Key types: [`Files`], [`Filed`] (what is known of a slot without opening the rule). Neighbours: [`crate::header`],
//! [`crate::class`], [`crate::prefilter`].
use crate::{
    address_table::AddressTable,
    class::{Class, Quick},
    header::Headers,
    prefilter::{Filter, Prefilter},
    rule::{Check, Group, Rule, RuleProtocol, Stage, Target},
    step::{Content, Step, Value},
    transform::Transform,
};
use otori_wire::{
    FieldId,
    proto::{ProtocolId, dear::Wanted},
};

/// What is known of a slot.
#[derive(Clone, Copy, Default)]
pub(super) struct Filed {
    /// the order in which rules act, with the slot in its lower half
    pub(super) key: u64,
    /// number of its header
    pub(super) header: u32,
    /// its pattern is searched in packets, in streams
    stages: [bool; 2],
    /// its pattern can only be among the first bytes
    near: bool,
}

impl Filed {
    /// Whether its pattern is searched in such a pass.
    pub(super) const fn is_in(self, pass: Pass) -> bool {
        let [packets, streams] = self.stages;
        match pass {
            Pass::Packets => packets,
            Pass::Streams => streams,
            Pass::Both | Pass::Joined => packets || streams,
        }
    }
}

/// The slot of a key.
pub(super) const fn slot_of(key: u64) -> u32 {
    key as u32
}

/// Fast patterns of one field with one list of transforms.
pub(super) struct FieldFilter {
    pub(super) transforms: Vec<Transform>,
    pub(super) prefilter: Prefilter,
}

/// Bytes of a payload that patterns with a small depth are searched in.
pub(super) const NEAR_BYTES: usize = 64;

/// What a pass over a payload looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// patterns of rules about packets
    Packets,
    /// patterns of rules about streams
    Streams,
    /// both, where no stream is put in order
    Both,
    /// both, where the bytes of the packet are the next ones of the stream
    Joined,
}

/// A rule that a pass over payloads may find.
struct Searched {
    slot: u32,
    filed: Filed,
    /// of its pattern
    place: u32,
}

/// Rules by what finds them.
#[derive(Default)]
pub(super) struct Files {
    headers: Headers,
    filed: Vec<Filed>,
    /// patterns of packets and of streams
    pub(super) payloads: Prefilter,
    searched: Vec<Searched>,
    pub(super) has_stream_patterns: bool,
    field_places: Vec<u16>,
    fields: Vec<Vec<FieldFilter>>,
    always_packet: Vec<u32>,
    pub(super) always_stream: Vec<u32>,
    always_transaction: Vec<(RuleProtocol, u32)>,
    pub(super) addresses: AddressTable,
    /// a rule about transactions looks at the stream as well
    pub(super) keeps_streams: bool,
    /// fields that rules look at and that are made only then; those of rules that are gone as well
    pub(super) wanted: Wanted,
    /// changes when what classes of flows keep is no longer true
    pub(super) version: u32,
}

impl Files {
    /// Empty, in place of others.
    pub(super) fn after(other: &Files) -> Files {
        let mut files = Files { version: other.version.wrapping_add(1), ..Files::default() };
        files.addresses.version = other.addresses.version.wrapping_add(1).max(1);
        files
    }
    pub(super) fn filed(&self, slot: u32) -> Filed {
        self.filed.get(slot as usize).copied().unwrap_or_default()
    }
    pub(super) const fn headers(&self) -> &Headers {
        &self.headers
    }
    /// Puts a rule where it will be found. `place` is that of its action.
    pub(super) fn add(&mut self, rule: &Rule, slot: u32, place: usize) {
        let (memory, priority) = rule.rank();
        let order = (place as u64) << 48 | u64::from(memory) << 40 | u64::from(priority) << 32;
        let before = self.headers.len();
        let header = if rule.stage == Stage::Address { 0 } else { self.headers.number(rule) };
        let stages = [rule.stage == Stage::Packet || rule.also_packets, rule.stage == Stage::Stream];
        let near = is_near(rule);
        let filed = Filed { key: order | u64::from(slot), header, stages, near };
        self.filed.resize(slot as usize + 1, Filed::default());
        if let Some(last) = self.filed.last_mut() {
            *last = filed;
        }
        if rule.stage == Stage::Address {
            self.addresses.add(&rule.source, &rule.destination, slot);
            return;
        }
        for group in &rule.groups {
            if let Target::Fields(ids) = &group.target {
                ids.iter().for_each(|id| self.wanted.add(*id));
            }
        }
        let payload = rule.groups.iter().any(|group| group.target == Target::Payload);
        self.keeps_streams |= rule.stage == Stage::Transaction && payload;
        if self.headers.len() != before || rule.stage != Stage::Transaction {
            self.version = self.version.wrapping_add(1);
        }
        match (rule.stage, fast_of(rule)) {
            (Stage::Transaction, Some((group, pattern))) => self.add_field(group, pattern, slot),
            (Stage::Transaction, None) => self.always_transaction.push((rule.protocol, slot)),
            (_, Some((_, pattern))) => {
                self.has_stream_patterns |= rule.stage == Stage::Stream;
                let place = self.payloads.add(pattern, slot);
                self.searched.extend(place.map(|place| Searched { slot, filed, place }));
            }
            (stage, None) => {
                if stage == Stage::Stream {
                    self.always_stream.push(slot);
                }
                if stage == Stage::Packet || rule.also_packets {
                    self.always_packet.push(slot);
                }
            }
        }
    }
    fn add_field(&mut self, group: &Group, pattern: &[u8], slot: u32) {
        let Target::Fields(ids) = &group.target else { return };
        for id in ids {
            let filters = self.field_mut(*id);
            let place = filters.iter().position(|filter| filter.transforms == group.transforms);
            let place = place.unwrap_or_else(|| {
                filters.push(FieldFilter {
                    transforms: group.transforms.clone(),
                    prefilter: Prefilter::default(),
                });
                filters.len() - 1
            });
            if let Some(filter) = filters.get_mut(place) {
                filter.prefilter.add(pattern, slot);
            }
        }
    }
    fn field_mut(&mut self, id: FieldId) -> &mut Vec<FieldFilter> {
        let at = usize::from(id.0);
        if self.field_places.len() <= at {
            self.field_places.resize(at + 1, 0);
        }
        // Place 0 is for fields that no rule asks for.
        if self.fields.is_empty() {
            self.fields.push(Vec::new());
        }
        if self.field_places[at] == 0 {
            self.field_places[at] = self.fields.len() as u16;
            self.fields.push(Vec::new());
        }
        let place = usize::from(self.field_places[at]);
        &mut self.fields[place]
    }
    /// Fast patterns of a field.
    pub(super) fn field(&self, id: FieldId) -> &[FieldFilter] {
        let place = self.field_places.get(usize::from(id.0)).copied().unwrap_or(0);
        self.fields.get(usize::from(place)).map_or(&[], |filters| filters)
    }
    /// Takes a rule away.
    pub(super) fn remove(&mut self, rule: &Rule, slot: u32) {
        if rule.stage == Stage::Address {
            self.addresses.remove(&rule.source, &rule.destination, slot);
            return;
        }
        match (rule.stage, fast_of(rule)) {
            (Stage::Transaction, Some((group, pattern))) => {
                let Target::Fields(ids) = &group.target else { return };
                for id in ids {
                    let filters = self.field_mut(*id);
                    if let Some(filter) =
                        filters.iter_mut().find(|filter| filter.transforms == group.transforms)
                    {
                        filter.prefilter.remove(pattern, slot);
                    }
                }
            }
            (Stage::Transaction, None) => self.always_transaction.retain(|(_, have)| *have != slot),
            (_, Some((_, pattern))) => {
                self.payloads.remove(pattern, slot);
                self.searched.retain(|have| have.slot != slot);
            }
            (_, None) => {
                self.always_packet.retain(|have| *have != slot);
                self.always_stream.retain(|have| *have != slot);
                self.version = self.version.wrapping_add(1);
            }
        }
    }
    /// What a pass over the payloads of a class looks for, among the first bytes or everywhere.
    pub(super) fn filter<'c>(&self, class: &'c Class, pass: Pass, near: bool) -> &'c Filter {
        class.filter(2 * pass as usize + usize::from(near), || {
            let wanted = |rule: &&Searched| {
                let filed = rule.filed;
                let here = match pass {
                    Pass::Streams => true,
                    Pass::Joined => !filed.near || filed.is_in(Pass::Streams),
                    Pass::Packets | Pass::Both => filed.near == near,
                };
                here && filed.is_in(pass) && class.fits(filed.header)
            };
            let places = self.searched.iter().filter(wanted).map(|rule| rule.place);
            self.payloads.filter_for(places.collect())
        })
    }
    /// Rules about transactions without a fast pattern that may be about a protocol.
    pub(super) fn always_about(&self, protocol: ProtocolId) -> impl Iterator<Item = u32> + '_ {
        let concerned = move |(of, _): &&(RuleProtocol, u32)| match of {
            RuleProtocol::Application(of) => of.covers(protocol),
            _ => true,
        };
        self.always_transaction.iter().filter(concerned).map(|(_, slot)| *slot)
    }
    /// Gives a new class its rules. `rule_of` opens a slot.
    pub(super) fn fill<'r>(&self, class: &mut Class, rule_of: impl Fn(u32) -> Option<&'r Rule>) {
        let quick = |slots: &[u32]| {
            let mut quick = Quick::default();
            for slot in slots.iter().copied().filter(|slot| class.fits(self.filed(*slot).header)) {
                let Some(rule) = rule_of(slot) else { continue };
                let event = |check: &Check| {
                    matches!(check, Check::StreamEvent(_) | Check::FlowEvent(_) | Check::DecodeEvent(_))
                };
                if rule.checks.iter().any(event) {
                    quick.events.push(slot);
                } else if rule.groups.iter().any(|group| group.target == Target::Payload) {
                    quick.payload.push(slot);
                } else {
                    quick.plain.push(slot);
                }
            }
            quick
        };
        (class.packet, class.stream) = (quick(&self.always_packet), quick(&self.always_stream));
    }
}

/// The group and the part of its content that the prefilter searches.
fn fast_of(rule: &Rule) -> Option<(&Group, &[u8])> {
    let (group, step) = rule.fast?;
    let group = rule.groups.get(group)?;
    match group.steps.get(step)? {
        Step::Content(content) => Some((group, pattern_of(content))),
        _ => None,
    }
}

/// Its fast pattern can only be among the first bytes of a payload.
fn is_near(rule: &Rule) -> bool {
    let step = rule.fast.and_then(|(group, step)| rule.groups.get(group)?.steps.get(step));
    let Some(Step::Content(Content {
        offset, depth: Some(Value::Constant(depth)), distance, within, ..
    })) = step
    else {
        return false;
    };
    let first = match offset {
        None => 0,
        Some(Value::Constant(offset)) => *offset,
        Some(Value::Extracted(_)) => return false,
    };
    distance.is_none() && within.is_none() && first.saturating_add(*depth) <= NEAR_BYTES as i64
}

fn pattern_of(content: &Content) -> &[u8] {
    match content.chop {
        Some((offset, length)) => content.pattern.get(offset..offset + length).unwrap_or(&content.pattern),
        None => &content.pattern,
    }
}
