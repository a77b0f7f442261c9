//! The one who writes: appends events durably and keeps the tables that are derived from them.
//!
//! Key types: [`Store`], [`Recovery`]. One connection writes, behind a lock; an append is one transaction, and it is
//! on disk when the call returns (WAL, `synchronous=FULL`). What was acknowledged survives `kill -9` and a loss of power.
use crate::derive::{Derivation, KeyCounts};
use crate::folder::Folder;
use crate::place::{Locate, SpecialRanges};
use crate::reader::FORMAT;
use crate::row::{event_id, id_bytes};
use crate::segment::{self, read::SegmentReader};
use crate::view::Retention;
use crate::{QueryLimit, Reader, Recovery, StoreError};
use otori_event::{Event, EventKind};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::fs::{File, TryLockError};
use std::ops::Deref;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the lock of a process that is ending is waited for.
const LOCK_TIME_MAX: Duration = Duration::from_secs(1);

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// looks up where an address belongs
    pub locate: Arc<dyn Locate>,
    /// how long things are kept
    pub retention: Retention,
    /// events in the inbox above which the oldest are sealed early
    pub inbox_events_max: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            locate: Arc::new(SpecialRanges),
            retention: Retention::default(),
            inbox_events_max: 1_000_000,
        }
    }
}

/// What an append did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// events that were not there before
    pub new: u64,
    /// events that were there already and were left alone
    pub duplicates: u64,
}

pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) keys: KeyCounts,
    pub(crate) next_seq: i64,
    /// highest id in any segment: an event above it cannot be there
    pub(crate) sealed_last: Option<u128>,
}

/// The store of one data directory. Also reads: it dereferences to [`Reader`].
pub struct Store {
    pub(crate) folder: Folder,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) options: Options,
    reader: Reader,
    last_seq: AtomicI64,
    recovery: Recovery,
    _lock: File,
}

impl Deref for Store {
    type Target = Reader;
    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Store {
    /// Opens or makes the store in `directory`, with default options. See [`Store::open_with`].
    pub fn open(directory: &Path) -> Result<(Store, Recovery), StoreError> {
        Store::open_with(directory, Options::default())
    }

    /// Opens or makes the store in `directory` and puts right what a sudden end left behind.
    pub fn open_with(directory: &Path, options: Options) -> Result<(Store, Recovery), StoreError> {
        let folder = Folder::new(directory);
        folder.prepare()?;
        let lock = File::create(folder.lock()).map_err(StoreError::file(folder.lock()))?;
        take_lock(&lock).map_err(|_| StoreError::InUse { path: directory.to_owned() })?;
        let connection = connect(&folder)?;
        let mut writer = Writer { connection, keys: KeyCounts::default(), next_seq: 1, sealed_last: None };
        let recovery = crate::recovery::recover(&folder, &mut writer)?;
        let last_seq = AtomicI64::new(writer.next_seq - 1);
        let reader = Reader::new(folder.clone());
        let store = Store {
            folder,
            writer: Mutex::new(writer),
            options,
            reader,
            last_seq,
            recovery: recovery.clone(),
            _lock: lock,
        };
        Ok((store, recovery))
    }

    /// The store as a [`Reader`].
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// What was found when the store was opened.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// How long things are kept.
    pub fn retention(&self) -> Retention {
        self.options.retention
    }

    /// Sequence number of the newest durable event; 0 before the first. Cheap: ask as often as you like.
    pub fn last_sequence(&self) -> i64 {
        self.last_seq.load(Ordering::Acquire)
    }

    pub(crate) fn lock_writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes `events` durable, all or none, and derives from them what is derived. Events whose id is known are left alone.
    pub fn append(&self, events: &[Event]) -> Result<Appended, StoreError> {
        if events.is_empty() {
            return Ok(Appended::default());
        }
        for event in events {
            if let (EventKind::Recorded { .. }, Some(session)) = (&event.kind, event.session) {
                self.sync_recording(session)?;
            }
        }
        let mut writer = self.lock_writer();
        let result = self.append_locked(&mut writer, events);
        match &result {
            Ok(_) => self.last_seq.store(writer.next_seq - 1, Ordering::Release),
            Err(_) => writer.keys.forget(),
        }
        result
    }

    fn append_locked(&self, writer: &mut Writer, events: &[Event]) -> Result<Appended, StoreError> {
        let mut appended = Appended::default();
        let mut seq = writer.next_seq;
        let transaction = writer.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut derivation = Derivation::new(&transaction, self.options.locate.as_ref());
        for event in events {
            let sealed = writer.sealed_last.is_some_and(|last| event.id.0 <= last)
                && is_sealed(&self.folder, &transaction, event)?;
            let new = !sealed && {
                let source = derivation.source(event)?.map(|ip| ip.to_string());
                insert(&transaction, seq, event, source.as_deref())?
            };
            if new {
                derivation.apply(event)?;
                appended.new += 1;
                seq += 1;
            } else {
                appended.duplicates += 1;
            }
        }
        derivation.finish(&mut writer.keys)?;
        transaction.commit()?;
        writer.next_seq = seq;
        Ok(appended)
    }
}

/// Takes the lock; one who is just ending (or a child of his that has not yet begun its program) is waited for.
fn take_lock(lock: &File) -> Result<(), TryLockError> {
    let deadline = Instant::now() + LOCK_TIME_MAX;
    loop {
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(LOCK_TIME_MAX / 20)
            }
            result => return result,
        }
    }
}

