//! A machine's changes over a shared base tree; key type [`Tree`]. Neighbours: base.rs below, mod.rs joins
//! trees by mounts. Inodes are copied from the base on their first change, a clone shares everything else.
use super::base::BaseTree;
use super::inode::{Body, Content, ExtendedAttributes, Inode, Number};
use super::stored::Stored;
use crate::errno::Errno;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;

/// Bytes that one inode of a machine's own costs beside its content.
const INODE_COST: u64 = 256;

/// A file tree: an immutable base and the inodes that differ from it.
#[derive(Clone, Debug)]
pub struct Tree {
    base: Arc<BaseTree>,
    changed: BTreeMap<Number, Inode>,
    /// open descriptors, mappings and working directories per inode
    holds: BTreeMap<Number, u32>,
    next: Number,
    used: u64,
}

impl Tree {
    /// A tree that shows just its base.
    pub fn new(base: Arc<BaseTree>) -> Tree {
        let next = base.len() as Number;
        Tree { base, changed: BTreeMap::new(), holds: BTreeMap::new(), next, used: 0 }
    }

    /// The inode with that number.
    pub fn inode(&self, number: Number) -> Result<&Inode, Errno> {
        self.changed.get(&number).or_else(|| self.base.inode(number)).ok_or(Errno::ENOENT)
    }

    /// The inode to change; the first time it is copied from the base.
    pub fn inode_mut(&mut self, number: Number) -> Result<&mut Inode, Errno> {
        if !self.changed.contains_key(&number) {
            let inode = self.base.inode(number).ok_or(Errno::ENOENT)?.clone();
            self.used += cost(&inode);
            self.changed.insert(number, inode);
        }
        self.changed.get_mut(&number).ok_or(Errno::ENOENT)
    }

    /// Bytes of the machine's own in this tree.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// Inodes of the machine's own.
    pub fn own_inodes(&self) -> usize {
        self.changed.len()
    }

    /// Every inode in use, for statfs.
    pub fn inodes(&self) -> usize {
        self.next as usize
    }

    /// The name's inode in a directory.
    pub fn child(&self, directory: Number, name: &[u8]) -> Result<Option<Number>, Errno> {
        let names = self.inode(directory)?.names().ok_or(Errno::ENOTDIR)?;
        Ok(names.entries.get(name).map(|entry| entry.number))
    }

    /// Puts a new inode under a name; the caller has checked everything but the numbers.
    pub fn add(&mut self, directory: Number, name: &[u8], mut inode: Inode) -> Result<Number, Errno> {
        let number = self.next;
        self.next = self.next.checked_add(1).ok_or(Errno::ENOSPC)?;
        inode.parent = directory;
        inode.name = Arc::from(name);
        let (now_ns, is_directory) = (inode.change_ns, inode.is_directory());
        self.used += cost(&inode);
        self.changed.insert(number, inode);
        self.attach(directory, name, number, now_ns)?;
        if is_directory {
            self.inode_mut(directory)?.links += 1;
        }
        Ok(number)
    }

    /// Puts a new inode beside the names; it goes with its last use.
    pub fn add_unnamed(&mut self, directory: Number, mut inode: Inode) -> Result<Number, Errno> {
        let number = self.next;
        self.next = self.next.checked_add(1).ok_or(Errno::ENOSPC)?;
        inode.parent = directory;
        inode.links = 0;
        self.used += cost(&inode);
        self.changed.insert(number, inode);
        Ok(number)
    }

    /// Enters a name into a directory, replacing what stood there.
    pub fn attach(
        &mut self,
        directory: Number,
        name: &[u8],
        number: Number,
        now_ns: i64,
    ) -> Result<(), Errno> {
        let parent = self.inode_mut(directory)?;
        (parent.modify_ns, parent.change_ns) = (now_ns, now_ns);
        parent.names_mut().ok_or(Errno::ENOTDIR)?.insert(name, number);
        Ok(())
    }

    /// Takes a name out of a directory; the inode's link count is the caller's affair.
    pub fn detach(&mut self, directory: Number, name: &[u8], now_ns: i64) -> Result<(), Errno> {
        let parent = self.inode_mut(directory)?;
        (parent.modify_ns, parent.change_ns) = (now_ns, now_ns);
        parent.names_mut().ok_or(Errno::ENOTDIR)?.entries.remove(name);
        Ok(())
    }

