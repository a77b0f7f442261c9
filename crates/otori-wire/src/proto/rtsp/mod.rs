//! RTSP: every message is a transaction; media that is interleaved with it is passed over.
//!
//! Neighbours: `headed` (lines, headers, body), `framed` (cutting). RFC 2326, RFC 7826. Suricata has no RTSP: the names
//! follow those of its SIP keywords.
use super::{
    FieldRow, Parser, Probe, ProtocolId, Record,
    framed::{Length, MessageReader, Messages},
    headed::{Message, head_end},
};
use crate::{
    flow::Direction,
    transaction::{FieldId, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Rtsp, direction as u8 * 64 + index)
}
/// Method of a request.
pub const METHOD: FieldId = field(ToServer, 0);
/// Its target.
pub const URI: FieldId = field(ToServer, 1);
/// What the client calls itself.
pub const USER_AGENT: FieldId = field(ToServer, 2);
/// Credentials, as they are sent.
pub const AUTHORIZATION: FieldId = field(ToServer, 3);
/// Code of a response.
pub const CODE: FieldId = field(ToClient, 4);
const REASON: FieldId = field(ToClient, 5);
/// What the server calls itself.
pub const SERVER: FieldId = field(ToClient, 6);
const CHALLENGE: FieldId = field(ToClient, 7);
const BODY: u8 = 8;
const TRANSPORT: u8 = 9;
const SEQUENCE: u8 = 10;

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    FieldRow::new(ToServer, METHOD, "rtsp.method"),
    FieldRow::new(ToServer, URI, "rtsp.uri"),
    FieldRow::new(ToServer, USER_AGENT, "rtsp.user_agent"),
    FieldRow::new(ToServer, AUTHORIZATION, "rtsp.authorization"),
    FieldRow::new(ToClient, CODE, "rtsp.stat_code"),
    FieldRow::new(ToClient, REASON, "rtsp.stat_msg"),
    FieldRow::new(ToClient, SERVER, "rtsp.server"),
    FieldRow::new(ToClient, CHALLENGE, "rtsp.www_authenticate"),
    FieldRow::new(ToServer, field(ToServer, TRANSPORT), "rtsp.transport"),
    FieldRow::new(ToClient, field(ToClient, TRANSPORT), "rtsp.transport"),
    FieldRow::new(ToServer, field(ToServer, BODY), "rtsp.body"),
    FieldRow::new(ToClient, field(ToClient, BODY), "rtsp.body"),
];

const VERSION: &[u8] = b"RTSP/";
const METHODS: &[&[u8]] = &[
    b"OPTIONS ",
    b"DESCRIBE ",
    b"ANNOUNCE ",
    b"SETUP ",
    b"PLAY ",
    b"PAUSE ",
    b"TEARDOWN ",
    b"GET_PARAMETER ",
    b"SET_PARAMETER ",
    b"REDIRECT ",
    b"RECORD ",
    b"PLAY_NOTIFY ",
];

/// A request line that ends with the version, or a status line that starts with it.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    let response = Probe::prefix(bytes, VERSION);
    if response != Probe::No {
        return response;
    }
    if METHODS.iter().all(|method| Probe::prefix(bytes, method) == Probe::No) {
        return Probe::No;
    }
    match bytes.iter().position(|b| *b == b'\n') {
        Some(end) if bytes[..end].windows(VERSION.len()).any(|word| word == VERSION) => Probe::Yes,
        Some(_) => Probe::No,
        None => Probe::More,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(RtspReader))
}

struct RtspReader;

