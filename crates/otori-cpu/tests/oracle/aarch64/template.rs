//! Random instructions, by class. Key type: [`Templates`]. An encoding that our engine says is none is left out; whether
//! it is right about that, `docs` of the set's decoder and the disassembler tell.

use super::generate::DATA_BYTES;
use super::probe::Probe;
use crate::random::Random;

/// Which instructions a program is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Memory,
    Branches,
    Float,
    Vector,
    VectorFloat,
    Mixed,
}

/// Fixed bits of a class, and their values.
type Class = (u32, u32);

const INTEGER: &[Class] = &[
    (0x1f00_0000, 0x1100_0000), // add and sub of a constant
    (0x1f80_0000, 0x1200_0000), // logical, constant
    (0x1f80_0000, 0x1280_0000), // wide moves
    (0x1f80_0000, 0x1300_0000), // bitfields
    (0x7fa0_0000, 0x1380_0000), // extr
    (0x1f00_0000, 0x1000_0000), // adr
    (0x1f00_0000, 0x0a00_0000), // logical, shifted
    (0x1f20_0000, 0x0b00_0000), // add and sub, shifted
    (0x1fe0_0000, 0x0b20_0000), // add and sub, extended
    (0x1fe0_fc00, 0x1a00_0000), // with carry
    (0x3fe0_0410, 0x3a40_0000), // conditional compare
    (0x3fe0_0800, 0x1a80_0000), // conditional select
    (0x7fe0_0000, 0x1ac0_0000), // two sources
    (0x7fff_0000, 0x5ac0_0000), // one source
    (0x7f00_0000, 0x1b00_0000), // three sources
];

const FLOAT: &[Class] = &[
    (0x7f20_0000, 0x1e00_0000), // fixed point
    (0x7f20_fc00, 0x1e20_0000), // integers
    (0xff20_7c00, 0x1e20_4000), // one source
    (0xff20_fc07, 0x1e20_2000), // compare
    (0xff20_1fe0, 0x1e20_1000), // constant
    (0xff20_0c00, 0x1e20_0400), // conditional compare
    (0xff20_0c00, 0x1e20_0800), // two sources
    (0xff20_0c00, 0x1e20_0c00), // conditional select
    (0xff00_0000, 0x1f00_0000), // three sources
];

const VECTOR: &[Class] = &[
    (0x9f20_0400, 0x0e20_0400), // three the same
    (0x9f20_0c00, 0x0e20_0000), // three different
    (0x9f3e_0c00, 0x0e20_0800), // two, miscellaneous
    (0x9f3e_0c00, 0x0e30_0800), // across lanes
    (0x9fe0_8400, 0x0e00_0400), // copy
    (0xbfe0_8c00, 0x0e00_0000), // table
    (0xbf20_8c00, 0x0e00_0800), // permute
    (0xbfe0_8400, 0x2e00_0000), // extract
    (0x9f00_0400, 0x0f00_0000), // by element
    (0x9f80_0400, 0x0f00_0400), // shift, modified immediate
    (0x9ff8_0400, 0x0f00_0400), // modified immediate
    (0xdf20_0400, 0x5e20_0400), // scalar: three the same
    (0xdf20_0c00, 0x5e20_0000), // three different
    (0xdf3e_0c00, 0x5e20_0800), // two, miscellaneous
    (0xdf3e_0c00, 0x5e30_0800), // pairwise
    (0xffe0_fc00, 0x5e00_0400), // copy
    (0xdf00_0400, 0x5f00_0000), // by element
    (0xdf80_0400, 0x5f00_0400), // shift
];

const VECTOR_FLOAT: &[Class] = &[
    (0x9f20_c400, 0x0e20_c400), // three the same
    (0x9f3f_0c00, 0x0e21_0800), // two, miscellaneous
    (0x9f3f_0c00, 0x0e21_0800),
    (0x9fbf_cc00, 0x0ea0_c800), // compare with zero
    (0x9f3e_cc00, 0x0e30_c800), // across lanes
    (0x9f80_0400, 0x0f80_0000), // by element
    (0x9f80_e400, 0x0f00_e400), // fixed point
    (0xdf20_c400, 0x5e20_c400), // scalar
    (0xdf3f_0c00, 0x5e21_0800),
    (0xdfbf_cc00, 0x5ea0_c800),
    (0xdf3e_0c00, 0x5e30_0800),
    (0xdf80_0400, 0x5f80_0000),
    (0xdf80_e400, 0x5f00_e400),
];

