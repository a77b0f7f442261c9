//! HTTP/2 without encryption: every stream is a transaction, every frame of the connection itself as well.
//!
//! Key type: `Http2Parser`. Neighbours: `hpack` (headers), `fields` (the rows). RFC 9113.
mod fields;
mod hpack;
mod huffman;

pub use fields::{FIELDS, NUMBERS};

use super::{
    Parser, Probe, ProtocolId, Record, dns, file,
    http::{self, coding::Decoder},
};
use crate::{
    flow::Direction,
    limits::{HPACK_BLOCK_BYTES, HTTP2_FRAME_BYTES, HTTP2_STREAMS},
    reused::{Reused, emptied},
    transaction::{Progress, Transaction, Transactions},
};
use fields::{id, set_fields, value};
use hpack::Hpack;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Bytes of the longest message of DNS.
const DNS_BYTES: u64 = 65_535;
/// Bytes of a frame's header.
const HEAD: usize = 9;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PROMISE: u8 = 5;
const GO_AWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

/// Bytes of a name or value whose memory is kept for the next block.
const HEADER_BYTES: usize = 256;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const PRIORITY: u8 = 0x20;

/// The client's preface, or the server's first frame, SETTINGS.
pub(super) fn probe(direction: Direction, bytes: &[u8]) -> Probe {
    if direction == Direction::ToServer {
        return Probe::prefix(bytes, PREFACE);
    }
    match bytes.first_chunk::<HEAD>() {
        Some([0, 0, length, SETTINGS, 0 | 1, 0, 0, 0, 0]) if length.is_multiple_of(6) => Probe::Yes,
        Some(_) => Probe::No,
        None if bytes.iter().take(2).all(|b| *b == 0) => Probe::More,
        None => Probe::No,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Http2Parser::default())
}

/// The parser of a connection that began as HTTP/1 with that request: it is stream 1.
pub(super) fn upgraded(request: Vec<(Vec<u8>, Vec<u8>)>) -> Box<dyn Parser> {
    Box::new(Http2Parser { request: Some(request), ..Http2Parser::default() })
}

#[derive(Default)]
struct Side {
    pending: Vec<u8>,
    /// bytes of a long frame that are passed over
    skip: u64,
    greeted: bool,
    hpack: Hpack,
    /// a header block that goes on in CONTINUATION: its stream, its flags
    block: Option<(u32, u8)>,
    block_bytes: Vec<u8>,
    /// headers of the latest block, to be filled again
    headers: Reused<hpack::Header>,
    lost: bool,
}

/// One stream that is open.
struct Stream {
    number: u32,
    transaction: u64,
    decoders: [Decoder; 2],
    sizes: [u64; 2],
    named: [bool; 2],
    /// the body is a message of DNS (RFC 8484)
    dns: [bool; 2],
}

#[derive(Default)]
struct Http2Parser {
    sides: [Side; 2],
    streams: Vec<Stream>,
    /// the request of an upgrade, until something follows it
    request: Option<Vec<hpack::Header>>,
}

/// A frame without its header.
struct Frame<'a> {
    kind: u8,
    flags: u8,
    stream: u32,
    body: &'a [u8],
}

impl Parser for Http2Parser {
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        let mut at = 0;
        if let Some(request) = self.request.take()
            && let Some(place) = self.stream(1, transactions)
        {
            let id = self.streams.get(place).map(|stream| stream.transaction);
            if let Some(transaction) = id.and_then(|id| transactions.get_mut(id)) {
                set_fields(Direction::ToServer, &request, transaction);
                transaction.advance(Direction::ToServer, Progress::Complete);
            }
        }
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let side = &mut self.sides[direction.index()];
            if side.lost {
                return bytes.len();
            }
            if side.skip > 0 {
                let passed = usize::try_from(side.skip).unwrap_or(usize::MAX).min(rest.len());
                side.skip -= passed as u64;
                at += passed;
                continue;
            }
            if transactions.is_full() {
                return at;
            }
            at += self.gather(direction, rest, transactions);
        }
        bytes.len()
    }
    fn gap(&mut self, direction: Direction, count: u64, _transactions: &mut Transactions) {
        let side = &mut self.sides[direction.index()];
        side.lost |= count > side.skip || !side.pending.is_empty();
        side.skip = side.skip.saturating_sub(count);
    }
    fn end(&mut self, direction: Direction, transactions: &mut Transactions) {
        for place in 0..self.streams.len() {
            self.close(place, direction, transactions);
        }
    }
}

