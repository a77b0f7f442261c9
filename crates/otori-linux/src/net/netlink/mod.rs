//! Netlink sockets: names, groups, and who answers requests. Key type: [`Request`]. Neighbours: dump.rs lists what the
//! route family has and change.rs changes it, diagnosis.rs lists sockets, generic.rs families, message.rs lays out.
//! Specification: netlink(7), rtnetlink(7).
mod change;
mod diagnosis;
mod dump;
mod generic;
mod message;

use super::option::Joining;
use super::queue::{Arrival, Datagram};
use super::socket::{Domain, Socket};
use super::{Address, SocketId, Sockets};
use crate::abi::Endian;
use crate::errno::Errno;
use alloc::vec::Vec;
use message::Request;

/// NETLINK_ROUTE
const ROUTE: u16 = 0;
/// NETLINK_SOCK_DIAG
const DIAGNOSIS: u16 = 4;
/// NETLINK_GENERIC
const GENERIC: u16 = 16;
/// Families that a device's kernel has: route, user sockets, socket diagnosis, netfilter, kernel events, generic.
const FAMILIES: &[u16] = &[ROUTE, 2, 4, 12, 15, 16];
/// Families that the kernel does not listen to: nothing is sent to them.
const DEAF_FAMILIES: &[u16] = &[2, 15];
/// Ports that the kernel gives out where the process's own id is taken.
const FIRST_PORT: u32 = (-4_097_i32).cast_unsigned();
/// Requests of one send.
const REQUESTS_MAX: usize = 64;
/// Groups that can be joined by number.
const GROUPS_MAX: u32 = 32;

/// Whether there are sockets of that family.
pub(super) fn is_known(protocol: u16) -> bool {
    FAMILIES.contains(&protocol)
}

impl Sockets {
    /// Gives a netlink socket a port, its process's id if it may choose.
    pub(super) fn bind_netlink(&mut self, id: SocketId, port: u32, groups: u32) -> Result<(), Errno> {
        let socket = self.socket(id)?;
        if let Some(Address::Netlink(own, _)) = socket.local {
            if port != own && port != 0 {
                return Err(Errno::EINVAL);
            }
            self.socket_mut(id)?.local = Some(Address::Netlink(own, groups));
            return Ok(());
        }
        let (protocol, process) = (socket.protocol, socket.credentials.0);
        let taken = |port: u32| {
            let same = |other: &Socket| {
                other.domain == Domain::Netlink
                    && other.protocol == protocol
                    && matches!(other.local, Some(Address::Netlink(own, _)) if own == port)
            };
            self.sockets.values().any(same)
        };
        let port = match port {
            0 if !taken(process) => process,
            0 => {
                let free = (0..super::SOCKETS_MAX as u32 + 1).map(|step| FIRST_PORT.wrapping_sub(step));
                free.into_iter().find(|port| !taken(*port)).ok_or(Errno::EADDRINUSE)?
            }
            port if taken(port) => return Err(Errno::EADDRINUSE),
            port => port,
        };
        self.socket_mut(id)?.local = Some(Address::Netlink(port, groups));
        Ok(())
    }

    pub(super) fn change_netlink_group(
        &mut self,
        id: SocketId,
        joining: Joining,
        group: u32,
    ) -> Result<(), Errno> {
        let bit = match group {
            1..=GROUPS_MAX => 1 << (group - 1),
            _ => return Err(Errno::EINVAL),
        };
        if self.socket(id)?.domain != Domain::Netlink {
            return Err(Errno::ENOPROTOOPT);
        }
        if self.socket(id)?.local.is_none() {
            self.bind_netlink(id, 0, 0)?;
        }
        if let Some(Address::Netlink(_, groups)) = &mut self.socket_mut(id)?.local {
            match joining {
                Joining::In => *groups |= bit,
                Joining::Out => *groups &= !bit,
            }
        }
        Ok(())
    }

    /// Answers the requests of one send; the guest's byte order is told by the length field.
    pub(super) fn send_netlink(&mut self, id: SocketId, bytes: &[u8]) -> Result<usize, Errno> {
        if self.socket(id)?.local.is_none() {
            self.bind_netlink(id, 0, 0)?;
        }
        let socket = self.socket(id)?;
        let (protocol, is_root) = (socket.protocol, socket.uid == 0);
        let Some(Address::Netlink(port, _)) = socket.local else { return Err(Errno::EINVAL) };
        if DEAF_FAMILIES.contains(&protocol) {
            return Err(Errno::ECONNREFUSED);
        }
        let mut rest = bytes;
        for _ in 0..REQUESTS_MAX {
            let Some(request) = Request::read(rest, port) else { break };
            let answers = match protocol {
                ROUTE => self.answer_route(&request, is_root),
                DIAGNOSIS => self.listed(&request, self.diagnose(&request)),
                GENERIC => self.listed(&request, generic::answer(&request)),
                _ => self.settled(&request, Err(Errno::ENOENT)),
            };
            for answer in answers {
                let datagram =
                    Datagram { from: Address::Netlink(0, 0), bytes: answer, arrival: Arrival::default() };
                if !self.socket_mut(id)?.put_datagram(datagram) {
                    return Err(Errno::ENOBUFS);
                }
            }
            rest = rest.get(request.length.next_multiple_of(4)..).unwrap_or_default();
        }
        Ok(bytes.len())
    }

    /// The datagrams that answer a request of the route family.
    fn answer_route(&mut self, request: &Request<'_>, is_root: bool) -> Vec<Vec<u8>> {
        // the first requests of the family are told by the lowest bits: new, delete, get, set
        let result = match request.kind {
            ..16 => return Vec::new(),
            kind if kind & 3 == 2 => match request.is_dump() {
                true => return self.dump(request),
                false => self.find(request),
            },
            _ if !is_root => Err(Errno::EPERM),
            _ => self.change(request).map(|()| Vec::new()),
        };
        self.settled(request, result)
    }

    /// The same of a family whose every request asks for something: the end of a list is its acknowledgement.
    fn listed(&self, request: &Request<'_>, result: Result<Vec<Vec<u8>>, Errno>) -> Vec<Vec<u8>> {
        match result {
            Ok(found) if request.is_dump() => found,
            other => self.settled(request, other),
        }
    }

    /// What was found, with an acknowledgement if one is wanted; or the error.
    fn settled(&self, request: &Request<'_>, result: Result<Vec<Vec<u8>>, Errno>) -> Vec<Vec<u8>> {
        match result {
            Ok(mut found) => {
                if request.wants_acknowledgement() {
                    found.push(request.acknowledgement());
                }
                found
            }
            Err(error) => Vec::from([request.error(error, self.numbering)]),
        }
    }

    /// Tells the members of a group of what changed.
    fn tell_group(&mut self, bit: u32, endian: Endian, kind: u16, body: &[u8]) {
        let message = message::whole(endian, kind, 0, 0, 0, body);
        for socket in self.sockets.values_mut() {
            let member = matches!(socket.local, Some(Address::Netlink(_, groups)) if groups & bit != 0);
            if socket.domain == Domain::Netlink && socket.protocol == ROUTE && member {
                let from = Address::Netlink(0, bit);
                socket.put_datagram(Datagram { from, bytes: message.clone(), arrival: Arrival::default() });
            }
        }
    }
}
