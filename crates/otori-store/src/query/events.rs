//! Events by time, from the inbox and the sealed segments as if they were one list.
//!
//! Key types: [`EventQuery`], [`EventFilter`]. Each source (inbox, one segment) yields its matching rows in order; the
//! merge always takes the source that can hold the next one, so a segment that is not needed is never opened. A search
//! looks at [`SCAN_EVENTS_MAX`] rows at most, then answers with what it has and a cursor that goes on from there.
use super::{Demo, PAGE_MAX};
use crate::limit::SCAN_EVENTS_MAX;
use crate::row::{COLUMNS, EventRow, id_bytes};
use crate::segment::{self, read::SegmentReader};
use crate::view::Page;
use crate::{QueryLimit, Reader, StoreError};
use otori_event::{Event, EventId, EventKind, ProductId, SessionId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::path::PathBuf;

/// Rows taken from the inbox at a time.
const INBOX_CHUNK: i64 = 1_000;
/// What a list keeps of each part of a detonation's report.
const BRIEF_PART_MAX: usize = 50;
/// The most events that a client gets in one go after it was away.
pub const MISSED_MAX: i64 = 10_000;

/// Which events. Empty: all.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// one of these kinds; empty: any
    pub kinds: Vec<String>,
    /// on this product
    pub product: Option<ProductId>,
    /// of this session
    pub session: Option<SessionId>,
    /// from this address
    pub source: Option<IpAddr>,
    /// at or after, to the millisecond
    pub since: Option<Timestamp>,
    /// before, to the millisecond
    pub until: Option<Timestamp>,
    /// the event's JSON holds this text, letter case ignored in ASCII
    pub text: Option<String>,
    /// whether demonstration events count
    pub demo: Demo,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// newest first
    #[default]
    Newest,
    /// oldest first
    Oldest,
}

/// A question for one page of events.
#[derive(Clone, Debug, Default)]
pub struct EventQuery {
    /// which
    pub filter: EventFilter,
    /// in which order
    pub order: Order,
    /// how many, 1 to [`PAGE_MAX`]
    pub limit: usize,
    /// where the last page ended
    pub cursor: Option<String>,
}

/// What happened since a sequence number.
#[derive(Clone, Debug, PartialEq)]
pub enum Missed {
    /// these, each with its sequence number
    Events(Vec<(i64, Event)>),
    /// too much, or no longer in the inbox: start again from [`crate::Store::last_sequence`]
    TooMuch,
}

struct Matcher {
    filter: EventFilter,
    session: Option<i64>,
    source: Option<String>,
    text: Option<Vec<u8>>,
}

impl Matcher {
    fn new(filter: EventFilter) -> Result<Self, StoreError> {
        // As the text stands in JSON, without the quotes.
        let text = match &filter.text {
            Some(text) => serde_json::to_string(text)?.trim_matches('"').to_ascii_lowercase().into_bytes(),
            None => Vec::new(),
        };
        Ok(Matcher {
            session: filter.session.map(|session| session.get() as i64),
            source: filter.source.map(|ip| ip.to_string()),
            text: (!text.is_empty()).then_some(text),
            filter,
        })
    }
    /// All that can be said without the JSON.
    fn narrow(&self, row: &EventRow) -> bool {
        let filter = &self.filter;
        (filter.kinds.is_empty() || filter.kinds.contains(&row.kind))
            && filter.product.as_ref().is_none_or(|product| row.product.as_deref() == Some(product.as_str()))
            && (self.session.is_none() || row.session == self.session)
            && (self.source.is_none() || row.source == self.source)
            && filter.demo.admits(row.demo)
    }
    fn text(&self, row: &EventRow) -> bool {
        let Some(text) = &self.text else { return true };
        row.json.as_bytes().windows(text.len()).any(|window| window.eq_ignore_ascii_case(text))
    }
}

/// Ids turned so that the order asked for is always descending.
#[derive(Clone, Copy)]
struct Turn(Order);

impl Turn {
    fn key(self, id: u128) -> u128 {
        if self.0 == Order::Newest { id } else { !id }
    }
}

enum Origin {
    Inbox,
    Segment { path: PathBuf, open: Option<(SegmentReader, Vec<usize>)> },
}

/// One of the places where events lie. Everything with a key at or above `below` has been looked at.
struct Source {
    origin: Origin,
    below: u128,
    floor: u128,
    heads: VecDeque<EventRow>,
    ended: bool,
}

impl Source {
    /// Keys of what it may still yield lie below this.
    fn bound(&self, turn: Turn) -> Option<u128> {
        match self.heads.front() {
            Some(row) => Some(turn.key(row.id.0).saturating_add(1)),
            None if self.ended => None,
            None => Some(self.below),
        }
    }

