//! Asks the rules about a packet, a piece of a stream, a transaction.
//!
//! Each function collects candidates, puts them in order and decides one by one.
use super::{FieldFilter, Hit, RuleSet, View};
use crate::{
    keyword,
    limits::{CANDIDATES, STREAM_WINDOW},
    rule::{Check, Group, HeaderPart, Pick, Rule, RuleProtocol, StreamSide, Target},
    state::{FlowMarks, Globals},
    step::{Buffer, Step, matches},
    transform::apply_all,
};
use otori_event::Endpoint;
use otori_wire::{
    Direction, FieldId, Transaction,
    decode::{Transport, protocol},
    transaction::{Field, Progress},
};

/// Memory that is used again for every packet.
#[derive(Default)]
pub struct Scratch {
    lower: Vec<u8>,
    pub(super) room: crate::list::Room,
    found: Vec<u32>,
}

/// Marks a rule that has fired in the direction of the client; slots are far below.
const OTHER_WAY: u32 = 1 << 31;

/// Where a rule's groups find their bytes.
struct Bytes<'a> {
    payload: Option<Buffer<'a>>,
    transaction: Option<(&'a Transaction, Direction)>,
    in_stream: bool,
    /// only fields of the direction count
    each_way: bool,
}

/// Everything that changes while rules are asked.
pub struct Ask<'a> {
    /// of the flow
    pub marks: &'a mut FlowMarks,
    /// of the engine
    pub globals: &'a mut Globals,
    /// working memory
    pub scratch: &'a mut Scratch,
    /// what has matched
    pub hits: &'a mut Vec<Hit>,
}

impl RuleSet {
    /// Asks the rules that look at single packets, and those that addresses decide.
    pub fn inspect_packet(&self, view: &View<'_, '_>, ask: &mut Ask<'_>) {
        let mut found = core::mem::take(&mut ask.scratch.found);
        found.clear();
        self.ask_addresses(view, ask.marks, &mut found);
        found.extend_from_slice(&self.always_packet);
        let payload = view.packet.payload;
        let streams_too = !view.streamed;
        if streams_too {
            found.extend_from_slice(&self.always_stream);
        }
        let any_pattern = !self.packets.is_empty() || (streams_too && !self.streams.is_empty());
        if !payload.is_empty() && any_pattern {
            lower_into(&mut ask.scratch.lower, payload);
            self.packets.search(&ask.scratch.lower, 0, &mut found);
            if streams_too {
                self.streams.search(&ask.scratch.lower, 0, &mut found);
            }
        }
        self.order(&mut found);
        let buffer = Buffer { bytes: payload, complete: true, from_start: true };
        let bytes = Bytes {
            payload: (!payload.is_empty()).then_some(buffer),
            transaction: None,
            in_stream: false,
            each_way: false,
        };
        for slot in &found {
            let Some(rule) = self.rule(*slot) else { continue };
            if rule.protocol == RuleProtocol::TcpStream && view.protocol == protocol::TCP {
                continue;
            }
            self.decide(*slot, rule, view, &bytes, ask);
        }
        ask.scratch.found = found;
    }

    /// Rules without ports are asked once per flow and direction, and again when they changed.
    fn ask_addresses(&self, view: &View<'_, '_>, marks: &mut FlowMarks, found: &mut Vec<u32>) {
        if self.addresses.is_empty() {
            return;
        }
        let first = match view.direction {
            Some(direction) => {
                let asked = &mut marks.addresses_asked[direction.index()];
                core::mem::replace(asked, self.addresses.version) != self.addresses.version
            }
            None => true,
        };
        if first {
            self.addresses.search(view.source.ip, view.destination.ip, found);
        }
    }

