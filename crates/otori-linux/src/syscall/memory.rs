//! Memory calls: brk, mmap, munmap, mremap, mprotect and advice.
//!
//! Neighbour: `mm` keeps the regions. brk(2), mmap(2), mremap(2).
use super::call::{Call, CallResult};
use crate::{
    arch::PAGE_BYTES,
    errno::Errno,
    exec::{READ_IMPLIES_EXEC, load::mapping_top, stack},
    kernel::Kernel,
    mm::{Backing, MapError, Prot, SharedPages},
    task::{SharedFile, Tid, limit::Resource},
    vfs::{Kind, seal},
};
use alloc::{string::String, sync::Arc, vec::Vec};
use otori_cpu::PAGE_SIZE;

/// MAP_* in the generic numbering.
mod flag {
    pub(super) const SHARED: u32 = 1;
    pub(super) const TYPE: u32 = 0xf;
    pub(super) const SHARED_VALIDATE: u32 = 3;
    pub(super) const FIXED: u32 = 0x10;
    pub(super) const ANONYMOUS: u32 = 0x20;
    pub(super) const NORESERVE: u32 = 0x4000;
    pub(super) const FIXED_NOREPLACE: u32 = 0x10_0000;
}

/// Shared writable file mappings of one process.
const SHARED_FILES_MAX: usize = 64;

fn page_up(length: u64) -> Option<u64> {
    Some(length.checked_add(PAGE_BYTES - 1)? & !(PAGE_BYTES - 1))
}

pub(super) fn map_errno(error: MapError) -> Errno {
    match error {
        MapError::Range => Errno::EINVAL,
        MapError::Unmapped | MapError::Full => Errno::ENOMEM,
    }
}

/// Looking for room and changing a range visits regions: one instruction each.
fn charge_regions(call: &mut Call<'_>) {
    let regions = call.kernel.core.space_of(call.tid).map_or(0, |space| space.memory.regions().len());
    call.core().charge(regions as u64);
}

/// RLIMIT_AS: may that many bytes more be mapped?
fn check_address_space(call: &Call<'_>, more: u64) -> Result<(), Errno> {
    let core = &call.kernel.core;
    let (most, _) = core.process(call.pid)?.limits.get(Resource::ADDRESS_SPACE);
    if most == u64::MAX {
        return Ok(());
    }
    let mapped: u64 = core.space_of(call.tid)?.memory.regions().map(|region| region.length()).sum();
    if mapped.saturating_add(more) > most { Err(Errno::ENOMEM) } else { Ok(()) }
}

/// The protection that an argument names, READ_IMPLIES_EXEC considered.
fn protection(call: &Call<'_>, argument: usize) -> Result<Prot, Errno> {
    const READ: u32 = 1;
    let bits = call.unsigned(argument);
    let implied = bits & READ != 0 && reads_execute(call)?;
    let prot = Prot::from_bits(bits);
    Ok(Prot { execute: prot.execute || implied, ..prot })
}
fn reads_execute(call: &Call<'_>) -> Result<bool, Errno> {
    Ok(call.kernel.core.process(call.pid)?.personality & READ_IMPLIES_EXEC != 0)
}

/// The end of the heap; an address that cannot be had leaves it as it is.
pub(super) fn brk(call: &mut Call<'_>) -> CallResult {
    let wanted = call.word(0);
    let space = call.kernel.core.space_of_mut(call.tid)?;
    let (start, end) = (space.layout.heap_start, space.layout.heap_end);
    let (Some(now), Some(next)) = (page_up(end), page_up(wanted)) else { return Ok(end) };
    if wanted < start {
        return Ok(end);
    }
    let (data, _) = call.process()?.limits.get(Resource::DATA);
    let most = data.min(call.kernel.core.config.limits.pages as u64 * PAGE_BYTES);
    if check_address_space(call, next.saturating_sub(now)).is_err() {
        return Ok(end);
    }
    let prot = Prot { execute: reads_execute(call)?, ..Prot::READ_WRITE };
    let space = call.kernel.core.space_of_mut(call.tid)?;
    let done = if next > now {
        let free = space.memory.is_free(now, next);
        free && next - start <= most
            && space.memory.map(now, next - now, prot, Backing::Zero, "[heap]").is_ok()
    } else {
        next == now || space.memory.unmap(next, now - next).is_ok()
    };
    if done {
        space.layout.heap_end = wanted;
    }
    Ok(space.layout.heap_end)
}

