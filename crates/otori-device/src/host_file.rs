//! A file of a host folder that is read when the guest first wants its bytes. Key type: [`HostFile`], which implements
//! [`Deferred`]. Neighbour: import.rs lists folders.
use otori_linux::vfs::Deferred;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Files that stay open between two reads, of all roots together; the others are opened again.
const OPEN_MAX: usize = 64;

/// How many are open.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// One regular file, as large as it was when it was listed.
#[derive(Debug)]
pub struct HostFile {
    path: PathBuf,
    size: u64,
    open: OnceLock<Open>,
    held: OnceLock<Arc<[u8]>>,
}

/// A file that stays open and counts.
#[derive(Debug)]
struct Open(File);

impl Open {
    /// The file, or back if too many are open.
    fn keep(file: File) -> Result<Open, File> {
        let fits = |count: usize| (count < OPEN_MAX).then_some(count + 1);
        match OPEN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(_) => Ok(Open(file)),
            Err(_) => Err(file),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

impl HostFile {
    /// A file of that size; nothing is read yet.
    pub fn new(path: &Path, size: u64) -> HostFile {
        HostFile { path: path.into(), size, open: OnceLock::new(), held: OnceLock::new() }
    }

    /// Reads a part into zeros. A file that shrank ends in zeros, one that grew is cut, one that cannot be read any more
    /// is all zeros: the size was already told to the guest.
    fn fill(&self, offset: u64, into: &mut [u8]) {
        if let Some(Open(file)) = self.open.get() {
            return read_from(file, offset, into);
        }
        let Ok(file) = File::open(&self.path) else { return };
        read_from(&file, offset, into);
        if let Ok(open) = Open::keep(file) {
            // one that another thread opened meanwhile does as well
            let _ = self.open.set(open);
        }
    }
}

/// As much as there is; an error ends it.
fn read_from(file: &File, mut offset: u64, mut into: &mut [u8]) {
    while !into.is_empty() {
        match file.read_at(into, offset) {
            Ok(0) => return,
            Ok(count) => {
                offset += count as u64;
                into = into.get_mut(count..).unwrap_or_default();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

impl PartialEq for HostFile {
    fn eq(&self, other: &HostFile) -> bool {
        (&self.path, self.size) == (&other.path, other.size)
    }
}
impl Eq for HostFile {}

impl Deferred for HostFile {
    fn size(&self) -> u64 {
        self.size
    }
    fn read(&self, offset: u64, into: &mut [u8]) -> usize {
        let rest = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let count = rest.min(into.len());
        let into = into.get_mut(..count).unwrap_or_default();
        into.fill(0);
        match self.held.get() {
            Some(bytes) => {
                let from = usize::try_from(offset).ok().and_then(|start| bytes.get(start..));
                into.iter_mut().zip(from.unwrap_or_default()).for_each(|(to, from)| *to = *from);
            }
            None => self.fill(offset, into),
        }
        count
    }
    fn bytes(&self) -> &Arc<[u8]> {
        self.held.get_or_init(|| {
            let size = usize::try_from(self.size).unwrap_or(0);
            let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, size).collect();
            self.fill(0, Arc::get_mut(&mut bytes).unwrap_or_default());
            bytes
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_the_size_it_was_listed_with() {
        let folder = std::env::temp_dir().join(format!("otori-host-file-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("file");
        std::fs::write(&path, b"content").unwrap();
        for (size, expected) in [(7, &b"content"[..]), (4, b"cont"), (9, b"content\0\0"), (0, b"")] {
            let file = HostFile::new(&path, size);
            let mut part = [0xff; 4];
            assert_eq!(file.read(2, &mut part), expected.len().saturating_sub(2).min(4));
            let count = expected.len().saturating_sub(2).min(4);
            assert_eq!(&part[..count], expected.get(2..2 + count).unwrap_or_default(), "{size}");
            assert_eq!(&file.bytes()[..], expected);
            let mut again = [0xff; 4];
            assert_eq!(file.read(2, &mut again), count);
            assert_eq!(again, part, "from memory the same");
            assert_eq!(file.read(u64::MAX, &mut part), 0);
        }
        let gone = HostFile::new(&folder.join("none"), 3);
        assert_eq!((gone.size(), &gone.bytes()[..]), (3, &[0; 3][..]));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_bounded_number_of_files_stays_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"x").unwrap();
        let files: Vec<HostFile> = (0..OPEN_MAX + 10).map(|_| HostFile::new(&path, 1)).collect();
        for file in &files {
            let mut byte = [0];
            assert_eq!((file.read(0, &mut byte), byte), (1, *b"x"));
        }
        let open = files.iter().filter(|file| file.open.get().is_some()).count();
        assert!((1..=OPEN_MAX).contains(&open), "{open}");
    }
}
