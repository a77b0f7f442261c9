//! Physical pages of guest memory. Key type: [`Page`]; who maps it where is `otori_linux::mm`'s business.
//!
//! A page is an array of atomic words, read and written with relaxed ordering: plain moves on every host, and
//! sharing a page between address spaces and threads stays safe Rust. Byte `n` of the page is bits `8*(n%4)` up of
//! word `n/4`, whatever the host's byte order. The page also carries the blocks decoded from it, so everyone who
//! maps the page shares them.

use crate::block::Code;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// log2 of the page size.
pub const PAGE_SHIFT: u32 = 12;
/// Bytes in a page.
pub const PAGE_SIZE: usize = 1 << PAGE_SHIFT;
/// The bits of an address inside its page.
pub const PAGE_MASK: u64 = PAGE_SIZE as u64 - 1;

const WORDS: usize = PAGE_SIZE / 4;

/// 4,096 bytes of guest memory with the code decoded from them. Offsets are taken modulo the page size.
#[derive(Debug)]
pub struct Page {
    words: [AtomicU32; WORDS],
    code: Code,
}

#[inline(always)]
fn index(offset: u64) -> usize {
    (offset as usize >> 2) & (WORDS - 1)
}

/// All bits of so many bytes, at most eight.
fn bytes_mask(size: u32) -> u64 {
    u64::MAX >> (64 - 8 * size.clamp(1, 8))
}

impl Page {
    /// A page of zeros.
    #[must_use]
    pub fn zeroed() -> Page {
        Page { words: [const { AtomicU32::new(0) }; WORDS], code: Code::default() }
    }

