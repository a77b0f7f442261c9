//! What matched on one packet becomes alerts, a decision and a verdict.
//!
//! Key type: [`Found`]. All hits of a packet act in one order: action, then bits, then priority; a `pass` ends the list.
use super::{
    Decision, Mode,
    flow::{Case, Fate, FlowExtra, Work},
    policing::POLICY_GENERATOR,
    stats,
};
use crate::eve::{self, Alert, Place};
use otori_rule::{
    Action, Hit, Scope,
    rule::{RuleProtocol, Stage, TagScope},
    set::{LIST_GENERATOR, View},
    state::{Rate, Remembered},
};
use otori_wire::{Conversation, Direction, Transaction, decode::protocol, proto::ProtocolId};

/// A hit, and the direction in which it was found.
pub(super) struct Found {
    pub(super) hit: Hit,
    pub(super) direction: Direction,
}

/// What the hits of one packet come to.
struct Outcome {
    decision: Decision,
    /// index of the hit that decided, and why in EVE's words
    decided: Option<(usize, &'static str)>,
    /// the whole flow meets that fate
    whole_flow: bool,
    passed: bool,
    pass_flow: bool,
    bypass: bool,
    /// beside the way a rule would have dropped the flow: nothing more is asked about it
    condemned: bool,
    /// indices of hits to be told, and whether they block
    told: Vec<(usize, bool)>,
}

impl Work<'_> {
    fn order(&self, found: &mut [Found]) {
        let key = |one: &Found| {
            let hit = &one.hit;
            (self.rules.place_of(hit.rule.action), hit.rule.rank(), hit.slot, hit.transaction)
        };
        found.sort_by_key(key);
    }

