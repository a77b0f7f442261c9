//! Tells the devices what happens in their flows, and takes their findings as rules that have matched.
//!
//! Neighbour: [`crate::device`] knows the devices. A flow tells its first packet, the first answer, amounts from time to
//! time, whole transactions, alerts and its end.
use super::{
    WorkState,
    flow::{Case, Facts, FlowExtra, Work},
    outcome::Found,
};
use crate::device::{
    contact::{Contact, Happening, Login},
    identity::is_unicast,
    watch::DEVICE_GENERATOR,
};
use core::mem::replace;
use otori_event::Timestamp;
use otori_rule::{Hit, Rule, set::LIST_GENERATOR};
use otori_wire::{
    Conversation, Direction, Flow, Packet, Transaction,
    decode::{Transport, protocol, tcp_flag},
    proto::{dns, http, quic, tls},
};
use std::sync::Arc;

/// Amounts are told when so many packets …
const PACKETS_TOLD: u64 = 128;
/// … or bytes have come, …
const BYTES_TOLD: u64 = 64 << 10;
/// … or that time has passed.
const TOLD_NS: i64 = 1_000_000_000;
/// Places among the hits of a packet: behind rules and lists.
const FIRST_SLOT: u32 = 1 << 31;
/// Classes of rules about what infected devices do and where.
const BAD: &[&str] = &[
    "coin-mining",
    "command-and-control",
    "credential-theft",
    "domain-c2",
    "exploit-kit",
    "targeted-activity",
    "trojan-activity",
];
/// Classes of rules about attempts.
const ATTEMPTS: &[&str] = &[
    "attempted-admin",
    "attempted-dos",
    "attempted-recon",
    "attempted-user",
    "default-login-attempt",
    "misc-attack",
    "network-scan",
    "shellcode-detect",
    "successful-admin",
    "successful-user",
    "suspicious-login",
    "web-application-attack",
];
/// Words in categories of lists of bad places.
const BAD_CATEGORIES: &[&str] = &["malware", "botnet", "c2", "phishing", "exploit", "ransom", "mining"];

