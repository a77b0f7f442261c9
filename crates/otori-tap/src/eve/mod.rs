//! The event log: one JSON object per line, in the schema that Suricata documents as EVE.
//!
//! Key type: [`Eve`]; it only makes lines, the caller writes them. Neighbours: `record` (fields of protocols),
//! `class` (names of rule classes).
mod alert;
mod class;
mod context;
pub(crate) mod device;
mod file;
mod record;

pub(crate) use alert::Alert;

use crate::{
    device::Ends,
    engine::{Carrier, Mode},
};
use core::net::IpAddr;
use otori_event::{Endpoint, Timestamp};
use otori_rule::{
    Action,
    application::{Application, Evidence},
    state::Remembered,
};
use otori_wire::{
    Flow, Packet, Transaction,
    decode::{Transport, protocol},
    proto,
};
use record::JsonRecord;
use serde_json::{Map, Value, json};

/// Lines that wait for the caller.
#[derive(Default)]
pub struct Eve {
    /// whole lines, each with its end
    pub lines: Vec<u8>,
    enabled: bool,
    /// IPv6 addresses are written short
    compress: bool,
    /// written into every line
    capture: Option<String>,
}

/// What the engine did with a flow.
pub struct FlowNotes<'a> {
    /// why it ended
    pub reason: &'a str,
    /// a rule alerted
    pub alerted: bool,
    /// it was left alone
    pub bypassed: bool,
    /// `drop`, `pass`
    pub action: Option<&'a str>,
    /// what rules have remembered with it
    pub memory: Remembered,
    /// which application it is of
    pub application: Option<(Evidence, Application)>,
    /// whose it is
    pub ends: &'a Ends,
    /// packets and bytes per direction that nobody looked at
    pub skipped: Option<[[u64; 2]; 2]>,
    /// the policy that decides about it, what that does, and packets above its rate
    pub policy: Option<(String, &'static str, u64)>,
    /// the exception policy that it met as a connection without a hand-shake
    pub exception: Option<&'static str>,
}

/// What every line says of its flow.
pub struct Place<'a, 'p> {
    /// time of the line
    pub at: Timestamp,
    /// packet that it is about, if any, with its number in the file from 1
    pub packet: Option<(&'a Packet<'p>, u64)>,
    /// number of the flow; 0 without
    pub flow_number: u64,
    /// sender
    pub source: Endpoint,
    /// receiver
    pub destination: Endpoint,
    /// IP protocol
    pub protocol: u8,
    /// VLAN identifiers
    pub vlans: &'a [u16],
    /// application protocol
    pub application: Option<&'static str>,
    /// the packet around it
    pub(crate) carrier: Option<Carrier>,
}

/// `2026-11-22T09:30:00.000000+0000`
fn time_text(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{}+0000", text.get(..26).unwrap_or(&text))
}

/// IPv6 in full, as Suricata writes it.
pub(crate) fn ip_text(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => ip.segments().map(|part| format!("{part:04x}")).join(":"),
    }
}

fn tunnel_object(carrier: &Carrier) -> Value {
    let mut object = json!({
        "src_ip": ip_text(carrier.source.ip), "src_port": carrier.source.port,
        "dest_ip": ip_text(carrier.destination.ip), "dest_port": carrier.destination.port,
        "proto": protocol_name(carrier.protocol), "depth": 1,
    });
    if let (Some(id), Some(object)) = (carrier.id, object.as_object_mut()) {
        object.insert("id".into(), id.into());
    }
    object
}

fn protocol_name(number: u8) -> String {
    match number {
        protocol::TCP => "TCP".into(),
        protocol::UDP => "UDP".into(),
        protocol::ICMP => "ICMP".into(),
        protocol::ICMPV6 => "IPv6-ICMP".into(),
        protocol::SCTP => "SCTP".into(),
        2 => "IGMP".into(),
        4 => "IP-in-IP".into(),
        41 => "IPv6".into(),
        47 => "GRE".into(),
        50 => "ESP".into(),
        51 => "AH".into(),
        other => format!("{other:03}"),
    }
}

