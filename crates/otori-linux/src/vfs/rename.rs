//! Moving names. Specification: rename(2), renameat2(2).
use super::change::event;
use super::credentials::Want;
use super::inode::{Body, Kind, Number};
use super::walk::{Follow, Resolved};
use super::{Capability, Context, DeviceNumber, Node, Vfs};
use crate::errno::Errno;
use alloc::sync::Arc;

/// What happens to a file that has the new name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenameMode {
    /// it is replaced
    Replace,
    /// `RENAME_NOREPLACE`: EEXIST
    Keep,
    /// `RENAME_EXCHANGE`: it gets the old name
    Exchange,
    /// `RENAME_WHITEOUT`: it is replaced, and a whiteout gets the old name
    Whiteout,
}

impl Vfs {
    /// Moves a name.
    pub fn rename(
        &mut self,
        context: &Context,
        from: (Node, &[u8]),
        to: (Node, &[u8]),
        mode: RenameMode,
    ) -> Result<(), Errno> {
        let old = self.resolve(context, from.0, from.1, Follow::No)?;
        let new = self.resolve(context, to.0, to.1, Follow::No)?;
        if old.name.is_empty() || new.name.is_empty() {
            return Err(Errno::EBUSY);
        }
        if old.parent.mount != new.parent.mount {
            return Err(Errno::EXDEV);
        }
        let moved = old.node.ok_or(Errno::ENOENT)?;
        let is_directory = self.kind(moved)? == Kind::Directory;
        if (old.directory || new.directory) && !is_directory {
            return Err(Errno::ENOTDIR);
        }
        self.check_remove(context, &old, moved)?;
        self.check_can_create(new.parent, self.kind(moved)?)?;
        self.check_access(context, new.parent, Want::CHANGE)?;
        self.check_space(new.parent, 0)?;
        if is_directory && self.is_inside(new.parent, moved)? {
            return Err(Errno::EINVAL);
        }
        if mode == RenameMode::Whiteout && !context.credentials.can(Capability::MKNOD) {
            return Err(Errno::EPERM);
        }
        match (new.node, mode) {
            (Some(_), RenameMode::Keep) => Err(Errno::EEXIST),
            (Some(target), _) if target == moved => Ok(()),
            (None, RenameMode::Exchange) => Err(Errno::ENOENT),
            (Some(target), RenameMode::Exchange) => {
                self.check_remove(context, &new, target)?;
                if self.kind(target)? == Kind::Directory && self.is_inside(old.parent, target)? {
                    return Err(Errno::EINVAL);
                }
                self.place(&new, moved, context.now_ns)?;
                self.place(&old, target, context.now_ns)
            }
            (target, _) => {
                if let Some(target) = target {
                    self.check_replace(context, &new, target, is_directory)?;
                    self.remove_name(&new, target, context.now_ns)?;
                }
                self.place(&new, moved, context.now_ns)?;
                let tree = self.writable_tree(old.parent)?;
                tree.detach(old.parent.number as Number, &old.name, context.now_ns)?;
                let cookie = self.next_cookie();
                self.note_name(old.parent, &old.name, moved, event::MOVED_FROM, cookie);
                self.note_name(new.parent, &new.name, moved, event::MOVED_TO, cookie);
                self.note_itself(moved, event::MOVE_SELF);
                if mode == RenameMode::Whiteout {
                    self.make(context, &old, Body::Character(DeviceNumber::default()), 0)?;
                }
                Ok(())
            }
        }
    }

    fn check_replace(
        &self,
        context: &Context,
        new: &Resolved,
        target: Node,
        by_directory: bool,
    ) -> Result<(), Errno> {
        self.check_remove(context, new, target)?;
        let inode = self.inode(target)?;
        match (by_directory, inode.names()) {
            (true, None) => Err(Errno::ENOTDIR),
            (false, Some(_)) => Err(Errno::EISDIR),
            (true, Some(names)) if !names.entries.is_empty() => Err(Errno::ENOTEMPTY),
            _ => Ok(()),
        }
    }

    /// Whether a directory is `above` or lies below it, within one mount.
    fn is_inside(&self, directory: Node, above: Node) -> Result<bool, Errno> {
        let mut current = directory;
        // Parents form a chain to the root: at most as many steps as there are inodes.
        for _ in 0..=self.tree(directory)?.inodes() {
            if current == above {
                return Ok(true);
            }
            if self.is_mount_root(current) {
                return Ok(false);
            }
            current.number = u64::from(self.inode(current)?.parent);
        }
        Err(Errno::ELOOP)
    }

    /// Puts an inode under a name and keeps the link counts of both directories.
    fn place(&mut self, at: &Resolved, node: Node, now_ns: i64) -> Result<(), Errno> {
        let tree = self.writable_tree(at.parent)?;
        let (parent, number) = (at.parent.number as Number, node.number as Number);
        let inode = tree.inode_mut(number)?;
        let (before, is_directory) = (inode.parent, inode.is_directory());
        inode.parent = parent;
        inode.name = Arc::from(&at.name[..]);
        inode.change_ns = now_ns;
        if is_directory && before != parent {
            let above = tree.inode_mut(before)?;
            above.links = above.links.saturating_sub(1);
            tree.inode_mut(parent)?.links += 1;
        }
        tree.attach(parent, &at.name, number, now_ns)
    }
}
