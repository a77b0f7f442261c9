//! From a path to a file; key type [`Resolved`]. Specification: path_resolution(7).
use super::credentials::Want;
use super::inode::{Body, Kind, Number};
use super::mount::{MOUNTS_MAX, Mount};
use super::steps;
use super::{Behaviour, Context, Node, Scope, Vfs};
use crate::errno::Errno;
use crate::proc::{LinkTarget, ProcNode};
use alloc::vec::Vec;

/// Longest path, bytes with the closing NUL.
pub const PATH_MAX: usize = 4096;
/// Longest name, bytes.
pub const NAME_MAX: usize = 255;
/// Most symbolic links in one resolution.
const LINKS_MAX: u32 = 40;

/// Whether a symbolic link at the end of a path is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// to its target
    Yes,
    /// the link itself is meant
    No,
}

/// Where a path leads.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    /// directory of the last component
    pub(super) parent: Node,
    /// the last component; empty when the path ends in `/`, `.` or `..` of an existing directory
    pub(super) name: Vec<u8>,
    /// the file, when there is one
    pub(super) node: Option<Node>,
    /// the path demands a directory (closing slash)
    pub(super) directory: bool,
}

impl Vfs {
    /// The file at a path; `at` is where relative paths begin.
    ///
    /// A followed `/proc/PID/fd/N` that leads to a pipe or socket yields the link's own node: see
    /// [`Vfs::descriptor_link`].
    pub fn lookup(&self, context: &Context, at: Node, path: &[u8], follow: Follow) -> Result<Node, Errno> {
        self.lookup_within(context, at, path, follow, Scope::ANY)
    }

    /// The same, not leaving that scope.
    pub fn lookup_within(
        &self,
        context: &Context,
        at: Node,
        path: &[u8],
        follow: Follow,
        scope: Scope,
    ) -> Result<Node, Errno> {
        let resolved = self.resolve_within(context, at, path, follow, scope)?;
        let node = resolved.node.ok_or(Errno::ENOENT)?;
        if resolved.directory && self.kind(node)? != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        Ok(node)
    }

    /// The process and descriptor that a `/proc/PID/fd/N` node stands for.
    pub fn descriptor_link(&self, node: Node) -> Option<(u32, u32)> {
        match self.proc_node(node)? {
            ProcNode::Descriptor { pid, number } => Some((pid, number)),
            _ => None,
        }
    }

    pub(super) fn resolve(
        &self,
        context: &Context,
        at: Node,
        path: &[u8],
        follow: Follow,
    ) -> Result<Resolved, Errno> {
        self.resolve_within(context, at, path, follow, Scope::ANY)
    }

    /// The same, not leaving that scope.
    pub(super) fn resolve_within(
        &self,
        context: &Context,
        at: Node,
        path: &[u8],
        follow: Follow,
        scope: Scope,
    ) -> Result<Resolved, Errno> {
        let context = &scope.context(context, at);
        scope.check_start(path)?;
        let mut walk = Walk::new(context.root, at, path)?;
        loop {
            let Some(name) = walk.pending.pop() else {
                return Ok(walk.finished_in_directory());
            };
            self.step(steps::COMPONENT);
            self.check_search(context, walk.current)?;
            if name == b"." {
                continue;
            }
            if name == b".." {
                scope.check_above(walk.current == context.root)?;
                let above = self.parent(context, walk.current)?;
                scope.check_step(self, walk.current, above)?;
                walk.current = above;
                continue;
            }
            if name.len() > NAME_MAX {
                return Err(Errno::ENAMETOOLONG);
            }
            let last = walk.pending.is_empty();
            let Some(child) = self.child(context, walk.current, &name)? else {
                if !last {
                    return Err(Errno::ENOENT);
                }
                return Ok(Resolved { parent: walk.current, name, node: None, directory: walk.directory });
            };
            scope.check_step(self, walk.current, child)?;
            let is_link = self.kind(child)? == Kind::Link;
            if is_link && (!last || walk.directory || follow == Follow::Yes) {
                match self.follow_within(context, child, scope, walk.current)? {
                    LinkTarget::Path(target) => walk.push_link(context.root, &target)?,
                    LinkTarget::Node(node) => {
                        walk.count_link()?;
                        walk.current = node;
                        if last {
                            let (parent, directory) = (node, walk.directory);
                            return Ok(Resolved { parent, name: Vec::new(), node: Some(node), directory });
                        }
                    }
                    LinkTarget::Descriptor if last => {
                        let (parent, directory) = (walk.current, walk.directory);
                        return Ok(Resolved { parent, name, node: Some(child), directory });
                    }
                    LinkTarget::Descriptor => return Err(Errno::ENOTDIR),
                }
                continue;
            }
            if last {
                let (parent, directory) = (walk.current, walk.directory);
                return Ok(Resolved { parent, name, node: Some(child), directory });
            }
            walk.current = child;
        }
    }