    /// Looks at some more rows; returns how many.
    fn fill(&mut self, connection: &Connection, turn: Turn, matcher: &Matcher) -> Result<u64, StoreError> {
        if self.below <= self.floor {
            self.ended = true;
            return Ok(0);
        }
        match &mut self.origin {
            Origin::Inbox => self.fill_from_inbox(connection, turn, matcher),
            Origin::Segment { .. } => self.fill_from_segment(turn, matcher),
        }
    }

    fn fill_from_inbox(
        &mut self,
        connection: &Connection,
        turn: Turn,
        matcher: &Matcher,
    ) -> Result<u64, StoreError> {
        // Keys are `floor <= key < below`; ids of the oldest-first order are the complements.
        let (low, high, direction) = match turn.0 {
            Order::Newest => (self.floor, self.below - 1, "DESC"),
            Order::Oldest => (!(self.below - 1), !self.floor, "ASC"),
        };
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM event WHERE id >= ? AND id <= ? ORDER BY id {direction} LIMIT {INBOX_CHUNK}"
        ))?;
        let mut rows = statement.query(params![id_bytes(low), id_bytes(high)])?;
        let mut looked_at = 0;
        while let Some(row) = rows.next()? {
            let mut found = EventRow::without_json(row)?;
            looked_at += 1;
            self.below = turn.key(found.id.0);
            if matcher.narrow(&found) {
                found.json = row.get(7)?;
                if matcher.text(&found) {
                    self.heads.push_back(found);
                }
            }
        }
        self.ended = looked_at < INBOX_CHUNK as u64;
        Ok(looked_at)
    }

    fn fill_from_segment(&mut self, turn: Turn, matcher: &Matcher) -> Result<u64, StoreError> {
        let Origin::Segment { path, open } = &mut self.origin else { return Ok(0) };
        if open.is_none() {
            let Some(reader) = SegmentReader::open(path)? else {
                self.ended = true;
                return Ok(0);
            };
            // The next group is taken from the end.
            let mut groups: Vec<usize> = (0..reader.spans().len()).collect();
            if turn.0 == Order::Oldest {
                groups.reverse();
            }
            *open = Some((reader, groups));
        }
        let Some((reader, groups)) = open else { return Ok(0) };
        let (below, floor) = (self.below, self.floor);
        while let Some(group) = groups.pop() {
            let Some(span) = reader.spans().get(group) else { continue };
            let (a, b) = (turn.key(span.first), turn.key(span.last));
            let (lowest, highest) = (a.min(b), a.max(b));
            if lowest >= below || highest < floor {
                continue;
            }
            let inside = |row: &EventRow| (floor..below).contains(&turn.key(row.id.0)) && matcher.narrow(row);
            let (mut rows, looked_at) = reader.rows(group, inside)?;
            if turn.0 == Order::Newest {
                rows.reverse();
            }
            self.below = lowest;
            self.heads.extend(rows.into_iter().filter(|row| matcher.text(row)));
            return Ok(looked_at);
        }
        self.ended = true;
        Ok(0)
    }
}

fn parse_cursor(text: Option<&str>, turn: Turn) -> Result<u128, StoreError> {
    let Some(text) = text else { return Ok(u128::MAX) };
    let id: EventId = text.strip_prefix('e').and_then(|id| id.parse().ok()).ok_or(StoreError::Cursor)?;
    Ok(turn.key(id.0))
}

/// Half-open range of ids that `since` and `until` leave.
fn id_range(filter: &EventFilter) -> (u128, u128) {
    let id = |at: Timestamp| EventId::new(at, 0, 0).0;
    (filter.since.map_or(0, id), filter.until.map_or(u128::MAX, id))
}

impl Reader {
    /// One page of events.
    pub fn events(&self, query: &EventQuery, limit: &QueryLimit) -> Result<Page<Event>, StoreError> {
        let rows = self.with(limit, |connection| self.event_rows(connection, query, limit))?;
        let items = rows.items.iter().map(EventRow::event).collect::<Result<_, _>>()?;
        Ok(Page { items, next: rows.next })
    }

