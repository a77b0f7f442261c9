//! One packet of one flow: stream, application, rules; `outcome` takes the consequences.
//!
//! Key types: [`Work`] (the engine without its flows), [`FlowExtra`] (what it keeps with a flow).
use super::{
    Decision, Exception, Settings, WorkState,
    bypass::Skipped,
    elephant::Rates,
    lone_place, naming,
    outcome::Found,
    pieces::{Kind, Pieces},
    policing::Policed,
    stats,
    tagged::Tagged,
};
use crate::{
    device::FlowEnds,
    eve::{FlowNotes, Place},
};
use otori_event::{Endpoint, Timestamp};
use otori_rule::{
    FlowMarks, Rule, RuleSet,
    application::Naming,
    rule::Quiet,
    set::{Ask, View},
};
use otori_wire::{
    Anomalies, Conversation, Direction, Flow, LinkType, Packet, Transaction, decode,
    decode::{Transport, protocol, tcp_flag},
    flow::{Midstream, Notes, Piece, Reassembly, TcpState, is_refused},
    proto::by_id,
};
use std::sync::Arc;

/// Bytes of a stream that wait for a packet in their direction; more are asked about at once.
const WAITING_BYTES: usize = 65_536;

/// Buffers for such bytes that no flow needs now and that are kept.
const IDLE_PIECES: usize = 64;

/// What the engine keeps with a flow.
#[derive(Default)]
pub(crate) struct FlowExtra {
    pub(super) marks: FlowMarks,
    /// all further packets meet this fate
    pub(super) fate: Option<Box<Fate>>,
    /// a `pass` rule matched, or the flow is left alone: no further questions
    pub(super) passed: bool,
    /// a rule would have dropped it, if we were in the way
    pub(super) condemned: bool,
    pub(super) alerted: bool,
    /// which application it is of
    pub(super) naming: Naming,
    /// left alone by an exception policy: neither parsed nor logged
    pub(super) bypassed: bool,
    /// what rules do not want to have logged
    pub(super) silenced: Silenced,
    /// its packets are logged
    pub(super) tagged: Tagged,
    /// type and code of the first message of ICMP in each direction
    icmp: [Option<(u8, u8)>; 2],
    /// the exception policy that it has met, by its name in suricata.yaml
    exception: Option<&'static str>,
    /// large and not worth a look: only counted
    pub(super) skipped: Option<Box<Skipped>>,
    /// what the policies say of it
    pub(super) policy: Option<Box<Policed>>,
    /// whose it is
    pub(crate) ends: FlowEnds,
    /// beside the way: what became readable through an acknowledgement, until its sender says something again
    waiting: Option<Box<Pieces>>,
    /// what it carried of late, if anybody asks
    rates: Option<Box<Rates>>,
}

/// What `config` rules do not want to have logged of a flow.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Silenced {
    transactions: bool,
    flow: bool,
}

impl Silenced {
    pub(super) fn note(&mut self, quiet: Quiet) {
        self.transactions |= quiet == Quiet::Transactions;
        self.flow |= quiet == Quiet::Flow;
    }
}

