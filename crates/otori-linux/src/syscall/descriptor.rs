//! Descriptors: dup, pipe, fcntl.
//!
//! Neighbours: `file.rs` moves bytes; `lock.rs` has the locks; `file/table.rs` keeps the numbers. dup(2), pipe(2), fcntl(2).
use super::{
    call::{Call, CallResult},
    layout::lock::Width,
    lock::{self, Operation, Scope},
};
use crate::{
    abi::Numbering,
    errno::Errno,
    file::{FileKind, OpenFile, flag, table::Descriptor},
    notice::NoticeKind,
    pipe::End,
    task::limit::Resource,
    vfs::seal,
};

pub(super) fn dup(call: &mut Call<'_>) -> CallResult {
    let file = call.file_index(0)?;
    call.core().files.hold(file);
    Ok(call.install(file, false)?)
}
pub(super) fn dup2(call: &mut Call<'_>) -> CallResult {
    if call.int(0) == call.int(1) {
        call.file_index(0)?;
        return Ok(call.word(1));
    }
    duplicate_to(call, false)
}
pub(super) fn dup3(call: &mut Call<'_>) -> CallResult {
    let flags = call.abi().open_from_guest(call.unsigned(2));
    if call.int(0) == call.int(1) || flags & !flag::CLOSE_ON_EXEC != 0 {
        return Err(Errno::EINVAL.into());
    }
    duplicate_to(call, flags & flag::CLOSE_ON_EXEC != 0)
}
fn duplicate_to(call: &mut Call<'_>, close_on_exec: bool) -> CallResult {
    let file = call.file_index(0)?;
    let place = usize::try_from(call.int(1)).map_err(|_| Errno::EBADF)?;
    let (limit, _) = call.process()?.limits.get(Resource::DESCRIPTORS);
    if place as u64 >= limit || place >= call.kernel.core.config.limits.descriptors {
        return Err(Errno::EBADF.into());
    }
    let (tid, pid) = (call.tid, call.pid);
    call.core().files.hold(file);
    let before = call.core().table_of_mut(tid)?.put(place, Descriptor { file, close_on_exec });
    if let Some(before) = before {
        call.kernel.release_file(pid, before.file);
    }
    Ok(place as u64)
}

/// Makes a pipe with two descriptors.
fn make_pipe(call: &mut Call<'_>, flags: u32) -> Result<(u64, u64), Errno> {
    let limit = call.kernel.core.config.limits.open_files;
    if call.kernel.core.files.len() + 2 > limit {
        return Err(Errno::ENFILE);
    }
    let pipe = call.core().pipes.create().inspect_err(|_| {
        call.kernel.core.notify(call.pid, NoticeKind::Limit { limit: "pipes" });
    })?;
    let (tid, pid) = (call.tid, call.pid);
    let reader =
        call.core().files.insert(OpenFile::new(FileKind::Pipe(pipe, End::Read), flags & flag::NON_BLOCKING));
    let kind = FileKind::Pipe(pipe, End::Write);
    let writer = call.core().files.insert(OpenFile::new(kind, flag::WRITE_ONLY | flags & flag::NON_BLOCKING));
    let close_on_exec = flags & flag::CLOSE_ON_EXEC != 0;
    let first = match call.install(reader, close_on_exec) {
        Ok(first) => first,
        Err(error) => {
            call.kernel.release_file(pid, writer);
            return Err(error);
        }
    };
    match call.install(writer, close_on_exec) {
        Ok(second) => Ok((first, second)),
        Err(error) => {
            let _ = call.core().table_of_mut(tid)?.take(first as i32);
            call.kernel.release_file(pid, reader);
            Err(error)
        }
    }
}

/// The old call; MIPS gives the second descriptor in a register.
pub(super) fn pipe(call: &mut Call<'_>) -> CallResult {
    let (first, second) = make_pipe(call, 0)?;
    if call.abi().numbering != Numbering::Mips {
        return give_pipe(call, first, second);
    }
    call.task()?.cpu.set_second_result(second);
    Ok(first)
}
pub(super) fn pipe2(call: &mut Call<'_>) -> CallResult {
    let flags = call.abi().open_from_guest(call.unsigned(1));
    if flags & !(flag::CLOSE_ON_EXEC | flag::NON_BLOCKING | flag::DIRECT) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (first, second) = make_pipe(call, flags)?;
    give_pipe(call, first, second)
}
fn give_pipe(call: &mut Call<'_>, first: u64, second: u64) -> CallResult {
    let mut record = call.record();
    record.u32(first as u32).u32(second as u32);
    call.write(call.word(0), record.as_bytes())?;
    Ok(0)
}

/// fcntl commands; MIPS has its own numbers for some.
mod command {
    pub(super) const DUPFD: u32 = 0;
    pub(super) const GETFD: u32 = 1;
    pub(super) const SETFD: u32 = 2;
    pub(super) const GETFL: u32 = 3;
    pub(super) const SETFL: u32 = 4;
    pub(super) const GETLK: u32 = 5;
    pub(super) const SETLKW: u32 = 7;
    pub(super) const SETOWN: u32 = 8;
    pub(super) const GETOWN: u32 = 9;
    pub(super) const GETLK64: u32 = 12;
    pub(super) const SETLKW64: u32 = 14;
    pub(super) const OFD_GETLK: u32 = 36;
    pub(super) const OFD_SETLKW: u32 = 38;
    pub(super) const SETOWN_EX: u32 = 15;
    pub(super) const GETOWN_EX: u32 = 16;
    pub(super) const GETLEASE: u32 = 1025;
    pub(super) const DUPFD_CLOEXEC: u32 = 1030;
    pub(super) const SETPIPE_SZ: u32 = 1031;
    pub(super) const GETPIPE_SZ: u32 = 1032;
    pub(super) const ADD_SEALS: u32 = 1033;
    pub(super) const GET_SEALS: u32 = 1034;

