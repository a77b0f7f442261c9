//! Finds the rules worth a look: one search for all fast patterns of a buffer.
//!
//! Key types: [`Prefilter`], [`AddressTable`]. Rules of files are in one Aho-Corasick automaton (daachorse); rules
//! that come at run time are searched one by one until there are enough for a second, small one. So adding a
//! rule never rebuilds the big automaton. Everything is compared in lower case; the rule itself decides.
use crate::{
    address::{AddressSet, Range, number},
    limits::PLAIN_PATTERNS,
    step::find,
};
use core::net::IpAddr;
use daachorse::DoubleArrayAhoCorasick;
use std::collections::HashMap;

struct Automaton {
    machine: DoubleArrayAhoCorasick<u32>,
    /// rules by pattern
    rules: Vec<Vec<u32>>,
}

impl Automaton {
    fn build(patterns: &[(Vec<u8>, u32)]) -> Option<Automaton> {
        let mut unique: HashMap<&[u8], Vec<u32>> = HashMap::new();
        for (pattern, rule) in patterns {
            unique.entry(pattern).or_default().push(*rule);
        }
        let mut sorted: Vec<(&[u8], Vec<u32>)> = unique.into_iter().collect();
        sorted.sort_unstable();
        let machine = DoubleArrayAhoCorasick::new(sorted.iter().map(|(pattern, _)| *pattern)).ok()?;
        Some(Automaton { machine, rules: sorted.into_iter().map(|(_, rules)| rules).collect() })
    }
}

/// The fast patterns of one buffer.
#[derive(Default)]
pub(crate) struct Prefilter {
    base: Option<Automaton>,
    live: Option<Automaton>,
    live_patterns: Vec<(Vec<u8>, u32)>,
    plain: Vec<(Vec<u8>, u32)>,
    longest: usize,
}

impl Prefilter {
    /// Adds a pattern; it is found from now on.
    pub(crate) fn add(&mut self, pattern: &[u8], rule: u32) {
        self.longest = self.longest.max(pattern.len());
        self.plain.push((pattern.to_ascii_lowercase(), rule));
    }
    /// After a file was loaded: everything so far goes into the big automaton.
    pub(crate) fn settle(&mut self, alive: &dyn Fn(u32) -> bool) {
        let mut all = core::mem::take(&mut self.plain);
        all.append(&mut self.live_patterns);
        self.live = None;
        if all.is_empty() {
            return;
        }
        if let Some(base) = self.base.take() {
            // Patterns of an earlier file are read back out of its automaton's list.
            all.extend(base.patterns());
        }
        all.retain(|(_, rule)| alive(*rule));
        self.base = Automaton::build(&all);
        if self.base.is_none() {
            self.plain = all;
        }
    }
    /// After a live change: many plain patterns become a small automaton.
    pub(crate) fn settle_live(&mut self, alive: &dyn Fn(u32) -> bool) {
        if self.plain.len() <= PLAIN_PATTERNS.max(self.live_patterns.len() / 8) {
            return;
        }
        self.live_patterns.append(&mut self.plain);
        self.live_patterns.retain(|(_, rule)| alive(*rule));
        self.live = Automaton::build(&self.live_patterns);
        if self.live.is_none() {
            self.plain = core::mem::take(&mut self.live_patterns);
        }
    }
    /// Bytes before the new ones that a pattern may reach back to.
    pub(crate) const fn overlap(&self) -> usize {
        self.longest.saturating_sub(1)
    }
    pub(crate) const fn is_empty(&self) -> bool {
        self.longest == 0
    }
    /// Rules whose pattern ends behind `from` in `hay`, which is in lower case.
    pub(crate) fn search(&self, hay: &[u8], from: usize, found: &mut Vec<u32>) {
        let start = from.saturating_sub(self.overlap());
        let Some(part) = hay.get(start..).filter(|part| !part.is_empty()) else { return };
        for automaton in [&self.base, &self.live].into_iter().flatten() {
            for hit in automaton.machine.find_overlapping_iter(part) {
                if start + hit.end() > from {
                    found.extend(automaton.rules.get(hit.value() as usize).into_iter().flatten());
                }
            }
        }
        for (pattern, rule) in &self.plain {
            let reach = from.saturating_sub(pattern.len().saturating_sub(1));
            if hay.get(reach..).is_some_and(|part| find(part, pattern, false).is_some()) {
                found.push(*rule);
            }
        }
    }
}

impl Automaton {
    fn patterns(self) -> impl Iterator<Item = (Vec<u8>, u32)> {
        let mut texts: Vec<(u32, Vec<u8>)> = self.machine.iter().map(|(text, value)| (value, text)).collect();
        texts.sort_unstable();
        let lists = self.rules;
        texts.into_iter().flat_map(move |(value, text)| {
            let rules = lists.get(value as usize).cloned().unwrap_or_default();
            rules.into_iter().map(move |rule| (text.clone(), rule))
        })
    }
}

