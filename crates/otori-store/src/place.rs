//! Where an address belongs: special ranges first, then country and network.
//!
//! Key types: [`Place`], [`Locate`]. The data tables belong to the hub, which implements [`Locate`]; without them
//! [`SpecialRanges`] still names loopback, private and documentation addresses. Ranges: IANA special-purpose
//! registries (RFC 6890 and successors).
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address range that belongs to no country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Special {
    /// 127.0.0.0/8, ::1
    Loopback,
    /// RFC 1918, fc00::/7
    Private,
    /// 169.254.0.0/16, fe80::/10
    LinkLocal,
    /// 100.64.0.0/10, shared between a carrier and its subscribers (RFC 6598)
    Shared,
    /// 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32, 3fff::/20
    Documentation,
    /// 224.0.0.0/4, ff00::/8
    Multicast,
    /// anything else that is never routed: 0.0.0.0/8, 240.0.0.0/4, benchmarking …
    Reserved,
}

impl Special {
    /// The word in JSON and in the roll-ups.
    pub const fn as_str(self) -> &'static str {
        match self {
            Special::Loopback => "loopback",
            Special::Private => "private",
            Special::LinkLocal => "link_local",
            Special::Shared => "shared",
            Special::Documentation => "documentation",
            Special::Multicast => "multicast",
            Special::Reserved => "reserved",
        }
    }
}

/// Country and network of an address, or the special range that it lies in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// ISO 3166-1 alpha-2
    pub country: Option<String>,
    /// set when the address is in a special range; the other fields are then `None`
    pub special: Option<Special>,
    /// number of the autonomous system that announces it
    pub asn: Option<u32>,
    /// that system's name
    pub as_name: Option<String>,
}

/// Looks addresses up. Called on the writer's thread for each new session: must not block.
pub trait Locate: Send + Sync {
    /// Where `ip` belongs. Unknown is an empty [`Place`].
    fn place(&self, ip: IpAddr) -> Place;
}

/// The look-up without any data: special ranges only.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpecialRanges;

impl Locate for SpecialRanges {
    fn place(&self, ip: IpAddr) -> Place {
        Place { special: special_range(ip), ..Place::default() }
    }
}

/// The special range of `ip`; an IPv4-mapped IPv6 address counts as the IPv4 address in it.
pub fn special_range(ip: IpAddr) -> Option<Special> {
    match ip.to_canonical() {
        IpAddr::V4(ip) => special_v4(ip),
        IpAddr::V6(ip) => special_v6(ip),
    }
}

fn special_v4(ip: Ipv4Addr) -> Option<Special> {
    let [a, b, c, _] = ip.octets();
    Some(match (a, b, c) {
        (127, ..) => Special::Loopback,
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => Special::Private,
        (169, 254, _) => Special::LinkLocal,
        (100, 64..=127, _) => Special::Shared,
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => Special::Documentation,
        (224..=239, ..) => Special::Multicast,
        (0 | 240..=255, ..) | (198, 18..=19, _) | (192, 0, 0) | (192, 88, 99) => Special::Reserved,
        _ => return None,
    })
}

fn special_v6(ip: Ipv6Addr) -> Option<Special> {
    let segments = ip.segments();
    Some(match (segments[0], segments[1]) {
        _ if ip == Ipv6Addr::LOCALHOST => Special::Loopback,
        (0xfc00..=0xfdff, _) => Special::Private,
        (0xfe80..=0xfebf, _) => Special::LinkLocal,
        (0x2001, 0x0db8) | (0x3fff, 0..=0x0fff) => Special::Documentation,
        (0xff00..=0xffff, _) => Special::Multicast,
        // Global unicast is 2000::/3; 2001::/23 is for protocols, 2002::/16 is 6to4.
        (0x2001, 0..=0x01ff) | (0x2002, _) => Special::Reserved,
        (0x2000..=0x3fff, _) => return None,
        _ => Special::Reserved,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ip: &str, expect: Option<Special>) {
        assert_eq!(special_range(ip.parse().unwrap()), expect, "{ip}");
    }

    #[test]
    fn special_ranges_come_first() {
        check("127.0.0.1", Some(Special::Loopback));
        check("::1", Some(Special::Loopback));
        check("::ffff:192.168.1.4", Some(Special::Private));
        check("172.32.0.1", None);
        check("203.0.113.7", Some(Special::Documentation));
        check("2001:db8::1", Some(Special::Documentation));
        check("100.127.255.255", Some(Special::Shared));
        check("fe80::1", Some(Special::LinkLocal));
        check("fd00::1", Some(Special::Private));
        check("255.255.255.255", Some(Special::Reserved));
        check("8.8.8.8", None);
        check("2606:4700::1111", None);
    }
}
