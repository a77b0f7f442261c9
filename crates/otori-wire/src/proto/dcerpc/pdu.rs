//! One fragment of a call, of version 5 or 4. Key types: [`Head`], [`Pdu`]. C706, 12.5 and 12.6.
use crate::{digest::push_hex, limits::DCERPC_INTERFACES};

/// Bytes of a head of version 5.
pub(super) const HEAD: usize = 16;
/// Bytes of a head of version 4.
const DATAGRAM_HEAD: usize = 80;

/// Kinds of messages.
pub(super) mod kind {
    pub(crate) const REQUEST: u8 = 0;
    pub(crate) const RESPONSE: u8 = 2;
    pub(crate) const BIND: u8 = 11;
    pub(crate) const BIND_ACK: u8 = 12;
    pub(crate) const ALTER: u8 = 14;
    pub(crate) const ALTER_RESPONSE: u8 = 15;
    pub(crate) const AUTH3: u8 = 16;
    pub(crate) const LAST: u8 = 20;

    /// What a kind is called, as EVE has it.
    pub(crate) fn name(kind: u8) -> &'static str {
        const NAMES: [&str; 21] = [
            "REQUEST",
            "PING",
            "RESPONSE",
            "FAULT",
            "WORKING",
            "NOCALL",
            "REJECT",
            "ACK",
            "CL_CANCEL",
            "FACK",
            "CANCEL_ACK",
            "BIND",
            "BINDACK",
            "BINDNAK",
            "ALTER_CONTEXT",
            "ALTER_CONTEXT_RESP",
            "AUTH3",
            "SHUTDOWN",
            "CO_CANCEL",
            "ORPHANED",
            "RTS",
        ];
        NAMES.get(usize::from(kind)).copied().unwrap_or("UNKNOWN")
    }
}

/// An interface that a bind offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) context: u16,
    /// in the order in which it is written
    pub(super) uuid: [u8; 16],
    pub(super) major: u16,
    pub(super) minor: u16,
    /// what the server said of it: 0 is yes
    pub(super) result: Option<u16>,
}

impl Interface {
    /// Not refused.
    pub(super) fn is_accepted(&self) -> bool {
        self.result.is_none_or(|result| result == 0)
    }
    /// What rules compare: UUID and version.
    pub(super) fn key(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.uuid);
        out.extend_from_slice(&self.major.to_be_bytes());
    }
}

/// `367abb81-9844-35f1-ad32-98f038001003`.
pub(super) fn uuid(bytes: &[u8; 16]) -> Vec<u8> {
    let mut out = Vec::with_capacity(36);
    for part in [0..4, 4..6, 6..8, 8..10, 10..16] {
        if part.start > 0 {
            out.push(b'-');
        }
        push_hex(&mut out, bytes.get(part).unwrap_or_default());
    }
    out
}

/// Reads numbers in the order that the sender has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reader<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }
    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }
    fn u16(&mut self) -> Option<u16> {
        let bytes = self.take(2)?.try_into().ok()?;
        Some(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }
    fn u32(&mut self) -> Option<u32> {
        let bytes = self.take(4)?.try_into().ok()?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }
    /// A UUID, put into the order in which it is written.
    fn uuid(&mut self) -> Option<[u8; 16]> {
        let mut bytes: [u8; 16] = self.take(16)?.try_into().ok()?;
        if self.little {
            bytes[..4].reverse();
            bytes[4..6].reverse();
            bytes[6..8].reverse();
        }
        Some(bytes)
    }
}

/// What a fragment of version 5 begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    version: [u8; 2],
    kind: u8,
    flags: u8,
    little: bool,
    pub(super) length: usize,
    authentication: usize,
    call: u32,
}

impl Head {
    pub(super) fn read(bytes: &[u8]) -> Option<Head> {
        let head = bytes.first_chunk::<HEAD>()?;
        let little = head[4] >> 4 == 1;
        let mut reader = Reader { bytes: &head[8..], little };
        Some(Head {
            version: [head[0], head[1]],
            kind: head[2],
            flags: head[3],
            little,
            length: reader.u16()?.into(),
            authentication: reader.u16()?.into(),
            call: reader.u32()?,
        })
    }
    /// A version, a kind and a length that exist.
    pub(super) const fn is_plausible(&self) -> bool {
        self.version[0] == 5 && self.version[1] <= 1 && self.kind <= kind::LAST && self.length >= HEAD
    }
}

/// A list that a bind or its answer has, where it lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct List<'a> {
    body: Reader<'a>,
    count: usize,
}

impl<'a> List<'a> {
    /// The list behind its count; `None` if not all of it can be read.
    fn read<T>(body: &mut Reader<'a>, each: fn(&mut Reader<'a>) -> Option<T>) -> Option<List<'a>> {
        let count = usize::from(body.u8()?).min(DCERPC_INTERFACES);
        body.take(3)?;
        let list = List { body: *body, count };
        (list.all(each).count() == count).then_some(list)
    }
    fn all<T>(self, each: fn(&mut Reader<'a>) -> Option<T>) -> impl Iterator<Item = T> {
        let mut body = self.body;
        (0..self.count).map_while(move |_| each(&mut body))
    }
    pub(super) const fn is_empty(self) -> bool {
        self.count == 0
    }
    /// Of a bind.
    pub(super) fn interfaces(self) -> impl Iterator<Item = Interface> {
        self.all(Interface::read)
    }
    /// Of the answer to a bind.
    pub(super) fn results(self) -> impl Iterator<Item = u16> {
        self.all(read_result)
    }
}

