//! A whole product: profile, root file system, services; start, snapshot, import.
#![forbid(unsafe_code)]

/// The Linux personality, for the engines that drive a device's machine.
pub use otori_linux as linux;
