//! Behaviour of sockets of IPv6, packet and raw sockets, and of the changes of the network.
use super::*;
use crate::abi::Endian;
use crate::poll::PollMask;
use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const ROOT: (u32, u32, u32) = (7, 0, 0);
const MAC: [u8; 6] = [0, 0x12, 0x34, 1, 2, 3];

fn inet(text: &str) -> Address {
    Address::Inet(text.parse().unwrap())
}

fn machine() -> Sockets {
    let interface = Interface::ethernet("eth0", MAC, Ipv4Addr::new(192, 0, 2, 10), 24);
    Sockets::new(Network::with_ethernet(interface, Some((Ipv4Addr::new(192, 0, 2, 1), [2; 6]))))
}

fn open(sockets: &mut Sockets, domain: Domain, kind: Kind, protocol: u32) -> SocketId {
    sockets.create(domain, kind, protocol, ROOT).unwrap()
}

fn read(sockets: &mut Sockets, id: SocketId) -> Result<Vec<u8>, Errno> {
    let mut buffer = vec![0; 4096];
    let received = sockets.receive(id, &mut buffer, Peek::No, &mut NoOutside)?;
    buffer.truncate(received.count);
    Ok(buffer)
}

#[test]
fn a_listener_of_both_families_sees_ipv4_as_mapped_addresses() {
    let mut sockets = machine();
    let server = open(&mut sockets, Domain::Inet6, Kind::Stream, 0);
    sockets.bind(server, inet("[::]:80")).unwrap();
    sockets.listen(server, 5).unwrap();
    let four = open(&mut sockets, Domain::Inet, Kind::Stream, 0);
    assert_eq!(sockets.bind(four, inet("0.0.0.0:80")), Err(Errno::EADDRINUSE));
    for (domain, to, from) in [
        (Domain::Inet, "127.0.0.1:80", "::ffff:127.0.0.1"),
        (Domain::Inet6, "[::1]:80", "::1"),
        (Domain::Inet6, "[::ffff:192.0.2.10]:80", "::ffff:192.0.2.10"),
    ] {
        let client = open(&mut sockets, domain, Kind::Stream, 0);
        assert_eq!(sockets.connect(client, inet(to), &mut NoOutside), Ok(()), "{to}");
        let (accepted, remote) = sockets.accept(server).unwrap();
        let Address::Inet(remote) = remote else { panic!("not Internet") };
        assert_eq!(remote.ip(), IpAddr::V6(from.parse::<Ipv6Addr>().unwrap()));
        assert_eq!(sockets.local_address(accepted).unwrap(), sockets.local_address(accepted).unwrap());
        assert_eq!(sockets.remote_address(client), Ok(inet(to)));
    }
    let only = open(&mut sockets, Domain::Inet6, Kind::Stream, 0);
    sockets.set_option(only, SocketOption::Switch(Switches::ONLY_6), &[1, 0, 0, 0], Endian::Little).unwrap();
    sockets.bind(only, inet("[::]:81")).unwrap();
    sockets.listen(only, 5).unwrap();
    assert_eq!(sockets.connect(four, inet("127.0.0.1:81"), &mut NoOutside), Err(Errno::ECONNREFUSED));
    assert_eq!(sockets.bind(four, inet("0.0.0.0:81")), Ok(()), "IPV6_V6ONLY leaves IPv4 alone");
}

#[test]
fn a_kernel_without_ipv6_says_so() {
    let mut sockets = machine();
    sockets.network.set_ipv6(Ipv6::Absent);
    assert_eq!(sockets.create(Domain::Inet6, Kind::Stream, 0, ROOT), Err(Errno::EAFNOSUPPORT));
    assert!(sockets.network.interfaces.iter().all(|interface| interface.addresses6.is_empty()));
}

