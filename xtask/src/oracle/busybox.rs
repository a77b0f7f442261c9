//! Busybox for the sets that Debian has no packages of: Debian's source, patches and static configuration, built with the
//! set's cross compiler. Key function: [`build`]. Neighbours: fetch.rs has the other sets' roots, programs.rs our own C.
use super::fetch::{finish_root, root_of};
use super::set::Set;
use crate::shell::has;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root that the group `busybox` runs in.
const ROOT: &str = "busybox";
/// Where the system's package sources are described (sources.list(5), DEB822 style).
const SYSTEM_SOURCES: &str = "/etc/apt/sources.list.d";
/// What unpacks, patches and builds; $1 is the compiler's prefix. Runs in a folder with the downloaded source.
const BUILD: &str = r#"
set -e
rm -rf build
mkdir build
tar xjf busybox_*.orig.tar.bz2 -C build --strip-components=1
tar xJf busybox_*.debian.tar.xz -C build
cd build
grep -v '^#' debian/patches/series | while read -r patch; do patch -s -p1 < "debian/patches/$patch"; done
cp debian/config/pkg/static .config
yes '' | make oldconfig > ../build.log 2>&1
make -j2 CROSS_COMPILE="$1" SKIP_STRIP=y CFLAGS=-w busybox >> ../build.log 2>&1
"#;

/// Builds busybox for every set that needs it and whose compiler is there; what is there stays.
pub fn build(sets: &[&Set]) -> Result<()> {
    for set in sets.iter().filter(|set| !set.debian && has(set.compiler)) {
        let root = root_of(set, ROOT);
        if root.is_dir() {
            println!("  {}: busybox is there", set.name);
            continue;
        }
        let folder =
            root.parent().and_then(Path::parent).context("a root lies in its set's folder")?.join("source");
        let program = folder.join("build/busybox");
        if !program.is_file() {
            println!("  {}: fetching Debian's source of busybox", set.name);
            download(&folder)?;
            println!("  {}: building busybox, about a minute", set.name);
            make(set, &folder)?;
        }
        let new = root.with_extension("new");
        fs::create_dir_all(new.join("bin"))?;
        fs::copy(&program, new.join("bin/busybox"))?;
        fs::set_permissions(new.join("bin/busybox"), fs::Permissions::from_mode(0o755))?;
        finish_root(&new)?;
        fs::rename(&new, &root)?;
    }
    Ok(())
}

/// Downloads the source package with an apt state of its own, from the system's sources with source packages turned on.
fn download(folder: &Path) -> Result<()> {
    for below in ["apt/state/lists/partial", "apt/cache/archives/partial", "apt/parts"] {
        fs::create_dir_all(folder.join(below))?;
    }
    let folder = folder.canonicalize()?;
    fs::write(folder.join("apt/state/status"), "")?;
    fs::write(folder.join("apt/parts/oracle.sources"), source_lines()?)?;
    let sandbox = if crate::shell::is_root() { "APT::Sandbox::User \"root\";\n" } else { "" };
    let apt = folder.join("apt");
    let text = format!(
        "Dir::State \"{apt}/state\";\nDir::State::status \"{apt}/state/status\";\nDir::Cache \"{apt}/cache\";\n\
         Dir::Etc::sourcelist \"/dev/null\";\nDir::Etc::sourceparts \"{apt}/parts\";\nAcquire::Languages \"none\";\n{sandbox}",
        apt = apt.display(),
    );
    let configuration = apt.join("apt.conf");
    fs::write(&configuration, text)?;
    for arguments in [&["update", "-q"][..], &["source", "-q", "--download-only", "busybox"]] {
        run(Command::new("apt-get").args(arguments).env("APT_CONFIG", &configuration).current_dir(&folder))
            .context("no source of busybox; check the network and that the configured sources are Debian 12's")?;
    }
    Ok(())
}

/// The system's sources as lines for source packages.
fn source_lines() -> Result<String> {
    let entries = fs::read_dir(SYSTEM_SOURCES).with_context(|| format!("cannot read {SYSTEM_SOURCES}"))?;
    let files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    let wanted = files.iter().filter(|path| path.extension().is_some_and(|ending| ending == "sources"));
    let mut text = String::new();
    for path in wanted {
        let content = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        text.push_str(&content.replace("Types: deb\n", "Types: deb-src\n"));
        text.push('\n');
    }
    ensure!(text.contains("deb-src"), "no *.sources in {SYSTEM_SOURCES} names a Debian source");
    Ok(text)
}

fn make(set: &Set, folder: &Path) -> Result<()> {
    let prefix = set.compiler.trim_end_matches("gcc");
    run(Command::new("sh").args(["-c", BUILD, "build", prefix]).current_dir(folder))
        .with_context(|| format!("see {}", folder.join("build.log").display()))
}

fn run(command: &mut Command) -> Result<()> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let output = command.env("LC_ALL", "C").stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot start {shown}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{shown}: {}", said.lines().last().unwrap_or_default());
    Ok(())
}
