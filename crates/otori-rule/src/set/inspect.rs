//! Asks the rules about a packet, a piece of a stream, a transaction.
//!
//! Each function collects candidates that fit the kind of flow, puts them in order and decides one by one.
use super::{
    Hit, RuleSet, View,
    decide::{Bytes, application, check_holds, events, flow, group_holds, header},
    filing::{FieldFilter, NEAR_BYTES, Pass, slot_of},
};
use crate::{
    class::{Class, Classes, Mark},
    keyword,
    limits::{CANDIDATES, STREAM_WINDOW},
    prefilter::Seen,
    rule::{Rule, RuleProtocol},
    state::{FlowMarks, Globals},
    step::Buffer,
    transform::Changed,
};
use otori_wire::{
    Direction, Transaction,
    decode::protocol,
    transaction::{Field, Progress},
};

/// Memory that is used again for every packet.
#[derive(Default)]
pub struct Scratch {
    lower: Vec<u8>,
    pub(super) room: crate::list::Room,
    changed: Changed,
    found: Vec<u64>,
    seen: Seen,
    classes: Option<Box<Classes>>,
    ahead: Ahead,
}

/// What a pass over a packet has found for the stream that the packet continues.
#[derive(Default)]
struct Ahead {
    /// flow, direction, where in the stream the packet's bytes begin, state of the rules
    of: Option<(u64, Direction, u64, u64)>,
    slots: Vec<u32>,
}

/// The window of a stream grows by so many bytes.
const TAIL_STEP: usize = 256;

