//! What the messages of RDP's connection sequence say.
//!
//! Key types: [`Said`], [`Client`]. RFC 1006 (TPKT), X.224 13, T.125 (MCS), T.124 (GCC), MS-RDPBCGR 2.2.1.1 to 2.2.1.4.
use super::{super::ber, name};
use crate::limits::RDP_CHANNELS;

/// Kind of message of X.224: the high half of its second byte.
pub(super) const CONNECTION_REQUEST: u8 = 0xe0;
pub(super) const CONNECTION_CONFIRM: u8 = 0xd0;
const DATA: u8 = 0xf0;
/// Head of TPKT.
pub(super) const HEAD_BYTES: usize = 4;

/// One step of the connection sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// what the client asks for, and who it says it is
    InitialRequest { cookie: Option<Vec<u8>>, flags: Option<u8> },
    /// what the server chose, and what it can do; nothing before RDP 5.2
    InitialResponse { chosen: Option<(u32, u8)> },
    /// the server refuses
    Refusal { code: u32 },
    /// what the client is
    ConnectRequest { client: Client, channels: Vec<Vec<u8>> },
    /// the server agrees
    ConnectResponse,
    /// TLS goes on from here; serial numbers of certificates
    Tls { serials: Vec<Vec<u8>> },
}

/// TS_UD_CS_CORE, MS-RDPBCGR 2.2.1.3.2; older clients say less.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) version: u32,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) color_depth: Option<u16>,
    pub(super) layout: u32,
    pub(super) build: u32,
    pub(super) name: Vec<u8>,
    pub(super) keyboard: u32,
    pub(super) keyboard_subtype: u32,
    pub(super) function_keys: u32,
    pub(super) input_method: Vec<u8>,
    pub(super) product: u16,
    pub(super) serial: u32,
    pub(super) capabilities: u16,
    pub(super) id: Vec<u8>,
    pub(super) connection: u8,
    pub(super) physical: Option<(u32, u32)>,
    pub(super) orientation: Option<u16>,
    pub(super) scale: Option<(u32, u32)>,
}

/// The kind of the X.224 message in a TPKT, and its bytes behind the fixed part.
pub(super) fn transport(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let body = bytes.get(HEAD_BYTES..)?;
    let length = usize::from(*body.first()?);
    let kind = body.get(1)? & 0xf0;
    match kind {
        DATA => Some((kind, body.get(length + 1..)?)),
        _ => Some((kind, body.get(7..=length)?)),
    }
}

/// A connection request: a cookie or a token for a balancer of load, then what is asked for.
pub(super) fn initial_request(body: &[u8]) -> Said {
    const COOKIE: &[u8] = b"Cookie: mstshash=";
    let line = body.windows(2).position(|pair| pair == b"\r\n");
    let (first, rest) = match line {
        Some(end) => (body.get(..end).unwrap_or(&[]), body.get(end + 2..).unwrap_or(&[])),
        None => (&[][..], body),
    };
    let cookie = first.strip_prefix(COOKIE).map(<[u8]>::to_vec);
    let flags = match rest {
        [1, flags, 8, 0, ..] => Some(*flags),
        _ => None,
    };
    Said::InitialRequest { cookie, flags }
}

/// The answer to it.
pub(super) fn initial_response(body: &[u8]) -> Said {
    match *body {
        [2, flags, 8, 0, a, b, c, d, ..] => {
            Said::InitialResponse { chosen: Some((u32::from_le_bytes([a, b, c, d]), flags)) }
        }
        [3, _, 8, 0, a, b, c, d, ..] => Said::Refusal { code: u32::from_le_bytes([a, b, c, d]) },
        _ => Said::InitialResponse { chosen: None },
    }
}

/// A message of MCS in a message of data: only those that open a connection say something.
pub(super) fn connect(body: &[u8]) -> Option<Said> {
    match body {
        [0x7f, 0x65, ..] => connect_request(body.get(1..)?),
        [0x7f, 0x66, ..] => Some(Said::ConnectResponse),
        _ => None,
    }
}

