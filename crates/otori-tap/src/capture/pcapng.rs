//! Blocks of a pcapng file.
//!
//! Key type: [`Sections`]. draft-ietf-opsawg-pcapng 4.
use super::word;
use core::ops::Range;
use otori_event::Timestamp;
use otori_wire::LinkType;

pub(super) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
/// Interfaces of one section.
const INTERFACES: usize = 4096;

#[derive(Clone, Copy)]
struct Interface {
    link: LinkType,
    /// units per second
    resolution: u64,
    offset_seconds: i64,
}

/// What the current section has said.
#[derive(Default)]
pub(super) struct Sections {
    pub(super) big: bool,
    /// the file's first block kind was already read
    pub(super) pending_magic: bool,
    interfaces: Vec<Interface>,
}

impl Sections {
    /// At the start of a file whose first four bytes were read.
    pub(super) fn after_magic() -> Self {
        Sections { pending_magic: true, ..Sections::default() }
    }
    /// A section begins, with this byte-order magic.
    pub(super) fn start(&mut self, order: [u8; 4]) {
        self.big = u32::from_be_bytes(order) == 0x1a2b_3c4d;
        self.interfaces.clear();
    }
    /// Takes a block; gives the packet that is in it.
    pub(super) fn block(
        &mut self,
        kind: [u8; 4],
        body: &[u8],
    ) -> Option<(Timestamp, LinkType, Range<usize>)> {
        let field = |at: usize| word(self.big, body, at);
        match word(self.big, &kind, 0)? {
            INTERFACE => {
                self.interface(body);
                None
            }
            ENHANCED_PACKET => {
                let interface = self.interfaces.get(field(0)? as usize)?;
                let units = u64::from(field(4)?) << 32 | u64::from(field(8)?);
                let length = field(12)? as usize;
                Some((interface.time(units), interface.link, 20..20usize.checked_add(length)?))
            }
            OLD_PACKET => {
                let half = body.get(..2)?;
                let place = if self.big { [half[0], half[1]] } else { [half[1], half[0]] };
                let interface = self.interfaces.get(usize::from(u16::from_be_bytes(place)))?;
                let units = u64::from(field(4)?) << 32 | u64::from(field(8)?);
                let length = field(12)? as usize;
                Some((interface.time(units), interface.link, 20..20usize.checked_add(length)?))
            }
            SIMPLE_PACKET => {
                let interface = self.interfaces.first()?;
                let length = (field(0)? as usize).min(body.len().saturating_sub(8));
                Some((Timestamp(0), interface.link, 4..4usize.checked_add(length)?))
            }
            _ => None,
        }
    }
    fn half(&self, body: &[u8], at: usize) -> Option<u16> {
        let half: [u8; 2] = body.get(at..at + 2)?.try_into().ok()?;
        Some(if self.big { u16::from_be_bytes(half) } else { u16::from_le_bytes(half) })
    }
    fn interface(&mut self, body: &[u8]) {
        let Some(number) = self.half(body, 0) else { return };
        let mut interface = Interface {
            link: LinkType::from_number(u32::from(number)),
            resolution: 1_000_000,
            offset_seconds: 0,
        };
        let mut at = 8;
        while let (Some(code), Some(length)) = (self.half(body, at), self.half(body, at + 2)) {
            let length = usize::from(length);
            let Some(value) = body.get(at + 4..at + 4 + length) else { break };
            match (code, length) {
                (0, _) => break,
                (9, 1) => {
                    let exponent = u32::from(value[0] & 0x7f);
                    let base: u64 = if value[0] & 0x80 != 0 { 2 } else { 10 };
                    interface.resolution = base.checked_pow(exponent).unwrap_or(1_000_000);
                }
                (14, 8) => {
                    let bytes: [u8; 8] = value.try_into().unwrap_or_default();
                    interface.offset_seconds =
                        if self.big { i64::from_be_bytes(bytes) } else { i64::from_le_bytes(bytes) };
                }
                _ => {}
            }
            at += 4 + length.next_multiple_of(4);
        }
        if self.interfaces.len() < INTERFACES {
            self.interfaces.push(interface);
        }
    }
}

impl Interface {
    fn time(&self, units: u64) -> Timestamp {
        let ns = u128::from(units) * 1_000_000_000 / u128::from(self.resolution.max(1));
        let ns = i64::try_from(ns).unwrap_or(i64::MAX);
        Timestamp(ns.saturating_add(self.offset_seconds.saturating_mul(1_000_000_000)))
    }
}
