//! What is known of files: the stat family, statfs, getdents.
//!
//! Neighbour: `layout/` has the structures per architecture. stat(2), statx(2), getdents(2).
use super::{
    call::{Call, CallResult},
    layout::{
        self,
        stat::{fraction, seconds},
    },
};
use crate::{
    errno::Errno,
    file::FileKind,
    record::Record,
    vfs::{DeviceNumber, Follow, Kind, Stat, StatFs},
};
use alloc::vec::Vec;

const AT_SYMLINK_NOFOLLOW: u32 = 0x100;
const AT_NO_AUTOMOUNT: u32 = 0x800;
const AT_EMPTY_PATH: u32 = 0x1000;
/// AT_STATX_FORCE_SYNC, AT_STATX_DONT_SYNC
const AT_STATX_SYNC: u32 = 0x6000;
/// Kernel whose statx tells of mounts.
const MOUNTS_SINCE: (u8, u8) = (5, 8);
/// Number of the mount that pipes and sockets lie in, which nobody sees.
const UNSEEN_MOUNT: u32 = 9;
/// Entries that one getdents looks at.
const ENTRIES_PER_CALL: usize = 1024;

/// `struct statx`, the same everywhere, as a kernel of that version fills it.
fn statx_record(record: &mut Record, stat: &Stat, kernel: (u8, u8)) {
    /// STATX_BASIC_STATS, STATX_BTIME, STATX_MNT_ID; STATX_ATTR_MOUNT_ROOT
    const BASIC: u32 = 0x7ff;
    const BIRTH: u32 = 0x800;
    const MOUNT: u32 = 0x1000;
    const MOUNT_ROOT: u64 = 0x2000;
    /// compressed, immutable, append, nodump, encrypted, automount: what ext4 and the kernel know of
    const KNOWN: u64 = 0x1874;
    let tells_mount = kernel >= MOUNTS_SINCE;
    let birth = if stat.birth_ns.is_some() { BIRTH } else { 0 };
    let mask = BASIC | birth | if tells_mount { MOUNT } else { 0 };
    let attributes = if tells_mount && stat.mount_root { MOUNT_ROOT } else { 0 };
    let known = KNOWN | if tells_mount { MOUNT_ROOT } else { 0 };
    record.u32(mask).u32(stat.block_size).u64(attributes).u32(stat.links).u32(stat.uid).u32(stat.gid);
    record.u16(stat.st_mode() as u16).u16(0).u64(stat.inode).u64(stat.size).u64(stat.blocks).u64(known);
    for time in [stat.access_ns, stat.birth_ns.unwrap_or(0), stat.change_ns, stat.modify_ns] {
        record.u64(seconds(time) as u64).u32(fraction(time)).u32(0);
    }
    record.u32(stat.special.major).u32(stat.special.minor).u32(stat.device.major).u32(stat.device.minor);
    record.u64(if tells_mount { u64::from(stat.mount) } else { 0 });
    record.pad_to(256);
}

/// Attributes of what a descriptor stands for, named or not.
fn stat_of_file(call: &mut Call<'_>, index: usize) -> Result<Stat, Errno> {
    let file = call.file(index)?;
    if let Some(node) = file.node {
        let tid = call.tid;
        return call.kernel.with_files(tid, |vfs, context| vfs.stat(context, node));
    }
    let (kind, mode, inode, special) = match &file.kind {
        FileKind::Pipe(pipe, _) => {
            (Kind::Fifo, 0o600, call.kernel.core.pipes.inode(*pipe), DeviceNumber::default())
        }
        FileKind::Tty(id) | FileKind::TtyMaster(id) => {
            (Kind::Character, 0o620, 3 + u64::from(id.0), DeviceNumber { major: 136, minor: id.0 })
        }
        FileKind::Host(_) => (Kind::Fifo, 0o600, 3_000 + call.int(index) as u64, DeviceNumber::default()),
        FileKind::Mounts(top) => {
            let top = *top;
            (Kind::File, 0o444, call.kernel.vfs.space_number(top), DeviceNumber::default())
        }
        FileKind::Socket(id) => {
            (Kind::Socket, 0o777, call.kernel.core.sockets.inode(*id), DeviceNumber::default())
        }
        _ => (Kind::File, 0o600, 2_000, DeviceNumber::default()),
    };
    let now_ns = call.kernel.core.wall_ns();
    let identity = &call.process()?.identity.effective;
    Ok(Stat {
        device: DeviceNumber { major: 0, minor: 8 },
        inode,
        kind,
        mode,
        links: 1,
        uid: identity.uid,
        gid: identity.gid,
        special,
        size: 0,
        block_size: 4096,
        blocks: 0,
        access_ns: now_ns,
        modify_ns: now_ns,
        change_ns: now_ns,
        birth_ns: None,
        mount: UNSEEN_MOUNT,
        mount_root: false,
    })
}

