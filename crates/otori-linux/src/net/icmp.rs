//! Packets that arrive at the machine, and what it says to them: echo replies, unreachable ports, resets. Sockets of
//! echo requests (SOCK_DGRAM with IPPROTO_ICMP). Key function: [`Sockets::input`]. Neighbours: raw.rs and packet.rs make
//! packets by hand. Specification: RFC 792, RFC 4443, RFC 9293 (3.5.2), icmp(7).
use super::address::plain;
use super::checksum::{checksum, put, transport};
use super::queue::{Arrival, Datagram};
use super::segment::{ACK, HOPS, ICMP, ICMP6, Packet, RST, SYN, TCP, UDP, packet, tcp};
use super::socket::{Domain, Socket};
use super::{Address, Outside, SocketId, Sockets};
use crate::errno::Errno;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

/// Echo request and reply, and destination unreachable, of ICMP and ICMPv6.
const ECHO: (u8, u8) = (8, 128);
const ECHO_REPLY: (u8, u8) = (0, 129);
const UNREACHABLE: (u8, u8) = (3, 1);
/// Port unreachable.
const NO_PORT: (u8, u8) = (3, 4);
/// Bytes of the packet that an error carries, with which it stays below the least MTU.
const QUOTED_BYTES: (usize, usize) = (548, 1_232);
/// Bytes of the header of an echo.
const ECHO_HEADER: usize = 8;

impl Sockets {
    /// A packet arrives at the machine itself: raw sockets see it, the kernel answers it.
    pub(super) fn input(&mut self, whole: &[u8]) {
        let Some(read) = Packet::read(whole) else { return };
        if !self.network.is_local(read.to) {
            return;
        }
        self.deliver_raw(read.protocol, whole);
        match read.protocol {
            ICMP | ICMP6 => self.input_icmp(&read),
            TCP => self.input_tcp(&read),
            UDP => self.input_udp(&read, whole),
            _ => {}
        }
    }

    /// An answer of the machine itself: taps see it, then it arrives.
    fn answer(&mut self, whole: &[u8]) {
        self.network.count(1, whole.len() as u64, whole.len() as u64);
        self.show_packet(whole);
        self.input(whole);
    }

    fn input_icmp(&mut self, read: &Packet<'_>) {
        self.counters.icmp_received += 1;
        let six = read.to.is_ipv6();
        let (echo, reply) = if six { (ECHO.1, ECHO_REPLY.1) } else { (ECHO.0, ECHO_REPLY.0) };
        match read.payload.first() {
            Some(kind) if *kind == echo && read.payload.len() >= ECHO_HEADER => {
                let answer = echo_reply(read.to, read.from, reply, read.payload);
                self.counters.icmp_sent += 1;
                self.answer(&answer);
            }
            Some(kind) if *kind == reply => self.deliver_ping(read),
            _ => {}
        }
    }

    /// A segment that was made by hand: a listener's address answers with SYN and ACK, another with a reset.
    fn input_tcp(&mut self, read: &Packet<'_>) {
        let Some((from_port, to_port)) = read.ports() else { return };
        let word = |at: usize| -> u32 {
            let bytes: Option<[u8; 4]> = read.payload.get(at..at + 4).and_then(|part| part.try_into().ok());
            u32::from_be_bytes(bytes.unwrap_or_default())
        };
        let flags = read.payload.get(13).copied().unwrap_or(0);
        let (from, to) = (SocketAddr::new(read.from, from_port), SocketAddr::new(read.to, to_port));
        if flags & RST != 0 {
            return;
        }
        let (sequence, acknowledged) = (word(4), word(8));
        let answer = if flags & ACK != 0 {
            tcp(to, from, RST, (acknowledged, 0), &[])
        } else if flags & SYN != 0 && self.find_listener(to, from_port).is_some() {
            tcp(to, from, SYN | ACK, (sequence ^ 0x5a5a_5a5a, sequence.wrapping_add(1)), &[])
        } else {
            tcp(to, from, RST | ACK, (0, sequence.wrapping_add(u32::from(flags & SYN != 0))), &[])
        };
        self.answer(&answer);
    }

    fn input_udp(&mut self, read: &Packet<'_>, whole: &[u8]) {
        let Some((from_port, to_port)) = read.ports() else { return };
        let (from, to) = (SocketAddr::new(read.from, from_port), SocketAddr::new(read.to, to_port));
        let Some(bytes) = read.payload.get(ECHO_HEADER..) else { return };
        if !self.deliver_udp(from, to, bytes, 1) {
            let unreachable = port_unreachable(read, whole);
            self.counters.icmp_sent += 1;
            self.answer(&unreachable);
        }
    }

    /// What the machine says to a datagram of its own for a port that nobody has; the sender's socket hears of it
    /// from `Sockets::send_udp`.
    pub(super) fn say_unreachable(&mut self, datagram: &[u8]) {
        let Some(read) = Packet::read(datagram) else { return };
        let unreachable = port_unreachable(&read, datagram);
        (self.counters.icmp_sent, self.counters.icmp_received) =
            (self.counters.icmp_sent + 1, self.counters.icmp_received + 1);
        self.network.count(1, unreachable.len() as u64, unreachable.len() as u64);
        if self.taps > 0 {
            self.show_packet(&unreachable);
            let protocol = if read.to.is_ipv4() { ICMP } else { ICMP6 };
            self.deliver_raw(protocol, &unreachable);
        }
    }

