//! QUIC up to the hello messages, which anyone on the way can read: a connection's hand-shake is a transaction.
//!
//! Key type: `QuicParser`. Neighbours: `keys` (Initial packets), `packet` (headers, frames), `google` (versions before
//! TLS), [`super::tls`] (hello messages). RFC 9000, RFC 9001, RFC 9369.
mod google;
mod keys;
mod packet;

use super::{
    FieldRow, Parser, Probe, ProtocolId, Record,
    tls::{self, fingerprint},
};
use crate::{
    flow::Direction,
    transaction::{FieldId, Progress, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use keys::Keys;
use packet::{Crypto, Long};
use std::borrow::Cow;

const fn client(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Quic, index)
}
/// The name that the client asks for.
pub const SNI: FieldId = client(0);
/// What the client calls itself (Google's versions).
pub const USER_AGENT: FieldId = client(1);
const VERSION: FieldId = client(2);
const CYU_HASH: FieldId = client(3);
const CYU_STRING: FieldId = client(4);
/// MD5 of JA3.
pub const JA3_HASH: FieldId = client(5);
/// JA3's text.
pub const JA3_STRING: FieldId = client(6);
/// JA4.
pub const JA4: FieldId = client(7);
const ALPN: FieldId = client(8);
const JA3S_HASH: FieldId = client(64);
const JA3S_STRING: FieldId = client(65);

/// All rows.
pub static FIELDS: &[FieldRow] = &[
    FieldRow::new(ToServer, SNI, "quic.sni"),
    FieldRow::new(ToServer, USER_AGENT, "quic.ua"),
    FieldRow::new(ToServer, VERSION, "quic.version"),
    FieldRow::new(ToServer, CYU_HASH, "quic.cyu.hash"),
    FieldRow::new(ToServer, CYU_STRING, "quic.cyu.string"),
    FieldRow { aliases: &["ja3_hash"], ..FieldRow::new(ToServer, JA3_HASH, "ja3.hash") },
    FieldRow { aliases: &["ja3_string"], ..FieldRow::new(ToServer, JA3_STRING, "ja3.string") },
    FieldRow { aliases: &["ja4_hash"], ..FieldRow::new(ToServer, JA4, "ja4.hash") },
    FieldRow::new(ToServer, ALPN, "tls.alpn"),
    FieldRow::new(ToClient, JA3S_HASH, "ja3s.hash"),
    FieldRow::new(ToClient, JA3S_STRING, "ja3s.string"),
];

/// A long header of a known version with a plausible identifier; or one of Google's.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    let known = Long::begin(bytes).is_some_and(|(first, version, id)| {
        // A version of this form asks which ones the server has: RFC 9000 15.
        let reserved = version & 0x0f0f_0f0f == 0x0a0a_0a0a && id.len() >= 8;
        first & 0x40 != 0 && (keys::by_number(version).is_some() || reserved)
    });
    if known || google_version(bytes).is_some() { Probe::Yes } else { Probe::No }
}

/// The version of a packet of Google's before TLS.
fn google_version(bytes: &[u8]) -> Option<&'static str> {
    google::public_version(bytes).or_else(|| google::long_version(bytes))
}

/// Whether the client's hello has Encrypted Client Hello, or what looks like it.
pub fn offers_encrypted_hello(transaction: &Transaction) -> bool {
    transaction.detail_of::<Connection>().is_some_and(|connection| connection.encrypted_hello)
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(QuicParser::default())
}

#[derive(Default)]
struct QuicParser {
    transaction: Option<u64>,
    /// made of the first identifier that the client chose, kept with the version's number
    keys: Option<(u32, Box<[Keys; 2]>)>,
    crypto: [Crypto; 2],
    done: [bool; 2],
    /// datagrams that were looked at in each direction
    seen: [u8; 2],
}

/// Datagrams of one direction in which a hello is looked for.
const DATAGRAMS: u8 = 16;
/// Packets of one datagram that are looked at.
const PACKETS: usize = 8;

/// What EVE shows besides the fields.
#[derive(Default)]
struct Connection {
    extensions: [Vec<u16>; 2],
    encrypted_hello: bool,
}

impl Parser for QuicParser {
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        let side = direction.index();
        if self.done[side] || self.seen[side] >= DATAGRAMS {
            return bytes.len();
        }
        self.seen[side] += 1;
        let id = *self.transaction.get_or_insert_with(|| transactions.open(ProtocolId::Quic));
        let Some(transaction) = transactions.get_mut(id) else { return bytes.len() };
        self.datagram(direction, bytes, transaction);
        // Who is heard no more of has said all that can be read.
        if self.done[side] || self.seen[side] >= DATAGRAMS {
            transaction.advance(direction, Progress::Complete);
        }
        bytes.len()
    }
    fn gap(&mut self, _direction: Direction, _count: u64, _transactions: &mut Transactions) {}
    fn end(&mut self, direction: Direction, transactions: &mut Transactions) {
        self.done[direction.index()] = true;
        if let Some(transaction) = self.transaction.and_then(|id| transactions.get_mut(id)) {
            transaction.advance(direction, Progress::Complete);
        }
    }
}

