//! Alerts and drops.
//!
//! Key type: [`Alert`]. Neighbour: [`super::Eve`].
use super::{Eve, Place, class, context, ip_text, record::JsonRecord, time_text, write_protocol};
use crate::{
    device::Label,
    engine::{Detail, Facts},
};
use core::net::IpAddr;
use otori_rule::{Hit, Rule, state::Remembered};
use otori_wire::{Direction, LinkType, Packet, Transaction, decode::Transport, proto::http};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// What an alert tells besides its place.
pub(crate) struct Alert<'a> {
    /// the match
    pub(crate) hit: &'a Hit,
    /// the rule holds the packet back
    pub(crate) blocked: bool,
    /// what becomes of the packet: alert, drop, pass
    pub(crate) verdict: &'static str,
    /// its flow
    pub(crate) flow: Option<&'a Facts>,
    /// the direction in which it was found
    pub(crate) way: Direction,
    /// the transaction it is about
    pub(crate) transaction: Option<&'a Transaction>,
    /// which is the only one that is open, where the rule is about none
    pub(crate) guessed: bool,
    /// the last bytes of the stream
    pub(crate) stream: Cow<'a, [u8]>,
    /// what is shown
    pub(crate) detail: Detail,
    /// what rules have remembered with the flow
    pub(crate) memory: Remembered,
    /// whose flow it is
    pub(crate) device: Option<&'a Label>,
}

/// Bytes of payload in one alert.
const PAYLOAD_BYTES: usize = 4096;

impl Alert<'_> {
    fn in_stream(&self) -> bool {
        self.hit.in_stream && !self.stream.is_empty()
    }
    /// Bytes that the rule looked at: of the stream, or of the packet.
    fn payload<'a>(&'a self, place: &Place<'a, '_>) -> &'a [u8] {
        if self.in_stream() {
            &self.stream
        } else {
            place.packet.map_or(&[][..], |(packet, _)| packet.payload)
        }
    }
}

impl Eve {
    /// An alert.
    pub(crate) fn alert(&mut self, place: &Place<'_, '_>, alert: &Alert<'_>) {
        if !self.is_enabled() {
            return;
        }
        let mut line = Self::head(place, "alert");
        let mut object = alert_object(&alert.hit.rule, alert.blocked, alert.detail.references);
        let mut captured =
            context::of_captures(&alert.hit.rule, alert.transaction, place, alert.payload(place));
        let mut found = context::of_lists(&alert.hit.rule, alert.transaction, place).unwrap_or_default();
        found.append(&mut captured.alert);
        if let Some(object) = object.as_object_mut().filter(|_| !found.is_empty()) {
            object.insert("context".into(), found.into());
        }
        context::add_memory(&mut line, &alert.memory, captured);
        add_forwarded(&mut line, &mut object, alert);
        line.insert("alert".into(), object);
        let mut verdict = json!({"action": alert.verdict});
        if alert.hit.rule.action == otori_rule::Action::Reject
            && let Some(verdict) = verdict.as_object_mut()
        {
            verdict.insert("reject-target".into(), "to_client".into());
            verdict.insert("reject".into(), json!(["tcp-reset"]));
        }
        line.insert("verdict".into(), verdict);
        if let Some(transaction) = alert.transaction {
            line.insert("tx_id".into(), transaction.id.into());
            if alert.guessed {
                line.insert("tx_guessed".into(), true.into());
            }
            let mut object = JsonRecord::default();
            write_protocol(&mut object, transaction);
            line.extend(object.into_map());
            if let Some(frame) = context::of_frame(&alert.hit.rule, transaction, alert.way) {
                line.insert("frame".into(), frame);
            }
            super::file::add_files(&mut line, transaction, alert);
        }
        if let Some(flow) = alert.flow {
            let toserver = flow.client == place.source;
            line.insert("direction".into(), if toserver { "to_server" } else { "to_client" }.into());
            line.insert("flow".into(), flow_object(flow));
        }
        super::device::add(&mut line, alert.device);
        add_detail(&mut line, place, alert);
        self.write(line);
    }