pub(super) fn mmap(call: &mut Call<'_>) -> CallResult {
    let offset = call.word(5);
    map(call, offset)
}
/// The offset counts units of 4096 bytes.
pub(super) fn mmap2(call: &mut Call<'_>) -> CallResult {
    let offset = (call.word(5) & 0xffff_ffff) << 12;
    map(call, offset)
}

fn map(call: &mut Call<'_>, offset: u64) -> CallResult {
    charge_regions(call);
    let (hint, length) = (call.word(0), call.word(1));
    let prot = protection(call, 2)?;
    let flags = call.abi().map_from_guest(call.unsigned(3));
    let length = page_up(length).filter(|length| *length > 0).ok_or(Errno::EINVAL)?;
    if !offset.is_multiple_of(PAGE_BYTES) {
        return Err(Errno::EINVAL.into());
    }
    check_address_space(call, length)?;
    if flags & flag::TYPE == 0 {
        return Err(Errno::EINVAL.into());
    }
    let shared = matches!(flags & flag::TYPE, flag::SHARED | flag::SHARED_VALIDATE);
    let (backing, name) = match flags & flag::ANONYMOUS != 0 {
        true => (anonymous(call, shared, length, flags)?, String::new()),
        false => file_backing(call, shared, offset, length, prot)?,
    };
    let address = place(call, hint, length, flags)?;
    let space = call.kernel.core.space_of_mut(call.tid)?;
    space.memory.map(address, length, prot, backing, &name).map_err(map_errno)?;
    Ok(address)
}

/// Where a mapping goes.
pub(super) fn place(call: &mut Call<'_>, hint: u64, length: u64, flags: u32) -> Result<u64, Errno> {
    let abi = call.abi();
    let space = call.kernel.core.space_of_mut(call.tid)?;
    let fixed = flags & (flag::FIXED | flag::FIXED_NOREPLACE) != 0;
    if !fixed {
        let hint = (hint != 0).then_some(hint & !(PAGE_BYTES - 1));
        return space.memory.find_free(length, hint, mapping_top(abi)).ok_or(Errno::ENOMEM);
    }
    let end = hint.checked_add(length).filter(|end| *end <= abi.task_end).ok_or(Errno::ENOMEM)?;
    if !hint.is_multiple_of(PAGE_BYTES) {
        return Err(Errno::EINVAL);
    }
    if hint < PAGE_BYTES {
        return Err(Errno::EPERM);
    }
    if flags & flag::FIXED_NOREPLACE != 0 && !space.memory.is_free(hint, end) {
        return Err(Errno::EEXIST);
    }
    Ok(hint)
}

/// Anonymous memory; more at once than a space may ever have is refused, as Linux refuses obvious overcommits unless told
/// to reserve nothing (`Documentation/vm/overcommit-accounting`, mode 0).
fn anonymous(call: &Call<'_>, shared: bool, length: u64, flags: u32) -> Result<Backing, Errno> {
    let pages = usize::try_from(length / PAGE_BYTES).map_err(|_| Errno::ENOMEM)?;
    let obvious = call.kernel.core.space_of(call.tid)?.memory.overcommits(length);
    if !shared {
        let writable = call.unsigned(2) & 2 != 0;
        let counted = writable && flags & flag::NORESERVE == 0;
        return if obvious && counted { Err(Errno::ENOMEM) } else { Ok(Backing::Zero) };
    }
    if obvious {
        return Err(Errno::ENOMEM);
    }
    let pages = SharedPages::new(pages, None, &call.kernel.core.shared).ok_or(Errno::ENOMEM)?;
    Ok(Backing::Shared { pages: Arc::new(pages), offset: 0 })
}

