//! An AF_PACKET socket on one interface.
//!
//! Key type: [`PacketSocket`]. packet(7), and linux/virtio_net.h for the header that keeps offloaded frames whole:
//! with PACKET_VNET_HDR the kernel gives large and unsummed frames as they are, and takes them back so. Neighbour:
//! `ring`, for who only looks.
#![allow(unsafe_code, reason = "system calls that no safe crate of ours wraps; see each SAFETY")]
use super::{BackendError, PAIRS_MAX, spread::Share};
use std::{
    ffi::CString,
    io,
    mem::{size_of, zeroed},
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
    time::Duration,
};

/// Length of struct virtio_net_hdr.
const VIRTIO: usize = 10;
/// Length of a VLAN tag.
const TAG: usize = 4;
/// The largest frame: a big segmentation-offload frame with its headers.
pub(super) const FRAME_BYTES: usize = 256 * 1024;
/// Frames that are received and sent with one call.
pub(super) const BATCH_FRAMES: usize = 32;
/// Kernel memory for frames that wait, of each direction.
const WAITING_BYTES: i32 = 32 * 1024 * 1024;

/// A frame as the socket gave it.
pub(super) struct Frame {
    /// virtio header, then the frame
    buffer: Vec<u8>,
    length: usize,
}

impl Frame {
    pub(super) fn new() -> Self {
        Frame { buffer: vec![0; VIRTIO + FRAME_BYTES + TAG], length: 0 }
    }
    /// The frame, with its VLAN tag put back.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(VIRTIO..self.length).unwrap_or(&[])
    }
    /// Replaces the frame by one of our own.
    pub(super) fn set(&mut self, frame: &[u8]) {
        let room = self.buffer.len() - VIRTIO;
        let count = frame.len().min(room);
        self.length = VIRTIO + count;
        if let (Some(head), Some(frame)) = (self.buffer.get_mut(..VIRTIO), frame.get(..count)) {
            head.fill(0);
            if let Some(body) = self.buffer.get_mut(VIRTIO..VIRTIO + count) {
                body.copy_from_slice(frame);
            }
        }
    }
    /// What a message brought into this frame.
    fn taken(&mut self, message: &libc::mmsghdr, from: &libc::sockaddr_ll) -> Received {
        self.length = (message.msg_len as usize).min(self.buffer.len() - TAG);
        let ours = from.sll_pkttype == libc::PACKET_OUTGOING;
        if ours || message.msg_hdr.msg_flags & libc::MSG_TRUNC != 0 || self.length < VIRTIO {
            return Received::Skip;
        }
        if let Some((kind, tag)) = vlan_of(&message.msg_hdr) {
            self.put_tag(kind, tag);
        }
        Received::Frame
    }
    /// The kernel takes the outer tag off and tells it apart: it goes back to its place behind the addresses.
    fn put_tag(&mut self, kind: u16, tag: u16) {
        let at = VIRTIO + 12;
        if self.length < at || self.length + TAG > self.buffer.len() {
            return;
        }
        self.buffer.copy_within(at..self.length, at + TAG);
        let [a, b] = kind.to_be_bytes();
        let [c, d] = tag.to_be_bytes();
        if let Some(place) = self.buffer.get_mut(at..at + TAG) {
            place.copy_from_slice(&[a, b, c, d]);
        }
        self.length += TAG;
        // Offsets in the virtio header count from the frame's start.
        let needs_sum = self.buffer.first().is_some_and(|flags| flags & 1 != 0);
        let is_large = self.buffer.get(1).is_some_and(|kind| *kind != 0);
        for (at, counts) in [(2, is_large), (6, needs_sum)] {
            if let Some(field) = self.buffer.get_mut(at..at + 2).filter(|_| counts) {
                let value = u16::from_ne_bytes([field[0], field[1]]).saturating_add(TAG as u16);
                field.copy_from_slice(&value.to_ne_bytes());
            }
        }
    }
}

/// What a receive brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Received {
    /// a frame from outside
    Frame,
    /// a frame that we or this host sent, or one too large to keep
    #[default]
    Skip,
}

/// A raw socket on one interface, promiscuous, not blocking.
pub(super) struct PacketSocket {
    fd: OwnedFd,
}

