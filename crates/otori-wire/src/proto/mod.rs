//! The application protocols: one folder each, one row in `table`.
//!
//! A [`ProtocolRow`] gives the name, the ports, the probe, the parser, the fields that rules look at and the log
//! record. To add a protocol: a folder, a [`ProtocolId`], a row in [`PROTOCOLS`].
use crate::{
    flow::Direction,
    transaction::{FieldId, Transaction, Transactions},
};
use std::borrow::Cow;

pub mod adb;
pub mod bacnet;
mod ber;
pub mod bittorrent;
pub mod coap;
pub mod cwmp;
pub mod dcerpc;
pub mod dear;
pub mod dhcp;
pub mod dnp3;
pub mod dns;
mod document;
pub mod echonet;
pub mod enip;
pub mod file;
mod framed;
pub mod ftp;
mod headed;
pub mod http;
pub mod http2;
pub mod ike;
pub mod imap;
pub mod krb5;
pub mod ldap;
pub mod lines;
pub mod modbus;
pub mod mqtt;
pub mod nfs;
pub mod ntp;
pub mod pgsql;
pub mod pop3;
pub mod quic;
pub mod rdp;
pub mod rfb;
pub mod rtsp;
pub mod sip;
pub mod smb;
pub mod smtp;
pub mod snmp;
pub mod ssdp;
pub mod ssh;
mod table;
pub mod telnet;
pub mod tftp;
pub mod tls;
pub mod websocket;

pub use document::document;
pub use table::PROTOCOLS;

/// A protocol's number, the high byte of its [`FieldId`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ProtocolId {
    /// fields that several protocols share
    Shared = 0,
    /// RFC 9112
    Http = 1,
    /// RFC 1035
    Dns = 2,
    /// RFC 8446
    Tls = 3,
    /// RFC 959
    Ftp = 4,
    /// RFC 5321
    Smtp = 5,
    /// RFC 4253
    Ssh = 6,
    /// [MS-SMB2]
    Smb = 7,
    /// RFC 3261
    Sip = 8,
    /// MQTT 3.1, 3.1.1 and 5
    Mqtt = 9,
    /// RFC 3416
    Snmp = 10,
    /// RFC 959 3.3
    FtpData = 11,
    /// RFC 9113
    Http2 = 12,
    /// MODBUS Application Protocol
    Modbus = 13,
    /// RFC 9000
    Quic = 14,
    /// IEEE 1815
    Dnp3 = 15,
    /// RFC 2131
    Dhcp = 16,
    /// RFC 5905
    Ntp = 17,
    /// RFC 7252
    Coap = 18,
    /// ANSI/ASHRAE 135, annex J
    Bacnet = 19,
    /// ECHONET Lite Specification
    Echonet = 20,
    /// Android Debug Bridge
    Adb = 21,
    /// RFC 2326
    Rtsp = 22,
    /// UPnP Device Architecture
    Ssdp = 23,
    /// RFC 1350
    Tftp = 24,
    /// RFC 854
    Telnet = 25,
    /// RFC 6455
    Websocket = 26,
    /// EtherNet/IP
    Enip = 27,
    /// Broadband Forum TR-069
    Cwmp = 28,
    /// RFC 4795
    Llmnr = 29,
    /// RFC 6762
    Mdns = 30,
    /// RFC 6143
    Rfb = 31,
    /// RFC 7296, RFC 2409
    Ike = 32,
    /// RFC 4120
    Krb5 = 33,
    /// RFC 4511
    Ldap = 34,
    /// The Open Group C706
    Dcerpc = 35,
    /// PostgreSQL, version 3 of its protocol
    Pgsql = 36,
    /// RFC 1813, RFC 7530
    Nfs = 37,
    /// RFC 1939
    Pop3 = 38,
    /// [MS-RDPBCGR]
    Rdp = 39,
    /// BEP 5
    Bittorrent = 40,
    /// RFC 9051
    Imap = 41,
}

impl ProtocolId {
    /// A rule about `self` is about `other` as well: `http` means every version of it, and pipes of SMB carry DCE/RPC.
    pub fn covers(self, other: ProtocolId) -> bool {
        let carried = matches!(
            (self, other),
            (ProtocolId::Http, ProtocolId::Http2) | (ProtocolId::Dcerpc, ProtocolId::Smb)
        );
        self == other || carried
    }
    /// A rule about `self` may look at fields of `other`: versions of HTTP share theirs.
    pub fn shares_fields_of(self, other: ProtocolId) -> bool {
        let carries = matches!(
            (self, other),
            (ProtocolId::Http2, ProtocolId::Http) | (ProtocolId::Smb, ProtocolId::Dcerpc)
        );
        self.covers(other) || carries
    }
}

