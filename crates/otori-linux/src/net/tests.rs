//! Behaviour of sockets as programs of a device meet it.
use super::*;
use crate::abi::{Endian, Numbering};
use crate::poll::PollMask;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

const ROOT: (u32, u32, u32) = (7, 0, 0);

fn inet(text: &str) -> Address {
    Address::Inet(text.parse().unwrap())
}

fn machine() -> Sockets {
    let interface = Interface::ethernet("eth0", [0, 0x12, 0x34, 1, 2, 3], Ipv4Addr::new(192, 0, 2, 10), 24);
    Sockets::new(Network::with_ethernet(interface, Some((Ipv4Addr::new(192, 0, 2, 1), [2; 6]))))
}

/// A server at 198.51.100.1:80 that answers pending once, then echoes; 198.51.100.2 refuses.
#[derive(Default)]
struct Echo {
    pending: u32,
    bytes: Vec<u8>,
    finished: bool,
    closed: Vec<u32>,
    datagrams: Vec<(SocketAddr, SocketAddr, Vec<u8>)>,
}

impl Outside for Echo {
    fn tcp_connect(&mut self, _: u32, from: SocketAddr, to: SocketAddr) -> Connect {
        assert_eq!(from.ip(), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10)));
        let IpAddr::V4(four) = to.ip() else { return Connect::Refused(Errno::EHOSTUNREACH) };
        match four.octets()[3] {
            1 => Connect::Pending,
            2 => Connect::Refused(Errno::ECONNREFUSED),
            _ => Connect::Accepted,
        }
    }
    fn tcp_state(&mut self, _: u32) -> Connect {
        self.pending += 1;
        if self.pending < 2 { Connect::Pending } else { Connect::Accepted }
    }
    fn tcp_send(&mut self, _: u32, bytes: &[u8]) -> Result<usize, Errno> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn tcp_receive(&mut self, _: u32, into: &mut [u8]) -> Result<usize, Errno> {
        if self.bytes.is_empty() {
            return if self.finished { Ok(0) } else { Err(Errno::EAGAIN) };
        }
        let count = into.len().min(self.bytes.len());
        into[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes.drain(..count);
        Ok(count)
    }
    fn tcp_readable(&mut self, _: u32) -> bool {
        !self.bytes.is_empty() || self.finished
    }
    fn tcp_finish(&mut self, _: u32) {
        self.finished = true;
    }
    fn tcp_close(&mut self, connection: u32) {
        self.closed.push(connection);
    }
    fn udp_send(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> Result<usize, Errno> {
        self.datagrams.push((from, to, bytes.to_vec()));
        Ok(bytes.len())
    }
    fn udp_receive(&mut self, local: SocketAddr) -> Option<(SocketAddr, Vec<u8>)> {
        let position = self.datagrams.iter().position(|(from, _, _)| *from == local)?;
        let (_, to, bytes) = self.datagrams.remove(position);
        Some((to, bytes))
    }
    fn icmp_echo(&mut self, to: IpAddr) -> bool {
        to == IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))
    }
}

fn read(sockets: &mut Sockets, id: SocketId, outside: &mut dyn Outside) -> Result<String, Errno> {
    let mut buffer = vec![0; 100_000];
    let received = sockets.receive(id, &mut buffer, Peek::No, outside)?;
    Ok(String::from_utf8_lossy(&buffer[..received.count]).into_owned())
}

fn stream(sockets: &mut Sockets) -> SocketId {
    sockets.create(Domain::Inet, Kind::Stream, 0, ROOT).unwrap()
}

