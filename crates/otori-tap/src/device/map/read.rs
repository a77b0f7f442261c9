//! Reads a mapping file in TOML.
//!
//! Key types: [`MapError`], [`Several`]. Values are checked while they are read, so that every error has its line.
use super::{Bound, ENTRIES, Entry, MARKS_PER_ENTRY, NAME_BYTES, Network, bind::Binder};
use crate::device::{identity::Mac, watch::Actions};
use core::{fmt, marker::PhantomData, net::IpAddr, str::FromStr};
use serde::{Deserialize, Deserializer, de};
use std::collections::{BTreeMap, HashMap};
use toml::Spanned;

/// Why a mapping file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct MapError {
    /// the file
    pub file: String,
    /// line, from 1
    pub line: usize,
    /// what is wrong, and what to do about it
    pub problem: String,
}

/// One value or a list of them, each read from its text.
struct Several<T>(Vec<T>);

impl<T> Default for Several<T> {
    fn default() -> Self {
        Several(Vec::new())
    }
}

struct SeveralVisitor<T>(PhantomData<T>);

impl<'de, T: FromStr<Err = String>> de::Visitor<'de> for SeveralVisitor<T> {
    type Value = Several<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number or a list of them")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Several<T>, E> {
        Ok(Several(vec![text.parse().map_err(E::custom)?]))
    }
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Several<T>, E> {
        self.visit_str(&number.to_string())
    }
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Several<T>, E> {
        self.visit_str(&number.to_string())
    }
    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Several<T>, A::Error> {
        let mut all = Vec::new();
        while let Some(Several(mut one)) = list.next_element()? {
            if all.len() >= MARKS_PER_ENTRY {
                return Err(de::Error::custom(format!(
                    "more than {MARKS_PER_ENTRY} values: write further entries"
                )));
            }
            all.append(&mut one);
        }
        Ok(Several(all))
    }
}

impl<'de, T: FromStr<Err = String>> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SeveralVisitor(PhantomData))
    }
}

/// A word of a person: not empty, not endless, without line ends.
pub(super) struct Word(pub(super) String);

impl FromStr for Word {
    type Err = String;
    fn from_str(text: &str) -> Result<Word, String> {
        let text = text.trim();
        if text.is_empty() || text.len() > NAME_BYTES || text.chars().any(char::is_control) {
            return Err(format!(
                "{text:?} is no name: write 1 to {NAME_BYTES} bytes without control characters"
            ));
        }
        Ok(Word(text.to_owned()))
    }
}

/// A tunnel endpoint identifier, decimal or with `0x`.
pub(super) struct Teid(pub(super) u32);

impl FromStr for Teid {
    type Err = String;
    fn from_str(text: &str) -> Result<Teid, String> {
        let hex = text.strip_prefix("0x").map(|digits| u32::from_str_radix(digits, 16));
        let value = hex.unwrap_or_else(|| text.parse());
        value.map(Teid).map_err(|_| format!("{text:?} is no TEID: write a number of 32 bits, as 0x1a2b3c4d"))
    }
}

/// A VLAN identifier.
pub(super) struct Vlan(pub(super) u16);

impl FromStr for Vlan {
    type Err = String;
    fn from_str(text: &str) -> Result<Vlan, String> {
        let value = text.parse().ok().filter(|value| (1..=4094).contains(value));
        value.map(Vlan).ok_or_else(|| format!("{text:?} is no VLAN: write a number from 1 to 4094"))
    }
}

/// The address of a tunnel's end.
pub(super) struct Peer(pub(super) IpAddr);

