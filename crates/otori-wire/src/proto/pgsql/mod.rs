//! PostgreSQL: a message of the client and all answers up to the next are a transaction.
//!
//! Key type: `PgsqlReader`. Neighbour: `message` (what one message says). PostgreSQL's manual, chapter "Frontend/Backend
//! Protocol" (version 3); names as Suricata's manual has them ("Event type: PGSQL"). After an accepted request for TLS, TLS goes on.
mod message;

use super::{
    FieldRow, NumberRow, Parser, Probe, ProtocolId, Record,
    framed::{Length, MessageReader, Messages},
    tls,
};
use crate::{
    flow::Direction,
    limits::OPEN_REQUESTS,
    reused::Perhaps,
    transaction::{FieldId, Progress, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use message::{Answer, Request, Start};
use std::collections::VecDeque;

const fn field(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Pgsql, index)
}
const QUERY: FieldId = field(0);
const PDU_TO_SERVER: FieldId = field(1);
const PDU_TO_CLIENT: FieldId = field(2);

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    FieldRow::new(ToServer, QUERY, "pgsql.query"),
    FieldRow::new(ToServer, PDU_TO_SERVER, "frame:pgsql.pdu"),
    FieldRow::new(ToClient, PDU_TO_CLIENT, "frame:pgsql.pdu"),
];
/// No numbers.
pub static NUMBERS: &[NumberRow] = &[];

/// Bytes of a message's kind and length.
const HEAD: usize = 5;
/// Bytes of the length and the code of a first message.
const START_HEAD: usize = 8;
/// A first message is no longer.
const START_BYTES: usize = 10_000;

/// A first message of the client; of the server its usual first answers.
pub(super) fn probe(direction: Direction, bytes: &[u8]) -> Probe {
    if direction == ToClient {
        return match bytes {
            [b'R', 0, 0, 0, 8..=255, 0, 0, 0, 0..=12, ..] | [b'E', 0, 0, _, _, b'S', ..] => Probe::Yes,
            [b'R' | b'E', ..] if bytes.len() < 9 => Probe::More,
            _ => Probe::No,
        };
    }
    match bytes.first_chunk::<START_HEAD>() {
        Some(_) if Start::read(bytes).is_some() => Probe::Yes,
        None if bytes.iter().take(2).all(|byte| *byte == 0) => Probe::More,
        _ => Probe::No,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(PgsqlReader { starting: true, ..PgsqlReader::default() }))
}

#[derive(Default)]
struct PgsqlReader {
    /// the client's next message has no kind
    starting: bool,
    /// the server's next message is one byte: TLS or not
    choosing: bool,
    secured: bool,
    /// oldest first; only queries that are told to be done wait behind each other
    open: VecDeque<Open>,
}

/// A request without all of its answers.
struct Open {
    id: u64,
    /// the server will say that it is ready after it, and only it
    ends: bool,
}

/// A request and what the answers sum up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Talk {
    /// as it came; of what proves who asks no more than its head
    request: Perhaps,
    /// it is the first message
    starts: bool,
    /// messages and bytes copied to the server because of it
    copied: (u64, u64),
    answer: Answer,
}

impl Talk {
    /// Nothing was said yet.
    fn clear(&mut self) {
        self.request.set(None);
        (self.starts, self.copied) = (false, (0, 0));
        self.answer.clear();
    }
    fn asked(&self) -> Option<Request<'_>> {
        let bytes = self.request.get()?;
        if self.starts { Start::read(bytes).map(Request::Start) } else { Request::read(bytes) }
    }
    fn ask(&mut self, request: &Request<'_>, bytes: &[u8]) {
        if let Request::Part { kind, bytes } = request
            && self.request.get().is_some()
        {
            // What is copied is counted; the rest says nothing more.
            if *kind == b'd' {
                self.copied = (self.copied.0 + 1, self.copied.1 + bytes);
            }
            return;
        }
        let says_more =
            matches!(request, Request::Start(_) | Request::Query { .. } | Request::Mechanism { .. });
        let kept = if says_more { bytes.len() } else { HEAD.min(bytes.len()) };
        self.request.set(bytes.get(..kept));
        self.starts = matches!(request, Request::Start(_));
    }
}

