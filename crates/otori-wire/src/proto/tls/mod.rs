//! TLS up to the end of the clear-text hand-shake: ClientHello, ServerHello, certificates.
//!
//! Key type: `TlsParser`; neighbour: `hello`. RFC 8446, RFC 5246, RFC 6066 (server name).
pub mod certificate;
pub mod fingerprint;
mod hello;

#[cfg(test)]
mod tests;

pub(super) use hello::{ClientHello, extension_name, read_server_hello};

use super::{FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record};
use crate::{
    flow::Direction,
    limits::{EMPTY_BUFFER_BYTES, TLS_HANDSHAKE_BYTES},
    reused::{emptied, refill},
    transaction::{FieldId, Fields, Progress, Transaction, Transactions},
};
use std::borrow::Cow;

const fn client(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Tls, index)
}
const fn server(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Tls, 64 + index)
}

/// The name that the client asks for.
pub const SNI: FieldId = client(0);
/// Application protocols that the client offers, one each.
pub const ALPN: FieldId = client(1);
/// MD5 of JA3.
pub const JA3_HASH: FieldId = client(2);
/// JA3's text.
pub const JA3_STRING: FieldId = client(3);
/// JA4.
pub const JA4: FieldId = client(4);
/// The client's random bytes.
pub const RANDOM: FieldId = client(5);
/// Version that the client offers.
pub const VERSION_CLIENT: FieldId = client(6);
/// One certificate of the server, as sent (DER).
pub const CERTIFICATE: FieldId = server(0);
/// Subject of the server's certificate.
pub const SUBJECT: FieldId = server(1);
/// Its issuer.
pub const ISSUER: FieldId = server(2);
/// Its serial number.
pub const SERIAL: FieldId = server(3);
/// Its SHA-1.
pub const FINGERPRINT: FieldId = server(4);
/// Its other names, one each.
pub const ALTERNATIVE: FieldId = server(5);
/// MD5 of JA3S.
pub const JA3S_HASH: FieldId = server(6);
/// JA3S's text.
pub const JA3S_STRING: FieldId = server(7);
/// Certificates that the server sent.
pub const CHAIN_LENGTH: FieldId = server(8);
/// Version that the server chose.
pub const VERSION_SERVER: FieldId = server(9);

/// Start of the certificate's life, seconds since 1970.
pub const NOT_BEFORE: FieldId = server(10);
/// Its end.
pub const NOT_AFTER: FieldId = server(11);
/// The first four of the client's random bytes, once a time.
pub const RANDOM_TIME: FieldId = client(7);
/// The other 28.
pub const RANDOM_BYTES: FieldId = client(8);

/// A record of the client as it came.
pub const FRAME_CLIENT: FieldId = client(16);
/// Its head.
pub const FRAME_HEAD_CLIENT: FieldId = client(17);
/// What is behind its head.
pub const FRAME_DATA_CLIENT: FieldId = client(18);
/// An alert of the client.
pub const FRAME_ALERT_CLIENT: FieldId = client(19);
/// A heartbeat of the client.
pub const FRAME_BEAT_CLIENT: FieldId = client(20);
/// A record of the server as it came.
pub const FRAME_SERVER: FieldId = server(16);
/// Its head.
pub const FRAME_HEAD_SERVER: FieldId = server(17);
/// What is behind its head.
pub const FRAME_DATA_SERVER: FieldId = server(18);
/// An alert of the server.
pub const FRAME_ALERT_SERVER: FieldId = server(19);
/// A heartbeat of the server.
pub const FRAME_BEAT_SERVER: FieldId = server(20);

