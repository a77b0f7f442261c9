//! The Internet key exchange, versions 1 and 2: every message is a transaction.
//!
//! Key type: `IkeParser`. Neighbours: `message` (payloads), `name` (what numbers are called). RFC 2408 3, RFC 2409 appendix A,
//! RFC 7296 3; keywords as in Suricata's manual ("IKE Keywords"). Over port 4500 four zero bytes come first (RFC 3948 2.2).
mod message;
mod name;

use super::{FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record};
use crate::{
    digest::push_hex,
    flow::Direction,
    transaction::{FieldId, Fields, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use message::{Attribute, Message, Said};
use std::borrow::Cow;

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Ike, direction as u8 * 64 + index)
}
const INITIATOR: u8 = 0;
const RESPONDER: u8 = 1;
const EXCHANGE: u8 = 2;
const VENDOR: u8 = 3;
const KEY: u8 = 4;
const KEY_LENGTH: u8 = 5;
const NONCE: u8 = 6;
const NONCE_LENGTH: u8 = 7;
/// The first of the attributes, in the order of [`message::Attribute`].
const CHOSEN: u8 = 16;

const fn both(index: u8, keyword: &'static str) -> [FieldRow; 2] {
    [
        FieldRow::new(ToServer, field(ToServer, index), keyword),
        FieldRow::new(ToClient, field(ToClient, index), keyword),
    ]
}
static ROWS: [[FieldRow; 2]; 5] = [
    both(INITIATOR, "ike.init_spi"),
    both(RESPONDER, "ike.resp_spi"),
    both(VENDOR, "ike.vendor"),
    both(KEY, "ike.key_exchange_payload"),
    both(NONCE, "ike.nonce_payload"),
];
/// All fields.
pub static FIELDS: &[FieldRow] = ROWS.as_flattened();

const fn numbers(index: u8, keyword: &'static str) -> [NumberRow; 2] {
    [
        NumberRow::new(ToServer, field(ToServer, index), keyword, NumberForm::Plain),
        NumberRow::new(ToClient, field(ToClient, index), keyword, NumberForm::Plain),
    ]
}
const fn chosen(attribute: Attribute, keyword: &'static str) -> [NumberRow; 2] {
    numbers(CHOSEN + attribute as u8, keyword)
}
static NUMBER_ROWS: [[NumberRow; 2]; 14] = [
    numbers(EXCHANGE, "ike.exchtype"),
    numbers(KEY_LENGTH, "ike.key_exchange_payload_length"),
    numbers(NONCE_LENGTH, "ike.nonce_payload_length"),
    chosen(Attribute::Encryption, "ike.chosen_sa_attribute.alg_enc"),
    chosen(Attribute::Hash, "ike.chosen_sa_attribute.alg_hash"),
    chosen(Attribute::Authentication, "ike.chosen_sa_attribute.alg_auth"),
    chosen(Attribute::Group, "ike.chosen_sa_attribute.alg_dh"),
    chosen(Attribute::Function, "ike.chosen_sa_attribute.alg_prf"),
    chosen(Attribute::GroupType, "ike.chosen_sa_attribute.sa_group_type"),
    chosen(Attribute::LifeType, "ike.chosen_sa_attribute.sa_life_type"),
    chosen(Attribute::LifeDuration, "ike.chosen_sa_attribute.sa_life_duration"),
    chosen(Attribute::KeyLength, "ike.chosen_sa_attribute.sa_key_length"),
    chosen(Attribute::FieldSize, "ike.chosen_sa_attribute.sa_field_size"),
    chosen(Attribute::Sequence, "ike.chosen_sa_attribute.alg_esn"),
];
/// All numbers. The keyword `ike.chosen_sa_attribute` is written in terms of them.
pub static NUMBERS: &[NumberRow] = NUMBER_ROWS.as_flattened();

/// The message, without what marks it among others on port 4500.
fn bare(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(&[0; 4]).filter(|rest| rest.len() > message::HEAD).unwrap_or(bytes)
}

