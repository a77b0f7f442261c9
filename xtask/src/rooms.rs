//! Invariant 1: engines never call engines. Compares `cargo metadata` with the table of ARCHITECTURE.md.
use crate::shell::output;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;

/// Which rooms a room may use (normal and build dependencies; tests may use more).
const MAY_USE: &[(&str, &[&str])] = &[
    ("otori-event", &[]),
    ("otori-cpu", &[]),
    ("otori-wire", &["event"]),
    ("otori-linux", &["cpu", "event"]),
    ("otori-rule", &["wire", "event"]),
    ("otori-store", &["event"]),
    ("otori-device", &["linux", "event"]),
    ("otori-decoy", &["device", "event"]),
    ("otori-lab", &["device", "wire", "event"]),
    ("otori-tap", &["wire", "rule", "event"]),
    ("otori-intel", &["event"]),
    ("otori-act", &["event"]),
    ("otori-hub", &["store", "intel", "act", "event"]),
];

/// Outside crates that only these rooms may use: who serves HTTP, who knows the disk format, who touches packets.
const ONLY: &[(&str, &[&str])] = &[
    ("axum", &["otori-hub"]),
    ("rusqlite", &["otori-store"]),
    ("parquet", &["otori-store"]),
    ("nfq", &["otori-tap"]),
];

/// Licences a dependency may have, as SPDX words.
const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "0BSD",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "Unlicense",
    "MIT-0",
    "BSL-1.0",
];

fn names(package: &Value) -> impl Iterator<Item = &str> {
    let list = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter(|d| d["kind"] != "dev").filter_map(|d| d["name"].as_str())
}

/// Edges between rooms, and who may use which outside crate.
pub fn check_edges() -> Result<()> {
    let metadata: Value =
        serde_json::from_str(&output("cargo", &["metadata", "--format-version", "1", "--no-deps"])?)?;
    let packages = metadata["packages"].as_array().context("cargo metadata has packages")?;
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        if name == "otori" || name == "xtask" {
            continue;
        }
        let row = MAY_USE.iter().find(|(room, _)| *room == name);
        let (_, allowed) =
            row.with_context(|| format!("{name} has no row in the table of rooms (xtask/src/rooms.rs)"))?;
        for dependency in names(package) {
            if let Some(room) = dependency.strip_prefix("otori-") {
                ensure!(
                    allowed.contains(&room),
                    "{name} must not use {dependency}: engines never call engines"
                );
            }
            if let Some((_, users)) = ONLY.iter().find(|(outside, _)| *outside == dependency) {
                ensure!(users.contains(&name), "{name} must not use {dependency}; only {users:?} may");
            }
        }
    }
    println!("  {} rooms keep to their edges", packages.len());
    Ok(())
}

/// Every dependency, at any depth, has a licence of the list.
pub fn check_licences() -> Result<()> {
    let metadata: Value = serde_json::from_str(&output("cargo", &["metadata", "--format-version", "1"])?)?;
    let packages = metadata["packages"].as_array().context("cargo metadata has packages")?;
    let mut seen = BTreeSet::new();
    for package in packages {
        let licence = package["license"].as_str().unwrap_or("none");
        let fits = |word: &str| LICENCES.contains(&word.trim_matches(['(', ')']));
        let any_of = licence.replace('/', " OR ");
        let accepted = any_of.split(" OR ").any(|choice| {
            choice.split(" AND ").all(|w| fits(w.trim().trim_end_matches(" WITH LLVM-exception")))
        });
        ensure!(accepted, "{} has the licence {licence}", package["name"]);
        seen.insert(licence.to_owned());
    }
    println!("  {} packages, licences: {}", packages.len(), seen.len());
    Ok(())
}
