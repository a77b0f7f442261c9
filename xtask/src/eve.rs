//! `cargo xtask eve`: the packet engine over the shared cases of EVE events, per tier; and what must not get worse.
//!
//! The cases and their runner lie beside the project (`OTORI_SHARED`, else `../shared`) and are never copied. What a
//! tier reached is recorded in `vectors/eve-cases.floor`; `cargo xtask test` fails when a tier falls below it.
use crate::shell::{command, root};
use crate::step::Outcome;
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;

/// All tiers, in the order of the report.
const TIERS: &[&str] = &["T1", "T2", "EV"];
const FLOOR: &str = "vectors/eve-cases.floor";
const USAGE: &str = "cargo xtask eve [--tier T1|T2|EV|all] [--only alert|all] [--record]";

/// How to run them.
struct Options {
    tiers: Vec<&'static str>,
    only: String,
    record: bool,
}

/// Passed and failed cases of one tier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Score {
    passed: u32,
    total: u32,
}

fn options(arguments: &[String]) -> Result<Options> {
    let mut options = Options { tiers: Vec::new(), only: "alert".into(), record: false };
    let mut words = arguments.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "--tier" => match words.next() {
                Some("all") => options.tiers = TIERS.to_vec(),
                Some(name) => match TIERS.iter().find(|tier| **tier == name) {
                    Some(tier) => options.tiers.push(tier),
                    None => bail!("unknown tier {name:?}; {USAGE}"),
                },
                None => bail!("--tier wants a tier; {USAGE}"),
            },
            "--only" => options.only = words.next().context(USAGE)?.to_owned(),
            "--record" => options.record = true,
            other => bail!("unknown option {other:?}; {USAGE}"),
        }
    }
    if options.tiers.is_empty() {
        options.tiers = TIERS.to_vec();
    }
    Ok(options)
}

/// Where cases and runner are, if they are there.
fn shared() -> Option<(PathBuf, PathBuf)> {
    let folder = std::env::var_os("OTORI_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let (runner, cases) = (folder.join("tools/eve-cases"), folder.join("eve-cases"));
    (runner.is_file() && cases.join("cases.tsv").is_file()).then_some((runner, cases))
}

/// Runs one tier; failed cases are printed with their reason.
fn tier(name: &str, only: &str) -> Result<Score> {
    let (runner, cases) =
        shared().context("no shared cases; set OTORI_SHARED to the folder that has eve-cases")?;
    let list = root().join(format!("target/eve-{name}-{only}.tsv"));
    let mut run = command("python3", &[]);
    run.arg(runner).args(["--otori"]).arg(root().join("target/debug/otori"));
    run.args(["--tier", name, "--only", only, "--list"]).arg(&list).arg(cases);
    let output = run.stderr(Stdio::inherit()).output().context("cannot start python3")?;
    ensure!(output.status.success(), "the runner ended with {}; it needs python3-yaml", output.status);
    let text = std::fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
    let mut score = Score::default();
    for line in text.lines() {
        let mut fields = line.split('\t');
        let (case, result) = (fields.next().unwrap_or(""), fields.next().unwrap_or(""));
        score.total += u32::from(result != "skip");
        score.passed += u32::from(result == "pass");
        if result == "fail" {
            println!("  FAIL {name} {case}: {}", fields.next().unwrap_or(""));
        }
    }
    Ok(score)
}

fn floors() -> Result<BTreeMap<String, u32>> {
    let text = std::fs::read_to_string(root().join(FLOOR)).with_context(|| format!("cannot read {FLOOR}"))?;
    let rows = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    rows.map(|line| {
        let (key, count) = line.rsplit_once(' ').with_context(|| format!("{FLOOR}: {line:?}"))?;
        Ok((key.to_owned(), count.trim().parse().with_context(|| format!("{FLOOR}: {line:?}"))?))
    })
    .collect()
}

/// `cargo xtask eve`.
pub fn run(arguments: &[String]) -> Result<()> {
    let options = options(arguments)?;
    crate::shell::run("cargo", &["build", "-q", "-p", "otori"])?;
    let mut scores = Vec::new();
    for name in &options.tiers {
        scores.push((*name, tier(name, &options.only)?));
    }
    for (name, score) in &scores {
        let percent = f64::from(score.passed) * 100.0 / f64::from(score.total.max(1));
        println!("{name} ({}): {} of {} pass, {percent:.1} %", options.only, score.passed, score.total);
    }
    if options.record {
        let mut all = floors().unwrap_or_default();
        all.extend(scores.iter().map(|(name, score)| (format!("{name} {}", options.only), score.passed)));
        let rows: String = all.iter().map(|(key, count)| format!("{key} {count}\n")).collect();
        let head = "# Tier, what is scored, cases that pass: `cargo xtask test` fails below this. Written by `cargo xtask eve --record`.\n";
        std::fs::write(root().join(FLOOR), format!("{head}{rows}"))?;
    }
    Ok(())
}

/// The part of `cargo xtask test`: no tier may fall below what is recorded. Skipped where the cases are not.
pub fn regression() -> Result<Outcome> {
    if shared().is_none() {
        return Ok(Outcome::Skipped("the shared cases are not beside the project (OTORI_SHARED)".into()));
    }
    let floors = floors()?;
    let mut fallen = Vec::new();
    for name in TIERS {
        let score = tier(name, "alert")?;
        let floor = floors.get(&format!("{name} alert")).copied().unwrap_or(0);
        println!("  {name}: {} of {} pass, recorded {floor}", score.passed, score.total);
        if score.passed < floor {
            fallen.push(format!("{name}: {} pass, {floor} did", score.passed));
        }
    }
    ensure!(fallen.is_empty(), "{}", fallen.join("; "));
    Ok(Outcome::Passed)
}
