//! The 512 bytes of FXSAVE, which signal frames hold too. Intel SDM volume 1, table 10-2.
//!
//! Only the first [`WORDS`] words are written; the rest of the area belongs to software.

use super::cpu::{Cpu, Mode};
use super::float::Extended;

/// Words of 64 bits up to the last vector register.
pub const WORDS: usize = 52;
/// Word of the first x87 register; each takes two.
const REGISTERS: usize = 4;
/// Word of the first vector register; each takes two.
const VECTORS: usize = 20;
/// The bits that MXCSR has, as the image tells them.
const MXCSR_MASK: u64 = 0xffff;

impl Cpu {
    /// Vector registers that the mode has.
    fn vector_count(&self) -> usize {
        if self.mode() == Mode::I386 { 8 } else { 16 }
    }

    /// Words of the image that the mode writes.
    #[must_use]
    pub fn float_image_words(&self) -> usize {
        VECTORS + 2 * self.vector_count()
    }

    /// The state of x87, MMX and SSE.
    #[must_use]
    pub fn float_image(&self) -> [u64; WORDS] {
        let mut image = [0; WORDS];
        let (control, status, tags) = self.float.short_words();
        image[0] = u64::from(control) | u64::from(status) << 16 | u64::from(tags) << 32;
        [image[1], image[2]] = self.float.pointers();
        image[3] = u64::from(self.mxcsr) | MXCSR_MASK << 32;
        for number in 0..8 {
            let value = self.float.stack(number as u8);
            image[REGISTERS + 2 * number] = value.significand;
            image[REGISTERS + 2 * number + 1] = value.head.into();
        }
        for (number, vector) in self.vectors.iter().enumerate().take(self.vector_count()) {
            image[VECTORS + 2 * number] = *vector as u64;
            image[VECTORS + 2 * number + 1] = (*vector >> 64) as u64;
        }
        image
    }

    /// Sets that state; says whether MXCSR has only bits that exist (else nothing is changed).
    pub fn set_float_image(&mut self, image: &[u64; WORDS]) -> bool {
        let mxcsr = image[3] as u32;
        if !Cpu::is_mxcsr(mxcsr) {
            return false;
        }
        self.mxcsr = mxcsr;
        let word = |shift: u32| (image[0] >> shift) as u16;
        self.float.set_short_words(word(0), word(16), word(32) as u8);
        self.float.set_pointers([image[1] & self.mask, image[2] & self.mask]);
        for number in 0..8 {
            let significand = image[REGISTERS + 2 * number];
            let head = image[REGISTERS + 2 * number + 1] as u16;
            self.float.set_stack(number as u8, Extended { significand, head });
        }
        for number in 0..self.vector_count() {
            let (low, high) = (image[VECTORS + 2 * number], image[VECTORS + 2 * number + 1]);
            self.vectors[number] = u128::from(low) | u128::from(high) << 64;
        }
        true
    }
}
