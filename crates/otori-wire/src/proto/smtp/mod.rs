//! SMTP: a mail with its envelope is a transaction; its text is a file on the way to the server.
//!
//! Key type: `SmtpParser`. Neighbour: `mime` (parts of the mail). RFC 5321. A mail with attachments is these files; the
//! text of any other is one file without a name.
mod email;
mod mime;

use super::{
    Beside, FieldRow, Parser, Probe, ProtocolId, Record, file,
    lines::{self, Line, LineReader, Lines},
    tls,
};
use crate::{
    flow::Direction,
    limits::{BODY_BYTES, OPEN_REQUESTS},
    reused::refill,
    transaction::{FieldId, Progress, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use std::collections::VecDeque;

const fn field(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Smtp, index)
}
/// Name that the client gives itself.
pub const HELO: FieldId = field(0);
/// Sender of the envelope.
pub const MAIL_FROM: FieldId = field(1);
/// One receiver of the envelope.
pub const RCPT_TO: FieldId = field(2);

/// A command with its end.
pub const FRAME_COMMAND: FieldId = field(3);
/// A line of a reply with its end.
pub const FRAME_REPLY: FieldId = field(4);
/// Text of the mail as it came.
pub const FRAME_DATA: FieldId = field(5);
/// All that the client sent in a transaction.
pub const FRAME_STREAM: FieldId = field(6);
/// All that the server sent in a transaction.
pub const FRAME_STREAM_BACK: FieldId = field(7);

const fn row(id: FieldId, keyword: &'static str) -> FieldRow {
    FieldRow { id, keyword, aliases: &[], modifier: None, direction: ToServer }
}

/// All rows.
pub static FIELDS: &[FieldRow] = &[
    row(HELO, "smtp.helo"),
    row(MAIL_FROM, "smtp.mail_from"),
    row(RCPT_TO, "smtp.rcpt_to"),
    row(FRAME_COMMAND, "frame:smtp.command_line"),
    FieldRow::new(ToClient, FRAME_REPLY, "frame:smtp.response_line"),
    row(FRAME_DATA, "frame:smtp.data"),
    row(FRAME_STREAM, "frame:smtp.stream"),
    FieldRow::new(ToClient, FRAME_STREAM_BACK, "frame:smtp.stream"),
    row(email::FROM, "email.from"),
    row(email::TO, "email.to"),
    row(email::CC, "email.cc"),
    row(email::SUBJECT, "email.subject"),
    row(email::DATE, "email.date"),
    row(email::MESSAGE_ID, "email.message_id"),
    row(email::X_MAILER, "email.x_mailer"),
    row(email::RECEIVED, "email.received"),
    row(email::URL, "email.url"),
    row(email::BODY_MD5, "email.body_md5"),
];

/// A greeting with its code, or the client's first word.
pub(super) fn probe(direction: Direction, bytes: &[u8]) -> Probe {
    let upper = bytes.get(..bytes.len().min(5)).unwrap_or(bytes).to_ascii_uppercase();
    let fits = match direction {
        ToClient => upper.starts_with(b"220 ") || upper.starts_with(b"220-"),
        ToServer => upper.starts_with(b"EHLO ") || upper.starts_with(b"HELO "),
    };
    match fits {
        true => Probe::Yes,
        false if bytes.len() < 5 => Probe::More,
        false => Probe::No,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(SmtpParser::default())
}

#[derive(Default)]
struct SmtpParser {
    lines: [Lines; 2],
    helo: Vec<u8>,
    transaction: Option<u64>,
    /// lines are the mail's text
    in_data: bool,
    /// a piece of the mail (RFC 3030) of which so many bytes are still to come
    chunk: Option<Chunk>,
    size: u64,
    mime: mime::Mime,
    /// commands without an answer, oldest first
    asked: VecDeque<Asked>,
    /// the server has said its first word
    greeted: bool,
    /// the server has agreed: encryption begins
    over: bool,
}

/// A piece of a mail whose length was told before.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    left: u64,
    /// the mail ends with it
    last: bool,
}

/// A command whose answer decides what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Encryption,
    Data,
    Other,
}

