//! Asks the policies about flows, and keeps flows to the rates that those say.
//!
//! Key types: [`Police`] (of one thread), [`Policed`] (kept with a flow). A flow is asked about with its first packet, with each
//! request, when its application or the policies change, when all is known that will be, and, where an entry has hours, once
//! in a second. What an entry does goes the way of rules: a hit with its own generator.
use super::{
    Decision, Mode,
    asked::{self, Request},
    flow::{Case, Facts, FlowExtra, Work},
    outcome::Found,
};
use crate::policy::{Answer, Buckets, Deed, EncryptedHello, Entry, Policies, PolicyBook, Rate, Seen};
use core::net::IpAddr;
use otori_event::Timestamp;
use otori_rule::{
    Action, Hit, Rule,
    list::Room,
    rule::{RuleProtocol, Stage},
};
use otori_wire::{
    Conversation, Direction, Flow, Packet,
    decode::protocol,
    proto::{ProtocolId, by_id},
};
use std::sync::Arc;

/// Generator of alerts about policies; rules have 1, lists 1001.
pub(super) const POLICY_GENERATOR: u32 = 1_002;
/// Places among the hits of a packet: behind all rules, lists and devices.
const FIRST_SLOT: u32 = 3 << 30;
/// Packets after which what is not known of a flow will not be.
const PACKETS_WAITED: u64 = 24;
/// How often the time is looked at.
const EVERY_NS: i64 = 1_000_000_000;

/// The policies as one thread knows them.
pub(super) struct Police {
    book: PolicyBook,
    version: u64,
    policies: Arc<Policies>,
    buckets: Buckets,
    room: Room,
}

impl Police {
    pub(super) fn new(book: PolicyBook) -> Police {
        let (version, policies) = (book.version(), book.current());
        Police { book, version, policies, buckets: Buckets::default(), room: Room::default() }
    }
    /// The same for another thread.
    pub(super) fn again(&self) -> Police {
        Police::new(self.book.clone())
    }
    fn refresh(&mut self) {
        let version = self.book.version();
        if version != self.version {
            (self.version, self.policies) = (version, self.book.current());
            self.buckets.clear();
        }
    }
    /// Whether a flow whose packets nobody reads may be answered differently now.
    pub(super) fn may_ask_again(&self, extra: &FlowExtra, sent_bytes: u64, now: Timestamp) -> bool {
        let again = |policed: &Policed| {
            let timed = self.policies.is_timed() && now.since_ns(policed.asked_at) >= EVERY_NS;
            let grown = policed.amount.is_some_and(|amount| sent_bytes >= amount);
            timed || grown || policed.version != self.book.version()
        };
        extra.policy.as_deref().is_some_and(again)
    }
}

/// What is kept with a flow.
#[derive(Default)]
pub(super) struct Policed {
    version: u64,
    asked_at: Timestamp,
    application: Option<&'static str>,
    protocol: Option<&'static str>,
    settled: bool,
    /// what its latest request asks for
    request: Request,
    /// the entry that decides
    entry: Option<usize>,
    rate: Option<Rate>,
    /// packets above the rate
    over: u64,
    /// bytes sent with which it is asked about again
    amount: Option<u64>,
}

