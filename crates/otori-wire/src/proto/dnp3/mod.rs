//! DNP3 over TCP and UDP: each application fragment is a transaction.
//!
//! Key type: `Dnp3Reader`. Neighbours: `object` (data objects), `frame` (link layer). IEEE 1815-2012 4, 8 and 9.
mod frame;
mod object;

use super::{
    FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record,
    framed::{Length, MessageReader, Messages},
};
use crate::{
    cursor::Cursor,
    flow::Direction,
    limits::DNP3_FRAGMENT_BYTES,
    transaction::{FieldId, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use frame::Frame;
use object::Object;

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Dnp3, direction as u8 * 64 + index)
}
const DATA: u8 = 0;
const FUNCTION: u8 = 1;
const OBJECT: u8 = 2;
const INDICATORS: u8 = 3;

const fn data(direction: Direction) -> FieldRow {
    FieldRow { aliases: &["dnp3_data"], ..FieldRow::new(direction, field(direction, DATA), "dnp3.data") }
}
/// All fields.
pub static FIELDS: &[FieldRow] = &[data(ToServer), data(ToClient)];

const fn number(
    direction: Direction,
    index: u8,
    keyword: &'static str,
    aliases: &'static [&'static str],
    form: NumberForm,
) -> NumberRow {
    NumberRow { id: field(direction, index), keyword, aliases, direction, form }
}
const fn function(direction: Direction) -> NumberRow {
    number(direction, FUNCTION, "dnp3.func", &["dnp3_func"], NumberForm::Named(FUNCTIONS))
}
/// All numbers. The keyword `dnp3_obj` is written in terms of `dnp3.object`: group and variation in one number.
pub static NUMBERS: &[NumberRow] = &[
    function(ToServer),
    function(ToClient),
    number(ToServer, OBJECT, "dnp3.object", &[], NumberForm::Plain),
    number(ToClient, OBJECT, "dnp3.object", &[], NumberForm::Plain),
    number(ToClient, INDICATORS, "dnp3.ind", &[], NumberForm::Flags(INDICATOR_NAMES)),
];

/// Function codes, IEEE 1815-2012 4.4, by the names that rules use.
const FUNCTIONS: &[(&str, u64)] = &[
    ("confirm", 0),
    ("read", 1),
    ("write", 2),
    ("select", 3),
    ("operate", 4),
    ("direct_operate", 5),
    ("direct_operate_nr", 6),
    ("immed_freeze", 7),
    ("immed_freeze_nr", 8),
    ("freeze_clear", 9),
    ("freeze_clear_nr", 10),
    ("freeze_at_time", 11),
    ("freeze_at_time_nr", 12),
    ("cold_restart", 13),
    ("warm_restart", 14),
    ("initialize_data", 15),
    ("initialize_appl", 16),
    ("start_appl", 17),
    ("stop_appl", 18),
    ("save_config", 19),
    ("enable_unsolicited", 20),
    ("disable_unsolicited", 21),
    ("assign_class", 22),
    ("delay_measure", 23),
    ("record_current_time", 24),
    ("open_file", 25),
    ("close_file", 26),
    ("delete_file", 27),
    ("get_file_info", 28),
    ("authenticate_file", 29),
    ("abort_file", 30),
    ("activate_config", 31),
    ("authenticate_req", 32),
    ("authenticate_err", 33),
    ("response", 129),
    ("unsolicited_response", 130),
    ("authenticate_resp", 131),
];
/// Functions from here on have internal indicators behind them.
const RESPONSE: u8 = 129;
const UNSOLICITED: u8 = 130;

/// Internal indicators, IEEE 1815-2012 4.5.
pub const INDICATOR_NAMES: &[(&str, u64)] = &[
    ("device_restart", 0x8000),
    ("device_trouble", 0x4000),
    ("local_control", 0x2000),
    ("need_time", 0x1000),
    ("class_3_events", 0x0800),
    ("class_2_events", 0x0400),
    ("class_1_events", 0x0200),
    ("all_stations", 0x0100),
    ("reserved_1", 0x0080),
    ("reserved_2", 0x0040),
    ("config_corrupt", 0x0020),
    ("already_executing", 0x0010),
    ("event_buffer_overflow", 0x0008),
    ("parameter_error", 0x0004),
    ("object_unknown", 0x0002),
    ("no_func_code_support", 0x0001),
];

/// The two bytes that start a frame, and a length that can be one.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    match bytes.first_chunk::<3>() {
        Some([5, 0x64, length]) if *length >= 5 => Probe::Yes,
        Some(_) => Probe::No,
        None => Probe::prefix(bytes, &[5, 0x64]),
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(Dnp3Reader::default()))
}

#[derive(Default)]
struct Dnp3Reader {
    /// fragments in progress, joined from frames
    pending: [Vec<u8>; 2],
    /// frames are passed over until a first one comes
    passing: [bool; 2],
}

/// A fragment with the addresses of its last frame.
struct Fragment {
    link: frame::Head,
    control: u8,
    function: u8,
    indicators: Option<u16>,
    objects: Vec<Object>,
    complete: bool,
}

