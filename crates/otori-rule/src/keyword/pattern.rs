//! `pcre`.
use super::Builder;
use crate::{
    expression::{Expression, Options},
    step::{Capture, Keeper, Step},
};

/// Letters that name a buffer.
const BUFFERS: &[(char, &str)] = &[
    ('U', "http.uri"),
    ('I', "http.uri.raw"),
    ('P', "http.request_body"),
    ('Q', "http.response_body"),
    ('H', "http.header"),
    ('D', "http.header.raw"),
    ('M', "http.method"),
    ('C', "http.cookie"),
    ('S', "http.stat_code"),
    ('Y', "http.stat_msg"),
    ('V', "http.user_agent"),
    ('W', "http.host"),
    ('Z', "http.host.raw"),
];

/// Groups that the user may name.
const CAPTURES: usize = 8;

/// `flow:name, pkt:name, alert:name` behind the flags name the groups in order; `(?P<flow_name>` names itself.
fn captures(source: &str, names: &str) -> Result<Vec<Capture>, String> {
    let mut found = Vec::new();
    for (place, part) in names.split(',').map(str::trim).filter(|part| !part.is_empty()).enumerate() {
        let (kind, name) = part.split_once(':').ok_or_else(|| format!("{part:?} names no variable"))?;
        let keeper = keeper(kind.trim()).ok_or_else(|| format!("unknown kind of variable {kind:?}"))?;
        found.push(Capture { group: place + 1, name: name.trim().into(), keeper });
    }
    if !found.is_empty() {
        return if found.len() <= CAPTURES { Ok(found) } else { Err("too many variables".into()) };
    }
    let (mut group, mut escaped) = (0, false);
    for (at, byte) in source.bytes().enumerate() {
        let opens = byte == b'(' && !escaped;
        escaped = byte == b'\\' && !escaped;
        let rest = source.get(at + 1..).unwrap_or("");
        let named = rest.strip_prefix("?P<").or_else(|| rest.strip_prefix("?<"));
        let named = named.filter(|name| !name.starts_with(['=', '!']));
        if !opens || (rest.starts_with('?') && named.is_none()) {
            continue;
        }
        group += 1;
        let name = named.and_then(|rest| rest.split_once('>')).and_then(|(name, _)| name.split_once('_'));
        if let Some((kind, name)) = name
            && let Some(keeper) = keeper(kind).filter(|_| found.len() < CAPTURES)
        {
            found.push(Capture { group, name: name.into(), keeper });
        }
    }
    Ok(found)
}

fn keeper(kind: &str) -> Option<Keeper> {
    Some(match kind {
        "flow" => Keeper::Flow,
        "pkt" => Keeper::Packet,
        "alert" => Keeper::Alert,
        _ => return None,
    })
}

pub(super) fn pcre(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (negated, quoted) = match value.strip_prefix('!') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, value),
    };
    let inner = quoted.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(quoted);
    let body = inner.strip_prefix('/').ok_or("an expression stands between slashes")?;
    let end = body.rfind('/').ok_or("an expression stands between slashes")?;
    let (source, flags) = (body.get(..end).unwrap_or(""), body.get(end + 1..).unwrap_or(""));
    let (flags, names) = flags.split_once(',').unwrap_or((flags, ""));
    let captures = captures(source, names)?;
    let mut options = Options { groups: !captures.is_empty(), ..Options::default() };
    let (mut relative, mut anchored, mut buffer) = (false, false, None);
    for flag in flags.chars() {
        match flag {
            'i' => options.nocase = true,
            's' => options.dot_all = true,
            'm' => options.multi_line = true,
            'x' => options.extended = true,
            'G' => options.lazy = true,
            'A' => anchored = true,
            'R' => relative = true,
            'E' | 'O' | 'B' => {}
            _ => match BUFFERS.iter().find(|(letter, _)| *letter == flag) {
                Some((_, keyword)) => buffer = Some(*keyword),
                None => return Err(format!("unknown flag {flag:?} behind the expression")),
            },
        }
    }
    let expression = Expression::compile(&source.replace("\\;", ";"), options)?.with_captures(captures);
    let step = Step::Pattern { expression, relative, negated, anchored };
    match buffer {
        Some(keyword) => builder.push_named(keyword, step),
        None if relative => {
            builder.push_relative(step);
            Ok(())
        }
        None => {
            builder.push(step);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_names() {
        let named = |source: &str, names: &str| {
            let found = captures(source, names).unwrap();
            found.into_iter().map(|one| (one.group, one.name, one.keeper)).collect::<Vec<_>>()
        };
        let flow = |group, name: &str| (group, name.to_owned(), Keeper::Flow);
        assert_eq!(
            named(r"(a)(?:b)\((?P<flow_x>c)(?<alert_y>d)", ""),
            [flow(2, "x"), (3, "y".into(), Keeper::Alert)]
        );
        assert_eq!(named("(a)(b)", "flow:p, pkt:q"), [flow(1, "p"), (2, "q".into(), Keeper::Packet)]);
        assert!(captures("(a)", "other:x").is_err() && captures("(?<!a)(b)", "").unwrap().is_empty());
    }
}
