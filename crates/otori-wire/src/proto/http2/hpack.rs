//! Header compression of HTTP/2: RFC 7541.
//!
//! Key type: [`Hpack`], one per direction. Bounded in the table and in what one block gives.
use super::huffman;
use crate::{
    limits::{HPACK_BLOCK_BYTES, HPACK_FIELDS, HPACK_TABLE_BYTES},
    reused::{Reused, refill},
};
use std::collections::VecDeque;

/// Name and value.
pub(super) type Header = (Vec<u8>, Vec<u8>);

/// RFC 7541, appendix A.
const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];
/// What an entry costs beside its bytes (4.1).
const ENTRY_BYTES: usize = 32;

/// The dynamic table of one direction.
pub(super) struct Hpack {
    entries: VecDeque<Header>,
    size: usize,
    most: usize,
}

impl Default for Hpack {
    fn default() -> Self {
        // The peer may allow more with SETTINGS, which may have been missed: the table is bounded all the same.
        Hpack { entries: VecDeque::new(), size: 0, most: 4096 }
    }
}

/// An integer with a prefix of `bits` (5.1).
fn integer(bytes: &mut &[u8], bits: u32) -> Option<usize> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    let most = (1usize << bits) - 1;
    let mut value = usize::from(*first) & most;
    if value < most {
        return Some(value);
    }
    for shift in (0..28).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value += usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn string(bytes: &mut &[u8], out: &mut Vec<u8>) -> Option<()> {
    let coded = bytes.first()? & 0x80 != 0;
    let length = integer(bytes, 7)?;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    if coded {
        return huffman::decode(text, HPACK_BLOCK_BYTES, out);
    }
    refill(out, text);
    Some(())
}

impl Hpack {
    fn entry(&self, index: usize) -> Option<(&[u8], &[u8])> {
        let index = index.checked_sub(1)?;
        match STATIC.get(index) {
            Some((name, value)) => Some((name.as_bytes(), value.as_bytes())),
            None => self.entries.get(index - STATIC.len()).map(|(name, value)| (&**name, &**value)),
        }
    }
    fn keep(&mut self, header: &Header) {
        self.size += header.0.len() + header.1.len() + ENTRY_BYTES;
        self.entries.push_front(header.clone());
        self.shrink();
    }
    fn shrink(&mut self) {
        while self.size > self.most {
            let Some(old) = self.entries.pop_back() else { break };
            self.size = self.size.saturating_sub(old.0.len() + old.1.len() + ENTRY_BYTES);
        }
    }
    /// Decodes a block; false when it is broken, with what could be read. Sizes of the table that it asks for go to
    /// `updates`.
    pub(super) fn decode(
        &mut self,
        block: &[u8],
        out: &mut Reused<Header>,
        updates: &mut Vec<usize>,
    ) -> bool {
        let mut rest = block;
        let mut given = 0;
        while let Some(first) = rest.first() {
            if out.len() >= HPACK_FIELDS || given >= HPACK_BLOCK_BYTES {
                return false;
            }
            let header = out.again();
            let read = match first {
                0x80..=0xff => integer(&mut rest, 7).and_then(|index| {
                    let (name, value) = self.entry(index)?;
                    refill(&mut header.0, name);
                    refill(&mut header.1, value);
                    Some(())
                }),
                0x40..=0x7f => {
                    let read = self.literal(&mut rest, 6, header);
                    if read.is_some() {
                        self.keep(header);
                    }
                    read
                }
                0x20..=0x3f => {
                    out.drop_last();
                    let Some(most) = integer(&mut rest, 5) else { return false };
                    updates.push(most);
                    self.most = most.min(HPACK_TABLE_BYTES);
                    self.shrink();
                    continue;
                }
                _ => self.literal(&mut rest, 4, header),
            };
            given += header.0.len() + header.1.len();
            if read.is_none() {
                out.drop_last();
                return false;
            }
        }
        true
    }
    fn literal(&self, rest: &mut &[u8], bits: u32, header: &mut Header) -> Option<()> {
        match integer(rest, bits)? {
            0 => string(rest, &mut header.0)?,
            index => refill(&mut header.0, self.entry(index)?.0),
        }
        string(rest, &mut header.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(digits: &str) -> Vec<u8> {
        let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(16)).collect();
        digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
    }

    #[test]
    fn the_requests_of_the_standard_are_read_one_after_the_other() {
        let mut hpack = Hpack::default();
        let mut check = |digits: &str, expect: &[(&str, &str)]| {
            let mut out = Reused::new();
            assert!(hpack.decode(&block(digits), &mut out, &mut Vec::new()));
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let found: Vec<_> = out.iter().map(|(name, value)| (text(name), text(value))).collect();
            let expect: Vec<_> = expect.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            assert_eq!(found, expect);
        };
        let first =
            [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "www.example.com")];
        check("828684418cf1e3c2e5f23a6ba0ab90f4ff", &first);
        check("828684be5886a8eb10649cbf", &[first.as_slice(), &[("cache-control", "no-cache")]].concat());
    }

    #[test]
    fn no_cut_and_no_flipped_byte_panics() {
        let whole = block("828684418cf1e3c2e5f23a6ba0ab90f4ff3fe11f40017801790f7fffffff");
        for at in 0..whole.len() {
            for byte in [0, 0x1f, 0x3f, 0x7f, 0xff] {
                let mut changed = whole.clone();
                changed[at] = byte;
                let _ = Hpack::default().decode(&changed, &mut Reused::new(), &mut Vec::new());
            }
            let _ = Hpack::default().decode(&whole[..at], &mut Reused::new(), &mut Vec::new());
        }
    }
}