impl LineReader for SmtpParser {
    fn lines(&mut self, direction: Direction) -> &mut Lines {
        &mut self.lines[direction.index()]
    }
    fn is_over(&self) -> bool {
        self.over
    }
    fn chunk(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        let Some(chunk) = &mut self.chunk else { return 0 };
        if direction == ToClient {
            return 0;
        }
        let count = usize::try_from(chunk.left).unwrap_or(usize::MAX).min(bytes.len());
        chunk.left -= count as u64;
        let Chunk { left, last } = *chunk;
        let piece = bytes.get(..count).unwrap_or(bytes);
        let mut held = core::mem::take(&mut self.lines[ToServer.index()]);
        let mut at = 0;
        while let Some(rest) = piece.get(at..).filter(|rest| !rest.is_empty()) {
            at += held.take(rest, |line| self.mail_line(&line, line.text, transactions));
        }
        if left == 0 {
            self.chunk = None;
            // The next command begins within what was a line of the mail to whoever reads only lines.
            if !piece.ends_with(b"\n") && !last {
                self.note("smtp.bdat_chunk_len_exceeded", transactions);
            }
            if last {
                held.rest(|line| self.mail_line(&line, line.text, transactions));
                self.finish(transactions);
            }
        }
        self.lines[ToServer.index()] = held;
        count
    }
    fn line(&mut self, direction: Direction, line: &Line<'_>, transactions: &mut Transactions) {
        match direction {
            ToServer => self.client(line, transactions),
            ToClient => self.server(line, transactions),
        }
    }
}

impl Parser for SmtpParser {
    fn changes(&mut self) -> Option<(ProtocolId, Box<dyn Parser>)> {
        self.over.then(|| (ProtocolId::Tls, tls::parser()))
    }
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        lines::feed(self, direction, bytes, transactions)
    }
    fn gap(&mut self, direction: Direction, _count: u64, _transactions: &mut Transactions) {
        self.lines[direction.index()].clear();
    }
    fn end(&mut self, direction: Direction, transactions: &mut Transactions) {
        if direction == ToServer {
            self.finish(transactions);
        }
    }
}