impl Http2Parser {
    /// Takes bytes up to the end of the preface or of a frame; returns how many.
    fn gather(&mut self, direction: Direction, rest: &[u8], transactions: &mut Transactions) -> usize {
        let side = &mut self.sides[direction.index()];
        let had = side.pending.len();
        if direction == Direction::ToServer && !side.greeted {
            let taken = (PREFACE.len() - had).min(rest.len());
            side.pending.extend_from_slice(rest.get(..taken).unwrap_or(rest));
            if side.pending.len() == PREFACE.len() || !PREFACE.starts_with(&side.pending) {
                side.greeted = true;
                if side.pending == PREFACE {
                    side.pending.clear();
                } else {
                    // Taken up in the middle: what came is a frame.
                    side.pending.truncate(had);
                    if had > 0 {
                        side.lost = true;
                    }
                    return 0;
                }
            }
            return taken;
        }
        if had < HEAD {
            let taken = (HEAD - had).min(rest.len());
            side.pending.extend_from_slice(rest.get(..taken).unwrap_or(rest));
            if taken > 0 && (side.pending.len() < HEAD || length(&side.pending) > 0) {
                return taken;
            }
            self.whole(direction, transactions);
            return taken;
        }
        let size = length(&side.pending);
        let kept = HEAD + size.min(HTTP2_FRAME_BYTES);
        let taken = (kept - had).min(rest.len());
        side.pending.extend_from_slice(rest.get(..taken).unwrap_or(rest));
        if side.pending.len() == kept {
            side.skip = (HEAD + size - kept) as u64;
            self.whole(direction, transactions);
        }
        taken
    }

    /// A frame is whole, or as much of it as is kept.
    fn whole(&mut self, direction: Direction, transactions: &mut Transactions) {
        let side = &mut self.sides[direction.index()];
        let bytes = core::mem::take(&mut side.pending);
        self.frame(direction, &bytes, transactions);
        self.sides[direction.index()].pending = emptied(bytes);
    }
    fn frame(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let cut = self.sides[direction.index()].skip > 0;
        let Some(head) = bytes.first_chunk::<HEAD>() else { return };
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & 0x7fff_ffff;
        let frame = Frame { kind: head[3], flags: head[4], stream, body: bytes.get(HEAD..).unwrap_or(&[]) };
        let place = (stream > 0).then(|| self.stream(stream, transactions)).flatten();
        let transaction_id = match place.and_then(|place| self.streams.get(place)) {
            Some(stream) => stream.transaction,
            None => transactions.open(ProtocolId::Http2),
        };
        if let Some(transaction) = transactions.get_mut(transaction_id) {
            note_frame(direction, &frame, bytes, transaction);
            if cut {
                transaction.note("http2.long_frame_data");
            }
        }
        match frame.kind {
            DATA => self.data(direction, &frame, place, transactions),
            HEADERS | PROMISE | CONTINUATION => {
                self.block(direction, &frame, transaction_id, transactions);
                if self.sides[direction.index()].block.is_none() && frame.flags & END_STREAM != 0 {
                    place.into_iter().for_each(|place| self.close(place, direction, transactions));
                }
            }
            RESET => {
                for way in Direction::BOTH {
                    place.into_iter().for_each(|place| self.close(place, way, transactions));
                }
            }
            _ => {}
        }
        if place.is_none()
            && let Some(transaction) = transactions.get_mut(transaction_id)
        {
            // A frame of the connection is no request: it is not logged as one.
            transaction.logged = true;
            transaction.complete_alone(direction);
        }
        let open = |one: &Stream| transactions.iter().any(|t| t.id == one.transaction && !t.is_complete());
        if self.streams.len() >= HTTP2_STREAMS {
            self.streams.retain(open);
        }
    }