impl Work<'_> {
    /// Asks the policies, if anything has changed.
    pub(super) fn ask_policies(
        &mut self,
        case: &mut Case<'_, '_>,
        conversation: &mut Conversation,
        extra: &mut FlowExtra,
    ) {
        // What a tunnel carries is judged, not the tunnel.
        if case.packet.inner.is_some() {
            return;
        }
        let Some(mut police) = self.state.policing.take() else { return };
        police.refresh();
        if !police.policies.is_empty() && extra.fate.is_none() {
            let mut policed = extra.policy.take().unwrap_or_default();
            self.ask_police(&mut police, &mut policed, case, conversation, extra);
            extra.policy = Some(policed);
        }
        self.state.policing = Some(police);
    }

    /// Asks about a packet that belongs to no flow. A piece of a datagram is nothing without the last one, which is asked
    /// about as a whole; only addresses tell whose it is.
    pub(super) fn ask_policies_alone(&mut self, packet: &Packet<'_>) -> Option<Hit> {
        let police = self.state.policing.as_mut()?;
        police.refresh();
        let ip = packet.ip.as_ref().filter(|ip| ip.fragment.is_none() && packet.inner.is_none())?;
        let (source, destination) = (ip.source, ip.destination);
        let sent = self.settings.home.has(source) || !self.settings.home.has(destination);
        let (device, peer) = if sent { (source, destination) } else { (destination, source) };
        let seen = Seen {
            device,
            label: None,
            peer,
            protocol: None,
            application: None,
            names: &[],
            categories: &[],
            hello: EncryptedHello::None,
            sent_bytes: 0,
            settled: true,
        };
        let Answer::Entry { place, because } = police.policies.ask(&seen, packet.at) else { return None };
        let entry = police.policies.entries().get(place)?;
        // A rate is kept by flows.
        if matches!(entry.deed, Deed::Allow | Deed::Throttle(_)) {
            return None;
        }
        let rule = rule_of((&police.policies, place), entry, (because, &seen), self.settings.mode);
        let slot = FIRST_SLOT.saturating_add(place as u32);
        Some(Hit { rule: Arc::new(rule), transaction: None, in_stream: false, slot })
    }

    fn ask_police(
        &self,
        police: &mut Police,
        policed: &mut Policed,
        case: &mut Case<'_, '_>,
        conversation: &mut Conversation,
        extra: &FlowExtra,
    ) {
        if policed.version != police.version {
            (policed.entry, policed.rate) = (None, None);
        }
        let mut asked = false;
        for transaction in conversation.transactions().iter_mut() {
            if transaction.marks.judged || !asked::is_asked(transaction) {
                continue;
            }
            transaction.marks.judged = true;
            let lists = police.policies.wants_lists().then(|| (self.rules.lists(), &mut police.room));
            policed.request = Request::of(transaction, case.facts.server.port, lists);
            let id = Some(transaction.id);
            let protocol = Some(transaction.protocol);
            asked = true;
            let mut look = Look { case, extra, protocol: policed.protocol, settled: true };
            look.protocol = protocol.and_then(by_id).map(|row| row.name);
            self.act(police, policed, &mut look, id);
        }
        let application = extra.naming.application().map(|(_, application)| application.name);
        let protocol = conversation.protocol().map(|row| row.name);
        let settled =
            policed.settled || policed.request.is_there || is_settled(&case.facts, conversation, extra);
        let timed = police.policies.is_timed() && case.packet.at.since_ns(policed.asked_at) >= EVERY_NS;
        let grown = policed.amount.is_some_and(|amount| self.sent_bytes(&case.facts, extra) >= amount);
        let same = !grown
            && policed.version == police.version
            && policed.application == application
            && policed.protocol == protocol
            && policed.settled == settled;
        (policed.version, policed.settled) = (police.version, settled);
        (policed.application, policed.protocol) = (application, protocol);
        // A question of DNS stands for itself; without one there is nothing new to say of such a flow.
        if asked || (same && !timed) || conversation.protocol_id() == Some(ProtocolId::Dns) {
            return;
        }
        let mut look = Look { case, extra, protocol, settled };
        self.act(police, policed, &mut look, None);
    }

    /// Asks, and does what the answer says.
    fn act(&self, police: &Police, policed: &mut Policed, look: &mut Look<'_, '_, '_>, request: Option<u64>) {
        let now = look.case.packet.at;
        policed.asked_at = now;
        let sent_bytes = self.sent_bytes(&look.case.facts, look.extra);
        policed.amount = police.policies.next_amount(sent_bytes);
        let label = look.extra.ends.label();
        let (device, peer) = self.ends(&look.case.facts, look.extra);
        let seen = Seen {
            device,
            label: label.as_deref(),
            peer,
            protocol: look.protocol,
            application: look.extra.naming.application(),
            names: &policed.request.names,
            categories: &policed.request.categories,
            hello: policed.request.hello,
            sent_bytes,
            settled: look.settled,
        };
        let Answer::Entry { place, because } = police.policies.ask(&seen, now) else {
            (policed.entry, policed.rate) = (None, None);
            return;
        };
        let Some(entry) = police.policies.entries().get(place) else { return };
        let question = look.protocol == Some("dns") && request.is_some();
        if policed.entry == Some(place) && !question {
            return;
        }
        policed.entry = Some(place);
        policed.rate = match entry.deed {
            Deed::Throttle(rate) => Some(rate),
            _ => None,
        };
        if entry.deed == Deed::Allow {
            return;
        }
        let rule = rule_of((&police.policies, place), entry, (because, &seen), self.settings.mode);
        let slot = FIRST_SLOT.saturating_add(place as u32);
        let hit = Hit { rule: Arc::new(rule), transaction: request, in_stream: true, slot };
        look.case.found.push(Found { hit, direction: Direction::ToServer });
    }

    /// Lets a flow go that a policy has condemned and would not condemn any more: the policies or the hour have changed.
    pub(super) fn release(&mut self, flow: &mut Flow<FlowExtra>, packet: &Packet<'_>) {
        let rule = flow.extra.fate.as_ref().and_then(|fate| fate.rule.as_ref());
        if rule.is_none_or(|rule| rule.gid != POLICY_GENERATOR) {
            return;
        }
        let facts = Facts::of(flow);
        let sent_bytes = self.sent_bytes(&facts, &flow.extra);
        let (device, peer) = self.ends(&facts, &flow.extra);
        let extra = &mut flow.extra;
        let Some(police) = &mut self.state.policing else { return };
        if !police.may_ask_again(extra, sent_bytes, packet.at) {
            return;
        }
        police.refresh();
        let label = extra.ends.label();
        let application = extra.naming.application();
        let Some(policed) = extra.policy.as_deref_mut() else { return };
        let seen = Seen {
            device,
            label: label.as_deref(),
            peer,
            protocol: policed.protocol,
            application,
            names: &policed.request.names,
            categories: &policed.request.categories,
            hello: policed.request.hello,
            sent_bytes,
            settled: policed.settled,
        };
        let place = match police.policies.ask(&seen, packet.at) {
            Answer::Entry { place, .. } => Some(place),
            Answer::Wait | Answer::Nothing => None,
        };
        let entry = place.and_then(|place| police.policies.entries().get(place));
        let condemns =
            entry.is_some_and(|entry| matches!(entry.deed, Deed::Block | Deed::Reject | Deed::Sinkhole));
        policed.asked_at = packet.at;
        policed.amount = police.policies.next_amount(sent_bytes);
        if condemns {
            (policed.version, policed.entry) = (police.version, place);
        } else {
            // As if it had never been asked about; what it is stays known.
            (policed.version, policed.entry) = (0, None);
            extra.fate = None;
        }
    }

    /// The direction in which the guarded end sends.
    fn way(&self, facts: &Facts, extra: &FlowExtra) -> Direction {
        let home = |ip| self.settings.home.has(ip);
        match extra.ends.subject() {
            Some((_, way)) => way,
            None if home(facts.client.ip) || !home(facts.server.ip) => Direction::ToServer,
            None => Direction::ToClient,
        }
    }

    /// The guarded end, and the other one.
    fn ends(&self, facts: &Facts, extra: &FlowExtra) -> (IpAddr, IpAddr) {
        let (device, peer) = facts.ends(self.way(facts, extra));
        (device.ip, peer.ip)
    }

    /// Bytes that the guarded end has sent.
    pub(super) fn sent_bytes(&self, facts: &Facts, extra: &FlowExtra) -> u64 {
        facts.bytes[self.way(facts, extra).index()]
    }

    /// A packet that may pass, unless it is above the rate of its flow.
    pub(super) fn keep_to_rate(
        &mut self,
        flow: &mut Flow<FlowExtra>,
        direction: Direction,
        packet: &Packet<'_>,
    ) -> Decision {
        let Some((rate, entry)) =
            flow.extra.policy.as_deref().and_then(|policed| Some((policed.rate?, policed.entry?)))
        else {
            return Decision::Pass;
        };
        // Without acknowledgements TCP would wait, and send again what has arrived.
        let bare = flow.protocol == protocol::TCP && packet.payload.is_empty();
        if self.settings.mode != Mode::Inline || bare {
            return Decision::Pass;
        }
        let facts = Facts::of(flow);
        let (device, _) = self.ends(&facts, &flow.extra);
        let Some(police) = &mut self.state.policing else { return Decision::Pass };
        if police.buckets.take((device, entry), rate, packet.frame.len(), packet.at) {
            return Decision::Pass;
        }
        let over = flow.extra.policy.as_deref_mut().map_or(0, |policed| {
            policed.over += 1;
            policed.over
        });
        if over == 1 {
            let place = self.place(&facts, direction, packet, &flow.conversation);
            self.state.drop(&place, None, "policy throttle");
        }
        Decision::Drop
    }

    /// What the log says of a flow's end.
    pub(super) fn policy_notes(&self, extra: &FlowExtra) -> Option<(String, &'static str, u64)> {
        let policed = extra.policy.as_deref()?;
        let police = self.state.policing.as_ref().filter(|police| police.version == policed.version)?;
        let entry = police.policies.entries().get(policed.entry?)?;
        Some((entry.name.clone(), entry.deed.name(), policed.over))
    }
}

