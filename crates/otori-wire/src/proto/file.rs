//! Fields of files in transfer, the same for every protocol that carries files.
//!
//! A parser sets the name when it knows it, grows the data, and sets size and kind at the end ([`finish`]).
use super::{FieldRow, NumberForm, NumberRow, ProtocolId};
use crate::{
    flow::Direction,
    transaction::{FieldId, Fields},
};
use Direction::{ToClient, ToServer};

const fn shared(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Shared, index)
}

/// A file's bytes on the way to the client.
pub const DATA_TO_CLIENT: FieldId = shared(0);
/// A file's bytes on the way to the server.
pub const DATA_TO_SERVER: FieldId = shared(1);
/// Its name on the way to the client.
pub const NAME_TO_CLIENT: FieldId = shared(2);
/// Its name on the way to the server.
pub const NAME_TO_SERVER: FieldId = shared(3);
/// What its first bytes say it is, to the client.
pub const MAGIC_TO_CLIENT: FieldId = shared(4);
/// What its first bytes say it is, to the server.
pub const MAGIC_TO_SERVER: FieldId = shared(5);
/// Its size, to the client.
pub const SIZE_TO_CLIENT: FieldId = shared(6);
/// Its size, to the server.
pub const SIZE_TO_SERVER: FieldId = shared(7);

const fn row(
    id: FieldId,
    keyword: &'static str,
    aliases: &'static [&'static str],
    way: Direction,
) -> FieldRow {
    FieldRow { id, keyword, aliases, modifier: None, direction: way }
}

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    row(DATA_TO_CLIENT, "file.data", &["file_data"], ToClient),
    row(DATA_TO_SERVER, "file.data", &["file_data"], ToServer),
    row(NAME_TO_CLIENT, "file.name", &[], ToClient),
    row(NAME_TO_SERVER, "file.name", &[], ToServer),
    row(MAGIC_TO_CLIENT, "file.magic", &[], ToClient),
    row(MAGIC_TO_SERVER, "file.magic", &[], ToServer),
];

const fn number(id: FieldId, way: Direction) -> NumberRow {
    NumberRow { id, keyword: "filesize", aliases: &["file.size"], direction: way, form: NumberForm::Plain }
}

/// All numbers.
pub static NUMBERS: &[NumberRow] = &[number(SIZE_TO_CLIENT, ToClient), number(SIZE_TO_SERVER, ToServer)];

/// The data field of a direction.
pub const fn data(way: Direction) -> FieldId {
    if matches!(way, ToClient) { DATA_TO_CLIENT } else { DATA_TO_SERVER }
}
/// The name field of a direction.
pub const fn name(way: Direction) -> FieldId {
    if matches!(way, ToClient) { NAME_TO_CLIENT } else { NAME_TO_SERVER }
}
/// The direction of a file's field; `None` when it is none.
pub const fn direction_of(id: FieldId) -> Option<Direction> {
    match (id.0 >> 8, id.0 & 1) {
        (0, 0) => Some(ToClient),
        (0, _) => Some(ToServer),
        _ => None,
    }
}

/// A file is whole: its size and kind are set, its data will not grow.
pub fn finish(way: Direction, size_bytes: u64, fields: &mut Fields) {
    let kind = fields.all(data(way)).last().map(|field| magic(&field.bytes));
    fields.finish(data(way));
    let (magic_id, size_id) = match way {
        ToClient => (MAGIC_TO_CLIENT, SIZE_TO_CLIENT),
        ToServer => (MAGIC_TO_SERVER, SIZE_TO_SERVER),
    };
    if let Some(kind) = kind {
        fields.set(magic_id, kind);
        fields.set_number(size_id, size_bytes);
    }
}

/// First bytes, and what `file` would say.
const MAGIC: &[(&[u8], &str)] = &[
    (b"\x7fELF", "ELF executable"),
    (b"MZ", "PE32 executable (MS Windows)"),
    (b"\x89PNG\r\n\x1a\n", "PNG image data"),
    (b"\xff\xd8\xff", "JPEG image data"),
    (b"GIF8", "GIF image data"),
    (b"PK\x03\x04", "Zip archive data"),
    (b"\x1f\x8b", "gzip compressed data"),
    (b"%PDF", "PDF document"),
    (b"Rar!", "RAR archive data"),
    (b"7z\xbc\xaf\x27\x1c", "7-zip archive data"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Composite Document File V2 Document"),
    (b"CWS", "Macromedia Flash data (compressed)"),
    (b"FWS", "Macromedia Flash data"),
    (b"\xca\xfe\xba\xbe", "compiled Java class data"),
    (b"#!", "script text executable"),
    (b"<!DOCTYPE html", "HTML document"),
    (b"<html", "HTML document"),
    (b"BM", "PC bitmap"),
    (b"{\\rtf", "Rich Text Format data"),
];

/// What the first bytes of a file say it is, in the words of `file`.
pub fn magic(bytes: &[u8]) -> &'static str {
    let found = MAGIC.iter().find(|(head, _)| bytes.starts_with(head));
    let text = || bytes.iter().take(256).all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace());
    match found {
        Some((_, name)) => name,
        None if bytes.is_empty() => "empty",
        None if text() => "ASCII text",
        None => "data",
    }
}