/// What a probe says of the first bytes of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// it is
    Yes,
    /// it cannot be
    No,
    /// more bytes are needed
    More,
}

impl Probe {
    /// Whether the bytes begin with a word, or are the beginning of it.
    pub fn prefix(bytes: &[u8], word: &[u8]) -> Probe {
        let common = word.len().min(bytes.len());
        match bytes.get(..common) == word.get(..common) {
            true if common == word.len() => Probe::Yes,
            true => Probe::More,
            false => Probe::No,
        }
    }
    /// The same for one of several words.
    pub fn prefix_of(bytes: &[u8], words: &[impl AsRef<[u8]>]) -> Probe {
        let all = words.iter().map(|word| Probe::prefix(bytes, word.as_ref()));
        all.fold(Probe::No, |best, found| match (best, found) {
            (Probe::Yes, _) | (_, Probe::Yes) => Probe::Yes,
            (Probe::More, _) | (_, Probe::More) => Probe::More,
            _ => Probe::No,
        })
    }
}

/// One field that rules can look at.
pub struct FieldRow {
    /// which
    pub id: FieldId,
    /// sticky buffer (`http.uri`)
    pub keyword: &'static str,
    /// other names of the sticky buffer (`tls_sni`)
    pub aliases: &'static [&'static str],
    /// the content modifier of Suricata 3 (`http_uri`)
    pub modifier: Option<&'static str>,
    /// the direction that has it
    pub direction: Direction,
}

impl FieldRow {
    /// A sticky buffer with one name.
    pub const fn new(direction: Direction, id: FieldId, keyword: &'static str) -> Self {
        FieldRow { id, keyword, aliases: &[], modifier: None, direction }
    }
}

/// How a number's value is written in a rule, besides as a comparison.
#[derive(Clone, Copy, Debug)]
pub enum NumberForm {
    /// only as a comparison
    Plain,
    /// by name
    Named(&'static [(&'static str, u64)]),
    /// as a list of bits, each with `!` when it must not be set
    Flags(&'static [(&'static str, u64)]),
}

/// One number that rules can compare.
pub struct NumberRow {
    /// which
    pub id: FieldId,
    /// keyword (`dns.rrtype`)
    pub keyword: &'static str,
    /// other names of the keyword
    pub aliases: &'static [&'static str],
    /// the direction that has it
    pub direction: Direction,
    /// how its value is written
    pub form: NumberForm,
}

impl NumberRow {
    /// A number with one name.
    pub const fn new(direction: Direction, id: FieldId, keyword: &'static str, form: NumberForm) -> Self {
        NumberRow { id, keyword, aliases: &[], direction, form }
    }
}

/// One protocol.
pub struct ProtocolRow {
    /// number
    pub id: ProtocolId,
    /// name in rules and in EVE's `app_proto`
    pub name: &'static str,
    /// key of its object in EVE
    pub log_key: &'static str,
    /// IP protocols
    pub transports: &'static [u8],
    /// usual ports; they only decide who is asked first
    pub ports: &'static [u16],
    /// the probe is weak: ask only on the usual ports
    pub only_ports: bool,
    /// looks at the first bytes
    pub probe: fn(Direction, &[u8]) -> Probe,
    /// makes a parser
    pub parser: fn() -> Box<dyn Parser>,
    /// fields
    pub fields: &'static [FieldRow],
    /// numbers
    pub numbers: &'static [NumberRow],
    /// writes the log record's fields
    pub log: fn(&Transaction, &mut dyn Record),
    /// an object of the line beside the protocol's own, if it has one
    pub beside: Option<&'static Beside>,
}

/// A second object of a protocol's line.
#[derive(Debug)]
pub struct Beside {
    /// its key (`email`)
    pub key: &'static str,
    /// whether the transaction has anything for it
    pub is_there: fn(&Transaction) -> bool,
    /// writes its fields
    pub log: fn(&Transaction, &mut dyn Record),
}

/// A connection that is announced on another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// what it speaks
    pub protocol: ProtocolId,
    /// the server of the announcing connection opens it, to the client
    pub reversed: bool,
    /// the port that is listened on; 0 is the one that the announcing client has
    pub port: u16,
    /// why (RETR, STOR)
    pub command: Vec<u8>,
    /// the file that it will carry
    pub file: Vec<u8>,
}

