//! Listing directories and naming files; key type [`ListEntry`]. Specification: getdents(2), getcwd(2).
use super::inode::Number;
use super::steps;
use super::{Context, Kind, Node, Vfs};
use crate::errno::Errno;
use crate::proc::{ProcNode, ProcView};
use alloc::vec::Vec;

/// Deepest nesting that [`Vfs::path_of`] names.
const DEPTH_MAX: usize = 2048;

/// One name of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListEntry {
    /// `d_ino`
    pub inode: u64,
    /// `d_off`: where the listing goes on behind this entry
    pub next: u64,
    /// kind of the file
    pub kind: Kind,
    /// the name
    pub name: Vec<u8>,
}

impl Vfs {
    /// At most `count` names of a directory from position `from` (0 is the start; then `next` of an entry).
    /// Names that are added or removed meanwhile do not move the others.
    pub fn list(
        &self,
        context: &Context,
        directory: Node,
        from: u64,
        count: usize,
    ) -> Result<Vec<ListEntry>, Errno> {
        if self.kind(directory)? != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        let mut listed = Vec::new();
        for (position, name) in [(0, &b"."[..]), (1, &b".."[..])] {
            if from <= position {
                let node = if position == 0 { directory } else { self.parent(context, directory)? };
                let inode = self.list_inode(node);
                listed.push(ListEntry {
                    inode,
                    next: position + 1,
                    kind: Kind::Directory,
                    name: name.into(),
                });
            }
        }
        match self.proc_node(directory) {
            Some(entry) => self.list_proc(context, entry, from, count, &mut listed),
            None => self.list_tree(directory, from, count, &mut listed)?,
        }
        listed.truncate(count);
        Ok(listed)
    }

    /// The absolute path of a file within the whole tree; ` (deleted)` is appended when it has no name left.
    pub fn path_of(&self, node: Node) -> Vec<u8> {
        self.path_named(node, &ProcNode::name)
    }

    /// The same, with the names of interfaces below `/sys/class/net`.
    pub fn path_seen(&self, view: &dyn ProcView, node: Node) -> Vec<u8> {
        self.path_named(node, &|entry| entry.listed_name(view))
    }

    fn path_named(&self, node: Node, name: &dyn Fn(ProcNode) -> Vec<u8>) -> Vec<u8> {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        let mut deleted = false;
        let mut current = node;
        for _ in 0..DEPTH_MAX {
            if self.is_mount_root(current) {
                match self.mount_of(current).ok().and_then(|mount| mount.covered) {
                    Some(covered) => {
                        current = covered;
                        continue;
                    }
                    None => break,
                }
            }
            if let Some(entry) = self.proc_node(current) {
                parts.push(name(entry));
                current.number = entry.parent().number();
                continue;
            }
            let Ok(inode) = self.inode(current) else { break };
            deleted |= inode.links == 0;
            let (parent, name) = self.name_of(current, inode.parent, &inode.name);
            parts.push(name);
            current.number = u64::from(parent);
        }
        let mut path = Vec::new();
        for part in parts.iter().rev() {
            path.push(b'/');
            path.extend_from_slice(part);
        }
        if path.is_empty() {
            path.push(b'/');
        }
        if deleted {
            path.extend_from_slice(b" (deleted)");
        }
        path
    }

    /// The path, within its file system, of what a mount shows.
    pub fn shown_path(&self, mount: &super::Mount) -> Vec<u8> {
        let is_whole =
            |other: &&super::Mount| other.file_system() == mount.file_system() && other.shown_root() == 0;
        let place = self.mounts.iter().position(|other| is_whole(&other));
        let mut current = Node { mount: place.unwrap_or(0) as u16, number: mount.shown_root() };
        let mut parts: Vec<Vec<u8>> = Vec::new();
        for _ in 0..DEPTH_MAX {
            if current.number == 0 {
                break;
            }
            if let Some(entry) = self.proc_node(current) {
                parts.push(entry.name());
                current.number = entry.parent().number();
                continue;
            }
            let Ok(inode) = self.inode(current) else { break };
            let (parent, name) = self.name_of(current, inode.parent, &inode.name);
            parts.push(name);
            current.number = u64::from(parent);
        }
        let path: Vec<u8> = parts.iter().rev().flat_map(|part| [b"/", &part[..]].concat()).collect();
        if path.is_empty() { b"/".to_vec() } else { path }
    }

    /// The path of a file as a process with another root sees it.
    pub fn path_from(&self, view: &dyn ProcView, root: Node, node: Node) -> Vec<u8> {
        if self.is_memory_file(node) {
            let name = self.inode(node).map(|inode| inode.name.clone());
            return [b"/", &name.unwrap_or_default()[..], b" (deleted)"].concat();
        }
        let path = self.path_seen(view, node);
        if root == self.root() && node.mount == root.mount {
            return path;
        }
        let top = self.top_of(root);
        if top != self.top_of(node) {
            return [b"(unreachable)", &path[..]].concat();
        }
        if root == top {
            return path;
        }
        let prefix = self.path_of(root);
        match path.strip_prefix(&prefix[..]) {
            Some([]) => b"/".to_vec(),
            Some(rest) if rest.first() == Some(&b'/') => rest.to_vec(),
            _ => [b"(unreachable)", &path[..]].concat(),
        }
    }

    /// Parent and name of an inode; another of its names when the latest is gone.
    fn name_of(&self, node: Node, parent: Number, name: &[u8]) -> (Number, Vec<u8>) {
        let Ok(tree) = self.tree(node) else { return (parent, name.to_vec()) };
        let number = node.number as Number;
        let stands = tree.child(parent, name).ok().flatten() == Some(number);
        let unlinked = tree.inode(number).is_ok_and(|inode| inode.links == 0);
        if stands || unlinked {
            return (parent, name.to_vec());
        }
        match tree.find_name(number) {
            Some((directory, name)) => (directory, name.to_vec()),
            None => (parent, name.to_vec()),
        }
    }

    fn list_tree(
        &self,
        directory: Node,
        from: u64,
        count: usize,
        listed: &mut Vec<ListEntry>,
    ) -> Result<(), Errno> {
        let names = self.inode(directory)?.names().ok_or(Errno::ENOTDIR)?;
        let mut found: Vec<_> =
            names.entries.iter().filter(|(_, entry)| u64::from(entry.cookie) + 2 >= from).collect();
        self.step(steps::ENTRY * names.entries.len() as u64);
        found.sort_unstable_by_key(|(_, entry)| entry.cookie);
        for (name, entry) in found.into_iter().take(count) {
            let node = self.cross(Node { mount: directory.mount, number: u64::from(entry.number) });
            listed.push(ListEntry {
                inode: self.list_inode(node),
                next: u64::from(entry.cookie) + 3,
                kind: self.kind(node)?,
                name: name.to_vec(),
            });
        }
        Ok(())
    }

    fn list_proc(
        &self,
        context: &Context,
        entry: crate::proc::ProcNode,
        from: u64,
        count: usize,
        listed: &mut Vec<ListEntry>,
    ) {
        let found = entry.entries(context.view, from.saturating_sub(2));
        self.step(steps::ENTRY * found.len() as u64);
        for (position, name, child) in found.into_iter().take(count) {
            let next = position + 3;
            listed.push(ListEntry { inode: child.inode(), next, kind: child.kind(), name });
        }
    }

    fn list_inode(&self, node: Node) -> u64 {
        match self.proc_node(node) {
            Some(entry) => entry.inode(),
            None => node.number + 1,
        }
    }
}