    fn judge<'v>(
        &mut self,
        found: &[Found],
        view: &mut dyn FnMut(Direction) -> View<'v, 'v>,
        alone: bool,
    ) -> Outcome {
        let mut outcome = Outcome {
            decision: Decision::Pass,
            decided: None,
            whole_flow: false,
            passed: false,
            pass_flow: false,
            bypass: false,
            condemned: false,
            told: Vec::new(),
        };
        let mut last = None;
        for (place, Found { hit, direction }) in found.iter().enumerate() {
            // Once as a packet and once as a part of the stream is one match.
            let way = hit.rule.each_way.then_some(*direction);
            let same = Some((hit.slot, hit.transaction, way));
            if core::mem::replace(&mut last, same) == same {
                continue;
            }
            let rate = self.state.globals.rate(&hit.rule, &view(*direction));
            let (action, reason) = match rate {
                Rate::Ignore => continue,
                Rate::Instead(action) => (action, "threshold detection_filter"),
                Rate::Alert | Rate::Silent => (hit.rule.action, "rules"),
            };
            let blocks = eve::blocks(action, self.settings.mode);
            // A question of DNS stands for itself: the next one on the same flow may be a good one.
            let asks = view(*direction).application == Some(ProtocolId::Dns)
                && view(*direction).protocol == protocol::UDP
                && matches!(hit.rule.gid, LIST_GENERATOR | POLICY_GENERATOR)
                && hit.rule.stage != Stage::Address;
            let flow = !alone && !asks && hit.rule.scope(hit.in_stream) == Scope::Flow;
            outcome.bypass |= hit.rule.bypass;
            let beside = self.settings.mode != Mode::Inline;
            outcome.condemned |= beside && flow && matches!(action, Action::Drop | Action::Reject);
            if blocks && self.settings.mode == Mode::Inline {
                let sinkholes = hit.rule.sinkhole && asks && self.settings.sinkhole.is_some();
                let decision = match action {
                    Action::Reject if sinkholes => Decision::Sinkhole,
                    Action::Reject => Decision::Reject,
                    _ => Decision::Drop,
                };
                outcome.decision = outcome.decision.max(decision);
                outcome.decided = outcome.decided.or(Some((place, reason)));
                outcome.whole_flow |= flow;
            }
            let passes = action == Action::Pass;
            let loud = rate != Rate::Silent && !hit.rule.silent && (!passes || hit.rule.outspoken);
            if loud && outcome.told.len() < self.settings.alerts_per_packet {
                outcome.told.push((place, blocks));
            } else if loud {
                self.state.stats.bump(stats::DETECT, "alert_queue_overflow");
            }
            if passes {
                outcome.passed = outcome.decision == Decision::Pass;
                outcome.pass_flow = outcome.passed && flow;
                break;
            }
        }
        outcome
    }

    /// Takes the consequences of everything that matched on this packet, and of what devices conclude from it.
    pub(super) fn settle(
        &mut self,
        case: &mut Case<'_, '_>,
        direction: Direction,
        conversation: &Conversation,
        extra: &mut FlowExtra,
    ) -> Decision {
        if case.found.is_empty() && self.state.late.is_empty() {
            return Decision::Pass;
        }
        let decision = self.settle_found(case, direction, conversation, extra);
        case.found.append(&mut self.state.late);
        decision.max(self.settle_found(case, direction, conversation, extra))
    }
    /// The transaction that an alert tells of, and whether it is only taken to be that one.
    fn told_with<'t>(
        &self,
        case: &Case<'_, '_>,
        hit: &Hit,
        conversation: &'t Conversation,
    ) -> (Option<&'t Transaction>, bool) {
        let mut open = conversation.open_transactions().iter();
        if let Some(id) = hit.transaction {
            return (open.find(|transaction| transaction.id == id), false);
        }
        // A datagram is one message: what a rule says of the packet is about that.
        let about = matches!(hit.rule.protocol, RuleProtocol::Application(_));
        if about && case.facts.protocol == protocol::UDP {
            return (open.last(), false);
        }
        let only = open.next().filter(|_| self.settings.guess_transaction && open.next().is_none());
        (only, only.is_some())
    }
    fn settle_found(
        &mut self,
        case: &mut Case<'_, '_>,
        direction: Direction,
        conversation: &Conversation,
        extra: &mut FlowExtra,
    ) -> Decision {
        if case.found.is_empty() {
            return Decision::Pass;
        }
        let mut found = core::mem::take(&mut case.found);
        self.order(&mut found);
        let case = &*case;
        for quiet in found.iter().filter_map(|one| one.hit.rule.quiet) {
            extra.silenced.note(quiet);
        }
        let device = extra.ends.label();
        let outcome = self.judge(&found, &mut |way| case.view(way, conversation), false);
        for (place, blocked) in &outcome.told {
            let Some(Found { hit, direction }) = found.get(*place) else { continue };
            extra.alerted = true;
            self.state.stats.alerts += 1;
            let (transaction, guessed) = self.told_with(case, hit, conversation);
            let line = self.place(&case.facts, *direction, case.packet, conversation);
            let alert = Alert {
                hit,
                blocked: *blocked,
                verdict: verdict_name(&outcome),
                flow: Some(&case.facts),
                way: *direction,
                transaction,
                guessed,
                stream: extra.marks.tail(*direction),
                detail: self.settings.detail,
                memory: self.rules.remembered(&extra.marks),
                device: device.as_deref(),
            };
            self.state.eve.alert(&line, &alert);
            self.give_verdict(&case.facts, *direction, conversation, hit, transaction);
            for tag in &hit.rule.tags {
                let (source, destination) = case.facts.ends(*direction);
                match tag.scope {
                    TagScope::Flow => extra.tagged.add(*tag, case.packet),
                    TagScope::Source => self.state.tagged.add(source.ip, *tag, case.packet),
                    TagScope::Destination => self.state.tagged.add(destination.ip, *tag, case.packet),
                }
            }
            self.watch_alert(case, *direction, conversation, extra, &hit.rule);
        }
        extra.condemned |= outcome.condemned;
        extra.passed |= outcome.pass_flow || outcome.bypass || outcome.condemned;
        let Some((place, reason)) = outcome.decided else { return Decision::Pass };
        let Some(Found { hit, .. }) = found.get(place) else { return outcome.decision };
        if outcome.whole_flow && extra.fate.is_none() {
            let id = hit.transaction;
            let transaction = id.and_then(|id| conversation.open_transactions().iter().find(|t| t.id == id));
            extra.fate = Some(Box::new(Fate {
                decision: outcome.decision,
                rule: Some(hit.rule.clone()),
                repeated: 0,
                subject: transaction.and_then(super::verdict::subject),
            }));
        }
        let line = self.place(&case.facts, direction, case.packet, conversation);
        self.state.drop(&line, Some(&hit.rule), reason);
        outcome.decision
    }

    /// The same for a packet without a flow.
    pub(super) fn settle_lone(
        &mut self,
        view: &View<'_, '_>,
        line: &Place<'_, '_>,
        hits: Vec<Hit>,
    ) -> Decision {
        if hits.is_empty() {
            return Decision::Pass;
        }
        let mut found: Vec<Found> =
            hits.into_iter().map(|hit| Found { hit, direction: Direction::ToServer }).collect();
        self.order(&mut found);
        let outcome = self.judge(&found, &mut |_| view.again(), true);
        for (place, blocked) in &outcome.told {
            let Some(Found { hit, .. }) = found.get(*place) else { continue };
            self.state.stats.alerts += 1;
            let alert = Alert {
                hit,
                blocked: *blocked,
                verdict: verdict_name(&outcome),
                flow: None,
                way: Direction::ToServer,
                transaction: None,
                guessed: false,
                stream: std::borrow::Cow::Borrowed(&[]),
                detail: self.settings.detail,
                memory: Remembered::default(),
                device: None,
            };
            self.state.eve.alert(line, &alert);
        }
        if let Some((place, reason)) = outcome.decided {
            self.state.drop(line, found.get(place).map(|one| &*one.hit.rule), reason);
        }
        outcome.decision
    }
}

fn verdict_name(outcome: &Outcome) -> &'static str {
    match (outcome.decision, outcome.passed) {
        (Decision::Pass, true) => "pass",
        (Decision::Pass, false) => "alert",
        _ => "drop",
    }
}
