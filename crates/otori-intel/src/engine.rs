//! The life of an indicator: observed, candidate, guarded, active, stale, revoked, vetoed.
//!
//! Key type: [`Intel`]. Every path into `Active` goes through [`Intel::judge`], which asks the guard last.
//! The block decision is taken on the score at the last sighting and holds until the time to live ends; the
//! decayed score is for sorting and for people.
use crate::extract::{Origins, Sighting, normal_value, sightings};
use crate::guard::Guard;
use crate::policy::Policy;
use crate::rules;
use crate::score::{base_score, decayed, is_corroborated, time_to_live_seconds};
use crate::sids::Sids;
use otori_event::{
    Event, EventId, EventKind, Evidence, EvidenceKind, Indicator, IndicatorKind, IndicatorState, Rule,
    RuleChange, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// Pieces of evidence kept per indicator.
const EVIDENCE_MAX: usize = 16;
/// Events kept per piece of evidence.
const EVENTS_MAX: usize = 16;
/// A repeated sighting that changes nothing else is written down this often.
const REFRESH_SECONDS: i64 = 300;
/// A live rule is sent again when its end has moved by this much.
const RULE_EXTENSION_SECONDS: i64 = 3600;

type Key = (IndicatorKind, String);

/// Why a person's order was not followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntelError {
    /// the value is not of its kind
    #[error("{0:?} is no {1:?}")]
    Unreadable(String, IndicatorKind),
    /// nothing known under this name
    #[error("no indicator {0:?} {1}")]
    Unknown(IndicatorKind, String),
    /// half of the table is vetoed
    #[error("{0} indicators are vetoed already; lift some, or raise max_indicators")]
    TooManyVetoes(usize),
}

/// Counters for metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// indicators by state
    pub states: BTreeMap<IndicatorState, usize>,
    /// live rules
    pub rules: usize,
    /// indicators that were pushed out since the start
    pub evicted: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    indicator: Indicator,
    rules: Vec<Rule>,
}

/// Indicators, their evidence and the live rules. See the module.
#[derive(Clone, Debug)]
pub struct Intel {
    policy: Policy,
    guard: Guard,
    origins: Origins,
    table: BTreeMap<Key, Entry>,
    sids: Sids,
    next_expiry: Timestamp,
    evicted: u64,
}

impl Intel {
    /// Nothing known yet.
    pub fn new(policy: Policy) -> Intel {
        Intel {
            guard: Guard::new(&policy),
            policy,
            origins: Origins::new(),
            table: BTreeMap::new(),
            sids: Sids::default(),
            next_expiry: Timestamp(i64::MIN),
            evicted: 0,
        }
    }

    /// Takes back what a former run knew. Each indicator is judged again by today's policy at the next
    /// [`Intel::tick`]; rules whose indicator is gone are dropped silently: the caller starts guards from
    /// [`Intel::rules`].
    pub fn restore(&mut self, indicators: Vec<Indicator>, rules: Vec<Rule>) {
        for indicator in indicators.into_iter().take(self.policy.max_indicators) {
            let from_payload =
                indicator.evidence.iter().filter(|piece| piece.kind == EvidenceKind::PayloadSource);
            if indicator.kind == IndicatorKind::Url {
                let artifacts = from_payload.filter_map(|piece| piece.artifact);
                artifacts.for_each(|artifact| self.origins.fetched_from(artifact, &indicator.value));
            }
            let key = (indicator.kind, indicator.value.clone());
            self.table.insert(key, Entry { indicator, rules: Vec::new() });
        }
        for rule in rules {
            let key = (rule.indicator_kind, rule.indicator.clone());
            if let Some(entry) =
                self.table.get_mut(&key).filter(|e| e.indicator.state == IndicatorState::Active)
            {
                self.sids.take(rule.sid);
                entry.rules.push(rule);
            }
        }
        self.next_expiry = Timestamp(i64::MIN);
    }

