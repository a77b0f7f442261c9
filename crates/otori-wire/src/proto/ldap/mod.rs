//! LDAP: a request and all its answers are a transaction.
//!
//! Key type: `LdapReader`. Neighbours: `operation` (what a message says), `name` (what numbers are called). RFC 4511; over UDP as
//! RFC 1798. Keywords as in Suricata's manual ("LDAP Keywords"). After an accepted request for TLS, TLS goes on.
mod name;
mod operation;

use super::{
    FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record, ber,
    framed::{Length, MessageReader, Messages},
    tls,
};
use crate::{
    flow::Direction,
    limits::{LDAP_ANSWERS, OPEN_REQUESTS},
    reused::{Perhaps, Reused, emptied},
    transaction::{FieldId, Fields, Progress, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use operation::{Message, Said};
use std::collections::VecDeque;

const fn field(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Ldap, index)
}
const REQUEST_OPERATION: FieldId = field(0);
const REQUEST_NAME: FieldId = field(1);
const REQUEST_TYPE: FieldId = field(2);
const REQUEST_ATTRIBUTE: FieldId = field(3);
const ANSWER_OPERATION: FieldId = field(4);
const ANSWER_COUNT: FieldId = field(5);
const ANSWER_NAME: FieldId = field(6);
const ANSWER_RESULT: FieldId = field(7);
const ANSWER_MESSAGE: FieldId = field(8);
const ANSWER_TYPE: FieldId = field(9);
const ANSWER_ATTRIBUTE: FieldId = field(10);
const PDU_TO_SERVER: FieldId = field(11);
const PDU_TO_CLIENT: FieldId = field(12);

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    FieldRow::new(ToServer, REQUEST_NAME, "ldap.request.dn"),
    FieldRow::new(ToServer, REQUEST_TYPE, "ldap.request.attribute_type"),
    FieldRow::new(ToServer, REQUEST_ATTRIBUTE, "ldap.request.attributes"),
    FieldRow::new(ToClient, ANSWER_NAME, "ldap.responses.dn"),
    FieldRow::new(ToClient, ANSWER_MESSAGE, "ldap.responses.message"),
    FieldRow::new(ToClient, ANSWER_TYPE, "ldap.responses.attribute_type"),
    FieldRow::new(ToClient, ANSWER_ATTRIBUTE, "ldap.responses.attributes"),
    FieldRow::new(ToServer, PDU_TO_SERVER, "frame:ldap.pdu"),
    FieldRow::new(ToClient, PDU_TO_CLIENT, "frame:ldap.pdu"),
];

/// All numbers.
pub static NUMBERS: &[NumberRow] = &[
    NumberRow::new(
        ToServer,
        REQUEST_OPERATION,
        "ldap.request.operation",
        NumberForm::Named(name::OPERATIONS),
    ),
    NumberRow::new(
        ToClient,
        ANSWER_OPERATION,
        "ldap.responses.operation",
        NumberForm::Named(name::OPERATIONS),
    ),
    NumberRow::new(ToClient, ANSWER_COUNT, "ldap.responses.count", NumberForm::Plain),
    NumberRow::new(ToClient, ANSWER_RESULT, "ldap.responses.result_code", NumberForm::Named(name::RESULTS)),
];

/// A message with a small number and an operation that exists.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    match bytes.first() {
        Some(&ber::SEQUENCE) => {}
        Some(_) => return Probe::No,
        None => return Probe::More,
    }
    let Ok((start, length)) = ber::head(bytes) else { return Probe::More };
    let rest = bytes.get(start..).unwrap_or(&[]);
    if !(5..1 << 24).contains(&length) || rest.first().is_some_and(|tag| *tag != ber::INTEGER) {
        return Probe::No;
    }
    match ber::integer(rest) {
        Some((0..=0x7fff_ffff, operation)) => match operation.first() {
            Some(tag) if name::is_operation(tag & 0x1f) && tag & 0xc0 == 0x40 => Probe::Yes,
            Some(_) => Probe::No,
            None => Probe::More,
        },
        Some(_) => Probe::No,
        None if rest.len() < 6 => Probe::More,
        None => Probe::No,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(LdapReader::default()))
}

#[derive(Default)]
struct LdapReader {
    /// numbers of messages that wait for answers, and their transactions
    open: VecDeque<(i64, u64)>,
    /// the request that wants TLS
    secure: Option<i64>,
    secured: bool,
}

/// A request and its answers, as they came; each can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Talk {
    request: Perhaps,
    answers: Reused<Vec<u8>>,
}

impl Talk {
    /// Nothing was said yet.
    fn clear(&mut self) {
        self.request.set(None);
        self.answers.clear();
    }
    fn answer(&mut self, bytes: &[u8]) {
        if self.answers.len() < LDAP_ANSWERS {
            let answer = self.answers.again();
            *answer = emptied(core::mem::take(answer));
            answer.extend_from_slice(bytes);
        }
    }
}

