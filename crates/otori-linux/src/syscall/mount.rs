//! mount, umount, pivot_root, and mount name spaces: the kernel's own file systems, those in memory, and binds.
//!
//! Neighbour: `vfs/mounts.rs` keeps the table. What holds a device's own content (squashfs, jffs2 …) is not mounted
//! anew: refused and told as a notice. mount(2), umount(2), pivot_root(2), mount_namespaces(7).
use super::{
    call::{Call, CallResult},
    system::refuse,
};
use crate::{
    config::Pid,
    errno::Errno,
    kernel::Kernel,
    vfs::{BaseTree, Behaviour, Capability, Depth, Follow, Kind, MOUNTS_MAX, MountSpec, Node, RemountAs},
};
use alloc::{format, string::String, sync::Arc, vec::Vec};

/// MS_*
const READ_ONLY: u64 = 1;
const NO_SETUID: u64 = 2;
const NO_DEVICES: u64 = 4;
const NO_EXECUTE: u64 = 8;
const REMOUNT: u64 = 32;
const BIND: u64 = 4096;
const MOVE: u64 = 8192;
const RECURSIVE: u64 = 16384;
/// MS_UNBINDABLE, PRIVATE, SLAVE, SHARED: how mounts travel between name spaces; here every mount is private
const PROPAGATION: u64 = 0xf << 17;
/// The upper half of the flags was a magic number once.
const MAGIC: u64 = 0xc0ed_0000;
const MAGIC_MASK: u64 = 0xffff_0000;

/// MNT_DETACH, MNT_EXPIRE, UMOUNT_NOFOLLOW, and every flag of umount2.
const DETACH: u32 = 2;
const EXPIRE: u32 = 4;
const DO_NOT_FOLLOW: u32 = 8;
const UMOUNT_FLAGS: u32 = 15;

/// Bytes of a source, a type or options (they share a page).
const TEXT_MAX: usize = 4_095;

