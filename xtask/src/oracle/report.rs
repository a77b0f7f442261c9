//! Counts comparisons per set and group, prints the table and writes `docs/oracle.md`. Key type: [`Report`].
use super::run::Verdict;
use super::set::{SETS, Set};
use crate::shell::root;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// Characters of a differing line that are shown.
const SHOWN_MAX: usize = 120;
/// The recorded table, in the repository.
const DOCUMENT: &str = "docs/oracle.md";

/// Counts of one set and group.
#[derive(Clone, Default)]
struct Counts {
    equal: usize,
    known: usize,
    different: usize,
    ours: Duration,
    theirs: Duration,
}

/// What a run gave.
#[derive(Default)]
pub struct Report {
    counts: BTreeMap<(usize, String), Counts>,
    differences: Vec<(&'static str, String, String)>,
    known: Vec<(&'static str, String, String)>,
    skipped: Vec<(&'static str, String, String)>,
}

fn position(set: &Set) -> usize {
    SETS.iter().position(|row| row.name == set.name).unwrap_or(SETS.len())
}

impl Report {
    /// A set, or a group of it, that cannot be run, and why.
    pub fn skip(&mut self, set: &Set, group: &str, reason: String) {
        println!("  SKIPPED {} {group}: {reason}", set.name);
        self.skipped.push((SETS[position(set)].name, group.into(), reason));
    }

    /// Counts one comparison.
    pub fn count(
        &mut self,
        set: &'static Set,
        group: &str,
        name: &str,
        verdict: &Verdict,
        ours: Duration,
        theirs: Duration,
    ) {
        let counts = self.counts.entry((position(set), group.into())).or_default();
        counts.ours += ours;
        counts.theirs += theirs;
        let place = format!("{group}/{name}");
        match verdict {
            Verdict::Equal => counts.equal += 1,
            Verdict::Known(reason) => {
                counts.known += 1;
                self.known.push((set.name, place, reason.clone()));
            }
            Verdict::Different(what) => {
                counts.different += 1;
                self.differences.push((set.name, place, what.clone()));
            }
        }
    }

    /// Comparisons made.
    pub fn done(&self) -> usize {
        self.counts.values().map(|counts| counts.equal + counts.known + counts.different).sum()
    }

    /// Comparisons that differ without a known reason.
    pub fn different(&self) -> usize {
        self.differences.len()
    }

    /// Why nothing could be compared, if so.
    pub fn all_skipped(&self) -> Option<String> {
        let first = self.skipped.first().map_or("nothing was chosen", |row| row.2.as_str());
        (self.done() == 0).then(|| first.to_owned())
    }

    /// The table as lines of Markdown.
    fn table(&self) -> String {
        let mut text = String::from(
            "| set | group | run | equal | oracle's fault | different |\n|---|---|---|---|---|---|\n",
        );
        for ((set, group), counts) in &self.counts {
            let run = counts.equal + counts.known + counts.different;
            let name = SETS[*set].name;
            let Counts { equal, known, different, .. } = counts;
            let _ = writeln!(text, "| {name} | {group} | {run} | {equal} | {known} | {different} |");
        }
        text
    }

    /// Prints differences and table.
    pub fn print(&self) {
        let sorted = |rows: &[(&'static str, String, String)]| {
            let mut rows = rows.to_vec();
            rows.sort();
            rows
        };
        for (set, place, what) in sorted(&self.differences) {
            println!("  DIFFERENT {set} {place}: {what}");
        }
        for (set, place, reason) in sorted(&self.known) {
            println!("  oracle's fault: {set} {place}: {reason}");
        }
        for ((set, group), counts) in &self.counts {
            let (ours, theirs) = (counts.ours.as_secs_f32(), counts.theirs.as_secs_f32());
            println!("  {} {group}: {ours:.1} s, the oracle {theirs:.1} s", SETS[*set].name);
        }
        print!("{}", self.table());
        for (set, group, reason) in &self.skipped {
            println!("  skipped {set} {group}: {reason}");
        }
    }

    /// What this run says, row by row.
    fn rows(&self) -> Vec<Row> {
        let mut rows = vec![];
        let mut add = |section: Section, set: &str, place: &str, rest: String| {
            rows.push(Row { section, set: set.into(), place: place.into(), rest });
        };
        for ((set, group), Counts { equal, known, different, .. }) in &self.counts {
            let run = equal + known + different;
            add(Section::Counts, SETS[*set].name, group, format!("{run} | {equal} | {known} | {different}"));
        }
        for (set, place, reason) in &self.known {
            add(Section::Wrong, set, place, reason.clone());
        }
        for (set, place, what) in &self.differences {
            add(Section::Open, set, place, what.replace('|', "\\|"));
        }
        for (set, group, reason) in &self.skipped {
            add(Section::Skipped, set, group, reason.clone());
        }
        rows
    }

    /// Writes the document: the rows of this run, and those of other sets and groups as they were.
    pub fn record(&self) -> Result<()> {
        let path = root().join(DOCUMENT);
        let old = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(&path, document(&old, self.rows()))
            .with_context(|| format!("cannot write {}", path.display()))?;
        println!("  wrote {DOCUMENT}");
        Ok(())
    }
}

/// A table of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Counts,
    Wrong,
    Open,
    Skipped,
}

/// A row of one of its tables.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    section: Section,
    set: String,
    /// group, or group and name
    place: String,
    rest: String,
}

impl Row {
    fn group(&self) -> &str {
        self.place.split('/').next().unwrap_or_default()
    }

    /// A whole set can be skipped: then no group is named, and any row of the set is about the same.
    fn is_about_the_same(&self, other: &Row) -> bool {
        let either_whole = self.place.is_empty() || other.place.is_empty();
        self.set == other.set && (either_whole || self.group() == other.group())
    }

    fn order(&self) -> (Section, usize, &str) {
        let set = SETS.iter().position(|set| set.name == self.set).unwrap_or(SETS.len());
        (self.section, set, &self.place)
    }
}

const INTRODUCTION: &str = "\
# The oracle's table

Generated by `cargo xtask oracle run --record`. Every program of `vectors/oracle` ran on the device engine and on
qemu-user, from the same root; standard output and exit status were compared.
";
const SECTIONS: [(Section, &str, &str); 4] = [
    (Section::Counts, "## Comparisons", "| set | group | run | equal | oracle's fault | different |"),
    (Section::Wrong, "## Where the oracle is wrong", "| set | program | reason |"),
    (Section::Open, "## Open differences", "| set | program | first difference |"),
    (Section::Skipped, "## Not run", "| set | group | reason |"),
];

/// The rows of a document that was written before.
fn parse(text: &str) -> Vec<Row> {
    let mut rows = vec![];
    let mut section = None;
    for line in text.lines() {
        if let Some(found) = SECTIONS.iter().find(|(_, title, _)| *title == line) {
            section = Some(found.0);
        }
        let cells = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |"));
        let mut cells = cells.unwrap_or_default().splitn(3, " | ");
        let (Some(section), Some(set), Some(place), Some(rest)) =
            (section, cells.next(), cells.next(), cells.next())
        else {
            continue;
        };
        if SETS.iter().any(|row| row.name == set) {
            rows.push(Row { section, set: set.into(), place: place.trim().into(), rest: rest.into() });
        }
    }
    rows
}

fn document(old: &str, new: Vec<Row>) -> String {
    let mut rows = parse(old);
    rows.retain(|row| !new.iter().any(|other| other.is_about_the_same(row)));
    rows.extend(new);
    rows.sort_by(|left, right| left.order().cmp(&right.order()));
    let mut text = String::from(INTRODUCTION);
    for (section, title, head) in SECTIONS {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.section == section).collect();
        if rows.is_empty() {
            continue;
        }
        let rule = "|---".repeat(head.matches('|').count() - 1);
        let _ = writeln!(text, "\n{title}\n\n{head}\n{rule}|");
        for Row { set, place, rest, .. } in rows {
            let _ = writeln!(text, "| {set} | {place} | {rest} |");
        }
    }
    text
}

/// The first line in which two outputs differ.
pub fn shown(ours: &[u8], theirs: &[u8]) -> String {
    let (mut left, mut right) = (ours.split(|byte| *byte == b'\n'), theirs.split(|byte| *byte == b'\n'));
    let mut line = 1;
    loop {
        let pair = (left.next(), right.next());
        if pair.0 != pair.1 {
            let show = |part: Option<&[u8]>| match part {
                Some(bytes) => format!("{:?}", cut(bytes)),
                None => "the end".to_owned(),
            };
            return format!("line {line}: {}, the oracle {}", show(pair.0), show(pair.1));
        }
        if pair.0.is_none() {
            return "no line differs".into();
        }
        line += 1;
    }
}

fn cut(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(SHOWN_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(section: Section, set: &str, place: &str, rest: &str) -> Row {
        Row { section, set: set.into(), place: place.into(), rest: rest.into() }
    }

    #[test]
    fn a_part_that_is_run_again_replaces_its_rows_alone() {
        let first = vec![
            row(Section::Counts, "mips", "busybox", "2 | 1 | 0 | 1"),
            row(Section::Open, "mips", "busybox/one", "line 1: \"a\\|b\""),
            row(Section::Counts, "mipsel", "perl", "1 | 1 | 0 | 0"),
            row(Section::Skipped, "i386", "", "the engine does not emulate this set"),
        ];
        let text = document("", first.clone());
        assert_eq!(parse(&text).len(), first.len(), "{text}");
        let again = vec![
            row(Section::Counts, "mips", "busybox", "2 | 2 | 0 | 0"),
            row(Section::Counts, "i386", "perl", "3 | 3 | 0 | 0"),
        ];
        let text = document(&text, again);
        assert!(!text.contains("Open") && !text.contains("does not emulate"), "{text}");
        assert!(
            text.contains("| mipsel | perl | 1 |") && text.contains("| mips | busybox | 2 | 2 |"),
            "{text}"
        );
        assert_eq!(document(&text, vec![]), text);
    }

    #[test]
    fn the_first_difference_is_shown() {
        assert_eq!(shown(b"a\nb\n", b"a\nc\n"), "line 2: \"b\", the oracle \"c\"");
        assert_eq!(shown(b"a", b"a\nb"), "line 2: the end, the oracle \"b\"");
    }
}