#[test]
fn processes_talk_over_loopback() {
    let (mut sockets, mut outside) = (machine(), Echo::default());
    let server = stream(&mut sockets);
    sockets.bind(server, inet("0.0.0.0:80")).unwrap();
    sockets.listen(server, 1).unwrap();
    assert_eq!(sockets.accept(server), Err(Errno::EAGAIN));
    let client = stream(&mut sockets);
    assert_eq!(sockets.connect(client, inet("127.0.0.1:80"), &mut outside), Ok(()));
    let late = stream(&mut sockets);
    assert_eq!(sockets.connect(late, inet("192.0.2.10:80"), &mut outside), Ok(()), "one more than asked for");
    let later = stream(&mut sockets);
    let full = sockets.connect(later, inet("192.0.2.10:80"), &mut outside);
    assert_eq!(full, Err(Errno::EINPROGRESS), "a full queue does not answer");
    assert_eq!(sockets.connect_result(later, &mut outside), Err(Errno::EINPROGRESS));
    assert_eq!(sockets.poll(server, &mut outside), PollMask::IN);
    let (accepted, from) = sockets.accept(server).unwrap();
    assert_eq!(Ok(from), sockets.local_address(client));
    assert_eq!(sockets.connect_result(later, &mut outside), Ok(()), "there is room again");
    assert_eq!(sockets.send(client, b"GET /", &mut outside), Ok(5));
    assert_eq!(sockets.available(accepted, &mut outside), Ok(5));
    assert_eq!(read(&mut sockets, accepted, &mut outside).as_deref(), Ok("GET /"));
    assert_eq!(read(&mut sockets, accepted, &mut outside), Err(Errno::EAGAIN));
    assert_eq!(sockets.send(accepted, b"200", &mut outside), Ok(3));
    sockets.close(accepted, &mut outside);
    assert_eq!(read(&mut sockets, client, &mut outside).as_deref(), Ok("200"));
    assert_eq!(read(&mut sockets, client, &mut outside).as_deref(), Ok(""));
    assert_eq!(sockets.connect(client, inet("127.0.0.1:80"), &mut outside), Err(Errno::EISCONN));
    assert_eq!(sockets.send(client, b"x", &mut outside), Ok(1), "it goes out, and a reset comes back");
    assert_eq!(sockets.send(client, b"x", &mut outside), Err(Errno::EPIPE));
    let nobody = stream(&mut sockets);
    assert_eq!(sockets.connect(nobody, inet("127.0.0.1:81"), &mut outside), Err(Errno::ECONNREFUSED));
}

#[test]
fn a_close_with_unread_bytes_resets() {
    let (mut sockets, mut outside) = (machine(), Echo::default());
    let server = stream(&mut sockets);
    sockets.bind(server, inet("127.0.0.1:48101")).unwrap();
    sockets.listen(server, 5).unwrap();
    let client = stream(&mut sockets);
    sockets.connect(client, inet("127.0.0.1:48101"), &mut outside).unwrap();
    let (accepted, _) = sockets.accept(server).unwrap();
    sockets.send(client, b"unread", &mut outside).unwrap();
    sockets.close(accepted, &mut outside);
    assert_eq!(read(&mut sockets, client, &mut outside), Err(Errno::ECONNRESET));
    let waiting = stream(&mut sockets);
    sockets.connect(waiting, inet("127.0.0.1:48101"), &mut outside).unwrap();
    sockets.close(server, &mut outside);
    assert_eq!(read(&mut sockets, waiting, &mut outside), Err(Errno::ECONNRESET));
    assert_eq!(sockets.shutdown(waiting, Shutdown::Write, &mut outside), Err(Errno::ENOTCONN));
    assert_eq!(sockets.send(waiting, b"x", &mut outside), Err(Errno::EPIPE));
}

#[test]
fn everything_else_goes_through_the_outside() {
    let (mut sockets, mut outside) = (machine(), Echo::default());
    let client = stream(&mut sockets);
    assert_eq!(sockets.connect(client, inet("198.51.100.1:80"), &mut outside), Err(Errno::EINPROGRESS));
    assert_eq!(sockets.poll(client, &mut outside), PollMask::NONE);
    assert_eq!(sockets.poll(client, &mut outside), PollMask::OUT);
    assert_eq!(sockets.connect_result(client, &mut outside), Ok(()));
    assert_eq!(sockets.send(client, b"hello", &mut outside), Ok(5));
    assert_eq!(sockets.poll(client, &mut outside), PollMask::IN | PollMask::OUT);
    assert_eq!(read(&mut sockets, client, &mut outside).as_deref(), Ok("hello"));
    sockets.shutdown(client, Shutdown::Write, &mut outside).unwrap();
    assert_eq!(read(&mut sockets, client, &mut outside).as_deref(), Ok(""));
    sockets.close(client, &mut outside);
    assert_eq!(outside.closed, [1]);
    let refused = stream(&mut sockets);
    assert_eq!(sockets.connect(refused, inet("198.51.100.2:80"), &mut outside), Err(Errno::ECONNREFUSED));
    sockets.network.routes.remove(0);
    let lost = stream(&mut sockets);
    assert_eq!(sockets.connect(lost, inet("198.51.100.3:80"), &mut outside), Err(Errno::ENETUNREACH));
}

