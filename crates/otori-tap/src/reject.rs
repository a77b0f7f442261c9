//! Tells who was rejected that it is over: resets for TCP, a refusal or addresses of our own for a question of DNS, and that
//! it is prohibited for other datagrams.
//!
//! [`answers`] makes frames out of the rejected one: back to its sender, and for TCP on to its receiver.
//! RFC 9293 3.10.7; RFC 1035 4.1.1, REFUSED; RFC 3596 for AAAA; RFC 1812 5.2.7.1 and RFC 4443 3.1,
//! destination unreachable, communication administratively prohibited.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use otori_event::Timestamp;
use otori_wire::{
    LinkType, decode,
    decode::{Ip, Transport, checksum, protocol, tcp_flag},
};

const DNS_PORT: u16 = 53;
/// Bytes of two Ethernet addresses and a type.
const ETHERNET_HEADER: usize = 14;
/// Bytes of a DNS header.
const DNS_HEADER: usize = 12;
/// Bytes of a DNS message that fits a packet without EDNS.
const DNS_BYTES: usize = 512;
/// Answer; recursion is available; refused.
const REFUSED: u16 = 0x8085;
/// Answer; recursion is available; no error.
const ANSWERED: u16 = 0x8080;
/// Destination unreachable: type and code, of ICMP and of ICMPv6.
const PROHIBITED: [u8; 2] = [3, 13];
const PROHIBITED_6: [u8; 2] = [1, 1];
/// Bytes that the message repeats behind the rejected packet's header: enough for the sender to know its socket, and no more
/// than a flood has brought (RFC 792).
const REPEATED_BYTES: usize = 8;
/// Types A and AAAA, class IN.
const A: u16 = 1;
const AAAA: u16 = 28;
const IN: u16 = 1;
/// A pointer to the name of the question.
const NAME_OF_QUESTION: u16 = 0xc000 | DNS_HEADER as u16;
/// What of a question's flags its answer repeats: operation and whether recursion is wanted.
const REPEATED: u16 = 0x7900;
/// An answer, not a question.
const IS_ANSWER: u16 = 0x8000;

/// Frames that answer a rejected one.
#[derive(Debug, PartialEq, Eq)]
pub struct Answers {
    /// to its sender
    pub back: Vec<u8>,
    /// to its receiver
    pub on: Option<Vec<u8>>,
}

/// Addresses with which questions of DNS are answered instead of the right ones. Other types, and a family without an
/// address, get an answer without records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sinkhole {
    /// for type A
    pub v4: Option<Ipv4Addr>,
    /// for type AAAA
    pub v6: Option<Ipv6Addr>,
    /// how long the answer may be kept
    pub ttl_s: u32,
}

/// What to answer; `None` where nothing fits: the frame is neither TCP nor UDP, it is a reset, or it goes to many.
/// `kind` says what the frame starts with: an Ethernet header, or the packet itself; so do the answers.
pub fn answers(kind: LinkType, frame: &[u8], sinkhole: Option<&Sinkhole>) -> Option<Answers> {
    let packet = decode(kind, Timestamp(0), frame);
    let ip = packet.ip.as_ref().filter(|ip| ip.fragment.is_none())?;
    let link_bytes = frame.len().checked_sub(ip.header.len() + ip.body.len())?;
    // The link header ends where the IP header begins; padding behind the datagram does not count.
    let least = if kind == LinkType::Ethernet { ETHERNET_HEADER } else { 0 };
    let header_at =
        (least..=link_bytes).find(|at| frame.get(*at..*at + ip.header.len()) == Some(ip.header))?;
    let link = frame.get(..header_at)?;
    match packet.transport {
        Transport::Tcp { source, destination, sequence, acknowledgement, flags, .. } => {
            let opening = u32::from(flags & (tcp_flag::SYN | tcp_flag::FIN) != 0);
            let behind = sequence.wrapping_add(packet.payload.len() as u32).wrapping_add(opening);
            if flags & tcp_flag::RST != 0 {
                return None;
            }
            let back = reset((destination, source), acknowledgement, behind);
            let on = reset((source, destination), sequence, acknowledgement);
            let on = framed(link, ip, Way::On, protocol::TCP, on)?;
            Some(Answers { back: framed(link, ip, Way::Back, protocol::TCP, back)?, on: Some(on) })
        }
        // Answers of DNS are not answered.
        Transport::Udp { source: DNS_PORT, .. } => None,
        Transport::Udp { source, destination, .. } => {
            let question = (destination == DNS_PORT).then(|| refusal(packet.payload, sinkhole)).flatten();
            let Some(refusal) = question else { return prohibited(link, ip) };
            let mut datagram = Vec::with_capacity(DNS_BYTES);
            let length = u16::try_from(8 + refusal.len()).ok()?;
            for number in [DNS_PORT, source, length, 0] {
                datagram.extend_from_slice(&number.to_be_bytes());
            }
            datagram.extend_from_slice(&refusal);
            Some(Answers { back: framed(link, ip, Way::Back, protocol::UDP, datagram)?, on: None })
        }
        _ => None,
    }
}