fn connect(folder: &Folder) -> Result<Connection, StoreError> {
    let connection = Connection::open(folder.database())?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    match connection.query_row("PRAGMA user_version", [], |row| row.get(0))? {
        0i64 => connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; {} PRAGMA user_version = {FORMAT}; COMMIT;",
            include_str!("tables.sql")
        ))?,
        FORMAT => {}
        found => return Err(StoreError::Newer { found, known: FORMAT }),
    }
    Ok(connection)
}

/// `false` when the id is there already.
fn insert(
    connection: &Connection,
    seq: i64,
    event: &Event,
    source: Option<&str>,
) -> Result<bool, StoreError> {
    let changed = connection
        .prepare_cached(
            "INSERT INTO event (seq, id, kind, product, session, source, demo, json) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
            seq,
            id_bytes(event.id.0),
            event.kind.as_str(),
            event.product.as_ref().map(|product| product.as_str()),
            event.session.map(|session| session.get() as i64),
            source,
            event.demo,
            serde_json::to_string(event)?,
        ])?;
    Ok(changed == 1)
}

/// The event lies in a segment. Only asked for ids that are not newer than the newest sealed one.
fn is_sealed(folder: &Folder, connection: &Connection, event: &Event) -> Result<bool, StoreError> {
    let id = event.id.0;
    for manifest in segment::overlapping(connection, id, id)? {
        let Some(reader) = SegmentReader::open(&folder.segments().join(&manifest.name))? else { continue };
        for (group, span) in reader.spans().iter().enumerate() {
            if (span.first..=span.last).contains(&id)
                && !reader.rows(group, |row| row.id.0 == id)?.0.is_empty()
            {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Where the sequence goes on, and the newest sealed id.
pub(crate) fn resume(connection: &Connection) -> Result<(i64, Option<u128>), StoreError> {
    let inbox: i64 = connection.query_row("SELECT coalesce(max(seq), 0) FROM event", [], |row| row.get(0))?;
    let sealed: i64 =
        connection.query_row("SELECT coalesce(max(max_seq), 0) FROM segment", [], |row| row.get(0))?;
    let removed: Option<i64> = connection
        .query_row("SELECT value FROM meta WHERE name = 'removed_seq'", [], |row| row.get(0))
        .optional()?;
    let last = connection
        .query_row("SELECT last_id FROM segment ORDER BY last_id DESC LIMIT 1", [], |row| event_id(row, 0))
        .optional()?;
    Ok((inbox.max(sealed).max(removed.unwrap_or(0)) + 1, last.map(|id| id.0)))
}

/// Reads through a store's own reader with the default limit; for the few calls that the pipeline makes at its start.
impl Store {
    /// All indicators, to hand to `Intel::restore`.
    pub fn indicators_all(&self) -> Result<Vec<otori_event::Indicator>, StoreError> {
        self.reader
            .bodies("SELECT body FROM indicator ORDER BY first_seen", &QueryLimit::new(crate::START_TIME_MAX))
    }
    /// All live rules, to hand to `Intel::restore` and to guards.
    pub fn rules_live(&self) -> Result<Vec<otori_event::Rule>, StoreError> {
        self.reader.bodies(
            "SELECT body FROM rule WHERE removed_at IS NULL ORDER BY sid",
            &QueryLimit::new(crate::START_TIME_MAX),
        )
    }
}
