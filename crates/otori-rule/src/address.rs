//! Address sets of rule headers: groups, negation, variables, prefixes, ranges.
//!
//! Key type: [`AddressSet`]. Neighbour: [`crate::port`]. Syntax as Suricata's manual, "Source and destination".
use crate::{group::Words, parse::Variables};
use core::net::IpAddr;

/// An inclusive range of addresses of one family, as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    pub(crate) v6: bool,
    pub(crate) low: u128,
    pub(crate) high: u128,
}

/// Every address.
const EVERYTHING: [Range; 2] =
    [Range { v6: false, low: 0, high: u32::MAX as u128 }, Range { v6: true, low: 0, high: u128::MAX }];

/// Addresses that are in some range and in no excluded one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AddressSet {
    /// empty: every address
    include: Vec<Range>,
    exclude: Vec<Range>,
}

/// An address as family and number.
pub fn number(ip: IpAddr) -> (bool, u128) {
    match ip {
        IpAddr::V4(ip) => (false, u128::from(ip.to_bits())),
        IpAddr::V6(ip) => (true, ip.to_bits()),
    }
}

impl Range {
    fn has(&self, v6: bool, value: u128) -> bool {
        self.v6 == v6 && self.low <= value && value <= self.high
    }
    /// The prefix that this range is; `None` when it is no prefix.
    pub fn as_prefix(&self) -> Option<(bool, u128, u8)> {
        let mut prefixes = self.prefixes();
        prefixes.next().filter(|_| prefixes.next().is_none())
    }
    /// How many addresses it has; the IPv6 network of one house counts as one, as an IPv4 address does.
    pub(crate) const fn size(&self) -> u128 {
        let size = (self.high - self.low).saturating_add(1);
        if self.v6 { size >> 64 } else { size }
    }
    /// The fewest prefixes that make up the range: family, first address, length.
    pub fn prefixes(&self) -> impl Iterator<Item = (bool, u128, u8)> + use<> {
        let Range { v6, low, high } = *self;
        let width: u32 = if v6 { 128 } else { 32 };
        let mut next = Some(low);
        core::iter::from_fn(move || {
            let first = next.filter(|first| *first <= high)?;
            // As many free bits as the first address and what is left allow.
            let left = (high - first).checked_add(1).map_or(128, u128::ilog2);
            let free = first.trailing_zeros().min(left).min(width);
            let span = 1u128.checked_shl(free).map_or(u128::MAX, |bit| bit - 1);
            next = first.checked_add(span).and_then(|last| last.checked_add(1));
            Some((v6, first, (width - free) as u8))
        })
    }
}

impl AddressSet {
    /// Whether `ip` is in the set.
    pub fn has(&self, ip: IpAddr) -> bool {
        let (v6, value) = number(ip);
        let within = |list: &[Range]| match list {
            // Short lists are searched; long ones are sorted and do not overlap.
            [..] if list.len() <= 8 => list.iter().any(|range| range.has(v6, value)),
            _ => {
                let place = list.partition_point(|range| (range.v6, range.low) <= (v6, value));
                place.checked_sub(1).and_then(|place| list.get(place)).is_some_and(|r| r.has(v6, value))
            }
        };
        (self.include.is_empty() || within(&self.include)) && !within(&self.exclude)
    }
    /// Every address.
    pub fn is_any(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }
    /// Its ranges, when there is no exclusion and it is not every address.
    pub fn plain_ranges(&self) -> Option<&[Range]> {
        (self.exclude.is_empty() && !self.include.is_empty()).then_some(&self.include)
    }
    /// First addresses of its ranges and those behind them, of one family.
    pub(crate) fn cuts(&self, v6: bool) -> impl Iterator<Item = u128> + '_ {
        let ranges = self.include.iter().chain(&self.exclude).filter(move |range| range.v6 == v6);
        ranges.flat_map(|range| [Some(range.low), range.high.checked_add(1)]).flatten()
    }
    /// Reads a set; the error says what is wrong.
    pub fn parse(text: &str, variables: &Variables) -> Result<AddressSet, String> {
        let variable = |name: &str| variables.address(name);
        let words =
            Words { kind: "an address", everything: &EVERYTHING, variable: &variable, range: &parse_range };
        let parts = words.read(text)?;
        let mut set = AddressSet { include: parts.include, exclude: parts.exclude };
        merge(&mut set.include);
        merge(&mut set.exclude);
        Ok(set)
    }
}

/// Sorted, and none that touches another.
pub(crate) fn merge(list: &mut Vec<Range>) {
    list.sort_unstable();
    let mut out: Vec<Range> = Vec::with_capacity(list.len());
    for range in list.drain(..) {
        match out.last_mut() {
            Some(last) if last.v6 == range.v6 && range.low <= last.high.saturating_add(1) => {
                last.high = last.high.max(range.high);
            }
            _ => out.push(range),
        }
    }
    *list = out;
}

