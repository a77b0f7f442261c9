//! NTP: each datagram is a transaction. Private and control messages, which reflectors are asked for, are named.
//!
//! RFC 5905 7.3, RFC 9327 (control, mode 6), mode 7 as ntpd has it.
use super::{
    FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record,
    framed::{Length, MessageReader, Messages},
};
use crate::{
    flow::Direction,
    transaction::{FieldId, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Ntp, direction as u8 * 64 + index)
}
const REFERENCE: u8 = 0;
const VERSION: u8 = 1;
const MODE: u8 = 2;
const STRATUM: u8 = 3;

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    FieldRow::new(ToServer, field(ToServer, REFERENCE), "ntp.reference_id"),
    FieldRow::new(ToClient, field(ToClient, REFERENCE), "ntp.reference_id"),
];

/// Modes, RFC 5905 figure 10.
const MODES: &[(&str, u64)] = &[
    ("reserved", 0),
    ("symmetric_active", 1),
    ("symmetric_passive", 2),
    ("client", 3),
    ("server", 4),
    ("broadcast", 5),
    ("control", 6),
    ("private", 7),
];

const fn number(direction: Direction, index: u8, keyword: &'static str, form: NumberForm) -> NumberRow {
    NumberRow::new(direction, field(direction, index), keyword, form)
}
/// All numbers.
pub static NUMBERS: &[NumberRow] = &[
    number(ToServer, VERSION, "ntp.version", NumberForm::Plain),
    number(ToClient, VERSION, "ntp.version", NumberForm::Plain),
    number(ToServer, MODE, "ntp.mode", NumberForm::Named(MODES)),
    number(ToClient, MODE, "ntp.mode", NumberForm::Named(MODES)),
    number(ToServer, STRATUM, "ntp.stratum", NumberForm::Plain),
    number(ToClient, STRATUM, "ntp.stratum", NumberForm::Plain),
];

/// Bytes of the head of RFC 5905.
const HEAD: usize = 48;

/// A version of one to four, and a mode with the bytes that it needs.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    let Some(first) = bytes.first() else { return Probe::No };
    let least = match first & 7 {
        1..=5 => HEAD,
        6 => 12,
        7 => 8,
        _ => return Probe::No,
    };
    let known = (1..=4).contains(&(first >> 3 & 7)) && bytes.len() >= least;
    if known { Probe::Yes } else { Probe::No }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(NtpReader))
}

struct NtpReader;

impl MessageReader for NtpReader {
    fn length(&self, _direction: Direction, _bytes: &[u8]) -> Length {
        Length::Broken
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let id = transactions.open(ProtocolId::Ntp);
        let Some(transaction) = transactions.get_mut(id) else { return };
        if probe(direction, bytes) == Probe::Yes {
            let fields = &mut transaction.fields;
            let first = bytes.first().copied().unwrap_or(0);
            fields.set_number(field(direction, VERSION), u64::from(first >> 3 & 7));
            fields.set_number(field(direction, MODE), u64::from(first & 7));
            if let Some(reference) = bytes.get(12..16).filter(|_| (1..=5).contains(&(first & 7))) {
                fields.set_number(field(direction, STRATUM), bytes.get(1).copied().map_or(0, u64::from));
                fields.set(field(direction, REFERENCE), reference);
            }
        } else {
            transaction.note("ntp.malformed_data");
        }
        transaction.complete_alone(direction);
    }
}

/// The `ntp` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let fields = &transaction.fields;
    for way in Direction::BOTH {
        let number = |index| fields.number(field(way, index)).map(u64::cast_signed);
        let (Some(version), Some(mode)) = (number(VERSION), number(MODE)) else { continue };
        record.number("version", version);
        record.number("mode", mode);
        if let (Some(stratum), Some(reference)) = (number(STRATUM), fields.get(field(way, REFERENCE))) {
            record.number("stratum", stratum);
            // A clock of its own has letters, another server its address: RFC 5905 7.3.
            let letters = reference.iter().take_while(|b| b.is_ascii_graphic()).count();
            match stratum {
                0 | 1 => record.text("reference_id", reference.get(..letters).unwrap_or(&[])),
                _ => record.text("reference_id", dotted(reference).as_bytes()),
            }
        }
    }
}

fn dotted(bytes: &[u8]) -> String {
    bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read_datagrams};

    #[test]
    fn a_question_an_answer_and_a_reflectors_command_are_told_apart() {
        let mut ask = [0; HEAD];
        ask[0] = 0x23;
        let mut answer = [0; HEAD];
        (answer[0], answer[1]) = (0x24, 1);
        answer[12..16].copy_from_slice(b"GPS\0");
        let list = [0x17, 0, 3, 0x2a, 0, 0, 0, 0];
        let talk: &[(Direction, &[u8])] = &[(ToServer, &ask), (ToClient, &answer), (ToServer, &list)];
        let transactions = read_datagrams(parser, talk);
        let mode = |place: usize, way| nth(&transactions, place).fields.number(field(way, MODE));
        assert_eq!((mode(0, ToServer), mode(1, ToClient), mode(2, ToServer)), (Some(3), Some(4), Some(7)));
        assert_eq!(nth(&transactions, 1).fields.get(field(ToClient, REFERENCE)), Some(&b"GPS\0"[..]));
        assert_eq!(probe(ToServer, &ask[..47]), Probe::No);
    }
}
