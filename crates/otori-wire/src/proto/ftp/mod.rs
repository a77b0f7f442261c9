//! FTP's control connection: a command and its reply are a transaction.
//!
//! Key type: `FtpParser`. RFC 959, RFC 2428 (EPRT, EPSV).
pub mod data;

use super::{
    Expectation, FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record,
    lines::{self, Line, LineReader, Lines},
    tls,
};
use crate::{
    flow::Direction,
    transaction::{FieldId, Progress, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use std::borrow::Cow;

const fn client(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Ftp, index)
}
const fn server(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Ftp, 64 + index)
}
/// The command's word, upper case.
pub const COMMAND: FieldId = client(0);
/// What follows it.
pub const COMMAND_DATA: FieldId = client(1);
/// Port of the data connection, as the client named it.
pub const DYNAMIC_PORT: FieldId = client(2);
/// 0 active, 1 passive.
pub const MODE: FieldId = client(3);
/// One line of the reply, without its code.
pub const REPLY: FieldId = server(0);
/// Code of the reply.
pub const CODE: FieldId = server(1);
/// Port of the data connection, as the server named it.
pub const SERVER_PORT: FieldId = server(2);
/// Mode, once the server has answered.
pub const SERVER_MODE: FieldId = server(3);
/// Whether there is a reply.
pub const REPLIED: FieldId = server(4);

const fn row(id: FieldId, keyword: &'static str, direction: Direction) -> FieldRow {
    FieldRow { id, keyword, aliases: &[], modifier: None, direction }
}

/// All rows.
pub static FIELDS: &[FieldRow] = &[
    row(COMMAND, "ftp.command", ToServer),
    row(COMMAND_DATA, "ftp.command_data", ToServer),
    row(REPLY, "ftp.reply", ToClient),
    row(CODE, "ftp.completion_code", ToClient),
];

const MODES: NumberForm = NumberForm::Named(&[("active", 0), ("passive", 1)]);
const YES_NO: NumberForm = NumberForm::Named(&[("no", 0), ("false", 0), ("yes", 1), ("true", 1)]);

const fn number(id: FieldId, keyword: &'static str, form: NumberForm, direction: Direction) -> NumberRow {
    NumberRow { id, keyword, aliases: &[], direction, form }
}

/// All numbers.
pub static NUMBERS: &[NumberRow] = &[
    number(DYNAMIC_PORT, "ftp.dynamic_port", NumberForm::Plain, ToServer),
    number(SERVER_PORT, "ftp.dynamic_port", NumberForm::Plain, ToClient),
    number(MODE, "ftp.mode", MODES, ToServer),
    number(SERVER_MODE, "ftp.mode", MODES, ToClient),
    number(REPLIED, "ftp.reply_received", YES_NO, ToClient),
];

const COMMANDS: &[&[u8]] = &[b"USER ", b"AUTH ", b"FEAT", b"SYST", b"PASS ", b"HOST ", b"OPTS ", b"CLNT "];

/// A greeting with its code, or a first command.
pub(super) fn probe(direction: Direction, bytes: &[u8]) -> Probe {
    match direction {
        ToClient => match bytes.get(..4) {
            Some(head) if head.starts_with(b"220") && matches!(head[3], b' ' | b'-') => Probe::Yes,
            Some(_) => Probe::No,
            None => Probe::More,
        },
        ToServer => {
            let upper = bytes.get(..bytes.len().min(5)).unwrap_or(bytes).to_ascii_uppercase();
            match COMMANDS.iter().any(|command| upper.starts_with(command)) {
                true => Probe::Yes,
                false if bytes.len() < 5 => Probe::More,
                false => Probe::No,
            }
        }
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(FtpParser::default())
}

#[derive(Default)]
struct FtpParser {
    lines: [Lines; 2],
    /// another protocol has taken over (AUTH TLS)
    over: bool,
    /// the client's turn to name the port was passive
    passive: bool,
    /// the port that was named last
    port: u16,
    expects: Option<Expectation>,
}

impl LineReader for FtpParser {
    fn lines(&mut self, direction: Direction) -> &mut Lines {
        &mut self.lines[direction.index()]
    }
    fn is_over(&self) -> bool {
        self.over
    }
    fn line(&mut self, direction: Direction, line: &Line<'_>, transactions: &mut Transactions) {
        match direction {
            ToServer => self.command(line, transactions),
            ToClient => self.reply(line, transactions),
        }
    }
}

impl Parser for FtpParser {
    fn changes(&mut self) -> Option<(ProtocolId, Box<dyn Parser>)> {
        self.over.then(|| (ProtocolId::Tls, tls::parser()))
    }
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        lines::feed(self, direction, bytes, transactions)
    }
    fn expects(&mut self) -> Option<Expectation> {
        self.expects.take()
    }
    fn gap(&mut self, direction: Direction, _count: u64, _transactions: &mut Transactions) {
        self.lines[direction.index()].clear();
    }
    fn end(&mut self, _direction: Direction, _transactions: &mut Transactions) {}
}

