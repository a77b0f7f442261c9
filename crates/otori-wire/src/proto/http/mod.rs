//! HTTP/1: requests, responses, pipelining, chunked bodies; tolerant, because attackers are not.
//!
//! Key type: `HttpParser`. Neighbours: `uri` (normal form), `fields` (the rows). RFC 9112, RFC 9110.
pub(super) mod coding;
mod fields;
mod irregular;
mod log;
pub(super) mod message;
pub(super) mod multipart;
pub(super) mod uri;

#[cfg(test)]
mod tests;

pub use coding::inflate_whole;
pub use fields::*;
pub use log::log;

use super::{Parser, Probe, ProtocolId, cwmp, dns};
use crate::{
    flow::Direction,
    limits::{BODY_BYTES, HTTP_HEADERS, HTTP_LINE_BYTES},
    reused::emptied,
    transaction::{Progress, Transaction, Transactions},
};
use message::Heads;

const METHODS: &[&[u8]] = &[
    b"GET ",
    b"POST ",
    b"HEAD ",
    b"PUT ",
    b"DELETE ",
    b"OPTIONS ",
    b"CONNECT ",
    b"TRACE ",
    b"PATCH ",
    b"PROPFIND ",
    b"PROPPATCH ",
    b"MKCOL ",
    b"COPY ",
    b"MOVE ",
    b"LOCK ",
    b"UNLOCK ",
    b"REPORT ",
    b"SEARCH ",
    b"M-SEARCH ",
    b"NOTIFY ",
    b"SUBSCRIBE ",
    b"UNSUBSCRIBE ",
    b"INVOKE ",
    b"CHECKOUT ",
    b"VERSION-CONTROL ",
    b"BCOPY ",
    b"BMOVE ",
    b"BDELETE ",
    b"RPC_IN_DATA ",
    b"RPC_OUT_DATA ",
];

/// A method with its blank, or `HTTP/1.`.
pub(super) fn probe(direction: Direction, bytes: &[u8]) -> Probe {
    match direction {
        Direction::ToServer => {
            let start = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
            let line = bytes.get(start..).unwrap_or(&[]);
            Probe::prefix_of(line, METHODS)
        }
        Direction::ToClient => Probe::prefix(bytes, b"HTTP/1."),
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(HttpParser::default())
}

/// What one side reads next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Expect {
    #[default]
    FirstLine,
    Headers,
    /// bytes of a body of known length
    Body(u64),
    ChunkSize,
    Chunk(u64),
    ChunkEnd,
    Trailers,
    /// everything until the end
    UntilEnd,
    /// another protocol has taken over, or sense was lost
    Nothing,
}

#[derive(Default)]
struct Side {
    expect: Expect,
    /// a line that is not whole yet
    line: Vec<u8>,
    transaction: Option<u64>,
    /// a cut line is being passed over
    overlong: bool,
    /// lines before a status line that are none
    junk: Vec<u8>,
    junk_lines: usize,
    /// the byte behind the line is there and does not end another line
    text_follows: bool,
    /// what has come of the first line, for the message as it came
    raw: Vec<u8>,
}

/// Lines before a status line that are passed over; more are a body without head.
const JUNK_LINES: usize = 4;

#[derive(Default)]
struct HttpParser {
    sides: [Side; 2],
    upgraded: Option<Upgrade>,
    /// the transaction that was answered with 100 Continue last
    continued: Option<u64>,
    /// a proxy has opened the connection that it was asked for
    tunnel: bool,
}

/// Another protocol goes on.
enum Upgrade {
    /// HTTP/2 (RFC 7540 3.2), with the request that it answers
    Http2(Vec<(Vec<u8>, Vec<u8>)>),
    /// RFC 6455 4.2.2
    Websocket,
}

