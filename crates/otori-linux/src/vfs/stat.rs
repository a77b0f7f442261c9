//! What stat(2) and statfs(2) tell; key types [`Stat`], [`StatFs`]. The kernel lays them out per architecture.
use super::inode::{DeviceNumber, Kind};

/// Attributes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// device of the file system
    pub device: DeviceNumber,
    /// inode number
    pub inode: u64,
    /// kind of file
    pub kind: Kind,
    /// permission bits (07777), without the kind
    pub mode: u16,
    /// names
    pub links: u32,
    /// owner
    pub uid: u32,
    /// group
    pub gid: u32,
    /// device number of a device file
    pub special: DeviceNumber,
    /// bytes
    pub size: u64,
    /// preferred transfer size, bytes
    pub block_size: u32,
    /// blocks of 512 bytes
    pub blocks: u64,
    /// last access, nanoseconds since 1970
    pub access_ns: i64,
    /// last change of the content
    pub modify_ns: i64,
    /// last change of the attributes
    pub change_ns: i64,
    /// when it was made, on file systems that keep it
    pub birth_ns: Option<i64>,
    /// number of the mount
    pub mount: u32,
    /// the mount begins here
    pub mount_root: bool,
}

impl Stat {
    /// `st_mode`: kind and permission bits.
    pub fn st_mode(&self) -> u32 {
        self.kind.mode_bits() | u32::from(self.mode)
    }
}

/// Figures of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatFs {
    /// `f_type`, see statfs(2)
    pub magic: u32,
    /// bytes per block
    pub block_size: u32,
    /// blocks in all
    pub blocks: u64,
    /// blocks free
    pub blocks_free: u64,
    /// inodes in all
    pub inodes: u64,
    /// inodes free
    pub inodes_free: u64,
    /// longest name
    pub name_max: u32,
    /// `ST_RDONLY` and `ST_NOEXEC` bits
    pub flags: u32,
}