/// Writes IPv6 addresses as RFC 5952 wants them.
fn shorten(object: &mut Map<String, Value>) {
    for (key, value) in object.iter_mut() {
        match value {
            Value::String(text) if key.ends_with("_ip") => {
                if let Ok(address) = text.parse::<core::net::Ipv6Addr>() {
                    *text = address.to_string();
                }
            }
            Value::Object(inner) if matches!(key.as_str(), "flow" | "tunnel") => shorten(inner),
            _ => {}
        }
    }
}

/// A number that a 53-bit reader keeps exactly, from the flow's number.
fn flow_id(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12
}

impl Eve {
    /// Makes lines, or nothing at all.
    pub const fn new(enabled: bool, compress: bool, capture: Option<String>) -> Self {
        Eve { lines: Vec::new(), enabled, compress, capture }
    }
    /// Lines are wanted.
    pub const fn is_enabled(&self) -> bool {
        self.enabled
    }
    fn write(&mut self, mut object: Map<String, Value>) {
        if let Some(name) = &self.capture {
            object.insert("pcap_filename".into(), name.clone().into());
        }
        if self.compress {
            shorten(&mut object);
        }
        if serde_json::to_writer(&mut self.lines, &Value::Object(object)).is_ok() {
            self.lines.push(b'\n');
        }
    }
    fn head(place: &Place<'_, '_>, event_type: &str) -> Map<String, Value> {
        let mut head = Map::new();
        head.insert("timestamp".into(), time_text(place.at).into());
        if place.flow_number > 0 {
            head.insert("flow_id".into(), flow_id(place.flow_number).into());
        }
        if let Some((packet, number)) = place.packet {
            if number > 0 {
                head.insert("pcap_cnt".into(), number.into());
            }
            if let Transport::Icmp { kind, code, .. } = packet.transport {
                head.insert("icmp_type".into(), kind.into());
                head.insert("icmp_code".into(), code.into());
            }
        }
        let source = match (place.packet, place.carrier) {
            (None, _) => "stream (flow timeout)",
            (_, Some(carrier)) => carrier.kind.as_str(),
            (Some((packet, _)), None) if packet.joined => "defrag",
            _ => "wire/pcap",
        };
        head.insert("pkt_src".into(), source.into());
        head.insert("event_type".into(), event_type.into());
        if !place.vlans.is_empty() {
            head.insert("vlan".into(), json!(place.vlans));
        }
        if place.flow_number == 0 && place.packet.is_some_and(|(packet, _)| packet.ip.is_none()) {
            return head;
        }
        head.insert("src_ip".into(), ip_text(place.source.ip).into());
        head.insert("dest_ip".into(), ip_text(place.destination.ip).into());
        if matches!(place.protocol, protocol::TCP | protocol::UDP | protocol::SCTP) {
            head.insert("src_port".into(), place.source.port.into());
            head.insert("dest_port".into(), place.destination.port.into());
        }
        head.insert("proto".into(), protocol_name(place.protocol).into());
        head.insert("ip_v".into(), if place.source.ip.is_ipv4() { 4 } else { 6 }.into());
        if let Some(application) = place.application {
            head.insert("app_proto".into(), application.into());
        }
        if let Some(carrier) = &place.carrier {
            head.insert("tunnel".into(), tunnel_object(carrier));
        }
        head
    }

    /// A finished transaction.
    pub fn transaction(&mut self, place: &Place<'_, '_>, transaction: &Transaction) {
        let Some(row) = proto::by_id(transaction.protocol).filter(|_| self.enabled) else { return };
        let mut line = Self::head(place, row.log_key);
        line.insert("tx_id".into(), transaction.id.into());
        add_protocol(&mut line, transaction);
        self.write(line);
    }

    /// Input that breaks a protocol's rules.
    pub fn anomaly(&mut self, place: &Place<'_, '_>, kind: &str, event: &str) {
        if !self.enabled {
            return;
        }
        let mut line = Self::head(place, "anomaly");
        let bare = event.split_once('.').map_or(event, |(_, bare)| bare);
        line.insert(
            "anomaly".into(),
            match kind {
                "applayer" => json!({"type": kind, "event": bare, "layer": "proto_parser",
                "app_proto": place.application}),
                _ => json!({"type": kind, "event": event}),
            },
        );
        self.write(line);
    }

