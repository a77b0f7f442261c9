//! ECHONET Lite, the language of Japanese homes: each datagram is a transaction.
//!
//! Key type: [`Message`]. ECHONET Lite Specification 1.14, part II 3 (message), appendix "Detailed Requirements for
//! ECHONET Device Objects" (class names). Suricata has no ECHONET Lite.
use super::{
    FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record,
    framed::{Length, MessageReader, Messages},
};
use crate::{
    cursor::Cursor,
    digest::hex,
    flow::Direction,
    reused::{Reused, refill},
    transaction::{FieldId, Fields, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Echonet, direction as u8 * 64 + index)
}
const SERVICE: u8 = 0;
const SOURCE: u8 = 1;
const DESTINATION: u8 = 2;
const PROPERTY: u8 = 3;
const DATA: u8 = 4;

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    FieldRow::new(ToServer, field(ToServer, DATA), "echonet.edt"),
    FieldRow::new(ToClient, field(ToClient, DATA), "echonet.edt"),
];

/// Services, part II 3.2.5.
const SERVICES: &[(&str, u64)] = &[
    ("seti_sna", 0x50),
    ("setc_sna", 0x51),
    ("get_sna", 0x52),
    ("inf_sna", 0x53),
    ("setget_sna", 0x5e),
    ("seti", 0x60),
    ("setc", 0x61),
    ("get", 0x62),
    ("inf_req", 0x63),
    ("setget", 0x6e),
    ("set_res", 0x71),
    ("get_res", 0x72),
    ("inf", 0x73),
    ("infc", 0x74),
    ("infc_res", 0x7a),
    ("setget_res", 0x7e),
];

const fn number(direction: Direction, index: u8, keyword: &'static str, form: NumberForm) -> NumberRow {
    NumberRow::new(direction, field(direction, index), keyword, form)
}
/// All numbers; objects are group, class and instance in three bytes.
pub static NUMBERS: &[NumberRow] = &[
    number(ToServer, SERVICE, "echonet.esv", NumberForm::Named(SERVICES)),
    number(ToClient, SERVICE, "echonet.esv", NumberForm::Named(SERVICES)),
    number(ToServer, SOURCE, "echonet.seoj", NumberForm::Plain),
    number(ToClient, SOURCE, "echonet.seoj", NumberForm::Plain),
    number(ToServer, DESTINATION, "echonet.deoj", NumberForm::Plain),
    number(ToClient, DESTINATION, "echonet.deoj", NumberForm::Plain),
    number(ToServer, PROPERTY, "echonet.epc", NumberForm::Plain),
    number(ToClient, PROPERTY, "echonet.epc", NumberForm::Plain),
];

/// Class group and class, by name.
const CLASSES: &[(u16, &str)] = &[
    (0x0007, "human_detection_sensor"),
    (0x0011, "temperature_sensor"),
    (0x0012, "humidity_sensor"),
    (0x0130, "home_air_conditioner"),
    (0x0133, "ventilation_fan"),
    (0x0135, "air_cleaner"),
    (0x0260, "electrically_operated_blind"),
    (0x026b, "electric_water_heater"),
    (0x026f, "electric_lock"),
    (0x0279, "household_solar_power_generation"),
    (0x027b, "floor_heater"),
    (0x027c, "fuel_cell"),
    (0x027d, "storage_battery"),
    (0x027e, "ev_charger_discharger"),
    (0x0287, "power_distribution_board"),
    (0x0288, "low_voltage_smart_electric_energy_meter"),
    (0x028a, "high_voltage_smart_electric_energy_meter"),
    (0x0290, "general_lighting"),
    (0x02a1, "ev_charger"),
    (0x03b7, "refrigerator"),
    (0x03c5, "washing_machine"),
    (0x05fd, "switch"),
    (0x05ff, "controller"),
    (0x0602, "television"),
    (0x0ef0, "node_profile"),
];

/// The two bytes of the header, and a service that exists.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    let mut message = Message::default();
    let known = message.read(bytes).is_some() && message.service_name().is_some();
    if known { Probe::Yes } else { Probe::No }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(EchonetReader))
}

struct EchonetReader;

/// What a datagram says.
#[derive(Default)]
pub struct Message {
    id: u16,
    source: u32,
    destination: u32,
    service: u8,
    properties: Reused<(u8, Vec<u8>)>,
}

impl MessageReader for EchonetReader {
    /// Over TCP messages follow each other without a mark: the properties are counted.
    fn length(&self, _direction: Direction, bytes: &[u8]) -> Length {
        match Message::default().read(bytes) {
            Some(Some(length)) => Length::Known(length),
            Some(None) => Length::More,
            None if bytes.len() < 12 && bytes.iter().take(2).eq([0x10, 0x81].iter().take(bytes.len())) => {
                Length::More
            }
            None => Length::Broken,
        }
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let id = transactions.open(ProtocolId::Echonet);
        let Some(transaction) = transactions.get_mut(id) else { return };
        let read = transaction.with_detail(|message: &mut Message, transaction| {
            let whole = message.read(bytes)?;
            if whole != Some(bytes.len()) {
                transaction.note("echonet.malformed_properties");
            }
            message.set_fields(direction, &mut transaction.fields);
            Some(())
        });
        if read.is_none() {
            transaction.no_detail();
            transaction.note("echonet.malformed_message");
        }
        transaction.complete_alone(direction);
    }
}

