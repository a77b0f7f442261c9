//! EtherNet/IP and the CIP messages in it: a request and its answer are a transaction.
//!
//! Key type: `EnipReader`. Neighbour: `message`. "The CIP Networks Library", volume 2, 2-3 and 2-4; names as Suricata's
//! manual has them ("ENIP/CIP Keywords").
mod message;

use super::{
    FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record,
    framed::{Exchange, Length, MessageReader, Messages, OpenRequests},
};
use crate::{
    flow::Direction,
    transaction::{FieldId, Fields, Progress, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use message::{COMMANDS, HEAD, Message, STATUSES};

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Enip, direction as u8 * 64 + index)
}
const COMMAND: u8 = 0;
const STATUS: u8 = 1;
const SERVICE: u8 = 2;
const CLASS: u8 = 3;
const INSTANCE: u8 = 4;
const ATTRIBUTE: u8 = 5;
const CIP_STATUS: u8 = 6;
const PRODUCT_NAME: u8 = 7;
const VENDOR: u8 = 8;
const DEVICE_TYPE: u8 = 9;
const PRODUCT_CODE: u8 = 10;
const REVISION: u8 = 11;
const SERIAL: u8 = 12;
const STATE: u8 = 13;
const IDENTITY_STATUS: u8 = 14;
const PROTOCOL_VERSION: u8 = 15;

/// All fields.
pub static FIELDS: &[FieldRow] =
    &[FieldRow::new(ToClient, field(ToClient, PRODUCT_NAME), "enip.product_name")];

const fn number(direction: Direction, index: u8, keyword: &'static str) -> NumberRow {
    NumberRow::new(direction, field(direction, index), keyword, NumberForm::Plain)
}
const fn command(direction: Direction) -> NumberRow {
    let (id, aliases) = (field(direction, COMMAND), ENIP_COMMAND);
    NumberRow { id, keyword: "enip.command", aliases, direction, form: NumberForm::Named(COMMANDS) }
}
const ENIP_COMMAND: &[&str] = &["enip_command"];

/// All numbers. The keyword `cip_service` is written in terms of them.
pub static NUMBERS: &[NumberRow] = &[
    command(ToServer),
    command(ToClient),
    NumberRow::new(ToClient, field(ToClient, STATUS), "enip.status", NumberForm::Named(STATUSES)),
    number(ToServer, SERVICE, "enip.cip_service"),
    number(ToClient, SERVICE, "enip.cip_service"),
    number(ToServer, CLASS, "enip.cip_class"),
    number(ToServer, INSTANCE, "enip.cip_instance"),
    number(ToServer, ATTRIBUTE, "enip.cip_attribute"),
    number(ToClient, CIP_STATUS, "enip.cip_status"),
    number(ToClient, VENDOR, "enip.vendor_id"),
    number(ToClient, DEVICE_TYPE, "enip.device_type"),
    number(ToClient, PRODUCT_CODE, "enip.product_code"),
    number(ToClient, REVISION, "enip.revision"),
    number(ToClient, SERIAL, "enip.serial"),
    number(ToClient, STATE, "enip.state"),
    number(ToClient, IDENTITY_STATUS, "enip.identity_status"),
    number(ToClient, PROTOCOL_VERSION, "enip.protocol_version"),
];

/// A command that exists, a status and options as they can be.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    let Some(head) = bytes.get(..HEAD) else {
        let zero = bytes.get(1).is_none_or(|high| *high == 0);
        return if zero { Probe::More } else { Probe::No };
    };
    let known = COMMANDS.iter().any(|(_, number)| head.starts_with(&(*number as u16).to_le_bytes()));
    let options = head.get(20..24) == Some(&[0; 4]);
    if known && options { Probe::Yes } else { Probe::No }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(EnipReader::default()))
}

#[derive(Default)]
struct EnipReader {
    /// commands without an answer, and their transactions
    open: OpenRequests,
}

impl MessageReader for EnipReader {
    fn length(&self, _direction: Direction, bytes: &[u8]) -> Length {
        match bytes.first_chunk::<4>() {
            Some([.., low, high]) => Length::Known(HEAD + usize::from(u16::from_le_bytes([*low, *high]))),
            None => Length::More,
        }
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let Some(command) = message::command(bytes) else { return };
        let known = (direction == ToClient).then(|| self.open.answered(command)).flatten();
        let id = known.unwrap_or_else(|| transactions.open(ProtocolId::Enip));
        if direction == ToServer
            && let Some(oldest) = self.open.ask(command, id)
            && let Some(transaction) = transactions.get_mut(oldest)
        {
            transaction.advance(ToClient, Progress::Complete);
        }
        let Some(transaction) = transactions.get_mut(id) else { return };
        transaction.with_own_detail(Exchange::clear, |exchange, transaction| {
            let message: &mut Message = exchange.side(direction);
            message.read(bytes);
            if !message.whole {
                transaction.note("enip.invalid_pdu");
            }
            set_fields(direction, message, &mut transaction.fields);
        });
        match direction == ToClient && known.is_none() {
            true => transaction.complete_alone(direction),
            false => transaction.advance(direction, Progress::Complete),
        }
    }
}

