//! Keywords that describe a rule: `msg`, `sid`, `rev`, `classtype`, `metadata` and the like.
use super::Builder;
use crate::rule::{Check, Quiet};
use otori_wire::proto;

/// Takes quotes and escapes off.
pub(super) fn unquote(value: &str) -> String {
    let inner = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
    let mut out = String::with_capacity(inner.len());
    let mut escaped = false;
    for c in inner.chars() {
        if c == '\\' && !escaped {
            escaped = true;
            continue;
        }
        escaped = false;
        out.push(c);
    }
    out
}

pub(super) fn number<T: core::str::FromStr>(value: &str) -> Result<T, String> {
    value.trim().trim_matches('"').parse().map_err(|_| format!("{value:?} is not a number that fits"))
}

pub(super) fn message(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.rule.message = unquote(value);
    Ok(())
}

pub(super) fn sid(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.set_sid(number(value)?);
    Ok(())
}

pub(super) fn gid(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.rule.gid = number(value)?;
    Ok(())
}

pub(super) fn revision(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.rule.revision = number(value)?;
    Ok(())
}

pub(super) fn priority(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    match number::<u8>(value)? {
        0 => Err("priority is 1 to 255".into()),
        priority => {
            builder.rule.priority = Some(priority);
            Ok(())
        }
    }
}

pub(super) fn class(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.rule.class = value.into();
    builder.rule.class_meaning = builder.tables.classification.get(value);
    Ok(())
}

/// `reference` and `metadata` stay in the rule's text: [`crate::rule::Rule::references`], [`crate::rule::Rule::all_metadata`].
pub(super) fn told(_builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    Ok(())
}

pub(super) fn no_alert(builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    builder.rule.silent = true;
    Ok(())
}

pub(super) fn target(_builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    match value {
        "src_ip" | "dest_ip" => Ok(()),
        _ => Err(format!("target is src_ip or dest_ip, not {value:?}")),
    }
}

/// Events that had other names once.
const RENAMED: &[(&str, &str)] = &[
    ("header_frame_with_extra_data", "extra_header_data"),
    ("not_a_request", "not_request"),
    ("not_a_response", "not_response"),
];

pub(super) fn application_event(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    // Suricata takes names of events in any case.
    let name = value.trim().to_ascii_lowercase();
    if otori_wire::RECOGNITION_EVENTS.contains(&name.as_str()) {
        builder.rule.checks.push(Check::FlowEvent(name));
        return Ok(());
    }
    let (protocol, event) =
        name.split_once('.').ok_or_else(|| format!("{name:?} is no event of a protocol"))?;
    let known = matches!(protocol, "http1") || proto::by_name(protocol).is_some();
    if !known || event.is_empty() {
        return Err(format!("unknown application protocol {protocol:?}"));
    }
    let now = RENAMED.iter().find(|(before, _)| *before == event).map(|(_, now)| *now);
    let name = now.map_or(name.clone(), |now| format!("{protocol}.{now}"));
    builder.rule.application_events.push(name);
    Ok(())
}

pub(super) fn outspoken(builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    builder.rule.outspoken = true;
    Ok(())
}

pub(super) fn bypass(builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    builder.rule.bypass = true;
    Ok(())
}

pub(super) fn unsupported(_builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    Err("not supported here".into())
}

/// The version of Suricata that the language follows.
const VERSION: [u32; 3] = [9, 0, 0];

/// `feature ja4, keyword x, version >= 7.0.3 < 8`: refused when it does not hold here.
pub(super) fn requires(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    unmet(value, &builder.tables.features)?.map_or(Ok(()), Err)
}

/// What of it is not here. Requirements that nobody knows yet are not met.
pub(crate) fn unmet(value: &str, features: &[String]) -> Result<Option<String>, String> {
    let mut versions = 0;
    for part in value.split(',').map(str::trim) {
        let Some((kind, rest)) = part.split_once(char::is_whitespace) else {
            return Err(format!("requires has a word and what it wants, not {part:?}"));
        };
        versions += usize::from(kind == "version");
        if versions > 1 {
            return Err("requires names a version once".into());
        }
        let holds = match kind {
            "feature" => features.iter().any(|have| have == rest.trim()),
            "keyword" => super::is_known(rest.trim()),
            "version" => rest.split('|').any(version_holds),
            _ => false,
        };
        if !holds {
            return Ok(Some(format!("requires {part}, which is not here")));
        }
    }
    Ok(None)
}

fn version_holds(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.chunks(2).all(|pair| {
        let [operator, version] = pair else { return false };
        let mut numbers = version.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
        let wanted: [u32; 3] = core::array::from_fn(|_| numbers.next().unwrap_or(0));
        match *operator {
            "<" => VERSION < wanted,
            "<=" => VERSION <= wanted,
            ">" => VERSION > wanted,
            ">=" => VERSION >= wanted,
            "==" | "=" => VERSION == wanted,
            _ => false,
        }
    })
}

pub(super) fn store_files(builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    builder.rule.stores_files = true;
    Ok(())
}

/// `logging disable, type tx, scope tx`.
pub(super) fn config(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let words: Vec<Vec<&str>> = value.split(',').map(|part| part.split_whitespace().collect()).collect();
    let of = |key: &str| {
        let found = words.iter().find(|part| part.first() == Some(&key));
        found.and_then(|part| part.get(1)).copied().ok_or_else(|| format!("{key} is needed"))
    };
    if of("logging")? != "disable" {
        return Err("logging can only be disabled".into());
    }
    builder.rule.quiet = Some(match (of("type")?, of("scope")?) {
        ("tx", "tx") => Quiet::Transaction,
        ("tx", "flow") => Quiet::Transactions,
        ("flow", _) => Quiet::Flow,
        (kind, scope) => return Err(format!("type {kind} does not go with scope {scope}")),
    });
    Ok(())
}

pub(super) fn nothing(_builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    Ok(())
}
