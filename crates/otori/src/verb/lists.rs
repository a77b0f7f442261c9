//! Loads lists of hosts and URLs for the verbs that look at packets. Key type: [`Options`].
use super::Failure;
use anyhow::Context;
use otori_rule::{Action, list::ListSpec};
use otori_tap::Engine;
use std::{
    path::{Path, PathBuf},
    time::Instant,
};

/// The option that names lists.
#[derive(clap::Args)]
pub struct Options {
    /// A list of hosts and URLs, and what is done with who asks for one of them: pass, alert, drop or reject; pass takes
    /// a host from all other lists. Names mean all below them. May be repeated
    #[arg(long = "list", value_name = "ACTION:CATEGORY:FILE")]
    lists: Vec<String>,
}

impl Options {
    /// Whether any is named.
    pub const fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// Loads every list; lines that are refused are reported, the others count.
    pub fn load(&self, engine: &mut Engine) -> anyhow::Result<()> {
        for argument in &self.lists {
            let (spec, path) = parse(argument).map_err(Failure::Configuration)?;
            load(engine, spec, &path)?;
        }
        Ok(())
    }
}

fn parse(argument: &str) -> Result<(ListSpec, PathBuf), String> {
    let mut parts = argument.splitn(3, ':');
    let (Some(action), Some(category), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(format!("--list {argument}: write ACTION:CATEGORY:FILE, as in drop:malware:urls.txt"));
    };
    let action = match action {
        "pass" => Action::Pass,
        "alert" => Action::Alert,
        "drop" => Action::Drop,
        "reject" => Action::Reject,
        _ => return Err(format!("--list {argument}: {action:?} is none of pass, alert, drop and reject")),
    };
    let path = PathBuf::from(path);
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok((ListSpec { name, category: category.to_owned(), action }, path))
}

fn load(engine: &mut Engine, spec: ListSpec, path: &Path) -> anyhow::Result<()> {
    let begun = Instant::now();
    let name = spec.name.clone();
    let twice = engine.lists().iter().any(|list| list.spec().name == name);
    if twice {
        let text = format!("two lists are called {name:?}: rename the file {}", path.display());
        return Err(Failure::Configuration(text).into());
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read the list {}", path.display()))?;
    let lists = engine.lists();
    let report = lists.load(spec, &bytes).map_err(|error| Failure::Configuration(error.to_string()))?;
    for (line, why) in &report.told {
        eprintln!("otori: {}:{line}: {why}", path.display());
    }
    if report.refused > report.told.len() {
        eprintln!("otori: and {} more lines", report.refused - report.told.len());
    }
    if report.beyond > 0 {
        eprintln!("otori: {}: {} entries are too many and left out", path.display(), report.beyond);
    }
    let memory = lists.iter().find(|list| list.spec().name == name).map_or(0, |list| list.memory_bytes());
    eprintln!(
        "otori: {}: {} entries, {} lines refused, {:.1} MB, {} ms",
        path.display(),
        report.entries,
        report.refused,
        memory as f64 / 1e6,
        begun.elapsed().as_millis()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_says_what_is_done_and_why() {
        let (spec, path) = parse("drop:malware:lists/url:haus.txt").unwrap();
        assert_eq!(
            spec,
            ListSpec { name: "url:haus".into(), category: "malware".into(), action: Action::Drop }
        );
        assert_eq!(path, Path::new("lists/url:haus.txt"));
        for bad in ["urls.txt", "drop:urls.txt", "block:malware:urls.txt"] {
            assert!(parse(bad).unwrap_err().contains(bad));
        }
    }
}
