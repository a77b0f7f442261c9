//! Address ranges in CIDR form (RFC 4632, RFC 4291), as configuration and guards name them.
//!
//! Key type: [`Network`]. Neighbour: [`crate::special`], the ranges that are never public.
use alloc::string::String;
use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A network; a bare address is a network of one. An IPv4-mapped IPv6 address counts as its IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

/// The text is no `ADDRESS/LENGTH`, or has bits set behind the prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// not an address and a length
    #[error("{0:?} is no IPv4 or IPv6 network, as 192.0.2.0/24 or 2001:db8::/32")]
    Syntax(String),
    /// host bits set
    #[error("{0} has bits set behind its prefix; did you mean {1}?")]
    HostBits(String, Network),
}

const fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// The address with only its first `bits` bits kept.
const fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = if bits == 0 { 0 } else { u32::MAX << (32 - bits) };
            IpAddr::V4(core::net::Ipv4Addr::from_bits(v4.to_bits() & mask))
        }
        IpAddr::V6(v6) => {
            let mask = if bits == 0 { 0 } else { u128::MAX << (128 - bits) };
            IpAddr::V6(core::net::Ipv6Addr::from_bits(v6.to_bits() & mask))
        }
    }
}

impl Network {
    /// The network of `prefix_bits` bits around `address`; `None` if the family has fewer bits.
    pub const fn new(address: IpAddr, prefix_bits: u8) -> Option<Network> {
        if prefix_bits > width(address) {
            return None;
        }
        Some(Network { address: masked(address, prefix_bits), prefix_bits })
    }
    /// First address.
    pub const fn address(&self) -> IpAddr {
        self.address
    }
    /// Length of the prefix.
    pub const fn prefix_bits(&self) -> u8 {
        self.prefix_bits
    }
    /// Whether `address` lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        width(address) == width(self.address) && masked(address, self.prefix_bits) == self.address
    }
}

impl FromStr for Network {
    type Err = NetworkError;
    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let syntax = || NetworkError::Syntax(text.chars().take(80).collect());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| syntax())?;
        let bits = bits.map_or(Ok(width(address)), |bits| bits.parse().map_err(|_| syntax()))?;
        let network = Network::new(address, bits).ok_or_else(syntax)?;
        if network.address != address {
            return Err(NetworkError::HostBits(text.into(), network));
        }
        Ok(network)
    }
}
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_bits)
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn check(network: &str, address: &str, inside: bool) {
        let network: Network = network.parse().unwrap();
        assert_eq!(network.contains(address.parse().unwrap()), inside, "{network} {address}");
    }

    #[test]
    fn membership_is_exact_at_the_edges() {
        check("192.0.2.0/24", "192.0.2.255", true);
        check("192.0.2.0/24", "192.0.3.0", false);
        check("0.0.0.0/0", "255.255.255.255", true);
        check("0.0.0.0/0", "2001:db8::1", false);
        check("::/0", "2001:db8::1", true);
        check("203.0.113.7", "203.0.113.7", true);
        check("203.0.113.0/24", "::ffff:203.0.113.9", true);
        check("2001:db8::/32", "2001:db8:ffff::1", true);
    }

    #[test]
    fn bad_text_is_refused_with_a_remedy() {
        assert!("192.0.2.0/33".parse::<Network>().is_err());
        assert!("somewhere".parse::<Network>().is_err());
        let error = "192.0.2.9/24".parse::<Network>().unwrap_err().to_string();
        assert!(error.contains("192.0.2.0/24"), "{error}");
    }
}