impl Parser for HttpParser {
    fn changes(&mut self) -> Option<(ProtocolId, Box<dyn Parser>)> {
        Some(match self.upgraded.take()? {
            Upgrade::Http2(request) => (ProtocolId::Http2, super::http2::upgraded(request)),
            Upgrade::Websocket => (ProtocolId::Websocket, super::websocket::parser()),
        })
    }
    fn tunnels(&mut self) -> bool {
        core::mem::take(&mut self.tunnel)
    }
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if self.upgraded.is_some() || self.tunnel {
                return at;
            }
            let side = &mut self.sides[direction.index()];
            let starts = side.expect == Expect::FirstLine && side.line.is_empty();
            if starts && transactions.is_full() {
                return at;
            }
            let before = side.transaction;
            let taken = match side.expect {
                Expect::Nothing => rest.len(),
                Expect::Body(left) | Expect::Chunk(left) => self.body(direction, rest, left, transactions),
                Expect::UntilEnd => self.body(direction, rest, u64::MAX, transactions),
                _ => self.line(direction, rest, transactions),
            };
            at += taken;
            self.frame(direction, before, rest.get(..taken).unwrap_or(rest), transactions);
        }
        bytes.len()
    }
    fn gap(&mut self, direction: Direction, count: u64, transactions: &mut Transactions) {
        let side = &mut self.sides[direction.index()];
        match side.expect {
            Expect::Body(left) if left > count => side.expect = Expect::Body(left - count),
            Expect::Chunk(left) if left > count => side.expect = Expect::Chunk(left - count),
            Expect::UntilEnd | Expect::Nothing => {}
            Expect::Body(left) if left == count => self.complete(direction, transactions),
            _ => {
                self.complete(direction, transactions);
                self.sides[direction.index()].expect = Expect::Nothing;
            }
        }
    }
    fn end(&mut self, direction: Direction, transactions: &mut Transactions) {
        let side = &mut self.sides[direction.index()];
        if !side.line.is_empty() {
            let line = core::mem::take(&mut side.line);
            let cut = direction == Direction::ToServer && side.expect == Expect::FirstLine;
            self.whole_line(direction, &line, transactions);
            if cut {
                self.note(direction, transactions, "http.request_line_incomplete");
            }
        }
        let junk = core::mem::take(&mut self.sides[direction.index()].junk);
        if !junk.is_empty() {
            // Only junk came: it is a body without head.
            self.sides[direction.index()].junk_lines = JUNK_LINES;
            self.first_line(direction, &junk.clone(), &junk, transactions);
        }
        if self.sides[direction.index()].expect == Expect::Headers {
            self.headers_done(direction, transactions);
        }
        if self.sides[direction.index()].transaction.is_some() {
            self.complete(direction, transactions);
        }
        self.sides[direction.index()].expect = Expect::Nothing;
    }
}

impl HttpParser {
    /// Adds what was read to the message as it came, which few rules ask for.
    fn frame(
        &mut self,
        direction: Direction,
        before: Option<u64>,
        bytes: &[u8],
        transactions: &mut Transactions,
    ) {
        let id = if direction == Direction::ToServer { REQUEST_FRAME } else { RESPONSE_FRAME };
        if !transactions.wanted().has(id) {
            return;
        }
        let side = &mut self.sides[direction.index()];
        let open = side.transaction;
        let Some(transaction) = before.or(open).and_then(|id| transactions.get_mut(id)) else {
            let room = HTTP_LINE_BYTES.saturating_sub(side.raw.len());
            return side.raw.extend_from_slice(bytes.get(..bytes.len().min(room)).unwrap_or(bytes));
        };
        transaction.fields.grow(id, &core::mem::take(&mut side.raw), BODY_BYTES);
        transaction.fields.grow(id, bytes, BODY_BYTES);
        transaction.touched[direction.index()] = true;
        if open.is_none() {
            transaction.fields.finish(id);
        }
    }
    /// Reads up to the end of a line; returns the bytes taken.
    fn line(&mut self, direction: Direction, rest: &[u8], transactions: &mut Transactions) -> usize {
        let side = &mut self.sides[direction.index()];
        let end = rest.iter().position(|b| *b == b'\n');
        let taken = end.map_or(rest.len(), |end| end + 1);
        let piece = rest.get(..taken).unwrap_or(rest);
        side.text_follows = rest.get(taken).is_some_and(|next| *next != b'\n');
        let room = HTTP_LINE_BYTES.saturating_sub(side.line.len());
        if side.line.is_empty() && end.is_some() && piece.len() <= room {
            // The usual case: the whole line is here.
            self.whole_line(direction, piece, transactions);
            return taken;
        }
        let overlong_now = piece.len() > room && !side.overlong;
        side.overlong |= piece.len() > room;
        side.line.extend_from_slice(piece.get(..piece.len().min(room)).unwrap_or(piece));
        let too_long = match direction {
            Direction::ToServer => "http.request_field_too_long",
            Direction::ToClient => "http.response_field_too_long",
        };
        if overlong_now {
            self.note(direction, transactions, too_long);
        }
        if end.is_some() {
            let line = core::mem::take(&mut self.sides[direction.index()].line);
            self.whole_line(direction, &line, transactions);
            self.sides[direction.index()].line = emptied(line);
            let overlong = core::mem::take(&mut self.sides[direction.index()].overlong);
            // A first line has its transaction only now.
            if overlong {
                self.note(direction, transactions, too_long);
            }
        }
        taken
    }

