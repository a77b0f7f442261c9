//! Room of files: holes, blocks that are there before they are written, ranges that go and come. Neighbours: extent.rs
//! counts, data.rs reads and writes. Specification: fallocate(2), lseek(2) on `SEEK_DATA`; what a file system can do is
//! what its `fallocate` in fs/ and mm/shmem.c of Linux can.
use super::change::event;
use super::extent::{BLOCK_BYTES, Extents};
use super::inode::{Body, Kind, Number};
use super::{Node, Vfs, seal};
use crate::errno::Errno;
use alloc::vec;

/// What becomes of a range of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// blocks are there
    Reserve,
    /// `FALLOC_FL_PUNCH_HOLE`
    Punch,
    /// `FALLOC_FL_ZERO_RANGE`
    Zero,
    /// `FALLOC_FL_COLLAPSE_RANGE`
    Collapse,
    /// `FALLOC_FL_INSERT_RANGE`
    Insert,
}

/// What a file system can do of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ability {
    Nothing,
    /// tmpfs
    Holes,
    /// with extents: ext4 and its like
    Everything,
}

impl Vfs {
    fn ability(&self, node: Node) -> Result<Ability, Errno> {
        if self.is_memory_file(node) {
            return Ok(Ability::Holes);
        }
        Ok(match self.mount_of(node)?.spec.fstype.as_str() {
            "tmpfs" | "devtmpfs" => Ability::Holes,
            "ext4" | "xfs" | "btrfs" | "f2fs" | "overlay" => Ability::Everything,
            _ => Ability::Nothing,
        })
    }

    /// Changes the room of a range; a range that goes beyond the end makes the file longer unless `keeps_size`.
    pub fn change_room(
        &mut self,
        node: Node,
        room: Room,
        (offset, end): (u64, u64),
        keeps_size: KeepSize,
        now_ns: i64,
    ) -> Result<(), Errno> {
        match self.kind(node)? {
            Kind::File => {}
            Kind::Directory => return Err(Errno::EISDIR),
            _ => return Err(Errno::ENODEV),
        }
        let ability = self.ability(node)?;
        let fits = match room {
            Room::Reserve | Room::Punch => ability != Ability::Nothing,
            Room::Zero | Room::Collapse | Room::Insert => ability == Ability::Everything,
        };
        if !fits || self.proc_node(node).is_some() {
            return Err(Errno::EOPNOTSUPP);
        }
        let size = self.size(node)?;
        let grows = end > size && keeps_size == KeepSize::No;
        if room != Room::Reserve && self.is_sealed(node, seal::WRITE) {
            return Err(Errno::EPERM);
        }
        match room {
            Room::Collapse => return self.collapse(node, offset, end, now_ns),
            Room::Insert => return self.insert_room(node, offset, end - offset, now_ns),
            _ => {}
        }
        if end > self.limits.file_bytes && room != Room::Punch {
            return Err(Errno::EFBIG);
        }
        if grows {
            self.set_length(node, end, now_ns)?;
        }
        if room != Room::Reserve {
            self.clear_range(node, offset, end.min(size), now_ns)?;
        }
        // ext4 gives the last block of a file up when the hole goes beyond the end, tmpfs only a whole one
        let last = match ability {
            Ability::Everything if end > size => end.next_multiple_of(BLOCK_BYTES),
            _ => end,
        };
        self.change_extents(node, |extents| match room {
            Room::Punch => extents.punch(offset, last),
            Room::Zero => extents.clear(offset, end),
            _ => extents.reserve(offset, end - offset),
        })
    }

    /// Zeros in a range, as far as the file goes.
    fn clear_range(&mut self, node: Node, offset: u64, end: u64, now_ns: i64) -> Result<(), Errno> {
        if offset >= end {
            return Ok(());
        }
        self.check_copy(node)?;
        let tree = self.writable_tree(node)?;
        tree.change_content(node.number as Number, now_ns, |content| {
            if let Some(hole) = content.to_mut().get_mut(offset as usize..end as usize) {
                hole.fill(0);
            }
        })?;
        self.note(node, event::MODIFY);
        Ok(())
    }

