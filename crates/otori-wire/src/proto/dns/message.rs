//! Reads one DNS message.
//!
//! Key type: [`Message`]. RFC 1035 4.1; names are shown as text with dots, case as sent.
use crate::{
    cursor::Cursor,
    limits::{DNS_LABELS, DNS_RECORDS},
};

/// One question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// name asked for
    pub name: Vec<u8>,
    /// type number
    pub kind: u16,
    /// the name was too long to be kept whole
    pub truncated: bool,
}

/// One resource record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// owner
    pub name: Vec<u8>,
    /// type number
    pub kind: u16,
    /// seconds it may be kept
    pub ttl: u32,
    /// what it says, as text where the type is known
    pub data: Vec<u8>,
}

impl Resource {
    /// Its data is a name.
    pub(super) const fn names_another(&self) -> bool {
        matches!(self.kind, 2 | 5 | 6 | 12 | 15 | 33 | 39)
    }
}

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// transaction id
    pub id: u16,
    /// flags word
    pub flags: u16,
    /// questions
    pub questions: Vec<Question>,
    /// answers
    pub answers: Vec<Resource>,
    /// authorities
    pub authorities: Vec<Resource>,
    /// additional records
    pub additionals: Vec<Resource>,
}

impl Message {
    /// It answers.
    pub const fn is_response(&self) -> bool {
        self.flags & 0x8000 != 0
    }
    /// Operation code.
    pub const fn opcode(&self) -> u16 {
        self.flags >> 11 & 15
    }
    /// Response code.
    pub const fn rcode(&self) -> u16 {
        self.flags & 15
    }
}

/// Whether this looks like a message; then, whether it is an answer.
pub(super) fn plausible(bytes: &[u8]) -> Option<bool> {
    let mut cursor = Cursor::new(bytes);
    let (_, flags) = (cursor.u16()?, cursor.u16()?);
    let counts = [cursor.u16()?, cursor.u16()?, cursor.u16()?, cursor.u16()?];
    let opcode_known = matches!(flags >> 11 & 15, 0..=6);
    let answer = flags & 0x8000 != 0;
    let sane = counts[0] <= 16 && counts[1] <= 512 && counts[2] <= 512 && counts[3] <= 512;
    let something = counts.iter().any(|count| *count > 0) || answer;
    if !opcode_known || !sane || !something || (!answer && counts[1] > 0 && counts[0] == 0) {
        return None;
    }
    if counts[0] > 0 {
        name(bytes, &mut cursor)?;
        let (kind, class) = (cursor.u16()?, cursor.u16()?);
        let class_known = matches!(class & 0x7fff, 1 | 3 | 4 | 254 | 255);
        if kind == 0 && !class_known {
            return None;
        }
        return class_known.then_some(answer);
    }
    let nothing_follows = counts.iter().all(|count| *count == 0);
    (if nothing_follows { bytes.len() == HEADER_BYTES } else { record(bytes, &mut cursor).is_some() })
        .then_some(answer)
}

/// A header and nothing else.
const HEADER_BYTES: usize = 12;

/// Passes over a record: name, type, class, time to live, data. The class of OPT is a size (RFC 6891).
fn record<'a>(bytes: &'a [u8], cursor: &mut Cursor<'a>) -> Option<()> {
    name(bytes, cursor)?;
    let (kind, class) = (cursor.u16()?, cursor.u16()?);
    let _time_to_live = (cursor.u16()?, cursor.u16()?);
    let length = usize::from(cursor.u16()?);
    let known = kind == OPT || matches!(class & 0x7fff, 1 | 3 | 4 | 254 | 255);
    (known && length <= cursor.rest().len()).then_some(())
}

const OPT: u16 = 41;

/// The message, as far as it can be read, and what was wrong.
pub(super) fn read(bytes: &[u8]) -> (Option<Message>, Vec<&'static str>) {
    let mut message = Message::default();
    let mut cursor = Cursor::new(bytes);
    let mut wrong = Vec::new();
    let header = (|| {
        message.id = cursor.u16()?;
        message.flags = cursor.u16()?;
        Some([cursor.u16()?, cursor.u16()?, cursor.u16()?, cursor.u16()?])
    })();
    let Some(counts) = header else { return (None, vec!["dns.malformed_data"]) };
    if message.flags & 0x40 != 0 {
        wrong.push("dns.z_flag_set");
    }
    if message.opcode() >= 7 {
        wrong.push("dns.invalid_opcode");
    }
    for _ in 0..usize::from(counts[0]).min(DNS_RECORDS) {
        let Some(question) = question(bytes, &mut cursor, &mut wrong) else {
            wrong.push("dns.malformed_data");
            return (Some(message), wrong);
        };
        message.questions.push(question);
    }
    for (section, count) in counts.iter().enumerate().skip(1) {
        for _ in 0..usize::from(*count).min(DNS_RECORDS) {
            let Some(record) = resource(bytes, &mut cursor) else {
                wrong.push(match section {
                    1 => "dns.malformed_data",
                    2 => "dns.invalid_authorities",
                    _ => "dns.invalid_additionals",
                });
                return (Some(message), wrong);
            };
            match section {
                1 => message.answers.push(record),
                2 => message.authorities.push(record),
                _ => message.additionals.push(record),
            }
        }
    }
    (Some(message), wrong)
}

