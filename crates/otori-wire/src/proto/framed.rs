//! Protocols of messages whose head tells their length: cuts them out of pieces of a stream.
//!
//! Key types: [`MessageReader`], [`Messages`]; [`OpenRequests`] and [`Exchange`] join requests with answers. A message of a datagram needs no cutting. Neighbour: `lines`.
use super::Parser;
use crate::{
    flow::Direction,
    limits::{MESSAGE_BYTES, OPEN_REQUESTS},
    reused::emptied,
    transaction::Transactions,
};
use std::collections::VecDeque;

/// How long the message is that starts there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// more bytes are needed to tell
    More,
    /// that many bytes, more than none
    Known(usize),
    /// it is no message: nothing more can be read in this direction
    Broken,
}

/// A parser that reads whole messages.
pub(super) trait MessageReader: Send {
    /// The length of the message that starts there.
    fn length(&self, direction: Direction, bytes: &[u8]) -> Length;
    /// Takes a whole message, or as much of it as the bound lets us keep.
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions);
    /// Another protocol goes on from here.
    fn changes(&mut self) -> Option<(super::ProtocolId, Box<dyn Parser>)> {
        None
    }
    /// Nothing more comes from there.
    fn end(&mut self, _direction: Direction, _transactions: &mut Transactions) {}
}

/// A request and its answer, as a protocol's record of a transaction.
#[derive(Default)]
pub(super) struct Exchange<M> {
    /// by direction; as an earlier use has left it where it is not there
    sides: [M; 2],
    there: [bool; 2],
}

impl<M> Exchange<M> {
    /// Neither is there; memory is kept.
    pub(super) const fn clear(&mut self) {
        self.there = [false; 2];
    }
    /// The message of a direction, to be read in place of what was there.
    pub(super) fn side(&mut self, direction: Direction) -> &mut M {
        self.there[direction.index()] = true;
        &mut self.sides[direction.index()]
    }
    /// The message of a direction could not be read.
    pub(super) const fn forget(&mut self, direction: Direction) {
        self.there[direction.index()] = false;
    }
    /// Request and answer, if they are there.
    pub(super) fn both(&self) -> [Option<&M>; 2] {
        let [asked, answered] = &self.sides;
        [self.there[0].then_some(asked), self.there[1].then_some(answered)]
    }
}

/// Requests without an answer: what an answer names them by, and their transactions.
#[derive(Default)]
pub(super) struct OpenRequests {
    list: VecDeque<(u16, u64)>,
}

impl OpenRequests {
    /// The transaction that an answer is for, which is no longer open.
    pub(super) fn answered(&mut self, name: u16) -> Option<u64> {
        let place = self.list.iter().position(|(open, _)| *open == name)?;
        self.list.remove(place).map(|(_, id)| id)
    }
    /// Opens one; gives the oldest one's transaction if that had to make room.
    pub(super) fn ask(&mut self, name: u16, id: u64) -> Option<u64> {
        let oldest = (self.list.len() >= OPEN_REQUESTS).then(|| self.list.pop_front()).flatten();
        self.list.push_back((name, id));
        oldest.map(|(_, id)| id)
    }
}

/// The parser around a reader.
#[derive(Default)]
pub(super) struct Messages<R> {
    reader: R,
    sides: [Side; 2],
    datagrams: bool,
}

/// One direction of a stream.
#[derive(Default)]
struct Side {
    pending: Vec<u8>,
    /// bytes of a long message that are passed over
    skip: usize,
    lost: bool,
}

impl<R: MessageReader> Messages<R> {
    pub(super) fn new(reader: R) -> Self {
        Messages { reader, sides: Default::default(), datagrams: false }
    }
    /// What reads the messages.
    pub(super) const fn reader(&self) -> &R {
        &self.reader
    }
    /// Takes bytes up to the end of a message; returns how many.
    fn gather(&mut self, direction: Direction, rest: &[u8], transactions: &mut Transactions) -> usize {
        let side = &mut self.sides[direction.index()];
        if side.skip > 0 {
            let passed = side.skip.min(rest.len());
            side.skip -= passed;
            return passed;
        }
        if side.pending.is_empty() {
            // The usual case: the message is there as a whole, and is read where it lies.
            if let Length::Known(length) = self.reader.length(direction, rest)
                && let Some(message) = rest.get(..length).filter(|_| (1..=MESSAGE_BYTES).contains(&length))
            {
                self.reader.message(direction, message, transactions);
                return length;
            }
        }
        let had = side.pending.len();
        let mut taken = rest.len().min(MESSAGE_BYTES.saturating_sub(had));
        side.pending.extend_from_slice(rest.get(..taken).unwrap_or(rest));
        match self.reader.length(direction, &side.pending) {
            Length::More if side.pending.len() < MESSAGE_BYTES => {}
            Length::Known(length) if length > 0 => {
                let kept = length.min(MESSAGE_BYTES);
                if side.pending.len() >= kept {
                    taken = kept.saturating_sub(had).min(taken);
                    side.skip = length - kept;
                    let whole = core::mem::take(&mut side.pending);
                    self.reader.message(direction, whole.get(..kept).unwrap_or(&whole), transactions);
                    self.sides[direction.index()].pending = emptied(whole);
                }
            }
            _ => *side = Side { lost: true, ..Side::default() },
        }
        taken
    }
}

