//! SMB: shares, users and files; a file is a transaction from its first byte to its end.
//!
//! Key type: `SmbReader`. Neighbour: `message`. [MS-SMB2] 2.1 and 2.2.1, [MS-CIFS] 2.2.3.1: a four-byte length, then `FF`
//! or `FE` and `SMB`.
mod message;

use super::{
    FieldRow, NumberForm, NumberRow, Parser, Probe, ProtocolId, Record, dcerpc, file,
    framed::{Length, MessageReader, Messages},
};
use crate::{
    flow::Direction,
    limits::{BODY_BYTES, OPEN_REQUESTS},
    transaction::{FieldId, Progress, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use message::{Handle, Message, Said};

const fn field(index: u8) -> FieldId {
    FieldId::new(ProtocolId::Smb, index)
}
/// Path of a share of files.
pub const SHARE: FieldId = field(0);
/// Path of a share of pipes.
pub const PIPE: FieldId = field(1);
/// Name of a user.
pub const USER: FieldId = field(2);
/// The user's domain.
pub const DOMAIN: FieldId = field(3);
/// Version of the message.
pub const VERSION: FieldId = field(16);
/// Number of the command.
pub const COMMAND: FieldId = field(17);

const fn row(id: FieldId, keyword: &'static str, aliases: &'static [&'static str]) -> FieldRow {
    FieldRow { id, keyword, aliases, modifier: None, direction: ToServer }
}

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    row(SHARE, "smb.share", &["smb_share"]),
    row(PIPE, "smb.named_pipe", &["smb_named_pipe"]),
    row(USER, "smb.ntlmssp_user", &[]),
    row(DOMAIN, "smb.ntlmssp_domain", &[]),
];

/// All numbers.
pub static NUMBERS: &[NumberRow] = &[
    NumberRow::new(ToServer, VERSION, "smb.version", NumberForm::Plain),
    NumberRow::new(ToServer, COMMAND, "smb.command", NumberForm::Plain),
];

pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    match bytes.first_chunk::<8>() {
        Some([0, _, _, _, 0xff | 0xfe, b'S', b'M', b'B']) => Probe::Yes,
        Some(_) => Probe::No,
        None if bytes.first().is_none_or(|b| *b == 0) => Probe::More,
        None => Probe::No,
    }
}

pub(super) fn parser() -> Box<dyn Parser> {
    let calls = dcerpc::Calls::new(ProtocolId::Smb);
    Box::new(Messages::new(SmbReader { files: Vec::new(), calls, asked: Vec::new() }))
}

/// Bytes before a message: its kind and its length.
const HEAD: usize = 4;
/// Files open at a time.
const FILES: usize = 64;

/// An open file.
struct Open {
    handle: Handle,
    name: Vec<u8>,
    /// once bytes have moved
    transaction: Option<(u64, Direction)>,
    size: u64,
}

/// What an answer is waited for.
enum Asked {
    Open(Vec<u8>),
    Read(Handle),
}

struct SmbReader {
    files: Vec<Open>,
    /// calls that pipes carry
    calls: dcerpc::Calls,
    asked: Vec<(u64, Asked)>,
}

impl MessageReader for SmbReader {
    fn length(&self, _direction: Direction, bytes: &[u8]) -> Length {
        match bytes.first_chunk::<HEAD>() {
            None => Length::More,
            Some([0 | 0x81..=0x85, high, mid, low]) => {
                let length = usize::from(*high) << 16 | usize::from(*mid) << 8 | usize::from(*low);
                Length::Known(HEAD + length)
            }
            Some(_) => Length::Broken,
        }
    }
    fn message(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) {
        let inside = bytes.get(HEAD..).unwrap_or(&[]);
        let messages = Message::all(inside);
        // Sealed and compressed messages begin otherwise, and say nothing to us.
        let other = matches!(inside, [0xfc | 0xfd, b'S', b'M', b'B', ..]);
        if messages.is_empty() && bytes.first() == Some(&0) && !inside.is_empty() && !other {
            wrong("smb.malformed_data", direction, transactions);
        }
        for message in messages {
            // A server asks on its own only to give a lock back.
            match (direction, message.answer) {
                (ToServer, true) => wrong("smb.response_to_server", direction, transactions),
                (ToClient, false) if !BREAKS_LOCK.contains(&(message.version, message.command)) => {
                    wrong("smb.request_to_client", direction, transactions);
                }
                _ => {}
            }
            self.take(direction, message, transactions);
        }
    }
    fn end(&mut self, direction: Direction, transactions: &mut Transactions) {
        let ended = |file: &Open| file.transaction.is_some_and(|(_, way)| way == direction);
        for file in self.files.iter().filter(|file| ended(file)) {
            finish(file, transactions);
        }
        self.files.retain(|file| !ended(file));
    }
}

impl SmbReader {
    fn take(&mut self, direction: Direction, message: Message<'_>, transactions: &mut Transactions) {
        let numbers = [u64::from(message.version), u64::from(message.command)];
        match message.said {
            Said::Tree(path) => {
                let pipes = path.to_ascii_uppercase().ends_with(b"IPC$");
                tell(&numbers, &[(if pipes { PIPE } else { SHARE }, &path)], transactions);
            }
            Said::Login(ref domain, ref user) => {
                tell(&numbers, &[(DOMAIN, domain), (USER, user)], transactions);
            }
            Said::Open(name) => self.ask(message.id, Asked::Open(name)),
            Said::Read(handle) => self.ask(message.id, Asked::Read(handle)),
            Said::Opened(handle) => {
                if let Some(Asked::Open(name)) = self.answered(message.id)
                    && self.files.len() < FILES
                {
                    self.files.push(Open { handle, name, transaction: None, size: 0 });
                }
            }
            Said::Write(handle, bytes) => self.bytes(ToServer, &handle, bytes, transactions),
            Said::Got(bytes) => {
                if let Some(Asked::Read(handle)) = self.answered(message.id) {
                    self.bytes(ToClient, &handle, bytes, transactions);
                }
            }
            Said::Call(bytes) => self.calls.pipe(direction, bytes, transactions),
            Said::Close(handle) => {
                if let Some(place) = self.files.iter().position(|file| file.handle == handle) {
                    finish(&self.files.swap_remove(place), transactions);
                }
            }
            Said::BadLogin => wrong("smb.malformed_ntlmssp_request", direction, transactions),
            Said::BadDialects => wrong("smb.negotiate_malformed_dialects", direction, transactions),
            Said::Other if direction == ToServer => tell(&numbers, &[], transactions),
            Said::Other => {}
        }
    }
    fn ask(&mut self, id: u64, what: Asked) {
        if self.asked.len() >= OPEN_REQUESTS {
            self.asked.remove(0);
        }
        self.asked.push((id, what));
    }
    fn answered(&mut self, id: u64) -> Option<Asked> {
        let place = self.asked.iter().position(|(open, _)| *open == id)?;
        Some(self.asked.swap_remove(place).1)
    }
    fn bytes(&mut self, way: Direction, handle: &Handle, bytes: &[u8], transactions: &mut Transactions) {
        let Some(open) = self.files.iter_mut().find(|file| file.handle == *handle) else { return };
        if bytes.is_empty() {
            return;
        }
        if open.transaction.is_none() && dcerpc::Calls::are_in(bytes) {
            self.calls.pipe(way, bytes, transactions);
            return;
        }
        let id = match open.transaction {
            Some((id, way_of)) if way_of == way => id,
            Some(_) => return,
            None if transactions.is_full() => return,
            None => {
                let id = transactions.open(ProtocolId::Smb);
                open.transaction = Some((id, way));
                if let Some(transaction) = transactions.get_mut(id) {
                    transaction.fields.set(file::name(way), &open.name);
                    transaction.progress[way.flip().index()] = Progress::Complete;
                }
                id
            }
        };
        open.size += bytes.len() as u64;
        if let Some(transaction) = transactions.get_mut(id) {
            transaction.fields.grow(file::data(way), bytes, BODY_BYTES);
            transaction.advance(way, Progress::Body);
        }
    }
}

/// Requests that a server sends: version and command.
const BREAKS_LOCK: &[(u8, u16)] = &[(1, 0x24), (2, 18)];

/// A transaction that is nothing but an event.
fn wrong(name: &'static str, direction: Direction, transactions: &mut Transactions) {
    if transactions.is_full() {
        return;
    }
    let id = transactions.open(ProtocolId::Smb);
    if let Some(transaction) = transactions.get_mut(id) {
        transaction.note(name);
        transaction.complete_alone(direction);
    }
}

/// A transaction that is over at once.
fn tell(numbers: &[u64; 2], texts: &[(FieldId, &Vec<u8>)], transactions: &mut Transactions) {
    if transactions.is_full() {
        return;
    }
    let id = transactions.open(ProtocolId::Smb);
    if let Some(transaction) = transactions.get_mut(id) {
        transaction.fields.set_number(VERSION, numbers[0]);
        transaction.fields.set_number(COMMAND, numbers[1]);
        texts.iter().for_each(|(id, text)| transaction.fields.set(*id, text));
        transaction.complete_alone(ToServer);
    }
}

fn finish(open: &Open, transactions: &mut Transactions) {
    let Some((id, way)) = open.transaction else { return };
    if let Some(transaction) = transactions.get_mut(id) {
        file::finish(way, open.size, &mut transaction.fields);
        transaction.advance(way, Progress::Complete);
    }
}

/// The `smb` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let fields = &transaction.fields;
    if let Some(command) = fields.number(COMMAND) {
        record.number("command_code", command.cast_signed());
    }
    for (key, id) in [("share", SHARE), ("named_pipe", PIPE)] {
        if let Some(text) = fields.get(id) {
            record.text(key, text);
        }
    }
    if let Some(user) = fields.get(USER) {
        record.object("ntlmssp", &mut |record| {
            record.text("user", user);
            record.text("domain", fields.get(DOMAIN).unwrap_or(b""));
        });
    }
    if dcerpc::is_in(transaction) {
        record.object("dcerpc", &mut |record| dcerpc::log(transaction, record));
    }
    let name = Direction::BOTH.iter().find_map(|way| fields.get(file::name(*way)));
    if let Some(name) = name {
        record.text("filename", name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::framed::tests::{nth, read};

    fn old(command: u8, flags: u8, mid: u8, words: &[u8], data: &[u8]) -> Vec<u8> {
        let mut packet = vec![0xff, b'S', b'M', b'B', command, 0, 0, 0, 0, flags];
        packet.resize(30, 0);
        packet.extend([mid, 0, (words.len() / 2) as u8]);
        packet.extend_from_slice(words);
        packet.extend((data.len() as u16).to_le_bytes());
        packet.extend_from_slice(data);
        let mut whole = (packet.len() as u32).to_be_bytes().to_vec();
        whole.append(&mut packet);
        whole
    }

    #[test]
    fn it_is_recognised() {
        let check = |bytes: &[u8], expect| assert_eq!(probe(ToServer, bytes), expect);
        check(b"\0\0\0\x55\xffSMBr", Probe::Yes);
        check(b"\0\0\0\x55\xfeSMB", Probe::Yes);
        check(b"\0\0\0", Probe::More);
        check(b"GET / HT", Probe::No);
    }

    #[test]
    fn messages_that_break_the_rules_are_told() {
        let told = |direction, message: &[u8]| {
            let transactions = read(parser, &[(direction, message)]);
            transactions.iter().flat_map(|one| one.anomalies.clone()).collect::<Vec<_>>()
        };
        let good = old(0x72, 0, 1, &[], b"\x02NT LM 0.12\0\x02SMB 2.002\0");
        assert!(told(ToServer, &good).is_empty());
        assert_eq!(told(ToClient, &good), ["smb.request_to_client"]);
        let bad = old(0x72, 0, 1, &[], b"\x02NT LM 0.12\0no dialect");
        assert_eq!(told(ToServer, &bad), ["smb.negotiate_malformed_dialects"]);
        assert_eq!(told(ToServer, &old(0x71, 0x80, 1, &[], b"")), ["smb.response_to_server"]);
        assert_eq!(told(ToServer, b"\0\0\0\x04none"), ["smb.malformed_data"]);
        assert!(told(ToServer, b"\0\0\0\x05\xfdSMB!\x85\0\0\0").is_empty());
        let mut blob = b"NTLMSSP\0\x03\0\0\0".to_vec();
        blob.resize(64, 0);
        (blob[28], blob[32]) = (9, 0xff);
        assert_eq!(told(ToServer, &old(0x73, 0, 1, &[], &blob)), ["smb.malformed_ntlmssp_request"]);
    }

    #[test]
    fn a_written_file_is_a_transaction() {
        let tree = old(0x75, 0, 1, &[0xff, 0, 0, 0, 0, 0, 1, 0], b"\0\\\\HOST\\C$\0A:\0");
        let open = old(0xa2, 0, 2, &[0; 48], b"a.bin\0");
        let mut words = [0; 68];
        words[5] = 7;
        let opened = old(0xa2, 0x80, 2, &words, b"");
        let mut words = [0; 28];
        (words[4], words[20], words[22]) = (7, 5, 32 + 1 + 28 + 2);
        let write = old(0x2f, 0, 3, &words, b"hello");
        let close = old(0x04, 0, 4, &[7, 0, 0, 0, 0, 0], b"");
        let talk = [tree, open].concat();
        let rest = [write, close].concat();
        let transactions = read(parser, &[(ToServer, &talk), (ToClient, &opened), (ToServer, &rest)]);
        assert_eq!(nth(&transactions, 0).fields.get(SHARE), Some(&b"\\\\HOST\\C$"[..]));
        let file = nth(&transactions, 1);
        assert_eq!(file.fields.get(file::NAME_TO_SERVER), Some(&b"a.bin"[..]));
        assert_eq!(file.fields.get(file::DATA_TO_SERVER), Some(&b"hello"[..]));
        assert!(file.is_complete());
    }
}