    fn whole_line(&mut self, direction: Direction, line: &[u8], transactions: &mut Transactions) {
        let text = without_end(line);
        match self.sides[direction.index()].expect {
            Expect::FirstLine => {
                // Servers and clients take a bare carriage return for the end of a line.
                let mut pieces = text.split(|b| *b == b'\r').filter(|piece| !piece.trim_ascii().is_empty());
                let Some(first) = pieces.next() else { return };
                self.first_line(direction, first, line, transactions);
                for piece in pieces {
                    if self.sides[direction.index()].expect == Expect::Headers {
                        self.header_line(direction, piece, transactions);
                    }
                }
            }
            Expect::Headers if ends_headers(line, self.sides[direction.index()].text_follows) => {
                self.headers_done(direction, transactions);
            }
            Expect::Headers => {
                let pieces = text.split(|b| *b == b'\r').filter(|piece| !piece.trim_ascii().is_empty());
                pieces.for_each(|piece| self.header_line(direction, piece, transactions));
            }
            Expect::ChunkSize => self.chunk_size(direction, line, transactions),
            Expect::ChunkEnd => self.sides[direction.index()].expect = Expect::ChunkSize,
            Expect::Trailers if text.trim_ascii().is_empty() => self.complete(direction, transactions),
            _ => {}
        }
    }

