//! Tells when a file has changed, for what a running guard takes anew. Key function: [`changes`].
use std::{
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

/// How often files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Calls `take` from a thread of its own after every change of the file, as long as the process lives.
pub fn changes(path: PathBuf, mut take: impl FnMut(&Path) + Send + 'static) {
    thread::spawn(move || {
        let mut seen = changed_at(&path);
        loop {
            thread::sleep(LOOK);
            let now = changed_at(&path);
            if now.is_some() && now != seen {
                seen = now;
                take(&path);
            }
        }
    });
}

fn changed_at(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
