//! A terminal's recording in asciinema v2 (one JSON header line, then `[seconds, kind, text]` lines).
//!
//! Key type: [`Recorder`]. Output (`o`), input (`i`) and resize (`r`) events. Bytes that are not UTF-8 become
//! U+FFFD, one each; a character that is cut by a read is held until the rest of it comes.
use otori_event::Timestamp;
use serde_json::json;

/// Bytes of a line's text beyond which it is cut into another line.
const LINE_BYTES_MAX: usize = 8 << 10;
/// The room that is kept for the last line.
const LAST_LINE_BYTES: u64 = 128;

/// Whose bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// to the peer's screen
    Output,
    /// from the peer's keyboard
    Input,
}

/// Makes the lines of one recording and counts them against its limit.
pub struct Recorder {
    max_bytes: u64,
    written: u64,
    truncated: bool,
    lines: Vec<u8>,
    cut: [Vec<u8>; 2],
}

impl Recorder {
    /// Starts with the header line. `columns` and `rows` as far as known.
    pub fn new(max_bytes: u64, at: Timestamp, columns: u16, rows: u16, title: &str) -> Self {
        let mut recorder =
            Recorder { max_bytes, written: 0, truncated: false, lines: Vec::new(), cut: Default::default() };
        let header = json!({
            "version": 2, "width": columns, "height": rows, "timestamp": at.as_ms().div_euclid(1000),
            "title": title, "env": {"SHELL": "/bin/sh", "TERM": "linux"},
        });
        recorder.line(&header);
        recorder
    }
    fn line(&mut self, value: &serde_json::Value) {
        let mut text = value.to_string();
        text.push('\n');
        let after = self.written + text.len() as u64;
        if self.truncated || after + LAST_LINE_BYTES > self.max_bytes {
            self.truncated = true;
            return;
        }
        self.written = after;
        self.lines.extend_from_slice(text.as_bytes());
    }
    /// Bytes that passed `elapsed_ns` after the start.
    pub fn bytes(&mut self, elapsed_ns: u64, stream: Stream, bytes: &[u8]) {
        if self.truncated || bytes.is_empty() {
            return;
        }
        let (code, slot) = match stream {
            Stream::Output => ("o", 0),
            Stream::Input => ("i", 1),
        };
        let mut all = std::mem::take(&mut self.cut[slot]);
        all.extend_from_slice(bytes);
        let whole = all.len() - incomplete_tail(&all);
        self.cut[slot] = all.split_off(whole);
        for piece in pieces(&all) {
            self.line(&json!([seconds(elapsed_ns), code, decode(piece)]));
        }
    }
    /// The window changed.
    pub fn resize(&mut self, elapsed_ns: u64, columns: u16, rows: u16) {
        self.line(&json!([seconds(elapsed_ns), "r", format!("{columns}x{rows}")]));
    }
    /// Takes the lines that were made since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.lines)
    }
    /// Bytes that the next [`Recorder::take`] gives.
    pub fn waiting_bytes(&self) -> usize {
        self.lines.len()
    }
    /// Bytes in all, and whether the limit cut it.
    pub fn size(&self) -> (u64, bool) {
        (self.written, self.truncated)
    }
}

/// Microseconds are what players show.
fn seconds(elapsed_ns: u64) -> f64 {
    (elapsed_ns / 1000) as f64 / 1e6
}

/// How many bytes at the end are the start of a character that goes on.
fn incomplete_tail(bytes: &[u8]) -> usize {
    let Some(back) = bytes.iter().rev().take(3).position(|byte| *byte >= 0xc0) else { return 0 };
    let tail = &bytes[bytes.len() - back - 1..];
    match std::str::from_utf8(tail) {
        Err(error) if error.error_len().is_none() => tail.len(),
        _ => 0,
    }
}

/// Cuts between characters where a line would get too long.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut end = rest.len().min(LINE_BYTES_MAX);
        while end < rest.len() && end > LINE_BYTES_MAX - 4 && rest[end] & 0xc0 == 0x80 {
            end -= 1;
        }
        let (piece, others) = rest.split_at(end);
        rest = others;
        Some(piece)
    })
}

/// UTF-8, with one U+FFFD for each byte that is none.
fn decode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|_| text.push('\u{fffd}'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorder(max: u64) -> Recorder {
        Recorder::new(max, Timestamp::from_ms(1_700_000_000_000), 80, 24, "camera")
    }
    fn lines(recorder: &mut Recorder) -> Vec<serde_json::Value> {
        let bytes = recorder.take();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'));
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn output_input_and_resize_become_lines() {
        let mut r = recorder(1 << 20);
        r.bytes(1_500_000_000, Stream::Output, b"login: \x1b[2J\0");
        r.resize(1_600_000_000, 132, 50);
        r.bytes(2_000_000_000, Stream::Input, b"root\r");
        let lines = lines(&mut r);
        assert_eq!(lines[0]["version"], 2);
        assert_eq!(lines[0]["timestamp"], 1_700_000_000);
        assert_eq!(lines[1], json!([1.5, "o", "login: \u{1b}[2J\0"]));
        assert_eq!(lines[2], json!([1.6, "r", "132x50"]));
        assert_eq!(lines[3], json!([2.0, "i", "root\r"]));
    }

    #[test]
    fn characters_cut_by_a_read_are_joined_and_bad_bytes_shown() {
        let mut r = recorder(1 << 20);
        let text = "カメ".as_bytes();
        r.bytes(0, Stream::Output, &text[..4]);
        r.bytes(0, Stream::Output, &text[4..]);
        r.bytes(0, Stream::Output, b"\xff\xfeA");
        let lines = lines(&mut r);
        assert_eq!(lines[1][2], "カ");
        assert_eq!(lines[2][2], "メ");
        assert_eq!(lines[3][2], "\u{fffd}\u{fffd}A");
    }

    #[test]
    fn a_long_output_is_cut_into_lines_and_at_the_limit() {
        let mut r = recorder(100_000);
        r.bytes(0, Stream::Output, "あ".repeat(10_000).as_bytes());
        let joined: String = lines(&mut r)[1..].iter().map(|l| l[2].as_str().unwrap().to_string()).collect();
        assert_eq!(joined, "あ".repeat(10_000));
        r.bytes(0, Stream::Output, &vec![b'x'; 200_000]);
        let (size, truncated) = r.size();
        assert!(truncated && size <= 100_000);
        r.bytes(0, Stream::Output, b"more");
        assert_eq!(r.size(), (size, true));
    }
}