/// The pages of an open file, with its path.
fn file_backing(
    call: &mut Call<'_>,
    shared: bool,
    offset: u64,
    length: u64,
    prot: Prot,
) -> Result<(Backing, String), Errno> {
    let file = call.file(4)?;
    if !file.reads() || (shared && prot.write && !file.writes()) {
        return Err(Errno::EACCES);
    }
    let (node, writable) = (file.node.ok_or(Errno::ENODEV)?, file.writes());
    offset.checked_add(length).filter(|end| *end <= i64::MAX as u64).ok_or(Errno::EOVERFLOW)?;
    let name = String::from_utf8_lossy(&file.path).into_owned();
    if matches!(file.kind, crate::file::FileKind::Device(crate::dev::Device::Zero)) {
        return Ok((anonymous(call, shared, length, 0)?, name));
    }
    if call.kernel.vfs.kind(node)? != Kind::File {
        return Err(Errno::ENODEV);
    }
    if shared && prot.write && call.kernel.vfs.seals(node).is_ok_and(|seals| seals & seal::WRITE != 0) {
        return Err(Errno::EPERM);
    }
    // a mapping elsewhere may hold newer bytes
    call.kernel.refresh_mapped(node);
    let bytes = call.kernel.vfs.share(node)?;
    let image = call.core().images.image(&bytes).ok_or(Errno::ENOMEM)?;
    if !shared {
        return Ok((Backing::File { image, offset }, name));
    }
    let pages = usize::try_from(bytes.size().div_ceil(PAGE_BYTES)).map_err(|_| Errno::ENOMEM)?;
    if pages > call.kernel.core.config.limits.pages {
        return Err(Errno::ENOMEM);
    }
    let identity = call.kernel.vfs.identity(node);
    let core = call.core();
    let pages = core.mapped.pages_of(identity, pages, image, &core.shared)?;
    let shared = SharedFile { node, pages: Arc::clone(&pages), writable };
    call.kernel.note_shared_file(call.tid, shared)?;
    Ok((Backing::Shared { pages, offset }, name))
}

impl Kernel {
    /// The file stays as long as the space that maps it.
    fn note_shared_file(&mut self, tid: Tid, shared: SharedFile) -> Result<(), Errno> {
        let space = self.core.space_of_mut(tid)?;
        let same =
            |known: &&mut SharedFile| known.node == shared.node && Arc::ptr_eq(&known.pages, &shared.pages);
        if let Some(known) = space.shared_files.iter_mut().find(same) {
            known.writable |= shared.writable;
            return Ok(());
        }
        if space.shared_files.len() >= SHARED_FILES_MAX {
            return Err(Errno::ENOMEM);
        }
        self.vfs.hold(shared.node);
        space.shared_files.push(shared);
        Ok(())
    }

    /// Writes shared file mappings back to their files; what does not fit is lost, as on a full disk.
    pub(crate) fn write_back(&mut self, files: &[SharedFile]) {
        for shared in files.iter().filter(|shared| shared.writable) {
            let _ = self.with_files_as_root(|vfs, context| {
                let held = vfs.bytes(shared.node)?;
                let bytes = shared.pages.bytes(held.len());
                // what nobody stored to is not written, so that times, holes and quotas stay
                let pages = held.chunks(PAGE_SIZE).zip(bytes.chunks(PAGE_SIZE)).enumerate();
                let changed = pages.filter(|(_, (held, stored))| held.get(..stored.len()) != Some(*stored));
                let changed: Vec<usize> = changed.map(|(page, _)| page * PAGE_SIZE).collect();
                for start in changed {
                    let stored = bytes.get(start..bytes.len().min(start + PAGE_SIZE)).unwrap_or_default();
                    vfs.write_at(context, shared.node, start as u64, stored)?;
                }
                Ok(())
            });
        }
    }
    fn write_back_of(&mut self, tid: Tid) -> Result<(), Errno> {
        let shared = self.core.space_of(tid)?.shared_files.clone();
        self.write_back(&shared);
        Ok(())
    }
}

