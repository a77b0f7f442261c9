//! The link layer: Ethernet with VLAN tags, bare IP, BSD loopback, Linux cooked captures.
//!
//! Key types: [`LinkType`], [`Vlans`]. IEEE 802.3, 802.1Q, 802.1ad; link types as tcpdump.org numbers them.
use super::Packet;
use crate::{cursor::Cursor, limits::VLAN_TAGS};

pub(super) const IPV4: u16 = 0x0800;
pub(super) const IPV6: u16 = 0x86dd;

/// What a frame starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkType {
    /// DLT_EN10MB, 1
    Ethernet,
    /// DLT_RAW, 12, 14, 101, 228, 229: an IP header
    Ip,
    /// DLT_NULL, 0, 108: the address family in the capturing host's byte order
    Null,
    /// DLT_LINUX_SLL, 113
    Cooked,
    /// DLT_LINUX_SLL2, 276
    Cooked2,
    /// any other; its frames are only counted
    Other(u32),
}

impl LinkType {
    /// From the number in a capture file's header.
    pub const fn from_number(number: u32) -> Self {
        match number {
            1 => LinkType::Ethernet,
            12 | 14 | 101 | 228 | 229 => LinkType::Ip,
            0 | 108 => LinkType::Null,
            113 => LinkType::Cooked,
            276 => LinkType::Cooked2,
            other => LinkType::Other(other),
        }
    }
}

/// VLAN identifiers, outermost first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Vlans {
    tags: [u16; VLAN_TAGS],
    count: u8,
}

impl Vlans {
    fn push(&mut self, tag: u16) -> bool {
        let Some(place) = self.tags.get_mut(usize::from(self.count)) else { return false };
        *place = tag & 0x0fff;
        self.count += 1;
        true
    }
    /// The identifiers.
    pub fn ids(&self) -> &[u16] {
        self.tags.get(..usize::from(self.count)).unwrap_or(&[])
    }
}

/// Reads the link layer; gives what follows it, or `None` when nothing is understood.
pub(super) fn decode<'a>(packet: &mut Packet<'a>) -> Option<&'a [u8]> {
    let mut cursor = Cursor::new(packet.frame);
    let ether_type = match packet.link {
        LinkType::Ethernet => {
            let read = cursor.skip(12).and_then(|()| cursor.u16());
            if read.is_none() {
                packet.anomalies.note("ethernet.pkt_too_small");
            }
            read?
        }
        LinkType::Ip => return bare_ip(packet, cursor),
        LinkType::Null => {
            cursor.skip(4)?;
            return bare_ip(packet, cursor);
        }
        LinkType::Cooked => cursor.skip(14).and_then(|()| cursor.u16())?,
        LinkType::Cooked2 => {
            let kind = cursor.u16()?;
            cursor.skip(18)?;
            kind
        }
        LinkType::Other(_) => return None,
    };
    tags(packet, cursor, ether_type)
}

fn bare_ip<'a>(packet: &mut Packet<'a>, cursor: Cursor<'a>) -> Option<&'a [u8]> {
    packet.ether_type = match cursor.rest().first()? >> 4 {
        4 => IPV4,
        6 => IPV6,
        _ => return None,
    };
    Some(cursor.rest())
}

fn tags<'a>(packet: &mut Packet<'a>, mut cursor: Cursor<'a>, first: u16) -> Option<&'a [u8]> {
    let mut ether_type = first;
    while matches!(ether_type, 0x8100 | 0x88a8 | 0x9100) {
        let (Some(tag), Some(next)) = (cursor.u16(), cursor.u16()) else {
            packet.anomalies.note("vlan.header_too_small");
            return None;
        };
        if !packet.vlans.push(tag) {
            packet.anomalies.note("vlan.too_many_layers");
            return None;
        }
        ether_type = next;
    }
    // PPPoE session with an IP protocol inside (RFC 2516).
    if ether_type == 0x8864 {
        cursor.skip(6)?;
        ether_type = match cursor.u16()? {
            0x0021 => IPV4,
            0x0057 => IPV6,
            _ => return None,
        };
    }
    packet.ether_type = ether_type;
    Some(cursor.rest())
}
