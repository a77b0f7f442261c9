//! A frame's headers, named: link layer, VLAN tags, IP, transport.
//!
//! Key type: [`Packet`]; it borrows the frame and allocates nothing. Neighbour: [`crate::fragment`], which
//! gives the body of a fragmented datagram back to [`Packet::with_body`].
//! Follows IEEE 802.3 and 802.1Q, RFC 791, RFC 8200, RFC 9293, RFC 768, RFC 792, RFC 4443.

mod ip;
mod link;
mod transport;

pub use ip::{Fragment, Ip};
pub use link::{LinkType, Vlans};
pub use transport::{Transport, tcp_flag};

use crate::anomaly::Anomalies;
use otori_event::{Endpoint, Timestamp};

/// IP protocol numbers that have a name here.
pub mod protocol {
    /// RFC 792
    pub const ICMP: u8 = 1;
    /// RFC 9293
    pub const TCP: u8 = 6;
    /// RFC 768
    pub const UDP: u8 = 17;
    /// RFC 4443
    pub const ICMPV6: u8 = 58;
    /// RFC 9260
    pub const SCTP: u8 = 132;
}

/// One frame and what its headers say.
#[derive(Clone, Debug)]
pub struct Packet<'a> {
    /// when it was seen
    pub at: Timestamp,
    /// what the frame starts with
    pub link: LinkType,
    /// the whole frame
    pub frame: &'a [u8],
    /// VLAN tags, outermost first
    pub vlans: Vlans,
    /// Ethernet type of what the frame carries (0x0800, 0x86dd, 0x0806 …); 0 when unknown
    pub ether_type: u16,
    /// the IP header, if it is IP
    pub ip: Option<Ip<'a>>,
    /// transport header
    pub transport: Transport,
    /// bytes behind the last header that was understood
    pub payload: &'a [u8],
    /// what was wrong
    pub anomalies: Anomalies,
}

/// Names the headers of `frame`. Never fails: what is not understood is payload, what is broken an anomaly.
pub fn decode(link: LinkType, at: Timestamp, frame: &[u8]) -> Packet<'_> {
    let mut packet = Packet {
        at,
        link,
        frame,
        vlans: Vlans::default(),
        ether_type: 0,
        ip: None,
        transport: Transport::None,
        payload: frame,
        anomalies: Anomalies::default(),
    };
    let Some(body) = link::decode(&mut packet) else { return packet };
    packet.payload = body;
    let ip = match packet.ether_type {
        link::IPV4 => ip::decode_v4(body, &mut packet.anomalies),
        link::IPV6 => ip::decode_v6(body, &mut packet.anomalies),
        _ => None,
    };
    if let Some(ip) = ip {
        packet.payload = ip.body;
        if ip.fragment.is_none() {
            let (transport, payload) = transport::decode(ip.protocol, ip.body, &mut packet.anomalies);
            packet.transport = transport;
            packet.payload = payload;
        }
        packet.ip = Some(ip);
    }
    packet
}

impl<'a> Packet<'a> {
    /// The same packet with a reassembled IP body in place of its fragment.
    pub fn with_body<'b>(&self, body: &'b [u8]) -> Packet<'b>
    where
        'a: 'b,
    {
        let mut packet: Packet<'b> = self.clone();
        if let Some(ip) = packet.ip.as_mut() {
            ip.fragment = None;
            ip.body = body;
            let (transport, payload) = transport::decode(ip.protocol, body, &mut packet.anomalies);
            packet.transport = transport;
            packet.payload = payload;
        }
        packet
    }
    /// Source port, 0 where the transport has none.
    pub fn source_port(&self) -> u16 {
        self.transport.ports().0
    }
    /// Destination port, 0 where the transport has none.
    pub fn destination_port(&self) -> u16 {
        self.transport.ports().1
    }
    /// Who sent it and to whom; `None` when it is not IP.
    pub fn endpoints(&self) -> Option<(Endpoint, Endpoint)> {
        let ip = self.ip.as_ref()?;
        let (source, destination) = self.transport.ports();
        Some((Endpoint { ip: ip.source, port: source }, Endpoint { ip: ip.destination, port: destination }))
    }
}

#[cfg(test)]
mod tests;