    /// One name less for an inode (all of them for a directory); it goes when nothing holds it.
    pub fn unlinked(&mut self, number: Number, now_ns: i64) -> Result<(), Errno> {
        let inode = self.inode_mut(number)?;
        inode.change_ns = now_ns;
        let (directory, parent) = (inode.is_directory(), inode.parent);
        inode.links = if directory { 0 } else { inode.links.saturating_sub(1) };
        let gone = inode.links == 0;
        if directory {
            let above = self.inode_mut(parent)?;
            above.links = above.links.saturating_sub(1);
        }
        if gone && !self.holds.contains_key(&number) {
            self.forget(number);
        }
        Ok(())
    }

    /// Counts a use that keeps an unlinked inode alive.
    pub fn hold(&mut self, number: Number) {
        let count = self.holds.entry(number).or_insert(0);
        *count = count.saturating_add(1);
    }

    /// Ends a use; an unlinked inode goes with its last.
    pub fn release(&mut self, number: Number) {
        let Some(count) = self.holds.get_mut(&number) else { return };
        *count = count.saturating_sub(1);
        if *count > 0 {
            return;
        }
        self.holds.remove(&number);
        if self.changed.get(&number).is_some_and(|inode| inode.links == 0) {
            self.forget(number);
        }
    }

    /// Replaces a file's content through `change` and keeps the account of used bytes.
    pub fn change_content(
        &mut self,
        number: Number,
        now_ns: i64,
        change: impl FnOnce(&mut Content),
    ) -> Result<(), Errno> {
        let inode = self.inode_mut(number)?;
        let Body::File(content) = &mut inode.body else { return Err(Errno::EINVAL) };
        let before = content.charged();
        change(content);
        let after = content.charged();
        (inode.modify_ns, inode.change_ns) = (now_ns, now_ns);
        self.used = self.used.saturating_sub(before) + after;
        Ok(())
    }

    /// Changes a file's extended attributes and keeps the account of used bytes.
    pub fn change_attributes(
        &mut self,
        number: Number,
        now_ns: i64,
        change: impl FnOnce(&mut ExtendedAttributes),
    ) -> Result<(), Errno> {
        let inode = self.inode_mut(number)?;
        let before = cost(inode);
        inode.change_attributes(change);
        inode.change_ns = now_ns;
        let after = cost(inode);
        self.used = self.used.saturating_sub(before) + after;
        Ok(())
    }

    /// The file's bytes, shared: for mappings and for executing. A growing file is frozen until its next write.
    pub fn share(&mut self, number: Number) -> Result<Stored, Errno> {
        match &self.inode(number)?.body {
            Body::File(Content::Base(bytes) | Content::Frozen(bytes)) => Ok(Stored::Held(bytes.clone())),
            Body::File(Content::Deferred(file)) => Ok(Stored::Deferred(file.clone())),
            Body::File(Content::Own(_)) => {
                let inode = self.inode_mut(number)?;
                let Body::File(content) = &mut inode.body else { return Err(Errno::EINVAL) };
                let bytes: Arc<[u8]> = Arc::from(content.bytes());
                *content = Content::Frozen(bytes.clone());
                Ok(Stored::Held(bytes))
            }
            Body::Directory(_) => Err(Errno::EISDIR),
            _ => Err(Errno::ENODEV),
        }
    }

    /// Another name of an inode whose latest name is gone, with the directory it stands in.
    pub fn find_name(&self, number: Number) -> Option<(Number, &[u8])> {
        (0..self.next).find_map(|directory| {
            let inode = self.inode(directory).ok().filter(|inode| inode.links > 0)?;
            let names = inode.names()?;
            let (name, _) = names.entries.iter().find(|(_, entry)| entry.number == number)?;
            Some((directory, &name[..]))
        })
    }

    /// Drops an inode without names. One of the base leaves a tombstone, or the base's copy would show again.
    fn forget(&mut self, number: Number) {
        let Some(mut inode) = self.changed.remove(&number) else { return };
        self.used = self.used.saturating_sub(cost(&inode));
        if (number as usize) < self.base.len() {
            if let Body::File(content) = &mut inode.body {
                *content = Content::empty();
            }
            self.used += cost(&inode);
            self.changed.insert(number, inode);
        }
    }
}

fn cost(inode: &Inode) -> u64 {
    let content = match &inode.body {
        Body::File(content) => content.charged(),
        Body::Link(target) => target.len() as u64,
        _ => 0,
    };
    let attributes = inode.attributes().iter().map(|(name, value)| (name.len() + value.len()) as u64);
    INODE_COST + content + attributes.sum::<u64>()
}
