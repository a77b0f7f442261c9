//! `cargo xtask oracle build`: the C programs of `vectors/oracle/programs`, cross-compiled for every set whose compiler
//! is installed. Key functions: [`build`], [`group`]. They are linked statically, so that the big-endian sets, for
//! which Debian has no packages, run a whole C library too; where musl was fetched, against musl as well, statically and
//! with its loader.
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
    ("mips", "mips16", &["-O2", "-mips16"]),
    ("mipsel", "mips16", &["-Os", "-mips16"]),
];
/// Options of every build: no contraction, or a fused multiply-add would round other than the text says.
const OPTIONS: &[&str] = &["-std=gnu11", "-w", "-ffp-contract=off", "-fno-strict-aliasing", "-pthread"];
/// How the compiler's own C library is linked.
const OWN_LIBRARY: (&[&str], &[&str]) = (&["-static"], &["-lm", "-latomic"]);
/// Variants against musl, and the option that makes each.
const MUSL_VARIANTS: &[(&str, &str)] = &[("musl", "-static"), ("musl-so", "-no-pie")];
/// The compiler is made for another C library: nothing of that one.
const MUSL_OPTIONS: &[&str] = &["-O2", "-nostdinc", "-nostdlib", "-fno-stack-protector", "-U_FORTIFY_SOURCE"];
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

/// musl as it was fetched for a set: its headers, its libraries and its loader.
struct Musl {
    headers: PathBuf,
    libraries: PathBuf,
    loader: PathBuf,
}

/// Nothing where it was not fetched.
fn musl(set: &Set) -> Option<Musl> {
    let root = root_of(set, "musl");
    let first = |folder: &str, start: &str, end: &str| {
        let entries = fs::read_dir(root.join(folder)).ok()?;
        let name =
            |path: &Path| path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let fits = |path: &PathBuf| name(path).starts_with(start) && name(path).contains(end);
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).find(fits)
    };
    Some(Musl {
        headers: first("usr/include", "", "-musl")?,
        libraries: first("usr/lib", "", "-musl")?,
        loader: first("lib", "ld-musl-", ".so.1")?,
    })
}

/// Names of everything that a source becomes.
fn variant_names(set: &Set) -> Vec<&'static str> {
    let musl = if musl(set).is_some() { MUSL_VARIANTS } else { &[] };
    variants(set).map(|row| row.0).chain(musl.iter().map(|row| row.0)).collect()
}

/// The group of all programs; the same for every set but for its own variants and what was built against musl.
pub fn group(set: &Set) -> Result<Group> {
    let mut invocations = vec![];
    for source in sources()? {
        for variant in variant_names(set) {
            let name = format!("{}-{variant}", stem(&source));
            let against_musl = MUSL_VARIANTS.iter().any(|row| row.0 == variant);
            if against_musl && !root_of(set, GROUP).join("bin").join(&name).is_file() {
                continue;
            }
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
                let options = [OWN_LIBRARY.0, options].concat();
                built += compile_if_older(set, &source, variant, &options, OWN_LIBRARY.1)?;
            }
            built += build_with_musl(set, &root, &source)?;
        }
        println!("  {}: {built} programs built", set.name);
    }
    Ok(())
}

/// The variants against musl; gives how many were built.
fn build_with_musl(set: &Set, root: &Path, source: &Path) -> Result<usize> {
    let Some(musl) = musl(set) else { return Ok(0) };
    let loader = Path::new("lib").join(musl.loader.file_name().context("a loader has a name")?);
    fs::create_dir_all(root.join("lib"))?;
    // The loader is the shared library itself.
    fs::copy(&musl.loader, root.join(&loader))
        .with_context(|| format!("cannot copy {}", musl.loader.display()))?;
    let shared = musl.loader.canonicalize()?;
    let shared = format!("-L{}", shared.parent().context("a library lies in a folder")?.display());
    let asked = Command::new(set.compiler).arg("-print-file-name=include").output();
    let own = String::from_utf8_lossy(&asked.context("cannot start the compiler")?.stdout).trim().to_owned();
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let object = |name: &str| text(&musl.libraries.join(name));
    let linker = format!("-Wl,--dynamic-linker=/{}", loader.display());
    let mut built = 0;
    for (variant, how) in MUSL_VARIANTS {
        let (headers, folder) = (text(&musl.headers), format!("-L{}", text(&musl.libraries)));
        let (first, start) = (object("crt1.o"), object("crti.o"));
        let options: Vec<&str> = MUSL_OPTIONS
            .iter()
            .copied()
            .chain([*how, &linker, "-isystem", &headers, "-isystem", &own, &first, &start])
            .collect();
        let last = object("crtn.o");
        let libraries =
            [shared.as_str(), &folder, "-l:libatomic.a", "-lc", "-lgcc", "-lgcc_eh", "-lc", &last];
        // Not everything builds against musl: its armel has no floating-point exceptions.
        match compile_if_older(set, source, variant, &options, &libraries) {
            Ok(count) => built += count,
            Err(_) => println!("  {}: {}-{variant} cannot be built and is left out", set.name, stem(source)),
        }
    }
    Ok(built)
}

fn is_newer(target: &Path, source: &Path) -> bool {
    let time = |path: &Path| fs::metadata(path).and_then(|found| found.modified());
    matches!((time(target), time(source)), (Ok(target), Ok(source)) if target > source)
}

/// Builds one variant of one source unless that is there and newer; gives how many were built.
fn compile_if_older(
    set: &Set,
    source: &Path,
    variant: &str,
    options: &[&str],
    libraries: &[&str],
) -> Result<usize> {
    let target = root_of(set, GROUP).join("bin").join(format!("{}-{variant}", stem(source)));
    if is_newer(&target, source) {
        return Ok(0);
    }
    let mut command = Command::new(set.compiler);
    command.args(OPTIONS).args(options).arg(source).arg("-o").arg(&target).args(libraries);
    let output = command.output().with_context(|| format!("cannot start {}", set.compiler))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} {}: {}", set.compiler, source.display(), said.trim());
    Ok(1)
}
