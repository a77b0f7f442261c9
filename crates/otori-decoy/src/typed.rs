//! Lines that a peer typed, put together from the bytes that the terminal got.
//!
//! Key type: [`TypedLines`]. Follows the line discipline's editing characters (termios(3): VERASE, VKILL, VWERASE,
//! VINTR) and drops cursor keys; history and completion happen in the shell and show only in the recording.

/// Bytes of one line that are kept; more than an event can hold.
pub const LINE_BYTES_MAX: usize = 64 << 10;

/// Collects bytes until a line ends.
#[derive(Default)]
pub struct TypedLines {
    line: Vec<u8>,
    escape: Escape,
    after_return: bool,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Escape {
    #[default]
    None,
    Started,
    Sequence,
}

impl TypedLines {
    /// Takes bytes, gives the lines that they complete, without their ends and without empty ones.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        for &byte in bytes {
            if self.is_escaped(byte) {
                continue;
            }
            match byte {
                b'\n' if self.after_return => {}
                b'\r' | b'\n' => self.finish(&mut lines),
                0 => {}
                0x1b => self.escape = Escape::Started,
                0x08 | 0x7f => self.erase(),
                0x03 | 0x15 => self.line.clear(),
                0x17 => self.erase_word(),
                _ if self.line.len() < LINE_BYTES_MAX => self.line.push(byte),
                _ => {}
            }
            self.after_return = byte == b'\r';
        }
        lines
    }
    /// What stands on the unfinished line, at the end of the session.
    pub fn rest(&mut self) -> Option<Vec<u8>> {
        let mut lines = Vec::new();
        self.finish(&mut lines);
        lines.pop()
    }
    fn finish(&mut self, lines: &mut Vec<Vec<u8>>) {
        let line = std::mem::take(&mut self.line);
        if !line.iter().all(|b| b.is_ascii_whitespace()) {
            lines.push(line);
        }
    }
    /// Bytes of a key's escape sequence (ECMA-48 CSI and SS3) are not text.
    fn is_escaped(&mut self, byte: u8) -> bool {
        match self.escape {
            Escape::None => false,
            Escape::Started => {
                self.escape = if matches!(byte, b'[' | b'O') { Escape::Sequence } else { Escape::None };
                self.escape == Escape::Sequence
            }
            Escape::Sequence => {
                if byte < 0x20 {
                    self.escape = Escape::None;
                    return false;
                }
                if (0x40..=0x7e).contains(&byte) {
                    self.escape = Escape::None;
                }
                true
            }
        }
    }
    /// One character back: with UTF-8 that is a byte and the continuation bytes after it.
    fn erase(&mut self) {
        while self.line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
    }
    fn erase_word(&mut self) {
        while self.line.last().is_some_and(u8::is_ascii_whitespace) {
            self.line.pop();
        }
        while self.line.last().is_some_and(|byte| !byte.is_ascii_whitespace()) {
            self.line.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &[u8], expect: &[&str]) {
        let mut typed = TypedLines::default();
        let lines: Vec<String> =
            input.chunks(3).flat_map(|c| typed.push(c)).map(|l| String::from_utf8(l).unwrap()).collect();
        assert_eq!(lines, expect, "{}", input.escape_ascii());
    }

    #[test]
    fn lines_end_with_return_newline_or_both() {
        check(b"enable\r\nsystem\rshell\nsh\r\0\r\n\r\n", &["enable", "system", "shell", "sh"]);
    }

    #[test]
    fn editing_keys_are_followed_and_cursor_keys_dropped() {
        check(b"lx\x7fs\r", &["ls"]);
        check(b"rm -rf\x15id\r", &["id"]);
        check(b"sleep 9\x03whoami\r", &["whoami"]);
        check(b"cat foo\x17bar\r", &["cat bar"]);
        check(b"l\x1b[D\x1b[1;5Cs\x1bOA\r", &["ls"]);
        check("カメ\x7fラ\r".as_bytes(), &["カラ"]);
    }

    #[test]
    fn a_megabyte_on_one_line_is_bounded() {
        let mut typed = TypedLines::default();
        assert!(typed.push(&vec![b'A'; 1 << 20]).is_empty());
        assert_eq!(typed.rest().unwrap().len(), LINE_BYTES_MAX);
    }
}
