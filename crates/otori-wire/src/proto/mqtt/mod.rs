//! MQTT 3.1, 3.1.1 and 5: a control packet and those that answer it are a transaction.
//!
//! Key type: `MqttParser`. Neighbours: `message` (the control packets), `fields` (the rows), `log`.
mod fields;
mod log;
mod message;

pub use fields::*;
pub use log::log;

use super::{Parser, Probe, ProtocolId, file};
use crate::{
    flow::Direction,
    limits::{MQTT_PACKET_BYTES, TRANSACTIONS_PER_FLOW},
    reused::{Reused, emptied},
    transaction::{Fields, Progress, Transaction, Transactions},
};
use message::{Packet, fixed_header};

/// The packets of one transaction, in order.
#[derive(Default)]
struct Exchange {
    packets: Reused<Packet>,
}

/// CONNECT with one of the protocol's names; or a whole packet that makes sense.
pub(super) fn probe(direction: Direction, bytes: &[u8]) -> Probe {
    let Some(first) = bytes.first() else { return Probe::More };
    let wanted = match (direction, first >> 4, first & 15) {
        (Direction::ToServer, 1, 0) => &[6, 8][..],
        (Direction::ToClient, 2 | 9, 0) => &[][..],
        (Direction::ToServer, 8, 2) => &[][..],
        _ => return Probe::No,
    };
    let (start, length) = match fixed_header(bytes) {
        Ok(Some(found)) => found,
        Ok(None) => return Probe::More,
        Err(()) => return Probe::No,
    };
    let Some(body) = bytes.get(start..) else { return Probe::More };
    if wanted.is_empty() {
        let mut packet = Packet::default();
        packet.begin(*first);
        let sound = body.len() == length && packet.read(body, 4).is_some();
        let named = !packet.topics.is_empty() && packet.topics.iter().all(|(topic, _)| printable(topic));
        let answered =
            packet.codes.iter().all(|code| matches!(code, 0..=5 | 0x80)) && !packet.codes.is_empty();
        return if sound && length >= 2 && (named || answered) { Probe::Yes } else { Probe::No };
    }
    Probe::prefix_of(body, &[&b"\0\x04MQTT"[..], b"\0\x06MQIsdp"])
}

fn printable(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(MqttParser::default())
}

/// A packet that waits for its answer.
struct Waiting {
    kind: u8,
    id: u16,
    from: Direction,
    transaction: u64,
}

#[derive(Default)]
struct MqttParser {
    pending: [Vec<u8>; 2],
    /// bytes of a long packet that are passed over
    skip: [u64; 2],
    version: u8,
    introduced: bool,
    connects: bool,
    waiting: Vec<Waiting>,
    /// sense was lost
    lost: bool,
    /// the packet that is read
    packet: Packet,
}

impl Parser for MqttParser {
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        let mut at = 0;
        let side = direction.index();
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty() && !self.lost) {
            if self.skip[side] > 0 {
                let passed = usize::try_from(self.skip[side]).unwrap_or(usize::MAX).min(rest.len());
                self.skip[side] -= passed as u64;
                at += passed;
                continue;
            }
            if transactions.is_full() {
                return at;
            }
            at += self.gather(direction, rest, transactions);
        }
        bytes.len()
    }
    fn gap(&mut self, direction: Direction, count: u64, _transactions: &mut Transactions) {
        let side = direction.index();
        self.lost |= count > self.skip[side] || !self.pending[side].is_empty();
        self.skip[side] = self.skip[side].saturating_sub(count);
    }
    fn end(&mut self, _direction: Direction, _transactions: &mut Transactions) {}
}

impl MqttParser {
    /// Takes bytes up to the end of one packet; returns how many.
    fn gather(&mut self, direction: Direction, rest: &[u8], transactions: &mut Transactions) -> usize {
        let side = direction.index();
        let pending = &mut self.pending[side];
        let had = pending.len();
        // The fixed header has at most five bytes.
        if had < 5 {
            pending.extend_from_slice(rest.get(..(5 - had).min(rest.len())).unwrap_or(rest));
        }
        let found = fixed_header(pending);
        let (start, length) = match found {
            Ok(Some(found)) => found,
            Ok(None) => return pending.len() - had,
            Err(()) => {
                self.malformed(direction, transactions);
                return rest.len();
            }
        };
        let whole = start + length;
        let kept = whole.min(start + MQTT_PACKET_BYTES);
        pending.truncate(had);
        let mut held = core::mem::take(pending);
        let (bytes, taken) = match rest.get(..kept).filter(|_| held.is_empty()) {
            // The usual case: the packet is there as a whole, and is read where it lies.
            Some(bytes) => (bytes, kept),
            None => {
                let taken = kept.saturating_sub(had).min(rest.len());
                held.extend_from_slice(rest.get(..taken).unwrap_or(rest));
                // A header that came in pieces may be longer than what is wanted of it.
                if held.len() < kept {
                    self.pending[side] = held;
                    return taken;
                }
                (held.as_slice(), taken)
            }
        };
        let skipped = (whole - kept) as u64;
        let (head, body) = bytes.split_at(start.min(bytes.len()));
        let body = body.get(..kept - start).unwrap_or(body);
        let read = self.whole(direction, (head, body), skipped, transactions);
        self.pending[side] = emptied(held);
        if read { taken } else { rest.len() }
    }

