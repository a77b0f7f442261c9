//! Reads one message: head, payloads, proposals. Key type: [`Message`]. RFC 2408 3, RFC 7296 3.
use super::{super::Record, name};
use crate::{
    cursor::Cursor,
    limits::{IKE_PAYLOADS, IKE_PROPOSALS},
    reused::{Reused, emptied},
};

/// Bytes of a head.
pub(super) const HEAD: usize = 28;

/// What a message begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) initiator: [u8; 8],
    pub(super) responder: [u8; 8],
    next: u8,
    pub(super) major: u8,
    pub(super) minor: u8,
    pub(super) exchange: u8,
    /// version 1: what follows is encrypted
    pub(super) encrypted: bool,
    /// version 2: who began it sent it
    pub(super) from_initiator: bool,
    pub(super) message: u32,
    length: u32,
}

impl Head {
    pub(super) fn read(bytes: &[u8]) -> Option<Head> {
        let mut cursor = Cursor::new(bytes);
        let (initiator, responder) = (cursor.take(8)?.try_into().ok()?, cursor.take(8)?.try_into().ok()?);
        let (next, version, exchange, flags) = (cursor.u8()?, cursor.u8()?, cursor.u8()?, cursor.u8()?);
        let (major, minor) = (version >> 4, version & 15);
        let (message, length) = (cursor.u32()?, cursor.u32()?);
        let (encrypted, from_initiator) = (major == 1 && flags & 1 != 0, major == 2 && flags & 8 != 0);
        Some(Head {
            initiator,
            responder,
            next,
            major,
            minor,
            exchange,
            encrypted,
            from_initiator,
            message,
            length,
        })
    }
    /// Version, exchange and length are possible for so many bytes.
    pub(super) fn is_plausible(&self, bytes: usize) -> bool {
        let exchange = match self.major {
            1 => matches!(self.exchange, 1..=6 | 32..=33),
            2 => matches!(self.exchange, 34..=37),
            _ => false,
        };
        exchange && self.minor == 0 && self.initiator != [0; 8] && self.length as usize == bytes
    }
}

/// What a proposal fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Attribute {
    Encryption,
    Hash,
    Authentication,
    Group,
    Function,
    GroupType,
    LifeType,
    LifeDuration,
    KeyLength,
    FieldSize,
    Sequence,
}

impl Attribute {
    /// RFC 2409, appendix A.
    const fn of_first(kind: u16) -> Option<Attribute> {
        Some(match kind {
            1 => Attribute::Encryption,
            2 => Attribute::Hash,
            3 => Attribute::Authentication,
            4 => Attribute::Group,
            5 => Attribute::GroupType,
            11 => Attribute::LifeType,
            12 => Attribute::LifeDuration,
            13 => Attribute::Function,
            14 => Attribute::KeyLength,
            15 => Attribute::FieldSize,
            _ => return None,
        })
    }
    /// RFC 7296 3.3.2.
    const fn of_second(kind: u8) -> Option<Attribute> {
        Some(match kind {
            1 => Attribute::Encryption,
            2 => Attribute::Function,
            3 => Attribute::Authentication,
            4 => Attribute::Group,
            5 => Attribute::Sequence,
            _ => return None,
        })
    }
}

/// One set of algorithms that is offered, or that was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Proposal {
    pub(super) attributes: Vec<(Attribute, u64)>,
}

impl Proposal {
    pub(super) fn log(&self, version: u8, record: &mut dyn Record) {
        for (place, (attribute, value)) in self.attributes.iter().enumerate() {
            // Who repeats an attribute is told by its first value.
            if self.attributes.iter().take(place).any(|(before, _)| before == attribute) {
                continue;
            }
            let (key, raw) = name::keys(*attribute);
            record.text(key, name::value(version, *attribute, *value).as_bytes());
            if version == 1 {
                record.number(raw, value.cast_signed());
            }
        }
    }
}

/// One message, without what is a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) head: Head,
    /// kinds of payloads in order
    pub(super) payloads: Vec<u8>,
    pub(super) proposals: Reused<Proposal>,
    pub(super) notices: Vec<u16>,
    /// version 1: domain of interpretation
    pub(super) domain: Option<u32>,
    /// it ends too early, or lengths contradict each other
    pub(super) broken: bool,
}

/// What else it says, where it lies.
pub(super) struct Said<'a, 'v> {
    pub(super) key: Option<&'a [u8]>,
    pub(super) nonce: Option<&'a [u8]>,
    /// takes each vendor
    vendor: &'v mut dyn FnMut(&[u8]),
}

