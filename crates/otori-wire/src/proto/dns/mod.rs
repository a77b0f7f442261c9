//! DNS over UDP and TCP: each message is a transaction of its own.
//!
//! Key types: `DnsParser`, [`Message`]. Neighbour: `name` (compressed names). RFC 1035, RFC 7766, RFC 6891.
pub mod llmnr;
mod log;
pub mod mdns;
mod message;

#[cfg(test)]
mod tests;

pub use log::log;
pub use message::{Message, Question, Resource};

use super::{FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId};
use crate::{
    flow::Direction,
    limits::DNS_RECORDS,
    reused::emptied,
    transaction::{FieldId, Fields, Transaction, Transactions},
};

/// A name asked for.
pub const QUERY: FieldId = FieldId::new(ProtocolId::Dns, 0);
/// A name asked for, as the answer repeats it.
pub const RESPONSE_QUERY: FieldId = FieldId::new(ProtocolId::Dns, 1);
/// A name in an answer.
pub const ANSWER_NAME: FieldId = FieldId::new(ProtocolId::Dns, 2);
/// Any name of an answer message.
pub const RESPONSE_NAME: FieldId = FieldId::new(ProtocolId::Dns, 3);

/// All rows.
pub static FIELDS: &[FieldRow] = &[
    FieldRow {
        id: QUERY,
        keyword: "dns.query",
        aliases: &["dns_query"],
        modifier: None,
        direction: Direction::ToServer,
    },
    FieldRow {
        id: QUERY,
        keyword: "dns.queries.rrname",
        aliases: &["dns.query.name"],
        modifier: None,
        direction: Direction::ToServer,
    },
    FieldRow {
        id: RESPONSE_QUERY,
        keyword: "dns.queries.rrname",
        aliases: &["dns.query.name"],
        modifier: None,
        direction: Direction::ToClient,
    },
    FieldRow {
        id: ANSWER_NAME,
        keyword: "dns.answers.rrname",
        aliases: &["dns.answer.name"],
        modifier: None,
        direction: Direction::ToClient,
    },
    FieldRow {
        id: RESPONSE_NAME,
        keyword: "dns.response.rrname",
        aliases: &[],
        modifier: None,
        direction: Direction::ToClient,
    },
    FieldRow::new(Direction::ToClient, AUTHORITY_NAME, "dns.authorities.rrname"),
    FieldRow::new(Direction::ToClient, ADDITIONAL_NAME, "dns.additionals.rrname"),
    FieldRow::new(Direction::ToServer, FRAME_QUERY, "frame:dns.pdu"),
    FieldRow::new(Direction::ToClient, FRAME_RESPONSE, "frame:dns.pdu"),
];

/// Type of a question.
pub const QUERY_TYPE: FieldId = FieldId::new(ProtocolId::Dns, 4);
/// Type of a question or an answer, in answers.
pub const RESPONSE_TYPE: FieldId = FieldId::new(ProtocolId::Dns, 5);
/// Response code of an answer.
pub const RCODE: FieldId = FieldId::new(ProtocolId::Dns, 6);
/// Operation code of a question.
pub const QUERY_OPCODE: FieldId = FieldId::new(ProtocolId::Dns, 7);
/// Operation code of an answer.
pub const RESPONSE_OPCODE: FieldId = FieldId::new(ProtocolId::Dns, 8);

/// A name in the second section of an answer.
pub const AUTHORITY_NAME: FieldId = FieldId::new(ProtocolId::Dns, 9);
/// A name in the third section of an answer.
pub const ADDITIONAL_NAME: FieldId = FieldId::new(ProtocolId::Dns, 10);
/// A message of the client as it came, without the length that TCP has before it.
pub const FRAME_QUERY: FieldId = FieldId::new(ProtocolId::Dns, 11);
/// The same of the server.
pub const FRAME_RESPONSE: FieldId = FieldId::new(ProtocolId::Dns, 12);

