//! Open files: open, close, seek, truncate, sendfile.
//!
//! Neighbours: `file/` does the work; `transfer.rs` reads and writes, `descriptor.rs` has the numbers themselves,
//! `path.rs` what only names files. open(2), lseek(2) …
use super::call::{Call, CallError, CallResult};
use crate::{
    arena::Index,
    errno::Errno,
    file::{FileKind, OpenFile, flag, io::Place, open::Opening},
    pipe::End,
    poll::PollMask,
    signal::{Information, Signal},
    task::{limit::Resource, waiting::Restart, waiting::WaitKey},
    vfs::{Follow, Kind, Node, Scope},
};
use alloc::{vec, vec::Vec};

/// What lseek counts from, beside the usual three.
const SEEK_DATA: u32 = 3;
const SEEK_HOLE: u32 = 4;
/// AT_FDCWD
const AT_CWD: i32 = -100;

impl Call<'_> {
    pub(super) fn file(&self, index: usize) -> Result<&OpenFile, Errno> {
        self.kernel.file(self.tid, self.int(index))
    }
    pub(super) fn file_mut(&mut self, index: usize) -> Result<&mut OpenFile, Errno> {
        let number = self.int(index);
        self.kernel.file_mut(self.tid, number)
    }
    pub(super) fn file_index(&self, index: usize) -> Result<Index<OpenFile>, Errno> {
        self.kernel.file_index(self.tid, self.int(index))
    }
    /// Where a relative path begins: the folder of that descriptor argument, or the working folder.
    pub(super) fn folder(&mut self, index: usize, path: &[u8]) -> Result<Node, Errno> {
        if self.int(index) == AT_CWD || path.first() == Some(&b'/') {
            return self.cwd();
        }
        let node = self.file(index)?.node.ok_or(Errno::ENOTDIR)?;
        if self.kernel.vfs.kind(node)? == Kind::Directory { Ok(node) } else { Err(Errno::ENOTDIR) }
    }
    pub(super) fn cwd(&mut self) -> Result<Node, Errno> {
        Ok(self.process()?.place.cwd)
    }
    pub(super) fn install(&mut self, file: Index<OpenFile>, close_on_exec: bool) -> Result<u64, Errno> {
        self.kernel.install(self.tid, file, close_on_exec)
    }
    /// EAGAIN becomes waiting, unless the file does not block.
    pub(super) fn or_wait(&mut self, file: Index<OpenFile>, error: Errno) -> CallError {
        let non_blocking = self.kernel.core.files.get(file).is_none_or(OpenFile::non_blocking);
        if error != Errno::EAGAIN || non_blocking {
            return error.into();
        }
        let keys = self.kernel.core.wait_keys(file);
        self.deadline_ns = self.kernel.core.ready_at(file);
        self.wait(keys, Restart::WithFlag)
    }
}

fn open_at(call: &mut Call<'_>, at: Node, path: &[u8], guest_flags: u32, mode: u32) -> CallResult {
    let flags = call.abi().open_from_guest(guest_flags);
    open_within(call, Opening { at, path, flags, mode: mode as u16, scope: Scope::ANY })
}
/// Opens what is described, and waits for the other end of a named pipe.
pub(super) fn open_within(call: &mut Call<'_>, opening: Opening<'_>) -> CallResult {
    let flags = opening.flags;
    if call.resumed {
        return finish_pipe_open(call, flags);
    }
    let tid = call.tid;
    let file = call.kernel.open_path(tid, opening)?;
    if let Some(OpenFile { kind: FileKind::Pipe(pipe, end), .. }) = call.kernel.core.files.get(file) {
        let (pipe, end) = (*pipe, *end);
        call.core().wake(WaitKey::Pipe(pipe));
        let named = call.core().pipes.is_named(pipe);
        let alone = match end {
            _ if !named => false,
            End::Read => call.core().pipes.writers(pipe) == 0,
            End::Write => call.core().pipes.readers(pipe) == 0,
            End::Both => false,
        };
        if alone && flags & flag::NON_BLOCKING != 0 && end == End::Write {
            let pid = call.pid;
            call.kernel.release_file(pid, file);
            return Err(Errno::ENXIO.into());
        }
        if alone && flags & flag::NON_BLOCKING == 0 {
            call.progress = call.install(file, flags & flag::CLOSE_ON_EXEC != 0)? + 1;
            return Err(call.wait(vec![WaitKey::Pipe(pipe)], Restart::Never));
        }
    }
    Ok(call.install(file, flags & flag::CLOSE_ON_EXEC != 0)?)
}

/// A named pipe whose other end was missing.
fn finish_pipe_open(call: &mut Call<'_>, _flags: u32) -> CallResult {
    let number = call.progress.saturating_sub(1);
    let tid = call.tid;
    let FileKind::Pipe(pipe, end) = call.kernel.file(tid, number as i32)?.kind else { return Ok(number) };
    let alone = match end {
        End::Read => call.core().pipes.writers(pipe) == 0,
        End::Write => call.core().pipes.readers(pipe) == 0,
        End::Both => false,
    };
    if alone { Err(call.wait(vec![WaitKey::Pipe(pipe)], Restart::Never)) } else { Ok(number) }
}