impl MessageReader for PgsqlReader {
    fn length(&self, direction: Direction, bytes: &[u8]) -> Length {
        // Old servers say that they do not understand.
        if direction == ToClient && self.choosing && bytes.first() != Some(&b'E') {
            return if bytes.is_empty() { Length::More } else { Length::Known(1) };
        }
        if direction == ToServer && self.starting {
            return match bytes.first_chunk::<4>().map(|head| u32::from_be_bytes(*head) as usize) {
                Some(length) if (START_HEAD..START_BYTES).contains(&length) => Length::Known(length),
                Some(_) => Length::Broken,
                None => Length::More,
            };
        }
        match bytes.first_chunk::<HEAD>() {
            Some([kind, length @ ..]) => match u32::from_be_bytes(*length) as usize {
                length if length >= 4 && kind.is_ascii_graphic() => Length::Known(1 + length),
                _ => Length::Broken,
            },
            None => Length::More,
        }
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        match direction {
            ToServer => self.request(bytes, transactions),
            ToClient => self.answer(bytes, transactions),
        }
    }
    fn changes(&mut self) -> Option<(ProtocolId, Box<dyn Parser>)> {
        core::mem::take(&mut self.secured).then(|| (ProtocolId::Tls, tls::parser()))
    }
    fn end(&mut self, _direction: Direction, transactions: &mut Transactions) {
        while self.close(transactions) {}
    }
}

impl PgsqlReader {
    /// Closes the oldest one that is open; false when none is.
    fn close(&mut self, transactions: &mut Transactions) -> bool {
        let Some(open) = self.open.pop_front() else { return false };
        if let Some(transaction) = transactions.get_mut(open.id) {
            Direction::BOTH.into_iter().for_each(|way| transaction.advance(way, Progress::Complete));
        }
        true
    }
    /// Opens one. Queries may be sent before earlier ones are answered; what is not sure to get an end of its own ends
    /// here.
    fn begin(&mut self, request: Option<&Request>, transactions: &mut Transactions) {
        let waits = self.open.back().is_some_and(|open| open.ends) && self.open.len() < OPEN_REQUESTS;
        while !waits && self.close(transactions) {}
        let ends = request.is_some_and(Request::is_ended);
        self.open.push_back(Open { id: transactions.open(ProtocolId::Pgsql), ends });
    }
    fn request(&mut self, bytes: &[u8], transactions: &mut Transactions) {
        let request = if self.starting {
            let start = Start::read(bytes);
            self.choosing = matches!(start, Some(Start::Secure(_)));
            self.starting = self.choosing;
            start.map(Request::Start)
        } else {
            Request::read(bytes)
        };
        // Pieces of what is copied, and what goes with a prepared statement, belong to what began it.
        let goes_on = matches!(request, Some(Request::Part { .. }));
        if !goes_on || self.open.is_empty() {
            self.begin(request.as_ref(), transactions);
        }
        let Some(open) = self.open.back_mut() else { return };
        open.ends |= request.as_ref().is_some_and(Request::is_ended);
        let Some(transaction) = transactions.get_mut(open.id) else { return };
        transaction.fields.write_dear(PDU_TO_SERVER, |out| out.extend_from_slice(bytes));
        let Some(request) = request else {
            transaction.note("pgsql.malformed_request");
            transaction.advance(ToServer, Progress::Complete);
            return;
        };
        if let Some(query) = request.query() {
            transaction.fields.set(QUERY, query);
        }
        if let Some(talk) = transaction.detail_again(Talk::clear) {
            talk.ask(&request, bytes);
        }
        transaction.advance(ToServer, Progress::Complete);
        if request.is_unanswered() {
            while self.close(transactions) {}
        }
    }
    fn answer(&mut self, bytes: &[u8], transactions: &mut Transactions) {
        if self.open.is_empty() {
            self.begin(None, transactions);
        }
        let Some(transaction) = self.open.front().and_then(|open| transactions.get_mut(open.id)) else {
            return;
        };
        transaction.fields.write_dear(PDU_TO_CLIENT, |out| out.extend_from_slice(bytes));
        let choosing = core::mem::take(&mut self.choosing);
        let Some(talk) = transaction.detail_again(Talk::clear) else { return };
        let (understood, last) = if choosing && bytes.first() == Some(&b'E') {
            talk.answer.secured = Some(false);
            (talk.answer.add(bytes).0, true)
        } else if choosing {
            self.secured = bytes == b"S";
            talk.answer.secured = Some(self.secured);
            (matches!(bytes, b"S" | b"N" | b"G"), true)
        } else {
            talk.answer.add(bytes)
        };
        if !understood {
            transaction.note("pgsql.malformed_response");
        }
        transaction.advance(ToClient, Progress::Body);
        if last {
            self.close(transactions);
        }
    }
}

