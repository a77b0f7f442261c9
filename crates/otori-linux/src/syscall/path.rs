//! Names: making, removing, moving and describing files by path.
//!
//! Neighbour: `vfs` does the work and checks permissions. unlink(2), rename(2), chmod(2), chdir(2) …
use super::call::{Call, CallResult};
use crate::{
    errno::Errno,
    kernel::Kernel,
    notice::NoticeKind,
    task::Tid,
    vfs::{
        Capability, Context, Credentials, DeviceNumber, Follow, Kind, Node, Owner, RenameMode, Times, Vfs,
        Want,
    },
};
use alloc::{sync::Arc, vec::Vec};

const AT_SYMLINK_NOFOLLOW: u32 = 0x100;
const AT_REMOVEDIR: u32 = 0x200;
const AT_SYMLINK_FOLLOW: u32 = 0x400;
const AT_EMPTY_PATH: u32 = 0x1000;
const AT_EACCESS: u32 = 0x200;
const UTIME_NOW: u32 = 0x3fff_ffff;
const UTIME_OMIT: u32 = 0x3fff_fffe;

/// A path argument with where it begins.
struct Named {
    at: Node,
    path: Vec<u8>,
}

impl Call<'_> {
    /// The path at argument `path`, relative to the working folder or to the folder at argument `at`.
    fn named(&mut self, at: Option<usize>, path: usize) -> Result<Named, Errno> {
        let path = self.path(path)?;
        let at = match at {
            Some(index) => self.folder(index, &path)?,
            None => self.cwd()?,
        };
        Ok(Named { at, path })
    }
    fn files<T>(
        &mut self,
        body: impl FnOnce(&mut Vfs, &Context<'_>) -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        let tid = self.tid;
        self.kernel.with_files(tid, body)
    }
    fn lookup(&mut self, named: &Named, follow: Follow) -> Result<Node, Errno> {
        self.files(|vfs, context| vfs.lookup(context, named.at, &named.path, follow))
    }
    /// Absolute path of a name for a notice, also of one that is not there any more.
    fn full_path(&self, named: &Named) -> Vec<u8> {
        if named.path.first() == Some(&b'/') {
            return named.path.clone();
        }
        let mut full = self.kernel.path_of(self.pid, named.at);
        if full.last() != Some(&b'/') {
            full.push(b'/');
        }
        let name = named.path.strip_prefix(b"./").unwrap_or(&named.path);
        full.extend_from_slice(name);
        full
    }
}

fn make_folder(call: &mut Call<'_>, at: Option<usize>, path: usize, mode: usize) -> CallResult {
    let named = call.named(at, path)?;
    let mode = call.unsigned(mode) as u16 & !call.process()?.place.umask;
    call.files(|vfs, context| vfs.mkdir(context, named.at, &named.path, mode))?;
    Ok(0)
}
pub(super) fn mkdir(call: &mut Call<'_>) -> CallResult {
    make_folder(call, None, 0, 1)
}
pub(super) fn mkdirat(call: &mut Call<'_>) -> CallResult {
    make_folder(call, Some(0), 1, 2)
}

fn make_node(call: &mut Call<'_>, at: Option<usize>, path: usize) -> CallResult {
    let named = call.named(at, path)?;
    let (mode, device) = (call.unsigned(path + 1), call.unsigned(path + 2));
    let kind = Kind::from_mode(mode).ok_or(Errno::EINVAL)?;
    let number =
        DeviceNumber { major: (device >> 8) & 0xfff, minor: (device & 0xff) | ((device >> 12) & 0xf_ff00) };
    let mode = mode as u16 & 0o7777 & !call.process()?.place.umask;
    call.files(|vfs, context| vfs.mknod(context, named.at, &named.path, kind, mode, number))?;
    Ok(0)
}
pub(super) fn mknod(call: &mut Call<'_>) -> CallResult {
    make_node(call, None, 0)
}
pub(super) fn mknodat(call: &mut Call<'_>) -> CallResult {
    make_node(call, Some(0), 1)
}

