//! Messages of a first line, headers and a body, as SIP, RTSP and SSDP have them.
//!
//! Key type: [`Message`]. RFC 3261 7, RFC 7826 5. HTTP has a reader of its own: it takes what attackers make of it.
use crate::limits::SIP_HEADERS;

/// A message cut into its parts.
pub(super) struct Message<'a> {
    /// the first line, without its end
    pub(super) line: &'a [u8],
    /// the first line with its end
    pub(super) whole_line: &'a [u8],
    /// its three words; the last may have blanks
    pub(super) words: [&'a [u8]; 3],
    /// all headers, without the empty line
    pub(super) header_bytes: &'a [u8],
    pub(super) body: &'a [u8],
    response: bool,
}

/// Where the body begins, once the empty line is there.
pub(super) fn head_end(bytes: &[u8]) -> Option<usize> {
    let long = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
    let short = bytes.windows(2).position(|two| two == b"\n\n").map(|at| at + 2);
    match (long, short) {
        (Some(long), Some(short)) => Some(long.min(short)),
        (long, short) => long.or(short),
    }
}

/// Up to and with the next line feed.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|b| *b == b'\n').map_or(bytes.len(), |at| at + 1);
    bytes.split_at(end)
}

impl<'a> Message<'a> {
    /// `None` when the first line neither begins nor ends with the version, such as `SIP/`.
    pub(super) fn read(bytes: &'a [u8], version: &[u8]) -> Option<Message<'a>> {
        let (whole_line, rest) = line(bytes);
        let text = whole_line.trim_ascii_end();
        let mut parts = text.splitn(3, |b| *b == b' ');
        let words = [parts.next()?, parts.next()?, parts.next().unwrap_or(b"").trim_ascii()];
        let response = words[0].starts_with(version);
        if !response && !words[2].starts_with(version) || words[0].is_empty() {
            return None;
        }
        let mut headers = Headers { left: rest, count: 0 };
        headers.by_ref().for_each(drop);
        let left = headers.left;
        let header_bytes = rest.get(..rest.len() - left.len()).unwrap_or(rest);
        let (_, body) = line(left);
        Some(Message { line: text, whole_line, words, header_bytes, body, response })
    }
    /// Name and value of each header; a folded line belongs to the value before it.
    pub(super) const fn headers(&self) -> Headers<'a> {
        Headers { left: self.header_bytes, count: 0 }
    }
    /// Its first line begins with the version.
    pub(super) const fn is_response(&self) -> bool {
        self.response
    }
    /// The value of the first header of that name.
    pub(super) fn header(&self, wanted: &[u8]) -> Option<&'a [u8]> {
        self.headers().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    }
    /// What the header says; 0 without it.
    pub(super) fn content_length(&self) -> usize {
        let is_length =
            |name: &[u8]| name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"l");
        let found = self.headers().find(|(name, _)| is_length(name));
        let text = found.and_then(|(_, value)| core::str::from_utf8(value).ok());
        text.and_then(|text| text.parse().ok()).unwrap_or(0)
    }
}

/// Headers, cut where they lie.
pub(super) struct Headers<'a> {
    /// from the next header on; at the end the empty line and the body
    left: &'a [u8],
    count: usize,
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a [u8], &'a [u8]);
    fn next(&mut self) -> Option<Self::Item> {
        while !self.left.is_empty() && self.count < SIP_HEADERS {
            let (one, mut behind) = line(self.left);
            if one.trim_ascii().is_empty() {
                break;
            }
            let mut end = one.len();
            // A line that starts with a blank goes on with the value before it (7.3.1).
            while behind.first().is_some_and(|b| matches!(b, b' ' | b'\t')) {
                let (more, then) = line(behind);
                end += more.len();
                behind = then;
            }
            let whole = self.left.get(..end).unwrap_or(one);
            self.left = behind;
            if let Some(colon) = whole.iter().position(|b| *b == b':') {
                self.count += 1;
                let (name, value) = whole.split_at(colon);
                return Some((name.trim_ascii(), value.get(1..).unwrap_or(b"").trim_ascii()));
            }
        }
        None
    }
}
