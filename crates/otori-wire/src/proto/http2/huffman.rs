//! The Huffman code of HPACK, RFC 7541 5.2 and appendix B. It is canonical: the lengths say everything.
use std::sync::LazyLock;

/// Bits of each symbol's code; the last is the end of string.
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28,
    28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6,
    6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7,
    8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7,
    15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24,
    23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23,
    23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26,
    26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20,
    21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27,
    27, 27, 26, 30,
];
const LONGEST: usize = 30;
const END: usize = 256;

/// For each length: the first code, and where its symbols begin among those in order.
struct Table {
    first: [(u32, usize); LONGEST + 1],
    count: [usize; LONGEST + 1],
    symbols: Vec<u16>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut symbols: Vec<u16> = (0..257).collect();
    symbols.sort_by_key(|symbol| LENGTHS[usize::from(*symbol)]);
    let mut table = Table { first: [(0, 0); LONGEST + 1], count: [0; LONGEST + 1], symbols };
    let (mut code, mut place) = (0u32, 0);
    for length in 1..=LONGEST {
        code <<= 1;
        let count = LENGTHS.iter().filter(|bits| usize::from(**bits) == length).count();
        table.first[length] = (code, place);
        table.count[length] = count;
        code += count as u32;
        place += count;
    }
    table
});

/// The decoded string, up to `limit` bytes; `None` when the code is broken.
pub(super) fn decode(bytes: &[u8], limit: usize, out: &mut Vec<u8>) -> Option<()> {
    out.clear();
    out.reserve((bytes.len() * 8 / 5).min(limit));
    let (mut code, mut length) = (0u32, 0usize);
    for bit in bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)) {
        code = code << 1 | u32::from(bit);
        length += 1;
        if length > LONGEST {
            return None;
        }
        let (first, place) = TABLE.first[length];
        let offset = code.checked_sub(first).map(|offset| offset as usize);
        if let Some(offset) = offset.filter(|offset| *offset < TABLE.count[length]) {
            let symbol = usize::from(*TABLE.symbols.get(place + offset)?);
            if symbol == END {
                return None;
            }
            if out.len() < limit {
                out.push(symbol as u8);
            }
            (code, length) = (0, 0);
        }
    }
    // What is left over is the beginning of the end of string: ones, fewer than eight.
    (length < 8 && code == (1 << length) - 1).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standard_are_read() {
        let decode = |bytes: &[u8], limit: usize| {
            let mut out = b"before".to_vec();
            super::decode(bytes, limit, &mut out).map(|()| out)
        };
        let authority = [0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff];
        assert_eq!(decode(&authority, 99).as_deref(), Some(&b"www.example.com"[..]));
        assert_eq!(decode(&[0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf], 99).as_deref(), Some(&b"no-cache"[..]));
        assert_eq!(decode(&authority, 3).as_deref(), Some(&b"www"[..]));
        assert_eq!(decode(&[0xff; 5], 99), None);
        let sum: u64 = LENGTHS.iter().map(|bits| 1u64 << (LONGEST - usize::from(*bits))).sum();
        assert_eq!(sum, 1 << LONGEST, "the code is complete");
    }
}