    fn collapse(&mut self, node: Node, offset: u64, end: u64, now_ns: i64) -> Result<(), Errno> {
        let aligned = offset.is_multiple_of(BLOCK_BYTES) && end.is_multiple_of(BLOCK_BYTES);
        if !aligned || end >= self.size(node)? {
            return Err(Errno::EINVAL);
        }
        self.check_copy(node)?;
        // the blocks of before the change
        self.change_extents(node, |extents| extents.collapse(offset, end))?;
        let tree = self.writable_tree(node)?;
        tree.change_content(node.number as Number, now_ns, |content| {
            content.to_mut().drain(offset as usize..end as usize);
        })?;
        self.note(node, event::MODIFY);
        Ok(())
    }

    fn insert_room(&mut self, node: Node, offset: u64, length: u64, now_ns: i64) -> Result<(), Errno> {
        let size = self.size(node)?;
        let aligned = offset.is_multiple_of(BLOCK_BYTES) && length.is_multiple_of(BLOCK_BYTES);
        if !aligned || offset >= size {
            return Err(Errno::EINVAL);
        }
        if size.saturating_add(length) > self.limits.file_bytes {
            return Err(Errno::EFBIG);
        }
        self.check_copy(node)?;
        if length > self.free_bytes(node)? {
            return Err(Errno::ENOSPC);
        }
        self.change_extents(node, |extents| extents.spread(offset, length))?;
        let tree = self.writable_tree(node)?;
        tree.change_content(node.number as Number, now_ns, |content| {
            let at = offset as usize;
            content.to_mut().splice(at..at, vec![0; length as usize]);
        })?;
        self.note(node, event::MODIFY);
        Ok(())
    }

    /// Whether there is room for the machine's own copy of a file that it has not changed yet.
    fn check_copy(&self, node: Node) -> Result<(), Errno> {
        let (size, charge) = self.size_and_charge(node)?;
        if charge == 0 && size > self.free_bytes(node)? { Err(Errno::ENOSPC) } else { Ok(()) }
    }

    fn change_extents(&mut self, node: Node, change: impl FnOnce(&mut Extents)) -> Result<(), Errno> {
        let tree = self.writable_tree(node)?;
        tree.inode_mut(node.number as Number)?.change_extents(change);
        Ok(())
    }

    /// `SEEK_DATA`: the first offset from there on where something is written; ENXIO when there is none.
    pub fn data_from(&self, node: Node, offset: u64) -> Result<u64, Errno> {
        let size = self.size(node)?;
        let found = match self.inode(node)?.extents() {
            Some(extents) => extents.data_from(offset),
            None => Some(offset),
        };
        found.filter(|found| offset < size && *found < size).ok_or(Errno::ENXIO)
    }

    /// `SEEK_HOLE`: the first offset from there on where nothing is written, at the latest the end.
    pub fn hole_from(&self, node: Node, offset: u64) -> Result<u64, Errno> {
        let size = self.size(node)?;
        if offset >= size {
            return Err(Errno::ENXIO);
        }
        Ok(self.inode(node)?.extents().map_or(size, |extents| extents.hole_from(offset).min(size)))
    }

    /// Blocks of 512 bytes that a regular file takes.
    pub(super) fn blocks_of(&self, node: Node) -> Result<u64, Errno> {
        let inode = self.inode(node)?;
        let Body::File(content) = &inode.body else { return Ok(0) };
        Ok(match (inode.extents(), self.mount_of(node)?.spec.fstype.as_str()) {
            (Some(extents), _) => extents.count() * (BLOCK_BYTES / 512),
            // what is compressed counts by its length
            (None, "squashfs" | "jffs2" | "ubifs" | "cramfs" | "yaffs2") => content.size().div_ceil(512),
            (None, _) => content.size().div_ceil(BLOCK_BYTES) * (BLOCK_BYTES / 512),
        })
    }
}

/// `FALLOC_FL_KEEP_SIZE`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepSize {
    /// the file becomes longer
    No,
    /// its length stays
    Yes,
}
