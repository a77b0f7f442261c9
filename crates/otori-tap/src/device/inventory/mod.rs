//! What a device is and does: addresses, names it gives itself, applications, servers it talks to, ports it serves.
//!
//! Key type: [`Inventory`]. Neighbours: `clue` (what messages say of it), `model` (what it may be), `show` (JSON and table).
mod clue;
mod model;
mod show;

pub use show::table;

use super::{
    contact::{Contact, Happening},
    identity::Mac,
    lately::{Few, Lately},
};
use core::net::IpAddr;
use otori_event::Timestamp;
use std::sync::Arc;

/// Addresses of one device that are remembered.
const ADDRESSES: usize = 8;
/// Names that it gives itself, of each kind.
const TEXTS: usize = 8;
/// Bytes of one of them.
const TEXT_BYTES: usize = 160;
/// Applications.
const APPLICATIONS: usize = 32;
/// Servers that it talks to.
const SERVERS: usize = 64;
/// Ports that it serves.
const PORTS: usize = 32;
/// Clients of one such port.
const CLIENTS: usize = 8;

/// How much: flows, and bytes from the device and to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// flows
    pub flows: u64,
    /// bytes of frames
    pub bytes: [u64; 2],
}

impl Use {
    const fn add(&mut self, bytes: [u64; 2]) {
        self.flows += 1;
        self.bytes = [self.bytes[0] + bytes[0], self.bytes[1] + bytes[1]];
    }
}

/// Whom a device talks to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// by the name that it asked for
    Name(Arc<str>),
    /// by address
    Address(IpAddr),
}

/// A service, on another machine or on its own.
#[derive(Clone, Debug, Default)]
struct Served {
    application: Option<&'static str>,
    amount: Use,
    clients: Few<IpAddr>,
}

/// What is known of one device.
#[derive(Default)]
pub struct Inventory {
    /// first packet
    pub first_at: Timestamp,
    /// latest packet
    pub last_at: Timestamp,
    /// its Ethernet address
    pub mac: Option<Mac>,
    /// its addresses, the latest last
    pub addresses: Few<IpAddr>,
    /// what it says of itself: kind of clue and text
    clues: Few<(&'static str, String)>,
    applications: Lately<&'static str, Use>,
    servers: Lately<(Peer, u8, u16), Served>,
    ports: Lately<(u8, u16), Served>,
    amount: Use,
    alerts: u64,
}

impl Inventory {
    /// The device has sent or got a packet with these marks.
    pub fn seen(&mut self, ip: IpAddr, mac: Option<Mac>, at: Timestamp) {
        if self.first_at == Timestamp(0) {
            self.first_at = at;
        }
        self.last_at = self.last_at.max(at);
        self.mac = mac.or(self.mac);
        if !ip.is_unspecified() {
            self.addresses.add(ip, ADDRESSES);
        }
    }
    /// It says something of itself; controls and what is beyond the bound are left out.
    fn clue(&mut self, kind: &'static str, text: &[u8]) {
        let text = String::from_utf8_lossy(text.get(..text.len().min(TEXT_BYTES)).unwrap_or(text));
        let text: String = text.chars().filter(|character| !character.is_control()).collect();
        let text = text.trim();
        if !text.is_empty() {
            let of_kind = self.clues.iter().filter(|(have, _)| *have == kind).count();
            if of_kind < TEXTS {
                self.clues.add((kind, text.to_owned()), TEXTS * clue::KINDS);
            }
        }
    }
    /// Something has happened in one of its flows.
    pub fn take(&mut self, contact: &Contact<'_>, happening: &Happening<'_>) {
        self.last_at = self.last_at.max(contact.at);
        match happening {
            Happening::Alert { .. } => self.alerts += 1,
            Happening::Closed => self.closed(contact),
            _ => {}
        }
    }
    fn closed(&mut self, contact: &Contact<'_>) {
        self.amount.add(contact.bytes);
        if let Some(application) = contact.application {
            self.applications.entry(application, contact.at, APPLICATIONS).add(contact.bytes);
        }
        if !contact.answered || !contact.is_single() {
            return;
        }
        let key = (contact.protocol, contact.service());
        let served = if contact.opened {
            let peer = match contact.name() {
                Some(name) => Peer::Name(name.into()),
                None => Peer::Address(contact.peer.ip),
            };
            self.servers.entry((peer, key.0, key.1), contact.at, SERVERS)
        } else {
            self.ports.entry(key, contact.at, PORTS)
        };
        served.application = contact.application.or(served.application);
        served.amount.add(contact.bytes);
        if !contact.opened {
            served.clients.add(contact.peer.ip, CLIENTS);
        }
    }
}
