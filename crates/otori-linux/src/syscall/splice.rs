//! Bytes from one open file to another without a look at them: splice, tee, vmsplice, copy_file_range.
//!
//! Neighbours: `pipe.rs`, `file/io.rs`. One side at least is a pipe, but of copy_file_range. splice(2), tee(2),
//! vmsplice(2), copy_file_range(2).
use super::{
    call::{Call, CallError, CallResult},
    transfer::{gather, scatter, vectors},
};
use crate::{
    arena::Index,
    errno::Errno,
    file::{FileKind, OpenFile, flag, io::Place},
    pipe::{CAPACITY, PipeId},
    vfs::{Kind, Node},
};
use alloc::vec;

/// SPLICE_F_NONBLOCK
const NON_BLOCKING: u32 = 2;
/// MOVE, NONBLOCK, MORE, GIFT
const KNOWN: u32 = 0xf;

fn pipe_of(call: &Call<'_>, file: Index<OpenFile>) -> Option<PipeId> {
    match call.kernel.core.files.get(file)?.kind {
        FileKind::Pipe(pipe, _) => Some(pipe),
        _ => None,
    }
}
/// Waits for a file, unless the caller does not want to.
fn wait(call: &mut Call<'_>, file: Index<OpenFile>, flags: u32) -> CallError {
    if flags & NON_BLOCKING != 0 { Errno::EAGAIN.into() } else { call.or_wait(file, Errno::EAGAIN) }
}
/// The offset at an address, for a side that is no pipe.
fn place(call: &mut Call<'_>, address: u64, is_pipe: bool) -> Result<Place, Errno> {
    if address == 0 {
        return Ok(Place::Current);
    }
    if is_pipe {
        return Err(Errno::ESPIPE);
    }
    let bytes = call.read_bytes(address, 8)?;
    let offset = crate::record::View::new(call.abi(), &bytes).u64(0).ok_or(Errno::EFAULT)?;
    if (offset as i64) < 0 { Err(Errno::EINVAL) } else { Ok(Place::At(offset)) }
}
fn keep_place(call: &mut Call<'_>, address: u64, place: Place, moved: usize) -> Result<(), Errno> {
    let Place::At(offset) = place else { return Ok(()) };
    let mut record = call.record();
    record.u64(offset.saturating_add(moved as u64));
    call.write(address, record.as_bytes())
}

pub(super) fn splice(call: &mut Call<'_>) -> CallResult {
    let (from, to, tid) = (call.file_index(0)?, call.file_index(2)?, call.tid);
    let (from_address, to_address) = (call.word(1), call.word(3));
    let (length, flags) = (call.length(4).min(CAPACITY), call.unsigned(5));
    if flags & !KNOWN != 0 {
        return Err(Errno::EINVAL.into());
    }
    if length == 0 {
        return Ok(0);
    }
    let (source, target) = (pipe_of(call, from), pipe_of(call, to));
    if (source.is_none() && target.is_none()) || (source.is_some() && source == target) {
        return Err(Errno::EINVAL.into());
    }
    if !call.file(0)?.reads() || !call.file(2)?.writes() {
        return Err(Errno::EBADF.into());
    }
    let read_place = place(call, from_address, source.is_some())?;
    let write_place = place(call, to_address, target.is_some())?;
    let room = match target {
        Some(pipe) if call.kernel.core.pipes.readers(pipe) > 0 => {
            CAPACITY.saturating_sub(call.kernel.core.pipes.available(pipe))
        }
        _ => length,
    };
    if room == 0 {
        return Err(wait(call, to, flags));
    }
    let mut buffer = vec![0; length.min(room)];
    if let Some(pipe) = source {
        // what the other side does not take stays in the pipe
        let count = match call.kernel.core.pipes.peek(pipe, &mut buffer) {
            Ok(count) => count,
            Err(Errno::EAGAIN) => return Err(wait(call, from, flags)),
            Err(error) => return Err(error.into()),
        };
        let bytes = buffer.get(..count).unwrap_or_default();
        let written = match call.kernel.write_file(tid, to, write_place, bytes) {
            Ok(written) => written,
            Err(Errno::EAGAIN) => return Err(wait(call, to, flags)),
            Err(error) => return Err(error.into()),
        };
        let taken = buffer.get_mut(..written).unwrap_or_default();
        call.kernel.read_file(tid, from, Place::Current, taken)?;
        keep_place(call, to_address, write_place, written)?;
        return Ok(written as u64);
    }
    let count = match call.kernel.read_file(tid, from, read_place, &mut buffer) {
        Ok(count) => count,
        Err(Errno::EAGAIN) => return Err(wait(call, from, flags)),
        Err(error) => return Err(error.into()),
    };
    let written = put(call, to, buffer.get(..count).unwrap_or_default())?;
    keep_place(call, from_address, read_place, written)?;
    Ok(written as u64)
}

