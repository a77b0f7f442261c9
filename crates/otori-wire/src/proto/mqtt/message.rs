//! MQTT's control packets.
//!
//! Key types: [`Packet`], [`Kind`]. MQTT 3.1.1 (OASIS, 2014) 2 and 3; MQTT 5.0 (OASIS, 2019) 2 and 3.
use crate::{
    cursor::Cursor,
    limits::{MQTT_PROPERTIES, MQTT_TOPICS},
    reused::{Reused, refill},
};

/// What kinds are called in rules and in the log, by number.
pub(super) const NAMES: &[(&str, u64)] = &[
    ("UNASSIGNED", 0),
    ("CONNECT", 1),
    ("CONNACK", 2),
    ("PUBLISH", 3),
    ("PUBACK", 4),
    ("PUBREC", 5),
    ("PUBREL", 6),
    ("PUBCOMP", 7),
    ("SUBSCRIBE", 8),
    ("SUBACK", 9),
    ("UNSUBSCRIBE", 10),
    ("UNSUBACK", 11),
    ("PINGREQ", 12),
    ("PINGRESP", 13),
    ("DISCONNECT", 14),
    ("AUTH", 15),
];

/// A property's value (MQTT 5, 2.2.2).
pub(super) enum Value {
    Number(u32),
    Text(Vec<u8>),
}

/// One control packet.
#[derive(Default)]
pub(super) struct Packet {
    /// 1 to 15, 0 is none
    pub(super) kind: u8,
    pub(super) dup: bool,
    pub(super) qos: u8,
    pub(super) retain: bool,
    pub(super) id: Option<u16>,
    pub(super) properties: Vec<(&'static str, Value)>,
    pub(super) codes: Vec<u8>,
    /// topics, with the quality of service that is asked for
    pub(super) topics: Reused<(Vec<u8>, u8)>,
    pub(super) payload: Vec<u8>,
    pub(super) connect: Option<Box<Connect>>,
    pub(super) session_present: bool,
    /// bytes that were not kept
    pub(super) skipped: u64,
}

/// What a client introduces itself with.
#[derive(Default)]
pub(super) struct Connect {
    pub(super) protocol: Vec<u8>,
    pub(super) version: u8,
    pub(super) flags: u8,
    pub(super) client_id: Vec<u8>,
    pub(super) will_topic: Option<Vec<u8>>,
    pub(super) will_message: Option<Vec<u8>>,
    pub(super) username: Option<Vec<u8>>,
    pub(super) password: Option<Vec<u8>>,
    pub(super) will_properties: Vec<(&'static str, Value)>,
}

/// Length of the fixed header and of what follows it; `None` until it is there, an error when it cannot be one.
pub(super) fn fixed_header(bytes: &[u8]) -> Result<Option<(usize, usize)>, ()> {
    let mut length = 0;
    for place in 0..4 {
        let Some(byte) = bytes.get(1 + place).copied() else { return Ok(None) };
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok(Some((2 + place, length)));
        }
    }
    Err(())
}

fn text<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let length = usize::from(cursor.u16()?);
    cursor.take(length)
}

