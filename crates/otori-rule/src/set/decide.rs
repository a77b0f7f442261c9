//! Decides whether one rule matches: cheap conditions first, bytes last.
//!
//! Key type: [`Bytes`] (where the rule's groups find their bytes). Neighbour: `inspect` brings candidates.
use super::View;
use crate::{
    keyword,
    rule::{Check, Compare, Group, HeaderPart, Pick, Rule, RuleProtocol, StreamSide, Target, Which},
    step::{Buffer, Step, matches},
    transform::Changed,
};
use otori_event::Endpoint;
use otori_wire::{
    Direction, FieldId, Transaction,
    decode::{Transport, protocol},
    transaction::{Field, Progress},
};

/// Where a rule's groups find their bytes.
pub(super) struct Bytes<'a> {
    pub(super) payload: Option<Buffer<'a>>,
    pub(super) transaction: Option<(&'a Transaction, Direction)>,
    pub(super) in_stream: bool,
    /// only fields of the direction count
    pub(super) each_way: bool,
}

pub(super) fn header(rule: &Rule, view: &View<'_, '_>) -> bool {
    let protocol_fits = match rule.protocol {
        RuleProtocol::Any => true,
        RuleProtocol::IpVersion(version) => view.source.ip.is_ipv4() == (version == 4),
        RuleProtocol::Tcp | RuleProtocol::TcpPacket | RuleProtocol::TcpStream => {
            view.protocol == protocol::TCP
        }
        RuleProtocol::Number(protocol::ICMP) => matches!(view.protocol, protocol::ICMP | protocol::ICMPV6),
        RuleProtocol::Number(number) => view.protocol == number,
        RuleProtocol::Application(_) | RuleProtocol::Frame(_) => true,
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

/// The application is the one of the rule's header, or the frame is.
pub(super) fn application(rule: &Rule, view: &View<'_, '_>) -> bool {
    match rule.protocol {
        RuleProtocol::Application(of) => view.application.is_some_and(|have| of.covers(have)),
        RuleProtocol::Frame(kind) => view.packet.ip.is_none() && view.packet.ether_type == kind,
        _ => true,
    }
}

pub(super) fn flow(rule: &Rule, view: &View<'_, '_>) -> bool {
    let direction = rule.flow.direction.is_none_or(|direction| view.direction == Some(direction));
    let established = rule.flow.established.is_none_or(|wanted| view.established == wanted);
    let fragment = rule.flow.fragment.is_none_or(|wanted| view.fragmented == wanted);
    direction && established && fragment
}

pub(super) fn events(rule: &Rule, bytes: &Bytes<'_>) -> bool {
    if rule.application_events.is_empty() && rule.hook.is_none() {
        return true;
    }
    let Some((transaction, direction)) = bytes.transaction else { return false };
    let reached =
        |(side, step): (Direction, Progress)| side == direction && transaction.progress[side.index()] >= step;
    rule.hook.is_none_or(reached)
        && rule.application_events.iter().all(|event| transaction.anomalies.contains(&event.as_str()))
}

pub(super) fn group_holds(group: &Group, view: &View<'_, '_>, bytes: &Bytes<'_>, room: &mut Changed) -> bool {
    match (&group.target, bytes) {
        (Target::Payload, Bytes { payload: Some(buffer), .. }) => matches(&group.steps, *buffer),
        (Target::Payload, _) => false,
        (Target::Header(part), _) => header_holds(group, *part, view, room),
        (Target::Fields(ids), Bytes { transaction: Some((transaction, _)), .. })
            if matches!(group.steps.first(), Some(Step::IsPast(_))) =>
        {
            let now = view.packet.at.as_ms() / 1000;
            let past = ids.iter().find_map(|id| transaction.fields.number(*id)).map(|at| (at as i64) < now);
            past.is_some_and(|past| {
                group.steps.iter().all(|step| matches!(step, Step::IsPast(is) if *is == past))
            })
        }
        (Target::Fields(ids), Bytes { transaction: Some((transaction, direction)), .. }) => {
            fields_hold(group, ids, transaction, (*direction, bytes.each_way), room)
        }
        (Target::Fields(_), _) => false,
    }
}

fn header_holds(group: &Group, part: HeaderPart, view: &View<'_, '_>, room: &mut Changed) -> bool {
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
        HeaderPart::Igmp => whole(view.protocol == protocol::IGMP),
        HeaderPart::Source | HeaderPart::Destination => {
            let end = if part == HeaderPart::Source { view.source } else { view.destination };
            address = crate::dataset::octets(end.ip);
            Some(address.as_slice()).filter(|_| packet.ip.is_some())
        }
    };
    bytes.is_some_and(|bytes| changed_holds(group, bytes, true, room))
}

/// Whether the steps hold for bytes, changed as the group says.
fn changed_holds(group: &Group, bytes: &[u8], complete: bool, room: &mut Changed) -> bool {
    if group.transforms.is_empty() {
        return matches(&group.steps, Buffer { bytes, complete, from_start: true });
    }
    let changed = room.apply_all(&group.transforms, bytes);
    changed.is_some_and(|bytes| matches(&group.steps, Buffer { bytes, complete, from_start: true }))
}

fn fields_hold(
    group: &Group,
    ids: &[FieldId],
    transaction: &Transaction,
    (direction, each_way): (Direction, bool),
    room: &mut Changed,
) -> bool {
    let goes = |id: FieldId| !each_way || keyword::direction_of(id) == Some(direction);
    let fields = || transaction.fields.iter().filter(|field| field.is_any(ids) && goes(field.id));
    // How many there are is known in the end.
    let counts = matches!(group.pick, Pick::AnyOrNone | Pick::AllOrNone | Pick::Times(_));
    if counts && transaction.progress[direction.index()] < Progress::Complete {
        return false;
    }
    if !counts && fields().next().is_none() {
        let known = transaction.progress[direction.index()] >= Progress::Headers;
        return known && matches!(group.steps.first(), Some(Step::Absent { .. }));
    }
    let mut holds = |field: &Field| changed_holds(group, &field.bytes, field.complete, room);
    match group.pick {
        Pick::Any => fields().any(holds),
        Pick::All => fields().all(holds),
        Pick::At(place) => at(fields(), place).is_some_and(holds),
        Pick::AnyOrNone => fields().next().is_none() || fields().any(holds),
        Pick::AllOrNone => fields().all(holds),
        Pick::Times(compare) => compare.holds(fields().filter(|field| holds(field)).count() as u64),
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
        Pick::AnyOrNone => all.is_empty() || all.iter().copied().any(holds),
        Pick::AllOrNone => all.iter().copied().all(holds),
        Pick::Times(compare) => compare.holds(all.iter().copied().filter(|one| holds(*one)).count() as u64),
    }
}

pub(super) fn check_holds(check: &Check, view: &View<'_, '_>) -> bool {
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
        Check::Reputed(reputed) => reputed.holds(view.source.ip, view.destination.ip),
        Check::Country(country) => country.holds(view.source.ip, view.destination.ip),
        Check::Elephant(Which::One(direction)) => view.elephant[direction.index()],
        Check::Elephant(Which::Either) => view.elephant != [false; 2],
        Check::Elephant(Which::Both) => view.elephant == [true; 2],
        Check::SameIp => view.source.ip == view.destination.ip,
        Check::FragmentBits(bits, how) => ip.is_some_and(|ip| how.holds(ip.flag_bits, *bits)),
        Check::FragmentOffset(compare) => {
            let offset = |ip: &otori_wire::decode::Ip<'_>| ip.fragment.map_or(0, |f| f.offset as u64 / 8);
            ip.is_some_and(|ip| compare.holds(offset(ip)))
        }
        Check::Tos(compare) => ip.is_some_and(|ip| compare.holds(u64::from(ip.tos))),
        Check::IpOptions(0) => ip.is_some_and(|ip| ip.options != 0),
        Check::IpOptions(bits) => ip.is_some_and(|ip| ip.options & bits == *bits),
        Check::IgmpType(compare) => {
            let kind = ip.filter(|_| view.protocol == protocol::IGMP).and_then(|ip| ip.body.first());
            kind.is_some_and(|kind| compare.holds(u64::from(*kind)))
        }
        Check::RemoteCall(wanted) => remote_call(view, wanted),
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
        Check::FlowPackets(which, compare) => counted(view.flow_packets, *which, *compare),
        Check::FlowBytes(which, compare) => counted(view.flow_bytes, *which, *compare),
        Check::FlowAge(compare) => {
            let age_ns = packet.at.since_ns(view.flow_started_at).max(0);
            compare.holds(age_ns.unsigned_abs() / 1_000_000_000)
        }
    }
}

