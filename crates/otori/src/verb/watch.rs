//! Tells when a file has changed, for what a running guard takes anew. Key function: [`changes`].
use std::{
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

/// How often files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Calls `take` from a thread of its own after every change of the file, as long as the process lives.
pub fn changes(path: PathBuf, take: impl FnMut(&Path) + Send + 'static) {
    any_changes(vec![path], take);
}

/// The same for several files; one call for all that have changed since the last look, with the name of one of them.
pub fn any_changes(paths: Vec<PathBuf>, mut take: impl FnMut(&Path) + Send + 'static) {
    thread::spawn(move || {
        let mut seen: Vec<_> = paths.iter().map(|path| changed_at(path)).collect();
        loop {
            thread::sleep(LOOK);
            let mut changed = None;
            for (path, seen) in paths.iter().zip(&mut seen) {
                let now = changed_at(path);
                if now.is_some() && now != *seen {
                    *seen = now;
                    changed = Some(path);
                }
            }
            if let Some(path) = changed {
                take(path);
            }
        }
    });
}

fn changed_at(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