/// Which way a frame goes, seen from the rejected one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Back,
    On,
}

/// The message that this is prohibited, to who sent a datagram to one receiver.
fn prohibited(link: &[u8], ip: &Ip<'_>) -> Option<Answers> {
    // The first bit of an Ethernet address says that it is a group's.
    let is_group = link.first().is_some_and(|first| first & 1 != 0);
    let to_many = match ip.destination {
        IpAddr::V4(to) => to.is_multicast() || to.is_broadcast(),
        IpAddr::V6(to) => to.is_multicast(),
    };
    if is_group || to_many || ip.source.is_unspecified() || ip.source.is_multicast() {
        return None;
    }
    let (number, head) = match ip.source {
        IpAddr::V4(_) => (protocol::ICMP, PROHIBITED),
        IpAddr::V6(_) => (protocol::ICMPV6, PROHIBITED_6),
    };
    let message = [&head[..], &[0; 6], ip.header, ip.body.get(..REPEATED_BYTES)?].concat();
    Some(Answers { back: framed(link, ip, Way::Back, number, message)?, on: None })
}

/// A segment without its checksum.
fn reset(ports: (u16, u16), sequence: u32, acknowledgement: u32) -> Vec<u8> {
    let mut tcp = Vec::with_capacity(20);
    tcp.extend_from_slice(&ports.0.to_be_bytes());
    tcp.extend_from_slice(&ports.1.to_be_bytes());
    tcp.extend_from_slice(&sequence.to_be_bytes());
    tcp.extend_from_slice(&acknowledgement.to_be_bytes());
    tcp.extend_from_slice(&[0x50, tcp_flag::RST | tcp_flag::ACK, 0, 0, 0, 0, 0, 0]);
    tcp
}

/// The question again, refused or with addresses of our own.
fn refusal(question: &[u8], sinkhole: Option<&Sinkhole>) -> Option<Vec<u8>> {
    let word = |at: usize| question.get(at..at + 2).map(|two| u16::from_be_bytes([two[0], two[1]]));
    let (id, flags) = (word(0)?, word(2)?);
    if flags & IS_ANSWER != 0 || word(4)? != 1 || question.len() > DNS_BYTES {
        return None;
    }
    let mut end = DNS_HEADER;
    while let length @ 1..=63 = *question.get(end)? {
        end += 1 + usize::from(length);
    }
    // The root, type and class; a compressed name has nothing to point to here.
    (*question.get(end)? == 0).then_some(())?;
    let asked = question.get(DNS_HEADER..end + 5)?;
    let (kind, class) = (word(end + 1)?, word(end + 3)?);
    let address = match (sinkhole, kind, class) {
        (Some(Sinkhole { v4: Some(ip), .. }), A, IN) => Some(ip.octets().to_vec()),
        (Some(Sinkhole { v6: Some(ip), .. }), AAAA, IN) => Some(ip.octets().to_vec()),
        _ => None,
    };
    let code = if sinkhole.is_some() { ANSWERED } else { REFUSED };
    let mut answer = Vec::with_capacity(DNS_BYTES);
    for number in [id, flags & REPEATED | code, 1, u16::from(address.is_some()), 0, 0] {
        answer.extend_from_slice(&number.to_be_bytes());
    }
    answer.extend_from_slice(asked);
    if let (Some(address), Some(Sinkhole { ttl_s, .. })) = (address, sinkhole) {
        for number in [NAME_OF_QUESTION, kind, class] {
            answer.extend_from_slice(&number.to_be_bytes());
        }
        answer.extend_from_slice(&ttl_s.to_be_bytes());
        answer.extend_from_slice(&(address.len() as u16).to_be_bytes());
        answer.extend_from_slice(&address);
    }
    Some(answer)
}

