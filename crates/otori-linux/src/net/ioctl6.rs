//! Requests of ioctl(2) on sockets of IPv6: addresses and routes. Neighbour: ioctl.rs has the others. Specification:
//! `struct in6_ifreq` and `struct in6_rtmsg` of `linux/ipv6.h` and `linux/ipv6_route.h`.
use super::interface::{Address6, Route6, mask6};
use super::ioctl::word;
use super::network::{ADDRESSES6_MAX, ROUTES_MAX, subnet6};
use super::{InterfaceRequest, Sockets};
use crate::abi::Endian;
use crate::errno::Errno;
use core::net::Ipv6Addr;

impl Sockets {
    /// Changes an address or a route.
    pub(super) fn change_6(
        &mut self,
        request: InterfaceRequest,
        memory: &[u8],
        endian: Endian,
    ) -> Result<(), Errno> {
        match request {
            InterfaceRequest::AddRoute | InterfaceRequest::DeleteRoute => {
                self.change_route_6(request, memory, endian)
            }
            InterfaceRequest::SetPeerAddress => Err(Errno::EINVAL),
            _ => self.change_address_6(request, memory, endian),
        }
    }

    /// `struct in6_ifreq`: address, length of its prefix, number of the interface.
    fn change_address_6(
        &mut self,
        request: InterfaceRequest,
        memory: &[u8],
        endian: Endian,
    ) -> Result<(), Errno> {
        let address = six(memory, 0)?;
        let prefix = u8::try_from(word(memory, 16, endian)).ok().filter(|prefix| *prefix <= 128);
        let prefix = prefix.ok_or(Errno::EINVAL)?;
        let interface = self.network.numbered_mut(word(memory, 20, endian));
        let interface = interface.ok_or(Errno::ENODEV)?;
        let own = Address6 { address, prefix };
        let row = subnet6(own, &interface.name);
        let known = interface.addresses6.iter().position(|known| known.address == address);
        match (request, known) {
            (InterfaceRequest::DeleteAddress, Some(known)) => {
                interface.addresses6.remove(known);
                self.network.routes6.retain(|known| *known != row);
            }
            (InterfaceRequest::DeleteAddress, None) => return Err(Errno::EADDRNOTAVAIL),
            (_, Some(_)) => return Err(Errno::EEXIST),
            (_, None) if interface.addresses6.len() >= ADDRESSES6_MAX => return Err(Errno::ENOBUFS),
            (_, None) if address.is_multicast() || address.is_unspecified() => {
                return Err(Errno::EADDRNOTAVAIL);
            }
            (_, None) => {
                interface.addresses6.push(own);
                let routes = &mut self.network.routes6;
                if prefix < 128 && !routes.contains(&row) && routes.len() < ROUTES_MAX {
                    routes.push(row);
                }
            }
        }
        Ok(())
    }

    /// `struct in6_rtmsg`: destination, source, gateway, type, lengths, metric, info, flags, interface.
    fn change_route_6(
        &mut self,
        request: InterfaceRequest,
        memory: &[u8],
        endian: Endian,
    ) -> Result<(), Errno> {
        let half = memory.get(52..54).and_then(|part| part.try_into().ok()).ok_or(Errno::EFAULT)?;
        let prefix = u8::try_from(endian.read_u16(half)).ok().filter(|prefix| *prefix <= 128);
        let prefix = prefix.ok_or(Errno::EINVAL)?;
        let destination = Ipv6Addr::from_bits(six(memory, 0)?.to_bits() & mask6(prefix));
        let gateway = six(memory, 32)?;
        let metric = match word(memory, 56, endian) {
            0 => 1_024,
            metric => metric,
        };
        // the word of `info` is as long as a pointer
        let behind = if memory.len() > 80 { 72 } else { 64 };
        let number = match word(memory, behind + 4, endian) {
            0 if gateway.is_unspecified() => return Err(Errno::ENODEV),
            0 => self.network.way_to(gateway.into(), 0).ok_or(Errno::EHOSTUNREACH)?.interface,
            number => number,
        };
        let interface = self.network.numbered(number).ok_or(Errno::ENODEV)?.name.clone();
        let same = |row: &Route6| {
            row.destination == destination && row.prefix == prefix && row.interface == interface
        };
        let place = self.network.routes6.iter().position(same);
        match (request, place) {
            (InterfaceRequest::DeleteRoute, Some(place)) => _ = self.network.routes6.remove(place),
            (InterfaceRequest::DeleteRoute, None) => return Err(Errno::ESRCH),
            (_, Some(_)) => return Err(Errno::EEXIST),
            (_, None) if self.network.routes6.len() >= ROUTES_MAX => return Err(Errno::ENOBUFS),
            (_, None) => {
                self.network.routes6.push(Route6 { destination, prefix, gateway, interface, metric })
            }
        }
        Ok(())
    }
}

fn six(memory: &[u8], at: usize) -> Result<Ipv6Addr, Errno> {
    let octets: [u8; 16] =
        memory.get(at..at + 16).and_then(|part| part.try_into().ok()).ok_or(Errno::EFAULT)?;
    Ok(Ipv6Addr::from(octets))
}