/// Marks a rule that has fired in the direction of the client; slots are far below.
const OTHER_WAY: u32 = 1 << 31;

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
        if self.is_empty() {
            return;
        }
        self.with_class(view, ask, |class, found, ask| self.packet(class, found, view, ask));
    }

    /// Finds the class of the view's flow and lends it, with the list of candidates.
    fn with_class(
        &self,
        view: &View<'_, '_>,
        ask: &mut Ask<'_>,
        act: impl FnOnce(&Class, &mut Vec<u64>, &mut Ask<'_>),
    ) {
        let mut classes = ask.scratch.classes.take().unwrap_or_default();
        classes.follow(self.files.version, self.files.headers());
        let known = view.direction.and_then(|direction| ask.marks.classes.get_mut(direction.index()));
        let mut lone = Mark::default();
        let mark = known.unwrap_or(&mut lone);
        if !classes.knows(*mark, view.protocol) {
            let rule_of = |slot: u32| self.rule(slot).map(|rule| &**rule);
            *mark = classes.find(view, self.files.headers(), |class| self.files.fill(class, rule_of));
        }
        let mark = *mark;
        if let Some(class) = classes.get(mark) {
            let mut found = core::mem::take(&mut ask.scratch.found);
            found.clear();
            act(class, &mut found, ask);
            ask.scratch.found = found;
        }
        ask.scratch.classes = Some(classes);
    }

    fn packet(&self, class: &Class, found: &mut Vec<u64>, view: &View<'_, '_>, ask: &mut Ask<'_>) {
        self.ask_addresses(view, ask.marks, found);
        let payload = if ask.marks.is_sealed() { &[] } else { view.packet.payload };
        let quiet = view.events.is_empty() && view.packet.anomalies.names().is_empty();
        let streams_too = !view.streamed;
        for quick in [Some(&class.packet), Some(&class.stream).filter(|_| streams_too)].into_iter().flatten()
        {
            found.extend(quick.plain.iter().map(|slot| self.files.filed(*slot).key));
            if !quiet {
                found.extend(quick.events.iter().map(|slot| self.files.filed(*slot).key));
            }
            if !payload.is_empty() {
                found.extend(quick.payload.iter().map(|slot| self.files.filed(*slot).key));
            }
        }
        let buffer = Buffer { bytes: payload, complete: true, from_start: true };
        ask.scratch.ahead.of = None;
        match view.direction {
            _ if payload.is_empty() => {}
            _ if streams_too => self.search_payload(class, Pass::Both, (&buffer, 0), ask.scratch, found),
            Some(direction) if view.continues && self.files.has_stream_patterns => {
                self.search_joined(class, (view, direction), ask, found);
            }
            _ => self.search_payload(class, Pass::Packets, (&buffer, 0), ask.scratch, found),
        }
        order(found);
        let bytes = Bytes {
            payload: (!payload.is_empty()).then_some(buffer),
            transaction: None,
            in_stream: false,
            each_way: false,
        };
        for key in found.iter() {
            let Some(rule) = self.rule(slot_of(*key)) else { continue };
            if rule.protocol == RuleProtocol::TcpStream && view.protocol == protocol::TCP {
                continue;
            }
            self.decide(slot_of(*key), class, rule, view, &bytes, ask);
        }
    }

    /// Rules of the class whose fast pattern ends behind `from` in the buffer.
    fn search_payload(
        &self,
        class: &Class,
        pass: Pass,
        (buffer, from): (&Buffer<'_>, usize),
        scratch: &mut Scratch,
        found: &mut Vec<u64>,
    ) {
        let files = &self.files;
        let bytes = buffer.bytes;
        let mut take = |slot: u32, _| {
            let filed = files.filed(slot);
            found.extend((filed.is_in(pass) && class.fits(filed.header)).then_some(filed.key));
        };
        let first = bytes.get(..NEAR_BYTES).unwrap_or(bytes);
        // In a stream a pattern far behind leads once more to the rule whose bytes are at the start.
        let near = Some((true, first)).filter(|_| pass != Pass::Streams);
        for (near, bytes) in [near, Some((false, bytes))].into_iter().flatten() {
            let filter = files.filter(class, pass, near);
            if filter.is_empty() {
                continue;
            }
            let start = from.saturating_sub(filter.overlap());
            lower_into(&mut scratch.lower, bytes.get(start..).unwrap_or(&[]));
            files.payloads.search(filter, (&scratch.lower, from - start), &mut scratch.seen, &mut take);
        }
    }

    /// The same for a packet whose payload is what comes next in its stream, in one pass: what is found for the stream
    /// waits until that is asked about.
    fn search_joined(
        &self,
        class: &Class,
        (view, direction): (&View<'_, '_>, Direction),
        ask: &mut Ask<'_>,
        found: &mut Vec<u64>,
    ) {
        let files = &self.files;
        let stream = &ask.marks.streams[direction.index()];
        let Scratch { lower, seen, ahead, .. } = &mut *ask.scratch;
        ahead.of = Some((view.flow_number, direction, stream.end(), self.changes));
        ahead.slots.clear();
        let filter = files.filter(class, Pass::Joined, false);
        let before = stream.tail.get(stream.tail.len().saturating_sub(filter.overlap())..).unwrap_or(&[]);
        let from = before.len();
        lower.clear();
        [before, view.packet.payload].iter().for_each(|bytes| lower.extend_from_slice(bytes));
        lower.make_ascii_lowercase();
        let mut take = |slot: u32, whole: bool| {
            let filed = files.filed(slot);
            if class.fits(filed.header) {
                found.extend((whole && filed.is_in(Pass::Packets)).then_some(filed.key));
                ahead.slots.extend(filed.is_in(Pass::Streams).then_some(slot));
            }
        };
        files.payloads.search(filter, (lower, from), seen, &mut take);
        let near = files.filter(class, Pass::Packets, true);
        let first = lower.get(from..).unwrap_or(&[]);
        let first = first.get(..NEAR_BYTES).unwrap_or(first);
        let mut take = |slot: u32, _| {
            let filed = files.filed(slot);
            found.extend((filed.is_in(Pass::Packets) && class.fits(filed.header)).then_some(filed.key));
        };
        files.payloads.search(near, (first, 0), seen, &mut take);
    }

    /// Rules without ports are asked once per flow and direction, and again when they changed.
    fn ask_addresses(&self, view: &View<'_, '_>, marks: &mut FlowMarks, found: &mut Vec<u64>) {
        let addresses = &self.files.addresses;
        if addresses.is_empty() {
            return;
        }
        let version = addresses.version.wrapping_add(self.tables.reputations.version()).max(1);
        let first = match view.direction {
            Some(direction) => {
                let asked = &mut marks.addresses_asked[direction.index()];
                core::mem::replace(asked, version) != version
            }
            None => true,
        };
        if first {
            let mut take = |slot: u32| found.push(self.files.filed(slot).key);
            addresses.search(view.source.ip, view.destination.ip, &mut take);
        }
    }

    /// Asks the stream rules about new bytes in order.
    pub fn inspect_stream(&self, view: &View<'_, '_>, direction: Direction, bytes: &[u8], ask: &mut Ask<'_>) {
        let files = &self.files;
        if !files.has_stream_patterns && files.always_stream.is_empty() && !files.keeps_streams {
            return;
        }
        let sealed = ask.marks.is_sealed();
        let stream = &mut ask.marks.streams[direction.index()];
        if sealed {
            stream.offset += bytes.len() as u64;
            return;
        }
        let place = (view.flow_number, direction, stream.end(), self.changes);
        let searched = ask.scratch.ahead.of.take() == Some(place);
        let mut tail = core::mem::take(&mut stream.tail);
        let keep = STREAM_WINDOW.saturating_sub(bytes.len()).max(STREAM_WINDOW / 4);
        let surplus = tail.len().saturating_sub(keep);
        tail.drain(..surplus);
        stream.offset += surplus as u64;
        let old = tail.len();
        // Most streams are short, and there are many: little more is taken than is needed.
        let needed = old + bytes.len();
        if tail.capacity() < needed {
            let wanted = needed.max(tail.capacity() + tail.capacity() / 4).next_multiple_of(TAIL_STEP);
            tail.reserve_exact(wanted.min(needed.max(STREAM_WINDOW)) - old);
        }
        tail.extend_from_slice(bytes);
        self.with_class(view, ask, |class, found, ask| {
            self.stream(class, found, (view, direction), (&tail, old, searched), ask);
        });
        let stream = &mut ask.marks.streams[direction.index()];
        let surplus = tail.len().saturating_sub(STREAM_WINDOW);
        tail.drain(..surplus);
        stream.offset += surplus as u64;
        stream.tail = tail;
    }

    fn stream(
        &self,
        class: &Class,
        found: &mut Vec<u64>,
        (view, direction): (&View<'_, '_>, Direction),
        (tail, old, searched): (&[u8], usize, bool),
        ask: &mut Ask<'_>,
    ) {
        let side = direction.index();
        let stream = &mut ask.marks.streams[side];
        let (begin, end) = (stream.offset, stream.offset + tail.len() as u64);
        // A pattern that has left the window can no longer match.
        if let Some(rules) = &mut stream.rules {
            rules.candidates.retain(|(_, until)| *until > begin);
        }
        let buffer = Buffer { bytes: tail, complete: true, from_start: begin == 0 };
        if searched {
            found.extend(ask.scratch.ahead.slots.drain(..).map(u64::from));
        } else {
            self.search_payload(class, Pass::Streams, (&buffer, old), ask.scratch, found);
        }
        let stream = &mut ask.marks.streams[side];
        for slot in found.drain(..).map(slot_of) {
            let waiting = &mut stream.rules.get_or_insert_default().candidates;
            match waiting.iter().position(|(have, _)| *have == slot) {
                Some(place) => waiting[place].1 = end,
                None if waiting.len() < CANDIDATES => waiting.push((slot, end)),
                None => {}
            }
        }
        let quick = [&class.stream.plain, &class.stream.events, &class.stream.payload].into_iter().flatten();
        let (candidates, fired) =
            stream.rules.as_ref().map_or((&[][..], &[][..]), |rules| (&rules.candidates, &rules.fired));
        let always = quick.filter(|slot| !fired.contains(slot)).copied();
        let waiting = candidates.iter().map(|(slot, _)| *slot);
        found.extend(always.chain(waiting).map(|slot| self.files.filed(slot).key));
        order(found);
        let groups = Bytes { payload: Some(buffer), transaction: None, in_stream: true, each_way: false };
        for key in found.iter() {
            let slot = slot_of(*key);
            let Some(rule) = self.rule(slot) else { continue };
            let fired = self.decide(slot, class, rule, view, &groups, ask);
            if !fired {
                continue;
            }
            let rules = ask.marks.streams[side].rules.get_or_insert_default();
            match rule.fast {
                Some(_) => rules.candidates.retain(|(have, _)| *have != slot),
                None if rules.fired.len() < CANDIDATES => rules.fired.push(slot),
                None => {}
            }
        }
    }

    /// Asks the transaction rules about what one direction of a transaction has now.
    pub fn inspect_transaction(
        &self,
        view: &View<'_, '_>,
        direction: Direction,
        transaction: &mut Transaction,
        ask: &mut Ask<'_>,
    ) {
        if core::mem::replace(&mut transaction.touched[direction.index()], false) && !self.is_empty() {
            self.with_class(view, ask, |class, found, ask| {
                self.transaction(class, found, (view, direction), transaction, ask);
            });
        }
    }

    fn transaction(
        &self,
        class: &Class,
        found: &mut Vec<u64>,
        (view, direction): (&View<'_, '_>, Direction),
        transaction: &mut Transaction,
        ask: &mut Ask<'_>,
    ) {
        let side = direction.index();
        let view = &View { transaction: Some(transaction.id), ..view.again() };
        let key_of = |slot: u32| self.files.filed(slot).key;
        found.extend(transaction.marks.candidates[side].drain(..).map(key_of));
        if !core::mem::replace(&mut transaction.marks.primed[side], true) {
            let fits = |slot: &u32| class.fits(self.files.filed(*slot).header);
            found.extend(self.files.always_about(transaction.protocol).filter(fits).map(key_of));
        }
        for field in transaction.fields.iter_mut() {
            if keyword::direction_of(field.id) == Some(direction) {
                self.search_field(class, field, ask.scratch, found);
            }
        }
        order(found);
        let window = core::mem::take(&mut ask.marks.streams[side].tail);
        let from_start = ask.marks.streams[side].offset == 0;
        let payload = if view.streamed { &window } else { view.packet.payload };
        let buffer = Buffer { bytes: payload, complete: true, from_start: from_start || !view.streamed };
        let done = transaction.progress[side] == Progress::Complete;
        for slot in found.iter().map(|key| slot_of(*key)) {
            let Some(rule) = self.rule(slot) else { continue };
            if rule.way.is_some_and(|way| way != direction) {
                continue;
            }
            let each_way = rule.each_way;
            let key = if each_way && direction == Direction::ToClient { slot | OTHER_WAY } else { slot };
            if transaction.marks.fired.contains(&key) {
                continue;
            }
            let bytes = Bytes {
                payload: Some(buffer),
                transaction: Some((transaction, direction)),
                in_stream: true,
                each_way,
            };
            let fired = self.decide(slot, class, rule, view, &bytes, ask);
            let marks = &mut transaction.marks;
            if fired && marks.fired.len() < CANDIDATES {
                marks.fired.push(key);
            } else if !fired && !done && marks.candidates[side].len() < CANDIDATES {
                marks.candidates[side].push(slot);
            }
            let other = direction.flip().index();
            if !fired && rule.transactional && marks.candidates[other].len() < CANDIDATES {
                // A rule about both directions waits for the other one as well.
                marks.candidates[other].push(slot);
            }
        }
        ask.marks.streams[side].tail = window;
    }

    /// Searches what a field has gained since the last look.
    fn search_field(&self, class: &Class, field: &mut Field, scratch: &mut Scratch, found: &mut Vec<u64>) {
        let grown = field.bytes.len() > field.scanned;
        let settles = field.complete && !field.settled;
        if !grown && !settles {
            return;
        }
        let Scratch { lower, seen, changed, .. } = scratch;
        let files = &self.files;
        let mut take = |slot: u32, _| {
            let filed = files.filed(slot);
            found.extend(class.fits(filed.header).then_some(filed.key));
        };
        for FieldFilter { transforms, prefilter } in field.ids().flat_map(|id| files.field(id)) {
            if transforms.is_empty() && grown {
                let start = field.scanned.saturating_sub(prefilter.all().overlap());
                lower_into(lower, field.bytes.get(start..).unwrap_or(&[]));
                prefilter.search(prefilter.all(), (lower, field.scanned - start), seen, &mut take);
            } else if !transforms.is_empty() {
                let Some(changed) = changed.apply_all(transforms, &field.bytes) else { continue };
                lower_into(lower, changed);
                prefilter.search(prefilter.all(), (lower, 0), seen, &mut take);
            }
        }
        field.scanned = field.bytes.len();
        field.settled = field.complete;
    }

    /// Whether the rule matches; if so it is noted and its changes are made.
    fn decide(
        &self,
        slot: u32,
        class: &Class,
        rule: &std::sync::Arc<Rule>,
        view: &View<'_, '_>,
        bytes: &Bytes<'_>,
        ask: &mut Ask<'_>,
    ) -> bool {
        let filed = self.files.filed(slot);
        let matched = class.fits(filed.header)
            && (filed.header != 0 || header(rule, view))
            && application(rule, view)
            && flow(rule, view)
            && rule.checks.iter().all(|check| check_holds(check, view))
            && ask.globals.holds(rule, view, ask.marks)
            && events(rule, bytes)
            && rule.groups.iter().all(|group| group_holds(group, view, bytes, &mut ask.scratch.changed));
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

/// Each candidate once, in the order in which rules act.
fn order(found: &mut Vec<u64>) {
    found.sort_unstable();
    found.dedup();
}

fn lower_into(lower: &mut Vec<u8>, bytes: &[u8]) {
    lower.clear();
    lower.extend_from_slice(bytes);
    lower.make_ascii_lowercase();
}