    /// Takes a packet; false when it breaks the rules.
    fn whole(
        &mut self,
        direction: Direction,
        (head, body): (&[u8], &[u8]),
        skipped: u64,
        transactions: &mut Transactions,
    ) -> bool {
        self.skip[direction.index()] = skipped;
        let mut packet = core::mem::take(&mut self.packet);
        packet.begin(head.first().copied().unwrap_or(0));
        packet.skipped = skipped;
        let read = packet.read(body, self.version).is_some() || skipped > 0;
        if read {
            let id = self.take(direction, &mut packet, transactions);
            frames(direction, (head, body), id, transactions);
        } else {
            self.malformed(direction, transactions);
        }
        self.packet = packet;
        read
    }

    fn malformed(&mut self, direction: Direction, transactions: &mut Transactions) {
        self.lost = true;
        let id = transactions.open(ProtocolId::Mqtt);
        if let Some(transaction) = transactions.get_mut(id) {
            transaction.note("mqtt.malformed_traffic");
            settle(transaction, direction);
        }
    }

    /// A packet finds its transaction, and changes places with one that an earlier one has left.
    fn take(
        &mut self,
        direction: Direction,
        packet: &mut Packet,
        transactions: &mut Transactions,
    ) -> Option<u64> {
        let number = packet.id.unwrap_or(0);
        let asked: &[u8] = match packet.kind {
            2 => &[1],
            4 | 5 | 7 => &[3],
            // A PUBREL goes the way of its PUBLISH; both wait for the other side.
            6 => &[3],
            9 => &[8],
            11 => &[10],
            _ => &[],
        };
        let found = self.waiting.iter().position(|one| {
            let same_way = packet.kind == 6;
            asked.contains(&one.kind) && one.id == number && (one.from == direction) == same_way
        });
        let id = match found.and_then(|place| self.waiting.get(place)) {
            Some(one) => one.transaction,
            None => transactions.open(ProtocolId::Mqtt),
        };
        let Some(transaction) = transactions.get_mut(id) else {
            // Its transaction was given up.
            self.waiting.retain(|one| one.transaction != id);
            return None;
        };
        self.check(packet, found.is_some(), transaction);
        let opens = match packet.kind {
            1 | 8 | 10 => true,
            3 => packet.qos > 0,
            // The middle of an exchange of quality 2.
            5 | 6 => found.is_some(),
            _ => false,
        };
        set_fields(direction, packet, &mut transaction.fields, self.version);
        if packet.kind == PUBLISH {
            carry_file(direction, packet, &mut transaction.fields);
        }
        if found.is_none() && opens && self.waiting.len() < TRANSACTIONS_PER_FLOW {
            let id = packet.id.unwrap_or(0);
            self.waiting.push(Waiting {
                kind: packet.kind,
                id,
                from: direction,
                transaction: transaction.id,
            });
        }
        if !opens && let Some(place) = found {
            self.waiting.swap_remove(place);
        }
        let begins = !transaction.has_detail();
        transaction.with_detail(|exchange: &mut Exchange, _| {
            if begins {
                exchange.packets.clear();
            }
            core::mem::swap(exchange.packets.again(), packet);
        });
        match opens {
            true => transaction.advance(direction, Progress::Headers),
            false => settle(transaction, direction),
        }
        Some(id)
    }

    /// Notes what breaks the order of things, and follows the connection's state.
    fn check(&mut self, packet: &Packet, answers: bool, transaction: &mut Transaction) {
        let missing = match packet.kind {
            2 => "mqtt.missing_connect",
            4..=7 => "mqtt.missing_publish",
            9 => "mqtt.missing_subscribe",
            11 => "mqtt.missing_unsubscribe",
            _ => "",
        };
        if !missing.is_empty() && !answers {
            transaction.note(missing);
        }
        if packet.qos == 3 {
            transaction.note("mqtt.invalid_qos_level");
        }
        match packet.kind {
            0 => transaction.note("mqtt.unassigned_msg_type"),
            1 => {
                if core::mem::replace(&mut self.connects, true) {
                    transaction.note("mqtt.double_connect");
                }
                self.version = packet.connect.as_ref().map_or(4, |connect| connect.version);
            }
            2 => self.introduced |= packet.codes.first() == Some(&0),
            14 => {}
            _ if !self.introduced => transaction.note("mqtt.unintroduced_message"),
            _ => {}
        }
    }
}

