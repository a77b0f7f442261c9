//! Learns profiles from the `flow` records of a quiet time, as EVE has them: with whom each device has talked, and how much.
//!
//! Key type: [`Learner`]. Names count before addresses; where a service has many addresses without a name, anybody may have
//! it. What was not answered is not learned.
use super::{ALLOWS, Allow, Peer, Profile};
use crate::device::{identity::is_unicast, map::Network};
use core::net::IpAddr;
use otori_event::Timestamp;
use otori_rule::address::AddressSet;
use otori_wire::decode::protocol;
use serde_json::Value;
use std::collections::BTreeMap;

/// Devices, or groups, that are learned at a time.
const SUBJECTS: usize = 65_536;
/// Addresses without a name of one service; with more, anybody may have it.
const ADDRESSES: usize = 8;
/// Hours of one flow over which its bytes are spread.
const HOURS: i64 = 24 * 14;
/// Bytes in an hour that every entry may have.
const FLOOR: u64 = 1 << 20;
/// Nanoseconds of an hour.
const HOUR_NS: i64 = 3_600_000_000_000;

/// What is learned together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// each device
    Device,
    /// the devices of each group
    Group,
}

/// The device opens, the other end, IP protocol, port of the service.
type Key = (bool, Peer, u8, u16);

#[derive(Default)]
struct Seen {
    flows: u64,
    hours: BTreeMap<i64, [u64; 2]>,
}

/// What devices have done.
pub struct Learner {
    home: AddressSet,
    by: By,
    subjects: BTreeMap<String, BTreeMap<Key, Seen>>,
    /// flow records without a device, and those that were too many
    pub skipped: u64,
}

/// One end's view of a flow record.
struct Flow<'a> {
    opened: bool,
    own: (IpAddr, u16),
    peer: (IpAddr, u16),
    name: Option<&'a str>,
    protocol: u8,
    bytes: [u64; 2],
    packets: [u64; 2],
    time: (Timestamp, Timestamp),
}

fn time(value: &Value) -> Option<Timestamp> {
    // EVE's offset has no colon.
    let text = value.as_str()?.strip_suffix("+0000")?;
    format!("{text}Z").parse().ok()
}

impl Learner {
    /// Nothing learned yet.
    pub const fn new(home: AddressSet, by: By) -> Learner {
        Learner { home, by, subjects: BTreeMap::new(), skipped: 0 }
    }
    /// Devices or groups so far.
    pub fn len(&self) -> usize {
        self.subjects.len()
    }
    /// None so far.
    pub fn is_empty(&self) -> bool {
        self.subjects.is_empty()
    }
    /// Takes a line of the log; other records than `flow` are passed over.
    pub fn take(&mut self, line: &Value) {
        if line["event_type"] != "flow" {
            return;
        }
        let mut known = false;
        for (key, way) in [("device", line["device"]["opened"].as_bool()), ("peer_device", Some(false))] {
            let Some(flow) = line.get(key).zip(way).and_then(|(_, way)| read(line, way)) else { continue };
            for subject in self.subjects_of(&line[key]) {
                known = true;
                self.learn(subject, &flow);
            }
        }
        self.skipped += u64::from(!known);
    }
    fn subjects_of(&self, device: &Value) -> Vec<String> {
        match self.by {
            By::Device => device["id"].as_str().map(str::to_owned).into_iter().collect(),
            By::Group => {
                let groups = device["group"].as_array().into_iter().flatten();
                groups.filter_map(|group| group.as_str().map(str::to_owned)).collect()
            }
        }
    }
    fn learn(&mut self, subject: String, flow: &Flow<'_>) {
        let one_way = flow.packets[0] == 0 || flow.packets[1] == 0;
        let group = !is_unicast(flow.peer.0);
        // Datagrams that nobody answers by design: logs, media, notices.
        let few = flow.packets[0] < 3 && !group && !self.home.has(flow.peer.0);
        let sends = flow.opened && flow.protocol == protocol::UDP && !few;
        if one_way && !sends {
            return;
        }
        if self.subjects.len() >= SUBJECTS && !self.subjects.contains_key(&subject) {
            self.skipped += 1;
            return;
        }
        let ported = matches!(flow.protocol, protocol::TCP | protocol::UDP);
        let service = if flow.opened { flow.peer.1 } else { flow.own.1 };
        let peer = match flow.name.filter(|_| flow.opened) {
            Some(name) => Peer::Name(name.to_owned()),
            None if self.home.has(flow.peer.0) => Peer::Near,
            None => Peer::Network(Network::of(flow.peer.0)),
        };
        let entries = self.subjects.entry(subject).or_default();
        let key = (flow.opened, peer, flow.protocol, if ported { service } else { 0 });
        if entries.len() >= ALLOWS * ADDRESSES && !entries.contains_key(&key) {
            self.skipped += 1;
            return;
        }
        let seen = entries.entry(key).or_default();
        seen.flows += 1;
        let (first, last) = (flow.time.0.0.div_euclid(HOUR_NS), flow.time.1.0.div_euclid(HOUR_NS));
        let count = (last - first + 1).clamp(1, HOURS);
        for hour in last - count + 1..=last {
            let bytes = seen.hours.entry(hour).or_default();
            bytes.iter_mut().zip(flow.bytes).for_each(|(sum, bytes)| *sum += bytes.div_ceil(count as u64));
        }
        while seen.hours.len() as i64 > HOURS {
            seen.hours.pop_first();
        }
    }

