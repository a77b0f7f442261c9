//! Finds the rules worth a look: one pass over a buffer for all fast patterns.
//!
//! Key types: [`Prefilter`] (the patterns of one buffer), [`Filter`] (a few bits that say where to look closer),
//! [`Seen`]. The pass looks at every second place of the buffer. Of each pattern four neighbouring bytes stand for it, the
//! rarest ones, and once more those one byte further on: one of the two begins at such a place, wherever the pattern is. The
//! two bytes at each place are looked up, and where they and the two behind may be of one pattern, the hash of the four
//! leads to those that have it. A pattern that is added is found at once; nothing is ever built anew while packets wait.
//! Everything is compared in lower case; the rule itself decides.
use crate::limits::{FILTER_SLOTS, PATTERN_BYTES};

/// Bytes that stand for a pattern at one of its places.
const WINDOW: usize = 4;
/// Slots of a small filter; of a large one.
const SMALL: usize = 1024;
const LARGE: usize = FILTER_SLOTS;
/// Patterns up to which the small one does.
const SMALL_PATTERNS: usize = 64;
/// Windows are of one of so many kinds, by their hash: both halves must be of one kind.
const KINDS: u32 = 5;
/// In a slot: a pair is the first half of a window of these kinds, a pattern of two, two bytes that stand for one of three, or
/// those in the middle of one of four; above that, the second half of a window of these kinds. Whatever follows the others
/// fits.
const WINDOWS: u16 = (1 << KINDS) - 1;
const TWO: u16 = 1 << KINDS;
const SHORT: u16 = TWO << 1;
const MIDDLE: u16 = SHORT << 1;
const SECOND: u32 = KINDS + 3;
const UNUSED: u16 = !WINDOWS << SECOND;
/// No pattern follows.
const NONE: u32 = u32::MAX;

/// Bytes of a pattern that stand for it where they begin at an even place.
#[derive(Clone, Copy)]
struct Anchor {
    /// the bytes as a number
    key: u32,
    /// where in the pattern they are
    place: u16,
    /// two, or four; none
    length: u8,
    /// next anchor with that hash
    next: u32,
}

impl Anchor {
    const NONE: Anchor = Anchor { key: 0, place: 0, length: 0, next: NONE };

    fn new(bytes: &[u8], place: usize, length: usize) -> Anchor {
        let there = bytes.get(place..place + length).unwrap_or(&[]);
        Anchor { key: key_at(there, 0), place: place as u16, length: length as u8, next: NONE }
    }
}

/// Where a pattern is looked for: one of the places begins at an even one. Patterns of two bytes are looked for at odd
/// places as well; the middle of one of four leads to the whole of it.
fn anchors(bytes: &[u8]) -> [Anchor; 2] {
    match bytes.len() {
        0 => [Anchor::NONE; 2],
        1 => [Anchor::new(bytes, 0, 1), Anchor::NONE],
        2 => [Anchor::new(bytes, 0, 2), Anchor::NONE],
        3 => [Anchor::new(bytes, 0, 2), Anchor::new(bytes, 1, 2)],
        WINDOW => [Anchor::new(bytes, 0, WINDOW), Anchor::NONE],
        _ => {
            let place = rarest(bytes);
            [Anchor::new(bytes, place, WINDOW), Anchor::new(bytes, place + 1, WINDOW)]
        }
    }
}

/// One pattern and the rules that have it.
struct Pattern {
    /// in lower case; empty when no rule has it any more
    bytes: Box<[u8]>,
    anchors: [Anchor; 2],
    rules: Vec<u32>,
}

/// The fast patterns of one buffer.
pub(crate) struct Prefilter {
    patterns: Vec<Pattern>,
    /// places of patterns that nobody has any more
    free: Vec<u32>,
    /// first anchor of each hash: twice the pattern's place, and which of its two
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
    Small(Box<[u16; SMALL]>),
    Large(Box<[u16; LARGE]>),
}