pub(super) fn open(call: &mut Call<'_>) -> CallResult {
    let path = call.path(0)?;
    let at = call.cwd()?;
    open_at(call, at, &path, call.unsigned(1), call.unsigned(2))
}
pub(super) fn openat(call: &mut Call<'_>) -> CallResult {
    let path = call.path(1)?;
    let at = call.folder(0, &path)?;
    open_at(call, at, &path, call.unsigned(2), call.unsigned(3))
}
pub(super) fn creat(call: &mut Call<'_>) -> CallResult {
    let path = call.path(0)?;
    let at = call.cwd()?;
    let flags = call.abi().open_to_guest(flag::CREATE | flag::WRITE_ONLY | flag::TRUNCATE);
    open_at(call, at, &path, flags, call.unsigned(1))
}

pub(super) fn close(call: &mut Call<'_>) -> CallResult {
    let (tid, pid, number) = (call.tid, call.pid, call.int(0));
    let descriptor = call.core().table_of_mut(tid)?.take(number)?;
    call.kernel.release_file(pid, descriptor.file);
    Ok(0)
}
pub(super) fn close_range(call: &mut Call<'_>) -> CallResult {
    /// CLOSE_RANGE_*
    const UNSHARE: u32 = 2;
    const CLOSE_ON_EXEC: u32 = 4;
    let (first, last, flags) = (call.unsigned(0), call.unsigned(1), call.unsigned(2));
    if first > last || flags & !(UNSHARE | CLOSE_ON_EXEC) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (tid, pid) = (call.tid, call.pid);
    if flags & UNSHARE != 0 {
        call.kernel.unshare_descriptors(tid)?;
    }
    let numbers: Vec<u32> = call.core().table_of(tid)?.iter().map(|(number, _)| number).collect();
    for number in numbers.into_iter().filter(|number| (first..=last).contains(number)) {
        if flags & CLOSE_ON_EXEC != 0 {
            call.core().table_of_mut(tid)?.get_mut(number as i32)?.close_on_exec = true;
            continue;
        }
        let descriptor = call.core().table_of_mut(tid)?.take(number as i32)?;
        call.kernel.release_file(pid, descriptor.file);
    }
    Ok(0)
}

/// Moves the offset of a file; gives the new one.
fn seek(call: &mut Call<'_>, offset: i64, whence: u32) -> Result<u64, Errno> {
    let file = call.file(0)?;
    let node = file.node;
    let kind = node.and_then(|node| call.kernel.vfs.kind(node).ok());
    if !file.kind.is_seekable(kind) {
        return Err(Errno::ESPIPE);
    }
    let own = i64::try_from(file.offset).unwrap_or(i64::MAX);
    let size = match (kind, node) {
        (Some(Kind::File), Some(node)) => {
            let tid = call.tid;
            let stat = call.kernel.with_files(tid, |vfs, context| vfs.stat(context, node))?;
            i64::try_from(stat.size).unwrap_or(i64::MAX)
        }
        _ => match file.kind {
            FileKind::Device(crate::dev::Device::Flash { index, .. }) => {
                let part = call.kernel.core.config.identity.mtd.get(index as usize);
                part.map_or(0, |part| i64::from(part.size))
            }
            _ => 0,
        },
    };
    let start = match whence {
        0 => 0,
        1 => own,
        2 => size,
        SEEK_DATA | SEEK_HOLE if offset < 0 || offset >= size => return Err(Errno::ENXIO),
        SEEK_DATA | SEEK_HOLE => return seek_in_extents(call, offset, whence),
        _ => return Err(Errno::EINVAL),
    };
    let target = start.checked_add(offset).filter(|&target| target >= 0).ok_or(Errno::EINVAL)?;
    set_offset(call, target)
}

/// To the next byte that is written, or to the next hole; what has no blocks is written all over.
fn seek_in_extents(call: &mut Call<'_>, offset: i64, whence: u32) -> Result<u64, Errno> {
    let node = call.file(0)?.node.ok_or(Errno::ENXIO)?;
    let vfs = &call.kernel.vfs;
    let found = match whence {
        _ if vfs.proc_node(node).is_some() => return Err(Errno::EINVAL),
        SEEK_DATA => vfs.data_from(node, offset as u64)?,
        _ => vfs.hole_from(node, offset as u64)?,
    };
    set_offset(call, found as i64)
}

fn set_offset(call: &mut Call<'_>, target: i64) -> Result<u64, Errno> {
    let file = call.file_mut(0)?;
    file.offset = target as u64;
    Ok(target as u64)
}

pub(super) fn lseek(call: &mut Call<'_>) -> CallResult {
    let reached = seek(call, call.long(1), call.unsigned(2))?;
    if reached > call.abi().word_max() / 2 {
        return Err(Errno::EOVERFLOW.into());
    }
    Ok(reached)
}
pub(super) fn llseek(call: &mut Call<'_>) -> CallResult {
    let offset = ((call.word(1) << 32) | (call.word(2) & 0xffff_ffff)) as i64;
    let reached = seek(call, offset, call.unsigned(4))?;
    let mut record = call.record();
    record.u64(reached);
    call.write(call.word(3), record.as_bytes())?;
    Ok(0)
}

