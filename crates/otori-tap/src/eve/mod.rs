//! The event log: one JSON object per line, in the schema that Suricata documents as EVE.
//!
//! Key type: [`Eve`]; it only makes lines, the caller writes them. Neighbours: `record` (fields of protocols),
//! `class` (names of rule classes).
mod alert;
mod class;
mod context;
pub(crate) mod device;
mod file;
mod line;
mod quota;
mod record;

pub(crate) use alert::Alert;

use crate::{
    device::Ends,
    engine::{Carrier, Mode},
};
use core::fmt::{self, Write};
use core::net::IpAddr;
use line::{JsonText, Line, Time};
use otori_event::{Endpoint, Timestamp};
use otori_rule::{
    Action,
    application::{Application, Evidence},
    state::Remembered,
};
use otori_wire::proto::Record;
use otori_wire::{
    Direction, Flow, Packet, Transaction,
    decode::{Transport, protocol},
    proto,
};
use quota::Quota;
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
    quota: Quota,
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
    /// type and code of its first messages of ICMP, by direction
    pub icmp: [Option<(u8, u8)>; 2],
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

/// Flags of TCP by their bits.
const TCP_FLAGS: [(&str, u8); 8] =
    [("fin", 1), ("syn", 2), ("rst", 4), ("psh", 8), ("ack", 16), ("urg", 32), ("ecn", 64), ("cwr", 128)];

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
    Time(at).to_string()
}

/// An address; IPv6 in full, as Suricata writes it, or short.
struct Address(IpAddr, bool);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V6(ip) if !self.1 => {
                for (place, part) in ip.segments().into_iter().enumerate() {
                    write!(f, "{}{part:04x}", if place > 0 { ":" } else { "" })?;
                }
                Ok(())
            }
            ip => write!(f, "{ip}"),
        }
    }
}

/// IPv6 in full, as Suricata writes it.
pub(crate) fn ip_text(ip: IpAddr) -> String {
    Address(ip, false).to_string()
}

fn write_tunnel(object: &mut dyn Record, carrier: &Carrier, style: Style) {
    let mut text = String::new();
    let mut shown = |object: &mut dyn Record, key, value: &dyn fmt::Display| {
        text.clear();
        // Writing to memory does not fail.
        let _ = write!(text, "{value}");
        object.text(key, text.as_bytes());
    };
    shown(object, "src_ip", &Address(carrier.source.ip, style.compress));
    object.number("src_port", carrier.source.port.into());
    shown(object, "dest_ip", &Address(carrier.destination.ip, style.compress));
    object.number("dest_port", carrier.destination.port.into());
    shown(object, "proto", &Protocol(carrier.protocol));
    object.number("depth", 1);
    if let Some(id) = carrier.id {
        object.number("id", id.into());
    }
}

