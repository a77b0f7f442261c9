//! Which addresses the decoy may ever talk to: public unicast ones, and nothing of its own network.
//!
//! Key function: [`why_forbidden`]. The ranges are those of [`otori_event::special`]; this room only adds the operator's
//! list of exceptions.
use otori_event::network::Network;
use otori_event::special::{Special, special_range};
use std::net::{IpAddr, Ipv4Addr};

/// RFC 5737 and RFC 3849.
pub fn is_documentation(address: IpAddr) -> bool {
    special_range(address) == Some(Special::Documentation)
}

/// Why nothing may be sent to `address`; `None` if it is public, or lies in one of `allow`.
pub fn why_forbidden(address: IpAddr, allow: &[Network]) -> Option<Special> {
    special_range(address).filter(|_| !allow.iter().any(|network| network.contains(address)))
}

/// The host numbered `n` of a network (taken modulo its size, neither the first nor the last), if it is IPv4.
pub fn pick_v4(network: &Network, n: u64) -> Option<Ipv4Addr> {
    let IpAddr::V4(start) = network.address() else { return None };
    let size = 1u64 << (32 - u32::from(network.prefix_bits().min(32)));
    let offset = if size > 2 { 1 + n % (size - 2) } else { n % size };
    Some(Ipv4Addr::from(u32::from(start) | offset as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, allow: &[&str], expect: Option<Special>) {
        let allow: Vec<Network> = allow.iter().map(|n| n.parse().unwrap()).collect();
        assert_eq!(why_forbidden(address.parse().unwrap(), &allow), expect, "{address}");
    }

    #[test]
    fn the_allow_list_opens_a_range_and_no_more() {
        check("8.8.8.8", &[], None);
        check("127.0.0.1", &[], Some(Special::Loopback));
        check("::ffff:192.168.0.1", &[], Some(Special::Private));
        check("169.254.169.254", &[], Some(Special::LinkLocal));
        check("127.0.0.1", &["127.0.0.1"], None);
        check("::ffff:127.0.0.1", &["127.0.0.1/32"], None);
        check("127.0.0.2", &["127.0.0.1"], Some(Special::Loopback));
        check("192.0.2.9", &["192.0.2.0/24"], None);
        check("fd00::1", &["0.0.0.0/0"], Some(Special::Private));
    }

    #[test]
    fn hosts_are_picked_from_the_whole_range() {
        let pick = |network: &str, n| pick_v4(&network.parse().unwrap(), n).map(|a| a.to_string());
        assert_eq!(pick("198.18.0.0/15", 0).as_deref(), Some("198.18.0.1"));
        assert_eq!(pick("198.18.0.0/15", u64::MAX).as_deref().map(|a| &a[..5]), Some("198.1"));
        assert_eq!(pick("192.0.2.7/32", 99).as_deref(), Some("192.0.2.7"));
        assert_eq!(pick("2001:db8::/32", 1), None);
    }
}
