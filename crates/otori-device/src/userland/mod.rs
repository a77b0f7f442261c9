//! The programs of a product from a Debian package; key function [`obtain`].
//!
//! `apt-get` runs with a state and cache folder of its own, so that the system's package lists are neither read
//! nor changed and no root is needed. What was fetched once is used again without a network.
mod command;

use crate::profile::UserlandTable;
use command::run;
use otori_event::Sha256;
use sha2::Digest as _;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// Longest that fetching package lists may take.
const UPDATE_TIME: Duration = Duration::from_secs(180);
/// Longest that fetching or unpacking one package may take.
const PACKAGE_TIME: Duration = Duration::from_secs(120);

/// Programs that are ready for use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Userland {
    /// folder with the unpacked package
    pub root: PathBuf,
    /// package
    pub package: String,
    /// its version
    pub version: String,
    /// hash of the package file
    pub sha256: Sha256,
}

/// Why there are no programs.
#[derive(Debug, Error)]
pub enum UserlandError {
    /// apt-get or dpkg-deb is not there
    #[error(
        "{program} is not installed, and the programs of the decoy come from a Debian package\n  \
         remedy: on Debian or Ubuntu install apt and dpkg; elsewhere import a root file system: \
         otori product import --rootfs DIR"
    )]
    Missing {
        /// which program
        program: &'static str,
    },
    /// a program failed
    #[error("{command} failed: {output}\n  remedy: {remedy}")]
    Failed {
        /// what ran
        command: String,
        /// the end of what it said
        output: String,
        /// what to do
        remedy: &'static str,
    },
    /// a program did not end in time
    #[error(
        "{command} did not end within {seconds} s\n  remedy: check the network and its proxy, then try again"
    )]
    Slow {
        /// what ran
        command: String,
        /// how long it had
        seconds: u64,
    },
    /// the package is not the one that the package list names
    #[error(
        "{file}: SHA-256 is {found}, the signed package list says {expected}\n  \
         remedy: remove the folder and try again; if it stays so, the mirror is damaged"
    )]
    Hash {
        /// the file
        file: PathBuf,
        /// of the file
        found: String,
        /// of the list
        expected: String,
    },
    /// the cache folder cannot be used
    #[error(
        "cannot use {path}: {source}\n  remedy: check the space and permissions of the data folder (--data)"
    )]
    Folder {
        /// which
        path: PathBuf,
        /// why
        source: io::Error,
    },
    /// the profile names no package
    #[error("the product brings its own programs; there is nothing to fetch")]
    NoPackage,
}

/// Makes the programs of a product ready below `cache` and says what it is doing through `progress`.
pub fn obtain(
    cache: &Path,
    wanted: &UserlandTable,
    progress: &mut dyn FnMut(&str),
) -> Result<Userland, UserlandError> {
    let package = wanted.package.as_deref().ok_or(UserlandError::NoPackage)?;
    let architecture = wanted.architecture.as_deref().unwrap_or("mipsel");
    let folder = cache.join(format!("{package}-{architecture}"));
    if let Some(ready) = recall(&folder, package)? {
        progress(&format!("programs: {package} {} is at hand", ready.version));
        return Ok(ready);
    }
    let fetcher = Fetcher { folder: folder.clone(), package, architecture };
    fetcher.prepare()?;
    progress("programs: fetching Debian's package lists into a folder of our own (once, about 10 s)");
    fetcher.update()?;
    let (file, expected) = fetcher.ask()?;
    progress(&format!("programs: fetching {file}"));
    fetcher.download()?;
    let deb = folder.join(&file);
    let sha256 = hash(&deb)?;
    if sha256.to_string() != expected {
        return Err(UserlandError::Hash { file: deb, found: sha256.to_string(), expected });
    }
    progress(&format!("programs: unpacking {file}, SHA-256 {sha256}"));
    fetcher.unpack(&deb)?;
    let version = version_of(&file);
    record(&folder, &file, &version, sha256)?;
    Ok(Userland { root: folder.join("root"), package: package.into(), version, sha256 })
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> UserlandError {
    let path = path.to_path_buf();
    move |source| UserlandError::Folder { path, source }
}

/// The version in `name_version_architecture.deb`, with the epoch's colon back.
fn version_of(file: &str) -> String {
    file.split('_').nth(1).unwrap_or_default().replace("%3a", ":")
}

fn hash(file: &Path) -> Result<Sha256, UserlandError> {
    let bytes = fs::read(file).map_err(at(file))?;
    Ok(Sha256(sha2::Sha256::digest(&bytes).into()))
}

/// What was fetched before, if it is whole: the recorded hash fits the package file and the root is there.
fn recall(folder: &Path, package: &str) -> Result<Option<Userland>, UserlandError> {
    let Ok(text) = fs::read_to_string(folder.join("ready")) else { return Ok(None) };
    let mut lines = text.lines();
    let (Some(file), Some(version), Some(recorded)) = (lines.next(), lines.next(), lines.next()) else {
        return Ok(None);
    };
    let (deb, root) = (folder.join(file), folder.join("root"));
    if !deb.is_file() || !root.is_dir() {
        return Ok(None);
    }
    let sha256 = hash(&deb)?;
    if sha256.to_string() != recorded {
        return Ok(None);
    }
    Ok(Some(Userland { root, package: package.into(), version: version.into(), sha256 }))
}

/// Writes last what makes [`recall`] find the rest.
fn record(folder: &Path, file: &str, version: &str, sha256: Sha256) -> Result<(), UserlandError> {
    let ready = folder.join("ready");
    let write = || -> io::Result<()> {
        let new = folder.join("ready.new");
        let mut out = fs::File::create(&new)?;
        out.write_all(format!("{file}\n{version}\n{sha256}\n").as_bytes())?;
        out.sync_all()?;
        fs::rename(&new, &ready)?;
        fs::File::open(folder)?.sync_all()
    };
    write().map_err(at(&ready))
}

struct Fetcher<'a> {
    folder: PathBuf,
    package: &'a str,
    architecture: &'a str,
}