/// What is in a regular file whose only name this is, if the driver wants to know and it is not too much.
fn last_content(call: &mut Call<'_>, named: &Named) -> Option<(Arc<[u8]>, u32)> {
    let room = call.kernel.core.keep_removed.1;
    if room == 0 {
        return None;
    }
    let node = call.lookup(named, Follow::No).ok()?;
    let stat = call.files(|vfs, context| vfs.stat(context, node)).ok()?;
    let fits = stat.size > 0 && stat.size <= room as u64;
    if stat.kind != Kind::File || stat.links != 1 || !fits {
        return None;
    }
    let content = call.files(|vfs, _| vfs.share(node)).ok()?.whole();
    (content.len() <= room).then_some((content, u32::from(stat.mode)))
}

fn remove_file(call: &mut Call<'_>, named: &Named) -> CallResult {
    let last = last_content(call, named);
    call.files(|vfs, context| vfs.unlink(context, named.at, &named.path))?;
    let path = call.full_path(named);
    if let Some((content, mode)) = last {
        call.kernel.core.keep_removed.1 -= content.len();
        call.notify(NoticeKind::LastContent { path: path.clone(), content, mode });
    }
    call.notify(NoticeKind::Unlink { path });
    Ok(0)
}
fn remove_folder(call: &mut Call<'_>, named: &Named) -> CallResult {
    call.files(|vfs, context| vfs.rmdir(context, named.at, &named.path))?;
    Ok(0)
}
pub(super) fn unlink(call: &mut Call<'_>) -> CallResult {
    let named = call.named(None, 0)?;
    remove_file(call, &named)
}
pub(super) fn rmdir(call: &mut Call<'_>) -> CallResult {
    let named = call.named(None, 0)?;
    remove_folder(call, &named)
}
pub(super) fn unlinkat(call: &mut Call<'_>) -> CallResult {
    let named = call.named(Some(0), 1)?;
    match call.unsigned(2) {
        0 => remove_file(call, &named),
        AT_REMOVEDIR => remove_folder(call, &named),
        _ => Err(Errno::EINVAL.into()),
    }
}

fn move_name(call: &mut Call<'_>, from: &Named, to: &Named, mode: RenameMode) -> CallResult {
    call.files(|vfs, context| vfs.rename(context, (from.at, &from.path), (to.at, &to.path), mode))?;
    let (from, to) = (call.full_path(from), call.full_path(to));
    call.notify(NoticeKind::Rename { from, to });
    Ok(0)
}
pub(super) fn rename(call: &mut Call<'_>) -> CallResult {
    let (from, to) = (call.named(None, 0)?, call.named(None, 1)?);
    move_name(call, &from, &to, RenameMode::Replace)
}
pub(super) fn renameat(call: &mut Call<'_>) -> CallResult {
    let (from, to) = (call.named(Some(0), 1)?, call.named(Some(2), 3)?);
    move_name(call, &from, &to, RenameMode::Replace)
}
pub(super) fn renameat2(call: &mut Call<'_>) -> CallResult {
    let (from, to) = (call.named(Some(0), 1)?, call.named(Some(2), 3)?);
    let mode = match call.unsigned(4) {
        0 => RenameMode::Replace,
        1 => RenameMode::Keep,
        2 => RenameMode::Exchange,
        // with EXCHANGE it makes no sense
        4 | 5 => RenameMode::Whiteout,
        _ => return Err(Errno::EINVAL.into()),
    };
    move_name(call, &from, &to, mode)
}

