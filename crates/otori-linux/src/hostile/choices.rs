//! Decisions taken from bytes: a fuzzer's input, or a seed's stream. Key type: [`Choices`].
//!
//! Few bytes per decision, so that a fuzzer that changes one byte changes one decision.

/// What is left of the bytes. When they are used up every decision is 0.
#[derive(Clone, Debug)]
pub struct Choices<'a> {
    bytes: &'a [u8],
}

impl<'a> Choices<'a> {
    /// Decisions from these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Choices<'a> {
        Choices { bytes }
    }
    /// Are they used up?
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.bytes.is_empty()
    }
    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *first
    }
    /// A number of that many bytes, at most 8.
    pub fn number(&mut self, bytes: usize) -> u64 {
        (0..bytes).fold(0, |value, _| value << 8 | u64::from(self.byte()))
    }
    /// A number below `end`, which is at most 65536; 0 when `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let wide = if end > 256 { 2 } else { 1 };
        (self.number(wide) as usize).checked_rem(end).unwrap_or(0)
    }
    /// One of them.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
    /// True once in about that many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 1
    }
    /// The next `count` bytes, fewer at the end.
    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.bytes.split_at(count.min(self.bytes.len()));
        self.bytes = rest;
        taken
    }
}
