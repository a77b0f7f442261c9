//! What devices may do: ordered entries of who, what, when, and what is done; the first that fits decides.
//!
//! Key types: [`Policies`] (a file of them), [`Entry`], [`Seen`] (what is known of a flow), [`Answer`]. Neighbours: `read`
//! (the file), `name` (patterns of hosts and URLs), `when`, `rate`, `book` (policies that change while packets flow).
mod book;
mod name;
mod rate;
mod read;
mod when;

#[cfg(test)]
mod tests;

pub use book::PolicyBook;
pub use rate::{Buckets, Rate};
pub use read::PolicyError;

use crate::device::Label;
use core::net::IpAddr;
use name::Pattern;
use otori_event::Timestamp;
use otori_rule::{
    address::AddressSet,
    application::{Application, Category, Evidence},
};
use when::When;

/// Entries of one file.
pub const ENTRIES: usize = 4096;
/// Conditions of one kind of one entry.
pub const CONDITIONS: usize = 1024;

/// What an entry does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deed {
    /// nothing; no later entry is asked
    Allow,
    /// an alert is written
    Alert,
    /// what is above the rate is dropped
    Throttle(Rate),
    /// the flow is dropped
    Block,
    /// the flow is dropped and both ends are told; a question of DNS is refused
    Reject,
    /// a question of DNS is answered with addresses of our own; else as `Reject`
    Sinkhole,
}

impl Deed {
    /// Its name in the file and in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Deed::Allow => "allow",
            Deed::Alert => "alert",
            Deed::Throttle(_) => "throttle",
            Deed::Block => "block",
            Deed::Reject => "reject",
            Deed::Sinkhole => "sinkhole",
        }
    }
}

/// Whose flow.
#[derive(Clone, Debug)]
enum Who {
    Any,
    Device(String),
    Group(String),
    Sim(String),
    Imsi(String),
    Network(AddressSet),
}

impl Who {
    fn fits(&self, seen: &Seen<'_>) -> bool {
        let is = |name: Option<&str>, want: &str| name == Some(want);
        match self {
            Who::Any => true,
            Who::Device(want) => seen.label.is_some_and(|label| label.id == *want),
            Who::Group(want) => seen.label.is_some_and(|label| label.groups().contains(want)),
            Who::Sim(want) => is(seen.label.and_then(Label::sim), want),
            Who::Imsi(want) => is(seen.label.and_then(Label::imsi), want),
            Who::Network(set) => set.has(seen.device),
        }
    }
}

/// What the flow is.
#[derive(Clone, Debug)]
enum What {
    Any,
    Application(String),
    Category(Category),
    Protocol(&'static str),
    /// a host or URL that it asks for
    Name(Pattern),
    /// it asks for something on a list of that category
    List(String),
    /// Encrypted Client Hello whose outer name is one that hides others
    HiddenName,
    /// Encrypted Client Hello, or what looks like it (GREASE)
    EncryptedHello,
    /// nobody knows what it is
    Unknown,
    /// to or from there
    Peer(AddressSet),
    /// the device has sent so many bytes in this flow
    Sent(u64),
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Yes,
    No,
    /// that is not known yet
    Open,
}

/// Encrypted Client Hello, RFC 9849.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EncryptedHello {
    /// not offered
    #[default]
    None,
    /// offered, perhaps as GREASE only
    Offered,
    /// offered under a name that hides others
    HiddenName,
}

/// What is known of a flow.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// the guarded end
    pub device: IpAddr,
    /// its names
    pub label: Option<&'a Label>,
    /// the other end
    pub peer: IpAddr,
    /// application protocol
    pub protocol: Option<&'static str>,
    /// application
    pub application: Option<(Evidence, Application)>,
    /// host and URL of the request
    pub names: &'a [Vec<u8>],
    /// categories of the lists that they are on
    pub categories: &'a [String],
    /// whether the name is hidden
    pub hello: EncryptedHello,
    /// bytes that the device has sent
    pub sent_bytes: u64,
    /// no more will be known
    pub settled: bool,
}

