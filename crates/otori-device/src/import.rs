//! Any root folder becomes a product; key function [`from_folder`]. Links are never followed, sizes are bounded,
//! devices are left out with a note; permission bits (setuid too) are kept.
use crate::entry::{Body, Entry};
use crate::host_file::HostFile;
use crate::profile::{self, ProfileError};
use otori_linux::Isa;
use otori_linux::vfs::Deferred as _;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// Most files of a root folder.
pub const FILES_MAX: usize = 200_000;
/// Largest file, bytes; larger ones are left out with a note.
pub const FILE_BYTES_MAX: u64 = 128 << 20;
/// All files together, bytes.
pub const ALL_BYTES_MAX: u64 = 1 << 30;
/// Deepest nesting of folders.
const DEPTH_MAX: usize = 64;
/// Most notes that are kept.
const NOTES_MAX: usize = 100;
/// Where owners and permission bits of a copied root are kept, beside the folder.
pub(crate) const OWNERS: &str = "rootfs.owners";

/// Why a folder cannot be imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// the host refuses a file or folder
    #[error("cannot read {path}: {source}; check the path, and read it as a user who may")]
    Read {
        /// which
        path: PathBuf,
        /// why
        source: io::Error,
    },
    /// the product cannot be written
    #[error("cannot write {path}: {source}; check the space and permissions of the data folder")]
    Write {
        /// which
        path: PathBuf,
        /// why
        source: io::Error,
    },
    /// the folder is larger than a device could be
    #[error("{path} holds more than {limit}; give the folder of one device's root file system")]
    TooLarge {
        /// which folder
        path: PathBuf,
        /// which bound
        limit: &'static str,
    },
    /// nothing in the folder is a program of a machine that we know
    #[error(
        "{0} has no program of a known machine at bin/busybox, sbin/init, bin/sh or lib/ld-*; is it a root file system?"
    )]
    UnknownMachine(PathBuf),
    /// the machine is known, its instruction set is not emulated
    #[error("the programs in {path} are for {machine}; Otori emulates {known}")]
    Unsupported {
        /// which folder
        path: PathBuf,
        /// ELF machine and byte order
        machine: String,
        /// what there is
        known: String,
    },
    /// the name cannot be a product's name
    #[error("{0:?} cannot name a product: use 1 to 64 of a-z, 0-9 and -")]
    Name(String),
    /// a product of that name is there
    #[error("there is a product at {0}; choose another --name or remove that folder")]
    Exists(PathBuf),
    /// the product's own profile is for other programs
    #[error(
        "the product {name} is for {expected}, the programs in {path} are for {found}; choose another --name"
    )]
    OtherMachine {
        /// the product
        name: String,
        /// its set
        expected: &'static str,
        /// which folder
        path: PathBuf,
        /// the folder's set
        found: &'static str,
    },
    /// the product that was written does not load
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

/// A root folder, read.
#[derive(Clone, Debug)]
pub struct Imported {
    /// its files, parents before children
    pub(crate) entries: Vec<Entry>,
    /// what was left out, at most a hundred lines
    pub notes: Vec<String>,
    /// bytes of all regular files
    pub bytes: u64,
}

impl Imported {
    /// How many files, folders and links there are.
    pub fn files(&self) -> usize {
        self.entries.len()
    }

    /// The instruction set of the programs, from the ELF header of the first that every device has.
    pub fn machine(&self, folder: &Path) -> Result<Isa, ImportError> {
        let usual = ["bin/busybox", "sbin/init", "bin/sh", "bin/ls", "sbin/busybox", "usr/bin/busybox"];
        let elf = |entry: &&Entry| matches!(&entry.body, Body::File(bytes) if bytes.starts_with(b"\x7fELF"));
        let programs: Vec<&Entry> = self.entries.iter().filter(elf).collect();
        let first = usual
            .iter()
            .find_map(|path| programs.iter().find(|entry| entry.path == *path))
            .or_else(|| programs.iter().find(|entry| entry.path.contains("lib/ld-")))
            .or_else(|| programs.iter().find(|entry| entry.path.contains("bin/")))
            .ok_or_else(|| ImportError::UnknownMachine(folder.into()))?;
        let Body::File(bytes) = &first.body else { return Err(ImportError::UnknownMachine(folder.into())) };
        machine_of(bytes).ok_or_else(|| ImportError::Unsupported {
            path: folder.into(),
            machine: machine_text(bytes),
            known: profile::known_machines(),
        })
    }
}