    /// Asks the stream rules about new bytes in order.
    pub fn inspect_stream(&self, view: &View<'_, '_>, direction: Direction, bytes: &[u8], ask: &mut Ask<'_>) {
        if self.streams.is_empty() && self.always_stream.is_empty() && !self.keeps_streams {
            return;
        }
        let stream = &mut ask.marks.streams[direction.index()];
        let mut tail = core::mem::take(&mut stream.tail);
        let keep = STREAM_WINDOW.saturating_sub(bytes.len()).max(STREAM_WINDOW / 4);
        let surplus = tail.len().saturating_sub(keep);
        tail.drain(..surplus);
        stream.offset += surplus as u64;
        let old = tail.len();
        tail.extend_from_slice(bytes);
        let mut found = core::mem::take(&mut ask.scratch.found);
        found.clear();
        found.append(&mut stream.candidates);
        found.extend(self.always_stream.iter().filter(|slot| !stream.fired.contains(slot)));
        let from_start = stream.offset == 0;
        lower_into(&mut ask.scratch.lower, &tail);
        self.streams.search(&ask.scratch.lower, old, &mut found);
        self.order(&mut found);
        let buffer = Buffer { bytes: &tail, complete: true, from_start };
        let groups = Bytes { payload: Some(buffer), transaction: None, in_stream: true, each_way: false };
        for slot in &found {
            let Some(rule) = self.rule(*slot) else { continue };
            let fired = self.decide(*slot, rule, view, &groups, ask);
            let stream = &mut ask.marks.streams[direction.index()];
            match (fired, rule.fast.is_some()) {
                (false, true) if stream.candidates.len() < CANDIDATES => stream.candidates.push(*slot),
                (true, false) if stream.fired.len() < CANDIDATES => stream.fired.push(*slot),
                _ => {}
            }
        }
        ask.scratch.found = found;
        let stream = &mut ask.marks.streams[direction.index()];
        let surplus = tail.len().saturating_sub(STREAM_WINDOW);
        tail.drain(..surplus);
        stream.offset += surplus as u64;
        stream.tail = tail;
    }

    /// Asks the transaction rules about what one direction of a transaction has now.
    pub fn inspect_transaction(
        &self,
        view: &View<'_, '_>,
        direction: Direction,
        transaction: &mut Transaction,
        ask: &mut Ask<'_>,
    ) {
        let side = direction.index();
        if !core::mem::replace(&mut transaction.touched[side], false) {
            return;
        }
        let mut found = core::mem::take(&mut ask.scratch.found);
        found.clear();
        found.append(&mut transaction.marks.candidates[side]);
        if !core::mem::replace(&mut transaction.marks.primed[side], true) {
            let concerned = |slot: &&u32| {
                self.rule(**slot).is_some_and(|rule| Self::may_concern(rule, transaction.protocol))
            };
            found.extend(self.always_transaction.iter().filter(concerned));
        }
        for field in transaction.fields.iter_mut() {
            if keyword::direction_of(field.id) == Some(direction) {
                self.search_field(field, &mut ask.scratch.lower, &mut found);
            }
        }
        self.order(&mut found);
        let window = core::mem::take(&mut ask.marks.streams[side].tail);
        let from_start = ask.marks.streams[side].offset == 0;
        let payload = if view.streamed { &window } else { view.packet.payload };
        let buffer = Buffer { bytes: payload, complete: true, from_start: from_start || !view.streamed };
        let done = transaction.progress[side] == Progress::Complete;
        for slot in &found {
            let Some(rule) = self.rule(*slot) else { continue };
            let each_way = rule.each_way;
            let key = if each_way && direction == Direction::ToClient { *slot | OTHER_WAY } else { *slot };
            if transaction.marks.fired.contains(&key) {
                continue;
            }
            let bytes = Bytes {
                payload: Some(buffer),
                transaction: Some((transaction, direction)),
                in_stream: true,
                each_way,
            };
            let fired = self.decide(*slot, rule, view, &bytes, ask);
            let marks = &mut transaction.marks;
            if fired && marks.fired.len() < CANDIDATES {
                marks.fired.push(key);
            } else if !fired && !done && marks.candidates[side].len() < CANDIDATES {
                marks.candidates[side].push(*slot);
            }
            let other = direction.flip().index();
            if !fired && rule.transactional && marks.candidates[other].len() < CANDIDATES {
                // A rule about both directions waits for the other one as well.
                marks.candidates[other].push(*slot);
            }
        }
        ask.marks.streams[side].tail = window;
        ask.scratch.found = found;
    }

