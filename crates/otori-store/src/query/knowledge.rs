//! Indicators: the list, and those that rest on a file or a session.
//!
//! Key type: [`IndicatorQuery`].
use super::{Cursor, Demo, PAGE_MAX};
use crate::derive::word;
use crate::view::{IndicatorEntry, Page};
use crate::{QueryLimit, Reader, StoreError};
use otori_event::{IndicatorKind, IndicatorState, SessionId, Sha256};
use rusqlite::{Connection, params, params_from_iter, types::Value};

/// The most indicators shown with a file or a session.
const RELATED_MAX: usize = 100;

const SELECT: &str = "SELECT indicator.body, indicator.rowid,
        (SELECT sid FROM rule WHERE rule.indicator_kind = indicator.kind AND rule.indicator = indicator.value
             AND rule.removed_at IS NULL LIMIT 1)
    FROM indicator";

/// Which indicators, newest first.
#[derive(Clone, Debug, Default)]
pub struct IndicatorQuery {
    /// of this kind
    pub kind: Option<IndicatorKind>,
    /// in this state
    pub state: Option<IndicatorState>,
    /// whose value holds this text, letter case ignored in ASCII
    pub text: Option<String>,
    /// whether those that rest on demonstrations only count
    pub demo: Demo,
    /// how many
    pub limit: usize,
    /// where the last page ended
    pub cursor: Option<String>,
}

fn entries(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<(IndicatorEntry, i64)>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let indicator = serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
        found.push((IndicatorEntry { indicator, rule: row.get(2)? }, row.get(1)?));
    }
    Ok(found)
}

/// Indicators that rest on an artifact, or name it.
pub(super) fn of_artifact(
    connection: &Connection,
    sha256: &Sha256,
) -> Result<Vec<IndicatorEntry>, StoreError> {
    let sql = format!(
        "{SELECT} JOIN indicator_artifact USING (kind, value) WHERE sha256 = ?
         ORDER BY indicator.first_seen LIMIT {RELATED_MAX}"
    );
    Ok(entries(connection, &sql, [sha256.0])?.into_iter().map(|(entry, _)| entry).collect())
}

/// Indicators that rest on the artifacts of a session.
pub(super) fn of_session(
    connection: &Connection,
    session: SessionId,
) -> Result<Vec<IndicatorEntry>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE (kind, value) IN
             (SELECT kind, value FROM indicator_artifact JOIN capture USING (sha256) WHERE session = ?)
         ORDER BY indicator.first_seen LIMIT {RELATED_MAX}"
    );
    let found = entries(connection, &sql, params![session.get() as i64])?;
    Ok(found.into_iter().map(|(entry, _)| entry).collect())
}

impl Reader {
    /// One page of indicators.
    pub fn indicators(
        &self,
        query: &IndicatorQuery,
        limit: &QueryLimit,
    ) -> Result<Page<IndicatorEntry>, StoreError> {
        let cursor = Cursor::parse(query.cursor.as_deref())?;
        let wanted = query.limit.clamp(1, PAGE_MAX);
        let mut sql = format!("{SELECT} WHERE indicator.{}", query.demo.sql());
        let mut values: Vec<Value> = Vec::new();
        if let Some(kind) = query.kind {
            sql.push_str(" AND kind = ?");
            values.push(Value::Text(word(kind)?));
        }
        if let Some(state) = query.state {
            sql.push_str(" AND state = ?");
            values.push(Value::Text(word(state)?));
        }
        if let Some(text) = &query.text {
            sql.push_str(" AND instr(lower(value), lower(?)) > 0");
            values.push(Value::Text(text.clone()));
        }
        if let Some(cursor) = &cursor {
            let row: i64 = cursor.tie.parse().map_err(|_| StoreError::Cursor)?;
            sql.push_str(" AND (first_seen, indicator.rowid) < (?, ?)");
            values.extend([Value::Integer(cursor.at), Value::Integer(row)]);
        }
        sql.push_str(&format!(" ORDER BY first_seen DESC, indicator.rowid DESC LIMIT {}", wanted + 1));
        let mut found = self.with(limit, |connection| entries(connection, &sql, params_from_iter(values)))?;
        let more = found.len() > wanted;
        found.truncate(wanted);
        let last = found.last().filter(|_| more);
        let next =
            last.map(|(entry, row)| Cursor { at: entry.indicator.first_seen.0, tie: row.to_string() }.text());
        Ok(Page { items: found.into_iter().map(|(entry, _)| entry).collect(), next })
    }
}
