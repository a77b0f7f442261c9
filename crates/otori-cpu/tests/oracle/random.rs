//! A small repeatable random source (xorshift64*) with a taste for the edges.

pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Below `end`.
    pub fn below(&mut self, end: u32) -> u32 {
        ((self.next() >> 32) * u64::from(end) >> 32) as u32
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize]
    }

    /// A word, often one where things go wrong.
    pub fn word(&mut self) -> u32 {
        let any = self.next() as u32;
        match self.below(4) {
            0 => self.pick(&[0, 1, 2, u32::MAX, 0x8000_0000, 0x7fff_ffff, 0x8000, 0xffff, 0xff80, 0x7f]),
            1 => any >> self.below(32),
            _ => any,
        }
    }

    fn single(&mut self) -> u32 {
        let any = self.next() as u32;
        let near_one = (any & 0x80ff_ffff) | (0x3e80_0000 + (self.below(6) << 23));
        match self.below(8) {
            0 => self.pick(&[
                0,
                0x8000_0000,
                0x3f80_0000,
                0xbf80_0000,
                0x7f80_0000,
                0xff80_0000,
                0x7fbf_ffff,
                0x7fc0_0000,
                0xffc0_0001,
                0x7f80_0001,
                0x0000_0001,
                0x007f_ffff,
                0x0080_0000,
                0x7f7f_ffff,
                0x4f00_0000,
                0xcf00_0000,
                0x4eff_ffff,
                0x3fc0_0000,
                0x3f00_0000,
                0x5f00_0000,
                0xdf00_0000,
            ]),
            1 => any,
            2 => (any & 0x8000_0000) | (any & 0x00ff_ffff),
            3 => (any & 0x8000_0000) | (0x4b00_0000 + (any & 0x07ff_ffff)),
            4 => (self.below(2000) as f32 - 1000.0).to_bits(),
            _ => near_one,
        }
    }

    fn double(&mut self) -> u64 {
        let any = self.next();
        let near_one = (any & 0x800f_ffff_ffff_ffff) | ((0x3fd + u64::from(self.below(6))) << 52);
        match self.below(8) {
            0 => self.pick(&[
                0,
                1 << 63,
                0x3ff0 << 48,
                0xbff0 << 48,
                0x7ff0 << 48,
                0xfff0 << 48,
                0x7ff7_ffff_ffff_ffff,
                0x7ff8 << 48,
                0x7ff0_0000_0000_0001,
                0xfff0_0000_1000_0000,
                1,
                0x000f_ffff_ffff_ffff,
                0x0010 << 48,
                0x7fef_ffff_ffff_ffff,
                0x41df_ffff_ffc0_0000,
                0x41e0 << 48,
                0xc1e0 << 48,
                0xc1e0_0000_0020_0000,
                0x43e0 << 48,
                0xc3e0 << 48,
                0x47ef_ffff_f000_0000,
                0x36a0 << 48,
                0x380f_ffff_f000_0000,
            ]),
            1 => any,
            2 => any & 0x800f_ffff_ffff_ffff | u64::from(self.below(2)) << 52,
            // Around the limits of the single format.
            3 => {
                (any & 0x800f_ffff_ffff_ffff)
                    | ((self.pick(&[0x368, 0x380, 0x47e]) + u64::from(self.below(3))) << 52)
            }
            4 => (f64::from(self.below(2000)) / 2.0 - 500.0).to_bits(),
            5 => (any & 0x800f_ffff_ffff_ffff) | ((0x41c + u64::from(self.below(40))) << 52),
            _ => near_one,
        }
    }

    /// The bits of a floating point register: a double, or a single in the low half.
    pub fn float(&mut self) -> u64 {
        if self.below(2) == 0 {
            self.double()
        } else {
            u64::from(self.single()) | u64::from(self.single()) << 32
        }
    }
}
