//! Keywords that remember: flow bits and numbers, bits of hosts, thresholds.
use super::{Builder, meta::number};
use crate::rule::{Compare, Memory, NumberTest, Threshold, ThresholdKind, Track};

pub(super) fn flow_bits(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (command, names) = value.split_once(',').unwrap_or((value, ""));
    if command.trim() == "noalert" {
        builder.rule.silent = true;
        return Ok(());
    }
    let mut ids = Vec::new();
    for name in names.split('|').map(str::trim).filter(|name| !name.is_empty()) {
        ids.push(builder.names.number(name)?);
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

pub(super) fn flow_number(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let mut parts = value.split(',').map(str::trim);
    let id = builder.names.number(parts.next().unwrap_or(""))?;
    let operator = parts.next().ok_or("flowint needs an operator")?;
    let operand = parts.next();
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
const FOREVER_SECONDS: u32 = u32::MAX;

fn push_host(
    builder: &mut Builder<'_>,
    command: &str,
    name: &str,
    track: Track,
    seconds: u32,
) -> Result<(), String> {
    let id = builder.names.number(name)?;
    let memory = match command {
        "set" => Memory::HostSet(id, track, seconds),
        "unset" => Memory::HostUnset(id, track),
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
            Some(("track", "tx")) => return Err("track tx is not supported".into()),
            Some(("expire", text)) => seconds = number(text)?,
            _ => return Err(format!("unknown option {part:?}")),
        }
    }
    push_host(builder, command, name, track.ok_or("xbits needs track")?, seconds)
}

pub(super) fn host_bits(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let mut parts = value.split(',').map(str::trim);
    let command = parts.next().unwrap_or("");
    let name = parts.next().ok_or("hostbits needs a name")?;
    let tracks: &[Track] = match parts.next() {
        None | Some("src") => &[Track::Source],
        Some("dst") => &[Track::Destination],
        Some("both") => &[Track::Source, Track::Destination],
        Some(other) => return Err(format!("unknown side {other:?}")),
    };
    tracks.iter().try_for_each(|track| push_host(builder, command, name, *track, FOREVER_SECONDS))
}

fn rate(value: &str) -> Result<(Option<ThresholdKind>, Track, u32, u32), String> {
    let (mut kind, mut track, mut count, mut seconds) = (None, None, 0, 0);
    for part in value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (key, word) =
            part.split_once(char::is_whitespace).ok_or_else(|| format!("{part:?} has no value"))?;
        match (key, word.trim()) {
            ("type", "limit") => kind = Some(ThresholdKind::Limit),
            ("type", "threshold") => kind = Some(ThresholdKind::Every),
            ("type", "both") => kind = Some(ThresholdKind::Both),
            ("track", "by_src") => track = Some(Track::Source),
            ("track", "by_dst") => track = Some(Track::Destination),
            ("track", "by_both") => track = Some(Track::Pair),
            ("track", "by_rule") => track = Some(Track::Rule),
            ("track", "by_flow") => track = Some(Track::Flow),
            ("count", text) => count = number(text)?,
            ("seconds", text) => seconds = number(text)?,
            _ => return Err(format!("unknown option {part:?}")),
        }
    }
    if count == 0 || seconds == 0 {
        return Err("count and seconds are needed, and not 0".into());
    }
    Ok((kind, track.ok_or("track is needed")?, count, seconds))
}

pub(super) fn threshold(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (kind, track, count, seconds) = rate(value)?;
    let kind = kind.ok_or("type is needed")?;
    builder.rule.threshold = Some(Threshold { kind, track, count, seconds });
    Ok(())
}

pub(super) fn detection_filter(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (_, track, count, seconds) = rate(value)?;
    builder.rule.threshold = Some(Threshold { kind: ThresholdKind::Filter, track, count, seconds });
    Ok(())
}
