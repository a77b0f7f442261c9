//! The pages of a file, made once and shared by everyone who maps it. Key types: [`FileImage`], [`ImageCache`].
//!
//! A thousand shells on a thousand machines share one busybox: its pages and the blocks decoded from them hang
//! on one [`FileImage`], which a machine and its snapshots keep alive through their [`ImageCache`].

use crate::vfs::Stored;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use once_cell::race::OnceBox;
use otori_cpu::{PAGE_SIZE, Page};

/// A file's bytes with the pages made from them so far.
#[derive(Debug)]
pub struct FileImage {
    bytes: Stored,
    pages: Box<[OnceBox<Arc<Page>>]>,
}

impl FileImage {
    /// An image of `bytes`; costs eight bytes a page until the pages are touched.
    #[must_use]
    pub fn new(bytes: Stored) -> FileImage {
        let count = usize::try_from(bytes.size()).unwrap_or(usize::MAX).div_ceil(PAGE_SIZE);
        let pages = (0..count).map(|_| OnceBox::new()).collect();
        FileImage { bytes, pages }
    }

    /// How many pages there are.
    pub(super) fn pages(&self) -> u64 {
        self.pages.len() as u64
    }

    /// The page with number `number` (from 0); `None` behind the end of the file.
    #[must_use]
    pub fn page(&self, number: u64) -> Option<&Arc<Page>> {
        let slot = self.pages.get(usize::try_from(number).ok()?)?;
        Some(slot.get_or_init(|| Box::new(Arc::new(self.made(number)))))
    }

    /// A page from the bytes, zeros behind their end.
    fn made(&self, number: u64) -> Page {
        let offset = number * PAGE_SIZE as u64;
        if let Stored::Held(bytes) = &self.bytes {
            let rest = usize::try_from(offset).ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
            return Page::from_bytes(rest.get(..PAGE_SIZE).unwrap_or(rest));
        }
        let mut held = [0; PAGE_SIZE];
        let count = self.bytes.read(offset, &mut held);
        Page::from_bytes(held.get(..count).unwrap_or(&held))
    }
}

/// Images kept at most that nobody maps; the oldest goes first.
const IMAGES_MAX: usize = 64;

/// Bytes of all images of a machine, old versions of changed files that are still mapped included; then ENOMEM.
const IMAGES_BYTES_MAX: usize = 256 << 20;
/// What the smallest one counts.
const IMAGE_BYTES_MIN: usize = PAGE_SIZE;

/// Finds the image of a file again by the identity of its bytes. Clones share the images.
#[derive(Clone, Debug, Default)]
pub struct ImageCache {
    /// By address of the bytes, which the image keeps alive; with the turn of its last use.
    images: BTreeMap<usize, (u64, Arc<FileImage>)>,
    /// all that are alive, with the bytes that they count
    alive: BTreeMap<usize, (usize, Weak<FileImage>)>,
    turn: u64,
}

impl ImageCache {
    /// The image of these bytes, made if it is not there yet; `None` when there is no room for it.
    pub fn image(&mut self, bytes: &Stored) -> Option<Arc<FileImage>> {
        self.turn += 1;
        let key = bytes.identity();
        if let Some((turn, image)) = self.images.get_mut(&key)
            && image.bytes.is_same(bytes)
        {
            *turn = self.turn;
            return Some(Arc::clone(image));
        }
        let mapped = self.alive.get(&key).and_then(|(_, image)| image.upgrade());
        let image = match mapped.filter(|image| image.bytes.is_same(bytes)) {
            Some(image) => image,
            None => {
                let counted = usize::try_from(bytes.size()).ok()?.max(IMAGE_BYTES_MIN);
                self.make_room(counted)?;
                let image = Arc::new(FileImage::new(bytes.clone()));
                self.alive.insert(key, (counted, Arc::downgrade(&image)));
                image
            }
        };
        if self.images.len() >= IMAGES_MAX {
            self.forget_oldest();
        }
        self.images.insert(key, (self.turn, Arc::clone(&image)));
        Some(image)
    }

    /// Says whether there was one.
    fn forget_oldest(&mut self) -> bool {
        let oldest = self.images.iter().min_by_key(|(_, (turn, _))| *turn).map(|(key, _)| *key);
        oldest.is_some_and(|key| self.images.remove(&key).is_some())
    }

    /// Lets images go that nobody maps until `bytes` more fit; `None` when they do not.
    fn make_room(&mut self, bytes: usize) -> Option<()> {
        loop {
            self.alive.retain(|_, (_, image)| image.strong_count() > 0);
            let counted: usize = self.alive.values().map(|(counted, _)| counted).sum();
            if counted.saturating_add(bytes) <= IMAGES_BYTES_MAX {
                return Some(());
            }
            if !self.forget_oldest() {
                return None;
            }
        }
    }
}