    /// Where a stream stands; a new one is opened.
    fn stream(&mut self, number: u32, transactions: &mut Transactions) -> Option<usize> {
        if let Some(place) = self.streams.iter().position(|stream| stream.number == number) {
            return Some(place);
        }
        if self.streams.len() >= HTTP2_STREAMS {
            return None;
        }
        self.streams.push(Stream {
            number,
            transaction: transactions.open(ProtocolId::Http2),
            decoders: Default::default(),
            sizes: [0; 2],
            named: [false; 2],
            dns: [false; 2],
        });
        Some(self.streams.len() - 1)
    }

    /// Collects a header block, and decodes it when it is whole.
    fn block(&mut self, direction: Direction, frame: &Frame<'_>, id: u64, transactions: &mut Transactions) {
        let side = &mut self.sides[direction.index()];
        let part = match frame.kind {
            CONTINUATION => Some(frame.body),
            _ => {
                side.block_bytes.clear();
                side.block = Some((frame.stream, frame.flags));
                without_padding(frame)
            }
        };
        let (Some(part), Some(_)) = (part, side.block) else { return };
        let room = HPACK_BLOCK_BYTES.saturating_sub(side.block_bytes.len());
        side.block_bytes.extend_from_slice(part.get(..part.len().min(room)).unwrap_or(part));
        if frame.flags & END_HEADERS == 0 {
            return;
        }
        side.block = None;
        let mut headers = core::mem::take(&mut side.headers);
        headers.clear();
        let mut updates = Vec::new();
        let sound = side.hpack.decode(&side.block_bytes, &mut headers, &mut updates);
        side.block_bytes.clear();
        let Some(transaction) = transactions.get_mut(id) else { return };
        if !sound {
            transaction.note("http2.extra_header_data");
        }
        for size in updates {
            transaction.fields.set_number(fields::id(direction, fields::TABLE_SIZE), size as u64);
        }
        if frame.kind == PROMISE {
            return;
        }
        set_fields(direction, &headers, transaction);
        transaction.advance(direction, Progress::Headers);
        if let Some(stream) = self.streams.iter_mut().find(|stream| stream.transaction == id) {
            let coding = value(&headers, b"content-encoding").unwrap_or(b"");
            stream.decoders[direction.index()] = Decoder::new(coding);
            stream.dns[direction.index()] = value(&headers, b"content-type") == Some(dns::MEDIA_TYPE);
        }
        let small = |(name, value): &hpack::Header| name.capacity().max(value.capacity()) <= HEADER_BYTES;
        if headers.iter().all(small) {
            self.sides[direction.index()].headers = headers;
        }
    }

    fn data(
        &mut self,
        direction: Direction,
        frame: &Frame<'_>,
        place: Option<usize>,
        transactions: &mut Transactions,
    ) {
        let Some((place, stream)) = place.and_then(|place| Some((place, self.streams.get_mut(place)?)))
        else {
            return;
        };
        let side = direction.index();
        if let Some(transaction) = transactions.get_mut(stream.transaction) {
            let body = without_padding(frame).unwrap_or(&[]);
            if !core::mem::replace(&mut stream.named[side], true) {
                transaction.fields.derive(file::name(direction), http::URI, |path, out| {
                    out.extend_from_slice(path.split(|b| *b == b'?').next().unwrap_or(path));
                });
            }
            let decoder = &mut stream.decoders[side];
            if decoder.is_plain() {
                keep(direction, body, stream, transaction);
            } else {
                let decoded = decoder.decode(body);
                keep(direction, &decoded, stream, transaction);
            }
            transaction.advance(direction, Progress::Body);
        }
        if frame.flags & END_STREAM != 0 {
            self.close(place, direction, transactions);
        }
    }