fn variable(cursor: &mut Cursor<'_>) -> Option<usize> {
    let mut value = 0;
    for place in 0..4 {
        let byte = cursor.u8()?;
        value |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// How a property's value is written.
enum Form {
    Byte,
    Two,
    Four,
    Variable,
    Text,
}

/// Number, name in the log, form; sorted.
const PROPERTIES: &[(u8, &str, Form)] = &[
    (1, "payload_format_indicator", Form::Byte),
    (2, "message_expiry_interval", Form::Four),
    (3, "content_type", Form::Text),
    (8, "response_topic", Form::Text),
    (9, "correlation_data", Form::Text),
    (11, "subscription_identifier", Form::Variable),
    (17, "session_expiry_interval", Form::Four),
    (18, "assigned_client_identifier", Form::Text),
    (19, "server_keep_alive", Form::Two),
    (21, "authentication_method", Form::Text),
    (22, "authentication_data", Form::Text),
    (23, "request_problem_information", Form::Byte),
    (24, "will_delay_interval", Form::Four),
    (25, "request_response_information", Form::Byte),
    (26, "response_information", Form::Text),
    (28, "server_reference", Form::Text),
    (31, "reason_string", Form::Text),
    (33, "receive_maximum", Form::Two),
    (34, "topic_alias_maximum", Form::Two),
    (35, "topic_alias", Form::Two),
    (36, "maximum_qos", Form::Byte),
    (37, "retain_available", Form::Byte),
    (39, "maximum_packet_size", Form::Four),
    (40, "wildcard_subscription_available", Form::Byte),
    (41, "subscription_identifiers_available", Form::Byte),
    (42, "shared_subscription_available", Form::Byte),
];
const USER_PROPERTY: u8 = 38;

fn properties(cursor: &mut Cursor<'_>, all: &mut Vec<(&'static str, Value)>) -> Option<()> {
    let length = variable(cursor)?;
    let mut inside = Cursor::new(cursor.take(length)?);
    while inside.left() > 0 && all.len() < MQTT_PROPERTIES {
        let number = inside.u8()?;
        if number == USER_PROPERTY {
            text(&mut inside)?;
            text(&mut inside)?;
            continue;
        }
        let (_, name, form) = PROPERTIES.iter().find(|(have, ..)| *have == number)?;
        let value = match form {
            Form::Byte => Value::Number(u32::from(inside.u8()?)),
            Form::Two => Value::Number(u32::from(inside.u16()?)),
            Form::Four => Value::Number(inside.u32()?),
            Form::Variable => Value::Number(variable(&mut inside)? as u32),
            Form::Text => Value::Text(text(&mut inside)?.to_vec()),
        };
        all.push((*name, value));
    }
    Some(())
}

impl Packet {
    /// The first byte of the fixed header, in place of the packet that was there.
    pub(super) fn begin(&mut self, first: u8) {
        (self.kind, self.qos) = (first >> 4, first >> 1 & 3);
        (self.dup, self.retain) = (first & 8 != 0, first & 1 != 0);
        (self.id, self.connect, self.session_present, self.skipped) = (None, None, false, 0);
        self.properties.clear();
        self.codes.clear();
        self.topics.clear();
        self.payload.clear();
    }
    fn topic(&mut self, name: &[u8], qos: u8) {
        let topic = self.topics.again();
        refill(&mut topic.0, name);
        topic.1 = qos;
    }
    /// What follows the fixed header, in a connection of that version; `None` when it breaks the rules.
    pub(super) fn read(&mut self, body: &[u8], version: u8) -> Option<()> {
        let mut cursor = Cursor::new(body);
        let five = version == 5;
        match self.kind {
            1 => self.connect(&mut cursor)?,
            2 => {
                self.session_present = cursor.u8()? & 1 != 0;
                self.codes.push(cursor.u8()?);
                if five && cursor.left() > 0 {
                    properties(&mut cursor, &mut self.properties)?;
                }
            }
            3 => {
                let topic = text(&mut cursor)?;
                self.topic(topic, self.qos);
                if self.qos > 0 {
                    self.id = Some(cursor.u16()?);
                }
                if five {
                    properties(&mut cursor, &mut self.properties)?;
                }
                refill(&mut self.payload, cursor.rest());
            }
            4..=7 => {
                self.id = Some(cursor.u16()?);
                self.reason(&mut cursor, five)?;
            }
            8 | 10 => {
                self.id = Some(cursor.u16()?);
                if five {
                    properties(&mut cursor, &mut self.properties)?;
                }
                while cursor.left() > 0 && self.topics.len() < MQTT_TOPICS {
                    let topic = text(&mut cursor)?;
                    let qos = if self.kind == 8 { cursor.u8()? & 3 } else { 0 };
                    self.topic(topic, qos);
                }
            }
            9 | 11 => {
                self.id = Some(cursor.u16()?);
                if five {
                    properties(&mut cursor, &mut self.properties)?;
                }
                self.codes.extend(cursor.rest().iter().take(MQTT_TOPICS));
            }
            14 | 15 if five => self.reason(&mut cursor, five)?,
            _ => {}
        }
        Some(())
    }
    /// A reason code and properties, both of which may be left out (MQTT 5, 3.4.2.1).
    fn reason(&mut self, cursor: &mut Cursor<'_>, five: bool) -> Option<()> {
        if five {
            self.codes.push(cursor.u8().unwrap_or(0));
            if cursor.left() > 0 {
                properties(cursor, &mut self.properties)?;
            }
        }
        Some(())
    }
    fn connect(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        let mut connect = Connect { protocol: text(cursor)?.to_vec(), ..Connect::default() };
        connect.version = cursor.u8()?;
        connect.flags = cursor.u8()?;
        cursor.skip(2)?;
        if connect.version == 5 {
            properties(cursor, &mut self.properties)?;
        }
        connect.client_id = text(cursor)?.to_vec();
        if connect.flags & 4 != 0 {
            if connect.version == 5 {
                properties(cursor, &mut connect.will_properties)?;
            }
            connect.will_topic = Some(text(cursor)?.to_vec());
            connect.will_message = Some(text(cursor)?.to_vec());
        }
        if connect.flags & 0x80 != 0 {
            connect.username = Some(text(cursor)?.to_vec());
        }
        if connect.flags & 0x40 != 0 {
            connect.password = Some(text(cursor)?.to_vec());
        }
        self.connect = Some(Box::new(connect));
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cut_panics() {
        let connect = b"\0\x04MQTT\x05\xc6\0\x3c\x03\x21\0\x14\0\x02id\0\0\x01t\0\x01m\0\x01u\0\x01p";
        let mut whole = Packet::default();
        whole.begin(0x10);
        assert!(whole.read(connect, 0).is_some());
        let said = whole.connect.expect("a CONNECT");
        assert_eq!(
            (said.username.as_deref(), said.will_topic.as_deref()),
            (Some(&b"u"[..]), Some(&b"t"[..]))
        );
        assert!(matches!(whole.properties.as_slice(), [("receive_maximum", Value::Number(20))]));
        for first in 0..=u8::MAX {
            for end in 0..connect.len() {
                let mut packet = Packet::default();
                packet.begin(first);
                let _ = packet.read(&connect[..end], 5);
                let _ = fixed_header(&connect[..end]);
            }
        }
    }
}
