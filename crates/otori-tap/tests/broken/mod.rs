//! Frames broken by chance, for the tests of what such frames do.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

/// Marsaglia's xorshift, with a fixed seed, so that a failure can be run again.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound.max(1)
    }

    /// The frame with fewer than `changes` bytes or bits changed, cut off or put in.
    pub fn broken(&mut self, frame: &[u8], changes: usize) -> Vec<u8> {
        let mut frame = frame.to_vec();
        for _ in 0..self.below(changes) {
            let at = self.below(frame.len());
            match self.below(4) {
                0 => frame[at] = self.below(256) as u8,
                1 => frame[at] ^= 1 << self.below(8),
                2 => frame.truncate(at.max(1)),
                _ => frame.insert(at, self.below(256) as u8),
            }
        }
        frame
    }
}