pub struct Templates {
    kind: Kind,
    probe: Probe,
}

impl Templates {
    pub fn new(kind: Kind) -> Templates {
        Templates { kind, probe: Probe::new() }
    }

    /// About `count` instructions.
    pub fn chunk(&mut self, random: &mut Random, count: usize) -> Vec<u32> {
        let mut words = Vec::new();
        while words.len() < count {
            let kind = match self.kind {
                Kind::Mixed => random.pick(&[
                    Kind::Integer,
                    Kind::Integer,
                    Kind::Memory,
                    Kind::Branches,
                    Kind::Float,
                    Kind::Vector,
                    Kind::VectorFloat,
                ]),
                kind => kind,
            };
            match kind {
                Kind::Integer => words.extend(self.legal(random, INTEGER, 8)),
                Kind::Float => words.extend(self.legal(random, FLOAT, 8)),
                Kind::Vector => words.extend(self.legal(random, VECTOR, 8)),
                Kind::VectorFloat => words.extend(self.legal(random, VECTOR_FLOAT, 8)),
                Kind::Branches => self.branch(random, &mut words),
                _ => self.access(random, &mut words),
            }
        }
        words
    }
}

/// One of the registers 0 to 25, or 31.
fn register(random: &mut Random) -> u32 {
    match random.below(28) {
        26.. => 31,
        number => number,
    }
}

fn candidate(random: &mut Random, classes: &[Class]) -> u32 {
    let (mask, value) = random.pick(classes);
    let mut word = random.next() as u32 & !mask | value;
    let general = word >> 25 & 7 != 7;
    // Register fields, as far as they are not fixed bits and not immediates of logical constants.
    let immediate = word >> 26 & 7 == 4;
    for (low, is_register) in [(0, true), (5, true), (16, !immediate), (10, word >> 24 & 0x1f == 0x1b)] {
        let field = 31 << low;
        if mask & field == 0 && is_register && (general || low < 10) {
            word = word & !field | register(random) << low;
        }
    }
    // No moves of the stack pointer, which nothing but the harness may change.
    let extended = word & 0x1fe0_0000 == 0x0b20_0000;
    let logical = word & 0x1f80_0000 == 0x1200_0000;
    if (word & 0x1f00_0000 == 0x1100_0000 || extended || logical) && word & 31 == 31 {
        word &= !31;
    }
    word
}

impl Templates {
    /// `count` candidates of which those are left that our engine runs.
    fn legal(&mut self, random: &mut Random, classes: &[Class], count: usize) -> Vec<u32> {
        self.probe.legal((0..count).map(|_| candidate(random, classes)).collect())
    }

    /// Is it an instruction?
    fn is_legal(&mut self, word: u32) -> bool {
        !self.probe.legal(vec![word]).is_empty()
    }
}

/// `add x26, x28, #place`.
fn set_base(place: u32) -> u32 {
    0x9100_0000 | place << 10 | 28 << 5 | 26
}

impl Templates {
    fn access(&mut self, random: &mut Random, words: &mut Vec<u32>) {
        let middle = DATA_BYTES as u32 / 2;
        let near = middle - 32 + random.below(64);
        let t = random.below(26);
        let (size, opc, vector) = (random.below(4), random.below(4), random.below(2));
        let any = size << 30 | vector << 26 | opc << 22 | 26 << 5 | t;
        let whole = if vector == 1 && opc >= 2 { 4 } else { size };
        let imm9 = random.below(512) << 12;
        let word = match random.below(13) {
            0 => 0x3800_0000 | any | imm9 | random.pick(&[0, 1 << 10, 3 << 10, 2 << 10]),
            1 | 2 => 0x3900_0000 | any | random.below(256 >> whole) << 10,
            3 => {
                // Index in x25, small, extended in some way.
                words.push(0xd280_0000 | random.below(16) << 5 | 25);
                0x3820_4800 | any & !31 | random.below(25) | random.next() as u32 & 0x0000_b000 | 25 << 16
            }
            4 | 5 => {
                let word = random.next() as u32;
                let second = random.pick(&[t ^ 1, (t + 5) % 26]);
                0x2800_0000
                    | word & 0xc5c0_0000
                    | (random.below(33).wrapping_sub(16) & 127) << 15
                    | second << 10
                    | 26 << 5
                    | t
            }
            6 => 0x1800_0000 | random.next() as u32 & 0xc400_0000 | random.below(8) << 5 | t,
            7 => 0x0c00_0000 | random.next() as u32 & 0x4040_fc00 | 26 << 5 | random.below(32),
            8 => {
                0x0c80_0000
                    | random.next() as u32 & 0x4040_fc00
                    | register(random) << 16
                    | 26 << 5
                    | random.below(32)
            }
            9 => 0x0d00_0000 | random.next() as u32 & 0x4060_fc00 | 26 << 5 | random.below(32),
            10 => {
                0x0d80_0000
                    | random.next() as u32 & 0x4060_fc00
                    | register(random) << 16
                    | 26 << 5
                    | random.below(32)
            }
            11 => {
                // adrp x26, and an access to the code relative to it
                let load = if vector == 1 { opc | 1 } else { opc.max(1) };
                let word = 0x3900_0000 | any & !(3 << 22) | load << 22 | random.below(200) << 10;
                if self.is_legal(word) {
                    words.extend([0x9000_0000 | 26, word]);
                }
                return;
            }
            _ => return exclusive(random, words, middle - 32),
        };
        if self.is_legal(word) {
            words.extend([set_base(near), word]);
        }
    }
}