    fn first_line(
        &mut self,
        direction: Direction,
        text: &[u8],
        line: &[u8],
        transactions: &mut Transactions,
    ) {
        let side = &mut self.sides[direction.index()];
        let text = if direction == Direction::ToClient { text.trim_ascii_start() } else { text };
        let proper = direction == Direction::ToServer
            || text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"HTTP/"))
            || text.starts_with(b"ICY ");
        if !proper && side.junk_lines < JUNK_LINES && line.ends_with(b"\n") {
            side.junk_lines += 1;
            side.junk.extend_from_slice(line);
            return;
        }
        let id = match direction {
            Direction::ToServer => transactions.open(ProtocolId::Http),
            Direction::ToClient => Self::answered(transactions),
        };
        let side = &mut self.sides[direction.index()];
        let junk = core::mem::take(&mut side.junk);
        side.junk_lines = 0;
        side.transaction = Some(id);
        side.expect = if proper { Expect::Headers } else { Expect::UntilEnd };
        let Some(transaction) = transactions.get_mut(id) else { return };
        let simple = transaction.with_detail(|heads: &mut Heads, transaction| {
            let head = &mut heads.sides[direction.index()];
            head.begin();
            match direction {
                Direction::ToServer => {
                    head.request_line(text, transaction);
                    let known = METHODS.iter().any(|method| text.trim_ascii_start().starts_with(method));
                    irregular::request_line(text, known, transaction);
                }
                Direction::ToClient if proper => {
                    head.status_line(text, transaction);
                    irregular::status_line(transaction);
                }
                Direction::ToClient => {
                    transaction.note("http.response_line_invalid");
                    head.body_bytes(direction, &junk, transaction);
                    head.body_bytes(direction, line, transaction);
                }
            }
            head.simple
        });
        transaction.advance(direction, Progress::Started);
        if simple && !side.overlong {
            // HTTP/0.9: no headers, no more requests.
            self.complete(direction, transactions);
        }
    }

    /// The transaction that a response now beginning belongs to.
    fn answered(transactions: &mut Transactions) -> u64 {
        let waiting = |t: &&crate::transaction::Transaction| t.progress[1] == Progress::Waiting;
        let found = transactions.iter().find(waiting).map(|transaction| transaction.id);
        match found {
            Some(id) => id,
            None => {
                let id = transactions.open(ProtocolId::Http);
                if let Some(transaction) = transactions.get_mut(id) {
                    transaction.note("http.unable_to_match_response_to_request");
                    transaction.advance(Direction::ToServer, Progress::Complete);
                }
                id
            }
        }
    }

    fn header_line(&mut self, direction: Direction, text: &[u8], transactions: &mut Transactions) {
        let side = &mut self.sides[direction.index()];
        let Some(transaction) = side.transaction.and_then(|id| transactions.get_mut(id)) else { return };
        transaction.with_detail(|heads: &mut Heads, transaction| {
            let head = &mut heads.sides[direction.index()];
            match head.header_count() {
                HTTP_HEADERS.. => transaction.note(match direction {
                    Direction::ToServer => "http.request_too_many_headers",
                    Direction::ToClient => "http.response_too_many_headers",
                }),
                _ => head.header(direction, text, transaction),
            }
        });
    }

    fn headers_done(&mut self, direction: Direction, transactions: &mut Transactions) {
        let side = &mut self.sides[direction.index()];
        let Some(transaction) = side.transaction.and_then(|id| transactions.get_mut(id)) else {
            side.expect = Expect::Nothing;
            return;
        };
        let (upgrade, then) = transaction.with_detail(|heads: &mut Heads, transaction| {
            heads.sides[direction.index()].finish(direction, transaction);
            heads.what_follows(direction, transaction)
        });
        match then {
            Then::TheRealAnswer => {
                // 100 Continue and its like.
                side.expect = Expect::FirstLine;
                side.transaction = None;
                if self.continued.replace(transaction.id) == Some(transaction.id) {
                    transaction.note("http.100_continue_already_seen");
                }
                transaction.progress[1] = Progress::Waiting;
                transaction.fields.forget(|id| is_of(id, direction));
                return;
            }
            Then::AnotherProtocol => {
                transaction.advance(direction, Progress::Headers);
                self.tunnel = transaction.fields.get(METHOD) == Some(b"CONNECT");
                self.upgraded = upgrade;
                self.sides[0].expect = Expect::Nothing;
                self.complete(direction, transactions);
                self.sides[1].expect = Expect::Nothing;
                return;
            }
            Then::Body(expect) => side.expect = expect,
        }
        transaction.advance(direction, Progress::Headers);
        match side.expect {
            Expect::FirstLine => self.complete(direction, transactions),
            Expect::Body(0) => self.complete(direction, transactions),
            _ => {}
        }
    }

    fn chunk_size(&mut self, direction: Direction, line: &[u8], transactions: &mut Transactions) {
        let side = &mut self.sides[direction.index()];
        let text = line.trim_ascii();
        let digits = text.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        let size = text.get(..digits.min(15)).and_then(|digits| core::str::from_utf8(digits).ok());
        let size = size.and_then(|size| u64::from_str_radix(size, 16).ok());
        let behind = text.get(digits..).unwrap_or(&[]).trim_ascii_start();
        // Clients read the digits and pass over what follows them.
        match size {
            Some(size) => {
                side.expect = if size == 0 { Expect::Trailers } else { Expect::Chunk(size) };
                if behind.starts_with(b";") && direction == Direction::ToServer {
                    self.note(direction, transactions, "http.request_chunk_extension");
                }
            }
            None if text.is_empty() => {}
            None => {
                side.expect = Expect::UntilEnd;
                let name = match direction {
                    Direction::ToServer => "http.invalid_request_chunk_len",
                    Direction::ToClient => "http.invalid_response_chunk_len",
                };
                self.note(direction, transactions, name);
                // What was announced as chunks is none: clients show the bytes as they are.
                self.body(direction, line, u64::MAX, transactions);
            }
        }
    }

    /// Takes body bytes; returns how many.
    fn body(
        &mut self,
        direction: Direction,
        rest: &[u8],
        left: u64,
        transactions: &mut Transactions,
    ) -> usize {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
        let side = &mut self.sides[direction.index()];
        let piece = rest.get(..count).unwrap_or(rest);
        if let Some(transaction) = side.transaction.and_then(|id| transactions.get_mut(id)) {
            transaction.with_detail(|heads: &mut Heads, transaction| {
                heads.sides[direction.index()].body_bytes(direction, piece, transaction);
            });
            transaction.advance(direction, Progress::Body);
        }
        let remaining = left - count as u64;
        side.expect = match side.expect {
            Expect::Body(_) => Expect::Body(remaining),
            Expect::Chunk(_) if remaining == 0 => Expect::ChunkEnd,
            Expect::Chunk(_) => Expect::Chunk(remaining),
            other => other,
        };
        if side.expect == Expect::Body(0) {
            self.complete(direction, transactions);
        }
        count
    }

    /// This side's message is whole.
    fn complete(&mut self, direction: Direction, transactions: &mut Transactions) {
        let side = &mut self.sides[direction.index()];
        side.expect = Expect::FirstLine;
        let Some(transaction) = side.transaction.take().and_then(|id| transactions.get_mut(id)) else {
            return;
        };
        transaction.with_detail(|heads: &mut Heads, transaction| {
            heads.sides[direction.index()].body_end(direction, transaction);
        });
        for field in transaction.fields.iter_mut() {
            if is_of(field.id, direction) && !matches!(field.id, REQUEST_FRAME | RESPONSE_FRAME) {
                field.complete = true;
            }
        }
        transaction.advance(direction, Progress::Complete);
        let id = if direction == Direction::ToServer { REQUEST_BODY } else { RESPONSE_BODY };
        let kind = match direction {
            Direction::ToServer => REQUEST_CONTENT_TYPE,
            Direction::ToClient => RESPONSE_CONTENT_TYPE,
        };
        let is_dns = transaction.fields.get(kind) == Some(dns::MEDIA_TYPE);
        let inner = transaction.fields.get(id).filter(|body| is_dns || cwmp::is_message(body));
        if let Some(body) = inner.map(<[u8]>::to_vec) {
            match is_dns {
                true => dns::over_http(direction, &body, transactions),
                false => cwmp::read(direction, &body, transactions),
            }
        }
    }

    fn note(&mut self, direction: Direction, transactions: &mut Transactions, name: &'static str) {
        let id = self.sides[direction.index()].transaction;
        if let Some(transaction) = id.and_then(|id| transactions.get_mut(id)) {
            transaction.note(name);
            transaction.touched[direction.index()] = true;
        }
    }
}

