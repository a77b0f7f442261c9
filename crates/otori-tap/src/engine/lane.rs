//! The way of packets whose flows one thread has: defragmenting, tunnels, the table of flows.
//!
//! Key type: [`Lane`]. An engine has one, workers have one each; the rules are lent to it.
use super::{
    Carrier, Decision, Settings, WorkState, expected,
    flow::{FlowExtra, Work},
    stats::Stats,
    tagged,
};
use crate::eve::Eve;
use otori_event::Timestamp;
use otori_rule::{Globals, RuleSet, set::Scratch};
use otori_wire::{
    Defragmenter, Flow, FlowTable, LinkType, Packet, decode, decode_inner, limits::TUNNEL_DEPTH, proto::http,
};
use std::sync::Arc;

/// A packet that is older than the newest by more means that the clock was set back, or that a capture was put together of
/// several: time goes on from there. Otherwise every flow would look idle.
const TURNED_BACK_NS: i64 = 60 * 1_000_000_000;

/// Flows and what is needed to look at their packets.
pub(super) struct Lane {
    pub(super) settings: Arc<Settings>,
    pub(super) flows: FlowTable<FlowExtra>,
    ended: Vec<Flow<FlowExtra>>,
    defragmenter: Defragmenter,
    pub(super) now: Timestamp,
    /// state of the rules that was followed last, and whether there were no lists
    changes: Option<(u64, bool)>,
    pub(super) work: WorkState,
    /// its place among lanes
    pub(super) place: u64,
    /// how often it was asked for its counters
    pub(super) asked: u64,
}

impl Lane {
    /// A lane of several: its place and how many there are.
    pub(super) fn new(settings: Arc<Settings>, globals: Globals, (place, of): (u64, u64)) -> Lane {
        let mut eve = Eve::new(settings.eve, settings.detail.short_addresses, settings.capture.clone());
        eve.limit_anomalies(settings.anomaly_lines);
        let work = WorkState {
            globals,
            scratch: Scratch::default(),
            eve,
            verdicts: Vec::new(),
            stats: Stats::default(),
            kept: 0,
            pieces: super::pieces::Pieces::default(),
            idle: Vec::new(),
            expected: expected::Expected::default(),
            spare: Some(Box::default()),
            carriers: Vec::new(),
            devices: None,
            tagged: tagged::TaggedHosts::default(),
            late: Vec::new(),
            policing: None,
        };
        Lane {
            flows: FlowTable::one_of(settings.flows, place, of),
            ended: Vec::new(),
            defragmenter: Defragmenter::new(),
            now: Timestamp(0),
            changes: None,
            settings,
            work,
            place,
            asked: 0,
        }
    }

    /// Looks at a packet, and at those inside it.
    pub(super) fn packet(
        &mut self,
        rules: &RuleSet,
        (at, link, frame): (Timestamp, LinkType, &[u8]),
        number: u64,
    ) -> Decision {
        self.now = if self.now.since_ns(at) > TURNED_BACK_NS { at } else { self.now.max(at) };
        if self.changes != Some((rules.changes(), rules.lists().is_empty())) {
            self.follow(rules);
        }
        let mut packet = decode(link, at, frame);
        self.work.stats.count(&packet);
        self.work.carriers.clear();
        self.any_packet(rules, &mut packet, number)
    }

    /// The rules have changed: from now on parsers make the fields that they look at.
    fn follow(&mut self, rules: &RuleSet) {
        self.changes = Some((rules.changes(), rules.lists().is_empty()));
        if let Some(spare) = &mut self.work.spare {
            spare.bodies = self.settings.bodies;
            spare.wanted = if self.settings.eve { rules.wanted().with_log() } else { rules.wanted() };
            if self.settings.detail.forwarded.is_some() {
                spare.wanted.add(http::REQUEST_HEADER_RAW);
            }
        }
    }

    fn any_packet(&mut self, rules: &RuleSet, packet: &mut Packet<'_>, number: u64) -> Decision {
        let fragment = packet.ip.as_ref().filter(|ip| ip.fragment.is_some()).map(|ip| ip.destination);
        let Some(receiver) = fragment else { return self.inside_out(rules, packet, number) };
        let policy = self.settings.policy(receiver);
        match self.defragmenter.push(packet, policy) {
            Some(body) => {
                let mut whole = packet.with_body(&body);
                whole.joined = true;
                self.inside_out(rules, &whole, number)
            }
            // Pieces may go on: without the last one, which gets the decision, they are nothing.
            None => self.flowless(rules, packet, number),
        }
    }

    /// The packet that this one carries first, then this one.
    fn inside_out(&mut self, rules: &RuleSet, packet: &Packet<'_>, number: u64) -> Decision {
        let mut decision = Decision::Pass;
        if let (Some(inner), Some((source, destination))) = (&packet.inner, packet.endpoints())
            && packet.depth < TUNNEL_DEPTH
        {
            let protocol = packet.ip.as_ref().map_or(0, |ip| ip.protocol);
            let carrier = Carrier { kind: inner.kind, source, destination, protocol, id: inner.id };
            self.work.carriers.push(carrier);
            self.work.stats.tunnels += 1;
            decision = self.any_packet(rules, &mut decode_inner(packet, inner), number);
            self.work.carriers.pop();
        }
        decision.max(self.whole_packet(rules, packet, number))
    }

    fn whole_packet(&mut self, rules: &RuleSet, packet: &Packet<'_>, number: u64) -> Decision {
        let mut ended = core::mem::take(&mut self.ended);
        self.work.stats.count_layers(packet);
        let placed = self.flows.place(packet, &mut ended);
        self.flows.sweep(self.now, &mut ended);
        let mut work = Work { rules, settings: &self.settings, state: &mut self.work, number };
        let decision = match placed.and_then(|(id, way)| Some((self.flows.get_mut(id)?, way))) {
            Some((flow, direction)) => work.flow_packet(flow, direction, packet),
            None => work.lone_packet(packet),
        };
        for mut flow in ended.drain(..) {
            work.end_flow(&mut flow, "timeout");
        }
        self.ended = ended;
        if decision != Decision::Pass {
            self.work.stats.dropped += 1;
        }
        decision
    }
    fn flowless(&mut self, rules: &RuleSet, packet: &Packet<'_>, number: u64) -> Decision {
        let mut work = Work { rules, settings: &self.settings, state: &mut self.work, number };
        work.lone_packet(packet)
    }

    /// The end: every flow is closed and written down.
    pub(super) fn finish(&mut self, rules: &RuleSet) {
        for mut flow in self.flows.drain() {
            let mut work = Work { rules, settings: &self.settings, state: &mut self.work, number: 0 };
            work.end_flow(&mut flow, "shutdown");
        }
    }
}
