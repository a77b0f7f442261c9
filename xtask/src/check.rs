//! `cargo xtask check`: everything that holds without running the product.
use crate::shell::{self, has};
use crate::step::{Outcome, Steps};
use crate::{docs, rooms, source};
use anyhow::Result;

/// Number of steps that [`add`] runs.
pub const STEPS: usize = 6;

/// Runs the checks alone.
pub fn run() -> Result<()> {
    let mut steps = Steps::new(STEPS);
    add(&mut steps);
    steps.finish()
}

/// Adds the checks to a longer list.
pub fn add(steps: &mut Steps) {
    steps.run("formatting (rustfmt)", || {
        shell::run("cargo", &["fmt", "--all", "--check"]).map(|()| Outcome::Passed)
    });
    steps.run("rooms and file rules", || {
        rooms::check_edges()?;
        source::check_files()?;
        source::check_crates()?;
        source::check_privacy()?;
        Ok(Outcome::Passed)
    });
    steps.run("licences of all dependencies", || rooms::check_licences().map(|()| Outcome::Passed));
    steps.run("cargo-deny", || {
        if !has("cargo-deny") {
            return Ok(Outcome::Skipped(
                "not installed (cargo install cargo-deny); licences were checked above".into(),
            ));
        }
        shell::run("cargo", &["deny", "--offline", "check", "licenses", "bans", "sources"])
            .map(|()| Outcome::Passed)
    });
    steps.run("lints (clippy)", || {
        shell::run("cargo", &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])
            .map(|()| Outcome::Passed)
    });
    steps
        .run("generated documentation is current", || docs::run(docs::Mode::Check).map(|()| Outcome::Passed));
}
