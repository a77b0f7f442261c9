//! `cargo xtask docs`: documentation generated from the rows in the code, so that it cannot lie.
//!
//! Each document is printed by `otori docs NAME` (hidden verb) and committed under docs/generated/.
use crate::shell::{otori, output, root};
use anyhow::{Context, Result, ensure};

/// Write the files, or compare them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// write
    Write,
    /// compare with what is committed
    Check,
}

/// Documents and the file that each becomes.
const DOCUMENTS: &[(&str, &str)] = &[
    ("applications", "docs/generated/applications.md"),
    ("command-line", "docs/generated/command-line.md"),
    ("configuration", "docs/generated/configuration.md"),
    ("keywords", "docs/generated/keywords.md"),
    ("protocols", "docs/generated/protocols.md"),
    ("system-calls", "docs/generated/system-calls.md"),
];

/// Writes or compares every document.
pub fn run(mode: Mode) -> Result<()> {
    let otori = otori()?;
    for (name, path) in DOCUMENTS {
        let text = output(&otori.to_string_lossy(), &["docs", name])?;
        let file = root().join(path);
        if mode == Mode::Write {
            std::fs::create_dir_all(file.parent().context("docs/generated")?)?;
            std::fs::write(&file, text)?;
            println!("  wrote {path}");
        } else {
            let committed = std::fs::read_to_string(&file)
                .with_context(|| format!("{path} is missing; run cargo xtask docs"))?;
            ensure!(committed == text, "{path} is out of date; run cargo xtask docs and commit it");
            println!("  {path} is current");
        }
    }
    Ok(())
}
