//! One exchange of an application protocol: a request and its answer, with the fields that rules look at.
//!
//! Key types: [`Transaction`], [`Fields`], [`Transactions`]. A protocol's rows in [`crate::proto`] name the fields.
use crate::{
    flow::Direction,
    limits::{FIELDS_PER_TRANSACTION, TRANSACTIONS_PER_FLOW},
    proto::ProtocolId,
};
use core::any::Any;
use std::collections::VecDeque;

/// Names one field of one protocol; constants in the protocols' folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId(pub u16);

impl FieldId {
    /// The `index`-th field of `protocol`.
    pub const fn new(protocol: ProtocolId, index: u8) -> Self {
        FieldId((protocol as u16) << 8 | index as u16)
    }
}

/// How far one side of a transaction has come. Protocols without such steps jump to `Complete`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// nothing yet
    #[default]
    Waiting,
    /// the first line or header
    Started,
    /// all headers
    Headers,
    /// some of the body
    Body,
    /// all of it
    Complete,
}

/// One field's value.
#[derive(Clone, Debug)]
pub struct Field {
    /// which
    pub id: FieldId,
    /// its bytes, or those that the bound lets us keep
    pub bytes: Vec<u8>,
    /// nothing will be added
    pub complete: bool,
    /// Bytes that the prefilter has seen; kept for the matcher.
    pub scanned: usize,
    /// The matcher has seen it complete.
    pub settled: bool,
}

/// The fields of one transaction in order of arrival; an id may repeat.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    list: Vec<Field>,
}

impl Fields {
    /// Adds a whole field. Beyond the bound it is forgotten.
    pub fn set(&mut self, id: FieldId, bytes: impl Into<Vec<u8>>) {
        self.push(id, bytes.into(), true);
    }
    fn push(&mut self, id: FieldId, bytes: Vec<u8>, complete: bool) {
        if self.list.len() < FIELDS_PER_TRANSACTION {
            self.list.push(Field { id, bytes, complete, scanned: 0, settled: false });
        }
    }
    /// Adds a number; rules compare it.
    pub fn set_number(&mut self, id: FieldId, value: u64) {
        self.set(id, value.to_be_bytes());
    }
    /// The first number of that id.
    pub fn number(&self, id: FieldId) -> Option<u64> {
        self.get(id).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes)
    }
    /// Appends to a growing field, keeping at most `limit` bytes of it; at the limit it counts as complete.
    pub fn grow(&mut self, id: FieldId, bytes: &[u8], limit: usize) {
        let place = match self.list.iter().position(|field| field.id == id && !field.complete) {
            Some(place) => place,
            None if self.list.iter().any(|field| field.id == id) => return,
            None => {
                self.push(id, Vec::new(), false);
                self.list.len().saturating_sub(1)
            }
        };
        if let Some(field) = self.list.get_mut(place).filter(|field| field.id == id) {
            let room = limit.saturating_sub(field.bytes.len());
            field.bytes.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or(&[]));
            field.complete = field.bytes.len() >= limit;
        }
    }
    /// Nothing will be added to `id`.
    pub fn finish(&mut self, id: FieldId) {
        self.list.iter_mut().filter(|field| field.id == id).for_each(|field| field.complete = true);
    }
    /// Forgets the fields that `which` names.
    pub fn forget(&mut self, mut which: impl FnMut(FieldId) -> bool) {
        self.list.retain(|field| !which(field.id));
    }
    /// The first field of that id.
    pub fn get(&self, id: FieldId) -> Option<&[u8]> {
        self.all(id).next().map(|field| field.bytes.as_slice())
    }
    /// All fields of that id.
    pub fn all(&self, id: FieldId) -> impl Iterator<Item = &Field> {
        self.list.iter().filter(move |field| field.id == id)
    }
    /// Every field.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Field> {
        self.list.iter()
    }
    /// Every field, for the matcher's notes.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Field> {
        self.list.iter_mut()
    }
}

/// What the matcher remembers with a transaction; the wire never reads it.
#[derive(Debug, Default)]
pub struct Marks {
    /// rules worth another look when more has arrived, per direction
    pub candidates: [Vec<u32>; 2],
    /// rules that have fired
    pub fired: Vec<u32>,
    /// rules without a prefilter were added to the candidates, per direction
    pub primed: [bool; 2],
    /// names that the lists were asked about, per direction
    pub listed: [u16; 2],
    /// its host has told which application the flow is of, if it could
    pub named: bool,
    /// the devices were told of it
    pub watched: bool,
    /// the policies were asked about what it asks for
    pub judged: bool,
}

