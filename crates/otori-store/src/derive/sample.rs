//! One row per captured file, and one per capture.
//!
//! Key type: [`SampleRow`]. The report itself stays in its event; the row only points to it.
use super::Derivation;
use crate::StoreError;
use crate::view::{Capture, SampleState, SampleSummary};
use otori_event::{
    Artifact, CaptureMethod, Classification, Event, EventId, Report, Sha256, Timestamp, report::End,
};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most captures of one file that are kept one by one; the count goes on.
const CAPTURES_KEPT: i64 = 10_000;

/// A sample's summary with what only the store needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SampleRow {
    pub(crate) summary: SampleSummary,
    pub(crate) class: Option<Classification>,
    /// the `Detonated` event that holds the latest report
    pub(crate) report: Option<EventId>,
    /// mode of the latest capture, to queue the artifact again
    pub(crate) mode: u32,
    pub(crate) url: Option<String>,
}

impl SampleRow {
    pub(crate) fn read(connection: &Connection, sha256: &Sha256) -> Result<Option<Self>, StoreError> {
        let body: Option<String> = connection
            .prepare_cached("SELECT body FROM sample WHERE sha256 = ?")?
            .query_row([sha256.0], |row| row.get(0))
            .optional()?;
        body.map(|body| serde_json::from_str(&body).map_err(StoreError::from)).transpose()
    }

    pub(crate) fn write(&self, connection: &Connection) -> Result<(), StoreError> {
        let summary = &self.summary;
        let state = match summary.state {
            SampleState::Waiting => "waiting",
            SampleState::Classified => "classified",
            SampleState::Detonated => "detonated",
        };
        connection
            .prepare_cached(
                "INSERT INTO sample (sha256, first_seen, state, cpu, size, demo, body) VALUES (?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (sha256) DO UPDATE SET first_seen = excluded.first_seen, state = excluded.state,
                     cpu = excluded.cpu, size = excluded.size, demo = excluded.demo, body = excluded.body",
            )?
            .execute(params![
                summary.sha256.0,
                summary.first_seen.0,
                state,
                summary.cpu,
                i64::try_from(summary.size).unwrap_or(i64::MAX),
                summary.demo,
                serde_json::to_string(self)?,
            ])?;
        Ok(())
    }

    /// What the pipeline needs to have it taken apart again.
    pub(crate) fn artifact(&self) -> Artifact {
        Artifact {
            sha256: self.summary.sha256,
            size: self.summary.size,
            name: self.summary.name.clone(),
            mode: self.mode,
            url: self.url.clone(),
            method: self.summary.method,
        }
    }

    fn new(artifact: &Artifact, at: Timestamp, demo: bool) -> Self {
        let summary = SampleSummary {
            sha256: artifact.sha256,
            size: artifact.size,
            name: artifact.name.clone(),
            method: artifact.method,
            demo,
            first_seen: at,
            last_seen: at,
            captures: 0,
            state: SampleState::Waiting,
            format: None,
            os: None,
            cpu: None,
            endianness: None,
            end: None,
            contacts: 0,
            techniques: Vec::new(),
        };
        SampleRow { summary, class: None, report: None, mode: artifact.mode, url: artifact.url.clone() }
    }

    fn set_class(&mut self, class: &Classification) {
        let value =
            |field: &Option<otori_event::Evidenced>| field.as_ref().map(|evidenced| evidenced.value.clone());
        self.summary.format = value(&class.format);
        self.summary.os = value(&class.os);
        self.summary.cpu = value(&class.cpu);
        self.summary.endianness = value(&class.endianness);
        self.class = Some(class.clone());
    }
}

impl Derivation<'_> {
    fn sample(&mut self, sha256: &Sha256) -> Result<Option<&mut SampleRow>, StoreError> {
        if !self.samples.contains_key(sha256)
            && let Some(row) = SampleRow::read(self.transaction, sha256)?
        {
            self.samples.insert(*sha256, row);
        }
        Ok(self.samples.get_mut(sha256))
    }

    pub(super) fn captured(&mut self, event: &Event, artifact: &Artifact) -> Result<(), StoreError> {
        if self.sample(&artifact.sha256)?.is_none() {
            self.samples.insert(artifact.sha256, SampleRow::new(artifact, event.at, event.demo));
        }
        let Some(row) = self.samples.get_mut(&artifact.sha256) else { return Ok(()) };
        let summary = &mut row.summary;
        summary.captures += 1;
        summary.first_seen = summary.first_seen.min(event.at);
        summary.demo &= event.demo; // once seen in a real attack, it is real
        if event.at >= summary.last_seen {
            summary.last_seen = event.at;
            // A file that a detonation left behind keeps the name under which an attacker brought it.
            if artifact.method != CaptureMethod::Dropped || summary.method == CaptureMethod::Dropped {
                summary.name = artifact.name.clone();
                summary.method = artifact.method;
                row.mode = artifact.mode;
                row.url = artifact.url.clone().or(row.url.take());
            }
        }
        if row.summary.captures as i64 > CAPTURES_KEPT {
            return Ok(());
        }
        let capture = Capture {
            event: event.id,
            at: event.at,
            session: event.session,
            product: event.product.clone(),
            demo: event.demo,
            sha256: artifact.sha256,
            size: artifact.size,
            name: artifact.name.clone(),
            url: artifact.url.clone(),
            mode: artifact.mode,
            method: artifact.method,
        };
        self.transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO capture (event, sha256, session, at, body) VALUES (?, ?, ?, ?, ?)",
            )?
            .execute(params![
                event.id.0.to_be_bytes(),
                artifact.sha256.0,
                event.session.map(|session| session.get() as i64),
                event.at.0,
                serde_json::to_string(&capture)?,
            ])?;
        Ok(())
    }

    pub(super) fn classified(&mut self, sha256: &Sha256, class: &Classification) -> Result<(), StoreError> {
        if let Some(row) = self.sample(sha256)? {
            row.set_class(class);
            if row.summary.state == SampleState::Waiting {
                row.summary.state = SampleState::Classified;
            }
        }
        Ok(())
    }

    pub(super) fn detonated(&mut self, event: &Event, report: &Report) -> Result<(), StoreError> {
        let Some(row) = self.sample(&report.sha256)? else { return Ok(()) };
        row.set_class(&report.class);
        row.report = Some(event.id);
        row.summary.state = SampleState::Detonated;
        let end = match report.end {
            End::Exited { .. } => "exited",
            End::TimeUp => "time_up",
            End::Limit { .. } => "limit",
            End::NotRun { .. } => "not_run",
        };
        row.summary.end = Some(end.to_owned());
        row.summary.contacts = report.contacts.len() as u64;
        let techniques: BTreeSet<&str> =
            report.behaviours.iter().map(|seen| seen.technique.as_str()).collect();
        row.summary.techniques = techniques.into_iter().map(str::to_owned).collect();
        Ok(())
    }
}