    /// One side of a stream is over.
    fn close(&mut self, place: usize, direction: Direction, transactions: &mut Transactions) {
        let Some(stream) = self.streams.get_mut(place) else { return };
        let Some(transaction) = transactions.get_mut(stream.transaction) else { return };
        if transaction.progress[direction.index()] == Progress::Complete {
            return;
        }
        let rest = stream.decoders[direction.index()].finish();
        keep(direction, &rest, stream, transaction);
        let size = stream.sizes[direction.index()];
        if size > 0 {
            file::finish(direction, size, &mut transaction.fields);
        }
        let body = if direction == Direction::ToServer { http::REQUEST_BODY } else { http::RESPONSE_BODY };
        transaction.fields.finish(body);
        transaction.advance(direction, Progress::Complete);
        let message =
            transaction.fields.get(body).filter(|_| stream.dns[direction.index()] && size <= DNS_BYTES);
        if let Some(message) = message.map(<[u8]>::to_vec) {
            dns::over_http(direction, &message, transactions);
        }
    }
}

fn keep(direction: Direction, bytes: &[u8], stream: &mut Stream, transaction: &mut Transaction) {
    if bytes.is_empty() {
        return;
    }
    let side = direction.index();
    stream.sizes[side] += bytes.len() as u64;
    if stream.dns[side] && stream.sizes[side] > DNS_BYTES {
        transaction.note(match direction {
            Direction::ToServer => "http2.dns_request_too_long",
            Direction::ToClient => "http2.dns_response_too_long",
        });
    }
    let body = if direction == Direction::ToServer { http::REQUEST_BODY } else { http::RESPONSE_BODY };
    let limit = transaction.fields.body_bytes(direction);
    transaction.fields.grow_both(body, Some(file::data(direction)), bytes, limit);
}

/// Length of a frame's body.
fn length(head: &[u8]) -> usize {
    match head {
        [high, middle, low, ..] => usize::from(*high) << 16 | usize::from(*middle) << 8 | usize::from(*low),
        _ => 0,
    }
}

/// A frame's body without padding, priority and promised stream.
fn without_padding<'a>(frame: &Frame<'a>) -> Option<&'a [u8]> {
    let mut body = frame.body;
    if frame.flags & PADDED != 0 {
        let (count, rest) = body.split_first()?;
        body = rest.get(..rest.len().checked_sub(usize::from(*count))?)?;
    }
    match frame.kind {
        HEADERS if frame.flags & PRIORITY != 0 => body.get(5..),
        PROMISE => body.get(4..),
        _ => Some(body),
    }
}

/// Numbers and bytes of a frame, for rules.
fn note_frame(direction: Direction, frame: &Frame<'_>, bytes: &[u8], transaction: &mut Transaction) {
    transaction.touched[direction.index()] = true;
    let fields = &mut transaction.fields;
    fields.set_number(id(direction, fields::KIND), u64::from(frame.kind));
    let mut frame_is = |index, bytes: &[u8]| {
        fields.write_dear(id(direction, index), |out| out.extend_from_slice(bytes));
    };
    frame_is(fields::FRAME, bytes);
    frame_is(fields::FRAME_HEAD, bytes.get(..HEAD).unwrap_or(bytes));
    if !frame.body.is_empty() {
        frame_is(fields::FRAME_BODY, frame.body);
    }
    let word =
        |at: usize| frame.body.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes);
    let error = match frame.kind {
        RESET => word(0),
        GO_AWAY => word(4),
        _ => None,
    };
    if let Some(error) = error {
        fields.set_number(id(direction, fields::ERROR), u64::from(error));
    }
    if frame.kind == SETTINGS {
        for setting in frame.body.chunks_exact(6) {
            let (number, value) = setting.split_at(2);
            let number = number.iter().fold(0u16, |sum, byte| sum << 8 | u16::from(*byte));
            let value = value.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
            if (1..=u16::from(fields::SETTINGS)).contains(&number) {
                fields.set_number(id(direction, fields::SETTING + number as u8 - 1), value);
            }
        }
    }
    if let (WINDOW_UPDATE, Some(size)) = (frame.kind, word(0)) {
        fields.set_number(id(direction, fields::WINDOW), u64::from(size & 0x7fff_ffff));
    }
    if frame.kind == HEADERS && frame.flags & PRIORITY != 0 {
        let start = usize::from(frame.flags & PADDED != 0);
        if let Some(weight) = frame.body.get(start + 4) {
            fields.set_number(id(direction, fields::PRIORITY), u64::from(*weight));
        }
    }
}

