//! Conditions on the bytes of one buffer, in order, with a cursor.
//!
//! Key types: [`Step`], [`Content`], [`Buffer`]. The cursor is behind the last match; a relative step starts
//! there, and when a later relative step fails, an earlier one tries its next match.
pub use crate::expression::{Capture, Expression, Keeper};
use crate::{
    dataset,
    limits::{EXTRACTS, MATCH_TRIES},
    rule::Compare,
};
use memchr::{memchr, memchr2};

mod special;

/// A number in a rule, or one that `byte_extract` found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// written in the rule
    Constant(i64),
    /// place among the extracted numbers
    Extracted(usize),
}

/// `content` with its modifiers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// bytes; lower case when `nocase`
    pub pattern: Vec<u8>,
    /// letters of either case
    pub nocase: bool,
    /// must not be there
    pub negated: bool,
    /// first byte that may match
    pub offset: Option<Value>,
    /// bytes from `offset` that are searched
    pub depth: Option<Value>,
    /// bytes from the cursor
    pub distance: Option<Value>,
    /// bytes behind the cursor in which it must end
    pub within: Option<Value>,
    /// at the very end
    pub at_end: bool,
    /// the prefilter shall use it
    pub fast: bool,
    /// part that the prefilter searches: offset and length
    pub chop: Option<(usize, usize)>,
}

/// Base and order of digits or bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// bytes, most significant first
    Big,
    /// bytes, least significant first
    Little,
    /// digits of that base
    Text(u32),
}

/// Where and how a number is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// bytes
    pub count: Value,
    /// from the start, or the cursor
    pub offset: Value,
    /// `offset` counts from the cursor
    pub relative: bool,
    /// encoding
    pub encoding: Encoding,
    /// bits that count
    pub mask: u64,
}

/// Comparison of `byte_test`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteTest {
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `=`
    Equal,
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
    /// `&`
    And,
    /// `^`
    Or,
}

/// Operators of `byte_math`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `<<`
    Left,
    /// `>>`
    Right,
}

/// What is asked of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListTest {
    /// it has the value
    IsSet,
    /// it has not
    IsNotSet,
    /// adds it; holds when it is new
    Set,
    /// takes it out; holds when it was there
    Unset,
    /// its reputation compares
    Reputation(Compare),
}

/// Hashes of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// MD5
    Md5,
    /// SHA-1
    Sha1,
    /// SHA-256
    Sha256,
}

/// Where `byte_jump` counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JumpBase {
    /// behind the number
    Here,
    /// the start of the buffer
    Start,
    /// the end of the buffer
    End,
}

/// What `asn1` asks of a value in BER.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ber {
    /// a bit string has more unused bits than its last byte
    pub bit_string: bool,
    /// a real number in digits that overflows
    pub double: bool,
    /// an element is longer than that
    pub longest: Option<u64>,
    /// where the value starts
    pub offset: usize,
    /// from the cursor
    pub relative: bool,
}

