//! Recognises the application protocol of a flow and feeds its parser.
//!
//! Key type: [`Conversation`]. Neighbours: rows in [`crate::proto`], [`crate::transaction`].
use crate::{
    agreement::{self, Agreement, Disagreement},
    flow::Direction,
    limits::DETECT_BYTES,
    proto::{Expectation, PROTOCOLS, Parser, Probe, ProtocolId, ProtocolRow, by_id},
    transaction::{Progress, Transactions},
};

enum Detection {
    /// bytes seen so far per direction
    Undecided(Box<[Vec<u8>; 2]>),
    Known(&'static ProtocolRow, Box<dyn Parser>),
    /// what was agreed on is still to begin
    Changing(Box<Changing>),
    Unknown,
}

/// A connection that is about to change its protocol.
struct Changing {
    before: &'static ProtocolRow,
    /// what was agreed on; anything may follow in a tunnel
    expected: Option<(&'static ProtocolRow, Box<dyn Parser>)>,
    /// bytes seen since, per direction
    heard: [Vec<u8>; 2],
}

/// Ports that stand for those inside a tunnel, and behind an agreement to encrypt.
const INNER_PORTS: [u16; 2] = [0, 443];

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
    /// the protocol that was agreed on, where another one came
    expected: Option<&'static ProtocolRow>,
    /// whether both directions speak the same
    agreement: Agreement,
    /// the flow began before it was seen
    midstream: bool,
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
            expected: None,
            agreement: Agreement::empty(),
            midstream: false,
        }
    }
    /// The flow began before it was seen: who speaks first does not matter.
    pub const fn set_midstream(&mut self) {
        self.midstream = true;
    }
    /// Events of recognition since the last call, which belong to no transaction.
    pub fn disagreements(&mut self) -> impl Iterator<Item = &'static str> + use<> {
        self.agreement.take()
    }
    /// What one direction by itself was recognised as, where that is not what the flow is.
    pub const fn differs(&self, direction: Direction) -> Option<&'static str> {
        self.agreement.differs(direction)
    }
    /// The protocol that was agreed on, where another one came.
    pub fn expected_protocol(&self) -> Option<&'static str> {
        self.expected.map(|row| row.name)
    }
    /// The protocol, once it is recognised.
    pub fn protocol(&self) -> Option<&'static ProtocolRow> {
        match &self.detection {
            Some(Detection::Known(row, _)) => Some(row),
            Some(Detection::Changing(change)) => Some(change.before),
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
            Some(Detection::Unknown) => {
                if self.transport == crate::decode::protocol::TCP {
                    self.agreement.pass_over(direction, bytes.len());
                }
                bytes.len()
            }
            Some(Detection::Known(row, ref mut parser)) => {
                if self.agreement.wants(direction) {
                    let find = |bytes: &[u8]| probe(self.transport, self.ports, direction, bytes).0;
                    match self.transport == crate::decode::protocol::TCP {
                        true => self.agreement.judge(direction, row, bytes, find),
                        false => self.agreement.judge_datagram(direction, row, bytes, find),
                    }
                }
                let taken = parser.feed(direction, bytes, &mut self.transactions);
                self.change();
                taken
            }
            Some(Detection::Changing(_)) => self.go_over(direction, bytes),
            _ => {
                self.agreement.hear(direction);
                self.detect(direction, bytes)
            }
        }
    }
    /// The protocol changes, if its parser says so.
    fn change(&mut self) {
        let Some(Detection::Known(before, parser)) = &mut self.detection else { return };
        let before = *before;
        let expected = parser.changes().and_then(|(id, parser)| Some((by_id(id)?, parser)));
        if expected.is_none() && !parser.tunnels() {
            return;
        }
        self.agreement.settle();
        self.detection = match expected {
            Some((row, parser)) if row.id == ProtocolId::Websocket => {
                self.first = Some(before);
                Some(Detection::Known(row, parser))
            }
            expected => Some(Detection::Changing(Box::new(Changing {
                before,
                expected,
                heard: [const { Vec::new() }; 2],
            }))),
        };
    }
    /// Bytes behind an agreement to change the protocol.
    fn go_over(&mut self, direction: Direction, bytes: &[u8]) -> usize {
        let Some(Detection::Changing(change)) = &mut self.detection else { return bytes.len() };
        let side = &mut change.heard[direction.index()];
        let taken = DETECT_BYTES.saturating_sub(side.len()).min(bytes.len());
        side.extend_from_slice(bytes.get(..taken).unwrap_or(&[]));
        let full = side.len() >= DETECT_BYTES;
        let wanted = change.expected.as_ref().map(|(row, _)| *row);
        let found = match wanted {
            Some(row) if agreement::is_said_by(row, direction, side) => Some(row),
            // A server may go on with its first protocol; anything else is not told from what was agreed on.
            Some(row) if row.id != ProtocolId::Tls => match (change.before.probe)(direction, side) {
                Probe::Yes => Some(change.before),
                _ => Some(row),
            },
            _ => probe(self.transport, INNER_PORTS, direction, side).0,
        };
        let Some(row) = found else {
            if full {
                self.give_up();
                return bytes.len();
            }
            return taken;
        };
        let Changing { before, expected, heard } = core::mem::replace(
            &mut **change,
            Changing { before: row, expected: None, heard: [const { Vec::new() }; 2] },
        );
        let mut parser = match expected {
            Some((expected, parser)) if expected.id == row.id => parser,
            other => {
                if let Some((other, _)) = other {
                    self.miss(other);
                }
                (row.parser)()
            }
        };
        self.first = Some(before);
        let already = heard[direction.index()].len() - taken;
        let taken_now = hand_over(&heard, direction, parser.as_mut(), &mut self.transactions);
        // One change within another is none.
        if self.expected.is_some() && parser.changes().is_some() {
            self.transactions.iter_mut().for_each(|transaction| {
                if transaction.protocol == ProtocolId::Http {
                    transaction.note("http.failed_protocol_change");
                    transaction.touched = [true; 2];
                }
            });
        }
        self.detection = Some(Detection::Known(row, parser));
        self.change();
        taken_now.saturating_sub(already)
    }
    /// Something else came than what was agreed on.
    fn miss(&mut self, expected: &'static ProtocolRow) {
        self.expected = Some(expected);
        self.agreement.raise(Disagreement::Unexpected);
        if expected.id == ProtocolId::Tls {
            self.agreement.raise(Disagreement::NoTls);
        }
    }
    /// Nothing that is known came behind an agreement to change the protocol.
    fn give_up(&mut self) {
        if let Some(Detection::Changing(change)) = self.detection.replace(Detection::Unknown) {
            self.first = Some(change.before);
            if let Some((row, _)) = change.expected {
                self.miss(row);
            }
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
            self.agreement.settle();
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
            Some(Detection::Changing(_)) => self.give_up(),
            _ => self.detection = Some(Detection::Unknown),
        }
    }
    /// The stream has ended, or the flow has.
    pub fn end(&mut self, direction: Direction) {
        if core::mem::replace(&mut self.ended[direction.index()], true) {
            return;
        }
        match &mut self.detection {
            Some(Detection::Known(_, parser)) => parser.end(direction, &mut self.transactions),
            Some(Detection::Changing(change)) if !change.heard[direction.index()].is_empty() => {
                self.give_up()
            }
            _ => {}
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
            self.agreement.recognised(direction, row, self.midstream);
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
            self.agreement.recognised(direction, row, self.midstream);
            let other = direction.flip();
            if !heard[other.index()].is_empty() {
                let find = |bytes: &[u8]| probe(self.transport, self.ports, other, bytes).0;
                self.agreement.judge(other, row, &heard[other.index()], find);
            }
            let already = heard[direction.index()].len() - taken;
            let consumed = hand_over(&heard, direction, parser.as_mut(), &mut self.transactions);
            self.detection = Some(Detection::Known(row, parser));
            self.change();
            return consumed.saturating_sub(already);
        }
        if !open || full {
            // The other side may still be recognised if it has said nothing yet and this side is not text.
            let other_silent = heard[direction.flip().index()].is_empty();
            if full || !other_silent {
                let sides = Direction::BOTH.map(|side| (side, heard[side.index()].len()));
                sides.into_iter().for_each(|(side, count)| self.agreement.pass_over(side, count));
                self.agreement.pass_over(direction, bytes.len() - taken);
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
                self.agreement.recognised(direction, row, self.midstream);
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

/// Gives a parser what was heard before it was there, the other side first: it spoke before the last byte of `direction`.
/// Returns how much of that one was taken.
fn hand_over(
    heard: &[Vec<u8>; 2],
    direction: Direction,
    parser: &mut dyn Parser,
    transactions: &mut Transactions,
) -> usize {
    parser.feed(direction.flip(), &heard[direction.flip().index()], transactions);
    parser.feed(direction, &heard[direction.index()], transactions)
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
            Some(Detection::Changing(change)) => Some(change.before.name),
            Some(Detection::Unknown) => Some(FAILED),
            _ => None,
        }
    }
    /// Which protocol's transactions it has.
    pub fn protocol_id(&self) -> Option<ProtocolId> {
        self.protocol().map(|row| row.id)
    }
}
