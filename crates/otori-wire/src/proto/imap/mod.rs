//! IMAP: its name, and the change to TLS. RFC 9051; STARTTLS is its 6.2.1. What is said is not read further.
//!
//! Key type: `ImapParser`. Neighbour: `lines`.
use super::{
    FieldRow, NumberRow, Parser, Probe, ProtocolId, Record,
    lines::{self, Line, LineReader, Lines},
    tls,
};
use crate::{
    flow::Direction,
    transaction::{Transaction, Transactions},
};
use Direction::{ToClient, ToServer};

/// No fields.
pub static FIELDS: &[FieldRow] = &[];
/// No numbers.
pub static NUMBERS: &[NumberRow] = &[];

/// Commands that a client may begin with.
const COMMANDS: &[&[u8]] =
    &[b"AUTHENTICATE", b"CAPABILITY", b"ENABLE", b"ID", b"LOGIN", b"LOGOUT", b"NOOP", b"STARTTLS"];
/// What a server says first.
const GREETINGS: &[&[u8]] = &[b"* OK ", b"* BYE ", b"* PREAUTH ", b"* CAPABILITY "];
/// Bytes of a tag that are usual.
const TAG_BYTES: usize = 16;
/// Bytes of the longest of the commands.
const COMMAND_BYTES: usize = 12;

/// The server greets, or the client sends a command behind a tag.
pub(super) fn probe(direction: Direction, bytes: &[u8]) -> Probe {
    if direction == ToClient {
        let upper = bytes.get(..bytes.len().min(COMMAND_BYTES + 2)).unwrap_or(bytes).to_ascii_uppercase();
        return Probe::prefix_of(&upper, GREETINGS);
    }
    let Some((tag, rest)) = tagged(bytes) else {
        // A tag has a digit in it, or ends with one: other text is not waited for.
        let tag = bytes.len() <= TAG_BYTES && bytes.iter().all(u8::is_ascii_alphanumeric);
        return if tag && bytes.iter().any(u8::is_ascii_digit) { Probe::More } else { Probe::No };
    };
    let end = rest.iter().position(u8::is_ascii_whitespace);
    let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest);
    let named = |command: &&&[u8]| word.eq_ignore_ascii_case(command);
    let begun =
        |command: &&&[u8]| command.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let sound = !tag.is_empty() && tag.len() <= TAG_BYTES && tag.iter().any(u8::is_ascii_digit);
    match end {
        _ if !sound => Probe::No,
        Some(_) if COMMANDS.iter().any(|command| named(&command)) => Probe::Yes,
        None if COMMANDS.iter().any(|command| begun(&command)) => Probe::More,
        _ => Probe::No,
    }
}

/// The tag of a line, and what follows its blank.
fn tagged(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (tag, rest) = line.split_at_checked(line.iter().position(|byte| *byte == b' ')?)?;
    tag.iter().all(u8::is_ascii_alphanumeric).then_some((tag, rest.get(1..)?))
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(ImapParser::default())
}

#[derive(Default)]
struct ImapParser {
    lines: [Lines; 2],
    /// tag of the command that asks for encryption
    asked: Option<Vec<u8>>,
    secured: bool,
}

impl LineReader for ImapParser {
    fn lines(&mut self, direction: Direction) -> &mut Lines {
        &mut self.lines[direction.index()]
    }
    fn is_over(&self) -> bool {
        self.secured
    }
    fn line(&mut self, direction: Direction, line: &Line<'_>, _transactions: &mut Transactions) {
        let Some((tag, rest)) = tagged(line.text) else { return };
        let (word, _) = lines::command(rest);
        match direction {
            ToServer if word.upper() == b"STARTTLS" && tag.len() <= TAG_BYTES => {
                self.asked = Some(tag.to_vec())
            }
            ToClient if self.asked.as_deref() == Some(tag) => {
                self.asked = None;
                self.secured = word.upper() == b"OK";
            }
            _ => {}
        }
    }
}

impl Parser for ImapParser {
    fn changes(&mut self) -> Option<(ProtocolId, Box<dyn Parser>)> {
        self.secured.then(|| (ProtocolId::Tls, tls::parser()))
    }
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        lines::feed(self, direction, bytes, transactions)
    }
    fn gap(&mut self, direction: Direction, _count: u64, _transactions: &mut Transactions) {
        self.lines[direction.index()].clear();
    }
    fn end(&mut self, _direction: Direction, _transactions: &mut Transactions) {}
}

/// Nothing is told of it.
pub fn log(_transaction: &Transaction, _record: &mut dyn Record) {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Conversation, decode::protocol};

    #[test]
    fn it_is_recognised_from_either_side() {
        assert_eq!(probe(ToClient, b"* OK [CAPABILITY IMAP4rev1] ready\r\n"), Probe::Yes);
        assert_eq!(probe(ToClient, b"* O"), Probe::More);
        assert_eq!(probe(ToClient, b"220 mx\r\n"), Probe::No);
        assert_eq!(probe(ToServer, b"a001 LOGIN bot pass\r\n"), Probe::Yes);
        assert_eq!(probe(ToServer, b"1 capab"), Probe::More);
        assert_eq!(probe(ToServer, b"GET / HTTP/1.1\r\n"), Probe::No);
        assert_eq!(probe(ToServer, b"EHLO LOGIN \r\n"), Probe::No);
    }

    #[test]
    fn tls_takes_over() {
        let mut talk = Conversation::new(protocol::TCP, 40000, 143);
        talk.feed(ToClient, b"* OK ready\r\n");
        talk.feed(ToServer, b"a1 STARTTLS\r\n");
        talk.feed(ToClient, b"* x\r\na1 OK begin\r\n");
        assert_eq!(talk.application(), Some("imap"));
        talk.feed(ToServer, &[22, 3, 1, 0, 60, 1, 0, 0, 56, 3, 3]);
        assert_eq!((talk.application(), talk.first_protocol()), (Some("tls"), Some("imap")));
        assert_eq!(talk.disagreements().count(), 0);
    }
}
