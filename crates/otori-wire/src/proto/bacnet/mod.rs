//! BACnet/IP: each datagram is a transaction.
//!
//! Key type: [`Message`]. ANSI/ASHRAE 135-2016 annex J (BVLC), 6.2 (NPDU), 20.1 (APDU). Suricata has no BACnet.
use super::{
    NumberForm, NumberRow, Parser, Probe, ProtocolId, Record,
    framed::{Length, MessageReader, Messages},
};
use crate::{
    cursor::Cursor,
    flow::Direction,
    transaction::{FieldId, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Bacnet, direction as u8 * 64 + index)
}
const FUNCTION: u8 = 0;
const TYPE: u8 = 1;
const SERVICE: u8 = 2;
const OBJECT: u8 = 3;
const INSTANCE: u8 = 4;

const fn number(direction: Direction, index: u8, keyword: &'static str, form: NumberForm) -> NumberRow {
    NumberRow::new(direction, field(direction, index), keyword, form)
}
/// All numbers.
pub static NUMBERS: &[NumberRow] = &[
    number(ToServer, FUNCTION, "bacnet.bvlc_function", NumberForm::Plain),
    number(ToClient, FUNCTION, "bacnet.bvlc_function", NumberForm::Plain),
    number(ToServer, TYPE, "bacnet.pdu_type", NumberForm::Named(TYPES)),
    number(ToClient, TYPE, "bacnet.pdu_type", NumberForm::Named(TYPES)),
    number(ToServer, SERVICE, "bacnet.service", NumberForm::Plain),
    number(ToClient, SERVICE, "bacnet.service", NumberForm::Plain),
    number(ToServer, OBJECT, "bacnet.object_type", NumberForm::Plain),
    number(ToClient, OBJECT, "bacnet.object_type", NumberForm::Plain),
    number(ToServer, INSTANCE, "bacnet.object_instance", NumberForm::Plain),
    number(ToClient, INSTANCE, "bacnet.object_instance", NumberForm::Plain),
];

/// Kinds of APDU, 20.1.
const TYPES: &[(&str, u64)] = &[
    ("confirmed_request", 0),
    ("unconfirmed_request", 1),
    ("simple_ack", 2),
    ("complex_ack", 3),
    ("segment_ack", 4),
    ("error", 5),
    ("reject", 6),
    ("abort", 7),
];
/// Confirmed services by number, 21.
const CONFIRMED: &[&str] = &[
    "acknowledge_alarm",
    "confirmed_cov_notification",
    "confirmed_event_notification",
    "get_alarm_summary",
    "get_enrollment_summary",
    "subscribe_cov",
    "atomic_read_file",
    "atomic_write_file",
    "add_list_element",
    "remove_list_element",
    "create_object",
    "delete_object",
    "read_property",
    "read_property_conditional",
    "read_property_multiple",
    "write_property",
    "write_property_multiple",
    "device_communication_control",
    "confirmed_private_transfer",
    "confirmed_text_message",
    "reinitialize_device",
    "vt_open",
    "vt_close",
    "vt_data",
    "authenticate",
    "request_key",
    "read_range",
    "life_safety_operation",
    "subscribe_cov_property",
    "get_event_information",
];
/// Unconfirmed services by number, 21.
const UNCONFIRMED: &[&str] = &[
    "i_am",
    "i_have",
    "unconfirmed_cov_notification",
    "unconfirmed_event_notification",
    "unconfirmed_private_transfer",
    "unconfirmed_text_message",
    "time_synchronization",
    "who_has",
    "who_is",
    "utc_time_synchronization",
    "write_group",
];

/// BVLC for IP, with the datagram's own length, and version 1 of the network layer where there is one.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    match Message::read(bytes) {
        Some(_) => Probe::Yes,
        None => Probe::No,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(BacnetReader))
}

struct BacnetReader;

/// What a datagram says.
#[derive(Default)]
pub struct Message {
    function: u8,
    /// kind of APDU and number of the service
    service: Option<(u8, u8)>,
    invoke: Option<u8>,
    /// kind and instance of the first object that is named
    object: Option<(u16, u32)>,
    /// a message of the network layer
    network: Option<u8>,
}

impl MessageReader for BacnetReader {
    fn length(&self, _direction: Direction, _bytes: &[u8]) -> Length {
        Length::Broken
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let id = transactions.open(ProtocolId::Bacnet);
        let Some(transaction) = transactions.get_mut(id) else { return };
        match Message::read(bytes) {
            Some(message) => {
                let fields = &mut transaction.fields;
                fields.set_number(field(direction, FUNCTION), u64::from(message.function));
                if let Some((kind, service)) = message.service {
                    fields.set_number(field(direction, TYPE), u64::from(kind));
                    fields.set_number(field(direction, SERVICE), u64::from(service));
                }
                if let Some((kind, instance)) = message.object {
                    fields.set_number(field(direction, OBJECT), u64::from(kind));
                    fields.set_number(field(direction, INSTANCE), u64::from(instance));
                }
                transaction.set_detail(message);
            }
            None => transaction.note("bacnet.malformed_message"),
        }
        transaction.complete_alone(direction);
    }
}

