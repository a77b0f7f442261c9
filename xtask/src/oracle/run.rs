//! `cargo xtask oracle run`: every chosen invocation on both sides, compared. Key function: [`run`]; key type:
//! [`Verdict`]. Neighbour: report.rs counts and writes.
use super::fetch::root_of;
use super::invocation::{Group, Invocation};
use super::known::Known;
use super::report::{Report, shown};
use super::set::Set;
use super::side::{Ended, Ran, Sides};
use super::{Choice, built, invocation, programs};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A line of progress after so many runs.
const PROGRESS_EVERY: usize = 50;
/// The exit statuses of who could not start the program: chroot, the shell, `otori exec`.
const NOT_STARTED: [i32; 2] = [126, 127];
/// What `otori exec` says of a set that it does not know.
const NOT_EMULATED: &str = "is not emulated";

/// How a comparison ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// same output, same status
    Equal,
    /// different, and the oracle is at fault
    Known(String),
    /// different; what differs first
    Different(String),
}

/// One comparison to make.
struct Job<'a> {
    set: &'static Set,
    group: &'a Group,
    invocation: &'a Invocation,
    root: PathBuf,
}

/// Compares what was chosen; gives the counts.
pub fn run(choice: &Choice, sides: &Sides) -> Result<Report> {
    let known = Known::read()?;
    let mut report = Report::default();
    let (list, built) = (invocation::read()?, built::roots()?);
    let mut groups: Vec<(&'static Set, Vec<Group>)> = vec![];
    for set in &choice.sets {
        let whole = list.iter().cloned().chain([programs::group(set)?]);
        groups.push((*set, whole.filter(|group| choice.takes_group(&group.name)).collect()));
    }
    let mut jobs = vec![];
    for (set, groups) in &groups {
        if let Err(reason) = sides.oracle_ready(set) {
            report.skip(set, "", format!("{reason:#}"));
            continue;
        }
        for group in groups {
            add_jobs(&mut jobs, &mut report, choice, (*set, group), &built);
        }
    }
    leave_out_unknown_sets(&mut jobs, &mut report, sides)?;
    println!("  {} comparisons, {} at a time", jobs.len(), choice.jobs);
    let began = Instant::now();
    let (next, report) = (AtomicUsize::new(0), Mutex::new(report));
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..choice.jobs).map(|_| scope.spawn(|| work(&jobs, &next, sides, &known, &report))).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a worker does not panic"))
    })?;
    println!("  {} comparisons in {} s", jobs.len(), began.elapsed().as_secs());
    report.into_inner().context("no worker panics while it counts")
}

fn add_jobs<'a>(
    jobs: &mut Vec<Job<'a>>,
    report: &mut Report,
    choice: &Choice,
    (set, group): (&'static Set, &'a Group),
    built: &[String],
) {
    let root = root_of(set, &group.root);
    let chosen = |invocation: &&Invocation| choice.takes(invocation);
    if !group.invocations.iter().any(|invocation| chosen(&invocation)) {
        return;
    }
    if !root.is_dir() {
        let verb = if set.debian && group.name != "programs" { "fetch" } else { "build" };
        let reason = if set.debian || group.name == "programs" || built.contains(&group.root) {
            format!("no root: cargo xtask oracle {verb} {}", set.name)
        } else {
            "Debian has no packages for this set, and no script builds it".into()
        };
        report.skip(set, &group.name, reason);
        return;
    }
    for invocation in group.invocations.iter().filter(chosen) {
        if invocation.not.iter().any(|name| name == set.name) {
            continue;
        }
        jobs.push(Job { set, group, invocation, root: root.clone() });
    }
}

/// Asks the engine once per set whether it knows it.
fn leave_out_unknown_sets(jobs: &mut Vec<Job>, report: &mut Report, sides: &Sides) -> Result<()> {
    let mut unknown: Vec<&'static str> = vec![];
    let mut asked: Vec<&'static str> = vec![];
    for job in jobs.iter() {
        if asked.contains(&job.set.name) {
            continue;
        }
        asked.push(job.set.name);
        let ran = sides.ours(
            &job.root,
            &job.invocation.arguments,
            Duration::from_secs(job.invocation.limit_seconds),
        )?;
        if String::from_utf8_lossy(&ran.stderr).contains(NOT_EMULATED) {
            unknown.push(job.set.name);
            report.skip(job.set, "", "the engine does not emulate this set".into());
        }
    }
    jobs.retain(|job| !unknown.contains(&job.set.name));
    Ok(())
}

fn work(
    jobs: &[Job],
    next: &AtomicUsize,
    sides: &Sides,
    known: &Known,
    report: &Mutex<Report>,
) -> Result<()> {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(job) = jobs.get(number) else { return Ok(()) };
        let limit = Duration::from_secs(job.invocation.limit_seconds);
        let theirs = sides.oracle(job.set, &job.root, &job.invocation.arguments, limit)?;
        let ours = sides.ours(&job.root, &job.invocation.arguments, limit)?;
        let (set, group, name) = (job.set, &job.group.name, &job.invocation.name);
        let verdict = match (compare(&ours, &theirs), known.reason(set.name, group, name)) {
            (Verdict::Different(_), Some(reason)) => Verdict::Known(reason.into()),
            (verdict, _) => verdict,
        };
        if let Verdict::Different(what) = &verdict {
            println!("  DIFFERENT {} {group}/{name}: {what}", set.name);
        }
        let mut report = report.lock().expect("no worker panics while it counts");
        report.count(set, group, name, &verdict, ours.took, theirs.took);
        if report.done().is_multiple_of(PROGRESS_EVERY) {
            println!("  {} of {} done, {} different", report.done(), jobs.len(), report.different());
        }
    }
}

/// Compares standard output and status.
pub fn compare(ours: &Ran, theirs: &Ran) -> Verdict {
    if ours.ended != theirs.ended {
        let last = String::from_utf8_lossy(&ours.stderr);
        let last = last.lines().last().unwrap_or_default().chars().take(160).collect::<String>();
        return Verdict::Different(format!(
            "{:?}, the oracle {:?}; standard error: {last}",
            ours.ended, theirs.ended
        ));
    }
    if ours.stdout != theirs.stdout {
        return Verdict::Different(shown(&ours.stdout, &theirs.stdout));
    }
    let started = match ours.ended {
        Ended::Status(status) => !NOT_STARTED.contains(&status) || !ours.stdout.is_empty(),
        Ended::Late | Ended::Flood => false,
    };
    if !started {
        return Verdict::Different(format!("both sides {:?} without a result", ours.ended));
    }
    Verdict::Equal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(status: i32, stdout: &str) -> Ran {
        let (stdout, stderr) = (stdout.as_bytes().to_vec(), vec![]);
        Ran { ended: Ended::Status(status), stdout, stderr, took: Duration::ZERO }
    }

    #[test]
    fn only_same_output_and_status_are_equal() {
        assert_eq!(compare(&ran(0, "a\n"), &ran(0, "a\n")), Verdict::Equal);
        assert!(matches!(compare(&ran(0, "a\n"), &ran(0, "b\n")), Verdict::Different(_)));
        assert!(matches!(compare(&ran(1, "a\n"), &ran(0, "a\n")), Verdict::Different(_)));
        assert!(matches!(compare(&ran(126, ""), &ran(126, "")), Verdict::Different(_)));
    }
}
