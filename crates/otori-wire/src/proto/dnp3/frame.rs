//! DNP3's link layer: a head of ten bytes, then data in blocks of sixteen bytes, each with its checksum.
//!
//! Key type: [`Frame`]. IEEE 1815-2012 9.2.
use crate::cursor::Cursor;

/// Data bytes of one block.
const BLOCK: usize = 16;
/// Bytes of the head.
const HEAD: usize = 10;

/// Bytes of a whole frame whose head says that length, five or more.
pub(super) fn size(length: u8) -> usize {
    let data = usize::from(length).saturating_sub(5);
    HEAD + data + 2 * data.div_ceil(BLOCK)
}

/// What the head says.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) control: u8,
    pub(super) destination: u16,
    pub(super) source: u16,
}

/// A frame without its checksums.
pub(super) struct Frame {
    pub(super) head: Head,
    pub(super) data: Vec<u8>,
    pub(super) anomalies: Vec<&'static str>,
}

/// The checksum of IEEE 1815-2012 E.7.
fn checksum(bytes: &[u8]) -> u16 {
    let step = |sum: u16| if sum & 1 == 1 { sum >> 1 ^ 0xa6bc } else { sum >> 1 };
    !bytes.iter().fold(0u16, |sum, byte| (0..8).fold(sum ^ u16::from(*byte), |sum, _| step(sum)))
}

impl Frame {
    pub(super) fn read(bytes: &[u8]) -> Option<Frame> {
        let head = bytes.get(..HEAD)?;
        let (said, sum) = head.split_at(HEAD - 2);
        let mut anomalies = Vec::new();
        if checksum(said).to_le_bytes() != sum {
            anomalies.push("dnp3.bad_link_crc");
        }
        let mut cursor = Cursor::new(said);
        cursor.skip(2)?;
        let length = cursor.u8()?;
        let control = cursor.u8()?;
        let destination = cursor.u16()?.swap_bytes();
        let source = cursor.u16()?.swap_bytes();
        let mut data = Vec::new();
        for block in bytes.get(HEAD..size(length).min(bytes.len()))?.chunks(BLOCK + 2) {
            let (text, sum) = block.split_at(block.len().saturating_sub(2));
            if checksum(text).to_le_bytes() != sum && !anomalies.contains(&"dnp3.bad_transport_crc") {
                anomalies.push("dnp3.bad_transport_crc");
            }
            data.extend_from_slice(text);
        }
        Some(Frame { head: Head { control, destination, source }, data, anomalies })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A frame with that data.
    pub(crate) fn build(control: u8, source: u16, destination: u16, data: &[u8]) -> Vec<u8> {
        let mut out = vec![5, 0x64, 5 + data.len() as u8, control];
        out.extend_from_slice(&destination.to_le_bytes());
        out.extend_from_slice(&source.to_le_bytes());
        out.extend_from_slice(&checksum(&out).to_le_bytes());
        for block in data.chunks(BLOCK) {
            out.extend_from_slice(block);
            out.extend_from_slice(&checksum(block).to_le_bytes());
        }
        out
    }

    #[test]
    fn checksums_are_those_of_the_standard() {
        // The reset of the link in IEEE 1815-2012, E.7.
        assert_eq!(checksum(&[0x05, 0x64, 0x05, 0xc0, 0x01, 0x00, 0x00, 0x04]).to_le_bytes(), [0xe9, 0x21]);
        assert_eq!(size(5), 10);
        assert_eq!(size(255), 292);
        let frame = Frame::read(&build(0xc4, 7, 8, &[9; 20])).unwrap();
        assert_eq!((frame.head.source, frame.head.destination, frame.data.len()), (7, 8, 20));
        assert!(frame.anomalies.is_empty());
    }
}
