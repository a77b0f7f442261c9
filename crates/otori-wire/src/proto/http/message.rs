//! One HTTP message's first line and headers, and what body they announce.
//!
//! Key type: [`Head`]. RFC 9112 2 to 6, with the leniency that real servers have.
use super::{Expect, coding::Decoder, fields::*, irregular, multipart, uri};
use crate::{
    flow::Direction,
    limits::SPARE_FIELD_BYTES,
    proto::file,
    reused::refill,
    transaction::{FieldId, Transaction},
};

/// Headers of one message that are fields of their own.
const HEADERS_SHOWN: usize = 64;

/// Headers of one message, and their bytes, for which memory is asked for at once.
const USUAL_HEADERS: usize = 16;
const USUAL_BYTES: usize = 512;

/// Both messages of an exchange; kept with its transaction, and used again with it.
#[derive(Default)]
pub(super) struct Heads {
    /// by direction
    pub(super) sides: [Head; 2],
}

/// One header: where its name and its value are in the text of all.
#[derive(Clone, Copy, Default)]
struct Header {
    name: (usize, usize),
    value: (usize, usize),
}

/// First line and headers of a message.
#[derive(Default)]
pub(super) struct Head {
    headers: Vec<Header>,
    /// names and values, those of the last header at the end
    text: Vec<u8>,
    raw: Vec<u8>,
    first: Vec<u8>,
    status: u16,
    /// HTTP/0.9
    pub(super) simple: bool,
    /// host in the request target
    target_host: Option<Vec<u8>>,
    /// the body is made of parts, separated by this
    boundary: Option<Vec<u8>>,
    /// decoded bytes of the body so far
    body_size: u64,
    /// bytes of it as they came
    body_raw: u64,
    decoder: Decoder,
}

