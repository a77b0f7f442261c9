//! What is thought of addresses: scores by category, for `iprep`.
//!
//! Key types: [`Reputations`] (shared by rules and by who loads files), [`Reputed`] (one rule's question). Suricata's manual,
//! "IP Reputation": a file of categories `id,short name,description`, and files of `address or network,id,score`. Scores are
//! 0 to 127. Files may be loaded anew at any time: the next packet is asked against the new ones.
use crate::{
    address::number,
    limits::{REPUTATION_CATEGORY, REPUTATION_ENTRIES, REPUTATION_TOLD},
    parse::RuleError,
    rule::Compare,
    side::Side,
};
use core::net::IpAddr;
use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU8, AtomicU32, Ordering},
    },
};

/// The largest score.
const SCORE_MAX: u8 = 127;

/// The number of a category, which another file of categories may change; 0 is none.
#[derive(Clone, Debug, Default)]
pub struct Category(Arc<AtomicU8>);

impl PartialEq for Category {
    fn eq(&self, other: &Category) -> bool {
        self.number() == other.number()
    }
}
impl Eq for Category {}

impl Category {
    fn number(&self) -> u8 {
        self.0.load(Ordering::Acquire)
    }
    fn set(&self, number: u8) {
        self.0.store(number, Ordering::Release);
    }
}

/// A network of one category: family, prefix, category.
type Key = (bool, u128, u8);

/// Scores of one loading.
#[derive(Debug, Default)]
struct Scores {
    /// by length of the prefix, the longest first
    by_length: Vec<(u8, HashMap<Key, u8>)>,
    entries: usize,
}

impl Scores {
    fn set(&mut self, (v6, address): (bool, u128), length: u8, category: u8, score: u8) {
        let place = self.by_length.binary_search_by(|(have, _)| length.cmp(have));
        let place = place.unwrap_or_else(|place| {
            self.by_length.insert(place, (length, HashMap::new()));
            place
        });
        let Some((_, map)) = self.by_length.get_mut(place) else { return };
        self.entries += usize::from(map.insert((v6, masked(v6, address, length), category), score).is_none());
    }
    /// The score of the most special network that the address is in.
    fn get(&self, ip: IpAddr, category: u8) -> Option<u8> {
        let (v6, address) = number(ip);
        self.by_length
            .iter()
            .filter(|(length, _)| v6 || *length <= 32)
            .find_map(|(length, map)| map.get(&(v6, masked(v6, address, *length), category)).copied())
    }
}

fn masked(v6: bool, address: u128, length: u8) -> u128 {
    let width: u32 = if v6 { 128 } else { 32 };
    address & u128::MAX.checked_shl(width.saturating_sub(u32::from(length))).unwrap_or(0)
}

#[derive(Debug, Default)]
struct Inner {
    /// names and numbers; rules share the numbers
    categories: RwLock<HashMap<String, Category>>,
    scores: RwLock<Arc<Scores>>,
    version: AtomicU32,
}

/// Categories and scores. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Reputations(Arc<Inner>);

impl PartialEq for Reputations {
    fn eq(&self, other: &Reputations) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
impl Eq for Reputations {}

/// What became of files of scores.
#[derive(Debug, Default)]
pub struct ReputationReport {
    /// addresses and networks that have a score
    pub entries: usize,
    /// lines that were refused
    pub refused: usize,
    /// the first of them, with place and reason
    pub told: Vec<RuleError>,
}

impl ReputationReport {
    fn refuse(&mut self, file: &str, line: usize, column: usize, reason: String) {
        self.refused += 1;
        if self.told.len() < REPUTATION_TOLD {
            self.told.push(RuleError { file: file.into(), line, column, reason, sid: None });
        }
    }
}

/// Lines that say something, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
}

