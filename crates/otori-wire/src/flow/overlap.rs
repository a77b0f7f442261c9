//! Who wins where segments or fragments overlap: it depends on the system that receives them.
//!
//! Key types: [`Policy`], [`Window`]. After J. Novak, "Target-Based Fragmentation Reassembly" and J. Novak and
//! S. Sturges, "Target-Based TCP Stream Reassembly" (2005, 2007); names as in Suricata's `host-os-policy`.

/// What a receiver does with a byte that comes twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Policy {
    /// the first copy stays
    First,
    /// the last copy replaces it
    Last,
    /// a copy that starts earlier wins
    #[default]
    Bsd,
    /// a copy that starts at the same place or later wins
    BsdRight,
    /// a copy that starts earlier wins, or one from the same place that is longer
    Linux,
    /// a copy that starts at the same place or earlier wins
    OldLinux,
    /// a copy wins that starts earlier and ends later
    Windows,
    /// a copy wins that starts earlier and ends no earlier
    Solaris,
}

/// Suricata's names; sorted.
const NAMES: &[(&str, Policy)] = &[
    ("bsd", Policy::Bsd),
    ("bsd-right", Policy::BsdRight),
    ("first", Policy::First),
    ("hpux10", Policy::Solaris),
    ("hpux11", Policy::First),
    ("irix", Policy::Bsd),
    ("last", Policy::Last),
    ("linux", Policy::Linux),
    ("macos", Policy::First),
    ("old-linux", Policy::OldLinux),
    ("old-solaris", Policy::Solaris),
    ("solaris", Policy::Solaris),
    ("vista", Policy::First),
    ("windows", Policy::Windows),
    ("windows2k3", Policy::Windows),
];

impl Policy {
    /// The policy of that name.
    pub fn by_name(name: &str) -> Option<Policy> {
        let place = NAMES.binary_search_by(|(have, _)| have.cmp(&name)).ok()?;
        NAMES.get(place).map(|(_, policy)| *policy)
    }
    /// Whether a later copy at `new` wins over one at `old`; both from, to.
    const fn replaces(self, old: (u64, u64), new: (u64, u64)) -> bool {
        match self {
            Policy::First => false,
            Policy::Last => true,
            Policy::Bsd => new.0 < old.0,
            Policy::BsdRight => new.0 >= old.0,
            Policy::Linux => new.0 < old.0 || (new.0 == old.0 && new.1 > old.1),
            Policy::OldLinux => new.0 <= old.0,
            Policy::Windows => new.0 < old.0 && new.1 > old.1,
            Policy::Solaris => new.0 < old.0 && new.1 >= old.1,
        }
    }
}

/// Some bytes that are there, and the segment that brought them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    from: u64,
    to: u64,
    segment: (u64, u64),
}

/// Bytes of a stream that wait, from a base on, with holes. Memory is kept for the next ones.
#[derive(Debug, Default)]
pub(crate) struct Window {
    base: u64,
    bytes: Vec<u8>,
    /// sorted, not overlapping, not empty
    held: Vec<Held>,
}

