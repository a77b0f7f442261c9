//! Who sees packets beside their receivers: packet sockets, as a sniffer has them. Key function:
//! [`Sockets::show_packet`]. Neighbours: packet.rs sends frames, filter.rs chooses. Specification: packet(7).
use super::interface::Interface;
use super::queue::{Arrival, Datagram};
use super::segment::{Packet, TCP, tcp};
use super::socket::{Domain, Kind, Switches};
use super::{Address, LinkAddress, Sockets};
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

/// `ETH_P_ALL`, `ETH_P_IP`, `ETH_P_ARP`, `ETH_P_IPV6`
pub(super) const ALL: u16 = 3;
pub(super) const IP: u16 = 0x0800;
pub(super) const ARP: u16 = 0x0806;
pub(super) const IP6: u16 = 0x86dd;
/// Bytes of an Ethernet header.
pub(super) const FRAME_HEADER: usize = 14;
/// Data bytes of one segment that taps are shown, on Ethernet and on loopback.
const SEGMENT_BYTES: (usize, usize) = (1_460, 65_483);

/// `PACKET_HOST`, `PACKET_BROADCAST`, `PACKET_MULTICAST`, `PACKET_OUTGOING`
pub(super) const TO_US: u8 = 0;
const TO_ALL: u8 = 1;
const TO_SOME: u8 = 2;
pub(super) const OUTGOING: u8 = 4;

/// A frame on its way: the packet and its Ethernet header.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) protocol: u16,
    pub(super) interface: u32,
    pub(super) from: [u8; 6],
    pub(super) to: [u8; 6],
    pub(super) packet: &'a [u8],
}

impl Sockets {
    /// Shows a segment to packet sockets, and raw ones of TCP: nothing is made when there are none.
    pub(super) fn show_segment(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        flags: u8,
        sequence: u32,
        acknowledged: u32,
        bytes: &[u8],
    ) {
        if self.taps == 0 {
            return;
        }
        let start = |end: SocketAddr, other: SocketAddr| {
            (u32::from(end.port()) << 16 | u32::from(other.port())).wrapping_mul(0x9e37_79b1)
        };
        let looped = self.network.is_local(from.ip()) && self.network.is_local(to.ip());
        let most = if looped { SEGMENT_BYTES.1 } else { SEGMENT_BYTES.0 };
        let mut sequence = start(from, to).wrapping_add(sequence);
        let acknowledged =
            if flags & super::segment::ACK == 0 { 0 } else { start(to, from).wrapping_add(acknowledged) };
        let pieces = if bytes.is_empty() { 1 } else { bytes.len().div_ceil(most) };
        for piece in 0..pieces {
            let part = bytes.get(piece * most..bytes.len().min((piece + 1) * most)).unwrap_or_default();
            let whole = tcp(from, to, flags, (sequence, acknowledged), part);
            sequence = sequence.wrapping_add(part.len() as u32);
            self.show_packet(&whole);
            if self.network.is_local(to.ip()) {
                self.deliver_raw(TCP, &whole);
            }
        }
    }

    /// Shows a packet of IP to packet sockets: once as it leaves, once as it comes.
    pub(super) fn show_packet(&mut self, packet: &[u8]) {
        if self.taps == 0 {
            return;
        }
        let Some(read) = Packet::read(packet) else { return };
        let (leaves, comes) = (self.network.is_local(read.from), self.network.is_local(read.to));
        let own = if leaves { read.from } else { read.to };
        let interface = if leaves && comes { 1 } else { self.network.interface_of(own) };
        let here = self.network.numbered(interface).map_or([0; 6], |interface| interface.mac);
        let there =
            if interface == 1 { [0; 6] } else { self.hardware_of(if leaves { read.to } else { read.from }) };
        let protocol = if read.from.is_ipv4() { IP } else { IP6 };
        let (from, to) = if leaves { (here, there) } else { (there, here) };
        let frame = Frame { protocol, interface, from, to, packet };
        if leaves {
            self.show_frame(frame, OUTGOING);
        }
        if comes {
            self.show_frame(frame, TO_US);
        }
    }

    /// Gives a frame to every packet socket that wants it.
    pub(super) fn show_frame(&mut self, frame: Frame<'_>, direction: u8) {
        let direction = match direction {
            TO_US if frame.to == [0xff; 6] => TO_ALL,
            TO_US if frame.to.first().is_some_and(|byte| byte & 1 != 0) => TO_SOME,
            other => other,
        };
        let mut whole = Vec::with_capacity(FRAME_HEADER + frame.packet.len());
        whole.extend_from_slice(&frame.to);
        whole.extend_from_slice(&frame.from);
        whole.extend_from_slice(&frame.protocol.to_be_bytes());
        whole.extend_from_slice(frame.packet);
        let hardware = self.network.numbered(frame.interface).map_or(1, Interface::hardware_type);
        let link = LinkAddress {
            protocol: frame.protocol,
            interface: frame.interface,
            hardware,
            direction,
            mac: frame.from,
            mac_bytes: 6,
        };
        for socket in self.sockets.values_mut().filter(|socket| socket.domain == Domain::Packet) {
            let wanted = match socket.protocol {
                0 => false,
                ALL => direction != OUTGOING || !socket.switches.has(Switches::IGNORE_OUTGOING),
                protocol => protocol == frame.protocol && direction != OUTGOING,
            };
            let bound = match &socket.local {
                Some(Address::Packet(link)) => link.interface == 0 || link.interface == frame.interface,
                _ => true,
            };
            if !wanted || !bound || socket.deaf {
                continue;
            }
            let bytes = if socket.kind == Kind::Raw { whole.as_slice() } else { frame.packet };
            let seen = super::filter::Seen { bytes, frame: &frame, direction };
            let kept = socket.filter.as_ref().map_or(bytes.len(), |filter| filter.run(&seen));
            if kept == 0 {
                continue;
            }
            let arrival = Arrival { interface: frame.interface, whole: bytes.len(), ..Arrival::default() };
            let bytes = bytes.get(..kept.min(bytes.len())).unwrap_or_default().to_vec();
            let most = socket.buffer_bytes.1 as usize;
            if socket.datagrams.push(Datagram { from: Address::Packet(link), bytes, arrival }, most) {
                socket.stir_in();
            }
        }
    }

    /// The hardware address that packets to an address carry: the neighbour's, the gateway's, or everybody's.
    pub(super) fn hardware_of(&self, to: IpAddr) -> [u8; 6] {
        match to {
            IpAddr::V4(four) if four.is_multicast() => {
                let [_, b, c, d] = four.octets();
                [1, 0, 0x5e, b & 0x7f, c, d]
            }
            IpAddr::V4(four) => {
                let known = |address| self.network.neighbours.iter().find(|row| row.0 == address);
                let gateway = self.network.routes.iter().find(|route| route.netmask.is_unspecified());
                let found = known(four).or_else(|| known(gateway?.gateway));
                found.map_or([0xff; 6], |row| row.1)
            }
            IpAddr::V6(six) if six.is_multicast() => {
                let [.., a, b, c, d] = six.octets();
                [0x33, 0x33, a, b, c, d]
            }
            IpAddr::V6(six) => {
                let known = |address| self.network.neighbours6.iter().find(|row| row.0 == address);
                let gateway = self.network.routes6.iter().find(|route| route.prefix == 0);
                let found = known(six).or_else(|| known(gateway?.gateway));
                found.map_or([0xff; 6], |row| row.1)
            }
        }
    }
}
