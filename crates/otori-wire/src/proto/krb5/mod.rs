//! Kerberos 5: every message is a transaction.
//!
//! Key types: `Krb5Reader`, [`Message`]. Neighbour: `name` (what numbers are called). RFC 4120 5; over TCP a length comes first
//! (7.2.2). Names as Suricata's manual has them ("Kerberos Keywords").
mod name;

use super::{
    FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record, ber,
    framed::{Length, MessageReader, Messages},
};
use crate::{
    flow::Direction,
    limits::{KERBEROS_NAMES, MESSAGE_BYTES},
    reused::{Perhaps, Reused, refill},
    transaction::{FieldId, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};

pub use name::ENCRYPTIONS;

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Krb5, direction as u8 * 64 + index)
}
const TYPE: u8 = 0;
const CLIENT: u8 = 1;
const SERVER: u8 = 2;
const ERROR: u8 = 3;
const TICKET: u8 = 4;
const TICKET_WEAK: u8 = 5;

const fn row(direction: Direction, index: u8, keyword: &'static str, other: &'static [&str]) -> FieldRow {
    FieldRow { id: field(direction, index), keyword, aliases: other, modifier: None, direction }
}
/// All fields.
pub static FIELDS: &[FieldRow] = &[
    row(ToServer, CLIENT, "krb5.cname", &["krb5_cname"]),
    row(ToClient, CLIENT, "krb5.cname", &["krb5_cname"]),
    row(ToServer, SERVER, "krb5.sname", &["krb5_sname"]),
    row(ToClient, SERVER, "krb5.sname", &["krb5_sname"]),
];

const fn number(direction: Direction, index: u8, keyword: &'static str) -> NumberRow {
    NumberRow::new(direction, field(direction, index), keyword, NumberForm::Plain)
}
/// All numbers. The keyword `krb5.ticket_encryption` is written in terms of the last two.
pub static NUMBERS: &[NumberRow] = &[
    number(ToServer, TYPE, "krb5_msg_type"),
    number(ToClient, TYPE, "krb5_msg_type"),
    number(ToClient, ERROR, "krb5_err_code"),
    number(ToClient, TICKET, "krb5.ticket_encryption_number"),
    number(ToClient, TICKET_WEAK, "krb5.ticket_is_weak"),
];

const AS_REQUEST: u8 = 10;
const AS_REPLY: u8 = 11;
const TGS_REQUEST: u8 = 12;
const TGS_REPLY: u8 = 13;
const FAILURE: u8 = 30;
/// Tags of messages: `[APPLICATION n]`, constructed.
const APPLICATION: u8 = 0x60;
/// A text of RFC 4120 5.2.1.
const TEXT: u8 = 0x1b;

/// The kind of message that a tag names.
const fn kind_of(tag: u8) -> Option<u8> {
    match tag.wrapping_sub(APPLICATION) {
        kind @ (AS_REQUEST..=15 | 20..=22 | FAILURE) => Some(kind),
        _ => None,
    }
}

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Message {
    kind: u8,
    client: Reused<Vec<u8>>,
    realm: Perhaps,
    server: Reused<Vec<u8>>,
    encryption: Option<i64>,
    ticket: Option<i64>,
    error: Option<i64>,
    /// of a failure: the kind of the request
    failed: Option<u8>,
}

/// The value in a field that its sequence names by a number.
fn part(sequence: &[u8], number: u8) -> Option<&[u8]> {
    ber::find(sequence, ber::context(number))
}
fn number_of(sequence: &[u8], place: u8) -> Option<i64> {
    ber::integer(part(sequence, place)?).map(|(number, _)| number)
}
fn text_of(sequence: &[u8], place: u8) -> Option<&[u8]> {
    ber::value(part(sequence, place)?).map(|(_, text, _)| text)
}
/// Writes the parts of a name, `PrincipalName`, in place of what was there.
fn name_of(sequence: &[u8], place: u8, name: &mut Reused<Vec<u8>>) {
    name.clear();
    let named = part(sequence, place).and_then(|name| ber::tagged(name, ber::SEQUENCE));
    let parts = named.and_then(|(name, _)| ber::tagged(part(name, 1)?, ber::SEQUENCE));
    let texts = ber::values(parts.map_or(&[], |(parts, _)| parts)).filter(|(tag, _)| *tag == TEXT);
    texts.take(KERBEROS_NAMES).for_each(|(_, text)| refill(name.again(), text));
}
/// The kind of encryption of `EncryptedData`.
fn encryption_of(sequence: &[u8], place: u8) -> Option<i64> {
    let (data, _) = ber::tagged(part(sequence, place)?, ber::SEQUENCE)?;
    number_of(data, 0)
}

