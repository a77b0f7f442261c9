//! Opening and creating files; key types [`OpenRequest`], [`Opened`]. The kernel turns `O_*` numbers of each
//! architecture into a request and keeps offsets and flags. Specification: open(2).
use super::change::event;
use super::credentials::Want;
use super::inode::{Body, Content, Inode, Kind, Number};
use super::walk::{Follow, Resolved};
use super::{Behaviour, Context, DeviceNumber, Node, Scope, Vfs};
use crate::errno::Errno;
use crate::proc::ProcNode;

/// What is done through the descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `O_RDONLY`
    Read,
    /// `O_WRONLY`
    Write,
    /// `O_RDWR`
    ReadWrite,
    /// `O_PATH`
    Path,
}

impl Access {
    /// Whether bytes may be read.
    pub fn reads(self) -> bool {
        matches!(self, Access::Read | Access::ReadWrite)
    }

    /// Whether bytes may be written.
    pub fn writes(self) -> bool {
        matches!(self, Access::Write | Access::ReadWrite)
    }
}

/// What happens when there is no such file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Create {
    /// ENOENT
    No,
    /// `O_CREAT`: make it with that mode (umask applied)
    Mode(u16),
    /// `O_CREAT|O_EXCL`: make it, EEXIST when it is there
    Exclusive(u16),
}

/// How to open a file.
#[derive(Clone, Copy, Debug)]
pub struct OpenRequest {
    /// access mode
    pub access: Access,
    /// creation
    pub create: Create,
    /// `O_TRUNC`
    pub truncate: bool,
    /// `O_DIRECTORY`
    pub directory: bool,
    /// `O_NOFOLLOW` is [`Follow::No`]
    pub follow: Follow,
    /// where the path may not lead
    pub scope: Scope,
}

impl OpenRequest {
    /// Opens for reading what is there.
    pub const READ: OpenRequest = OpenRequest {
        access: Access::Read,
        create: Create::No,
        truncate: false,
        directory: false,
        follow: Follow::Yes,
        scope: Scope::ANY,
    };
}

/// A file that was opened. The kernel calls [`Vfs::hold`] for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// the file
    pub node: Node,
    /// its kind; the kernel asks dev.rs for devices and pipe.rs for named pipes
    pub kind: Kind,
    /// number of a device
    pub device: DeviceNumber,
    /// it did not exist before
    pub created: bool,
    /// it is a `/proc/PID/fd/N` of a pipe or socket: the kernel opens that process's descriptor anew
    pub reopen: Option<(u32, u32)>,
    /// it is the name space of mounts of that process
    pub mounts_of: Option<u32>,
}

impl Vfs {
    /// Opens a file.
    pub fn open(
        &mut self,
        context: &Context,
        at: Node,
        path: &[u8],
        request: OpenRequest,
    ) -> Result<Opened, Errno> {
        let exclusive = matches!(request.create, Create::Exclusive(_));
        let follow = if exclusive { Follow::No } else { request.follow };
        let resolved = self.resolve_within(context, at, path, follow, request.scope)?;
        let creates = request.create != Create::No;
        match resolved.node {
            Some(_) if exclusive => Err(Errno::EEXIST),
            Some(_) if creates && resolved.directory => Err(Errno::EISDIR),
            Some(node) => {
                if resolved.directory && self.kind(node)? != Kind::Directory {
                    return Err(Errno::ENOTDIR);
                }
                self.open_node(context, node, request)
            }
            None if resolved.directory && creates => Err(Errno::EISDIR),
            None => match request.create {
                Create::No => Err(Errno::ENOENT),
                Create::Mode(mode) | Create::Exclusive(mode) => self.create_file(context, &resolved, mode),
            },
        }
    }

    /// Opens a file that is at hand, as when `/proc/PID/fd/N` leads to it.
    pub fn open_node(
        &mut self,
        context: &Context,
        node: Node,
        request: OpenRequest,
    ) -> Result<Opened, Errno> {
        let kind = self.kind(node)?;
        let device = self.device(node).unwrap_or_default();
        let reopen = if request.follow == Follow::Yes { self.descriptor_link(node) } else { None };
        let follows = request.follow == Follow::Yes;
        let mounts_of = self.proc_node(node).and_then(ProcNode::mounts_of).filter(|_| follows);
        let opened = Opened { node, kind, device, created: false, reopen, mounts_of };
        if mounts_of.is_some() && request.access.writes() {
            return Err(Errno::EPERM);
        }
        if reopen.is_some() || mounts_of.is_some() {
            return Ok(opened);
        }
        if request.directory && kind != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        if request.access == Access::Path {
            return Ok(opened);
        }
        match kind {
            Kind::Link => return Err(Errno::ELOOP),
            Kind::Socket => return Err(Errno::ENXIO),
            Kind::Directory if request.access.writes() || request.create != Create::No => {
                return Err(Errno::EISDIR);
            }
            _ => {}
        }
        self.check_open(context, node, kind, request)?;
        if request.truncate && kind == Kind::File && self.proc_node(node).is_none() {
            self.set_length(node, 0, context.now_ns)?;
        }
        Ok(opened)
    }

    fn check_open(
        &self,
        context: &Context,
        node: Node,
        kind: Kind,
        request: OpenRequest,
    ) -> Result<(), Errno> {
        let changes = request.access.writes() || request.truncate;
        let read = if request.access.reads() { Want::READ.0 } else { 0 };
        let write = if changes { Want::WRITE.0 } else { 0 };
        let mount = self.mount_of(node)?;
        if changes && kind == Kind::File && mount.spec.read_only {
            return Err(Errno::EROFS);
        }
        self.check_access(context, node, Want(read | write))?;
        // kernfs: even root may not open an attribute for what nobody may do with it
        let attribute = mount.spec.behaviour == Behaviour::Sysfs && kind == Kind::File;
        let lacks = |bits: u16| self.inode(node).is_ok_and(|inode| inode.mode & bits == 0);
        if attribute && ((changes && lacks(0o222)) || (request.access.reads() && lacks(0o444))) {
            return Err(Errno::EACCES);
        }
        Ok(())
    }

    fn create_file(&mut self, context: &Context, resolved: &Resolved, mode: u16) -> Result<Opened, Errno> {
        let body = Body::File(Content::empty());
        let node = self.make(context, resolved, body, mode)?;
        Ok(Opened {
            node,
            kind: Kind::File,
            device: DeviceNumber::default(),
            created: true,
            reopen: None,
            mounts_of: None,
        })
    }

    /// Makes a file under a name that is free; the group follows a setgid directory.
    pub(super) fn make(
        &mut self,
        context: &Context,
        resolved: &Resolved,
        body: Body,
        mode: u16,
    ) -> Result<Node, Errno> {
        let parent = resolved.parent;
        let mut inode =
            Inode::new(body, mode, context.credentials.uid, context.credentials.gid, context.now_ns);
        self.check_can_create(parent, inode.kind())?;
        self.check_access(context, parent, Want::CHANGE)?;
        self.check_space(parent, 256)?;
        let above = self.inode(parent)?;
        if above.links == 0 {
            return Err(Errno::ENOENT);
        }
        if above.mode & 0o2000 != 0 {
            inode.gid = above.gid;
            if inode.is_directory() {
                inode.mode |= 0o2000;
            }
        }
        let tree = self.writable_tree(parent)?;
        let number = tree.add(parent.number as Number, &resolved.name, inode)?;
        let node = Node { mount: parent.mount, number: u64::from(number) };
        self.note_name(parent, &resolved.name, node, event::CREATE, 0);
        Ok(node)
    }
}
