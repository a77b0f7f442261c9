//! The parts of a mail: attachments are files.
//!
//! Key type: [`Mime`], which takes a mail line by line. RFC 2045 6, RFC 2046 5.1, RFC 2183, RFC 2231 (names). Tolerant:
//! what breaks the rules is taken as far as it goes.
use super::{
    super::http::multipart::{boundary, parameter},
    email,
};
use crate::{
    anomaly::names_of,
    flow::Direction,
    limits::BODY_BYTES,
    proto::{file, lines::unhex},
    transaction::Fields,
};
use Direction::ToServer;

/// Multiparts inside each other.
const DEPTH: usize = 8;
/// Files of one mail.
const FILES: usize = 32;
/// Bytes of one header, unfolded.
const HEADER_BYTES: usize = 4096;

/// How a part's lines are made bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Encoding {
    #[default]
    Plain,
    Base64,
    Quoted,
}

/// What the headers of a part say.
#[derive(Default)]
struct Part {
    name: Option<Vec<u8>>,
    encoding: Encoding,
    boundary: Option<Vec<u8>>,
    /// a whole mail is inside
    mail: bool,
}

/// A file in progress.
struct Open {
    name: Vec<u8>,
    encoding: Encoding,
    data: Vec<u8>,
    size: u64,
    /// digits of base64 that make no whole byte yet
    bits: u32,
    digits: u8,
    /// the end of the line before, which belongs to a boundary if one follows
    held: bool,
}

/// A mail in progress.
#[derive(Default)]
pub(super) struct Mime {
    header: Vec<u8>,
    part: Part,
    in_body: bool,
    /// the mail's own headers are over
    inside: bool,
    boundaries: Vec<Vec<u8>>,
    open: Option<Open>,
    files: usize,
    /// what was wrong with the last line: places in [`WRONG`]
    noted: u8,
}

/// What may be wrong with a line, under Suricata's names, which has them of RFC 5322 2.1.1 and RFC 2045 6.7 and 6.8.
const WRONG: [&str; 8] = [
    "smtp.mime_long_line",
    "smtp.mime_long_enc_line",
    "smtp.mime_long_header_name",
    "smtp.mime_long_header_value",
    "smtp.mime_malformed_msg",
    "smtp.mime_invalid_base64",
    "smtp.mime_invalid_qp",
    "smtp.mime_long_boundary",
];
const LONG_LINE: u8 = 1;
const LONG_ENCODED: u8 = 1 << 1;
const LONG_NAME: u8 = 1 << 2;
const LONG_VALUE: u8 = 1 << 3;
const MALFORMED: u8 = 1 << 4;
const BAD_BASE64: u8 = 1 << 5;
const BAD_QUOTED: u8 = 1 << 6;
const LONG_BOUNDARY: u8 = 1 << 7;

/// Bytes of a line, RFC 5322 2.1.1.
const LINE_BYTES: usize = 998;
/// Bytes of an encoded line, RFC 2045 6.7.
const ENCODED_BYTES: usize = 76;
/// Bytes of a header's name that are usual.
const NAME_BYTES: usize = 75;
/// Bytes of a header's value that are usual.
const VALUE_BYTES: usize = 2000;
/// Bytes of a boundary that are usual.
const BOUNDARY_BYTES: usize = 254;