impl Fetcher<'_> {
    /// Folders and the configuration file that points apt at them.
    fn prepare(&self) -> Result<(), UserlandError> {
        for below in ["state/lists/partial", "cache/archives/partial"] {
            let path = self.folder.join(below);
            fs::create_dir_all(&path).map_err(at(&path))?;
        }
        let folder = self.folder.canonicalize().map_err(at(&self.folder))?;
        let state = folder.join("state");
        let status = state.join("status");
        fs::write(&status, "").map_err(at(&status))?;
        // As root apt would hand the work to the user _apt, who may not write here.
        let is_root = fs::metadata("/proc/self").is_ok_and(|found| found.uid() == 0);
        let sandbox = if is_root { "APT::Sandbox::User \"root\";\n" } else { "" };
        let text = format!(
            "Dir::State \"{state}\";\nDir::State::status \"{status}\";\nDir::Cache \"{cache}\";\n\
             APT::Architecture \"{architecture}\";\n#clear APT::Architectures;\n\
             APT::Architectures {{ \"{architecture}\"; }};\nAcquire::Languages \"none\";\n\
             Acquire::Retries \"2\";\nAcquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n{sandbox}",
            state = state.display(),
            status = status.display(),
            cache = folder.join("cache").display(),
            architecture = self.architecture,
        );
        let path = self.folder.join("apt.conf");
        fs::write(&path, text).map_err(at(&path))
    }

    fn apt(&self, arguments: &[&str], time: Duration, remedy: &'static str) -> Result<String, UserlandError> {
        let configuration = self.folder.join("apt.conf");
        let path = configuration.canonicalize().map_err(at(&configuration))?;
        run("apt-get", arguments, &self.folder, &[("APT_CONFIG", path.as_os_str())], time, remedy)
    }

    fn update(&self) -> Result<(), UserlandError> {
        let remedy = "check the network, its proxy and /etc/apt/sources.list.d; a Debian 12 source is needed";
        self.apt(&["update", "-q"], UPDATE_TIME, remedy).map(drop)
    }

    /// File name and SHA-256 that the signed list has for the package.
    fn ask(&self) -> Result<(String, String), UserlandError> {
        let remedy = "the configured sources lack this package for this architecture; add Debian 12 (bookworm) main, \
                      or import a root file system: otori product import --rootfs DIR";
        let name = format!("{}:{}", self.package, self.architecture);
        let answer = self.apt(&["download", "-q", "--print-uris", &name], PACKAGE_TIME, remedy)?;
        let found = answer.lines().find_map(|line| {
            let mut fields = line.split_whitespace().skip(1);
            let file = fields.next()?;
            let hash = fields.find_map(|field| field.strip_prefix("SHA256:"))?;
            let plain = !file.contains('/') && file.ends_with(".deb");
            plain.then(|| (file.to_string(), hash.to_string()))
        });
        found.ok_or_else(|| UserlandError::Failed {
            command: format!("apt-get download --print-uris {name}"),
            output: answer.chars().take(300).collect(),
            remedy,
        })
    }

    fn download(&self) -> Result<(), UserlandError> {
        let name = format!("{}:{}", self.package, self.architecture);
        let remedy = "check the network and its proxy, then try again";
        self.apt(&["download", "-q", &name], PACKAGE_TIME, remedy).map(drop)
    }

    fn unpack(&self, deb: &Path) -> Result<(), UserlandError> {
        let (new, root) = (self.folder.join("root.new"), self.folder.join("root"));
        for folder in [&new, &root] {
            if folder.exists() {
                fs::remove_dir_all(folder).map_err(at(folder))?;
            }
        }
        fs::create_dir(&new).map_err(at(&new))?;
        let file = deb.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let remedy = "check the space of the data folder";
        run("dpkg-deb", &["-x", file, "root.new"], &self.folder, &[], PACKAGE_TIME, remedy)?;
        fs::rename(&new, &root).map_err(at(&root))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> UserlandTable {
        crate::Profile::embedded("camera-mipsel").unwrap().table.userland
    }

    #[test]
    fn what_is_at_hand_and_whole_needs_no_network() {
        let cache = tempfile::tempdir().unwrap();
        let folder = cache.path().join("busybox-static-mipsel");
        fs::create_dir_all(folder.join("root")).unwrap();
        let file = "busybox-static_1%3a1.35.0-4_mipsel.deb";
        fs::write(folder.join(file), b"package").unwrap();
        let sha256 = hash(&folder.join(file)).unwrap();
        record(&folder, file, &version_of(file), sha256).unwrap();
        let ready = obtain(cache.path(), &wanted(), &mut |_| {}).unwrap();
        assert_eq!((ready.version.as_str(), ready.sha256), ("1:1.35.0-4", sha256));
        fs::write(folder.join(file), b"damaged").unwrap();
        assert_eq!(recall(&folder, "busybox-static").unwrap(), None);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = obtain(file.path(), &wanted(), &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains("remedy: check the space and permissions"), "{error}");
    }
}