#[test]
fn a_bot_learns_its_own_address_from_a_directed_datagram_socket() {
    let (mut sockets, mut outside) = (machine(), Echo::default());
    let id = sockets.create(Domain::Inet, Kind::Datagram, 0, ROOT).unwrap();
    sockets.connect(id, inet("198.51.100.53:53"), &mut outside).unwrap();
    let Address::Inet(local) = sockets.local_address(id).unwrap() else { panic!("not Internet") };
    assert_eq!(local.ip(), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10)));
    assert_eq!(sockets.send(id, b"query", &mut outside), Ok(5));
    let mut buffer = [0; 3];
    let received = sockets.receive(id, &mut buffer, Peek::No, &mut outside).unwrap();
    assert_eq!((received.count, received.whole, received.from), (3, 5, Some(inet("198.51.100.53:53"))));
    assert_eq!(sockets.receive(id, &mut buffer, Peek::No, &mut outside), Err(Errno::EAGAIN));
}

#[test]
fn datagrams_stay_whole_and_a_missing_receiver_is_heard_of() {
    let (mut sockets, mut outside) = (machine(), Echo::default());
    let server = sockets.create(Domain::Inet, Kind::Datagram, 0, ROOT).unwrap();
    sockets.bind(server, inet("0.0.0.0:69")).unwrap();
    let client = sockets.create(Domain::Inet, Kind::Datagram, 0, ROOT).unwrap();
    assert_eq!(sockets.send(client, b"x", &mut outside), Err(Errno::EDESTADDRREQ));
    for part in [&b"one"[..], b"two"] {
        assert_eq!(sockets.send_to(client, part, Some(inet("127.0.0.1:69")), &mut outside), Ok(3));
    }
    assert_eq!(read(&mut sockets, server, &mut outside).as_deref(), Ok("one"));
    assert_eq!(read(&mut sockets, server, &mut outside).as_deref(), Ok("two"));
    sockets.connect(client, inet("127.0.0.1:70"), &mut outside).unwrap();
    assert_eq!(sockets.send(client, b"x", &mut outside), Ok(1));
    assert_eq!(read(&mut sockets, client, &mut outside), Err(Errno::ECONNREFUSED));
    assert_eq!(sockets.send_to(client, b"x", Some(inet("192.0.2.255:9")), &mut outside), Err(Errno::EACCES));
    assert_eq!(
        sockets.send_to(client, &vec![0; 70_000], Some(inet("127.0.0.1:69")), &mut outside),
        Err(Errno::EMSGSIZE)
    );
}

#[test]
fn unix_sockets_have_names_and_pairs() {
    let (mut sockets, mut outside) = (machine(), Echo::default());
    let name = Address::UnixAbstract(b"log".to_vec());
    let server = sockets.create(Domain::Unix, Kind::Datagram, 0, ROOT).unwrap();
    sockets.bind(server, name.clone()).unwrap();
    let (first, second) = sockets.pair(Kind::Stream, ROOT).unwrap();
    let client = sockets.create(Domain::Unix, Kind::Datagram, 0, ROOT).unwrap();
    assert_eq!(sockets.bind(client, name.clone()), Err(Errno::EADDRINUSE));
    assert_eq!(sockets.connect(client, name, &mut outside), Ok(()));
    assert_eq!(sockets.send(client, b"line", &mut outside), Ok(4));
    assert_eq!(read(&mut sockets, server, &mut outside).as_deref(), Ok("line"));
    assert_eq!(sockets.send(first, b"a", &mut outside), Ok(1));
    assert_eq!(sockets.receive(second, &mut [0; 4], Peek::Yes, &mut outside).map(|got| got.count), Ok(1));
    assert_eq!(read(&mut sockets, second, &mut outside).as_deref(), Ok("a"));
    assert_eq!(sockets.send(first, &vec![0; 100_000], &mut outside), Ok(STREAM_MAX));
    assert_eq!(sockets.send(first, b"x", &mut outside), Err(Errno::EAGAIN));
    sockets.close(second, &mut outside);
    assert_eq!(sockets.send(first, b"x", &mut outside), Err(Errno::EPIPE));
    assert_eq!(read(&mut sockets, first, &mut outside), Err(Errno::ECONNRESET), "bytes were left unread");
    assert_eq!(read(&mut sockets, first, &mut outside).as_deref(), Ok(""));
}