pub(super) fn munmap(call: &mut Call<'_>) -> CallResult {
    charge_regions(call);
    let (start, length) = (call.word(0), call.word(1));
    let tid = call.tid;
    call.kernel.write_back_of(tid)?;
    call.kernel.core.space_of_mut(tid)?.memory.unmap(start, length).map_err(map_errno)?;
    Ok(0)
}
pub(super) fn msync(call: &mut Call<'_>) -> CallResult {
    /// MS_ASYNC, MS_SYNC
    const ASYNCHRONOUS: u32 = 1;
    const SYNCHRONOUS: u32 = 4;
    if !call.word(0).is_multiple_of(PAGE_BYTES) {
        return Err(Errno::EINVAL.into());
    }
    let flags = call.unsigned(2);
    if flags & !7 != 0 || flags & (ASYNCHRONOUS | SYNCHRONOUS) == ASYNCHRONOUS | SYNCHRONOUS {
        return Err(Errno::EINVAL.into());
    }
    let (start, tid) = (call.word(0), call.tid);
    let end = page_up(call.word(1)).and_then(|length| start.checked_add(length)).ok_or(Errno::ENOMEM)?;
    if end > start {
        let space = call.kernel.core.space_of_mut(tid)?;
        space.memory.require_mapped(start, end).map_err(|_| Errno::ENOMEM)?;
    }
    call.kernel.write_back_of(tid)?;
    Ok(0)
}

pub(super) fn mprotect(call: &mut Call<'_>) -> CallResult {
    charge_regions(call);
    let (start, length) = (call.word(0), call.word(1));
    if !start.is_multiple_of(PAGE_BYTES) {
        return Err(Errno::EINVAL.into());
    }
    if length == 0 {
        return Ok(0);
    }
    let prot = protection(call, 2)?;
    let end = page_up(length).and_then(|length| start.checked_add(length)).ok_or(Errno::ENOMEM)?;
    // nothing is mapped beyond user space: a hole like any other
    let inside = end.min(call.abi().task_end);
    let length = inside.checked_sub(start).filter(|length| *length > 0).ok_or(Errno::ENOMEM)?;
    let space = call.kernel.core.space_of_mut(call.tid)?;
    space.memory.protect(start, length, prot).map_err(map_errno)?;
    if inside == end { Ok(0) } else { Err(Errno::ENOMEM.into()) }
}

pub(super) fn mremap(call: &mut Call<'_>) -> CallResult {
    const MAY_MOVE: u32 = 1;
    const FIXED: u32 = 2;
    charge_regions(call);
    let (start, flags, target) = (call.word(0), call.unsigned(3), call.word(4));
    let old = page_up(call.word(1)).ok_or(Errno::EINVAL)?;
    let new = page_up(call.word(2)).filter(|length| *length > 0).ok_or(Errno::EINVAL)?;
    if start % PAGE_BYTES != 0 || flags & !(MAY_MOVE | FIXED) != 0 || old == 0 {
        return Err(Errno::EINVAL.into());
    }
    let abi = call.abi();
    check_address_space(call, new.saturating_sub(old))?;
    let space = call.kernel.core.space_of_mut(call.tid)?;
    let move_errno = |error| match error {
        MapError::Unmapped => Errno::EFAULT,
        other => map_errno(other),
    };
    if flags & FIXED != 0 {
        if flags & MAY_MOVE == 0 {
            return Err(Errno::EINVAL.into());
        }
        space.memory.remap(start, old, target, new).map_err(move_errno)?;
        return Ok(target);
    }
    let end = start.checked_add(old).ok_or(Errno::EINVAL)?;
    let new_end = start.checked_add(new).ok_or(Errno::EINVAL)?;
    space.memory.require_mapped(start, end).map_err(|_| Errno::EFAULT)?;
    if new <= old || (new_end <= abi.task_end && space.memory.is_free(end, new_end)) {
        space.memory.remap(start, old, start, new).map_err(move_errno)?;
        return Ok(start);
    }
    if flags & MAY_MOVE == 0 {
        return Err(Errno::ENOMEM.into());
    }
    let to = space.memory.find_free(new, None, mapping_top(abi)).ok_or(Errno::ENOMEM)?;
    space.memory.remap(start, old, to, new).map_err(move_errno)?;
    Ok(to)
}

