//! Makes frames out of a conversation written as text.
//!
//! `tcp A:P B:P` opens a connection with its hand-shake, `udp A:P B:P` a pair of ports; `> text` and `< text` are
//! payloads to B and to A, with `\r \n \xNN` as escapes; `>@N text` puts a TCP segment at that offset of the stream,
//! whatever was sent before; `midstream` before `tcp` leaves the hand-shake out; `fragment N` cuts the next
//! datagram into pieces of N bytes; `vlan N` tags all that follows; `fin` closes. `#` starts a comment.
use std::net::{IpAddr, SocketAddr};

/// Ethernet frames with their time in milliseconds.
pub fn frames(text: &str) -> Vec<(u32, Vec<u8>)> {
    let mut talk = Talk::default();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (word, word.split_at(1)) {
            ("tcp" | "udp", _) => {
                let (a, b) = rest.split_once(' ').unwrap();
                talk.open(word == "tcp", a.parse().unwrap(), b.parse().unwrap());
            }
            ("midstream", _) => talk.midstream = true,
            ("fragment", _) => talk.fragment = Some(rest.parse().unwrap()),
            ("vlan", _) => talk.vlan = Some(rest.parse().unwrap()),
            ("fin", _) => talk.send(0, 0x11, None, b""),
            (_, (">" | "<", at)) => {
                let side = usize::from(word.starts_with('<'));
                let at = at.strip_prefix('@').map(|at| at.parse().unwrap());
                talk.send(side, 0x18, at, &unescape(rest));
            }
            _ => panic!("what is {line:?}?"),
        }
    }
    talk.frames
}

/// A capture file of them.
pub fn pcap(frames: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut file = Vec::new();
    for field in [0xa1b2_c3d4u32, 0x0004_0002, 0, 0, 65535, 1] {
        file.extend_from_slice(&field.to_le_bytes());
    }
    for (ms, frame) in frames {
        let length = frame.len() as u32;
        for field in [1_700_000_000 + ms / 1000, ms % 1000 * 1000, length, length] {
            file.extend_from_slice(&field.to_le_bytes());
        }
        file.extend_from_slice(frame);
    }
    file
}

fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next().unwrap() {
            b'r' => out.push(b'\r'),
            b'n' => out.push(b'\n'),
            b'x' => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            other => out.push(other),
        }
    }
    out
}

#[derive(Default)]
struct Talk {
    frames: Vec<(u32, Vec<u8>)>,
    ends: Option<[SocketAddr; 2]>,
    tcp: bool,
    /// first number of each side's stream
    first: [u32; 2],
    /// bytes sent by each side
    sent: [u32; 2],
    midstream: bool,
    fragment: Option<usize>,
    vlan: Option<u16>,
    ms: u32,
}

impl Talk {
    fn open(&mut self, tcp: bool, a: SocketAddr, b: SocketAddr) {
        (self.tcp, self.ends) = (tcp, Some([a, b]));
        (self.first, self.sent) = ([u32::MAX - 20, 7000], [0, 0]);
        if tcp && !std::mem::take(&mut self.midstream) {
            let first = self.first;
            self.first = [first[0] - 1, first[1] - 1];
            self.send(0, 0x02, None, b"");
            self.first[0] = first[0];
            self.send(1, 0x12, None, b"");
            self.first = first;
            self.send(0, 0x10, None, b"");
        }
    }
    fn send(&mut self, side: usize, flags: u8, at: Option<u32>, payload: &[u8]) {
        let ends = self.ends.expect("tcp or udp comes first");
        let (from, to) = (ends[side], ends[1 - side]);
        let mut body = Vec::new();
        body.extend_from_slice(&from.port().to_be_bytes());
        body.extend_from_slice(&to.port().to_be_bytes());
        if self.tcp {
            let sequence = self.first[side].wrapping_add(at.unwrap_or(self.sent[side]));
            let acknowledged = self.first[1 - side].wrapping_add(self.sent[1 - side]);
            body.extend_from_slice(&sequence.to_be_bytes());
            body.extend_from_slice(&acknowledged.to_be_bytes());
            body.extend_from_slice(&[0x50, flags, 0x20, 0, 0, 0, 0, 0]);
            let end = at.unwrap_or(self.sent[side]) + payload.len() as u32;
            self.sent[side] = self.sent[side].max(end);
        } else {
            body.extend_from_slice(&(8 + payload.len() as u16).to_be_bytes());
            body.extend_from_slice(&[0, 0]);
        }
        body.extend_from_slice(payload);
        let number = if self.tcp { 6 } else { 17 };
        let size = self.fragment.take().unwrap_or(usize::MAX);
        let pieces: Vec<&[u8]> = body.chunks(size).collect();
        for (place, piece) in pieces.iter().enumerate() {
            let more = place + 1 < pieces.len();
            let offset = (place * size.min(body.len()) / 8) as u16;
            self.frame(from.ip(), to.ip(), number, offset | u16::from(more) << 13, piece);
        }
    }
    fn frame(&mut self, from: IpAddr, to: IpAddr, number: u8, fragment: u16, body: &[u8]) {
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
        if let Some(vlan) = self.vlan {
            frame.extend_from_slice(&[0x81, 0]);
            frame.extend_from_slice(&vlan.to_be_bytes());
        }
        match (from, to) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                frame.extend_from_slice(&[8, 0, 0x45, 0]);
                frame.extend_from_slice(&(20 + body.len() as u16).to_be_bytes());
                frame.extend_from_slice(&[0, 9]);
                frame.extend_from_slice(&fragment.to_be_bytes());
                frame.extend_from_slice(&[64, number, 0, 0]);
                frame.extend_from_slice(&from.octets());
                frame.extend_from_slice(&to.octets());
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                frame.extend_from_slice(&[0x86, 0xdd, 0x60, 0, 0, 0]);
                frame.extend_from_slice(&(body.len() as u16).to_be_bytes());
                frame.extend_from_slice(&[number, 64]);
                frame.extend_from_slice(&from.octets());
                frame.extend_from_slice(&to.octets());
            }
            _ => panic!("both ends are of one family"),
        }
        frame.extend_from_slice(body);
        self.ms += 10;
        self.frames.push((self.ms, frame));
    }
}
