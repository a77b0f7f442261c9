//! Recognises the application protocol of a flow and feeds its parser.
//!
//! Key type: [`Conversation`]. Neighbours: rows in [`crate::proto`], [`crate::transaction`].
use crate::{
    flow::Direction,
    limits::DETECT_BYTES,
    proto::{Expectation, PROTOCOLS, Parser, Probe, ProtocolId, ProtocolRow, by_id},
    transaction::{Progress, Transactions},
};

enum Detection {
    /// bytes seen so far per direction
    Undecided(Box<[Vec<u8>; 2]>),
    Known(&'static ProtocolRow, Box<dyn Parser>),
    Unknown,
}

/// Reads nothing.
struct Silent;

impl Parser for Silent {
    fn feed(&mut self, _direction: Direction, bytes: &[u8], _transactions: &mut Transactions) -> usize {
        bytes.len()
    }
    fn gap(&mut self, _direction: Direction, _count: u64, _transactions: &mut Transactions) {}
    fn end(&mut self, _direction: Direction, _transactions: &mut Transactions) {}
}

/// The application's side of one flow.
pub struct Conversation {
    transport: u8,
    ports: [u16; 2],
    detection: Option<Detection>,
    transactions: Transactions,
    ended: [bool; 2],
    /// the protocol before it changed
    first: Option<&'static ProtocolRow>,
}

impl Conversation {
    /// Nothing heard yet, between those ports.
    pub const fn new(transport: u8, client_port: u16, server_port: u16) -> Self {
        let transactions = Transactions::empty();
        Conversation {
            transport,
            ports: [client_port, server_port],
            detection: None,
            transactions,
            ended: [false; 2],
            first: None,
        }
    }
    /// The protocol, once it is recognised.
    pub fn protocol(&self) -> Option<&'static ProtocolRow> {
        match &self.detection {
            Some(Detection::Known(row, _)) => Some(row),
            _ => None,
        }
    }
    /// Recognition has ended without a result.
    pub const fn is_unknown(&self) -> bool {
        matches!(self.detection, Some(Detection::Unknown))
    }
    /// Nothing was read yet, and these bytes are what the other side of a protocol says: the flow began before it was
    /// seen, and its client is the server.
    pub fn is_turned(&self, direction: Direction, bytes: &[u8]) -> bool {
        if self.detection.is_some() || bytes.is_empty() {
            return false;
        }
        let first = bytes.get(..DETECT_BYTES).unwrap_or(bytes);
        let found = |direction| probe(self.transport, self.ports, direction, first).0;
        found(direction).is_none() && found(direction.flip()).is_some()
    }
    /// Open transactions.
    pub fn transactions(&mut self) -> &mut Transactions {
        &mut self.transactions
    }
    /// Open transactions, to read.
    pub const fn open_transactions(&self) -> &Transactions {
        &self.transactions
    }
    /// Takes the next bytes of the stream, or one datagram. Returns how many were taken: fewer than given when
    /// the transactions must be looked at and cleared first; call again with the rest.
    pub fn feed(&mut self, direction: Direction, bytes: &[u8]) -> usize {
        match self.detection {
            Some(Detection::Unknown) => bytes.len(),
            Some(Detection::Known(_, ref mut parser)) => {
                let taken = parser.feed(direction, bytes, &mut self.transactions);
                self.change();
                taken
            }
            _ => self.detect(direction, bytes),
        }
    }
    /// The protocol changes, if its parser says so.
    fn change(&mut self) {
        let Some(Detection::Known(before, parser)) = &mut self.detection else { return };
        let change = parser.changes().and_then(|(id, parser)| Some((by_id(id)?, parser)));
        if let Some((row, parser)) = change {
            self.first = Some(*before);
            self.detection = Some(Detection::Known(row, parser));
        }
    }
    /// The protocol that it began with, if it has changed.
    pub fn first_protocol(&self) -> Option<&'static str> {
        self.first.map(|row| row.name)
    }
    /// Recognition has not ended and has not begun to find anything.
    pub const fn is_open(&self) -> bool {
        matches!(self.detection, None | Some(Detection::Undecided(_)))
    }
    /// It is the connection that another one has announced.
    pub fn adopt(&mut self, what: Expectation) {
        if let Some(row) = by_id(what.protocol) {
            self.detection = Some(Detection::Known(row, what.parser()));
        }
    }
    /// Its protocol is only to be named: what was read is forgotten, and nothing more is.
    pub fn mute(&mut self) {
        if let Some(Detection::Known(_, parser)) = &mut self.detection {
            *parser = Box::new(Silent);
        }
        self.transactions.close(|_| true);
    }
    /// A connection that was announced on this one since the last call.
    pub fn expects(&mut self) -> Option<Expectation> {
        match &mut self.detection {
            Some(Detection::Known(_, parser)) => parser.expects(),
            _ => None,
        }
    }
    /// That many bytes are missing.
    pub fn gap(&mut self, direction: Direction, count: u64) {
        match &mut self.detection {
            Some(Detection::Known(_, parser)) => parser.gap(direction, count, &mut self.transactions),
            _ => self.detection = Some(Detection::Unknown),
        }
    }
    /// The stream has ended, or the flow has.
    pub fn end(&mut self, direction: Direction) {
        if core::mem::replace(&mut self.ended[direction.index()], true) {
            return;
        }
        if let Some(Detection::Known(_, parser)) = &mut self.detection {
            parser.end(direction, &mut self.transactions);
        }
        if self.ended == [true; 2] {
            for transaction in self.transactions.iter_mut() {
                for direction in Direction::BOTH {
                    transaction.fields.iter_mut().for_each(|field| field.complete = true);
                    transaction.advance(direction, Progress::Complete);
                }
            }
        }
    }

    fn detect(&mut self, direction: Direction, bytes: &[u8]) -> usize {
        if self.transport == crate::decode::protocol::UDP {
            return self.detect_datagram(direction, bytes);
        }
        let first = bytes.get(..DETECT_BYTES).unwrap_or(bytes);
        let at_first = self.detection.is_none().then(|| probe(self.transport, self.ports, direction, first));
        if let Some((Some(row), _)) = at_first {
            // The usual case: the first bytes tell, and are read where they lie.
            let mut parser = (row.parser)();
            let taken = parser.feed(direction, first, &mut self.transactions);
            self.detection = Some(Detection::Known(row, parser));
            self.change();
            return taken;
        }
        let detection = self.detection.get_or_insert_with(|| Detection::Undecided(Box::default()));
        let Detection::Undecided(heard) = detection else { return bytes.len() };
        let side = &mut heard[direction.index()];
        let room = DETECT_BYTES.saturating_sub(side.len());
        let taken = room.min(bytes.len());
        side.extend_from_slice(bytes.get(..taken).unwrap_or(&[]));
        let full = side.len() >= DETECT_BYTES;
        let (found, open) = at_first.unwrap_or_else(|| probe(self.transport, self.ports, direction, side));
        if let Some(row) = found {
            let heard = core::mem::take(&mut **heard);
            let mut parser = (row.parser)();
            // The other side first: it spoke before this byte.
            let mut taken_now = 0;
            for side in [direction.flip(), direction] {
                let all = &heard[side.index()];
                let consumed = parser.feed(side, all, &mut self.transactions);
                if side == direction {
                    let before = all.len() - taken;
                    taken_now = consumed.saturating_sub(before);
                }
            }
            self.detection = Some(Detection::Known(row, parser));
            self.change();
            return taken_now;
        }
        if !open || full {
            // The other side may still be recognised if it has said nothing yet and this side is not text.
            let other_silent = heard[direction.flip().index()].is_empty();
            if full || !other_silent {
                self.detection = Some(Detection::Unknown);
            }
            return bytes.len();
        }
        taken
    }
    fn detect_datagram(&mut self, direction: Direction, bytes: &[u8]) -> usize {
        match probe(self.transport, self.ports, direction, bytes).0 {
            Some(row) => {
                let mut parser = (row.parser)();
                parser.datagrams();
                let taken = parser.feed(direction, bytes, &mut self.transactions);
                self.detection = Some(Detection::Known(row, parser));
                taken
            }
            None => {
                self.detection = Some(Detection::Unknown);
                bytes.len()
            }
        }
    }
}

