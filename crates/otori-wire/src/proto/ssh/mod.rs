//! SSH up to the exchange of keys; what follows is encrypted.
//!
//! Key type: `SshParser`. Neighbour: `record` (packets in clear text, HASSH). RFC 4253 4.2 and 6.
mod record;

use super::{
    FieldRow, Parser, Probe, ProtocolId, Record,
    lines::{Line, Lines},
};
use crate::{
    flow::Direction,
    transaction::{FieldId, Progress, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};
use record::Records;

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Ssh, direction as u8 * 64 + index)
}
/// Version of the protocol, by direction.
const PROTOCOL: u8 = 0;
/// Name of the software, by direction.
const SOFTWARE: u8 = 1;
const HASSH: u8 = 2;
const HASSH_STRING: u8 = 3;
const FRAME: u8 = 4;
const FRAME_HEAD: u8 = 5;
const FRAME_DATA: u8 = 6;

const fn row(
    index: u8,
    direction: Direction,
    keyword: &'static str,
    aliases: &'static [&'static str],
) -> FieldRow {
    FieldRow { id: field(direction, index), keyword, aliases, modifier: None, direction }
}

/// All rows.
pub static FIELDS: &[FieldRow] = &[
    row(PROTOCOL, ToServer, "ssh.proto", &["ssh_proto", "ssh.protoversion"]),
    row(PROTOCOL, ToClient, "ssh.proto", &["ssh_proto", "ssh.protoversion"]),
    row(SOFTWARE, ToServer, "ssh.software", &["ssh_software", "ssh.softwareversion"]),
    row(SOFTWARE, ToClient, "ssh.software", &["ssh_software", "ssh.softwareversion"]),
    row(HASSH, ToServer, "ssh.hassh", &[]),
    row(HASSH_STRING, ToServer, "ssh.hassh.string", &[]),
    row(HASSH, ToClient, "ssh.hassh.server", &[]),
    row(HASSH_STRING, ToClient, "ssh.hassh.server.string", &[]),
    row(FRAME, ToServer, "frame:ssh.record.pdu", &[]),
    row(FRAME, ToClient, "frame:ssh.record.pdu", &[]),
    row(FRAME_HEAD, ToServer, "frame:ssh.record.hdr", &[]),
    row(FRAME_HEAD, ToClient, "frame:ssh.record.hdr", &[]),
    row(FRAME_DATA, ToServer, "frame:ssh.record.data", &[]),
    row(FRAME_DATA, ToClient, "frame:ssh.record.data", &[]),
];

pub(super) fn probe(_direction: Direction, bytes: &[u8]) -> Probe {
    Probe::prefix(bytes, b"SSH-")
}

pub(super) fn parser() -> Box<dyn Parser> {
    Box::new(SshParser::default())
}

#[derive(Default)]
struct SshParser {
    lines: [Lines; 2],
    steps: [Step; 2],
    records: [Records; 2],
    transaction: Option<u64>,
}

/// How far one side is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Step {
    #[default]
    Banner,
    /// packets in clear text
    Records,
    /// nothing more can be read
    Over,
}

impl Parser for SshParser {
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        let id = *self.transaction.get_or_insert_with(|| transactions.open(ProtocolId::Ssh));
        let Some(transaction) = transactions.get_mut(id) else { return bytes.len() };
        let side = direction.index();
        let mut rest = bytes;
        while self.steps[side] == Step::Banner && !rest.is_empty() {
            let step = &mut self.steps[side];
            let taken = self.lines[side].take(rest, |line| {
                if banner(direction, &line, transaction) {
                    *step = Step::Records;
                }
            });
            rest = rest.get(taken..).unwrap_or(&[]);
        }
        if self.steps[side] == Step::Records && self.records[side].take(direction, rest, transaction) {
            self.finish(direction, transactions);
        }
        bytes.len()
    }
    fn gap(&mut self, direction: Direction, _count: u64, transactions: &mut Transactions) {
        self.finish(direction, transactions);
    }
    fn end(&mut self, direction: Direction, transactions: &mut Transactions) {
        self.finish(direction, transactions);
    }
}

