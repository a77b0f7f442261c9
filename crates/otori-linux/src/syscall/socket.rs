//! Socket calls.
//!
//! Neighbours: `socket_message.rs` has sendmsg and its family; `net::Sockets` does the work; here are blocking, descriptors, SIGPIPE, UNIX paths and notices.
//! socket(2), connect(2), send(2), recv(2) …
use super::call::{Call, CallError, CallResult};
use crate::{
    arch::Members,
    errno::Errno,
    file::{FileKind, flag},
    net::{Address, Domain, Kind, Peek, Received, Shutdown, SocketId, SocketOption},
    notice::NoticeKind,
    record::View,
    signal::{Information, Signal},
    task::waiting::{Restart, WaitKey},
    vfs::{self, DeviceNumber, Follow},
};
use alloc::{vec, vec::Vec};
use core::net::SocketAddr;
use otori_event::Transport;

pub(super) const MSG_PEEK: u32 = 0x2;
pub(super) const MSG_TRUNC: u32 = 0x20;
pub(super) const MSG_DONTWAIT: u32 = 0x40;
const MSG_WAITALL: u32 = 0x100;
const MSG_NOSIGNAL: u32 = 0x4000;

/// Bytes of a sockaddr that are read at most (sizeof struct sockaddr_storage).
const ADDRESS_MAX: usize = 128;
/// Bytes of an option value.
const OPTION_MAX: usize = 256;
/// Bytes of a message that its notice keeps.
const NOTICE_BYTES: usize = 256;
/// Bytes of `struct sockaddr_un`, and in the old ABI of ARM.
const UNIX_BYTES: usize = 110;
const PADDED_UNIX_BYTES: usize = 112;
/// AF_UNIX
const FAMILY_UNIX: u16 = 1;

fn is_unix(call: &Call<'_>, address: &[u8]) -> bool {
    View::new(call.abi(), address).u16(0) == Some(FAMILY_UNIX)
}

impl Call<'_> {
    pub(super) fn socket(&self, index: usize) -> Result<SocketId, Errno> {
        match self.file(index)?.kind {
            FileKind::Socket(id) => Ok(id),
            _ => Err(Errno::ENOTSOCK),
        }
    }
    pub(super) fn address(&mut self, address: u64, length: usize) -> Result<Address, Errno> {
        if length > ADDRESS_MAX {
            return Err(Errno::EINVAL);
        }
        let mut bytes = self.read_bytes(address, length)?;
        if length == PADDED_UNIX_BYTES && self.abi().members == Members::WholeWords && is_unix(self, &bytes) {
            bytes.truncate(UNIX_BYTES);
        }
        Address::decode(&bytes, self.endian())
    }
    /// Writes an address as far as the caller has room, and its whole length.
    pub(super) fn give_address(&mut self, found: &Address, target: u64, length_at: u64) -> Result<(), Errno> {
        if target == 0 || length_at == 0 {
            return Ok(());
        }
        let bytes = found.encode(self.endian());
        let room = usize::try_from(self.read_u32(length_at)? as i32).map_err(|_| Errno::EINVAL)?;
        self.write(target, bytes.get(..room.min(bytes.len())).unwrap_or_default())?;
        self.write_u32(length_at, bytes.len() as u32)
    }
    /// The socket waits, unless it does not block.
    fn socket_wait(&mut self, error: Errno, flags: u32, timeout_ns: Option<u64>) -> CallError {
        let non_blocking = self.file(0).map_or(true, |file| file.non_blocking()) || flags & MSG_DONTWAIT != 0;
        if error != Errno::EAGAIN || non_blocking {
            return error.into();
        }
        self.give_up_after(timeout_ns);
        if self.timed_out() {
            return Errno::EAGAIN.into();
        }
        self.wait(vec![WaitKey::Sockets], Restart::WithFlag)
    }
    fn woken(&mut self) {
        self.core().wake(WaitKey::Sockets);
    }
    /// A UNIX path becomes the file that it names.
    pub(super) fn resolve_unix(&mut self, address: Address) -> Result<Address, Errno> {
        let Address::UnixPath { path, node: None } = address else { return Ok(address) };
        let (tid, cwd) = (self.tid, self.cwd()?);
        let node = self.kernel.with_files(tid, |vfs, context| {
            let node = vfs.lookup(context, cwd, &path, Follow::Yes)?;
            vfs.access(context, node, vfs::Want::WRITE)?;
            if vfs.kind(node)? == vfs::Kind::Socket { Ok(node) } else { Err(Errno::ECONNREFUSED) }
        })?;
        Ok(Address::UnixPath { path, node: Some(node) })
    }
    /// How notices name what a socket speaks; `None` inside the machine.
    fn transport(&self, id: SocketId) -> Option<Transport> {
        match self.kernel.core.sockets.description(id).ok()? {
            (Domain::Inet, Kind::Stream, _) => Some(Transport::Tcp),
            (Domain::Inet, Kind::Datagram, _) => Some(Transport::Udp),
            (Domain::Inet, _, 1) => Some(Transport::Icmp),
            (Domain::Inet | Domain::Packet, _, _) => Some(Transport::Other),
            _ => None,
        }
    }
    fn credentials(&mut self) -> Result<(u32, u32, u32), Errno> {
        let pid = self.pid;
        let identity = &self.process()?.identity;
        Ok((pid, identity.effective.uid, identity.effective.gid))
    }
}