impl Reputations {
    /// Takes a file of categories, in place of those before; lines that cannot be read are told. Rules name categories, so
    /// they are loaded first; rules that are there already take the new numbers.
    pub fn load_categories(&self, file: &str, text: &str) -> ReputationReport {
        let mut report = ReputationReport::default();
        let mut found = HashMap::new();
        for (line, entry) in lines(text) {
            let mut parts = entry.splitn(3, ',').map(str::trim);
            let id = parts.next().unwrap_or("");
            let id = id.parse::<u8>().ok().filter(|id| (1..=REPUTATION_CATEGORY).contains(id));
            match (id, parts.next().filter(|name| !name.is_empty())) {
                (Some(id), Some(name)) => _ = found.insert(name.to_owned(), id),
                _ => report.refuse(
                    file,
                    line,
                    1,
                    format!("write ID,NAME,DESCRIPTION with an id of 1 to {REPUTATION_CATEGORY}"),
                ),
            }
        }
        report.entries = found.len();
        let mut categories = self.0.categories.write().unwrap_or_else(PoisonError::into_inner);
        for (name, category) in &*categories {
            category.set(found.remove(name).unwrap_or(0));
        }
        for (name, number) in found {
            categories.entry(name).or_default().set(number);
        }
        self.0.version.fetch_add(1, Ordering::AcqRel);
        report
    }
    /// Takes files of scores, name and text, in place of all before; what cannot be read is told, the rest counts.
    pub fn load<'a>(&self, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> ReputationReport {
        let (mut report, mut scores) = (ReputationReport::default(), Scores::default());
        for (file, text) in files {
            for (line, entry) in lines(text) {
                match read_score(entry) {
                    Ok(_) if scores.entries >= REPUTATION_ENTRIES => {
                        report.refuse(file, line, 1, format!("more than {REPUTATION_ENTRIES} entries"));
                    }
                    Ok((address, length, category, score)) => scores.set(address, length, category, score),
                    Err((column, reason)) => report.refuse(file, line, column, reason),
                }
            }
        }
        report.entries = scores.entries;
        *self.0.scores.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(scores);
        self.0.version.fetch_add(1, Ordering::Release);
        report
    }
    /// Another number after each loading.
    pub(crate) fn version(&self) -> u32 {
        self.0.version.load(Ordering::Acquire)
    }
    /// The number of a category; the error says which ones there are.
    pub(crate) fn category(&self, name: &str) -> Result<Category, String> {
        let categories = self.0.categories.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(category) = categories.get(name).filter(|category| category.number() > 0) {
            return Ok(category.clone());
        }
        Err(match categories.is_empty() {
            true => format!("no category {name:?}: name a reputation-categories-file"),
            false => {
                format!("no category {name:?} in the file of categories: add ID,{name},DESCRIPTION to it")
            }
        })
    }
    fn score(&self, ip: IpAddr, category: u8) -> Option<u8> {
        self.0.scores.read().unwrap_or_else(PoisonError::into_inner).get(ip, category)
    }
}

/// Address, length of the prefix, category and score.
type Score = ((bool, u128), u8, u8, u8);

/// What a line says; or the column and what is wrong there.
fn read_score(entry: &str) -> Result<Score, (usize, String)> {
    let mut at = 1;
    let mut parts = entry.split(',').map(|part| {
        let column = at + part.len() - part.trim_start().len();
        at += part.len() + 1;
        (column, part.trim())
    });
    let mut next = |what: &str| {
        parts.next().ok_or_else(|| (entry.len() + 1, format!("no {what}: write ADDRESS,CATEGORY,SCORE")))
    };
    let (column, network) = next("address")?;
    let (address, length) = network.split_once('/').map_or((network, None), |(ip, n)| (ip, Some(n)));
    let ip: IpAddr =
        address.parse().map_err(|_| (column, format!("{address:?} is no address of IPv4 or IPv6")))?;
    let width = if ip.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Ok(width), |text| {
        let length = text.parse::<u8>().ok().filter(|length| *length <= width);
        length.ok_or_else(|| (column, format!("{text:?} is no length of a prefix: 0 to {width}")))
    })?;
    let (column, text) = next("category")?;
    let category = text.parse::<u8>().ok().filter(|id| (1..=REPUTATION_CATEGORY).contains(id));
    let category = category
        .ok_or_else(|| (column, format!("{text:?} is no id of a category: 1 to {REPUTATION_CATEGORY}")))?;
    let (column, text) = next("score")?;
    let score = text.parse::<u8>().ok().filter(|score| *score <= SCORE_MAX);
    let score = score.ok_or_else(|| (column, format!("{text:?} is no score: 0 to {SCORE_MAX}")))?;
    Ok((number(ip), length, category, score))
}

/// What a score must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// there is one, and it compares
    Is(Compare),
    /// there is one
    Known,
    /// there is none
    Unknown,
}

/// The question of one `iprep`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reputed {
    /// of whom
    pub side: Side,
    /// which category
    pub category: Category,
    /// what is wanted
    pub standing: Standing,
    /// where scores are
    pub scores: Reputations,
}

impl Reputed {
    /// Whether it holds between these two.
    pub fn holds(&self, source: IpAddr, destination: IpAddr) -> bool {
        let category = self.category.number();
        let one = |ip: IpAddr| match (self.scores.score(ip, category), self.standing) {
            (Some(score), Standing::Is(compare)) => compare.holds(u64::from(score)),
            (score, Standing::Known) => score.is_some(),
            (score, Standing::Unknown) => score.is_none(),
            (None, Standing::Is(_)) => false,
        };
        self.side.holds(one, source, destination)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tables, Variables, parse_rule, rule::Check};

    fn tables() -> Tables {
        let tables = Tables::default();
        let text = "# ours\n1,BadHosts,Known bad hosts\n2,Google,Known, google host\n";
        assert_eq!(tables.reputations.load_categories("categories.txt", text).entries, 2);
        tables
    }

