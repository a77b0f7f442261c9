//! Sends packets of our own through the host's routes: answers for who is rejected by a queue.
//!
//! Key type: [`Injector`]. raw(7), ipv6(7): sockets of IPPROTO_RAW take whole packets, with any source. Each carries a mark,
//! so that a netfilter rule of the output hook can tell it from what the host sends.
#![allow(unsafe_code, reason = "system calls that no safe crate of ours wraps; see each SAFETY")]
use super::BackendError;
use std::{
    io,
    mem::{size_of, zeroed},
    net::IpAddr,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
};

/// Mark of what is sent here (`meta mark 0x6f74 accept`).
pub(super) const MARK: i32 = 0x6f74;

/// Raw sockets, one of each family.
pub(super) struct Injector {
    v4: OwnedFd,
    /// where the kernel has IPv6
    v6: Option<OwnedFd>,
}

impl Injector {
    pub(super) fn open() -> Result<Injector, BackendError> {
        let wrap = |error| BackendError::of("opening a socket for answers", error);
        let v4 = open(libc::AF_INET).map_err(wrap)?;
        Ok(Injector { v4, v6: open(libc::AF_INET6).ok() })
    }
    /// Sends a whole packet to its destination; whether the system took it.
    pub(super) fn send(&self, packet: &[u8]) -> bool {
        match destination(packet) {
            Some(IpAddr::V4(to)) => {
                // SAFETY: all-zero is a valid sockaddr_in.
                let mut address: libc::sockaddr_in = unsafe { zeroed() };
                address.sin_family = libc::AF_INET as u16;
                address.sin_addr.s_addr = u32::from_ne_bytes(to.octets());
                send_to(&self.v4, packet, &address)
            }
            Some(IpAddr::V6(to)) => self.v6.as_ref().is_some_and(|socket| {
                // SAFETY: all-zero is a valid sockaddr_in6.
                let mut address: libc::sockaddr_in6 = unsafe { zeroed() };
                address.sin6_family = libc::AF_INET6 as u16;
                address.sin6_addr.s6_addr = to.octets();
                send_to(socket, packet, &address)
            }),
            None => false,
        }
    }
}

/// Where a packet goes, as its header says.
fn destination(packet: &[u8]) -> Option<IpAddr> {
    match packet.first()? >> 4 {
        4 => Some(IpAddr::from(*packet.get(16..)?.first_chunk::<4>()?)),
        6 => Some(IpAddr::from(*packet.get(24..)?.first_chunk::<16>()?)),
        _ => None,
    }
}

fn open(family: i32) -> io::Result<OwnedFd> {
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: takes plain numbers.
    let raw = unsafe { libc::socket(family, kind, libc::IPPROTO_RAW) };
    if raw < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `raw` was opened just now and nobody else has it.
    let socket = unsafe { OwnedFd::from_raw_fd(raw) };
    let (mark, length) = (MARK, size_of::<i32>() as u32);
    // SAFETY: the pointer is to an i32 of the length given, alive through the call.
    let set =
        unsafe { libc::setsockopt(raw, libc::SOL_SOCKET, libc::SO_MARK, (&raw const mark).cast(), length) };
    if set < 0 { Err(io::Error::last_os_error()) } else { Ok(socket) }
}

fn send_to<T>(socket: &OwnedFd, packet: &[u8], address: &T) -> bool {
    // SAFETY: pointers and lengths are those of a live slice and a live address; the kernel only reads them.
    let sent = unsafe {
        libc::sendto(
            socket.as_raw_fd(),
            packet.as_ptr().cast(),
            packet.len(),
            libc::MSG_NOSIGNAL,
            std::ptr::from_ref(address).cast(),
            size_of::<T>() as u32,
        )
    };
    sent >= 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_says_where_it_goes() {
        let mut packet = [0; 40];
        assert_eq!(destination(&packet), None);
        assert_eq!(destination(&[]), None);
        packet[0] = 0x45;
        packet[16..20].copy_from_slice(&[192, 0, 2, 7]);
        assert_eq!(destination(&packet), Some([192, 0, 2, 7].into()));
        assert_eq!(destination(&packet[..19]), None);
        packet[0] = 0x60;
        packet[39] = 9;
        assert_eq!(destination(&packet).unwrap().to_string().rsplit(':').next(), Some("9"));
    }
}
