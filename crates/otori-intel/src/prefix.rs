//! An exact longest-prefix table over IPv4 and IPv6.
//!
//! Key type: [`PrefixTable`]. One ordered map per prefix length in use: a look-up costs one search per length,
//! and no entry is ever missed, as some matchers by first bits do.
use core::net::IpAddr;
use otori_event::Network;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    V4,
    V6,
}
impl Family {
    const fn width(self) -> u8 {
        match self {
            Family::V4 => 32,
            Family::V6 => 128,
        }
    }
}

fn to_bits(address: IpAddr) -> (Family, u128) {
    match address {
        IpAddr::V4(v4) => (Family::V4, u128::from(v4.to_bits())),
        IpAddr::V6(v6) => (Family::V6, v6.to_bits()),
    }
}
/// The first `length` of `width` bits set.
fn mask(width: u8, length: u8) -> u128 {
    let ones = u128::MAX.checked_shl(u32::from(width - length)).unwrap_or(0);
    if width == 128 { ones } else { ones & ((1 << width) - 1) }
}

/// Values by network; the longest network that contains an address wins.
#[derive(Clone, Debug, Default)]
pub struct PrefixTable<T> {
    /// per family and length, longest first by searching from the end
    levels: BTreeMap<(Family, u8), BTreeMap<u128, T>>,
}

impl<T> PrefixTable<T> {
    /// An empty table.
    pub fn new() -> Self {
        PrefixTable { levels: BTreeMap::new() }
    }
    /// Adds or replaces the value of exactly this network.
    pub fn insert(&mut self, network: Network, value: T) {
        let (family, bits) = to_bits(network.address());
        self.levels.entry((family, network.prefix_bits())).or_default().insert(bits, value);
    }
    /// The value of the longest network around `address`.
    pub fn longest(&self, address: IpAddr) -> Option<&T> {
        let (family, bits) = to_bits(address.to_canonical());
        let lengths = self.levels.range((family, 0)..=(family, family.width())).rev();
        for ((_, length), networks) in lengths {
            let prefix = bits & mask(family.width(), *length);
            if let Some(value) = networks.get(&prefix) {
                return Some(value);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_network_wins() {
        let mut table = PrefixTable::new();
        for text in ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "2001:db8::/32", "::/0"] {
            table.insert(text.parse().unwrap(), text);
        }
        for (address, expect) in [
            ("10.1.2.3", "10.1.2.3/32"),
            ("10.1.2.4", "10.1.0.0/16"),
            ("10.2.0.0", "10.0.0.0/8"),
            ("::ffff:10.2.0.0", "10.0.0.0/8"),
            ("192.0.2.1", "0.0.0.0/0"),
            ("2001:db8::1", "2001:db8::/32"),
            ("2001:db9::1", "::/0"),
        ] {
            assert_eq!(table.longest(address.parse().unwrap()).copied(), Some(expect), "{address}");
        }
    }

    #[test]
    fn agrees_with_a_plain_search_over_all_rows() {
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let rows: Vec<Network> = (0..300)
            .filter_map(|_| {
                Network::new(IpAddr::V4((next() as u32 & 0xff00_ff00).into()), (next() % 33) as u8)
            })
            .collect();
        let mut table = PrefixTable::new();
        rows.iter().for_each(|network| table.insert(*network, *network));
        for _ in 0..5000 {
            let address = IpAddr::V4((next() as u32 & 0xff00_ffff).into());
            let plain = rows.iter().filter(|row| row.contains(address)).max_by_key(|row| row.prefix_bits());
            assert_eq!(table.longest(address), plain, "{address}");
        }
    }
}