fn make_link(call: &mut Call<'_>, from: &Named, to: &Named, follow: Follow) -> CallResult {
    let file = call.lookup(from, follow)?;
    call.files(|vfs, context| vfs.link(context, file, to.at, &to.path))?;
    Ok(0)
}
pub(super) fn link(call: &mut Call<'_>) -> CallResult {
    let (from, to) = (call.named(None, 0)?, call.named(None, 1)?);
    make_link(call, &from, &to, Follow::No)
}
pub(super) fn linkat(call: &mut Call<'_>) -> CallResult {
    let flags = call.unsigned(4);
    if flags & !(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL.into());
    }
    if flags & AT_EMPTY_PATH != 0 && call.path(1)?.is_empty() {
        call.require(Capability::DAC_OVERRIDE).map_err(|_| Errno::ENOENT)?;
        let file = call.file(0)?.node.ok_or(Errno::ENOENT)?;
        let to = call.named(Some(2), 3)?;
        call.files(|vfs, context| vfs.link(context, file, to.at, &to.path))?;
        return Ok(0);
    }
    let (from, to) = (call.named(Some(0), 1)?, call.named(Some(2), 3)?);
    let follow = if call.unsigned(4) & AT_SYMLINK_FOLLOW != 0 { Follow::Yes } else { Follow::No };
    make_link(call, &from, &to, follow)
}
fn make_symlink(call: &mut Call<'_>, named: &Named) -> CallResult {
    let target = call.path(0)?;
    call.files(|vfs, context| vfs.symlink(context, named.at, &named.path, &target))?;
    Ok(0)
}
pub(super) fn symlink(call: &mut Call<'_>) -> CallResult {
    let named = call.named(None, 1)?;
    make_symlink(call, &named)
}
pub(super) fn symlinkat(call: &mut Call<'_>) -> CallResult {
    let named = call.named(Some(1), 2)?;
    make_symlink(call, &named)
}

fn read_link(call: &mut Call<'_>, named: &Named, buffer: usize) -> CallResult {
    let (address, room) = (call.word(buffer), call.length(buffer + 1));
    if room == 0 {
        return Err(Errno::EINVAL.into());
    }
    let target = call.files(|vfs, context| vfs.readlink(context, named.at, &named.path))?;
    let kept = target.get(..room.min(target.len())).unwrap_or_default();
    call.write(address, kept)?;
    Ok(kept.len() as u64)
}
pub(super) fn readlink(call: &mut Call<'_>) -> CallResult {
    let named = call.named(None, 0)?;
    read_link(call, &named, 1)
}
pub(super) fn readlinkat(call: &mut Call<'_>) -> CallResult {
    let named = call.named(Some(0), 1)?;
    read_link(call, &named, 2)
}

fn change_mode(call: &mut Call<'_>, node: Node, mode: u32) -> CallResult {
    let mode = mode & 0o7777;
    call.files(|vfs, context| vfs.chmod(context, node, mode as u16))?;
    let path = call.kernel.path_of(call.pid, node);
    call.notify(NoticeKind::Chmod { path, mode });
    Ok(0)
}
pub(super) fn chmod(call: &mut Call<'_>) -> CallResult {
    let named = call.named(None, 0)?;
    let node = call.lookup(&named, Follow::Yes)?;
    change_mode(call, node, call.unsigned(1))
}
/// The file of a descriptor; one of O_PATH changes nothing.
fn changeable(call: &Call<'_>) -> Result<Node, Errno> {
    let file = call.file(0)?;
    if file.flags & crate::file::flag::PATH != 0 {
        return Err(Errno::EBADF);
    }
    file.node.ok_or(Errno::EINVAL)
}
pub(super) fn fchmod(call: &mut Call<'_>) -> CallResult {
    let node = changeable(call)?;
    change_mode(call, node, call.unsigned(1))
}
pub(super) fn fchmodat(call: &mut Call<'_>) -> CallResult {
    let named = call.named(Some(0), 1)?;
    let node = call.lookup(&named, Follow::Yes)?;
    change_mode(call, node, call.unsigned(2))
}

/// -1 leaves an id as it is.
fn owner(uid: u32, gid: u32) -> Owner {
    let id = |value: u32| (value != u32::MAX).then_some(value);
    Owner { uid: id(uid), gid: id(gid) }
}
fn change_owner(call: &mut Call<'_>, named: &Named, follow: Follow, uid: usize) -> CallResult {
    let node = call.lookup(named, follow)?;
    let owner = owner(call.unsigned(uid), call.unsigned(uid + 1));
    call.files(|vfs, context| vfs.chown(context, node, owner))?;
    Ok(0)
}
pub(super) fn chown(call: &mut Call<'_>) -> CallResult {
    let named = call.named(None, 0)?;
    change_owner(call, &named, Follow::Yes, 1)
}
pub(super) fn lchown(call: &mut Call<'_>) -> CallResult {
    let named = call.named(None, 0)?;
    change_owner(call, &named, Follow::No, 1)
}
pub(super) fn fchown(call: &mut Call<'_>) -> CallResult {
    let node = changeable(call)?;
    let owner = owner(call.unsigned(1), call.unsigned(2));
    call.files(|vfs, context| vfs.chown(context, node, owner))?;
    Ok(0)
}
pub(super) fn fchownat(call: &mut Call<'_>) -> CallResult {
    let named = call.named(Some(0), 1)?;
    let follow = if call.unsigned(4) & AT_SYMLINK_NOFOLLOW != 0 { Follow::No } else { Follow::Yes };
    change_owner(call, &named, follow, 2)
}

