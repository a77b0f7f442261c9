//! BitTorrent's distributed hash table: each datagram, a query, an answer or an error, is a transaction.
//!
//! Key type: [`Message`]; `bencode` reads its form. BEP 5, BEP 32 (nodes of IPv6); names as Suricata's manual has them
//! ("Event type: BITTORRENT-DHT").
mod bencode;

use super::{
    FieldRow, NumberRow, Parser, Probe, ProtocolId, Record,
    framed::{Length, MessageReader, Messages},
};
use crate::{
    flow::Direction,
    limits::DHT_NODES,
    transaction::{FieldId, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use bencode::Value;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Bittorrent, direction as u8 * 64 + index)
}
const QUERY: u8 = 0;
const INFO_HASH: u8 = 1;

/// All fields; nodes ask each other, so both directions have them. Suricata has none.
pub static FIELDS: &[FieldRow] = &[
    FieldRow::new(ToServer, field(ToServer, QUERY), "bittorrent_dht.request_type"),
    FieldRow::new(ToClient, field(ToClient, QUERY), "bittorrent_dht.request_type"),
    FieldRow::new(ToServer, field(ToServer, INFO_HASH), "bittorrent_dht.info_hash"),
    FieldRow::new(ToClient, field(ToClient, INFO_HASH), "bittorrent_dht.info_hash"),
];

/// No numbers.
pub static NUMBERS: &[NumberRow] = &[];

/// Bytes of a node's name.
const NAME_BYTES: usize = 20;

/// How messages begin: arguments, answers, errors, and the address that a node adds before them (BEP 42).
const BEGINNINGS: &[&[u8]] = &[b"d1:ad", b"d1:rd", b"d1:el", b"d2:ip"];

/// A dictionary with the keys that every message has.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    let begins = BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning));
    match Message::read(bytes) {
        Some(_) if begins => Probe::Yes,
        _ => Probe::No,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(DhtReader))
}

struct DhtReader;

/// A node, or one who has the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    name: Option<[u8; NAME_BYTES]>,
    ip: IpAddr,
    port: u16,
}

/// What a datagram says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// name of the query and of its answer
    transaction: Vec<u8>,
    version: Option<Vec<u8>>,
    query: Option<Vec<u8>>,
    body: Body,
}

/// The part that differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Body {
    Query {
        arguments: Arguments,
    },
    Answer {
        id: Vec<u8>,
        nodes: Vec<Node>,
        nodes6: Vec<Node>,
        values: Vec<Node>,
        token: Option<Vec<u8>>,
    },
    Error {
        number: i64,
        text: Vec<u8>,
    },
    #[default]
    None,
}

/// Arguments of a query, BEP 5 "DHT Queries".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Arguments {
    id: Vec<u8>,
    target: Option<Vec<u8>>,
    info_hash: Option<Vec<u8>>,
    token: Option<Vec<u8>>,
    implied_port: Option<i64>,
    port: Option<i64>,
}

impl Message {
    fn read(bytes: &[u8]) -> Option<Message> {
        let (whole, _) = bencode::value(bytes)?;
        let text = |of: Value<'_>, key: &[u8]| of.get(key).and_then(Value::text).map(<[u8]>::to_vec);
        let body = match whole.get(b"y")?.text()? {
            b"q" => {
                let given = whole.get(b"a")?;
                let number = |key| given.get(key).and_then(Value::number);
                let arguments = Arguments {
                    id: text(given, b"id")?,
                    target: text(given, b"target"),
                    info_hash: text(given, b"info_hash"),
                    token: text(given, b"token"),
                    implied_port: number(b"implied_port"),
                    port: number(b"port"),
                };
                Body::Query { arguments }
            }
            b"r" => {
                let given = whole.get(b"r")?;
                let nodes = |key| given.get(key).and_then(Value::text).unwrap_or(&[]);
                let values = given.get(b"values").into_iter().flat_map(Value::items);
                Body::Answer {
                    id: text(given, b"id")?,
                    nodes: named(nodes(b"nodes"), 4),
                    nodes6: named(nodes(b"nodes6"), 16),
                    values: values.filter_map(|value| node(value.text()?, None)).take(DHT_NODES).collect(),
                    token: text(given, b"token"),
                }
            }
            b"e" => {
                let mut given = whole.get(b"e")?.items();
                let (number, told) = (given.next()?.number()?, given.next()?.text()?);
                Body::Error { number, text: told.to_vec() }
            }
            _ => return None,
        };
        let query = text(whole, b"q");
        if matches!(body, Body::Query { .. }) && query.is_none() {
            return None;
        }
        Some(Message { transaction: text(whole, b"t")?, version: text(whole, b"v"), query, body })
    }
}

/// Nodes in their compact form: a name, an address of that many bytes, a port.
fn named(bytes: &[u8], address: usize) -> Vec<Node> {
    let nodes = bytes.chunks_exact(NAME_BYTES + address + 2).take(DHT_NODES);
    nodes
        .filter_map(|bytes| bytes.split_first_chunk().and_then(|(name, rest)| node(rest, Some(*name))))
        .collect()
}

