//! Messages of netlink: headers and attributes, read and written. Key types: [`Request`], [`Body`]. Specification:
//! netlink(7), netlink(3).
use crate::abi::{Endian, Numbering};
use crate::errno::Errno;
use alloc::vec::Vec;

/// Bytes of `struct nlmsghdr`.
pub(super) const HEADER: usize = 16;
/// NLMSG_ERROR, NLMSG_DONE
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// NLM_F_MULTI, NLM_F_ACK, NLM_F_ROOT, NLM_F_MATCH
const MULTI: u16 = 2;
const ACKNOWLEDGE: u16 = 4;
const DUMP: u16 = 0x300;
/// Bytes of one datagram of a dump, as the kernel fills one page.
const DATAGRAM_BYTES: usize = 3_776;
/// Attributes of one request that are looked at.
const ATTRIBUTES_MAX: usize = 64;

/// A request, with its place in the guest's bytes.
pub(super) struct Request<'a> {
    /// bytes of the whole message
    pub(super) length: usize,
    pub(super) kind: u16,
    pub(super) flags: u16,
    sequence: u32,
    port: u32,
    bytes: &'a [u8],
    pub(super) endian: Endian,
}

impl<'a> Request<'a> {
    /// Reads the message at the start of those bytes; `port` is whom it is answered to.
    pub(super) fn read(bytes: &'a [u8], port: u32) -> Option<Request<'a>> {
        let word = |at: usize| -> Option<[u8; 4]> { bytes.get(at..at + 4)?.try_into().ok() };
        let half = |at: usize| -> Option<[u8; 2]> { bytes.get(at..at + 2)?.try_into().ok() };
        let fits = HEADER..=bytes.len();
        let little = Endian::Little.read_u32(word(0)?) as usize;
        let endian = if fits.contains(&little) { Endian::Little } else { Endian::Big };
        let length = endian.read_u32(word(0)?) as usize;
        if !fits.contains(&length) {
            return None;
        }
        Some(Request {
            length,
            kind: endian.read_u16(half(4)?),
            flags: endian.read_u16(half(6)?),
            sequence: endian.read_u32(word(8)?),
            port,
            bytes: bytes.get(..length)?,
            endian,
        })
    }

    /// Whether everything is asked for.
    pub(super) fn is_dump(&self) -> bool {
        self.flags & DUMP != 0
    }

    pub(super) fn wants_acknowledgement(&self) -> bool {
        self.flags & ACKNOWLEDGE != 0
    }

    /// A byte of the fixed part of the body.
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(HEADER + at).copied().unwrap_or(0)
    }

    /// A word of the fixed part of the body.
    pub(super) fn word(&self, at: usize) -> u32 {
        let part = self.bytes.get(HEADER + at..HEADER + at + 4).and_then(|part| part.try_into().ok());
        part.map_or(0, |part| self.endian.read_u32(part))
    }

    /// The content of an attribute behind a fixed part of `fixed` bytes.
    pub(super) fn attribute(&self, fixed: usize, wanted: u16) -> Option<&'a [u8]> {
        self.nested(self.bytes.get(HEADER + fixed..)?).attribute(wanted)
    }

    /// The attributes within an attribute, as a request of their own.
    pub(super) fn nested(&self, content: &'a [u8]) -> Nested<'a> {
        Nested { content, endian: self.endian }
    }

    /// An attribute that is a word.
    pub(super) fn number(&self, fixed: usize, wanted: u16) -> Option<u32> {
        let part = self.attribute(fixed, wanted)?.get(..4)?;
        Some(self.endian.read_u32(part.try_into().ok()?))
    }

    /// A message that answers alone.
    pub(super) fn single(&self, kind: u16, body: &[u8]) -> Vec<u8> {
        whole(self.endian, kind, 0, self.sequence, self.port, body)
    }

    /// Messages that answer a dump, in datagrams, with the end behind them.
    pub(super) fn series(&self, messages: Vec<(u16, Vec<u8>)>) -> Vec<Vec<u8>> {
        let mut datagrams = Vec::from([Vec::new()]);
        for (kind, body) in messages.into_iter().chain([(DONE, Vec::from([0; 4]))]) {
            let message = whole(self.endian, kind, MULTI, self.sequence, self.port, &body);
            match datagrams.last_mut() {
                Some(last) if last.is_empty() || last.len() + message.len() <= DATAGRAM_BYTES => {
                    last.extend(message);
                }
                _ => datagrams.push(message),
            }
        }
        datagrams
    }

    /// It was done.
    pub(super) fn acknowledgement(&self) -> Vec<u8> {
        self.outcome(0)
    }

    /// It was not done; the whole request comes back.
    pub(super) fn error(&self, error: Errno, numbering: Numbering) -> Vec<u8> {
        self.outcome(i32::from(error.number(numbering)))
    }

    fn outcome(&self, error: i32) -> Vec<u8> {
        let mut body = self.endian.u32((-error).cast_unsigned()).to_vec();
        let kept = if error == 0 { HEADER } else { self.length };
        body.extend_from_slice(self.bytes.get(..kept).unwrap_or_default());
        whole(self.endian, ERROR, 0, self.sequence, self.port, &body)
    }
}

