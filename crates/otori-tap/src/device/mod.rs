//! Who is at the guarded end of a flow: identity, and what is known of each device.
//!
//! Key types: [`Devices`] (shared by all workers), [`Device`], [`Label`] (its names), [`Ends`] (kept with a flow). A flow
//! asks once, with its first packet. Neighbours: `map` (the mapping file), `identity` (marks and keys), `station` (whose
//! Ethernet address it is), `table` (the bound).
pub mod identity;
pub mod map;
mod station;
mod table;

use crate::engine::Carrier;
use core::{
    net::IpAddr,
    sync::atomic::{AtomicI64, Ordering::Relaxed},
};
use identity::{Key, Marks, Scope, Told, is_unicast, sender_mac};
use map::{Entry, Map};
use otori_event::{Endpoint, Timestamp};
use otori_rule::address::AddressSet;
use otori_wire::{Direction, Packet, TunnelKind};
use station::Stations;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use table::Table;

pub use table::DEVICES;

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
}

impl Device {
    fn new(label: Label, at: Timestamp) -> Device {
        Device { label: RwLock::new(Arc::new(label)), last_at: AtomicI64::new(at.0) }
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
    fn rename(&self, label: Label) {
        *self.label.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(label);
    }
}

/// The devices at the ends of a flow.
#[derive(Clone, Default)]
pub struct Ends {
    /// who opened it
    pub client: Option<Arc<Device>>,
    /// the other side
    pub server: Option<Arc<Device>>,
}

impl Ends {
    /// The device that the flow is counted for, and the direction in which it sends: between two devices, who opened it.
    pub fn subject(&self) -> Option<(&Arc<Device>, Direction)> {
        let client = self.client.as_ref().map(|device| (device, Direction::ToServer));
        client.or_else(|| self.server.as_ref().map(|device| (device, Direction::ToClient)))
    }
    /// The names of that device.
    pub fn label(&self) -> Option<Arc<Label>> {
        self.subject().map(|(device, _)| device.label())
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
        let known = Known { table: Table::new(limit), stations: Stations::default() };
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
    fn known(&self) -> MutexGuard<'_, Known> {
        self.shared.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn map(&self) -> Arc<Map> {
        self.shared.map.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Takes a new mapping file while packets flow; devices keep what is known of them under their new names.
    pub fn replace(&self, map: Map) {
        let map = Arc::new(map);
        *self.shared.map.write().unwrap_or_else(PoisonError::into_inner) = map.clone();
        let mut known = self.known();
        let table = &mut known.table;
        let all: Vec<_> = table.devices().map(|(place, device)| (place, device.clone())).collect();
        for (place, device) in all {
            let keys = table.keys(place);
            let scope = keys
                .iter()
                .rev()
                .find_map(|key| if let Key::Address(scope, _) = key { Some(*scope) } else { None });
            let found = keys.iter().rev().filter_map(|key| entry_of(&map, key, scope.unwrap_or_default()));
            let found = found.min_by_key(|(entry, told)| (entry.name.is_none(), *told));
            match found {
                Some((entry, told)) => {
                    let name = entry.name.clone();
                    // Two that were apart may be one now: the other one goes on under the name.
                    let taken = name.clone().and_then(|name| table.find(&Key::Name(name)));
                    if taken.is_none_or(|other| other == place) {
                        device.rename(label(&entry, told, &device.label().id));
                        name.into_iter().for_each(|name| table.bind(place, Key::Name(name)));
                    }
                }
                None if device.label().entry.is_some() => {
                    let told = table.keys(place).iter().rev().find_map(own_name);
                    let (id, told) = told.unwrap_or_else(|| (device.label().id.clone(), Told::Address));
                    device.rename(Label { id, told, entry: None });
                }
                None => {}
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
        (client, server): (Endpoint, Endpoint),
        direction: Direction,
        packet: &Packet<'_>,
        carriers: &[Carrier],
    ) -> Ends {
        let home = [client, server].map(|end| self.shared.home.has(end.ip));
        let sends = direction.index();
        // The tunnel is that of the guarded end; of two, or of none, that of who sends.
        let tunnelled = if home[0] == home[1] { sends } else { usize::from(home[1]) };
        let map = self.map();
        let mut known = self.known();
        let mut one = |place: usize, end: Endpoint| {
            // A tunnel's own packets are nobody's, unless the file names their ends.
            if !is_unicast(end.ip) || (packet.inner.is_some() && map.is_empty()) {
                return None;
            }
            let sent = packet.ip.as_ref().filter(|_| place == sends);
            let mac = sent.and_then(|ip| {
                let mac = sender_mac(packet)?;
                known.stations.is_own(mac, end.ip, ip.ttl).then_some(mac)
            });
            let own = if place == tunnelled { carriers } else { &[] };
            let marks = Marks { ip: end.ip, scope: Scope::of(packet, carriers), mac, carriers: own };
            let entry = map.find(&marks);
            let counts = entry.is_some() || (home[place] && packet.inner.is_none());
            counts.then(|| known.table.take(&marks, entry, packet.at))
        };
        let (client, server) = (one(0, client), one(1, server));
        Ends { client, server }
    }
}

impl Table {
    /// Finds the device with these marks, or makes it.
    fn take(&mut self, marks: &Marks<'_>, entry: Option<(&Arc<Entry>, Told)>, at: Timestamp) -> Arc<Device> {
        let name = entry.and_then(|(entry, _)| entry.name.clone()).map(Key::Name);
        let teid = marks.teid().map(|(ip, teid)| Key::Teid(ip, teid));
        let mac = marks.mac.map(Key::Mac);
        let address = Key::Address(marks.scope, marks.ip);
        let named = name.as_ref().and_then(|key| self.find(key));
        let by_mac = mac.as_ref().and_then(|key| self.find(key));
        // Who was known by address alone is the one that now shows its Ethernet address or its name.
        let by_address = self.find(&address).filter(|place| {
            let keys = self.keys(*place);
            let other_mac = mac
                .as_ref()
                .is_some_and(|mac| keys.iter().any(|key| matches!(key, Key::Mac(_)) && key != mac));
            let other_name = keys.iter().any(|key| matches!(key, Key::Name(_)) && Some(key) != name.as_ref());
            !other_mac && !(other_name && (name.is_some() || mac.is_some()))
        });
        let by_teid = || {
            // A tunnel's number is given again: an address of the same family that it has not had says so.
            let place = teid.as_ref().and_then(|key| self.find(key))?;
            let same_family =
                |key: &Key| matches!(key, Key::Address(_, ip) if ip.is_ipv4() && marks.ip.is_ipv4());
            (!self.keys(place).iter().any(same_family)).then_some(place)
        };
        let found = named.or(by_mac).or(by_address).or_else(by_teid);
        let place = found.unwrap_or_else(|| {
            let (told, id) = match (&teid, &mac) {
                (Some(key), _) | (None, Some(key)) => own_name(key),
                (None, None) => own_name(&address),
            }
            .map_or((Told::Address, String::new()), |(id, told)| (told, id));
            self.add(Arc::new(Device::new(Label { id, told, entry: None }, at))).0
        });
        for key in [name, mac, teid, Some(address)].into_iter().flatten() {
            self.bind(place, key);
        }
        let Some(device) = self.device(place) else {
            // It was bound just now; a table that has lost it still gives an answer.
            return Arc::new(Device::new(
                Label { id: marks.ip.to_string(), told: Told::Address, entry: None },
                at,
            ));
        };
        device.touch(at);
        if let Some((entry, told)) = entry {
            let have = device.label();
            let same = have.entry.as_ref().is_some_and(|have| Arc::ptr_eq(have, entry));
            // What describes many does not take a name from one.
            if !same && (entry.name.is_some() || have.name().is_none()) {
                device.rename(label(entry, told, &have.id));
            }
        }
        device.clone()
    }
}

fn label(entry: &Arc<Entry>, told: Told, id: &str) -> Label {
    let id = entry.name.as_deref().unwrap_or(id).to_owned();
    Label { id, told, entry: Some(entry.clone()) }
}

/// What a device without a name is called.
fn own_name(key: &Key) -> Option<(String, Told)> {
    Some(match key {
        Key::Name(_) => return None,
        Key::Teid(ip, teid) => (format!("teid {teid:#010x} at {ip}"), Told::Teid),
        Key::Mac(mac) => (mac.to_string(), Told::Mac),
        Key::Address(scope, ip) => match (scope.vlans.ids().first(), scope.peers) {
            (Some(vlan), _) => (format!("{ip} in vlan {vlan}"), Told::VlanAddress),
            (None, Some((one, other))) => (format!("{ip} behind {one} and {other}"), Told::Address),
            (None, None) => (ip.to_string(), Told::Address),
        },
    })
}

/// The entry of a device that is known by that key, in that scope.
fn entry_of(map: &Map, key: &Key, scope: Scope) -> Option<(Arc<Entry>, Told)> {
    const NOWHERE: IpAddr = IpAddr::V4(core::net::Ipv4Addr::UNSPECIFIED);
    let bare = Marks { ip: NOWHERE, scope, mac: None, carriers: &[] };
    let found = match key {
        Key::Name(_) => None,
        Key::Mac(mac) => map.find(&Marks { mac: Some(*mac), ..bare }),
        Key::Address(scope, ip) => map.find(&Marks { ip: *ip, scope: *scope, ..bare }),
        Key::Teid(ip, teid) => {
            let end = Endpoint { ip: *ip, port: 0 };
            let (kind, id) = (TunnelKind::Gtp, Some(*teid));
            let carrier = Carrier { kind, source: end, destination: end, protocol: 17, id };
            return map
                .find(&Marks { carriers: &[carrier], ..bare })
                .map(|(entry, told)| (entry.clone(), told));
        }
    };
    found.map(|(entry, told)| (entry.clone(), told))
}

#[cfg(test)]
pub(crate) mod frames;
#[cfg(test)]
mod tests;
