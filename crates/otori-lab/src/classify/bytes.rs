//! Reading numbers out of hostile bytes: every read is checked, nothing is assumed.
//!
//! Key type: [`Bytes`]. Neighbours: [`super::elf`], [`super::foreign`].

/// A file's bytes and the order in which it stores numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes<'a> {
    pub(crate) all: &'a [u8],
    pub(crate) big: bool,
}

impl<'a> Bytes<'a> {
    pub(crate) fn little(all: &'a [u8]) -> Self {
        Bytes { all, big: false }
    }
    /// `length` bytes from `at`, if they are all there.
    pub(crate) fn slice(&self, at: u64, length: u64) -> Option<&'a [u8]> {
        let start = usize::try_from(at).ok()?;
        let end = start.checked_add(usize::try_from(length).ok()?)?;
        self.all.get(start..end)
    }
    /// As many of `length` bytes from `at` as there are.
    pub(crate) fn clipped(&self, at: u64, length: u64) -> &'a [u8] {
        let room = (self.all.len() as u64).saturating_sub(at);
        self.slice(at, length.min(room)).unwrap_or(&[])
    }
    pub(crate) fn u8(&self, at: u64) -> Option<u8> {
        self.slice(at, 1).map(|bytes| bytes[0])
    }
    pub(crate) fn u16(&self, at: u64) -> Option<u16> {
        let bytes = self.slice(at, 2)?.try_into().ok()?;
        Some(if self.big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }
    pub(crate) fn u32(&self, at: u64) -> Option<u32> {
        let bytes = self.slice(at, 4)?.try_into().ok()?;
        Some(if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }
    pub(crate) fn u64(&self, at: u64) -> Option<u64> {
        let bytes = self.slice(at, 8)?.try_into().ok()?;
        Some(if self.big { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }
    /// A NUL-terminated text of at most `max` bytes, without its end.
    pub(crate) fn c_string(&self, at: u64, max: u64) -> &'a [u8] {
        let bytes = self.clipped(at, max);
        bytes.split(|byte| *byte == 0).next().unwrap_or(&[])
    }
}

/// `needle` occurs in `bytes`.
pub(crate) fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    find(bytes, needle).is_some()
}

/// Where `needle` begins in `bytes`: looks for its first byte, then compares.
pub(crate) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut at = 0;
    while let Some(offset) = bytes.get(at..)?.iter().position(|byte| *byte == first) {
        at += offset;
        if bytes.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Shannon entropy in bits per byte, 0 to 8.
pub(crate) fn entropy_bits(bytes: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let total = bytes.len().max(1) as f64;
    let share = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / total);
    share.map(|p| -p * p.log2()).sum()
}