    /// What is proposed: each may have so many times what it had in its fullest hour.
    pub fn propose(&self, headroom: u64) -> Vec<Profile> {
        self.subjects
            .iter()
            .map(|(name, entries)| Profile {
                name: name.clone(),
                about: format!("learned from {} flows", entries.values().map(|seen| seen.flows).sum::<u64>()),
                allows: allows(entries, headroom),
            })
            .collect()
    }
}

fn allows(entries: &BTreeMap<Key, Seen>, headroom: u64) -> Vec<Allow> {
    // Services that many addresses without a name have.
    let mut addresses: BTreeMap<(bool, u8, u16), usize> = BTreeMap::new();
    for (opened, peer, number, port) in entries.keys() {
        *addresses.entry((*opened, *number, *port)).or_default() +=
            usize::from(matches!(peer, Peer::Network(_)));
    }
    let mut joined: BTreeMap<Key, [u64; 2]> = BTreeMap::new();
    for ((opened, peer, number, port), seen) in entries {
        let many = addresses.get(&(*opened, *number, *port)).is_some_and(|count| *count > ADDRESSES);
        let peer = if many && matches!(peer, Peer::Network(_)) { Peer::Any } else { peer.clone() };
        let most = |way: usize| seen.hours.values().map(|bytes| bytes[way]).max().unwrap_or(0);
        let sum = joined.entry((*opened, peer, *number, *port)).or_default();
        *sum = [sum[0] + most(0), sum[1] + most(1)];
    }
    let allow = |((opened, peer, number, port), most): (Key, [u64; 2])| {
        let ports = (port != 0).then_some((port, port));
        Allow {
            peer,
            protocol: Some(number),
            own_ports: ports.filter(|_| !opened),
            peer_ports: ports.filter(|_| opened),
            from_device: opened,
            to_device: !opened,
            bytes_per_hour: Some(most.map(|bytes| bytes.saturating_mul(headroom).max(FLOOR))),
        }
    };
    joined.into_iter().map(allow).take(ALLOWS).collect()
}

/// A flow record as the client sees it, or the server.
fn read(line: &Value, opened: bool) -> Option<Flow<'_>> {
    let end = |ip: &str, port: &str| {
        let ip: IpAddr = line[ip].as_str()?.parse().ok()?;
        Some((ip, line[port].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap_or(0)))
    };
    let (client, server) = (end("src_ip", "src_port")?, end("dest_ip", "dest_port")?);
    let flow = &line["flow"];
    let pair = |one: &str, other: &str| Some([flow[one].as_u64()?, flow[other].as_u64()?]);
    let (bytes, packets) =
        (pair("bytes_toserver", "bytes_toclient")?, pair("pkts_toserver", "pkts_toclient")?);
    let turned = |[one, other]: [u64; 2]| if opened { [one, other] } else { [other, one] };
    let protocol = match line["proto"].as_str()? {
        "TCP" => protocol::TCP,
        "UDP" => protocol::UDP,
        "ICMP" => protocol::ICMP,
        "IPv6-ICMP" => protocol::ICMPV6,
        "SCTP" => protocol::SCTP,
        "ESP" => 50,
        _ => return None,
    };
    let (own, peer) = if opened { (client, server) } else { (server, client) };
    let (bytes, packets) = (turned(bytes), turned(packets));
    // A connection whose beginning was not seen: services have the lower ports.
    let loose = protocol == protocol::TCP && line["tcp"]["syn"] != true;
    let opened = if loose { own.1 > peer.1 } else { opened };
    let name = line["device"]["peer"].as_str().filter(|_| opened);
    let time = (time(&flow["start"])?, time(&flow["end"])?);
    Some(Flow { opened, own, peer, name, protocol, bytes, packets, time })
}
