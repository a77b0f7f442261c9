//! Ranges of addresses that belong to nobody on the public Internet.
//!
//! Key type: [`Special`]; [`special_range`] is the only place that knows the table. Source: IANA special-purpose
//! address registries for IPv4 and IPv6 (RFC 6890 and successors).
use crate::network::Network;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use serde::{Deserialize, Serialize};

/// Why an address is not public unicast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Special {
    /// 127.0.0.0/8, ::1
    Loopback,
    /// RFC 1918, fc00::/7
    Private,
    /// 169.254.0.0/16, fe80::/10
    LinkLocal,
    /// 100.64.0.0/10, between a carrier and its subscribers (RFC 6598)
    Shared,
    /// RFC 5737, RFC 3849, RFC 9637
    Documentation,
    /// 224.0.0.0/4, ff00::/8
    Multicast,
    /// never routed, or for protocols: 0.0.0.0/8, 240.0.0.0/4, benchmarking, 6to4 …
    Reserved,
}

impl Special {
    /// The word in JSON and in messages.
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

const fn v4(a: u8, b: u8, c: u8, prefix_bits: u8) -> Network {
    Network::new(IpAddr::V4(Ipv4Addr::new(a, b, c, 0)), prefix_bits).expect("at most 32 bits")
}
const fn v6(high: u16, next: u16, prefix_bits: u8) -> Network {
    let address = Ipv6Addr::new(high, next, 0, 0, 0, 0, 0, 0);
    Network::new(IpAddr::V6(address), prefix_bits).expect("at most 128 bits")
}

/// First match wins.
static RANGES: &[(Network, Special)] = &[
    (v4(127, 0, 0, 8), Special::Loopback),
    (v4(10, 0, 0, 8), Special::Private),
    (v4(172, 16, 0, 12), Special::Private),
    (v4(192, 168, 0, 16), Special::Private),
    (v4(169, 254, 0, 16), Special::LinkLocal),
    (v4(100, 64, 0, 10), Special::Shared),
    (v4(192, 0, 2, 24), Special::Documentation),
    (v4(198, 51, 100, 24), Special::Documentation),
    (v4(203, 0, 113, 24), Special::Documentation),
    (v4(224, 0, 0, 4), Special::Multicast),
    (v4(0, 0, 0, 8), Special::Reserved),
    (v4(240, 0, 0, 4), Special::Reserved),
    (v4(198, 18, 0, 15), Special::Reserved),
    (v4(192, 0, 0, 24), Special::Reserved),
    (v4(192, 31, 196, 24), Special::Reserved),
    (v4(192, 52, 193, 24), Special::Reserved),
    (v4(192, 88, 99, 24), Special::Reserved),
    (v4(192, 175, 48, 24), Special::Reserved),
    (v6(0xfc00, 0, 7), Special::Private),
    (v6(0xfe80, 0, 10), Special::LinkLocal),
    (v6(0x2001, 0x0db8, 32), Special::Documentation),
    (v6(0x3fff, 0, 20), Special::Documentation),
    (v6(0xff00, 0, 8), Special::Multicast),
    (v6(0x2001, 0, 23), Special::Reserved),
    (v6(0x2002, 0, 16), Special::Reserved),
];

/// The special range that `address` lies in; `None` for public unicast. An IPv4-mapped IPv6 address counts as the
/// IPv4 address in it; IPv6 outside 2000::/3 is reserved.
pub fn special_range(address: IpAddr) -> Option<Special> {
    let address = address.to_canonical();
    if address == IpAddr::V6(Ipv6Addr::LOCALHOST) {
        return Some(Special::Loopback);
    }
    let named = RANGES.iter().find(|(network, _)| network.contains(address)).map(|(_, special)| *special);
    let is_global = address.is_ipv4() || v6(0x2000, 0, 3).contains(address);
    named.or((!is_global).then_some(Special::Reserved))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, expect: Option<Special>) {
        assert_eq!(special_range(address.parse().unwrap()), expect, "{address}");
    }

    #[test]
    fn special_ranges_are_known_at_their_edges() {
        check("127.255.255.255", Some(Special::Loopback));
        check("::1", Some(Special::Loopback));
        check("::", Some(Special::Reserved));
        check("::ffff:192.168.1.4", Some(Special::Private));
        check("172.31.255.255", Some(Special::Private));
        check("172.32.0.1", None);
        check("203.0.113.7", Some(Special::Documentation));
        check("100.127.255.255", Some(Special::Shared));
        check("fd00::1", Some(Special::Private));
        check("255.255.255.255", Some(Special::Reserved));
        check("192.0.0.8", Some(Special::Reserved));
        check("8.8.8.8", None);
        check("2606:4700::1111", None);
        check("2002:c000:201::1", Some(Special::Reserved));
    }
}
