//! Lists of hosts and URLs: millions of entries, asked for every name that is seen.
//!
//! Key types: [`Lists`], [`ListSpec`] (what one list is for), [`Listed`] (an entry that a subject is on). Neighbours:
//! `feed` reads lines, `subject` gives hosts and URLs one form, `table` keeps them. A subject is looked up as the
//! URL, without its query, as each folder above it, then as its host and as each name above that: what is most special
//! counts. An entry of a list with the action `pass` takes a subject from all other lists.

mod feed;
mod subject;
mod table;
mod veto;

pub use feed::{Entry, EntryKind, FeedError, read_line};
pub use veto::Veto;

use crate::rule::Action;
use core::net::IpAddr;
use feed::url_text;
use subject::{HostKind, host};
use table::{Keys, Print, Printer, Table};

/// Lists of one engine.
pub const LISTS_MAX: usize = 64;
/// Entries of one list.
pub const LIST_ENTRIES_MAX: usize = 20_000_000;
/// Changes to a list until it has to be loaded anew.
pub const LIST_CHANGES_MAX: usize = 65_536;
/// Refused lines that a report names; the others are counted.
pub const REFUSED_TOLD: usize = 20;
/// Folders above a URL that are looked up.
const FOLDERS_MAX: usize = 8;

/// What one list is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListSpec {
    /// its name: a list of the same name takes its place
    pub name: String,
    /// what its entries are: `malware`, `gambling`
    pub category: String,
    /// what happens to who asks for one of them
    pub action: Action,
    /// a question of DNS that is rejected is answered with addresses of the guard's own
    pub sinkhole: bool,
}

/// What became of a list's lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ListReport {
    /// entries taken, each counted once
    pub entries: usize,
    /// lines refused
    pub refused: usize,
    /// the first of them: number from 1, and why
    pub told: Vec<(u32, FeedError)>,
    /// further entries than [`LIST_ENTRIES_MAX`], left out
    pub beyond: usize,
    /// entries of a list that blocks that must never be blocked, left out
    pub vetoed: usize,
    /// the first of them: line from 1, the entry, and why
    pub vetoes: Vec<(u32, String, String)>,
}

impl ListReport {
    fn veto(&mut self, line: u32, entry: &Entry, why: String) {
        self.vetoed += 1;
        if self.vetoes.len() < REFUSED_TOLD {
            self.vetoes.push((line, String::from_utf8_lossy(&entry.text).into_owned(), why));
        }
    }
}

/// Why lists cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// the line says nothing that can be listed
    #[error("{0:?}: {1}")]
    Line(String, FeedError),
    /// the line names what must never be blocked
    #[error("{0:?} must never be blocked: {1}")]
    Vetoed(String, String),
    /// no such list
    #[error("there is no list {0:?}")]
    NoList(String),
    /// more lists than [`LISTS_MAX`]
    #[error("there are {LISTS_MAX} lists already; put several into one")]
    TooManyLists,
    /// more changes than [`LIST_CHANGES_MAX`]
    #[error("{LIST_CHANGES_MAX} entries were changed since list {0:?} was loaded; load it anew")]
    TooManyChanges(String),
}

/// One list.
#[derive(Debug)]
pub struct List {
    spec: ListSpec,
    table: Table,
    /// entries added since the table was made, sorted
    added: Vec<(Print, u32)>,
    /// entries taken away since, sorted
    removed: Vec<Print>,
}

impl List {
    /// What it is for.
    pub const fn spec(&self) -> &ListSpec {
        &self.spec
    }
    /// Its entries.
    pub fn len(&self) -> usize {
        self.table.len() + self.added.len() - self.removed.len()
    }
    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Bytes on the heap for its entries, exactly.
    pub fn memory_bytes(&self) -> usize {
        self.table.memory_bytes()
            + self.added.capacity() * size_of::<(Print, u32)>()
            + self.removed.capacity() * size_of::<Print>()
    }

    fn row(&self, print: Print) -> Option<u32> {
        if let Ok(at) = self.added.binary_search_by_key(&print, |(added, _)| *added) {
            return self.added.get(at).map(|(_, row)| *row);
        }
        let row = self.table.row(print)?;
        self.removed.binary_search(&print).is_err().then_some(row)
    }

    fn add(&mut self, print: Print) {
        if let Ok(at) = self.removed.binary_search(&print) {
            self.removed.remove(at);
        }
        if self.row(print).is_none()
            && let Err(at) = self.added.binary_search_by_key(&print, |(added, _)| *added)
        {
            self.added.insert(at, (print, 0));
        }
    }

    fn remove(&mut self, print: Print) {
        if let Ok(at) = self.added.binary_search_by_key(&print, |(added, _)| *added) {
            self.added.remove(at);
        }
        if self.table.row(print).is_some()
            && let Err(at) = self.removed.binary_search(&print)
        {
            self.removed.insert(at, print);
        }
    }

    fn changes(&self) -> usize {
        self.added.len() + self.removed.len()
    }
}

