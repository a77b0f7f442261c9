//! Reads one DNS message.
//!
//! Key type: [`Message`]. RFC 1035 4.1; names are shown as text with dots, case as sent.
use crate::{
    cursor::Cursor,
    limits::{DNS_LABELS, DNS_RECORDS},
    reused::{Reused, refill},
};
use std::io::Write;

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
    /// SOA: who is responsible for the zone
    pub responsible: Vec<u8>,
    /// SOA: serial number, refresh, retry, expire, minimum; SRV: priority, weight, port; SSHFP: algorithm, type
    pub numbers: [u32; 5],
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
    pub questions: Reused<Question>,
    /// answers
    pub answers: Reused<Resource>,
    /// authorities
    pub authorities: Reused<Resource>,
    /// additional records
    pub additionals: Reused<Resource>,
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

/// A name service of its own speaks the same language: names of 32 letters, each half a byte (RFC 1002 4.1, 4.2.1.1).
fn is_netbios(bytes: &[u8], kind: u16) -> bool {
    let name = bytes.get(HEADER_BYTES + 1..HEADER_BYTES + 33).unwrap_or(&[]);
    let spelled = bytes.get(HEADER_BYTES) == Some(&32) && name.len() == 32;
    matches!(kind, 32 | 33) && spelled && name.iter().all(|letter| (b'A'..=b'P').contains(letter))
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
        pass_name(bytes, &mut cursor)?;
        let (kind, class) = (cursor.u16()?, cursor.u16()?);
        let class_known = matches!(class & 0x7fff, 1 | 3 | 4 | 254 | 255);
        if kind == 0 && !class_known || is_netbios(bytes, kind) {
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
    pass_name(bytes, cursor)?;
    let (kind, class) = (cursor.u16()?, cursor.u16()?);
    let _time_to_live = (cursor.u16()?, cursor.u16()?);
    let length = usize::from(cursor.u16()?);
    let known = kind == OPT || matches!(class & 0x7fff, 1 | 3 | 4 | 254 | 255);
    (known && length <= cursor.rest().len()).then_some(())
}

const OPT: u16 = 41;

impl Message {
    /// Reads a message as far as it can be read, in place of what was there; tells what is wrong. False when there is
    /// not even a header.
    pub(super) fn read(&mut self, bytes: &[u8], mut wrong: impl FnMut(&'static str)) -> bool {
        self.questions.clear();
        [&mut self.answers, &mut self.authorities, &mut self.additionals].into_iter().for_each(Reused::clear);
        let mut cursor = Cursor::new(bytes);
        let header = (|| {
            (self.id, self.flags) = (cursor.u16()?, cursor.u16()?);
            Some([cursor.u16()?, cursor.u16()?, cursor.u16()?, cursor.u16()?])
        })();
        let Some([questions, counts @ ..]) = header else {
            wrong("dns.malformed_data");
            return false;
        };
        if self.flags & 0x40 != 0 {
            wrong("dns.z_flag_set");
        }
        if self.opcode() >= 7 {
            wrong("dns.invalid_opcode");
        }
        for _ in 0..usize::from(questions).min(DNS_RECORDS) {
            if question(bytes, &mut cursor, self.questions.again(), &mut wrong).is_none() {
                self.questions.drop_last();
                wrong("dns.malformed_data");
                return true;
            }
        }
        let sections = [
            (&mut self.answers, "dns.malformed_data"),
            (&mut self.authorities, "dns.invalid_authorities"),
            (&mut self.additionals, "dns.invalid_additionals"),
        ];
        for ((section, fault), count) in sections.into_iter().zip(counts) {
            for _ in 0..usize::from(count).min(DNS_RECORDS) {
                if resource(bytes, &mut cursor, section.again()).is_none() {
                    section.drop_last();
                    wrong(fault);
                    return true;
                }
            }
        }
        true
    }
}

fn question<'a>(
    bytes: &'a [u8],
    cursor: &mut Cursor<'a>,
    question: &mut Question,
    wrong: &mut impl FnMut(&'static str),
) -> Option<()> {
    let state = long_name(bytes, cursor, &mut question.name)?;
    match state {
        NameState::Whole => {}
        NameState::TooLong => wrong("dns.name_too_long"),
        NameState::TooManyLabels => wrong("dns.too_many_labels"),
        NameState::Circle => {
            wrong("dns.infinite_loop");
            return None;
        }
    }
    question.kind = cursor.u16()?;
    question.truncated = state != NameState::Whole;
    cursor.skip(2)
}

fn resource<'a>(bytes: &'a [u8], cursor: &mut Cursor<'a>, record: &mut Resource) -> Option<()> {
    name(bytes, cursor, &mut record.name)?;
    record.kind = cursor.u16()?;
    cursor.skip(2)?;
    record.ttl = cursor.u32()?;
    let length = usize::from(cursor.u16()?);
    let start = cursor.position();
    let raw = cursor.take(length)?;
    if data(bytes, start, record.kind, raw, &mut record.data).is_none() {
        refill(&mut record.data, raw);
    }
    (record.numbers, _) = ([0; 5], record.responsible.clear());
    let _ = details(bytes, start, raw, record);
    Some(())
}

/// What stands around a record's text: RFC 1035 3.3.13, RFC 2782, RFC 4255.
fn details(bytes: &[u8], start: usize, raw: &[u8], record: &mut Resource) -> Option<()> {
    let mut cursor = Cursor::at(bytes, start);
    match record.kind {
        6 => {
            pass_name(bytes, &mut cursor)?;
            name(bytes, &mut cursor, &mut record.responsible)?;
            for number in &mut record.numbers {
                *number = cursor.u32()?;
            }
        }
        33 => {
            for number in record.numbers.iter_mut().take(3) {
                *number = cursor.u16()?.into();
            }
        }
        44 => {
            let [algorithm, kind, print @ ..] = raw else { return None };
            (record.numbers[0], record.numbers[1]) = ((*algorithm).into(), (*kind).into());
            refill(&mut record.data, print);
        }
        _ => {}
    }
    Some(())
}

/// Record data as text: addresses, names and strings; other types stay as they are.
fn data(bytes: &[u8], start: usize, kind: u16, raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.clear();
    let mut named = |at: usize| name(bytes, &mut Cursor::at(bytes, at), out);
    match kind {
        1 => write!(out, "{}", core::net::Ipv4Addr::from(*raw.as_array::<4>()?)).ok(),
        28 => write!(out, "{}", core::net::Ipv6Addr::from(*raw.as_array::<16>()?)).ok(),
        2 | 5 | 6 | 12 | 39 => named(start),
        15 => named(start + 2),
        33 => named(start + 6),
        16 => {
            strings(raw, out);
            Some(())
        }
        _ => None,
    }
}

fn strings(raw: &[u8], out: &mut Vec<u8>) {
    let mut cursor = Cursor::new(raw);
    while let Some(piece) = cursor.u8().and_then(|length| cursor.take(usize::from(length))) {
        out.extend_from_slice(piece);
    }
}

/// How a name ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NameState {
    Whole,
    TooLong,
    Circle,
    TooManyLabels,
}

