//! What a device may do: with whom it talks, how, who begins, and how much. A MUD file in memory (RFC 8520).
//!
//! Key types: [`Profile`], [`Allow`], [`Verdict`]. Neighbours: `import` and `export` (MUD files), `learn` (from a quiet week),
//! `watch/outside` (enforcement). Who is allowed to open a flow is allowed its answers.
mod export;
mod import;
mod learn;

pub use export::export;
pub use import::{ImportError, import};
pub use learn::{By, Learner};

use super::{
    contact::{Begin, Contact},
    map::Network,
};
use core::fmt;
use otori_wire::decode::protocol;

/// Entries of one profile.
pub const ALLOWS: usize = 1_024;

/// Who is at the other end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// anybody
    Any,
    /// the home networks (`local-networks`)
    Near,
    /// a host by its name, lower case
    Name(String),
    /// an address or a network
    Network(Network),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Any => f.write_str("anybody"),
            Peer::Near => f.write_str("local networks"),
            Peer::Name(name) => f.write_str(name),
            Peer::Network(network) => network.fmt(f),
        }
    }
}

/// An inclusive range of ports.
pub type Ports = (u16, u16);

/// One thing that a device may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// the other end
    pub peer: Peer,
    /// IP protocol; all without one
    pub protocol: Option<u8>,
    /// ports of the device
    pub own_ports: Option<Ports>,
    /// ports of the other end
    pub peer_ports: Option<Ports>,
    /// the device may open it
    pub from_device: bool,
    /// the other end may open it
    pub to_device: bool,
    /// bytes in an hour, from the device and to it
    pub bytes_per_hour: Option<[u64; 2]>,
}

impl Allow {
    /// Everything but the other end fits.
    fn fits(&self, contact: &Contact<'_>) -> bool {
        let ported = matches!(contact.protocol, protocol::TCP | protocol::UDP);
        let within = |ports: Option<Ports>, port| {
            ports.is_none_or(|(low, high)| ported && (low..=high).contains(&port))
        };
        let opens = if contact.opened { self.from_device } else { self.to_device };
        opens
            && self.protocol.is_none_or(|number| number == contact.protocol)
            && within(self.own_ports, contact.own.port)
            && within(self.peer_ports, contact.peer.port)
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match (self.from_device, self.to_device) {
            (true, false) => "to",
            (false, true) => "from",
            _ => "to and from",
        };
        write!(f, "{way} {}", self.peer)?;
        if let Some(number) = self.protocol {
            write!(f, " {}", super::contact::transport(number))?;
        }
        for (ports, whose) in [(self.peer_ports, "port"), (self.own_ports, "own port")] {
            match ports {
                Some((low, high)) if low == high => write!(f, " {whose} {low}")?,
                Some((low, high)) => write!(f, " {whose} {low}-{high}")?,
                None => {}
            }
        }
        match self.bytes_per_hour {
            Some([out, back]) => write!(f, ", {out} bytes out and {back} in an hour"),
            None => Ok(()),
        }
    }
}

/// What a profile says of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// allowed, by the entry at that place
    Allowed(usize),
    /// allowed to all: what every network needs
    Usual,
    /// a name is allowed, and that of the other end is not known yet
    Unknown,
    /// not allowed
    Outside,
}

/// What a device may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// its name
    pub name: String,
    /// what it is for
    pub about: String,
    /// all that it may do
    pub allows: Vec<Allow>,
}

impl Profile {
    /// Whether the profile allows the flow. An address counts before a name. Where it is not sure who opened the flow, it
    /// is enough that one of both may: a MUD file says who begins for TCP only.
    pub fn judge(&self, contact: &Contact<'_>) -> Verdict {
        if is_usual(contact) {
            return Verdict::Usual;
        }
        let verdict = self.judge_as_opened(contact);
        if verdict != Verdict::Outside || contact.begin == Begin::Clear {
            return verdict;
        }
        self.judge_as_opened(&Contact { opened: !contact.opened, ..*contact })
    }
    fn judge_as_opened(&self, contact: &Contact<'_>) -> Verdict {
        let mut open = false;
        for (place, allow) in self.allows.iter().enumerate().filter(|(_, allow)| allow.fits(contact)) {
            let found = match &allow.peer {
                Peer::Any => true,
                Peer::Near => contact.near,
                Peer::Network(network) => network.has(contact.peer.ip),
                Peer::Name(name) => {
                    // One address has many names; which is meant is known when the device tells it there.
                    open |= contact.said.is_none();
                    [contact.said, contact.found].contains(&Some(name.as_str()))
                }
            };
            if found {
                return Verdict::Allowed(place);
            }
        }
        if open { Verdict::Unknown } else { Verdict::Outside }
    }
}

/// "Local DNS and NTP are, by default, permitted to and from the Thing", RFC 8520 4; so is what a host cannot be without:
/// DHCP, IPv6's neighbour discovery, errors about its packets.
fn is_usual(contact: &Contact<'_>) -> bool {
    if contact.begin == Begin::Error {
        return true;
    }
    let ports = (contact.own.port, contact.peer.port);
    contact.near
        && match (contact.protocol, ports) {
            (protocol::ICMPV6, _) => true,
            (protocol::UDP, (67, 68) | (68, 67) | (546, 547) | (547, 546)) => true,
            (protocol::UDP, (_, 53 | 123)) => true,
            (protocol::TCP, (_, 53)) => contact.opened,
            _ => false,
        }
}

#[cfg(test)]
mod tests;