/// The `pgsql` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(talk) = transaction.detail_of::<Talk>() else { return };
    record.number("tx_id", transaction.id.cast_signed());
    if let Some(request) = talk.asked() {
        record.object("request", &mut |record| request.log(talk.copied, record));
    }
    record.object("response", &mut |record| talk.answer.log(record));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read as talk};

    fn wrap(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat()
    }
    fn start(code: u32, body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes()[..], &code.to_be_bytes(), body].concat()
    }

    #[test]
    fn queries_that_do_not_wait_get_their_own_answers() {
        let asks = [wrap(b'Q', b"select 1;\0"), wrap(b'P', b"\0select 2\0\0\0"), wrap(b'S', b"")].concat();
        let done = |rows: &[u8]| [wrap(b'C', rows), wrap(b'Z', b"I")].concat();
        let answers = [done(b"SELECT 1\0"), done(b"SELECT 2\0"), done(b"SELECT 3\0")].concat();
        let names = start(0x0003_0000, b"user\0camera\0\0");
        let last = wrap(b'Q', b"select 3;\0");
        let welcome = [wrap(b'R', &[0; 4]), wrap(b'Z', b"I")].concat();
        let talk = talk(
            parser,
            &[
                (ToServer, &names),
                (ToClient, &welcome),
                (ToServer, &asks),
                (ToServer, &last),
                (ToClient, &answers),
            ],
        );
        assert_eq!(talk.opened(), 4);
        for (place, told) in [(1, &b"SELECT 1"[..]), (2, b"SELECT 2"), (3, b"SELECT 3")] {
            let said = nth(&talk, place).detail_of::<Talk>().unwrap();
            assert_eq!(said.answer.completed.get(), Some(told));
            assert!(nth(&talk, place).is_complete());
        }
    }

    #[test]
    fn a_log_in_and_a_query_are_read() {
        let asks = start(80_877_103, b"");
        let names = start(0x0003_0000, b"user\0camera\0database\0home\0application_name\0psql\0\0");
        let challenge = wrap(b'R', b"\0\0\0\x05salt");
        let password = wrap(b'p', b"md5abc\0");
        let welcome = [
            wrap(b'R', &[0; 4]),
            wrap(b'S', b"server_version\x0014.1\0"),
            wrap(b'K', &[0, 0, 0, 7, 0, 0, 0, 8]),
            wrap(b'Z', b"I"),
        ]
        .concat();
        let query = wrap(b'Q', b"select 1;\0");
        let rows = [
            wrap(b'T', b"\0\x01x"),
            wrap(b'D', b"\0\x01abc"),
            wrap(b'D', b"\0\x01abc"),
            wrap(b'C', b"SELECT 2\0"),
            wrap(b'Z', b"I"),
        ]
        .concat();
        let talk = talk(
            parser,
            &[
                (ToServer, &asks),
                (ToClient, b"N"),
                (ToServer, &names),
                (ToClient, &challenge),
                (ToServer, &password),
                (ToClient, &welcome),
                (ToServer, &query),
                (ToClient, &rows),
                (ToServer, &wrap(b'X', b"")),
            ],
        );
        assert_eq!(talk.opened(), 5);
        assert!(talk.iter().all(Transaction::is_complete));
        let of = |place| nth(&talk, place).detail_of::<Talk>().unwrap();
        assert_eq!(of(0).answer.secured, Some(false));
        assert_eq!(of(1).answer.salt, Some(*b"salt"));
        assert_eq!(of(2).answer.process, Some((7, 8)));
        assert_eq!(nth(&talk, 3).fields.get(QUERY), Some(&b"select 1;"[..]));
        assert_eq!((of(3).answer.rows, of(3).answer.row_bytes, of(3).answer.columns), (2, 10, Some(1)));
        assert_eq!(of(3).answer.completed.get(), Some(&b"SELECT 2"[..]));
        assert_eq!(probe(ToServer, &names), Probe::Yes);
        assert_eq!(probe(ToServer, &asks[..6]), Probe::More);
        assert_eq!(probe(ToServer, b"GET / HTTP/1.1"), Probe::No);
    }

    #[test]
    fn what_an_old_server_says_and_the_end_of_sasl_are_read() {
        let error = wrap(b'E', b"SFATAL\0C0A000\0Munsupported\0\0");
        let end = [wrap(b'R', b"\0\0\0\x0cv=abc"), wrap(b'R', &[0; 4]), wrap(b'Z', b"I")].concat();
        let names = start(0x0003_0000, b"user\0camera\0\0");
        let talk = talk(
            parser,
            &[
                (ToServer, &start(80_877_104, b"")),
                (ToClient, &error),
                (ToServer, &names),
                (ToClient, &wrap(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0")),
                (ToServer, &wrap(b'p', b"SCRAM-SHA-256\0\0\0\0\x01n")),
                (ToClient, &end),
            ],
        );
        assert_eq!(talk.opened(), 3);
        assert!(talk.iter().all(|one| one.is_complete() && one.anomalies.is_empty()));
        assert_eq!(nth(&talk, 0).detail_of::<Talk>().unwrap().answer.secured, Some(false));
    }

    #[test]
    fn tls_takes_over() {
        let (mut parser, mut transactions) = (parser(), Transactions::default());
        parser.feed(ToServer, &start(80_877_103, b""), &mut transactions);
        parser.feed(ToClient, b"S", &mut transactions);
        assert_eq!(parser.changes().map(|(id, _)| id), Some(ProtocolId::Tls));
    }
}
