//! Files that are mapped shared: one set of pages per file, the same bytes for mappings, read(2) and write(2).
//!
//! Key type: [`MappedFiles`]. Before a file is read, what mappings stored is written back; what write(2) puts in is
//! put into the pages too. mmap(2) "MAP_SHARED".
use crate::{
    errno::Errno,
    kernel::Kernel,
    mm::{FileImage, SharedBudget, SharedCopies, SharedPages},
    task::SharedFile,
    vfs::Node,
};
use alloc::{
    collections::BTreeMap,
    sync::{Arc, Weak},
    vec::Vec,
};
use otori_cpu::PAGE_SIZE;

/// Pages by file, as long as somebody maps them.
#[derive(Clone, Debug, Default)]
pub(crate) struct MappedFiles {
    files: BTreeMap<Node, Weak<SharedPages>>,
}

impl MappedFiles {
    /// The pages of a file, `count` at least, made from its image if nobody maps it yet.
    ///
    /// # Errors
    /// ENOMEM when the machine has no room for more shared pages.
    pub(crate) fn pages_of(
        &mut self,
        node: Node,
        count: usize,
        image: Arc<FileImage>,
        budget: &SharedBudget,
    ) -> Result<Arc<SharedPages>, Errno> {
        self.files.retain(|_, pages| pages.strong_count() > 0);
        let pages = match self.files.get(&node).and_then(Weak::upgrade) {
            Some(pages) if pages.count() >= count => return Ok(pages),
            Some(pages) => pages.extended(count, image),
            None => SharedPages::new(count, Some(image), budget),
        };
        let pages = Arc::new(pages.ok_or(Errno::ENOMEM)?);
        self.files.insert(node, Arc::downgrade(&pages));
        Ok(pages)
    }
    fn get(&self, node: Node) -> Option<Arc<SharedPages>> {
        // nothing is mapped on most machines, and this is asked at every read
        if self.files.is_empty() { None } else { self.files.get(&node)?.upgrade() }
    }
    /// Does anybody map it shared?
    pub(crate) fn is_mapped(&self, node: Node) -> bool {
        self.get(node).is_some()
    }
    /// For a copy of the machine: its own pages.
    pub(crate) fn detach(&mut self, copies: &mut SharedCopies) {
        let live: Vec<(Node, Arc<SharedPages>)> =
            self.files.iter().filter_map(|(node, pages)| Some((*node, pages.upgrade()?))).collect();
        self.files = live.iter().map(|(node, pages)| (*node, Arc::downgrade(&copies.of(pages)))).collect();
    }
}

impl Kernel {
    /// Brings a file up to date with what its mappings stored.
    pub(crate) fn refresh_mapped(&mut self, node: Node) {
        if let Some(pages) = self.core.mapped.get(self.vfs.identity(node)) {
            self.write_back(&[SharedFile { node, pages, writable: true }]);
        }
    }
    /// Lets mappings see that the file has another length: zeros from there on, and nothing behind its last page.
    pub(crate) fn truncate_mapped(&mut self, node: Node, length: u64) {
        let Some(pages) = self.core.mapped.get(self.vfs.identity(node)) else { return };
        let count = usize::try_from(length.div_ceil(PAGE_SIZE as u64)).unwrap_or(usize::MAX);
        let identity = pages.identity();
        self.core.spaces.iter_mut().for_each(|space| space.memory.cut_shared(identity, count));
        pages.set_valid(count);
        let end = (pages.count() * PAGE_SIZE) as u64;
        let zeros = alloc::vec![0; PAGE_SIZE];
        let mut at = length;
        while at < end {
            let step = (PAGE_SIZE as u64 - at % PAGE_SIZE as u64) as usize;
            pages.write(at, zeros.get(..step).unwrap_or_default());
            at += step as u64;
        }
    }
    /// Lets mappings see that a file changed from there on, its length too.
    pub(crate) fn show_changed(&mut self, node: Node, offset: u64) {
        if !self.core.mapped.is_mapped(self.vfs.identity(node)) {
            return;
        }
        let Ok(bytes) = self.vfs.bytes(node) else { return };
        let length = bytes.len() as u64;
        let changed = bytes.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default().to_vec();
        self.truncate_mapped(node, length);
        self.update_mapped(node, offset, &changed);
    }
    /// Lets mappings see what was written.
    pub(crate) fn update_mapped(&mut self, node: Node, offset: u64, bytes: &[u8]) {
        let Some(pages) = self.core.mapped.get(self.vfs.identity(node)) else { return };
        if let Ok(size) = self.vfs.size(node) {
            let count = usize::try_from(size.div_ceil(PAGE_SIZE as u64)).unwrap_or(usize::MAX);
            let identity = pages.identity();
            if count > pages.valid() {
                self.core.spaces.iter_mut().for_each(|space| space.memory.cut_shared(identity, count));
                pages.set_valid(count);
            }
        }
        pages.write(offset, bytes);
    }
}