impl SmtpParser {
    fn current<'t>(&mut self, transactions: &'t mut Transactions) -> Option<&'t mut Transaction> {
        let id = match self.transaction {
            Some(id) => id,
            None => {
                let id = transactions.open(ProtocolId::Smtp);
                self.transaction = Some(id);
                self.size = 0;
                if let Some(transaction) = transactions.get_mut(id).filter(|_| !self.helo.is_empty()) {
                    transaction.fields.set(HELO, &self.helo);
                }
                id
            }
        };
        transactions.get_mut(id)
    }
    fn client(&mut self, line: &Line<'_>, transactions: &mut Transactions) {
        self.stream(ToServer, line, transactions);
        if self.in_data {
            return self.text(line, transactions);
        }
        self.frame(FRAME_COMMAND, ToServer, line, transactions);
        let (word, rest) = lines::command(line.text);
        self.ask(match word.upper() {
            b"STARTTLS" => Asked::Encryption,
            b"DATA" => Asked::Data,
            _ => Asked::Other,
        });
        match word.upper() {
            b"EHLO" | b"HELO" => {
                refill(&mut self.helo, rest);
                if let Some(transaction) = self.transaction.and_then(|id| transactions.get_mut(id)) {
                    transaction.fields.set(HELO, rest);
                }
            }
            b"MAIL" => {
                let open = self.transaction.and_then(|id| transactions.get_mut(id));
                if open.is_some_and(|transaction| transaction.fields.get(MAIL_FROM).is_some()) {
                    self.finish(transactions);
                }
                if let Some(transaction) = self.current(transactions) {
                    transaction.fields.set(MAIL_FROM, path(rest));
                    transaction.advance(ToServer, Progress::Started);
                }
            }
            b"RCPT" => {
                if let Some(transaction) = self.current(transactions) {
                    transaction.fields.set(RCPT_TO, path(rest));
                    transaction.advance(ToServer, Progress::Headers);
                }
            }
            b"DATA" => self.in_data = true,
            b"BDAT" => self.begin_chunk(rest, transactions),
            b"RSET" | b"QUIT" => self.finish(transactions),
            _ => {}
        }
        if line.cut
            && let Some(transaction) = self.current(transactions)
        {
            transaction.note("smtp.max_command_line_len_exceeded");
        }
    }
    /// `BDAT 1000` or `BDAT 1000 LAST`.
    fn begin_chunk(&mut self, rest: &[u8], transactions: &mut Transactions) {
        let mut words = rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let size = words.next().and_then(|word| core::str::from_utf8(word).ok()?.parse::<u64>().ok());
        let last = words.next().is_some_and(|word| word.eq_ignore_ascii_case(b"LAST"));
        match size {
            Some(0) if last => self.finish(transactions),
            Some(0) | None => {}
            Some(left) => self.chunk = Some(Chunk { left, last }),
        }
    }
    fn note(&mut self, name: &'static str, transactions: &mut Transactions) {
        if let Some(transaction) = self.current(transactions) {
            transaction.note(name);
        }
    }
    /// The transaction that a line belongs to: the greeting begins the first one, what ends the talk begins none.
    fn framed<'t>(
        &mut self,
        way: Direction,
        line: &Line<'_>,
        transactions: &'t mut Transactions,
    ) -> Option<&'t mut Transaction> {
        let begins = match way {
            ToServer => !matches!(lines::command(line.text).0.upper(), b"QUIT" | b"RSET"),
            ToClient => transactions.opened() == 0,
        };
        match self.transaction {
            Some(id) => transactions.get_mut(id),
            None if begins => self.current(transactions),
            None => None,
        }
    }
    /// A line of its own as it came, where a rule asks for it.
    fn frame(&mut self, id: FieldId, way: Direction, line: &Line<'_>, transactions: &mut Transactions) {
        if transactions.wanted().has(id)
            && let Some(transaction) = self.framed(way, line, transactions)
        {
            transaction.fields.set(id, line.raw);
            transaction.touched[way.index()] = true;
        }
    }
    /// All lines as they came, where a rule asks for them.
    fn stream(&mut self, way: Direction, line: &Line<'_>, transactions: &mut Transactions) {
        let all = if way == ToServer { FRAME_STREAM } else { FRAME_STREAM_BACK };
        let ids = [Some(all), (way == ToServer && self.in_data && line.text != b".").then_some(FRAME_DATA)];
        for id in ids.into_iter().flatten() {
            if transactions.wanted().has(id)
                && let Some(transaction) = self.framed(way, line, transactions)
            {
                transaction.fields.grow(id, line.raw, BODY_BYTES);
                transaction.touched[way.index()] = true;
            }
        }
    }
    fn text(&mut self, line: &Line<'_>, transactions: &mut Transactions) {
        if line.text == b"." {
            self.in_data = false;
            self.ask(Asked::Other);
            return self.finish(transactions);
        }
        self.mail_line(line, line.text.strip_prefix(b".").unwrap_or(line.text), transactions);
    }
    /// A line of the mail, with what it means.
    fn mail_line(&mut self, line: &Line<'_>, bytes: &[u8], transactions: &mut Transactions) {
        self.size += bytes.len() as u64 + 2;
        if let Some(transaction) = self.current(transactions) {
            let mut mime = core::mem::take(&mut self.mime);
            let had = mime.has_files();
            mime.line(bytes, &mut transaction.fields);
            mime.wrong(line.cut).for_each(|name| transaction.note(name));
            if mime.has_files() {
                // The headers that were taken for text are none.
                if !had {
                    transaction.fields.forget(|id| id == file::DATA_TO_SERVER);
                }
            } else {
                transaction.fields.grow(file::DATA_TO_SERVER, bytes, BODY_BYTES);
                transaction.fields.grow(file::DATA_TO_SERVER, b"\r\n", BODY_BYTES);
            }
            transaction.advance(ToServer, Progress::Body);
            self.mime = mime;
        }
    }
    fn server(&mut self, line: &Line<'_>, transactions: &mut Transactions) {
        self.stream(ToClient, line, transactions);
        self.frame(FRAME_REPLY, ToClient, line, transactions);
        let wrong = lines::reply(line.text).and_then(|(code, last, _)| self.answered(code, last));
        if let Some(name) = wrong
            && let Some(transaction) = self.current(transactions)
        {
            transaction.note(name);
        }
        let Some(transaction) = self.transaction.and_then(|id| transactions.get_mut(id)) else { return };
        if lines::reply(line.text).is_none() {
            transaction.note("smtp.invalid_reply");
        }
        if line.cut {
            transaction.note("smtp.max_reply_line_len_exceeded");
        }
    }
    fn ask(&mut self, what: Asked) {
        if self.asked.len() < OPEN_REQUESTS {
            self.asked.push_back(what);
        }
    }
    /// A line of the server's answer to the oldest command, or of its greeting; gives what is wrong with it.
    fn answered(&mut self, code: &[u8], last: bool) -> Option<&'static str> {
        if !self.greeted {
            self.greeted = last || code != b"220";
            if code == b"220" {
                return None;
            }
            if self.asked.is_empty() {
                return Some("smtp.no_server_welcome_message");
            }
        }
        let matched = !self.asked.is_empty();
        let asked = if last { self.asked.pop_front() } else { None };
        match asked {
            // Servers that hang up say so without being asked.
            None if !matched && last && code != b"421" => Some("smtp.unable_to_match_reply_with_request"),
            Some(Asked::Encryption) if code == b"220" => {
                self.over = true;
                None
            }
            Some(Asked::Encryption) => Some("smtp.tls_rejected"),
            Some(Asked::Data) if code != b"354" => {
                // What comes next are commands again, unless the mail came without waiting.
                self.in_data &= self.size > 0;
                Some("smtp.data_command_rejected")
            }
            _ => None,
        }
    }
    /// The mail is over.
    fn finish(&mut self, transactions: &mut Transactions) {
        let Some(transaction) = self.transaction.take().and_then(|id| transactions.get_mut(id)) else {
            return;
        };
        let mut mime = core::mem::take(&mut self.mime);
        match mime.has_files() {
            true => mime.close(&mut transaction.fields),
            false if self.size > 0 => file::finish(ToServer, self.size, &mut transaction.fields),
            false => {}
        }
        email::finish(&mut transaction.fields);
        for id in [FRAME_DATA, FRAME_STREAM, FRAME_STREAM_BACK] {
            transaction.fields.finish(id);
        }
        for direction in Direction::BOTH {
            transaction.advance(direction, Progress::Complete);
        }
    }
}

