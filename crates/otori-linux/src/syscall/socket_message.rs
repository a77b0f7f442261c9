//! sendmsg, recvmsg and their multiples: scattered buffers, and descriptors that travel beside the bytes.
//!
//! Neighbours: `socket.rs` sends and receives, `file/passed.rs` keeps descriptors on their way. sendmsg(2), recvmsg(2),
//! cmsg(3), unix(7) SCM_RIGHTS and SCM_CREDENTIALS.
use super::{
    ancillary,
    call::{Call, CallError, CallResult},
    socket::{MSG_DONTWAIT, MSG_ERRQUEUE, MSG_PEEK, MSG_TRUNC, receive_bytes, received_length, send_bytes},
    time::{BILLION, timespec},
    transfer::{gather, scatter, vectors},
};
use crate::{
    abi::Numbering,
    arena::Index,
    errno::Errno,
    file::{OpenFile, passed::BUNDLE_MAX},
    net::{Domain, Received, SocketId},
    record::View,
};
use alloc::vec::Vec;

/// Messages of one sendmmsg or recvmmsg.
const MESSAGES_MAX: usize = 1_024;
/// Bytes of control messages that are read (optmem_max of small devices).
const CONTROL_MAX: usize = 10_240;

const SCM_RIGHTS: u32 = 1;
const SCM_CREDENTIALS: u32 = 2;
/// of recvmmsg: only the first message is waited for
const MSG_WAITFORONE: u32 = 0x1_0000;
/// MSG_CTRUNC, MSG_CMSG_CLOEXEC
const CONTROL_CUT: u32 = 0x8;
const CLOSE_ON_EXEC: u32 = 0x4000_0000;

/// `struct msghdr`.
struct Message {
    name: u64,
    name_bytes: usize,
    buffers: Vec<(u64, usize)>,
    control: u64,
    control_bytes: usize,
    /// where msg_namelen, msg_controllen and msg_flags are written back
    name_length_at: u64,
    control_length_at: u64,
    flags_at: u64,
}

fn message_bytes(call: &Call<'_>) -> u64 {
    if call.abi().word_bytes == 8 { 56 } else { 28 }
}
fn message(call: &mut Call<'_>, address: u64) -> Result<Message, Errno> {
    let word = call.abi().word_bytes;
    let bytes = call.read_bytes(address, message_bytes(call) as usize)?;
    let view = View::new(call.abi(), &bytes);
    let field = |index: usize| view.word(index * word).ok_or(Errno::EFAULT);
    let count = usize::try_from(field(3)?).map_err(|_| Errno::EMSGSIZE)?;
    let (name, vector) = (field(0)?, field(2)?);
    let (control, control_bytes) = (field(4)?, field(5)?);
    let name_bytes = view.u32(word).unwrap_or(0) as usize;
    let word = word as u64;
    Ok(Message {
        name,
        name_bytes,
        buffers: vectors(call, vector, count)?,
        control,
        control_bytes: usize::try_from(control_bytes).unwrap_or(usize::MAX),
        name_length_at: address.wrapping_add(word),
        control_length_at: address.wrapping_add(5 * word),
        flags_at: address.wrapping_add(6 * word),
    })
}

pub(super) fn socket_level(call: &Call<'_>) -> u32 {
    if call.abi().numbering == Numbering::Mips { 0xffff } else { 1 }
}
/// Bytes of `struct cmsghdr`: a length, level, type.
pub(super) fn header_bytes(call: &Call<'_>) -> usize {
    call.abi().word_bytes + 8
}

/// The open files that the control messages name.
fn files_to_pass(call: &mut Call<'_>, message: &Message) -> Result<Vec<Index<OpenFile>>, Errno> {
    let mut files = Vec::new();
    if message.control == 0 || message.control_bytes < header_bytes(call) {
        return Ok(files);
    }
    if message.control_bytes > CONTROL_MAX {
        return Err(Errno::ENOBUFS);
    }
    let (word, header) = (call.abi().word_bytes, header_bytes(call));
    let bytes = call.read_bytes(message.control, message.control_bytes)?;
    let view = View::new(call.abi(), &bytes);
    let mut at = 0;
    while let (Some(length), Some(level), Some(kind)) =
        (view.word(at), view.u32(at + word), view.u32(at + word + 4))
    {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let end = at.checked_add(length).filter(|end| length >= header && *end <= bytes.len());
        let end = end.ok_or(Errno::EINVAL)?;
        match (level == socket_level(call), kind) {
            (true, SCM_RIGHTS) => {
                for place in (at + header..end).step_by(4).take_while(|place| place + 4 <= end) {
                    let number = view.u32(place).unwrap_or(u32::MAX) as i32;
                    files.push(call.kernel.file_index(call.tid, number)?);
                }
            }
            (true, SCM_CREDENTIALS) => claim(call, &view, at + header, end)?,
            (true, _) => return Err(Errno::EINVAL),
            _ => {}
        }
        at = end.next_multiple_of(word);
    }
    if files.len() > BUNDLE_MAX { Err(Errno::EINVAL) } else { Ok(files) }
}

