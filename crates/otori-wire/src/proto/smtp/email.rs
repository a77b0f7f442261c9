//! What a mail's own headers say, and the addresses of pages in its text: the `email` object of EVE, buffers `email.*`.
//!
//! Neighbour: `mime`, which calls [`header`] for each header of the mail and [`text`] for each line of its text. RFC 5322 3.6.
use super::{ProtocolId, Record, file};
use crate::{
    digest::{Md5, hex},
    transaction::{FieldId, Fields, Transaction},
};

const fn field(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Smtp, index)
}
/// Author.
pub const FROM: FieldId = field(16);
/// Receivers, as written.
pub const TO: FieldId = field(17);
/// Further receivers, as written.
pub const CC: FieldId = field(18);
/// Subject.
pub const SUBJECT: FieldId = field(19);
/// Date as written.
pub const DATE: FieldId = field(20);
/// Identifier.
pub const MESSAGE_ID: FieldId = field(21);
/// Program that wrote the mail.
pub const X_MAILER: FieldId = field(22);
/// One station on its way.
pub const RECEIVED: FieldId = field(23);
/// One address of a page in its text.
pub const URL: FieldId = field(24);
/// MD5 of its text, hexadecimal.
pub const BODY_MD5: FieldId = field(25);

/// Headers that are kept, and their names in EVE.
const HEADERS: &[(&[u8], FieldId)] = &[
    (b"from", FROM),
    (b"to", TO),
    (b"cc", CC),
    (b"subject", SUBJECT),
    (b"date", DATE),
    (b"message-id", MESSAGE_ID),
    (b"x-mailer", X_MAILER),
    (b"received", RECEIVED),
];

/// Headers of one name, and pages, of one mail.
const SEVERAL: usize = 32;
/// Bytes of an address of a page.
const URL_BYTES: usize = 2048;

/// Takes one unfolded header of the mail itself.
pub(super) fn header(line: &[u8], fields: &mut Fields) {
    let Some(colon) = line.iter().position(|b| *b == b':') else { return };
    let (name, value) = line.split_at(colon);
    let known = HEADERS.iter().find(|(have, _)| name.trim_ascii().eq_ignore_ascii_case(have));
    let Some((_, id)) = known else { return };
    let most = if *id == RECEIVED { SEVERAL } else { 1 };
    if fields.all(*id).count() < most {
        fields.set(*id, value.get(1..).unwrap_or(&[]).trim_ascii());
    }
}

/// Looks for addresses of pages in a line of text; they are kept without what stands before the name of the host.
pub(super) fn text(line: &[u8], fields: &mut Fields) {
    let mut rest = line;
    while let Some(at) = rest.windows(3).position(|three| three == b"://") {
        let before = rest.get(..at).unwrap_or(&[]);
        let behind = rest.get(at + 3..).unwrap_or(&[]);
        let word = |scheme: &[u8]| {
            before.len() >= scheme.len()
                && before
                    .get(before.len() - scheme.len()..)
                    .is_some_and(|end| end.eq_ignore_ascii_case(scheme))
        };
        let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'<' | b'>' | b')' | b'(');
        let length = behind.iter().position(ends).unwrap_or(behind.len());
        let (url, more) = behind.split_at(length);
        if (word(b"http") || word(b"https") || word(b"ftp"))
            && (1..=URL_BYTES).contains(&url.len())
            && fields.all(URL).count() < SEVERAL
            && fields.all(URL).all(|have| have.bytes != url)
        {
            fields.set(URL, url);
        }
        rest = more;
    }
}

/// The mail is over.
pub(super) fn finish(fields: &mut Fields) {
    let body = fields.get(file::DATA_TO_SERVER).filter(|_| fields.wants(BODY_MD5));
    if let Some(digest) = body.map(|body| hex(&Md5::of(body))) {
        fields.set(BODY_MD5, digest);
    }
}

/// Receivers one by one: commas in quotes do not part them.
fn parted(list: &[u8]) -> Vec<Vec<u8>> {
    let mut quoted = false;
    let parts = list.split(|byte| {
        quoted ^= *byte == b'"';
        *byte == b',' && !quoted
    });
    parts.map(|part| part.trim_ascii().to_vec()).filter(|part| !part.is_empty()).collect()
}

/// The `email` object of EVE; nothing when there was no mail.
pub(super) fn log(transaction: &Transaction, record: &mut dyn Record) {
    let fields = &transaction.fields;
    let names: Vec<Vec<u8>> = attachments(fields).map(<[u8]>::to_vec).collect();
    let whole = transaction.is_complete();
    record.text("status", if whole { b"PARSE_DONE" } else { b"BODY_STARTED" });
    for (key, id) in [
        ("from", FROM),
        ("subject", SUBJECT),
        ("date", DATE),
        ("message_id", MESSAGE_ID),
        ("x_mailer", X_MAILER),
        ("body_md5", BODY_MD5),
    ] {
        if let Some(value) = fields.get(id) {
            record.text(key, value);
        }
    }
    for (key, id) in [("to", TO), ("cc", CC)] {
        if let Some(value) = fields.get(id) {
            record.texts(key, &parted(value));
        }
    }
    for (key, id) in [("received", RECEIVED), ("url", URL)] {
        let all: Vec<Vec<u8>> = fields.all(id).map(|field| field.bytes.clone()).collect();
        if !all.is_empty() {
            record.texts(key, &all);
        }
    }
    if !names.is_empty() {
        record.texts("attachment", &names);
    }
}

/// Names of files in the mail.
fn attachments(fields: &Fields) -> impl Iterator<Item = &[u8]> {
    fields.all(file::NAME_TO_SERVER).map(|field| field.bytes.as_slice()).filter(|name| !name.is_empty())
}

/// There is a mail, or a part of one.
pub(super) fn is_there(transaction: &Transaction) -> bool {
    let fields = &transaction.fields;
    fields.iter().any(|field| (FROM.0..=URL.0).contains(&field.id.0)) || attachments(fields).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_pages_are_kept() {
        let mut fields = Fields::default();
        for line in [
            "From: A <a@example.org>",
            "TO: \"b, c\" <b@example.org>, d@example.org",
            "From: x",
            "X: y",
            "none",
        ] {
            header(line.as_bytes(), &mut fields);
        }
        text(b"see http://a.example/b?c=d and HTTPS://e.example, or mailto://x", &mut fields);
        assert_eq!(fields.get(FROM), Some(&b"A <a@example.org>"[..]));
        let receivers = parted(fields.get(TO).unwrap());
        assert_eq!(receivers, [b"\"b, c\" <b@example.org>".to_vec(), b"d@example.org".to_vec()]);
        let pages: Vec<_> = fields.all(URL).map(|field| field.bytes.as_slice()).collect();
        assert_eq!(pages, [&b"a.example/b?c=d"[..], b"e.example,"]);
    }
}
