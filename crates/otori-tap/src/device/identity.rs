//! How a device is told from others: what a packet shows of its ends, and by what a device is found again.
//!
//! Key types: [`Key`], [`Scope`], [`Told`]. An address is unique in its scope only: behind a GRE peer or in a VLAN the same
//! private network may be there once more. TEIDs are unique per receiving end (3GPP TS 29.281, 4.3).
use crate::engine::Carrier;
use core::{fmt, net::IpAddr};
use otori_wire::{LinkType, Packet, TunnelKind, decode::Vlans};
use std::sync::Arc;

/// An Ethernet address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// It names one station: neither a group nor nobody.
    pub fn is_station(self) -> bool {
        self.0[0] & 1 == 0 && self.0 != [0; 6]
    }
    /// Chosen by the device itself, as phones do against being followed (IEEE 802c).
    pub const fn is_local(self) -> bool {
        self.0[0] & 2 != 0
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl core::str::FromStr for Mac {
    type Err = String;
    fn from_str(text: &str) -> Result<Mac, String> {
        let wrong = || format!("{text:?} is no Ethernet address: write 02:00:5e:10:00:01");
        let mut octets = [0; 6];
        let mut parts = text.trim().split([':', '-']);
        for octet in &mut octets {
            let part =
                parts.next().filter(|part| part.len() == 2 && !part.starts_with('+')).ok_or_else(wrong)?;
            *octet = u8::from_str_radix(part, 16).map_err(|_| wrong())?;
        }
        if parts.next().is_some() {
            return Err(wrong());
        }
        Ok(Mac(octets))
    }
}

/// Where an address means one device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// VLAN tags of the outermost frame
    pub vlans: Vlans,
    /// the two ends of the tunnel, the lower first; networks behind different ones may have the same addresses
    pub peers: Option<(IpAddr, IpAddr)>,
    /// virtual network (VXLAN, Geneve)
    pub network: Option<u32>,
}

impl Scope {
    /// The scope of a packet inside those carriers, outermost first.
    pub(crate) fn of(packet: &Packet<'_>, carriers: &[Carrier]) -> Scope {
        let mut scope = Scope { vlans: packet.vlans, ..Scope::default() };
        for carrier in carriers {
            let (one, other) = (carrier.source.ip, carrier.destination.ip);
            match carrier.kind {
                TunnelKind::Gre | TunnelKind::Ipv4 | TunnelKind::Ipv6 => {
                    scope.peers = Some((one.min(other), one.max(other)));
                }
                TunnelKind::Vxlan | TunnelKind::Geneve => scope.network = carrier.id,
                // A mirror's copies and a mobile network's subscribers have addresses of one network.
                TunnelKind::Erspan | TunnelKind::Teredo | TunnelKind::Gtp => {}
            }
        }
        scope
    }
}

/// By what a device is found again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// the name of its entry in the mapping file
    Name(Arc<str>),
    /// receiving end and number of its GTP-U tunnel
    Teid(IpAddr, u32),
    /// its Ethernet address
    Mac(Mac),
    /// its address
    Address(Scope, IpAddr),
}

/// What told a device, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// a tunnel endpoint identifier
    Teid,
    /// the other end of a GRE tunnel
    GrePeer,
    /// the Ethernet address of a frame that it sent itself
    Mac,
    /// an address within a VLAN
    VlanAddress,
    /// an address
    Address,
    /// a VLAN
    Vlan,
}

impl Told {
    /// Its name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Told::Teid => "teid",
            Told::GrePeer => "gre_peer",
            Told::Mac => "mac",
            Told::VlanAddress => "vlan_address",
            Told::Address => "address",
            Told::Vlan => "vlan",
        }
    }
}

/// What a packet shows of one of its ends.
#[derive(Clone, Copy, Debug)]
pub struct Marks<'a> {
    /// its address
    pub ip: IpAddr,
    /// where that is unique
    pub scope: Scope,
    /// its Ethernet address, when the frame is its own
    pub mac: Option<Mac>,
    /// the tunnels that are its own, outermost first
    pub(crate) carriers: &'a [Carrier],
}

impl Marks<'_> {
    /// Receiving end and number of its innermost GTP-U tunnel.
    pub(crate) fn teid(&self) -> Option<(IpAddr, u32)> {
        let gtp = self.carriers.iter().rev().find(|carrier| carrier.kind == TunnelKind::Gtp)?;
        Some((gtp.destination.ip, gtp.id?))
    }
}

/// The sender's Ethernet address, whoever that is.
pub(super) fn sender_mac(packet: &Packet<'_>) -> Option<Mac> {
    if packet.link != LinkType::Ethernet {
        return None;
    }
    let octets = packet.frame.get(6..12)?.try_into().ok()?;
    Some(Mac(octets)).filter(|mac| mac.is_station())
}

/// Whether one address can be a device's.
pub(crate) fn is_unicast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            !(ip.is_multicast() || ip.is_unspecified() || ip.is_broadcast() || ip.is_loopback())
        }
        IpAddr::V6(ip) => !(ip.is_multicast() || ip.is_unspecified() || ip.is_loopback()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ethernet_addresses_are_read_and_shown() {
        for text in ["02:00:5e:10:00:01", "02-00-5E-10-00-01"] {
            assert_eq!(text.parse::<Mac>().unwrap().to_string(), "02:00:5e:10:00:01");
        }
        for bad in [
            "",
            "02:00:5e:10:00",
            "02:00:5e:10:00:01:02",
            "0200.5e10.0001",
            "2:0:5e:10:0:1",
            "+2:00:5e:10:00:01",
        ] {
            assert!(bad.parse::<Mac>().is_err(), "{bad}");
        }
        assert!(!Mac([1, 0, 0x5e, 0, 0, 1]).is_station() && !Mac([0; 6]).is_station());
    }
}