fn half(bytes: &[u8], at: usize) -> u16 {
    let big = bytes.get(5) == Some(&2);
    let pair = [bytes.get(at).copied().unwrap_or(0), bytes.get(at + 1).copied().unwrap_or(0)];
    if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
}

fn machine_of(elf: &[u8]) -> Option<Isa> {
    // 10 is what old tools wrote for little endian MIPS
    let machine = if half(elf, 18) == 10 { 8 } else { half(elf, 18) };
    let isa = Isa::of_elf(machine, *elf.get(4)?, *elf.get(5)?)?;
    profile::is_known(isa).then_some(isa)
}

fn machine_text(elf: &[u8]) -> String {
    let class = if elf.get(4) == Some(&2) { 64 } else { 32 };
    let order = if elf.get(5) == Some(&2) { "big" } else { "little" };
    let name = match half(elf, 18) {
        3 => "x86",
        8 | 10 => "MIPS",
        20 => "PowerPC",
        40 => "ARM",
        42 => "SuperH",
        62 => "x86-64",
        183 => "AArch64",
        243 => "RISC-V",
        other => return format!("ELF machine {other}, {class} bits, {order} endian"),
    };
    format!("{name}, {class} bits, {order} endian")
}

/// Reads a folder of the host as a root file system. Links are kept as links and never followed.
pub fn from_folder(folder: &Path) -> Result<Imported, ImportError> {
    read_folder(folder, Reading::Now)
}

/// The same with files that are read when the guest first wants them: what a large folder costs is what is used.
/// The folder shall not change until then.
pub fn from_folder_later(folder: &Path) -> Result<Imported, ImportError> {
    read_folder(folder, Reading::Later)
}

/// When files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Now,
    Later,
}

fn read_folder(folder: &Path, reading: Reading) -> Result<Imported, ImportError> {
    let mut reader = Reader {
        reading,
        imported: Imported { entries: Vec::new(), notes: Vec::new(), bytes: 0 },
        root: folder.into(),
        names: BTreeMap::new(),
    };
    let is_folder =
        fs::symlink_metadata(folder).and_then(|_| fs::metadata(folder)).map(|found| found.is_dir());
    match is_folder {
        Ok(true) => {}
        Ok(false) => {
            let source = io::Error::from(io::ErrorKind::NotADirectory);
            return Err(ImportError::Read { path: folder.into(), source });
        }
        Err(source) => return Err(ImportError::Read { path: folder.into(), source }),
    }
    reader.folder(folder, "", 0)?;
    Ok(reader.imported)
}

struct Reader {
    reading: Reading,
    imported: Imported,
    root: PathBuf,
    /// paths of files with several names, by device and inode
    names: BTreeMap<(u64, u64), String>,
}

impl Reader {
    fn note(&mut self, text: String) {
        if self.imported.notes.len() < NOTES_MAX {
            self.imported.notes.push(text);
        }
    }

    fn folder(&mut self, folder: &Path, below: &str, depth: usize) -> Result<(), ImportError> {
        let failed = |source| ImportError::Read { path: folder.into(), source };
        let mut children: Vec<PathBuf> = Vec::new();
        for child in fs::read_dir(folder).map_err(failed)? {
            children.push(child.map_err(failed)?.path());
            if children.len() > FILES_MAX {
                return Err(ImportError::TooLarge { path: self.root.clone(), limit: "200,000 files" });
            }
        }
        children.sort();
        for path in children {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                self.note(format!("{}: left out, its name is not UTF-8", path.display()));
                continue;
            };
            let place = if below.is_empty() { name.to_string() } else { format!("{below}/{name}") };
            self.file(&path, place, depth)?;
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, place: String, depth: usize) -> Result<(), ImportError> {
        let failed = |source| ImportError::Read { path: path.into(), source };
        let found = fs::symlink_metadata(path).map_err(failed)?;
        let kind = found.file_type();
        let body = if kind.is_dir() {
            if depth >= DEPTH_MAX {
                self.note(format!("/{place}: left out, folders are nested more than {DEPTH_MAX} deep"));
                return Ok(());
            }
            Body::Directory
        } else if kind.is_symlink() {
            Body::Link(fs::read_link(path).map_err(failed)?.into_os_string().into_vec())
        } else if kind.is_file() {
            let key = (found.dev(), found.ino());
            if let Some(first) = self.names.get(&key) {
                Body::HardLink(first.clone())
            } else if found.len() > FILE_BYTES_MAX {
                self.note(format!("/{place}: left out, larger than {} MiB", FILE_BYTES_MAX >> 20));
                return Ok(());
            } else {
                if found.nlink() > 1 {
                    self.names.insert(key, place.clone());
                }
                let body = match self.reading {
                    Reading::Now => Body::File(Arc::from(fs::read(path).map_err(failed)?)),
                    Reading::Later => Body::Later(Arc::new(HostFile::new(path, found.len()))),
                };
                self.imported.bytes += found.len();
                body
            }
        } else {
            self.note(format!("/{place}: left out, a device, pipe or socket"));
            return Ok(());
        };
        if self.imported.bytes > ALL_BYTES_MAX {
            return Err(ImportError::TooLarge { path: self.root.clone(), limit: "1 GiB" });
        }
        if self.imported.entries.len() >= FILES_MAX {
            return Err(ImportError::TooLarge { path: self.root.clone(), limit: "200,000 files" });
        }
        let is_folder = body == Body::Directory;
        self.imported.entries.push(Entry {
            path: place.clone(),
            body,
            mode: (found.mode() & 0o7777) as u16,
            uid: found.uid(),
            gid: found.gid(),
            time: found.mtime(),
        });
        if is_folder { self.folder(path, &place, depth + 1) } else { Ok(()) }
    }
}