    /// Searches what a field has gained since the last look.
    fn search_field(&self, field: &mut Field, lower: &mut Vec<u8>, found: &mut Vec<u32>) {
        let grown = field.bytes.len() > field.scanned;
        let settles = field.complete && !field.settled;
        if !grown && !settles {
            return;
        }
        for filter in self.fields.get(&field.id).into_iter().flatten() {
            let FieldFilter { transforms, prefilter } = filter;
            if transforms.is_empty() && grown {
                let start = field.scanned.saturating_sub(prefilter.overlap());
                lower_into(lower, field.bytes.get(start..).unwrap_or(&[]));
                prefilter.search(lower, field.scanned - start, found);
            } else if !transforms.is_empty() {
                let Some(changed) = apply_all(transforms, &field.bytes) else { continue };
                lower_into(lower, &changed);
                prefilter.search(lower, 0, found);
            }
        }
        field.scanned = field.bytes.len();
        field.settled = field.complete;
    }

    /// Each candidate once, in the order in which rules act.
    fn order(&self, found: &mut Vec<u32>) {
        found.sort_unstable();
        found.dedup();
        found.sort_by_cached_key(|slot| {
            let rule = self.rule(*slot);
            (rule.map(|rule| (self.place_of(rule.action), rule.rank())), *slot)
        });
    }

    /// Whether the rule matches; if so it is noted and its changes are made.
    fn decide(
        &self,
        slot: u32,
        rule: &std::sync::Arc<Rule>,
        view: &View<'_, '_>,
        bytes: &Bytes<'_>,
        ask: &mut Ask<'_>,
    ) -> bool {
        debug_assert!(self.rule(slot).is_some());
        let matched = header(rule, view)
            && flow(rule, view)
            && rule.checks.iter().all(|check| check_holds(check, view))
            && ask.globals.holds(rule, view, ask.marks)
            && events(rule, bytes)
            && rule.groups.iter().all(|group| group_holds(group, view, bytes));
        if !matched {
            return false;
        }
        ask.globals.commit(rule, view, ask.marks);
        ask.hits.push(Hit {
            rule: rule.clone(),
            transaction: bytes.transaction.map(|(transaction, _)| transaction.id),
            in_stream: bytes.in_stream,
            slot,
        });
        true
    }
}

fn lower_into(lower: &mut Vec<u8>, bytes: &[u8]) {
    lower.clear();
    lower.extend_from_slice(bytes);
    lower.make_ascii_lowercase();
}

fn header(rule: &Rule, view: &View<'_, '_>) -> bool {
    let protocol_fits = match rule.protocol {
        RuleProtocol::Any => true,
        RuleProtocol::IpVersion(version) => view.source.ip.is_ipv4() == (version == 4),
        RuleProtocol::Tcp | RuleProtocol::TcpPacket | RuleProtocol::TcpStream => {
            view.protocol == protocol::TCP
        }
        RuleProtocol::Number(protocol::ICMP) => matches!(view.protocol, protocol::ICMP | protocol::ICMPV6),
        RuleProtocol::Number(number) => view.protocol == number,
        RuleProtocol::Application(of) => view.application.is_some_and(|have| of.covers(have)),
    };
    let fits = |source: &Endpoint, destination: &Endpoint| {
        rule.source_ports.has(source.port)
            && rule.destination_ports.has(destination.port)
            && rule.source.has(source.ip)
            && rule.destination.has(destination.ip)
    };
    let turned = rule.both_ways || (rule.transactional && view.direction == Some(Direction::ToClient));
    protocol_fits
        && (fits(&view.source, &view.destination) || (turned && fits(&view.destination, &view.source)))
}

fn flow(rule: &Rule, view: &View<'_, '_>) -> bool {
    let direction = rule.flow.direction.is_none_or(|direction| view.direction == Some(direction));
    let established = rule.flow.established.is_none_or(|wanted| view.established == wanted);
    let fragment = rule.flow.fragment.is_none_or(|wanted| view.fragmented == wanted);
    direction && established && fragment
}

fn events(rule: &Rule, bytes: &Bytes<'_>) -> bool {
    if rule.application_events.is_empty() && rule.hook.is_none() {
        return true;
    }
    let Some((transaction, direction)) = bytes.transaction else { return false };
    let reached =
        |(side, step): (Direction, Progress)| side == direction && transaction.progress[side.index()] >= step;
    rule.hook.is_none_or(reached)
        && rule.application_events.iter().all(|event| transaction.anomalies.contains(&event.as_str()))
}

