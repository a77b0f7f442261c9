//! SIP: every message is a transaction; over TCP messages are cut out of the stream by their Content-Length.
//!
//! Key type: `SipParser`. Neighbour: `headed` (lines, headers, body). RFC 3261 7, 18.3, 20.
mod sdp;

use super::{
    FieldRow, Parser, Probe, ProtocolId, Record,
    headed::{Message, head_end},
};
use crate::{
    flow::Direction,
    limits::SIP_MESSAGE_BYTES,
    transaction::{FieldId, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Sip, direction as u8 * 64 + index)
}
const FIRST_LINE: u8 = 0;
const PROTOCOL: u8 = 1;
const PDU: u8 = 2;
const FRAME_LINE: u8 = 3;
const FRAME_HEADERS: u8 = 4;
const FRAME_BODY: u8 = 5;
const FROM: u8 = 6;
const TO: u8 = 7;
const VIA: u8 = 8;
const USER_AGENT: u8 = 9;
const CONTENT_TYPE: u8 = 10;
const CONTENT_LENGTH: u8 = 11;
/// Method of a request.
pub const METHOD: FieldId = field(ToServer, 20);
/// Its target.
pub const URI: FieldId = field(ToServer, 21);
/// Code of a response.
pub const CODE: FieldId = field(ToClient, 22);
/// Its reason.
pub const REASON: FieldId = field(ToClient, 23);

const fn row(direction: Direction, index: u8, keyword: &'static str) -> FieldRow {
    FieldRow { id: field(direction, index), keyword, aliases: &[], modifier: None, direction }
}
const fn lone(id: FieldId, direction: Direction, keyword: &'static str) -> FieldRow {
    FieldRow { id, keyword, aliases: &[], modifier: None, direction }
}

/// All rows; those that start with `frame:` belong to the keyword `frame`.
pub static FIELDS: &[FieldRow] = &[
    lone(METHOD, ToServer, "sip.method"),
    lone(URI, ToServer, "sip.uri"),
    lone(CODE, ToClient, "sip.stat_code"),
    lone(REASON, ToClient, "sip.stat_msg"),
    row(ToServer, FIRST_LINE, "sip.request_line"),
    row(ToClient, FIRST_LINE, "sip.response_line"),
    row(ToServer, PROTOCOL, "sip.protocol"),
    row(ToClient, PROTOCOL, "sip.protocol"),
    row(ToServer, FROM, "sip.from"),
    row(ToClient, FROM, "sip.from"),
    row(ToServer, TO, "sip.to"),
    row(ToClient, TO, "sip.to"),
    row(ToServer, VIA, "sip.via"),
    row(ToClient, VIA, "sip.via"),
    row(ToServer, USER_AGENT, "sip.user_agent"),
    row(ToClient, USER_AGENT, "sip.user_agent"),
    row(ToServer, CONTENT_TYPE, "sip.content_type"),
    row(ToClient, CONTENT_TYPE, "sip.content_type"),
    row(ToServer, CONTENT_LENGTH, "sip.content_length"),
    row(ToClient, CONTENT_LENGTH, "sip.content_length"),
    row(ToServer, PDU, "frame:sip.pdu"),
    row(ToClient, PDU, "frame:sip.pdu"),
    row(ToServer, FRAME_LINE, "frame:sip.request.line"),
    row(ToClient, FRAME_LINE, "frame:sip.response.line"),
    row(ToServer, FRAME_HEADERS, "frame:sip.request.headers"),
    row(ToClient, FRAME_HEADERS, "frame:sip.response.headers"),
    row(ToServer, FRAME_BODY, "frame:sip.request.body"),
    row(ToClient, FRAME_BODY, "frame:sip.response.body"),
    row(ToServer, sdp::FIRST, "sdp.origin"),
    row(ToClient, sdp::FIRST, "sdp.origin"),
    row(ToServer, sdp::FIRST + 1, "sdp.session_name"),
    row(ToClient, sdp::FIRST + 1, "sdp.session_name"),
    row(ToServer, sdp::FIRST + 2, "sdp.session_info"),
    row(ToClient, sdp::FIRST + 2, "sdp.session_info"),
    row(ToServer, sdp::FIRST + 3, "sdp.uri"),
    row(ToClient, sdp::FIRST + 3, "sdp.uri"),
    row(ToServer, sdp::FIRST + 4, "sdp.email"),
    row(ToClient, sdp::FIRST + 4, "sdp.email"),
    row(ToServer, sdp::FIRST + 5, "sdp.phone_number"),
    row(ToClient, sdp::FIRST + 5, "sdp.phone_number"),
    row(ToServer, sdp::FIRST + 6, "sdp.connection_data"),
    row(ToClient, sdp::FIRST + 6, "sdp.connection_data"),
    row(ToServer, sdp::FIRST + 7, "sdp.bandwidth"),
    row(ToClient, sdp::FIRST + 7, "sdp.bandwidth"),
    row(ToServer, sdp::FIRST + 8, "sdp.time"),
    row(ToClient, sdp::FIRST + 8, "sdp.time"),
    row(ToServer, sdp::FIRST + 9, "sdp.repeat_time"),
    row(ToClient, sdp::FIRST + 9, "sdp.repeat_time"),
    row(ToServer, sdp::FIRST + 10, "sdp.timezone"),
    row(ToClient, sdp::FIRST + 10, "sdp.timezone"),
    row(ToServer, sdp::FIRST + 11, "sdp.encryption_key"),
    row(ToClient, sdp::FIRST + 11, "sdp.encryption_key"),
    row(ToServer, sdp::FIRST + 12, "sdp.attribute"),
    row(ToClient, sdp::FIRST + 12, "sdp.attribute"),
    row(ToServer, sdp::FIRST + 13, "sdp.media.media"),
    row(ToClient, sdp::FIRST + 13, "sdp.media.media"),
    row(ToServer, sdp::FIRST + 14, "sdp.media.session_info"),
    row(ToClient, sdp::FIRST + 14, "sdp.media.session_info"),
    row(ToServer, sdp::FIRST + 15, "sdp.media.connection_data"),
    row(ToClient, sdp::FIRST + 15, "sdp.media.connection_data"),
    row(ToServer, sdp::FIRST + 16, "sdp.media.encryption_key"),
    row(ToClient, sdp::FIRST + 16, "sdp.media.encryption_key"),
];

