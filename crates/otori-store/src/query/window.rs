//! Which stretch of time an answer speaks of, cut into buckets of one roll-up level.
//!
//! Key type: [`Window`]. One figure, one window: every count of an answer comes from the same buckets.
use crate::StoreError;
use crate::derive::Level;
use crate::view::WindowView;
use otori_event::Timestamp;
use rusqlite::Connection;
use std::str::FromStr;

/// The most buckets of a series; longer stretches get wider buckets.
const BUCKETS_MAX: i64 = 400;

/// How far back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Range {
    /// 60 minutes
    Hour,
    /// 96 quarters of an hour
    #[default]
    Day,
    /// 168 hours
    Week,
    /// 30 days (UTC)
    Month,
    /// everything
    All,
}

/// The text is not one of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of {0}")]
pub struct WordError(pub &'static str);

impl Range {
    /// The word in URLs and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Range::Hour => "1h",
            Range::Day => "24h",
            Range::Week => "7d",
            Range::Month => "30d",
            Range::All => "all",
        }
    }
}

impl FromStr for Range {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let all = [Range::Hour, Range::Day, Range::Week, Range::Month, Range::All];
        all.into_iter().find(|range| range.as_str() == text).ok_or(WordError("1h, 24h, 7d, 30d, all"))
    }
}

/// Whether demonstration events count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Demo {
    /// all events
    #[default]
    Include,
    /// real ones only
    Exclude,
    /// demonstrations only
    Only,
}

impl Demo {
    /// The word in URLs and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Demo::Include => "include",
            Demo::Exclude => "exclude",
            Demo::Only => "only",
        }
    }
    /// An event or row with this mark counts.
    pub const fn admits(self, demo: bool) -> bool {
        match self {
            Demo::Include => true,
            Demo::Exclude => !demo,
            Demo::Only => demo,
        }
    }
    /// As a condition on a column `demo`.
    pub(crate) const fn sql(self) -> &'static str {
        match self {
            Demo::Include => "demo IN (0, 1)",
            Demo::Exclude => "demo = 0",
            Demo::Only => "demo = 1",
        }
    }
}

impl FromStr for Demo {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let all = [Demo::Include, Demo::Exclude, Demo::Only];
        all.into_iter().find(|demo| demo.as_str() == text).ok_or(WordError("include, exclude, only"))
    }
}

/// A range that ends now, cut into buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    range: Range,
    demo: Demo,
    pub(crate) level: Level,
    /// start of the first bucket, seconds since 1970; `None`: there is nothing
    pub(crate) first: Option<i64>,
    pub(crate) buckets: i64,
    pub(crate) bucket_seconds: i64,
    until: Timestamp,
}

impl Window {
    pub(crate) fn of(
        connection: &Connection,
        range: Range,
        demo: Demo,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let (level, buckets) = match range {
            Range::Hour => (Level::Minute, 60),
            Range::Day => (Level::Quarter, 96),
            Range::Week => (Level::Hour, 168),
            Range::Month => (Level::Day, 30),
            Range::All => return Window::everything(connection, demo, now),
        };
        let first = Some(level.bucket(now) - (buckets - 1) * level.seconds());
        Ok(Window { range, demo, level, first, buckets, bucket_seconds: level.seconds(), until: now })
    }

    fn everything(connection: &Connection, demo: Demo, now: Timestamp) -> Result<Self, StoreError> {
        let level = Level::Day;
        let first: Option<i64> = connection
            .prepare_cached("SELECT min(bucket) FROM tally WHERE level = ? AND dimension = 'event'")?
            .query_row([level.seconds()], |row| row.get(0))?;
        let days = first.map_or(0, |first| ((level.bucket(now) - first) / level.seconds()).max(0) + 1);
        let bucket_seconds = level.seconds() * days.div_ceil_by(BUCKETS_MAX).max(1);
        let buckets = (days * level.seconds()).div_ceil_by(bucket_seconds);
        Ok(Window { range: Range::All, demo, level, first, buckets, bucket_seconds, until: now })
    }

    pub(crate) fn view(&self) -> WindowView {
        WindowView {
            range: self.range.as_str().to_owned(),
            demo: self.demo.as_str().to_owned(),
            since: self.first.map(timestamp),
            until: self.until,
            bucket_seconds: self.bucket_seconds,
        }
    }
    pub(crate) fn demo(&self) -> Demo {
        self.demo
    }
    /// Buckets `[from, to)` of this window. Events of the running bucket count, also such as have a later clock.
    pub(crate) fn now(&self) -> (i64, i64) {
        let first = self.first.unwrap_or(0);
        (first, first + self.buckets * self.bucket_seconds)
    }
    /// Buckets of the window before it; `None` when this one is everything.
    pub(crate) fn before(&self) -> Option<(i64, i64)> {
        let first = self.first.filter(|_| self.range != Range::All)?;
        Some((first - self.buckets * self.bucket_seconds, first))
    }
}

/// From seconds since 1970.
pub(crate) fn timestamp(seconds: i64) -> Timestamp {
    Timestamp(seconds.saturating_mul(1_000_000_000))
}

trait DivCeil {
    fn div_ceil_by(self, by: i64) -> i64;
}
impl DivCeil for i64 {
    /// For values that are not negative.
    fn div_ceil_by(self, by: i64) -> i64 {
        (self + by - 1) / by
    }
}