fn inet(address: &Address) -> Option<SocketAddr> {
    match address {
        Address::Inet(found) => Some(*found),
        _ => None,
    }
}

/// Kind and descriptor flags of a `type` argument.
fn kind(call: &Call<'_>, argument: u32) -> Result<(Kind, u32), Errno> {
    let kind = Kind::from_number(argument & 0xf, call.abi().numbering).ok_or(Errno::EINVAL)?;
    let flags = call.abi().open_from_guest(argument & !0xf);
    if flags & !(flag::CLOSE_ON_EXEC | flag::NON_BLOCKING) != 0 {
        return Err(Errno::EINVAL);
    }
    Ok((kind, flags))
}
fn install(call: &mut Call<'_>, id: SocketId, flags: u32) -> Result<u64, Errno> {
    let tid = call.tid;
    let done = call.kernel.install_new(tid, FileKind::Socket(id), flag::READ_WRITE | flags);
    if done == Err(Errno::ENFILE) {
        call.kernel.core.sockets.close(id, &mut *call.kernel.outside);
    }
    done
}
/// The call failed after all: the descriptor goes again.
fn uninstall(call: &mut Call<'_>, number: u64) {
    let (tid, pid) = (call.tid, call.pid);
    if let Ok(descriptor) = call.core().table_of_mut(tid).and_then(|table| table.take(number as i32)) {
        call.kernel.release_file(pid, descriptor.file);
    }
}

pub(super) fn socket(call: &mut Call<'_>) -> CallResult {
    let domain = Domain::from_number(call.unsigned(0)).ok_or(Errno::EAFNOSUPPORT)?;
    let (kind, flags) = kind(call, call.unsigned(1))?;
    let credentials = call.credentials()?;
    // the protocol of a packet socket is in network order
    let protocol = call.unsigned(2) & 0xffff;
    let id = call.core().sockets.create(domain, kind, protocol, credentials)?;
    Ok(install(call, id, flags)?)
}
pub(super) fn socketpair(call: &mut Call<'_>) -> CallResult {
    if Domain::from_number(call.unsigned(0)) != Some(Domain::Unix) {
        return Err(Errno::EOPNOTSUPP.into());
    }
    let (kind, flags) = kind(call, call.unsigned(1))?;
    let credentials = call.credentials()?;
    let (first, second) = call.core().sockets.pair(kind, credentials)?;
    let first = install(call, first, flags).inspect_err(|_| {
        call.kernel.core.sockets.close(second, &mut *call.kernel.outside);
    })?;
    let second = install(call, second, flags).inspect_err(|_| uninstall(call, first))?;
    let mut record = call.record();
    record.u32(first as u32).u32(second as u32);
    call.write(call.word(3), record.as_bytes()).inspect_err(|_| {
        uninstall(call, first);
        uninstall(call, second);
    })?;
    Ok(0)
}

