//! Asks the lists about the ends of a flow and the names and URLs of a transaction: what is on one becomes a [`Hit`] like
//! that of a rule.
//!
//! Which fields are names is in [`NAMES`]; a request of HTTP is looked up as a URL as soon as its headers are there.

use super::{Ask, Hit, RuleSet, View};
use crate::{
    keyword,
    list::{Listed, Lists, Subject},
    rule::{Action, Rule, RuleProtocol, Stage},
};
use otori_wire::{
    Direction, FieldId, Transaction,
    proto::{ProtocolId, dns, http, quic, tls},
    transaction::{Field, Progress},
};
use std::{borrow::Cow, sync::Arc};

/// Generator of alerts about lists; rules have 1.
pub const LIST_GENERATOR: u32 = 1_001;
/// Places among the hits of a packet: behind all rules.
const FIRST_SLOT: u32 = 1 << 30;

/// How a field names a host.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// it is one
    Whole,
    /// a distinguished name, whose common name is one (RFC 4514)
    CommonName,
}

/// Fields that name hosts.
const NAMES: &[(FieldId, Form)] = &[
    (dns::QUERY, Form::Whole),
    (dns::ANSWER_NAME, Form::Whole),
    (tls::SNI, Form::Whole),
    (quic::SNI, Form::Whole),
    (tls::ALTERNATIVE, Form::Whole),
    (tls::SUBJECT, Form::CommonName),
];

/// Fields that lists are asked about.
pub(super) fn fields() -> impl Iterator<Item = FieldId> {
    NAMES.iter().map(|(id, _)| *id)
}

impl RuleSet {
    /// The lists.
    pub const fn lists(&self) -> &Lists {
        &self.lists
    }
    /// The lists, to change them.
    pub const fn lists_mut(&mut self) -> &mut Lists {
        &mut self.lists
    }

    /// Asks the lists about the ends of a flow, once, and again when an entry came; without a flow about each packet's.
    pub fn inspect_ends(&self, view: &View<'_, '_>, ask: &mut Ask<'_>) {
        let Ask { marks, scratch, hits, .. } = ask;
        let version = self.lists.version();
        if core::mem::replace(&mut marks.ends_asked, version) == version || view.source.ip.is_unspecified() {
            return;
        }
        for end in [view.source, view.destination] {
            let mut tell = |listed: Listed<'_>| keep(hits, &listed, None, Stage::Address);
            self.lists.look_up(Subject::Address(end.ip), &mut scratch.room, &mut tell);
        }
    }

    /// Asks the lists about what one direction of a transaction has that was not asked about.
    pub fn inspect_lists(
        &self,
        view: &View<'_, '_>,
        direction: Direction,
        transaction: &mut Transaction,
        ask: &mut Ask<'_>,
    ) {
        if self.lists.is_empty() {
            return;
        }
        let id = transaction.id;
        let Ask { scratch, hits, .. } = ask;
        let mut tell = |listed: Listed<'_>| keep(hits, &listed, Some(id), Stage::Transaction);
        if direction == Direction::ToServer
            && matches!(transaction.protocol, ProtocolId::Http | ProtocolId::Http2)
        {
            if transaction.progress[direction.index()] < Progress::Headers
                || core::mem::replace(&mut transaction.marks.listed[direction.index()], 1) != 0
            {
                return;
            }
            for port in [None, Some(view.destination.port)] {
                let Some(url) = url_of(transaction, port) else { break };
                self.lists.look_up(url.subject(), &mut scratch.room, &mut tell);
            }
            return;
        }
        let done = usize::from(transaction.marks.listed[direction.index()]);
        let mut count = 0;
        for field in transaction.fields.iter() {
            let Some(form) = form_of(field, direction) else { continue };
            count += 1;
            if count > done {
                let name = match form {
                    Form::Whole => &*field.bytes,
                    Form::CommonName => common_name(&field.bytes),
                };
                self.lists.look_up(Subject::Host(name), &mut scratch.room, &mut tell);
            }
        }
        transaction.marks.listed[direction.index()] = u16::try_from(count).unwrap_or(u16::MAX);
    }
}

/// Keeps what is on a list as a hit. Two names of one exchange may be on the same list: one is proof enough.
fn keep(hits: &mut Vec<Hit>, listed: &Listed<'_>, transaction: Option<u64>, stage: Stage) {
    let place = listed.place as u32;
    let slot = FIRST_SLOT + place;
    if hits.iter().all(|other| (other.slot, other.transaction) != (slot, transaction)) {
        let rule = Arc::new(rule_of(listed, place + 1, stage));
        hits.push(Hit { rule, transaction, in_stream: stage == Stage::Transaction, slot });
    }
}

