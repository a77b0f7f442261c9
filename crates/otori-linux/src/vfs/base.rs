//! A file tree that never changes and that thousands of machines share; key types [`BaseTree`], [`BaseBuilder`].
//! Neighbour: tree.rs lays a machine's own changes over it. The reader of host folders is in otori-device.
use super::inode::{Body, Content, Deferred, DeviceNumber, Inode, Names, Number};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use thiserror::Error;

/// Most inodes of a base tree.
pub const INODES_MAX: usize = 1 << 20;

/// An immutable tree; inode 0 is its root directory.
#[derive(Debug)]
pub struct BaseTree {
    inodes: Vec<Inode>,
}

impl BaseTree {
    /// A tree with nothing but a root directory (0755 root:root).
    pub fn empty() -> BaseTree {
        BaseBuilder::new(0).finish()
    }

    /// The inode with that number.
    pub fn inode(&self, number: Number) -> Option<&Inode> {
        self.inodes.get(number as usize)
    }

    /// Count of inodes.
    pub fn len(&self) -> usize {
        self.inodes.len()
    }

    /// Whether there is nothing but the root.
    pub fn is_empty(&self) -> bool {
        self.inodes.len() <= 1
    }

    /// The content of a regular file; symbolic links are not followed.
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        let mut inode = self.inode(0)?;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            inode = self.inode(inode.names()?.entries.get(name.as_bytes())?.number)?;
        }
        match &inode.body {
            Body::File(content) => Some(content.bytes()),
            _ => None,
        }
    }
}

/// Why a base tree cannot hold a file.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum BaseError {
    /// a component of the path is a file, or the path is empty
    #[error("{0}: the path runs through something that is not a directory, or names nothing")]
    Path(alloc::string::String),
    /// more than [`INODES_MAX`] files
    #[error("more than {INODES_MAX} files in one tree")]
    TooMany,
}

/// Attributes of a file that is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// permission bits (07777)
    pub mode: u16,
    /// owner
    pub uid: u32,
    /// group
    pub gid: u32,
    /// all three times, nanoseconds since 1970
    pub time_ns: i64,
}

/// Collects files into a [`BaseTree`]. Paths are absolute or relative to the root, parents are made as needed;
/// a later file replaces an earlier one of the same path.
#[derive(Clone, Debug)]
pub struct BaseBuilder {
    inodes: Vec<Inode>,
    time_ns: i64,
}

impl BaseBuilder {
    /// An empty tree whose root and implied directories carry that time.
    pub fn new(time_ns: i64) -> BaseBuilder {
        let root = Inode::new(Body::Directory(Arc::new(Names::default())), 0o755, 0, 0, time_ns);
        BaseBuilder { inodes: vec![root], time_ns }
    }

    /// A builder that starts with everything an existing tree has.
    pub fn from_tree(tree: &BaseTree, time_ns: i64) -> BaseBuilder {
        BaseBuilder { inodes: tree.inodes.clone(), time_ns }
    }

    /// Attributes of root with that mode and the builder's time.
    pub fn root_owned(&self, mode: u16) -> Attributes {
        Attributes { mode, uid: 0, gid: 0, time_ns: self.time_ns }
    }

    /// Adds a regular file.
    pub fn file(
        &mut self,
        path: &str,
        bytes: Arc<[u8]>,
        attributes: Attributes,
    ) -> Result<Number, BaseError> {
        self.add(path, Body::File(Content::Base(bytes)), attributes)
    }

    /// Adds a regular file whose bytes are fetched when they are first wanted.
    pub fn deferred(
        &mut self,
        path: &str,
        file: Arc<dyn Deferred>,
        attributes: Attributes,
    ) -> Result<Number, BaseError> {
        self.add(path, Body::File(Content::Deferred(file)), attributes)
    }

    /// Adds a directory, or sets the attributes of one that is there.
    pub fn directory(&mut self, path: &str, attributes: Attributes) -> Result<Number, BaseError> {
        let number = self.make_directories(path.as_bytes())?;
        if let Some(inode) = self.inodes.get_mut(number as usize) {
            inode.mode = attributes.mode & 0o7777;
            (inode.uid, inode.gid) = (attributes.uid, attributes.gid);
            (inode.access_ns, inode.modify_ns, inode.change_ns) =
                (attributes.time_ns, attributes.time_ns, attributes.time_ns);
        }
        Ok(number)
    }