pub(super) fn bind(call: &mut Call<'_>) -> CallResult {
    let id = call.socket(0)?;
    let address = call.address(call.word(1), call.length(2))?;
    let address = match address {
        Address::UnixPath { path, node: None } => {
            let (tid, cwd) = (call.tid, call.cwd()?);
            let mode = 0o777 & !call.process()?.place.umask;
            let number = DeviceNumber::default();
            let made = call.kernel.with_files(tid, |vfs, context| {
                vfs.mknod(context, cwd, &path, vfs::Kind::Socket, mode, number)
            });
            let node =
                made.map_err(|error| if error == Errno::EEXIST { Errno::EADDRINUSE } else { error })?;
            Address::UnixPath { path, node: Some(node) }
        }
        other => other,
    };
    call.core().sockets.bind(id, address)?;
    Ok(0)
}
pub(super) fn listen(call: &mut Call<'_>) -> CallResult {
    let id = call.socket(0)?;
    let backlog = call.unsigned(1);
    call.core().sockets.listen(id, backlog)?;
    if let Ok(Address::Inet(local)) = call.kernel.core.sockets.local_address(id) {
        call.notify(NoticeKind::Listen { local });
    }
    call.woken();
    Ok(0)
}
pub(super) fn accept(call: &mut Call<'_>) -> CallResult {
    accept_with(call, 0)
}
pub(super) fn accept4(call: &mut Call<'_>) -> CallResult {
    let flags = call.abi().open_from_guest(call.unsigned(3));
    if flags & !(flag::CLOSE_ON_EXEC | flag::NON_BLOCKING) != 0 {
        return Err(Errno::EINVAL.into());
    }
    accept_with(call, flags)
}
fn accept_with(call: &mut Call<'_>, flags: u32) -> CallResult {
    let id = call.socket(0)?;
    match call.core().sockets.accept(id) {
        Ok((accepted, remote)) => {
            let number = install(call, accepted, flags)?;
            let given = call.give_address(&remote, call.word(1), call.word(2));
            given.inspect_err(|_| uninstall(call, number))?;
            call.woken();
            Ok(number)
        }
        Err(error) => {
            let timeout = call.kernel.core.sockets.receive_timeout_ns(id);
            Err(call.socket_wait(error, 0, timeout))
        }
    }
}

pub(super) fn connect(call: &mut Call<'_>) -> CallResult {
    let id = call.socket(0)?;
    let address = call.address(call.word(1), call.length(2))?;
    let address = call.resolve_unix(address)?;
    let remote = inet(&address);
    let kernel = &mut *call.kernel;
    let result = match call.resumed && call.progress == 1 {
        true => kernel.core.sockets.connect_result(id, &mut *kernel.outside),
        false => kernel.core.sockets.connect(id, address, &mut *kernel.outside),
    };
    let first = call.progress == 0;
    if let (Some(remote), Some(transport)) = (remote, call.transport(id))
        && (first || result != Err(Errno::EINPROGRESS))
    {
        call.notify(NoticeKind::Connect { remote, transport, error: result.err() });
    }
    call.woken();
    match result {
        Ok(()) => Ok(0),
        Err(error @ (Errno::EINPROGRESS | Errno::EAGAIN)) => {
            if call.file(0)?.non_blocking() {
                return Err(error.into());
            }
            call.progress = u64::from(error == Errno::EINPROGRESS);
            let timeout = call.kernel.core.sockets.send_timeout_ns(id);
            call.give_up_after(timeout);
            if call.timed_out() {
                return Err(error.into());
            }
            Err(call.wait(vec![WaitKey::Sockets], Restart::Never))
        }
        Err(error) => Err(error.into()),
    }
}