#[test]
fn ping_is_answered_by_those_who_are_there() {
    let (mut sockets, mut outside) = (machine(), Echo::default());
    assert_eq!(sockets.create(Domain::Inet, Kind::Raw, 1, (7, 99, 99)), Err(Errno::EPERM));
    let id = sockets.create(Domain::Inet, Kind::Raw, 1, ROOT).unwrap();
    let request = [8, 0, 0xf7, 0xfe, 0, 1, 0, 0];
    for (to, answers) in [("192.0.2.1:0", true), ("127.0.0.1:0", true), ("192.0.2.77:0", false)] {
        assert_eq!(sockets.send_to(id, &request, Some(inet(to)), &mut outside), Ok(8));
        let mut buffer = [0; 64];
        if to.starts_with("127") {
            // on loopback the request itself comes by as well
            assert!(read(&mut sockets, id, &mut outside).is_ok());
        }
        let received = sockets.receive(id, &mut buffer, Peek::No, &mut outside);
        assert_eq!(received.is_ok(), answers, "{to}");
        if answers {
            assert_eq!(buffer[20..28], [0, 0, 0xff, 0xfe, 0, 1, 0, 0]);
        }
    }
}

#[test]
fn the_host_reaches_a_daemon_of_the_guest() {
    let (mut sockets, mut outside) = (machine(), Echo::default());
    let (from, to) = ("203.0.113.9:5555".parse().unwrap(), "192.0.2.10:80".parse().unwrap());
    assert_eq!(sockets.host_connect(from, to), Err(Errno::ECONNREFUSED));
    let server = stream(&mut sockets);
    sockets.bind(server, inet("0.0.0.0:80")).unwrap();
    sockets.listen(server, 5).unwrap();
    let host = sockets.host_connect(from, to).unwrap();
    let (accepted, remote) = sockets.accept(server).unwrap();
    assert_eq!(remote, Address::Inet(from));
    assert_eq!(sockets.host_send(host, b"GET"), Ok(3));
    assert_eq!(read(&mut sockets, accepted, &mut outside).as_deref(), Ok("GET"));
    sockets.send(accepted, b"ok", &mut outside).unwrap();
    sockets.close(accepted, &mut outside);
    let mut buffer = [0; 8];
    assert_eq!(sockets.host_receive(host, &mut buffer), Ok(2));
    assert_eq!(sockets.host_receive(host, &mut buffer), Ok(0));
    sockets.host_close(host);
    assert_eq!(sockets.rows().len(), 1);
}

#[test]
fn interface_requests_answer_in_the_layout_of_the_guest() {
    let mut sockets = machine();
    let id = stream(&mut sockets);
    for endian in [Endian::Little, Endian::Big] {
        let mut ask = |number: u32, name: &[u8]| {
            let mut memory = [0; 32];
            memory[..name.len()].copy_from_slice(name);
            let request = InterfaceRequest::from_number(number).unwrap();
            sockets.interface_request(id, request, &mut memory, 0, endian).map(|()| memory[16..24].to_vec())
        };
        let family = endian.u16(2);
        assert_eq!(ask(0x8915, b"eth0"), Ok([&family[..], &[0, 0, 192, 0, 2, 10]].concat()));
        assert_eq!(ask(0x8919, b"eth0"), Ok([&family[..], &[0, 0, 192, 0, 2, 255]].concat()));
        assert_eq!(ask(0x8927, b"eth0"), Ok([&endian.u16(1)[..], &[0, 0x12, 0x34, 1, 2, 3]].concat()));
        assert_eq!(ask(0x8913, b"lo").map(|bytes| bytes[..2].to_vec()), Ok(endian.u16(0x49).to_vec()));
        assert_eq!(ask(0x8933, b"eth0").map(|bytes| bytes[..4].to_vec()), Ok(endian.u32(2).to_vec()));
        assert_eq!(ask(0x8915, b"br0"), Err(Errno::ENODEV));
        assert_eq!(sockets.interface_list(32, 1000, endian).len(), 64);
        assert_eq!(sockets.interface_list(32, 40, endian).len(), 32);
    }
    let mut memory = [0; 32];
    assert_eq!(
        sockets.interface_request(id, InterfaceRequest::SetFlags, &mut memory, 99, Endian::Little),
        Err(Errno::EPERM)
    );
}

