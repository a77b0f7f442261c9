//! Ageing: old inbox rows become Parquet segments, and what is past its time is removed.
//!
//! Key function: [`Store::maintain`], called by the pipeline once a minute. Order of sealing: write the file, sync it,
//! rename it, sync the folder; then one transaction announces it and removes its rows from the inbox. A crash in
//! between leaves a file that nobody announced, which the next start removes.
use crate::derive::{SessionRow, prune};
use crate::row::{COLUMNS, EventRow, id_bytes};
use crate::segment::{SEGMENT_EVENTS_MAX, write::SegmentWriter};
use crate::{QueryLimit, Store, StoreError};
use otori_event::{EventId, Sha256, Timestamp};
use rusqlite::params;
use std::fs;
use std::time::Duration;

/// The longest that reading the rows of one segment takes.
const SEAL_TIME_MAX: Duration = Duration::from_secs(120);
/// The most rows that one call removes from one table; the next call goes on.
const REMOVED_MAX: i64 = 5_000;
/// Segments that one call makes at most.
const SEALS_MAX: usize = 10;
/// Events younger than this stay in the inbox even when it is too full.
const SETTLED_SECONDS: i64 = 60;
const DAY_NS: i64 = 86_400 * 1_000_000_000;

/// What one call of [`Store::maintain`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// events that went from the inbox into segments
    pub sealed_events: u64,
    /// segments removed, past their time
    pub removed_segments: u64,
    /// sessions removed, past their time
    pub removed_sessions: u64,
    /// artifacts removed, past their time
    pub removed_artifacts: u64,
}

/// Rows that were written to a segment's file.
struct Written {
    first: EventId,
    last: EventId,
    max_seq: i64,
    events: u64,
    size_bytes: u64,
    name: String,
}

impl Store {
    /// Seals what is old or too much, removes what is past its time. `now` comes from the caller's clock.
    pub fn maintain(&self, now: Timestamp) -> Result<Maintained, StoreError> {
        let retention = self.options.retention;
        let days_ago = |days: u32| Timestamp(now.0.saturating_sub(i64::from(days).saturating_mul(DAY_NS)));
        let mut done = Maintained::default();
        for _ in 0..SEALS_MAX {
            let mut sealed = self.seal(days_ago(retention.inbox_days))?;
            if sealed == 0 && self.inbox_events()? > self.options.inbox_events_max {
                // Not up to now: what is still coming in should not have to be looked for in segments.
                sealed = self.seal(now.plus_seconds(-SETTLED_SECONDS))?;
            }
            if sealed == 0 {
                break;
            }
            done.sealed_events += sealed;
        }
        prune(&self.lock_writer().connection, now)?;
        let cutoff = days_ago(retention.event_days);
        done.removed_segments = self.remove_segments(cutoff)?;
        done.removed_sessions = self.remove_sessions(cutoff)?;
        if let Some(days) = retention.artifact_days {
            done.removed_artifacts = self.remove_artifacts(days_ago(days))?;
        }
        Ok(done)
    }

    fn inbox_events(&self) -> Result<u64, StoreError> {
        self.with(&QueryLimit::new(SEAL_TIME_MAX), |connection| {
            Ok(connection.query_row("SELECT count(*) FROM event", [], |row| row.get(0))?)
        })
    }

    /// Seals the oldest events before `before`, one segment at most; returns how many.
    pub fn seal(&self, before: Timestamp) -> Result<u64, StoreError> {
        let Some(written) = self.write_segment(EventId::new(before, 0, 0))? else { return Ok(0) };
        let mut writer = self.lock_writer();
        let transaction = writer.connection.transaction()?;
        transaction.execute(
            "INSERT INTO segment (name, first_id, last_id, max_seq, events, size_bytes) VALUES (?, ?, ?, ?, ?, ?)",
            params![
                written.name,
                id_bytes(written.first.0),
                id_bytes(written.last.0),
                written.max_seq,
                written.events as i64,
                written.size_bytes as i64
            ],
        )?;
        // All rows up to the last id were written, but for those that came in after the snapshot.
        let removed = transaction.execute(
            "DELETE FROM event WHERE id <= ? AND seq <= ?",
            params![id_bytes(written.last.0), written.max_seq],
        )?;
        if removed as u64 != written.events {
            drop(transaction);
            let path = self.folder.segments().join(&written.name);
            fs::remove_file(&path).map_err(StoreError::file(&path))?;
            return Ok(0); // late events slipped in between: the next call takes them along
        }
        transaction.commit()?;
        writer.sealed_last = writer.sealed_last.max(Some(written.last.0));
        Ok(written.events)
    }

