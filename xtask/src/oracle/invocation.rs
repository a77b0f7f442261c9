//! The list of what is run, read from `vectors/oracle/*.txt`, one file per group. Key types: [`Group`], [`Invocation`].
//!
//! A file starts with lines `KEY VALUE`: `root` (the group's root below the cache), `program` (argument vector, words
//! apart), `take words` (the body is split into words; otherwise it is one argument), `limit` (seconds). Then, for each
//! invocation, a line `=== NAME [quick] [limit=SECONDS] [not=SET,SET]` and the body. Lines before the first `===` that
//! start with `#` are comments.
use crate::shell::root;
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::PathBuf;

/// Seconds an invocation may take when neither file nor line says otherwise.
const LIMIT_SECONDS: u64 = 30;

/// One file of the list.
#[derive(Clone, Debug)]
pub struct Group {
    /// name of the file, without its ending
    pub name: String,
    /// which root its programs stand in; see fetch.rs
    pub root: String,
    /// its invocations, in the order of the file
    pub invocations: Vec<Invocation>,
}

/// One program run with one result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// name within the group
    pub name: String,
    /// absolute path of the program and its arguments
    pub arguments: Vec<String>,
    /// seconds each side may take
    pub limit_seconds: u64,
    /// part of `cargo xtask test`
    pub quick: bool,
    /// sets it makes no sense on
    pub not: Vec<String>,
}

/// The folder of the list.
pub fn folder() -> PathBuf {
    root().join("vectors/oracle")
}

/// Reads every file of the list, sorted by name.
pub fn read() -> Result<Vec<Group>> {
    let folder = folder();
    let mut groups = vec![];
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "txt") || path.ends_with("known.txt") {
            continue;
        }
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        groups.push(parse(name, &text).with_context(|| format!("in {}", path.display()))?);
    }
    groups.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(groups)
}

/// What the opening lines say.
struct Opening {
    root: String,
    program: Vec<String>,
    words: bool,
    limit_seconds: u64,
}

fn parse(name: &str, text: &str) -> Result<Group> {
    let marked = format!("\n{text}");
    let mut parts = marked.split("\n=== ");
    let opening = opening(parts.next().unwrap_or_default())?;
    let mut invocations: Vec<Invocation> = vec![];
    for part in parts {
        let (line, body) = part.split_once('\n').unwrap_or((part, ""));
        let invocation = invocation(&opening, line, body.trim_end_matches('\n'))?;
        let twice = invocations.iter().any(|other| other.name == invocation.name);
        ensure!(!twice, "{} stands there twice", invocation.name);
        invocations.push(invocation);
    }
    ensure!(!invocations.is_empty(), "it has no line === NAME");
    Ok(Group { name: name.into(), root: opening.root, invocations })
}

fn opening(text: &str) -> Result<Opening> {
    let mut opening =
        Opening { root: String::new(), program: vec![], words: false, limit_seconds: LIMIT_SECONDS };
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        match key {
            "root" => opening.root = value.into(),
            "program" => opening.program = value.split_whitespace().map(str::to_owned).collect(),
            "take" => opening.words = value == "words",
            "limit" => opening.limit_seconds = value.parse().context("limit is seconds")?,
            _ => bail!("{line:?} is not root, program, take or limit"),
        }
    }
    ensure!(
        opening.program.first().is_some_and(|path| path.starts_with('/')),
        "program names no absolute path"
    );
    ensure!(!opening.root.is_empty(), "root is not named");
    Ok(opening)
}

fn invocation(opening: &Opening, line: &str, body: &str) -> Result<Invocation> {
    let mut words = line.split_whitespace();
    let name = words.next().context("=== has no name")?.to_owned();
    let mut arguments = opening.program.clone();
    if opening.words {
        arguments.extend(body.split_whitespace().map(str::to_owned));
    } else {
        arguments.push(body.to_owned());
    }
    let mut found =
        Invocation { name, arguments, limit_seconds: opening.limit_seconds, quick: false, not: vec![] };
    for word in words {
        match word.split_once('=') {
            None if word == "quick" => found.quick = true,
            Some(("limit", seconds)) => found.limit_seconds = seconds.parse().context("limit is seconds")?,
            Some(("not", sets)) => found.not = sets.split(',').map(str::to_owned).collect(),
            _ => bail!("{}: {word:?} is not quick, limit=SECONDS or not=SET,SET", found.name),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_one_argument_or_words() {
        let text = "# of ours\nroot busybox\nprogram /bin/busybox sh -c\n=== one quick limit=5\necho a\necho b\n\n=== two not=mips\necho c\n";
        let group = parse("busybox", text).unwrap();
        assert_eq!(group.invocations[0].arguments, ["/bin/busybox", "sh", "-c", "echo a\necho b"]);
        assert_eq!((group.invocations[0].quick, group.invocations[0].limit_seconds), (true, 5));
        assert_eq!(group.invocations[1].not, ["mips"]);
        let text = "root stress\nprogram /usr/bin/stress-ng\ntake words\n=== one\n--cpu 1\n";
        let group = parse("stress", text).unwrap();
        assert_eq!(group.invocations[0].arguments, ["/usr/bin/stress-ng", "--cpu", "1"]);
    }

    #[test]
    fn mistakes_are_named() {
        let whole = "root r\nprogram /p\n=== a\nx\n=== a\ny\n";
        assert!(parse("g", whole).unwrap_err().to_string().contains("twice"));
        assert!(parse("g", "root r\nprogram p\n=== a\n").is_err());
        assert!(parse("g", "root r\nprogram /p\n=== a slow\n").unwrap_err().to_string().contains("slow"));
    }

    #[test]
    fn the_list_is_read_and_as_long_as_promised() {
        let groups = read().unwrap();
        let count =
            |name: &str| groups.iter().find(|group| group.name == name).map(|group| group.invocations.len());
        assert!(count("busybox") >= Some(150), "{:?}", count("busybox"));
        assert!(count("coreutils") >= Some(40), "{:?}", count("coreutils"));
        // Those of hundreds of megabytes are run on demand only.
        let large = ["media", "workshop"];
        let quick = groups.iter().filter(|group| !large.contains(&group.name.as_str()));
        assert!(quick.clone().count() > large.len());
        for group in quick {
            assert!(group.invocations.iter().any(|invocation| invocation.quick), "{}", group.name);
        }
    }
}