impl Head {
    /// Another message begins; memory is kept.
    pub(super) fn begin(&mut self) {
        self.headers.clear();
        for buffer in [&mut self.text, &mut self.raw, &mut self.first] {
            buffer.clear();
            buffer.shrink_to(SPARE_FIELD_BYTES);
        }
        (self.status, self.simple) = (0, false);
        (self.body_size, self.body_raw) = (0, 0);
        (self.target_host, self.boundary) = (None, None);
        self.decoder = Decoder::default();
        if self.raw.capacity() == 0 {
            self.headers.reserve(USUAL_HEADERS);
            [&mut self.text, &mut self.raw].into_iter().for_each(|buffer| buffer.reserve(USUAL_BYTES));
        }
    }
    /// Headers so far.
    pub(super) const fn header_count(&self) -> usize {
        self.headers.len()
    }
    /// Names and values in their order.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let part = |(start, end): (usize, usize)| self.text.get(start..end).unwrap_or(&[]);
        self.headers.iter().map(move |header| (part(header.name), part(header.value)))
    }
    /// Puts something behind the text of all; gives its place.
    fn append(&mut self, bytes: &[u8]) -> (usize, usize) {
        let start = self.text.len();
        self.text.extend_from_slice(bytes);
        (start, self.text.len())
    }
    pub(super) fn request_line(&mut self, text: &[u8], transaction: &mut Transaction) {
        refill(&mut self.first, text);
        let fields = &mut transaction.fields;
        fields.set(REQUEST_LINE, text);
        let trimmed = text.trim_ascii_start();
        let method_end = trimmed.iter().position(|b| b.is_ascii_whitespace()).unwrap_or(trimmed.len());
        let (method, rest) = trimmed.split_at(method_end);
        fields.set(METHOD, method);
        let rest = rest.trim_ascii();
        // The version is the last word if it looks like one; a target may contain blanks.
        let version_at = rest.iter().rposition(|b| b.is_ascii_whitespace()).map(|at| at + 1);
        let is_version = |word: &[u8]| word.len() >= 5 && word[..5].eq_ignore_ascii_case(b"HTTP/");
        let (target, version) = match version_at.and_then(|at| rest.split_at_checked(at)) {
            Some((target, version)) if is_version(version) => (target.trim_ascii_end(), version),
            _ if is_version(rest) => (&b""[..], rest),
            _ => (rest, &b""[..]),
        };
        self.simple = version.is_empty();
        fields.set(URI_RAW, target);
        let (host, path) = if method == b"CONNECT" { (None, target) } else { uri::split(target) };
        self.target_host = host.map(<[u8]>::to_vec);
        fields.write(URI, |out| uri::normal(path, out));
        if !version.is_empty() {
            fields.set(REQUEST_PROTOCOL, version);
        }
    }

    pub(super) fn status_line(&mut self, text: &[u8], transaction: &mut Transaction) {
        refill(&mut self.first, text);
        let fields = &mut transaction.fields;
        fields.set(RESPONSE_LINE, text);
        let mut words = text.splitn(2, |b| b.is_ascii_whitespace());
        fields.set(RESPONSE_PROTOCOL, words.next().unwrap_or(b""));
        let rest = words.next().unwrap_or(b"").trim_ascii_start();
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let (code, message) = rest.split_at(digits);
        fields.set(STATUS, code);
        fields.set(STATUS_MESSAGE, message.trim_ascii());
        self.status = core::str::from_utf8(code).ok().and_then(|code| code.parse().ok()).unwrap_or(0);
        if !(100..=999).contains(&self.status) {
            transaction.note("http.response_invalid_status");
        }
    }

    pub(super) fn header(&mut self, direction: Direction, text: &[u8], transaction: &mut Transaction) {
        self.raw.extend_from_slice(text);
        self.raw.extend_from_slice(b"\r\n");
        let colon = text.iter().position(|b| *b == b':');
        let blank = text.first().is_some_and(|b| matches!(b, b' ' | b'\t'));
        // A server's folded line with a colon is read as a header of its own by most clients.
        let folded = match direction {
            Direction::ToServer => blank,
            Direction::ToClient => blank && (colon.is_none() || self.last_without_colon()),
        };
        if (folded || colon.is_none() && text.first() == Some(&0)) && !self.headers.is_empty() {
            // A folded line continues the header before it (RFC 9112 5.2).
            return self.unfold(text);
        }
        let (name, value) = match colon {
            Some(colon) => (text.get(..colon).unwrap_or(b""), text.get(colon + 1..).unwrap_or(b"")),
            None => (&b""[..], text),
        };
        if folded {
            irregular::folding(direction, transaction);
        }
        irregular::name(direction, colon.map(|_| name), transaction);
        let (name, value) = (self.append(trim(name)), self.append(trim(value)));
        self.headers.push(Header { name, value });
    }
    fn last_without_colon(&self) -> bool {
        self.headers.last().is_some_and(|header| header.name.0 == header.name.1)
    }
    /// Joins a line with the header before it; that one may have had no colon yet.
    fn unfold(&mut self, text: &[u8]) {
        let Some(mut last) = self.headers.pop() else { return };
        let (start, end) = last.value;
        match text.iter().position(|b| *b == b':').filter(|_| last.name.0 == last.name.1) {
            Some(colon) => {
                self.append(text.get(..colon).unwrap_or(b""));
                let joined = self.text.get(start..).unwrap_or(&[]);
                let (before, length) = (joined.len() - trim_start(joined).len(), trim(joined).len());
                last.name = (start + before, start + before + length);
                last.value = self.append(trim(text.get(colon + 1..).unwrap_or(b"")));
            }
            None => {
                if start != end {
                    self.text.push(b' ');
                }
                last.value = (start, self.append(trim(text)).1);
            }
        }
        self.headers.push(last);
    }

    /// The values of the headers of that name.
    pub(super) fn values(&self, name: &[u8]) -> impl Iterator<Item = &[u8]> {
        let same = move |have: &[u8]| {
            have.eq_ignore_ascii_case(name)
                || have.contains(&0) && without_nul(have).eq_ignore_ascii_case(name)
        };
        self.headers().filter(move |(have, _)| same(have)).map(|(_, value)| value)
    }
    /// The values of a header joined by ", ".
    fn value(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.values(name).next()?;
        let mut joined = Vec::new();
        self.join(name, &mut joined);
        Some(joined)
    }
    fn join(&self, name: &[u8], out: &mut Vec<u8>) {
        for (place, value) in self.values(name).enumerate() {
            if place > 0 {
                out.extend_from_slice(b", ");
            }
            out.extend_from_slice(value);
        }
    }

    /// Host in the request target.
    pub(super) fn target_host(&self) -> Option<&[u8]> {
        self.target_host.as_deref()
    }
    /// All headers are there: their fields are set.
    pub(super) fn finish(&mut self, direction: Direction, transaction: &mut Transaction) {
        let request = direction == Direction::ToServer;
        let (all, raw, names, start, one) = match direction {
            Direction::ToServer => {
                (REQUEST_HEADER, REQUEST_HEADER_RAW, REQUEST_HEADER_NAMES, REQUEST_START, REQUEST_ONE_HEADER)
            }
            Direction::ToClient => (
                RESPONSE_HEADER,
                RESPONSE_HEADER_RAW,
                RESPONSE_HEADER_NAMES,
                RESPONSE_START,
                RESPONSE_ONE_HEADER,
            ),
        };
        let cookie: &[u8] = if request { b"cookie" } else { b"set-cookie" };
        let fields = &mut transaction.fields;
        let line = |out: &mut Vec<u8>, (name, value): (&[u8], &[u8])| {
            [name, b": ", value].into_iter().for_each(|part| out.extend_from_slice(part));
        };
        let had = fields.all(one).count();
        let shown = if fields.wants(one) { HEADERS_SHOWN.saturating_sub(had) } else { 0 };
        for header in self.headers().take(shown) {
            fields.write(one, |out| line(out, header));
        }
        fields.write_dear(all, |out| {
            for header in self.headers().filter(|(name, _)| !name.eq_ignore_ascii_case(cookie)) {
                line(out, header);
                out.extend_from_slice(b"\r\n");
            }
        });
        fields.write_dear(names, |out| {
            out.extend_from_slice(b"\r\n");
            self.headers().for_each(|(name, _)| {
                out.extend_from_slice(name);
                out.extend_from_slice(b"\r\n");
            });
            out.extend_from_slice(b"\r\n");
        });
        self.raw.extend_from_slice(b"\r\n");
        fields.write_dear(start, |out| {
            [&*self.first, b"\r\n", &self.raw].into_iter().for_each(|part| out.extend_from_slice(part));
        });
        fields.write_dear(raw, |out| out.extend_from_slice(&self.raw));
        let table: &[(&[u8], FieldId)] = if request { REQUEST_TABLE } else { RESPONSE_TABLE };
        for (name, id) in table {
            if self.values(name).next().is_some() {
                fields.write(*id, |out| self.join(name, out));
            }
        }
        if let Some(codings) = self.value(b"content-encoding") {
            self.decoder = Decoder::new(&without_nul(&codings));
        }
        self.name_file(direction, transaction);
        if request {
            self.host(transaction);
        }
        irregular::headers(self, direction, transaction);
    }

    fn host(&mut self, transaction: &mut Transaction) {
        let raw = self.headers().find(|(name, _)| name.eq_ignore_ascii_case(b"host")).map(|(_, value)| value);
        if raw.is_none() && transaction.fields.get(REQUEST_PROTOCOL) == Some(b"HTTP/1.1") {
            transaction.note("http.missing_host_header");
        }
        if let (Some(target), Some(raw)) = (&self.target_host, raw)
            && !target.eq_ignore_ascii_case(raw)
        {
            transaction.note("http.host_header_ambiguous");
        }
        let Some(raw) = self.target_host.as_deref().or(raw) else { return };
        transaction.fields.write(HOST, |out| {
            out.extend_from_slice(uri::host_without_port(raw));
            out.make_ascii_lowercase();
        });
        transaction.fields.set(HOST_RAW, raw);
    }

    /// A 1xx answer that is followed by the real one.
    pub(super) fn interim(&self, direction: Direction) -> bool {
        let mut lengths = self.values(b"content-length");
        let announced = lengths.next().is_some_and(|length| length != b"0") || lengths.next().is_some();
        direction == Direction::ToClient
            && (100..200).contains(&self.status)
            && self.status != 101
            && !announced
    }
    /// Another protocol follows.
    pub(super) fn switches(&self, method: &[u8]) -> bool {
        let upgrades = self.status == 101 && self.values(b"upgrade").next().is_some();
        upgrades || (method == b"CONNECT" && (200..300).contains(&self.status))
    }

    /// The protocol that follows has that name.
    pub(super) fn upgrade_is(&self, name: &[u8]) -> bool {
        self.status == 101 && self.value(b"upgrade").is_some_and(|value| value.eq_ignore_ascii_case(name))
    }

    /// What follows the headers.
    pub(super) fn body(&self, direction: Direction, method: &[u8]) -> Expect {
        let response = direction == Direction::ToClient;
        if response && (method == b"HEAD" || matches!(self.status, 100 | 204 | 304)) {
            return Expect::FirstLine;
        }
        let chunked = |coding: &[u8]| coding.windows(7).any(|word| word.eq_ignore_ascii_case(b"chunked"));
        let mut codings = self.values(b"transfer-encoding");
        if codings.any(|coding| chunked(coding) || coding.contains(&0) && chunked(&without_nul(coding))) {
            return Expect::ChunkSize;
        }
        let length = self.headers().find(|(name, _)| name.eq_ignore_ascii_case(b"content-length"));
        let length = length.map(|(_, value)| {
            let start = value.iter().position(u8::is_ascii_digit).unwrap_or(0);
            let digits = value.iter().skip(start).take_while(|b| b.is_ascii_digit()).take(18);
            digits.fold(0u64, |sum, digit| sum * 10 + u64::from(digit - b'0'))
        });
        match (length, response) {
            (Some(length), _) => Expect::Body(length),
            (None, true) => Expect::UntilEnd,
            (None, false) => Expect::FirstLine,
        }
    }

    /// Body bytes, after the transfer coding.
    pub(super) fn body_bytes(&mut self, direction: Direction, bytes: &[u8], transaction: &mut Transaction) {
        if bytes.is_empty() {
            return;
        }
        self.body_raw += bytes.len() as u64;
        if self.decoder.is_plain() {
            return self.keep_body(direction, bytes, transaction);
        }
        let decoded = self.decoder.decode(bytes);
        self.decoder.events().for_each(|event| transaction.note(event));
        self.keep_body(direction, &decoded, transaction);
    }

    /// The body is over.
    pub(super) fn body_end(&mut self, direction: Direction, transaction: &mut Transaction) {
        let rest = self.decoder.finish();
        if !rest.is_empty() {
            self.keep_body(direction, &rest, transaction);
        }
        let kept = transaction.fields.get(RESPONSE_BODY).map_or(0, <[u8]>::len) as u64;
        if direction == Direction::ToClient && self.body_raw != kept {
            transaction.fields.set_number(RESPONSE_LENGTH, self.body_raw);
        }
        if let Some(boundary) = self.boundary.take() {
            let body = transaction.fields.get(REQUEST_BODY).map(<[u8]>::to_vec).unwrap_or_default();
            let wrong = multipart::files(&boundary, &body, &mut transaction.fields);
            return wrong.into_iter().flatten().for_each(|event| transaction.note(event));
        }
        if self.body_size > 0 {
            file::finish(direction, self.body_size, &mut transaction.fields);
        }
    }

    fn keep_body(&mut self, direction: Direction, bytes: &[u8], transaction: &mut Transaction) {
        self.body_size += bytes.len() as u64;
        let fields = &mut transaction.fields;
        let id = if direction == Direction::ToServer { REQUEST_BODY } else { RESPONSE_BODY };
        let limit = fields.body_bytes(direction);
        let also = self.boundary.is_none().then_some(file::data(direction));
        fields.grow_both(id, also, bytes, limit);
    }

    /// The name of the file that the body is: what the server calls it, else the last part of the path.
    fn name_file(&mut self, direction: Direction, transaction: &mut Transaction) {
        if direction == Direction::ToServer {
            let parts = self.values(b"content-type").next().is_some_and(multipart::is_multipart);
            let kind = parts.then(|| self.value(b"content-type")).flatten();
            self.boundary = kind.and_then(|kind| multipart::boundary(&kind));
        }
        let has_body = !matches!(self.body(direction, b""), Expect::FirstLine);
        if !has_body || self.boundary.is_some() {
            return;
        }
        let said =
            self.value(b"content-disposition").and_then(|value| multipart::parameter(&value, b"filename"));
        match said {
            Some(name) => transaction.fields.set(file::name(direction), name),
            None => transaction.fields.derive(file::name(direction), URI, |uri, out| {
                out.extend_from_slice(uri.split(|b| *b == b'?').next().unwrap_or(uri));
            }),
        }
        if transaction.fields.get(file::name(direction)).is_some_and(|name| name.len() > FILE_NAME_BYTES) {
            transaction.note("http.file_name_too_long");
        }
    }
}

