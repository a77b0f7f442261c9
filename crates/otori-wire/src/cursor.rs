//! Reading hostile bytes: every read says whether there was enough.
//!
//! Key type: [`Cursor`]. All numbers are in network byte order.

/// A place in a slice.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the start of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Cursor { bytes, at: 0 }
    }
    /// At `at` of `bytes`; reads fail when that is outside.
    pub const fn at(bytes: &'a [u8], at: usize) -> Self {
        Cursor { bytes, at }
    }
    /// Bytes read so far.
    pub const fn position(&self) -> usize {
        self.at
    }
    /// Bytes left.
    pub const fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }
    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or(&[])
    }
    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }
    /// Passes over `count` bytes.
    pub fn skip(&mut self, count: usize) -> Option<()> {
        self.take(count).map(|_| ())
    }
    /// One byte.
    pub fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }
    /// Two bytes.
    pub fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }
    /// Three bytes.
    pub fn u24(&mut self) -> Option<u32> {
        let high = u32::from(self.u8()?);
        Some(high << 16 | u32::from(self.u16()?))
    }
    /// Four bytes.
    pub fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }
}