impl Work<'_> {
    /// A packet of a flow: the first one says whose it is.
    pub(super) fn tell_devices(
        &mut self,
        flow: &mut Flow<FlowExtra>,
        direction: Direction,
        packet: &Packet<'_>,
    ) {
        let Some(devices) = &self.state.devices else { return };
        if flow.protocol == protocol::ICMPV6 {
            devices.claim(packet);
        }
        let ends = (flow.client, flow.server);
        let first_answer = direction == Direction::ToClient && flow.packets[1] == 1;
        if flow.packets[0] + flow.packets[1] == 1 {
            flow.extra.ends = devices.ends(ends, direction, packet, &self.state.carriers).into();
        } else if first_answer && flow.extra.ends.server.is_none() {
            flow.extra.ends.server = devices.answering(ends, packet, &self.state.carriers);
        } else {
            return;
        }
        for device in devices.take_gone() {
            self.state.eve.device(packet.at, &device);
            device.retire();
        }
    }

    /// Tells what a packet does, as far as it is worth telling.
    pub(super) fn watch_packet(
        &mut self,
        case: &mut Case<'_, '_>,
        direction: Direction,
        conversation: &Conversation,
        extra: &mut FlowExtra,
    ) {
        if extra.ends.is_empty() {
            return;
        }
        let Facts { packets, bytes, .. } = case.facts;
        if packets[0] + packets[1] == 1 {
            self.happened(case, conversation, extra, &Happening::Opened);
        }
        if !extra.ends.story.answered && is_answer(case.packet, direction, packets) {
            extra.ends.story.answered = true;
            self.happened(case, conversation, extra, &Happening::Answered);
        }
        let story = &extra.ends.story;
        let (told_packets, told_bytes) = story.told;
        let enough = packets[0] + packets[1] - told_packets[0] - told_packets[1] >= PACKETS_TOLD
            || bytes[0] + bytes[1] - told_bytes[0] - told_bytes[1] >= BYTES_TOLD
            || case.packet.at.since_ns(story.told_at) >= TOLD_NS;
        if enough {
            self.watch_amounts(case, conversation, extra);
        }
    }

    fn watch_amounts(&mut self, case: &mut Case<'_, '_>, conversation: &Conversation, extra: &mut FlowExtra) {
        let Facts { packets, bytes, .. } = case.facts;
        let story = &mut extra.ends.story;
        let (old_packets, old_bytes) = replace(&mut story.told, (packets, bytes));
        story.told_at = case.packet.at;
        let packets = [packets[0] - old_packets[0], packets[1] - old_packets[1]];
        let bytes = [bytes[0] - old_bytes[0], bytes[1] - old_bytes[1]];
        self.happened(case, conversation, extra, &Happening::Progress { packets, bytes });
    }

    /// Tells a whole transaction, once.
    pub(super) fn watch_transaction(
        &mut self,
        case: &mut Case<'_, '_>,
        conversation: &Conversation,
        extra: &mut FlowExtra,
        transaction: &mut Transaction,
    ) {
        if extra.ends.is_empty()
            || !transaction.is_complete()
            || replace(&mut transaction.marks.watched, true)
        {
            return;
        }
        let hosts = [tls::SNI, quic::SNI, http::HOST_RAW];
        if let Some(host) = hosts.iter().find_map(|id| transaction.fields.get(*id)) {
            let bare = host.split(|byte| *byte == b':').next().unwrap_or(host);
            let name = crate::device::plain_name(bare);
            if name.is_some() && name != extra.ends.story.said {
                extra.ends.story.said = name;
                self.happened(case, conversation, extra, &Happening::Named);
            }
        }
        for (device, own) in extra.ends.devices() {
            device.learn(transaction, own, case.packet.at);
        }
        if let Some(name) = transaction.fields.get(dns::QUERY) {
            self.happened(case, conversation, extra, &Happening::Asked { name });
        }
        let mut pending = extra.ends.story.login.take().unwrap_or_default();
        pending.take(transaction, &mut |login| self.logged_in(case, conversation, extra, login));
        extra.ends.story.login = Some(pending);
    }

    fn logged_in(
        &mut self,
        case: &mut Case<'_, '_>,
        conversation: &Conversation,
        extra: &FlowExtra,
        login: &Login<'_>,
    ) {
        self.happened(case, conversation, extra, &Happening::Login(*login));
    }

    /// The flow is over.
    pub(super) fn watch_end(
        &mut self,
        case: &mut Case<'_, '_>,
        conversation: &Conversation,
        extra: &mut FlowExtra,
    ) {
        if extra.ends.is_empty() {
            return;
        }
        if let Some(mut pending) = extra.ends.story.login.take() {
            pending.close(&mut |login| self.logged_in(case, conversation, extra, login));
        }
        self.watch_amounts(case, conversation, extra);
        self.happened(case, conversation, extra, &Happening::Closed);
        for (device, _) in extra.ends.devices() {
            if device.is_due(case.packet.at) {
                self.state.eve.device(case.packet.at, device);
            }
        }
    }

    /// A rule has matched on a packet that goes in `direction`.
    pub(super) fn watch_alert(
        &mut self,
        case: &Case<'_, '_>,
        direction: Direction,
        conversation: &Conversation,
        extra: &FlowExtra,
        rule: &Rule,
    ) {
        if extra.ends.is_empty() || rule.gid == DEVICE_GENERATOR {
            return;
        }
        let attempt = ATTEMPTS.contains(&rule.class.as_str());
        let listed = rule.gid == LIST_GENERATOR && {
            let mut category = rule.all_metadata().filter(|(key, _)| *key == "category");
            category
                .any(|(_, value)| BAD_CATEGORIES.iter().any(|bad| value.to_ascii_lowercase().contains(bad)))
        };
        let bad = listed || BAD.contains(&rule.class.as_str());
        if !bad && !attempt {
            return;
        }
        let mut more = Vec::new();
        self.each(case, conversation, extra, &mut more, &mut |own| {
            let from_device = own == direction;
            Happening::Alert {
                message: &rule.message,
                from_device,
                infected: bad || (attempt && from_device),
            }
        });
        self.state.late.append(&mut more);
    }

    fn happened(
        &mut self,
        case: &mut Case<'_, '_>,
        conversation: &Conversation,
        extra: &FlowExtra,
        happening: &Happening<'_>,
    ) {
        let mut found = core::mem::take(&mut case.found);
        self.each(case, conversation, extra, &mut found, &mut |_| *happening);
        case.found = found;
    }

    /// Tells every device of the flow; `what` says it for one that sends in that direction.
    fn each<'h>(
        &self,
        case: &Case<'_, '_>,
        conversation: &Conversation,
        extra: &FlowExtra,
        found: &mut Vec<Found>,
        what: &mut dyn FnMut(Direction) -> Happening<'h>,
    ) {
        let Some(devices) = &self.state.devices else { return };
        let map = devices.map();
        for (device, own) in extra.ends.devices() {
            let contact = contact(&case.facts, case.packet.at, conversation, extra, own, devices);
            device.see(&contact, &what(own), map.actions(), &mut |rule| {
                let from_device = crate::device::watch::row_of(rule.sid).from_device;
                let direction = if from_device { own } else { own.flip() };
                found.push(Found { hit: hit(rule), direction });
            });
        }
    }
}

