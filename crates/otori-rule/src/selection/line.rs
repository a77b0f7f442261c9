//! One line of a file of a selection. Key types: [`Line`], [`Modify`].
use super::{
    Kind,
    facts::Facts,
    matcher::{Matcher, expression},
};
use crate::limits::RULE_BYTES;
use std::borrow::Cow;

/// Rules that a line means, or takes out again.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// it begins with `except`: what it means, no other line means
    except: bool,
    matcher: Matcher,
}

impl Line {
    pub(super) fn read(text: &str, kind: Kind) -> Result<Line, String> {
        // suricata-update knows comments on lines of their own only; a number never has more behind it.
        let text = match text.split_once(" #") {
            Some((front, _)) if front.bytes().next().is_some_and(|byte| byte.is_ascii_digit()) => {
                front.trim_end()
            }
            _ => text,
        };
        let (except, text) = match text.strip_prefix("except ") {
            Some(rest) => (true, rest.trim_start()),
            None => (false, text),
        };
        let matcher = Matcher::read(text)?;
        if matches!(matcher, Matcher::Sensible) && kind != Kind::Drop {
            return Err("`default` says which rules drop; it is for the file of drops only".into());
        }
        Ok(Line { except, matcher })
    }
}

/// One of the lines means the rule, and none takes it out.
pub(super) fn any(lines: &[Line], facts: &Facts<'_>) -> bool {
    let of = |except| lines.iter().filter(move |line| line.except == except);
    of(false).any(|line| line.matcher.is_met(facts)) && !of(true).any(|line| line.matcher.is_met(facts))
}

/// How a rule is changed.
#[derive(Clone, Debug)]
enum Change {
    /// each place that the expression finds
    Replace(Box<fancy_regex::Regex>, String),
    /// one pair more in `metadata`; whether also of a rule that has the key
    Metadata { key: String, value: String, also: bool },
}

/// A line of `modify.conf`.
#[derive(Clone, Debug)]
pub(super) struct Modify {
    matcher: Matcher,
    change: Change,
}

impl Modify {
    pub(super) fn read(text: &str) -> Result<Modify, String> {
        let words = words(text)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (matcher, change) = match words.as_slice() {
            ["metadata-add", which, key, value] => {
                (which, Change::Metadata { key: (*key).into(), value: (*value).into(), also: true })
            }
            ["else-metadata-add", which, key, value] => {
                (which, Change::Metadata { key: (*key).into(), value: (*value).into(), also: false })
            }
            ["modifysid", which, from, "|", to] | [which, from, to] => {
                (which, Change::Replace(Box::new(expression(from, "")?), template(to)))
            }
            _ => {
                return Err(
                    "wants WHICH \"from\" \"to\", modifysid WHICH \"from\" | \"to\", or metadata-add WHICH \"key\" \"value\""
                        .into(),
                );
            }
        };
        Ok(Modify { matcher: Matcher::read(matcher)?, change })
    }

    /// The rule's new text, with `# ` before it when it does not count; `None` when nothing changes.
    pub(super) fn run(&self, facts: &Facts<'_>, enabled: bool) -> Option<String> {
        if !self.matcher.is_met(facts) {
            return None;
        }
        let text = if enabled { Cow::Borrowed(facts.text) } else { Cow::Owned(format!("# {}", facts.text)) };
        match &self.change {
            Change::Replace(from, to) => {
                let changed = from.try_replacen(&text, 0, to.as_str()).ok()?;
                (changed != text && changed.len() <= RULE_BYTES).then(|| changed.into_owned())
            }
            Change::Metadata { key, value, also } => {
                let has = facts.metadata.iter().any(|(have, _)| have.eq_ignore_ascii_case(key));
                let end = text.rfind(')').filter(|_| *also || !has)?;
                Some(format!("{}metadata:{key} {value};{}", text.get(..end)?, text.get(end..)?))
            }
        }
    }
}

/// `\1` and `${1}` are what the first group has.
fn template(to: &str) -> String {
    let mut out = String::with_capacity(to.len());
    let mut rest = to.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some(digit) if digit.is_ascii_digit() => out.push_str(&format!("${{{digit}}}")),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            '$' if rest.peek() == Some(&'{') => out.push('$'),
            '$' => out.push_str("$$"),
            other => out.push(other),
        }
    }
    out
}

/// The words of a line as a shell cuts them: quotes of both kinds, back slashes.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some('"'), '\\') if matches!(letters.peek(), Some('"' | '\\')) => {
                word.get_or_insert_default().extend(letters.next());
            }
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '\\') => word.get_or_insert_default().extend(letters.next()),
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote is open at the end of the line".into());
    }
    words.extend(word);
    Ok(words)
}
