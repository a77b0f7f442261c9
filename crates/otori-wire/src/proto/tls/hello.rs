//! Reads hand-shake messages.
//!
//! RFC 8446 4.1 and 4.4.2, RFC 5246 7.4, RFC 6066 3, RFC 7301.
use super::{
    ALPN, ALTERNATIVE, CERTIFICATE, CHAIN_LENGTH, FINGERPRINT, Handshake, ISSUER, JA3_HASH, JA3_STRING,
    JA3S_HASH, JA3S_STRING, JA4, RANDOM, SERIAL, SNI, SUBJECT, VERSION_CLIENT, VERSION_SERVER,
    certificate::{self, colons},
    fingerprint::{Hello, hash},
};
use crate::{
    cursor::Cursor,
    digest::Sha1,
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
    transaction.detail_of::<Handshake>().cloned().unwrap_or_default()
}

/// What a ClientHello says.
#[derive(Default)]
pub(in crate::proto) struct ClientHello {
    pub(in crate::proto) hello: Hello,
    /// first host name
    pub(in crate::proto) sni: Option<Vec<u8>>,
    /// application protocols offered
    pub(in crate::proto) alpn: Vec<Vec<u8>>,
    /// Encrypted Client Hello is offered (RFC 9849)
    pub(in crate::proto) encrypted_hello: bool,
    random: Vec<u8>,
    /// extensions with a name
    names: usize,
}

impl ClientHello {
    /// Reads the message behind its four bytes of header.
    pub(in crate::proto) fn read(body: &[u8]) -> Option<ClientHello> {
        let mut said = ClientHello::default();
        let mut cursor = Cursor::new(body);
        said.hello.version = cursor.u16()?;
        said.random = cursor.take(32)?.to_vec();
        let session = usize::from(cursor.u8()?);
        cursor.skip(session)?;
        let suites = usize::from(cursor.u16()?);
        said.hello.suites = words(cursor.take(suites)?);
        let compressions = usize::from(cursor.u8()?);
        cursor.skip(compressions)?;
        // Before TLS 1.2 a hello may end here.
        let total = cursor.u16().map_or(0, usize::from);
        let mut extensions = Cursor::new(cursor.rest().get(..total.min(cursor.left()))?);
        while let (Some(kind), Some(length)) = (extensions.u16(), extensions.u16()) {
            let Some(data) = extensions.take(usize::from(length)) else { break };
            if said.hello.extensions.len() < MAX_EXTENSIONS {
                said.hello.extensions.push(kind);
            }
            said.extension(kind, data);
        }
        said.hello.protocol = said.alpn.first().cloned().unwrap_or_default();
        Some(said)
    }
    fn extension(&mut self, kind: u16, data: &[u8]) {
        match kind {
            0 => {
                self.names += 1;
                if self.names == 1 {
                    self.sni = server_name(data).map(<[u8]>::to_vec);
                }
                self.hello.named = true;
            }
            16 => self.alpn = protocols(data),
            0xfe0d => self.encrypted_hello = true,
            _ => self.hello.extension(kind, data),
        }
    }
}

fn client_hello(body: &[u8], transaction: &mut Transaction) -> Option<()> {
    let mut seen = handshake(transaction);
    let said = ClientHello::read(body)?;
    if said.names > 1 {
        transaction.note("tls.multiple_sni_extensions");
    }
    let fields = &mut transaction.fields;
    fields.set(RANDOM, said.random);
    said.sni.into_iter().for_each(|name| fields.set(SNI, name));
    said.alpn.iter().for_each(|name| fields.set(ALPN, name.as_slice()));
    let text = said.hello.ja3();
    fields.set(JA3_HASH, hash(&text));
    fields.set(JA3_STRING, text);
    fields.set(JA4, said.hello.ja4('t'));
    fields.set_number(VERSION_CLIENT, u64::from(said.hello.version));
    (seen.version, seen.alpn, seen.encrypted_hello) = (said.hello.version, said.alpn, said.encrypted_hello);
    transaction.detail = Some(Box::new(seen));
    Some(())
}

/// A ClientHello in SSL 2's form, with which clients once asked for TLS: RFC 5246 E.2.
pub(super) fn is_old(record: &[u8]) -> bool {
    let Some([high, _, 1, major, minor, specs_high, specs_low, session_high, session_low]) =
        record.first_chunk::<9>()
    else {
        return false;
    };
    let specs = u16::from_be_bytes([*specs_high, *specs_low]);
    let session = u16::from_be_bytes([*session_high, *session_low]);
    let version = matches!((major, minor), (0, 2) | (3, 0..=4));
    high & 0x80 != 0 && version && specs > 0 && specs.is_multiple_of(3) && matches!(session, 0 | 16)
}

/// Reads it: the version is all that is kept.
pub(super) fn old_client_hello(record: &[u8], transaction: &mut Transaction) {
    let mut seen = handshake(transaction);
    let Some(version) = record.get(3..5) else { return };
    seen.version = u16::from_be_bytes([version[0], version[1]]);
    transaction.fields.set_number(VERSION_CLIENT, u64::from(seen.version));
    transaction.detail = Some(Box::new(seen));
    transaction.advance(Direction::ToServer, Progress::Headers);
}

