//! Rules that each source file keeps: opening line, length, no unsafe code, no address of a machine.
use crate::shell::{output, root};
use anyhow::{Result, ensure};

/// Longer files need a reason: a row here.
const LONG_FILE_LINES: usize = 800;
const LONG_FILES: &[(&str, &str)] = &[];

/// Crates whose code is `no_std` and cannot name the host (invariant 2).
const NO_STD: &[&str] = &["otori-event", "otori-cpu", "otori-linux"];

fn tracked(pattern: &str) -> Result<Vec<String>> {
    Ok(output("git", &["ls-files", "--cached", "--others", "--exclude-standard", pattern])?
        .lines()
        .map(str::to_owned)
        .collect())
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(root().join(path)).ok()
}

/// Code lines: without the test module at the end.
fn code_lines(text: &str) -> usize {
    text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count()
}

/// Opening `//!` and length of every Rust file.
pub fn check_files() -> Result<()> {
    let files = tracked("*.rs")?;
    let mut wrong = vec![];
    for path in &files {
        let Some(text) = read(path) else { continue };
        if !text.starts_with("//!") && !text.starts_with("#![") {
            wrong.push(format!("{path}: opens without //! (what it is, key type, neighbour, specification)"));
        }
        let lines = code_lines(&text);
        let excused = LONG_FILES.iter().any(|(name, _)| name == path) || path.contains("/tests/");
        if lines > LONG_FILE_LINES && !excused {
            wrong.push(format!("{path}: {lines} lines; split it by concept"));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n  "));
    println!("  {} files open with //! and keep their length", files.len());
    Ok(())
}

/// Invariants 2 and 7: no_std where the guest lives, unsafe code only in otori-tap.
pub fn check_crates() -> Result<()> {
    for path in tracked("crates/*/src/lib.rs")? {
        let text = read(&path).unwrap_or_default();
        let name = path.split('/').nth(1).unwrap_or_default();
        if name != "otori-tap" {
            ensure!(text.contains("#![forbid(unsafe_code)]"), "{path} lacks #![forbid(unsafe_code)]");
        }
        if NO_STD.contains(&name) {
            ensure!(text.contains("no_std"), "{path} lacks #![no_std]: the guest cannot name the host");
        }
    }
    println!("  no_std and forbid(unsafe_code) are where they must be");
    Ok(())
}

/// Nothing of shared/ and no package registry's download address is committed.
pub fn check_privacy() -> Result<()> {
    let home = root();
    let here = home.to_string_lossy();
    let mut wrong = vec![];
    for path in tracked("*")? {
        let Some(text) = read(&path) else { continue };
        if here.len() > 5 && text.contains(&format!("{here}/")) {
            wrong.push(format!("{path}: names this machine's folder"));
        }
        if path.ends_with("package-lock.json") && text.contains("\"resolved\": \"http") {
            wrong.push(format!("{path}: names a registry's host"));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n  "));
    println!("  no path or host of a machine is in the tree");
    Ok(())
}