/// The first row that recognises `bytes`, those that name one of the ports first; and whether any wants more.
fn probe(
    transport: u8,
    ports: [u16; 2],
    direction: Direction,
    bytes: &[u8],
) -> (Option<&'static ProtocolRow>, bool) {
    let mut open = false;
    for by_port in [true, false] {
        for row in PROTOCOLS.iter().filter(|row| row.transports.contains(&transport)) {
            let named = row.ports.iter().any(|port| ports.contains(port));
            if named != by_port || (!named && row.only_ports) {
                continue;
            }
            match (row.probe)(direction, bytes) {
                Probe::Yes => return (Some(row), false),
                Probe::More => open = true,
                Probe::No => {}
            }
        }
    }
    (None, open)
}

/// EVE's word when nothing is known.
pub const FAILED: &str = "failed";

impl Conversation {
    /// EVE's `app_proto`: the protocol, `failed`, or nothing.
    pub fn application(&self) -> Option<&'static str> {
        match &self.detection {
            Some(Detection::Known(row, _)) => Some(row.name),
            Some(Detection::Unknown) => Some(FAILED),
            _ => None,
        }
    }
    /// Which protocol's transactions it has.
    pub fn protocol_id(&self) -> Option<ProtocolId> {
        self.protocol().map(|row| row.id)
    }
}