fn group_holds(group: &Group, view: &View<'_, '_>, bytes: &Bytes<'_>) -> bool {
    match (&group.target, bytes) {
        (Target::Payload, Bytes { payload: Some(buffer), .. }) => matches(&group.steps, *buffer),
        (Target::Payload, _) => false,
        (Target::Header(part), _) => header_holds(group, *part, view),
        (Target::Fields(ids), Bytes { transaction: Some((transaction, direction)), .. }) => {
            fields_hold(group, ids, transaction, *direction, bytes.each_way)
        }
        (Target::Fields(_), _) => false,
    }
}

fn header_holds(group: &Group, part: HeaderPart, view: &View<'_, '_>) -> bool {
    let packet = view.packet;
    let v4 = view.source.ip.is_ipv4();
    let ip = packet.ip.as_ref().map(|ip| ip.header);
    let transport = |fits: bool| fits.then_some(packet.transport_header).filter(|bytes| !bytes.is_empty());
    let icmp = matches!(packet.transport, Transport::Icmp { .. });
    let whole = |fits: bool| packet.ip.as_ref().filter(|_| fits).map(|ip| ip.body);
    let address;
    let bytes = match part {
        HeaderPart::Link => Some(packet.link_header).filter(|bytes| !bytes.is_empty()),
        HeaderPart::Ipv4 => ip.filter(|_| v4),
        HeaderPart::Ipv6 => ip.filter(|_| !v4),
        HeaderPart::Tcp => transport(matches!(packet.transport, Transport::Tcp { .. })),
        HeaderPart::Udp => transport(matches!(packet.transport, Transport::Udp { .. })),
        HeaderPart::Icmp4 => whole(icmp && v4),
        HeaderPart::Icmp6 => whole(icmp && !v4),
        HeaderPart::Source | HeaderPart::Destination => {
            let end = if part == HeaderPart::Source { view.source } else { view.destination };
            address = crate::dataset::octets(end.ip);
            Some(address.as_slice()).filter(|_| packet.ip.is_some())
        }
    };
    bytes.is_some_and(|bytes| changed_holds(group, bytes, true))
}

/// Whether the steps hold for bytes, changed as the group says.
fn changed_holds(group: &Group, bytes: &[u8], complete: bool) -> bool {
    if group.transforms.is_empty() {
        return matches(&group.steps, Buffer { bytes, complete, from_start: true });
    }
    let changed = apply_all(&group.transforms, bytes);
    changed.is_some_and(|bytes| matches(&group.steps, Buffer { bytes: &bytes, complete, from_start: true }))
}

fn fields_hold(
    group: &Group,
    ids: &[FieldId],
    transaction: &Transaction,
    direction: Direction,
    each_way: bool,
) -> bool {
    let goes = |id: FieldId| !each_way || keyword::direction_of(id) == Some(direction);
    let fields = || transaction.fields.iter().filter(|field| ids.contains(&field.id) && goes(field.id));
    if fields().next().is_none() {
        let known = transaction.progress[direction.index()] >= Progress::Headers;
        return known && matches!(group.steps.first(), Some(Step::Absent { .. }));
    }
    let holds = |field: &Field| changed_holds(group, &field.bytes, field.complete);
    match group.pick {
        Pick::Any => fields().any(holds),
        Pick::All => fields().all(holds),
        Pick::At(place) => at(fields(), place).is_some_and(holds),
    }
}

/// The one of that place; negative places count from the end.
fn at<T>(mut all: impl DoubleEndedIterator<Item = T>, place: i32) -> Option<T> {
    match usize::try_from(place) {
        Ok(place) => all.nth(place),
        Err(_) => all.rev().nth(place.unsigned_abs() as usize - 1),
    }
}

fn picked<T: Copy>(all: &[T], pick: Pick, holds: impl Fn(T) -> bool) -> bool {
    match pick {
        Pick::Any => all.iter().copied().any(holds),
        Pick::All => !all.is_empty() && all.iter().copied().all(holds),
        Pick::At(place) => at(all.iter().copied(), place).is_some_and(holds),
    }
}