fn question<'a>(bytes: &'a [u8], cursor: &mut Cursor<'a>, wrong: &mut Vec<&'static str>) -> Option<Question> {
    let (name, state) = long_name(bytes, cursor)?;
    match state {
        NameState::Whole => {}
        NameState::TooLong => wrong.push("dns.name_too_long"),
        NameState::TooManyLabels => wrong.push("dns.too_many_labels"),
        NameState::Circle => {
            wrong.push("dns.infinite_loop");
            return None;
        }
    }
    let kind = cursor.u16()?;
    cursor.u16()?;
    Some(Question { name, kind, truncated: state != NameState::Whole })
}

fn resource<'a>(bytes: &'a [u8], cursor: &mut Cursor<'a>) -> Option<Resource> {
    let name = name(bytes, cursor)?;
    let kind = cursor.u16()?;
    cursor.u16()?;
    let ttl = cursor.u32()?;
    let length = usize::from(cursor.u16()?);
    let start = cursor.position();
    let raw = cursor.take(length)?;
    Some(Resource { name, kind, ttl, data: data(bytes, start, kind, raw) })
}

/// Record data as text: addresses, names and strings; other types stay as they are.
fn data(bytes: &[u8], start: usize, kind: u16, raw: &[u8]) -> Vec<u8> {
    let text = match (kind, raw.len()) {
        (1, 4) => raw.try_into().ok().map(|a: [u8; 4]| core::net::Ipv4Addr::from(a).to_string().into_bytes()),
        (28, 16) => {
            raw.try_into().ok().map(|a: [u8; 16]| core::net::Ipv6Addr::from(a).to_string().into_bytes())
        }
        (2 | 5 | 12 | 39, _) => name(bytes, &mut Cursor::at(bytes, start)),
        (15, _) => name(bytes, &mut Cursor::at(bytes, start + 2)),
        (6, _) => name(bytes, &mut Cursor::at(bytes, start)),
        (33, _) => name(bytes, &mut Cursor::at(bytes, start + 6)),
        (16, _) => Some(strings(raw)),
        _ => None,
    };
    text.unwrap_or_else(|| raw.to_vec())
}

fn strings(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut cursor = Cursor::new(raw);
    while let Some(piece) = cursor.u8().and_then(|length| cursor.take(usize::from(length))) {
        out.extend_from_slice(piece);
    }
    out
}

/// How a name ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NameState {
    Whole,
    TooLong,
    Circle,
    TooManyLabels,
}

/// A name, compressed or not; `None` when it is cut, too long or runs in circles.
fn name<'a>(bytes: &'a [u8], cursor: &mut Cursor<'a>) -> Option<Vec<u8>> {
    long_name(bytes, cursor).filter(|(_, state)| *state == NameState::Whole).map(|(name, _)| name)
}

/// Bytes kept of a name.
const NAME_BYTES: usize = 1025;
/// Pointers followed in one name.
const POINTERS: usize = 64;

/// A name as far as it is kept, and how it ended; `None` when it is cut.
fn long_name<'a>(bytes: &'a [u8], cursor: &mut Cursor<'a>) -> Option<(Vec<u8>, NameState)> {
    let mut out = Vec::new();
    let mut reader = *cursor;
    let (mut jumps, mut state) = (0, NameState::Whole);
    for labels in 0.. {
        let length = reader.u8()?;
        match length >> 6 {
            0 if length == 0 => {
                if jumps == 0 {
                    *cursor = reader;
                }
                return Some((out, state));
            }
            0 => {
                let label = reader.take(usize::from(length))?;
                if labels >= DNS_LABELS + jumps {
                    return Some((out, NameState::TooManyLabels));
                }
                if state == NameState::TooLong {
                    continue;
                }
                if !out.is_empty() {
                    out.push(b'.');
                }
                let room = NAME_BYTES.saturating_sub(out.len());
                if label.len() > room {
                    state = NameState::TooLong;
                }
                out.extend_from_slice(label.get(..label.len().min(room)).unwrap_or(label));
            }
            3 => {
                let target = usize::from(length & 0x3f) << 8 | usize::from(reader.u8()?);
                if jumps == 0 {
                    *cursor = reader;
                }
                jumps += 1;
                if jumps > POINTERS {
                    return Some((out, NameState::Circle));
                }
                reader = Cursor::at(bytes, target);
            }
            _ => return None,
        }
    }
    None
}
