//! How big the store is, and totals for metrics.
use crate::row::event_id;
use crate::view::{Retention, Sizes};
use crate::{QueryLimit, Reader, StoreError};
use otori_event::{EventId, Timestamp};
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;

fn at(id: EventId) -> Timestamp {
    Timestamp::from_ms((id.0 >> 80) as i64)
}

fn edge(connection: &Connection, sql: &str) -> Result<Option<EventId>, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_row([], |row| event_id(row, 0)).optional()?)
}

/// When the newest event happened.
pub(super) fn last_event_at(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let inbox = edge(connection, "SELECT id FROM event ORDER BY id DESC LIMIT 1")?;
    let sealed = edge(connection, "SELECT last_id FROM segment ORDER BY last_id DESC LIMIT 1")?;
    Ok(inbox.max(sealed).map(at))
}

fn oldest_event_at(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let inbox = edge(connection, "SELECT id FROM event ORDER BY id LIMIT 1")?;
    let sealed = edge(connection, "SELECT first_id FROM segment ORDER BY first_id LIMIT 1")?;
    Ok([inbox, sealed].into_iter().flatten().min().map(at))
}

impl Reader {
    /// How big the store is; `retention` is passed through.
    pub fn sizes(&self, retention: Retention, limit: &QueryLimit) -> Result<Sizes, StoreError> {
        let database = self.folder.database();
        let files = [database.clone(), database.with_extension("db-wal")];
        let database_bytes =
            files.iter().filter_map(|path| path.metadata().ok()).map(|found| found.len()).sum();
        self.with(limit, |connection| {
            let one = |sql: &str| -> Result<u64, StoreError> {
                let value: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
                Ok(u64::try_from(value).unwrap_or(0))
            };
            Ok(Sizes {
                inbox_events: one("SELECT count(*) FROM event")?,
                sealed_events: one("SELECT coalesce(sum(events), 0) FROM segment")?,
                segments: one("SELECT count(*) FROM segment")?,
                database_bytes,
                segment_bytes: one("SELECT coalesce(sum(size_bytes), 0) FROM segment")?,
                artifacts: one("SELECT count(*) FROM sample")?,
                artifact_bytes: one("SELECT coalesce(sum(size), 0) FROM sample")?,
                recordings: one("SELECT coalesce(max(value), 0) FROM meta WHERE name = 'recordings'")?,
                recording_bytes: one(
                    "SELECT coalesce(max(value), 0) FROM meta WHERE name = 'recording_bytes'",
                )?,
                oldest_event_at: oldest_event_at(connection)?,
                last_event_at: last_event_at(connection)?,
                retention,
            })
        })
    }

    /// Events of all time by kind, for metrics.
    pub fn totals(&self, limit: &QueryLimit) -> Result<BTreeMap<String, u64>, StoreError> {
        self.with(limit, |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT key, sum(count) FROM tally WHERE level = 86400 AND dimension = 'event' GROUP BY key",
            )?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