/// What is looked up.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// a name or an address: of a question, a certificate, a TLS hello
    Host(&'a [u8]),
    /// an end of a flow
    Address(IpAddr),
    /// a request
    Url {
        /// host, perhaps with a port
        authority: &'a [u8],
        /// path and query
        target: &'a [u8],
        /// the port that goes without saying
        usual_port: u16,
    },
}

/// An entry that a subject is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<'a> {
    /// the list
    pub spec: &'a ListSpec,
    /// its place among the lists
    pub place: usize,
    /// line of the list from 1, or 0 of what was added since
    pub row: u32,
    /// what the entry stands for
    pub kind: EntryKind,
    /// the entry
    pub entry: String,
    /// why the host that was asked for must not be blocked, though it is on a list that blocks: it is only told
    pub vetoed: Option<String>,
}

/// One way to find a subject.
#[derive(Clone, Debug)]
struct Probe {
    print: Print,
    kind: EntryKind,
    /// where its text stands in the room
    text: core::ops::Range<usize>,
}

/// Memory that is used again for every subject.
#[derive(Clone, Debug, Default)]
pub struct Room {
    /// the URL, then the host
    text: Vec<u8>,
    host: Vec<u8>,
    probes: Vec<Probe>,
}

/// All lists, in the order in which they were first loaded.
#[derive(Debug, Default)]
pub struct Lists {
    keys: Keys,
    lists: Vec<List>,
    veto: Veto,
    /// changes so far
    version: u32,
}

impl ListSpec {
    /// A list without a sinkhole.
    pub fn new(name: &str, category: &str, action: Action) -> ListSpec {
        ListSpec { name: name.into(), category: category.into(), action, sinkhole: false }
    }
    /// Who asks for what is on it does not get it.
    const fn blocks(&self) -> bool {
        matches!(self.action, Action::Drop | Action::Reject)
    }
}

impl Lists {
    /// From now on no list may block these hosts; lists that are loaded already keep their entries, which only tell then.
    pub fn set_veto(&mut self, veto: Veto) {
        self.veto = veto;
    }

