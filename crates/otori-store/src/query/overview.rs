//! What changed in a window, and where it came from: all from roll-ups.
//!
//! Neighbour: [`super::Window`] says which buckets; `derive/tally.rs` fills them.
use super::window::{Window, timestamp};
use super::{Demo, Range, network, samples};
use crate::derive::SEPARATOR;
use crate::place::Special;
use crate::view::{
    CommandCount, Compared, CountryCount, CredentialCount, Geo, GeoCountry, NetworkCount, Overview,
    ProductCount, Series, SpecialCount,
};
use crate::{QueryLimit, Reader, StoreError};
use otori_event::{RawText, Stage, Timestamp};
use rusqlite::{Connection, params, types::Value};
use std::collections::BTreeMap;

/// Entries of each ranked list.
const RANKED: usize = 10;
/// Countries times stages, with room.
const PLACES_MAX: usize = 2_000;

/// A key of a dimension with its sums.
pub(super) struct Sum {
    pub(super) key: String,
    pub(super) count: u64,
    pub(super) extra: u64,
}

/// Sums of one dimension over buckets `[from, to)`, biggest first. The key of the overflow is left out.
pub(super) fn sums(
    connection: &Connection,
    window: &Window,
    dimension: &str,
    (from, to): (i64, i64),
    limit: usize,
) -> Result<Vec<Sum>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT key, sum(count) AS total, sum(extra) FROM tally
         WHERE level = ? AND dimension = ? AND bucket >= ? AND bucket < ? AND {} AND key <> ''
         GROUP BY key HAVING total > 0 ORDER BY total DESC, key LIMIT ?",
        window.demo().sql()
    ))?;
    let rows =
        statement.query_map(params![window.level.seconds(), dimension, from, to, limit as i64], |row| {
            let positive = |value: i64| u64::try_from(value).unwrap_or(0);
            Ok(Sum { key: row.get(0)?, count: positive(row.get(1)?), extra: positive(row.get(2)?) })
        })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The sum of a dimension's keys for which `wanted` holds, now and before.
pub(super) fn compared(
    connection: &Connection,
    window: &Window,
    dimension: &str,
    wanted: impl Fn(&str) -> bool,
) -> Result<Compared, StoreError> {
    let total = |span| -> Result<u64, StoreError> {
        let sums = sums(connection, window, dimension, span, PLACES_MAX)?;
        Ok(sums.iter().filter(|sum| wanted(&sum.key)).map(|sum| sum.count).sum())
    };
    Ok(Compared { now: total(window.now())?, before: window.before().map(total).transpose()? })
}

fn parse_stage(word: &str) -> Option<Stage> {
    Stage::ALL.into_iter().find(|stage| stage.as_str() == word)
}

fn series(connection: &Connection, window: &Window) -> Result<Series, StoreError> {
    let (from, to) = window.now();
    let length = if window.first.is_some() { usize::try_from(window.buckets).unwrap_or(0) } else { 0 };
    let mut lists: BTreeMap<Stage, Vec<u64>> =
        Stage::ALL.iter().map(|stage| (*stage, vec![0; length])).collect();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT bucket, key, sum(count) FROM tally
         WHERE level = ? AND dimension = 'stage' AND bucket >= ? AND bucket < ? AND {} GROUP BY bucket, key",
        window.demo().sql()
    ))?;
    let mut rows = statement.query(params![window.level.seconds(), from, to])?;
    while let Some(row) = rows.next()? {
        let (bucket, key, count): (i64, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let at = usize::try_from((bucket - from) / window.bucket_seconds).unwrap_or(usize::MAX);
        let slot =
            parse_stage(&key).and_then(|stage| lists.get_mut(&stage)).and_then(|list| list.get_mut(at));
        if let Some(slot) = slot {
            *slot += u64::try_from(count).unwrap_or(0);
        }
    }
    let mut list = |stage| lists.remove(&stage).unwrap_or_default();
    Ok(Series {
        at: (0..length as i64).map(|i| timestamp(from + i * window.bucket_seconds)).collect(),
        probe: list(Stage::Probe),
        login: list(Stage::Login),
        exploit: list(Stage::Exploit),
        infection: list(Stage::Infection),
    })
}

/// A place and its sessions by stage.
type PlaceStages = (String, BTreeMap<Stage, u64>);

/// Sessions by place and stage: `(JP | ~loopback | ?) -> stage -> count`, most first.
fn places(connection: &Connection, window: &Window) -> Result<Vec<PlaceStages>, StoreError> {
    let mut found: BTreeMap<String, BTreeMap<Stage, u64>> = BTreeMap::new();
    for sum in sums(connection, window, "country", window.now(), PLACES_MAX)? {
        if let Some((place, stage)) = sum.key.split_once(SEPARATOR)
            && let Some(stage) = parse_stage(stage)
        {
            *found.entry(place.to_owned()).or_default().entry(stage).or_default() += sum.count;
        }
    }
    let mut places: Vec<_> = found.into_iter().collect();
    places.sort_by_key(|(_, stages)| std::cmp::Reverse(stages.values().sum::<u64>()));
    Ok(places)
}

