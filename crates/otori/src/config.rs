//! The configuration: layers of TOML over defaults, each value with its origin.
//!
//! Key types: [`Config`], [`Loaded`]. Layers, later ones win: defaults, `/etc/otori/otori.toml`,
//! `/etc/otori/conf.d/*.toml` in order of name (or, instead of both, the file of `--config`), environment
//! variables `OTORI_SECTION__KEY`. An unknown key is an error with its place and the nearest known key.
use crate::verb::Failure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// Everything that can be set. Every field has a default.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// the product that is shown
    pub product: ProductSection,
    /// the decoy's fronts, limits and fetcher
    pub decoy: otori_decoy::DecoyConfig,
    /// the sandbox
    pub lab: LabSection,
    /// indicators, the guard against wrong blocks, rules
    pub intel: otori_intel::Policy,
    /// what is done to subscribers
    pub act: ActSection,
    /// the admin page
    pub hub: HubSection,
}

/// `[product]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProductSection {
    /// name of an embedded or imported product (`otori product list`)
    pub name: String,
}

impl Default for ProductSection {
    fn default() -> Self {
        ProductSection { name: "camera-mipsel".into() }
    }
}

/// `[lab]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabSection {
    /// files taken apart at the same time
    pub workers: usize,
    /// virtual seconds that one file may run
    pub virtual_seconds: u64,
    /// seed of the sandbox: the same file and seed give the same report
    pub seed: u64,
    /// files that wait in memory; further ones wait in the store
    pub queue: usize,
}

impl Default for LabSection {
    fn default() -> Self {
        LabSection { workers: 1, virtual_seconds: 120, seed: 1, queue: 1024 }
    }
}

/// `[act]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActSection {
    /// table of family `inet` whose sets hold quarantined devices; without it a person is asked
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nftables_table: Option<String>,
    /// who may be acted on without a person
    pub policy: otori_act::Policy,
}

/// `[hub]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HubSection {
    /// address and port of the admin page; port 0 takes a free one
    pub listen: SocketAddr,
    /// names under which the page is reached, beside addresses and `localhost`
    pub host_names: Vec<String>,
    /// `/metrics` answers loopback peers without a session
    pub metrics_open: bool,
}

impl Default for HubSection {
    fn default() -> Self {
        HubSection {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7878)),
            host_names: vec![],
            metrics_open: false,
        }
    }
}

/// The effective configuration and where each value comes from.
pub struct Loaded {
    /// the configuration
    pub config: Config,
    /// dotted key to origin, for every key that a layer set
    pub origins: BTreeMap<String, String>,
}

/// Reads all layers.
pub fn load(file: Option<&Path>) -> anyhow::Result<Loaded> {
    let mut merged = toml::Table::new();
    let mut origins = BTreeMap::new();
    for path in files(file)? {
        let table = read_file(&path)?;
        note_origins(&table, "", &path.display().to_string(), &mut origins);
        merge(&mut merged, table);
    }
    let environment = std::env::vars().filter_map(|(name, value)| environment_value(&name, &value));
    for (name, table) in environment {
        note_origins(&table, "", &format!("environment {name}"), &mut origins);
        merge(&mut merged, table);
    }
    let config = merged
        .try_into()
        .map_err(|error: toml::de::Error| Failure::Configuration(explain(&error.to_string())))?;
    Ok(Loaded { config, origins })
}

/// The files to read, in order.
fn files(file: Option<&Path>) -> anyhow::Result<Vec<PathBuf>> {
    if let Some(path) = file {
        return Ok(vec![path.to_owned()]);
    }
    let main = PathBuf::from("/etc/otori/otori.toml");
    let mut found: Vec<PathBuf> = main.is_file().then_some(main).into_iter().collect();
    let mut parts: Vec<PathBuf> = match std::fs::read_dir("/etc/otori/conf.d") {
        Ok(folder) => folder.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect(),
        Err(_) => vec![],
    };
    parts.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    parts.sort();
    found.extend(parts);
    Ok(found)
}