const fn row(id: FieldId, keyword: &'static str, aliases: &'static [&'static str]) -> FieldRow {
    let direction = if id.0 & 0xff < 64 { Direction::ToServer } else { Direction::ToClient };
    FieldRow { id, keyword, aliases, modifier: None, direction }
}

/// All rows.
pub static FIELDS: &[FieldRow] = &[
    row(SNI, "tls.sni", &["tls_sni"]),
    row(ALPN, "tls.alpn", &[]),
    row(JA3_HASH, "ja3.hash", &["ja3_hash"]),
    row(JA3_STRING, "ja3.string", &["ja3_string"]),
    row(JA4, "ja4.hash", &["ja4_hash"]),
    row(RANDOM, "tls.random", &[]),
    row(RANDOM_TIME, "tls.random_time", &[]),
    row(RANDOM_BYTES, "tls.random_bytes", &[]),
    row(CERTIFICATE, "tls.certs", &[]),
    row(SUBJECT, "tls.cert_subject", &["tls_cert_subject"]),
    row(ISSUER, "tls.cert_issuer", &["tls_cert_issuer"]),
    row(SERIAL, "tls.cert_serial", &["tls_cert_serial"]),
    row(FINGERPRINT, "tls.cert_fingerprint", &["tls_cert_fingerprint"]),
    row(ALTERNATIVE, "tls.subjectaltname", &[]),
    row(JA3S_HASH, "ja3s.hash", &[]),
    row(JA3S_STRING, "ja3s.string", &[]),
    row(FRAME_CLIENT, "frame:tls.pdu", &[]),
    row(FRAME_SERVER, "frame:tls.pdu", &[]),
    row(FRAME_HEAD_CLIENT, "frame:tls.hdr", &[]),
    row(FRAME_HEAD_SERVER, "frame:tls.hdr", &[]),
    row(FRAME_DATA_CLIENT, "frame:tls.data", &[]),
    row(FRAME_DATA_SERVER, "frame:tls.data", &[]),
    row(FRAME_ALERT_CLIENT, "frame:tls.alert_pdu", &[]),
    row(FRAME_ALERT_SERVER, "frame:tls.alert_pdu", &[]),
    row(FRAME_BEAT_CLIENT, "frame:tls.heartbeat_pdu", &[]),
    row(FRAME_BEAT_SERVER, "frame:tls.heartbeat_pdu", &[]),
];

/// All numbers.
pub static NUMBERS: &[NumberRow] = &[
    NumberRow::new(Direction::ToClient, CHAIN_LENGTH, "tls.cert_chain_len", NumberForm::Plain),
    NumberRow::new(Direction::ToClient, NOT_BEFORE, "tls.cert_not_before", NumberForm::Plain),
    NumberRow::new(Direction::ToClient, NOT_AFTER, "tls.cert_not_after", NumberForm::Plain),
    NumberRow::new(Direction::ToServer, VERSION_CLIENT, "tls.version_number", NumberForm::Plain),
    NumberRow::new(Direction::ToClient, VERSION_SERVER, "tls.version_number", NumberForm::Plain),
];

/// What the hand-shake said.
#[derive(Clone, Debug, Default)]
pub struct Handshake {
    /// version chosen, or offered as long as there is no ServerHello
    pub version: u16,
    /// Encrypted Client Hello was offered (draft-ietf-tls-esni)
    pub encrypted_hello: bool,
    has_certificate: bool,
    /// of the certificate: start and end of its life, and its extensions
    life: [Vec<u8>; 2],
    extensions: Vec<u8>,
}

impl Handshake {
    /// Nothing was said yet; memory is kept.
    const fn clear(&mut self) {
        (self.version, self.encrypted_hello, self.has_certificate) = (0, false, false);
    }
    /// Keeps of a certificate what the log says besides the fields.
    fn keep(&mut self, certificate: &certificate::Certificate<'_>) {
        self.has_certificate = true;
        refill(&mut self.life[0], certificate.not_before);
        refill(&mut self.life[1], certificate.not_after);
        refill(&mut self.extensions, certificate.extensions);
    }
}

/// Outer names of Encrypted Client Hello that stand for others: who asks for one of them hides another. A hello with the
/// extension and another name is nearly always GREASE (RFC 9849, section 6.2), which cannot be told from it.
const HIDING_NAMES: &[&str] = &["cloudflare-ech.com", "cover.defo.ie", "public.tls-ech.dev"];

/// Whether a hello with that name, and Encrypted Client Hello, hides another name.
pub fn hides_a_name(sni: &[u8]) -> bool {
    let bare = sni.strip_suffix(b".").unwrap_or(sni);
    HIDING_NAMES.iter().any(|name| bare.eq_ignore_ascii_case(name.as_bytes()))
}

const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
const HEARTBEAT: u8 = 24;

/// A hand-shake record with a hello in it.
pub(super) fn probe(direction: Direction, bytes: &[u8]) -> Probe {
    let Some(head) = bytes.first_chunk::<6>() else {
        let old = direction == Direction::ToServer && bytes.first().is_some_and(|b| b & 0x80 != 0);
        let starts = old && bytes.get(2).is_none_or(|b| *b == 1)
            || bytes.first().is_none_or(|b| *b == HANDSHAKE) && bytes.get(1).is_none_or(|b| *b == 3);
        return if starts { Probe::More } else { Probe::No };
    };
    if direction == Direction::ToServer && hello::is_old(bytes) {
        return Probe::Yes;
    }
    let hello = if direction == Direction::ToServer { 1 } else { 2 };
    let length = u16::from_be_bytes([head[3], head[4]]);
    let fits = head[0] == HANDSHAKE && head[1] == 3 && head[2] <= 4 && head[5] == hello && length >= 4;
    if fits { Probe::Yes } else { Probe::No }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(TlsParser::default())
}

#[derive(Default)]
struct Side {
    /// a record that is not whole
    record: Vec<u8>,
    /// hand-shake messages that are not whole
    handshake: Vec<u8>,
    /// nothing more can be read
    done: bool,
}

#[derive(Default)]
struct TlsParser {
    sides: [Side; 2],
    transaction: Option<u64>,
}

impl Parser for TlsParser {
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        let id = *self.transaction.get_or_insert_with(|| transactions.open(ProtocolId::Tls));
        let Some(transaction) = transactions.get_mut(id) else { return bytes.len() };
        let side = &mut self.sides[direction.index()];
        let mut rest = bytes;
        while !side.done && !rest.is_empty() {
            if side.record.is_empty()
                && let Some((record, later)) =
                    record_length(rest).and_then(|length| rest.split_at_checked(length))
            {
                // The usual case: the whole record is here.
                side.take_record(direction, record, transaction);
                rest = later;
                continue;
            }
            let want = record_length(&side.record).unwrap_or(5);
            let (now, later) = rest.split_at(want.saturating_sub(side.record.len()).min(rest.len()));
            // Most records come whole soon: their memory is asked for once.
            side.record.reserve_exact(want.min(EMPTY_BUFFER_BYTES).saturating_sub(side.record.len()));
            side.record.extend_from_slice(now);
            rest = later;
            // Hand-shake bytes are read as they come: a hello may be split over many records and segments.
            if record_length(&side.record).is_some_and(|length| side.record.len() >= length) {
                let record = core::mem::take(&mut side.record);
                side.take_record(direction, &record, transaction);
                side.record = emptied(record);
            }
        }
        if self.sides.iter().all(|side| side.done) {
            for direction in Direction::BOTH {
                transaction.advance(direction, Progress::Complete);
            }
        }
        bytes.len()
    }
    fn gap(&mut self, direction: Direction, _count: u64, transactions: &mut Transactions) {
        self.sides[direction.index()].done = true;
        self.finish(direction, transactions);
    }
    fn end(&mut self, direction: Direction, transactions: &mut Transactions) {
        self.finish(direction, transactions);
    }
}