/// Rules by prefix of one length.
type Prefixes = HashMap<u128, Vec<u32>>;

/// Rules that addresses alone decide, by prefix.
#[derive(Default)]
pub(crate) struct AddressTable {
    /// `[source, destination]`: by family and prefix length, then by prefix
    sides: [HashMap<(bool, u8), Prefixes>; 2],
    /// ranges that are no prefix
    ranges: [Vec<(Range, u32)>; 2],
    /// rules without a list on either side
    everyone: Vec<u32>,
    /// changes, so that flows know when to ask again; never 0
    pub(crate) version: u32,
}

impl AddressTable {
    fn side_of<'a>(source: &'a AddressSet, destination: &'a AddressSet) -> Option<(usize, &'a [Range])> {
        match (source.plain_ranges(), destination.plain_ranges()) {
            (Some(ranges), Some(other)) if ranges.len() <= other.len() => Some((0, ranges)),
            (_, Some(ranges)) => Some((1, ranges)),
            (Some(ranges), None) => Some((0, ranges)),
            (None, None) => None,
        }
    }
    pub(crate) fn add(&mut self, source: &AddressSet, destination: &AddressSet, rule: u32) {
        self.version = self.version.wrapping_add(1).max(1);
        let Some((side, ranges)) = Self::side_of(source, destination) else {
            self.everyone.push(rule);
            return;
        };
        for range in ranges {
            match range.as_prefix() {
                Some((v6, prefix, length)) => {
                    self.sides[side].entry((v6, length)).or_default().entry(prefix).or_default().push(rule);
                }
                None => self.ranges[side].push((*range, rule)),
            }
        }
    }
    pub(crate) fn remove(&mut self, source: &AddressSet, destination: &AddressSet, rule: u32) {
        let Some((side, ranges)) = Self::side_of(source, destination) else {
            self.everyone.retain(|have| *have != rule);
            return;
        };
        for range in ranges {
            if let Some((v6, prefix, length)) = range.as_prefix()
                && let Some(prefixes) = self.sides[side].get_mut(&(v6, length))
            {
                if let Some(list) = prefixes.get_mut(&prefix) {
                    list.retain(|have| *have != rule);
                    if list.is_empty() {
                        prefixes.remove(&prefix);
                    }
                }
                if prefixes.is_empty() {
                    self.sides[side].remove(&(v6, length));
                }
            }
        }
        self.ranges[side].retain(|(_, have)| *have != rule);
    }
    /// Rules whose listed side has the packet's address.
    pub(crate) fn search(&self, source: IpAddr, destination: IpAddr, found: &mut Vec<u32>) {
        found.extend_from_slice(&self.everyone);
        for (side, ip) in [source, destination].into_iter().enumerate() {
            let (v6, value) = number(ip);
            let width: u32 = if v6 { 128 } else { 32 };
            for ((_, length), prefixes) in self.sides[side].iter().filter(|((family, _), _)| *family == v6) {
                let free = width - u32::from(*length);
                let mask = u128::MAX.checked_shl(free).unwrap_or(0);
                found.extend(prefixes.get(&(value & mask)).into_iter().flatten());
            }
            // The rule's own header check decides for ranges.
            found.extend(self.ranges[side].iter().map(|(_, rule)| *rule));
        }
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.everyone.is_empty()
            && self.sides.iter().all(HashMap::is_empty)
            && self.ranges.iter().all(Vec::is_empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(prefilter: &Prefilter, hay: &str, from: usize, expect: &[u32]) {
        let mut found = Vec::new();
        prefilter.search(hay.as_bytes(), from, &mut found);
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, expect, "{hay} from {from}");
    }

    #[test]
    fn patterns_are_found_before_and_after_settling() {
        let mut prefilter = Prefilter::default();
        prefilter.add(b"ABC", 1);
        prefilter.add(b"bc", 2);
        check(&prefilter, "xabcx", 0, &[1, 2]);
        prefilter.settle(&|_| true);
        check(&prefilter, "xabcx", 0, &[1, 2]);
        check(&prefilter, "xabcx", 4, &[]);
        check(&prefilter, "xabcx", 3, &[1, 2]);
        for rule in 3..100 {
            prefilter.add(format!("live{rule:03}").as_bytes(), rule);
            prefilter.settle_live(&|_| true);
        }
        check(&prefilter, "abc live050 live099", 0, &[1, 2, 50, 99]);
        prefilter.settle(&|rule| rule != 50);
        check(&prefilter, "abc live050 live099", 0, &[1, 2, 99]);
    }
}