impl MessageReader for Dnp3Reader {
    fn length(&self, _direction: Direction, bytes: &[u8]) -> Length {
        match bytes.first_chunk::<3>() {
            Some([5, 0x64, length]) if *length >= 5 => Length::Known(frame::size(*length)),
            Some(_) => Length::Broken,
            None => Length::More,
        }
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let Some(frame) = Frame::read(bytes) else { return };
        // A link layer frame without a transport octet says nothing to the application.
        let Some((transport, data)) = frame.data.split_first() else { return };
        let (pending, passing) = (&mut self.pending[direction.index()], &mut self.passing[direction.index()]);
        if transport & 0x40 != 0 {
            pending.clear();
            *passing = false;
        }
        if *passing {
            return;
        }
        let long = pending.len() + data.len() > DNP3_FRAGMENT_BYTES;
        if !long {
            pending.extend_from_slice(data);
        }
        if transport & 0x80 == 0 && !long {
            return;
        }
        *passing = long;
        let whole = core::mem::take(pending);
        let id = transactions.open(ProtocolId::Dnp3);
        let Some(transaction) = transactions.get_mut(id) else { return };
        frame.anomalies.iter().for_each(|name| transaction.note(name));
        if long {
            transaction.note("dnp3.too_long_reassembly");
        }
        if read(direction, &frame, &whole, transaction).is_none() {
            transaction.note("dnp3.malformed");
        }
        transaction.complete_alone(direction);
    }
}

fn read(direction: Direction, frame: &Frame, bytes: &[u8], transaction: &mut Transaction) -> Option<()> {
    let mut cursor = Cursor::new(bytes);
    let (control, function) = (cursor.u8()?, cursor.u8()?);
    let indicators = if function >= RESPONSE { Some(cursor.u16()?) } else { None };
    let (objects, complete) = object::read_all(&mut cursor, function);
    let fields = &mut transaction.fields;
    fields.set(field(direction, DATA), bytes);
    fields.set_number(field(direction, FUNCTION), u64::from(function));
    for object in &objects {
        let number = u64::from(object.group) << 8 | u64::from(object.variation);
        fields.set_number(field(direction, OBJECT), number);
    }
    if let Some(indicators) = indicators.filter(|_| direction == ToClient) {
        fields.set_number(field(ToClient, INDICATORS), u64::from(indicators));
    }
    if !complete {
        transaction.note("dnp3.unknown_object");
    }
    let link = frame.head;
    transaction.set_detail(Fragment { link, control, function, indicators, objects, complete });
    Some(())
}

/// The `dnp3` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(fragment) = transaction.detail_of::<Fragment>() else { return };
    let kind: &[u8] = match fragment.function {
        UNSOLICITED => b"unsolicited_response",
        RESPONSE.. => b"response",
        _ => b"request",
    };
    record.text("type", kind);
    let control = fragment.link.control;
    record.object("control", &mut |record| {
        record.flag("dir", control & 0x80 != 0);
        record.flag("pri", control & 0x40 != 0);
        record.flag("fcb", control & 0x20 != 0);
        record.flag("fcv", control & 0x10 != 0);
        record.number("function_code", i64::from(control & 0x0f));
    });
    record.number("src", i64::from(fragment.link.source));
    record.number("dst", i64::from(fragment.link.destination));
    record.object("application", &mut |record| {
        let control = fragment.control;
        record.object("control", &mut |record| {
            record.flag("fir", control & 0x80 != 0);
            record.flag("fin", control & 0x40 != 0);
            record.flag("con", control & 0x20 != 0);
            record.flag("uns", control & 0x10 != 0);
            record.number("sequence", i64::from(control & 0x0f));
        });
        record.number("function_code", i64::from(fragment.function));
        record.list("objects", fragment.objects.len(), &mut |place, record| {
            fragment.objects.get(place).into_iter().for_each(|object| object.log(record));
        });
        record.flag("complete", fragment.complete);
    });
    if let Some(bits) = fragment.indicators {
        let set = INDICATOR_NAMES.iter().filter(|(_, bit)| u64::from(bits) & bit != 0);
        let names: Vec<Vec<u8>> = set.map(|(name, _)| name.as_bytes().to_vec()).collect();
        record.object("iin", &mut |record| record.texts("indicators", &names));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read as talk};

    #[test]
    fn a_fragment_is_joined_from_frames() {
        let ask = frame::tests::build(0xc4, 1, 2, &[0x40, 0xc0, 1, 60]);
        let rest = frame::tests::build(0xc4, 1, 2, &[0x81, 2, 6, 60, 3, 6]);
        let answer = frame::tests::build(0x44, 2, 1, &[0xc0, 0xc0, 129, 0x80, 1, 1, 2, 0, 3, 4, 0, 0]);
        let transactions = talk(parser, &[(ToServer, &[ask, rest].concat()), (ToClient, &answer)]);
        let numbers = |place: usize, way, index| {
            let all = nth(&transactions, place).fields.all(field(way, index));
            all.map(|field| u64::from_be_bytes(field.bytes.as_slice().try_into().unwrap()))
                .collect::<Vec<_>>()
        };
        assert_eq!(numbers(0, ToServer, FUNCTION), [1]);
        assert_eq!(numbers(0, ToServer, OBJECT), [60 << 8 | 2, 60 << 8 | 3]);
        assert_eq!(numbers(1, ToClient, INDICATORS), [0x8001]);
        assert_eq!(numbers(1, ToClient, OBJECT), [0x0102]);
        assert_eq!(transactions.opened(), 2);
    }

    #[test]
    fn a_wrong_checksum_and_too_long_a_fragment_are_told() {
        let mut broken = frame::tests::build(0xc4, 1, 2, &[0xc0, 0xc0, 1]);
        *broken.last_mut().unwrap() ^= 1;
        let transactions = talk(parser, &[(ToServer, &broken)]);
        assert_eq!(nth(&transactions, 0).anomalies, ["dnp3.bad_transport_crc"]);
        let piece = frame::tests::build(0xc4, 1, 2, &[0; 250]);
        let many = piece.repeat(DNP3_FRAGMENT_BYTES / 249 + 1);
        let transactions = talk(parser, &[(ToServer, &many)]);
        assert!(nth(&transactions, 0).anomalies.contains(&"dnp3.too_long_reassembly"));
    }
}