    fn write_segment(&self, before: EventId) -> Result<Option<Written>, StoreError> {
        self.with(&QueryLimit::new(SEAL_TIME_MAX), |connection| {
            let mut statement = connection
                .prepare(&format!("SELECT {COLUMNS} FROM event WHERE id < ? ORDER BY id LIMIT ?"))?;
            let mut rows = statement.query(params![id_bytes(before.0), SEGMENT_EVENTS_MAX as i64])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let mut row = EventRow::from_row(row)?;
            let mut segment = SegmentWriter::create(&self.folder.segments())?;
            let (first, mut last, mut max_seq, mut events) = (row.id, row.id, row.seq, 0);
            loop {
                (last, max_seq, events) = (last.max(row.id), max_seq.max(row.seq), events + 1);
                segment.push(row)?;
                match rows.next()? {
                    Some(next) => row = EventRow::from_row(next)?,
                    None => break,
                }
            }
            let name = format!("events-{first}-{last}-{max_seq}.parquet");
            let size_bytes = segment.finish(&self.folder.segments().join(&name))?;
            Ok(Some(Written { first, last, max_seq, events, size_bytes, name }))
        })
    }

    fn remove_segments(&self, cutoff: Timestamp) -> Result<u64, StoreError> {
        let writer = self.lock_writer();
        let old: Vec<(String, i64)> = writer
            .connection
            .prepare_cached("SELECT name, max_seq FROM segment WHERE last_id < ?")?
            .query_map([id_bytes(EventId::new(cutoff, 0, 0).0)], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (name, max_seq) in &old {
            writer.connection.execute_batch("BEGIN IMMEDIATE")?;
            writer.connection.execute("DELETE FROM segment WHERE name = ?", [name])?;
            writer.connection.execute(
                "INSERT INTO meta (name, value) VALUES ('removed_seq', ?1)
                 ON CONFLICT (name) DO UPDATE SET value = max(value, ?1)",
                [max_seq],
            )?;
            writer.connection.execute_batch("COMMIT")?;
            let path = self.folder.segments().join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StoreError::file(&path)(error));
                }
                _ => {}
            }
        }
        Ok(old.len() as u64)
    }

    fn remove_sessions(&self, cutoff: Timestamp) -> Result<u64, StoreError> {
        let mut writer = self.lock_writer();
        let transaction = writer.connection.transaction()?;
        let old: Vec<SessionRow> = {
            let mut statement = transaction.prepare_cached(
                "SELECT body FROM session WHERE opened_at < ? AND is_open = 0 ORDER BY opened_at LIMIT ?",
            )?;
            let mut rows = statement.query(params![cutoff.0, REMOVED_MAX])?;
            let mut old = Vec::new();
            while let Some(row) = rows.next()? {
                old.push(serde_json::from_str(&row.get::<_, String>(0)?)?);
            }
            old
        };
        for row in &old {
            transaction.execute("DELETE FROM session WHERE id = ?", [row.summary.id.get() as i64])?;
        }
        for table in ["verdict", "capture"] {
            transaction.execute(
                &format!(
                    "DELETE FROM {table} WHERE event IN (SELECT event FROM {table} WHERE at < ? LIMIT ?)"
                ),
                params![cutoff.0, REMOVED_MAX],
            )?;
        }
        transaction.commit()?;
        for row in &old {
            let _ = fs::remove_file(self.folder.recording(row.summary.id)); // most sessions have none
        }
        Ok(old.len() as u64)
    }

    fn remove_artifacts(&self, cutoff: Timestamp) -> Result<u64, StoreError> {
        let old: Vec<Sha256> = self.with(&QueryLimit::new(SEAL_TIME_MAX), |connection| {
            let mut statement = connection
                .prepare_cached("SELECT body FROM sample WHERE first_seen < ? ORDER BY first_seen LIMIT ?")?;
            let mut rows = statement.query(params![cutoff.0, REMOVED_MAX])?;
            let mut old = Vec::new();
            while let Some(row) = rows.next()? {
                let sample: crate::derive::SampleRow = serde_json::from_str(&row.get::<_, String>(0)?)?;
                if sample.summary.last_seen < cutoff {
                    old.push(sample.summary.sha256);
                }
            }
            Ok(old)
        })?;
        for sha256 in &old {
            let path = self.folder.artifact(sha256);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StoreError::file(&path)(error));
                }
                _ => {}
            }
            self.lock_writer().connection.execute("DELETE FROM sample WHERE sha256 = ?", [sha256.0])?;
        }
        Ok(old.len() as u64)
    }
}