fn stat_of_path(
    call: &mut Call<'_>,
    at: Option<usize>,
    path_index: usize,
    follow: Follow,
) -> Result<Stat, Errno> {
    let path = call.path(path_index)?;
    let at = match at {
        Some(index) => call.folder(index, &path)?,
        None => call.cwd()?,
    };
    let tid = call.tid;
    call.kernel.with_files(tid, |vfs, context| {
        let node = vfs.lookup(context, at, &path, follow)?;
        vfs.stat(context, node)
    })
}

fn give64(call: &mut Call<'_>, stat: &Stat, address: u64) -> CallResult {
    let record = layout::stat::stat64(call.abi(), stat);
    call.write(address, record.as_bytes())?;
    Ok(0)
}
fn give(call: &mut Call<'_>, stat: &Stat, address: u64) -> CallResult {
    let record = layout::stat::stat(call.abi(), stat)?;
    call.write(address, record.as_bytes())?;
    Ok(0)
}

/// name_to_handle_at(2), open_by_handle_at(2)
pub(super) fn no_handles(_: &mut Call<'_>) -> CallResult {
    Err(Errno::EOPNOTSUPP.into())
}
pub(super) fn stat(call: &mut Call<'_>) -> CallResult {
    let found = stat_of_path(call, None, 0, Follow::Yes)?;
    give(call, &found, call.word(1))
}
pub(super) fn lstat(call: &mut Call<'_>) -> CallResult {
    let found = stat_of_path(call, None, 0, Follow::No)?;
    give(call, &found, call.word(1))
}
pub(super) fn fstat(call: &mut Call<'_>) -> CallResult {
    let found = stat_of_file(call, 0)?;
    give(call, &found, call.word(1))
}
pub(super) fn stat64(call: &mut Call<'_>) -> CallResult {
    let found = stat_of_path(call, None, 0, Follow::Yes)?;
    give64(call, &found, call.word(1))
}
pub(super) fn lstat64(call: &mut Call<'_>) -> CallResult {
    let found = stat_of_path(call, None, 0, Follow::No)?;
    give64(call, &found, call.word(1))
}
pub(super) fn fstat64(call: &mut Call<'_>) -> CallResult {
    let found = stat_of_file(call, 0)?;
    give64(call, &found, call.word(1))
}
/// An empty path with AT_EMPTY_PATH means the descriptor itself.
fn stat_at(call: &mut Call<'_>, flags: u32) -> Result<Stat, Errno> {
    if flags & AT_EMPTY_PATH != 0 && call.path(1)?.is_empty() {
        return if call.int(0) == -100 { stat_of_cwd(call) } else { stat_of_file(call, 0) };
    }
    let follow = if flags & AT_SYMLINK_NOFOLLOW != 0 { Follow::No } else { Follow::Yes };
    stat_of_path(call, Some(0), 1, follow)
}
fn stat_of_cwd(call: &mut Call<'_>) -> Result<Stat, Errno> {
    let (tid, cwd) = (call.tid, call.cwd()?);
    call.kernel.with_files(tid, |vfs, context| vfs.stat(context, cwd))
}
pub(super) fn fstatat64(call: &mut Call<'_>) -> CallResult {
    if call.unsigned(3) & !(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let found = stat_at(call, call.unsigned(3))?;
    give64(call, &found, call.word(2))
}
pub(super) fn statx(call: &mut Call<'_>) -> CallResult {
    let (flags, mask, kernel) = (call.unsigned(2), call.unsigned(3), call.kernel.core.kernel);
    let known = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC;
    // the last bit of the mask is kept for more of them
    if flags & !known != 0 || flags & AT_STATX_SYNC == AT_STATX_SYNC || mask & 0x8000_0000 != 0 {
        return Err(Errno::EINVAL.into());
    }
    let found = stat_at(call, flags)?;
    let mut record = call.record();
    statx_record(&mut record, &found, kernel);
    call.write(call.word(4), record.as_bytes())?;
    Ok(0)
}

fn statfs_of(call: &mut Call<'_>, from_path: bool) -> Result<StatFs, Errno> {
    let node = if from_path {
        let path = call.path(0)?;
        let (tid, cwd) = (call.tid, call.cwd()?);
        call.kernel.with_files(tid, |vfs, context| vfs.lookup(context, cwd, &path, Follow::Yes))?
    } else {
        call.file(0)?.node.unwrap_or(call.kernel.vfs.root())
    };
    call.kernel.vfs.statfs(node)
}
fn give_statfs(call: &mut Call<'_>, found: &StatFs, address: u64) -> CallResult {
    let record = layout::statfs::statfs(call.abi(), found);
    call.write(address, record.as_bytes())?;
    Ok(0)
}
fn give_statfs64(call: &mut Call<'_>, found: &StatFs, address: u64) -> CallResult {
    let record = layout::statfs::statfs64(call.abi(), found);
    call.write(address, record.as_bytes())?;
    Ok(0)
}
/// The caller names the size of its structure.
fn check_statfs64_size(call: &Call<'_>) -> Result<(), Errno> {
    if layout::statfs::is_size_of_statfs64(call.abi(), call.word(1)) { Ok(()) } else { Err(Errno::EINVAL) }
}
pub(super) fn statfs(call: &mut Call<'_>) -> CallResult {
    let found = statfs_of(call, true)?;
    give_statfs(call, &found, call.word(1))
}
pub(super) fn fstatfs(call: &mut Call<'_>) -> CallResult {
    let found = statfs_of(call, false)?;
    give_statfs(call, &found, call.word(1))
}
pub(super) fn statfs64(call: &mut Call<'_>) -> CallResult {
    check_statfs64_size(call)?;
    let found = statfs_of(call, true)?;
    give_statfs64(call, &found, call.word(2))
}
pub(super) fn fstatfs64(call: &mut Call<'_>) -> CallResult {
    check_statfs64_size(call)?;
    let found = statfs_of(call, false)?;
    give_statfs64(call, &found, call.word(2))
}

/// Layout of one directory entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EntryLayout {
    Old,
    Wide,
}

