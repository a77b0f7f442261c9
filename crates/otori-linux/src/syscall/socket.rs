//! Socket calls.
//!
//! Neighbours: `socket_message.rs` has sendmsg and its family, `socket_option.rs` options; `net::Sockets` does the work; here are blocking, descriptors, SIGPIPE, UNIX paths and notices.
//! socket(2), connect(2), send(2), recv(2) …
use super::call::{Call, CallError, CallResult};
use crate::{
    arch::Members,
    errno::Errno,
    file::{FileKind, flag},
    net::{Address, Arrival, Domain, Kind, Peek, Received, Shutdown, SocketId},
    notice::NoticeKind,
    record::View,
    signal::{Information, Signal},
    task::waiting::{Restart, WaitKey},
    vfs::{self, DeviceNumber, Follow},
};
use alloc::{vec, vec::Vec};
use core::net::SocketAddr;
use otori_event::Transport;

const MSG_OOB: u32 = 0x1;
pub(super) const MSG_PEEK: u32 = 0x2;
pub(super) const MSG_TRUNC: u32 = 0x20;
pub(super) const MSG_DONTWAIT: u32 = 0x40;
const MSG_WAITALL: u32 = 0x100;
pub(super) const MSG_ERRQUEUE: u32 = 0x2000;
const MSG_NOSIGNAL: u32 = 0x4000;

/// Bytes of a sockaddr that are read at most (sizeof struct sockaddr_storage).
const ADDRESS_MAX: usize = 128;
/// Bytes of a message that its notice keeps.
const NOTICE_BYTES: usize = 256;
/// Kinds of sockets that have numbers (SOCK_MAX).
const KINDS: u32 = 11;
/// How long TCP knocks at a full queue before it gives up (`tcp_syn_retries` 6).
const KNOCK_NS: u64 = 127_000_000_000;
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
            if vfs.kind(node)? != vfs::Kind::Socket {
                return Err(Errno::ECONNREFUSED);
            }
            Ok(vfs.identity(node))
        })?;
        Ok(Address::UnixPath { path, node: Some(node) })
    }
    /// Tells a socket who calls, for SO_PEERCRED and SCM_CREDENTIALS.
    pub(super) fn sign(&mut self, id: SocketId) -> Result<(), Errno> {
        if matches!(self.kernel.core.sockets.description(id), Ok((Domain::Unix, ..))) {
            let credentials = self.credentials()?;
            self.core().sockets.set_sender(id, credentials);
        }
        Ok(())
    }
    /// How notices name what a socket speaks; `None` inside the machine.
    fn transport(&self, id: SocketId) -> Option<Transport> {
        match self.kernel.core.sockets.description(id).ok()? {
            (Domain::Inet | Domain::Inet6, Kind::Stream, _) => Some(Transport::Tcp),
            (Domain::Inet, _, 1) | (Domain::Inet6, _, 58) => Some(Transport::Icmp),
            (Domain::Inet | Domain::Inet6, Kind::Datagram, _) => Some(Transport::Udp),
            (Domain::Inet | Domain::Inet6 | Domain::Packet, _, _) => Some(Transport::Other),
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
        // a v4-mapped address is told as the IPv4 address that it is
        Address::Inet(found) => Some(SocketAddr::new(found.ip().to_canonical(), found.port())),
        _ => None,
    }
}