/// Sends bytes once; what a stream took is added to the progress until all is sent.
pub(super) fn send_bytes(call: &mut Call<'_>, bytes: &[u8], to: Option<Address>, flags: u32) -> CallResult {
    let id = call.socket(0)?;
    let transport = call.transport(id);
    let remote = match &to {
        Some(address) => inet(address),
        None => call.kernel.core.sockets.remote_address(id).ok().as_ref().and_then(inet),
    };
    loop {
        let done = usize::try_from(call.progress).unwrap_or(usize::MAX).min(bytes.len());
        let rest = bytes.get(done..).unwrap_or_default();
        let kernel = &mut *call.kernel;
        let result = match &to {
            Some(address) => {
                kernel.core.sockets.send_to(id, rest, Some(address.clone()), &mut *kernel.outside)
            }
            None => kernel.core.sockets.send(id, rest, &mut *kernel.outside),
        };
        call.woken();
        match result {
            Ok(count) => {
                if let Some(transport) = transport {
                    let first_bytes = rest.get(..count.min(NOTICE_BYTES)).unwrap_or_default().to_vec();
                    call.notify(NoticeKind::SendTo { remote, transport, first_bytes, length: count });
                }
                call.progress += count as u64;
                if count >= rest.len() || count == 0 {
                    return Ok(call.progress);
                }
            }
            Err(Errno::EPIPE) if done == 0 => {
                if flags & MSG_NOSIGNAL == 0 {
                    let tid = call.tid;
                    call.core().send_to_task(tid, Signal::PIPE, Information::kernel());
                }
                return Err(Errno::EPIPE.into());
            }
            Err(error) => {
                let timeout = call.kernel.core.sockets.send_timeout_ns(id);
                return match call.socket_wait(error, flags, timeout) {
                    CallError::Errno(_) if call.progress > 0 => Ok(call.progress),
                    other => Err(other),
                };
            }
        }
    }
}

pub(super) fn send(call: &mut Call<'_>) -> CallResult {
    let bytes = call.read_bytes(call.word(1), call.length(2))?;
    send_bytes(call, &bytes, None, call.unsigned(3))
}
pub(super) fn sendto(call: &mut Call<'_>) -> CallResult {
    let bytes = call.read_bytes(call.word(1), call.length(2))?;
    let to = match call.word(4) {
        0 => None,
        address => {
            let address = call.address(address, call.length(5))?;
            Some(call.resolve_unix(address)?)
        }
    };
    send_bytes(call, &bytes, to, call.unsigned(3))
}

/// Receives once into a buffer of that length.
pub(super) fn receive_bytes(
    call: &mut Call<'_>,
    length: usize,
    flags: u32,
) -> Result<(Vec<u8>, Received), CallError> {
    let id = call.socket(0)?;
    let mut buffer = vec![0; length];
    let peek = if flags & MSG_PEEK != 0 { Peek::Yes } else { Peek::No };
    let kernel = &mut *call.kernel;
    match kernel.core.sockets.receive(id, &mut buffer, peek, &mut *kernel.outside) {
        Ok(received) => {
            buffer.truncate(received.count);
            call.woken();
            if let (Some(transport), true, Peek::No) = (call.transport(id), received.count > 0, peek) {
                let from = received.from.as_ref().and_then(inet);
                let remote =
                    from.or_else(|| call.kernel.core.sockets.remote_address(id).ok().as_ref().and_then(inet));
                call.notify(NoticeKind::Received { remote, transport, length: received.count });
            }
            Ok((buffer, received))
        }
        Err(error) => {
            let timeout = call.kernel.core.sockets.receive_timeout_ns(id);
            Err(call.socket_wait(error, flags, timeout))
        }
    }
}
/// The result of a receive: with MSG_TRUNC the whole length of the datagram.
pub(super) fn received_length(received: &Received, flags: u32) -> u64 {
    if flags & MSG_TRUNC != 0 { received.whole as u64 } else { received.count as u64 }
}

