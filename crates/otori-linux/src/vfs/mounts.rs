//! Changing what is mounted where: mounting, binding, moving, taking off, another root, a copy for a name space.
//!
//! Neighbour: mount.rs says what a mount is. A name space is the mounts that hang below one root mount: a walk never
//! leaves them, since what covers a file is found by the file's own mount. mount(2), umount(2), pivot_root(2),
//! mount_namespaces(7).
use super::base::BaseTree;
use super::mount::{MOUNTS_MAX, Mount, MountSpec};
use super::tree::Tree;
use super::{Behaviour, Context, Kind, Node, Vfs};
use crate::errno::Errno;
use crate::proc::ProcNode;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What a remount makes of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemountAs {
    /// `MS_RDONLY`
    ReadOnly,
    /// changes are accepted
    ReadWrite,
}

/// How much of what is mounted below a file goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// just the file's own mount
    One,
    /// `MS_REC`: what is mounted below it, too
    All,
}

impl Vfs {
    /// Mounts a file system over a directory.
    pub fn mount(&mut self, at: Node, spec: MountSpec) -> Result<Node, Errno> {
        let root = self.mount_from(at, spec, 0)?;
        self.show_interfaces(root)?;
        Ok(root)
    }

    /// sysfs shows the interfaces that there are: as long as it has a `class/net`, that is a part of procfs.
    fn show_interfaces(&mut self, root: Node) -> Result<(), Errno> {
        let spec = &self.mount_of(root)?.spec;
        if spec.behaviour != Behaviour::Sysfs {
            return Ok(());
        }
        let empty = Arc::new(BaseTree::empty());
        let spec = MountSpec { behaviour: Behaviour::Proc, content: empty, ..spec.clone() };
        let tree = self.tree(root)?;
        let Some(class) = tree.child(0, b"class")? else { return Ok(()) };
        let Some(net) = tree.child(class, b"net").ok().flatten() else { return Ok(()) };
        let at = Node { number: u64::from(net), ..root };
        let shown = self.mount_from(at, spec, ProcNode::network_class().number())?;
        if let Some(mount) = self.mounts.get_mut(usize::from(shown.mount)) {
            mount.hidden = true;
        }
        Ok(())
    }

    fn mount_from(&mut self, at: Node, spec: MountSpec, root: u64) -> Result<Node, Errno> {
        if self.kind(at)? != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        self.check_room(1)?;
        let tree = Tree::new(spec.content.clone());
        let used = |place: usize| {
            self.mounts.iter().any(|mount| !mount.is_free() && usize::from(mount.file_system) == place)
        };
        let place = (0..=self.file_systems.len()).find(|place| !used(*place)).ok_or(Errno::ENOSPC)?;
        match self.file_systems.get_mut(place) {
            Some(free) => *free = tree,
            None => self.file_systems.push(tree),
        }
        let file_system = u16::try_from(place).map_err(|_| Errno::ENOSPC)?;
        Ok(self.put(spec, file_system, root, Some(at)))
    }

    /// Enters a mount into the table, which has room for it.
    fn put(&mut self, spec: MountSpec, file_system: u16, root: u64, covered: Option<Node>) -> Node {
        let mount = Mount::new(spec, file_system, root, covered, self.next_mount);
        self.next_mount = self.next_mount.saturating_add(1);
        let index = self.mounts.iter().position(Mount::is_free).unwrap_or(self.mounts.len());
        match self.mounts.get_mut(index) {
            Some(place) => *place = mount,
            None => self.mounts.push(mount),
        }
        Node { mount: index as u16, number: root }
    }
    fn check_room(&self, count: usize) -> Result<(), Errno> {
        let taken = self.mounts.iter().filter(|mount| !mount.is_free()).count();
        if taken + count <= MOUNTS_MAX { Ok(()) } else { Err(Errno::ENOSPC) }
    }

    /// `MS_BIND`: shows a file or directory at another place. Both are of one kind: `ENOTDIR`.
    pub fn bind(&mut self, from: Node, at: Node, depth: Depth) -> Result<Node, Errno> {
        if (self.kind(from)? == Kind::Directory) != (self.kind(at)? == Kind::Directory) {
            return Err(Errno::ENOTDIR);
        }
        // what will be copied is looked up first, so that the new mount is not below itself
        let below = if depth == Depth::All { self.mounts_below(from) } else { Vec::new() };
        self.copy_from(from, Some(at), &below).map(|(root, _)| root)
    }
    /// Copies the mount of a file, to begin with that file, and those below it; gives the copy's root, and which mount
    /// became which.
    fn copy_from(
        &mut self,
        from: Node,
        covered: Option<Node>,
        below: &[u16],
    ) -> Result<(Node, BTreeMap<u16, u16>), Errno> {
        self.check_room(below.len() + 1)?;
        let source = self.mount_of(from)?;
        let (spec, file_system) = (source.spec.clone(), source.file_system);
        let root = self.put(spec, file_system, from.number, covered);
        let mut copies = BTreeMap::from([(from.mount, root.mount)]);
        self.copy_mounts(below, &mut copies);
        Ok((root, copies))
    }