impl PacketSocket {
    /// For who sends frames on: whole ones, and not those that this host sends, or it would meet its own again.
    /// `share`: one of several that each get some of the frames ([`super::spread`]).
    pub(super) fn open(interface: &str, share: Option<&Share>) -> Result<Self, BackendError> {
        let (socket, index) = Self::unbound(interface)?;
        let on: i32 = 1;
        let set = |level, option| socket.set(level, option, &on);
        set(libc::SOL_PACKET, libc::PACKET_VNET_HDR)
            .map_err(|e| BackendError::of("keeping frames whole", e))?;
        set(libc::SOL_PACKET, libc::PACKET_AUXDATA)
            .map_err(|e| BackendError::of("asking for VLAN tags", e))?;
        // Since Linux 4.20; before, the packet type of each frame is asked (below).
        let _ = set(libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING);
        // A larger buffer needs CAP_NET_ADMIN; the default works, with more loss under load.
        let _ = socket.set(libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &WAITING_BYTES);
        let _ = socket.set(libc::SOL_SOCKET, libc::SO_SNDBUFFORCE, &WAITING_BYTES);
        match share {
            None => socket.listen(index)?,
            Some(share) => share.listen(&socket, index)?,
        }
        Ok(socket)
    }

    /// A socket that another process has opened so and left open for this one.
    pub(super) fn inherited(number: i32) -> io::Result<Self> {
        check(number)?;
        // SAFETY: it is open, as just asked, and named to this process for nobody else.
        Ok(PacketSocket { fd: unsafe { OwnedFd::from_raw_fd(number) } })
    }

    /// Its number, and that it stays open in programs that this process starts from now on.
    pub(super) fn hand_down(&self) -> io::Result<i32> {
        let number = self.fd.as_raw_fd();
        // SAFETY: plain numbers; the descriptor is ours.
        let set = unsafe { libc::fcntl(number, libc::F_SETFD, 0) };
        if set < 0 { Err(io::Error::last_os_error()) } else { Ok(number) }
    }

    /// A socket that receives nothing yet, and the interface's index.
    pub(super) fn unbound(interface: &str) -> Result<(Self, i32), BackendError> {
        let missing = || BackendError::Interface(interface.into());
        let name = CString::new(interface).map_err(|_| missing())?;
        // SAFETY: `name` is a NUL-terminated string that lives through the call.
        let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
        let index = i32::try_from(index).ok().filter(|index| *index > 0).ok_or_else(missing)?;
        let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: takes plain numbers. Protocol 0 receives nothing until bind says what.
        let raw = unsafe { libc::socket(libc::AF_PACKET, kind, 0) };
        if raw < 0 {
            return Err(BackendError::of("opening a packet socket", io::Error::last_os_error()));
        }
        // SAFETY: `raw` was opened just now and nobody else has it.
        Ok((PacketSocket { fd: unsafe { OwnedFd::from_raw_fd(raw) } }, index))
    }

    /// From now on it receives everything that comes to that interface.
    pub(super) fn listen(&self, index: i32) -> Result<(), BackendError> {
        let membership = libc::packet_mreq {
            mr_ifindex: index,
            mr_type: libc::PACKET_MR_PROMISC as u16,
            mr_alen: 0,
            mr_address: [0; 8],
        };
        let joined = self.set(libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &membership);
        joined.map_err(|error| BackendError::of("going promiscuous", error))?;
        let address = address(index);
        let length = size_of::<libc::sockaddr_ll>() as u32;
        // SAFETY: the pointer is to a sockaddr_ll of the length given, alive through the call.
        let bound = unsafe { libc::bind(self.fd.as_raw_fd(), (&raw const address).cast(), length) };
        if bound < 0 {
            return Err(BackendError::of("binding to the interface", io::Error::last_os_error()));
        }
        Ok(())
    }