/// Writes a name, compressed or not; `None` when it is cut, too long or runs in circles.
fn name<'a>(bytes: &'a [u8], cursor: &mut Cursor<'a>, out: &mut Vec<u8>) -> Option<()> {
    long_name(bytes, cursor, out).filter(|state| *state == NameState::Whole).map(|_| ())
}
/// Passes over such a name.
fn pass_name<'a>(bytes: &'a [u8], cursor: &mut Cursor<'a>) -> Option<()> {
    walk_name(bytes, cursor, |_| {}).filter(|state| *state == NameState::Whole).map(|_| ())
}

/// Bytes kept of a name.
const NAME_BYTES: usize = 1025;
/// Pointers followed in one name.
const POINTERS: usize = 64;

/// Writes a name as far as it is kept, and tells how it ended; `None` when it is cut.
fn long_name<'a>(bytes: &'a [u8], cursor: &mut Cursor<'a>, out: &mut Vec<u8>) -> Option<NameState> {
    out.clear();
    walk_name(bytes, cursor, |piece| out.extend_from_slice(piece))
}

/// Gives labels and dots of a name to `each`, and tells how it ended; `None` when it is cut.
fn walk_name<'a>(bytes: &'a [u8], cursor: &mut Cursor<'a>, mut each: impl FnMut(&[u8])) -> Option<NameState> {
    let mut reader = *cursor;
    let (mut jumps, mut state, mut length_kept) = (0, NameState::Whole, 0usize);
    for labels in 0.. {
        let length = reader.u8()?;
        match length >> 6 {
            0 if length == 0 => {
                if jumps == 0 {
                    *cursor = reader;
                }
                return Some(state);
            }
            0 => {
                let label = reader.take(usize::from(length))?;
                if labels >= DNS_LABELS + jumps {
                    return Some(NameState::TooManyLabels);
                }
                if state == NameState::TooLong {
                    continue;
                }
                if length_kept > 0 {
                    each(b".");
                    length_kept += 1;
                }
                let room = NAME_BYTES.saturating_sub(length_kept);
                if label.len() > room {
                    state = NameState::TooLong;
                }
                each(label.get(..label.len().min(room)).unwrap_or(label));
                length_kept += label.len().min(room);
            }
            3 => {
                let target = usize::from(length & 0x3f) << 8 | usize::from(reader.u8()?);
                if jumps == 0 {
                    *cursor = reader;
                }
                jumps += 1;
                if jumps > POINTERS {
                    return Some(NameState::Circle);
                }
                reader = Cursor::at(bytes, target);
            }
            _ => return None,
        }
    }
    None
}