/// The longest name of a file that a file system takes.
const FILE_NAME_BYTES: usize = 4096;

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c | 0)
}

/// Without blanks at both ends; a NUL and a vertical tab are blanks to some clients.
fn trim(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|b| !is_blank(*b)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|b| !is_blank(*b)).map_or(start, |at| at + 1);
    bytes.get(start..end).unwrap_or(&[])
}

fn trim_start(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|b| !is_blank(*b)).unwrap_or(bytes.len());
    bytes.get(start..).unwrap_or(&[])
}

fn without_nul(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|b| *b != 0).collect()
}

pub(in crate::proto) const REQUEST_TABLE: &[(&[u8], FieldId)] = &[
    (b"user-agent", USER_AGENT),
    (b"cookie", COOKIE),
    (b"referer", REFERER),
    (b"content-type", REQUEST_CONTENT_TYPE),
    (b"content-length", REQUEST_CONTENT_LEN),
    (b"accept", ACCEPT),
    (b"accept-encoding", ACCEPT_ENC),
    (b"accept-language", ACCEPT_LANG),
    (b"connection", REQUEST_CONNECTION),
];
pub(in crate::proto) const RESPONSE_TABLE: &[(&[u8], FieldId)] = &[
    (b"set-cookie", SET_COOKIE),
    (b"content-type", RESPONSE_CONTENT_TYPE),
    (b"content-length", RESPONSE_CONTENT_LEN),
    (b"server", SERVER),
    (b"location", LOCATION),
    (b"connection", RESPONSE_CONNECTION),
];