impl Message {
    /// Reads a message of format 1 in place of the one that was there; gives its length, if all of its properties are
    /// there.
    fn read(&mut self, bytes: &[u8]) -> Option<Option<usize>> {
        let mut cursor = Cursor::new(bytes);
        cursor.u16().filter(|head| *head == 0x1081)?;
        self.properties.clear();
        self.id = cursor.u16()?;
        (self.source, self.destination) = (cursor.u24()?, cursor.u24()?);
        self.service = cursor.u8()?;
        // Those that set and get have two lists.
        let lists = if matches!(self.service, 0x5e | 0x6e | 0x7e) { 2 } else { 1 };
        let mut properties = || {
            for _ in 0..lists {
                for _ in 0..cursor.u8()? {
                    let (code, length) = (cursor.u8()?, usize::from(cursor.u8()?));
                    let value = cursor.take(length)?;
                    let property = self.properties.again();
                    property.0 = code;
                    refill(&mut property.1, value);
                }
            }
            Some(bytes.len() - cursor.left())
        };
        Some(properties())
    }
    fn service_name(&self) -> Option<&'static str> {
        let found = SERVICES.iter().find(|(_, number)| *number == u64::from(self.service));
        found.map(|(name, _)| *name)
    }
    fn set_fields(&self, direction: Direction, fields: &mut Fields) {
        fields.set_number(field(direction, SERVICE), u64::from(self.service));
        fields.set_number(field(direction, SOURCE), u64::from(self.source));
        fields.set_number(field(direction, DESTINATION), u64::from(self.destination));
        for (code, data) in &self.properties {
            fields.set_number(field(direction, PROPERTY), u64::from(*code));
            if !data.is_empty() {
                fields.set(field(direction, DATA), data);
            }
        }
    }
}

fn object(key: &'static str, object: u32, record: &mut dyn Record) {
    record.object(key, &mut |record| {
        record.text("eoj", format!("{object:06x}").as_bytes());
        let found = CLASSES.iter().find(|(class, _)| u32::from(*class) == object >> 8);
        found.into_iter().for_each(|(_, name)| record.text("class", name.as_bytes()));
    });
}

/// The `echonet` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(message) = transaction.detail_of::<Message>() else { return };
    record.number("tid", i64::from(message.id));
    object("seoj", message.source, record);
    object("deoj", message.destination, record);
    match message.service_name() {
        Some(name) => record.text("esv", name.as_bytes()),
        None => record.text("esv", format!("{:02x}", message.service).as_bytes()),
    }
    record.list("properties", message.properties.len(), &mut |place, record| {
        let Some((code, data)) = message.properties.get(place) else { return };
        record.text("epc", format!("{code:02x}").as_bytes());
        if !data.is_empty() {
            record.text("edt", hex(data).as_bytes());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read as talk, read_datagrams};

    const ASK: &[u8] = &[0x10, 0x81, 0, 1, 5, 0xff, 1, 1, 0x30, 1, 0x61, 1, 0x80, 1, 0x30];
    const ANSWER: &[u8] = &[0x10, 0x81, 0, 1, 1, 0x30, 1, 5, 0xff, 1, 0x71, 1, 0x80, 0];

    #[test]
    fn an_air_conditioner_is_switched_on() {
        let transactions = read_datagrams(parser, &[(ToServer, ASK), (ToClient, ANSWER)]);
        let number = |place: usize, way, index| nth(&transactions, place).fields.number(field(way, index));
        assert_eq!(number(0, ToServer, SERVICE), Some(0x61));
        assert_eq!(number(0, ToServer, DESTINATION), Some(0x01_3001));
        assert_eq!(number(0, ToServer, PROPERTY), Some(0x80));
        assert_eq!(nth(&transactions, 0).fields.get(field(ToServer, DATA)), Some(&[0x30][..]));
        assert_eq!(number(1, ToClient, SERVICE), Some(0x71));
        assert_eq!(probe(ToServer, ASK), Probe::Yes);
        assert_eq!(probe(ToServer, &[0x10, 0x81, 0, 1, 5, 0xff, 1, 1, 0x30, 1, 0x99, 0]), Probe::No);
    }

    #[test]
    fn over_tcp_messages_are_counted_out() {
        let transactions = talk(parser, &[(ToServer, &[ASK, ASK].concat()), (ToClient, ANSWER)]);
        assert_eq!(transactions.opened(), 3);
    }
}
