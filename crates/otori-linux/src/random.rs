//! Random bytes of a machine: the same seed gives the same bytes.
//!
//! Key type: [`Random`], SplitMix64 (Steele, Lea, Flood 2014). Good enough to look random, not for secrets.

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            for (target, byte) in chunk.iter_mut().zip(word) {
                *target = byte;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let (mut first, mut second) = ([0; 21], [0; 21]);
        Random::new(7).fill(&mut first);
        Random::new(7).fill(&mut second);
        assert_eq!(first, second);
        Random::new(8).fill(&mut second);
        assert_ne!(first, second);
    }
}
