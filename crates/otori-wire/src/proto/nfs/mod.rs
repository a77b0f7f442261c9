//! NFS, versions 2 to 4: a call and its answer are a transaction; a file that is read or written is one of its own.
//!
//! Key type: `NfsReader`. Neighbours: `call` (what one message of ONC RPC says), `name` (what numbers are called). RFC 5531, RFC
//! 1813, RFC 7530; keywords as in Suricata's manual ("NFS Keywords").
mod call;
mod name;

use super::{
    Beside, FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record, file,
    framed::{Length, MessageReader, Messages},
};
use crate::{
    flow::Direction,
    limits::{BODY_BYTES, NFS_FILES, NFS_HANDLES, OPEN_REQUESTS},
    reused::{Reused, refill},
    transaction::{FieldId, Progress, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use call::{Answer, Call, Caller, Message};
use std::collections::VecDeque;

pub use name::PROCEDURES;

const fn field(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Nfs, index)
}
const PROCEDURE: FieldId = field(0);
const VERSION: FieldId = field(1);
/// The procedure, and 1,000 more in version 4: names mean other numbers there.
const KEY: FieldId = field(2);
const RPC_TO_SERVER: FieldId = field(3);
const RPC_TO_CLIENT: FieldId = field(4);
const PDU_TO_SERVER: FieldId = field(5);
const PDU_TO_CLIENT: FieldId = field(6);
/// What [`KEY`] adds in version 4.
pub const VERSION_4: u64 = 1_000;

/// Frames.
pub static FIELDS: &[FieldRow] = &[
    FieldRow::new(ToServer, RPC_TO_SERVER, "frame:rpc.pdu"),
    FieldRow::new(ToClient, RPC_TO_CLIENT, "frame:rpc.pdu"),
    FieldRow::new(ToServer, PDU_TO_SERVER, "frame:nfs.pdu"),
    FieldRow::new(ToClient, PDU_TO_CLIENT, "frame:nfs.pdu"),
];

/// All numbers. The keyword `nfs_procedure` is written in terms of the last ones.
pub static NUMBERS: &[NumberRow] = &[
    NumberRow {
        id: VERSION,
        keyword: "nfs.version",
        aliases: &["nfs_version"],
        direction: ToServer,
        form: NumberForm::Plain,
    },
    NumberRow::new(ToServer, PROCEDURE, "nfs.procedure_number", NumberForm::Plain),
    NumberRow::new(ToServer, KEY, "nfs.procedure_of_version", NumberForm::Plain),
];

/// The message behind the mark of its record, which datagrams do not have.
fn bare(bytes: &[u8]) -> (&[u8], bool) {
    let marked = bytes.first_chunk::<4>().is_some_and(|mark| {
        let word = u32::from_be_bytes(*mark);
        word >> 31 == 1 && (word & 0x7fff_ffff) as usize + 4 >= bytes.len()
    });
    match bytes.get(4..).filter(|rest| marked && call::is_rpc(rest)) {
        Some(rest) => (rest, true),
        None => (bytes, false),
    }
}

/// A call of NFS.
pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    if call::is_nfs(bare(bytes).0) {
        return Probe::Yes;
    }
    match bytes {
        [0x80, ..] if bytes.len() < 24 => Probe::More,
        _ => Probe::No,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(Messages::new(NfsReader::default()))
}

/// A call without an answer.
struct Waiting {
    xid: u32,
    id: u64,
}

/// A file whose bytes move.
#[derive(Default)]
struct Open {
    handle: Vec<u8>,
    /// the client writes it
    written: bool,
    id: u64,
    size: u64,
}

impl Open {
    const fn way(&self) -> Direction {
        if self.written { ToServer } else { ToClient }
    }
}

#[derive(Default)]
struct NfsReader {
    waiting: VecDeque<Waiting>,
    /// names of files, by their handles
    names: VecDeque<(Vec<u8>, Vec<u8>)>,
    files: Reused<Open>,
}

/// What EVE says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Exchange {
    call: Call,
    /// the call was answered, and not refused
    accepted: Option<bool>,
    status: Option<u32>,
    file: bool,
}