/// Where to look closer.
#[derive(Default)]
pub(crate) struct Filter {
    pairs: Pairs,
    /// patterns of one byte
    singles: Vec<u8>,
    /// one has two bytes or more
    has_pairs: bool,
    /// one has just two
    has_twos: bool,
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

/// Notes what the pairs of a pattern's anchor are.
fn mark<const SLOTS: usize>(slots: &mut [u16; SLOTS], pattern: &Pattern, anchor: &Anchor) {
    let (first, second) = (u64::from(anchor.key & 0xffff), u64::from(anchor.key >> 16));
    match pattern.bytes.len() {
        2 => slots[slot::<SLOTS>(first)] |= TWO,
        3 => slots[slot::<SLOTS>(first)] |= SHORT,
        length => {
            let kind = 1u16 << (hash(anchor.key) % KINDS);
            slots[slot::<SLOTS>(first)] |= kind;
            slots[slot::<SLOTS>(second)] |= kind << SECOND;
            if length == WINDOW {
                slots[slot::<SLOTS>(u64::from(anchor.key >> 8 & 0xffff))] |= MIDDLE;
            }
        }
    }
}

/// What may be where `first` is the pair there and `second` the one behind: kinds of windows, a short pattern.
#[inline]
const fn both(first: u16, second: u16) -> u16 {
    first & (second >> SECOND)
}

/// Calls `look` with every second place that is worth it, and the key there; at the others with patterns of two bytes if
/// there are any (`TWOS`). Four places are tested at a time.
#[inline]
fn scan<const SLOTS: usize, const TWOS: bool>(
    slots: &[u16; SLOTS],
    hay: &[u8],
    look: &mut impl FnMut(usize, u32),
) {
    let of = |word: u64| slots[slot::<SLOTS>(word)];
    let mut tell = |at: usize, found: u16| {
        if found & (TWO | SHORT) != 0 {
            look(at, key_at(hay.get(at..at + 2).unwrap_or(&[]), 0));
        }
        if found & WINDOWS != 0 {
            look(at, key_at(hay, at));
        }
        if found & MIDDLE != 0
            && let Some(at) = at.checked_sub(1)
        {
            look(at, key_at(hay, at));
        }
    };
    // What the pair before the place is, and the byte before; nothing before the first one.
    let (mut before, mut last, mut at) = (0, 0, 0);
    let (words, rest) = hay.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        let (v0, v1, v2, v3) = (of(word), of(word >> 16), of(word >> 32), of(word >> 48));
        let found = [both(before, v0), both(v0, v1), both(v1, v2), both(v2, v3)];
        if found[0] | found[1] | found[2] | found[3] != 0 {
            let places = (at..).step_by(2).zip(found).filter(|(_, found)| *found != 0);
            // The first of them is the place before this word.
            places.for_each(|(behind, found)| tell(behind - 2, found));
        }
        before = v3;
        if TWOS {
            let odd = [of(last | word << 8), of(word >> 8), of(word >> 24), of(word >> 40)];
            if (odd[0] | odd[1] | odd[2] | odd[3]) & TWO != 0 {
                let places = (at..).step_by(2).zip(odd).filter(|(behind, odd)| *behind > 0 && odd & TWO != 0);
                places.for_each(|(behind, _)| tell(behind - 1, TWO));
            }
            last = word >> 56;
        }
        at += 8;
    }
    for pair in rest.as_chunks::<2>().0 {
        let value = of(u64::from(u16::from_le_bytes(*pair)));
        if both(before, value) != 0 {
            tell(at - 2, both(before, value));
        }
        before = value;
        at += 2;
    }
    if before & (TWO | SHORT | MIDDLE) != 0 {
        tell(at - 2, before & (TWO | SHORT | MIDDLE));
    }
    if TWOS {
        let begin = (hay.len() - rest.len()).saturating_sub(1) | 1;
        (begin..hay.len().saturating_sub(1)).step_by(2).for_each(|at| tell(at, TWO));
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

/// Place of the rarest neighbours: a window, and the one a byte further on.
fn rarest(bytes: &[u8]) -> usize {
    let cost = |at: &usize| {
        let window = bytes.get(*at..*at + WINDOW + 1).unwrap_or(&[]);
        window.iter().map(|byte| commonness(*byte)).sum::<u32>()
    };
    (0..bytes.len().saturating_sub(WINDOW)).min_by_key(cost).unwrap_or(0)
}

impl Filter {
    /// Room for so many patterns.
    fn with_room(count: usize) -> Filter {
        let pairs = match count {
            0..=SMALL_PATTERNS => Pairs::Small(Box::new([UNUSED; SMALL])),
            _ => Pairs::Large(Box::new([UNUSED; LARGE])),
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
                self.has_twos |= length == 2;
                for anchor in pattern.anchors.iter().filter(|anchor| anchor.length > 0) {
                    match &mut self.pairs {
                        Pairs::None => {}
                        Pairs::Small(slots) => mark(slots, pattern, anchor),
                        Pairs::Large(slots) => mark(slots, pattern, anchor),
                    }
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
        match (&self.pairs, self.has_twos) {
            (Pairs::Small(slots), true) => scan::<SMALL, true>(slots, hay, look),
            (Pairs::Small(slots), false) if self.has_pairs => scan::<SMALL, false>(slots, hay, look),
            (Pairs::Large(slots), true) => scan::<LARGE, true>(slots, hay, look),
            (Pairs::Large(slots), false) if self.has_pairs => scan::<LARGE, false>(slots, hay, look),
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
        let bytes = lower.into_boxed_slice();
        let pattern = Pattern { anchors: anchors(&bytes), bytes, rules: vec![rule] };
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
        if 2 * self.patterns.len() > self.heads.len() {
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
        for which in [2 * place, 2 * place + 1] {
            let Some(key) = self.anchor(which).filter(|anchor| anchor.length > 0).map(|anchor| anchor.key)
            else {
                continue;
            };
            let at = self.head_of(key);
            let Some(head) = self.heads.get_mut(at) else { continue };
            let next = core::mem::replace(head, which);
            if let Some(anchor) = self.anchor_mut(which) {
                anchor.next = next;
            }
        }
    }
    fn unlink(&mut self, place: u32) {
        for which in [2 * place, 2 * place + 1] {
            let Some(Anchor { key, length: 1.., next, .. }) = self.anchor(which).copied() else { continue };
            let at = self.head_of(key);
            let mut have = self.heads.get(at).copied().unwrap_or(NONE);
            if have == which {
                self.heads[at] = next;
                continue;
            }
            while let Some(anchor) = self.anchor_mut(have) {
                have = anchor.next;
                if have == which {
                    anchor.next = next;
                }
            }
        }
        if let Some(pattern) = self.patterns.get_mut(place as usize) {
            (pattern.bytes, pattern.anchors) = (Box::default(), [Anchor::NONE; 2]);
        }
    }
    fn anchor(&self, which: u32) -> Option<&Anchor> {
        self.patterns.get(which as usize / 2)?.anchors.get(which as usize % 2)
    }
    fn anchor_mut(&mut self, which: u32) -> Option<&mut Anchor> {
        self.patterns.get_mut(which as usize / 2)?.anchors.get_mut(which as usize % 2)
    }
    fn place_of(&self, lower: &[u8]) -> Option<u32> {
        let [first, _] = anchors(lower);
        let mut which = *self.heads.get(self.head_of(first.key))?;
        while let Some(anchor) = self.anchor(which) {
            if self.patterns.get(which as usize / 2).is_some_and(|pattern| *pattern.bytes == *lower) {
                return Some(which / 2);
            }
            which = anchor.next;
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
    /// Tells the rules whose pattern ends behind `from` in `hay`, which is in lower case, and whether it begins there as
    /// well: once per pattern that does, perhaps again where it begins before.
    pub(crate) fn search(
        &self,
        filter: &Filter,
        (hay, from): (&[u8], usize),
        seen: &mut Seen,
        tell: &mut impl FnMut(u32, bool),
    ) {
        let start = from.saturating_sub(filter.overlap());
        let Some(part) = hay.get(start..).filter(|part| !part.is_empty() && !filter.is_empty()) else {
            return;
        };
        seen.begin(self.patterns.len());
        filter.places(part, &mut |at, key| {
            let mut which = self.heads.get(self.head_of(key)).copied().unwrap_or(NONE);
            while let Some(pattern) = self.patterns.get(which as usize / 2) {
                let Some(anchor) = pattern.anchors.get(which as usize % 2) else { break };
                let here = core::mem::replace(&mut which, anchor.next) / 2;
                if anchor.key != key || seen.is_met(here) {
                    continue;
                }
                let Some(begin) = (start + at).checked_sub(usize::from(anchor.place)) else { continue };
                let end = begin + pattern.bytes.len();
                if end > from && hay.get(begin..end) == Some(&*pattern.bytes) {
                    let whole = begin >= from;
                    if whole {
                        seen.meet(here);
                    }
                    pattern.rules.iter().for_each(|rule| tell(*rule, whole));
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
            prefilter.search(filter, (hay.as_bytes(), from), &mut seen, &mut |rule, _| found.push(rule));
            found.sort_unstable();
            found.dedup();
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
    fn what_is_found_is_what_a_plain_search_finds() {
        let mut state = 7u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for round in 0..300 {
            let letters = 2 + round % 3;
            let text = |random: &mut dyn FnMut(u64) -> u64, longest: u64| -> Vec<u8> {
                (0..=random(longest)).map(|_| b'a' + random(letters) as u8).collect()
            };
            let patterns: Vec<Vec<u8>> = (0..=random(90)).map(|_| text(&mut random, 9)).collect();
            let hay = text(&mut random, 60);
            let from = random(hay.len() as u64) as usize;
            let mut prefilter = Prefilter::default();
            for (rule, pattern) in patterns.iter().enumerate() {
                prefilter.add(pattern, rule as u32);
            }
            let gone: Vec<usize> = (0..patterns.len()).filter(|_| random(3) == 0).collect();
            gone.iter().for_each(|rule| prefilter.remove(&patterns[*rule], *rule as u32));
            let there = |pattern: &[u8]| {
                let mut places = hay.windows(pattern.len()).enumerate();
                places.any(|(at, have)| have == pattern && at + pattern.len() > from)
            };
            let expect: Vec<u32> = (0..patterns.len())
                .filter(|rule| !gone.contains(rule) && there(&patterns[*rule]))
                .map(|rule| rule as u32)
                .collect();
            check(&prefilter, core::str::from_utf8(&hay).unwrap(), from, &expect);
        }
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