fn node(bytes: &[u8], name: Option<[u8; NAME_BYTES]>) -> Option<Node> {
    let (address, port) = bytes.split_last_chunk::<2>()?;
    let ip = match *address {
        [a, b, c, d] => IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
        _ => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(address).ok()?)),
    };
    Some(Node { name, ip, port: u16::from_be_bytes(*port) })
}

impl MessageReader for DhtReader {
    fn length(&self, _direction: Direction, _bytes: &[u8]) -> Length {
        Length::Broken
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let id = transactions.open(ProtocolId::Bittorrent);
        let Some(transaction) = transactions.get_mut(id) else { return };
        match Message::read(bytes) {
            Some(message) => {
                if let (Some(query), Body::Query { arguments }) = (&message.query, &message.body) {
                    transaction.fields.set(field(direction, QUERY), query);
                    if let Some(hash) = &arguments.info_hash {
                        transaction.fields.set(field(direction, INFO_HASH), hash);
                    }
                }
                transaction.set_detail(message);
            }
            None => transaction.note("bittorrent_dht.malformed_packet"),
        }
        transaction.complete_alone(direction);
    }
}

fn hexadecimal(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

fn nodes(key: &'static str, nodes: &[Node], record: &mut dyn Record) {
    if nodes.is_empty() {
        return;
    }
    record.list(key, nodes.len(), &mut |place, record| {
        let Some(node) = nodes.get(place) else { return };
        if let Some(name) = node.name {
            record.text("id", &hexadecimal(&name));
        }
        record.text("ip", node.ip.to_string().as_bytes());
        record.number("port", node.port.into());
    });
}

/// The `bittorrent_dht` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(message) = transaction.detail_of::<Message>() else { return };
    record.text("transaction_id", &hexadecimal(&message.transaction));
    if let Some(version) = &message.version {
        record.text("client_version", &hexadecimal(version));
    }
    match &message.body {
        Body::Query { arguments } => {
            record.text("request_type", message.query.as_deref().unwrap_or_default());
            record.object("request", &mut |record| {
                record.text("id", &hexadecimal(&arguments.id));
                let texts = [
                    ("target", &arguments.target),
                    ("info_hash", &arguments.info_hash),
                    ("token", &arguments.token),
                ];
                for (key, text) in texts {
                    if let Some(text) = text {
                        record.text(key, &hexadecimal(text));
                    }
                }
                for (key, number) in [("implied_port", arguments.implied_port), ("port", arguments.port)] {
                    if let Some(number) = number {
                        record.number(key, number);
                    }
                }
            });
        }
        Body::Answer { id, nodes: near, nodes6, values, token } => {
            record.object("response", &mut |record| {
                record.text("id", &hexadecimal(id));
                nodes("nodes", near, record);
                nodes("nodes6", nodes6, record);
                nodes("values", values, record);
                if let Some(token) = token {
                    record.text("token", &hexadecimal(token));
                }
            });
        }
        Body::Error { number, text } => record.object("error", &mut |record| {
            record.number("num", *number);
            record.text("msg", text);
        }),
        Body::None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read_datagrams};

    #[test]
    fn questions_answers_and_errors_are_read() {
        let ask = b"d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:v4:LT\x01\x02\
            1:y1:qe";
        let nodes = [&b"ABCDEFGHIJKLMNOPQRST"[..], &[192, 0, 2, 7, 0x1a, 0xe1]].concat();
        let answer = [
            &b"d1:rd2:id20:0123456789abcdefghij5:nodes26:"[..],
            &nodes,
            b"5:token3:tok6:valuesl6:\xc0\0\x02\x08\0\x50ee1:t2:aa1:y1:re",
        ]
        .concat();
        let error = b"d1:eli201e13:Generic Errore1:t2:aa1:y1:ee";
        let talk = read_datagrams(parser, &[(ToServer, ask), (ToClient, &answer), (ToClient, error)]);
        assert_eq!(talk.opened(), 3);
        let fields = &nth(&talk, 0).fields;
        assert_eq!(fields.get(field(ToServer, INFO_HASH)), Some(&b"mnopqrstuvwxyz123456"[..]));
        assert_eq!(fields.get(field(ToServer, QUERY)), Some(&b"get_peers"[..]));
        let said = nth(&talk, 1).detail_of::<Message>().unwrap();
        let Body::Answer { nodes, values, token, .. } = &said.body else { panic!("{said:?}") };
        assert_eq!((nodes[0].port, values[0].port, token.as_deref()), (6881, 80, Some(&b"tok"[..])));
        assert_eq!(values[0].ip.to_string(), "192.0.2.8");
        let said = nth(&talk, 2).detail_of::<Message>().unwrap();
        assert_eq!(said.body, Body::Error { number: 201, text: b"Generic Error".to_vec() });
        assert_eq!(probe(ToServer, ask), Probe::Yes);
        assert_eq!(probe(ToServer, b"d1:ad2:id20:abc"), Probe::No);
        let broken = read_datagrams(parser, &[(ToServer, b"d1:ad2:id2:abe1:q4:ping1:y1:qe")]);
        assert_eq!(nth(&broken, 0).anomalies, ["bittorrent_dht.malformed_packet"]);
    }
}
