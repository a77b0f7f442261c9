//! Address sets of rule headers: groups, negation, variables, prefixes, ranges.
//!
//! Key type: [`AddressSet`]. Neighbour: [`crate::port`]. Syntax as Suricata's manual, "Source and destination".
use crate::{limits::GROUP_DEPTH, parse::Variables};
use core::net::IpAddr;

/// An inclusive range of addresses of one family, as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    v6: bool,
    low: u128,
    high: u128,
}

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
        let mut set = AddressSet::default();
        let mut any = false;
        add(&mut set, &mut any, text, false, variables, 0)?;
        if any {
            set.include.clear();
        }
        if set.include.is_empty() && !any && set.exclude.is_empty() {
            return Err(format!("no address in {text:?}"));
        }
        merge(&mut set.include);
        merge(&mut set.exclude);
        Ok(set)
    }
}

fn merge(list: &mut Vec<Range>) {
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

fn add(
    set: &mut AddressSet,
    any: &mut bool,
    text: &str,
    negated: bool,
    variables: &Variables,
    depth: usize,
) -> Result<(), String> {
    let text = text.trim();
    if depth > GROUP_DEPTH {
        return Err("address groups are nested too deep".into());
    }
    if let Some(rest) = text.strip_prefix('!') {
        return add(set, any, rest, !negated, variables, depth + 1);
    }
    if let Some(name) = text.strip_prefix('$') {
        let value = variables.address(name).ok_or_else(|| format!("variable ${name} is not set"))?;
        return add(set, any, &value, negated, variables, depth + 1);
    }
    if text.starts_with('[') {
        let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
        let inner = inner.ok_or_else(|| format!("no closing bracket in {text:?}"))?;
        for part in split_group(inner) {
            add(set, any, part, negated, variables, depth + 1)?;
        }
        return Ok(());
    }
    if text.eq_ignore_ascii_case("any") {
        if negated {
            return Err("!any matches nothing".into());
        }
        *any = true;
        return Ok(());
    }
    let range = parse_range(text).ok_or_else(|| format!("{text:?} is not an address"))?;
    if negated {
        set.exclude.push(range)
    } else {
        set.include.push(range)
    }
    Ok(())
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
        for bad in ["", "[1.2.3", "1.2.3.4/33", "$NOBODY", "!any", "example.org"] {
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