/// One exchange.
pub struct Transaction {
    /// number in the flow, from 0
    pub id: u64,
    /// protocol
    pub protocol: ProtocolId,
    /// what rules look at
    pub fields: Fields,
    /// how far each direction is, indexed by [`Direction`]
    pub progress: [Progress; 2],
    /// what broke the protocol's rules
    pub anomalies: Vec<&'static str>,
    /// the protocol's own record beyond the fields; read by its row's `log`
    pub detail: Option<Box<dyn Any + Send>>,
    /// kept for the matcher
    pub marks: Marks,
    /// the log line was written
    pub logged: bool,
    /// changed since the matcher looked, per direction
    pub touched: [bool; 2],
}

impl Transaction {
    /// Notes an anomaly, once each.
    pub fn note(&mut self, name: &'static str) {
        if !self.anomalies.contains(&name) && self.anomalies.len() < 32 {
            self.anomalies.push(name);
        }
    }
    /// Moves one direction on; never back.
    pub fn advance(&mut self, direction: Direction, to: Progress) {
        self.touched[direction.index()] = true;
        let progress = &mut self.progress[direction.index()];
        *progress = (*progress).max(to);
    }
    /// The message of one direction is whole, and the other one has none to it.
    pub fn complete_alone(&mut self, direction: Direction) {
        let other = direction.flip().index();
        self.advance(direction, Progress::Complete);
        (self.progress[other], self.touched[other]) = (Progress::Complete, false);
    }
    /// What the protocol keeps besides fields, if it is of that type.
    pub fn detail_of<T: Any>(&self) -> Option<&T> {
        self.detail.as_ref()?.downcast_ref()
    }
    /// The same, to add to it; made if there is none. `None` if it is of another type.
    pub fn detail_mut<T: Any + Send + Default>(&mut self) -> Option<&mut T> {
        self.detail.get_or_insert_with(|| Box::new(T::default())).downcast_mut()
    }
    /// Both directions are complete.
    pub fn is_complete(&self) -> bool {
        self.progress == [Progress::Complete; 2]
    }
}

/// The open transactions of one flow, oldest first.
#[derive(Default)]
pub struct Transactions {
    list: VecDeque<Transaction>,
    next_id: u64,
}

impl Transactions {
    /// None.
    pub const fn empty() -> Self {
        Transactions { list: VecDeque::new(), next_id: 0 }
    }
    /// Opens one. Parsers ask [`Transactions::is_full`] first and stop reading when it is.
    pub fn open(&mut self, protocol: ProtocolId) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.list.push_back(Transaction {
            id,
            protocol,
            fields: Fields::default(),
            progress: [Progress::Waiting; 2],
            anomalies: Vec::new(),
            detail: None,
            marks: Marks::default(),
            logged: false,
            touched: [true; 2],
        });
        id
    }
    /// As many are open as may be.
    pub fn is_full(&self) -> bool {
        self.list.len() >= TRANSACTIONS_PER_FLOW
    }
    /// The one with that number.
    pub fn get_mut(&mut self, id: u64) -> Option<&mut Transaction> {
        let first = self.list.front()?.id;
        // Numbers are consecutive except where one was closed early.
        let guess = usize::try_from(id.checked_sub(first)?).ok()?;
        if self.list.get(guess).is_some_and(|transaction| transaction.id == id) {
            return self.list.get_mut(guess);
        }
        self.list.iter_mut().find(|transaction| transaction.id == id)
    }
    /// All, oldest first.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Transaction> {
        self.list.iter_mut()
    }
    /// All, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Transaction> {
        self.list.iter()
    }
    /// None is open.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
    /// How many were ever opened.
    pub const fn opened(&self) -> u64 {
        self.next_id
    }
    /// Removes those that `done` says are finished.
    pub fn close(&mut self, mut done: impl FnMut(&Transaction) -> bool) {
        if self.list.iter().any(&mut done) {
            self.list.retain(|transaction| !done(transaction));
        }
    }
    /// Removes the oldest, to make room.
    pub fn evict(&mut self) -> Option<Transaction> {
        self.list.pop_front()
    }
}