    /// A dropped packet.
    pub(crate) fn drop(&mut self, place: &Place<'_, '_>, rule: Option<&Rule>, reason: &str) {
        let Some((packet, _)) = place.packet.filter(|_| self.is_enabled()) else { return };
        let mut line = Self::head(place, "drop");
        let mut object = Map::new();
        if let Some(ip) = &packet.ip {
            object.insert("len".into(), (ip.header.len() + ip.body.len()).into());
            object.insert("tos".into(), ip.tos.into());
            object.insert("ttl".into(), ip.ttl.into());
            object.insert("ipid".into(), ip.identification.into());
        }
        if let Transport::Tcp { sequence, acknowledgement, window, flags, .. } = packet.transport {
            object.insert("tcpseq".into(), sequence.into());
            object.insert("tcpack".into(), acknowledgement.into());
            object.insert("tcpwin".into(), window.into());
            for (name, bit) in [("fin", 1), ("syn", 2), ("rst", 4), ("psh", 8), ("ack", 16), ("urg", 32)] {
                object.insert(name.into(), (flags & bit != 0).into());
            }
        }
        object.insert("reason".into(), reason.into());
        line.insert("drop".into(), object.into());
        line.insert("verdict".into(), json!({"action": "drop"}));
        if let Some(rule) = rule {
            line.insert("alert".into(), alert_object(rule, true, false));
        }
        self.write(line);
    }
}

impl Eve {
    /// A packet that is logged because of an alert before it.
    pub(crate) fn tagged(&mut self, place: &Place<'_, '_>) {
        let Some((packet, _)) = place.packet.filter(|_| self.enabled) else { return };
        let mut line = Self::head(place, "packet");
        add_packet(&mut line, packet);
        self.write(line);
    }
}

/// For whom a proxy has asked, beside its own address or in place of it.
fn add_forwarded(line: &mut Map<String, Value>, object: &mut Value, alert: &Alert<'_>) {
    let Some(how) = alert.detail.forwarded else { return };
    let block = alert.transaction.and_then(|transaction| transaction.fields.get(http::REQUEST_HEADER_RAW));
    let Some(asked) = block.and_then(|block| forwarded(block, how.last)) else { return };
    let address = ip_text(asked);
    if how.overwrites {
        let key = if alert.way == Direction::ToServer { "src_ip" } else { "dest_ip" };
        line.insert(key.into(), address.into());
    } else if let Some(object) = object.as_object_mut() {
        object.insert("xff".into(), address.into());
    }
}

/// The first or the last address that `X-Forwarded-For` has.
fn forwarded(block: &[u8], last: bool) -> Option<IpAddr> {
    let value = block.split(|byte| *byte == b'\n').find_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at(colon);
        name.trim_ascii().eq_ignore_ascii_case(b"x-forwarded-for").then_some(value.get(1..)?)
    })?;
    let mut all = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let one = if last { all.next_back() } else { all.next() }?;
    core::str::from_utf8(one).ok()?.parse().ok()
}

/// The packet as it came, and what it starts with.
fn add_packet(line: &mut Map<String, Value>, packet: &Packet<'_>) {
    let whole = packet.joined.then(|| packet.rebuilt());
    line.insert("packet".into(), base64(whole.as_deref().unwrap_or(packet.frame)).into());
    // What was in a tunnel has no link layer of its own.
    let link = if packet.depth > 0 { LinkType::Ip } else { packet.link };
    line.insert("packet_info".into(), json!({"linktype": link.number(), "linktype_name": link.name()}));
}

fn flow_object(flow: &Facts) -> Value {
    json!({
        "pkts_toserver": flow.packets[0], "pkts_toclient": flow.packets[1],
        "bytes_toserver": flow.bytes[0], "bytes_toclient": flow.bytes[1],
        "start": time_text(flow.started_at),
        "src_ip": ip_text(flow.client.ip), "dest_ip": ip_text(flow.server.ip),
        "src_port": flow.client.port, "dest_port": flow.server.port,
    })
}