impl Window {
    /// Offset of the first byte.
    pub(crate) const fn base(&self) -> u64 {
        self.base
    }
    /// Bytes of memory in use, holes included.
    pub(crate) const fn size(&self) -> usize {
        self.bytes.len()
    }
    /// Pieces that are there.
    pub(crate) const fn pieces(&self) -> usize {
        self.held.len()
    }
    /// Nothing waits.
    pub(crate) const fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
    /// Offset of the first byte that is there.
    pub(crate) fn first(&self) -> Option<u64> {
        self.held.first().map(|held| held.from)
    }
    /// Offset behind the bytes that follow the base without a hole.
    pub(crate) fn contiguous(&self) -> u64 {
        let mut end = self.base;
        for held in &self.held {
            if held.from != end {
                break;
            }
            end = held.to;
        }
        end
    }
    /// The bytes from the base up to `to`, which must not lie behind [`Window::contiguous`].
    pub(crate) fn front(&self, to: u64) -> &[u8] {
        let count = usize::try_from(to.saturating_sub(self.base)).unwrap_or(usize::MAX);
        self.bytes.get(..count).unwrap_or(&self.bytes)
    }
    /// Forgets everything before `to`.
    pub(crate) fn pass(&mut self, to: u64) {
        let count = usize::try_from(to.saturating_sub(self.base)).unwrap_or(usize::MAX);
        if count >= self.bytes.len() {
            self.bytes.clear();
        } else {
            self.bytes.drain(..count);
        }
        self.base = self.base.max(to);
        let gone = self.held.iter().take_while(|held| held.to <= to).count();
        self.held.drain(..gone);
        if let Some(first) = self.held.first_mut() {
            first.from = first.from.max(to);
        }
    }
    /// Some of `from..to` is there already.
    pub(crate) fn overlaps(&self, from: u64, to: u64) -> bool {
        self.held.iter().any(|held| held.from < to && from < held.to)
    }
    /// Takes a segment that starts at `start`; what lies before the base is left out. True when it differs from
    /// bytes that were there.
    pub(crate) fn insert(&mut self, start: u64, payload: &[u8], policy: Policy) -> bool {
        let segment = (start, start + payload.len() as u64);
        let from = start.max(self.base);
        if from >= segment.1 {
            return false;
        }
        let needed = usize::try_from(segment.1 - self.base).unwrap_or(usize::MAX);
        if self.bytes.len() < needed {
            self.bytes.resize(needed, 0);
        }
        // The usual case: behind everything that is there.
        if self.held.last().is_none_or(|last| last.to <= from) {
            self.write(from, segment.1, start, payload);
            self.held.push(Held { from, to: segment.1, segment });
            return false;
        }
        let mut differs = false;
        let mut at = from;
        let mut place = self.held.partition_point(|held| held.to <= from);
        while at < segment.1 {
            match self.held.get(place).copied().filter(|held| held.from < segment.1) {
                Some(held) if held.from <= at => {
                    let to = held.to.min(segment.1);
                    differs |= self.differ(at, to, start, payload);
                    if policy.replaces(held.segment, segment) {
                        self.write(at, to, start, payload);
                        place = self.give(place, at, to, segment);
                    } else {
                        place += 1;
                    }
                    at = to;
                }
                next => {
                    let to = next.map_or(segment.1, |held| held.from);
                    self.write(at, to, start, payload);
                    self.held.insert(place, Held { from: at, to, segment });
                    place += 1;
                    at = to;
                }
            }
        }
        differs
    }
    /// `from..to` of the piece at `place` belongs to another segment now. Gives the place behind it.
    fn give(&mut self, place: usize, from: u64, to: u64, segment: (u64, u64)) -> usize {
        let Some(old) = self.held.get(place).copied() else { return place };
        let parts = [
            Held { from: old.from, to: from, segment: old.segment },
            Held { from, to, segment },
            Held { from: to, to: old.to, segment: old.segment },
        ];
        let before = usize::from(old.from < from);
        self.held.splice(place..=place, parts.into_iter().filter(|part| part.from < part.to));
        place + before + 1
    }
    fn range(&self, from: u64, to: u64) -> core::ops::Range<usize> {
        (from - self.base) as usize..(to - self.base) as usize
    }
    fn write(&mut self, from: u64, to: u64, start: u64, payload: &[u8]) {
        let range = self.range(from, to);
        let source = payload.get((from - start) as usize..(to - start) as usize);
        if let (Some(target), Some(source)) = (self.bytes.get_mut(range), source) {
            target.copy_from_slice(source);
        }
    }
    fn differ(&self, from: u64, to: u64, start: u64, payload: &[u8]) -> bool {
        self.bytes.get(self.range(from, to)) != payload.get((from - start) as usize..(to - start) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(policy: Policy, segments: &[(u64, &str)], expect: &str) {
        let mut window = Window::default();
        for (start, text) in segments {
            window.insert(*start, text.as_bytes(), policy);
        }
        let end = window.contiguous();
        assert_eq!(String::from_utf8_lossy(window.front(end)), expect, "{policy:?} {segments:?}");
    }

    #[test]
    fn names_are_sorted() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(Policy::by_name("old-linux"), Some(Policy::OldLinux));
    }

    #[test]
    fn the_policy_decides_about_bytes_that_come_twice() {
        let same: &[(u64, &str)] = &[(0, "good"), (0, "evil")];
        for (policy, expect) in [
            (Policy::First, "good"),
            (Policy::Last, "evil"),
            (Policy::Bsd, "good"),
            (Policy::BsdRight, "evil"),
            (Policy::Linux, "good"),
            (Policy::OldLinux, "evil"),
            (Policy::Windows, "good"),
        ] {
            check(policy, same, expect);
        }
        let earlier: &[(u64, &str)] = &[(2, "cd"), (0, "ABCDE")];
        check(Policy::Bsd, earlier, "ABCDE");
        check(Policy::Windows, earlier, "ABCDE");
        check(Policy::First, earlier, "ABcdE");
        check(Policy::Bsd, &[(0, "ab"), (1, "BC")], "abC");
        check(Policy::Bsd, &[(4, "ef"), (2, "cd"), (0, "ab")], "abcdef");
        check(Policy::First, &[(1, "b"), (3, "d"), (0, "AXCYE")], "AbCdE");
        check(Policy::Last, &[(0, "abcdef"), (2, "CD")], "abCDef");
        check(Policy::Bsd, &[(0, "ab"), (3, "d")], "ab");
    }

    #[test]
    fn what_has_passed_is_gone() {
        let mut window = Window::default();
        window.insert(0, b"abcd", Policy::Bsd);
        window.pass(2);
        assert_eq!((window.base(), window.front(4), window.size()), (2, &b"cd"[..], 2));
        assert!(window.insert(0, b"wxyz", Policy::Last));
        assert_eq!(window.front(4), b"yz");
        window.pass(9);
        assert!(window.is_empty() && window.size() == 0 && window.base() == 9);
    }
}
