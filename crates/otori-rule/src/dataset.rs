//! Lists that rules ask and change: `dataset`, `datarep`, and lists of file hashes.
//!
//! Key types: [`Dataset`], [`Datasets`]. Suricata's manual, "Datasets". Lists change while packets flow; several rules may
//! share one.
use crate::{base64, limits::DATASET_ENTRIES};
use core::net::IpAddr;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// What a list's entries are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// any bytes; base64 in files
    String,
    /// MD5 of the buffer
    Md5,
    /// SHA-256 of the buffer
    Sha256,
    /// IPv4 addresses
    Ipv4,
    /// addresses
    Ip,
}

impl Kind {
    /// The kind of that name.
    pub fn by_name(name: &str) -> Result<Kind, String> {
        Ok(match name {
            "string" => Kind::String,
            "md5" => Kind::Md5,
            "sha256" => Kind::Sha256,
            "ipv4" => Kind::Ipv4,
            "ip" => Kind::Ip,
            other => return Err(format!("unknown type {other:?}")),
        })
    }
    /// An entry as a file spells it.
    fn entry(self, text: &str) -> Option<Vec<u8>> {
        let text = text.trim();
        match self {
            Kind::String => base64::decode(text.as_bytes(), base64::Mode::Strict),
            Kind::Md5 => hex(text).filter(|bytes| bytes.len() == 16),
            Kind::Sha256 => hex(text).filter(|bytes| bytes.len() == 32),
            Kind::Ipv4 | Kind::Ip => text.parse::<IpAddr>().ok().map(octets),
        }
    }
    /// A buffer's bytes as an entry: addresses may stand there as text.
    fn value(self, bytes: &[u8]) -> Vec<u8> {
        let text = || core::str::from_utf8(bytes).ok()?.trim().parse::<IpAddr>().ok();
        match self {
            Kind::Ipv4 | Kind::Ip if !matches!(bytes.len(), 4 | 16) => {
                text().map_or_else(|| bytes.to_vec(), octets)
            }
            Kind::Ipv4 | Kind::Ip => match text() {
                Some(ip) => octets(ip),
                None => bytes.to_vec(),
            },
            _ => bytes.to_vec(),
        }
    }
}

/// An address's bytes; IPv4 in IPv6 counts as IPv4.
pub(crate) fn octets(ip: IpAddr) -> Vec<u8> {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

/// Bytes of hexadecimal digits.
pub(crate) fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
}

/// One list: entries, each with a reputation or 0.
#[derive(Debug)]
pub struct Dataset {
    kind: Kind,
    entries: HashMap<Vec<u8>, u16>,
    /// the JSON object that an entry stood in
    contexts: HashMap<Vec<u8>, String>,
    /// under which name alerts show that object, and the member that is left out
    pub shown: Option<Shown>,
}

/// How alerts show where an entry came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// `context_key`
    pub key: String,
    /// `value_key`, when `remove_key` is there
    pub removed: Option<String>,
}

/// A list that several rules share.
pub type Shared = Arc<Mutex<Dataset>>;