/// Notes a packet as it came, where a rule asks for it.
fn frames(
    direction: Direction,
    (head, body): (&[u8], &[u8]),
    id: Option<u64>,
    transactions: &mut Transactions,
) {
    let ids = [FRAME, FRAME_HEAD, FRAME_DATA].map(|index| field(direction, index));
    if !ids.iter().any(|id| transactions.wanted().has(*id)) {
        return;
    }
    let Some(transaction) = id.and_then(|id| transactions.get_mut(id)) else { return };
    let parts: [&[&[u8]]; 3] = [&[head, body], &[head], &[body]];
    for (id, parts) in ids.into_iter().zip(parts) {
        transaction.fields.write_dear(id, |out| parts.iter().for_each(|part| out.extend_from_slice(part)));
    }
}

/// Nothing more is expected; only `direction` has news.
fn settle(transaction: &mut Transaction, direction: Direction) {
    let other = direction.flip().index();
    transaction.advance(direction, Progress::Complete);
    transaction.progress[other] = Progress::Complete;
}

const PUBLISH: u8 = 3;

/// What is published is a file when its first bytes say so: readings and settings are none.
fn carry_file(direction: Direction, packet: &Packet, fields: &mut Fields) {
    let kind = file::magic(&packet.payload);
    let topic = packet.topics.first().filter(|_| !matches!(kind, "data" | "ASCII text" | "empty"));
    if let Some((topic, _)) = topic {
        let name = topic.rsplit(|b| *b == b'/').next().unwrap_or(topic);
        fields.set(file::name(direction), name);
        fields.set(file::data(direction), &packet.payload);
        file::finish(direction, packet.payload.len() as u64 + packet.skipped, fields);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{ToClient, ToServer};

    #[test]
    fn packets_meet_their_answers_however_they_are_cut() {
        let client = b"\x10\x10\0\x04MQTT\x04\x02\0\x3c\0\x04abcd\x82\x06\0\x07\0\x01t\x01\x32\x06\0\x01t\0\x09x\xe0\0";
        let server = b"\x20\x02\0\0\x90\x03\0\x07\x01\x40\x02\0\x09";
        assert_eq!(probe(ToServer, client), Probe::Yes);
        for size in [1, 3, 64] {
            let (mut parser, mut transactions) = (MqttParser::default(), Transactions::default());
            let (first, rest) = client.split_at(18);
            first.chunks(size).for_each(|piece| _ = parser.feed(ToServer, piece, &mut transactions));
            parser.feed(ToClient, &server[..4], &mut transactions);
            rest.chunks(size).for_each(|piece| _ = parser.feed(ToServer, piece, &mut transactions));
            server[4..].chunks(size).for_each(|piece| _ = parser.feed(ToClient, piece, &mut transactions));
            let all: Vec<&Transaction> = transactions.iter().collect();
            assert_eq!(all.len(), 4, "by {size}");
            assert!(
                all.iter().all(|transaction| transaction.is_complete() && transaction.anomalies.is_empty())
            );
            assert_eq!(all[2].fields.get(PUBLISH_MESSAGE_TO_SERVER), Some(&b"x"[..]));
        }
    }

    #[test]
    fn a_program_that_is_published_is_a_file() {
        let mut parser = MqttParser::default();
        let mut transactions = Transactions::default();
        let publish =
            |payload: &[u8]| [&[0x30, 6 + payload.len() as u8, 0, 4][..], b"fw/a", payload].concat();
        parser.feed(Direction::ToClient, &publish(b"\x7fELF123"), &mut transactions);
        parser.feed(Direction::ToClient, &publish(b"{\"t\":21}"), &mut transactions);
        let names: Vec<_> = transactions.iter().map(|t| t.fields.get(file::NAME_TO_CLIENT)).collect();
        assert_eq!(names, [Some(&b"a"[..]), None]);
    }

    #[test]
    fn what_is_out_of_order_is_told() {
        let (mut parser, mut transactions) = (MqttParser::default(), Transactions::default());
        parser.feed(ToClient, b"\x40\x02\0\x09\x20\x05\0", &mut transactions);
        parser.feed(ToServer, b"\x32\xff\xff\xff\xff\xff", &mut transactions);
        let all: Vec<_> = transactions.iter().map(|transaction| transaction.anomalies.clone()).collect();
        assert_eq!(all[0], ["mqtt.missing_publish", "mqtt.unintroduced_message"]);
        assert_eq!(all[1], ["mqtt.malformed_traffic"]);
    }
}