    /// Loads a list, or loads it anew: until that is done the old one is there.
    ///
    /// # Errors
    /// There are too many lists.
    pub fn load(&mut self, spec: ListSpec, text: &[u8]) -> Result<ListReport, ListError> {
        let place = self.lists.iter().position(|list| list.spec.name == spec.name);
        if place.is_none() && self.lists.len() >= LISTS_MAX {
            return Err(ListError::TooManyLists);
        }
        let mut report = ListReport::default();
        let mut entries = Vec::new();
        for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
            let mut take = |entry: Entry| {
                if let Some(why) = spec.blocks().then(|| self.veto.entry(&entry)).flatten() {
                    report.veto(number, &entry, why);
                } else if entries.len() < LIST_ENTRIES_MAX {
                    entries.push((self.print(&entry), number));
                } else {
                    report.beyond += 1;
                }
            };
            if let Err(why) = read_line(line, &mut take) {
                report.refused += 1;
                if report.told.len() < REFUSED_TOLD {
                    report.told.push((number, why));
                }
            }
        }
        let table = Table::new(entries);
        report.entries = table.len();
        let list = List { spec, table, added: Vec::new(), removed: Vec::new() };
        match place.and_then(|place| self.lists.get_mut(place)) {
            Some(old) => *old = list,
            None => self.lists.push(list),
        }
        self.note_change();
        Ok(report)
    }

    /// Forgets a list.
    pub fn unload(&mut self, name: &str) -> bool {
        let before = self.lists.len();
        self.lists.retain(|list| list.spec.name != name);
        self.lists.len() < before
    }

    /// Adds what a line says to a list, from the next subject on.
    ///
    /// # Errors
    /// There is no such list, it was changed too often, or the line cannot be listed; then nothing has changed.
    pub fn add(&mut self, name: &str, line: &str) -> Result<(), ListError> {
        self.change(name, line, List::add)
    }

    /// Takes what a line says from a list.
    ///
    /// # Errors
    /// As [`Lists::add`].
    pub fn remove(&mut self, name: &str, line: &str) -> Result<(), ListError> {
        self.change(name, line, List::remove)
    }

    fn change(&mut self, name: &str, line: &str, how: fn(&mut List, Print)) -> Result<(), ListError> {
        let mut entries = Vec::new();
        read_line(line.as_bytes(), &mut |entry| entries.push(entry))
            .map_err(|why| ListError::Line(line.to_owned(), why))?;
        let prints: Vec<Print> = entries.iter().map(|entry| self.print(entry)).collect();
        let list = self.lists.iter_mut().find(|list| list.spec.name == name);
        let list = list.ok_or_else(|| ListError::NoList(name.to_owned()))?;
        if let Some(why) =
            entries.iter().filter(|_| list.spec.blocks()).find_map(|entry| self.veto.entry(entry))
        {
            return Err(ListError::Vetoed(line.to_owned(), why));
        }
        if list.changes() + prints.len() > LIST_CHANGES_MAX {
            return Err(ListError::TooManyChanges(name.to_owned()));
        }
        prints.into_iter().for_each(|print| how(list, print));
        self.note_change();
        Ok(())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &List> {
        self.lists.iter()
    }

    fn note_change(&mut self) {
        self.version = self.version.wrapping_add(1).max(1);
    }

    /// Another number after each entry that came: who asked about a subject may ask again. 0 while none has come.
    pub(crate) const fn version(&self) -> u32 {
        self.version
    }

    /// There is none.
    pub const fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// Tells each list that has the subject, and its entry; none if one of them lets it pass.
    pub fn look_up<'a>(&'a self, subject: Subject<'_>, room: &mut Room, tell: &mut dyn FnMut(Listed<'a>)) {
        if self.lists.is_empty() || !self.probe(subject, room) {
            return;
        }
        let find = |list: &List| {
            let mut probes = room.probes.iter();
            probes.find_map(|probe| Some((list.row(probe.print)?, probe)))
        };
        let passes = |list: &&List| list.spec.action == Action::Pass;
        if self.lists.iter().filter(passes).any(|list| find(list).is_some()) {
            return;
        }
        for (place, list) in self.lists.iter().enumerate().filter(|(_, list)| !passes(list)) {
            if let Some((row, Probe { kind, text, .. })) = find(list) {
                let text = match kind {
                    EntryKind::Url => &room.text,
                    EntryKind::Host | EntryKind::Domain => &room.host,
                }
                .get(text.clone());
                let entry = String::from_utf8_lossy(text.unwrap_or_default()).into_owned();
                let vetoed = list.spec.blocks().then(|| self.veto.host(&room.host)).flatten();
                tell(Listed { spec: &list.spec, place, row, kind: *kind, entry, vetoed });
            }
        }
    }

    /// Writes down all ways to find a subject, the most special first; whether it is one.
    fn probe(&self, subject: Subject<'_>, room: &mut Room) -> bool {
        room.probes.clear();
        let name = match subject {
            Subject::Host(name) => name,
            Subject::Address(address) => {
                subject::address(address, &mut room.host);
                self.probe_host(room);
                return true;
            }
            Subject::Url { authority, target, usual_port } => {
                room.text.clear();
                let Some((path, query)) = url_text(authority, target, usual_port, &mut room.text) else {
                    return false;
                };
                self.probe_url(path, query, room);
                subject::split_port(authority).0
            }
        };
        let Some(kind) = host(name, &mut room.host) else { return !room.probes.is_empty() };
        self.probe_host(room);
        if kind == HostKind::Name {
            self.probe_domains(room);
        }
        true
    }

    /// The name or address itself.
    fn probe_host(&self, room: &mut Room) {
        let mut printer = self.keys.printer(EntryKind::Host as u8);
        printer.write(&room.host);
        let whole = 0..room.host.len();
        room.probes.push(Probe { print: printer.print(), kind: EntryKind::Host, text: whole });
    }

    /// The URL, without its query, and the folders above it.
    fn probe_url(&self, path: usize, query: usize, room: &mut Room) {
        let Room { text, probes, .. } = room;
        let mut printer = self.keys.printer(EntryKind::Url as u8);
        let mut done = 0;
        let mut push = |printer: &Printer, end: usize| {
            probes.push(Probe { print: printer.print(), kind: EntryKind::Url, text: 0..end });
        };
        let slashes = (path..query).filter(|at| text.get(*at) == Some(&b'/')).take(FOLDERS_MAX);
        for end in slashes.map(|at| at + 1).chain([query, text.len()]) {
            if end > done || done == 0 {
                printer.write(text.get(done..end).unwrap_or_default());
                push(&printer, end);
                done = end;
            }
        }
        probes.reverse();
    }

    /// The name and those above it, but for the top-level domain.
    fn probe_domains(&self, room: &mut Room) {
        let Room { host, probes, .. } = room;
        let first = probes.len();
        let mut printer = self.keys.printer(EntryKind::Domain as u8);
        let mut end = host.len();
        while let Some(dot) = host.get(..end).and_then(|rest| rest.iter().rposition(|byte| *byte == b'.')) {
            printer.write(host.get(dot..end).unwrap_or_default());
            if end < host.len() {
                let text = dot + 1..host.len();
                probes.push(Probe { print: printer.print(), kind: EntryKind::Domain, text });
            }
            end = dot;
        }
        if end < host.len() {
            printer.write(b".");
            printer.write(host.get(..end).unwrap_or_default());
            probes.push(Probe { print: printer.print(), kind: EntryKind::Domain, text: 0..host.len() });
        }
        if let Some(domains) = probes.get_mut(first..) {
            domains.reverse();
        }
    }

    fn print(&self, entry: &Entry) -> Print {
        let mut printer = self.keys.printer(entry.kind as u8);
        match entry.kind {
            EntryKind::Host | EntryKind::Url => printer.write(&entry.text),
            EntryKind::Domain => entry.text.rsplit(|byte| *byte == b'.').for_each(|label| {
                printer.write(b".");
                printer.write(label);
            }),
        }
        printer.print()
    }
}

#[cfg(test)]
mod tests;
