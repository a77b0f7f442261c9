//! Captured files and recordings: plain files beside the database.
//!
//! Neighbour: [`crate::Store`], whose methods these are. An artifact is durable when [`Store::put_artifact`] returns.
//! A recording survives the end of the process at once (it is in the system's cache) and a loss of power from the
//! moment that its `Recorded` event is appended.
use crate::folder::{sync_folder, write_durably};
use crate::{Reader, Store, StoreError};
use otori_event::{SessionId, Sha256};
use sha2::Digest;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};

/// The most bytes that one recording keeps; later chunks are counted out by the caller.
pub const RECORDING_MAX_BYTES: u64 = 16 << 20;

impl Store {
    /// Keeps `bytes` under their SHA-256; durable on return. The same bytes twice are one file.
    pub fn put_artifact(&self, bytes: &[u8]) -> Result<Sha256, StoreError> {
        let sha256 = Sha256(sha2::Sha256::digest(bytes).into());
        let path = self.folder.artifact(&sha256);
        let present = fs::metadata(&path).is_ok_and(|found| found.len() == bytes.len() as u64);
        if !present {
            write_durably(&path, bytes)?;
        }
        Ok(sha256)
    }

    /// Appends whole lines to a session's recording, up to [`RECORDING_MAX_BYTES`]; returns its size in bytes.
    /// A chunk that does not fit is left out whole.
    pub fn append_recording(&self, session: SessionId, chunk: &[u8]) -> Result<u64, StoreError> {
        let path = self.folder.recording(session);
        let open = || OpenOptions::new().append(true).create(true).open(&path);
        let opened = match open() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let folder = path.parent().unwrap_or(self.folder.root());
                fs::create_dir_all(folder).map_err(StoreError::file(folder))?;
                open()
            }
            other => other,
        };
        let mut file = opened.map_err(StoreError::file(&path))?;
        let size = file.metadata().map_err(StoreError::file(&path))?.len();
        if size + chunk.len() as u64 > RECORDING_MAX_BYTES {
            return Ok(size);
        }
        file.write_all(chunk).map_err(StoreError::file(&path))?;
        Ok(size + chunk.len() as u64)
    }

    /// Makes a recording survive a loss of power.
    pub(crate) fn sync_recording(&self, session: SessionId) -> Result<(), StoreError> {
        let path = self.folder.recording(session);
        match File::open(&path) {
            Ok(file) => {
                file.sync_all().map_err(StoreError::file(&path))?;
                sync_folder(path.parent().unwrap_or(self.folder.root()))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(StoreError::file(&path)(error)),
        }
    }
}

impl Reader {
    /// The bytes of an artifact, checked against its name. `None` when there is none.
    pub fn artifact(&self, sha256: &Sha256) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.folder.artifact(sha256);
        match fs::read(&path) {
            Ok(bytes) if sha2::Sha256::digest(&bytes).as_slice() == sha256.0 => Ok(Some(bytes)),
            Ok(_) => Err(StoreError::Damaged { sha256: *sha256 }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::file(&path)(error)),
        }
    }

    /// A session's recording (asciinema v2), whole lines only: a line that a crash cut short is left out.
    pub fn recording(&self, session: SessionId) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.folder.recording(session);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::file(&path)(error)),
        };
        let mut bytes = Vec::new();
        file.take(RECORDING_MAX_BYTES).read_to_end(&mut bytes).map_err(StoreError::file(&path))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        bytes.truncate(whole);
        Ok(Some(bytes))
    }
}
