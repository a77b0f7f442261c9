//! `pcre`.
use super::Builder;
use crate::{
    expression::{Expression, Options},
    step::Step,
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

pub(super) fn pcre(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (negated, quoted) = match value.strip_prefix('!') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, value),
    };
    let inner = quoted.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(quoted);
    let body = inner.strip_prefix('/').ok_or("an expression stands between slashes")?;
    let end = body.rfind('/').ok_or("an expression stands between slashes")?;
    let (source, flags) = (body.get(..end).unwrap_or(""), body.get(end + 1..).unwrap_or(""));
    // What follows a comma names variables that Suricata captures for Lua.
    let flags = flags.split(',').next().unwrap_or("");
    let mut options = Options::default();
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
    let expression = Expression::compile(&source.replace("\\;", ";"), options)?;
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
