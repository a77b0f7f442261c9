//! Finds the rules worth a look: one pass over a buffer for all fast patterns.
//!
//! Key types: [`Prefilter`] (the patterns of one buffer), [`Filter`] (a few bits that say where to look closer),
//! [`Seen`]. Of each pattern the four neighbouring bytes that are rarest stand for it: the pass looks every two bytes of
//! the buffer up, and where two of them and the two behind may be of one pattern, the hash of the four leads to those
//! that have it. A pattern that is added is found at once; nothing is ever built anew while packets wait. Everything is compared in lower case; the rule
//! itself decides.
use crate::limits::{FILTER_SLOTS, PATTERN_BYTES};

/// Bytes that stand for a pattern.
const WINDOW: usize = 4;
/// Slots of a small filter; of a large one.
const SMALL: usize = 1024;
const LARGE: usize = FILTER_SLOTS;
/// Patterns up to which the small one does.
const SMALL_PATTERNS: usize = 64;
/// Windows are of one of so many kinds, by their hash: both halves must be of one kind.
const KINDS: u32 = 3;
/// In a slot: a pair is the first half of a window of kind 0, 1, 2; a short pattern begins so; the second half.
const SHORT: u8 = 1 << KINDS;
const SECOND: u32 = KINDS + 1;
/// No pattern follows.
const NONE: u32 = u32::MAX;

/// One pattern and the rules that have it.
struct Pattern {
    /// in lower case; empty when no rule has it any more
    bytes: Box<[u8]>,
    /// place of the window in it
    window: u16,
    /// the window as a number; of a shorter pattern its first bytes
    key: u32,
    /// next pattern with that hash
    next: u32,
    rules: Vec<u32>,
}

/// The fast patterns of one buffer.
pub(crate) struct Prefilter {
    patterns: Vec<Pattern>,
    /// places of patterns that nobody has any more
    free: Vec<u32>,
    /// first pattern of each hash
    heads: Vec<u32>,
    /// all patterns
    filter: Filter,
}

impl Default for Prefilter {
    fn default() -> Self {
        Prefilter { patterns: Vec::new(), free: Vec::new(), heads: vec![NONE; 16], filter: Filter::default() }
    }
}

/// What pairs of bytes may be, by their hash.
#[derive(Default)]
enum Pairs {
    #[default]
    None,
    Small(Box<[u8; SMALL]>),
    Large(Box<[u8; LARGE]>),
}

/// Where to look closer.
#[derive(Default)]
pub(crate) struct Filter {
    pairs: Pairs,
    /// patterns of one byte
    singles: Vec<u8>,
    /// one has two bytes or more
    has_pairs: bool,
    /// patterns in it
    count: usize,
    /// bytes of the longest
    longest: usize,
}

/// Which patterns the search that is under way has met.
#[derive(Default)]
pub(crate) struct Seen {
    rounds: Vec<u32>,
    round: u32,
}

impl Seen {
    fn begin(&mut self, patterns: usize) {
        if self.rounds.len() < patterns {
            self.rounds.resize(patterns, self.round);
        }
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.rounds.fill(0);
            self.round = 1;
        }
    }
    fn is_met(&self, pattern: u32) -> bool {
        self.rounds.get(pattern as usize) == Some(&self.round)
    }
    fn meet(&mut self, pattern: u32) {
        if let Some(place) = self.rounds.get_mut(pattern as usize) {
            *place = self.round;
        }
    }
}

/// Spreads a window over 32 bits; the upper ones are the best.
const fn hash(key: u32) -> u32 {
    key.wrapping_mul(0x9e37_79b1)
}

/// The slot of a pair of bytes, the first one in the lower half: all of that, and the bits of the second one that tell
/// letters apart.
#[inline]
const fn slot<const SLOTS: usize>(pair: u64) -> usize {
    pair as usize % SLOTS
}

/// Notes what a pattern's key is: a whole window, or the beginning of a short pattern.
fn mark<const SLOTS: usize>(slots: &mut [u8; SLOTS], key: u32, short: bool) {
    let (first, second) = (u64::from(key & 0xffff), u64::from(key >> 16));
    if short {
        slots[slot::<SLOTS>(first)] |= SHORT;
        return;
    }
    let kind = 1u8 << (hash(key) % KINDS);
    slots[slot::<SLOTS>(first)] |= kind;
    slots[slot::<SLOTS>(second)] |= kind << SECOND;
}

