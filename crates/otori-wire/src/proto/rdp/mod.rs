//! RDP: each step of its connection sequence is a transaction; what is shown is not read.
//!
//! Key type: `RdpParser`; `message` reads the steps, `name` has the words for their numbers. MS-RDPBCGR 1.3.1.1; names
//! as Suricata's manual has them ("Event type: RDP").
mod message;
mod name;
#[cfg(test)]
mod tests;

use super::{
    FieldRow, NumberRow, Parser, Probe, ProtocolId, Record,
    framed::{Length, MessageReader, Messages},
    tls,
};
use crate::{
    flow::Direction,
    limits::RDP_TLS_BYTES,
    transaction::{FieldId, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use message::{CONNECTION_CONFIRM, CONNECTION_REQUEST, Client, HEAD_BYTES, Said, transport};

const fn field(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Rdp, index)
}
const COOKIE: FieldId = field(0);
const CLIENT_NAME: FieldId = field(1);

/// All fields. Suricata has none.
pub static FIELDS: &[FieldRow] =
    &[FieldRow::new(ToServer, COOKIE, "rdp.cookie"), FieldRow::new(ToServer, CLIENT_NAME, "rdp.client_name")];
/// No numbers.
pub static NUMBERS: &[NumberRow] = &[];

/// Version of TPKT.
const TPKT: u8 = 3;
/// Bytes of the fixed part of a connection request, RFC 1006 and X.224.
const FIXED_BYTES: usize = 11;

/// A connection request or its answer. Others open X.224 too (S7, IEC 61850), but with parameters of their own.
pub(super) fn probe(direction: Direction, bytes: &[u8]) -> Probe {
    let kind = if direction == ToServer { CONNECTION_REQUEST } else { CONNECTION_CONFIRM };
    match *bytes {
        [] => Probe::More,
        [first, ..] if first != TPKT => Probe::No,
        [_, second, ..] if second != 0 => Probe::No,
        _ if bytes.len() < FIXED_BYTES => Probe::More,
        [_, _, _, _, length, code, ..] if code & 0xf0 == kind && length >= 6 => {
            let rest = bytes.get(FIXED_BYTES..).unwrap_or(&[]);
            match rest {
                [] if length == 6 => Probe::Yes,
                [] => Probe::More,
                [1, ..] if direction == ToServer => Probe::Yes,
                [2 | 3, ..] if direction == ToClient => Probe::Yes,
                _ if direction == ToServer => Probe::prefix(rest, b"Cookie: "),
                _ => Probe::No,
            }
        }
        _ => Probe::No,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(RdpParser::default())
}

/// The clear part, and the part in TLS.
#[derive(Default)]
struct RdpParser {
    clear: Messages<RdpReader>,
    secret: Option<Secret>,
}

/// The hand-shake of TLS, read by its own parser; only its certificate is of interest.
struct Secret {
    parser: Box<dyn Parser>,
    inside: Transactions,
    read: usize,
    told: bool,
}

#[derive(Default)]
struct RdpReader {
    /// both will speak TLS
    secures: bool,
    done: bool,
}

impl Parser for RdpParser {
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        if let Some(secret) = &mut self.secret {
            if transactions.is_full() {
                return 0;
            }
            secret.feed(direction, bytes, transactions);
            return bytes.len();
        }
        let taken = self.clear.feed(direction, bytes, transactions);
        if self.clear.reader().secures {
            self.secret =
                Some(Secret { parser: tls::parser(), inside: Transactions::default(), read: 0, told: false });
        }
        taken
    }
    fn gap(&mut self, direction: Direction, count: u64, transactions: &mut Transactions) {
        match &mut self.secret {
            Some(secret) => secret.told = true,
            None => self.clear.gap(direction, count, transactions),
        }
    }
    fn end(&mut self, direction: Direction, transactions: &mut Transactions) {
        self.clear.end(direction, transactions);
    }
}

impl Secret {
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        if self.told || self.read > RDP_TLS_BYTES {
            return;
        }
        self.read += bytes.len();
        self.parser.feed(direction, bytes, &mut self.inside);
        let serials: Vec<Vec<u8>> =
            self.inside.iter().flat_map(|hello| hello.fields.all(tls::SERIAL)).map(plain).collect();
        if !serials.is_empty() {
            self.told = true;
            tell(direction, Said::Tls { serials }, transactions);
            self.inside = Transactions::default();
        }
    }
}

/// A serial number without its colons.
fn plain(field: &crate::transaction::Field) -> Vec<u8> {
    field.bytes.iter().filter(|byte| **byte != b':').map(u8::to_ascii_lowercase).collect()
}

