//! Protocols of text lines: puts lines together from pieces of a stream.
//!
//! Key type: [`Lines`]. Lines end with LF, perhaps after CR; longer ones than the bound are cut and told.
use crate::{flow::Direction, limits::TEXT_LINE_BYTES, reused::emptied, transaction::Transactions};

/// One direction's line in progress.
#[derive(Debug, Default)]
pub struct Lines {
    held: Vec<u8>,
    cut: bool,
}

/// A whole line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// its bytes, as many as the bound lets us keep
    pub text: &'a [u8],
    /// the same with its end
    pub raw: &'a [u8],
    /// it was longer than the bound
    pub cut: bool,
}

impl Lines {
    /// Takes bytes up to the end of a line and gives that to `each`; returns how many were taken.
    pub fn take(&mut self, bytes: &[u8], each: impl FnOnce(Line<'_>)) -> usize {
        let end = bytes.iter().position(|b| *b == b'\n');
        let taken = end.map_or(bytes.len(), |end| end + 1);
        let piece = bytes.get(..taken).unwrap_or(bytes);
        if self.held.is_empty() && end.is_some() && piece.len() <= TEXT_LINE_BYTES {
            each(Line { text: trim(piece), raw: piece, cut: false });
            return taken;
        }
        let room = TEXT_LINE_BYTES.saturating_sub(self.held.len());
        self.cut |= piece.len() > room;
        self.held.extend_from_slice(piece.get(..piece.len().min(room)).unwrap_or(piece));
        if end.is_some() {
            let held = core::mem::take(&mut self.held);
            each(Line { text: trim(&held), raw: &held, cut: core::mem::take(&mut self.cut) });
            self.held = emptied(held);
        }
        taken
    }
    /// Gives what there is of a line that has no end.
    pub fn rest(&mut self, each: impl FnOnce(Line<'_>)) {
        let held = core::mem::take(&mut self.held);
        if !held.is_empty() {
            each(Line { text: trim(&held), raw: &held, cut: core::mem::take(&mut self.cut) });
        }
    }
    /// Forgets the line in progress.
    pub fn clear(&mut self) {
        self.held.clear();
        self.cut = false;
    }
}

/// A parser whose both sides speak in lines.
pub(super) trait LineReader {
    /// The lines of one side.
    fn lines(&mut self, direction: Direction) -> &mut Lines;
    /// Another protocol takes over, which [`Parser::changes`](super::Parser::changes) gives at once.
    fn is_over(&self) -> bool;
    /// Bytes that are no lines: takes some of those that come next, and says how many.
    fn chunk(&mut self, _direction: Direction, _bytes: &[u8], _transactions: &mut Transactions) -> usize {
        0
    }
    /// Takes a whole line.
    fn line(&mut self, direction: Direction, line: &Line<'_>, transactions: &mut Transactions);
}

/// Gives a reader its lines; returns how many bytes were taken, fewer when no more transactions fit.
pub(super) fn feed(
    reader: &mut impl LineReader,
    direction: Direction,
    bytes: &[u8],
    transactions: &mut Transactions,
) -> usize {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty() && !reader.is_over()) {
        if direction == Direction::ToServer && transactions.is_full() {
            return at;
        }
        let taken = reader.chunk(direction, rest, transactions);
        if taken > 0 {
            at += taken;
            continue;
        }
        let mut lines = core::mem::take(reader.lines(direction));
        at += lines.take(rest, |line| reader.line(direction, &line, transactions));
        *reader.lines(direction) = lines;
    }
    // What comes behind a change of the protocol is the other one's.
    if reader.is_over() { at } else { bytes.len() }
}

fn trim(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The byte that two hexadecimal digits write.
pub(super) fn unhex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// The first word, and what follows it.
pub fn command(line: &[u8]) -> (Word<'_>, &[u8]) {
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    let mut upper = [0; COMMAND_BYTES];
    upper.iter_mut().zip(word).for_each(|(to, from)| *to = from.to_ascii_uppercase());
    (Word { sent: word, upper }, rest.trim_ascii())
}

/// Bytes of the longest command that is known.
const COMMAND_BYTES: usize = 8;

/// A command as it was sent; its case does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// as it came
    pub sent: &'a [u8],
    upper: [u8; COMMAND_BYTES],
}

impl Word<'_> {
    /// In upper case; empty if it is longer than any that is known.
    pub fn upper(&self) -> &[u8] {
        self.upper.get(..self.sent.len()).unwrap_or(&[])
    }
}

/// A reply's three digits, whether it is the last line of it, and its text.
pub fn reply(line: &[u8]) -> Option<(&[u8], bool, &[u8])> {
    let code = line.get(..3).filter(|code| code.iter().all(u8::is_ascii_digit))?;
    let last = line.get(3) != Some(&b'-');
    Some((code, last, line.get(4..).unwrap_or(&[])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pieces: &[&str], expect: &[&str]) {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for piece in pieces {
            let mut rest = piece.as_bytes();
            while !rest.is_empty() {
                let taken =
                    lines.take(rest, |line| found.push(String::from_utf8_lossy(line.text).into_owned()));
                rest = &rest[taken..];
            }
        }
        assert_eq!(found, expect);
    }

    #[test]
    fn lines_come_whole_however_they_are_cut() {
        check(&["USER a\r\nPA", "SS b\n"], &["USER a", "PASS b"]);
        check(&["x\r", "\n", "\n"], &["x", ""]);
        let mut lines = Lines::default();
        let long = [vec![b'a'; TEXT_LINE_BYTES + 9], b"\n".to_vec()].concat();
        let mut cut = false;
        lines.take(&long, |line| cut = line.cut && line.text.len() == TEXT_LINE_BYTES);
        assert!(cut);
    }

    #[test]
    fn words_and_codes_are_cut_out() {
        let (word, rest) = command(b"user  x y ");
        assert_eq!((word.upper(), word.sent, rest), (&b"USER"[..], &b"user"[..], &b"x y"[..]));
        assert_eq!(command(b"STARTTLS").0.upper(), b"STARTTLS");
        assert_eq!(command(b"STARTTLSX").0.upper(), b"");
        assert_eq!(reply(b"220-hello"), Some((&b"220"[..], false, &b"hello"[..])));
        assert_eq!(reply(b"hello"), None);
    }
}