impl SshParser {
    fn finish(&mut self, direction: Direction, transactions: &mut Transactions) {
        self.steps[direction.index()] = Step::Over;
        if let Some(transaction) = self.transaction.and_then(|id| transactions.get_mut(id)) {
            transaction.advance(direction, Progress::Complete);
        }
    }
}

/// A line before the encryption; true when it was the banner. A server may say other things before it.
fn banner(direction: Direction, line: &Line<'_>, transaction: &mut Transaction) -> bool {
    let Some(rest) = line.text.strip_prefix(b"SSH-") else {
        if direction == ToServer {
            transaction.note("ssh.invalid_banner");
        }
        return false;
    };
    if line.cut {
        transaction.note("ssh.long_banner");
    }
    let at = rest.iter().position(|b| *b == b'-').unwrap_or(rest.len());
    let (version, software) = rest.split_at(at);
    transaction.fields.set(field(direction, PROTOCOL), version);
    // A comment may stand behind a blank.
    let software = software.get(1..).unwrap_or(&[]).split(|b| *b == b' ').next().unwrap_or(&[]);
    transaction.fields.set(field(direction, SOFTWARE), software);
    transaction.advance(direction, Progress::Headers);
    true
}

/// The `ssh` object of EVE.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    for (key, direction) in [("client", ToServer), ("server", ToClient)] {
        let text = |index| transaction.fields.get(field(direction, index));
        if let (Some(version), Some(software)) = (text(PROTOCOL), text(SOFTWARE)) {
            record.object(key, &mut |record| {
                record.text("proto_version", version);
                record.text("software_version", software);
                if let (Some(hash), Some(string)) = (text(HASSH), text(HASSH_STRING)) {
                    record.object("hassh", &mut |record| {
                        record.text("hash", hash);
                        record.text("string", string);
                    });
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_banners_are_read() {
        let mut parser = SshParser::default();
        let mut transactions = Transactions::default();
        parser.feed(ToClient, b"hello\r\nSSH-2.0-Open", &mut transactions);
        parser.feed(ToClient, b"SSH_9 x\r\n\x00\x01", &mut transactions);
        parser.feed(ToServer, b"SSH-1.99-bot\n", &mut transactions);
        let transaction = transactions.iter().next().unwrap();
        assert_eq!(transaction.fields.get(field(ToClient, SOFTWARE)), Some(&b"OpenSSH_9"[..]));
        assert_eq!(transaction.fields.get(field(ToServer, PROTOCOL)), Some(&b"1.99"[..]));
        assert_eq!(transaction.progress, [Progress::Headers; 2]);
    }

    #[test]
    fn keys_are_exchanged_in_the_open_and_then_no_more_is_read() {
        let mut lists = vec![20; 17];
        for list in ["kex", "host", "aes", "aes-back", "mac", "mac-back", "none", "zlib", "", ""] {
            lists.extend_from_slice(&(list.len() as u32).to_be_bytes());
            lists.extend_from_slice(list.as_bytes());
        }
        lists.extend_from_slice(&[0; 5]);
        let packet = |payload: &[u8]| {
            let length = (payload.len() + 1 + 4) as u32;
            [&length.to_be_bytes()[..], &[4], payload, &[0; 4]].concat()
        };
        let talk = [b"SSH-2.0-bot\r\n".to_vec(), packet(&lists), packet(&[21]), vec![0xff; 40]].concat();
        for size in [1, 7, 999] {
            let (mut parser, mut transactions) = (SshParser::default(), Transactions::default());
            talk.chunks(size).for_each(|piece| _ = parser.feed(ToServer, piece, &mut transactions));
            let transaction = transactions.iter().next().unwrap();
            let text = transaction.fields.get(field(ToServer, HASSH_STRING));
            assert_eq!(text, Some(&b"kex;aes;mac;none"[..]), "by {size}");
            assert_eq!(transaction.fields.all(field(ToServer, FRAME)).count(), 2);
            assert_eq!(transaction.progress[0], Progress::Complete);
        }
    }
}