const fn number(id: FieldId, keyword: &'static str, form: NumberForm, direction: Direction) -> NumberRow {
    NumberRow { id, keyword, aliases: &[], direction, form }
}

/// All numbers.
pub static NUMBERS: &[NumberRow] = &[
    number(QUERY_TYPE, "dns.rrtype", NumberForm::Named(log::TYPE_NUMBERS), Direction::ToServer),
    number(RESPONSE_TYPE, "dns.rrtype", NumberForm::Named(log::TYPE_NUMBERS), Direction::ToClient),
    number(RCODE, "dns.rcode", NumberForm::Named(log::RCODE_NUMBERS), Direction::ToClient),
    number(QUERY_OPCODE, "dns.opcode", NumberForm::Plain, Direction::ToServer),
    number(RESPONSE_OPCODE, "dns.opcode", NumberForm::Plain, Direction::ToClient),
];

/// A header whose counts and flags make sense, and a first name that can be read.
pub(super) fn probe(direction: Direction, bytes: &[u8]) -> Probe {
    match message::plausible(bytes) {
        // UDP, or TCP without its length: the same shape.
        Some(answer) if answer == (direction == Direction::ToClient) => return Probe::Yes,
        _ => {}
    }
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else { return Probe::More };
    let length = usize::from(u16::from_be_bytes(*length));
    if length < 12 {
        return Probe::No;
    }
    match message::plausible(rest.get(..length.min(rest.len())).unwrap_or(rest)) {
        Some(answer) if answer == (direction == Direction::ToClient) && rest.len() <= length + 4096 => {
            Probe::Yes
        }
        _ if rest.len() < 12 => Probe::More,
        _ => Probe::No,
    }
}

/// A header with a plausible number of records: for protocols with a port that nothing else uses.
pub(super) fn kin_probe(_direction: Direction, bytes: &[u8]) -> Probe {
    let Some(counts) = bytes.get(4..12) else { return Probe::No };
    let all = counts.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum::<u32>();
    if (1..=DNS_RECORDS as u32).contains(&all) { Probe::Yes } else { Probe::No }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(DnsParser::default())
}

/// The media type of a message over HTTP, RFC 8484 6.
pub(super) const MEDIA_TYPE: &[u8] = b"application/dns-message";

/// A message that HTTP carried: a transaction of DNS beside that of HTTP.
pub(super) fn over_http(direction: Direction, message: &[u8], transactions: &mut Transactions) {
    if !transactions.is_full() {
        DnsParser::default().message(direction, message, transactions);
    }
}

#[derive(Default)]
struct DnsParser {
    /// a message over TCP that is not whole, with its two bytes of length
    pending: [Vec<u8>; 2],
    /// known after the first message: over TCP messages have a length before them
    framed: Option<bool>,
    kin: Kin,
}

/// A protocol that has the messages of DNS, with fields and events of its own.
#[derive(Clone, Copy)]
pub(super) struct Kin {
    protocol: ProtocolId,
    /// names of events, for those of DNS
    events: &'static [(&'static str, &'static str)],
}

impl Default for Kin {
    fn default() -> Self {
        Kin { protocol: ProtocolId::Dns, events: &[] }
    }
}

