//! C structures as the guest lays them out: written by [`Record`], read by [`View`].
//!
//! Fields are written in order, without hidden padding: who lays out a structure writes the padding down.
use crate::{abi::Endian, arch::Abi};
use alloc::vec::Vec;

/// A structure that is being written.
pub(crate) struct Record {
    bytes: Vec<u8>,
    endian: Endian,
    word_bytes: usize,
}

impl Record {
    pub(crate) fn new(abi: &Abi) -> Self {
        Record { bytes: Vec::new(), endian: abi.endian, word_bytes: abi.word_bytes }
    }
    /// The low `length` bytes of a value.
    pub(crate) fn number(&mut self, value: u64, length: usize) -> &mut Self {
        for index in 0..length {
            let place = if self.endian == Endian::Little { index } else { length - 1 - index };
            self.bytes.push((value >> (place * 8)) as u8);
        }
        self
    }
    pub(crate) fn u8(&mut self, value: u8) -> &mut Self {
        self.number(u64::from(value), 1)
    }
    pub(crate) fn u16(&mut self, value: u16) -> &mut Self {
        self.number(u64::from(value), 2)
    }
    pub(crate) fn u32(&mut self, value: u32) -> &mut Self {
        self.number(u64::from(value), 4)
    }
    pub(crate) fn u64(&mut self, value: u64) -> &mut Self {
        self.number(value, 8)
    }
    /// A `long`, a `size_t` or a pointer; the upper half is cut off where they have 32 bits.
    pub(crate) fn word(&mut self, value: u64) -> &mut Self {
        self.number(value, self.word_bytes)
    }
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }
    pub(crate) fn zeros(&mut self, count: usize) -> &mut Self {
        self.bytes.resize(self.bytes.len() + count, 0);
        self
    }
    /// Fills with zeros, or cuts, to that length.
    pub(crate) fn pad_to(&mut self, length: usize) -> &mut Self {
        self.bytes.resize(length, 0);
        self
    }
    /// A C string in a field of fixed length, always with its NUL.
    pub(crate) fn text(&mut self, text: &[u8], length: usize) -> &mut Self {
        let kept = text.len().min(length.saturating_sub(1));
        self.bytes.extend(text.iter().take(kept));
        self.zeros(length - kept)
    }
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A structure that is being read; `None` outside its bytes.
pub(crate) struct View<'a> {
    bytes: &'a [u8],
    endian: Endian,
    word_bytes: usize,
}

impl<'a> View<'a> {
    pub(crate) fn new(abi: &Abi, bytes: &'a [u8]) -> Self {
        View { bytes, endian: abi.endian, word_bytes: abi.word_bytes }
    }
    fn number(&self, offset: usize, length: usize) -> Option<u64> {
        let field = self.bytes.get(offset..offset.checked_add(length)?)?;
        let fold = |value: u64, byte: &u8| (value << 8) | u64::from(*byte);
        Some(match self.endian {
            Endian::Big => field.iter().fold(0, fold),
            Endian::Little => field.iter().rev().fold(0, fold),
        })
    }
    pub(crate) fn u16(&self, offset: usize) -> Option<u16> {
        self.number(offset, 2).map(|value| value as u16)
    }
    pub(crate) fn u32(&self, offset: usize) -> Option<u32> {
        self.number(offset, 4).map(|value| value as u32)
    }
    pub(crate) fn u64(&self, offset: usize) -> Option<u64> {
        self.number(offset, 8)
    }
    /// A `long` or a pointer, not sign-extended.
    pub(crate) fn word(&self, offset: usize) -> Option<u64> {
        self.number(offset, self.word_bytes)
    }
    /// A signed `long`.
    pub(crate) fn signed_word(&self, offset: usize) -> Option<i64> {
        let value = self.number(offset, self.word_bytes)?;
        Some(if self.word_bytes == 4 { i64::from(value as u32 as i32) } else { value as i64 })
    }
}
