//! Long headers of QUIC's packets, the frames of an Initial packet, and the bytes that CRYPTO frames carry.
//!
//! Key types: [`Long`], [`Crypto`]. RFC 9000 16 (numbers), 17.2 (headers), 19 (frames).
use crate::{cursor::Cursor, limits::QUIC_CRYPTO_BYTES};

/// A variable-length number.
fn number(cursor: &mut Cursor<'_>) -> Option<u64> {
    let first = cursor.u8()?;
    let mut value = u64::from(first & 0x3f);
    for _ in 1..1 << (first >> 6) {
        value = value << 8 | u64::from(cursor.u8()?);
    }
    Some(value)
}

fn size(cursor: &mut Cursor<'_>) -> Option<usize> {
    usize::try_from(number(cursor)?).ok()
}

/// A packet with a long header.
pub(super) struct Long<'a> {
    pub(super) version: u32,
    /// type bits
    pub(super) kind: u8,
    pub(super) destination_id: &'a [u8],
    /// all of the packet, as its length says
    pub(super) packet: &'a [u8],
    /// bytes before the packet number
    pub(super) head_length: usize,
}

impl<'a> Long<'a> {
    /// Version and identifier of the first packet of a datagram, whatever its kind.
    pub(super) fn begin(bytes: &'a [u8]) -> Option<(u8, u32, &'a [u8])> {
        let mut cursor = Cursor::new(bytes);
        let first = cursor.u8().filter(|first| first & 0x80 != 0)?;
        let version = cursor.u32()?;
        let length = cursor.u8().filter(|length| *length <= 20)?;
        Some((first, version, cursor.take(usize::from(length))?))
    }
    /// The packet that starts there; `initial` are the type bits of an Initial packet of its version.
    pub(super) fn read(bytes: &'a [u8], initial: u8) -> Option<Long<'a>> {
        let (first, version, destination_id) = Long::begin(bytes)?;
        let kind = first >> 4 & 3;
        let mut cursor = Cursor::new(bytes.get(6 + destination_id.len()..)?);
        let before = cursor.left();
        let source = usize::from(cursor.u8().filter(|length| *length <= 20)?);
        cursor.skip(source)?;
        if kind == initial {
            let token = size(&mut cursor)?;
            cursor.skip(token)?;
        }
        let length = size(&mut cursor)?;
        let head_length = 6 + destination_id.len() + before - cursor.left();
        let packet = bytes.get(..head_length.checked_add(length)?)?;
        Some(Long { version, kind, destination_id, packet, head_length })
    }
}

/// What one side says in CRYPTO frames, put in order.
#[derive(Default)]
pub(super) struct Crypto {
    /// from the first byte on, as far as there is no gap
    pub(super) bytes: Vec<u8>,
    later: Vec<(usize, Vec<u8>)>,
}

/// Pieces of a hand-shake that wait for an earlier one.
const LATER_PIECES: usize = 64;
/// Frames that are read of one packet.
const FRAMES: usize = 2048;

impl Crypto {
    fn add(&mut self, offset: usize, bytes: &[u8]) {
        if offset.saturating_add(bytes.len()) > QUIC_CRYPTO_BYTES {
            return;
        }
        if offset > self.bytes.len() {
            if self.later.len() < LATER_PIECES {
                self.later.push((offset, bytes.to_vec()));
            }
            return;
        }
        self.append(offset, bytes);
        // Each turn takes one of the pieces that have become readable.
        while let Some(place) = self.later.iter().position(|(offset, _)| *offset <= self.bytes.len()) {
            let (offset, bytes) = self.later.swap_remove(place);
            self.append(offset, &bytes);
        }
    }
    fn append(&mut self, offset: usize, bytes: &[u8]) {
        let known = self.bytes.len().saturating_sub(offset);
        self.bytes.extend_from_slice(bytes.get(known..).unwrap_or(&[]));
    }
    /// Takes the frames of a packet; `None` when one breaks the rules.
    pub(super) fn frames(&mut self, payload: &[u8]) -> Option<()> {
        let mut cursor = Cursor::new(payload);
        for _ in 0..FRAMES {
            // Padding is the usual end.
            let Some(kind) = cursor.u8() else { break };
            match kind {
                // In Google's T050 and T051 a ping is 7 and CRYPTO 8, which no Initial packet of RFC 9000 may have.
                0 | 1 | 7 => {}
                2 | 3 => {
                    number(&mut cursor)?;
                    number(&mut cursor)?;
                    let ranges = number(&mut cursor)?.min(FRAMES as u64);
                    number(&mut cursor)?;
                    for _ in 0..ranges {
                        number(&mut cursor)?;
                        number(&mut cursor)?;
                    }
                    for _ in 0..if kind == 3 { 3 } else { 0 } {
                        number(&mut cursor)?;
                    }
                }
                6 | 8 => {
                    let (offset, length) = (size(&mut cursor)?, size(&mut cursor)?);
                    self.add(offset, cursor.take(length)?);
                }
                // The connection is closed: no more hand-shake.
                0x1c | 0x1d => break,
                _ => return None,
            }
        }
        Some(())
    }
    /// The hand-shake message at the start, when it is whole: kind and body.
    pub(super) fn message(&self) -> Option<(u8, &[u8])> {
        let mut cursor = Cursor::new(&self.bytes);
        let (kind, length) = (cursor.u8()?, cursor.u24()?);
        Some((kind, cursor.take(length as usize)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_in_any_order() {
        let mut crypto = Crypto::default();
        crypto.frames(&[0, 1, 6, 4, 2, 9, 9, 6, 2, 3, 0, 1, 8]).unwrap();
        assert!(crypto.bytes.is_empty());
        crypto.frames(&[2, 0, 0, 0, 0, 6, 0, 2, 1, 0]).unwrap();
        assert_eq!(crypto.bytes, [1, 0, 0, 1, 8, 9]);
        assert_eq!(crypto.message(), Some((1, &[8][..])));
        assert_eq!(crypto.frames(&[0x42]), None);
    }

    #[test]
    fn numbers_have_four_lengths() {
        let check = |bytes: &[u8], expect| assert_eq!(number(&mut Cursor::new(bytes)), expect);
        check(&[0x25], Some(37));
        check(&[0x7b, 0xbd], Some(15_293));
        check(&[0x9d, 0x7f, 0x3e, 0x7d], Some(494_878_333));
        check(&[0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c], Some(151_288_809_941_952_652));
        check(&[0x40], None);
    }
}
