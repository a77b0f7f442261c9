//! `otori devices`: profiles of devices, learned and shown. Neighbours: `options` (devices for the verbs that look at
//! packets), `learn`, `socket` (changes while a guard runs).
mod learn;
mod options;
mod socket;

pub use options::DeviceOptions;

use super::Failure;
use anyhow::Context;
use otori_tap::device::profile::import;
use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

/// Options of `otori devices`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Propose profiles (MUD files, RFC 8520) from what devices did in a quiet time
    Learn(learn::Arguments),
    /// Print what a MUD file allows; exit code 1 when something in it is not understood
    Show {
        /// The MUD file
        file: PathBuf,
    },
}

/// Runs it.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.action {
        Action::Learn(arguments) => learn::run(&arguments),
        Action::Show { file } => show(&file),
    }
}

fn show(file: &PathBuf) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let (profile, told) =
        import(&text).map_err(|error| Failure::Configuration(format!("{}: {error}", file.display())))?;
    let mut out = io::stdout().lock();
    let lines = profile.allows.iter().try_for_each(|allow| writeln!(out, "{allow}"));
    lines.context("cannot write")?;
    for why in &told {
        eprintln!("otori: {}: {why}", file.display());
    }
    Ok(if told.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
