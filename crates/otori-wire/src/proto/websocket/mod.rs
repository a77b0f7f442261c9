//! WebSocket, which HTTP/1 changes to: each frame is a transaction.
//!
//! Neighbours: `framed` (cutting), [`super::http`]. RFC 6455 5.2, RFC 7692 (compressed messages).
use super::{
    FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record,
    framed::{Length, MessageReader, Messages},
};
use crate::{
    cursor::Cursor,
    flow::Direction,
    limits::MESSAGE_BYTES,
    transaction::{FieldId, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use miniz_oxide::{
    DataFormat, MZFlush,
    inflate::stream::{InflateState, inflate},
};

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Websocket, direction as u8 * 64 + index)
}
const PAYLOAD: u8 = 0;
const FLAGS: u8 = 1;
const MASK: u8 = 2;
const OPCODE: u8 = 3;

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    FieldRow::new(ToServer, field(ToServer, PAYLOAD), "websocket.payload"),
    FieldRow::new(ToClient, field(ToClient, PAYLOAD), "websocket.payload"),
];

const FLAG_NAMES: NumberForm = NumberForm::Flags(&[("fin", 0x80), ("comp", 0x40)]);
const OPCODES: &[(&str, u64)] =
    &[("continuation", 0), ("text", 1), ("binary", 2), ("connection_close", 8), ("ping", 9), ("pong", 10)];

const fn number(direction: Direction, index: u8, keyword: &'static str, form: NumberForm) -> NumberRow {
    NumberRow::new(direction, field(direction, index), keyword, form)
}
/// All numbers.
pub static NUMBERS: &[NumberRow] = &[
    number(ToServer, FLAGS, "websocket.flags", FLAG_NAMES),
    number(ToClient, FLAGS, "websocket.flags", FLAG_NAMES),
    number(ToServer, MASK, "websocket.mask", NumberForm::Plain),
    number(ToClient, MASK, "websocket.mask", NumberForm::Plain),
    number(ToServer, OPCODE, "websocket.opcode", NumberForm::Named(OPCODES)),
    number(ToClient, OPCODE, "websocket.opcode", NumberForm::Named(OPCODES)),
];

/// Nothing in the bytes tells: HTTP does.
pub(super) fn probe(_direction: Direction, _bytes: &[u8]) -> Probe {
    Probe::No
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(WebsocketReader::default()))
}

#[derive(Default)]
struct WebsocketReader {
    /// of each direction that has compressed something: what was inflated is looked back at
    inflaters: [Option<Box<InflateState>>; 2],
    /// the message in progress is compressed
    compressed: [bool; 2],
}

const FIN: u8 = 0x80;
const COMPRESSED: u8 = 0x40;
/// Opcodes from here on are control frames, which are never compressed.
const CONTROL: u8 = 8;

/// Flags and opcode, mask, place and length of the payload.
fn head(bytes: &[u8]) -> Option<(u8, Option<u32>, usize, usize)> {
    let mut cursor = Cursor::new(bytes);
    let (first, second) = (cursor.u8()?, cursor.u8()?);
    let length = match second & 0x7f {
        126 => usize::from(cursor.u16()?),
        127 => {
            let (high, low) = (cursor.u32()?, cursor.u32()?);
            if high > 0 { usize::MAX } else { low as usize }
        }
        short => usize::from(short),
    };
    let mask = if second & 0x80 != 0 { Some(cursor.u32()?) } else { None };
    Some((first, mask, bytes.len() - cursor.left(), length))
}