/// The name of an IP protocol.
struct Protocol(u8);

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            protocol::TCP => "TCP",
            protocol::UDP => "UDP",
            protocol::ICMP => "ICMP",
            protocol::ICMPV6 => "IPv6-ICMP",
            protocol::SCTP => "SCTP",
            2 => "IGMP",
            4 => "IP-in-IP",
            41 => "IPv6",
            47 => "GRE",
            50 => "ESP",
            51 => "AH",
            other => return write!(f, "{other:03}"),
        })
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
    pub fn new(enabled: bool, compress: bool, capture: Option<String>) -> Self {
        Eve { lines: Vec::new(), enabled, compress, capture, quota: Quota::default() }
    }
    /// Of one kind of anomaly so many lines are written in a second, or all.
    pub(crate) const fn limit_anomalies(&mut self, per_second: Option<u32>) {
        self.quota.per_second = per_second;
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
    /// Writes a line as its parts come.
    fn line(&mut self, fill: impl FnOnce(&mut JsonText<'_>, Style)) {
        let style = Style { compress: self.compress, source: true };
        JsonText::write(&mut self.lines, |line| {
            fill(line, style);
            if let Some(name) = &self.capture {
                line.text("pcap_filename", name.as_bytes());
            }
        });
        self.lines.push(b'\n');
    }
    /// The beginning of a line that is put together as a map.
    fn head(place: &Place<'_, '_>, event_type: &str) -> Map<String, Value> {
        let mut head = JsonRecord::default();
        write_head(&mut head, place, event_type, Style { compress: false, source: true });
        head.into_map()
    }

    /// A finished transaction.
    pub fn transaction(&mut self, place: &Place<'_, '_>, transaction: &Transaction) {
        let Some(row) = proto::by_id(transaction.protocol).filter(|_| self.enabled) else { return };
        self.line(|line, style| {
            write_head(line, place, row.log_key, style);
            line.number("tx_id", transaction.id.cast_signed());
            write_protocol(line, transaction);
        });
    }

    /// Input that breaks a protocol's rules; false when there were too many lines of that kind.
    pub fn anomaly(&mut self, place: &Place<'_, '_>, kind: &str, event: &'static str) -> bool {
        if !self.enabled {
            return true;
        }
        if !self.quota.takes(place.at, event) {
            return false;
        }
        let bare = event.split_once('.').map_or(event, |(_, bare)| bare);
        self.line(|line, style| {
            write_head(line, place, "anomaly", style);
            line.inner("anomaly", |object| {
                object.text("type", kind.as_bytes());
                match kind {
                    "applayer" => write_layer(object, place, bare, b"proto_parser"),
                    "decode" => object.shown("event", &format_args!("decoder.{event}")),
                    _ => object.text("event", event.as_bytes()),
                }
            });
        });
        true
    }

    /// Directions that do not speak one protocol; `event` is the name that rules have for it.
    pub fn disagreement(&mut self, place: &Place<'_, '_>, event: &str) {
        if !self.enabled {
            return;
        }
        let event = event.to_ascii_uppercase();
        self.line(|line, style| {
            write_head(line, place, "anomaly", style);
            line.inner("anomaly", |object| {
                object.text("type", b"applayer");
                write_layer(object, place, &event, b"proto_detect");
            });
        });
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
        self.line(|line, style| {
            write_head(line, &place, "flow", Style { source: false, ..style });
            let keys = [("icmp_type", "icmp_code"), ("response_icmp_type", "response_icmp_code")];
            for ((kind_key, code_key), said) in keys.into_iter().zip(notes.icmp) {
                if let Some((kind, code)) = said {
                    line.number(kind_key, kind.into());
                    line.number(code_key, code.into());
                }
            }
            line.inner("flow", |object| write_flow(object, flow, notes));
            let mut more = Map::new();
            context::add_memory(&mut more, &notes.memory, context::Captured::default());
            if let Some((name, deed, over)) = &notes.policy {
                more.insert("policy".into(), json!({"name": name, "do": deed, "pkts_dropped": over}));
            }
            device::add_ends(&mut more, notes.ends);
            line.extend(more);
            let talk = &flow.conversation;
            let others = [
                ("app_proto_ts", talk.differs(Direction::ToServer)),
                ("app_proto_tc", talk.differs(Direction::ToClient)),
                ("app_proto_orig", talk.first_protocol()),
                ("app_proto_expected", talk.expected_protocol()),
            ];
            for (key, name) in others {
                if let Some(name) = name {
                    line.text(key, name.as_bytes());
                }
            }
            if let Some((evidence, application)) = notes.application {
                line.object("application", &mut |object| {
                    object.text("name", application.name.as_bytes());
                    object.text("category", application.category.name().as_bytes());
                    object.text("evidence", evidence.name().as_bytes());
                    object.number("confidence", evidence.confidence().into());
                });
            }
            if let Some(tcp) = &flow.tcp {
                line.inner("tcp", |object| {
                    let both = tcp.flags[0] | tcp.flags[1];
                    object.shown("tcp_flags", &format_args!("{both:02x}"));
                    object.shown("tcp_flags_ts", &format_args!("{:02x}", tcp.flags[0]));
                    object.shown("tcp_flags_tc", &format_args!("{:02x}", tcp.flags[1]));
                    for (name, _) in TCP_FLAGS.iter().filter(|(_, bit)| both & bit != 0) {
                        object.flag(name, true);
                    }
                    object.text("state", tcp.state().as_str().as_bytes());
                    for (name, way) in [("ts_gap", Direction::ToServer), ("tc_gap", Direction::ToClient)] {
                        if tcp.has_gap(way) {
                            object.flag(name, true);
                        }
                    }
                });
            }
        });
    }

    /// Counters.
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

/// How the head of a line is written.
#[derive(Clone, Copy)]
struct Style {
    /// IPv6 addresses are short
    compress: bool,
    /// it is said where the packet comes from
    source: bool,
}

/// What every line begins with.
fn write_head(head: &mut dyn Line, place: &Place<'_, '_>, event_type: &str, style: Style) {
    head.shown("timestamp", &Time(place.at));
    if place.flow_number > 0 {
        head.number("flow_id", flow_id(place.flow_number).cast_signed());
    }
    if let Some((packet, number)) = place.packet {
        if number > 0 {
            head.number("pcap_cnt", number.cast_signed());
        }
        if let Transport::Icmp { kind, code, .. } = packet.transport {
            head.number("icmp_type", kind.into());
            head.number("icmp_code", code.into());
        }
    }
    let source = match (place.packet, place.carrier) {
        (None, _) => "stream (flow timeout)",
        (_, Some(carrier)) => carrier.kind.as_str(),
        (Some((packet, _)), None) if packet.joined => "defrag",
        _ => "wire/pcap",
    };
    if style.source {
        head.text("pkt_src", source.as_bytes());
    }
    head.text("event_type", event_type.as_bytes());
    if !place.vlans.is_empty() {
        head.value("vlan", json!(place.vlans));
    }
    if place.flow_number == 0 && place.packet.is_some_and(|(packet, _)| packet.ip.is_none()) {
        return;
    }
    head.shown("src_ip", &Address(place.source.ip, style.compress));
    head.shown("dest_ip", &Address(place.destination.ip, style.compress));
    if matches!(place.protocol, protocol::TCP | protocol::UDP | protocol::SCTP) {
        head.number("src_port", place.source.port.into());
        head.number("dest_port", place.destination.port.into());
    }
    head.shown("proto", &Protocol(place.protocol));
    head.number("ip_v", if place.source.ip.is_ipv4() { 4 } else { 6 });
    if let Some(application) = place.application {
        head.text("app_proto", application.as_bytes());
    }
    if let Some(carrier) = &place.carrier {
        head.object("tunnel", &mut |object| write_tunnel(object, carrier, style));
    }
}

fn write_flow<S>(object: &mut JsonText<'_>, flow: &Flow<S>, notes: &FlowNotes<'_>) {
    let count = |object: &mut dyn Record, names: [&'static str; 2], values: [u64; 2]| {
        names.into_iter().zip(values).for_each(|(name, value)| object.number(name, value.cast_signed()));
    };
    const PACKETS: [&str; 2] = ["pkts_toserver", "pkts_toclient"];
    const BYTES: [&str; 2] = ["bytes_toserver", "bytes_toclient"];
    count(object, PACKETS, flow.packets);
    count(object, BYTES, flow.bytes);
    object.shown("start", &Time(flow.started_at));
    object.shown("end", &Time(flow.last_at));
    // Whole seconds are subtracted, as Suricata does.
    let second = |at: Timestamp| at.0.div_euclid(1_000_000_000);
    object.number("age", (second(flow.last_at) - second(flow.started_at)).max(0));
    let state = if notes.bypassed { "bypassed" } else { flow.state().as_str() };
    object.text("state", state.as_bytes());
    object.text("reason", notes.reason.as_bytes());
    object.flag("alerted", notes.alerted);
    object.number("tx_cnt", flow.conversation.open_transactions().opened().cast_signed());
    if let Some(action) = notes.action {
        object.text("action", action.as_bytes());
    }
    if let Some([packets, bytes]) = notes.skipped {
        object.text("bypass", b"local");
        object.object("bypassed", &mut |inner| {
            count(inner, PACKETS, packets);
            count(inner, BYTES, bytes);
        });
    }
    if let Some(name) = notes.exception {
        object.value("exception_policy", json!([{"target": "stream_midstream", "policy": name}]));
    }
}

/// An anomaly of an application: which, and which layer of its reading found it.
fn write_layer(object: &mut JsonText<'_>, place: &Place<'_, '_>, event: &str, layer: &[u8]) {
    object.text("event", event.as_bytes());
    object.text("layer", layer);
    if let Some(name) = place.application {
        object.text("app_proto", name.as_bytes());
    }
}

/// The objects of a transaction's protocol.
fn write_protocol(line: &mut dyn Record, transaction: &Transaction) {
    let Some(row) = proto::by_id(transaction.protocol) else { return };
    line.object(row.log_key, &mut |object| (row.log)(transaction, object));
    if let Some(beside) = row.beside.filter(|beside| (beside.is_there)(transaction)) {
        line.object(beside.key, &mut |object| (beside.log)(transaction, object));
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
