//! The files of a machine; key type [`Vfs`], a handle to a file is a [`Node`].
//!
//! A pure data structure: no processes, no blocking, clones share everything that did not change. Neighbours:
//! proc/ renders `/proc`, the kernel keeps open files and calls [`Vfs::hold`] and [`Vfs::release`] for them.
//! Specification: path_resolution(7), inode(7), mount(2).
mod attribute;
mod base;
mod capability;
pub(crate) mod change;
mod credentials;
mod data;
mod inode;
mod list;
mod mount;
mod names;
mod open;
mod rename;
mod stat;
mod steps;
#[cfg(test)]
mod tests;
mod tree;
mod unnamed;
mod walk;

pub use attribute::{Owner, Times};
pub use base::{Attributes, BaseBuilder, BaseError, BaseTree};
pub use capability::{Capability, CapabilitySet};
pub use change::Change;
pub use credentials::{Credentials, Want};
pub use inode::{Deferred, DeviceNumber, Kind};
pub use list::ListEntry;
pub use mount::{Behaviour, MOUNTS_MAX, Mount, MountSpec};
pub use open::{Access, Create, OpenRequest, Opened};
pub use rename::RenameMode;
pub use stat::{Stat, StatFs};
pub use unnamed::{Naming, seal};
pub use walk::{Follow, NAME_MAX, PATH_MAX};

use crate::errno::Errno;
use crate::proc::{ProcNode, ProcView, Settings};
use alloc::vec;
use alloc::vec::Vec;
use inode::{Inode, Number};
use tree::Tree;

/// A file: which mount, and which inode in it. Valid as long as it is held or has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// index in the mount table
    pub mount: u16,
    /// inode number, or the code of a procfs entry
    pub number: u64,
}

/// Who asks, and what the operation needs to know of the machine.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// identity for permission checks
    pub credentials: &'a Credentials,
    /// root directory of the process
    pub root: Node,
    /// wall clock, nanoseconds since 1970
    pub now_ns: i64,
    /// the machine as /proc shows it
    pub view: &'a dyn ProcView,
}

/// Bounds of what one machine may add to its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// largest file, bytes: EFBIG
    pub file_bytes: u64,
    /// all files of the machine's own together, bytes: ENOSPC
    pub machine_bytes: u64,
    /// inodes of the machine's own: ENOSPC
    pub inodes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { file_bytes: 32 << 20, machine_bytes: 64 << 20, inodes: 16_384 }
    }
}

/// All files of a machine.
#[derive(Clone, Debug)]
pub struct Vfs {
    mounts: Vec<Mount>,
    limits: Limits,
    /// what was written below /proc/sys
    pub(crate) settings: Settings,
    /// for inotify
    changes: change::Changes,
    steps: steps::Steps,
}

impl Vfs {
    /// A machine with just its root file system.
    pub fn new(root: MountSpec, limits: Limits) -> Vfs {
        let tree = Tree::new(root.content.clone());
        let mount = Mount { spec: root, covered: None, active: true, tree };
        Vfs {
            mounts: vec![mount],
            limits,
            settings: Settings::default(),
            changes: change::Changes::default(),
            steps: steps::Steps::default(),
        }
    }

    /// The root directory.
    pub fn root(&self) -> Node {
        Node { mount: 0, number: 0 }
    }

    /// The bounds.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Active mounts in the order of mounting.
    pub fn mounts(&self) -> impl Iterator<Item = &Mount> {
        self.mounts.iter().filter(|mount| mount.active)
    }

    /// The mount that holds a file.
    pub fn mount_of(&self, node: Node) -> Result<&Mount, Errno> {
        self.mounts.get(usize::from(node.mount)).ok_or(Errno::ENOENT)
    }

    /// Mounts a file system over a directory.
    pub fn mount(&mut self, at: Node, spec: MountSpec) -> Result<Node, Errno> {
        if self.kind(at)? != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        let tree = Tree::new(spec.content.clone());
        let mount = Mount { spec, covered: Some(at), active: true, tree };
        // a mount stands behind the one that it covers; places of those that were taken off are used again
        let free = self.mounts.iter().skip(usize::from(at.mount) + 1).position(|mount| !mount.active);
        let index = match free.map(|place| place + usize::from(at.mount) + 1) {
            Some(index) => index,
            None if self.mounts.len() < MOUNTS_MAX => self.mounts.len(),
            None => return Err(Errno::ENOSPC),
        };
        match self.mounts.get_mut(index) {
            Some(place) => *place = mount,
            None => self.mounts.push(mount),
        }
        Ok(Node { mount: index as u16, number: 0 })
    }

