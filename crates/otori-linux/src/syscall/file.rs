//! Bytes of open files: open, close, read, write, seek, truncate, sendfile.
//!
//! Neighbours: `file/` does the work; `descriptor.rs` has the numbers themselves, `path.rs` what only names
//! files. read(2), lseek(2) …
use super::call::{Call, CallError, CallResult};
use crate::{
    arena::Index,
    errno::Errno,
    file::{FileKind, OpenFile, flag, io::Place, open::Opening},
    pipe::End,
    poll::PollMask,
    signal::{Information, Signal},
    task::{limit::Resource, waiting::Restart, waiting::WaitKey},
    vfs::{Follow, Kind, Node},
};
use alloc::{vec, vec::Vec};

/// AT_FDCWD
const AT_CWD: i32 = -100;
/// Buffers that one readv or writev may name (IOV_MAX).
const VECTORS_MAX: usize = 1024;

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
    if call.resumed {
        return finish_pipe_open(call, flags);
    }
    let opening = Opening { at, path, flags, mode: mode as u16 };
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
    let (first, last, flags) = (call.unsigned(0), call.unsigned(1), call.unsigned(2));
    if first > last || flags & !4 != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (tid, pid) = (call.tid, call.pid);
    let numbers: Vec<u32> = call.core().table_of(tid)?.iter().map(|(number, _)| number).collect();
    for number in numbers.into_iter().filter(|number| (first..=last).contains(number)) {
        if flags & 4 != 0 {
            call.core().table_of_mut(tid)?.get_mut(number as i32)?.close_on_exec = true;
            continue;
        }
        let descriptor = call.core().table_of_mut(tid)?.take(number as i32)?;
        call.kernel.release_file(pid, descriptor.file);
    }
    Ok(0)
}

/// Reads once into a buffer of the guest.
fn read_into(
    call: &mut Call<'_>,
    file: Index<OpenFile>,
    place: Place,
    address: u64,
    length: usize,
) -> CallResult {
    let mut buffer = vec![0; length];
    let tid = call.tid;
    match call.kernel.read_file(tid, file, place, &mut buffer) {
        Ok(count) => {
            call.write(address, buffer.get(..count).unwrap_or_default())?;
            call.count_io(count, 0);
            Ok(count as u64)
        }
        Err(error) => Err(read_wait(call, file, error)),
    }
}

/// What a read that found nothing does: waits, or ends because its terminal has a time limit.
fn read_wait(call: &mut Call<'_>, file: Index<OpenFile>, error: Errno) -> CallError {
    let terminal = match call.kernel.core.files.get(file).map(|file| &file.kind) {
        Some(FileKind::Tty(terminal)) => Some(*terminal),
        _ => None,
    };
    let waits = call.kernel.core.files.get(file).is_some_and(|file| !file.non_blocking());
    let limit = terminal.and_then(|terminal| call.kernel.core.ttys.read_timeout_ns(terminal));
    if let (Errno::EAGAIN, true, Some(limit)) = (error, waits, limit) {
        call.give_up_after(Some(limit));
        if call.timed_out() {
            return CallError::Errno(Errno::ETIME);
        }
        let keys = call.kernel.core.wait_keys(file);
        return call.wait(keys, Restart::WithFlag);
    }
    if let (Errno::EINTR, Some(terminal)) = (error, terminal) {
        // a background group was stopped: the read goes on when it is in front again
        return call.wait(vec![WaitKey::Tty(terminal)], Restart::WithFlag);
    }
    call.or_wait(file, error)
}

pub(super) fn read(call: &mut Call<'_>) -> CallResult {
    let file = call.file_index(0)?;
    let (address, length) = (call.word(1), call.length(2));
    if is_directory(call, file) {
        return Err(Errno::EISDIR.into());
    }
    match read_into(call, file, Place::Current, address, length) {
        Err(CallError::Errno(Errno::ETIME)) => Ok(0),
        result => result,
    }
}

fn is_directory(call: &Call<'_>, file: Index<OpenFile>) -> bool {
    let node = call.kernel.core.files.get(file).and_then(|file| file.node);
    node.is_some_and(|node| call.kernel.vfs.kind(node) == Ok(Kind::Directory))
}

pub(super) fn pread64(call: &mut Call<'_>) -> CallResult {
    let file = call.file_index(0)?;
    let (address, length, offset) = (call.word(1), call.length(2), call.word(3));
    if (offset as i64) < 0 {
        return Err(Errno::EINVAL.into());
    }
    read_into(call, file, Place::At(offset), address, length)
}

