//! Reads hand-shake messages.
//!
//! RFC 8446 4.1 and 4.4.2, RFC 5246 7.4, RFC 6066 3, RFC 7301.
use super::{
    ALPN, ALTERNATIVE, CERTIFICATE, CHAIN_LENGTH, FINGERPRINT, Handshake, ISSUER, JA3_HASH, JA3_STRING,
    JA3S_HASH, JA3S_STRING, JA4, NOT_AFTER, NOT_BEFORE, RANDOM, RANDOM_BYTES, RANDOM_TIME, SERIAL, SNI,
    SUBJECT, VERSION_CLIENT, VERSION_SERVER,
    certificate::{Certificate, alternatives, colons, seconds_of_life},
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

/// The record of what the hand-shake says, to add to it, and the transaction.
fn with_handshake(transaction: &mut Transaction, act: impl FnOnce(&mut Handshake, &mut Transaction)) {
    transaction.with_own_detail(Handshake::clear, act);
}

/// What a ClientHello says, where it lies.
#[derive(Default)]
pub(in crate::proto) struct ClientHello<'a> {
    pub(in crate::proto) hello: Hello<'a>,
    /// first host name
    pub(in crate::proto) sni: Option<&'a [u8]>,
    /// application protocols offered: the list of extension 16
    protocols: &'a [u8],
    /// Encrypted Client Hello is offered (RFC 9849)
    pub(in crate::proto) encrypted_hello: bool,
    random: &'a [u8],
    /// extensions with a name
    names: usize,
    /// what is wrong with the first of them
    flaw: Option<&'static str>,
}

impl<'a> ClientHello<'a> {
    /// Reads the message behind its four bytes of header.
    pub(in crate::proto) fn read(body: &'a [u8]) -> Option<ClientHello<'a>> {
        let mut said = ClientHello::default();
        let mut cursor = Cursor::new(body);
        said.hello.version = cursor.u16()?;
        said.random = cursor.take(32)?;
        let session = usize::from(cursor.u8()?);
        cursor.skip(session)?;
        let suites = usize::from(cursor.u16()?);
        said.hello.suites = cursor.take(suites)?;
        let compressions = usize::from(cursor.u8()?);
        cursor.skip(compressions)?;
        // Before TLS 1.2 a hello may end here.
        let total = cursor.u16().map_or(0, usize::from);
        said.hello.extensions = cursor.rest().get(..total.min(cursor.left()))?;
        for (kind, data) in said.hello.extensions() {
            said.extension(kind, data);
        }
        said.hello.protocol = said.alpn().next().unwrap_or(&[]);
        Some(said)
    }
    /// What an extension says; lists stand behind their length.
    fn extension(&mut self, kind: u16, data: &'a [u8]) {
        let behind = |count: usize| data.get(count..).unwrap_or(&[]);
        match kind {
            0 => {
                self.names += 1;
                if self.names == 1 {
                    self.sni = server_name(data);
                    self.flaw = flaw_of_name(data);
                }
                self.hello.named = true;
            }
            16 => self.protocols = behind(2),
            0xfe0d => self.encrypted_hello = true,
            10 => self.hello.groups = behind(2),
            11 => self.hello.formats = behind(1),
            13 => self.hello.algorithms = behind(2),
            43 => self.hello.versions = behind(1),
            _ => {}
        }
    }
    /// Application protocols offered.
    pub(in crate::proto) fn alpn(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut cursor = Cursor::new(self.protocols);
        let next = move || cursor.u8().and_then(|length| cursor.take(usize::from(length)));
        core::iter::from_fn(next).take(MAX_PROTOCOLS)
    }
}

/// RFC 6066 3: a list of names of which only one kind is known; clients name one host.
fn flaw_of_name(data: &[u8]) -> Option<&'static str> {
    // An empty extension is a server's.
    let [list_high, list_low, kind, high, low, name @ ..] = data else {
        return (!data.is_empty()).then_some("tls.invalid_sni_length");
    };
    let list = usize::from(u16::from_be_bytes([*list_high, *list_low]));
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if *kind != 0 {
        return Some("tls.invalid_sni_type");
    }
    (list + 2 != data.len() || length > name.len() || length == 0).then_some("tls.invalid_sni_length")
}