impl Message {
    /// Reads a message in place of what was there; `vendor` takes each vendor.
    pub(super) fn read<'a, 'v>(
        &mut self,
        bytes: &'a [u8],
        vendor: &'v mut dyn FnMut(&[u8]),
    ) -> Option<Said<'a, 'v>> {
        let head = Head::read(bytes).filter(|head| matches!(head.major, 1 | 2))?;
        let end = (head.length as usize).min(bytes.len());
        (self.head, self.domain, self.broken) = (head, None, (head.length as usize) > bytes.len());
        self.payloads.clear();
        self.proposals.clear();
        self.notices.clear();
        let mut said = Said { key: None, nonce: None, vendor };
        if !head.encrypted {
            self.read_payloads(bytes.get(HEAD..end).unwrap_or(&[]), &mut said);
        }
        Some(said)
    }
    fn read_payloads<'a>(&mut self, bytes: &'a [u8], said: &mut Said<'a, '_>) {
        let mut cursor = Cursor::new(bytes);
        let mut kind = self.head.next;
        while kind != 0 && self.payloads.len() < IKE_PAYLOADS {
            let Some((next, body)) = generic(&mut cursor) else {
                self.broken = true;
                return;
            };
            self.payloads.push(kind);
            let read = match self.head.major {
                1 => self.read_first(kind, body, said),
                _ => self.read_second(kind, body, said),
            };
            self.broken |= read.is_none();
            // Nothing that can be read follows an encrypted payload.
            if self.head.major == 2 && matches!(kind, 46 | 53) {
                return;
            }
            kind = next;
        }
    }
    fn read_first<'a>(&mut self, kind: u8, body: &'a [u8], said: &mut Said<'a, '_>) -> Option<()> {
        match kind {
            1 => {
                let mut cursor = Cursor::new(body);
                self.domain = Some(cursor.u32()?);
                let situation = cursor.u32()?;
                if situation == 1 {
                    self.read_proposals(cursor.rest())?;
                }
            }
            4 => said.key = Some(body),
            10 => said.nonce = Some(body),
            11 => {
                self.domain = Some(Cursor::new(body).u32()?);
                self.notices.push(Cursor::at(body, 6).u16()?);
            }
            13 => (said.vendor)(body),
            _ => {}
        }
        Some(())
    }
    /// Each transform of version 1 is an offer of its own.
    fn read_proposals(&mut self, bytes: &[u8]) -> Option<()> {
        let mut cursor = Cursor::new(bytes);
        loop {
            let (next, body) = generic(&mut cursor)?;
            self.payloads.push(2);
            let mut inside = Cursor::new(body);
            inside.skip(2)?;
            let (spi, count) = (inside.u8()?, inside.u8()?);
            inside.skip(usize::from(spi))?;
            for _ in 0..count {
                let (_, transform) = generic(&mut inside)?;
                if self.proposals.len() < IKE_PROPOSALS {
                    self.payloads.push(3);
                    let offered = transform.get(4..)?;
                    self.propose(|list| {
                        attributes(offered, |kind, value| {
                            list.extend(Attribute::of_first(kind).map(|known| (known, value)));
                        })
                    })?;
                }
            }
            if next == 0 {
                return Some(());
            }
        }
    }
    /// Adds the proposal whose attributes `fill` finds, unless there are enough.
    fn propose(&mut self, fill: impl FnOnce(&mut Vec<(Attribute, u64)>) -> Option<()>) -> Option<()> {
        let list = &mut self.proposals.again().attributes;
        *list = emptied(core::mem::take(list));
        let filled = fill(list);
        if filled.is_none() || self.proposals.len() > IKE_PROPOSALS {
            self.proposals.drop_last();
        }
        filled
    }
    fn read_second<'a>(&mut self, kind: u8, body: &'a [u8], said: &mut Said<'a, '_>) -> Option<()> {
        match kind {
            33 => self.read_chosen(body)?,
            34 => said.key = Some(body.get(4..)?),
            40 => said.nonce = Some(body),
            41 => self.notices.push(Cursor::at(body, 2).u16()?),
            43 => (said.vendor)(body),
            _ => {}
        }
        Some(())
    }
    /// A proposal of version 2 has a transform for each kind of algorithm.
    fn read_chosen(&mut self, bytes: &[u8]) -> Option<()> {
        let mut cursor = Cursor::new(bytes);
        loop {
            let (next, body) = generic(&mut cursor)?;
            let mut inside = Cursor::new(body);
            inside.skip(2)?;
            let (spi, count) = (inside.u8()?, inside.u8()?);
            inside.skip(usize::from(spi))?;
            self.propose(|list| {
                for _ in 0..count {
                    let (_, transform) = generic(&mut inside)?;
                    let mut transform = Cursor::new(transform);
                    let (kind, _, id) = (transform.u8()?, transform.u8()?, transform.u16()?);
                    list.extend(Attribute::of_second(kind).map(|known| (known, u64::from(id))));
                    let mut length = None;
                    attributes(transform.rest(), |kind, value| {
                        length = length.or((kind == 14).then_some(value));
                    })?;
                    list.extend(length.map(|bits| (Attribute::KeyLength, bits)));
                }
                Some(())
            })?;
            if next == 0 {
                return Some(());
            }
        }
    }
}

/// What kind follows, and the body of a payload.
fn generic<'a>(cursor: &mut Cursor<'a>) -> Option<(u8, &'a [u8])> {
    let (next, _, length) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
    Some((next, cursor.take(usize::from(length).checked_sub(4)?)?))
}

/// Tells each attribute: short ones have their value in place of a length. RFC 2408 3.3.
fn attributes(bytes: &[u8], mut each: impl FnMut(u16, u64)) -> Option<()> {
    let mut cursor = Cursor::new(bytes);
    while cursor.left() > 0 {
        let (kind, word) = (cursor.u16()?, cursor.u16()?);
        let value = match kind & 0x8000 {
            0 => {
                let digits = cursor.take(usize::from(word))?;
                digits.iter().fold(0, |sum: u64, digit| sum << 8 | u64::from(*digit))
            }
            _ => u64::from(word),
        };
        each(kind & 0x7fff, value);
    }
    Some(())
}