    /// The generic number of a guest's command.
    pub(super) fn generic(number: u32, mips: bool) -> u32 {
        match (mips, number) {
            (true, 14) => GETLK,
            (true, 6) => GETLK + 1,
            (true, 7) => SETLKW,
            (true, 24) => SETOWN,
            (true, 23) => GETOWN,
            (true, 33) => GETLK64,
            (true, 34) => GETLK64 + 1,
            (true, 35) => SETLKW64,
            (true, 5 | 8 | 9 | 12 | 13) => u32::MAX,
            (_, other) => other,
        }
    }
}

/// The three lock commands stand in this order in each of their groups.
fn operation(place: u32) -> Operation {
    match place {
        0 => Operation::Ask,
        1 => Operation::Try,
        _ => Operation::Wait,
    }
}

pub(super) fn fcntl(call: &mut Call<'_>) -> CallResult {
    let (tid, number, argument) = (call.tid, call.int(0), call.word(2));
    let file = call.file_index(0)?;
    let mips = call.abi().numbering == Numbering::Mips;
    match command::generic(call.unsigned(1), mips) {
        which @ (command::DUPFD | command::DUPFD_CLOEXEC) => {
            let lowest = usize::try_from(argument as i32).map_err(|_| Errno::EINVAL)?;
            let (limit, _) = call.process()?.limits.get(Resource::DESCRIPTORS);
            if lowest as u64 >= limit {
                return Err(Errno::EINVAL.into());
            }
            call.core().files.hold(file);
            Ok(call.kernel.install_from(tid, file, which == command::DUPFD_CLOEXEC, lowest)?)
        }
        command::GETFD => Ok(u64::from(call.core().table_of(tid)?.get(number)?.close_on_exec)),
        command::SETFD => {
            call.core().table_of_mut(tid)?.get_mut(number)?.close_on_exec = argument & 1 != 0;
            Ok(0)
        }
        command::GETFL => {
            let (abi, file) = (call.abi(), call.file(0)?);
            // a kernel of 64 bits opens every file for large offsets
            let opened = file.node.is_some() && file.flags & flag::PATH == 0;
            let large = if abi.word_bytes == 8 && opened { flag::LARGE } else { 0 };
            Ok(u64::from(abi.open_to_guest(file.flags | large)))
        }
        command::SETFL => {
            let wanted = call.abi().open_from_guest(argument as u32) & flag::CHANGEABLE;
            let file = call.file_mut(0)?;
            file.flags = (file.flags & !flag::CHANGEABLE) | wanted;
            Ok(0)
        }
        command::SETOWN => {
            call.file_mut(0)?.owner = argument as i32;
            Ok(0)
        }
        command::GETOWN => Ok(call.file(0)?.owner as u64),
        which @ command::GETLK..=command::SETLKW => {
            lock::record(call, operation(which - command::GETLK), Scope::Process, Width::Long)
        }
        which @ command::GETLK64..=command::SETLKW64 => {
            lock::record(call, operation(which - command::GETLK64), Scope::Process, Width::Wide)
        }
        which @ command::OFD_GETLK..=command::OFD_SETLKW => {
            lock::record(call, operation(which - command::OFD_GETLK), Scope::Description, Width::Wide)
        }
        other => fcntl_linux(call, other, argument),
    }
}

/// The commands that only Linux has: owners with their kind, leases, seals, sizes of pipes.
fn fcntl_linux(call: &mut Call<'_>, which: u32, argument: u64) -> CallResult {
    match which {
        command::SETOWN_EX => {
            // F_OWNER_TID, F_OWNER_PID, F_OWNER_PGRP
            let (kind, id) = (call.read_u32(argument)?, call.read_u32(argument.wrapping_add(4))? as i32);
            call.file_mut(0)?.owner = match kind {
                0 | 1 => id,
                2 => id.wrapping_neg(),
                _ => return Err(Errno::EINVAL.into()),
            };
            Ok(0)
        }
        command::GETOWN_EX => {
            let owner = call.file(0)?.owner;
            let mut record = call.record();
            record.u32(if owner < 0 { 2 } else { 1 }).u32(owner.unsigned_abs());
            call.write(argument, record.as_bytes())?;
            Ok(0)
        }
        // F_UNLCK: nobody has one
        command::GETLEASE => Ok(2),
        command::ADD_SEALS => {
            let file = call.file(0)?;
            let node = file.node.ok_or(Errno::EINVAL)?;
            if !file.writes() {
                return Err(Errno::EPERM.into());
            }
            let seals =
                u8::try_from(argument).ok().filter(|seals| *seals <= seal::ALL).ok_or(Errno::EINVAL)?;
            if seals & seal::WRITE != 0 && call.kernel.core.mapped.is_mapped(call.kernel.vfs.identity(node)) {
                return Err(Errno::EBUSY.into());
            }
            call.kernel.vfs.add_seals(node, seals)?;
            Ok(0)
        }
        command::GET_SEALS => {
            let node = call.file(0)?.node.ok_or(Errno::EINVAL)?;
            Ok(u64::from(call.kernel.vfs.seals(node)?))
        }
        command::SETPIPE_SZ | command::GETPIPE_SZ => match call.file(0)?.kind {
            FileKind::Pipe(..) => Ok(crate::pipe::CAPACITY as u64),
            _ => Err(Errno::EBADF.into()),
        },
        _ => Err(Errno::EINVAL.into()),
    }
}