impl Message {
    /// In place of what was there.
    fn read(&mut self, bytes: &[u8]) -> Option<()> {
        let (tag, inside, _) = ber::value(bytes)?;
        self.kind = kind_of(tag)?;
        let (sequence, _) = ber::tagged(inside, ber::SEQUENCE)?;
        (self.encryption, self.ticket, self.error, self.failed) = (None, None, None, None);
        self.client.clear();
        self.server.clear();
        self.realm.set(None);
        match self.kind {
            AS_REQUEST | TGS_REQUEST => {
                let (body, _) = ber::tagged(part(sequence, 4)?, ber::SEQUENCE)?;
                name_of(body, 1, &mut self.client);
                self.realm.set(text_of(body, 2));
                name_of(body, 3, &mut self.server);
            }
            AS_REPLY | TGS_REPLY => {
                self.realm.set(text_of(sequence, 3));
                name_of(sequence, 4, &mut self.client);
                self.encryption = Some(encryption_of(sequence, 6)?);
                let (_, ticket, _) = ber::value(part(sequence, 5)?)?;
                let (ticket, _) = ber::tagged(ticket, ber::SEQUENCE)?;
                name_of(ticket, 2, &mut self.server);
                self.ticket = encryption_of(ticket, 3);
            }
            FAILURE => {
                self.error = Some(number_of(sequence, 6)?);
                self.realm.set(text_of(sequence, 7).or_else(|| text_of(sequence, 9)));
                name_of(sequence, 8, &mut self.client);
                name_of(sequence, 10, &mut self.server);
            }
            _ => {}
        }
        Some(())
    }
}

/// Bytes of the head over TCP.
const HEAD: usize = 4;
/// A message over UDP and TCP: a tag, and a length that fits.
fn looks_like(bytes: &[u8]) -> bool {
    let sequence = ber::head(bytes).ok().and_then(|(start, _)| bytes.get(start)).copied();
    let fits = ber::head(bytes).is_ok_and(|(start, length)| start + length >= bytes.len());
    fits && bytes.first().is_some_and(|tag| kind_of(*tag).is_some()) && sequence == Some(ber::SEQUENCE)
}

/// A message, perhaps with its length before it.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    let framed = bytes.first_chunk::<HEAD>().is_some_and(|head| {
        let length = u32::from_be_bytes(*head) as usize;
        (16..=MESSAGE_BYTES * 4).contains(&length) && length + HEAD >= bytes.len()
    });
    match bytes.get(HEAD..).filter(|_| framed) {
        Some(rest) if looks_like(rest) => Probe::Yes,
        _ if looks_like(bytes) => Probe::Yes,
        _ if bytes.len() < 10 && bytes.first() == Some(&0) => Probe::More,
        _ => Probe::No,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(Krb5Reader::default()))
}

#[derive(Default)]
struct Krb5Reader {
    /// kind of the last request
    asked: Option<u8>,
}

impl MessageReader for Krb5Reader {
    fn length(&self, _direction: Direction, bytes: &[u8]) -> Length {
        match bytes.first_chunk::<HEAD>() {
            Some(head) => match u32::from_be_bytes(*head) as usize {
                // The first bit is for extensions that nobody has.
                length if length > 0x7fff_ffff => Length::Broken,
                length => Length::Known(HEAD + length),
            },
            None => Length::More,
        }
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let whole = bytes.first().is_some_and(|tag| kind_of(*tag).is_some());
        let bytes = if whole { bytes } else { bytes.get(HEAD..).unwrap_or(&[]) };
        let id = transactions.open(ProtocolId::Krb5);
        let Some(transaction) = transactions.get_mut(id) else { return };
        let read = transaction.with_detail(|message: &mut Message, transaction| {
            message.read(bytes)?;
            if message.kind == FAILURE {
                message.failed = self.asked.take();
            } else {
                self.asked = (direction == ToServer).then_some(message.kind);
            }
            set_fields(direction, message, transaction);
            Some(())
        });
        if read.is_none() {
            transaction.no_detail();
            transaction.note("krb5.malformed_data");
        }
        transaction.complete_alone(direction);
    }
}

fn set_fields(direction: Direction, message: &Message, transaction: &mut Transaction) {
    let fields = &mut transaction.fields;
    fields.set_number(field(direction, TYPE), u64::from(message.kind));
    for (index, name) in [(CLIENT, &message.client), (SERVER, &message.server)] {
        name.iter().for_each(|part| fields.set(field(direction, index), part));
    }
    if direction == ToClient {
        if let Some(error) = message.error {
            fields.set_number(field(ToClient, ERROR), error.cast_unsigned());
        }
        if let Some(kind) = message.ticket {
            fields.set_number(field(ToClient, TICKET), kind.cast_unsigned());
            fields.set_number(field(ToClient, TICKET_WEAK), u64::from(name::is_weak(kind)));
        }
    }
    if message.encryption.is_some_and(name::is_weak) {
        transaction.note("krb5.weak_encryption");
    }
}

/// What EVE says where there is nothing.
const EMPTY: &[u8] = b"<empty>";

/// Logs the parts of a name as one.
fn log_name(key: &'static str, name: &[Vec<u8>], record: &mut dyn Record) {
    match name {
        [] => record.text(key, EMPTY),
        [one] => record.text(key, one),
        parts => record.text(key, &parts.join(&b"/"[..])),
    }
}