/// Makes a product of a root folder: copies it below `products`, with a profile that can be edited afterwards: that of
/// the product of this name that came with the binary, if it is one that waits for its image. Gives the product's folder and what was left out.
pub fn write_product(folder: &Path, name: &str, products: &Path) -> Result<(PathBuf, Imported), ImportError> {
    if name.parse::<otori_event::ProductId>().is_err() {
        return Err(ImportError::Name(name.into()));
    }
    let mut imported = from_folder(folder)?;
    let isa = imported.machine(folder)?;
    let target = products.join(name);
    if fs::symlink_metadata(&target).is_ok() {
        return Err(ImportError::Exists(target));
    }
    let building = products.join(format!(".{name}.new"));
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| ImportError::Write { path, source }
    };
    if building.exists() {
        fs::remove_dir_all(&building).map_err(failed(&building))?;
    }
    let root = building.join("rootfs");
    fs::create_dir_all(&root).map_err(failed(&root))?;
    copy(&mut imported, &root)?;
    let owners = building.join(OWNERS);
    fs::write(&owners, owners_text(&imported)).map_err(failed(&owners))?;
    for (path, bytes) in profile_files(name, isa, folder)? {
        let path = building.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed(parent))?;
        }
        fs::write(&path, bytes).map_err(failed(&path))?;
    }
    fs::rename(&building, &target).map_err(failed(&target))?;
    profile::Profile::load(&target)?;
    Ok((target, imported))
}

/// The files beside the image: of the product that waits for it, or a profile to be edited.
fn profile_files(name: &str, isa: Isa, folder: &Path) -> Result<Vec<(String, Vec<u8>)>, ImportError> {
    let waiting = profile::Profile::embedded(name).ok();
    let Some(waiting) = waiting.filter(|profile| profile.table.userland.rootfs.is_some()) else {
        return Ok(vec![("product.toml".into(), profile::template(name, isa).into_bytes())]);
    };
    if waiting.isa != isa {
        let (expected, found) = (waiting.isa.row().name, isa.row().name);
        return Err(ImportError::OtherMachine { name: name.into(), expected, path: folder.into(), found });
    }
    let files = waiting.source.embedded_files();
    Ok(files.into_iter().map(|(path, bytes)| (path.to_string(), bytes.to_vec())).collect())
}

fn copy(imported: &mut Imported, root: &Path) -> Result<(), ImportError> {
    for entry in &imported.entries {
        let path = root.join(&entry.path);
        let done = match &entry.body {
            Body::Directory => fs::create_dir_all(&path),
            Body::File(bytes) => fs::File::create_new(&path).and_then(|mut file| file.write_all(bytes)),
            Body::Later(file) => fs::File::create_new(&path).and_then(|mut out| out.write_all(file.bytes())),
            Body::Link(target) => {
                std::os::unix::fs::symlink(std::ffi::OsString::from_vec(target.clone()), &path)
            }
            Body::HardLink(first) => fs::hard_link(root.join(first), &path),
        };
        done.map_err(|source| ImportError::Write { path, source })?;
    }
    Ok(())
}