/// A head with a version, an exchange and a length that are possible.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    if message::Head::read(bare(bytes)).is_some_and(|head| head.is_plausible(bare(bytes).len())) {
        Probe::Yes
    } else {
        Probe::No
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(IkeParser::default())
}

#[derive(Default)]
struct IkeParser {
    /// messages are marked: what is not is what they protect
    marked: bool,
}

impl Parser for IkeParser {
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        let marked = bare(bytes).len() < bytes.len();
        self.marked |= marked;
        // A single byte keeps a translator's entry alive (RFC 3948 2.3).
        if self.marked && !marked || bytes == [0xff] {
            return bytes.len();
        }
        if transactions.is_full() {
            return 0;
        }
        let id = transactions.open(ProtocolId::Ike);
        let Some(transaction) = transactions.get_mut(id) else { return bytes.len() };
        let read = transaction.with_detail(|kept: &mut Kept, transaction| {
            kept.answers = direction == ToClient;
            read(direction, bare(bytes), &mut kept.message, transaction)
        });
        if read.is_none() {
            transaction.no_detail();
            transaction.note("ike.malformed_data");
        }
        transaction.complete_alone(direction);
        bytes.len()
    }
    fn gap(&mut self, _direction: Direction, _count: u64, _transactions: &mut Transactions) {}
    fn end(&mut self, _direction: Direction, _transactions: &mut Transactions) {}
}

/// A message and its way.
#[derive(Default)]
struct Kept {
    /// the server sent it
    answers: bool,
    message: Message,
}

/// Reads a message into its record and its fields.
fn read(
    direction: Direction,
    bytes: &[u8],
    message: &mut Message,
    transaction: &mut Transaction,
) -> Option<()> {
    let fields = &mut transaction.fields;
    let mut vendor = |vendor: &[u8]| fields.write(field(direction, VENDOR), |out| push_hex(out, vendor));
    let Said { key, nonce, .. } = message.read(bytes, &mut vendor)?;
    if message.broken {
        transaction.note("ike.malformed_data");
    }
    set_fields(direction, message, [key, nonce], &mut transaction.fields);
    weak(direction, message, transaction);
    Some(())
}

fn set_fields(direction: Direction, message: &Message, said: [Option<&[u8]>; 2], fields: &mut Fields) {
    let head = &message.head;
    for (index, spi) in [(INITIATOR, head.initiator), (RESPONDER, head.responder)] {
        fields.write(field(direction, index), |out| push_hex(out, &spi));
    }
    fields.set_number(field(direction, EXCHANGE), u64::from(head.exchange));
    for (bytes, (index, length)) in said.into_iter().zip([(KEY, KEY_LENGTH), (NONCE, NONCE_LENGTH)]) {
        if let Some(bytes) = bytes {
            fields.set(field(direction, index), bytes);
            fields.set_number(field(direction, length), bytes.len() as u64);
        }
    }
    // The server has chosen; what a client offers is not chosen.
    if direction == ToClient
        && let Some(chosen) = message.proposals.first()
    {
        for (attribute, value) in &chosen.attributes {
            fields.set_number(field(direction, CHOSEN + *attribute as u8), *value);
        }
    }
}

/// What nobody should choose any more, as Suricata's events name it.
fn weak(direction: Direction, message: &Message, transaction: &mut Transaction) {
    if direction == ToServer || message.head.major != 2 {
        return;
    }
    let Some(chosen) = message.proposals.first() else { return };
    let of = |wanted: Attribute| chosen.attributes.iter().find(|(have, _)| *have == wanted).map(|(_, n)| *n);
    for (attribute, event, is_weak) in [
        (Attribute::Encryption, "ike.weak_crypto_enc", name::is_weak_encryption as fn(u64) -> bool),
        (Attribute::Function, "ike.weak_crypto_prf", |n| matches!(n, 0 | 1)),
        (Attribute::Authentication, "ike.weak_crypto_auth", |n| matches!(n, 1..=4)),
        (Attribute::Group, "ike.weak_crypto_dh", |n| matches!(n, 0..=2 | 5 | 22)),
    ] {
        if of(attribute).is_some_and(is_weak) {
            transaction.note(event);
        }
    }
    if message.proposals.len() > 1 {
        transaction.note("ike.multiple_server_proposal");
    }
    if of(Attribute::Group).is_none() {
        transaction.note("ike.weak_crypto_nodh");
    }
    if of(Attribute::Authentication).is_none() && !of(Attribute::Encryption).is_some_and(name::joins_both) {
        transaction.note("ike.weak_crypto_noauth");
    }
}

