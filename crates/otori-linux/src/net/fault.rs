//! What the network says of what was sent: errors for sockets that were told of, and the queue of MSG_ERRQUEUE.
//! Key type: [`Fault`]. Neighbours: icmp.rs makes them, syscall/ancillary.rs shows them. Specification: ip(7) IP_RECVERR,
//! ipv6(7), `linux/errqueue.h`, RFC 1122 (4.1.3.3).
use super::socket::{Domain, State, Switches};
use super::{SocketId, Sockets};
use crate::errno::Errno;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

/// Faults that wait in one socket; older ones stay.
pub const FAULTS_MAX: usize = 16;

/// Who found the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// this machine, before anything was sent
    Local,
    /// a packet of ICMP
    Icmp,
    /// a packet of ICMPv6
    Icmp6,
}

/// `struct sock_extended_err` and the datagram that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// what the socket reports
    pub error: Errno,
    /// who found it
    pub origin: Origin,
    /// type of the ICMP packet
    pub kind: u8,
    /// code of the ICMP packet
    pub code: u8,
    /// who sent that packet
    pub offender: Option<IpAddr>,
    /// where the datagram went
    pub to: SocketAddr,
    /// the datagram
    pub bytes: Vec<u8>,
}

impl Sockets {
    /// Tells a datagram socket that its datagram found no receiver. A socket without a peer hears of it only when it
    /// asked to.
    pub(super) fn tell_fault(&mut self, id: SocketId, fault: Fault) {
        let Ok(socket) = self.socket_mut(id) else { return };
        let asked = socket.switches.has(Switches::TELL_FAULTS);
        if socket.state != State::Directed && !asked {
            return;
        }
        socket.error = Some(fault.error);
        if asked && socket.faults.len() < FAULTS_MAX {
            socket.faults.push_back(fault);
        }
        socket.stir_in();
    }

    /// Takes the oldest fault, as MSG_ERRQUEUE does: `EAGAIN` when there is none. What comes next shows as the
    /// socket's error.
    pub fn take_fault(&mut self, id: SocketId) -> Result<Fault, Errno> {
        let socket = self.socket_mut(id)?;
        let fault = socket.faults.pop_front().ok_or(Errno::EAGAIN)?;
        socket.error = socket.faults.front().map(|next| next.error);
        Ok(fault)
    }

    /// Port unreachable, as the receiver's machine says it.
    pub(super) fn unreachable(domain: Domain, to: SocketAddr, bytes: &[u8]) -> Fault {
        let six = to.is_ipv6() && domain == Domain::Inet6;
        let (origin, kind, code) = if six { (Origin::Icmp6, 1, 4) } else { (Origin::Icmp, 3, 3) };
        Fault {
            error: Errno::ECONNREFUSED,
            origin,
            kind,
            code,
            offender: Some(to.ip()),
            to,
            bytes: bytes.to_vec(),
        }
    }
}