/// Mode, owner and group per path: the copy itself need not carry them, so that anyone can make one.
fn owners_text(imported: &Imported) -> String {
    let mut text = String::from("# mode\tuid\tgid\tpath\n");
    for entry in &imported.entries {
        let _ = writeln!(
            text,
            "{:04o}\t{}\t{}\t{}",
            entry.mode,
            entry.uid,
            entry.gid,
            entry.path.escape_default()
        );
    }
    text
}

/// Puts modes and owners back that [`write_product`] kept; lines that do not parse change nothing.
pub(crate) fn apply_owners(imported: &mut Imported, text: &str) {
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.splitn(4, '\t');
        let mut next = || fields.next();
        if let (Some(mode), Some(uid), Some(gid), Some(path)) = (next(), next(), next(), next())
            && let (Ok(mode), Ok(uid), Ok(gid)) = (u16::from_str_radix(mode, 8), uid.parse(), gid.parse())
        {
            rows.insert(path.to_string(), (mode & 0o7777, uid, gid));
        }
    }
    for entry in &mut imported.entries {
        if let Some((mode, uid, gid)) = rows.get(&entry.path.escape_default().to_string()) {
            (entry.mode, entry.uid, entry.gid) = (*mode, *uid, *gid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// The first 20 bytes of an ELF file of that machine.
    fn elf(class: u8, order: u8, machine: u8) -> Vec<u8> {
        let mut bytes = b"\x7fELF".to_vec();
        bytes.extend([class, order, 1]);
        bytes.resize(18, 0);
        bytes.extend(if order == 1 { [machine, 0] } else { [0, machine] });
        bytes
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::write(root.join("bin/busybox"), elf(1, 2, 8)).unwrap();
        fs::set_permissions(root.join("bin/busybox"), fs::Permissions::from_mode(0o4755)).unwrap();
        symlink("busybox", root.join("bin/sh")).unwrap();
        symlink("/etc", root.join("out")).unwrap();
        fs::hard_link(root.join("bin/busybox"), root.join("bin/wget")).unwrap();
        folder
    }

    #[test]
    fn a_folder_is_read_without_leaving_it() {
        let folder = folder();
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
        let imported = from_folder(folder.path()).unwrap();
        let paths: Vec<&str> = imported.entries.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, ["bin", "bin/busybox", "bin/sh", "bin/wget", "out"]);
        assert_eq!(imported.entries[1].mode, 0o4755);
        assert_eq!(imported.entries[3].body, Body::HardLink("bin/busybox".into()));
        assert_eq!(imported.entries[4].body, Body::Link(b"/etc".to_vec()));
        assert!(imported.notes[0].contains("/socket: left out"));
        assert_eq!(imported.machine(folder.path()).unwrap(), Isa::Mips32Eb);
    }

    #[test]
    fn other_machines_and_missing_folders_are_named() {
        let folder = folder();
        let machine = |bytes: Vec<u8>| {
            let path = folder.path().join("bin/busybox");
            fs::remove_file(&path).unwrap();
            fs::write(&path, bytes).unwrap();
            from_folder(folder.path()).unwrap().machine(folder.path()).map_err(|error| error.to_string())
        };
        assert!(machine(elf(1, 1, 243)).unwrap_err().contains("RISC-V, 32 bits, little endian"));
        assert!(matches!(machine(elf(1, 1, 40)), Ok(Isa::ArmEl)));
        assert!(matches!(machine(elf(1, 1, 8)), Ok(Isa::Mips32El)));
        assert!(from_folder(Path::new("/nowhere/at/all")).unwrap_err().to_string().contains("cannot read"));
    }

    #[test]
    fn a_product_is_written_with_modes_and_loads_again() {
        let (folder, data) = (folder(), tempfile::tempdir().unwrap());
        let products = data.path().join("products");
        fs::create_dir_all(&products).unwrap();
        let (target, _) = write_product(folder.path(), "my-router", &products).unwrap();
        let profile = crate::Profile::load(&target).unwrap();
        assert_eq!(profile.isa, Isa::Mips32Eb);
        let entries = crate::tree::root_entries(&profile, Path::new("")).unwrap();
        let busybox = entries.iter().find(|entry| entry.path == "bin/busybox").unwrap();
        assert_eq!(busybox.mode, 0o4755);
        assert!(matches!(write_product(folder.path(), "my-router", &products), Err(ImportError::Exists(_))));
        assert!(matches!(write_product(folder.path(), "../x", &products), Err(ImportError::Name(_))));
    }
}