#[test]
fn link_local_addresses_want_an_interface() {
    let mut sockets = machine();
    let id = open(&mut sockets, Domain::Inet6, Kind::Datagram, 0);
    assert_eq!(sockets.bind(id, inet("[fe80::212:34ff:fe01:203]:53")), Err(Errno::EINVAL));
    sockets.bind(id, inet("[fe80::212:34ff:fe01:203%2]:53")).unwrap();
    let other = open(&mut sockets, Domain::Inet6, Kind::Datagram, 0);
    assert_eq!(sockets.connect(other, inet("[fe80::9]:53"), &mut NoOutside), Err(Errno::EINVAL));
    assert_eq!(sockets.connect(other, inet("[2001:db8::1]:53"), &mut NoOutside), Err(Errno::ENETUNREACH));
    sockets.connect(other, inet("[fe80::212:34ff:fe01:203%2]:53"), &mut NoOutside).unwrap();
    assert_eq!(sockets.send(other, b"name", &mut NoOutside), Ok(4));
    let mut buffer = [0; 9];
    let received = sockets.receive(id, &mut buffer, Peek::No, &mut NoOutside).unwrap();
    assert_eq!(received.count, 4);
    assert_eq!(received.from, Some(sockets.local_address(other).unwrap()));
}

#[test]
fn a_missing_receiver_is_told_through_the_error_queue() {
    let mut sockets = machine();
    for (domain, to, origin) in
        [(Domain::Inet, "127.0.0.1:9", Origin::Icmp), (Domain::Inet6, "[::1]:9", Origin::Icmp6)]
    {
        let id = open(&mut sockets, domain, Kind::Datagram, 0);
        sockets.send_to(id, b"lost", Some(inet(to)), &mut NoOutside).unwrap();
        assert_eq!(read(&mut sockets, id), Err(Errno::EAGAIN), "nobody asked");
        let option = SocketOption::Switch(Switches::TELL_FAULTS);
        sockets.set_option(id, option, &[1, 0, 0, 0], Endian::Little).unwrap();
        sockets.send_to(id, b"lost", Some(inet(to)), &mut NoOutside).unwrap();
        assert!(sockets.poll(id, &mut NoOutside).intersects(PollMask::ERR));
        let fault = sockets.take_fault(id).unwrap();
        assert_eq!((fault.error, fault.origin, fault.to), (Errno::ECONNREFUSED, origin, to.parse().unwrap()));
        assert_eq!(fault.bytes, b"lost");
        assert_eq!(sockets.take_fault(id), Err(Errno::EAGAIN));
        assert_eq!(read(&mut sockets, id), Err(Errno::EAGAIN));
    }
}

#[test]
fn sockets_of_echo_requests_are_for_the_groups_that_may() {
    let mut sockets = machine();
    for (domain, protocol, to, request, reply) in
        [(Domain::Inet, 1, "127.0.0.1:0", 8, 0), (Domain::Inet6, 58, "[::1]:0", 128, 129)]
    {
        sockets.network.ping_groups = (1, 0);
        assert_eq!(sockets.create(domain, Kind::Datagram, protocol, ROOT), Err(Errno::EACCES));
        sockets.network.ping_groups = (0, 100);
        let id = open(&mut sockets, domain, Kind::Datagram, protocol);
        let echo = [request, 0, 0, 0, 0, 0, 0, 1, b'x'];
        assert_eq!(sockets.send_to(id, &[3; 9], Some(inet(to)), &mut NoOutside), Err(Errno::EINVAL));
        assert_eq!(sockets.send_to(id, &echo, Some(inet(to)), &mut NoOutside), Ok(9));
        let answer = read(&mut sockets, id).unwrap();
        assert_eq!((answer[0], answer[6..].to_vec()), (reply, vec![0, 1, b'x']), "without a header");
        let Address::Inet(local) = sockets.local_address(id).unwrap() else { panic!("not Internet") };
        assert_eq!(answer[4..6], local.port().to_be_bytes());
    }
}