/// A flow that is dropped.
pub(super) struct Fate {
    pub(super) decision: Decision,
    /// the rule that said so; `None` for an exception
    pub(super) rule: Option<Arc<Rule>>,
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
    /// directions that carry very many bytes
    pub elephant: [bool; 2],
    /// first packet
    pub started_at: Timestamp,
    established: bool,
    streamed: bool,
    midstream: bool,
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
            elephant: [false; 2],
            started_at: flow.started_at,
            established: flow.is_established(),
            streamed: tcp.is_some_and(|tcp| tcp.state() > TcpState::None),
            midstream: tcp.is_some_and(|tcp| tcp.midstream),
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
pub(super) struct Case<'a, 'p> {
    pub(super) packet: &'a Packet<'p>,
    pub(super) facts: Facts,
    /// what was wrong with the stream
    pub(super) events: Anomalies,
    /// what has matched so far
    pub(super) found: Vec<Found>,
    /// the payload, as it is, is what the stream is asked about with this packet
    pub(super) continues: bool,
}

impl Case<'_, '_> {
    pub(super) fn view<'a>(&'a self, direction: Direction, conversation: &Conversation) -> View<'a, 'a> {
        let facts = &self.facts;
        let (source, destination) = facts.ends(direction);
        View {
            packet: self.packet,
            source,
            destination,
            protocol: facts.protocol,
            direction: Some(direction),
            established: facts.established,
            streamed: facts.streamed,
            continues: self.continues,
            application: conversation.protocol_id(),
            application_name: conversation.application(),
            first: facts.packets[direction.index()] == 1,
            events: self.events.names(),
            fragmented: self.packet.joined,
            flow_number: facts.number,
            flow_packets: facts.packets,
            flow_bytes: facts.bytes,
            elephant: facts.elephant,
            transaction: None,
            stream_bytes: facts.stream_bytes,
            flow_started_at: facts.started_at,
        }
    }
}