impl Message {
    fn read(bytes: &[u8]) -> Option<Message> {
        let mut cursor = Cursor::new(bytes);
        cursor.u8().filter(|kind| *kind == 0x81)?;
        let mut message = Message { function: cursor.u8()?, ..Message::default() };
        let length = usize::from(cursor.u16()?);
        if length != bytes.len() || message.function > 12 {
            return None;
        }
        match message.function {
            // Forwarded: the first sender stands before it.
            4 => cursor.skip(6)?,
            9..=11 => {}
            // Management of broadcasts, secured messages.
            _ => return Some(message),
        }
        cursor.u8().filter(|version| *version == 1)?;
        let control = cursor.u8()?;
        for bit in [0x20, 0x08] {
            if control & bit != 0 {
                cursor.skip(2)?;
                let address = usize::from(cursor.u8()?);
                cursor.skip(address)?;
            }
        }
        if control & 0x20 != 0 {
            cursor.skip(1)?;
        }
        if control & 0x80 != 0 {
            message.network = cursor.u8();
            return Some(message);
        }
        message.application(&mut cursor)?;
        Some(message)
    }
    fn application(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        let first = cursor.u8()?;
        let kind = first >> 4;
        let segmented = first & 8 != 0;
        let service = match kind {
            0 => {
                cursor.skip(1)?;
                self.invoke = Some(cursor.u8()?);
                cursor.skip(if segmented { 2 } else { 0 })?;
                cursor.u8()?
            }
            1 => cursor.u8()?,
            3 => {
                self.invoke = Some(cursor.u8()?);
                cursor.skip(if segmented { 2 } else { 0 })?;
                cursor.u8()?
            }
            2 | 5..=7 => {
                self.invoke = Some(cursor.u8()?);
                cursor.u8()?
            }
            4 => {
                self.invoke = Some(cursor.u8()?);
                0
            }
            _ => return None,
        };
        self.service = Some((kind, service));
        // An object identifier: four bytes behind context tag 0 or application tag 12 (20.2.14).
        if matches!(kind, 0 | 1 | 3)
            && let Some(0x0c | 0xc4) = cursor.u8()
            && let Some(word) = cursor.u32()
        {
            self.object = Some(((word >> 22) as u16, word & 0x3f_ffff));
        }
        Some(())
    }
    fn service_name(&self) -> Option<String> {
        let (kind, service) = self.service?;
        let table = match kind {
            1 => UNCONFIRMED,
            0 | 2 | 3 | 5 => CONFIRMED,
            _ => return None,
        };
        Some(table.get(usize::from(service)).map_or_else(|| service.to_string(), |name| (*name).into()))
    }
}

/// The `bacnet` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(message) = transaction.detail_of::<Message>() else { return };
    record.number("bvlc_function", i64::from(message.function));
    if let Some((kind, _)) = message.service {
        let name = TYPES.get(usize::from(kind)).map_or("unknown", |(name, _)| name);
        record.text("pdu_type", name.as_bytes());
    }
    message.service_name().into_iter().for_each(|name| record.text("service", name.as_bytes()));
    if let Some(invoke) = message.invoke {
        record.number("invoke_id", i64::from(invoke));
    }
    if let Some((kind, instance)) = message.object {
        record.object("object", &mut |record| {
            record.number("type", i64::from(kind));
            record.number("instance", i64::from(instance));
        });
    }
    if let Some(network) = message.network {
        record.number("network_message", i64::from(network));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read_datagrams};

    #[test]
    fn who_is_there_and_what_is_read_is_known() {
        let who_is = [0x81, 0x0b, 0, 12, 1, 0x20, 0xff, 0xff, 0, 0xff, 0x10, 8];
        let read = [0x81, 0x0a, 0, 17, 1, 4, 0, 5, 1, 12, 0x0c, 2, 0, 0, 7, 0x19, 75];
        let transactions = read_datagrams(parser, &[(ToServer, &who_is), (ToServer, &read)]);
        let number = |place: usize, index| nth(&transactions, place).fields.number(field(ToServer, index));
        assert_eq!((number(0, TYPE), number(0, SERVICE)), (Some(1), Some(8)));
        assert_eq!(
            (number(1, SERVICE), number(1, OBJECT), number(1, INSTANCE)),
            (Some(12), Some(8), Some(7))
        );
        assert_eq!(
            nth(&transactions, 1).detail_of::<Message>().unwrap().service_name().unwrap(),
            "read_property"
        );
        assert_eq!(probe(ToServer, &who_is[..11]), Probe::No);
    }
}