/// What is looked at when policies are asked.
struct Look<'a, 'c, 'p> {
    case: &'a mut Case<'c, 'p>,
    extra: &'a FlowExtra,
    protocol: Option<&'static str>,
    settled: bool,
}

/// No more will be known of that flow.
fn is_settled(facts: &Facts, conversation: &Conversation, extra: &FlowExtra) -> bool {
    let has_ports = matches!(facts.protocol, protocol::TCP | protocol::UDP);
    !has_ports
        || facts.packets[0] + facts.packets[1] >= PACKETS_WAITED
        || (conversation.is_unknown() && !extra.naming.wants_bytes())
}

/// What a hit says, and the proof: policy, line, condition, application.
fn rule_of(
    (policies, place): (&Policies, usize),
    entry: &Entry,
    (because, seen): (&str, &Seen<'_>),
    mode: Mode,
) -> Rule {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let mut metadata = vec![
        pair("policy", &entry.name),
        pair("do", entry.deed.name()),
        pair("because", because),
        pair("file", policies.file()),
        pair("line", &entry.line.to_string()),
    ];
    if let Some((_, application)) = seen.application {
        metadata.push(pair("application", application.name));
        metadata.push(pair("category", application.category.name()));
    }
    metadata.extend(seen.categories.iter().map(|category| pair("list_category", category)));
    metadata.extend(seen.names.iter().map(|name| pair("name", &String::from_utf8_lossy(name))));
    let action = match entry.deed {
        // Who only looks on rejects nothing.
        Deed::Reject | Deed::Sinkhole if mode == Mode::Observe => Action::Drop,
        Deed::Allow | Deed::Alert | Deed::Throttle(_) => Action::Alert,
        Deed::Block => Action::Drop,
        Deed::Reject | Deed::Sinkhole => Action::Reject,
    };
    Rule {
        sid: place as u32 + 1,
        gid: POLICY_GENERATOR,
        revision: 1,
        message: format!("policy {}: {} {because}", entry.name, entry.deed.name()),
        priority: Some(if action == Action::Alert { 3 } else { 1 }),
        metadata,
        stage: Stage::Transaction,
        sinkhole: entry.deed == Deed::Sinkhole,
        ..Rule::empty(action, RuleProtocol::Any)
    }
}
