//! The server's side of a guest's TFTP read (RFC 1350, RFC 2347, RFC 2348): the file was fetched before.
//!
//! Key types: [`ReadRequest`], [`Transfer`]; pure, packets in and out.
use std::sync::Arc;

/// Bytes of a file name.
const NAME_MAX: usize = 512;
const BLOCK_BYTES_DEFAULT: usize = 512;

/// What a guest asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRequest {
    /// file name as sent
    pub name: Vec<u8>,
    /// block size that the guest offers
    pub block_bytes: Option<usize>,
}

impl ReadRequest {
    /// Reads an RRQ packet.
    pub fn parse(packet: &[u8]) -> Option<Self> {
        let rest = packet.strip_prefix(&[0, 1])?;
        let mut texts = rest.split(|b| *b == 0);
        let name = texts.next().filter(|n| !n.is_empty() && n.len() <= NAME_MAX)?.to_vec();
        texts.next()?;
        let mut block_bytes = None;
        while let (Some(option), Some(value)) = (texts.next(), texts.next()) {
            if option.eq_ignore_ascii_case(b"blksize") {
                let size: Option<usize> = std::str::from_utf8(value).ok().and_then(|v| v.parse().ok());
                block_bytes = size.filter(|s| (8..=65464).contains(s));
            }
        }
        Some(ReadRequest { name, block_bytes })
    }
}

/// A file on its way to the guest, one block for each acknowledgement.
pub struct Transfer {
    file: Arc<[u8]>,
    block_bytes: usize,
    /// blocks that were acknowledged
    acknowledged: u64,
}

impl Transfer {
    /// The transfer and its first packet.
    pub fn start(file: Arc<[u8]>, request: &ReadRequest) -> (Self, Vec<u8>) {
        let block_bytes = request.block_bytes.unwrap_or(BLOCK_BYTES_DEFAULT);
        let transfer = Transfer { file, block_bytes, acknowledged: 0 };
        let first = match request.block_bytes {
            Some(size) => [b"\0\x06blksize\0", size.to_string().as_bytes(), b"\0"].concat(),
            None => transfer.block(1).unwrap_or_default(),
        };
        (transfer, first)
    }
    fn block(&self, number: u64) -> Option<Vec<u8>> {
        let start = (number - 1).checked_mul(self.block_bytes as u64)?;
        let start = usize::try_from(start).ok().filter(|s| *s <= self.file.len())?;
        let data = &self.file[start..self.file.len().min(start + self.block_bytes)];
        Some([&[0, 3], (number as u16).to_be_bytes().as_slice(), data].concat())
    }
    /// What answers a packet of the guest; `None` for nothing.
    pub fn answer(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let [0, 4, high, low] = *packet.get(..4)? else { return None };
        let number = u16::from_be_bytes([high, low]);
        if number == (self.acknowledged as u16).wrapping_add(1) {
            self.acknowledged += 1;
        } else if number != self.acknowledged as u16 {
            return None;
        }
        self.block(self.acknowledged + 1)
    }
}

/// An ERROR packet.
pub fn error(code: u16, text: &str) -> Vec<u8> {
    [&[0, 5], code.to_be_bytes().as_slice(), text.as_bytes(), &[0]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(length: usize, request: &[u8]) {
        let file: Arc<[u8]> = (0..length).map(|i| i as u8).collect();
        let request = ReadRequest::parse(request).unwrap();
        let (mut transfer, mut packet) = Transfer::start(file.clone(), &request);
        let mut got = Vec::new();
        loop {
            let number = if packet[1] == 6 { [0, 0] } else { [packet[2], packet[3]] };
            if packet[1] == 3 {
                got.extend_from_slice(&packet[4..]);
            }
            let Some(next) = transfer.answer(&[&[0, 4], number.as_slice()].concat()) else { break };
            packet = next;
        }
        assert_eq!(got, &*file);
    }

    #[test]
    fn files_pass_whole() {
        check(10, b"\0\x01mips\0octet\0");
        check(1024, b"\0\x01mips\0octet\0");
        check(0, b"\0\x01mips\0octet\0");
        check(40_000_000, b"\0\x01mips\0octet\0");
        check(5000, b"\0\x01mips\0octet\0BLKSIZE\x001400\0");
    }

    #[test]
    fn nonsense_gets_no_answer() {
        assert_eq!(ReadRequest::parse(b"\0\x02mips\0octet\0"), None);
        assert_eq!(ReadRequest::parse(b"\0\x01\0octet\0"), None);
        assert_eq!(ReadRequest::parse(b"\0\x01a\0octet\0blksize\x009999999\0").unwrap().block_bytes, None);
        let request = ReadRequest { name: b"a".to_vec(), block_bytes: None };
        let (mut transfer, _) = Transfer::start(Arc::from([1, 2, 3]), &request);
        assert_eq!(transfer.answer(b"\0\x04\0\x09"), None);
        assert_eq!(transfer.answer(b""), None);
        assert_eq!(transfer.answer(b"\0\x05\0\0"), None);
    }
}
