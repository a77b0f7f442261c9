//! Files that a transaction carried: `fileinfo` events, and the list `files` of an alert.
//!
//! Key type: [`Eve`]. Suricata's manual, "Eve JSON Format", "Event type: Fileinfo".
use super::{Alert, Eve, Place, record::JsonRecord, write_head, write_protocol};
use crate::engine::Detail;
use otori_wire::{
    Direction, Transaction,
    digest::{Md5, Sha1, hex},
    proto::{Record, file},
    transaction::Field,
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// What is known of one file.
struct Facts<'a> {
    name: Option<&'a Field>,
    data: &'a Field,
    magic: Option<&'a Field>,
    size: u64,
}

/// The files of one direction, in order. Those without a name are bodies that are no files.
fn files(transaction: &Transaction, way: Direction) -> Vec<Facts<'_>> {
    let fields = &transaction.fields;
    let (magic, size) = match way {
        Direction::ToClient => (file::MAGIC_TO_CLIENT, file::SIZE_TO_CLIENT),
        Direction::ToServer => (file::MAGIC_TO_SERVER, file::SIZE_TO_SERVER),
    };
    let facts = fields.all(file::data(way)).enumerate().map(|(place, data)| {
        let size = fields.all(size).nth(place).and_then(|field| field.bytes.as_slice().try_into().ok());
        Facts {
            name: fields.all(file::name(way)).nth(place),
            data,
            magic: fields.all(magic).nth(place),
            size: size.map_or(data.bytes.len() as u64, u64::from_be_bytes),
        }
    });
    facts.filter(|file| file.name.is_some()).collect()
}

fn describe(object: &mut dyn Record, file: &Facts<'_>, transaction: &Transaction, detail: Detail) {
    let whole = file.data.complete && file.size == file.data.bytes.len() as u64;
    if let Some(name) = file.name {
        object.text("filename", String::from_utf8_lossy(&name.bytes).as_bytes());
    }
    if let Some(magic) = file.magic.filter(|_| detail.magic) {
        object.text("magic", String::from_utf8_lossy(&magic.bytes).as_bytes());
    }
    object.flag("gaps", false);
    object.text("state", if whole { b"CLOSED" } else { b"TRUNCATED" });
    if whole && detail.md5 {
        object.text("md5", hex(&Md5::of(&file.data.bytes)).as_bytes());
    }
    if whole && detail.sha1 {
        object.text("sha1", hex(&Sha1::of(&file.data.bytes)).as_bytes());
    }
    if whole && detail.sha256 {
        object.text("sha256", hex(&Sha256::digest(&file.data.bytes)).as_bytes());
    }
    object.flag("stored", false);
    object.number("size", file.size.cast_signed());
    object.number("tx_id", transaction.id.cast_signed());
}

fn object(file: &Facts<'_>, transaction: &Transaction, detail: Detail) -> Value {
    let mut object = JsonRecord::default();
    describe(&mut object, file, transaction, detail);
    object.into_value()
}

impl Eve {
    /// One event for every file of a transaction that went that way.
    pub(crate) fn files(
        &mut self,
        place: &Place<'_, '_>,
        transaction: &Transaction,
        way: Direction,
        detail: Detail,
    ) {
        if !self.is_enabled() {
            return;
        }
        for file in files(transaction, way) {
            self.line(|line, style| {
                write_head(line, place, "fileinfo", style);
                write_protocol(line, transaction);
                line.object("fileinfo", &mut |object| describe(object, &file, transaction, detail));
            });
        }
    }
}

/// Adds the files that an alert is about.
pub(super) fn add_files(line: &mut Map<String, Value>, transaction: &Transaction, alert: &Alert<'_>) {
    let mut list: Vec<Value> =
        files(transaction, alert.way).iter().map(|file| object(file, transaction, alert.detail)).collect();
    if alert.hit.rule.stores_files {
        let objects = list.iter_mut().filter_map(Value::as_object_mut);
        objects.for_each(|object| _ = object.insert("storing".into(), true.into()));
    }
    if !list.is_empty() {
        line.insert("files".into(), list.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use otori_wire::{proto::ProtocolId, transaction::Transactions};

    #[test]
    fn a_named_body_is_a_file_and_says_when_it_is_cut() {
        let mut transactions = Transactions::default();
        let id = transactions.open(ProtocolId::Http);
        let transaction = transactions.get_mut(id).expect("it was opened");
        transaction.fields.set(file::NAME_TO_CLIENT, *b"a.txt");
        transaction.fields.grow(file::DATA_TO_CLIENT, b"abc", 100);
        file::finish(Direction::ToClient, 3, &mut transaction.fields);
        transaction.fields.grow(file::DATA_TO_SERVER, b"unnamed", 100);
        assert!(files(transaction, Direction::ToServer).is_empty());
        let found = files(transaction, Direction::ToClient);
        let said = object(&found[0], transaction, Detail { md5: true, ..Detail::default() });
        assert_eq!((&said["filename"], &said["state"]), (&"a.txt".into(), &"CLOSED".into()));
        assert_eq!(said["md5"], "900150983cd24fb0d6963f7d28e17f72");
        let cut = Facts { size: 9, ..files(transaction, Direction::ToClient).remove(0) };
        assert_eq!(object(&cut, transaction, Detail::default())["state"], "TRUNCATED");
    }
}