fn check_holds(check: &Check, view: &View<'_, '_>) -> bool {
    let packet = view.packet;
    let ip = packet.ip.as_ref();
    match check {
        Check::PayloadSize(compare) => compare.holds(packet.payload.len() as u64),
        Check::IcmpType(_)
        | Check::IcmpCode(_)
        | Check::IcmpId(_)
        | Check::Mtu(_)
        | Check::IcmpSequence(_) => icmp_holds(check, packet.transport),
        Check::TcpFlags { .. }
        | Check::TcpSequence(_)
        | Check::TcpAcknowledgement(_)
        | Check::SegmentSize(_)
        | Check::WindowScale(_)
        | Check::TcpWindow(_) => tcp_holds(check, packet.transport),
        Check::Ttl(compare) => ip.is_some_and(|ip| compare.holds(u64::from(ip.ttl))),
        Check::IpId(id) => ip.is_some_and(|ip| ip.identification == *id),
        Check::IpProtocol(compare) => compare.holds(u64::from(view.protocol)),
        Check::SameIp => view.source.ip == view.destination.ip,
        Check::FragmentBits(bits, how) => ip.is_some_and(|ip| how.holds(ip.flag_bits, *bits)),
        Check::FragmentOffset(compare) => {
            let offset = |ip: &otori_wire::decode::Ip<'_>| ip.fragment.map_or(0, |f| f.offset as u64 / 8);
            ip.is_some_and(|ip| compare.holds(offset(ip)))
        }
        Check::Tos(compare) => ip.is_some_and(|ip| compare.holds(u64::from(ip.tos))),
        Check::IpOptions(0) => ip.is_some_and(|ip| ip.options != 0),
        Check::IpOptions(bits) => ip.is_some_and(|ip| ip.options & bits == *bits),
        Check::Application(name, negated) => match view.application_name {
            Some(have) => (have == *name) != *negated,
            None => *name == "unknown" && !negated,
        },
        Check::FlowStart => view.first,
        Check::StreamEvent(name) | Check::FlowEvent(name) => view.events.contains(&name.as_str()),
        Check::Vlan(pick, compare) => picked(packet.vlans.ids(), *pick, |id| compare.holds(u64::from(id))),
        Check::VlanLayers(compare) => compare.holds(packet.vlans.ids().len() as u64),
        Check::DecodeEvent(name) => packet.anomalies.names().contains(&name.as_str()),
        Check::StreamSize(side, compare) => {
            let [client, server] = view.stream_bytes;
            match side {
                StreamSide::Client => compare.holds(client),
                StreamSide::Server => compare.holds(server),
                StreamSide::Both => compare.holds(client) && compare.holds(server),
                StreamSide::Either => compare.holds(client) || compare.holds(server),
            }
        }
        Check::FlowPackets(direction, compare) => compare.holds(sum(view.flow_packets, *direction)),
        Check::FlowBytes(direction, compare) => compare.holds(sum(view.flow_bytes, *direction)),
        Check::FlowAge(compare) => {
            let age_ns = packet.at.since_ns(view.flow_started_at).max(0);
            compare.holds(age_ns.unsigned_abs() / 1_000_000_000)
        }
    }
}

fn sum(counts: [u64; 2], direction: Option<Direction>) -> u64 {
    direction.map_or(counts[0].saturating_add(counts[1]), |direction| counts[direction.index()])
}

fn icmp_holds(check: &Check, transport: Transport) -> bool {
    let Transport::Icmp { kind, code, identifier, sequence } = transport else { return false };
    match check {
        Check::IcmpType(compare) => compare.holds(u64::from(kind)),
        Check::IcmpCode(compare) => compare.holds(u64::from(code)),
        Check::IcmpId(id) => identifier == *id,
        Check::IcmpSequence(number) => sequence == *number,
        // Packet too big, RFC 4443 3.2: the four bytes behind the checksum.
        Check::Mtu(compare) => kind == 2 && compare.holds(u64::from(identifier) << 16 | u64::from(sequence)),
        _ => false,
    }
}

fn tcp_holds(check: &Check, transport: Transport) -> bool {
    let Transport::Tcp { flags, sequence, acknowledgement, window, options, .. } = transport else {
        return false;
    };
    match check {
        Check::TcpFlags { bits, ignored, how } => how.holds(flags & !ignored, *bits),
        Check::SegmentSize(compare) => options.segment_size.is_some_and(|n| compare.holds(u64::from(n))),
        Check::WindowScale(compare) => options.window_scale.is_some_and(|n| compare.holds(u64::from(n))),
        Check::TcpSequence(number) => sequence == *number,
        Check::TcpAcknowledgement(number) => acknowledgement == *number,
        Check::TcpWindow(compare) => compare.holds(u64::from(window)),
        _ => false,
    }
}