/// Writes all of `bytes`, waiting where it must; what is written so far is the progress.
fn write_all(call: &mut Call<'_>, file: Index<OpenFile>, place: Place, bytes: &[u8]) -> CallResult {
    let tid = call.tid;
    loop {
        let done = usize::try_from(call.progress).unwrap_or(usize::MAX).min(bytes.len());
        let rest = bytes.get(done..).unwrap_or_default();
        let here = match place {
            Place::Current => Place::Current,
            Place::At(offset) => Place::At(offset.saturating_add(done as u64)),
        };
        if rest.is_empty() && done > 0 {
            call.count_io(0, done);
            return Ok(done as u64);
        }
        match call.kernel.write_file(tid, file, here, rest) {
            Ok(count) if count == rest.len() => {
                call.count_io(0, done + count);
                return Ok((done + count) as u64);
            }
            Ok(count) => {
                call.progress += count as u64;
                let waits =
                    call.kernel.core.files.get(file).is_some_and(|file| !matches!(file.kind, FileKind::Node));
                if count == 0 || !waits {
                    return Ok(call.progress);
                }
            }
            Err(Errno::EAGAIN) => {
                let error = call.or_wait(file, Errno::EAGAIN);
                return match error {
                    CallError::Errno(_) if call.progress > 0 => Ok(call.progress),
                    other => Err(other),
                };
            }
            Err(Errno::EINTR) => {
                let keys = call.kernel.core.wait_keys(file);
                return Err(call.wait(keys, Restart::WithFlag));
            }
            Err(_) if call.progress > 0 => return Ok(call.progress),
            Err(error) => return Err(error.into()),
        }
    }
}

pub(super) fn write(call: &mut Call<'_>) -> CallResult {
    let file = call.file_index(0)?;
    let (address, length) = (call.word(1), call.length(2));
    let bytes = call.read_bytes(address, length)?;
    write_all(call, file, Place::Current, &bytes)
}
pub(super) fn pwrite64(call: &mut Call<'_>) -> CallResult {
    let file = call.file_index(0)?;
    let (address, length, offset) = (call.word(1), call.length(2), call.word(3));
    if (offset as i64) < 0 {
        return Err(Errno::EINVAL.into());
    }
    let bytes = call.read_bytes(address, length)?;
    write_all(call, file, Place::At(offset), &bytes)
}