impl Default for Expectation {
    fn default() -> Self {
        let protocol = ProtocolId::FtpData;
        Expectation { protocol, reversed: false, port: 0, command: Vec::new(), file: Vec::new() }
    }
}

impl Expectation {
    /// The parser of the connection.
    pub(crate) fn parser(self) -> Box<dyn Parser> {
        match self.protocol {
            ProtocolId::Tftp => tftp::expected(self),
            _ => ftp::data::expected(self),
        }
    }
}

/// A streaming, tolerant parser of one flow.
pub trait Parser: Send {
    /// Another protocol goes on from here, with this parser. The bytes behind the change were not taken.
    fn changes(&mut self) -> Option<(ProtocolId, Box<dyn Parser>)> {
        None
    }
    /// What follows is a connection of its own, of any protocol, since the last call. Its bytes were not taken.
    fn tunnels(&mut self) -> bool {
        false
    }
    /// A connection that this one has announced since the last call.
    fn expects(&mut self) -> Option<Expectation> {
        None
    }
    /// What is fed are datagrams, each a whole message.
    fn datagrams(&mut self) {}
    /// Takes the next bytes, or one datagram; returns how many, fewer when [`Transactions::is_full`].
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize;
    /// That many bytes are missing.
    fn gap(&mut self, direction: Direction, count: u64, transactions: &mut Transactions);
    /// No more bytes.
    fn end(&mut self, direction: Direction, transactions: &mut Transactions);
}

/// Where log fields go: implemented by the EVE writer.
pub trait Record {
    /// A text; bytes that are not UTF-8 are shown safely.
    fn text(&mut self, key: &'static str, bytes: &[u8]);
    /// A number.
    fn number(&mut self, key: &'static str, value: i64);
    /// A truth.
    fn flag(&mut self, key: &'static str, value: bool);
    /// A list of objects; `each` is called with the place in the list.
    fn list(&mut self, key: &'static str, count: usize, each: &mut dyn FnMut(usize, &mut dyn Record));
    /// A list of small numbers.
    fn numbers(&mut self, key: &'static str, values: &[u8]);
    /// A list of texts, as they come.
    fn words(&mut self, key: &'static str, words: &mut dyn Iterator<Item = Cow<'_, [u8]>>);
    /// A list of texts.
    fn texts(&mut self, key: &'static str, texts: &[Vec<u8>]) {
        self.words(key, &mut texts.iter().map(|text| Cow::Borrowed(text.as_slice())));
    }
    /// A list of what numbers are called.
    fn names(&mut self, key: &'static str, names: &mut dyn Iterator<Item = Cow<'static, str>>) {
        self.words(
            key,
            &mut names.map(|name| match name {
                Cow::Borrowed(name) => Cow::Borrowed(name.as_bytes()),
                Cow::Owned(name) => Cow::Owned(name.into_bytes()),
            }),
        );
    }
    /// An object.
    fn object(&mut self, key: &'static str, fill: &mut dyn FnMut(&mut dyn Record));
}

/// Fields of all protocols, those of files first.
pub fn fields() -> impl Iterator<Item = &'static FieldRow> {
    file::FIELDS.iter().chain(PROTOCOLS.iter().flat_map(|row| row.fields))
}

/// Numbers of all protocols, those of files first.
pub fn numbers() -> impl Iterator<Item = &'static NumberRow> {
    file::NUMBERS.iter().chain(PROTOCOLS.iter().flat_map(|row| row.numbers))
}

/// The protocol that a field belongs to.
pub fn owner(id: FieldId) -> Option<ProtocolId> {
    let high = id.0 >> 8;
    if high == ProtocolId::Shared as u16 {
        return Some(ProtocolId::Shared);
    }
    PROTOCOLS.iter().map(|row| row.id).find(|owner| *owner as u16 == high)
}

/// The row of that name.
pub fn by_name(name: &str) -> Option<&'static ProtocolRow> {
    PROTOCOLS.binary_search_by(|row| row.name.cmp(name)).ok().and_then(|place| PROTOCOLS.get(place))
}

/// The row of that number.
pub fn by_id(id: ProtocolId) -> Option<&'static ProtocolRow> {
    PROTOCOLS.iter().find(|row| row.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_fields_belong_to_their_row() {
        assert!(PROTOCOLS.is_sorted_by(|a, b| a.name < b.name));
        for row in PROTOCOLS {
            assert!(row.fields.iter().all(|field| field.id.0 >> 8 == row.id as u16));
            assert!(row.numbers.iter().all(|number| number.id.0 >> 8 == row.id as u16));
            assert!(by_name(row.name).is_some_and(|found| found.id == row.id));
        }
    }
}
