//! One packet of one flow: stream, application, rules, decision.
//!
//! Key types: [`Work`] (the engine without its flows), [`FlowExtra`] (what it keeps with a flow).
use super::{Decision, Mode, Settings, WorkState, lone_place};
use crate::eve::{self, Place};
use otori_event::{Endpoint, Timestamp};
use otori_rule::{
    Action, FlowMarks, Hit, Rule, RuleSet,
    set::{Ask, View},
};
use otori_wire::{
    Conversation, Direction, Flow, LinkType, Packet, Transaction, decode,
    flow::{Piece, TcpState},
};
use std::sync::Arc;

/// What the engine keeps with a flow.
#[derive(Default)]
pub(crate) struct FlowExtra {
    pub(super) marks: FlowMarks,
    /// all further packets meet this fate
    pub(super) fate: Option<Fate>,
    /// a `pass` rule matched: no further questions
    passed: bool,
    pub(super) alerted: bool,
}

/// A flow that is dropped.
pub(super) struct Fate {
    pub(super) decision: Decision,
    pub(super) rule: Arc<Rule>,
    /// packets dropped since the verdict was given
    pub(super) repeated: u64,
    pub(super) subject: Option<String>,
}

/// Facts of a flow that do not change while one packet is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// number of the flow
    pub number: u64,
    /// who opened it
    pub client: Endpoint,
    /// the other side
    pub server: Endpoint,
    /// IP protocol
    pub protocol: u8,
    /// packets per direction
    pub packets: [u64; 2],
    /// bytes per direction
    pub bytes: [u64; 2],
    /// first packet
    pub started_at: Timestamp,
    established: bool,
    streamed: bool,
    stream_bytes: [u64; 2],
}

impl Facts {
    pub(super) fn of<S>(flow: &Flow<S>) -> Facts {
        let tcp = flow.tcp.as_deref();
        Facts {
            number: flow.number,
            client: flow.client,
            server: flow.server,
            protocol: flow.protocol,
            packets: flow.packets,
            bytes: flow.bytes,
            started_at: flow.started_at,
            established: flow.is_established(),
            streamed: tcp.is_some_and(|tcp| tcp.state() > TcpState::None),
            stream_bytes: Direction::BOTH.map(|way| tcp.map_or(0, |tcp| tcp.delivered(way))),
        }
    }
    /// Sender and receiver in one direction.
    pub const fn ends(&self, direction: Direction) -> (Endpoint, Endpoint) {
        match direction {
            Direction::ToServer => (self.client, self.server),
            Direction::ToClient => (self.server, self.client),
        }
    }
    fn view<'a, 'p>(
        &self,
        packet: &'a Packet<'p>,
        direction: Direction,
        conversation: &Conversation,
    ) -> View<'a, 'p> {
        let (source, destination) = self.ends(direction);
        View {
            packet,
            source,
            destination,
            protocol: self.protocol,
            direction: Some(direction),
            established: self.established,
            streamed: self.streamed,
            application: conversation.protocol_id(),
            flow_number: self.number,
            flow_packets: self.packets,
            flow_bytes: self.bytes,
            stream_bytes: self.stream_bytes,
            flow_started_at: self.started_at,
        }
    }
}

enum Kind {
    Bytes(core::ops::Range<usize>),
    Gap(u64),
    End,
}

/// What a segment has made readable, kept for one packet.
#[derive(Default)]
pub(crate) struct Pieces {
    list: Vec<(Direction, Kind)>,
    bytes: Vec<u8>,
}

/// The engine, for one packet.
pub(super) struct Work<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) settings: &'a Settings,
    pub(super) state: &'a mut WorkState,
    /// number of the packet in its file
    pub(super) number: u64,
}

/// What one packet carries through the questions.
struct Case<'a, 'p> {
    packet: &'a Packet<'p>,
    facts: Facts,
    /// rules that have alerted on this packet
    alerted: Vec<u32>,
}

