//! Room of files: fallocate.
//!
//! Neighbour: `vfs/space.rs` does it; lseek on holes is in `file.rs`. fallocate(2).
use super::call::{Call, CallResult};
use crate::{
    errno::Errno,
    signal::{Information, Signal},
    task::limit::Resource,
    vfs::{KeepSize, Room},
};

/// FALLOC_FL_*
const KEEP_SIZE: u32 = 0x1;
const PUNCH_HOLE: u32 = 0x2;
const COLLAPSE_RANGE: u32 = 0x8;
const ZERO_RANGE: u32 = 0x10;
const INSERT_RANGE: u32 = 0x20;

fn room(mode: u32) -> Result<(Room, KeepSize), Errno> {
    let keeps = if mode & KEEP_SIZE != 0 { KeepSize::Yes } else { KeepSize::No };
    let room = match (mode & !KEEP_SIZE, keeps) {
        (0, _) => Room::Reserve,
        (PUNCH_HOLE, KeepSize::Yes) => Room::Punch,
        (ZERO_RANGE, _) => Room::Zero,
        (COLLAPSE_RANGE, KeepSize::No) => Room::Collapse,
        (INSERT_RANGE, KeepSize::No) => Room::Insert,
        _ => return Err(Errno::EOPNOTSUPP),
    };
    Ok((room, keeps))
}

pub(super) fn fallocate(call: &mut Call<'_>) -> CallResult {
    let (mode, offset, length) = (call.unsigned(1), call.word(2), call.word(3));
    let file = call.file(0)?;
    let (node, writes) = (file.node, file.writes());
    if offset > i64::MAX as u64 || length == 0 || length > i64::MAX as u64 {
        return Err(Errno::EINVAL.into());
    }
    let (room, keeps) = room(mode)?;
    if !writes {
        return Err(Errno::EBADF.into());
    }
    let node = node.ok_or(if call.kernel.core.files.get(call.file_index(0)?).is_some_and(is_pipe) {
        Errno::ESPIPE
    } else {
        Errno::ENODEV
    })?;
    let end = offset.checked_add(length).filter(|end| *end <= i64::MAX as u64).ok_or(Errno::EFBIG)?;
    let (most, _) = call.process()?.limits.get(Resource::FILE_BYTES);
    if end > most && keeps == KeepSize::No {
        let tid = call.tid;
        call.core().send_to_task(tid, Signal::XFSZ, Information::kernel());
        return Err(Errno::EFBIG.into());
    }
    let now_ns = call.kernel.core.wall_ns();
    call.kernel.refresh_mapped(node);
    call.kernel.vfs.change_room(node, room, (offset, end), keeps, now_ns)?;
    call.file_mut(0)?.written = true;
    call.kernel.show_changed(node, offset);
    Ok(0)
}

fn is_pipe(file: &crate::file::OpenFile) -> bool {
    matches!(file.kind, crate::file::FileKind::Pipe(..))
}