fn set_fields(direction: Direction, message: &Message, fields: &mut Fields) {
    fields.set_number(field(direction, COMMAND), u64::from(message.command));
    if direction == ToClient {
        fields.set_number(field(ToClient, STATUS), u64::from(message.status));
    }
    for cip in &message.cip {
        fields.set_number(field(direction, SERVICE), u64::from(cip.service & 0x7f));
        let path = [(CLASS, cip.class), (INSTANCE, cip.instance), (ATTRIBUTE, cip.attribute)];
        for (index, value) in path.into_iter().filter(|_| direction == ToServer) {
            value.into_iter().for_each(|value| fields.set_number(field(ToServer, index), u64::from(value)));
        }
        if let Some(status) = cip.status.filter(|_| direction == ToClient) {
            fields.set_number(field(ToClient, CIP_STATUS), u64::from(status));
        }
    }
    let Some(identity) = message.identity.as_ref().filter(|_| direction == ToClient) else { return };
    let numbers = [
        (PROTOCOL_VERSION, u64::from(identity.protocol_version)),
        (VENDOR, u64::from(identity.vendor)),
        (DEVICE_TYPE, u64::from(identity.device_type)),
        (PRODUCT_CODE, u64::from(identity.product_code)),
        (REVISION, u64::from(u16::from_be_bytes(identity.revision))),
        (IDENTITY_STATUS, u64::from(identity.status)),
        (SERIAL, u64::from(identity.serial)),
        (STATE, u64::from(identity.state)),
    ];
    for (index, value) in numbers {
        fields.set_number(field(ToClient, index), value);
    }
    fields.set(field(ToClient, PRODUCT_NAME), &identity.product_name);
}

/// The `enip` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(exchange) = transaction.detail_of::<Exchange<Message>>() else { return };
    for (key, side) in ["request", "response"].into_iter().zip(exchange.both()) {
        if let Some(message) = side {
            record.object(key, &mut |record| message.log(record));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read as talk};

    fn wrap(command: u16, data: &[u8]) -> Vec<u8> {
        let (command, length) = (command.to_le_bytes(), (data.len() as u16).to_le_bytes());
        [&command[..], &length, &[0; 20], data].concat()
    }

    #[test]
    fn a_device_says_what_it_is() {
        let identity = [
            &[1, 0][..],
            &[0; 16],
            &[1, 0, 12, 0, 58, 0, 4, 3, 0x30, 0, 0x78, 0x56, 0x34, 0x12, 3],
            b"ENB",
            &[3],
        ]
        .concat();
        let item = [&[1, 0, 0x0c, 0, identity.len() as u8, 0][..], &identity].concat();
        let talk = talk(parser, &[(ToServer, &wrap(0x63, &[])), (ToClient, &wrap(0x63, &item))]);
        let fields = &nth(&talk, 0).fields;
        assert_eq!(fields.get(field(ToClient, PRODUCT_NAME)), Some(&b"ENB"[..]));
        assert_eq!(fields.number(field(ToClient, SERIAL)), Some(0x1234_5678));
        assert_eq!(fields.number(field(ToClient, REVISION)), Some(0x0403));
        assert_eq!((talk.opened(), nth(&talk, 0).is_complete()), (1, true));
    }

    #[test]
    fn a_message_in_a_message_has_a_service_and_a_path() {
        let cip = [0x0e, 3, 0x20, 0xf6, 0x24, 1, 0x30, 6];
        let data = [&[0; 6][..], &[2, 0, 0, 0, 0, 0, 0xb2, 0, 8, 0], &cip].concat();
        let talk = talk(parser, &[(ToServer, &wrap(0x6f, &data))]);
        let number = |index| nth(&talk, 0).fields.number(field(ToServer, index));
        assert_eq!((number(SERVICE), number(CLASS)), (Some(14), Some(0xf6)));
        assert_eq!((number(INSTANCE), number(ATTRIBUTE)), (Some(1), Some(6)));
        assert_eq!(probe(ToServer, &wrap(0x6f, &data)), Probe::Yes);
        assert_eq!(probe(ToServer, b"GET / HTTP/1.1\r\nHost: a.b\r\n"), Probe::No);
    }
}
