//! Who gets in: lists, a number of tries, and a memory of what worked for whom.
//!
//! Key types: [`CredentialPolicy`] (data) and [`Credentials`] (policy with memory). A source that got in by
//! patience finds the same pair working again and others still wrong, as on a real device.
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Sources whose tries and pairs are remembered; the oldest is forgotten first.
pub const SOURCES_MAX: usize = 20_000;
/// Pairs that one source may have been given.
pub const PAIRS_PER_SOURCE_MAX: usize = 8;
/// Bytes of a user name or password that are compared and remembered.
pub const SECRET_BYTES_MAX: usize = 256;

static MIRAI: &str = include_str!("../data/credentials-mirai.txt");

/// A user name and a password.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// user name
    pub user: String,
    /// password; `*` stands for any
    pub password: String,
}

/// Lists that come with the decoy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownList {
    /// the pairs that Mirai's scanner tries
    Mirai,
}

impl KnownList {
    /// Its pairs.
    pub fn pairs(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let text = match self {
            KnownList::Mirai => MIRAI,
        };
        text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
    }
}

/// `[decoy.credentials]`, or a product's own policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CredentialPolicy {
    /// known lists whose pairs are accepted
    pub lists: Vec<KnownList>,
    /// further pairs that are accepted
    pub accept: Vec<Pair>,
    /// pairs that never work; stronger than everything else
    pub deny: Vec<Pair>,
    /// any pair works from this try of a source on; 0 never
    pub accept_any_after: u32,
    /// users that exist; others are refused whatever they send. Empty: every name exists
    pub users: Vec<String>,
}

impl Default for CredentialPolicy {
    fn default() -> Self {
        CredentialPolicy {
            lists: vec![KnownList::Mirai],
            accept: Vec::new(),
            deny: Vec::new(),
            accept_any_after: 0,
            users: Vec::new(),
        }
    }
}

fn listed(pairs: &[Pair], user: &str, password: &str) -> bool {
    pairs.iter().any(|pair| pair.user == user && (pair.password == "*" || pair.password == password))
}

#[derive(Default)]
struct Source {
    tries: u32,
    given: BTreeSet<(String, String)>,
}

#[derive(Default)]
struct Memory {
    sources: BTreeMap<IpAddr, Source>,
    order: VecDeque<IpAddr>,
}

/// A policy and what it remembers. Shared by all fronts.
pub struct Credentials {
    policy: CredentialPolicy,
    memory: Mutex<Memory>,
}

impl Credentials {
    /// Starts without memories.
    pub fn new(policy: CredentialPolicy) -> Self {
        Credentials { policy, memory: Mutex::default() }
    }
    /// One try of `source`. True lets it in.
    pub fn check(&self, source: IpAddr, user: &[u8], password: &[u8]) -> bool {
        let text =
            |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(SECRET_BYTES_MAX)]).into_owned();
        let (user, password) = (text(user), text(password));
        let policy = &self.policy;
        let known = policy.users.is_empty() || policy.users.contains(&user);
        if !known || listed(&policy.deny, &user, &password) {
            self.remember(source, |seen| seen.tries = seen.tries.saturating_add(1));
            return false;
        }
        if listed(&policy.accept, &user, &password)
            || policy.lists.iter().any(|list| list.pairs().any(|pair| pair == (&user, &password)))
        {
            return true;
        }
        self.remember(source, |seen| {
            let pair = (user, password);
            if seen.given.contains(&pair) {
                return true;
            }
            seen.tries = seen.tries.saturating_add(1);
            let patient = policy.accept_any_after > 0 && seen.tries >= policy.accept_any_after;
            if patient && seen.given.len() < PAIRS_PER_SOURCE_MAX {
                seen.given.insert(pair);
                seen.tries = 0;
                return true;
            }
            false
        })
    }
    fn remember<T>(&self, source: IpAddr, change: impl FnOnce(&mut Source) -> T) -> T {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let Memory { sources, order } = &mut *memory;
        if !sources.contains_key(&source) {
            if order.len() >= SOURCES_MAX
                && let Some(oldest) = order.pop_front()
            {
                sources.remove(&oldest);
            }
            order.push_back(source);
        }
        change(sources.entry(source).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(n: u8) -> IpAddr {
        IpAddr::from([203, 0, 113, n])
    }
    fn pair(user: &str, password: &str) -> Pair {
        Pair { user: user.into(), password: password.into() }
    }

    #[test]
    fn the_mirai_list_works_by_default_and_others_do_not() {
        let credentials = Credentials::new(CredentialPolicy::default());
        assert!(KnownList::Mirai.pairs().count() >= 60);
        for (user, password) in KnownList::Mirai.pairs() {
            assert!(credentials.check(source(1), user.as_bytes(), password.as_bytes()), "{user}");
        }
        assert!(!credentials.check(source(1), b"root", b"correct horse"));
        assert!(!credentials.check(source(1), b"root", b"\xff\xfe"));
        assert!(!credentials.check(source(1), b"", b""));
    }

    #[test]
    fn denied_pairs_never_work_and_wildcards_do() {
        let policy = CredentialPolicy {
            accept: vec![pair("admin", "*")],
            deny: vec![pair("root", "root"), pair("admin", "letmein")],
            accept_any_after: 1,
            ..CredentialPolicy::default()
        };
        let credentials = Credentials::new(policy);
        assert!(!credentials.check(source(1), b"root", b"root"));
        assert!(!credentials.check(source(1), b"admin", b"letmein"));
        assert!(credentials.check(source(1), b"admin", b"whatever"));
    }

    #[test]
    fn patience_is_rewarded_once_and_remembered_per_source() {
        let policy = CredentialPolicy { lists: vec![], accept_any_after: 3, ..CredentialPolicy::default() };
        let credentials = Credentials::new(policy);
        let attempt = |n, password: &str| credentials.check(source(n), b"root", password.as_bytes());
        assert!(!attempt(1, "a"));
        assert!(!attempt(1, "b"));
        assert!(attempt(1, "c"), "the third try");
        assert!(!attempt(1, "d"), "another password is wrong again");
        assert!(attempt(1, "c"), "what worked still works");
        assert!(!attempt(2, "c"), "for another source it does not");
    }

    #[test]
    fn memory_is_bounded() {
        let policy = CredentialPolicy { lists: vec![], accept_any_after: 2, ..CredentialPolicy::default() };
        let credentials = Credentials::new(policy);
        for n in 0..(SOURCES_MAX as u32 + 500) {
            credentials.check(IpAddr::from(n.to_be_bytes()), b"root", b"x");
        }
        let memory = credentials.memory.lock().unwrap();
        assert_eq!((memory.sources.len(), memory.order.len()), (SOURCES_MAX, SOURCES_MAX));
    }

    #[test]
    fn unknown_users_are_refused_when_users_are_named() {
        let policy = CredentialPolicy { users: vec!["root".into()], ..CredentialPolicy::default() };
        let credentials = Credentials::new(policy);
        assert!(credentials.check(source(1), b"root", b"vizxv"));
        assert!(!credentials.check(source(1), b"admin", b"admin"));
    }
}
