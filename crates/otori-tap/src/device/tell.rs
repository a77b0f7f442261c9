//! Finds the device with certain marks, or makes it.
//!
//! Key functions: `Table::take`, `Table::rename` (after a new mapping file).
use super::{
    Device, GONE, Label,
    identity::{Key, Marks, Scope, Told},
    map::{Entry, Map},
    table::Table,
};
use crate::engine::Carrier;
use core::net::IpAddr;
use otori_event::{Endpoint, Timestamp};
use otori_wire::TunnelKind;
use std::sync::Arc;

impl Table {
    /// Finds the device with these marks, or `makes` it.
    pub(super) fn take(
        &mut self,
        marks: &Marks<'_>,
        entry: Option<(&Arc<Entry>, Told)>,
        at: Timestamp,
        makes: bool,
        gone: &mut Vec<Arc<Device>>,
    ) -> Option<Arc<Device>> {
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
        let place = found.or_else(|| {
            if !makes {
                return None;
            }
            let (told, id) = match (&teid, &mac) {
                (Some(key), _) | (None, Some(key)) => own_name(key),
                (None, None) => own_name(&address),
            }
            .map_or((Told::Address, String::new()), |(id, told)| (told, id));
            let (place, old) = self.add(Arc::new(Device::new(Label { id, told, entry: None }, at)));
            let_go(gone, old);
            Some(place)
        })?;
        let address = (!marks.ip.is_unspecified()).then_some(address);
        for key in [name, mac, teid, address].into_iter().flatten() {
            let old = self.bind(place, key);
            let_go(gone, old);
        }
        let device = self.device(place)?;
        device.touch(at);
        if let Some(state) = device.state().as_deref_mut() {
            state.inventory.seen(marks.ip, marks.mac, at);
        }
        if let Some((entry, told)) = entry {
            let have = device.label();
            let same = have.entry.as_ref().is_some_and(|have| Arc::ptr_eq(have, entry));
            // What describes many does not take a name from one.
            if !same && (entry.name.is_some() || have.name().is_none()) {
                device.rename(label(entry, told, &have.id));
            }
        }
        Some(device.clone())
    }

    /// Gives a device the name that a new mapping file has for it.
    pub(super) fn rename(&mut self, place: u32, map: &Map, gone: &mut Vec<Arc<Device>>) {
        let Some(device) = self.device(place).cloned() else { return };
        let keys = self.keys(place);
        let address = |key: &Key| if let Key::Address(scope, _) = key { Some(*scope) } else { None };
        let scope = keys.iter().rev().find_map(address).unwrap_or_default();
        let found = keys.iter().rev().filter_map(|key| entry_of(map, key, scope));
        let found = found.min_by_key(|(entry, told)| (entry.name.is_none(), *told));
        let have = device.label();
        match found {
            Some((entry, told)) => {
                let name = entry.name.clone().map(Key::Name);
                self.forget_names(place, name.as_ref());
                // Two that were apart may be one now: the other one goes on under the name.
                let taken = name.as_ref().and_then(|name| self.find(name));
                if taken.is_none_or(|other| other == place) {
                    device.rename(label(&entry, told, &have.id));
                    let_go(gone, name.and_then(|name| self.bind(place, name)));
                }
            }
            None if have.entry.is_some() => {
                self.forget_names(place, None);
                let told = self.keys(place).iter().rev().find_map(own_name);
                let (id, told) = told.unwrap_or_else(|| (have.id.clone(), Told::Address));
                device.rename(Label { id, told, entry: None });
            }
            None => {}
        }
    }
}

/// A device goes; its record is written by whoever comes next, unless too many wait.
fn let_go(gone: &mut Vec<Arc<Device>>, old: Option<Arc<Device>>) {
    match old {
        Some(device) if gone.len() < GONE => gone.push(device),
        Some(device) => device.retire(),
        None => {}
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
