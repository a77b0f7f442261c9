//! Captured files: the list, and one with its report.
//!
//! Key type: [`SampleQuery`].
use super::{Cursor, Demo, PAGE_MAX, Range, Window, bodies, knowledge, sessions};
use crate::derive::SampleRow;
use crate::view::{Page, SampleDetail, SampleSummary};
use crate::{QueryLimit, Reader, StoreError};
use otori_event::{EventKind, Sha256, Timestamp};
use rusqlite::{Connection, types::Value};

const CAPTURES_MAX: usize = 200;
const SESSIONS_MAX: usize = 50;

/// Which samples, newest first.
#[derive(Clone, Debug, Default)]
pub struct SampleQuery {
    /// first seen in this range
    pub range: Range,
    /// for this instruction set, in the classification's word
    pub cpu: Option<String>,
    /// whether demonstrations count
    pub demo: Demo,
    /// how many
    pub limit: usize,
    /// where the last page ended
    pub cursor: Option<String>,
}

pub(super) fn summaries(
    connection: &Connection,
    condition: &str,
    parameters: Vec<Value>,
    limit: usize,
) -> Result<Vec<SampleSummary>, StoreError> {
    let sql = format!(
        "SELECT body FROM sample WHERE {condition} ORDER BY first_seen DESC, sha256 DESC LIMIT {limit}"
    );
    let rows: Vec<SampleRow> = bodies(connection, &sql, rusqlite::params_from_iter(parameters))?;
    Ok(rows.into_iter().map(|row| row.summary).collect())
}

impl Reader {
    /// One page of samples.
    pub fn samples(
        &self,
        query: &SampleQuery,
        now: Timestamp,
        limit: &QueryLimit,
    ) -> Result<Page<SampleSummary>, StoreError> {
        let cursor = Cursor::parse(query.cursor.as_deref())?;
        let wanted = query.limit.clamp(1, PAGE_MAX);
        let mut items = self.with(limit, |connection| {
            let window = Window::of(connection, query.range, query.demo, now)?;
            let mut condition = format!("{} AND first_seen >= ?", query.demo.sql());
            let mut values = vec![Value::Integer(super::window::timestamp(window.now().0).0)];
            if let Some(cpu) = &query.cpu {
                condition.push_str(" AND cpu = ?");
                values.push(Value::Text(cpu.clone()));
            }
            if let Some(cursor) = &cursor {
                let sha256: Sha256 = cursor.tie.parse().map_err(|_| StoreError::Cursor)?;
                condition.push_str(" AND (first_seen, sha256) < (?, ?)");
                values.extend([Value::Integer(cursor.at), Value::Blob(sha256.0.to_vec())]);
            }
            summaries(connection, &condition, values, wanted + 1)
        })?;
        let more = items.len() > wanted;
        items.truncate(wanted);
        let last = items.last().filter(|_| more);
        let next = last.map(|last| Cursor { at: last.first_seen.0, tie: last.sha256.to_string() }.text());
        Ok(Page { items, next })
    }

    /// One sample with its latest report, its captures, the sessions that brought it, and what was concluded from it.
    pub fn sample(&self, sha256: &Sha256, limit: &QueryLimit) -> Result<SampleDetail, StoreError> {
        let (row, captures, found, indicators) = self.with(limit, |connection| {
            let row = SampleRow::read(connection, sha256)?.ok_or(StoreError::NotFound)?;
            let captures = bodies(
                connection,
                &format!("SELECT body FROM capture WHERE sha256 = ? ORDER BY at DESC LIMIT {CAPTURES_MAX}"),
                [sha256.0],
            )?;
            let sessions = sessions::summaries(
                connection,
                "id IN (SELECT session FROM capture WHERE sha256 = ? AND session IS NOT NULL)",
                vec![Value::Blob(sha256.0.to_vec())],
                SESSIONS_MAX,
            )?;
            Ok((row, captures, sessions, knowledge::of_artifact(connection, sha256)?))
        })?;
        let event = row.report.map(|id| self.event(id, limit)).transpose()?.flatten();
        let report = event.and_then(|event| match event.kind {
            EventKind::Detonated { report } => Some(*report),
            _ => None,
        });
        Ok(SampleDetail {
            sample: row.summary,
            class: row.class,
            report,
            captures,
            sessions: found,
            indicators,
        })
    }
}
