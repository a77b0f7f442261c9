//! The live rules: loaded from files, changed at any time, asked for every packet.
//!
//! Key types: [`RuleSet`], [`View`] (what is known of the packet), [`Hit`]. Neighbours: [`crate::prefilter`] finds
//! candidates, [`crate::step`] decides.
mod decide;
mod filing;
mod inspect;
mod listed;

pub use inspect::{Ask, Scratch};
pub use listed::LIST_GENERATOR;

#[cfg(test)]
mod tests;

use crate::{
    limits::RULES,
    list::Lists,
    parse::{Fault, RuleError, Variables, parse_rule, sid_of, unmet_of},
    rule::{Action, Rule},
    selection::{Selected, Selection, Tally},
    state::Tables,
};
use core::cmp::Ordering;
use filing::Files;
use otori_event::{Endpoint, Timestamp};
use otori_wire::{
    Direction, Packet,
    proto::{ProtocolId, dear::Wanted},
};
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
    /// the payload is what comes next in the stream, which is asked about with the same packet
    pub continues: bool,
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
    /// directions that carry very many bytes
    pub elephant: [bool; 2],
    /// the transaction that is looked at
    pub transaction: Option<u64>,
    /// stream bytes per direction
    pub stream_bytes: [u64; 2],
    /// first packet of the flow
    pub flow_started_at: Timestamp,
}

impl<'a, 'p> View<'a, 'p> {
    /// A packet without a flow, between those, of an IP protocol.
    pub fn lone(
        packet: &'a Packet<'p>,
        source: Endpoint,
        destination: Endpoint,
        protocol: u8,
    ) -> View<'a, 'p> {
        View {
            packet,
            source,
            destination,
            protocol,
            direction: None,
            established: false,
            streamed: false,
            continues: false,
            application: None,
            application_name: None,
            first: false,
            events: &[],
            fragmented: false,
            flow_number: 0,
            flow_packets: [0; 2],
            flow_bytes: [0; 2],
            elephant: [false; 2],
            transaction: None,
            stream_bytes: [0; 2],
            flow_started_at: packet.at,
        }
    }
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
    /// rules that are not meant for this engine, as their `requires` says
    pub skipped: Vec<RuleError>,
    /// what a selection did to them
    pub tally: Tally,
}

/// Actions in the order in which they act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionOrder(pub [Action; 4]);

impl Default for ActionOrder {
    fn default() -> Self {
        ActionOrder([Action::Pass, Action::Drop, Action::Reject, Action::Alert])
    }
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
    files: Files,
    lists: Lists,
    /// rules that came or went
    changes: u64,
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
    /// What rules have remembered with a flow, by name.
    pub fn remembered(&self, marks: &crate::FlowMarks) -> crate::state::Remembered {
        self.tables.names.remembered(marks)
    }
    /// Variables of headers.
    pub const fn variables(&self) -> &Variables {
        &self.variables
    }
    /// Actions act in that order.
    pub fn set_order(&mut self, order: ActionOrder) {
        self.order = order;
        self.refile();
    }
    /// Where an action stands in the order.
    pub fn place_of(&self, action: Action) -> usize {
        self.order.0.iter().position(|have| *have == action).unwrap_or(self.order.0.len())
    }
    /// How many rules have come or gone so far: who remembers it knows whether to ask again.
    pub const fn changes(&self) -> u64 {
        self.changes
    }
    /// Fields that rules look at, or lists if there are any, and that are made only then.
    pub fn wanted(&self) -> Wanted {
        let mut wanted = self.files.wanted;
        if !self.lists.is_empty() {
            listed::fields().for_each(|id| wanted.add(id));
        }
        wanted
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
        self.load_selected(file, text, &Selection::default())
    }
    /// Takes the rules of a file's text that are selected, as they are selected.
    pub fn load_selected(&mut self, file: &str, text: &str, selection: &Selection) -> LoadReport {
        let mut report = LoadReport::default();
        let mut tally = Tally::default();
        for Selected { line, column, text } in selection.rules(file, text, &mut tally) {
            let told = |at: usize, reason: String| RuleError {
                file: file.into(),
                line,
                column: column + at,
                reason,
                sid: sid_of(&text),
            };
            // Asked first: such a rule may have words that are not known here.
            if let Some(reason) = unmet_of(&text, &self.tables.features) {
                report.skipped.push(told(0, reason));
                continue;
            }
            match self.parse_and_take(&text) {
                Ok(()) => report.loaded += 1,
                Err(fault) => report.refused.push(told(fault.at, fault.reason)),
            }
        }
        report.tally = tally;
        report
    }
    fn parse_and_take(&mut self, text: &str) -> Result<(), Fault> {
        let rule = parse_rule(text, &self.variables, &mut self.tables)?;
        self.take(rule).map_err(|reason| Fault { at: 0, reason })
    }
    /// Puts the rules of these texts in place of all that have that generator and sid; without a pause. What cannot be
    /// taken is told.
    pub fn replace(&mut self, key: (u32, u32), file: &str, rules: &[Selected]) -> Vec<RuleError> {
        self.remove_key(key);
        let mut refused = Vec::new();
        for Selected { line, column, text } in rules {
            if let Err(Fault { at, reason }) = self.parse_and_take(text) {
                let sid = Some(key.1);
                refused.push(RuleError { file: file.into(), line: *line, column: column + at, reason, sid });
            }
        }
        refused
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
        self.files.remove(&rule, slot);
        self.changes += 1;
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
            self.refile();
        }
        if self.slots.len() >= RULES {
            return Err(format!("more than {RULES} rules"));
        }
        let slot = self.slots.len() as u32;
        self.files.add(&rule, slot, self.place_of(rule.action));
        self.slots.push(Some(Arc::new(rule)));
        self.changes += 1;
        Ok(slot)
    }
    /// Files everything anew, which gives slots of removed rules back. Happens once in a million changes.
    fn refile(&mut self) {
        let rules: Vec<Arc<Rule>> = core::mem::take(&mut self.slots).into_iter().flatten().collect();
        self.by_sid.clear();
        self.more.clear();
        self.files = Files::after(&self.files);
        for rule in rules {
            let slot = self.slots.len() as u32;
            self.files.add(&rule, slot, self.place_of(rule.action));
            let key = (rule.gid, rule.sid);
            match self.by_sid.entry(key) {
                Entry::Vacant(place) => _ = place.insert(slot),
                Entry::Occupied(_) => self.more.entry(key).or_default().push(slot),
            }
            self.slots.push(Some(rule));
        }
    }
}