/// The whole frame around a segment or datagram, whose checksum is set.
fn framed(link: &[u8], ip: &Ip<'_>, way: Way, number: u8, mut body: Vec<u8>) -> Option<Vec<u8>> {
    let mut frame = link.to_vec();
    let (mut from, mut to) = (ip.source, ip.destination);
    if way == Way::Back {
        if let Some(addresses) = frame.get_mut(..12) {
            let (first, second) = addresses.split_at_mut(6);
            first.swap_with_slice(second);
        }
        core::mem::swap(&mut from, &mut to);
    }
    let length = u16::try_from(body.len()).ok()?;
    let mut pseudo = Vec::with_capacity(40 + body.len());
    let mut header = match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            pseudo.extend_from_slice(&from.octets());
            pseudo.extend_from_slice(&to.octets());
            let mut header = vec![0x45, 0];
            header.extend_from_slice(&length.checked_add(20)?.to_be_bytes());
            header.extend_from_slice(&[0, 0, 0x40, 0, 64, number, 0, 0]);
            header.extend_from_slice(&pseudo);
            let sum = checksum(&header);
            header.get_mut(10..12)?.copy_from_slice(&sum.to_be_bytes());
            header
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            pseudo.extend_from_slice(&from.octets());
            pseudo.extend_from_slice(&to.octets());
            let mut header = vec![0x60, 0, 0, 0];
            header.extend_from_slice(&length.to_be_bytes());
            header.extend_from_slice(&[number, 64]);
            header.extend_from_slice(&pseudo);
            header
        }
        _ => return None,
    };
    pseudo.extend_from_slice(&[0, number]);
    pseudo.extend_from_slice(&length.to_be_bytes());
    pseudo.extend_from_slice(&body);
    let (at, sum) = match number {
        protocol::TCP => (16, checksum(&pseudo)),
        protocol::ICMP => (2, checksum(&body)),
        protocol::ICMPV6 => (2, checksum(&pseudo)),
        // Zero would say that there is no checksum.
        _ => (6, Some(checksum(&pseudo)).filter(|sum| *sum != 0).unwrap_or(u16::MAX)),
    };
    body.get_mut(at..at + 2)?.copy_from_slice(&sum.to_be_bytes());
    frame.append(&mut header);
    frame.append(&mut body);
    Some(frame)
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
        let Answers { back, on } = answers(LinkType::Ethernet, &frame, None).unwrap();
        let on = on.unwrap();
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
        assert_eq!(answers(LinkType::Ethernet, &back, None), None, "a reset is not answered");
        let bare = answers(LinkType::Ip, &frame[14..], None).unwrap();
        assert_eq!(
            (&bare.back[..], &bare.on.unwrap()[..]),
            (&back[14..], &on[14..]),
            "the same without Ethernet"
        );
        for cut in 0..frame.len() {
            answers(LinkType::Ethernet, &frame[..cut], None);
        }
    }

    #[test]
    fn a_question_is_refused_with_its_own_words() {
        let question = b"\x12\x34\x01\x20\0\x01\0\0\0\0\0\x01\x04evil\x07example\0\0\x01\0\x01\0\0\x29\x10\0\0\0\0\0\0\0";
        let mut frame = vec![1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 8, 0];
        let length = 28 + question.len() as u8;
        frame.extend_from_slice(&[
            0x45, 0, 0, length, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2,
        ]);
        frame.extend_from_slice(&[0x0f, 0xa0, 0, 53, 0, length - 20, 0, 0]);
        frame.extend_from_slice(question);
        let Answers { back, on } = answers(LinkType::Ethernet, &frame, None).unwrap();
        assert_eq!(on, None);
        let packet = decode(LinkType::Ethernet, Timestamp(0), &back);
        let ip = packet.ip.as_ref().unwrap();
        assert_eq!(checksum(ip.header), 0);
        let pseudo = [ip.header.get(12..20).unwrap(), &[0, 17, 0, ip.body.len() as u8], ip.body].concat();
        assert_eq!(checksum(&pseudo), 0);
        assert_eq!(ip.destination, core::net::Ipv4Addr::new(192, 0, 2, 1));
        let expect = b"\x12\x34\x81\x85\0\x01\0\0\0\0\0\0\x04evil\x07example\0\0\x01\0\x01";
        assert_eq!(packet.payload, expect);
        assert_eq!(answers(LinkType::Ethernet, &back, None), None, "an answer is not answered");
        for cut in 0..frame.len() {
            answers(LinkType::Ethernet, &frame[..cut], None);
        }
    }

    #[test]
    fn who_sends_other_datagrams_is_told_that_it_is_prohibited() {
        let udp = [0x0f, 0xa0, 1, 0xbb, 0, 12, 0, 0, b'q', b'u', b'i', b'c'];
        let mut frame = vec![0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 8, 0];
        frame.extend_from_slice(&[0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]);
        frame.extend_from_slice(&udp);
        let back = answers(LinkType::Ethernet, &frame, None).unwrap().back;
        let packet = decode(LinkType::Ethernet, Timestamp(0), &back);
        let ip = packet.ip.as_ref().unwrap();
        assert_eq!(ip.destination, core::net::Ipv4Addr::new(192, 0, 2, 1));
        assert_eq!((ip.protocol, &ip.body[..2], checksum(ip.header)), (1, &[3, 13][..], 0));
        assert_eq!((checksum(ip.body), &ip.body[8..]), (0, &frame[14..42]));
        assert!(back.len() <= frame.len() + 28, "a flood is not made larger");
        assert_eq!(answers(LinkType::Ethernet, &back, None), None, "no message about a message");
        assert_eq!(answers(LinkType::Ip, &frame[14..], None).unwrap().back, back[14..]);
        frame[0] = 1;
        assert_eq!(answers(LinkType::Ethernet, &frame, None), None, "sent to a group");

        let mut frame = vec![0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 12, 17, 64];
        let (from, to) = ("2001:db8::1", "2001:db8::2");
        let octets = |ip: &str| ip.parse::<Ipv6Addr>().unwrap().octets();
        frame.extend_from_slice(&[octets(from), octets(to)].concat());
        frame.extend_from_slice(&udp);
        let back = answers(LinkType::Ethernet, &frame, None).unwrap().back;
        let packet = decode(LinkType::Ethernet, Timestamp(0), &back);
        let ip = packet.ip.as_ref().unwrap();
        assert_eq!((ip.protocol, &ip.body[..2], &ip.body[8..]), (58, &[1, 1][..], &frame[14..62]));
        let length = (ip.body.len() as u16).to_be_bytes();
        let pseudo = [&octets(to)[..], &octets(from), &[0, 58], &length, ip.body].concat();
        assert_eq!(checksum(&pseudo), 0);
        for cut in 0..frame.len() {
            answers(LinkType::Ethernet, &frame[..cut], None);
        }
    }

    #[test]
    fn a_question_is_answered_with_addresses_of_our_own() {
        let sinkhole = Sinkhole { v4: Some([192, 0, 2, 53].into()), v6: None, ttl_s: 30 };
        let question = |kind: u8| {
            let head = b"\x12\x34\x01\x20\0\x01\0\0\0\0\0\0\x04evil\x07example\0\0";
            [&head[..], &[kind, 0, 1]].concat()
        };
        let ours = b"\xc0\x0c\0\x01\0\x01\0\0\0\x1e\0\x04\xc0\0\x02\x35";
        for (kind, count, records) in [(1, 1, &ours[..]), (28, 0, b""), (65, 0, b"")] {
            let asked = question(kind);
            let answer = refusal(&asked, Some(&sinkhole)).unwrap();
            let (head, rest) = answer.split_at(12);
            assert_eq!(head, [0x12, 0x34, 0x81, 0x80, 0, 1, 0, count, 0, 0, 0, 0], "no error");
            assert_eq!(rest, [&asked[12..], records].concat());
            for cut in 0..asked.len() {
                assert_eq!(refusal(&asked[..cut], Some(&sinkhole)), None);
            }
        }
    }
}
