//! Which addresses the decoy may ever talk to: public unicast ones, and nothing of its own network.
//!
//! Key type: [`Network`]; [`why_forbidden`] is the guard. Ranges: IANA special-purpose address
//! registries for IPv4 and IPv6 (RFC 6890 and its followers).
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An address range, `192.0.2.0/24`. A bare address is the range of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

/// The text is not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a network, as 192.0.2.0/24 or 2001:db8::/32")]
pub struct NetworkError(String);

/// The address as 128 bits and how many of them its family has in front.
fn widen(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)) << 96, 32),
        IpAddr::V6(v6) => (u128::from(v6), 128),
    }
}

impl Network {
    const fn v4(a: u8, b: u8, c: u8, d: u8, prefix_bits: u8) -> Self {
        Network { address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix_bits }
    }
    const fn v6(high: u16, next: u16, prefix_bits: u8) -> Self {
        Network { address: IpAddr::V6(Ipv6Addr::new(high, next, 0, 0, 0, 0, 0, 0)), prefix_bits }
    }
    /// The host numbered `n` (taken modulo the range's size, neither the first nor the last), if this is IPv4.
    pub fn pick_v4(&self, n: u64) -> Option<Ipv4Addr> {
        let IpAddr::V4(start) = self.address else { return None };
        let size = 1u64 << (32 - u32::from(self.prefix_bits.min(32)));
        let offset = if size > 2 { 1 + n % (size - 2) } else { n % size };
        let mask = !((size - 1) as u32);
        Some(Ipv4Addr::from((u32::from(start) & mask) | offset as u32))
    }
    /// Is `address` of this range?
    pub fn contains(&self, address: IpAddr) -> bool {
        let ((own, own_width), (other, width)) = (widen(self.address), widen(address));
        let shift = 128 - u32::from(self.prefix_bits);
        own_width == width && (shift >= 128 || own >> shift == other >> shift)
    }
}

impl FromStr for Network {
    type Err = NetworkError;
    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let error = || NetworkError(text.chars().take(80).collect());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| error())?;
        let (_, width) = widen(address);
        let prefix_bits = match prefix {
            Some(digits) => digits.parse().map_err(|_| error())?,
            None => width,
        };
        if prefix_bits > width { Err(error()) } else { Ok(Network { address, prefix_bits }) }
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

/// Every range that is not public unicast, with the reason that an event gives.
static FORBIDDEN: &[(Network, &str)] = &[
    (Network::v4(0, 0, 0, 0, 8), "this network"),
    (Network::v4(10, 0, 0, 0, 8), "private"),
    (Network::v4(100, 64, 0, 0, 10), "shared address space"),
    (Network::v4(127, 0, 0, 0, 8), "loopback"),
    (Network::v4(169, 254, 0, 0, 16), "link-local"),
    (Network::v4(172, 16, 0, 0, 12), "private"),
    (Network::v4(192, 0, 0, 0, 24), "protocol assignments"),
    (Network::v4(192, 0, 2, 0, 24), "documentation"),
    (Network::v4(192, 31, 196, 0, 24), "special purpose"),
    (Network::v4(192, 52, 193, 0, 24), "special purpose"),
    (Network::v4(192, 88, 99, 0, 24), "6to4 relay"),
    (Network::v4(192, 168, 0, 0, 16), "private"),
    (Network::v4(192, 175, 48, 0, 24), "special purpose"),
    (Network::v4(198, 18, 0, 0, 15), "benchmarking"),
    (Network::v4(198, 51, 100, 0, 24), "documentation"),
    (Network::v4(203, 0, 113, 0, 24), "documentation"),
    (Network::v4(224, 0, 0, 0, 4), "multicast"),
    (Network::v4(240, 0, 0, 0, 4), "reserved"),
];

/// The only public IPv6 range, and the special ranges within it.
const GLOBAL_UNICAST: Network = Network::v6(0x2000, 0, 3);
static FORBIDDEN_V6: &[(Network, &str)] = &[
    (Network::v6(0x2001, 0x0db8, 32), "documentation"),
    (Network::v6(0x2001, 0, 23), "protocol assignments"),
    (Network::v6(0x2002, 0, 16), "6to4"),
    (Network::v6(0x3fff, 0, 20), "documentation"),
];

/// RFC 5737 and RFC 3849.
pub fn is_documentation(address: IpAddr) -> bool {
    let mut ranges = FORBIDDEN.iter().chain(FORBIDDEN_V6);
    ranges.any(|(network, why)| *why == "documentation" && network.contains(address))
}

/// Why nothing may be sent to `address`; `None` if it is public, or lies in one of `allow`.
pub fn why_forbidden(address: IpAddr, allow: &[Network]) -> Option<&'static str> {
    if allow.iter().any(|network| network.contains(address)) {
        return None;
    }
    // An IPv4 address dressed as IPv6 is judged as what it is.
    let address = match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    };
    if allow.iter().any(|network| network.contains(address)) {
        return None;
    }
    let named = |rows: &[(Network, &'static str)]| {
        rows.iter().find(|(network, _)| network.contains(address)).map(|(_, why)| *why)
    };
    match address {
        IpAddr::V4(_) => named(FORBIDDEN),
        IpAddr::V6(_) if !GLOBAL_UNICAST.contains(address) => Some("not global unicast"),
        IpAddr::V6(_) => named(FORBIDDEN_V6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, allow: &[&str], expect: Option<&str>) {
        let allow: Vec<Network> = allow.iter().map(|n| n.parse().unwrap()).collect();
        assert_eq!(why_forbidden(address.parse().unwrap(), &allow), expect, "{address}");
    }

    #[test]
    fn only_public_addresses_pass() {
        check("8.8.8.8", &[], None);
        check("2606:4700::1111", &[], None);
        for (address, why) in [
            ("127.0.0.1", "loopback"),
            ("10.255.0.1", "private"),
            ("172.31.9.9", "private"),
            ("192.168.1.1", "private"),
            ("169.254.169.254", "link-local"),
            ("100.64.0.1", "shared address space"),
            ("224.0.0.251", "multicast"),
            ("255.255.255.255", "reserved"),
            ("0.0.0.0", "this network"),
            ("198.51.100.7", "documentation"),
            ("198.19.0.1", "benchmarking"),
            ("::1", "not global unicast"),
            ("::ffff:127.0.0.1", "loopback"),
            ("::ffff:192.168.0.1", "private"),
            ("fe80::1", "not global unicast"),
            ("fd00::1", "not global unicast"),
            ("ff02::1", "not global unicast"),
            ("64:ff9b::7f00:1", "not global unicast"),
            ("2002:7f00:1::", "6to4"),
            ("2001:db8::1", "documentation"),
        ] {
            check(address, &[], Some(why));
        }
        check("172.32.0.1", &[], None);
    }

    #[test]
    fn the_allow_list_opens_a_range_and_no_more() {
        check("127.0.0.1", &["127.0.0.1"], None);
        check("::ffff:127.0.0.1", &["127.0.0.1/32"], None);
        check("127.0.0.2", &["127.0.0.1"], Some("loopback"));
        check("192.0.2.9", &["192.0.2.0/24"], None);
        assert!("192.0.2.0/33".parse::<Network>().is_err());
        assert!("nowhere".parse::<Network>().is_err());
        check("10.0.0.1", &["0.0.0.0/0"], None);
        check("fd00::1", &["0.0.0.0/0"], Some("not global unicast"));
    }
}