/// The parts of a group, split at commas outside brackets.
pub(crate) fn split_group(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0usize;
    text.split(move |c| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .filter(|part| !part.trim().is_empty())
}

fn parse_range(text: &str) -> Option<Range> {
    if let Some((address, length)) = text.split_once('/') {
        let (v6, value) = number(address.trim().parse().ok()?);
        let width: u32 = if v6 { 128 } else { 32 };
        let length = match length.trim().parse::<u32>() {
            Ok(length) if length <= width => length,
            Ok(_) => return None,
            Err(_) if !v6 => {
                let mask: core::net::Ipv4Addr = length.trim().parse().ok()?;
                mask.to_bits().leading_ones()
            }
            Err(_) => return None,
        };
        let free = width - length;
        let span = 1u128.checked_shl(free).map_or(u128::MAX, |bit| bit - 1);
        return Some(Range { v6, low: value & !span, high: value | span });
    }
    if let Some((low, high)) = text.split_once('-') {
        let (v6, low) = number(low.trim().parse().ok()?);
        let (also_v6, high) = number(high.trim().parse().ok()?);
        return (v6 == also_v6 && low <= high).then_some(Range { v6, low, high });
    }
    let (v6, value) = number(text.parse().ok()?);
    Some(Range { v6, low: value, high: value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, inside: &[&str], outside: &[&str]) {
        let set = AddressSet::parse(text, &Variables::default()).unwrap();
        assert!(inside.iter().all(|ip| set.has(ip.parse().unwrap())), "{text}: {inside:?}");
        assert!(outside.iter().all(|ip| !set.has(ip.parse().unwrap())), "{text}: {outside:?}");
    }

    #[test]
    fn sets_hold_what_they_say() {
        check("any", &["192.0.2.1", "2001:db8::1"], &[]);
        check("192.0.2.0/24", &["192.0.2.255"], &["192.0.3.0", "2001:db8::1"]);
        check("[192.0.2.0/24,!192.0.2.7]", &["192.0.2.6"], &["192.0.2.7"]);
        check("$HOME_NET", &["192.168.1.1"], &["192.0.2.1"]);
        check("$EXTERNAL_NET", &["192.0.2.1"], &[]);
        check("!192.0.2.1", &["192.0.2.2"], &["192.0.2.1"]);
        check("192.0.2.1-192.0.2.9", &["192.0.2.9"], &["192.0.2.10"]);
        check("2001:db8::/32", &["2001:db8:1::"], &["2001:db9::", "192.0.2.1"]);
        check("::/0", &["2001:db8:1::"], &["192.0.2.1"]);
        // What a home network leaves out is outside, and what is taken out of an exclusion is in.
        check("![192.0.2.0/24,!192.0.2.7]", &["192.0.2.7", "198.51.100.1", "2001:db8::1"], &["192.0.2.6"]);
        check("[!192.0.2.1,!192.0.2.3]", &["192.0.2.2"], &["192.0.2.1", "192.0.2.3"]);
        check("!!192.0.2.1", &["192.0.2.1"], &["192.0.2.2"]);
        check(
            "[192.0.0.0/16,![192.0.2.0/24,!192.0.2.128/25]]",
            &["192.0.1.1", "192.0.2.129"],
            &["192.0.2.1", "192.1.0.1"],
        );
        check(
            "[[192.0.2.0/24,!192.0.2.1],198.51.100.1]",
            &["192.0.2.2", "198.51.100.1"],
            &["192.0.2.1", "198.51.100.2"],
        );
        let mut variables = Variables::default();
        variables.set_address("HOME_NET", "[192.0.2.0/24,!192.0.2.7]");
        variables.set_address("EXTERNAL_NET", "!$HOME_NET");
        let outside = AddressSet::parse("$EXTERNAL_NET", &variables).unwrap();
        let home = AddressSet::parse("!$EXTERNAL_NET", &variables).unwrap();
        for (ip, is_home) in [("192.0.2.7", false), ("192.0.2.8", true), ("198.51.100.1", false)] {
            let ip = ip.parse().unwrap();
            assert_eq!((home.has(ip), outside.has(ip)), (is_home, !is_home), "{ip}");
        }
        for nothing in ["[192.0.2.1,!192.0.2.0/24]", "[$HOME_NET,!$HOME_NET]"] {
            assert!(
                AddressSet::parse(nothing, &variables).unwrap_err().contains("nothing is left"),
                "{nothing}"
            );
        }
        for bad in ["", "[]", "[!any]", "[1.2.3", "1.2.3.4/33", "$NOBODY", "!any", "example.org"] {
            assert!(AddressSet::parse(bad, &Variables::default()).is_err(), "{bad}");
        }
    }

    #[test]
    fn ranges_are_prefixes() {
        let prefixes = |text: &str| -> Vec<String> {
            let set = AddressSet::parse(text, &Variables::default()).unwrap();
            let ranges = set.plain_ranges().unwrap().iter();
            ranges
                .flat_map(Range::prefixes)
                .map(|(v6, first, length)| format!("{v6} {first:x}/{length}"))
                .collect()
        };
        assert_eq!(prefixes("192.0.2.0/24"), ["false c0000200/24"]);
        assert_eq!(
            prefixes("192.0.2.1-192.0.2.4"),
            ["false c0000201/32", "false c0000202/31", "false c0000204/32"]
        );
        assert_eq!(prefixes("0.0.0.0-255.255.255.255"), ["false 0/0"]);
        assert_eq!(prefixes("255.255.255.255"), ["false ffffffff/32"]);
        assert_eq!(prefixes("::/0"), ["true 0/0"]);
        assert_eq!(prefixes("ffff::-ffff::1"), ["true ffff0000000000000000000000000000/127"]);
    }
}
