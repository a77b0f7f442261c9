//! One exchange of an application protocol: a request and its answer, with the fields that rules look at.
//!
//! Key types: [`Transaction`], [`Fields`], [`Transactions`]. A protocol's rows in [`crate::proto`] name the fields.
//! Transactions that are over are kept in a [`Spare`] and used again, with the memory of their fields.
use crate::{
    flow::Direction,
    limits::{
        BODY_BYTES, FIELDS_PER_TRANSACTION, SPARE_FIELD_BYTES, SPARE_LISTS, SPARE_OF_PROTOCOL,
        SPARE_TRANSACTIONS, TRANSACTIONS_PER_FLOW,
    },
    proto::{ProtocolId, dear::Wanted},
    reused::Reused,
};
use core::any::Any;
use std::collections::VecDeque;

/// Names one field of one protocol; constants in the protocols' folders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// which
    pub id: FieldId,
    /// and which as well: a body of HTTP is a file in transfer, too
    pub also: Option<FieldId>,
    /// its bytes, or those that the bound lets us keep
    pub bytes: Vec<u8>,
    /// nothing will be added
    pub complete: bool,
    /// Bytes that the prefilter has seen; kept for the matcher.
    pub scanned: usize,
    /// The matcher has seen it complete.
    pub settled: bool,
}

impl Field {
    /// Whether it is that field.
    pub fn is(&self, id: FieldId) -> bool {
        self.id == id || self.also == Some(id)
    }
    /// Whether it is one of those fields.
    pub fn is_any(&self, ids: &[FieldId]) -> bool {
        ids.iter().any(|id| self.is(*id))
    }
    /// Every field that it is.
    pub fn ids(&self) -> impl Iterator<Item = FieldId> + use<> {
        core::iter::once(self.id).chain(self.also)
    }
}

/// The fields of one transaction in order of arrival; an id may repeat.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    list: Reused<Field>,
    wanted: Wanted,
    bodies: Bodies,
}

/// Bytes that are kept of a body of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bodies {
    /// of a request
    pub request_bytes: usize,
    /// of a response
    pub response_bytes: usize,
}

impl Default for Bodies {
    fn default() -> Self {
        Bodies { request_bytes: BODY_BYTES, response_bytes: BODY_BYTES }
    }
}