fn parse_special(name: &str) -> Option<Special> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}

fn countries(places: Vec<PlaceStages>) -> Vec<CountryCount> {
    let count = |(place, stages): PlaceStages| {
        let special = place.strip_prefix('~').and_then(parse_special);
        let country = (special.is_none() && place != "?").then_some(place);
        CountryCount { country, special, count: stages.values().sum() }
    };
    places.into_iter().take(RANKED).map(count).collect()
}

fn new_samples(connection: &Connection, window: &Window) -> Result<Compared, StoreError> {
    let count = |(from, to): (i64, i64)| -> Result<u64, StoreError> {
        let sql = format!(
            "SELECT count(*) FROM sample WHERE first_seen >= ? AND first_seen < ? AND {}",
            window.demo().sql()
        );
        Ok(connection
            .prepare_cached(&sql)?
            .query_row([timestamp(from).0, timestamp(to).0], |row| row.get(0))?)
    };
    Ok(Compared { now: count(window.now())?, before: window.before().map(count).transpose()? })
}

fn ranked<T>(sums: Vec<Sum>, each: impl Fn(&Sum) -> Option<T>) -> Vec<T> {
    sums.iter().filter_map(each).collect()
}

impl Reader {
    /// What changed in the window that ends `now`.
    pub fn overview(
        &self,
        range: Range,
        demo: Demo,
        now: Timestamp,
        limit: &QueryLimit,
    ) -> Result<Overview, StoreError> {
        self.with(limit, |connection| {
            let window = &Window::of(connection, range, demo, now)?;
            let top = |dimension| sums(connection, window, dimension, window.now(), RANKED);
            let mut stages = BTreeMap::new();
            for stage in Stage::ALL {
                stages.insert(stage, compared(connection, window, "stage", |key| key == stage.as_str())?);
            }
            let first = Value::Integer(timestamp(window.now().0).0);
            let condition = format!("{} AND first_seen >= ?", demo.sql());
            Ok(Overview {
                window: window.view(),
                sessions: compared(connection, window, "stage", |_| true)?,
                stages,
                series: series(connection, window)?,
                events: compared(connection, window, "event", |_| true)?,
                countries: countries(places(connection, window)?),
                networks: ranked(top("network")?, |sum| {
                    let (asn, name) = sum.key.split_once(' ')?;
                    Some(NetworkCount { asn: asn.parse().ok()?, name: name.to_owned(), count: sum.count })
                }),
                products: ranked(top("product")?, |sum| {
                    Some(ProductCount { product: sum.key.clone(), count: sum.count })
                }),
                credentials: ranked(top("credential")?, |sum| {
                    let [user, password]: [RawText; 2] = serde_json::from_str(&sum.key).ok()?;
                    Some(CredentialCount { user, password, count: sum.count, accepted: sum.extra })
                }),
                commands: ranked(top("command")?, |sum| {
                    Some(CommandCount { line: serde_json::from_str(&sum.key).ok()?, count: sum.count })
                }),
                new_samples: new_samples(connection, window)?,
                samples: samples::summaries(connection, &condition, vec![first], RANKED)?,
                active_blocks: network::live_rules(connection, demo)?,
                refused: compared(connection, window, "verdict", |key| key == "refused")?,
                capture_to_block_ms: network::latency(connection, window)?.capture_to_enforced_ms,
                last_event_at: super::system::last_event_at(connection)?,
            })
        })
    }

    /// Where the sessions of the window that ends `now` came from.
    pub fn geo(
        &self,
        range: Range,
        demo: Demo,
        now: Timestamp,
        limit: &QueryLimit,
    ) -> Result<Geo, StoreError> {
        self.with(limit, |connection| {
            let window = Window::of(connection, range, demo, now)?;
            let mut geo =
                Geo { window: window.view(), countries: Vec::new(), special: Vec::new(), unknown: 0 };
            for (place, mut stages) in places(connection, &window)? {
                let count = stages.values().sum();
                match place.strip_prefix('~') {
                    Some(special) => geo.special.push(SpecialCount { special: special.to_owned(), count }),
                    None if place == "?" => geo.unknown = count,
                    None => {
                        for stage in Stage::ALL {
                            stages.entry(stage).or_default();
                        }
                        geo.countries.push(GeoCountry { country: place, count, stages });
                    }
                }
            }
            Ok(geo)
        })
    }
}
