//! The only way out of a machine; key trait [`Outside`]. Neighbour: [`crate::net::Sockets`] calls it for
//! every address that is not the machine's own; the decoy's gateway and the lab's fake Internet implement it.
use crate::errno::Errno;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

/// How a connection attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connect {
    /// established: bytes may flow
    Accepted,
    /// no answer yet: ask [`Outside::tcp_state`] again
    Pending,
    /// failed: ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EHOSTUNREACH or ECONNRESET
    Refused(Errno),
}

/// The world beyond the virtual network. Never blocks; `connection` is a number that the machine chooses and
/// does not use twice.
pub trait Outside: Send {
    /// Begins a connection.
    fn tcp_connect(&mut self, connection: u32, from: SocketAddr, to: SocketAddr) -> Connect;

    /// Asks how a pending connection stands.
    fn tcp_state(&mut self, connection: u32) -> Connect;

    /// Hands over bytes and says how many were taken; `EAGAIN` when none can be taken now, `EPIPE` or
    /// `ECONNRESET` when the peer is gone.
    fn tcp_send(&mut self, connection: u32, bytes: &[u8]) -> Result<usize, Errno>;

    /// Fetches bytes; `Ok(0)` is the peer's end of stream, `EAGAIN` nothing yet.
    fn tcp_receive(&mut self, connection: u32, into: &mut [u8]) -> Result<usize, Errno>;

    /// Whether [`Outside::tcp_receive`] would return something else than `EAGAIN`.
    fn tcp_readable(&mut self, connection: u32) -> bool;

    /// Whether [`Outside::tcp_send`] would take at least one byte.
    fn tcp_writable(&mut self, connection: u32) -> bool {
        let _ = connection;
        true
    }

    /// The machine sends no more bytes (shutdown of its sending side).
    fn tcp_finish(&mut self, connection: u32) {
        let _ = connection;
    }

    /// The machine is done with the connection.
    fn tcp_close(&mut self, connection: u32);

    /// Sends one datagram.
    fn udp_send(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> Result<usize, Errno>;

    /// Takes the oldest datagram that waits for that local address.
    fn udp_receive(&mut self, local: SocketAddr) -> Option<(SocketAddr, Vec<u8>)>;

    /// Whether that address answers an echo request.
    fn icmp_echo(&mut self, to: IpAddr) -> bool;

    /// Takes the payload of a packet that a raw socket made by hand (a SYN scan, for example).
    fn raw_send(&mut self, protocol: u8, to: IpAddr, payload: &[u8]) -> Result<usize, Errno> {
        let _ = (protocol, to);
        Ok(payload.len())
    }

    /// An answer to such packets: who sent it, and its payload.
    fn raw_receive(&mut self, protocol: u8) -> Option<(IpAddr, Vec<u8>)> {
        let _ = protocol;
        None
    }
}

/// No world at all: connections find no route, datagrams vanish, nothing answers. For `otori exec`.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoOutside;

impl Outside for NoOutside {
    fn tcp_connect(&mut self, _: u32, _: SocketAddr, _: SocketAddr) -> Connect {
        Connect::Refused(Errno::ENETUNREACH)
    }
    fn tcp_state(&mut self, _: u32) -> Connect {
        Connect::Refused(Errno::ENETUNREACH)
    }
    fn tcp_send(&mut self, _: u32, _: &[u8]) -> Result<usize, Errno> {
        Err(Errno::EPIPE)
    }
    fn tcp_receive(&mut self, _: u32, _: &mut [u8]) -> Result<usize, Errno> {
        Err(Errno::ECONNRESET)
    }
    fn tcp_readable(&mut self, _: u32) -> bool {
        true
    }
    fn tcp_close(&mut self, _: u32) {}
    fn udp_send(&mut self, _: SocketAddr, _: SocketAddr, _: &[u8]) -> Result<usize, Errno> {
        Err(Errno::ENETUNREACH)
    }
    fn udp_receive(&mut self, _: SocketAddr) -> Option<(SocketAddr, Vec<u8>)> {
        None
    }
    fn icmp_echo(&mut self, _: IpAddr) -> bool {
        false
    }
}