/// Headers that rules look at, with their short form (RFC 3261 7.3.3).
const HEADERS: &[(&[u8], &[u8], u8)] = &[
    (b"from", b"f", FROM),
    (b"to", b"t", TO),
    (b"via", b"v", VIA),
    (b"user-agent", b"", USER_AGENT),
    (b"content-type", b"c", CONTENT_TYPE),
    (b"content-length", b"l", CONTENT_LENGTH),
];

const VERSION: &[u8] = b"SIP/";
const METHODS: &[&[u8]] = &[
    b"ACK ",
    b"BYE ",
    b"CANCEL ",
    b"INFO ",
    b"INVITE ",
    b"MESSAGE ",
    b"NOTIFY ",
    b"OPTIONS ",
    b"PRACK ",
    b"PUBLISH ",
    b"REFER ",
    b"REGISTER ",
    b"SUBSCRIBE ",
    b"UPDATE ",
];

/// A request line that ends with the version, or a status line that starts with it.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    const WHOLE: &[u8] = b"SIP/2.0";
    let response = Probe::prefix(bytes, WHOLE);
    if response != Probe::No {
        return response;
    }
    if METHODS.iter().all(|method| Probe::prefix(bytes, method) == Probe::No) {
        return Probe::No;
    }
    match bytes.iter().position(|b| *b == b'\n') {
        Some(end) if bytes[..end].trim_ascii_end().ends_with(WHOLE) => Probe::Yes,
        Some(_) => Probe::No,
        None => Probe::More,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(SipParser::default())
}

#[derive(Default)]
struct SipParser {
    /// bytes of the message in progress
    pending: [Vec<u8>; 2],
    /// body bytes that are passed over
    skip: [u64; 2],
    datagrams: bool,
}

impl Parser for SipParser {
    fn datagrams(&mut self) {
        self.datagrams = true;
    }
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        if transactions.is_full() {
            return 0;
        }
        if self.datagrams {
            take(direction, bytes, transactions);
            return bytes.len();
        }
        let side = direction.index();
        let passed = usize::try_from(self.skip[side]).unwrap_or(usize::MAX).min(bytes.len());
        self.skip[side] -= passed as u64;
        let pending = &mut self.pending[side];
        pending.extend_from_slice(bytes.get(passed..).unwrap_or(&[]));
        let mut rest = pending.as_slice();
        // Each turn takes a message or the blank lines before it.
        while let Some(cut) = whole(rest).filter(|_| !transactions.is_full()) {
            let (message, behind) = rest.split_at(cut.min(rest.len()));
            self.skip[side] = (cut - message.len()) as u64;
            rest = behind;
            if !message.trim_ascii().is_empty() {
                take(direction, message, transactions);
            }
        }
        let taken = pending.len() - rest.len();
        pending.drain(..taken);
        bytes.len()
    }
    fn gap(&mut self, direction: Direction, _count: u64, _transactions: &mut Transactions) {
        self.pending[direction.index()].clear();
        self.skip[direction.index()] = 0;
    }
    fn end(&mut self, direction: Direction, transactions: &mut Transactions) {
        let rest = core::mem::take(&mut self.pending[direction.index()]);
        if !rest.trim_ascii().is_empty() && !transactions.is_full() {
            take(direction, &rest, transactions);
        }
    }
}

/// Length of the first whole message of a stream; of blank lines (RFC 5626 3.5.1) before it; of too much.
fn whole(bytes: &[u8]) -> Option<usize> {
    let blank = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    if blank > 0 {
        return Some(blank);
    }
    let Some(head) = head_end(bytes) else {
        return (bytes.len() >= SIP_MESSAGE_BYTES).then_some(bytes.len());
    };
    let body = Message::read(bytes.get(..head)?, VERSION).map_or(0, |message| message.content_length());
    let all = head.saturating_add(body);
    (bytes.len() >= all.min(SIP_MESSAGE_BYTES)).then_some(all)
}