    /// Active mounts that hang below a file, each behind the one that it covers.
    pub(crate) fn mounts_below(&self, top: Node) -> Vec<u16> {
        let mut found: Vec<u16> = Vec::new();
        let places = (0u16..).zip(&self.mounts);
        let mut active: Vec<(u16, &Mount)> = places.filter(|(_, mount)| mount.active).collect();
        active.sort_unstable_by_key(|(_, mount)| mount.id);
        for (index, mount) in active {
            let Some(covered) = mount.covered else { continue };
            let hangs = found.contains(&covered.mount)
                || (covered.mount == top.mount && self.is_at_or_below(covered, top));
            if hangs {
                found.push(index);
            }
        }
        found
    }

    /// Whether a file is `top` or lies below it in the same mount.
    fn is_at_or_below(&self, node: Node, top: Node) -> bool {
        let mut current = node;
        // parents form a chain to the root of the mount: at most as many steps as there are inodes
        let steps = self.tree(node).map_or(0, Tree::inodes).max(8);
        for _ in 0..=steps {
            if current == top {
                return true;
            }
            if self.is_mount_root(current) {
                return false;
            }
            current.number = match self.proc_node(current) {
                Some(entry) => entry.parent().number(),
                None => match self.inode(current) {
                    Ok(inode) => u64::from(inode.parent),
                    Err(_) => return false,
                },
            };
        }
        false
    }

    /// Copies mounts to below the copies that are there already; `copies` leads from each to its copy.
    fn copy_mounts(&mut self, which: &[u16], copies: &mut BTreeMap<u16, u16>) {
        for index in which {
            let Some(mount) = self.mounts.get(usize::from(*index)) else { continue };
            let Some(covered) = mount.covered else { continue };
            let Some(above) = copies.get(&covered.mount).copied() else { continue };
            let (spec, file_system, root) = (mount.spec.clone(), mount.file_system, mount.root);
            let hidden = mount.hidden;
            let copy = self.put(spec, file_system, root, Some(Node { mount: above, ..covered }));
            if let Some(mount) = self.mounts.get_mut(usize::from(copy.mount)) {
                mount.hidden = hidden;
            }
            copies.insert(*index, copy.mount);
        }
    }

    /// `MS_MOVE`: hangs a mount elsewhere; `EINVAL` for what is no mount, `ELOOP` into itself.
    pub fn move_mount(&mut self, from: Node, at: Node) -> Result<(), Errno> {
        if !self.is_mount_root(from) || self.mount_of(from)?.covered.is_none() {
            return Err(Errno::EINVAL);
        }
        if (self.kind(from)? == Kind::Directory) != (self.kind(at)? == Kind::Directory) {
            return Err(Errno::ENOTDIR);
        }
        if at.mount == from.mount || self.mounts_below(from).contains(&at.mount) {
            return Err(Errno::ELOOP);
        }
        self.mounts.get_mut(usize::from(from.mount)).ok_or(Errno::EINVAL)?.covered = Some(at);
        Ok(())
    }

    /// Takes the topmost file system off: `EINVAL` when `at` is no root of a mount, `EBUSY` while in use.
    pub fn unmount(&mut self, at: Node) -> Result<(), Errno> {
        let index = usize::from(at.mount);
        if !self.is_mount_root(at) || !self.mounts.get(index).is_some_and(|mount| mount.active) {
            return Err(Errno::EINVAL);
        }
        let below = self.mounts_below(at);
        let in_the_way = |index: &u16| {
            let mount = self.mounts.get(usize::from(*index));
            mount.is_some_and(|mount| !mount.hidden || mount.uses > 0)
        };
        let mount = self.mounts.get(index).ok_or(Errno::EINVAL)?;
        if mount.covered.is_none() || mount.uses > 0 || below.iter().any(in_the_way) {
            return Err(Errno::EBUSY);
        }
        let gone = [&below[..], &[at.mount]].concat();
        self.deactivate(&gone);
        Ok(())
    }

    /// `MNT_DETACH`: takes a mount and all below it out of sight; who uses its files goes on.
    pub fn detach(&mut self, at: Node) -> Result<(), Errno> {
        if !self.is_mount_root(at) || self.mount_of(at)?.covered.is_none() {
            return Err(Errno::EINVAL);
        }
        self.drop_space(at);
        Ok(())
    }

    /// What no mount shows any more goes.
    pub(super) fn drop_unused_trees(&mut self) {
        for place in 0..self.file_systems.len() {
            let shown = |mount: &Mount| !mount.is_free() && usize::from(mount.file_system) == place;
            if self.mounts.iter().any(shown) {
                continue;
            }
            if let Some(tree) = self.file_systems.get_mut(place) {
                *tree = Tree::new(Arc::new(BaseTree::empty()));
            }
        }
    }

