//! Counters of an engine, by EVE's names.
//!
//! Key type: [`Stats`]. What every packet counts has a field; what is rare is counted by group and name.
use otori_wire::{
    Flow, Packet,
    decode::{Transport, TunnelKind, protocol},
    flow::TcpState,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What was seen.
#[derive(Clone, Default)]
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
    named: BTreeMap<(&'static str, &'static str), u64>,
}

/// Groups of named counters.
pub(super) const DECODER: &str = "decoder";
pub(super) const DECODER_EVENT: &str = "decoder.event";
pub(super) const DROP_REASON: &str = "ips.drop_reason";
pub(super) const MIDSTREAM: &str = "exception_policy.tcp.midstream";
pub(super) const DETECT: &str = "detect";
pub(super) const STREAM: &str = "tcp";
pub(super) const GUARD: &str = "guard";
pub(super) const STREAM_EVENT: &str = "stream";

/// Named counters that are there from the start.
const ALWAYS: &[(&str, &[&str])] = &[
    (
        DECODER,
        &["gre", "igmp", "ipv4_in_ipv4", "ipv4_in_ipv6", "ipv6_in_ipv4", "ipv6_in_ipv6", "teredo", "vxlan"],
    ),
    (
        DECODER_EVENT,
        &[
            "arp.invalid_pkt",
            "arp.pkt_too_small",
            "arp.unsupported_opcode",
            "ethernet.pkt_too_small",
            "gre.pkt_too_small",
            "gre.wrong_version",
            "icmpv4.pkt_too_small",
            "icmpv4.unknown_code",
            "icmpv4.unknown_type",
            "icmpv6.pkt_too_small",
            "icmpv6.unknown_code",
            "icmpv6.unknown_type",
            "igmp.malformed",
            "igmp.pkt_too_small",
            "igmp.v3_pkt_too_small",
            "ipv4.frag_ignored",
            "ipv4.frag_overlap",
            "ipv4.frag_pkt_too_large",
            "ipv4.hlen_too_small",
            "ipv4.icmpv6",
            "ipv4.iplen_smaller_than_hlen",
            "ipv4.opt_duplicate",
            "ipv4.opt_invalid_len",
            "ipv4.opt_malformed",
            "ipv4.opt_unknown",
            "ipv4.pkt_too_small",
            "ipv4.trunc_pkt",
            "ipv4.unknown_protocol",
            "ipv4.wrong_ip_version",
            "ipv6.data_after_none_header",
            "ipv6.exthdr_dupl_fh",
            "ipv6.exthdr_invalid_optlen",
            "ipv6.exthdr_useless_fh",
            "ipv6.fh_non_zero_reserved_field",
            "ipv6.frag_ignored",
            "ipv6.frag_invalid_length",
            "ipv6.frag_overlap",
            "ipv6.frag_pkt_too_large",
            "ipv6.icmpv4",
            "ipv6.pkt_too_small",
            "ipv6.rh_type_0",
            "ipv6.trunc_exthdr",
            "ipv6.trunc_pkt",
            "ipv6.unknown_next_header",
            "ipv6.wrong_ip_version",
            "ipv6.zero_len_padn",
            "sctp.pkt_too_small",
            "tcp.hlen_too_small",
            "tcp.invalid_optlen",
            "tcp.opt_duplicate",
            "tcp.opt_invalid_len",
            "tcp.pkt_too_small",
            "udp.hlen_too_small",
            "udp.len_invalid",
            "udp.pkt_too_small",
            "vlan.header_too_small",
        ],
    ),
    (DETECT, &["alert_queue_overflow", "alerts_suppressed"]),
    (
        DROP_REASON,
        &[
            "applayer_error",
            "decode_error",
            "defrag_error",
            "flow_drop",
            "flow_memcap",
            "rules",
            "stream_error",
            "stream_midstream",
            "stream_reassembly",
            "stream_urgent",
            "threshold_detection_filter",
            "tunnel_packet_drop",
        ],
    ),
    (STREAM, &["midstream_pickups", "reassembly_gap", "rst", "sessions", "syn", "synack", "urg"]),
    ("flow.end.state", &["closed", "established", "new"]),
    (GUARD, &["anomalies_unwritten"]),
];

