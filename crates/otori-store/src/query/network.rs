//! What is enforced on the wire: guards, live rules, verdicts, devices, and how long each step of the loop took.
use super::overview::sums;
use super::window::{Window, timestamp};
use super::{Demo, Range};
use crate::derive::SEPARATOR;
use crate::row::event_id;
use crate::view::{DeviceView, Enforced, GuardView, Latency, LiveRule, Network, Spread, VerdictEntry};
use crate::{QueryLimit, Reader, StoreError};
use otori_event::{Rule, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

const RULES_MAX: i64 = 500;
const VERDICTS_MAX: i64 = 100;
const DEVICES_MAX: usize = 100;
const GUARDS_MAX: i64 = 100;
/// Rules whose latencies are looked at, newest first.
const MEASURED_MAX: i64 = 10_000;

/// Live rules now.
pub(super) fn live_rules(connection: &Connection, demo: Demo) -> Result<u64, StoreError> {
    let sql = format!("SELECT count(*) FROM rule WHERE removed_at IS NULL AND {}", demo.sql());
    Ok(connection.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
}

/// Latencies of the rules made in the window.
pub(super) fn latency(connection: &Connection, window: &Window) -> Result<Latency, StoreError> {
    let (from, to) = window.now();
    let sql = format!(
        "SELECT captured_at, made_at, enforced_at, first_refusal_at FROM rule
         WHERE made_at >= ? AND made_at < ? AND {} ORDER BY made_at DESC LIMIT {MEASURED_MAX}",
        window.demo().sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([timestamp(from).0, timestamp(to).0])?;
    let (mut to_rule, mut to_guard, mut to_enforced, mut to_refusal) = (vec![], vec![], vec![], vec![]);
    while let Some(row) = rows.next()? {
        let (captured, made): (Option<i64>, i64) = (row.get(0)?, row.get(1)?);
        let (enforced, refused): (Option<i64>, Option<i64>) = (row.get(2)?, row.get(3)?);
        let between =
            |from: Option<i64>, to: Option<i64>| Some((to?.saturating_sub(from?) / 1_000_000).max(0));
        to_rule.extend(between(captured, Some(made)));
        to_guard.extend(between(Some(made), enforced));
        to_enforced.extend(between(captured, enforced));
        to_refusal.extend(between(captured, refused));
    }
    Ok(Latency {
        capture_to_rule_ms: Spread::of(to_rule),
        rule_to_enforced_ms: Spread::of(to_guard),
        capture_to_enforced_ms: Spread::of(to_enforced),
        capture_to_refusal_ms: Spread::of(to_refusal),
    })
}

/// Sums of a dimension whose keys are `name SEPARATOR outcome`: name -> (alerts, refused).
fn outcomes(
    connection: &Connection,
    window: &Window,
    dimension: &str,
) -> Result<BTreeMap<String, (u64, u64)>, StoreError> {
    let mut found: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for sum in sums(connection, window, dimension, window.now(), DEVICES_MAX * 20)? {
        if let Some((name, outcome)) = sum.key.rsplit_once(SEPARATOR) {
            let entry = found.entry(name.to_owned()).or_default();
            match outcome {
                "alert" => entry.0 += sum.count,
                _ => entry.1 += sum.count,
            }
        }
    }
    Ok(found)
}

fn guards(connection: &Connection, window: &Window) -> Result<Vec<GuardView>, StoreError> {
    let counts = outcomes(connection, window, "guard")?;
    let mut statement = connection.prepare_cached(
        "SELECT name, last_enforced_at, last_verdict_at, (SELECT count(*) FROM enforced WHERE guard = name)
         FROM guard ORDER BY name LIMIT ?",
    )?;
    let rows = statement.query_map([GUARDS_MAX], |row| {
        let guard: String = row.get(0)?;
        let (alerts, refused) = counts.get(&guard).copied().unwrap_or_default();
        Ok(GuardView {
            guard,
            last_enforced_at: row.get::<_, Option<i64>>(1)?.map(Timestamp),
            last_verdict_at: row.get::<_, Option<i64>>(2)?.map(Timestamp),
            rules: row.get(3)?,
            refused,
            alerts,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn rules(connection: &Connection, demo: Demo) -> Result<Vec<LiveRule>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT body, demo, captured_at, made_at, first_refusal_at, refusals FROM rule
         WHERE removed_at IS NULL AND {} ORDER BY made_at DESC, sid DESC LIMIT {RULES_MAX}",
        demo.sql()
    ))?;
    let mut takers = connection.prepare_cached("SELECT guard, at FROM enforced WHERE sid = ? ORDER BY at")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let rule: Rule = serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
        let enforced = takers
            .query_map([rule.sid], |row| Ok(Enforced { guard: row.get(0)?, at: Timestamp(row.get(1)?) }))?
            .collect::<Result<_, _>>()?;
        found.push(LiveRule {
            sid: rule.sid,
            text: rule.text,
            indicator_kind: rule.indicator_kind,
            indicator: rule.indicator,
            demo: row.get(1)?,
            captured_at: row.get::<_, Option<i64>>(2)?.map(Timestamp),
            made_at: Timestamp(row.get(3)?),
            expires_at: rule.expires_at,
            enforced,
            first_refusal_at: row.get::<_, Option<i64>>(4)?.map(Timestamp),
            refusals: row.get(5)?,
        });
    }
    Ok(found)
}

fn verdicts(connection: &Connection, window: &Window) -> Result<Vec<VerdictEntry>, StoreError> {
    let (from, to) = window.now();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT event, at, demo, body FROM verdict WHERE at >= ? AND at < ? AND {} ORDER BY at DESC LIMIT {VERDICTS_MAX}",
        window.demo().sql()
    ))?;
    let mut rows = statement.query([timestamp(from).0, timestamp(to).0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(VerdictEntry {
            event: event_id(row, 0)?,
            at: Timestamp(row.get(1)?),
            demo: row.get(2)?,
            verdict: serde_json::from_str(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?)?,
        });
    }
    Ok(found)
}

fn devices(connection: &Connection, window: &Window) -> Result<Vec<DeviceView>, StoreError> {
    let mut counts: Vec<_> = outcomes(connection, window, "device")?.into_iter().collect();
    counts.sort_by_key(|(_, (alerts, refused))| std::cmp::Reverse((*refused, *alerts)));
    let mut last = connection.prepare_cached("SELECT last_at FROM device WHERE name = ?")?;
    let mut found = Vec::new();
    for (device, (alerts, refused)) in counts.into_iter().take(DEVICES_MAX) {
        let at: Option<i64> = last.query_row(params![device], |row| row.get(0)).optional()?;
        found.push(DeviceView { device, alerts, refused, last_at: Timestamp(at.unwrap_or_default()) });
    }
    Ok(found)
}

impl Reader {
    /// What is enforced, and what happened on the wire in the window that ends `now`.
    pub fn network(
        &self,
        range: Range,
        demo: Demo,
        now: Timestamp,
        limit: &QueryLimit,
    ) -> Result<Network, StoreError> {
        self.with(limit, |connection| {
            let window = Window::of(connection, range, demo, now)?;
            Ok(Network {
                window: window.view(),
                guards: guards(connection, &window)?,
                rules: rules(connection, demo)?,
                rules_total: live_rules(connection, demo)?,
                verdicts: verdicts(connection, &window)?,
                devices: devices(connection, &window)?,
                latency: latency(connection, &window)?,
            })
        })
    }
}
