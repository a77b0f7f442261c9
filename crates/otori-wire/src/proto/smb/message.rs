//! Messages of SMB 1 and 2: what they ask for, as far as files, shares and names of users go.
//!
//! Key type: [`Message`]. [MS-CIFS] 2.2.4, [MS-SMB] 2.2.4, [MS-SMB2] 2.2, [MS-NLMP] 2.2.1.3. Numbers are in little endian.

/// What names an open file: 16 bytes in SMB 2, two in SMB 1.
pub(super) type Handle = [u8; 16];

/// What a message says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    /// a share is wanted, by its path
    Tree(Vec<u8>),
    /// a user logs in: domain, name
    Login(Vec<u8>, Vec<u8>),
    /// a file is opened, by its name
    Open(Vec<u8>),
    /// it was
    Opened(Handle),
    /// bytes for a file
    Write(Handle, &'a [u8]),
    /// bytes of a file are wanted
    Read(Handle),
    /// here they are
    Got(&'a [u8]),
    /// what a pipe takes or gives in one exchange
    Call(&'a [u8]),
    /// a file is closed
    Close(Handle),
    /// a user logs in with a message of NTLMSSP that cannot be read
    BadLogin,
    /// dialects are offered in a list that cannot be read
    BadDialects,
    /// anything else
    Other,
}

/// One message.
#[derive(Debug)]
pub(super) struct Message<'a> {
    /// 1 or 2
    pub(super) version: u8,
    /// number of the command
    pub(super) command: u16,
    /// what a request and its answer have in common
    pub(super) id: u64,
    /// it is an answer
    pub(super) answer: bool,
    pub(super) said: Said<'a>,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk::<2>().map(|two| usize::from(u16::from_le_bytes(*two)))
}
fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk::<4>().map(|four| u32::from_le_bytes(*four) as usize)
}
/// `count` bytes at `at`, or as many as there are.
fn part(bytes: &[u8], at: usize, count: usize) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or(&[]);
    rest.get(..count.min(rest.len())).unwrap_or(rest)
}
/// UTF-16 as text; what is none is left as it is.
fn wide(bytes: &[u8]) -> Vec<u8> {
    let units = bytes.chunks_exact(2).map(|pair| u16::from(pair[0]) | u16::from(pair[1]) << 8);
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.into_bytes()
}
/// Up to the first NUL.
fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or(bytes)
}
fn wide_until_nul(bytes: &[u8]) -> Vec<u8> {
    let pairs = bytes.chunks_exact(2).take_while(|pair| **pair != [0, 0]).count();
    wide(part(bytes, 0, pairs * 2))
}
fn handle(bytes: &[u8]) -> Handle {
    let mut handle = [0; 16];
    handle.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    handle
}

/// Domain and user of an NTLMSSP message of kind 3, wherever it stands in the blob.
fn login(blob: &[u8]) -> Option<Said<'_>> {
    let start = blob.windows(8).position(|eight| eight == b"NTLMSSP\0")?;
    let message = blob.get(start..)?;
    if u32_at(message, 8)? != 3 {
        return None;
    }
    let is_wide = u32_at(message, 60)? & 1 != 0;
    let text = |at: usize| {
        let (at, count) = (u32_at(message, at + 4)?, u16_at(message, at)?);
        let bytes = message.get(at..at.checked_add(count)?)?;
        Some(if is_wide { wide(bytes) } else { bytes.to_vec() })
    };
    Some(text(28).zip(text(36)).map_or(Said::BadLogin, |(domain, user)| Said::Login(domain, user)))
}

/// Dialects of SMB 1: each is a 2, its name and a NUL.
fn dialects(mut bytes: &[u8]) -> Said<'_> {
    while let Some((kind, rest)) = bytes.split_first() {
        let end = rest.iter().position(|byte| *byte == 0).filter(|_| *kind == 2);
        let Some(end) = end else { return Said::BadDialects };
        bytes = rest.get(end + 1..).unwrap_or(&[]);
    }
    Said::Other
}

