//! Reading: a small pool of read-only connections, each query in one consistent snapshot.
//!
//! Key type: [`Reader`]. Neighbour: [`crate::query`] holds the queries. Works beside the one process that writes
//! (SQLite's WAL), so `otori events` reads while `otori up` runs.
use crate::error::stopped;
use crate::folder::Folder;
use crate::{QueryLimit, StoreError};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Format of the tables, in SQLite's `user_version`.
pub(crate) const FORMAT: i64 = 1;
/// Connections that are kept for the next query.
const IDLE_MAX: usize = 8;
/// SQLite's steps between two looks at the deadline: some tens of microseconds.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;

/// Reads one data directory.
#[derive(Debug)]
pub struct Reader {
    pub(crate) folder: Folder,
    idle: Mutex<Vec<Connection>>,
}

impl Reader {
    /// Opens the store in `directory` for reading only.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let reader = Reader::new(Folder::new(directory));
        if !reader.folder.database().is_file() {
            return Err(StoreError::Missing { path: directory.to_owned() });
        }
        let found: i64 = reader.with(&QueryLimit::default(), |connection| {
            Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
        })?;
        match found {
            FORMAT => Ok(reader),
            0 => Err(StoreError::Missing { path: directory.to_owned() }),
            _ => Err(StoreError::Newer { found, known: FORMAT }),
        }
    }

    pub(crate) fn new(folder: Folder) -> Self {
        Reader { folder, idle: Mutex::new(Vec::new()) }
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(self.folder.database(), flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(2))?;
        connection.execute_batch("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;")?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    }

    /// Runs `query` in one snapshot; it is stopped when `limit` is over.
    pub(crate) fn with<T>(
        &self,
        limit: &QueryLimit,
        query: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        limit.check()?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let watched = limit.clone();
        connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || watched.is_over()))?;
        connection.execute_batch("BEGIN")?;
        let answer = query(&connection).map_err(stopped)?;
        connection.progress_handler(0, None::<fn() -> bool>)?;
        connection.execute_batch("COMMIT")?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX {
            idle.push(connection);
        }
        Ok(answer)
    }
}
