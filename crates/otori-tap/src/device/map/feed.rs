//! Changes of the mapping while packets flow, beside its file: what a carrier's system says when a SIM gets another address.
//!
//! Key type: [`Feed`]. A change is a line of JSON: `{"device": {"name": …, "sim": …, "address": …}}` with the keys of the file
//! adds a device or replaces the one of that name, also one of the file; `{"remove": "NAME"}` takes an added one away.
use super::{ENTRIES, Entry, Map, read};
use serde::Deserialize;
use std::{collections::BTreeMap, sync::Arc};

/// Bytes of one change.
pub const CHANGE_BYTES: usize = 64 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    device: Option<read::Row>,
    remove: Option<String>,
}

/// The file's mapping, and what was added to it.
pub struct Feed {
    base: Map,
    added: BTreeMap<Arc<str>, Entry>,
}

impl Feed {
    /// Nothing added.
    pub const fn new(base: Map) -> Feed {
        Feed { base, added: BTreeMap::new() }
    }
    /// The file has changed; what was added stays.
    pub fn set_base(&mut self, base: Map) {
        self.base = base;
    }
    /// Takes one change; an error says what is wrong with it.
    pub fn change(&mut self, line: &[u8]) -> Result<(), String> {
        if line.len() > CHANGE_BYTES {
            return Err(format!("more than {CHANGE_BYTES} bytes"));
        }
        let line: Line = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        match line {
            Line { device: Some(row), remove: None } => {
                let mut deny = |_: &str| Err("a profile is bound by the file: name its group here".into());
                let entry = read::entry(row, 0, &self.base.groups, &mut super::bind::Binder::new(&mut deny))?;
                let name =
                    entry.name.clone().ok_or("a device needs a name, by which it is replaced and removed")?;
                entry.check()?;
                if self.added.len() >= ENTRIES && !self.added.contains_key(&name) {
                    return Err(format!("more than {ENTRIES} devices were added: remove some"));
                }
                self.added.insert(name, entry);
                Ok(())
            }
            Line { device: None, remove: Some(name) } => match self.added.remove(name.as_str()) {
                Some(_) => Ok(()),
                None => Err(format!("{name:?} was not added: what is in the file is changed there")),
            },
            _ => Err("write either \"device\" or \"remove\"".into()),
        }
    }
    /// Both together, ready to be asked.
    pub fn map(&self) -> Map {
        let replaced =
            |entry: &&Arc<Entry>| entry.name.as_ref().is_some_and(|name| self.added.contains_key(name));
        let kept = self.base.entries().filter(|entry| !replaced(entry)).cloned();
        let map = Map::of(self.added.values().cloned().map(Arc::new).chain(kept));
        Map { actions: self.base.actions.clone(), groups: self.base.groups.clone(), ..map }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::identity::{Marks, Scope};

    fn found(feed: &Feed, ip: &str) -> String {
        let marks = Marks { ip: ip.parse().unwrap(), scope: Scope::default(), mac: None, carriers: &[] };
        let map = feed.map();
        let found = map.find(&marks).map(|(entry, _)| entry.clone());
        found.map_or("nobody".into(), |entry| {
            format!("{} {:?} {:?}", entry.name.as_deref().unwrap_or("unnamed"), entry.sim, entry.groups)
        })
    }

    #[test]
    fn a_sim_that_gets_another_address_is_found_there() {
        let file = "[[group]]\nname = 'meters'\nwatch.scan = 'off'\n[[device]]\nname = 'm1'\nsim = '1'\naddress = '10.0.0.1'\n";
        let mut feed = Feed::new(Map::read("d.toml", file).unwrap());
        feed.change(br#"{"device": {"name": "m1", "sim": "1", "address": "10.0.0.9", "group": ["meters"]}}"#)
            .unwrap();
        feed.change(br#"{"device": {"name": "m2", "imsi": "440101", "address": ["10.0.0.1"], "teid": 17}}"#)
            .unwrap();
        assert_eq!(found(&feed, "10.0.0.9"), "m1 Some(\"1\") [\"meters\"]");
        assert_eq!(found(&feed, "10.0.0.1"), "m2 None []");
        assert!(feed.map().entries().any(|entry| entry.watch.get("scan") == Some(None)), "of its group");
        feed.change(br#"{"remove": "m1"}"#).unwrap();
        feed.change(br#"{"remove": "m2"}"#).unwrap();
        assert_eq!(
            (found(&feed, "10.0.0.9"), found(&feed, "10.0.0.1")),
            ("nobody".into(), "m1 Some(\"1\") []".into())
        );
        feed.change(br#"{"device": {"name": "m3", "address": "10.0.0.3"}}"#).unwrap();
        feed.set_base(Map::default());
        assert_eq!(
            (found(&feed, "10.0.0.1"), found(&feed, "10.0.0.3")),
            ("nobody".into(), "m3 None []".into())
        );
    }

    #[test]
    fn what_is_wrong_with_a_change_is_said() {
        let mut feed = Feed::new(Map::default());
        for (line, why) in [
            (r#"{"device": {"name": "a", "vlan": 5000}}"#, "from 1 to 4094"),
            (r#"{"device": {"address": "10.0.0.1"}}"#, "needs a name"),
            (r#"{"device": {"name": "a"}}"#, "nothing tells this device"),
            (r#"{"device": {"name": "a", "adress": "10.0.0.1"}}"#, "unknown field `adress`"),
            (r#"{"device": {"name": "a", "vlan": 1, "profile": "x.json"}}"#, "bound by the file"),
            (r#"{"remove": "a"}"#, "was not added"),
            ("{}", "either"),
            ("[", "EOF"),
        ] {
            let said = feed.change(line.as_bytes()).unwrap_err();
            assert!(said.contains(why), "{line}: {said}");
        }
        assert!(feed.change(&[b' '; CHANGE_BYTES + 1]).is_err());
        assert!(feed.map().is_empty());
    }
}
