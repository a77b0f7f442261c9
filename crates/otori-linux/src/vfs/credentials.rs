//! Who asks, and what they may do; key type [`Credentials`]. Specification: credentials(7), path_resolution(7).
use super::capability::{Capability, CapabilitySet};
use super::inode::Inode;
use crate::errno::Errno;
use alloc::vec::Vec;

/// The identity that file permission checks use (the file-system ids of a process).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Credentials {
    /// user id
    pub uid: u32,
    /// group id
    pub gid: u32,
    /// supplementary groups
    pub groups: Vec<u32>,
    /// what it may beyond its own files
    pub capabilities: CapabilitySet,
}

impl Credentials {
    /// The super-user.
    pub const ROOT: Credentials =
        Credentials { uid: 0, gid: 0, groups: Vec::new(), capabilities: CapabilitySet::FULL };

    /// A user as init starts it: root with every capability, others with none.
    pub fn of(uid: u32, gid: u32, groups: Vec<u32>) -> Credentials {
        let capabilities = if uid == 0 { CapabilitySet::FULL } else { CapabilitySet::EMPTY };
        Credentials { uid, gid, groups, capabilities }
    }

    /// Whether the process may do that.
    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.has(capability)
    }

    /// Whether the process is in that group.
    pub fn in_group(&self, gid: u32) -> bool {
        self.gid == gid || self.groups.contains(&gid)
    }

    /// Checks the permission bits of an inode: `EACCES` when one of the wanted accesses is not granted.
    pub fn check(&self, inode: &Inode, want: Want) -> Result<(), Errno> {
        self.check_mode(inode.mode, inode.uid, inode.gid, inode.is_directory(), want)
    }

    /// [`Credentials::check`] on bare values, for files that have no inode (procfs).
    pub fn check_mode(
        &self,
        mode: u16,
        uid: u32,
        gid: u32,
        directory: bool,
        want: Want,
    ) -> Result<(), Errno> {
        if self.can(Capability::DAC_OVERRIDE) {
            let executable = directory || mode & 0o111 != 0;
            return if want.0 & Want::EXECUTE.0 == 0 || executable { Ok(()) } else { Err(Errno::EACCES) };
        }
        let granted = if self.uid == uid {
            mode >> 6
        } else if self.in_group(gid) {
            mode >> 3
        } else {
            mode
        };
        if want.0 & !(granted as u8 & 7) == 0 { Ok(()) } else { Err(Errno::EACCES) }
    }
}

/// Accesses that are wanted, as the bits of access(2): 4 read, 2 write, 1 execute or search, 0 existence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want(pub u8);

impl Want {
    /// only existence
    pub const EXIST: Want = Want(0);
    /// execute a file, search a directory
    pub const EXECUTE: Want = Want(1);
    /// change the content
    pub const WRITE: Want = Want(2);
    /// read the content
    pub const READ: Want = Want(4);
    /// add or remove names in a directory
    pub const CHANGE: Want = Want(3);
}
