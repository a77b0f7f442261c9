//! A captured file: its name is its SHA-256.
use crate::{RawText, Sha256};
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// How a file came into our hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureMethod {
    /// written by the session's own commands (`echo -ne … >> f`, `cat > f`)
    Written,
    /// fetched by the device's own HTTP client (`wget`, `curl`)
    Http,
    /// fetched by the device's own `tftp`
    Tftp,
    /// fetched by the device's own `ftpget`
    Ftp,
    /// sent to a front of the decoy (HTTP POST or PUT)
    Upload,
    /// seen whole on the wire
    Wire,
    /// written by a detonated artifact
    Dropped,
    /// handed in by a person (`otori detonate FILE`)
    Submitted,
}

/// One captured file. Its bytes are in the store under `sha256`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// SHA-256 of the bytes
    pub sha256: Sha256,
    /// length in bytes
    pub size: u64,
    /// absolute path on the device, or the name that the client gave
    pub name: RawText,
    /// permission bits at the end of the capture (0o755 …)
    pub mode: u32,
    /// where it was fetched from
    pub url: Option<String>,
    /// how it came
    pub method: CaptureMethod,
}
