//! The fake Internet: every name resolves, every port answers, nothing leaves this process.
//!
//! Key type: [`FakeInternet`], an [`Outside`]. HTTP on any port gets a plausible 200, telnet a log-in that never
//! succeeds, a few others their greeting; everything else is accepted and heard in silence. No clock, no
//! randomness: the same questions get the same answers. Neighbours: [`super::dns`], [`super::ledger`].
use super::dns::Question;
use super::ledger::Ledger;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use otori_device::linux::errno::Errno;
use otori_device::linux::net::outside::{Connect, Outside};
use otori_event::Transport;
use otori_event::id::fnv1a;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections at a time; then refused.
const CONNECTIONS_MAX: usize = 4_096;
/// Bytes of a request that are looked at.
const REQUEST_MAX: usize = 8 * 1024;
/// Bytes of answer that wait per connection.
const REPLY_MAX: usize = 16 * 1024;
/// Datagrams and hand-made packets that wait; the oldest is lost first, as in a real network.
const WAITING_MAX: usize = 256;
/// Of this many hosts one answers a hand-made SYN.
const SYN_ANSWER_EVERY: u64 = 16;

const METHODS: [&[u8]; 7] = [b"GET ", b"POST ", b"HEAD ", b"PUT ", b"OPTIONS ", b"DELETE ", b"CONNECT "];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    /// nothing that decides was sent yet
    Undecided,
    Http,
    Dns,
    /// `true` after the user name
    Telnet(bool),
    Silent,
}

#[derive(Debug)]
struct Connection {
    to: SocketAddr,
    contact: Option<usize>,
    service: Service,
    request: Vec<u8>,
    reply: VecDeque<u8>,
    /// no more comes after `reply`
    ended: bool,
}

/// An Internet of its own for one detonation.
#[derive(Debug)]
pub(crate) struct FakeInternet {
    ledger: Arc<Mutex<Ledger>>,
    connections: BTreeMap<u32, Connection>,
    datagrams: VecDeque<(u16, SocketAddr, Vec<u8>)>,
    packets: VecDeque<(u8, IpAddr, Vec<u8>)>,
}

/// A ledger whose writer panicked is still a ledger.
fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeInternet {
    /// An Internet and the ledger that it writes.
    pub(crate) fn new() -> (FakeInternet, Arc<Mutex<Ledger>>) {
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let internet = FakeInternet {
            ledger: ledger.clone(),
            connections: BTreeMap::new(),
            datagrams: VecDeque::new(),
            packets: VecDeque::new(),
        };
        (internet, ledger)
    }
}

impl Connection {
    fn say(&mut self, bytes: &[u8], ledger: &mut Ledger) {
        let room = REPLY_MAX.saturating_sub(self.reply.len());
        self.reply.extend(bytes.iter().take(room));
        ledger.answered(self.contact, bytes.len().min(room));
    }

    /// Takes what the guest sent and perhaps answers.
    fn hear(&mut self, bytes: &[u8], ledger: &mut Ledger) {
        let room = REQUEST_MAX.saturating_sub(self.request.len());
        self.request.extend(bytes.iter().take(room));
        ledger.sent(self.contact, bytes);
        if self.service == Service::Undecided {
            self.decide(ledger);
        }
        match self.service {
            Service::Http => self.http(ledger),
            Service::Dns => self.dns(ledger),
            Service::Telnet(_) => self.telnet(bytes, ledger),
            Service::Undecided | Service::Silent => {}
        }
    }

    fn decide(&mut self, ledger: &mut Ledger) {
        let request = &self.request;
        if METHODS.iter().any(|method| request.starts_with(method)) {
            self.service = Service::Http;
        } else if !METHODS.iter().any(|method| method.starts_with(request)) {
            self.service = Service::Silent;
            if request.starts_with(&[0x16, 3]) {
                ledger.application(self.contact, "tls");
            } else if request.starts_with(b"NICK ") || request.starts_with(b"USER ") {
                ledger.application(self.contact, "irc");
            } else if request.starts_with(b"SSH-") {
                ledger.application(self.contact, "ssh");
            }
        }
    }

