//! Attributes of files: reading, permissions, owner, times. Specification: stat(2), chmod(2), chown(2),
//! utimensat(2), access(2), statfs(2).
use super::change::event;
use super::credentials::Want;
use super::inode::{Kind, Number};
use super::stat::{Stat, StatFs};
use super::{Behaviour, Capability, Context, DeviceNumber, NAME_MAX, Node, Vfs};
use crate::errno::Errno;

/// Blocks of a mount without a capacity of its own, of 4096 bytes.
const BLOCKS_DEFAULT: u64 = 4096;

/// New times of a file; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Times {
    /// last access, nanoseconds since 1970
    pub access_ns: Option<i64>,
    /// last change of the content
    pub modify_ns: Option<i64>,
}

/// New owner of a file; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Owner {
    /// user
    pub uid: Option<u32>,
    /// group
    pub gid: Option<u32>,
}

impl Vfs {
    /// Attributes of a file.
    pub fn stat(&self, context: &Context, node: Node) -> Result<Stat, Errno> {
        let mount = self.mount_of(node)?;
        let device = mount.spec.device;
        if let Some(entry) = self.proc_node(node) {
            let (mode, uid, gid) = entry.attributes(context.view);
            let kind = entry.kind();
            return Ok(Stat {
                device,
                inode: entry.inode(),
                kind,
                mode,
                links: if kind == Kind::Directory { entry.links(context.view) } else { 1 },
                uid,
                gid,
                special: DeviceNumber::default(),
                size: if kind == Kind::Link { 64 } else { 0 },
                block_size: 1024,
                blocks: 0,
                access_ns: context.now_ns,
                modify_ns: context.now_ns,
                change_ns: context.now_ns,
                birth_ns: None,
                mount: mount.id,
                mount_root: self.is_mount_root(node),
            });
        }
        let inode = self.inode(node)?;
        let size = if mount.spec.behaviour == Behaviour::Sysfs && inode.kind() == Kind::File {
            4096
        } else {
            inode.size()
        };
        Ok(Stat {
            device,
            inode: node.number + 1,
            kind: inode.kind(),
            mode: inode.mode,
            links: inode.links,
            uid: inode.uid,
            gid: inode.gid,
            special: inode.device().unwrap_or_default(),
            size,
            block_size: 4096,
            blocks: if mount.spec.behaviour == Behaviour::Storage { self.blocks_of(node)? } else { 0 },
            access_ns: inode.access_ns,
            modify_ns: inode.modify_ns,
            change_ns: inode.change_ns,
            birth_ns: keeps_birth(&mount.spec.fstype).then_some(inode.birth_ns),
            mount: mount.id,
            mount_root: self.is_mount_root(node) && !mount.hidden,
        })
    }

    /// access(2) on a file at hand; the credentials carry the real ids. Writing on a read-only mount is EROFS.
    pub fn access(&self, context: &Context, node: Node, want: Want) -> Result<(), Errno> {
        let writes = want.0 & Want::WRITE.0 != 0;
        let stored = matches!(self.kind(node)?, Kind::File | Kind::Directory | Kind::Link);
        if writes && stored && self.mount_of(node)?.spec.read_only {
            return Err(Errno::EROFS);
        }
        self.check_access(context, node, want)
    }

    /// Whether the caller may execute a file, as execve asks: regular, executable, not on a `noexec` mount.
    pub fn check_execute(&self, context: &Context, node: Node) -> Result<(), Errno> {
        let mount = self.mount_of(node)?;
        if self.kind(node)? != Kind::File || mount.spec.no_execute {
            return Err(Errno::EACCES);
        }
        self.check_access(context, node, Want::EXECUTE)
    }

    /// Sets permission bits; only the owner and root may.
    pub fn chmod(&mut self, context: &Context, node: Node, mode: u16) -> Result<(), Errno> {
        self.check_owner(context, node)?;
        let credentials = context.credentials;
        let tree = self.writable_tree(node)?;
        let inode = tree.inode_mut(node.number as Number)?;
        let keeps_setgid = credentials.can(Capability::FSETID) || credentials.in_group(inode.gid);
        inode.mode = if keeps_setgid { mode & 0o7777 } else { mode & 0o5777 };
        inode.change_ns = context.now_ns;
        self.note(node, event::ATTRIBUTES);
        Ok(())
    }