/// The address of `FROM:<a@b> SIZE=1`, with its brackets.
fn path(rest: &[u8]) -> &[u8] {
    let value = rest.splitn(2, |b| *b == b':').nth(1).unwrap_or(&[]).trim_ascii();
    value.split(|b| b.is_ascii_whitespace()).next().unwrap_or(value)
}

/// The `email` object of EVE.
pub static EMAIL: Beside = Beside { key: "email", is_there: email::is_there, log: email::log };

/// The `smtp` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let fields = &transaction.fields;
    if let Some(helo) = fields.get(HELO) {
        record.text("helo", helo);
    }
    if let Some(from) = fields.get(MAIL_FROM) {
        record.text("mail_from", from);
    }
    let to: Vec<Vec<u8>> = fields.all(RCPT_TO).map(|field| field.bytes.clone()).collect();
    if !to.is_empty() {
        record.texts("rcpt_to", &to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_a_transaction() {
        let mut parser = SmtpParser::default();
        let mut transactions = Transactions::default();
        parser.feed(ToClient, b"220 mx.example\r\n", &mut transactions);
        let talk = b"EHLO bot\r\nMAIL FROM:<a@example.org> SIZE=9\r\nRCPT TO:<b@example.org>\r\nDATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n";
        for piece in talk.chunks(7) {
            parser.feed(ToServer, piece, &mut transactions);
        }
        let transaction = transactions.iter().next().unwrap();
        assert_eq!(transaction.fields.get(HELO), Some(&b"bot"[..]));
        assert_eq!(transaction.fields.get(MAIL_FROM), Some(&b"<a@example.org>"[..]));
        assert_eq!(transaction.fields.get(file::DATA_TO_SERVER), Some(&b"Subject: x\r\n\r\n.dot\r\n"[..]));
        assert!(transaction.is_complete());
    }

    #[test]
    fn a_mail_may_come_in_chunks() {
        let mut parser = SmtpParser::default();
        let mut transactions = Transactions::default();
        parser.feed(ToClient, b"220 mx.example\r\n", &mut transactions);
        let talk = b"EHLO bot\r\nMAIL FROM:<a@example.org>\r\nBDAT 14\r\nSubject: x\r\n\r\nBDAT 7 LAST\r\n.\r\nbodyMAIL FROM:<c@example.org>\r\n";
        for piece in talk.chunks(5) {
            parser.feed(ToServer, piece, &mut transactions);
        }
        let mail = transactions.iter().next().unwrap();
        assert_eq!(mail.fields.get(file::DATA_TO_SERVER), Some(&b"Subject: x\r\n\r\n.\r\nbody\r\n"[..]));
        assert!(mail.is_complete() && mail.anomalies.is_empty());
        let next = transactions.iter().nth(1).unwrap();
        assert_eq!(next.fields.get(MAIL_FROM), Some(&b"<c@example.org>"[..]));
        parser.feed(ToServer, b"BDAT 3\r\nabcNOOP\r\n", &mut transactions);
        assert_eq!(transactions.iter().nth(1).unwrap().anomalies, ["smtp.bdat_chunk_len_exceeded"]);
    }

    #[test]
    fn a_reply_needs_a_command() {
        let mut parser = SmtpParser::default();
        let mut transactions = Transactions::default();
        parser.feed(ToClient, b"220-mx\r\n220 mx.example\r\n", &mut transactions);
        parser.feed(ToServer, b"EHLO bot\r\n", &mut transactions);
        parser.feed(ToClient, b"250-mx\r\n250 HELP\r\n421 bye\r\n", &mut transactions);
        assert!(transactions.iter().all(|transaction| transaction.anomalies.is_empty()));
        parser.feed(ToClient, b"250 OK\r\n", &mut transactions);
        let last = transactions.iter().last().unwrap();
        assert_eq!(last.anomalies, ["smtp.unable_to_match_reply_with_request"]);
    }

    #[test]
    fn encryption_begins_when_both_want_it() {
        let mut parser = SmtpParser::default();
        let mut transactions = Transactions::default();
        parser.feed(ToClient, b"220 mx.example\r\n", &mut transactions);
        for (answer, changes) in [(&b"454 not now\r\n"[..], false), (b"220 go ahead\r\nrest", true)] {
            parser.feed(ToServer, b"STARTTLS\r\n", &mut transactions);
            let taken = parser.feed(ToClient, answer, &mut transactions);
            assert_eq!(taken, if changes { 14 } else { answer.len() });
            assert_eq!(parser.changes().map(|(id, _)| id), changes.then_some(ProtocolId::Tls));
        }
    }

    #[test]
    fn answers_belong_to_commands_in_their_order() {
        let read = |talk: &[(Direction, &[u8])]| {
            let (mut parser, mut transactions) = (SmtpParser::default(), Transactions::default());
            for (way, bytes) in talk {
                parser.feed(*way, bytes, &mut transactions);
            }
            let all = transactions.iter().flat_map(|transaction| transaction.anomalies.clone());
            (parser.in_data, all.collect::<Vec<_>>())
        };
        let mail = b"EHLO a\r\nMAIL FROM:<a@a.example>\r\nDATA\r\n";
        let greeting = (ToClient, &b"220 mx.example\r\n"[..]);
        let answers = |last: &str| format!("250-mx\r\n250 ok\r\n250 ok\r\n{last}\r\n");
        let (goes, refused) = (answers("354 go"), answers("554 no"));
        let talk = |last| read(&[greeting, (ToServer, mail), (ToClient, last)]);
        assert_eq!(talk(goes.as_bytes()), (true, vec![]));
        assert_eq!(talk(refused.as_bytes()), (false, vec!["smtp.data_command_rejected"]));
        let refused = read(&[greeting, (ToServer, b"STARTTLS\r\n"), (ToClient, b"502 no\r\n")]);
        assert_eq!(refused.1, ["smtp.tls_rejected"]);
        let silent = read(&[(ToClient, b"250 hello\r\n")]);
        assert_eq!(silent.1, ["smtp.no_server_welcome_message"]);
    }
}
