//! What rules can look at in MQTT: Suricata's manual, "MQTT Keywords".
use super::message::{NAMES, Packet};
use crate::{
    flow::Direction,
    proto::{FieldRow, NumberForm, NumberRow, ProtocolId},
    transaction::{FieldId, Fields},
};
use Direction::{ToClient, ToServer};

pub(in crate::proto) const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Mqtt, direction as u8 * 64 + index)
}
const KIND: u8 = 0;
const FLAGS: u8 = 1;
const QOS: u8 = 2;
const REASON: u8 = 3;
const VERSION: u8 = 4;
const TOPIC: u8 = 5;
const MESSAGE: u8 = 6;
/// A packet as it came, by direction.
pub(in crate::proto) const FRAME: u8 = 7;
/// Its fixed header.
pub(in crate::proto) const FRAME_HEAD: u8 = 8;
/// What is behind that.
pub(in crate::proto) const FRAME_DATA: u8 = 9;
const CLIENT_ID: FieldId = field(ToServer, 10);
/// Name that the client logs in with.
pub const USERNAME: FieldId = field(ToServer, 11);
/// What it proves it with.
pub const PASSWORD: FieldId = field(ToServer, 12);
const PROTOCOL: FieldId = field(ToServer, 13);
const WILL_TOPIC: FieldId = field(ToServer, 14);
const WILL_MESSAGE: FieldId = field(ToServer, 15);
const CONNECT_FLAGS: FieldId = field(ToServer, 16);
const SUBSCRIBE_TOPIC: FieldId = field(ToServer, 17);
const UNSUBSCRIBE_TOPIC: FieldId = field(ToServer, 18);
const SESSION_PRESENT: FieldId = field(ToClient, 19);
/// Reason codes of the packets of an exchange; of CONNACK first.
pub const REASON_CODE: FieldId = field(ToServer, REASON);
/// What a client publishes.
pub const PUBLISH_MESSAGE_TO_SERVER: FieldId = field(ToServer, MESSAGE);

const fn row(direction: Direction, id: FieldId, keyword: &'static str) -> FieldRow {
    FieldRow { id, keyword, aliases: &[], modifier: None, direction }
}

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    row(ToServer, field(ToServer, TOPIC), "mqtt.publish.topic"),
    row(ToClient, field(ToClient, TOPIC), "mqtt.publish.topic"),
    row(ToServer, PUBLISH_MESSAGE_TO_SERVER, "mqtt.publish.message"),
    row(ToClient, field(ToClient, MESSAGE), "mqtt.publish.message"),
    row(ToServer, CLIENT_ID, "mqtt.connect.clientid"),
    row(ToServer, USERNAME, "mqtt.connect.username"),
    row(ToServer, PASSWORD, "mqtt.connect.password"),
    row(ToServer, PROTOCOL, "mqtt.connect.protocol_string"),
    row(ToServer, WILL_TOPIC, "mqtt.connect.willtopic"),
    row(ToServer, WILL_MESSAGE, "mqtt.connect.willmessage"),
    row(ToServer, SUBSCRIBE_TOPIC, "mqtt.subscribe.topic"),
    row(ToServer, UNSUBSCRIBE_TOPIC, "mqtt.unsubscribe.topic"),
    row(ToServer, field(ToServer, FRAME), "frame:mqtt.pdu"),
    row(ToClient, field(ToClient, FRAME), "frame:mqtt.pdu"),
    row(ToServer, field(ToServer, FRAME_HEAD), "frame:mqtt.header"),
    row(ToClient, field(ToClient, FRAME_HEAD), "frame:mqtt.header"),
    row(ToServer, field(ToServer, FRAME_DATA), "frame:mqtt.data"),
    row(ToClient, field(ToClient, FRAME_DATA), "frame:mqtt.data"),
];

const TYPES: NumberForm = NumberForm::Named(NAMES);
const HEADER_FLAGS: NumberForm = NumberForm::Flags(&[("retain", 1), ("dup", 8)]);
const SAID_FLAGS: NumberForm = NumberForm::Flags(&[
    ("clean_session", 2),
    ("will", 4),
    ("will_retain", 0x20),
    ("password", 0x40),
    ("username", 0x80),
]);
const YES_NO: NumberForm = NumberForm::Named(&[("no", 0), ("false", 0), ("yes", 1), ("true", 1)]);

const fn number(
    direction: Direction,
    id: FieldId,
    keyword: &'static str,
    aliases: &'static [&'static str],
    form: NumberForm,
) -> NumberRow {
    NumberRow { id, keyword, aliases, direction, form }
}

/// All numbers. They are those of the whole exchange, so that a rule may ask for both of its packets.
pub static NUMBERS: &[NumberRow] = &[
    number(ToServer, field(ToServer, KIND), "mqtt.type", &[], TYPES),
    number(ToServer, field(ToServer, FLAGS), "mqtt.flags", &[], HEADER_FLAGS),
    number(ToServer, field(ToServer, QOS), "mqtt.qos", &[], NumberForm::Plain),
    number(ToServer, field(ToServer, REASON), "mqtt.reason_code", REASON_NAMES, NumberForm::Plain),
    number(ToServer, field(ToServer, VERSION), "mqtt.protocol_version", &[], NumberForm::Plain),
    number(ToServer, CONNECT_FLAGS, "mqtt.connect.flags", &[], SAID_FLAGS),
    number(ToClient, SESSION_PRESENT, "mqtt.connack.session_present", &[], YES_NO),
];
const REASON_NAMES: &[&str] = &["mqtt.connack.return_code"];

/// Adds a packet's fields to those of its transaction.
pub(super) fn set_fields(direction: Direction, packet: &Packet, fields: &mut Fields, version: u8) {
    fields.set_number(field(ToServer, KIND), u64::from(packet.kind));
    let flags = u64::from(packet.retain) | u64::from(packet.dup) << 3;
    fields.set_number(field(ToServer, FLAGS), flags);
    fields.set_number(field(ToServer, QOS), u64::from(packet.qos));
    fields.set_number(field(ToServer, VERSION), u64::from(version));
    for code in &packet.codes {
        fields.set_number(field(ToServer, REASON), u64::from(*code));
    }
    if packet.kind == 2 {
        fields.set_number(SESSION_PRESENT, u64::from(packet.session_present));
    }
    let topic = match packet.kind {
        3 => field(direction, TOPIC),
        8 => SUBSCRIBE_TOPIC,
        _ => UNSUBSCRIBE_TOPIC,
    };
    packet.topics.iter().for_each(|(name, _)| fields.set(topic, name));
    if packet.kind == 3 {
        fields.set(field(direction, MESSAGE), &packet.payload);
    }
    let Some(connect) = &packet.connect else { return };
    fields.set_number(CONNECT_FLAGS, u64::from(connect.flags));
    fields.set(CLIENT_ID, &connect.client_id);
    fields.set(PROTOCOL, &connect.protocol);
    let said = [
        (USERNAME, &connect.username),
        (PASSWORD, &connect.password),
        (WILL_TOPIC, &connect.will_topic),
        (WILL_MESSAGE, &connect.will_message),
    ];
    for (id, text) in said {
        if let Some(text) = text {
            fields.set(id, text);
        }
    }
}