/// Extensions of one hello.
const MAX_EXTENSIONS: usize = 128;

fn words(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
}

impl Hello {
    /// What an extension lists, behind the length of its list.
    fn extension(&mut self, kind: u16, data: &[u8]) {
        let behind = |count: usize| data.get(count..).unwrap_or(&[]);
        match kind {
            10 => self.groups = words(behind(2)),
            11 => self.formats = behind(1).to_vec(),
            13 => self.algorithms = words(behind(2)),
            43 => self.versions = words(behind(1)),
            _ => {}
        }
    }
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

/// What a ServerHello says, and the version that it chooses.
pub(in crate::proto) fn read_server_hello(body: &[u8]) -> Option<(Hello, u16)> {
    let mut hello = Hello::default();
    let mut cursor = Cursor::new(body);
    hello.version = cursor.u16()?;
    let mut version = hello.version;
    cursor.skip(32)?;
    let session = usize::from(cursor.u8()?);
    cursor.skip(session)?;
    hello.suites.push(cursor.u16()?);
    cursor.skip(1)?;
    let total = cursor.u16().map_or(0, usize::from);
    let mut extensions = Cursor::new(cursor.rest().get(..total.min(cursor.left()))?);
    while let (Some(kind), Some(length)) = (extensions.u16(), extensions.u16()) {
        let Some(data) = extensions.take(usize::from(length)) else { break };
        if hello.extensions.len() < MAX_EXTENSIONS {
            hello.extensions.push(kind);
        }
        if let (43, Some(chosen)) = (kind, Cursor::new(data).u16()) {
            version = chosen;
        }
    }
    Some((hello, version))
}

fn server_hello(body: &[u8], transaction: &mut Transaction) -> Option<()> {
    let mut seen = handshake(transaction);
    let (hello, version) = read_server_hello(body)?;
    seen.version = version;
    let text = hello.ja3s();
    transaction.fields.set(JA3S_HASH, hash(&text));
    transaction.fields.set(JA3S_STRING, text);
    transaction.fields.set_number(VERSION_SERVER, u64::from(seen.version));
    transaction.detail = Some(Box::new(seen));
    Some(())
}

fn certificates(body: &[u8], transaction: &mut Transaction) -> Option<()> {
    let mut cursor = Cursor::new(body);
    cursor.u24()?;
    let mut count = 0;
    for _ in 0..MAX_CERTIFICATES {
        let Some(length) = cursor.u24() else { break };
        let der = cursor.take(length as usize)?;
        transaction.fields.set(CERTIFICATE, der);
        count += 1;
        if count == 1 {
            first_certificate(der, transaction);
        }
    }
    transaction.fields.set_number(CHAIN_LENGTH, count);
    Some(())
}

/// The server's own certificate.
fn first_certificate(der: &[u8], transaction: &mut Transaction) {
    let fingerprint = colons(&Sha1::of(der), |byte| format!("{byte:02x}"));
    transaction.fields.set(FINGERPRINT, fingerprint);
    match certificate::read(der) {
        Ok(read) => {
            transaction.fields.set(SUBJECT, read.subject.clone());
            transaction.fields.set(ISSUER, read.issuer.clone());
            transaction.fields.set(SERIAL, read.serial.clone());
            read.alternatives.iter().for_each(|name| transaction.fields.set(ALTERNATIVE, name.as_slice()));
            let mut seen = handshake(transaction);
            seen.certificate = Some(read);
            transaction.detail = Some(Box::new(seen));
        }
        Err(name) => {
            transaction.note(name);
            transaction.note("tls.invalid_certificate");
        }
    }
}

/// Names of extensions, IANA; those that QUIC's log shows.
const EXTENSIONS: &[(u16, &str)] = &[
    (0, "server_name"),
    (1, "max_fragment_length"),
    (5, "status_request"),
    (10, "supported_groups"),
    (11, "ec_point_formats"),
    (13, "signature_algorithms"),
    (16, "alpn"),
    (18, "signed_certificate_timestamp"),
    (21, "padding"),
    (23, "extended_master_secret"),
    (27, "compress_certificate"),
    (28, "record_size_limit"),
    (34, "delegated_credentials"),
    (35, "session_ticket"),
    (41, "pre_shared_key"),
    (42, "early_data"),
    (43, "supported_versions"),
    (44, "cookie"),
    (45, "psk_key_exchange_modes"),
    (49, "post_handshake_auth"),
    (51, "key_share"),
    (57, "quic_transport_parameters"),
    (0x4469, "application_settings"),
    (0xfe0d, "encrypted_client_hello"),
    (0xffa5, "quic_transport_parameters"),
];

/// The name of an extension; `unknown` when it has none here.
pub(in crate::proto) fn extension_name(kind: u16) -> &'static str {
    EXTENSIONS.iter().find(|(have, _)| *have == kind).map_or("unknown", |(_, name)| name)
}
