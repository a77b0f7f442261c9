//! File systems and where they hang; key types [`Mount`], [`MountSpec`]. Specification: mount(2), proc(5) on
//! `/proc/mounts`, which shows just this table.
use super::Node;
use super::base::BaseTree;
use super::inode::DeviceNumber;
use alloc::string::String;
use alloc::sync::Arc;

/// Most mounts of a machine, those of all name spaces together.
pub const MOUNTS_MAX: usize = 256;

/// How a file system behaves; its name in `/proc/mounts` is [`MountSpec::fstype`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// keeps files: squashfs, jffs2, ext4, tmpfs, devtmpfs
    Storage,
    /// attribute files of the kernel: no names can be made or removed
    Sysfs,
    /// terminals: names come and go with them
    Devpts,
    /// processes
    Proc,
}

/// What to mount.
#[derive(Clone, Debug)]
pub struct MountSpec {
    /// first field of `/proc/mounts`
    pub source: String,
    /// third field: `squashfs`, `tmpfs`, `proc` …
    pub fstype: String,
    /// further options behind `rw` or `ro`, without a leading comma
    pub options: String,
    /// refuse every change with EROFS
    pub read_only: bool,
    /// refuse to execute, as the option `noexec`
    pub no_execute: bool,
    /// how it behaves
    pub behaviour: Behaviour,
    /// what it holds at first
    pub content: Arc<BaseTree>,
    /// most bytes of new content; 0 for no limit but the machine's
    pub capacity_bytes: u64,
    /// device number that `stat` shows
    pub device: DeviceNumber,
}

impl MountSpec {
    /// A writable tmpfs with that content.
    pub fn tmpfs(content: Arc<BaseTree>, capacity_bytes: u64, minor: u32) -> MountSpec {
        MountSpec {
            source: "tmpfs".into(),
            fstype: "tmpfs".into(),
            options: "relatime".into(),
            read_only: false,
            no_execute: false,
            behaviour: Behaviour::Storage,
            content,
            capacity_bytes,
            device: DeviceNumber { major: 0, minor },
        }
    }

    /// The process file system.
    pub fn proc(minor: u32) -> MountSpec {
        let empty = Arc::new(BaseTree::empty());
        let tmpfs = MountSpec::tmpfs(empty, 0, minor);
        MountSpec { source: "proc".into(), fstype: "proc".into(), behaviour: Behaviour::Proc, ..tmpfs }
    }

    /// Attribute files below /sys.
    pub fn sysfs(content: Arc<BaseTree>, minor: u32) -> MountSpec {
        let tmpfs = MountSpec::tmpfs(content, 0, minor);
        MountSpec { source: "sysfs".into(), fstype: "sysfs".into(), behaviour: Behaviour::Sysfs, ..tmpfs }
    }

    /// Pseudo terminals below /dev/pts.
    pub fn devpts(minor: u32) -> MountSpec {
        let empty = Arc::new(BaseTree::empty());
        let tmpfs = MountSpec::tmpfs(empty, 0, minor);
        MountSpec {
            source: "devpts".into(),
            fstype: "devpts".into(),
            options: "relatime,mode=600".into(),
            behaviour: Behaviour::Devpts,
            ..tmpfs
        }
    }
}

/// One place where a file system, or a part of it, is mounted.
#[derive(Clone, Debug)]
pub struct Mount {
    /// how it was described; mounts of one file system share what it holds
    pub spec: MountSpec,
    /// what it covers; none for a root, and none once unmounted
    pub covered: Option<Node>,
    /// false once unmounted
    pub active: bool,
    /// its number, ascending in the order of mounting
    pub id: u32,
    /// which of the machine's file systems
    pub(super) file_system: u16,
    /// the file of it that is shown here: its root directory, or what a bind mount named
    pub(super) root: u64,
    /// open descriptors, mappings and working directories by this mount
    pub(super) uses: u32,
    /// a part of the mount that it covers, which no table shows by itself
    pub(super) hidden: bool,
}

impl Mount {
    pub(super) fn new(spec: MountSpec, file_system: u16, root: u64, covered: Option<Node>, id: u32) -> Mount {
        Mount { spec, covered, active: true, id, file_system, root, uses: 0, hidden: false }
    }
    /// Which file of its file system a mount shows: 0 for the whole.
    pub fn shown_root(&self) -> u64 {
        self.root
    }
    /// Which of the machine's file systems is mounted here.
    pub fn file_system(&self) -> u16 {
        self.file_system
    }
    /// Whether a place of the table may be used again.
    pub(super) fn is_free(&self) -> bool {
        !self.active && self.uses == 0
    }
    /// The options field of `/proc/mounts`.
    pub fn options(&self) -> String {
        let mut text = String::from(if self.spec.read_only { "ro" } else { "rw" });
        if self.spec.no_execute {
            text.push_str(",noexec");
        }
        if !self.spec.options.is_empty() {
            text.push(',');
            text.push_str(&self.spec.options);
        }
        text
    }
}