impl WorkState {
    /// The end: what is known of every device.
    pub(super) fn write_devices(&mut self, at: Timestamp) {
        let Some(devices) = &self.devices else { return };
        for (_, device) in devices.all() {
            self.eve.device(at, &device);
        }
    }
}

fn hit(rule: Arc<Rule>) -> Hit {
    let slot = FIRST_SLOT + rule.sid;
    Hit { rule, transaction: None, in_stream: true, slot }
}

/// The flow as the device sees it that sends in direction `own`.
fn contact<'a>(
    facts: &Facts,
    at: Timestamp,
    conversation: &Conversation,
    extra: &'a FlowExtra,
    own: Direction,
    devices: &crate::device::Devices,
) -> Contact<'a> {
    let (me, peer) = facts.ends(own);
    let opened = own == Direction::ToServer;
    let turned = |pair: [u64; 2]| if opened { pair } else { [pair[1], pair[0]] };
    let named = extra.naming.application().map(|(_, application)| application.name);
    let recognised = || conversation.protocol().map(|row| row.name);
    Contact {
        at,
        started_at: facts.started_at,
        opened,
        begin: extra.ends.story.begin,
        own: me,
        peer,
        near: devices.is_near(peer.ip) || !is_unicast(peer.ip),
        protocol: facts.protocol,
        answered: extra.ends.story.answered,
        application: named.or_else(recognised),
        said: extra.ends.story.said.as_deref().filter(|_| opened),
        found: extra.ends.story.found.as_deref().filter(|_| opened),
        bytes: turned(facts.bytes),
        packets: turned(facts.packets),
    }
}

/// Whether the packet shows that the server has taken the flow up. Where only one side is seen, the client's
/// acknowledgement shows it.
fn is_answer(packet: &Packet<'_>, direction: Direction, packets: [u64; 2]) -> bool {
    match packet.transport {
        Transport::Tcp { flags, .. } if flags & tcp_flag::RST != 0 => false,
        Transport::Tcp { flags, .. } if direction == Direction::ToServer => {
            flags & (tcp_flag::SYN | tcp_flag::ACK) == tcp_flag::ACK && packets[0] > 0
        }
        _ => direction == Direction::ToClient,
    }
}
