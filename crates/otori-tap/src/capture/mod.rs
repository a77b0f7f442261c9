//! Reads capture files: pcap and pcapng, tolerant of cut files.
//!
//! Key types: [`Capture`], [`CapturedPacket`]. Formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
mod pcapng;

#[cfg(test)]
mod tests;

use otori_event::Timestamp;
use otori_wire::LinkType;
use std::{
    io::{self, Read},
    ops::Range,
};

/// The most bytes of one packet.
pub const PACKET_BYTES: usize = 1 << 20;

/// Bytes that are read at a time.
const READ_BYTES: usize = 1 << 18;

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// reading failed
    #[error("cannot read: {0}")]
    Io(#[from] io::Error),
    /// not a capture file
    #[error("neither pcap nor pcapng (first bytes {0:02x?})")]
    Format([u8; 4]),
    /// a length in the file makes no sense
    #[error("record {record}: {what}")]
    Record {
        /// place in the file, from 1
        record: u64,
        /// for a person
        what: &'static str,
    },
}

/// One packet of a file.
#[derive(Debug)]
pub struct CapturedPacket<'a> {
    /// when it was captured
    pub at: Timestamp,
    /// what its frame starts with
    pub link: LinkType,
    /// the bytes that were kept
    pub frame: &'a [u8],
}

#[derive(Clone, Copy, Debug)]
enum Format {
    Pcap { big: bool, nano: bool, link: LinkType },
    PcapNg,
}

/// An open capture file.
pub struct Capture<R> {
    reader: R,
    format: Format,
    sections: pcapng::Sections,
    /// what was read, and the part of it that was not yet taken: packets are lent from here
    buffer: Vec<u8>,
    ahead: Range<usize>,
    records: u64,
    /// the file ends inside a record
    pub truncated: bool,
}

pub(crate) fn word(big: bool, bytes: &[u8], at: usize) -> Option<u32> {
    let word: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(if big { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) })
}

