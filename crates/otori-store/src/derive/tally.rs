//! Roll-ups: counts per minute, quarter of an hour, hour and day, by dimension and key.
//!
//! Key types: [`Book`] gathers the changes of one batch, [`KeyCounts`] bounds the number of keys. Dimensions: `stage`,
//! `country` (place and stage), `network`, `product` count sessions where they opened; `event` (kind), `credential`,
//! `command`, `verdict`, `guard`, `device` count events where they happened.
use crate::StoreError;
use crate::place::Place;
use otori_event::{RawText, Stage, Timestamp};
use rusqlite::{Connection, params};
use std::collections::HashMap;

/// Joins the parts of a key; cannot occur in any of them as they are names or JSON.
pub(crate) const SEPARATOR: char = '\u{1f}';
/// The most distinct keys in one bucket of one dimension; what comes later counts under the empty key.
const KEYS_MAX: u32 = 4_000;
/// Longer credentials and commands are cut in the roll-ups (not in the events).
const KEY_TEXT_MAX_BYTES: usize = 256;
/// The most buckets whose number of keys is remembered.
const BUCKETS_REMEMBERED: usize = 4_096;

/// One step of coarseness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Level {
    Minute,
    Quarter,
    Hour,
    Day,
}

impl Level {
    pub(crate) const ALL: [Level; 4] = [Level::Minute, Level::Quarter, Level::Hour, Level::Day];

    pub(crate) const fn seconds(self) -> i64 {
        match self {
            Level::Minute => 60,
            Level::Quarter => 900,
            Level::Hour => 3_600,
            Level::Day => 86_400,
        }
    }
    /// How long its buckets are kept: a little more than two of the windows that use it. `None`: for good.
    const fn kept_seconds(self) -> Option<i64> {
        match self {
            Level::Minute => Some(3 * 3_600),
            Level::Quarter => Some(3 * 86_400),
            Level::Hour => Some(15 * 86_400),
            Level::Day => None,
        }
    }
    pub(crate) const fn bucket(self, at: Timestamp) -> i64 {
        let seconds = at.0.div_euclid(1_000_000_000);
        seconds - seconds.rem_euclid(self.seconds())
    }
}

/// The text as it counts in the roll-ups.
pub(crate) fn short(text: &RawText) -> RawText {
    let bytes = text.as_bytes();
    if bytes.len() <= KEY_TEXT_MAX_BYTES {
        return text.clone();
    }
    let mut end = KEY_TEXT_MAX_BYTES;
    while end > KEY_TEXT_MAX_BYTES - 4 && bytes.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) {
        end -= 1; // not inside a UTF-8 sequence
    }
    let mut kept = bytes.get(..end).unwrap_or_default().to_vec();
    kept.extend_from_slice("…".as_bytes());
    RawText::new(kept)
}

/// Key of the `country` dimension: `JP`, `~loopback` or `?`, then the stage.
pub(crate) fn country_key(place: &Place, stage: Stage) -> String {
    let name = match (&place.special, &place.country) {
        (Some(special), _) => format!("~{}", special.as_str()),
        (None, Some(country)) => country.clone(),
        (None, None) => "?".to_owned(),
    };
    format!("{name}{SEPARATOR}{}", stage.as_str())
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Entry {
    level: Level,
    bucket: i64,
    dimension: &'static str,
    demo: bool,
    key: String,
}

/// The changes of one batch, summed up before they are written.
#[derive(Debug, Default)]
pub(crate) struct Book {
    entries: HashMap<Entry, (i64, i64)>,
}

impl Book {
    pub(crate) fn add(
        &mut self,
        at: Timestamp,
        demo: bool,
        dimension: &'static str,
        key: &str,
        count: i64,
        extra: i64,
    ) {
        for level in Level::ALL {
            let entry = Entry { level, bucket: level.bucket(at), dimension, demo, key: key.to_owned() };
            let sum = self.entries.entry(entry).or_default();
            *sum = (sum.0 + count, sum.1 + extra);
        }
    }

    pub(crate) fn write(self, connection: &Connection, counts: &mut KeyCounts) -> Result<(), StoreError> {
        let mut change = connection.prepare_cached(
            "UPDATE tally SET count = count + ?, extra = extra + ?
             WHERE level = ? AND dimension = ? AND bucket = ? AND demo = ? AND key = ?",
        )?;
        let mut insert = connection.prepare_cached(
            "INSERT INTO tally (count, extra, level, dimension, bucket, demo, key) VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET count = count + excluded.count, extra = extra + excluded.extra",
        )?;
        for (entry, (count, extra)) in self.entries {
            if (count, extra) == (0, 0) {
                continue;
            }
            let level = entry.level.seconds();
            let row = params![count, extra, level, entry.dimension, entry.bucket, entry.demo, entry.key];
            if change.execute(row)? == 0 {
                let key = if counts.admit(connection, &entry)? { entry.key.as_str() } else { "" };
                insert.execute(params![
                    count,
                    extra,
                    level,
                    entry.dimension,
                    entry.bucket,
                    entry.demo,
                    key
                ])?;
            }
        }
        Ok(())
    }
}

/// How many keys each bucket has, so that an attacker cannot grow the table with made-up credentials.
#[derive(Debug, Default)]
pub(crate) struct KeyCounts {
    known: HashMap<(Level, i64, &'static str, bool), u32>,
}

impl KeyCounts {
    /// Counts one more key; `false` when the bucket is full.
    fn admit(&mut self, connection: &Connection, entry: &Entry) -> Result<bool, StoreError> {
        let place = (entry.level, entry.bucket, entry.dimension, entry.demo);
        if !self.known.contains_key(&place) {
            if self.known.len() >= BUCKETS_REMEMBERED {
                self.known.clear();
            }
            let keys = connection
                .prepare_cached("SELECT count(*) FROM tally WHERE level = ? AND dimension = ? AND bucket = ? AND demo = ?")?
                .query_row(params![entry.level.seconds(), entry.dimension, entry.bucket, entry.demo], |row| row.get(0))?;
            self.known.insert(place, keys);
        }
        let keys = self.known.entry(place).or_default();
        *keys = keys.saturating_add(1);
        Ok(*keys <= KEYS_MAX)
    }
    /// Forgets what it knows: the transaction that it counted in was rolled back.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }
}

/// Removes buckets that no window asks for any more.
pub(crate) fn prune(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    for level in Level::ALL {
        if let Some(kept) = level.kept_seconds() {
            connection
                .prepare_cached("DELETE FROM tally WHERE level = ? AND bucket < ?")?
                .execute(params![level.seconds(), level.bucket(now) - kept])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = RawText::new("カ".repeat(200));
        let cut = short(&long);
        assert!(cut.as_bytes().len() <= KEY_TEXT_MAX_BYTES + 3);
        assert!(std::str::from_utf8(cut.as_bytes()).is_ok());
        assert_eq!(short(&RawText::from("admin")), RawText::from("admin"));
        short(&RawText::new([0x80u8; 1000]));
    }

    #[test]
    fn a_flood_of_made_up_keys_is_bounded() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../tables.sql")).unwrap();
        let mut counts = KeyCounts::default();
        let at = Timestamp::from_ms(1_700_000_000_000);
        let mut book = Book::default();
        for i in 0..KEYS_MAX + 500 {
            book.add(at, false, "credential", &i.to_string(), 1, 0);
        }
        book.write(&connection, &mut counts).unwrap();
        let (rows, sum): (u32, u32) = connection
            .query_row("SELECT count(*), sum(count) FROM tally WHERE level = 60", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!((rows, sum), (KEYS_MAX + 1, KEYS_MAX + 500));
    }
}