/// fsync, fdatasync, syncfs: everything is where it belongs already.
pub(super) fn fsync(call: &mut Call<'_>) -> CallResult {
    match call.file(0)?.node {
        Some(_) => Ok(0),
        None => Err(Errno::EINVAL.into()),
    }
}

pub(super) fn set_length(call: &mut Call<'_>, node: Node, length: u64) -> CallResult {
    if (length as i64) < 0 {
        return Err(Errno::EINVAL.into());
    }
    let (most, _) = call.process()?.limits.get(Resource::FILE_BYTES);
    if length > most {
        let tid = call.tid;
        call.core().send_to_task(tid, Signal::XFSZ, Information::kernel());
        return Err(Errno::EFBIG.into());
    }
    let now_ns = call.kernel.core.wall_ns();
    call.kernel.refresh_mapped(node);
    call.kernel.vfs.set_length(node, length, now_ns)?;
    call.kernel.truncate_mapped(node, length);
    Ok(0)
}
pub(super) fn ftruncate(call: &mut Call<'_>) -> CallResult {
    let length = call.long(1) as u64;
    ftruncate_to(call, length)
}
pub(super) fn ftruncate64(call: &mut Call<'_>) -> CallResult {
    let length = call.word(1);
    ftruncate_to(call, length)
}
fn ftruncate_to(call: &mut Call<'_>, length: u64) -> CallResult {
    let file = call.file_mut(0)?;
    let node = file.node.filter(|_| file.writes()).ok_or(Errno::EINVAL)?;
    file.written = true;
    set_length(call, node, length)
}
pub(super) fn truncate(call: &mut Call<'_>) -> CallResult {
    let length = call.long(1) as u64;
    truncate_to(call, length)
}
pub(super) fn truncate64(call: &mut Call<'_>) -> CallResult {
    let length = call.word(1);
    truncate_to(call, length)
}
fn truncate_to(call: &mut Call<'_>, length: u64) -> CallResult {
    let path = call.path(0)?;
    let (tid, cwd) = (call.tid, call.cwd()?);
    let node = call.kernel.with_files(tid, |vfs, context| {
        let node = vfs.lookup(context, cwd, &path, Follow::Yes)?;
        if vfs.kind(node)? == Kind::Directory {
            return Err(Errno::EISDIR);
        }
        vfs.access(context, node, crate::vfs::Want::WRITE)?;
        Ok(node)
    })?;
    set_length(call, node, length)
}
/// Advice about files that changes nothing.
pub(super) fn advise(call: &mut Call<'_>) -> CallResult {
    if matches!(call.file(0)?.kind, FileKind::Pipe(..)) {
        return Err(Errno::ESPIPE.into());
    }
    Ok(0)
}

pub(super) fn sendfile(call: &mut Call<'_>) -> CallResult {
    let bytes = call.abi().word_bytes;
    send_file(call, bytes)
}
pub(super) fn sendfile64(call: &mut Call<'_>) -> CallResult {
    send_file(call, 8)
}

/// Moves bytes from a file to another; `width` is the size of the offset that the caller keeps.
fn send_file(call: &mut Call<'_>, width: usize) -> CallResult {
    let (output, input) = (call.file_index(0)?, call.file_index(1)?);
    let (offset_address, length) = (call.word(2), call.length(3));
    let tid = call.tid;
    if !matches!(call.kernel.core.files.get(input).map(|file| &file.kind), Some(FileKind::Node)) {
        return Err(Errno::EINVAL.into());
    }
    let start = match offset_address {
        0 => call.kernel.core.files.get(input).map_or(0, |file| file.offset),
        address => {
            let bytes = call.read_bytes(address, width)?;
            let view = crate::record::View::new(call.abi(), &bytes);
            let value = if width == 8 { view.u64(0) } else { view.word(0) };
            value.ok_or(Errno::EFAULT)?
        }
    };
    let mut buffer = vec![0; length.min(64 * 1024)];
    let count = call.kernel.read_file(tid, input, Place::At(start), &mut buffer)?;
    let bytes = buffer.get(..count).unwrap_or_default();
    let written = match call.kernel.write_file(tid, output, Place::Current, bytes) {
        Ok(written) => written as u64,
        Err(error) => return Err(call.or_wait(output, error)),
    };
    let reached = start.saturating_add(written);
    if offset_address == 0 {
        if let Some(file) = call.core().files.get_mut(input) {
            file.offset = reached;
        }
        return Ok(written);
    }
    let mut record = call.record();
    if width == 8 {
        record.u64(reached)
    } else {
        record.word(reached)
    };
    call.write(offset_address, record.as_bytes())?;
    Ok(written)
}

/// What poll and select ask: the readiness of a descriptor, POLLNVAL when it is not open.
pub(super) fn readiness(call: &mut Call<'_>, number: i32) -> PollMask {
    match call.kernel.file_index(call.tid, number) {
        Ok(index) => call.kernel.readiness(index),
        Err(_) => PollMask::NVAL,
    }
}