pub(super) fn recv(call: &mut Call<'_>) -> CallResult {
    receive_into(call, call.unsigned(3))
}
pub(super) fn recvfrom(call: &mut Call<'_>) -> CallResult {
    receive_into(call, call.unsigned(3))
}
fn receive_into(call: &mut Call<'_>, flags: u32) -> CallResult {
    let (address, length) = (call.word(1), call.length(2));
    let done = usize::try_from(call.progress).unwrap_or(usize::MAX).min(length);
    let (bytes, received) = match receive_bytes(call, length - done, flags) {
        Err(CallError::Errno(_)) if done > 0 => return Ok(done as u64),
        other => other?,
    };
    // descriptors that came along are let go: nobody asked for them
    let (id, pid) = (call.socket(0)?, call.pid);
    let taken = call.kernel.core.sockets.taken(id);
    call.kernel.drop_passed(pid, id, taken);
    call.write(address.wrapping_add(done as u64), &bytes)?;
    if let Some(from) = &received.from {
        call.give_address(from, call.word(4), call.word(5))?;
    }
    // MSG_WAITALL: a stream goes on until the buffer is full or the stream ends
    let stream = received.from.is_none() && received.count > 0;
    if flags & MSG_WAITALL != 0 && stream && done + received.count < length {
        call.progress += received.count as u64;
        return Err(call.wait(vec![WaitKey::Sockets], Restart::WithFlag));
    }
    Ok(done as u64 + received_length(&received, flags))
}
pub(super) fn shutdown(call: &mut Call<'_>) -> CallResult {
    let id = call.socket(0)?;
    let how = match call.unsigned(1) {
        0 => Shutdown::Read,
        1 => Shutdown::Write,
        2 => Shutdown::Both,
        _ => return Err(Errno::EINVAL.into()),
    };
    let kernel = &mut *call.kernel;
    kernel.core.sockets.shutdown(id, how, &mut *kernel.outside)?;
    call.woken();
    Ok(0)
}
pub(super) fn getsockname(call: &mut Call<'_>) -> CallResult {
    let id = call.socket(0)?;
    let address = call.core().sockets.local_address(id)?;
    call.give_address(&address, call.word(1), call.word(2))?;
    Ok(0)
}
pub(super) fn getpeername(call: &mut Call<'_>) -> CallResult {
    let id = call.socket(0)?;
    let address = call.core().sockets.remote_address(id)?;
    call.give_address(&address, call.word(1), call.word(2))?;
    Ok(0)
}
pub(super) fn setsockopt(call: &mut Call<'_>) -> CallResult {
    let id = call.socket(0)?;
    let (numbering, endian) = (call.abi().numbering, call.endian());
    let option = SocketOption::from_number(call.unsigned(1), call.unsigned(2), numbering)?;
    let length = call.length(4);
    if length > OPTION_MAX {
        return Err(Errno::EINVAL.into());
    }
    let value = call.read_bytes(call.word(3), length)?;
    let value = if is_timeout(option) { short_timeval(call, &value)? } else { value };
    call.core().sockets.set_option(id, option, &value, endian)?;
    Ok(0)
}
pub(super) fn getsockopt(call: &mut Call<'_>) -> CallResult {
    let id = call.socket(0)?;
    let (numbering, endian) = (call.abi().numbering, call.endian());
    let option = SocketOption::from_number(call.unsigned(1), call.unsigned(2), numbering)?;
    let room = usize::try_from(call.read_u32(call.word(4))? as i32).map_err(|_| Errno::EINVAL)?;
    if option == SocketOption::Error {
        let kernel = &mut *call.kernel;
        // a pending connection that failed keeps its error from here on
        let _ = kernel.core.sockets.poll(id, &mut *kernel.outside);
    }
    let value = call.core().sockets.option(id, option, numbering, endian)?;
    let value = if is_timeout(option) { long_timeval(call, &value) } else { value };
    let kept = value.get(..room.min(value.len())).unwrap_or_default();
    call.write(call.word(3), kept)?;
    call.write_u32(call.word(4), kept.len() as u32)?;
    Ok(0)
}

fn is_timeout(option: SocketOption) -> bool {
    matches!(option, SocketOption::ReceiveTimeout | SocketOption::SendTimeout)
}
/// The network keeps timeouts as two words of 32 bits; programs have `struct timeval`, two `long`.
fn short_timeval(call: &Call<'_>, value: &[u8]) -> Result<Vec<u8>, Errno> {
    let view = View::new(call.abi(), value);
    let (seconds, micros) = view.word(0).zip(view.word(call.abi().word_bytes)).ok_or(Errno::EINVAL)?;
    let mut record = call.record();
    record.u32(u32::try_from(seconds).unwrap_or(u32::MAX)).u32(micros as u32);
    Ok(record.finish())
}
fn long_timeval(call: &Call<'_>, value: &[u8]) -> Vec<u8> {
    let view = View::new(call.abi(), value);
    let mut record = call.record();
    [0, 4].into_iter().for_each(|at| _ = record.word(u64::from(view.u32(at).unwrap_or(0))));
    record.finish()
}