/// A SYN for a port, as scanners make it by hand.
fn syn(port: u16) -> Vec<u8> {
    let mut segment = vec![0x30, 0x39];
    segment.extend(port.to_be_bytes());
    segment.extend([0, 0, 0, 7, 0, 0, 0, 0, 0x50, 2, 0x10, 0, 0, 0, 0, 0]);
    segment
}

#[test]
fn a_hand_made_syn_finds_open_and_closed_ports() {
    let mut sockets = machine();
    let server = open(&mut sockets, Domain::Inet, Kind::Stream, 0);
    sockets.bind(server, inet("0.0.0.0:23")).unwrap();
    sockets.listen(server, 5).unwrap();
    let scanner = open(&mut sockets, Domain::Inet, Kind::Raw, 6);
    let option = SocketOption::Switch(Switches::HEADER_INCLUDED);
    sockets.set_option(scanner, option, &[1, 0, 0, 0], Endian::Little).unwrap();
    for (port, flags) in [(23, 0x12), (24, 0x14)] {
        let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6, 0, 0, 0, 0, 0, 0, 127, 0, 0, 1];
        packet.extend(syn(port));
        assert_eq!(sockets.send_to(scanner, &packet, Some(inet("127.0.0.1:0")), &mut NoOutside), Ok(40));
        let own = read(&mut sockets, scanner).unwrap();
        assert_eq!(own[2..4], [0, 40], "the kernel fills in the length");
        assert_eq!(own[12..16], [127, 0, 0, 1], "and the source");
        assert!(own[4..6] != [0, 0], "and a number");
        let answer = read(&mut sockets, scanner).unwrap();
        assert_eq!(answer.len(), if port == 23 { 44 } else { 40 }, "a SYN says how much a segment may be");
        assert_eq!((answer[33], &answer[28..32]), (flags, &[0, 0, 0, 8][..]), "{port}");
        // nobody of this machine asked for that connection: the kernel resets it
        let reset = read(&mut sockets, scanner).map(|packet| packet[33]);
        assert_eq!(reset, if port == 23 { Ok(4) } else { Err(Errno::EAGAIN) });
    }
}

#[test]
fn packet_sockets_see_what_goes_by_and_filters_choose() {
    let mut sockets = machine();
    let all = open(&mut sockets, Domain::Packet, Kind::Raw, u32::from(3_u16.to_be()));
    let some = open(&mut sockets, Domain::Packet, Kind::Datagram, u32::from(0x800_u16.to_be()));
    let udp = open(&mut sockets, Domain::Inet, Kind::Datagram, 0);
    sockets.send_to(udp, b"hello", Some(inet("127.0.0.1:9")), &mut NoOutside).unwrap();
    let mut buffer = [0; 200];
    let mut directions = Vec::new();
    while let Ok(received) = sockets.receive(all, &mut buffer, Peek::No, &mut NoOutside) {
        let Some(Address::Packet(link)) = received.from else { panic!("no link address") };
        directions.push((link.direction, received.count, link.interface, link.hardware));
        assert_eq!(buffer[12..15], [8, 0, 0x45]);
    }
    // the datagram and the port unreachable that answers it, each as it leaves and as it comes
    assert_eq!(directions, [(4, 47, 1, 772), (0, 47, 1, 772), (4, 75, 1, 772), (0, 75, 1, 772)]);
    assert_eq!(
        read(&mut sockets, some).map(|bytes| bytes.len()),
        Ok(33),
        "no link header, and only what comes"
    );
    assert_eq!(read(&mut sockets, some).map(|bytes| bytes.len()), Ok(61));
    assert_eq!(read(&mut sockets, some), Err(Errno::EAGAIN));
    // ldb [9]; jeq #1, keep 20, drop
    let steps = [(0x30, 0, 0, 9_u32), (0x15, 0, 1, 1), (0x06, 0, 0, 20), (0x06, 0, 0, 0)];
    let filter: Vec<u8> = steps
        .iter()
        .flat_map(|(code, yes, no, k): &(u16, u8, u8, u32)| {
            [&code.to_le_bytes()[..], &[*yes, *no], &k.to_le_bytes()].concat()
        })
        .collect();
    sockets.attach_filter(some, &filter, Endian::Little).unwrap();
    sockets.send_to(udp, b"hello", Some(inet("127.0.0.1:9")), &mut NoOutside).unwrap();
    let received = sockets.receive(some, &mut buffer, Peek::No, &mut NoOutside).unwrap();
    assert_eq!((received.count, received.whole, buffer[9]), (20, 20, 1));
    assert_eq!(read(&mut sockets, some), Err(Errno::EAGAIN));
}

