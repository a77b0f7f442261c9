//! CoAP over UDP: each message is a transaction.
//!
//! Key type: [`Message`]. RFC 7252 3 and 5.10, RFC 7641 (Observe), RFC 7959 (Block). Suricata has no CoAP: the names
//! follow those of its HTTP keywords.
use super::{
    FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record,
    framed::{Length, MessageReader, Messages},
};
use crate::{
    cursor::Cursor,
    flow::Direction,
    reused::{Reused, refill},
    transaction::{FieldId, Fields, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Coap, direction as u8 * 64 + index)
}
const CODE: u8 = 0;
const TYPE: u8 = 1;
const URI: u8 = 2;
const HOST: u8 = 3;
const PAYLOAD: u8 = 4;
const TOKEN: u8 = 5;
const FORMAT: u8 = 6;

const fn row(direction: Direction, index: u8, keyword: &'static str) -> FieldRow {
    FieldRow::new(direction, field(direction, index), keyword)
}
/// All fields.
pub static FIELDS: &[FieldRow] = &[
    row(ToServer, URI, "coap.uri"),
    row(ToClient, URI, "coap.uri"),
    row(ToServer, HOST, "coap.host"),
    row(ToServer, PAYLOAD, "coap.payload"),
    row(ToClient, PAYLOAD, "coap.payload"),
    row(ToServer, TOKEN, "coap.token"),
    row(ToClient, TOKEN, "coap.token"),
];

/// Methods and answers as code numbers, RFC 7252 12.1.
const CODES: &[(&str, u64)] = &[
    ("empty", 0),
    ("get", 1),
    ("post", 2),
    ("put", 3),
    ("delete", 4),
    ("fetch", 5),
    ("patch", 6),
    ("ipatch", 7),
    ("created", 0x41),
    ("deleted", 0x42),
    ("valid", 0x43),
    ("changed", 0x44),
    ("content", 0x45),
    ("continue", 0x5f),
    ("bad_request", 0x80),
    ("unauthorized", 0x81),
    ("bad_option", 0x82),
    ("forbidden", 0x83),
    ("not_found", 0x84),
    ("method_not_allowed", 0x85),
    ("not_acceptable", 0x86),
    ("request_entity_incomplete", 0x88),
    ("precondition_failed", 0x8c),
    ("request_entity_too_large", 0x8d),
    ("unsupported_content_format", 0x8f),
    ("internal_server_error", 0xa0),
    ("not_implemented", 0xa1),
    ("bad_gateway", 0xa2),
    ("service_unavailable", 0xa3),
    ("gateway_timeout", 0xa4),
    ("proxying_not_supported", 0xa5),
];
const TYPES: &[(&str, u64)] = &[("con", 0), ("non", 1), ("ack", 2), ("rst", 3)];

const fn number(direction: Direction, index: u8, keyword: &'static str, form: NumberForm) -> NumberRow {
    NumberRow::new(direction, field(direction, index), keyword, form)
}
/// All numbers.
pub static NUMBERS: &[NumberRow] = &[
    number(ToServer, CODE, "coap.code", NumberForm::Named(CODES)),
    number(ToClient, CODE, "coap.code", NumberForm::Named(CODES)),
    number(ToServer, TYPE, "coap.type", NumberForm::Named(TYPES)),
    number(ToClient, TYPE, "coap.type", NumberForm::Named(TYPES)),
    number(ToServer, FORMAT, "coap.content_format", NumberForm::Plain),
    number(ToClient, FORMAT, "coap.content_format", NumberForm::Plain),
];

/// Options read of one message.
const OPTIONS: usize = 64;

/// Version 1, a code that exists, and options that can be read.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    let mut message = Message::default();
    let known = message.read(bytes) == Some(true) && message.is_known();
    if known { Probe::Yes } else { Probe::No }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(CoapReader))
}

struct CoapReader;

/// What a message says.
#[derive(Default)]
pub struct Message {
    kind: u8,
    code: u8,
    id: u16,
    token: Vec<u8>,
    options: Reused<(u32, Vec<u8>)>,
    payload: Vec<u8>,
}

impl MessageReader for CoapReader {
    fn length(&self, _direction: Direction, _bytes: &[u8]) -> Length {
        Length::Broken
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let id = transactions.open(ProtocolId::Coap);
        let Some(transaction) = transactions.get_mut(id) else { return };
        let whole = transaction.with_detail(|message: &mut Message, transaction| {
            let whole = message.read(bytes)?;
            if !whole {
                transaction.note("coap.malformed_options");
            }
            message.set_fields(direction, &mut transaction.fields);
            Some(whole)
        });
        if whole.is_none() {
            transaction.no_detail();
            transaction.note("coap.malformed_message");
        }
        transaction.complete_alone(direction);
    }
}

/// A delta or a length with its extension, RFC 7252 3.1.
fn extended(nibble: u8, cursor: &mut Cursor<'_>) -> Option<u32> {
    match nibble {
        13 => Some(u32::from(cursor.u8()?) + 13),
        14 => Some(u32::from(cursor.u16()?) + 269),
        15 => None,
        small => Some(u32::from(small)),
    }
}

const OBSERVE: u32 = 6;
const LOCATION: u32 = 8;
const URI_PATH: u32 = 11;
const CONTENT_FORMAT: u32 = 12;
const URI_QUERY: u32 = 15;
const LOCATION_QUERY: u32 = 20;