fn form_of(field: &Field, direction: Direction) -> Option<Form> {
    let (_, form) = NAMES.iter().find(|(id, _)| *id == field.id)?;
    (field.complete && keyword::direction_of(field.id) == Some(direction)).then_some(*form)
}

/// What a request asks for.
struct Url<'a> {
    authority: Cow<'a, [u8]>,
    target: &'a [u8],
    usual_port: u16,
}

impl Url<'_> {
    fn subject(&self) -> Subject<'_> {
        Subject::Url { authority: &self.authority, target: self.target, usual_port: self.usual_port }
    }
}

/// The URL of a request as it says itself; with a port, as it is where it says none and the server has an unusual one.
fn url_of(transaction: &Transaction, port: Option<u16>) -> Option<Url<'_>> {
    let usual_port = if transaction.protocol == ProtocolId::Http2 { 443 } else { 80 };
    let target = transaction.fields.get(http::URI_RAW)?;
    let host = transaction.fields.get(http::HOST_RAW).unwrap_or_default();
    if let Some(port) = port {
        let says_none = !target.contains(&b':') && !host.contains(&b':') && !host.is_empty();
        let url =
            || Url { authority: [host, format!(":{port}").as_bytes()].concat().into(), target, usual_port };
        return (says_none && port != usual_port).then(url);
    }
    // A target may be a whole URL (RFC 9112, section 3.2.2).
    let scheme = target.windows(3).position(|three| three == b"://").filter(|_| !target.starts_with(b"/"));
    let (authority, target) = match scheme {
        Some(at) => {
            let rest = target.get(at + 3..)?;
            rest.split_at(rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len()))
        }
        None => (host, target),
    };
    Some(Url { authority: authority.into(), target, usual_port })
}

/// `C=JP, CN=camera.example` names `camera.example`.
fn common_name(subject: &[u8]) -> &[u8] {
    let parts = subject.split(|byte| *byte == b',');
    parts.filter_map(|part| part.trim_ascii().strip_prefix(b"CN=")).next_back().unwrap_or_default()
}

