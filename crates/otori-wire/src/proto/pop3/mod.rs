//! POP3: a command and its answer are a transaction; the greeting is one without a command.
//!
//! Key type: `Pop3Parser`. RFC 1939, RFC 2449 (CAPA), RFC 2595 (STLS, after which TLS goes on). EVE as Suricata has it.
use super::{
    FieldRow, NumberRow, Parser, Probe, ProtocolId, Record,
    lines::{self, Line, LineReader, Lines},
    tls,
};
use crate::{
    flow::Direction,
    limits::{OPEN_REQUESTS, POP3_LINES},
    reused::{Reused, refill},
    transaction::{FieldId, Progress, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use std::collections::VecDeque;

const fn field(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Pop3, index)
}
const COMMAND: FieldId = field(0);
const ARGUMENTS: FieldId = field(1);
const ANSWER: FieldId = field(2);

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    FieldRow::new(ToServer, COMMAND, "pop3.command"),
    FieldRow::new(ToServer, ARGUMENTS, "pop3.command_data"),
    FieldRow::new(ToClient, ANSWER, "pop3.reply"),
];
/// No numbers.
pub static NUMBERS: &[NumberRow] = &[];

/// Commands of RFC 1939 and its extensions.
const COMMANDS: &[&[u8]] = &[
    b"APOP", b"AUTH", b"CAPA", b"DELE", b"LAST", b"LIST", b"NOOP", b"PASS", b"QUIT", b"RETR", b"RSET",
    b"STAT", b"STLS", b"TOP", b"UIDL", b"USER", b"UTF8", b"XTND",
];

/// The server greets; a client may have spoken first.
pub(super) fn probe(direction: Direction, bytes: &[u8]) -> Probe {
    match direction {
        ToClient => Probe::prefix(bytes, b"+OK"),
        ToServer => {
            let (word, _) = lines::command(bytes);
            match COMMANDS.contains(&word.upper()) {
                true => Probe::Yes,
                false if bytes.len() < 4 && bytes.is_ascii() => Probe::More,
                false => Probe::No,
            }
        }
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Pop3Parser::default())
}

#[derive(Default)]
struct Pop3Parser {
    lines: [Lines; 2],
    /// commands without an answer: transaction, several lines are answered, TLS is wanted
    open: VecDeque<(u64, bool, bool)>,
    /// the transaction whose answer goes on
    answering: Option<u64>,
    secured: bool,
}

/// What EVE says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Talk {
    /// it begins with a command
    asked: bool,
    command: Vec<u8>,
    arguments: Reused<Vec<u8>>,
    success: Option<bool>,
    header: Vec<u8>,
    data: Reused<Vec<u8>>,
}

impl Talk {
    /// Nothing was said yet.
    fn clear(&mut self) {
        (self.asked, self.success) = (false, None);
        self.command.clear();
        self.arguments.clear();
        self.header.clear();
        self.data.clear();
    }
}

impl LineReader for Pop3Parser {
    fn lines(&mut self, direction: Direction) -> &mut Lines {
        &mut self.lines[direction.index()]
    }
    fn is_over(&self) -> bool {
        self.secured
    }
    fn line(&mut self, direction: Direction, line: &Line<'_>, transactions: &mut Transactions) {
        match direction {
            ToServer => self.command(line, transactions),
            ToClient => self.answer(line.text, transactions),
        }
    }
}

