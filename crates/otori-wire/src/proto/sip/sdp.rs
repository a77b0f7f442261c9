//! The session that a SIP message describes: buffers `sdp.*`, and the object `sdp` in EVE's `sip`.
//!
//! Key function: [`read`]. RFC 8866 5. Neighbour: [`super`], whose messages carry it. What stands behind an `m=` line is
//! about that medium.
use super::{FieldId, ProtocolId, Record};
use crate::{flow::Direction, transaction::Fields};

/// Lines of one description that are read.
const LINES: usize = 128;
/// Indices of fields below are those of the messages themselves.
pub(super) const FIRST: u8 = 32;

/// Letter of the line, whether it stands behind a medium, key in EVE.
struct Row {
    letter: u8,
    inside: bool,
    key: &'static str,
}

const fn row(letter: u8, inside: bool, key: &'static str) -> Row {
    Row { letter, inside, key }
}

/// The fields, in the order of their indices; their keywords are rows of [`super::FIELDS`].
const ROWS: &[Row] = &[
    row(b'o', false, "origin"),
    row(b's', false, "session_name"),
    row(b'i', false, "session_info"),
    row(b'u', false, "uri"),
    row(b'e', false, "email"),
    row(b'p', false, "phone_number"),
    row(b'c', false, "connection_data"),
    row(b'b', false, "bandwidth"),
    row(b't', false, "time"),
    row(b'r', false, "repeat_time"),
    row(b'z', false, "timezone"),
    row(b'k', false, "encryption_key"),
    row(b'a', false, "attribute"),
    row(b'm', true, "media"),
    row(b'i', true, "session_info"),
    row(b'c', true, "connection_data"),
    row(b'k', true, "encryption_key"),
];
const MEDIUM: usize = 13;

const fn field(direction: Direction, place: usize) -> FieldId {
    FieldId::new(ProtocolId::Sip, direction as u8 * 64 + FIRST + place as u8)
}

/// Sets the fields of a description.
pub(super) fn read(direction: Direction, body: &[u8], fields: &mut Fields) {
    let mut inside = false;
    for line in body.split(|byte| *byte == b'\n').take(LINES) {
        let [letter, b'=', value @ ..] = line.trim_ascii_end() else { continue };
        inside |= *letter == b'm';
        let place = ROWS.iter().position(|row| row.letter == *letter && row.inside == inside);
        // What a medium has besides is told as if it were of the whole.
        let place = place.or_else(|| ROWS.iter().position(|row| row.letter == *letter));
        if let Some(place) = place {
            fields.set(field(direction, place), value.trim_ascii());
        }
    }
}

/// The object `sdp`, if there was a description.
pub(super) fn log(fields: &Fields, record: &mut dyn Record) {
    let side = Direction::BOTH.into_iter().find(|way| fields.get(field(*way, 0)).is_some());
    let Some(way) = side else { return };
    let all = |place: usize| fields.all(field(way, place)).map(|field| field.bytes.clone());
    record.object("sdp", &mut |record| {
        for (place, row) in ROWS.iter().enumerate().filter(|(_, row)| !row.inside) {
            match row.letter {
                b'a' | b'b' => {
                    let list: Vec<Vec<u8>> = all(place).collect();
                    if !list.is_empty() {
                        record.texts(if row.letter == b'a' { "attributes" } else { "bandwidths" }, &list);
                    }
                }
                _ => {
                    if let Some(value) = fields.get(field(way, place)) {
                        record.text(row.key, value);
                    }
                }
            }
        }
        let media: Vec<Vec<u8>> = all(MEDIUM).collect();
        if !media.is_empty() {
            record.list("media_descriptions", media.len(), &mut |place, record| {
                if let Some(medium) = media.get(place) {
                    record.text("media", medium);
                }
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::ToServer;

    #[test]
    fn lines_belong_to_the_session_or_to_a_medium() {
        let mut fields = Fields::default();
        let body = b"v=0\r\no=u 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=x\r\nm=audio 4 RTP/AVP 0\r\nc=IN IP4 192.0.2.2\r\na=y\r\nbroken";
        read(ToServer, body, &mut fields);
        let text =
            |place| fields.all(field(ToServer, place)).map(|field| field.bytes.clone()).collect::<Vec<_>>();
        assert_eq!(text(6), [b"IN IP4 192.0.2.1"]);
        assert_eq!(text(15), [b"IN IP4 192.0.2.2"]);
        assert_eq!(text(12), [b"x", b"y"]);
        assert_eq!(text(MEDIUM), [b"audio 4 RTP/AVP 0"]);
    }
}
