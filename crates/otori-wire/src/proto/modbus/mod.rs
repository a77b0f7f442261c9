//! Modbus over TCP: a request and its answer are a transaction.
//!
//! Key type: `ModbusReader`. Neighbour: `pdu` (functions). MODBUS Application Protocol V1.1b3; MODBUS Messaging on TCP/IP
//! V1.0b. Addresses that rules name start at 1, as Suricata's manual says ("Modbus Keyword").
mod pdu;

use super::{
    NumberForm, NumberRow, Parser, Probe, ProtocolId, Record,
    framed::{Exchange, Length, MessageReader, Messages, OpenRequests},
};
use crate::{
    cursor::Cursor,
    flow::Direction,
    transaction::{FieldId, Fields, Progress, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use pdu::{Pdu, Written};

const fn field(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Modbus, index)
}
const UNIT: FieldId = field(0);
const FUNCTION: FieldId = field(1);
const SUBFUNCTION: FieldId = field(2);
const CATEGORY: FieldId = field(3);
const ACCESS: FieldId = field(4);
const FIRST_ADDRESS: FieldId = field(5);
const LAST_ADDRESS: FieldId = field(6);
const WRITTEN: FieldId = field(7);

/// Categories of functions, as bits; `public` is both of its halves.
pub const CATEGORIES: &[(&str, u64)] =
    &[("assigned", 1), ("unassigned", 2), ("public", 3), ("user", 4), ("reserved", 8), ("all", 15)];
/// Kinds of access, as bits.
pub const ACCESSES: &[(&str, u64)] =
    &[("read", 1), ("write", 2), ("discretes", 4), ("coils", 8), ("input", 16), ("holding", 32)];

const fn row(id: FieldId, keyword: &'static str) -> NumberRow {
    NumberRow::new(ToServer, id, keyword, NumberForm::Plain)
}

/// All numbers. The keyword `modbus` is written in terms of them.
pub static NUMBERS: &[NumberRow] = &[
    row(UNIT, "modbus.unit"),
    row(FUNCTION, "modbus.function"),
    row(SUBFUNCTION, "modbus.subfunction"),
    NumberRow::new(ToServer, CATEGORY, "modbus.category", NumberForm::Flags(CATEGORIES)),
    NumberRow::new(ToServer, ACCESS, "modbus.access", NumberForm::Flags(ACCESSES)),
    row(FIRST_ADDRESS, "modbus.first_address"),
    row(LAST_ADDRESS, "modbus.last_address"),
    // The address in the upper half, the value in the lower.
    row(WRITTEN, "modbus.written"),
];

/// Written values that rules see of one request.
const WRITTEN_VALUES: usize = 128;

/// A head of MODBUS/TCP before a known function.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    match bytes.first_chunk::<8>() {
        Some([_, _, 0, 0, 0, length, _, function]) if *length >= 2 && function & 0x7f != 0 => Probe::Yes,
        Some(_) => Probe::No,
        None if bytes.iter().skip(2).take(3).all(|b| *b == 0) => Probe::More,
        None => Probe::No,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(ModbusReader::default()))
}

#[derive(Default)]
struct ModbusReader {
    /// identifiers of requests without an answer, and their transactions
    open: OpenRequests,
}

/// One message.
#[derive(Default)]
struct Message {
    transaction: u16,
    protocol: u16,
    unit: u8,
    pdu: Pdu,
}

impl MessageReader for ModbusReader {
    fn length(&self, _direction: Direction, bytes: &[u8]) -> Length {
        match bytes.first_chunk::<6>() {
            Some([.., high, low]) => Length::Known(6 + usize::from(u16::from_be_bytes([*high, *low]))),
            None => Length::More,
        }
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let id = self.transaction(direction, bytes, transactions);
        let Some(transaction) = transactions.get_mut(id) else { return };
        let kept = transaction.with_own_detail(Exchange::clear, |exchange, transaction| {
            let message: &mut Message = exchange.side(direction);
            if message.read(direction, bytes).is_some() {
                note(direction, message, transaction);
            } else {
                transaction.note("modbus.invalid_length");
                exchange.forget(direction);
            }
            exchange.both().iter().any(Option::is_some)
        });
        if !kept {
            transaction.no_detail();
        }
        transaction.advance(direction, Progress::Complete);
    }
}