/// access(2) asks with the real ids.
fn check_access(call: &mut Call<'_>, named: &Named, mode: u32, flags: u32) -> CallResult {
    if mode & !7 != 0 {
        return Err(Errno::EINVAL.into());
    }
    let follow = if flags & AT_SYMLINK_NOFOLLOW != 0 { Follow::No } else { Follow::Yes };
    let identity = call.process()?.identity.clone();
    let asking = match flags & AT_EACCESS != 0 {
        true => identity.effective,
        false => Credentials::of(identity.uid, identity.gid, identity.effective.groups),
    };
    call.files(|vfs, context| {
        let context = Context { credentials: &asking, ..*context };
        let node = vfs.lookup(&context, named.at, &named.path, follow)?;
        if mode == 0 { Ok(()) } else { vfs.access(&context, node, Want(mode as u8)) }
    })?;
    Ok(0)
}
pub(super) fn access(call: &mut Call<'_>) -> CallResult {
    let named = call.named(None, 0)?;
    check_access(call, &named, call.unsigned(1), 0)
}
pub(super) fn faccessat(call: &mut Call<'_>) -> CallResult {
    let named = call.named(Some(0), 1)?;
    check_access(call, &named, call.unsigned(2), 0)
}
pub(super) fn faccessat2(call: &mut Call<'_>) -> CallResult {
    let named = call.named(Some(0), 1)?;
    check_access(call, &named, call.unsigned(2), call.unsigned(3))
}

fn set_times(call: &mut Call<'_>, node: Node, times: Option<Times>) -> CallResult {
    call.files(|vfs, context| match times {
        None => vfs.touch(context, node),
        Some(times) if times == Times::default() => Ok(()),
        Some(times) => vfs.set_times(context, node, times),
    })?;
    Ok(0)
}

/// Two `struct timespec` at an address; `None` is NULL.
fn timespecs(call: &mut Call<'_>, address: u64, width: usize) -> Result<Option<Times>, Errno> {
    if address == 0 {
        return Ok(None);
    }
    let bytes = call.read_bytes(address, width * 4)?;
    let view = crate::record::View::new(call.abi(), &bytes);
    let now_ns = call.kernel.core.wall_ns();
    let mut both = [None, None];
    for (slot, base) in both.iter_mut().zip([0, 2 * width]) {
        let seconds = match width {
            8 => view.u64(base).map(|value| value as i64),
            _ => view.signed_word(base),
        };
        let fraction = match width {
            8 => view.u64(base + 8).map(|value| value as u32),
            _ => view.u32(base + width),
        };
        let (seconds, fraction) = (seconds.ok_or(Errno::EFAULT)?, fraction.ok_or(Errno::EFAULT)?);
        *slot = match fraction {
            UTIME_OMIT => None,
            UTIME_NOW => Some(now_ns),
            0..1_000_000_000 => {
                Some(seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(fraction)))
            }
            _ => return Err(Errno::EINVAL),
        };
    }
    let [access_ns, modify_ns] = both;
    Ok(Some(Times { access_ns, modify_ns }))
}