/// One file, checked by itself so that an error has its line and column.
fn read_file(path: &Path) -> anyhow::Result<toml::Table> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::Configuration(format!(
            "{shown}: {error}; remedy: check the path, or leave out --config for the defaults"
        ))
    })?;
    toml::from_str::<Config>(&text)
        .map_err(|error| Failure::Configuration(format!("{shown}: {}", explain(&error.to_string()))))?;
    toml::from_str(&text).map_err(|error| Failure::Configuration(format!("{shown}: {error}")).into())
}

/// `OTORI_HUB__LISTEN=127.0.0.1:9000` sets `hub.listen`. A value is TOML when it reads as TOML, else text.
fn environment_value(name: &str, value: &str) -> Option<(String, toml::Table)> {
    let path = name.strip_prefix("OTORI_")?;
    if !path.contains("__") {
        return None;
    }
    let parsed = toml::from_str::<toml::Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut table| table.remove("value"));
    let value = parsed.unwrap_or_else(|| toml::Value::String(value.to_owned()));
    let lower = path.to_lowercase();
    let mut keys = lower.split("__").collect::<Vec<_>>();
    let mut table = toml::Table::new();
    table.insert(keys.pop()?.to_owned(), value);
    for key in keys.into_iter().rev() {
        let mut outer = toml::Table::new();
        outer.insert(key.to_owned(), toml::Value::Table(table));
        table = outer;
    }
    Some((name.to_owned(), table))
}

fn merge(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(table)) => merge(inner, table),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn note_origins(table: &toml::Table, prefix: &str, origin: &str, origins: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => note_origins(inner, &path, origin, origins),
            _ => {
                origins.insert(path, origin.to_owned());
            }
        }
    }
}

/// Where fetched programs are kept: OTORI_USERLAND_CACHE, else the data folder.
pub fn userland_cache(data: &Path) -> PathBuf {
    std::env::var_os("OTORI_USERLAND_CACHE").map_or_else(|| data.join("userland"), PathBuf::from)
}

/// Adds the nearest known key to "unknown field `x`, expected one of `a`, `b`".
fn explain(message: &str) -> String {
    let message = message.trim_end();
    let Some((_, rest)) = message.split_once("unknown field `") else { return message.to_owned() };
    let mut names = rest.split('`').step_by(2);
    let Some(unknown) = names.next() else { return message.to_owned() };
    let known = rest.split('`').skip(2).step_by(2);
    let nearest = known.map(|name| (distance(unknown, name), name)).min();
    match nearest {
        Some((away, name)) if away <= unknown.len().max(3) / 2 => {
            format!("{message}\ndid you mean `{name}`?")
        }
        _ => message.to_owned(),
    }
}

/// Levenshtein distance; keys are short.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let change = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_nearest_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("otori.toml");
        std::fs::write(&path, "[hub]\nlisen = \"127.0.0.1:1\"\n").unwrap();
        let error = load(Some(&path)).err().unwrap().to_string();
        assert!(error.contains("line 2"), "{error}");
        assert!(error.contains("did you mean `listen`?"), "{error}");
    }

    #[test]
    fn the_environment_wins_over_a_file_by_key() {
        let mut merged =
            toml::from_str::<toml::Table>("[hub]\nlisten = \"a\"\n[lab]\nworkers = 1\n").unwrap();
        let (_, over) = environment_value("OTORI_LAB__WORKERS", "3").unwrap();
        merge(&mut merged, over);
        assert_eq!(merged["lab"]["workers"].as_integer(), Some(3));
        assert_eq!(merged["hub"]["listen"].as_str(), Some("a"));
        assert!(environment_value("OTORI_SHARED", "x").is_none());
    }

    #[test]
    fn the_default_configuration_survives_being_written_and_read() {
        let text = toml::to_string(&Config::default()).unwrap();
        toml::from_str::<Config>(&text).unwrap();
    }
}
