//! Who was spoken to: contacts with first bytes, names, URLs, counts.
//!
//! Key type: [`Ledger`]. Written by [`super::internet`], read once at the end. Many hosts on one port are a scan:
//! a few stay as examples, the rest is only counted.
use super::dns::Book;
use core::net::{IpAddr, SocketAddr};
use otori_event::report::Contact;
use otori_event::{RawText, Transport};
use std::collections::{BTreeMap, BTreeSet};

/// Contacts that are kept while it runs.
const CONTACTS_MAX: usize = 10_000;
/// First bytes of a contact that are kept.
const FIRST_BYTES_MAX: usize = 256;
/// From this many hosts on one port on it is a scan.
pub(crate) const SCAN_HOSTS: usize = 8;
/// Hosts of a scan that stay in the report.
const SCAN_EXAMPLES: usize = 16;
/// Hosts that are counted per port.
const SCAN_COUNTED_MAX: usize = 65_536;

/// One peer, port and URL.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    remote: SocketAddr,
    transport: Transport,
    application: &'static str,
    url: Option<String>,
    bytes_out: u64,
    bytes_in: u64,
    first_bytes: Vec<u8>,
    count: u64,
}

type Key = (Transport, SocketAddr, Option<String>);

/// Everything that went out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    entries: Vec<Entry>,
    index: BTreeMap<Key, usize>,
    hosts: BTreeMap<(Transport, u16), BTreeSet<IpAddr>>,
    pub(crate) book: Book,
}

impl Ledger {
    /// Counts one connection or datagram; `None` when the table is full.
    pub(crate) fn contact(&mut self, transport: Transport, remote: SocketAddr) -> Option<usize> {
        let hosts = self.hosts.entry((transport, remote.port())).or_default();
        if hosts.len() < SCAN_COUNTED_MAX {
            hosts.insert(remote.ip());
        }
        let at = self.entry((transport, remote, None))?;
        if let Some(entry) = self.entries.get_mut(at) {
            entry.count += 1;
        }
        Some(at)
    }

    fn entry(&mut self, key: Key) -> Option<usize> {
        if let Some(at) = self.index.get(&key) {
            return Some(*at);
        }
        if self.entries.len() >= CONTACTS_MAX {
            return None;
        }
        let (transport, remote, url) = key.clone();
        let application = by_port(transport, remote.port());
        let (bytes_out, bytes_in, first_bytes, count) = (0, 0, Vec::new(), 0);
        self.entries.push(Entry {
            remote,
            transport,
            application,
            url,
            bytes_out,
            bytes_in,
            first_bytes,
            count,
        });
        self.index.insert(key, self.entries.len() - 1);
        Some(self.entries.len() - 1)
    }

    pub(crate) fn sent(&mut self, at: Option<usize>, bytes: &[u8]) {
        let Some(entry) = at.and_then(|at| self.entries.get_mut(at)) else { return };
        let room = FIRST_BYTES_MAX.saturating_sub(entry.first_bytes.len());
        entry.first_bytes.extend(bytes.iter().take(room));
        entry.bytes_out += bytes.len() as u64;
    }
    pub(crate) fn answered(&mut self, at: Option<usize>, length: usize) {
        if let Some(entry) = at.and_then(|at| self.entries.get_mut(at)) {
            entry.bytes_in += length as u64;
        }
    }
    pub(crate) fn application(&mut self, at: Option<usize>, application: &'static str) {
        if let Some(entry) = at.and_then(|at| self.entries.get_mut(at)) {
            entry.application = application;
        }
    }
    /// The contact turned out to ask for a URL: it moves to that URL's entry, with what it has sent so far.
    pub(crate) fn asked_for(&mut self, at: Option<usize>, url: String, request: &[u8]) -> Option<usize> {
        let from = at?;
        let (transport, remote) = self.entries.get(from).map(|entry| (entry.transport, entry.remote))?;
        let to = self.entry((transport, remote, Some(url)))?;
        if let Some(entry) = self.entries.get_mut(from) {
            entry.count = entry.count.saturating_sub(1);
            entry.bytes_out = entry.bytes_out.saturating_sub(request.len() as u64);
            if entry.count == 0 {
                entry.first_bytes.clear();
            }
        }
        self.application(Some(to), "http");
        if let Some(entry) = self.entries.get_mut(to) {
            entry.count += 1;
        }
        self.sent(Some(to), request);
        Some(to)
    }

    /// Ports on which many hosts were tried: transport, port, hosts.
    pub(crate) fn scans(&self) -> Vec<(Transport, u16, usize)> {
        let many = self.hosts.iter().filter(|(_, hosts)| hosts.len() >= SCAN_HOSTS);
        many.map(|((transport, port), hosts)| (*transport, *port, hosts.len())).collect()
    }

    /// The contacts in the order of first sight, scans shortened. `first_ns` tells when one was seen first.
    pub(crate) fn contacts(&self, first_ns: impl Fn(Transport, SocketAddr) -> u64) -> Vec<Contact> {
        let scans: BTreeSet<(Transport, u16)> =
            self.scans().into_iter().map(|scan| (scan.0, scan.1)).collect();
        let mut examples: BTreeMap<(Transport, u16), usize> = BTreeMap::new();
        let mut out = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.count > 0) {
            let port = (entry.transport, entry.remote.port());
            let name = match entry.remote.ip() {
                IpAddr::V4(address) => self.book.name_of(address).map(str::to_owned),
                IpAddr::V6(_) => None,
            };
            if name.is_none() && scans.contains(&port) {
                let shown = examples.entry(port).or_default();
                *shown += 1;
                if *shown > SCAN_EXAMPLES {
                    continue;
                }
            }
            out.push(Contact {
                remote: entry.remote.into(),
                transport: entry.transport,
                application: entry.application.into(),
                name,
                url: entry.url.clone(),
                bytes_out: entry.bytes_out,
                bytes_in: entry.bytes_in,
                first_bytes: RawText::new(&entry.first_bytes),
                count: entry.count,
                first_ns: first_ns(entry.transport, entry.remote),
            });
        }
        out
    }
}

/// What usually speaks there; the bytes may say otherwise.
fn by_port(transport: Transport, port: u16) -> &'static str {
    match (transport, port) {
        (Transport::Tcp | Transport::Udp, 53) => "dns",
        (Transport::Tcp, 21) => "ftp",
        (Transport::Tcp, 22) => "ssh",
        (Transport::Tcp, 23 | 2323) => "telnet",
        (Transport::Tcp, 25) => "smtp",
        (Transport::Udp, 69) => "tftp",
        (Transport::Udp, 123) => "ntp",
        (Transport::Udp, 1900) => "ssdp",
        _ => "unknown",
    }
}