impl Work<'_> {
    /// A packet of a flow.
    pub(super) fn flow_packet(
        &mut self,
        flow: &mut Flow<FlowExtra>,
        direction: Direction,
        packet: &Packet<'_>,
    ) -> Decision {
        let direction = if self.is_turned(flow, direction, packet) {
            flow.turn();
            flow.extra.marks.turn();
            flow.extra.ends.turn();
            direction.flip()
        } else {
            direction
        };
        if self.state.devices.is_some() {
            self.tell_devices(flow, direction, packet);
        }
        if let Transport::Icmp { kind, code, .. } = packet.transport {
            flow.extra.icmp[direction.index()].get_or_insert((kind, code));
        }
        let facts = Facts::of(flow);
        let (source, destination) = facts.ends(direction);
        let tagged = (!flow.extra.tagged.is_empty() && flow.extra.tagged.meet(packet))
            | (!self.state.tagged.is_empty() && self.state.tagged.have(packet, source.ip, destination.ip));
        flow.conversation.transactions().swap_spare(&mut self.state.spare);
        let decision = self.judge_packet(flow, direction, packet);
        flow.conversation.transactions().swap_spare(&mut self.state.spare);
        if tagged {
            let place = self.place(&facts, direction, packet, &flow.conversation);
            self.state.eve.tagged(&place);
        }
        if decision != Decision::Pass || flow.extra.policy.is_none() {
            return decision;
        }
        self.keep_to_rate(flow, direction, packet)
    }

    /// Counts what the flow carries of late; the directions that carry very much.
    pub(super) fn measure(
        &self,
        extra: &mut FlowExtra,
        direction: Direction,
        packet: &Packet<'_>,
    ) -> [bool; 2] {
        let Some(limit) = self.settings.elephant else { return [false; 2] };
        let rates = extra.rates.get_or_insert_with(|| Box::new(Rates::new(limit)));
        rates.count(packet.at, direction, packet.frame.len() as u64, limit)
    }

    /// A flow that began before it was seen, and whose first bytes are those of a server.
    fn is_turned(&self, flow: &Flow<FlowExtra>, direction: Direction, packet: &Packet<'_>) -> bool {
        if !flow.conversation.is_open() || packet.payload.is_empty() {
            return false;
        }
        let begun = match flow.tcp.as_deref() {
            Some(tcp) => {
                let unseen = tcp.state() == TcpState::None || tcp.midstream;
                let allowed = self.settings.reassembly.midstream == Midstream::Allow;
                let none = Direction::BOTH.iter().all(|way| tcp.delivered(*way) == 0);
                let opens =
                    matches!(packet.transport, Transport::Tcp { flags, .. } if flags & tcp_flag::SYN != 0);
                allowed && unseen && none && !opens
            }
            None => flow.protocol == protocol::UDP && flow.packets == [1, 0],
        };
        begun && flow.conversation.is_turned(direction, packet.payload)
    }

    fn judge_packet(
        &mut self,
        flow: &mut Flow<FlowExtra>,
        direction: Direction,
        packet: &Packet<'_>,
    ) -> Decision {
        if flow.extra.fate.is_some() {
            self.release(flow, packet);
        }
        if let Some(fate) = &mut flow.extra.fate {
            fate.repeated += 1;
            let decision = fate.decision;
            let reason = if fate.rule.is_some() { "flow drop" } else { "exception policy flow drop" };
            let facts = Facts::of(flow);
            let place = self.place(&facts, direction, packet, &flow.conversation);
            self.state.drop(&place, None, reason);
            return decision;
        }
        if let Some(decision) = self.exception(flow, direction, packet) {
            return decision;
        }
        if flow.extra.bypassed {
            return Decision::Pass;
        }
        if flow.extra.skipped.is_some() {
            return self.skip(flow, direction, packet);
        }
        let established = flow.is_established();
        let (events, taken) = self.read_stream(flow, direction, packet);
        let mut facts = Facts::of(flow);
        facts.elephant = self.measure(&mut flow.extra, direction, packet);
        // The packet that ends the hand-shake is not yet one of an established connection, unless it carries data.
        facts.established &= established || facts.protocol != protocol::TCP || !packet.payload.is_empty();
        // What no stream has taken is looked at in its packet.
        let refused = events.names().iter().any(|name| is_refused(name));
        facts.streamed &= taken && !refused && !loose_payload(packet);
        let waits = flow.extra.waiting.is_some();
        let continues = !waits && self.state.pieces.are(direction, packet.payload);
        let mut case = Case { packet, facts, events, found: Vec::new(), continues };
        self.tell_events(&case, direction, &flow.conversation);
        let Flow { conversation, extra, .. } = flow;
        if self.settings.drop_invalid && refused {
            return self.refuse(&mut case, direction, conversation, extra);
        }
        let datagram = !facts.streamed && facts.protocol == protocol::UDP;
        if datagram && !packet.payload.is_empty() {
            self.state.adopt(packet.at, &facts, conversation);
            conversation.feed(direction, packet.payload);
        }
        let mut decision = self.feed_stream(&mut case, conversation, extra);
        self.tell_disagreements(&mut case, direction, conversation);
        if !self.settings.named_only.is_empty()
            && conversation.protocol_id().is_some_and(|id| self.settings.named_only.contains(&id))
        {
            conversation.mute();
        }
        naming::packet(&mut extra.naming, &case.facts, direction, packet, conversation);
        self.watch_packet(&mut case, direction, conversation, extra);
        self.ask_packet(&mut case, direction, conversation, extra);
        let now = (!self.settings.reassembly.immediate).then_some(direction);
        self.ask_pieces(&mut case, conversation, extra, now);
        self.ask_transactions(&mut case, conversation, extra, now);
        if self.state.policing.is_some() {
            self.ask_policies(&mut case, conversation, extra);
        }
        decision = decision.max(self.settle(&mut case, direction, conversation, extra));
        self.write_finished(&case, conversation, extra.silenced, now.is_some() && !extra.passed);
        self.seal(flow);
        self.skip_from_now_on(flow);
        decision
    }

    /// A connection that is taken up midstream, and a packet with urgent bytes, may have a fate of their own.
    fn exception(
        &mut self,
        flow: &mut Flow<FlowExtra>,
        direction: Direction,
        packet: &Packet<'_>,
    ) -> Option<Decision> {
        let Transport::Tcp { flags, .. } = packet.transport else { return None };
        if self.settings.drop_urgent && flags & tcp_flag::URG != 0 {
            let facts = Facts::of(flow);
            let place = self.place(&facts, direction, packet, &flow.conversation);
            self.state.drop(&place, None, "stream urgent");
            return Some(Decision::Drop);
        }
        let opens = flags & (tcp_flag::SYN | tcp_flag::ACK) == tcp_flag::SYN || flags & tcp_flag::RST != 0;
        let unknown = flow.tcp.as_deref().is_some_and(|tcp| tcp.state() == TcpState::None);
        if opens || !unknown {
            return None;
        }
        // Once for each packet of a connection that nobody has taken up.
        if let Some(name) = self.settings.midstream.name() {
            self.state.stats.bump(stats::MIDSTREAM, name);
            flow.extra.exception.get_or_insert(name);
        }
        if flow.extra.passed || flow.extra.bypassed {
            return None;
        }
        let decision = match self.settings.midstream {
            Exception::DropFlow | Exception::DropPacket => Decision::Drop,
            Exception::Reject => Decision::Reject,
            Exception::PassPacket => Decision::Pass,
            // What is taken up is still parsed and logged.
            Exception::PassFlow => {
                flow.extra.passed = true;
                return None;
            }
            Exception::Bypass => {
                flow.extra.bypassed = self.settings.reassembly.midstream == Midstream::Refuse;
                flow.extra.passed = true;
                return None;
            }
            Exception::Ignore | Exception::Told => return None,
        };
        if decision != Decision::Pass {
            let fate = Fate { decision, rule: None, repeated: 0, subject: None };
            flow.extra.fate = Some(Box::new(fate));
            let facts = Facts::of(flow);
            let place = self.place(&facts, direction, packet, &flow.conversation);
            self.state.drop(&place, None, "stream midstream");
        }
        Some(decision)
    }

    /// A segment that its receiver will not take is dropped on the way; rules see what is wrong, not its bytes.
    fn refuse(
        &mut self,
        case: &mut Case<'_, '_>,
        direction: Direction,
        conversation: &Conversation,
        extra: &mut FlowExtra,
    ) -> Decision {
        let bare = Packet { payload: &[], ..case.packet.clone() };
        let mut seen = Case { packet: &bare, found: Vec::new(), continues: false, ..*case };
        self.ask_packet(&mut seen, direction, conversation, extra);
        case.found = seen.found;
        self.settle(case, direction, conversation, extra);
        let place = self.place(&case.facts, direction, case.packet, conversation);
        self.state.drop(&place, None, "stream error");
        Decision::Drop
    }

    /// Puts the segment in order; what became readable waits in `pieces`.
    fn read_stream(
        &mut self,
        flow: &mut Flow<FlowExtra>,
        direction: Direction,
        packet: &Packet<'_>,
    ) -> (Anomalies, bool) {
        let mut events = Anomalies::none();
        let pieces = &mut self.state.pieces;
        pieces.clear();
        let (client, server) = (flow.client.ip, flow.server.ip);
        let Some(tcp) = flow.tcp.as_deref_mut() else { return (events, false) };
        if tcp.state() == TcpState::None && !self.settings.hosts.is_empty() {
            tcp.set_policy(Direction::ToServer, self.settings.policy(server));
            tcp.set_policy(Direction::ToClient, self.settings.policy(client));
        }
        let how = &Reassembly { refuses: self.settings.drop_invalid, ..self.settings.reassembly };
        let notes = Notes { kept_all: &mut self.state.kept, anomalies: &mut events };
        let keep = |way: Direction, piece: Piece<'_>| pieces.keep(way, &piece);
        let taken = tcp.segment(direction, &packet.transport, packet.payload, how, notes, keep);
        (events, taken)
    }

    /// Gives the application what became readable.
    fn feed_stream(
        &mut self,
        case: &mut Case<'_, '_>,
        conversation: &mut Conversation,
        extra: &mut FlowExtra,
    ) -> Decision {
        let mut decision = Decision::Pass;
        let Facts { client, server, .. } = case.facts;
        if !self.state.pieces.list.is_empty() {
            self.state.adopt(case.packet.at, &case.facts, conversation);
            if case.facts.midstream {
                conversation.set_midstream();
            }
        }
        let pieces = core::mem::take(&mut self.state.pieces);
        for (way, kind) in &pieces.list {
            match kind {
                Kind::Bytes(range) => {
                    let bytes = pieces.bytes.get(range.clone()).unwrap_or(&[]);
                    decision = decision.max(self.feed(case, *way, bytes, conversation, extra));
                }
                Kind::Gap(count) => conversation.gap(*way, *count),
                Kind::End => conversation.end(*way),
            }
        }
        self.state.pieces = pieces;
        if let Some(mut what) = conversation.expects() {
            if what.port == 0 {
                what.port = client.port;
            }
            let (from, to) = if what.reversed { (server.ip, client.ip) } else { (client.ip, server.ip) };
            self.state.expected.add(case.packet.at, from, to, what);
        }
        decision
    }

    fn feed(
        &mut self,
        case: &mut Case<'_, '_>,
        way: Direction,
        bytes: &[u8],
        conversation: &mut Conversation,
        extra: &mut FlowExtra,
    ) -> Decision {
        let mut decision = Decision::Pass;
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let taken = conversation.feed(way, rest);
            at += taken;
            if taken < rest.len() {
                // As many are open as may be: they are asked about now, and room is made.
                self.ask_transactions(case, conversation, extra, None);
                decision = decision.max(self.settle(case, way, conversation, extra));
                self.write_finished(case, conversation, extra.silenced, false);
                if conversation.transactions().is_full()
                    && let Some(old) = conversation.transactions().evict()
                {
                    self.log(case.packet, &case.facts, conversation, &old);
                }
            }
        }
        decision
    }

    /// Asks the stream rules about what became readable; what does not go the way of `now` waits.
    fn ask_pieces(
        &mut self,
        case: &mut Case<'_, '_>,
        conversation: &Conversation,
        extra: &mut FlowExtra,
        now: Option<Direction>,
    ) {
        if self.state.pieces.list.is_empty() && extra.waiting.is_none() {
            return;
        }
        let late = extra.waiting.take();
        let pieces = core::mem::take(&mut self.state.pieces);
        let now = now.filter(|_| {
            late.as_ref().map_or(0, |late| late.bytes.len()) + pieces.bytes.len() < WAITING_BYTES
        });
        for held in late.as_deref().into_iter().chain([&pieces]) {
            for (way, kind) in &held.list {
                let bytes = held.bytes_of(kind);
                match kind {
                    _ if now.is_some_and(|now| now != *way) => {
                        let fresh = || self.state.idle.pop().unwrap_or_default();
                        extra.waiting.get_or_insert_with(fresh).keep_kind(*way, kind, bytes);
                    }
                    Kind::Bytes(_) if !extra.passed => {
                        let mut hits = Vec::new();
                        let view = case.view(*way, conversation);
                        let mut ask = ask(self.state, &mut extra.marks, &mut hits);
                        self.rules.inspect_stream(&view, *way, bytes, &mut ask);
                        case.found.extend(hits.into_iter().map(|hit| Found { hit, direction: *way }));
                    }
                    Kind::Gap(count) => extra.marks.gap(*way, *count),
                    _ => {}
                }
            }
        }
        self.state.pieces = pieces;
        if let Some(mut late) = late.filter(|_| self.state.idle.len() < IDLE_PIECES) {
            late.clear();
            self.state.idle.push(late);
        }
    }

    pub(super) fn ask_packet(
        &mut self,
        case: &mut Case<'_, '_>,
        direction: Direction,
        conversation: &Conversation,
        extra: &mut FlowExtra,
    ) {
        if extra.passed || (self.rules.is_empty() && self.rules.lists().is_empty()) {
            return;
        }
        let mut hits = Vec::new();
        let view = case.view(direction, conversation);
        let mut ask = ask(self.state, &mut extra.marks, &mut hits);
        self.rules.inspect_ends(&view, &mut ask);
        self.rules.inspect_packet(&view, &mut ask);
        case.found.extend(hits.into_iter().map(|hit| Found { hit, direction }));
    }

    /// Asks about every transaction that has changed; beside the way only in the direction of `now`.
    fn ask_transactions(
        &mut self,
        case: &mut Case<'_, '_>,
        conversation: &mut Conversation,
        extra: &mut FlowExtra,
        now: Option<Direction>,
    ) {
        if extra.passed || conversation.open_transactions().is_empty() {
            return;
        }
        let mut transactions = core::mem::take(conversation.transactions());
        for transaction in transactions.iter_mut() {
            for direction in Direction::BOTH {
                if !transaction.touched[direction.index()] || now.is_some_and(|now| now != direction) {
                    continue;
                }
                if direction == Direction::ToServer {
                    naming::transaction(&mut extra.naming, transaction);
                }
                let mut hits = Vec::new();
                // A connection may change its protocol: a transaction keeps its own.
                let view = View {
                    application: Some(transaction.protocol),
                    application_name: by_id(transaction.protocol).map(|row| row.name),
                    ..case.view(direction, conversation)
                };
                let mut ask = ask(self.state, &mut extra.marks, &mut hits);
                self.rules.inspect_lists(&view, direction, transaction, &mut ask);
                self.rules.inspect_transaction(&view, direction, transaction, &mut ask);
                for quiet in hits.iter().filter_map(|hit| hit.rule.quiet) {
                    transaction.marks.quiet |= quiet == Quiet::Transaction;
                    extra.silenced.note(quiet);
                }
                case.found.extend(hits.into_iter().map(|hit| Found { hit, direction }));
            }
            self.watch_transaction(case, conversation, extra, transaction);
        }
        *conversation.transactions() = transactions;
    }

    /// Writes down the transactions that are whole, and lets them go, unless `asked_later` about one.
    fn write_finished(
        &mut self,
        case: &Case<'_, '_>,
        conversation: &mut Conversation,
        silenced: Silenced,
        asked_later: bool,
    ) {
        let quiet = silenced.transactions;
        if !conversation.open_transactions().iter().any(Transaction::is_complete) {
            return;
        }
        let mut transactions = core::mem::take(conversation.transactions());
        for transaction in transactions.iter_mut().filter(|transaction| transaction.is_complete()) {
            let quiet = quiet || transaction.marks.quiet;
            if !core::mem::replace(&mut transaction.logged, true) && !quiet {
                self.log(case.packet, &case.facts, conversation, transaction);
            }
        }
        transactions
            .close(|transaction| transaction.logged && !(asked_later && transaction.touched != [false; 2]));
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
        for way in Direction::BOTH {
            let place = self.place(facts, way, packet, conversation);
            self.state.eve.files(&place, transaction, way, self.settings.detail);
        }
        for name in &transaction.anomalies {
            self.tell_anomaly(&place, "applayer", name);
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
            carrier: self.state.carriers.last().copied(),
        }
    }

    /// A packet that belongs to no flow: no IP, or a piece of a datagram.
    pub(super) fn lone_packet(&mut self, packet: &Packet<'_>) -> Decision {
        let mut place = lone_place(packet, self.number);
        place.carrier = self.state.carriers.last().copied();
        for name in packet.anomalies.names() {
            self.tell_anomaly(&place, "decode", name);
        }
        if let Some(devices) = &self.state.devices {
            devices.claim(packet);
        }
        let view = View::lone(packet, place.source, place.destination, place.protocol);
        let mut marks = FlowMarks::default();
        let mut hits = Vec::new();
        let mut ask = ask(self.state, &mut marks, &mut hits);
        self.rules.inspect_ends(&view, &mut ask);
        self.rules.inspect_packet(&view, &mut ask);
        hits.extend(self.ask_policies_alone(packet));
        self.settle_lone(&view, &place, hits)
    }

    /// A flow is over: what is left of it is asked about and written down.
    pub(super) fn end_flow(&mut self, flow: &mut Flow<FlowExtra>, reason: &str) {
        let packet = decode(LinkType::Other(0), flow.last_at, &[]);
        flow.conversation.transactions().swap_spare(&mut self.state.spare);
        self.state.pieces.clear();
        if let Some(tcp) = flow.tcp.as_deref_mut() {
            self.state.kept = self.state.kept.saturating_sub(tcp.kept());
            let pieces = &mut self.state.pieces;
            tcp.finish(&mut |way, piece| pieces.keep(way, &piece));
        }
        let facts = Facts::of(flow);
        let (events, found) = (Anomalies::none(), Vec::new());
        let mut case = Case { packet: &packet, facts, events, found, continues: false };
        let dropped = flow.extra.fate.is_some();
        let Flow { conversation, extra, .. } = flow;
        let dropped = dropped || extra.bypassed;
        if !dropped {
            self.feed_stream(&mut case, conversation, extra);
        }
        Direction::BOTH.into_iter().for_each(|direction| conversation.end(direction));
        self.tell_disagreements(&mut case, Direction::ToServer, conversation);
        if !dropped && !case.events.names().is_empty() {
            self.ask_packet(&mut case, Direction::ToServer, conversation, extra);
        }
        if !dropped {
            self.ask_pieces(&mut case, conversation, extra, None);
            self.ask_transactions(&mut case, conversation, extra, None);
        }
        self.watch_end(&mut case, conversation, extra);
        if !dropped {
            self.settle(&mut case, Direction::ToServer, conversation, extra);
        }
        self.write_finished(&case, conversation, extra.silenced, false);
        self.give_summary(flow);
        let dropped = flow.extra.fate.is_some() || flow.extra.condemned;
        let action = dropped.then_some("drop");
        let action = action.or(flow.extra.passed.then_some("pass"));
        self.state.stats.end(flow);
        let FlowExtra { alerted, bypassed, naming, ends, exception, .. } = &flow.extra;
        let application = naming.application();
        let (skipped, policy) = (flow.extra.skipped.as_deref(), self.policy_notes(&flow.extra));
        let bypassed = *bypassed || skipped.is_some();
        let skipped = skipped.map(|skipped| skipped.counts(flow));
        let notes = FlowNotes {
            reason,
            alerted: *alerted,
            bypassed,
            action,
            application,
            ends,
            skipped,
            policy,
            exception: *exception,
            icmp: flow.extra.icmp,
            memory: self.rules.remembered(&flow.extra.marks),
        };
        if !flow.extra.silenced.flow {
            self.state.eve.flow(flow.last_at, flow, &notes);
        }
        flow.conversation.transactions().close(|_| true);
        flow.conversation.transactions().swap_spare(&mut self.state.spare);
    }
}

impl WorkState {
    /// Writes down that a packet is dropped, and counts why.
    pub(super) fn drop(&mut self, place: &Place<'_, '_>, rule: Option<&Rule>, reason: &'static str) {
        self.stats.drop(reason);
        self.eve.drop(place, rule, reason);
    }
    /// The connection may be one that another has announced.
    fn adopt(&mut self, now: Timestamp, facts: &Facts, conversation: &mut Conversation) {
        let (client, server) = (facts.client, facts.server);
        if !self.expected.is_empty()
            && conversation.is_open()
            && let Some(what) = self.expected.take(now, client.ip, server.ip, server.port)
        {
            conversation.adopt(what);
        }
    }
}

/// Data with a SYN that did not ask for fast open.
const fn loose_payload(packet: &Packet<'_>) -> bool {
    let Transport::Tcp { flags, options, .. } = packet.transport else { return false };
    flags & tcp_flag::SYN != 0 && !options.fast_open && !packet.payload.is_empty()
}

fn ask<'a>(
    state: &'a mut WorkState,
    marks: &'a mut FlowMarks,
    hits: &'a mut Vec<otori_rule::Hit>,
) -> Ask<'a> {
    Ask { marks, globals: &mut state.globals, scratch: &mut state.scratch, hits }
}
