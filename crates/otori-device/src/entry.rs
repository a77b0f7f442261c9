//! One file of a root file system on its way into a tree; key type [`Entry`]. Neighbours: import.rs reads them from
//! a host folder, tree.rs lays them into mounts.
use crate::host_file::HostFile;
use std::sync::Arc;

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// regular file
    File(Arc<[u8]>),
    /// regular file that stays on the host until the guest wants it
    Later(Arc<HostFile>),
    /// directory
    Directory,
    /// symbolic link with its target
    Link(Vec<u8>),
    /// another name of the file at that path, which stands earlier in the list
    HardLink(String),
}

/// A file with its place and attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// path below the root, without a leading slash
    pub path: String,
    /// content
    pub body: Body,
    /// permission bits (07777)
    pub mode: u16,
    /// owner
    pub uid: u32,
    /// group
    pub gid: u32,
    /// last change, seconds since 1970
    pub time: i64,
}
