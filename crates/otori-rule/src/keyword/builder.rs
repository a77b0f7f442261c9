//! A rule in the making: the current buffer, the last content, and the checks at the end.
//!
//! Key type: [`Builder`].
use crate::{
    address::AddressSet,
    port::PortSet,
    rule::{Action, Check, Compare, FlowOptions, Group, HeaderPart, Pick, Rule, RuleProtocol, Stage, Target},
    state::Tables,
    step::{Content, Step},
    transform::Transform,
};
use otori_wire::{
    FieldId,
    flow::Direction,
    proto::{self, FieldRow, NumberRow, ProtocolId},
};

use std::sync::LazyLock;

/// A rule in the making.
pub struct Builder<'a> {
    /// what is there so far
    pub(super) rule: Rule,
    /// names of bits, lists, files
    pub(super) tables: &'a mut Tables,
    /// names of extracted numbers, by place
    pub(super) extracts: Vec<String>,
    sid_seen: bool,
    /// `None`: the payload
    buffer: Option<(&'static str, Target)>,
    transforms: Vec<Transform>,
    /// group and step of the last content or expression
    last: Option<(usize, usize)>,
    /// group and step that were added last
    latest: Option<(usize, usize)>,
    /// group and step of the last `base64_decode`
    decoded: Option<(usize, usize)>,
    /// following steps look at what it decoded
    in_decoded: bool,
    /// groups before this place belong to earlier buffers of the same name
    first_group: usize,
}

impl Rule {
    /// A rule with that header and no options.
    pub fn empty(action: Action, protocol: RuleProtocol) -> Rule {
        Rule {
            action,
            protocol,
            source: AddressSet::default(),
            source_ports: PortSet::default(),
            destination: AddressSet::default(),
            destination_ports: PortSet::default(),
            both_ways: false,
            sid: 0,
            gid: 1,
            revision: 0,
            message: String::new(),
            class: String::new(),
            class_meaning: None,
            priority: None,
            metadata: Vec::new(),
            flow: FlowOptions::default(),
            checks: Vec::new(),
            groups: Vec::new(),
            memory: Vec::new(),
            application_events: Vec::new(),
            threshold: None,
            silent: false,
            outspoken: false,
            bypass: false,
            quiet: None,
            tags: Vec::new(),
            sinkhole: false,
            stores_files: false,
            transactional: false,
            each_way: false,
            way: None,
            hook: None,
            fast: None,
            stage: Stage::Packet,
            also_packets: false,
            made_at: None,
            text: String::new(),
        }
    }
}

/// Rows of all protocols whose sticky buffer has that name.
fn rows_by_keyword(name: &str) -> impl Iterator<Item = &'static FieldRow> + '_ {
    proto::fields().filter(move |row| row.keyword == name || row.aliases.contains(&name))
}

/// Direction of a field; `None` for an unknown one. Asked for every field of every transaction: a table.
pub(crate) fn direction_of(id: FieldId) -> Option<Direction> {
    static TABLE: LazyLock<Vec<Option<Direction>>> = LazyLock::new(|| {
        let fields = proto::fields().map(|row| (row.id, row.direction));
        let all: Vec<_> = fields.chain(proto::numbers().map(|row| (row.id, row.direction))).collect();
        let size = all.iter().map(|(id, _)| usize::from(id.0) + 1).max().unwrap_or(0);
        let mut table = vec![None; size];
        for (id, direction) in all {
            if let Some(place) = table.get_mut(usize::from(id.0)) {
                *place = Some(direction);
            }
        }
        table
    });
    TABLE.get(usize::from(id.0)).copied().flatten()
}