impl FromStr for Peer {
    type Err = String;
    fn from_str(text: &str) -> Result<Peer, String> {
        text.parse()
            .map(Peer)
            .map_err(|_| format!("{text:?} is no address: write that of the tunnel's other end"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    device: Vec<Spanned<Row>>,
    #[serde(default)]
    group: Vec<Spanned<GroupRow>>,
    /// what is done with findings, by watcher
    #[serde(default)]
    watch: BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupRow {
    name: String,
    profile: Option<String>,
    #[serde(default)]
    watch: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    #[serde(default)]
    name: Several<Word>,
    #[serde(default)]
    sim: Several<Word>,
    #[serde(default)]
    imsi: Several<Word>,
    #[serde(default)]
    model: Several<Word>,
    #[serde(default)]
    group: Several<Word>,
    #[serde(default)]
    mac: Several<Mac>,
    #[serde(default)]
    address: Several<Network>,
    #[serde(default)]
    teid: Several<Teid>,
    #[serde(default)]
    gre_peer: Several<Peer>,
    #[serde(default)]
    vlan: Several<Vlan>,
    profile: Option<String>,
    #[serde(default)]
    watch: BTreeMap<String, String>,
}

/// The one value of a key that has one.
fn only<T>(key: &str, values: Several<T>) -> Result<Option<T>, String> {
    let mut values = values.0.into_iter();
    let first = values.next();
    match values.next() {
        Some(_) => Err(format!("`{key}` has one value only: write an entry for each")),
        None => Ok(first),
    }
}

/// Profiles of groups, and what is done with findings about their devices.
pub(super) type Groups = HashMap<String, (Option<Bound>, Actions)>;

fn actions(table: &BTreeMap<String, String>) -> Result<Actions, String> {
    let mut actions = Actions::default();
    table.iter().try_for_each(|(watch, action)| actions.set(watch, action))?;
    Ok(actions)
}

pub(super) fn entry(
    row: Row,
    line: usize,
    groups: &Groups,
    binder: &mut Binder<'_>,
) -> Result<Entry, String> {
    let mut profile = row.profile.map(|text| binder.bind(&text)).transpose()?;
    let mut watch = actions(&row.watch)?;
    for (bound, of_group) in row.group.0.iter().filter_map(|Word(name)| groups.get(name)) {
        profile = profile.or_else(|| bound.clone());
        watch.fill(of_group);
    }
    let word = |key, values| Ok::<_, String>(only(key, values)?.map(|Word(text)| text));
    Ok(Entry {
        name: word("name", row.name)?.map(Into::into),
        sim: word("sim", row.sim)?,
        imsi: word("imsi", row.imsi)?,
        model: word("model", row.model)?,
        groups: row.group.0.into_iter().map(|Word(text)| text).collect(),
        macs: row.mac.0,
        addresses: row.address.0,
        teids: row.teid.0.into_iter().map(|Teid(value)| value).collect(),
        gre_peers: row.gre_peer.0.into_iter().map(|Peer(ip)| ip).collect(),
        vlan: only("vlan", row.vlan)?.map(|Vlan(id)| id),
        profile,
        watch,
        line,
    })
}

/// What entries must be together: each tells a device by something, and no two have one name.
pub(super) struct Checked {
    pub(super) entries: Vec<Entry>,
    names: HashMap<std::sync::Arc<str>, usize>,
}

impl Checked {
    pub(super) fn new() -> Checked {
        Checked { entries: Vec::new(), names: HashMap::new() }
    }
    pub(super) fn add(&mut self, entry: Entry) -> Result<(), String> {
        entry.check()?;
        if self.entries.len() >= ENTRIES {
            return Err(format!("more than {ENTRIES} devices: describe several by one entry with a network"));
        }
        if let Some(name) = &entry.name
            && let Some(line) = self.names.insert(name.clone(), entry.line)
        {
            return Err(format!("the device {name:?} is in line {line} already: join the two entries"));
        }
        self.entries.push(entry);
        Ok(())
    }
}

/// The line of a byte.
fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|byte| *byte == b'\n').count() + 1
}

/// Reads all entries, and what is done with findings. `get` gives the text of a profile.
pub(super) fn read(
    file: &str,
    text: &str,
    get: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<(Vec<Entry>, Actions, Groups), MapError> {
    let error = |line, problem| MapError { file: file.to_owned(), line, problem };
    let rows: File = toml::from_str(text).map_err(|wrong| {
        let line = line_of(text, wrong.span().map_or(0, |span| span.start));
        error(line, wrong.message().replace('\n', " "))
    })?;
    let mut all = Actions::default();
    for (watch, action) in &rows.watch {
        let set = all.set(watch, action.get_ref());
        set.map_err(|problem| error(line_of(text, action.span().start), problem))?;
    }
    let mut binder = Binder::new(get);
    let mut groups = Groups::new();
    for row in rows.group {
        let start = row.span().start;
        let GroupRow { name, profile, watch } = row.into_inner();
        let bound = profile.map(|text| binder.bind(&text)).transpose();
        let both = bound.and_then(|bound| Ok((bound, actions(&watch)?)));
        groups.insert(name, both.map_err(|problem| error(line_of(text, start), problem))?);
    }
    let mut checked = Checked::new();
    let mut line = (1, 0);
    for row in rows.device {
        let start = row.span().start;
        // Counting from the last entry on keeps a long file quick.
        let between = text.as_bytes().get(line.1..start).unwrap_or(&[]);
        line = (line.0 + between.iter().filter(|byte| **byte == b'\n').count(), start.max(line.1));
        let made = entry(row.into_inner(), line.0, &groups, &mut binder).and_then(|entry| checked.add(entry));
        made.map_err(|problem| error(line.0, problem))?;
    }
    Ok((checked.entries, all, groups))
}
