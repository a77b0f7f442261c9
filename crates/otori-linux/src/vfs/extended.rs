//! Extended attributes of files. Key functions: [`Vfs::attribute`], [`Vfs::set_attribute`]. Neighbour: `syscall/xattr.rs`
//! takes them from guests. Specification: xattr(7), capabilities(7) on `security.capability`.
use super::change::event;
use super::credentials::Want;
use super::inode::{Kind, Number};
use super::{Capability, Context, Node, Vfs};
use crate::errno::Errno;
use crate::syscall::kernel_of_release;
use alloc::vec::Vec;

/// Bytes of names and values that one file has at most: a block of ext4 …
const BLOCK_ROOM: usize = 4_096;
/// … or, in memory, one value of the largest size.
const MEMORY_ROOM: usize = 66_560;
/// Kernel that brought `user.` to tmpfs.
const USER_ON_TMPFS: (u8, u8) = (6, 6);

/// Whether an attribute may, or must, be there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetMode {
    /// either
    Any,
    /// `XATTR_CREATE`: EEXIST when it is there
    Create,
    /// `XATTR_REPLACE`: ENODATA when it is not
    Replace,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    User,
    Trusted,
    Security,
    Other,
}

impl Class {
    fn of(name: &[u8]) -> Class {
        let named = |prefix: &[u8]| name.starts_with(prefix);
        match () {
            () if named(b"user.") => Class::User,
            () if named(b"trusted.") => Class::Trusted,
            () if named(b"security.") => Class::Security,
            () => Class::Other,
        }
    }
}

/// Whether a value is a `struct vfs_cap_data` of the second or third revision.
fn is_capability(value: &[u8]) -> bool {
    matches!((value.len(), value.get(3)), (20, Some(2)) | (24, Some(3)))
}

impl Vfs {
    /// Whether the file system keeps attributes of that name. POSIX ACLs (`system.`) are in none.
    fn check_attribute_kept(&self, context: &Context, node: Node, name: &[u8]) -> Result<(), Errno> {
        let class = Class::of(name);
        let kept = match self.mount_of(node)?.spec.fstype.as_str() {
            "tmpfs" | "devtmpfs" if class == Class::User => {
                kernel_of_release(&context.view.system().release) >= USER_ON_TMPFS
            }
            "tmpfs" | "devtmpfs" => true,
            // what an overlay needs for itself is nobody's affair
            "overlay" => !name.starts_with(b"trusted.overlay."),
            "ext2" | "ext3" | "ext4" | "xfs" | "btrfs" | "f2fs" | "jffs2" | "ubifs" | "squashfs" => true,
            _ => false,
        };
        if !kept || class == Class::Other || self.proc_node(node).is_some() {
            return Err(Errno::EOPNOTSUPP);
        }
        let named = name.iter().position(|byte| *byte == b'.').is_some_and(|dot| dot + 1 < name.len());
        if named { Ok(()) } else { Err(Errno::EINVAL) }
    }

    /// Who may read or change attributes of that class.
    fn check_attribute(&self, context: &Context, node: Node, name: &[u8], want: Want) -> Result<(), Errno> {
        let writes = want == Want::WRITE;
        if writes && self.mount_of(node)?.spec.read_only {
            return Err(Errno::EROFS);
        }
        let credentials = context.credentials;
        match Class::of(name) {
            Class::Security if !writes => Ok(()),
            Class::Security if name == b"security.capability" => match credentials.can(Capability::SETFCAP) {
                true => Ok(()),
                false => Err(Errno::EPERM),
            },
            Class::Security if credentials.can(Capability::SYS_ADMIN) => Ok(()),
            Class::Security => Err(Errno::EPERM),
            Class::Trusted if credentials.can(Capability::SYS_ADMIN) => Ok(()),
            Class::Trusted => Err(if writes { Errno::EPERM } else { Errno::ENODATA }),
            Class::User => {
                let kind = self.kind(node)?;
                if !matches!(kind, Kind::File | Kind::Directory) {
                    return Err(if writes { Errno::EPERM } else { Errno::ENODATA });
                }
                let inode = self.inode(node)?;
                let own = credentials.uid == inode.uid || credentials.can(Capability::FOWNER);
                if writes && kind == Kind::Directory && inode.mode & 0o1000 != 0 && !own {
                    return Err(Errno::EPERM);
                }
                self.check_access(context, node, want)
            }
            Class::Other => Ok(()),
        }
    }

