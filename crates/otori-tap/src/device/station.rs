//! Whether a frame's Ethernet address is that of the packet's sender, or of a router or repeater on its way.
//!
//! Key type: [`Stations`]. Believed is what stations say of themselves (ARP, RFC 826; neighbour discovery, RFC 4861; DHCP,
//! RFC 2131) and a time to live that no router has lowered; not a station that speaks for too many addresses.
use super::identity::Mac;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use otori_wire::{Packet, hash::Folding};
use std::collections::HashMap;

/// Stations that are remembered; at the bound all are forgotten and learned again.
const STATIONS: usize = 65_536;
/// IPv4 addresses of one station; one with more speaks for others.
const ADDRESSES_PER_STATION: usize = 6;
/// What systems set as time to live; a router on the way lowers it.
const FRESH: [u8; 4] = [32, 64, 128, 255];

/// What is known of one.
#[derive(Default)]
struct Station {
    addresses: Vec<Ipv4Addr>,
    /// the address that it has said of itself
    claimed: Option<IpAddr>,
}

/// Stations by Ethernet address.
#[derive(Default)]
pub(super) struct Stations {
    seen: HashMap<Mac, Station, Folding>,
}

impl Stations {
    fn station(&mut self, mac: Mac) -> &mut Station {
        if self.seen.len() >= STATIONS && !self.seen.contains_key(&mac) {
            self.seen.clear();
        }
        self.seen.entry(mac).or_default()
    }
    /// A station says which address it has.
    pub(super) fn claim(&mut self, mac: Mac, ip: IpAddr) {
        self.station(mac).claimed = Some(ip);
    }
    /// A packet from `ip` came in a frame of `mac`: whether they are one. Of IPv4 addresses that are not in the home networks
    /// (`near`) a station must have said so: some routers send what comes from outside with a time to live of their own.
    pub(super) fn is_own(&mut self, mac: Mac, (ip, near): (IpAddr, bool), ttl: u8) -> bool {
        let station = self.station(mac);
        if let IpAddr::V4(ip) = ip
            && !ip.is_unspecified()
            && station.addresses.len() <= ADDRESSES_PER_STATION
            && !station.addresses.contains(&ip)
        {
            station.addresses.push(ip);
        }
        let link_local = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
        let fresh = link_local || FRESH.contains(&ttl);
        (fresh && (near || ip.is_ipv6()) && station.addresses.len() <= ADDRESSES_PER_STATION)
            || station.claimed == Some(ip)
    }
}

/// What an ARP packet or a neighbour's advertisement says of its sender.
pub(super) fn claim(packet: &Packet<'_>) -> Option<(Mac, IpAddr)> {
    match &packet.ip {
        None if packet.ether_type == 0x0806 => arp(packet.payload),
        Some(ip) if ip.protocol == 58 && ip.ttl == 255 => neighbour(ip.body),
        _ => None,
    }
}

/// RFC 826: Ethernet and IPv4, then sender and target. A probe has no sender's address (RFC 5227).
fn arp(bytes: &[u8]) -> Option<(Mac, IpAddr)> {
    let bytes = bytes.get(..28)?;
    if bytes.get(..6)? != [0, 1, 8, 0, 6, 4] {
        return None;
    }
    let mac = Mac(bytes.get(8..14)?.try_into().ok()?);
    let ip = Ipv4Addr::from(<[u8; 4]>::try_from(bytes.get(14..18)?).ok()?);
    (mac.is_station() && !ip.is_unspecified()).then_some((mac, ip.into()))
}

/// RFC 4861 4.4: an advertisement's target and the option with its link-layer address.
fn neighbour(bytes: &[u8]) -> Option<(Mac, IpAddr)> {
    if *bytes.first()? != 136 {
        return None;
    }
    let target = Ipv6Addr::from(<[u8; 16]>::try_from(bytes.get(8..24)?).ok()?);
    let [2, 1, octets @ ..] = bytes.get(24..32)? else { return None };
    let mac = Mac(octets.try_into().ok()?);
    mac.is_station().then_some((mac, target.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use otori_event::Timestamp;
    use otori_wire::{LinkType, decode};

    const MAC: Mac = Mac([2, 0, 0x5e, 0, 0, 1]);

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn a_router_and_a_repeater_are_not_the_sender() {
        let mut stations = Stations::default();
        assert!(stations.is_own(MAC, (ip(1), true), 64));
        assert!(!stations.is_own(MAC, (ip(2), true), 63), "a router has lowered it");
        assert!(!stations.is_own(MAC, (ip(3), false), 64), "a router that says nothing of that");
        let global = "2001:db8::1".parse().unwrap();
        assert!(stations.is_own(MAC, (global, false), 64), "seldom among the home networks");
        let repeater = Mac([2, 0, 0x5e, 0, 0, 2]);
        assert!((1..=6).all(|last| stations.is_own(repeater, (ip(last), true), 64)));
        assert!(
            !stations.is_own(repeater, (ip(7), true), 64) && !stations.is_own(repeater, (ip(1), true), 64)
        );
        stations.claim(repeater, ip(9));
        assert!(stations.is_own(repeater, (ip(9), true), 64), "its own address");
    }

    #[test]
    fn stations_say_which_address_they_have() {
        let mut frame = vec![255; 6];
        frame.extend_from_slice(&MAC.0);
        frame.extend_from_slice(&[8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
        frame.extend_from_slice(&MAC.0);
        frame.extend_from_slice(&[192, 0, 2, 5, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1]);
        let seen = |frame: &[u8]| claim(&decode(LinkType::Ethernet, Timestamp(0), frame));
        assert_eq!(seen(&frame), Some((MAC, ip(5))));
        (0..frame.len()).for_each(|end| assert_eq!(seen(&frame[..end]), None));
        let mut advertisement = vec![136, 0, 0, 0, 0x60, 0, 0, 0];
        let target: Ipv6Addr = "2001:db8::5".parse().unwrap();
        advertisement.extend_from_slice(&target.octets());
        advertisement.extend_from_slice(&[2, 1]);
        advertisement.extend_from_slice(&MAC.0);
        assert_eq!(neighbour(&advertisement), Some((MAC, target.into())));
        (0..advertisement.len()).for_each(|end| assert_eq!(neighbour(&advertisement[..end]), None));
    }

    #[test]
    fn a_flood_of_stations_keeps_the_bound() {
        let mut stations = Stations::default();
        for number in 0..STATIONS as u32 + 10 {
            let [a, b, c, d] = number.to_be_bytes();
            stations.is_own(Mac([2, 0, a, b, c, d]), (ip(1), true), 64);
        }
        assert!(stations.seen.len() <= STATIONS);
    }
}