pub(super) fn getdents(call: &mut Call<'_>) -> CallResult {
    list(call, EntryLayout::Old)
}
pub(super) fn getdents64(call: &mut Call<'_>) -> CallResult {
    list(call, EntryLayout::Wide)
}

fn list(call: &mut Call<'_>, layout: EntryLayout) -> CallResult {
    let (address, room) = (call.word(1), call.length(2));
    let file = call.file(0)?;
    let (node, from) = (file.node.ok_or(Errno::ENOTDIR)?, file.offset);
    let tid = call.tid;
    let entries =
        call.kernel.with_files(tid, |vfs, context| vfs.list(context, node, from, ENTRIES_PER_CALL))?;
    let mut bytes: Vec<u8> = Vec::new();
    let mut reached = from;
    let any = !entries.is_empty();
    for entry in entries {
        let mut record = call.record();
        let kind = entry.kind.entry_type();
        let head = if layout == EntryLayout::Wide { 19 } else { 2 * call.abi().word_bytes + 2 };
        let align = if layout == EntryLayout::Wide { 8 } else { call.abi().word_bytes };
        let tail = if layout == EntryLayout::Wide { 1 } else { 2 };
        let length = (head + entry.name.len() + tail).next_multiple_of(align);
        match layout {
            EntryLayout::Wide => {
                record.u64(entry.inode).u64(entry.next).u16(length as u16).u8(kind);
                record.bytes(&entry.name).pad_to(length);
            }
            EntryLayout::Old => {
                record.word(entry.inode).word(entry.next).u16(length as u16);
                record.bytes(&entry.name).pad_to(length - 1).u8(kind);
            }
        }
        if bytes.len() + record.len() > room {
            break;
        }
        bytes.extend(record.as_bytes());
        reached = entry.next;
    }
    if any && bytes.is_empty() {
        return Err(Errno::EINVAL.into());
    }
    call.write(address, &bytes)?;
    call.file_mut(0)?.offset = reached;
    Ok(bytes.len() as u64)
}
