//! SNMP versions 1, 2c and 3: every message is a transaction.
//!
//! Key type: [`Message`]. RFC 1157 4.1, RFC 3416 3, RFC 3412 6, RFC 3414 2.4; BER as in X.690 8.
use super::{FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record};
use crate::{
    flow::Direction,
    limits::SNMP_VARIABLES,
    transaction::{FieldId, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Snmp, direction as u8 * 64 + index)
}
const VERSION: u8 = 0;
const PDU_TYPE: u8 = 1;
const COMMUNITY: u8 = 2;
const USER: u8 = 3;
/// Community of a request.
pub const COMMUNITY_TO_SERVER: FieldId = field(ToServer, COMMUNITY);
/// Community of an answer.
pub const COMMUNITY_TO_CLIENT: FieldId = field(ToClient, COMMUNITY);

const fn row(direction: Direction, index: u8, keyword: &'static str) -> FieldRow {
    FieldRow { id: field(direction, index), keyword, aliases: &[], modifier: None, direction }
}
const fn number(direction: Direction, index: u8, keyword: &'static str, form: NumberForm) -> NumberRow {
    NumberRow { id: field(direction, index), keyword, aliases: &[], direction, form }
}

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    row(ToServer, COMMUNITY, "snmp.community"),
    row(ToClient, COMMUNITY, "snmp.community"),
    row(ToServer, USER, "snmp.usm"),
    row(ToClient, USER, "snmp.usm"),
];

/// Names of the kinds of message, by the number in their tag.
const KINDS: &[(&str, u64)] = &[
    ("get_request", 0),
    ("get_next_request", 1),
    ("response", 2),
    ("set_request", 3),
    ("trap_v1", 4),
    ("get_bulk_request", 5),
    ("inform_request", 6),
    ("trap_v2", 7),
    ("report", 8),
];

/// All numbers.
pub static NUMBERS: &[NumberRow] = &[
    number(ToServer, VERSION, "snmp.version", NumberForm::Plain),
    number(ToClient, VERSION, "snmp.version", NumberForm::Plain),
    number(ToServer, PDU_TYPE, "snmp.pdu_type", NumberForm::Named(KINDS)),
    number(ToClient, PDU_TYPE, "snmp.pdu_type", NumberForm::Named(KINDS)),
];

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 2;
const OCTETS: u8 = 4;
const OBJECT: u8 = 6;

/// The next value: its tag, its bytes, and what follows it.
fn value(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (inside, rest) = rest.split_at_checked(length)?;
    Some((*tag, inside, rest))
}
/// The same, when it has that tag.
fn tagged(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    value(bytes).filter(|(tag, ..)| *tag == wanted).map(|(_, inside, rest)| (inside, rest))
}
fn integer(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (digits, rest) = tagged(bytes, INTEGER).filter(|(digits, _)| (1..=8).contains(&digits.len()))?;
    let sign = if digits[0] & 0x80 != 0 { -1 } else { 0 };
    Some((digits.iter().fold(sign, |sum, digit| sum << 8 | i64::from(*digit)), rest))
}

/// `1.3.6.1.2.1` from its encoding (X.690 8.19).
fn object_name(bytes: &[u8]) -> String {
    let mut arcs: Vec<u64> = Vec::new();
    let mut arc = 0u64;
    for byte in bytes {
        arc = arc << 7 & u64::MAX >> 1 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if arcs.is_empty() {
                arcs.push((arc / 40).min(2));
                arc -= arcs[0] * 40;
            }
            arcs.push(arc);
            arc = 0;
        }
    }
    arcs.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

/// What a message says; of an encrypted one only its envelope.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    version: i64,
    community: Option<Vec<u8>>,
    user: Option<Vec<u8>>,
    kind: Option<u8>,
    error: i64,
    variables: Vec<String>,
    trailing: bool,
}