/// One condition.
#[derive(Clone, Debug)]
pub enum Step {
    /// bytes are there
    Content(Content),
    /// an expression matches
    Pattern {
        /// compiled
        expression: Expression,
        /// from the cursor
        relative: bool,
        /// must not match
        negated: bool,
        /// at the start, or the cursor, exactly
        anchored: bool,
    },
    /// a number compares
    ByteTest {
        /// where it is
        number: Number,
        /// how
        test: ByteTest,
        /// must not
        negated: bool,
        /// with what
        against: Value,
    },
    /// moves the cursor by a number
    ByteJump {
        /// where it is
        number: Number,
        /// times
        multiplier: i64,
        /// rounds up to 4
        align: bool,
        /// counts from
        base: JumpBase,
        /// and so many more
        post: i64,
    },
    /// keeps a number
    ByteExtract {
        /// where it is
        number: Number,
        /// times
        multiplier: i64,
        /// and up to the next multiple of that: 1, 2 or 4
        align: i64,
        /// under this place
        into: usize,
    },
    /// computes with a number and keeps the result
    ByteMath {
        /// where it is
        number: Number,
        /// how
        operator: Operator,
        /// with what
        with: Value,
        /// under this place
        into: usize,
    },
    /// bytes decoded from base64, and what must hold for them
    Decoded {
        /// most bytes that are looked at
        count: usize,
        /// where they start
        offset: usize,
        /// from the cursor
        relative: bool,
        /// conditions on what comes out
        steps: Vec<Step>,
    },
    /// a list has the buffer, or a change is made to the list
    Listed(dataset::Shared, ListTest),
    /// the buffer is a number, eight bytes
    NumberIs(Compare),
    /// the buffer is a number in one of these ranges, ends included, or in none of them
    NumberAmong(Vec<(u64, u64)>, bool),
    /// the buffer is a time in seconds since 1970, which is over, or is not
    IsPast(bool),
    /// bits of information in each byte of a part of the buffer
    Entropy {
        /// bytes that are looked at; all without
        count: Option<usize>,
        /// first of them
        offset: usize,
        /// comparison, in thousandths of a bit
        compare: Compare,
    },
    /// something is wrong with BER
    Ber(Ber),
    /// the whole buffer's hash is on a list
    Hashed(dataset::Shared, Hash, bool),
    /// there are bytes, or are not
    DataAt {
        /// how far
        at: Value,
        /// from the cursor
        relative: bool,
        /// must not
        negated: bool,
    },
    /// length of the buffer
    Size(Compare),
    /// the buffer is not there
    Absent {
        /// or what follows holds
        or_else: bool,
    },
}

/// Bytes to look at.
#[derive(Clone, Copy, Debug)]
pub struct Buffer<'a> {
    /// the bytes
    pub bytes: &'a [u8],
    /// nothing follows; otherwise what depends on the end is not decided yet
    pub complete: bool,
    /// the first byte is the first of the buffer (of a stream the beginning may be gone)
    pub from_start: bool,
}

struct Run<'a> {
    buffer: Buffer<'a>,
    tries: u32,
    extracted: [i64; EXTRACTS],
    /// of contents, by how many steps follow: none is in the buffer from there on
    missing: [u32; MISSES],
}

/// Contents whose last search is remembered. Otherwise a rule of two contents would search the rest of a long body once
/// for each place of the first one.
const MISSES: usize = 8;

/// Whether all steps hold.
pub fn matches(steps: &[Step], buffer: Buffer<'_>) -> bool {
    Run::new(buffer, MATCH_TRIES, [0; EXTRACTS]).steps(steps, 0)
}

impl Step {
    /// The step starts at the cursor.
    const fn is_relative(&self) -> bool {
        match self {
            Step::Content(content) => content.distance.is_some() || content.within.is_some(),
            Step::Pattern { relative, .. } | Step::DataAt { relative, .. } => *relative,
            Step::ByteTest { number, .. }
            | Step::ByteJump { number, .. }
            | Step::ByteMath { number, .. }
            | Step::ByteExtract { number, .. } => number.relative,
            Step::Decoded { relative, .. } => *relative,
            Step::Ber(ber) => ber.relative,
            Step::Size(_)
            | Step::Absent { .. }
            | Step::Listed(..)
            | Step::NumberIs(_)
            | Step::NumberAmong(..)
            | Step::IsPast(_)
            | Step::Entropy { .. }
            | Step::Hashed(..) => false,
        }
    }
    /// The step cannot be decided before the end of the buffer is known.
    const fn needs_end(&self) -> bool {
        match self {
            Step::Content(content) => content.negated || content.at_end,
            Step::Pattern { negated, .. } | Step::DataAt { negated, .. } => *negated,
            Step::Size(_) | Step::Listed(..) | Step::Hashed(..) | Step::Entropy { .. } => true,
            Step::ByteJump { base, .. } => matches!(base, JumpBase::End),
            _ => false,
        }
    }
}