/// Buffers that a transaction may have several of: Suricata's manual, "Multiple Buffer Matching".
const SEVERAL: &[&str] = &[
    "dns.additionals.rrname",
    "dns.answers.rrname",
    "dns.authorities.rrname",
    "dns.queries.rrname",
    "dns.query",
    "dns.response.rrname",
    "email.received",
    "email.url",
    "file.data",
    "file.magic",
    "file.name",
    "http.request_header",
    "http.response_header",
    "http2.header",
    "http2.header_name",
    "ike.vendor",
    "krb5.cname",
    "krb5.sname",
    "ldap.request.attribute_type",
    "ldap.request.attributes",
    "ldap.responses.attribute_type",
    "ldap.responses.attributes",
    "ldap.responses.dn",
    "ldap.responses.message",
    "mqtt.subscribe.topic",
    "mqtt.unsubscribe.topic",
    "quic.cyu.hash",
    "quic.cyu.string",
    "sip.content_length",
    "sip.content_type",
    "sip.from",
    "sip.to",
    "sip.user_agent",
    "sip.via",
    "smtp.rcpt_to",
    "tls.alpn",
    "tls.cert_subject",
    "tls.certs",
    "tls.subjectaltname",
];

/// Buffers that are headers of the packet.
const HEADERS: &[(&str, HeaderPart)] = &[
    ("ether.hdr", HeaderPart::Link),
    ("igmp.hdr", HeaderPart::Igmp),
    ("ipv4.hdr", HeaderPart::Ipv4),
    ("ipv6.hdr", HeaderPart::Ipv6),
    ("tcp.hdr", HeaderPart::Tcp),
    ("udp.hdr", HeaderPart::Udp),
    ("icmpv4.hdr", HeaderPart::Icmp4),
    ("icmpv6.hdr", HeaderPart::Icmp6),
    ("ip.src", HeaderPart::Source),
    ("ip.dst", HeaderPart::Destination),
];

/// Whether that buffer is a header of the packet.
pub(super) fn is_header(name: &str) -> bool {
    HEADERS.iter().any(|(have, _)| *have == name)
}