/// The `krb5` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(message) = transaction.detail_of::<Message>() else { return };
    record.text("msg_type", name::kind(message.kind).as_bytes());
    if let Some(error) = message.error {
        if let Some(failed) = message.failed {
            record.text("failed_request", name::kind(failed).as_bytes());
        }
        record.text("error_code", name::error(error).as_bytes());
    }
    log_name("cname", &message.client, record);
    record.text("realm", message.realm.get().unwrap_or(EMPTY));
    log_name("sname", &message.server, record);
    let encryption = message.encryption.map_or_else(|| "<none>".into(), name::encryption);
    record.text("encryption", encryption.as_bytes());
    record.flag("weak_encryption", message.encryption.is_some_and(name::is_weak));
    if let Some(kind) = message.ticket {
        record.text("ticket_encryption", name::encryption(kind).as_bytes());
        record.flag("ticket_weak_encryption", name::is_weak(kind));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read as talk, read_datagrams};

    fn wrap(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        let length = (body.len() as u16).to_be_bytes();
        [&[tag, 0x82][..], &length, &body].concat()
    }
    fn number(place: u8, value: u8) -> Vec<u8> {
        wrap(ber::context(place), &[&[2, 1, value]])
    }
    fn text(place: u8, text: &[u8]) -> Vec<u8> {
        wrap(ber::context(place), &[&wrap(TEXT, &[text])])
    }
    fn name(place: u8, parts: &[&[u8]]) -> Vec<u8> {
        let parts: Vec<u8> = parts.iter().flat_map(|part| wrap(TEXT, &[part])).collect();
        let list = wrap(ber::context(1), &[&wrap(ber::SEQUENCE, &[&parts])]);
        wrap(ber::context(place), &[&wrap(ber::SEQUENCE, &[&number(0, 1), &list])])
    }
    fn encrypted(place: u8, kind: u8) -> Vec<u8> {
        let cipher = wrap(ber::context(2), &[&wrap(ber::OCTETS, &[&[7; 20]])]);
        wrap(ber::context(place), &[&wrap(ber::SEQUENCE, &[&number(0, kind), &cipher])])
    }
    fn request() -> Vec<u8> {
        let body = [text(2, b"EXAMPLE.COM"), name(3, &[b"krbtgt", b"EXAMPLE.COM"])].concat();
        let body = wrap(ber::SEQUENCE, &[&name(1, &[b"camera"]), &body]);
        let parts = [number(1, 5), number(2, 10), wrap(ber::context(4), &[&body])].concat();
        wrap(0x6a, &[&wrap(ber::SEQUENCE, &[&parts])])
    }
    fn reply() -> Vec<u8> {
        let ticket =
            [number(0, 5), text(1, b"EXAMPLE.COM"), name(2, &[b"krbtgt"]), encrypted(3, 18)].concat();
        let ticket = wrap(0x61, &[&wrap(ber::SEQUENCE, &[&ticket])]);
        let parts = [
            number(0, 5),
            number(1, 11),
            text(3, b"EXAMPLE.COM"),
            name(4, &[b"camera"]),
            wrap(ber::context(5), &[&ticket]),
            encrypted(6, 23),
        ];
        wrap(0x6b, &[&wrap(ber::SEQUENCE, &[&parts.concat()])])
    }
    fn failure() -> Vec<u8> {
        let parts =
            [number(0, 5), number(1, 30), number(6, 25), text(9, b"R"), name(10, &[b"krbtgt"])].concat();
        wrap(0x7e, &[&wrap(ber::SEQUENCE, &[&parts])])
    }

    #[test]
    fn who_asks_for_what_is_read_over_both_transports() {
        let framed = |bytes: Vec<u8>| [&(bytes.len() as u32).to_be_bytes()[..], &bytes].concat();
        let stream = [
            (ToServer, &framed(request())[..]),
            (ToClient, &framed(failure())),
            (ToClient, &framed(reply())),
        ];
        let plain = [(ToServer, &request()[..]), (ToClient, &failure()), (ToClient, &reply())];
        for talk in [talk(parser, &stream), read_datagrams(parser, &plain)] {
            let asked = nth(&talk, 0);
            assert_eq!(asked.fields.get(field(ToServer, CLIENT)), Some(&b"camera"[..]));
            assert_eq!(asked.fields.all(field(ToServer, SERVER)).count(), 2);
            let failed = nth(&talk, 1).detail_of::<Message>().unwrap();
            assert_eq!((failed.error, failed.failed), (Some(25), Some(AS_REQUEST)));
            assert_eq!(nth(&talk, 1).fields.number(field(ToClient, ERROR)), Some(25));
            let given = nth(&talk, 2);
            assert_eq!(given.fields.number(field(ToClient, TICKET)), Some(18));
            assert_eq!(given.fields.number(field(ToClient, TICKET_WEAK)), Some(0));
            assert_eq!(given.anomalies, ["krb5.weak_encryption"]);
        }
        assert_eq!(probe(ToServer, &request()), Probe::Yes);
        assert_eq!(probe(ToServer, &framed(request())), Probe::Yes);
        assert_eq!(probe(ToServer, b"GET / HTTP/1.1\r\n"), Probe::No);
        assert_eq!(probe(ToServer, &[0, 0]), Probe::More);
    }
}
