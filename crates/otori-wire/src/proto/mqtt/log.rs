//! The `mqtt` object of EVE: one member per control packet of the transaction.
use super::{
    Exchange,
    message::{Connect, Packet, Value},
};
use crate::{proto::Record, transaction::Transaction};

const KEYS: [&str; 16] = [
    "unassigned",
    "connect",
    "connack",
    "publish",
    "puback",
    "pubrec",
    "pubrel",
    "pubcomp",
    "subscribe",
    "suback",
    "unsubscribe",
    "unsuback",
    "pingreq",
    "pingresp",
    "disconnect",
    "auth",
];

/// Writes the packets.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let detail = transaction.detail_of::<Exchange>();
    for packet in detail.map_or(&[][..], |exchange| &exchange.packets) {
        let key = KEYS[usize::from(packet.kind & 15)];
        record.object(key, &mut |record| write(packet, record));
    }
}

fn write(packet: &Packet, record: &mut dyn Record) {
    record.number("qos", i64::from(packet.qos));
    record.flag("retain", packet.retain);
    record.flag("dup", packet.dup);
    if let Some(id) = packet.id {
        record.number("message_id", i64::from(id));
    }
    if packet.skipped > 0 {
        record.flag("truncated", true);
        record.number("skipped_length", packet.skipped.cast_signed());
    }
    match packet.kind {
        1 => {
            if let Some(connect) = &packet.connect {
                introduce(connect, record);
            }
        }
        2 => {
            record.flag("session_present", packet.session_present);
            record.number("return_code", packet.codes.first().map_or(0, |code| i64::from(*code)));
        }
        3 => {
            record.text("topic", packet.topics.first().map_or(b"", |(topic, _)| topic.as_slice()));
            record.text("message", &packet.payload);
        }
        8 => record.list("topics", packet.topics.len(), &mut |place, record| {
            if let Some((topic, qos)) = packet.topics.get(place) {
                record.text("topic", topic);
                record.number("qos", i64::from(*qos));
            }
        }),
        10 => {
            let topics: Vec<Vec<u8>> = packet.topics.iter().map(|(topic, _)| topic.clone()).collect();
            record.texts("topics", &topics);
        }
        9 => record.numbers("qos_granted", &packet.codes),
        11 => record.numbers("reason_codes", &packet.codes),
        _ => {
            if let Some(code) = packet.codes.first() {
                record.number("reason_code", i64::from(*code));
            }
        }
    }
    properties("properties", &packet.properties, record);
}

fn introduce(connect: &Connect, record: &mut dyn Record) {
    record.text("protocol_string", &connect.protocol);
    record.number("protocol_version", i64::from(connect.version));
    let flag = |bit: u8| connect.flags & bit != 0;
    record.object("flags", &mut |record| {
        record.flag("username", flag(0x80));
        record.flag("password", flag(0x40));
        record.flag("will_retain", flag(0x20));
        record.flag("will", flag(4));
        record.flag("clean_session", flag(2));
    });
    record.text("client_id", &connect.client_id);
    if let Some(username) = &connect.username {
        record.text("username", username);
    }
    if let Some(password) = &connect.password {
        record.text("password", password);
    }
    if let (Some(topic), Some(message)) = (&connect.will_topic, &connect.will_message) {
        record.object("will", &mut |record| {
            record.text("topic", topic);
            record.text("message", message);
            properties("properties", &connect.will_properties, record);
        });
    }
}

fn properties(key: &'static str, list: &[(&'static str, Value)], record: &mut dyn Record) {
    if list.is_empty() {
        return;
    }
    record.object(key, &mut |record| {
        for (name, value) in list {
            match value {
                Value::Number(number) => record.number(name, i64::from(*number)),
                Value::Text(text) => record.text(name, text),
            }
        }
    });
}
