//! Every application protocol's parser by itself, without the probe before it: hostile peers need no probe.
//!
//! Input: the place of the protocol's row, then pieces, each with one byte before it: its top bit is the direction, the
//! others its length.
#![no_main]
use libfuzzer_sys::fuzz_target;
use otori_wire::{Direction, proto::PROTOCOLS, transaction::Transactions};

fuzz_target!(|input: &[u8]| {
    let Some((place, mut rest)) = input.split_first() else { return };
    let row = &PROTOCOLS[usize::from(*place) % PROTOCOLS.len()];
    let mut parser = (row.parser)();
    if place & 0x80 != 0 {
        parser.datagrams();
    }
    let mut transactions = Transactions::default();
    while let Some((head, bytes)) = rest.split_first() {
        let direction = if head & 0x80 == 0 { Direction::ToServer } else { Direction::ToClient };
        let length = usize::from(head & 0x7f).min(bytes.len());
        let (piece, more) = bytes.split_at(length);
        if length == 0 {
            parser.gap(direction, 7, &mut transactions);
        } else {
            assert!(parser.feed(direction, piece, &mut transactions) <= piece.len());
        }
        if let Some((_, next)) = parser.changes() {
            parser = next;
        }
        parser.expects();
        transactions.close(|transaction| transaction.is_complete());
        rest = more;
    }
    Direction::BOTH.into_iter().for_each(|direction| parser.end(direction, &mut transactions));
});