    /// Answers each whole request once, then ends the connection, as `Connection: close` says.
    fn http(&mut self, ledger: &mut Ledger) {
        let Some(end) = self.request.windows(4).position(|four| four == b"\r\n\r\n") else { return };
        if self.ended {
            return;
        }
        let head = self.request.get(..end).unwrap_or_default().to_vec();
        let Some(url) = url_of(&head, self.to) else { return };
        let request = std::mem::take(&mut self.request);
        self.contact = ledger.asked_for(self.contact, url, &request).or(self.contact);
        let body: &[u8] =
            b"<html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>\n";
        let body = if head.starts_with(b"HEAD ") { &[][..] } else { body };
        let reply = format!(
            "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        self.say(&[reply.as_bytes(), body].concat(), ledger);
        self.ended = true;
    }

    /// DNS over TCP: two bytes of length before each message (RFC 7766).
    fn dns(&mut self, ledger: &mut Ledger) {
        while let Some([high, low]) = self.request.get(..2).map(|two| [two[0], two[1]]) {
            let length = usize::from(u16::from_be_bytes([high, low]));
            let Some(message) = self.request.get(2..2 + length).map(<[u8]>::to_vec) else { return };
            self.request.drain(..2 + length);
            if let Some(answer) = answer(&message, ledger) {
                let size = (answer.len() as u16).to_be_bytes();
                self.say(&[&size[..], &answer].concat(), ledger);
            }
        }
    }

    /// Asks for user and password for ever.
    fn telnet(&mut self, bytes: &[u8], ledger: &mut Ledger) {
        for _ in bytes.iter().filter(|byte| **byte == b'\n' || **byte == 0).take(64) {
            let (next, text) = match self.service {
                Service::Telnet(false) => (true, "\r\nPassword: "),
                _ => (false, "\r\nLogin incorrect\r\nlogin: "),
            };
            self.service = Service::Telnet(next);
            self.say(text.as_bytes(), ledger);
        }
        self.request.clear();
    }
}

/// `http://HOST/TARGET` of a request's head; the host as it was sent, or the address that was called.
fn url_of(head: &[u8], to: SocketAddr) -> Option<String> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n");
    let target = lines.next()?.split(' ').nth(1)?.to_owned();
    let host = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("host").then(|| value.trim().to_owned())
    });
    let host = host.filter(|host| !host.is_empty()).unwrap_or_else(|| match to.port() {
        80 => SocketAddr::new(to.ip(), 80).ip().to_string(),
        _ => to.to_string(),
    });
    let host = if host.contains(':') || to.port() == 80 { host } else { format!("{host}:{}", to.port()) };
    let url = if target.starts_with("http://") { target } else { format!("http://{host}{target}") };
    let safe = url.chars().all(|c| !c.is_control() && !c.is_whitespace());
    (safe && url.len() <= otori_event::url::URL_MAX_BYTES).then_some(url)
}

fn answer(message: &[u8], ledger: &mut Ledger) -> Option<Vec<u8>> {
    let question = Question::read(message)?;
    let address = ledger.book.address_of(&question.name);
    Some(question.answer(message, address))
}

/// What a server says first.
fn greeting(port: u16) -> &'static [u8] {
    match port {
        21 => b"220 FTP server ready\r\n",
        22 => b"SSH-2.0-dropbear_2019.78\r\n",
        23 | 2323 => b"\r\nlogin: ",
        25 => b"220 mail ESMTP\r\n",
        _ => b"",
    }
}