impl<R: Read> Capture<R> {
    /// Reads the head of the file. The reader need not keep a buffer of its own.
    pub fn open(mut reader: R) -> Result<Self, CaptureError> {
        let mut magic = [0; 4];
        read_all(&mut reader, &mut magic)?;
        let (big, nano) = match u32::from_be_bytes(magic) {
            0xa1b2_c3d4 => (true, false),
            0xd4c3_b2a1 => (false, false),
            0xa1b2_3c4d => (true, true),
            0x4d3c_b2a1 => (false, true),
            0x0a0d_0d0a => {
                let sections = pcapng::Sections::after_magic();
                return Ok(Self::with(reader, Format::PcapNg, sections));
            }
            _ => return Err(CaptureError::Format(magic)),
        };
        let mut rest = [0; 20];
        read_all(&mut reader, &mut rest)?;
        let link = LinkType::from_number(word(big, &rest, 16).unwrap_or(0) & 0x0fff_ffff);
        Ok(Self::with(reader, Format::Pcap { big, nano, link }, pcapng::Sections::default()))
    }
    fn with(reader: R, format: Format, sections: pcapng::Sections) -> Self {
        Capture { reader, format, sections, buffer: Vec::new(), ahead: 0..0, records: 0, truncated: false }
    }
    /// The next packet; `None` at the end. A file that ends inside a record ends there, and says so in `truncated`.
    #[allow(clippy::should_implement_trait, reason = "lends its buffer, which an Iterator cannot")]
    pub fn next(&mut self) -> Result<Option<CapturedPacket<'_>>, CaptureError> {
        match self.format {
            Format::Pcap { big, nano, link } => self.next_pcap(big, nano, link),
            Format::PcapNg => self.next_pcapng(),
        }
    }

    fn next_pcap(
        &mut self,
        big: bool,
        nano: bool,
        link: LinkType,
    ) -> Result<Option<CapturedPacket<'_>>, CaptureError> {
        let Some(head) = self.first_of_record::<16>()? else { return Ok(None) };
        self.records += 1;
        let field = |at| word(big, &head, at).unwrap_or(0);
        let length = field(8) as usize;
        if length > PACKET_BYTES {
            return Err(CaptureError::Record { record: self.records, what: "longer than a megabyte" });
        }
        let Some(body) = self.rest_of_record(length)? else { return Ok(None) };
        let fraction_ns = i64::from(field(4)) * if nano { 1 } else { 1000 };
        let at = Timestamp(i64::from(field(0)) * 1_000_000_000 + fraction_ns);
        Ok(Some(CapturedPacket { at, link, frame: self.buffer.get(body).unwrap_or(&[]) }))
    }

    fn next_pcapng(&mut self) -> Result<Option<CapturedPacket<'_>>, CaptureError> {
        loop {
            let kind = match core::mem::take(&mut self.sections.pending_magic) {
                true => pcapng::SECTION_HEADER.to_le_bytes(),
                false => match self.first_of_record()? {
                    Some(kind) => kind,
                    None => return Ok(None),
                },
            };
            self.records += 1;
            let Some(length) = self.first_of_record()? else { return Ok(None) };
            // A section header says its own byte order behind its length.
            if u32::from_le_bytes(kind) == pcapng::SECTION_HEADER {
                let Some(order) = self.first_of_record()? else { return Ok(None) };
                self.sections.start(order);
                let body = self.block_length(length)?.saturating_sub(4);
                if self.rest_of_record(body)?.is_none() {
                    return Ok(None);
                }
                continue;
            }
            let length = self.block_length(length)?;
            let Some(place) = self.rest_of_record(length)? else { return Ok(None) };
            let body = self.buffer.get(place.clone()).unwrap_or(&[]);
            if let Some((at, link, range)) = self.sections.block(kind, body) {
                let body = self.buffer.get(place).unwrap_or(&[]);
                let frame = body.get(range).unwrap_or(&[]);
                return Ok(Some(CapturedPacket { at, link, frame }));
            }
        }
    }
    /// Bytes of a block behind its kind and length, with the repeated length at the end.
    fn block_length(&self, length: [u8; 4]) -> Result<usize, CaptureError> {
        let total = word(self.sections.big, &length, 0).unwrap_or(0) as usize;
        match total.checked_sub(8) {
            Some(rest) if (4..=PACKET_BYTES + 4096).contains(&rest) => Ok(rest),
            _ => Err(CaptureError::Record { record: self.records, what: "impossible block length" }),
        }
    }
    /// The next few bytes, with which something begins; `None` at the end of the file.
    fn first_of_record<const N: usize>(&mut self) -> Result<Option<[u8; N]>, CaptureError> {
        let whole = self.read_ahead(N)?;
        self.truncated |= !whole && !self.ahead.is_empty();
        Ok(self.take(N).and_then(|place| self.buffer.get(place)?.first_chunk().copied()))
    }
    /// Where the bytes behind them are; `None` if the file ends before.
    fn rest_of_record(&mut self, length: usize) -> Result<Option<Range<usize>>, CaptureError> {
        let place = if self.read_ahead(length)? { self.take(length) } else { None };
        if place.is_none() {
            // The rest belongs to no record.
            self.truncated = true;
            self.ahead = 0..0;
        }
        Ok(place)
    }
    fn take(&mut self, length: usize) -> Option<Range<usize>> {
        let place = self.ahead.start..self.ahead.start + length;
        (place.end <= self.ahead.end).then(|| {
            self.ahead.start = place.end;
            place
        })
    }
    /// Reads until so many bytes are there; whether they are. More is read when more is there, but not waited for.
    fn read_ahead(&mut self, length: usize) -> Result<bool, CaptureError> {
        if self.ahead.len() >= length {
            return Ok(true);
        }
        self.buffer.copy_within(self.ahead.clone(), 0);
        self.ahead = 0..self.ahead.len();
        if self.buffer.len() < length.max(READ_BYTES) {
            self.buffer.resize(length.max(READ_BYTES), 0);
        }
        while self.ahead.len() < length {
            let room = self.buffer.get_mut(self.ahead.end..).unwrap_or(&mut []);
            match self.reader.read(room) {
                Ok(0) => return Ok(false),
                Ok(count) => self.ahead.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }
}

fn read_all(reader: &mut impl Read, into: &mut [u8]) -> Result<(), CaptureError> {
    reader.read_exact(into).map_err(CaptureError::Io)
}