/// The `http` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    record.text("version", b"2");
    http::log(transaction, record);
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{ToClient, ToServer};

    fn frame(kind: u8, flags: u8, stream: u32, body: &[u8]) -> Vec<u8> {
        let size = (body.len() as u32).to_be_bytes();
        [&size[1..], &[kind, flags], &stream.to_be_bytes(), body].concat()
    }

    #[test]
    fn a_stream_is_a_transaction_however_it_is_cut() {
        let request = b"\x82\x86\x84\x41\x0fwww.example.com";
        let (first, second) = request.split_at(4);
        let client = [
            PREFACE,
            &frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]),
            &frame(HEADERS, END_STREAM | PADDED, 1, &[&[2], first, &[0; 2]].concat()),
            &frame(CONTINUATION, END_HEADERS | END_STREAM, 1, second),
        ]
        .concat();
        let server = [
            frame(SETTINGS, 1, 0, &[]),
            frame(HEADERS, END_HEADERS, 1, b"\x88"),
            frame(DATA, 0, 1, b"he"),
            frame(DATA, END_STREAM, 1, b"llo"),
            frame(RESET, 0, 3, &[0, 0, 0, 8]),
        ]
        .concat();
        assert_eq!((probe(ToServer, &client), probe(ToClient, &server)), (Probe::Yes, Probe::Yes));
        for size in [1, 5, 999] {
            let (mut parser, mut transactions) = (Http2Parser::default(), Transactions::default());
            client.chunks(size).for_each(|piece| _ = parser.feed(ToServer, piece, &mut transactions));
            server.chunks(size).for_each(|piece| _ = parser.feed(ToClient, piece, &mut transactions));
            let all: Vec<&Transaction> = transactions.iter().collect();
            let request = all.iter().find(|t| t.fields.get(http::METHOD).is_some()).expect("a request");
            let text = |id| request.fields.get(id).map(String::from_utf8_lossy);
            assert_eq!(text(http::HOST).as_deref(), Some("www.example.com"), "by {size}");
            assert_eq!(text(http::RESPONSE_BODY).as_deref(), Some("hello"));
            assert_eq!(text(http::STATUS).as_deref(), Some("200"));
            assert!(all.iter().all(|transaction| transaction.is_complete()));
            assert_eq!(all.last().and_then(|t| t.fields.number(id(ToClient, fields::ERROR))), Some(8));
        }
    }

    #[test]
    fn no_cut_and_no_flipped_byte_panics() {
        let whole = [
            PREFACE,
            &frame(HEADERS, END_HEADERS | PADDED | PRIORITY, 1, &[1, 0, 0, 0, 0, 9, 0x82, 0]),
            &frame(DATA, PADDED, 1, &[200, 1]),
            &frame(PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x82]),
        ]
        .concat();
        for at in 0..whole.len() {
            for byte in [0, 1, 8, 0x28, 0xff] {
                let mut changed = whole.clone();
                changed[at] = byte;
                for direction in Direction::BOTH {
                    let (mut parser, mut transactions) = (Http2Parser::default(), Transactions::default());
                    parser.feed(direction, &changed, &mut transactions);
                    parser.end(direction, &mut transactions);
                }
            }
        }
    }
}