#[test]
fn a_neighbour_answers_arp() {
    let mut sockets = machine();
    let id = open(&mut sockets, Domain::Packet, Kind::Datagram, u32::from(0x806_u16.to_be()));
    let to =
        LinkAddress { protocol: 0x806, interface: 2, mac: [0xff; 6], mac_bytes: 6, ..LinkAddress::default() };
    for (wanted, answers) in [([192, 0, 2, 1], true), ([192, 0, 2, 2], false)] {
        let mut request = vec![0, 1, 8, 0, 6, 4, 0, 1];
        request.extend(MAC);
        request.extend([192, 0, 2, 10, 0, 0, 0, 0, 0, 0]);
        request.extend(wanted);
        sockets.send_to(id, &request, Some(Address::Packet(to)), &mut NoOutside).unwrap();
        let answer = read(&mut sockets, id);
        assert_eq!(answer.is_ok(), answers);
        if let Ok(answer) = answer {
            assert_eq!((&answer[6..14], &answer[14..18]), (&[0, 2, 2, 2, 2, 2, 2, 2][..], &wanted[..]));
        }
    }
}

#[test]
fn the_urgent_byte_stands_beside_the_stream() {
    let mut sockets = machine();
    let server = open(&mut sockets, Domain::Inet, Kind::Stream, 0);
    sockets.bind(server, inet("0.0.0.0:80")).unwrap();
    sockets.listen(server, 5).unwrap();
    let client = open(&mut sockets, Domain::Inet, Kind::Stream, 0);
    sockets.connect(client, inet("127.0.0.1:80"), &mut NoOutside).unwrap();
    let (accepted, _) = sockets.accept(server).unwrap();
    assert_eq!(sockets.receive_urgent(accepted, Peek::No), Err(Errno::EINVAL));
    sockets.send_urgent(client, b"ab!", &mut NoOutside).unwrap();
    sockets.send(client, b"cd", &mut NoOutside).unwrap();
    assert!(sockets.poll(accepted, &mut NoOutside).intersects(PollMask::PRI));
    assert_eq!(sockets.is_at_mark(accepted), Ok(false));
    assert_eq!(read(&mut sockets, accepted).as_deref(), Ok(&b"ab"[..]), "not across the mark");
    assert_eq!(sockets.is_at_mark(accepted), Ok(true));
    assert_eq!(sockets.receive_urgent(accepted, Peek::No), Ok(b'!'));
    assert_eq!(sockets.receive_urgent(accepted, Peek::No), Err(Errno::EINVAL));
    assert_eq!(read(&mut sockets, accepted).as_deref(), Ok(&b"cd"[..]));
}

