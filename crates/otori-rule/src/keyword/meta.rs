//! Keywords that describe a rule: `msg`, `sid`, `rev`, `classtype`, `metadata` and the like.
use super::Builder;

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
    Ok(())
}

pub(super) fn reference(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.rule.references.push(value.into());
    Ok(())
}

pub(super) fn metadata(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    for entry in value.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let (key, value) = entry.split_once(char::is_whitespace).unwrap_or((entry, ""));
        builder.rule.metadata.push((key.into(), value.trim().into()));
    }
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

pub(super) fn application_event(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.rule.application_events.push(value.trim().into());
    Ok(())
}

pub(super) fn nothing(_builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    Ok(())
}