impl Work<'_> {
    /// A packet of a flow.
    pub(super) fn flow_packet(
        &mut self,
        flow: &mut Flow<FlowExtra>,
        direction: Direction,
        packet: &Packet<'_>,
    ) -> Decision {
        if let Some(fate) = &mut flow.extra.fate {
            fate.repeated += 1;
            let (decision, rule) = (fate.decision, fate.rule.clone());
            let facts = Facts::of(flow);
            let place = self.place(&facts, direction, packet, &flow.conversation);
            self.state.eve.drop(&place, Some(&rule), "flow drop");
            return decision;
        }
        if flow.extra.passed {
            return Decision::Pass;
        }
        self.read_stream(flow, direction, packet);
        let facts = Facts::of(flow);
        let mut case = Case { packet, facts, alerted: Vec::new() };
        for name in packet.anomalies.names() {
            let place = self.place(&facts, direction, packet, &flow.conversation);
            self.state.eve.anomaly(&place, "decode", name);
        }
        let Flow { conversation, extra, .. } = flow;
        let datagram = !facts.streamed && facts.protocol == otori_wire::decode::protocol::UDP;
        if datagram && !packet.payload.is_empty() {
            conversation.feed(direction, packet.payload);
        }
        self.ask_packet(&mut case, direction, conversation, extra);
        if datagram {
            self.ask_transactions(&mut case, conversation, extra);
        }
        let pieces = core::mem::take(&mut self.state.pieces);
        for (way, kind) in &pieces.list {
            match kind {
                Kind::Bytes(range) => {
                    let bytes = pieces.bytes.get(range.clone()).unwrap_or(&[]);
                    self.stream_bytes(&mut case, *way, bytes, conversation, extra);
                }
                Kind::Gap(count) => {
                    conversation.gap(*way, *count);
                    extra.marks.gap(*way, *count);
                }
                Kind::End => {
                    conversation.end(*way);
                    self.ask_transactions(&mut case, conversation, extra);
                }
            }
        }
        self.state.pieces = pieces;
        let Some(fate) = &flow.extra.fate else { return Decision::Pass };
        let (decision, rule) = (fate.decision, fate.rule.clone());
        let place = self.place(&facts, direction, packet, &flow.conversation);
        self.state.eve.drop(&place, Some(&rule), "rules");
        decision
    }

    /// Puts the segment in order; what became readable waits in `pieces`.
    fn read_stream(&mut self, flow: &mut Flow<FlowExtra>, direction: Direction, packet: &Packet<'_>) {
        let pieces = &mut self.state.pieces;
        pieces.list.clear();
        pieces.bytes.clear();
        let Some(tcp) = flow.tcp.as_deref_mut() else { return };
        let midstream = self.settings.midstream;
        tcp.segment(
            direction,
            &packet.transport,
            packet.payload,
            midstream,
            &mut self.state.kept,
            |way, piece| {
                let kind = match piece {
                    Piece::Bytes(bytes) => {
                        let start = pieces.bytes.len();
                        pieces.bytes.extend_from_slice(bytes);
                        Kind::Bytes(start..pieces.bytes.len())
                    }
                    Piece::Gap(count) => Kind::Gap(count),
                    Piece::End => Kind::End,
                };
                pieces.list.push((way, kind));
            },
        );
    }

    fn stream_bytes(
        &mut self,
        case: &mut Case<'_, '_>,
        direction: Direction,
        bytes: &[u8],
        conversation: &mut Conversation,
        extra: &mut FlowExtra,
    ) {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let taken = conversation.feed(direction, rest);
            let part = rest.get(..taken).unwrap_or(rest);
            self.ask_stream(case, direction, part, conversation, extra);
            self.ask_transactions(case, conversation, extra);
            at += taken;
            if taken < rest.len() && conversation.transactions().is_full() {
                // Nothing was finished: the oldest goes. It has been asked about.
                if let Some(old) = conversation.transactions().evict() {
                    self.log(case.packet, &case.facts, conversation, &old);
                }
            }
        }
    }

    fn ask_packet(
        &mut self,
        case: &mut Case<'_, '_>,
        direction: Direction,
        conversation: &Conversation,
        extra: &mut FlowExtra,
    ) {
        let view = case.facts.view(case.packet, direction, conversation);
        let mut hits = Vec::new();
        self.rules.inspect_packet(&view, &mut ask(self.state, &mut extra.marks, &mut hits));
        self.report(case, direction, conversation, extra, &hits, None);
    }

    fn ask_stream(
        &mut self,
        case: &mut Case<'_, '_>,
        direction: Direction,
        bytes: &[u8],
        conversation: &Conversation,
        extra: &mut FlowExtra,
    ) {
        if extra.passed || extra.fate.is_some() {
            return;
        }
        let view = case.facts.view(case.packet, direction, conversation);
        let mut hits = Vec::new();
        self.rules.inspect_stream(&view, direction, bytes, &mut ask(self.state, &mut extra.marks, &mut hits));
        self.report(case, direction, conversation, extra, &hits, None);
    }

    /// Asks about every transaction that has changed, writes down those that are whole, and lets them go.
    fn ask_transactions(
        &mut self,
        case: &mut Case<'_, '_>,
        conversation: &mut Conversation,
        extra: &mut FlowExtra,
    ) {
        let mut transactions = core::mem::take(conversation.transactions());
        for transaction in transactions.iter_mut() {
            for direction in Direction::BOTH {
                if extra.passed || extra.fate.is_some() || !transaction.touched[direction.index()] {
                    continue;
                }
                let view = case.facts.view(case.packet, direction, conversation);
                let mut hits = Vec::new();
                let mut ask = ask(self.state, &mut extra.marks, &mut hits);
                self.rules.inspect_transaction(&view, direction, transaction, &mut ask);
                self.report(case, direction, conversation, extra, &hits, Some(transaction));
            }
            if transaction.is_complete() && !core::mem::replace(&mut transaction.logged, true) {
                self.log(case.packet, &case.facts, conversation, transaction);
            }
        }
        transactions.close(|transaction| transaction.logged);
        *conversation.transactions() = transactions;
    }

    /// Writes a transaction and its anomalies to the log.
    fn log(
        &mut self,
        packet: &Packet<'_>,
        facts: &Facts,
        conversation: &Conversation,
        transaction: &Transaction,
    ) {
        if !self.state.eve.is_enabled() {
            return;
        }
        let answered = transaction.protocol == otori_wire::proto::ProtocolId::Dns
            && transaction.fields.get(otori_wire::proto::dns::RESPONSE_QUERY).is_some();
        let direction = if answered { Direction::ToClient } else { Direction::ToServer };
        let place = self.place(facts, direction, packet, conversation);
        self.state.eve.transaction(&place, transaction);
        for name in &transaction.anomalies {
            self.state.eve.anomaly(&place, "applayer", name);
        }
    }

    /// Writes hits down and takes their consequences.
    fn report(
        &mut self,
        case: &mut Case<'_, '_>,
        direction: Direction,
        conversation: &Conversation,
        extra: &mut FlowExtra,
        hits: &[Hit],
        transaction: Option<&Transaction>,
    ) {
        for hit in hits {
            if extra.passed {
                return;
            }
            if hit.rule.action == Action::Pass {
                extra.passed = true;
                return;
            }
            if transaction.is_none() && case.alerted.contains(&hit.rule.sid) {
                continue;
            }
            case.alerted.push(hit.rule.sid);
            let blocked = eve::blocks(hit.rule.action, self.settings.mode) && !hit.rule.silent;
            if !hit.silent {
                extra.alerted = true;
                self.state.stats.alerts += 1;
                let place = self.place(&case.facts, direction, case.packet, conversation);
                self.state.eve.alert(&place, hit, blocked, Some(&case.facts), transaction);
                self.give_verdict(&case.facts, direction, conversation, hit, transaction);
            }
            if blocked && self.settings.mode == Mode::Inline && extra.fate.is_none() {
                let reject = hit.rule.action == Action::Reject;
                extra.fate = Some(Fate {
                    decision: if reject { Decision::Reject } else { Decision::Drop },
                    rule: hit.rule.clone(),
                    repeated: 0,
                    subject: transaction.and_then(super::verdict::subject),
                });
            }
        }
    }

    pub(super) fn place<'b, 'p>(
        &self,
        facts: &Facts,
        direction: Direction,
        packet: &'b Packet<'p>,
        conversation: &Conversation,
    ) -> Place<'b, 'p> {
        let (source, destination) = facts.ends(direction);
        Place {
            at: packet.at,
            packet: (!packet.frame.is_empty()).then_some((packet, self.number)),
            flow_number: facts.number,
            source,
            destination,
            protocol: facts.protocol,
            vlans: packet.vlans.ids(),
            application: conversation.application(),
        }
    }

    /// A packet that belongs to no flow: no IP, or a piece of a datagram.
    pub(super) fn lone_packet(&mut self, packet: &Packet<'_>) -> Decision {
        let place = lone_place(packet, self.number);
        for name in packet.anomalies.names() {
            self.state.eve.anomaly(&place, "decode", name);
        }
        let view = View {
            packet,
            source: place.source,
            destination: place.destination,
            protocol: place.protocol,
            direction: None,
            established: false,
            streamed: false,
            application: None,
            flow_number: 0,
            flow_packets: [0; 2],
            flow_bytes: [0; 2],
            stream_bytes: [0; 2],
            flow_started_at: packet.at,
        };
        let mut marks = FlowMarks::default();
        let mut hits = Vec::new();
        self.rules.inspect_packet(&view, &mut ask(self.state, &mut marks, &mut hits));
        let mut decision = Decision::Pass;
        for hit in &hits {
            if hit.rule.action == Action::Pass {
                break;
            }
            let blocked = eve::blocks(hit.rule.action, self.settings.mode) && !hit.rule.silent;
            if !hit.silent {
                self.state.stats.alerts += 1;
                self.state.eve.alert(&place, hit, blocked, None, None);
            }
            if blocked && self.settings.mode == Mode::Inline {
                decision = Decision::Drop;
                self.state.eve.drop(&place, Some(&hit.rule), "rules");
            }
        }
        decision
    }

    /// A flow is over: what is left of it is asked about and written down.
    pub(super) fn end_flow(&mut self, flow: &mut Flow<FlowExtra>, reason: &str) {
        let facts = Facts::of(flow);
        let packet = decode(LinkType::Other(0), flow.last_at, &[]);
        let mut case = Case { packet: &packet, facts, alerted: Vec::new() };
        if let Some(tcp) = &flow.tcp {
            self.state.kept = self.state.kept.saturating_sub(tcp.kept());
        }
        let Flow { conversation, extra, .. } = flow;
        Direction::BOTH.into_iter().for_each(|direction| conversation.end(direction));
        self.ask_transactions(&mut case, conversation, extra);
        self.give_summary(flow);
        let action = flow.extra.fate.as_ref().map(|_| "drop");
        let action = action.or(flow.extra.passed.then_some("pass"));
        self.state.eve.flow(flow.last_at, flow, reason, flow.extra.alerted, action);
    }
}

fn ask<'a>(state: &'a mut WorkState, marks: &'a mut FlowMarks, hits: &'a mut Vec<Hit>) -> Ask<'a> {
    Ask { marks, globals: &mut state.globals, scratch: &mut state.scratch, hits }
}
