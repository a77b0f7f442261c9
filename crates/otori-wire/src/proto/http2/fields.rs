//! What rules can look at in HTTP/2 besides the buffers that it shares with HTTP/1: Suricata's manual, "HTTP2 Keywords".
use super::hpack::Header;
use crate::{
    flow::Direction,
    proto::{
        FieldRow, NumberForm, NumberRow, ProtocolId,
        http::{
            self,
            message::{REQUEST_TABLE, RESPONSE_TABLE},
            uri,
        },
    },
    transaction::{FieldId, Fields, Transaction},
};
use Direction::{ToClient, ToServer};

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Http2, direction as u8 * 64 + index)
}
pub(super) const KIND: u8 = 0;
pub(super) const ERROR: u8 = 1;
pub(super) const PRIORITY: u8 = 2;
pub(super) const WINDOW: u8 = 3;
pub(super) const TABLE_SIZE: u8 = 4;
pub(super) const HEADER_NAME: u8 = 5;
pub(super) const HEADER: u8 = 6;
pub(super) const FRAME: u8 = 7;
pub(super) const FRAME_HEAD: u8 = 8;
pub(super) const FRAME_BODY: u8 = 9;

/// The first of the settings, RFC 9113 6.5.2; further ones are behind it in the order of their numbers.
pub(super) const SETTING: u8 = 10;
/// Settings with a number of their own.
pub(super) const SETTINGS: u8 = 6;

pub(super) const fn id(direction: Direction, index: u8) -> FieldId {
    field(direction, index)
}

const fn row(direction: Direction, index: u8, keyword: &'static str) -> FieldRow {
    FieldRow { id: field(direction, index), keyword, aliases: &[], modifier: None, direction }
}

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    row(ToServer, HEADER_NAME, "http2.header_name"),
    row(ToClient, HEADER_NAME, "http2.header_name"),
    row(ToServer, HEADER, "http2.header"),
    row(ToClient, HEADER, "http2.header"),
    row(ToServer, FRAME, "frame:http2.pdu"),
    row(ToClient, FRAME, "frame:http2.pdu"),
    row(ToServer, FRAME_HEAD, "frame:http2.hdr"),
    row(ToClient, FRAME_HEAD, "frame:http2.hdr"),
    row(ToServer, FRAME_BODY, "frame:http2.data"),
    row(ToClient, FRAME_BODY, "frame:http2.data"),
];

/// Kinds of frames, RFC 9113 6.
const KINDS: NumberForm = NumberForm::Named(&[
    ("DATA", 0),
    ("HEADERS", 1),
    ("PRIORITY", 2),
    ("RSTSTREAM", 3),
    ("SETTINGS", 4),
    ("PUSHPROMISE", 5),
    ("PING", 6),
    ("GOAWAY", 7),
    ("WINDOWUPDATE", 8),
    ("CONTINUATION", 9),
]);
/// Error codes, RFC 9113 7.
const ERRORS: NumberForm = NumberForm::Named(&[
    ("NO_ERROR", 0),
    ("PROTOCOL_ERROR", 1),
    ("INTERNAL_ERROR", 2),
    ("FLOW_CONTROL_ERROR", 3),
    ("SETTINGS_TIMEOUT", 4),
    ("STREAM_CLOSED", 5),
    ("FRAME_SIZE_ERROR", 6),
    ("REFUSED_STREAM", 7),
    ("CANCEL", 8),
    ("COMPRESSION_ERROR", 9),
    ("CONNECT_ERROR", 10),
    ("ENHANCE_YOUR_CALM", 11),
    ("INADEQUATE_SECURITY", 12),
    ("HTTP_1_1_REQUIRED", 13),
]);

const fn number(direction: Direction, index: u8, keyword: &'static str, form: NumberForm) -> NumberRow {
    NumberRow { id: field(direction, index), keyword, aliases: &[], direction, form }
}