/// Opens and completes a step.
fn tell(direction: Direction, said: Said, transactions: &mut Transactions) {
    let id = transactions.open(ProtocolId::Rdp);
    let Some(transaction) = transactions.get_mut(id) else { return };
    match &said {
        Said::InitialRequest { cookie: Some(cookie), .. } => transaction.fields.set(COOKIE, cookie),
        Said::ConnectRequest { client, .. } if !client.name.is_empty() => {
            transaction.fields.set(CLIENT_NAME, &client.name);
        }
        _ => {}
    }
    transaction.set_detail(said);
    transaction.complete_alone(direction);
}

impl MessageReader for RdpReader {
    fn length(&self, _direction: Direction, bytes: &[u8]) -> Length {
        if self.done || self.secures {
            return Length::Broken;
        }
        match bytes.first_chunk::<HEAD_BYTES>() {
            Some([TPKT, _, high, low]) => match usize::from(u16::from_be_bytes([*high, *low])) {
                short if short <= HEAD_BYTES => Length::Broken,
                length => Length::Known(length),
            },
            Some(_) => Length::Broken,
            None => Length::More,
        }
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let Some((kind, body)) = transport(bytes) else { return };
        let said = match (direction, kind) {
            (ToServer, CONNECTION_REQUEST) => message::initial_request(body),
            (ToClient, CONNECTION_CONFIRM) => message::initial_response(body),
            _ => match message::connect(body) {
                Some(said) => said,
                None => return,
            },
        };
        self.done |= matches!(said, Said::ConnectResponse | Said::Refusal { .. });
        self.secures |=
            matches!(said, Said::InitialResponse { chosen: Some((protocol, _)) } if protocol != 0);
        tell(direction, said, transactions);
    }
}

/// The `rdp` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(said) = transaction.detail_of::<Said>() else { return };
    record.number("tx_id", transaction.id.cast_signed());
    let kind = match said {
        Said::InitialRequest { .. } => "initial_request",
        Said::InitialResponse { .. } | Said::Refusal { .. } => "initial_response",
        Said::ConnectRequest { .. } => "connect_request",
        Said::ConnectResponse => "connect_response",
        Said::Tls { .. } => "tls_handshake",
    };
    record.text("event_type", kind.as_bytes());
    match said {
        Said::InitialRequest { cookie, flags } => {
            if let Some(cookie) = cookie {
                record.text("cookie", cookie);
            }
            texts("flags", &name::bits(name::REQUEST_FLAGS, u32::from(flags.unwrap_or(0))), record);
        }
        Said::InitialResponse { chosen: Some((protocol, flags)) } => {
            texts("server_supports", &name::bits(name::RESPONSE_FLAGS, u32::from(*flags)), record);
            record.text("protocol", name::protocol(*protocol).as_bytes());
        }
        Said::Refusal { code } => {
            record.number("error_code", (*code).into());
            record.text("reason", name::failure(*code).as_bytes());
        }
        Said::ConnectRequest { client, channels } => {
            record.object("client", &mut |record| log_client(client, record));
            texts("channels", channels, record);
        }
        Said::Tls { serials } => record.texts("x509_serials", serials),
        Said::InitialResponse { chosen: None } | Said::ConnectResponse => {}
    }
}

fn texts(key: &'static str, texts: &[Vec<u8>], record: &mut dyn Record) {
    if !texts.is_empty() {
        record.texts(key, texts);
    }
}

fn log_client(client: &Client, record: &mut dyn Record) {
    let number = |record: &mut dyn Record, key, value: Option<u32>| {
        if let Some(value) = value.filter(|value| *value != 0) {
            record.number(key, value.into());
        }
    };
    let text = |record: &mut dyn Record, key, value: Option<&[u8]>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            record.text(key, value);
        }
    };
    record.text("version", name::version(client.version).as_bytes());
    record.number("desktop_width", client.width.into());
    record.number("desktop_height", client.height.into());
    number(record, "color_depth", client.color_depth.map(u32::from));
    text(record, "keyboard_layout", name::language(client.layout).map(str::as_bytes));
    text(record, "build", name::system(client.build).map(str::as_bytes));
    text(record, "client_name", Some(&client.name));
    record.text("keyboard_type", name::keyboard(client.keyboard).as_bytes());
    number(record, "keyboard_subtype", Some(client.keyboard_subtype));
    number(record, "function_keys", Some(client.function_keys));
    text(record, "ime", Some(&client.input_method));
    number(record, "product_id", Some(client.product.into()));
    number(record, "serial_number", Some(client.serial));
    texts("capabilities", &name::bits(name::CAPABILITIES, client.capabilities.into()), record);
    text(record, "id", Some(&client.id));
    text(record, "connection_hint", client.hint().map(str::as_bytes));
    number(record, "physical_width", client.physical.map(|(width, _)| width));
    number(record, "physical_height", client.physical.map(|(_, height)| height));
    number(record, "desktop_orientation", client.orientation.map(u32::from));
    number(record, "scale_factor", client.scale.map(|(desktop, _)| desktop));
    number(record, "device_scale_factor", client.scale.map(|(_, device)| device));
}