impl TlsParser {
    fn finish(&mut self, direction: Direction, transactions: &mut Transactions) {
        if let Some(transaction) = self.transaction.and_then(|id| transactions.get_mut(id)) {
            transaction.advance(direction, Progress::Complete);
        }
    }
}

/// Bytes of the record that starts there, with its head; SSL 2's hello has a head of two bytes.
fn record_length(record: &[u8]) -> Option<usize> {
    match record {
        [high, low, 1, ..] if high & 0x80 != 0 => {
            record.get(4).map(|_| 2 + usize::from(u16::from_be_bytes([high & 0x7f, *low])))
        }
        [_, _, _, high, low, ..] => Some(5 + usize::from(u16::from_be_bytes([*high, *low]))),
        _ => None,
    }
}

/// Bytes that a record may have behind its head, RFC 5246 6.2.3.
const RECORD_BYTES: usize = (1 << 14) + 2048;

/// Notes a record as it came, where a rule asks for it.
fn frames(direction: Direction, record: &[u8], fields: &mut Fields) {
    let (head, data) = record.split_at(record.len().min(5));
    let [whole, first, rest, alert, beat] = match direction {
        Direction::ToServer => {
            [FRAME_CLIENT, FRAME_HEAD_CLIENT, FRAME_DATA_CLIENT, FRAME_ALERT_CLIENT, FRAME_BEAT_CLIENT]
        }
        Direction::ToClient => {
            [FRAME_SERVER, FRAME_HEAD_SERVER, FRAME_DATA_SERVER, FRAME_ALERT_SERVER, FRAME_BEAT_SERVER]
        }
    };
    let special = match head.first() {
        Some(&ALERT) => Some((alert, record)),
        Some(&HEARTBEAT) => Some((beat, record)),
        _ => None,
    };
    for (id, bytes) in
        [Some((whole, record)), Some((first, head)), Some((rest, data)), special].into_iter().flatten()
    {
        fields.write_dear(id, |out| out.extend_from_slice(bytes));
    }
}

