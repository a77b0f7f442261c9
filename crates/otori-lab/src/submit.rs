//! A file handed in by a person becomes an artifact like any captured one.
use otori_event::{Artifact, CaptureMethod, RawText, Sha256};
use sha2::Digest;

/// The name of these bytes.
pub fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256(sha2::Sha256::digest(bytes).into())
}

/// An artifact of `bytes`, called `name`, executable.
pub fn submitted(name: &str, bytes: &[u8]) -> Artifact {
    Artifact {
        sha256: sha256(bytes),
        size: bytes.len() as u64,
        name: RawText::from(name),
        mode: 0o755,
        url: None,
        method: CaptureMethod::Submitted,
    }
}