impl MessageReader for LdapReader {
    fn length(&self, _direction: Direction, bytes: &[u8]) -> Length {
        if bytes.first().is_some_and(|tag| *tag != ber::SEQUENCE) {
            return Length::Broken;
        }
        match ber::head(bytes) {
            Ok((start, length)) => Length::Known(start + length),
            Err(true) => Length::More,
            Err(false) => Length::Broken,
        }
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let Some(message) = Message::read(bytes) else {
            let id = transactions.open(ProtocolId::Ldap);
            if let Some(transaction) = transactions.get_mut(id) {
                transaction.note("ldap.invalid_data");
                transaction.complete_alone(direction);
            }
            return;
        };
        match direction {
            ToServer => self.request(&message, bytes, transactions),
            ToClient => self.answer(&message, bytes, transactions),
        }
    }
    fn changes(&mut self) -> Option<(ProtocolId, Box<dyn Parser>)> {
        core::mem::take(&mut self.secured).then(|| (ProtocolId::Tls, tls::parser()))
    }
    fn end(&mut self, _direction: Direction, transactions: &mut Transactions) {
        for (_, id) in self.open.drain(..) {
            finish(id, transactions);
        }
    }
}

/// A kind of attribute with a value.
fn pair(id: FieldId, kind: &[u8], value: &[u8], fields: &mut Fields) {
    fields.write(id, |out| [kind, b"=", value].into_iter().for_each(|part| out.extend_from_slice(part)));
}

/// No more answers come.
fn finish(id: u64, transactions: &mut Transactions) {
    let Some(transaction) = transactions.get_mut(id) else { return };
    let count = transaction.detail_of::<Talk>().map_or(0, |talk| talk.answers.len());
    transaction.fields.set_number(ANSWER_COUNT, count as u64);
    transaction.advance(ToClient, Progress::Complete);
}

impl LdapReader {
    fn request(&mut self, message: &Message<'_>, bytes: &[u8], transactions: &mut Transactions) {
        let id = transactions.open(ProtocolId::Ldap);
        let Some(transaction) = transactions.get_mut(id) else { return };
        let fields = &mut transaction.fields;
        fields.set_number(REQUEST_OPERATION, u64::from(message.operation));
        if let Some(name) = message.name() {
            fields.set(REQUEST_NAME, name);
        }
        message.attributes(&mut |kind, value| match value {
            None => fields.set(REQUEST_TYPE, kind),
            Some(value) => pair(REQUEST_ATTRIBUTE, kind, value, fields),
        });
        fields.write_dear(PDU_TO_SERVER, |out| out.extend_from_slice(bytes));
        transaction.advance(ToServer, Progress::Complete);
        if let Said::Extended { name, .. } = message.said
            && name == name::START_TLS
        {
            self.secure = Some(message.number);
        }
        if let Some(talk) = transaction.detail_again(Talk::clear) {
            talk.request.set(Some(bytes));
        }
        if message.is_unanswered() {
            finish(id, transactions);
            return;
        }
        if self.open.len() >= OPEN_REQUESTS
            && let Some((_, oldest)) = self.open.pop_front()
        {
            finish(oldest, transactions);
        }
        self.open.push_back((message.number, id));
    }
    fn answer(&mut self, message: &Message<'_>, bytes: &[u8], transactions: &mut Transactions) {
        let place = self.open.iter().position(|(number, _)| *number == message.number);
        let known = place.and_then(|place| self.open.get(place)).map(|(_, id)| *id);
        let id = known.unwrap_or_else(|| transactions.open(ProtocolId::Ldap));
        let last = message.is_last() || known.is_none();
        if self.secure == Some(message.number) && last {
            self.secure = None;
            self.secured = message.result() == Some(0);
        }
        let Some(transaction) = transactions.get_mut(id) else { return };
        let fields = &mut transaction.fields;
        fields.set_number(ANSWER_OPERATION, u64::from(message.operation));
        if let Some(name) = message.name() {
            fields.set(ANSWER_NAME, name);
        }
        if let Some(result) = message.result() {
            fields.set_number(ANSWER_RESULT, result);
        }
        if let Some(text) = message.text() {
            fields.set(ANSWER_MESSAGE, text);
        }
        message.attributes(&mut |kind, value| match value {
            None => fields.set(ANSWER_TYPE, kind),
            Some(value) => pair(ANSWER_ATTRIBUTE, kind, value, fields),
        });
        fields.write_dear(PDU_TO_CLIENT, |out| out.extend_from_slice(bytes));
        if known.is_none() && message.number != 0 {
            transaction.note("ldap.request_not_found");
        }
        if let Some(talk) = transaction.detail_again(Talk::clear) {
            talk.answer(bytes);
        }
        if known.is_none() {
            transaction.complete_alone(ToClient);
        } else if last {
            if let Some(place) = place {
                self.open.remove(place);
            }
            finish(id, transactions);
        }
        // Rules are asked about all answers together: places among them count from both ends.
    }
}