impl QuicParser {
    fn datagram(&mut self, direction: Direction, bytes: &[u8], transaction: &mut Transaction) {
        if let Some(name) = google_version(bytes) {
            return self.google(direction, name, bytes, transaction);
        }
        let mut rest = bytes;
        for _ in 0..PACKETS {
            let Some(version) = Long::begin(rest).and_then(|(_, number, _)| keys::by_number(number)) else {
                break;
            };
            let Some(long) = Long::read(rest, version.initial) else { break };
            rest = rest.get(long.packet.len()..).unwrap_or(&[]);
            if transaction.fields.get(VERSION).is_none() {
                transaction.fields.set(VERSION, version.name);
                transaction.advance(ToServer, Progress::Started);
            }
            if long.kind == version.initial {
                self.initial(direction, version, &long, transaction);
            }
        }
        let crypto = &self.crypto[direction.index()];
        let Some((kind, body)) = crypto.message().filter(|_| !self.done[direction.index()]) else { return };
        self.done[direction.index()] = true;
        match (direction, kind) {
            (ToServer, 1) => client_hello(body, transaction),
            (ToClient, 2) => server_hello(body, transaction),
            _ => transaction.note("quic.error_on_data"),
        }
        self.crypto[direction.index()] = Crypto::default();
    }
    fn initial(
        &mut self,
        direction: Direction,
        version: &keys::Version,
        long: &Long<'_>,
        transaction: &mut Transaction,
    ) {
        let open = |keys: &[Keys; 2]| {
            keys.get(direction.index()).and_then(|keys| keys.open(long.packet, long.head_length))
        };
        let mut opened = match &self.keys {
            Some((number, keys)) if *number == long.version => open(keys),
            _ => None,
        };
        // The first packet of a client, and the first after a Retry, bring a new identifier.
        if opened.is_none() && direction == ToServer {
            let keys = Box::new(Keys::of(version, long.destination_id));
            opened = open(&keys);
            if opened.is_some() {
                self.keys = Some((long.version, keys));
            }
        }
        match opened.map(|payload| self.crypto[direction.index()].frames(&payload)) {
            Some(None) => transaction.note("quic.error_on_data"),
            None if direction == ToServer || self.keys.is_some() => {
                transaction.note("quic.failed_decrypt");
            }
            _ => {}
        }
    }
    fn google(
        &mut self,
        direction: Direction,
        version: &'static str,
        bytes: &[u8],
        transaction: &mut Transaction,
    ) {
        let fields = &mut transaction.fields;
        if fields.get(VERSION).is_none() {
            fields.set(VERSION, version);
        }
        let Some(hello) = google::hello(bytes).filter(|_| direction == ToServer) else { return };
        fields.write(CYU_STRING, |out| hello.cyu(version, out));
        fields.derive(CYU_HASH, CYU_STRING, fingerprint::hash);
        for (id, value) in [(SNI, hello.sni), (USER_AGENT, hello.user_agent)] {
            value.into_iter().for_each(|value| fields.set(id, value));
        }
        // No message of the server can be read.
        self.done = [true; 2];
        transaction.advance(ToClient, Progress::Complete);
    }
}

fn connection(transaction: &mut Transaction) -> Option<&mut Connection> {
    transaction.detail_again(|connection: &mut Connection| {
        connection.extensions.iter_mut().for_each(Vec::clear);
        connection.encrypted_hello = false;
    })
}

fn client_hello(body: &[u8], transaction: &mut Transaction) {
    let Some(said) = tls::ClientHello::read(body) else {
        return transaction.note("quic.error_on_data");
    };
    let fields = &mut transaction.fields;
    fields.write_dear(JA3_STRING, |out| said.hello.ja3(out));
    if fields.wants(JA3_HASH) {
        fields.derive(JA3_HASH, JA3_STRING, fingerprint::hash);
    }
    fields.write_dear(JA4, |out| said.hello.ja4(b'q', out));
    said.alpn().for_each(|name| fields.set(ALPN, name));
    said.sni.into_iter().for_each(|name| fields.set(SNI, name));
    if let Some(connection) = connection(transaction) {
        connection.extensions[0].clear();
        connection.extensions[0].extend(said.hello.kinds());
        connection.encrypted_hello = said.encrypted_hello;
    }
}

