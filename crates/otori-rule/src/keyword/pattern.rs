//! `pcre`: crate `regex` where it can, `fancy-regex` with a limit where look-around or back references need it.
use super::Builder;
use crate::{
    limits::{BACKTRACKS, REGEX_BYTES},
    step::{Expression, Step},
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
    let expression = compile(&source.replace("\\;", ";"), options)?;
    let step = Step::Pattern { expression, relative, negated, anchored };
    match buffer {
        Some(keyword) => builder.push_named(keyword, step),
        None => {
            builder.push(step);
            Ok(())
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Options {
    nocase: bool,
    dot_all: bool,
    multi_line: bool,
    extended: bool,
    lazy: bool,
}

fn compile(source: &str, options: Options) -> Result<Expression, String> {
    let plain = regex::bytes::RegexBuilder::new(source)
        .unicode(false)
        .case_insensitive(options.nocase)
        .dot_matches_new_line(options.dot_all)
        .multi_line(options.multi_line)
        .ignore_whitespace(options.extended)
        .swap_greed(options.lazy)
        .size_limit(REGEX_BYTES)
        .dfa_size_limit(1 << 20)
        .build();
    if let Ok(regex) = plain {
        return Ok(Expression::Plain(regex));
    }
    if options.lazy {
        return Err("flag G does not go with look-around or back references".into());
    }
    let fancy = fancy_regex::RegexBuilder::new(source)
        .bytes_mode(fancy_regex::BytesMode::Ascii)
        .case_insensitive(options.nocase)
        .dot_matches_new_line(options.dot_all)
        .multi_line(options.multi_line)
        .ignore_whitespace(options.extended)
        .backtrack_limit(BACKTRACKS)
        .delegate_size_limit(REGEX_BYTES)
        .build();
    match fancy {
        Ok(regex) => Ok(Expression::Fancy(Box::new(regex))),
        Err(error) => {
            let text = error.to_string();
            Err(format!("the expression does not compile: {}", text.lines().last().unwrap_or("").trim()))
        }
    }
}
