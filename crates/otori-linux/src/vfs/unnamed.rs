//! Files without a name: `O_TMPFILE` and memory files with their seals. Neighbour: names.rs gives one a name.
//! Specification: open(2) `O_TMPFILE`, memfd_create(2), fcntl(2) "File Sealing".
use super::credentials::Want;
use super::inode::{Body, Content, Inode, Kind, Number};
use super::{Context, Node, Vfs};
use crate::errno::Errno;
use alloc::sync::Arc;

/// `F_SEAL_*`
pub mod seal {
    /// no more seals
    pub const SEAL: u8 = 1;
    /// does not get shorter
    pub const SHRINK: u8 = 2;
    /// does not get longer
    pub const GROW: u8 = 4;
    /// is not written
    pub const WRITE: u8 = 8;
    /// every one
    pub const ALL: u8 = 15;
}

/// Whether a file that was made without a name may get one later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Naming {
    /// by linkat
    Allowed,
    /// `O_EXCL`
    Never,
}

impl Vfs {
    /// Makes a regular file in the file system of a directory, without a name.
    pub fn make_unnamed(
        &mut self,
        context: &Context,
        directory: Node,
        mode: u16,
        naming: Naming,
    ) -> Result<Node, Errno> {
        if self.kind(directory)? != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        self.check_can_create(directory, Kind::File).map_err(|error| match error {
            Errno::EROFS => Errno::EROFS,
            _ => Errno::EOPNOTSUPP,
        })?;
        self.check_access(context, directory, Want::CHANGE)?;
        self.check_space(directory, 256)?;
        let credentials = context.credentials;
        let body = Body::File(Content::empty());
        let mut inode = Inode::new(body, mode, credentials.uid, credentials.gid, context.now_ns);
        inode.nameless = naming == Naming::Allowed;
        let tree = self.writable_tree(directory)?;
        let number = tree.add_unnamed(directory.number as Number, inode)?;
        Ok(Node { mount: directory.mount, number: u64::from(number) })
    }

    /// Makes a memory file; it is kept beside the root's files, which need not be writable.
    pub fn make_memory_file(&mut self, context: &Context, name: &[u8], seals: u8) -> Result<Node, Errno> {
        let root = self.root();
        self.check_space(root, 256)?;
        let credentials = context.credentials;
        let body = Body::File(Content::empty());
        let mut inode = Inode::new(body, 0o777, credentials.uid, credentials.gid, context.now_ns);
        inode.name = Arc::from(name);
        inode.seals = Some(seals);
        let number = self.tree_mut(root).ok_or(Errno::ENOSPC)?.add_unnamed(0, inode)?;
        Ok(Node { mount: root.mount, number: u64::from(number) })
    }

    /// The seals of a memory file; `EINVAL` for another one.
    pub fn seals(&self, node: Node) -> Result<u8, Errno> {
        self.inode(node)?.seals.ok_or(Errno::EINVAL)
    }
    /// Adds seals: `EPERM` when it is sealed against that.
    pub fn add_seals(&mut self, node: Node, seals: u8) -> Result<(), Errno> {
        let before = self.seals(node)?;
        if before & seal::SEAL != 0 {
            return Err(Errno::EPERM);
        }
        let tree = self.tree_mut(node).ok_or(Errno::EINVAL)?;
        tree.inode_mut(node.number as Number)?.seals = Some(before | seals);
        Ok(())
    }
    pub(super) fn is_sealed(&self, node: Node, seal: u8) -> bool {
        self.inode(node).is_ok_and(|inode| inode.seals.is_some_and(|seals| seals & seal != 0))
    }
    /// Whether a file lies beside the names: changes to it do not ask whether its mount may be written.
    pub(super) fn is_memory_file(&self, node: Node) -> bool {
        self.inode(node).is_ok_and(|inode| inode.seals.is_some())
    }
}
