//! A tolerant HTTP/1 request parser (RFC 9112), as forgiving as small embedded servers are, and bounded.
//!
//! Key types: [`Head`], [`parse_head`]; [`Body`] in `body.rs` reads what follows. Whatever is odd but can be
//! understood is named in [`Head::oddities`]; what cannot be understood is [`Bad`].

/// Fields that one head may have.
pub const FIELDS_MAX: usize = 128;

/// How the body is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// no body
    None,
    /// that many bytes
    Length(u64),
    /// chunks (RFC 9112 section 7.1)
    Chunked,
}

/// Request line and fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// as sent
    pub method: Vec<u8>,
    /// as sent
    pub target: Vec<u8>,
    /// 0 for a request without a version (HTTP/0.9), 10, 11
    pub version: u8,
    /// in order, names as sent, values trimmed
    pub fields: Vec<(Vec<u8>, Vec<u8>)>,
    /// how the body is framed
    pub framing: Framing,
    /// stable names of what is odd (`http.two_lengths` …)
    pub oddities: Vec<&'static str>,
}

/// A head that has no meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Bad {
    /// no request line
    #[error("http.bad_request_line")]
    RequestLine,
    /// larger than the limit
    #[error("http.head_too_large")]
    TooLarge,
    /// a version that is not 0.9, 1.0 or 1.1
    #[error("http.bad_version")]
    Version,
    /// lengths that contradict each other or are no number
    #[error("http.bad_length")]
    Length,
}

impl Bad {
    /// The answer.
    pub fn status(self) -> u16 {
        match self {
            Bad::Version => 505,
            Bad::TooLarge => 431,
            Bad::RequestLine | Bad::Length => 400,
        }
    }
}

impl Head {
    /// The first value of a field, names compared without case.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        let found = self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()));
        found.map(|(_, value)| value.as_slice())
    }
    /// Path and query of the target; the host of an absolute form is left out.
    pub fn path_and_query(&self) -> (&[u8], &[u8]) {
        let mut target = self.target.as_slice();
        if target.len() > 7 && target[..7].eq_ignore_ascii_case(b"http://") {
            let start = target.iter().skip(7).position(|b| *b == b'/').map_or(target.len(), |p| p + 7);
            target = &target[start..];
        }
        let end = target.iter().position(|b| *b == b'#').unwrap_or(target.len());
        let target = &target[..end];
        match target.iter().position(|b| *b == b'?') {
            Some(mark) => (&target[..mark], &target[mark + 1..]),
            None => (target, b""),
        }
    }
    /// The connection stays open after the answer.
    pub fn keeps_open(&self) -> bool {
        let has = |word: &str| {
            self.field("connection").is_some_and(|v| {
                v.split(|b| *b == b',').any(|w| w.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
            })
        };
        match self.version {
            11 => !has("close"),
            10 => has("keep-alive"),
            _ => false,
        }
    }
}

/// Parses one head at the start of `bytes`: `None` while it is not whole, else the head and its length in bytes.
pub fn parse_head(bytes: &[u8], max_bytes: usize) -> Result<Option<(Head, usize)>, Bad> {
    let leading = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    let Some(end) = head_end(&bytes[leading..]) else {
        return if bytes.len() > max_bytes { Err(Bad::TooLarge) } else { Ok(None) };
    };
    let length = leading + end;
    if length > max_bytes {
        return Err(Bad::TooLarge);
    }
    let text = &bytes[leading..length];
    let mut lines = text.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let (method, target, version) = request_line(lines.next().unwrap_or_default())?;
    let mut head =
        Head { method, target, version, fields: Vec::new(), framing: Framing::None, oddities: Vec::new() };
    if version > 0 {
        for line in lines.take_while(|line| !line.is_empty()) {
            field(line, &mut head);
        }
    }
    head.framing = framing(&mut head)?;
    Ok(Some((head, length)))
}

/// The length of a head: up to and with its empty line; a request without a version is one line.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let first = bytes.iter().position(|b| *b == b'\n')? + 1;
    if words(&bytes[..first]).count() == 2 {
        return Some(first);
    }
    let mut start = first;
    loop {
        let line = bytes[start..].iter().position(|b| *b == b'\n')? + 1;
        let text = &bytes[start..start + line];
        start += line;
        if text == b"\n" || text == b"\r\n" {
            return Some(start);
        }
    }
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).filter(|w| !w.is_empty())
}

/// Blanks inside the target are kept: exploits send them raw.
fn request_line(line: &[u8]) -> Result<(Vec<u8>, Vec<u8>, u8), Bad> {
    let line = line.trim_ascii();
    let method_end = line.iter().position(|b| matches!(b, b' ' | b'\t')).ok_or(Bad::RequestLine)?;
    let (method, rest) = (&line[..method_end], line[method_end..].trim_ascii());
    if !method.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_')) || method.len() > 32 {
        return Err(Bad::RequestLine);
    }
    let (target, version) = match rest.iter().rposition(|b| matches!(b, b' ' | b'\t')) {
        Some(blank) => (rest[..blank].trim_ascii_end(), version(&rest[blank + 1..])?),
        None if rest.starts_with(b"HTTP/") => return Err(Bad::RequestLine),
        None => (rest, 0),
    };
    Ok((method.to_vec(), target.to_vec(), version))
}

fn version(word: &[u8]) -> Result<u8, Bad> {
    match word {
        b"HTTP/1.1" => Ok(11),
        b"HTTP/1.0" => Ok(10),
        b"HTTP/0.9" => Ok(0),
        _ if word.starts_with(b"HTTP/") => Err(Bad::Version),
        _ => Err(Bad::RequestLine),
    }
}