/// Aligned: exclusive pairs, ordered accesses, zeroing of a block.
fn exclusive(random: &mut Random, words: &mut Vec<u32>, base: u32) {
    let (size, t, u) = (random.below(4), random.below(12), 12 + random.below(12));
    let ordered = random.below(2) << 15;
    words.push(set_base(base & !15));
    match random.below(4) {
        0 => words.push(0xd50b_7420 | 26),
        1 => words.push(0x089f_fc00 | size << 30 | random.below(2) << 22 | 26 << 5 | t),
        2 => {
            let (size, third) = (size | 2, random.below(2) * 5);
            words.push(0x887f_0000 | size << 30 | ordered | u << 10 | 26 << 5 | t);
            words.push(0x8820_0000 | size << 30 | ordered | 24 << 16 | (u ^ 1) << 10 | 26 << 5 | (t + third));
        }
        _ => {
            words.push(0x085f_7c00 | size << 30 | ordered | 26 << 5 | t);
            words.push(0x0800_7c00 | size << 30 | ordered | 24 << 16 | 26 << 5 | u);
            // Without a link it fails.
            words.push(0x0800_7c00 | size << 30 | ordered | 25 << 16 | 26 << 5 | t);
        }
    }
}

impl Templates {
    /// A branch over a few instructions, a loop, a call, a jump.
    fn branch(&mut self, random: &mut Random, words: &mut Vec<u32>) {
        let skipped = self.legal(random, INTEGER, 4);
        let distance = skipped.len() as u32 + 1;
        let t = random.below(26);
        match random.below(9) {
            0 | 1 => words.push(0x5400_0000 | distance << 5 | random.below(16)),
            2 => {
                let compare = random.pick(&[0x6b00_001f, 0xeb00_001f]);
                words.push(compare | random.below(26) << 16 | t << 5);
                words.push(0x5400_0000 | distance << 5 | random.below(16));
            }
            3 => {
                let compare = random.pick(&[0x7100_001f, 0xf100_001f, 0x7140_001f]);
                words.push(compare | random.below(4) << 10 | t << 5);
                words.push(0x5400_0000 | distance << 5 | random.below(16));
            }
            4 => words
                .push(random.pick(&[0x3400_0000, 0xb400_0000, 0x3500_0000, 0xb500_0000]) | distance << 5 | t),
            5 => {
                let kind = random.pick(&[0x3600_0000, 0xb600_0000, 0x3700_0000, 0xb700_0000]);
                words.push(kind | random.below(32) << 19 | distance << 5 | t);
            }
            6 => {
                // mov x26, #n; the instructions; subs x26, x26, #1; b.ne
                words.push(0xd280_0000 | (1 + random.below(5)) << 5 | 26);
                words.extend(&skipped);
                words.push(0xf100_0400 | 26 << 5 | 26);
                words.push(0x5400_0001 | (0u32.wrapping_sub(distance) & 0x7ffff) << 5);
                return;
            }
            7 => words.push(random.pick(&[0x1400_0000, 0x9400_0000]) | distance),
            _ => {
                // adr x26, behind; br, blr or ret x26
                words.push(0x1000_0000 | (distance + 1) << 5 | 26);
                words.push(random.pick(&[0xd61f_0340, 0xd63f_0340, 0xd65f_0340]));
            }
        }
        words.extend(&skipped);
    }
}