impl FtpParser {
    fn command(&mut self, line: &Line<'_>, transactions: &mut Transactions) {
        if line.text.is_empty() {
            return;
        }
        let id = transactions.open(ProtocolId::Ftp);
        let Some(transaction) = transactions.get_mut(id) else { return };
        if line.cut {
            transaction.note("ftp.request_command_too_long");
        }
        let (word, rest) = lines::command(line.text);
        let port = match word.upper() {
            b"PORT" => tuple_port(rest),
            b"EPRT" => rest.split(|b| *b == b'|').nth(3).and_then(decimal),
            _ => None,
        };
        match word.upper() {
            b"PORT" | b"EPRT" => {
                self.passive = false;
                transaction.fields.set_number(MODE, 0);
            }
            b"PASV" | b"EPSV" => {
                self.passive = true;
                transaction.fields.set_number(MODE, 1);
            }
            _ => {}
        }
        if let Some(port) = port {
            self.port = port;
            transaction.fields.set_number(DYNAMIC_PORT, u64::from(port));
        }
        if matches!(word.upper(), b"RETR" | b"STOR") && self.port != 0 {
            let port = core::mem::take(&mut self.port);
            let (reversed, file) = (!self.passive, rest.to_vec());
            let command = word.upper().to_vec();
            self.expects = Some(Expectation { reversed, port, command, file, ..Expectation::default() });
        }
        transaction.fields.write(COMMAND, |out| {
            out.extend_from_slice(word.sent);
            out.make_ascii_uppercase();
        });
        transaction.fields.set(COMMAND_DATA, rest);
        transaction.advance(ToServer, Progress::Complete);
    }

    fn reply(&mut self, line: &Line<'_>, transactions: &mut Transactions) {
        let open = |t: &&Transaction| t.progress[ToClient.index()] != Progress::Complete;
        let answered = transactions.iter().find(open).map(|transaction| transaction.id);
        let id = match answered {
            Some(id) => id,
            // The greeting, and what a server says unasked.
            None if transactions.is_full() => return,
            None => transactions.open(ProtocolId::Ftp),
        };
        let Some(transaction) = transactions.get_mut(id) else { return };
        if transaction.progress[ToServer.index()] == Progress::Waiting {
            transaction.advance(ToServer, Progress::Complete);
        }
        if line.cut {
            transaction.note("ftp.response_command_too_long");
        }
        let Some((code, last, text)) = lines::reply(line.text) else {
            transaction.fields.set(REPLY, line.text.trim_ascii());
            return;
        };
        transaction.fields.set(REPLY, text);
        transaction.fields.set(CODE, code);
        let port = match code {
            b"227" => text.split(|b| *b == b'(').nth(1).and_then(tuple_port),
            b"229" => text.split(|b| *b == b'|').nth(3).and_then(decimal),
            b"234" => {
                self.over = true;
                None
            }
            _ => None,
        };
        // The answer to PORT and EPRT is about the port that the client has named.
        let asked = transaction.fields.number(DYNAMIC_PORT);
        if let Some(port) = port {
            self.port = port;
        }
        if let Some(port) = port.map(u64::from).or(asked) {
            transaction.fields.set_number(SERVER_PORT, port);
            transaction.fields.set_number(SERVER_MODE, u64::from(self.passive));
        }
        // A preliminary reply, 1xx, is followed by the real one.
        if last && !code.starts_with(b"1") {
            transaction.fields.set_number(REPLIED, 1);
            transaction.advance(ToClient, Progress::Complete);
        } else {
            transaction.advance(ToClient, Progress::Body);
        }
    }
}

fn decimal(bytes: &[u8]) -> Option<u16> {
    core::str::from_utf8(bytes.trim_ascii()).ok()?.parse().ok()
}

/// `h1,h2,h3,h4,p1,p2`
fn tuple_port(bytes: &[u8]) -> Option<u16> {
    let text = bytes.split(|b| *b == b')').next()?;
    let mut numbers = text.split(|b| *b == b',').skip(4).map(|part| decimal(part).filter(|n| *n < 256));
    Some(numbers.next()?? << 8 | numbers.next()??)
}

/// The `ftp` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let fields = &transaction.fields;
    if let Some(word) = fields.get(COMMAND) {
        record.text("command", word);
    }
    if let Some(data) = fields.get(COMMAND_DATA).filter(|data| !data.is_empty()) {
        record.text("command_data", data);
    }
    for (key, id) in [("reply", REPLY), ("completion_code", CODE)] {
        let mut all = fields.all(id).map(|field| Cow::Borrowed(&*field.bytes)).peekable();
        if all.peek().is_some() {
            record.words(key, &mut all);
        }
    }
    record.text("reply_received", if fields.get(REPLY).is_none() { b"no" } else { b"yes" });
    if let Some(port) = fields.number(DYNAMIC_PORT).or(fields.number(SERVER_PORT)) {
        record.number("dynamic_port", port as i64);
    }
    if let Some(mode) = fields.number(MODE) {
        record.text("mode", if mode == 0 { b"active" } else { b"passive" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_meet_their_replies() {
        let mut parser = FtpParser::default();
        let mut transactions = Transactions::default();
        parser.feed(ToClient, b"220 hello\r\n", &mut transactions);
        parser.feed(ToServer, b"user anonymous\r\nPORT 192,0,2,1,4,1\r\nPASV\r\n", &mut transactions);
        parser.feed(ToClient, b"331-a\r\n331 b\r\n200 ok\r\n227 x (192,0,2,1,8,0)\r\n", &mut transactions);
        let all: Vec<&Transaction> = transactions.iter().collect();
        assert_eq!(all.len(), 4);
        assert_eq!(all[1].fields.get(COMMAND), Some(&b"USER"[..]));
        assert_eq!(all[1].fields.all(REPLY).count(), 2);
        assert_eq!(all[2].fields.number(DYNAMIC_PORT), Some(1025));
        assert_eq!((all[3].fields.number(SERVER_PORT), all[3].fields.number(MODE)), (Some(2048), Some(1)));
        assert!(all.iter().all(|transaction| transaction.is_complete()));
    }
}