/// MADV_DONTNEED forgets pages; other advice changes nothing.
pub(super) fn madvise(call: &mut Call<'_>) -> CallResult {
    const DONT_NEED: u32 = 4;
    let (start, advice) = (call.word(0), call.unsigned(2));
    let length = page_up(call.word(1)).ok_or(Errno::EINVAL)?;
    let end = start.checked_add(length).filter(|_| start.is_multiple_of(PAGE_BYTES)).ok_or(Errno::EINVAL)?;
    let space = call.kernel.core.space_of_mut(call.tid)?;
    // holes are told of when what is around them was done
    let mapped = space.memory.require_mapped(start, end);
    if advice == DONT_NEED {
        space.memory.drop_pages(start, end);
    }
    mapped.map_err(map_errno)?;
    Ok(0)
}
/// Everything mapped is in memory.
pub(super) fn mincore(call: &mut Call<'_>) -> CallResult {
    let start = call.word(0);
    let length = page_up(call.word(1)).ok_or(Errno::ENOMEM)?;
    let end = start.checked_add(length).filter(|_| start.is_multiple_of(PAGE_BYTES)).ok_or(Errno::EINVAL)?;
    let space = call.kernel.core.space_of_mut(call.tid)?;
    space.memory.require_mapped(start, end).map_err(map_errno)?;
    let pages = usize::try_from(length / PAGE_BYTES).unwrap_or(usize::MAX);
    if pages > call.kernel.core.config.limits.transfer_bytes {
        return Err(Errno::ENOMEM.into());
    }
    call.write(call.word(2), &alloc::vec![1; pages])?;
    Ok(0)
}
/// mlock, mlock2, munlock: nothing is ever swapped out, but a range with a hole is told of.
pub(super) fn lock_range(call: &mut Call<'_>) -> CallResult {
    charge_regions(call);
    let start = call.word(0) & !(PAGE_BYTES - 1);
    let length =
        call.word(1).checked_add(call.word(0) % PAGE_BYTES).and_then(page_up).ok_or(Errno::EINVAL)?;
    let end = start.checked_add(length).ok_or(Errno::EINVAL)?;
    let space = call.kernel.core.space_of_mut(call.tid)?;
    space.memory.require_mapped(start, end).map_err(map_errno)?;
    Ok(0)
}
/// mlockall, munlockall.
pub(super) fn lock(_: &mut Call<'_>) -> CallResult {
    Ok(0)
}
/// Decoded instructions follow stores by themselves.
pub(super) fn cacheflush(_: &mut Call<'_>) -> CallResult {
    Ok(0)
}

impl Kernel {
    /// Maps more stack for an access below it; says whether it did.
    pub(crate) fn grow_stack(&mut self, tid: Tid, address: u64) -> bool {
        let Ok(pid) = self.core.task(tid).map(|task| task.pid) else { return false };
        let limit = self.core.process(pid).map_or(0, |process| process.limits.get(Resource::STACK).0);
        let Ok(space) = self.core.space_of_mut(tid) else { return false };
        let depth = space.layout.stack_start.saturating_sub(address);
        depth <= limit && stack::grow(&mut space.memory, &space.layout, address)
    }
}