impl Kin {
    fn event(self, name: &'static str) -> &'static str {
        self.events.iter().find(|(dns, _)| *dns == name).map_or(name, |(_, own)| own)
    }
    /// Its field that is that of DNS.
    fn field(self, of_dns: FieldId) -> FieldId {
        FieldId::new(self.protocol, (of_dns.0 & 0xff) as u8)
    }
    fn parser(self) -> Box<dyn Parser> {
        Box::new(DnsParser { kin: self, ..DnsParser::default() })
    }
}

impl Parser for DnsParser {
    fn datagrams(&mut self) {
        self.framed = Some(false);
    }
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        let framed = *self.framed.get_or_insert_with(|| message::plausible(bytes).is_none());
        if !framed {
            self.message(direction, bytes, transactions);
            return bytes.len();
        }
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let pending = &mut self.pending[direction.index()];
            if pending.is_empty() && transactions.is_full() {
                return at;
            }
            let want = match pending.first_chunk::<2>() {
                Some(length) => 2 + usize::from(u16::from_be_bytes(*length)),
                None => 2,
            };
            let taken = want.saturating_sub(pending.len()).min(rest.len());
            pending.extend_from_slice(rest.get(..taken).unwrap_or(rest));
            at += taken;
            let whole = pending
                .first_chunk::<2>()
                .is_some_and(|length| pending.len() >= 2 + usize::from(u16::from_be_bytes(*length)));
            if whole {
                let message = core::mem::take(pending);
                self.message(direction, message.get(2..).unwrap_or(&[]), transactions);
                self.pending[direction.index()] = emptied(message);
            }
        }
        bytes.len()
    }
    fn gap(&mut self, direction: Direction, _count: u64, _transactions: &mut Transactions) {
        self.pending[direction.index()].clear();
    }
    fn end(&mut self, _direction: Direction, _transactions: &mut Transactions) {}
}

impl DnsParser {
    fn message(&self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let kin = self.kin;
        let id = transactions.open(kin.protocol);
        let Some(transaction) = transactions.get_mut(id) else { return };
        let frame = if direction == Direction::ToServer { FRAME_QUERY } else { FRAME_RESPONSE };
        transaction.fields.write_dear(frame, |out| out.extend_from_slice(bytes));
        let read = transaction.with_detail(|message: &mut Message, transaction| {
            let read = message.read(bytes, |name| transaction.note(kin.event(name)));
            if read {
                set_fields(kin, direction, message, transaction);
            }
            read
        });
        if !read {
            transaction.no_detail();
        }
        // A message is whole, and no other belongs to it.
        transaction.complete_alone(direction);
    }
}

fn set_fields(kin: Kin, direction: Direction, message: &Message, transaction: &mut Transaction) {
    let fields = &mut transaction.fields;
    let opcode = u64::from(message.opcode());
    if direction == Direction::ToServer {
        for question in &message.questions {
            fields.set(kin.field(QUERY), &question.name);
            fields.set_number(kin.field(QUERY_TYPE), u64::from(question.kind));
        }
        fields.set_number(kin.field(QUERY_OPCODE), opcode);
    } else {
        set_answer(kin, message, fields);
    }
    match (message.is_response(), direction) {
        // Who has an answer for all sends it to all, asked or not (RFC 6762 6): nobody of them is a server.
        _ if kin.protocol == ProtocolId::Mdns => {}
        (true, Direction::ToServer) => transaction.note(kin.event("dns.not_request")),
        (false, Direction::ToClient) => transaction.note(kin.event("dns.not_response")),
        _ => {}
    }
}

fn set_answer(kin: Kin, message: &Message, fields: &mut Fields) {
    fields.set_number(kin.field(RESPONSE_OPCODE), u64::from(message.opcode()));
    fields.set_number(kin.field(RCODE), u64::from(message.rcode()));
    for question in &message.questions {
        fields.set(kin.field(RESPONSE_QUERY), &question.name);
        fields.set(kin.field(RESPONSE_NAME), &question.name);
    }
    for answer in &message.answers {
        fields.set(kin.field(ANSWER_NAME), &answer.name);
        fields.set_number(kin.field(RESPONSE_TYPE), u64::from(answer.kind));
    }
    for (id, section) in [(AUTHORITY_NAME, &message.authorities), (ADDITIONAL_NAME, &message.additionals)] {
        section.iter().for_each(|record| fields.set(kin.field(id), &record.name));
    }
    let sections = [&message.answers, &message.authorities, &message.additionals];
    for record in sections.into_iter().flatten() {
        fields.set(kin.field(RESPONSE_NAME), &record.name);
        if record.names_another() {
            fields.set(kin.field(RESPONSE_NAME), &record.data);
        }
    }
}