impl Pop3Parser {
    fn command(&mut self, line: &Line<'_>, transactions: &mut Transactions) {
        let (word, rest) = lines::command(line.text);
        let id = transactions.open(ProtocolId::Pop3);
        let Some(transaction) = transactions.get_mut(id) else { return };
        transaction.fields.write(COMMAND, |out| out.extend(word.sent.iter().map(u8::to_ascii_uppercase)));
        transaction.fields.set(ARGUMENTS, rest);
        if line.cut {
            transaction.note("pop3.command_too_long");
        }
        let known = COMMANDS.contains(&word.upper());
        if !known {
            transaction.note("pop3.unknown_command");
        }
        if let Some(talk) = transaction.detail_again(Talk::clear) {
            talk.asked = true;
            talk.command.extend(word.sent.iter().map(u8::to_ascii_uppercase));
            let words = rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            words.take(POP3_LINES).for_each(|word| refill(talk.arguments.again(), word));
        }
        let many = match word.upper() {
            b"CAPA" | b"RETR" | b"TOP" => true,
            b"LIST" | b"UIDL" => rest.is_empty(),
            _ => false,
        };
        let secure = word.upper() == b"STLS";
        transaction.advance(ToServer, Progress::Complete);
        if self.open.len() >= OPEN_REQUESTS
            && let Some((oldest, ..)) = self.open.pop_front()
            && let Some(transaction) = transactions.get_mut(oldest)
        {
            transaction.note("pop3.too_many_transactions");
            transaction.advance(ToClient, Progress::Complete);
        }
        self.open.push_back((id, many, secure));
    }
    fn answer(&mut self, text: &[u8], transactions: &mut Transactions) {
        if let Some(id) = self.answering {
            let Some(transaction) = transactions.get_mut(id) else {
                self.answering = None;
                return;
            };
            if text == b"." {
                self.answering = None;
                transaction.advance(ToClient, Progress::Complete);
            } else if let Some(talk) =
                transaction.detail_again(Talk::clear).filter(|talk| talk.data.len() < POP3_LINES)
            {
                refill(talk.data.again(), text.strip_prefix(b".").unwrap_or(text));
            }
            return;
        }
        let success = text.starts_with(b"+");
        let asked = self.open.pop_front();
        let (id, many, secure) = match asked {
            Some(asked) => asked,
            None if transactions.is_full() => return,
            None => (transactions.open(ProtocolId::Pop3), false, false),
        };
        self.secured = secure && success;
        let Some(transaction) = transactions.get_mut(id) else { return };
        transaction.fields.set(ANSWER, text);
        if let Some(talk) = transaction.detail_again(Talk::clear) {
            talk.success = Some(success);
            let words = text.iter().position(u8::is_ascii_whitespace).map_or(text.len(), |end| end + 1);
            refill(&mut talk.header, text.get(words..).unwrap_or(&[]));
        }
        if many && success {
            self.answering = Some(id);
            transaction.advance(ToClient, Progress::Body);
        } else if asked.is_some() {
            transaction.advance(ToClient, Progress::Complete);
        } else {
            transaction.complete_alone(ToClient);
        }
    }
}

impl Parser for Pop3Parser {
    fn changes(&mut self) -> Option<(ProtocolId, Box<dyn Parser>)> {
        core::mem::take(&mut self.secured).then(|| (ProtocolId::Tls, tls::parser()))
    }
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        lines::feed(self, direction, bytes, transactions)
    }
    fn gap(&mut self, direction: Direction, _count: u64, _transactions: &mut Transactions) {
        self.lines[direction.index()].clear();
    }
    fn end(&mut self, _direction: Direction, transactions: &mut Transactions) {
        for (id, ..) in self.open.drain(..).chain(self.answering.take().map(|id| (id, false, false))) {
            if let Some(transaction) = transactions.get_mut(id) {
                transaction.advance(ToClient, Progress::Complete);
            }
        }
    }
}

/// The `pop3` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(talk) = transaction.detail_of::<Talk>() else { return };
    if talk.asked {
        record.object("request", &mut |record| {
            record.text("command", &talk.command);
            record.texts("args", &talk.arguments);
        });
    }
    if let Some(success) = talk.success {
        record.object("response", &mut |record| {
            record.flag("success", success);
            record.text("status", if success { b"OK" } else { b"ERR" });
            record.text("header", &talk.header);
            record.texts("data", &talk.data);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read as talk};

    #[test]
    fn commands_have_answers_of_one_line_or_many() {
        let talk = talk(
            parser,
            &[
                (ToClient, b"+OK ready\r\n"),
                (ToServer, b"USER camera\r\nPASS 1234\r\n"),
                (ToClient, b"+OK\r\n-ERR no\r\n"),
                (ToServer, b"list\r\n"),
                (ToClient, b"+OK 2 messages\r\n1 120\r\n..2 200\r\n.\r\n"),
                (ToServer, b"NONSENSE\r\n"),
            ],
        );
        assert_eq!(talk.opened(), 5);
        let of = |place| nth(&talk, place).detail_of::<Talk>().unwrap();
        assert_eq!((of(0).success, &of(0).header[..]), (Some(true), &b"ready"[..]));
        assert_eq!(nth(&talk, 1).fields.get(COMMAND), Some(&b"USER"[..]));
        assert_eq!(nth(&talk, 2).fields.get(ARGUMENTS), Some(&b"1234"[..]));
        assert_eq!(of(2).success, Some(false));
        assert_eq!(*of(3).data, [b"1 120".to_vec(), b".2 200".to_vec()]);
        assert_eq!(nth(&talk, 4).anomalies, ["pop3.unknown_command"]);
        assert_eq!(probe(ToClient, b"+OK"), Probe::Yes);
        assert_eq!(probe(ToServer, b"HELO x"), Probe::No);
    }

    #[test]
    fn tls_takes_over() {
        let (mut parser, mut transactions) = (parser(), Transactions::default());
        parser.feed(ToServer, b"STLS\r\n", &mut transactions);
        let both = b"+OK begin\r\n\x16\x03\x03";
        assert_eq!(parser.feed(ToClient, both, &mut transactions), both.len() - 3);
        assert_eq!(parser.changes().map(|(id, _)| id), Some(ProtocolId::Tls));
    }
}