    /// Changes whether changes are refused (`MS_REMOUNT`): by that mount, or by every one of its file system.
    pub fn remount(&mut self, at: Node, read_only: RemountAs, depth: Depth) -> Result<(), Errno> {
        if !self.is_mount_root(at) {
            return Err(Errno::EINVAL);
        }
        let mount = self.mount_of(at)?;
        let (id, file_system) = (mount.id, mount.file_system);
        let meant = |mount: &&mut Mount| {
            mount.id == id || (depth == Depth::All && mount.file_system == file_system && mount.active)
        };
        let refuses = read_only == RemountAs::ReadOnly;
        self.mounts.iter_mut().filter(meant).for_each(|mount| mount.spec.read_only = refuses);
        Ok(())
    }

    /// Takes a mount and all below it away: from its root mount on, a whole name space.
    pub fn drop_space(&mut self, top: Node) {
        let mut gone = self.mounts_below(top);
        gone.push(top.mount);
        self.deactivate(&gone);
    }
    fn deactivate(&mut self, gone: &[u16]) {
        for index in gone {
            if let Some(mount) = self.mounts.get_mut(usize::from(*index)) {
                (mount.active, mount.covered) = (false, None);
            }
        }
        self.drop_unused_trees();
    }

    /// Minor number of the device that the next mounted file system shows as its own.
    pub fn next_device_minor(&self) -> u32 {
        self.next_mount.saturating_add(20)
    }

    /// pivot_root(2): `new` becomes the root of the caller's name space, and what was is shown at `old`.
    /// Gives the node of the root that was.
    pub fn pivot_root(&mut self, context: &Context, new: Node, old: Node) -> Result<Node, Errno> {
        if self.kind(new)? != Kind::Directory || self.kind(old)? != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        let top = context.root;
        if !self.is_mount_root(top) || !self.is_mount_root(new) {
            return Err(Errno::EINVAL);
        }
        if new.mount == top.mount || old.mount == top.mount {
            return Err(Errno::EBUSY);
        }
        let inside = old.mount == new.mount && self.is_at_or_below(old, new);
        if !inside && !self.mounts_below(new).contains(&old.mount) {
            return Err(Errno::EINVAL);
        }
        let above = self.mount_of(top)?.covered;
        let at = |index: u16| usize::from(index);
        self.mounts.get_mut(at(new.mount)).ok_or(Errno::EINVAL)?.covered = above;
        self.mounts.get_mut(at(top.mount)).ok_or(Errno::EINVAL)?.covered = Some(old);
        Ok(top)
    }

    /// Where a mount of the table begins.
    pub fn root_of(&self, mount: &Mount) -> Node {
        let place = self.mounts.iter().position(|other| other.id == mount.id);
        Node { mount: place.unwrap_or(0) as u16, number: mount.root }
    }

    /// The root of the name space that a file is in.
    pub fn top_of(&self, node: Node) -> Node {
        let mut top = node.mount;
        for _ in 0..MOUNTS_MAX {
            match self.mounts.get(usize::from(top)).and_then(|mount| mount.covered) {
                Some(covered) => top = covered.mount,
                None => break,
            }
        }
        let root = self.mounts.get(usize::from(top)).map_or(0, |mount| mount.root);
        Node { mount: top, number: root }
    }

    /// The number of the name space of mounts that a file is in, as nsfs counts them.
    pub fn space_number(&self, node: Node) -> u64 {
        /// what Linux gives the first one, and the ones after
        const FIRST: u64 = 0xf000_0000;
        const LATER: u64 = 0xf000_00a0;
        let top = self.top_of(node);
        let id = self.mount_of(top).map_or(0, |mount| u64::from(mount.id));
        if top == self.root() { FIRST } else { LATER + id }
    }

    /// Active mounts of the name space that a file is in, in the order of mounting.
    pub fn mounts_with(&self, node: Node) -> impl Iterator<Item = &Mount> {
        let top = self.top_of(node);
        let mut of_space = self.mounts_below(top);
        of_space.push(top.mount);
        let mut found: Vec<&Mount> =
            of_space.iter().filter_map(|index| self.mounts.get(usize::from(*index))).collect();
        found.retain(|mount| !mount.hidden);
        found.sort_unstable_by_key(|mount| mount.id);
        found.into_iter()
    }

    /// CLONE_NEWNS: copies all mounts of the name space that `node` is in. Gives which mount became which.
    pub fn copy_space(&mut self, node: Node) -> Result<BTreeMap<u16, u16>, Errno> {
        let top = self.top_of(node);
        let below = self.mounts_below(top);
        self.copy_from(top, None, &below).map(|(_, copies)| copies)
    }

    /// Whether a mount of that behaviour shows its whole file system at a node.
    pub fn shows_whole(&self, node: Node, behaviour: Behaviour) -> bool {
        self.is_mount_root(node)
            && node.number == 0
            && self.mount_of(node).is_ok_and(|mount| mount.spec.behaviour == behaviour)
    }
}
