//! The mapping file: which marks are whose, with the names that a carrier and its customers use.
//!
//! Key types: [`Map`], [`Entry`]. Neighbours: `read` (TOML), `csv`. `mac`, `address` and `teid` name a device; `vlan` and
//! `gre_peer` say where it is: beside a name they narrow it, alone they name whoever is there. An entry without a name
//! describes every device that it fits, each of them a device of its own.
mod bind;
mod csv;
pub mod feed;
mod read;

use super::{
    identity::{Mac, Marks, Told},
    profile::Profile,
    watch::Actions,
};
use core::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};
use otori_rule::{Action, address::number};
use std::{collections::HashMap, sync::Arc};

pub use read::MapError;

/// Entries of one file.
pub const ENTRIES: usize = 1 << 20;
/// Marks of one kind, and groups, of one entry.
pub const MARKS_PER_ENTRY: usize = 64;
/// Bytes of a name, a SIM's or a group's.
pub const NAME_BYTES: usize = 128;

/// A network, as family, first address and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network {
    v6: bool,
    first: u128,
    length: u8,
}

impl core::str::FromStr for Network {
    type Err = String;
    fn from_str(text: &str) -> Result<Network, String> {
        let wrong = || format!("{text:?} is no address or network: write 192.0.2.7 or 192.0.2.0/24");
        let (address, length) =
            text.trim().split_once('/').map_or((text.trim(), None), |(a, l)| (a, Some(l)));
        let (v6, value) = number(address.parse().map_err(|_| wrong())?);
        let width = if v6 { 128 } else { 32 };
        let length = length.map_or(Ok(width), str::parse).map_err(|_| wrong())?;
        if length > width {
            return Err(wrong());
        }
        Ok(Network { v6, first: value & mask(v6, length), length })
    }
}

impl Network {
    /// One address.
    pub fn of(ip: IpAddr) -> Network {
        let (v6, first) = number(ip);
        Network { v6, first, length: if v6 { 128 } else { 32 } }
    }
    /// Of IPv6.
    pub const fn is_v6(&self) -> bool {
        self.v6
    }
    /// Whether an address is in it.
    pub fn has(&self, ip: IpAddr) -> bool {
        let (v6, value) = number(ip);
        v6 == self.v6 && value & mask(v6, self.length) == self.first
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.v6 {
            true => write!(f, "{}/{}", Ipv6Addr::from_bits(self.first), self.length),
            false => write!(f, "{}/{}", Ipv4Addr::from_bits(self.first as u32), self.length),
        }
    }
}

/// The bits of a prefix of that length.
fn mask(v6: bool, length: u8) -> u128 {
    let free = u32::from(if v6 { 128u8 } else { 32 }.saturating_sub(length));
    u128::MAX.checked_shl(free).unwrap_or(0)
}

/// A profile that a device is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// what the device may do
    pub profile: Arc<Profile>,
    /// what is done with flows outside of it
    pub action: Action,
}

/// A device, or a kind of devices, as the file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// its name; an entry without one describes all that it fits
    pub name: Option<Arc<str>>,
    /// SIM identifier
    pub sim: Option<String>,
    /// IMSI
    pub imsi: Option<String>,
    /// product
    pub model: Option<String>,
    /// groups that it is in
    pub groups: Vec<String>,
    /// Ethernet addresses
    pub macs: Vec<Mac>,
    /// addresses and networks
    pub addresses: Vec<Network>,
    /// GTP-U tunnels
    pub teids: Vec<u32>,
    /// ends of GRE tunnels
    pub gre_peers: Vec<IpAddr>,
    /// VLAN, any of a frame's tags
    pub vlan: Option<u16>,
    /// what it may do, and what is done when it does something else
    pub profile: Option<Bound>,
    /// what is done with findings about it, where that is not what is done with those about others
    pub watch: Actions,
    /// line in the file
    pub line: usize,
}

impl Entry {
    /// Something must tell it.
    fn check(&self) -> Result<(), String> {
        if !self.is_named_by_mark() && self.gre_peers.is_empty() && self.vlan.is_none() {
            return Err("nothing tells this device: add mac, address, teid, gre_peer or vlan".into());
        }
        Ok(())
    }
    fn is_named_by_mark(&self) -> bool {
        !(self.macs.is_empty() && self.addresses.is_empty() && self.teids.is_empty())
    }
    /// The place fits, if it says one.
    fn is_there(&self, marks: &Marks<'_>) -> bool {
        let vlan = self.vlan.is_none_or(|vlan| marks.scope.vlans.ids().contains(&vlan));
        let behind = |peer: &IpAddr| marks.scope.peers.is_some_and(|(a, b)| a == *peer || b == *peer);
        vlan && (self.gre_peers.is_empty() || self.gre_peers.iter().any(behind))
    }
}