impl ModbusReader {
    /// The transaction that a message belongs to.
    fn transaction(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> u64 {
        let number = Cursor::new(bytes).u16().unwrap_or(0);
        if direction == ToClient
            && let Some(id) = self.open.answered(number)
        {
            return id;
        }
        let id = transactions.open(ProtocolId::Modbus);
        if direction == ToServer {
            if let Some(transaction) =
                self.open.ask(number, id).and_then(|oldest| transactions.get_mut(oldest))
            {
                transaction.note("modbus.flooded");
                transaction.advance(ToClient, Progress::Complete);
            }
        } else if let Some(transaction) = transactions.get_mut(id) {
            transaction.note("modbus.unsolicited_response");
            transaction.advance(ToServer, Progress::Complete);
        }
        id
    }
}

impl Message {
    /// In place of what was there.
    fn read(&mut self, direction: Direction, bytes: &[u8]) -> Option<()> {
        let mut cursor = Cursor::new(bytes);
        (self.transaction, self.protocol) = (cursor.u16()?, cursor.u16()?);
        cursor.skip(2)?;
        self.unit = cursor.u8()?;
        self.pdu.read(direction, cursor.rest())
    }
}

/// Says of a message what rules look at.
fn note(direction: Direction, message: &Message, transaction: &mut Transaction) {
    if message.protocol != 0 {
        transaction.note("modbus.invalid_protocol_id");
    }
    message.pdu.anomalies.iter().for_each(|name| transaction.note(name));
    // Only answers are exceptions: a client that sends one asks for nothing.
    match (direction, message.pdu.exception) {
        (ToServer, None) => set_fields(message, &mut transaction.fields),
        (ToServer, Some(_)) => transaction.note("modbus.invalid_function_code"),
        (ToClient, _) => {}
    }
}

fn set_fields(message: &Message, fields: &mut Fields) {
    let pdu = &message.pdu;
    fields.set_number(UNIT, u64::from(message.unit));
    fields.set_number(FUNCTION, u64::from(pdu.function));
    fields.set_number(CATEGORY, pdu.category());
    if let Some(number) = pdu.subfunction {
        fields.set_number(SUBFUNCTION, u64::from(number));
    }
    let access = pdu.access();
    if access == 0 {
        return;
    }
    fields.set_number(ACCESS, access);
    if let Some((first, count)) = pdu.range {
        let first = u64::from(first) + 1;
        fields.set_number(FIRST_ADDRESS, first);
        fields.set_number(LAST_ADDRESS, first + u64::from(count).saturating_sub(1));
    }
    for (address, value) in pdu.written_values().take(WRITTEN_VALUES) {
        fields.set_number(WRITTEN, (u64::from(address) + 1) << 16 | u64::from(value));
    }
}

/// The `modbus` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(exchange) = transaction.detail_of::<Exchange<Message>>() else { return };
    record.number("id", transaction.id.cast_signed() + 1);
    for (key, side) in ["request", "response"].into_iter().zip(exchange.both()) {
        if let Some(message) = side {
            record.object(key, &mut |record| write(message, record));
        }
    }
}