/// The `ike` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(Kept { answers, message }) = transaction.detail_of::<Kept>() else { return };
    let direction = if *answers { ToClient } else { ToServer };
    let head = &message.head;
    record.number("version_major", head.major.into());
    record.number("version_minor", head.minor.into());
    for (key, index) in [("init_spi", INITIATOR), ("resp_spi", RESPONDER)] {
        record.text(key, transaction.fields.get(field(direction, index)).unwrap_or_default());
    }
    record.number("message_id", head.message.into());
    record.number("exchange_type", head.exchange.into());
    if let Some(name) = name::exchange(head.major, head.exchange) {
        record.text("exchange_type_verbose", name.as_bytes());
    }
    let chosen = message.proposals.first().filter(|_| *answers);
    if head.major == 2 {
        record.text("role", if head.from_initiator { b"initiator" } else { b"responder" });
    }
    if let Some(chosen) = chosen {
        chosen.log(head.major, record);
    }
    record.names("payload", &mut message.payloads.iter().map(|kind| name::payload(head.major, *kind)));
    match head.major {
        1 => record.object("ikev1", &mut |record| log_first(direction, message, &transaction.fields, record)),
        _ => record.object("ikev2", &mut |record| {
            record.number("errors", i64::from(message.broken));
            record.names("notify", &mut message.notices.iter().map(|kind| name::notice(*kind)));
        }),
    }
}