/// The `ldap` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(talk) = transaction.detail_of::<Talk>() else { return };
    if let Some(request) = talk.request.get().and_then(Message::read) {
        record.object("request", &mut |record| request.log(record));
    }
    if !talk.answers.is_empty() {
        record.list("responses", talk.answers.len(), &mut |place, record| {
            if let Some(answer) = talk.answers.get(place).and_then(|bytes| Message::read(bytes)) {
                answer.log(record);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read as talk, read_datagrams};

    fn wrap(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        [&[tag, 0x81, body.len() as u8][..], &body].concat()
    }
    fn message(number: u8, operation: &[u8]) -> Vec<u8> {
        wrap(0x30, &[&[2, 1, number], operation])
    }
    fn text(text: &[u8]) -> Vec<u8> {
        wrap(4, &[text])
    }

    #[test]
    fn a_search_has_entries_and_an_end() {
        let filter = wrap(0x87, &[b"objectClass"]);
        let attributes = wrap(0x30, &[&text(b"cn"), &text(b"mail")]);
        let limits = [10, 1, 2, 10, 1, 0, 2, 1, 0, 2, 1, 5, 1, 1, 0];
        let search = message(3, &wrap(0x63, &[&text(b"dc=example,dc=com"), &limits, &filter, &attributes]));
        let values = wrap(0x31, &[&text(b"cam"), &text(b"era")]);
        let entry = wrap(0x30, &[&wrap(0x30, &[&text(b"cn"), &values])]);
        let entry = message(3, &wrap(0x64, &[&text(b"cn=cam,dc=example"), &entry]));
        let end = message(3, &wrap(0x65, &[&[10, 1, 4], &text(b""), &text(b"Size limit exceeded")]));
        let steps = [(ToServer, &search[..]), (ToClient, &entry), (ToClient, &entry), (ToClient, &end)];
        for talk in [talk(parser, &steps), read_datagrams(parser, &steps)] {
            let fields = &nth(&talk, 0).fields;
            assert_eq!((talk.opened(), nth(&talk, 0).is_complete()), (1, true));
            assert_eq!(fields.get(REQUEST_NAME), Some(&b"dc=example,dc=com"[..]));
            assert_eq!(fields.all(REQUEST_TYPE).count(), 2);
            assert_eq!((fields.number(REQUEST_OPERATION), fields.number(ANSWER_COUNT)), (Some(3), Some(3)));
            assert_eq!(fields.get(ANSWER_ATTRIBUTE), Some(&b"cn=cam"[..]));
            assert_eq!(fields.number(ANSWER_RESULT), Some(4));
            assert_eq!(
                fields.all(ANSWER_MESSAGE).last().map(|f| &f.bytes[..]),
                Some(&b"Size limit exceeded"[..])
            );
        }
        assert_eq!(probe(ToServer, &search), Probe::Yes);
        assert_eq!(probe(ToServer, &search[..2]), Probe::More);
        assert_eq!(probe(ToServer, b"0123456789"), Probe::No);
        assert_eq!(probe(ToServer, b"GET / HTTP/1.1"), Probe::No);
    }

    #[test]
    fn a_bind_an_end_and_a_change_to_tls() {
        let bind = message(1, &wrap(0x60, &[&[2, 1, 3], &text(b"cn=admin"), &wrap(0x80, &[b"secret"])]));
        let bound = message(1, &wrap(0x61, &[&[10, 1, 49], &text(b""), &text(b"no")]));
        let unbind = message(2, &[0x42, 0]);
        let talk = talk(parser, &[(ToServer, &bind), (ToClient, &bound), (ToServer, &unbind)]);
        assert_eq!(nth(&talk, 0).fields.get(REQUEST_NAME), Some(&b"cn=admin"[..]));
        assert_eq!(nth(&talk, 0).fields.number(ANSWER_RESULT), Some(49));
        assert!(nth(&talk, 1).is_complete());
        let ask = message(4, &wrap(0x77, &[&wrap(0x80, &[name::START_TLS])]));
        let yes = message(4, &wrap(0x78, &[&[10, 1, 0], &text(b""), &text(b"")]));
        let (mut parser, mut transactions) = (parser(), Transactions::default());
        parser.feed(ToServer, &ask, &mut transactions);
        assert!(parser.changes().is_none());
        parser.feed(ToClient, &yes, &mut transactions);
        assert_eq!(parser.changes().map(|(id, _)| id), Some(ProtocolId::Tls));
    }
}