fn add_detail(line: &mut Map<String, Value>, place: &Place<'_, '_>, alert: &Alert<'_>) {
    let packet = place.packet.map(|(packet, _)| packet);
    if let Some(Transport::Sctp { chunks, tag, .. }) = packet.map(|packet| packet.transport) {
        line.insert("sctp".into(), json!({"chunk_cnt": chunks, "vtag": tag}));
    }
    if alert.detail.payload {
        let payload = alert.payload(place);
        let shown = payload.get(..payload.len().min(PAYLOAD_BYTES)).unwrap_or(payload);
        if !shown.is_empty() {
            line.insert("payload".into(), base64(shown).into());
            line.insert("payload_printable".into(), printable(shown).into());
        }
        line.insert("stream".into(), u8::from(alert.in_stream()).into());
    }
    let Some(packet) = packet else { return };
    if alert.detail.packet {
        add_packet(line, packet);
    }
    if let (true, LinkType::Ethernet, Some(head)) =
        (alert.detail.ethernet, packet.link, packet.frame.get(..14))
    {
        let address =
            |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":");
        line.insert(
            "ether".into(),
            json!({
                "ether_type": u16::from_be_bytes([head[12], head[13]]),
                "dest_mac": address(&head[..6]), "src_mac": address(&head[6..12]),
            }),
        );
    }
}

/// RFC 4648 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS.get((bits >> (18 - 6 * place) & 63) as usize).copied().unwrap_or(b'=');
            out.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

/// Letters as they are, line ends too, other bytes as dots.
fn printable(bytes: &[u8]) -> String {
    let shown = |byte: &u8| match byte {
        b'\r' | b'\n' | b'\t' => char::from(*byte),
        byte if byte.is_ascii_graphic() || *byte == b' ' => char::from(*byte),
        _ => '.',
    };
    bytes.iter().map(shown).collect()
}

fn alert_object(rule: &Rule, blocked: bool, references: bool) -> Value {
    let (category, severity) = match rule.class_meaning.as_deref() {
        Some(meaning) => (meaning.text.as_str(), meaning.severity),
        None => class::lookup(&rule.class),
    };
    let mut object = Map::new();
    object.insert("action".into(), if blocked { "blocked" } else { "allowed" }.into());
    object.insert("gid".into(), rule.gid.into());
    object.insert("signature_id".into(), rule.sid.into());
    object.insert("rev".into(), rule.revision.into());
    object.insert("signature".into(), rule.message.clone().into());
    object.insert("category".into(), category.into());
    object.insert("severity".into(), rule.priority.unwrap_or(severity).into());
    if references && rule.references().next().is_some() {
        object.insert("references".into(), rule.references().collect());
    }
    let mut metadata: Map<String, Value> = Map::new();
    for (key, value) in rule.all_metadata() {
        let list = metadata.entry(key).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(value.into());
        }
    }
    if !metadata.is_empty() {
        object.insert("metadata".into(), metadata.into());
    }
    object.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_base64_and_as_text() {
        for (bytes, expect) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(bytes.as_bytes()), expect);
        }
        assert_eq!(printable(b"a\x00b\r\n"), "a.b\r\n");
    }

    #[test]
    fn a_proxy_says_for_whom_it_asks() {
        let block = b"Host: a.example\r\nx-forwarded-for: 192.0.2.1, 2001:db8::2\r\n\r\n";
        assert_eq!(forwarded(block, false), Some([192, 0, 2, 1].into()));
        assert_eq!(forwarded(block, true).map(|ip| ip.to_string()).as_deref(), Some("2001:db8::2"));
        assert_eq!(forwarded(b"X-Forwarded-For: unknown\r\n", true), None);
        assert_eq!(forwarded(b"X-Forwarded: 192.0.2.1\r\n", true), None);
    }
}
