//! What can go wrong in the store.
//!
//! Key type: [`StoreError`].
use std::path::{Path, PathBuf};

/// Why the store could not do what was asked. The message names the file; [`StoreError::remedy`] says what helps.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused a file operation.
    #[error("{}: {source}", path.display())]
    File {
        /// which file or folder
        path: PathBuf,
        /// its reason
        source: std::io::Error,
    },
    /// Another process has the data directory open for writing.
    #[error("{} is in use by another otori", path.display())]
    InUse {
        /// the data directory
        path: PathBuf,
    },
    /// There is no store at this place.
    #[error("{} holds no store", path.display())]
    Missing {
        /// the data directory
        path: PathBuf,
    },
    /// The database was written by a newer version.
    #[error("the store has format {found}, this otori knows up to {known}")]
    Newer {
        /// format in the file
        found: i64,
        /// newest format this version knows
        known: i64,
    },
    /// SQLite reported an error.
    #[error("database: {0}")]
    Database(#[from] rusqlite::Error),
    /// A sealed segment could not be written or read.
    #[error("segment {}: {source}", path.display())]
    Segment {
        /// which file
        path: PathBuf,
        /// the reason
        source: parquet::errors::ParquetError,
    },
    /// A stored value is not what was written.
    #[error("stored value does not read back: {0}")]
    Value(#[from] serde_json::Error),
    /// A stored file's bytes do not match its name.
    #[error("artifact {sha256} is damaged on disk")]
    Damaged {
        /// its name
        sha256: otori_event::Sha256,
    },
    /// The caller gave up, or the time for the query is over.
    #[error("the query was stopped after its time limit")]
    Stopped,
    /// The cursor was not made by this store.
    #[error("the cursor is not one of ours")]
    Cursor,
    /// Nothing has this name.
    #[error("not found")]
    NotFound,
}

impl StoreError {
    /// What a person can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            StoreError::File { .. } => {
                "check that the disk has room and that the folder belongs to this user"
            }
            StoreError::InUse { .. } => "stop the other otori, or give this one another folder with --data",
            StoreError::Missing { .. } => "start `otori up` once, or name its folder with --data",
            StoreError::Newer { .. } => "use the newer otori that wrote it, or another folder with --data",
            StoreError::Database(_) | StoreError::Segment { .. } | StoreError::Value(_) => {
                "run `otori doctor`; the sealed segments and artifacts are plain files and can be read without otori"
            }
            StoreError::Damaged { .. } => {
                "restore the file from a copy; its name is the SHA-256 of its bytes"
            }
            StoreError::Stopped => "ask for a shorter range or fewer conditions",
            StoreError::Cursor => "start again without a cursor",
            StoreError::NotFound => "check the identifier",
        }
    }

    pub(crate) fn file(path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> StoreError {
        let path = path.as_ref().to_owned();
        move |source| StoreError::File { path, source }
    }
    pub(crate) fn segment(
        path: impl AsRef<Path>,
    ) -> impl FnOnce(parquet::errors::ParquetError) -> StoreError {
        let path = path.as_ref().to_owned();
        move |source| StoreError::Segment { path, source }
    }
}

/// Maps SQLite's interrupt to [`StoreError::Stopped`].
pub(crate) fn stopped(error: StoreError) -> StoreError {
    match error {
        StoreError::Database(rusqlite::Error::SqliteFailure(failure, _))
            if failure.code == rusqlite::ErrorCode::OperationInterrupted =>
        {
            StoreError::Stopped
        }
        other => other,
    }
}
