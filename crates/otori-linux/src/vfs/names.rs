//! Making and removing names. Neighbours: open.rs makes regular files, rename.rs moves. Specification: mkdir(2),
//! mknod(2), symlink(2), link(2), unlink(2), rmdir(2), readlink(2).
use super::change::event;
use super::credentials::{Credentials, Want};
use super::inode::{Body, Content, Inode, Kind, Names, Number};
use super::walk::{Follow, Resolved};
use super::{Behaviour, Capability, Context, DeviceNumber, Node, PATH_MAX, Vfs};
use crate::errno::Errno;
use crate::proc::LinkTarget;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Most names of one inode.
const LINKS_MAX: u32 = 32_000;

impl Vfs {
    /// Makes a directory.
    pub fn mkdir(&mut self, context: &Context, at: Node, path: &[u8], mode: u16) -> Result<Node, Errno> {
        let resolved = self.resolve_new(context, at, path, Kind::Directory)?;
        self.make(context, &resolved, Body::Directory(Arc::new(Names::default())), mode & 0o1777)
    }

    /// Makes a regular file, device, named pipe or socket; only root makes devices.
    pub fn mknod(
        &mut self,
        context: &Context,
        at: Node,
        path: &[u8],
        kind: Kind,
        mode: u16,
        device: DeviceNumber,
    ) -> Result<Node, Errno> {
        let body = match kind {
            Kind::File => Body::File(Content::empty()),
            Kind::Character => Body::Character(device),
            Kind::Block => Body::Block(device),
            Kind::Fifo => Body::Fifo,
            Kind::Socket => Body::Socket,
            Kind::Directory | Kind::Link => return Err(Errno::EPERM),
        };
        if matches!(kind, Kind::Character | Kind::Block) && !context.credentials.can(Capability::MKNOD) {
            return Err(Errno::EPERM);
        }
        let resolved = self.resolve_new(context, at, path, kind)?;
        self.make(context, &resolved, body, mode)
    }

    /// Makes a symbolic link.
    pub fn symlink(
        &mut self,
        context: &Context,
        at: Node,
        path: &[u8],
        target: &[u8],
    ) -> Result<Node, Errno> {
        if target.is_empty() {
            return Err(Errno::ENOENT);
        }
        if target.len() >= PATH_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        let resolved = self.resolve_new(context, at, path, Kind::Link)?;
        self.check_space(resolved.parent, target.len() as u64)?;
        self.make(context, &resolved, Body::Link(Arc::from(target)), 0o777)
    }

    /// Gives a file another name.
    pub fn link(&mut self, context: &Context, file: Node, at: Node, path: &[u8]) -> Result<(), Errno> {
        if self.kind(file)? == Kind::Directory {
            return Err(Errno::EPERM);
        }
        let resolved = self.resolve_new(context, at, path, Kind::Block)?;
        if resolved.parent.mount != file.mount {
            return Err(Errno::EXDEV);
        }
        self.check_access(context, resolved.parent, Want::CHANGE)?;
        let links = self.inode(file)?.links;
        if links == 0 && !self.inode(file)?.nameless {
            return Err(Errno::ENOENT);
        }
        if links >= LINKS_MAX {
            return Err(Errno::EMLINK);
        }
        let (parent, number) = (resolved.parent.number as Number, file.number as Number);
        let tree = self.writable_tree(resolved.parent)?;
        let inode = tree.inode_mut(number)?;
        inode.links += 1;
        inode.nameless = false;
        inode.change_ns = context.now_ns;
        inode.parent = parent;
        inode.name = Arc::from(&resolved.name[..]);
        tree.attach(parent, &resolved.name, number, context.now_ns)?;
        self.note_itself(file, event::ATTRIBUTES);
        self.note_name(resolved.parent, &resolved.name, file, event::CREATE, 0);
        Ok(())
    }

    /// Removes a name of a file.
    pub fn unlink(&mut self, context: &Context, at: Node, path: &[u8]) -> Result<Node, Errno> {
        let resolved = self.resolve(context, at, path, Follow::No)?;
        if resolved.name.is_empty() {
            return Err(Errno::EISDIR);
        }
        let node = resolved.node.ok_or(Errno::ENOENT)?;
        let kind = self.kind(node)?;
        if resolved.directory && kind != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        self.check_remove(context, &resolved, node)?;
        if kind == Kind::Directory {
            return Err(Errno::EISDIR);
        }
        self.remove_name(&resolved, node, context.now_ns)?;
        Ok(node)
    }

    /// Removes an empty directory.
    pub fn rmdir(&mut self, context: &Context, at: Node, path: &[u8]) -> Result<(), Errno> {
        let trimmed = path.strip_suffix(b"/").unwrap_or(path);
        if trimmed == b"." || trimmed.ends_with(b"/.") {
            return Err(Errno::EINVAL);
        }
        let resolved = self.resolve(context, at, path, Follow::No)?;
        let node = resolved.node.ok_or(Errno::ENOENT)?;
        if resolved.name.is_empty() {
            return Err(if node == context.root { Errno::EBUSY } else { Errno::ENOTEMPTY });
        }
        if self.kind(node)? != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        if self.is_mount_point(node) {
            return Err(Errno::EBUSY);
        }
        self.check_remove(context, &resolved, node)?;
        if self.inode(node)?.names().is_some_and(|names| !names.entries.is_empty()) {
            return Err(Errno::ENOTEMPTY);
        }
        self.remove_name(&resolved, node, context.now_ns)
    }