impl Fields {
    /// Whether that field is to be made: some cost much, and nobody may ask for them.
    pub fn wants(&self, id: FieldId) -> bool {
        self.wanted.has(id)
    }
    /// Bytes that are kept of a body of HTTP in that direction.
    pub const fn body_bytes(&self, direction: Direction) -> usize {
        match direction {
            Direction::ToServer => self.bodies.request_bytes,
            Direction::ToClient => self.bodies.response_bytes,
        }
    }
    /// Adds a whole field. Beyond the bound it is forgotten.
    pub fn set(&mut self, id: FieldId, bytes: impl AsRef<[u8]>) {
        self.write(id, |out| out.extend_from_slice(bytes.as_ref()));
    }
    /// Adds a whole field that `fill` writes. Beyond the bound it is forgotten.
    pub fn write(&mut self, id: FieldId, fill: impl FnOnce(&mut Vec<u8>)) {
        if let Some(bytes) = self.push(id, true) {
            fill(bytes);
        }
    }
    /// The same, if somebody asks for it.
    pub fn write_dear(&mut self, id: FieldId, fill: impl FnOnce(&mut Vec<u8>)) {
        if self.wants(id) {
            self.write(id, fill);
        }
    }
    /// Adds a whole field with what `change` makes of the first field `of`, if there is that one.
    pub fn derive(&mut self, id: FieldId, of: FieldId, change: impl FnOnce(&[u8], &mut Vec<u8>)) {
        let Some(place) = self.list.iter().position(|field| field.is(of)) else { return };
        if self.push(id, true).is_some()
            && let Some((new, before)) = self.list.split_last_mut()
            && let Some(source) = before.get(place)
        {
            change(&source.bytes, &mut new.bytes);
        }
    }
    fn push(&mut self, id: FieldId, complete: bool) -> Option<&mut Vec<u8>> {
        if self.list.len() >= FIELDS_PER_TRANSACTION {
            return None;
        }
        let field = self.list.again();
        (field.id, field.also) = (id, None);
        (field.complete, field.scanned, field.settled) = (complete, 0, false);
        field.bytes.clear();
        Some(&mut field.bytes)
    }
    /// None is left; their memory is kept, but for large ones.
    fn clear(&mut self) {
        self.list.clear();
        for field in self.list.all_mut().iter_mut().filter(|field| field.bytes.capacity() > SPARE_FIELD_BYTES)
        {
            field.bytes = Vec::new();
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
        self.grow_both(id, None, bytes, limit);
    }
    /// The same for bytes that are another field as well.
    pub fn grow_both(&mut self, id: FieldId, also: Option<FieldId>, bytes: &[u8], limit: usize) {
        let place = match self.list.iter().position(|field| field.is(id) && !field.complete) {
            Some(place) => place,
            None if self.list.iter().any(|field| field.is(id)) => return,
            None if self.push(id, false).is_none() => return,
            None => self.list.len().saturating_sub(1),
        };
        if let Some(field) = self.list.get_mut(place).filter(|field| field.is(id)) {
            field.also = also;
            let room = limit.saturating_sub(field.bytes.len());
            field.bytes.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or(&[]));
            field.complete = field.bytes.len() >= limit;
        }
    }
    /// Nothing will be added to `id`.
    pub fn finish(&mut self, id: FieldId) {
        self.list.iter_mut().filter(|field| field.is(id)).for_each(|field| field.complete = true);
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
        self.list.iter().filter(move |field| field.is(id))
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
    /// it is not logged
    pub quiet: bool,
    /// its host has told which application the flow is of, if it could
    pub named: bool,
    /// the devices were told of it
    pub watched: bool,
    /// the policies were asked about what it asks for
    pub judged: bool,
}

impl Marks {
    fn clear(&mut self) {
        let Marks { mut candidates, mut fired, .. } = core::mem::take(self);
        candidates.iter_mut().for_each(Vec::clear);
        fired.clear();
        *self = Marks { candidates, fired, ..Marks::default() };
    }
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
    /// the protocol's own record beyond the fields, read by its row's `log`; or what an earlier use has left of one
    detail: Option<Box<dyn Any + Send>>,
    has_detail: bool,
    /// kept for the matcher
    pub marks: Marks,
    /// the log line was written
    pub logged: bool,
    /// changed since the matcher looked, per direction
    pub touched: [bool; 2],
}

impl Transaction {
    fn new(protocol: ProtocolId) -> Transaction {
        Transaction {
            id: 0,
            protocol,
            fields: Fields::default(),
            progress: [Progress::Waiting; 2],
            anomalies: Vec::new(),
            detail: None,
            has_detail: false,
            marks: Marks::default(),
            logged: false,
            touched: [true; 2],
        }
    }
    /// As new, with the memory that it has.
    fn clear(&mut self) {
        self.fields.clear();
        self.progress = [Progress::Waiting; 2];
        self.anomalies.clear();
        self.has_detail = false;
        self.marks.clear();
        (self.logged, self.touched) = (false, [true; 2]);
    }
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
        self.detail.as_ref().filter(|_| self.has_detail)?.downcast_ref()
    }
    /// The same, to add to it; made if there is none. `None` if it is of another type.
    pub fn detail_mut<T: Any + Send + Default>(&mut self) -> Option<&mut T> {
        if !self.has_detail {
            self.set_detail(T::default());
        }
        self.detail.as_mut()?.downcast_mut()
    }
    /// The same; what an earlier transaction has left is used again when `clear` has emptied it.
    pub fn detail_again<T: Any + Send + Default>(&mut self, clear: impl FnOnce(&mut T)) -> Option<&mut T> {
        if !self.has_detail {
            match self.detail.as_mut().and_then(|left| left.downcast_mut::<T>()) {
                Some(left) => clear(left),
                None => self.detail = Some(Box::<T>::default()),
            }
            self.has_detail = true;
        }
        self.detail.as_mut()?.downcast_mut()
    }
    /// Takes the record out, as an earlier transaction has left it or new; to be given back with `set_detail`.
    pub fn take_detail<T: Any + Send + Default>(&mut self) -> T {
        self.with_detail(|detail: &mut T, _| core::mem::take(detail))
    }
    /// Something is kept besides the fields.
    pub const fn has_detail(&self) -> bool {
        self.has_detail
    }
    /// The record besides the fields and the rest of the transaction, to change both; made if there is none of that
    /// type. It is as an earlier transaction has left it, until it is set.
    pub fn with_detail<T: Any + Send + Default, R>(
        &mut self,
        act: impl FnOnce(&mut T, &mut Transaction) -> R,
    ) -> R {
        let mut detail = match self.detail.take().map(|have| have.downcast::<T>()) {
            Some(Ok(have)) => have,
            _ => Box::default(),
        };
        let result = act(&mut detail, self);
        self.has_detail = true;
        self.detail = Some(detail);
        result
    }
    /// The same; what an earlier transaction has left is emptied by `clear` first.
    pub fn with_own_detail<T: Any + Send + Default, R>(
        &mut self,
        clear: impl FnOnce(&mut T),
        act: impl FnOnce(&mut T, &mut Transaction) -> R,
    ) -> R {
        let first = !self.has_detail;
        self.with_detail(|detail, transaction| {
            if first {
                clear(detail);
            }
            act(detail, transaction)
        })
    }
    /// Nothing is kept besides the fields.
    pub const fn no_detail(&mut self) {
        self.has_detail = false;
    }
    /// Keeps that besides the fields.
    pub fn set_detail<T: Any + Send>(&mut self, detail: T) {
        self.has_detail = true;
        match self.detail.as_mut().and_then(|have| have.downcast_mut::<T>()) {
            Some(have) => *have = detail,
            None => self.detail = Some(Box::new(detail)),
        }
    }
    /// Both directions are complete.
    pub fn is_complete(&self) -> bool {
        self.progress == [Progress::Complete; 2]
    }
}

