//! The application protocols: one folder each, one row here.
//!
//! A [`ProtocolRow`] gives the name, the ports, the probe, the parser, the fields that rules look at and the log
//! record. To add a protocol: a folder, a [`ProtocolId`], a row in [`PROTOCOLS`].
use crate::{
    decode::protocol,
    flow::Direction,
    transaction::{FieldId, Transaction, Transactions},
};

pub mod dns;
pub mod file;
mod framed;
pub mod ftp;
pub mod http;
pub mod http2;
pub mod lines;
pub mod modbus;
pub mod mqtt;
pub mod quic;
pub mod sip;
pub mod smb;
pub mod smtp;
pub mod snmp;
pub mod ssh;
pub mod tls;

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
}

impl ProtocolId {
    /// A rule about `self` is about `other` as well: `http` means every version of it.
    pub fn covers(self, other: ProtocolId) -> bool {
        self == other || self == ProtocolId::Http && other == ProtocolId::Http2
    }
    /// A rule about `self` may look at fields of `other`: versions of HTTP share theirs.
    pub fn shares_fields_of(self, other: ProtocolId) -> bool {
        self.covers(other) || self == ProtocolId::Http2 && other == ProtocolId::Http
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
}

/// A connection that is announced on another one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// the server of the announcing connection opens it, to the client
    pub reversed: bool,
    /// the port that is listened on
    pub port: u16,
    /// why (RETR, STOR)
    pub command: Vec<u8>,
    /// the file that it will carry
    pub file: Vec<u8>,
}

/// A streaming, tolerant parser of one flow.
pub trait Parser: Send {
    /// Another protocol goes on from here, with this parser. The bytes behind the change were not taken.
    fn changes(&mut self) -> Option<(ProtocolId, Box<dyn Parser>)> {
        None
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
    /// A list of texts.
    fn texts(&mut self, key: &'static str, texts: &[Vec<u8>]);
    /// An object.
    fn object(&mut self, key: &'static str, fill: &mut dyn FnMut(&mut dyn Record));
}

const TCP: &[u8] = &[protocol::TCP];
const UDP: &[u8] = &[protocol::UDP];
const BOTH: &[u8] = &[protocol::TCP, protocol::UDP];

/// All protocols, sorted by name.
pub static PROTOCOLS: &[ProtocolRow] = &[
    ProtocolRow {
        id: ProtocolId::Dns,
        name: "dns",
        log_key: "dns",
        transports: BOTH,
        ports: &[53],
        only_ports: false,
        probe: dns::probe,
        parser: dns::parser,
        fields: dns::FIELDS,
        numbers: dns::NUMBERS,
        log: dns::log,
    },
    ProtocolRow {
        id: ProtocolId::Ftp,
        name: "ftp",
        log_key: "ftp",
        transports: TCP,
        ports: &[21, 2121],
        only_ports: true,
        probe: ftp::probe,
        parser: ftp::parser,
        fields: ftp::FIELDS,
        numbers: ftp::NUMBERS,
        log: ftp::log,
    },
    ProtocolRow {
        id: ProtocolId::FtpData,
        name: "ftp-data",
        log_key: "ftp_data",
        transports: TCP,
        ports: &[],
        only_ports: true,
        probe: ftp::data::probe,
        parser: ftp::data::parser,
        fields: &[],
        numbers: ftp::data::NUMBERS,
        log: ftp::data::log,
    },
    ProtocolRow {
        id: ProtocolId::Http,
        name: "http",
        log_key: "http",
        transports: TCP,
        ports: &[80, 8080, 8000, 8081, 8888, 3128],
        only_ports: false,
        probe: http::probe,
        parser: http::parser,
        fields: http::FIELDS,
        numbers: &[],
        log: http::log,
    },
    ProtocolRow {
        id: ProtocolId::Http2,
        name: "http2",
        log_key: "http",
        transports: TCP,
        ports: &[80, 8080],
        only_ports: false,
        probe: http2::probe,
        parser: http2::parser,
        fields: http2::FIELDS,
        numbers: http2::NUMBERS,
        log: http2::log,
    },
    ProtocolRow {
        id: ProtocolId::Modbus,
        name: "modbus",
        log_key: "modbus",
        transports: TCP,
        ports: &[502],
        only_ports: true,
        probe: modbus::probe,
        parser: modbus::parser,
        fields: &[],
        numbers: modbus::NUMBERS,
        log: modbus::log,
    },
    ProtocolRow {
        id: ProtocolId::Mqtt,
        name: "mqtt",
        log_key: "mqtt",
        transports: TCP,
        ports: &[1883],
        only_ports: false,
        probe: mqtt::probe,
        parser: mqtt::parser,
        fields: mqtt::FIELDS,
        numbers: mqtt::NUMBERS,
        log: mqtt::log,
    },
    ProtocolRow {
        id: ProtocolId::Quic,
        name: "quic",
        log_key: "quic",
        transports: UDP,
        ports: &[443],
        only_ports: false,
        probe: quic::probe,
        parser: quic::parser,
        fields: quic::FIELDS,
        numbers: &[],
        log: quic::log,
    },
    ProtocolRow {
        id: ProtocolId::Sip,
        name: "sip",
        log_key: "sip",
        transports: BOTH,
        ports: &[5060],
        only_ports: false,
        probe: sip::probe,
        parser: sip::parser,
        fields: sip::FIELDS,
        numbers: &[],
        log: sip::log,
    },
    ProtocolRow {
        id: ProtocolId::Smb,
        name: "smb",
        log_key: "smb",
        transports: TCP,
        ports: &[445, 139],
        only_ports: false,
        probe: smb::probe,
        parser: smb::parser,
        fields: &[],
        numbers: &[],
        log: smb::log,
    },
    ProtocolRow {
        id: ProtocolId::Smtp,
        name: "smtp",
        log_key: "smtp",
        transports: TCP,
        ports: &[25, 465, 587, 2525],
        only_ports: true,
        probe: smtp::probe,
        parser: smtp::parser,
        fields: smtp::FIELDS,
        numbers: &[],
        log: smtp::log,
    },
    ProtocolRow {
        id: ProtocolId::Snmp,
        name: "snmp",
        log_key: "snmp",
        transports: UDP,
        ports: &[161, 162],
        only_ports: false,
        probe: snmp::probe,
        parser: snmp::parser,
        fields: snmp::FIELDS,
        numbers: snmp::NUMBERS,
        log: snmp::log,
    },
    ProtocolRow {
        id: ProtocolId::Ssh,
        name: "ssh",
        log_key: "ssh",
        transports: TCP,
        ports: &[22, 2222],
        only_ports: false,
        probe: ssh::probe,
        parser: ssh::parser,
        fields: ssh::FIELDS,
        numbers: &[],
        log: ssh::log,
    },
    ProtocolRow {
        id: ProtocolId::Tls,
        name: "tls",
        log_key: "tls",
        transports: TCP,
        ports: &[443, 8443, 8883, 465, 993, 995],
        only_ports: false,
        probe: tls::probe,
        parser: tls::parser,
        fields: tls::FIELDS,
        numbers: tls::NUMBERS,
        log: tls::log,
    },
];

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
