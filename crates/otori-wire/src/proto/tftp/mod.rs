//! TFTP: a request is a transaction; the transfer, which the server opens from another port, is one with a file.
//!
//! Key type: `TftpParser`. RFC 1350, RFC 2347 (options).
use super::{Expectation, FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record, file};
use crate::{
    flow::Direction,
    limits::BODY_BYTES,
    transaction::{FieldId, Progress, Transaction, Transactions},
};
use Direction::ToServer;

const fn field(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Tftp, index)
}
const OPCODE: FieldId = field(0);
/// Name of the file that is asked for.
pub const FILE: FieldId = field(1);
const MODE: FieldId = field(2);

/// All fields.
pub static FIELDS: &[FieldRow] =
    &[FieldRow::new(ToServer, FILE, "tftp.file"), FieldRow::new(ToServer, MODE, "tftp.mode")];

const OPCODES: &[(&str, u64)] = &[("read", 1), ("write", 2), ("data", 3), ("ack", 4), ("error", 5)];
/// All numbers.
pub static NUMBERS: &[NumberRow] =
    &[NumberRow::new(ToServer, OPCODE, "tftp.opcode", NumberForm::Named(OPCODES))];

const DATA: u8 = 3;
const ERROR: u8 = 5;

/// Name and mode of a request, behind its code.
fn request(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<2>()?;
    let [0, code @ (1 | 2)] = head else { return None };
    let mut words = rest.split(|b| *b == 0);
    let (name, mode) = (words.next()?, words.next()?);
    let modes: [&[u8]; 3] = [b"octet", b"netascii", b"mail"];
    let known = modes.iter().any(|known| mode.eq_ignore_ascii_case(known));
    (known && words.next().is_some()).then_some((*code, name, mode))
}

/// A request to read or to write in one of the three modes.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    if request(bytes).is_some() { Probe::Yes } else { Probe::No }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(TftpParser::default())
}

/// The parser of a transfer that was expected.
pub(crate) fn expected(what: Expectation) -> Box<dyn Parser> {
    Box::new(TftpParser { what: Some(what), ..TftpParser::default() })
}

#[derive(Default)]
struct TftpParser {
    /// what is transferred
    what: Option<Expectation>,
    announced: Option<Expectation>,
    transaction: Option<u64>,
    /// block that was taken last; they count on past their end
    block: u16,
    size: u64,
    /// bytes of the blocks: of the first one
    block_bytes: usize,
}

impl Parser for TftpParser {
    fn expects(&mut self) -> Option<Expectation> {
        self.announced.take()
    }
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        if transactions.is_full() {
            return 0;
        }
        if let Some((code, name, mode)) = request(bytes).filter(|_| direction == ToServer) {
            let id = transactions.open(ProtocolId::Tftp);
            let Some(transaction) = transactions.get_mut(id) else { return bytes.len() };
            transaction.fields.set_number(OPCODE, u64::from(code));
            transaction.fields.set(FILE, name);
            transaction.fields.set(MODE, mode);
            transaction.complete_alone(ToServer);
            let command = if code == 1 { b"RETR".to_vec() } else { b"STOR".to_vec() };
            // Port 0: the server answers to the port that the request came from.
            let protocol = ProtocolId::Tftp;
            let what = Expectation { protocol, reversed: true, port: 0, command, file: name.to_vec() };
            (self.announced, self.what) = (Some(what.clone()), Some(what));
            return bytes.len();
        }
        match bytes {
            [0, DATA, high, low, data @ ..] => {
                self.data(direction, u16::from_be_bytes([*high, *low]), data, transactions);
            }
            [0, ERROR, ..] => self.finish(transactions),
            _ => {}
        }
        bytes.len()
    }
    fn gap(&mut self, _direction: Direction, _count: u64, _transactions: &mut Transactions) {}
    fn end(&mut self, _direction: Direction, transactions: &mut Transactions) {
        self.finish(transactions);
    }
}

impl TftpParser {
    fn data(&mut self, way: Direction, block: u16, data: &[u8], transactions: &mut Transactions) {
        // Each block comes again until it is acknowledged.
        let Some(what) = self.what.as_ref().filter(|_| block == self.block.wrapping_add(1)) else { return };
        self.block = block;
        let id = *self.transaction.get_or_insert_with(|| transactions.open(ProtocolId::Tftp));
        let Some(transaction) = transactions.get_mut(id) else { return };
        let fields = &mut transaction.fields;
        if block == 1 && self.size == 0 {
            self.block_bytes = data.len();
            fields.set(file::name(way), what.file.clone());
        }
        self.size += data.len() as u64;
        fields.grow(file::data(way), data, BODY_BYTES);
        transaction.advance(way, Progress::Body);
        // A shorter block is the last one; the first alone does not tell how long they are.
        let last = data.len() < self.block_bytes || block == 1 && data.len() < 512;
        if last {
            file::finish(way, self.size, &mut transaction.fields);
            self.finish(transactions);
        }
    }
    fn finish(&mut self, transactions: &mut Transactions) {
        self.what = None;
        if let Some(transaction) = self.transaction.take().and_then(|id| transactions.get_mut(id)) {
            Direction::BOTH.into_iter().for_each(|way| transaction.advance(way, Progress::Complete));
        }
    }
}

/// The `tftp` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let fields = &transaction.fields;
    let code = fields.number(OPCODE).unwrap_or(u64::from(DATA));
    let name = OPCODES.iter().find(|(_, number)| *number == code).map_or("unknown", |(name, _)| name);
    record.text("packet", name.as_bytes());
    for (key, id) in [("file", FILE), ("mode", MODE)] {
        if let Some(text) = fields.get(id) {
            record.text(key, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read_datagrams};
    use Direction::ToClient;

    #[test]
    fn a_request_announces_the_transfer_and_its_file_is_put_together() {
        let ask = b"\0\x01bot.mips\0octet\0";
        let mut parser = super::parser();
        let mut transactions = read_datagrams(super::parser, &[(ToServer, ask)]);
        assert_eq!(nth(&transactions, 0).fields.get(FILE), Some(&b"bot.mips"[..]));
        parser.feed(ToServer, ask, &mut transactions);
        let what = parser.expects().unwrap();
        assert_eq!((what.reversed, what.port, what.protocol), (true, 0, ProtocolId::Tftp));
        let mut transfer = expected(what);
        let mut transactions = Transactions::default();
        let first = [&[0, 3, 0, 1][..], b"\x7fELF", &[1; 508]].concat();
        for datagram in [&first[..], &first, &[0, 3, 0, 2, 7, 7]] {
            transfer.feed(ToServer, datagram, &mut transactions);
            transfer.feed(ToClient, &[0, 4, 0, 1], &mut transactions);
        }
        let fields = &nth(&transactions, 0).fields;
        assert_eq!(fields.get(file::DATA_TO_SERVER).map(<[u8]>::len), Some(514));
        assert_eq!(fields.number(file::SIZE_TO_SERVER), Some(514));
        assert_eq!(fields.get(file::MAGIC_TO_SERVER), Some(&b"ELF executable"[..]));
        assert!(nth(&transactions, 0).is_complete());
        assert_eq!(probe(ToServer, b"\0\x01x\0video\0"), Probe::No);
    }
}
