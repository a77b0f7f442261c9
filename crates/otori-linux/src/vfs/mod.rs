//! The files of a machine; key type [`Vfs`], a handle to a file is a [`Node`].
//!
//! A pure data structure: no processes, no blocking, clones share everything that did not change. Neighbours:
//! proc/ renders `/proc`, the kernel keeps open files and calls [`Vfs::hold`] and [`Vfs::release`] for them.
//! Specification: path_resolution(7), inode(7), mount(2).
mod attribute;
mod attribute_file;
mod base;
mod capability;
pub(crate) mod change;
mod credentials;
mod data;
mod extended;
mod extent;
mod inode;
mod list;
mod mount;
mod mounts;
mod names;
mod open;
mod rename;
mod scope;
mod space;
mod stat;
mod steps;
mod stored;
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
pub use extended::SetMode;
pub use inode::{Deferred, DeviceNumber, Kind};
pub use list::ListEntry;
pub use mount::{Behaviour, MOUNTS_MAX, Mount, MountSpec};
pub use mounts::{Depth, RemountAs};
pub use open::{Access, Create, OpenRequest, Opened};
pub use rename::RenameMode;
pub use scope::Scope;
pub use space::{KeepSize, Room};
pub use stat::{Stat, StatFs};
pub use stored::Stored;
pub use unnamed::{Naming, seal};
pub use walk::{Follow, NAME_MAX, PATH_MAX};

use crate::errno::Errno;
use crate::proc::{MemoryFile, ProcNode, ProcView, Settings};
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

/// Number of the first mount, as `/proc/PID/mountinfo` shows it.
const FIRST_MOUNT: u32 = 12;

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
    /// what is mounted: one may be mounted at several places
    file_systems: Vec<Tree>,
    /// number of the next mount
    next_mount: u32,
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
        Vfs {
            mounts: vec![Mount::new(root, 0, 0, None, FIRST_MOUNT)],
            file_systems: vec![tree],
            next_mount: FIRST_MOUNT + 1,
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
        let mut active: Vec<&Mount> =
            self.mounts.iter().filter(|mount| mount.active && !mount.hidden).collect();
        active.sort_unstable_by_key(|mount| mount.id);
        active.into_iter()
    }

    /// Places of the mount table, those in use and free ones.
    pub fn mount_places(&self) -> usize {
        self.mounts.len()
    }

    /// The mount that holds a file.
    pub fn mount_of(&self, node: Node) -> Result<&Mount, Errno> {
        self.mounts.get(usize::from(node.mount)).ok_or(Errno::ENOENT)
    }

    /// Counts a use of a file (descriptor, mapping, working directory) that keeps it alive after unlink.
    pub fn hold(&mut self, node: Node) {
        let Some(mount) = self.mounts.get_mut(usize::from(node.mount)) else { return };
        mount.uses = mount.uses.saturating_add(1);
        if mount.spec.behaviour != Behaviour::Proc
            && let Some(tree) = self.tree_mut(node)
        {
            tree.hold(node.number as Number);
        }
    }

    /// Ends a use that [`Vfs::hold`] counted.
    pub fn release(&mut self, node: Node) {
        let Some(mount) = self.mounts.get_mut(usize::from(node.mount)) else { return };
        mount.uses = mount.uses.saturating_sub(1);
        let last_of_detached = mount.uses == 0 && !mount.active;
        if let Some(tree) = self.tree_mut(node) {
            tree.release(node.number as Number);
        }
        if last_of_detached {
            self.drop_unused_trees();
        }
    }

    /// The same file by whatever mount it was reached: what locks, mappings and pipes go by.
    pub fn identity(&self, node: Node) -> Node {
        let mount = self.mounts.get(usize::from(node.mount)).map_or(node.mount, |mount| mount.file_system);
        Node { mount, ..node }
    }

    fn tree(&self, node: Node) -> Result<&Tree, Errno> {
        let file_system = self.mount_of(node)?.file_system;
        self.file_systems.get(usize::from(file_system)).ok_or(Errno::ENOENT)
    }
    fn tree_mut(&mut self, node: Node) -> Option<&mut Tree> {
        let file_system = self.mounts.get(usize::from(node.mount))?.file_system;
        self.file_systems.get_mut(usize::from(file_system))
    }

    /// Whether a node is where its mount begins.
    pub fn is_mount_root(&self, node: Node) -> bool {
        self.mounts.get(usize::from(node.mount)).is_some_and(|mount| mount.root == node.number)
    }

    /// The procfs entry of a node, if it is one.
    pub fn proc_node(&self, node: Node) -> Option<ProcNode> {
        let mount = self.mounts.get(usize::from(node.mount))?;
        if mount.spec.behaviour == Behaviour::Proc { ProcNode::from_number(node.number) } else { None }
    }

    /// The process whose memory a file of procfs shows, and how.
    pub fn memory_file(&self, node: Node) -> Option<(u32, MemoryFile)> {
        self.proc_node(node)?.memory_file()
    }

    /// The device of what [`Vfs::identity`] names.
    pub fn device_of(&self, identity: Node) -> DeviceNumber {
        let of = |mount: &&Mount| mount.active && mount.file_system() == identity.mount;
        self.mounts.iter().find(of).map_or_else(DeviceNumber::default, |mount| mount.spec.device)
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
        let covered = self.mounts.iter().any(|mount| mount.active && mount.covered == Some(node));
        covered || (self.is_mount_root(node) && node.mount != 0)
    }

    /// Bytes of the machine's own in all its files.
    pub fn used_bytes(&self) -> u64 {
        self.file_systems.iter().map(Tree::used).sum()
    }

    fn inode(&self, node: Node) -> Result<&Inode, Errno> {
        let number = Number::try_from(node.number).map_err(|_| Errno::ENOENT)?;
        let mount = self.mount_of(node)?;
        if mount.spec.behaviour == Behaviour::Proc {
            return Err(Errno::EINVAL);
        }
        self.tree(node)?.inode(number)
    }

    /// The tree of a node that is to be changed: `EROFS` on a read-only mount, `EPERM` on procfs.
    fn writable_tree(&mut self, node: Node) -> Result<&mut Tree, Errno> {
        let beside = self.is_memory_file(node);
        let mount = self.mount_of(node)?;
        if mount.spec.behaviour == Behaviour::Proc {
            return Err(Errno::EPERM);
        }
        if mount.spec.read_only && !beside {
            return Err(Errno::EROFS);
        }
        self.tree_mut(node).ok_or(Errno::ENOENT)
    }

    /// Checks that `bytes` more content and one more inode fit into the mount and the machine.
    fn check_space(&self, node: Node, bytes: u64) -> Result<(), Errno> {
        let mount = self.mount_of(node)?;
        let capacity = mount.spec.capacity_bytes;
        let own: usize = self.file_systems.iter().map(Tree::own_inodes).sum();
        let fits_mount = capacity == 0 || self.tree(node)?.used().saturating_add(bytes) <= capacity;
        let fits_machine = self.used_bytes().saturating_add(bytes) <= self.limits.machine_bytes;
        if fits_mount && fits_machine && own < self.limits.inodes { Ok(()) } else { Err(Errno::ENOSPC) }
    }
}
