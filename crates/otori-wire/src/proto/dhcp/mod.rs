//! DHCP: each message is a transaction.
//!
//! Key type: [`Message`]. RFC 2131 2, RFC 2132, RFC 3679. Names as Suricata's manual has them ("Event type: DHCP").
use super::{
    FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record, framed, tls::certificate::colons,
};
use crate::{
    cursor::Cursor,
    flow::Direction,
    reused::{Reused, refill},
    transaction::{FieldId, Fields, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use core::net::Ipv4Addr;
use framed::{Length, MessageReader, Messages};
use std::borrow::Cow;

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Dhcp, direction as u8 * 64 + index)
}
const LEASE: u8 = 0;
const REBINDING: u8 = 1;
const RENEWAL: u8 = 2;
/// Name that the client gives itself.
pub const HOSTNAME: FieldId = field(ToServer, 3);
/// What made the client's message (RFC 2132 9.13).
pub const VENDOR: FieldId = field(ToServer, 4);

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    FieldRow::new(ToServer, HOSTNAME, "dhcp.hostname"),
    FieldRow::new(ToServer, VENDOR, "dhcp.vendor_class_identifier"),
];

const fn number(direction: Direction, index: u8, keyword: &'static str) -> NumberRow {
    NumberRow::new(direction, field(direction, index), keyword, NumberForm::Plain)
}
/// All numbers.
pub static NUMBERS: &[NumberRow] = &[
    number(ToServer, LEASE, "dhcp.leasetime"),
    number(ToClient, LEASE, "dhcp.leasetime"),
    number(ToServer, REBINDING, "dhcp.rebinding_time"),
    number(ToClient, REBINDING, "dhcp.rebinding_time"),
    number(ToServer, RENEWAL, "dhcp.renewal_time"),
    number(ToClient, RENEWAL, "dhcp.renewal_time"),
];

/// Bytes before the options, with the magic number.
const HEAD: usize = 240;
const MAGIC: [u8; 4] = [99, 130, 83, 99];
/// Options read of one message.
const OPTIONS: usize = 128;

/// An operation of two, and the magic number of RFC 2131 3.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    let known = matches!(bytes.first(), Some(1 | 2)) && bytes.get(HEAD - 4..HEAD) == Some(&MAGIC);
    if known { Probe::Yes } else { Probe::No }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(DhcpReader))
}

struct DhcpReader;

/// What a message says.
#[derive(Default)]
pub struct Message {
    request: bool,
    id: u32,
    hardware: Vec<u8>,
    /// of the client, assigned, of the next server, of the relay
    addresses: [[u8; 4]; 4],
    options: Reused<(u8, Vec<u8>)>,
}

impl MessageReader for DhcpReader {
    fn length(&self, _direction: Direction, _bytes: &[u8]) -> Length {
        Length::Broken
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let id = transactions.open(ProtocolId::Dhcp);
        let Some(transaction) = transactions.get_mut(id) else { return };
        let whole = transaction.with_detail(|message: &mut Message, transaction| {
            let whole = message.read(bytes)?;
            if !whole {
                transaction.note("dhcp.truncated_options");
            }
            if message.option(53).is_none() {
                transaction.note("dhcp.malformed_options");
            }
            message.set_fields(direction, &mut transaction.fields);
            Some(whole)
        });
        if whole.is_none() {
            transaction.no_detail();
            transaction.note("dhcp.malformed_options");
        }
        transaction.complete_alone(direction);
    }
}

impl Message {
    /// Reads a message in place of the one that was there; gives whether its options end as they should.
    fn read(&mut self, bytes: &[u8]) -> Option<bool> {
        let mut cursor = Cursor::new(bytes);
        self.request = cursor.u8()? == 1;
        self.options.clear();
        cursor.skip(1)?;
        let hardware = usize::from(cursor.u8()?).min(16);
        cursor.skip(1)?;
        self.id = cursor.u32()?;
        cursor.skip(4)?;
        for address in &mut self.addresses {
            *address = cursor.take(4)?.try_into().ok()?;
        }
        refill(&mut self.hardware, cursor.take(16)?.get(..hardware)?);
        cursor.skip(64 + 128)?;
        if cursor.take(4)? != MAGIC {
            return None;
        }
        for _ in 0..OPTIONS {
            match cursor.u8() {
                Some(0) => {}
                Some(255) => return Some(true),
                Some(code) => {
                    let length = cursor.u8().map_or(usize::MAX, usize::from);
                    let Some(value) = cursor.take(length) else { break };
                    let option = self.options.again();
                    option.0 = code;
                    refill(&mut option.1, value);
                }
                None => break,
            }
        }
        Some(false)
    }
    fn option(&self, code: u8) -> Option<&[u8]> {
        self.options.iter().find(|(have, _)| *have == code).map(|(_, value)| value.as_slice())
    }
    fn seconds(&self, code: u8) -> Option<u32> {
        Cursor::new(self.option(code)?).u32()
    }
    fn set_fields(&self, direction: Direction, fields: &mut Fields) {
        for (code, index) in [(51, LEASE), (59, REBINDING), (58, RENEWAL)] {
            if let Some(seconds) = self.seconds(code) {
                fields.set_number(field(direction, index), u64::from(seconds));
            }
        }
        for (code, id) in [(12, HOSTNAME), (60, VENDOR)] {
            if let Some(text) = self.option(code).filter(|_| direction == ToServer) {
                fields.set(id, text);
            }
        }
    }
}