/// Kind and descriptor flags of a `type` argument.
fn kind(call: &Call<'_>, argument: u32) -> Result<(Kind, u32), Errno> {
    let number = argument & 0xf;
    let unknown = if number < KINDS { Errno::ESOCKTNOSUPPORT } else { Errno::EINVAL };
    let kind = Kind::from_number(number, call.abi().numbering).ok_or(unknown)?;
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
    if call.int(2) < 0 {
        return Err(Errno::EINVAL.into());
    }
    // the protocol of a packet socket is in network order
    let protocol = call.unsigned(2) & 0xffff;
    let id = call.core().sockets.create(domain, kind, protocol, credentials)?;
    Ok(install(call, id, flags)?)
}
pub(super) fn socketpair(call: &mut Call<'_>) -> CallResult {
    let domain = Domain::from_number(call.unsigned(0)).ok_or(Errno::EAFNOSUPPORT)?;
    let (kind, flags) = kind(call, call.unsigned(1))?;
    let credentials = call.credentials()?;
    if domain != Domain::Unix {
        let protocol = call.unsigned(2);
        let made = call.core().sockets.create(domain, kind, protocol & 0xffff, credentials)?;
        let kernel = &mut *call.kernel;
        kernel.core.sockets.close(made, &mut *kernel.outside);
        return Err(Errno::EOPNOTSUPP.into());
    }
    if !matches!(call.unsigned(2), 0 | 1) {
        return Err(Errno::EPROTONOSUPPORT.into());
    }
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
        Address::UnixPath { .. } if !matches!(call.kernel.core.sockets.description(id)?.0, Domain::Unix) => {
            address
        }
        Address::UnixPath { .. } if call.kernel.core.sockets.local_address(id)? != Address::UnixUnnamed => {
            return Err(Errno::EINVAL.into());
        }
        Address::UnixPath { path, node: None } => {
            let (tid, cwd) = (call.tid, call.cwd()?);
            let mode = 0o777 & !call.process()?.place.umask;
            let number = DeviceNumber::default();
            let made = call.kernel.with_files(tid, |vfs, context| {
                vfs.mknod(context, cwd, &path, vfs::Kind::Socket, mode, number)
            });
            let node =
                made.map_err(|error| if error == Errno::EEXIST { Errno::EADDRINUSE } else { error })?;
            Address::UnixPath { path, node: Some(call.kernel.vfs.identity(node)) }
        }
        other => other,
    };
    call.core().sockets.bind(id, address)?;
    Ok(0)
}
pub(super) fn listen(call: &mut Call<'_>) -> CallResult {
    let id = call.socket(0)?;
    let backlog = call.unsigned(1);
    call.sign(id)?;
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
    call.sign(id)?;
    let kernel = &mut *call.kernel;
    let asked_first = kernel.core.sockets.is_unconnected(id);
    let result = match call.resumed && call.progress == 1 {
        true => kernel.core.sockets.connect_result(id, &mut *kernel.outside),
        false => kernel.core.sockets.connect(id, address.clone(), &mut *kernel.outside),
    };
    let first = call.progress == 0;
    if let (Some(remote), Some(transport)) = (remote, call.transport(id))
        && (first || result != Err(Errno::EINPROGRESS))
    {
        call.notify(NoticeKind::Connect { remote, transport, error: result.err() });
    }
    call.woken();
    // on loopback a connection is made at once, but who does not wait hears of it at the next call
    let told_later = matches!(result, Ok(()) | Err(Errno::ECONNREFUSED));
    let is_tcp = matches!(
        call.kernel.core.sockets.description(id),
        Ok((Domain::Inet | Domain::Inet6, Kind::Stream, _))
    );
    let is_first = asked_first && !matches!(address, Address::Unspecified);
    if is_tcp && told_later && is_first && call.file(0)?.non_blocking() {
        return Err(call.core().sockets.defer_connect(id, result).into());
    }
    match result {
        Ok(()) => Ok(0),
        Err(error @ (Errno::EINPROGRESS | Errno::EAGAIN)) => {
            if call.file(0)?.non_blocking() {
                return Err(error.into());
            }
            call.progress = u64::from(error == Errno::EINPROGRESS);
            let timeout = call.kernel.core.sockets.send_timeout_ns(id);
            let patience = (is_tcp && call.kernel.core.sockets.is_knocking(id)).then_some(KNOCK_NS);
            call.give_up_after(timeout.or(patience));
            if call.timed_out() {
                let error = if timeout.is_none() { Errno::ETIMEDOUT } else { error };
                return Err(error.into());
            }
            Err(call.wait(vec![WaitKey::Sockets], Restart::Never))
        }
        Err(error) => Err(error.into()),
    }
}