impl<R: MessageReader> Parser for Messages<R> {
    fn changes(&mut self) -> Option<(super::ProtocolId, Box<dyn Parser>)> {
        self.reader.changes()
    }
    fn datagrams(&mut self) {
        self.datagrams = true;
    }
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        if self.datagrams {
            if transactions.is_full() {
                return 0;
            }
            self.reader.message(direction, bytes, transactions);
            return bytes.len();
        }
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if self.sides[direction.index()].lost {
                break;
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
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        // Only what is passed over anyway may be missing.
        side.lost |= count > side.skip || !side.pending.is_empty();
        side.skip = side.skip.saturating_sub(count);
    }
    fn end(&mut self, direction: Direction, transactions: &mut Transactions) {
        self.reader.end(direction, transactions);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{proto::ProtocolId, transaction::Transaction};

    /// What a parser makes of a stream, however it is cut; asserts that cuts make no difference in number.
    pub(crate) fn read(parser: fn() -> Box<dyn Parser>, talk: &[(Direction, &[u8])]) -> Transactions {
        let mut whole = Transactions::default();
        let mut reader = parser();
        talk.iter().for_each(|(way, bytes)| {
            reader.feed(*way, bytes, &mut whole);
        });
        for size in [1, 3, 7] {
            let mut cut = Transactions::default();
            let mut reader = parser();
            for (way, bytes) in talk {
                bytes.chunks(size).for_each(|piece| {
                    reader.feed(*way, piece, &mut cut);
                });
            }
            assert_eq!(cut.opened(), whole.opened());
        }
        talk.iter().for_each(|(way, bytes)| break_each_byte(parser, *way, bytes));
        whole
    }
    /// No changed byte of a stream makes its parser panic or take more than there is.
    fn break_each_byte(parser: fn() -> Box<dyn Parser>, way: Direction, bytes: &[u8]) {
        for at in 0..bytes.len().min(512) {
            for flip in [1, 0x80, 0xff] {
                let mut broken = bytes.to_vec();
                broken[at] ^= flip;
                let (mut reader, mut transactions) = (parser(), Transactions::default());
                for piece in broken.chunks(61) {
                    assert!(reader.feed(way, piece, &mut transactions) <= piece.len());
                }
                reader.gap(way, 3, &mut transactions);
                reader.feed(way, bytes, &mut transactions);
                reader.end(way, &mut transactions);
            }
        }
    }
    /// The same of datagrams; every shorter datagram and every flipped byte is fed as well.
    pub(crate) fn read_datagrams(
        parser: fn() -> Box<dyn Parser>,
        talk: &[(Direction, &[u8])],
    ) -> Transactions {
        for (way, bytes) in talk {
            for end in 0..bytes.len() {
                let mut broken = bytes.to_vec();
                broken[end] ^= 0xff;
                for bytes in [&bytes[..end], &broken] {
                    let (mut reader, mut transactions) = (parser(), Transactions::default());
                    reader.datagrams();
                    reader.feed(*way, bytes, &mut transactions);
                }
            }
        }
        let (mut reader, mut transactions) = (parser(), Transactions::default());
        reader.datagrams();
        talk.iter().for_each(|(way, bytes)| {
            reader.feed(*way, bytes, &mut transactions);
        });
        transactions
    }
    /// The transaction of that place.
    pub(crate) fn nth(transactions: &Transactions, place: usize) -> &Transaction {
        transactions.iter().nth(place).expect("there is one")
    }

    #[derive(Default)]
    struct Counted(Vec<usize>);
    impl MessageReader for Counted {
        fn length(&self, _direction: Direction, bytes: &[u8]) -> Length {
            match bytes.first_chunk::<3>() {
                Some([0, 0, 0]) => Length::Broken,
                Some([a, b, c]) => Length::Known(u32::from_be_bytes([0, *a, *b, *c]) as usize),
                None => Length::More,
            }
        }
        fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
            self.0.push(bytes.len());
            let id = transactions.open(ProtocolId::Shared);
            transactions.get_mut(id).unwrap().complete_alone(direction);
        }
    }

    #[test]
    fn messages_are_cut_passed_over_and_given_up() {
        let mut parser = Messages::new(Counted::default());
        let mut transactions = Transactions::default();
        let long = [vec![2, 0, 0], vec![9; 0x1_fffd], vec![0, 0, 4, 1], vec![0, 0, 0, 0]].concat();
        for piece in long.chunks(1000) {
            assert_eq!(parser.feed(Direction::ToServer, piece, &mut transactions), piece.len());
        }
        assert_eq!(parser.reader.0, [MESSAGE_BYTES, 4]);
        assert!(parser.sides[0].lost);
        parser.gap(Direction::ToClient, 1, &mut transactions);
        assert!(parser.sides[1].lost);
    }
}