    /// A packet leaves the machine: the outside answers echo requests and hears of the others.
    pub(super) fn pass_out(&mut self, read: &Packet<'_>, outside: &mut dyn Outside) -> Result<(), Errno> {
        let (echo, reply) = if read.to.is_ipv6() { (ECHO.1, ECHO_REPLY.1) } else { (ECHO.0, ECHO_REPLY.0) };
        let is_echo = matches!(read.protocol, ICMP | ICMP6)
            && read.payload.first() == Some(&echo)
            && read.payload.len() >= ECHO_HEADER;
        if is_echo {
            self.counters.icmp_sent += 1;
            if outside.icmp_echo(read.to) {
                let answer = echo_reply(read.to, read.from, reply, read.payload);
                let interface = self.network.interface_of(read.from);
                self.network.count(interface, 0, answer.len() as u64);
                self.show_packet(&answer);
                self.input(&answer);
            }
            return Ok(());
        }
        outside.raw_send(read.protocol, read.to, read.payload).map(|_| ())
    }

    /// Sends an echo request from a socket of echo requests.
    pub(super) fn send_ping(
        &mut self,
        id: SocketId,
        bytes: &[u8],
        to: SocketAddr,
        outside: &mut dyn Outside,
    ) -> Result<usize, Errno> {
        let to = self.socket(id)?.reachable(to)?;
        let six = to.is_ipv6();
        let kind = if six { ECHO.1 } else { ECHO.0 };
        if bytes.len() < ECHO_HEADER || bytes.first() != Some(&kind) || bytes.get(1) != Some(&0) {
            return Err(Errno::EINVAL);
        }
        let (from, way) = self.bind_towards(id, SocketAddr::new(to.ip(), 0))?;
        let socket = self.socket_mut(id)?;
        let hops = socket.stored.hops(six).unwrap_or(HOPS);
        if socket.local.is_none() {
            let any = super::address::any(socket.domain);
            socket.local = Some(Address::Inet(SocketAddr::new(any.ip(), from.port())));
        }
        let mut request = bytes.to_vec();
        put(&mut request, 4, from.port());
        put(&mut request, 2, 0);
        let protocol = if six { ICMP6 } else { ICMP };
        let sum = if six { transport(from.ip(), to.ip(), ICMP6, &request) } else { checksum(&request) };
        put(&mut request, 2, sum);
        let whole = Packet { from: from.ip(), to: to.ip(), protocol, hops, service: 0, payload: &request };
        let built = whole.build();
        self.network.count(way.interface, built.len() as u64, 0);
        self.show_packet(&built);
        if self.network.is_local(to.ip()) {
            self.counters.icmp_sent += 1;
            self.network.count(1, 0, built.len() as u64);
            self.input(&built);
        } else {
            self.pass_out(&whole, outside)?;
        }
        Ok(bytes.len())
    }

    /// Gives an echo reply to the socket whose number it carries.
    fn deliver_ping(&mut self, read: &Packet<'_>) {
        let number = read.payload.get(4..6).and_then(|part| part.try_into().ok()).map(u16::from_be_bytes);
        let interface = self.network.interface_of(read.from);
        let fits = |socket: &&mut Socket| {
            socket.is_ping()
                && (socket.domain == Domain::Inet6) == read.to.is_ipv6()
                && socket.local_inet().map(|local| local.port()) == number
                && socket.takes_address(read.to)
                && socket.remote_inet().is_none_or(|remote| remote.ip() == read.from)
        };
        if let Some(socket) = self.sockets.values_mut().find(fits) {
            let from = Address::Inet(plain(SocketAddr::new(read.from, 0)));
            let arrival = arrival(read, interface);
            socket.put_datagram(Datagram { from, bytes: read.payload.to_vec(), arrival });
        }
    }
}

/// What comes beside the payload of a packet.
pub(super) fn arrival(read: &Packet<'_>, interface: u32) -> Arrival {
    Arrival {
        to: Some(read.to),
        interface,
        hops: read.hops,
        service: read.service,
        sender: None,
        whole: read.payload.len(),
    }
}

/// The answer to an echo request: another type, the rest as it came, checksum anew.
fn echo_reply(from: IpAddr, to: IpAddr, kind: u8, request: &[u8]) -> Vec<u8> {
    let mut reply = request.to_vec();
    if let Some(first) = reply.first_mut() {
        *first = kind;
    }
    put(&mut reply, 2, 0);
    let protocol = if from.is_ipv6() { ICMP6 } else { ICMP };
    let sum = if from.is_ipv6() { transport(from, to, ICMP6, &reply) } else { checksum(&reply) };
    put(&mut reply, 2, sum);
    packet(from, to, protocol, &reply)
}

fn port_unreachable(read: &Packet<'_>, whole: &[u8]) -> Vec<u8> {
    let six = read.to.is_ipv6();
    let (kind, code, most) = match six {
        true => (UNREACHABLE.1, NO_PORT.1, QUOTED_BYTES.1),
        false => (UNREACHABLE.0, NO_PORT.0, QUOTED_BYTES.0),
    };
    let mut message = Vec::from([kind, code, 0, 0, 0, 0, 0, 0]);
    message.extend_from_slice(whole.get(..whole.len().min(most)).unwrap_or_default());
    let sum = if six { transport(read.to, read.from, ICMP6, &message) } else { checksum(&message) };
    put(&mut message, 2, sum);
    let protocol = if six { ICMP6 } else { ICMP };
    // the kernel marks its errors as urgent (class selector 6)
    let service = if six { 0 } else { 0xc0 };
    Packet { from: read.to, to: read.from, protocol, hops: HOPS, service, payload: &message }.build()
}