/// A request of netlink with its attributes.
fn request(kind: u16, flags: u16, fixed: &[u8], attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = fixed.to_vec();
    for (kind, content) in attributes {
        body.extend(((content.len() + 4) as u16).to_le_bytes());
        body.extend(kind.to_le_bytes());
        body.extend(*content);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut message = ((body.len() + 16) as u32).to_le_bytes().to_vec();
    message.extend(kind.to_le_bytes());
    message.extend((flags | 5).to_le_bytes());
    message.extend([0; 8]);
    message.extend(body);
    message
}

fn outcome(sockets: &mut Sockets, id: SocketId, request: &[u8]) -> i32 {
    sockets.send(id, request, &mut NoOutside).unwrap();
    let answer = read(sockets, id).unwrap();
    assert_eq!(answer[4..6], [2, 0], "NLMSG_ERROR");
    i32::from_le_bytes(answer[16..20].try_into().unwrap())
}

#[test]
fn netlink_changes_addresses_routes_and_links() {
    let mut sockets = machine();
    let id = open(&mut sockets, Domain::Netlink, Kind::Raw, 0);
    let (new, exclusive) = (0x400, 0x600);
    let add = request(
        20,
        exclusive,
        &[10, 64, 0, 0, 2, 0, 0, 0],
        &[(2, &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5])],
    );
    assert_eq!(outcome(&mut sockets, id, &add), 0);
    assert_eq!(outcome(&mut sockets, id, &add), -17, "EEXIST");
    assert!(sockets.network.is_local("2001:db8::5".parse::<Ipv6Addr>().unwrap()));
    let peer: Ipv6Addr = "2001:db8::9".parse().unwrap();
    assert_eq!(sockets.network.source_for(peer), Some("2001:db8::5".parse().unwrap()));
    let host = [2, 32, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0];
    let route = request(24, new, &host, &[(1, &[198, 51, 100, 7]), (5, &[192, 0, 2, 1])]);
    assert_eq!(outcome(&mut sockets, id, &route), 0);
    assert_eq!(sockets.network.routes.last().unwrap().interface, "eth0");
    assert_eq!(outcome(&mut sockets, id, &route), -17);
    let gone = request(25, 0, &host, &[(1, &[198, 51, 100, 7])]);
    assert_eq!(outcome(&mut sockets, id, &gone), 0);
    assert_eq!(outcome(&mut sockets, id, &gone), -3, "ESRCH");
    // eth0 down: its routes go
    let down = request(19, 0, &[0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], &[]);
    assert_eq!(outcome(&mut sockets, id, &down), 0);
    assert_eq!(sockets.network.routes, []);
    let made = request(16, new, &[0; 16], &[(3, b"dummy0\0")]);
    assert_eq!(outcome(&mut sockets, id, &made), -95, "EOPNOTSUPP");
    let user = sockets.create(Domain::Netlink, Kind::Raw, 0, (9, 100, 100)).unwrap();
    assert_eq!(outcome(&mut sockets, user, &add), -1, "EPERM");
}

#[test]
fn groups_are_joined_up_to_their_bound() {
    let mut sockets = machine();
    let id = open(&mut sockets, Domain::Inet, Kind::Datagram, 0);
    sockets.bind(id, inet("0.0.0.0:1900")).unwrap();
    let mut request = [239, 255, 255, 250, 127, 0, 0, 1];
    sockets.set_option(id, SocketOption::Join, &request, Endian::Little).unwrap();
    assert_eq!(sockets.set_option(id, SocketOption::Join, &request, Endian::Little), Err(Errno::EADDRINUSE));
    let sender = open(&mut sockets, Domain::Inet, Kind::Datagram, 0);
    sockets.set_option(sender, SocketOption::MulticastInterface, &[127, 0, 0, 1], Endian::Little).unwrap();
    sockets.send_to(sender, b"M-SEARCH", Some(inet("239.255.255.250:1900")), &mut NoOutside).unwrap();
    assert_eq!(read(&mut sockets, id).as_deref(), Ok(&b"M-SEARCH"[..]));
    for last in 0..19 {
        request[3] = last;
        sockets.set_option(id, SocketOption::Join, &request, Endian::Little).unwrap();
    }
    request[3] = 99;
    assert_eq!(sockets.set_option(id, SocketOption::Join, &request, Endian::Little), Err(Errno::ENOBUFS));
    assert_eq!(
        sockets.set_option(id, SocketOption::Leave, &request, Endian::Little),
        Err(Errno::EADDRNOTAVAIL)
    );
}
