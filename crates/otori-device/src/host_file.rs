//! A file of a host folder that is read when the guest first wants its bytes. Key type: [`HostFile`], which implements
//! [`Deferred`]. Neighbour: import.rs lists folders.
use otori_linux::vfs::Deferred;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// One regular file, as large as it was when it was listed.
#[derive(Debug)]
pub struct HostFile {
    path: PathBuf,
    size: u64,
    held: OnceLock<Arc<[u8]>>,
}

impl HostFile {
    /// A file of that size; nothing is read yet.
    pub fn new(path: &Path, size: u64) -> HostFile {
        HostFile { path: path.into(), size, held: OnceLock::new() }
    }

    /// Reads at once into what is shared. A file that shrank ends in zeros, one that grew is cut, one that cannot be
    /// read any more is all zeros: the size was already told to the guest.
    fn read(&self) -> Arc<[u8]> {
        let size = usize::try_from(self.size).unwrap_or(0);
        let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, size).collect();
        let mut rest = Arc::get_mut(&mut bytes).unwrap_or_default();
        let Ok(mut file) = File::open(&self.path) else { return bytes };
        while !rest.is_empty() {
            match file.read(rest) {
                Ok(0) => break,
                Ok(count) => rest = rest.get_mut(count..).unwrap_or_default(),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        bytes
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
    fn bytes(&self) -> &Arc<[u8]> {
        self.held.get_or_init(|| self.read())
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
            assert_eq!(&HostFile::new(&path, size).bytes()[..], expected);
        }
        let gone = HostFile::new(&folder.join("none"), 3);
        assert_eq!((gone.size(), &gone.bytes()[..]), (3, &[0; 3][..]));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