/// Kinds of message, RFC 2132 9.6.
const KINDS: &[&str] =
    &["unknown", "discover", "offer", "request", "decline", "ack", "nak", "release", "inform"];
/// Parameters that clients ask for, as EVE names them.
const PARAMETERS: &[(u8, &str)] = &[
    (1, "subnet_mask"),
    (2, "time_offset"),
    (3, "router"),
    (4, "time_server"),
    (6, "dns_server"),
    (12, "hostname"),
    (15, "domain"),
    (26, "mtu"),
    (28, "broadcast"),
    (33, "static_route"),
    (42, "ntp_server"),
    (43, "vendor_specific"),
    (44, "netbios_name_server"),
    (46, "netbios_node_type"),
    (47, "netbios_scope"),
    (51, "lease_time"),
    (54, "server_id"),
    (58, "renewal_time"),
    (59, "rebinding_time"),
    (60, "vendor_class_identifier"),
    (66, "tftp_server_name"),
    (67, "bootfile_name"),
    (119, "domain_search"),
    (121, "classless_route"),
    (249, "ms_classless_route"),
    (252, "proxy_autodiscovery"),
];

fn address(bytes: &[u8]) -> Option<Vec<u8>> {
    let four: [u8; 4] = bytes.try_into().ok()?;
    Some(Ipv4Addr::from(four).to_string().into_bytes())
}

fn hardware(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(3 * bytes.len());
    colons(&mut text, bytes, b"0123456789abcdef");
    text
}

/// The `dhcp` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(message) = transaction.detail_of::<Message>() else { return };
    record.text("type", if message.request { b"request" } else { b"reply" });
    record.number("id", i64::from(message.id));
    record.text("client_mac", &hardware(&message.hardware));
    let keys = ["client_ip", "assigned_ip", "next_server_ip", "relay_ip"];
    for (key, four) in keys.into_iter().zip(&message.addresses) {
        address(four).into_iter().for_each(|text| record.text(key, &text));
    }
    if let Some(kind) = message.option(53).and_then(<[u8]>::first) {
        let name = KINDS.get(usize::from(*kind)).copied().unwrap_or("unknown");
        record.text("dhcp_type", name.as_bytes());
    }
    for (code, key) in [(51, "lease_time"), (59, "rebinding_time"), (58, "renewal_time")] {
        if let Some(seconds) = message.seconds(code) {
            record.number(key, i64::from(seconds));
        }
    }
    for (code, key) in [(1, "subnet_mask"), (50, "requested_ip")] {
        if let Some(text) = message.option(code).and_then(address) {
            record.text(key, &text);
        }
    }
    for (code, key) in [(3, "routers"), (6, "dns_servers")] {
        let Some(value) = message.option(code) else { continue };
        record.words(key, &mut value.chunks(4).filter_map(address).map(Cow::Owned));
    }
    for (code, key) in [(12, "hostname"), (60, "vendor_class_identifier")] {
        if let Some(text) = message.option(code) {
            record.text(key, text);
        }
    }
    if let Some([1, id @ ..]) = message.option(61) {
        record.text("client_id", &hardware(id));
    }
    if let Some(list) = message.option(55) {
        let name = |code: &u8| PARAMETERS.iter().find(|(have, _)| have == code).map(|(_, name)| *name);
        record.names("params", &mut list.iter().filter_map(name).map(Cow::Borrowed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read_datagrams};

    #[test]
    fn a_request_says_who_asks_and_an_answer_for_how_long() {
        let mut head = vec![0; HEAD];
        head[HEAD - 4..].copy_from_slice(&MAGIC);
        (head[0], head[2], head[7], head[28]) = (1, 6, 9, 2);
        let ask = [&head[..], &[53, 1, 3, 0, 12, 3, b'c', b'a', b'm', 60, 2, b'u', b'd', 255]].concat();
        head[0] = 2;
        let answer = [&head[..], &[53, 1, 5, 51, 4, 0, 0, 14, 16, 58, 4, 0, 0, 7, 8]].concat();
        assert_eq!(probe(ToServer, &ask), Probe::Yes);
        let transactions = read_datagrams(parser, &[(ToServer, &ask), (ToClient, &answer)]);
        assert_eq!(nth(&transactions, 0).fields.get(HOSTNAME), Some(&b"cam"[..]));
        assert_eq!(nth(&transactions, 0).fields.get(VENDOR), Some(&b"ud"[..]));
        assert_eq!(nth(&transactions, 1).fields.number(field(ToClient, LEASE)), Some(3600));
        assert_eq!(nth(&transactions, 1).anomalies, ["dhcp.truncated_options"]);
    }
}