impl<'a> Message<'a> {
    /// The messages in a packet: SMB 2 may chain them.
    pub(super) fn all(packet: &'a [u8]) -> Vec<Message<'a>> {
        let mut found = Vec::new();
        let mut rest = packet;
        while found.len() < CHAINED {
            match rest.first() {
                Some(0xff) => {
                    found.extend(Self::old(rest));
                    break;
                }
                Some(0xfe) => {
                    let next = u32_at(rest, 20).unwrap_or(0);
                    let one = if next == 0 { rest } else { part(rest, 0, next) };
                    found.extend(Self::new(one));
                    match rest.get(next..).filter(|_| next >= NEW_HEAD) {
                        Some(later) => rest = later,
                        None => break,
                    }
                }
                _ => break,
            }
        }
        found
    }
    fn new(bytes: &'a [u8]) -> Option<Message<'a>> {
        let command = u16_at(bytes, 12)?;
        let answer = u32_at(bytes, 16)? & 1 != 0;
        let id = u64::from_le_bytes(*bytes.get(24..)?.first_chunk::<8>()?);
        let body = bytes.get(NEW_HEAD..)?;
        let said = new_body(command, answer, bytes, body).unwrap_or(Said::Other);
        Some(Message { version: 2, command: command as u16, id, answer, said })
    }
    fn old(bytes: &'a [u8]) -> Option<Message<'a>> {
        let command = *bytes.get(4)?;
        let answer = bytes.get(9)? & 0x80 != 0;
        let is_wide = u16_at(bytes, 10)? & 0x8000 != 0;
        let id = u16_at(bytes, 30)? as u64;
        let count = usize::from(*bytes.get(OLD_HEAD)?) * 2;
        let words = part(bytes, OLD_HEAD + 1, count);
        let data_at = OLD_HEAD + 1 + count + 2;
        let said = old_body(command, answer, is_wide, (bytes, words, data_at)).unwrap_or(Said::Other);
        Some(Message { version: 1, command: u16::from(command), id, answer, said })
    }
}

/// Messages of one packet.
const CHAINED: usize = 16;
/// `FSCTL_PIPE_TRANSCEIVE`, [MS-FSCC] 2.3.
const TRANSCEIVE: usize = 0x0011_c017;
const NEW_HEAD: usize = 64;
const OLD_HEAD: usize = 32;

fn new_body<'a>(command: usize, answer: bool, bytes: &'a [u8], body: &'a [u8]) -> Option<Said<'a>> {
    Some(match (command, answer) {
        (1, false) => login(part(bytes, u16_at(body, 12)?, u16_at(body, 14)?))?,
        (3, false) => Said::Tree(wide(part(bytes, u16_at(body, 4)?, u16_at(body, 6)?))),
        (5, false) => Said::Open(wide(part(bytes, u16_at(body, 44)?, u16_at(body, 46)?))),
        (5, true) => Said::Opened(handle(body.get(64..80)?)),
        (6, false) => Said::Close(handle(body.get(8..24)?)),
        (8, false) => Said::Read(handle(body.get(16..32)?)),
        (8, true) => Said::Got(part(bytes, usize::from(*body.get(2)?), u32_at(body, 4)?)),
        (9, false) => Said::Write(handle(body.get(16..32)?), part(bytes, u16_at(body, 2)?, u32_at(body, 4)?)),
        (11, false) if u32_at(body, 4)? == TRANSCEIVE => {
            Said::Call(part(bytes, u32_at(body, 24)?, u32_at(body, 28)?))
        }
        (11, true) if u32_at(body, 4)? == TRANSCEIVE => {
            Said::Call(part(bytes, u32_at(body, 32)?, u32_at(body, 36)?))
        }
        _ => Said::Other,
    })
}

fn old_body<'a>(
    command: u8,
    answer: bool,
    is_wide: bool,
    (bytes, words, data_at): (&'a [u8], &'a [u8], usize),
) -> Option<Said<'a>> {
    // Wide text starts at an even place.
    let text = |at: usize| {
        let at = if is_wide { at + at % 2 } else { at };
        let rest = bytes.get(at..).unwrap_or(&[]);
        if is_wide { wide_until_nul(rest) } else { until_nul(rest).to_vec() }
    };
    Some(match (command, answer) {
        (0x72, false) => dialects(part(bytes, data_at, u16_at(bytes, data_at.checked_sub(2)?)?)),
        (0x73, false) => login(bytes.get(data_at..)?)?,
        (0x75, false) => Said::Tree(text(data_at + u16_at(words, 6)?)),
        (0xa2, false) => Said::Open(text(data_at)),
        (0xa2, true) => Said::Opened(handle(words.get(5..7)?)),
        (0x04, false) => Said::Close(handle(words.get(..2)?)),
        (0x25, false) => Said::Call(part(bytes, u16_at(words, 24)?, u16_at(words, 22)?)),
        (0x25, true) => Said::Call(part(bytes, u16_at(words, 14)?, u16_at(words, 12)?)),
        (0x2e, false) => Said::Read(handle(words.get(4..6)?)),
        (0x2e, true) => Said::Got(part(bytes, u16_at(words, 12)?, u16_at(words, 10)?)),
        (0x2f, false) => Said::Write(
            handle(words.get(4..6)?),
            part(bytes, u16_at(words, 22)?, u16_at(words, 20)? | u16_at(words, 18)? << 16),
        ),
        _ => Said::Other,
    })
}