    /// What an event changes. Also to be called with events that say nothing: they cost nothing.
    pub fn observe(&mut self, event: &Event) -> Vec<EventKind> {
        if let EventKind::SessionOpened { local, .. } = &event.kind {
            self.guard.learn_own(local.ip);
        }
        let mut out = Vec::new();
        let demo = event.demo || self.is_demo_artifact(&event.kind);
        for sighting in sightings(event, &mut self.origins) {
            self.sight(sighting, event.id, event.at, demo, &mut out);
        }
        out
    }

    /// Ends what is past its time to live. Cheap when nothing is due; call it every second or so.
    pub fn tick(&mut self, now: Timestamp) -> Vec<EventKind> {
        let mut out = Vec::new();
        if now < self.next_expiry {
            return out;
        }
        let keys: Vec<Key> = self.table.keys().cloned().collect();
        for key in keys {
            self.judge(&key, now, Announce::OnChange, &mut out);
        }
        self.next_expiry = self
            .table
            .values()
            .filter_map(|entry| pending_expiry(&entry.indicator))
            .min()
            .unwrap_or(Timestamp(i64::MAX));
        out
    }

    /// All live rules, by signature id.
    pub fn rules(&self) -> Vec<Rule> {
        let mut rules: Vec<Rule> =
            self.table.values().flat_map(|entry| entry.rules.iter().cloned()).collect();
        rules.sort_by_key(|rule| rule.sid);
        rules
    }

    /// One indicator, by its value in any spelling.
    pub fn indicator(&self, kind: IndicatorKind, value: &str) -> Option<&Indicator> {
        self.table.get(&(kind, normal_value(kind, value)?)).map(|entry| &entry.indicator)
    }

    /// Counters.
    pub fn stats(&self) -> Stats {
        let mut states = BTreeMap::new();
        self.table.values().for_each(|entry| *states.entry(entry.indicator.state).or_default() += 1);
        Stats { states, rules: self.sids.len(), evicted: self.evicted }
    }