impl Interface {
    fn read(body: &mut Reader<'_>) -> Option<Interface> {
        let context = body.u16()?;
        let syntaxes = body.u8()?;
        body.take(1)?;
        let (uuid, major, minor) = (body.uuid()?, body.u16()?, body.u16()?);
        body.take(usize::from(syntaxes) * 20)?;
        Some(Interface { context, uuid, major, minor, result: None })
    }
}

fn read_result(body: &mut Reader<'_>) -> Option<u16> {
    let result = body.u16()?;
    body.take(22)?;
    Some(result)
}

/// One fragment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pdu<'a> {
    pub(super) version: u8,
    pub(super) kind: u8,
    /// bytes of its head
    pub(super) head: usize,
    pub(super) first: bool,
    pub(super) last: bool,
    pub(super) call: u32,
    pub(super) context: Option<u16>,
    pub(super) operation: Option<u16>,
    pub(super) stub: &'a [u8],
    pub(super) offered: List<'a>,
    /// what the answer to a bind says of each that was offered
    pub(super) results: List<'a>,
    /// version 4: the interface, which each call names
    pub(super) interface: Option<Interface>,
    pub(super) activity: Option<([u8; 16], u32)>,
}

impl<'a> Pdu<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Pdu<'a>> {
        if bytes.first() == Some(&4) {
            return Pdu::read_datagram(bytes);
        }
        let head = Head::read(bytes).filter(Head::is_plausible)?;
        let end = head.length.min(bytes.len());
        let mut pdu = Pdu {
            version: 5,
            kind: head.kind,
            head: HEAD,
            first: head.flags & 1 != 0,
            last: head.flags & 2 != 0,
            call: head.call,
            ..Pdu::default()
        };
        let mut body = Reader { bytes: bytes.get(HEAD..end)?, little: head.little };
        match head.kind {
            kind::BIND | kind::ALTER => pdu.read_bind(&mut body)?,
            kind::BIND_ACK | kind::ALTER_RESPONSE => pdu.read_answer(&mut body)?,
            kind::REQUEST | kind::RESPONSE => {
                let (_, context) = (body.u32()?, body.u16()?);
                let operation = body.u16()?;
                pdu.context = Some(context);
                if head.kind == kind::REQUEST {
                    pdu.operation = Some(operation);
                    if head.flags & 0x80 != 0 {
                        body.take(16)?;
                    }
                }
                // Eight bytes more stand before what proves who sent it.
                let trailer = if head.authentication > 0 { head.authentication + 8 } else { 0 };
                let length = body.bytes.len().saturating_sub(trailer);
                pdu.stub = body.take(length)?;
            }
            _ => {}
        }
        Some(pdu)
    }
    fn read_bind(&mut self, body: &mut Reader<'a>) -> Option<()> {
        body.take(8)?;
        self.offered = List::read(body, Interface::read)?;
        Some(())
    }
    fn read_answer(&mut self, body: &mut Reader<'a>) -> Option<()> {
        body.take(8)?;
        let port = body.u16()?;
        // What follows begins at a multiple of four.
        body.take(usize::from(port) + (4 - (usize::from(port) + 2) % 4) % 4)?;
        self.results = List::read(body, read_result)?;
        Some(())
    }
    fn read_datagram(bytes: &'a [u8]) -> Option<Pdu<'a>> {
        let (head, rest) = bytes.split_at_checked(DATAGRAM_HEAD)?;
        let little = head[4] >> 4 == 1;
        let mut reader = Reader { bytes: head.get(24..)?, little };
        let (uuid, activity) = (reader.uuid()?, reader.uuid()?);
        let (_, version, sequence) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let operation = reader.u16()?;
        reader.take(4)?;
        let length = usize::from(reader.u16()?);
        // Fragments are no further of interest: each counts as whole.
        Some(Pdu {
            version: 4,
            kind: head[1],
            head: DATAGRAM_HEAD,
            first: true,
            last: true,
            call: sequence,
            operation: (head[1] == kind::REQUEST).then_some(operation),
            stub: rest.get(..length.min(rest.len()))?,
            interface: Some(Interface {
                uuid,
                major: version as u16,
                minor: (version >> 16) as u16,
                ..Interface::default()
            }),
            activity: Some((activity, sequence)),
            ..Pdu::default()
        })
    }
    /// Nothing answers it.
    pub(super) const fn is_unanswered(&self) -> bool {
        matches!(self.kind, kind::AUTH3 | 7..=10 | 17..=19)
    }
}

/// A message of version 4: its kind, its encoding and its length are possible.
pub(super) fn is_datagram(bytes: &[u8]) -> bool {
    let Some(head) = bytes.get(..DATAGRAM_HEAD) else { return false };
    let little = head[4] >> 4;
    let length = [head[74], head[75]];
    let length = if little == 1 { u16::from_le_bytes(length) } else { u16::from_be_bytes(length) };
    head[1] <= 10 && little <= 1 && head[5] <= 3 && usize::from(length) + DATAGRAM_HEAD <= bytes.len()
}