#[test]
fn route_netlink_dumps_links_addresses_and_routes() {
    let (mut sockets, mut outside) = (machine(), Echo::default());
    let id = sockets.create(Domain::Netlink, Kind::Raw, 0, ROOT).unwrap();
    for (kind, name) in [(18_u16, &b"eth0\0"[..]), (22, &[192, 0, 2, 10]), (26, &[192, 0, 2, 1])] {
        for endian in [Endian::Little, Endian::Big] {
            let mut request =
                [endian.u32(20).to_vec(), endian.u16(kind).to_vec(), endian.u16(0x301).to_vec()].concat();
            request.extend_from_slice(&[0; 12]);
            assert_eq!(sockets.send(id, &request, &mut outside), Ok(20));
            let mut buffer = [0; 4096];
            let count = sockets.receive(id, &mut buffer, Peek::No, &mut outside).unwrap().count;
            assert!(buffer[..count].windows(name.len()).any(|part| part == name), "{kind}");
            assert_eq!(buffer[count - 16..count - 14], endian.u16(3), "ends with NLMSG_DONE");
        }
    }
    for bytes in [&[][..], &[1], &[0xff; 16], &[0; 40]] {
        assert_eq!(sockets.send(id, bytes, &mut outside), Ok(bytes.len()));
    }
}

#[test]
fn addresses_and_options_survive_hostile_bytes() {
    for endian in [Endian::Little, Endian::Big] {
        for address in [
            inet("192.0.2.1:80"),
            Address::UnixAbstract(b"x".to_vec()),
            Address::UnixPath { path: b"/var/run/x".to_vec(), node: None },
            Address::Netlink(3, 1),
        ] {
            assert_eq!(Address::decode(&address.encode(endian), endian), Ok(address));
        }
        for length in 0..130 {
            for family in [0, 1, 2, 10, 16, 17] {
                let bytes: Vec<u8> = endian.u16(family).into_iter().chain([0xff; 128]).take(length).collect();
                let _ = Address::decode(&bytes, endian);
            }
        }
    }
    let mut sockets = machine();
    let id = stream(&mut sockets);
    let option = SocketOption::from_number(0xffff, 0x1006, Numbering::Mips).unwrap();
    assert_eq!(option, SocketOption::ReceiveTimeout);
    sockets.set_option(id, option, &[2, 0, 0, 0, 0, 0, 0, 0], Endian::Little).unwrap();
    assert_eq!(sockets.receive_timeout_ns(id), Some(2_000_000_000));
    assert_eq!(sockets.set_option(id, option, &[1], Endian::Little), Err(Errno::EINVAL));
    let kind = SocketOption::from_number(0xffff, 0x1008, Numbering::Mips).unwrap();
    assert_eq!(sockets.option(id, kind, Numbering::Mips, Endian::Little), Ok(vec![2, 0, 0, 0]));
    assert_eq!(sockets.bind(id, inet("198.51.100.7:1")), Err(Errno::EADDRNOTAVAIL));
    for _ in 0..SOCKETS_MAX - 1 {
        stream(&mut sockets);
    }
    assert_eq!(sockets.create(Domain::Inet, Kind::Stream, 0, ROOT), Err(Errno::ENFILE));
}

/// A service of 16 bytes: command, key of 4, value of 8.
fn records() -> (Sockets, SocketId, Address) {
    let field = |at, bytes| Field { at, bytes };
    let command = |request, answer, deed| Command { request, answer, deed };
    let layout = RecordLayout {
        bytes: 16,
        command: field(0, 4),
        key: field(4, 4),
        value: field(8, 8),
        commands: vec![
            command(2, 3, Deed::Get),
            command(0, 1, Deed::Set),
            command(17, 18, Deed::Remove),
            command(10, 11, Deed::Accept),
        ],
    };
    let defaults = [(b"ip".to_vec(), b"10.0.0.1".to_vec()), (b"none".to_vec(), Vec::new())];
    let service = RecordService::new(layout, Endian::Little, defaults.into_iter().collect()).unwrap();
    let at = Address::UnixAbstract(b"cfm".to_vec());
    let mut sockets = machine();
    let id = sockets.serve_records(at.clone(), service).unwrap();
    (sockets, id, at)
}