impl<'a> Builder<'a> {
    pub(crate) fn new(rule: Rule, tables: &'a mut Tables) -> Self {
        Builder {
            rule,
            tables,
            extracts: Vec::new(),
            sid_seen: false,
            buffer: None,
            transforms: Vec::new(),
            last: None,
            latest: None,
            decoded: None,
            in_decoded: false,
            first_group: 0,
        }
    }
    /// Following steps look at that buffer; `false` when there is none of that name. `side` chooses where both
    /// directions have it.
    pub(super) fn sticky(&mut self, name: &str, side: Option<&str>) -> Result<bool, String> {
        if let Some((keyword, part)) = HEADERS.iter().find(|(have, _)| *have == name) {
            self.look_at(keyword, Target::Header(*part));
            return Ok(true);
        }
        let mut rows: Vec<&FieldRow> = rows_by_keyword(name).collect();
        match side {
            Some("to_server") => rows.retain(|row| row.direction == Direction::ToServer),
            Some("to_client") => rows.retain(|row| row.direction == Direction::ToClient),
            Some(other) if !rows.is_empty() => return Err(format!("{name} takes no value {other:?}")),
            _ => {}
        }
        let Some(first) = rows.first() else { return Ok(false) };
        self.look_at(first.keyword, Target::Fields(unique(rows.iter().map(|row| row.id))));
        Ok(true)
    }
    fn look_at(&mut self, keyword: &'static str, target: Target) {
        // Of buffers that a transaction may have several of, each mention may mean another one.
        self.first_group = if SEVERAL.contains(&keyword) { self.rule.groups.len() } else { 0 };
        self.buffer = Some((keyword, target));
        self.transforms.clear();
        self.last = None;
        self.in_decoded = false;
    }
    /// Following steps look at the payload again.
    pub(super) fn payload(&mut self) {
        self.buffer = None;
        self.first_group = 0;
        self.transforms.clear();
        self.last = None;
        self.in_decoded = false;
    }
    /// The last step was a `base64_decode`.
    pub(super) fn note_decoded(&mut self) {
        self.decoded = self.latest;
    }
    /// Following steps look at what the last `base64_decode` gave.
    pub(super) fn enter_decoded(&mut self) -> Result<(), String> {
        if self.decoded.is_none() {
            return Err("base64_data needs a base64_decode before it".into());
        }
        self.in_decoded = true;
        self.transforms.clear();
        Ok(())
    }
    /// A number of a protocol compares; `false` when there is none of that name.
    pub(super) fn number(&mut self, name: &str, value: &str) -> Result<bool, String> {
        let rows: Vec<&NumberRow> =
            proto::numbers().filter(|row| row.keyword == name || row.aliases.contains(&name)).collect();
        let Some(first) = rows.first() else { return Ok(false) };
        // `to_client, >9` where both directions have the number.
        let (side, value) = match value.split_once(',') {
            Some((side, rest)) if side.trim() == "to_server" => (Some(Direction::ToServer), rest),
            Some((side, rest)) if side.trim() == "to_client" => (Some(Direction::ToClient), rest),
            _ => (None, value),
        };
        let rows: Vec<&NumberRow> =
            rows.iter().copied().filter(|row| side.is_none_or(|side| row.direction == side)).collect();
        let (compare, pick) = super::number::read(value, first.form)?;
        let ids = unique(rows.iter().map(|row| row.id));
        self.push_number(first.keyword, ids, compare, pick);
        Ok(true)
    }
    /// The same with a comparison that is there already.
    pub(super) fn number_is(&mut self, name: &str, compare: Compare) {
        let rows: Vec<&NumberRow> = proto::numbers().filter(|row| row.keyword == name).collect();
        if let Some(first) = rows.first() {
            self.push_number(first.keyword, unique(rows.iter().map(|row| row.id)), compare, Pick::Any);
        }
    }
    fn push_number(&mut self, keyword: &'static str, ids: Vec<FieldId>, compare: Compare, pick: Pick) {
        self.push_alone(keyword, ids, Step::NumberIs(compare), pick);
    }
    /// A condition of its own on a number of a protocol.
    pub(super) fn push_named_number(&mut self, name: &str, step: Step) {
        let rows: Vec<&NumberRow> = proto::numbers().filter(|row| row.keyword == name).collect();
        if let Some(first) = rows.first() {
            self.push_alone(first.keyword, unique(rows.iter().map(|row| row.id)), step, Pick::Any);
        }
    }
    /// Steps on a buffer, all on the same one of several.
    pub(super) fn push_whole(&mut self, keyword: &str, steps: Vec<Step>) -> Result<(), String> {
        let rows: Vec<&FieldRow> = rows_by_keyword(keyword).collect();
        let Some(first) = rows.first() else { return Err(format!("no buffer {keyword}")) };
        let target = Target::Fields(unique(rows.iter().map(|row| row.id)));
        let (keyword, transforms, pick) = (first.keyword, Vec::new(), Pick::Any);
        self.rule.groups.push(Group { target, keyword, transforms, pick, steps });
        Ok(())
    }
    fn push_alone(&mut self, keyword: &'static str, ids: Vec<FieldId>, step: Step, pick: Pick) {
        let target = Target::Fields(ids);
        self.rule.groups.push(Group { target, keyword, transforms: Vec::new(), pick, steps: vec![step] });
    }
    /// The buffer is changed before it is looked at.
    pub(super) fn transform(&mut self, transform: Transform) -> Result<(), String> {
        if self.buffer.is_none() {
            return Err("a transform needs a sticky buffer before it".into());
        }
        self.transforms.push(transform);
        Ok(())
    }
    /// Suricata 3: the last content belongs to another buffer. `false` when there is no modifier of that name.
    pub(super) fn modifier(&mut self, name: &str) -> Result<bool, String> {
        let rows: Vec<&FieldRow> = proto::fields().filter(|row| row.modifier == Some(name)).collect();
        let Some(first) = rows.first() else { return Ok(false) };
        let Some((group, step)) = self.last.take() else {
            return Err(format!("{name} needs a content before it"));
        };
        let from = self.rule.groups.get_mut(group).filter(|group| step + 1 == group.steps.len());
        let Some(moved) = from.and_then(|group| group.steps.pop()) else {
            return Err(format!("{name} needs a content right before it"));
        };
        let target = Target::Fields(unique(rows.iter().map(|row| row.id)));
        self.last = Some(self.push_to(target, first.keyword, Vec::new(), moved));
        Ok(true)
    }
    /// Adds a step to a buffer that the step itself names (`pcre` with a letter, `urilen`).
    pub(super) fn push_named(&mut self, keyword: &str, step: Step) -> Result<(), String> {
        let rows: Vec<&FieldRow> = rows_by_keyword(keyword).collect();
        let Some(first) = rows.first() else { return Err(format!("no buffer {keyword}")) };
        let target = Target::Fields(unique(rows.iter().map(|row| row.id)));
        let is_content = matches!(step, Step::Content(_));
        let place = self.push_to(target, first.keyword, Vec::new(), step);
        self.last = is_content.then_some(place).or(self.last);
        Ok(())
    }
    /// Adds a step to the current buffer.
    pub(super) fn push(&mut self, step: Step) {
        if self.in_decoded
            && let Some((group, place)) = self.decoded
            && let Some(Step::Decoded { steps, .. }) =
                self.rule.groups.get_mut(group).and_then(|group| group.steps.get_mut(place))
        {
            steps.push(step);
            return;
        }
        let (target, keyword) = match &self.buffer {
            Some((keyword, target)) => (target.clone(), *keyword),
            None => (Target::Payload, "payload"),
        };
        let is_content = matches!(step, Step::Content(_) | Step::Pattern { .. });
        let place = self.push_to(target, keyword, self.transforms.clone(), step);
        self.last = is_content.then_some(place).or(self.last);
    }
    /// Adds a step that counts from the last match: without a sticky buffer it belongs to that match's buffer.
    pub(super) fn push_relative(&mut self, step: Step) {
        let of_last = self.last.and_then(|(group, _)| self.rule.groups.get(group));
        match of_last.filter(|_| self.buffer.is_none() && !self.in_decoded) {
            Some(group) => {
                let (target, keyword, transforms) =
                    (group.target.clone(), group.keyword, group.transforms.clone());
                let is_content = matches!(step, Step::Content(_) | Step::Pattern { .. });
                let place = self.push_to(target, keyword, transforms, step);
                self.last = is_content.then_some(place).or(self.last);
            }
            None => self.push(step),
        }
    }
    /// One or the other.
    pub(super) fn push_where(&mut self, relative: bool, step: Step) {
        match relative {
            true => self.push_relative(step),
            false => self.push(step),
        }
    }
    fn push_to(
        &mut self,
        target: Target,
        keyword: &'static str,
        transforms: Vec<Transform>,
        step: Step,
    ) -> (usize, usize) {
        let same = |group: &Group| {
            group.target == target
                && group.transforms == transforms
                && group.pick == Pick::Any
                && !matches!(
                    group.steps.first(),
                    Some(Step::NumberIs(_) | Step::NumberAmong(..) | Step::IsPast(_))
                )
        };
        let first = self.first_group.min(self.rule.groups.len());
        let later = self.rule.groups.get(first..).unwrap_or(&[]);
        let place = later.iter().position(same).map(|place| first + place).unwrap_or_else(|| {
            self.rule.groups.push(Group { target, keyword, transforms, pick: Pick::Any, steps: Vec::new() });
            self.rule.groups.len() - 1
        });
        let step_place = match self.rule.groups.get_mut(place) {
            Some(group) => {
                group.steps.push(step);
                group.steps.len() - 1
            }
            None => 0,
        };
        self.latest = Some((place, step_place));
        (place, step_place)
    }
    /// The last content, for its modifiers.
    pub(super) fn last_content(&mut self, keyword: &str) -> Result<&mut Content, String> {
        let place = if self.in_decoded { self.decoded } else { self.last };
        let step = place.and_then(|(group, step)| self.rule.groups.get_mut(group)?.steps.get_mut(step));
        let step = match step {
            Some(Step::Decoded { steps, .. }) => steps.last_mut(),
            other => other,
        };
        match step {
            Some(Step::Content(content)) => Ok(content),
            _ => Err(format!("{keyword} needs a content before it")),
        }
    }
    pub(super) fn set_sid(&mut self, sid: u32) {
        self.rule.sid = sid;
        self.sid_seen = true;
    }

