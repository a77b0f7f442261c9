//! Tells both ends of a rejected TCP connection that it is over.
//!
//! [`resets`] makes two frames out of the rejected one: back to its sender, on to its receiver. RFC 9293 3.10.7.
use otori_event::Timestamp;
use otori_wire::{
    LinkType, decode,
    decode::{Transport, checksum, tcp_flag},
};

/// The Ethernet frames of two resets, for the sender and for the receiver; `None` when the frame is not TCP over IPv4 or
/// IPv6, or is a reset itself.
pub fn resets(frame: &[u8]) -> Option<[Vec<u8>; 2]> {
    let packet = decode(LinkType::Ethernet, Timestamp(0), frame);
    let ip = packet.ip.as_ref()?;
    let Transport::Tcp { source, destination, sequence, acknowledgement, flags, .. } = packet.transport
    else {
        return None;
    };
    if flags & tcp_flag::RST != 0 || ip.fragment.is_some() {
        return None;
    }
    let link_bytes = frame.len().checked_sub(ip.header.len() + ip.body.len())?;
    // The link header ends where the IP header begins; padding behind the datagram does not count.
    let header_at = (14..=link_bytes).find(|at| frame.get(*at..*at + ip.header.len()) == Some(ip.header))?;
    let link = frame.get(..header_at)?;
    let opening = u32::from(flags & (tcp_flag::SYN | tcp_flag::FIN) != 0);
    let behind = sequence.wrapping_add(packet.payload.len() as u32).wrapping_add(opening);
    let back = Reset {
        ports: (destination, source),
        sequence: acknowledgement,
        acknowledgement: behind,
        backwards: true,
    };
    let on = Reset { ports: (source, destination), sequence, acknowledgement, backwards: false };
    Some([back.frame(link, ip)?, on.frame(link, ip)?])
}

struct Reset {
    ports: (u16, u16),
    sequence: u32,
    acknowledgement: u32,
    backwards: bool,
}

impl Reset {
    fn frame(&self, link: &[u8], ip: &otori_wire::decode::Ip<'_>) -> Option<Vec<u8>> {
        let mut frame = link.to_vec();
        let (mut from, mut to) = (ip.source, ip.destination);
        if self.backwards {
            let (first, second) = frame.get_mut(..12)?.split_at_mut(6);
            first.swap_with_slice(second);
            core::mem::swap(&mut from, &mut to);
        }
        let mut tcp = Vec::with_capacity(20);
        tcp.extend_from_slice(&self.ports.0.to_be_bytes());
        tcp.extend_from_slice(&self.ports.1.to_be_bytes());
        tcp.extend_from_slice(&self.sequence.to_be_bytes());
        tcp.extend_from_slice(&self.acknowledgement.to_be_bytes());
        tcp.extend_from_slice(&[0x50, tcp_flag::RST | tcp_flag::ACK, 0, 0, 0, 0, 0, 0]);
        let mut pseudo = Vec::with_capacity(60);
        let mut header = match (from, to) {
            (std::net::IpAddr::V4(from), std::net::IpAddr::V4(to)) => {
                pseudo.extend_from_slice(&from.octets());
                pseudo.extend_from_slice(&to.octets());
                let mut header = vec![0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0];
                header.extend_from_slice(&pseudo);
                let sum = checksum(&header);
                header.get_mut(10..12)?.copy_from_slice(&sum.to_be_bytes());
                header
            }
            (std::net::IpAddr::V6(from), std::net::IpAddr::V6(to)) => {
                pseudo.extend_from_slice(&from.octets());
                pseudo.extend_from_slice(&to.octets());
                let mut header = vec![0x60, 0, 0, 0, 0, 20, 6, 64];
                header.extend_from_slice(&pseudo);
                header
            }
            _ => return None,
        };
        pseudo.extend_from_slice(&[0, 6, 0, 20]);
        pseudo.extend_from_slice(&tcp);
        let sum = checksum(&pseudo);
        tcp.get_mut(16..18)?.copy_from_slice(&sum.to_be_bytes());
        frame.append(&mut header);
        frame.append(&mut tcp);
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_told_with_right_sums() {
        let mut frame = vec![1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 8, 0];
        frame.extend_from_slice(&[0x45, 0, 0, 43, 0, 0, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]);
        frame.extend_from_slice(&[0x0f, 0xa0, 0, 80, 0, 0, 0, 100, 0, 0, 1, 244, 0x50, 24, 0, 0, 0, 0, 0, 0]);
        frame.extend_from_slice(b"abc\0\0\0");
        let [back, on] = resets(&frame).unwrap();
        let read = |frame: &[u8]| {
            let packet = decode(LinkType::Ethernet, Timestamp(0), frame);
            assert_eq!(checksum(packet.ip.as_ref().unwrap().header), 0);
            packet.transport
        };
        assert_eq!(back[..6], [2; 6]);
        let expect = |ports: (u16, u16), sequence, acknowledgement| Transport::Tcp {
            source: ports.0,
            destination: ports.1,
            sequence,
            acknowledgement,
            flags: tcp_flag::RST | tcp_flag::ACK,
            window: 0,
            urgent: 0,
            options: otori_wire::decode::TcpOptions::default(),
        };
        assert_eq!(read(&back), expect((80, 4000), 500, 103));
        assert_eq!(read(&on), expect((4000, 80), 100, 500));
        assert!(resets(&back).is_none(), "a reset is not answered");
        for cut in 0..frame.len() {
            resets(&frame[..cut]);
        }
    }
}
