//! Keywords that remember: flow bits and numbers, bits of hosts, thresholds.
use super::{Builder, meta::number};
use crate::rule::{Action, Compare, Memory, NumberTest, Threshold, ThresholdKind, Track, Unique};

pub(super) fn flow_bits(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (command, names) = value.split_once(',').unwrap_or((value, ""));
    if command.trim() == "noalert" {
        builder.rule.silent = true;
        return Ok(());
    }
    let mut ids = Vec::new();
    for name in names.split('|').map(str::trim).filter(|name| !name.is_empty()) {
        ids.push(builder.tables.names.number(name)?);
    }
    let Some(first) = ids.first().copied() else { return Err("flowbits needs a name".into()) };
    let memory = match command.trim() {
        "isset" => Memory::BitIsSet(ids),
        "isnotset" => Memory::BitIsNotSet(ids),
        "set" => Memory::BitSet(first),
        "unset" => Memory::BitUnset(first),
        "toggle" => Memory::BitToggle(first),
        other => return Err(format!("unknown command {other:?}")),
    };
    builder.rule.memory.push(memory);
    Ok(())
}

/// The second operand is another number of the flow.
fn by_another(id: u32, operator: &str, other: u32) -> Result<Memory, String> {
    let change: fn(u64, u64) -> u64 = match operator {
        "=" => |_, other| other,
        "+" => u64::saturating_add,
        "-" => u64::saturating_sub,
        _ => {
            let compare: fn(u64) -> Compare = match operator {
                "==" => Compare::Equal,
                "!=" => Compare::NotEqual,
                "<" => Compare::Less,
                ">" => Compare::Greater,
                "<=" => Compare::AtMost,
                ">=" => Compare::AtLeast,
                other => return Err(format!("unknown operator {other:?}")),
            };
            return Ok(Memory::NumberIs(id, compare, other));
        }
    };
    Ok(Memory::NumberBy(id, change, other))
}