impl MessageReader for RtspReader {
    fn length(&self, _direction: Direction, bytes: &[u8]) -> Length {
        // Media between the messages: RFC 7826 14.
        if let Some((b'$', rest)) = bytes.split_first() {
            return match rest {
                [_, high, low, ..] => Length::Known(4 + usize::from(u16::from_be_bytes([*high, *low]))),
                _ => Length::More,
            };
        }
        let blank = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        if blank > 0 {
            return Length::Known(blank);
        }
        let Some(head) = head_end(bytes) else { return Length::More };
        let body = bytes.get(..head).and_then(|head| Message::read(head, VERSION));
        Length::Known(head.saturating_add(body.map_or(0, |message| message.content_length())))
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        if bytes.first() == Some(&b'$') || bytes.trim_ascii().is_empty() {
            return;
        }
        let id = transactions.open(ProtocolId::Rtsp);
        let Some(transaction) = transactions.get_mut(id) else { return };
        match Message::read(bytes, VERSION) {
            Some(message) if message.is_response() == (direction == ToClient) => {
                set_fields(direction, &message, transaction);
            }
            // A server may ask its client as well.
            Some(_) => {}
            None => transaction.note("rtsp.invalid_data"),
        }
        transaction.complete_alone(direction);
    }
}

fn set_fields(direction: Direction, message: &Message<'_>, transaction: &mut Transaction) {
    let fields = &mut transaction.fields;
    let [first, second, third] = message.words;
    let rows: &[(&[u8], FieldId)] = match direction {
        ToServer => {
            fields.set(METHOD, first);
            fields.set(URI, second);
            &[(b"user-agent", USER_AGENT), (b"authorization", AUTHORIZATION)]
        }
        ToClient => {
            fields.set(CODE, second);
            fields.set(REASON, third);
            &[(b"server", SERVER), (b"www-authenticate", CHALLENGE)]
        }
    };
    let both: [(&[u8], FieldId); 2] =
        [(b"transport", field(direction, TRANSPORT)), (b"cseq", field(direction, SEQUENCE))];
    for (name, id) in rows.iter().chain(&both) {
        if let Some(value) = message.header(name) {
            fields.set(*id, value);
        }
    }
    if !message.body.is_empty() {
        fields.set(field(direction, BODY), message.body);
    }
}

/// The `rtsp` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let rows = [
        ("method", METHOD),
        ("uri", URI),
        ("user_agent", USER_AGENT),
        ("authorization", AUTHORIZATION),
        ("code", CODE),
        ("reason", REASON),
        ("server", SERVER),
        ("www_authenticate", CHALLENGE),
        ("transport", field(ToServer, TRANSPORT)),
        ("transport", field(ToClient, TRANSPORT)),
        ("cseq", field(ToServer, SEQUENCE)),
        ("cseq", field(ToClient, SEQUENCE)),
    ];
    for (key, id) in rows {
        if let Some(text) = transaction.fields.get(id) {
            record.text(key, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read as talk};

    #[test]
    fn messages_are_read_between_the_media() {
        let ask =
            b"DESCRIBE rtsp://192.0.2.9/live RTSP/1.0\r\nCSeq: 2\r\nAuthorization: Basic YTpi\r\n\r\n\r\n";
        let answer = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nServer: cam\r\nContent-Length: 3\r\n\r\nv=0$\0\0\x04abcdRTSP/1.0 404 Not Found\r\n\r\n";
        let transactions = talk(parser, &[(ToServer, ask), (ToClient, answer)]);
        let text = |place: usize, id| nth(&transactions, place).fields.get(id).map(String::from_utf8_lossy);
        assert_eq!(transactions.opened(), 3);
        assert_eq!(text(0, URI).as_deref(), Some("rtsp://192.0.2.9/live"));
        assert_eq!(text(0, AUTHORIZATION).as_deref(), Some("Basic YTpi"));
        assert_eq!(text(1, field(ToClient, BODY)).as_deref(), Some("v=0"));
        assert_eq!(text(2, CODE).as_deref(), Some("404"));
        assert_eq!(probe(ToServer, ask), Probe::Yes);
        assert_eq!(probe(ToServer, b"OPTIONS sip:a SIP/2.0\r\n"), Probe::No);
    }
}