/// Sends a buffer of the guest, piece by piece as far as one call moves bytes.
fn send_buffer(call: &mut Call<'_>, to: Option<Address>, flags: u32) -> CallResult {
    let id = call.socket(0)?;
    call.sign(id)?;
    let address = call.word(1);
    let length = call.word(2);
    let most = call.kernel.core.config.limits.transfer_bytes as u64;
    loop {
        let start = call.progress / most * most;
        let piece = length.saturating_sub(start).min(most);
        let bytes = call.read_bytes(address.wrapping_add(start), piece as usize)?;
        let sent = send_bytes(call, &bytes, start, to.clone(), flags)?;
        if sent >= length || sent < start + piece {
            return Ok(sent);
        }
    }
}

/// Sends bytes; what a stream took is added to the progress until all is sent. `start` is the place of these bytes in
/// all that the call sends.
pub(super) fn send_bytes(
    call: &mut Call<'_>,
    bytes: &[u8],
    start: u64,
    to: Option<Address>,
    flags: u32,
) -> CallResult {
    let id = call.socket(0)?;
    // the datagrams of IPv6 do not look at the flag
    let looks = !matches!(call.kernel.core.sockets.description(id), Ok((Domain::Inet6, Kind::Datagram, _)));
    if flags & MSG_OOB != 0 && looks {
        let kernel = &mut *call.kernel;
        let sent = kernel.core.sockets.send_urgent(id, bytes, &mut *kernel.outside)?;
        call.woken();
        return Ok(sent as u64);
    }
    let transport = call.transport(id);
    let remote = match &to {
        Some(address) => inet(address),
        None => call.kernel.core.sockets.remote_address(id).ok().as_ref().and_then(inet),
    };
    loop {
        let done = usize::try_from(call.progress.saturating_sub(start)).unwrap_or(usize::MAX);
        let rest = bytes.get(done.min(bytes.len())..).unwrap_or_default();
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
            Err(Errno::EPIPE) if call.progress == 0 => {
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
    send_buffer(call, None, call.unsigned(3))
}
pub(super) fn sendto(call: &mut Call<'_>) -> CallResult {
    call.socket(0)?;
    let to = match call.word(4) {
        0 => None,
        address => {
            let address = call.address(address, call.length(5))?;
            Some(call.resolve_unix(address)?)
        }
    };
    send_buffer(call, to, call.unsigned(3))
}

/// Receives once into a buffer of that length.
pub(super) fn receive_bytes(
    call: &mut Call<'_>,
    length: usize,
    flags: u32,
) -> Result<(Vec<u8>, Received), CallError> {
    let id = call.socket(0)?;
    let peek = if flags & MSG_PEEK != 0 { Peek::Yes } else { Peek::No };
    if flags & MSG_OOB != 0 {
        let byte = call.core().sockets.receive_urgent(id, peek)?;
        let bytes = if length > 0 { vec![byte] } else { Vec::new() };
        let received = Received { count: bytes.len(), whole: 1, from: None, arrival: Arrival::default() };
        return Ok((bytes, received));
    }
    if flags & MSG_ERRQUEUE != 0 {
        let fault = call.core().sockets.take_fault(id)?;
        let kept = fault.bytes.get(..length.min(fault.bytes.len())).unwrap_or_default().to_vec();
        let received =
            Received { count: kept.len(), whole: fault.bytes.len(), from: None, arrival: Arrival::default() };
        return Ok((kept, received));
    }
    let mut buffer = vec![0; length];
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
    // it has no address
    (call.arguments[4], call.arguments[5]) = (0, 0);
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
    match &received.from {
        Some(from) => call.give_address(from, call.word(4), call.word(5))?,
        None if call.word(4) != 0 && call.word(5) != 0 => call.write_u32(call.word(5), 0)?,
        None => {}
    }
    // MSG_WAITALL: a stream goes on until the buffer is full or the stream ends
    let is_stream = matches!(call.kernel.core.sockets.description(id), Ok((_, Kind::Stream, _)));
    let stream = is_stream && received.count > 0 && flags & (MSG_PEEK | MSG_OOB | MSG_DONTWAIT) == 0;
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
