//! A product that is ready to start machines; key type [`Device`]. Neighbours: profile/ is its data, tree.rs its
//! files, userland/ its programs.
use crate::import::ImportError;
use crate::profile::{Profile, ProfileError};
use crate::tree;
use otori_linux::errno::Errno;
use otori_linux::vfs::{BaseError, Vfs};
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a product does not start.
#[derive(Debug, Error)]
pub enum DeviceError {
    /// its profile is wrong
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// its files cannot be read
    #[error(transparent)]
    Import(#[from] ImportError),
    /// its main program is not where the profile says
    #[error("cannot read the program {path}: {source}; check `program` in [userland]")]
    Program {
        /// where
        path: PathBuf,
        /// why
        source: io::Error,
    },
    /// its files contradict each other
    #[error("the files of the product do not fit together: {0}")]
    Tree(#[from] BaseError),
    /// a mount point is missing or no directory
    #[error("cannot mount {at}: {error}; mounts are listed parents first")]
    Mount {
        /// where
        at: String,
        /// why
        error: Errno,
    },
}

/// A product with its files and programs.
pub struct Device {
    profile: Profile,
    vfs: Vfs,
}

impl Device {
    /// Lays the product's files and programs into file systems; `userland` is the root that
    /// [`crate::userland::obtain`] gave, not looked at for a product with a root of its own.
    pub fn prepare(profile: Profile, userland: &Path) -> Result<Device, DeviceError> {
        let entries = tree::root_entries(&profile, userland)?;
        let vfs = tree::mounted(&profile, &entries)?;
        Ok(Device { profile, vfs })
    }

    /// What the product is.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Its files before anything ran.
    pub fn files(&self) -> &Vfs {
        &self.vfs
    }
}