    fn event_rows(
        &self,
        connection: &Connection,
        query: &EventQuery,
        limit: &QueryLimit,
    ) -> Result<Page<EventRow>, StoreError> {
        let turn = Turn(query.order);
        let matcher = Matcher::new(query.filter.clone())?;
        let mut sources = self.sources(connection, query, turn)?;
        let wanted = query.limit.clamp(1, PAGE_MAX);
        let mut items = Vec::new();
        let mut left = SCAN_EVENTS_MAX;
        let cursor = |key: u128| Some(format!("e{}", EventId(turn.key(key))));
        loop {
            let best = sources.iter_mut().filter_map(|source| Some((source.bound(turn)?, source)));
            let Some((bound, source)) = best.max_by_key(|(bound, _)| *bound) else {
                return Ok(Page { items, next: None });
            };
            if items.len() >= wanted {
                return Ok(Page { items, next: cursor(bound) });
            }
            if let Some(row) = source.heads.pop_front() {
                items.push(row);
                continue;
            }
            if left == 0 || (limit.is_over() && bound != u128::MAX) {
                return Ok(Page { items, next: cursor(bound) });
            }
            left = left.saturating_sub(source.fill(connection, turn, &matcher)?);
        }
    }

    fn sources(
        &self,
        connection: &Connection,
        query: &EventQuery,
        turn: Turn,
    ) -> Result<Vec<Source>, StoreError> {
        let (since, until) = id_range(&query.filter);
        if since >= until {
            return Ok(Vec::new());
        }
        let below = parse_cursor(query.cursor.as_deref(), turn)?;
        let (a, b) = (turn.key(since), turn.key(until - 1));
        let (floor, below) = (a.min(b), below.min(a.max(b).saturating_add(1)));
        if floor >= below {
            return Ok(Vec::new());
        }
        let source = |origin, below| Source { origin, below, floor, heads: VecDeque::new(), ended: false };
        let mut sources = vec![source(Origin::Inbox, below)];
        for manifest in segment::overlapping(connection, since, until - 1)? {
            let highest = turn.key(manifest.first.0).max(turn.key(manifest.last.0));
            let path = self.folder.segments().join(&manifest.name);
            sources.push(source(Origin::Segment { path, open: None }, below.min(highest.saturating_add(1))));
        }
        Ok(sources)
    }

    /// One event by its id.
    pub fn event(&self, id: EventId, limit: &QueryLimit) -> Result<Option<Event>, StoreError> {
        let row = self.with(limit, |connection| {
            let found = connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM event WHERE id = ?"))?
                .query_row([id_bytes(id.0)], EventRow::from_row)
                .optional()?;
            if found.is_some() {
                return Ok(found);
            }
            for manifest in segment::overlapping(connection, id.0, id.0)? {
                let path = self.folder.segments().join(&manifest.name);
                let Some(reader) = SegmentReader::open(&path)? else { continue };
                for (group, span) in reader.spans().iter().enumerate() {
                    if (span.first..=span.last).contains(&id.0) {
                        let (mut rows, _) = reader.rows(group, |row| row.id == id)?;
                        if let Some(row) = rows.pop() {
                            return Ok(Some(row));
                        }
                    }
                }
            }
            Ok(None)
        })?;
        row.map(|row| row.event()).transpose()
    }

    /// Up to `limit_events` events that became durable after sequence number `after`, in that order.
    pub fn events_after(
        &self,
        after: i64,
        limit_events: usize,
        limit: &QueryLimit,
    ) -> Result<Missed, StoreError> {
        let rows = self.with(limit, |connection| {
            let sealed: i64 = connection
                .prepare_cached("SELECT coalesce(max(max_seq), 0) FROM segment")?
                .query_row([], |row| row.get(0))?;
            let last: i64 = connection
                .prepare_cached("SELECT coalesce(max(seq), 0) FROM event")?
                .query_row([], |row| row.get(0))?;
            let last = last.max(sealed);
            if after > last || (after < sealed && after < last) || last - after > MISSED_MAX {
                return Ok(None);
            }
            let mut statement = connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM event WHERE seq > ? ORDER BY seq LIMIT ?"))?;
            let rows = statement
                .query_map(params![after, limit_events.clamp(1, PAGE_MAX) as i64], EventRow::from_row)?
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Some(rows))
        })?;
        let Some(rows) = rows else { return Ok(Missed::TooMuch) };
        let events = rows.iter().map(|row| Ok((row.seq, row.event()?)));
        Ok(Missed::Events(events.collect::<Result<_, StoreError>>()?))
    }
}

/// The event as lists and streams send it: a detonation's report without its trace and with the first
/// entries of its other parts. The whole report is the sample's page.
pub fn brief(mut event: Event) -> Event {
    if let EventKind::Detonated { report } = &mut event.kind {
        report.trace_omitted = report.trace_omitted.saturating_add(report.trace.len() as u64);
        report.trace = Vec::new();
        report.files.truncate(BRIEF_PART_MAX);
        report.contacts.truncate(BRIEF_PART_MAX);
        report.processes.truncate(BRIEF_PART_MAX);
        report.names.truncate(BRIEF_PART_MAX);
        report.dropped.truncate(BRIEF_PART_MAX);
    }
    event
}
