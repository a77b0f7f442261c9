//! MD5 and SHA-1, as old fingerprints and file lists use them; nothing here protects anything.
//!
//! Key types: [`Md5`], [`Sha1`]. RFC 1321, RFC 3174. SHA-256 comes from crate sha2.
use std::sync::LazyLock;

/// Blocks of 64 bytes, and the length at the end.
#[derive(Clone, Debug)]
struct Blocks {
    held: [u8; 64],
    count: usize,
    total: u64,
}

impl Blocks {
    const fn new() -> Self {
        Blocks { held: [0; 64], count: 0, total: 0 }
    }
    fn update(&mut self, bytes: &[u8], block: &mut dyn FnMut(&[u8; 64])) {
        self.total = self.total.wrapping_add(bytes.len() as u64);
        let mut rest = bytes;
        while !rest.is_empty() {
            let take = (64 - self.count).min(rest.len());
            let (now, later) = rest.split_at(take);
            if let Some(place) = self.held.get_mut(self.count..self.count + take) {
                place.copy_from_slice(now);
            }
            self.count += take;
            rest = later;
            if self.count == 64 {
                block(&self.held);
                self.count = 0;
            }
        }
    }
    /// One bit, zeros, and the length in bits.
    fn finish(&mut self, length: impl Fn(u64) -> [u8; 8], block: &mut dyn FnMut(&[u8; 64])) {
        let bits = self.total.wrapping_mul(8);
        let zeros = (64 + 55 - self.count) % 64;
        for part in [&[0x80], &[0; 64][..zeros], &length(bits)] {
            self.update(part, block);
        }
    }
}

/// MD5.
#[derive(Clone, Debug)]
pub struct Md5 {
    state: [u32; 4],
    blocks: Blocks,
}

const MD5_SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

impl Default for Md5 {
    fn default() -> Self {
        Md5 { state: [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476], blocks: Blocks::new() }
    }
}

/// `floor(abs(sin(i + 1)) * 2^32)`, RFC 1321 3.4.
static MD5_CONSTANTS: LazyLock<[u32; 64]> = LazyLock::new(|| {
    core::array::from_fn(|place| (((place + 1) as f64).sin().abs() * 4_294_967_296.0) as u32)
});

fn md5_block(state: &mut [u32; 4], block: &[u8; 64]) {
    let mut words = [0u32; 16];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    let constants = &*MD5_CONSTANTS;
    let [mut a, mut b, mut c, mut d] = *state;
    for place in 0..64 {
        let (mix, word) = match place / 16 {
            0 => ((b & c) | (!b & d), place),
            1 => ((d & b) | (!d & c), (5 * place + 1) % 16),
            2 => (b ^ c ^ d, (3 * place + 5) % 16),
            _ => (c ^ (b | !d), (7 * place) % 16),
        };
        let sum = a.wrapping_add(mix).wrapping_add(constants[place]).wrapping_add(words[word]);
        let shift = MD5_SHIFTS[place / 16][place % 4];
        (a, d, c, b) = (d, c, b, b.wrapping_add(sum.rotate_left(shift)));
    }
    for (word, new) in state.iter_mut().zip([a, b, c, d]) {
        *word = word.wrapping_add(new);
    }
}

impl Md5 {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let state = &mut self.state;
        self.blocks.update(bytes, &mut |block| md5_block(state, block));
    }
    /// The digest.
    pub fn finish(mut self) -> [u8; 16] {
        let state = &mut self.state;
        self.blocks.finish(u64::to_le_bytes, &mut |block| md5_block(state, block));
        let mut out = [0; 16];
        for (place, word) in out.chunks_exact_mut(4).zip(self.state) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        out
    }
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> [u8; 16] {
        let mut digest = Md5::default();
        digest.update(bytes);
        digest.finish()
    }
}

/// SHA-1.
#[derive(Clone, Debug)]
pub struct Sha1 {
    state: [u32; 5],
    blocks: Blocks,
}

impl Default for Sha1 {
    fn default() -> Self {
        let state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
        Sha1 { state, blocks: Blocks::new() }
    }
}

fn sha1_block(state: &mut [u32; 5], block: &[u8; 64]) {
    let mut words = [0u32; 80];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    for place in 16..80 {
        let mixed = words[place - 3] ^ words[place - 8] ^ words[place - 14] ^ words[place - 16];
        words[place] = mixed.rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (place, word) in words.iter().enumerate() {
        let (mix, constant) = match place / 20 {
            0 => ((b & c) | (!b & d), 0x5a82_7999),
            1 => (b ^ c ^ d, 0x6ed9_eba1),
            2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6u32),
        };
        let sum = a.rotate_left(5).wrapping_add(mix).wrapping_add(e).wrapping_add(constant);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, sum.wrapping_add(*word));
    }
    for (word, new) in state.iter_mut().zip([a, b, c, d, e]) {
        *word = word.wrapping_add(new);
    }
}

impl Sha1 {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let state = &mut self.state;
        self.blocks.update(bytes, &mut |block| sha1_block(state, block));
    }
    /// The digest.
    pub fn finish(mut self) -> [u8; 20] {
        let state = &mut self.state;
        self.blocks.finish(u64::to_be_bytes, &mut |block| sha1_block(state, block));
        let mut out = [0; 20];
        for (place, word) in out.chunks_exact_mut(4).zip(self.state) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        out
    }
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> [u8; 20] {
        let mut digest = Sha1::default();
        digest.update(bytes);
        digest.finish()
    }
}

/// Appends lower-case hexadecimal digits.
pub fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble & 15)];
    out.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]));
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_specifications() {
        assert_eq!(hex(&Md5::of(b"")), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(hex(&Md5::of(b"message digest")), "f96b697d7cb7938d525a2f31aaf161d0");
        let long = b"12345678901234567890123456789012345678901234567890123456789012345678901234567890";
        assert_eq!(hex(&Md5::of(long)), "57edf4a22be3c955ac49da2e2107b67a");
        assert_eq!(hex(&Sha1::of(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        let pieces = [&long[..7], &long[7..70], &long[70..]];
        let mut digest = Sha1::default();
        pieces.iter().for_each(|piece| digest.update(piece));
        assert_eq!(digest.finish(), Sha1::of(long));
    }
}