/// Attributes behind one another.
#[derive(Clone, Copy)]
pub(super) struct Nested<'a> {
    content: &'a [u8],
    endian: Endian,
}

impl<'a> Nested<'a> {
    /// The content of an attribute.
    pub(super) fn attribute(self, wanted: u16) -> Option<&'a [u8]> {
        let mut at = 0;
        for _ in 0..ATTRIBUTES_MAX {
            let head = self.content.get(at..at + 4)?;
            let length = usize::from(self.endian.read_u16(head.get(..2)?.try_into().ok()?));
            let kind = self.endian.read_u16(head.get(2..)?.try_into().ok()?) & 0x3fff;
            if length < 4 {
                return None;
            }
            if kind == wanted {
                return self.content.get(at + 4..at + length);
            }
            at += length.next_multiple_of(4);
        }
        None
    }
    /// An attribute that is a half word.
    pub(super) fn half(self, wanted: u16) -> Option<u16> {
        Some(self.endian.read_u16(self.attribute(wanted)?.get(..2)?.try_into().ok()?))
    }
}

/// A message with its header.
pub(super) fn whole(endian: Endian, kind: u16, flags: u16, sequence: u32, port: u32, body: &[u8]) -> Vec<u8> {
    let mut message = endian.u32((HEADER + body.len()) as u32).to_vec();
    message.extend_from_slice(&endian.u16(kind));
    message.extend_from_slice(&endian.u16(flags));
    message.extend_from_slice(&endian.u32(sequence));
    message.extend_from_slice(&endian.u32(port));
    message.extend_from_slice(body);
    message.resize(message.len().next_multiple_of(4), 0);
    message
}

/// The body of a message that is being written.
pub(super) struct Body {
    bytes: Vec<u8>,
    endian: Endian,
}

impl Body {
    pub(super) fn new(endian: Endian, head: &[u8]) -> Body {
        Body { bytes: head.to_vec(), endian }
    }

    /// A word of the fixed part.
    pub(super) fn word(mut self, value: u32) -> Body {
        self.bytes.extend_from_slice(&self.endian.u32(value));
        self
    }

    /// A half word of the fixed part.
    pub(super) fn half(mut self, value: u16) -> Body {
        self.bytes.extend_from_slice(&self.endian.u16(value));
        self
    }

    /// Bytes of the fixed part.
    pub(super) fn bytes(mut self, bytes: &[u8]) -> Body {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// An attribute.
    pub(super) fn attribute(mut self, kind: u16, content: &[u8]) -> Body {
        self.bytes.extend_from_slice(&self.endian.u16((content.len() + 4) as u16));
        self.bytes.extend_from_slice(&self.endian.u16(kind));
        self.bytes.extend_from_slice(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self
    }

    /// An attribute that is a word.
    pub(super) fn number(self, kind: u16, value: u32) -> Body {
        let content = self.endian.u32(value);
        self.attribute(kind, &content)
    }

    /// An attribute that is a text.
    pub(super) fn text(self, kind: u16, text: &str) -> Body {
        self.attribute(kind, &[text.as_bytes(), &[0]].concat())
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
