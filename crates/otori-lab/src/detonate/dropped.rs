//! Files that the sample left or removed: collected when they are closed after writing, when they are deleted, and at
//! the end.
//!
//! Key type: [`Collector`]. One file per content; the sample itself is none of them.
use super::watch::Watch;
use crate::submit::sha256;
use otori_device::linux::Machine;
use otori_event::report::FileOperation;
use otori_event::{Artifact, CaptureMethod, RawText, Sha256};
use std::collections::BTreeSet;

/// Files that are kept.
const FILES_MAX: usize = 64;
/// Bytes of one file that is kept; larger ones are left out.
pub(crate) const FILE_MAX_BYTES: usize = 16 << 20;
/// Bytes of all kept files together.
const TOTAL_MAX_BYTES: usize = 64 << 20;

pub(crate) struct Collector {
    known: BTreeSet<Sha256>,
    kept: Vec<(Artifact, Vec<u8>)>,
    total_bytes: usize,
}

impl Collector {
    /// `own` is the sample: a copy of itself is no further file.
    pub(crate) fn new(own: Sha256) -> Collector {
        Collector { known: BTreeSet::from([own]), kept: Vec::new(), total_bytes: 0 }
    }

    /// Takes what was closed after writing.
    pub(crate) fn collect(&mut self, machine: &mut Machine, watch: &mut Watch) {
        for (path, content, mode) in std::mem::take(&mut watch.removed) {
            self.keep_bytes(&path, content.to_vec(), mode);
        }
        for path in std::mem::take(&mut watch.written) {
            self.keep(machine, &path);
        }
    }

    /// Takes what was opened for writing and is still there at the end.
    pub(crate) fn sweep(&mut self, machine: &mut Machine, watch: &Watch) {
        let is_written = |operation| matches!(operation, FileOperation::Written | FileOperation::Renamed);
        for file in watch.files.iter().filter(|file| file.succeeded && is_written(file.operation)) {
            self.keep(machine, file.path.as_bytes());
        }
    }

    pub(crate) fn finish(self) -> Vec<(Artifact, Vec<u8>)> {
        self.kept
    }

    fn keep(&mut self, machine: &mut Machine, path: &[u8]) {
        let special = [&b"/proc/"[..], b"/dev/", b"/sys/"].iter().any(|prefix| path.starts_with(prefix));
        if special || self.kept.len() >= FILES_MAX {
            return;
        }
        if let Ok(bytes) = machine.read_file(path) {
            let mode = machine.file_mode(path).unwrap_or(0o644);
            self.keep_bytes(path, bytes, mode);
        }
    }

    fn keep_bytes(&mut self, path: &[u8], bytes: Vec<u8>, mode: u32) {
        let fits = bytes.len() <= FILE_MAX_BYTES && self.total_bytes + bytes.len() <= TOTAL_MAX_BYTES;
        if bytes.is_empty() || !fits || self.kept.len() >= FILES_MAX {
            return;
        }
        let name = sha256(&bytes);
        if !self.known.insert(name) {
            return;
        }
        self.total_bytes += bytes.len();
        let artifact = Artifact {
            sha256: name,
            size: bytes.len() as u64,
            name: RawText::new(path),
            mode: mode & 0o7777,
            url: None,
            method: CaptureMethod::Dropped,
        };
        self.kept.push((artifact, bytes));
    }
}