impl Message {
    /// Reads a message in place of the one that was there; gives whether its options could be read to the end.
    fn read(&mut self, bytes: &[u8]) -> Option<bool> {
        let mut cursor = Cursor::new(bytes);
        let first = cursor.u8()?;
        let token = usize::from(first & 15);
        if first >> 6 != 1 || token > 8 {
            return None;
        }
        (self.kind, self.code, self.id) = (first >> 4 & 3, cursor.u8()?, cursor.u16()?);
        refill(&mut self.token, cursor.take(token)?);
        self.options.clear();
        self.payload.clear();
        let mut number = 0u32;
        for _ in 0..OPTIONS {
            let Some(head) = cursor.u8() else { return Some(true) };
            if head == 0xff {
                // A marker without a payload is an error.
                refill(&mut self.payload, cursor.rest());
                return Some(!self.payload.is_empty());
            }
            let option = || {
                number = number.checked_add(extended(head >> 4, &mut cursor)?)?;
                let length = extended(head & 15, &mut cursor)?;
                Some((number, cursor.take(length as usize)?))
            };
            let mut option = option;
            match option() {
                Some((number, value)) => {
                    let option = self.options.again();
                    option.0 = number;
                    refill(&mut option.1, value);
                }
                None => break,
            }
        }
        Some(false)
    }
    /// Code of a method or an answer; an empty message is a ping or its answer.
    fn is_known(&self) -> bool {
        let known = CODES.iter().any(|(_, code)| *code == u64::from(self.code));
        known && (self.code != 0 || self.token.is_empty() && self.options.is_empty())
    }
    fn texts(&self, number: u32) -> impl Iterator<Item = &[u8]> {
        self.options.iter().filter(move |(have, _)| *have == number).map(|(_, value)| value.as_slice())
    }
    fn value(&self, number: u32) -> Option<u64> {
        let bytes = self.texts(number).next().filter(|bytes| bytes.len() <= 4)?;
        Some(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }
    const fn uri_options(&self) -> (u32, u32) {
        if self.code >= 0x40 { (LOCATION, LOCATION_QUERY) } else { (URI_PATH, URI_QUERY) }
    }
    fn has_uri(&self) -> bool {
        self.code != 0 && (self.code < 0x40 || self.texts(LOCATION).next().is_some())
    }
    /// Writes path and query as they stand in a URI.
    fn uri(&self, out: &mut Vec<u8>) {
        let (path, query) = self.uri_options();
        for part in self.texts(path) {
            out.push(b'/');
            out.extend_from_slice(part);
        }
        if out.is_empty() {
            out.push(b'/');
        }
        for (place, part) in self.texts(query).enumerate() {
            out.push(if place == 0 { b'?' } else { b'&' });
            out.extend_from_slice(part);
        }
    }
    fn set_fields(&self, direction: Direction, fields: &mut Fields) {
        fields.set_number(field(direction, CODE), u64::from(self.code));
        fields.set_number(field(direction, TYPE), u64::from(self.kind));
        if self.has_uri() {
            fields.write(field(direction, URI), |out| self.uri(out));
        }
        if let Some(host) = self.texts(3).next().filter(|_| direction == ToServer) {
            fields.set(field(ToServer, HOST), host);
        }
        if let Some(format) = self.value(CONTENT_FORMAT) {
            fields.set_number(field(direction, FORMAT), format);
        }
        for (index, bytes) in [(TOKEN, &self.token), (PAYLOAD, &self.payload)] {
            if !bytes.is_empty() {
                fields.set(field(direction, index), bytes);
            }
        }
    }
}

/// The `coap` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(message) = transaction.detail_of::<Message>() else { return };
    let named = |table: &[(&'static str, u64)], number: u8| {
        table.iter().find(|(_, have)| *have == u64::from(number)).map_or("unknown", |(name, _)| name)
    };
    record.text("type", named(TYPES, message.kind).as_bytes());
    record.text("code", format!("{}.{:02}", message.code >> 5, message.code & 31).as_bytes());
    record.text("code_name", named(CODES, message.code).as_bytes());
    record.number("message_id", i64::from(message.id));
    if !message.token.is_empty() {
        record.text("token", crate::digest::hex(&message.token).as_bytes());
    }
    if message.has_uri() {
        let mut uri = Vec::new();
        message.uri(&mut uri);
        record.text("uri", &uri);
    }
    message.texts(3).take(1).for_each(|host| record.text("host", host));
    for (key, number) in [("observe", OBSERVE), ("content_format", CONTENT_FORMAT)] {
        if let Some(value) = message.value(number) {
            record.number(key, value.cast_signed());
        }
    }
    record.number("payload_length", message.payload.len() as i64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read_datagrams};

    #[test]
    fn a_request_and_its_answer_are_read() {
        let ask = b"\x42\x01\x30\x39\xaa\xbb\x3bcam\x5bvideo\x02on\x44a=12\xff";
        // Uri-Host, two of Uri-Path, Uri-Query, then a marker without a payload.
        let whole = [&ask[..6], b"\x33cam\x85video\x02on\x44a=12"].concat();
        let answer = b"\x62\x45\x30\x39\xaa\xbb\xc0\xff21 C";
        let talk: &[(Direction, &[u8])] = &[(ToServer, &whole), (ToClient, answer)];
        let transactions = read_datagrams(parser, talk);
        let text = |place: usize, way, index| {
            nth(&transactions, place).fields.get(field(way, index)).map(String::from_utf8_lossy)
        };
        assert_eq!(text(0, ToServer, URI).as_deref(), Some("/video/on?a=12"));
        assert_eq!(text(0, ToServer, HOST).as_deref(), Some("cam"));
        assert_eq!(text(1, ToClient, PAYLOAD).as_deref(), Some("21 C"));
        assert_eq!(nth(&transactions, 1).fields.number(field(ToClient, CODE)), Some(0x45));
        assert_eq!(probe(ToServer, &whole), Probe::Yes);
        assert_eq!(probe(ToServer, &[whole, vec![0xff]].concat()), Probe::No);
    }
}