/// All numbers.
pub static NUMBERS: &[NumberRow] = &[
    number(ToServer, KIND, "http2.frametype", KINDS),
    number(ToClient, KIND, "http2.frametype", KINDS),
    number(ToServer, ERROR, "http2.errorcode", ERRORS),
    number(ToClient, ERROR, "http2.errorcode", ERRORS),
    number(ToServer, PRIORITY, "http2.priority", NumberForm::Plain),
    number(ToClient, PRIORITY, "http2.priority", NumberForm::Plain),
    number(ToServer, WINDOW, "http2.window", NumberForm::Plain),
    number(ToClient, WINDOW, "http2.window", NumberForm::Plain),
    number(ToServer, TABLE_SIZE, "http2.size_update", NumberForm::Plain),
    number(ToClient, TABLE_SIZE, "http2.size_update", NumberForm::Plain),
    number(ToServer, SETTING, "http2.settings.header_table_size", NumberForm::Plain),
    number(ToClient, SETTING, "http2.settings.header_table_size", NumberForm::Plain),
    number(ToServer, SETTING + 1, "http2.settings.enable_push", NumberForm::Plain),
    number(ToClient, SETTING + 1, "http2.settings.enable_push", NumberForm::Plain),
    number(ToServer, SETTING + 2, "http2.settings.max_concurrent_streams", NumberForm::Plain),
    number(ToClient, SETTING + 2, "http2.settings.max_concurrent_streams", NumberForm::Plain),
    number(ToServer, SETTING + 3, "http2.settings.initial_window_size", NumberForm::Plain),
    number(ToClient, SETTING + 3, "http2.settings.initial_window_size", NumberForm::Plain),
    number(ToServer, SETTING + 4, "http2.settings.max_frame_size", NumberForm::Plain),
    number(ToClient, SETTING + 4, "http2.settings.max_frame_size", NumberForm::Plain),
    number(ToServer, SETTING + 5, "http2.settings.max_header_list_size", NumberForm::Plain),
    number(ToClient, SETTING + 5, "http2.settings.max_header_list_size", NumberForm::Plain),
];

/// The first value of a header; names are in lower case (RFC 9113 8.2).
pub(super) fn value<'h>(headers: &'h [Header], name: &[u8]) -> Option<&'h [u8]> {
    headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_slice())
}

/// Sets the fields of a header block.
pub(super) fn set_fields(direction: Direction, headers: &[Header], transaction: &mut Transaction) {
    let fields = &mut transaction.fields;
    let request = direction == ToServer;
    let (all, raw, names, one) = match request {
        true => (
            http::REQUEST_HEADER,
            http::REQUEST_HEADER_RAW,
            http::REQUEST_HEADER_NAMES,
            http::REQUEST_ONE_HEADER,
        ),
        false => (
            http::RESPONSE_HEADER,
            http::RESPONSE_HEADER_RAW,
            http::RESPONSE_HEADER_NAMES,
            http::RESPONSE_ONE_HEADER,
        ),
    };
    let line = |out: &mut Vec<u8>, (name, value): &Header| {
        [name, &b": "[..], value].into_iter().for_each(|part| out.extend_from_slice(part));
    };
    for header in headers {
        fields.set(id(direction, HEADER_NAME), &header.0);
        fields.write(id(direction, HEADER), |out| line(out, header));
        fields.write_dear(one, |out| line(out, header));
    }
    for whole in [raw, all] {
        fields.write_dear(whole, |out| {
            for header in headers {
                line(out, header);
                out.extend_from_slice(b"\r\n");
            }
        });
    }
    fields.write_dear(names, |out| {
        out.extend_from_slice(b"\r\n");
        for (name, _) in headers {
            out.extend_from_slice(name);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
    });
    for (name, id) in if request { REQUEST_TABLE } else { RESPONSE_TABLE } {
        if let Some(value) = value(headers, name) {
            fields.set(*id, value);
        }
    }
    match request {
        true => request_line(headers, transaction),
        false => status_line(headers, fields),
    }
}

fn request_line(headers: &[Header], transaction: &mut Transaction) {
    let fields = &mut transaction.fields;
    let method = value(headers, b":method").unwrap_or(b"");
    let path = value(headers, b":path").unwrap_or(b"");
    fields.set(http::METHOD, method);
    fields.set(http::URI_RAW, path);
    fields.write(http::URI, |out| uri::normal(path, out));
    fields.set(http::REQUEST_PROTOCOL, *b"HTTP/2");
    fields.write(http::REQUEST_LINE, |out| {
        [method, b" ", path, b" HTTP/2\r\n"].into_iter().for_each(|part| out.extend_from_slice(part));
    });
    let authority = value(headers, b":authority");
    // The request of an upgrade spells it as it likes.
    let host = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"host"));
    let host = host.map(|(_, value)| value.as_slice());
    if let Some(name) = authority.or(host) {
        fields.write(http::HOST, |out| {
            out.extend_from_slice(uri::host_without_port(name));
            out.make_ascii_lowercase();
        });
        fields.set(http::HOST_RAW, name);
    }
    if authority.is_some_and(|authority| authority.contains(&b'@')) {
        transaction.note("http2.userinfo_in_uri");
    }
    if let (Some(authority), Some(host)) = (authority, host)
        && !authority.eq_ignore_ascii_case(host)
    {
        transaction.note("http2.authority_host_mismatch");
    }
}

fn status_line(headers: &[Header], fields: &mut Fields) {
    let code = value(headers, b":status").unwrap_or(b"");
    fields.set(http::STATUS, code);
    // There is no reason phrase any more.
    fields.set(http::STATUS_MESSAGE, *b"");
    fields.set(http::RESPONSE_PROTOCOL, *b"HTTP/2");
    fields.write(http::RESPONSE_LINE, |out| {
        [b"HTTP/2 ", code, b"\r\n"].into_iter().for_each(|part| out.extend_from_slice(part));
    });
}