pub(super) fn flow_number(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let mut parts = value.split(',').map(str::trim);
    let id = builder.tables.names.number(parts.next().unwrap_or(""))?;
    let operator = parts.next().ok_or("flowint needs an operator")?;
    let operand = parts.next();
    if let Some(other) =
        operand.filter(|text| text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
    {
        let other = builder.tables.names.number(other)?;
        builder.rule.memory.push(by_another(id, operator, other)?);
        return Ok(());
    }
    let plain = || number::<u64>(operand.ok_or("flowint needs a number")?);
    let test = match operator {
        "isset" => NumberTest::IsSet,
        "notset" | "isnotset" => NumberTest::IsNotSet,
        "+" => NumberTest::Add(plain()?),
        "-" => NumberTest::Subtract(plain()?),
        "=" => NumberTest::Set(plain()?),
        "==" => NumberTest::Is(Compare::Equal(plain()?)),
        "!=" => NumberTest::Is(Compare::NotEqual(plain()?)),
        "<" => NumberTest::Is(Compare::Less(plain()?)),
        ">" => NumberTest::Is(Compare::Greater(plain()?)),
        "<=" => NumberTest::Is(Compare::AtMost(plain()?)),
        ">=" => NumberTest::Is(Compare::AtLeast(plain()?)),
        other => return Err(format!("unknown operator {other:?}")),
    };
    builder.rule.memory.push(Memory::Number(id, test));
    Ok(())
}

/// Until another rule clears it.
const DEFAULT_EXPIRE_SECONDS: u32 = 30;
/// A bit of a transaction is forgotten after that time.
const TRANSACTION_SECONDS: u32 = 3600;
const FOREVER_SECONDS: u32 = u32::MAX;

fn push_host(
    builder: &mut Builder<'_>,
    command: &str,
    name: &str,
    track: Track,
    seconds: u32,
) -> Result<(), String> {
    let id = builder.tables.names.number(name)?;
    let memory = match command {
        "set" => Memory::HostSet(id, track, seconds),
        "unset" => Memory::HostUnset(id, track),
        "toggle" => Memory::HostToggle(id, track, seconds),
        "isset" => Memory::HostIsSet(id, track),
        "isnotset" => Memory::HostIsNotSet(id, track),
        other => return Err(format!("unknown command {other:?}")),
    };
    builder.rule.memory.push(memory);
    Ok(())
}

pub(super) fn x_bits(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let mut parts = value.split(',').map(str::trim);
    let command = parts.next().unwrap_or("");
    if command == "noalert" {
        builder.rule.silent = true;
        return Ok(());
    }
    let name = parts.next().ok_or("xbits needs a name")?;
    let (mut track, mut seconds) = (None, DEFAULT_EXPIRE_SECONDS);
    for part in parts {
        match part.split_once(char::is_whitespace) {
            Some(("track", "ip_src")) => track = Some(Track::Source),
            Some(("track", "ip_dst")) => track = Some(Track::Destination),
            Some(("track", "ip_pair")) => track = Some(Track::Pair),
            Some(("track", "tx")) => (track, seconds) = (Some(Track::Transaction), TRANSACTION_SECONDS),
            Some(("expire", text)) => seconds = number(text)?,
            None if part == "noalert" => builder.rule.silent = true,
            _ => return Err(format!("unknown option {part:?}")),
        }
    }
    let track = track.ok_or("xbits needs track")?;
    if track == Track::Transaction && (!matches!(command, "set" | "isset") || value.contains("expire")) {
        return Err("with track tx there are only set and isset, and no expire".into());
    }
    push_host(builder, command, name, track, seconds)
}

pub(super) fn host_bits(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let mut parts = value.split(',').map(str::trim);
    let command = parts.next().unwrap_or("");
    if command == "noalert" {
        builder.rule.silent = true;
        return Ok(());
    }
    let name = parts.next().ok_or("hostbits needs a name")?;
    let tracks: &[Track] = match parts.next() {
        None | Some("src") => &[Track::Source],
        Some("dst") => &[Track::Destination],
        Some("both") => &[Track::Source, Track::Destination],
        Some(other) => return Err(format!("unknown side {other:?}")),
    };
    let seconds = parts.next().map_or(Ok(FOREVER_SECONDS), number)?;
    tracks.iter().try_for_each(|track| push_host(builder, command, name, *track, seconds))
}

/// The kind of that name.
pub(crate) fn kind_named(name: &str) -> Result<ThresholdKind, String> {
    Ok(match name {
        "limit" => ThresholdKind::Limit,
        "threshold" => ThresholdKind::Every,
        "both" => ThresholdKind::Both,
        "backoff" => ThresholdKind::Backoff { multiplier: 2 },
        other => return Err(format!("unknown type {other:?}")),
    })
}

/// Whom a counter belongs to.
pub(crate) fn track_named(name: &str) -> Result<Track, String> {
    Ok(match name {
        "by_src" => Track::Source,
        "by_dst" => Track::Destination,
        "by_both" => Track::Pair,
        "by_rule" => Track::Rule,
        "by_flow" => Track::Flow,
        other => return Err(format!("unknown track {other:?}")),
    })
}

/// The action of that name.
pub(crate) fn action_named(name: &str) -> Result<Action, String> {
    Ok(match name {
        "alert" => Action::Alert,
        "drop" => Action::Drop,
        "pass" => Action::Pass,
        "reject" => Action::Reject,
        other => return Err(format!("unknown action {other:?}")),
    })
}

fn rate(value: &str) -> Result<Threshold, String> {
    let (mut kind, mut track, mut count, mut seconds, mut unique) = (None, None, 0, 0, None);
    let mut multiplier = None;
    for part in value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (key, word) =
            part.split_once(char::is_whitespace).ok_or_else(|| format!("{part:?} has no value"))?;
        match (key, word.trim()) {
            ("type", name) => kind = Some(kind_named(name)?),
            ("track", name) => track = Some(track_named(name)?),
            ("count", text) => count = number(text)?,
            ("seconds", text) => seconds = number(text)?,
            ("multiplier", text) => multiplier = Some(number(text)?),
            ("unique_on", "src_port") => unique = Some(Unique::SourcePort),
            ("unique_on", "dst_port") => unique = Some(Unique::DestinationPort),
            _ => return Err(format!("unknown option {part:?}")),
        }
    }
    if let (Some(ThresholdKind::Backoff { .. }), Some(multiplier)) = (kind, multiplier) {
        kind = Some(ThresholdKind::Backoff { multiplier });
        seconds = u32::MAX;
    }
    if count == 0 || seconds == 0 {
        return Err("count and seconds are needed, and not 0".into());
    }
    let track = track.ok_or("track is needed")?;
    Ok(Threshold { kind: kind.unwrap_or(ThresholdKind::Filter), track, count, seconds, unique })
}

pub(super) fn threshold(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let threshold = rate(value)?;
    if threshold.kind == ThresholdKind::Filter {
        return Err("type is needed".into());
    }
    builder.rule.threshold = Some(threshold);
    Ok(())
}

pub(super) fn detection_filter(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.rule.threshold = Some(Threshold { kind: ThresholdKind::Filter, ..rate(value)? });
    Ok(())
}
