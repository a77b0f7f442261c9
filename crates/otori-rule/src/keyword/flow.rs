//! `flow` and the keywords on a flow's counts.
use super::Builder;
use crate::rule::{Check, Compare, StreamSide, Which};
use otori_wire::{flow::Direction, proto};

pub(super) fn flow(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let options = &mut builder.rule.flow;
    for word in value.split(',').map(str::trim) {
        match word {
            "to_server" | "from_client" => options.direction = Some(Direction::ToServer),
            "to_client" | "from_server" => options.direction = Some(Direction::ToClient),
            "established" => options.established = Some(true),
            "not_established" => options.established = Some(false),
            "only_stream" => options.stream = Some(true),
            "no_stream" => options.stream = Some(false),
            "stateless" => options.stateless = true,
            "only_frag" => options.fragment = Some(true),
            "no_frag" => options.fragment = Some(false),
            other => return Err(format!("unknown option {other:?}")),
        }
    }
    Ok(())
}

/// Application protocols of Suricata that nothing here reads: no flow is of them.
pub(crate) const UNREAD: &[&str] = &["doh2", "irc", "jabber", "msn", "mysql", "template"];

pub(super) fn application_protocol(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let name = value.split(',').next().unwrap_or(value).trim();
    let (negated, name) = match name.strip_prefix('!') {
        Some(name) => (true, name.trim()),
        None => (false, name),
    };
    let known = match name {
        "failed" => "failed",
        "unknown" => "unknown",
        "http1" => "http",
        name => match proto::by_name(name) {
            Some(row) => row.name,
            None => UNREAD
                .iter()
                .find(|unread| **unread == name)
                .ok_or_else(|| format!("unknown application protocol {name:?}"))?,
        },
    };
    builder.rule.checks.push(Check::Application(known, negated));
    Ok(())
}

fn count(builder: &mut Builder<'_>, value: &str, check: impl Fn(Compare) -> Check) -> Result<(), String> {
    let check = check(Compare::parse(value)?);
    builder.rule.checks.push(check);
    Ok(())
}

pub(super) fn age(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    count(builder, value, Check::FlowAge)
}

/// `both,>9`, `either,9`, `toserver,9`; the number alone means both directions together.
fn sided(
    builder: &mut Builder<'_>,
    value: &str,
    check: impl Fn(Option<Which>, Compare) -> Check,
) -> Result<(), String> {
    let (side, rest) = match value.split_once(',') {
        Some((side, rest)) => (Some(which(side.trim())?), rest),
        None => (None, value),
    };
    let check = check(side, Compare::parse(rest)?);
    builder.rule.checks.push(check);
    Ok(())
}

fn which(name: &str) -> Result<Which, String> {
    Ok(match name {
        "toserver" => Which::One(Direction::ToServer),
        "toclient" => Which::One(Direction::ToClient),
        "either" => Which::Either,
        "both" => Which::Both,
        other => return Err(format!("unknown direction {other:?}: toserver, toclient, either or both")),
    })
}

pub(super) fn bytes(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    sided(builder, value, Check::FlowBytes)
}
pub(super) fn packets(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    sided(builder, value, Check::FlowPackets)
}
pub(super) fn bytes_to_client(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    count(builder, value, |compare| Check::FlowBytes(Some(Which::One(Direction::ToClient)), compare))
}
pub(super) fn bytes_to_server(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    count(builder, value, |compare| Check::FlowBytes(Some(Which::One(Direction::ToServer)), compare))
}
pub(super) fn packets_to_client(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    count(builder, value, |compare| Check::FlowPackets(Some(Which::One(Direction::ToClient)), compare))
}
pub(super) fn packets_to_server(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    count(builder, value, |compare| Check::FlowPackets(Some(Which::One(Direction::ToServer)), compare))
}

pub(super) fn elephant(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.rule.checks.push(Check::Elephant(which(value)?));
    Ok(())
}

pub(super) fn stream_size(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let parts: Vec<&str> = value.split(',').map(str::trim).collect();
    let [side, operator, number] = parts.as_slice() else {
        return Err("stream_size has a side, an operator and a number".into());
    };
    let side = match *side {
        "client" | "toserver" => StreamSide::Client,
        "server" | "toclient" => StreamSide::Server,
        "both" => StreamSide::Both,
        "either" => StreamSide::Either,
        other => return Err(format!("unknown side {other:?}")),
    };
    let operator = if *operator == "!=" { "!" } else { operator };
    let compare = Compare::parse(&format!("{operator}{number}"))?;
    builder.rule.checks.push(Check::StreamSize(side, compare));
    Ok(())
}