impl Outside for FakeInternet {
    fn tcp_connect(&mut self, connection: u32, _from: SocketAddr, to: SocketAddr) -> Connect {
        if self.connections.len() >= CONNECTIONS_MAX {
            return Connect::Refused(Errno::ETIMEDOUT);
        }
        let mut ledger = lock(&self.ledger);
        let service = match to.port() {
            53 => Service::Dns,
            23 | 2323 => Service::Telnet(false),
            _ => Service::Undecided,
        };
        let contact = ledger.contact(Transport::Tcp, to);
        let mut made =
            Connection { to, contact, service, request: Vec::new(), reply: VecDeque::new(), ended: false };
        made.say(greeting(to.port()), &mut ledger);
        self.connections.insert(connection, made);
        Connect::Accepted
    }
    fn tcp_state(&mut self, connection: u32) -> Connect {
        match self.connections.contains_key(&connection) {
            true => Connect::Accepted,
            false => Connect::Refused(Errno::ECONNRESET),
        }
    }
    fn tcp_send(&mut self, connection: u32, bytes: &[u8]) -> Result<usize, Errno> {
        let open = self.connections.get_mut(&connection).ok_or(Errno::EPIPE)?;
        open.hear(bytes, &mut lock(&self.ledger));
        Ok(bytes.len())
    }
    fn tcp_receive(&mut self, connection: u32, into: &mut [u8]) -> Result<usize, Errno> {
        let open = self.connections.get_mut(&connection).ok_or(Errno::ECONNRESET)?;
        if open.reply.is_empty() {
            return if open.ended { Ok(0) } else { Err(Errno::EAGAIN) };
        }
        let count = into.len().min(open.reply.len());
        for (place, byte) in into.iter_mut().zip(open.reply.drain(..count)) {
            *place = byte;
        }
        Ok(count)
    }
    fn tcp_readable(&mut self, connection: u32) -> bool {
        self.connections.get(&connection).is_none_or(|open| open.ended || !open.reply.is_empty())
    }
    fn tcp_finish(&mut self, connection: u32) {
        if let Some(open) = self.connections.get_mut(&connection) {
            open.ended = true;
        }
    }
    fn tcp_close(&mut self, connection: u32) {
        self.connections.remove(&connection);
    }
    fn udp_send(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> Result<usize, Errno> {
        let mut ledger = lock(&self.ledger);
        let contact = ledger.contact(Transport::Udp, to);
        ledger.sent(contact, bytes);
        let reply = if to.port() == 53 { answer(bytes, &mut ledger) } else { None };
        if let Some(reply) = reply {
            ledger.answered(contact, reply.len());
            if self.datagrams.len() >= WAITING_MAX {
                self.datagrams.pop_front();
            }
            self.datagrams.push_back((from.port(), to, reply));
        }
        Ok(bytes.len())
    }
    fn udp_receive(&mut self, local: SocketAddr) -> Option<(SocketAddr, Vec<u8>)> {
        let at = self.datagrams.iter().position(|(port, _, _)| *port == local.port())?;
        self.datagrams.remove(at).map(|(_, from, bytes)| (from, bytes))
    }
    fn icmp_echo(&mut self, _to: IpAddr) -> bool {
        true
    }
    /// A hand-made TCP SYN counts as a contact; one host of sixteen, always the same ones, answers it.
    fn raw_send(&mut self, protocol: u8, to: IpAddr, payload: &[u8]) -> Result<usize, Errno> {
        let transport = match protocol {
            6 => Transport::Tcp,
            17 => Transport::Udp,
            1 => Transport::Icmp,
            _ => Transport::Other,
        };
        let ports = payload.get(..4).filter(|_| matches!(protocol, 6 | 17));
        let port = ports.map_or(0, |four| u16::from_be_bytes([four[2], four[3]]));
        lock(&self.ledger).contact(transport, SocketAddr::new(to, port));
        let octets = match to {
            IpAddr::V4(v4) => v4,
            IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
        };
        let answers = fnv1a(&octets.octets()).is_multiple_of(SYN_ANSWER_EVERY);
        if let (6, true, Some(reply)) = (protocol, answers, syn_answer(payload)) {
            if self.packets.len() >= WAITING_MAX {
                self.packets.pop_front();
            }
            self.packets.push_back((protocol, to, reply));
        }
        Ok(payload.len())
    }
    fn raw_receive(&mut self, protocol: u8) -> Option<(IpAddr, Vec<u8>)> {
        let at = self.packets.iter().position(|packet| packet.0 == protocol)?;
        self.packets.remove(at).map(|(_, from, bytes)| (from, bytes))
    }
}

/// SYN and ACK to a SYN (RFC 9293): ports swapped, its sequence number plus one acknowledged. The checksum stays
/// zero: scanners do not look at it.
fn syn_answer(segment: &[u8]) -> Option<Vec<u8>> {
    let header = segment.get(..20)?;
    if header[13] & 0x12 != 0x02 {
        return None;
    }
    let sequence = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
    let mut reply = vec![header[2], header[3], header[0], header[1]];
    reply.extend(0x0051_0000u32.to_be_bytes());
    reply.extend(sequence.wrapping_add(1).to_be_bytes());
    reply.extend([0x50, 0x12, 0x72, 0x10, 0, 0, 0, 0]);
    Some(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 108)), 40_000);

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }
    fn received(internet: &mut FakeInternet, connection: u32) -> (String, bool) {
        let (mut out, mut buffer) = (Vec::new(), [0; 50]);
        loop {
            match internet.tcp_receive(connection, &mut buffer) {
                Ok(0) => return (String::from_utf8(out).unwrap(), true),
                Ok(count) => out.extend(&buffer[..count]),
                Err(Errno::EAGAIN) => return (String::from_utf8(out).unwrap(), false),
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn http_answers_on_any_port_and_the_url_is_known() {
        let (mut internet, ledger) = FakeInternet::new();
        assert_eq!(internet.tcp_connect(1, FROM, at("203.0.113.5:8081")), Connect::Accepted);
        assert!(!internet.tcp_readable(1));
        internet.tcp_send(1, b"GE").unwrap();
        internet.tcp_send(1, b"T /a?b HTTP/1.0\r\nhost: evil.example\r\n").unwrap();
        assert_eq!(received(&mut internet, 1), (String::new(), false));
        internet.tcp_send(1, b"\r\n").unwrap();
        let (text, ended) = received(&mut internet, 1);
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && ended);
        internet.tcp_close(1);
        assert_eq!(internet.tcp_send(1, b"x"), Err(Errno::EPIPE));
        let contacts = lock(&ledger).contacts(|_, _| 7);
        assert_eq!(contacts.len(), 1, "{contacts:?}");
        assert_eq!(contacts[0].url.as_deref(), Some("http://evil.example:8081/a?b"));
        assert_eq!(
            (contacts[0].application.as_str(), contacts[0].count, contacts[0].first_ns),
            ("http", 1, 7)
        );
        assert_eq!(contacts[0].bytes_out, 41);
        assert_eq!(contacts[0].bytes_in, text.len() as u64);
    }

    #[test]
    fn other_ports_listen_in_silence_and_telnet_never_lets_in() {
        let (mut internet, ledger) = FakeInternet::new();
        internet.tcp_connect(1, FROM, at("198.51.100.44:4444"));
        internet.tcp_send(1, b"otori-sample hello\n").unwrap();
        assert_eq!(received(&mut internet, 1), (String::new(), false));
        internet.tcp_connect(2, FROM, at("203.0.113.1:23"));
        internet.tcp_send(2, b"root\r\n").unwrap();
        internet.tcp_send(2, b"xc3511\r\n").unwrap();
        let (text, _) = received(&mut internet, 2);
        assert_eq!(text, "\r\nlogin: \r\nPassword: \r\nLogin incorrect\r\nlogin: ");
        let contacts = lock(&ledger).contacts(|_, _| 0);
        assert_eq!(contacts[0].first_bytes.as_bytes(), b"otori-sample hello\n");
        assert_eq!(
            (contacts[0].application.as_str(), contacts[1].application.as_str()),
            ("unknown", "telnet")
        );
    }

    #[test]
    fn names_resolve_over_udp_and_tcp() {
        let mut query = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03cnc\x07example\0\0\x01\0\x01".to_vec();
        let (mut internet, ledger) = FakeInternet::new();
        internet.udp_send(FROM, at("8.8.8.8:53"), &query).unwrap();
        assert_eq!(internet.udp_receive(at("0.0.0.0:1")), None);
        let (from, answer) = internet.udp_receive(FROM).unwrap();
        assert_eq!((from, answer.len()), (at("8.8.8.8:53"), query.len() + 16));
        let address = Ipv4Addr::new(
            answer[query.len() + 12],
            answer[query.len() + 13],
            answer[query.len() + 14],
            answer[query.len() + 15],
        );
        query.splice(0..0, (query.len() as u16).to_be_bytes());
        internet.tcp_connect(1, FROM, at("8.8.8.8:53"));
        query.chunks(5).for_each(|part| assert_eq!(internet.tcp_send(1, part), Ok(part.len())));
        assert!(internet.tcp_readable(1));
        internet.tcp_connect(2, FROM, SocketAddr::new(address.into(), 48101));
        let ledger = lock(&ledger);
        assert_eq!(ledger.book.names, ["cnc.example"]);
        assert_eq!(ledger.contacts(|_, _| 0).last().unwrap().name.as_deref(), Some("cnc.example"));
    }

    #[test]
    fn scans_are_counted_and_shortened() {
        let (mut internet, ledger) = FakeInternet::new();
        let mut syn = vec![0x9c, 0x40, 0, 23, 0, 0, 0, 9, 0, 0, 0, 0, 0x50, 2, 1, 1, 0, 0, 0, 0];
        for host in 0..2000u32 {
            let to = IpAddr::V4((0xcb00_7100 + host).into());
            internet.raw_send(6, to, &syn).unwrap();
        }
        let (_, reply) = internet.raw_receive(6).unwrap();
        assert_eq!((&reply[..4], reply[13], reply[11]), (&[0, 23, 0x9c, 0x40][..], 0x12, 10));
        syn[13] = 0x10;
        assert_eq!(syn_answer(&syn), None);
        let ledger = lock(&ledger);
        assert_eq!(ledger.scans(), [(Transport::Tcp, 23, 2000)]);
        assert_eq!(ledger.contacts(|_, _| 0).len(), SCAN_EXAMPLES_SHOWN);
    }
    const SCAN_EXAMPLES_SHOWN: usize = 16;
}
