//! mount and umount: the kernel's own file systems and those in memory can be mounted, everything else is refused.
//!
//! Neighbour: `vfs/mount.rs` keeps the table. What holds a device's own content (squashfs, jffs2 …) and binds are
//! refused and told as a notice; a remount changes whether a file system may be written. mount(2), umount(2).
use super::{
    call::{Call, CallResult},
    system::refuse,
};
use crate::{
    errno::Errno,
    vfs::{BaseTree, Behaviour, Capability, Follow, Kind, MOUNTS_MAX, MountSpec, Node, RemountAs},
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
/// MS_UNBINDABLE, PRIVATE, SLAVE, SHARED: how mounts travel between namespaces, of which there is one
const PROPAGATION: u64 = 0xf << 17;
/// The upper half of the flags was a magic number once.
const MAGIC: u64 = 0xc0ed_0000;
const MAGIC_MASK: u64 = 0xffff_0000;

/// UMOUNT_NOFOLLOW, and every flag of umount2.
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
        return if call.kernel.vfs.is_mount_point(node) { Ok(0) } else { Err(Errno::EINVAL.into()) };
    }
    if call.kernel.vfs.kind(node)? != Kind::Directory {
        return Err(Errno::ENOTDIR.into());
    }
    let (source, kind) = (text(call, 0)?, text(call, 2)?);
    if flags & (BIND | MOVE) != 0 {
        refuse(call, format!("mount {source} on {shown}"));
        return Err(Errno::EPERM.into());
    }
    let options = text(call, 4)?;
    let minor = 32 + call.kernel.vfs.mounts().count() as u32;
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
    let same = |mount: &crate::vfs::Mount| {
        spec.behaviour != Behaviour::Storage && mount.spec.behaviour == spec.behaviour
    };
    if node.number == 0 && call.kernel.vfs.mount_of(node).is_ok_and(same) {
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

/// Whether a file system may be written changes; one that is of read-only content stays so.
fn remount(call: &mut Call<'_>, node: Node, flags: u64) -> CallResult {
    let mount = call.kernel.vfs.mount_of(node)?;
    if node.number != 0 {
        return Err(Errno::EINVAL.into());
    }
    let fixed = matches!(mount.spec.fstype.as_str(), "squashfs" | "cramfs" | "romfs");
    let read_only = flags & READ_ONLY != 0;
    if fixed && !read_only {
        return Err(Errno::EROFS.into());
    }
    let wanted = if read_only { RemountAs::ReadOnly } else { RemountAs::ReadWrite };
    call.kernel.vfs.remount(node, wanted)?;
    Ok(0)
}

pub(super) fn umount(call: &mut Call<'_>) -> CallResult {
    call.require(Capability::SYS_ADMIN)?;
    let flags = call.unsigned(1);
    if flags & !UMOUNT_FLAGS != 0 {
        return Err(Errno::EINVAL.into());
    }
    let follow = if flags & DO_NOT_FOLLOW != 0 { Follow::No } else { Follow::Yes };
    let (node, shown) = target(call, 0, follow)?;
    if node.number != 0 || node.mount == 0 {
        return Err(if node.number == 0 { Errno::EBUSY } else { Errno::EINVAL }.into());
    }
    // what the device started with stays, so that a session cannot take its own evidence away
    if usize::from(node.mount) < call.kernel.core.first_mount.min(MOUNTS_MAX) {
        refuse(call, format!("umount {shown}"));
        return Err(Errno::EBUSY.into());
    }
    call.kernel.vfs.unmount(node)?;
    Ok(0)
}