/// Transactions that are over, and lists of flows that have none: to be used again by any flow of a thread.
#[derive(Default)]
pub struct Spare {
    #[allow(clippy::vec_box, reason = "transactions move between lists as they are")]
    transactions: Vec<Box<Transaction>>,
    lists: Vec<VecDeque<Box<Transaction>>>,
    /// fields that somebody asks for
    pub wanted: Wanted,
    /// bytes of bodies
    pub bodies: Bodies,
}

impl Spare {
    /// One of that protocol: its buffers have the sizes that will be needed.
    fn take(&mut self, protocol: ProtocolId) -> Option<Box<Transaction>> {
        let place = self.transactions.iter().rposition(|spare| spare.protocol == protocol)?;
        Some(self.transactions.swap_remove(place))
    }
    fn give(&mut self, mut transaction: Box<Transaction>) {
        let same = self.transactions.iter().filter(|spare| spare.protocol == transaction.protocol).count();
        if same < SPARE_OF_PROTOCOL && self.transactions.len() < SPARE_TRANSACTIONS {
            transaction.clear();
            self.transactions.push(transaction);
        }
    }
    fn take_list(&mut self) -> VecDeque<Box<Transaction>> {
        self.lists.pop().unwrap_or_default()
    }
    fn give_list(&mut self, list: VecDeque<Box<Transaction>>) {
        if self.lists.len() < SPARE_LISTS && (1..=SPARE_OF_PROTOCOL).contains(&list.capacity()) {
            self.lists.push(list);
        }
    }
}

/// The open transactions of one flow, oldest first.
#[derive(Default)]
pub struct Transactions {
    list: VecDeque<Box<Transaction>>,
    next_id: u64,
    /// lent while the flow is looked at
    spare: Option<Box<Spare>>,
}

impl Transactions {
    /// None.
    pub const fn empty() -> Self {
        Transactions { list: VecDeque::new(), next_id: 0, spare: None }
    }
    /// Lends the thread's spare ones, or takes them back: what is there and what is given change places.
    pub const fn swap_spare(&mut self, spare: &mut Option<Box<Spare>>) {
        core::mem::swap(&mut self.spare, spare);
    }
    /// Opens one. Parsers ask [`Transactions::is_full`] first and stop reading when it is.
    pub fn open(&mut self, protocol: ProtocolId) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let again = self.spare.as_mut().and_then(|spare| spare.take(protocol));
        let mut transaction = again.unwrap_or_else(|| Box::new(Transaction::new(protocol)));
        transaction.id = id;
        transaction.fields.wanted = self.wanted();
        transaction.fields.bodies = self.spare.as_ref().map_or_else(Bodies::default, |spare| spare.bodies);
        if self.list.capacity() == 0
            && let Some(spare) = &mut self.spare
        {
            self.list = spare.take_list();
        }
        self.list.push_back(transaction);
        id
    }
    /// What somebody asks for.
    pub fn wanted(&self) -> Wanted {
        self.spare.as_ref().map_or(Wanted::ALL, |spare| spare.wanted)
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
            return self.list.get_mut(guess).map(|transaction| &mut **transaction);
        }
        self.list.iter_mut().find(|transaction| transaction.id == id).map(|transaction| &mut **transaction)
    }
    /// All, oldest first.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Transaction> {
        self.list.iter_mut().map(|transaction| &mut **transaction)
    }
    /// All, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Transaction> {
        self.list.iter().map(|transaction| &**transaction)
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
        let mut place = 0;
        while let Some(transaction) = self.list.get(place) {
            if !done(transaction) {
                place += 1;
            } else if let (Some(transaction), Some(spare)) = (self.list.remove(place), &mut self.spare) {
                spare.give(transaction);
            }
        }
        if let Some(spare) = self.spare.as_mut().filter(|_| self.list.is_empty()) {
            spare.give_list(core::mem::take(&mut self.list));
        }
    }
    /// Removes the oldest, to make room.
    pub fn evict(&mut self) -> Option<Box<Transaction>> {
        self.list.pop_front()
    }
}