    /// Checks the whole, chooses the fast pattern and the stage.
    pub(crate) fn finish(mut self, text: &str) -> Result<Rule, String> {
        if !self.sid_seen {
            return Err("no sid".into());
        }
        self.rule.text = text.to_owned();
        self.rule.groups.retain(|group| !group.steps.is_empty());
        self.narrow_fields()?;
        self.rule.each_way = self.each_way();
        self.rule.way = self.way();
        self.rule.stage = self.stage();
        if let (Stage::Stream, Some(group)) = (self.rule.stage, payload_of(&self.rule)) {
            let placed = |step: &Step| {
                matches!(step, Step::Content(content)
                    if content.offset.is_some() || content.depth.is_some() || content.at_end)
            };
            self.rule.also_packets =
                self.rule.protocol != RuleProtocol::TcpStream && group.steps.iter().any(placed);
        }
        self.rule.fast = choose_fast(&self.rule);
        // There are many rules, and most have little of each.
        self.rule.groups.iter_mut().for_each(|group| group.steps.shrink_to_fit());
        self.rule.groups.shrink_to_fit();
        self.rule.checks.shrink_to_fit();
        self.rule.memory.shrink_to_fit();
        Ok(self.rule)
    }

    /// Keeps of each buffer the fields that the rule's protocol and direction can have.
    fn narrow_fields(&mut self) -> Result<(), String> {
        if self.rule.protocol == RuleProtocol::Application(ProtocolId::Http2) && self.asks_dns() {
            self.rule.protocol = RuleProtocol::Application(ProtocolId::Dns);
        }
        let protocol = self.rule.protocol;
        if self.rule.transactional {
            return Ok(());
        }
        let mut direction = self.rule.flow.direction;
        // One buffer that only one direction has decides for those that both have.
        direction = direction.or_else(|| self.rule.field_direction(direction_of));
        for group in &mut self.rule.groups {
            let Target::Fields(ids) = &mut group.target else { continue };
            let before = ids.clone();
            if let RuleProtocol::Application(of) = protocol {
                let fits = |id: &FieldId| match proto::owner(*id) {
                    Some(owner) => owner == ProtocolId::Shared || of.shares_fields_of(owner),
                    None => false,
                };
                ids.retain(fits);
            }
            if ids.len() > 1 {
                ids.retain(|id| direction.is_none() || direction_of(*id) == direction);
            }
            if ids.is_empty() {
                return Err(format!("{} does not fit the rule's protocol or direction", group.keyword));
            }
            let wrong_way = self.rule.flow.direction.is_some()
                && before.len() == 1
                && direction_of(before[0]) != self.rule.flow.direction;
            if wrong_way {
                return Err(format!("{} is not seen in the direction that flow says", group.keyword));
            }
        }
        Ok(())
    }