fn write(message: &Message, record: &mut dyn Record) {
    let pdu = &message.pdu;
    record.number("transaction_id", i64::from(message.transaction));
    record.number("protocol_id", i64::from(message.protocol));
    record.number("unit_id", i64::from(message.unit));
    record.number("function_raw", i64::from(pdu.function));
    record.text("function_code", pdu.function_name().as_bytes());
    record.text("access_type", pdu.access_name().as_bytes());
    record.text("category", pdu.category_name().as_bytes());
    record.text("error_flags", pdu.error_flags().as_bytes());
    if let Some(code) = pdu.exception {
        record.object("exception", &mut |record| {
            record.number("raw", i64::from(code));
            record.text("code", pdu::exception_name(code).as_bytes());
        });
        return;
    }
    if let Some(code) = pdu.subfunction.filter(|_| pdu.function == pdu::DIAGNOSTIC) {
        record.object("diagnostic", &mut |record| {
            record.number("raw", i64::from(code));
            record.text("code", pdu::diagnostic_name(code).as_bytes());
            record.text("data", &pdu.data);
        });
        return;
    }
    if pdu.function == pdu::MEI {
        record.object("mei", &mut |record| {
            record.number("raw", i64::from(pdu.subfunction.unwrap_or(0)));
            record.text("code", pdu::mei_name(pdu.subfunction).as_bytes());
            record.text("data", &pdu.data);
        });
        return;
    }
    if let Some((address, quantity)) = pdu.read_range {
        record.object("read", &mut |record| {
            record.number("address", i64::from(address));
            record.number("quantity", i64::from(quantity));
        });
    } else if pdu.access() & 1 != 0 {
        record.object("read", &mut |record| record.text("data", &pdu.data));
    }
    match (&pdu.written, pdu.range) {
        (Written::Nothing, _) | (_, None) => {
            if pdu.access() == 0 && !pdu.data.is_empty() {
                record.text("data", &pdu.data);
            }
        }
        (written, Some((address, quantity))) => record.object("write", &mut |record| {
            record.number("address", i64::from(address));
            match written {
                Written::Single(value) => record.number("data", i64::from(*value)),
                Written::Mask(and, or) => {
                    record.number("and_mask", i64::from(*and));
                    record.number("or_mask", i64::from(*or));
                }
                Written::Bits | Written::Words => {
                    record.number("quantity", i64::from(quantity));
                    record.text("data", &pdu.data);
                }
                Written::Nothing => {}
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read as talk};

    #[test]
    fn a_request_and_its_answer_are_one() {
        let request = [0, 7, 0, 0, 0, 6, 10, 1, 0, 0, 0, 8];
        let answer = [0, 7, 0, 0, 0, 4, 10, 1, 1, 0xaa];
        let transactions = talk(parser, &[(ToServer, &request), (ToClient, &answer)]);
        let one = nth(&transactions, 0);
        let number = |id| one.fields.number(id);
        assert_eq!((number(UNIT), number(FUNCTION), number(CATEGORY)), (Some(10), Some(1), Some(1)));
        assert_eq!(
            (number(ACCESS), number(FIRST_ADDRESS), number(LAST_ADDRESS)),
            (Some(9), Some(1), Some(8))
        );
        assert!(one.is_complete());
        assert_eq!(transactions.opened(), 1);
    }

    #[test]
    fn written_values_have_their_address() {
        let request = [0, 1, 0, 0, 0, 11, 1, 16, 0, 9, 0, 2, 4, 0, 5, 1, 0];
        let transactions = talk(parser, &[(ToServer, &request)]);
        let written: Vec<u64> = nth(&transactions, 0)
            .fields
            .all(WRITTEN)
            .map(|field| u64::from_be_bytes(field.bytes.as_slice().try_into().unwrap()))
            .collect();
        assert_eq!(written, [10 << 16 | 5, 11 << 16 | 256]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let answer = [0, 7, 0, 9, 0, 3, 10, 0x81, 77];
        let transactions = talk(parser, &[(ToClient, &answer)]);
        let said = &nth(&transactions, 0).anomalies;
        for name in ["unsolicited_response", "invalid_protocol_id", "invalid_exception_code"] {
            assert!(said.contains(&format!("modbus.{name}").as_str()), "{name} in {said:?}");
        }
        assert_eq!(probe(ToServer, &[0, 7, 0, 0, 0, 6, 10, 1]), Probe::Yes);
        assert_eq!(probe(ToServer, b"GET / HT"), Probe::No);
    }
}