/// What may be where `first` is the pair there and `second` the one behind: kinds of windows, a short pattern.
#[inline]
const fn both(first: u8, second: u8) -> u8 {
    first & (second >> SECOND | SHORT)
}

/// Calls `look` with every place that is worth it, and the key there. Four places are tested at a time.
#[inline]
fn scan<const SLOTS: usize>(slots: &[u8; SLOTS], hay: &[u8], look: &mut impl FnMut(usize, u32)) {
    let of = |word: u64| slots[slot::<SLOTS>(word)];
    let pair = |a: u8, b: u8| u64::from(u16::from_le_bytes([a, b]));
    let mut tell = |at: usize, found: u8| {
        if found & SHORT != 0 {
            look(at, key_at(hay.get(at..at + 2).unwrap_or(&[]), 0));
        }
        if found & (SHORT - 1) != 0 {
            look(at, key_at(hay, at));
        }
    };
    let mut at = 0;
    let [mut v0, mut v1] = match hay {
        [a, b, c, ..] => [of(pair(*a, *b)), of(pair(*b, *c))],
        _ => [0; 2],
    };
    while let Some(bytes) = hay.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*bytes);
        let (v2, v3, v4, v5) = (of(word >> 16), of(word >> 24), of(word >> 32), of(word >> 40));
        let found = [both(v0, v2), both(v1, v3), both(v2, v4), both(v3, v5)];
        if found[0] | found[1] | found[2] | found[3] != 0 {
            found.into_iter().enumerate().for_each(|(place, found)| tell(at + place, found));
        }
        (v0, v1) = (v4, v5);
        at += 4;
    }
    while let Some([a, b]) = hay.get(at..at + 2) {
        let second = hay.get(at + 2..at + 4).map_or(0, |behind| of(pair(behind[0], behind[1])));
        tell(at, both(of(pair(*a, *b)), second));
        at += 1;
    }
}

/// How common a byte is in traffic: text, zeros and ends of lines are everywhere.
const fn commonness(byte: u8) -> u32 {
    match byte {
        0 => 40,
        b' ' | b'e' | b't' | b'a' | b'o' | b'/' | b'.' | b'-' => 16,
        b'i' | b'n' | b's' | b'r' | b'h' | b'l' | b'd' | b'c' | b'p' | b'\r' | b'\n' | b':' | b'=' => 13,
        b'u' | b'm' | b'w' | b'f' | b'g' | b'0' | b'1' | b'2' | b'"' | b';' | b',' | 0xff => 10,
        b'a'..=b'z' | b'3'..=b'9' => 7,
        1..=0x1f | 0x21..=0x7e => 5,
        _ => 3,
    }
}

fn key_at(bytes: &[u8], at: usize) -> u32 {
    let byte = |place: usize| u32::from(bytes.get(at + place).copied().unwrap_or(0));
    byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24
}

/// Place of the rarest four neighbours.
fn rarest(bytes: &[u8]) -> usize {
    let cost = |at: &usize| {
        let window = bytes.get(*at..*at + WINDOW).unwrap_or(&[]);
        window.iter().map(|byte| commonness(*byte)).sum::<u32>()
    };
    (0..=bytes.len().saturating_sub(WINDOW)).min_by_key(cost).unwrap_or(0)
}

/// The key of a short pattern: what [`Filter`] looks at first.
fn short_key(bytes: &[u8]) -> u32 {
    key_at(bytes.get(..bytes.len().min(2)).unwrap_or(&[]), 0)
}

impl Filter {
    /// Room for so many patterns.
    fn with_room(count: usize) -> Filter {
        let pairs = match count {
            0..=SMALL_PATTERNS => Pairs::Small(Box::new([0; SMALL])),
            _ => Pairs::Large(Box::new([0; LARGE])),
        };
        Filter { pairs, ..Filter::default() }
    }
    const fn is_crowded(&self) -> bool {
        matches!(self.pairs, Pairs::Small(_)) && self.count >= SMALL_PATTERNS
    }
    fn add(&mut self, pattern: &Pattern) {
        self.count += 1;
        self.longest = self.longest.max(pattern.bytes.len());
        match pattern.bytes.len() {
            0 => {}
            1 => self.singles.extend(pattern.bytes.first().filter(|byte| !self.singles.contains(byte))),
            length => {
                self.has_pairs = true;
                match &mut self.pairs {
                    Pairs::None => {}
                    Pairs::Small(slots) => mark(slots, pattern.key, length < WINDOW),
                    Pairs::Large(slots) => mark(slots, pattern.key, length < WINDOW),
                }
            }
        }
    }
    /// Bytes before the new ones that a pattern may reach back to.
    pub(crate) const fn overlap(&self) -> usize {
        self.longest.saturating_sub(1)
    }
    /// Nothing is looked for.
    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }
    /// Calls `look` with every place of `hay` that is worth a closer look, and the key there.
    #[inline]
    fn places(&self, hay: &[u8], look: &mut impl FnMut(usize, u32)) {
        match &self.pairs {
            Pairs::Small(slots) if self.has_pairs => scan(slots, hay, look),
            Pairs::Large(slots) if self.has_pairs => scan(slots, hay, look),
            _ => {}
        }
        for single in &self.singles {
            if let Some(at) = hay.iter().rposition(|byte| byte == single) {
                look(at, u32::from(*single));
            }
        }
    }
}

