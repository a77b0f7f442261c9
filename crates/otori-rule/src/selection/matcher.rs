//! One condition on rules. Key type: [`Matcher`].
use super::{facts::Facts, sensible};
use crate::limits::{BACKTRACKS, REGEX_BYTES};

/// Which rules a line means.
#[derive(Clone, Debug)]
pub(super) enum Matcher {
    /// `*`
    All,
    /// `default`: those that may drop when nobody says more
    Sensible,
    /// `2019401`, `1:2019401`, several between commas
    Ids(Vec<(u32, u32)>),
    /// `re:heartbleed`: somewhere in the rule, whatever the case
    Expression(Box<fancy_regex::Regex>),
    /// `group:emerging-dos.rules`, `group:emerging*`: the file, with or without what is behind its last dot
    Group(String),
    /// `filename:rules/*deleted*`: the whole name of the file
    File(String),
    /// `metadata: signature_severity Major`
    Metadata(String, String),
}

/// A regular expression with the bounds of this crate.
pub(super) fn expression(source: &str, start: &str) -> Result<fancy_regex::Regex, String> {
    let mut builder = fancy_regex::RegexBuilder::new(&format!("{start}{source}"));
    builder.backtrack_limit(BACKTRACKS).delegate_size_limit(REGEX_BYTES);
    builder.build().map_err(|error| format!("re:{source}: {error}"))
}

impl Matcher {
    /// Reads one condition.
    pub(super) fn read(text: &str) -> Result<Matcher, String> {
        let rest = |prefix: &str| text.strip_prefix(prefix).map(str::trim);
        if text == "*" {
            return Ok(Matcher::All);
        }
        if text == "default" {
            return Ok(Matcher::Sensible);
        }
        if let Some(source) = rest("re:") {
            return Ok(Matcher::Expression(Box::new(expression(source, "(?i)")?)));
        }
        if let Some(name) = rest("group:") {
            return named(name, "group:").map(Matcher::Group);
        }
        if let Some(name) = rest("filename:") {
            return named(name, "filename:").map(Matcher::File);
        }
        if let Some(pair) = rest("metadata:") {
            let (key, value) = pair.split_once(char::is_whitespace).ok_or_else(|| {
                format!("metadata: {pair:?} wants a key and a value, as in `metadata: deployment Perimeter`")
            })?;
            return Ok(Matcher::Metadata(key.to_owned(), value.trim().to_owned()));
        }
        ids(text).map(Matcher::Ids)
    }
    /// It means that rule.
    pub(super) fn is_met(&self, facts: &Facts<'_>) -> bool {
        match self {
            Matcher::All => true,
            Matcher::Sensible => sensible::may_drop(facts),
            Matcher::Ids(ids) => facts.sid.is_some_and(|sid| ids.contains(&(facts.gid, sid))),
            // One that took too many steps is none.
            Matcher::Expression(expression) => expression.is_match(facts.text).unwrap_or(false),
            Matcher::Group(pattern) => {
                let name = facts.group.rsplit('/').next().unwrap_or_default();
                let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
                fits(pattern, name) || fits(pattern, stem)
            }
            Matcher::File(pattern) => fits(pattern, facts.group),
            Matcher::Metadata(key, value) => facts.has(key, value),
        }
    }
}

fn named(name: &str, what: &str) -> Result<String, String> {
    if name.is_empty() {
        Err(format!("{what} wants the name of a file, which may have * and ?"))
    } else {
        Ok(name.into())
    }
}

fn ids(text: &str) -> Result<Vec<(u32, u32)>, String> {
    let one = |word: &str| {
        let (gid, sid) = word.split_once(':').unwrap_or(("1", word));
        match (gid.trim().parse(), sid.trim().parse()) {
            (Ok(gid), Ok(sid)) => Ok((gid, sid)),
            _ => Err(format!(
                "{word:?} is none of SID, GID:SID, re:…, group:…, filename:…, metadata: KEY VALUE, * and default"
            )),
        }
    };
    text.split(',').map(|word| one(word.trim())).collect()
}

/// A name fits a pattern with `*` and `?`; bounded by the product of their lengths.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut read) = (0, 0);
    // Where the last star stands, and how much of the name it has taken.
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = name.get(read) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(b'?') => (at, read) = (at + 1, read + 1),
            Some(want) if want == byte => (at, read) = (at + 1, read + 1),
            _ => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                (at, read) = (place + 1, taken + 1);
            }
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}
