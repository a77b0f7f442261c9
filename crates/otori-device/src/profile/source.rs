//! Where a product's files come from; key type [`Source`]: the binary itself, or a folder.
use super::error::ProfileError;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

/// Every file below `products/` with its path there; written by build.rs.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/products.rs"));

/// Largest file of a product that is read beside its root file system, bytes.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// A product folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// one that came with the binary
    Embedded(String),
    /// one on the host
    Folder(PathBuf),
}

impl Source {
    /// Names of the products that came with the binary.
    pub fn embedded_names() -> BTreeSet<&'static str> {
        EMBEDDED
            .iter()
            .filter_map(|(path, _)| path.split_once('/'))
            .filter(|(_, file)| *file == "product.toml")
            .map(|(name, _)| name)
            .collect()
    }

    /// How the place is shown to people.
    pub fn path(&self, file: &str) -> PathBuf {
        match self {
            Source::Embedded(name) => Path::new("products").join(name).join(file),
            Source::Folder(folder) => folder.join(file),
        }
    }

    /// The bytes of a file of the product; the path stays below it.
    pub fn read(&self, file: &str) -> Result<Vec<u8>, ProfileError> {
        let shown = self.path(file);
        let below = Path::new(file).components().all(|part| matches!(part, Component::Normal(_)));
        if !below {
            return Err(ProfileError::of_file(
                shown,
                "the path leaves the product's folder",
                "name a file below it",
            ));
        }
        let found = match self {
            Source::Embedded(name) => {
                let full = format!("{name}/{file}");
                let position = EMBEDDED.iter().find(|(path, _)| *path == full);
                position.map(|(_, bytes)| bytes.to_vec()).ok_or(io::Error::from(io::ErrorKind::NotFound))
            }
            Source::Folder(folder) => read_bounded(&folder.join(file)),
        };
        found.map_err(|error| {
            let remedy = "add the file, or correct its path in product.toml";
            ProfileError::of_file(shown, format!("cannot read: {error}"), remedy)
        })
    }

    /// Every file of an embedded product, with its path there.
    pub fn embedded_files(&self) -> Vec<(&'static str, &'static [u8])> {
        let Source::Embedded(name) = self else { return Vec::new() };
        Source::embedded_with(&format!("{name}/"))
    }

    /// Files below a folder of an embedded product, with their paths there.
    pub fn embedded_below(&self, folder: &str) -> Vec<(&'static str, &'static [u8])> {
        let Source::Embedded(name) = self else { return Vec::new() };
        Source::embedded_with(&format!("{name}/{folder}/"))
    }

    fn embedded_with(prefix: &str) -> Vec<(&'static str, &'static [u8])> {
        let stripped =
            |(path, bytes): &(&'static str, &'static [u8])| Some((path.strip_prefix(prefix)?, *bytes));
        EMBEDDED.iter().filter_map(stripped).collect()
    }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.len() > FILE_BYTES_MAX {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge));
    }
    fs::read(path)
}