/// What comes behind the headers of a message.
enum Then {
    /// this one was only in between
    TheRealAnswer,
    AnotherProtocol,
    Body(Expect),
}

impl Heads {
    fn what_follows(&self, direction: Direction, transaction: &Transaction) -> (Option<Upgrade>, Then) {
        let head = &self.sides[direction.index()];
        if head.interim(direction) {
            return (None, Then::TheRealAnswer);
        }
        let method = transaction.fields.get(METHOD).unwrap_or(b"");
        if direction == Direction::ToServer || !head.switches(method) {
            return (None, Then::Body(head.body(direction, method)));
        }
        let upgrade = if head.upgrade_is(b"h2c") {
            let text = |id| transaction.fields.get(id).unwrap_or(b"").to_vec();
            let mut request = vec![(b":method".to_vec(), text(METHOD)), (b":path".to_vec(), text(URI_RAW))];
            request.extend(self.sides[0].headers().map(|(name, value)| (name.to_vec(), value.to_vec())));
            Some(Upgrade::Http2(request))
        } else {
            head.upgrade_is(b"websocket").then_some(Upgrade::Websocket)
        };
        (upgrade, Then::AnotherProtocol)
    }
}

/// An empty line ends the headers. One with a single blank does so for many clients, unless an empty one follows.
fn ends_headers(line: &[u8], text_follows: bool) -> bool {
    match line {
        b"\n" | b"\r\n" | b"" => true,
        [b' ' | b'\t', b'\n'] => text_follows,
        _ => false,
    }
}

/// A line without its line feed and one carriage return before it.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