    /// Sets owner and group: root may everything, an owner may give a file to a group of its own.
    pub fn chown(&mut self, context: &Context, node: Node, owner: Owner) -> Result<(), Errno> {
        if self.proc_node(node).is_some() {
            return Err(Errno::EPERM);
        }
        let credentials = context.credentials;
        let before = self.inode(node)?;
        let changes_user = owner.uid.is_some_and(|uid| uid != before.uid);
        let foreign_group = owner.gid.is_some_and(|gid| gid != before.gid && !credentials.in_group(gid));
        let is_owner = credentials.uid == before.uid || (owner.uid.is_none() && owner.gid.is_none());
        let tree = self.writable_tree(node)?;
        if !credentials.can(Capability::CHOWN) && (changes_user || foreign_group || !is_owner) {
            return Err(Errno::EPERM);
        }
        let inode = tree.inode_mut(node.number as Number)?;
        inode.uid = owner.uid.unwrap_or(inode.uid);
        inode.gid = owner.gid.unwrap_or(inode.gid);
        if inode.kind() == Kind::File && inode.mode & 0o111 != 0 {
            inode.mode &= !0o6000;
        }
        inode.change_ns = context.now_ns;
        self.note(node, event::ATTRIBUTES);
        Ok(())
    }

    /// Sets times to given values, which only the owner and root may.
    pub fn set_times(&mut self, context: &Context, node: Node, times: Times) -> Result<(), Errno> {
        self.check_owner(context, node)?;
        self.put_times(context, node, times)
    }

    /// Sets both times to now, which everyone may who may write.
    pub fn touch(&mut self, context: &Context, node: Node) -> Result<(), Errno> {
        if self.check_owner(context, node).is_err() {
            self.check_access(context, node, Want::WRITE)?;
        }
        let now = Some(context.now_ns);
        self.put_times(context, node, Times { access_ns: now, modify_ns: now })
    }

    /// Figures of the file system that holds a file.
    pub fn statfs(&self, node: Node) -> Result<StatFs, Errno> {
        let (mount, tree) = (self.mount_of(node)?, self.tree(node)?);
        let behaviour = mount.spec.behaviour;
        let kernel = behaviour != Behaviour::Storage;
        let capacity = match mount.spec.capacity_bytes {
            0 if mount.spec.read_only => tree.used(),
            0 => BLOCKS_DEFAULT * 4096,
            bytes => bytes,
        };
        let blocks = if kernel { 0 } else { capacity / 4096 };
        let used = tree.used().div_ceil(4096).min(blocks);
        let inodes = tree.inodes() as u64;
        Ok(StatFs {
            magic: magic(&mount.spec.fstype),
            block_size: 4096,
            blocks,
            blocks_free: if mount.spec.read_only { 0 } else { blocks - used },
            inodes: if kernel { 0 } else { inodes + self.limits.inodes as u64 },
            inodes_free: if kernel || mount.spec.read_only { 0 } else { self.limits.inodes as u64 },
            name_max: NAME_MAX as u32,
            flags: u32::from(mount.spec.read_only) | u32::from(mount.spec.no_execute) << 3,
        })
    }

    fn put_times(&mut self, context: &Context, node: Node, times: Times) -> Result<(), Errno> {
        let tree = self.writable_tree(node)?;
        let inode = tree.inode_mut(node.number as Number)?;
        inode.access_ns = times.access_ns.unwrap_or(inode.access_ns);
        inode.modify_ns = times.modify_ns.unwrap_or(inode.modify_ns);
        inode.change_ns = context.now_ns;
        self.note(node, event::ATTRIBUTES);
        Ok(())
    }

    fn check_owner(&self, context: &Context, node: Node) -> Result<(), Errno> {
        if self.proc_node(node).is_some() {
            return Err(Errno::EPERM);
        }
        let owner = self.inode(node)?.uid;
        if context.credentials.can(Capability::FOWNER) || context.credentials.uid == owner {
            Ok(())
        } else {
            Err(Errno::EPERM)
        }
    }
}

/// Whether a file system keeps when its files were made.
fn keeps_birth(fstype: &str) -> bool {
    matches!(fstype, "ext4" | "xfs" | "btrfs" | "f2fs")
}

/// `f_type` of a file system, from the kernel's `linux/magic.h`.
fn magic(fstype: &str) -> u32 {
    match fstype {
        "tmpfs" | "devtmpfs" => 0x0102_1994,
        "ramfs" | "rootfs" => 0x8584_58f6,
        "proc" => 0x9fa0,
        "sysfs" => 0x6265_6572,
        "devpts" => 0x1cd1,
        "squashfs" => 0x7371_7368,
        "jffs2" => 0x72b6,
        "cramfs" => 0x28cd_3d45,
        _ => 0xef53,
    }
}
