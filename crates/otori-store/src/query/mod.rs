//! Questions to the store, one file per page of the dashboard.
//!
//! Key types: [`Range`], [`Demo`], [`Window`]. Every list has a limit, every query a [`crate::QueryLimit`].
pub(crate) mod events;
mod knowledge;
mod network;
mod overview;
mod samples;
mod sessions;
mod system;
mod window;

pub use events::{EventFilter, EventQuery, Missed, Order};
pub use knowledge::IndicatorQuery;
pub use samples::SampleQuery;
pub use sessions::SessionQuery;
pub use window::{Demo, Range, Window};

use crate::{QueryLimit, Reader, StoreError};
use rusqlite::{Connection, Params};
use serde::de::DeserializeOwned;

/// The most entries of one page.
pub const PAGE_MAX: usize = 500;

/// Rows of one column that holds JSON.
pub(crate) fn bodies<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?);
    }
    Ok(found)
}

impl Reader {
    pub(crate) fn bodies<T: DeserializeOwned>(
        &self,
        sql: &str,
        limit: &QueryLimit,
    ) -> Result<Vec<T>, StoreError> {
        self.with(limit, |connection| bodies(connection, sql, []))
    }
}

/// A place in a list that is sorted by a time and a tie-breaker. Opaque to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) at: i64,
    pub(crate) tie: String,
}

impl Cursor {
    pub(crate) fn parse(text: Option<&str>) -> Result<Option<Self>, StoreError> {
        let parse = |text: &str| {
            let (at, tie) = text.strip_prefix('t')?.split_once('.')?;
            let fits = tie.len() <= 64 && tie.bytes().all(|byte| byte.is_ascii_alphanumeric());
            fits.then_some(Cursor { at: at.parse().ok()?, tie: tie.to_owned() })
        };
        text.map(|text| parse(text).ok_or(StoreError::Cursor)).transpose()
    }
    pub(crate) fn text(&self) -> String {
        format!("t{}.{}", self.at, self.tie)
    }
}