impl Mime {
    /// The mail has parts, or is one file: its text as a whole is none.
    pub(super) fn has_files(&self) -> bool {
        self.files > 0 || self.open.is_some() || !self.boundaries.is_empty()
    }
    /// What was wrong with the last line; `cut` if it was longer than any that is kept.
    pub(super) fn wrong(&mut self, cut: bool) -> impl Iterator<Item = &'static str> + use<> {
        let noted = core::mem::take(&mut self.noted) | if cut { LONG_LINE } else { 0 };
        names_of(WRONG, noted)
    }
    /// Takes a line without its end.
    pub(super) fn line(&mut self, line: &[u8], fields: &mut Fields) {
        if line.len() > LINE_BYTES {
            self.noted |= LONG_LINE;
        }
        if let Some(last) = self.boundary_of(line) {
            self.close(fields);
            // Of a multipart that is over, what follows belongs to nobody.
            self.in_body = last;
            self.part = Part::default();
            self.header.clear();
            return;
        }
        match &mut self.open {
            Some(open) => self.noted |= open.wrong(line) | open.line(line),
            None if !self.in_body => self.header_line(line, fields),
            None => email::text(line, fields),
        }
    }
    /// The mail is over.
    pub(super) fn close(&mut self, fields: &mut Fields) {
        let Some(open) = self.open.take().filter(|_| self.files < FILES) else { return };
        self.files += 1;
        fields.set(file::name(ToServer), open.name);
        fields.set(file::data(ToServer), open.data);
        file::finish(ToServer, open.size, fields);
    }
    /// Whether the line ends a part, and with it its multipart.
    fn boundary_of(&mut self, line: &[u8]) -> Option<bool> {
        let rest = line.strip_prefix(b"--")?;
        let place = self.boundaries.iter().rposition(|boundary| {
            rest.strip_prefix(boundary.as_slice()).is_some_and(|end| matches!(end.trim_ascii(), b"" | b"--"))
        })?;
        let last = rest.trim_ascii_end().ends_with(b"--")
            && self
                .boundaries
                .get(place)
                .is_some_and(|boundary| rest.trim_ascii_end() != boundary.as_slice());
        self.boundaries.truncate(if last { place } else { place + 1 });
        Some(last)
    }
    fn header_line(&mut self, line: &[u8], fields: &mut Fields) {
        if line.first().is_some_and(|b| matches!(b, b' ' | b'\t')) && !self.header.is_empty() {
            let room = HEADER_BYTES.saturating_sub(self.header.len());
            self.header.extend_from_slice(line.get(..line.len().min(room)).unwrap_or(line));
            return;
        }
        self.noted |= header_wrong(&self.header, line);
        let header = core::mem::replace(&mut self.header, line.to_vec());
        self.part.header(&header);
        if !self.inside {
            email::header(&header, fields);
        }
        if !line.is_empty() {
            return;
        }
        self.inside = true;
        self.header.clear();
        let part = core::mem::take(&mut self.part);
        if let Some(boundary) = part.boundary {
            if boundary.len() > BOUNDARY_BYTES {
                self.noted |= LONG_BOUNDARY;
            }
            if self.boundaries.len() < DEPTH {
                self.boundaries.push(boundary);
            }
            self.in_body = true;
        } else if part.mail && part.name.is_none() {
            // The headers of the mail inside follow.
        } else if let Some(name) = part.name {
            self.open = Some(Open::new(name, part.encoding));
        } else {
            self.in_body = true;
        }
    }
}

impl Part {
    fn header(&mut self, header: &[u8]) {
        let Some(colon) = header.iter().position(|b| *b == b':') else { return };
        let (name, value) = header.split_at(colon);
        let value = value.get(1..).unwrap_or(&[]).trim_ascii();
        let is = |wanted: &[u8]| name.trim_ascii().eq_ignore_ascii_case(wanted);
        if is(b"content-type") {
            self.boundary = boundary(value);
            self.mail = value.get(..14).is_some_and(|kind| kind.eq_ignore_ascii_case(b"message/rfc822"));
            if self.name.is_none() {
                self.name = named(value, b"name");
            }
        } else if is(b"content-disposition") {
            self.name = named(value, b"filename").or(self.name.take());
        } else if is(b"content-transfer-encoding") {
            let word = value.to_ascii_lowercase();
            self.encoding = match word.as_slice() {
                b"base64" => Encoding::Base64,
                b"quoted-printable" => Encoding::Quoted,
                _ => Encoding::Plain,
            };
        }
    }
}

