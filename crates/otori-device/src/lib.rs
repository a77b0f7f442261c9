//! A whole product: profile, root file system, services; start, snapshot, import.
//!
//! One path through this room: [`Profile::find`] reads a product folder, [`userland::obtain`] fetches its programs,
//! [`Device::prepare`] lays both into file systems that never change, and [`Device::session`] gives a machine that
//! shares them. [`import`] makes a product of any root folder.
#![forbid(unsafe_code)]

mod boot;
mod device;
mod entry;
mod host_file;
pub mod import;
mod plain;
pub mod profile;
mod tree;
pub mod userland;

pub use device::{Device, DeviceError, SessionSetup};
pub use host_file::HostFile;
pub use profile::{Profile, ProfileError};

/// The Linux personality, for the engines that drive a device's machine.
pub use otori_linux as linux;