impl Dataset {
    /// An empty list.
    pub fn new(kind: Kind) -> Self {
        Dataset { kind, entries: HashMap::new(), contexts: HashMap::new(), shown: None }
    }
    /// The reputation of a value, if it is there.
    pub fn get(&self, bytes: &[u8]) -> Option<u16> {
        self.entries.get(self.kind.value(bytes).as_slice()).copied()
    }
    /// The JSON object that a value stood in.
    pub fn context(&self, bytes: &[u8]) -> Option<&str> {
        self.contexts.get(self.kind.value(bytes).as_slice()).map(String::as_str)
    }
    /// Adds a value; true when it is new.
    pub fn set(&mut self, bytes: &[u8]) -> bool {
        if self.entries.len() >= DATASET_ENTRIES {
            return false;
        }
        self.entries.insert(self.kind.value(bytes), 0).is_none()
    }
    /// Takes a value out; true when it was there.
    pub fn unset(&mut self, bytes: &[u8]) -> bool {
        self.entries.remove(self.kind.value(bytes).as_slice()).is_some()
    }
    /// Takes the lines of a file: a value, and perhaps its reputation behind a comma. JSON objects give the value of
    /// `key`; of several with one value the first counts. The first line that makes no sense is told.
    pub fn load(&mut self, text: &str, key: Option<&str>) -> Result<(), String> {
        if let Some(key) = key {
            for object in objects(text) {
                for value in values(object, key) {
                    let Some(value) = self.plain(&value) else { continue };
                    if self.entries.len() >= DATASET_ENTRIES {
                        return Err(format!("more than {DATASET_ENTRIES} entries"));
                    }
                    if self.shown.is_some() {
                        self.contexts.entry(value.clone()).or_insert_with(|| object.to_owned());
                    }
                    self.entries.insert(value, 0);
                }
            }
            return Ok(());
        }
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        for line in lines {
            if self.entries.len() >= DATASET_ENTRIES {
                return Err(format!("more than {DATASET_ENTRIES} entries"));
            }
            let (value, reputation) = line.split_once(',').unwrap_or((line, "0"));
            let entry = self.kind.entry(value).ok_or_else(|| format!("{value:?} is no such value"))?;
            self.entries.insert(entry, reputation.trim().parse().unwrap_or(0));
        }
        Ok(())
    }
    /// A value of a JSON file: strings stand as they are.
    fn plain(&self, value: &str) -> Option<Vec<u8>> {
        match self.kind {
            Kind::String => Some(value.as_bytes().to_vec()),
            other => other.entry(value),
        }
    }
}

/// The outermost objects of JSON text, in a list or one after the other.
fn objects(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut quoted, mut escaped) = (0usize, 0, false, false);
    let mut found = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' => {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            }
            b'}' => {
                if depth == 1 {
                    found.extend(text.get(start..=at));
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    found
}

/// The strings behind `"key"` in JSON text, wherever they stand; enough for lists of objects.
fn values(text: &str, key: &str) -> Vec<String> {
    let last = key.rsplit('.').next().unwrap_or(key);
    let quoted = format!("\"{last}\"");
    let mut found = Vec::new();
    for (at, _) in text.match_indices(&quoted) {
        let behind = text.get(at + quoted.len()..).unwrap_or("").trim_start();
        let value = behind.strip_prefix(':').map(str::trim_start).and_then(|rest| rest.strip_prefix('"'));
        if let Some((value, _)) = value.and_then(|rest| rest.split_once('"')) {
            found.push(value.to_owned());
        }
    }
    found
}

/// All lists, by name.
#[derive(Debug, Default)]
pub struct Datasets {
    lists: HashMap<String, Shared>,
}

impl Datasets {
    /// The list of that name; `fill` makes a new one.
    pub fn get(
        &mut self,
        name: &str,
        fill: impl FnOnce() -> Result<Dataset, String>,
    ) -> Result<Shared, String> {
        if let Some(list) = self.lists.get(name) {
            return Ok(list.clone());
        }
        let list = Arc::new(Mutex::new(fill()?));
        self.lists.insert(name.into(), list.clone());
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_found_and_changed() {
        let mut list = Dataset::new(Kind::String);
        list.load("ZXhhbXBsZS5vcmc=,7\n", None).unwrap();
        assert_eq!((list.get(b"example.org"), list.get(b"x")), (Some(7), None));
        assert!(list.set(b"x") && !list.set(b"x") && list.unset(b"x"));
        let mut list = Dataset::new(Kind::Ip);
        list.load("192.0.2.1\n2001:db8::1", None).unwrap();
        assert!(list.get(&[192, 0, 2, 1]).is_some() && list.get(b"2001:db8::1").is_some());
        assert!(list.load("nonsense", None).is_err());
        let mut list = Dataset::new(Kind::String);
        list.load("{\"a\": {\"host\": \"h.example\"}}", Some("host")).unwrap();
        assert!(list.get(b"h.example").is_some());
        let mut list = Dataset::new(Kind::Ip);
        list.shown = Some(Shown::default());
        list.load("[{\"ip\": \"192.0.2.1\", \"n\": \"}\"},\n {\"ip\": \"192.0.2.1\"}]", Some("ip")).unwrap();
        assert_eq!(list.context(&[192, 0, 2, 1]), Some("{\"ip\": \"192.0.2.1\", \"n\": \"}\"}"));
    }
}
