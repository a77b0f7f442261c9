//! `cargo xtask oracle build`: the C programs of `vectors/oracle/programs`, cross-compiled for every set whose compiler
//! is installed. Key functions: [`build`], [`group`]. They are linked statically, so that the big-endian sets, for
//! which Debian has no packages, run a whole C library too.
use super::fetch::{finish_root, root_of};
use super::invocation::{Group, Invocation, folder};
use super::set::Set;
use crate::shell::has;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Name of the group and of its root.
const GROUP: &str = "programs";
/// Each program is built with every one of these: the name's ending and the options.
const VARIANTS: &[(&str, &[&str])] = &[("O0", &["-O0"]), ("O2", &["-O2"])];
/// More variants of single sets: other encodings of the same instructions.
const SET_VARIANTS: &[(&str, &str, &[&str])] = &[
    ("armel", "arm", &["-O2", "-marm"]),
    ("armhf", "arm", &["-O2", "-marm"]),
    ("armhf", "neon", &["-O3", "-mfpu=neon", "-ffast-math", "-ffp-contract=off"]),
    ("i386", "sse2", &["-O2", "-msse2", "-mfpmath=sse"]),
    ("amd64", "sse41", &["-O3", "-msse4.1"]),
    ("arm64", "O3", &["-O3"]),
    ("mips", "r1", &["-O2", "-mips32"]),
    ("mipsel", "r1", &["-O2", "-mips32"]),
];
/// Options of every build: no contraction, or a fused multiply-add would round other than the text says.
const OPTIONS: &[&str] =
    &["-static", "-std=gnu11", "-w", "-ffp-contract=off", "-fno-strict-aliasing", "-pthread"];
/// Seconds a program may take.
const LIMIT_SECONDS: u64 = 120;
/// Programs that `cargo xtask test` runs, and the variant in which it does.
const QUICK: &[&str] = &["integers", "floats", "strings", "signals", "threads"];
const QUICK_VARIANT: &str = "O2";

fn sources() -> Result<Vec<PathBuf>> {
    let folder = folder().join(GROUP);
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut sources: Vec<PathBuf> =
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    sources.retain(|path| path.extension().is_some_and(|ending| ending == "c"));
    sources.sort();
    Ok(sources)
}

fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}

fn variants(set: &Set) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let own = SET_VARIANTS.iter().filter(|row| row.0 == set.name).map(|row| (row.1, row.2));
    VARIANTS.iter().copied().chain(own)
}

/// The group of all programs; the same for every set but for its own variants.
pub fn group(set: &Set) -> Result<Group> {
    let mut invocations = vec![];
    for source in sources()? {
        for (variant, _) in variants(set) {
            let name = format!("{}-{variant}", stem(&source));
            invocations.push(Invocation {
                arguments: vec![format!("/bin/{name}")],
                name,
                limit_seconds: LIMIT_SECONDS,
                quick: QUICK.contains(&stem(&source)) && variant == QUICK_VARIANT,
                not: vec![],
            });
        }
    }
    Ok(Group { name: GROUP.into(), root: GROUP.into(), invocations })
}

/// Builds what is older than its source. A set without a compiler is said and left out.
pub fn build(sets: &[&Set]) -> Result<()> {
    for set in sets {
        if !has(set.compiler) {
            println!(
                "  {}: no {} ({}), its programs are left out",
                set.name, set.compiler, set.compiler_package
            );
            continue;
        }
        let root = root_of(set, GROUP);
        if !root.is_dir() {
            fs::create_dir_all(&root)?;
            finish_root(&root)?;
        }
        let mut built = 0;
        for source in sources()? {
            for (variant, options) in variants(set) {
                let target = root.join("bin").join(format!("{}-{variant}", stem(&source)));
                if is_newer(&target, &source) {
                    continue;
                }
                compile(set, &source, &target, options)?;
                built += 1;
            }
        }
        println!("  {}: {built} programs built", set.name);
    }
    Ok(())
}

fn is_newer(target: &Path, source: &Path) -> bool {
    let time = |path: &Path| fs::metadata(path).and_then(|found| found.modified());
    matches!((time(target), time(source)), (Ok(target), Ok(source)) if target > source)
}

fn compile(set: &Set, source: &Path, target: &Path, options: &[&str]) -> Result<()> {
    let mut command = Command::new(set.compiler);
    command.args(OPTIONS).args(options).arg(source).arg("-o").arg(target).args(["-lm", "-latomic"]);
    let output = command.output().with_context(|| format!("cannot start {}", set.compiler))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} {}: {}", set.compiler, source.display(), said.trim());
    Ok(())
}