/// What only version 1 has.
fn log_first(direction: Direction, message: &Message, fields: &Fields, record: &mut dyn Record) {
    if let Some(domain) = message.domain {
        record.number("doi", domain.into());
    }
    record.flag("encrypted_payloads", message.head.encrypted);
    let side = if direction == ToServer { "client" } else { "server" };
    let [key, nonce] = [KEY, NONCE].map(|index| fields.get(field(direction, index)));
    if key.is_some() || nonce.is_some() || direction == ToServer {
        record.object(side, &mut |record| {
            let mut hexadecimal = Vec::new();
            for (bytes, text, length) in [
                (key, "key_exchange_payload", "key_exchange_payload_length"),
                (nonce, "nonce_payload", "nonce_payload_length"),
            ] {
                if let Some(bytes) = bytes {
                    hexadecimal.clear();
                    push_hex(&mut hexadecimal, bytes);
                    record.text(text, &hexadecimal);
                    record.number(length, bytes.len() as i64);
                }
            }
            if direction == ToServer {
                record.list("proposals", message.proposals.len(), &mut |place, record| {
                    if let Some(proposal) = message.proposals.get(place) {
                        proposal.log(1, record);
                    }
                });
            }
        });
    }
    let mut vendors =
        fields.all(field(direction, VENDOR)).map(|field| Cow::Borrowed(&*field.bytes)).peekable();
    if vendors.peek().is_some() {
        record.words("vendor_ids", &mut vendors);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read_datagrams};

    /// A head, and payloads in order: kind and body.
    fn wrap(version: u8, exchange: u8, flags: u8, payloads: &[(u8, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (place, (_, bytes)) in payloads.iter().enumerate() {
            let next = payloads.get(place + 1).map_or(0, |(kind, _)| *kind);
            body.extend_from_slice(&[next, 0]);
            body.extend_from_slice(&(bytes.len() as u16 + 4).to_be_bytes());
            body.extend_from_slice(bytes);
        }
        let first = payloads.first().map_or(0, |(kind, _)| *kind);
        let length = (28 + body.len() as u32).to_be_bytes();
        [&[1; 8][..], &[2; 8], &[first, version, exchange, flags, 0, 0, 0, 0], &length, &body].concat()
    }

    #[test]
    fn a_gateway_chooses_among_offers_of_version_1() {
        let transform =
            [1, 1, 0, 0, 0x80, 1, 0, 7, 0x80, 14, 0, 128, 0x80, 2, 0, 2, 0x80, 3, 0, 1, 0x80, 4, 0, 2];
        let life = [0x80, 11, 0, 1, 0, 12, 0, 4, 0, 1, 0x51, 0x80];
        let transform =
            [&[0, 0, 0, (4 + transform.len() + life.len()) as u8][..], &transform, &life].concat();
        let proposal = [&[0, 0, 0, (8 + transform.len()) as u8, 1, 1, 0, 1][..], &transform].concat();
        let association = [&[0, 0, 0, 1, 0, 0, 0, 1][..], &proposal].concat();
        let vendor = [0x4a, 0x13, 0x1c];
        let ask = wrap(0x10, 2, 0, &[(1, &association), (13, &vendor)]);
        let keys = wrap(0x10, 2, 0, &[(4, &[9; 128]), (10, &[5; 20])]);
        let talk = read_datagrams(parser, &[(ToServer, &ask), (ToClient, &ask), (ToClient, &keys)]);
        let number = |place, way, attribute: Attribute| {
            nth(&talk, place).fields.number(field(way, CHOSEN + attribute as u8))
        };
        assert_eq!(number(0, ToServer, Attribute::Hash), None);
        assert_eq!(number(1, ToClient, Attribute::Hash), Some(2));
        assert_eq!(number(1, ToClient, Attribute::KeyLength), Some(128));
        assert_eq!(number(1, ToClient, Attribute::LifeDuration), Some(86400));
        assert_eq!(nth(&talk, 0).fields.get(field(ToServer, VENDOR)), Some(&b"4a131c"[..]));
        assert_eq!(nth(&talk, 2).fields.number(field(ToClient, KEY_LENGTH)), Some(128));
        assert_eq!(nth(&talk, 2).fields.get(field(ToClient, NONCE)), Some(&[5; 20][..]));
        assert_eq!(nth(&talk, 0).fields.get(field(ToServer, INITIATOR)), Some(&b"0101010101010101"[..]));
        assert!(talk.iter().all(|transaction| transaction.anomalies.is_empty()));
    }

    #[test]
    fn weak_choices_of_version_2_are_told() {
        let transform = |kind: u8, id: u8, more: u8| [more, 0, 0, 8, kind, 0, 0, id];
        let transforms =
            [transform(1, 2, 3), transform(2, 1, 3), transform(3, 1, 3), transform(4, 2, 0)].concat();
        let proposal = [&[0, 0, 0, (8 + transforms.len()) as u8, 1, 1, 0, 4][..], &transforms].concat();
        let notice = [0, 0, 0x40, 0x04, 7, 7];
        let answer = wrap(0x20, 34, 0x20, &[(33, &proposal), (41, &notice)]);
        let marked = [&[0; 4][..], &answer].concat();
        let talk = read_datagrams(parser, &[(ToClient, &answer), (ToClient, &marked)]);
        for place in [0, 1] {
            assert_eq!(nth(&talk, place).fields.number(field(ToClient, CHOSEN)), Some(2));
            let events = &nth(&talk, place).anomalies;
            assert_eq!(
                events,
                &["ike.weak_crypto_enc", "ike.weak_crypto_prf", "ike.weak_crypto_auth", "ike.weak_crypto_dh"]
            );
        }
        assert_eq!(probe(ToClient, &answer), Probe::Yes);
        assert_eq!(probe(ToClient, &marked), Probe::Yes);
        assert_eq!(probe(ToServer, &answer[..40]), Probe::No);
        assert_eq!(probe(ToServer, &[0; 64]), Probe::No);
        let protected = [7; 80];
        let talk =
            read_datagrams(parser, &[(ToClient, &marked), (ToServer, &protected), (ToServer, &[0xff])]);
        assert_eq!(talk.opened(), 1);
    }
}
