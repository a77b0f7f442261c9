//! `cargo xtask oracle`: real programs on the device engine and on qemu-user from the same root, output and exit status
//! compared. Key type: [`Choice`]. The list is data in `vectors/oracle`; set.rs has the instruction sets, fetch.rs and
//! programs.rs make the roots, side.rs runs one program, run.rs compares, report.rs counts.
mod built;
mod fetch;
mod invocation;
mod known;
mod programs;
mod report;
mod run;
mod set;
mod side;

use crate::shell::root;
use crate::step::Outcome;
use anyhow::{Context, Result, bail, ensure};
use invocation::Invocation;
use set::Set;
use side::{Ended, Sides};
use std::path::PathBuf;
use std::time::Duration;

/// How it is called.
pub const USAGE: &str = "\
cargo xtask oracle COMMAND

  fetch [SET...]   Debian programs into the cache (OTORI_ORACLE_CACHE, without it .cache/oracle)
  build [SET...]   cross-compile vectors/oracle/programs into the cache, and Debian's sources where it has no packages
  run              compare: [--isa SET] [--group GROUP] [--only PART OF A NAME] [--quick] [--record] [--jobs N]
                   [--engine BINARY] (without it the newer of target/release/otori and target/debug/otori)
  show SET GROUP/NAME [--engine BINARY]   one invocation on both sides, everything printed
";
/// Programs at a time.
const JOBS: usize = 2;
/// Most that may be asked for.
const JOBS_MAX: usize = 64;

/// What is to be compared.
pub struct Choice {
    sets: Vec<&'static Set>,
    groups: Vec<String>,
    only: Option<String>,
    quick: bool,
    record: bool,
    jobs: usize,
    engine: Option<PathBuf>,
    rest: Vec<String>,
}

impl Choice {
    fn parse(arguments: &[String]) -> Result<Choice> {
        let mut choice = Choice {
            sets: vec![],
            groups: vec![],
            only: None,
            quick: false,
            record: false,
            jobs: JOBS,
            engine: None,
            rest: vec![],
        };
        let mut names = vec![];
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().cloned().with_context(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--isa" => names.extend(value()?.split(',').map(str::to_owned)),
                "--group" => choice.groups.extend(value()?.split(',').map(str::to_owned)),
                "--only" => choice.only = Some(value()?),
                "--quick" => choice.quick = true,
                "--record" => choice.record = true,
                "--jobs" => choice.jobs = value()?.parse().context("--jobs is a number")?,
                "--engine" => choice.engine = Some(PathBuf::from(value()?)),
                word if word.starts_with('-') => bail!("{word} is unknown\n{USAGE}"),
                word => choice.rest.push(word.to_owned()),
            }
        }
        ensure!((1..=JOBS_MAX).contains(&choice.jobs), "--jobs is 1 to {JOBS_MAX}");
        choice.sets = set::named(&names)?;
        Ok(choice)
    }

    fn takes_group(&self, name: &str) -> bool {
        self.groups.is_empty() || self.groups.iter().any(|group| group == name)
    }

    fn takes(&self, invocation: &Invocation) -> bool {
        let named = self.only.as_ref().is_none_or(|part| invocation.name.contains(part.as_str()));
        named && (invocation.quick || !self.quick)
    }

    /// The binary that runs programs.
    fn engine(&self) -> Result<PathBuf> {
        if let Some(engine) = &self.engine {
            return engine.canonicalize().with_context(|| format!("there is no {}", engine.display()));
        }
        let built = ["target/release/otori", "target/debug/otori"].map(|path| root().join(path));
        let changed = |path: &PathBuf| path.metadata().and_then(|found| found.modified()).ok();
        let newest = built.into_iter().filter(|path| path.is_file()).max_by_key(changed);
        newest.context("there is no otori yet: cargo build --release -p otori --bin otori")
    }
}

/// `cargo xtask oracle ARGUMENTS`.
pub fn run(arguments: &[String]) -> Result<()> {
    let Some((verb, arguments)) = arguments.split_first() else { bail!("say what to do\n{USAGE}") };
    let choice = Choice::parse(arguments)?;
    match verb.as_str() {
        "fetch" => fetch::fetch(&set::named(&choice.rest)?, fetch::When::Asked),
        "build" => {
            let sets = set::named(&choice.rest)?;
            programs::build(&sets)?;
            built::build(&sets)
        }
        "run" => compare(&choice),
        "show" => show(&choice),
        _ => bail!("{verb} is unknown\n{USAGE}"),
    }
}

fn compare(choice: &Choice) -> Result<()> {
    if choice.record {
        ensure!(choice.only.is_none() && !choice.quick, "--record is for whole groups");
    }
    ensure!(choice.rest.is_empty(), "{} is unknown\n{USAGE}", choice.rest.join(" "));
    let sides = Sides::prepare(choice.engine()?)?;
    let report = run::run(choice, &sides)?;
    report.print();
    if choice.record {
        report.record()?;
    }
    ensure!(report.different() == 0, "{} comparisons differ", report.different());
    Ok(())
}

/// Prints everything of one invocation.
fn show(choice: &Choice) -> Result<()> {
    let [set, place] = choice.rest.as_slice() else { bail!("show SET GROUP/NAME") };
    let set = set::named(std::slice::from_ref(set))?[0];
    let (group, name) = place.split_once('/').context("it is GROUP/NAME")?;
    let mut groups = invocation::read()?;
    groups.push(programs::group(set)?);
    let group = groups.iter().find(|row| row.name == group).with_context(|| format!("no group {group}"))?;
    let found = group.invocations.iter().find(|row| row.name == name);
    let found = found.with_context(|| format!("no {name} in {}", group.name))?;
    let sides = Sides::prepare(choice.engine()?)?;
    sides.oracle_ready(set)?;
    let folder = fetch::root_of(set, &group.root);
    println!("{:?}", sides.our_command(&folder, &found.arguments));
    let limit = Duration::from_secs(found.limit_seconds);
    let ours = sides.ours(&folder, &found.arguments, limit)?;
    let theirs = sides.oracle(set, &folder, &found.arguments, limit)?;
    for (who, ran) in [("otori", &ours), ("oracle", &theirs)] {
        println!("---- {who}: {:?}, {} ms", ran.ended, ran.took.as_millis());
        print!("{}", String::from_utf8_lossy(&ran.stdout));
        println!("---- {who}, standard error");
        print!("{}", String::from_utf8_lossy(&ran.stderr));
    }
    println!("---- {:?}", run::compare(&ours, &theirs));
    ensure!(ours.ended != Ended::Late, "it was still running after {} s", limit.as_secs());
    Ok(())
}

/// The quick part, for `cargo xtask test`: fetches and builds what is missing; skipped when nothing can be compared.
pub fn quick() -> Result<Outcome> {
    let sets = set::named(&[])?;
    if let Err(error) = fetch::fetch(&sets, fetch::When::Test) {
        println!("  {error:#}");
    }
    programs::build(&sets)?;
    let choice = Choice::parse(&["--quick".to_owned()])?;
    let report = run::run(&choice, &Sides::prepare(choice.engine()?)?)?;
    report.print();
    if let Some(reason) = report.all_skipped() {
        return Ok(Outcome::Skipped(reason));
    }
    ensure!(report.different() == 0, "{} comparisons differ", report.different());
    Ok(Outcome::Passed)
}
