//! The live rules: loaded from files, changed at any time, asked for every packet.
//!
//! Key types: [`RuleSet`], [`View`] (what is known of the packet), [`Hit`]. Neighbours: [`crate::prefilter`] finds
//! candidates, [`crate::step`] decides.
mod inspect;
mod listed;

pub use inspect::{Ask, Scratch};
pub use listed::LIST_GENERATOR;

#[cfg(test)]
mod tests;

use crate::{
    limits::RULES,
    list::Lists,
    parse::{RuleError, Variables, parse_rule, rule_lines, sid_of},
    prefilter::{AddressTable, Prefilter},
    rule::{Action, Group, Rule, RuleProtocol, Stage, Target},
    state::Tables,
    step::{Content, Step},
    transform::Transform,
};
use core::cmp::Ordering;
use otori_event::{Endpoint, Timestamp};
use otori_wire::{Direction, FieldId, Packet, proto::ProtocolId};
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

/// What is known of the packet that is looked at.
pub struct View<'a, 'p> {
    /// the packet
    pub packet: &'a Packet<'p>,
    /// who sent it
    pub source: Endpoint,
    /// to whom
    pub destination: Endpoint,
    /// IP protocol
    pub protocol: u8,
    /// its way in the flow; `None` without a flow
    pub direction: Option<Direction>,
    /// the flow is established
    pub established: bool,
    /// the stream is put in order, so that stream rules need not look at single packets
    pub streamed: bool,
    /// application protocol of the flow
    pub application: Option<ProtocolId>,
    /// its name; `failed` when recognition ended without a result, `None` while it goes on
    pub application_name: Option<&'static str>,
    /// the first packet of its flow
    pub first: bool,
    /// events of the stream and of the engine that this packet caused
    pub events: &'a [&'static str],
    /// bytes are looked at once more: the payload was part of the stream
    pub fragmented: bool,
    /// number of the flow
    pub flow_number: u64,
    /// packets of the flow per direction
    pub flow_packets: [u64; 2],
    /// bytes of the flow per direction
    pub flow_bytes: [u64; 2],
    /// stream bytes per direction
    pub stream_bytes: [u64; 2],
    /// first packet of the flow
    pub flow_started_at: Timestamp,
}

impl View<'_, '_> {
    /// The same view once more.
    pub const fn again(&self) -> View<'_, '_> {
        View { ..*self }
    }
}

/// A rule has matched.
#[derive(Clone, Debug)]
pub struct Hit {
    /// which
    pub rule: Arc<Rule>,
    /// transaction, if it matched one
    pub transaction: Option<u64>,
    /// it matched the stream, not the packet alone
    pub in_stream: bool,
    /// order in which hits of one packet act
    pub slot: u32,
}

/// What became of a file of rules.
#[derive(Debug, Default)]
pub struct LoadReport {
    /// rules taken
    pub loaded: usize,
    /// rules refused, with place and reason
    pub refused: Vec<RuleError>,
}

/// Actions in the order in which they act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionOrder(pub [Action; 4]);

impl Default for ActionOrder {
    fn default() -> Self {
        ActionOrder([Action::Pass, Action::Drop, Action::Reject, Action::Alert])
    }
}

/// Fast patterns of one field with one list of transforms.
struct FieldFilter {
    transforms: Vec<Transform>,
    prefilter: Prefilter,
}

/// The live rules.
#[derive(Default)]
pub struct RuleSet {
    variables: Variables,
    tables: Tables,
    /// actions in the order in which they act
    order: ActionOrder,
    slots: Vec<Option<Arc<Rule>>>,
    by_sid: HashMap<(u32, u32), u32>,
    /// further rules of one sid and revision: a list that is spread over several lines
    more: HashMap<(u32, u32), Vec<u32>>,
    packets: Prefilter,
    streams: Prefilter,
    fields: HashMap<FieldId, Vec<FieldFilter>>,
    always_packet: Vec<u32>,
    always_stream: Vec<u32>,
    always_transaction: Vec<u32>,
    addresses: AddressTable,
    /// a rule about transactions looks at the stream as well
    keeps_streams: bool,
    lists: Lists,
}

