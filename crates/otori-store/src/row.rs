//! One event as it lies in the inbox or in a segment: a few columns to filter by, and its JSON.
//!
//! Key type: [`EventRow`].
use crate::StoreError;
use otori_event::{Event, EventId};
use rusqlite::Row;

/// The columns that [`EventRow::from_row`] expects, in its order.
pub(crate) const COLUMNS: &str = "seq, id, kind, product, session, source, demo, json";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventRow {
    pub(crate) seq: i64,
    pub(crate) id: EventId,
    pub(crate) kind: String,
    pub(crate) product: Option<String>,
    pub(crate) session: Option<i64>,
    pub(crate) source: Option<String>,
    pub(crate) demo: bool,
    pub(crate) json: String,
}

impl EventRow {
    pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let mut found = EventRow::without_json(row)?;
        found.json = row.get(7)?;
        Ok(found)
    }
    /// All but the JSON, which is most of the row.
    pub(crate) fn without_json(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(EventRow {
            seq: row.get(0)?,
            id: event_id(row, 1)?,
            kind: row.get(2)?,
            product: row.get(3)?,
            session: row.get(4)?,
            source: row.get(5)?,
            demo: row.get(6)?,
            json: String::new(),
        })
    }
    pub(crate) fn event(&self) -> Result<Event, StoreError> {
        Ok(serde_json::from_str(&self.json)?)
    }
}

/// An event's id from a 16-byte blob.
pub(crate) fn event_id(row: &Row<'_>, column: usize) -> rusqlite::Result<EventId> {
    row.get::<_, [u8; 16]>(column).map(|bytes| EventId(u128::from_be_bytes(bytes)))
}

/// The 16 bytes by which an id is kept; they sort as the id does.
pub(crate) fn id_bytes(id: u128) -> [u8; 16] {
    id.to_be_bytes()
}
