//! Groups that sockets listen to. Key type: [`Membership`]. Neighbour: udp.rs delivers to them. Specification: ip(7)
//! IP_ADD_MEMBERSHIP, ipv6(7), RFC 1112, RFC 3493.
use super::{SocketId, Sockets};
use crate::errno::Errno;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Groups of one socket (`net.ipv4.igmp_max_memberships`); then ENOBUFS.
pub const MEMBERSHIPS_MAX: usize = 20;

/// One group that a socket has joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// the group
    pub group: IpAddr,
    /// number of the interface
    pub interface: u32,
}

impl Membership {
    /// Whether packets that came by that interface are meant.
    pub fn takes(self, interface: u32) -> bool {
        self.interface == interface
    }
}

impl Sockets {
    /// Joins a group on an interface, named by number or, for IPv4, by address; 0 and nothing let the routes choose.
    pub(super) fn join_group(
        &mut self,
        id: SocketId,
        group: IpAddr,
        interface: u32,
        address: Ipv4Addr,
    ) -> Result<(), Errno> {
        let membership = self.membership(group, interface, address)?;
        let socket = self.socket_mut(id)?;
        if socket.memberships.contains(&membership) {
            return Err(Errno::EADDRINUSE);
        }
        if socket.memberships.len() >= MEMBERSHIPS_MAX {
            return Err(Errno::ENOBUFS);
        }
        socket.memberships.push(membership);
        Ok(())
    }

    /// Leaves a group.
    pub(super) fn leave_group(
        &mut self,
        id: SocketId,
        group: IpAddr,
        interface: u32,
        address: Ipv4Addr,
    ) -> Result<(), Errno> {
        let wanted = self.membership(group, interface, address).ok();
        let named = interface != 0 || !address.is_unspecified();
        let socket = self.socket_mut(id)?;
        let same = |own: &Membership| own.group == group && (!named || Some(*own) == wanted);
        let position = socket.memberships.iter().position(same).ok_or(Errno::EADDRNOTAVAIL)?;
        socket.memberships.remove(position);
        Ok(())
    }

    fn membership(&self, group: IpAddr, interface: u32, address: Ipv4Addr) -> Result<Membership, Errno> {
        if !group.is_multicast() {
            return Err(Errno::EINVAL);
        }
        let number = match (interface, address) {
            (0, address) if !address.is_unspecified() => {
                let found = self.network.interfaces.iter().find(|own| own.address == address);
                found.map_or(0, |own| self.network.parent_number(own.number))
            }
            (0, _) => self.network.way_to(group, 0).map_or(0, |way| way.interface),
            (number, _) => number,
        };
        match self.network.numbered(number) {
            Some(_) => Ok(Membership { group, interface: number }),
            None => Err(Errno::ENODEV),
        }
    }

    /// The groups of an interface with how many sockets listen to each: those of all hosts, and what sockets joined.
    pub fn groups(&self, interface: u32) -> alloc::vec::Vec<(IpAddr, usize)> {
        let mut groups = alloc::vec::Vec::new();
        let Some(shown) = self.network.numbered(interface) else { return groups };
        let mut add = |group: IpAddr| match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, users)) => *users += 1,
            None => groups.push((group, 1)),
        };
        for socket in self.sockets.values() {
            let own = socket.memberships.iter().filter(|own| own.interface == interface);
            own.for_each(|own| add(own.group));
        }
        for own in &shown.addresses6 {
            // the group that neighbours ask for this address by (RFC 4291, 2.7.1)
            if !own.address.is_loopback() {
                let low = own.address.to_bits() & 0xff_ffff;
                add(IpAddr::V6(Ipv6Addr::from_bits(0xff02_0000_0000_0000_0000_0001_ff00_0000 | low)));
            }
        }
        if shown.is_up() {
            if !shown.address.is_unspecified() {
                add(IpAddr::V4(Ipv4Addr::new(224, 0, 0, 1)));
            }
            if !shown.addresses6.is_empty() {
                add(IpAddr::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1)));
                add(IpAddr::V6(Ipv6Addr::new(0xff01, 0, 0, 0, 0, 0, 0, 1)));
            }
        }
        groups
    }
}