/// Connect-Initial, T.125 11.1: the last of its values holds what the client says.
fn connect_request(bytes: &[u8]) -> Option<Said> {
    let (_, inside, _) = ber::value(bytes)?;
    let (_, user) = ber::values(inside).last().filter(|(tag, _)| *tag == ber::OCTETS)?;
    // GCC's own head ends with a key and the length of what follows (T.124 8.7, packed).
    let at = user.windows(4).position(|key| key == b"Duca")?;
    let mut rest = packed(user.get(at + 4..)?)?;
    let (mut client, mut channels) = (Client::default(), Vec::new());
    while let [kind0, kind1, low, high, ..] = *rest {
        let length = usize::from(u16::from_le_bytes([low, high]));
        let Some((block, after)) = rest.split_at_checked(length).filter(|_| length >= 4) else { break };
        let data = block.get(4..).unwrap_or(&[]);
        match u16::from_le_bytes([kind0, kind1]) {
            0xc001 => client = core(data),
            0xc003 => channels = names(data),
            _ => {}
        }
        rest = after;
    }
    Some(Said::ConnectRequest { client, channels })
}

/// What follows a packed length (X.691 10.9): of one byte, or of two with a mark.
fn packed(bytes: &[u8]) -> Option<&[u8]> {
    let (length, start) = match *bytes {
        [first, second, ..] if first & 0x80 != 0 => (usize::from(first & 0x3f) << 8 | usize::from(second), 2),
        [first, ..] => (usize::from(first), 1),
        [] => return None,
    };
    let rest = bytes.get(start..)?;
    Some(rest.get(..length.min(rest.len())).unwrap_or(rest))
}

/// TS_UD_CS_NET: names of eight bytes, each with options.
fn names(data: &[u8]) -> Vec<Vec<u8>> {
    let count = data.first_chunk::<4>().map_or(0, |count| u32::from_le_bytes(*count) as usize);
    let list = data.get(4..).unwrap_or(&[]).chunks_exact(12).take(count.min(RDP_CHANNELS));
    list.map(|row| row.iter().take(8).copied().take_while(|byte| *byte != 0).collect()).collect()
}

/// Numbers in Intel's order, as far as they go.
struct Little<'a>(&'a [u8]);

impl<'a> Little<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }
    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }
    /// A text of UTF-16 up to its first zero.
    fn text(&mut self, count: usize) -> Option<Vec<u8>> {
        let units = self.take(count)?.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let text = char::decode_utf16(units.take_while(|unit| *unit != 0));
        Some(text.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>().into())
    }
}

fn core(data: &[u8]) -> Client {
    let mut client = Client::default();
    // What is not there stays as it is.
    let _ = fill(&mut client, Little(data));
    client
}

fn fill(client: &mut Client, mut data: Little<'_>) -> Option<()> {
    client.version = data.u32()?;
    client.width = data.u16()?;
    client.height = data.u16()?;
    client.color_depth = depth(data.u16()?);
    data.u16()?;
    client.layout = data.u32()?;
    client.build = data.u32()?;
    client.name = data.text(32)?;
    client.keyboard = data.u32()?;
    client.keyboard_subtype = data.u32()?;
    client.function_keys = data.u32()?;
    client.input_method = data.text(64)?;
    // Each later field of the depth replaces the earlier one.
    client.color_depth = depth(data.u16()?).or(client.color_depth);
    client.product = data.u16()?;
    client.serial = data.u32()?;
    client.color_depth = Some(data.u16()?).filter(|depth| *depth != 0).or(client.color_depth);
    data.u16()?;
    client.capabilities = data.u16()?;
    client.id = data.text(64)?;
    client.connection = *data.take(2)?.first()?;
    data.u32()?;
    client.physical = Some((data.u32()?, data.u32()?));
    client.orientation = Some(data.u16()?);
    client.scale = Some((data.u32()?, data.u32()?));
    Some(())
}

/// Bits of a pixel by their number in MS-RDPBCGR.
const fn depth(number: u16) -> Option<u16> {
    match number {
        0xca00 => Some(4),
        0xca01 => Some(8),
        0xca02 => Some(15),
        0xca03 => Some(16),
        0xca04 => Some(24),
        _ => None,
    }
}

impl Client {
    /// The kind of its connection, where it counts.
    pub(super) fn hint(&self) -> Option<&'static str> {
        let counts = u32::from(self.capabilities) & name::VALID_CONNECTION_TYPE != 0;
        name::connection(self.connection).filter(|_| counts)
    }
}