impl MessageReader for WebsocketReader {
    fn length(&self, _direction: Direction, bytes: &[u8]) -> Length {
        match head(bytes) {
            Some((.., start, length)) => Length::Known(start.saturating_add(length)),
            None => Length::More,
        }
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let Some((first, mask, start, length)) = head(bytes) else { return };
        let id = transactions.open(ProtocolId::Websocket);
        let Some(transaction) = transactions.get_mut(id) else { return };
        let sent = bytes.get(start..).unwrap_or(&[]);
        let unmask = |out: &mut Vec<u8>| {
            let bits = mask.unwrap_or(0).to_be_bytes();
            out.extend(sent.iter().zip(bits.iter().cycle()).map(|(byte, bits)| byte ^ bits));
        };
        if let Some(mask) = mask {
            transaction.fields.set_number(field(direction, MASK), u64::from(mask));
        }
        if sent.len() < length {
            transaction.note("websocket.skip_end_of_payload");
        }
        let (side, opcode) = (direction.index(), first & 15);
        if opcode != 0 && opcode < CONTROL {
            self.compressed[side] = first & COMPRESSED != 0;
        }
        let mut text = None;
        if self.compressed[side] && opcode < CONTROL {
            let mut piece = Vec::new();
            unmask(&mut piece);
            let state = self.inflaters[side].get_or_insert_with(|| InflateState::new_boxed(DataFormat::Raw));
            text = inflated(state, &piece, first & FIN != 0);
            if text.is_none() {
                transaction.note("websocket.failed_decompression");
            }
        }
        transaction.fields.set_number(field(direction, FLAGS), u64::from(first & 0xf0));
        transaction.fields.set_number(field(direction, OPCODE), u64::from(opcode));
        transaction.fields.write(field(direction, PAYLOAD), |out| match &text {
            Some(text) => out.extend_from_slice(text),
            None => unmask(out),
        });
        transaction.complete_alone(direction);
    }
}

/// What a compressed piece says; the last piece of a message lacks its end (RFC 7692 7.2.2).
fn inflated(state: &mut InflateState, piece: &[u8], last: bool) -> Option<Vec<u8>> {
    let end: &[u8] = if last { &[0, 0, 0xff, 0xff] } else { &[] };
    let mut out = Vec::new();
    let mut block = [0; 4096];
    for part in [piece, end] {
        let mut rest = part;
        while out.len() < MESSAGE_BYTES {
            let result = inflate(state, rest, &mut block, MZFlush::None);
            out.extend_from_slice(block.get(..result.bytes_written).unwrap_or(&[]));
            rest = rest.get(result.bytes_consumed..).unwrap_or(&[]);
            match result.status {
                Ok(_) if result.bytes_written == block.len() || !rest.is_empty() => {}
                Ok(_) | Err(miniz_oxide::MZError::Buf) => break,
                Err(_) => return None,
            }
            if result.bytes_written == 0 && result.bytes_consumed == 0 {
                break;
            }
        }
    }
    Some(out)
}

/// The `websocket` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    for way in Direction::BOTH {
        let number = |index| transaction.fields.number(field(way, index));
        let (Some(flags), Some(opcode)) = (number(FLAGS), number(OPCODE)) else { continue };
        record.flag("fin", flags & u64::from(FIN) != 0);
        if let Some(mask) = number(MASK) {
            record.number("mask", mask.cast_signed());
        }
        match OPCODES.iter().find(|(_, number)| *number == opcode) {
            Some((name, _)) => record.text("opcode", name.as_bytes()),
            None => record.text("opcode", format!("unknown-{opcode}").as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read as talk};

    #[test]
    fn frames_are_unmasked() {
        let masked: Vec<u8> = b"hello".iter().zip([1, 2, 3, 4, 1]).map(|(a, b)| a ^ b).collect();
        let ask = [&[0x81, 0x85, 1, 2, 3, 4][..], &masked].concat();
        let answer = [&[0x82, 126, 0, 200][..], &[9; 200], &[0x8a, 0]].concat();
        let transactions = talk(parser, &[(ToServer, &ask), (ToClient, &answer)]);
        assert_eq!(nth(&transactions, 0).fields.get(field(ToServer, PAYLOAD)), Some(&b"hello"[..]));
        assert_eq!(nth(&transactions, 0).fields.number(field(ToServer, MASK)), Some(0x0102_0304));
        assert_eq!(nth(&transactions, 1).fields.get(field(ToClient, PAYLOAD)).map(<[u8]>::len), Some(200));
        assert_eq!(nth(&transactions, 2).fields.number(field(ToClient, OPCODE)), Some(10));
    }

    #[test]
    fn compressed_messages_look_back_at_earlier_ones() {
        // RFC 7692 7.2.3.1 and 7.2.3.2: the same text twice, the second time by reference to the first.
        let first = b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";
        let second = b"\xc1\x05\xf2\x00\x11\x00\x00";
        let transactions = talk(parser, &[(ToServer, first), (ToServer, second)]);
        for place in 0..2 {
            let payload = nth(&transactions, place).fields.get(field(ToServer, PAYLOAD));
            assert_eq!(payload, Some(&b"Hello"[..]));
        }
    }
}