impl MessageReader for NfsReader {
    fn length(&self, _direction: Direction, bytes: &[u8]) -> Length {
        match bytes.first_chunk::<4>().map(|mark| u32::from_be_bytes(*mark)) {
            Some(mark) => Length::Known(4 + (mark & 0x7fff_ffff) as usize),
            None => Length::More,
        }
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let (message, _) = bare(bytes);
        match Message::read(message) {
            Some(Message::Call { caller, version, procedure, args }) if direction == ToServer => {
                let id = transactions.open(ProtocolId::Nfs);
                let Some(transaction) = transactions.get_mut(id) else { return };
                let mut exchange: Exchange = transaction.take_detail();
                exchange.begin(caller, version, procedure, args);
                self.call(Waiting { xid: caller.xid, id }, &mut exchange.call, (message, args), transactions);
                give_back(exchange, id, transactions);
            }
            Some(Message::Reply { xid, accepted, results }) if direction == ToClient => {
                self.reply((xid, accepted), message, results, transactions);
            }
            Some(_) => {}
            None => {
                let id = transactions.open(ProtocolId::Nfs);
                if let Some(transaction) = transactions.get_mut(id) {
                    transaction.note("nfs.malformed_data");
                    transaction.complete_alone(direction);
                }
            }
        }
    }
    fn end(&mut self, _direction: Direction, transactions: &mut Transactions) {
        for waiting in self.waiting.drain(..) {
            if let Some(transaction) = transactions.get_mut(waiting.id) {
                transaction.advance(ToClient, Progress::Complete);
            }
        }
        self.files.iter().for_each(|open| finish(open, transactions));
        self.files.clear();
    }
}

impl Exchange {
    /// In place of what was there.
    fn begin(&mut self, caller: Caller<'_>, version: u32, procedure: u32, args: &[u8]) {
        self.call.read(caller, version, procedure, args);
        (self.accepted, self.status, self.file) = (None, None, false);
    }
}

fn give_back(exchange: Exchange, id: u64, transactions: &mut Transactions) {
    if let Some(transaction) = transactions.get_mut(id) {
        transaction.set_detail(exchange);
    }
}

fn finish(open: &Open, transactions: &mut Transactions) {
    if let Some(transaction) = transactions.get_mut(open.id) {
        file::finish(open.way(), open.size, &mut transaction.fields);
        Direction::BOTH.into_iter().for_each(|way| transaction.advance(way, Progress::Complete));
    }
}

