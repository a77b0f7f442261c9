//! What a flow shows of a device: with whom it talks, and what has happened.
//!
//! Key types: [`Contact`], [`Happening`], [`Login`]. The engine makes them; `inventory` and `watch` take them.
use super::identity::is_unicast;
use core::net::IpAddr;
use otori_event::{Endpoint, Timestamp};
use otori_wire::decode::protocol;

/// What the first packet of a flow says of who opened it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// TCP with its SYN
    #[default]
    Clear,
    /// anything else: an answer may come so late that it looks like a beginning
    Loose,
    /// an error message of ICMP, about another flow
    Error,
}

/// A flow, seen from one device.
#[derive(Clone, Copy, Debug)]
pub struct Contact<'a> {
    /// now
    pub at: Timestamp,
    /// when the flow began
    pub started_at: Timestamp,
    /// the device opened it
    pub opened: bool,
    /// how far that is sure
    pub begin: Begin,
    /// the device's end
    pub own: Endpoint,
    /// the other end
    pub peer: Endpoint,
    /// the other end is in the home networks
    pub near: bool,
    /// IP protocol
    pub protocol: u8,
    /// the other side has answered
    pub answered: bool,
    /// the application, as far as it is known
    pub application: Option<&'static str>,
    /// name of the other end, as the device has told it there (TLS, HTTP, QUIC)
    pub said: Option<&'a str>,
    /// name of the other end, as the device has found its address (DNS)
    pub found: Option<&'a str>,
    /// bytes of frames from the device and to it, so far
    pub bytes: [u64; 2],
    /// packets from the device and to it, so far
    pub packets: [u64; 2],
}

impl Contact<'_> {
    /// The port that tells the service.
    pub const fn service(&self) -> u16 {
        if self.opened { self.peer.port } else { self.own.port }
    }
    /// The other end is one station.
    pub fn is_single(&self) -> bool {
        // The last address of most networks is their broadcast address.
        let last = matches!(self.peer.ip, IpAddr::V4(ip) if ip.octets()[3] == 255);
        is_unicast(self.peer.ip) && !last
    }
    /// Name of the other end.
    pub const fn name(&self) -> Option<&str> {
        match self.said {
            Some(name) => Some(name),
            None => self.found,
        }
    }
    /// Name or address of the other end.
    pub fn peer_text(&self) -> String {
        self.name().map_or_else(|| self.peer.ip.to_string(), str::to_owned)
    }
    /// `tcp`, `udp`, `icmp` or a number.
    pub fn transport(&self) -> String {
        transport(self.protocol)
    }
}

/// Name of an IP protocol.
pub fn transport(number: u8) -> String {
    match number {
        protocol::TCP => "tcp".into(),
        protocol::UDP => "udp".into(),
        protocol::ICMP => "icmp".into(),
        protocol::ICMPV6 => "icmp6".into(),
        protocol::SCTP => "sctp".into(),
        other => other.to_string(),
    }
}

/// How a log-in ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// it was let in
    Accepted,
    /// it was not
    Refused,
    /// nothing was said
    Unknown,
}

/// A log-in in clear text.
#[derive(Clone, Copy, Debug)]
pub struct Login<'a> {
    /// `telnet`, `ftp`, `http` …
    pub service: &'static str,
    /// who
    pub user: &'a [u8],
    /// with what; `None` when it was not sent in clear text
    pub secret: Option<&'a [u8]>,
    /// and then
    pub outcome: Outcome,
}

/// What has happened in a flow.
#[derive(Clone, Copy, Debug)]
pub enum Happening<'a> {
    /// its first packet
    Opened,
    /// the first answer
    Answered,
    /// the name of the other end is known, or another one than before
    Named,
    /// more packets and bytes, from the device and to it, since the last time
    Progress {
        /// packets
        packets: [u64; 2],
        /// bytes of frames
        bytes: [u64; 2],
    },
    /// somebody has asked for a name
    Asked {
        /// as it was sent
        name: &'a [u8],
    },
    /// somebody has logged in, or tried to
    Login(Login<'a>),
    /// a rule has matched
    Alert {
        /// what it says
        message: &'a str,
        /// in a packet from the device
        from_device: bool,
        /// it is about bad places or what infected devices do, not about an attempt
        infected: bool,
    },
    /// it is over
    Closed,
}