    /// Sets an option.
    pub(super) fn set<T>(&self, level: i32, option: i32, value: &T) -> io::Result<()> {
        let length = size_of::<T>() as u32;
        // SAFETY: the pointer is to a `T` of the length given, alive through the call; the kernel only reads it.
        let set = unsafe {
            libc::setsockopt(self.fd.as_raw_fd(), level, option, std::ptr::from_ref(value).cast(), length)
        };
        if set < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Takes the frames that wait, as many as there is room for; how many were written to `frames`, and what each is.
    pub(super) fn receive(&self, frames: &mut [Frame], received: &mut [Received]) -> io::Result<usize> {
        let mut control = [[0u64; 16]; BATCH_FRAMES];
        // SAFETY: all-zero is a valid sockaddr_ll.
        let mut from: [libc::sockaddr_ll; BATCH_FRAMES] = unsafe { zeroed() };
        let mut parts = [libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; BATCH_FRAMES];
        // SAFETY: all-zero is a valid mmsghdr: null pointers with zero lengths.
        let mut messages: [libc::mmsghdr; BATCH_FRAMES] = unsafe { zeroed() };
        let mut count = 0;
        let places = messages.iter_mut().zip(&mut parts).zip(from.iter_mut().zip(&mut control));
        for (frame, ((message, part), (from, control))) in frames.iter_mut().zip(places) {
            part.iov_base = frame.buffer.as_mut_ptr().cast();
            part.iov_len = frame.buffer.len() - TAG;
            let header = &mut message.msg_hdr;
            header.msg_name = std::ptr::from_mut(from).cast();
            header.msg_namelen = size_of::<libc::sockaddr_ll>() as u32;
            header.msg_iov = std::ptr::from_mut(part);
            header.msg_iovlen = 1;
            header.msg_control = control.as_mut_ptr().cast();
            header.msg_controllen = size_of::<[u64; 16]>() as _;
            count += 1;
        }
        let fd = self.fd.as_raw_fd();
        // SAFETY: the first `count` messages point to memory of the lengths beside it, alive and not used elsewhere.
        let taken = unsafe { libc::recvmmsg(fd, messages.as_mut_ptr(), count, 0, std::ptr::null_mut()) };
        if taken < 0 {
            let error = io::Error::last_os_error();
            return match error.raw_os_error() {
                Some(libc::EAGAIN | libc::EINTR) => Ok(0),
                Some(libc::ENETDOWN) => self.check().map(|()| 0),
                _ => Err(error),
            };
        }
        let taken = usize::try_from(taken).unwrap_or(0);
        let filled = messages.iter().zip(&from).zip(frames.iter_mut().zip(received)).take(taken);
        for ((message, from), (frame, received)) in filled {
            *received = frame.taken(message, from);
        }
        Ok(taken)
    }

    /// Sends frames with their virtio headers, in order; how many the interface had room for.
    pub(super) fn send<'a>(&self, frames: impl Iterator<Item = &'a Frame>) -> usize {
        let mut parts = [libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; BATCH_FRAMES];
        // SAFETY: all-zero is a valid mmsghdr: null pointers with zero lengths.
        let mut messages: [libc::mmsghdr; BATCH_FRAMES] = unsafe { zeroed() };
        let mut count = 0;
        for (frame, (message, part)) in frames.zip(messages.iter_mut().zip(&mut parts)) {
            part.iov_base = frame.buffer.as_ptr().cast_mut().cast();
            part.iov_len = frame.length.min(frame.buffer.len());
            message.msg_hdr.msg_iov = std::ptr::from_mut(part);
            message.msg_hdr.msg_iovlen = 1;
            count += 1;
        }
        let (mut done, mut sent) = (0, 0);
        while let Some(rest) = messages.get_mut(done..count).filter(|rest| !rest.is_empty()) {
            // SAFETY: the messages point to frames that are borrowed through the call; the kernel only reads them.
            let took =
                unsafe { libc::sendmmsg(self.fd.as_raw_fd(), rest.as_mut_ptr(), rest.len() as u32, 0) };
            match usize::try_from(took) {
                Ok(took) if took > 0 => (done, sent) = (done + took, sent + took),
                // The first one has no room; those behind it may have.
                _ => done += 1,
            }
        }
        sent
    }

    /// The interface is still there: one that is taken away and comes back is another one.
    pub(super) fn check(&self) -> io::Result<()> {
        check(self.fd.as_raw_fd())
    }

    /// Takes the error that waits, as when the interface went down: who reads a ring never receives it, and would be woken
    /// by it for ever.
    fn take_error(&self) {
        let mut error: i32 = 0;
        let mut length = size_of::<i32>() as u32;
        let (level, option) = (libc::SOL_SOCKET, libc::SO_ERROR);
        // SAFETY: the pointers are to an i32 and its length, alive through the call. The answer is not needed.
        let _ = unsafe {
            libc::getsockopt(self.fd.as_raw_fd(), level, option, (&raw mut error).cast(), &raw mut length)
        };
    }

    /// Its descriptor.
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Frames that the kernel dropped because nobody took them, since the last call.
    pub(super) fn lost(&self) -> u64 {
        // A ring of version 3 tells one number more, behind those of the others.
        // SAFETY: all-zero is a valid tpacket_stats_v3.
        let mut stats: libc::tpacket_stats_v3 = unsafe { zeroed() };
        let mut length = size_of::<libc::tpacket_stats_v3>() as u32;
        let (level, option) = (libc::SOL_PACKET, libc::PACKET_STATISTICS);
        // SAFETY: the pointers are to a tpacket_stats_v3 and its length, alive through the call.
        let asked = unsafe {
            libc::getsockopt(self.fd.as_raw_fd(), level, option, (&raw mut stats).cast(), &raw mut length)
        };
        if asked < 0 { 0 } else { u64::from(stats.tp_drops) }
    }
}

