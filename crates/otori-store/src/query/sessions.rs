//! Sessions: the list, and one with all that belongs to it.
//!
//! Key type: [`SessionQuery`].
use super::{Cursor, Demo, EventFilter, EventQuery, Order, PAGE_MAX, Range, Window, bodies, knowledge};
use crate::derive::SessionRow;
use crate::view::{Page, SessionDetail, SessionSummary};
use crate::{QueryLimit, Reader, StoreError};
use otori_event::{EventId, ProductId, SessionId, Stage, Timestamp};
use rusqlite::{Connection, types::Value};
use std::net::IpAddr;

/// The most captures of a session's page.
const CAPTURES_MAX: usize = 200;

/// Which sessions, newest first.
#[derive(Clone, Debug, Default)]
pub struct SessionQuery {
    /// on this product
    pub product: Option<ProductId>,
    /// furthest stage is this one
    pub stage: Option<Stage>,
    /// at this front
    pub front: Option<String>,
    /// from this address
    pub source: Option<IpAddr>,
    /// opened in this range
    pub range: Range,
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
) -> Result<Vec<SessionSummary>, StoreError> {
    let sql =
        format!("SELECT body FROM session WHERE {condition} ORDER BY opened_at DESC, id DESC LIMIT {limit}");
    let rows: Vec<SessionRow> = bodies(connection, &sql, rusqlite::params_from_iter(parameters))?;
    Ok(rows.into_iter().map(|row| row.summary).collect())
}

impl Reader {
    /// One page of sessions.
    pub fn sessions(
        &self,
        query: &SessionQuery,
        now: Timestamp,
        limit: &QueryLimit,
    ) -> Result<Page<SessionSummary>, StoreError> {
        let cursor = Cursor::parse(query.cursor.as_deref())?;
        let wanted = query.limit.clamp(1, PAGE_MAX);
        let mut items = self.with(limit, |connection| {
            let window = Window::of(connection, query.range, query.demo, now)?;
            let mut condition = format!("{} AND opened_at >= ?", query.demo.sql());
            let mut values = vec![Value::Integer(super::window::timestamp(window.now().0).0)];
            let mut add = |sql: &str, value: Value| {
                condition.push_str(sql);
                values.push(value);
            };
            if let Some(product) = &query.product {
                add(" AND product = ?", Value::Text(product.to_string()));
            }
            if let Some(stage) = query.stage {
                add(" AND stage = ?", Value::Text(stage.as_str().to_owned()));
            }
            if let Some(front) = &query.front {
                add(" AND front = ?", Value::Text(front.clone()));
            }
            if let Some(source) = query.source {
                add(" AND source = ?", Value::Text(source.to_string()));
            }
            if let Some(cursor) = &cursor {
                let id: i64 = cursor.tie.parse().map_err(|_| StoreError::Cursor)?;
                add(" AND (opened_at, id) < (?, ?)", Value::Integer(cursor.at));
                values.push(Value::Integer(id));
            }
            summaries(connection, &condition, values, wanted + 1)
        })?;
        let more = items.len() > wanted;
        items.truncate(wanted);
        let last = items.last().filter(|_| more);
        let next = last.map(|last| Cursor { at: last.opened_at.0, tie: last.id.get().to_string() }.text());
        Ok(Page { items, next })
    }

    /// One session with a page of its events (oldest first), its captures and what was concluded from them.
    pub fn session(
        &self,
        id: SessionId,
        limit_events: usize,
        cursor: Option<String>,
        limit: &QueryLimit,
    ) -> Result<SessionDetail, StoreError> {
        let (row, captures, indicators) = self.with(limit, |connection| {
            let row = SessionRow::read(connection, id)?.ok_or(StoreError::NotFound)?;
            let captures = bodies(
                connection,
                &format!("SELECT body FROM capture WHERE session = ? ORDER BY at LIMIT {CAPTURES_MAX}"),
                [id.get() as i64],
            )?;
            let indicators = knowledge::of_session(connection, id)?;
            Ok((row, captures, indicators))
        })?;
        // The session's events lie between its first and its last: nothing else is looked at.
        let at = |id: EventId| Timestamp::from_ms((id.0 >> 80) as i64);
        let filter = EventFilter {
            session: Some(id),
            since: Some(at(row.first_event)),
            until: Some(Timestamp::from_ms(at(row.last_event).as_ms() + 1)),
            ..EventFilter::default()
        };
        let query = EventQuery { filter, order: Order::Oldest, limit: limit_events, cursor };
        let events = self.events(&query, limit)?;
        Ok(SessionDetail { session: row.summary, events, captures, indicators })
    }
}