    /// The one direction that all its buffers are of; numbers may be of a whole exchange.
    fn way(&self) -> Option<Direction> {
        let rule = &self.rule;
        let ids = || {
            rule.groups.iter().filter_map(|group| match &group.target {
                Target::Fields(ids) => Some(ids),
                _ => None,
            })
        };
        if ids().flatten().any(|id| proto::numbers().any(|row| row.id == *id)) {
            return None;
        }
        let mut ways = ids().flatten().map(|id| direction_of(*id));
        let first = ways.next().flatten()?;
        (!rule.transactional && rule.hook.is_none() && ways.all(|way| way == Some(first))).then_some(first)
    }
    /// All its buffers are those of DNS, which HTTP/2 may carry.
    fn asks_dns(&self) -> bool {
        let of_dns = |id: &FieldId| proto::owner(*id) == Some(ProtocolId::Dns);
        let groups = &self.rule.groups;
        let of_dns = |group: &Group| matches!(&group.target, Target::Fields(ids) if ids.iter().any(of_dns));
        !groups.is_empty() && groups.iter().all(of_dns)
    }
    fn each_way(&self) -> bool {
        let rule = &self.rule;
        let both = |ids: &[FieldId]| {
            Direction::BOTH.iter().all(|way| ids.iter().any(|id| direction_of(*id) == Some(*way)))
        };
        let mut fields = rule.groups.iter().filter_map(|group| match &group.target {
            Target::Fields(ids) => Some(both(ids)),
            _ => None,
        });
        let bound = rule.transactional || rule.hook.is_some() || rule.flow.direction.is_some();
        !bound && fields.next() == Some(true) && fields.all(|both| both)
    }

