//! Regular expressions: crate `regex-automata` where it can, `fancy-regex` with a limit where look-around or back
//! references need it.
//!
//! Key type: [`Expression`]. Bytes, not text: `.` is any byte. Whether an expression compiles is known when the rule
//! is read; it is compiled when it is first asked, and of all expressions a bounded number is kept compiled.
use crate::lenient::strict;
use crate::limits::{BACKTRACKS, COMPILED_EXPRESSIONS, REGEX_BYTES, REGEX_CACHE_BYTES, REGEX_STATES};
use regex_automata::{Input, meta::Regex, nfa::thompson::WhichCaptures, util::syntax};
use regex_syntax::hir::{Hir, HirKind};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, RwLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

/// A regular expression that is known to compile.
#[derive(Clone, Debug)]
pub struct Expression {
    shared: Arc<Shared>,
    captures: Arc<[Capture]>,
}

/// A group whose bytes are told with an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// number of the group, from 1
    pub group: usize,
    /// under which name
    pub name: String,
    /// with what
    pub keeper: Keeper,
}

/// Where the bytes of a group are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// with the flow
    Flow,
    /// with the packet
    Packet,
    /// with the alert
    Alert,
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
    /// what groups have is asked for, not only where the whole match is
    pub groups: bool,
}

#[derive(Debug)]
struct Shared {
    source: String,
    options: Options,
    /// look-around or back references are in it
    fancy: bool,
    compiled: RwLock<Option<Arc<Compiled>>>,
    /// asked since the last look for one that may go
    used: AtomicBool,
}

#[derive(Debug)]
enum Compiled {
    /// linear time
    Plain(Box<Regex>),
    /// with look-around or back references, and a limit
    Fancy(Box<fancy_regex::Regex>),
}

/// Expressions that are compiled, in the order in which they were; the one that was not asked of late goes first.
static AT_HAND: Mutex<VecDeque<Weak<Shared>>> = Mutex::new(VecDeque::new());

impl Expression {
    /// Takes an expression; the error is for a person. What only PCRE takes is written anew first.
    pub fn compile(source: &str, options: Options) -> Result<Expression, String> {
        Self::compile_as_is(source, options).or_else(|error| match strict(source) {
            same if same == source => Err(error),
            strict => Self::compile_as_is(&strict, options).map_err(|_| error),
        })
    }
    fn compile_as_is(source: &str, options: Options) -> Result<Expression, String> {
        let parsed = regex_syntax::ParserBuilder::new()
            .utf8(false)
            .unicode(false)
            .case_insensitive(options.nocase)
            .dot_matches_new_line(options.dot_all)
            .multi_line(options.multi_line)
            .ignore_whitespace(options.extended)
            .swap_greed(options.lazy)
            .build()
            .parse(source);
        // What is small compiles for sure; the rest is tried now.
        let fancy = match parsed {
            Ok(hir) if states(&hir) <= REGEX_STATES => false,
            Ok(_) => Compiled::plain(source, options).is_none(),
            Err(_) => true,
        };
        if fancy {
            Compiled::fancy(source, options)?;
        }
        let source = source.to_owned();
        let (compiled, used) = (RwLock::default(), AtomicBool::default());
        let shared = Arc::new(Shared { source, options, fancy, compiled, used });
        Ok(Expression { shared, captures: Arc::default() })
    }
    /// Without options; its groups are known.
    pub fn plain(source: &str) -> Result<Expression, String> {
        Expression::compile(source, Options { groups: true, ..Options::default() })
    }
    /// As written.
    pub fn source(&self) -> &str {
        &self.shared.source
    }
    fn compiled(&self) -> Option<Arc<Compiled>> {
        let shared = &self.shared;
        shared.used.store(true, Ordering::Relaxed);
        if let Some(compiled) = shared.compiled.read().ok()?.as_ref() {
            return Some(compiled.clone());
        }
        let mut place = shared.compiled.write().ok()?;
        if place.is_none() {
            let compiled = if shared.fancy {
                Compiled::fancy(&shared.source, shared.options).ok()
            } else {
                Compiled::plain(&shared.source, shared.options)
            };
            *place = compiled.map(Arc::new);
            drop(place);
            make_room(Arc::downgrade(shared));
            place = shared.compiled.write().ok()?;
        }
        place.clone()
    }
    /// First match from `start`: where it begins and ends.
    pub fn find(&self, bytes: &[u8], start: usize) -> Option<(usize, usize)> {
        self.compiled()?.find(bytes, start)
    }
    /// The same with groups that alerts tell.
    #[must_use]
    pub fn with_captures(mut self, captures: Vec<Capture>) -> Expression {
        self.captures = captures.into();
        self
    }
    /// Groups that alerts tell.
    pub fn captures(&self) -> &[Capture] {
        &self.captures
    }
    /// What the first group of the first match has.
    pub fn captured(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.group(bytes, 1)
    }
    /// What a group of the first match has.
    pub fn group(&self, bytes: &[u8], group: usize) -> Option<Vec<u8>> {
        match &*self.compiled()? {
            Compiled::Plain(regex) => {
                let mut groups = regex.create_captures();
                regex.captures(bytes, &mut groups);
                bytes.get(groups.get_group(group)?.range()).map(<[u8]>::to_vec)
            }
            // Such expressions are rare; the whole match stands for the group.
            fancy @ Compiled::Fancy(_) => {
                let (start, end) = fancy.find(bytes, 0)?;
                bytes.get(start..end).map(<[u8]>::to_vec)
            }
        }
    }
}