    /// A person says: never this one. Holds until lifted; what is unknown is remembered as vetoed.
    pub fn veto(
        &mut self,
        kind: IndicatorKind,
        value: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Vec<EventKind>, IntelError> {
        let key = self.key(kind, value)?;
        let vetoed = |entry: &&Entry| entry.indicator.state == IndicatorState::Vetoed;
        let vetoes = self.table.values().filter(vetoed).count();
        if vetoes >= self.policy.max_indicators / 2 {
            return Err(IntelError::TooManyVetoes(vetoes));
        }
        let mut out = Vec::new();
        self.make_room(&key, &mut out);
        let entry = self.table.entry(key.clone()).or_insert_with(|| fresh(&key, now, false));
        entry.indicator.state = IndicatorState::Vetoed;
        entry.indicator.guard_reason = Some(format!("vetoed: {reason}"));
        self.judge(&key, now, Announce::Always, &mut out);
        Ok(out)
    }

    /// Ends a veto or a revocation: the indicator is judged by its evidence again.
    pub fn lift(
        &mut self,
        kind: IndicatorKind,
        value: &str,
        now: Timestamp,
    ) -> Result<Vec<EventKind>, IntelError> {
        self.order(kind, value, now, |indicator| {
            if matches!(indicator.state, IndicatorState::Vetoed | IndicatorState::Revoked) {
                indicator.state = IndicatorState::Observed;
                indicator.guard_reason = None;
            }
        })
    }

    /// Takes a block back, by a person or a false-positive signal, for the rest of its time to live.
    pub fn revoke(
        &mut self,
        kind: IndicatorKind,
        value: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Vec<EventKind>, IntelError> {
        self.order(kind, value, now, |indicator| {
            if indicator.state != IndicatorState::Vetoed {
                indicator.state = IndicatorState::Revoked;
                indicator.guard_reason = Some(format!("revoked: {reason}"));
            }
        })
    }

    /// A person confirms it. The guard still has the last word.
    pub fn confirm(
        &mut self,
        kind: IndicatorKind,
        value: &str,
        id: EventId,
        now: Timestamp,
    ) -> Result<Vec<EventKind>, IntelError> {
        let (kind, value) = self.key(kind, value)?;
        let evidence = EvidenceKind::Person;
        let sighting =
            Sighting { kind, value, evidence, artifact: None, note: "confirmed by a person".into() };
        let mut out = Vec::new();
        self.sight(sighting, id, now, false, &mut out);
        Ok(out)
    }

    /// New lists or thresholds, without a restart: every indicator is judged again.
    pub fn set_policy(&mut self, policy: Policy, now: Timestamp) -> Vec<EventKind> {
        self.guard = Guard::new(&policy);
        self.policy = policy;
        self.next_expiry = Timestamp(i64::MIN);
        self.tick(now)
    }

    fn key(&self, kind: IndicatorKind, value: &str) -> Result<Key, IntelError> {
        let unreadable = || IntelError::Unreadable(value.chars().take(120).collect(), kind);
        normal_value(kind, value).map(|value| (kind, value)).ok_or_else(unreadable)
    }

    fn order(
        &mut self,
        kind: IndicatorKind,
        value: &str,
        now: Timestamp,
        change: impl FnOnce(&mut Indicator),
    ) -> Result<Vec<EventKind>, IntelError> {
        let key = self.key(kind, value)?;
        let entry = self.table.get_mut(&key).ok_or_else(|| IntelError::Unknown(kind, key.1.clone()))?;
        change(&mut entry.indicator);
        let mut out = Vec::new();
        self.judge(&key, now, Announce::Always, &mut out);
        Ok(out)
    }

    /// What the lab says of an artifact that only demonstrations brought is a demonstration too.
    fn is_demo_artifact(&self, event: &EventKind) -> bool {
        let artifact = match event {
            EventKind::Classified { sha256, .. } => sha256,
            EventKind::Detonated { report } => &report.sha256,
            _ => return false,
        };
        let key = (IndicatorKind::Sha256, artifact.to_string());
        self.table.get(&key).is_some_and(|entry| entry.indicator.demo)
    }

    /// Adds one piece of evidence. Real evidence replaces demonstrations; demonstrations never touch real ones.
    fn sight(
        &mut self,
        sighting: Sighting,
        id: EventId,
        at: Timestamp,
        demo: bool,
        out: &mut Vec<EventKind>,
    ) {
        let key = (sighting.kind, sighting.value.clone());
        let is_new = !self.table.contains_key(&key);
        if is_new {
            self.make_room(&key, out);
        }
        let entry = self.table.entry(key.clone()).or_insert_with(|| fresh(&key, at, demo));
        let indicator = &mut entry.indicator;
        if demo && !indicator.demo {
            return;
        }
        let mut changed = is_new;
        let over = indicator.expires_at.is_some_and(|end| end <= at) && !has_person(indicator);
        if (indicator.demo && !demo) || over {
            indicator.evidence.clear();
            indicator.demo = demo;
            indicator.first_seen = at;
            indicator.expires_at = None;
            if matches!(indicator.state, IndicatorState::Stale | IndicatorState::Revoked) {
                indicator.state = IndicatorState::Observed;
                indicator.guard_reason = None;
            }
            changed = true;
        }
        changed |= add_evidence(indicator, &sighting, id, at);
        indicator.last_seen = indicator.last_seen.max(at);
        if let Some(seconds) = time_to_live_seconds(sighting.kind, sighting.evidence) {
            let end = at.plus_seconds(seconds);
            indicator.expires_at = Some(indicator.expires_at.map_or(end, |known| known.max(end)));
        }
        if let Some(end) = pending_expiry(indicator) {
            self.next_expiry = self.next_expiry.min(end);
        }
        let due = indicator.updated_at.plus_seconds(REFRESH_SECONDS) <= at;
        let announce = if changed || due { Announce::Always } else { Announce::OnChange };
        self.judge(&key, at, announce, out);
    }

    /// Gives an indicator its state and its rules. The only way into `Active`.
    fn judge(&mut self, key: &Key, now: Timestamp, announce: Announce, out: &mut Vec<EventKind>) {
        let Some(entry) = self.table.get(key) else { return };
        let (state, guard_reason) = self.verdict(&entry.indicator, now, entry.rules.len());
        let wanted = if state == IndicatorState::Active { rules::drafts(key.0, &key.1) } else { Vec::new() };
        let Some(entry) = self.table.get_mut(key) else { return };
        let indicator = &mut entry.indicator;
        let changed = indicator.state != state || indicator.guard_reason != guard_reason;
        indicator.state = state;
        indicator.guard_reason = guard_reason;
        if changed || announce == Announce::Always {
            indicator.score = decayed(indicator, now);
            indicator.updated_at = now;
            out.push(EventKind::IndicatorChanged { indicator: Box::new(indicator.clone()) });
        }
        sync_rules(entry, &wanted, &mut self.sids, now, out);
    }

    /// The state that evidence, policy and guard give; persons' orders stay.
    fn verdict(
        &self,
        indicator: &Indicator,
        now: Timestamp,
        rules_held: usize,
    ) -> (IndicatorState, Option<String>) {
        let expired = indicator.expires_at.is_some_and(|end| end <= now);
        match indicator.state {
            IndicatorState::Vetoed => return (IndicatorState::Vetoed, indicator.guard_reason.clone()),
            IndicatorState::Revoked if !expired => {
                return (IndicatorState::Revoked, indicator.guard_reason.clone());
            }
            _ if expired => return (IndicatorState::Stale, None),
            _ => {}
        }
        let enough = base_score(&indicator.evidence) >= self.policy.block_score;
        if !enough || !is_corroborated(&indicator.evidence) {
            return (IndicatorState::Observed, None);
        }
        if let Some(reason) = self.guard.forbids(indicator.kind, &indicator.value) {
            return (IndicatorState::Guarded, Some(reason));
        }
        let drafts = rules::drafts(indicator.kind, &indicator.value).len();
        let room = self.sids.len() - rules_held.min(self.sids.len()) + drafts <= self.policy.max_rules;
        let enforced = drafts > 0 && room && (!indicator.demo || self.policy.enforce_demo);
        (if enforced { IndicatorState::Active } else { IndicatorState::Candidate }, None)
    }

    /// Makes room for a new key: the sixteenth of the table with the least to say goes at once.
    fn make_room(&mut self, key: &Key, out: &mut Vec<EventKind>) {
        if self.table.len() < self.policy.max_indicators.max(1) || self.table.contains_key(key) {
            return;
        }
        let value_of = |entry: &Entry| {
            let rank = match entry.indicator.state {
                IndicatorState::Stale => 0,
                IndicatorState::Active | IndicatorState::Revoked => 2,
                _ => 1,
            };
            (rank, (entry.indicator.score * 100.0) as u32, entry.indicator.last_seen)
        };
        let unvetoed = self.table.iter().filter(|(_, entry)| entry.indicator.state != IndicatorState::Vetoed);
        let mut order: Vec<_> = unvetoed.map(|(key, entry)| (value_of(entry), key.clone())).collect();
        order.sort();
        let batch = (self.policy.max_indicators / 16).max(1);
        for (_, key) in order.into_iter().take(batch) {
            if let Some(mut entry) = self.table.remove(&key) {
                self.evicted += 1;
                entry.indicator.state = IndicatorState::Stale;
                entry.indicator.guard_reason = Some("no room: max_indicators is reached".into());
                if !entry.rules.is_empty() {
                    let indicator = Box::new(entry.indicator.clone());
                    out.push(EventKind::IndicatorChanged { indicator });
                }
                remove_rules(&mut entry, &mut self.sids, |_| true, out);
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Announce {
    Always,
    OnChange,
}

fn fresh(key: &Key, at: Timestamp, demo: bool) -> Entry {
    let indicator = Indicator {
        kind: key.0,
        value: key.1.clone(),
        state: IndicatorState::Observed,
        score: 0.0,
        first_seen: at,
        last_seen: at,
        updated_at: at,
        expires_at: None,
        evidence: Vec::new(),
        guard_reason: None,
        demo,
    };
    Entry { indicator, rules: Vec::new() }
}

fn has_person(indicator: &Indicator) -> bool {
    indicator.evidence.iter().any(|piece| piece.kind == EvidenceKind::Person)
}

/// When this indicator will change by time alone.
fn pending_expiry(indicator: &Indicator) -> Option<Timestamp> {
    let waits = !matches!(indicator.state, IndicatorState::Stale | IndicatorState::Vetoed);
    indicator.expires_at.filter(|_| waits)
}

/// Adds to the piece of the same kind and artifact, or begins one. True if a piece began.
fn add_evidence(indicator: &mut Indicator, sighting: &Sighting, id: EventId, at: Timestamp) -> bool {
    let same_kind = |piece: &&mut Evidence| piece.kind == sighting.evidence;
    let exact = |piece: &Evidence| piece.kind == sighting.evidence && piece.artifact == sighting.artifact;
    let full = indicator.evidence.len() >= EVIDENCE_MAX;
    let position = indicator.evidence.iter().position(exact);
    let piece = match position {
        Some(at) => indicator.evidence.get_mut(at),
        // A full list still takes the event into a piece of its kind; there are fewer kinds than places.
        None if full => indicator.evidence.iter_mut().find(same_kind),
        None => None,
    };
    if let Some(piece) = piece {
        if piece.events.len() < EVENTS_MAX && !piece.events.contains(&id) {
            piece.events.push(id);
        }
        return false;
    }
    if full {
        // Only repeated kinds can have filled it: the last repeated piece gives its place to the new kind.
        let mut seen = BTreeSet::new();
        if let Some(at) = indicator.evidence.iter().rposition(|piece| !seen.insert(piece.kind)) {
            indicator.evidence.remove(at);
        }
    }
    indicator.evidence.push(Evidence {
        kind: sighting.evidence,
        events: vec![id],
        artifact: sighting.artifact,
        at,
        note: sighting.note.clone(),
    });
    true
}

/// Brings the live rules of an indicator to what is wanted, keeping numbers.
fn sync_rules(
    entry: &mut Entry,
    wanted: &[rules::Draft],
    sids: &mut Sids,
    now: Timestamp,
    out: &mut Vec<EventKind>,
) {
    let is_wanted = |rule: &Rule| wanted.iter().any(|draft| draft.render(rule.sid) == rule.text);
    remove_rules(entry, sids, |rule| !is_wanted(rule), out);
    let expires_at = entry.indicator.expires_at;
    for draft in wanted {
        if let Some(rule) = entry.rules.iter_mut().find(|rule| draft.render(rule.sid) == rule.text) {
            let moved = match (rule.expires_at, expires_at) {
                (Some(old), Some(new)) => new.since_ns(old) >= RULE_EXTENSION_SECONDS * 1_000_000_000,
                (old, new) => old != new,
            };
            if moved {
                rule.expires_at = expires_at;
                out.push(EventKind::RuleChanged { change: RuleChange::Add { rule: rule.clone() } });
            }
            continue;
        }
        let Some(sid) = sids.allocate(&draft.render(0)) else { continue };
        let rule = Rule {
            sid,
            text: draft.render(sid),
            indicator_kind: entry.indicator.kind,
            indicator: entry.indicator.value.clone(),
            expires_at,
            made_at: now,
        };
        entry.rules.push(rule.clone());
        out.push(EventKind::RuleChanged { change: RuleChange::Add { rule } });
    }
}

fn remove_rules(entry: &mut Entry, sids: &mut Sids, gone: impl Fn(&Rule) -> bool, out: &mut Vec<EventKind>) {
    let reason = match (entry.indicator.state, &entry.indicator.guard_reason) {
        (_, Some(reason)) => reason.clone(),
        (IndicatorState::Stale, None) => "its time to live is over".into(),
        _ => "its evidence no longer suffices".into(),
    };
    entry.rules.retain(|rule| {
        let remove = gone(rule);
        if remove {
            sids.release(rule.sid);
            let change = RuleChange::Remove { sid: rule.sid, reason: reason.clone() };
            out.push(EventKind::RuleChanged { change });
        }
        !remove
    });
}