fn text(call: &mut Call<'_>, index: usize) -> Result<String, Errno> {
    let address = call.word(index);
    if address == 0 {
        return Ok(String::new());
    }
    let bytes = call.string(address, TEXT_MAX)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn target(call: &mut Call<'_>, index: usize, follow: Follow) -> Result<(Node, String), Errno> {
    let path = call.path(index)?;
    let (tid, cwd) = (call.tid, call.cwd()?);
    let node = call.kernel.with_files(tid, |vfs, context| vfs.lookup(context, cwd, &path, follow))?;
    Ok((node, String::from_utf8_lossy(&path).into_owned()))
}

pub(super) fn mount(call: &mut Call<'_>) -> CallResult {
    call.require(Capability::SYS_ADMIN)?;
    let (node, shown) = target(call, 1, Follow::Yes)?;
    let mut flags = call.word(3);
    if flags & MAGIC_MASK == MAGIC {
        flags &= !MAGIC_MASK;
    }
    if flags & REMOUNT != 0 {
        return remount(call, node, flags);
    }
    if flags & PROPAGATION != 0 {
        return if call.kernel.vfs.is_mount_root(node) { Ok(0) } else { Err(Errno::EINVAL.into()) };
    }
    if flags & (BIND | MOVE) != 0 {
        let (from, _) = target(call, 0, Follow::Yes)?;
        let depth = if flags & RECURSIVE != 0 { Depth::All } else { Depth::One };
        match flags & BIND != 0 {
            true => _ = call.kernel.vfs.bind(from, node, depth)?,
            false => call.kernel.vfs.move_mount(from, node)?,
        }
        return Ok(0);
    }
    if call.kernel.vfs.kind(node)? != Kind::Directory {
        return Err(Errno::ENOTDIR.into());
    }
    let (source, kind) = (text(call, 0)?, text(call, 2)?);
    let options = text(call, 4)?;
    let minor = call.kernel.vfs.next_device_minor();
    let mut spec = match kind.as_str() {
        "proc" => MountSpec::proc(minor),
        "sysfs" => MountSpec::sysfs(shared_content(call, Behaviour::Sysfs), minor),
        "tmpfs" | "ramfs" => MountSpec::tmpfs(Arc::new(BaseTree::empty()), capacity(call, &options), minor),
        "" => return Err(Errno::EINVAL.into()),
        other => {
            let listed = &call.kernel.core.config.identity.filesystems;
            if !listed.iter().any(|(known, _)| known == other) {
                return Err(Errno::ENODEV.into());
            }
            refuse(call, format!("mount {source} on {shown} as {other}"));
            return Err(Errno::EPERM.into());
        }
    };
    if spec.behaviour != Behaviour::Storage && call.kernel.vfs.shows_whole(node, spec.behaviour) {
        return Err(Errno::EBUSY.into());
    }
    spec.source = if source.is_empty() { String::from("none") } else { source };
    spec.fstype = kind;
    spec.read_only = flags & READ_ONLY != 0;
    spec.no_execute = flags & NO_EXECUTE != 0;
    spec.options = shown_options(flags, &options);
    call.kernel.vfs.mount(node, spec)?;
    Ok(0)
}

/// What a file system of the kernel shows wherever it is mounted.
fn shared_content(call: &Call<'_>, behaviour: Behaviour) -> Arc<BaseTree> {
    let found = call.kernel.vfs.mounts().find(|mount| mount.spec.behaviour == behaviour);
    found.map_or_else(|| Arc::new(BaseTree::empty()), |mount| mount.spec.content.clone())
}

/// `size=` of a tmpfs; half of the memory otherwise.
fn capacity(call: &Call<'_>, options: &str) -> u64 {
    let memory = call.kernel.core.config.identity.memory_kib * 1024;
    let parse = |text: &str| {
        let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
        let unit = match text.get(digits.len()..)?.to_ascii_lowercase().as_str() {
            "" => 1,
            "k" => 1 << 10,
            "m" => 1 << 20,
            "g" => 1 << 30,
            "%" => memory / 100,
            _ => return None,
        };
        digits.parse::<u64>().ok()?.checked_mul(unit)
    };
    let given = options.split(',').find_map(|option| parse(option.strip_prefix("size=")?));
    given.unwrap_or(memory / 2)
}

fn shown_options(flags: u64, options: &str) -> String {
    let mut shown: Vec<&str> = Vec::new();
    for (bit, name) in [(NO_SETUID, "nosuid"), (NO_DEVICES, "nodev")] {
        if flags & bit != 0 {
            shown.push(name);
        }
    }
    shown.push("relatime");
    shown.extend(options.split(',').filter(|option| !option.is_empty()));
    shown.join(",")
}

/// Whether a file system may be written changes, or with MS_BIND what one mount of it lets through; one that is of
/// read-only content stays so.
fn remount(call: &mut Call<'_>, node: Node, flags: u64) -> CallResult {
    let mount = call.kernel.vfs.mount_of(node)?;
    if !call.kernel.vfs.is_mount_root(node) {
        return Err(Errno::EINVAL.into());
    }
    let fixed = matches!(mount.spec.fstype.as_str(), "squashfs" | "cramfs" | "romfs");
    let read_only = flags & READ_ONLY != 0;
    if fixed && !read_only {
        return Err(Errno::EROFS.into());
    }
    let wanted = if read_only { RemountAs::ReadOnly } else { RemountAs::ReadWrite };
    let depth = if flags & BIND != 0 { Depth::One } else { Depth::All };
    call.kernel.vfs.remount(node, wanted, depth)?;
    Ok(0)
}

/// Whether a mount is one of the machine's start: those stay, so that a session cannot take its own evidence away.
fn is_of_the_start(call: &Call<'_>, mount: u16) -> bool {
    usize::from(mount) < call.kernel.core.first_mount.min(MOUNTS_MAX)
}

pub(super) fn umount(call: &mut Call<'_>) -> CallResult {
    call.require(Capability::SYS_ADMIN)?;
    let flags = call.unsigned(1);
    if flags & !UMOUNT_FLAGS != 0 || (flags & EXPIRE != 0 && flags & (DETACH | 1) != 0) {
        return Err(Errno::EINVAL.into());
    }
    let follow = if flags & DO_NOT_FOLLOW != 0 { Follow::No } else { Follow::Yes };
    let (node, shown) = target(call, 0, follow)?;
    let is_root = call.kernel.vfs.is_mount_root(node);
    if !is_root || node.mount == 0 {
        return Err(if is_root { Errno::EBUSY } else { Errno::EINVAL }.into());
    }
    let below = if flags & DETACH != 0 { call.kernel.vfs.mounts_below(node) } else { Vec::new() };
    if is_of_the_start(call, node.mount) || below.iter().any(|mount| is_of_the_start(call, *mount)) {
        refuse(call, format!("umount {shown}"));
        return Err(Errno::EBUSY.into());
    }
    match flags & DETACH != 0 {
        true => call.kernel.vfs.detach(node)?,
        false => call.kernel.vfs.unmount(node)?,
    }
    Ok(0)
}

/// Who had the old root as its own root or working directory has the new one then.
pub(super) fn pivot_root(call: &mut Call<'_>) -> CallResult {
    call.require(Capability::SYS_ADMIN)?;
    let (new, _) = target(call, 0, Follow::Yes)?;
    let (old, _) = target(call, 1, Follow::Yes)?;
    let tid = call.tid;
    let before = call.kernel.with_files(tid, |vfs, context| vfs.pivot_root(context, new, old))?;
    let kernel = &mut *call.kernel;
    for process in kernel.core.processes.values_mut().filter(|process| !process.is_zombie()) {
        for place in [&mut process.place.root, &mut process.place.cwd] {
            if *place == before {
                kernel.vfs.hold(new);
                kernel.vfs.release(before);
                *place = new;
            }
        }
    }
    Ok(0)
}

impl Kernel {
    /// CLONE_NEWNS: a process gets a copy of the mounts it sees, and stands in it where it stood.
    pub(crate) fn copy_mounts_for(&mut self, pid: Pid) -> Result<(), Errno> {
        let place = self.core.process(pid)?.place.clone();
        let copies = self.vfs.copy_space(place.root)?;
        let moved = |node: Node| copies.get(&node.mount).map_or(node, |mount| Node { mount: *mount, ..node });
        let (root, cwd) = (moved(place.root), moved(place.cwd));
        [root, cwd].into_iter().for_each(|node| self.vfs.hold(node));
        let process = self.core.process_mut(pid)?;
        (process.place.root, process.place.cwd) = (root, cwd);
        [place.root, place.cwd].into_iter().for_each(|node| self.vfs.release(node));
        self.drop_space(place.root);
        Ok(())
    }

    /// A name space goes with the last process in it and the last descriptor for it; the first one stays.
    pub(crate) fn drop_space(&mut self, root: Node) {
        let top = self.vfs.top_of(root);
        if top == self.vfs.root() {
            return;
        }
        let lives = |process: &crate::task::Process| {
            !process.is_zombie() && self.vfs.top_of(process.place.root) == top
        };
        let held = |file: &crate::file::OpenFile| matches!(file.kind, crate::file::FileKind::Mounts(of) if of == top);
        if self.core.processes.values().any(lives) || self.core.files.iter().any(|(_, file)| held(file)) {
            return;
        }
        self.vfs.drop_space(top);
    }
}
