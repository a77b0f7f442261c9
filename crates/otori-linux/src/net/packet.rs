//! Packet sockets: frames that a program makes itself. Neighbour: tap.rs gives them frames to read. Specification:
//! packet(7), RFC 826 for the answers to ARP.
use super::outside::Outside;
use super::segment::Packet;
use super::socket::Kind;
use super::tap::{ARP, FRAME_HEADER, Frame, IP, IP6, OUTGOING, TO_US};
use super::{Address, LinkAddress, SocketId, Sockets};
use crate::errno::Errno;
use alloc::vec::Vec;
use core::net::Ipv4Addr;

/// Bytes of a VLAN tag, which may come on top of the largest packet.
const TAG_BYTES: usize = 4;

impl Sockets {
    /// An address of packet(7) with what its interface adds.
    pub(super) fn link_of(&self, link: LinkAddress) -> LinkAddress {
        match self.network.numbered(link.interface) {
            Some(interface) => {
                LinkAddress { hardware: interface.hardware_type(), mac: interface.mac, mac_bytes: 6, ..link }
            }
            None => LinkAddress { hardware: 0, mac_bytes: 0, mac: [0; 6], ..link },
        }
    }

    /// Sends a frame, or a packet that the kernel makes a frame of.
    pub(super) fn send_packet(
        &mut self,
        id: SocketId,
        bytes: &[u8],
        to: Option<Address>,
        outside: &mut dyn Outside,
    ) -> Result<usize, Errno> {
        let socket = self.socket(id)?;
        let bound = match &socket.local {
            Some(Address::Packet(link)) => *link,
            _ => LinkAddress::default(),
        };
        let (kind, protocol) = (socket.kind, socket.protocol);
        let to = match to {
            Some(Address::Packet(link)) => link,
            Some(_) => return Err(Errno::EINVAL),
            None => LinkAddress { protocol, ..bound },
        };
        let number = to.interface;
        let interface = self.network.numbered(number).ok_or(Errno::ENXIO)?;
        if !interface.is_up() {
            return Err(Errno::ENETDOWN);
        }
        let (mac, mtu) = (interface.mac, interface.mtu as usize);
        let packet = if kind == Kind::Raw { bytes.get(FRAME_HEADER..).ok_or(Errno::EINVAL)? } else { bytes };
        let tag = if kind == Kind::Raw { TAG_BYTES } else { 0 };
        if packet.len() > mtu + tag {
            return Err(Errno::EMSGSIZE);
        }
        let part = |at: usize| -> [u8; 6] {
            bytes.get(at..at + 6).and_then(|part| part.try_into().ok()).unwrap_or_default()
        };
        let frame = if kind == Kind::Raw {
            let ether = bytes.get(12..14).and_then(|part| part.try_into().ok()).unwrap_or_default();
            let protocol = u16::from_be_bytes(ether);
            Frame { protocol, interface: number, from: part(6), to: part(0), packet }
        } else {
            Frame { protocol: to.protocol, interface: number, from: mac, to: to.mac, packet }
        };
        self.network.count(number, (packet.len() + FRAME_HEADER) as u64, 0);
        self.show_frame(frame, OUTGOING);
        if number == 1 {
            self.network.count(number, 0, (packet.len() + FRAME_HEADER) as u64);
            self.show_frame(frame, TO_US);
            if matches!(frame.protocol, IP | IP6) {
                self.input(packet);
            }
        } else {
            self.leave(frame, outside)?;
        }
        Ok(bytes.len())
    }

    /// A frame goes out by Ethernet.
    fn leave(&mut self, frame: Frame<'_>, outside: &mut dyn Outside) -> Result<(), Errno> {
        match frame.protocol {
            ARP => self.answer_arp(frame),
            IP | IP6 => {
                let Some(read) = Packet::read(frame.packet) else { return Ok(()) };
                self.pass_out(&read, outside)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// A neighbour answers a request of ARP for its address.
    fn answer_arp(&mut self, request: Frame<'_>) {
        let bytes = request.packet;
        let field = |at: usize| -> Option<[u8; 4]> { bytes.get(at..at + 4)?.try_into().ok() };
        let (Some(asker), Some(wanted)) = (field(14), field(24)) else { return };
        if bytes.get(..8) != Some(&[0, 1, 8, 0, 6, 4, 0, 1][..]) {
            return;
        }
        let wanted = Ipv4Addr::from(wanted);
        let Some(known) = self.network.neighbours.iter().find(|row| row.0 == wanted) else { return };
        let mac = known.1;
        let mut reply = Vec::from([0, 1, 8, 0, 6, 4, 0, 2]);
        reply.extend_from_slice(&mac);
        reply.extend_from_slice(&wanted.octets());
        reply.extend_from_slice(&request.from);
        reply.extend_from_slice(&asker);
        self.network.count(request.interface, 0, 60);
        let frame = Frame { from: mac, to: request.from, packet: &reply, ..request };
        self.show_frame(frame, TO_US);
    }
}