/// Places of entries by one kind of mark.
type Index<K> = HashMap<K, Vec<u32>>;

/// A mapping file, ready to be asked.
#[derive(Debug, Default)]
pub struct Map {
    entries: Vec<Arc<Entry>>,
    macs: Index<Mac>,
    teids: Index<u32>,
    peers: Index<IpAddr>,
    vlans: Index<u16>,
    /// by family and length, the longest first
    networks: Vec<(bool, u8, Index<u128>)>,
    actions: Actions,
    groups: read::Groups,
}

impl Map {
    /// Reads a file that names no profiles.
    pub fn read(file: &str, text: &str) -> Result<Map, MapError> {
        Map::read_with(file, text, &mut |_| Err("profiles cannot be read here".into()))
    }
    /// Reads a file: CSV when its name says so, else TOML. `get` gives the text of a profile by its path in the file.
    pub fn read_with(
        file: &str,
        text: &str,
        get: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> Result<Map, MapError> {
        let lower = file.to_ascii_lowercase();
        let (entries, actions, groups) = match lower.ends_with(".csv") {
            true => (csv::read(file, text)?, Actions::default(), read::Groups::new()),
            false => read::read(file, text, get)?,
        };
        Ok(Map { actions, groups, ..Map::of(entries.into_iter().map(Arc::new)) })
    }
    fn of(entries: impl Iterator<Item = Arc<Entry>>) -> Map {
        let mut map = Map::default();
        for (place, entry) in (0..).zip(entries) {
            entry.macs.iter().for_each(|mac| map.macs.entry(*mac).or_default().push(place));
            entry.teids.iter().for_each(|teid| map.teids.entry(*teid).or_default().push(place));
            for network in &entry.addresses {
                map.index_of(network).entry(network.first).or_default().push(place);
            }
            if !entry.is_named_by_mark() {
                match (entry.gre_peers.as_slice(), entry.vlan) {
                    ([], Some(vlan)) => map.vlans.entry(vlan).or_default().push(place),
                    (peers, _) => peers.iter().for_each(|ip| map.peers.entry(*ip).or_default().push(place)),
                }
            }
            map.entries.push(entry);
        }
        map.networks.sort_by_key(|(v6, length, _)| (*v6, core::cmp::Reverse(*length)));
        map
    }
    fn index_of(&mut self, network: &Network) -> &mut Index<u128> {
        let same = |(v6, length, _): &(bool, u8, _)| (*v6, *length) == (network.v6, network.length);
        let place = match self.networks.iter().position(same) {
            Some(place) => place,
            None => {
                self.networks.push((network.v6, network.length, Index::new()));
                self.networks.len() - 1
            }
        };
        &mut self.networks[place].2
    }
    /// Entries in it.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }
    /// Without entries.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
    /// What is done with what the watchers find.
    pub const fn actions(&self) -> &Actions {
        &self.actions
    }
    /// The entries, in the order of the file.
    pub fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.iter()
    }

    /// The entry of whoever shows these marks, and which of them told: the surest mark counts, then the longest prefix, then
    /// the first in the file.
    pub fn find(&self, marks: &Marks<'_>) -> Option<(&Arc<Entry>, Told)> {
        let first = |places: Option<&Vec<u32>>, told: Told| {
            let mut entries = places?.iter().filter_map(|place| self.entries.get(*place as usize));
            entries.find(|entry| entry.is_there(marks)).map(|entry| (entry, told))
        };
        let by_teid = || first(self.teids.get(&marks.teid()?.1), Told::Teid);
        let by_mac = || first(self.macs.get(&marks.mac?), Told::Mac);
        let by_peer = || {
            let (one, other) = marks.scope.peers?;
            [one, other].iter().find_map(|ip| first(self.peers.get(ip), Told::GrePeer))
        };
        let by_vlan = || marks.scope.vlans.ids().iter().find_map(|id| first(self.vlans.get(id), Told::Vlan));
        let (v6, value) = number(marks.ip);
        let by_address = || {
            let told = if marks.scope.vlans.ids().is_empty() { Told::Address } else { Told::VlanAddress };
            let mut indices = self.networks.iter().filter(|(family, ..)| *family == v6);
            indices.find_map(|(_, length, index)| first(index.get(&(value & mask(v6, *length))), told))
        };
        by_teid().or_else(by_mac).or_else(by_address).or_else(by_peer).or_else(by_vlan)
    }
}

#[cfg(test)]
mod tests;
