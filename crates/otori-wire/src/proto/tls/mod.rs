//! TLS up to the end of the clear-text hand-shake: ClientHello, ServerHello, certificates.
//!
//! Key type: `TlsParser`; neighbour: `hello`. RFC 8446, RFC 5246, RFC 6066 (server name).
mod hello;

#[cfg(test)]
mod tests;

use super::{FieldRow, Parser, Probe, ProtocolId, Record};
use crate::{
    flow::Direction,
    limits::TLS_HANDSHAKE_BYTES,
    transaction::{Detail, FieldId, Progress, Transaction, Transactions},
};
use core::any::Any;

/// The name that the client asks for.
pub const SNI: FieldId = FieldId::new(ProtocolId::Tls, 0);
/// One certificate of the server, as sent (DER).
pub const CERTIFICATE: FieldId = FieldId::new(ProtocolId::Tls, 64);

/// All rows.
pub static FIELDS: &[FieldRow] = &[
    FieldRow {
        id: SNI,
        keyword: "tls.sni",
        aliases: &["tls_sni"],
        modifier: None,
        direction: Direction::ToServer,
    },
    FieldRow {
        id: CERTIFICATE,
        keyword: "tls.certs",
        aliases: &[],
        modifier: None,
        direction: Direction::ToClient,
    },
];

/// What the hand-shake said.
#[derive(Clone, Debug, Default)]
pub struct Handshake {
    /// version chosen, or offered as long as there is no ServerHello
    pub version: u16,
    /// application protocols offered
    pub alpn: Vec<Vec<u8>>,
    /// Encrypted Client Hello was offered (draft-ietf-tls-esni)
    pub encrypted_hello: bool,
}

impl Detail for Handshake {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

const HANDSHAKE: u8 = 22;

/// A hand-shake record with a hello in it.
pub(super) fn probe(direction: Direction, bytes: &[u8]) -> Probe {
    let Some(head) = bytes.first_chunk::<6>() else {
        let starts = bytes.first().is_none_or(|b| *b == HANDSHAKE) && bytes.get(1).is_none_or(|b| *b == 3);
        return if starts { Probe::More } else { Probe::No };
    };
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
            let want = match side.record.first_chunk::<5>() {
                Some(head) => 5 + usize::from(u16::from_be_bytes([head[3], head[4]])),
                None => 5,
            };
            let (now, later) = rest.split_at(want.saturating_sub(side.record.len()).min(rest.len()));
            side.record.extend_from_slice(now);
            rest = later;
            // Hand-shake bytes are read as they come: a hello may be split over many records and segments.
            let whole = side.record.first_chunk::<5>().is_some_and(|head| {
                side.record.len() >= 5 + usize::from(u16::from_be_bytes([head[3], head[4]]))
            });
            if whole {
                let record = core::mem::take(&mut side.record);
                side.take_record(direction, &record, transaction);
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

impl Side {
    fn take_record(&mut self, direction: Direction, record: &[u8], transaction: &mut Transaction) {
        let (Some(head), Some(body)) = (record.first_chunk::<5>(), record.get(5..)) else { return };
        match head[0] {
            HANDSHAKE => {
                let room = TLS_HANDSHAKE_BYTES.saturating_sub(self.handshake.len());
                self.handshake.extend_from_slice(body.get(..body.len().min(room)).unwrap_or(body));
                self.messages(direction, transaction);
                self.done |= room == 0;
            }
            // Change cipher spec or application data: what follows is encrypted.
            20 | 23 => self.done = true,
            // An alert: the end, nearly always.
            21 => {}
            _ => {
                transaction.note("tls.invalid_record_type");
                self.done = true;
            }
        }
        if self.done {
            self.handshake = Vec::new();
            transaction.advance(direction, Progress::Complete);
        }
    }
    fn messages(&mut self, direction: Direction, transaction: &mut Transaction) {
        let mut at = 0;
        while let Some(head) = self.handshake.get(at..at + 4) {
            let length = usize::from(head[1]) << 16 | usize::from(head[2]) << 8 | usize::from(head[3]);
            let kind = head[0];
            let Some(body) = self.handshake.get(at + 4..at + 4 + length) else {
                if length > TLS_HANDSHAKE_BYTES {
                    transaction.note("tls.handshake_invalid_length");
                    self.done = true;
                }
                break;
            };
            hello::message(direction, kind, body, transaction);
            at += 4 + length;
        }
        self.handshake.drain(..at.min(self.handshake.len()));
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

/// The `tls` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    if let Some(name) = transaction.fields.get(SNI) {
        record.text("sni", name);
    }
    let detail = transaction.detail.as_ref().and_then(|detail| detail.as_any().downcast_ref::<Handshake>());
    let Some(handshake) = detail else { return };
    record.text("version", version_name(handshake.version).as_bytes());
    if !handshake.alpn.is_empty() {
        record.texts("client_alpns", &handshake.alpn);
    }
    if handshake.encrypted_hello {
        record.flag("ech", true);
    }
}
