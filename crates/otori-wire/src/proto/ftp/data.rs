//! FTP's data connection: one file in transfer, named by the command on the control connection.
//!
//! Key type: `DataParser`. Neighbour: [`super`], which tells the engine what to expect. RFC 959 3.3.
use crate::{
    flow::Direction,
    limits::BODY_BYTES,
    proto::{Expectation, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record, file},
    transaction::{FieldId, Progress, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};

const fn field(direction: Direction) -> FieldId {
    FieldId::new(ProtocolId::FtpData, direction as u8 * 64)
}
/// The commands, in lower case as rules write them.
const COMMANDS: &[(&str, u64)] = &[("retr", 1), ("stor", 2)];

const fn number(direction: Direction) -> NumberRow {
    let (id, form) = (field(direction), NumberForm::Named(COMMANDS));
    NumberRow { id, keyword: "ftpdata_command", aliases: &["ftpdata.command"], direction, form }
}

/// All numbers.
pub static NUMBERS: &[NumberRow] = &[number(ToServer), number(ToClient)];

/// Nothing in the bytes tells: the control connection does.
pub(in crate::proto) fn probe(_direction: Direction, _bytes: &[u8]) -> Probe {
    Probe::No
}

pub(in crate::proto) fn parser() -> Box<dyn Parser> {
    Box::new(DataParser::default())
}

/// The parser of a connection that was expected.
pub(crate) fn expected(what: Expectation) -> Box<dyn Parser> {
    Box::new(DataParser { what, ..DataParser::default() })
}

#[derive(Default)]
struct DataParser {
    what: Expectation,
    transaction: Option<u64>,
    size: [u64; 2],
}

impl Parser for DataParser {
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        let id = *self.transaction.get_or_insert_with(|| begin(&self.what, transactions));
        let Some(transaction) = transactions.get_mut(id) else { return bytes.len() };
        let fields = &mut transaction.fields;
        if self.size[direction.index()] == 0 {
            fields.set(file::name(direction), self.what.file.clone());
        }
        self.size[direction.index()] += bytes.len() as u64;
        fields.grow(file::data(direction), bytes, BODY_BYTES);
        transaction.advance(direction, Progress::Body);
        bytes.len()
    }
    fn gap(&mut self, _direction: Direction, _count: u64, _transactions: &mut Transactions) {}
    fn end(&mut self, direction: Direction, transactions: &mut Transactions) {
        let Some(transaction) = self.transaction.and_then(|id| transactions.get_mut(id)) else { return };
        let size = self.size[direction.index()];
        if size > 0 {
            file::finish(direction, size, &mut transaction.fields);
        }
        transaction.advance(direction, Progress::Complete);
    }
}

fn begin(what: &Expectation, transactions: &mut Transactions) -> u64 {
    let id = transactions.open(ProtocolId::FtpData);
    let command = String::from_utf8_lossy(&what.command).to_ascii_lowercase();
    let number = COMMANDS.iter().find(|(name, _)| *name == command).map(|(_, number)| *number);
    if let (Some(transaction), Some(number)) = (transactions.get_mut(id), number) {
        for direction in Direction::BOTH {
            transaction.fields.set_number(field(direction), number);
        }
    }
    id
}

/// The `ftp_data` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let fields = &transaction.fields;
    let number = fields.number(field(ToServer)).unwrap_or(0);
    if let Some((name, _)) = COMMANDS.iter().find(|(_, have)| *have == number) {
        record.text("command", name.to_ascii_uppercase().as_bytes());
    }
    if let Some(name) = fields.get(file::NAME_TO_CLIENT).or(fields.get(file::NAME_TO_SERVER)) {
        record.text("filename", name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_is_a_file() {
        let what =
            Expectation { command: b"RETR".to_vec(), file: b"x.bin".to_vec(), ..Expectation::default() };
        let (mut parser, mut transactions) = (expected(what), Transactions::default());
        parser.feed(ToClient, b"ab", &mut transactions);
        parser.feed(ToClient, b"cd", &mut transactions);
        Direction::BOTH.into_iter().for_each(|way| parser.end(way, &mut transactions));
        let transaction = transactions.iter().next().expect("a transaction");
        assert_eq!(transaction.fields.get(file::DATA_TO_CLIENT), Some(&b"abcd"[..]));
        assert_eq!(transaction.fields.get(file::NAME_TO_CLIENT), Some(&b"x.bin"[..]));
        assert_eq!(transaction.fields.number(field(ToClient)), Some(1));
        assert!(transaction.is_complete());
    }
}
