//! SMB: recognised, so that rules about it look at its bytes; its messages are not taken apart yet.
//!
//! [MS-SMB2] 2.1 and 2.2.1, [MS-CIFS] 2.2.3.1: a four-byte length, then `FF` or `FE` and `SMB`.
use super::{Parser, Probe, Record};
use crate::{
    flow::Direction,
    transaction::{Transaction, Transactions},
};

pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    match bytes.first_chunk::<8>() {
        Some([0, _, _, _, 0xff | 0xfe, b'S', b'M', b'B']) => Probe::Yes,
        Some(_) => Probe::No,
        None if bytes.first().is_none_or(|b| *b == 0) => Probe::More,
        None => Probe::No,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(SmbParser)
}

struct SmbParser;

impl Parser for SmbParser {
    fn feed(&mut self, _direction: Direction, bytes: &[u8], _transactions: &mut Transactions) -> usize {
        bytes.len()
    }
    fn gap(&mut self, _direction: Direction, _count: u64, _transactions: &mut Transactions) {}
    fn end(&mut self, _direction: Direction, _transactions: &mut Transactions) {}
}

/// Nothing to tell yet.
pub fn log(_transaction: &Transaction, _record: &mut dyn Record) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_recognised() {
        let check = |bytes: &[u8], expect| assert_eq!(probe(Direction::ToServer, bytes), expect);
        check(b"\0\0\0\x55\xffSMBr", Probe::Yes);
        check(b"\0\0\0\x55\xfeSMB", Probe::Yes);
        check(b"\0\0\0", Probe::More);
        check(b"GET / HT", Probe::No);
    }
}
