//! `cargo xtask fuzz [TARGET] [--minutes N]`: builds and runs a target of `fuzz/` with libFuzzer, on the stable toolchain.
//!
//! The crates are safe Rust, so no sanitizer is needed; cargo-fuzz's own flags are what `RUSTC_BOOTSTRAP` allows. Inputs
//! that reached something new are kept in `target/fuzz/corpus/TARGET`, failing ones in `target/fuzz/artifacts/TARGET`.
use crate::shell::{has, root, run_command};
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;
use std::process::Command;

const USAGE: &str = "\
cargo xtask fuzz [TARGET] [--minutes N] [--input FILE]
  without TARGET: the names; --input runs one failing input again";
/// Minutes when none are named.
const MINUTES: u64 = 1;
/// An input that takes longer is a finding (the slowest honest one takes a tenth of it on a busy machine).
const INPUT_SECONDS_MAX: u64 = 25;
/// More resident memory than this is a finding.
const MEMORY_MIB_MAX: u64 = 1024;

/// What a target is given, where libFuzzer's first choice of 4 KiB is too short to reach anything.
const LENGTHS: &[(&str, u64)] =
    &[("guest_code", 24_576), ("system_calls", 16_384), ("detonate", 65_536), ("executable", 24_576)];

/// Names of the targets: the files in `fuzz/targets`.
fn targets() -> Result<Vec<String>> {
    let folder = root().join("fuzz/targets");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let mut names: Vec<String> = entries.filter_map(|entry| stem(&entry.ok()?.path())).collect();
    names.sort();
    Ok(names)
}

/// Runs the command's arguments.
pub fn run(arguments: &[&str]) -> Result<()> {
    let (mut target, mut minutes, mut input) = (None, MINUTES, None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match *word {
            "--minutes" => {
                let value = words.next().context("--minutes needs a number")?;
                minutes = value.parse().context("--minutes is a number")?;
            }
            "--input" => input = Some(words.next().context("--input needs a file")?.to_string()),
            word if word.starts_with('-') => bail!("{word} is unknown\n{USAGE}"),
            word => target = Some(word.to_owned()),
        }
    }
    let known = targets()?;
    let Some(target) = target else {
        println!("{USAGE}\ntargets: {}", known.join(" "));
        return Ok(());
    };
    ensure!(known.contains(&target), "there is no target {target}; known: {}", known.join(" "));
    ensure!(has("cargo-fuzz"), "cargo-fuzz is missing: cargo install cargo-fuzz");
    fuzz(&target, minutes, input.as_deref())
}

fn fuzz(target: &str, minutes: u64, input: Option<&str>) -> Result<()> {
    let folder = root().join("target/fuzz");
    let (corpus, artifacts) = (folder.join("corpus").join(target), folder.join("artifacts").join(target));
    for folder in [&corpus, &artifacts] {
        std::fs::create_dir_all(folder)?;
    }
    let mut command = Command::new("cargo");
    command.current_dir(root().join("fuzz"));
    command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", &folder);
    command.args(["fuzz", "run", "--sanitizer", "none", "--features", target, target]);
    match input {
        Some(input) => _ = command.arg(std::path::absolute(input)?),
        None => _ = command.arg(&corpus),
    }
    command.arg("--").args([
        format!("-max_total_time={}", minutes * 60),
        format!("-timeout={INPUT_SECONDS_MAX}"),
        format!("-rss_limit_mb={MEMORY_MIB_MAX}"),
        format!("-artifact_prefix={}/", artifacts.display()),
        "-print_final_stats=1".to_owned(),
        "-len_control=20".to_owned(),
    ]);
    if let Some((_, bytes)) = LENGTHS.iter().find(|row| row.0 == target) {
        command.arg(format!("-max_len={bytes}"));
    }
    run_command(&mut command)
}