/// The sender's word for who it is: root may say anything of processes that are there, others the truth.
fn claim(call: &mut Call<'_>, view: &View<'_>, at: usize, end: usize) -> Result<(), Errno> {
    let (Some(pid), Some(uid), Some(gid)) = (view.u32(at), view.u32(at + 4), view.u32(at + 8)) else {
        return Err(Errno::EINVAL);
    };
    if end < at + 12 {
        return Err(Errno::EINVAL);
    }
    let own = call.pid;
    let identity = &call.process()?.identity;
    let users = [identity.uid, identity.effective.uid, identity.saved_uid];
    let groups = [identity.gid, identity.effective.gid, identity.saved_gid];
    let is_root = identity.effective.uid == 0;
    if !is_root && (pid != own || !users.contains(&uid) || !groups.contains(&gid)) {
        return Err(Errno::EPERM);
    }
    if call.kernel.core.process(pid).is_err() {
        return Err(Errno::ESRCH);
    }
    let id = call.socket(0)?;
    call.core().sockets.set_sender(id, (pid, uid, gid));
    Ok(())
}

fn send_message(call: &mut Call<'_>, address: u64, flags: u32) -> CallResult {
    let id = call.socket(0)?;
    call.sign(id)?;
    let message = message(call, address)?;
    let bytes = gather(call, &message.buffers)?;
    let to = match message.name {
        0 => None,
        name => {
            let address = call.address(name, message.name_bytes)?;
            Some(call.resolve_unix(address)?)
        }
    };
    // what went out before the call waited took its descriptors with it
    let files = if call.progress == 0 { files_to_pass(call, &message)? } else { Vec::new() };
    if files.is_empty() || bytes.is_empty() {
        return send_bytes(call, &bytes, 0, to, flags);
    }
    let (id, pid) = (call.socket(0)?, call.pid);
    let Some((receiver, place)) = call.kernel.core.sockets.unix_receiver(id, to.as_ref()) else {
        return send_bytes(call, &bytes, 0, to, flags);
    };
    let stream = matches!(call.kernel.core.sockets.description(id), Ok((_, crate::net::Kind::Stream, _)));
    let length = if stream { bytes.len() as u64 } else { 1 };
    call.kernel.pass_files(receiver, place..place + length, files)?;
    let sent = send_bytes(call, &bytes, 0, to, flags);
    if sent.is_err() && call.progress == 0 {
        call.kernel.unpass_files(pid, receiver);
    }
    sent
}
pub(super) fn sendmsg(call: &mut Call<'_>) -> CallResult {
    send_message(call, call.word(1), call.unsigned(2))
}
pub(super) fn sendmmsg(call: &mut Call<'_>) -> CallResult {
    let count = call.length(2).min(MESSAGES_MAX) as u64;
    let stride = (message_bytes(call) + 4).next_multiple_of(call.abi().word_bytes as u64);
    for index in 0..count {
        let address = call.word(1).wrapping_add(index * stride);
        call.progress = 0;
        match send_message(call, address, call.unsigned(3) | MSG_DONTWAIT) {
            Ok(sent) => call.write_u32(address.wrapping_add(message_bytes(call)), sent as u32)?,
            Err(_) if index > 0 => return Ok(index),
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

/// How much one receive takes: a stream is not read across the next descriptors.
fn readable_length(call: &Call<'_>, id: SocketId, length: usize) -> usize {
    let sockets = &call.kernel.core.sockets;
    let stream = matches!(sockets.description(id), Ok((Domain::Unix, crate::net::Kind::Stream, _)));
    let place = sockets.taken(id);
    match call.kernel.core.passed.end_after(id, place).filter(|_| stream) {
        Some(next) => length.min(usize::try_from(next - place).unwrap_or(usize::MAX)),
        None => length,
    }
}

/// Gives what came along to the caller, as control messages; says how the message's flags change.
fn give_control(
    call: &mut Call<'_>,
    message: &Message,
    id: SocketId,
    received: &Received,
    flags: u32,
) -> Result<u32, CallError> {
    let taken = call.kernel.core.sockets.taken(id);
    let mut files = if flags & MSG_PEEK != 0 { Vec::new() } else { call.kernel.take_passed(id, taken) };
    let (header, pid) = (header_bytes(call), call.pid);
    let mut record = call.record();
    let mut cut = 0;
    for piece in ancillary::pieces(call, id, received) {
        if !piece.write(call, &mut record, message.control_bytes) {
            cut = CONTROL_CUT;
        }
    }
    let room = message.control_bytes.saturating_sub(record.len() + header) / 4;
    let room = if message.control == 0 { 0 } else { room };
    if files.len() > room {
        cut = CONTROL_CUT;
        for file in files.split_off(room) {
            call.kernel.release_file(pid, file);
        }
    }
    let mut numbers = Vec::new();
    for file in files {
        match call.install(file, flags & CLOSE_ON_EXEC != 0) {
            Ok(number) => numbers.push(number as u32),
            // a full table: `install` has let the file go
            Err(_) => cut = CONTROL_CUT,
        }
    }
    if !numbers.is_empty() {
        record.word((header + numbers.len() * 4) as u64).u32(socket_level(call)).u32(SCM_RIGHTS);
        numbers.iter().for_each(|number| _ = record.u32(*number));
    }
    if record.len() > 0 {
        call.write(message.control, record.as_bytes())?;
    }
    let mut length = call.record();
    length.word(record.len() as u64);
    call.write(message.control_length_at, length.as_bytes())?;
    Ok(cut)
}

fn receive_message(call: &mut Call<'_>, address: u64, flags: u32) -> CallResult {
    let message = message(call, address)?;
    let id = call.socket(0)?;
    let length = message.buffers.iter().map(|(_, length)| length).sum();
    if flags & MSG_ERRQUEUE != 0 {
        return receive_fault(call, &message, id, length);
    }
    let (bytes, received) = receive_bytes(call, readable_length(call, id, length), flags)?;
    scatter(call, &message.buffers, &bytes)?;
    match &received.from {
        Some(from) if message.name != 0 => call.give_address(from, message.name, message.name_length_at)?,
        _ => call.write_u32(message.name_length_at, 0)?,
    }
    let cut = give_control(call, &message, id, &received, flags)?;
    call.write_u32(message.flags_at, cut | shown_flags(&received))?;
    Ok(received_length(&received, flags))
}
/// MSG_ERRQUEUE: the datagram that found no receiver, where it went, and why.
fn receive_fault(call: &mut Call<'_>, message: &Message, id: SocketId, length: usize) -> CallResult {
    let fault = call.core().sockets.take_fault(id)?;
    let kept = fault.bytes.get(..length.min(fault.bytes.len())).unwrap_or_default();
    scatter(call, &message.buffers, kept)?;
    let (to, piece) = ancillary::fault(call, id, &fault);
    if message.name != 0 {
        call.give_address(&to, message.name, message.name_length_at)?;
    }
    let mut record = call.record();
    let fits = piece.write(call, &mut record, message.control_bytes);
    call.write(message.control, record.as_bytes())?;
    let mut used = call.record();
    used.word(record.len() as u64);
    call.write(message.control_length_at, used.as_bytes())?;
    let cut = if fits { 0 } else { CONTROL_CUT };
    let short = if kept.len() < fault.bytes.len() { MSG_TRUNC } else { 0 };
    call.write_u32(message.flags_at, MSG_ERRQUEUE | cut | short)?;
    Ok(kept.len() as u64)
}
fn shown_flags(received: &Received) -> u32 {
    if received.whole > received.count { MSG_TRUNC } else { 0 }
}
pub(super) fn recvmsg(call: &mut Call<'_>) -> CallResult {
    receive_message(call, call.word(1), call.unsigned(2))
}
pub(super) fn recvmmsg(call: &mut Call<'_>) -> CallResult {
    let width = call.abi().word_bytes;
    receive_messages(call, width)
}
pub(super) fn recvmmsg_time64(call: &mut Call<'_>) -> CallResult {
    receive_messages(call, 8)
}

/// The timeout is looked at when a message has come, and only then, as on Linux; what is left of it is written back.
/// While the call waits, its progress is how many messages it has.
fn receive_messages(call: &mut Call<'_>, width: usize) -> CallResult {
    let count = call.length(2).min(MESSAGES_MAX) as u64;
    let stride = (message_bytes(call) + 4).next_multiple_of(call.abi().word_bytes as u64);
    let timeout_at = call.word(4);
    if !call.resumed {
        let timeout_ns = timespec(call, timeout_at, width)?.unwrap_or(u64::MAX);
        call.moment_ns = call.kernel.core.now_ns.saturating_add(timeout_ns);
    }
    let (mut index, end_ns) = (call.progress, call.moment_ns);
    while index < count {
        let address = call.word(1).wrapping_add(index * stride);
        let later = index > 0 && call.unsigned(3) & MSG_WAITFORONE != 0;
        let flags = call.unsigned(3) & !MSG_WAITFORONE | if later { MSG_DONTWAIT } else { 0 };
        match receive_message(call, address, flags) {
            Ok(received) => call.write_u32(address.wrapping_add(message_bytes(call)), received as u32)?,
            Err(CallError::Block(block)) => {
                call.progress = index;
                return Err(CallError::Block(block));
            }
            Err(_) if index > 0 => break,
            Err(error) => return Err(error),
        }
        index += 1;
        if call.kernel.core.now_ns >= end_ns {
            break;
        }
    }
    if timeout_at != 0 {
        let left = end_ns.saturating_sub(call.kernel.core.now_ns);
        let mut record = call.record();
        record.number(left / BILLION, width).number(left % BILLION, width);
        call.write(timeout_at, record.as_bytes())?;
    }
    Ok(index)
}
