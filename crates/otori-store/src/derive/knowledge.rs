//! Indicators, rules, guards and verdicts as they stand now.
//!
//! Neighbours: `otori-intel` makes the changes, `otori-tap` enforces them; the times kept here give the latency of the
//! loop: captured, rule made, enforced, first refusal.
use super::tally::{Book, SEPARATOR};
use crate::StoreError;
use otori_event::{Event, Indicator, IndicatorKind, Rule, RuleChange, Timestamp, Verdict, VerdictAction};
use rusqlite::{Connection, OptionalExtension, params};

/// The word that serde writes for a plain enum.
pub(crate) fn word<T: serde::Serialize>(value: T) -> Result<String, StoreError> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(word) => Ok(word),
        other => Ok(other.to_string()),
    }
}

pub(crate) fn indicator(connection: &Connection, indicator: &Indicator) -> Result<(), StoreError> {
    let kind = word(indicator.kind)?;
    connection
        .prepare_cached(
            "INSERT INTO indicator (kind, value, state, first_seen, demo, body) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (kind, value) DO UPDATE SET state = excluded.state, first_seen = excluded.first_seen,
                 demo = excluded.demo, body = excluded.body",
        )?
        .execute(params![
            kind,
            indicator.value,
            word(indicator.state)?,
            indicator.first_seen.0,
            indicator.demo,
            serde_json::to_string(indicator)?,
        ])?;
    for artifact in indicator.evidence.iter().filter_map(|evidence| evidence.artifact) {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO indicator_artifact (sha256, kind, value) VALUES (?, ?, ?)",
            )?
            .execute(params![artifact.0, kind, indicator.value])?;
    }
    if indicator.kind == IndicatorKind::Sha256
        && let Ok(sha256) = indicator.value.parse::<otori_event::Sha256>()
    {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO indicator_artifact (sha256, kind, value) VALUES (?, ?, ?)",
            )?
            .execute(params![sha256.0, kind, indicator.value])?;
    }
    Ok(())
}

pub(crate) fn rule(connection: &Connection, event: &Event, change: &RuleChange) -> Result<(), StoreError> {
    match change {
        RuleChange::Add { rule } => add_rule(connection, event, rule),
        RuleChange::Remove { sid, .. } => {
            connection
                .prepare_cached("UPDATE rule SET removed_at = ? WHERE sid = ? AND removed_at IS NULL")?
                .execute(params![event.at.0, sid])?;
            connection.prepare_cached("DELETE FROM enforced WHERE sid = ?")?.execute([sid])?;
            Ok(())
        }
        // Said to one guard when it connects; the set of live rules stays as it is.
        RuleChange::Keep { .. } => Ok(()),
    }
}

/// A rule that is still live keeps its times when it is replaced; one that comes back starts anew.
fn add_rule(connection: &Connection, event: &Event, rule: &Rule) -> Result<(), StoreError> {
    let kind = word(rule.indicator_kind)?;
    let captured_at = captured_at(connection, &kind, rule)?;
    connection
        .prepare_cached(
            "INSERT INTO rule (sid, indicator_kind, indicator, demo, captured_at, made_at, enforced_at,
                               first_refusal_at, refusals, removed_at, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, NULL, 0, NULL, ?7)
             ON CONFLICT (sid) DO UPDATE SET
                 indicator_kind = ?2, indicator = ?3, demo = ?4, body = ?7,
                 captured_at = CASE WHEN removed_at IS NULL THEN captured_at ELSE ?5 END,
                 made_at = CASE WHEN removed_at IS NULL THEN made_at ELSE ?6 END,
                 enforced_at = CASE WHEN removed_at IS NULL THEN enforced_at END,
                 first_refusal_at = CASE WHEN removed_at IS NULL THEN first_refusal_at END,
                 refusals = CASE WHEN removed_at IS NULL THEN refusals ELSE 0 END,
                 removed_at = NULL",
        )?
        .execute(params![
            rule.sid,
            kind,
            rule.indicator,
            event.demo,
            captured_at,
            rule.made_at.0,
            serde_json::to_string(rule)?,
        ])?;
    Ok(())
}

/// When the artifact was captured on which the rule's indicator rests: its last capture before the rule was made.
fn captured_at(connection: &Connection, kind: &str, rule: &Rule) -> Result<Option<i64>, StoreError> {
    let at = connection
        .prepare_cached(
            "SELECT max(capture.at) FROM indicator_artifact JOIN capture USING (sha256)
             WHERE kind = ? AND value = ? AND capture.at <= ?",
        )?
        .query_row(params![kind, rule.indicator, rule.made_at.0], |row| row.get(0))?;
    Ok(at)
}

pub(crate) fn enforced(
    connection: &Connection,
    at: Timestamp,
    sid: u32,
    guard: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO guard (name, last_enforced_at) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET last_enforced_at = max(coalesce(last_enforced_at, 0), ?2)",
        )?
        .execute(params![guard, at.0])?;
    let live: Option<i64> = connection
        .prepare_cached("SELECT made_at FROM rule WHERE sid = ? AND removed_at IS NULL")?
        .query_row([sid], |row| row.get(0))
        .optional()?;
    if live.is_none() {
        return Ok(());
    }
    connection
        .prepare_cached("INSERT OR IGNORE INTO enforced (sid, guard, at) VALUES (?, ?, ?)")?
        .execute(params![sid, guard, at.0])?;
    connection
        .prepare_cached(
            "UPDATE rule SET enforced_at = ?2 WHERE sid = ?1 AND (enforced_at IS NULL OR enforced_at > ?2)",
        )?
        .execute(params![sid, at.0])?;
    Ok(())
}

pub(crate) fn verdict(
    connection: &Connection,
    book: &mut Book,
    event: &Event,
    verdict: &Verdict,
) -> Result<(), StoreError> {
    let refused = verdict.action != VerdictAction::Alert;
    let outcome = if refused { "refused" } else { "alert" };
    let packets = i64::try_from(verdict.repeated).unwrap_or(i64::MAX).saturating_add(1).min(1 << 40);
    let (at, demo) = (event.at, event.demo);
    book.add(at, demo, "verdict", outcome, 1, packets);
    book.add(at, demo, "guard", &format!("{}{SEPARATOR}{outcome}", verdict.guard), 1, packets);
    book.add(at, demo, "device", &format!("{}{SEPARATOR}{outcome}", verdict.device), 1, packets);
    connection
        .prepare_cached("INSERT OR IGNORE INTO verdict (event, at, demo, body) VALUES (?, ?, ?, ?)")?
        .execute(params![event.id.0.to_be_bytes(), at.0, demo, serde_json::to_string(verdict)?])?;
    connection
        .prepare_cached(
            "INSERT INTO device (name, last_at) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET last_at = max(last_at, ?2)",
        )?
        .execute(params![verdict.device, at.0])?;
    connection
        .prepare_cached(
            "INSERT INTO guard (name, last_verdict_at) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET last_verdict_at = max(coalesce(last_verdict_at, 0), ?2)",
        )?
        .execute(params![verdict.guard, at.0])?;
    if refused {
        connection
            .prepare_cached(
                "UPDATE rule SET refusals = refusals + 1,
                     first_refusal_at = min(coalesce(first_refusal_at, ?2), ?2)
                 WHERE sid = ?1 AND removed_at IS NULL",
            )?
            .execute(params![verdict.sid, at.0])?;
    }
    Ok(())
}