    /// The file under a name of a directory, mounts crossed.
    pub(super) fn child(&self, context: &Context, parent: Node, name: &[u8]) -> Result<Option<Node>, Errno> {
        let child = match self.proc_node(parent) {
            Some(entry) => entry.child(name, context.view).map(ProcNode::number),
            None => {
                let number = Number::try_from(parent.number).map_err(|_| Errno::ENOENT)?;
                self.tree(parent)?.child(number, name)?.map(u64::from)
            }
        };
        Ok(child.map(|number| self.cross(Node { mount: parent.mount, number })))
    }

    /// The root of what is mounted on a node, or the node.
    pub(super) fn cross(&self, mut node: Node) -> Node {
        // mounts hang below one another without a ring, so there are at most MOUNTS_MAX steps
        for _ in 0..MOUNTS_MAX {
            let covers = |mount: &Mount| mount.active && mount.covered == Some(node);
            let Some(index) = self.mounts.iter().position(covers) else { break };
            let root = self.mounts.get(index).map_or(0, |mount| mount.root);
            node = Node { mount: index as u16, number: root };
        }
        node
    }

    /// The directory above; the root's is the root.
    pub(super) fn parent(&self, context: &Context, mut node: Node) -> Result<Node, Errno> {
        while self.is_mount_root(node) && node != context.root {
            match self.mount_of(node)?.covered {
                Some(covered) => node = covered,
                None => return Ok(node),
            }
        }
        if node == context.root {
            return Ok(node);
        }
        let number = match self.proc_node(node) {
            Some(entry) => entry.parent().number(),
            None => u64::from(self.inode(node)?.parent),
        };
        Ok(self.cross(Node { mount: node.mount, number }))
    }

    fn check_search(&self, context: &Context, directory: Node) -> Result<(), Errno> {
        if self.kind(directory)? != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        self.check_access(context, directory, Want::EXECUTE)
    }

    pub(super) fn check_access(&self, context: &Context, node: Node, want: Want) -> Result<(), Errno> {
        match self.proc_node(node) {
            Some(entry) => {
                let (mode, uid, gid) = entry.attributes(context.view);
                let directory = entry.kind() == Kind::Directory;
                context.credentials.check_mode(mode, uid, gid, directory, want)
            }
            None => context.credentials.check(self.inode(node)?, want),
        }
    }

    /// Where a link in a folder leads, if the scope lets it be followed.
    fn follow_within(
        &self,
        context: &Context,
        link: Node,
        scope: Scope,
        folder: Node,
    ) -> Result<LinkTarget, Errno> {
        let target = self.follow(context, link)?;
        match &target {
            LinkTarget::Path(target) => scope.check_link(target)?,
            LinkTarget::Node(to) => scope.check_magic(self, folder, Some(*to))?,
            LinkTarget::Descriptor => scope.check_magic(self, folder, None)?,
        }
        Ok(target)
    }

    fn follow(&self, context: &Context, link: Node) -> Result<LinkTarget, Errno> {
        match self.proc_node(link) {
            Some(entry) => entry.target(self, context),
            None => match &self.inode(link)?.body {
                Body::Link(target) => Ok(LinkTarget::Path(target.to_vec())),
                _ => Err(Errno::EINVAL),
            },
        }
    }

    /// The error for making a name in a file system that has no way to make one.
    pub(super) fn check_can_create(&self, parent: Node, kind: Kind) -> Result<(), Errno> {
        let mount = self.mount_of(parent)?;
        match mount.spec.behaviour {
            Behaviour::Proc => Err(Errno::ENOENT),
            Behaviour::Sysfs | Behaviour::Devpts if kind == Kind::File => Err(Errno::EACCES),
            Behaviour::Sysfs | Behaviour::Devpts => Err(Errno::EPERM),
            Behaviour::Storage if mount.spec.read_only => Err(Errno::EROFS),
            Behaviour::Storage => Ok(()),
        }
    }
}

/// The state of one resolution.
struct Walk {
    current: Node,
    /// components that are still to go, the next one last
    pending: Vec<Vec<u8>>,
    directory: bool,
    links: u32,
}

impl Walk {
    fn new(root: Node, at: Node, path: &[u8]) -> Result<Walk, Errno> {
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        let mut walk = Walk { current: at, pending: Vec::new(), directory: false, links: 0 };
        walk.push(root, path)?;
        Ok(walk)
    }

    fn push(&mut self, root: Node, path: &[u8]) -> Result<(), Errno> {
        if path.len() >= PATH_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        if path.first() == Some(&b'/') {
            self.current = root;
        }
        if self.pending.is_empty() && path.last() == Some(&b'/') {
            self.directory = true;
        }
        let components = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty());
        self.pending.extend(components.rev().map(<[u8]>::to_vec));
        Ok(())
    }

    fn push_link(&mut self, root: Node, target: &[u8]) -> Result<(), Errno> {
        self.count_link()?;
        if target.is_empty() {
            return Err(Errno::ENOENT);
        }
        self.push(root, target)
    }

    fn count_link(&mut self) -> Result<(), Errno> {
        self.links += 1;
        if self.links > LINKS_MAX { Err(Errno::ELOOP) } else { Ok(()) }
    }

    fn finished_in_directory(self) -> Resolved {
        Resolved { parent: self.current, name: Vec::new(), node: Some(self.current), directory: true }
    }
}