/// RFC 6520 4: a payload that is longer than its record is how memory was read.
fn heartbeat(body: &[u8], transaction: &mut Transaction) {
    let [kind, high, low, rest @ ..] = body else { return };
    let claimed = usize::from(u16::from_be_bytes([*high, *low]));
    if matches!(kind, 1 | 2) {
        transaction.note("tls.heartbeat_message");
    }
    match kind {
        1 | 2 if claimed > rest.len() => transaction.note("tls.overflow_heartbeat_message"),
        1 | 2 if claimed + 16 > rest.len() => transaction.note("tls.invalid_heartbeat_message"),
        _ => {}
    }
}

impl Side {
    fn take_record(&mut self, direction: Direction, record: &[u8], transaction: &mut Transaction) {
        let (Some(head), Some(body)) = (record.first_chunk::<5>(), record.get(5..)) else { return };
        frames(direction, record, &mut transaction.fields);
        let old = direction == Direction::ToServer && hello::is_old(record);
        if !old && matches!(head[0], 20..=24) {
            if head[1] != 3 || head[2] > 4 {
                transaction.note("tls.invalid_record_version");
            }
            if body.len() > RECORD_BYTES {
                transaction.note("tls.invalid_record_length");
            }
        }
        match head[0] {
            _ if direction == Direction::ToServer && hello::is_old(record) => {
                hello::old_client_hello(record, transaction);
            }
            HANDSHAKE => {
                let room = TLS_HANDSHAKE_BYTES.saturating_sub(self.handshake.len());
                let body = body.get(..body.len().min(room)).unwrap_or(body);
                if self.handshake.is_empty() {
                    let read = self.messages(direction, body, transaction);
                    self.handshake.extend_from_slice(body.get(read..).unwrap_or(&[]));
                } else {
                    self.handshake.extend_from_slice(body);
                    let mut held = core::mem::take(&mut self.handshake);
                    let read = self.messages(direction, &held, transaction);
                    held.drain(..read);
                    self.handshake = held;
                }
                self.done |= room == 0;
            }
            // Change cipher spec or application data: what follows is encrypted.
            20 | 23 => self.done = true,
            // An alert: the end, nearly always. One that is encrypted is longer.
            ALERT => {
                if matches!(body, [2, _]) {
                    transaction.note("tls.error_message_encountered");
                }
            }
            HEARTBEAT => heartbeat(body, transaction),
            _ => {
                transaction.note("tls.invalid_record_type");
                self.done = true;
            }
        }
        if self.done {
            (self.handshake, self.record) = (Vec::new(), Vec::new());
            transaction.advance(direction, Progress::Complete);
        }
    }
    /// Reads the whole messages; gives the bytes that they have.
    fn messages(&mut self, direction: Direction, bytes: &[u8], transaction: &mut Transaction) -> usize {
        let mut at = 0;
        while let Some(head) = bytes.get(at..at + 4) {
            let length = usize::from(head[1]) << 16 | usize::from(head[2]) << 8 | usize::from(head[3]);
            let kind = head[0];
            let Some(body) = bytes.get(at + 4..at + 4 + length) else {
                if length > TLS_HANDSHAKE_BYTES {
                    transaction.note("tls.handshake_invalid_length");
                    transaction.note("tls.invalid_handshake_message");
                    self.done = true;
                }
                break;
            };
            hello::message(direction, kind, body, transaction);
            at += 4 + length;
        }
        at
    }
}

