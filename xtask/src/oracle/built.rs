//! Programs for the sets that Debian has no packages of: Debian's source packages, built with the set's cross compiler
//! by the scripts of `vectors/oracle/built`, one per root. Key function: [`build`]. Neighbours: fetch.rs has the other
//! sets' roots, programs.rs our own C.
//!
//! A script says in a line `# sources NAME…` which source packages it needs. It runs in an empty folder with `HOST` (the
//! target's GNU name), `SOURCES` (the downloaded packages), `ROOT` (where the finished programs go) and the functions of
//! [`FUNCTIONS`].
use super::fetch::{finish_root, root_of};
use super::invocation::folder;
use super::set::Set;
use crate::shell::{has, output};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What every script starts with: `unpack NAME` unpacks and patches a source package into the folder NAME,
/// `libraries` puts the cross compiler's C library into the root.
const FUNCTIONS: &str = r#"
set -e
export MAKEFLAGS=-j2 LC_ALL=C
unpack() { dpkg-source --no-check -x "$SOURCES/$1"_*.dsc "$1"; }
libraries() {
    mkdir -p "$ROOT/lib"
    libc=$("$HOST-gcc" -print-file-name=libc.so.6)
    cp "${libc%/*}"/*.so.[0-9]* "$ROOT/lib/"
    cp "$("$HOST-gcc" -print-file-name=libgcc_s.so.1)" "$ROOT/lib/"
}
"#;
/// The release whose sources are built, and the keys it is signed with.
const RELEASE: &str = "bookworm";
const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// One script.
struct Script {
    /// the root it makes: the file's name
    root: String,
    sources: Vec<String>,
    text: String,
}

fn scripts() -> Result<Vec<Script>> {
    let folder = folder().join("built");
    let mut scripts = vec![];
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let Some(root) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".sh")) else {
            continue;
        };
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let sources = text.lines().find_map(|line| line.strip_prefix("# sources "));
        let sources = sources.with_context(|| format!("{} has no line # sources", path.display()))?;
        let sources = sources.split_whitespace().map(str::to_owned).collect();
        scripts.push(Script { root: root.to_owned(), sources, text });
    }
    scripts.sort_by(|left, right| left.root.cmp(&right.root));
    Ok(scripts)
}

/// The roots that are built for a set without packages.
pub fn roots() -> Result<Vec<String>> {
    Ok(scripts()?.into_iter().map(|script| script.root).collect())
}

/// Builds every root for every set that needs it and whose compiler is there; what is there stays. Goes on with the
/// other roots when one cannot be built; the error names them all.
pub fn build(sets: &[&Set]) -> Result<()> {
    let mut failed = vec![];
    for set in sets.iter().filter(|set| !set.debian && has(set.compiler)) {
        for script in scripts()? {
            if root_of(set, &script.root).is_dir() {
                println!("  {}: {} is there", set.name, script.root);
            } else if let Err(error) = build_root(set, &script) {
                println!("  {}: {}: {error:#}", set.name, script.root);
                failed.push(script.root);
            }
        }
    }
    ensure!(failed.is_empty(), "not built: {}", failed.join(", "));
    Ok(())
}

fn build_root(set: &Set, script: &Script) -> Result<()> {
    let root = root_of(set, &script.root);
    let folder =
        root.parent().and_then(Path::parent).context("a root lies in its set's folder")?.join("source");
    println!("  {}: fetching the sources of {}", set.name, script.root);
    let sources = download(&folder, &script.sources)?;
    let (new, work) = (root.with_extension("new"), folder.join(&script.root));
    for place in [&new, &work] {
        if place.exists() {
            fs::remove_dir_all(place)?;
        }
        fs::create_dir_all(place)?;
    }
    let log = folder.join(format!("{}.log", script.root));
    println!("  {}: building {}; it says how it goes in {}", set.name, script.root, log.display());
    let output = fs::File::create(&log)?;
    let status = Command::new("sh")
        .args(["-c", &format!("{FUNCTIONS}{}", script.text)])
        .env("HOST", set.compiler.trim_end_matches("-gcc"))
        .env("SOURCES", sources)
        .env("ROOT", new.canonicalize()?)
        .current_dir(&work)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .status()
        .context("cannot start sh")?;
    ensure!(status.success(), "{status}; see {}", log.display());
    finish_root(&new)?;
    fs::rename(&new, &root)?;
    fs::remove_dir_all(&work)?;
    Ok(())
}

/// Where this machine gets the release's packages from, as the place of their sources: the main archive alone, since the
/// sources of the security archive come and go.
fn archive() -> Result<String> {
    let format = "$(REPO_URI) $(CODENAME) $(COMPONENT)";
    let targets = output("apt-get", &["indextargets", "--format", format, "Created-By: Packages"])?;
    let wanted = format!(" {RELEASE} main");
    let place = targets.lines().find_map(|line| line.strip_suffix(&wanted));
    let place = place
        .with_context(|| format!("apt's sources have no {RELEASE} main: add it, then apt-get update"))?;
    Ok(format!("Types: deb-src\nURIs: {place}\nSuites: {RELEASE}\nComponents: main\nSigned-By: {KEYS}\n"))
}

/// Downloads source packages with an apt state of its own; gives the folder they lie in.
fn download(folder: &Path, names: &[String]) -> Result<PathBuf> {
    for below in ["apt/state/lists/partial", "apt/cache/archives/partial", "apt/parts", "packages"] {
        fs::create_dir_all(folder.join(below))?;
    }
    let folder = folder.canonicalize()?;
    fs::write(folder.join("apt/state/status"), "")?;
    fs::write(folder.join("apt/parts/oracle.sources"), archive()?)?;
    let sandbox = if crate::shell::is_root() { "APT::Sandbox::User \"root\";\n" } else { "" };
    let (apt, packages) = (folder.join("apt"), folder.join("packages"));
    let text = format!(
        "Dir::State \"{apt}/state\";\nDir::State::status \"{apt}/state/status\";\nDir::Cache \"{apt}/cache\";\n\
         Dir::Etc::sourcelist \"/dev/null\";\nDir::Etc::sourceparts \"{apt}/parts\";\nAcquire::Languages \"none\";\n{sandbox}",
        apt = apt.display(),
    );
    let configuration = apt.join("apt.conf");
    fs::write(&configuration, text)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let source = ["source", "-q", "--download-only"];
    for arguments in [vec!["update", "-q"], source.iter().chain(&names).copied().collect()] {
        let output = Command::new("apt-get")
            .args(&arguments)
            .env("APT_CONFIG", &configuration)
            .env("LC_ALL", "C")
            .current_dir(&packages)
            .stdin(Stdio::null())
            .output()
            .context("cannot start apt-get")?;
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().last().unwrap_or_default();
        ensure!(output.status.success(), "apt-get {}: {last}; check the network and its proxy", arguments[0]);
    }
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_names_its_sources_and_is_a_root_of_the_list() {
        let groups = crate::oracle::invocation::read().unwrap();
        for script in scripts().unwrap() {
            assert!(!script.sources.is_empty(), "{}", script.root);
            assert!(groups.iter().any(|group| group.root == script.root), "{}", script.root);
        }
    }
}