/// RFC 5531 9: what a call says behind its number, and over TCP behind the length of its record.
fn remote_call(view: &View<'_, '_>, wanted: &[Option<u32>; 3]) -> bool {
    let start = if view.protocol == protocol::TCP { 8 } else { 4 };
    let word = |place: usize| {
        let bytes = view.packet.payload.get(start + place * 4..)?.first_chunk::<4>()?;
        Some(u32::from_be_bytes(*bytes))
    };
    let fits = |(place, wanted): (usize, &Option<u32>)| match (word(place + 2), wanted) {
        (Some(have), Some(wanted)) => have == *wanted,
        (have, None) => have.is_some(),
        (None, Some(_)) => false,
    };
    word(0) == Some(0) && word(1) == Some(2) && wanted.iter().enumerate().all(fits)
}

fn counted(counts: [u64; 2], which: Option<Which>, compare: Compare) -> bool {
    match which {
        None => compare.holds(counts[0].saturating_add(counts[1])),
        Some(Which::One(direction)) => compare.holds(counts[direction.index()]),
        Some(Which::Either) => counts.into_iter().any(|count| compare.holds(count)),
        Some(Which::Both) => counts.into_iter().all(|count| compare.holds(count)),
    }
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
        Check::TcpSequence(compare) => compare.holds(u64::from(sequence)),
        Check::TcpAcknowledgement(compare) => compare.holds(u64::from(acknowledgement)),
        Check::TcpWindow(compare) => compare.holds(u64::from(window)),
        _ => false,
    }
}