impl NfsReader {
    fn call(
        &mut self,
        waiting: Waiting,
        call: &mut Call,
        (message, args): (&[u8], &[u8]),
        transactions: &mut Transactions,
    ) {
        if call.name.get().is_none()
            && let Some(handle) = call.handle.get()
        {
            let known = self.names.iter().find(|(have, _)| have == handle);
            call.name.set(known.map(|(_, name)| name.as_slice()));
        }
        let Some(transaction) = transactions.get_mut(waiting.id) else { return };
        let fields = &mut transaction.fields;
        fields.set_number(VERSION, u64::from(call.version));
        for procedure in &call.procedures {
            let more = if call.version == 4 { VERSION_4 } else { 0 };
            fields.set_number(PROCEDURE, u64::from(*procedure));
            fields.set_number(KEY, u64::from(*procedure) + more);
        }
        if let Some(name) = call.name.get() {
            fields.set(file::NAME_TO_SERVER, name);
        }
        fields.write_dear(RPC_TO_SERVER, |out| out.extend_from_slice(message));
        fields.write_dear(PDU_TO_SERVER, |out| out.extend_from_slice(args));
        transaction.advance(ToServer, Progress::Complete);
        if let (Some(written), Some(handle)) = (call.written(args), call.handle.get()) {
            self.bytes(ToServer, handle, call, written, transactions);
        }
        if call.is_commit() {
            self.close(call.handle.get(), transactions);
        }
        if self.waiting.len() >= OPEN_REQUESTS
            && let Some(oldest) = self.waiting.pop_front()
            && let Some(transaction) = transactions.get_mut(oldest.id)
        {
            transaction.advance(ToClient, Progress::Complete);
        }
        self.waiting.push_back(waiting);
    }
    /// The first file of that handle is whole.
    fn close(&mut self, handle: Option<&[u8]>, transactions: &mut Transactions) {
        if let Some(open) = self.files.iter().find(|open| Some(open.handle.as_slice()) == handle) {
            finish(open, transactions);
            let id = open.id;
            self.files.retain(|open| open.id != id);
        }
    }
    fn reply(
        &mut self,
        (xid, accepted): (u32, bool),
        message: &[u8],
        results: &[u8],
        transactions: &mut Transactions,
    ) {
        let Some(place) = self.waiting.iter().position(|waiting| waiting.xid == xid) else { return };
        let Some(Waiting { id, .. }) = self.waiting.remove(place) else { return };
        let Some(transaction) = transactions.get_mut(id) else { return };
        let mut exchange: Exchange = transaction.take_detail();
        let call = &exchange.call;
        let answer = Answer::read(call, results);
        transaction.fields.write_dear(RPC_TO_CLIENT, |out| out.extend_from_slice(message));
        transaction.fields.write_dear(PDU_TO_CLIENT, |out| out.extend_from_slice(results));
        transaction.advance(ToClient, Progress::Complete);
        if let (Some(handle), Some(name)) = (answer.handle, call.name.get()) {
            self.name(handle, name);
        }
        if let (Some(data), Some(handle)) = (answer.data, call.handle.get()) {
            self.bytes(ToClient, handle, call, data, transactions);
            if answer.at_end {
                self.close(Some(handle), transactions);
            }
        }
        (exchange.accepted, exchange.status) = (Some(accepted), answer.status);
        give_back(exchange, id, transactions);
    }
    /// Remembers what a file is called; the oldest name makes room.
    fn name(&mut self, handle: &[u8], name: &[u8]) {
        if self.names.iter().any(|(have, called)| have == handle && called == name) {
            return;
        }
        let oldest = (self.names.len() >= NFS_HANDLES).then(|| self.names.pop_front()).flatten();
        let (mut have, mut called) = oldest.unwrap_or_default();
        refill(&mut have, handle);
        refill(&mut called, name);
        self.names.push_back((have, called));
    }
    /// Bytes of a file, in their order; others are passed over.
    fn bytes(
        &mut self,
        way: Direction,
        handle: &[u8],
        call: &Call,
        data: &[u8],
        transactions: &mut Transactions,
    ) {
        let known = self.files.iter().position(|open| open.handle == handle && open.way() == way);
        let place = match known {
            Some(place) => place,
            None if call.offset != Some(0) || self.files.len() >= NFS_FILES || transactions.is_full() => {
                return;
            }
            None => {
                let id = transactions.open(ProtocolId::Nfs);
                if let Some(transaction) = transactions.get_mut(id) {
                    transaction.fields.set(file::name(way), call.name.get().unwrap_or_default());
                    transaction.with_detail(|exchange: &mut Exchange, _| {
                        exchange.call.repeat(call);
                        (exchange.accepted, exchange.status, exchange.file) = (Some(true), Some(0), true);
                    });
                    transaction.progress[way.flip().index()] = Progress::Complete;
                }
                let open = self.files.again();
                refill(&mut open.handle, handle);
                (open.written, open.id, open.size) = (way == ToServer, id, 0);
                self.files.len() - 1
            }
        };
        let Some(open) = self.files.get_mut(place).filter(|open| call.offset == Some(open.size)) else {
            return;
        };
        open.size += data.len() as u64;
        if let Some(transaction) = transactions.get_mut(open.id) {
            transaction.fields.grow(file::data(way), data, BODY_BYTES);
            transaction.advance(way, Progress::Body);
        }
    }
}

/// The `nfs` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(Exchange { call, status, file, .. }) = transaction.detail_of::<Exchange>() else { return };
    record.number("version", call.version.into());
    record.text("procedure", name::procedure(call.version, call.main()).as_bytes());
    let name = call.name.get().unwrap_or_default();
    record.text("filename", name);
    if let Some(new) = call.new_name.get() {
        record.object("rename", &mut |record| {
            record.text("from", name);
            record.text("to", new);
        });
    }
    record.number("id", transaction.id.cast_signed() + 1);
    record.flag("file_tx", *file);
    record.text("type", if status.is_some() { b"response" } else { b"request" });
    if let Some(status) = status {
        record.text("status", name::status(*status).as_bytes());
    }
}

/// The `rpc` object that stands beside it.
pub static RPC: Beside = Beside {
    key: "rpc",
    is_there: |transaction| transaction.detail_of::<Exchange>().is_some(),
    log: log_rpc,
};