    /// The value of an attribute.
    pub fn attribute(&self, context: &Context, node: Node, name: &[u8]) -> Result<Vec<u8>, Errno> {
        if self.proc_node(node).is_none() {
            self.check_attribute(context, node, name, Want::READ)?;
        }
        self.check_attribute_kept(context, node, name)?;
        self.inode(node)?.attributes().get(name).map(|value| value.to_vec()).ok_or(Errno::ENODATA)
    }

    /// The names of a file's attributes that the caller may see, each ended by NUL.
    pub fn attribute_names(&self, context: &Context, node: Node) -> Result<Vec<u8>, Errno> {
        if self.proc_node(node).is_some() {
            return Ok(Vec::new());
        }
        let all = context.credentials.can(Capability::SYS_ADMIN);
        let mut names = Vec::new();
        for name in self.inode(node)?.attributes().keys() {
            if all || Class::of(name) != Class::Trusted {
                names.extend_from_slice(name);
                names.push(0);
            }
        }
        Ok(names)
    }

    /// Gives a file an attribute.
    pub fn set_attribute(
        &mut self,
        context: &Context,
        node: Node,
        name: &[u8],
        value: &[u8],
        mode: SetMode,
    ) -> Result<(), Errno> {
        if self.proc_node(node).is_some() {
            return Err(Errno::EOPNOTSUPP);
        }
        if name == b"security.capability" && !is_capability(value) {
            return Err(Errno::EINVAL);
        }
        self.check_attribute(context, node, name, Want::WRITE)?;
        self.check_attribute_kept(context, node, name)?;
        let known = self.inode(node)?.attributes();
        match (known.contains_key(name), mode) {
            (true, SetMode::Create) => return Err(Errno::EEXIST),
            (false, SetMode::Replace) => return Err(Errno::ENODATA),
            _ => {}
        }
        let held: usize = known.iter().map(|(name, value)| name.len() + value.len()).sum();
        let in_memory = matches!(self.mount_of(node)?.spec.fstype.as_str(), "tmpfs" | "devtmpfs");
        let room = if in_memory { MEMORY_ROOM } else { BLOCK_ROOM };
        let before = known.get(name).map_or(0, |value| name.len() + value.len());
        if held - before + name.len() + value.len() > room {
            return Err(Errno::ENOSPC);
        }
        self.check_space(node, (name.len() + value.len()) as u64)?;
        let tree = self.writable_tree(node)?;
        tree.change_attributes(node.number as Number, context.now_ns, |attributes| {
            attributes.insert(name.into(), value.into());
        })?;
        self.note(node, event::ATTRIBUTES);
        Ok(())
    }

    /// Takes an attribute away.
    pub fn remove_attribute(&mut self, context: &Context, node: Node, name: &[u8]) -> Result<(), Errno> {
        if self.proc_node(node).is_some() {
            return Err(Errno::EOPNOTSUPP);
        }
        self.check_attribute(context, node, name, Want::WRITE)?;
        self.check_attribute_kept(context, node, name)?;
        if !self.inode(node)?.attributes().contains_key(name) {
            return Err(Errno::ENODATA);
        }
        let tree = self.writable_tree(node)?;
        tree.change_attributes(node.number as Number, context.now_ns, |attributes| {
            attributes.remove(name);
        })?;
        self.note(node, event::ATTRIBUTES);
        Ok(())
    }
}
