//! An exact longest-prefix table over IPv4 and IPv6.
//!
//! Key types: [`Network`], [`PrefixTable`]. One ordered map per prefix length in use: a look-up costs one
//! search per length, and no entry is ever missed (see shared notes on matchers that do miss some).
use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeMap;

/// A network in CIDR form; a bare address is a network of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    address: IpAddr,
    length: u8,
}

/// The text is no `ADDRESS/LENGTH` or has bits set behind the prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// not an address
    #[error("{0:?} is no IPv4 or IPv6 network such as 192.0.2.0/24")]
    Syntax(String),
    /// host bits set
    #[error("{0} has bits set behind its prefix; did you mean {1}?")]
    HostBits(String, Network),
}

impl Network {
    /// The network of `length` bits around `address`; `None` if the length does not fit.
    pub fn new(address: IpAddr, length: u8) -> Option<Network> {
        let address = address.to_canonical();
        let (family, bits) = to_bits(address);
        let width = family.width();
        (length <= width).then(|| Network { address: from_bits(family, bits & mask(width, length)), length })
    }
    /// Every address of the network has these first bits.
    pub fn contains(&self, address: IpAddr) -> bool {
        Network::new(address, self.length).is_some_and(|network| network == *self)
            && to_bits(address.to_canonical()).0 == to_bits(self.address).0
    }
}

impl FromStr for Network {
    type Err = NetworkError;
    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let syntax = || NetworkError::Syntax(text.chars().take(80).collect());
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| syntax())?;
        let width = to_bits(address).0.width();
        let length = length.map_or(Ok(width), |length| length.parse().map_err(|_| syntax()))?;
        if to_bits(address).0 != to_bits(address.to_canonical()).0 {
            return Err(syntax());
        }
        let network = Network::new(address, length).ok_or_else(syntax)?;
        if network.address != address {
            return Err(NetworkError::HostBits(text.into(), network));
        }
        Ok(network)
    }
}
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}
impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

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
fn from_bits(family: Family, bits: u128) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4((bits as u32).into()),
        Family::V6 => IpAddr::V6(bits.into()),
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
        let (family, bits) = to_bits(network.address);
        self.levels.entry((family, network.length)).or_default().insert(bits, value);
    }
    /// The value of the longest network around `address`.
    pub fn longest(&self, address: IpAddr) -> Option<(Network, &T)> {
        let (family, bits) = to_bits(address.to_canonical());
        let lengths = self.levels.range((family, 0)..=(family, family.width())).rev();
        for ((_, length), networks) in lengths {
            let prefix = bits & mask(family.width(), *length);
            if let Some(value) = networks.get(&prefix) {
                return Some((Network { address: from_bits(family, prefix), length: *length }, value));
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
            assert_eq!(table.longest(address.parse().unwrap()).map(|hit| *hit.1), Some(expect), "{address}");
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
            let plain = rows.iter().filter(|row| row.contains(address)).max_by_key(|row| row.length);
            assert_eq!(table.longest(address).map(|hit| hit.1), plain, "{address}");
        }
    }

    #[test]
    fn refuses_what_is_no_network() {
        for text in ["", "10.0.0.0/33", "10.0.0.1/8", "::ffff:1.2.3.4/128", "x/8", "10.0.0.0/", "10.0.0.0/-1"]
        {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