    /// The end of a flow.
    pub fn flow<S>(&mut self, at: Timestamp, flow: &Flow<S>, notes: &FlowNotes<'_>) {
        if !self.enabled {
            return;
        }
        let place = Place {
            at,
            packet: None,
            flow_number: flow.number,
            source: flow.client,
            destination: flow.server,
            protocol: flow.protocol,
            vlans: flow.vlans.ids(),
            application: flow.conversation.application(),
            carrier: None,
        };
        let mut line = Self::head(&place, "flow");
        line.remove("pkt_src");
        let mut object = json!({
            "pkts_toserver": flow.packets[0], "pkts_toclient": flow.packets[1],
            "bytes_toserver": flow.bytes[0], "bytes_toclient": flow.bytes[1],
            "start": time_text(flow.started_at), "end": time_text(flow.last_at),
            "age": flow.last_at.since_ns(flow.started_at).max(0) / 1_000_000_000,
            "state": if notes.bypassed { "bypassed" } else { flow.state().as_str() },
            "reason": notes.reason, "alerted": notes.alerted,
            "tx_cnt": flow.conversation.open_transactions().opened(),
        });
        if let (Some(action), Some(object)) = (notes.action, object.as_object_mut()) {
            object.insert("action".into(), action.into());
        }
        if let (Some([packets, bytes]), Some(object)) = (notes.skipped, object.as_object_mut()) {
            object.insert("bypass".into(), "local".into());
            let counts = json!({"pkts_toserver": packets[0], "pkts_toclient": packets[1],
                "bytes_toserver": bytes[0], "bytes_toclient": bytes[1]});
            object.insert("bypassed".into(), counts);
        }
        if let (Some(name), Some(object)) = (notes.exception, object.as_object_mut()) {
            object.insert("exception_policy".into(), json!([{"target": "stream_midstream", "policy": name}]));
        }
        line.insert("flow".into(), object);
        context::add_memory(&mut line, &notes.memory, context::Captured::default());
        if let Some((name, deed, over)) = &notes.policy {
            line.insert("policy".into(), json!({"name": name, "do": deed, "pkts_dropped": over}));
        }
        if let Some(first) = flow.conversation.first_protocol() {
            line.insert("app_proto_orig".into(), first.into());
        }
        if let Some((evidence, application)) = notes.application {
            let object = json!({"name": application.name, "category": application.category.name(),
                "evidence": evidence.name(), "confidence": evidence.confidence()});
            line.insert("application".into(), object);
        }
        device::add_ends(&mut line, notes.ends);
        if let Some(tcp) = &flow.tcp {
            let both = tcp.flags[0] | tcp.flags[1];
            let mut object = Map::new();
            object.insert("tcp_flags".into(), format!("{both:02x}").into());
            object.insert("tcp_flags_ts".into(), format!("{:02x}", tcp.flags[0]).into());
            object.insert("tcp_flags_tc".into(), format!("{:02x}", tcp.flags[1]).into());
            let names = [("fin", 1), ("syn", 2), ("rst", 4), ("psh", 8), ("ack", 16), ("urg", 32)];
            for (name, _) in names.iter().filter(|(_, bit)| both & bit != 0) {
                object.insert((*name).into(), true.into());
            }
            object.insert("state".into(), tcp.state().as_str().into());
            line.insert("tcp".into(), object.into());
        }
        self.write(line);
    }

    /// Counters, once at the end.
    pub fn stats(&mut self, at: Timestamp, stats: Value) {
        if !self.enabled {
            return;
        }
        let mut line = Map::new();
        line.insert("timestamp".into(), time_text(at).into());
        line.insert("event_type".into(), "stats".into());
        line.insert("stats".into(), stats);
        self.write(line);
    }
}

fn add_protocol(line: &mut Map<String, Value>, transaction: &Transaction) {
    if let Some(row) = proto::by_id(transaction.protocol) {
        let mut object = JsonRecord::default();
        (row.log)(transaction, &mut object);
        line.insert(row.log_key.into(), object.into_value());
    }
    if transaction.protocol == proto::ProtocolId::Smtp {
        let mut object = JsonRecord::default();
        if proto::smtp::log_email(transaction, &mut object) {
            line.insert("email".into(), object.into_value());
        }
    }
}

/// Whether a rule of that action blocks in that mode.
pub const fn blocks(action: Action, mode: Mode) -> bool {
    match action {
        Action::Reject => true,
        Action::Drop => matches!(mode, Mode::Inline),
        Action::Alert | Action::Pass => false,
    }
}