fn log_rpc(transaction: &Transaction, record: &mut dyn Record) {
    let Some(Exchange { call, accepted, .. }) = transaction.detail_of::<Exchange>() else { return };
    let caller = call.caller();
    record.number("xid", caller.xid.into());
    if let Some(accepted) = accepted {
        record.text("status", if *accepted { b"ACCEPTED" } else { b"DENIED" });
    }
    record.text("auth_type", name::flavor(caller.flavor).as_bytes());
    if let Some((machine, user, group)) = caller.system() {
        record.object("creds", &mut |record| {
            record.text("machine_name", machine);
            record.number("uid", user.into());
            record.number("gid", group.into());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read as talk, read_datagrams};

    fn word(number: u32) -> Vec<u8> {
        number.to_be_bytes().to_vec()
    }
    fn opaque(bytes: &[u8]) -> Vec<u8> {
        let mut all = word(bytes.len() as u32);
        all.extend_from_slice(bytes);
        all.resize(all.len().next_multiple_of(4), 0);
        all
    }
    fn call(xid: u32, version: u32, procedure: u32, args: &[u8]) -> Vec<u8> {
        let words = [xid, 0, 2, 100_003, version, procedure, 0, 0, 0, 0];
        [&words.iter().flat_map(|n| word(*n)).collect::<Vec<u8>>()[..], args].concat()
    }
    fn reply(xid: u32, results: &[u8]) -> Vec<u8> {
        let words = [xid, 1, 0, 0, 0, 0];
        [&words.iter().flat_map(|n| word(*n)).collect::<Vec<u8>>()[..], results].concat()
    }
    fn marked(bytes: Vec<u8>) -> Vec<u8> {
        [&(0x8000_0000 | bytes.len() as u32).to_be_bytes()[..], &bytes].concat()
    }

    #[test]
    fn a_file_is_looked_up_and_read() {
        let look = call(1, 3, 3, &[opaque(b"root"), opaque(b"bot.mips")].concat());
        let found = reply(1, &[word(0), opaque(b"file")].concat());
        let range = [word(0), word(0), word(100)].concat();
        let read = call(2, 3, 6, &[opaque(b"file"), range].concat());
        let data = reply(2, &[word(0), word(0), word(4), word(1), opaque(b"\x7fELF")].concat());
        let steps = [
            (ToServer, marked(look.clone())),
            (ToClient, marked(found.clone())),
            (ToServer, marked(read.clone())),
            (ToClient, marked(data.clone())),
        ];
        let steps: Vec<(Direction, &[u8])> = steps.iter().map(|(way, bytes)| (*way, &bytes[..])).collect();
        let plain = [(ToServer, &look[..]), (ToClient, &found), (ToServer, &read), (ToClient, &data)];
        for talk in [talk(parser, &steps), read_datagrams(parser, &plain)] {
            assert_eq!(talk.opened(), 3);
            assert_eq!(nth(&talk, 0).fields.number(PROCEDURE), Some(3));
            assert_eq!(nth(&talk, 1).fields.get(file::NAME_TO_SERVER), Some(&b"bot.mips"[..]));
            let file = nth(&talk, 2);
            assert_eq!(file.fields.get(file::NAME_TO_CLIENT), Some(&b"bot.mips"[..]));
            assert_eq!(file.fields.get(file::DATA_TO_CLIENT), Some(&b"\x7fELF"[..]));
            assert!(file.is_complete());
        }
        assert_eq!(probe(ToServer, &look), Probe::Yes);
        assert_eq!(probe(ToServer, &marked(look)), Probe::Yes);
        assert_eq!(probe(ToServer, b"GET / HTTP/1.1\r\nHost: a.b\r\n\r\n"), Probe::No);
    }

    #[test]
    fn compounds_of_version_4_have_several_operations() {
        let ops =
            [word(22), opaque(b"root"), word(15), opaque(b"dir"), word(28), opaque(b"old.txt"), word(10)];
        let args = [opaque(b""), word(0), word(4), ops.concat()].concat();
        let talk =
            read_datagrams(parser, &[(ToServer, &call(1, 4, 1, &args)), (ToClient, &reply(1, &word(2)))]);
        let keys: Vec<_> = nth(&talk, 0).fields.all(KEY).map(|field| field.bytes[6..].to_vec()).collect();
        assert_eq!(keys.len(), 4);
        assert_eq!(nth(&talk, 0).fields.get(file::NAME_TO_SERVER), Some(&b"old.txt"[..]));
        assert_eq!(nth(&talk, 0).detail_of::<Exchange>().unwrap().status, Some(2));
    }

    #[test]
    fn who_calls_is_told_by_rpc() {
        let who = [word(7), opaque(b"camera"), word(1000), word(100), word(0)].concat();
        let head = [5, 0, 2, 100_003, 3, 1, 1].iter().flat_map(|n| word(*n)).collect::<Vec<u8>>();
        let ask = [&head[..], &opaque(&who), &word(0), &word(0), &opaque(b"root")].concat();
        let refused: Vec<u8> = [5, 1, 1, 1, 1].iter().flat_map(|n| word(*n)).collect();
        let talk = read_datagrams(parser, &[(ToServer, &ask), (ToClient, &refused)]);
        let said = nth(&talk, 0).detail_of::<Exchange>().unwrap();
        assert_eq!(said.call.caller().system(), Some((&b"camera"[..], 1000, 100)));
        assert_eq!((said.accepted, said.call.caller().xid), (Some(false), 5));
        assert_eq!(said.call.handle.get(), Some(&b"root"[..]));
    }
}
