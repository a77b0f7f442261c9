//! Raw IP sockets: hand-made packets, and copies of those that arrive. Neighbour: icmp.rs answers them. Specification:
//! raw(7), ipv6(7), RFC 3542 for ICMP6_FILTER and IPV6_CHECKSUM.
use super::address::plain;
use super::checksum::{checksum, put, transport};
use super::icmp::arrival;
use super::queue::Datagram;
use super::segment::{HOPS, ICMP, ICMP6, IP_HEADER, Packet, packet};
use super::socket::{Domain, Socket, State, Switches};
use super::{Address, Outside, SocketId, Sockets};
use crate::errno::Errno;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

/// Largest packet, bytes.
const PACKET_MAX: usize = 65_535;
/// `IPPROTO_RAW`: only sends, always with the header.
pub(super) const IPPROTO_RAW: u16 = 255;

impl Sockets {
    pub(super) fn send_raw(
        &mut self,
        id: SocketId,
        bytes: &[u8],
        to: SocketAddr,
        outside: &mut dyn Outside,
    ) -> Result<usize, Errno> {
        let socket = self.socket(id)?;
        if bytes.len() > PACKET_MAX {
            return Err(Errno::EMSGSIZE);
        }
        let to = socket.reachable(to)?;
        if to.is_ipv6() != (socket.domain == Domain::Inet6) {
            return Err(Errno::EAFNOSUPPORT);
        }
        if self.network.is_broadcast(to.ip()) && !socket.switches.has(Switches::BROADCAST) {
            return Err(Errno::EACCES);
        }
        let included = socket.switches.has(Switches::HEADER_INCLUDED);
        let (protocol, six) = (socket.protocol as u8, to.is_ipv6());
        let (hops, service) = (socket.stored.hops(six).unwrap_or(HOPS), socket.stored.service(six));
        let checksum_at = socket.stored.checksum_at().filter(|_| six);
        let (from, way) =
            self.bind_towards(id, SocketAddr::new(to.ip(), 0)).map(|(from, way)| (from.ip(), way))?;
        let whole = if included && !six {
            self.packets = self.packets.wrapping_add(1);
            completed(bytes, from, self.packets.max(1))?
        } else if included {
            bytes.to_vec()
        } else {
            let mut payload = bytes.to_vec();
            let place = if protocol == ICMP6 && six { Some(2) } else { checksum_at };
            if let Some(place) = place {
                if place + 2 > payload.len() {
                    return Err(Errno::EINVAL);
                }
                put(&mut payload, place, 0);
                let sum = transport(from, to.ip(), protocol, &payload);
                put(&mut payload, place, sum);
            }
            Packet { from, to: to.ip(), protocol, hops, service, payload: &payload }.build()
        };
        self.network.count(way.interface, whole.len() as u64, 0);
        self.show_packet(&whole);
        if self.network.is_local(to.ip()) {
            self.network.count(1, 0, whole.len() as u64);
            self.input(&whole);
        } else if let Some(read) = Packet::read(&whole) {
            self.pass_out(&Packet { to: to.ip(), ..read }, outside)?;
        }
        Ok(bytes.len())
    }

    /// Takes a hand-made packet's answer from the outside.
    pub(super) fn fetch_raw(&mut self, id: SocketId, outside: &mut dyn Outside) {
        let Ok(socket) = self.socket(id) else { return };
        let protocol = socket.protocol as u8;
        let Some((from, payload)) = outside.raw_receive(protocol) else { return };
        let Some(local) = self.network.source_for(from) else { return };
        let whole = packet(from, local, protocol, &payload);
        let interface = self.network.interface_of(local);
        self.network.count(interface, 0, whole.len() as u64);
        self.show_packet(&whole);
        self.deliver_raw(protocol, &whole);
    }

    /// Gives a packet to every raw socket that wants it: with its header over IPv4, without over IPv6.
    pub(super) fn deliver_raw(&mut self, protocol: u8, whole: &[u8]) {
        if self.taps == 0 {
            return;
        }
        let Some(read) = Packet::read(whole) else { return };
        let interface = self.network.interface_of(read.to);
        let from = Address::Inet(plain(SocketAddr::new(read.from, 0)));
        for socket in self.sockets.values_mut() {
            if socket.protocol != u16::from(protocol) || !socket.wants(&read, interface) {
                continue;
            }
            let bytes = if socket.domain == Domain::Inet6 { read.payload } else { whole };
            let mut arrival = arrival(&read, interface);
            arrival.whole = bytes.len();
            socket.put_datagram(Datagram { from: from.clone(), bytes: bytes.to_vec(), arrival });
        }
    }
}

impl Socket {
    /// Whether a raw socket takes a packet: its family, addresses, interface and filter.
    fn wants(&self, read: &Packet<'_>, interface: u32) -> bool {
        let family = (self.domain == Domain::Inet6) == read.to.is_ipv6();
        let remote = self.remote_inet().filter(|_| self.state == State::Directed);
        let addressed = self.local.is_none() || self.takes_address(read.to);
        let kind = read.payload.first().copied().unwrap_or(0);
        let filtered = match read.protocol {
            ICMP if kind < 32 => self.icmp_filter >> kind & 1 != 0,
            ICMP6 => {
                let word = self.icmp6_filter.get(usize::from(kind) / 32).copied().unwrap_or(0);
                word >> (kind % 32) & 1 != 0
            }
            _ => false,
        };
        self.is_raw()
            && family
            && addressed
            && !filtered
            && self.protocol != IPPROTO_RAW
            && (self.device == 0 || self.device == interface)
            && remote.is_none_or(|remote| remote.ip() == read.from)
    }

    /// Queues a datagram, as far as there is room; the wire drops what does not fit.
    pub(super) fn put_datagram(&mut self, datagram: Datagram) -> bool {
        if self.deaf {
            return false;
        }
        let most = self.buffer_bytes.1 as usize;
        let fits = self.datagrams.push(datagram, most);
        if fits {
            self.arrived += 1;
            self.stir_in();
        }
        fits
    }
}

/// A packet that came with its header: the kernel fills in its length, its checksum, and source and number where they
/// are 0.
fn completed(bytes: &[u8], source: IpAddr, number: u16) -> Result<Vec<u8>, Errno> {
    let IpAddr::V4(source) = source else { return Err(Errno::EINVAL) };
    let header = bytes.first().map_or(0, |first| usize::from(first & 0xf) * 4);
    if bytes.len() < IP_HEADER || header < IP_HEADER || header > bytes.len() {
        return Err(Errno::EINVAL);
    }
    let mut whole = bytes.to_vec();
    put(&mut whole, 2, bytes.len() as u16);
    if whole.get(12..16) == Some(&[0; 4][..]) {
        whole.iter_mut().skip(12).zip(source.octets()).for_each(|(to, from)| *to = from);
    }
    if whole.get(4..6) == Some(&[0; 2][..]) {
        put(&mut whole, 4, number);
    }
    put(&mut whole, 10, 0);
    let sum = checksum(whole.get(..header).unwrap_or_default());
    put(&mut whole, 10, sum);
    Ok(whole)
}
