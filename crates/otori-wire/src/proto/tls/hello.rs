//! Reads hand-shake messages.
//!
//! RFC 8446 4.1 and 4.4.2, RFC 5246 7.4, RFC 6066 3, RFC 7301.
use super::{CERTIFICATE, Handshake, SNI};
use crate::{
    cursor::Cursor,
    flow::Direction,
    transaction::{Progress, Transaction},
};

const MAX_CERTIFICATES: usize = 16;
const MAX_PROTOCOLS: usize = 16;

/// One whole hand-shake message.
pub(super) fn message(direction: Direction, kind: u8, body: &[u8], transaction: &mut Transaction) {
    let read = match (direction, kind) {
        (Direction::ToServer, 1) => client_hello(body, transaction),
        (Direction::ToClient, 2) => server_hello(body, transaction),
        (Direction::ToClient, 11) => certificates(body, transaction),
        _ => Some(()),
    };
    if read.is_none() {
        transaction.note("tls.invalid_handshake_message");
    }
    if kind <= 2 {
        transaction.advance(direction, Progress::Headers);
    }
}

fn handshake(transaction: &Transaction) -> Handshake {
    let detail = transaction.detail.as_ref();
    detail.and_then(|detail| detail.as_any().downcast_ref::<Handshake>()).cloned().unwrap_or_default()
}

fn client_hello(body: &[u8], transaction: &mut Transaction) -> Option<()> {
    let mut seen = handshake(transaction);
    let mut cursor = Cursor::new(body);
    seen.version = cursor.u16()?;
    cursor.skip(32)?;
    let session = usize::from(cursor.u8()?);
    cursor.skip(session)?;
    let suites = usize::from(cursor.u16()?);
    cursor.skip(suites)?;
    let compressions = usize::from(cursor.u8()?);
    cursor.skip(compressions)?;
    // Before TLS 1.2 a hello may end here.
    let total = cursor.u16().map_or(0, usize::from);
    let mut extensions = Cursor::new(cursor.rest().get(..total.min(cursor.left()))?);
    while let (Some(kind), Some(length)) = (extensions.u16(), extensions.u16()) {
        let Some(data) = extensions.take(usize::from(length)) else { break };
        match kind {
            0 => {
                if let Some(name) = server_name(data) {
                    transaction.fields.set(SNI, name);
                }
            }
            16 => seen.alpn = protocols(data),
            0xfe0d => seen.encrypted_hello = true,
            _ => {}
        }
    }
    transaction.detail = Some(Box::new(seen));
    Some(())
}

/// The first host name; RFC 6066 allows one.
fn server_name(data: &[u8]) -> Option<&[u8]> {
    let mut cursor = Cursor::new(data);
    cursor.u16()?;
    while let Some(kind) = cursor.u8() {
        let length = usize::from(cursor.u16()?);
        let name = cursor.take(length)?;
        if kind == 0 {
            return Some(name);
        }
    }
    None
}

fn protocols(data: &[u8]) -> Vec<Vec<u8>> {
    let mut cursor = Cursor::new(data);
    let mut found = Vec::new();
    if cursor.u16().is_none() {
        return found;
    }
    while let Some(name) = cursor.u8().and_then(|length| cursor.take(usize::from(length))) {
        if found.len() < MAX_PROTOCOLS {
            found.push(name.to_vec());
        }
    }
    found
}

fn server_hello(body: &[u8], transaction: &mut Transaction) -> Option<()> {
    let mut seen = handshake(transaction);
    let mut cursor = Cursor::new(body);
    seen.version = cursor.u16()?;
    cursor.skip(32)?;
    let session = usize::from(cursor.u8()?);
    cursor.skip(session)?;
    cursor.skip(3)?;
    let total = cursor.u16().map_or(0, usize::from);
    let mut extensions = Cursor::new(cursor.rest().get(..total.min(cursor.left()))?);
    while let (Some(kind), Some(length)) = (extensions.u16(), extensions.u16()) {
        let Some(data) = extensions.take(usize::from(length)) else { break };
        if let (43, Some(version)) = (kind, Cursor::new(data).u16()) {
            seen.version = version;
        }
    }
    transaction.detail = Some(Box::new(seen));
    Some(())
}

fn certificates(body: &[u8], transaction: &mut Transaction) -> Option<()> {
    let mut cursor = Cursor::new(body);
    cursor.u24()?;
    for _ in 0..MAX_CERTIFICATES {
        let Some(length) = cursor.u24() else { break };
        transaction.fields.set(CERTIFICATE, cursor.take(length as usize)?);
    }
    Some(())
}