    /// Takes the topmost file system off: `EINVAL` when `at` is no root of a mount, `EBUSY` while in use.
    pub fn unmount(&mut self, at: Node) -> Result<(), Errno> {
        let index = usize::from(at.mount);
        if at.number != 0 || !self.mounts.get(index).is_some_and(|mount| mount.active) {
            return Err(Errno::EINVAL);
        }
        let covers_other = self
            .mounts()
            .any(|mount| mount.covered.is_some_and(|covered| usize::from(covered.mount) == index));
        let mount = self.mounts.get_mut(index).ok_or(Errno::EINVAL)?;
        if mount.covered.is_none() || covers_other || mount.tree.is_busy() {
            return Err(Errno::EBUSY);
        }
        mount.active = false;
        mount.covered = None;
        mount.tree = Tree::new(alloc::sync::Arc::new(BaseTree::empty()));
        Ok(())
    }

    /// Changes whether a mounted file system refuses changes (`MS_REMOUNT`).
    pub fn remount(&mut self, at: Node, read_only: RemountAs) -> Result<(), Errno> {
        let mount = self.mounts.get_mut(usize::from(at.mount)).filter(|mount| mount.active);
        let mount = mount.filter(|_| at.number == 0).ok_or(Errno::EINVAL)?;
        mount.spec.read_only = read_only == RemountAs::ReadOnly;
        Ok(())
    }

    /// Counts a use of a file (descriptor, mapping, working directory) that keeps it alive after unlink.
    pub fn hold(&mut self, node: Node) {
        if let Some(mount) = self.mounts.get_mut(usize::from(node.mount))
            && mount.spec.behaviour != Behaviour::Proc
        {
            mount.tree.hold(node.number as Number);
        }
    }

    /// Ends a use that [`Vfs::hold`] counted.
    pub fn release(&mut self, node: Node) {
        if let Some(mount) = self.mounts.get_mut(usize::from(node.mount)) {
            mount.tree.release(node.number as Number);
        }
    }

    /// The procfs entry of a node, if it is one.
    pub fn proc_node(&self, node: Node) -> Option<ProcNode> {
        let mount = self.mounts.get(usize::from(node.mount))?;
        if mount.spec.behaviour == Behaviour::Proc { ProcNode::from_number(node.number) } else { None }
    }

    /// The kind of a file.
    pub fn kind(&self, node: Node) -> Result<Kind, Errno> {
        match self.proc_node(node) {
            Some(entry) => Ok(entry.kind()),
            None => Ok(self.inode(node)?.kind()),
        }
    }

    /// The device number of a device file.
    pub fn device(&self, node: Node) -> Option<DeviceNumber> {
        self.inode(node).ok()?.device()
    }

    /// Whether something is mounted on that directory, or it is a mount's root.
    pub fn is_mount_point(&self, node: Node) -> bool {
        self.mounts().any(|mount| mount.covered == Some(node)) || (node.number == 0 && node.mount != 0)
    }

    /// Bytes of the machine's own in all its files.
    pub fn used_bytes(&self) -> u64 {
        self.mounts.iter().map(|mount| mount.tree.used()).sum()
    }

    fn inode(&self, node: Node) -> Result<&Inode, Errno> {
        let number = Number::try_from(node.number).map_err(|_| Errno::ENOENT)?;
        let mount = self.mount_of(node)?;
        if mount.spec.behaviour == Behaviour::Proc {
            return Err(Errno::EINVAL);
        }
        mount.tree.inode(number)
    }

    /// The tree of a node that is to be changed: `EROFS` on a read-only mount, `EPERM` on procfs.
    fn writable_tree(&mut self, node: Node) -> Result<&mut Tree, Errno> {
        let beside = self.is_memory_file(node);
        let mount = self.mounts.get_mut(usize::from(node.mount)).ok_or(Errno::ENOENT)?;
        if mount.spec.behaviour == Behaviour::Proc {
            return Err(Errno::EPERM);
        }
        if mount.spec.read_only && !beside { Err(Errno::EROFS) } else { Ok(&mut mount.tree) }
    }

    /// Checks that `bytes` more content and one more inode fit into the mount and the machine.
    fn check_space(&self, node: Node, bytes: u64) -> Result<(), Errno> {
        let mount = self.mount_of(node)?;
        let capacity = mount.spec.capacity_bytes;
        let own: usize = self.mounts.iter().map(|mount| mount.tree.own_inodes()).sum();
        let fits_mount = capacity == 0 || mount.tree.used().saturating_add(bytes) <= capacity;
        let fits_machine = self.used_bytes().saturating_add(bytes) <= self.limits.machine_bytes;
        if fits_mount && fits_machine && own < self.limits.inodes { Ok(()) } else { Err(Errno::ENOSPC) }
    }
}

/// What a remount makes of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemountAs {
    /// `MS_RDONLY`
    ReadOnly,
    /// changes are accepted
    ReadWrite,
}
