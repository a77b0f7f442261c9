//! Regular expressions: crate `regex` where it can, `fancy-regex` with a limit where look-around or back references
//! need it.
//!
//! Key type: [`Expression`]. Bytes, not text: `.` is any byte.
use crate::limits::{BACKTRACKS, REGEX_BYTES};

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub enum Expression {
    /// linear time
    Plain(regex::bytes::Regex),
    /// with look-around or back references, and a limit
    Fancy(Box<fancy_regex::Regex>),
}

/// What letters behind an expression say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// `i`
    pub nocase: bool,
    /// `s`
    pub dot_all: bool,
    /// `m`
    pub multi_line: bool,
    /// `x`
    pub extended: bool,
    /// `G`
    pub lazy: bool,
}

impl Expression {
    /// Compiles it; the error is for a person.
    pub fn compile(source: &str, options: Options) -> Result<Expression, String> {
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
    /// Without options.
    pub fn plain(source: &str) -> Result<Expression, String> {
        Expression::compile(source, Options::default())
    }
    /// As written.
    pub fn source(&self) -> &str {
        match self {
            Expression::Plain(regex) => regex.as_str(),
            Expression::Fancy(regex) => regex.as_str(),
        }
    }
    /// First match from `start`: where it begins and ends.
    pub fn find(&self, bytes: &[u8], start: usize) -> Option<(usize, usize)> {
        match self {
            Expression::Plain(regex) => regex.find_at(bytes, start).map(|found| (found.start(), found.end())),
            Expression::Fancy(regex) => {
                let found = regex.find_from_pos(bytes, start).ok()??;
                Some((found.start(), found.end()))
            }
        }
    }
    /// What the first group of the first match has.
    pub fn captured(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        match self {
            Expression::Plain(regex) => Some(regex.captures(bytes)?.get(1)?.as_bytes().to_vec()),
            // Such expressions are rare; the whole match stands for the group.
            Expression::Fancy(_) => {
                let (start, end) = self.find(bytes, 0)?;
                bytes.get(start..end).map(<[u8]>::to_vec)
            }
        }
    }
}
