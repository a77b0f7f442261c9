//! Who is at the guarded end of a flow: identity, what is known of each device, and what is wrong with it.
//!
//! Key types: [`Devices`] (shared by all workers), [`Device`], [`Label`] (its names), [`Ends`] (kept with a flow). A flow
//! asks once, with its first packet; then it tells what happens. Neighbours: `map` (the mapping file), `identity` (marks and
//! keys), `station` (whose Ethernet address it is), `table` (the bound), `inventory`, `watch`, `names`, `login`.
pub mod contact;
mod ends;
pub mod identity;
pub mod inventory;
mod lately;
mod login;
pub mod map;
mod names;
pub mod profile;
mod station;
mod table;
mod tell;
pub mod watch;

use crate::engine::Carrier;
use contact::{Begin, Contact, Happening};
use core::{
    net::IpAddr,
    sync::atomic::{AtomicI64, Ordering::Relaxed},
};
use identity::{Marks, Scope, Told, is_unicast, sender_mac};
use inventory::Inventory;
use map::{Entry, Map};
use names::Names;
use otori_event::{Endpoint, Timestamp};
use otori_rule::{Rule, address::AddressSet};
use otori_wire::{
    Direction, Packet, Transaction,
    decode::{Transport, tcp_flag},
    proto::dns::Message,
};
use serde_json::{Map as Object, Value};
use station::Stations;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use table::Table;
use watch::{Actions, Watches};

pub use ends::Ends;
pub(crate) use ends::{FlowEnds, Story};
pub(crate) use names::plain as plain_name;
pub use table::DEVICES;

/// Devices that had to go and are not written down yet.
const GONE: usize = 4_096;
/// Devices that get their new names while packets wait.
const RENAMED_AT_ONCE: usize = 64;
/// The record of a device that does something is written once in that time, and at the end.
const RECORD_NS: i64 = 3_600_000_000_000;

/// A device's names.
#[derive(Clone, Debug)]
pub struct Label {
    /// its name in the mapping file, else what told it
    pub id: String,
    /// what told it
    pub told: Told,
    /// what the mapping file says of it
    pub entry: Option<Arc<Entry>>,
}

impl Label {
    /// Its name in the mapping file.
    pub fn name(&self) -> Option<&str> {
        self.entry.as_ref()?.name.as_deref()
    }
    /// Its groups.
    pub fn groups(&self) -> &[String] {
        self.entry.as_ref().map_or(&[], |entry| &entry.groups)
    }
    /// Its SIM.
    pub fn sim(&self) -> Option<&str> {
        self.entry.as_ref()?.sim.as_deref()
    }
    /// Its IMSI.
    pub fn imsi(&self) -> Option<&str> {
        self.entry.as_ref()?.imsi.as_deref()
    }
}

/// One device.
pub struct Device {
    label: RwLock<Arc<Label>>,
    last_at: AtomicI64,
    /// nothing when it was forgotten while its flows go on
    state: Mutex<Option<Box<State>>>,
}

/// What is known of a device.
#[derive(Default)]
struct State {
    inventory: Inventory,
    names: Names,
    watches: Watches,
    written_at: Option<Timestamp>,
}