/// What is wrong with a header that is whole, and with the first line of the next one.
fn header_wrong(header: &[u8], next: &[u8]) -> u8 {
    let mut wrong = 0;
    if let Some(colon) = header.iter().position(|byte| *byte == b':') {
        if colon > NAME_BYTES {
            wrong |= LONG_NAME;
        }
        if header.len() - colon > VALUE_BYTES {
            wrong |= LONG_VALUE;
        }
    }
    if !next.is_empty() && !next.contains(&b':') {
        wrong |= MALFORMED;
    }
    wrong
}

/// Pieces that a name may come in.
const NAME_PIECES: usize = 32;

/// A name as it is, or as RFC 2231 has it: in pieces (`name*0=a; name*1=b`), or encoded (`name*=UTF-8''a%20b`).
fn named(value: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    if let Some(name) = parameter(value, key) {
        return Some(name);
    }
    let piece = |place: usize| parameter(value, &[key, format!("*{place}").as_bytes()].concat());
    let pieces: Vec<Vec<u8>> = (0..NAME_PIECES).map_while(piece).collect();
    if !pieces.is_empty() {
        return Some(pieces.concat());
    }
    let extended = parameter(value, &[key, b"*"].concat())?;
    let text = extended.splitn(3, |b| *b == b'\'').last()?;
    Some(escaped(text, b'%'))
}

/// Bytes that two hexadecimal digits behind `mark` stand for.
fn escaped(text: &[u8], mark: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        let byte = more.first_chunk::<2>().filter(|_| *first == mark).and_then(|[a, b]| unhex(*a, *b));
        out.push(byte.unwrap_or(*first));
        if byte.is_some() {
            rest = more.get(2..).unwrap_or(&[]);
        }
    }
    out
}

