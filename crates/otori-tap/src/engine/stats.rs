//! Counters of an engine.
use otori_wire::{
    Packet,
    decode::{Transport, protocol},
};
use serde_json::{Value, json};

/// What was seen.
#[derive(Default)]
pub(super) struct Stats {
    pub(super) packets: u64,
    pub(super) bytes: u64,
    pub(super) ipv4: u64,
    pub(super) ipv6: u64,
    pub(super) tcp: u64,
    pub(super) udp: u64,
    pub(super) icmp4: u64,
    pub(super) icmp6: u64,
    pub(super) sctp: u64,
    pub(super) vlan: u64,
    pub(super) fragments: u64,
    pub(super) invalid: u64,
    pub(super) tunnels: u64,
    pub(super) alerts: u64,
    pub(super) dropped: u64,
    pub(super) verdicts_lost: u64,
    pub(super) lines_lost: u64,
}

impl Stats {
    pub(super) fn count(&mut self, packet: &Packet<'_>) {
        self.packets += 1;
        self.bytes += packet.frame.len() as u64;
        self.vlan += u64::from(!packet.vlans.ids().is_empty());
        self.invalid += u64::from(!packet.anomalies.names().is_empty());
        let Some(ip) = &packet.ip else { return };
        if ip.source.is_ipv4() {
            self.ipv4 += 1
        } else {
            self.ipv6 += 1
        }
        self.fragments += u64::from(ip.fragment.is_some());
        match packet.transport {
            Transport::Tcp { .. } => self.tcp += 1,
            Transport::Udp { .. } => self.udp += 1,
            Transport::Icmp { .. } if ip.protocol == protocol::ICMP => self.icmp4 += 1,
            Transport::Icmp { .. } => self.icmp6 += 1,
            Transport::Sctp { .. } => self.sctp += 1,
            Transport::None => {}
        }
    }
    /// The counters of two lanes together.
    pub(super) const fn plus(self, other: &Stats) -> Stats {
        Stats {
            packets: self.packets + other.packets,
            bytes: self.bytes + other.bytes,
            ipv4: self.ipv4 + other.ipv4,
            ipv6: self.ipv6 + other.ipv6,
            tcp: self.tcp + other.tcp,
            udp: self.udp + other.udp,
            icmp4: self.icmp4 + other.icmp4,
            icmp6: self.icmp6 + other.icmp6,
            sctp: self.sctp + other.sctp,
            vlan: self.vlan + other.vlan,
            fragments: self.fragments + other.fragments,
            invalid: self.invalid + other.invalid,
            tunnels: self.tunnels + other.tunnels,
            alerts: self.alerts + other.alerts,
            dropped: self.dropped + other.dropped,
            verdicts_lost: self.verdicts_lost + other.verdicts_lost,
            lines_lost: self.lines_lost + other.lines_lost,
        }
    }
    pub(super) fn json(&self, flows: u64, open_flows: usize, rules: usize) -> Value {
        json!({
            "decoder": {
                "pkts": self.packets, "bytes": self.bytes, "invalid": self.invalid, "ipv4": self.ipv4,
                "ipv6": self.ipv6, "tcp": self.tcp, "udp": self.udp, "icmpv4": self.icmp4,
                "icmpv6": self.icmp6, "sctp": self.sctp, "vlan": self.vlan, "tunnels": self.tunnels, "fragments": self.fragments,
            },
            "flow": { "total": flows, "active": open_flows },
            "detect": { "alert": self.alerts, "rules": rules },
            "ips": { "accepted": self.packets.saturating_sub(self.dropped), "blocked": self.dropped },
            "guard": { "verdicts_lost": self.verdicts_lost, "lines_lost": self.lines_lost },
        })
    }
}
