//! One row per session: who, how far, how much.
//!
//! Key type: [`SessionRow`]. A session is counted in the roll-ups where it opened, under its furthest stage;
//! when it gets further it moves.
use super::{Derivation, country_key};
use crate::StoreError;
use crate::place::Place;
use crate::view::{Credential, SessionSummary};
use otori_event::{Endpoint, Event, EventId, EventKind, SessionId, Stage, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};

/// Front of a session whose `SessionOpened` has not been seen.
const UNKNOWN: &str = "unknown";

/// A session's summary with what only the store needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SessionRow {
    pub(crate) summary: SessionSummary,
    pub(crate) first_event: EventId,
    pub(crate) last_event: EventId,
    pub(crate) last_at: Timestamp,
}

impl SessionRow {
    pub(crate) fn read(connection: &Connection, id: SessionId) -> Result<Option<Self>, StoreError> {
        let body: Option<String> = connection
            .prepare_cached("SELECT body FROM session WHERE id = ?")?
            .query_row([id.get() as i64], |row| row.get(0))
            .optional()?;
        body.map(|body| serde_json::from_str(&body).map_err(StoreError::from)).transpose()
    }

    pub(crate) fn write(&self, connection: &Connection) -> Result<(), StoreError> {
        let summary = &self.summary;
        connection
            .prepare_cached(
                "INSERT INTO session (id, opened_at, is_open, product, front, stage, source, demo, body)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (id) DO UPDATE SET opened_at = excluded.opened_at, is_open = excluded.is_open,
                     product = excluded.product, front = excluded.front, stage = excluded.stage,
                     source = excluded.source, demo = excluded.demo, body = excluded.body",
            )?
            .execute(params![
                summary.id.get() as i64,
                summary.opened_at.0,
                summary.closed_at.is_none(),
                summary.product.as_ref().map(|product| product.as_str()),
                summary.front,
                summary.stage.as_str(),
                summary.source.ip.to_string(),
                summary.demo,
                serde_json::to_string(self)?,
            ])?;
        Ok(())
    }

    fn new(
        event: &Event,
        id: SessionId,
        front: &str,
        source: Endpoint,
        local: Endpoint,
        place: Place,
    ) -> Self {
        let summary = SessionSummary {
            id,
            front: front.to_owned(),
            product: event.product.clone(),
            demo: event.demo,
            source,
            local,
            place,
            stage: Stage::Probe,
            opened_at: event.at,
            closed_at: None,
            duration_ms: None,
            reason: None,
            interrupted: false,
            events: 0,
            logins: 0,
            commands: 0,
            captures: 0,
            credential: None,
            bytes_in: 0,
            bytes_out: 0,
            recording_bytes: 0,
        };
        SessionRow { summary, first_event: event.id, last_event: event.id, last_at: event.at }
    }

    /// What one event says about the session, its stage aside.
    fn note(&mut self, event: &Event) {
        self.first_event = self.first_event.min(event.id);
        self.last_event = self.last_event.max(event.id);
        self.last_at = self.last_at.max(event.at);
        let summary = &mut self.summary;
        summary.events += 1;
        match &event.kind {
            EventKind::LoginAttempt { user, password, success } => {
                summary.logins += 1;
                if *success && summary.credential.is_none() {
                    summary.credential = Some(Credential { user: user.clone(), password: password.clone() });
                }
            }
            EventKind::Command { .. } => summary.commands += 1,
            EventKind::FileCaptured { .. } => summary.captures += 1,
            EventKind::Recorded { size, .. } => summary.recording_bytes = *size,
            EventKind::SessionClosed { duration_ms, reason, bytes_in, bytes_out, .. } => {
                summary.closed_at = Some(event.at);
                summary.duration_ms = Some(*duration_ms);
                summary.reason = Some(reason.clone());
                summary.bytes_in = *bytes_in;
                summary.bytes_out = *bytes_out;
            }
            _ => {}
        }
    }
}

/// Adds to one of the store's own totals.
fn count(connection: &Connection, name: &str, by: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = value + ?2",
        )?
        .execute(params![name, by])?;
    Ok(())
}