/// What a hit says, and the proof: list, line, entry.
fn rule_of(listed: &Listed<'_>, number: u32, stage: Stage) -> Rule {
    let spec = listed.spec;
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let action = if listed.vetoed.is_some() { Action::Alert } else { spec.action };
    let mut metadata = vec![
        pair("list", &spec.name),
        pair("category", &spec.category),
        pair("entry", &listed.entry),
        pair("line", &listed.row.to_string()),
    ];
    metadata.extend(listed.vetoed.as_deref().map(|why| pair("not_blocked", why)));
    Rule {
        sid: number,
        gid: LIST_GENERATOR,
        revision: 1,
        message: format!("{} on list {}: {}", spec.category, spec.name, listed.entry),
        priority: Some(if action == Action::Alert { 3 } else { 1 }),
        metadata,
        stage,
        sinkhole: spec.sinkhole && listed.vetoed.is_none(),
        ..Rule::empty(action, RuleProtocol::Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FlowMarks, Globals, list::ListSpec, set::Scratch};
    use core::net::Ipv4Addr;
    use otori_event::{Endpoint, Timestamp};
    use otori_wire::{LinkType, Packet, decode, transaction::Transactions};

    const SERVER_PORT: u16 = 8080;

    fn view<'a>(packet: &'a Packet<'a>, direction: Direction, protocol: ProtocolId) -> View<'a, 'a> {
        let end = |port| Endpoint { ip: Ipv4Addr::LOCALHOST.into(), port };
        View {
            direction: Some(direction),
            established: true,
            streamed: true,
            application: Some(protocol),
            ..View::lone(packet, end(40_000), end(SERVER_PORT), 6)
        }
    }

    fn asked(protocol: ProtocolId, fields: &[(FieldId, &str)], direction: Direction) -> Vec<String> {
        let mut rules = RuleSet::default();
        let spec = ListSpec::new("evil", "malware", Action::Drop);
        rules.lists_mut().load(spec, b"evil.example\nhttp://cdn.example:8080/bins/\n").unwrap();
        let mut transactions = Transactions::empty();
        let id = transactions.open(protocol);
        let transaction = transactions.get_mut(id).unwrap();
        for (id, text) in fields {
            transaction.fields.set(*id, text.as_bytes());
        }
        transaction.advance(direction, Progress::Headers);
        let (mut marks, mut globals, mut scratch) =
            (FlowMarks::default(), Globals::default(), Scratch::default());
        let mut hits = Vec::new();
        let packet = decode(LinkType::Ethernet, Timestamp(0), &[]);
        let view = view(&packet, direction, protocol);
        for _ in 0..2 {
            // Once is enough.
            let mut ask =
                Ask { marks: &mut marks, globals: &mut globals, scratch: &mut scratch, hits: &mut hits };
            rules.inspect_lists(&view, direction, transaction, &mut ask);
        }
        hits.iter().map(|hit| hit.rule.message.clone()).collect()
    }

    #[test]
    fn the_ends_of_a_flow_are_asked_about_once_and_again_when_an_entry_came() {
        let mut rules = RuleSet::default();
        let spec = ListSpec::new("evil", "malware", Action::Drop);
        rules.lists_mut().load(spec, b"198.51.100.9\n2001:db8::9\nhttp://198.51.100.8/x\n").unwrap();
        let packet = decode(LinkType::Ethernet, Timestamp(0), &[]);
        let (mut globals, mut scratch) = (Globals::default(), Scratch::default());
        let mut ask_about = |rules: &RuleSet, marks: &mut FlowMarks, ends: [&str; 2]| {
            let [source, destination] = ends.map(|ip| Endpoint { ip: ip.parse().unwrap(), port: 1 });
            let view = View { source, destination, ..view(&packet, Direction::ToServer, ProtocolId::Http) };
            let mut hits = Vec::new();
            let (globals, scratch) = (&mut globals, &mut scratch);
            rules.inspect_ends(&view, &mut Ask { marks, globals, scratch, hits: &mut hits });
            hits.iter().map(|hit| hit.rule.message.clone()).collect::<Vec<_>>()
        };
        let mut marks = FlowMarks::default();
        let found = ["malware on list evil: 198.51.100.9"];
        assert_eq!(ask_about(&rules, &mut marks, ["192.0.2.1", "198.51.100.9"]), found);
        assert_eq!(ask_about(&rules, &mut marks, ["198.51.100.9", "192.0.2.1"]), [""; 0], "asked already");
        assert_eq!(ask_about(&rules, &mut FlowMarks::default(), ["198.51.100.9", "192.0.2.1"]), found);
        let mapped = ["::ffff:198.51.100.9", "::ffff:198.51.100.9"];
        assert_eq!(ask_about(&rules, &mut FlowMarks::default(), mapped), found);
        let six = ["2001:db8::1", "2001:db8::9"];
        let found_six = ["malware on list evil: 2001:db8::9"];
        assert_eq!(ask_about(&rules, &mut FlowMarks::default(), six), found_six);
        let other = ["192.0.2.1", "198.51.100.8"];
        let mut marks = FlowMarks::default();
        assert_eq!(ask_about(&rules, &mut marks, other), [""; 0], "a URL there is listed, not the host");
        rules.lists_mut().add("evil", "198.51.100.8").unwrap();
        assert_eq!(ask_about(&rules, &mut marks, other), ["malware on list evil: 198.51.100.8"]);
    }

    #[test]
    fn every_name_that_is_seen_is_looked_up() {
        use Direction::{ToClient, ToServer};
        let name = ["malware on list evil: evil.example"];
        let url = ["malware on list evil: cdn.example:8080/bins/"];
        assert_eq!(asked(ProtocolId::Dns, &[(dns::QUERY, "a.evil.example")], ToServer), name);
        assert_eq!(asked(ProtocolId::Dns, &[(dns::QUERY, "good.example")], ToServer), [""; 0]);
        assert_eq!(asked(ProtocolId::Tls, &[(tls::SNI, "evil.example")], ToServer), name);
        assert_eq!(asked(ProtocolId::Quic, &[(quic::SNI, "evil.example")], ToServer), name);
        let subject = "C=JP, O=Someone, CN=evil.example";
        assert_eq!(asked(ProtocolId::Tls, &[(tls::SUBJECT, subject)], ToClient), name);
        let others = [(tls::ALTERNATIVE, "good.example"), (tls::ALTERNATIVE, "x.evil.example")];
        assert_eq!(asked(ProtocolId::Tls, &others, ToClient), name);
        let request = |target, host| [(http::URI_RAW, target), (http::HOST_RAW, host)];
        assert_eq!(asked(ProtocolId::Http, &request("/bins/x", "cdn.example:8080"), ToServer), url);
        assert_eq!(
            asked(ProtocolId::Http, &request("/bins/x", "cdn.example"), ToServer),
            url,
            "the server's port"
        );
        assert_eq!(asked(ProtocolId::Http, &request("/bins/x", "cdn.example:80"), ToServer), [""; 0]);
        let absolute = request("http://cdn.example:8080/bins/x", "other.example");
        assert_eq!(asked(ProtocolId::Http, &absolute, ToServer), url);
        assert_eq!(
            asked(ProtocolId::Http, &request("/?u=http://evil.example/", "a.example"), ToServer),
            [""; 0]
        );
        assert_eq!(asked(ProtocolId::Http, &request("/", "evil.example"), ToServer), name);
    }
}
