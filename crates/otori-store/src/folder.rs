//! The data directory: where each thing lies, and how a file becomes durable.
//!
//! Key type: [`Folder`]. `otori.db` (SQLite, WAL), `artifacts/aa/SHA256`, `recordings/aa/SESSION.cast`,
//! `segments/*.parquet`, `store.lock`. A file is written under a temporary name, synced, renamed, and then its
//! folder is synced: after that it survives a loss of power.
use crate::StoreError;
use otori_event::{SessionId, Sha256};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Name prefix of files that are not finished; removed when the store is opened.
pub(crate) const TEMPORARY: &str = ".tmp-";

/// Paths below one data directory.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(crate) fn new(root: &Path) -> Self {
        Folder { root: root.to_owned() }
    }
    /// Makes the folders that are missing.
    pub(crate) fn prepare(&self) -> Result<(), StoreError> {
        for path in [self.root.clone(), self.artifacts(), self.recordings(), self.segments()] {
            fs::create_dir_all(&path).map_err(StoreError::file(&path))?;
        }
        sync_folder(&self.root)
    }
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }
    pub(crate) fn database(&self) -> PathBuf {
        self.root.join("otori.db")
    }
    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("store.lock")
    }
    pub(crate) fn artifacts(&self) -> PathBuf {
        self.root.join("artifacts")
    }
    pub(crate) fn recordings(&self) -> PathBuf {
        self.root.join("recordings")
    }
    pub(crate) fn segments(&self) -> PathBuf {
        self.root.join("segments")
    }
    pub(crate) fn artifact(&self, sha256: &Sha256) -> PathBuf {
        let name = sha256.to_string();
        self.artifacts().join(name.get(..2).unwrap_or_default()).join(name)
    }
    pub(crate) fn recording(&self, session: SessionId) -> PathBuf {
        let name = session.to_string();
        // The last digits spread better than the first.
        self.recordings().join(name.get(10..).unwrap_or_default()).join(format!("{name}.cast"))
    }

    /// Removes unfinished files; returns how many.
    pub(crate) fn remove_unfinished(&self) -> Result<u64, StoreError> {
        let mut removed = 0;
        let mut folders = vec![self.segments(), self.artifacts()];
        let below = fs::read_dir(self.artifacts()).map_err(StoreError::file(self.artifacts()))?;
        folders.extend(below.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()));
        for folder in folders {
            for entry in fs::read_dir(&folder).map_err(StoreError::file(&folder))?.flatten() {
                if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
                    fs::remove_file(entry.path()).map_err(StoreError::file(entry.path()))?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}

/// Makes renames and new names in `folder` durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder).and_then(|file| file.sync_all()).map_err(StoreError::file(folder))
}

/// A name in `folder` that no one else uses now.
pub(crate) fn temporary_name(folder: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    folder.join(format!("{TEMPORARY}{}-{number}", std::process::id()))
}

/// Writes `bytes` to `path` durably: either the whole file is there under its name, or nothing is.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let fresh = !folder.exists();
    fs::create_dir_all(folder).map_err(StoreError::file(folder))?;
    if let (true, Some(above)) = (fresh, folder.parent()) {
        sync_folder(above)?;
    }
    let temporary = temporary_name(folder);
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(StoreError::file(path))?;
    sync_folder(folder)
}