    /// A page that begins with `bytes` (at most one page of them) and goes on with zeros.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Page {
        let page = Page::zeroed();
        let (whole, rest) = bytes.as_chunks();
        for (word, four) in page.words.iter().zip(whole) {
            word.store(u32::from_le_bytes(*four), Relaxed);
        }
        if let Some(word) = page.words.get(whole.len()) {
            let mut last = [0; 4];
            last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            word.store(u32::from_le_bytes(last), Relaxed);
        }
        page
    }

    /// A copy of the bytes, without the decoded code.
    #[must_use]
    pub fn duplicate(&self) -> Page {
        let page = Page::zeroed();
        for (to, from) in page.words.iter().zip(&self.words) {
            to.store(from.load(Relaxed), Relaxed);
        }
        page
    }

    /// The code decoded from this page.
    #[must_use]
    pub fn code(&self) -> &Code {
        &self.code
    }

    /// One byte.
    #[inline(always)]
    #[must_use]
    pub fn load_u8(&self, offset: u64) -> u8 {
        (self.words[index(offset)].load(Relaxed) >> (8 * (offset & 3))) as u8
    }

    /// Two bytes at an even offset, the first one least significant.
    #[inline(always)]
    #[must_use]
    pub fn load_u16(&self, offset: u64) -> u16 {
        (self.words[index(offset)].load(Relaxed) >> (8 * (offset & 2))) as u16
    }

    /// Four bytes at an offset divisible by four, the first one least significant.
    #[inline(always)]
    #[must_use]
    pub fn load_u32(&self, offset: u64) -> u32 {
        self.words[index(offset)].load(Relaxed)
    }

    /// Eight bytes at an offset divisible by eight, the first one least significant.
    #[inline(always)]
    #[must_use]
    pub fn load_u64(&self, offset: u64) -> u64 {
        u64::from(self.load_u32(offset)) | u64::from(self.load_u32(offset | 4)) << 32
    }

    /// Stores one byte.
    #[inline(always)]
    pub fn store_u8(&self, offset: u64, value: u8) {
        let (word, shift) = (&self.words[index(offset)], 8 * (offset & 3));
        word.store(word.load(Relaxed) & !(0xff << shift) | u32::from(value) << shift, Relaxed);
    }

    /// Stores two bytes at an even offset, the least significant first.
    #[inline(always)]
    pub fn store_u16(&self, offset: u64, value: u16) {
        let (word, shift) = (&self.words[index(offset)], 8 * (offset & 2));
        word.store(word.load(Relaxed) & !(0xffff << shift) | u32::from(value) << shift, Relaxed);
    }

    /// Stores four bytes at an offset divisible by four, the least significant first.
    #[inline(always)]
    pub fn store_u32(&self, offset: u64, value: u32) {
        self.words[index(offset)].store(value, Relaxed);
    }

    /// Stores eight bytes at an offset divisible by eight, the least significant first.
    #[inline(always)]
    pub fn store_u64(&self, offset: u64, value: u64) {
        self.store_u32(offset, value as u32);
        self.store_u32(offset | 4, (value >> 32) as u32);
    }

    /// `size` bytes (at most eight) at any offset, not beyond the page, the first one least significant.
    #[must_use]
    pub fn load_anywhere(&self, offset: u64, size: u32) -> u64 {
        let word = |number: u64| u128::from(self.load_u32((offset & !3) + 4 * number)) << (32 * number);
        let value = (word(0) | word(1) | word(2)) >> (8 * (offset & 3));
        value as u64 & bytes_mask(size)
    }

    /// Stores `size` bytes (at most eight) at any offset, not beyond the page, the least significant first.
    pub fn store_anywhere(&self, offset: u64, size: u32, value: u64) {
        let (mask, shift) = (bytes_mask(size), 8 * (offset & 3));
        let (mask, value) = (u128::from(mask) << shift, u128::from(value & mask) << shift);
        for number in 0..3 {
            let at = (offset & !3) + 4 * number;
            let part = (mask >> (32 * number)) as u32;
            if part != 0 {
                self.store_u32(at, self.load_u32(at) & !part | (value >> (32 * number)) as u32);
            }
        }
    }

    /// Copies bytes out, from `offset` on; stops at the end of the page. Returns how many.
    pub fn read(&self, offset: usize, into: &mut [u8]) -> usize {
        let length = into.len().min(PAGE_SIZE.saturating_sub(offset));
        let mut at = offset;
        let mut rest = into.get_mut(..length).unwrap_or_default();
        while !rest.is_empty() {
            if at & 3 == 0 && rest.len() >= 4 {
                let (word, later) = rest.split_at_mut(4);
                word.copy_from_slice(&self.load_u32(at as u64).to_le_bytes());
                rest = later;
                at += 4;
            } else {
                let (byte, later) = rest.split_at_mut(1);
                byte.fill(self.load_u8(at as u64));
                rest = later;
                at += 1;
            }
        }
        length
    }

    /// Copies bytes in, from `offset` on; stops at the end of the page. Returns how many.
    pub fn write(&self, offset: usize, bytes: &[u8]) -> usize {
        let length = bytes.len().min(PAGE_SIZE.saturating_sub(offset));
        let mut at = offset;
        let mut rest = bytes.get(..length).unwrap_or_default();
        while !rest.is_empty() {
            if at & 3 == 0 && rest.len() >= 4 {
                let (word, later) = rest.split_at(4);
                self.store_u32(at as u64, u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
                rest = later;
                at += 4;
            } else {
                self.store_u8(at as u64, rest[0]);
                rest = rest.split_at(1).1;
                at += 1;
            }
        }
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn bytes_written_in_any_size_come_back_in_any_size() {
        let page = Page::zeroed();
        page.store_u32(8, 0x4433_2211);
        assert_eq!((page.load_u8(8), page.load_u8(11)), (0x11, 0x44));
        assert_eq!((page.load_u16(8), page.load_u16(10)), (0x2211, 0x4433));
        page.store_u8(9, 0xaa);
        page.store_u16(10, 0xbbcc);
        assert_eq!(page.load_u32(8), 0xbbcc_aa11);
        page.store_u64(16, 0x0102_0304_0506_0708);
        assert_eq!(page.load_u64(16), 0x0102_0304_0506_0708);
        assert_eq!(page.load_u8(16), 8);
    }

    #[test]
    fn any_bytes_can_be_loaded_and_stored_anywhere() {
        for (offset, size) in (0..16).flat_map(|offset| (1..=8).map(move |size| (offset, size))) {
            let page = Page::from_bytes(&[0xee; 32]);
            page.store_anywhere(offset, size, 0x8877_6655_4433_2211);
            let mut expected = [0xee; 32];
            for byte in 0..size as usize {
                expected[offset as usize + byte] = 0x11 * (byte as u8 + 1);
            }
            let mut bytes = [0; 32];
            page.read(0, &mut bytes);
            assert_eq!(bytes, expected);
            let value = page.load_anywhere(offset, size);
            assert_eq!(value, 0x8877_6655_4433_2211 & bytes_mask(size));
        }
    }

    #[test]
    fn reads_and_writes_stop_at_the_end_of_the_page() {
        let page = Page::zeroed();
        let bytes: Vec<u8> = (0..=255).collect();
        for offset in [0, 1, 2, 3, 5, 4000] {
            let count = page.write(offset, &bytes);
            assert_eq!(count, bytes.len().min(PAGE_SIZE - offset));
            let mut back = alloc::vec![0; 256];
            assert_eq!(page.read(offset, &mut back), count);
            assert_eq!(back[..count], bytes[..count]);
        }
        assert_eq!(page.write(PAGE_SIZE, &bytes), 0);
        assert_eq!(page.read(usize::MAX, &mut [0; 4]), 0);
    }

    #[test]
    fn a_duplicate_has_the_bytes_and_its_own_life() {
        let page = Page::from_bytes(b"otori");
        let copy = page.duplicate();
        page.store_u8(0, b'O');
        let mut bytes = [0; 6];
        copy.read(0, &mut bytes);
        assert_eq!(&bytes, b"otori\0");
    }

    #[test]
    fn a_page_is_made_of_as_many_bytes_as_there_are() {
        let all: Vec<u8> = (0..PAGE_SIZE + 9).map(|number| (number % 251) as u8).collect();
        for length in [0, 1, 4, 7, PAGE_SIZE - 3, PAGE_SIZE, PAGE_SIZE + 9] {
            let page = Page::from_bytes(&all[..length]);
            let mut back = alloc::vec![0xff; PAGE_SIZE];
            page.read(0, &mut back);
            let kept = length.min(PAGE_SIZE);
            assert_eq!(back[..kept], all[..kept]);
            assert!(back[kept..].iter().all(|byte| *byte == 0), "{length}");
        }
    }
}
