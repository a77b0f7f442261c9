//! A quick hash with a key of its own per table: who does not know the key cannot aim at one bucket.
//!
//! Key type: [`Folding`], for tables that are asked for every packet. A step multiplies two 64-bit words, each mixed
//! with a part of the key, and folds the product's halves together.
use core::hash::{BuildHasher, Hasher};
use std::hash::RandomState;

/// Makes hashers with one key.
#[derive(Clone, Copy, Debug)]
pub struct Folding {
    key: [u64; 2],
}

impl Default for Folding {
    fn default() -> Self {
        // The standard library's keys are random; two values of its hash are a key as well.
        let random = RandomState::new();
        Folding { key: [random.hash_one(1), random.hash_one(2) | 1] }
    }
}

/// One hash in the making.
#[derive(Clone, Copy, Debug)]
pub struct FoldingHasher {
    state: u64,
    key: u64,
}

impl BuildHasher for Folding {
    type Hasher = FoldingHasher;
    fn build_hasher(&self) -> FoldingHasher {
        FoldingHasher { state: self.key[0], key: self.key[1] }
    }
}

const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128) * (b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

impl Hasher for FoldingHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            self.write_u64(u64::from_le_bytes(word) ^ (chunk.len() as u64) << 59);
        }
    }
    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }
    fn write_u16(&mut self, value: u16) {
        self.write_u64(u64::from(value));
    }
    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }
    fn write_u64(&mut self, value: u64) {
        self.state = fold(self.state ^ value, self.key ^ 0x9e37_79b9_7f4a_7c15).wrapping_add(self.key);
    }
    fn write_u128(&mut self, value: u128) {
        self.state = fold(self.state ^ value as u64, self.key ^ (value >> 64) as u64).wrapping_add(self.key);
    }
    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
    fn finish(&self) -> u64 {
        fold(self.state, self.key | 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn neighbours_are_spread_and_keys_differ() {
        let one = Folding::default();
        let low_bits: HashSet<u64> = (0..4096u128).map(|n| one.hash_one(n << 32 | 7) & 0xfff).collect();
        assert!(low_bits.len() > 2_400, "{} of 4096 buckets; chance gives about 2590", low_bits.len());
        let high_bits: HashSet<u64> = (0..4096u64).map(|n| one.hash_one(n) >> 52).collect();
        assert!(high_bits.len() > 2_400, "{} of 4096 buckets", high_bits.len());
        assert_ne!(one.hash_one(1), Folding::default().hash_one(1));
        assert_ne!(one.hash_one("ab"), one.hash_one("ba"));
    }
}