impl Prefilter {
    /// Adds a pattern of a rule; it is found from now on. Gives the pattern's place, by which a filter asks for it.
    pub(crate) fn add(&mut self, pattern: &[u8], rule: u32) -> Option<u32> {
        let lower = pattern.get(..pattern.len().min(PATTERN_BYTES)).unwrap_or(pattern).to_ascii_lowercase();
        if lower.is_empty() {
            return None;
        }
        if let Some(have) = self.place_of(&lower) {
            self.patterns.get_mut(have as usize)?.rules.push(rule);
            return Some(have);
        }
        let short = lower.len() < WINDOW;
        let window = if short { 0 } else { rarest(&lower) };
        let key = if short { short_key(&lower) } else { key_at(&lower, window) };
        let bytes = lower.into_boxed_slice();
        let pattern = Pattern { bytes, window: window as u16, key, next: NONE, rules: vec![rule] };
        if matches!(self.filter.pairs, Pairs::None) || self.filter.is_crowded() {
            let mut filter = Filter::with_room(self.patterns.len() + 1);
            self.patterns.iter().filter(|one| !one.rules.is_empty()).for_each(|one| filter.add(one));
            self.filter = filter;
        }
        self.filter.add(&pattern);
        let place = match self.free.pop() {
            Some(place) => place,
            None => self.patterns.len() as u32,
        };
        match self.patterns.get_mut(place as usize) {
            Some(free) => *free = pattern,
            None => self.patterns.push(pattern),
        }
        if self.patterns.len() > self.heads.len() {
            self.heads = vec![NONE; self.heads.len() * 2];
            (0..self.patterns.len() as u32).for_each(|place| self.link(place));
        } else {
            self.link(place);
        }
        Some(place)
    }
    /// Takes a pattern away from a rule.
    pub(crate) fn remove(&mut self, pattern: &[u8], rule: u32) {
        let lower = pattern.get(..pattern.len().min(PATTERN_BYTES)).unwrap_or(pattern).to_ascii_lowercase();
        let Some(place) = self.place_of(&lower) else { return };
        let Some(pattern) = self.patterns.get_mut(place as usize) else { return };
        pattern.rules.retain(|have| *have != rule);
        if pattern.rules.is_empty() {
            self.unlink(place);
            self.free.push(place);
        }
    }
    fn head_of(&self, key: u32) -> usize {
        (hash(key) >> (32 - self.heads.len().ilog2())) as usize
    }
    fn link(&mut self, place: u32) {
        let Some(key) =
            self.patterns.get(place as usize).filter(|one| !one.bytes.is_empty()).map(|one| one.key)
        else {
            return;
        };
        let at = self.head_of(key);
        let Some(head) = self.heads.get_mut(at) else { return };
        let next = core::mem::replace(head, place);
        if let Some(pattern) = self.patterns.get_mut(place as usize) {
            pattern.next = next;
        }
    }
    fn unlink(&mut self, place: u32) {
        let Some(pattern) = self.patterns.get_mut(place as usize) else { return };
        let (key, next) = (pattern.key, core::mem::replace(&mut pattern.next, NONE));
        pattern.bytes = Box::default();
        let at = self.head_of(key);
        if self.heads.get(at) == Some(&place) {
            if let Some(head) = self.heads.get_mut(at) {
                *head = next;
            }
        } else if let Some(before) = self.patterns.iter_mut().find(|one| one.next == place) {
            before.next = next;
        }
    }
    fn place_of(&self, lower: &[u8]) -> Option<u32> {
        let key = if lower.len() < WINDOW { short_key(lower) } else { key_at(lower, rarest(lower)) };
        let mut place = *self.heads.get(self.head_of(key))?;
        while let Some(pattern) = self.patterns.get(place as usize) {
            if *pattern.bytes == *lower {
                return Some(place);
            }
            place = pattern.next;
        }
        None
    }
    /// A filter that looks only for the patterns at those places.
    pub(crate) fn filter_for(&self, mut places: Vec<u32>) -> Filter {
        places.sort_unstable();
        places.dedup();
        if places.is_empty() {
            return Filter::default();
        }
        let mut filter = Filter::with_room(places.len());
        places.iter().filter_map(|place| self.patterns.get(*place as usize)).for_each(|one| filter.add(one));
        filter
    }
    /// Looks for all patterns.
    pub(crate) const fn all(&self) -> &Filter {
        &self.filter
    }
    /// Tells the rules whose pattern ends behind `from` in `hay`, which is in lower case, once per pattern.
    pub(crate) fn search(
        &self,
        filter: &Filter,
        (hay, from): (&[u8], usize),
        seen: &mut Seen,
        tell: &mut impl FnMut(u32),
    ) {
        let start = from.saturating_sub(filter.overlap());
        let Some(part) = hay.get(start..).filter(|part| !part.is_empty() && !filter.is_empty()) else {
            return;
        };
        seen.begin(self.patterns.len());
        filter.places(part, &mut |at, key| {
            let mut place = self.heads.get(self.head_of(key)).copied().unwrap_or(NONE);
            while let Some(pattern) = self.patterns.get(place as usize) {
                let here = core::mem::replace(&mut place, pattern.next);
                if pattern.key != key || seen.is_met(here) {
                    continue;
                }
                let Some(begin) = (start + at).checked_sub(usize::from(pattern.window)) else { continue };
                let end = begin + pattern.bytes.len();
                if end > from && hay.get(begin..end) == Some(&*pattern.bytes) {
                    seen.meet(here);
                    pattern.rules.iter().for_each(|rule| tell(*rule));
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(prefilter: &Prefilter, hay: &str, from: usize, expect: &[u32]) {
        let (mut found, mut seen) = (Vec::new(), Seen::default());
        let all = (0..prefilter.patterns.len() as u32).rev().collect();
        for filter in [prefilter.all(), &prefilter.filter_for(all)] {
            found.clear();
            prefilter.search(filter, (hay.as_bytes(), from), &mut seen, &mut |rule| found.push(rule));
            found.sort_unstable();
            assert_eq!(found, expect, "{hay} from {from}");
        }
    }

    #[test]
    fn patterns_of_every_length_are_found() {
        let mut prefilter = Prefilter::default();
        check(&prefilter, "abc", 0, &[]);
        for (rule, pattern) in ["ABC", "bc", "xabcx", "!", "/bot.sh", "bc"].iter().enumerate() {
            prefilter.add(pattern.as_bytes(), rule as u32);
        }
        check(&prefilter, "xabcx", 0, &[0, 1, 2, 5]);
        check(&prefilter, "xabcx", 3, &[0, 1, 2, 5]);
        check(&prefilter, "xabcx", 4, &[2]);
        check(&prefilter, "xabcx", 5, &[]);
        check(&prefilter, "get /bot.sh!", 0, &[3, 4]);
        check(&prefilter, "!", 0, &[3]);
        prefilter.remove(b"BC", 1);
        prefilter.remove(b"/bot.sh", 4);
        check(&prefilter, "get /bot.sh abc", 0, &[0, 5]);
        prefilter.add(b"/bot", 7);
        check(&prefilter, "get /bot.sh abc", 0, &[0, 5, 7]);
    }

    #[test]
    fn many_patterns_come_and_go() {
        let mut prefilter = Prefilter::default();
        let pattern = |rule: u32| format!("live{rule:05}");
        (0..5000).for_each(|rule| assert_eq!(prefilter.add(pattern(rule).as_bytes(), rule), Some(rule)));
        check(&prefilter, "xlive00000live04999live05000", 0, &[0, 4999]);
        (0..4999).for_each(|rule| prefilter.remove(pattern(rule).as_bytes(), rule));
        check(&prefilter, "xlive00000live04999live05000", 0, &[4999]);
        let place = prefilter.add(pattern(7).as_bytes(), 9);
        check(&prefilter, "live00007", 0, &[9]);
        assert!(place.is_some_and(|place| place < 4999), "a place is used again");
        assert_eq!(prefilter.patterns.len(), 5000);
    }
}
