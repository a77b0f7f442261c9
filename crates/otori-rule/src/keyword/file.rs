//! Keywords on files in transfer: name, extension, kind, lists of hashes. `file.data` and the like are buffers.
use super::{Builder, content::read};
use crate::{
    dataset::{Dataset, Kind, hex},
    step::{Content, Hash, Step},
};

/// A quoted word with the modifiers that these keywords imply.
fn word(
    builder: &mut Builder<'_>,
    buffer: &str,
    value: &str,
    change: fn(&mut Content),
) -> Result<(), String> {
    let mut content = read(value)?;
    content.nocase = true;
    change(&mut content);
    content.pattern.make_ascii_lowercase();
    builder.push_named(buffer, Step::Content(content))
}

pub(super) fn name(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    word(builder, "file.name", value, |_| {})
}

pub(super) fn extension(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    word(builder, "file.name", value, |content| {
        content.pattern.insert(0, b'.');
        content.at_end = true;
    })
}

pub(super) fn magic(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    word(builder, "file.magic", value, |_| {})
}

/// `!list` or `list`: a file with one hash a line.
fn hashes(builder: &mut Builder<'_>, value: &str, hash: Hash, bytes: usize) -> Result<(), String> {
    let (negated, name) = match value.strip_prefix('!') {
        Some(name) => (true, name.trim()),
        None => (false, value.trim()),
    };
    let text = builder.tables.file(name)?;
    let list = builder.tables.datasets.get(&format!("{hash:?} {name}"), || {
        let mut list = Dataset::new(Kind::String);
        for line in String::from_utf8_lossy(&text).lines() {
            let digest = line.split_whitespace().next().and_then(hex).filter(|digest| digest.len() == bytes);
            if let Some(digest) = digest {
                list.set(&digest);
            }
        }
        Ok(list)
    })?;
    builder.push_named("file.data", Step::Hashed(list, hash, negated))
}

pub(super) fn md5(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    hashes(builder, value, Hash::Md5, 16)
}
pub(super) fn sha1(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    hashes(builder, value, Hash::Sha1, 20)
}
pub(super) fn sha256(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    hashes(builder, value, Hash::Sha256, 32)
}