impl RuleSet {
    /// No rules; headers use these variables.
    pub fn new(variables: Variables) -> Self {
        RuleSet { variables, ..RuleSet::default() }
    }
    /// What rules share while they are read: how files are got, features.
    pub const fn tables(&mut self) -> &mut Tables {
        &mut self.tables
    }
    /// Variables of headers.
    pub const fn variables(&self) -> &Variables {
        &self.variables
    }
    /// Actions act in that order.
    pub const fn set_order(&mut self, order: ActionOrder) {
        self.order = order;
    }
    /// Where an action stands in the order.
    pub fn place_of(&self, action: Action) -> usize {
        self.order.0.iter().position(|have| *have == action).unwrap_or(self.order.0.len())
    }
    /// Rules in it.
    pub fn len(&self) -> usize {
        self.by_sid.len() + self.more.values().map(Vec::len).sum::<usize>()
    }
    /// None in it.
    pub fn is_empty(&self) -> bool {
        self.by_sid.is_empty()
    }
    /// The sids in it, of generator 1.
    pub fn sids(&self) -> impl Iterator<Item = u32> + '_ {
        self.by_sid.keys().filter(|(gid, _)| *gid == 1).map(|(_, sid)| *sid)
    }
    /// Takes the rules of a file's text. `file` is its name in errors.
    pub fn load(&mut self, file: &str, text: &str) -> LoadReport {
        let mut report = LoadReport::default();
        for (line, column, text) in rule_lines(text) {
            let refused = |at: usize, reason: String| RuleError {
                file: file.into(),
                line,
                column: column + at,
                reason,
                sid: sid_of(&text),
            };
            match parse_rule(&text, &self.variables, &mut self.tables) {
                Ok(rule) => match self.take(rule) {
                    Ok(()) => report.loaded += 1,
                    Err(reason) => report.refused.push(refused(0, reason)),
                },
                Err(fault) => report.refused.push(refused(fault.at, fault.reason)),
            }
        }
        self.settle();
        report
    }
    /// Of several revisions of a sid the newest counts. Rules of one revision that differ are all kept: feeds write
    /// one sid on every line of a list.
    fn take(&mut self, rule: Rule) -> Result<(), String> {
        let key = (rule.gid, rule.sid);
        let have = self.by_sid.get(&key).and_then(|slot| self.rule(*slot));
        match have.map(|have| rule.revision.cmp(&have.revision)) {
            None | Some(Ordering::Greater) => self.insert(rule),
            Some(Ordering::Less) => Err(format!("a newer revision of sid {} is there already", rule.sid)),
            Some(Ordering::Equal) if self.same_key(key).any(|slot| self.is_text(slot, &rule.text)) => {
                Err(format!("sid {} is there already", rule.sid))
            }
            Some(Ordering::Equal) => {
                let slot = self.place(rule)?;
                self.more.entry(key).or_default().push(slot);
                Ok(())
            }
        }
    }
    fn same_key(&self, key: (u32, u32)) -> impl Iterator<Item = u32> + '_ {
        self.by_sid.get(&key).copied().into_iter().chain(self.more.get(&key).into_iter().flatten().copied())
    }
    fn is_text(&self, slot: u32, text: &str) -> bool {
        self.rule(slot).is_some_and(|rule| rule.text == text)
    }
    /// Adds one rule now, in place of the one with its sid; without a pause. The error says what is wrong.
    pub fn add(&mut self, text: &str, made_at: Option<Timestamp>) -> Result<u32, RuleError> {
        let refused = |at: usize, reason: String| RuleError {
            file: "live".into(),
            line: 1,
            column: at + 1,
            reason,
            sid: sid_of(text),
        };
        let parsed = parse_rule(text.trim(), &self.variables, &mut self.tables);
        let mut rule = parsed.map_err(|fault| refused(fault.at, fault.reason))?;
        rule.made_at = made_at;
        let sid = rule.sid;
        self.insert(rule).map_err(|reason| refused(0, reason))?;
        self.settle_live();
        Ok(sid)
    }
    /// Whether the rule of that sid is there with just this text.
    pub fn has(&self, sid: u32, text: &str) -> bool {
        let rule = self.by_sid.get(&(1, sid)).and_then(|slot| self.rule(*slot));
        rule.is_some_and(|rule| rule.text == text.trim())
    }
    /// Takes a rule out; whether it was there.
    pub fn remove(&mut self, sid: u32) -> bool {
        self.remove_key((1, sid))
    }
    fn remove_key(&mut self, key: (u32, u32)) -> bool {
        for slot in self.more.remove(&key).unwrap_or_default() {
            self.clear(slot);
        }
        self.by_sid.remove(&key).is_some_and(|slot| self.clear(slot))
    }
    fn clear(&mut self, slot: u32) -> bool {
        let Some(rule) = self.slots.get_mut(slot as usize).and_then(Option::take) else { return false };
        match rule.stage {
            Stage::Address => self.addresses.remove(&rule.source, &rule.destination, slot),
            _ if rule.fast.is_some() => {}
            Stage::Packet => self.always_packet.retain(|have| *have != slot),
            Stage::Stream => self.always_stream.retain(|have| *have != slot),
            Stage::Transaction => self.always_transaction.retain(|have| *have != slot),
        }
        true
    }
    /// The rule of that slot, if it is still there.
    pub(crate) fn rule(&self, slot: u32) -> Option<&Arc<Rule>> {
        self.slots.get(slot as usize)?.as_ref()
    }

    /// Adds a rule in place of those with its sid.
    fn insert(&mut self, rule: Rule) -> Result<(), String> {
        let key = (rule.gid, rule.sid);
        self.remove_key(key);
        let slot = self.place(rule)?;
        self.by_sid.insert(key, slot);
        Ok(())
    }
    fn place(&mut self, rule: Rule) -> Result<u32, String> {
        if self.slots.len() >= RULES {
            self.compact();
        }
        if self.slots.len() >= RULES {
            return Err(format!("more than {RULES} rules"));
        }
        let slot = self.slots.len() as u32;
        self.file_away(&rule, slot);
        self.slots.push(Some(Arc::new(rule)));
        Ok(slot)
    }
    /// Puts a rule where it will be found.
    fn file_away(&mut self, rule: &Rule, slot: u32) {
        if rule.stage == Stage::Address {
            self.addresses.add(&rule.source, &rule.destination, slot);
            return;
        }
        let payload = rule.groups.iter().any(|group| group.target == Target::Payload);
        self.keeps_streams |= rule.stage == Stage::Transaction && payload;
        let fast = rule.fast.and_then(|(group, step)| {
            let group = rule.groups.get(group)?;
            match group.steps.get(step)? {
                Step::Content(content) => Some((group, pattern_of(content))),
                _ => None,
            }
        });
        match (rule.stage, fast) {
            (Stage::Packet, Some((_, pattern))) => self.packets.add(pattern, slot),
            (Stage::Packet, None) => self.always_packet.push(slot),
            (Stage::Stream, Some((_, pattern))) => {
                self.streams.add(pattern, slot);
                if rule.also_packets {
                    self.packets.add(pattern, slot);
                }
            }
            (Stage::Stream, None) => {
                self.always_stream.push(slot);
                if rule.also_packets {
                    self.always_packet.push(slot);
                }
            }
            (Stage::Transaction, Some((group, pattern))) => self.file_field(group, pattern, slot),
            (Stage::Transaction, None) => self.always_transaction.push(slot),
            (Stage::Address, _) => {}
        }
    }
    fn file_field(&mut self, group: &Group, pattern: &[u8], slot: u32) {
        let Target::Fields(ids) = &group.target else { return };
        for id in ids {
            let filters = self.fields.entry(*id).or_default();
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
    fn prefilters(&mut self) -> (impl Iterator<Item = &mut Prefilter>, &[Option<Arc<Rule>>]) {
        let fields = self.fields.values_mut().flatten().map(|filter| &mut filter.prefilter);
        ([&mut self.packets, &mut self.streams].into_iter().chain(fields), &self.slots)
    }
    fn settle(&mut self) {
        let (prefilters, slots) = self.prefilters();
        let alive = |slot: u32| matches!(slots.get(slot as usize), Some(Some(_)));
        prefilters.for_each(|prefilter| prefilter.settle(&alive));
    }
    fn settle_live(&mut self) {
        let (prefilters, slots) = self.prefilters();
        let alive = |slot: u32| matches!(slots.get(slot as usize), Some(Some(_)));
        prefilters.for_each(|prefilter| prefilter.settle_live(&alive));
    }
    /// Gives slots of removed rules back, by filing everything anew. Happens once in a million changes.
    fn compact(&mut self) {
        let rules: Vec<Arc<Rule>> = core::mem::take(&mut self.slots).into_iter().flatten().collect();
        let variables = core::mem::take(&mut self.variables);
        let tables = core::mem::take(&mut self.tables);
        let order = self.order;
        let version = self.addresses.version;
        *self = RuleSet { variables, tables, order, ..RuleSet::default() };
        self.addresses.version = version.wrapping_add(1).max(1);
        for rule in rules {
            let slot = self.slots.len() as u32;
            self.file_away(&rule, slot);
            let key = (rule.gid, rule.sid);
            match self.by_sid.entry(key) {
                Entry::Vacant(place) => _ = place.insert(slot),
                Entry::Occupied(_) => self.more.entry(key).or_default().push(slot),
            }
            self.slots.push(Some(rule));
        }
        self.settle();
    }
    /// Protocols that a rule without a fast pattern may be about.
    fn may_concern(rule: &Rule, protocol: ProtocolId) -> bool {
        match rule.protocol {
            RuleProtocol::Application(of) => of.covers(protocol),
            _ => true,
        }
    }
}

fn pattern_of(content: &Content) -> &[u8] {
    match content.chop {
        Some((offset, length)) => content.pattern.get(offset..offset + length).unwrap_or(&content.pattern),
        None => &content.pattern,
    }
}