    fn stage(&self) -> Stage {
        let rule = &self.rule;
        let on_fields = rule.groups.iter().any(|group| matches!(group.target, Target::Fields(_)));
        let application = matches!(rule.protocol, RuleProtocol::Application(_));
        let hooked = rule.hook.is_some();
        let of_transaction = rule.memory.iter().any(crate::rule::Memory::is_of_transaction);
        if on_fields || !rule.application_events.is_empty() || hooked || of_transaction {
            return Stage::Transaction;
        }
        let payload = payload_of(rule).is_some();
        let on_headers = rule.groups.iter().any(|group| matches!(group.target, Target::Header(_)));
        let packets_only = rule.protocol == RuleProtocol::TcpPacket
            || rule.flow.stream == Some(false)
            || on_headers
            || !rule.checks.iter().all(Check::goes_with_streams) && rule.flow.stream != Some(true);
        let may_be_tcp = matches!(
            rule.protocol,
            RuleProtocol::Any
                | RuleProtocol::IpVersion(_)
                | RuleProtocol::Tcp
                | RuleProtocol::TcpStream
                | RuleProtocol::Application(_)
        );
        if payload && may_be_tcp && !packets_only {
            return Stage::Stream;
        }
        let any_port = rule.source_ports.is_any() && rule.destination_ports.is_any();
        let plain = |set: &AddressSet| set.is_any() || set.plain_ranges().is_some();
        // What is asked of memory may change with every packet.
        let asks = |memory: &crate::rule::Memory| {
            memory.is_condition()
                || matches!(memory, crate::rule::Memory::Number(..) | crate::rule::Memory::NumberBy(..))
        };
        let only_memory = !rule.memory.iter().any(asks);
        let bare = rule.groups.is_empty()
            && rule.checks.iter().all(Check::is_about_addresses)
            && rule.flow == FlowOptions::default()
            && rule.protocol != RuleProtocol::TcpPacket
            && rule.protocol != RuleProtocol::TcpStream
            && !matches!(rule.protocol, RuleProtocol::Frame(_))
            && only_memory
            && !application;
        // A service is an address and a port: it is asked once per flow as well, so that one verdict is given.
        let listed = rule.source.plain_ranges().is_some() || rule.destination.plain_ranges().is_some();
        let addresses = listed || any_port && plain(&rule.source) && plain(&rule.destination);
        if bare && addresses { Stage::Address } else { Stage::Packet }
    }
}

fn unique(ids: impl Iterator<Item = FieldId>) -> Vec<FieldId> {
    let mut list: Vec<FieldId> = ids.collect();
    list.sort_unstable();
    list.dedup();
    list
}

fn payload_of(rule: &Rule) -> Option<&Group> {
    rule.groups.iter().find(|group| group.target == Target::Payload)
}

/// The content that the prefilter searches: the one that asks for it, else the longest, fields before payload.
fn choose_fast(rule: &Rule) -> Option<(usize, usize)> {
    let transaction = rule.stage == Stage::Transaction;
    let mut best_score = (false, 0, false);
    let mut best = None;
    for (g, group) in rule.groups.iter().enumerate() {
        if transaction && !matches!(group.target, Target::Fields(_))
            || matches!(group.target, Target::Header(_))
        {
            continue;
        }
        for (s, step) in group.steps.iter().enumerate() {
            let Step::Content(content) = step else { continue };
            if content.negated || content.pattern.is_empty() {
                continue;
            }
            let score = (content.fast, content.pattern.len(), group.transforms.is_empty());
            if score > best_score {
                best_score = score;
                best = Some((g, s));
            }
        }
    }
    best
}