/// Notes one that was compiled, and lets others go when there are too many.
fn make_room(new: Weak<Shared>) {
    let Ok(mut at_hand) = AT_HAND.lock() else { return };
    at_hand.push_back(new);
    // Each is passed over once at most, so the second round finds one.
    let mut looks = 2 * at_hand.len();
    while at_hand.len() > COMPILED_EXPRESSIONS && looks > 0 {
        looks -= 1;
        let Some(oldest) = at_hand.pop_front() else { return };
        let Some(shared) = oldest.upgrade() else { continue };
        if shared.used.swap(false, Ordering::Relaxed) {
            at_hand.push_back(oldest);
        } else if let Ok(mut place) = shared.compiled.write() {
            *place = None;
        }
    }
}

impl Compiled {
    fn plain(source: &str, options: Options) -> Option<Compiled> {
        let syntax = syntax::Config::new()
            .utf8(false)
            .unicode(false)
            .case_insensitive(options.nocase)
            .dot_matches_new_line(options.dot_all)
            .multi_line(options.multi_line)
            .ignore_whitespace(options.extended)
            .swap_greed(options.lazy);
        let config = Regex::config()
            .utf8_empty(false)
            .nfa_size_limit(Some(REGEX_BYTES))
            .hybrid_cache_capacity(REGEX_CACHE_BYTES)
            .which_captures(if options.groups { WhichCaptures::All } else { WhichCaptures::Implicit })
            .onepass(false)
            .dfa(false);
        Regex::builder()
            .syntax(syntax)
            .configure(config)
            .build(source)
            .ok()
            .map(Box::new)
            .map(Compiled::Plain)
    }
    fn fancy(source: &str, options: Options) -> Result<Compiled, String> {
        if options.lazy {
            return Err("flag G does not go with look-around or back references".into());
        }
        let built = fancy_regex::RegexBuilder::new(source)
            .bytes_mode(fancy_regex::BytesMode::Ascii)
            .case_insensitive(options.nocase)
            .dot_matches_new_line(options.dot_all)
            .multi_line(options.multi_line)
            .ignore_whitespace(options.extended)
            .backtrack_limit(BACKTRACKS)
            .delegate_size_limit(REGEX_BYTES)
            .build();
        match built {
            Ok(regex) => Ok(Compiled::Fancy(Box::new(regex))),
            Err(error) => {
                let text = error.to_string();
                Err(format!("the expression does not compile: {}", text.lines().last().unwrap_or("").trim()))
            }
        }
    }
    fn find(&self, bytes: &[u8], start: usize) -> Option<(usize, usize)> {
        match self {
            Compiled::Plain(regex) => {
                let found = regex.find(Input::new(bytes).range(start.min(bytes.len())..))?;
                Some((found.start(), found.end()))
            }
            Compiled::Fancy(regex) => {
                let found = regex.find_from_pos(bytes, start).ok()??;
                Some((found.start(), found.end()))
            }
        }
    }
}

/// About how many states an expression has when its repetitions are written out.
fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(_) => 4,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1) as usize;
            states(&repetition.sub).saturating_add(1).saturating_mul(times)
        }
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(states).fold(1, usize::saturating_add)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, hay: &[u8], expect: Option<(usize, usize)>) {
        let expression = Expression::plain(source).unwrap();
        assert_eq!(expression.find(hay, 0), expect, "{source}");
    }

    #[test]
    fn expressions_compile_when_they_are_asked() {
        check("a.c", b"xa\xffc", Some((1, 4)));
        check("(?<!x)ab", b"xab ab", Some((4, 6)));
        check(r"(a)\1", b"aba aa", Some((4, 6)));
        check("a{3}", b"aa", None);
        assert!(Expression::plain("(").is_err());
        assert!(Expression::plain("((a{1000}){1000}){1000}").is_err());
        let lazy = Options { lazy: true, ..Options::default() };
        assert!(Expression::compile("(?=a)", lazy).is_err());
    }

    #[test]
    fn only_so_many_stay_compiled() {
        let all: Vec<_> =
            (0..COMPILED_EXPRESSIONS * 2).map(|n| Expression::plain(&format!("a{n}b")).unwrap()).collect();
        for (n, expression) in all.iter().enumerate() {
            assert!(expression.find(format!("a{n}b").as_bytes(), 0).is_some());
        }
        let compiled = all.iter().filter(|one| one.shared.compiled.read().unwrap().is_some()).count();
        assert!(compiled <= COMPILED_EXPRESSIONS, "{compiled}");
        assert!(all.first().unwrap().find(b"a0b", 0).is_some(), "it is compiled again");
    }
}
