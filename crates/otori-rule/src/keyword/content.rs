//! `content` and its modifiers.
use super::{Builder, meta::number};
use crate::step::{Content, Step, Value};

/// Bytes of a quoted pattern: escapes, and hexadecimal between bars.
pub(super) fn pattern(value: &str) -> Result<Vec<u8>, String> {
    let inner = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    let Some(inner) = inner else { return Err("a pattern stands in quotes".into()) };
    let mut out = Vec::with_capacity(inner.len());
    let mut in_hex = false;
    let mut digits: Vec<u32> = Vec::new();
    let mut escaped = false;
    for byte in inner.bytes() {
        match byte {
            _ if escaped => {
                out.push(byte);
                escaped = false;
            }
            b'|' => {
                if in_hex && !digits.len().is_multiple_of(2) {
                    return Err("hexadecimal digits between bars come in pairs".into());
                }
                out.extend(digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8));
                digits.clear();
                in_hex = !in_hex;
            }
            _ if in_hex => match char::from(byte).to_digit(16) {
                Some(digit) => digits.push(digit),
                None if byte == b' ' => {}
                None => return Err(format!("{:?} is no hexadecimal digit", char::from(byte))),
            },
            b'\\' => escaped = true,
            _ => out.push(byte),
        }
    }
    if in_hex {
        return Err("a bar is not closed".into());
    }
    if out.is_empty() {
        return Err("the pattern is empty".into());
    }
    Ok(out)
}

pub(super) fn read(value: &str) -> Result<Content, String> {
    let (negated, quoted) = match value.strip_prefix('!') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, value),
    };
    Ok(Content { pattern: pattern(quoted)?, negated, ..Content::default() })
}

pub(super) fn content(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let content = read(value)?;
    builder.push(Step::Content(content));
    Ok(())
}

pub(super) fn uri_content(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let content = read(value)?;
    builder.push_named("http.uri", Step::Content(content))
}

/// A number, or the name of an extracted one.
pub(super) fn value_of(builder: &Builder<'_>, text: &str) -> Result<Value, String> {
    let text = text.trim().trim_matches('"');
    if let Some(place) = builder.extracts.iter().position(|name| name == text) {
        return Ok(Value::Extracted(place));
    }
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    parsed.map(Value::Constant).ok_or_else(|| format!("{text:?} is no number and no extracted name"))
}

pub(super) fn nocase(builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    let content = builder.last_content("nocase")?;
    content.nocase = true;
    content.pattern.make_ascii_lowercase();
    Ok(())
}

pub(super) fn offset(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let value = value_of(builder, value)?;
    builder.last_content("offset")?.offset = Some(value);
    Ok(())
}

pub(super) fn depth(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let value = value_of(builder, value)?;
    let content = builder.last_content("depth")?;
    if matches!(value, Value::Constant(depth) if depth < content.pattern.len() as i64) {
        return Err("depth is shorter than its content".into());
    }
    content.depth = Some(value);
    Ok(())
}

pub(super) fn distance(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let value = value_of(builder, value)?;
    builder.last_content("distance")?.distance = Some(value);
    Ok(())
}

pub(super) fn within(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let value = value_of(builder, value)?;
    let content = builder.last_content("within")?;
    if matches!(value, Value::Constant(within) if within < content.pattern.len() as i64) {
        return Err("within is shorter than its content".into());
    }
    content.within = Some(value);
    Ok(())
}

pub(super) fn starts_with(builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    let content = builder.last_content("startswith")?;
    if content.distance.is_some() || content.within.is_some() {
        return Err("startswith does not go with distance or within".into());
    }
    content.offset = Some(Value::Constant(0));
    content.depth = Some(Value::Constant(content.pattern.len() as i64));
    Ok(())
}

pub(super) fn ends_with(builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    builder.last_content("endswith")?.at_end = true;
    Ok(())
}

pub(super) fn fast_pattern(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let content = builder.last_content("fast_pattern")?;
    content.fast = true;
    if let Some((offset, length)) = value.split_once(',') {
        let (offset, length) = (number::<usize>(offset)?, number::<usize>(length)?);
        if length == 0 || offset.saturating_add(length) > content.pattern.len() {
            return Err("the part is outside the content".into());
        }
        content.chop = Some((offset, length));
    }
    Ok(())
}

pub(super) fn packet_data(builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    builder.payload();
    Ok(())
}

pub(super) fn absent(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let or_else = match value {
        "" => false,
        "or_else" => true,
        other => return Err(format!("unknown option {other:?}")),
    };
    builder.push(Step::Absent { or_else });
    Ok(())
}