/// Puts bytes into a pipe that has room for them, in pieces that are never refused for being torn.
fn put(call: &mut Call<'_>, to: Index<OpenFile>, bytes: &[u8]) -> Result<usize, Errno> {
    let tid = call.tid;
    if bytes.is_empty() { Ok(0) } else { call.kernel.write_file(tid, to, Place::Current, bytes) }
}

pub(super) fn tee(call: &mut Call<'_>) -> CallResult {
    let (from, to) = (call.file_index(0)?, call.file_index(1)?);
    let (length, flags) = (call.length(2).min(CAPACITY), call.unsigned(3));
    let pipes = pipe_of(call, from).zip(pipe_of(call, to));
    let (source, target) = pipes.filter(|(source, target)| source != target).ok_or(Errno::EINVAL)?;
    if !call.file(0)?.reads() || !call.file(1)?.writes() {
        return Err(Errno::EBADF.into());
    }
    if length == 0 {
        return Ok(0);
    }
    let room = CAPACITY.saturating_sub(call.kernel.core.pipes.available(target));
    if room == 0 {
        return Err(wait(call, to, flags));
    }
    let mut buffer = vec![0; length.min(room)];
    match call.kernel.core.pipes.peek(source, &mut buffer) {
        Ok(count) => Ok(put(call, to, buffer.get(..count).unwrap_or_default())? as u64),
        Err(Errno::EAGAIN) => Err(wait(call, from, flags)),
        Err(error) => Err(error.into()),
    }
}

/// Into a pipe as writev, out of one as readv.
pub(super) fn vmsplice(call: &mut Call<'_>) -> CallResult {
    let (file, tid, flags) = (call.file_index(0)?, call.tid, call.unsigned(3));
    pipe_of(call, file).ok_or(Errno::EBADF)?;
    let buffers = vectors(call, call.word(1), call.length(2))?;
    if call.file(0)?.writes() {
        let bytes = gather(call, &buffers)?;
        return match put(call, file, &bytes) {
            Ok(count) => Ok(count as u64),
            Err(Errno::EAGAIN) => Err(wait(call, file, flags)),
            Err(error) => Err(error.into()),
        };
    }
    let mut buffer = vec![0; buffers.iter().map(|(_, length)| length).sum()];
    match call.kernel.read_file(tid, file, Place::Current, &mut buffer) {
        Ok(count) => {
            scatter(call, &buffers, buffer.get(..count).unwrap_or_default())?;
            Ok(count as u64)
        }
        Err(Errno::EAGAIN) => Err(wait(call, file, flags)),
        Err(error) => Err(error.into()),
    }
}

/// Bytes from one regular file to another.
pub(super) fn copy_file_range(call: &mut Call<'_>) -> CallResult {
    let (from, to, tid) = (call.file_index(0)?, call.file_index(2)?, call.tid);
    let (from_address, to_address, length) = (call.word(1), call.word(3), call.length(4));
    if call.unsigned(5) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (source, target) = (regular(call, from)?, regular(call, to)?);
    let from_place = place(call, from_address, false)?;
    let to_place = place(call, to_address, false)?;
    let files = &call.kernel.core.files;
    let file = |index| files.get(index).ok_or(Errno::EBADF);
    let (input, output) = (file(from)?, file(to)?);
    if !input.reads() || !output.writes() || output.flags & flag::APPEND != 0 {
        return Err(Errno::EBADF.into());
    }
    let start = |place: Place, file: &OpenFile| match place {
        Place::At(offset) => offset,
        Place::Current => file.offset,
    };
    let (read_at, write_at) = (start(from_place, input), start(to_place, output));
    let overlaps =
        read_at < write_at.saturating_add(length as u64) && write_at < read_at.saturating_add(length as u64);
    if call.kernel.vfs.identity(source) == call.kernel.vfs.identity(target) && overlaps && length > 0 {
        return Err(Errno::EINVAL.into());
    }
    let mut buffer = vec![0; length];
    let count = call.kernel.read_file(tid, from, Place::At(read_at), &mut buffer)?;
    let bytes = buffer.get(..count).unwrap_or_default();
    let written = match count {
        0 => 0,
        _ => call.kernel.write_file(tid, to, Place::At(write_at), bytes)?,
    };
    for (index, place, address) in [(from, from_place, from_address), (to, to_place, to_address)] {
        keep_place(call, address, place, written)?;
        if let (Place::Current, Some(file)) = (place, call.core().files.get_mut(index)) {
            file.offset = file.offset.saturating_add(written as u64);
        }
    }
    Ok(written as u64)
}

/// The regular file behind an open one; EISDIR for a directory, EINVAL for everything else.
fn regular(call: &Call<'_>, index: Index<OpenFile>) -> Result<Node, Errno> {
    let file = call.kernel.core.files.get(index).ok_or(Errno::EBADF)?;
    let node = file.node.filter(|_| matches!(file.kind, FileKind::Node)).ok_or(Errno::EINVAL)?;
    match call.kernel.vfs.kind(node)? {
        Kind::File => Ok(node),
        Kind::Directory => Err(Errno::EISDIR),
        _ => Err(Errno::EINVAL),
    }
}