fn client_hello(body: &[u8], transaction: &mut Transaction) -> Option<()> {
    let said = ClientHello::read(body)?;
    if said.names > 1 {
        transaction.note("tls.multiple_sni_extensions");
    }
    said.flaw.into_iter().for_each(|name| transaction.note(name));
    let fields = &mut transaction.fields;
    fields.set(RANDOM, said.random);
    let (time, rest) = said.random.split_at(said.random.len().min(4));
    fields.write_dear(RANDOM_TIME, |out| out.extend_from_slice(time));
    fields.write_dear(RANDOM_BYTES, |out| out.extend_from_slice(rest));
    said.sni.into_iter().for_each(|name| fields.set(SNI, name));
    said.alpn().for_each(|name| fields.set(ALPN, name));
    fields.write_dear(JA3_STRING, |out| said.hello.ja3(out));
    if fields.wants(JA3_HASH) {
        fields.derive(JA3_HASH, JA3_STRING, hash);
    }
    fields.write_dear(JA4, |out| said.hello.ja4(b't', out));
    fields.set_number(VERSION_CLIENT, u64::from(said.hello.version));
    with_handshake(transaction, |seen, _| {
        (seen.version, seen.encrypted_hello) = (said.hello.version, said.encrypted_hello);
    });
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
    let Some(version) = record.get(3..5) else { return };
    let version = u16::from_be_bytes([version[0], version[1]]);
    transaction.fields.set_number(VERSION_CLIENT, u64::from(version));
    with_handshake(transaction, |seen, _| seen.version = version);
    transaction.advance(Direction::ToServer, Progress::Headers);
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

/// What a ServerHello says, and the version that it chooses.
pub(in crate::proto) fn read_server_hello(body: &[u8]) -> Option<(Hello<'_>, u16)> {
    let mut hello = Hello::default();
    let mut cursor = Cursor::new(body);
    hello.version = cursor.u16()?;
    let mut version = hello.version;
    cursor.skip(32)?;
    let session = usize::from(cursor.u8()?);
    cursor.skip(session)?;
    hello.suites = cursor.take(2)?;
    cursor.skip(1)?;
    let total = cursor.u16().map_or(0, usize::from);
    hello.extensions = cursor.rest().get(..total.min(cursor.left()))?;
    for (kind, data) in hello.extensions() {
        if let (43, Some(chosen)) = (kind, Cursor::new(data).u16()) {
            version = chosen;
        }
    }
    Some((hello, version))
}

fn server_hello(body: &[u8], transaction: &mut Transaction) -> Option<()> {
    let (hello, version) = read_server_hello(body)?;
    transaction.fields.write_dear(JA3S_STRING, |out| hello.ja3s(out));
    if transaction.fields.wants(JA3S_HASH) {
        transaction.fields.derive(JA3S_HASH, JA3S_STRING, hash);
    }
    transaction.fields.set_number(VERSION_SERVER, u64::from(version));
    with_handshake(transaction, |seen, _| seen.version = version);
    Some(())
}

fn certificates(body: &[u8], transaction: &mut Transaction) -> Option<()> {
    let mut cursor = Cursor::new(body);
    cursor.u24()?;
    let mut count = 0;
    for _ in 0..MAX_CERTIFICATES {
        let Some(length) = cursor.u24() else { break };
        let der = cursor.take(length as usize)?;
        transaction.fields.write_dear(CERTIFICATE, |out| out.extend_from_slice(der));
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
    let digits = b"0123456789abcdef";
    transaction.fields.write_dear(FINGERPRINT, |out| colons(out, &Sha1::of(der), digits));
    with_handshake(transaction, |seen, transaction| match Certificate::read(der) {
        Ok(certificate) => {
            seen.keep(&certificate);
            let fields = &mut transaction.fields;
            fields.write(SUBJECT, |out| certificate.subject(out));
            fields.write(ISSUER, |out| certificate.issuer(out));
            fields.write(SERIAL, |out| certificate.serial(out));
            for (id, life) in [(NOT_BEFORE, certificate.not_before), (NOT_AFTER, certificate.not_after)] {
                if let Some(at) = seconds_of_life(life).filter(|_| fields.wants(id)) {
                    fields.set_number(id, at);
                }
            }
            if fields.wants(ALTERNATIVE) {
                alternatives(certificate.extensions, |name| fields.set(ALTERNATIVE, name));
            }
        }
        Err(name) => {
            seen.has_certificate = false;
            transaction.note(name);
            transaction.note("tls.invalid_certificate");
        }
    });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_another_kind_or_length_is_a_flaw() {
        for (data, flaw) in [
            (&b"\0\x04\0\0\x01a"[..], None),
            (b"", None),
            (b"\0\x04\x01\0\x01a", Some("tls.invalid_sni_type")),
            (b"\0\x04\0\0\x02a", Some("tls.invalid_sni_length")),
            (b"\0\x09\0\0\x01a", Some("tls.invalid_sni_length")),
            (b"\0\x04\0", Some("tls.invalid_sni_length")),
        ] {
            assert_eq!(flaw_of_name(data), flaw, "{data:?}");
        }
    }
}