impl Stats {
    /// One more of that name.
    pub(super) fn bump(&mut self, group: &'static str, name: &'static str) {
        *self.named.entry((group, name)).or_default() += 1;
    }
    /// A packet, or one inside another.
    pub(super) fn count_layers(&mut self, packet: &Packet<'_>) {
        for name in packet.anomalies.names() {
            self.bump(DECODER_EVENT, name);
        }
        let number = packet.ip.as_ref().map(|ip| ip.protocol);
        if number == Some(protocol::IGMP) {
            self.bump(DECODER, "igmp");
        }
        let Some(inner) = &packet.inner else { return };
        let name = match (inner.kind, number) {
            (TunnelKind::Gre | TunnelKind::Erspan, _) => "gre",
            (TunnelKind::Ipv4, Some(IPV6)) => "ipv6_in_ipv4",
            (TunnelKind::Ipv4, _) => "ipv4_in_ipv4",
            (TunnelKind::Ipv6, Some(IPV6)) => "ipv6_in_ipv6",
            (TunnelKind::Ipv6, _) => "ipv4_in_ipv6",
            (TunnelKind::Teredo, _) => "teredo",
            (TunnelKind::Vxlan, _) => "vxlan",
            (TunnelKind::Geneve, _) => "geneve",
            (TunnelKind::Gtp, _) => "gtp",
        };
        self.bump(DECODER, name);
    }
    /// A packet was dropped, for a reason in EVE's words.
    pub(super) fn drop(&mut self, reason: &'static str) {
        let name = match reason {
            "flow drop" => "flow_drop",
            "rules" => "rules",
            "stream error" => "stream_error",
            "stream midstream" => "stream_midstream",
            "stream urgent" => "stream_urgent",
            "threshold detection_filter" => "threshold_detection_filter",
            "exception policy flow drop" => "flow_drop",
            _ => "policy",
        };
        self.bump(DROP_REASON, name);
    }
    /// A flow has ended.
    pub(super) fn end<S>(&mut self, flow: &Flow<S>) {
        self.bump("flow.end.state", flow.state().as_str());
        if let Some(tcp) = flow.tcp.as_deref() {
            self.bump("flow.end.tcp_state", tcp.state().as_str());
            if tcp.midstream {
                self.bump(STREAM, "midstream_pickups");
            }
            if tcp.state() != TcpState::None {
                self.bump(STREAM, "sessions");
            }
        }
        let Some(name) = flow.conversation.application() else { return };
        let name = by_transport(name, flow.protocol);
        self.bump("app_layer.flow", name);
        let transactions = flow.conversation.open_transactions().opened();
        *self.named.entry(("app_layer.tx", name)).or_default() += transactions;
    }
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
    pub(super) fn plus(mut self, other: &Stats) -> Stats {
        for (key, count) in &other.named {
            *self.named.entry(*key).or_default() += count;
        }
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
            named: self.named,
        }
    }
    pub(super) fn json(&self, flows: u64, open_flows: usize, rules: usize) -> Value {
        let mut all = json!({
            "decoder": {
                "pkts": self.packets, "bytes": self.bytes, "invalid": self.invalid, "ipv4": self.ipv4,
                "ipv6": self.ipv6, "tcp": self.tcp, "udp": self.udp, "icmpv4": self.icmp4,
                "icmpv6": self.icmp6, "sctp": self.sctp, "vlan": self.vlan, "tunnels": self.tunnels, "fragments": self.fragments,
            },
            "flow": { "total": flows, "active": open_flows },
            "detect": { "alert": self.alerts, "rules": rules },
            "ips": { "accepted": self.packets.saturating_sub(self.dropped), "blocked": self.dropped },
            "guard": { "verdicts_lost": self.verdicts_lost, "lines_lost": self.lines_lost },
        });
        let always = ALWAYS.iter().flat_map(|(group, names)| names.iter().map(|name| (*group, *name)));
        for (group, name) in always {
            insert(&mut all, group.split('.').chain(name.split('.')), 0);
        }
        for ((group, name), count) in &self.named {
            insert(&mut all, group.split('.').chain(name.split('.')), *count);
        }
        all
    }
}

/// IPv6 in IP.
const IPV6: u8 = 41;

/// A counter at its path.
fn insert<'a>(all: &mut Value, path: impl Iterator<Item = &'a str>, count: u64) {
    let mut place = all;
    for name in path {
        if !place.is_object() {
            *place = Map::new().into();
        }
        place = &mut place[name];
    }
    *place = count.into();
}

/// `dns_udp`, `http`.
fn by_transport(name: &'static str, number: u8) -> &'static str {
    let udp = number == protocol::UDP;
    match name {
        "dcerpc" => ["dcerpc_tcp", "dcerpc_udp"][usize::from(udp)],
        "dns" => ["dns_tcp", "dns_udp"][usize::from(udp)],
        "enip" => ["enip_tcp", "enip_udp"][usize::from(udp)],
        "failed" => ["failed_tcp", "failed_udp"][usize::from(udp)],
        "krb5" => ["krb5_tcp", "krb5_udp"][usize::from(udp)],
        "nfs" => ["nfs_tcp", "nfs_udp"][usize::from(udp)],
        "sip" => ["sip_tcp", "sip_udp"][usize::from(udp)],
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_counters_have_their_place_and_add_up() {
        let mut one = Stats::default();
        one.bump(DECODER_EVENT, "udp.len_invalid");
        one.drop("stream midstream");
        let mut other = one.clone();
        other.bump(MIDSTREAM, "drop_flow");
        let all = one.plus(&other).json(0, 0, 0);
        assert_eq!(all["decoder"]["event"]["udp"]["len_invalid"], 2);
        assert_eq!(all["decoder"]["event"]["igmp"]["malformed"], 0, "there from the start");
        assert_eq!(all["ips"]["drop_reason"]["stream_midstream"], 2);
        assert_eq!(all["exception_policy"]["tcp"]["midstream"]["drop_flow"], 1);
        assert_eq!((by_transport("dns", 17), by_transport("http", 6)), ("dns_udp", "http"));
    }
}