fn server_hello(body: &[u8], transaction: &mut Transaction) {
    let Some((hello, _)) = tls::read_server_hello(body) else {
        return transaction.note("quic.error_on_data");
    };
    transaction.fields.write(JA3S_STRING, |out| hello.ja3s(out));
    transaction.fields.derive(JA3S_HASH, JA3S_STRING, fingerprint::hash);
    if let Some(connection) = connection(transaction) {
        connection.extensions[1].clear();
        connection.extensions[1].extend(hello.kinds());
    }
}

/// The `quic` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let fields = &transaction.fields;
    for (key, id) in [("version", VERSION), ("sni", SNI), ("ua", USER_AGENT), ("ja4", JA4)] {
        if let Some(text) = fields.get(id) {
            record.text(key, text);
        }
    }
    if let (Some(hash), Some(text)) = (fields.get(CYU_HASH), fields.get(CYU_STRING)) {
        record.list("cyu", 1, &mut |_, record| {
            record.text("hash", hash);
            record.text("string", text);
        });
    }
    for (key, hash, text) in [("ja3", JA3_HASH, JA3_STRING), ("ja3s", JA3S_HASH, JA3S_STRING)] {
        if let (Some(hash), Some(text)) = (fields.get(hash), fields.get(text)) {
            record.object(key, &mut |record| {
                record.text("hash", hash);
                record.text("string", text);
            });
        }
    }
    let mut alpn = fields.all(ALPN).map(|field| Cow::Borrowed(&*field.bytes)).peekable();
    if alpn.peek().is_some() {
        record.words("client_alpns", &mut alpn);
    }
    let Some(connection) = transaction.detail_of::<Connection>() else { return };
    if connection.encrypted_hello {
        record.flag("ech", true);
    }
    let mut all = connection.extensions.iter().flatten();
    let count = connection.extensions.iter().map(Vec::len).sum();
    record.list("extensions", count, &mut |_, record| {
        let kind = all.next().copied().unwrap_or(0);
        record.text("name", tls::extension_name(kind).as_bytes());
        record.number("type", i64::from(kind));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read_datagrams};

    /// A ClientHello that asks for `a.example`.
    fn hello() -> Vec<u8> {
        let name = b"a.example";
        let list = [&[0, 12, 0, 0, 9][..], name].concat();
        let extension = [&[0, 0, 0, list.len() as u8][..], &list].concat();
        let body =
            [&[3, 3][..], &[5; 32], &[0, 0, 2, 0x13, 1, 1, 0], &[0, extension.len() as u8], &extension]
                .concat();
        [&[1, 0, 0, body.len() as u8][..], &body].concat()
    }
    fn initial(crypto: &[u8], from: Direction) -> Vec<u8> {
        let keys = Keys::of(keys::by_number(1).unwrap(), b"chosen");
        let length = (1 + crypto.len() + 16) as u16 | 0x4000;
        let id: &[u8] = if from == ToServer { b"chosen" } else { b"" };
        let head =
            [&[0xc0, 0, 0, 0, 1, id.len() as u8][..], id, &[0, 0], &length.to_be_bytes(), &[9]].concat();
        keys[from.index()].seal(&head, crypto)
    }

    #[test]
    fn the_name_is_read_however_the_hello_is_cut() {
        let hello = hello();
        let (front, back) = hello.split_at(20);
        let first = initial(&[&[6, 20, back.len() as u8][..], back].concat(), ToServer);
        let second = initial(&[&[1, 6, 0, 20][..], front, &[0; 40]].concat(), ToServer);
        let transactions = read_datagrams(parser, &[(ToServer, &first), (ToServer, &second)]);
        let one = nth(&transactions, 0);
        assert_eq!(one.fields.get(SNI), Some(&b"a.example"[..]));
        assert_eq!(one.fields.get(VERSION), Some(&b"1"[..]));
        assert!(one.fields.get(JA4).is_some_and(|text| text.starts_with(b"q12d0101")));
        assert_eq!(probe(ToServer, &first), Probe::Yes);
    }

    #[test]
    fn the_server_answers_with_the_same_identifier() {
        let hello = hello();
        let asked = initial(&[&[6, 0, 0x40, hello.len() as u8][..], &hello].concat(), ToServer);
        let body = [&[3, 3][..], &[6; 32], &[0, 0x13, 1, 0, 0, 0]].concat();
        let said = [&[6, 0, 44][..], &[2, 0, 0, 40], &body].concat();
        let answer = initial(&said, ToClient);
        let transactions = read_datagrams(parser, &[(ToServer, &asked), (ToClient, &answer)]);
        assert_eq!(nth(&transactions, 0).fields.get(JA3S_STRING), Some(&b"771,4865,"[..]));
        assert!(nth(&transactions, 0).is_complete());
    }
}