/// It is a packet socket that is bound to an interface.
fn check(number: i32) -> io::Result<()> {
    let mut address = address(0);
    let mut length = size_of::<libc::sockaddr_ll>() as u32;
    // SAFETY: the pointers are to a sockaddr_ll and its length, alive through the call; any number may be asked.
    let asked = unsafe { libc::getsockname(number, (&raw mut address).cast(), &raw mut length) };
    if asked < 0 {
        return Err(io::Error::last_os_error());
    }
    if i32::from(address.sll_family) != libc::AF_PACKET {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    // The kernel's mark for sockets whose interface was taken away.
    if address.sll_ifindex < 0 { Err(io::Error::from_raw_os_error(libc::ENODEV)) } else { Ok(()) }
}

/// Everything that comes to that interface.
fn address(index: i32) -> libc::sockaddr_ll {
    // SAFETY: all-zero is a valid sockaddr_ll.
    let mut address: libc::sockaddr_ll = unsafe { zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    address.sll_ifindex = index;
    address
}

/// The VLAN tag in the message's auxiliary data.
fn vlan_of(message: &libc::msghdr) -> Option<(u16, u16)> {
    // SAFETY: `message` was filled by recvmsg, so its control fields describe its control buffer.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
    while !header.is_null() {
        // SAFETY: not null, so it points to a header inside the control buffer.
        let (level, kind) = unsafe { ((*header).cmsg_level, (*header).cmsg_type) };
        if level == libc::SOL_PACKET && kind == libc::PACKET_AUXDATA {
            // SAFETY: the kernel puts a tpacket_auxdata behind such a header; read_unaligned asks no alignment.
            let data = unsafe { libc::CMSG_DATA(header).cast::<libc::tpacket_auxdata>().read_unaligned() };
            if data.tp_status & libc::TP_STATUS_VLAN_VALID == 0 {
                return None;
            }
            let known = data.tp_status & libc::TP_STATUS_VLAN_TPID_VALID != 0;
            return Some((if known { data.tp_vlan_tpid } else { 0x8100 }, data.tp_vlan_tci));
        }
        // SAFETY: `header` is a header of `message`.
        header = unsafe { libc::CMSG_NXTHDR(message, header) };
    }
    None
}

/// Waits until one of the sockets (two a pair, at most [`PAIRS_MAX`]) or `wake` can be read, at most `wait`. The error says that an interface is gone.
pub(super) fn wait_for(sockets: &[&PacketSocket], wake: BorrowedFd<'_>, wait: Duration) -> io::Result<()> {
    let entry = |fd: i32| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let mut entries = [entry(-1); 1 + 2 * PAIRS_MAX];
    for (place, fd) in
        entries.iter_mut().zip([wake.as_raw_fd()].into_iter().chain(sockets.iter().map(|s| s.fd.as_raw_fd())))
    {
        place.fd = fd;
    }
    let count = entries.len().min(1 + sockets.len());
    let wait_ms = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: the pointer is to a live array of at least `count` entries.
    let _ = unsafe { libc::poll(entries.as_mut_ptr(), count as libc::nfds_t, wait_ms) };
    for (entry, socket) in entries.iter().skip(1).zip(sockets) {
        if entry.revents & libc::POLLERR != 0 {
            socket.take_error();
            socket.check()?;
        }
    }
    Ok(())
}

/// Waits until `wake` can be read, at most `wait`.
pub(crate) fn wait_alone(wake: BorrowedFd<'_>, wait: Duration) {
    // Without an interface none is gone.
    let _ = wait_for(&[], wake, wait);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_goes_back_behind_the_addresses() {
        let mut frame = Frame::new();
        frame.set(b"ddddddssssss\x08\x00body");
        // a large frame whose sum is missing: header of 54 bytes, sum from 34 on
        frame.buffer[0] = 1;
        frame.buffer[1] = 1;
        frame.buffer[2..4].copy_from_slice(&54u16.to_ne_bytes());
        frame.buffer[6..8].copy_from_slice(&34u16.to_ne_bytes());
        frame.put_tag(0x8100, 7);
        assert_eq!(frame.bytes(), b"ddddddssssss\x81\x00\x00\x07\x08\x00body");
        assert_eq!(frame.buffer[2..4], 58u16.to_ne_bytes());
        assert_eq!(frame.buffer[6..8], 38u16.to_ne_bytes());
    }
}