/// Name of a version number.
fn version_name(version: u16) -> &'static str {
    match version {
        0x0002 => "SSLv2",
        0x0300 => "SSLv3",
        0x0301 => "TLSv1",
        0x0302 => "TLS 1.1",
        0x0303 => "TLS 1.2",
        0x0304 => "TLS 1.3",
        _ => "UNDETERMINED",
    }
}

/// `2026-01-31T23:59:59` of a certificate's time, RFC 5280 4.1.2.5; as it is when it has another shape.
fn time(text: &[u8]) -> Cow<'_, [u8]> {
    let Ok(digits) = core::str::from_utf8(text) else { return text.into() };
    let digits = digits.trim_end_matches('Z');
    let (century, year, rest) = match digits.len() {
        12 => (if digits < "50" { "20" } else { "19" }, digits.get(..2), digits.get(2..)),
        14 => ("", digits.get(..4), digits.get(4..)),
        _ => return text.into(),
    };
    let part = |at: usize| rest.and_then(|rest| rest.get(at..at + 2)).unwrap_or("00");
    let year = year.unwrap_or("");
    let mut date = Vec::with_capacity("2026-01-31T23:59:59".len());
    for text in [century, year, "-", part(0), "-", part(2), "T", part(4), ":", part(6), ":", part(8)] {
        date.extend_from_slice(text.as_bytes());
    }
    date.into()
}

/// The `tls` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let fields = &transaction.fields;
    let mut text = |key, id| {
        if let Some(value) = fields.get(id) {
            record.text(key, value);
        }
    };
    text("subject", SUBJECT);
    text("issuerdn", ISSUER);
    text("serial", SERIAL);
    text("fingerprint", FINGERPRINT);
    text("sni", SNI);
    text("ja4", JA4);
    let Some(handshake) = transaction.detail_of::<Handshake>() else { return };
    record.text("version", version_name(handshake.version).as_bytes());
    if handshake.has_certificate {
        let [begin, end] = &handshake.life;
        record.text("notbefore", &time(begin));
        record.text("notafter", &time(end));
        let mut names = Vec::new();
        certificate::alternatives(&handshake.extensions, |name| names.push(name));
        if !names.is_empty() {
            record.words("subjectaltname", &mut names.into_iter());
        }
    }
    for (key, hash, text) in [("ja3", JA3_HASH, JA3_STRING), ("ja3s", JA3S_HASH, JA3S_STRING)] {
        if let (Some(hash), Some(text)) = (fields.get(hash), fields.get(text)) {
            record.object(key, &mut |record| {
                record.text("hash", hash);
                record.text("string", text);
            });
        }
    }
    let mut alpn = fields.all(ALPN).map(|field| Cow::Borrowed(&*field.bytes)).peekable();
    if alpn.peek().is_some() {
        record.words("client_alpns", &mut alpn);
    }
    if handshake.encrypted_hello {
        record.flag("ech", true);
        record.flag("ech_hides_name", fields.get(SNI).is_some_and(hides_a_name));
    }
}