impl Message {
    fn read(bytes: &[u8]) -> Option<Message> {
        let (inside, after) = tagged(bytes, SEQUENCE)?;
        let (version, rest) = integer(inside)?;
        let mut message = Message { version: version + 1, trailing: !after.is_empty(), ..Message::default() };
        match version {
            0 | 1 => {
                let (community, rest) = tagged(rest, OCTETS)?;
                message.community = Some(community.to_vec());
                message.unit(rest)?;
            }
            3 => {
                message.version = 3;
                let (_, rest) = tagged(rest, SEQUENCE)?;
                let (security, rest) = tagged(rest, OCTETS)?;
                let (security, _) = tagged(security, SEQUENCE)?;
                // Engine, boots, time, then the user's name.
                let (_, _, security) = value(security)?;
                let (_, _, security) = value(security)?;
                let (_, _, security) = value(security)?;
                message.user = Some(tagged(security, OCTETS)?.0.to_vec());
                if let Some((scoped, _)) = tagged(rest, SEQUENCE) {
                    let (_, _, scoped) = value(scoped)?;
                    let (_, _, scoped) = value(scoped)?;
                    message.unit(scoped)?;
                }
            }
            _ => return None,
        }
        Some(message)
    }
    fn unit(&mut self, bytes: &[u8]) -> Option<()> {
        let (tag, inside, _) = value(bytes)?;
        let kind = tag.checked_sub(0xa0).filter(|kind| *kind <= 8)?;
        self.kind = Some(kind);
        let variables = match kind {
            4 => {
                // Enterprise, agent, generic and specific trap, time.
                let mut rest = inside;
                for _ in 0..5 {
                    rest = value(rest)?.2;
                }
                rest
            }
            _ => {
                let (_, rest) = integer(inside)?;
                let (error, rest) = integer(rest)?;
                self.error = error;
                integer(rest)?.1
            }
        };
        let (mut list, _) = tagged(variables, SEQUENCE)?;
        while let Some((pair, rest)) =
            tagged(list, SEQUENCE).filter(|_| self.variables.len() < SNMP_VARIABLES)
        {
            self.variables.push(object_name(tagged(pair, OBJECT)?.0));
            list = rest;
        }
        Some(())
    }
    fn kind_name(&self) -> Option<&'static str> {
        let kind = u64::from(self.kind?);
        KINDS.iter().find(|(_, number)| *number == kind).map(|(name, _)| *name)
    }
}

/// A whole message.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    match Message::read(bytes) {
        Some(_) => Probe::Yes,
        None => Probe::No,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(SnmpParser)
}

struct SnmpParser;

impl Parser for SnmpParser {
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        if transactions.is_full() {
            return 0;
        }
        let id = transactions.open(ProtocolId::Snmp);
        let Some(transaction) = transactions.get_mut(id) else { return bytes.len() };
        match Message::read(bytes) {
            Some(message) => {
                let fields = &mut transaction.fields;
                fields.set_number(field(direction, VERSION), message.version.cast_unsigned());
                if let Some(kind) = message.kind {
                    fields.set_number(field(direction, PDU_TYPE), u64::from(kind));
                }
                for (index, text) in [(COMMUNITY, &message.community), (USER, &message.user)] {
                    if let Some(text) = text {
                        fields.set(field(direction, index), text.clone());
                    }
                }
                if message.trailing {
                    transaction.note("snmp.malformed_data");
                }
                transaction.detail = Some(Box::new(message));
            }
            None => transaction.note("snmp.malformed_data"),
        }
        transaction.complete_alone(direction);
        bytes.len()
    }
    fn gap(&mut self, _direction: Direction, _count: u64, _transactions: &mut Transactions) {}
    fn end(&mut self, _direction: Direction, _transactions: &mut Transactions) {}
}

/// The `snmp` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(message) = transaction.detail_of::<Message>() else { return };
    record.number("version", message.version);
    if let Some(kind) = message.kind_name() {
        record.text("pdu_type", kind.as_bytes());
    }
    if let Some(community) = &message.community {
        record.text("community", community);
    }
    if let Some(user) = &message.user {
        record.text("usm", user);
    }
    if message.error != 0 {
        record.number("error_status", message.error);
    }
    if !message.variables.is_empty() {
        let names: Vec<Vec<u8>> = message.variables.iter().map(|name| name.clone().into_bytes()).collect();
        record.texts("vars", &names);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET_NEXT: &[u8] = b"\x30\x29\x02\x01\x01\x04\x06public\xa1\x1c\x02\x04\x0b\x35\x6f\x8f\x02\x01\0\x02\x01\0\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x01\0\x05\0";

    #[test]
    fn a_message_is_read() {
        let message = Message::read(GET_NEXT).expect("a message");
        assert_eq!((message.version, message.kind_name()), (2, Some("get_next_request")));
        assert_eq!(message.community.as_deref(), Some(&b"public"[..]));
        assert_eq!(message.variables, ["1.3.6.1.2.1.1.1.0"]);
        assert_eq!(probe(ToServer, b"\x30\x03\x02\x01\x09"), Probe::No);
    }

    #[test]
    fn no_cut_and_no_flipped_byte_panics() {
        for at in 0..GET_NEXT.len() {
            let _ = Message::read(&GET_NEXT[..at]);
            for byte in [0, 0x7f, 0x80, 0x84, 0xff] {
                let mut changed = GET_NEXT.to_vec();
                changed[at] = byte;
                let _ = Message::read(&changed);
            }
        }
    }
}