impl Open {
    const fn new(name: Vec<u8>, encoding: Encoding) -> Self {
        Open { name, encoding, data: Vec::new(), size: 0, bits: 0, digits: 0, held: false }
    }
    fn push(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        let room = BODY_BYTES.saturating_sub(self.data.len());
        self.data.extend_from_slice(bytes.get(..bytes.len().min(room)).unwrap_or(bytes));
    }
    /// What is wrong with a line by itself.
    fn wrong(&self, line: &[u8]) -> u8 {
        let long = if line.len() > ENCODED_BYTES { LONG_ENCODED } else { 0 };
        match self.encoding {
            Encoding::Plain => 0,
            Encoding::Base64 => long,
            Encoding::Quoted => {
                let line = line.trim_ascii_end();
                let line = line.strip_suffix(b"=").unwrap_or(line);
                let hex = |pair: &[u8]| matches!(pair, [a, b, ..] if unhex(*a, *b).is_some());
                let mut marks = line.iter().enumerate().filter(|(_, byte)| **byte == b'=');
                let sound = marks.all(|(at, _)| line.get(at + 1..).is_some_and(hex));
                long | if sound { 0 } else { BAD_QUOTED }
            }
        }
    }
    /// Takes a line; gives what is wrong with its coding.
    fn line(&mut self, line: &[u8]) -> u8 {
        match self.encoding {
            Encoding::Base64 => return self.base64(line),
            Encoding::Plain | Encoding::Quoted => {
                if core::mem::take(&mut self.held) {
                    self.push(b"\r\n");
                }
                if self.encoding == Encoding::Plain {
                    self.push(line);
                    self.held = true;
                    return 0;
                }
                // An equals sign at the end joins the line with the next one.
                let line = line.trim_ascii_end();
                let joined = line.strip_suffix(b"=");
                self.push(&escaped(joined.unwrap_or(line), b'='));
                self.held = joined.is_none();
            }
        }
        0
    }
    fn base64(&mut self, line: &[u8]) -> u8 {
        let mut out = Vec::with_capacity(line.len());
        let mut wrong = 0;
        for byte in line {
            let digit = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                // What is not of the alphabet is passed over; padding ends a group.
                b'=' => {
                    self.digits = 0;
                    continue;
                }
                byte => {
                    if !byte.is_ascii_whitespace() {
                        wrong = BAD_BASE64;
                    }
                    continue;
                }
            };
            self.bits = self.bits << 6 | u32::from(digit);
            self.digits += 1;
            if self.digits > 1 {
                let left = 2 * (4 - u32::from(self.digits));
                out.push((self.bits >> left & 0xff) as u8);
            }
            if self.digits == 4 {
                self.digits = 0;
            }
        }
        self.push(&out);
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(mail: &str, expect: &[(&str, &str)]) {
        let (mut mime, mut fields) = (Mime::default(), Fields::default());
        mail.split("\n").for_each(|line| mime.line(line.as_bytes(), &mut fields));
        mime.close(&mut fields);
        let all = |id| fields.all(id).map(|field| String::from_utf8_lossy(&field.bytes).into_owned());
        let found: Vec<(String, String)> = all(file::NAME_TO_SERVER).zip(all(file::DATA_TO_SERVER)).collect();
        let expect: Vec<(String, String)> =
            expect.iter().map(|(name, data)| ((*name).into(), (*data).into())).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn lines_that_break_the_rules_are_told() {
        let wrong = |encoding: &str, line: &str| {
            let (mut mime, mut fields) = (Mime::default(), Fields::default());
            let head = format!(
                "Content-Disposition: attachment; filename=a\nContent-Transfer-Encoding: {encoding}\n"
            );
            let mut all = Vec::new();
            for line in head.split('\n').chain([line]) {
                mime.line(line.as_bytes(), &mut fields);
                all.extend(mime.wrong(false));
            }
            all
        };
        assert!(wrong("base64", "aGVsbG8=").is_empty());
        assert_eq!(wrong("base64", "aGV$bG8="), ["smtp.mime_invalid_base64"]);
        assert_eq!(wrong("base64", &"aGVs".repeat(20)), ["smtp.mime_long_enc_line"]);
        assert!(wrong("quoted-printable", "a=3Db=").is_empty());
        assert_eq!(wrong("quoted-printable", "a=XYb"), ["smtp.mime_invalid_qp"]);
        assert_eq!(wrong("7bit", &"a".repeat(999)), ["smtp.mime_long_line"]);
        let header = |line: &str| {
            let mut mime = Mime::default();
            let mut all = Vec::new();
            for line in [line, "Subject: x"] {
                mime.line(line.as_bytes(), &mut Fields::default());
                all.extend(mime.wrong(false));
            }
            all
        };
        assert_eq!(header("no colon"), ["smtp.mime_malformed_msg"]);
        assert_eq!(header(&format!("{}: 1", "n".repeat(80))), ["smtp.mime_long_header_name"]);
        assert_eq!(
            header(&format!("n: {}", "1 ".repeat(1100))),
            ["smtp.mime_long_line", "smtp.mime_long_header_value"]
        );
    }

    #[test]
    fn attachments_are_decoded() {
        check(
            "Subject: x\nContent-Type: multipart/mixed;\n boundary=\"b 1\"\n\npreamble\n--b 1\nContent-Type: text/plain\n\nhello\n--b 1\nContent-Type: application/octet-stream; name=a.bin\nContent-Transfer-Encoding: base64\n\naGVs\nbG8gd29y\nbGQ=\n--b 1\nContent-Disposition: attachment;\n filename*=UTF-8''b%20c.txt\nContent-Transfer-Encoding: quoted-printable\n\na=3Db=\nc\nd\n--b 1--\nepilogue",
            &[("a.bin", "hello world"), ("b c.txt", "a=bc\r\nd")],
        );
        check(
            "Content-Disposition: attachment;\n filename*0=long;\n filename*1=.zip\n\nx",
            &[("long.zip", "x")],
        );
    }

    #[test]
    fn parts_may_be_nested_and_unfinished() {
        check(
            "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/alternative; boundary=i\n\n--i\nContent-Disposition: attachment; filename=\"x\"\n\n1\n2\n--i--\n--o\nContent-Type: message/rfc822\n\nSubject: inner\nContent-Disposition: attachment; filename=y\n\n3\n--o\nContent-Disposition: attachment; filename=z\n\nopen",
            &[("x", "1\r\n2"), ("y", "3"), ("z", "open")],
        );
        check("Subject: no parts\n\ntext", &[]);
    }
}