    fn reputed(tables: &mut Tables, value: &str) -> Result<Reputed, String> {
        let text = format!("alert ip any any -> any any (iprep:{value}; sid:1;)");
        let rule = parse_rule(&text, &Variables::default(), tables).map_err(|fault| fault.reason)?;
        match rule.checks.into_iter().next() {
            Some(Check::Reputed(reputed)) => Ok(reputed),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_most_special_network_counts() {
        let mut tables = tables();
        let list = "192.0.2.0/24,1,88\n192.0.2.1,1,10\n192.0.2.1,2,5\n2001:db8::/32,1,127\n0.0.0.0/0,2,1\n";
        let report = tables.reputations.load([("a.list", list)]);
        assert_eq!((report.entries, report.refused), (5, 0));
        let (bad, inside): (IpAddr, IpAddr) = ([192, 0, 2, 1].into(), [192, 0, 2, 9].into());
        let six: IpAddr = "2001:db8::5".parse().unwrap();
        let nobody: IpAddr = [203, 0, 113, 1].into();
        for (value, source, destination, expect) in [
            ("src,BadHosts,>,50", inside, nobody, true),
            ("src,BadHosts,>,50", bad, nobody, false),
            ("src,BadHosts,=,10", bad, nobody, true),
            ("dst,BadHosts,>=,127", bad, six, true),
            ("any,BadHosts,<=,10", nobody, bad, true),
            ("any,BadHosts,<,10", nobody, bad, false),
            ("both,BadHosts,isset", bad, inside, true),
            ("both,BadHosts,isset", bad, nobody, false),
            ("both,BadHosts,isnotset", nobody, nobody, true),
            ("any,BadHosts,isnotset", bad, nobody, true),
            ("src,Google,=,1", nobody, bad, true),
            ("src,Google,isset", six, bad, false),
        ] {
            let holds = reputed(&mut tables, value).unwrap().holds(source, destination);
            assert_eq!(holds, expect, "{value} {source} {destination}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let mut tables = tables();
        for (value, word) in [
            ("src,Unheard,>,1", "Unheard"),
            ("left,BadHosts,>,1", "left"),
            ("src,BadHosts,>,128", "128"),
            ("src,BadHosts,~,1", "~"),
            ("src,BadHosts", "operator"),
            ("src,BadHosts,isset,1", "isset"),
        ] {
            let reason = reputed(&mut tables, value).unwrap_err();
            assert!(reason.contains(word), "{value}: {reason}");
        }
        let list = "192.0.2.1,1,200\nexample.com,1,1\n192.0.2.0/33,1,1\n\n192.0.2.1,61,1\n192.0.2.1,1\n192.0.2.1,1,5\n";
        let report = tables.reputations.load([("b.list", list)]);
        let told: Vec<_> = report.told.iter().map(|error| (error.line, error.column)).collect();
        assert_eq!(told, [(1, 13), (2, 1), (3, 1), (5, 11), (6, 12)]);
        assert_eq!((report.entries, report.refused), (1, 5));
        let report = tables.reputations.load_categories("c", "0,a,b\n61,a,b\nx\n5,Five\n");
        assert_eq!((report.entries, report.refused), (1, 3));
    }

    #[test]
    fn what_is_loaded_anew_is_asked_at_once() {
        let mut tables = tables();
        let asked = reputed(&mut tables, "src,BadHosts,>,50").unwrap();
        let nobody: IpAddr = [203, 0, 113, 1].into();
        let before = tables.reputations.version();
        let text: String =
            (0..20_000u32).map(|n| format!("198.51.{}.{},1,100\n", n >> 8 & 0xff, n & 0xff)).collect();
        tables.reputations.load([("c.list", text.as_str())]);
        assert!(asked.holds([198, 51, 9, 9].into(), nobody));
        tables.reputations.load([("c.list", "192.0.2.1,1,100\n")]);
        assert!(!asked.holds([198, 51, 9, 9].into(), nobody) && asked.holds([192, 0, 2, 1].into(), nobody));
        assert_eq!(tables.reputations.version(), before + 2);
    }
    #[test]
    fn a_rule_takes_the_new_number_of_its_category() {
        let mut tables = tables();
        let asked = reputed(&mut tables, "src,BadHosts,>,50").unwrap();
        tables.reputations.load([("a.list", "192.0.2.1,7,100\n")]);
        let (bad, nobody): (IpAddr, IpAddr) = ([192, 0, 2, 1].into(), [203, 0, 113, 1].into());
        assert!(!asked.holds(bad, nobody));
        let before = tables.reputations.version();
        tables.reputations.load_categories("categories.txt", "7,BadHosts,moved\n");
        assert!(asked.holds(bad, nobody) && tables.reputations.version() > before);
        tables.reputations.load_categories("categories.txt", "8,Other,x\n");
        assert!(!asked.holds(bad, nobody));
        assert!(reputed(&mut tables, "src,BadHosts,>,50").is_err());
    }
}
