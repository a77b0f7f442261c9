//! Rules that addresses alone decide, found by the prefixes of their lists.
//!
//! Key type: [`AddressTable`]. Neighbour: [`crate::set`] asks it once per flow and direction.
use crate::address::{AddressSet, Range, number};
use core::net::IpAddr;
use otori_wire::hash::Folding;
use std::collections::HashMap;

/// Rules by prefix of one length.
type Prefixes = HashMap<u128, Vec<u32>, Folding>;

/// Rules that addresses alone decide, by prefix.
#[derive(Default)]
pub(crate) struct AddressTable {
    /// `[source, destination]`: by family and prefix length, then by prefix
    sides: [HashMap<(bool, u8), Prefixes, Folding>; 2],
    /// rules without a list on either side
    everyone: Vec<u32>,
    /// changes, so that flows know when to ask again; never 0
    pub(crate) version: u32,
}

impl AddressTable {
    /// The list that fewer addresses are in leads to the rule.
    fn side_of<'a>(source: &'a AddressSet, destination: &'a AddressSet) -> Option<(usize, &'a [Range])> {
        let size = |ranges: &[Range]| ranges.iter().map(Range::size).fold(0, u128::saturating_add);
        match (source.plain_ranges(), destination.plain_ranges()) {
            (Some(ranges), Some(other)) if size(ranges) <= size(other) => Some((0, ranges)),
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
            for (v6, prefix, length) in range.prefixes() {
                self.sides[side].entry((v6, length)).or_default().entry(prefix).or_default().push(rule);
            }
        }
    }
    pub(crate) fn remove(&mut self, source: &AddressSet, destination: &AddressSet, rule: u32) {
        let Some((side, ranges)) = Self::side_of(source, destination) else {
            self.everyone.retain(|have| *have != rule);
            return;
        };
        for (v6, prefix, length) in ranges.iter().flat_map(Range::prefixes) {
            let Some(prefixes) = self.sides[side].get_mut(&(v6, length)) else { continue };
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
    /// Tells the rules whose listed side has the packet's address.
    pub(crate) fn search(&self, source: IpAddr, destination: IpAddr, tell: &mut impl FnMut(u32)) {
        self.everyone.iter().for_each(|rule| tell(*rule));
        for (side, ip) in [source, destination].into_iter().enumerate() {
            let (v6, value) = number(ip);
            let width: u32 = if v6 { 128 } else { 32 };
            for ((_, length), prefixes) in self.sides[side].iter().filter(|((family, _), _)| *family == v6) {
                let free = width - u32::from(*length);
                let mask = u128::MAX.checked_shl(free).unwrap_or(0);
                prefixes.get(&(value & mask)).into_iter().flatten().for_each(|rule| tell(*rule));
            }
        }
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.everyone.is_empty() && self.sides.iter().all(HashMap::is_empty)
    }
}
