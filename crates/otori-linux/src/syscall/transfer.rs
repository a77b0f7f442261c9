//! Bytes in and out of open files: read, write, at an offset, scattered over buffers.
//!
//! Neighbours: `file/io.rs` does the work; `file.rs` opens, closes and seeks. read(2), pread(2), readv(2).
use super::call::{Call, CallError, CallResult};
use crate::{
    arena::Index,
    dev::Device,
    errno::Errno,
    file::{FileKind, OpenFile, io::Place},
    task::waiting::Restart,
    task::waiting::WaitKey,
    vfs::Kind,
};
use alloc::{vec, vec::Vec};

/// Buffers that one readv or writev may name (IOV_MAX).
const VECTORS_MAX: usize = 1024;

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

/// Bytes that one read or write moves at most (MAX_RW_COUNT).
const WHOLE_MAX: u64 = 0x7fff_f000;

/// Regular files and the devices of memory give and take in one call all that was asked for, and programs rely on it.
fn gives_all(call: &Call<'_>, file: Index<OpenFile>) -> bool {
    let Some(file) = call.kernel.core.files.get(file) else { return false };
    match file.kind {
        FileKind::Node => file.node.is_some_and(|node| call.kernel.vfs.kind(node) == Ok(Kind::File)),
        FileKind::Device(device) => {
            matches!(
                device,
                Device::Null | Device::Zero | Device::Full | Device::Random | Device::Flash { .. }
            )
        }
        _ => false,
    }
}

/// Reads or writes what gives all, in pieces of what a call moves of others: `piece` does one, with the bytes before it and
/// its own length. Each is paid for as it is done.
fn whole(
    call: &mut Call<'_>,
    (place, length): (Place, u64),
    mut piece: impl FnMut(&mut Call<'_>, Place, u64, usize) -> CallResult,
) -> CallResult {
    let most = call.kernel.core.config.limits.transfer_bytes as u64;
    let length = length.min(WHOLE_MAX);
    let mut done = 0;
    loop {
        let here = match place {
            Place::Current => Place::Current,
            Place::At(offset) => Place::At(offset.saturating_add(done)),
        };
        let now = (length - done).min(most);
        let count = match piece(call, here, done, now as usize) {
            Ok(count) => count,
            Err(_) if done > 0 => return Ok(done),
            Err(error) => return Err(error),
        };
        done += count;
        if count < now || done == length {
            return Ok(done);
        }
    }
}

/// Reads what the second and third argument say, of what gives all.
fn read_whole(call: &mut Call<'_>, file: Index<OpenFile>, place: Place) -> CallResult {
    let address = call.word(1);
    whole(call, (place, call.word(2)), |call, place, done, length| {
        read_into(call, file, place, address.wrapping_add(done), length)
    })
}

pub(super) fn read(call: &mut Call<'_>) -> CallResult {
    let file = call.file_index(0)?;
    let (address, length) = (call.word(1), call.length(2));
    if call.file(0)?.reads() && gives_all(call, file) {
        return read_whole(call, file, Place::Current);
    }
    if call.file(0)?.reads() && is_directory(call, file) {
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
    if gives_all(call, file) {
        return read_whole(call, file, Place::At(offset));
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
    write_from(call, file, Place::Current)
}

/// Writes what the second and third argument say.
fn write_from(call: &mut Call<'_>, file: Index<OpenFile>, place: Place) -> CallResult {
    let (address, length) = (call.word(1), call.length(2));
    if gives_all(call, file) {
        return whole(call, (place, call.word(2)), |call, place, done, length| {
            let bytes = call.read_bytes(address.wrapping_add(done), length)?;
            write_all(call, file, place, &bytes)
        });
    }
    let bytes = call.read_bytes(address, length)?;
    write_all(call, file, place, &bytes)
}
pub(super) fn pwrite64(call: &mut Call<'_>) -> CallResult {
    let file = call.file_index(0)?;
    let offset = call.word(3);
    if (offset as i64) < 0 {
        return Err(Errno::EINVAL.into());
    }
    write_from(call, file, Place::At(offset))
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