    /// The target of a symbolic link.
    pub fn readlink(&self, context: &Context, at: Node, path: &[u8]) -> Result<Vec<u8>, Errno> {
        let node = self.lookup(context, at, path, Follow::No)?;
        self.link_target(context, node)
    }

    /// The target of a symbolic link that is at hand.
    pub fn link_target(&self, context: &Context, node: Node) -> Result<Vec<u8>, Errno> {
        match self.proc_node(node) {
            Some(entry) if entry.kind() == Kind::Link => match entry.target(self, context)? {
                LinkTarget::Path(path) => Ok(path),
                LinkTarget::Node(target) => Ok(self.path_seen(context.view, target)),
                LinkTarget::Descriptor => entry.descriptor_text(self, context.view),
            },
            Some(_) => Err(Errno::EINVAL),
            None => match &self.inode(node)?.body {
                Body::Link(target) => Ok(target.to_vec()),
                _ => Err(Errno::EINVAL),
            },
        }
    }

    /// Resolves a path whose last name must be free.
    fn resolve_new(&self, context: &Context, at: Node, path: &[u8], kind: Kind) -> Result<Resolved, Errno> {
        let resolved = self.resolve(context, at, path, Follow::No)?;
        if resolved.node.is_some() {
            return Err(Errno::EEXIST);
        }
        if resolved.directory && kind != Kind::Directory {
            return Err(Errno::ENOENT);
        }
        self.check_can_create(resolved.parent, kind)?;
        Ok(resolved)
    }

    /// Whether the caller may take that name out of its directory.
    pub(super) fn check_remove(
        &self,
        context: &Context,
        resolved: &Resolved,
        node: Node,
    ) -> Result<(), Errno> {
        let mount = self.mount_of(resolved.parent)?;
        if mount.spec.behaviour == Behaviour::Storage && mount.spec.read_only {
            return Err(Errno::EROFS);
        }
        self.check_access(context, resolved.parent, Want::CHANGE)?;
        if mount.spec.behaviour != Behaviour::Storage {
            return Err(Errno::EPERM);
        }
        if self.is_mount_point(node) {
            return Err(Errno::EBUSY);
        }
        check_sticky(context.credentials, self.inode(resolved.parent)?, self.inode(node)?)
    }

    pub(super) fn remove_name(&mut self, resolved: &Resolved, node: Node, now_ns: i64) -> Result<(), Errno> {
        self.writable_tree(resolved.parent)?;
        let (directory, last) = self.inode(node).map(|inode| (inode.is_directory(), inode.links <= 1))?;
        if !directory {
            // the number of names is an attribute
            self.note_itself(node, event::ATTRIBUTES);
        }
        if directory || last {
            self.note_gone(node, directory);
        }
        self.note_name(resolved.parent, &resolved.name, node, event::DELETE, 0);
        let tree = self.writable_tree(resolved.parent)?;
        tree.detach(resolved.parent.number as Number, &resolved.name, now_ns)?;
        tree.unlinked(node.number as Number, now_ns)
    }

    /// Adds the slave of a terminal to devpts as `/dev/pts/NUMBER`.
    pub fn add_terminal(&mut self, number: u32, uid: u32, gid: u32, now_ns: i64) -> Result<Node, Errno> {
        let index = self.devpts()?;
        let device = DeviceNumber { major: 136 + number / 256, minor: number % 256 };
        let inode = Inode::new(Body::Character(device), 0o620, uid, gid, now_ns);
        let root = Node { mount: index as u16, number: 0 };
        let name = alloc::format!("{number}");
        let made = self.tree_mut(root).ok_or(Errno::ENODEV)?.add(0, name.as_bytes(), inode)?;
        Ok(Node { mount: index as u16, number: u64::from(made) })
    }

    /// Takes the slave of a terminal out of devpts.
    pub fn remove_terminal(&mut self, number: u32, now_ns: i64) -> Result<(), Errno> {
        let index = self.devpts()?;
        let root = Node { mount: index as u16, number: 0 };
        let tree = self.tree_mut(root).ok_or(Errno::ENODEV)?;
        let name = alloc::format!("{number}");
        let inode = tree.child(0, name.as_bytes())?.ok_or(Errno::ENOENT)?;
        tree.detach(0, name.as_bytes(), now_ns)?;
        tree.unlinked(inode, now_ns)
    }

    fn devpts(&self) -> Result<usize, Errno> {
        let is_devpts = |mount: &super::Mount| mount.active && mount.spec.behaviour == Behaviour::Devpts;
        self.mounts.iter().position(is_devpts).ok_or(Errno::ENODEV)
    }
}

/// In a sticky directory only the owners of file and directory, and root, remove or move.
fn check_sticky(credentials: &Credentials, directory: &Inode, file: &Inode) -> Result<(), Errno> {
    let may = directory.mode & 0o1000 == 0
        || credentials.can(Capability::FOWNER)
        || credentials.uid == file.uid
        || credentials.uid == directory.uid;
    if may { Ok(()) } else { Err(Errno::EPERM) }
}