impl<'a> Run<'a> {
    const fn new(buffer: Buffer<'a>, tries: u32, extracted: [i64; EXTRACTS]) -> Run<'a> {
        Run { buffer, tries, extracted, missing: [u32::MAX; MISSES] }
    }
    fn steps(&mut self, steps: &[Step], cursor: usize) -> bool {
        let Some((step, rest)) = steps.split_first() else { return true };
        if self.tries == 0 || (step.needs_end() && !self.buffer.complete) {
            return false;
        }
        self.tries -= 1;
        match step {
            Step::Content(content) => self.content(content, rest, cursor),
            Step::Pattern { expression, relative, negated, anchored } => {
                self.pattern(expression, *relative, *negated, *anchored, rest, cursor)
            }
            Step::ByteTest { number, test, negated, against } => {
                let Some((value, _)) = self.number(number, cursor) else { return false };
                // Numbers have no sign: what byte_math takes away too much wraps round.
                let (value, against) = (value.cast_unsigned(), self.value(*against).cast_unsigned());
                let holds = match test {
                    ByteTest::Less => value < against,
                    ByteTest::Greater => value > against,
                    ByteTest::Equal => value == against,
                    ByteTest::AtMost => value <= against,
                    ByteTest::AtLeast => value >= against,
                    ByteTest::And => value & against != 0,
                    ByteTest::Or => value ^ against != 0,
                };
                holds != *negated && self.steps(rest, cursor)
            }
            Step::ByteJump { number, multiplier, align, base, post } => {
                let Some((value, end)) = self.number(number, cursor) else { return false };
                let value = value.saturating_mul(*multiplier);
                let value = if *align { value.saturating_add(3) & !3 } else { value };
                let from = match base {
                    JumpBase::Here => end as i64,
                    JumpBase::Start => 0,
                    JumpBase::End => self.buffer.bytes.len() as i64,
                };
                let to = from.saturating_add(value).saturating_add(*post);
                let in_buffer = usize::try_from(to).ok().filter(|to| *to <= self.buffer.bytes.len());
                in_buffer.is_some_and(|to| self.steps(rest, to))
            }
            Step::ByteExtract { number, multiplier, align, into } => {
                let Some((value, end)) = self.number(number, cursor) else { return false };
                if let Some(place) = self.extracted.get_mut(*into) {
                    let value = value.saturating_mul(*multiplier);
                    *place = value.saturating_add(align - 1) & !(align - 1);
                }
                self.steps(rest, end)
            }
            other => self.special(other, rest, cursor),
        }
    }

    fn value(&self, value: Value) -> i64 {
        match value {
            Value::Constant(number) => number,
            Value::Extracted(place) => self.extracted.get(place).copied().unwrap_or(0),
        }
    }

    /// The part of the buffer in which the content must lie.
    fn window(&self, content: &Content, cursor: usize) -> Option<(usize, usize)> {
        let length = self.buffer.bytes.len() as i64;
        let number = |value: Option<Value>| value.map(|value| self.value(value));
        let (start, end) = if content.distance.is_some() || content.within.is_some() {
            let start = cursor as i64 + number(content.distance).unwrap_or(0);
            let end = number(content.within).map_or(length, |within| start.saturating_add(within));
            (start.max(0), end)
        } else {
            if (content.offset.is_some() || content.depth.is_some()) && !self.buffer.from_start {
                return None;
            }
            let start = number(content.offset).unwrap_or(0);
            (start, number(content.depth).map_or(length, |depth| start.saturating_add(depth)))
        };
        let end = end.min(length);
        (start <= end).then_some((start as usize, end as usize))
    }

    fn content(&mut self, content: &Content, rest: &[Step], cursor: usize) -> bool {
        let size = content.pattern.len();
        let window = self.window(content, cursor);
        let (mut start, end) = match window {
            Some(window) => window,
            None => return content.negated && self.steps(rest, cursor),
        };
        if content.at_end {
            start = start.max(self.buffer.bytes.len().saturating_sub(size));
        }
        if content.negated {
            return self.search(content, (start, end), rest.len()).is_none() && self.steps(rest, cursor);
        }
        let retry = rest.first().is_some_and(Step::is_relative);
        while let Some(found) = self.search(content, (start, end), rest.len()) {
            if content.at_end && found + size != self.buffer.bytes.len() {
                return false;
            }
            if self.steps(rest, found + size) {
                return true;
            }
            if !retry || self.tries == 0 {
                return false;
            }
            self.tries -= 1;
            start = found + 1;
        }
        false
    }

    /// `place` is the number of steps behind the content: it tells those of a rule apart.
    fn search(&mut self, content: &Content, (start, end): (usize, usize), place: usize) -> Option<usize> {
        let missing = self.missing.get(place).map_or(usize::MAX, |from| *from as usize);
        if start >= missing {
            return None;
        }
        let hay = self.buffer.bytes.get(start..end)?;
        let found = find(hay, &content.pattern, content.nocase).map(|at| start + at);
        if let (None, Some(from)) = (found, self.missing.get_mut(place))
            && end == self.buffer.bytes.len()
        {
            *from = u32::try_from(start).unwrap_or(u32::MAX);
        }
        found
    }

    fn pattern(
        &mut self,
        expression: &Expression,
        relative: bool,
        negated: bool,
        anchored: bool,
        rest: &[Step],
        cursor: usize,
    ) -> bool {
        // A relative expression sees the buffer from the cursor on, so that `^` means the cursor.
        let base = if relative { cursor } else { 0 };
        let Some(hay) = self.buffer.bytes.get(base..) else { return negated && self.steps(rest, cursor) };
        let mut start = 0;
        let retry = rest.first().is_some_and(Step::is_relative);
        loop {
            let found = expression.find(hay, start).filter(|(begin, _)| !anchored || *begin == 0);
            if negated {
                return found.is_none() && self.steps(rest, cursor);
            }
            let Some((begin, end)) = found else { return false };
            if self.steps(rest, base + end) {
                return true;
            }
            if !retry || self.tries == 0 || begin + 1 > hay.len() {
                return false;
            }
            self.tries -= 1;
            start = begin + 1;
        }
    }

    /// A number and the place behind it.
    fn number(&self, number: &Number, cursor: usize) -> Option<(i64, usize)> {
        let base = if number.relative { cursor as i64 } else { 0 };
        let start = usize::try_from(base.saturating_add(self.value(number.offset))).ok()?;
        let count = usize::try_from(self.value(number.count)).ok()?;
        let end = start.checked_add(count)?;
        if count == 0 && !matches!(number.encoding, Encoding::Text(_)) {
            return Some((0, start));
        }
        let (value, end) = match number.encoding {
            Encoding::Big => {
                let bytes = self.buffer.bytes.get(start..end)?;
                (bytes.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte)), end)
            }
            Encoding::Little => {
                let bytes = self.buffer.bytes.get(start..end)?;
                (bytes.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte)), end)
            }
            Encoding::Text(base) => {
                let bytes = self.buffer.bytes.get(start..end.min(self.buffer.bytes.len()))?;
                let blanks = bytes.iter().take_while(|b| b.is_ascii_whitespace()).count();
                let body = bytes.get(blanks..).unwrap_or(&[]);
                let prefix = if base == 16 && body.starts_with(b"0x") { 2 } else { 0 };
                let digits = body.iter().skip(prefix).map_while(|b| char::from(*b).to_digit(base));
                let (value, count) = digits.fold((0u64, 0usize), |(value, count), digit| {
                    (value.saturating_mul(u64::from(base)).saturating_add(u64::from(digit)), count + 1)
                });
                if count == 0 {
                    return None;
                }
                (value, start + blanks + prefix + count)
            }
        };
        let shift =
            if number.mask == u64::MAX || number.mask == 0 { 0 } else { number.mask.trailing_zeros() };
        Some((((value & number.mask) >> shift).cast_signed(), end))
    }
}

/// First place of `needle` (lower case when `nocase`) in `hay`.
pub fn find(hay: &[u8], needle: &[u8], nocase: bool) -> Option<usize> {
    let (first, rest) = needle.split_first()?;
    let last = hay.len().checked_sub(needle.len())?;
    let starts = hay.get(..=last)?;
    let other = if nocase { first.to_ascii_uppercase() } else { *first };
    let mut at = 0;
    loop {
        let window = starts.get(at..)?;
        at += if other == *first { memchr(*first, window) } else { memchr2(*first, other, window) }?;
        let tail = hay.get(at + 1..at + needle.len())?;
        let same = if nocase { tail.eq_ignore_ascii_case(rest) } else { tail == rest };
        if same {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests;