fn field(line: &[u8], head: &mut Head) {
    let mut odd = |what| {
        if !head.oddities.contains(&what) {
            head.oddities.push(what);
        }
    };
    if head.fields.len() >= FIELDS_MAX {
        return odd("http.too_many_fields");
    }
    if matches!(line.first(), Some(b' ' | b'\t')) {
        odd("http.folded_field");
        if let Some((_, value)) = head.fields.last_mut() {
            value.push(b' ');
            value.extend_from_slice(line.trim_ascii());
        }
        return;
    }
    match line.iter().position(|b| *b == b':') {
        Some(colon) => {
            if line[..colon].ends_with(b" ") {
                odd("http.blank_before_colon");
            }
            head.fields.push((line[..colon].trim_ascii().to_vec(), line[colon + 1..].trim_ascii().to_vec()));
        }
        None => odd("http.field_without_colon"),
    }
}

fn framing(head: &mut Head) -> Result<Framing, Bad> {
    let values = |name: &str| -> Vec<Vec<u8>> {
        let of_name = head.fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()));
        of_name.map(|(_, value)| value.clone()).collect()
    };
    let (lengths, codings) = (values("content-length"), values("transfer-encoding"));
    if codings.iter().any(|c| c.to_ascii_lowercase().ends_with(b"chunked")) {
        if !lengths.is_empty() {
            head.oddities.push("http.length_and_chunked");
        }
        return Ok(Framing::Chunked);
    }
    let Some(first) = lengths.first() else { return Ok(Framing::None) };
    if lengths.iter().any(|l| l != first) {
        return Err(Bad::Length);
    }
    if lengths.len() > 1 {
        head.oddities.push("http.two_lengths");
    }
    let digits = !first.is_empty() && first.len() < 19 && first.iter().all(u8::is_ascii_digit);
    let length = digits.then(|| first.iter().fold(0u64, |n, d| n * 10 + u64::from(d - b'0')));
    Ok(match length.ok_or(Bad::Length)? {
        0 => Framing::None,
        length => Framing::Length(length),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Option<(Head, usize)>, Bad> {
        let whole = parse_head(text.as_bytes(), 4096);
        if let Ok(Some((_, length))) = &whole {
            for cut in 0..*length {
                assert_eq!(parse_head(&text.as_bytes()[..cut], 4096), Ok(None), "{text:?} cut at {cut}");
            }
        }
        whole
    }
    fn head(text: &str) -> Head {
        parse(text).unwrap().unwrap().0
    }

    #[test]
    fn ordinary_requests() {
        let (head, length) =
            parse("GET /a?b=c HTTP/1.1\r\nHost: camera\r\nX:  y \r\n\r\nrest").unwrap().unwrap();
        assert_eq!(length, 45);
        assert_eq!(head.field("HOST"), Some(b"camera".as_slice()));
        assert_eq!(head.field("x"), Some(b"y".as_slice()));
        assert_eq!(head.path_and_query(), (b"/a".as_slice(), b"b=c".as_slice()));
        assert!(head.keeps_open());
        assert!(!parse("GET / HTTP/1.0\r\n\r\n").unwrap().unwrap().0.keeps_open());
    }

    #[test]
    fn sloppy_requests_are_understood() {
        assert_eq!(head("\r\n\r\nGET / HTTP/1.0\n\n").version, 10);
        assert_eq!(head("GET /index.html\r\n").version, 0);
        assert_eq!(head("GET /shell?cd /tmp; wget x HTTP/1.1\r\n\r\n").target, b"/shell?cd /tmp; wget x");
        assert_eq!(head("GET http://192.0.2.1:80/a?b HTTP/1.1\r\n\r\n").path_and_query().0, b"/a");
        assert_eq!(head("GET / HTTP/1.1\r\nA : b\r\n c\r\njunk\r\n\r\n").oddities.len(), 3);
    }

    #[test]
    fn framing_of_bodies() {
        let post =
            |fields: &str| parse(&format!("POST / HTTP/1.1\r\n{fields}\r\n")).map(|h| h.unwrap().0.framing);
        assert_eq!(post("Content-Length: 5\r\n"), Ok(Framing::Length(5)));
        assert_eq!(post("Content-Length: 5\r\nContent-Length: 5\r\n"), Ok(Framing::Length(5)));
        assert_eq!(post("Content-Length: 5\r\nContent-Length: 6\r\n"), Err(Bad::Length));
        assert_eq!(post("Content-Length: -1\r\n"), Err(Bad::Length));
        assert_eq!(post("Content-Length: 99999999999999999999999\r\n"), Err(Bad::Length));
        assert_eq!(post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), Ok(Framing::Chunked));
    }

    #[test]
    fn nonsense_is_bad() {
        assert_eq!(parse("\x16\x03\x01\x02 \x01 \x02\r\n\r\n"), Err(Bad::RequestLine));
        assert_eq!(parse("GET / HTTP/3.7\r\n\r\n"), Err(Bad::Version));
        assert_eq!(parse("GET HTTP/1.1\r\n"), Err(Bad::RequestLine));
        assert_eq!(parse_head(&vec![b'A'; 5000], 4096), Err(Bad::TooLarge));
        assert_eq!(parse_head(&vec![b'A'; 4000], 4096), Ok(None));
        let many = "X: y\r\n".repeat(500);
        assert_eq!(head(&format!("GET / HTTP/1.1\r\n{many}\r\n")).fields.len(), FIELDS_MAX);
    }
}