impl Device {
    fn new(label: Label, at: Timestamp) -> Device {
        let label = RwLock::new(Arc::new(label));
        Device { label, last_at: AtomicI64::new(at.0), state: Mutex::new(Some(Box::default())) }
    }
    /// Its names as they are now: a new mapping file may change them.
    pub fn label(&self) -> Arc<Label> {
        self.label.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// When it was last seen.
    pub fn last_at(&self) -> Timestamp {
        Timestamp(self.last_at.load(Relaxed))
    }
    fn touch(&self, at: Timestamp) {
        self.last_at.fetch_max(at.0, Relaxed);
    }
    fn state(&self) -> MutexGuard<'_, Option<Box<State>>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// What is known of it, as members of EVE's `device` record.
    pub(crate) fn inventory(
        &self,
        label: &Label,
        time: &dyn Fn(Timestamp) -> String,
    ) -> Object<String, Value> {
        self.state().as_ref().map_or_else(Object::new, |state| state.inventory.json(label, time))
    }
    /// Nothing is known of it from now on, though its flows may go on.
    pub(crate) fn retire(&self) {
        *self.state() = None;
    }
    /// It is time to write its record; says so once in [`RECORD_NS`].
    pub(crate) fn is_due(&self, at: Timestamp) -> bool {
        let mut state = self.state();
        let Some(state) = state.as_deref_mut() else { return false };
        let due = at.since_ns(*state.written_at.get_or_insert(at)) >= RECORD_NS;
        if due {
            state.written_at = Some(at);
        }
        due
    }
    /// The name by which it found an address.
    pub(crate) fn name_of(&self, ip: IpAddr) -> Option<Arc<str>> {
        self.state().as_mut()?.names.of(ip)
    }
    /// A whole transaction of one of its flows, in which it sends in direction `own`.
    pub(crate) fn learn(&self, transaction: &Transaction, own: Direction, at: Timestamp) {
        let mut state = self.state();
        let Some(state) = state.as_deref_mut() else { return };
        state.inventory.learn(transaction, own);
        if own == Direction::ToServer
            && transaction.protocol == otori_wire::proto::ProtocolId::Dns
            && let Some(message) = transaction.detail_of::<Message>().filter(|message| message.is_response())
        {
            state.names.learn(message, at);
        }
    }
    /// Something has happened in one of its flows; tells the rules that the findings are.
    pub(crate) fn see(
        &self,
        contact: &Contact<'_>,
        happening: &Happening<'_>,
        actions: &Actions,
        tell: &mut dyn FnMut(Arc<Rule>),
    ) {
        self.touch(contact.at);
        let mut state = self.state();
        let Some(state) = state.as_deref_mut() else { return };
        state.inventory.take(contact, happening);
        let label = self.label();
        let entry = label.entry.as_deref();
        let bound = entry.is_some_and(|entry| entry.profile.is_some());
        // Who comes late with an answer is known by the name under which it was asked.
        let late = bound && contact.name().is_none() && !contact.opened && contact.begin == Begin::Loose;
        let name = late.then(|| state.names.of(contact.peer.ip)).flatten();
        let named = Contact { found: contact.found.or(name.as_deref()), ..*contact };
        state.watches.see((&named, happening), actions, entry, tell);
    }
    fn rename(&self, label: Label) {
        *self.label.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(label);
    }
}

/// What workers share.
struct Shared {
    home: AddressSet,
    map: RwLock<Arc<Map>>,
    known: Mutex<Known>,
}

struct Known {
    table: Table,
    stations: Stations,
    gone: Vec<Arc<Device>>,
}

/// All devices; clones are the same.
#[derive(Clone)]
pub struct Devices {
    shared: Arc<Shared>,
}

impl Devices {
    /// None yet. Devices are in `home`, or the mapping file tells them.
    pub fn new(home: AddressSet, map: Map) -> Devices {
        Devices::with_limit(home, map, DEVICES)
    }
    /// The same, with so many at a time.
    pub fn with_limit(home: AddressSet, map: Map, limit: usize) -> Devices {
        let known = Known { table: Table::new(limit), stations: Stations::default(), gone: Vec::new() };
        let map = RwLock::new(Arc::new(map));
        Devices { shared: Arc::new(Shared { home, map, known: Mutex::new(known) }) }
    }
    /// Devices at the moment.
    pub fn len(&self) -> usize {
        self.known().table.len()
    }
    /// No device is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Whether an address is in the home networks.
    pub(crate) fn is_near(&self, ip: IpAddr) -> bool {
        self.shared.home.has(ip)
    }
    /// What is known of each device at `at`: lines of the log, in the order of the names.
    pub fn records(&self, at: Timestamp) -> Vec<Value> {
        self.all().iter().map(|(_, device)| crate::eve::device::record(at, device).into()).collect()
    }
    /// Devices that had to go since the last call.
    pub(crate) fn take_gone(&self) -> Vec<Arc<Device>> {
        core::mem::take(&mut self.known().gone)
    }
    /// All devices, in the order of their names.
    pub(crate) fn all(&self) -> Vec<(Arc<Label>, Arc<Device>)> {
        let known = self.known();
        let mut all: Vec<_> =
            known.table.devices().map(|(_, device)| (device.label(), device.clone())).collect();
        drop(known);
        all.sort_by(|(one, _), (other, _)| one.id.cmp(&other.id));
        all
    }
    fn known(&self) -> MutexGuard<'_, Known> {
        self.shared.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// The mapping file as it is now.
    pub(crate) fn map(&self) -> Arc<Map> {
        self.shared.map.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Takes a new mapping file while packets flow; devices keep what is known of them under their new names.
    pub fn replace(&self, map: Map) {
        let map = Arc::new(map);
        *self.shared.map.write().unwrap_or_else(PoisonError::into_inner) = map.clone();
        // A few at a time, so that packets do not wait for all.
        let places = self.known().table.places();
        for start in (0..places).step_by(RENAMED_AT_ONCE) {
            let mut known = self.known();
            let Known { table, gone, .. } = &mut *known;
            for place in start..places.min(start + RENAMED_AT_ONCE as u32) {
                table.rename(place, &map, gone);
            }
        }
    }

    /// A packet that may say which Ethernet address belongs to whom.
    pub(crate) fn claim(&self, packet: &Packet<'_>) {
        if let Some((mac, ip)) = station::claim(packet) {
            self.known().stations.claim(mac, ip);
        }
    }

    /// The devices at the ends of a flow that opens with this packet, which goes in `direction`.
    pub(crate) fn ends(
        &self,
        ends: (Endpoint, Endpoint),
        direction: Direction,
        packet: &Packet<'_>,
        carriers: &[Carrier],
    ) -> Ends {
        let map = self.map();
        let mut known = self.known();
        let mut one = |place| self.end(&map, &mut known, (ends, place), (packet, direction, carriers));
        let (client, server) = (one(Direction::ToServer), one(Direction::ToClient));
        drop(known);
        let found = client.as_ref().and_then(|device| device.name_of(ends.1.ip));
        let begin = begin_of(packet);
        let story = Story { found, begin, told_at: packet.at, ..Story::default() };
        Ends { client, server, story }
    }

    /// The device that answers with this packet, if it is known from now on.
    pub(crate) fn answering(
        &self,
        ends: (Endpoint, Endpoint),
        packet: &Packet<'_>,
        carriers: &[Carrier],
    ) -> Option<Arc<Device>> {
        let (map, mut known) = (self.map(), self.known());
        let way = Direction::ToClient;
        self.end(&map, &mut known, (ends, way), (packet, way, carriers))
    }

    /// The device at the end that sends in direction `place`. Who has sent nothing yet and has no name is nobody: whoever tries
    /// all addresses of a network would fill the table.
    fn end(
        &self,
        map: &Map,
        known: &mut Known,
        ((client, server), place): ((Endpoint, Endpoint), Direction),
        (packet, direction, carriers): (&Packet<'_>, Direction, &[Carrier]),
    ) -> Option<Arc<Device>> {
        let end = if place == Direction::ToServer { client } else { server };
        let home = [client, server].map(|end| self.shared.home.has(end.ip));
        // Who asks for an address by DHCP has none yet.
        let asks = end.ip.is_unspecified() && (client.port, server.port) == (68, 67);
        let carries = packet.inner.is_some();
        // A tunnel's own packets are nobody's, unless the file names their ends.
        if !(is_unicast(end.ip) || asks) || (map.is_empty() && (carries || !(home[place.index()] || asks))) {
            return None;
        }
        let sends = place == direction;
        let mac = packet.ip.as_ref().filter(|_| sends).and_then(|ip| {
            let mac = sender_mac(packet)?;
            known.stations.is_own(mac, (end.ip, asks || home[place.index()]), ip.ttl).then_some(mac)
        });
        // The tunnel is that of the guarded end; of two, or of none, that of who sends.
        let tunnelled = if home[0] == home[1] { sends } else { home[place.index()] };
        let own = if tunnelled { carriers } else { &[] };
        let marks = Marks { ip: end.ip, scope: Scope::of(packet, carriers), mac, carriers: own };
        let entry = map.find(&marks);
        let counts = entry.is_some() || (home[place.index()] && !carries) || (asks && mac.is_some());
        let makes = sends || entry.is_some_and(|(entry, _)| entry.name.is_some());
        let Known { table, gone, .. } = known;
        if counts { table.take(&marks, entry, packet.at, makes, gone) } else { None }
    }
}

/// RFC 792 and RFC 4443: errors are about a packet that they carry.
const fn begin_of(packet: &Packet<'_>) -> Begin {
    match packet.transport {
        Transport::Tcp { flags, .. } if flags & tcp_flag::SYN != 0 => Begin::Clear,
        Transport::Icmp { kind: 3 | 4 | 5 | 11 | 12, .. } if !is_v6(packet) => Begin::Error,
        Transport::Icmp { kind: 1..=4, .. } if is_v6(packet) => Begin::Error,
        _ => Begin::Loose,
    }
}

const fn is_v6(packet: &Packet<'_>) -> bool {
    packet.ether_type == 0x86dd
}

#[cfg(test)]
pub(crate) mod frames;
#[cfg(test)]
mod tests;
