//! Packets that are logged because a rule with `tag` has alerted before.
//!
//! Key types: [`Tagged`] (of a flow or a host), [`TaggedHosts`]. Suricata's manual, "Tag Keyword". The packet with the alert
//! counts, and is not logged again.
use core::net::IpAddr;
use otori_event::Timestamp;
use otori_rule::rule::{Tag, TagLimit};
use otori_wire::Packet;
use std::collections::HashMap;

/// Hosts that are tagged at a time; further ones are not.
const TAGGED_HOSTS: usize = 4_096;
/// Tags of one flow or host at a time; further ones are not taken.
const TAGS_OF_ONE: usize = 16;

/// A tag that is on.
#[derive(Clone, Copy, Debug)]
struct On {
    tag: Tag,
    since: Timestamp,
    used: u64,
}

/// Tags that are on, of a flow or a host.
#[derive(Debug, Default)]
pub(super) struct Tagged(Vec<On>);

/// Hosts with tags.
#[derive(Debug, Default)]
pub(super) struct TaggedHosts(HashMap<IpAddr, Tagged>);

impl On {
    const fn is_over(&self, now: Timestamp) -> bool {
        match self.tag.limit {
            TagLimit::None => false,
            TagLimit::Packets(count) | TagLimit::Bytes(count) => self.used >= count as u64,
            TagLimit::Seconds(seconds) => now.since_ns(self.since) > seconds as i64 * 1_000_000_000,
        }
    }
    const fn count(&mut self, packet: &Packet<'_>) {
        self.used += match self.tag.limit {
            TagLimit::Bytes(_) => packet.frame.len() as u64,
            _ => 1,
        };
    }
}

impl Tagged {
    /// Nothing is tagged.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Tags from now on; the packet of the alert counts.
    pub(super) fn add(&mut self, tag: Tag, packet: &Packet<'_>) {
        if self.0.len() < TAGS_OF_ONE {
            let mut on = On { tag, since: packet.at, used: 0 };
            on.count(packet);
            self.0.push(on);
        }
    }
    /// Counts a packet; whether it is to be logged.
    pub(super) fn meet(&mut self, packet: &Packet<'_>) -> bool {
        self.0.retain(|on| !on.is_over(packet.at));
        self.0.iter_mut().for_each(|on| on.count(packet));
        !self.0.is_empty()
    }
}

impl TaggedHosts {
    /// Nobody is tagged.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Tags one end of the alert's packet.
    pub(super) fn add(&mut self, host: IpAddr, tag: Tag, packet: &Packet<'_>) {
        if self.0.len() < TAGGED_HOSTS || self.0.contains_key(&host) {
            self.0.entry(host).or_default().add(tag, packet);
        }
    }
    /// Counts a packet between these; whether it is to be logged.
    pub(super) fn have(&mut self, packet: &Packet<'_>, source: IpAddr, destination: IpAddr) -> bool {
        let mut met = false;
        for host in [source, destination] {
            let Some(tagged) = self.0.get_mut(&host) else { continue };
            met |= tagged.meet(packet);
            if tagged.is_empty() {
                self.0.remove(&host);
            }
        }
        met
    }
}