/// The buffers of readv and writev: address and length each, no more in all than one call moves.
pub(super) fn vectors(call: &mut Call<'_>, address: u64, count: usize) -> Result<Vec<(u64, usize)>, Errno> {
    if count > VECTORS_MAX {
        return Err(Errno::EINVAL);
    }
    let word = call.abi().word_bytes as u64;
    let mut room = call.kernel.core.config.limits.transfer_bytes;
    let mut found = Vec::new();
    for index in 0..count as u64 {
        let entry = address.wrapping_add(index * 2 * word);
        let start = call.read_word(entry)?;
        let length = call.read_word(entry.wrapping_add(word))?;
        if length > call.abi().word_max() / 2 {
            return Err(Errno::EINVAL);
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(room);
        room -= length;
        found.push((start, length));
    }
    Ok(found)
}

/// Bytes of all buffers together.
pub(super) fn gather(call: &mut Call<'_>, buffers: &[(u64, usize)]) -> Result<Vec<u8>, Errno> {
    let mut bytes = Vec::new();
    for (address, length) in buffers {
        bytes.extend(call.read_bytes(*address, *length)?);
    }
    Ok(bytes)
}

/// Spreads bytes over the buffers.
pub(super) fn scatter(call: &mut Call<'_>, buffers: &[(u64, usize)], bytes: &[u8]) -> Result<(), Errno> {
    let mut rest = bytes;
    for (address, length) in buffers {
        let (now, later) = rest.split_at((*length).min(rest.len()));
        call.write(*address, now)?;
        rest = later;
    }
    Ok(())
}

pub(super) fn readv(call: &mut Call<'_>) -> CallResult {
    read_vectors(call, Place::Current)
}
pub(super) fn preadv(call: &mut Call<'_>) -> CallResult {
    let place = vector_place(call)?;
    read_vectors(call, place)
}
/// preadv2: an offset of -1 is the file's own; flags only ask for speed.
pub(super) fn preadv2(call: &mut Call<'_>) -> CallResult {
    let place = vector_place_or_own(call)?;
    read_vectors(call, place)
}
fn read_vectors(call: &mut Call<'_>, place: Place) -> CallResult {
    let file = call.file_index(0)?;
    let buffers = vectors(call, call.word(1), call.length(2))?;
    let mut buffer = vec![0; buffers.iter().map(|(_, length)| length).sum()];
    let tid = call.tid;
    match call.kernel.read_file(tid, file, place, &mut buffer) {
        Ok(count) => {
            scatter(call, &buffers, buffer.get(..count).unwrap_or_default())?;
            call.count_io(count, 0);
            Ok(count as u64)
        }
        Err(error) => match read_wait(call, file, error) {
            CallError::Errno(Errno::ETIME) => Ok(0),
            other => Err(other),
        },
    }
}
pub(super) fn writev(call: &mut Call<'_>) -> CallResult {
    write_vectors(call, Place::Current)
}
fn write_vectors(call: &mut Call<'_>, place: Place) -> CallResult {
    let file = call.file_index(0)?;
    let buffers = vectors(call, call.word(1), call.length(2))?;
    let bytes = gather(call, &buffers)?;
    write_all(call, file, place, &bytes)
}
pub(super) fn pwritev(call: &mut Call<'_>) -> CallResult {
    let place = vector_place(call)?;
    write_vectors(call, place)
}
pub(super) fn pwritev2(call: &mut Call<'_>) -> CallResult {
    let place = vector_place_or_own(call)?;
    write_vectors(call, place)
}

/// Where preadv and pwritev begin: two halves, low first whatever the byte order; the second is nothing where the
/// first has 64 bits.
fn vector_offset(call: &Call<'_>) -> u64 {
    match call.abi().word_bytes {
        8 => call.word(3),
        _ => (call.word(3) & 0xffff_ffff) | (call.word(4) << 32),
    }
}
fn vector_place(call: &Call<'_>) -> Result<Place, Errno> {
    let offset = vector_offset(call);
    if (offset as i64) < 0 { Err(Errno::EINVAL) } else { Ok(Place::At(offset)) }
}
fn vector_place_or_own(call: &Call<'_>) -> Result<Place, Errno> {
    /// RWF_HIPRI, RWF_DSYNC, RWF_SYNC
    const RWF_KNOWN: u32 = 7;
    if call.unsigned(5) & !RWF_KNOWN != 0 {
        return Err(Errno::EOPNOTSUPP);
    }
    if vector_offset(call) == u64::MAX { Ok(Place::Current) } else { vector_place(call) }
}

impl Call<'_> {
    /// /proc/PID/io
    fn count_io(&mut self, read: usize, written: usize) {
        if let Ok(process) = self.process() {
            let [bytes_read, bytes_written, reads, writes] = &mut process.io;
            *bytes_read += read as u64;
            *bytes_written += written as u64;
            *if written > 0 { writes } else { reads } += 1;
        }
    }
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
        _ => 0,
    };
    let start = match whence {
        0 => 0,
        1 => own,
        2 => size,
        3 if offset >= 0 && offset < size => return set_offset(call, offset),
        4 if offset >= 0 && offset < size => return set_offset(call, size),
        3 | 4 => return Err(Errno::ENXIO),
        _ => return Err(Errno::EINVAL),
    };
    let target = start.checked_add(offset).filter(|&target| target >= 0).ok_or(Errno::EINVAL)?;
    set_offset(call, target)
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

fn set_length(call: &mut Call<'_>, node: Node, length: u64) -> CallResult {
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
/// fallocate(2): makes room by making the file longer; holes are not made.
pub(super) fn fallocate(call: &mut Call<'_>) -> CallResult {
    let (mode, offset, length) = (call.unsigned(1), call.word(2), call.word(3));
    if mode & !1 != 0 {
        return Err(Errno::EOPNOTSUPP.into());
    }
    let end = offset
        .checked_add(length)
        .filter(|end| *end <= i64::MAX as u64 && length > 0)
        .ok_or(Errno::EINVAL)?;
    let file = call.file_mut(0)?;
    let node = file.node.filter(|_| file.writes()).ok_or(Errno::EBADF)?;
    let tid = call.tid;
    let size = call.kernel.with_files(tid, |vfs, context| vfs.stat(context, node))?.size;
    if mode & 1 != 0 || end <= size { Ok(0) } else { set_length(call, node, end) }
}

/// Advice about files that changes nothing.
pub(super) fn advise(call: &mut Call<'_>) -> CallResult {
    call.file(0)?;
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