fn take(direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
    let id = transactions.open(ProtocolId::Sip);
    let Some(transaction) = transactions.get_mut(id) else { return };
    match Message::read(bytes, VERSION) {
        Some(message) if message.is_response() == (direction == ToClient) => {
            set_fields(direction, &message, bytes, transaction);
        }
        _ => transaction.note("sip.invalid_data"),
    }
    transaction.complete_alone(direction);
}

fn set_fields(direction: Direction, message: &Message<'_>, bytes: &[u8], transaction: &mut Transaction) {
    let fields = &mut transaction.fields;
    let [first, second, third] = message.words;
    match direction {
        ToServer => {
            fields.set(METHOD, first);
            fields.set(URI, second);
            fields.set(field(ToServer, PROTOCOL), third);
        }
        ToClient => {
            fields.set(field(ToClient, PROTOCOL), first);
            fields.set(CODE, second);
            fields.set(REASON, third);
        }
    }
    fields.set(field(direction, FIRST_LINE), message.line);
    for (name, value) in message.headers() {
        let row = HEADERS.iter().find(|(long, short, _)| {
            name.eq_ignore_ascii_case(long) || !short.is_empty() && name.eq_ignore_ascii_case(short)
        });
        if let Some((.., index)) = row {
            fields.set(field(direction, *index), value);
        }
    }
    let frames = [(PDU, bytes), (FRAME_LINE, message.whole_line), (FRAME_HEADERS, message.header_bytes)];
    let body = (FRAME_BODY, message.body);
    for (index, bytes) in frames.into_iter().chain(Some(body).filter(|(_, body)| !body.is_empty())) {
        fields.write_dear(field(direction, index), |out| out.extend_from_slice(bytes));
    }
    if !message.body.is_empty() {
        let kind = fields.get(field(direction, CONTENT_TYPE)).unwrap_or(b"");
        if kind.get(..15).is_some_and(|kind| kind.eq_ignore_ascii_case(b"application/sdp")) {
            sdp::read(direction, message.body, fields);
        }
    }
}

/// The `sip` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let fields = &transaction.fields;
    let rows = [
        ("method", METHOD),
        ("uri", URI),
        ("version", field(ToServer, PROTOCOL)),
        ("request_line", field(ToServer, FIRST_LINE)),
        ("version", field(ToClient, PROTOCOL)),
        ("code", CODE),
        ("reason", REASON),
        ("response_line", field(ToClient, FIRST_LINE)),
    ];
    for (key, id) in rows {
        if let Some(text) = fields.get(id) {
            record.text(key, text);
        }
    }
    sdp::log(fields, record);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cut_out_of_a_stream() {
        let mut parser = SipParser::default();
        let mut transactions = Transactions::default();
        let talk = b"\r\nREGISTER sip:example.org SIP/2.0\r\nf: <sip:a@example.org>\r\nContent-Length: 4\r\n\r\nbodyOPTIONS sip:b SIP/2.0\r\nVia: x\r\n  y\r\n\r\n";
        for piece in talk.chunks(5) {
            parser.feed(ToServer, piece, &mut transactions);
        }
        parser.feed(ToClient, b"SIP/2.0 200 OK then\r\nl: 0\r\n\r\n", &mut transactions);
        let all: Vec<&Transaction> = transactions.iter().collect();
        let text = |place: usize, id| all[place].fields.get(id).map(String::from_utf8_lossy);
        assert_eq!(all.len(), 3);
        assert_eq!(text(0, field(ToServer, FROM)).as_deref(), Some("<sip:a@example.org>"));
        assert_eq!(text(0, field(ToServer, FRAME_BODY)).as_deref(), Some("body"));
        assert_eq!(text(1, METHOD).as_deref(), Some("OPTIONS"));
        assert_eq!(text(2, REASON).as_deref(), Some("OK then"));
        assert!(all.iter().all(|transaction| transaction.is_complete()));
    }

    #[test]
    fn a_datagram_is_a_message_however_it_is_broken() {
        let whole = b"INVITE sip:b SIP/2.0\r\nContent-Length: 99999999999\r\n\r\nx";
        for end in 0..whole.len() {
            let (mut parser, mut transactions) = (SipParser::default(), Transactions::default());
            parser.datagrams();
            parser.feed(ToServer, &whole[..end], &mut transactions);
            parser.feed(ToClient, &whole[..end], &mut transactions);
            assert_eq!(transactions.opened(), 2);
        }
        assert_eq!(probe(ToServer, b"INVITE sip:b SIP/2.0\r\n"), Probe::Yes);
        assert_eq!(probe(ToServer, b"OPTIONS * HTTP/1.1\r\n"), Probe::No);
    }
}