impl What {
    fn holds(&self, seen: &Seen<'_>) -> Holds {
        let open = if seen.settled { Holds::No } else { Holds::Open };
        let plain = |holds: bool| if holds { Holds::Yes } else { Holds::No };
        let of = |holds: bool| if holds { Holds::Yes } else { open };
        // A port alone is believed when nothing better will come.
        let sure = |evidence: Evidence| evidence > Evidence::Port || seen.settled;
        let application = seen.application.filter(|(evidence, _)| sure(*evidence));
        match self {
            What::Any => Holds::Yes,
            What::Application(want) => of(application.is_some_and(|(_, is)| is.name == want)),
            What::Category(want) => of(application.is_some_and(|(_, is)| is.category == *want)),
            What::Protocol(want) => match seen.protocol {
                Some(is) if is == *want => Holds::Yes,
                Some(_) => Holds::No,
                None => open,
            },
            What::Name(pattern) => of(seen.names.iter().any(|name| pattern.fits(name))),
            What::List(want) => of(seen.categories.contains(want)),
            What::HiddenName => of(seen.hello == EncryptedHello::HiddenName),
            What::EncryptedHello => of(seen.hello != EncryptedHello::None),
            What::Unknown if seen.settled => {
                if seen.application.is_none() && seen.protocol.is_none() {
                    Holds::Yes
                } else {
                    Holds::No
                }
            }
            What::Unknown => Holds::Open,
            // Nobody waits for these two: one is known at once, and most flows end before they have sent so much.
            What::Peer(set) => plain(set.has(seen.peer)),
            What::Sent(bytes) => plain(seen.sent_bytes >= *bytes),
        }
    }
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// its name in the log
    pub name: String,
    /// its line in the file
    pub line: usize,
    /// what is done
    pub deed: Deed,
    who: Vec<Who>,
    /// conditions, each with its words in the file
    what: Vec<(What, String)>,
    when: Option<When>,
}

impl Entry {
    fn what(&self, seen: &Seen<'_>) -> (Holds, &str) {
        let mut open = (Holds::No, "");
        for (what, words) in &self.what {
            match what.holds(seen) {
                Holds::Yes => return (Holds::Yes, words),
                Holds::Open => open = (Holds::Open, words),
                Holds::No => {}
            }
        }
        open
    }
}

/// What the entries say of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// nothing
    Nothing,
    /// an entry may fit when more is known
    Wait,
    /// that entry decides
    Entry {
        /// its place
        place: usize,
        /// which of its conditions holds, in its own words
        because: &'a str,
    },
}

/// A file of entries.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    file: String,
    entries: Vec<Entry>,
    /// amounts that entries ask about, sorted
    amounts: Vec<u64>,
}

impl Policies {
    /// Reads a file; `file` is its name in errors.
    ///
    /// # Errors
    /// The first line that makes no sense, why, and what to do.
    pub fn read(file: &str, text: &str) -> Result<Policies, PolicyError> {
        let entries = read::entries(file, text)?;
        let all = entries.iter().flat_map(|entry| &entry.what);
        let mut amounts: Vec<u64> = all
            .filter_map(|(what, _)| if let What::Sent(bytes) = what { Some(*bytes) } else { None })
            .collect();
        amounts.sort_unstable();
        Ok(Policies { file: file.to_owned(), entries, amounts })
    }
    /// Its file.
    pub fn file(&self) -> &str {
        &self.file
    }
    /// The entries in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
    /// None.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
    /// Some entry needs addresses to answer questions of DNS with.
    pub fn wants_sinkhole(&self) -> bool {
        self.entries.iter().any(|entry| entry.deed == Deed::Sinkhole)
    }
    /// Some entry asks for the time.
    pub fn is_timed(&self) -> bool {
        self.entries.iter().any(|entry| entry.when.is_some())
    }
    /// Some entry asks for lists.
    pub fn wants_lists(&self) -> bool {
        self.entries.iter().flat_map(|entry| &entry.what).any(|(what, _)| matches!(what, What::List(_)))
    }

    /// The amount with which a device that has sent so much is asked about again.
    pub fn next_amount(&self, sent_bytes: u64) -> Option<u64> {
        self.amounts.get(self.amounts.partition_point(|amount| *amount <= sent_bytes)).copied()
    }

    /// What is to be done with a flow now.
    pub fn ask(&self, seen: &Seen<'_>, now: Timestamp) -> Answer<'_> {
        for (place, entry) in self.entries.iter().enumerate() {
            let fits = entry.who.iter().any(|who| who.fits(seen));
            if !fits || entry.when.as_ref().is_some_and(|when| !when.is_now(now)) {
                continue;
            }
            match entry.what(seen) {
                (Holds::Yes, because) => return Answer::Entry { place, because },
                (Holds::Open, _) => return Answer::Wait,
                (Holds::No, _) => {}
            }
        }
        Answer::Nothing
    }
}