fn utimens(call: &mut Call<'_>, width: usize) -> CallResult {
    if call.unsigned(3) & !(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let times = timespecs(call, call.word(2), width)?;
    let node = if call.word(1) == 0 {
        call.file(0)?.node.ok_or(Errno::EINVAL)?
    } else {
        let named = call.named(Some(0), 1)?;
        let follow = if call.unsigned(3) & AT_SYMLINK_NOFOLLOW != 0 { Follow::No } else { Follow::Yes };
        call.lookup(&named, follow)?
    };
    set_times(call, node, times)
}
pub(super) fn utimensat(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    utimens(call, width)
}
pub(super) fn utimensat_time64(call: &mut Call<'_>) -> CallResult {
    utimens(call, 8)
}

/// utime(2): two `time_t`; utimes(2): two `struct timeval`.
fn old_times(call: &mut Call<'_>, named: &Named, address: u64, with_fraction: bool) -> CallResult {
    let node = call.lookup(named, Follow::Yes)?;
    if address == 0 {
        return set_times(call, node, None);
    }
    let width = call.abi().word_bytes;
    let stride = if with_fraction { 2 * width } else { width };
    let bytes = call.read_bytes(address, 2 * stride)?;
    let view = crate::record::View::new(call.abi(), &bytes);
    let time = |base: usize| {
        let seconds = view.signed_word(base)?;
        let micros = if with_fraction { view.signed_word(base + width)? } else { 0 };
        Some(seconds.saturating_mul(1_000_000_000).saturating_add(micros.saturating_mul(1000)))
    };
    let times = Times { access_ns: time(0), modify_ns: time(stride) };
    set_times(call, node, Some(times))
}
pub(super) fn utime(call: &mut Call<'_>) -> CallResult {
    let named = call.named(None, 0)?;
    old_times(call, &named, call.word(1), false)
}
pub(super) fn utimes(call: &mut Call<'_>) -> CallResult {
    let named = call.named(None, 0)?;
    old_times(call, &named, call.word(1), true)
}
pub(super) fn futimesat(call: &mut Call<'_>) -> CallResult {
    let named = call.named(Some(0), 1)?;
    old_times(call, &named, call.word(2), true)
}

/// Changes the working folder of the calling process.
fn enter(kernel: &mut Kernel, tid: Tid, node: Node) -> Result<(), Errno> {
    kernel.with_files(tid, |vfs, context| {
        if vfs.kind(node)? != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        vfs.access(context, node, Want::EXECUTE)
    })?;
    kernel.vfs.hold(node);
    let pid = kernel.core.task(tid)?.pid;
    let process = kernel.core.process_mut(pid)?;
    let before = core::mem::replace(&mut process.place.cwd, node);
    kernel.vfs.release(before);
    Ok(())
}
pub(super) fn chdir(call: &mut Call<'_>) -> CallResult {
    let named = call.named(None, 0)?;
    let node = call.lookup(&named, Follow::Yes)?;
    let tid = call.tid;
    enter(call.kernel, tid, node)?;
    Ok(0)
}
pub(super) fn fchdir(call: &mut Call<'_>) -> CallResult {
    let node = call.file(0)?.node.ok_or(Errno::ENOTDIR)?;
    let tid = call.tid;
    enter(call.kernel, tid, node)?;
    Ok(0)
}
pub(super) fn chroot(call: &mut Call<'_>) -> CallResult {
    let named = call.named(None, 0)?;
    let node = call.lookup(&named, Follow::Yes)?;
    if call.kernel.vfs.kind(node)? != Kind::Directory {
        return Err(Errno::ENOTDIR.into());
    }
    call.require(Capability::SYS_CHROOT)?;
    call.kernel.vfs.hold(node);
    let before = core::mem::replace(&mut call.process()?.place.root, node);
    call.kernel.vfs.release(before);
    Ok(0)
}
pub(super) fn getcwd(call: &mut Call<'_>) -> CallResult {
    let cwd = call.cwd()?;
    let mut path = call.kernel.path_of(call.pid, cwd);
    if path.ends_with(b" (deleted)") {
        return Err(Errno::ENOENT.into());
    }
    path.push(0);
    if path.len() as u64 > call.word(1) {
        return Err(Errno::ERANGE.into());
    }
    call.write(call.word(0), &path)?;
    Ok(path.len() as u64)
}
pub(super) fn umask(call: &mut Call<'_>) -> CallResult {
    let mask = call.unsigned(0) as u16 & 0o777;
    let before = core::mem::replace(&mut call.process()?.place.umask, mask);
    Ok(u64::from(before))
}