impl Derivation<'_> {
    /// The session's row, from this batch or from the table.
    pub(super) fn session(&mut self, id: SessionId) -> Result<Option<&mut SessionRow>, StoreError> {
        if !self.sessions.contains_key(&id)
            && let Some(row) = SessionRow::read(self.transaction, id)?
        {
            self.sessions.insert(id, row);
        }
        Ok(self.sessions.get_mut(&id))
    }

    pub(super) fn apply_to_session(&mut self, event: &Event) -> Result<(), StoreError> {
        let Some(id) = event.session else { return Ok(()) };
        let known = self.session(id)?.is_some();
        if !known {
            if event.kind.stage().is_none() && !matches!(event.kind, EventKind::SessionClosed { .. }) {
                return Ok(()); // the lab speaks of a session that retention has removed
            }
            self.open(event, id);
        } else if let EventKind::SessionOpened { .. } = event.kind {
            self.introduce(event, id);
        }
        let reached = match &event.kind {
            EventKind::SessionClosed { stage, .. } => Some(*stage),
            kind => kind.stage(),
        };
        let Some(row) = self.sessions.get_mut(&id) else { return Ok(()) };
        if let EventKind::Recorded { size, .. } = &event.kind {
            let grown = i64::try_from(*size).unwrap_or(i64::MAX) - row.summary.recording_bytes as i64;
            let first = i64::from(row.summary.recording_bytes == 0);
            count(self.transaction, "recordings", first)?;
            count(self.transaction, "recording_bytes", grown)?;
        }
        row.note(event);
        if let Some(stage) = reached {
            self.advance(id, stage);
        }
        Ok(())
    }

    /// `SessionOpened` came after other events of the session: now its peer is known. It was counted as unknown.
    fn introduce(&mut self, event: &Event, id: SessionId) {
        let Some(old) = self.sessions.remove(&id) else { return };
        if old.summary.front != UNKNOWN {
            self.sessions.insert(id, old);
            return;
        }
        let (at, demo, stage) = (old.summary.opened_at, old.summary.demo, old.summary.stage);
        self.book.add(at, demo, "stage", stage.as_str(), -1, 0);
        self.book.add(at, demo, "country", &country_key(&old.summary.place, stage), -1, 0);
        if let Some(product) = &old.summary.product {
            self.book.add(at, demo, "product", product.as_str(), -1, 0);
        }
        self.open(event, id);
        let Some(row) = self.sessions.get_mut(&id) else { return };
        (row.first_event, row.last_event, row.last_at) = (old.first_event, old.last_event, old.last_at);
        let SessionSummary { front, source, local, place, opened_at, product, demo, .. } =
            row.summary.clone();
        row.summary = SessionSummary {
            front,
            source,
            local,
            place,
            opened_at,
            product,
            demo,
            stage: Stage::Probe,
            ..old.summary
        };
        if stage > Stage::Probe {
            self.advance(id, stage);
        }
    }

    /// The session got further: it moves in the roll-ups.
    fn advance(&mut self, id: SessionId, stage: Stage) {
        let Some(row) = self.sessions.get_mut(&id) else { return };
        let (before, at, demo) = (row.summary.stage, row.summary.opened_at, row.summary.demo);
        if stage <= before {
            return;
        }
        row.summary.stage = stage;
        let (from, to) = (country_key(&row.summary.place, before), country_key(&row.summary.place, stage));
        self.book.add(at, demo, "stage", before.as_str(), -1, 0);
        self.book.add(at, demo, "stage", stage.as_str(), 1, 0);
        self.book.add(at, demo, "country", &from, -1, 0);
        self.book.add(at, demo, "country", &to, 1, 0);
    }

    /// Makes the row; without `SessionOpened` the peer is unknown until that comes.
    fn open(&mut self, event: &Event, id: SessionId) {
        let nowhere = Endpoint { ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED), port: 0 };
        let (front, source, local) = match &event.kind {
            EventKind::SessionOpened { front, source, local } => (front.as_str(), *source, *local),
            _ => (UNKNOWN, nowhere, nowhere),
        };
        let place = self.locate.place(source.ip);
        let (at, demo) = (event.at, event.demo);
        self.book.add(at, demo, "stage", Stage::Probe.as_str(), 1, 0);
        self.book.add(at, demo, "country", &country_key(&place, Stage::Probe), 1, 0);
        if let Some(asn) = place.asn {
            let name = place.as_name.as_deref().unwrap_or_default();
            self.book.add(at, demo, "network", &format!("{asn} {name}"), 1, 0);
        }
        if let Some(product) = &event.product {
            self.book.add(at, demo, "product", product.as_str(), 1, 0);
        }
        self.sessions.insert(id, SessionRow::new(event, id, front, source, local, place));
    }
}