    /// Adds a symbolic link.
    pub fn link(&mut self, path: &str, target: &[u8], attributes: Attributes) -> Result<Number, BaseError> {
        self.add(path, Body::Link(Arc::from(target)), Attributes { mode: 0o777, ..attributes })
    }

    /// Adds a character device.
    pub fn character(
        &mut self,
        path: &str,
        device: DeviceNumber,
        attributes: Attributes,
    ) -> Result<Number, BaseError> {
        self.add(path, Body::Character(device), attributes)
    }

    /// Adds a block device.
    pub fn block(
        &mut self,
        path: &str,
        device: DeviceNumber,
        attributes: Attributes,
    ) -> Result<Number, BaseError> {
        self.add(path, Body::Block(device), attributes)
    }

    /// Adds a named pipe.
    pub fn fifo(&mut self, path: &str, attributes: Attributes) -> Result<Number, BaseError> {
        self.add(path, Body::Fifo, attributes)
    }

    /// Gives a file that was added a second name.
    pub fn hard_link(&mut self, path: &str, number: Number) -> Result<(), BaseError> {
        let (parent, name) = self.parent_of(path)?;
        self.insert_name(parent, name, number);
        if let Some(inode) = self.inodes.get_mut(number as usize) {
            inode.links += 1;
        }
        Ok(())
    }

    /// The finished tree.
    pub fn finish(self) -> BaseTree {
        BaseTree { inodes: self.inodes }
    }

    fn add(&mut self, path: &str, body: Body, attributes: Attributes) -> Result<Number, BaseError> {
        let (parent, name) = self.parent_of(path)?;
        let mut inode = Inode::new(body, attributes.mode, attributes.uid, attributes.gid, attributes.time_ns);
        inode.parent = parent;
        inode.name = Arc::from(name);
        let number = self.push(inode)?;
        self.insert_name(parent, name, number);
        Ok(number)
    }

    fn push(&mut self, inode: Inode) -> Result<Number, BaseError> {
        if self.inodes.len() >= INODES_MAX {
            return Err(BaseError::TooMany);
        }
        self.inodes.push(inode);
        Ok((self.inodes.len() - 1) as Number)
    }

    fn insert_name(&mut self, parent: Number, name: &[u8], number: Number) {
        if let Some(names) = self.inodes.get_mut(parent as usize).and_then(Inode::names_mut) {
            names.insert(name, number);
        }
    }

    fn parent_of<'p>(&mut self, path: &'p str) -> Result<(Number, &'p [u8]), BaseError> {
        let trimmed = path.trim_matches('/');
        let (folder, name) = trimmed.rsplit_once('/').unwrap_or(("", trimmed));
        if name.is_empty() || name == "." || name == ".." {
            return Err(BaseError::Path(path.into()));
        }
        Ok((self.make_directories(folder.as_bytes())?, name.as_bytes()))
    }

    fn make_directories(&mut self, path: &[u8]) -> Result<Number, BaseError> {
        let mut current: Number = 0;
        for name in path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".") {
            let names = self.inodes.get(current as usize).and_then(Inode::names);
            let Some(names) = names.filter(|_| name != b"..") else {
                return Err(BaseError::Path(alloc::string::String::from_utf8_lossy(path).into_owned()));
            };
            current = match names.entries.get(name) {
                Some(entry) => entry.number,
                None => {
                    let body = Body::Directory(Arc::new(Names::default()));
                    let mut inode = Inode::new(body, 0o755, 0, 0, self.time_ns);
                    (inode.parent, inode.name) = (current, Arc::from(name));
                    let number = self.push(inode)?;
                    self.insert_name(current, name, number);
                    if let Some(parent) = self.inodes.get_mut(current as usize) {
                        parent.links += 1;
                    }
                    number
                }
            };
        }
        match self.inodes.get(current as usize) {
            Some(inode) if inode.is_directory() => Ok(current),
            _ => Err(BaseError::Path(alloc::string::String::from_utf8_lossy(path).into_owned())),
        }
    }
}
