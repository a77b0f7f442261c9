//! SSDP, by which UPnP devices are found: each datagram is a transaction.
//!
//! Neighbour: `headed` (lines and headers). UPnP Device Architecture 2.0, 1. Suricata has no SSDP: the names follow its
//! HTTP keywords.
use super::{
    FieldRow, Parser, Probe, ProtocolId, Record,
    framed::{Length, MessageReader, Messages},
    headed::Message,
};
use crate::{
    flow::Direction,
    transaction::{FieldId, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Ssdp, direction as u8 * 64 + index)
}
const METHOD: u8 = 0;
/// What a device says runs it, in a notice or an answer.
pub const SERVER: [FieldId; 2] = [field(ToServer, 7), field(ToClient, 7)];
/// Which device it is and what it offers.
pub const USN: [FieldId; 2] = [field(ToServer, 5), field(ToClient, 5)];

/// Index of the field, its keyword, its key in the log, the header.
struct Header(u8, &'static str, &'static str, &'static [u8]);

static HEADERS: [Header; 8] = [
    Header(1, "ssdp.host", "host", b"host"),
    Header(2, "ssdp.st", "st", b"st"),
    Header(3, "ssdp.nt", "nt", b"nt"),
    Header(4, "ssdp.nts", "nts", b"nts"),
    Header(5, "ssdp.usn", "usn", b"usn"),
    Header(6, "ssdp.location", "location", b"location"),
    Header(7, "ssdp.server", "server", b"server"),
    Header(8, "ssdp.user_agent", "user_agent", b"user-agent"),
];

const fn rows() -> [FieldRow; 18] {
    let mut rows = [const { FieldRow::new(ToServer, field(ToServer, METHOD), "ssdp.method") }; 18];
    rows[1] = FieldRow::new(ToClient, field(ToClient, METHOD), "ssdp.method");
    let mut at = 0;
    while at < HEADERS.len() {
        let Header(index, keyword, ..) = HEADERS[at];
        rows[2 + 2 * at] = FieldRow::new(ToServer, field(ToServer, index), keyword);
        rows[3 + 2 * at] = FieldRow::new(ToClient, field(ToClient, index), keyword);
        at += 1;
    }
    rows
}
/// All fields.
pub static FIELDS: &[FieldRow] = &rows();

/// A search, a notice, or the answer to a search.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    let starts: [&[u8]; 3] = [b"M-SEARCH * HTTP/1.", b"NOTIFY * HTTP/1.", b"HTTP/1.1 200"];
    if starts.iter().any(|start| bytes.starts_with(start)) { Probe::Yes } else { Probe::No }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(SsdpReader))
}

struct SsdpReader;

impl MessageReader for SsdpReader {
    fn length(&self, _direction: Direction, _bytes: &[u8]) -> Length {
        Length::Broken
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let id = transactions.open(ProtocolId::Ssdp);
        let Some(transaction) = transactions.get_mut(id) else { return };
        match Message::read(bytes, b"HTTP/") {
            Some(message) => {
                let fields = &mut transaction.fields;
                // An answer's first word is the version: it has no method.
                if !message.is_response() {
                    fields.set(field(direction, METHOD), message.words[0]);
                }
                for Header(index, _, _, name) in &HEADERS {
                    if let Some(value) = message.header(name) {
                        fields.set(field(direction, *index), value);
                    }
                }
            }
            None => transaction.note("ssdp.invalid_data"),
        }
        transaction.complete_alone(direction);
    }
}

/// The `ssdp` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    for way in Direction::BOTH {
        let method = transaction.fields.get(field(way, METHOD));
        method.into_iter().for_each(|method| record.text("method", method));
        for Header(index, _, key, _) in &HEADERS {
            if let Some(value) = transaction.fields.get(field(way, *index)) {
                record.text(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read_datagrams};

    #[test]
    fn a_search_and_its_answer_are_read() {
        let ask = b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nST: upnp:rootdevice\r\n\r\n";
        let answer =
            b"HTTP/1.1 200 OK\r\nLOCATION: http://192.0.2.1/d.xml\r\nSERVER: Linux UPnP/1.0 cam/1\r\n\r\n";
        let transactions = read_datagrams(parser, &[(ToServer, ask), (ToClient, answer)]);
        let get = |place: usize, way, index| nth(&transactions, place).fields.get(field(way, index));
        assert_eq!(get(0, ToServer, METHOD), Some(&b"M-SEARCH"[..]));
        assert_eq!(get(0, ToServer, 2), Some(&b"upnp:rootdevice"[..]));
        assert_eq!(get(1, ToClient, 6), Some(&b"http://192.0.2.1/d.xml"[..]));
        assert_eq!((probe(ToServer, ask), probe(ToServer, b"GET / HTTP/1.1")), (Probe::Yes, Probe::No));
    }
}
