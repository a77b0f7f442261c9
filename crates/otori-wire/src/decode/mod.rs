//! A frame's headers, named: link layer, tags and labels, IP, transport; and the packet that a tunnel carries.
//!
//! Key type: [`Packet`]; it borrows the frame and allocates nothing. Neighbour: [`crate::fragment`], which
//! gives the body of a fragmented datagram back to [`Packet::with_body`]. A tunnel's inner packet is decoded by
//! [`decode_inner`], after its carrier, so that both can be looked at.
//! Follows IEEE 802.3 and 802.1Q, RFC 791, RFC 8200, RFC 9293, RFC 768, RFC 792, RFC 4443.

mod ip;
mod link;
mod options;
mod sctp;
mod transport;
mod tunnel;

pub use ip::{Fragment, Ip, checksum};
pub use link::{LinkType, Vlans};
pub use options::TcpOptions;
pub use transport::{Transport, tcp_flag};
pub use tunnel::{Inner, TunnelKind};

use crate::anomaly::Anomalies;
use otori_event::{Endpoint, Timestamp};

/// IP protocol numbers that have a name here.
pub mod protocol {
    /// RFC 792
    pub const ICMP: u8 = 1;
    /// RFC 3376
    pub const IGMP: u8 = 2;
    /// RFC 9293
    pub const TCP: u8 = 6;
    /// RFC 768
    pub const UDP: u8 = 17;
    /// RFC 2784
    pub const GRE: u8 = 47;
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
    /// the link layer's header, tags included
    pub link_header: &'a [u8],
    /// VLAN tags, outermost first
    pub vlans: Vlans,
    /// Ethernet type of what the frame carries (0x0800, 0x86dd, 0x0806 …); 0 when unknown
    pub ether_type: u16,
    /// the IP header, if it is IP
    pub ip: Option<Ip<'a>>,
    /// transport header
    pub transport: Transport,
    /// bytes of the transport header, options included
    pub transport_header: &'a [u8],
    /// bytes behind the last header that was understood
    pub payload: &'a [u8],
    /// the packet that this one carries through a tunnel
    pub inner: Option<Inner<'a>>,
    /// tunnels around it
    pub depth: u8,
    /// it was joined from fragments
    pub joined: bool,
    /// what was wrong
    pub anomalies: Anomalies,
}

impl<'a> Packet<'a> {
    const fn bare(link: LinkType, at: Timestamp, frame: &'a [u8]) -> Self {
        Packet {
            at,
            link,
            frame,
            link_header: &[],
            vlans: Vlans::none(),
            ether_type: 0,
            ip: None,
            transport: Transport::None,
            transport_header: &[],
            payload: frame,
            inner: None,
            depth: 0,
            joined: false,
            anomalies: Anomalies::none(),
        }
    }
}

/// Names the headers of `frame`. Never fails: what is not understood is payload, what is broken an anomaly.
pub fn decode(link: LinkType, at: Timestamp, frame: &[u8]) -> Packet<'_> {
    let mut packet = Packet::bare(link, at, frame);
    link_and_up(&mut packet);
    packet
}

/// Names the headers of the packet inside a tunnel; `outer` is the packet that carries it.
pub fn decode_inner<'a>(outer: &Packet<'_>, inner: &Inner<'a>) -> Packet<'a> {
    let mut packet = Packet::bare(inner.link, outer.at, inner.bytes);
    // The carrier's tags still tell whose packet it is.
    packet.vlans = outer.vlans;
    packet.depth = outer.depth.saturating_add(1);
    link_and_up(&mut packet);
    packet
}

fn link_and_up(packet: &mut Packet<'_>) {
    let Some(body) = link::decode(packet) else { return };
    let header = packet.frame.len().saturating_sub(body.len());
    packet.link_header = packet.frame.get(..header).unwrap_or(&[]);
    packet.payload = body;
    let ip = match packet.ether_type {
        link::IPV4 => ip::decode_v4(body, &mut packet.anomalies),
        link::IPV6 => ip::decode_v6(body, &mut packet.anomalies),
        link::ARP => {
            link::check_arp(body, &mut packet.anomalies);
            None
        }
        _ => None,
    };
    if let Some(ip) = ip {
        packet.payload = ip.body;
        if ip.fragment.is_none() {
            packet.read_transport(&ip);
        }
        packet.ip = Some(ip);
    }
}

impl<'a> Packet<'a> {
    fn read_transport(&mut self, ip: &Ip<'a>) {
        let (transport, payload) = transport::decode(ip, &mut self.anomalies);
        self.transport = transport;
        self.payload = payload;
        let header = ip.body.len().saturating_sub(payload.len());
        self.transport_header = ip.body.get(..header).unwrap_or(&[]);
        self.inner = tunnel::find(ip, &self.transport, payload, &mut self.anomalies);
    }
    /// The same packet with a reassembled IP body in place of its fragment.
    pub fn with_body<'b>(&self, body: &'b [u8]) -> Packet<'b>
    where
        'a: 'b,
    {
        let mut packet: Packet<'b> = self.clone();
        if let Some(mut ip) = packet.ip.take() {
            ip.fragment = None;
            ip.body = body;
            packet.read_transport(&ip);
            packet.ip = Some(ip);
        }
        packet
    }
    /// The frame of a datagram that was joined from fragments, as one packet would have been.
    pub fn rebuilt(&self) -> Vec<u8> {
        let Some(ip) = &self.ip else { return self.frame.to_vec() };
        ip::rebuilt(self.link_header, ip)
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
