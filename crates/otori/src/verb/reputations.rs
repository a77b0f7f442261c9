//! Loads what is known of addresses for the verbs that match packets: reputations (`iprep`) and countries (`geoip`).
//!
//! Key type: [`ReputationOptions`].
use super::{Failure, watch};
use otori_hub::place::Atlas;
use otori_rule::{
    country::Countries,
    reputation::{ReputationReport, Reputations},
};
use std::{
    path::{Path, PathBuf},
    time::Instant,
};

/// The options that name files of reputations.
#[derive(clap::Args, Clone, Default)]
pub struct ReputationOptions {
    /// Categories of reputations for iprep, as Suricata's reputation-categories-file: ID,NAME,DESCRIPTION
    #[arg(long = "reputation-categories", value_name = "FILE")]
    pub categories: Option<PathBuf>,
    /// Reputations for iprep, as Suricata's reputation-files: ADDRESS or NETWORK,CATEGORY,SCORE; may be repeated
    #[arg(long = "reputation", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Countries of addresses for geoip, as Suricata's geoip-database: a file of MaxMind's form [default: the table of this
    /// build]
    #[arg(long, value_name = "FILE")]
    pub geoip_database: Option<PathBuf>,
}

impl ReputationOptions {
    /// Loads the categories and all scores; call it before rules are read. Lines that are refused are reported, the others
    /// count.
    pub fn load(&self, into: &Reputations) -> anyhow::Result<()> {
        if let Some(path) = &self.categories {
            load_categories(path, into).map_err(Failure::Configuration)?;
        } else if !self.files.is_empty() {
            let text = "reputations without categories: name their file with --reputation-categories";
            return Err(Failure::Configuration(text.into()).into());
        }
        if !self.files.is_empty() {
            load_scores(&self.files, into);
        }
        Ok(())
    }
    /// Loads the table of countries; call it before rules are read.
    pub fn load_countries(&self, into: &Countries) -> anyhow::Result<()> {
        let Some(path) = &self.geoip_database else {
            let atlas = Atlas::embedded();
            if atlas.has_countries() {
                into.set(move |ip| atlas.country(ip)?.as_bytes().try_into().ok());
            }
            return Ok(());
        };
        let loaded =
            std::fs::read(path).map_err(|error| error.to_string()).and_then(|bytes| into.load(bytes));
        loaded.map_err(|why| {
            let remedy =
                "name a database of countries in MaxMind's form with --geoip-database or geoip-database";
            Failure::Configuration(format!("cannot read the countries {}: {why}; {remedy}", path.display()))
                .into()
        })
    }
    /// Takes every change of the files of categories and scores from now on; the next packet is asked against the new ones.
    pub fn follow(&self, into: Reputations) {
        let (categories, files) = (self.categories.clone(), self.files.clone());
        let all: Vec<PathBuf> = files.iter().chain(&categories).cloned().collect();
        if all.is_empty() {
            return;
        }
        watch::any_changes(all, move |_| {
            if let Some(Err(why)) = categories.as_ref().map(|path| load_categories(path, &into)) {
                eprintln!("otori: {why}");
            }
            load_scores(&files, &into);
        });
    }
}

/// The file of categories; the error says what to do.
fn load_categories(path: &Path, into: &Reputations) -> Result<(), String> {
    let text = std::fs::read(path).map_err(|error| {
        format!(
            "cannot read the categories of reputations {}: {error}; name the file with --reputation-categories or \
             reputation-categories-file",
            path.display()
        )
    })?;
    tell(&into.load_categories(&path.display().to_string(), &String::from_utf8_lossy(&text)));
    Ok(())
}

/// A file that cannot be read is told, the others count.
fn load_scores(files: &[PathBuf], into: &Reputations) {
    let begun = Instant::now();
    let read = |path: &PathBuf| match std::fs::read(path) {
        Ok(bytes) => Some((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) => {
            let remedy = "see --reputation, reputation-files and default-reputation-path";
            eprintln!("otori: cannot read the reputations {}: {error}; {remedy}", path.display());
            None
        }
    };
    let texts: Vec<(String, String)> = files.iter().filter_map(read).collect();
    let report = into.load(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    tell(&report);
    let spent = begun.elapsed().as_millis();
    eprintln!("otori: {} reputations, {} lines refused, {spent} ms", report.entries, report.refused);
}

fn tell(report: &ReputationReport) {
    for error in &report.told {
        eprintln!("otori: line refused: {error}");
    }
    if report.refused > report.told.len() {
        eprintln!("otori: and {} more", report.refused - report.told.len());
    }
}

/// A file of Suricata's `reputation-files`: below the default path, unless it says where it is.
pub fn placed(default: Option<&Path>, file: &str) -> PathBuf {
    default.map_or_else(|| PathBuf::from(file), |folder| folder.join(file))
}
