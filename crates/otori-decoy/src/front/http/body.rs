//! Bodies of requests: counted or chunked (RFC 9112 section 7.1), and the parts of a form upload (RFC 7578).
//!
//! Key types: [`Body`], [`Part`]. Neighbour: `request.rs` says how a body is framed.
use super::request::{Framing, Head};

/// Parts of one form that are looked at.
pub const PARTS_MAX: usize = 16;
/// Bytes of a chunk's size line or of a trailer line.
const CHUNK_LINE_MAX: usize = 1024;
/// Trailer lines.
const TRAILERS_MAX: u32 = 64;

/// Why a body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// more bytes than the limit
    #[error("http.body_too_large")]
    TooLarge,
    /// no chunk size where one must stand
    #[error("http.bad_chunk")]
    Chunk,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Counted(u64),
    Size,
    Chunk(u64),
    ChunkEnd,
    Trailer(u32),
    Done,
}

/// Collects one body.
pub struct Body {
    state: State,
    max_bytes: usize,
    line: Vec<u8>,
    bytes: Vec<u8>,
}

impl Body {
    /// For a head; fails at once when the head promises too much.
    pub fn new(framing: Framing, max_bytes: usize) -> Result<Self, BodyError> {
        let state = match framing {
            Framing::None => State::Done,
            Framing::Length(length) if length > max_bytes as u64 => return Err(BodyError::TooLarge),
            Framing::Length(length) => State::Counted(length),
            Framing::Chunked => State::Size,
        };
        Ok(Body { state, max_bytes, line: Vec::new(), bytes: Vec::new() })
    }
    /// Nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.state == State::Done
    }
    /// The bytes so far.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
    /// Takes what belongs to the body from the start of `input`; says how many bytes that were.
    pub fn push(&mut self, input: &[u8]) -> Result<usize, BodyError> {
        let mut used = 0;
        while used < input.len() && self.state != State::Done {
            let rest = &input[used..];
            used += match self.state {
                State::Counted(left) | State::Chunk(left) => self.take(left, rest)?,
                _ => self.line(rest)?,
            };
        }
        Ok(used)
    }
    fn take(&mut self, left: u64, rest: &[u8]) -> Result<usize, BodyError> {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
        if self.bytes.len() + count > self.max_bytes {
            return Err(BodyError::TooLarge);
        }
        self.bytes.extend_from_slice(&rest[..count]);
        let left = left - count as u64;
        self.state = match (self.state, left) {
            (State::Counted(_), 0) => State::Done,
            (State::Counted(_), left) => State::Counted(left),
            (_, 0) => State::ChunkEnd,
            (_, left) => State::Chunk(left),
        };
        Ok(count)
    }
    fn line(&mut self, rest: &[u8]) -> Result<usize, BodyError> {
        let end = rest.iter().position(|b| *b == b'\n');
        let count = end.map_or(rest.len(), |e| e + 1);
        self.line.extend_from_slice(&rest[..count]);
        if self.line.len() > CHUNK_LINE_MAX {
            return Err(BodyError::Chunk);
        }
        if end.is_some() {
            let line = std::mem::take(&mut self.line);
            self.state = self.after_line(line.trim_ascii())?;
        }
        Ok(count)
    }
    fn after_line(&self, line: &[u8]) -> Result<State, BodyError> {
        match self.state {
            State::ChunkEnd if line.is_empty() => Ok(State::Size),
            State::ChunkEnd => Err(BodyError::Chunk),
            State::Trailer(_) if line.is_empty() => Ok(State::Done),
            State::Trailer(count) if count < TRAILERS_MAX => Ok(State::Trailer(count + 1)),
            State::Trailer(_) => Err(BodyError::Chunk),
            _ => {
                let digits = line.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
                let text = std::str::from_utf8(digits).map_err(|_| BodyError::Chunk)?;
                let plain = text.bytes().all(|b| b.is_ascii_hexdigit());
                let size = u64::from_str_radix(text, 16).ok().filter(|_| plain).ok_or(BodyError::Chunk)?;
                Ok(if size == 0 { State::Trailer(0) } else { State::Chunk(size) })
            }
        }
    }
}

/// A part of a form that has a file name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// `filename` as sent
    pub file_name: Vec<u8>,
    /// the file
    pub bytes: Vec<u8>,
}

