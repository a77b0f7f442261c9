//! SNMP versions 1, 2c and 3: every message is a transaction.
//!
//! Key type: [`Message`]. RFC 1157 4.1, RFC 3416 3, RFC 3412 6, RFC 3414 2.4; BER as in X.690 8.
use super::{
    FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record,
    ber::{OBJECT, OCTETS, SEQUENCE, integer, tagged, value},
};
use crate::{
    flow::Direction,
    limits::SNMP_VARIABLES,
    reused::Reused,
    transaction::{FieldId, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use std::io::Write;

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

/// Writes `1.3.6.1.2.1` from its encoding (X.690 8.19).
fn object_name(bytes: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut arc = 0u64;
    for byte in bytes {
        arc = arc << 7 & u64::MAX >> 1 | u64::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        // Writing to memory does not fail.
        let _ = match (out.is_empty(), (arc / 40).min(2)) {
            (true, first) => write!(out, "{first}.{}", arc - first * 40),
            (false, _) => write!(out, ".{arc}"),
        };
        arc = 0;
    }
}

/// What a message says; of an encrypted one only its envelope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Said<'a> {
    version: i64,
    community: Option<&'a [u8]>,
    user: Option<&'a [u8]>,
    kind: Option<u8>,
    error: i64,
    trailing: bool,
}

/// What is kept of it besides the fields.
#[derive(Default)]
struct Message {
    version: i64,
    kind: Option<u8>,
    error: i64,
    variables: Reused<Vec<u8>>,
}

impl<'a> Said<'a> {
    /// Reads a message; `variable` gets the encoded name of each variable, as many as are kept.
    fn read(bytes: &'a [u8], variable: impl FnMut(&[u8])) -> Option<Said<'a>> {
        let (inside, after) = tagged(bytes, SEQUENCE)?;
        let (version, rest) = integer(inside)?;
        let mut message = Said { version: version + 1, trailing: !after.is_empty(), ..Said::default() };
        match version {
            0 | 1 => {
                let (community, rest) = tagged(rest, OCTETS)?;
                message.community = Some(community);
                message.unit(rest, variable)?;
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
                message.user = Some(tagged(security, OCTETS)?.0);
                if let Some((scoped, _)) = tagged(rest, SEQUENCE) {
                    let (_, _, scoped) = value(scoped)?;
                    let (_, _, scoped) = value(scoped)?;
                    message.unit(scoped, variable)?;
                }
            }
            _ => return None,
        }
        Some(message)
    }
    fn unit(&mut self, bytes: &[u8], mut variable: impl FnMut(&[u8])) -> Option<()> {
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
        for _ in 0..SNMP_VARIABLES {
            let Some((pair, rest)) = tagged(list, SEQUENCE) else { break };
            variable(tagged(pair, OBJECT)?.0);
            list = rest;
        }
        Some(())
    }
}

impl Message {
    fn kind_name(&self) -> Option<&'static str> {
        let kind = u64::from(self.kind?);
        KINDS.iter().find(|(_, number)| *number == kind).map(|(name, _)| *name)
    }
}

/// A whole message.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    match Said::read(bytes, |_| {}) {
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
        let said = transaction.with_detail(|message: &mut Message, _| {
            message.variables.clear();
            let said = Said::read(bytes, |name| object_name(name, message.variables.again()));
            if let Some(said) = &said {
                (message.version, message.kind, message.error) = (said.version, said.kind, said.error);
            }
            said
        });
        if let Some(said) = said {
            let fields = &mut transaction.fields;
            fields.set_number(field(direction, VERSION), said.version.cast_unsigned());
            if let Some(kind) = said.kind {
                fields.set_number(field(direction, PDU_TYPE), u64::from(kind));
            }
            for (index, text) in [(COMMUNITY, said.community), (USER, said.user)] {
                text.into_iter().for_each(|text| fields.set(field(direction, index), text));
            }
        } else {
            transaction.no_detail();
        }
        if said.is_none_or(|said| said.trailing) {
            transaction.note("snmp.malformed_data");
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
    for (key, index) in [("community", COMMUNITY), ("usm", USER)] {
        let of = |way| transaction.fields.get(field(way, index));
        if let Some(text) = of(ToServer).or_else(|| of(ToClient)) {
            record.text(key, text);
        }
    }
    if message.error != 0 {
        record.number("error_status", message.error);
    }
    if !message.variables.is_empty() {
        record.texts("vars", &message.variables);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET_NEXT: &[u8] = b"\x30\x29\x02\x01\x01\x04\x06public\xa1\x1c\x02\x04\x0b\x35\x6f\x8f\x02\x01\0\x02\x01\0\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x01\0\x05\0";

    #[test]
    fn a_message_is_read() {
        let mut name = Vec::new();
        let said = Said::read(GET_NEXT, |encoded| object_name(encoded, &mut name)).expect("a message");
        let message = Message { kind: said.kind, ..Message::default() };
        assert_eq!((said.version, message.kind_name()), (2, Some("get_next_request")));
        assert_eq!(said.community, Some(&b"public"[..]));
        assert_eq!(name, b"1.3.6.1.2.1.1.1.0");
        assert_eq!(probe(ToServer, b"\x30\x03\x02\x01\x09"), Probe::No);
    }

    #[test]
    fn no_cut_and_no_flipped_byte_panics() {
        for at in 0..GET_NEXT.len() {
            let _ = Said::read(&GET_NEXT[..at], |_| {});
            for byte in [0, 0x7f, 0x80, 0x84, 0xff] {
                let mut changed = GET_NEXT.to_vec();
                changed[at] = byte;
                let _ = Said::read(&changed, |_| {});
            }
        }
    }
}