fn record(command: u8, key: &str, value: &str) -> Vec<u8> {
    let mut bytes = vec![command, 0, 0, 0];
    bytes.extend_from_slice(key.as_bytes());
    bytes.resize(8, 0);
    bytes.extend_from_slice(value.as_bytes());
    bytes.resize(16, 0);
    bytes
}

#[test]
fn a_played_service_answers_records_and_remembers_what_is_set() {
    let (mut sockets, service, at) = records();
    let id = sockets.create(Domain::Unix, Kind::Stream, 0, ROOT).unwrap();
    sockets.connect(id, at.clone(), &mut NoOutside).unwrap();
    let mut ask = |request: Vec<u8>| {
        // in two pieces, as a slow client would
        assert_eq!(sockets.send(id, &request[..5], &mut NoOutside), Ok(5));
        assert_eq!(sockets.receive(id, &mut [0; 16], Peek::No, &mut NoOutside), Err(Errno::EAGAIN));
        sockets.send(id, &request[5..], &mut NoOutside).unwrap();
        let mut answer = vec![0; 16];
        let received = sockets.receive(id, &mut answer, Peek::No, &mut NoOutside).unwrap();
        answer.truncate(received.count);
        answer
    };
    assert_eq!(ask(record(2, "ip", "junk")), record(3, "ip", "10.0.0.1"));
    assert_eq!(ask(record(2, "none", "junk")), record(3, "none", ""));
    assert_eq!(ask(record(2, "what", "")), record(2, "what", ""), "a missing key is no success");
    assert_eq!(ask(record(0, "ip", "1.2.3.4")), record(1, "ip", "1.2.3.4"));
    assert_eq!(ask(record(2, "ip", "")), record(3, "ip", "1.2.3.4"));
    assert_eq!(ask(record(17, "ip", "")), record(18, "ip", ""));
    assert_eq!(ask(record(2, "ip", "")), record(2, "ip", ""));
    assert_eq!(ask(record(99, "ip", "x")), record(99, "ip", "x"));
    let mut other = sockets.clone();
    other.close(id, &mut NoOutside);
    assert_eq!(other.rows().len(), 1, "the service's end goes with its client");
    assert_eq!(sockets.record_service(service).unwrap().value(b"ip"), None);
}

#[test]
fn a_client_that_does_not_read_fills_its_own_buffers_only() {
    let (mut sockets, service, at) = records();
    let id = sockets.create(Domain::Unix, Kind::Stream, 0, ROOT).unwrap();
    sockets.connect(id, at, &mut NoOutside).unwrap();
    let mut sent = 0;
    for number in 0..20_000u32 {
        let mut request = record(0, "", "12345678");
        request[4..8].copy_from_slice(&number.to_be_bytes());
        // no NUL, so that every key is another one
        request[4..8].iter_mut().for_each(|byte| *byte = byte.wrapping_add(1));
        match sockets.send(id, &request, &mut NoOutside) {
            Ok(count) => sent += count,
            Err(error) => {
                assert_eq!(error, Errno::EAGAIN);
                break;
            }
        }
    }
    assert_eq!(sent, 2 * STREAM_MAX);
    assert!(sockets.record_service(service).unwrap().changed_bytes() <= CHANGED_BYTES_MAX);
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(received) = sockets.receive(id, &mut buffer, Peek::No, &mut NoOutside) {
        all.extend_from_slice(&buffer[..received.count]);
    }
    assert_eq!(all.len(), sent);
    let refused = all.chunks(16).filter(|answer| answer[0] == 0).count();
    assert!(refused > 0, "beyond the bound a set is refused");
}

#[test]
fn a_layout_that_leaves_its_record_is_refused() {
    let field = |at, bytes| Field { at, bytes };
    let check = |bytes, command, key, value| {
        RecordLayout { bytes, command, key, value, commands: Vec::new() }.check()
    };
    assert_eq!(check(16, field(0, 4), field(4, 4), field(8, 8)), Ok(()));
    assert_eq!(check(16, field(0, 4), field(4, 4), field(8, 9)), Err(LayoutError::Outside("value")));
    assert_eq!(check(16, field(0, 4), field(usize::MAX, 4), field(8, 8)), Err(LayoutError::Outside("key")));
    assert_eq!(check(16, field(0, 2), field(4, 4), field(8, 8)), Err(LayoutError::Command));
    assert_eq!(check(1 << 20, field(0, 4), field(4, 4), field(8, 8)), Err(LayoutError::Length));
}