fn find(haystack: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    if needle.is_empty() || from > haystack.len() {
        return None;
    }
    let first = needle[0];
    let mut at = from;
    while let Some(next) = haystack[at..].iter().position(|b| *b == first) {
        at += next;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// The value of a parameter as `boundary=x` or `filename="x"` in a field's value.
fn parameter(value: &[u8], name: &str) -> Option<Vec<u8>> {
    let lower = value.to_ascii_lowercase();
    let key = format!("{name}=");
    let mut from = 0;
    let start = loop {
        let at = find(&lower, key.as_bytes(), from)?;
        // `filename=` must not be found inside `xfilename=`, nor `name=` inside `filename=`.
        if at == 0 || matches!(lower[at - 1], b' ' | b';' | b'\t') {
            break at + key.len();
        }
        from = at + 1;
    };
    let rest = &value[start..];
    Some(match rest.strip_prefix(b"\"") {
        Some(quoted) => quoted.split(|b| *b == b'"').next().unwrap_or_default().to_vec(),
        None => rest.split(|b| *b == b';').next().unwrap_or_default().trim_ascii().to_vec(),
    })
}

/// The files of a `multipart/form-data` body.
pub fn uploaded_files(head: &Head, body: &[u8]) -> Vec<Part> {
    let kind = head.field("content-type").unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with(b"multipart/") {
        return Vec::new();
    }
    let Some(boundary) = parameter(kind, "boundary").filter(|b| !b.is_empty() && b.len() <= 200) else {
        return Vec::new();
    };
    let marker = [b"--".as_slice(), &boundary].concat();
    let mut files = Vec::new();
    let mut at = find(body, &marker, 0);
    for _ in 0..PARTS_MAX {
        let Some(start) = at.map(|a| a + marker.len()) else { break };
        let next = find(body, &marker, start);
        let part = &body[start..next.unwrap_or(body.len())];
        files.extend(part_of(part));
        at = next;
    }
    files
}

fn part_of(part: &[u8]) -> Option<Part> {
    let (head_end, skip) = match (find(part, b"\r\n\r\n", 0), find(part, b"\n\n", 0)) {
        (Some(crlf), _) => (crlf, 4),
        (None, Some(lf)) => (lf, 2),
        (None, None) => return None,
    };
    let bytes = &part[head_end + skip..];
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let disposition = part[..head_end].split(|b| *b == b'\n').find_map(|line| {
        let colon = line.iter().position(|b| *b == b':')?;
        line[..colon].trim_ascii().eq_ignore_ascii_case(b"content-disposition").then(|| &line[colon + 1..])
    })?;
    Some(Part { file_name: parameter(disposition, "filename")?, bytes: bytes.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::http::request::parse_head;

    fn read(framing: Framing, input: &[u8], step: usize) -> Result<(Vec<u8>, bool, usize), BodyError> {
        let mut body = Body::new(framing, 100)?;
        let mut used = 0;
        for chunk in input.chunks(step) {
            used += body.push(chunk)?;
        }
        let done = body.is_complete();
        Ok((body.into_bytes(), done, used))
    }

    #[test]
    fn chunks_are_joined_however_they_arrive() {
        let input = b"4;ext=1\r\nWiki\r\n5\r\npedia\r\n0\r\nTrailer: x\r\n\r\nNEXT";
        for step in 1..input.len() {
            let (bytes, done, used) = read(Framing::Chunked, input, step).unwrap();
            assert_eq!((bytes.as_slice(), done), (b"Wikipedia".as_slice(), true));
            assert_eq!(used, input.len() - 4);
        }
        assert_eq!(read(Framing::Length(3), b"abcdef", 2), Ok((b"abc".to_vec(), true, 3)));
    }

    #[test]
    fn limits_and_nonsense_are_refused() {
        assert_eq!(read(Framing::Length(101), b"", 1), Err(BodyError::TooLarge));
        assert_eq!(read(Framing::Chunked, b"fffffff\r\n", 3).map(|r| r.1), Ok(false));
        let many =
            b"32\r\n".iter().chain(&[b'x'; 0x32]).chain(b"\r\n").copied().collect::<Vec<_>>().repeat(3);
        assert_eq!(read(Framing::Chunked, &many, 7), Err(BodyError::TooLarge));
        assert_eq!(read(Framing::Chunked, b"zz\r\n", 1), Err(BodyError::Chunk));
        assert_eq!(read(Framing::Chunked, b"+4\r\nabcd", 1), Err(BodyError::Chunk));
        assert_eq!(read(Framing::Chunked, &[b'1'; 5000], 512), Err(BodyError::Chunk));
    }

    #[test]
    fn files_of_a_form_are_found() {
        let head = b"POST /up HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=\"XY\"\r\n\r\n";
        let head = parse_head(head, 4096).unwrap().unwrap().0;
        let body = b"--XY\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--XY\r\n\
            Content-Disposition: form-data; name=\"f\"; filename=\"fw.bin\"\r\n\r\n\x7fELF\r\n\0\r\n--XY--\r\n";
        let files = uploaded_files(&head, body);
        assert_eq!(files, [Part { file_name: b"fw.bin".to_vec(), bytes: b"\x7fELF\r\n\0".to_vec() }]);
        assert!(uploaded_files(&head, b"--XY").is_empty());
        assert!(uploaded_files(&head, &b"--XY\r\n".repeat(10_000)).is_empty());
    }
}
