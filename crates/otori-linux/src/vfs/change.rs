//! What happened to files, for inotify. Key types: [`Change`], [`Changes`]. The kernel takes them after each call;
//! nothing is noted while nobody watches. Specification: inotify(7).
use super::{Node, Vfs, inode::Number};
use alloc::{sync::Arc, vec::Vec};

/// IN_*, the same numbers everywhere.
pub mod event {
    #![allow(missing_docs, reason = "the names are those of inotify(7)")]
    pub const ACCESS: u32 = 0x1;
    pub const MODIFY: u32 = 0x2;
    pub const ATTRIBUTES: u32 = 0x4;
    pub const CLOSE_WRITE: u32 = 0x8;
    pub const CLOSE_OTHER: u32 = 0x10;
    pub const OPEN: u32 = 0x20;
    pub const MOVED_FROM: u32 = 0x40;
    pub const MOVED_TO: u32 = 0x80;
    pub const CREATE: u32 = 0x100;
    pub const DELETE: u32 = 0x200;
    pub const DELETE_SELF: u32 = 0x400;
    pub const MOVE_SELF: u32 = 0x800;
    pub const DIRECTORY: u32 = 0x4000_0000;
}

/// Changes that wait to be taken; more are lost, as on Linux when a queue is full.
const CHANGES_MAX: usize = 1_024;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// IN_* of the file, with [`event::DIRECTORY`] for folders
    pub event: u32,
    /// the file; `None` when only the folder hears of it (create, delete, moves)
    pub node: Option<Node>,
    /// the folder that has it, and its name there
    pub parent: Option<(Node, Arc<[u8]>)>,
    /// joins the two halves of a rename
    pub cookie: u32,
}

/// What has not been taken yet.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    noted: Vec<Change>,
    watchers: usize,
    cookie: u32,
}

impl Vfs {
    /// One more watch, or one less: without any, nothing is noted.
    pub fn count_watches(&mut self, change: isize) {
        self.changes.watchers = self.changes.watchers.saturating_add_signed(change);
    }
    /// Takes what happened since the last time.
    pub fn take_changes(&mut self) -> Vec<Change> {
        if self.changes.noted.is_empty() { Vec::new() } else { core::mem::take(&mut self.changes.noted) }
    }
    /// Notes what happened to a file, for watches of it and of the folder it is in.
    pub fn note(&mut self, node: Node, what: u32) {
        if self.changes.watchers == 0 {
            return;
        }
        let Ok(inode) = self.inode(node) else { return };
        let node = self.identity(node);
        let what = what | if inode.is_directory() { event::DIRECTORY } else { 0 };
        let above = Node { mount: node.mount, number: u64::from(inode.parent) };
        let parent = (node.number != 0 && inode.links > 0).then(|| (above, Arc::clone(&inode.name)));
        self.push(Change { event: what, node: Some(node), parent, cookie: 0 });
    }
    /// Notes what only watches of the file itself hear.
    pub(super) fn note_itself(&mut self, node: Node, what: u32) {
        if self.changes.watchers > 0 {
            let node = self.identity(node);
            self.push(Change { event: what, node: Some(node), parent: None, cookie: 0 });
        }
    }
    /// Notes what happened to a name in a folder.
    pub(super) fn note_name(&mut self, folder: Node, name: &[u8], node: Node, what: u32, cookie: u32) {
        if self.changes.watchers == 0 {
            return;
        }
        let number = Number::try_from(node.number).unwrap_or_default();
        let folder = self.identity(folder);
        let tree = self.tree(node).ok();
        let directory = tree.and_then(|tree| tree.inode(number).ok()).is_some_and(super::Inode::is_directory);
        let event = what | if directory { event::DIRECTORY } else { 0 };
        self.push(Change { event, node: None, parent: Some((folder, Arc::from(name))), cookie });
    }
    /// A number that joins the halves of a rename.
    pub(super) fn next_cookie(&mut self) -> u32 {
        self.changes.cookie = self.changes.cookie.wrapping_add(1).max(1);
        self.changes.cookie
    }
    /// Notes the end of a file's last name.
    pub(super) fn note_gone(&mut self, node: Node, directory: bool) {
        if self.changes.watchers > 0 {
            let node = self.identity(node);
            let event = event::DELETE_SELF | if directory { event::DIRECTORY } else { 0 };
            self.push(Change { event, node: Some(node), parent: None, cookie: 0 });
        }
    }
    fn push(&mut self, change: Change) {
        if self.changes.noted.len() < CHANGES_MAX {
            self.changes.noted.push(change);
        }
    }
}
