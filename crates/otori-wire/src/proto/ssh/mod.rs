//! SSH up to the version exchange; what follows is encrypted.
//!
//! Key type: `SshParser`. RFC 4253 4.2.
use super::{
    FieldRow, Parser, Probe, ProtocolId, Record,
    lines::{Line, Lines},
};
use crate::{
    flow::Direction,
    transaction::{FieldId, Progress, Transaction, Transactions},
};
use Direction::{ToClient, ToServer};

const fn field(direction: Direction, index: u8) -> FieldId {
    FieldId::new(ProtocolId::Ssh, direction as u8 * 64 + index)
}
/// Version of the protocol, by direction.
const PROTOCOL: u8 = 0;
/// Name of the software, by direction.
const SOFTWARE: u8 = 1;

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
    done: [bool; 2],
    transaction: Option<u64>,
}

impl Parser for SshParser {
    fn feed(&mut self, direction: Direction, bytes: &[u8], transactions: &mut Transactions) -> usize {
        let id = *self.transaction.get_or_insert_with(|| transactions.open(ProtocolId::Ssh));
        let side = direction.index();
        let mut rest = bytes;
        while !self.done[side] && !rest.is_empty() {
            let done = &mut self.done[side];
            let taken = self.lines[side].take(rest, |line| {
                if let Some(transaction) = transactions.get_mut(id) {
                    *done = banner(direction, &line, transaction);
                }
            });
            rest = rest.get(taken..).unwrap_or(&[]);
        }
        bytes.len()
    }
    fn gap(&mut self, direction: Direction, _count: u64, transactions: &mut Transactions) {
        self.end(direction, transactions);
    }
    fn end(&mut self, direction: Direction, transactions: &mut Transactions) {
        self.done[direction.index()] = true;
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
    transaction.advance(direction, Progress::Complete);
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
        assert!(transaction.is_complete());
    }
}
