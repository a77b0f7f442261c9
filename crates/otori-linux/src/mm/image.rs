//! The pages of a file, made once and shared by everyone who maps it. Key types: [`FileImage`], [`ImageCache`].
//!
//! A thousand shells on a thousand machines share one busybox: its pages and the blocks decoded from them hang
//! on one [`FileImage`], which a machine and its snapshots keep alive through their [`ImageCache`].

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use once_cell::race::OnceBox;
use otori_cpu::{PAGE_SIZE, Page};

/// A file's bytes with the pages made from them so far.
#[derive(Debug)]
pub struct FileImage {
    bytes: Arc<[u8]>,
    pages: Box<[OnceBox<Arc<Page>>]>,
}

impl FileImage {
    /// An image of `bytes`; costs eight bytes a page until the pages are touched.
    #[must_use]
    pub fn new(bytes: Arc<[u8]>) -> FileImage {
        let pages = (0..bytes.len().div_ceil(PAGE_SIZE)).map(|_| OnceBox::new()).collect();
        FileImage { bytes, pages }
    }

    /// The bytes of the file.
    #[must_use]
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// The page with number `number` (from 0); `None` behind the end of the file.
    #[must_use]
    pub fn page(&self, number: u64) -> Option<&Arc<Page>> {
        let number = usize::try_from(number).ok()?;
        let slot = self.pages.get(number)?;
        let bytes = self.bytes.get(number * PAGE_SIZE..)?;
        Some(
            slot.get_or_init(|| {
                Box::new(Arc::new(Page::from_bytes(bytes.get(..PAGE_SIZE).unwrap_or(bytes))))
            }),
        )
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
    pub fn image(&mut self, bytes: &Arc<[u8]>) -> Option<Arc<FileImage>> {
        self.turn += 1;
        let key = bytes.as_ptr() as usize;
        if let Some((turn, image)) = self.images.get_mut(&key)
            && Arc::ptr_eq(image.bytes(), bytes)
        {
            *turn = self.turn;
            return Some(Arc::clone(image));
        }
        let mapped = self.alive.get(&key).and_then(|(_, image)| image.upgrade());
        let image = match mapped.filter(|image| Arc::ptr_eq(image.bytes(), bytes)) {
            Some(image) => image,
            None => {
                let counted = bytes.len().max(IMAGE_BYTES_MIN);
                self.make_room(counted)?;
                let image = Arc::new(FileImage::new(Arc::clone(bytes)));
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
