//! Sealed events: plain Parquet files that any tool reads, sorted by id.
//!
//! Key types: [`write::SegmentWriter`], [`read::SegmentReader`], [`Manifest`]. Format: Apache Parquet, zstd, dictionaries;
//! columns as in [`MESSAGE`]; times are signed 64-bit nanoseconds. A file counts once its manifest row is committed.
pub(crate) mod read;
pub(crate) mod write;

use crate::StoreError;
use crate::row::event_id;
use otori_event::EventId;
use rusqlite::Connection;

/// The schema of a segment.
pub(crate) const MESSAGE: &str = "message event {
    REQUIRED BYTE_ARRAY id (UTF8);
    REQUIRED INT64 seq;
    REQUIRED INT64 at (TIMESTAMP(NANOS,true));
    REQUIRED BYTE_ARRAY kind (UTF8);
    OPTIONAL BYTE_ARRAY product (UTF8);
    OPTIONAL BYTE_ARRAY session (UTF8);
    OPTIONAL BYTE_ARRAY source (UTF8);
    REQUIRED BOOLEAN demo;
    REQUIRED BYTE_ARRAY json (UTF8);
}";
/// Rows in one row group: what a filtered search decodes at a time.
pub(crate) const GROUP_ROWS: usize = 20_000;
/// Rows in one segment at most: appends wait while its rows leave the inbox.
pub(crate) const SEGMENT_EVENTS_MAX: usize = 200_000;

/// What the database knows about one segment.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) name: String,
    pub(crate) first: EventId,
    pub(crate) last: EventId,
}

/// Segments that may hold ids from `first` to `last`.
pub(crate) fn overlapping(
    connection: &Connection,
    first: u128,
    last: u128,
) -> Result<Vec<Manifest>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT name, first_id, last_id FROM segment WHERE last_id >= ? AND first_id <= ?")?;
    let rows = statement.query_map([first.to_be_bytes(), last.to_be_bytes()], |row| {
        Ok(Manifest { name: row.get(0)?, first: event_id(row, 1)?, last: event_id(row, 2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
